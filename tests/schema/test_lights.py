"""Lights of a project on a day: each colour where the rule says so, and what it was judged by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from schema.lights import MOST_DAYS_ASKED
from schema.values import encode_id
from service.domain import funds, gate_commands
from service.domain.investment import Measure
from service.domain.lights import SetLightRules
from service.domain.values import Code, Document, Name, Period, Region
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, yi
from tests.schema.conftest import written
from tests.schema.story import entry, include, register
from tests.schema.test_totals import tell
from tests.schema.warned import OPEN_LENGSHUITAN, completed, one, stands, started, suspended

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.schema.conftest import Api

ASK: Final = """
    query ($id: ID!, $on: Date) { project(id: $id) { lights(on: $on) { on worst lights {
      kind light countedFrom dueOn reachedOn throughOn timeProgress doneShare behind
      whole { amount(unit: YI_YUAN) } done { amount(unit: YI_YUAN) }
    } rules { own adoptedFrom { code } startRedDays progressRedPoints } } } }"""
COUNT: Final = """
    query ($on: Date, $filter: InvestmentTotalsFilter, $byPlace: Boolean! = false) {
      lightCounts(on: $on, filter: $filter, byPlace: $byPlace) { place { code } kind light projects }
    }"""


async def lights(api: Api, project_id: UUID, on: str) -> dict[str, dict[str, Any]]:
    """Return a project's lights by kind, without what is null."""
    found = (await api.query(ASK, id=encode_id("Project", QIYANG, project_id), on=on))["project"]["lights"]
    assert len(api.took) == 1
    assert found["on"] == on
    plain = {
        each["kind"]: {
            name: value["amount"] if isinstance(value, dict) else value
            for name, value in each.items()
            if name != "kind" and value is not None
        }
        for each in found["lights"]
    }
    assert list(plain) == ["START", "PROGRESS", "PAYMENT", "STATISTICS"]
    shown = {each["light"] for each in plain.values()}
    assert found["worst"] == next(colour for colour in ("RED", "YELLOW", "GREEN", "GREY") if colour in shown)
    # What one project shows is what is counted of it, and what it is found by.
    counted = (await api.query(COUNT, on=on))["lightCounts"]
    assert len(api.took) == 1
    assert {(each["kind"], each["light"]) for each in counted if each["projects"]} >= {
        (kind, each["light"]) for kind, each in plain.items()
    }
    return plain


async def colours(api: Api, project_id: UUID, kind: str, *days: str) -> list[str]:
    return [(await lights(api, project_id, on))[kind]["light"] for on in days]


@pytest.fixture
async def qiyang(api: Api) -> Api:
    """Give the API over an empty ledger."""
    await tell(api, QIYANG, OPEN_PLACE)
    return api


async def test_a_start_is_grey_until_due_then_yellow_then_red_and_green_once_it_was(qiyang: Api) -> None:
    project = await one(qiyang, planned_start=date(2022, 3, 1))
    days = ("2022-03-01", "2022-03-02", "2022-03-15", "2022-03-16")
    assert await colours(qiyang, project, "START", *days) == ["GREY", "YELLOW", "YELLOW", "RED"]
    assert (await lights(qiyang, project, "2022-03-16"))["START"] == {"light": "RED", "dueOn": "2022-03-01"}
    # Of several plans the first one binds.
    await tell(qiyang, QIYANG, include("431181", entry(project, "1", planned_start=date(2022, 2, 1))))
    assert (await lights(qiyang, project, "2022-02-16"))["START"] == {"light": "RED", "dueOn": "2022-02-01"}
    await tell(qiyang, QIYANG, started(project, "2022-03-10"))
    assert await colours(qiyang, project, "START", "2022-03-09", "2022-03-10") == ["RED", "GREEN"]


async def test_statistics_follow_the_start(qiyang: Api) -> None:
    project = await one(qiyang)
    assert await colours(qiyang, project, "STATISTICS", "2022-06-01") == ["GREY"]
    await tell(qiyang, QIYANG, started(project, "2022-01-10"))
    days = ("2022-01-09", "2022-02-09", "2022-02-10", "2022-03-09", "2022-03-10")
    assert await colours(qiyang, project, "STATISTICS", *days) == ["GREY", "GREY", "YELLOW", "YELLOW", "RED"]
    assert (await lights(qiyang, project, "2022-03-10"))["STATISTICS"] == {
        "light": "RED",
        "countedFrom": "2022-01-10",
        "dueOn": "2022-02-10",
    }
    entered = gate_commands.RecordStatisticsEntered(project_id=project, occurred_on=date(2022, 3, 12))
    await tell(qiyang, QIYANG, entered)
    assert await colours(qiyang, project, "STATISTICS", "2022-03-11", "2022-03-12") == ["RED", "GREEN"]


