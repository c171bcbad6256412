"""Warnings of works: slow progress, starts with conditions unmet, suspensions that nobody tends."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from service.domain import investment, schedule
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code
from service.domain.warnings import SetWarningRules, StartRule, WarningKind
from tests.examples import OPEN_PLACE, QIYANG
from tests.schema.story import entry, include, report, target
from tests.schema.test_totals import tell
from tests.schema.warned import (
    laid_out,
    listed,
    note,
    one,
    stands,
    started,
    stated,
    suspended,
)

if TYPE_CHECKING:
    from tests.schema.conftest import Api


@pytest.fixture
async def qiyang(api: Api) -> Api:
    """Give 祁阳's ledger with nothing in it."""
    await tell(api, QIYANG, OPEN_PLACE)
    return api


CONDITIONS = (
    *("APPROVED", "LAND", "PLANNING_PERMIT", "ENVIRONMENT", "DRAWINGS"),
    *("CONSTRUCTION_PERMIT", "FUNDS", "CONTRACTOR", "UTILITIES"),
)


async def test_started_while_a_condition_was_unmet(qiyang: Api) -> None:
    project_id = await one(qiyang)
    kind = WarningKind.STARTED_UNREADY
    await tell(
        qiyang,
        QIYANG,
        *(stated(project_id, code, "2022-02-01") for code in CONDITIONS[:-2]),
        stated(project_id, "CONTRACTOR", "2022-02-01", met=False),
        started(project_id, "2022-03-01"),
    )
    assert await listed(qiyang, "2022-02-28", kind) == []
    said = {"conditions": ["CONTRACTOR", "UTILITIES"], "countedFrom": "2022-03-01"}
    assert await listed(qiyang, "2022-03-01", kind) == [("甲", "ALARM", "2022-03-01", said)]
    # Met later, it was unmet on that day all the same, and there is nothing left to see to.
    await tell(qiyang, QIYANG, *(stated(project_id, code, "2022-03-20") for code in CONDITIONS[-2:]))
    assert [row[1] for row in await listed(qiyang, "2022-03-19", kind)] == ["ALARM"]
    assert await listed(qiyang, "2022-03-20", kind) == [("甲", "WARNING", "2022-03-01", said)]
    # Papers that turn up show that they were met by then.
    await tell(qiyang, QIYANG, *(stated(project_id, code, "2022-02-20") for code in CONDITIONS[-2:]))
    assert await listed(qiyang, "2022-03-20", kind) == []
    # What is lost after the start was there on that day.
    await tell(qiyang, QIYANG, stated(project_id, "FUNDS", "2022-04-01", met=False))
    assert await listed(qiyang, "2022-04-20", kind) == []


async def test_conditions_that_nobody_stated_count_only_where_the_place_demands_them(qiyang: Api) -> None:
    project_id = await one(qiyang)
    kind = WarningKind.STARTED_UNREADY
    await tell(qiyang, QIYANG, started(project_id, "2022-03-01"))
    assert await listed(qiyang, "2022-03-01", kind) == []
    await tell(qiyang, QIYANG, SetWarningRules(region=QIYANG, start_conditions=StartRule.REFUSE))
    assert [row[3]["conditions"] for row in await listed(qiyang, "2022-03-01", kind)] == [[*CONDITIONS]]


async def test_physical_progress_so_many_points_behind_the_time_of_construction(qiyang: Api) -> None:
    # 100 days, half of it stands: ten points behind on the sixtieth.
    project_id = await one(qiyang, planned_completion=date(2022, 6, 10))
    kind = WarningKind.SLOW
    await tell(qiyang, QIYANG, started(project_id, "2022-03-02"), stands(project_id, "2022-04-T1", "50"))
    assert await listed(qiyang, "2022-04-30", kind) == []
    assert await listed(qiyang, "2022-05-01", kind) == [("甲", "WARNING", "2022-05-01", {"behind": "10.00"})]
    assert [row[1] for row in await listed(qiyang, "2022-05-05", kind)] == ["WARNING"]
    assert await listed(qiyang, "2022-05-06", kind) == [("甲", "ALARM", "2022-05-01", {"behind": "15.00"})]
    # What was reported for the day brings it back, and past its time no more than the whole is due.
    await tell(qiyang, QIYANG, stands(project_id, "2022-05-T1", "70"))
    assert await listed(qiyang, "2022-05-10", kind) == []
    assert [row[3] for row in await listed(qiyang, "2023-05-10", kind)] == [{"behind": "30.00"}]
    # A new baseline gives it more time.
    await tell(qiyang, QIYANG, laid_out(project_id, date(2022, 12, 31), COMPLETED=date(2022, 12, 31)))
    assert await listed(qiyang, "2022-06-10", kind) == []
    await tell(qiyang, QIYANG, SetWarningRules(region=QIYANG, slow_points=20, slow_alarm_points=40))
    assert await listed(qiyang, "2022-12-01", kind) == [("甲", "WARNING", "2022-12-01", {"behind": "20.13"})]
    assert await listed(qiyang, "2022-11-30", kind) == []


