"""The story of tests/examples.py, gone on with: corrections, reductions, withdrawals and what only repeats itself."""

from dataclasses import replace
from datetime import date
from typing import Final

from service.domain import (
    annual_plan,
    baseline,
    funds,
    gate_commands,
    gates,
    identity,
    investment,
    plan,
    progress,
    project,
    publication,
    roster,
    schedule,
    total_investment,
)
from service.domain.values import (
    Code,
    Document,
    Figure,
    LongText,
    Name,
    Organisation,
    Period,
    Personal,
    Reason,
    Region,
    Stated,
    Unit,
)
from tests.examples import COMMANDS, PROJECT_ID, yi
from tests.examples.annual_plan import CHANGE_OWN_ENTRY, INCLUDE_IN_CITY_LIST, YONGZHOU
from tests.examples.funds import ALLOTMENT, BOND, CENTRAL, OWN
from tests.examples.publication import END_EXEMPTION, EXEMPT_ROSTER, PUBLISH, WITHDRAW_ROSTER
from tests.examples.roster import ASSIGN_APPROVER, END_APPROVER, END_STEWARD, FILE_WORK_PLAN, REPLACE_LIAISON
from tests.examples.schedule import planned

MINUTES: Final = Document(title=Name("关于印发《演示会商纪要》的通知"), number=Name("演示办〔2022〕7号"))
STATEMENT: Final = Document(title=Name("情况说明(演示)"))
APRIL: Final = Period("2022-04")


def _report(period: str, figure: str, measure: investment.Measure, **rest: object) -> investment.ReportCompletion:
    given = {"status": investment.Status.FINAL, "basis": investment.Basis.DISPATCH} | rest
    return investment.ReportCompletion(
        project_id=PROJECT_ID,
        through=Period(period),
        measure=measure,
        stated=yi(figure),
        **given,  # type: ignore[arg-type]  # The fields of the command, as each test names them.
    )


def _total(figure: str, on: date, *papers: Document, reason: str) -> total_investment.SetTotalInvestment:
    return total_investment.SetTotalInvestment(
        project_id=PROJECT_ID,
        kind=total_investment.TotalKind.APPROVED,
        stated=yi(figure),
        occurred_on=on,
        reason=Reason(reason),
        documents=papers,
    )


def _share(figure: str, operator: plan.Operator, reason: str | None = None) -> plan.SetAnnualTarget:
    return plan.SetAnnualTarget(
        year=2022,
        measure=plan.TargetMeasure.INVESTMENT_SHARE,
        operator=operator,
        stated=Stated(Figure(figure), Unit.PERCENT),
        category=Code("PRODUCTIVE"),
        reason=None if reason is None else Reason(reason),
    )


def _opening(year: int, figure: str, reason: str, *papers: Document) -> investment.StateOpeningBalance:
    return investment.StateOpeningBalance(
        project_id=PROJECT_ID,
        year=year,
        basis=investment.Basis.DISPATCH,
        stated=yi(figure),
        reason=Reason(reason),
        documents=papers,
    )


def _amend(reason: str | None = None, **changes: object) -> project.AmendProject:
    return project.AmendProject(
        project_id=PROJECT_ID,
        changes=identity.Changes(**changes),  # type: ignore[arg-type]  # The fields of the identity.
        reason=None if reason is None else Reason(reason),
    )


def _started(
    basis: gates.StartBasis, on: date, reason: str | None = None, *papers: Document
) -> gate_commands.RecordStarted:
    return gate_commands.RecordStarted(
        project_id=PROJECT_ID,
        occurred_on=on,
        basis=basis,
        reason=None if reason is None else Reason(reason),
        documents=papers,
    )


def _planned(source: Code, figure: str, year: int | None, *papers: Document) -> funds.PlanFunds:
    return funds.PlanFunds(
        project_id=PROJECT_ID,
        source=source,
        stated=yi(figure),
        year=year,
        reason=Reason("计划调整"),
        documents=papers,
    )


def _reset(dates: dict[str, date], *papers: Document, code: str | None = None) -> baseline.ResetBaseline:
    return baseline.ResetBaseline(
        project_id=PROJECT_ID,
        completion_on=max(dates.values()),
        milestones=planned(**dates),
        reason=Reason("会商议定。"),
        approver=Name("演示市人民政府"),
        reason_code=None if code is None else Code(code),
        documents=papers,
    )


