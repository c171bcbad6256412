"""How load is made: so many who do one thing after the other, and connections that cost the client next to nothing."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

T = TypeVar("T")

MOST_S: Final = 60.0
"""Longest time for one round; one that takes longer counts what it came to."""
PATIENCE_S: Final = 30.0


def share(count: int, scale: float, least: int = 1) -> int:
    """Return the share of a count that a trial takes."""
    return max(least, int(count * scale))


async def spread(work: Callable[[], Awaitable[object]], writers: int, count: int) -> float:
    """Do something `count` times by so many writers, each one after the other; return how often a second."""
    return await spread_over(range(writers), lambda _: work(), count)


async def spread_over(writers: Iterable[T], work: Callable[[T], Awaitable[object]], count: int) -> float:
    """Do something `count` times by some writers, each one after the other; return how often a second."""
    left = count
    done = 0
    began = time.perf_counter()

    async def write(writer: T) -> None:
        nonlocal left, done
        while left > 0 and time.perf_counter() - began < MOST_S:
            left -= 1
            await work(writer)
            done += 1

    await asyncio.gather(*map(write, writers))
    return done / (time.perf_counter() - began)


class Line:
    """One connection that stays open: sends a JSON request, and waits for its answer.

    A full HTTP client takes as long for a request as the server does, and both are on one machine. A server ends one
    that says nothing for a while, so they are opened when they are needed.
    """

    def __init__(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        named = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", **headers}
        self._head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_why: object) -> None:
        self._writer.close()

    async def ask(self, query: str, sent: dict[str, Any]) -> Any:
        """Return the payload of a mutation of one field.

        Raises:
            RuntimeError: it was refused, or there are errors.
        """
        body = json.dumps({"query": query, "variables": {"input": sent}}).encode()
        self._writer.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        async with asyncio.timeout(PATIENCE_S):
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = next(int(one[15:]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:"))
            answer = json.loads(await self._reader.readexactly(length))
        if answer.get("errors"):
            raise RuntimeError(answer)
        (payload,) = answer["data"].values()
        if payload["userErrors"] or payload.get("refused"):
            raise RuntimeError(payload)
        return payload


@asynccontextmanager
async def lines(number: int, port: int, path: str, headers: Mapping[str, str]) -> AsyncIterator[list[Line]]:
    """Give so many connections."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Line(port, path, headers)) for _ in range(number)]
