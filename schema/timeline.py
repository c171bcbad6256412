"""项目历程: what happened to a project and when, and what is planned, in one list by date."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any, Final

import strawberry

from schema.context import Info
from schema.pages import Connection, Order, Page
from schema.read import Binds, column, holds, reads, select_list
from schema.selection import Selection
from schema.values import Document, Position
from service.domain import activity, annual_plan, baseline, ceremony, project, publication, roster, schedule
from service.domain.errors import InvalidValueError
from service.domain.gates import GateFact
from service.domain.total_investment import TotalInvestmentSet, TotalInvestmentWithdrawn
from service.log.codec import NAMES

MOST_WINDOWS: Final = 5
"""Most pages of a project's timeline that one selection asks for by aliases."""


@strawberry.enum(description="历程类别 What an item of a timeline is about.")
class TimelineKind(Enum):
    """Kinds of items."""

    REGISTERED = strawberry.enum_value("REGISTERED", description="登记 Registered, voided or merged.")
    GATE = strawberry.enum_value("GATE", description="节点 A gate was reached, or its date corrected.")
    MILESTONE = strawberry.enum_value("MILESTONE", description="工作节点 A milestone was reached.")
    FORECAST = strawberry.enum_value("FORECAST", description="节点预计 A milestone's expected date was stated.")
    SCHEDULE = strawberry.enum_value("SCHEDULE", description="工期 A schedule was set, or set anew.")
    CONDITION = strawberry.enum_value("CONDITION", description="开工条件 A condition for starting works was stated.")
    PAUSE = strawberry.enum_value("PAUSE", description="停缓建 Suspended, deferred or terminated, or a note on it.")
    RESUMPTION = strawberry.enum_value("RESUMPTION", description="复工 It went on.")
    TOTAL = strawberry.enum_value("TOTAL", description="总投资 A total was set, changed or withdrawn.")
    CEREMONY = strawberry.enum_value("CEREMONY", description="集中活动 A ceremony that lists it, or what became of it.")
    KEY_LIST = strawberry.enum_value(
        "KEY_LIST", description="重点项目名单 Put on a key list, changed there or taken off."
    )
    POST = strawberry.enum_value("POST", description="责任体系 Somebody began or ceased to answer for it.")
    WORK_PLAN = strawberry.enum_value("WORK_PLAN", description="工作方案 A work plan was filed.")
    NOTE = strawberry.enum_value("NOTE", description="工作进展 A note of progress.")
    PUBLICATION = strawberry.enum_value("PUBLICATION", description="信息公开 Published, withdrawn or exempt.")
    PLANNED = strawberry.enum_value("PLANNED", description="计划 A milestone that is due and not reached yet.")


_KINDS: Final[dict[TimelineKind, Any]] = {
    TimelineKind.REGISTERED: project.ProjectRegistered | project.ProjectVoided | project.ProjectMerged,
    TimelineKind.GATE: GateFact,
    TimelineKind.MILESTONE: schedule.MilestoneReached,
    TimelineKind.FORECAST: schedule.MilestoneForecast,
    TimelineKind.SCHEDULE: baseline.BaselineSet | baseline.BaselineReset,
    TimelineKind.CONDITION: schedule.StartConditionStated,
    TimelineKind.PAUSE: activity.ProjectSuspended
    | activity.ProjectDeferred
    | activity.ProjectTerminated
    | activity.PauseNoted,
    TimelineKind.RESUMPTION: activity.ProjectResumed,
    TimelineKind.TOTAL: TotalInvestmentSet | TotalInvestmentWithdrawn,
    TimelineKind.CEREMONY: ceremony.CeremonyHeld | ceremony.CeremonyCorrected | ceremony.CeremonyWithdrawn,
    TimelineKind.KEY_LIST: annual_plan.AnnualPlanIncluded | annual_plan.AnnualPlanRemoved,
    TimelineKind.POST: roster.PostAssigned | roster.PostEnded,
    TimelineKind.WORK_PLAN: roster.WorkPlanFiled,
    TimelineKind.NOTE: schedule.ProgressNoted,
    TimelineKind.PUBLICATION: publication.PublicationFact,
}
"""Facts of each kind. Monthly figures, funds and the register's amendments are no events, and have their own lists."""


