"""HTTP: GraphQL over HTTP, as its specification says, and every error as JSON.

https://graphql.github.io/graphql-over-http/draft/ (stage 2). What is wrong with the request itself is answered by a
status, in both media types; what is wrong with the document only where a client takes graphql-response+json, because
one that asks for plain JSON reads any other status as a fault of something in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from schema.languages import Language
from schema.rate_limit import RETRY_AFTER
from schema.trusted import DocumentId
from service.error_catalogue import STATUS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strawberry.types import ExecutionResult

    from schema import Schema
    from schema.context import Context

JSON: Final = "application/json"
RESPONSE: Final = "application/graphql-response+json"
EVENTS: Final = "text/event-stream"
_METHODS: Final = "GET, POST"
_HEADERS: Final = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store"}
_MOST_ACCEPTED: Final = 50
"""Most media types of an Accept header that are read."""


class HttpError(Exception):
    """A request that is none (请求格式有误).

    Attributes:
        status: of HTTP.
        code: for a client.
        headers: that go with the answer.
    """

    def __init__(
        self, status: int, code: str, english: str, chinese: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(english)
        self.status = status
        self.code = code
        self.english = english
        self.chinese = chinese
        self.headers = dict(headers or {})

    def response(self, language: Language) -> Response:
        """Return it as GraphQL answers an error."""
        message = self.chinese if language is Language.CHINESE else self.english
        body = {"errors": [{"message": message, "extensions": {"code": self.code, "messageZh": self.chinese}}]}
        return Response(orjson.dumps(body), int(self.status), {**_HEADERS, **self.headers}, media_type=JSON)


def _bad(english: str, chinese: str) -> HttpError:
    return HttpError(HTTPStatus.BAD_REQUEST, "BAD_REQUEST", english, chinese)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; `query` is the document's text, or its id."""

    query: str
    operation: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def accepted(accept: str | None) -> str:
    """Return the media type of the answer: the one of ours that the client likes best.

    Raises:
        HttpError: it takes none of ours (406).
    """
    if not accept:
        return JSON
    # A narrower range says more of a type than a wider one; of those liked as much, the first that was named.
    liked: dict[str, tuple[int, float]] = {}
    for part in accept.split(",")[:_MOST_ACCEPTED]:
        kind, *parameters = (one.strip().lower() for one in part.split(";"))
        if any(one.startswith("charset=") and one[8:].strip('"') not in {"utf-8", "utf8"} for one in parameters):
            continue
        quality = _quality(next((one[2:] for one in parameters if one.startswith("q=")), "1"))
        width = kind.count("*")
        for ours in _FITS.get(kind, ()):
            if ours not in liked or width < liked[ours][0]:
                liked[ours] = (width, quality)
    best = max(liked, key=lambda one: liked[one][1], default=None)
    if best is None or not liked[best][1]:
        message = f"Answers come as {RESPONSE}, {JSON} or {EVENTS}."
        chinese = f"响应格式只有 {RESPONSE}、{JSON} 和 {EVENTS}。"
        raise HttpError(HTTPStatus.NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message, chinese)
    return best


_FITS: Final[Mapping[str, tuple[str, ...]]] = {
    RESPONSE: (RESPONSE,),
    JSON: (JSON,),
    EVENTS: (EVENTS,),
    "application/*": (JSON, RESPONSE),
    "*/*": (JSON, RESPONSE),
    "text/*": (EVENTS,),
}


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


async def asked_by(request: Request) -> Asked:
    """Return what a request asks for.

    Raises:
        HttpError: it is none; 400, 405 or 415.
    """
    if request.method == "GET":
        # Nothing is changed by a GET, so a link can do no harm.
        return _asked(
            {**request.query_params, **_from_query(request, "variables"), **_from_query(request, "extensions")}
        )
    if request.method != "POST":
        raise HttpError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            f"{request.method} is not answered: use POST, or GET for a query.",
            "不支持该方法:请用 POST,查询也可用 GET。",
            {"Allow": _METHODS},
        )
    kind, *parameters = (one.strip().lower() for one in request.headers.get("content-type", "").split(";"))
    charsets = {one[8:].strip('"') for one in parameters if one.startswith("charset=")}
    # A page elsewhere can send forms and plain text without being asked whether it may; this it can't.
    if kind != JSON or charsets - {"utf-8", "utf8"}:
        raise HttpError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            f"A request is sent as {JSON}, in UTF-8.",
            f"请求须为 UTF-8 编码的 {JSON}。",
        )
    return _asked(_parsed(await request.body()))


