"""A project's trail: every fact that is about it, whoever's stream it is in, read by index."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import pytest

from schema.values import encode_id
from service.access import LOADER, Ledgers
from service.database import owner
from service.domain import privacy, project
from service.domain.annual_plan import PlanClass, RemoveFromAnnualPlan
from service.domain.ceremony import (
    BatchKind,
    CeremonyEntry,
    CorrectCeremony,
    HoldCeremony,
    WithdrawCeremony,
    ceremony_id_of,
)
from service.domain.decider import NAMESPACE
from service.domain.identity import Changes
from service.domain.values import Name, Reason
from tests.examples import COMMANDS, OPEN_PLACE, QIYANG
from tests.examples.ceremony import HOLD
from tests.schema.conftest import shared, written
from tests.schema.story import entry, include, register

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

WHY: Final = Reason("核对")
_READ: Final = re.compile(r"actual rows=([0-9.]+) loops=([0-9]+)")
_NOON_US: Final = 1_652_155_200_000_000
"""2022-05-10 12:00 in China."""


def _id_of(number: int) -> UUID:
    return UUID(int=0x4000_8000_0000_0003_0000 + number)


def _project_of(number: int) -> UUID:
    return uuid5(NAMESPACE, f"project:{_id_of(number)}")


PARK, TWIN, SCHOOL = map(_project_of, (2, 3, 4))
CEREMONY: Final = ceremony_id_of(_id_of(8))


def _listed(kind: BatchKind, *projects: UUID) -> tuple[CeremonyEntry, ...]:
    return tuple(CeremonyEntry(project_id=one, kind=kind) for one in projects)


def _held(*entries: CeremonyEntry) -> HoldCeremony:
    return replace(HOLD, name=Name("第四期“三个一批”活动"), entries=entries, stated_batches=(), documents=())


STORY: Final[dict[int, object]] = {
    1: OPEN_PLACE,
    2: register("演示产业园", "431181"),
    3: register("演示产业园一期", "431181"),
    4: register("演示学校", "431181", parent=PARK),
    5: include("431181", entry(PARK, "3.5"), entry(SCHOOL, "1.2", PlanClass.NEW_START)),
    6: include("431181", entry(SCHOOL, "1.4", PlanClass.NEW_START), reason="年中调整"),
    7: project.AmendProject(project_id=PARK, changes=Changes(name=Name("演示科技园")), reason=Reason("更名")),
    8: _held(*_listed(BatchKind.SIGNING, PARK, TWIN), *_listed(BatchKind.START, SCHOOL)),
    9: CorrectCeremony(ceremony_id=CEREMONY, removed=_listed(BatchKind.SIGNING, TWIN), reason=WHY),
    10: replace(COMMANDS["REPORT_THROUGH_MARCH"], project_id=PARK),  # type: ignore[type-var]  # A dataclass.
    11: privacy.ErasePersonalData(position=10, path=Name("filled_by"), reason=Reason("本人申请")),
    12: project.MergeProject(project_id=TWIN, into=PARK, reason=Reason("同一项目两次登记")),
    13: RemoveFromAnnualPlan(list_owner=QIYANG, year=2022, projects=(PARK,), reason=WHY),
    14: WithdrawCeremony(ceremony_id=CEREMONY, reason=WHY),
}
"""The number of a command is the position of its fact."""


@pytest.fixture(scope="module")
async def ledger(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over three projects' story, for questions alone."""
    async with shared(cluster, tables, _tell) as ready:
        yield ready


async def _tell(api: Api) -> None:
    for number, command in STORY.items():
        outcome = await api.services.handler.handle(
            LOADER, QIYANG, command, command_id=_id_of(number), recorded_us=_NOON_US + number, cause="story"
        )
        assert outcome.refused is None, (number, outcome.refused)
        assert outcome.position == number
    assert await api.services.runner.wait_for(QIYANG, len(STORY), 10)


def _global(project_id: UUID) -> str:
    return encode_id("Project", QIYANG, project_id)


_TRAIL: Final = """
    query ($project: ID!, $first: Int, $after: String, $streams: [String!]) {
      auditTrail(project: $project, first: $first, after: $after, streams: $streams) {
        nodes { position streamKind project sentenceZh changes { path before after } }
        pageInfo { endCursor hasNextPage }
      }
    }"""


