"""权限表: role x command and role x field. Nothing else decides, and what is not named here is refused.

What a role may send, and what it sees, it may and sees within the scope that it was granted over: an area, or what a
unit answers for there, what lies in a park, one project. docs/security.md prints both tables.

Sources: mission C5 (the four offices), C7 and C10 (who is named in public), C13 and C14 (filing on behalf), C15
(measures of the official in charge), C19 (approvals delegated to a park), E14 (sanctions), P16 (what is published), P19
(direct correction); GB/T 22239-2019 8.1.5 (three administrators, none of whom works on projects).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

from service.domain.labels import Labelled
from service.domain.roles import Role

E = TypeVar("E", bound=StrEnum)


class Sight(Labelled):
    """可见级别 How far something is shown."""

    PUBLIC = "PUBLIC", "公开", "public"
    INTERNAL = "INTERNAL", "内部", "internal"
    COMMERCIAL = "COMMERCIAL", "商业信息", "commercial"
    NAME = "NAME", "姓名", "names of persons"
    CONTACT = "CONTACT", "联系方式", "contacts of persons"
    HISTORY = "HISTORY", "审计轨迹", "audit trail"
    SANCTION = "SANCTION", "处分", "sanctions"
    RIGHTS = "RIGHTS", "授权与密钥", "grants and keys"
    JOURNAL = "JOURNAL", "安全日志", "security journal"


MASKED: Final = frozenset({Sight.COMMERCIAL, Sight.NAME, Sight.CONTACT})
"""Levels whose fields anybody inside may ask for: who may not see them gets 138****1234, 张* or null."""


class May(StrEnum):
    """What a role may do with a command."""

    NOT = "."
    STATE = "n"
    """填报: state something new; not what corrects something stated before, which has a reason."""
    CORRECT = "c"
    """更正: also correct directly what was stated before (P19)."""


# Who is shown what. PUBLIC is shown to all. Whoever sees the audit trail sees what facts changed, so commercial too.
_SIGHTS: Final = """
                    INTERNAL COMMERCIAL NAME CONTACT HISTORY SANCTION RIGHTS JOURNAL
REPORTER            y        y          y    .       .       .        .      .
UNIT_LIAISON        y        y          y    y       .       .        .      .
AGENT               y        y          y    y       .       .        .      .
COUNTY_APPROVER     y        y          y    y       y       .        .      .
CITY_DISPATCHER     y        y          y    y       y       .        .      .
DEPARTMENT          y        .          y    .       .       .        .      .
COORDINATION_OFFICE y        y          y    y       y       .        .      .
FINANCE_OFFICE      y        y          .    .       .       .        .      .
DISPATCH_OFFICE     y        .          y    y       .       .        .      .
SUPERVISION_OFFICE  y        y          y    y       y       .        .      .
PARK_APPROVER       y        y          y    y       .       .        .      .
LEADER              y        y          y    y       y       .        .      .
LEAD_OFFICIAL       y        y          y    y       .       .        .      .
AUDITOR             y        y          y    .       y       .        .      .
DISCIPLINE          y        y          y    y       y       y        .      .
SYSTEM_ADMIN        .        .          .    .       .       .        y      .
SECURITY_ADMIN      .        .          .    .       .       .        y      .
AUDIT_ADMIN         .        .          .    .       .       .        y      y
"""

SHORT: Final = {
    "RE": Role.REPORTER,
    "UL": Role.UNIT_LIAISON,
    "AG": Role.AGENT,
    "CA": Role.COUNTY_APPROVER,
    "CD": Role.CITY_DISPATCHER,
    "DE": Role.DEPARTMENT,
    "CO": Role.COORDINATION_OFFICE,
    "FO": Role.FINANCE_OFFICE,
    "DO": Role.DISPATCH_OFFICE,
    "SO": Role.SUPERVISION_OFFICE,
    "PA": Role.PARK_APPROVER,
    "LE": Role.LEADER,
    "LO": Role.LEAD_OFFICIAL,
    "AU": Role.AUDITOR,
    "DI": Role.DISCIPLINE,
    "SY": Role.SYSTEM_ADMIN,
    "SE": Role.SECURITY_ADMIN,
    "AA": Role.AUDIT_ADMIN,
}
"""Heads of the table of commands, here and in docs/security.md."""

# Who may send what: n states something new, c corrects directly as well. Who grants does not issue keys, so that nobody
# makes themselves a machine that may do everything; and whose list a project is put on, a county says of lists above it
# too, since it is the county that the paper is sent to.
_COMMANDS: Final = """
                          RE UL AG CA CD DE CO FO DO SO PA LE LO AU DI SY SE AA
