"""Who answers for what, each question in one statement; and what projects' rosters lack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4, uuid5

import pytest

from schema.values import encode_id
from service.access import LOADER
from service.database import owner
from service.domain import gate_commands, gates, place, project
from service.domain.baseline import PlanSchedule
from service.domain.decider import NAMESPACE
from service.domain.roster import EXACTLY_ONE, AssignPost, EndPost, FileWorkPlan, RosterRole, post_id
from service.domain.values import Name, Personal, Reason, Region
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, RECORD_STARTED, REGISTER, REGISTER_ID
from tests.examples import roster as examples
from tests.schema.conftest import shared, written
from tests.schema.story import LENGSHUITAN, register
from tests.schema.test_mutations import send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

_NOON_US: Final = 1_652_155_200_000_000
"""2022-05-10 12:00 in China."""
CITY: Final = "演示市人民政府"


def _id_of(name: str) -> UUID:
    return REGISTER_ID if name == "park" else uuid5(NAMESPACE, f"roster story: {name}")


def _project_of(name: str) -> UUID:
    return uuid5(NAMESPACE, f"project:{_id_of(name)}")


def _post(name: str, role: RosterRole, holder: str | None, unit: str | None = None, **rest: Any) -> AssignPost:
    return AssignPost(
        project_id=_project_of(name),
        role=role,
        since=date(2022, 2, 1),
        holder=None if holder is None else Personal(holder),
        unit=None if unit is None else Name(unit),
        **rest,
    )


def _started(name: str) -> gate_commands.RecordStarted:
    return replace(RECORD_STARTED, project_id=_project_of(name))


def _signed(name: str) -> gate_commands.RecordContractSigned:
    return gate_commands.RecordContractSigned(
        project_id=_project_of(name), occurred_on=date(2022, 3, 1), form=gates.ContractForm.FORMAL
    )


STORY: Final[dict[Region, dict[str, object]]] = {
    QIYANG: {
        "open": OPEN_PLACE,
        # Under construction, with two stewards, a police officer who left, and no inspector.
        "park": REGISTER,
        "park started": RECORD_STARTED,
        **examples.COMMANDS,
        "first steward": _post("park", RosterRole.STEWARD, "项目管家乙", rank=1),
        "second steward": _post("park", RosterRole.STEWARD, "项目管家丙", rank=2),
        "an officer": _post("park", RosterRole.POLICE_OFFICER, "项目警官甲", "演示市公安局"),
        "an officer leaves": EndPost(
            project_id=PROJECT_ID, post_id=post_id(PROJECT_ID, 6), until=date(2022, 5, 1), reason=Reason("轮岗")
        ),
        # In preparation, under the code that the county had until 2021; the park's lead official answers for it too.
        "road": register("演示连接线", "431121", "INFRASTRUCTURE"),
        "road signed": _signed("road"),
        "road led": _post("road", RosterRole.LEAD_OFFICIAL, "牵头领导甲", CITY),
        "road visited": _post("road", RosterRole.CONTACT_LEADER, "牵头领导甲", CITY),
        # Complete.
        "bridge": register("演示大桥", "431181", "INFRASTRUCTURE"),
        "bridge started": _started("bridge"),
        **{f"bridge {role}": _post("bridge", role, None, "演示市交通局") for role in EXACTLY_ONE},
        "bridge planned": FileWorkPlan(
            project_id=_project_of("bridge"), occurred_on=date(2022, 2, 10), documents=(examples.WORK_PLAN,)
        ),
        "bridge scheduled": PlanSchedule(project_id=_project_of("bridge"), completion_on=date(2023, 6, 30)),
        # Neither prepared nor built yet; and one registered in error.
        "idea": register("演示设想", "431181"),
        "wrong": register("演示重复项目", "431181"),
        "wrong started": _started("wrong"),
        "wrong led": _post("wrong", RosterRole.LEAD_OFFICIAL, "牵头领导甲", CITY),
        "wrong voided": project.VoidProject(project_id=_project_of("wrong"), reason=Reason("重复登记")),
    },
    LENGSHUITAN: {
        "open district": place.OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=place.Purpose.DEMO),
        "school": register("演示中学", LENGSHUITAN, "SOCIAL"),
        "school started": _started("school"),
        "school led": _post("school", RosterRole.LEAD_OFFICIAL, "牵头领导甲", "演示区人民政府"),
        "district liaison": replace(examples.ASSIGN_APPROVER, unit=Name("演示区发展和改革局")),
    },
}
COMPLETE: Final = (*(f"bridge {role}" for role in EXACTLY_ONE), "bridge planned", "bridge scheduled")
PARK: Final = encode_id("Project", QIYANG, PROJECT_ID)
MANY: Final = "{{ {}(filter: {{ {}: [{}] }}) {{ nodes {{ place {{ code }} }} }} }}"
_PAPERS: Final = "documents { title number }"
QUESTIONS: Final = {
    "roster": f"""
        {{
          project(id: "{PARK}") {{
            rosterVersion
            roster {{
              id role rank holder holderPublic holderErased unit title contact contactErased contactPublic
              since until {_PAPERS} endReason position
            }}
            formerRoster {{ role holder unit since until endReason endDocuments {{ title }} }}
            workPlans {{ title occurredOn reason {_PAPERS} position }}
          }}
        }}""",
    "people": """
        {
          people {
            nodes {
              place { code } holder unit projects
              posts { id role holderPublic title contact contactPublic since projectId projectName phase }
            }
          }
        }""",
    "people_of_county_by_old_code": """
        { people(filter: { region: "431121" }) { nodes { holder unit projects posts { role projectName } } } }""",
    "people_leading": """
        {
          people(filter: { role: [LEAD_OFFICIAL, CONTACT_LEADER], holder: " 牵头领导甲 ", region: "431100" }) {
            edges { cursor node { place { name } holder unit projects posts { role projectName } } }
          }
        }""",
    "unit_liaisons": """
        {
          unitLiaisons(region: "431121") {
            nodes {
              place { code } unit unitKind holder holderPublic contact contactErased contactPublic since reason
              documents { title } position
            }
          }
        }""",
    "unit_liaisons_of_prefecture": '{ unitLiaisons(region: "431100") { nodes { place { name } unit unitKind } } }',
    "roster_gaps": """
        {
          rosterGaps {
            nodes { projectId projectName place { code } region { code } phase responsibleUnit gaps { gap zh en } }
          }
        }""",
    "roster_gaps_filtered": """
        {
          rosterGaps(filter: {
            region: "431181", phase: [CONSTRUCTION, OPERATING], gap: [STEWARD_SEVERAL, LEAD_OFFICIAL_MISSING]
          }) { nodes { projectName gaps { gap } } }
        }""",
}


@pytest.fixture(scope="module")
async def staffed(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over the story, which no test changes."""
    async with shared(cluster, tables, _tell) as ready:
        yield ready


