"""公众: who says nothing of themselves sees what was published, as long as it is, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import asyncpg
import pytest

from service.database import PUBLIC_ROLE
from service.domain.publication import PublishedItem
from service.domain.roles import Role
from tests.system.access import NOTE, PROJECT, PROJECTS, QIYANG, ROSTER, asked, code, data, publish, staff

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx2

    from tests.system.access import Subject, World

WITHDRAW: Final = """mutation ($input: WithdrawItemInput!) {
  itemWithdraw(input: $input) { userErrors { code } settled } }"""
VOID: Final = "mutation ($input: VoidProjectInput!) { projectVoid(input: $input) { userErrors { code } settled } }"
EXEMPT: Final = "mutation ($input: ExemptItemInput!) { itemExempt(input: $input) { userErrors { code } settled } }"


@pytest.fixture
async def public(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the first service that says nothing of itself."""
    async with world.here.client("") as client:
        yield client


@pytest.fixture
async def approver(world: World) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of the first service who decides on what is published."""
    if "approver" not in world.keys:
        world.keys["approver"] = await world.operator.machine("approver", Role.COUNTY_APPROVER, QIYANG)
        await world.known(world.keys["approver"].token)
    async with world.here.client(world.keys["approver"].token) as client:
        yield client


async def test_the_public_sees_published_projects_alone(world: World, public: httpx2.AsyncClient) -> None:
    names = {one["name"] for one in (await data(public, PROJECTS))["projects"]["nodes"]}
    assert world.shown.name in names
    assert not names & {world.hidden.name, world.elsewhere.name}
    for subject in (world.hidden, world.elsewhere):
        assert (await data(public, PROJECT, id=subject.node))["project"] is None
    # What is not shown is not counted, either.
    counted = (await data(public, "{ projectCounts { projects } }"))["projectCounts"]
    assert sum(one["projects"] for one in counted) == len(names)


async def test_it_sees_of_persons_who_are_public_and_nothing_of_the_others(
    world: World, public: httpx2.AsyncClient
) -> None:
    roster = (await data(public, ROSTER, id=world.shown.node))["project"]["roster"]
    assert {(one["holder"], one["contact"]) for one in roster} == {("牵头领导甲", "13800000001"), (None, None)}


@pytest.mark.parametrize(
    "query",
    [
        "query ($id: ID!) { project(id: $id) { gates { gate } } }",
        "query ($id: ID!) { project(id: $id) { contractedTotal { amount } } }",
        "query ($id: ID!) { project(id: $id) { formerRoster { holder } } }",
        "query ($id: ID!) { auditTrail(project: $id) { nodes { name } } }",
        "query ($id: ID!) { a: project(id: $id) { name } people { nodes { holder } } }",
        "{ roleGrants { nodes { account } } }",
        "{ failedAttempts { nodes { code } } }",
        "{ warningCounts { projects } }",
    ],
)
async def test_what_is_not_public_is_not_even_to_be_asked_for(
    world: World, public: httpx2.AsyncClient, query: str
) -> None:
    variables = {"id": world.shown.node} if "$id" in query else {}
    answer = await asked(public, query, **variables)
    assert [one["extensions"]["code"] for one in answer["errors"]] == ["FORBIDDEN"]
    assert answer.get("data") is None


async def test_it_can_change_nothing(world: World, public: httpx2.AsyncClient) -> None:
    for subject in (world.shown, world.hidden):
        assert await code(public, NOTE, input=subject.note("公众留言")) == "NOT_FOUND"


async def _published(world: World, name: str) -> Subject:
    subject = await world.register(name)
    await staff(world.operator, subject)
    await publish(world.operator, subject, PublishedItem.STAGE, PublishedItem.ROSTER)
    await world.shows(subject)
    return subject


@pytest.mark.parametrize(
    ("name", "mutation", "more"),
    [
        ("演示撤回项目", WITHDRAW, {"item": "STAGE"}),
        ("演示豁免项目", EXEMPT, {"item": "STAGE", "ground": "TRADE_SECRET"}),
        ("演示作废项目", VOID, {}),
    ],
)
async def test_a_project_that_is_taken_down_is_gone_at_once(
    world: World, approver: httpx2.AsyncClient, name: str, mutation: str, more: dict[str, Any]
) -> None:
    subject = await _published(world, name)
    sent = {"commandId": str(uuid4()), "projectId": subject.node, "reason": "信息有误", **more}
    (payload,) = (await data(approver, mutation, input=sent)).values()
    assert payload == {"userErrors": [], "settled": True}
    # The same tables answer both services.
    for service in world.services:
        async with service.client("") as client:
            assert (await data(client, PROJECT, id=subject.node))["project"] is None
            nodes = (await data(client, PROJECTS))["projects"]["nodes"]
            assert subject.name not in [one["name"] for one in nodes]


async def test_an_item_that_is_taken_down_is_gone_alone(
    world: World, public: httpx2.AsyncClient, approver: httpx2.AsyncClient
) -> None:
    subject = await _published(world, "演示部分撤回项目")
    sent = {"commandId": str(uuid4()), "projectId": subject.node, "reason": "人员待核实", "item": "ROSTER"}
    assert (await data(approver, WITHDRAW, input=sent))["itemWithdraw"] == {"userErrors": [], "settled": True}
    assert (await data(public, PROJECT, id=subject.node))["project"] == {"name": subject.name}
    assert (await data(public, ROSTER, id=subject.node))["project"] == {"roster": []}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM projections.project_status",
        "SELECT contracted_fen FROM projections.project_status",
        "SELECT * FROM projections.audit_history",
        "SELECT * FROM taizhang.fact",
        "SELECT * FROM taizhang.private",
        "SELECT * FROM taizhang.failed_attempt",
        "UPDATE projections.project_status SET name = ''",
    ],
)
async def test_the_role_that_answers_the_public_may_read_nothing_else(world: World, sql: str) -> None:
    connection = await asyncpg.connect(world.dsn)
    try:
        await connection.execute(f"SET ROLE {PUBLIC_ROLE}")
        await connection.execute("SELECT set_config('app.scope', '431181,431103', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(sql)
        shown = {row["name"] for row in await connection.fetch("SELECT name FROM projections.project_status")}
        assert world.shown.name in shown
        assert not shown & {world.hidden.name, world.elsewhere.name}
    finally:
        await connection.close()
