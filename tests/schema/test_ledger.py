"""The ledger: a row for each project with how far it has come and what is next, in one statement."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from schema.values import encode_id
from service.domain import schedule
from service.domain.investment import Basis, StateOpeningBalance
from service.domain.progress import ReportPhysicalProgress
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code, Figure, LongText, Period
from tests.examples import OPEN_PLACE, QIYANG, yi
from tests.examples.schedule import NOTE_PROGRESS, PLAN_SCHEDULE, planned
from tests.schema.story import entry, include, register, report
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from uuid import UUID

    from tests.schema.conftest import Api

LEDGER: Final = """
    query (
      $on: Date = "2022-04-30", $filter: ProjectFilter, $total: TotalInvestmentKind, $first: Int, $after: String,
      $basis: Basis! = DISPATCH, $next: Int
    ) {
      ledger(basis: $basis, on: $on, total: $total, filter: $filter, first: $first, after: $after) {
        nodes {
          project { name priority(on: $on) }
          progress {
            basis throughOn yearToDate { ...M } sinceStart { ...M } planned { ...M } total { ...M }
            rateOfPlan(decimals: 1) rateOfTotal(decimals: 1)
            physical { percent description } note { text }
          }
          nextMilestones(first: $next) { milestone dueOn }
          overdue
        }
        pageInfo { endCursor hasNextPage }
      }
    }
    fragment M on Money { amount(unit: YI_YUAN) }"""


async def ledger(api: Api, **variables: Any) -> list[dict[str, Any]]:
    """Return rows with their amounts as plain text, and that they took one statement."""
    rows = (await api.query(LEDGER, **{"total": "STATISTICAL"} | variables))["ledger"]["nodes"]
    assert len(api.took) == 1
    for row in rows:
        row["progress"] = {
            name: value["amount"] if isinstance(value, dict) and "amount" in value else value
            for name, value in row["progress"].items()
        }
    return rows  # type: ignore[no-any-return]  # Plain JSON.


def progressed(project_id: UUID, period: str, percent: str | None, words: str) -> ReportPhysicalProgress:
    """Return a report of physical progress."""
    return ReportPhysicalProgress(
        project_id=project_id,
        through=Period(period),
        percent=None if percent is None else Figure(percent),
        description=LongText(words),
    )


def total_of(project_id: UUID, kind: TotalKind, figure: str) -> SetTotalInvestment:
    """Return a total investment."""
    return SetTotalInvestment(project_id=project_id, kind=kind, stated=yi(figure), occurred_on=date(2022, 1, 1))


@pytest.fixture
async def works(api: Api) -> UUID:
    """Return a project in its second year, with all that a row shows."""
    project_id = await tell(api, QIYANG, OPEN_PLACE, register("演示水厂", QIYANG))
    await tell(
        api,
        QIYANG,
        StateOpeningBalance(project_id=project_id, year=2021, basis=Basis.DISPATCH, stated=yi("3")),
        report(project_id, "2022-03", yi("1.2")),
        report(project_id, "2022-05", yi("2")),
        report(project_id, "2022-03", yi("0.9"), Basis.PAID),
        total_of(project_id, TotalKind.STATISTICAL, "12"),
        total_of(project_id, TotalKind.CONTRACTED, "20"),
        progressed(project_id, "2022-02", "20", "基础完成"),
        progressed(project_id, "2022-04", None, "主体施工"),
        progressed(project_id, "2022-05", "40", "封顶"),
        replace(NOTE_PROGRESS, project_id=project_id, occurred_on=date(2022, 4, 2), text=LongText("设备招标")),
        replace(NOTE_PROGRESS, project_id=project_id, occurred_on=date(2022, 5, 2), text=LongText("设备进场")),
        replace(
            PLAN_SCHEDULE,
            project_id=project_id,
            completion_on=date(2022, 9, 30),
            milestones=planned(
                LAND=date(2022, 1, 10),
                DRAWINGS=date(2022, 4, 29),
                TENDER=date(2022, 4, 30),
                EQUIPMENT=date(2022, 6, 30),
                COMPLETED=date(2022, 9, 30),
            ),
        ),
        schedule.ReachMilestone(project_id=project_id, milestone=Code("LAND"), occurred_on=date(2022, 1, 20)),
        include(QIYANG, entry(project_id, "4")),
        include("431100", entry(project_id, "3")),
    )
    return project_id


@pytest.mark.usefixtures("works")
async def test_a_row_is_how_far_a_project_has_come_and_what_is_next(api: Api) -> None:
    assert await ledger(api, next=3) == [
        {
            "project": {"name": "演示水厂", "priority": True},
            "progress": {
                "basis": "DISPATCH",
                "throughOn": "2022-03-31",
                "yearToDate": "1.2",
                "sinceStart": "4.2",
                "planned": "4",
                "total": "12",
                "rateOfPlan": "30.0",
                "rateOfTotal": "35.0",
                "physical": {"percent": None, "description": "主体施工"},
                "note": {"text": "设备招标"},
            },
            "nextMilestones": [
                {"milestone": "DRAWINGS", "dueOn": "2022-04-29"},
                {"milestone": "TENDER", "dueOn": "2022-04-30"},
                {"milestone": "EQUIPMENT", "dueOn": "2022-06-30"},
            ],
            # What is due on the day itself is not late yet.
            "overdue": 1,
        }
    ]


@pytest.mark.usefixtures("works")
async def test_a_row_is_of_its_cut_off_basis_and_kind_of_total(api: Api) -> None:
    (may,) = await ledger(api, on="2022-05-31", total="CONTRACTED")
    told = may["progress"]
    assert (told["yearToDate"], told["sinceStart"]) == ("2", "5")
    assert (told["rateOfPlan"], told["rateOfTotal"]) == ("50.0", "25.0")
    assert (told["physical"]["percent"], told["note"]["text"], may["overdue"]) == ("40", "设备进场", 2)
    (paid,) = await ledger(api, basis="PAID", total="APPROVED")
    told = paid["progress"]
    assert (told["yearToDate"], told["sinceStart"], told["rateOfPlan"]) == ("0.9", None, "22.5")
    assert (told["total"], told["rateOfTotal"]) == (None, None)
    (later,) = await ledger(api, on="2023-01-31")
    told = later["progress"]
    # Nothing of the year is known, and no plan of it.
    assert (told["throughOn"], told["yearToDate"], told["sinceStart"]) == ("2022-05-31", None, "5")
    assert (told["planned"], told["rateOfPlan"], told["rateOfTotal"]) == (None, None, "41.7")
    assert later["project"]["priority"] is False


@pytest.mark.usefixtures("works")
async def test_the_plan_is_that_of_the_list_that_was_asked_for(api: Api) -> None:
    (row,) = await ledger(api, filter={"list": {"owner": "431100", "year": 2022}})
    assert (row["progress"]["planned"], row["progress"]["rateOfPlan"]) == ("3", "40.0")


async def test_the_places_own_list_is_found_by_either_of_its_codes(api: Api) -> None:
    road = await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG))
    await tell(api, QIYANG, include("431121", entry(road, "4")), report(road, "2022-03", yi("1")))
    (row,) = await ledger(api)
    assert row["progress"]["rateOfPlan"] == "25.0"


async def test_of_a_project_without_anything_a_row_says_nothing(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG))
    (row,) = await ledger(api)
    assert {name for name, value in row["progress"].items() if value is not None} == {"basis"}
    assert (row["nextMilestones"], row["overdue"], row["project"]["priority"]) == ([], 0, False)


async def test_pages_of_the_ledger_hold_every_project_once_by_name(told: Api) -> None:
    names, after = [], None
    while True:
        page = (await told.query(LEDGER, first=2, after=after, total="STATISTICAL"))["ledger"]
        names += [row["project"]["name"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert names == sorted(names)
    assert len(names) == len({*names}) == 4


async def test_only_the_first_of_a_list_are_fetched_whatever_alias_asks(api: Api, works: UUID) -> None:
    ask = """query ($id: ID!, $n: Int) { project(id: $id) {
        one: nextMilestones(first: 1) { milestone } some: nextMilestones(first: $n) { dueOn }
        progressNotes(first: 1) { text } } }"""
    node = encode_id("Project", QIYANG, works)
    found = (await api.query(ask, id=node, n=2))["project"]
    assert (len(found["one"]), len(found["some"]), found["progressNotes"]) == (1, 2, [{"text": "设备进场"}])
    assert "LIMIT 2) s" in api.took[0]
    found = (await api.query(ask, id=node))["project"]
    assert (len(found["one"]), len(found["some"])) == (1, 4)
    for count in (0, -1, 201):
        assert (await api.refused(ask, id=node, n=count))["path"] == ["first"]


async def test_a_cut_off_of_the_ledger_lies_in_the_years_that_figures_may_be_of(told: Api) -> None:
    assert (await told.refused(LEDGER, on="1948-12-31", total="STATISTICAL"))["path"] == ["on"]
