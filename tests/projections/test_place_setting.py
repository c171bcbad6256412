"""What a place has set or adopted, whose it is, and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import projections
from projections.place_setting import PlaceSetting
from projections.rebuild import rebuild
from projections.table import NOW_US
from service.domain.values import Code, Name, Region, Term
from tests.examples import PLACE_OPENED
from tests.examples.adoption import ADOPTED, ENDED, HUNAN, SETTINGS, YONGZHOU
from tests.examples.configuration import PAUSE_REASONS_SET, RULES_SET
from tests.projections.feeding import Ledger

FARMING = Term(code=Code("FARMING"), zh=Name("农业"), en=Name("Farming"))


async def settings(ready: Ledger, at_us: int = NOW_US - 1) -> dict[tuple[str, str], tuple[bool, str | None]]:
    """Return whose each setting is that holds at a recorded time."""
    rows = await ready.owner.fetch(
        "SELECT kind, name, own, adopted_from FROM place_setting"
        " WHERE recorded_from <= $1 AND $1 < recorded_to ORDER BY kind, name LIMIT 99",
        at_us,
    )
    return {(row["kind"], row["name"]): (row["own"], row["adopted_from"]) for row in rows}


async def test_what_was_adopted_is_told_with_whose_it_is(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, ADOPTED, *SETTINGS)
    assert await settings(ready) == {
        ("DEFINITION", "STARTED"): (False, YONGZHOU),
        ("DICTIONARY", "CATEGORY"): (False, None),
        ("DICTIONARY", "PAUSE_REASON"): (False, YONGZHOU),
        ("PRIORITY", "LIMITS"): (False, YONGZHOU),
        ("RULES", "SCHEDULE"): (False, YONGZHOU),
        ("STAGES", "ENTERPRISE"): (False, YONGZHOU),
        ("TEMPLATE", "PROMOTED"): (False, YONGZHOU),
        ("WARNINGS", "RULES"): (False, YONGZHOU),
    }


async def test_what_a_place_sets_itself_is_its_own(ready: Ledger) -> None:
    own = replace(PLACE_OPENED, categories=(FARMING,))
    await ready.feed(own, ADOPTED, *SETTINGS, PAUSE_REASONS_SET)
    found = await settings(ready)
    assert found["DICTIONARY", "CATEGORY"] == found["DICTIONARY", "PAUSE_REASON"] == (True, None)


async def test_when_following_ends_all_that_was_adopted_is_the_places_own_and_the_past_stays_told(
    ready: Ledger,
) -> None:
    facts = await ready.feed(PLACE_OPENED, ADOPTED, *SETTINGS, ENDED)
    found = await settings(ready)
    assert found.pop(("DICTIONARY", "CATEGORY")) == (False, None)  # The default list is nobody's.
    assert set(found.values()) == {(True, None)}
    before = await settings(ready, facts[-1].stored.recorded_us - 1)
    assert {adopted for _, adopted in before.values()} == {None, YONGZHOU}


async def test_an_end_between_changes_of_one_batch_is_told_as_one_by_one(ready: Ledger) -> None:
    later: list[Any] = [replace(RULES_SET, freeze_days=9, adopted_from=HUNAN), ENDED]
    history = (PLACE_OPENED, ADOPTED, *SETTINGS, ENDED, *later)
    facts = await ready.feed(*history)
    together = await ready.rows(PlaceSetting())
    rebuilt = await rebuild(ready.dsn, ready.log, projections.ALL, "place_setting", lambda _done, _all: None)
    assert not any(rebuilt.differing.values())
    other = Region("431122")
    await ready.feed(*history[:1], region=other)
    for fact in history[1:]:
        await ready.feed(fact, region=other)
    apart = await ready.rows(PlaceSetting(), other)
    times = {one.stored.recorded_us: number for number, one in enumerate(facts)}
    there = {one.stored.recorded_us: number for number, one in enumerate(await ready.log.read(other))}
    assert _numbered(together, times) == _numbered(apart, there)


def _numbered(rows: dict[str, list[tuple[Any, ...]]], times: dict[int, int]) -> list[tuple[Any, ...]]:
    """Return rows without their region, their times as numbers of facts."""
    return [(*row[1:-2], times[row[-2]], times.get(row[-1])) for found in rows.values() for row in found]


async def test_an_end_where_nothing_was_adopted_changes_no_row(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, PAUSE_REASONS_SET)
    before = await ready.rows(PlaceSetting())
    await ready.feed(ENDED)
    assert await ready.rows(PlaceSetting()) == before
