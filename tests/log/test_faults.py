"""What goes wrong outside: killed writers, lost connections, a server that goes away; all of them real."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from eventsourcing.persistence import OperationalError

from service.access import LOCAL
from service.database import migrate, owner
from service.embedded import EmbeddedPostgres, Major
from service.handle import Handler
from service.log import log as logs
from service.log.log import Log
from service.log.writer import Appended, BusyError, CommandKnownError, UnknownOutcomeError
from tests.examples import OPEN_PLACE, QIYANG, SET_COUNT_TARGET
from tests.log.build import REGION, contiguous, item, new_id, row, stream, until
from tests.log.proxy import Cut, Proxy, proxy

MAJOR: Final[Major] = 16 if os.environ.get("TAIZHANG_TEST_PG") == "16" else 18
FAST: Final = {"fsync": "off", "full_page_writes": "off"}
WRITERS: Final = 8
ROOT: Final = Path(__file__).parents[2]


async def start(dsn: str, what: str, count: int) -> asyncio.subprocess.Process:
    """Start a writing process."""
    program = (sys.executable, "-m", "tests.log.write_facts", dsn, what, str(count))
    return await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)


async def follow_writers(log: Log, dsn: str, facts: int) -> None:
    """Let eight processes write while a reader follows: it sees every position once, and each stream in order."""
    processes = await asyncio.gather(*(start(dsn, "many", facts // WRITERS) for _ in range(WRITERS)))
    seen, times, versions = 0, 0, dict[object, int]()
    try:
        while seen < facts // WRITERS * WRITERS:
            heard = log.bell.heard(REGION)
            rows = await log.read_rows(REGION, after=seen, upto=2**62, names=(), limit=1_000)
            for one in rows:
                seen += 1
                assert one.id == seen
                assert one.recorded_us > times
                assert one.originator_version == versions.get(one.originator_id, 0) + 1
                times, versions[one.originator_id] = one.recorded_us, one.originator_version
            if not rows:
                async with asyncio.timeout(60):
                    await log.bell.wait(heard, logs.POLL_S, REGION)
                assert all(one.returncode in (0, None) for one in processes)
    finally:
        codes = await asyncio.gather(*(one.wait() for one in processes))
    assert codes == [0] * WRITERS


async def test_a_tailing_reader_loses_nothing_and_sees_nothing_out_of_order(log: Log, database: str) -> None:
    await follow_writers(log, database, 20_000)


@pytest.mark.soak
async def test_a_tailing_reader_loses_nothing_over_a_long_time(log: Log, database: str) -> None:
    await follow_writers(log, database, 1_000_000)


async def test_a_writer_killed_between_insert_and_commit_leaves_no_gap(log: Log, database: str) -> None:
    await log.append(REGION, item(row(stream())))
    killed = await start(database, "held", 3)
    assert killed.stdout is not None
    assert await killed.stdout.readline() == b"inserted\n"
    waiting = asyncio.create_task(log.append(REGION, item(row(stream()))))
    await asyncio.sleep(0.05)
    assert not waiting.done()  # The killed one holds the head.
    killed.send_signal(signal.SIGKILL)
    assert await killed.wait() == -signal.SIGKILL
    assert (await waiting).last == 2
    assert await contiguous(log) == 2


@pytest.fixture
async def between(database: str, folder: Path) -> AsyncIterator[Proxy]:
    """Give a proxy in front of the database."""
    async with proxy(database, folder) as made:
        yield made


@pytest.fixture
async def far(between: Proxy) -> AsyncIterator[Log]:
    """Give a log behind the proxy."""
    async with Log.open(between.dsn, size=2) as log:
        yield log


async def test_a_connection_lost_before_the_append_was_sent_is_answered_as_not_stored(
    log: Log, far: Log, between: Proxy
) -> None:
    one = item(row(stream()))
    between.cut(Cut.BEFORE, one.command_id.bytes)
    with pytest.raises(BusyError):
        await far.append(REGION, one)
    assert between.cuts == 1
    assert await contiguous(log) == 0
    assert (await far.append(REGION, one)).last == 1


async def test_a_connection_lost_after_the_commit_is_answered_as_stored(log: Log, far: Log, between: Proxy) -> None:
    await log.append(REGION, item(row(stream())))
    project = stream()
    items = [item(row(project, 1), row(project, 2)), item(result=b"{}"), item(row(stream()))]
    between.cut(Cut.ANSWERED, items[2].command_id.bytes)
    answers = await asyncio.gather(*(far.append(REGION, one) for one in items))
    assert between.cuts == 1
    assert [(one.first, one.last) for one in answers] == [(2, 3), (0, 0), (4, 4)]
    rows = await log.read_rows(REGION, after=1, upto=9, names=(), limit=9)
    assert [answers[0].first_us, answers[0].first_us + 1, answers[2].first_us] == [one.recorded_us for one in rows]
    assert await contiguous(log) == 4


async def test_a_connection_lost_while_the_append_waits_is_ended_and_answered_as_not_stored(
    log: Log, far: Log, between: Proxy, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    """The server has the statement and would still commit it: it must not, once the answer was given."""
    await log.append(REGION, item(row(stream())))
    one = item(row(stream()))
    async with as_owner.transaction():
        await as_owner.fetch("SELECT FROM log_head FOR UPDATE")
        between.cut(Cut.AFTER, one.command_id.bytes)
        with pytest.raises(BusyError):
            await far.append(REGION, one)
    assert between.cuts == 1
    assert await contiguous(log) == 1
    assert (await far.append(REGION, one)).last == 2


async def test_a_lost_answer_to_an_id_that_was_known_before_is_told_as_known(
    log: Log, far: Log, between: Proxy
) -> None:
    """What the log then holds under the id is not what was sent."""
    known = item(row(stream()))
    await log.append(REGION, known)
    other = item(row(stream()), row(stream()), command_id=known.command_id)
    between.cut(Cut.ANSWERED, other.command_id.bytes)
    with pytest.raises(CommandKnownError):
        await far.append(REGION, other)
    assert between.cuts == 1
    assert await contiguous(log) == 1


async def test_a_database_that_stays_away_leaves_it_open_and_the_id_tells_later(
    log: Log, far: Log, between: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "RECALL_S", 0.3)
    one = item(row(stream()))
    between.cut(Cut.ANSWERED, one.command_id.bytes, and_stay_away=True)
    with pytest.raises(UnknownOutcomeError):
        await far.append(REGION, one)
    with pytest.raises(BusyError):
        await far.append(REGION, one)
    with pytest.raises(CommandKnownError):
        await log.append(REGION, one)
    assert await contiguous(log) == 1


async def test_a_backend_that_does_not_end_leaves_it_open(
    log: Log, far: Log, between: Proxy, as_owner: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were another user's connection, which may not be ended."""
    monkeypatch.setattr(logs, "RECALL_S", 0.5)
    await log.append(REGION, item(row(stream())))
    await as_owner.execute("CREATE OR REPLACE FUNCTION log_quiesce(p_pid integer) RETURNS boolean RETURN false")
    one = item(row(stream()))
    between.cut(Cut.BEFORE, one.command_id.bytes)
    with pytest.raises(UnknownOutcomeError):
        await far.append(REGION, one)


