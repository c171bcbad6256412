"""动态: how a subscription waits for news, and for the end of the rights that it was begun with.

Nothing is pushed: a subscription reads when its last answer was taken and there is something new, so that a slow client
costs no memory. What is new comes from the read models, whichever process has written the facts or fed them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import GraphQLError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from schema.context import Context

QUIET_S: Final = 20.0
"""Longest time without a look, should another process's news get lost."""
RENEW_S: Final = 1.0
"""How long the end of a right may go unnoticed while nothing happens; what happens is shown by the rights of then."""

SEND_S: Final = 10.0
"""How long a client may take until there is room for the next answer; one that takes longer is dropped, with a log."""
MOST_OPERATIONS: Final = 50
"""Most operations of one socket at a time."""
INIT_S: Final = 10.0
"""How long a socket may be open before its client begins."""
BUSY: Final = 1013
"""Close code "try again later": whoever was dropped comes again, and resumes with the last cursor."""


def too_many(most: int) -> GraphQLError:
    """Return the refusal of one subscription more than a caller may have over all their connections."""
    return GraphQLError(
        f"You have {most} subscriptions, as many as you may.",
        extensions={"code": "TOO_MANY_OPERATIONS", "messageZh": f"您的订阅已达上限 {most} 个。"},
    )


async def news(context: Context, since: Mapping[str, int], regions: Callable[[], AbstractSet[str]]) -> None:
    """Wait until there may be something to show: a region's read models have moved, or the caller's rights changed.

    Args:
        context: of the subscription.
        since: the runner's positions from before the last look.
        regions: whose news matter; asked for every RENEW_S.

    Raises:
        SignInError: the session is over.
    """
    # A subscription may last for weeks.
    context.statements.clear()
    context.sent.clear()
    runner, asked_by, waited_s = context.services.runner, context.caller, 0.0
    while not await runner.moved(since, regions(), RENEW_S):
        since = runner.positions  # None that matters has moved, so none is looked at again.
        context.renew()
        waited_s += RENEW_S
        if waited_s >= QUIET_S or context.caller is not asked_by:
            return
