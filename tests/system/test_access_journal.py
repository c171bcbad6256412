"""What failed and who read personal data stands in the journal, with no value in it; and who acts for whom in facts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx2
import pytest

from service.domain.roles import Role
from tests.system.access import LENGSHUITAN, ME, NOTE, PROJECT, QIYANG, ROSTER, UNIT, asked, code, data, watcher
from tests.system.running import bearer
from tests.system.sockets import code_of, greet, opened, receive, subscribe

if TYPE_CHECKING:
    from tests.system.access import World
    from tests.system.operator import Key

MARK: Final = "绝密数值7391"
"""In what is sent, and in nothing that is kept of it."""
CONTACTS: Final = "query ($id: ID!) { project(id: $id) { roster { contact } } }"
HOLDERS: Final = "query ($id: ID!) { project(id: $id) { roster { holder } } }"
READS: Final = """query ($caller: String) { personalReads(filter: { caller: $caller }) {
  nodes { caller principal operation fields regions count } } }"""
FAILED: Final = """query ($caller: String) { failedAttempts(filter: { caller: $caller }) {
  nodes { caller principal address operation code detail count } } }"""
VOID: Final = "mutation ($input: VoidProjectInput!) { projectVoid(input: $input) { userErrors { code } } }"
TRAIL: Final = "query ($id: ID!) { auditTrail(project: $id, first: 100) { nodes { name actor principal } } }"
OWNER: Final = "machine:owner-of-a-project"


async def told(world: World, query: str, account: str, rows: int) -> list[dict[str, Any]]:
    """Return what the journal has of an account, once there are so many rows of it."""
    found: list[dict[str, Any]] = []
    async with world.here.client(await watcher(world)) as client:

        async def are_there() -> bool:
            (page,) = (await data(client, query, caller=account)).values()
            found[:] = page["nodes"]
            return len(found) >= rows

        await world.eventually(are_there)
    return found


async def test_every_attempt_that_failed_is_noted_without_a_value(world: World) -> None:
    key = await world.operator.machine("fails", Role.REPORTER, QIYANG)
    await world.known(key.token)
    note = world.hidden.note(MARK)
    identity = {"name": MARK, "region": MARK, "category": MARK, "track": "PROMOTED"}
    wrong = {"commandId": str(uuid4()), "place": QIYANG, "identity": identity}
    void = {"commandId": str(uuid4()), "projectId": world.hidden.node, "reason": MARK}
    register = "mutation ($input: RegisterProjectInput!) { projectRegister(input: $input) { userErrors { code } } }"
    async with world.here.client(key.token) as client:
        assert await code(client, "{ roleGrants { nodes { account } } }") == "FORBIDDEN"
        assert await code(client, TRAIL, id=world.hidden.node) == "FORBIDDEN"
        assert await code(client, VOID, input=void) == "FORBIDDEN"
        assert await code(client, NOTE, input=note | {"projectId": world.elsewhere.node}) == "NOT_FOUND"
        answer = await data(client, register, input=wrong)
        assert answer["projectRegister"]["userErrors"]
        assert (await data(client, NOTE, input=note | {"occurredOn": "2999-01-01"}))["progressNote"]["userErrors"]
    noted = await told(world, FAILED, key.account, 6)
    assert sorted((one["operation"], one["code"], one["detail"], one["count"]) for one in noted) == [
        ("auditTrail", "FORBIDDEN", "AuditEntry.actor", 1),
        ("progressNote", "INVALID_VALUE", "occurred_on", 1),
        ("progressNote", "NOT_FOUND", "project_id", 1),
        ("projectRegister", "UNKNOWN_REGION", "identity.region", 1),
        ("projectVoid", "FORBIDDEN", "", 1),
        ("roleGrants", "FORBIDDEN", "Query.roleGrants", 1),
    ]
    assert MARK not in json.dumps(noted, ensure_ascii=False)
    rows = await world.fetch("SELECT f::text FROM taizhang.failed_attempt f")
    assert not [row for row in rows if MARK in row[0]]
    assert not [service for service in world.services if MARK in service.told]


@pytest.mark.parametrize(
    ("role", "area"), [(Role.AUDIT_ADMIN, QIYANG), (Role.SECURITY_ADMIN, "000000"), (Role.AUDITOR, "000000")]
)
async def test_who_does_not_watch_over_all_reads_no_journal(world: World, role: Role, area: str) -> None:
    key = await world.operator.machine(f"no-watcher-{role.lower()}", role, area)
    await world.known(key.token)
    async with world.here.client(key.token) as client:
        for query in ("{ failedAttempts { nodes { code } } }", "{ personalReads { nodes { count } } }"):
            (error,) = (await asked(client, query))["errors"]
            assert error["extensions"]["code"] == "FORBIDDEN"


async def test_a_read_of_what_is_masked_is_no_read_of_personal_data(world: World) -> None:
    # A reporter is shown names and no contacts, a finance office neither, a liaison of the unit both.
    reporter = await world.operator.machine("reads-names", Role.REPORTER, QIYANG)
    finance = await world.operator.machine("reads-neither", Role.FINANCE_OFFICE, QIYANG)
    liaison = await world.operator.machine("reads-both", Role.UNIT_LIAISON, QIYANG, unit=UNIT)

    async def seen(key: Key, query: str) -> list[tuple[object, ...]]:
        async with world.here.client(key.token) as client:
            found = (await data(client, query, id=world.hidden.node))["project"]["roster"]
            return sorted(tuple(post.get(name) for name in ("holder", "contact") if name in post) for post in found)

    for key in (reporter, finance, liaison):
        await world.known(key.token)
    # The official is public in both; the steward in neither.
    assert await seen(reporter, CONTACTS) == [("13800000001",), ("139****0002",)]
    assert await seen(finance, ROSTER) == [("牵头领导甲", "13800000001"), ("项*", "139****0002")]
    assert await seen(reporter, HOLDERS) == [("牵头领导甲",), ("项目管家甲",)]
    assert await seen(reporter, ROSTER) == [("牵头领导甲", "13800000001"), ("项目管家甲", "139****0002")]
    assert await seen(liaison, ROSTER) == [("牵头领导甲", "13800000001"), ("项目管家甲", "13900000002")]
    both = await told(world, READS, liaison.account, 1)
    assert [(one["operation"], one["fields"], one["regions"]) for one in both] == [
        ("project", ["RosterPost.contact", "RosterPost.holder"], [QIYANG])
    ]
    names = await told(world, READS, reporter.account, 1)
    assert {(one["operation"], *one["fields"], *one["regions"]) for one in names} == {
        ("project", "RosterPost.holder", QIYANG)
    }
    assert sum(one["count"] for one in names) == 2
    async with world.here.client(await watcher(world)) as client:
        assert (await data(client, READS, caller=finance.account))["personalReads"]["nodes"] == []
        assert (await data(client, READS, caller="anonymous"))["personalReads"]["nodes"] == []
    values = [row[0] for row in await world.fetch("SELECT r::text FROM taizhang.personal_read r")]
    assert not [one for one in values if "13900000002" in one or "项目管家甲" in one]


def on_behalf(of: str) -> dict[str, str]:
    return {"Taizhang-Principal": of}


async def test_an_agent_acts_for_its_principal_and_both_are_in_the_fact(world: World) -> None:
    grant_id = await world.operator.grant("machine:agent", Role.AGENT, QIYANG, principal=OWNER)
    key = await world.operator.issue("machine:agent")
    await world.known(key.token, principal=OWNER)
    # For itself it may nothing.
    async with world.here.client(key.token) as client:
        assert (await data(client, ME))["me"] == {"account": key.account, "principal": None, "grants": []}
        assert (await data(client, PROJECT, id=world.hidden.node))["project"] is None
        assert await code(client, NOTE, input=world.hidden.note("自行填报")) == "NOT_FOUND"
    subject = await world.register("演示代办项目")
    async with world.here.client(key.token) as client:
        client.headers.update(on_behalf(OWNER))
        me = {"account": key.account, "principal": OWNER, "grants": [{"role": "AGENT"}]}
        assert (await data(client, ME))["me"] == me
        assert (await data(client, NOTE, input=subject.note("代为填报")))["progressNote"]["userErrors"] == []
    async with opened(world.there, bearer(key.token) | on_behalf(OWNER)) as socket:
        await greet(socket)
        answer = await subscribe(socket, NOTE, input=subject.note("经套接字代为填报"))
        assert answer["payload"]["data"]["progressNote"]["userErrors"] == []
    async with opened(world.there, {}) as socket:
        await greet(socket, Authorization=f"Bearer {key.token}", **on_behalf(OWNER))
        answer = await subscribe(socket, NOTE, input=subject.note("在首条消息中代为填报"))
        assert answer["payload"]["data"]["progressNote"]["userErrors"] == []
    approver = await world.operator.machine("reads-the-trail", Role.COUNTY_APPROVER, QIYANG)
    await world.known(approver.token)
    async with world.here.client(approver.token) as client:

        async def is_whole() -> bool:
            trail = (await data(client, TRAIL, id=subject.node))["auditTrail"]["nodes"]
            noted = [(one["actor"], one["principal"]) for one in trail if one["name"] == "ProgressNoted"]
            return noted == [(key.account, OWNER)] * 3

        await world.eventually(is_whole)
    # It ends in both processes as any other.
    await world.operator.end(key.account, grant_id)
    for service in world.services:
        async with service.client(key.token) as client:
            client.headers.update(on_behalf(OWNER))

            async def is_over(client: httpx2.AsyncClient = client) -> bool:
                return (await client.post("/graphql", json={"query": ME})).status_code == httpx2.codes.FORBIDDEN

            await world.eventually(is_over)


@pytest.mark.parametrize("principal", ["machine:somebody-else", "oidc:", "x" * 5_000, "anonymous", "\u00e9\u00ff"])
async def test_nobody_acts_for_whom_they_were_not_granted_to(world: World, principal: str) -> None:
    if "machine:agent-of-one" not in world.keys:
        await world.operator.grant("machine:agent-of-one", Role.AGENT, QIYANG, principal=OWNER)
        await world.operator.grant("machine:agent-of-one", Role.REPORTER, LENGSHUITAN)
        world.keys["machine:agent-of-one"] = await world.operator.issue("machine:agent-of-one")
    key = world.keys["machine:agent-of-one"]
    await world.known(key.token)
    async with world.here.client(key.token) as client:
        answer = await client.post(
            "/graphql", json={"query": ME}, headers={b"Taizhang-Principal": principal.encode("latin-1")}
        )
    assert answer.status_code == httpx2.codes.FORBIDDEN
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN", "messageZh": "您未获授权代表该账号办理。"}
    (noted, *_) = await told(world, FAILED, key.account, 1)
    assert (noted["operation"], noted["code"], noted["detail"]) == ("signIn", "FORBIDDEN", "principal")


async def test_a_principal_gives_nothing_to_who_says_nothing_of_themselves(world: World) -> None:
    async with world.here.client("") as client:
        client.headers.update(on_behalf(OWNER))
        assert (await data(client, ME))["me"] == {"account": "anonymous", "principal": None, "grants": []}
    async with opened(world.here, {}) as socket:
        await greet(socket, **on_behalf(OWNER))
        answer = await subscribe(socket, PROJECT, id=world.hidden.node)
        assert (code_of(answer), answer["payload"]["data"]["project"]) == (None, None)
        assert (await receive(socket))["type"] == "complete"