async def _trail(api: Api, project_id: UUID, **rest: Any) -> list[dict[str, Any]]:
    answer = await api.query(_TRAIL, project=_global(project_id), **rest)
    nodes: list[dict[str, Any]] = answer["auditTrail"]["nodes"]
    return nodes


@pytest.mark.parametrize(("project_id", "positions"), [
    (PARK, [2, 4, 5, 7, 8, 10, 11, 12, 13, 14]),
    (TWIN, [3, 8, 9, 12]),
    (SCHOOL, [4, 5, 6, 8, 14]),
])  # fmt: skip
async def test_a_trail_has_every_fact_about_the_project(ledger: Api, project_id: UUID, positions: list[int]) -> None:
    assert [one["position"] for one in await _trail(ledger, project_id)] == positions


async def test_a_question_takes_one_statement(ledger: Api, snapshot: Callable[[str, str], None]) -> None:
    question = f"""
        {{
          auditTrail(project: "{_global(PARK)}", streams: ["plan", "ceremony", "privacy"]) {{
            nodes {{ position name streamKind project sentenceZh sentenceEn changes {{ path before after }} }}
          }}
        }}"""
    data = await ledger.query(question)
    assert len(ledger.took) == 1
    snapshot("audit_trail_of_others", written(question, data, ledger.took))


async def test_a_sentence_has_the_name_that_the_project_had(ledger: Api) -> None:
    told = {one["position"]: one["sentenceZh"] for one in await _trail(ledger, PARK)}
    assert "所属打捆项目为“演示产业园”" in told[4]
    assert told[5].startswith("将“演示产业园”、“演示学校”列入祁阳市（431181）2022 年度重点项目名单")
    assert "签约 2 个（“演示科技园”、“演示产业园一期”）、开工 1 个（“演示学校”）" in told[8]
    assert told[12] == "项目“演示产业园一期”并入“演示科技园”；理由：同一项目两次登记。"
    assert told[14].startswith("活动“第四期‘三个一批’活动”登记有误，予以撤销；原列项目：")


async def test_of_a_list_a_trail_shows_what_changed_for_its_own_project(ledger: Api) -> None:
    for project_id in (PARK, SCHOOL):
        listed = next(one for one in await _trail(ledger, project_id) if one["position"] == 5)
        assert [one["path"] for one in listed["changes"]] == [f"plan_entry.431181.{project_id}"]
    ceremony = next(one for one in await _trail(ledger, SCHOOL) if one["position"] == 8)
    assert [one["path"] for one in ceremony["changes"]] == [
        *("name", "occurred_on", "series", "period"),
        f"entry.{SCHOOL}.START",
    ]


async def test_an_entry_tells_whose_stream_it_is_in(ledger: Api) -> None:
    found = {one["position"]: one["project"] for one in await _trail(ledger, PARK)}
    own = dict.fromkeys((2, 7, 10), _global(PARK))
    assert found == own | {4: _global(SCHOOL), 12: _global(TWIN), **dict.fromkeys((5, 8, 11, 13, 14))}


async def test_a_trail_of_some_streams_is_paged_as_the_whole_is(ledger: Api) -> None:
    whole = await _trail(ledger, PARK, streams=["ceremony", "plan", "plan"])
    assert [one["position"] for one in whole] == [5, 8, 13, 14]
    found: list[Any] = []
    after = None
    while True:
        page = await ledger.query(_TRAIL, project=_global(PARK), streams=["ceremony", "plan"], first=1, after=after)
        found += page["auditTrail"]["nodes"]
        after = page["auditTrail"]["pageInfo"]["endCursor"]
        if not page["auditTrail"]["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    # A cursor of one choice of streams is none of another.
    refused = await ledger.refused(_TRAIL, project=_global(PARK), after=after)
    assert refused["code"] == "INVALID_VALUE"
    assert await _trail(ledger, PARK, streams=[]) == []


async def test_a_stream_that_there_is_not_is_refused(ledger: Api) -> None:
    refused = await ledger.refused(_TRAIL, project=_global(PARK), streams=["plan", "money"])
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["streams", "1"])


