"""衡东县(演示): a county that counts 开工 by the permit; its account has F-25, F-27 and F-28 (mission.md, S3).

Only these figures are from the account. Projects, companies and all other figures are invented; townships are the real
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import Final

from service.demo import funds, gates, people, works
from service.demo.cohort import Lot, cohort, lots, plot
from service.demo.duplicates import Duplicate, duplicates
from service.demo.figures import QUARTERLY, Oddity, Slip, Year, courses, figures, opening_percent, reported
from service.demo.hengdong_table import APPROVING, KINDS, OTHERS, RESPONSIBLE, SIGNED
from service.demo.ledger import Ledger, Sending, allot
from service.demo.place import (
    Ceremony,
    Listed,
    Target,
    ceremonies,
    corrected,
    indicator,
    key_list,
    opening,
    recorded_twice,
    targets,
)
from service.demo.plot import Day, Plot, register
from service.demo.spot import Spot
from service.domain.annual_plan import PlanClass
from service.domain.ceremony import BatchKind
from service.domain.configuration import SetStages
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.investment import Basis
from service.domain.liaison import EndUnitLiaison, LiaisonUnitKind
from service.domain.plan import Operator, TargetMeasure
from service.domain.stages import StageRule
from service.domain.total_investment import TotalKind, WithdrawTotalInvestment
from service.domain.values import Code, Figure, Name, Period, Reason, Region, Stated, Unit

SPOT: Final = Spot(
    region=Region("430424"),
    name="衡东县(演示)",
    prefix="县",
    sign="东",
    start_basis=StartBasis.PERMIT,
    opened_on=date(2021, 3, 1),
    ends_on=date(2023, 12, 31),
    centre=(112_950, 27_080),
    parks={"经开区": "衡东经开区"},
)
_PRODUCTIVE: Final = Code("PRODUCTIVE")
_HELD: Final = (date(2021, 5, 18), date(2021, 9, 28), date(2022, 2, 22), date(2022, 7, 15))
_HELD_2023: Final = (date(2023, 2, 10), date(2023, 5, 12), date(2023, 8, 18))
_THREE_QUARTERS: Final = date(2023, 9, 30)
"""Through which the account counts."""
_PLAN: Final = "2022年重点项目建设计划(演示)"
_SET_ON: Final = date(2022, 2, 11)
_TARGETS: Final = (
    Target(_SET_ON, TargetMeasure.PROJECT_COUNT, Operator.EXACTLY, Stated(Figure("40"), Unit.COUNT), _PLAN, 2022),
    Target(_SET_ON, TargetMeasure.INVESTMENT, Operator.ABOUT, Stated(Figure("88"), Unit.YI_YUAN), _PLAN, 2022),
    Target(
        date(2022, 7, 22),
        TargetMeasure.INVESTMENT,
        Operator.ABOUT,
        Stated(Figure("85.5"), Unit.YI_YUAN),
        "2022年重点项目建设计划调整方案(演示)",
        2022,
        reason="部分项目用地报批推迟,年中调整计划(演示)",
    ),
    Target(
        date(2023, 1, 16),
        TargetMeasure.INVESTMENT,
        Operator.AT_LEAST,
        Stated(Figure("105"), Unit.YI_YUAN),
        "2023年重点项目建设计划(演示)",
        2023,
    ),
)
_DUPLICATES: Final = (Duplicate("006", "电子材料项目(演示)", date(2021, 12, 7), date(2022, 2, 25)),)
_WITHDRAWN: Final = "009"
"""A project whose contract was signed anew, so that the sum of the first one is no longer stated."""
_RENAMED: Final = {"012": ("已二机械配件生产线项目(演示)", date(2022, 5, 17))}
_ODDITIES: Final = {
    2: Oddity(Slip.CORRECTED, 4, date(2022, 5, 24), 300),
    4: Oddity(Slip.REDUCED, 8, None, 260),
    6: Oddity(Slip.LATE, 5, date(2022, 6, 21)),
}
# From January to September 2023, in 万元 (F-25): completed by productive projects, and in the year before.
_COMPLETED, _COMPLETED_BEFORE = 721_800, 567_000
_STARTED, _IN_PRODUCTION = 37, 15
# What was signed then, in 万元 (F-27): in the park, productive outside it, and the rest; the largest of each is given.
_PARK_WAN, _OUTSIDE_WAN, _REST_WAN = 857_000, 343_000, 355_000
_LARGEST: Final = (126_000, 180_000, 260_000)
_CLASSES: Final = {0: ("WORLD_500",), 5: ("PRIVATE_500",), 18: ("CHINA_500", "CENTRAL_SOE")}
# Of what was signed (F-28): fulfilled and started in the park; started outside it.
_FULFILLED, _PARK_STARTED, _OUTSIDE_STARTED = 16, 11, 2
_STAGES: Final = tuple(
    StageRule(code=Code(code), zh=Name(zh), en=Name(en), gates=tuple(reached))
    for code, zh, en, reached in (
        ("PACKAGING", "策划包装", "planning and packaging", ()),
        ("PRE_REVIEW", "招商预审", "investment pre-review", (Gate.RESERVED, Gate.NEGOTIATION_OPENED)),
        ("SIGNING", "谈判签约", "negotiation and signing", (Gate.CONTRACT_SIGNED,)),
        ("SITING", "规划选址", "site selection", (Gate.LANDED,)),
        ("STARTING", "落地开工", "start of construction", (Gate.STARTED,)),
        ("REVIEW", "履约评估", "performance review", (Gate.FULFILLED,)),
        ("OPERATION", "竣工投产运营", "completion and operation", (Gate.COMPLETED, Gate.PUT_INTO_PRODUCTION)),
    )
)
"""The county's seven steps (B4)."""


