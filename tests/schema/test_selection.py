"""What a client may write, and that the answer is the same however it writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.values import encode_id
from service.domain.gates import Gate
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.story import ROAD

if TYPE_CHECKING:
    from tests.schema.conftest import Api

PARK = encode_id("Project", QIYANG, PROJECT_ID)
LINK = encode_id("Project", QIYANG, ROAD)


async def test_one_field_under_two_aliases_is_asked_twice_each_with_its_own_selection(told: Api) -> None:
    a, b = f'a: project(id: "{PARK}") {{ name }}', f'b: project(id: "{LINK}") {{ stage {{ code }} }}'
    data = await told.query(f"{{ {a} {b} }}")
    assert data == {"a": {"name": "演示竹木新材料产业园一期"}, "b": {"stage": {"code": "PLANNING"}}}
    assert len(told.took) == 2


async def test_one_field_written_twice_is_merged(told: Api) -> None:
    one = f'project(id: "{PARK}")'
    data = await told.query(f"{{ {one} {{ name }} {one} {{ stage {{ code }} gates {{ gate }} }} }}")
    assert data["project"]["name"] == "演示竹木新材料产业园一期"
    assert len(data["project"]["gates"]) == len(Gate)
    assert len(told.took) == 1


async def test_fragments_on_edges_nodes_and_the_connection(told: Api) -> None:
    data = await told.query("""
        query {
          projects(filter: { region: "431103" }) {
            ... on ProjectConnection { edges { ...E } }
            ...C
            ... { nodes { version } }
          }
        }
        fragment C on ProjectConnection { nodes { ...N } }
        fragment E on ProjectEdge { node { ... on Project { ...N category } } }
        fragment N on Project { __typename name }""")
    node = {"__typename": "Project", "name": "演示中学"}
    assert data["projects"] == {"edges": [{"node": node | {"category": "SOCIAL"}}], "nodes": [{"version": 1} | node]}


@pytest.mark.parametrize(("skip", "include"), [(True, True), (True, False), (False, True), (False, False)])
async def test_skip_and_include_keep_fields_out_of_the_statement(told: Api, *, skip: bool, include: bool) -> None:
    text = """
        query ($id: ID!, $skip: Boolean!, $include: Boolean = false) {
          project(id: $id) {
            name
            stage @skip(if: $skip) { code }
            ... @include(if: $include) { phase }
            ...T @skip(if: true)
          }
        }
        fragment T on Project { township }"""
    data = await told.query(text, id=PARK, skip=skip, include=include)
    assert ("stage" in data["project"], "phase" in data["project"]) == (not skip, include)
    assert ("p.stage" in told.took[0], "p.phase" in told.took[0]) == (not skip, include)
    assert "township" not in told.took[0]


async def test_a_default_of_a_variable_counts(told: Api) -> None:
    text = "query ($id: ID!, $show: Boolean = false) { project(id: $id) { name stage @include(if: $show) { code } } }"
    assert await told.query(text, id=PARK) == {"project": {"name": "演示竹木新材料产业园一期"}}


async def test_two_aliases_of_a_child_are_told_apart(told: Api) -> None:
    data = await told.query(f"""
        {{
          project(id: "{PARK}") {{
            a: gates {{ gate }}
            b: gates {{ occurredOn }}
            approvedTotal {{ yi: amount(unit: YI_YUAN) wan: amount(unit: WAN_YUAN) }}
          }}
        }}""")
    assert data["project"]["a"][0] == {"gate": "PLANNED"}
    assert data["project"]["b"][0] == {"occurredOn": "2020-06-01"}
    assert data["project"]["approvedTotal"] == {"yi": "11.8", "wan": "118000"}


@pytest.mark.parametrize("text", [
    "{ __typename projects { __typename } }",
    "{ projects { pageInfo { hasNextPage } } }",
    "{ projects { edges { cursor } } }",
    "{ projects { nodes { __typename completed { __typename } } } }",
    "{ places { __typename } }",
])  # fmt: skip
async def test_nothing_but_the_frame_may_be_asked_for(told: Api, text: str) -> None:
    assert await told.query(text)
    assert len(told.took) == 1


async def test_fragments_within_fragments_cost_no_more_than_their_length(told: Api) -> None:
    # Each names the next one twice: so eight fields of one name, by three fragments.
    many = "".join(f"fragment F{n} on Project {{ ...F{n + 1} ...F{n + 1} }}" for n in range(3))
    text = f'{{ project(id: "{PARK}") {{ ...F0 }} }} {many} fragment F3 on Project {{ name }}'
    assert (await told.query(text))["project"] == {"name": "演示竹木新材料产业园一期"}


async def test_a_list_takes_one_statement_however_deep(told: Api) -> None:
    text = """
        { projects { nodes {
            name gates { gate documents { title } } completions { amount { amount } documents { title } }
            completed { yearToDate { amount } } references { system } owner { name } investmentVersion
        } } }"""
    assert len((await told.query(text))["projects"]["nodes"]) == 4
    assert len(told.took) == 1
