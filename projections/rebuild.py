"""重建: fill a read model's new tables beside the live ones, compare, and switch. Work of the database's own user.

A table whose definition is the same is switched by its rows: those that differ are replaced in one transaction, so no
reader waits. A table that was defined otherwise is replaced as a whole, and that needs it for a moment alone.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import asyncpg
import structlog

from projections.runner import BATCH, MisconfiguredError, check, set_aside
from projections.table import BY_INDEX, NOW_US, fingerprint
from service.database import LOG_SCHEMA, PUBLIC_ROLE, QUERY_ROLE, READ_SCHEMA, SERVICE_ROLE, UNAVAILABLE, owner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from projections.table import Projection, Table
    from service.database import Connection
    from service.log.log import Log

_LOCK: Final = 7_212_020_002
"""Advisory lock held while tables are made or switched, so that two services do not do it at once.

Nobody has to give it back: it ends with its session, whatever that ends with."""
MOST_CHASES: Final = 10
"""How often the live tables are caught up with, before the runner is stopped for what is left."""
MOST_TRIES: Final = 30
"""How often the switch is tried; a reader that holds a replaced table for longer than FIRST_MS .. MOST_MS delays it."""
FIRST_MS: Final = 100
MOST_MS: Final = 3_000
"""Longest wait for the tables, and so of a reader for the switch. While it is below deadlock_timeout (1 s) the switch
gives way to joins that take the tables in another order; where they never end, the server ends one of them, which may
be sent again."""
PAUSE_S: Final = 0.2
QUIESCE_MS: Final = 60_000
"""Longest wait for batches that are being fed; readers are not in the way of that and are not held up by it."""

_FILLING: Final = f"SELECT {BY_INDEX}, set_config('synchronous_commit', 'off', true)"
_BY_ANY_WAY: Final = "; ".join(f"SET LOCAL enable_{way} = on" for way in ("seqscan", "hashjoin", "mergejoin"))
"""Whole tables are compared, unlike what a batch does."""
_IN_THE_WAY: Final = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.DeadlockDetectedError)

log = structlog.get_logger()


class Rebuilt(NamedTuple):
    """What a rebuild did.

    Attributes:
        name: of the read model.
        facts: how many were read.
        differing: rows that the live tables had otherwise, by table; a table with other columns is not compared.
        aside: errors of regions whose facts it could not take, by region; only `ensure` goes on without them.
    """

    name: str
    facts: int
    differing: dict[str, int]
    aside: dict[str, str]


class SwitchError(Exception):
    """Readers held the tables for too long; the live ones stay, the rebuild can be tried again (切换未成功,请重试)."""


class RegionAloneError(Exception):
    """A region's rows can't be made anew without the others'; nothing was changed (不能单独重建该地区)."""


async def ensure(dsn: str, log: Log, projections: Sequence[Projection]) -> list[Rebuilt]:
    """Make the tables of read models that are new, and rebuild those whose definition has changed.

    A region whose facts one of them can't take is set aside, as in the runner: the service must start for all others.

    Returns:
        One entry for each read model that was built from a log that was not empty.
    """
    check(projections)
    async with _alone(dsn) as connection:
        await _make_schema(connection, READ_SCHEMA)
        names = await stale(connection, projections)
        rebuilt = [
            await _Beside(connection, log, one, lambda _done, _all: None, tolerant=True).rebuild()
            for one in projections
            if one.name in names
        ]
    return [one for one in rebuilt if one.facts]


async def stale(connection: Connection, projections: Sequence[Projection]) -> list[str]:
    """Return the names of the read models whose tables are not there, or another version's: what `ensure` makes."""
    if not await connection.fetchval("SELECT to_regclass('projection') IS NOT NULL"):
        return [one.name for one in projections]
    rows = await connection.fetch("SELECT name, fingerprint FROM projection LIMIT 10000")
    known = {row["name"]: row["fingerprint"] for row in rows}
    return [one.name for one in projections if known.get(one.name) != fingerprint(one)]


