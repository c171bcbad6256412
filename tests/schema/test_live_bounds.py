"""What a client may cost that stays connected: whoever does not read is dropped, and nothing is kept for them."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
import structlog
from websockets.exceptions import ConnectionClosed

from schema.live import MOST_OPERATIONS, SEND_S
from service.domain.values import LongText
from service.seats import Seats
from tests.examples import OPEN_PLACE, QIYANG, REGISTER, REGISTER_ID
from tests.examples.schedule import NOTE_PROGRESS
from tests.schema.conftest import shared
from tests.schema.serving import MOST_MESSAGE, serving
from tests.schema.test_changes import handle
from tests.system.sockets import code_of, greet, opened, receive, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from websockets.asyncio.client import ClientConnection

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api
    from tests.schema.serving import Serving

NOTES: Final = 600
"""Facts of 24 KB, three times in each answer: six batches of 7 MB, more than all buffers of a connection hold."""
ALL: Final = "subscription { changes(from: BEGINNING) { changes { sentenceZh sentenceEn changes { after } } cursor } }"
WAITS: Final = "subscription { changes(from: NOW) { cursor } }"
PATIENCE_S: Final = SEND_S + 20


@pytest.fixture(scope="module")
async def long(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over a ledger whose facts are long."""
    async with shared(cluster, tables, _tell) as ready:
        yield ready


async def _tell(api: Api) -> None:
    await handle(api, QIYANG, OPEN_PLACE)
    await handle(api, QIYANG, REGISTER, REGISTER_ID)
    for number in range(NOTES):
        await handle(api, QIYANG, replace(NOTE_PROGRESS, text=LongText(f"{number}" + "长" * 7_900)))
    for region, position in (await api.positions()).items():
        assert await api.services.runner.wait_for(region, position, 60)


def batches(api: Api) -> int:
    """Return how many batches of changes were read from the database."""
    return sum("audit_history" in one for one in api.seen)


def narrow(served: Serving) -> socket.socket:
    """Return a connection that takes little before it is read; the machine would let others grow to megabytes."""
    where = urlsplit(served.address)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    made.connect((where.hostname, where.port))
    made.setblocking(False)  # noqa: FBT003 - The socket's own way.
    return made


@asynccontextmanager
async def stream(served: Serving, query: str) -> AsyncIterator[asyncio.StreamReader]:
    """Ask for events, and read none; the connection ends with the block."""
    where = urlsplit(served.address)
    reader, writer = await asyncio.open_connection(sock=narrow(served))
    body = json.dumps({"query": query}).encode()
    head = [
        "POST /graphql HTTP/1.1",
        f"Host: {where.netloc}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in served.headers().items()),
    ]
    writer.write("\r\n".join([*head, "", ""]).encode() + body)
    try:
        yield reader
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _dropped(logs: list[Any]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        while not (found := [one for one in logs if one["event"] == "slow reader dropped"]):  # noqa: ASYNC110 - In another task.
            await asyncio.sleep(0.05)
    return found


async def _read_all(it: ClientConnection) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await it.recv()


async def _begin(it: ClientConnection) -> None:
    await send(it, type="connection_init")
    await _read_all(it)


async def test_a_socket_that_is_not_read_is_dropped_and_nothing_is_read_for_it(long: Api) -> None:
    long.seen.clear()
    with structlog.testing.capture_logs() as logs:
        async with serving(long) as served, opened(served, compression=None, max_size=None, sock=narrow(served)) as one:
            await greet(one)
            await send(one, id="1", type="subscribe", payload={"query": ALL})
            one.transport.pause_reading()
            (told,) = await _dropped(logs)
            assert told == {
                "event": "slow reader dropped",
                "log_level": "warning",
                "transport": "websocket",
                "address": "127.0.0.1",
                "waited_s": SEND_S,
            }
            # Of six batches: one that filled the buffers, and one that there was no more room for.
            assert 1 <= batches(long) <= 3
            one.transport.resume_reading()
            with pytest.raises(ConnectionClosed):
                await _read_all(one)


async def test_a_stream_of_events_that_is_not_read_is_dropped_and_nothing_is_read_for_it(long: Api) -> None:
    long.seen.clear()
    with structlog.testing.capture_logs() as logs:
        async with serving(long) as served, stream(served, ALL) as reader:
            # asyncio's reader takes 128 KB and then no more.
            (told,) = await _dropped(logs)
            assert (told["transport"], told["address"], told["waited_s"]) == ("sse", "127.0.0.1", SEND_S)
            assert 1 <= batches(long) <= 3
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                async with asyncio.timeout(PATIENCE_S):
                    await reader.readexactly(2**30)


async def test_a_socket_has_so_many_operations_at_a_time(long: Api) -> None:
    async with serving(long) as served, opened(served) as it:
        await greet(it)
        for number in range(MOST_OPERATIONS):
            await send(it, id=f"{number}", type="subscribe", payload={"query": WAITS})
            assert (await receive(it))["id"] == f"{number}"
        await send(it, id="more", type="subscribe", payload={"query": WAITS})
        refused = await receive(it)
        assert (refused["id"], code_of(refused)) == ("more", "TOO_MANY_OPERATIONS")
        await send(it, id="0", type="complete")
        await send(it, id="again", type="subscribe", payload={"query": WAITS})
        assert (await receive(it))["id"] == "again"


@pytest.mark.parametrize(
    ("seats", "of"), [(Seats(per_address=2), "address"), (Seats(per_account=2), "account")], ids=["address", "account"]
)
async def test_one_connection_too_many_is_refused_until_another_ends(long: Api, seats: Seats, of: str) -> None:
    async with serving(long, seats) as served, opened(served) as one:
        await greet(one)
        async with stream(served, WAITS):
            await until(lambda: len(seats) == 5)
            async with opened(served) as it:
                with pytest.raises(ConnectionClosed):
                    await _begin(it)
                reason = f"Too many connections of this {of}; try again later."
                assert (it.close_code, it.close_reason) == (1013, reason)
            async with stream(served, WAITS) as refused:
                assert (await refused.readline()).split()[1] == b"429"
        await until(lambda: len(seats) == 2)
        async with opened(served) as it:
            await greet(it)
    assert len(seats) == 0


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - In another task.
            await asyncio.sleep(0.01)


async def test_a_message_that_is_too_long_ends_the_socket(long: Api) -> None:
    async with serving(long) as served, opened(served) as it:
        await greet(it)
        await send(it, id="1", type="subscribe", payload={"query": WAITS, "variables": {"x": "x" * MOST_MESSAGE}})
        with pytest.raises(ConnectionClosed):
            await receive(it)
        assert it.close_code == 1009


async def test_a_socket_that_does_not_begin_is_closed(long: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schema.endpoint.INIT_S", 0.2)
    async with serving(long) as served, opened(served) as it:
        with pytest.raises(ConnectionClosed):
            await receive(it)
        assert it.close_code == 4408


async def test_a_stop_of_the_server_ends_streams_so_that_clients_come_again(long: Api) -> None:
    async with AsyncExitStack() as stack:
        async with serving(long) as served:
            reader = await stack.enter_async_context(stream(served, WAITS))
            await reader.readuntil(b"event: next")
        assert b"event: complete" not in await reader.read()
