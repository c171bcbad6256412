"""资金: planned, allotted, arrived and paid, by source: facts, state and commands of the investment stream.

Four numbers that are never added to each other; completed money has no source. Sources are a dictionary of the place.
Source: mission.md J4; domain.md, Investment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple, TypeAlias, assert_never, get_args
from uuid import UUID

from service.domain.decider import not_later
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyReportedError,
    AlreadyStatedError,
    BelowCompletedError,
    BelowZeroError,
    InvalidValueError,
)
from service.domain.labels import Labelled
from service.domain.place import Place
from service.domain.series import Measure, by_day, keep_order, need_over
from service.domain.values import FIRST_YEAR, Code, Document, Name, Period, Reason, Stated

_YEARS_AHEAD: Final = 10


class FundKind(Labelled):
    """资金报送类别 What a unit reports of its funds for a period: ARRIVED 到位, PAID 支付."""

    ARRIVED = "ARRIVED", "到位", "arrived"
    PAID = "PAID", "支付", "paid"


class FundStage(Labelled):
    """资金环节 Four numbers of funds, never added up: PLANNED 计划, ALLOTTED 下达, ARRIVED 到位, PAID 支付."""

    PLANNED = "PLANNED", "计划", "planned"
    ALLOTTED = "ALLOTTED", "下达", "allotted"
    ARRIVED = "ARRIVED", "到位", "arrived"
    PAID = "PAID", "支付", "paid"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsPlanned:
    """资金筹措计划: what a source is to give in a year, or for the whole project (no year).

    Years and the whole are stated apart, since papers have one or the other, and are not checked against each other.
    """

    source: Code
    stated: Stated
    amount_fen: int
    year: int | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsAllotted:
    """资金下达: what a document allotted from a source, in addition to what others did; its number 下达文号 names it.

    A negative amount takes back (收回) what was allotted, with the reason.
    """

    source: Code
    occurred_on: date
    stated: Stated
    amount_fen: int
    document: Document
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsReported:
    """资金到位或支付报送: what arrived from a source, or was paid out of it, through one period, as the paper has it.

    YEAR_TO_DATE and SINCE_START are cumulative. `reason` stands where it corrects or reduces.
    """

    kind: FundKind
    source: Code
    through: Period
    measure: Measure
    stated: Stated
    amount_fen: int
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The last day of its period, whenever it was sent."""
        return self.through.last_day


FundsFact: TypeAlias = FundsPlanned | FundsAllotted | FundsReported

# State


class PlanKey(NamedTuple):
    """What a plan is of: a source in a year, or for the whole project."""

    source: Code
    year: int | None


class AllotmentKey(NamedTuple):
    """What names an allotment: its source and its document's number."""

    source: Code
    number: Name | None


class FundSeries(NamedTuple):
    """One series of reported figures."""

    kind: FundKind
    source: Code
    measure: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Funds:
    """What stands of a project's funds; of reported figures the last said is the last of its series."""

    planned: Mapping[PlanKey, FundsPlanned] = field(default_factory=dict)
    allotted: Mapping[AllotmentKey, FundsAllotted] = field(default_factory=dict)
    reported: Mapping[FundSeries, Mapping[Period, FundsReported]] = field(default_factory=dict)


def funded(state: Funds, fact: FundsFact) -> Funds:
    """Fold one fact; no rule, never raises."""
    match fact:
        case FundsPlanned():
            return replace(state, planned={**state.planned, PlanKey(fact.source, fact.year): fact})
        case FundsAllotted():
            key = AllotmentKey(fact.source, fact.document.number)
            return replace(state, allotted={**state.allotted, key: fact})
        case FundsReported():
            series = FundSeries(fact.kind, fact.source, fact.measure)
            others = {
                through: one for through, one in state.reported.get(series, {}).items() if through != fact.through
            }
            return replace(state, reported={**state.reported, series: {**others, fact.through: fact}})
    assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFunds:
    """编制资金筹措计划 Plan what a source is to give, in a year or for the whole project; a change carries a reason."""

    project_id: UUID
    source: Code
    stated: Stated
    year: int | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllotFunds:
    """登记资金下达 Record what a document allotted; under the same source and number, a correction with a reason."""

    project_id: UUID
    source: Code
    occurred_on: date
    stated: Stated
    document: Document
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFunds:
    """报送资金到位或支付 Report funds arrived or paid; with a reason where it corrects a figure or reduces one."""

    project_id: UUID
    kind: FundKind
    source: Code
    through: Period
    measure: Measure
    stated: Stated
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


