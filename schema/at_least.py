"""读己之写: a query that is answered from given positions on, so that it shows what its sender knows to be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import strawberry
from graphql import GraphQLError, get_directive_values
from graphql.execution.values import get_variable_values
from strawberry.directive import DirectiveLocation
from strawberry.extensions import SchemaExtension

from schema.guard import judge
from schema.regions import newest
from schema.values import Position
from service.access import Sight
from service.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from graphql import GraphQLSchema
    from strawberry.types import ExecutionContext

    from schema.context import Context

WAIT_S: Final = 4.0
"""Longest wait for all positions together."""
MOST: Final = 32
"""Most ledgers that a query waits for."""
MOST_COMING: Final = 100_000
"""Facts that no ledger is given within the wait: a position so far behind the log's head is not waited for."""
_NAME: Final = "atLeast"


@strawberry.input(
    name="RegionPositionInput", description="台账位置 A position in a ledger's log, as a payload tells it."
)
class RegionPositionInput:
    """A position of one region's log."""

    region: str = strawberry.field(description="台账地区 Code of the region whose ledger it is.")
    position: Position = strawberry.field(description="日志位置 Position.")


@strawberry.directive(
    name=_NAME,
    locations=[DirectiveLocation.QUERY],
    description="读取位置 Answer from these positions on: the query waits a few seconds for the read models to have"
    " reached them, and else answers NOT_YET, which may be tried again.",
)
def at_least(
    positions: Annotated[
        list[RegionPositionInput], strawberry.argument(description=f"台账位置 1 to {MOST}, one for each ledger.")
    ],
) -> None:
    """Declare the directive; the extension carries it out, once for an operation."""


DIRECTIVES: Final = (at_least,)


class AtLeast(SchemaExtension):
    """Lets a query wait for the positions that it names; behind the guard: who may not ask does not wait."""

    async def on_validate(self) -> AsyncIterator[None]:
        """Wait before the operation is carried out, or refuse it."""
        execution = self.execution_context
        if not execution.pre_execution_errors:
            asked = _asked(execution)
            if asked is not None:
                if (error := await _waited(execution.context, asked)) is not None:
                    execution.pre_execution_errors = [error]
                else:
                    judge(execution)  # Rights may have ended meanwhile.
        yield


def _asked(execution: ExecutionContext) -> list[dict[str, Any]] | None:
    """Return what the directive of the operation says; None if it has none, or if its variables are no good."""
    operation = execution.context.read.operation
    if not any(one.name.value == _NAME for one in operation.directives or ()):
        return None
    schema: GraphQLSchema = execution.schema._schema  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
    directive = next(one for one in schema.directives if one.name == _NAME)
    variables = get_variable_values(schema, operation.variable_definitions or (), execution.variables or {})
    if isinstance(variables, list):
        return None  # The library tells of them when it carries the operation out.
    values = get_directive_values(directive, operation, variables)
    return None if values is None else values["positions"]


async def _waited(context: Context, asked: list[dict[str, Any]]) -> GraphQLError | None:
    """Return why the query can't be answered from there on; None once it can."""
    if not 1 <= len(asked) <= MOST:
        return _wrong(InvalidValueError("positions", rule=f"1 to {MOST} ledgers", got=len(asked)))
    seen = {newest(region): region for region in context.ledgers(Sight.PUBLIC)}
    wanted: dict[str, int] = {}
    for number, one in enumerate(asked):
        region = seen.get(newest(one["region"]))
        if region is None:
            # The same for one that there is not: nobody learns of a ledger that is not theirs to see.
            return _wrong(InvalidValueError("positions", f"[{number}]", "region", rule="a ledger that you see"))
        wanted[region] = max(one["position"], wanted.get(region, 0))
    runner = context.services.runner
    for region, at in wanted.items():
        if at > runner.heads.get(region, 0) + MOST_COMING:
            return _not_yet(region, at, runner.position_of(region))
    if not await runner.wait_for_all(wanted, WAIT_S):
        for region, at in wanted.items():
            if (reached := runner.position_of(region)) < at:
                return _not_yet(region, at, reached)
    return None


def _wrong(error: InvalidValueError) -> GraphQLError:
    return GraphQLError(str(error), original_error=error)


def _not_yet(region: str, wanted: int, reached: int) -> GraphQLError:
    return GraphQLError(
        f"The read models of {region} have come to {reached}, not yet to {wanted}; try again.",
        extensions={
            "code": "NOT_YET",
            "messageZh": f"{region} 台账已更新至位置 {reached},尚未到 {wanted},请重试。",
            "retryable": True,
            "params": {"region": region, "wanted": wanted, "reached": reached},
        },
    )
