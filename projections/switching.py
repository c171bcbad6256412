"""切换: compare new tables with the live ones, and let the live ones be as they are.

A table whose definition is the same is switched by its rows: those that differ are replaced in one transaction, so no
reader waits. A table that was defined otherwise is replaced as a whole, and that needs it for a moment alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import asyncpg

from projections.filling import SCHEMA
from projections.runner import set_aside
from projections.table import NOW_US, fingerprint
from service.database import READ_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from projections.filling import Beside, Made
    from projections.table import Table
    from service.database import Connection

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

_BY_ANY_WAY: Final = "; ".join(f"SET LOCAL enable_{way} = on" for way in ("seqscan", "hashjoin", "mergejoin"))
"""Whole tables are compared, unlike what a batch does."""
_IN_THE_WAY: Final = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, asyncpg.DeadlockDetectedError)


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


class Switch:
    """The way of one read model's new tables to the place of the live ones.

    Args:
        connection: the owner's, by which the new tables were made.
        beside: what feeds them.
        made: the read model.
        region: whose rows alone were made; None for all.
    """

    def __init__(self, connection: Connection, beside: Beside, made: Made, *, region: str | None = None) -> None:
        self.made = made
        self._connection = connection
        self._beside = beside
        self._projection = made.projection
        self._region = region

    async def run(self) -> Rebuilt:
        """Compare, catch up, and switch.

        Raises:
            RegionAloneError: the region alone can't be rebuilt.
            SwitchError: readers did not let go of the tables.
        """
        if self._region is not None and self._region not in self.made.marks:
            self._refuse_region("nothing of it is projected")
        differing = await self.compare()
        same = {} if any(differing.values()) else self.made.moments
        await self._beside.catch_up(self.made)
        await self.switch(same)
        aside = {region: repr(error) for region, (_, error) in self.made.failed.items()}
        return Rebuilt(self._projection.name, self.made.facts, differing, aside)

    async def compare(self) -> dict[str, int]:
        """Return how many rows differ, by table, at the moment that the new tables have reached.

        The live ones are ahead, but they tell how they were at that moment, so nobody has to wait for this.
        """
        tables = [table for table in self._projection.tables if await self._has_same_columns(table)]
        return {table.name: await self._differing(table) for table in tables}

    async def _differing(self, table: Table) -> int:
        moments = self.made.moments
        columns = ", ".join(f"t.{name}" for name in ("region", *table.columns, "recorded_from"))
        then, now = (
            f"SELECT {columns}, CASE WHEN t.recorded_to > m.at_us THEN {NOW_US} ELSE t.recorded_to END AS recorded_to"  # noqa: S608 - own names.
            f" FROM {schema}.{table.name} t JOIN unnest($1::text[], $2::bigint[]) m (region, at_us) USING (region)"
            f" WHERE t.recorded_from <= m.at_us"
            for schema in (READ_SCHEMA, SCHEMA)
        )
        # Mostly nothing differs, and to tell that takes a quarter of the time that it takes to find what does.
        hashes = [
            await self._connection.fetchrow(
                f"SELECT count(*), sum(hash_record_extended(r, 0)) FROM ({rows}) r",  # noqa: S608 - own names.
                [*moments],
                [*moments.values()],
            )
            for rows in (then, now)
        ]
        if hashes[0] == hashes[1]:
            return 0
        found: int = await self._connection.fetchval(
            f"SELECT (SELECT count(*) FROM ({then} EXCEPT {now}) a)"  # noqa: S608 - own names.
            f" + (SELECT count(*) FROM ({now} EXCEPT {then}) b)",
            [*moments],
            [*moments.values()],
        )
        return found

    async def _has_same_columns(self, table: Table) -> bool:
        new, live = await self._defined(SCHEMA, table), await self._defined(READ_SCHEMA, table)
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

    async def switch(self, same: Mapping[str, int]) -> None:
        """Let the live tables be as the new ones.

        Args:
            same: up to when they are known to be equal, by region.
        """
        for tries in range(1, MOST_TRIES + 1):
            before = self.made.marks.copy(), self.made.failed.copy()
            try:
                async with self._connection.transaction():
                    await self._stop_feeding()
                    await self._beside.reach(self.made)
                    await self._connection.execute(_BY_ANY_WAY)
                    others = []
                    for table in self._projection.tables:
                        if await self._defined(SCHEMA, table) == await self._defined(READ_SCHEMA, table):
                            await self._mend(table, same)
                        else:
                            others.append(table)
                    if others and self._region is not None:
                        self._refuse_region("its tables are another version's: rebuild all regions")
                    await self._replace(others, min(FIRST_MS * tries, MOST_MS))
                    await self._note()
            except _IN_THE_WAY:
                self.made.marks, self.made.failed = before
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
            for schema in (READ_SCHEMA, SCHEMA)
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
            await self._connection.execute(f"ALTER TABLE {SCHEMA}.{table.name} SET SCHEMA {READ_SCHEMA}")

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
        for region, (position, error) in self.made.failed.items():
            await set_aside(self._connection, region, self._projection, position, error)
        # The tables were filled without waiting for the disk; this commit waits for all of it.
        await self._connection.execute("SET LOCAL synchronous_commit = on")
