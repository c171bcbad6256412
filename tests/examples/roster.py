"""Examples of who answers for the project: posts, a work plan, units' liaisons."""

from __future__ import annotations

from datetime import date
from typing import Final

from service.domain import liaison, roster
from service.domain.values import Document, Name, Personal, Reason
from tests.examples.common import PLAN_PAPER, PROJECT_ID

LEAD_ID: Final = roster.post_id(PROJECT_ID, 1)
STEWARD_ID: Final = roster.post_id(PROJECT_ID, 3)
WORK_PLAN: Final = Document(title=Name("演示竹木园建设工作方案"), issued_on=date(2022, 2, 10))
_LEAD: Final = {
    "role": roster.RosterRole.LEAD_OFFICIAL,
    "since": date(2022, 1, 20),
    "holder": Personal("牵头领导甲"),
    "unit": Name("演示市人民政府"),
    "title": Name("副市长"),
    "contact": Personal("演示电话一"),
    "rank": 1,
    "documents": (PLAN_PAPER,),
}
_TASK_FORCE: Final = {
    "role": roster.RosterRole.TASK_FORCE,
    "since": date(2022, 1, 20),
    "unit": Name("演示竹木园工作专班"),
}
_STEWARD: Final = {
    "role": roster.RosterRole.STEWARD,
    "since": date(2022, 1, 25),
    "holder": Personal("项目管家甲"),
    "contact": Personal("演示电话二"),
}
_LIAISON: Final = {
    "unit": Name("演示市商务局"),
    "unit_kind": liaison.LiaisonUnitKind.RESPONSIBLE_UNIT,
    "holder": Personal("联络员甲"),
    "since": date(2022, 1, 20),
}
_NEXT_LIAISON: Final = _LIAISON | {
    "holder": Personal("联络员乙"),
    "since": date(2022, 4, 1),
    "contact": Personal("演示电话三"),
}
_APPROVER: Final = {
    "unit": Name("演示市自然资源局"),
    "unit_kind": liaison.LiaisonUnitKind.APPROVAL_DEPARTMENT,
    "holder": Personal("联络员丙"),
    "since": date(2022, 1, 20),
}
_LEFT: Final = {"until": date(2022, 4, 15), "reason": Reason("工作调动")}

ASSIGN_LEAD: Final = roster.AssignPost(project_id=PROJECT_ID, holder_public=True, contact_public=True, **_LEAD)  # type: ignore[arg-type]  # Fields as named above.
ASSIGN_TASK_FORCE: Final = roster.AssignPost(project_id=PROJECT_ID, **_TASK_FORCE)  # type: ignore[arg-type]
ASSIGN_STEWARD: Final = roster.AssignPost(project_id=PROJECT_ID, **_STEWARD)  # type: ignore[arg-type]
END_STEWARD: Final = roster.EndPost(project_id=PROJECT_ID, post_id=STEWARD_ID, **_LEFT)  # type: ignore[arg-type]
FILE_WORK_PLAN: Final = roster.FileWorkPlan(
    project_id=PROJECT_ID, occurred_on=date(2022, 2, 10), documents=(WORK_PLAN,)
)
ASSIGN_LIAISON: Final = liaison.AssignUnitLiaison(**_LIAISON)  # type: ignore[arg-type]
REPLACE_LIAISON: Final = liaison.AssignUnitLiaison(contact_public=True, **_NEXT_LIAISON)  # type: ignore[arg-type]
ASSIGN_APPROVER: Final = liaison.AssignUnitLiaison(**_APPROVER)  # type: ignore[arg-type]
END_APPROVER: Final = liaison.EndUnitLiaison(unit=Name("演示市自然资源局"), **_LEFT)  # type: ignore[arg-type]

LEAD_ASSIGNED: Final = roster.PostAssigned(post_id=LEAD_ID, holder_public=True, contact_public=True, **_LEAD)  # type: ignore[arg-type]
TASK_FORCE_ASSIGNED: Final = roster.PostAssigned(
    post_id=roster.post_id(PROJECT_ID, 2),
    contact_public=False,
    **_TASK_FORCE,  # type: ignore[arg-type]
)
STEWARD_ASSIGNED: Final = roster.PostAssigned(post_id=STEWARD_ID, contact_public=False, **_STEWARD)  # type: ignore[arg-type]
STEWARD_LEFT: Final = roster.PostEnded(post_id=STEWARD_ID, **_LEFT)  # type: ignore[arg-type]
WORK_PLAN_FILED: Final = roster.WorkPlanFiled(occurred_on=date(2022, 2, 10), documents=(WORK_PLAN,))
LIAISON_ASSIGNED: Final = liaison.UnitLiaisonAssigned(contact_public=False, **_LIAISON)  # type: ignore[arg-type]
LIAISON_REPLACED: Final = liaison.UnitLiaisonAssigned(contact_public=True, **_NEXT_LIAISON)  # type: ignore[arg-type]
APPROVER_ASSIGNED: Final = liaison.UnitLiaisonAssigned(contact_public=False, **_APPROVER)  # type: ignore[arg-type]
APPROVER_LEFT: Final = liaison.UnitLiaisonEnded(unit=Name("演示市自然资源局"), **_LEFT)  # type: ignore[arg-type]

COMMANDS: Final[dict[str, object]] = {
    "ASSIGN_LEAD": ASSIGN_LEAD,
    "ASSIGN_TASK_FORCE": ASSIGN_TASK_FORCE,
    "ASSIGN_STEWARD": ASSIGN_STEWARD,
    "END_STEWARD": END_STEWARD,
    "FILE_WORK_PLAN": FILE_WORK_PLAN,
    "ASSIGN_LIAISON": ASSIGN_LIAISON,
    "REPLACE_LIAISON": REPLACE_LIAISON,
    "ASSIGN_APPROVER": ASSIGN_APPROVER,
    "END_APPROVER": END_APPROVER,
}
FACTS: Final[dict[str, object]] = {
    "LEAD_ASSIGNED": LEAD_ASSIGNED,
    "TASK_FORCE_ASSIGNED": TASK_FORCE_ASSIGNED,
    "STEWARD_ASSIGNED": STEWARD_ASSIGNED,
    "STEWARD_LEFT": STEWARD_LEFT,
    "WORK_PLAN_FILED": WORK_PLAN_FILED,
    "LIAISON_ASSIGNED": LIAISON_ASSIGNED,
    "LIAISON_REPLACED": LIAISON_REPLACED,
    "APPROVER_ASSIGNED": APPROVER_ASSIGNED,
    "APPROVER_LEFT": APPROVER_LEFT,
}
