"""预警: what a dispatcher is warned of, and the place's rules for it: facts, state, commands of the place stream.

What holds on a day is worked out by who asks (schema/warning_rows.py) and never stored; only the rules are. A place
that has set none has DEFAULT_RULES. Source: mission.md B2, B5, B6, J6, P9 and 2.3; domain.md, Gates and Schedule.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, replace
from typing import Final

from service.domain.errors import InvalidValueError
from service.domain.gates import Gate
from service.domain.labels import Labelled
from service.domain.values import UNSET, Document, Reason, Region, Unset

MOST_DAYS: Final = 3_650
MOST_MONTHS: Final = 120
MOST_POINTS: Final = 100


class WarningKind(Labelled):
    """预警类别 What a warning is about."""

    GATES_OUT_OF_ORDER = "GATES_OUT_OF_ORDER", "节点倒序", "gates out of order"
    DOCUMENT_MISSING = "DOCUMENT_MISSING", "缺文件", "document missing"
    STATISTICS_MISSING = "STATISTICS_MISSING", "开工未纳统", "started but not entered in statistics"
    GATE_OVERDUE = "GATE_OVERDUE", "节点逾期", "gate overdue"
    MILESTONE_OVERDUE = "MILESTONE_OVERDUE", "工作节点逾期", "milestone overdue"
    NO_PROGRESS_THIS_WEEK = "NO_PROGRESS_THIS_WEEK", "周无进展", "no progress this week"
    NO_CHANGE_THIS_MONTH = "NO_CHANGE_THIS_MONTH", "月无变化", "no change this month"
    STARTED_UNREADY = "STARTED_UNREADY", "条件未备即开工", "started with conditions unmet"
    SLOW = "SLOW", "进展缓慢", "slow progress"
    SUSPENSION_UNTENDED = "SUSPENSION_UNTENDED", "停工无说明", "suspension untended"


class WarningSeverity(Labelled):
    """预警级别 How urgent it is: WARNING 预警, ALARM 报警."""

    WARNING = "WARNING", "预警", "warning"
    ALARM = "ALARM", "报警", "alarm"


class OrderRule(Labelled):
    """节点倒序处理 What becomes of a gate out of order: WARN 只预警, REASON 须说明理由 (B2)."""

    WARN = "WARN", "只预警", "a warning"
    REASON = "REASON", "须说明理由", "refused without a reason"


class StartRule(Labelled):
    """条件未备处理 What becomes of a start with conditions unmet: WARN 只预警, REFUSE 不予登记 (J6)."""

    WARN = "WARN", "只预警", "a warning"
    REFUSE = "REFUSE", "不予登记", "refused"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningRulesSet:
    """预警规则设定: from when a place is warned, when a warning becomes an alarm, and what is refused; all of it.

    `needed_documents`: gates that must have a paper. `slow_points`: percentage points behind time progress.
    """

    statistics_months: int
    statistics_alarm_months: int
    overdue_alarm_days: int
    progress_days: int
    slow_points: int
    slow_alarm_points: int
    slow_days: int
    pause_note_months: int
    needed_documents: tuple[Gate, ...]
    gates_out_of_order: OrderRule
    start_conditions: StartRule
    adopted_from: Region | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


DEFAULT_RULES: Final = WarningRulesSet(
    statistics_months=1,  # domain.md, Investment: a warning 1 month after start, an alarm at 2 (practice).
    statistics_alarm_months=2,
    overdue_alarm_days=15,  # mission.md 2.3: 逾期半个月 of S3, after which a letter goes out.
    progress_days=7,  # B6: 周周有进展.
    slow_points=10,  # mission.md 2.3: 进度严重滞后, 10 points or a planned end passed by 30 days.
    slow_alarm_points=15,  # mission.md 2.3: at 15 points the unit is called in (约谈).
    slow_days=30,
    pause_note_months=1,  # P9: a periodic note (practice: monthly, as reports are).
    # What statistics and audits ask for first (practice; mission.md 2.2: approval, contract, dated photo of the site).
    needed_documents=(Gate.CONTRACT_SIGNED, Gate.APPROVED, Gate.STARTED, Gate.COMPLETED),
    gates_out_of_order=OrderRule.WARN,
    start_conditions=StartRule.WARN,
)
"""What holds where a place has set no rules of its own."""

RULES: Final = tuple(one.name for one in fields(WarningRulesSet) if one.default is MISSING)
"""Names of the rules, in their order."""

# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetWarningRules:
    """设定预警规则 Set when a place is warned and of what; a rule that is not sent stays as it is."""

    region: Region
    statistics_months: int | None = None
    statistics_alarm_months: int | None = None
    overdue_alarm_days: int | None = None
    progress_days: int | None = None
    slow_points: int | None = None
    slow_alarm_points: int | None = None
    slow_days: int | None = None
    pause_note_months: int | None = None
    needed_documents: tuple[Gate, ...] | Unset = UNSET
    gates_out_of_order: OrderRule | None = None
    start_conditions: StartRule | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


_BOUNDS: Final = {
    "statistics_months": (0, MOST_MONTHS),
    "statistics_alarm_months": (0, MOST_MONTHS),
    "overdue_alarm_days": (1, MOST_DAYS),
    "progress_days": (1, MOST_DAYS),
    "slow_points": (1, MOST_POINTS),
    "slow_alarm_points": (1, MOST_POINTS),
    "slow_days": (0, MOST_DAYS),
    "pause_note_months": (1, MOST_MONTHS),
}
_ALARMS: Final = (("statistics_months", "statistics_alarm_months"), ("slow_points", "slow_alarm_points"))
"""A warning and the alarm that it becomes."""


def decide_warning_rules(command: SetWarningRules, state: WarningRulesSet) -> list[WarningRulesSet]:
    """Judge a setting; one that is so already gives no fact, unless it was adopted and now becomes the place's own.

    Args:
        command: the rules that are to change.
        state: those in force.
    """
    sent = {name: value for name in RULES if (value := getattr(command, name)) not in (None, UNSET)}
    for name, (least, most) in _BOUNDS.items():
        if name in sent and not least <= sent[name] <= most:
            raise InvalidValueError(name, rule=f"{least} to {most}", value=sent[name])
    gates = sent.get("needed_documents", ())
    if len(set(gates)) < len(gates):
        raise InvalidValueError("needed_documents", rule="each gate once")
    fact = replace(state, **sent, adopted_from=None, reason=command.reason, documents=command.documents)
    for warning, alarm in _ALARMS:
        if getattr(fact, alarm) < getattr(fact, warning):
            raise InvalidValueError(
                alarm, rule="not before the warning", value=getattr(fact, alarm), warning=getattr(fact, warning)
            )
    if replace(fact, reason=state.reason, documents=state.documents) == state:
        return []  # Already so.
    return [fact]
