"""New tables of several read models, filled together from one reading of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pytest

import projections
from projections import filling
from projections.rebuild import ensure, rebuild_all
from service.database import READ_SCHEMA
from service.log.codec import Recorded
from tests.examples import FACTS, QIYANG, RESERVED
from tests.projections.feeding import Ledger
from tests.projections.tally import Tally
from tests.projections.test_rebuild import ELSEWHERE, again, epoch, schemas, silent
from tests.projections.test_runner import made, tallied


async def test_read_models_that_are_rebuilt_together_share_each_batch(
    ready: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)
    given: dict[str, list[list[Recorded]]] = {"tally": [], "other": []}
    first = Tally("tally", refuse=lambda batch: given["tally"].append(list(batch)))
    second = Tally("other", refuse=lambda batch: given["other"].append(list(batch)))
    await made(ready, first, second)
    await ready.record(*(RESERVED,) * 7)
    await ready.record(RESERVED, region=ELSEWHERE)
    for region in (QIYANG, ELSEWHERE):
        await ready.runner(first, second).step(region)
    for batches in given.values():
        batches.clear()
    told: list[tuple[int, int]] = []
    rebuilt = await rebuild_all(ready.dsn, ready.log, [first, second], lambda *done: told.append(done))
    assert [(one.name, one.facts, sum(one.differing.values())) for one in rebuilt] == [("tally", 8, 0), ("other", 8, 0)]
    assert [[one.position for one in batch] for batch in given["tally"]] == [[1], [1, 2, 3], [4, 5, 6], [7]]
    # Not equal facts, but the same: none was read or decoded twice.
    assert [list(map(id, batch)) for batch in given["tally"]] == [list(map(id, batch)) for batch in given["other"]]
    assert told == [(1, 8), (4, 8), (7, 8), (8, 8)]


async def test_of_read_models_that_are_rebuilt_together_none_is_switched_if_one_fails(ready: Ledger) -> None:
    def refuse(batch: Sequence[Recorded]) -> None:
        if len(batch) > 1:
            raise ZeroDivisionError("nil")

    runner = await made(ready, Tally(), Tally("other"))
    await ready.record(RESERVED, RESERVED)
    await runner.step(QIYANG)
    await ready.owner.execute("UPDATE tally SET facts = 7 WHERE facts = 2")
    with pytest.raises(ZeroDivisionError) as failed:
        await rebuild_all(ready.dsn, ready.log, [Tally(), Tally("other", refuse=refuse)], silent)
    assert failed.value.__notes__ == [f"other was given the facts of {QIYANG} after position 0"]
    assert (await tallied(ready), await epoch(ready), await epoch(ready, "other"), await schemas(ready)) == (
        7,
        1,
        1,
        [],
    )


async def test_a_region_is_set_aside_for_the_one_read_model_that_can_not_take_it(ready: Ledger) -> None:
    def refuse(batch: Sequence[Recorded]) -> None:
        if batch[0].region == QIYANG:
            raise ZeroDivisionError("nil")

    runner = await made(ready, Tally(), Tally("other"))
    await ready.record(RESERVED, RESERVED)
    await ready.record(RESERVED, region=ELSEWHERE)
    for region in (QIYANG, ELSEWHERE):
        await runner.step(region)
    rebuilt = await ensure(ready.dsn, ready.log, [Tally(version=2), Tally("other", version=2, refuse=refuse)])
    assert [(one.name, one.facts, list(one.aside)) for one in rebuilt] == [("tally", 3, []), ("other", 1, [QIYANG])]
    assert await ready.aside() == {(QIYANG, "other"): 1}
    assert (await tallied(ready), await tallied(ready, "other")) == (2, 0)
    assert await tallied(ready, "other", region=ELSEWHERE) == 1


async def test_what_a_rebuild_that_was_killed_has_left_is_no_obstacle(ready: Ledger) -> None:
    runner = await made(ready, Tally())
    await ready.record(RESERVED)
    await runner.step(QIYANG)
    await ready.owner.execute("CREATE SCHEMA rebuild; CREATE TABLE rebuild.tally (left_behind text)")
    assert (await again(ready, Tally())).facts == 1
    assert (await schemas(ready), await tallied(ready)) == ([], 1)


async def test_a_table_that_was_filled_first_and_finished_then_is_as_one_that_was_made_whole(ready: Ledger) -> None:
    """Else each rebuild would replace the live table, which readers hold, instead of the rows that differ."""
    await ready.feed(*FACTS.values())
    before = await ready.owner.fetch(_TABLES, READ_SCHEMA)
    await rebuild_all(ready.dsn, ready.log, projections.ALL, silent)
    assert len(before) == sum(len(one.tables) for one in projections.ALL)
    assert await ready.owner.fetch(_TABLES, READ_SCHEMA) == before


_TABLES: Final = """
SELECT c.relname, c.oid FROM pg_class c WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'
ORDER BY c.relname LIMIT 1000"""
