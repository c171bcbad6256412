"""A rebuild: beside the live tables, compared, switched, while readers and the runner go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from structlog.typing import EventDict

import projections
from projections import switching as module
from projections.filling import Beside
from projections.rebuild import ensure, rebuild
from projections.runner import MisconfiguredError
from projections.switching import Rebuilt, RegionAloneError, Switch, SwitchError
from projections.table import Projection
from service.database import QUERY_ROLE, READ_SCHEMA, Pool, owner, pool
from service.domain.values import Region
from service.log.codec import Recorded
from tests.examples import FACTS, QIYANG, RESERVED
from tests.projections.feeding import Ledger
from tests.projections.tally import COLUMNS, Tally
from tests.projections.test_runner import PATIENCE_S, made, running, tallied

ELSEWHERE: Final = Region("431121")


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


async def again(ready: Ledger, *read_models: Projection, progress: Callable[[int, int], None] = silent) -> Rebuilt:
    """Rebuild the first of some read models."""
    return await rebuild(ready.dsn, ready.log, read_models, read_models[0].name, progress)


async def until(holds: Callable[[], Any]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():  # noqa: ASYNC110 - it holds in the database, which does not tell.
            await asyncio.sleep(0.01)


async def schemas(ready: Ledger) -> list[str]:
    rows = await ready.owner.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild%' LIMIT 9")
    return [row[0] for row in rows]


async def epoch(ready: Ledger, name: str = "tally") -> int:
    return await ready.owner.fetchval("SELECT epoch FROM projection WHERE name = $1", name) or 0


@asynccontextmanager
async def reading(ready: Ledger) -> AsyncIterator[Pool]:
    scope = {"app.scope": str(QIYANG)}
    async with pool(ready.dsn, size=3, name="taizhang-query", role=QUERY_ROLE, settings=scope) as opened:
        yield opened


async def test_what_is_rebuilt_is_what_was_live(ready: Ledger) -> None:
    told: list[tuple[int, int]] = []
    await ready.feed(*FACTS.values())
    for one in projections.ALL:
        before = await ready.rows(one)
        rebuilt = await again(ready, one, progress=lambda *done: told.append(done))
        assert rebuilt == (one.name, len(FACTS), {table.name: 0 for table in one.tables}, {})
        assert await ready.rows(one) == before
        assert await epoch(ready, one.name) == 2
    assert told[-1] == (len(FACTS), len(FACTS))
    assert await schemas(ready) == []


async def test_rows_that_differ_are_counted_and_mended(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(RESERVED, RESERVED, RESERVED)
    await runner.step(QIYANG)
    await ready.owner.execute("UPDATE tally SET facts = 7 WHERE facts = 2")
    assert (await again(ready, Tally())).differing == {"tally": 2}
    assert (await again(ready, Tally())).differing == {"tally": 0}


async def test_a_region_alone_is_rebuilt_and_taken_back_and_the_others_are_left(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(*(RESERVED,) * 2)
    await ready.record(*(RESERVED,) * 3, region=ELSEWHERE)
    for region in (QIYANG, ELSEWHERE):
        await runner.step(region)
    await ready.owner.execute("UPDATE tally SET facts = 10 * facts")
    await ready.owner.execute(
        "INSERT INTO aside (region, projection, position, error) VALUES ($1, 'tally', 1, 'x'), ($2, 'tally', 1, 'x')",
        QIYANG,
        ELSEWHERE,
    )
    rebuilt = await rebuild(ready.dsn, ready.log, [Tally()], "tally", silent, region=QIYANG)
    assert (rebuilt.facts, rebuilt.differing["tally"] > 0) == (2, True)
    assert (await tallied(ready), await tallied(ready, region=ELSEWHERE)) == (2, 30)
    left = await ready.owner.fetch("SELECT region FROM aside LIMIT 9")
    assert [row["region"] for row in left] == [ELSEWHERE]
    assert await schemas(ready) == []


async def test_a_region_alone_is_not_rebuilt_where_that_would_leave_the_others_behind(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(RESERVED)
    await runner.step(QIYANG)
    changed = Tally(columns={**COLUMNS, "note": "text"})
    with pytest.raises(RegionAloneError, match="another version"):
        await rebuild(ready.dsn, ready.log, [changed], "tally", silent, region=QIYANG)
    with pytest.raises(RegionAloneError, match="nothing of it"):
        await rebuild(ready.dsn, ready.log, [Tally()], "tally", silent, region=ELSEWHERE)
    assert (await tallied(ready), await schemas(ready)) == (1, [])


async def test_what_the_live_tables_have_gained_meanwhile_does_not_differ(ready: Ledger) -> None:
    """They are compared as they were at the moment that the new ones have reached: nobody has to stand still for it."""
    runner = await made(ready, Tally())
    await ready.record(*(RESERVED,) * 3)
    await runner.step(QIYANG)
    async with owner(ready.dsn) as connection:
        beside = Beside(ready.dsn, connection, ready.log, [Tally()], silent, tolerant=False)
        async with beside.filled() as filled:
            (anew,) = filled
            await ready.record(*(RESERVED,) * 3)
            await ready.record(RESERVED, region=ELSEWHERE)
            await runner.step(QIYANG)
            await runner.step(ELSEWHERE)
            switch = Switch(connection, beside, anew)
            assert await switch.compare() == {"tally": 0}
            same = anew.moments
            # Fed since by a version that counted otherwise: the switch looks at what was touched after the comparison.
            await ready.owner.execute("UPDATE tally SET facts = 10 * facts WHERE facts = 6 OR region = $1", ELSEWHERE)
            await switch.switch(same)
    assert (await tallied(ready), await tallied(ready, region=ELSEWHERE)) == (6, 1)
    assert (await again(ready, Tally())).differing == {"tally": 0}


async def test_the_service_may_write_new_tables_and_the_planner_knows_them(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(*(RESERVED,) * 3)
    await runner.step(QIYANG)
    changed = Tally(columns={**COLUMNS, "note": "text"})
    await ensure(ready.dsn, ready.log, [changed])
    known = await ready.owner.fetchval(
        "SELECT reltuples FROM pg_class WHERE oid = to_regclass($1)", f"{READ_SCHEMA}.tally"
    )
    assert known == 3
    await ready.record(RESERVED)
    assert await ready.runner(changed).step(QIYANG) == 1
    assert await tallied(ready) == 4


async def test_an_index_or_a_constraint_that_is_not_ours_goes_with_a_rebuild(ready: Ledger) -> None:
    await made(ready, Tally())
    await ready.owner.execute("CREATE INDEX mine ON tally (facts)")
    await ready.owner.execute("ALTER TABLE tally ADD CONSTRAINT few CHECK (facts < 9)")
    await again(ready, Tally())
    rows = await ready.owner.fetch("SELECT indexname FROM pg_indexes WHERE tablename = 'tally' ORDER BY 1 LIMIT 9")
    assert [row[0] for row in rows] == ["tally_now", "tally_pkey"]
    assert await ready.owner.fetchval("SELECT count(*) FROM pg_constraint WHERE conname = 'few'") == 0


async def test_new_read_models_are_built_from_the_log_and_known_ones_left_alone(ready: Ledger) -> None:
    assert await ensure(ready.dsn, ready.log, [Tally()]) == []
    await ready.record(RESERVED, RESERVED)
    await ready.runner(Tally()).step(QIYANG)
    late = Tally("late")
    assert await ensure(ready.dsn, ready.log, [Tally(), late]) == [("late", 2, {}, {})]
    assert await ensure(ready.dsn, ready.log, [Tally(), late]) == []
    assert await tallied(ready, "late") == 2
    assert (await epoch(ready), await epoch(ready, "late")) == (1, 1)


@pytest.mark.parametrize(
    "changed",
    [Tally(version=2), Tally(columns={**COLUMNS, "note": "text"}), Tally(columns={**COLUMNS, "facts": "integer"})],
    ids=["version", "new column", "other type"],
)
async def test_a_changed_definition_is_rebuilt_at_the_start(ready: Ledger, changed: Tally) -> None:
    runner = await made(ready, Tally())
    await ready.record(RESERVED, RESERVED)
    await runner.step(QIYANG)
    async with reading(ready) as readers:
        # A reader whose statement was prepared for the old columns goes on with the new ones.
        (before,) = await readers.fetch("SELECT * FROM tally WHERE recorded_to > $1", 2**62)
        assert [one.name for one in await ensure(ready.dsn, ready.log, [changed])] == ["tally"]
        (after,) = await readers.fetch("SELECT * FROM tally WHERE recorded_to > $1", 2**62)
    assert after["facts"] == before["facts"] == 2
    assert ("note" in after.keys()) == ("note" in changed.table.columns)  # noqa: SIM118 - a record's keys.
    # A process of the old version feeds no more; one of the new version does.
    await ready.record(RESERVED)
    with pytest.raises(MisconfiguredError):
        await runner.step(QIYANG)
    assert await ready.runner(changed).step(QIYANG) == 1
    assert await tallied(ready) == 3


async def test_the_service_starts_though_one_region_of_a_new_read_model_fails(
    ready: Ledger, logged: list[EventDict]
) -> None:
    def refuse(batch: Sequence[Recorded]) -> None:
        if batch[0].region == QIYANG:
            raise ZeroDivisionError("nil")

    runner = await made(ready, Tally())
    await ready.record(RESERVED, RESERVED)
    await ready.record(RESERVED, region=ELSEWHERE)
    await runner.step(QIYANG)
    await runner.step(ELSEWHERE)
    changed = Tally(version=2, refuse=refuse)
    assert await ensure(ready.dsn, ready.log, [changed]) == [
        ("tally", 1, {"tally": 0}, {QIYANG: "ZeroDivisionError('nil')"})
    ]
    assert await ready.aside() == {(QIYANG, "tally"): 1}
    assert [one["region"] for one in logged if one["log_level"] == "error"] == [QIYANG]
    assert (await tallied(ready), await tallied(ready, region=ELSEWHERE)) == (0, 1)


async def test_a_rebuild_that_fails_leaves_everything_as_it_was(ready: Ledger) -> None:
    def refuse(_batch: Sequence[Recorded]) -> None:
        raise ZeroDivisionError("nil")

    runner = await made(ready, Tally())
    await ready.record(RESERVED, RESERVED)
    await runner.step(QIYANG)
    with pytest.raises(ZeroDivisionError) as failed:
        await again(ready, Tally(refuse=refuse))
    assert failed.value.__notes__ == [f"tally was given the facts of {QIYANG} after position 0"]
    assert (await epoch(ready), await schemas(ready), await tallied(ready)) == (1, [], 2)
    # Nor does it keep the lock: the next one can begin at once.
    assert (await asyncio.wait_for(again(ready, Tally()), PATIENCE_S)).facts == 2


async def test_an_unknown_name_is_refused_with_those_there_are(ready: Ledger) -> None:
    with pytest.raises(MisconfiguredError, match="no read model 'nothing'; there are project_status, investment"):
        await rebuild(ready.dsn, ready.log, projections.ALL, "nothing", silent)


async def test_two_services_that_start_together_build_once(ready: Ledger, logged: list[EventDict]) -> None:
    await asyncio.gather(*(ensure(ready.dsn, ready.log, [Tally()]) for _ in range(3)))
    assert await epoch(ready) == 1
    assert [one["log_level"] for one in logged if "another process" in one["event"]] == ["warning"] * 2


async def test_a_region_that_is_fed_for_the_first_time_during_the_switch_is_not_lost(ready: Ledger) -> None:
    """Its mark is not to be seen yet, so the switch has to wait for whoever is about to set one."""
    await made(ready, Tally())
    await ready.record(RESERVED)
    batch = await ready.log.read(QIYANG)
    async with ready.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT set_config('app.scope', $1, true)", QIYANG)
        await connection.execute("INSERT INTO projected VALUES ($1, 1, $2)", QIYANG, batch[0].stored.recorded_us)
        await Tally().apply(connection, batch)
        rebuilding = asyncio.create_task(again(ready, Tally()))
        await until(lambda: _waits(ready, "projected"))
        await transaction.commit()
    assert (await rebuilding).facts == 1
    assert await tallied(ready) == 1


async def test_a_reader_does_not_hold_up_a_rebuild(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(RESERVED, RESERVED)
    await runner.step(QIYANG)
    await ready.owner.execute("UPDATE tally SET facts = 7 WHERE facts = 2")
    async with reading(ready) as readers, readers.acquire() as slow, slow.transaction(isolation="repeatable_read"):
        assert await slow.fetchval("SELECT max(facts) FROM tally") == 7
        assert (await again(ready, Tally())).differing == {"tally": 2}
        assert await readers.fetchval("SELECT max(facts) FROM tally") == 2
        assert await slow.fetchval("SELECT max(facts) FROM tally") == 7


async def test_a_reader_of_a_table_that_is_replaced_holds_that_up_and_no_other_reader(ready: Ledger) -> None:
    await made(ready, Tally(), Tally("other"))
    await ready.record(RESERVED)
    await ready.runner(Tally(), Tally("other")).step(QIYANG)
    changed = Tally(columns={**COLUMNS, "note": "text"})
    async with reading(ready) as readers, readers.acquire() as slow:
        transaction = slow.transaction()
        await transaction.start()
        await slow.fetch("TABLE tally")
        replacing = asyncio.create_task(ensure(ready.dsn, ready.log, [changed, Tally("other")]))
        await until(lambda: _waits(ready, "tally"))
        for _ in range(5):
            assert await readers.fetchval("SELECT facts FROM tally") == 1
            assert await readers.fetchval("SELECT facts FROM other") == 1
        assert not replacing.done()
        await transaction.commit()
        assert [one.facts for one in await replacing] == [1]
    assert (await epoch(ready), await epoch(ready, "other")) == (2, 1)


async def test_a_switch_that_readers_never_let_through_gives_up_and_says_so(
    ready: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TRIES", 2)
    runner = await made(ready, Tally())
    await ready.record(RESERVED)
    await runner.step(QIYANG)
    async with reading(ready) as readers, readers.acquire() as slow, slow.transaction():
        await slow.fetch("TABLE tally")
        with pytest.raises(SwitchError):
            await ensure(ready.dsn, ready.log, [Tally(columns={**COLUMNS, "note": "text"})])
        await ready.record(RESERVED)
        assert await runner.step(QIYANG) == 1
    assert (await epoch(ready), await schemas(ready), await tallied(ready)) == (1, [], 2)


async def test_readers_and_the_runner_go_on_through_rebuilds_of_everything(ready: Ledger) -> None:
    """Joins take the tables in another order than the rebuild does, and never stop."""
    read = 0
    ids: list[UUID] = []
    stop = asyncio.Event()
    joined = """
        SELECT count(*), count(DISTINCT p.name), count(DISTINCT a.position), count(t.through_on)
        FROM project_gate g
        JOIN project_status p ON p.region = g.region AND p.project_id = g.project_id AND p.recorded_to = $2
        JOIN place_status l ON l.region = p.region AND l.recorded_to = $2
        JOIN audit_history a ON a.region = p.region AND a.project_id = p.project_id
        LEFT JOIN investment_total t ON t.region = p.region AND t.project_id = p.project_id AND t.recorded_to = $2
        WHERE g.region = $1 AND g.project_id = $3 AND g.recorded_to = $2"""

    async def reader(readers: Pool) -> None:
        nonlocal read
        known = 0
        while not stop.is_set():
            found = await readers.fetchval(joined, QIYANG, 2**63 - 1, ids[0])
            assert found >= known  # Nothing that was seen is ever missing.
            known, read = found, read + 1

    async def writer() -> None:
        while not stop.is_set():
            project = ids[0] if len(ids) == 1 else uuid4()
            ids.append(project)
            story = [FACTS[name] for name in ("REGISTERED", "RESERVED", "OPENING_STATED", "THROUGH_MARCH_REPORTED")]
            await ready.record(*story, project=project)
            await asyncio.sleep(0.01)

    await ready.feed(FACTS["PLACE_OPENED"])
    ids.append(uuid4())
    async with running(ready.runner()) as runner, reading(ready) as readers:
        busy = asyncio.gather(writer(), *(reader(readers) for _ in range(3)))
        try:
            rebuilt = [await asyncio.wait_for(again(ready, one), PATIENCE_S) for one in projections.ALL]
            before = read
            await until(lambda: _is(read > before + 10))
        finally:
            stop.set()
            await busy
        last = (await ready.record(RESERVED, project=ids[-1]))[-1].last
        assert await runner.wait_for(QIYANG, last, PATIENCE_S)
    assert [sum(one.differing.values()) for one in rebuilt] == [0] * len(projections.ALL)
    assert [sum((await again(ready, one)).differing.values()) for one in projections.ALL] == [0] * len(projections.ALL)
    assert {sum(one.differing.values()) for one in rebuilt} == {0}
    assert {sum((await again(ready, one)).differing.values()) for one in projections.ALL} == {0}
    assert await ready.aside() == {}
    assert last == 2 + 4 * (len(ids) - 1)


async def _is(found: bool) -> bool:  # noqa: FBT001 - a condition.
    return found


async def _waits(ready: Ledger, table: str) -> bool:
    waits: bool = await ready.owner.fetchval(
        "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " WHERE NOT l.granted AND c.relname = $1)",
        table,
    )
    return waits
