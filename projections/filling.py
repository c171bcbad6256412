"""填表: new tables of read models, filled from the log in a schema of their own beside the live ones.

A batch of facts is read and decoded once and given to all of them, over a few connections, while the next one is read.
Rows go in by COPY into tables without walls, with no index but the one by which a row is found again; the others are
made once the tables are full. What is held in memory is two batches, and what read models make of one.
"""

from __future__ import annotations

import asyncio
import gc
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections import runner
from projections.table import BY_INDEX, Filling
from service.database import LOG_SCHEMA, PUBLIC_ROLE, QUERY_ROLE, READ_SCHEMA, SERVICE_ROLE, UNAVAILABLE, owner
from service.log.log import MOST_READ

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence

    from projections.table import Projection, Table
    from service.database import Connection
    from service.log.codec import Recorded
    from service.log.log import Log

SCHEMA: Final = "rebuild"
"""Where new tables are until the switch; one process at a time has it."""
BATCH: Final = 4_000
"""Most facts that read models are given at once: several times what the runner gives, since nobody waits for a row."""
CONNECTIONS: Final = 4
"""Most connections that fill: while the server works for one read model, another makes its rows."""
MOST_CHASES: Final = 10
"""How often the live tables are caught up with, before the runner is stopped for what is left."""

YOUNG: Final = 100_000
"""How many new objects the garbage collector waits for while tables are filled; a batch makes several times as many."""

_FEEDING: Final = f"SELECT {BY_INDEX}, set_config('synchronous_commit', 'off', true)"
_PATH: Final = f"{SCHEMA}, {LOG_SCHEMA}"


class Mark(NamedTuple):
    """How far new tables are for a region."""

    position: int
    recorded_us: int


@dataclass(slots=True)
class Made:
    """A read model whose tables are made anew.

    Attributes:
        marks: how far they are, by region.
        failed: regions whose facts it can't take: before which position it stands, and why.
    """

    projection: Projection
    marks: dict[str, Mark] = field(default_factory=dict)
    failed: dict[str, tuple[int, Exception]] = field(default_factory=dict)

    @property
    def facts(self) -> int:
        """How many facts it was given."""
        return sum(mark.position for mark in self.marks.values())

    @property
    def moments(self) -> dict[str, int]:
        """Recorded time of the last fact that it was given, by region."""
        return {region: mark.recorded_us for region, mark in self.marks.items()}

    def position(self, region: str) -> int:
        """Return how far it is for a region."""
        return self.marks[region].position if region in self.marks else 0


