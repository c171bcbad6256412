"""What it takes to change something, from a rule to an answer: in one process, over HTTP, many at once, and until seen.

A command reports a figure of a project that is there. Beside it the eventsourcing library does the same as its pages
show it: one read of the aggregate, one save, by threads, which block; and over HTTP behind a Strawberry server. Its
tables are in a database with the same settings. Peers take turns round by round. It judges nothing, keeps no read
model, and answers no repeated command: what is measured is what an answer costs, not what it is worth.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import uvloop

import projections
from benchmarks.driving import MOST_S, share, spread
from benchmarks.opened import REGION, fresh, opened_with, reported, reports
from benchmarks.peers import eventsourced
from benchmarks.table import Measured
from benchmarks.writes_http import over_http
from projections.rebuild import ensure
from projections.runner import Runner
from service.access import LOCAL
from service.database import pool
from service.domain.decider import Stream
from service.log.log import Log
from service.log.writer import Item, Row

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres

WRITERS: Final = (1, 16, 256)
COMMANDS: Final = {1: 500, 16: 2_000, 256: 4_000}
SAVES: Final = {1: 500, 16: 1_000, 256: 1_000}
"""Commands that the stock application takes in a round; it is slower."""
ROUNDS: Final = 5
PROJECTS: Final = 2_000
"""Projects that commands are spread over, so that none grows long, and no two wait for each other."""
FACTS_A_SECOND: Final = 1_000
LAG_S: Final = 20
TICK_S: Final = 0.02


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure; `scale` is the share of the counts above, and of the seconds."""
    return [*_handled(server, scale), *over_http(server, scale, _projects(scale)), *_lag(server, scale)]


def _projects(scale: float) -> int:
    return share(PROJECTS, scale, max(WRITERS))


# In one process.


def _handled(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    measured = []
    for writers in WRITERS:
        saved: list[float] = []
        own: list[float] = []
        for number in range(ROUNDS):
            saves, commands = (share(counts[writers], scale, writers) for counts in (SAVES, COMMANDS))
            found = _stock_round(server, f"stock_{writers}_{number}", writers, saves, _projects(scale))
            saved += [] if found is None else [found]
            own.append(uvloop.run(_handle_round(server.dsn(), writers, commands, _projects(scale))))
        absent = "" if saved else eventsourced.ABSENT
        of = f"{writers} writer" + "s" * (writers > 1)
        measured += [
            Measured(of, "eventsourcing Application: get, save", tuple(saved), "commands/s", absent),
            Measured(of, "Handler.handle", tuple(own), "commands/s"),
        ]
    return measured


async def _handle_round(dsn: str, writers: int, commands: int, wanted: int) -> float:
    await fresh(dsn)
    async with Log.open(dsn) as log:
        handler, projects = await opened_with(log, wanted)
        sent = iter(reports(projects))

        async def handle() -> None:
            outcome = await handler.handle(LOCAL, REGION, next(sent), command_id=uuid4())
            if outcome.refused is not None:
                raise outcome.refused

        return await spread(handle, writers, commands)


def _stock_round(server: EmbeddedPostgres, name: str, writers: int, commands: int, wanted: int) -> float | None:
    """Return the stock application's commands a second; None if its database driver is not there."""
    if not eventsourced.is_there():
        return None
    made: type[eventsourced.Ledger] = type("Ledger", (eventsourced.Ledger,), {"name": name})
    ledger = made(env=eventsourced.settings(server))
    with ledger, ThreadPoolExecutor(writers) as threads:
        projects = list(threads.map(ledger.register, map(str, range(wanted))))
        numbers = count()
        until = time.perf_counter() + MOST_S

        def report(_: int) -> int:
            if time.perf_counter() > until:
                return 0
            period, place = divmod(next(numbers), len(projects))
            ledger.report(projects[place], str(period), 1_00)
            return 1

        began = time.perf_counter()
        done = sum(threads.map(report, range(commands)))
        return done / (time.perf_counter() - began)


# Until it is seen.


def _lag(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    seconds = max(0.2, LAG_S * scale)
    rounds = [uvloop.run(_lag_round(server.dsn(), seconds, _projects(scale))) for _ in range(ROUNDS)]
    who = f"{len(projections.ALL)} read models, {FACTS_A_SECOND} facts/s for {seconds:.1f} s"
    return [
        Measured("projection lag p50", who, tuple(median(one) * 1000 for one in rounds), "ms"),
        Measured("projection lag p99", who, tuple(quantiles(one, n=100)[98] * 1000 for one in rounds), "ms"),
    ]


async def _lag_round(dsn: str, seconds: float, wanted: int) -> list[float]:
    """Return for each fact the seconds from its recorded time to when the read models have it, in this process."""
    await fresh(dsn)
    lags: list[float] = []
    async with Log.open(dsn) as log, pool(dsn, size=5, name="taizhang-runner", statement_timeout_s=20) as feeding:
        await ensure(dsn, log, projections.ALL)
        _, projects = await opened_with(log, wanted)
        runner = Runner(log, feeding, projections.ALL)
        feeder = asyncio.create_task(runner.run())
        await runner.wait_for(REGION, 1 + wanted, MOST_S)
        sent, versions = iter(reports(projects)), dict.fromkeys(projects, 0)

        async def append() -> None:
            command = next(sent)
            project_id = command.project_id
            versions[project_id] += 1
            name, schema, body, _ = log.codec.encode(fact := reported(command))
            stream = Stream("investment", project_id)
            row = Row(stream, versions[project_id], name, schema, body, fact.occurred_on)
            item = Item(command_id=uuid4(), command_sha256=bytes(32), actor="bench", rows=(row,))
            appended = await log.append(REGION, item)
            await runner.wait_for(REGION, appended.last, MOST_S)
            lags.append(time.time() - appended.first_us / 1e6)

        try:
            async with asyncio.timeout(seconds + MOST_S), asyncio.TaskGroup() as group:
                began = time.perf_counter()
                made = 0
                while made < seconds * FACTS_A_SECOND:
                    due = int(min(seconds, time.perf_counter() - began + TICK_S) * FACTS_A_SECOND)
                    for _ in range(made, due):
                        group.create_task(append())
                    made = due
                    await asyncio.sleep(TICK_S)
        finally:
            feeder.cancel()
            await asyncio.wait({feeder})
    return lags
