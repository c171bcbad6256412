"""Examples of a schedule: planned back from completion, reset, forecast, reached; start conditions and progress."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import baseline, schedule
from service.domain.values import Code, Document, LongText, Name, Reason
from tests.examples.common import CONTRACT, PROJECT_ID

_APPROVAL: Final = Document(title=Name("关于调整项目工期的批复(演示)"), number=Name("演示政函〔2022〕9号"))
_COMPLETION: Final = date(2022, 6, 30)
_RESET_COMPLETION: Final = date(2022, 7, 31)


def planned(**dates: date) -> tuple[baseline.PlannedMilestone, ...]:
    """Return a plan from its milestones' dates."""
    return tuple(
        baseline.PlannedMilestone(milestone=Code(milestone), planned_on=day) for milestone, day in dates.items()
    )


LAID_BACK: Final = planned(LAND=date(2021, 9, 3), STARTED=date(2021, 11, 2), COMPLETED=_COMPLETION)
"""By the template that the place has set: 300 and 240 days before completion, and on its day."""
RESET_PLAN: Final = planned(
    LAND=date(2021, 9, 3), STARTED=date(2021, 11, 2), EQUIPMENT=date(2022, 7, 10), COMPLETED=_RESET_COMPLETION
)

PLAN_SCHEDULE: Final = baseline.PlanSchedule(
    project_id=PROJECT_ID, completion_on=_COMPLETION, set_on=date(2021, 3, 1), documents=(CONTRACT,)
)
RESET_BASELINE: Final = baseline.ResetBaseline(
    project_id=PROJECT_ID,
    completion_on=_RESET_COMPLETION,
    milestones=RESET_PLAN,
    reason=Reason("生产线设备交货推迟"),
    approver=Name("演示市人民政府"),
    reason_code=Code("CONTRACTOR"),
    set_on=date(2022, 5, 9),
    documents=(_APPROVAL,),
)
FORECAST_EQUIPMENT: Final = schedule.ForecastMilestone(
    project_id=PROJECT_ID,
    milestone=Code("EQUIPMENT"),
    forecast_on=date(2022, 7, 20),
    reason_code=Code("UTILITIES"),
    note=LongText("第 6 条生产线待通电。"),
)
REACH_LAND: Final = schedule.ReachMilestone(
    project_id=PROJECT_ID, milestone=Code("LAND"), occurred_on=date(2021, 9, 10)
)
STATE_PERMIT: Final = schedule.StateStartCondition(
    project_id=PROJECT_ID, condition=Code("CONSTRUCTION_PERMIT"), met=True, occurred_on=date(2021, 10, 25)
)
NOTE_PROGRESS: Final = schedule.NoteProgress(
    project_id=PROJECT_ID, occurred_on=date(2022, 5, 9), text=LongText("主体厂房全部封顶。\n第 5 条生产线进场安装。")
)

BASELINE_SET: Final = baseline.BaselineSet(
    completion_on=_COMPLETION, milestones=LAID_BACK, set_on=date(2021, 3, 1), documents=(CONTRACT,)
)
BASELINE_RESET: Final = baseline.BaselineReset(
    completion_on=_RESET_COMPLETION,
    milestones=RESET_PLAN,
    set_on=date(2022, 5, 9),
    reason=Reason("生产线设备交货推迟"),
    approver=Name("演示市人民政府"),
    reason_code=Code("CONTRACTOR"),
    documents=(_APPROVAL,),
)
EQUIPMENT_FORECAST: Final = schedule.MilestoneForecast(
    milestone=Code("EQUIPMENT"),
    forecast_on=date(2022, 7, 20),
    reason_code=Code("UTILITIES"),
    note=LongText("第 6 条生产线待通电。"),
)
LAND_REACHED: Final = schedule.MilestoneReached(milestone=Code("LAND"), occurred_on=date(2021, 9, 10))
PERMIT_STATED: Final = schedule.StartConditionStated(
    condition=Code("CONSTRUCTION_PERMIT"), met=True, occurred_on=date(2021, 10, 25)
)
PROGRESS_NOTED: Final = schedule.ProgressNoted(
    occurred_on=date(2022, 5, 9), text=LongText("主体厂房全部封顶。\n第 5 条生产线进场安装。")
)

COMMANDS: Final[dict[str, object]] = {
    "PLAN_SCHEDULE": PLAN_SCHEDULE,
    "RESET_BASELINE": RESET_BASELINE,
    "FORECAST_EQUIPMENT": FORECAST_EQUIPMENT,
    "REACH_LAND": REACH_LAND,
    "STATE_PERMIT": STATE_PERMIT,
    "NOTE_PROGRESS": NOTE_PROGRESS,
}
FACTS: Final[dict[str, object]] = {
    "BASELINE_SET": BASELINE_SET,
    "BASELINE_RESET": BASELINE_RESET,
    "EQUIPMENT_FORECAST": EQUIPMENT_FORECAST,
    "LAND_REACHED": LAND_REACHED,
    "PERMIT_STATED": PERMIT_STATED,
    "PROGRESS_NOTED": PROGRESS_NOTED,
}