class Hengdong:
    """Its projects: the plan of 2022, what was signed in 2023, and what else began then."""

    def __init__(self) -> None:
        planned = cohort(SPOT, KINDS, 2022, _HELD)
        going = [one for one in planned if one.kind.category == _PRODUCTIVE and one.starts]
        finishing = {one.number: nth for nth, one in enumerate(going[:_IN_PRODUCTION])}
        self.planned = [_finished_2023(one, finishing.get(one.number)) for one in map(_known_as, planned)]
        self.signed = _signed(len(self.planned))
        self.others = [_other(len(self.planned) + len(self.signed), nth, lot) for nth, lot in enumerate(lots(OTHERS))]
        self.opened = {
            one.number: one.total_wan * opening_percent(one) // 100
            for one in self.planned
            if one.starts_on < date(2022, 1, 1)
        }

    @property
    def plots(self) -> list[Plot]:
        """All projects, by number."""
        return [*self.planned, *self.signed, *self.others]

    def years(self) -> Iterator[Year]:
        """Yield the years of figures: productive projects sum up as the account says, the others by themselves."""
        opened, carried = dict(self.opened), set[tuple[str, Basis]]()
        for year, plots, sums in (
            (2022, self.planned, ({9: _COMPLETED_BEFORE, 12: 756_000}, {9: 58_000, 12: 77_000})),
            (2023, self.plots, ({9: _COMPLETED, 12: 969_000}, {9: 38_000, 12: 52_000})),
        ):
            before, oddities = dict(opened), _ODDITIES if year == 2022 else {}  # noqa: PLR2004 - the first year.
            for productive, given in zip((True, False), sums, strict=True):
                of = Year(
                    year=year,
                    plots=[one for one in plots if (one.kind.category == _PRODUCTIVE) is productive],
                    sums=given,
                    opened=before,
                    carried=frozenset(carried),
                    oddities=oddities if productive else {},
                )
                yield of
                carried |= reported(of)
                for one, course in zip(of.plots, courses(of), strict=True):
                    if course.through:
                        opened[one.number] = course.opening_wan + course.through[12]


def _known_as(one: Plot) -> Plot:
    return replace(one, registered_as=_RENAMED[one.number]) if one.number in _RENAMED else one


def _finished_2023(one: Plot, nth: int | None) -> Plot:
    """Return a project of the plan of 2022: productive ones run from 2023 on, so many of them by September."""
    after = (Day.WORKS, Day.ACCEPTED, Day.TRIAL, Day.FULL, Day.CAPACITY, Day.BENEFITS, Day.EVALUATED)
    before = {day: on for day, on in one.days.items() if day not in after}
    if one.kind.category != _PRODUCTIVE:
        return one
    if nth is None:
        return replace(one, days=before, ends_on=date(2024, 3 + one.index % 9, 20))
    done_on = date(2023, 2, 14) + timedelta(days=nth * 11 % 160)
    after_works = {
        Day.WORKS: done_on,
        Day.TRIAL: done_on + timedelta(days=12),
        Day.ACCEPTED: done_on + timedelta(days=40),
        Day.FULL: done_on + timedelta(days=55),
    }
    return replace(one, days={**before, **after_works}, ends_on=done_on)


