"""株洲's figures (F-19, F-24, G8, G16), asked of the API as a front end would ask, and folded anew from the facts."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import pytest

from schema.context import Context
from schema.values import encode_id
from service.demo.ledger import project_id
from service.demo.zhuzhou import BUNDLE, CITY, ROAD
from service.domain.annual_plan import AnnualPlanIncluded, AnnualPlanRemoved
from service.domain.ceremony import BatchKind, CeremonyHeld
from service.domain.investment import CompletionReported, OpeningBalanceStated
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet, TargetMeasure
from service.domain.project import ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.total_investment import TotalInvestmentSet, TotalKind
from service.log.codec import Recorded
from service.log.log import Log
from tests.system.replaying import asked, known_on, whole

YI: Final = 100_000_000_00
"""One 亿元 in fen."""
MEETING: Final = date(2023, 3, 9)
"""When another source still had the plan before its revision."""


@pytest.fixture
async def recorded(demo_log: Log) -> list[Recorded]:
    return await whole(demo_log, CITY)


def totals(recorded: Sequence[Recorded]) -> dict[UUID, int]:
    """Return the approved or filed total of each project that stands, in fen."""
    gone = {one.stream_id for one in recorded if isinstance(one.fact, ProjectVoided | ProjectMerged)}
    return {
        one.stream_id: one.fact.amount_fen
        for one in recorded
        if isinstance(one.fact, TotalInvestmentSet)
        and one.fact.kind is TotalKind.APPROVED
        and one.stream_id not in gone
    }


def listed(recorded: Sequence[Recorded]) -> set[UUID]:
    """Return what is on the city's own list."""
    found: set[UUID] = set()
    for one in recorded:
        match one.fact:
            case AnnualPlanIncluded(list_owner=owner, entries=entries) if owner == CITY:
                found |= {entry.project_id for entry in entries}
            case AnnualPlanRemoved(list_owner=owner, projects=projects) if owner == CITY:
                found -= {*projects}
            case _:
                pass
    return found


@pytest.mark.parametrize("total", ["APPROVED", "STATISTICAL"])
async def test_f_19_joint_starts_of_the_year(demo_context: Context, total: str) -> None:
    query = """query ($total: TotalInvestmentKind!) {
      batchCounts(region: "430200", since: "2023-01-01", on: "2023-06-30", total: $total) {
        rows { kind memberships projects withoutTotal ceremonies total { amount(unit: YI_YUAN) currency } }
      }
    }"""
    data = await asked(demo_context, query, total=total)
    (start,) = [one for one in data["batchCounts"]["rows"] if one["kind"] == "START"]
    assert start == {
        "kind": "START",
        "memberships": 103,
        "projects": 103,
        "withoutTotal": 0,
        "ceremonies": 3,
        "total": {"amount": "227.6", "currency": "CNY"},
    }


async def test_f_19_each_ceremony_comes_to_what_its_account_says(demo_context: Context) -> None:
    query = """{
      ceremonies(region: "430200", year: 2023) {
        nodes {
          occurredOn
          batches {
            kind statedCount statedTotal { figure } counted totals { kind total { amount(unit: YI_YUAN) } without }
          }
        }
      }
    }"""
    found = []
    for one in (await asked(demo_context, query))["ceremonies"]["nodes"]:
        (batch,) = [batch for batch in one["batches"] if batch["kind"] == "START"]
        (approved,) = [of_kind for of_kind in batch["totals"] if of_kind["kind"] == "APPROVED"]
        assert (batch["statedCount"], batch["statedTotal"]["figure"]) == (batch["counted"], approved["total"]["amount"])
        assert approved["without"] == 0
        found.append((one["occurredOn"], batch["statedCount"], batch["statedTotal"]["figure"]))
    assert found == [("2023-05-18", 27, "54.6"), ("2023-03-20", 35, "75.1"), ("2023-01-30", 41, "97.9")]


