"""演示数字: the monthly figures of a town's projects, so that through April and December they sum as planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import count
from typing import Final, NamedTuple

from service.demo.ledger import Sending, allot, money
from service.demo.projects import DEMO, YEAR, Built, PlanClass
from service.demo.town import Oddity, Slip, Town
from service.domain.investment import Basis, Measure, ReportCompletion, StateOpeningBalance, Status
from service.domain.values import Document, Name, Period, Reason

APRIL: Final = 4
DECEMBER: Final = 12
MONTHS: Final = range(2, DECEMBER + 1)
"""Months with a report; January is reported together with February."""
_CONTINUING: Final = dict(zip(MONTHS, (15, 29, 43, 53, 62, 70, 77, 84, 90, 95, 100), strict=True))
"""Percent of the year's work of a project that runs all year, through each month."""


class Course(NamedTuple):
    """A project's year in 万元: completed before it, and year to date through each month from the first."""

    opening_wan: int
    through: dict[int, int]


def courses(town: Town, built: Sequence[Built]) -> list[Course]:
    """Return each project's year; a place's sums through April and December are exact."""
    weights = [_year_wan(one) for one in built]
    december = allot(town.december_wan, weights)
    april = allot(town.april_wan, [int(wan * _share(one, APRIL)) for one, wan in zip(built, weights, strict=True)])
    return [_course(*each) for each in zip(built, april, december, strict=True)]


def _opening_percent(one: Built) -> int:
    return 20 + one.index * 7 % 26 if one.plan_class is PlanClass.CONTINUING else 0


def _year_wan(one: Built) -> int:
    """Return what the year may bring: a completed project's rest, a continuing one's good half, less of a late one."""
    if one.starts_on is None:
        return 0
    if one.works_done_on is not None:
        percent = 97 - _opening_percent(one)
    elif one.plan_class is PlanClass.CONTINUING:
        percent = 42 + one.index * 11 % 13
    else:
        percent = 5 * (DECEMBER + 1 - one.starts_on.month) + 5
    return one.total_wan * percent // 100


def _share(one: Built, month: int) -> Fraction:
    """Return which share of the project's year is done through a month."""
    if one.plan_class is PlanClass.CONTINUING:
        return Fraction(_CONTINUING[month], 100)
    if one.starts_on is None or month < one.starts_on.month:
        return Fraction(0)
    first = one.starts_on.month
    return Fraction(month - first + 1, DECEMBER - first + 1)


def _course(one: Built, april: int, december: int) -> Course:
    through = {}
    at_april = _share(one, APRIL)
    for month in MONTHS:
        share = _share(one, month)
        if not share:
            continue
        if month <= APRIL:
            through[month] = int(april * share / at_april)
        else:
            through[month] = april + int((december - april) * (share - at_april) / (1 - at_april))
    return Course(one.total_wan * _opening_percent(one) // 100, through)


def period(month: int) -> Period:
    """Return the period through a month's end."""
    return Period(f"{YEAR}-01/{YEAR}-02") if month == MONTHS[0] else Period.month(YEAR, month)


def figures(town: Town, built: Sequence[Built]) -> Iterator[Sending]:
    """Yield every command on the figures of a town's projects."""
    rank = count(1)
    for one, course in zip(built, courses(town, built), strict=True):
        oddity = None
        if one.plan_class is PlanClass.CONTINUING:
            oddity = town.oddities.get(next(rank))
        yield from _Reports(one, course, oddity).sendings()


class _Reports:
    """The reports of one project."""

    def __init__(self, one: Built, course: Course, oddity: Oddity | None) -> None:
        self._one = one
        self._course = course
        self._oddity = oddity
        # Statistics takes a project in some time after its start, and what it counts is a little less.
        self._counted = oddity is None and one.every(5, 0)

    def sendings(self) -> Iterator[Sending]:
        bases = (Basis.DISPATCH, Basis.STATISTICS) if self._counted else (Basis.DISPATCH,)
        # A project that starts this year states 0: without it nobody could say what it comes to since its start.
        if self._course.through:
            yield from map(self._opening, bases)
        previous = 0
        for month, wan in self._course.through.items():
            yield from self._month(month, wan, previous)
            if self._counted and previous:
                day = _due(month, self._one.index) + timedelta(days=6)
                yield self._report(day, month, _counted(wan), basis=Basis.STATISTICS)
            previous = wan

    def _opening(self, basis: Basis) -> Sending:
        one, wan = self._one, self._course.opening_wan
        command = StateOpeningBalance(
            project_id=one.id,
            year=YEAR - 1,
            basis=basis,
            stated=money(wan if basis is Basis.DISPATCH else _counted(wan), in_yi=one.in_yi),
        )
        return one.sending(date(YEAR, 1, 10) + timedelta(days=one.index % 5), f"opening-{basis.lower()}", command)

    def _month(self, month: int, wan: int, previous: int) -> Iterator[Sending]:
        due = _due(month, self._one.index)
        match self._oddity:
            case Oddity(slip=Slip.LATE, month=of, on=day) if of == month and day is not None:
                yield self._report(day, month, wan)
            case Oddity(slip=Slip.CORRECTED, month=of, on=day, wan=excess) if of == month and day is not None:
                yield self._report(due, month, wan + excess)
                reason = f"误将上年完成投资计入,核实后更正为本年累计{wan}万元{DEMO}"
                yield self._report(day, month, wan, what="-corrected", reason=reason)
            case Oddity(slip=Slip.REDUCED, month=of, wan=excess) if of == month + 1:
                yield self._report(due, month, self._course.through[of] + excess)
            case Oddity(slip=Slip.REDUCED, month=of) if of == month:
                yield self._report(due, month, wan, reason=f"审计核减上期多报工程量{DEMO}")
            case _:
                if self._oddity is None and previous and self._one.every(8, month % 8):
                    flash_on = period(month).last_day - timedelta(days=4 - self._one.index % 3)
                    nearly = previous + (wan - previous) * 9 // 10
                    yield self._report(flash_on, month, nearly, what="-flash", status=Status.FLASH)
                yield self._report(due, month, wan)

    def _report(
        self,
        day: date,
        month: int,
        wan: int,
        *,
        basis: Basis = Basis.DISPATCH,
        status: Status = Status.FINAL,
        what: str = "",
        reason: str | None = None,
    ) -> Sending:
        one = self._one
        command = ReportCompletion(
            project_id=one.id,
            through=period(month),
            measure=Measure.YEAR_TO_DATE,
            basis=basis,
            status=status,
            stated=money(wan, in_yi=one.in_yi),
            reason=Reason(reason) if reason else None,
            documents=(Document(title=Name(f"核查意见{DEMO}"), issued_on=day),) if reason else (),
        )
        return one.sending(day, f"{basis.lower()}-{month:02}{what}", command)


def _counted(wan: int) -> int:
    return wan * 95 // 100


def _due(month: int, index: int) -> date:
    """Return when a month's final figure is due: from the 5th to the 7th of the next, in October after the holidays."""
    first = 9 if month == 9 else 5  # noqa: PLR2004 - September.
    return period(month).last_day + timedelta(days=first + index % 3)
