"""What of a project is published, and the list by which an office works through it item by item."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import pytest

from schema.values import encode_id
from service.access import LOADER
from service.database import owner
from service.domain import place, project
from service.domain.decider import NAMESPACE
from service.domain.publication import PublishedItem
from service.domain.values import Name, Reason, Region
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.examples import publication as examples
from tests.schema.conftest import shared, written
from tests.schema.story import LENGSHUITAN, register
from tests.schema.test_mutations import send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

_NOON_US: Final = 1_652_155_200_000_000
"""2022-05-10 12:00 in China."""
PARK: Final = encode_id("Project", QIYANG, PROJECT_ID)
PARK_NAME: Final = "演示竹木新材料产业园一期"
ALL: Final = replace(examples.PUBLISH, items=tuple(PublishedItem))


def _id_of(name: str) -> UUID:
    return REGISTER_ID if name == "park" else uuid5(NAMESPACE, f"publication story: {name}")


def _of(name: str, command: Any, **changes: Any) -> Any:
    return replace(command, project_id=uuid5(NAMESPACE, f"project:{_id_of(name)}"), **changes)


WRONG_VOIDED: Final = _of("wrong", project.VoidProject(project_id=PROJECT_ID, reason=Reason("重复登记")))
STORY: Final[dict[Region, dict[str, object]]] = {
    QIYANG: {
        "open": OPEN_PLACE,
        # Shown with its stage; its totals are exempt until 1 July 2022, and its roster for good.
        "park": REGISTER,
        "park published": examples.PUBLISH,
        "park's totals exempt": replace(examples.EXEMPT_TOTALS, until=date(2022, 7, 1)),
        "park's roster exempt": examples.EXEMPT_ROSTER,
        # Nobody has decided on it yet, under the code that the county had until 2021.
        "road": register("演示连接线", "431121", "INFRASTRUCTURE"),
        # Shown with all there is, once more after it was taken down.
        "bridge": register("演示大桥", "431181", "INFRASTRUCTURE"),
        "bridge published": _of("bridge", ALL),
        "bridge taken down": _of("bridge", examples.WITHDRAW_ROSTER, item=PublishedItem.STAGE),
        "bridge shown again": _of("bridge", ALL, approved_on=date(2022, 5, 9), reason=Reason("核对无误")),
        "wrong": register("演示重复项目", "431181"),
        "wrong published": _of("wrong", ALL),
        "wrong voided": WRONG_VOIDED,
    },
    LENGSHUITAN: {
        "open district": place.OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=place.Purpose.DEMO),
        "school": register("演示中学", LENGSHUITAN, "SOCIAL"),
        "school published": _of("school", examples.PUBLISH, items=(PublishedItem.STAGE,)),
    },
}
_ITEMS: Final = "items { item state since until ground }"
QUESTIONS: Final = {
    "project_published": f"""
        {{
          project(id: "{PARK}") {{
            publicationVersion
            published {{ item since approver reason documents {{ title number }} position }}
            exemptions {{ item ground since until reason documents {{ title }} position }}
          }}
        }}""",
    "publications": f"""
        {{
          publications(on: "2022-05-10") {{
            nodes {{ project {{ name place {{ code }} stage {{ zh }} published {{ item }} }} {_ITEMS} }}
            pageInfo {{ hasNextPage }}
          }}
        }}""",
    "publications_to_decide_on": f"""
        {{
          publications(
            on: "2022-07-01", filter: {{ region: "431121", item: [TOTALS, ROSTER], state: [UNPUBLISHED, EXEMPT] }}
          ) {{ edges {{ cursor node {{ project {{ name }} {_ITEMS} }} }} }}
        }}""",
}


@pytest.fixture(scope="module")
async def published(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over the story, which no test changes."""
    async with shared(cluster, tables, _tell) as ready:
        yield ready


async def _tell(api: Api) -> None:
    for region, commands in STORY.items():
        position = 0
        for told, command in commands.items():
            outcome = await api.services.handler.handle(
                LOADER, region, command, command_id=_id_of(told), recorded_us=_NOON_US, cause="story"
            )
            assert outcome.refused is None, (told, outcome.refused)
            position = outcome.position
        assert await api.services.runner.wait_for(region, position, 10)


async def _states(api: Api, on: str = "2022-05-10", **filters: Any) -> dict[str, str]:
    """Return the states of the items of each project, in their order: P published, E exempt, U neither."""
    asked = """
        query ($on: Date, $f: PublicationFilter) {
          publications(on: $on, filter: $f) { nodes { project { name } items { item state } } }
        }"""
    nodes = (await api.query(asked, on=on, f=filters))["publications"]["nodes"]
    assert all([one["item"] for one in node["items"]] == ["STAGE", "ROSTER", "TOTALS"] for node in nodes)
    return {node["project"]["name"]: "".join(one["state"][0] for one in node["items"]) for node in nodes}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_question_takes_one_statement(
    published: Api, snapshot: Callable[[str, str], None], name: str
) -> None:
    data = await published.query(QUESTIONS[name])
    assert len(published.took) == 1
    snapshot(name, written(QUESTIONS[name], data, published.took))


async def test_every_project_that_stands_has_a_state_for_each_item(published: Api) -> None:
    assert await _states(published) == {"演示中学": "PUU", "演示大桥": "PPP", PARK_NAME: "PEE", "演示连接线": "UUU"}


