"""GraphQL: translates, never decides. One file per subject; this one puts them together."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from schema.accounts import AccountMutation, AccountQuery
from schema.audit import AuditQuery, PrivacyMutation
from schema.ceremony import CeremonyMutation, CeremonyQuery
from schema.configuration import ConfigurationQuery
from schema.context import SetAsideError
from schema.counts import CountQuery
from schema.fund_totals import FundsQuery
from schema.guard import Guard
from schema.indicator import IndicatorMutation, IndicatorQuery
from schema.investment import InvestmentQuery
from schema.journal import JournalQuery
from schema.key_lists import KeyListQuery
from schema.ledger import LedgerQuery
from schema.place import PlaceMutation, PlaceQuery
from schema.project_commands import ProjectMutation, ProjectSubscription
from schema.project_queries import ProjectQuery
from schema.publication_queries import PublicationQuery
from schema.roster_queries import RosterQuery
from schema.values import SCALARS, path_of
from schema.warnings import WarningQuery
from service.auth import SignInError
from service.database import UNAVAILABLE
from service.domain.errors import RejectedError, message_of
from service.log import BusyError, UnknownOutcomeError

if TYPE_CHECKING:
    from strawberry.types import ExecutionContext

MOST_TOKENS: Final = 1000
"""Most tokens of a document: validation takes time that grows faster than its length."""

log = structlog.get_logger()

DOCUMENTS: Final = 500
"""Most documents whose parse and validation are kept."""


@strawberry.type(description="查询 What can be asked.")
class Query(
    ProjectQuery,
    CountQuery,
    InvestmentQuery,
    PlaceQuery,
    ConfigurationQuery,
    AuditQuery,
    FundsQuery,
    RosterQuery,
    KeyListQuery,
    LedgerQuery,
    CeremonyQuery,
    IndicatorQuery,
    WarningQuery,
    PublicationQuery,
    JournalQuery,
    AccountQuery,
):
    """Queries of all subjects; each field may be null, so that an error of one leaves the others' answers."""


@strawberry.type(description="操作 What can be done; each is safe to send again under its command id.")
class Mutation(
    PlaceMutation,
    ProjectMutation,
    CeremonyMutation,
    IndicatorMutation,
    PrivacyMutation,
    AccountMutation,
):
    """Commands of all subjects."""


@strawberry.type(description="订阅 What can be followed.")
class Subscription(ProjectSubscription):
    """Subscriptions of all subjects."""


class Schema(strawberry.Schema):
    """The schema; its errors say what a client can do about them, and bugs only an id that the log knows."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:  # noqa: ARG002 - strawberry's signature.
        """Give each error a code; hide what is none of the client's business."""
        for error in errors:
            _explain(error)


def _explain(error: GraphQLError) -> None:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case None | GraphQLError():
            code = "BAD_REQUEST" if error.path is None else "BAD_VALUE"
            error.extensions = {"code": code, "messageZh": "请求有误,请对照接口定义检查。", **(error.extensions or {})}
        case RecursionError():
            error.message = "The document is nested too deeply."
            error.extensions = {"code": "BAD_REQUEST", "messageZh": "请求嵌套过深。"}
        case RejectedError():
            english, chinese = message_of(cause.code)
            error.message = english
            code, path = cause.code.value, path_of(cause)
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
        case SetAsideError():
            error.message = "These figures are being repaired; others are not affected."
            error.extensions = {
                "code": "SET_ASIDE",
                "messageZh": "该数据正在修复,其他数据不受影响。",
                "what": str(cause),
            }
        # A value that can't be sent to the database is among them by its type alone; it is a fault of ours.
        case _ if isinstance(cause, UNAVAILABLE) and not isinstance(cause, ValueError):
            _retryable(error, "UNAVAILABLE", "The database is away; try again.", "数据库暂时不可用,请重试。")
        case _:
            bug = secrets.token_hex(8)
            log.error("bug", bug=bug, path=error.path, exc_info=cause)
            error.message = f"A fault on our side; its number in the log is {bug}."
            error.extensions = {"code": "INTERNAL", "messageZh": f"系统内部错误,编号 {bug}。", "id": bug}


def _retryable(error: GraphQLError, code: str, english: str, chinese: str) -> None:
    error.message = english
    error.extensions = {"code": code, "messageZh": chinese, "retryable": True}


schema: Final[Any] = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    extensions=[
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: ParserCache(maxsize=DOCUMENTS),
        lambda: ValidationCache(maxsize=DOCUMENTS),
        Guard,  # Behind the validation: it judges documents that are valid.
    ],
)

MUTATIONS: Final[dict[str, str]] = {
    field.args["input"].type.of_type.name.removesuffix("Input"): name
    for name, field in schema._schema.mutation_type.fields.items()  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
}
"""Name of a command's class -> name of its mutation."""
