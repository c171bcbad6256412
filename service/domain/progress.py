"""形象进度: what stands on the site: fact, state and command of the investment stream.

It stands beside the money and is never worked out from it. Source: mission.md J5; domain.md, Investment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from service.domain.errors import AlreadyReportedError, BelowZeroError, InvalidValueError
from service.domain.series import by_day, keep_order, need_over
from service.domain.values import MOST_LISTED, Document, Figure, LongText, Name, Period, Reason

_WHOLE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """实物工程量 How much of an item of work is done since the start, in the unit that it is measured in."""

    item: Name
    figure: Figure
    unit: Name


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalProgressReported:
    """形象进度报送: what stands at the end of a period: percent of the whole works, words, or quantities done.

    All of it is since the start; each is kept as the paper has it. `reason` stands where it corrects what was reported
    or reports less than before.
    """

    through: Period
    percent: Figure | None = None
    description: LongText | None = None
    quantities: tuple[Quantity, ...] = ()
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The last day of its period, whenever it was sent."""
        return self.through.last_day


# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What was reported, by period, the last said last."""

    reported: Mapping[Period, PhysicalProgressReported] = field(default_factory=dict)


def progressed(state: Progress, fact: PhysicalProgressReported) -> Progress:
    """Fold one fact; no rule, never raises."""
    others = {through: one for through, one in state.reported.items() if through != fact.through}
    return replace(state, reported={**others, fact.through: fact})


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPhysicalProgress:
    """报送形象进度 Report physical progress: at least one of percent, words and quantities."""

    project_id: UUID
    through: Period
    percent: Figure | None = None
    description: LongText | None = None
    quantities: tuple[Quantity, ...] = ()
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


def decide_progress(command: ReportPhysicalProgress, state: Progress, today: date) -> list[PhysicalProgressReported]:
    """Judge a report: of a period that is over, rising, and said otherwise only as a correction with a reason."""
    need_over(command.through, today)
    _check(command)
    fact = PhysicalProgressReported(
        through=command.through,
        percent=command.percent,
        description=command.description,
        quantities=command.quantities,
        reason=command.reason,
        documents=command.documents,
    )
    said = by_day(state.reported)
    known = said.get(fact.occurred_on)
    if known is not None and replace(known, reason=fact.reason) == fact:
        return []  # Already so.
    if command.reason is None:
        # The same under the day's other name (2023-04-T3, 2023-04) corrects nothing.
        renamed = known is not None and replace(known, through=fact.through, reason=None) == fact
        if known is not None and (known.through == fact.through or not renamed):
            raise AlreadyReportedError("reason", through=known.through)
        if fact.percent is not None:
            percents = {day: Decimal(one.percent) for day, one in said.items() if one.percent is not None}
            keep_order(fact.occurred_on, Decimal(fact.percent), percents, "percent")
    return [fact]


def _check(command: ReportPhysicalProgress) -> None:
    if command.percent is None and command.description is None and not command.quantities:
        raise InvalidValueError("percent", rule="at least one of percent, description and quantities")
    if command.percent is not None and not 0 <= Decimal(command.percent) <= _WHOLE:
        raise InvalidValueError("percent", rule=f"0 to {_WHOLE}", value=command.percent)
    items = [one.item for one in command.quantities]
    if len(items) > MOST_LISTED or len(set(items)) < len(items):
        raise InvalidValueError("quantities", rule=f"at most {MOST_LISTED}, each item once")
    for number, one in enumerate(command.quantities):
        if Decimal(one.figure) < 0:
            raise BelowZeroError("quantities", f"[{number}]", "figure", amount=one.figure)
