"""What a client costs that sends or reads slowly, without an end, or from too many connections: over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

import pytest
import structlog
import uvicorn

from service import server as serving
from service.server import MOST_HEAD, Protocol, Server
from service.telemetry import Life
from service.upgrade import WebSocketProtocol
from tests.system.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

PATIENCE_S: Final = 20
LONG: Final = 30_000_000
"""Bytes that no buffers on the way hold."""
MOST_ASKED: Final = 10_000
CHUNKED: Final = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


class Application:
    """One that reads a request, and answers with its body, or at /long with more than anybody takes at once.

    Attributes:
        scopes: what it was asked.
    """

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        self.scopes.append(scope)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"] == "/long":
            body = bytes(LONG)
        elif scope["path"] == "/middling":
            body = bytes(60_000)
        headers = [(b"content-length", b"%d" % len(body))]
        if scope["path"] == "/long":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Served:
    """A server of its own thread and loop, of the kind that the service has."""

    def __init__(self) -> None:
        self.application = Application()
        self.port = free_port()
        config = uvicorn.Config(
            self.application,
            port=self.port,
            loop="uvloop",
            http=Protocol,
            ws=WebSocketProtocol,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self.ready = threading.Event()
        self.server = Server(config, Life(), self.ready.set)

    @property
    def connections(self) -> int:
        """How many it has."""
        return len(self.server.server_state.connections)

    def connect(self, receive_bytes: int = 0) -> socket.socket:
        """Return a connection, which takes little before it is read if that is asked for."""
        made = socket.socket()
        made.settimeout(PATIENCE_S)
        if receive_bytes:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        made.connect(("127.0.0.1", self.port))
        return made

    def await_asked(self) -> None:
        """Wait until the application was asked something."""
        until = time.monotonic() + PATIENCE_S
        while not self.application.scopes:
            assert time.monotonic() < until
            time.sleep(0.01)

    def await_connections(self, count: int) -> None:
        """Wait until it has so many."""
        until = time.monotonic() + PATIENCE_S
        while self.connections != count:
            assert time.monotonic() < until, self.connections
            time.sleep(0.01)


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, **bounds: float) -> Iterator[Served]:
    """Serve with other bounds until the block ends."""
    for name, value in bounds.items():
        monkeypatch.setattr(serving, name, value)
    one = Served()
    thread = threading.Thread(target=one.server.run)
    thread.start()
    try:
        assert one.ready.wait(PATIENCE_S)
        yield one
    finally:
        one.server.should_exit = True
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def answer(connection: socket.socket) -> bytes:
    """Return what comes until the connection ends."""
    found = b""
    while True:
        try:
            more = connection.recv(65_536)
        except ConnectionResetError:
            return found
        if not more:
            return found
        found += more


def send_on(connection: socket.socket, more: bytes, most: int) -> int:
    """Send the same again and again until the connection ends; return how many bytes were sent."""
    sent = 0
    while sent < most:
        try:
            connection.sendall(more)
        except OSError:
            break
        sent += len(more)
    return sent


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 500),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X: y\r\n" * 500),
        (CHUNKED + b"1\r\nx\r\n0\r\nX", b"x" * 3_000),
        (CHUNKED + b"1;", b"x" * 3_000),
        (b"", b"\r\n" * 1_500),
    ],
    ids=["headers", "trailers", "a trailer's name", "an extension of a chunk", "empty lines"],
)
def test_what_does_not_end_ends_the_connection(monkeypatch: pytest.MonkeyPatch, begin: bytes, more: bytes) -> None:
    most = 40_000_000
    with served(monkeypatch) as one, closing(one.connect()) as connection:
        connection.sendall(begin)
        assert send_on(connection, more, most) < most
        one.await_connections(0)
        assert sum(len(scope["headers"]) for scope in one.application.scopes) <= 2


def test_a_body_may_have_more_bytes_than_a_head_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"x" * (2 * MOST_HEAD)
    with served(monkeypatch) as one, closing(one.connect()) as connection:
        connection.sendall(CHUNKED)
        for at in range(0, len(body), 8):
            connection.sendall(b"8\r\n" + body[at : at + 8] + b"\r\n")
        connection.sendall(b"0\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        found = answer(connection)
        assert found.count(b"HTTP/1.1 200 OK") == 2
        assert found.count(b"x" * len(body)) == 1


def test_a_header_behind_the_body_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(monkeypatch) as one, closing(one.connect()) as connection:
        connection.sendall(CHUNKED + b"1\r\nx\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
        assert dict(one.application.scopes[0]["headers"]) == {b"host": b"x", b"transfer-encoding": b"chunked"}


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTT",
        b"\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf",
        CHUNKED + b"1\r\nx\r\n0\r\nX: y\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo",
    ],
    ids=["nothing", "half a head", "an empty line", "half a body", "half a trailer", "half a second head"],
)
def test_a_request_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    with served(monkeypatch, HEAD_S=0.2, BODY_S=0.3) as one, closing(one.connect()) as connection:
        connection.sendall(sent)
        found = answer(connection)
        assert found.split(b"HTTP/1.1 ")[-1].startswith(b"408 Request Timeout")
        assert b'"code": "REQUEST_TIMEOUT"' in found
        one.await_connections(0)


def test_a_request_that_comes_in_time_is_answered_however_long_the_client_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with served(monkeypatch, HEAD_S=0.2, BODY_S=0.2) as one, closing(one.connect()) as connection:
        for _ in range(3):
            for part in (b"POST / HT", b"TP/1.1\r\nHost: x\r\nContent-Length: 4\r\n", b"\r\nab", b"cd"):
                connection.sendall(part)
            assert connection.recv(1_000).endswith(b"abcd")
            time.sleep(0.4)  # Idle, which is the keep-alive's to end, after 5 s.
        assert one.connections == 1


@pytest.mark.parametrize("path", [b"/long", b"/middling"])
def test_an_answer_that_is_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch, path: bytes) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        served(monkeypatch, WRITE_S=0.3) as one,
        closing(one.connect(receive_bytes=4_096)) as connection,
    ):
        for _ in range(1 if path == b"/long" else MOST_ASKED):
            try:
                connection.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                break  # The buffers on the way are full, and the connection was cut.
        one.await_asked()
        one.await_connections(0)
    dropped = [told for told in logs if told["event"] == "slow reader dropped"]
    assert [told["transport"] for told in dropped] == ["http"]


def test_an_answer_that_is_read_slowly_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(monkeypatch, WRITE_S=0.1, LEAST_READ=1_000) as one, closing(one.connect(receive_bytes=65_536)) as it:
        it.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        found = 0
        while more := it.recv(300_000):
            found += len(more)
            time.sleep(0.001)
        assert found > LONG


def test_one_connection_too_many_is_told_so_and_many_too_many_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(monkeypatch, MOST_CONNECTIONS=2, SPARE=1) as one:
        known = [one.connect() for _ in range(3)]
        one.await_connections(3)
        with closing(one.connect()) as cut:
            assert answer(cut) == b""
        for number in (2, 0, 1):
            known[number].sendall(ask)
            found = known[number].recv(1_000)
            assert found.split()[1] == (b"503" if number == 2 else b"200")
            assert (b'"code": "BUSY"' in found) == (number == 2)
        one.await_connections(2)
        known.pop().close()
        known.append(one.connect())
        socket_ = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        known[2].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + socket_ + key + b"\r\n")
        assert known[2].recv(1_000).split()[1] == b"503"
        known.pop().close()
        one.await_connections(2)
        known.pop().close()
        one.await_connections(1)
        with closing(one.connect()) as again:
            again.sendall(ask)
            assert again.recv(1_000).split()[1] == b"200"
        known.pop().close()
