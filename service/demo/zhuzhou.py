"""株洲市(演示): a prefecture's own ledger; its account's figures are F-19, F-24 and G8 (mission.md, S2).

Only these figures are from the account. Projects, companies and all other figures are invented; townships, streets and
parks are the real ones. The account has no date: the ledger lets all that it says be so from the end of June 2023 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

from service.demo import funds, gates, people, works
from service.demo.cohort import Lot, lots, plot
from service.demo.duplicates import Duplicate, duplicates
from service.demo.figures import QUARTERLY, Year, courses, figures, opening_percent
from service.demo.ledger import Ledger, Sending, allot, workday
from service.demo.place import Ceremony, Listed, Target, ceremonies, key_list, opening, targets
from service.demo.plot import Day, Plot, is_adjusted, register
from service.demo.spot import Spot
from service.demo.zhuzhou_table import (
    CENTRES,
    COUNTIES,
    HETANG,
    KINDS,
    LILING,
    LUKOU,
    LUSONG,
    PARKS,
    SHIFENG,
    TIANYUAN,
    YOUXIAN,
)
from service.domain.annual_plan import PlanClass, RemoveFromAnnualPlan
from service.domain.ceremony import BatchKind
from service.domain.gates import StartBasis
from service.domain.identity import Track
from service.domain.liaison import LiaisonUnitKind
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import Figure, Reason, Region, Stated, Unit

CITY: Final = Region("430200")
HUNAN: Final = Region("430000")
_ZHUZHOU_COUNTY: Final = Region("430221")
"""株洲县, until it became 渌口区."""

SPOT: Final = Spot(
    region=CITY,
    name="株洲市(演示)",
    prefix="市",
    sign="株",
    start_basis=StartBasis.PHYSICAL,
    opened_on=date(2022, 12, 1),
    # December's figures are due in January.
    ends_on=date(2024, 1, 19),
    centre=(113_130, 27_830),
    parks=PARKS,
    counties=COUNTIES,
    former={LUKOU: (_ZHUZHOU_COUNTY, date(2018, 6, 19))},
    centres=CENTRES,
    offices={
        "发展和改革局": "发展和改革委员会",
        "科技和工业信息化局": "工业和信息化局",
        "自然资源局": "自然资源和规划局",
        "卫生健康局": "卫生健康委员会",
    },
)
_YEAR: Final = 2023
_LISTED, _PLANNED_WAN = 549, 11_086_000
_LISTED_ON: Final = date(2023, 1, 6)
_MOVED_ON: Final = date(2023, 7, 14)
"""When one project left the list and another came for it."""
_DONE: Final = {9: 8_391_200, 12: 11_263_400}
"""What all complete through September and December, in 万元."""
_PLAN: Final = "2023年市重点建设项目计划(演示)"
_REVISION: Final = "2023年市重点建设项目推进方案(演示)"
_TARGETS: Final = (
    Target(_LISTED_ON, TargetMeasure.PROJECT_COUNT, Operator.EXACTLY, Stated(Figure("549"), Unit.COUNT), _PLAN, _YEAR),
    Target(_LISTED_ON, TargetMeasure.INVESTMENT, Operator.EXACTLY, Stated(Figure("1068"), Unit.YI_YUAN), _PLAN, _YEAR),
    Target(
        date(2023, 3, 24),
        TargetMeasure.INVESTMENT,
        Operator.AT_LEAST,
        Stated(Figure("1100"), Unit.YI_YUAN),
        _REVISION,
        _YEAR,
        reason="按固定资产投资增长8%以上倒排,年度计划投资由1068亿元调整为1100亿元以上(演示)",
    ),
    Target(
        date(2023, 3, 24),
        TargetMeasure.FAI_GROWTH,
        Operator.AT_LEAST,
        Stated(Figure("8"), Unit.PERCENT),
        _REVISION,
        _YEAR,
    ),
)
# The ceremonies of the year (F-19); each one's share of the money in tenths of an 亿元, by these weights.
_HELD: Final = (date(2023, 1, 30), date(2023, 3, 20), date(2023, 5, 18))
_STARTED: Final = (41, 35, 27)
_STARTED_TENTHS: Final = 2276
_SHARES: Final = (43, 33, 24)
_MOST_WAN: Final = 53_000
"""Larger ones begin on a day of their own."""
_OF: Final = 20
"""Of so many projects 9 are continuing, 4 of them to be completed within the year, 8 are new, 3 being prepared."""
_CONTINUING, _COMPLETING, _NEW = 9, 4, 17
_LARGE: Final = 300_000
"""Projects of so many 万元 are not done within two years."""
ROAD, BUNDLE = "002", "003"
"""A road through three counties, and works in four districts that are one project of the list (打捆)."""
_OWN_NAMES: Final = {ROAD: "渌口至醴陵至攸县公路工程", BUNDLE: "中心城区老旧小区改造打捆项目"}
_PARTS: Final = {
    ROAD: ((LUKOU, "渌口镇", "渌口段", 3), (LILING, "泗汾镇", "醴陵段", 5), (YOUXIAN, "皇图岭镇", "攸县段", 4)),
    BUNDLE: (
        (HETANG, "茨菇塘街道", "茨菇塘片区", 4),
        (LUSONG, "建设街道", "建设片区", 5),
        (SHIFENG, "田心街道", "田心片区", 3),
        (TIANYUAN, "泰山路街道", "泰山路片区", 2),
    ),
}
"""Their parts: county, township, how the part is called, and its weight in the money."""
_RENAMED: Final = {"012": ("已二高铁设备配件生产线项目(演示)", date(2023, 2, 10))}
_DUPLICATES: Final = (
    Duplicate("047", "航空发动机零部件项目(演示)", date(2023, 2, 8), date(2023, 3, 17), merges=True),
    Duplicate("301", "商贸综合体建设项目(演示)", date(2023, 2, 10), date(2023, 2, 24)),
)
_UNITS: Final = (
    *(
        (f"{county}人民政府", LiaisonUnitKind.RESPONSIBLE_UNIT)
        for county in ("荷塘区", "芦淞区", "石峰区", "天元区", "渌口区", "醴陵市", "攸县", "茶陵县", "炎陵县")
    ),
    *((f"{PARKS[park]}管理委员会", LiaisonUnitKind.RESPONSIBLE_UNIT) for park in ("株洲高新区", "株洲经开区")),
    *((SPOT.office(one), LiaisonUnitKind.APPROVAL_DEPARTMENT) for one in ("发展和改革局", "自然资源局", "财政局")),
)
_KEPT: Final = frozenset((Day.APPROVED, Day.CEREMONY, Day.PHYSICAL, Day.STATISTICS, Day.WORKS))
"""Gates that a prefecture records of every project."""


class Start(NamedTuple):
    """A ceremony at which a project begins, and the project's total in 万元."""

    on: date
    wan: int


