"""宏观指标: figures of the economy that a region takes over from statistics: facts, state, evolve, commands, decide.

They are imported with their source and never computed from projects. Source: domain.md, Streams; mission.md J13, F-25.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Decider, Stream
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    InvalidValueError,
    PeriodNotBegunError,
    PeriodNotOverError,
    StatusWentBackError,
    WrongUnitError,
)
from service.domain.investment import Measure, Status
from service.domain.place import Place, place_stream
from service.domain.values import Code, Document, Period, Reason, Region, Stated, Unit


class Span(NamedTuple):
    """所指时段: the days that a figure is of, both included; two names of one time (1-2月, 2月累计) have one span."""

    first_on: date
    through_on: date


def span_of(through: Period, measure: Measure) -> Span:
    """Return the days that a figure is of: its period alone, or its year up to it."""
    first = through.first_day if measure is Measure.MONTH else date(through.year, 1, 1)
    return Span(first, through.last_day)


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorStated:
    """指标数据: what statistics say of one indicator for one time, and its growth on the year before.

    `code` is of the dictionary INDICATOR. `growth` (同比) is in percent and may be negative. Where a growth rate
    alone is published, `stated` is that rate. `reason` stands where it corrects a figure.
    """

    code: Code
    through: Period
    measure: Measure
    stated: Stated
    status: Status
    source: Document
    growth: Stated | None = None
    reason: Reason | None = None

    @property
    def occurred_on(self) -> date:
        """The last day of its period, whenever it was sent."""
        return self.through.last_day


# State


class Key(NamedTuple):
    """Which figure: what it measures, of which days."""

    measure: Measure
    span: Span


class Known(NamedTuple):
    """A figure that stands."""

    status: Status
    stated: Stated
    growth: Stated | None
    source: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Figures in force of one indicator."""

    figures: Mapping[Key, Known] = field(default_factory=dict)


def evolve(state: Indicator, fact: IndicatorStated) -> Indicator:
    """Fold one fact; no rule, never raises."""
    known = Known(fact.status, fact.stated, fact.growth, fact.source)
    return replace(state, figures={**state.figures, Key(fact.measure, span_of(fact.through, fact.measure)): known})


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class StateIndicator:
    """登记宏观指标 State a macro indicator from its source; with a reason where it corrects a figure."""

    code: Code
    through: Period
    measure: Measure
    stated: Stated
    status: Status
    source: Document
    growth: Stated | None = None
    reason: Reason | None = None


def decide(command: StateIndicator, state: Indicator, place: Place, today: date) -> Sequence[IndicatorStated]:
    """Judge a figure; reads the place (its currency and its list of indicators)."""
    _check(command, place, today)
    known = state.figures.get(Key(command.measure, span_of(command.through, command.measure)))
    if known == Known(command.status, command.stated, command.growth, command.source):
        return []  # Already so.
    if known is not None:
        if known.status is Status.FINAL and command.status is Status.FLASH:
            raise StatusWentBackError("status", through=command.through)
        if known.status is command.status and command.reason is None:
            raise AlreadyStatedError("reason", through=command.through, stated=known.stated)
    return [
        IndicatorStated(
            code=command.code,
            through=command.through,
            measure=command.measure,
            stated=command.stated,
            status=command.status,
            source=command.source,
            growth=command.growth,
            reason=command.reason,
        )
    ]


def _check(command: StateIndicator, place: Place, today: date) -> None:
    place.need_term(Dictionary.INDICATOR, command.code, "code")
    if command.measure is Measure.SINCE_START:
        raise InvalidValueError("measure", rule=f"{Measure.MONTH} or {Measure.YEAR_TO_DATE}")
    if command.through.first_day > today:
        raise PeriodNotBegunError("through", through=command.through)
    if command.through.last_day > today and command.status is not Status.FLASH:
        raise PeriodNotOverError("status", through=command.through)
    if command.stated.unit is not Unit.PERCENT:
        place.need_money(command.stated)
        if command.stated.fen < 0 and command.measure is not Measure.MONTH:
            raise BelowZeroError("stated", "figure", amount=command.stated)
    if command.growth is not None and command.growth.unit is not Unit.PERCENT:
        raise WrongUnitError("growth", "unit", unit=command.growth.unit, expected=Unit.PERCENT)


def indicator_stream(region: Region, code: Code) -> Stream:
    """Return the stream of one of a region's indicators."""
    return Stream("indicator", uuid5(NAMESPACE, f"indicator:{region}:{code}"))


def _stream(command: StateIndicator, region: Region, _command_id: UUID) -> UUID:
    return indicator_stream(region, command.code).id


def _reads(_command: StateIndicator, region: Region) -> tuple[Stream, ...]:
    return (place_stream(region),)


DECIDER: Final = Decider[Indicator](
    kind="indicator",
    commands=(StateIndicator,),
    facts=(IndicatorStated,),
    initial=Indicator(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
