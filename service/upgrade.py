"""升级: a WebSocket whose first request can't be read is told so. uvicorn's own protocol would let it wait for ever."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from service.line import Line, lay

if TYPE_CHECKING:
    from websockets.http11 import Request

_UNREADABLE: Final = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One that also ends a handshake which the websockets library gave up, such as one with a header of 9 KB."""

    def data_received(self, data: bytes) -> None:
        """Take bytes; all of the first request comes at once, since it was read as HTTP before."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(_UNREADABLE)
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Take up a handshake; the application that it is for begins later, and knows the line then."""
        super().handle_connect(event)
        if self.response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            lay(self.scope, Line(self.transport.abort))

    def keepalive_timeout(self) -> None:
        """End a connection whose peer is gone; closing it politely would wait for them to read."""
        super().keepalive_timeout()
        self.transport.abort()
