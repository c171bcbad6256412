"""襄汾县(演示): a county whose account (S4) has six links from the reserve to production and five ways of handling.

Only the 72 projects of the annual list (G9) and the six links (B2) are from the account. Projects, companies and all
other figures are invented; townships and the development zone are the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from service.demo import funds, gates, people, works, xiangfen_rules, xiangfen_works
from service.demo.cohort import Lot, lots, plot
from service.demo.dispatch import dispatch, dispatched
from service.demo.duplicates import Duplicate, duplicates
from service.demo.figures import MONTHLY, QUARTERLY, Course, Oddity, Slip, Year, courses, figures, opening_percent
from service.demo.ledger import Ledger, Sending
from service.demo.place import Ceremony, Listed, Target, ceremonies, key_list, opening, targets
from service.demo.plot import Day, Plot, register
from service.demo.spot import Spot
from service.demo.xiangfen_table import (
    BROUGHT_IN,
    GIVEN_UP,
    KINDS,
    NEGOTIATING,
    RESERVED,
    SIGNED,
)
from service.domain.annual_plan import PlanClass, RemoveFromAnnualPlan
from service.domain.ceremony import BatchKind
from service.domain.gates import StartBasis
from service.domain.identity import Track
from service.domain.investment import Basis
from service.domain.liaison import LiaisonUnitKind
from service.domain.plan import Operator, TargetMeasure
from service.domain.roster import RosterRole
from service.domain.values import Code, Figure, Reason, Region, Stated, Unit

COUNTY: Final = Region("141023")
LINFEN: Final = Region("141000")
SHANXI: Final = Region("140000")

SPOT: Final = Spot(
    region=COUNTY,
    name="襄汾县(演示)",
    prefix="县",
    sign="襄",
    start_basis=StartBasis.PHYSICAL,
    opened_on=date(2023, 1, 3),
    ends_on=date(2025, 1, 10),  # When the figures of December 2024 are in.
    centre=(111_430, 35_870),
    parks={"经开区": "襄汾经济技术开发区"},
)
_YEAR: Final = 2024
_HELD: Final = (
    date(2023, 2, 28),
    date(2023, 5, 26),
    date(2023, 8, 25),
    date(2023, 11, 24),
    date(2024, 2, 27),
    date(2024, 5, 24),
    date(2024, 8, 23),
    date(2024, 11, 22),
)
_SET_ON: Final = date(2024, 2, 20)
_ADJUSTED_ON: Final = date(2024, 8, 16)
_PLAN: Final = "2024年重点工程项目计划(演示)"
_TARGETS: Final = (
    Target(_SET_ON, TargetMeasure.PROJECT_COUNT, Operator.AT_LEAST, Stated(Figure("72"), Unit.COUNT), _PLAN, _YEAR),
    Target(_SET_ON, TargetMeasure.INVESTMENT, Operator.AT_LEAST, Stated(Figure("70"), Unit.YI_YUAN), _PLAN, _YEAR),
)
_DONE_WAN: Final = 718_400
"""What all projects complete in 2024, in 万元; they report each month, except those that are completed in it."""
_COMPLETED_WAN: Final = 358_600
"""Of this what those do that are completed in 2024; they report each quarter."""
_DUPLICATES: Final = (
    Duplicate("027", "红枣制品加工项目(演示)", date(2023, 3, 7), date(2023, 4, 11), merges=True),
    Duplicate("044", "经开区厂房项目(演示)", date(2023, 11, 14), date(2024, 1, 9)),
)
_ODDITIES: Final = {
    2: Oddity(Slip.LATE, 4, date(2024, 5, 21)),
    6: Oddity(Slip.CORRECTED, 5, date(2024, 6, 19), 380),
    11: Oddity(Slip.REDUCED, 8, None, 260),
    17: Oddity(Slip.LATE, 7, date(2024, 8, 22)),
}
_UNITS: Final = (
    *((f"{site}人民政府", LiaisonUnitKind.RESPONSIBLE_UNIT) for site in ("新城镇", "邓庄镇")),
    ("襄汾经济技术开发区管理委员会", LiaisonUnitKind.RESPONSIBLE_UNIT),
    *((f"县{office}", LiaisonUnitKind.APPROVAL_DEPARTMENT) for office in ("自然资源局",)),
)
_POSTS: Final = (
    (RosterRole.CONTACT_LEADER, "县级包联领导", True),
    (RosterRole.LIAISON, "联络员", False),
    (RosterRole.TASK_FORCE, "工作专班", False),
)
_FUNDS_THROUGH: Final = (6, 12)
_RURAL: Final = (("RURAL_REVITALISATION", 40), ("LOCAL_BUDGET", 30), ("SPECIAL_BOND", 30))


class Stop(NamedTuple):
    """A standstill of works: of which project, from which day on, and for how many days it is expected."""

    of: str
    on: date
    days: int


class Xiangfen:
    """Its projects: the 72 of the list, and the 24 beside it."""

    def __init__(self) -> None:
        listed = [_listed(index, lot) for index, lot in enumerate(lots(KINDS))]
        building = [one for one in listed if one.starts and one.works_done_on is None]
        waiting = [one for one in listed if not one.starts]
        self.stops = [
            Stop(building[5].number, date(2024, 7, 18), 75),
            Stop(building[13].number, date(2024, 9, 20), 170),
            Stop(building[20].number, date(2024, 10, 24), 150),
        ]
        self.deferred = [
            Stop(waiting[1].number, date(2024, 6, 14), 260),
            Stop(waiting[6].number, date(2024, 7, 5), 300),
        ]
        self.terminated = waiting[4].number
        self.out = [self.deferred[0].of, self.terminated, waiting[8].number]
        stops = {one.of: (one.on, one.on + timedelta(days=one.days)) for one in self.stops}
        self.listed = [replace(one, paused=stops.get(one.number)) for one in listed]
        self.beside = list(_beside(len(listed)))
        self.brought_in = [one for one in self.beside if one.starts]
        self.began = [one for one in self.plots if one.starts]
        self.before_2024 = [one for one in self.began if one.starts_on.year < _YEAR]
        self.opened = {one.number: one.total_wan * opening_percent(one) // 100 for one in self.before_2024}
        completed = [one for one in self.began if one.works_done_on is not None]
        others = [one for one in self.began if one.works_done_on is None]
        self.years_2024 = (
            Year(
                year=_YEAR,
                plots=completed,
                sums={12: _COMPLETED_WAN},
                opened=self.opened,
                carried={(number, Basis.DISPATCH) for number in self.opened},
                months=QUARTERLY,
            ),
            Year(
                year=_YEAR,
                plots=others,
                sums={12: _DONE_WAN - _COMPLETED_WAN},
                opened=self.opened,
                carried={(number, Basis.DISPATCH) for number in self.opened},
                months=MONTHLY,
                oddities=_ODDITIES,
            ),
        )
        self.courses = {
            one.number: course
            for year in self.years_2024
            for one, course in zip(year.plots, courses(year), strict=True)
        }

    @property
    def plots(self) -> list[Plot]:
        """All projects, by number."""
        return [*self.listed, *self.beside]


def _listed(index: int, lot: Lot) -> Plot:
    """Return a project of the list: of 20, 5 are completed within the year, 3 go on, 8 begin, 4 don't begin yet."""
    rank, day = index * 7 % 20, 1 + index * 11 % 27
    done_on = None
    starts_on = date(2023, 2 + index * 7 % 9, day)
    ends_on = max(
        starts_on + timedelta(days=560 + index * 13 % 200), date(2025, 3, 1) + timedelta(days=index * 13 % 200)
    )
    if rank < 5:  # noqa: PLR2004 - completed within the year.
        done_on = ends_on = max(starts_on + timedelta(days=345), date(2024, 5, 20) + timedelta(days=index * 13 % 190))
    elif rank < 8 and index % 3 == 0:  # noqa: PLR2004 - longer works, of which some began before the ledger.
        starts_on = date(2022, 8 + index % 4, day)
    elif 8 <= rank < 16:  # noqa: PLR2004 - new.
        starts_on = date(2024, 3 + index * 5 % 8, day)
        ends_on = starts_on + timedelta(days=430 + index * 13 % 200)
    elif rank in {16, 17}:  # New, and late: their conditions are not met.
        starts_on = date(2024, 9 + index % 3, day)
        ends_on = starts_on + timedelta(days=430 + index * 13 % 200)
    elif rank > 17:  # noqa: PLR2004 - in preparation.
        starts_on = date(2025, 3 + index % 3, day)
        ends_on = starts_on + timedelta(days=500)
    return _plot(index, lot, starts_on, begun=rank < 16, done_on=done_on, ends_on=ends_on)  # noqa: PLR2004


