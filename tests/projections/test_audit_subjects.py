"""Which projects a fact is about, and that its sentence names them as they were named then."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson

from projections.audit_history import AuditHistory
from projections.wording.base import Terms
from projections.wording.phrases import MOST_NAMED, projects, projects_beside
from service.domain.annual_plan import AnnualPlanIncluded, AnnualPlanRemoved, PlanClass, PlanEntry
from service.domain.ceremony import BatchKind, CeremonyCorrected, CeremonyEntry, CeremonyHeld, CeremonyWithdrawn
from service.domain.identity import Changes
from service.domain.privacy import PersonalDataErased
from service.domain.project import ProjectAmended, ProjectMerged, ProjectRegistered
from service.domain.values import Name, Reason
from tests.examples import PLACE_OPENED, PLAN_PAPER, QIYANG, REGISTERED, STARTED, THROUGH_MARCH_REPORTED
from tests.examples.ceremony import HELD
from tests.examples.roster import LIAISON_ASSIGNED
from tests.projections.feeding import Ledger
from tests.projections.test_audit_history import applied, split

PARK, ROAD, SCHOOL, LAKE, PORT = (UUID(int=0x4000_8000_0000_0000_0000 + number) for number in range(1, 6))
NAMES: Final = {PARK: "园区", ROAD: "道路", SCHOOL: "学校", LAKE: "湖", PORT: "港"}
NOBODY: Final = UUID(int=0x4000_8000_0000_0000_0099)
CEREMONY: Final = UUID(int=0x4000_8000_0000_0000_0100)
WHY: Final = Reason("核对")
SIGNING, START, _ = BatchKind


def _registered(project_id: UUID, **rest: Any) -> ProjectRegistered:
    return replace(REGISTERED, identity=replace(REGISTERED.identity, name=Name(NAMES[project_id]), **rest))


def _amended(**changes: Any) -> ProjectAmended:
    return ProjectAmended(changes=Changes(**changes))


def _included(*projects: UUID, plan_class: PlanClass = PlanClass.CONTINUING) -> AnnualPlanIncluded:
    entries = (PlanEntry(project_id=one, plan_class=plan_class, completes_this_year=False) for one in projects)
    return AnnualPlanIncluded(list_owner=QIYANG, year=2022, entries=tuple(entries), source=PLAN_PAPER)


def _listed(kind: BatchKind, *projects: UUID) -> tuple[CeremonyEntry, ...]:
    return tuple(CeremonyEntry(project_id=one, kind=kind) for one in projects)


def _held(*entries: CeremonyEntry) -> CeremonyHeld:
    return replace(HELD, name=Name("“三个一批”活动"), entries=entries, stated_batches=())


STORY: Final[Sequence[tuple[UUID, object]]] = (
    (PARK, PLACE_OPENED),
    *((one, _registered(one)) for one in NAMES),
    (PARK, _included(*NAMES)),  # 7
    (PARK, _amended(name=Name("园区（更名）"))),
    (PARK, _included(PARK, plan_class=PlanClass.PREPARATORY)),  # 9
    (PARK, AnnualPlanRemoved(list_owner=QIYANG, year=2022, projects=(PARK, NOBODY), reason=WHY)),  # 10
    (CEREMONY, _held(*_listed(SIGNING, PARK, ROAD), *_listed(START, SCHOOL, LAKE, PORT, PARK))),  # 11
    (CEREMONY, CeremonyCorrected(added=_listed(START, ROAD), removed=_listed(START, PARK, LAKE), reason=WHY)),  # 12
    (CEREMONY, CeremonyWithdrawn(reason=WHY)),  # 13
    (ROAD, _amended(parent=PARK, related=(SCHOOL, NOBODY))),  # 14
    (ROAD, _amended(parent=None, related=(NOBODY,))),  # 15
    (LAKE, ProjectMerged(into=PORT, into_name=Name("港"), reason=WHY)),  # 16
    (ROAD, THROUGH_MARCH_REPORTED),  # 17
    (PARK, LIAISON_ASSIGNED),  # 18
    (PARK, PersonalDataErased(position=17, path=Name("filled_by"), reason=WHY)),  # 19
    (PARK, PersonalDataErased(position=18, path=Name("holder"), reason=WHY)),  # 20
    (SCHOOL, STARTED),  # 21
)
SUBJECTS: Final = {
    1: set(),
    **{number: {one} for number, one in enumerate(NAMES, 2)},
    7: {*NAMES},
    8: {PARK},
    9: {PARK},
    10: {PARK, NOBODY},
    11: {*NAMES},
    12: {PARK, ROAD, LAKE},
    13: {PARK, ROAD, SCHOOL, PORT},
    14: {ROAD, PARK, SCHOOL, NOBODY},
    15: {ROAD, PARK, SCHOOL, NOBODY},
    16: {LAKE, PORT},
    17: {ROAD},
    18: set(),
    19: {ROAD},
    20: set(),
    21: {SCHOOL},
}
"""Position -> the projects that its fact is about."""


async def _tell(ledger: Ledger) -> list[Any]:
    for project_id, fact in STORY:
        await ledger.record(fact, project=project_id)
    return await ledger.log.read(QIYANG)


async def _told(ledger: Ledger) -> dict[int, tuple[str, str]]:
    await _tell(ledger)
    while await ledger.runner().step(QIYANG):
        pass
    rows = await ledger.owner.fetch("SELECT position, sentence_zh, sentence_en FROM audit_history")
    return {row["position"]: (row["sentence_zh"], row["sentence_en"]) for row in rows}


async def test_a_fact_is_about_its_own_project_and_all_that_it_names(ready: Ledger) -> None:
    await _told(ready)
    found: dict[int, set[UUID]] = {position: set() for position in SUBJECTS}
    for row in await ready.owner.fetch("SELECT position, project_id FROM audit_subject WHERE region = $1", QIYANG):
        found[row["position"]].add(row["project_id"])
    assert found == SUBJECTS


async def test_a_sentence_names_projects_as_they_were_named_then(ready: Ledger) -> None:
    told = await _told(ready)
    assert told[7][0].startswith(
        "将“园区”、“道路”、“学校”等 5 个项目列入祁阳市（431181）2022 年度重点项目名单（续建 5 个）"
    )
    assert told[7][1].startswith("Put “园区”, “道路”, “学校” and 2 more projects on the 2022 key project list of")
    assert told[9][0].startswith(
        "调整祁阳市（431181）2022 年度重点项目名单中“园区（更名）”的年度计划：年度计划类别由续建"
    )
    # Nobody knows the other one, which is counted all the same.
    assert told[10][0].startswith("将“园区（更名）”等 2 个项目调出祁阳市")
    assert told[10][1].startswith("Took “园区（更名）” and 1 more project off the 2022 key project list of")


async def test_a_ceremony_is_named_with_what_it_lists(ready: Ledger) -> None:
    told = await _told(ready)
    listing = "签约 2 个（“园区（更名）”、“道路”）、开工 4 个（“学校”、“湖”、“港”等）"
    assert f"活动“‘三个一批’活动”：2022 年 4 月 28 日举办，列入项目：{listing}" in told[11][0]
    assert "4 for start (“学校”, “湖”, “港” and 1 more)" in told[11][1]
    assert told[12][0] == (
        "更正活动“‘三个一批’活动”所列项目：补列开工 1 个（“道路”），剔除开工 2 个（“园区（更名）”、“湖”）；理由：核对。"
    )
    assert told[12][1] == (
        "Corrected the projects that the ceremony “‘三个一批’活动” lists: added 1 for start (“道路”), "
        "removed 2 for start (“园区（更名）” and “湖”); reason: 核对."
    )
    assert told[13][0] == (
        "活动“‘三个一批’活动”登记有误，予以撤销；原列项目：签约 2 个（“园区（更名）”、“道路”）、"
        "开工 3 个（“道路”、“学校”、“港”）；理由：核对。"
    )


async def test_links_and_mergers_name_both_projects(ready: Ledger) -> None:
    told = await _told(ready)
    assert told[14][0] == f"变更项目“道路”的信息：所属打捆项目填为“园区（更名）”；关联项目填为“学校”、{NOBODY}。"
    assert told[15][0] == (
        f"变更项目“道路”的信息：清空所属打捆项目（原为“园区（更名）”）；关联项目由“学校”、{NOBODY} 改为 {NOBODY}。"
    )
    assert told[16] == ("项目“湖”并入“港”；理由：核对。", "Merged the project “湖” into “港”; reason: 核对.")


async def test_names_and_subjects_do_not_depend_on_how_the_facts_came_in_batches(ready: Ledger) -> None:
    facts = await _tell(ready)
    whole = await applied(ready.owner, [facts], "whole")
    chance = random.Random(20220428)  # noqa: S311 - which splits are tried is no secret.
    splits = [range(1, len(facts))] + [sorted(chance.sample(range(1, len(facts)), 5)) for _ in range(10)]
    for number, at in enumerate(splits):
        assert await applied(ready.owner, split(facts, at), f"split_{number}") == whole, at


async def test_a_longer_list_costs_no_more_statements(ready: Ledger) -> None:
    await _tell(ready)
    many = [UUID(int=0x4000_8000_0000_0001_0000 + number) for number in range(400)]
    await ready.record(_included(*many[:1]), _held(*_listed(START, *many[:1])), project=CEREMONY)
    await ready.record(_included(*many), _held(*_listed(START, *many)), project=CEREMONY)
    *before, one, two, three, four = await ready.log.read(QIYANG)
    projection = AuditHistory()
    await projection.apply(ready.owner, before)
    counts = []
    for batch in ((one, two), (three, four)):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await projection.apply(ready.owner, batch)
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_changes_name_every_entry_of_a_list(ready: Ledger) -> None:
    await _told(ready)
    changes = await ready.owner.fetchval("SELECT changes FROM audit_history WHERE position = 7")
    assert [one["path"] for one in orjson.loads(changes)] == [f"plan_entry.431181.{one}" for one in NAMES]


def test_names_are_told_up_to_three_and_then_counted() -> None:
    terms = Terms(names=NAMES)
    ids = [*NAMES]
    assert projects(ids[:1], terms).zh == "“园区”"
    assert projects(ids[:MOST_NAMED], terms).en == "“园区”, “道路” and “学校”"
    assert projects(ids[:4], terms) == (
        "“园区”、“道路”、“学校”等 4 个项目",
        "“园区”, “道路”, “学校” and 1 more project",
    )
    assert projects([NOBODY], terms) == ("1 个项目", "1 project")
    assert projects([NOBODY, CEREMONY], terms) == ("2 个项目", "2 projects")
    assert projects_beside([NOBODY], terms) == ("", "")
    assert projects_beside([NOBODY, PARK], terms) == ("（“园区”等）", " (“园区” and 1 more)")
