"""Counts, the funnel and durations, each in one statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from service.database import owner
from service.domain import gate_commands, gates, project
from service.domain.gates import StartBasis
from service.domain.identity import Investor, Track
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code, Name, Region
from service.embedded import EmbeddedPostgres
from tests.examples import IDENTITY, OPEN_PLACE, QIYANG, yi
from tests.schema.conftest import Api, shared
from tests.schema.test_totals import tell

COUNTS = """query ($groups: [CountGroup!], $total: TotalInvestmentKind! = CONTRACTED, $filter: InvestmentTotalsFilter,
    $at: DateTime) {
  projectCounts(groupBy: $groups, total: $total, filter: $filter, recordedAt: $at) {
    keys { value } projects withTotal total { amount(unit: YI_YUAN) } } }"""
FUNNEL = """query ($from: Date, $filter: InvestmentTotalsFilter) {
  funnel(signedFrom: $from, filter: $filter) { gate projects ofBefore rate(decimals: 1) } }"""
FIRST = (date(2021, 1, 10), date(2021, 2, 1), date(2021, 3, 1), date(2022, 3, 1), date(2022, 5, 1))
DURATIONS = "{ durations { since until projects shortest median longest sameYear } }"


async def build(api: Api, number: int, *days: date | None, yuan: str | None = None, **rest: Any) -> UUID:
    """Register a project, record its signing, fulfilment, start, production, benefits where a day is given; its id."""
    made = replace(IDENTITY, name=Name(f"演示项目{number}"), codes=(), references=(), **rest)
    project_id = await tell(api, QIYANG, project.RegisterProject(identity=made))
    kinds: list[tuple[Any, dict[str, Any]]] = [
        (gate_commands.RecordContractSigned, {"form": gates.ContractForm.FORMAL}),
        (gate_commands.RecordFulfilled, {}),
        (gate_commands.RecordStarted, {"basis": StartBasis.PHYSICAL}),
        (gate_commands.RecordPutIntoProduction, {"extent": gates.ProductionExtent.FULL}),
        (gate_commands.RecordBenefitsReached, {}),
    ]
    for (of, said), day in zip(kinds, days, strict=False):
        if day is not None:
            await tell(api, QIYANG, of(project_id=project_id, occurred_on=day, **said))
    if yuan is not None:
        total = SetTotalInvestment(
            project_id=project_id, kind=TotalKind.CONTRACTED, stated=yi(yuan), occurred_on=date(2021, 1, 1)
        )
        await tell(api, QIYANG, total)
    return project_id


async def _build(county: Api) -> None:
    await tell(county, QIYANG, OPEN_PLACE)
    day = date
    strong = (Investor(name=Name("演示集团"), classes=(Code("WORLD_500"),)),)
    await build(
        county, 1, day(2021, 1, 10), day(2021, 2, 1), day(2021, 3, 1), day(2022, 3, 1), day(2022, 5, 1), yuan="120"
    )
    await build(county, 2, day(2021, 6, 1), day(2021, 7, 1), day(2022, 1, 1), yuan="50", investors=strong)
    await build(county, 3, day(2022, 1, 1), None, day(2022, 2, 1), yuan="9.99", park=None)
    await build(county, 4, track=Track.GOVERNMENT, region=Region("431121"))


@pytest.fixture(scope="module")
async def built(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over four projects, for questions alone."""
    async with shared(cluster, tables, _build) as ready:
        yield ready


async def counts(api: Api, **variables: Any) -> dict[tuple[str, ...], tuple[Any, ...]]:
    rows = (await api.query(COUNTS, **variables))["projectCounts"]
    assert len(api.took) == 1
    return {
        tuple(key["value"] for key in row["keys"]): (row["projects"], row["withTotal"], row["total"]["amount"])
        for row in rows
    }


async def test_each_project_is_counted_once_in_its_group(built: Api) -> None:
    assert await counts(built) == {(): (4, 3, "179.99")}
    assert await counts(built, groups=["TRACK"]) == {
        ("GOVERNMENT",): (1, 0, "0"),
        ("PROMOTED",): (3, 3, "179.99"),
    }
    assert await counts(built, groups=["SIZE_BAND", "HANDLING"]) == {
        ("BELOW", "UNDER_CONSTRUCTION"): (1, 1, "9.99"),
        ("YI_100", "BUILT"): (1, 1, "120"),
        ("YI_50", "UNDER_CONSTRUCTION"): (1, 1, "50"),
        (None, "RESERVED"): (1, 0, "0"),
    }


async def test_a_county_is_one_group_under_both_of_its_codes(built: Api) -> None:
    assert await counts(built, groups=["REGION"]) == {("431181",): (4, 3, "179.99")}


async def test_kinds_of_total_are_not_mixed(built: Api) -> None:
    assert await counts(built, total="STATISTICAL") == {(): (4, 0, "0")}


