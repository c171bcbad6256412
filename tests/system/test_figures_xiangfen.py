"""襄汾's rows, asked of the API as a front end would ask, and folded anew from the facts."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from schema.context import Context
from schema.values import encode_id
from service.demo.xiangfen import SPOT
from service.domain import activity, funds
from service.domain.annual_plan import AnnualPlanIncluded, AnnualPlanRemoved
from service.domain.baseline import BaselineReset, BaselineSet
from service.domain.gates import Gate, GateReached
from service.domain.investment import Basis, CompletionReported
from service.domain.project import ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.schedule import MilestoneForecast
from service.log.codec import Recorded
from service.log.log import Log
from tests.system.replaying import asked, whole

COUNTY: Final = SPOT.region
LINKS: Final = ("RESERVED", "SIGNED", "LANDED", "STARTED", "CONSTRUCTION", "PRODUCTION")
PAUSES: Final = {
    activity.ProjectSuspended: "SUSPENDED",
    activity.ProjectDeferred: "DEFERRED",
    activity.ProjectTerminated: "TERMINATED",
}


@dataclass(slots=True)
class Told:
    """What the ledger tells of one project."""

    track: str
    gates: set[Gate] = field(default_factory=set)
    paused: str | None = None
    pauses: list[object] = field(default_factory=list)
    planned_fen: int | None = None
    done_fen: dict[date, int] = field(default_factory=dict)
    baselines: list[BaselineSet | BaselineReset] = field(default_factory=list)
    forecasts: dict[str, MilestoneForecast] = field(default_factory=dict)

    def hear(self, fact: object) -> None:
        """Take in a fact."""
        match fact:
            case GateReached(gate=gate):
                self.gates.add(gate)
            case activity.ProjectSuspended() | activity.ProjectDeferred() | activity.ProjectTerminated():
                self.paused = PAUSES[type(fact)]
                self.pauses.append(fact)
            case activity.ProjectResumed():
                self.paused = None
            case activity.PauseNoted():
                self.pauses.append(fact)
            case CompletionReported(basis=Basis.DISPATCH, through=through, amount_fen=fen):
                self.done_fen[through.last_day] = fen
            case BaselineSet() | BaselineReset():
                self.baselines.append(fact)
            case MilestoneForecast():
                self.forecasts[fact.milestone] = fact
            case _:
                pass

    @property
    def link(self) -> str:
        """Return the furthest of the six links, by the place's own words."""
        approved = Gate.APPROVED in self.gates and self.track != "PROMOTED"
        passed = (
            True,
            Gate.CONTRACT_SIGNED in self.gates or approved,
            Gate.LANDED in self.gates,
            Gate.STARTED in self.gates,
            bool(self.gates & {Gate.STATISTICS_ENTERED, Gate.COMPLETED}),
            Gate.PUT_INTO_PRODUCTION in self.gates,
        )
        return max(link for link in zip(range(6), LINKS, strict=True) if passed[link[0]])[1]

    @property
    def handling(self) -> str:
        """Return how it is handled (B5), extended so that every project is."""
        classes = (
            ("BUILT", {Gate.COMPLETED, Gate.PUT_INTO_PRODUCTION}),
            ("UNDER_CONSTRUCTION", {Gate.STARTED}),
            ("NOT_STARTED", {Gate.APPROVED, Gate.CODE_ASSIGNED, Gate.LANDED, Gate.FULFILLED}),
            ("SIGNED", {Gate.CONTRACT_SIGNED}),
            ("NEGOTIATING", {Gate.NEGOTIATION_OPENED}),
            ("RESERVED", set(Gate)),
        )
        return self.paused or next((name for name, gates in classes if self.gates & gates), "RESERVED")


def folded(recorded: Sequence[Recorded]) -> dict[UUID, Told]:
    """Fold the facts anew, so that no projection is believed."""
    told: dict[UUID, Told] = {}
    for one in recorded:
        match one.fact:
            case ProjectRegistered(identity=identity):
                told[one.stream_id] = Told(identity.track)
            case ProjectVoided() | ProjectMerged():
                del told[one.stream_id]
            case AnnualPlanIncluded(list_owner=owner, entries=entries) if owner == COUNTY:
                for entry in entries:
                    told[entry.project_id].planned_fen = entry.planned_fen
            case AnnualPlanRemoved(list_owner=owner, projects=projects) if owner == COUNTY:
                for project in projects:
                    told[project].planned_fen = None
            case fact if one.stream_id in told:
                told[one.stream_id].hear(fact)
            case _:
                pass
    return told


@pytest.fixture
async def recorded(demo_log: Log) -> list[Recorded]:
    """Return all that 襄汾's log holds."""
    return await whole(demo_log, COUNTY)


async def counted(context: Context, group: str) -> dict[str, int]:
    """Return how many projects there are in each group."""
    text = """query ($group: CountGroup!, $region: String!) {
      projectCounts(groupBy: [$group], filter: { region: $region }) { keys { value } projects } }"""
    rows = (await asked(context, text, group=group, region=COUNTY))["projectCounts"]
    return {row["keys"][0]["value"]: row["projects"] for row in rows}


