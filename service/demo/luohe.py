"""漯河市(演示): a prefecture's ledger of 三个一批; its account's figures are F-11, F-12 and F-13 (mission.md, S1).

Only these figures are from the account. Projects, companies, days and all other figures are invented; townships and
parks are real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from service.demo import gates, people, publication, works
from service.demo.figures import Year, figures
from service.demo.ledger import Ledger, Sending
from service.demo.luohe_projects import AS_OF, HELD, SPOT, Luohe, Member
from service.demo.place import Ceremony, Listed, Target, ceremonies, key_list, opening, targets
from service.demo.plot import Day, Plot, register
from service.demo.spot import DEMO
from service.domain.activity import DeferProject, SuspendProject, TerminateProject
from service.domain.annual_plan import PlanClass
from service.domain.ceremony import BatchKind
from service.domain.configuration import SetDefinition, SetStages
from service.domain.gates import Gate
from service.domain.identity import Track
from service.domain.investment import Basis
from service.domain.liaison import LiaisonUnitKind
from service.domain.plan import Operator, TargetMeasure
from service.domain.stages import StageRule
from service.domain.total_investment import TotalKind
from service.domain.values import Code, Figure, LongText, Name, Reason, Region, Stated, Unit

__all__ = ["SPOT", "ledger"]

HENAN: Final = Region("410000")
_YI_WAN: Final = 10_000
_LONG: Final = 150
"""Days of works from which on they may stand still for two months."""
_BENEFITS: Final = LongText(
    "达效:工业和服务业项目投产满一个季度,且当季营业收入或纳税达到合同约定的序时目标;"
    "基础设施和民生项目投用满一个季度,服务能力达到批复的设计标准。由市重点项目建设服务中心会同行业主管部门核定。"
    "批次(签约、开工、投产)只记何时列入活动,不作为达效的依据(演示口径,本条为虚构)。"
)
_STAGES: Final[dict[Track, tuple[tuple[str, str, str, Gate | None], ...]]] = {
    Track.PROMOTED: (
        # Only the first stage may lack a gate, and a project is registered before its contract is signed.
        ("NEGOTIATING", "洽谈", "under negotiation", None),
        ("SIGNED", "签约", "signed", Gate.CONTRACT_SIGNED),
        ("LANDED", "落地", "landed", Gate.LANDED),
        ("STARTED", "开工", "started", Gate.STARTED),
        ("PRODUCTION", "投产", "in production", Gate.PUT_INTO_PRODUCTION),
        ("EFFECTIVE", "达效", "effective", Gate.BENEFITS_REACHED),
    ),
    **dict.fromkeys(
        (Track.GOVERNMENT, Track.ENTERPRISE),
        (
            ("PLANNING", "谋划", "planning", None),
            ("APPROVED", "立项", "approved", Gate.APPROVED),
            ("STARTED", "开工", "started", Gate.STARTED),
            ("PRODUCTION", "投产投用", "in production or use", Gate.PUT_INTO_PRODUCTION),
            ("EFFECTIVE", "达效", "effective", Gate.BENEFITS_REACHED),
        ),
    ),
}
"""The place's own stages, each with the gate that leads to it."""
_UNITS: Final = (
    *((f"{SPOT.parks[park]}管理委员会", LiaisonUnitKind.RESPONSIBLE_UNIT) for park in ("经开区", "西城区", "示范区")),
    *(
        (SPOT.office(office), LiaisonUnitKind.APPROVAL_DEPARTMENT)
        for office in ("发展和改革局", "自然资源局", "住房和城乡建设局", "商务局")
    ),
)
_NEW_YEAR: Final = date(2024, 1, 1)
_LISTED_ON: Final = date(2024, 2, 23)
_CUT_OFFS: Final = {2022: date(2022, 12, 31), 2023: date(2023, 12, 31), 2024: AS_OF}
"""Day through which there is a figure of each year."""


def ledger() -> Ledger:
    """Return 漯河's ledger."""
    place = Luohe()
    return Ledger.of(SPOT.region, [*_place(place), *_projects(place), *_money(place)], until=SPOT.ends_on)


