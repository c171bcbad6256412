"""Who follows by Server-Sent Events: for as long as the rights last, and the end of them is told."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from service.domain.roles import Role
from tests.system.access import PATIENCE_S, QIYANG

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    import httpx2

    from tests.system.access import World
    from tests.system.operator import Key

EVENTS: Final = {"Accept": "text/event-stream"}
CHANGES: Final = "subscription ($id: ID!) { changes(filter: {projects: [$id]}) { changes { name } cursor } }"
PROJECT: Final = "subscription ($id: ID!) { projectChanged(id: $id) { name } }"


async def events(answer: httpx2.Response) -> AsyncIterator[tuple[str, Any]]:
    """Yield the events of a stream with their data; comments are none."""
    kind = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(":")
        if name == "event":
            kind = value.strip()
        elif name == "data":
            yield kind, json.loads(value) if value.strip() else None


async def _end(world: World, key: Key, grant_id: UUID) -> None:
    await world.operator.end(key.account, grant_id)


async def _revoke(world: World, key: Key, _grant_id: UUID) -> None:
    await world.operator.revoke(key)


@pytest.mark.parametrize("query", [CHANGES, PROJECT], ids=["changes", "project"])
@pytest.mark.parametrize(
    ("how", "end", "codes"),
    [("ended", _end, {"FORBIDDEN", "NOT_FOUND"}), ("revoked", _revoke, {"UNAUTHENTICATED"})],
)
async def test_a_stream_ends_with_the_right_to_it_and_says_why(
    world: World, how: str, end: Any, codes: set[str], query: str
) -> None:
    account = f"machine:streams-{how}-{'changes' if query == CHANGES else 'project'}"
    grant_id = await world.operator.grant(account, Role.CITY_DISPATCHER, QIYANG)
    key = await world.operator.issue(account)
    await world.known(key.token)
    sent = {"query": query, "variables": {"id": world.hidden.node}}
    async with (
        asyncio.timeout(2 * PATIENCE_S),
        world.there.client(key.token) as client,
        client.stream("POST", "/graphql", json=sent, headers=EVENTS) as answer,
    ):
        told = events(answer)
        kind, first = await anext(told)
        assert (kind, "errors" in first) == ("next", False)
        # The other process is not told by this one: it follows the log.
        await end(world, key, grant_id)
        kind, last = await anext(told)
        assert kind == "next"
        assert {one["extensions"]["code"] for one in last["errors"]} <= codes
        assert [one async for one in told] == [("complete", None)]