async def test_g_9_the_annual_list_holds_72_projects(demo_context: Context) -> None:
    """「按照今年确定的72项重点工程项目计划」 (S4:4); three left it in August and three came in."""
    text = """query ($region: String!) {
      keyLists(region: $region, year: 2024, basis: DISPATCH, on: "2024-12-31") {
        additive
        rows { owner { code } level projects newStarts continuing preparatory countTarget { stated { figure } } }
      }
    }"""
    answer = (await asked(demo_context, text, region=COUNTY))["keyLists"]
    rows = {row["owner"]["code"]: row for row in answer["rows"]}
    assert rows["141023"]["projects"] == 72
    assert sum(rows["141023"][name] for name in ("newStarts", "continuing", "preparatory")) == 72
    assert rows["141023"]["countTarget"]["stated"]["figure"] == "72"
    # 省、市、县 lists overlap (B15).
    assert {code: row["level"] for code, row in rows.items()} == {
        "140000": "PROVINCE",
        "141000": "PREFECTURE",
        "141023": "COUNTY",
    }
    assert answer["additive"] is False


async def test_b_2_the_six_links_and_how_many_projects_stand_at_each(
    demo_context: Context, recorded: list[Recorded]
) -> None:
    """「储备、签约、落地、开工、建设和投产六大环节」 (S4:8)."""
    text = """query ($region: String!, $track: Track!) {
      stages(region: $region, track: $track) { stages { code zh gates } }
    }"""
    for track in ("PROMOTED", "GOVERNMENT", "ENTERPRISE"):
        stages = (await asked(demo_context, text, region=COUNTY, track=track))["stages"]["stages"]
        assert [one["zh"] for one in stages] == ["储备", "签约", "落地", "开工", "建设", "投产"]
        assert [one["code"] for one in stages] == [*LINKS]
    standing = await counted(demo_context, "STAGE")
    assert standing == Counter(one.link for one in folded(recorded).values())
    assert standing.keys() == {*LINKS}
    assert sum(standing.values()) == 96


async def test_b_5_every_project_has_its_handling_class(demo_context: Context, recorded: list[Recorded]) -> None:
    """在谈、已签约、未开工、在建、进展缓慢 (S4:4); slow is within 在建: far behind its plan of the year."""
    told = folded(recorded)
    classes = await counted(demo_context, "HANDLING")
    assert classes == Counter(one.handling for one in told.values())
    assert all(classes[name] >= 4 for name in ("NEGOTIATING", "SIGNED", "NOT_STARTED", "UNDER_CONSTRUCTION"))
    text = """query ($region: String!) {
      planVariance(basis: DISPATCH, direction: BEHIND, on: "2024-12-31", points: 20, first: 100, filter: {
        region: $region, handling: [UNDER_CONSTRUCTION], list: { owner: $region, year: 2024 }
      }) { nodes { project { id handling } rate ahead } }
    }"""
    slow = (await asked(demo_context, text, region=COUNTY))["planVariance"]["nodes"]
    last = date(2024, 12, 31)
    assert {one["project"]["id"] for one in slow} == {
        encode_id("Project", COUNTY, project)
        for project, one in told.items()
        if one.handling == "UNDER_CONSTRUCTION"
        and one.planned_fen
        and one.done_fen.get(last, 0) * 100 < one.planned_fen * 80
    }
    assert len(slow) >= 4


async def test_p_9_what_stands_still_has_its_reason_plan_and_notes(
    demo_context: Context, recorded: list[Recorded]
) -> None:
    text = """query ($region: String!) {
      projects(first: 20, filter: { region: $region, activity: [SUSPENDED, DEFERRED, TERMINATED] }) {
        nodes { id handling activity pausedOn pauseReason recoveryPlan expectedResumption }
      }
    }"""
    nodes = (await asked(demo_context, text, region=COUNTY))["projects"]["nodes"]
    told = {encode_id("Project", COUNTY, project): one for project, one in folded(recorded).items()}
    assert {one["id"]: one["activity"] for one in nodes} == {key: one.paused for key, one in told.items() if one.paused}
    assert Counter(one["activity"] for one in nodes) == {"SUSPENDED": 2, "DEFERRED": 2, "TERMINATED": 2}
    for one in nodes:
        pauses = told[one["id"]].pauses
        first: Any = pauses[0]
        assert one["handling"] == one["activity"]
        assert (one["pausedOn"], one["pauseReason"]) == (str(first.occurred_on), first.reason_code)
        assert bool(one["recoveryPlan"]) == (one["activity"] == "SUSPENDED")
        if one["activity"] != "TERMINATED":
            assert one["expectedResumption"] > "2025-01-10"
            assert sum(isinstance(fact, activity.PauseNoted) for fact in pauses) >= 2


