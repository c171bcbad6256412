"""The story of a project from its registration to its voiding: the thread that other streams' examples hang on."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import gate_commands, gates, identity, investment, place, plan, privacy, project, total_investment
from service.domain.dictionaries import Dictionary, defaults
from service.domain.values import (
    Code,
    CreditCode,
    Currency,
    Figure,
    Industry,
    LongText,
    Name,
    Organisation,
    Period,
    Personal,
    ProjectCode,
    Reason,
    Reference,
    Region,
    Stated,
    Unit,
)
from tests.examples.common import CONTRACT, PLAN_PAPER, PROJECT_ID, QIYANG, RECODING, REPORT, yi

IDENTITY: Final = identity.Identity(
    name=Name("演示竹木新材料产业园一期"),
    region=QIYANG,
    category=Code("PRODUCTIVE"),
    track=identity.Track.PROMOTED,
    aliases=(Name("演示竹木园"),),
    township=Name("演示镇"),
    park=Name("演示工业园"),
    content=LongText("新建标准厂房 12 万平方米。\n配套竹木加工生产线 6 条。"),
    planned_start=date(2021, 3, 1),
    planned_completion=date(2022, 6, 30),
    industry=Industry("C2032"),
    nature=identity.Nature.NEW,
    asset_type=identity.AssetType.HEAVY,
    owner=Organisation(name=Name("演示竹木有限公司"), credit_code=CreditCode("91431181MA0000000R")),
    responsible_unit=Name("演示市商务局"),
    sector_authority=Name("演示市林业局"),
    codes=(ProjectCode("2103-431181-89-01-100019"),),
    references=(Reference(system=Name("演示台账"), id=Name("QY-001")),),
)
CHANGES: Final = identity.Changes(planned_completion=date(2022, 4, 30), park=None, aliases=())

# Commands, in the order in which they came.

OPEN_PLACE: Final = place.OpenPlace(region=QIYANG, name=Name("祁阳市"), purpose=place.Purpose.DEMO)
RECODE_PLACE: Final = place.RecodePlace(
    region=QIYANG,
    former=Region("431121"),
    successor=QIYANG,
    name=Name("祁阳市"),
    occurred_on=date(2021, 2, 5),
    documents=(RECODING,),
)
SET_INVESTMENT_TARGET: Final = plan.SetAnnualTarget(
    year=2022,
    measure=plan.TargetMeasure.INVESTMENT,
    operator=plan.Operator.AT_LEAST,
    stated=yi("160"),
    source=PLAN_PAPER,
)
SET_COUNT_TARGET: Final = plan.SetAnnualTarget(
    year=2022,
    measure=plan.TargetMeasure.PROJECT_COUNT,
    operator=plan.Operator.AT_LEAST,
    stated=Stated(Figure("113"), Unit.COUNT),
    source=PLAN_PAPER,
)
REVISE_COUNT_TARGET: Final = plan.SetAnnualTarget(
    year=2022,
    measure=plan.TargetMeasure.PROJECT_COUNT,
    operator=plan.Operator.ABOUT,
    stated=Stated(Figure("115"), Unit.COUNT),
    reason=Reason("年中调整"),
)
REGISTER: Final = project.RegisterProject(identity=IDENTITY, documents=(CONTRACT,))
RECORD_RESERVED: Final = gate_commands.RecordReserved(
    project_id=PROJECT_ID, occurred_on=date(2020, 8, 20), library=Name("演示储备库")
)
RECORD_SIGNED: Final = gate_commands.RecordContractSigned(
    project_id=PROJECT_ID,
    occurred_on=date(2020, 9, 15),
    form=gates.ContractForm.FRAMEWORK,
    documents=(CONTRACT,),
)
SET_CONTRACTED_TOTAL: Final = total_investment.SetTotalInvestment(
    project_id=PROJECT_ID,
    kind=total_investment.TotalKind.CONTRACTED,
    stated=yi("12.5"),
    occurred_on=date(2020, 9, 15),
    documents=(CONTRACT,),
)
SET_APPROVED_TOTAL: Final = total_investment.SetTotalInvestment(
    project_id=PROJECT_ID,
    kind=total_investment.TotalKind.APPROVED,
    stated=Stated(Figure("118000"), Unit.WAN_YUAN),
    occurred_on=date(2021, 2, 26),
)
WITHDRAW_CONTRACTED_TOTAL: Final = total_investment.WithdrawTotalInvestment(
    project_id=PROJECT_ID,
    kind=total_investment.TotalKind.CONTRACTED,
    reason=Reason("框架协议终止,以备案数为准"),
    occurred_on=date(2021, 3, 1),
)
RECORD_STARTED: Final = gate_commands.RecordStarted(
    project_id=PROJECT_ID, occurred_on=date(2021, 3, 18), basis=gates.StartBasis.PHYSICAL
)
STATE_OPENING: Final = investment.StateOpeningBalance(
    project_id=PROJECT_ID, year=2021, basis=investment.Basis.DISPATCH, stated=yi("7.20")
)
AMEND: Final = project.AmendProject(project_id=PROJECT_ID, changes=CHANGES, reason=Reason("工期提前"))
REPORT_THROUGH_FEBRUARY: Final = investment.ReportCompletion(
    project_id=PROJECT_ID,
    through=Period("2022-01/2022-02"),
    measure=investment.Measure.YEAR_TO_DATE,
    basis=investment.Basis.DISPATCH,
    status=investment.Status.FINAL,
    stated=yi("1.05"),
)
REPORT_THROUGH_MARCH: Final = investment.ReportCompletion(
    project_id=PROJECT_ID,
    through=Period("2022-03"),
    measure=investment.Measure.YEAR_TO_DATE,
    basis=investment.Basis.DISPATCH,
    status=investment.Status.FINAL,
    stated=yi("2.35"),
    documents=(REPORT,),
    filled_by=Personal("填报人甲"),
    reviewed_by=Personal("审核人乙"),
    signed_by=Personal("签发人丙"),
)
RECORD_COMPLETED: Final = gate_commands.RecordCompleted(
    project_id=PROJECT_ID, occurred_on=date(2022, 4, 25), kind=gates.CompletionKind.WORKS
)
RECORD_IN_PRODUCTION: Final = gate_commands.RecordPutIntoProduction(
    project_id=PROJECT_ID, occurred_on=date(2022, 5, 6), extent=gates.ProductionExtent.TRIAL
)
ERASE: Final = privacy.ErasePersonalData(position=15, path=Name("signed_by"), reason=Reason("本人申请"))
VOID: Final = project.VoidProject(project_id=PROJECT_ID, reason=Reason("与另一项目重复登记"))

# Facts: what the commands gave.

PLACE_OPENED: Final = place.PlaceOpened(
    region=QIYANG,
    name=Name("祁阳市"),
    purpose=place.Purpose.DEMO,
    currency=Currency.CNY,
    categories=defaults()[Dictionary.CATEGORY],
    start_basis=gates.StartBasis.PHYSICAL,
)
PLACE_RECODED: Final = place.PlaceRecoded(
    former=Region("431121"),
    successor=QIYANG,
    name=Name("祁阳市"),
    occurred_on=date(2021, 2, 5),
    documents=(RECODING,),
)
INVESTMENT_TARGET_SET: Final = plan.AnnualTargetSet(
    year=2022,
    measure=plan.TargetMeasure.INVESTMENT,
    operator=plan.Operator.AT_LEAST,
    stated=yi("160"),
    value=16_000_000_000_00,
    source=PLAN_PAPER,
)
COUNT_TARGET_SET: Final = plan.AnnualTargetSet(
    year=2022,
    measure=plan.TargetMeasure.PROJECT_COUNT,
    operator=plan.Operator.AT_LEAST,
    stated=Stated(Figure("113"), Unit.COUNT),
    value=113,
    source=PLAN_PAPER,
)
COUNT_TARGET_REVISED: Final = plan.AnnualTargetRevised(
    year=2022,
    measure=plan.TargetMeasure.PROJECT_COUNT,
    operator=plan.Operator.ABOUT,
    stated=Stated(Figure("115"), Unit.COUNT),
    value=115,
    reason=Reason("年中调整"),
)
REGISTERED: Final = project.ProjectRegistered(identity=IDENTITY, documents=(CONTRACT,))
RESERVED: Final = gates.ProjectReserved(occurred_on=date(2020, 8, 20), definition=1, library=Name("演示储备库"))
FRAMEWORK_SIGNED: Final = gates.ContractSigned(
    occurred_on=date(2020, 9, 15), definition=1, form=gates.ContractForm.FRAMEWORK, documents=(CONTRACT,)
)
CONTRACTED_TOTAL_SET: Final = total_investment.TotalInvestmentSet(
    kind=total_investment.TotalKind.CONTRACTED,
    stated=yi("12.5"),
    amount_fen=1_250_000_000_00,
    occurred_on=date(2020, 9, 15),
    documents=(CONTRACT,),
)
APPROVED_TOTAL_SET: Final = total_investment.TotalInvestmentSet(
    kind=total_investment.TotalKind.APPROVED,
    stated=Stated(Figure("118000"), Unit.WAN_YUAN),
    amount_fen=1_180_000_000_00,
    occurred_on=date(2021, 2, 26),
)
CONTRACTED_TOTAL_WITHDRAWN: Final = total_investment.TotalInvestmentWithdrawn(
    kind=total_investment.TotalKind.CONTRACTED,
    reason=Reason("框架协议终止,以备案数为准"),
    occurred_on=date(2021, 3, 1),
)
STARTED: Final = gates.ProjectStarted(occurred_on=date(2021, 3, 18), definition=1, basis=gates.StartBasis.PHYSICAL)
OPENING_STATED: Final = investment.OpeningBalanceStated(
    year=2021, basis=investment.Basis.DISPATCH, stated=yi("7.20"), amount_fen=720_000_000_00
)
AMENDED: Final = project.ProjectAmended(changes=CHANGES, reason=Reason("工期提前"))
THROUGH_FEBRUARY_REPORTED: Final = investment.CompletionReported(
    through=Period("2022-01/2022-02"),
    measure=investment.Measure.YEAR_TO_DATE,
    basis=investment.Basis.DISPATCH,
    status=investment.Status.FINAL,
    stated=yi("1.05"),
    amount_fen=105_000_000_00,
)
THROUGH_MARCH_REPORTED: Final = investment.CompletionReported(
    through=Period("2022-03"),
    measure=investment.Measure.YEAR_TO_DATE,
    basis=investment.Basis.DISPATCH,
    status=investment.Status.FINAL,
    stated=yi("2.35"),
    amount_fen=235_000_000_00,
    documents=(REPORT,),
    filled_by=Personal("填报人甲"),
    reviewed_by=Personal("审核人乙"),
    signed_by=Personal("签发人丙"),
)
COMPLETED: Final = gates.ProjectCompleted(occurred_on=date(2022, 4, 25), definition=1, kind=gates.CompletionKind.WORKS)
IN_TRIAL_PRODUCTION: Final = gates.ProjectPutIntoProduction(
    occurred_on=date(2022, 5, 6), definition=1, extent=gates.ProductionExtent.TRIAL
)
SIGNATURE_ERASED: Final = privacy.PersonalDataErased(position=15, path=Name("signed_by"), reason=Reason("本人申请"))
VOIDED: Final = project.ProjectVoided(reason=Reason("与另一项目重复登记"))

COMMANDS: Final[dict[str, object]] = {
    "OPEN_PLACE": OPEN_PLACE,
    "SET_INVESTMENT_TARGET": SET_INVESTMENT_TARGET,
    "SET_COUNT_TARGET": SET_COUNT_TARGET,
    "REVISE_COUNT_TARGET": REVISE_COUNT_TARGET,
    "REGISTER": REGISTER,
    "RECORD_RESERVED": RECORD_RESERVED,
    "RECORD_SIGNED": RECORD_SIGNED,
    "SET_CONTRACTED_TOTAL": SET_CONTRACTED_TOTAL,
    "SET_APPROVED_TOTAL": SET_APPROVED_TOTAL,
    "WITHDRAW_CONTRACTED_TOTAL": WITHDRAW_CONTRACTED_TOTAL,
    "RECORD_STARTED": RECORD_STARTED,
    "STATE_OPENING": STATE_OPENING,
    "AMEND": AMEND,
    "REPORT_THROUGH_FEBRUARY": REPORT_THROUGH_FEBRUARY,
    "REPORT_THROUGH_MARCH": REPORT_THROUGH_MARCH,
    "RECORD_COMPLETED": RECORD_COMPLETED,
    "RECORD_IN_PRODUCTION": RECORD_IN_PRODUCTION,
}
FACTS: Final[dict[str, object]] = {
    "PLACE_OPENED": PLACE_OPENED,
    "INVESTMENT_TARGET_SET": INVESTMENT_TARGET_SET,
    "COUNT_TARGET_SET": COUNT_TARGET_SET,
    "COUNT_TARGET_REVISED": COUNT_TARGET_REVISED,
    "REGISTERED": REGISTERED,
    "RESERVED": RESERVED,
    "FRAMEWORK_SIGNED": FRAMEWORK_SIGNED,
    "CONTRACTED_TOTAL_SET": CONTRACTED_TOTAL_SET,
    "APPROVED_TOTAL_SET": APPROVED_TOTAL_SET,
    "CONTRACTED_TOTAL_WITHDRAWN": CONTRACTED_TOTAL_WITHDRAWN,
    "STARTED": STARTED,
    "OPENING_STATED": OPENING_STATED,
    "AMENDED": AMENDED,
    "THROUGH_FEBRUARY_REPORTED": THROUGH_FEBRUARY_REPORTED,
    "THROUGH_MARCH_REPORTED": THROUGH_MARCH_REPORTED,
    "COMPLETED": COMPLETED,
    "IN_TRIAL_PRODUCTION": IN_TRIAL_PRODUCTION,
}
LAST_COMMANDS: Final[dict[str, object]] = {
    "ERASE": ERASE,
    "VOID": VOID,
    "RECODE_PLACE": RECODE_PLACE,
}
LAST_FACTS: Final[dict[str, object]] = {
    "SIGNATURE_ERASED": SIGNATURE_ERASED,
    "VOIDED": VOIDED,
    "PLACE_RECODED": PLACE_RECODED,
}
"""What ends it; other streams' examples come before."""