FundsCommand: TypeAlias = PlanFunds | AllotFunds | ReportFunds
FUNDS_COMMANDS: Final = get_args(FundsCommand)
FUNDS_FACTS: Final = get_args(FundsFact)


def decide_funds(command: FundsCommand, state: Funds, place: Place, today: date) -> list[FundsFact]:
    """Judge what is said of funds; the place knows its sources and its currency."""
    place.need_money(command.stated)
    place.need_term(Dictionary.FUND_SOURCE, command.source, "source")
    match command:
        case PlanFunds():
            return _plan(command, state, today)
        case AllotFunds():
            return _allot(command, state, today)
        case ReportFunds():
            return _report(command, state, today)
    assert_never(command)


def _plan(command: PlanFunds, state: Funds, today: date) -> list[FundsFact]:
    if command.year is not None and not FIRST_YEAR <= command.year <= today.year + _YEARS_AHEAD:
        raise InvalidValueError("year", value=command.year)
    if command.stated.fen < 0:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    fact = FundsPlanned(
        source=command.source,
        year=command.year,
        stated=command.stated,
        amount_fen=command.stated.fen,
        reason=command.reason,
        documents=command.documents,
    )
    known = state.planned.get(PlanKey(command.source, command.year))
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", stated=known.stated)
    return [fact]


def _allot(command: AllotFunds, state: Funds, today: date) -> list[FundsFact]:
    not_later(command.occurred_on, today)
    if command.document.number is None:
        raise InvalidValueError("document", "number", rule="required: an allotment is known by it")
    fact = FundsAllotted(
        source=command.source,
        occurred_on=command.occurred_on,
        stated=command.stated,
        amount_fen=command.stated.fen,
        document=command.document,
        reason=command.reason,
    )
    key = AllotmentKey(command.source, command.document.number)
    known = state.allotted.get(key)
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", stated=known.stated, occurred_on=known.occurred_on)
    if command.reason is None and fact.amount_fen < 0:
        raise BelowCompletedError("reason", amount=command.stated)
    standing = [one for one in {**state.allotted, key: fact}.values() if one.source == command.source]
    if min(_standing_fen(standing)) < 0:
        raise BelowZeroError("stated", "figure", amount=command.stated, rule="no more is taken back than was allotted")
    return [fact]


def _standing_fen(allotted: list[FundsAllotted]) -> list[int]:
    """Return what stands allotted at the end of each day that has an allotment."""
    days: dict[date, int] = {}
    for one in sorted(allotted, key=lambda one: one.occurred_on):
        days[one.occurred_on] = days.get(one.occurred_on, 0) + one.amount_fen
    return [*accumulate(days.values())]


def _report(command: ReportFunds, state: Funds, today: date) -> list[FundsFact]:
    need_over(command.through, today)
    if command.stated.fen < 0 and command.measure is not Measure.MONTH:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    fact = FundsReported(
        kind=command.kind,
        source=command.source,
        through=command.through,
        measure=command.measure,
        stated=command.stated,
        amount_fen=command.stated.fen,
        reason=command.reason,
        documents=command.documents,
    )
    said = state.reported.get(FundSeries(command.kind, command.source, command.measure), {})
    is_cumulative = command.measure is not Measure.MONTH
    known = by_day(said).get(fact.occurred_on) if is_cumulative else said.get(command.through)
    if known is not None and replace(known, reason=fact.reason) == fact:
        return []  # Already so.
    if command.reason is None:
        _need_no_reason(fact, known, said)
    return [fact]


def _need_no_reason(fact: FundsReported, known: FundsReported | None, said: Mapping[Period, FundsReported]) -> None:
    """Refuse what needs a reason: a correction, and money that grows less."""
    if known is not None and (known.through == fact.through or known.amount_fen != fact.amount_fen):
        raise AlreadyReportedError("reason", through=known.through, reported=known.stated)
    if fact.measure is Measure.MONTH:
        if fact.amount_fen < 0:
            raise BelowCompletedError("reason", amount=fact.stated)
        return
    day = fact.occurred_on
    amounts = {
        other: one.amount_fen
        for other, one in by_day(said).items()
        if fact.measure is Measure.SINCE_START or other.year == day.year
    }
    keep_order(day, fact.amount_fen, amounts, "reported_fen")
