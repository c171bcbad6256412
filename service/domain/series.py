"""报送序列: what series of figures for periods have in common: what they measure, when they may come, their order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

from service.domain.errors import BelowCompletedError, PeriodNotBegunError, PeriodNotOverError
from service.domain.labels import Labelled
from service.domain.values import Period

_T = TypeVar("_T")
_Number = TypeVar("_Number", int, Decimal)


class Measure(Labelled):
    """指标 What a figure is of: MONTH 本期数 (of the period alone), YEAR_TO_DATE 本年累计, SINCE_START 自开工累计."""

    MONTH = "MONTH", "本期数", "period alone"
    YEAR_TO_DATE = "YEAR_TO_DATE", "本年累计", "year to date"
    SINCE_START = "SINCE_START", "自开工累计", "cumulative since start"


def need_over(through: Period, today: date) -> None:
    """Refuse a period that is not over; commands have it in their field `through`.

    Raises:
        PeriodNotBegunError: it has not even begun.
        PeriodNotOverError: it is running.
    """
    if through.first_day > today:
        raise PeriodNotBegunError("through", through=through)
    if through.last_day > today:
        raise PeriodNotOverError("through", through=through)


def by_day(said: Mapping[Period, _T]) -> dict[date, _T]:
    """Return cumulatives by the day that they reach; through one day (2023-04-T3, 2023-04) the last said stands."""
    return {through.last_day: one for through, one in said.items()}


def keep_order(day: date, value: _Number, values: Mapping[date, _Number], name: str) -> None:
    """Refuse a cumulative that breaks the rising order.

    Args:
        values: the others, by the day that they reach; one of the same day says nothing.
        name: what the other value is called in the refusal.

    Raises:
        BelowCompletedError: it lies below the one before it, or above the one after it.
    """
    earlier = max((other for other in values if other < day), default=None)
    later = min((other for other in values if other > day), default=None)
    if earlier is not None and value < values[earlier]:
        raise BelowCompletedError("reason", through=earlier, **{name: values[earlier]})
    if later is not None and value > values[later]:
        raise BelowCompletedError("reason", through=later, **{name: values[later]})
