"""传输: HTTP as it comes from the network, before any request is one."""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.line import Line, lay

MOST_HEAD: Final = 65_536
"""Bytes of a request before its body; the parser itself would keep what comes without an end."""
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: application/json\r\ncontent-length: 90\r\nconnection: close\r\n\r\n"
    b'{"errors":[{"message":"The headers are too large.","extensions":{"code":"TOO_LARGE"}}]}   '
)


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

    def shutdown(self) -> None:
        """End when the running request has; streams are told to."""
        if self._line is not None:
            self._line.leaving.set()
        super().shutdown()
