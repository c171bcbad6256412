"""观测: each request has a number, is counted, and is told of in one line of the log."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import structlog
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from service.telemetry import RECORD, Record, Telemetry, request_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER: Final = b"x-request-id"
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds: told of only if they fail, or at the level debug."""
_PATHS: Final = _PROBES | {"/", "/graphql", "/explorer"}
"""Paths that are told as they are; another one may have anything in it."""
_INTERNAL_ERROR: Final = 1011

log = structlog.get_logger()


class Observed:
    """The outermost layer of the application.

    Args:
        telemetry: counts.
    """

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request or a socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        record = Record(request_id(Headers(scope=scope).get("x-request-id")), scope["type"], self._telemetry)
        RECORD.set(record)
        structlog.contextvars.bind_contextvars(request_id=record.request_id)
        try:
            if scope["type"] == "http":
                await self._http(record, scope, receive, send)
            else:
                await self._socket(record, scope, receive, send)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    async def _http(self, record: Record, scope: Scope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def telling(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = dict(message) | {
                    "headers": [*message.get("headers", ()), (HEADER, record.request_id.encode("ascii"))]
                }
            await send(message)

        self._telemetry.running.inc()
        try:
            await self._app(scope, receive, telling)
        except Exception:
            log.exception("bug", bug=record.request_id)
            record.failed("INTERNAL")
            if status is None:
                await _broken(record)(scope, receive, telling)
        finally:
            self._telemetry.running.dec()
            self._telemetry.responses.labels("none" if status is None else str(status)).inc()
            path = scope["path"] if scope["path"] in _PATHS else "other"
            if status is None:
                record.failed("CANCELLED")
            elif status >= HTTPStatus.BAD_REQUEST:
                record.failed(f"HTTP_{status}")
            if path == "/graphql":
                record.end()
            quiet = path in _PROBES and not record.code
            said: dict[str, Any] = {"method": _method(scope), "path": path, "status": status} | record.told()
            (log.debug if quiet else log.info)("request", **said)

    async def _socket(self, record: Record, scope: Scope, receive: Receive, send: Send) -> None:
        code: int | None = None

        async def heard() -> Message:
            nonlocal code
            message = await receive()
            if message["type"] == "websocket.disconnect":
                code = message.get("code")
            return message

        async def telling(message: Message) -> None:
            nonlocal code
            if message["type"] == "websocket.accept":
                message = _numbered(message, record)
            elif message["type"] == "websocket.close":
                code = message.get("code", 1000)
            await send(message)

        self._telemetry.sockets.inc()
        try:
            await self._app(scope, heard, telling)
        except Exception:
            log.exception("bug", bug=record.request_id)
            record.failed("INTERNAL")
            if code is None:
                await telling({"type": "websocket.close", "code": _INTERNAL_ERROR})
        finally:
            self._telemetry.sockets.dec()
            log.info("socket", closed=code, **record.told())


def _numbered(message: Message, record: Record) -> Message:
    return dict(message) | {"headers": [*message.get("headers", ()), (HEADER, record.request_id.encode("ascii"))]}


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in {"GET", "HEAD", "POST", "OPTIONS"} else "other"


def _broken(record: Record) -> JSONResponse:
    extensions = {"code": "INTERNAL", "messageZh": f"系统内部错误,编号 {record.request_id}。", "id": record.request_id}
    message = f"A fault on our side; its number in the log is {record.request_id}."
    return JSONResponse({"errors": [{"message": message, "extensions": extensions}]}, 500)