async def rebuild(
    dsn: str,
    log: Log,
    projections: Sequence[Projection],
    name: str,
    progress: Callable[[int, int], None],
    *,
    region: str | None = None,
) -> Rebuilt:
    """Rebuild one read model while the service runs; readers see the old tables until the switch.

    Whatever it fails with, the live tables are as they were.

    Args:
        progress: called with facts read and facts to read.
        region: whose rows alone are made anew; all others stay as they are.

    Raises:
        MisconfiguredError: no read model has this name.
        RegionAloneError: the tables are another version's, or nothing of the region is projected.
        SwitchError: readers did not let go of the tables.
    """
    check(projections)
    found = [projection for projection in projections if projection.name == name]
    if not found:
        names = ", ".join(projection.name for projection in projections)
        message = f"no read model {name!r}; there are {names}"
        raise MisconfiguredError(message)
    async with _alone(dsn) as connection:
        await _make_schema(connection, READ_SCHEMA)
        return await _Beside(connection, log, found[0], progress, tolerant=False, region=region).rebuild()


@asynccontextmanager
async def _alone(dsn: str) -> AsyncIterator[Connection]:
    """Give the owner's connection once nobody else makes or switches tables."""
    async with owner(dsn) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            log.warning("another process builds read models; waiting for it")
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection


async def _make_schema(connection: Connection, schema: str) -> None:
    await connection.execute(f"""
        CREATE SCHEMA IF NOT EXISTS {schema};
        GRANT USAGE ON SCHEMA {schema} TO {SERVICE_ROLE}, {QUERY_ROLE}, {PUBLIC_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
          GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVICE_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {QUERY_ROLE};""")


class _Mark(NamedTuple):
    """How far the new tables are for a region."""

    position: int
    recorded_us: int


