"""退出码: how every command ends, and what it says when it can't go on. A person never sees a traceback."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import tempfile
import threading
import traceback
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from projections.runner import MisconfiguredError
from projections.switching import RegionAloneError, SwitchError
from service.cli.terminal import complain, out
from service.config import Settings
from service.database import UNAVAILABLE
from service.domain.errors import RejectedError
from service.domain.shape import InvalidInputError
from service.dsn import masked
from service.embedded import EmbeddedPostgresError
from service.imports.gmpp import UnreadableFileError
from service.log import BusyError, UnknownOutcomeError
from service.log.vector import CursorAheadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    AWAY = 3
    MISCONFIGURED = 4
    FAULT = 70
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


MEANINGS: Final[Mapping[Exit, str]] = MappingProxyType(
    {
        Exit.DONE: "done 完成",
        Exit.REFUSED: "refused, or something is wrong 被拒绝,或发现问题",
        Exit.USAGE: "wrong usage 用法有误",
        Exit.AWAY: "the database is away: try again 数据库不可用,可重试",
        Exit.MISCONFIGURED: "misconfigured: a setting is to be changed 设置有误",
        Exit.FAULT: "a fault of taizhang, kept in a file 程序故障,详见文件",
        Exit.INTERRUPTED: "interrupted by Ctrl-C 被 Ctrl-C 中断",
        Exit.PIPE: "nobody reads the output any more 输出已无人读取",
        Exit.TERMINATED: "asked to end (SIGTERM) 被要求终止",
    }
)
"""The one table of exit codes: `taizhang --help` shows it, docs/operations.md has it too."""

_REFUSALS: Final = (
    RejectedError,
    InvalidInputError,
    UnreadableFileError,
    SwitchError,
    RegionAloneError,
    CursorAheadError,
)
_AWAY: Final = (EmbeddedPostgresError, BusyError, UnknownOutcomeError)
_WRONG_ADDRESS: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.exceptions.ClientConfigurationError,
)
"""What no waiting mends: the password, the database's name, the rights of its user, options of the address."""


_asked_to_end: Final = threading.Event()
"""Set by SIGTERM, which goes the way of Ctrl-C."""


class Group(TyperGroup):
    """All commands: whatever one of them raises is said in lines, and ends it with a code of the table."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the commands, and how they end."""
        super().format_help(ctx, formatter)
        out.print(" Exit codes 退出码")
        for code, meaning in MEANINGS.items():
            out.print(f"  {code:>3}  {meaning}")

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(_broken_off()) from None
        except BrokenPipeError:
            # Python would complain when it flushes at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.PIPE) from None
        except Exception as error:  # noqa: BLE001 - the last stop: nothing may reach the terminal as a traceback.
            raise typer.Exit(_said(error)) from None


@contextmanager
def interruptible(english: str, chinese: str) -> Iterator[None]:
    """Say what a long command leaves behind when it is broken off.

    Args:
        english: what is stored, and how to go on.
        chinese: the same.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(_broken_off(english, chinese)) from None


def _broken_off(english: str = "", chinese: str = "") -> Exit:
    if _asked_to_end.is_set():
        complain(" ".join(filter(None, ("Ended by SIGTERM.", english, f"已终止。{chinese}"))))
        return Exit.TERMINATED
    complain(" ".join(filter(None, ("Interrupted.", english, f"已中断。{chinese}"))))
    return Exit.INTERRUPTED


def end_on_sigterm() -> None:
    """Let SIGTERM end the command as Ctrl-C does, so that what it has begun is ended too.

    Who calls a command from within another program, in a thread of it, keeps that program's own way.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def leave(_number: int, _frame: object) -> None:
        _asked_to_end.set()
        if not callable(signal.getsignal(signal.SIGINT)):
            raise KeyboardInterrupt  # A shell starts what runs in the background with Ctrl-C ignored.
        # An event loop has its own way with Ctrl-C: the work is cancelled, and cleans up while the loop goes on.
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, leave)


def _said(error: Exception) -> Exit:
    """Say what went wrong; return how the command ends."""
    match error:
        case ValidationError() if error.title == Settings.__name__:
            for one in error.errors():
                complain(f"TAIZHANG_{str(one['loc'][0]).upper()}: {one['msg']} 设置有误")
            return Exit.MISCONFIGURED
        case InvalidInputError():
            for refused in error.errors:
                complain(str(refused))
            return Exit.REFUSED
        case MisconfiguredError():
            complain(str(error))
            return Exit.MISCONFIGURED
        case _ if isinstance(error, _REFUSALS):
            complain(str(error) or str(type(error).__doc__))
            return Exit.REFUSED
        case _ if isinstance(error, _WRONG_ADDRESS):
            complain(f"The database: {_masked(error)}: see TAIZHANG_DATABASE_URL. 数据库拒绝连接,请检查地址与账号。")
            return Exit.MISCONFIGURED
        case _ if isinstance(error, _AWAY):
            complain(str(error))
            return Exit.AWAY
        case _ if isinstance(error, UNAVAILABLE):
            complain(f"The database: {_masked(error)} 数据库不可用")
            return Exit.AWAY
        case _:
            return _fault(error)


def _fault(error: Exception) -> Exit:
    name, file = _kept(error)
    complain(f"A fault of taizhang, {name}: {type(error).__name__}. What happened is in {file}; please report it.")
    complain(f"程序故障 {name}:详情见 {file},请报告。")
    return Exit.FAULT


def _masked(error: Exception) -> str:
    """Return what an error says, without the database's address or password."""
    return _without_secrets(str(error) or type(error).__name__)


def _without_secrets(text: str) -> str:
    with suppress(ValidationError):
        url = Settings().database_url
        return text if url is None else masked(text, url.get_secret_value())
    return text


def _kept(error: Exception) -> tuple[str, Path]:
    """Keep an error's traceback in a file of its own that nobody else can read; return its id and the file."""
    name = secrets.token_hex(4)
    with suppress(ValidationError, OSError):
        return name, _write(Settings().data, name, error)
    return name, _write(Path(tempfile.gettempdir()), name, error)


def _write(folder: Path, name: str, error: Exception) -> Path:
    handle, file = tempfile.mkstemp(prefix=f"taizhang-fault-{name}-", suffix=".log", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(_without_secrets("".join(traceback.format_exception(error))))
    return Path(file)
