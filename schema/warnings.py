"""预警: the lists that a dispatcher asks for every morning, and how many projects stand on each."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import orjson
import strawberry

from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.project import Project
from schema.read import Binds, holds, select_list
from schema.values import Money, money_sql
from schema.warning_rows import DETAIL
from schema.warning_rules import arms, day_asked, rules
from service.domain.gates import Gate
from service.domain.warnings import WarningKind, WarningSeverity

if TYPE_CHECKING:
    from collections.abc import Iterable

_On = Annotated[date | None, strawberry.argument(description="日期 Of which day; today in China unless said.")]
_Filter = Annotated[
    InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
]


@strawberry.type(description="预警事项 What exactly a warning is about; what its kind does not speak of is empty.")
class WarningDetail:
    """What a warning is about."""

    gates: list[Gate] = strawberry.field(
        description="节点 Gates that lack something, are overdue, or whose dates contradict each other."
    )
    milestones: list[str] = strawberry.field(description="工作节点 Codes of milestones that are overdue.")
    conditions: list[str] = strawberry.field(
        description="开工条件 Codes of conditions that were not met on the day of the start."
    )
    count: int = strawberry.field(description="事项数 How many gates, milestones and conditions.")
    due_on: date | None = strawberry.field(description="应完成日期 The earliest date that was passed.")
    counted_from: date | None = strawberry.field(
        description="起算日期 From which it is counted: the start, or the last progress, change or note."
    )
    behind: str | None = strawberry.field(
        description="落后百分点 Percentage points behind time progress, of the measure that is furthest behind."
    )
    planned: Money | None = strawberry.field(
        description="计划投资 What was planned of the money that is behind: of the year, or in total."
    )
    completed: Money | None = strawberry.field(description="完成投资 What was completed of it, dispatch figures.")
    recovery_plan: bool | None = strawberry.field(description="恢复计划 Whether a suspended project has one.")


@strawberry.type(description="预警 A project, and what to look at. At most one of a kind for a project.")
class ProjectWarning:
    """A warning."""

    project: Project = strawberry.field(description="项目 The project.")
    kind: WarningKind = strawberry.field(description="预警类别 What it is about.")
    severity: WarningSeverity = strawberry.field(description="预警级别 Warning, or alarm.")
    since: date = strawberry.field(description="起始日期 First day on which it holds.")
    days: int = strawberry.field(description="持续天数 Days from then to the day asked about; 0 on the first.")
    detail: WarningDetail = strawberry.field(description="预警事项 What exactly.")


@strawberry.type(description="预警计数 How many projects have a warning of a kind. A project may have several kinds.")
class WarningCount:
    """A count."""

    kind: WarningKind = strawberry.field(description="预警类别 Which kind.")
    severity: WarningSeverity = strawberry.field(description="预警级别 Which severity.")
    projects: int = strawberry.field(description="项目数 Projects, each counted once.")


_URGENT: Final = Order(
    "URGENT",
    (
        ("w.rank", "bigint"),
        ("w.since", "date"),
        ("w.kind", "text"),
        ("w.region", "text"),
        ("w.project_id", "uuid"),
    ),
)
_SEVERITIES: Final = (WarningSeverity.ALARM, WarningSeverity.WARNING)
"""By their rank."""
_SEVERITY: Final = f"CASE w.rank WHEN 0 THEN '{_SEVERITIES[0]}' ELSE '{_SEVERITIES[1]}' END"
_LISTS: Final = tuple(name for name, of in DETAIL.items() if of == "text[]")
_DETAIL: Final = f"""JSON_OBJECT(
            {", ".join(f"'{name}': coalesce(w.{name}, '{{}}')" for name in _LISTS)},
            'count': {" + ".join(f"coalesce(cardinality(w.{name}), 0)" for name in _LISTS)},
            'due_on': w.due_on, 'counted_from': w.counted_from, 'behind': w.behind::text,
            'planned': {money_sql("w.planned_fen", "w.region")},
            'completed': {money_sql("w.completed_fen", "w.region")}, 'recovery_plan': w.recovery_plan
            RETURNING json)"""


class _Found(NamedTuple):
    """Parts of a statement over ledgers `m`: each one's rules, its warnings, and which ledgers matter."""

    rules: str
    rows: str
    ledgers: str


def _found(kinds: Iterable[WarningKind], day: date, asked: InvestmentTotalsFilter, binds: Binds) -> _Found:
    """Return how warnings are found, ledger by ledger: every index begins with the region, and so do the rules.

    OFFSET 0 has the rules of a ledger worked out once, and not anew for each project.
    """
    where = " AND ".join(["p.region = m.region", holds("p"), *asked.where(binds)])
    return _Found(
        f"LATERAL ({rules('m.region', day, binds)} OFFSET 0) r",
        "SELECT p.region, p.project_id, r.day - w.since AS days, w.* FROM project_status p"  # noqa: S608 - as above.
        f" CROSS JOIN LATERAL ({arms(kinds, 'kinds')}) w WHERE {where}",
        asked.ledgers("m.region", binds),
    )


