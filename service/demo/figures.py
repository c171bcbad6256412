"""演示数字: what is completed in a year, so that a place's sums through some months come out as given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from typing import Final, NamedTuple

from service.demo.ledger import Sending, allot, money
from service.demo.plot import Plot
from service.demo.spot import DEMO
from service.domain.investment import Basis, Measure, ReportCompletion, StateOpeningBalance, Status
from service.domain.values import Document, Name, Period, Reason

DECEMBER: Final = 12
MONTHLY: Final = tuple(range(2, DECEMBER + 1))
"""Months with a report; January is reported together with February."""
QUARTERLY: Final = (3, 6, 9, 12)
_CONTINUING: Final = dict(zip(MONTHLY, (15, 29, 43, 53, 62, 70, 77, 84, 90, 95, 100), strict=True))
"""Percent of the year's work of a project that runs all year, through each month."""


class Slip(Enum):
    """What may be the matter with a monthly figure."""

    LATE = "sent after its time"
    CORRECTED = "stated too high, then corrected with a reason"
    REDUCED = "the month before was too high and is reduced on review, with a reason"


class Oddity(NamedTuple):
    """What is the matter with a figure of one month: sent or corrected when, and by how much it was too high."""

    slip: Slip
    month: int
    on: date | None = None
    wan: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A year of some projects, whose sums through some months are given.

    Attributes:
        sums: month to what is completed from January through it by all of them, in 万元; the last is the year's end.
        ends: what each completes through the last of the months, by number, if that is given instead of sums.
        opened: what each completed before the year, in 万元, by number; 0 if it says nothing.
        carried: whose figures of the year before stand in the ledger on a basis, so that no balance is stated.
        months: months through which figures are reported.
        oddities: by the rank among the projects that began before the year, from 1.
        statistics: whether some are reported on that basis, too.
    """

    year: int
    plots: Sequence[Plot]
    sums: Mapping[int, int] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    opened: Mapping[str, int] = field(default_factory=dict)
    carried: Collection[tuple[str, Basis]] = ()
    months: Sequence[int] = MONTHLY
    oddities: Mapping[int, Oddity] = field(default_factory=dict)
    statistics: bool = True


class Course(NamedTuple):
    """A project's year in 万元: completed before it, and year to date through each month from the first."""

    opening_wan: int
    through: dict[int, int]


def courses(year: Year) -> list[Course]:
    """Return each project's year; the sums are exact."""
    weights = [_year_wan(year, one) for one in year.plots]
    through = {month: allot(wan, _shares(year, weights, month)) for month, wan in year.sums.items()}
    if year.ends:
        through[year.months[-1]] = [year.ends[one.number] for one in year.plots]
    found = []
    for index, one in enumerate(year.plots):
        known = {0: 0} | {month: wan[index] for month, wan in through.items()}
        found.append(Course(year.opened.get(one.number, 0), dict(_months(year, one, known))))
    return found


def _shares(year: Year, weights: Sequence[int], month: int) -> list[int]:
    return [int(wan * share(year.year, one, month) * 1000) for one, wan in zip(year.plots, weights, strict=True)]


