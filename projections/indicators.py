"""宏观指标: the figures of each indicator that stand, one for each measure and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.table import Change, Table
from service.domain.indicator import IndicatorStated, span_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.database import Connection
    from service.log.codec import Recorded

INDICATOR: Final = Table(
    name="indicator",
    key=("code", "measure", "first_on", "through_on"),
    columns={
        "code": KEYWORD,
        "measure": KEYWORD,
        "first_on": "date NOT NULL",
        "through_on": "date NOT NULL",
        "period": KEYWORD,
        "status": KEYWORD,
        "figure": KEYWORD,
        "unit": KEYWORD,
        "fen": "bigint",
        "growth": KEYWORD_OR_NULL,
        "reason": "text",
        "source": "jsonb NOT NULL",
        "stream_id": "uuid NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("through_on, code, measure, first_on", "stream_id, through_on"),
)
"""`fen` is the exact value where the figure is money; `growth` is in percent, as stated."""


class Indicators:
    """宏观指标."""

    name = "indicators"
    version = 1
    tables: tuple[Table, ...] = (INDICATOR,)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into figures; ignores all other streams."""
        ours = [one for one in batch if isinstance(one.fact, IndicatorStated)]
        if ours:
            await INDICATOR.write(connection, ours[0].region, [_row(one) for one in ours])


def _row(one: Recorded) -> Change:
    fact: IndicatorStated = one.fact
    span = span_of(fact.through, fact.measure)
    row = {
        "code": fact.code,
        "measure": fact.measure,
        "first_on": span.first_on,
        "through_on": span.through_on,
        "period": fact.through,
        "status": fact.status,
        "figure": fact.stated.figure,
        "unit": fact.stated.unit,
        "fen": None if fact.stated.unit.currency is None else fact.stated.fen,
        "growth": None if fact.growth is None else fact.growth.figure,
        "reason": fact.reason,
        "source": json_of(fact.source),
        "stream_id": one.stream_id,
        "position": one.position,
    }
    return INDICATOR.change(row, one.stored.recorded_us)