async def test_f_19_follows_from_the_facts(recorded: list[Recorded]) -> None:
    until = known_on(recorded, date(2023, 6, 30))
    held = [one.fact for one in until if isinstance(one.fact, CeremonyHeld)]
    started = [entry.project_id for one in held for entry in one.entries if entry.kind is BatchKind.START]
    assert (len(held), len(started), len({*started})) == (3, 103, 103)
    for known in (until, recorded):  # What is adjusted later does not change it.
        fen = totals(known)
        assert sum(fen[one] for one in started) == 2276 * YI // 10


_LIST: Final = """query ($on: Date!) {
  keyLists(region: "430200", year: 2023, basis: DISPATCH, on: $on) {
    rows {
      owner { code } level projects newStarts continuing preparatory completing unplanned
      planned { amount(unit: YI_YUAN, decimals: 2) } yearToDate { amount(unit: YI_YUAN) } targetRate
      countTarget { operator stated { figure unit } } investmentTarget { operator stated { figure unit } }
    }
  }
}"""


async def own_list(context: Context, on: str) -> Any:
    rows = (await asked(context, _LIST, on=on))["keyLists"]["rows"]
    (row,) = [row for row in rows if row["owner"]["code"] == "430200"]
    return row


async def test_f_24_the_years_plan(demo_context: Context) -> None:
    row = await own_list(demo_context, "2023-06-30")
    assert row["level"] == "PREFECTURE"
    assert row["countTarget"] == {"operator": "EXACTLY", "stated": {"figure": "549", "unit": "COUNT"}}
    assert row["investmentTarget"] == {"operator": "AT_LEAST", "stated": {"figure": "1100", "unit": "YI_YUAN"}}
    assert row["projects"] == row["newStarts"] + row["continuing"] + row["preparatory"] == 549
    assert row["unplanned"] == 0
    assert 1100 <= float(row["planned"]["amount"]) < 1110


async def test_f_24_what_the_year_came_to(demo_context: Context) -> None:
    row = await own_list(demo_context, "2023-12-31")
    assert float(row["yearToDate"]["amount"]) >= 1100
    assert float(row["targetRate"]) >= 100


async def test_f_24_the_plan_was_revised_and_never_overwritten(demo_context: Context, recorded: list[Recorded]) -> None:
    query = "{ places { region { code } targets { year measure operator stated { figure unit } reason position } } }"
    (targets,) = [
        one["targets"] for one in (await asked(demo_context, query))["places"] if one["region"]["code"] == "430200"
    ]
    (in_force,) = [one for one in targets if one["measure"] == "INVESTMENT"]
    assert (in_force["year"], in_force["operator"], in_force["stated"]["figure"]) == (2023, "AT_LEAST", "1100")
    assert "由1068亿元调整为1100亿元以上" in in_force["reason"]

    def said(known: Sequence[Recorded]) -> list[tuple[type, str]]:
        return [
            (type(one.fact), str(one.fact.stated))
            for one in known
            if isinstance(one.fact, AnnualTargetSet | AnnualTargetRevised)
            and one.fact.measure is TargetMeasure.INVESTMENT
        ]

    before = [(AnnualTargetSet, "1068 亿元")]
    assert said(known_on(recorded, MEETING)) == before
    assert said(recorded) == [*before, (AnnualTargetRevised, "1100 亿元")]
    (revised,) = [one for one in recorded if isinstance(one.fact, AnnualTargetRevised)]
    assert str(revised.position) == str(in_force["position"])


async def test_f_24_the_places_trail_tells_of_the_plan_before_its_revision(demo_context: Context) -> None:
    """Another source still had 1,068 亿元 around 9 March; a list's own entries are long."""
    query = """{
      placeTrail(region: "430200", streams: ["plan"], first: 10) {
        nodes { occurredOn sentenceZh changes { path before after } }
      }
    }"""
    nodes = (await asked(demo_context, query))["placeTrail"]["nodes"]
    told = [(one["occurredOn"], one["sentenceZh"]) for one in nodes if "完成投资" in one["sentenceZh"]]
    (set_on, first), (revised_on, then) = told
    assert set_on < str(MEETING) < revised_on
    assert "1068 亿元" in first
    assert "1068 亿元" in then
    assert "1100 亿元以上" in then


