"""One PostgreSQL for a test run, migrated templates in it, and a clone of one for each test that asks.

A test that stores something has a clone of its own. Tests that only ask share one with others of their module.

The server belongs to the run, not to the worker that happens to start it: workers of pytest-xdist share it, and the
run's main process stops it. TAIZHANG_TEST_PG=16 runs the tests on the older of the two that are carried.

All that a run stores is in memory where the system has room for it: a database is a thousand files, and to make one in
a file system on disk takes ten times the processor time. TMPDIR says where else it may be.
"""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg
import pytest
import structlog

import projections
from projections.rebuild import ensure
from service.database import migrate
from service.embedded import EmbeddedPostgres, EmbeddedPostgresError, Major, embedded
from service.embedded_cluster import OWNER
from service.log.log import Log

MAJOR: Final[Major] = 16 if os.environ.get("TAIZHANG_TEST_PG") == "16" else 18
UNSAFE_BUT_FAST: Final = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "256MB",
}
_PREFIX: Final = "taizhang-tests-"
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - Linux's own name for it; what is made in it has a name nobody guesses.
_ROOM_BYTES: Final = 4 * 2**30
"""Free memory below which a run is on disk: it takes a fraction, and a container may have been given 64 MB."""
_TEMPLATE: Final = "taizhang_template"
_TABLES: Final = "taizhang_tables"
_RUN: Final = "TAIZHANG_TEST_RUN"


def pytest_configure(config: pytest.Config) -> None:
    """Make the run's folder, once, in the main process; workers get its name by the environment."""
    if hasattr(config, "workerinput"):
        return
    _sweep()
    run = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_place()))
    run.chmod(0o711)  # Under root the server is another account, which has to pass through.
    lock = os.open(run / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.environ[_RUN] = str(run)
    config.add_cleanup(lambda: os.close(lock))
    config.add_cleanup(lambda: _remove(run))


def _place() -> Path:
    """Return the folder of all runs: in memory if there is room, and nobody has said where else."""
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _sweep() -> None:
    """Remove what runs that were killed have left behind."""
    places = (Path(tempfile.gettempdir()), _MEMORY)
    for left in [found for place in places for found in place.glob(f"{_PREFIX}*")]:
        with suppress(OSError):
            lock = os.open(left / "run.lock", os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(left)
            finally:
                os.close(lock)


def _remove(run: Path) -> None:
    discard(run)
    shutil.rmtree(run)


def discard(under: Path) -> None:
    """End the servers of all data folders below `under`, whatever their state, and remove what they keep elsewhere."""
    for lock in list(under.rglob("postgres.lock")):
        server = EmbeddedPostgres(lock.parent)
        with suppress(EmbeddedPostgresError, OSError):
            server._find_home()  # A home elsewhere, if there is one.
        for _ in range(1000):
            pid = server.pid
            if pid is None:
                break
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
            time.sleep(0.01)
        for record, level in (("postgres.at", 1), ("socket.at", 0)):
            with suppress(FileNotFoundError):
                place = Path((lock.parent / record).read_text("utf-8"))
                shutil.rmtree(place.parent if level else place, ignore_errors=True)


@pytest.fixture(scope="session")
def run_folder() -> Path:
    """Return the run's folder; any account can pass through it, and it goes with all that runs in it."""
    return Path(os.environ[_RUN])


@pytest.fixture
def folder(run_folder: Path) -> Iterator[Path]:
    """Give a test a folder of its own for data folders; the servers in them are ended with the test."""
    yield from _folder(run_folder)


@pytest.fixture(scope="module")
def module_folder(run_folder: Path) -> Iterator[Path]:
    """Give the tests of a module a folder that they share."""
    yield from _folder(run_folder)


def _folder(run_folder: Path) -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(dir=run_folder))
    made.chmod(0o711)
    yield made
    discard(made)
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def _made(run_folder: Path) -> Path:
    """Make a data folder once a run, since a copy takes a tenth of the time."""
    made = run_folder / "made"
    with _once(run_folder / "made.lock") as first:
        if first:
            with embedded(made, major=MAJOR, settings=UNSAFE_BUT_FAST):
                pass
    return made


@pytest.fixture
def data_folder(folder: Path, _made: Path) -> Path:
    """Give a test a data folder of its own with an empty database in it, not running."""
    subprocess.run(["/bin/cp", "-a", _made, folder / "data"], check=True)
    return folder / "data"


@pytest.fixture(scope="session")
def cluster(run_folder: Path) -> Iterator[EmbeddedPostgres]:
    """Give the run's server; a test that harms its server starts one of its own in `data_folder`."""
    server = EmbeddedPostgres(run_folder / "cluster", major=MAJOR, settings=UNSAFE_BUT_FAST)
    server.start()
    yield server
    if server._process is not None:
        server._process.returncode = 0  # It outlives this process, which Python would otherwise warn of.
    server.leave()


@pytest.fixture(autouse=True)
def _all_is_logged() -> None:
    """Undo what a command that was tried in this process has said of the log."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
async def template(cluster: EmbeddedPostgres, run_folder: Path) -> str:
    """Return the name of a migrated, empty database, made by the first worker that needs it."""
    with _once(run_folder / "template.lock") as first:
        if first:
            await _execute(cluster, f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)")
            await _execute(cluster, f"CREATE DATABASE {_TEMPLATE} TEMPLATE template0")
            await migrate(cluster.dsn(_TEMPLATE))
    return _TEMPLATE


@pytest.fixture(scope="session")
async def tables(cluster: EmbeddedPostgres, template: str, run_folder: Path) -> str:
    """Return the name of the same with the tables of all read models, which take far longer to make than to copy."""
    with _once(run_folder / "tables.lock") as first:
        if first:
            await _execute(cluster, f"DROP DATABASE IF EXISTS {_TABLES} WITH (FORCE)")
            await _execute(cluster, f"CREATE DATABASE {_TABLES} TEMPLATE {template} STRATEGY file_copy")
            dsn = cluster.dsn(_TABLES)
            async with Log.open(dsn) as facts:
                await ensure(dsn, facts, projections.ALL)
    return _TABLES


@asynccontextmanager
async def copy(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """Give the address of a copy of a database to which nobody is connected."""
    name = f"test_{secrets.token_hex(8)}"
    # Without fsync copying the files is the faster way: 11 ms of processor time in memory against 24 ms by the log.
    await _execute(cluster, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    yield cluster.dsn(name)
    # A worker of autovacuum may be in it, which only a superuser may end.
    await _execute(cluster, f"DROP DATABASE {name} WITH (FORCE)", user="postgres")


@pytest.fixture
async def database(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """Give a test the address of a migrated database of its own."""
    async with copy(cluster, template) as dsn:
        yield dsn


@pytest.fixture
async def database_with_tables(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[str]:
    """Give a test the address of a database of its own with the tables of all read models."""
    async with copy(cluster, tables) as dsn:
        yield dsn


@pytest.fixture
async def empty_database(cluster: EmbeddedPostgres) -> AsyncIterator[str]:
    """Give a test the address of a database of its own without a single table."""
    async with copy(cluster, "template0") as dsn:
        yield dsn


@contextmanager
def _once(path: Path) -> Iterator[bool]:
    """Let one worker after the other in; True until the block was left without an error for the first time."""
    with path.open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield os.fstat(lock.fileno()).st_size == 0
        lock.write("done")


async def _execute(cluster: EmbeddedPostgres, statement: str, *, user: str = OWNER) -> None:
    connection = await asyncpg.connect(cluster.dsn("postgres", user))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
