"""Examples of key lists: the project on its county's and its prefecture's, changed on one, taken off the other."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import annual_plan
from service.domain.annual_plan import PlanClass
from service.domain.values import Document, LongText, Name, Reason, Region
from tests.examples.common import PLAN_PAPER, PROJECT_ID, QIYANG, yi

YONGZHOU: Final = Region("431100")
CITY_PAPER: Final = Document(title=Name("2022年市重点建设项目名单(演示)"), number=Name("演示发〔2022〕3号"))
_TARGET: Final = LongText("主体竣工，\n设备进场。")
_MIDYEAR: Final = Reason("年中调整")

INCLUDE_IN_OWN_LIST: Final = annual_plan.IncludeInAnnualPlan(
    list_owner=QIYANG,
    year=2022,
    entries=(
        annual_plan.EntryToInclude(
            project_id=PROJECT_ID,
            plan_class=PlanClass.CONTINUING,
            completes_this_year=True,
            planned_investment=yi("3.5"),
            image_target=_TARGET,
            planned_start=date(2021, 3, 1),
            planned_completion=date(2022, 6, 30),
        ),
    ),
    source=PLAN_PAPER,
)
INCLUDE_IN_CITY_LIST: Final = annual_plan.IncludeInAnnualPlan(
    list_owner=YONGZHOU,
    year=2022,
    entries=(
        annual_plan.EntryToInclude(project_id=PROJECT_ID, plan_class=PlanClass.CONTINUING, completes_this_year=False),
    ),
    source=CITY_PAPER,
)
CHANGE_OWN_ENTRY: Final = annual_plan.IncludeInAnnualPlan(
    list_owner=QIYANG,
    year=2022,
    entries=(
        annual_plan.EntryToInclude(
            project_id=PROJECT_ID,
            plan_class=PlanClass.CONTINUING,
            completes_this_year=True,
            planned_investment=yi("4.60"),
            image_target=_TARGET,
            planned_start=date(2021, 3, 1),
            planned_completion=date(2022, 4, 30),
        ),
    ),
    source=PLAN_PAPER,
    reason=_MIDYEAR,
)
REMOVE_CITY_ENTRY: Final = annual_plan.RemoveFromAnnualPlan(
    list_owner=YONGZHOU, year=2022, projects=(PROJECT_ID,), reason=Reason("不再符合条件"), documents=(CITY_PAPER,)
)

OWN_LIST_INCLUDED: Final = annual_plan.AnnualPlanIncluded(
    list_owner=QIYANG,
    year=2022,
    entries=(
        annual_plan.PlanEntry(
            project_id=PROJECT_ID,
            plan_class=PlanClass.CONTINUING,
            completes_this_year=True,
            planned_investment=yi("3.5"),
            planned_fen=350_000_000_00,
            image_target=_TARGET,
            planned_start=date(2021, 3, 1),
            planned_completion=date(2022, 6, 30),
        ),
    ),
    source=PLAN_PAPER,
)
CITY_LIST_INCLUDED: Final = annual_plan.AnnualPlanIncluded(
    list_owner=YONGZHOU,
    year=2022,
    entries=(annual_plan.PlanEntry(project_id=PROJECT_ID, plan_class=PlanClass.CONTINUING, completes_this_year=False),),
    source=CITY_PAPER,
)
OWN_ENTRY_CHANGED: Final = annual_plan.AnnualPlanIncluded(
    list_owner=QIYANG,
    year=2022,
    entries=(
        annual_plan.PlanEntry(
            project_id=PROJECT_ID,
            plan_class=PlanClass.CONTINUING,
            completes_this_year=True,
            planned_investment=yi("4.60"),
            planned_fen=460_000_000_00,
            image_target=_TARGET,
            planned_start=date(2021, 3, 1),
            planned_completion=date(2022, 4, 30),
        ),
    ),
    source=PLAN_PAPER,
    reason=_MIDYEAR,
)
CITY_ENTRY_REMOVED: Final = annual_plan.AnnualPlanRemoved(
    list_owner=YONGZHOU, year=2022, projects=(PROJECT_ID,), reason=Reason("不再符合条件"), documents=(CITY_PAPER,)
)

COMMANDS: Final[dict[str, object]] = {
    "INCLUDE_IN_OWN_LIST": INCLUDE_IN_OWN_LIST,
    "INCLUDE_IN_CITY_LIST": INCLUDE_IN_CITY_LIST,
    "CHANGE_OWN_ENTRY": CHANGE_OWN_ENTRY,
    "REMOVE_CITY_ENTRY": REMOVE_CITY_ENTRY,
}
FACTS: Final[dict[str, object]] = {
    "OWN_LIST_INCLUDED": OWN_LIST_INCLUDED,
    "CITY_LIST_INCLUDED": CITY_LIST_INCLUDED,
    "OWN_ENTRY_CHANGED": OWN_ENTRY_CHANGED,
    "CITY_ENTRY_REMOVED": CITY_ENTRY_REMOVED,
}