def _plot(index: int, lot: Lot, starts_on: date, *, begun: bool, ends_on: date, done_on: date | None = None) -> Plot:
    # The list was drawn up in February 2024 from what was registered by then.
    reserved_on = min(
        starts_on - timedelta(days=330 + index * 17 % 60), date(2023, 12, 20) - timedelta(days=index % 40)
    )
    one = plot(
        SPOT,
        index,
        lot,
        reserved_on=reserved_on,
        starts_on=starts_on,
        begun=begun,
        done_on=done_on,
        ends_on=ends_on,
        ceremonies=_HELD,
    )
    days = {**one.days, **_signed(one, reserved_on)}
    if not begun and index % 2 == 0:  # Others are late for want of their land.
        days[Day.LANDED] = date(2024, 6, 3) + timedelta(days=index)
    return replace(one, days=days, registered_on=dispatch(one.registered_on))


def _signed(one: Plot, reserved_on: date) -> dict[Day, date]:
    """Return the days up to the filing of a promoted project: it is filed once it is signed for; few sign late."""
    if one.kind.track is not Track.PROMOTED:
        return {}
    index = one.index
    if not one.starts:
        signed_on = reserved_on + timedelta(days=90 + index % 40)
    else:
        signed_on = one.starts_on + timedelta(days=18 if index % 17 == 5 else -120 - index % 60)  # noqa: PLR2004 - any.
    filed_on = signed_on + timedelta(days=20 + index % 12)
    return {
        Day.NEGOTIATED: signed_on - timedelta(days=70 + index % 25),
        **({Day.FRAMEWORK: signed_on - timedelta(days=40)} if index % 3 == 0 else {}),
        Day.SIGNED: signed_on,
        Day.APPROVED: filed_on,
        **({Day.CODED: filed_on + timedelta(days=2)} if Day.CODED in one.days else {}),
    }


