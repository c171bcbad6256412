"""套接字: the bounds of a WebSocket: how many there are, how much each asks for at once, how long it may not read."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from json import JSONDecodeError
from typing import TYPE_CHECKING, Final, cast

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from schema.context import Context
from schema.live import BUSY, MOST_OPERATIONS, SEND_S
from service.line import line_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from typing import Any

    from starlette.websockets import WebSocket
    from strawberry.http.async_base_view import AsyncBaseHTTPView
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
        ConnectionInitMessage,
        Message,
        SubscribeMessage,
    )

log = structlog.get_logger()

CLOSE_S: Final = 1.0
"""How long whoever is dropped may still take to read why."""
QUEUE_S: Final = 60.0
"""How long an answer may wait behind others of its socket, each of which may take SEND_S."""
END_S: Final = 5.0
"""How long a new operation waits for the end of one that was completed, when there are as many as may be."""
MOST_SMALL: Final = 16_384
"""Characters of a message that asks for nothing, and of all before a client has begun."""
MOST_ID: Final = 100
"""Characters of an operation's id."""
_MOST_REASON: Final = 123
"""Bytes of a reason for closing, by RFC 6455."""
_TOO_BIG: Final = 1009


class Wire(ASGIWebSocketAdapter):
    """What is sent, one answer after the other: each has to wait until the one before is on its way, but not for ever.

    What waits is at most one answer of each operation; none is read from the database for them meanwhile.
    """

    def __init__(
        self, view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any], request: WebSocket, response: WebSocket
    ) -> None:
        super().__init__(view, request, response)
        self._sending = asyncio.Lock()
        self.has_begun = False
        """Whether its client has said who they are, and was let in."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:  # noqa: ARG002 - The library's.
        """Yield messages; one that is longer than its kind needs ends the socket."""
        try:
            while self.ws.application_state is not WebSocketState.DISCONNECTED:
                # No name for it here: it would be kept until the next one comes.
                yield await self._message()
        except KeyError as error:
            raise NonTextMessageReceived from error
        except JSONDecodeError as error:
            raise NonJsonMessageReceived from error
        except WebSocketDisconnect:
            return

    async def _message(self) -> object:
        text = await self.ws.receive_text()
        is_small = len(text) <= MOST_SMALL
        if is_small or self.has_begun:
            message = self.view.decode_json(text)
            if is_small or (isinstance(message, dict) and message.get("type") == "subscribe"):
                return message
        await self.close(_TOO_BIG, f"At most {MOST_SMALL} characters.")
        raise WebSocketDisconnect(_TOO_BIG)

    async def close(self, code: int, reason: str) -> None:
        """Close it; of a reason as much is told as there is room for."""
        await super().close(code, reason.encode()[:_MOST_REASON].decode(errors="ignore"))

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message.

        Raises:
            WebSocketDisconnected: nobody is there any more, or nobody reads.
        """
        try:
            async with asyncio.timeout(QUEUE_S), self._sending, asyncio.timeout(SEND_S):
                if self.ws.application_state is WebSocketState.DISCONNECTED:
                    raise WebSocketDisconnected
                await super().send_json(message)
        except TimeoutError:
            await self._drop()
            raise WebSocketDisconnected from None

    async def _drop(self) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            return  # Another operation of this socket came first.
        client = self.ws.scope.get("client")
        log.warning("slow reader dropped", transport="websocket", address=client and client[0], waited_s=SEND_S)
        cut = line_of(self.ws.scope).cut
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.ws.close(BUSY, "You read too slowly; resume with the last cursor.")
        except TimeoutError:
            cut()
        else:
            asyncio.get_running_loop().call_later(CLOSE_S, cut)


class Bounded(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket, which has a seat of its address and of its account for as long as it lasts.

    Of the account's there is none until it is known whose it is: until then it has one of the few for guests.
    """

    async def handle(self) -> None:
        """Serve it until it ends, if there is a seat."""
        self._running: set[asyncio.Task[None]] = set()
        seats, address = self.context.services.seats, self.context.address
        with ExitStack() as self._seats:
            if not self._seats.enter_context(seats.of_address(address)):
                await self._refuse("address")
                return
            self._seat = self._seats.enter_context(ExitStack())
            if not self._seat.enter_context(seats.of_caller(self.context.account, address)):
                await self._refuse("address" if self.context.account is None else "account")
                return
            await super().handle()

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Begin; who calls may be known only now."""
        before = self.context.account
        await super().handle_connection_init(message)
        self.context.connection_params = None
        if not self.connection_acknowledged:
            return
        if isinstance(self.websocket, Wire):
            self.websocket.has_begun = True
        account = self.context.account
        if account != before:
            self._seat.close()
            if not self._seat.enter_context(self.context.services.seats.of_caller(account, self.context.address)):
                await self._refuse("account")

    async def _refuse(self, of: str) -> None:
        log.warning("too many connections", transport="websocket", of=of, address=self.context.address)
        await self.websocket.close(BUSY, f"Too many connections of this {of}; try again later.")

    async def handle_message(self, message: Message) -> None:
        """Take a message, and keep nothing of it but the operation that it begins; an id is a short text."""
        said = message.get("id", "")
        if not isinstance(said, str) or len(said) > MOST_ID:
            await self.handle_invalid_message(f"an id has at most {MOST_ID} characters")
            return
        try:
            await super().handle_message(message)
        finally:
            # The library holds on to it until the next one comes, which may be never.
            cast("dict[str, object]", message).clear()

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Take an operation, or refuse it when there are too many."""
        if self.connection_acknowledged and not await self._has_room():
            error = GraphQLError(
                f"A socket has at most {MOST_OPERATIONS} operations at a time.",
                extensions={
                    "code": "TOO_MANY_OPERATIONS",
                    "messageZh": f"同一连接最多同时进行 {MOST_OPERATIONS} 个操作。",
                },
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)
        operation = self.operations.get(message["id"])
        if operation is not None and operation.task is not None:
            self._running.add(operation.task)
            operation.task.add_done_callback(self._running.discard)

    async def _has_room(self) -> bool:
        """Return whether there may be another operation.

        One that was completed is there until its task has ended: its statement is given up over a connection to the
        database of its own. Whoever begins and completes without a pause waits for that, and is not read meanwhile.
        """
        ending = self._running - {one.task for one in self.operations.values()}
        if len(self._running) >= MOST_OPERATIONS and ending:
            await asyncio.wait(ending, timeout=END_S, return_when=asyncio.FIRST_COMPLETED)
        return len(self._running) < MOST_OPERATIONS

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a fault; that a client went away while it was answered is none."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)