async def test_j_4_a_sources_four_numbers_stand_apart(demo_context: Context, recorded: list[Recorded]) -> None:
    """「抓好资金到位和落地开工」 (S4:4): planned, allotted, arrived and paid, of the place's own source."""
    text = """query ($region: String!) {
      dictionary(name: FUND_SOURCE, region: $region) { own terms { code zh } }
      fundTotals(on: "2024-12-31", groupBy: [SOURCE], filter: { region: $region }) {
        rows {
          source
          planned { ofYear { ...M } } allotted { yearToDate { ...M } } arrived { yearToDate { ...M } }
          paid { yearToDate { ...M } }
        }
      }
    }
    fragment M on Money { amount(unit: WAN_YUAN) }"""
    data = await asked(demo_context, text, region=COUNTY)
    assert data["dictionary"]["own"] is True
    assert {"code": "RURAL_REVITALISATION", "zh": "乡村振兴衔接资金"} in data["dictionary"]["terms"]
    sums = defaultdict[str, Counter[str]](Counter)
    cumulative: dict[tuple[Any, ...], int] = {}
    for one in recorded:
        match one.fact:
            case funds.FundsPlanned(source=source, amount_fen=fen):
                sums[source]["planned"] += fen
            case funds.FundsAllotted(source=source, amount_fen=fen):
                sums[source]["allotted"] += fen
            case funds.FundsReported(kind=kind, source=source, amount_fen=fen):
                cumulative[one.stream_id, source, kind.value.lower()] = fen  # The later one holds the earlier.
            case _:
                pass
    for (_, source, kind), fen in cumulative.items():
        sums[source][kind] += fen
    for row in data["fundTotals"]["rows"]:
        found = {
            name: int(amount["amount"]) * 1_000_000
            for name in ("planned", "allotted", "arrived", "paid")
            for amount in row[name].values()
        }
        assert found == {name: sums[row["source"]][name] for name in found}
        if row["source"] == "RURAL_REVITALISATION":
            assert found["planned"] > found["allotted"] > found["arrived"] > found["paid"] > 0
    assert "RURAL_REVITALISATION" in {row["source"] for row in data["fundTotals"]["rows"]}


async def test_p_5_no_baseline_is_overwritten(demo_context: Context, recorded: list[Recorded]) -> None:
    """The first plan, the new baseline, the forecast and what was reached stand beside each other."""
    told = folded(recorded)
    project, one = next(
        (project, one)
        for project, one in told.items()
        if len(one.baselines) > 1 and "COMPLETED" in one.forecasts and not one.paused
    )
    text = """query ($id: ID!) {
      project(id: $id) {
        baselines { number completionOn setOn reason reasonCode approver milestones { milestone plannedOn } }
        milestones { milestone firstPlannedOn plannedOn forecastOn reachedOn slippageDays reasonCode }
      }
    }"""
    data = (await asked(demo_context, text, id=encode_id("Project", COUNTY, project)))["project"]
    first, reset = one.baselines
    forecast = one.forecasts["COMPLETED"]
    assert [(each["number"], each["completionOn"]) for each in data["baselines"]] == [
        (1, str(first.completion_on)),
        (2, str(reset.completion_on)),
    ]
    assert data["baselines"][0]["reason"] is None
    assert data["baselines"][1]["reasonCode"] == "DESIGN_CHANGE"
    assert data["baselines"][1]["approver"].endswith("(演示)")
    milestones = {each["milestone"]: each for each in data["milestones"]}
    assert milestones["COMPLETED"] == {
        "milestone": "COMPLETED",
        "firstPlannedOn": str(first.completion_on),
        "plannedOn": str(reset.completion_on),
        "forecastOn": str(forecast.forecast_on),
        "reachedOn": None,
        "slippageDays": (forecast.forecast_on - first.completion_on).days,
        "reasonCode": "UTILITIES",
    }
    # 开工 is reached by its gate, and a new baseline moves nothing that has been reached.
    started = milestones["STARTED"]
    assert started["reachedOn"] is not None
    assert started["firstPlannedOn"] == started["plannedOn"]
    assert first.completion_on < reset.completion_on < forecast.forecast_on


async def test_b_6_every_project_under_construction_is_scheduled_and_some_break_the_rule(
    demo_context: Context,
) -> None:
    """「全部挂图作业,倒排工期,确保“周周有进展、月月有变化”」 (S4:4)."""
    text = """query ($region: String!) {
      projects(first: 100, filter: { region: $region, handling: [UNDER_CONSTRUCTION] }) {
        nodes { milestones { milestone } progressNotes { occurredOn } physicalProgress { percent } }
      }
    }"""
    nodes = (await asked(demo_context, text, region=COUNTY))["projects"]["nodes"]
    assert len(nodes) >= 35
    assert all(one["milestones"] and one["physicalProgress"] for one in nodes)
    weeks = [
        len([note for note in one["progressNotes"] if "2024-11-01" <= note["occurredOn"] <= "2024-12-31"])
        for one in nodes
    ]
    assert sum(count >= 8 for count in weeks) >= 30
    assert 0 < sum(count < 8 for count in weeks) <= 8