async def _tell(api: Api) -> None:
    position = 0
    for region, commands in STORY.items():
        for told, command in commands.items():
            outcome = await api.services.handler.handle(
                LOADER, region, command, command_id=_id_of(told), recorded_us=_NOON_US, cause="story"
            )
            assert outcome.refused is None, (told, outcome.refused)
            position = outcome.position
        assert await api.services.runner.wait_for(region, position, 10)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_question_takes_one_statement(staffed: Api, snapshot: Callable[[str, str], None], name: str) -> None:
    data = await staffed.query(QUESTIONS[name])
    assert len(staffed.took) == 1
    snapshot(name, written(QUESTIONS[name], data, staffed.took))


@pytest.mark.parametrize(
    "field", ["people", 'unitLiaisons(region: "430000")', "rosterGaps", "rosterGaps(filter: { phase: CONSTRUCTION })"]
)
async def test_pages_hold_everything_once_in_order(staffed: Api, field: str) -> None:
    name, _, given = field.partition("(")
    arguments = given.removesuffix(")")
    whole = (await staffed.query(f"{{ {field} {{ edges {{ cursor }} }} }}"))[name]["edges"]
    assert len(whole) > 1
    found: list[Any] = []
    more = True
    while more:
        after = f'after: "{found[-1]["cursor"]}"' if found else ""
        text = f"{{ {name}(first: 1 {after} {arguments}) {{ edges {{ cursor }} pageInfo {{ hasNextPage }} }} }}"
        page = (await staffed.query(text))[name]
        found += page["edges"]
        more = page["pageInfo"]["hasNextPage"]
    assert found == whole


