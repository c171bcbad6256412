"""Load over HTTP, made by a process of its own: `Load` is its handle, `python -m benchmarks.load` the process.

Requests are bytes that were made before, each connection is kept alive and sends the next one as soon as its answer is
there, and answers are not looked into but for what may not be: another status than 200, or errors of GraphQL. So the
generator takes far less for a request than the fastest service that it measures.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import httptools
import uvloop

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_S: Final = 30.0
"""How long after the end of a round the last answers may take."""
MOST: Final = 1_000_000
"""Most requests of a round."""
_OK: Final = 200
_WRONG: Final = b'"errors":'


@dataclass(frozen=True, slots=True)
class Round:
    """What a round came to.

    Attributes:
        count: answers.
        seconds: from the first request to the last answer.
        size: bytes of all bodies together.
        body: of the answer to the first request.
    """

    count: int
    seconds: float
    size: int
    body: bytes


class Load:
    """The generator as a process; a context manager that ends it."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self

    def __exit__(self, *why: object) -> None:
        try:
            self._process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def round(self, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Round:
        """Let so many connections send the requests in turn, over and over, for so long.

        Raises:
            RuntimeError: an answer was not 200 or had errors, or did not come.
        """
        assert self._process.stdin is not None  # noqa: S101 - Piped above.
        assert self._process.stdout is not None  # noqa: S101
        told = {
            "port": port,
            "requests": [b64encode(one).decode() for one in requests],
            "connections": connections,
            "seconds": seconds,
        }
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline() or '{"failed": "the generator of load has ended"}')
        if "failed" in found:
            raise RuntimeError(found["failed"])
        count, took_s, size, body = found["round"]
        return Round(count, took_s, size, b64decode(body))


class _Round:
    """A round as it goes on."""

    def __init__(self, requests: list[bytes], connections: int, seconds: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._open = connections
        self._sent = self._taken = self._size = 0
        self._first = b""
        self._began = time.perf_counter()
        self._until = self._began + seconds

    def next(self) -> tuple[int, bytes] | None:
        """Return the next request with its number, or None if the time is up, but never before the first was sent."""
        number = self._sent
        if number and (time.perf_counter() > self._until or number >= MOST):
            return None
        self._sent += 1
        return number, self._requests[number % len(self._requests)]

    def take(self, number: int | None, status: int, body: bytes) -> None:
        """Count an answer."""
        if status != _OK or _WRONG in body:
            self.fail(f"{status}: {body[:2000].decode(errors='replace')}")
        if number == 0:
            self._first = body
        self._taken += 1
        self._size += len(body)
        self._ended = time.perf_counter()

    def close(self) -> None:
        """Count a connection that has nothing more to send."""
        self._open -= 1
        if not self._open and not self.done.done():
            self.done.set_result(None)

    def fail(self, why: str) -> None:
        """End the round."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(why))

    @property
    def found(self) -> list[Any]:
        """What it came to, as `Round` has it."""
        return [self._taken, self._ended - self._began, self._size, b64encode(self._first).decode()]


class _Connection(asyncio.Protocol):
    """A connection: one request at a time."""

    def __init__(self, round_: _Round) -> None:
        self._round = round_
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._number: int | None = None
        """Of the request whose answer is waited for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # It is one.
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self._number is not None:
            self._round.fail(f"a connection was lost: {error or 'the service closed it'}")

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, part: bytes) -> None:
        self._parts.append(part)

    def on_message_complete(self) -> None:
        self._round.take(self._number, self._parser.get_status_code(), b"".join(self._parts))
        self._parts.clear()
        self._send()

    def _send(self) -> None:
        following = self._round.next()
        if following is None:
            self._number = None
            self._round.close()
            return
        self._number, request = following
        self._transport.write(request)


async def _carry_out(told: dict[str, Any]) -> list[Any]:
    loop = asyncio.get_running_loop()
    round_ = _Round([b64decode(one) for one in told["requests"]], told["connections"], told["seconds"])
    made = [
        await loop.create_connection(lambda: _Connection(round_), "127.0.0.1", told["port"])
        for _ in range(told["connections"])
    ]
    try:
        async with asyncio.timeout(told["seconds"] + PATIENCE_S):
            await round_.done
    finally:
        for transport, _ in made:
            transport.abort()
    return round_.found


def main() -> None:
    """Carry out one round for each line that comes in, and tell in a line what it came to."""
    for line in sys.stdin:
        try:
            found: dict[str, Any] = {"round": uvloop.run(_carry_out(json.loads(line)))}
        except (RuntimeError, OSError) as error:
            found = {"failed": str(error) or type(error).__name__}
        print(json.dumps(found), flush=True)  # noqa: T201 - What it is run for.


if __name__ == "__main__":
    main()
