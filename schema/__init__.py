"""GraphQL: translates, never decides. One file per subject; this one puts them together."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

import strawberry
from graphql import OperationType as Kind
from strawberry.extensions.directives import DirectivesExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from schema.accounts import AccountMutation, AccountQuery
from schema.at_least import DIRECTIVES, AtLeast
from schema.audit import AuditQuery, PrivacyMutation
from schema.ceremony import CeremonyMutation, CeremonyQuery
from schema.changed_projects import ChangedProjectSubscription
from schema.changes import ChangeQuery, ChangeSubscription
from schema.compile import EXECUTOR, Plans
from schema.complete import LeftError
from schema.configuration import ConfigurationQuery
from schema.counts import CountQuery
from schema.documents import Documents, KnownDocument, Read, RefusedError
from schema.errors import explain
from schema.fund_totals import FundsQuery
from schema.guard import Guard, judged
from schema.indicator import IndicatorMutation, IndicatorQuery
from schema.investment import InvestmentQuery
from schema.journal import JournalQuery
from schema.key_lists import KeyListQuery
from schema.languages import Language
from schema.ledger import LedgerQuery
from schema.lights import LightQuery
from schema.live import too_many
from schema.node_queries import NodeQuery
from schema.observe import Observe, refuse
from schema.place import PlaceMutation, PlaceQuery
from schema.project_commands import ProjectMutation, ProjectSubscription
from schema.project_queries import ProjectQuery
from schema.publication_queries import PublicationQuery
from schema.rate_limit import RateLimitQuery, read_paid
from schema.roster_queries import RosterQuery
from schema.service import ServiceQuery
from schema.site_map import MapQuery
from schema.splice import answered
from schema.values import SCALARS
from schema.warnings import WarningQuery
from service.domain.deciders import DECIDER_OF
from service.domain.shape import takes_many
from service.telemetry import current

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from graphql import GraphQLError, GraphQLSchema
    from strawberry.extensions import SchemaExtension
    from strawberry.schema.schema import StreamResult
    from strawberry.types import ExecutionContext

    from schema.context import Context
    from schema.documents import Read


@strawberry.type(description="查询 What can be asked.")
class Query(
    NodeQuery,
    ProjectQuery,
    CountQuery,
    InvestmentQuery,
    PlaceQuery,
    ConfigurationQuery,
    AuditQuery,
    ChangeQuery,
    FundsQuery,
    RosterQuery,
    KeyListQuery,
    LedgerQuery,
    MapQuery,
    CeremonyQuery,
    IndicatorQuery,
    WarningQuery,
    LightQuery,
    PublicationQuery,
    JournalQuery,
    AccountQuery,
    ServiceQuery,
    RateLimitQuery,
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
class Subscription(ProjectSubscription, ChangeSubscription, ChangedProjectSubscription):
    """Subscriptions of all subjects."""


class Schema(strawberry.Schema):
    """The schema; it reads a document before anything else, and its errors say what a client can do about them."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.documents = Documents(self._schema, _papers(self._schema))
        self.plans = Plans(self._schema)

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:  # noqa: FBT001, FBT002 - strawberry's signature.
        """Leave out the library's way of directives, which goes through every field; ours is of a whole operation."""
        return [one for one in super().get_extensions(sync) if not isinstance(one, DirectivesExtension)]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give each error a code; hide what is none of the client's business."""
        context = None if execution_context is None else execution_context.context
        _explain(errors, Language.ENGLISH if context is None else context.language)

    def _read(self, text: str, name: str | None, variables: dict[str, Any], context: Context) -> Read:
        trusted = context.services.trusted
        return read_paid(context, lambda: self.documents.read(text, name, variables, trusted))

    async def execute(
        self, query: str | None, variable_values: Any = None, *args: Any, **given: Any
    ) -> ExecutionResult:
        """Carry out a query or a mutation; see strawberry's own."""
        context: Context = given["context_value"]
        try:
            context.read = self._read(query or "", given.get("operation_name"), variable_values or {}, context)
        except RefusedError as refused:
            return _refused(refused, context)
        if (known := self.documents.answer(context.read)) is not None:
            return ExecutionResult(data=known, errors=None)
        if context.splices and context.read.operation.operation is Kind.QUERY:
            if (result := await self._compiled(context, context.read, variable_values or {})) is not None:
                return result
            current().answered(EXECUTOR)
        return await super().execute(query, variable_values, *args, **given)

    async def _compiled(self, context: Context, read: Read, variables: dict[str, Any]) -> ExecutionResult | None:
        """Return the answer to a query by its plan; None if it has none, or if the executor is to say what is wrong."""
        if (refused := judged(self._schema, context)) is not None:
            return _refused(RefusedError(refused), context)
        plan = self.plans.of(read, variables)
        if plan.roots is None:
            return None
        try:
            data, errors = await answered(plan.roots, context)
        except LeftError:
            plan.leave()
            return None
        context.read_personal()
        _explain(errors, context.language)
        current().answered(plan.by)
        return ExecutionResult(data=data, errors=errors or None)

    async def stream(self, query: str | None, variable_values: Any = None, *args: Any, **given: Any) -> StreamResult:
        """Carry out any operation, a subscription too; each has a context of its own, a socket's operations as well."""
        context: Context = given["context_value"]
        try:
            read = self._read(query or "", given.get("operation_name"), variable_values or {}, context)
        except RefusedError as refused:
            return _only(_refused(refused, context))
        if (known := self.documents.answer(read)) is not None:
            return _only(ExecutionResult(data=known, errors=None))
        given["context_value"] = replace(context, read=read, statements=[], sent=[], converted=0, batched=0)
        results = await super().stream(query, variable_values, *args, **given)
        return _seated(context, results) if read.operation.operation is Kind.SUBSCRIPTION else results


def _papers(graph: GraphQLSchema) -> frozenset[str]:
    """Return the mutations of commands with a list that takes more than lists commonly do."""
    commands = {of.__name__ for of in DECIDER_OF if any(takes_many(one) for one in fields(of))}
    taken = {name: one.args["input"].type.of_type.name for name, one in graph.mutation_type.fields.items()}  # type: ignore[union-attr]  # There is one.
    return frozenset(name for name, of in taken.items() if of.removesuffix("Input") in commands)


def _explain(errors: list[GraphQLError], language: Language) -> None:
    for error in errors:
        explain(error, language)
        current().failed(error.extensions["code"] if error.extensions else "")


def _refused(refused: RefusedError, context: Context) -> PreExecutionError:
    for error in refused.errors:
        explain(error, context.language)
    refuse([str((error.extensions or {})["code"]) for error in refused.errors])
    return PreExecutionError(data=None, errors=refused.errors)


async def _seated(context: Context, results: StreamResult) -> StreamResult:
    """Yield a subscription's results, if there is a seat for it until it ends."""
    seats = context.services.seats
    async with aclosing(results):
        with seats.of_subscription(context.account, context.address) as most:
            if most is not None:
                yield _refused(RefusedError(too_many(most)), context)
                return
            async for one in results:
                yield one


async def _only(result: ExecutionResult) -> AsyncGenerator[ExecutionResult, None]:
    yield result


schema: Final[Any] = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    directives=DIRECTIVES,
    config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    extensions=[Observe, KnownDocument, Guard, AtLeast],
)

MUTATIONS: Final[dict[str, str]] = {
    field.args["input"].type.of_type.name.removesuffix("Input"): name
    for name, field in schema._schema.mutation_type.fields.items()  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
    if field.type.name != "CommandBatchPayload"
}
"""Name of a command's class -> name of the mutation that takes one; the one that takes many is `<name>Batch`."""