async def _gaps(api: Api, **filters: Any) -> dict[str, set[str]]:
    asked = "query ($f: RosterGapFilter) { rosterGaps(filter: $f) { nodes { projectName gaps { gap } } } }"
    nodes = (await api.query(asked, f=filters))["rosterGaps"]["nodes"]
    return {node["projectName"]: {gap["gap"] for gap in node["gaps"]} for node in nodes}


async def test_only_projects_in_preparation_or_under_construction_are_judged(staffed: Api) -> None:
    assert {*await _gaps(staffed)} == {"演示竹木新材料产业园一期", "演示连接线", "演示中学"}
    assert {*await _gaps(staffed, phase=["PREPARATION"])} == {"演示连接线"}
    assert await _gaps(staffed, phase=["CONCEPT"]) == {}


async def test_a_role_that_is_held_once_is_a_gap_with_none_and_with_two(staffed: Api) -> None:
    gaps = (await _gaps(staffed, region="431181"))["演示竹木新材料产业园一期"]
    assert gaps == {"SCHEDULE_MISSING", "STEWARD_SEVERAL", "POLICE_OFFICER_MISSING", "DISCIPLINE_INSPECTOR_MISSING"}


async def test_an_ended_post_opens_a_gap_and_the_next_one_closes_it(api: Api) -> None:
    for told in ("open", "bridge", "bridge started", *COMPLETE):
        assert (await send(api, STORY[QIYANG][told], _id_of(told)))["userErrors"] == []
    assert await _gaps(api) == {}
    lead = post_id(_project_of("bridge"), 1)
    ending = EndPost(project_id=_project_of("bridge"), post_id=lead, until=date(2022, 5, 1), reason=Reason("工作调动"))
    await send(api, ending)
    assert await _gaps(api) == {"演示大桥": {"LEAD_OFFICIAL_MISSING"}}
    await send(api, _post("bridge", RosterRole.LEAD_OFFICIAL, "牵头领导乙", CITY))
    assert await _gaps(api) == {}