class Beside:
    """The new tables of some read models, from nothing to where the live ones stand.

    Args:
        dsn: address of the database, as its owner.
        connection: the owner's; it reads the log, and is the one to switch by.
        facts: the log.
        projections: read models.
        progress: called with facts read and facts to read.
        tolerant: set a region aside whose facts a read model can't take, instead of raising.
        region: whose rows alone are made; None for all.
    """

    def __init__(
        self,
        dsn: str,
        connection: Connection,
        facts: Log,
        projections: Sequence[Projection],
        progress: Callable[[int, int], None],
        *,
        tolerant: bool,
        region: str | None = None,
    ) -> None:
        self.made = [Made(one) for one in projections]
        self._dsn = dsn
        self._connection = connection
        self._log = facts
        self._progress = progress
        self._tolerant = tolerant
        self._region = region

    @asynccontextmanager
    async def filled(self) -> AsyncIterator[list[Made]]:
        """Give the read models once their tables are full; what is not switched by the end of the block goes."""
        try:
            await self._make()
            async with AsyncExitStack() as stack:
                free: asyncio.Queue[Connection] = asyncio.Queue()
                for _ in range(CONNECTIONS):
                    opened = await stack.enter_async_context(owner(self._dsn, search_path=_PATH, made_as=Filling))
                    free.put_nowait(opened)
                with _seldom_collected():
                    for _ in range(MOST_CHASES):
                        if await self._fill(free) <= runner.BATCH:
                            break
                tables = [table for one in self.made for table in one.projection.tables]
                await _all(*(_finish(table, free) for table in tables))
            yield self.made
        finally:
            with suppress(*UNAVAILABLE):
                await self._connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
                await self._connection.execute(f"SET search_path = {LOG_SCHEMA}, {READ_SCHEMA}")

    async def _make(self) -> None:
        # What a rebuild that was killed has left goes first.
        await self._connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        await make_schema(self._connection, SCHEMA)
        await self._connection.execute(f"SET search_path = {_PATH}")
        for one in self.made:
            for table in one.projection.tables:
                await self._connection.execute(table.filling_ddl)

    async def _live(self) -> dict[str, int]:
        """Return how far the live tables are; without a limit: a region left out would be lost with the old tables."""
        rows = await self._connection.fetch(
            "SELECT region, position FROM projected WHERE $1::text IS NULL OR region = $1", self._region
        )
        return {row["region"]: row["position"] for row in rows}

    async def _fill(self, free: asyncio.Queue[Connection]) -> int:
        """Give all read models what the live ones have and they lack; return how many facts that was."""
        live = await self._live()
        total, before = sum(live.values()), self._facts
        async with aclosing(_ahead(self._batches(live))) as batches:
            async for batch in batches:
                fed = [one for one in self.made if batch[0].region not in one.failed]
                await _all(*(self._feed(one, batch, free) for one in fed))
                self._progress(self._facts, total)
        return self._facts - before

    @property
    def _facts(self) -> int:
        return max(one.facts for one in self.made)

    async def _batches(self, live: Mapping[str, int]) -> AsyncGenerator[list[Recorded], None]:
        for region in sorted(live):
            after = max(one.position(region) for one in self.made)
            while after < live[region] and not all(region in one.failed for one in self.made):
                batch = await self._read(region, after, min(BATCH, live[region] - after))
                after = batch[-1].position
                yield batch

    async def _read(self, region: str, after: int, count: int) -> list[Recorded]:
        batch: list[Recorded] = []
        while len(batch) < count:
            limit = min(MOST_READ, count - len(batch))
            batch += await self._log.read(region, after=after + len(batch), limit=limit, connection=self._connection)
        return batch

    async def _feed(self, one: Made, batch: Sequence[Recorded], free: asyncio.Queue[Connection]) -> None:
        connection = await free.get()
        try:
            await self._apply(one, batch, connection)
        finally:
            free.put_nowait(connection)

    async def _apply(self, one: Made, batch: Sequence[Recorded], connection: Connection) -> None:
        region, after = batch[0].region, batch[0].position - 1
        try:
            async with connection.transaction():
                # The tables are made anew if the server crashes, so nobody waits for the disk; the switch does.
                await connection.execute(_FEEDING)
                await one.projection.apply(connection, batch)
        except Exception as error:
            away = isinstance(error, UNAVAILABLE) and not isinstance(error, ValueError)
            if away or not self._tolerant:
                error.add_note(f"{one.projection.name} was given the facts of {region} after position {after}")
                raise
            one.failed[region] = (batch[0].position, error)
        else:
            one.marks[region] = Mark(batch[-1].position, batch[-1].stored.recorded_us)

    async def catch_up(self, one: Made) -> None:
        """Come close to the live tables, which move on meanwhile."""
        for _ in range(MOST_CHASES):
            if await self.reach(one) <= runner.BATCH:
                break

    async def reach(self, one: Made) -> int:
        """Give a read model whose tables are whole what its live ones have and it lacks; return how many facts."""
        live, before = await self._live(), one.facts
        for region in sorted(live):
            while region not in one.failed and one.position(region) < live[region]:
                after = one.position(region)
                batch = await self._read(region, after, min(runner.BATCH, live[region] - after))
                await self._apply(one, batch, self._connection)
        return one.facts - before


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let the garbage collector look less often; it walks through every batch hundreds of times, and finds nothing."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def make_schema(connection: Connection, schema: str) -> None:
    """Make a schema whose tables the service writes and callers read."""
    await connection.execute(f"""
        CREATE SCHEMA IF NOT EXISTS {schema};
        GRANT USAGE ON SCHEMA {schema} TO {SERVICE_ROLE}, {QUERY_ROLE}, {PUBLIC_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {schema}
          GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {SERVICE_ROLE};
        ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {QUERY_ROLE};""")


async def _finish(table: Table, free: asyncio.Queue[Connection]) -> None:
    """Make a table whole, and let the planner know what is in it."""
    connection = await free.get()
    try:
        await connection.execute(table.filled_ddl)
        await connection.execute(f"ANALYZE {table.name}")
    finally:
        free.put_nowait(connection)


async def _ahead(batches: AsyncGenerator[list[Recorded], None]) -> AsyncGenerator[list[Recorded], None]:
    """Yield batches, the next of which is read meanwhile."""
    async with aclosing(batches):
        coming = asyncio.ensure_future(anext(batches, None))
        try:
            while (batch := await coming) is not None:
                coming = asyncio.ensure_future(anext(batches, None))
                yield batch
        finally:
            coming.cancel()
            await asyncio.wait({coming})
            with suppress(asyncio.CancelledError):
                coming.exception()  # Whoever stops early has a reason of their own to tell.


async def _all(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it side by side; when some fails the rest is given up, and the first failure is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