def _months(year: Year, one: Plot, known: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Yield what is completed through each month with a report, between those that are known by share."""
    for month in year.months:
        for (first, before), (last, after) in pairwise(known.items()):
            done, begun, whole = (share(year.year, one, at) for at in (month, first, last))
            if first < month <= last and done:
                yield month, before + (int((after - before) * (done - begun) / (whole - begun)) if whole > begun else 0)


def opening_percent(one: Plot) -> int:
    """Return which part of a project was completed before the year in which it is in full swing."""
    return 20 + one.index * 7 % 26


def _year_wan(year: Year, one: Plot) -> int:
    """Return what the year may bring: a completed project's rest, a continuing one's good half, less of a late one."""
    if not one.starts or one.starts_on.year > year.year:
        return 0
    rest = max(0, one.total_wan * 97 // 100 - year.opened.get(one.number, 0))
    if one.works_done_on is not None and one.works_done_on.year <= year.year:
        return rest
    if one.starts_on.year < year.year:
        return min(rest, one.total_wan * (42 + one.index * 11 % 13) // 100)
    return one.total_wan * (5 * (DECEMBER + 1 - one.starts_on.month) + 5) // 100


def share(year: int, one: Plot, month: int) -> Fraction:
    """Return which share of the project's year is done through a month; while it stands still nothing is."""
    if one.paused is None:
        return _undisturbed(year, one, month)

    def worked(until: int) -> Fraction:
        months = (at for at in range(1, until + 1) if not one.stands_on(date(year, at, 15)))
        return sum((_undisturbed(year, one, at) - _undisturbed(year, one, at - 1) for at in months), Fraction(0))

    whole = worked(DECEMBER)
    return worked(month) / whole if whole else whole


def _undisturbed(year: int, one: Plot, month: int) -> Fraction:
    if month == 0 or not one.starts or one.starts_on > _last_day(year, month):
        return Fraction(0)
    if one.works_done_on is not None and one.works_done_on.year < year:
        return Fraction(0)
    if one.starts_on.year < year:
        return Fraction(_CONTINUING.get(month, 0), 100)
    first = one.starts_on.month
    return Fraction(month - first + 1, DECEMBER - first + 1)


def _last_day(year: int, month: int) -> date:
    return Period.month(year, month).last_day


def period(year: int, month: int) -> Period:
    """Return the period through a month's end."""
    return Period(f"{year}-01/{year}-02") if month == MONTHLY[0] else Period.month(year, month)


def _with_oddities(year: Year) -> Iterator[tuple[Plot, Course, Oddity | None]]:
    rank = 0
    for one, course in zip(year.plots, courses(year), strict=True):
        continues = one.starts and one.starts_on.year < year.year
        rank += continues
        yield one, course, year.oddities.get(rank) if continues else None


def _bases(year: Year, one: Plot, course: Course, oddity: Oddity | None) -> tuple[Basis, ...]:
    """Return the bases on which a project reports: statistics takes it in some time after its start."""
    if not course.through:
        return ()
    counted = year.statistics and oddity is None and one.every(5, 0)
    return (Basis.DISPATCH, Basis.STATISTICS) if counted else (Basis.DISPATCH,)


def reported(year: Year) -> set[tuple[str, Basis]]:
    """Return which projects report in a year, and on which basis."""
    return {
        (one.number, basis)
        for one, course, oddity in _with_oddities(year)
        for basis in _bases(year, one, course, oddity)
    }


def figures(year: Year) -> Iterator[Sending]:
    """Yield every command on the completed investment of the projects in the year."""
    for one, course, oddity in _with_oddities(year):
        yield from _Reports(year, one, course, oddity).sendings()


class _Reports:
    """The reports of one project in one year."""

    def __init__(self, year: Year, one: Plot, course: Course, oddity: Oddity | None) -> None:
        self._year = year
        self._one = one
        self._course = course
        self._oddity = oddity
        self._bases = _bases(year, one, course, oddity)

    def sendings(self) -> Iterator[Sending]:
        # A project that starts this year states 0: without it nobody could say what it comes to since its start.
        for basis in self._bases:
            if (self._one.number, basis) not in self._year.carried:
                yield self._opening(basis)
        previous = 0
        for month, wan in self._course.through.items():
            yield from self._month(month, wan, previous)
            if Basis.STATISTICS in self._bases and previous:
                day = _due(self._year.year, month, self._one.index) + timedelta(days=6)
                yield self._report(day, month, _counted(wan), basis=Basis.STATISTICS)
            previous = wan

    def _opening(self, basis: Basis) -> Sending:
        one, wan, year = self._one, self._course.opening_wan, self._year.year
        command = StateOpeningBalance(
            project_id=one.id,
            year=year - 1,
            basis=basis,
            stated=money(wan if basis is Basis.DISPATCH else _counted(wan), in_yi=one.in_yi),
        )
        return one.sending(
            date(year, 1, 10) + timedelta(days=one.index % 5), f"opening-{year - 1}-{basis.lower()}", command
        )

    def _month(self, month: int, wan: int, previous: int) -> Iterator[Sending]:
        due = _due(self._year.year, month, self._one.index)
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
                    flash_on = period(self._year.year, month).last_day - timedelta(days=4 - self._one.index % 3)
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
            through=period(self._year.year, month),
            measure=Measure.YEAR_TO_DATE,
            basis=basis,
            status=status,
            stated=money(wan, in_yi=one.in_yi),
            reason=Reason(reason) if reason else None,
            documents=(Document(title=Name(f"核查意见{DEMO}"), issued_on=day),) if reason else (),
        )
        return one.sending(day, f"{basis.lower()}-{self._year.year}-{month:02}{what}", command)


def _counted(wan: int) -> int:
    """Return what statistics counts of an amount: a little less."""
    return wan * 95 // 100


def _due(year: int, month: int, index: int) -> date:
    """Return when a month's final figure is due: from the 5th to the 7th of the next, in October after the holidays."""
    first = 9 if month == 9 else 5  # noqa: PLR2004 - September.
    return period(year, month).last_day + timedelta(days=first + index % 3)