async def test_an_erased_name_leaves_the_post_and_says_that_it_was_erased(api: Api) -> None:
    for told in ("open", "park", "park started"):
        await send(api, STORY[QIYANG][told], _id_of(told))
    position = (await send(api, examples.ASSIGN_LEAD))["position"]
    for path in ("holder", "contact"):
        erasing = {
            "commandId": str(uuid4()), "place": QIYANG, "position": position, "path": path, "reason": "申请",
        }  # fmt: skip
        await api.query(
            "mutation ($i: ErasePersonalDataInput!) { personalDataErase(input: $i) { position } }", i=erasing
        )
    data = await api.query(f"""{{
        project(id: "{PARK}") {{ roster {{ role holder holderErased unit contact contactErased }} }}
        people {{ nodes {{ holder unit projects posts {{ role contact }} }} }}
        none: people(filter: {{ holder: "牵头领导甲" }}) {{ nodes {{ unit }} }}
    }}""")
    assert data["project"]["roster"] == [
        {
            "role": "LEAD_OFFICIAL", "holder": None, "holderErased": True, "unit": CITY, "contact": None,
            "contactErased": True,
        }
    ]  # fmt: skip
    assert data["people"]["nodes"] == [
        {"holder": None, "unit": CITY, "projects": 1, "posts": [{"role": "LEAD_OFFICIAL", "contact": None}]}
    ]
    assert data["none"]["nodes"] == []
    assert "LEAD_OFFICIAL_MISSING" not in (await _gaps(api))["演示竹木新材料产业园一期"]


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ('{ people(filter: { region: "999" }) { nodes { unit } } }', "UNKNOWN_REGION", ["filter", "region"]),
        ('{ people(filter: { holder: " " }) { nodes { unit } } }', "TOO_LONG", ["filter", "holder"]),
        ('{ unitLiaisons(region: "999") { nodes { unit } } }', "UNKNOWN_REGION", ["region"]),
        ('{ rosterGaps(filter: { region: "999" }) { nodes { phase } } }', "UNKNOWN_REGION", ["filter", "region"]),
        (MANY.format("people", "role", "LIAISON " * 51), "INVALID_VALUE", ["filter", "role"]),
        (MANY.format("rosterGaps", "gap", "STEWARD_MISSING " * 51), "INVALID_VALUE", ["filter", "gap"]),
        ("{ people(first: 0) { nodes { unit } } }", "INVALID_VALUE", ["first"]),
    ],
)  # fmt: skip
async def test_a_wrong_argument_is_named(staffed: Api, text: str, code: str, path: list[str]) -> None:
    error = await staffed.refused(text)
    assert (error["code"], error["path"]) == (code, path)


async def test_a_page_reads_by_index_and_no_ledger_whole(api: Api) -> None:
    regions = (Region("431102"), Region("431103"), QIYANG)
    for region in regions:
        await send(api, replace(OPEN_PLACE, region=region))
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh,
              stage_en, handling, activity, aliases, sites, investors, related, parts, codes, refs, voided,
              registered_us, version, position, recorded_from, recorded_to)
            SELECT r, md5(r || i)::uuid, 'P' || lpad(i::text, 5, '0'), r, 'SOCIAL', 'PROMOTED', 'CONSTRUCTION',
              'CONSTRUCTION', '建设', 'construction', 'UNDER_CONSTRUCTION', 'ACTIVE', '[]', '[]', '[]', '[]', '[]',
              '[]', '[]', false, i, 1, i, 1, 9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 3000) i""",
            regions,
        )
        await connection.execute(
            """
            INSERT INTO roster_post (region, project_id, post_id, role, holder, names_holder, holder_public,
              unit, names_contact, contact_public, since, documents, end_documents, position,
              recorded_from, recorded_to)
            SELECT p.region, p.project_id, md5(role || p.project_id)::uuid, role, 'H' || p.position % 500, true, false,
              'U', false, false, '2022-01-01', '[]', '[]', 10 * p.position + n, 1, p.recorded_to
            FROM project_status p, unnest('{LEAD_OFFICIAL,TASK_FORCE,STEWARD}'::text[]) WITH ORDINALITY o (role, n)"""
        )
        await connection.execute("ANALYZE project_status, roster_post, work_plan, projected")
    plans = []
    for text in (
        "{ people(first: 20) { nodes { holder posts { role projectName } } } }",
        "{ rosterGaps(first: 20) { nodes { projectName gaps { gap } } } }",
    ):
        await api.query(text)
        rows = await api.services.reading.fetch(f"EXPLAIN {api.seen[0]}", *api.sent)
        plans.append("\n".join(row[0] for row in rows))
        assert "Seq Scan on project_status" not in plans[-1], plans[-1]
        assert "Seq Scan on roster_post" not in plans[-1], plans[-1]
    # In the order of the index, so that a page ends with its last row.
    assert "using roster_post_2" in plans[0], plans[0]
    assert "using project_status_1" in plans[1], plans[1]
