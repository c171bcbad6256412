"""How soon a fact reaches those who follow: subscribers over WebSockets at a service of its own, and one who resumes.

Lag is from the fact's recorded time, which the log gives it, to its arrival at a client; both clocks are one machine's.
It holds the append, the read models, the wake-up, one statement for each subscriber, and the way through the socket.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import uuid4

import httpx2
import uvloop
from websockets.asyncio.client import connect

from benchmarks.processes import service
from benchmarks.table import Measured
from service.auth import Development

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres

SUBSCRIBERS: Final = 200
FACTS: Final = 300
"""Facts of a round, before the scale; one after the other, FACTS_A_SECOND."""
FACTS_A_SECOND: Final = 10
ROUNDS: Final = 3
PATIENCE_S: Final = 120.0
LIVE: Final = """subscription ($after: String, $from: ChangeStart) {
  changes(after: $after, from: $from) { changes { position recordedAt } cursor } }"""
OPEN: Final = "mutation ($input: OpenPlaceInput!) { placeOpen(input: $input) { userErrors { code } } }"
REGISTER: Final = """mutation ($input: RegisterProjectInput!) {
  projectRegister(input: $input) { userErrors { code } position } }"""


def run(_server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure, on a database that comes along; `scale` is the share of the subscribers and of the facts above."""
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-live-") as folder:
        Path(folder).chmod(0o711)  # As in __main__.py.
        data = Path(folder) / "data"
        data.mkdir()
        return uvloop.run(_run(data, max(1, int(SUBSCRIBERS * scale)), max(3, int(FACTS * scale))))


async def _run(folder: Path, subscribers: int, facts: int) -> list[Measured]:
    with service(data=str(folder)) as served:
        address = served.address
        headers = {"Authorization": f"Bearer {Development.at(folder).token}"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=10, trust_env=False) as client:
            place = {"commandId": str(uuid4()), "region": "431181", "name": "祁阳市", "purpose": "DEMO"}
            await _send(client, OPEN, place)
            rounds = [await _lags(client, address, headers, subscribers, facts) for _ in range(ROUNDS + 1)][1:]
            resumed = [await _resumed(client, address, headers, facts) for _ in range(ROUNDS)]
    who = f"{subscribers} subscribers, {FACTS_A_SECOND} facts/s"
    return [
        Measured("lag p50", who, tuple(median(one) * 1000 for one in rounds), "ms"),
        Measured("lag p99", who, tuple(quantiles(one, n=100)[98] * 1000 for one in rounds), "ms"),
        Measured("first item after a resume", f"{facts} facts behind", tuple(one[0] * 1000 for one in resumed), "ms"),
        Measured("all items after a resume", f"{facts} facts behind", tuple(one[1] * 1000 for one in resumed), "ms"),
    ]


async def _send(client: httpx2.AsyncClient, query: str, sent: dict[str, Any]) -> Any:
    body = (await client.post("/graphql", json={"query": query, "variables": {"input": sent}})).json()
    (payload,) = body["data"].values()
    if payload["userErrors"]:
        raise RuntimeError(payload)
    return payload


async def _register(client: httpx2.AsyncClient) -> int:
    identity = {"name": f"演示{uuid4()}", "region": "431181", "category": "PRODUCTIVE", "track": "PROMOTED"}
    payload = await _send(client, REGISTER, {"commandId": str(uuid4()), "place": "431181", "identity": identity})
    return int(payload["position"])


class _Follower:
    """A subscriber: asks, and takes items."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self._connecting = connect(
            f"{address.replace('http', 'ws')}/graphql",
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]  # A NewType of str.
            additional_headers=headers,
            proxy=None,
        )
        self.cursor: str | None = None

    async def __aenter__(self) -> Self:
        self._socket = await self._connecting.__aenter__()
        await self._socket.send(json.dumps({"type": "connection_init"}))
        await self._socket.recv()
        return self

    async def __aexit__(self, *why: object) -> None:
        await self._connecting.__aexit__(*why)  # type: ignore[arg-type]  # As they came.

    async def ask(self, **variables: str) -> None:
        payload = {"query": LIVE, "variables": variables}
        await self._socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))

    async def take(self) -> list[Any]:
        message = json.loads(await self._socket.recv())
        page = message["payload"]["data"]["changes"]
        self.cursor = page["cursor"]
        return list(page["changes"])


async def _lags(
    client: httpx2.AsyncClient, address: str, headers: dict[str, str], subscribers: int, facts: int
) -> list[float]:
    """Return the lag of each fact at each subscriber, in seconds."""
    lags: list[float] = []

    async def follow(follower: _Follower) -> None:
        left = facts
        while left:
            changes = await follower.take()
            now = time.time()
            lags.extend(now - datetime.fromisoformat(one["recordedAt"]).timestamp() for one in changes)
            left -= len(changes)

    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(_Follower(address, headers)) for _ in range(subscribers)]
        for one in followers:
            await one.ask(**{"from": "NOW"})
            await one.take()
        async with asyncio.timeout(facts / FACTS_A_SECOND + PATIENCE_S), asyncio.TaskGroup() as group:
            for one in followers:
                group.create_task(follow(one))
            for _ in range(facts):
                await _register(client)
                await asyncio.sleep(1 / FACTS_A_SECOND)
    return lags


async def _resumed(
    client: httpx2.AsyncClient, address: str, headers: dict[str, str], facts: int
) -> tuple[float, float]:
    """Return after how many seconds who resumes has its first item, and all that it has missed."""
    async with _Follower(address, headers) as follower:
        await follower.ask(**{"from": "NOW"})
        await follower.take()
        cursor = follower.cursor or ""
    last = [await _register(client) for _ in range(facts)][-1]
    began = time.perf_counter()
    async with asyncio.timeout(PATIENCE_S), _Follower(address, headers) as follower:
        await follower.ask(after=cursor)
        found = await follower.take()
        first_s = time.perf_counter() - began
        while found[-1]["position"] < last:
            found += await follower.take()
        return first_s, time.perf_counter() - began