@pytest.mark.parametrize(
    ("chosen", "projects"),
    [
        ({"track": ["PROMOTED"]}, 3),
        ({"inPark": False}, 1),
        ({"investorClass": ["WORLD_500", "CHINA_500"]}, 1),
        ({"totalAtLeast": {"kind": "CONTRACTED", "figure": "50", "unit": "YI_YUAN"}}, 2),
        ({"reached": [{"gate": "CONTRACT_SIGNED", "since": "2021-01-11", "until": "2022-01-01"}]}, 2),
        ({"reached": [{"gate": "STARTED"}, {"gate": "FULFILLED"}]}, 2),
        ({"handling": ["BUILT"], "activity": ["ACTIVE"]}, 1),
    ],
)
async def test_a_filter_chooses(built: Api, chosen: dict[str, Any], projects: int) -> None:
    ((count, *_),) = (await counts(built, filter=chosen)).values()
    assert count == projects


async def test_counts_are_told_as_they_were_recorded_then(built: Api) -> None:
    async with owner(built.dsn) as connection:
        before = await connection.fetchval(
            "SELECT to_timestamp(recorded_us / 1000000.0) FROM audit_history WHERE name = 'BenefitsReached'"
        )
    then = await counts(built, groups=["TRACK"], at=before.isoformat())
    assert then == {("PROMOTED",): (1, 0, "0")}


async def test_the_funnel_follows_what_was_signed(built: Api) -> None:
    steps = (await built.query(FUNNEL))["funnel"]
    assert len(built.took) == 1
    assert [(step["gate"], step["projects"], step["ofBefore"], step["rate"]) for step in steps] == [
        ("CONTRACT_SIGNED", 3, 3, None),
        ("FULFILLED", 2, 2, "66.7"),
        ("STARTED", 3, 2, "100.0"),
        ("PUT_INTO_PRODUCTION", 1, 1, "33.3"),
        ("BENEFITS_REACHED", 1, 1, "100.0"),
    ]
    late = (await built.query(FUNNEL, **{"from": "2022-01-01"}))["funnel"]
    assert [step["projects"] for step in late] == [1, 0, 1, 0, 0]
    assert late[-1]["rate"] is None


async def test_days_between_gates(built: Api) -> None:
    rows = (await built.query(DURATIONS))["durations"]
    assert len(built.took) == 1
    assert rows[2] == {
        "since": "CONTRACT_SIGNED",
        "until": "STARTED",
        "projects": 3,
        "shortest": 31,
        "median": 50,
        "longest": 214,
        "sameYear": 2,
    }
    assert rows[3]["projects"] == 0


async def test_what_was_brought_in_and_started_within_a_year_is_counted_and_told_of_each(built: Api) -> None:
    """均实现当年引进、当年开工建设 (B10, S3:5)."""
    text = """query ($since: Date) {
      durations(
        between: [{ since: CONTRACT_SIGNED, until: STARTED }]
        filter: { reached: [{ gate: CONTRACT_SIGNED, since: $since }] }
      ) { projects sameYear }
      projects { nodes { name startedInYearSigned } } }"""
    found = await built.query(text)
    assert found["durations"] == [{"projects": 3, "sameYear": 2}]
    assert {one["name"]: one["startedInYearSigned"] for one in found["projects"]["nodes"]} == {
        "演示项目1": True,
        "演示项目2": False,
        "演示项目3": True,
        "演示项目4": None,
    }
    assert (await built.query(text, since="2022-01-01"))["durations"] == [{"projects": 1, "sameYear": 1}]


async def test_what_was_applied_for_and_went_into_use_within_a_year_is_counted_and_told_of_each(api: Api) -> None:
    """实现当年申报、当年运营 (B12, S1:11)."""
    await tell(api, QIYANG, OPEN_PLACE)
    days = [(date(2021, 3, 1), date(2021, 12, 30)), (date(2021, 12, 31), date(2022, 1, 1)), (None, date(2022, 1, 1))]
    for number, (approved, used) in enumerate(days):
        project_id = await build(api, number, None, None, None, used)
        if approved is not None:
            filing = gate_commands.RecordApproved(
                project_id=project_id, occurred_on=approved, kind=gates.ApprovalKind.FILING
            )
            await tell(api, QIYANG, filing)
    text = """{
      durations(between: [{ since: APPROVED, until: PUT_INTO_PRODUCTION }]) { projects sameYear shortest }
      projects { nodes { operatingInYearApproved approvedOn } } }"""
    found = await api.query(text)
    assert found["durations"] == [{"projects": 2, "sameYear": 1, "shortest": 1}]
    assert [tuple(one.values()) for one in found["projects"]["nodes"]] == [
        (True, "2021-03-01"),
        (False, "2021-12-31"),
        (None, None),
    ]


async def test_a_gate_without_a_first_day_is_refused(built: Api) -> None:
    text = "{ durations(between: [{ since: PLANNED, until: STARTED }]) { projects } }"
    assert (await built.refused(text))["path"] == ["between", "0"]
    text = "{ projectCounts(filter: { reached: [{ gate: EVALUATED }] }) { projects } }"
    assert (await built.refused(text))["path"] == ["filter", "reached", "0", "gate"]
