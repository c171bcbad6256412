"""台账: a row for each project with its live blocks: progress, and what is next, in one statement (A7)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

import strawberry

from schema.context import Info
from schema.filters import ProjectFilter
from schema.funds import PhysicalProgress
from schema.investment import day_of
from schema.pages import After, Before, Connection, First, Last, Page
from schema.project import Project
from schema.project_order import BY_NAME, OrderBy
from schema.project_queries import page_of_projects
from schema.read import Binds, children, column, computed, fed, holds, part, reads, select_list
from schema.regions import newest
from schema.register_conditions import TOTALS
from schema.schedule import MilestoneRow, ProgressNote
from schema.values import Money, bounded, money_sql
from service.domain.figures import percent
from service.domain.investment import Basis
from service.domain.total_investment import TotalKind

_Decimals = Annotated[int, strawberry.argument(description="小数位 0 to 10; 2 unless said.")]
_SAME: Final = "{0}.region = p.region AND {0}.project_id = p.project_id"
_KINDS: Final = " ".join(f"WHEN '{kind}' THEN p.{name}" for kind, name in TOTALS.items())
_TOTAL: Final = f"CASE cut.total {_KINDS} END"
_DONE: Final = "CASE WHEN done.year = cut.year THEN done.year_to_date_fen END"
_PLANS: Final = (
    "(SELECT coalesce(json_agg(json_build_array(e.list_owner, "  # noqa: S608 - declared SQL only.
    f"{money_sql('e.planned_fen', 'e.region')}) ORDER BY e.list_owner), '[]') FROM plan_entry e"
    f" WHERE {_SAME.format('e')} AND e.year = cut.year AND e.planned_fen IS NOT NULL AND {holds('e')})"
)
_LATEST: Final = """
            LEFT JOIN LATERAL (
              SELECT {alias}.* FROM {table} {alias}
              WHERE {same} AND {alias}.{day} <= cut.day{more} AND {holds}
              ORDER BY {alias}.{day} DESC, {alias}.{last} DESC LIMIT 1) {alias} ON true"""


def _latest(alias: str, table: str, day: str, last: str, more: str = "") -> str:
    return _LATEST.format(
        alias=alias, table=table, day=day, last=last, more=more, same=_SAME.format(alias), holds=holds(alias)
    )


_JOINS: Final = (
    _latest("done", "investment_total", "through_on", "basis", " AND done.basis = cut.basis")
    + _latest("pp", "physical_progress", "through_on", "period")
    + _latest("n", "progress_note", "occurred_on", "position")
)


def _if_any(of: type, alias: str) -> Any:
    """Return what makes the SQL of a row that may be missing."""
    return lambda selection, binds: f"CASE WHEN {alias}.region IS NOT NULL THEN {select_list(of, selection, binds)} END"


@reads("p", "台账进展 How far a project has come by a cut-off: money on one basis, works, and the latest note.")
class LedgerProgress:
    """The first block."""

    basis: Basis = column("cut.basis", "口径 The one basis of its figures.")
    through_on: date | None = column("done.through_on", "截止日期 Last day that figures speak of; null without any.")
    year_to_date: Money | None = column(
        money_sql(_DONE, "p.region"), "本年累计 Completed in the cut-off's year; null if no figure of it was reported."
    )
    since_start: Money | None = column(
        money_sql("done.since_start_fen", "p.region"), "自开工累计 Completed since the start; null if nothing tells it."
    )
    total: Money | None = column(money_sql(_TOTAL, "p.region"), "总投资 Of the kind asked for; null if none is stated.")
    physical: PhysicalProgress | None = part(
        _if_any(PhysicalProgress, "pp"), "形象进度 The latest report of physical progress; not worked out from money."
    )
    note: ProgressNote | None = part(_if_any(ProgressNote, "n"), "工作进展 The latest note.")

    @computed(
        f"json_build_array(coalesce(cut.owner, p.region), {_PLANS})",
        "年度计划投资 What the place's key list of the year plans for it, or the filter's `list`; null if nothing.",
    )
    def planned(self) -> Money | None:
        """Return the plan."""
        return _plan(fed(self, "planned"))

    @computed(
        f"json_build_array(coalesce(cut.owner, p.region), {_PLANS}, {_DONE})",
        "计划完成率 Year to date as a percentage of the plan, half-up; null without either, or if the plan is 0.",
    )
    def rate_of_plan(self, decimals: _Decimals = 2) -> str | None:
        """Return how much of the plan is done."""
        *listed, done = fed(self, "rate_of_plan")
        places, plan = bounded(decimals), _plan(listed)
        return None if plan is None or done is None else percent(done, plan.fen, places)

    @computed(
        f"json_build_array(done.since_start_fen, {_TOTAL})",
        "总投资完成率 Completed since the start as a percentage of the total, half-up; null without either.",
    )
    def rate_of_total(self, decimals: _Decimals = 2) -> str | None:
        """Return how much of the total is done."""
        places, (done, total) = bounded(decimals), fed(self, "rate_of_total")
        return None if done is None or total is None else percent(done, total, places)


def _plan(listed: list[Any]) -> Money | None:
    """Return what an owner's list plans; by whichever code it was named, the owner is the same."""
    owner, plans = listed
    return next((Money.of_plain(money) for of, money in plans if newest(of) == newest(owner)), None)