async def test_a_page_of_a_long_trail_reads_no_more_than_its_rows(api: Api) -> None:
    """Of 20,000 facts, every one is about one project, and one in a hundred about another."""
    long, short = _id_of(1001), UUID(hashlib.md5(b"7", usedforsecurity=False).hexdigest())
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO audit_history (region, position, project_id, stream_kind, stream_id, version, name, occurred_on,
              happened_on, recorded_us, command_id, actor, changes, documents, sentence_zh, sentence_en, recorded_from,
              recorded_to)
            SELECT $1, i, CASE WHEN i % 4 > 0 THEN md5((i % 100)::text)::uuid END,
              (ARRAY['plan', 'project', 'investment', 'schedule'])[i % 4 + 1], md5((i % 100)::text)::uuid, i, 'F',
              $2::date, $2::date, i, md5(i::text)::uuid, 'a', '[]', '[]', 's', 's', 1, 9223372036854775807
            FROM generate_series(1, 20000) i""",
            QIYANG,
            date(2022, 5, 10),
        )
        await connection.execute(
            """
            INSERT INTO audit_subject (region, project_id, position, recorded_from, recorded_to)
            SELECT a.region, p, a.position, 1, a.recorded_to FROM audit_history a
            CROSS JOIN LATERAL unnest(ARRAY[$1::uuid, md5((a.position % 100)::text)::uuid]) p""",
            long,
        )
    api.services.runner.ledgers = Ledgers([QIYANG])  # Rows alone are no log.
    await _pages_by_index(api, long, short)
    async with owner(api.dsn) as connection:
        await connection.execute("ANALYZE audit_history, audit_subject")
    await _pages_by_index(api, long, short)


async def _pages_by_index(api: Api, long: UUID, short: UUID) -> None:
    cursor = (await api.query(_TRAIL, project=_global(long), first=1))["auditTrail"]["pageInfo"]["endCursor"]
    mark, _first = json.loads(base64.urlsafe_b64decode(cursor))
    deep = base64.urlsafe_b64encode(json.dumps([mark, 15_000]).encode()).decode()
    for project_id, rest in ((long, {"after": deep}), (long, {"streams": ["plan"]}), (short, {})):
        await api.query(_TRAIL, project=_global(project_id), first=20, **rest)
        explain = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) {api.seen[0]}"
        plan = "\n".join(row[0] for row in await api.services.reading.fetch(explain, *api.sent))
        assert "Seq Scan" not in plan, plan
        # The rows of the page alone, which stand in order already.
        assert plan.count("Sort Key") == plan.count("Sort Key: x.n") <= 1, plan
        # A page of a fourth of the facts looks at four times its rows, and at no more.
        for table in ("audit_subject", "audit_history"):
            rows, loops = _READ.search(plan.partition(f"Scan using {table}_")[2]).groups()  # type: ignore[union-attr]
            assert float(rows) * int(loops) <= 21 * (4 if "streams" in rest else 1), plan


_OF_PLACE: Final = """
    query ($region: String!, $first: Int, $after: String, $streams: [String!]) {
      placeTrail(region: $region, first: $first, after: $after, streams: $streams) {
        nodes { position streamKind project changes { path } }
        pageInfo { endCursor hasNextPage }
      }
    }"""


@pytest.mark.parametrize("region", ["431181", "431121"])
async def test_a_places_trail_has_every_fact_of_its_ledger_under_either_code(ledger: Api, region: str) -> None:
    nodes = (await ledger.query(_OF_PLACE, region=region))["placeTrail"]["nodes"]
    assert [one["position"] for one in nodes] == [*STORY]
    assert (nodes[0]["streamKind"], nodes[0]["project"]) == ("place", None)
    # What a list says of single projects is in their trails.
    assert not any(str(PARK) in change["path"] for one in nodes if one["project"] is None for change in one["changes"])


async def test_a_places_trail_is_paged_and_kept_to_some_streams(ledger: Api) -> None:
    first = (await ledger.query(_OF_PLACE, region="431181", first=2, streams=["plan", "ceremony"]))["placeTrail"]
    assert [one["position"] for one in first["nodes"]] == [5, 6]
    after = first["pageInfo"]["endCursor"]
    rest = await ledger.query(_OF_PLACE, region="431181", after=after, streams=["plan", "ceremony"])
    assert [one["position"] for one in rest["placeTrail"]["nodes"]] == [8, 9, 13, 14]
    assert (await ledger.query(_OF_PLACE, region="430424"))["placeTrail"]["nodes"] == []