class Zhuzhou:
    """Its projects: those of the list, the one that comes later, and parts of two of them; who begins at a ceremony."""

    def __init__(self) -> None:
        found = list(lots(KINDS))
        if len(found) != _LISTED + 1:
            raise ValueError(f"{_LISTED + 1} projects are wanted, not {len(found)}")
        self.started = _started(found)
        planned = [_plot(index, lot, self.started.get(index)) for index, lot in enumerate(found)]
        *self.listed, later = [_known_as(one) for one in planned]
        self.later = _later(later)
        self.parts = list(_parts(self.listed, len(planned)))

    @property
    def whole(self) -> list[Plot]:
        """All that money is reported of: a part's stands with the whole, so that no sum has it twice."""
        return [*self.listed, self.later]

    @property
    def out(self) -> Plot:
        """The project that leaves the list: to be new this year, and not begun."""
        return next(one for one in reversed(self.listed) if plan_class(one) is PlanClass.NEW_START and not one.starts)


def _rank(index: int) -> int:
    return index * 7 % _OF


def _begins(index: int) -> bool:
    """Return whether a new project begins as planned; one in some time is behind."""
    return index % 11 != 5  # noqa: PLR2004 - any.


def plan_class(one: Plot) -> PlanClass:
    """Return what the year means for a project."""
    rank = _rank(one.index)
    if rank < _CONTINUING:
        return PlanClass.CONTINUING
    return PlanClass.NEW_START if rank < _NEW else PlanClass.PREPARATORY


def _started(found: Sequence[Lot]) -> dict[int, Start]:
    """Return which begin at which ceremony, by index: their totals add up exactly (F-19)."""
    able = [
        index
        for index, lot in enumerate(found[:_LISTED])
        if _CONTINUING <= _rank(index) < _NEW and _begins(index) and not is_adjusted(index) and lot.wan < _MOST_WAN
    ]
    # From all over the table, not its first kinds alone.
    chosen = sorted(able, key=lambda index: index * 37 % _LISTED)
    starts: dict[int, Start] = {}
    first = 0
    for on, count, tenths in zip(_HELD, _STARTED, allot(_STARTED_TENTHS, _SHARES), strict=True):
        members = chosen[first : first + count]
        shares = allot(tenths * 1000, [found[index].wan for index in members])
        starts |= {index: Start(on, wan) for index, wan in zip(members, shares, strict=True)}
        first += count
    return starts