def _beside(first: int) -> Iterator[Plot]:
    """Yield the projects beside the list: under negotiation, signed, in reserve, brought in later, and given up."""
    steps = (Day.PLANNED, Day.RESERVED, Day.NEGOTIATED, Day.FRAMEWORK, Day.SIGNED)
    upto = ((NEGOTIATING, steps[:3]), (SIGNED, steps), (RESERVED, steps[:2]), (GIVEN_UP, steps[:3]))
    rows = [(lot, kept) for kinds, kept in upto for lot in lots(kinds)]
    for nth, (lot, kept) in enumerate(rows):
        index, starts_on = first + nth, date(2025, 6 + nth % 6, 1 + nth)
        one = _plot(index, lot, starts_on, begun=False, ends_on=starts_on + timedelta(days=540))
        days = {day: on + timedelta(days=nth * 11 % 240) for day, on in one.days.items() if day in kept}
        yield replace(
            one, days=days, has_code=False, registered_on=dispatch(one.registered_on + timedelta(days=nth * 11 % 240))
        )
    for nth, lot in enumerate(lots(BROUGHT_IN)):
        index, starts_on = first + len(rows) + nth, date(2024, 7 + nth, 8 + nth)
        yield _plot(index, lot, starts_on, begun=True, ends_on=starts_on + timedelta(days=400))


def ledger() -> Ledger:
    """Return 襄汾's ledger."""
    place = Xiangfen()
    of_projects = dispatched((*_projects(place), *_works(place), *_money(place)), until=SPOT.ends_on)
    return Ledger.of(COUNTY, [*_place(place), *of_projects], until=SPOT.ends_on)


def _place(place: Xiangfen) -> Iterator[Sending]:
    yield opening(SPOT, SPOT.name)
    yield from xiangfen_rules.rules(SPOT)
    yield from targets(_TARGETS)
    yield from people.liaisons(SPOT, _UNITS, date(2023, 2, 7))
    yield from _lists(place)
    held = [date(2022, 11, 25), *_HELD]
    yield from ceremonies([_ceremony(place, number, *days) for number, days in enumerate(pairwise(held), 1)])


def _lists(place: Xiangfen) -> Iterator[Sending]:
    entries = [Listed(one, _class(one), _planned_wan(place, one)) for one in place.listed]
    yield from key_list(COUNTY, entries, _SET_ON, _PLAN)
    known = [one for one in entries if one.plot.number not in place.out]
    yield from key_list(LINFEN, known[1::4], date(2024, 3, 12), "2024年市级重点工程项目名单(演示)")
    yield from key_list(SHANXI, known[5::16], date(2024, 3, 26), "2024年省级重点工程项目名单(演示)")
    leaving = tuple(one.id for one in place.listed if one.number in place.out)
    out = RemoveFromAnnualPlan(
        list_owner=COUNTY, year=_YEAR, projects=leaving, reason=Reason("年内不具备开工条件,调出年度计划(演示)")
    )
    yield Sending(_ADJUSTED_ON, "list-out", out)
    added = [Listed(one, PlanClass.NEW_START, _planned_wan(place, one)) for one in place.brought_in]
    yield from key_list(COUNTY, added, _ADJUSTED_ON + timedelta(days=3), "2024年重点工程项目计划调整(演示)")


