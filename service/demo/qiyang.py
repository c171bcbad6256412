"""祁阳市(演示): a county that became a city; its account's figures are F-01, F-02, F-04 and F-05 (mission.md, S0).

Only these figures are from the account. Projects, companies and all other figures are invented; townships are the real
ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from service.demo import funds, gates, people, publication, works
from service.demo.cohort import cohort, lots, plot
from service.demo.duplicates import Duplicate, duplicates
from service.demo.figures import MONTHLY, QUARTERLY, Oddity, Slip, Year, courses, figures, opening_percent
from service.demo.ledger import Ledger, Sending, allot
from service.demo.place import Ceremony, Listed, Target, ceremonies, indicator, key_list, opening, targets
from service.demo.plot import Day, Plot, is_adjusted, register
from service.demo.qiyang_table import EARLIER, KINDS
from service.demo.spot import Spot
from service.domain.annual_plan import PlanClass, RemoveFromAnnualPlan
from service.domain.ceremony import BatchKind
from service.domain.gates import StartBasis
from service.domain.investment import Basis
from service.domain.liaison import LiaisonUnitKind
from service.domain.place import RecodePlace
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import Code, Figure, Name, Period, Reason, Region, Stated, Unit

COUNTY: Final = Region("431121")
CITY: Final = Region("431181")
YONGZHOU: Final = Region("431100")
HUNAN: Final = Region("430000")
RECODED_ON: Final = date(2021, 1, 20)

SPOT: Final = Spot(
    region=COUNTY,
    name="祁阳市(演示)",
    prefix="市",
    sign="祁",
    start_basis=StartBasis.PHYSICAL,
    opened_on=date(2021, 1, 4),
    ends_on=date(2023, 6, 30),
    centre=(111_857, 26_580),
    parks={"高新区": "祁阳高新区"},
    codes=((RECODED_ON + timedelta(days=5), CITY),),
)
_HELD_2021: Final = (
    date(2021, 1, 28),
    date(2021, 3, 19),
    date(2021, 5, 21),
    date(2021, 7, 9),
    date(2021, 9, 10),
    date(2021, 10, 22),
)
_HELD: Final = (*_HELD_2021, date(2022, 1, 14), date(2022, 3, 25), date(2022, 6, 24), date(2022, 8, 26))
_REPORT: Final = "2022年政府工作报告(演示)"
_SET_ON: Final = date(2022, 1, 18)
_NEW_YEAR: Final = date(2022, 1, 1)
_TARGETS: Final = (
    Target(_SET_ON, TargetMeasure.PROJECT_COUNT, Operator.AT_LEAST, Stated(Figure("113"), Unit.COUNT), _REPORT, 2022),
    Target(_SET_ON, TargetMeasure.INVESTMENT, Operator.AT_LEAST, Stated(Figure("160"), Unit.YI_YUAN), _REPORT, 2022),
    Target(
        _SET_ON,
        TargetMeasure.INVESTMENT_SHARE,
        Operator.AT_LEAST,
        Stated(Figure("60"), Unit.PERCENT),
        _REPORT,
        2022,
        category=Code("PRODUCTIVE"),
    ),
)
_RENAMED: Final = {
    "005": ("振阳新型板材生产线项目(演示)", date(2021, 11, 16), "振扬新型板材生产线项目"),
    "010": ("葵一电子元件生产线项目(演示)", date(2022, 6, 14), None),
    "085": ("长虹街道污水处理厂提标改造及配套管网项目(演示)", date(2022, 8, 23), None),
}
_DUPLICATES: Final = (
    Duplicate("010", "电子原件生产线项目(演示)", date(2022, 2, 14), date(2022, 4, 20), reported_wan=860),
    Duplicate("023", "粮食深加工项目(演示)", date(2022, 2, 8), date(2022, 5, 10), merges=True),
    Duplicate("069", "龙山城区道路改造项目(演示)", date(2021, 11, 3), date(2022, 1, 12), gives_code=True),
    Duplicate("062", "浯溪文旅康养项目(演示)", date(2022, 7, 11), date(2022, 8, 5)),
)
_ODDITIES: Final = {
    2: Oddity(Slip.LATE, 3, date(2022, 4, 18)),
    5: Oddity(Slip.CORRECTED, 2, date(2022, 3, 17), 420),
    8: Oddity(Slip.CORRECTED, 6, date(2022, 7, 20), 900),
    11: Oddity(Slip.LATE, 6, date(2022, 8, 16)),
    14: Oddity(Slip.REDUCED, 9, None, 600),
    17: Oddity(Slip.REDUCED, 11, None, 350),
}
THIRD_YEAR: Final = "016"
"""A project that entered the ledger in the third year of its works, with an opening balance."""
_UNITS: Final = (
    *((f"{site}人民政府", LiaisonUnitKind.RESPONSIBLE_UNIT) for site in ("黎家坪镇", "白水镇", "潘市镇", "大忠桥镇")),
    ("祁阳高新区管理委员会", LiaisonUnitKind.RESPONSIBLE_UNIT),
    *((f"市{office}", LiaisonUnitKind.APPROVAL_DEPARTMENT) for office in ("发展和改革局", "自然资源局", "财政局")),
)
# The lists of 2021 (F-04), in 万元: all, those of the province and those of the prefecture; they overlap.
_LISTED, _LISTED_WAN = 103, 1_384_700
_PROVINCIAL, _PROVINCIAL_WAN = 4, 217_000
_PREFECTURAL, _PREFECTURAL_WAN = 41, 1_055_000
_OF_BOTH: Final = 3
# The ceremonies of 2021 (F-05).
_STARTED, _STARTED_WAN = 46, 1_120_000
_STARTED_EARLIER: Final = 20
"""How many of them are not in the plan of 2022 any more."""


class Qiyang:
    """Its projects: those of the plan of 2022, and those that were done in 2021; and what 2021 brought each."""

    def __init__(self) -> None:
        self.planned = [_known_as(one) for one in cohort(SPOT, KINDS, 2022, _HELD)]
        self.opened = {
            one.number: one.total_wan * opening_percent(one) // 100 for one in self.planned if one.starts_on < _NEW_YEAR
        }
        self.continuing = sorted(
            (one for one in self.planned if one.number in self.opened and one.number != THIRD_YEAR),
            key=lambda one: -self.opened[one.number],
        )
        self.started = self._started()
        self.done = _earlier(len(self.planned), _LISTED - len(self.continuing), self.started)
        self.of_2021 = self._of_2021()
        self.done = [_sized(one, self.of_2021[one.number], self.started) for one in self.done]

    @property
    def plots(self) -> list[Plot]:
        """All projects, by number."""
        return [*self.planned, *self.done]

    @property
    def provincial(self) -> list[Plot]:
        """The province's key projects of 2021."""
        return self.done[:_PROVINCIAL]

    @property
    def prefectural(self) -> list[Plot]:
        """The prefecture's key projects of 2021: most of the province's, and the largest others."""
        of_before = 24
        here = _PREFECTURAL - _OF_BOTH - of_before
        return [*self.done[:_OF_BOTH], *self.done[_PROVINCIAL : _PROVINCIAL + of_before], *self.continuing[:here]]

    def _started(self) -> dict[str, int]:
        """Return those that the ceremonies of 2021 list as started, with their totals, in 万元 (F-05)."""
        here = [one for one in self.continuing if Day.APPROVED in one.days and not one.is_adjusted]
        smallest = sorted(here, key=lambda one: one.total_wan)[: _STARTED - _STARTED_EARLIER]
        found = {one.number: one.total_wan for one in smallest}
        first = len(self.planned) + _PROVINCIAL
        numbers = [f"{index + 1:03}" for index in range(first, first + _STARTED_EARLIER + 1) if not is_adjusted(index)]
        weights = [17 + number * 7 % 10 for number in range(_STARTED_EARLIER)]
        shares = allot(_STARTED_WAN - sum(found.values()), weights)
        return found | dict(zip(numbers[:_STARTED_EARLIER], shares, strict=True))

    def _of_2021(self) -> dict[str, int]:
        """Return what each listed project completed in 2021, in 万元 (F-04)."""
        found = {one.number: self.opened[one.number] for one in self.continuing}

        def share_out(wan: int, plots: Sequence[Plot]) -> None:
            missing = [one for one in plots if one.number not in found]
            rest = wan - sum(found.get(one.number, 0) for one in plots)
            found.update(
                zip(
                    (one.number for one in missing),
                    allot(rest, [self.started.get(one.number, one.total_wan) for one in missing]),
                    strict=True,
                )
            )

        share_out(_PROVINCIAL_WAN, self.provincial)
        share_out(_PREFECTURAL_WAN, self.prefectural)
        share_out(_LISTED_WAN, [*self.continuing, *self.done])
        return found


