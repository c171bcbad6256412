"""A ledger whose facts are put into the log as they are, and whose read models are fed when a test says so."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import projections
from projections.rebuild import ensure
from projections.runner import Runner
from projections.table import NOW_US, Projection
from service.database import READ_SCHEMA, Connection, Pool, owner, pool
from service.domain.decider import Stream, occurred_on
from service.domain.liaison import LIAISON_FACTS
from service.domain.place import PlaceOpened, place_stream
from service.domain.plan import plan_stream
from service.domain.roster import region_roster_stream
from service.domain.values import Region
from service.log.codec import Recorded
from service.log.log import Log
from service.log.writer import Appended, Item, Row
from tests.dsl import decider_of_fact
from tests.examples import PROJECT_ID, QIYANG, TODAY

Rows = dict[str, list[tuple[Any, ...]]]

_LIVE: Final = "SELECT * FROM {table} WHERE region = $1 ORDER BY {key}, recorded_from"


@dataclass
class Ledger:
    """A log, its read models' tables, and the owner's connection to both."""

    dsn: str
    log: Log
    pool: Pool
    owner: Connection
    versions: defaultdict[tuple[str, Stream], int] = field(default_factory=lambda: defaultdict(int))

    async def record(self, *facts: object, region: Region = QIYANG, project: UUID = PROJECT_ID) -> list[Appended]:
        """Store facts in their order, each of a command of its own."""
        items = [self._item([fact], region, project) for fact in facts]
        return list(await asyncio.gather(*(self.log.append(region, item) for item in items)))

    async def record_together(self, *facts: object, region: Region = QIYANG, project: UUID = PROJECT_ID) -> Appended:
        """Store the facts of one command."""
        return await self.log.append(region, self._item(facts, region, project))

    def _item(self, facts: Sequence[object], region: Region, project: UUID) -> Item:
        rows = []
        for fact in facts:
            stream = stream_of(fact, region, project)
            self.versions[region, stream] += 1
            name, schema, body, private = self.log.codec.encode(fact)
            version = self.versions[region, stream]
            rows.append(Row(stream, version, name, schema, body, occurred_on(fact, TODAY), tuple(private)))
        opens = any(isinstance(fact, PlaceOpened) for fact in facts) or None
        return Item(command_id=uuid4(), command_sha256=bytes(32), actor="test", rows=tuple(rows), opens=opens)

    def runner(self, *read_models: Projection) -> Runner:
        """Return a runner of read models, of all unless some are given."""
        return Runner(self.log, self.pool, read_models or projections.ALL)

    async def feed(
        self,
        *facts: object,
        region: Region = QIYANG,
        project: UUID = PROJECT_ID,
        read_models: Sequence[Projection] = projections.ALL,
    ) -> list[Recorded]:
        """Store facts and let read models have them; return the region's facts."""
        await self.record(*facts, region=region, project=project)
        runner = self.runner(*read_models)
        while await runner.step(region):
            pass
        return await self.log.read(region)

    async def rows(self, of: Projection, region: Region = QIYANG, schema: str = READ_SCHEMA) -> Rows:
        """Return all rows of a read model for a region, with their recorded times, by table."""
        return {
            table.name: [
                tuple(row)
                for row in await self.owner.fetch(
                    _LIVE.format(table=f"{schema}.{table.name}", key=", ".join(table.key)), region
                )
            ]
            for table in of.tables
        }

    async def mark(self, region: Region = QIYANG) -> int:
        """Return how far a region's read models are."""
        return await self.owner.fetchval("SELECT position FROM projected WHERE region = $1", region) or 0

    async def aside(self) -> dict[tuple[str, str], int]:
        """Return what was set aside: (region, read model) -> position."""
        rows = await self.owner.fetch("SELECT region, projection, position FROM aside LIMIT 1000")
        return {(row["region"], row["projection"]): row["position"] for row in rows}


@asynccontextmanager
async def ledger_on(dsn: str, read_models: Sequence[Projection] = projections.ALL) -> AsyncIterator[Ledger]:
    """Give a ledger on a migrated database."""
    async with AsyncExitStack() as stack:
        log = await stack.enter_async_context(Log.open(dsn, size=4))
        await ensure(dsn, log, read_models)
        feeding = await stack.enter_async_context(pool(dsn, size=4, name="taizhang-runner", statement_timeout_s=20))
        yield Ledger(dsn, log, feeding, await stack.enter_async_context(owner(dsn)))


def stream_of(fact: object, region: Region, project: UUID) -> Stream:
    """Return the stream that a fact belongs to."""
    kind = decider_of_fact(fact).kind
    match kind:
        case "place":
            return place_stream(region)
        case "plan":
            return plan_stream(region, fact.year)  # type: ignore[attr-defined]  # Every fact of a plan has one.
        case "roster" if isinstance(fact, LIAISON_FACTS):
            return region_roster_stream(region)
        case _:
            return Stream(kind, project)


def as_of(rows: Rows, at_us: int) -> Rows:
    """Return the rows that a table would have held at a recorded time; the last two columns are from and to."""
    return {
        table: [(*row[:-1], row[-1] if row[-1] <= at_us else NOW_US) for row in found if row[-2] <= at_us]
        for table, found in rows.items()
    }
