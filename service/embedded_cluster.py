"""The files of an embedded cluster: how it is made, what its settings say, where its socket is."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Final

from service.embedded_programs import Account, EmbeddedPostgresError, Major, programs

OWNER: Final = "taizhang_owner"
DATABASE: Final = "taizhang"
PORT: Final = 5432
_SUPERUSER: Final = "postgres"
_SOCKET_PATH_BYTES: Final = 103  # Linux takes 107, the BSDs 103.
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./-]+")
_ERROR_CHARACTERS: Final = 2000

_LOCALE: Final[Mapping[Major, tuple[str, ...]]] = MappingProxyType(
    {
        16: ("--locale=C",),
        18: ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    }
)
_SETTINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "jit": "off",  # This build has none, and short statements lose by it.
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": "../log",
        "log_filename": "postgres-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        # Errors go to the service, which logs them under its own ids; refused appends are daily business.
        "log_min_messages": "log",
        "log_checkpoints": "off",
        "log_startup_progress_interval": "1s",
    }
)
# One statement a line, as the server's single-user mode takes them.
_SETUP_SQL: Final = (
    f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB\n"
    f"ALTER ROLE {OWNER} SET createrole_self_grant = 'set, inherit'\n"
    f"CREATE DATABASE {DATABASE} OWNER {OWNER}\n"
)


def create(home: Path, major: Major, account: Account, *, sync: bool) -> None:
    """Make the cluster home/data, with the owner's role and database.

    It is made beside its place, so that a crash on the way leaves nothing half made.

    Args:
        home: a folder of the account's.
        major: PostgreSQL's major version.
        account: who runs the server.
        sync: False leaves it to the operating system when to write, for tests.

    Raises:
        EmbeddedPostgresError: the programs said no; the message ends in what they said.
    """
    beside = home / "data.new"
    shutil.rmtree(beside, ignore_errors=True)
    folder = programs(major, account)
    setup = ["--encoding=UTF8", "--data-checksums", "--auth=peer", f"--username={_SUPERUSER}", "--no-instructions"]
    if not sync:
        setup.append("--no-sync")
    single = ("--single", "-c", "exit_on_error=on", "-D", beside, "template1")
    done = account.run(folder / "initdb", "-D", beside, *setup, *_LOCALE[major])
    if done.returncode == 0:
        done = account.run(folder / "postgres", *single, text=_SETUP_SQL)
    if done.returncode != 0:
        raise EmbeddedPostgresError(
            f"The database in {home} could not be made: the reason is below, mostly a full disk.",
            f"{home} 中的数据库无法创建:原因见下,多为磁盘已满。",
            done.stderr[-_ERROR_CHARACTERS:],
        )
    conf = beside / "postgresql.conf"
    write(conf, f"{conf.read_text('utf-8')}\ninclude = 'taizhang.conf'\n", account)
    beside.rename(home / "data")


def configure(data: Path, socket: Path, account: Account, settings: Mapping[str, str]) -> None:
    """Write what the next start goes by: the usual settings under `settings`, and who may connect."""
    merged = {**_SETTINGS, "unix_socket_directories": str(socket), **settings}
    write(data / "taizhang.conf", "".join(f"{name} = '{_escaped(value)}'\n" for name, value in merged.items()), account)
    write(data / "pg_hba.conf", "local all all peer map=taizhang\n", account)
    # Root may do anything anyhow; it is named so that it can take over a server of another account.
    people = sorted({"root", account.name})
    write(data / "pg_ident.conf", "".join(f'taizhang "{name}" all\n' for name in people), account)


def socket_folder(home: Path, record: Path, account: Account) -> Path:
    """Return the folder of the server's socket, made if missing: in `home`, or where `record` says if that is too long.

    Only `account` can enter it, wherever it is.
    """
    inside = home / "socket"
    if _fits(inside):
        make_private(inside, account)
        return inside
    # Temporary folders are swept, and anybody could then make one of that name.
    with suppress(FileNotFoundError):
        known = Path(record.read_text("utf-8"))
        found = known.lstat()
        private = (found.st_uid, found.st_mode & 0o777) == (account.uid, 0o700)
        if private and known.is_dir() and not known.is_symlink():
            return known
    temporary = tempfile.gettempdir()
    base = temporary if _fits(Path(temporary, "taizhang-12345678")) else "/tmp"  # noqa: S108 - mkdtemp is safe there.
    made = Path(tempfile.mkdtemp(prefix="taizhang-", dir=base))
    account.own(made)
    write(record, str(made), account)
    return made


def make_private(folder: Path, account: Account) -> None:
    """Make `folder` if it is missing, for `account` alone."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        account.own(folder)


def _fits(folder: Path) -> bool:
    """Tell whether a socket in `folder` has a path that the kernel takes and a settings file needs no quoting for."""
    path = str(folder / f".s.PGSQL.{PORT}")
    return len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(path) is not None


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def write(path: Path, text: str, account: Account | None = None) -> None:
    """Write a file of mode 0600 all or nothing, for `account` if one is given; links in its place are not followed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        if account is not None:
            account.own(beside)
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    beside.replace(path)
