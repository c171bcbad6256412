"""Who calls over a WebSocket: by a header or by its first message, and for as long as the rights last."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from schema.sockets import MOST_SMALL
from service.domain.roles import Role
from service.domain.schedule import NoteProgress
from service.domain.values import LongText, Region
from tests.system.access import LENGSHUITAN, ME, PATIENCE_S, PROJECT, QIYANG, data
from tests.system.running import bearer
from tests.system.sockets import code_of, greet, opened, receive, send, subscribe

if TYPE_CHECKING:
    from uuid import UUID

    from websockets.asyncio.client import ClientConnection

    from tests.system.access import Subject, World
    from tests.system.operator import Key

FOLLOW: Final = "subscription ($id: ID!) { projectChanged(id: $id) { name progressNotes { text } } }"
NOTES: Final = "query ($id: ID!) { project(id: $id) { progressNotes { text } } }"
BAD: Final = "tz_0123456789abcdef_" + "B" * 43


async def note(world: World, subject: Subject, text: str) -> None:
    """Store a fact about a project, and wait until whoever may see it is shown it by both services."""
    command = NoteProgress(project_id=subject.id, occurred_on=world.day, text=LongText(text))
    await world.operator.send(Region(subject.region), command)
    witness = await _machine(world, "witness", Role.CITY_DISPATCHER)
    for service in world.services:
        async with service.client(witness.token) as client:

            async def is_shown(client: Any = client) -> bool:
                notes = (await data(client, NOTES, id=subject.node))["project"]["progressNotes"]
                return text in [one["text"] for one in notes]

            await world.eventually(is_shown)


async def test_a_bad_token_in_the_header_opens_no_socket(world: World) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with opened(world.here, bearer(BAD), at=world.address()):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "said",
    [
        {"Authorization": f"Bearer {BAD}"},
        {"Authorization": f"Basic {BAD}"},
        {"Authorization": ""},
        {"Authorization": 5},
        {"Authorization": ["Bearer", BAD]},
        {"Authorization": "Bearer " + "x" * 100_000},
    ],
    ids=["unknown", "another scheme", "empty", "a number", "a list", "too long"],
)
@pytest.mark.parametrize("is_known", [False, True], ids=["of the public", "of somebody"])
async def test_a_bad_token_in_the_first_message_leaves_nothing_usable(
    world: World, said: dict[str, Any], *, is_known: bool
) -> None:
    headers = bearer((await _machine(world, "known-socket")).token) if is_known else {}
    async with opened(world.here, headers, at=world.address()) as socket:
        await send(socket, type="connection_init", payload=said)
        # Sent behind it, before the answer is there; also the greeting of somebody who says nothing.
        await send(socket, type="connection_init")
        await send(socket, id="1", type="subscribe", payload={"query": ME})
        with pytest.raises(ConnectionClosed):
            pytest.fail(f"told {await receive(socket)}")
    # What is longer than any first message is cut off before it is read.
    assert socket.close_code == (1009 if len(str(said)) > MOST_SMALL else 4403)


async def _machine(world: World, name: str, role: Role = Role.REPORTER) -> Key:
    """Return a machine's key, issued once; an account has two at most."""
    if name not in world.keys:
        world.keys[name] = await world.operator.machine(name, role, QIYANG)
        await world.known(world.keys[name].token)
    return world.keys[name]


async def test_nothing_is_answered_before_the_first_message(world: World) -> None:
    async with opened(world.here, {}) as socket:
        await send(socket, id="1", type="subscribe", payload={"query": ME})
        with pytest.raises(ConnectionClosed):
            pytest.fail(f"told {await receive(socket)}")
    assert socket.close_code == 4401


async def test_the_public_sees_over_a_socket_what_it_sees_elsewhere(world: World) -> None:
    async with opened(world.here, {}) as socket:
        await greet(socket)
        for subject, shown in ((world.shown, {"name": world.shown.name}), (world.hidden, None)):
            answer = await subscribe(socket, PROJECT, id=subject.node)
            assert answer["payload"]["data"]["project"] == shown
            assert (await receive(socket))["type"] == "complete"
        assert code_of(await subscribe(socket, FOLLOW, id=world.shown.node)) == "FORBIDDEN"