def _place(place: Luohe) -> Iterator[Sending]:
    yield opening(SPOT, SPOT.name)
    yield from _configuration()
    yield from people.liaisons(SPOT, _UNITS, SPOT.opened_on)
    yield from ceremonies([_ceremony(place, period, on) for period, on in enumerate(HELD, 1)])
    yield from targets(_targets(place))
    yield from _lists(place)


def _configuration() -> Iterator[Sending]:
    """Yield the place's own measure of 达效 and its own stages, set before the first project is registered."""
    day = SPOT.opened_on
    paper = SPOT.paper("“三个一批”项目管理办法", day, 1, "重点项目建设事务中心")
    definition = SetDefinition(region=SPOT.region, gate=Gate.BENEFITS_REACHED, text=_BENEFITS, documents=(paper,))
    yield Sending(day, "definition-benefits", definition)
    for track, rules in _STAGES.items():
        stages = tuple(
            StageRule(code=Code(code), zh=Name(zh), en=Name(en), gates=() if gate is None else (gate,))
            for code, zh, en, gate in rules
        )
        set_stages = SetStages(region=SPOT.region, track=track, stages=stages, documents=(paper,))
        yield Sending(day, f"stages-{track.lower()}", set_stages)


def _ceremony(place: Luohe, period: int, on: date) -> Ceremony:
    """Return a period's ceremony; its account rounds the totals to a tenth of an 亿元."""
    entries = [(one.plot, kind) for one in place.members for listed, kind in one.listed if listed == period]
    stated = []
    for kind in BatchKind:
        totals = [plot.total_wan for plot, of in entries if of is kind]
        tenths = (sum(totals) * 10 * 2 + _YI_WAN) // (2 * _YI_WAN)
        stated.append((kind, len(totals), f"{tenths // 10}.{tenths % 10}"))
    return Ceremony(on, f"漯河市第{period}期“三个一批”项目建设活动", entries, period, stated)


def _targets(place: Luohe) -> list[Target]:
    """Return the targets of 2024, of which its account says nothing: what is listed, and what that plans."""
    listed = _listed(place)
    planned_yi = sum(_planned_wan(one) or 0 for one in listed) // _YI_WAN
    title, year = "2024年市重点建设项目名单(演示)", _LISTED_ON.year
    count, money = Stated(Figure(str(len(listed))), Unit.COUNT), Stated(Figure(str(planned_yi)), Unit.YI_YUAN)
    return [
        Target(_LISTED_ON, TargetMeasure.PROJECT_COUNT, Operator.EXACTLY, count, title, year),
        Target(_LISTED_ON, TargetMeasure.INVESTMENT, Operator.AT_LEAST, money, title, year),
    ]


def _lists(place: Luohe) -> Iterator[Sending]:
    """Yield the key lists of 2024: the prefecture's, of which the largest projects are on the province's, too."""
    listed = [Listed(one, _class_of(one), _planned_wan(one)) for one in _listed(place)]
    yield from key_list(SPOT.region, listed, _LISTED_ON, "2024年市重点建设项目名单(演示)")
    largest = [one for one in listed if one.plot.total_wan >= 6 * _YI_WAN]
    yield from key_list(HENAN, largest[::2], date(2024, 3, 8), "2024年省重点建设项目名单(演示)")


def _listed(place: Luohe) -> list[Plot]:
    """Return every second project that is to be worked on in the year of the lists, or prepared."""
    return [
        one.plot
        for one in place.members
        if one.halt is None and one.plot.every(2, 0) and one.plot.registered_on < _LISTED_ON < one.plot.ends_on
    ]


def _class_of(one: Plot) -> PlanClass:
    if one.starts_on < _NEW_YEAR:
        return PlanClass.CONTINUING
    return PlanClass.NEW_START if one.starts_on < date(_NEW_YEAR.year, 6, 1) else PlanClass.PREPARATORY


