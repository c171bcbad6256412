"""传输: HTTP as it comes from the network, before any request is one, and how it comes to an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from service.telemetry import Life

from service.line import Line, lay

MOST_HEAD: Final = 65_536
"""Bytes of a request before its body; the parser itself would keep what comes without an end."""
LINGER_S: Final = 0.5
"""How long a connection without a request is kept open after a stop was asked for.

A client that has just sent one on it would otherwise see it closed without an answer. What is answered meanwhile says
that the connection closes, so that clients at work have left before.
"""
_TICK_S: Final = 0.02
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\ncontent-length: 90\r\nconnection: close\r\n\r\n"
    b'{"errors":[{"message":"The headers are too large.","extensions":{"code":"TOO_LARGE"}}]}   '
)


class _State(ServerState):
    """What the server and its connections share."""

    stopping = False


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to what it keeps of a request that never comes to its body."""

    _is_in_head = True
    _head = 0
    _line: Line | None = None

    def data_received(self, data: bytes) -> None:
        """Take what came; refuse a head that does not end."""
        super().data_received(data)
        if self._is_in_head:
            self._head += len(data)
            if self._head > MOST_HEAD and not self.transport.is_closing():
                self.transport.write(_TOO_LARGE)
                self.transport.close()

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._is_in_head, self._head = True, 0
        super().on_message_begin()
        # Requests of one connection may wait behind another: they have one line.
        self._line = self._line or Line(self.transport.abort)
        lay(self.scope, self._line)

    def on_headers_complete(self) -> None:
        """Go on to its body."""
        self._is_in_head = False
        super().on_headers_complete()
        if getattr(self.server_state, "stopping", False):
            self.last_request()

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
