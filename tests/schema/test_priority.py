"""Projects on key lists take precedence: which they are, and by when their steps are due because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from schema.values import encode_id
from service.domain.annual_plan import RemoveFromAnnualPlan
from service.domain.values import Reason, Region
from tests.examples import OPEN_PLACE, PLAN_PAPER, QIYANG
from tests.examples.priority import SET_LIMITS
from tests.examples.schedule import PLAN_SCHEDULE, planned
from tests.schema.story import entry, include, register
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from uuid import UUID

    from tests.schema.conftest import Api

ASK: Final = """
    query ($id: ID!) { project(id: $id) {
      before: priority(on: "2021-12-31") then: priority(on: "2022-01-01") after: priority(on: "2023-01-01") priority
      planEntries { level listedOn }
      milestones { milestone limitOn }
    } }"""
LIMITS: Final = "query ($region: String!) { priorityLimits(region: $region) { milestone days } }"
PAPER: Final = replace(PLAN_PAPER, issued_on=date(2022, 2, 8))


@pytest.fixture
async def road(api: Api) -> UUID:
    """Return a project that has a schedule."""
    project_id = await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG))
    plan = planned(LAND=date(2022, 6, 1), TENDER=date(2022, 7, 1))
    completion = date(2022, 12, 31)
    await tell(api, QIYANG, replace(PLAN_SCHEDULE, project_id=project_id, completion_on=completion, milestones=plan))
    return project_id


async def asked(api: Api, project_id: UUID) -> dict[str, Any]:
    found: dict[str, Any] = (await api.query(ASK, id=encode_id("Project", QIYANG, project_id)))["project"]
    assert len(api.took) == 1
    return found


async def test_a_project_has_priority_in_the_years_of_its_lists(api: Api, road: UUID) -> None:
    found = await asked(api, road)
    assert [found[name] for name in ("before", "then", "after", "priority")] == [False] * 4
    await tell(api, QIYANG, replace(include("430000", entry(road, None)), source=PAPER))
    found = await asked(api, road)
    assert [found[name] for name in ("before", "then", "after", "priority")] == [False, True, False, False]
    assert found["planEntries"] == [{"level": "PROVINCE", "listedOn": "2022-02-08"}]
    left = RemoveFromAnnualPlan(list_owner=Region("430000"), year=2022, projects=(road,), reason=Reason("调出"))
    await tell(api, QIYANG, left)
    assert (await asked(api, road))["then"] is False


async def test_steps_are_due_so_many_days_after_the_earliest_listing(api: Api, road: UUID) -> None:
    later = replace(PAPER, issued_on=date(2022, 5, 1))
    await tell(
        api,
        QIYANG,
        SET_LIMITS,
        replace(include(QIYANG, entry(road, "1")), source=later),
        replace(include("431100", entry(road, "1")), source=PAPER),
    )
    found = await asked(api, road)
    assert found["milestones"] == [
        {"milestone": "LAND", "limitOn": "2022-04-09"},
        {"milestone": "TENDER", "limitOn": None},
    ]
    left = RemoveFromAnnualPlan(list_owner=Region("431100"), year=2022, projects=(road,), reason=Reason("调出"))
    await tell(api, QIYANG, left)
    assert (await asked(api, road))["milestones"][0] == {"milestone": "LAND", "limitOn": "2022-06-30"}


async def test_without_a_list_or_a_limit_nothing_is_due(api: Api, road: UUID) -> None:
    await tell(api, QIYANG, SET_LIMITS)
    assert {one["limitOn"] for one in (await asked(api, road))["milestones"]} == {None}
    await tell(api, QIYANG, include(QIYANG, entry(road, "1")))
    assert (await asked(api, road))["milestones"][0]["limitOn"] is not None
    await tell(api, QIYANG, replace(SET_LIMITS, limits=()))
    assert {one["limitOn"] for one in (await asked(api, road))["milestones"]} == {None}


async def test_limits_are_answered_under_both_codes_and_are_none_until_set(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE)
    assert (await api.query(LIMITS, region="431181"))["priorityLimits"] == []
    await tell(api, QIYANG, SET_LIMITS)
    for code in ("431181", "431121"):
        found = (await api.query(LIMITS, region=code))["priorityLimits"]
        assert len(api.took) == 1
        assert [(one["milestone"], one["days"]) for one in found] == [
            ("APPROVAL", 10), ("ENVIRONMENT", 20), ("LAND", 60), ("FUNDS", 90)
        ]  # fmt: skip


FILTERED: Final = """
    query ($filter: ProjectFilter, $same: InvestmentTotalsFilter) {
      projects(filter: $filter) { nodes { name } }
      projectCounts(filter: $same) { projects }
    }"""


async def chosen(api: Api, **of: Any) -> list[str]:
    """Return the names of the projects that a filter chooses, of which as many are counted."""
    found = await api.query(FILTERED, filter=of, same=of)
    names = [one["name"] for one in found["projects"]["nodes"]]
    assert sum(one["projects"] for one in found["projectCounts"]) == len(names)
    return names


async def test_a_filter_chooses_those_with_priority_or_those_without(told: Api) -> None:
    with_priority = await chosen(told, priority=True, priorityOn="2022-06-01")
    without = await chosen(told, priority=False, priorityOn="2022-06-01")
    assert with_priority == ["演示中学", "演示竹木新材料产业园一期", "演示连接线"]
    assert without == ["Rail works"]
    assert await chosen(told, priority=True, priorityOn="2021-06-01") == []
    # Unless a day is said, the lists are this year's.
    assert await chosen(told, priority=True) == []


async def test_a_day_of_priority_is_of_no_use_alone(told: Api) -> None:
    refused = await told.refused('{ projectCounts(filter: { priorityOn: "2022-06-01" }) { projects } }')
    assert refused["path"] == ["filter", "priorityOn"]
