"""Pages of every list: forward and backward they hold the same items, and all are counted if that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema.pages import MOST_COUNTED
from schema.values import encode_id
from service.database import owner
from service.domain import place
from service.domain.values import Name
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

PARK = encode_id("Project", QIYANG, PROJECT_ID)
CONNECTIONS = {
    "projects": ("", "id"),
    "ledger": ("basis: DISPATCH", "project { id }"),
    "publications": ("", "project { id }"),
    "people": ("", "holder unit"),
    "unitLiaisons": ('region: "430000"', "unit"),
    "rosterGaps": ("", "projectId"),
    "planVariance": (
        'basis: DISPATCH, direction: BEHIND, on: "2022-12-31"',
        "project { id } entry { planned { amount } }",
    ),
    "ceremonies": ("", "id"),
    "indicators": ("", "code position"),
    "warnings": ('on: "2024-05-10"', "project { id } kind"),
    "auditTrail": (f'project: "{PARK}"', "position"),
    "placeTrail": ('region: "431181"', "position"),
    "roleGrants": ("", "id"),
    "apiKeys": ("", "id"),
    "rightsTrail": ("", "position"),
    "failedAttempts": ("", "at"),
    "keyUses": ("", "keyId"),
    "personalReads": ("", "at"),
}
"""Name of each list -> arguments that it needs, and what tells its items apart."""
AT_LEAST_TWO = {
    "projects", "ledger", "publications", "people", "planVariance", "warnings", "auditTrail", "placeTrail",
}  # fmt: skip
"""Those of which the story tells more than one."""
INFO = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


def _asked(name: str, arguments: str) -> str:
    needed, shown = CONNECTIONS[name]
    return f"{{ {name}({', '.join(filter(None, (needed, arguments)))}) {{ nodes {{ {shown} }} {INFO} }} }}"


def test_every_list_is_walked() -> None:
    from schema import schema  # noqa: PLC0415 - the schema is asked which lists there are.

    fields = schema._schema.query_type.fields
    assert {name for name, field in fields.items() if str(field.type).endswith("Connection")} == set(CONNECTIONS)


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_pages_from_the_end_hold_what_pages_from_the_beginning_do(told: Api, name: str) -> None:
    whole = (await told.query(_asked(name, "first: 200")))[name]
    assert not whole["pageInfo"]["hasNextPage"]
    assert not whole["pageInfo"]["hasPreviousPage"]
    for argument, cursor, after, more, came in (
        ("first", "endCursor", "after", "hasNextPage", "hasPreviousPage"),
        ("last", "startCursor", "before", "hasPreviousPage", "hasNextPage"),
    ):
        found: list[Any] = []
        said = ""
        for _ in range(len(whole["nodes"]) + 1):
            page = (await told.query(_asked(name, f"{argument}: 1{said}")))[name]
            assert len(told.took) == 1
            found = found + page["nodes"] if argument == "first" else page["nodes"] + found
            assert page["pageInfo"][came] is bool(said)
            said = f', {after}: "{page["pageInfo"][cursor]}"'
            if not page["pageInfo"][more]:
                break
        assert found == whole["nodes"]
    assert len(whole["nodes"]) > 1 or name not in AT_LEAST_TWO


@pytest.mark.parametrize("name", CONNECTIONS)
async def test_all_items_are_counted_in_the_statement_of_a_page(told: Api, name: str) -> None:
    needed, shown = CONNECTIONS[name]
    whole = (await told.query(_asked(name, "first: 200")))[name]["nodes"]
    assert "count(*)) FROM (SELECT FROM" not in told.took[0]
    first = f"first: 1, {needed}"
    page = (await told.query(f"{{ {name}({first}) {{ totalCount totalCountIsExact nodes {{ {shown} }} {INFO} }} }}"))[
        name
    ]
    assert len(told.took) == 1
    assert (page["totalCount"], page["totalCountIsExact"], page["nodes"]) == (len(whole), True, whole[:1])
    if whole:
        rest = f'first: 200, after: "{page["pageInfo"]["endCursor"]}", {needed}'
        page = (await told.query(f"{{ {name}({rest}) {{ totalCount nodes {{ {shown} }} }} }}"))[name]
        assert (page["totalCount"], page["nodes"]) == (len(whole), whole[1:])


async def test_a_count_alone_is_one_statement_and_obeys_the_filter(told: Api) -> None:
    data = await told.query('{ projects(filter: { region: "431121", category: ["INFRASTRUCTURE"] }) { totalCount } }')
    assert data == {"projects": {"totalCount": 1}}
    assert len(told.took) == 1


async def test_a_count_stops_at_its_bound_and_says_so(api: Api) -> None:
    await tell(api, QIYANG, place.OpenPlace(region=QIYANG, name=Name("祁阳市"), purpose=place.Purpose.DEMO))
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh,
              stage_en, handling, activity, aliases, sites, investors, related, parts, codes, refs, voided,
              registered_us, version, position, recorded_from, recorded_to)
            SELECT '431181', md5(i::text)::uuid, 'P', '431181', CASE i WHEN 0 THEN 'SOCIAL' ELSE 'PRODUCTIVE' END,
              'PROMOTED', 'CONCEPT', 'PLANNING', '谋划', 'planning', 'RESERVED', 'ACTIVE', '[]', '[]', '[]', '[]', '[]',
              '[]', '[]', false, i, 1, i, 1, 9223372036854775807
            FROM generate_series(0, $1::integer) i""",
            MOST_COUNTED,
        )
    ask = "query ($f: ProjectFilter) { projects(first: 1, filter: $f) { totalCount totalCountIsExact } }"
    over = await api.query(ask)
    assert over["projects"] == {"totalCount": MOST_COUNTED, "totalCountIsExact": False}
    just = await api.query(ask, f={"category": ["PRODUCTIVE"]})
    assert just["projects"] == {"totalCount": MOST_COUNTED, "totalCountIsExact": True}


@pytest.mark.parametrize(
    ("arguments", "path", "rule"),
    [
        ("first: 1, last: 1", ["first"], "first and after, or last and before"),
        ('last: 1, after: "x"', ["after"], "first and after, or last and before"),
        ('first: 1, before: "x"', ["first"], "first and after, or last and before"),
        ("last: 0", ["last"], "1 to 200"),
        ("last: 201", ["last"], "1 to 200"),
        ('before: "x"', ["before"], "a cursor from this query"),
    ],
)
async def test_a_page_has_one_end(told: Api, arguments: str, path: list[str], rule: str) -> None:
    error = await told.refused(f"{{ projects({arguments}) {{ nodes {{ name }} }} }}")
    assert (error["code"], error["path"], error["params"]["rule"]) == ("INVALID_VALUE", path, rule)
    assert told.took == []


async def test_a_cursor_is_taken_either_way_and_by_its_own_filter_alone(told: Api) -> None:
    page = (await told.query("{ projects(first: 2) { nodes { id } pageInfo { endCursor } } }"))["projects"]
    cursor = page["pageInfo"]["endCursor"]
    before = await told.query("query ($c: String) { projects(last: 5, before: $c) { nodes { id } } }", c=cursor)
    assert before["projects"]["nodes"] == page["nodes"][:1]
    error = await told.refused(
        'query ($c: String) { projects(before: $c, filter: { region: "431181" }) { nodes { id } } }', c=cursor
    )
    assert error["path"] == ["before"]
