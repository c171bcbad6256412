"""投资: what was completed in money: facts, state, evolve, commands, decide.

Figures are kept as the paper states them, cumulatives where it states cumulatives; months are derived by projections.
Funds (funds.py) and physical progress (progress.py) are of the same stream.
Source: domain.md, Investment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from service.domain.decider import Decider, Stream
from service.domain.errors import (
    AlreadyReportedError,
    AlreadyStatedError,
    BelowCompletedError,
    BelowZeroError,
    InvalidValueError,
    PeriodNotBegunError,
    PeriodNotOverError,
    StatusWentBackError,
)
from service.domain.funds import FUNDS_COMMANDS, FUNDS_FACTS, Funds, FundsCommand, FundsFact, decide_funds, funded
from service.domain.labels import Labelled
from service.domain.place import Place, place_stream
from service.domain.progress import (
    PhysicalProgressReported,
    Progress,
    ReportPhysicalProgress,
    decide_progress,
    progressed,
)
from service.domain.project import Project, project_stream
from service.domain.series import Measure, by_day, keep_order
from service.domain.values import FIRST_YEAR, Document, Erased, Period, Personal, Reason, Region, Stated

__all__ = [
    "DECIDER",
    "Basis",
    "CompletionFact",
    "CompletionReported",
    "Investment",
    "InvestmentCommand",
    "InvestmentFact",
    "Known",
    "Measure",
    "OpeningBalanceStated",
    "ReportCompletion",
    "Series",
    "StateOpeningBalance",
    "Status",
    "decide",
    "evolve",
    "investment_stream",
]


class Basis(Labelled):
    """口径 Basis of a figure: DISPATCH 调度数, STATISTICS 统计数, PAID 支付数, SETTLED 审定数; totals never mix two."""

    DISPATCH = "DISPATCH", "调度数", "dispatch figure"
    STATISTICS = "STATISTICS", "统计数", "statistics figure"
    PAID = "PAID", "支付数", "paid figure"
    SETTLED = "SETTLED", "审定数", "settled figure"


class Status(Labelled):
    """数据状态 Status of a figure: FLASH 快报, FINAL 正式."""

    FLASH = "FLASH", "快报", "flash"
    FINAL = "FINAL", "正式", "final"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBalanceStated:
    """截至上年底累计完成投资: completed since the start through the end of `year`, when a project enters the ledger."""

    year: int
    basis: Basis
    stated: Stated
    amount_fen: int
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The last day of its year."""
        return date(self.year, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionReported:
    """完成投资报送: what the responsible unit stated as completed, on one basis, through one period.

    `stated` keeps the figure as the paper has it (53.93 亿元); `amount_fen` is its exact value. YEAR_TO_DATE and
    SINCE_START are cumulative. `reason` stands where it corrects a figure of the same period or reduces a cumulative
    (核减). Who filled, reviewed and signed are personal data. Source: domain.md, Investment.
    """

    through: Period
    measure: Measure
    basis: Basis
    status: Status
    stated: Stated
    amount_fen: int
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    filled_by: Personal | Erased | None = None
    reviewed_by: Personal | Erased | None = None
    signed_by: Personal | Erased | None = None

    @property
    def occurred_on(self) -> date:
        """The last day of its period, whenever it was sent."""
        return self.through.last_day


CompletionFact: TypeAlias = OpeningBalanceStated | CompletionReported
InvestmentFact: TypeAlias = CompletionFact | FundsFact | PhysicalProgressReported

# State


class Series(NamedTuple):
    """One series of figures of a project."""

    basis: Basis
    measure: Measure


class Known(NamedTuple):
    """A figure that stands: for which period, its status, amount and documents."""

    through: Period
    status: Status
    amount_fen: int
    stated: Stated
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Investment:
    """Figures in force, by series and period, the last said last; opening balances by basis; funds and progress."""

    completed: Mapping[Series, Mapping[Period, Known]] = field(default_factory=dict)
    opening: Mapping[Basis, OpeningBalanceStated] = field(default_factory=dict)
    funds: Funds = field(default_factory=Funds)
    progress: Progress = field(default_factory=Progress)


def evolve(state: Investment, fact: InvestmentFact) -> Investment:
    """Fold one fact; no rule, never raises."""
    match fact:
        case OpeningBalanceStated():
            return replace(state, opening={**state.opening, fact.basis: fact})
        case CompletionReported():
            series = Series(fact.basis, fact.measure)
            known = Known(fact.through, fact.status, fact.amount_fen, fact.stated, fact.documents)
            others = {
                through: one for through, one in state.completed.get(series, {}).items() if through != fact.through
            }
            return replace(state, completed={**state.completed, series: {**others, fact.through: known}})
        case PhysicalProgressReported():
            return replace(state, progress=progressed(state.progress, fact))
        case _:
            return replace(state, funds=funded(state.funds, fact))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class StateOpeningBalance:
    """登记截至上年底累计完成投资 State what was completed through the end of a year."""

    project_id: UUID
    year: int
    basis: Basis
    stated: Stated
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCompletion:
    """报送完成投资 Report completed investment; with a reason where it corrects a figure or reduces a cumulative."""

    project_id: UUID
    through: Period
    measure: Measure
    basis: Basis
    status: Status
    stated: Stated
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()
    filled_by: Personal | None = None
    reviewed_by: Personal | None = None
    signed_by: Personal | None = None


InvestmentCommand: TypeAlias = StateOpeningBalance | ReportCompletion | FundsCommand | ReportPhysicalProgress


def decide(
    command: InvestmentCommand, state: Investment, project: Project, place: Place, today: date
) -> Sequence[InvestmentFact]:
    """Judge a figure; reads the project (it must not be voided) and the place (its currency and sources of funds)."""
    project.need_current()
    place.need_open()
    match command:
        case StateOpeningBalance():
            return _state_opening(command, state, place, today)
        case ReportCompletion():
            return _report(command, state, place, today)
        case ReportPhysicalProgress():
            return decide_progress(command, state.progress, today)
        case _:
            return decide_funds(command, state.funds, place, today)


def _state_opening(command: StateOpeningBalance, state: Investment, place: Place, today: date) -> list[CompletionFact]:
    place.need_money(command.stated)
    if command.year < FIRST_YEAR:
        raise InvalidValueError("year", value=command.year)
    if command.year >= today.year:
        raise PeriodNotOverError("year", year=command.year)
    if command.stated.fen < 0:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    fact = OpeningBalanceStated(
        year=command.year,
        basis=command.basis,
        stated=command.stated,
        amount_fen=command.stated.fen,
        reason=command.reason,
        documents=command.documents,
    )
    known = state.opening.get(command.basis)
    if known is not None and replace(known, reason=fact.reason) == fact:
        return []  # Already so.
    if command.reason is None:
        if known is not None:
            raise AlreadyStatedError("reason", year=known.year, stated=known.stated)
        cumulatives = _cumulatives(Series(command.basis, Measure.SINCE_START), state)
        reported = cumulatives.get(fact.occurred_on)
        if reported is not None and reported.amount_fen != fact.amount_fen:
            raise AlreadyStatedError("reason", through=reported.through, stated=reported.stated)
        amounts = {day: one.amount_fen for day, one in cumulatives.items()}
        keep_order(fact.occurred_on, fact.amount_fen, amounts, "completed_fen")
    return [fact]


def _report(command: ReportCompletion, state: Investment, place: Place, today: date) -> list[CompletionFact]:
    place.need_money(command.stated)
    if command.through.first_day > today:
        raise PeriodNotBegunError("through", through=command.through)
    if command.through.last_day > today and command.status is not Status.FLASH:
        raise PeriodNotOverError("status", through=command.through)
    amount_fen = command.stated.fen
    if amount_fen < 0 and command.measure is not Measure.MONTH:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    known = _known(command, state)
    if known == Known(command.through, command.status, amount_fen, command.stated, command.documents):
        return []  # Already so.
    if known is not None and known.status is Status.FINAL and command.status is Status.FLASH:
        raise StatusWentBackError("status", through=command.through)
    if command.reason is None:
        _need_no_reason(command, known, state)
    return [
        CompletionReported(
            through=command.through,
            measure=command.measure,
            basis=command.basis,
            status=command.status,
            stated=command.stated,
            amount_fen=amount_fen,
            reason=command.reason,
            documents=command.documents,
            filled_by=command.filled_by,
            reviewed_by=command.reviewed_by,
            signed_by=command.signed_by,
        )
    ]


def _need_no_reason(command: ReportCompletion, known: Known | None, state: Investment) -> None:
    """Refuse what needs a reason: a correction, and money that grows less."""
    amount_fen = command.stated.fen
    if known is not None:
        is_proper = known.status is Status.FLASH and command.status is Status.FINAL  # The report itself, after a flash.
        is_same = known.through != command.through and known.amount_fen == amount_fen
        if not is_proper and not is_same:
            raise AlreadyReportedError("reason", through=known.through, reported=known.stated)
    if command.measure is Measure.MONTH:
        if amount_fen < 0:
            raise BelowCompletedError("reason", amount=command.stated)
        return
    day = command.through.last_day
    amounts = {
        other: one.amount_fen
        for other, one in _cumulatives(Series(command.basis, command.measure), state).items()
        if command.measure is Measure.SINCE_START or other.year == day.year
    }
    opening = state.opening.get(command.basis)
    if command.measure is Measure.SINCE_START and opening is not None:
        if opening.occurred_on == day and opening.amount_fen != amount_fen:
            raise AlreadyStatedError("reason", year=opening.year, stated=opening.stated)
        amounts.setdefault(opening.occurred_on, opening.amount_fen)
    keep_order(day, amount_fen, amounts, "completed_fen")


def _known(command: ReportCompletion, state: Investment) -> Known | None:
    """Return the figure that stands for the same: the period, or for a cumulative the day that it reaches."""
    series = Series(command.basis, command.measure)
    if command.measure is Measure.MONTH:
        return state.completed.get(series, {}).get(command.through)
    return _cumulatives(series, state).get(command.through.last_day)


def _cumulatives(series: Series, state: Investment) -> dict[date, Known]:
    return by_day(state.completed.get(series, {}))


def investment_stream(project_id: UUID) -> Stream:
    """Return the stream of a project's money."""
    return Stream("investment", project_id)


def _stream(command: InvestmentCommand, _region: Region, _command_id: UUID) -> UUID:
    return command.project_id


def _reads(command: InvestmentCommand, region: Region) -> tuple[Stream, ...]:
    return (project_stream(command.project_id), place_stream(region))


DECIDER: Final = Decider[Investment](
    kind="investment",
    commands=(StateOpeningBalance, ReportCompletion, *FUNDS_COMMANDS, ReportPhysicalProgress),
    facts=(OpeningBalanceStated, CompletionReported, *FUNDS_FACTS, PhysicalProgressReported),
    initial=Investment(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