def _planned_wan(one: Plot) -> int | None:
    """Return what a list plans for the year: about what the works then bring."""
    wan = _done_wan(one, date(_NEW_YEAR.year, 12, 31)) - _done_wan(one, _NEW_YEAR)
    return wan * (96 + one.index * 7 % 17) // 10_000 * 100 or None


def _projects(place: Luohe) -> Iterator[Sending]:
    for member in place.members:
        one = member.plot
        yield register(one)
        yield from gates.totals(one, _totals(member))
        yield from gates.reached(one)
        if member.halt is not None:
            yield _halt(member, member.halt)
            continue
        if Day.FULL not in one.days:
            yield from gates.amendments(one)
        if one.every(12, 0):
            yield from people.staff(one, one.registered_on + timedelta(days=20), 3)
            yield from works.progress(one, [(year, 12) for year in _CUT_OFFS])
            if one.every(24, 0) and member.listed[0][1] is not BatchKind.PRODUCTION:
                yield from works.schedule(one)
        if one.starts and one.every(31, 4) and one.starts_on > SPOT.opened_on and _works_days(one) > _LONG:
            yield from works.pause(one, one.starts_on + timedelta(days=_works_days(one) // 3), 60)
    staffed = [one.plot for one in place.members if one.halt is None and one.plot.every(12, 0)]
    yield from publication.publications(staffed)


def _totals(member: Member) -> tuple[TotalKind, ...]:
    """Return which total is told of a project.

    The contract's of whoever is listed as signed or not entered in statistics, else the one that is entered there; of
    those that no investor was won for, what is approved.
    """
    one = member.plot
    if one.kind.track is not Track.PROMOTED:
        return (TotalKind.APPROVED,)
    signs = any(kind is BatchKind.SIGNING for _, kind in member.listed)
    return (TotalKind.CONTRACTED if signs or Day.STATISTICS not in one.days else TotalKind.STATISTICAL,)


def _works_days(one: Plot) -> int:
    return (one.ends_on - one.starts_on).days


def _halt(member: Member, on: date) -> Sending:
    """Return that a project stands still for good: its works, before they began, or given up."""
    one = member.plot
    reason = Code(("FUNDS", "MARKET", "LAND", "OWNER")[one.index % 4])
    if one.starts:
        words = LongText(f"投资方资金未到位,由责任单位对接金融机构,分步复工{DEMO}")
        command: object = SuspendProject(project_id=one.id, occurred_on=on, reason_code=reason, recovery_plan=words)
        return one.reporting(on, "suspended", command)
    if Day.LANDED in one.days:
        return one.reporting(on, "deferred", DeferProject(project_id=one.id, occurred_on=on, reason_code=reason))
    why = Reason(f"投资方调整布局,经协商解除合同{DEMO}")
    return one.reporting(
        on, "terminated", TerminateProject(project_id=one.id, occurred_on=on, reason_code=reason, reason=why)
    )


def _money(place: Luohe) -> Iterator[Sending]:
    """Yield what every sixth project completed in each year, and in the year of the key lists all that they have."""
    plots = [one.plot for one in place.members if one.halt is None and one.plot.starts]
    listed = {one.number for one in _listed(place)}
    carried = set[tuple[str, Basis]]()
    for year, last in _CUT_OFFS.items():
        first = date(year, 1, 1)
        running = [
            one
            for one in plots
            if one.starts_on <= last
            and one.ends_on >= first
            and (one.every(6, 0) or (year == _NEW_YEAR.year and one.number in listed))
        ]
        opened = {one.number: _done_wan(one, first) for one in running}
        of_year = Year(
            year=year,
            plots=running,
            ends={one.number: _done_wan(one, last) - opened[one.number] for one in running},
            opened=opened,
            carried=carried,
            months=(last.month,),
            statistics=False,
        )
        yield from figures(of_year)
        carried |= {(number, Basis.DISPATCH) for number in opened}


def _done_wan(one: Plot, day: date) -> int:
    """Return what is completed by a day, in 万元: as the works go, but for a rest that is settled later."""
    whole = max(1, _works_days(one))
    done = min(whole, max(0, (day - one.starts_on).days))
    return one.total_wan * 97 * done // (100 * whole)