def _signed(first: int) -> list[Plot]:
    """Return what was signed from January to September 2023: in the park, then outside it."""
    rows = list(lots(SIGNED))
    park = [row for row in rows if row.site in SPOT.parks]
    outside = [row for row in rows if row.site not in SPOT.parks and row.kind.category == _PRODUCTIVE]
    rest = [row for row in rows if row.kind.category != _PRODUCTIVE]
    found = []
    groups = ((park, _PARK_WAN), (outside, _OUTSIDE_WAN), (rest, _REST_WAN))
    for (group, wan), largest in zip(groups, _LARGEST, strict=True):
        contracted = [largest, *allot(wan - largest, [row.wan for row in group[1:]])]
        found += list(zip(group, contracted, strict=True))
    started = [*range(_PARK_STARTED), *range(len(park), len(park) + _OUTSIDE_STARTED)]
    return [_contract(first + nth, nth, row, wan, begun=nth in started) for nth, (row, wan) in enumerate(found)]


def _contract(index: int, nth: int, row: Lot, wan: int, *, begun: bool) -> Plot:
    # Those that began by September were signed by June.
    signed_on = date(2023, 1, 9) + timedelta(days=nth * 13 % 150 if begun else 90 + nth * 17 % 140)
    starts_on = signed_on + timedelta(days=80)
    days = {
        Day.NEGOTIATED: signed_on - timedelta(days=65),
        Day.SIGNED: signed_on,
        Day.APPROVED: signed_on + timedelta(days=12),
        Day.LANDED: signed_on + timedelta(days=35),
    }
    if nth < _FULFILLED or row.site not in SPOT.parks:
        days[Day.FULFILLED] = min(signed_on + timedelta(days=48), _THREE_QUARTERS - timedelta(days=nth % 20))
    if begun:
        ceremony = next((on for on in _HELD_2023 if signed_on < on <= starts_on + timedelta(days=20)), None)
        days |= {Day.PERMIT: starts_on, Day.PHYSICAL: starts_on + timedelta(days=6)}
        days |= {Day.CEREMONY: ceremony} if ceremony else {}
        days[Day.STATISTICS] = starts_on + timedelta(days=30 + nth % 30)
    return Plot(
        spot=SPOT,
        index=index,
        kind=row.kind,
        site=row.site,
        phase=row.phase,
        total_wan=wan * 93 // 100,
        contracted_wan=wan,
        registered_on=signed_on - timedelta(days=40 + nth % 9),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=420 + nth * 13 % 120),
        days=days,
        classes=_CLASSES.get(nth, ()),
    )


def _other(first: int, nth: int, row: Lot) -> Plot:
    starts_on = date(2023, 1, 16) + timedelta(days=nth * 29 % 240)
    one = plot(
        SPOT,
        first + nth,
        row,
        reserved_on=starts_on - timedelta(days=150),
        starts_on=starts_on,
        begun=True,
        done_on=None,
        ends_on=starts_on + timedelta(days=400 + nth * 7 % 90),
    )
    return replace(one, days={**one.days, Day.PERMIT: starts_on})


def ledger() -> Ledger:
    """Return 衡东's ledger."""
    place = Hengdong()
    return Ledger.of(SPOT.region, chain(_place(place), _projects(place), _money(place)), until=SPOT.ends_on)


def _place(place: Hengdong) -> Iterator[Sending]:
    yield opening(SPOT, SPOT.name)
    stages = SetStages(region=SPOT.region, track=Track.PROMOTED, stages=_STAGES)
    yield Sending(SPOT.opened_on, "stages", stages)
    yield from targets(_TARGETS)
    units = [
        *((unit, LiaisonUnitKind.RESPONSIBLE_UNIT) for unit in RESPONSIBLE),
        *((unit, LiaisonUnitKind.APPROVAL_DEPARTMENT) for unit in APPROVING),
    ]
    yield from people.liaisons(SPOT, units, date(2023, 1, 9))
    # Fixed-asset investment is imported (J13); the account gives the share of it, from which this follows (F-25).
    yield indicator("FAI", Period.month(2022, 9), "97.35", None, date(2022, 10, 21))
    yield indicator("FAI", Period.month(2023, 9), "111.73", "14.8", date(2023, 10, 20))
    yield indicator("GDP", Period.month(2023, 9), "262.4", "5.7", date(2023, 9, 20))
    yield from _lists(place)
    held = [_ceremony(place, on) for on in (*_HELD, *_HELD_2023)]
    yield from ceremonies(held)
    yield from recorded_twice(SPOT, held[1], date(2021, 11, 5))
    missing = next(
        one for one in place.planned if one.starts_on < _HELD[2] and (one, BatchKind.START) not in held[2].entries
    )
    yield corrected(SPOT, 3, date(2022, 3, 18), missing)
    left = EndUnitLiaison(unit=Name(RESPONSIBLE[4]), until=date(2023, 8, 1), reason=Reason("机构调整(演示)"))
    yield Sending(date(2023, 8, 4), "liaison-ended", left)