def _allotted(figure: str, on: date, paper: Document, reason: str | None = None) -> funds.AllotFunds:
    return funds.AllotFunds(
        project_id=PROJECT_ID,
        source=CENTRAL,
        occurred_on=on,
        stated=Stated(Figure(figure), Unit.WAN_YUAN),
        document=paper,
        reason=None if reason is None else Reason(reason),
    )


def _funds(kind: funds.FundKind, period: str, figure: str, reason: str | None = None, **rest: object) -> object:
    given: dict[str, object] = {"source": OWN, "measure": investment.Measure.YEAR_TO_DATE} | rest
    return funds.ReportFunds(
        project_id=PROJECT_ID,
        kind=kind,
        through=Period(period),
        stated=yi(figure),
        reason=None if reason is None else Reason(reason),
        **given,  # type: ignore[arg-type]  # The fields of the command, as each test names them.
    )


def _progress(percent: str | None, reason: str | None = None, **rest: object) -> progress.ReportPhysicalProgress:
    given: dict[str, object] = {"through": APRIL} | rest
    return progress.ReportPhysicalProgress(
        project_id=PROJECT_ID,
        percent=None if percent is None else Figure(percent),
        reason=None if reason is None else Reason(reason),
        **given,  # type: ignore[arg-type]  # The fields of the command, as each test names them.
    )


def _forecast(on: date, note: str | None = None) -> schedule.ForecastMilestone:
    return schedule.ForecastMilestone(
        project_id=PROJECT_ID,
        milestone=Code("EQUIPMENT"),
        forecast_on=on,
        note=None if note is None else LongText(note),
    )


def _reached(on: date, reason: str, *papers: Document) -> schedule.ReachMilestone:
    return schedule.ReachMilestone(
        project_id=PROJECT_ID, milestone=Code("LAND"), occurred_on=on, reason=Reason(reason), documents=papers
    )


def _condition(on: date, note: str | None = None, *, met: bool = False) -> schedule.StateStartCondition:
    return schedule.StateStartCondition(
        project_id=PROJECT_ID,
        condition=Code("FUNDS"),
        met=met,
        occurred_on=on,
        note=None if note is None else LongText(note),
    )


_PLAN: Final = {"LAND": date(2021, 9, 3), "STARTED": date(2021, 10, 20), "COMPLETED": date(2022, 8, 31)}


def _listed(reason: str, **entry: object) -> annual_plan.IncludeInAnnualPlan:
    before = CHANGE_OWN_ENTRY.entries[0]
    return replace(CHANGE_OWN_ENTRY, entries=(replace(before, **entry),), reason=Reason(reason))  # type: ignore[arg-type]  # The fields of an entry.


_YEAR_TO_DATE: Final = investment.Measure.YEAR_TO_DATE
_MONTH: Final = investment.Measure.MONTH
_SINCE_START: Final = investment.Measure.SINCE_START
_FLASH: Final = investment.Status.FLASH
_PERMIT: Final = gates.StartBasis.PERMIT
_ARRIVED: Final = funds.FundKind.ARRIVED
_PAID: Final = funds.FundKind.PAID

ROSTER: Final[dict[str, object]] = {
    "an officer of no unit": roster.AssignPost(
        project_id=PROJECT_ID,
        role=roster.RosterRole.POLICE_OFFICER,
        since=date(2022, 3, 1),
        holder=Personal("项目警官甲"),
        rank=2,
    ),
    "a unit with a public contact": roster.AssignPost(
        project_id=PROJECT_ID,
        role=roster.RosterRole.HEADQUARTERS,
        since=date(2022, 3, 1),
        unit=Name("演示竹木园指挥部"),
        contact=Personal("演示电话五"),
        contact_public=True,
    ),
    "an end corrected": replace(END_STEWARD, until=date(2022, 4, 18), reason=Reason("日期有误")),
    "a unit leaves": roster.EndPost(
        project_id=PROJECT_ID,
        post_id=roster.post_id(PROJECT_ID, 2),
        until=date(2022, 5, 1),
        reason=Reason("机构调整"),
        documents=(MINUTES,),
    ),
    "a work plan dated otherwise": replace(FILE_WORK_PLAN, occurred_on=date(2022, 2, 12), reason=Reason("日期有误")),
    "a work plan with a second paper": replace(
        FILE_WORK_PLAN,
        occurred_on=date(2022, 2, 12),
        documents=(*FILE_WORK_PLAN.documents, STATEMENT),
        reason=Reason("补充附件"),
    ),
    "a liaison corrected": replace(REPLACE_LIAISON, holder=Personal("联络员丁"), reason=Reason("姓名有误")),
    "the end of a liaison corrected": replace(END_APPROVER, until=date(2022, 4, 18), reason=Reason("日期有误")),
    "a unit has a liaison again": replace(ASSIGN_APPROVER, since=date(2022, 5, 4), contact=Personal("演示电话六")),
}

