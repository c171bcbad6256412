"""Changes followed by the clients that front-ends use, through restarts and power cuts, over both transports."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest
from websockets.exceptions import ConnectionClosed

from tests.clients.node import program
from tests.conftest import copy
from tests.system.operator import furnish
from tests.system.running import Load, Running, open_place, register, registration, running
from tests.system.sockets import greet, opened, receive, send

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from service.embedded import EmbeddedPostgres
    from tests.clients.node import Program

TRANSPORTS: Final = ("ws", "sse")
EVENTS: Final = {"Accept": "text/event-stream"}
NAMES: Final = "{ projects { nodes { name } } }"
REGISTER: Final = """mutation ($input: RegisterProjectInput!) {
  projectRegister(input: $input) { userErrors { code } } }"""
LIVE: Final = """subscription ($after: String, $from: ChangeStart) {
  changes(after: $after, from: $from) { changes { position } cursor } }"""


@pytest.fixture(scope="module")
def service(module_folder: Path) -> Iterator[Running]:
    """Give a service with a place, to tests that leave it running."""
    with running(module_folder) as ready:
        asyncio.run(_open(ready))
        yield ready


async def _open(service: Running) -> None:
    async with service.client() as client:
        await open_place(client)


def _token(service: Running) -> str:
    return service.headers()["Authorization"].removeprefix("Bearer ")


def _once(service: Running, transport: str, query: str, *rest: str, token: str | None = None) -> Any:
    said = _token(service) if token is None else token
    return program("once.mjs", transport, f"{service.address}/graphql", said, query, *rest)


async def _read(node: Program, upto: int) -> list[int]:
    """Return the positions that a follower tells, up to one."""
    found: list[int] = []
    while upto not in found:
        line = await node.tells()
        if line.get("data"):
            found += [one["position"] for one in line["data"]["changes"]["changes"]]
    return found


@pytest.mark.parametrize("end", [Running.kill, Running.stop], ids=["power cut", "stop"])
@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_client_follows_over_a_restart_and_misses_and_repeats_nothing(
    service: Running, transport: str, end: Any, request: pytest.FixtureRequest
) -> None:
    first = 1_000 * (1 + request.node.session.items.index(request.node))
    async with program("follow.mjs", transport, f"{service.address}/graphql", _token(service)) as node:
        async with service.client() as client:
            last = [await register(client, first + number) for number in range(3)][-1]
        found = await _read(node, last)
        await asyncio.to_thread(end, service)
        await asyncio.to_thread(service.start)
        async with service.client() as client:
            last = [await register(client, first + number) for number in range(3, 6)][-1]
        found += await _read(node, last)
    assert found == list(range(1, last + 1))


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_queries_and_mutations_go_over_every_transport(service: Running, transport: str) -> None:
    sent = json.dumps({"input": registration(1 + TRANSPORTS.index(transport))})
    async with _once(service, transport, REGISTER, sent) as node:
        assert (await node.tells())["next"] == {"data": {"projectRegister": {"userErrors": []}}}
        assert await node.tells() == {"complete": True}
    async with _once(service, transport, NAMES) as node:
        assert (await node.tells())["next"]["data"]["projects"]["nodes"]
        assert await node.tells() == {"complete": True}


@pytest.mark.parametrize("query", ["{ nonsense }", "{", "query A { me { account } } query B { me { account } }"])
async def test_what_can_not_be_carried_out_is_a_400_before_any_event(service: Running, query: str) -> None:
    async with _once(service, "sse", query) as node:
        assert await node.tells() == {"error": "Server responded with 400: Bad Request"}
    async with service.client() as client:
        answer = await client.post("/graphql", json={"query": query}, headers=EVENTS)
        assert answer.headers["content-type"].startswith("application/json")
        assert [one["extensions"]["code"] for one in answer.json()["errors"]] == ["BAD_REQUEST"]


async def test_who_is_not_known_or_may_not_gets_a_status_and_not_an_event(service: Running) -> None:
    async with service.client("tz_0123456789abcdef_" + "B" * 43) as client:
        assert (await client.post("/graphql", json={"query": NAMES}, headers=EVENTS)).status_code == 401
    async with service.client("") as client:
        answer = await client.post("/graphql", json={"query": LIVE}, headers=EVENTS)
        assert answer.status_code == 403
        assert answer.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_events_may_be_asked_for_by_get_but_nothing_is_changed_by_it(service: Running) -> None:
    async with service.client() as client:
        answer = await client.get("/graphql", params={"query": "{ me { account } }"}, headers=EVENTS)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (
            answer.text
            == ':\n\nevent: next\ndata: {"data":{"me":{"account":"development"}}}\n\nevent: complete\ndata:\n\n'
        )
        sent = {"query": REGISTER, "variables": json.dumps({"input": registration(5)})}
        refused = await client.get("/graphql", params=sent, headers=EVENTS)
        assert (refused.status_code, refused.headers["content-type"]) == (405, "application/json")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, multipart/mixed", "text/event-stream"),
        ("application/json;q=0.5, text/event-stream", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        ("application/json, text/event-stream;q=0.9", "application/json"),
        ("text/event-stream;q=0, */*", "application/json"),
    ],
)
async def test_events_are_sent_to_who_wants_them_most(service: Running, accept: str, media: str) -> None:
    async with service.client() as client:
        answer = await client.post("/graphql", json={"query": NAMES}, headers={"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == media


async def test_a_power_cut_of_one_process_is_gone_on_from_at_another(
    cluster: EmbeddedPostgres, tables: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folders = [tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")]
    async with copy(cluster, tables) as dsn:
        token = await furnish(dsn)
        with running(folders[0], database_url=dsn) as here, running(folders[1], database_url=dsn) as there:
            here.token = there.token = token
            load = Load(there, clients=4)
            loading = asyncio.create_task(load.run())
            found, cursor = await _until_cut(here, after=None, cut=lambda: load.more(150))
            load.stop()
            await loading
            last = max(load.acknowledged.values())
            while last not in found:
                more, cursor = await _take(there, cursor)
                found += more
    assert found == list(range(1, last + 1))


async def _until_cut(service: Running, *, after: str | None, cut: Callable[[], Awaitable[None]]) -> Any:
    """Follow until the process is killed in the midst of it; return what was told and the last cursor."""

    async def kill() -> None:
        await cut()
        await asyncio.to_thread(service.kill)

    killing = asyncio.create_task(kill())
    found: list[int] = []
    async with opened(service) as socket:
        await greet(socket)
        await _ask(socket, after)
        with suppress(ConnectionClosed):
            while True:
                told = (await receive(socket))["payload"]["data"]["changes"]
                found += [one["position"] for one in told["changes"]]
                after = told["cursor"]
    await killing
    assert found
    return found, after


async def _take(service: Running, after: str | None) -> tuple[list[int], str]:
    async with opened(service) as socket:
        await greet(socket)
        await _ask(socket, after)
        told = (await receive(socket))["payload"]["data"]["changes"]
        return [one["position"] for one in told["changes"]], told["cursor"]


async def _ask(socket: ClientConnection, after: str | None) -> None:
    variables = {"from": "BEGINNING"} if after is None else {"after": after}
    await send(socket, id="1", type="subscribe", payload={"query": LIVE, "variables": variables})
