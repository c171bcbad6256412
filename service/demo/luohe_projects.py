"""漯河市(演示)项目: when what happened to each, from the period of 三个一批 that lists it.

A batch is a cohort: it says when a project was listed and as what. How far it is now follows from its own days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from service.demo.cohort import Lot, lots
from service.demo.ledger import allot, workday
from service.demo.luohe_table import CENTRES, COUNTIES, OTHERS, PARKS, PROMOTED, SHOWN
from service.demo.plot import Day, Plot, numbered
from service.demo.spot import Spot
from service.domain.ceremony import BatchKind
from service.domain.gates import StartBasis
from service.domain.identity import Track
from service.domain.values import Region

LUOHE: Final = Region("411100")
AS_OF: Final = date(2024, 9, 30)
"""The account: 截至今年9月底."""
SPOT: Final = Spot(
    region=LUOHE,
    name="漯河市(演示)",
    prefix="市",
    sign="漯",
    start_basis=StartBasis.PHYSICAL,
    opened_on=date(2021, 6, 7),
    ends_on=date(2024, 10, 25),
    centre=(114_020, 33_580),
    parks=PARKS,
    counties=COUNTIES,
    centres=CENTRES,
    dispatch_days=28,  # 三个一批 is looked at every four weeks.
    offices={
        "发展和改革局": "发展和改革委员会",
        "科技和工业信息化局": "工业和信息化局",
        "文化旅游广电体育局": "文化广电和旅游局",
        "城市管理和综合执法局": "城市管理局",
        "卫生健康局": "卫生健康委员会",
        "自然资源局": "自然资源和规划局",
        "重点项目建设事务中心": "重点项目建设服务中心",
    },
)
HELD: Final = (
    date(2021, 7, 6),
    date(2021, 10, 12),
    date(2022, 1, 11),
    date(2022, 4, 12),
    date(2022, 7, 12),
    date(2022, 10, 11),
    date(2023, 1, 10),
    date(2023, 4, 11),
    date(2023, 7, 11),
    date(2023, 10, 11),
    date(2024, 1, 9),
    date(2024, 4, 9),
    date(2024, 7, 9),
)
"""When the periods were held; the months are those that the account fits (F-13), the days are invented."""
SIGNINGS, STARTS, PRODUCTIONS = 353, 296, 117
"""F-11: how many are listed as what, over all periods."""
_CARRIED: Final = 66
"""滚动实施: how many are listed as signed, and as started in a later period."""
EFFECTIVE: Final = 523
"""F-12."""
_STRIDE: Final = 37
_SIZES: Final = (100, 73, 128)
"""Percent of the table's amount that a project has: the first of its lot, the second, the third."""
_SIGNING, _START, _PRODUCTION = BatchKind


class Member(NamedTuple):
    """A project, in which periods it is listed and as what, and since when it stands still, if it does for good."""

    plot: Plot
    listed: tuple[tuple[int, BatchKind], ...]
    halt: date | None = None


class Shown(NamedTuple):
    """A project that shows what can be done in a short time, in place of the first that its period lists as started."""

    period: int
    name: str
    days: Mapping[Day, date]


_SHOWN: Final = (
    # B12: 当年申报、当年运营.
    Shown(
        4,
        "食品实验室公共平台建设项目",
        {
            Day.APPROVED: date(2022, 2, 18),
            Day.PHYSICAL: date(2022, 4, 8),
            Day.STATISTICS: date(2022, 5, 9),
            Day.WORKS: date(2022, 10, 28),
            Day.FULL: date(2022, 11, 25),
            Day.BENEFITS: date(2023, 3, 10),
        },
    ),
    # B11: 从开工建设到投产达效仅用时一年半.
    Shown(
        3,
        "健康饮品智能工厂项目",
        {
            Day.SIGNED: date(2021, 12, 28),
            Day.LANDED: date(2021, 12, 30),
            Day.PHYSICAL: date(2022, 1, 10),
            Day.STATISTICS: date(2022, 2, 18),
            Day.WORKS: date(2022, 12, 20),
            Day.FULL: date(2023, 3, 15),
            Day.BENEFITS: date(2023, 7, 10),
        },
    ),
)


class Luohe:
    """Its projects, in the order of the periods that list them first."""

    def __init__(self) -> None:
        members = list(_members())
        plots = numbered(one.plot for one in members)
        members = [one._replace(plot=plot) for one, plot in zip(members, plots, strict=True)]
        self.members = _counted(members)

    @property
    def plots(self) -> list[Plot]:
        """All projects, by number."""
        return [one.plot for one in self.members]


def _counted(members: Sequence[Member]) -> list[Member]:
    """Return the projects, of which the first so many to do so have reached their benefits (F-12)."""
    due = sorted(
        (one.plot for one in members if one.plot.days.get(Day.BENEFITS, date.max) <= AS_OF),
        key=lambda one: (one.days[Day.BENEFITS], one.index),
    )
    if len(due) < EFFECTIVE:
        raise ValueError(f"{EFFECTIVE} projects have benefits, not {len(due)}")
    there = {one.number for one in due[:EFFECTIVE]}
    return [one if one.plot.number in there else one._replace(plot=_without_benefits(one.plot)) for one in members]