_STAGE, _ROSTER = publication.PublishedItem.STAGE, publication.PublishedItem.ROSTER
PUBLICATION: Final[dict[str, object]] = {
    "an exemption changed": replace(EXEMPT_ROSTER, until=date(2023, 1, 1), reason=Reason("本人同意届时公开")),
    "an exemption ended": replace(END_EXEMPTION, item=_ROSTER, reason=Reason("本人已同意"), documents=(MINUTES,)),
    "one item published": replace(PUBLISH, items=(_ROSTER,), documents=()),
    "the stage taken down with all": replace(
        WITHDRAW_ROSTER, item=_STAGE, reason=Reason("数据核对"), documents=(MINUTES,)
    ),
    "published again": replace(PUBLISH, items=(_STAGE, _ROSTER), reason=Reason("核对无误")),
    "the stage exempt with all": replace(
        EXEMPT_ROSTER, item=_STAGE, ground=Code("STATE_SECRET"), reason=Reason("依法定密"), documents=()
    ),
}

MORE: Final[dict[str, object]] = {
    "total adjusted": _total("12.5", date(2022, 3, 1), MINUTES, reason="建设内容增加。"),
    "total dated otherwise": _total("12.5", date(2022, 3, 4), MINUTES, reason="文件日期有误"),
    "total on another paper": _total("12.5", date(2022, 3, 4), MINUTES, STATEMENT, reason="补充依据"),
    "share set": _share("60", plan.Operator.AT_LEAST),
    "share revised": _share("62.5", plan.Operator.EXACTLY, "年中调整"),
    "started by permit": _started(_PERMIT, date(2021, 3, 1)),
    "start by permit corrected": _started(_PERMIT, date(2021, 3, 8), "许可证日期有误；"),
    "start by permit on a paper": _started(_PERMIT, date(2021, 3, 8), "补充依据", STATEMENT),
    "accepted": gate_commands.RecordCompleted(
        project_id=PROJECT_ID, occurred_on=date(2022, 5, 9), kind=gates.CompletionKind.ACCEPTANCE
    ),
    "flash": _report("2022-04", "3.3", _YEAR_TO_DATE, status=_FLASH, filled_by=Personal("填报人甲")),
    "flash corrected": _report("2022-04", "3.25", _YEAR_TO_DATE, status=_FLASH, reason=Reason("漏报一个标段")),
    "final after flash": _report("2022-04", "3.40", _YEAR_TO_DATE),
    "final corrected": _report(
        "2022-04",
        "3.30",
        _YEAR_TO_DATE,
        reason=Reason("审核后\n核减"),
        documents=(MINUTES,),
        reviewed_by=Personal("审核人乙"),
    ),
    "final on another paper": _report(
        "2022-04", "3.30", _YEAR_TO_DATE, reason=Reason("补充依据"), documents=(MINUTES, STATEMENT)
    ),
    "flash of a ten-day period": _report("2022-05-T1", "3.5", _YEAR_TO_DATE, status=_FLASH),
    "the same figure as final": _report("2022-05-T1", "3.5", _YEAR_TO_DATE),
    "ten days": _report("2022-04-T3", "0.4", _MONTH),
    "a month reduced": _report("2022-04", "-0.1", _MONTH, reason=Reason("核减重复计列")),
    "two months": _report("2022-01/2022-02", "1.05", _MONTH, basis=investment.Basis.STATISTICS),
    "January": _report("2022-01", "0.5", _YEAR_TO_DATE, basis=investment.Basis.PAID),
    "since start": _report("2022-04", "10.50", _SINCE_START),
    "since start, ten days": _report("2022-05-T1", "10.7", _SINCE_START, basis=investment.Basis.SETTLED),
    "opening corrected": _opening(2021, "7.25", "漏报一个标段"),
    "opening on a paper": _opening(2021, "7.25", "补充依据", STATEMENT),
    "opening of another year": _opening(2020, "6", "年度有误"),
    "plan of a year revised": _planned(BOND, "2.5", 2022, MINUTES),
    "plan of a year on another paper": _planned(BOND, "2.5", 2022, MINUTES, STATEMENT),
    "plan of the whole revised": _planned(OWN, "9", None),
    "allotment dated otherwise": _allotted("5000", date(2022, 3, 16), ALLOTMENT, "日期有误"),
    "allotment entered again": _allotted(
        "5000", date(2022, 3, 16), replace(ALLOTMENT, issuer=Name("演示省发改委")), "补充发文单位"
    ),
    "funds taken back": _allotted("-800", date(2022, 5, 9), MINUTES, "结余收回"),
    "arrived corrected": _funds(_ARRIVED, "2022-04", "1.5", "重复计列"),
    "arrived on another paper": _funds(_ARRIVED, "2022-04", "1.5", "补充依据", documents=(STATEMENT,)),
    "paid in ten days": _funds(_PAID, "2022-05-T1", "0.2", measure=_MONTH),
    "bonds paid": _funds(_PAID, "2022-01/2022-02", "0.35", source=BOND, measure=_MONTH),
    "progress corrected": _progress("95", "现场核实", documents=(MINUTES,)),
    "progress on another paper": _progress("95", "补充依据", documents=(MINUTES, STATEMENT)),
    "progress in words": _progress(None, through=Period("2022-05-T1"), description=LongText("设备调试。" * 20)),
    "progress in quantities": _progress(
        None,
        through=Period("2022-03"),
        quantities=(progress.Quantity(item=Name("Cables"), figure=Figure("1.20"), unit=Name("km")),),
    ),
    **ROSTER,
    "moved and renamed": _amend(
        "更名",
        name=Name("演示竹木新材料产业园"),
        region=Region("431121"),
        category=Code("INFRASTRUCTURE"),
        track=identity.Track.ENTERPRISE,
        park=Name("演示新区"),
        content=LongText("新建标准厂房，" * 20),
        owner=Organisation(name=Name("演示新材料有限公司")),
    ),
    "emptied": _amend(codes=(), references=(), nature=None, asset_type=None, owner=None),
    "growth set": plan.SetAnnualTarget(
        year=2022,
        measure=plan.TargetMeasure.FAI_GROWTH,
        operator=plan.Operator.AT_LEAST,
        stated=Stated(Figure("8"), Unit.PERCENT),
    ),
    "starts set": plan.SetAnnualTarget(
        year=2022,
        measure=plan.TargetMeasure.NEW_STARTS,
        operator=plan.Operator.EXACTLY,
        stated=Stated(Figure("46"), Unit.COUNT),
    ),
    "back on the list": replace(INCLUDE_IN_CITY_LIST, reason=Reason("补列")),
    "class and flag changed": _listed(
        "转为前期", plan_class=annual_plan.PlanClass.PREPARATORY, completes_this_year=False, planned_start=None
    ),
    "entry emptied": _listed(
        "计划取消", planned_investment=None, image_target=None, planned_start=None, planned_completion=None
    ),
    "off the list again": annual_plan.RemoveFromAnnualPlan(
        list_owner=YONGZHOU, year=2022, projects=(PROJECT_ID,), reason=Reason("列入有误")
    ),
    "total withdrawn": total_investment.WithdrawTotalInvestment(
        project_id=PROJECT_ID,
        kind=total_investment.TotalKind.APPROVED,
        reason=Reason("批复撤销!"),
        occurred_on=date(2022, 5, 9),
        documents=(MINUTES, STATEMENT),
    ),
    "forecast brought forward": _forecast(date(2022, 7, 5)),
    "forecast again": _forecast(date(2022, 7, 5), "设备已到港。"),
    "reset with milestones moved, added and dropped": _reset(
        {**_PLAN, "TOPPED_OUT": date(2022, 7, 1)}, MINUTES, code="UTILITIES"
    ),
    "reset by dropping alone": _reset(_PLAN),
    "reset on another paper": _reset(_PLAN, STATEMENT),
    "land corrected": _reached(date(2021, 9, 12), "日期有误"),
    "land on a paper": _reached(date(2021, 9, 12), "补充依据", STATEMENT),
    "funds not there": _condition(date(2021, 8, 1), "银行贷款未放款。"),
    "funds there": _condition(date(2021, 10, 8), met=True),
    "funds there, dated otherwise": _condition(date(2021, 10, 9), met=True),
    **PUBLICATION,
}
"""Each is accepted on what came before, in this order."""

STORY: Final[dict[str, object]] = {
    **{name: command for name, command in COMMANDS.items() if name != "VOID"},
    **MORE,
    "VOID": COMMANDS["VOID"],
}
