"""What tests of the demo ask: the API as a front end would, and the log itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from schema import schema
from schema.context import Context
from service.clock import day_of
from service.log.codec import Recorded
from service.log.log import Log


async def asked(context: Context, query: str, **variables: Any) -> dict[str, Any]:
    """Return what a query answers, without an error."""
    result = await schema.execute(query, variable_values=variables, context_value=context)
    assert result.errors is None, result.errors
    answer: dict[str, Any] | None = result.data
    assert answer is not None
    return answer


async def whole(log: Log, region: str) -> list[Recorded]:
    """Return all facts of a ledger."""
    found: list[Recorded] = []
    while batch := await log.read(region, after=len(found)):
        found += batch
    return found


def known_on(recorded: Sequence[Recorded], day: date) -> list[Recorded]:
    """Return the facts that had been recorded by the end of a day."""
    return [one for one in recorded if day_of(one.stored.recorded_us) <= day]