async def test_f_24_as_one_project_leaves_the_list_another_comes(
    demo_context: Context, recorded: list[Recorded]
) -> None:
    before, after = (listed(known_on(recorded, day)) for day in (MEETING, date(2023, 12, 31)))
    assert (len(before), len(after), len(before - after), len(after - before)) == (549, 549, 1, 1)
    reasons = [
        one.fact.reason
        for one in recorded
        if isinstance(one.fact, AnnualPlanRemoved | AnnualPlanIncluded) and one.fact.reason
    ]
    assert [any(word in reason for word in ("调出名单", "调入名单")) for reason in reasons] == [True, True]
    query = "query ($id: ID!) { project(id: $id) { planEntries { listOwner { code } planClass reason } } }"
    (came,) = after - before
    (entry,) = (await asked(demo_context, query, id=encode_id("Project", CITY, came)))["project"]["planEntries"]
    assert (entry["listOwner"]["code"], entry["planClass"], "调入名单" in entry["reason"]) == (
        "430200",
        "NEW_START",
        True,
    )
    (left,) = before - after
    assert (await asked(demo_context, query, id=encode_id("Project", CITY, left)))["project"]["planEntries"] == []


async def test_g_8_growth_of_fixed_asset_investment(demo_context: Context) -> None:
    query = "{ places { region { code } targets { year measure category operator stated { figure unit } } } }"
    places = (await asked(demo_context, query))["places"]
    (targets,) = [one["targets"] for one in places if one["region"]["code"] == "430200"]
    assert [one for one in targets if one["measure"] == "FAI_GROWTH"] == [
        {
            "year": 2023,
            "measure": "FAI_GROWTH",
            "category": None,
            "operator": "AT_LEAST",
            "stated": {"figure": "8", "unit": "PERCENT"},
        }
    ]


async def test_g_16_projects_by_size(demo_context: Context, recorded: list[Recorded]) -> None:
    query = """{
      projectCounts(groupBy: [SIZE_BAND], total: APPROVED, filter: { region: "430200" }) {
        keys { value } projects total { amount(unit: YI_YUAN) }
      }
    }"""
    rows = (await asked(demo_context, query))["projectCounts"]
    found = {one["keys"][0]["value"]: one["projects"] for one in rows}
    fen = totals(recorded)
    bands = Counter(
        next((name for yi, name in ((100, "YI_100"), (50, "YI_50"), (10, "YI_10")) if one >= yi * YI), "BELOW")
        for one in fen.values()
    )
    # Parts of projects, and some in preparation, have no total of their own.
    assert {band: count for band, count in found.items() if band is not None} == dict(bands)
    assert (found["YI_100"], found["YI_50"]) == (3, 5)
    assert found["YI_10"] > 50
    assert sum(float(one["total"]["amount"]) for one in rows) == pytest.approx(sum(fen.values()) / YI)