async def test_a_command_whose_answer_was_lost_gets_its_outcome(log: Log, far: Log, between: Proxy) -> None:
    await Handler(log).handle(LOCAL, QIYANG, OPEN_PLACE, command_id=new_id())
    command_id = new_id()
    between.cut(Cut.ANSWERED, b"local")  # The actor stands in the append alone.
    first = await Handler(far).handle(LOCAL, QIYANG, SET_COUNT_TARGET, command_id=command_id)
    assert between.cuts == 1
    assert first == await Handler(log).handle(LOCAL, QIYANG, SET_COUNT_TARGET, command_id=command_id)
    assert await contiguous(log) == 2


@pytest.fixture
async def server(data_folder: Path) -> EmbeddedPostgres:
    """Return a running server of the test's own."""
    server = EmbeddedPostgres(data_folder, major=MAJOR, settings=FAST)
    server.start()
    return server


async def refuses(handler: Handler) -> bool:
    """Return whether a command meets a retryable error; right after a kill, the server may still answer."""
    try:
        await handler.handle(LOCAL, QIYANG, SET_COUNT_TARGET, command_id=new_id())
    except OperationalError:
        return True
    return False


async def gone(server: EmbeddedPostgres) -> bool:
    """Return whether its main process has ended."""
    return server.pid is None


async def test_a_database_that_goes_away_is_a_retryable_error_in_time_and_comes_back(server: EmbeddedPostgres) -> None:
    try:
        await migrate(server.dsn())
        async with Log.open(server.dsn()) as log:
            handler = Handler(log)
            await handler.handle(LOCAL, QIYANG, OPEN_PLACE, command_id=new_id())
            for number in range(1, 3):
                kept = [item(row(stream())) for _ in range(20)]
                sending = asyncio.gather(*(log.append(QIYANG, one) for one in kept), return_exceptions=True)
                await asyncio.sleep(0)
                assert server.pid is not None
                os.kill(server.pid, signal.SIGQUIT if number == 1 else signal.SIGKILL)
                async with asyncio.timeout(6):
                    answers = await sending
                    await until(lambda: refuses(handler))
                assert all(isinstance(one, Appended | OperationalError) for one in answers)
                # Told to quit, it refuses before it is gone.
                await until(lambda: gone(server))
                await asyncio.to_thread(server.start)
                outcome = await handler.handle(LOCAL, QIYANG, SET_COUNT_TARGET, command_id=new_id())
                assert outcome.refused is None
                stored = {one.command_id for one in await log.read_rows(QIYANG, after=0, upto=999, names=(), limit=999)}
                for one, answer in zip(kept, answers, strict=True):
                    if isinstance(answer, Appended):
                        assert one.command_id in stored
                    elif isinstance(answer, BusyError):
                        assert one.command_id not in stored
            await contiguous(log, QIYANG)
    finally:
        server.stop()


async def test_connections_that_were_ended_are_replaced_without_an_error(log: Log, database: str) -> None:
    await asyncio.gather(*(log.append(REGION, item(row(stream()))) for _ in range(10)))
    await log.heads()
    async with owner(database) as connection:
        ended = await connection.fetchval("""
            SELECT count(pg_terminate_backend(pid, 1000)) FROM pg_stat_activity
            WHERE application_name LIKE 'taizhang-%er' AND pid <> pg_backend_pid() AND datname = current_database()""")
        assert ended > 1

    async def are_closed() -> bool:
        return log._writing.get_idle_size() == 0

    await until(are_closed)
    assert (await log.append(REGION, item(row(stream())))).last == 11
    assert (await log.heads())[0].position == 11