def _known_as(one: Plot) -> Plot:
    if any(duplicate.of == one.number and duplicate.gives_code for duplicate in _DUPLICATES):
        return replace(one, has_code=False, days={day: on for day, on in one.days.items() if day is not Day.CODED})
    if one.number == THIRD_YEAR:
        return replace(one, starts_on=date(2020, 3, 16), registered_on=date(2022, 1, 12), days=_moved(one))
    if one.number not in _RENAMED:
        return one
    registered, amended_on, name = _RENAMED[one.number]
    return replace(one, registered_as=(registered, amended_on), own_name=name)


def _moved(one: Plot) -> Mapping[Day, date]:
    """Return the days of the project that is entered late: what lies before its works, a year and more earlier."""
    by = one.starts_on - date(2020, 3, 16)
    after = (Day.WORKS, Day.ACCEPTED, Day.TRIAL, Day.FULL, Day.CAPACITY, Day.BENEFITS, Day.EVALUATED)
    return {day: on if day in after else on - by for day, on in one.days.items() if day is not Day.CEREMONY}


def _earlier(first: int, count: int, started: Mapping[str, int]) -> list[Plot]:
    """Return the projects that were done in 2021; those that its ceremonies list began in it."""
    found = []
    for nth, lot in enumerate(lots(EARLIER)):
        listed = f"{first + nth + 1:03}" in started
        starts_on = date(2021, 1 + nth % 4, 21) if listed or nth > 30 else date(2020, 5 + nth * 3 % 7, 6)  # noqa: PLR2004
        done_on = date(2021, 10, 8) + timedelta(days=nth * 7 % 80)
        one = plot(
            SPOT,
            first + nth,
            lot,
            reserved_on=starts_on - timedelta(days=200),
            starts_on=starts_on,
            begun=True,
            done_on=done_on,
            ends_on=done_on,
        )
        approved = {Day.APPROVED: starts_on - timedelta(days=160)}
        found.append(replace(one, days={**one.days, **approved}))
    if len(found) != count:
        raise ValueError(f"{count} projects were done in 2021, not {len(found)}")
    return found