@pytest.mark.parametrize(("number", "count"), [(ROAD, 3), (BUNDLE, 4)])
async def test_money_of_what_crosses_borders_is_split_by_county(
    demo_context: Context, recorded: list[Recorded], number: str, count: int
) -> None:
    query = """query ($id: ID!) { project(id: $id) {
      name region { code } township parts { region { code } stated { figure unit } } approvedTotal { amount }
      planEntries { planClass }
    } }"""
    whole = encode_id("Project", CITY, project_id(CITY, number))
    found = (await asked(demo_context, query, id=whole))["project"]
    assert (found["region"]["code"], found["township"]) == ("430200", None)
    assert found["planEntries"]
    units = {"WAN_YUAN": 10_000, "YI_YUAN": 100_000_000}
    split = [round(float(one["stated"]["figure"]) * units[one["stated"]["unit"]]) for one in found["parts"]]
    assert (len(split), sum(split)) == (count, int(found["approvedTotal"]["amount"]))
    parts = {
        one.stream_id: one.fact.identity.region
        for one in recorded
        if isinstance(one.fact, ProjectRegistered) and one.fact.identity.parent == project_id(CITY, number)
    }
    assert sorted(parts.values()) == sorted(one["region"]["code"] for one in found["parts"])
    # Its money stands with the whole alone, so that no sum has it twice.
    of_part = """query ($id: ID!) { project(id: $id) {
      parent startedOn approvedTotal { amount } completions { period }
    } }"""
    for part in parts:
        child = await asked(demo_context, of_part, id=encode_id("Project", CITY, part))
        assert child["project"]["parent"] == whole
        assert child["project"]["startedOn"] >= "2022"
        assert (child["project"]["approvedTotal"], child["project"]["completions"]) == (None, [])


async def test_codes_of_before_the_county_became_a_district_stand(demo_context: Context) -> None:
    query = """{ projects(first: 100, filter: { region: "430212", track: [GOVERNMENT] }) {
      nodes { name region { code } codes }
    } }"""
    nodes = (await asked(demo_context, query))["projects"]["nodes"]
    assert {one["region"]["code"] for one in nodes} == {"430212"}
    counties = Counter(code.split("-")[1] for one in nodes for code in one["codes"])
    assert counties["430221"] >= 5
    assert counties.keys() == {"430212", "430221"}
    (first, *_) = [one for one in nodes if any("-430221-" in code for code in one["codes"])]
    found = await asked(demo_context, "query ($c: String!) { projectByCode(code: $c) { name } }", c=first["codes"][0])
    assert found["projectByCode"]["name"] == first["name"]


async def test_no_project_completes_more_than_its_total(recorded: list[Recorded]) -> None:
    fen = totals(recorded)
    opening = {one.stream_id: one.fact.amount_fen for one in recorded if isinstance(one.fact, OpeningBalanceStated)}
    done = {one.stream_id: one.fact.amount_fen for one in recorded if isinstance(one.fact, CompletionReported)}
    assert len(done) > 400
    assert done.keys() <= opening.keys()
    assert [one for one in done if opening[one] + done[one] > fen[one]] == []


async def test_the_year_to_date_is_the_sum_of_the_facts(demo_context: Context, recorded: list[Recorded]) -> None:
    query = """query ($on: Date!) {
      investmentTotals(basis: DISPATCH, on: $on, filter: { list: { owner: "430200", year: 2023 } }) {
        rows { projects completed { amount(unit: YI_YUAN) } }
      }
    }"""
    of_list = listed(recorded)
    for on in (date(2023, 9, 30), date(2023, 12, 31)):
        latest = {
            one.stream_id: one.fact.amount_fen
            for one in recorded
            if isinstance(one.fact, CompletionReported) and one.fact.through.last_day == on
        }
        data = await asked(demo_context, query, on=str(on))
        (row,) = data["investmentTotals"]["rows"]
        assert latest.keys() <= of_list
        assert row["projects"] == len(latest)
        assert float(row["completed"]["amount"]) == pytest.approx(sum(latest.values()) / YI)


async def test_every_project_says_that_it_is_invented(recorded: list[Recorded]) -> None:
    identities = [one.fact.identity for one in recorded if isinstance(one.fact, ProjectRegistered)]
    assert all(one.name.endswith("(演示)") for one in identities)
    assert all(one.content and one.content.startswith("演示数据") for one in identities)
    assert all(one.owner and one.owner.name.endswith("(虚构)") for one in identities)
    assert len({one.name for one in identities}) == len(identities)
