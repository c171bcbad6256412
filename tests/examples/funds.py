"""Examples of funds and of physical progress."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import funds, progress
from service.domain.series import Measure
from service.domain.values import Code, Document, Figure, LongText, Name, Period, Stated, Unit
from tests.examples.common import PLAN_PAPER, PROJECT_ID, REPORT, yi

ALLOTMENT: Final = Document(
    title=Name("关于下达2022年中央预算内投资计划的通知(演示)"), number=Name("演示投〔2022〕18号")
)
BOND: Final = Code("SPECIAL_BOND")
OWN: Final = Code("SELF_RAISED")
CENTRAL: Final = Code("CENTRAL_BUDGET")
_WAN: Final = Stated(Figure("5000"), Unit.WAN_YUAN)
_PERCENT: Final = Figure("96.5")
_WORDS: Final = LongText("一号、二号厂房主体封顶，\n生产线安装完成。")
_DONE: Final = (
    progress.Quantity(item=Name("标准厂房"), figure=Figure("11.6"), unit=Name("万平方米")),
    progress.Quantity(item=Name("生产线"), figure=Figure("6"), unit=Name("条")),
)

PLAN_FUNDS: Final = funds.PlanFunds(
    project_id=PROJECT_ID, source=BOND, year=2022, stated=yi("2.00"), documents=(PLAN_PAPER,)
)
PLAN_ALL_FUNDS: Final = funds.PlanFunds(project_id=PROJECT_ID, source=OWN, stated=yi("9.3"))
ALLOT_FUNDS: Final = funds.AllotFunds(
    project_id=PROJECT_ID, source=CENTRAL, occurred_on=date(2022, 3, 15), stated=_WAN, document=ALLOTMENT
)
REPORT_ARRIVED: Final = funds.ReportFunds(
    project_id=PROJECT_ID,
    kind=funds.FundKind.ARRIVED,
    source=OWN,
    through=Period("2022-04"),
    measure=Measure.YEAR_TO_DATE,
    stated=yi("1.60"),
    documents=(REPORT,),
)
REPORT_PAID: Final = funds.ReportFunds(
    project_id=PROJECT_ID,
    kind=funds.FundKind.PAID,
    source=OWN,
    through=Period("2022-04"),
    measure=Measure.SINCE_START,
    stated=yi("7.85"),
)
REPORT_PROGRESS: Final = progress.ReportPhysicalProgress(
    project_id=PROJECT_ID,
    through=Period("2022-04"),
    percent=_PERCENT,
    description=_WORDS,
    quantities=_DONE,
    documents=(REPORT,),
)

FUNDS_PLANNED: Final = funds.FundsPlanned(
    source=BOND, year=2022, stated=yi("2.00"), amount_fen=200_000_000_00, documents=(PLAN_PAPER,)
)
ALL_FUNDS_PLANNED: Final = funds.FundsPlanned(source=OWN, stated=yi("9.3"), amount_fen=930_000_000_00)
FUNDS_ALLOTTED: Final = funds.FundsAllotted(
    source=CENTRAL, occurred_on=date(2022, 3, 15), stated=_WAN, amount_fen=50_000_000_00, document=ALLOTMENT
)
ARRIVED_REPORTED: Final = funds.FundsReported(
    kind=funds.FundKind.ARRIVED,
    source=OWN,
    through=Period("2022-04"),
    measure=Measure.YEAR_TO_DATE,
    stated=yi("1.60"),
    amount_fen=160_000_000_00,
    documents=(REPORT,),
)
PAID_REPORTED: Final = funds.FundsReported(
    kind=funds.FundKind.PAID,
    source=OWN,
    through=Period("2022-04"),
    measure=Measure.SINCE_START,
    stated=yi("7.85"),
    amount_fen=785_000_000_00,
)
PROGRESS_REPORTED: Final = progress.PhysicalProgressReported(
    through=Period("2022-04"), percent=_PERCENT, description=_WORDS, quantities=_DONE, documents=(REPORT,)
)

COMMANDS: Final[dict[str, object]] = {
    "PLAN_FUNDS": PLAN_FUNDS,
    "PLAN_ALL_FUNDS": PLAN_ALL_FUNDS,
    "ALLOT_FUNDS": ALLOT_FUNDS,
    "REPORT_ARRIVED": REPORT_ARRIVED,
    "REPORT_PAID": REPORT_PAID,
    "REPORT_PROGRESS": REPORT_PROGRESS,
}
FACTS: Final[dict[str, object]] = {
    "FUNDS_PLANNED": FUNDS_PLANNED,
    "ALL_FUNDS_PLANNED": ALL_FUNDS_PLANNED,
    "FUNDS_ALLOTTED": FUNDS_ALLOTTED,
    "ARRIVED_REPORTED": ARRIVED_REPORTED,
    "PAID_REPORTED": PAID_REPORTED,
    "PROGRESS_REPORTED": PROGRESS_REPORTED,
}
