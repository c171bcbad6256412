"""演示节点: the commands that say what happened to a project and when, and what it costs in total."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, timedelta
from typing import Any, Final

from service.demo.ledger import Sending, money
from service.demo.plot import Day, Plot
from service.demo.spot import DEMO
from service.domain import gate_commands as gates
from service.domain.gates import ApprovalKind, CompletionKind, ContractForm, ProductionExtent, StartBasis
from service.domain.identity import Changes, Track
from service.domain.project import AmendProject
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Document, Name, Reason

_APPROVALS: Final = {
    Track.GOVERNMENT: ApprovalKind.EXAMINATION,
    Track.ENTERPRISE: ApprovalKind.FILING,
    Track.PROMOTED: ApprovalKind.FILING,
}
_COMMANDS: Final[dict[Day, tuple[type[gates.RecordGate], Callable[[Plot], dict[str, Any]]]]] = {
    Day.PLANNED: (gates.RecordPlanned, lambda _: {}),
    Day.RESERVED: (gates.RecordReserved, lambda _: {"library": Name("重点项目储备库")}),
    Day.NEGOTIATED: (gates.RecordNegotiationOpened, lambda _: {}),
    Day.FRAMEWORK: (gates.RecordContractSigned, lambda _: {"form": ContractForm.FRAMEWORK}),
    Day.SIGNED: (gates.RecordContractSigned, lambda _: {"form": ContractForm.FORMAL}),
    Day.APPROVED: (gates.RecordApproved, lambda plot: {"kind": _APPROVALS[plot.kind.track]}),
    Day.CODED: (gates.RecordCodeAssigned, lambda plot: {"code": plot.code}),
    Day.LANDED: (gates.RecordLanded, lambda _: {}),
    Day.FULFILLED: (gates.RecordFulfilled, lambda _: {}),
    Day.CEREMONY: (gates.RecordStarted, lambda _: {"basis": StartBasis.CEREMONY}),
    Day.PERMIT: (gates.RecordStarted, lambda _: {"basis": StartBasis.PERMIT}),
    Day.PHYSICAL: (gates.RecordStarted, lambda _: {"basis": StartBasis.PHYSICAL}),
    Day.STATISTICS: (gates.RecordStatisticsEntered, lambda _: {}),
    Day.WORKS: (gates.RecordCompleted, lambda _: {"kind": CompletionKind.WORKS}),
    Day.ACCEPTED: (gates.RecordCompleted, lambda _: {"kind": CompletionKind.ACCEPTANCE}),
    Day.TRIAL: (gates.RecordPutIntoProduction, lambda _: {"extent": ProductionExtent.TRIAL}),
    Day.FULL: (gates.RecordPutIntoProduction, lambda _: {"extent": ProductionExtent.FULL}),
    Day.CAPACITY: (gates.RecordDesignCapacityReached, lambda _: {}),
    Day.BENEFITS: (gates.RecordBenefitsReached, lambda _: {}),
    Day.EVALUATED: (gates.RecordEvaluated, lambda _: {}),
}
_PAPERS: Final[dict[Day, tuple[str, str]]] = {
    Day.SIGNED: ("投资合同", "商务局"),
    Day.APPROVED: ("立项文件", "发展和改革局"),
    Day.CODED: ("赋码通知", "发展和改革局"),
    Day.LANDED: ("国有建设用地使用权出让合同", "自然资源局"),
    Day.PERMIT: ("建筑工程施工许可证", "住房和城乡建设局"),
    Day.STATISTICS: ("投资项目入库通知", "统计局"),
    Day.ACCEPTED: ("竣工验收备案表", "住房和城乡建设局"),
    Day.EVALUATED: ("项目后评价报告", "发展和改革局"),
}


def reached(plot: Plot) -> Iterator[Sending]:
    """Yield what happened to a project; some say a day otherwise first, and some bring no paper."""
    for day, on in plot.days.items():
        wrong = plot.said.get(day)
        if wrong is not None:
            yield plot.reporting(wrong + timedelta(days=2), f"{day.value}-first", _record(plot, day, wrong))
            reason = f"经核实原始资料,日期更正{DEMO}"
            yield plot.reporting(max(on, wrong) + timedelta(days=24), day.value, _record(plot, day, on, reason))
        else:
            yield plot.reporting(on + timedelta(days=1), day.value, _record(plot, day, on))


def _record(plot: Plot, day: Day, on: date, reason: str | None = None) -> gates.RecordGate:
    command, own = _COMMANDS[day]
    return command(
        project_id=plot.id,
        occurred_on=on,
        documents=_papers(plot, day, on),
        reason=Reason(reason) if reason else None,
        **own(plot),
    )


def _papers(plot: Plot, day: Day, on: date) -> tuple[Document, ...]:
    if day not in _PAPERS or plot.every(6, 5):
        return ()
    title, issuer = _PAPERS[day]
    return (plot.spot.paper(title, on, plot.serial, issuer),)


def totals(plot: Plot, kinds: Collection[TotalKind] = tuple(TotalKind)) -> Iterator[Sending]:
    """Yield what a project costs in total, by each of the kinds; some are adjusted half a year after their start."""

    def total(kind: TotalKind, wan: int, day: date, what: str, reason: str | None = None) -> Sending:
        paper = plot.spot.paper("概算调整批复" if reason else "立项文件", day, plot.serial)
        command = SetTotalInvestment(
            project_id=plot.id,
            kind=kind,
            stated=money(wan, in_yi=plot.in_yi),
            occurred_on=day,
            reason=Reason(reason) if reason else None,
            documents=(paper,) if kind is TotalKind.APPROVED else (),
        )
        return plot.reporting(day + timedelta(days=1), what, command)

    signed = plot.days.get(Day.SIGNED)
    if signed is not None and TotalKind.CONTRACTED in kinds:
        # A contract promises a round sum; what is filed later may be less.
        wan = plot.contracted_wan or (plot.total_wan * 11 // 10 + 999) // 1000 * 1000
        yield total(TotalKind.CONTRACTED, wan, signed, "contracted")
    approved = plot.days.get(Day.APPROVED)
    if approved is not None and TotalKind.APPROVED in kinds:
        yield total(TotalKind.APPROVED, plot.total_wan, approved, "approved-total")
    entered = plot.days.get(Day.STATISTICS)
    if entered is not None and TotalKind.STATISTICAL in kinds:
        yield total(TotalKind.STATISTICAL, plot.total_wan, entered, "statistical-total")
    if plot.is_adjusted and TotalKind.APPROVED in kinds:
        adjusted = plot.total_wan * 108 // 100
        day = plot.starts_on + timedelta(days=170)
        yield total(TotalKind.APPROVED, adjusted, day, "adjusted", "材料价格上涨,按程序调整概算(演示)")


def amendments(plot: Plot) -> Iterator[Sending]:
    """Yield what was amended: a name that was mistyped, a completion that was put off."""
    if plot.registered_as is not None:
        registered, amended_on = plot.registered_as
        changes = Changes(name=Name(plot.name), aliases=(Name(registered),))
        amend = AmendProject(project_id=plot.id, changes=changes, reason=Reason("与备案名称核对后统一(演示)"))
        yield plot.sending(amended_on, "renamed", amend)
    if plot.every(11, 4) and plot.starts and plot.works_done_on is None:
        later = Changes(planned_completion=plot.ends_on + timedelta(days=92))
        amend = AmendProject(project_id=plot.id, changes=later, reason=Reason("雨季影响,计划竣工顺延(演示)"))
        yield plot.sending(plot.starts_on + timedelta(days=210), "postponed", amend)