class _Beside:
    """The new tables of one read model, in a schema of their own until the switch.

    Args:
        tolerant: set a region aside whose facts the read model can't take, instead of raising.
        region: whose rows alone are made; None for all.
    """

    def __init__(
        self,
        connection: Connection,
        facts: Log,
        projection: Projection,
        progress: Callable[[int, int], None],
        *,
        tolerant: bool,
        region: str | None = None,
    ) -> None:
        self._connection = connection
        self._log = facts
        self._projection = projection
        self._progress = progress
        self._tolerant = tolerant
        self._region = region
        self._schema = f"rebuild_{projection.name}"
        self._marks: dict[str, _Mark] = {}
        self._failed: dict[str, tuple[int, Exception]] = {}

    async def rebuild(self) -> Rebuilt:
        try:
            await self._make()
            await self._chase()
            if self._region is not None and self._region not in self._marks:
                self._refuse_region("nothing of it is projected")
            differing = await self._compare()
            same = {} if any(differing.values()) else self._moments()
            await self._chase()
            await self._switch(same)
        finally:
            with suppress(*UNAVAILABLE):
                await self._connection.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE")
                await self._connection.execute(f"SET search_path = {LOG_SCHEMA}, {READ_SCHEMA}")
        aside = {region: repr(error) for region, (_, error) in self._failed.items()}
        return Rebuilt(self._projection.name, self._facts, differing, aside)

    @property
    def _facts(self) -> int:
        return sum(mark.position for mark in self._marks.values())

    async def _make(self) -> None:
        # What a rebuild that was killed has left goes first.
        await self._connection.execute(f"DROP SCHEMA IF EXISTS {self._schema} CASCADE")
        await _make_schema(self._connection, self._schema)
        await self._connection.execute(f"SET search_path = {self._schema}, {LOG_SCHEMA}")
        for table in self._projection.tables:
            await self._connection.execute(table.ddl)

    async def _chase(self) -> None:
        """Come close to the live tables, which move on meanwhile, and let the planner know what is in the new ones."""
        for _ in range(MOST_CHASES):
            if await self._fill() <= BATCH:
                break
        for table in self._projection.tables:
            await self._connection.execute(f"ANALYZE {self._schema}.{table.name}")

    async def _fill(self) -> int:
        """Apply what the live tables have and the new ones lack; return how many facts that was."""
        # Without a limit: a region that is left out here would be lost with the old tables.
        live = {
            row["region"]: row["position"]
            for row in await self._connection.fetch(
                "SELECT region, position FROM projected WHERE $1::text IS NULL OR region = $1", self._region
            )
        }
        before, total = self._facts, sum(live.values())
        for region in sorted(live.keys() - self._failed.keys()):
            while region not in self._failed and self._mark(region).position < live[region]:
                await self._batch(region, live[region])
                self._progress(self._facts, total)
        return self._facts - before

    def _mark(self, region: str) -> _Mark:
        return self._marks.get(region, _Mark(0, 0))

    async def _batch(self, region: str, upto: int) -> None:
        after = self._mark(region).position
        batch = await self._log.read(region, after=after, limit=min(BATCH, upto - after), connection=self._connection)
        try:
            async with self._connection.transaction():
                # The tables are made anew if the server crashes, so nobody waits for the disk; the switch does.
                await self._connection.execute(_FILLING)
                await self._projection.apply(self._connection, batch)
        except Exception as error:
            away = isinstance(error, UNAVAILABLE) and not isinstance(error, ValueError)
            if away or not self._tolerant:
                error.add_note(f"{self._projection.name} was given the facts of {region} after position {after}")
                raise
            self._failed[region] = (batch[0].position, error)
        else:
            self._marks[region] = _Mark(batch[-1].position, batch[-1].stored.recorded_us)

    async def _compare(self) -> dict[str, int]:
        """Return how many rows differ, by table, at the moment that the new tables have reached.

        The live ones are ahead, but they tell how they were at that moment, so nobody has to wait for this.
        """
        moments = self._moments()
        return {
            table.name: await self._connection.fetchval(self._difference(table), [*moments], [*moments.values()])
            for table in self._projection.tables
            if await self._has_same_columns(table)
        }

    def _moments(self) -> dict[str, int]:
        return {region: mark.recorded_us for region, mark in self._marks.items()}

    def _difference(self, table: Table) -> str:
        columns = ", ".join(f"t.{name}" for name in ("region", *table.columns, "recorded_from"))
        then, now = (
            f"SELECT {columns}, CASE WHEN t.recorded_to > m.at_us THEN {NOW_US} ELSE t.recorded_to END"  # noqa: S608 - own names.
            f" FROM {schema}.{table.name} t JOIN unnest($1::text[], $2::bigint[]) m (region, at_us) USING (region)"
            f" WHERE t.recorded_from <= m.at_us"
            for schema in (READ_SCHEMA, self._schema)
        )
        return (
            f"SELECT (SELECT count(*) FROM ({then} EXCEPT {now}) a)"  # noqa: S608 - own names.
            f" + (SELECT count(*) FROM ({now} EXCEPT {then}) b)"
        )

    async def _has_same_columns(self, table: Table) -> bool:
        new, live = await self._defined(self._schema, table), await self._defined(READ_SCHEMA, table)
        return new["columns"] == live["columns"]

    async def _defined(self, schema: str, table: Table) -> dict[str, list[str] | None]:
        """Return a table's columns, and its indexes, constraints and walls, as text without the schema; or None."""
        row = await self._connection.fetchrow(
            """
            SELECT (
                SELECT array_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                  a.attcollation) ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped
              ) AS columns, (
                SELECT array_agg(replace(d.definition, $2 || '.', '') ORDER BY d.definition) FROM (
                  SELECT pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i WHERE i.indrelid = to_regclass($1)
                  UNION ALL
                  SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = to_regclass($1)
                  UNION ALL
                  SELECT concat_ws(' ', p.polname, p.polcmd, p.polroles, pg_get_expr(p.polqual, p.polrelid))
                  FROM pg_policy p WHERE p.polrelid = to_regclass($1)
                  UNION ALL
                  SELECT concat_ws(' ', a.attname, a.attacl) FROM pg_attribute a
                  WHERE a.attrelid = to_regclass($1) AND a.attacl IS NOT NULL
                  UNION ALL
                  SELECT concat_ws(' ', t.relrowsecurity, t.relforcerowsecurity, t.relacl) FROM pg_class t
                  WHERE t.oid = to_regclass($1)
                ) d
              ) AS others""",
            f"{schema}.{table.name}",
            schema,
        )
        return dict(row) if row else {}

    async def _switch(self, same: Mapping[str, int]) -> None:
        """Let the live tables be as the new ones.

        Args:
            same: up to when they are known to be equal, by region.
        """
        for tries in range(1, MOST_TRIES + 1):
            before = self._marks.copy(), self._failed.copy()
            try:
                async with self._connection.transaction():
                    await self._stop_feeding()
                    await self._fill()
                    await self._connection.execute(_BY_ANY_WAY)
                    others = []
                    for table in self._projection.tables:
                        if await self._defined(self._schema, table) == await self._defined(READ_SCHEMA, table):
                            await self._mend(table, same)
                        else:
                            others.append(table)
                    if others and self._region is not None:
                        self._refuse_region("its tables are another version's: rebuild all regions")
                    await self._replace(others, min(FIRST_MS * tries, MOST_MS))
                    await self._note()
            except _IN_THE_WAY:
                self._marks, self._failed = before
                await asyncio.sleep(PAUSE_S)
            else:
                return
        raise SwitchError(self._projection.name)

    async def _stop_feeding(self) -> None:
        """Let nobody feed until the end of the transaction, so that the new tables reach where the live ones stand.

        Locks on the rows would not do: a region that is fed for the first time has none to lock yet.
        """
        await self._connection.execute(f"SET LOCAL lock_timeout = {QUIESCE_MS}")
        await self._connection.execute("LOCK TABLE projected IN EXCLUSIVE MODE")

    async def _mend(self, table: Table, same: Mapping[str, int]) -> None:
        """Replace the live rows that differ; only rows that were touched after `same` are looked at."""
        key = ("region", *table.key, "recorded_from")
        names = ", ".join(("region", *table.columns, "recorded_from", "recorded_to"))
        live, new = (
            f"SELECT {names} FROM {schema}.{table.name} t"  # noqa: S608 - own names.
            " LEFT JOIN unnest($1::text[], $2::bigint[]) m (region, at_us) USING (region)"
            " WHERE ($3::text IS NULL OR t.region = $3) AND (t.recorded_from > coalesce(m.at_us, -1)"
            f" OR (t.recorded_to > m.at_us AND t.recorded_to < {NOW_US}))"
            for schema in (READ_SCHEMA, self._schema)
        )
        matches = " AND ".join(f"l.{name} = d.{name}" for name in key)
        regions, moments = [*same], [*same.values()]
        await self._connection.execute(
            f"DELETE FROM {READ_SCHEMA}.{table.name} l USING ({live} EXCEPT {new}) d WHERE {matches}",  # noqa: S608 - own names.
            regions,
            moments,
            self._region,
        )
        await self._connection.execute(
            f"INSERT INTO {READ_SCHEMA}.{table.name} ({names}) ({new} EXCEPT {live})",
            regions,
            moments,
            self._region,
        )

    async def _replace(self, tables: Sequence[Table], patience_ms: int) -> None:
        live = [f"{READ_SCHEMA}.{table.name}" for table in tables]
        live = [name for name in live if await self._connection.fetchval("SELECT to_regclass($1)::text", name)]
        if live:
            # All together within one patience: who waits for the second keeps readers from the first.
            await self._connection.execute(f"SET LOCAL statement_timeout = {patience_ms}")
            await self._connection.execute(f"LOCK TABLE {', '.join(live)} IN ACCESS EXCLUSIVE MODE")
            await self._connection.execute("SET LOCAL statement_timeout = 0")
            await self._connection.execute(f"DROP TABLE {', '.join(live)}")
        for table in tables:
            await self._connection.execute(f"ALTER TABLE {self._schema}.{table.name} SET SCHEMA {READ_SCHEMA}")

    def _refuse_region(self, why: str) -> NoReturn:
        message = f"{self._projection.name} of {self._region} alone can't be rebuilt: {why} 不能单独重建该地区"
        raise RegionAloneError(message)

    async def _note(self) -> None:
        if self._region is not None:
            await self._connection.execute(
                "DELETE FROM aside WHERE projection = $1 AND region = $2", self._projection.name, self._region
            )
            await self._connection.execute("SET LOCAL synchronous_commit = on")
            return
        await self._connection.execute(
            "INSERT INTO projection AS p (name, fingerprint) VALUES ($1, $2) ON CONFLICT (name)"
            " DO UPDATE SET fingerprint = excluded.fingerprint, epoch = p.epoch + 1, switched_at = now()",
            self._projection.name,
            fingerprint(self._projection),
        )
        await self._connection.execute("DELETE FROM aside WHERE projection = $1", self._projection.name)
        for region, (position, error) in self._failed.items():
            await set_aside(self._connection, region, self._projection, position, error)
        # The tables were filled without waiting for the disk; this commit waits for all of it.
        await self._connection.execute("SET LOCAL synchronous_commit = on")