def _without_benefits(one: Plot) -> Plot:
    return replace(one, days={day: on for day, on in one.days.items() if day is not Day.BENEFITS})


def _members() -> Iterator[Member]:
    """Yield the projects; the earlier periods list more."""
    periods = range(1, len(HELD) + 1)
    early = [26 - period for period in periods]
    signings, starts, productions, carried = (
        allot(SIGNINGS, early),
        allot(STARTS - _CARRIED, early),
        allot(PRODUCTIONS, [1 for _ in periods]),
        # Who signs in the last two periods has not begun yet.
        [*allot(_CARRIED, early[:-2]), 0, 0],
    )
    made = _Making()
    for period in periods:
        for kind, many in (
            (_PRODUCTION, productions[period - 1]),
            (_START, starts[period - 1]),
            (_SIGNING, signings[period - 1]),
        ):
            for nth in range(many):
                yield made.member(period, kind, nth, rolls=kind is _SIGNING and nth < carried[period - 1])


class _Making:
    """Makes one project after the other."""

    def __init__(self) -> None:
        self._pools = {promoted: tuple(lots(PROMOTED if promoted else OTHERS)) for promoted in (True, False)}
        self._taken = {True: 0, False: 0}
        self._index = -1

    def member(self, period: int, kind: BatchKind, nth: int, *, rolls: bool) -> Member:
        """Return the next project, listed in a period as one kind; if it rolls, as started in a later one, too."""
        self._index += 1
        index, held = self._index, HELD[period - 1]
        shown = next((one for one in _SHOWN if (one.period, kind, nth) == (period, _START, 0)), None)
        # Whoever signs is promoted; of the others two thirds are.
        lot = self._lot(promoted=kind is _SIGNING or index % 3 != 1) if shown is None else _shown_lot(shown)
        course = Course(index, lot)
        listed = [(period, kind)]
        if rolls:
            later = min(period + 1 + index % 2, len(HELD))
            listed.append((later, _START))
            days = course.rolls(held, HELD[later - 1])
        else:
            days = {_SIGNING: course.goes_on, _START: course.begins, _PRODUCTION: course.produces}[kind](held)
        halt = None if rolls or kind is _PRODUCTION or shown else course.halt(kind, days)
        until = SPOT.ends_on if halt is None else days[halt[0]]
        starts_on, ends_on = days[Day.PHYSICAL], days[Day.WORKS]
        days = course.told(days)
        if shown is not None:
            days, starts_on, ends_on = dict(shown.days), shown.days[Day.PHYSICAL], shown.days[Day.WORKS]
        plot = Plot(
            spot=SPOT,
            index=index,
            kind=lot.kind,
            site=lot.site,
            total_wan=lot.wan,
            contracted_wan=lot.wan,
            registered_on=_registered_on(held),
            starts_on=starts_on,
            ends_on=ends_on,
            days={day: on for day, on in days.items() if on <= until},
            own_name=None if shown is None else shown.name,
            classes=("CHINA_500",) if index % 29 == 3 else (),  # noqa: PLR2004 - any.
            has_code=index % 5 != 4,  # noqa: PLR2004 - any.
        )
        return Member(plot, tuple(listed), None if halt is None else halt[1])

    def _lot(self, *, promoted: bool) -> Lot:
        pool, taken = self._pools[promoted], self._taken[promoted]
        self._taken[promoted] += 1
        lot = pool[taken * _STRIDE % len(pool)]
        return lot._replace(wan=lot.wan * _SIZES[taken // len(pool)] // 10_000 * 100)


def _shown_lot(shown: Shown) -> Lot:
    return next(one for one in lots(SHOWN) if shown.name.startswith(one.kind.title))


def _registered_on(held: date) -> date:
    """Return the last dispatch before a ceremony."""
    return SPOT.dispatch(held - timedelta(days=28))


class Course:
    """How a project goes: what lies how many days apart."""

    def __init__(self, index: int, lot: Lot) -> None:
        self._index = index
        self._wan = lot.wan
        self._promoted = lot.kind.track is Track.PROMOTED
        self._light = self._promoted and index % 5 == 3  # noqa: PLR2004 - as its asset type.
        # 签约即拿地、拿地即开工.
        self._at_once = self._promoted and not self._light and index % 4 == 0
        self._public = lot.kind.track is Track.GOVERNMENT

    def goes_on(self, held: date) -> dict[Day, date]:
        """Return the days of one that signs around a ceremony, and goes on from there."""
        days = self.signed(held)
        start = self._after(days[Day.LANDED], 3 * self._index % 10 if self._at_once else 15 + self._index * 13 % 80)
        return days | self._built(start)

    def begins(self, held: date) -> dict[Day, date]:
        """Return the days of one that starts around a ceremony."""
        days = self.started(held)
        return self._prepared(days[Day.PHYSICAL]) | days

    def produces(self, held: date) -> dict[Day, date]:
        """Return the days of one that goes into production before a ceremony."""
        production = held - timedelta(days=self._index * 7 % 35)
        start = workday(production - timedelta(days=self._works_days + self._to_production))
        days = self._built(start) | {Day.FULL: production}
        return self._prepared(start) | days

    def signed(self, held: date) -> dict[Day, date]:
        """Return the days of signing and landing; every third signs at the ceremony itself."""
        index = self._index
        signed = held if index % 3 == 0 else workday(held - timedelta(days=3 + index * 11 % 50))
        wait = index % 8 if self._at_once else 10 + index % 20 if self._light else 20 + index * 17 % 75
        if index % 9 == 2:  # noqa: PLR2004 - any: its land takes long.
            wait += 110
        return {Day.SIGNED: signed, Day.LANDED: self._after(signed, wait)}

    def started(self, held: date) -> dict[Day, date]:
        """Return the days from a ceremony's start on; every fourth starts there, and in earnest only later."""
        index = self._index
        if index % 4 != 1:
            return self._built(workday(held - timedelta(days=index * 5 % 25)))
        later = 15 + index * 7 % 60 if index % 8 == 1 or held < HELD[-1] else 140
        return {Day.CEREMONY: held} | self._built(self._after(held, later))

    def rolls(self, held: date, later: date) -> dict[Day, date]:
        """Return the days of one that signs around a ceremony, and starts around a later one."""
        days = self.signed(held)
        begun = self.started(later)
        landed = min(days[Day.LANDED], workday(begun[Day.PHYSICAL] - timedelta(days=9)))
        return days | {Day.LANDED: landed} | begun

    def halt(self, kind: BatchKind, days: Mapping[Day, date]) -> tuple[Day, date] | None:
        """Return what it reaches last and from when it stands still for good, if it does: begun, landed, or signed."""
        index = self._index
        if index % 23 == 11:  # noqa: PLR2004 - any.
            last, wait = Day.STATISTICS if Day.STATISTICS in days else Day.PHYSICAL, 15 + index % 20
        elif kind is _SIGNING and index % 41 == 9:  # noqa: PLR2004 - any.
            last, wait = Day.LANDED, 100 + index % 60
        elif kind is _SIGNING and index % 37 == 5:  # noqa: PLR2004 - any.
            last, wait = Day.SIGNED, 180 + index % 90
        else:
            return None
        on = self._after(days[last], wait)
        return (last, on) if on < AS_OF else None

    def told(self, days: Mapping[Day, date]) -> dict[Day, date]:
        """Return the days that the ledger is told, in the order of what they are; of some not every one."""
        index, order = self._index, list(Day)
        left = set()
        if self._light:
            left.add(Day.LANDED)  # It moves in where there are walls.
        if index % 3:
            left.add(Day.WORKS)
        return {day: days[day] for day in sorted(days, key=order.index) if day not in left}

    @property
    def _works_days(self) -> int:
        """Days from the start of works to their end: the larger, the longer."""
        index = self._index
        if self._light:
            return 75 + index * 13 % 70
        return min(self._wan // 500, 240) + (190 + index * 29 % 150 if self._public else 110 + index * 37 % 130)

    @property
    def _to_production(self) -> int:
        """Days from the end of works; some plants run before."""
        return -12 if self._index % 7 == 0 else 12 + self._index % 20

    def _prepared(self, start: date) -> dict[Day, date]:
        """Return what lies before a start that is given."""
        index = self._index
        if not self._promoted:
            return {Day.APPROVED: workday(start - timedelta(days=60 + index * 11 % 90))}
        if not self._at_once:
            return {Day.SIGNED: workday(start - timedelta(days=32 + index * 19 % 150))}
        landed = workday(start - timedelta(days=2 + index % 9))
        return {Day.SIGNED: workday(landed - timedelta(days=2 + index % 7)), Day.LANDED: landed}

    def _built(self, start: date) -> dict[Day, date]:
        """Return what follows a start."""
        index = self._index
        works = self._after(start, self._works_days)
        production = self._after(works, self._to_production)
        to_benefits = 50 + index * 11 % 60 if self._light else 60 + index * 23 % 80
        days = {
            Day.PHYSICAL: start,
            Day.STATISTICS: self._after(start, 18 + index * 7 % 28),
            Day.WORKS: works,
            Day.FULL: production,
            Day.BENEFITS: self._after(production, to_benefits),
        }
        if index % 12 == 7:  # noqa: PLR2004 - on the list of those not entered.
            del days[Day.STATISTICS]
        return days

    @staticmethod
    def _after(day: date, days: int) -> date:
        return workday(day + timedelta(days=days))