def _sized(one: Plot, wan: int, started: Mapping[str, int]) -> Plot:
    """Return a project that was done in 2021 with a total that what it completed then is the most part of."""
    before = 30 if one.starts_on < date(2021, 1, 1) else 0
    return replace(one, total_wan=started.get(one.number, wan * (100 + before) // 97 + 10))


def _opened_2021(one: Plot) -> int:
    """Return what a project had completed before 2021, in 万元."""
    return one.total_wan * 20 // 100 if one.starts_on < date(2021, 1, 1) else 0


def ledger() -> Ledger:
    """Return 祁阳's ledger."""
    place = Qiyang()
    return Ledger.of(SPOT.region, [*_place(place), *_projects(place), *_money(place)], until=SPOT.ends_on)


def _place(place: Qiyang) -> Iterator[Sending]:
    yield opening(SPOT, "祁阳县(演示)")
    recode = RecodePlace(
        region=COUNTY,
        former=COUNTY,
        successor=CITY,
        name=Name(SPOT.name),
        occurred_on=RECODED_ON,
        documents=(SPOT.paper("撤县设市公告", RECODED_ON, 1, "民政局"),),
    )
    yield Sending(RECODED_ON + timedelta(days=2), "recode", recode)
    yield from targets(_TARGETS)
    yield from people.liaisons(SPOT, _UNITS, date(2021, 3, 1))
    # The yearbook's own figures; F-06 has those of 2021.
    yield indicator("FAI", Period.month(2021, 12), "268", "2.4", date(2022, 2, 10))
    yield from _lists(place)
    yield from ceremonies([_ceremony(place, number, on) for number, on in enumerate(_HELD, 1)])


def _lists(place: Qiyang) -> Iterator[Sending]:
    listed = [*place.continuing, *place.done]
    class_2021 = {True: PlanClass.NEW_START, False: PlanClass.CONTINUING}
    set_on = date(2021, 9, 30)  # When the last of them was registered.
    for owner, plots in ((CITY, listed), (HUNAN, place.provincial), (YONGZHOU, place.prefectural)):
        entries = [
            Listed(one, class_2021[one.starts_on.year == set_on.year], place.of_2021[one.number] * 96 // 100)
            for one in plots
        ]
        yield from key_list(owner, entries, set_on, "2021年重点项目名单(演示)")
    planned = dict(zip((one.number for one in place.planned), allot(1_600_000, _weights(place)), strict=True))
    classes = {2022: PlanClass.NEW_START, 2023: PlanClass.PREPARATORY}
    entries = [
        Listed(one, classes.get(one.starts_on.year, PlanClass.CONTINUING), planned[one.number]) for one in place.planned
    ]
    known = [one for one in entries if one.plot.registered_on < _SET_ON]
    yield from key_list(CITY, known, _SET_ON, "2022年重点项目建设计划(演示)")
    later = [one for one in entries if one.plot.registered_on >= _SET_ON]
    set_on = max(one.plot.registered_on for one in later) + timedelta(days=1)
    yield from key_list(CITY, later, set_on, "2022年重点项目补充名单(演示)")
    yield from key_list(YONGZHOU, known[::3], date(2022, 2, 18), "2022年市级重点项目名单(演示)")
    yield from key_list(HUNAN, known[2::19], date(2022, 3, 4), "2022年省重点建设项目名单(演示)")
    out = RemoveFromAnnualPlan(
        list_owner=YONGZHOU,
        year=2022,
        projects=(known[0].plot.id,),
        reason=Reason("项目选址调整,调出名单(演示)"),
    )
    yield Sending(date(2022, 8, 18), "list-out", out)


def _weights(place: Qiyang) -> list[int]:
    return [one.total_wan * (45 if one.starts_on < _NEW_YEAR else 30) for one in place.planned]


def _ceremony(place: Qiyang, number: int, on: date) -> Ceremony:
    """Return a ceremony: in 2021 each project that one lists is at the first after it was registered."""
    if on.year > 2021:  # noqa: PLR2004 - a year.
        begun = [one for one in place.planned if one.days.get(Day.CEREMONY) == on]
    else:
        begun = [one for one in place.plots if one.number in place.started and _held(one) == on]
    signed = [
        one
        for one in place.plots
        if 0 <= (on - one.days.get(Day.SIGNED, date.max)).days < 45  # noqa: PLR2004 - days.
        and one.registered_on <= on
    ]
    entries = [*((one, BatchKind.START) for one in begun), *((one, BatchKind.SIGNING) for one in signed)]
    return Ceremony(on, f"{on.year}年第{number}次重大项目集中开工签约活动", entries)


def _held(one: Plot) -> date:
    return next((on for on in _HELD_2021 if on >= max(one.starts_on, one.registered_on)), _HELD_2021[-1])


def _projects(place: Qiyang) -> Iterator[Sending]:
    for one in place.plots:
        yield register(one)
        yield from gates.totals(one)
        yield from gates.reached(one)
        yield from gates.amendments(one)
        yield from people.staff(one, one.registered_on + timedelta(days=20), 10 if one.every(6, 0) else 3)
    yield from duplicates(place.plots, _DUPLICATES)
    yield from publication.publications(place.planned[::3])
    for one in place.planned:
        if one.every(2, 0):
            yield from works.schedule(one)
        if one.starts and one.every(3, 1):
            yield from works.conditions(one)
        if one.starts and one.every(6, 0):
            yield from works.notes(one, date(2022, 1, 5), date(2022, 12, 20), 13)
        if one.starts:
            yield from works.progress(one, [(2022, month) for month in (QUARTERLY if one.every(3, 0) else (6, 12))])
        if one.starts and one.every(25, 11):
            yield from works.pause(one, one.starts_on + timedelta(days=120), 95)


def _money(place: Qiyang) -> Iterator[Sending]:
    of_2021 = Year(
        year=2021,
        plots=[*place.continuing, *place.done],
        ends=place.of_2021,
        opened={one.number: _opened_2021(one) for one in place.done},
        months=QUARTERLY,
        statistics=False,
    )
    yield from figures(of_2021)
    of_2022 = Year(
        year=2022,
        plots=place.planned,
        sums={4: 539_300, 12: 1_623_800},
        opened=place.opened,
        carried=frozenset((one.number, Basis.DISPATCH) for one in place.continuing),
        months=MONTHLY,
        oddities=_ODDITIES,
    )
    yield from figures(of_2022)
    for one, course in zip(place.planned, courses(of_2022), strict=True):
        if course.through and one.every(4, 0):
            yield from funds.funds(one, 2022, course.through[12], QUARTERLY)
