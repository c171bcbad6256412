"""传输: HTTP as it comes from the network, before any request is one, and how it comes to an end."""

from __future__ import annotations

import asyncio
import json
import resource
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from service.telemetry import Life

from service.line import Line, lay

log = structlog.get_logger()

MOST_HEAD: Final = 65_536
"""Bytes of a request before its body, or behind it; the parser itself would keep what comes without an end."""
HEAD_S: Final = 10.0
"""How long a connection may take until all of a request's head has come; one that waits idly is closed sooner."""
BODY_S: Final = 30.0
"""How long the rest of a request may take behind its head."""
WRITE_S: Final = 30.0
"""How often it is looked whether a client has read on of what waits for it."""
LEAST_READ: Final = 30_000
"""Bytes that a client has to read in WRITE_S, or what is left; else its connection is cut."""
MOST_CONNECTIONS: Final = 8_000
"""Most connections of a process, sockets among them; requests of further ones are answered 503."""
SPARE: Final = 256
"""Further connections that are kept until they can be told so, and files that the process needs beside them."""
LINGER_S: Final = 0.5
"""How long a connection without a request is kept open after a stop was asked for.

A client that has just sent one on it would otherwise see it closed without an answer. What is answered meanwhile says
that the connection closes, so that clients at work have left before.
"""
_TICK_S: Final = 0.02


def _answer(status: HTTPStatus, code: str, english: str, chinese: str, *headers: str) -> bytes:
    """Return an answer in bytes, to what is no request yet and will not become one."""
    error = {"message": english, "extensions": {"code": code, "messageZh": chinese}}
    body = json.dumps({"errors": [error]}, ensure_ascii=False).encode()
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", "content-type: application/json", *headers]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "connection: close", "", ""]).encode() + body


_TOO_LARGE: Final = _answer(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "TOO_LARGE", "The headers are too large.", "请求头过大。"
)
_TOO_SLOW: Final = _answer(
    HTTPStatus.REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "The request came too slowly.", "请求发送过慢。"
)
_FULL: Final = _answer(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "BUSY",
    "Too many connections; try again later.",
    "连接过多,请稍后再试。",
    "retry-after: 30",
)


