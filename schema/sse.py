"""事件流: GraphQL over Server-Sent Events, one connection an operation ("distinct connections mode").

What can't be carried out is answered by a 4xx in JSON; everything else by `next` events and a `complete`. A stream that
ends without one was cut off: its client comes again, and resumes with its last cursor.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
from starlette.responses import Response
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from schema import schema
from schema.http import JSON, HttpError, body_of, retry_after, status_of
from schema.live import SEND_S
from service.line import line_of
from service.seats import RETRY_S

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from schema.context import Context
    from schema.http import Asked

log = structlog.get_logger()

KEEP_ALIVE_S: Final = 12.0
"""How long nothing is sent before a comment is, so that nobody on the way takes the connection for dead."""
OPEN_S: Final = 1.0
"""How long the first answer is waited for before the stream is opened without it: until then it may be a 4xx."""
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # A proxy that gathers answers would hold events back.
]


class _SlowError(Exception):
    """The client did not read for SEND_S; its connection is cut."""


async def respond(asked: Asked, context: Context, scope: Scope, receive: Receive, send: Send) -> None:
    """Carry out a request and send what comes of it, until it is complete or the client has gone.

    Raises:
        HttpError: there are too many connections (429).
    """
    seats, address = context.services.seats, context.address
    with seats.of_address(address) as one, seats.of_caller(context.account, address) as other:
        if not (one and other):
            log.warning("too many connections", transport="sse", address=address)
            raise HttpError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "BUSY",
                "Too many connections; try again later.",
                "连接过多,请稍后再试。",
                {"Retry-After": str(RETRY_S)},
            )
        await _Stream(asked=asked, context=context, scope=scope, receive=receive, send=send).run()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    """One operation as events, over one connection."""

    asked: Asked
    context: Context
    scope: Scope
    receive: Receive
    send: Send

    async def run(self) -> None:
        """Send all of it."""
        line = line_of(self.scope)
        results: Any = await schema.stream(
            self.asked.query,
            self.asked.variables,
            context_value=self.context,
            operation_name=self.asked.operation,
            allowed_operation_types=OperationType.from_http(self.scope["method"]),
        )
        ends = [asyncio.create_task(self._gone()), asyncio.create_task(line.leaving.wait())]
        try:
            await self._run(results, ends)
        except _SlowError:
            log.warning("slow reader dropped", transport="sse", address=self.context.address, waited_s=SEND_S)
            line.cut()
        finally:
            for one in ends:
                one.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            await results.aclose()

    async def _run(self, results: Any, ends: list[asyncio.Task[Any]]) -> None:
        is_open, wait_s = False, OPEN_S
        while True:
            # Read only when the one before was taken: nothing is kept for a client.
            step = asyncio.create_task(anext(results, None))
            try:
                while not step.done():
                    done, _ = await asyncio.wait({step, *ends}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
                    if not done.isdisjoint(ends):
                        await self._end(is_open=is_open)
                        return
                    if not done:
                        await (self._send(b":\n\n") if is_open else self._open())
                        is_open, wait_s = True, KEEP_ALIVE_S
            finally:
                step.cancel()
                await asyncio.gather(step, return_exceptions=True)
            result: ExecutionResult | PreExecutionError | None = step.result()
            if isinstance(result, PreExecutionError) and not is_open:
                await self._refuse(result)
                return
            if not is_open:
                await self._open()
                is_open, wait_s = True, KEEP_ALIVE_S
            if result is None:
                await self._send(b"event: complete\ndata:\n\n")
                await self._end(is_open=True)
                return
            # Text of JSON has no line break, so it is one line of data.
            await self._send(b"event: next\ndata: " + orjson.dumps(body_of(result)) + b"\n\n")

    async def _gone(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass  # What is left of the request.

    async def _refuse(self, result: PreExecutionError) -> None:
        """Answer what was not even begun."""
        status = status_of(result)
        headers = {"Allow": "POST"} if status == HTTPStatus.METHOD_NOT_ALLOWED else retry_after(result)
        answer = Response(orjson.dumps(body_of(result)), status, headers, media_type=JSON)
        await answer(self.scope, self.receive, self.send)

    async def _open(self) -> None:
        await self._pass({"type": "http.response.start", "status": HTTPStatus.OK, "headers": _HEADERS})
        # Now, and not with the first event: the client is to know that it is connected.
        await self._send(b":\n\n")

    async def _end(self, *, is_open: bool) -> None:
        if is_open:
            await self._pass({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send(self, body: bytes) -> None:
        await self._pass({"type": "http.response.body", "body": body, "more_body": True})

    async def _pass(self, message: Message) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                await self.send(message)
        except TimeoutError:
            raise _SlowError from None
