"""Rights over the API: granted and ended, listed by page, told as a trail, and never taken for a place's ledger."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import pytest

from projections.wording.phrases import day
from schema.values import encode_id
from service.access import LOCAL
from service.clock import today_in_china
from service.database import owner
from service.domain.account import INSTALLATION, KeyId
from service.domain.roles import Account, Area, Role
from service.domain.values import Name
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG
from tests.examples.account import END, GRANT, GRANT_AGENT, ISSUE, KEY_ID, MACHINE, OFFICER, PRINCIPAL, REVOKE
from tests.schema.asking import input_of, text_of
from tests.schema.conftest import shared, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

TODAY: Final = today_in_china()
KEY: Final = replace(ISSUE, expires_on=TODAY + timedelta(days=90))
PLAIN: Final = replace(GRANT, until=None)
LIAISON: Final = replace(PLAIN, role=Role.UNIT_LIAISON, account=PRINCIPAL, unit=Name("演示市商务局"))
PROJECT: Final = encode_id("Project", QIYANG, PROJECT_ID)
STORY: Final = (
    PLAIN,
    GRANT_AGENT,
    replace(PLAIN, account=Account("oidc:1"), area=Area("000000"), role=Role.SECURITY_ADMIN),
    replace(PLAIN, account=Account("oidc:2"), area=Area("430000")),
    replace(PLAIN, account=Account("oidc:3"), area=Area("431103")),
    LIAISON,
    KEY,
    replace(KEY, account=Account("machine:another"), key_id=KeyId("0" * 16)),
    END,
    REVOKE,
)
_GRANT: Final = """
    id account role area { code name } unit park project principal until reason documents { title } grantedBy
    endReason position"""
_KEY: Final = "id account purpose issuedBy revokeReason position"
QUESTIONS: Final = {
    "role_grants": f"""
        {{ roleGrants(first: 3) {{ nodes {{ {_GRANT} }} pageInfo {{ hasNextPage }} }} }}""",
    "role_grants_reaching": """
        { roleGrants(filter: { area: "431121", on: "2199-12-31", role: [COUNTY_APPROVER, SECURITY_ADMIN] }) {
            nodes { account role area { code } } } }""",
    "role_grants_of_account": f"""
        {{ roleGrants(filter: {{ account: "{OFFICER}" }}) {{ nodes {{ role park endReason }} }} }}""",
    "api_keys": f"{{ apiKeys {{ nodes {{ {_KEY} }} }} }}",
    "api_keys_of_account": f'{{ apiKeys(account: "{MACHINE}") {{ nodes {{ id }} }} }}',
    "rights_trail": """
        { rightsTrail { nodes { position name streamKind project actor
            changes { path before after } documents { title } sentenceZh sentenceEn } } }""",
}


async def send(api: Api, command: object, command_id: UUID | None = None, **more: Any) -> Any:
    sent = input_of(command, command_id or uuid4(), QIYANG, **more)
    return (await api.query(text_of(type(command).__name__), input=sent))["answer"]


async def tell(api: Api) -> None:
    for command in STORY:
        assert (await send(api, command))["userErrors"] == []
    await send(api, OPEN_PLACE)


@pytest.fixture(scope="module")
async def granted(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over some rights and an empty place."""
    async with shared(cluster, tables, tell) as ready:
        yield ready


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_takes_one_statement(granted: Api, name: str, snapshot: Callable[[str, str], None]) -> None:
    answer = await granted.query(QUESTIONS[name])
    assert len(granted.took) == 1
    text = json.dumps(answer, ensure_ascii=False)
    # A day that follows from the one on which the test runs.
    for told in (KEY.expires_on.isoformat(), *day(KEY.expires_on)):
        text = text.replace(told, "<90 DAYS>")
    snapshot(name, written(QUESTIONS[name], json.loads(text), granted.took))