async def test_progress_is_as_far_behind_as_its_worst_measure(qiyang: Api) -> None:
    # A hundred days.
    project = await one(qiyang, planned_completion=date(2022, 4, 11))
    await tell(qiyang, QIYANG, started(project, "2022-01-01"))
    assert await colours(qiyang, project, "PROGRESS", "2021-12-31", "2022-02-01") == ["GREY", "GREY"]
    await tell(qiyang, QIYANG, stands(project, "2022-01", "30"))
    days = ("2022-02-04", "2022-02-05", "2022-02-09", "2022-02-10")
    assert await colours(qiyang, project, "PROGRESS", *days) == ["GREEN", "YELLOW", "YELLOW", "RED"]
    assert (await lights(qiyang, project, "2022-02-10"))["PROGRESS"] == {
        "light": "RED",
        "countedFrom": "2022-01-01",
        "throughOn": "2022-01-31",
        "timeProgress": "40.00",
        "doneShare": "30.00",
        "behind": "10.00",
    }
    # Nothing was done yet of what a list plans for the year, from the start to the planned end of works.
    await tell(qiyang, QIYANG, include("431181", entry(project, "2")))
    behind = (await lights(qiyang, project, "2022-02-10"))["PROGRESS"]
    assert (behind["behind"], behind["whole"], behind["done"]) == ("40.00", "2", "0")
    await tell(qiyang, QIYANG, completed(project, "2022-02-20"))
    assert (await lights(qiyang, project, "2022-02-20"))["PROGRESS"] == {"light": "GREEN", "reachedOn": "2022-02-20"}


def _allotted(project: UUID, on: str, figure: str, number: str) -> funds.AllotFunds:
    paper = Document(title=Name("下达通知(演示)"), number=Name(number))
    return funds.AllotFunds(
        project_id=project,
        source=Code("SPECIAL_BOND"),
        occurred_on=date.fromisoformat(on),
        stated=yi(figure),
        document=paper,
    )


async def test_payments_are_compared_with_what_was_allotted_in_the_year(qiyang: Api) -> None:
    project = await one(qiyang)
    assert (await lights(qiyang, project, "2022-04-30"))["PAYMENT"] == {"light": "GREY"}
    await tell(qiyang, QIYANG, _allotted(project, "2022-01-10", "2", "演示〔2022〕3号"))
    days = ("2022-01-09", "2022-01-20", "2022-02-28", "2022-03-31")
    assert await colours(qiyang, project, "PAYMENT", *days) == ["GREY", "GREEN", "YELLOW", "RED"]
    paid = funds.ReportFunds(
        project_id=project,
        kind=funds.FundKind.PAID,
        source=Code("SPECIAL_BOND"),
        through=Period("2022-04"),
        measure=Measure.YEAR_TO_DATE,
        stated=yi("0.5"),
    )
    await tell(qiyang, QIYANG, paid)
    assert (await lights(qiyang, project, "2022-04-30"))["PAYMENT"] == {
        "light": "GREEN",
        "throughOn": "2022-04-30",
        "timeProgress": "33.33",
        "doneShare": "25.00",
        "behind": "8.33",
        "whole": "2",
        "done": "0.5",
    }
    # What was paid of another source is not paid of what was allotted.
    await tell(qiyang, QIYANG, replace(paid, source=Code("SELF_RAISED"), stated=yi("9")))
    assert (await lights(qiyang, project, "2022-04-30"))["PAYMENT"]["done"] == "0.5"
    assert await colours(qiyang, project, "PAYMENT", "2022-05-31", "2022-12-31", "2023-01-31") == [
        "YELLOW", "RED", "GREY"
    ]  # fmt: skip


async def test_a_project_that_is_paused_shows_nothing(qiyang: Api) -> None:
    project = await one(qiyang, planned_start=date(2022, 3, 1))
    await tell(qiyang, QIYANG, suspended(project, "2022-04-01"))
    assert {each["light"] for each in (await lights(qiyang, project, "2022-05-01")).values()} == {"GREY"}


async def test_the_rules_are_the_places_own_and_are_told_with_the_lights(qiyang: Api) -> None:
    project = await one(qiyang, planned_start=date(2022, 3, 1))
    ask = (
        "query ($r: String!) { lightRules(region: $r) { own adoptedFrom { code } since startYellowDays startRedDays } }"
    )
    default = {"own": False, "adoptedFrom": None, "since": None, "startYellowDays": 1, "startRedDays": 15}
    assert (await qiyang.query(ask, r="431181"))["lightRules"] == default
    assert (await qiyang.query(ask, r="431103"))["lightRules"] == default
    await tell(qiyang, QIYANG, SetLightRules(region=QIYANG, start_yellow_days=5, start_red_days=30))
    assert await colours(qiyang, project, "START", "2022-03-05", "2022-03-06", "2022-03-31") == [
        "GREY",
        "YELLOW",
        "RED",
    ]
    rules = (await qiyang.query(ask, r="431121"))["lightRules"]
    assert rules.pop("since") is not None
    assert rules == {"own": True, "adoptedFrom": None, "startYellowDays": 5, "startRedDays": 30}
    shown = (await qiyang.query(ASK, id=encode_id("Project", QIYANG, project)))["project"]["lights"]["rules"]
    assert shown == {"own": True, "adoptedFrom": None, "startRedDays": 30, "progressRedPoints": 10}


