"""漯河's figures (S1), asked of the API as a front end would ask, as of the end of September 2024."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from schema.context import Context
from schema.values import encode_id
from service.demo import luohe
from service.demo.ledger import project_id
from service.domain.ceremony import BatchKind, CeremonyHeld
from service.domain.gates import BenefitsReached
from service.domain.project import ProjectRegistered
from service.log.log import Log
from tests.system.replaying import asked, whole

LUOHE: Final = luohe.SPOT.region
AS_OF: Final = "2024-09-30"
LABORATORY: Final = "206"
DRINKS: Final = "143"
BENEFITS: Final = {"region": "411100", "reached": [{"gate": "BENEFITS_REACHED", "until": AS_OF}]}


async def held(context: Context) -> list[dict[str, Any]]:
    """Return the periods, the first one first."""
    query = """{
      ceremonies(region: "411100", series: THREE_BATCHES, first: 50) {
        nodes { period occurredOn batches { kind statedCount counted } entries { projectId kind } }
      }
    }"""
    nodes: list[dict[str, Any]] = (await asked(context, query))["ceremonies"]["nodes"]
    return nodes[::-1]


async def of_batches(context: Context) -> dict[str, tuple[int, int]]:
    """Return memberships and projects by kind."""
    query = """query ($on: Date!) {
      batchCounts(region: "411100", on: $on, series: THREE_BATCHES) {
        rows { kind memberships projects } whole { kind memberships projects ceremonies periods }
      }
    }"""
    counts = (await asked(context, query, on=AS_OF))["batchCounts"]
    return {row["kind"] or "ALL": (row["memberships"], row["projects"]) for row in [*counts["rows"], counts["whole"]]}


async def gates_of(context: Context, number: str) -> dict[str, date]:
    """Return the gates of a project."""
    query = "query ($id: ID!) { project(id: $id) { gates { gate occurredOn } } }"
    project = (await asked(context, query, id=encode_id("Project", LUOHE, project_id(LUOHE, number))))["project"]
    return {one["gate"]: date.fromisoformat(one["occurredOn"]) for one in project["gates"]}


async def test_f_11_766_memberships_of_700_projects(demo_context: Context) -> None:
    # 滚动实施: 66 are listed as signed, and in a later period as started.
    assert await of_batches(demo_context) == {
        "SIGNING": (353, 353),
        "START": (296, 296),
        "PRODUCTION": (117, 117),
        "ALL": (766, 700),
    }
    stated: Counter[str] = Counter()
    for one in await held(demo_context):
        assert all(batch["statedCount"] == batch["counted"] for batch in one["batches"])
        stated.update({batch["kind"]: batch["statedCount"] for batch in one["batches"]})
    assert stated == {"SIGNING": 353, "START": 296, "PRODUCTION": 117}
    assert stated.total() == 766


async def test_f_11_who_is_listed_again_started_in_a_later_period(demo_context: Context) -> None:
    listed: dict[str, list[tuple[int, str]]] = {}
    for one in await held(demo_context):
        for entry in one["entries"]:
            listed.setdefault(entry["projectId"], []).append((one["period"], entry["kind"]))
    again = [batches for batches in listed.values() if len(batches) > 1]
    assert len(again) == 66
    assert all([kind for _, kind in batches] == ["SIGNING", "START"] for batches in again)
    assert all(first < later for (first, _), (later, _) in again)


async def test_f_12_523_have_reached_their_benefits(demo_context: Context) -> None:
    counts = "query ($filter: InvestmentTotalsFilter) { projectCounts(filter: $filter) { projects } }"
    assert (await asked(demo_context, counts, filter=BENEFITS))["projectCounts"] == [{"projects": 523}]
    stages = """{
      projectCounts(groupBy: [STAGE], filter: { region: "411100" }) { keys { value } projects }
    }"""
    by_stage = {
        row["keys"][0]["value"]: row["projects"] for row in (await asked(demo_context, stages))["projectCounts"]
    }
    assert by_stage["EFFECTIVE"] == 523
    assert by_stage.keys() >= {"SIGNED", "LANDED", "STARTED", "PRODUCTION"}
    assert sum(by_stage.values()) == 700


async def test_f_12_a_batch_is_no_stage(demo_context: Context) -> None:
    query = """query ($filter: ProjectFilter, $after: String) {
      projects(filter: $filter, first: 200, after: $after) {
        nodes { batches { kind } } pageInfo { hasNextPage endCursor }
      }
    }"""
    kinds: Counter[str] = Counter()
    projects, after, more = 0, None, True
    while more:
        page = (await asked(demo_context, query, filter=BENEFITS, after=after))["projects"]
        projects += len(page["nodes"])
        kinds.update(batch["kind"] for one in page["nodes"] for batch in one["batches"])
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert projects == 523
    # 523 - (296 + 117) = 110: so many at least must have been listed as merely signed.
    assert kinds["SIGNING"] >= 110
    assert kinds["PRODUCTION"] <= 117 < projects


async def test_f_13_thirteen_periods_a_quarter_apart(demo_context: Context) -> None:
    query = """query ($on: Date!) {
      batchCounts(region: "411100", on: $on, series: THREE_BATCHES) { whole { ceremonies periods } }
    }"""
    counts = (await asked(demo_context, query, on=AS_OF))["batchCounts"]["whole"]
    assert counts == {"ceremonies": 13, "periods": 13}
    days = {one["period"]: date.fromisoformat(one["occurredOn"]) for one in await held(demo_context)}
    assert [*days] == [*range(1, 14)]
    quarters = [day.year * 4 + (day.month - 1) // 3 for day in days.values()]
    assert all(later - earlier == 1 for earlier, later in pairwise(quarters))
    assert [f"{days[period]:%Y-%m}" for period in (1, 7, 13)] == ["2021-07", "2023-01", "2024-07"]


async def test_b_8_who_signs_has_land_and_who_has_land_starts(demo_context: Context) -> None:
    query = """{
      durations(
        filter: { region: "411100" }
        between: [{ since: CONTRACT_SIGNED, until: LANDED }, { since: LANDED, until: STARTED }]
      ) { projects shortest median longest }
    }"""
    for one in (await asked(demo_context, query))["durations"]:
        assert one["shortest"] == 0 < one["median"] < 60 < one["longest"]
        assert one["projects"] > 300


async def test_b_9_how_long_projects_take(demo_context: Context) -> None:
    query = """{
      durations(
        filter: { region: "411100" }
        between: [
          { since: CONTRACT_SIGNED, until: STARTED }
          { since: STARTED, until: COMPLETED }
          { since: COMPLETED, until: BENEFITS_REACHED }
        ]
      ) { projects shortest median longest }
    }"""
    start, works, benefits = (await asked(demo_context, query))["durations"]
    assert all(one["shortest"] < one["median"] < one["longest"] for one in (start, works, benefits))
    assert start["projects"] > works["projects"] > benefits["projects"] > 150


async def test_b_11_from_start_to_benefits_in_a_year_and_a_half(demo_context: Context) -> None:
    gates = await gates_of(demo_context, DRINKS)
    started, benefits = gates["STARTED"], gates["BENEFITS_REACHED"]
    assert (benefits.year - started.year) * 12 + benefits.month - started.month == 18
    assert started.day == benefits.day
    assert started - gates["CONTRACT_SIGNED"] < timedelta(days=15)


async def test_b_12_applied_for_and_in_operation_in_one_year(demo_context: Context) -> None:
    gates = await gates_of(demo_context, LABORATORY)
    assert gates["APPROVED"].year == gates["PUT_INTO_PRODUCTION"].year == 2022
    query = """{
      durations(
        filter: { region: "411100", track: [ENTERPRISE] }, between: [{ since: STARTED, until: PUT_INTO_PRODUCTION }]
      ) { projects sameYear }
    }"""
    (found,) = (await asked(demo_context, query))["durations"]
    assert 0 < found["sameYear"] < found["projects"]


async def test_the_place_counts_benefits_by_its_own_definition_and_stages(demo_context: Context) -> None:
    query = '{ stages(track: PROMOTED, region: "411100") { stages { zh gates } } }'
    stages = (await asked(demo_context, query))["stages"]["stages"]
    assert [one["zh"] for one in stages] == ["洽谈", "签约", "落地", "开工", "投产", "达效"]
    query = """query ($filter: ProjectFilter) {
      projects(filter: $filter, first: 200) { nodes { gates { gate definition } } }
    }"""
    nodes = (await asked(demo_context, query, filter=BENEFITS))["projects"]["nodes"]
    definitions = {gate["definition"] for one in nodes for gate in one["gates"] if gate["gate"] == "BENEFITS_REACHED"}
    assert definitions == {2}


async def test_a_key_list_of_2024(demo_context: Context) -> None:
    query = """{
      keyLists(region: "411100", year: 2024, basis: DISPATCH, on: "2024-09-30") {
        rows { owner { code } level projects newStarts continuing preparatory reported rate }
      }
    }"""
    province, prefecture = (await asked(demo_context, query))["keyLists"]["rows"]
    assert (province["level"], prefecture["level"]) == ("PROVINCE", "PREFECTURE")
    for one in (province, prefecture):
        assert one["projects"] == one["newStarts"] + one["continuing"] + one["preparatory"]
    assert province["projects"] < prefecture["projects"]
    assert prefecture["preparatory"] > 0
    assert 60 < float(prefecture["rate"]) < 100


async def test_f_11_and_f_12_follow_from_the_facts(demo_log: Log) -> None:
    """Folded here anew, so that no projection is believed."""
    listed: list[tuple[UUID, BatchKind]] = []
    effective: set[UUID] = set()
    registered: set[UUID] = set()
    for one in await whole(demo_log, LUOHE):
        match one.fact:
            case ProjectRegistered():
                registered.add(one.stream_id)
            case CeremonyHeld(entries=entries):
                listed += [(entry.project_id, entry.kind) for entry in entries]
            case BenefitsReached(occurred_on=day) if day <= date.fromisoformat(AS_OF):
                effective.add(one.stream_id)
            case _:
                pass
    signing, start, production = BatchKind
    assert Counter(kind for _, kind in listed) == {signing: 353, start: 296, production: 117}
    assert len(listed) == len({*listed}) == 766
    assert {project for project, _ in listed} == registered
    assert (len(registered), len(effective)) == (700, 523)
    merely_signed = registered - {project for project, kind in listed if kind is not signing}
    assert len(effective & merely_signed) >= 110