def _class(one: Plot) -> PlanClass:
    classes = {2024: PlanClass.NEW_START, 2025: PlanClass.PREPARATORY}
    return classes.get(one.starts_on.year, PlanClass.CONTINUING)


def _planned_wan(place: Xiangfen, one: Plot) -> int:
    """Return what is planned for the year, in round sums; of those that lag behind, more than they can do."""
    course = place.courses.get(one.number)
    if course is None or not course.through:
        return 300 + one.total_wan // 100 * 3
    done = course.through[12]
    return max(100, done * (148 if _lags(one) else 93 + one.index % 9) // 10_000 * 100)


def _lags(one: Plot) -> bool:
    return one.works_done_on is None and (one.every(8, 3) or one.paused is not None)


def _ceremony(place: Xiangfen, number: int, before: date, on: date) -> Ceremony:
    def since(one: Plot, *days: Day) -> bool:
        return any(before < one.days.get(day, date.max) <= on for day in days[:1]) and one.registered_on <= on

    batches = (
        (BatchKind.SIGNING, [one for one in place.plots if since(one, Day.SIGNED)]),
        (BatchKind.START, [one for one in place.plots if one.days.get(Day.CEREMONY) == on]),
        (BatchKind.PRODUCTION, [one for one in place.plots if since(one, Day.FULL)]),
    )
    entries = [(one, kind) for kind, plots in batches for one in plots]
    return Ceremony(on, f"{on.year}年第{(number - 1) % 4 + 1}次“三个一批”活动", entries, period=number)


def _projects(place: Xiangfen) -> Iterator[Sending]:
    for one in place.plots:
        yield register(one)
        yield from gates.totals(one)
        yield from gates.reached(one)
        yield from gates.amendments(one)
        if one.index < len(place.listed) or one.starts:
            yield from people.staff(one, one.registered_on + timedelta(days=20), 3 if one.every(6, 0) else 2, _POSTS)
    yield from duplicates(place.plots, _DUPLICATES)
    by_number = {one.number: one for one in place.plots}
    for stop in place.stops:
        yield from works.pause(by_number[stop.of], stop.on, stop.days)
    for stop in place.deferred:
        yield from works.defer(by_number[stop.of], stop.on, stop.days)
    yield works.terminate(by_number[place.terminated], date(2024, 8, 2), "POLICY", "不符合国土空间规划,不再实施")
    (given_up,) = (one for one in place.beside if one.kind in GIVEN_UP)
    yield works.terminate(given_up, date(2024, 11, 15), "OWNER", "投资方调整布局,终止洽谈")


def _works(place: Xiangfen) -> Iterator[Sending]:
    put_off = {place.terminated, *(one.of for one in place.deferred)}
    for one in place.plots:
        if one.starts or (one in place.listed and one.number not in put_off):
            yield from xiangfen_works.scheduled(one)
        if one.starts:
            yield from xiangfen_works.built(one)


def _money(place: Xiangfen) -> Iterator[Sending]:
    of_2023 = Year(
        year=_YEAR - 1,
        plots=place.before_2024,
        ends={number: wan - _before_2023(place, number) for number, wan in place.opened.items()},
        opened={number: _before_2023(place, number) for number in place.opened},
        months=(6, 12),
        statistics=False,
    )
    yield from figures(of_2023)
    for year in place.years_2024:
        yield from figures(year)
    for one in place.began:
        course: Course = place.courses[one.number]
        rural = one.kind.category == Code("ECOLOGY") or one.kind.title.startswith("农村")
        if course.through and one.kind.track is Track.GOVERNMENT and rural:
            yield from funds.funds(one, _YEAR, course.through[12], _FUNDS_THROUGH, _RURAL)
        elif course.through and one.every(18, 0):
            yield from funds.funds(one, _YEAR, course.through[12], _FUNDS_THROUGH)


def _before_2023(place: Xiangfen, number: str) -> int:
    """Return what a project that began before the ledger had completed by then, in 万元."""
    (one,) = (each for each in place.before_2024 if each.number == number)
    return place.opened[number] // 3 if one.starts_on < SPOT.opened_on else 0