def _plot(index: int, lot: Lot, start: Start | None) -> Plot:
    """Return a project of the year's plan; what comes before its works lies before the list."""
    rank, day = _rank(index), 1 + index * 11 % 27
    begun, done_on = rank < _CONTINUING or (rank < _NEW and _begins(index)), None
    if rank < _CONTINUING:
        months = 2 + index * 17 % 20
        starts_on = date(_YEAR - 2 + months // 12, 1 + months % 12, day)
        if rank < _COMPLETING and lot.wan < _LARGE:
            done_on = date(_YEAR, 3, 10) + timedelta(days=index * 13 % 270)
    elif start is not None:
        starts_on = start.on + timedelta(days=index % 12)
        lot = lot._replace(wan=start.wan)
    else:
        starts_on = date(_YEAR, 1 + index * 7 % 10, day) if rank < _NEW else date(_YEAR + 1, 3 + index % 4, 1)
    known = min(starts_on, date(_YEAR - 1, 11, 1 + index % 14))
    one = plot(
        SPOT,
        index,
        lot,
        reserved_on=known - timedelta(days=70 + index * 17 % 120),
        starts_on=starts_on,
        begun=begun,
        done_on=done_on,
        ends_on=done_on or starts_on + timedelta(days=(1200 if lot.wan >= _LARGE else 730) + index * 13 % 400),
    )
    days = _gates(one, start)
    return replace(one, days=days, coded_on=_coded_on(one, days))


def _coded_on(one: Plot, days: Mapping[Day, date]) -> date | None:
    """Return when a project got its code: before it was approved, which was long before the ledger was opened."""
    if days.keys() & {Day.CODED} or Day.APPROVED not in days:
        return days.get(Day.CODED)
    if SPOT.counties.get(one.site) == LUKOU and one.kind.track is Track.GOVERNMENT and one.starts_on.year < _YEAR:
        # Thought of while 渌口区 was 株洲县 still.
        return date(2017, 3 + one.index % 9, 15)
    return min(days[Day.APPROVED] - timedelta(days=20), one.registered_on)


def _gates(one: Plot, start: Start | None) -> dict[Day, date]:
    """Return the gates that are recorded: of one project in fifteen all."""
    days = {Day.APPROVED: one.starts_on - timedelta(days=60 + one.index % 30)} if one.starts else {}
    days |= one.days
    if start is not None:
        # What is shown to the public is entered in statistics soon, and none is left out.
        days |= {Day.CEREMONY: start.on, Day.STATISTICS: one.starts_on + timedelta(days=12 + one.index % 20)}
    if _is_rich(one):
        return days
    kept = set(_KEPT)
    if plan_class(one) is not PlanClass.CONTINUING:
        kept.add(Day.SIGNED)
    if not one.starts:
        kept |= {Day.RESERVED, Day.NEGOTIATED}
    return {day: on for day, on in days.items() if day in kept}


def _is_rich(one: Plot) -> bool:
    return one.every(15, 4)


def _known_as(one: Plot) -> Plot:
    if one.number in _OWN_NAMES:
        shares = allot(one.total_wan, [weight for _, _, _, weight in _PARTS[one.number]])
        parts = tuple((county, wan) for (county, _, _, _), wan in zip(_PARTS[one.number], shares, strict=True))
        return replace(one, own_name=_OWN_NAMES[one.number], parts=parts)
    if one.number in _RENAMED:
        return replace(one, registered_as=_RENAMED[one.number])
    return one


def _later(one: Plot) -> Plot:
    """Return the project that comes to the list within the year."""
    by = date(_YEAR, 7, 24) - one.starts_on
    days = {day: on + by for day, on in one.days.items() if on + by <= SPOT.ends_on}
    known = date(_YEAR, 6, 5)
    return replace(one, starts_on=one.starts_on + by, ends_on=one.ends_on + by, registered_on=known, days=days)


def _parts(listed: Sequence[Plot], first: int) -> Iterator[Plot]:
    """Yield the parts of those that lie in several counties: with works and no money of their own."""
    by_number = {one.number: one for one in listed}
    index = first
    for number, parts in _PARTS.items():
        whole = by_number[number]
        for (_, site, called, _), (_, wan) in zip(parts, whole.parts, strict=True):
            yield replace(
                whole,
                index=index,
                site=site,
                total_wan=wan,
                own_name=_OWN_NAMES[number] + called,
                parent=number,
                parts=(),
                registered_on=workday(whole.registered_on + timedelta(days=1)),
                days={Day.PHYSICAL: whole.days[Day.PHYSICAL] + timedelta(days=9 * (index - first))},
            )
            index += 1


def ledger() -> Ledger:
    """Return 株洲's ledger."""
    place = Zhuzhou()
    return Ledger.of(SPOT.region, [*_place(place), *_projects(place), *_money(place)], until=SPOT.ends_on)


def _place(place: Zhuzhou) -> Iterator[Sending]:
    yield opening(SPOT, SPOT.name)
    yield from targets(_TARGETS)
    yield from people.liaisons(SPOT, _UNITS, date(2022, 12, 5))
    yield from _lists(place)
    yield from ceremonies([_ceremony(place, number, on) for number, on in enumerate(_HELD, 1)])


def _weight(one: Plot) -> int:
    """Return what the year may bring a project, in 万元."""
    if one.works_done_on is not None:
        return one.total_wan * 97 // 100 - _opened(one)
    percent = {PlanClass.CONTINUING: 42, PlanClass.NEW_START: 30, PlanClass.PREPARATORY: 2}
    return one.total_wan * percent[plan_class(one)] // 100


def _lists(place: Zhuzhou) -> Iterator[Sending]:
    planned = [
        Listed(one, plan_class(one), wan)
        for one, wan in zip(place.listed, allot(_PLANNED_WAN, [_weight(one) for one in place.listed]), strict=True)
    ]
    yield from key_list(CITY, planned, _LISTED_ON, _PLAN)
    largest = sorted(planned, key=lambda one: -one.plot.total_wan)[:45]
    yield from key_list(HUNAN, largest, date(2023, 2, 17), "2023年省重点建设项目名单(演示)")
    out = RemoveFromAnnualPlan(
        list_owner=CITY,
        year=_YEAR,
        projects=(place.out.id,),
        reason=Reason("用地规划调整,年内不具备开工条件,调出名单(演示)"),
    )
    yield Sending(_MOVED_ON, "list-out", out)
    yield from key_list(
        CITY,
        [Listed(place.later, PlanClass.NEW_START, _weight(place.later))],
        _MOVED_ON,
        "2023年市重点建设项目调整通知(演示)",
        reason="前期手续办结,具备开工条件,调入名单(演示)",
    )


def _ceremony(place: Zhuzhou, number: int, on: date) -> Ceremony:
    begun = [one for one in place.listed if one.days.get(Day.CEREMONY) == on]
    signed = [one for one in place.whole if 0 <= (on - one.days.get(Day.SIGNED, date.max)).days < 45]  # noqa: PLR2004
    entries = [*((one, BatchKind.START) for one in begun), *((one, BatchKind.SIGNING) for one in signed)]
    tenths = sum(one.total_wan for one in begun) // 1000
    stated = [(BatchKind.START, len(begun), f"{tenths // 10}.{tenths % 10}")]
    return Ceremony(on, f"{_YEAR}年第{number}次重大项目集中开工活动", entries, stated=stated)


def _projects(place: Zhuzhou) -> Iterator[Sending]:
    for one in (*place.whole, *place.parts):
        yield register(one)
        yield from gates.totals(one)
        yield from gates.reached(one)
        yield from gates.amendments(one)
        if _is_rich(one):
            yield from works.schedule(one)
            yield from people.staff(one, one.registered_on + timedelta(days=20), 10 if one.every(45, 4) else 4)
            yield from works.progress(one, [(_YEAR, month) for month in QUARTERLY])
        if one.starts and one.every(75, 4):
            yield from works.notes(one, date(_YEAR, 1, 6), date(_YEAR, 12, 22), 28)
        if one.starts and one.works_done_on is None and one.every(60, 31):
            yield from works.pause(one, max(one.starts_on, date(_YEAR, 3, 1)) + timedelta(days=40), 95)
    yield from duplicates(place.whole, _DUPLICATES)


def _opened(one: Plot) -> int:
    """Return what was completed before the year, in 万元: the most part of what is to be completed within it."""
    return one.total_wan * (opening_percent(one) + (40 if one.works_done_on else 0)) // 100


def _money(place: Zhuzhou) -> Iterator[Sending]:
    year = Year(
        year=_YEAR,
        plots=place.whole,
        sums=_DONE,
        opened={one.number: _opened(one) for one in place.whole if plan_class(one) is PlanClass.CONTINUING},
        months=(*_DONE,),
        statistics=False,
    )
    yield from figures(year)
    for one, course in zip(place.whole, courses(year), strict=True):
        if course.through and _is_rich(one):
            yield from funds.funds(one, _YEAR, course.through[12], (12,))