async def test_money_behind_the_years_plan_of_a_list(qiyang: Api) -> None:
    project_id = await one(qiyang)
    kind = WarningKind.SLOW
    await tell(qiyang, QIYANG, started(project_id, "2021-05-01"), include(QIYANG, entry(project_id, "3.65")))
    # Nothing is reported, so nothing is done: a tenth of 365 days is due on the 37th.
    assert await listed(qiyang, "2022-02-05", kind) == []
    said = {"behind": "10.14", "planned": "365000000", "completed": "0"}
    assert await listed(qiyang, "2022-02-06", kind) == [("甲", "WARNING", "2022-02-06", said)]
    await tell(qiyang, QIYANG, report(project_id, "2022-01", target("0.5").stated))
    assert await listed(qiyang, "2022-02-06", kind) == []
    # 50 + 36.5 days' worth: due on the 87th.
    assert await listed(qiyang, "2022-03-27", kind) == []
    assert [row[2] for row in await listed(qiyang, "2022-03-28", kind)] == ["2022-03-28"]
    # Paid is another basis than dispatch.
    await tell(qiyang, QIYANG, report(project_id, "2022-03", target("2").stated, investment.Basis.PAID))
    assert len(await listed(qiyang, "2022-04-01", kind)) == 1


async def test_a_third_of_the_plan_is_exactly_that(qiyang: Api) -> None:
    # 90 days of the year are its own: in 39 of them a third and ten points are due, not sooner.
    project_id = await one(qiyang)
    await tell(
        qiyang,
        QIYANG,
        started(project_id, "2022-10-02"),
        include(QIYANG, entry(project_id, "0.03")),
        report(project_id, "2022-10-T1", target("0.01").stated),
    )
    kind = WarningKind.SLOW
    assert await listed(qiyang, "2022-11-09", kind) == []
    assert [row[2:] for row in await listed(qiyang, "2022-11-10", kind)] == [
        ("2022-11-10", {"behind": "10.00", "planned": "3000000", "completed": "1000000"})
    ]


async def test_money_behind_the_total_where_no_list_plans_the_year(qiyang: Api) -> None:
    project_id = await one(qiyang, planned_completion=date(2022, 6, 10))
    kind = WarningKind.SLOW
    total = SetTotalInvestment(
        project_id=project_id, kind=TotalKind.STATISTICAL, stated=target("10").stated, occurred_on=date(2022, 1, 5)
    )
    since = investment.Measure.SINCE_START
    await tell(qiyang, QIYANG, total, started(project_id, "2022-03-02"))
    assert await listed(qiyang, "2022-05-20", kind) == []
    two = target("2").stated
    # What was completed since the start is known only where a paper tells it.
    await tell(qiyang, QIYANG, report(project_id, "2022-03", two))
    assert await listed(qiyang, "2022-05-20", kind) == []
    await tell(qiyang, QIYANG, report(project_id, "2022-03", two, measure=since))
    assert await listed(qiyang, "2022-03-31", kind) == []
    assert await listed(qiyang, "2022-04-01", kind) == [
        ("甲", "WARNING", "2022-04-01", {"behind": "10.00", "planned": "1000000000", "completed": "200000000"})
    ]
    await tell(qiyang, QIYANG, include(QIYANG, entry(project_id, "0.000001")))
    await tell(qiyang, QIYANG, report(project_id, "2022-04", target("5").stated))
    assert await listed(qiyang, "2022-04-30", kind) == []


async def test_a_milestone_overdue_by_more_than_thirty_days_is_slow_progress(qiyang: Api) -> None:
    project_id = await one(qiyang)
    plan = laid_out(project_id, date(2022, 12, 31), FOUNDATION=date(2022, 3, 31))
    kind = WarningKind.SLOW
    await tell(qiyang, QIYANG, plan)
    # Before the start nothing is slow.
    assert await listed(qiyang, "2022-06-01", kind) == []
    await tell(qiyang, QIYANG, started(project_id, "2022-01-01"))
    assert await listed(qiyang, "2022-04-30", kind) == []
    assert await listed(qiyang, "2022-05-01", kind) == [
        ("甲", "WARNING", "2022-05-01", {"milestones": ["FOUNDATION"], "dueOn": "2022-03-31"})
    ]
    reached = schedule.ReachMilestone(project_id=project_id, milestone=Code("FOUNDATION"), occurred_on=date(2022, 5, 2))
    await tell(qiyang, QIYANG, reached)
    assert await listed(qiyang, "2022-05-02", kind) == []


async def test_a_suspension_needs_a_plan_and_a_note_every_month(qiyang: Api) -> None:
    with_plan, without = await one(qiyang), await one(qiyang, "乙")
    kind = WarningKind.SUSPENSION_UNTENDED
    await tell(qiyang, QIYANG, suspended(with_plan, "2022-01-31", "三月复工。"), suspended(without, "2022-02-10"))
    assert await listed(qiyang, "2022-02-09", kind) == []
    bare = {"countedFrom": "2022-02-10", "recoveryPlan": False}
    assert await listed(qiyang, "2022-02-10", kind) == [("乙", "WARNING", "2022-02-10", bare)]
    assert [row[0] for row in await listed(qiyang, "2022-02-28", kind)] == ["乙"]
    said = {"countedFrom": "2022-01-31", "recoveryPlan": True}
    assert ("甲", "WARNING", "2022-03-01", said) in await listed(qiyang, "2022-03-01", kind)
    # Without both it is an alarm.
    assert await listed(qiyang, "2022-03-11", kind) == [
        ("乙", "ALARM", "2022-02-10", bare),
        ("甲", "WARNING", "2022-03-01", said),
    ]
    await tell(qiyang, QIYANG, note(with_plan, "2022-03-05"))
    assert [row[0] for row in await listed(qiyang, "2022-03-04", kind)] == ["乙", "甲"]
    assert [row[0] for row in await listed(qiyang, "2022-04-05", kind)] == ["乙"]
    assert [row[2] for row in await listed(qiyang, "2022-04-06", kind)] == ["2022-02-10", "2022-04-06"]
