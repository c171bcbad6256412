"""套接字: the bounds of a WebSocket: how many there are, how much each asks for at once, how long it may not read."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from schema.context import Context
from schema.live import BUSY, MOST_OPERATIONS, SEND_S
from service.access import ANONYMOUS
from service.line import line_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.websockets import WebSocket
    from strawberry.http.async_base_view import AsyncBaseHTTPView
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, SubscribeMessage

log = structlog.get_logger()

CLOSE_S: Final = 1.0
"""How long whoever is dropped may still take to read why."""


class Wire(ASGIWebSocketAdapter):
    """What is sent, one answer after the other: each has to wait until the one before is on its way, but not for ever.

    What waits is at most one answer of each operation; none is read from the database for them meanwhile.
    """

    def __init__(
        self, view: AsyncBaseHTTPView[Any, Any, Any, Any, Any, Any, Any], request: WebSocket, response: WebSocket
    ) -> None:
        super().__init__(view, request, response)
        self._sending = asyncio.Lock()

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message.

        Raises:
            WebSocketDisconnected: nobody is there any more, or nobody reads.
        """
        try:
            async with asyncio.timeout(SEND_S), self._sending:
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
    """One socket, which has a seat of its address and of its account for as long as it lasts."""

    async def handle(self) -> None:
        """Serve it until it ends, if there is a seat."""
        with ExitStack() as self._seats:
            if not self._seats.enter_context(self.context.services.seats.of_address(self.context.address)):
                await self._refuse("address")
                return
            await super().handle()

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Begin; who calls is known only now."""
        await super().handle_connection_init(message)
        if self.connection_acknowledged:
            account = None if self.context.caller is ANONYMOUS else self.context.caller.actor
            if not self._seats.enter_context(self.context.services.seats.of_account(account)):
                await self._refuse("account")

    async def _refuse(self, of: str) -> None:
        log.warning("too many connections", transport="websocket", of=of, address=self.context.address)
        await self.websocket.close(BUSY, f"Too many connections of this {of}; try again later.")

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Take an operation, or refuse it when there are too many."""
        if self.connection_acknowledged and len(self.operations) >= MOST_OPERATIONS:
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

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a fault; that a client went away while it was answered is none."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)