async def test_an_exemption_is_over_on_its_day_though_nothing_was_stored(published: Api) -> None:
    assert (await _states(published, "2022-06-30"))[PARK_NAME] == "PEE"
    assert (await _states(published, "2022-07-01"))[PARK_NAME] == "PEU"


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"state": ["PUBLISHED"]}, {"演示中学", "演示大桥", PARK_NAME}),
        ({"state": ["PUBLISHED"], "item": ["ROSTER"]}, {"演示大桥"}),
        ({"state": ["EXEMPT"]}, {PARK_NAME}),
        ({"state": ["EXEMPT"], "item": ["STAGE"]}, set()),
        ({"state": ["UNPUBLISHED"]}, {"演示中学", "演示连接线"}),
        ({"state": ["UNPUBLISHED"], "item": ["STAGE"]}, {"演示连接线"}),
        ({"state": ["UNPUBLISHED", "EXEMPT"], "item": ["TOTALS"]}, {"演示中学", PARK_NAME, "演示连接线"}),
        ({"state": ["UNPUBLISHED", "UNPUBLISHED"], "item": ["STAGE", "STAGE"]}, {"演示连接线"}),
        ({"state": ["UNPUBLISHED"], "region": "431181"}, {"演示连接线"}),
        ({"state": ["PUBLISHED"], "category": ["SOCIAL"]}, {"演示中学"}),
        ({"state": []}, set()),
    ],
)
async def test_a_state_chooses_projects_by_their_items(
    published: Api, filters: dict[str, Any], names: set[str]
) -> None:
    assert {*await _states(published, **filters)} == names


async def test_the_states_of_a_day_divide_the_projects_for_each_item(published: Api) -> None:
    for item in PublishedItem:
        for day in ("2022-05-10", "2022-07-01"):
            by_state = [
                {*await _states(published, day, item=[str(item)], state=[state])}
                for state in ("PUBLISHED", "EXEMPT", "UNPUBLISHED")
            ]
            assert sum(map(len, by_state)) == len(set().union(*by_state)) == 4


async def test_pages_hold_everything_once_in_order(published: Api) -> None:
    ask = 'query ($a: String) { publications(first: 1, after: $a, on: "2022-05-10") {'
    ask += " nodes { project { name } } pageInfo { hasNextPage endCursor } } }"
    found, after, more = [], None, True
    while more:
        page = (await published.query(ask, a=after))["publications"]
        found += [node["project"]["name"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert found == [*await _states(published)]
    other = f'{{ publications(on: "2022-05-11", after: "{after}") {{ nodes {{ project {{ name }} }} }} }}'
    assert (await published.refused(other))["path"] == ["after"]


@pytest.mark.parametrize(
    ("arguments", "code", "path"),
    [
        ('filter: { region: "999" }', "UNKNOWN_REGION", ["filter", "region"]),
        ("filter: { item: STAGE }", "INVALID_VALUE", ["filter", "item"]),
        (f"filter: {{ state: [{'EXEMPT ' * 51}] }}", "INVALID_VALUE", ["filter", "state"]),
        (f"filter: {{ state: EXEMPT, item: [{'STAGE ' * 51}] }}", "INVALID_VALUE", ["filter", "item"]),
        ('on: "1800-01-01"', "INVALID_VALUE", ["on"]),
        ("first: 0", "INVALID_VALUE", ["first"]),
    ],
)
async def test_a_wrong_argument_is_named(published: Api, arguments: str, code: str, path: list[str]) -> None:
    error = await published.refused(f"{{ publications({arguments}) {{ nodes {{ project {{ name }} }} }} }}")
    assert (error["code"], error["path"]) == (code, path)


async def test_nothing_of_a_voided_project_is_published(api: Api) -> None:
    ask = "query ($id: ID!) { project(id: $id) { voided published { item } exemptions { item } } }"
    sought = {"id": encode_id("Project", QIYANG, WRONG_VOIDED.project_id)}
    for told in ("open", "wrong", "wrong published"):
        assert (await send(api, STORY[QIYANG][told], _id_of(told)))["userErrors"] == []
    shown = (await api.query(ask, **sought))["project"]
    assert [one["item"] for one in shown["published"]] == ["STAGE", "ROSTER", "TOTALS"]
    await send(api, WRONG_VOIDED)
    assert (await api.query(ask, **sought))["project"] == {"voided": True, "published": [], "exemptions": []}
    answer = await send(api, _of("wrong", ALL))
    assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [("VOIDED", ["input", "projectId"])]


async def test_a_refusal_names_the_item_by_its_place_in_the_list(api: Api) -> None:
    for told in ("open", "park", "park published"):
        await send(api, STORY[QIYANG][told], _id_of(told))
    await send(api, examples.EXEMPT_TOTALS)
    answer = await send(api, ALL)
    assert answer["userErrors"] == [
        {
            "code": "EXEMPTED",
            "path": ["input", "items", "2"],
            "params": {"item": "TOTALS", "ground": "TRADE_SECRET", "until": "2099-01-01"},
        }
    ]


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
            INSERT INTO published_item (region, project_id, item, occurred_on, approver, documents, position,
              recorded_from, recorded_to)
            SELECT p.region, p.project_id, item, '2022-01-01', 'U', '[]', p.position, 1, p.recorded_to
            FROM project_status p, unnest('{STAGE,TOTALS}'::text[]) item WHERE p.position % 2 = 0"""
        )
        await connection.execute("ANALYZE project_status, published_item, publication_exemption, projected")
    for filters in ("", "filter: { item: ROSTER, state: UNPUBLISHED }", "filter: { item: STAGE, state: PUBLISHED }"):
        await api.query(f"{{ publications(first: 20 {filters}) {{ nodes {{ project {{ name }} {_ITEMS} }} }} }}")
        rows = await api.services.reading.fetch(f"EXPLAIN {api.seen[0]}", *api.sent)
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan on project_status" not in plan, plan
        assert "Seq Scan on published_item" not in plan, plan
        # In the order of the index, so that a page ends with its last row.
        assert "using project_status_1" in plan, plan