async def test_grants_and_keys_are_paged(granted: Api) -> None:
    for field, count in (("roleGrants", 6), ("apiKeys", 2), ("rightsTrail", len(STORY))):
        whole = (await granted.query(f"{{ {field} {{ nodes {{ position }} }} }}"))[field]["nodes"]
        assert len(whole) == count
        found: list[Any] = []
        after = None
        while after is not None or not found:
            text = f"""query ($after: String) {{ {field}(first: 1, after: $after) {{
                nodes {{ position }} pageInfo {{ endCursor hasNextPage }} }} }}"""
            page = (await granted.query(text, after=after))[field]
            found += page["nodes"]
            after = page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None
        assert found == whole


async def test_a_list_of_a_day_has_what_held_when_it_was_over(granted: Api) -> None:
    async def of(on: object) -> int:
        text = "query ($on: Date) { roleGrants(filter: { on: $on }) { nodes { id } } }"
        return len((await granted.query(text, on=str(on)))["roleGrants"]["nodes"])

    assert [await of(TODAY - timedelta(days=1)), await of(TODAY), await of("2199-12-31")] == [0, 5, 5]


@pytest.mark.parametrize(
    ("area", "accounts"),
    [
        ("000000", {"oidc:1", "oidc:2", "oidc:3", OFFICER, PRINCIPAL}),
        ("430000", {"oidc:1", "oidc:2", "oidc:3", OFFICER, PRINCIPAL}),
        ("431181", {"oidc:1", "oidc:2", OFFICER, PRINCIPAL}),
        ("431103", {"oidc:1", "oidc:2", "oidc:3"}),
        ("440000", {"oidc:1"}),
    ],
)
async def test_grants_that_reach_into_a_region_are_over_it_below_it_or_above_it(
    granted: Api, area: str, accounts: set[str]
) -> None:
    text = "query ($area: String!) { roleGrants(filter: { area: $area }) { nodes { account } } }"
    nodes = (await granted.query(text, area=area))["roleGrants"]["nodes"]
    assert {one["account"] for one in nodes} == accounts


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ('{ roleGrants(filter: { area: "123" }) { nodes { id } } }', "UNKNOWN_REGION", ["filter", "area"]),
        ('{ roleGrants(filter: { account: "x" }) { nodes { id } } }', "INVALID_VALUE", ["filter", "account"]),
        ('{ apiKeys(account: "x") { nodes { id } } }', "INVALID_VALUE", ["account"]),
        ("{ roleGrants(first: 201) { nodes { id } } }", "INVALID_VALUE", ["first"]),
    ],
)
async def test_what_can_not_be_asked_is_refused(granted: Api, text: str, code: str, path: list[str]) -> None:
    error = await granted.refused(text)
    assert (error["code"], error["path"]) == (code, path)


async def test_too_many_roles_are_refused(granted: Api) -> None:
    text = "query ($role: [Role!]) { roleGrants(filter: { role: $role }) { nodes { id } } }"
    assert (await granted.refused(text, role=["LEADER"] * 51))["path"] == ["filter", "role"]


async def test_no_list_of_places_nor_of_ledgers_knows_the_installation(granted: Api) -> None:
    data = await granted.query("""
        { places { region { code } } investmentTotals(basis: DISPATCH) { positions { region } }
          fundTotals { positions { region } } batchCounts { positions { region } }
          projects { nodes { name } } placeTrail(region: "431181") { nodes { region } } }""")
    only = [{"region": "431181"}]
    assert data == {
        "places": [{"region": {"code": "431181"}}],
        "investmentTotals": {"positions": only},
        "fundTotals": {"positions": only},
        "batchCounts": {"positions": only},
        "projects": {"nodes": []},
        "placeTrail": {"nodes": only},
    }
    found = {one.region: (one.position, one.projected) for one in await granted.services.runner.standings()}
    assert found == {"000000": (len(STORY), len(STORY)), "431181": (1, 1)}


@pytest.mark.parametrize("field", ["placeTrail", "unitLiaisons"])
async def test_no_client_names_the_installation_as_a_region(granted: Api, field: str) -> None:
    error = await granted.refused(f'{{ {field}(region: "000000") {{ nodes {{ __typename }} }} }}')
    assert error["code"] == "UNKNOWN_REGION"


