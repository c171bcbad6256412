"""The runner: fed once and in order, whoever feeds and whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest
from structlog.typing import EventDict

from projections import runner as module
from projections.project_status import ProjectStatus
from projections.rebuild import ensure
from projections.runner import MisconfiguredError, Runner, standings, whole
from projections.table import NOW_US, Projection
from service.database import UNAVAILABLE, Connection
from service.domain.decider import Stream
from service.domain.values import Region
from service.log.codec import Recorded
from service.log.writer import Item, Row
from tests.examples import FACTS, QIYANG, RESERVED, TODAY
from tests.projections.feeding import Ledger
from tests.projections.tally import Tally

ELSEWHERE: Final = Region("431121")
PATIENCE_S: Final = 20.0


@asynccontextmanager
async def running(runner: Runner) -> AsyncIterator[Runner]:
    """Let a runner run."""
    task = asyncio.create_task(runner.run())
    try:
        yield runner
    finally:
        task.cancel()
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ended, asyncio.CancelledError)


async def made(ready: Ledger, *read_models: Projection) -> Runner:
    """Return a runner of read models whose tables are there."""
    await ensure(ready.dsn, ready.log, read_models)
    return ready.runner(*read_models)


async def tallied(ready: Ledger, name: str = "tally", region: Region = QIYANG) -> int:
    """Return how many facts a Tally has counted."""
    counted: int = await ready.owner.fetchval(
        f"SELECT coalesce(sum(facts), 0) FROM {name} WHERE region = $1 AND recorded_to = $2",  # noqa: S608 - own names.
        region,
        NOW_US,
    )
    return counted


async def unreadable(ready: Ledger, region: Region) -> None:
    """Store a fact that this version of the service can't decode."""
    row = Row(Stream("project", uuid4()), 1, "FromTheFuture", 1, b"{}", TODAY)
    await ready.log.append(region, Item(command_id=uuid4(), command_sha256=bytes(32), actor="test", rows=(row,)))


async def test_what_is_stored_is_projected_and_waited_for(ready: Ledger) -> None:
    async with running(ready.runner()) as runner:
        for count in (1, 5, 13):
            last = (await ready.record(*list(FACTS.values())[:count]))[-1].last
            assert await runner.wait_for(QIYANG, last, PATIENCE_S)
            assert await ready.mark() == last


async def test_waiting_says_no_when_the_time_is_up(ready: Ledger) -> None:
    runner = ready.runner()
    await ready.feed(RESERVED)
    await runner.look()
    assert await runner.wait_for(QIYANG, 1, 0)
    assert not await runner.wait_for(QIYANG, 2, 0)
    assert not await runner.wait_for(QIYANG, 2, 0.01)
    assert not await runner.wait_for(ELSEWHERE, 1, 0)


async def test_waiting_says_no_again_when_the_database_has_to_be_fed_again(ready: Ledger) -> None:
    await ready.record(RESERVED, RESERVED)
    runner = ready.runner()
    await runner.step(QIYANG)
    assert await runner.wait_for(QIYANG, 2, 0)
    await ready.owner.execute("UPDATE projected SET position = 1")
    assert await runner.look() == [QIYANG]
    assert not await runner.wait_for(QIYANG, 2, 0)


async def test_several_processes_share_the_regions_and_all_learn_how_far_they_are(ready: Ledger) -> None:
    tally = Tally()
    first, second = await made(ready, tally), ready.runner(Tally())
    async with running(first), running(second):
        for region in (QIYANG, ELSEWHERE):
            for _ in range(5):
                await ready.record(RESERVED, RESERVED, region=region, project=uuid4())
            assert await first.wait_for(region, 10, PATIENCE_S)
            assert await second.wait_for(region, 10, PATIENCE_S)
            assert await tallied(ready, region=region) == 10
    owners = {one.region: one.owner for one in await standings(ready.pool)}
    assert owners == {QIYANG: None, ELSEWHERE: None}  # Given back, so that the next process needs not wait.