async def test_who_is_said_in_the_first_message_stands_for_the_whole_socket(world: World) -> None:
    key = await _machine(world, "first-message")
    async with opened(world.here, {}) as socket:
        await greet(socket, Authorization=f"Bearer {key.token}")
        answer = await subscribe(socket, ME)
        assert answer["payload"]["data"]["me"]["account"] == key.account


async def _end(world: World, key: Key, grant_id: UUID) -> None:
    await world.operator.end(key.account, grant_id)


async def _revoke(world: World, key: Key, _grant_id: UUID) -> None:
    await world.operator.revoke(key)


async def _move(world: World, key: Key, grant_id: UUID) -> None:
    await world.operator.grant(key.account, Role.CITY_DISPATCHER, LENGSHUITAN)
    await world.operator.end(key.account, grant_id)


@pytest.mark.parametrize(
    ("how", "end", "codes"),
    [
        ("ended", _end, {"NOT_FOUND", "FORBIDDEN"}),
        ("moved", _move, {"NOT_FOUND", "FORBIDDEN"}),
        ("revoked", _revoke, {"UNAUTHENTICATED"}),
    ],
)
@pytest.mark.parametrize("which", ["hidden", "shown"])
async def test_a_subscription_ends_with_the_right_to_it_and_shows_no_later_fact(
    world: World, how: str, end: Any, codes: set[str], which: str
) -> None:
    subject: Subject = getattr(world, which)
    account = f"machine:follower-{how}-{which}"
    grant_id = await world.operator.grant(account, Role.CITY_DISPATCHER, QIYANG)
    key = await world.operator.issue(account)
    await world.known(key.token)
    # The other process took the key away, or this one: both are followed.
    sockets = [opened(service, {}) for service in world.services]
    async with sockets[0] as one, sockets[1] as other:
        for socket in (one, other):
            await greet(socket, Authorization=f"Bearer {key.token}")
            first = await subscribe(socket, FOLLOW, id=subject.node)
            assert first["payload"]["data"]["projectChanged"]["name"] == subject.name
        await end(world, key, grant_id)
        told = await asyncio.gather(*(_until_the_end(socket) for socket in (one, other)))
        assert {code_of(messages[-1]) for messages in told} <= codes, told
        await note(world, subject, f"后来-{how}-{which}")
        for socket in (one, other):
            # What comes next is the answer to this, and nothing of the project.
            await send(socket, id="2", type="subscribe", payload={"query": PROJECT, "variables": {"id": subject.node}})
            answer = await receive(socket)
            while answer["type"] == "complete" and answer["id"] == "1":
                answer = await receive(socket)
            assert answer["id"] == "2"
            seen = None if answer["type"] == "error" else answer["payload"]["data"]["project"]
            public = {"name": subject.name} if (how, which) == ("ended", "shown") else None
            assert seen == public


async def _until_the_end(socket: ClientConnection) -> list[Any]:
    """Return what a subscription still tells, up to its error."""
    messages = []
    async with asyncio.timeout(PATIENCE_S):
        while True:
            messages.append(await receive(socket))
            if code_of(messages[-1]) is not None:
                return messages


async def test_a_mutation_over_a_socket_is_judged_by_the_rights_of_its_moment(world: World) -> None:
    account = "machine:writer-over-socket"
    grant_id = await world.operator.grant(account, Role.CITY_DISPATCHER, QIYANG)
    key = await world.operator.issue(account)
    await world.known(key.token)
    mutation = "mutation ($input: NoteProgressInput!) { progressNote(input: $input) { userErrors { code } } }"
    async with opened(world.there, bearer(key.token)) as socket:
        await greet(socket)
        answer = await subscribe(socket, mutation, input=world.hidden.note("之前"))
        assert answer["payload"]["data"]["progressNote"]["userErrors"] == []
        assert (await receive(socket))["type"] == "complete"
        await world.operator.end(account, grant_id)
        await world.known(key.token, grants=0)
        answer = await subscribe(socket, mutation, input=world.hidden.note("之后"))
        assert answer["payload"]["data"]["progressNote"]["userErrors"] == [{"code": "NOT_FOUND"}]