def _parsed(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _bad("The body is no JSON.", "请求体不是合法的 JSON。") from error


def _from_query(request: Request, name: str) -> dict[str, Any]:
    text = request.query_params.get(name)
    return {name: None if not text else _parsed(text)}


def _asked(sent: Any) -> Asked:
    if not isinstance(sent, dict):
        raise _bad("A request is one object with a query.", "请求须为含 query 的一个对象。")
    for name, kind, told in _MEMBERS:
        if not isinstance(sent.get(name), kind | None):
            raise _bad(f"{name} must be {told}.", f"{name} 的类型有误。")
    query, document_id = sent.get("query"), sent.get("documentId")
    if query and document_id:
        raise _bad("A request has a query or a documentId, not both.", "query 与 documentId 只能取其一。")
    if not (query or document_id):
        raise _bad("A request needs a query or a documentId.", "请求缺少 query 或 documentId。")
    return Asked(query or DocumentId(document_id), sent.get("operationName") or None, sent.get("variables") or {})


_MEMBERS: Final[tuple[tuple[str, type, str], ...]] = (
    ("query", str, "a text"),
    ("documentId", str, "a text"),
    ("operationName", str, "a text"),
    ("variables", dict, "an object"),
    ("extensions", dict, "an object"),
)


async def answered(schema: Schema, request: Request, asked: Asked, context: Context, media_type: str) -> Response:
    """Carry out a query or a mutation, and return the answer.

    Raises:
        HttpError: a mutation by GET, or a subscription.
    """
    allowed = OperationType.from_http("GET" if request.method == "GET" else "POST") - {OperationType.SUBSCRIPTION}
    try:
        result = await schema.execute(
            asked.query,
            asked.variables,
            context_value=context,
            operation_name=asked.operation,
            allowed_operation_types=allowed,
        )
    except InvalidOperationTypeError as error:
        if error.operation_type is OperationType.SUBSCRIPTION:
            raise _bad(
                f"A subscription is sent by WebSocket, or with Accept: {EVENTS}.",
                f"订阅请用 WebSocket,或以 Accept: {EVENTS} 请求。",
            ) from error
        raise HttpError(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "A mutation is sent by POST.",
            "操作须用 POST 提交。",
            {"Allow": "POST"},
        ) from error
    body = body_of(result)
    waits = retry_after(result)
    status = status_of(result) if media_type == RESPONSE or waits else HTTPStatus.OK
    return Response(orjson.dumps(body), int(status), {**_HEADERS, **waits}, media_type=media_type)


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """Return a result as JSON has it: without data, if nothing was carried out."""
    body: dict[str, Any] = {} if is_refused(result) else {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def is_refused(result: ExecutionResult) -> bool:
    """Return whether nothing of an operation was carried out: the document or its variables are no good."""
    if isinstance(result, PreExecutionError):
        return True
    return result.data is None and all(error.path is None for error in result.errors or ())


def retry_after(result: ExecutionResult) -> dict[str, str]:
    """Return the header that tells whoever has no points left when to come again; nothing for any other result.

    It is about the client and not about the document, so it has a status of its own in either media type.
    """
    if not isinstance(result, PreExecutionError):
        return {}
    waits = [(error.extensions or {}).get(RETRY_AFTER) for error in result.errors or ()]
    return next(({"Retry-After": str(one)} for one in waits if one is not None), {})


def status_of(result: ExecutionResult) -> int:
    """Return the status of a result, for a client that takes `application/graphql-response+json`."""
    if not is_refused(result):
        return HTTPStatus.OK
    codes = [str((error.extensions or {}).get("code")) for error in result.errors or ()]
    return next((STATUS[code] for code in codes if code in STATUS), HTTPStatus.BAD_REQUEST)