OpenPlace                 .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  .  .
RecodePlace               .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  .  .
SetDictionary             .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
SetScheduleTemplate       .  .  .  c  c  .  c  .  c  .  .  .  .  .  .  .  .  .
SetScheduleRules          .  .  .  c  c  .  c  .  c  .  .  .  .  .  .  .  .  .
SetStages                 .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
SetDefinition             .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
SetPriorityLimits         .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
SetWarningRules           .  .  .  c  c  .  c  .  .  c  .  .  .  .  .  .  .  .
SetLightRules             .  .  .  c  c  .  c  .  c  c  .  .  .  .  .  .  .  .
AdoptConfiguration        .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
EndAdoption               .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
RegisterProject           n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
AmendProject              n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
SetTotalInvestment        n  n  n  c  c  .  n  n  .  .  n  .  .  .  .  .  .  .
WithdrawTotalInvestment   .  .  .  c  c  .  .  .  .  .  .  .  .  .  .  .  .  .
VoidProject               .  .  .  c  c  .  .  .  .  .  .  .  .  .  .  .  .  .
MergeProject              .  .  .  c  c  .  .  .  .  .  .  .  .  .  .  .  .  .
RecordPlanned             n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
RecordReserved            n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
RecordNegotiationOpened   n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
RecordContractSigned      n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
RecordApproved            n  n  n  c  c  n  n  .  .  .  c  .  .  .  .  .  .  .
RecordCodeAssigned        n  n  n  c  c  n  n  .  .  .  c  .  .  .  .  .  .  .
RecordLanded              n  n  n  c  c  n  n  .  .  .  c  .  .  .  .  .  .  .
RecordFulfilled           n  n  n  c  c  .  n  .  .  .  n  .  .  .  .  .  .  .
RecordStarted             n  n  n  c  c  .  n  .  n  .  n  .  .  .  .  .  .  .
RecordStatisticsEntered   n  n  n  c  c  n  n  .  .  .  n  .  .  .  .  .  .  .
RecordCompleted           n  n  n  c  c  .  n  .  n  .  n  .  .  .  .  .  .  .
RecordPutIntoProduction   n  n  n  c  c  .  n  .  n  .  n  .  .  .  .  .  .  .
RecordDesignCapacityReached n n n  c  c  .  n  .  n  .  n  .  .  .  .  .  .  .
RecordBenefitsReached     n  n  n  c  c  .  n  .  n  .  n  .  .  .  .  .  .  .
RecordEvaluated           .  .  .  c  c  .  n  .  .  n  .  .  .  .  .  .  .  .
SuspendProject            .  .  .  c  c  .  .  .  n  .  .  .  .  .  .  .  .  .
DeferProject              .  .  .  c  c  .  .  .  n  .  .  .  .  .  .  .  .  .
NotePause                 n  n  n  c  c  .  .  .  n  .  .  .  .  .  .  .  .  .
ResumeProject             .  .  .  c  c  .  .  .  n  .  .  .  .  .  .  .  .  .
TerminateProject          .  .  .  c  c  .  .  .  .  .  .  .  .  .  .  .  .  .
StateOpeningBalance       n  n  n  c  c  .  .  n  .  .  n  .  .  .  .  .  .  .
ReportCompletion          n  n  n  c  c  .  .  .  n  .  n  .  .  .  .  .  .  .
PlanFunds                 n  n  .  c  c  .  .  c  .  .  .  .  .  .  .  .  .  .
AllotFunds                .  .  .  c  c  .  .  c  .  .  .  .  .  .  .  .  .  .
ReportFunds               n  n  .  c  c  .  .  c  .  .  .  .  .  .  .  .  .  .
ReportPhysicalProgress    n  n  n  c  c  .  .  .  n  .  n  .  .  .  .  .  .  .
PlanSchedule              n  n  .  c  c  .  .  .  n  .  n  .  .  .  .  .  .  .
ResetBaseline             .  .  .  c  c  .  .  .  c  .  .  .  .  .  .  .  .  .
ForecastMilestone         n  n  n  c  c  .  .  .  n  .  n  .  .  .  .  .  .  .
ReachMilestone            n  n  n  c  c  .  .  .  n  .  n  .  .  .  .  .  .  .
StateStartCondition       n  n  n  c  c  n  .  .  n  .  n  .  .  .  .  .  .  .
NoteProgress              n  n  n  c  c  .  .  .  n  .  n  .  n  .  .  .  .  .
SetAnnualTarget           .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
IncludeInAnnualPlan       .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
RemoveFromAnnualPlan      .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
AssignPost                n  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
EndPost                   .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
FileWorkPlan              n  n  .  c  c  .  n  .  n  .  n  .  n  .  .  .  .  .
AssignUnitLiaison         .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
EndUnitLiaison            .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
HoldCeremony              .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
CorrectCeremony           .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
WithdrawCeremony          .  .  .  c  c  .  c  .  .  .  .  .  .  .  .  .  .  .
StateIndicator            n  .  .  c  c  n  .  .  .  .  .  .  .  .  .  .  .  .
ErasePersonalData         .  .  .  c  c  .  .  .  .  .  .  .  .  .  .  .  .  .
PublishItems              .  .  .  c  c  .  c  .  .  c  .  .  .  .  .  .  .  .
WithdrawItem              .  .  .  c  c  .  c  .  .  c  .  .  .  .  .  .  .  .
ExemptItem                .  .  .  c  c  .  c  .  .  c  .  .  .  .  .  .  .  .
EndExemption              .  .  .  c  c  .  c  .  .  c  .  .  .  .  .  .  .  .
GrantRole                 .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  .
EndRole                   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  .
IssueKey                  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  .  .
RevokeKey                 .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  c  c  .
"""


def _read(text: str, columns: dict[str, E]) -> dict[str, dict[E, str]]:
    """Return a table's rows, each with its columns' cells.

    Raises:
        ValueError: a row has other columns than the head, or a name stands twice.
    """
    head, *rows = (line.split() for line in text.strip("\n").splitlines())
    if list(columns) != head:
        raise ValueError(f"the head is {head}, and the columns are {list(columns)}")
    found = {name: dict(zip(columns.values(), cells, strict=True)) for name, *cells in rows}
    if len(found) != len(rows):
        raise ValueError("a name stands twice")
    return found


SIGHTS: Final = {
    Role(name): frozenset({Sight.PUBLIC, *(sight for sight, cell in cells.items() if cell == "y")})
    for name, cells in _read(_SIGHTS, {one.value: one for one in Sight if one is not Sight.PUBLIC}).items()
}
"""What each role sees."""

COMMANDS: Final = {
    name: {role: May(cell) for role, cell in cells.items()} for name, cells in _read(_COMMANDS, SHORT).items()
}
"""Name of a command's class -> what each role may do with it."""