async def test_no_secret_nor_the_hash_of_one_is_in_any_table_of_the_read_models(granted: Api) -> None:
    async with owner(granted.dsn) as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'projections'")
        assert len(tables) > 10
        for table in tables:
            rows = await connection.fetch(f"SELECT t::text AS row FROM projections.{table['tablename']} t")  # noqa: S608
            assert not [row for row in rows if KEY.sha256 in row["row"]], table


# Commands


async def test_a_right_is_given_and_taken_without_naming_a_ledger(api: Api) -> None:
    answer = await send(api, PLAIN)
    assert answer == {
        "userErrors": [],
        "version": 1,
        "position": 1,
        "settled": True,
        "grants": [{"account": OFFICER, "role": "COUNTY_APPROVER", "area": {"code": "431181"}}],
        "keys": [],
    }
    assert (await send(api, END))["version"] == 2
    assert (await send(api, KEY))["keys"] == [{"id": KEY_ID, "account": MACHINE}]
    assert await api.positions() == {"000000": 3}


async def test_the_same_command_again_gives_the_same_answer(api: Api) -> None:
    command_id = uuid4()
    first, again = await send(api, PLAIN, command_id), await send(api, PLAIN, command_id)
    assert first == again
    refused_id, admin = uuid4(), replace(PLAIN, role=Role.AUDIT_ADMIN)
    for _ in range(2):
        answer = await send(api, admin, refused_id)
        assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [("SEPARATED_ROLES", ["input", "role"])]
        assert (answer["grants"], answer["keys"]) == ([], [])
    assert await api.positions() == {"000000": 1}


async def test_a_project_is_named_by_its_global_id_and_told_by_it(api: Api) -> None:
    answer = await send(api, replace(LIAISON, unit=None, project=PROJECT_ID))
    assert answer["userErrors"] == []
    data = await api.query("{ roleGrants { nodes { project unit } } }")
    assert data["roleGrants"]["nodes"] == [{"project": PROJECT, "unit": None}]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"project": PROJECT, "area": "431100"}, "WRONG_SCOPE"),
        ({"project": encode_id("Project", "431103", PROJECT_ID)}, "WRONG_SCOPE"),
        ({"project": str(PROJECT_ID)}, "INVALID_VALUE"),
        ({"project": encode_id("Ceremony", QIYANG, PROJECT_ID)}, "INVALID_VALUE"),
    ],
    ids=str,
)
async def test_a_project_is_of_the_ledger_that_the_area_names(api: Api, sent: dict[str, Any], code: str) -> None:
    answer = await send(api, replace(LIAISON, unit=None, project=PROJECT_ID), **sent)
    assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [(code, ["input", "project"])]
    assert await api.positions() == {}


async def test_all_that_is_wrong_is_named_at_once(api: Api) -> None:
    wrong: dict[str, Any] = {"account": "nobody", "area": "000001", "project": "x"}
    answer = await send(api, replace(LIAISON, unit=None, project=PROJECT_ID), **wrong)
    assert {tuple(one["path"]) for one in answer["userErrors"]} == {("input", name) for name in wrong}
    answer = await send(api, KEY, keyId="A" * 16, sha256="0")
    assert {tuple(one["path"]) for one in answer["userErrors"]} == {("input", "keyId"), ("input", "sha256")}
    assert await api.positions() == {}


async def test_a_version_that_has_moved_on_is_refused(api: Api) -> None:
    await send(api, PLAIN)
    answer = await send(api, END, expectedVersion=0)
    assert [one["code"] for one in answer["userErrors"]] == ["VERSION_CONFLICT"]
    assert (await send(api, END, expectedVersion=1))["version"] == 2


async def test_two_administrators_roles_given_at_the_same_time_are_one(api: Api) -> None:
    """Both are judged on the account's own stream, so one of them sees the other."""
    handler = api.services.handler
    roles = (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN, Role.SECURITY_ADMIN)
    outcomes = await asyncio.gather(
        *(handler.handle(LOCAL, INSTALLATION, replace(PLAIN, role=role), command_id=uuid4()) for role in roles)
    )
    assert sorted(one.refused is None for one in outcomes) == [False, False, True]
    assert await api.positions() == {"000000": 1}
