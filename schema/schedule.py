"""工期: milestones, baselines, start conditions and progress notes, as they hang on a project."""

from __future__ import annotations

from datetime import date
from typing import Final

import strawberry

from schema.read import column, holds, reads
from schema.values import Document, Position

MOST_NOTES: Final = 50
"""Most progress notes that a project shows; the audit trail has them all."""
LATEST_NOTES: Final = (
    "n.position IN (SELECT nn.position FROM progress_note nn WHERE nn.region = p.region"  # noqa: S608 - declared SQL only.
    f" AND nn.project_id = p.project_id AND {holds('nn')}"
    f" ORDER BY nn.occurred_on DESC, nn.position DESC LIMIT {MOST_NOTES})"
)
"""Predicate that a note is among the latest of its project `p`."""
_KNOWN: Final = "coalesce(s.reached_on, s.forecast_on)"

_LIMIT: Final = (
    "(SELECT min(e.listed_on) FROM plan_entry e WHERE e.region = s.region AND e.project_id = s.project_id"  # noqa: S608 - declared SQL only.
    f" AND {holds('e')})"
    " + (SELECT (l.one ->> 'days')::integer FROM place_setting v, LATERAL jsonb_array_elements(v.value) l (one)"
    f" WHERE v.region = s.region AND v.kind = 'PRIORITY' AND v.name = 'LIMITS' AND {holds('v')}"
    " AND l.one ->> 'milestone' = s.milestone)"
)


@strawberry.type(description="节点计划 A milestone, and the day by which a baseline plans it.")
class PlannedMilestone:
    """A milestone of a baseline."""

    milestone: str = strawberry.field(description="工作节点 Code of the dictionary MILESTONE.")
    planned_on: date = strawberry.field(description="计划日期 By when it is planned.")


@reads("s", "工作节点 A milestone of the project's present baseline.", name="ProjectMilestone")
class MilestoneRow:
    """A milestone."""

    milestone: str = column("s.milestone", "工作节点 Code of the dictionary MILESTONE.")
    first_planned_on: date = column("s.first_planned_on", "原计划日期 By the first baseline that had it.")
    planned_on: date = column("s.planned_on", "计划日期 By the present baseline.")
    forecast_on: date | None = column(
        "s.forecast_on", "预计日期 By when it is now expected; a reset that moves it ends it."
    )
    due_on: date = column("coalesce(s.forecast_on, s.planned_on)", "应完成日期 As forecast, else as planned.")
    reached_on: date | None = column(
        "s.reached_on", "完成日期 When it was reached; one that is a gate is reached by the gate, on the earliest date."
    )
    slippage_days: int | None = column(
        f"{_KNOWN} - s.first_planned_on",
        "延误天数 Days by which it was reached, or is forecast, after it was first planned; negative if before it,"
        " null until either is known.",
    )
    limit_on: date | None = column(
        _LIMIT,
        "优先保障时限 By when it is due because the project was put on a key list: so many days after its earliest"
        " listing that stands; null if it is on none, or the place has set no such limit (B15).",
    )
    reason_code: str | None = column("s.reason_code", "延期原因 Code of DELAY_REASON that the forecast gives.")
    note: str | None = column("s.note", "说明 What the forecast says beside it.")
    position: Position = column("s.position", "日志位置 The last fact that changed it, in the region's log.")


@reads("b", "工期基线 A plan as it was set or reset; none is ever overwritten.", name="ProjectBaseline")
class BaselineRow:
    """A baseline."""

    number: int = column("b.number", "序号 1 for the first plan, then one for each reset.")
    completion_on: date = column("b.completion_on", "计划竣工日期 Planned completion.")
    milestones: list[PlannedMilestone] = column("b.milestones", "节点计划 Its milestones, as stated.")
    set_on: date = column("b.set_on", "编制日期 The day on which it was drawn up or approved.")
    reason: str | None = column("b.reason", "调整理由 Why it was reset; null for the first.")
    reason_code: str | None = column("b.reason_code", "延期原因 Code of DELAY_REASON, where a date moved later.")
    approver: str | None = column("b.approver", "批准单位 Who approved the reset; null for the first.")
    documents: list[Document] = column("b.documents", "文件依据 What it rests on.")
    position: Position = column("b.position", "日志位置 The fact's place in the region's log.")


@reads("x", "开工条件 A condition for starting works, as last stated.", name="ProjectStartCondition")
class StartConditionRow:
    """A start condition."""

    condition: str = column("x.condition", "开工条件 Code of the dictionary START_CONDITION.")
    met: bool = column("x.met", "是否具备 Whether it was met.")
    occurred_on: date = column("x.occurred_on", "日期 On which day that was so.")
    note: str | None = column("x.note", "说明 What was said beside it.")
    documents: list[Document] = column("x.documents", "文件依据 What it rests on.")
    position: Position = column("x.position", "日志位置 The fact's place in the region's log.")


@reads("n", "工作进展 What moved, in words.")
class ProgressNote:
    """A progress note."""

    occurred_on: date = column("n.occurred_on", "日期 The day that it is about.")
    text: str = column("n.text", "进展 What moved.")
    documents: list[Document] = column("n.documents", "文件依据 What it rests on.")
    position: Position = column("n.position", "日志位置 The fact's place in the region's log.")
