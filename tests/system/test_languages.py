"""The language of messages, as a browser asks for it: over HTTP, over a WebSocket, and before anybody is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.system.running import Running, bearer, running
from tests.system.sockets import greet, opened, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IN_CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
WRONG = "{ projects(first: 201) { nodes { id } } }"
FOLLOW = 'subscription { projectChanged(id: "x") { name } }'


@pytest.fixture(scope="module")
def served(module_folder: Path) -> Iterator[Running]:
    with running(module_folder) as service:
        yield service


async def _message(client: httpx2.AsyncClient, headers: dict[str, str]) -> str:
    answer = await client.post("/graphql", json={"query": WRONG}, headers=headers)
    return str(answer.json()["errors"][0]["message"])


async def test_messages_come_in_the_language_of_the_request(served: Running) -> None:
    async with served.client() as client:
        assert await _message(client, IN_CHINESE) == "first:1 至 200"
        assert await _message(client, {"Accept-Language": "fr"}) == "first: 1 to 200"


async def test_a_bad_token_is_refused_in_it_too(served: Running) -> None:
    async with served.client() as client:
        headers = bearer(f"tz_0123456789abcdef_{'B' * 43}") | IN_CHINESE
        assert await _message(client, headers) == "令牌或密钥无效。"


async def test_a_body_that_is_too_large_is_refused_in_it_too(served: Running) -> None:
    async with served.client() as client:
        answer = await client.post("/graphql", json={"query": WRONG + " " * 2_300_000}, headers=IN_CHINESE)
    (error,) = answer.json()["errors"]
    chinese = "请求体超过 2300000 字节。"
    assert error == {"message": chinese, "extensions": {"code": "TOO_LARGE", "messageZh": chinese}}


@pytest.mark.parametrize(
    ("query", "message"),
    [(FOLLOW, "id:须为 Project 的全局标识"), ("subscription {", "语法错误:此处应为 Name,实为 <EOF>。")],
)
async def test_a_socket_takes_it_from_its_handshake(served: Running, query: str, message: str) -> None:
    async with opened(served, served.headers() | IN_CHINESE) as socket:
        await greet(socket)
        answer: Any = await subscribe(socket, query)
    (error,) = answer["payload"] if answer["type"] == "error" else answer["payload"]["errors"]
    assert error["message"] == message
