"""演示项目: what a project of the demo is; everything else about it follows from this by plain arithmetic.

Strides share no factor with what they divide, so that neighbours differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Final
from uuid import UUID

from service.demo.ledger import Sending, money, project_code, project_id, registering, workday
from service.demo.spot import DEMO, FICTIONAL, Spot
from service.demo.table import Kind
from service.domain.identity import AssetType, CountyPart, Identity, Investor, Nature, Track
from service.domain.project import RegisterProject
from service.domain.sites import CoordinateSystem, Degrees, Point, Site, SiteKind
from service.domain.values import Code, LongText, Name, Organisation, ProjectCode, Reference, Region

_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_NUMERALS: Final = "一二三四五六七八九十"
_HUNDREDS: Final = ("", "元", "亨", "利", "贞", "福", "禄", "寿", "喜", "财")
_OLD_CODES_END: Final = date(2020, 11, 1)
_MODES: Final = (
    "NEW_FACILITY",
    "NEW_FACILITY",
    "CAPITAL_INCREASE",
    "JOINT_VENTURE",
    "TECHNICAL_COOPERATION",
    "LEASE",
    "EQUITY_TRANSFER",
)
_LINES: Final = ("道路", "公路", "管网", "线路", "河道", "桥")
_AREAS: Final = ("基地", "修复", "造林", "湿地", "光伏", "厂房", "小镇", "片区")
_SYSTEMS: Final = (CoordinateSystem.CGCS2000, CoordinateSystem.CGCS2000, CoordinateSystem.WGS84, CoordinateSystem.GCJ02)


class Day(Enum):
    """What may happen to a project; the value is the end of its command's key."""

    PLANNED = "planned"
    RESERVED = "reserved"
    NEGOTIATED = "negotiated"
    FRAMEWORK = "framework"
    SIGNED = "signed"
    APPROVED = "approved"
    CODED = "coded"
    LANDED = "landed"
    FULFILLED = "fulfilled"
    CEREMONY = "ceremony"
    PERMIT = "permit"
    PHYSICAL = "physical"
    STATISTICS = "statistics"
    WORKS = "completed-works"
    ACCEPTED = "completed-acceptance"
    TRIAL = "production-trial"
    FULL = "production-full"
    CAPACITY = "capacity"
    BENEFITS = "benefits"
    EVALUATED = "evaluated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A project: what it is, and when what happened.

    Attributes:
        index: its place in the ledger, from 0.
        phase: of the same kind at the same site the first, the second ...
        total_wan: total investment, approved or filed, in 万元.
        contracted_wan: total investment that the contract states, if it is not the round sum next to the approved one.
        starts_on: when works began or are to begin; `starts` says whether they have.
        ends_on: when works are to end, or did.
        days: what happened when.
        said: what was said to have happened on another day first, and corrected.
        classes: codes of what its investor is.
        registered_as: the name that it had at first, amended on a day.
        parent: number of the project that it is a part of.
        parts: counties that it lies in, each with its share in 万元.
        has_code: whether a national code was given when it was registered.
        coded_on: when its code was given, if not when it was registered.
        paused: the day on which it came to a standstill, and the one on which it went on or is to.
    """

    spot: Spot
    index: int
    kind: Kind
    site: str
    phase: int = 1
    total_wan: int
    contracted_wan: int | None = None
    registered_on: date
    starts_on: date
    ends_on: date
    days: Mapping[Day, date]
    said: Mapping[Day, date] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    registered_as: tuple[str, date] | None = None
    own_name: str | None = None
    parent: str | None = None
    parts: tuple[tuple[Region, int], ...] = ()
    has_code: bool = True
    coded_on: date | None = None
    paused: tuple[date, date] | None = None

    @property
    def number(self) -> str:
        """Its number in the ledger, from 001."""
        return f"{self.index + 1:03}"

    @property
    def serial(self) -> int:
        """What is unique about its codes."""
        return self.index + 1

    @property
    def id(self) -> UUID:
        """The project's id."""
        return project_id(self.spot.region, self.number)

    @property
    def starts(self) -> bool:
        """Whether works began, as far as the ledger goes."""
        return Day.PHYSICAL in self.days or Day.PERMIT in self.days

    @property
    def works_done_on(self) -> date | None:
        """When works were done."""
        return self.days.get(Day.WORKS)

    @property
    def in_yi(self) -> bool:
        """Whether its unit states amounts in 亿元."""
        return self.index % 7 == 0

    @property
    def is_in_park(self) -> bool:
        """Whether it lies in a park."""
        return self.site in self.spot.parks

    @property
    def name(self) -> str:
        """Its name: a company's project by the company, a government's by the place, the second there as 二期."""
        if self.own_name is not None:
            return self.own_name + DEMO
        if self.kind.track is not Track.GOVERNMENT:
            return f"{self.stem}{self.kind.title}项目{DEMO}"
        later = f"{_NUMERALS[self.phase - 1]}期" if self.phase > 1 else ""
        return f"{self.site}{self.kind.title}{later}项目{DEMO}"

    @property
    def stem(self) -> str:
        """What a company is called."""
        return _STEMS[self.index % 10] + _NUMERALS[self.index // 10 % 10] + _HUNDREDS[self.index // 100]

    @property
    def unit(self) -> str:
        """Its responsible unit: of one that crosses borders, the sector's."""
        if self.parts:
            return self.spot.office(self.kind.unit)
        if self.is_in_park:
            return f"{self.spot.parks[self.site]}管理委员会"
        return f"{self.site}办事处" if self.site.endswith("街道") else f"{self.site}人民政府"

    @property
    def owner(self) -> str:
        """Its legal person."""
        if self.kind.track is Track.GOVERNMENT:
            return f"{self.spot.prefix}城乡建设投资有限公司{FICTIONAL}"
        return f"{self.stem}{self.kind.trade}有限公司{FICTIONAL}"

    @property
    def code(self) -> ProjectCode:
        """Its own national code."""
        day = self.coded_on or self.registered_on
        if day < _OLD_CODES_END:
            return self.old_code(day)
        return project_code(day, self.spot.county(self.site, day), 10_000 + self.serial)

    def old_code(self, day: date) -> ProjectCode:
        """Return the code that it got on a day before codes had months."""
        return ProjectCode(f"{day.year}-{self.spot.county(self.site, day)}-99-99-{self.serial:06}")

    @property
    def is_adjusted(self) -> bool:
        """Whether its total is adjusted after its start."""
        return is_adjusted(self.index) and self.starts

    def idle_days(self, day: date) -> int:
        """Return for how many days it had stood still by a day."""
        if self.paused is None:
            return 0
        since, until = self.paused
        return max(0, (min(day, until) - since).days)

    def stands_on(self, day: date) -> bool:
        """Return whether it stands still on a day."""
        return self.paused is not None and self.paused[0] <= day < self.paused[1]

    def every(self, count: int, rest: int) -> bool:
        """Return whether the project is one of every `count`."""
        return self.index % count == rest

    def sending(self, day: date, what: str, command: object) -> Sending:
        """Return a command on the project, on its way on a workday and not before the project is registered."""
        return Sending(workday(max(day, self.registered_on)), f"{self.number}:{what}", command)

    def reporting(self, day: date, what: str, command: object) -> Sending:
        """Return a command on the project, on its way with the next dispatch, on a Friday."""
        return Sending(self.spot.dispatch(max(day, self.registered_on)), f"{self.number}:{what}", command)


def is_adjusted(index: int) -> bool:
    """Return whether the total of the project with this index is adjusted once it has begun."""
    return index % 29 == 14  # noqa: PLR2004 - any.


def numbered(plots: Iterable[Plot]) -> tuple[Plot, ...]:
    """Return plots with their places, and of the same kind at the same site the first, the second ..."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for index, plot in enumerate(plots):
        key = plot.kind.title, plot.site
        seen[key] = seen.get(key, 0) + 1
        found.append(replace(plot, index=index, phase=seen[key]))
    return tuple(found)


def register(plot: Plot) -> Sending:
    """Return the command that registers a project."""
    return Sending(plot.registered_on, registering(plot.number), RegisterProject(identity=identity(plot)))


def identity(plot: Plot) -> Identity:
    """Return what a project is, as it is registered."""
    scale = plot.kind.scale.format(max(1, plot.total_wan // plot.kind.wan_each))
    promoted = plot.kind.track is Track.PROMOTED
    productive = plot.kind.category == "PRODUCTIVE"
    return Identity(
        name=Name(plot.registered_as[0] if plot.registered_as else plot.name),
        region=plot.spot.county(plot.site, plot.registered_on),
        category=plot.kind.category,
        track=plot.kind.track,
        township=None if plot.is_in_park or plot.parts else Name(plot.site),
        park=Name(plot.spot.parks[plot.site]) if plot.is_in_park else None,
        content=LongText(f"演示数据:本项目为虚构。建设规模:{scale}。"),
        planned_start=plot.starts_on.replace(day=1),
        planned_completion=plot.ends_on,
        industry=plot.kind.industry,
        nature=_nature(plot),
        asset_type=(AssetType.LIGHT if plot.every(5, 3) else AssetType.HEAVY) if promoted else None,
        owner=Organisation(name=Name(plot.owner)),
        responsible_unit=Name(plot.unit),
        sector_authority=Name(plot.spot.office(plot.kind.unit)),
        codes=_codes(plot),
        references=_references(plot),
        sites=(site(plot),),
        investors=(Investor(name=Name(f"{plot.stem}{plot.kind.trade}集团{FICTIONAL}"), classes=_classes(plot)),)
        if promoted
        else (),
        investment_mode=Code(_MODES[plot.index % len(_MODES)]) if promoted else None,
        expected_output=money(plot.total_wan * 13 // 10) if productive else None,
        expected_tax=money(plot.total_wan * 4 // 100) if productive else None,
        expected_jobs=plot.total_wan // 120 if productive else None,
        parent=None if plot.parent is None else project_id(plot.spot.region, plot.parent),
        parts=tuple(CountyPart(region=region, stated=money(wan)) for region, wan in plot.parts),
    )


def _nature(plot: Plot) -> Nature:
    if "改造" in plot.kind.title or "提质" in plot.kind.title:
        return Nature.RECONSTRUCTION
    is_company = plot.kind.track is not Track.GOVERNMENT
    return Nature.EXPANSION if "扩" in plot.kind.title or (is_company and plot.every(9, 4)) else Nature.NEW


def _classes(plot: Plot) -> tuple[Code, ...]:
    return tuple(Code(one) for one in plot.classes)


def _codes(plot: Plot) -> tuple[ProjectCode, ...]:
    """Most projects have a code, few have two (a feasibility study each), or one of the style before 2020-11."""
    if not plot.has_code or Day.CODED in plot.days:
        return ()
    if plot.every(43, 20):
        return (plot.old_code(_OLD_CODES_END),)
    if plot.every(37, 8):
        region = plot.spot.county(plot.site, plot.registered_on)
        return (plot.code, project_code(plot.registered_on, region, 20_000 + plot.serial))
    return (plot.code,)


def _references(plot: Plot) -> tuple[Reference, ...]:
    if plot.every(3, 2):
        return ()
    return (Reference(system=Name("在线审批监管平台(演示)"), id=Name(f"DEMO-{plot.spot.region}-{plot.number}")),)


def site(plot: Plot) -> Site:
    """Return where it lies: a line for what runs, an area for what covers ground, else a point."""
    kind = SiteKind.POINT
    if any(one in plot.kind.title for one in _LINES):
        kind = SiteKind.LINE
    elif any(one in plot.kind.title for one in _AREAS):
        kind = SiteKind.AREA
    # A site of its own within a quarter of a degree, by index and name.
    centre = plot.spot.around(plot.site)
    east = centre[0] + (plot.index * 37 + sum(map(ord, plot.site)) * 7) % 240 - 120
    north = centre[1] + (plot.index * 53 + sum(map(ord, plot.site)) * 11) % 200 - 100
    steps = {
        SiteKind.POINT: ((0, 0),),
        SiteKind.LINE: ((0, 0), (9, 4), (17, 3), (26, 11)),
        SiteKind.AREA: ((0, 0), (6, 0), (6, 4), (0, 4)),
    }[kind]
    points = tuple(Point(longitude=_degrees(east + x), latitude=_degrees(north + y)) for x, y in steps)
    return Site(kind=kind, system=_SYSTEMS[plot.index % len(_SYSTEMS)], points=points)


def _degrees(thousandths: int) -> Degrees:
    return Degrees(f"{thousandths // 1000}.{thousandths % 1000:03}")