def _lists(place: Hengdong) -> Iterator[Sending]:
    classes = {2022: PlanClass.NEW_START, 2023: PlanClass.PREPARATORY}
    weights = [one.total_wan * (45 if one.number in place.opened else 30) for one in place.planned]
    planned = dict(zip((one.number for one in place.planned), allot(880_000, weights), strict=True))
    entries = [
        Listed(one, classes.get(one.starts_on.year, PlanClass.CONTINUING), planned[one.number]) for one in place.planned
    ]
    known = [one for one in entries if one.plot.registered_on < _SET_ON]
    yield from key_list(SPOT.region, known, _SET_ON, _PLAN)
    later = [one for one in entries if one.plot.registered_on >= _SET_ON]
    if later:
        set_on = max(one.plot.registered_on for one in later) + timedelta(days=1)
        yield from key_list(SPOT.region, later, set_on, "2022年重点项目补充名单(演示)")
    yield from key_list(Region("430400"), known[1::4], date(2022, 3, 4), "2022年市级重点项目名单(演示)")
    going = [Listed(one, PlanClass.CONTINUING, one.total_wan // 3) for one in place.planned if one.starts]
    yield from key_list(SPOT.region, going, date(2023, 1, 16), "2023年重点项目建设计划(演示)")
    fresh = [
        Listed(one, PlanClass.NEW_START, one.total_wan // 4) for one in (*place.signed, *place.others) if one.starts
    ]
    set_on = max(one.plot.registered_on for one in fresh) + timedelta(days=1)
    yield from key_list(SPOT.region, fresh, set_on, "2023年重点项目调整名单(演示)")


def _ceremony(place: Hengdong, on: date) -> Ceremony:
    begun = [(one, BatchKind.START) for one in place.plots if one.days.get(Day.CEREMONY) == on]
    signed = [
        (one, BatchKind.SIGNING)
        for one in place.plots
        if one.registered_on <= on and 0 <= (on - one.days.get(Day.SIGNED, date.max)).days < 60  # noqa: PLR2004 - days.
    ]
    return Ceremony(on, f"{on.year}年{on.month}月重大项目集中开工签约活动", [*begun, *signed])


def _projects(place: Hengdong) -> Iterator[Sending]:
    yield from chain.from_iterable(map(_project, place.plots))
    yield from duplicates(place.plots, _DUPLICATES)


def _project(one: Plot) -> Iterator[Sending]:
    yield register(one)
    yield from gates.totals(one)
    yield from gates.reached(one)
    yield from gates.amendments(one)
    if one.number == _WITHDRAWN:
        day = date(2022, 9, 2)
        withdraw = WithdrawTotalInvestment(
            project_id=one.id,
            kind=TotalKind.CONTRACTED,
            reason=Reason("合同重签,原协议总投资撤回(演示)"),
            occurred_on=day,
        )
        yield one.reporting(day, "contract-withdrawn", withdraw)
    yield from people.staff(one, one.registered_on + timedelta(days=15), 6)
    if one.every(2, 1):
        yield from works.schedule(one)
    if one.starts and one.every(3, 0):
        yield from works.conditions(one)
    if one.starts:
        yield from works.progress(one, _quarters(one.starts_on))
    if one.starts and one.every(5, 0):
        yield from works.notes(one, date(2023, 1, 6), date(2023, 9, 29), 14)
    if one.starts and one.every(17, 9):
        yield from works.pause(one, one.starts_on + timedelta(days=100), 65)


def _quarters(since: date) -> list[tuple[int, int]]:
    return [(year, month) for year in (2022, 2023) for month in QUARTERLY if (year, month) > (since.year, since.month)]


def _money(place: Hengdong) -> Iterator[Sending]:
    for year in place.years():
        yield from figures(year)
        for one, course in zip(year.plots, courses(year), strict=True):
            if course.through and one.every(4, 2):
                yield from funds.funds(one, year.year, course.through[12], QUARTERLY)
