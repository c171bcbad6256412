"""Things by their global ids: in the order asked, one statement for each kind, and nothing of what is not one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from schema.node_queries import MOST_NODES
from schema.values import encode_id
from service.access import ANONYMOUS
from service.domain.roles import Grant, Role
from tests.examples import PROJECT_ID, QIYANG
from tests.examples.ceremony import CEREMONY_ID
from tests.schema.conftest import written
from tests.schema.story import LENGSHUITAN, ROAD, SCHOOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schema.conftest import Api

PARK_ID = encode_id("Project", QIYANG, PROJECT_ID)
ROAD_ID = encode_id("Project", QIYANG, ROAD)
SCHOOL_ID = encode_id("Project", LENGSHUITAN, SCHOOL)
CEREMONY = encode_id("Ceremony", QIYANG, CEREMONY_ID)
NOBODY = encode_id("Project", QIYANG, UUID(int=1))
NODES = """
    query ($ids: [ID!]!) {
      nodes(ids: $ids) {
        __typename id ...P
        ... on Ceremony { name occurredOn batches { kind } }
        ... on Node { own: id }
      }
    }
    fragment P on Project { name region { code } gates { gate } }"""


async def test_things_come_in_the_order_asked_with_nothing_where_there_is_none(
    told: Api, snapshot: Callable[[str, str], None]
) -> None:
    ids = [SCHOOL_ID, CEREMONY, NOBODY, PARK_ID, SCHOOL_ID]
    data = await told.query(NODES, ids=ids)
    assert len(told.took) == 2
    assert [one and one["id"] for one in data["nodes"]] == [SCHOOL_ID, CEREMONY, None, PARK_ID, SCHOOL_ID]
    assert [one and one["__typename"] for one in data["nodes"]] == ["Project", "Ceremony", None, "Project", "Project"]
    assert data["nodes"][0] == data["nodes"][4]
    snapshot("nodes", written(NODES, data, told.took))


async def test_a_hundred_things_of_a_kind_are_one_statement(told: Api) -> None:
    data = await told.query(NODES, ids=[PARK_ID, ROAD_ID] * (MOST_NODES // 2))
    assert len(told.took) == 1
    assert [one["id"] for one in data["nodes"]] == [PARK_ID, ROAD_ID] * (MOST_NODES // 2)


async def test_a_thing_by_its_id_is_what_its_own_query_answers(told: Api) -> None:
    shown = "name stage { code } next: nextMilestones(first: 2) { milestone }"
    by_kind = await told.query(f'{{ project(id: "{PARK_ID}") {{ {shown} }} }}')
    data = await told.query(f'{{ node(id: "{PARK_ID}") {{ ... on Project {{ {shown} }} }} }}')
    assert data["node"] == by_kind["project"]
    assert len(told.took) == 1
    assert await told.query(f'{{ node(id: "{NOBODY}") {{ id }} }}') == {"node": None}


async def test_what_is_selected_of_another_kind_is_not_read(told: Api) -> None:
    text = f"""
        {{ node(id: "{PARK_ID}") {{
            ... on Ceremony {{ name entries {{ kind }} }} ...C ... on Node {{ __typename id }} }} }}
        fragment C on Ceremony {{ batches {{ kind }} }}"""
    data = await told.query(text)
    assert data == {"node": {"__typename": "Project", "id": PARK_ID}}
    assert "p.name" not in told.took[0]
    assert "ceremony" not in told.took[0]


async def test_what_is_not_to_be_seen_is_answered_as_what_is_not_there(told: Api) -> None:
    ids = [PARK_ID, NOBODY, CEREMONY, SCHOOL_ID]
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    neighbour = told.by(Grant.over(Role.REPORTER, LENGSHUITAN))
    assert await neighbour.query(text, ids=ids) == {"nodes": [None, None, None, {"id": SCHOOL_ID}]}
    assert len(neighbour.took) == 2
    own = told.by(Grant.over(Role.REPORTER, QIYANG))
    assert [one is not None for one in (await own.query(text, ids=ids))["nodes"]] == [True, False, True, False]
    anybody = told.by()
    anybody.caller = ANONYMOUS
    # The story publishes one of them.
    assert await anybody.query(text, ids=ids) == {"nodes": [{"id": PARK_ID}, None, None, None]}


async def test_an_id_that_is_none_is_named(told: Api) -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    for wrong in ("x", "", encode_id("Post", QIYANG, PROJECT_ID), PARK_ID[:-4], PARK_ID * 4, "项目"):
        error = await told.refused(text, ids=[PARK_ID, NOBODY, PARK_ID, wrong])
        assert (error["code"], error["path"]) == ("INVALID_VALUE", ["ids", "3"])
        assert error["params"]["rule"] == "the id of a Project or Ceremony"
        assert told.took == []
    error = await told.refused('{ node(id: "x") { id } }')
    assert (error["code"], error["path"]) == ("INVALID_VALUE", ["id"])


@pytest.mark.parametrize("count", [0, MOST_NODES + 1])
async def test_there_is_a_bound_on_ids(told: Api, count: int) -> None:
    error = await told.refused("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[PARK_ID] * count)
    assert (error["path"], error["params"]["rule"]) == (["ids"], f"1 to {MOST_NODES}")
