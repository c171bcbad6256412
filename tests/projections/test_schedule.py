"""Each project's milestones, baselines, start conditions and notes, from its schedule's facts and its gates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import orjson
import pytest

from projections.table import NOW_US
from service.domain.gates import CompletionKind, ProjectCompleted, ProjectStarted, StartBasis
from service.domain.values import Code, LongText, Reason
from tests.examples import COMPLETED, PLACE_OPENED, PROJECT_ID, REGISTERED, STARTED
from tests.examples.schedule import (
    BASELINE_RESET,
    BASELINE_SET,
    EQUIPMENT_FORECAST,
    LAND_REACHED,
    PERMIT_STATED,
    PROGRESS_NOTED,
    planned,
)
from tests.projections.feeding import Ledger

BEGUN = (PLACE_OPENED, REGISTERED)


async def milestones(ready: Ledger, *columns: str) -> dict[str, tuple[Any, ...]]:
    """Return columns of the milestones that hold now, by code in order of planned dates."""
    rows = await ready.owner.fetch(
        "SELECT * FROM schedule_milestone WHERE project_id = $1 AND recorded_to = $2 ORDER BY planned_on, milestone",
        PROJECT_ID,
        NOW_US,
    )
    return {row["milestone"]: tuple(row[name] for name in columns) for row in rows}


async def reached(ready: Ledger) -> dict[str, date | None]:
    """Return when each milestone was reached."""
    return {name: day for name, (day,) in (await milestones(ready, "reached_on")).items()}


async def test_a_plan_shows_its_milestones(ready: Ledger) -> None:
    facts = await ready.feed(*BEGUN, BASELINE_SET)
    found = await milestones(ready, "first_planned_on", "planned_on", "forecast_on", "reached_on", "position")
    assert list(found) == ["LAND", "STARTED", "COMPLETED"]
    assert found["LAND"] == (date(2021, 9, 3), date(2021, 9, 3), None, None, facts[-1].position)


async def test_every_baseline_stays_readable(ready: Ledger) -> None:
    await ready.feed(*BEGUN, BASELINE_SET, BASELINE_RESET)
    rows = await ready.owner.fetch("SELECT * FROM schedule_baseline ORDER BY number LIMIT 9")
    assert [row["recorded_to"] for row in rows] == [NOW_US, NOW_US]
    first, second = (dict(row) for row in rows)
    assert (first["number"], first["completion_on"], first["set_on"]) == (1, date(2022, 6, 30), date(2021, 3, 1))
    assert (first["reason"], first["reason_code"], first["approver"]) == (None, None, None)
    assert orjson.loads(first["milestones"])[0] == {"milestone": "LAND", "planned_on": "2021-09-03"}
    assert (second["number"], second["completion_on"], second["set_on"]) == (2, date(2022, 7, 31), date(2022, 5, 9))
    assert (second["reason"], second["reason_code"]) == ("生产线设备交货推迟", "CONTRACTOR")
    assert second["approver"] == "演示市人民政府"
    assert orjson.loads(second["documents"])[0]["number"] == "演示政函〔2022〕9号"


async def test_a_reset_moves_adds_and_drops_milestones_and_keeps_the_first_date(ready: Ledger) -> None:
    await ready.feed(*BEGUN, BASELINE_SET, BASELINE_RESET)
    found = await milestones(ready, "first_planned_on", "planned_on")
    assert list(found) == ["LAND", "STARTED", "EQUIPMENT", "COMPLETED"]
    assert found["COMPLETED"] == (date(2022, 6, 30), date(2022, 7, 31))
    assert found["EQUIPMENT"] == (date(2022, 7, 10),) * 2
    without = replace(BASELINE_RESET, milestones=planned(LAND=date(2021, 9, 3)))
    await ready.feed(without)
    assert list(await milestones(ready)) == ["LAND"]
    # What comes back is measured by the first plan that had it.
    back = replace(BASELINE_RESET, milestones=planned(STARTED=date(2022, 1, 1), EQUIPMENT=date(2022, 8, 1)))
    await ready.feed(back)
    assert await milestones(ready, "first_planned_on", "planned_on") == {
        "STARTED": (date(2021, 11, 2), date(2022, 1, 1)),
        "EQUIPMENT": (date(2022, 7, 10), date(2022, 8, 1)),
    }


async def test_a_milestone_that_a_reset_does_not_move_has_one_version(ready: Ledger) -> None:
    await ready.feed(*BEGUN, BASELINE_SET, BASELINE_RESET)
    counts = await ready.owner.fetch(
        "SELECT milestone, count(*) AS versions FROM schedule_milestone GROUP BY milestone ORDER BY milestone LIMIT 9"
    )
    assert {row["milestone"]: row["versions"] for row in counts} == {
        "COMPLETED": 2, "EQUIPMENT": 1, "LAND": 1, "STARTED": 1
    }  # fmt: skip


async def test_a_forecast_stands_until_another_or_a_reset_that_moves_it(ready: Ledger) -> None:
    columns = ("forecast_on", "reason_code", "note")
    await ready.feed(*BEGUN, BASELINE_SET, BASELINE_RESET, EQUIPMENT_FORECAST)
    assert (await milestones(ready, *columns))["EQUIPMENT"] == (
        date(2022, 7, 20),
        "UTILITIES",
        "第 6 条生产线待通电。",
    )
    sooner = replace(EQUIPMENT_FORECAST, forecast_on=date(2022, 7, 5), reason_code=None, note=None)
    await ready.feed(sooner, replace(BASELINE_RESET, reason=Reason("再调整"), completion_on=date(2022, 8, 31)))
    assert (await milestones(ready, *columns))["EQUIPMENT"] == (date(2022, 7, 5), None, None)
    await ready.feed(replace(BASELINE_RESET, milestones=planned(EQUIPMENT=date(2022, 7, 11))))
    assert await milestones(ready, *columns) == {"EQUIPMENT": (None, None, None)}


async def test_what_was_forecast_or_reached_outside_the_plan_is_not_shown(ready: Ledger) -> None:
    elsewhere = replace(LAND_REACHED, milestone=Code("TENDER"))
    await ready.feed(*BEGUN, EQUIPMENT_FORECAST, BASELINE_SET, EQUIPMENT_FORECAST, elsewhere)
    assert await milestones(ready, "forecast_on", "reached_on") == {
        "LAND": (None, None), "STARTED": (None, None), "COMPLETED": (None, None)
    }  # fmt: skip


async def test_a_milestone_is_reached_and_corrected(ready: Ledger) -> None:
    await ready.feed(*BEGUN, BASELINE_SET, LAND_REACHED)
    assert (await reached(ready))["LAND"] == date(2021, 9, 10)
    corrected = replace(LAND_REACHED, occurred_on=date(2021, 9, 12), reason=Reason("日期有误"))
    await ready.feed(corrected, BASELINE_RESET)
    assert (await reached(ready))["LAND"] == date(2021, 9, 12)
    await ready.feed(replace(BASELINE_RESET, milestones=planned(STARTED=date(2021, 11, 2))))
    await ready.feed(BASELINE_RESET)
    assert (await reached(ready))["LAND"] == date(2021, 9, 12)  # Dropped and back.


@pytest.mark.parametrize("order", ["gates first", "plan first"])
async def test_a_gate_reaches_the_milestone_of_its_name_whichever_came_first(ready: Ledger, order: str) -> None:
    facts = [STARTED, COMPLETED, BASELINE_SET]
    await ready.feed(*BEGUN, *(facts if order == "gates first" else facts[::-1]))
    assert await reached(ready) == {"LAND": None, "STARTED": date(2021, 3, 18), "COMPLETED": date(2022, 4, 25)}


@pytest.mark.parametrize("counts", StartBasis)
async def test_a_start_is_reached_on_the_basis_of_the_place(ready: Ledger, counts: StartBasis) -> None:
    days = {basis: date(2021, 3, number) for number, basis in enumerate(StartBasis, 1)}
    starts = [ProjectStarted(occurred_on=day, definition=1, basis=basis) for basis, day in days.items()]
    await ready.feed(replace(PLACE_OPENED, start_basis=counts), REGISTERED)
    await ready.feed(starts[0], BASELINE_SET, *starts[1:])
    assert (await reached(ready))["STARTED"] == days[counts]


async def test_of_several_dates_of_a_gate_the_earliest_that_stands_counts(ready: Ledger) -> None:
    accepted = ProjectCompleted(occurred_on=date(2022, 5, 9), definition=1, kind=CompletionKind.ACCEPTANCE)
    seen = []
    await ready.feed(*BEGUN, BASELINE_SET, accepted)
    for fact in (
        COMPLETED,
        replace(COMPLETED, occurred_on=date(2022, 5, 20), reason=Reason("日期有误")),
        replace(accepted, occurred_on=date(2022, 5, 25), reason=Reason("日期有误")),
    ):
        await ready.feed(fact)
        seen.append((await reached(ready))["COMPLETED"])
    assert seen == [date(2022, 4, 25), date(2022, 5, 9), date(2022, 5, 20)]


async def test_a_gate_of_another_project_reaches_nothing_here(ready: Ledger) -> None:
    await ready.feed(*BEGUN, BASELINE_SET)
    await ready.feed(COMPLETED, LAND_REACHED, project=uuid4())
    assert set((await reached(ready)).values()) == {None}


async def test_a_condition_is_as_it_was_last_stated_and_keeps_what_was_known(ready: Ledger) -> None:
    lapsed = replace(PERMIT_STATED, met=False, occurred_on=date(2022, 5, 1), note=LongText("许可证到期。"))
    await ready.feed(*BEGUN, PERMIT_STATED, lapsed)
    rows = await ready.owner.fetch("SELECT * FROM start_condition ORDER BY recorded_from LIMIT 9")
    assert [(row["condition"], row["met"], row["occurred_on"], row["note"]) for row in rows] == [
        ("CONSTRUCTION_PERMIT", True, date(2021, 10, 25), None),
        ("CONSTRUCTION_PERMIT", False, date(2022, 5, 1), "许可证到期。"),
    ]
    assert [row["recorded_to"] == NOW_US for row in rows] == [False, True]


async def test_every_note_of_progress_stands(ready: Ledger) -> None:
    more = replace(PROGRESS_NOTED, text=LongText("道路硬化完成。"))
    facts = await ready.feed(*BEGUN, PROGRESS_NOTED, more)
    rows = await ready.owner.fetch("SELECT * FROM progress_note WHERE recorded_to = $1 ORDER BY position", NOW_US)
    assert [(row["position"], row["occurred_on"], row["text"]) for row in rows] == [
        (facts[-2].position, date(2022, 5, 9), PROGRESS_NOTED.text),
        (facts[-1].position, date(2022, 5, 9), "道路硬化完成。"),
    ]
