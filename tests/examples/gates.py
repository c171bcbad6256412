"""Examples of the gates that the story has no room for, and of pauses."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from service.domain import activity, gate_commands, gates
from service.domain.values import Code, LongText, ProjectCode, Reason
from tests.examples.common import CONTRACT, PROJECT_ID

SECOND_CODE: Final = ProjectCode("2103-431181-04-02-100015")
PLANNED_ON: Final = date(2020, 6, 1)

_RECORDED: Final[dict[str, tuple[type[gate_commands.RecordGate], dict[str, Any]]]] = {
    "PLANNED": (gate_commands.RecordPlanned, {"occurred_on": PLANNED_ON}),
    "NEGOTIATION_OPENED": (gate_commands.RecordNegotiationOpened, {"occurred_on": date(2020, 8, 28)}),
    "APPROVED": (
        gate_commands.RecordApproved,
        {"occurred_on": date(2021, 2, 26), "kind": gates.ApprovalKind.FILING, "documents": (CONTRACT,)},
    ),
    "CODE_ASSIGNED": (gate_commands.RecordCodeAssigned, {"occurred_on": date(2021, 3, 2), "code": SECOND_CODE}),
    "LANDED": (gate_commands.RecordLanded, {"occurred_on": date(2021, 1, 12)}),
    "FULFILLED": (gate_commands.RecordFulfilled, {"occurred_on": date(2021, 3, 1)}),
    "STATISTICS_ENTERED": (gate_commands.RecordStatisticsEntered, {"occurred_on": date(2021, 5, 10)}),
    "DESIGN_CAPACITY_REACHED": (gate_commands.RecordDesignCapacityReached, {"occurred_on": date(2022, 5, 7)}),
    "BENEFITS_REACHED": (gate_commands.RecordBenefitsReached, {"occurred_on": date(2022, 5, 8)}),
    "EVALUATED": (gate_commands.RecordEvaluated, {"occurred_on": date(2022, 5, 9)}),
}
_PAUSE: Final[dict[str, Any]] = {"occurred_on": date(2021, 7, 5), "reason_code": Code("FLOOD")}
_PLAN: Final[dict[str, Any]] = {
    "recovery_plan": LongText("退水后三日内复工,月底前补回进度。"),
    "expected_resumption": date(2021, 7, 20),
}
_NOTE: Final[dict[str, Any]] = {"occurred_on": date(2021, 7, 12), "text": LongText("基坑积水已排干。")}
_RESUMED: Final[dict[str, Any]] = {"occurred_on": date(2021, 7, 19), "reason": Reason("汛情解除")}
_DEFERRED: Final[dict[str, Any]] = {"occurred_on": date(2021, 9, 1), "reason_code": Code("FUNDS")}
_TERMINATED: Final[dict[str, Any]] = {"occurred_on": date(2021, 9, 8), "reason_code": Code("FUNDS")}
_REVIVED: Final[dict[str, Any]] = {"occurred_on": date(2021, 9, 20), "reason": Reason("新投资方接手")}

RECORD_FULFILLED: Final = gate_commands.RecordFulfilled(project_id=PROJECT_ID, occurred_on=date(2021, 3, 1))
SUSPEND: Final = activity.SuspendProject(project_id=PROJECT_ID, **_PAUSE, **_PLAN)
RESUME: Final = activity.ResumeProject(project_id=PROJECT_ID, **_RESUMED)
TERMINATE: Final = activity.TerminateProject(project_id=PROJECT_ID, **_TERMINATED)
SUSPENDED: Final = activity.ProjectSuspended(**_PAUSE, **_PLAN)
PAUSE_NOTED: Final = activity.PauseNoted(**_NOTE)
RESUMED: Final = activity.ProjectResumed(**_RESUMED)
DEFERRED: Final = activity.ProjectDeferred(**_DEFERRED)
TERMINATED: Final = activity.ProjectTerminated(**_TERMINATED)

COMMANDS: Final[dict[str, object]] = {
    **{f"RECORD_{name}": of(project_id=PROJECT_ID, **said) for name, (of, said) in _RECORDED.items()},
    "SUSPEND": SUSPEND,
    "NOTE_PAUSE": activity.NotePause(project_id=PROJECT_ID, **_NOTE),
    "RESUME": RESUME,
    "DEFER": activity.DeferProject(project_id=PROJECT_ID, **_DEFERRED),
    "TERMINATE": TERMINATE,
    "REVIVE": activity.ResumeProject(project_id=PROJECT_ID, **_REVIVED),
}
FACTS: Final[dict[str, object]] = {
    **{name: of.fact(definition=1, **said) for name, (of, said) in _RECORDED.items()},
    "SUSPENDED": SUSPENDED,
    "PAUSE_NOTED": PAUSE_NOTED,
    "RESUMED": RESUMED,
    "DEFERRED": DEFERRED,
    "TERMINATED": TERMINATED,
    "REVIVED": activity.ProjectResumed(**_REVIVED),
}
