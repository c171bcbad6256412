"""接口: the schema over HTTP and WebSocket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, parse
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from schema import MOST_TOKENS, schema
from schema.context import Context, Services
from service.access import LOCAL

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.websockets import WebSocket
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage


class Socket(BaseGraphQLTransportWSHandler[Context, None]):
    """One WebSocket; says what is wrong with a request, which the library's own handler ends as if it were done."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Take an operation, or refuse it with a reason."""
        payload: Any = message.get("payload")
        if not isinstance(message.get("id"), str) or not isinstance(payload, dict) or not _is_request(payload):
            await self.handle_invalid_message("subscribe needs an id and a payload with a query")
            return
        try:
            parse(payload["query"], max_tokens=MOST_TOKENS)
        except (GraphQLError, RecursionError) as error:
            told = error if isinstance(error, GraphQLError) else GraphQLError("The document is nested too deeply.")
            schema.process_errors([told])
            await self.send_message({"id": message["id"], "type": "error", "payload": [told.formatted]})
            return
        await super().handle_subscribe(message)


def _is_request(payload: dict[str, Any]) -> bool:
    return (
        isinstance(payload.get("query"), str)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )


class Endpoint(GraphQL[Context, None]):
    """An ASGI application; bodies are read and written by orjson, which refuses NaN and half characters."""

    graphql_transport_ws_handler_class = Socket

    def __init__(self, services: Services) -> None:
        # The legacy graphql-ws protocol is on by default; it stays off.
        super().__init__(schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL])
        self._services = services

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - strawberry's signature.
        """Return the environment of one request; until rights exist, whoever is on this machine is the local caller."""
        return Context(LOCAL, self._services)

    def decode_json(self, data: str | bytes) -> object:
        """Return what was sent.

        Raises:
            JSONDecodeError: no JSON, or no object; answered by a 400, or the end of a WebSocket.
        """
        found = orjson.loads(data)
        if not isinstance(found, dict):
            raise json.JSONDecodeError("no object", str(found)[:40], 0)
        return found

    def encode_json(self, data: object) -> str:
        """Return an answer as text: bytes would become binary frames on a WebSocket."""
        return orjson.dumps(data).decode()
