"""演示地区: what is said of a place itself: its opening, targets, key lists, ceremonies and indicators."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from service.demo.ledger import Sending, command_id, money, workday
from service.demo.plot import Plot
from service.demo.spot import DEMO, Spot
from service.domain.annual_plan import EntryToInclude, IncludeInAnnualPlan, PlanClass
from service.domain.ceremony import (
    BatchKind,
    CeremonyEntry,
    CeremonySeries,
    CorrectCeremony,
    HoldCeremony,
    StatedBatch,
    WithdrawCeremony,
    ceremony_id_of,
)
from service.domain.indicator import StateIndicator
from service.domain.investment import Measure, Status
from service.domain.place import OpenPlace, Purpose
from service.domain.plan import Operator, SetAnnualTarget, TargetMeasure
from service.domain.values import Code, Document, Figure, LongText, Name, Period, Reason, Region, Stated, Unit

_MOST_ENTRIES: Final = 500


class Target(NamedTuple):
    """A target of a year, or its revision if `reason` says why."""

    sent_on: date
    measure: TargetMeasure
    operator: Operator
    stated: Stated
    source: str
    year: int
    category: Code | None = None
    reason: str | None = None


def opening(spot: Spot, name: str) -> Sending:
    """Return the command that opens a place's ledger."""
    command = OpenPlace(region=spot.region, name=Name(name), purpose=Purpose.DEMO, start_basis=spot.start_basis)
    return Sending(spot.opened_on, "open", command)


def targets(given: Sequence[Target]) -> Iterator[Sending]:
    """Yield the targets, each under the paper that sets it."""
    for number, target in enumerate(given, 1):
        command = SetAnnualTarget(
            year=target.year,
            measure=target.measure,
            operator=target.operator,
            stated=target.stated,
            category=target.category,
            source=Document(title=Name(target.source), issued_on=target.sent_on),
            reason=Reason(target.reason) if target.reason else None,
        )
        yield Sending(target.sent_on, f"target-{number}", command)


class Listed(NamedTuple):
    """A project on a key list, with what is planned for it."""

    plot: Plot
    plan_class: PlanClass
    planned_wan: int | None = None


def key_list(
    owner: Region,
    listed: Sequence[Listed],
    sent_on: date,
    title: str,
    year: int | None = None,
    *,
    reason: str | None = None,
) -> Iterator[Sending]:
    """Yield what puts projects on a key list, of the year in which it is sent unless another is said.

    A paper may have to be entered in several parts. A reason says why they come later.
    """
    year = year or sent_on.year
    for part, first in enumerate(range(0, len(listed), _MOST_ENTRIES)):
        command = IncludeInAnnualPlan(
            list_owner=owner,
            year=year,
            entries=tuple(_entry(one, year) for one in listed[first : first + _MOST_ENTRIES]),
            source=Document(title=Name(title), issued_on=sent_on),
            reason=None if reason is None else Reason(reason),
        )
        yield Sending(workday(sent_on), f"list-{owner}-{year}-{sent_on:%m%d}-{part}", command)


def _entry(one: Listed, year: int) -> EntryToInclude:
    plot = one.plot
    completes = plot.ends_on.year == year and one.plan_class is not PlanClass.PREPARATORY
    target = {
        PlanClass.NEW_START: "完成场地平整并开工建设",
        PlanClass.CONTINUING: "主体工程过半",
        PlanClass.PREPARATORY: "完成前期手续",
    }[one.plan_class]
    return EntryToInclude(
        project_id=plot.id,
        plan_class=one.plan_class,
        completes_this_year=completes,
        planned_investment=None if one.planned_wan is None else money(one.planned_wan),
        image_target=LongText(f"{'建成' if completes else target}{DEMO}"),
        planned_start=plot.starts_on,
        planned_completion=plot.ends_on if plot.ends_on >= plot.starts_on else None,
    )


class Ceremony(NamedTuple):
    """A ceremony with its projects, and what its account says of them, in 亿元."""

    on: date
    name: str
    entries: Sequence[tuple[Plot, BatchKind]]
    period: int | None = None
    stated: Sequence[tuple[BatchKind, int, str]] = ()


def ceremonies(held: Sequence[Ceremony]) -> Iterator[Sending]:
    """Yield the ceremonies; each is entered within the week."""
    for number, one in enumerate(held, 1):
        command = HoldCeremony(
            name=Name(one.name + DEMO),
            occurred_on=one.on,
            series=CeremonySeries.JOINT if one.period is None else CeremonySeries.THREE_BATCHES,
            period=one.period,
            entries=tuple(CeremonyEntry(project_id=plot.id, kind=kind) for plot, kind in one.entries),
            stated_batches=tuple(
                StatedBatch(kind=kind, count=count, total=Stated(Figure(figure), Unit.YI_YUAN))
                for kind, count, figure in one.stated
            ),
            documents=(Document(title=Name(f"{one.name}报道{DEMO}"), issued_on=one.on),),
        )
        yield Sending(workday(one.on + timedelta(days=3)), f"ceremony-{number}", command)


def corrected(spot: Spot, number: int, on: date, added: Plot, removed: Plot | None = None) -> Sending:
    """Return what corrects the ceremony with a number: a start that was missing, and one that was none."""
    command = CorrectCeremony(
        ceremony_id=_ceremony_id(spot, f"ceremony-{number}"),
        added=(CeremonyEntry(project_id=added.id, kind=BatchKind.START),),
        removed=() if removed is None else (CeremonyEntry(project_id=removed.id, kind=BatchKind.START),),
        reason=Reason(f"核对活动材料后更正{DEMO}"),
    )
    return Sending(workday(on), f"ceremony-{number}-corrected", command)


def recorded_twice(spot: Spot, one: Ceremony, on: date) -> Iterator[Sending]:
    """Yield a ceremony that was recorded a second time by another office, and withdrawn on a day."""
    command = HoldCeremony(name=Name(f"{one.name}(重复){DEMO}"), occurred_on=one.on, series=CeremonySeries.JOINT)
    yield Sending(workday(one.on + timedelta(days=8)), "ceremony-again", command)
    withdraw = WithdrawCeremony(
        ceremony_id=_ceremony_id(spot, "ceremony-again"), reason=Reason(f"两个科室重复登记{DEMO}")
    )
    yield Sending(workday(on), "ceremony-again-withdrawn", withdraw)


def _ceremony_id(spot: Spot, key: str) -> UUID:
    return ceremony_id_of(command_id(spot.region, key))


def indicator(code: str, through: Period, figure: str, growth: str | None, sent_on: date) -> Sending:
    """Return a macro indicator of the year to date, in 亿元, as its paper states it; it is never computed (J13)."""
    command = StateIndicator(
        code=Code(code),
        through=through,
        measure=Measure.YEAR_TO_DATE,
        stated=Stated(Figure(figure), Unit.YI_YUAN),
        status=Status.FINAL if sent_on > through.last_day else Status.FLASH,
        source=Document(title=Name(f"{through}主要经济指标{DEMO}"), issued_on=sent_on),
        growth=None if growth is None else Stated(Figure(growth), Unit.PERCENT),
    )
    return Sending(workday(sent_on), f"indicator-{code.lower()}-{through}", command)