def _names() -> str:
    """Return the rows of (stored name, kind), as SQL."""
    pairs = [
        (name, kind.value) for name, (of, _) in NAMES.items() for kind, facts in _KINDS.items() if _is_of(of, facts)
    ]
    return ", ".join(f"('{name}', '{kind}')" for name, kind in pairs)


def _is_of(of: type, facts: Any) -> bool:
    return of in getattr(facts, "__args__", (facts,))


_PLANNED_AT: Final = 9_000_000_000_000_000
"""What is planned has no place in the log: of one day it stands behind what happened, by its code."""
_ROWS: Final = f"""
      SELECT a.region, k.kind COLLATE "C" AS kind, a.happened_on AS day, a.position AS number, a.position,
        NULL COLLATE "C" AS milestone, a.documents, a.sentence_zh, a.sentence_en
      FROM audit_subject s
      CROSS JOIN LATERAL (
        SELECT a.* FROM audit_history a WHERE a.region = s.region AND a.position = s.position AND {holds("a")}
        LIMIT 1) a
      JOIN (VALUES {_names()}) k (name, kind) ON k.name = a.name
      WHERE s.region = p.region AND s.project_id = p.project_id AND {holds("s")}
      UNION ALL
      SELECT m.region, 'PLANNED', coalesce(m.forecast_on, m.planned_on),
        {_PLANNED_AT}, NULL, m.milestone, NULL, NULL, NULL
      FROM schedule_milestone m
      WHERE m.region = p.region AND m.project_id = p.project_id AND {holds("m")} AND m.reached_on IS NULL"""  # noqa: S608 - declared SQL only.
# By the code itself, and not by how many stand before it: one that is reached between two pages must shift none.
_ORDER: Final = Order("TIMELINE", (("h.day", "date"), ("h.number", "bigint"), ("coalesce(h.milestone, '')", "text")))


@reads("h", "历程事项 Something that happened to a project, or is planned.")
class TimelineItem:
    """An item."""

    kind: TimelineKind = column("h.kind", "类别 What it is about.")
    on: date = column("h.day", "日期 When it happened; of what is planned, when it is due.")
    milestone: str | None = column("h.milestone", "工作节点 Of what is planned: code of the dictionary MILESTONE.")
    position: Position | None = column(
        "h.position", "日志位置 The fact's place in the region's log; null for what is planned."
    )
    title_zh: str | None = column("h.sentence_zh", "中文叙述 What happened, in one Chinese sentence.")
    title_en: str | None = column("h.sentence_en", "英文叙述 The same in one English sentence.")
    documents: list[Document] | None = column("h.documents", "文件依据 What it rests on.")


def timeline_sql(asked: Selection, binds: Binds) -> str:
    """Return the SQL of the pages of a project's timeline that are asked for, by what each was asked with.

    Raises:
        InvalidValueError: a page that can't be one, or too many of them.
    """
    selection = asked.below("timeline")
    windows = dict.fromkeys(
        zip(asked.arguments("timeline", "first"), asked.arguments("timeline", "after"), strict=True)
    )
    if len(windows) > MOST_WINDOWS:
        raise InvalidValueError("timeline", rule=f"at most {MOST_WINDOWS} pages of one project at once")
    pages = []
    for one in windows:
        page = page_of(selection, *one)
        sql = page.over("h", select_list(TimelineItem, page.nodes, binds), _ROWS, binds)
        pages.append(f"{binds(_key(page), 'text')}, ARRAY({sql})")
    return f"json_build_object({', '.join(pages)})"


def page_of(selection: Selection, first: Any, after: Any) -> Page:
    """Return a page of a timeline.

    Raises:
        InvalidValueError: it can't be one.
    """
    return Page.of(selection, _ORDER, None, first=None if first is None else int(first), after=after)


def _key(page: Page) -> str:
    return f"{page.count}:{'' if page.cursor is None else ','.join(map(str, page.cursor))}"


def timeline(info: Info, fed: dict[str, list[Any]], first: int | None, after: str | None) -> Connection[TimelineItem]:
    """Return one of the pages that were fetched."""
    page = page_of(Selection.of(info), first, after)
    return page.connection(TimelineItem, fed[_key(page)])
