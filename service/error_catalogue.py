"""错误目录: docs/errors.md, written from the codes themselves so that it can't fall behind them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from service.domain.errors import ConflictError, InvalidValueError, RejectionCode, error_of, message_of
from service.log.vector import CursorAheadError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEAD: Final = """# Errors 错误代码

本页列出接口的全部错误代码。操作被规则拒绝的,在结果的 `userErrors` 中逐条说明;
请求本身未能办理的,在应答的 `errors` 中说明。代码一经发布不再改变,可供程序判断;文字可能改进,不应作为判断依据。

A command that a rule refuses is answered in `userErrors` of its payload; what could not be carried out at all is in
`errors` of the answer, with its code in `extensions.code`. Codes are stable and may be branched on; messages may be
improved. `message` comes in the language that Accept-Language prefers, English or Chinese, and `messageZh` always in
Chinese. `params` has what a rule compared; where it has a `rule`, the message says it. What may be sent again as it is
has `extensions.retryable`. HTTP statuses are of answers in which nothing was carried out; those of the document come to
clients that accept `application/graphql-response+json`, and as 200 to those that accept `application/json` alone.

Written by `taizhang schema`; a test holds it against the code.
"""


class Answered(NamedTuple):
    """顶层错误: a code of `errors`.

    Attributes:
        status: of HTTP, where nothing was carried out.
        when: what has happened.
        retryable: whether the same may be sent again.
    """

    code: str
    status: int
    english: str
    chinese: str
    when: str
    retryable: bool = False


ANSWERED: Final = (
    Answered(
        "UNAUTHENTICATED",
        401,
        "This token or key is not valid.",
        "令牌或密钥无效。",
        "the Authorization header names nobody; sign in again, or check the key",
    ),
    Answered(
        "FORBIDDEN",
        403,
        "You may not read this field, or act for this account.",
        "您无权查询该字段,或未获授权代表该账号办理。",
        "no role of the caller shows the field anywhere (`params.field`), or the principal has granted them nothing",
    ),
    Answered(
        "RATE_LIMITED",
        429,
        "Too much from you or your address; try again in so many seconds.",
        "请求过多,请稍后再试。",
        "wait as many seconds as Retry-After says, or `retryAfter` beside the code: too many bad credentials came from"
        " your address, or the points of a minute are spent (docs/limits.md)",
        retryable=True,
    ),
    Answered(
        "TOO_LARGE",
        413,
        "The body, the document or its variables are too large.",
        "请求体、请求文本或变量过大。",
        "the body is over TAIZHANG_BODY_LIMIT_BYTES, or the document or its variables are over theirs (docs/limits.md)",
    ),
    Answered(
        "REQUEST_TIMEOUT",
        408,
        "The request came too slowly.",
        "请求发送过慢。",
        "its head took over 10 s, or the rest of it over 30 s",
    ),
    Answered(
        "BAD_REQUEST",
        400,
        "The document or a variable is wrong.",
        "请求文档或变量有误。",
        "the document is not valid by the schema, or a variable is not of its type; the message names it",
    ),
    Answered(
        "TOO_COMPLEX",
        400,
        "The document has too many fields, or of something else: at most so many.",
        "请求过于复杂:某项超过上限。",
        "`params` names the limit (docs/limits.md has them) and what the document came to; ask for less at a time",
    ),
    Answered(
        "PERSISTED_QUERY_NOT_FOUND",
        404,
        "No document has this id.",
        "没有该编号的文档。",
        "`documentId` is not in the manifest of TAIZHANG_DOCUMENTS; send the text as `query`, or have the build of the"
        " client registered",
    ),
    Answered(
        "PERSISTED_QUERY_ONLY",
        403,
        "Only documents that were registered are carried out here.",
        "本服务只执行已登记的文档。",
        "TAIZHANG_DOCUMENTS_ONLY is set, and the text of `query` is none of the manifest's",
    ),
    Answered(
        "METHOD_NOT_ALLOWED",
        405,
        "A mutation is sent by POST.",
        "操作须用 POST 提交。",
        "neither GET nor POST, or a GET of something else than a query",
    ),
    Answered(
        "NOT_ACCEPTABLE",
        406,
        "Answers come as application/graphql-response+json, application/json or text/event-stream.",
        "响应格式只有 application/graphql-response+json、application/json 和 text/event-stream。",
        "the Accept header has none of them",
    ),
    Answered(
        "UNSUPPORTED_MEDIA_TYPE",
        415,
        "A request is sent as application/json, in UTF-8.",
        "请求须为 UTF-8 编码的 application/json。",
        "another Content-Type, such as a form's",
    ),
    Answered(
        "TOO_MANY_OPERATIONS",
        429,
        "A socket has at most so many operations at a time, and a caller so many subscriptions.",
        "同一连接同时进行的操作过多,或同一账号的订阅过多。",
        "end one that is no longer needed; docs/operations.md has the bounds",
    ),
    Answered(
        "BAD_VALUE",
        400,
        "A value within the answer's field is wrong.",
        "字段的参数值有误。",
        "a value could not be read where a field was resolved; `path` names the field",
    ),
    Answered(
        "CURSOR_AHEAD",
        410,
        CursorAheadError.english,
        CursorAheadError.chinese,
        "a cursor of `changes` stands behind facts that were lost with the restoring (`params` says in which"
        " ledger, and where); ask again without `after`, from BEGINNING, or from NOW after reading what is there",
    ),
    Answered(
        "NOT_YET",
        503,
        "The read models have not yet come to this position; try again.",
        "台账尚未更新至该位置,请重试。",
        "a query @atLeast waited for a position in vain; `params` says of which ledger, and how far it is",
        retryable=True,
    ),
    Answered(
        "BUSY",
        503,
        "Nothing was stored; try again.",
        "系统繁忙,未写入,请重试。",
        "too many commands wait for the ledger, or the database is away",
        retryable=True,
    ),
    Answered(
        "OUTCOME_UNKNOWN",
        503,
        "Stored or not: send it again with the same command id.",
        "结果未知,请用同一命令编号重试。",
        "the answer was lost, or a batch was cut short; under the same command ids nothing is stored twice",
        retryable=True,
    ),
    Answered(
        "UNAVAILABLE",
        503,
        "The database, the rights or the sign-in service can't be reached; try again.",
        "数据库、授权或统一身份认证暂时不可用,请重试。",
        "it goes on by itself; wait as many seconds as Retry-After says, if it is there",
        retryable=True,
    ),
    Answered(
        "SET_ASIDE",
        503,
        "These figures are being repaired; others are not affected.",
        "该数据正在修复,其他数据不受影响。",
        "a read model of the ledger was set aside (`what`); an administrator rebuilds it",
    ),
    Answered(
        "INTERNAL",
        500,
        "A fault on our side; its number is in the log.",
        "系统内部错误。",
        "a bug; tell the administrator the number (`id`)",
    ),
)
"""Beside these, a query may answer any code of a refusal, such as INVALID_VALUE for an argument."""

_AGAIN: Final = {
    RejectionCode.FORBIDDEN: "is not kept: under the same id once the role is granted",
    RejectionCode.PLACE_NOT_OPEN: "is not kept: under the same id once the place is open",
    RejectionCode.VERSION_CONFLICT: "under a new id, expecting the version of `conflict`",
    RejectionCode.COMMAND_ID_REUSED: "under a new id",
}
_NO: Final = "changed, under a new id"


def errors_page() -> str:
    """Return the page: every code of `errors`, and every one of `userErrors`."""
    return "\n".join([_HEAD, *_answered(), *_refusals()]) + "\n"


def _answered() -> Iterator[str]:
    yield "## 请求未能办理 `errors`\n"
    yield "| code | HTTP | English | 中文 | when | retryable |\n|---|---|---|---|---|---|"
    for one in ANSWERED:
        yield (
            f"| `{one.code}` | {one.status} | {one.english} | {one.chinese} | {one.when} |"
            f" {'yes' if one.retryable else 'no'} |"
        )
    yield ""


def _refusals() -> Iterator[str]:
    yield "## 操作被拒绝 `userErrors`\n"
    yield (
        "A rule's refusal is kept under its command id, and answered again for the same id. The last column says how"
        " the command may be sent again.\n"
    )
    for title, codes in _grouped():
        yield f"### {title}\n"
        yield "| code | English | 中文 | again |\n|---|---|---|---|"
        for code in codes:
            english, chinese = message_of(code)
            yield f"| `{code}` | {' '.join(english.split())} | {chinese} | {_AGAIN.get(code, _NO)} |"
        yield ""


def _grouped() -> Iterator[tuple[str, list[RejectionCode]]]:
    values = [code for code in RejectionCode if issubclass(error_of(code), InvalidValueError)]
    conflicts = [code for code in RejectionCode if issubclass(error_of(code), ConflictError)]
    yield "数值有误 A value that can't be one", values
    yield "数据已变 Somebody was faster", conflicts
    yield "不合规则 The state forbids it", [code for code in RejectionCode if code not in {*values, *conflicts}]


STATUS: Final[Mapping[str, int]] = MappingProxyType({one.code: one.status for one in ANSWERED})
"""Code -> status of HTTP, where nothing was carried out."""