@reads("p", "台账行 A project in the ledger: what it is, how far it has come, and what is next.", name="LedgerRow")
class LedgerRow:
    """A row."""

    project: Project = part(lambda selection, binds: select_list(Project, selection, binds), "项目 The project.")
    progress: LedgerProgress = part(
        lambda selection, binds: select_list(LedgerProgress, selection, binds),
        "进展情况 How far it has come by the cut-off.",
    )
    next_milestones: list[MilestoneRow] = children(
        MilestoneRow,
        table="schedule_milestone",
        where=f"{_SAME.format('s')} AND s.reached_on IS NULL",
        order="coalesce(s.forecast_on, s.planned_on), s.milestone",
        description="推进节点 Milestones that are not reached yet, by the date on which they are due.",
        few=True,
    )
    overdue: int = column(
        f"(SELECT count(*) FROM schedule_milestone s WHERE {_SAME.format('s')} AND {holds('s')}"  # noqa: S608 - as above.
        " AND s.reached_on IS NULL AND coalesce(s.forecast_on, s.planned_on) < cut.day)",
        "逾期节点数 Milestones that are not reached and were due before the cut-off.",
    )


@strawberry.type
class LedgerQuery:
    """Queries on the ledger."""

    @strawberry.field(description="重点工程台账 A row for each project, a page at a time: progress and what is next.")
    async def ledger(
        self,
        info: Info,
        *,
        basis: Annotated[Basis, strawberry.argument(description="口径 One basis; they are never mixed.")],
        on: Annotated[
            date | None, strawberry.argument(description="截止日期 Cut-off; today in China unless said.")
        ] = None,
        total: Annotated[
            TotalKind, strawberry.argument(description="总投资口径 Which total; kinds are never mixed.")
        ] = TotalKind.STATISTICAL,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            ProjectFilter | None,
            strawberry.argument(
                description="筛选 Which projects; with a list, its owner's plan of the cut-off's year counts."
            ),
        ] = None,
        order_by: OrderBy = BY_NAME,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[LedgerRow] | None:
        """Return a page of rows, in one statement."""
        asked = filter or ProjectFilter()
        day = day_of(on)
        page = Page.ask(info, order_by.total(), asked.told(), first=first, after=after, last=last, before=before)
        binds = Binds()
        owner = None if asked.key_list is None else asked.key_list.need_owner()
        cut = ", ".join(
            (
                f"{binds(day, 'date')} AS day",
                f"{binds(day.year, 'integer')} AS year",
                f"{binds(basis.value, 'text')} AS basis",
                f"{binds(total.value, 'text')} AS total",
                f"{binds(owner, 'text')} AS owner",
            )
        )
        row = select_list(LedgerRow, page.nodes, binds)
        joins = f" CROSS JOIN (SELECT {cut}) cut{_JOINS}"
        sql = page_of_projects(row, asked, page, binds, joins=joins)
        return await info.context.page(LedgerRow, page, sql, binds.values, area=asked.area())