async def test_whoever_holds_the_lease_feeds_and_a_dead_ones_runs_out(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.owner.execute("INSERT INTO lease VALUES ($1, 'dead', now() + interval '1 hour')", QIYANG)
    async with running(runner):
        last = (await ready.record(RESERVED))[-1].last
        assert not await runner.wait_for(QIYANG, last, 0.3)
        assert [one.owner for one in await standings(ready.pool)] == ["dead"]
        await ready.owner.execute("UPDATE lease SET until = now()")
        assert await runner.wait_for(QIYANG, last, PATIENCE_S)


async def test_a_lease_that_runs_out_in_mid_batch_does_no_harm(ready: Ledger) -> None:
    """Two feed at once then: the lock on the mark is what counts, the lease only saves work."""
    await made(ready, Tally())
    await ready.record(*(RESERVED,) * (3 * module.BATCH // 2))
    counts = await asyncio.gather(*(ready.runner(Tally()).step(QIYANG) for _ in range(4)))
    assert sorted(counts) == [0, 0, module.BATCH // 2, module.BATCH]
    assert await tallied(ready) == sum(counts)


async def test_a_batch_ends_with_a_command(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(*(RESERVED,) * (module.BATCH - 1))
    await ready.record_together(RESERVED, RESERVED)
    await ready.record(RESERVED)
    assert [await runner.step(QIYANG) for _ in range(3)] == [module.BATCH - 1, 3, 0]


@pytest.mark.parametrize(
    ("commands", "most", "taken"),
    [([], 3, 0), ([1, 1, 1], 3, 3), ([2], 3, 2), ([1, 1, 2], 3, 2), ([1, 2, 1], 3, 3), ([4], 3, 3), ([1, 3], 3, 1)],
)
async def test_how_much_of_what_was_read_is_a_batch(ready: Ledger, commands: list[int], most: int, taken: int) -> None:
    for facts in commands:
        await ready.record_together(*(RESERVED,) * facts)
    assert len(whole(await ready.log.read(QIYANG, limit=most + 1), most)) == taken


async def test_no_region_waits_for_anothers_backlog(ready: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    order: list[str] = []
    runner = await made(ready, Tally(refuse=lambda batch: order.append(batch[0].region)))
    await ready.record(*(RESERVED,) * 20)
    await ready.record(RESERVED, region=ELSEWHERE)
    async with running(runner):
        assert await runner.wait_for(QIYANG, 20, PATIENCE_S)
    assert order.index(ELSEWHERE) <= 1


async def test_a_region_that_cannot_be_read_does_not_stop_the_others(ready: Ledger, logged: list[EventDict]) -> None:
    await unreadable(ready, QIYANG)
    async with running(await made(ready, Tally())) as runner:
        for _ in range(3):
            last = (await ready.record(RESERVED, region=ELSEWHERE))[-1].last
            assert await runner.wait_for(ELSEWHERE, last, PATIENCE_S)
    assert await ready.mark() == 0
    assert await ready.aside() == {}
    stuck = [one for one in logged if one["event"] == "a region's read models stand still"]
    assert {one["region"] for one in stuck} == {QIYANG}
    assert len(stuck) <= 2  # It rests between two tries, however often the others have something new.


async def test_the_database_goes_away_and_comes_back(ready: Ledger) -> None:
    async with running(await made(ready, Tally(), ProjectStatus())) as runner:
        for _ in range(4):
            await ready.owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'taizhang-runner' AND datname = current_database()"
            )
            last = (await ready.record(*(RESERVED,) * 5))[-1].last
            assert await runner.wait_for(QIYANG, last, PATIENCE_S)
    assert await tallied(ready) == 20
    assert await ready.aside() == {}


async def test_a_connection_that_is_lost_in_mid_batch_is_not_the_read_models_fault(ready: Ledger) -> None:
    lost = iter((True,))

    async def cut() -> None:
        await ready.owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'taizhang-runner' AND datname = current_database()"
        )

    class Cut(Tally):
        async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
            await super().apply(connection, batch)
            if next(lost, False):
                await cut()
                await super().apply(connection, batch)

    runner = await made(ready, Cut())
    await ready.record(RESERVED)
    with pytest.raises(UNAVAILABLE):
        await runner.step(QIYANG)
    assert await ready.mark() == 0
    assert await runner.step(QIYANG) == 1
    assert await tallied(ready) == 1
    assert await ready.aside() == {}


@pytest.mark.parametrize(
    "error",
    [
        ZeroDivisionError(),
        ValueError("a value that does not fit"),
        asyncpg.UniqueViolationError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_will_not_get_better_is_set_aside_at_once(ready: Ledger, error: Exception) -> None:
    def refuse(_batch: Sequence[Recorded]) -> None:
        raise error

    runner = await made(ready, Tally(), Tally("other", refuse=refuse))
    await ready.record(RESERVED)
    assert await runner.step(QIYANG) == 1
    assert await ready.aside() == {(QIYANG, "other"): 1}
    assert (await tallied(ready), await tallied(ready, "other")) == (1, 0)


async def test_a_value_that_cannot_be_sent_is_set_aside_at_once(ready: Ledger) -> None:
    """To asyncpg that is an InterfaceError, as is a lost connection."""

    class Large(Tally):
        async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
            row = {"stream_id": batch[0].stream_id, "facts": 2**63}
            await self.table.write(connection, batch[0].region, [self.table.change(row, batch[0].stored.recorded_us)])

    runner = await made(ready, Large())
    await ready.record(RESERVED)
    assert await runner.step(QIYANG) == 1
    assert await ready.aside() == {(QIYANG, "tally"): 1}


@pytest.mark.parametrize("error", [asyncpg.QueryCanceledError, asyncpg.DeadlockDetectedError, TimeoutError, OSError])
async def test_what_may_be_bad_luck_is_set_aside_when_it_keeps_coming(ready: Ledger, error: type[Exception]) -> None:
    times = iter(range(100))

    def refuse(_batch: Sequence[Recorded]) -> None:
        next(times)
        raise error

    runner = await made(ready, Tally(), Tally("other", refuse=refuse))
    await ready.record(RESERVED)
    for _ in range(module.MOST_TRIES - 1):
        with pytest.raises(error):
            await runner.step(QIYANG)
        assert await ready.aside() == {}
    assert await runner.step(QIYANG) == 1
    assert await ready.aside() == {(QIYANG, "other"): 1}
    assert await tallied(ready) == 1
    assert next(times) == module.MOST_TRIES + 1  # Once more by itself, to be sure which one it was.


async def test_bad_luck_is_forgotten_with_the_batch(ready: Ledger) -> None:
    unlucky: list[UUID] = []

    def refuse(batch: Sequence[Recorded]) -> None:
        if batch[-1].stored.command_id not in unlucky:
            unlucky.append(batch[-1].stored.command_id)
            raise asyncpg.DeadlockDetectedError

    runner = await made(ready, Tally(refuse=refuse))
    for facts in range(1, module.MOST_TRIES + 3):
        await ready.record(RESERVED)
        with pytest.raises(asyncpg.DeadlockDetectedError):
            await runner.step(QIYANG)
        await runner.step(QIYANG)
        assert await tallied(ready) == facts
    assert await ready.aside() == {}


@pytest.mark.parametrize("error", [asyncpg.DiskFullError, asyncpg.ReadOnlySQLTransactionError])
async def test_what_is_the_servers_condition_is_waited_out(ready: Ledger, error: type[Exception]) -> None:
    def refuse(_batch: Sequence[Recorded]) -> None:
        raise error

    runner = await made(ready, Tally(refuse=refuse))
    await ready.record(RESERVED)
    for _ in range(module.MOST_TRIES + 1):
        with pytest.raises(error):
            await runner.step(QIYANG)
    assert await ready.aside() == {}


async def test_standings_say_where_all_are_and_what_is_wrong(ready: Ledger) -> None:
    def refuse(_batch: Sequence[Recorded]) -> None:
        raise ZeroDivisionError("nil")

    runner = await made(ready, Tally(refuse=refuse))
    await ready.record(RESERVED, RESERVED)
    await ready.record(RESERVED, region=ELSEWHERE)
    await runner.step(QIYANG)
    behind, all_there = await standings(ready.pool)
    assert tuple(behind)[:5] == (ELSEWHERE, 1, 0, None, {})
    assert tuple(all_there) == (QIYANG, 2, 2, None, {"tally": "ZeroDivisionError('nil')"}, 0.0)
    assert (behind.lag, all_there.lag) == (1, 0)
    assert behind.lag_s > 0, "how old the fact is that it does not have"
    (later, _) = await standings(ready.pool)
    assert later.lag_s > behind.lag_s


async def test_read_models_that_would_overwrite_each_other_are_refused(ready: Ledger) -> None:
    with pytest.raises(MisconfiguredError, match="share a name: tally"):
        ready.runner(Tally(), Tally())
    other = Tally("other")
    other.tables = (Tally().table,)
    with pytest.raises(MisconfiguredError, match="share a table: tally"):
        ready.runner(Tally(), other)


async def test_a_read_model_without_tables_is_refused(ready: Ledger) -> None:
    await ready.record(RESERVED)
    with pytest.raises(MisconfiguredError, match="tally"):
        await ready.runner(Tally()).step(QIYANG)
    assert await ready.mark() == 0
