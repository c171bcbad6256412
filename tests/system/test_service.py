"""The service as a user meets it: its addresses, its WebSocket, what it refuses, and a database that goes away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed

from service.embedded import EmbeddedPostgres
from tests.log.proxy import proxy
from tests.system.operator import furnish
from tests.system.running import RetryableError, Running, ask, open_place, register, registration, running
from tests.system.sockets import opened, receive, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

VOID = """mutation ($input: VoidProjectInput!) { projectVoid(input: $input) { userErrors { code } settled } }"""
FOLLOW = "subscription ($id: ID!) { projectChanged(id: $id) { name voided version } }"


@pytest.fixture(scope="module")
def served(module_folder: Path) -> Iterator[Running]:
    with running(module_folder) as service:
        yield service


@pytest.fixture
async def client(served: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with served.client() as ready:
        await open_place(ready)
        yield ready


async def test_the_front_page_leads_to_the_explorer(client: httpx2.AsyncClient) -> None:
    page = await client.get("/", follow_redirects=True)
    assert page.url.path == "/explorer"
    assert page.status_code == httpx2.codes.OK


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"query": "{ places { name } }", "variables": {"a": NaN}}', 400),
        (b'{"query": "{ places { name } }", "variables": {"a": "\\ud800"}}', 400),
        (b'{"query": "' + b" " * 2_300_000 + b'{ places { name } }"}', 413),
        (b"[" * 100_000, 400),
    ],
)
async def test_what_is_no_request_is_refused_as_the_senders_fault(
    client: httpx2.AsyncClient, body: bytes, status: int
) -> None:
    answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status


async def test_a_page_elsewhere_can_not_reach_it_by_a_name_of_its_own(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": "{ places { name } }"}, headers={"Host": "evil.example"})
    assert answer.status_code == httpx2.codes.BAD_REQUEST


async def test_a_port_in_use_is_said_in_a_line(served: Running, folder: Path) -> None:
    other = Running(folder)
    other.port = served.port
    code, told = other.fail()
    assert code == 1
    assert f"TAIZHANG_PORT {served.port}" in told
    assert "Traceback" not in told


async def test_a_subscription_tells_of_each_change(served: Running, client: httpx2.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": _REGISTER_AND_SHOW, "variables": {"input": registration(1)}})
    project_id = answer.json()["data"]["projectRegister"]["project"]["id"]
    async with opened(served) as socket:
        await send(socket, type="connection_init")
        assert (await receive(socket))["type"] == "connection_ack"
        await send(socket, id="1", type="subscribe", payload={"query": FOLLOW, "variables": {"id": project_id}})
        first = await receive(socket)
        assert first["payload"]["data"]["projectChanged"] == {"name": "测试项目1", "voided": False, "version": 1}
        command = {"commandId": registration(900)["commandId"], "projectId": project_id, "reason": "登记有误"}
        voided = await ask(client, VOID, input=command)
        assert voided["projectVoid"] == {"userErrors": [], "settled": True}
        second = await receive(socket)
        assert second["payload"]["data"]["projectChanged"] == {"name": "测试项目1", "voided": True, "version": 2}
        await send(socket, id="1", type="complete")


async def test_a_subscription_to_nothing_ends_with_an_error(served: Running) -> None:
    async with opened(served) as socket:
        await send(socket, type="connection_init")
        await receive(socket)
        await send(socket, id="1", type="subscribe", payload={"query": FOLLOW, "variables": {"id": "nothing"}})
        answer = await receive(socket)
    told = answer["payload"][0] if answer["type"] == "error" else answer["payload"]["errors"][0]
    assert told["extensions"]["code"] == "INVALID_VALUE"


async def test_a_document_that_is_none_ends_with_an_error(served: Running) -> None:
    async with opened(served) as socket:
        await send(socket, type="connection_init")
        await receive(socket)
        await send(socket, id="1", type="subscribe", payload={"query": "subscription {"})
        answer = await receive(socket)
    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("payload", ["x", None, {"query": 5}, {"query": FOLLOW, "variables": [1]}])
async def test_a_subscribe_message_that_is_none_closes_the_socket(served: Running, payload: object) -> None:
    async with opened(served) as socket:
        await send(socket, type="connection_init")
        await receive(socket)
        await send(socket, id="1", type="subscribe", payload=payload)
        await socket.wait_closed()
    assert socket.close_code == 4400


async def test_the_legacy_websocket_protocol_is_off(served: Running) -> None:
    async with opened(served, protocol="graphql-ws") as socket:
        await socket.wait_closed()
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_two_services_run_side_by_side(served: Running, folder: Path) -> None:
    with running(folder) as other:
        async with other.client() as client:
            assert (await ask(client, "{ places { name } }"))["places"] == []
    assert served.alive


async def test_a_database_that_goes_away_and_comes_back(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "elsewhere")
    server.start()
    try:
        token = await furnish(server.dsn())
        with running(folder, database_url=server.dsn()) as service:
            service.token = token
            async with service.client() as client:
                before = await register(client, 1)
                await asyncio.to_thread(server.stop)
                async with asyncio.timeout(8):
                    with pytest.raises(RetryableError):
                        await register(client, 2)
                async with asyncio.timeout(8):
                    answer = await client.post("/graphql", json={"query": "{ places { name } }"})
                assert answer.json()["errors"][0]["extensions"]["retryable"] is True
                assert (await client.get("/readyz")).status_code == httpx2.codes.SERVICE_UNAVAILABLE
                await asyncio.to_thread(server.start)
                assert await _register_when_it_is_back(client, 2) > before
                assert await register(client, 1) == before
    finally:
        server.stop()


async def test_a_database_that_hangs_and_goes_on(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "elsewhere")
    server.start()
    socket = folder / "proxy"
    socket.mkdir()
    try:
        token = await furnish(server.dsn())
        async with proxy(server.dsn(), socket) as between:
            service = Running(folder, database_url=between.dsn)
            service.token = token
            await asyncio.to_thread(service.start)
            try:
                async with service.client() as client:
                    await register(client, 1)
                    between.hang()
                    asked = [_outcome(client, "{ places { name } }"), *(_outcome(client, None, n) for n in (2, 3))]
                    async with asyncio.timeout(8):  # Within 5 s, and this machine may be busy.
                        assert await asyncio.gather(*asked) == ["retryable"] * 3
                    between.flow()
                    for number in (2, 3):
                        await _register_when_it_is_back(client, number)
            finally:
                await asyncio.to_thread(service.stop)
    finally:
        server.stop()


async def _outcome(client: httpx2.AsyncClient, query: str | None, number: int = 0) -> str:
    sent = {"query": query} if query else {"query": _REGISTER_AND_SHOW, "variables": {"input": registration(number)}}
    answer = (await client.post("/graphql", json=sent)).json()
    return "retryable" if all(one["extensions"].get("retryable") for one in answer["errors"]) else str(answer)


async def _register_when_it_is_back(client: httpx2.AsyncClient, number: int) -> int:
    async with asyncio.timeout(30):
        while True:
            try:
                return await register(client, number)
            except RetryableError:
                await asyncio.sleep(0.1)


_REGISTER_AND_SHOW = """mutation ($input: RegisterProjectInput!) {
  projectRegister(input: $input) { userErrors { code path } project { id } } }"""
