"""接口: the schema over HTTP and WebSocket."""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocketClose
from strawberry import UNSET
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from schema import http, schema, sse
from schema.context import Context, Services
from schema.http import HttpError
from schema.languages import Language, preferred
from schema.live import INIT_S, MOST_OPERATIONS
from schema.sockets import Bounded, Wire
from schema.trusted import DocumentId
from service.access import ANONYMOUS
from service.auth import Session, SignInError, refused_body

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket
    from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage


PRINCIPAL: Final = "Taizhang-Principal"
"""Header: the account on whose behalf a request is sent (委托人)."""


class Socket(Bounded):
    """One WebSocket; says what is wrong with a request, which the library's own handler ends as if it were done."""

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Take an operation, or refuse it with a reason."""
        payload: Any = message.get("payload")
        if not isinstance(message.get("id"), str) or not isinstance(payload, dict) or not _is_request(payload):
            await self.handle_invalid_message("subscribe needs an id and a payload with a query or a documentId")
            return
        if not payload.get("query") and payload.get("documentId"):
            # The library knows texts alone, and passes on what it finds.
            payload["query"] = DocumentId(payload["documentId"])
        await super().handle_subscribe(message)


def _is_request(payload: dict[str, Any]) -> bool:
    query, document_id = payload.get("query"), payload.get("documentId")
    return (
        isinstance(query, str | None)
        and isinstance(document_id, str | None)
        and not (query and document_id)
        and not (query is None and not document_id)
        and isinstance(payload.get("variables"), dict | None)
        and isinstance(payload.get("operationName"), str | None)
    )


async def _refuse(error: SignInError, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before a socket is accepted it can only be closed, which is answered by a 403.
        await WebSocketClose(code=4403)(scope, receive, send)
        return
    headers = {} if error.wait_s is None else {"Retry-After": str(error.wait_s)}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    in_chinese = preferred(Headers(scope=scope).get("accept-language")) is Language.CHINESE
    await JSONResponse(refused_body(error, in_chinese=in_chinese), error.status, headers)(scope, receive, send)


class Endpoint(GraphQL[Context, None]):
    """An ASGI application; bodies are read and written by orjson, which refuses NaN and half characters.

    Args:
        services: what requests need.
        origins: of pages from elsewhere that may open a WebSocket; those of its own always may.
    """

    graphql_transport_ws_handler_class = Socket
    websocket_adapter_class = Wire

    def __init__(self, services: Services, origins: Sequence[str] = ()) -> None:
        # The legacy graphql-ws protocol is on by default; it stays off.
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_S),
            max_subscriptions_per_connection=MOST_OPERATIONS,
            allowed_origins=origins,
        )
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who calls, and then answer; a WebSocket may also say it in its first message."""
        headers = Headers(scope=scope)
        try:
            scope["session"] = await self._session(headers.get("authorization"), headers.get(PRINCIPAL), scope)
        except SignInError as error:
            await _refuse(error, scope, receive, send)
            return
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            media_type = http.accepted(request.headers.get("accept"))
            asked = await http.asked_by(request)
            context = await self.get_context(request, Response())
            context.splices = media_type != http.EVENTS
            if media_type == http.EVENTS:
                await sse.respond(asked, context, scope, receive, send)
                return
            response = await http.answered(schema, request, asked, context, media_type)
        except HttpError as error:
            response = error.response(preferred(request.headers.get("accept-language")))
        await response(scope, receive, send)

    async def _session(self, authorization: str | None, principal: str | None, scope: Scope) -> Session:
        client = scope.get("client")
        address = client[0] if client else "unknown"
        if self._services.gate is None:
            return Session(ANONYMOUS, address)
        return await self._services.gate.session(authorization, principal, address)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002 - strawberry's signature.
        """Return the environment of one request."""
        session: Session = request.scope["session"]
        language = preferred(request.headers.get("accept-language"))
        return Context(session.caller, self._services, session, language=language)

    async def on_ws_connect(self, context: Context) -> Any:
        """Find out who calls from the first message of a WebSocket, which a browser can't give headers to.

        Raises:
            ConnectionRejectionError: nobody knows; the socket is closed (4403).
        """
        said = context.connection_params or {}
        authorization, principal = said.get("Authorization"), said.get("Taizhang-Principal")
        if authorization is None and (principal is None or context.caller is ANONYMOUS):
            return UNSET  # As the headers said; a principal gives nothing to who says nothing of themselves.
        if context.session is None or not isinstance(authorization, str) or not isinstance(principal, str | None):
            raise ConnectionRejectionError
        scope = {"client": (context.session.address, 0)}
        try:
            context.session = await self._session(authorization, principal, scope)
        except SignInError as error:
            raise ConnectionRejectionError from error
        context.caller = context.session.caller
        return UNSET

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