def most_connections() -> int:
    """Return how many connections a process may have; as many files as that needs are asked of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + 2 * SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft < wanted:
            log.warning("few files may be open", files=soft, wanted=wanted)
            return max(1, soft - 2 * SPARE)
    return MOST_CONNECTIONS


class _State(ServerState):
    """What the server and its connections share."""

    stopping = False
    most = MOST_CONNECTIONS


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to what comes, and to what is not read.

    Each request that does not come in one piece is timed, and each answer that does not leave in one. What came since
    the last that the application was told of is counted: heads, and whatever stands behind a body.
    """

    _is_in_head = True
    _is_between = True
    _is_upgraded = False
    _is_full = False
    _news = False
    _untold = 0
    _line: Line | None = None
    _coming: asyncio.TimerHandle | None = None
    _leaving: asyncio.TimerHandle | None = None
    _left = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # As uvicorn's own.
        """Wait for a request, for a while."""
        super().connection_made(transport)
        over = len(self.connections) - getattr(self.server_state, "most", MOST_CONNECTIONS)
        self._is_full = over > 0
        if over > SPARE:
            transport.abort()
        self._await_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Have no more to wait for."""
        self._came()
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; refuse a head, or a tail, that does not end."""
        self._news = False
        super().data_received(data)
        if self._is_upgraded:
            return
        self._untold = 0 if self._news else self._untold + len(data)
        if self._untold > MOST_HEAD:
            self._refuse(_TOO_LARGE)
        elif not (self._is_between and self._news) and self._coming is None:
            self._await_more()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._came()
        self._is_between = False
        super().on_message_begin()
        # Requests of one connection may wait behind another: they have one line.
        self._line = self._line or Line(self.transport.abort)
        lay(self.scope, self._line)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one behind the body is none, or a client could add to what a proxy said of it."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Go on to its body."""
        self._came()
        self._is_in_head, self._news = False, True
        if self._is_full:
            log.warning("too many connections", transport="http", of="process", address=self.client and self.client[0])
            self.app = _full
        super().on_headers_complete()
        if getattr(self.server_state, "stopping", False):
            self.last_request()

    def on_body(self, body: bytes) -> None:
        """Take a part of its body."""
        self._news = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Have all of it."""
        self._came()
        self._is_in_head = self._is_between = self._news = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request; see that an answer which is the last gets read."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch()

    def handle_websocket_upgrade(self) -> None:
        """Become a socket, if there is room."""
        if self._is_full:
            log.warning("too many connections", transport="websocket", of="process")
            self._refuse(_FULL)
            return
        self._is_upgraded = True
        self._came()
        self._unwatch()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        super().send_400_response(msg)
        self._came()
        self._watch()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that waits idly, once its last answer was read."""
        super().timeout_keep_alive_handler()
        self._watch()

    def pause_writing(self) -> None:
        """Have the application wait, but not for ever."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Go on."""
        self._unwatch()
        super().resume_writing()

    def shutdown(self) -> None:
        """End when the running request has; streams are told to."""
        if self._line is not None:
            self._line.leaving.set()
        super().shutdown()

    def last_request(self) -> None:
        """Have the request that runs, or else the next one, be the last of this connection."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request, and for a socket.
        if cycle is not None and not cycle.response_complete:
            cycle.keep_alive = False

    @property
    def _is_answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _await_more(self) -> None:
        self._coming = self.loop.call_later(HEAD_S if self._is_in_head else BODY_S, self._came_too_late)

    def _came(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None

    def _came_too_late(self) -> None:
        if self.flow.read_paused or (self._is_in_head and self._is_answering):
            self._await_more()  # We are not listening, or the client is waiting for us.
            return
        log.info(
            "slow request ended", address=self.client and self.client[0], of="head" if self._is_in_head else "body"
        )
        self._refuse(_TOO_SLOW)

    def _refuse(self, answer: bytes) -> None:
        """End the connection; say why if no answer is under way."""
        self._came()
        if not self.transport.is_closing():
            if not self.pipeline and not (self._is_answering and self.cycle.response_started):
                self.transport.write(answer)
            self.transport.close()
        self._watch()

    def _watch(self) -> None:
        if self._leaving is None:
            self._left = self.transport.get_write_buffer_size()
            self._leaving = self.loop.call_later(WRITE_S, self._look)

    def _unwatch(self) -> None:
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

    def _look(self) -> None:
        """Cut a connection whose client reads nothing, or next to nothing: closed, it would stay until they do."""
        self._leaving = None
        before, left = self._left, self.transport.get_write_buffer_size()
        if left > max(0, before - LEAST_READ):
            log.warning(
                "slow reader dropped", transport="http", address=self.client and self.client[0], waited_s=WRITE_S
            )
            self.transport.abort()
        elif left:
            self._watch()


async def _full(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI.
    """Answer for an application that has as many connections as it takes."""
    head, body = _FULL.split(b"\r\n\r\n")
    headers = [tuple(line.split(b": ")) for line in head.split(b"\r\n")[1:]]
    await send({"type": "http.response.start", "status": HTTPStatus.SERVICE_UNAVAILABLE.value, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Server(uvicorn.Server):
    """uvicorn's server; asked to stop, it answers what clients had sent before they could know.

    Args:
        config: of uvicorn.
        life: told of the stop at once.
        ready: called when requests are taken.
    """

    def __init__(self, config: uvicorn.Config, life: Life, ready: Callable[[], None] = lambda: None) -> None:
        super().__init__(config)
        self.server_state: _State = _State()
        self.server_state.most = most_connections()
        self._life = life
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take requests."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Take a signal that asks for a stop."""
        self._life.stopping = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, let those that there are come to their end, and then the application."""
        self._life.stopping = self.server_state.stopping = True
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        until = loop.time() + LINGER_S
        for connection in list(self.server_state.connections):
            if isinstance(connection, Protocol):
                connection.last_request()
        while any(isinstance(one, Protocol) for one in self.server_state.connections) and loop.time() < until:  # noqa: ASYNC110 - uvicorn tells nobody.
            await asyncio.sleep(_TICK_S)
        await super().shutdown(sockets)
