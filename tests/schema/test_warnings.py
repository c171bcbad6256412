"""Warnings: each kind from its first day on, with the place's own rules, and none of a project that does not go on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from service.clock import today_in_china
from service.domain import activity, gate_commands, investment, project, schedule
from service.domain.configuration import SetStages
from service.domain.gates import ApprovalKind, ContractForm, Gate, StartBasis
from service.domain.identity import Track
from service.domain.stages import StageRule
from service.domain.values import Code, Name, Period, Reason
from service.domain.warnings import SetWarningRules, WarningKind
from tests.examples import OPEN_PLACE, QIYANG
from tests.schema.story import LENGSHUITAN, entry, include, report, target
from tests.schema.test_totals import tell
from tests.schema.warned import (
    NOTHING_MISSING,
    OPEN_LENGSHUITAN,
    PAPER,
    WARNINGS,
    ask,
    completed,
    laid_out,
    landed,
    listed,
    noted,
    one,
    signed,
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


async def test_gates_whose_dates_lie_the_wrong_way_round(qiyang: Api) -> None:
    early = await one(qiyang)
    await tell(qiyang, QIYANG, started(early, "2022-03-01"))
    kind = WarningKind.GATES_OUT_OF_ORDER
    # A gate that was left out is no contradiction: 落地 is dated after 开工, and from that day on it is one.
    await tell(qiyang, QIYANG, landed(early, "2022-04-05"))
    assert await listed(qiyang, "2022-04-04", kind) == []
    assert await listed(qiyang, "2022-04-05", kind) == [
        ("甲", "WARNING", "2022-04-05", {"gates": ["LANDED", "STARTED"]})
    ]
    # The same day is in order, and so is a second contract after the first.
    right = await one(qiyang, "乙")
    await tell(
        qiyang,
        QIYANG,
        signed(right, "2021-05-01", ContractForm.FRAMEWORK),
        landed(right, "2022-03-01"),
        started(right, "2022-03-01"),
        signed(right, "2022-04-01"),
        started(right, "2020-01-01", StartBasis.CEREMONY),
    )
    assert [row[0] for row in await listed(qiyang, "2022-05-01", kind)] == ["甲"]


async def test_the_order_of_gates_is_the_places_own(qiyang: Api) -> None:
    first, start, land = (
        StageRule(code=Code(code), zh=Name(code), en=Name(code), gates=gates)
        for code, gates in (("FIRST", ()), ("START", (Gate.STARTED,)), ("LAND", (Gate.LANDED,)))
    )
    project_id = await one(qiyang)
    await tell(qiyang, QIYANG, landed(project_id, "2022-03-01"), started(project_id, "2022-04-01"))
    kind = WarningKind.GATES_OUT_OF_ORDER
    assert await listed(qiyang, "2022-05-01", kind) == []
    own = SetStages(region=QIYANG, track=Track.GOVERNMENT, stages=(first, start, land))
    await tell(qiyang, QIYANG, own)
    assert await listed(qiyang, "2022-05-01", kind) == [
        ("甲", "WARNING", "2022-04-01", {"gates": ["STARTED", "LANDED"]})
    ]
    both = StageRule(code=Code("BOTH"), zh=Name("两者"), en=Name("both"), gates=(Gate.STARTED, Gate.LANDED))
    await tell(qiyang, QIYANG, SetStages(region=QIYANG, track=Track.GOVERNMENT, stages=(first, both)))
    assert await listed(qiyang, "2022-05-01", kind) == []


async def test_a_gate_without_the_paper_that_it_needs(qiyang: Api) -> None:
    project_id = await one(qiyang)
    kind = WarningKind.DOCUMENT_MISSING
    await tell(qiyang, QIYANG, signed(project_id, "2022-03-01"), landed(project_id, "2022-03-02"))
    assert await listed(qiyang, "2022-02-28", kind) == []
    said = {"gates": ["CONTRACT_SIGNED"]}
    assert await listed(qiyang, "2022-03-01", kind) == [("甲", "WARNING", "2022-03-01", said)]
    # Another form of the contract has one, so the gate has.
    paper = gate_commands.RecordContractSigned(
        project_id=project_id, occurred_on=date(2022, 3, 5), form=ContractForm.FRAMEWORK, documents=PAPER
    )
    await tell(qiyang, QIYANG, paper)
    assert await listed(qiyang, "2022-03-05", kind) == []
    await tell(qiyang, QIYANG, SetWarningRules(region=QIYANG, needed_documents=(Gate.LANDED,)))
    assert await listed(qiyang, "2022-03-05", kind) == [("甲", "WARNING", "2022-03-02", {"gates": ["LANDED"]})]
    await tell(qiyang, QIYANG, NOTHING_MISSING)
    assert await listed(qiyang, "2022-03-05", kind) == []


async def test_started_but_not_entered_in_statistics_for_a_month_and_for_two(qiyang: Api) -> None:
    project_id = await one(qiyang)
    await tell(qiyang, QIYANG, started(project_id, "2022-01-31"))
    kind = WarningKind.STATISTICS_MISSING
    said = {"gates": ["STATISTICS_ENTERED"], "countedFrom": "2022-01-31"}
    assert await listed(qiyang, "2022-02-27", kind) == []
    assert await listed(qiyang, "2022-02-28", kind) == [("甲", "WARNING", "2022-02-28", said)]
    assert [row[1] for row in await listed(qiyang, "2022-03-30", kind)] == ["WARNING"]
    assert await listed(qiyang, "2022-03-31", kind) == [("甲", "ALARM", "2022-02-28", said)]
    entered = gate_commands.RecordStatisticsEntered(project_id=project_id, occurred_on=date(2022, 4, 10))
    await tell(qiyang, QIYANG, entered)
    assert [row[1] for row in await listed(qiyang, "2022-04-09", kind)] == ["ALARM"]
    assert await listed(qiyang, "2022-04-10", kind) == []


async def test_every_place_has_its_own_months(qiyang: Api) -> None:
    await tell(qiyang, LENGSHUITAN, OPEN_LENGSHUITAN)
    await tell(
        qiyang,
        LENGSHUITAN,
        SetWarningRules(region=LENGSHUITAN, statistics_months=2, statistics_alarm_months=3),
        started(await one(qiyang, "冷", LENGSHUITAN), "2022-01-10"),
    )
    await tell(qiyang, QIYANG, started(await one(qiyang, "祁"), "2022-01-10"))
    kind = WarningKind.STATISTICS_MISSING
    assert [row[:2] for row in await listed(qiyang, "2022-02-10", kind)] == [("祁", "WARNING")]
    assert [row[:2] for row in await listed(qiyang, "2022-03-10", kind)] == [("祁", "ALARM"), ("冷", "WARNING")]
    one_county = {"region": "431103"}
    assert [row[0] for row in await listed(qiyang, "2022-03-10", kind, filter=one_county)] == ["冷"]


async def test_a_planned_start_that_has_passed(qiyang: Api) -> None:
    project_id = await one(qiyang, planned_start=date(2022, 3, 10), planned_completion=date(2022, 12, 31))
    kind = WarningKind.GATE_OVERDUE
    said = {"gates": ["STARTED"], "dueOn": "2022-03-10"}
    assert await listed(qiyang, "2022-03-10", kind) == []
    assert await listed(qiyang, "2022-03-11", kind) == [("甲", "WARNING", "2022-03-11", said)]
    assert [row[1] for row in await listed(qiyang, "2022-03-24", kind)] == ["WARNING"]
    assert await listed(qiyang, "2022-03-25", kind) == [("甲", "ALARM", "2022-03-11", said)]
    # A ceremony is not what the place counts as a start.
    await tell(qiyang, QIYANG, started(project_id, "2022-03-12", StartBasis.CEREMONY))
    assert len(await listed(qiyang, "2022-04-01", kind)) == 1
    await tell(qiyang, QIYANG, started(project_id, "2022-04-02"))
    assert len(await listed(qiyang, "2022-04-01", kind)) == 1
    assert await listed(qiyang, "2022-04-02", kind) == []
    assert await listed(qiyang, "2022-12-31", kind) == []
    assert await listed(qiyang, "2023-01-01", kind) == [
        ("甲", "WARNING", "2023-01-01", {"gates": ["COMPLETED"], "dueOn": "2022-12-31"})
    ]
    await tell(qiyang, QIYANG, completed(project_id, "2023-01-01"))
    assert await listed(qiyang, "2023-01-01", kind) == []


async def test_what_the_lists_of_the_latest_year_plan_counts_too(qiyang: Api) -> None:
    project_id = await one(qiyang)
    kind = WarningKind.GATE_OVERDUE
    plans = {2021: ("431181", date(2021, 6, 30)), 2022: ("431181", date(2022, 8, 31))}
    for year, (owner, day) in plans.items():
        await tell(qiyang, QIYANG, include(owner, entry(project_id, "1", planned_start=day), year=year))
    assert await listed(qiyang, "2021-06-30", kind) == []
    assert [row[2] for row in await listed(qiyang, "2021-07-01", kind)] == ["2021-07-01"]
    # The new year's list plans it anew.
    assert await listed(qiyang, "2022-08-31", kind) == []
    assert [row[2] for row in await listed(qiyang, "2022-09-01", kind)] == ["2022-09-01"]
    # Of two lists of one year the first date binds, and last year's plan does until there is another.
    await tell(qiyang, QIYANG, include("431100", entry(project_id, None, planned_start=date(2022, 5, 31))))
    assert [row[2] for row in await listed(qiyang, "2022-06-01", kind)] == ["2022-06-01"]
    assert [row[3]["gates"] for row in await listed(qiyang, "2023-02-01", kind)] == [["STARTED"]]


async def test_a_milestone_is_overdue_by_plan_or_by_forecast(qiyang: Api) -> None:
    project_id = await one(qiyang)
    dates = {"LAND": date(2022, 3, 1), "DRAWINGS": date(2022, 3, 20), "COMPLETED": date(2022, 12, 31)}
    await tell(qiyang, QIYANG, laid_out(project_id, date(2022, 12, 31), **dates))
    kind = WarningKind.MILESTONE_OVERDUE
    assert await listed(qiyang, "2022-03-01", kind) == []
    assert await listed(qiyang, "2022-03-02", kind) == [
        ("甲", "WARNING", "2022-03-02", {"milestones": ["LAND"], "dueOn": "2022-03-01"})
    ]
    assert [row[1] for row in await listed(qiyang, "2022-03-15", kind)] == ["WARNING"]
    assert [row[1] for row in await listed(qiyang, "2022-03-16", kind)] == ["ALARM"]
    # What is forecast for later is overdue by plan all the same, but no alarm until the forecast has failed as well.
    later = schedule.ForecastMilestone(
        project_id=project_id, milestone=Code("LAND"), forecast_on=date(2022, 4, 1), reason_code=Code("LAND")
    )
    await tell(qiyang, QIYANG, later)
    assert await listed(qiyang, "2022-03-22", kind) == [
        ("甲", "WARNING", "2022-03-02", {"milestones": ["LAND", "DRAWINGS"], "dueOn": "2022-03-01"})
    ]
    reached = [
        schedule.ReachMilestone(project_id=project_id, milestone=Code(code), occurred_on=date(2022, 3, 30))
        for code in ("LAND", "DRAWINGS")
    ]
    await tell(qiyang, QIYANG, *reached)
    assert len(await listed(qiyang, "2022-03-29", kind)) == 1
    assert await listed(qiyang, "2022-03-30", kind) == []


async def test_a_week_without_progress(qiyang: Api) -> None:
    project_id = await one(qiyang)
    await tell(qiyang, QIYANG, started(project_id, "2022-03-01"))
    kind = WarningKind.NO_PROGRESS_THIS_WEEK
    assert await listed(qiyang, "2022-03-07", kind) == []
    assert await listed(qiyang, "2022-03-08", kind) == [("甲", "WARNING", "2022-03-08", {"countedFrom": "2022-03-01"})]
    moved: list[tuple[object, str]] = [
        (noted(project_id, "2022-03-10"), "2022-03-17"),
        (report(project_id, "2022-03-T2", target("0.1").stated), "2022-03-27"),
        (stands(project_id, "2022-03", "5"), "2022-04-07"),
        (landed(project_id, "2022-04-05"), "2022-04-12"),
    ]
    for command, again in moved:
        await tell(qiyang, QIYANG, command)
        day = date.fromisoformat(again)
        assert await listed(qiyang, str(day - timedelta(1)), kind) == []
        assert [row[2] for row in await listed(qiyang, again, kind)] == [again]
    # What happens later takes nothing off the list of an earlier day, and after completion there is none.
    assert len(await listed(qiyang, "2022-03-09", kind)) == 1
    await tell(qiyang, QIYANG, completed(project_id, "2022-05-01"))
    assert len(await listed(qiyang, "2022-04-30", kind)) == 1
    assert await listed(qiyang, "2022-05-20", kind) == []


async def test_a_week_counts_from_resumption(qiyang: Api) -> None:
    project_id = await one(qiyang)
    resumed = activity.ResumeProject(project_id=project_id, occurred_on=date(2022, 4, 20))
    await tell(qiyang, QIYANG, started(project_id, "2022-03-01"), suspended(project_id, "2022-03-20"), resumed)
    kind = WarningKind.NO_PROGRESS_THIS_WEEK
    assert await listed(qiyang, "2022-04-26", kind) == []
    assert [row[2] for row in await listed(qiyang, "2022-04-27", kind)] == ["2022-04-27"]


async def test_a_month_without_a_changed_figure_or_a_milestone(qiyang: Api) -> None:
    project_id = await one(qiyang)
    yi = target("0.5").stated
    await tell(qiyang, QIYANG, started(project_id, "2022-01-10"), report(project_id, "2022-02", yi))
    kind = WarningKind.NO_CHANGE_THIS_MONTH
    assert await listed(qiyang, "2022-03-31", kind) == []
    said = {"countedFrom": "2022-02-28"}
    assert await listed(qiyang, "2022-04-01", kind) == [("甲", "WARNING", "2022-04-01", said)]
    # The same amount again is no change, and a note is none; another percent is.
    await tell(qiyang, QIYANG, report(project_id, "2022-03", yi), noted(project_id, "2022-03-15"))
    assert [row[3] for row in await listed(qiyang, "2022-04-01", kind)] == [said]
    await tell(qiyang, QIYANG, stands(project_id, "2022-03", "20"))
    assert await listed(qiyang, "2022-04-30", kind) == []
    await tell(qiyang, QIYANG, stands(project_id, "2022-04", "20.0"))
    assert [row[2] for row in await listed(qiyang, "2022-05-01", kind)] == ["2022-05-01"]
    await tell(qiyang, QIYANG, report(project_id, "2022-04", target("0.6").stated))
    assert await listed(qiyang, "2022-05-31", kind) == []
    assert len(await listed(qiyang, "2022-06-01", kind)) == 1
    await tell(qiyang, QIYANG, landed(project_id, "2022-05-03"))
    assert await listed(qiyang, "2022-06-01", kind) == []


async def test_a_figure_of_a_period_that_runs_on_counts_from_its_recording(qiyang: Api) -> None:
    project_id = await one(qiyang)
    await tell(qiyang, QIYANG, started(project_id, "2026-01-05"))
    today = (await qiyang.query("{ warnings { nodes { since } } }"))["warnings"]["nodes"]
    assert today
    flash = investment.ReportCompletion(
        project_id=project_id,
        through=_this_month(),
        measure=investment.Measure.YEAR_TO_DATE,
        basis=investment.Basis.DISPATCH,
        status=investment.Status.FLASH,
        stated=target("0.5").stated,
    )
    await tell(qiyang, QIYANG, flash)
    lists = "{ warnings(kinds: [NO_PROGRESS_THIS_WEEK, NO_CHANGE_THIS_MONTH]) { nodes { since } } }"
    assert (await qiyang.query(lists))["warnings"]["nodes"] == []


def _this_month() -> Period:
    today = today_in_china()
    return Period.month(today.year, today.month)


async def all_wrong(api: Api, name: str) -> UUID:
    """Store a project that is on every list on 1 October 2022, but for its own of suspension."""
    project_id = await one(api, name, planned_start=date(2022, 1, 1), planned_completion=date(2022, 9, 1))
    await tell(
        api,
        QIYANG,
        laid_out(project_id, date(2022, 9, 1), FOUNDATION=date(2022, 4, 1)),
        stated(project_id, "LAND", "2022-02-01"),
        started(project_id, "2022-02-10"),
        gate_commands.RecordApproved(project_id=project_id, occurred_on=date(2022, 3, 1), kind=ApprovalKind.FILING),
        stands(project_id, "2022-05", "30"),
    )
    return project_id


async def kinds_of(api: Api, on: str = "2022-10-01") -> dict[str, set[str]]:
    """Return the kinds of warnings of each project; the counts have the same."""
    answer = await ask(api, on)
    found: dict[str, set[str]] = {}
    counts: dict[tuple[str, str], int] = {}
    for row in answer["warnings"]["nodes"]:
        assert row["kind"] not in found.setdefault(row["project"]["name"], set())
        found[row["project"]["name"]].add(row["kind"])
        key = (row["kind"], row["severity"])
        counts[key] = counts.get(key, 0) + 1
    assert {(one["kind"], one["severity"]): one["projects"] for one in answer["warningCounts"]} == counts
    return found


async def test_what_does_not_go_on_is_on_no_list_and_what_is_suspended_on_its_own_alone(qiyang: Api) -> None:
    names = ("进行", "作废", "终止", "缓建", "停工")
    ids = {name: await all_wrong(qiyang, name) for name in names}
    every = {one.value for one in WarningKind if one is not WarningKind.SUSPENSION_UNTENDED}
    assert await kinds_of(qiyang) == dict.fromkeys(names, every)
    ended = activity.TerminateProject(project_id=ids["终止"], occurred_on=date(2022, 6, 1), reason_code=Code("FUNDS"))
    deferred = activity.DeferProject(project_id=ids["缓建"], occurred_on=date(2022, 6, 1), reason_code=Code("FUNDS"))
    voided = project.VoidProject(project_id=ids["作废"], reason=Reason("误登"))
    await tell(qiyang, QIYANG, ended, deferred, voided, suspended(ids["停工"], "2022-06-01"))
    assert await kinds_of(qiyang) == {"进行": every, "停工": {"SUSPENSION_UNTENDED"}}
    # A voided one is none whatever else is asked for.
    all_of = {"warning": ["DOCUMENT_MISSING"], "warningOn": "2022-10-01", "includeVoided": True}
    shown = await qiyang.query("query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }", f=all_of)
    assert [one["name"] for one in shown["projects"]["nodes"]] == ["进行"]


async def test_alarms_come_first_and_pages_hold_each_warning_once(qiyang: Api) -> None:
    await tell(qiyang, LENGSHUITAN, OPEN_LENGSHUITAN)
    for name in ("甲", "乙", "丙"):
        await all_wrong(qiyang, name)
    await tell(qiyang, LENGSHUITAN, started(await one(qiyang, "丁", LENGSHUITAN), "2022-01-10"))
    whole = (await ask(qiyang, "2022-10-01"))["warnings"]["nodes"]
    assert {row["project"]["name"] for row in whole} == {"甲", "乙", "丙", "丁"}
    order = [(row["severity"] == "WARNING", row["since"], row["kind"]) for row in whole]
    assert order == sorted(order)
    found, after = [], None
    while True:
        page = (await ask(qiyang, "2022-10-01", first=5, after=after))["warnings"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    alarms = (await ask(qiyang, "2022-10-01", severity="ALARM"))["warnings"]["nodes"]
    assert alarms == [row for row in whole if row["severity"] == "ALARM"]
    refused = await qiyang.refused(WARNINGS, on="2022-10-02", first=5, after=after)
    assert refused["path"] == ["after"]


async def test_projects_are_found_and_counted_by_their_warnings(qiyang: Api) -> None:
    await all_wrong(qiyang, "甲")
    await one(qiyang, "乙")
    text = """
        query ($f: ProjectFilter, $g: InvestmentTotalsFilter) {
          projects(filter: $f) { nodes { name handling } } projectCounts(filter: $g) { projects }
        }"""
    slow = {"warning": ["SLOW"], "warningOn": "2022-10-01", "handling": ["UNDER_CONSTRUCTION"]}
    answer = await qiyang.query(text, f=slow, g=slow)
    assert answer["projects"]["nodes"] == [{"name": "甲", "handling": "UNDER_CONSTRUCTION"}]
    assert answer["projectCounts"] == [{"projects": 1}]
    slow["warningOn"] = "2022-02-10"
    answer = await qiyang.query(text, f=slow, g=slow)
    assert (answer["projects"]["nodes"], answer["projectCounts"]) == ([], [{"projects": 0}])


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"kinds": []}, ["kinds"]),
        ({"on": "1948-12-31"}, ["on"]),
        ({"first": 0}, ["first"]),
        ({"filter": {"warning": []}}, ["filter", "warning"]),
        ({"filter": {"warningOn": "2022-01-01"}}, ["filter", "warningOn"]),
        ({"filter": {"warning": ["SLOW"], "warningOn": "2200-01-01"}}, ["filter", "warningOn"]),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(told: Api, asked: dict[str, Any], path: list[str]) -> None:
    answer = await told.ask(WARNINGS, **({"on": "2022-04-30"} | asked))
    assert {tuple((error.extensions or {})["path"]) for error in answer.errors or []} == {tuple(path)}


async def test_a_place_sees_its_own_rules_and_until_then_the_default_ones(qiyang: Api) -> None:
    text = """
        query ($region: String!) {
          warningRules(region: $region) {
            own statisticsMonths statisticsAlarmMonths overdueAlarmDays progressDays slowPoints slowAlarmPoints slowDays
            pauseNoteMonths neededDocuments gatesOutOfOrder startConditions
          }
        }"""
    default = {
        "own": False,
        "statisticsMonths": 1,
        "statisticsAlarmMonths": 2,
        "overdueAlarmDays": 15,
        "progressDays": 7,
        "slowPoints": 10,
        "slowAlarmPoints": 15,
        "slowDays": 30,
        "pauseNoteMonths": 1,
        "neededDocuments": ["CONTRACT_SIGNED", "APPROVED", "STARTED", "COMPLETED"],
        "gatesOutOfOrder": "WARN",
        "startConditions": "WARN",
    }
    assert (await qiyang.query(text, region="431181"))["warningRules"] == default
    await tell(qiyang, QIYANG, SetWarningRules(region=QIYANG, slow_points=5, needed_documents=()))
    own = {**default, "own": True, "slowPoints": 5, "neededDocuments": []}
    assert (await qiyang.query(text, region="431121"))["warningRules"] == own