@strawberry.type
class WarningQuery:
    """Queries on warnings."""

    @strawberry.field(
        description="预警清单 What a dispatcher is to look at on a day, alarms first, then by how long it has held."
        " Nothing of it refuses anything, and nothing is stored: it follows from dates, figures and the place's rules"
        " (warningRules). Voided, terminated and deferred projects are on no list, suspended ones on their own alone."
        " Kinds: GATES_OUT_OF_ORDER: by their first days, gates of two stages of the place's list lie the wrong way"
        " round. DOCUMENT_MISSING: a gate that must have a paper has none. STATISTICS_MISSING: started so many months"
        " ago, not entered in statistics. GATE_OVERDUE: planned start or completion has passed without the gate, by"
        " the register or by the key lists of the latest year. MILESTONE_OVERDUE: its planned or forecast date has"
        " passed; an alarm when the later of them has. NO_PROGRESS_THIS_WEEK: under construction, and for so many"
        " days no note, milestone, gate, figure of completion or of physical progress. NO_CHANGE_THIS_MONTH: under"
        " construction, and since before the last whole calendar month no milestone or gate was reached and no"
        " year-to-date, percent or quantity differs from the one before. STARTED_UNREADY: under construction, started"
        " while a condition of the place's list was unmet or not stated; judged where a condition is stated at all or"
        " the place refuses such starts; an alarm while it is unmet still. SLOW: under construction, and behind time"
        " progress by so many points in physical progress, in the year's plan of a list, or without one in the total"
        " investment (dispatch figures), each over its own time of construction; or a milestone overdue by more than"
        " so many days. SUSPENSION_UNTENDED: suspended without a recovery plan, or without a note for so long; an"
        " alarm if both. A figure counts from its period's last day, and while the period runs on from its recording."
    )
    async def warnings(
        self,
        info: Info,
        *,
        on: _On = None,
        kinds: Annotated[
            list[WarningKind] | None, strawberry.argument(description="预警类别 Any of these; all unless said.")
        ] = None,
        severity: Annotated[
            WarningSeverity | None, strawberry.argument(description="预警级别 Of this alone; both unless said.")
        ] = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[ProjectWarning] | None:
        """Return a page of warnings, in one statement: the first of each ledger, merged."""
        asked = filter or InvestmentTotalsFilter()
        day = day_asked(on, "on")
        wanted = list(WarningKind) if kinds is None else kinds
        page = Page.ask(
            info,
            _URGENT,
            [asked.told(), day, sorted(set(wanted)), severity],
            first=first,
            after=after,
            last=last,
            before=before,
        )
        binds = Binds()
        rank = "" if severity is None else f" WHERE w.rank = {binds(_SEVERITIES.index(severity), 'bigint')}"
        found = _found(wanted, day, asked, binds)
        rows = f"SELECT w.* FROM {found.rules} CROSS JOIN LATERAL ({found.rows}) w{rank}"  # noqa: S608 - as above.
        row = f"""JSON_OBJECT(
              'project': {select_list(Project, page.nodes.below("project"), binds)},
              'kind': w.kind, 'severity': {_SEVERITY}, 'since': w.since, 'days': w.days,
              'detail': {_DETAIL} RETURNING json)"""
        project = f"""
            JOIN project_status p ON p.region = w.region AND p.project_id = w.project_id AND {holds("p")}"""
        sql = page.over_ledgers("w", row, rows, found.ledgers, binds, joins=project)
        return await info.context.page(ProjectWarning, page, sql, binds.values, area=asked.area())

    @strawberry.field(
        description="预警计数 How many projects the lists of `warnings` have on a day, by kind and severity, alarms"
        " first; kinds without any are left out. Kinds are never added up: a project may have several."
    )
    async def warning_counts(
        self,
        info: Info,
        on: _On = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
    ) -> list[WarningCount] | None:
        """Return the counts, in one statement."""
        asked = filter or InvestmentTotalsFilter()
        binds = Binds()
        found = _found(WarningKind, day_asked(on, "on"), asked, binds)
        sql = f"""
            SELECT json_build_array(w.kind, w.rank, count(*)) FROM projected m
            CROSS JOIN {found.rules}
            CROSS JOIN LATERAL ({found.rows} OFFSET 0) w
            WHERE {found.ledgers}
            GROUP BY w.kind, w.rank LIMIT {len(WarningKind) * len(_SEVERITIES)}"""  # noqa: S608 - as above.
        rows = [orjson.loads(row) for row in await info.context.fetch(sql, binds.values, area=asked.area())]
        order = {kind: number for number, kind in enumerate(WarningKind)}
        return [
            WarningCount(kind=WarningKind(kind), severity=_SEVERITIES[rank], projects=count)
            for kind, rank, count in sorted(rows, key=lambda row: (row[1], order[row[0]]))
        ]
