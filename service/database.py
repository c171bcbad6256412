"""数据库: connections with deadlines, and migrations that only go forward.

The service works as roles that are neither owner nor superuser, and that row-level security holds to the ledgers which
a statement names as its scope: `taizhang_service` reads the log, calls the functions that append to it and feeds the
read models; `taizhang_query` reads those for callers, and `taizhang_public` what of them was published. The database's
own user makes the roles and the tables.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import asyncpg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Mapping

T = TypeVar("T")

SERVICE_ROLE: Final = "taizhang_service"
QUERY_ROLE: Final = "taizhang_query"
"""Answers callers: it reads the read models, of the ledgers that a statement names as its scope."""
PUBLIC_ROLE: Final = "taizhang_public"
"""Answers who says nothing of themselves: it reads what was published."""
ROLES: Final = (SERVICE_ROLE, QUERY_ROLE, PUBLIC_ROLE)
LOG_SCHEMA: Final = "taizhang"
READ_SCHEMA: Final = "projections"
SEARCH_PATH: Final = f"{LOG_SCHEMA}, {READ_SCHEMA}"
CONNECT_TIMEOUT_S: Final = 3.0
STATEMENT_TIMEOUT_S: Final = 5.0
"""Ceiling of a read; a request's own deadline may be shorter."""
REQUEST_S: Final = 4.5
"""Longest time that a request waits for the database before it is told to try again."""
APPEND_TIMEOUT_S: Final = 2.0
"""Appends are cut off after this long, so an instant older than that is closed: nothing will be recorded at it."""
_MIGRATION_LOCK: Final = 7_212_020_001
"""Advisory lock held while migrating, so that two services that start together do not both migrate."""

# asyncpg's classes are generic in the stubs alone.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

UNAVAILABLE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.QueryCanceledError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""What a lost, refused, overloaded, full, restarting or replaced database looks like: worth trying again."""


async def within(timeout_s: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, or raise TimeoutError on time.

    Cancelled work on a connection of a server that hangs takes as long again until its connection is let go: that goes
    on behind the caller's back.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(lambda one: one.cancelled() or one.exception())
    if not task.done():
        raise TimeoutError
    return task.result()


class _Connection(asyncpg.Connection):
    """A connection that goes back to the pool as it is: nothing here leaves session state behind.

    The reset query would cost about 0.1 ms a request. After a statement that was given up it is needed all the same:
    given up between two of its messages, it leaves the server's timer running, which would hit whoever comes next.
    """

    _given_up = False

    async def _execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement; every one with parameters comes through here."""
        try:
            return await super()._execute(*args, **kwargs)  # type: ignore[misc]  # The stub leaves it out.
        except (asyncio.CancelledError, TimeoutError):
            self._given_up = True
            raise

    def get_reset_query(self) -> str:
        """Return no query, or the usual one after a statement that was given up."""
        if not self._given_up:
            return ""
        self._given_up = False
        return str(super().get_reset_query())


def _settings(search_path: str, role: str | None, statement_timeout_s: float) -> dict[str, str]:
    settings = {
        "search_path": search_path,
        "statement_timeout": f"{int(statement_timeout_s * 1000)}ms",
        "idle_in_transaction_session_timeout": "30s",
        # The log's functions look again after they have waited for a lock.
        "default_transaction_isolation": "read committed",
        "timezone": "UTC",
        "jit": "off",
    }
    return settings if role is None else settings | {"role": role}


@asynccontextmanager
async def pool(
    dsn: str,
    *,
    size: int,
    name: str,
    search_path: str = SEARCH_PATH,
    role: str | None = SERVICE_ROLE,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Pool]:
    """Give a pool of at most `size` connections; it reconnects by itself when the database comes back.

    Args:
        dsn: address of the database.
        size: most connections.
        name: application_name, by which an administrator tells the connections apart.
        search_path: schemas, in which names are looked for.
        role: the role to work as; None stays the user of the DSN.
        statement_timeout_s: seconds after which the server ends a statement.
        settings: more settings of its connections.
    """
    made = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        connection_class=_Connection,
        timeout=CONNECT_TIMEOUT_S,
        command_timeout=statement_timeout_s + 1,
        max_inactive_connection_lifetime=0,
        server_settings=_settings(search_path, role, statement_timeout_s) | {"application_name": name, **settings},
    )
    async with made as ready:
        yield ready


@asynccontextmanager
async def owner(
    dsn: str,
    *,
    search_path: str = SEARCH_PATH,
    made_as: type[asyncpg.Connection[asyncpg.Record]] = asyncpg.Connection,
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give one connection as the database's own user, for what the service role may not do.

    Args:
        dsn: address of the database.
        search_path: schemas, in which names are looked for.
        made_as: a class of one's own, by which what it is for is told.
    """
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_TIMEOUT_S,
        connection_class=made_as,
        server_settings=_settings(search_path, None, 0) | {"application_name": "taizhang-owner"},
    )
    try:
        yield connection
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT_S)


def migrations() -> list[tuple[str, str]]:
    """Return every migration as (name, SQL), in order."""
    folder = resources.files("service.log") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")) for file in files]


async def pending_migrations(connection: Connection) -> list[str]:
    """Return the names of the migrations that are to be done."""
    known = [name for name, _ in migrations()]
    done = await done_migrations(connection)
    return [name for name in known if name not in done]


async def done_migrations(connection: Connection) -> list[str]:
    """Return the names of the migrations that the database has, in order."""
    if not await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL"):
        return []
    rows = await connection.fetch("SELECT name FROM migration ORDER BY name LIMIT 10000")
    return [row["name"] for row in rows]


async def migrate(dsn: str, *, schema: str = LOG_SCHEMA, upto: str | None = None) -> list[str]:
    """Bring the log's tables up to date, each migration in a transaction of its own.

    Args:
        dsn: address of the database, as its owner.
        schema: where the tables are made.
        upto: last migration to apply, for tests of the way from an earlier version.

    Returns:
        Names of the migrations that were applied now.
    """
    applied = []
    # The functions keep this path. Temporary tables come last, or anyone's would be taken for the log's own.
    async with owner(dsn, search_path=f"{schema}, pg_temp") as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        for role in ROLES:
            await _make_role(connection, role)
        await connection.execute(f"""
            CREATE SCHEMA IF NOT EXISTS {schema};
            GRANT USAGE ON SCHEMA {schema} TO {SERVICE_ROLE}, {QUERY_ROLE}, {PUBLIC_ROLE};
            CREATE TABLE IF NOT EXISTS {schema}.migration (
              name text NOT NULL PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now()
            )""")
        known = {row["name"] for row in await connection.fetch(f"SELECT name FROM {schema}.migration LIMIT 10000")}  # noqa: S608 - the schema is ours.
        for name, sql in migrations():
            if name in known or (upto is not None and name > upto):
                continue
            async with connection.transaction():
                await connection.execute(sql)
                await connection.execute("INSERT INTO migration (name) VALUES ($1)", name)
            applied.append(name)
        await connection.execute("SELECT pg_advisory_unlock($1)", _MIGRATION_LOCK)
    return applied


async def _make_role(connection: asyncpg.Connection[Any], role: str) -> None:
    """Make a role once per cluster, and let the database's user take it on."""
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {role} NOLOGIN")
    except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
        pass  # Another database of this cluster was migrated at the same moment.
    if not await connection.fetchval("SELECT pg_has_role(current_user, $1, 'SET')", role):
        await connection.execute(f"GRANT {role} TO current_user WITH SET TRUE")
