"""错误: what a client is told of an error: a stable code, both languages, and whether to try again."""

from __future__ import annotations

import secrets

import structlog
from graphql import GraphQLError
from strawberry.schema.exceptions import InvalidOperationTypeError

from schema.context import SetAsideError
from schema.document_errors import chinese_of
from schema.languages import Language
from schema.user_errors import told
from schema.values import path_of
from service.auth import SignInError
from service.database import UNAVAILABLE
from service.domain.errors import RejectedError
from service.log import BusyError, UnknownOutcomeError
from service.log.vector import CursorAheadError
from service.telemetry import current

log = structlog.get_logger()


def explain(error: GraphQLError, language: Language) -> None:
    """Give an error its code, and its message in a language; a bug is hidden behind an id that the log knows."""
    _explain(error)
    if language is Language.CHINESE and error.extensions is not None:
        error.message = error.extensions["messageZh"]


def _unfit(error: GraphQLError, cause: RecursionError | InvalidOperationTypeError) -> None:
    """Explain why an operation was not begun."""
    english, code, chinese = (
        ("The document is nested too deeply.", "BAD_REQUEST", "请求嵌套过深。")
        if isinstance(cause, RecursionError)
        else ("A mutation is sent by POST.", "METHOD_NOT_ALLOWED", "操作须用 POST 提交。")
    )
    error.message = english
    error.extensions = {"code": code, "messageZh": chinese}


def _untold(error: GraphQLError, cause: CursorAheadError | SetAsideError) -> None:
    """Explain why a ledger could tell too little or something wrong, and so tells nothing."""
    if isinstance(cause, CursorAheadError):
        error.message = cause.english
        error.extensions = {
            "code": "CURSOR_AHEAD",
            "messageZh": cause.chinese,
            "path": ["after"],
            "params": {"region": cause.region, "position": str(cause.position)},
        }
    else:
        error.message = "These figures are being repaired; others are not affected."
        error.extensions = {
            "code": "SET_ASIDE",
            "messageZh": "该数据正在修复,其他数据不受影响。",
            "what": str(cause),
        }


def _explain(error: GraphQLError) -> None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case None | GraphQLError():
            code = "BAD_REQUEST" if error.path is None else "BAD_VALUE"
            error.extensions = {"code": code, "messageZh": chinese_of(error.message), **(error.extensions or {})}
        case RecursionError() | InvalidOperationTypeError():
            _unfit(error, cause)
        case RejectedError():
            code, path = cause.code.value, path_of(cause)
            error.message, chinese = told(cause, path)
            error.extensions = {"code": code, "messageZh": chinese, "path": path, "params": cause.params}
        case SignInError():
            error.message = cause.english
            error.extensions = {"code": cause.code, "messageZh": cause.chinese}
        case UnknownOutcomeError():
            _retryable(
                error,
                "OUTCOME_UNKNOWN",
                "Stored or not: send it again with the same command id.",
                "结果未知,请用同一命令编号重试。",
            )
        case BusyError():
            _retryable(error, "BUSY", "Nothing was stored; try again.", "系统繁忙,未写入,请重试。")
        case CursorAheadError() | SetAsideError():
            _untold(error, cause)
        # A value that can't be sent to the database is among them by its type alone; it is a fault of ours.
        case _ if isinstance(cause, UNAVAILABLE) and not isinstance(cause, ValueError):
            _retryable(error, "UNAVAILABLE", "The database is away; try again.", "数据库暂时不可用,请重试。")
        case _:
            bug = current().request_id or secrets.token_hex(16)
            log.error("bug", bug=bug, operation=current().operation, exc_info=cause)
            error.message = f"A fault on our side; its number in the log is {bug}."
            error.extensions = {"code": "INTERNAL", "messageZh": f"系统内部错误,编号 {bug}。", "id": bug}


def _retryable(error: GraphQLError, code: str, english: str, chinese: str) -> None:
    # Under the request's number: a client is told to try again, and whoever runs the service why.
    log.warning("unavailable", code=code, operation=current().operation, exc_info=error.original_error)
    error.message = english
    error.extensions = {"code": code, "messageZh": chinese, "retryable": True}
