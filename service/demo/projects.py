"""演示项目: the projects of a town's table, each with its dates, and the commands on them other than figures.

Everything follows from a project's index by plain arithmetic, with strides that share no factor with what they divide,
so that neighbours differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any, Final
from uuid import UUID

from service.demo.ledger import Sending, money, project_code, project_id, registering, workday
from service.demo.town import Kind, Town
from service.domain.gate_commands import (
    RecordCompleted,
    RecordContractSigned,
    RecordPutIntoProduction,
    RecordReserved,
    RecordStarted,
)
from service.domain.gates import CompletionKind, ContractForm, ProductionExtent, StartBasis
from service.domain.identity import AssetType, Changes, Identity, Nature, Track
from service.domain.project import AmendProject, RegisterProject
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Document, LongText, Name, Organisation, ProjectCode, Reason, Reference

YEAR: Final = 2022
ENDS_ON: Final = date(YEAR, 12, 31)
DEMO: Final = "(演示)"
FICTIONAL: Final = "(虚构)"
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_NUMERALS: Final = "一二三四五六七八九十"
_OLD_CODES_END: Final = date(2020, 11, 1)


class PlanClass(Enum):
    """年度计划类别: what the year means for a project."""

    CONTINUING = "续建"
    NEW_START = "新开工"
    PREPARATORY = "前期"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A project of the demo: what it is, and when what happened; `starts_on` is None while it is prepared."""

    town: Town
    index: int
    kind: Kind
    site: str
    is_second: bool
    total_wan: int
    plan_class: PlanClass
    registered_on: date
    reserved_on: date
    starts_on: date | None
    works_done_on: date | None

    @property
    def number(self) -> str:
        """Its number in the ledger, from 001."""
        return f"{self.index + 1:03}"

    @property
    def id(self) -> UUID:
        """The project's id."""
        return project_id(self.town.region, self.number)

    @property
    def in_yi(self) -> bool:
        """Whether its unit states amounts in 亿元."""
        return self.index % 7 == 0

    @property
    def name(self) -> str:
        """Its name: a company's project by the company, a government's by the place, the second there as 二期."""
        if self.kind.track is not Track.GOVERNMENT:
            return f"{self.stem}{self.kind.title}项目{DEMO}"
        return f"{self.site}{self.kind.title}{'二期' if self.is_second else ''}项目{DEMO}"

    @property
    def stem(self) -> str:
        """What a company is called."""
        return _STEMS[self.index % 10] + _NUMERALS[self.index // 10 % 10]

    @property
    def serial(self) -> int:
        """What is unique about its codes."""
        return self.index + 1

    def every(self, count: int, rest: int) -> bool:
        """Return whether the project is one of every `count`."""
        return self.index % count == rest

    def sending(self, day: date, what: str, command: object) -> Sending:
        """Return a command on the project, on its way on a workday and not before the project is registered."""
        return Sending(workday(max(day, self.registered_on)), f"{self.number}:{what}", command)


def build(town: Town) -> tuple[Built, ...]:
    """Return a town's projects, in the order of its table."""
    sites = [(kind, nth) for kind in town.kinds for nth in range(len(kind.sites))]
    return tuple(_built(town, index, *one) for index, one in enumerate(sites))


def _built(town: Town, index: int, kind: Kind, nth: int) -> Built:
    site, total_wan = kind.sites[nth]
    rank = index * 7 % 20  # Of twenty, 8 continuing, 10 new and 2 being prepared.
    day = 1 + index * 11 % 27
    starts_on, works_done_on = None, None
    if rank < 8:  # noqa: PLR2004 - said above.
        plan_class = PlanClass.CONTINUING
        starts_on = date(YEAR - 1, 2 + index * 7 % 10, day)
        if rank < 5:  # noqa: PLR2004 - five of the eight are completed in the year.
            works_done_on = date(YEAR, 7, 20) + timedelta(days=index * 13 % 140)
    elif rank < 18:  # noqa: PLR2004 - the same.
        plan_class = PlanClass.NEW_START
        starts_on = date(YEAR, 1 + index * 5 % 9, day)
    else:
        plan_class = PlanClass.PREPARATORY
    reserved_on = (starts_on or date(YEAR, 11, day)) - timedelta(days=150 + index * 17 % 120)
    return Built(
        town=town,
        index=index,
        kind=kind,
        site=site,
        is_second=site in [earlier for earlier, _ in kind.sites[:nth]],
        total_wan=total_wan,
        plan_class=plan_class,
        registered_on=workday(max(reserved_on, town.opened_on) + timedelta(days=7 + index % 10)),
        reserved_on=reserved_on,
        starts_on=starts_on,
        works_done_on=works_done_on,
    )


def identity(one: Built) -> Identity:
    """Return what a project is, as it is registered."""
    renamed = next((rename.registered for rename in one.town.renames if rename.number == one.number), None)
    is_park = one.town.park.endswith(one.site)
    begins = one.starts_on or date(YEAR + 1, 3, 1)
    scale = one.kind.scale.format(max(1, one.total_wan // one.kind.wan_each))
    return Identity(
        name=Name(renamed or one.name),
        region=one.town.region,
        category=one.kind.category,
        track=one.kind.track,
        township=None if is_park else Name(one.site),
        park=Name(one.town.park) if is_park else None,
        content=LongText(f"演示数据:本项目为虚构。建设规模:{scale}。"),
        planned_start=date(begins.year, begins.month, 1),
        planned_completion=one.works_done_on or begins + timedelta(days=500 + one.index * 13 % 300),
        industry=one.kind.industry,
        nature=_nature(one),
        asset_type=_asset_type(one),
        owner=Organisation(name=Name(_owner(one))),
        responsible_unit=Name(_responsible_unit(one)),
        sector_authority=Name(one.town.prefix + one.kind.unit),
        codes=_codes(one),
        references=()
        if one.every(3, 2)
        else (Reference(system=Name("在线审批监管平台(演示)"), id=Name(f"DEMO-{one.town.region}-{one.number}")),),
    )


def _responsible_unit(one: Built) -> str:
    if one.town.park.endswith(one.site):
        return f"{one.town.park}管理委员会"
    return f"{one.site}办事处" if one.site.endswith("街道") else f"{one.site}人民政府"


def _nature(one: Built) -> Nature:
    if "改造" in one.kind.title or "提质" in one.kind.title:
        return Nature.RECONSTRUCTION
    is_company = one.kind.track is not Track.GOVERNMENT
    return Nature.EXPANSION if "扩" in one.kind.title or (is_company and one.every(9, 4)) else Nature.NEW


def _asset_type(one: Built) -> AssetType | None:
    if one.kind.track is not Track.PROMOTED:
        return None
    return AssetType.LIGHT if one.every(5, 3) else AssetType.HEAVY


def _owner(one: Built) -> str:
    if one.kind.track is Track.GOVERNMENT:
        return f"{one.town.prefix}城乡建设投资有限公司{FICTIONAL}"
    return f"{one.stem}{one.kind.trade}有限公司{FICTIONAL}"


def _codes(one: Built) -> tuple[ProjectCode, ...]:
    """Most projects have a code, few have two (a feasibility study each), or one of the style before 2020-11."""
    given = [duplicate.of for duplicate in one.town.duplicates if duplicate.gives_code]
    if one.every(4, 3) or one.number in given:
        return ()
    if one.every(43, 20):
        return (ProjectCode(f"{_OLD_CODES_END.year}-{one.town.region}-99-99-{one.serial:06}"),)
    if one.every(37, 8):
        return (code(one), project_code(one.registered_on, one.town.region, 20_000 + one.serial))
    return (code(one),)


def code(one: Built) -> ProjectCode:
    """Return a project's own code."""
    return project_code(one.registered_on, one.town.region, 10_000 + one.serial)


def sendings(one: Built) -> Iterator[Sending]:
    """Yield every command on a project but those on its figures."""
    yield Sending(one.registered_on, registering(one.number), RegisterProject(identity=identity(one)))
    yield from _totals(one)
    yield from _preparing(one)
    if one.starts_on is not None:
        yield from _starting(one, one.starts_on)
    if one.works_done_on is not None:
        yield from _finishing(one, one.works_done_on)
    yield from _amending(one)


def _totals(one: Built) -> Iterator[Sending]:
    prefix = "祁" if one.town.prefix == "市" else "东"
    filed = Document(
        title=Name(f"{'立项批复' if one.kind.track is Track.GOVERNMENT else '备案证明'}{DEMO}"),
        number=Name(f"{prefix}发改演〔{one.registered_on.year}〕{one.serial}号"),
        issuer=Name(f"{one.town.prefix}发展和改革局"),
        issued_on=one.registered_on,
    )

    def total(kind: TotalKind, wan: int, day: date, what: str, reason: str | None = None) -> Sending:
        command = SetTotalInvestment(
            project_id=one.id,
            kind=kind,
            stated=money(wan, in_yi=one.in_yi),
            occurred_on=day,
            reason=Reason(reason) if reason else None,
            documents=(filed,) if kind is TotalKind.APPROVED and reason is None else (),
        )
        return one.sending(day + timedelta(days=3), what, command)

    if one.kind.track is Track.PROMOTED:
        # A contract promises a round sum; what is filed later may be less.
        signed = _signed_on(one)
        yield total(TotalKind.CONTRACTED, (one.total_wan * 11 // 10 + 999) // 1000 * 1000, signed, "contracted")
    if one.kind.track is not Track.PROMOTED or not one.every(6, 1):
        yield total(TotalKind.APPROVED, one.total_wan, one.registered_on + timedelta(days=4), "approved")
    if one.every(29, 14) and one.starts_on is not None:
        adjusted = one.total_wan * 108 // 100
        yield total(TotalKind.APPROVED, adjusted, date(YEAR, 7, 12), "adjusted", "材料价格上涨,按程序调整概算(演示)")


def _signed_on(one: Built) -> date:
    """Return the day of the formal contract; some start before it is signed."""
    if one.starts_on is None:
        return one.reserved_on + timedelta(days=70)
    return one.starts_on + timedelta(days=18 if one.every(17, 5) else -45 - one.index % 20)


def _preparing(one: Built) -> Iterator[Sending]:
    # Some were never in the store; one in a while was put there only after it had started.
    if not one.every(19, 3):
        is_late = one.starts_on is not None and one.every(23, 9)
        day = one.starts_on + timedelta(days=25) if is_late and one.starts_on else one.reserved_on
        reserved = RecordReserved(project_id=one.id, occurred_on=day, library=Name("重点项目储备库"))
        yield one.sending(day + timedelta(days=2 + one.index % 4), "reserved", reserved)
    if one.kind.track is Track.PROMOTED:
        signed = _signed_on(one)
        if one.every(3, 0):
            before = signed - timedelta(days=40)
            framework = RecordContractSigned(project_id=one.id, occurred_on=before, form=ContractForm.FRAMEWORK)
            yield one.sending(before + timedelta(days=2), "framework", framework)
        formal = RecordContractSigned(project_id=one.id, occurred_on=signed, form=ContractForm.FORMAL)
        yield one.sending(signed + timedelta(days=2), "signed", formal)


def _starting(one: Built, day: date) -> Iterator[Sending]:
    def started(basis: StartBasis, on: date, what: str, late: int = 3, reason: str | None = None) -> Sending:
        command = RecordStarted(
            project_id=one.id, occurred_on=on, basis=basis, reason=Reason(reason) if reason else None
        )
        return one.sending(on + timedelta(days=late), what, command)

    ceremony = max((held for held in one.town.ceremonies if held <= day), default=None)
    if ceremony is not None and (day - ceremony).days < 40 and not one.every(3, 1):  # noqa: PLR2004 - days.
        yield started(StartBasis.CEREMONY, ceremony, "ceremony")
    if one.every(2, 0) or one.town.start_basis is StartBasis.PERMIT:
        yield started(StartBasis.PERMIT, day - timedelta(days=one.index % 12), "permit", 5)
    if one.every(13, 6):
        yield started(StartBasis.PHYSICAL, day + timedelta(days=9), "physical-first", 4)
        yield started(StartBasis.PHYSICAL, day, "physical", 30, "经核实施工日志,首次破土日期更正(演示)")
    elif one.town.start_basis is StartBasis.PHYSICAL or not one.every(5, 2):
        yield started(StartBasis.PHYSICAL, day, "physical")


def _finishing(one: Built, day: date) -> Iterator[Sending]:
    def sent(command: Any, what: str) -> Iterator[Sending]:
        if command.occurred_on <= ENDS_ON:
            yield one.sending(command.occurred_on + timedelta(days=4), what, command)

    accepted = day + timedelta(days=30 + one.index % 21)
    for kind, on in ((CompletionKind.WORKS, day), (CompletionKind.ACCEPTANCE, accepted)):
        yield from sent(RecordCompleted(project_id=one.id, occurred_on=on, kind=kind), f"completed-{kind.lower()}")
    # A plant may run before it is accepted, even before the works are done.
    trial = day + timedelta(days=-12 if one.every(3, 0) else 15)
    for extent, on in ((ProductionExtent.TRIAL, trial), (ProductionExtent.FULL, trial + timedelta(days=60))):
        if extent is ProductionExtent.FULL or one.kind.track is not Track.GOVERNMENT:
            command = RecordPutIntoProduction(project_id=one.id, occurred_on=on, extent=extent)
            yield from sent(command, f"production-{extent.lower()}")


def _amending(one: Built) -> Iterator[Sending]:
    for rename in one.town.renames:
        if rename.number == one.number:
            changes = Changes(name=Name(rename.later or one.name), aliases=(Name(rename.registered),))
            amend = AmendProject(project_id=one.id, changes=changes, reason=Reason("与备案名称核对后统一(演示)"))
            yield one.sending(rename.amended_on, "renamed", amend)
    completion = identity(one).planned_completion
    if one.every(11, 4) and one.works_done_on is None and completion is not None:
        changes = Changes(planned_completion=completion + timedelta(days=92))
        amend = AmendProject(project_id=one.id, changes=changes, reason=Reason("雨季影响,计划竣工顺延(演示)"))
        yield one.sending(date(YEAR, 9, 6), "postponed", amend)
    for duplicate in one.town.duplicates:
        if duplicate.of == one.number and duplicate.gives_code:
            changes = Changes(codes=(code(one),))
            amend = AmendProject(project_id=one.id, changes=changes, reason=Reason("重复登记作废后补录代码(演示)"))
            yield one.sending(duplicate.voided_on + timedelta(days=1), "coded", amend)