async def test_counts_are_of_each_ledger_and_a_filter_finds_who_is_counted(qiyang: Api) -> None:
    await one(qiyang, "甲", planned_start=date(2022, 3, 1))
    await one(qiyang, "乙", planned_start=date(2022, 3, 15))
    other = Region("431103")
    await tell(qiyang, other, OPEN_LENGSHUITAN, SetLightRules(region=other, start_red_days=90))
    await tell(qiyang, other, register("丙", "431103", planned_start=date(2022, 3, 1)))
    found = (await qiyang.query(COUNT, on="2022-03-20", byPlace=True))["lightCounts"]
    starts = [(each["place"]["code"], each["light"], each["projects"]) for each in found if each["kind"] == "START"]
    assert starts == [("431181", "RED", 1), ("431103", "YELLOW", 1), ("431181", "YELLOW", 1)]
    whole = (await qiyang.query(COUNT, on="2022-03-20"))["lightCounts"]
    assert [(each["place"], each["light"], each["projects"]) for each in whole if each["kind"] == "START"] == [
        (None, "RED", 1), (None, "YELLOW", 2)
    ]  # fmt: skip
    assert sum(each["projects"] for each in whole) == 3 * 4
    yellow = {"kind": "START", "light": ["YELLOW"], "on": "2022-03-20"}
    ask = "query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }"
    assert [each["name"] for each in (await qiyang.query(ask, f={"light": yellow}))["projects"]["nodes"]] == [
        "丙",
        "乙",
    ]
    assert len(qiyang.took) == 1
    only = (await qiyang.query(COUNT, on="2022-03-20", filter={"light": yellow, "region": "431181"}))["lightCounts"]
    assert {each["projects"] for each in only} == {1}
    refused = await qiyang.refused(ask, f={"light": yellow | {"light": []}})
    assert refused["path"] == ["filter", "light", "light"]


async def test_days_of_one_project_are_asked_for_side_by_side_up_to_a_bound(qiyang: Api) -> None:
    project = await one(qiyang, planned_start=date(2022, 3, 1))
    ask = "query ($id: ID!) { project(id: $id) { %s } }"
    sent = {"id": encode_id("Project", QIYANG, project)}
    days = [f'n{n}: lights(on: "2022-03-{n:02}") {{ on worst }}' for n in range(1, MOST_DAYS_ASKED + 1)]
    found = (await qiyang.query(ask % " ".join(days), **sent))["project"]
    assert len(qiyang.took) == 1
    assert found["n1"] == {"on": "2022-03-01", "worst": "GREY"}
    assert found["n2"] == {"on": "2022-03-02", "worst": "YELLOW"}
    refused = await qiyang.refused(ask % " ".join([*days, "today: lights { on }"]), **sent)
    assert refused["path"] == ["on"]
    refused = await qiyang.refused(ask % 'lights(on: "1066-10-14") { on }', **sent)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["on"])


async def test_days_are_parameters_so_that_all_of_them_are_one_statement(qiyang: Api) -> None:
    project = await one(qiyang, planned_start=date(2022, 3, 1))
    sent = {"id": encode_id("Project", QIYANG, project)}
    statements = set()
    for on in ("2022-03-01", "2022-03-02"):
        found = await qiyang.query(f'query ($id: ID!) {{ project(id: $id) {{ lights(on: "{on}") {{ on }} }} }}', **sent)
        assert found["project"]["lights"]["on"] == on
        assert date.fromisoformat(on) in qiyang.sent
        statements.update(qiyang.took)
    assert len(statements) == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("project_lights", ASK.replace("$id: ID!, $on: Date", "$id: ID!").replace("on: $on", 'on: "2022-05-10"')),
        ("light_counts", '{ lightCounts(on: "2022-05-10", byPlace: true) { place { code } kind light projects } }'),
    ],
)
async def test_each_question_takes_one_statement(
    told: Api, snapshot: Callable[[str, str], None], name: str, text: str
) -> None:
    data = await told.query(text, **({"id": encode_id("Project", QIYANG, PROJECT_ID)} if "$id" in text else {}))
    assert len(told.took) == 1
    snapshot(name, written(text, data, told.took))
