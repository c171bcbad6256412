"""Facts a second into the log at 1, 16 and 256 writers, beside the eventsourcing library's own PostgreSQL recorder.

A writer appends one fact at a time and waits for it, so that each gets its answer from a committed transaction. Peers
take turns round by round, so that a slow minute of the machine hits them alike. Writers of the log are tasks of one
event loop; those of the recorder, which blocks, are threads with a pool of connections.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import uvloop

from benchmarks.driving import MOST_S, spread
from benchmarks.opened import REGION, fresh, opened_with
from benchmarks.table import Measured
from service.access import LOCAL
from service.domain.decider import Stream
from service.domain.identity import Identity, Track
from service.domain.project import RegisterProject
from service.domain.values import Code, Name
from service.log.log import Log
from service.log.writer import Item, Row

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres

WRITERS: Final = (1, 16, 256)
FACTS: Final = {1: 1_000, 16: 10_000, 256: 30_000}
"""Facts that the log takes in a round."""
SAVES: Final = {1: 1_000, 16: 2_000, 256: 2_000}
"""The same for the recorder, which is slower."""
COMMANDS: Final = {1: 500, 16: 2_000, 256: 4_000}
ROUNDS: Final = 5
STATE: Final = b'{"amount_fen":539300000000,"basis":"DISPATCH","measure":"YEAR_TO_DATE","through":"2022-04"}'


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure; `scale` is the share of the counts above."""
    measured: list[Measured] = []
    for writers in WRITERS:
        saves: list[float] = []
        facts: list[float] = []
        batches: list[float] = []
        commands: list[float] = []
        for number in range(ROUNDS):
            saved = _recorder_round(server, f"stock_{writers}_{number}", writers, _share(SAVES, writers, scale))
            saves += [] if saved is None else [saved]
            rate, size = uvloop.run(_log_round(server.dsn(), writers, _share(FACTS, writers, scale)))
            facts.append(rate)
            batches.append(size)
            commands.append(uvloop.run(_handle_round(server.dsn(), writers, _share(COMMANDS, writers, scale))))
        of = f"{writers} writer" + "s" * (writers > 1)
        absent = "" if saves else "not measured: psycopg is not installed, see requirements.txt"
        measured += [
            Measured(of, "eventsourcing PostgresApplicationRecorder.insert_events", tuple(saves), "facts/s", absent),
            Measured(of, "Log.append", tuple(facts), "facts/s", f"{max(batches):.0f} commands a batch"),
            Measured(of, "Handler.handle (register a project)", tuple(commands), "commands/s"),
        ]
    return measured


def _share(counts: dict[int, int], writers: int, scale: float) -> int:
    return max(writers, int(counts[writers] * scale))


async def _log_round(dsn: str, writers: int, count: int) -> tuple[float, float]:
    await fresh(dsn)
    async with Log.open(dsn) as log:

        async def append() -> None:
            fact = Row(Stream("investment", uuid4()), 1, "CompletionReported", 1, STATE, date(2022, 4, 30))
            await log.append(REGION, Item(command_id=uuid4(), command_sha256=bytes(32), actor="bench", rows=(fact,)))

        await spread(append, writers, writers)
        before = log.writer.batches
        rate = await spread(append, writers, count)
        return rate, count / (log.writer.batches - before)


async def _handle_round(dsn: str, writers: int, count: int) -> float:
    await fresh(dsn)
    async with Log.open(dsn) as log:
        handler, _ = await opened_with(log, 0)
        identity = Identity(
            name=Name("演示竹木新材料产业园"), region=REGION, category=Code("PRODUCTIVE"), track=Track.PROMOTED
        )
        command = RegisterProject(identity=identity)

        async def handle() -> None:
            await handler.handle(LOCAL, REGION, command, command_id=uuid4())

        await spread(handle, writers, writers)
        return await spread(handle, writers, count)


def _recorder_round(server: EmbeddedPostgres, table: str, writers: int, count: int) -> float | None:
    """Return the stock recorder's saves a second, of one event each; None if psycopg is not there."""
    try:
        from eventsourcing.postgres import (  # noqa: PLC0415 - Only where the peers are installed.
            PostgresApplicationRecorder,
            PostgresDatastore,
        )
    except ImportError:
        return None
    from eventsourcing.persistence import StoredEvent  # noqa: PLC0415 - As above.

    socket = server.dsn().partition("host=")[2].partition("&")[0].replace("%2F", "/")
    user = server.dsn().partition("//")[2].partition("@")[0]
    with PostgresDatastore(
        dbname=server.dsn().partition("@/")[2].partition("?")[0],
        host=socket,
        port="5432",
        user=user,
        password="",  # The operating system says who it is.
        pool_size=min(writers, 16),
        max_waiting=writers,
    ) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name=table)
        recorder.create_table()

        def save(until: float) -> int:
            if time.perf_counter() > until:
                return 0
            recorder.insert_events([StoredEvent(uuid4(), 1, "taizhang:CompletionReported", STATE)])
            return 1

        with ThreadPoolExecutor(writers) as threads:
            began = time.perf_counter()
            list(threads.map(save, [began + MOST_S] * writers))
            began = time.perf_counter()
            done = sum(threads.map(save, [began + MOST_S] * count))
            return done / (time.perf_counter() - began)
