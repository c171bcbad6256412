"""启动: serve, and serve a demonstration."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from service.auth import Development
from service.cli.database import catch_up, database
from service.cli.exits import Exit, interruptible
from service.cli.terminal import complain, out, progress, say
from service.config import MOST_WORKERS, Settings
from service.database import migrate
from service.demo import load
from service.log.log import Log
from service.telemetry import set_up_logging


def serve(
    *,
    workers: Annotated[
        int | None, typer.Option(min=1, max=MOST_WORKERS, help="进程数 processes; else TAIZHANG_WORKERS")
    ] = None,
) -> None:
    """启动服务 Serve GraphQL at /graphql until stopped.

    On this machine's loopback address, unless TAIZHANG_HOST says otherwise 默认仅本机可访问。
    """
    settings = Settings()
    set_up_logging(settings.log_level)
    _judge_documents(settings)
    with _port(settings) as port, _until_stopped(settings) as dsn:
        asyncio.run(migrate(dsn))  # Before anything is served, so that what is wrong is said in a line.
        trial = Development.of(settings)
        _greet(settings, trial)
        code = _serve(dsn, settings, port, trial, workers or settings.workers)
    raise typer.Exit(code)


def demo() -> None:
    """演示 Load synthetic ledgers once, and serve them."""
    from service.demo.samples import SAMPLES  # noqa: PLC0415 - as below: a sample names projects by the schema's ids.

    settings = Settings()
    set_up_logging("warning")
    _judge_documents(settings)
    with _port(settings) as port, _until_stopped(settings) as dsn:
        with interruptible("Start it again: loading goes on where it stopped.", "再次启动即从中断处继续加载。"):
            asyncio.run(_load(dsn, settings))
        trial = Development.of(settings)
        _greet(settings, trial)
        for sample in SAMPLES[:3]:
            out.print(f"\n[bold]{sample.name}[/bold]")
            say(sample.query.strip(), style="cyan", markup=False)
        out.print()
        _serve(dsn, settings, port, trial, 1)


def _judge_documents(settings: Settings) -> None:
    """Say in a line what is wrong with the manifest, before anything is started; each process reads it for itself."""
    if settings.documents is None:
        return
    from schema.manifest import ManifestError, load  # noqa: PLC0415 - the schema takes seconds to make.

    try:
        load(settings.documents)
    except ManifestError as error:
        complain(f"TAIZHANG_DOCUMENTS: {error}")
        raise typer.Exit(Exit.MISCONFIGURED) from None


def _serve(dsn: str, settings: Settings, port: socket.socket, trial: Development | None, workers: int) -> int:
    from service import workers as working  # noqa: PLC0415 - the schema comes with it, which takes seconds to make.

    return working.serve(working.Task(dsn, settings, port, trial), workers)


@contextmanager
def _until_stopped(settings: Settings) -> Iterator[str]:
    """Give the address of the database; a stop that is asked for from outside stops the one that comes along, too."""
    if settings.database_url is None:
        signal.signal(signal.SIGTERM, _leave)
    with database(settings) as dsn:
        yield dsn


def _leave(_number: int, _frame: object) -> None:
    # The way out is an exception, as with Ctrl-C.
    raise SystemExit(Exit.DONE)


@contextmanager
def _port(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything else is done, so that one that is in use is said first."""
    with socket.socket(socket.AF_INET if settings.host.version == 4 else socket.AF_INET6) as taken:  # noqa: PLR2004 - IPv4.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((str(settings.host), settings.port))
        except OSError as error:
            where = f"TAIZHANG_HOST {settings.host}, TAIZHANG_PORT {settings.port}"
            complain(f"{where}: {error.strerror} 端口不可用")
            raise typer.Exit(Exit.REFUSED) from None
        yield taken


def _greet(settings: Settings, trial: Development | None) -> None:
    address = settings.origin
    token = "" if trial is None else f"#token={trial.token}"
    explorer = "" if settings.documents_only else f"  explorer 浏览器 {address}/explorer{token}  ·"
    say(f"[bold]台账 taizhang[/bold]{explorer}  GraphQL {address}/graphql")
    if trial is not None:
        say(
            "DEVELOPMENT: whoever has this token may do everything; it is taken on this machine alone, with the"
            " database that comes along. 开发模式:持有此令牌者可做任何操作,仅限本机和内置数据库,切勿用于真实数据。",
            style="bold yellow",
        )
        say(f"curl -H 'Authorization: Bearer {trial.token}' ...  ·  以某角色 as a role: ….REPORTER@431181")
    if not settings.is_loopback:
        say(f"Serves {settings.host}; `taizhang doctor` says what is missing. 对外服务,请用 taizhang doctor 检查。")


async def _load(dsn: str, settings: Settings) -> None:
    await migrate(dsn)
    async with Log.open(dsn, size=settings.pool_size) as facts:
        with progress("演示数据 demo ledgers") as tell:
            await load(facts, tell)
        await catch_up(dsn, facts)
