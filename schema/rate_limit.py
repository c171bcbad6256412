"""用量限额: each operation is paid for in points before it is carried out; what a caller has left can be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Final

import strawberry
from graphql import GraphQLError

from schema.context import Info
from schema.cost import LEAST, REFUSED
from schema.documents import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.context import Context
    from schema.documents import Read

RETRY_AFTER: Final = "retryAfter"
"""Extension of the error: seconds, as in the header of that name, which a socket does not have."""
OPERATION: Final = "rateLimit"
"""What the journal calls an operation that was not even read."""


def read_paid(context: Context, read: Callable[[], Read]) -> Read:
    """Return an operation that its caller has paid for; whoever runs the service on its machine pays nothing.

    Nothing is read of one whose caller has no points at all: to read it is work, too. One that was read and then
    refused, for what it says or because they have too few, costs them REFUSED, even if they owe it then.

    Args:
        context: of who asks.
        read: parses and validates the document.

    Raises:
        RefusedError: the document or its variables are no good, or the caller has to wait.
    """
    if context.caller.trusted:
        return read()
    limit, account, address = context.services.rate_limit, context.account, context.address
    if (wait_s := limit.wait_s(account, address, LEAST)) > 0:
        raise _refused(context, wait_s)
    try:
        found = read()
    except RefusedError:
        limit.spend(account, address, REFUSED)
        raise
    if limit.take(account, address, found.cost) > 0:
        limit.spend(account, address, REFUSED)
        raise _refused(context, limit.wait_s(account, address, found.cost))
    return found


def _refused(context: Context, wait_s: float) -> RefusedError:
    """Return the refusal of an operation that there are no points for; the journal has one in a minute."""
    seconds, services = ceil(wait_s), context.services
    if services.rate_limit.refuse(context.account, context.address):
        caller = context.caller
        services.journal.failed(
            caller=caller.actor,
            principal=caller.principal,
            address=context.address,
            operation=OPERATION,
            code="RATE_LIMITED",
        )
    error = GraphQLError(
        f"You have asked for more than your points of this minute; try again in {seconds} s.",
        extensions={
            "code": "RATE_LIMITED",
            "messageZh": f"本分钟用量已满,请 {seconds} 秒后再试。",
            "retryable": True,
            RETRY_AFTER: seconds,
        },
    )
    return RefusedError(error)


@strawberry.type(description="用量限额 What the caller may ask for in a minute, in points.")
class RateLimit:
    """The caller's points, of the process that answers."""

    cost: int = strawberry.field(
        description="成本 Points of this operation, all of it; docs/limits.md says how it is reckoned."
    )
    limit: int | None = strawberry.field(description="每分钟限额 Points of a minute; null if there is no limit.")
    remaining: int | None = strawberry.field(description="剩余 Points that are left, this operation being paid for.")
    reset_at: datetime | None = strawberry.field(
        description="恢复时间 When all of them are there again, if nothing is asked meanwhile; they come back evenly."
    )


@strawberry.type
class RateLimitQuery:
    """Queries on what is left."""

    @strawberry.field(description="用量限额 What this operation costs, and what is left to the caller.")
    def rate_limit(self, info: Info) -> RateLimit | None:
        """Return what the process knows of its caller."""
        context = info.context
        cost = LEAST if context.read is None else context.read.cost
        left = (
            None if context.caller.trusted else context.services.rate_limit.standing(context.account, context.address)
        )
        if left is None:
            return RateLimit(cost=cost, limit=None, remaining=None, reset_at=None)
        full_at = datetime.now(UTC) + timedelta(seconds=ceil(left.full_s))
        return RateLimit(cost=cost, limit=left.limit, remaining=left.remaining, reset_at=full_at.replace(microsecond=0))
