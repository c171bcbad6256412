"""集中活动: ceremonies with what they list and what their account says, and every command on one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, TypeAlias

import strawberry

from projections.project_status import TOTALS
from projections.table import NOW_US
from schema.cohort_counts import BatchCounts, counts_of, statement
from schema.command_batches import with_batches
from schema.commands import Payload, mutation
from schema.context import Info
from schema.filters import LAST_YEAR
from schema.node import Node
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, children, column, holds, reads, select_list
from schema.regions import may_hold, region_of, within
from schema.selection import Selection
from schema.values import Document, Money, Position, RegionRef, StatedFigure, id_sql, money_sql, stated_sql
from service.clock import today_in_china
from service.domain import ceremony
from service.domain.ceremony import BatchKind, CeremonySeries
from service.domain.errors import InvalidValueError, WrongOrderError
from service.domain.labels import Labelled
from service.domain.total_investment import TotalKind
from service.domain.values import FIRST_YEAR


def _by_kind(of: type[Labelled], alias: str) -> str:
    """Return the SQL that puts kinds in the order of their list: signing before start."""
    return f"array_position(ARRAY[{', '.join(repr(str(kind)) for kind in of)}], {alias}.kind::text)"


_LISTED: Final = f"""
  FROM ceremony_entry e
  JOIN project_status q ON q.region = e.region AND q.project_id = e.project_id AND {holds("q")} AND NOT q.voided"""
_OF_BATCH: Final = f"e.region = cb.region AND e.ceremony_id = cb.ceremony_id AND e.kind = cb.kind AND {holds('e')}"
_PROJECT_OF: Final = f"""(SELECT q.{{0}} FROM project_status q
  WHERE q.region = e.region AND q.project_id = e.project_id AND {holds("q")} LIMIT 1)"""  # noqa: S608 - declared SQL only.


@reads("b", "入列批次 A ceremony that lists the project, and as what.")
class ProjectBatch:
    """A membership of a project."""

    ceremony_id: strawberry.ID = column(id_sql("Ceremony", "b.region", "b.ceremony_id"), "集中活动 Its global id.")
    name: str = column(
        f"(SELECT c.name FROM ceremony c WHERE c.region = b.region AND c.ceremony_id = b.ceremony_id AND {holds('c')})",  # noqa: S608 - declared SQL only.
        "活动名称 Name of the ceremony.",
    )
    series: CeremonySeries = column("b.series", "活动系列 Series of the ceremony.")
    period: int | None = column("b.period", "期次 Period of the series, if it is numbered.")
    kind: BatchKind = column("b.kind", "批次类别 As what it lists the project.")
    occurred_on: date = column("b.occurred_on", "日期 Day of the ceremony.")


@reads("e", "列入项目 A project that a ceremony lists, and as what.", name="CeremonyEntry")
class EntryRow:
    """An entry."""

    project_id: strawberry.ID = column(id_sql("Project", "e.region", "e.project_id"), "项目 Its global id.")
    name: str = column(_PROJECT_OF.format("name"), "项目名称 Name of the project now.")
    kind: BatchKind = column("e.kind", "批次类别 As what it is listed.")
    voided: bool = column(_PROJECT_OF.format("voided"), "项目已作废 Voided since, so not counted.")
    position: Position = column("e.position", "日志位置 The fact's place in the region's log.")


@reads("bt", "总投资合计 Total investment of one kind, over the projects counted; kinds are never mixed.")
class BatchTotal:
    """A total of one kind."""

    kind: TotalKind = column("bt.kind", "总投资口径 Which total.")
    total: Money | None = column(money_sql("bt.fen", "bt.region"), "金额 Null where no project has this total.")
    projects: int = column("bt.projects", "项目数 Projects that have this total.")
    without: int = column("bt.without", "未填项目数 Projects that do not.")


@reads("cb", "分批情况 One kind of a ceremony: what its account says beside what is counted.")
class CeremonyBatch:
    """One kind of a ceremony."""

    kind: BatchKind = column("cb.kind", "批次类别 Which kind.")
    stated_count: int | None = column("cb.stated_count", "所报个数 As the account says.")
    stated_total: StatedFigure | None = column(stated_sql("cb", optional=True), "所报总投资 As the account says.")
    counted: int = column(
        f"(SELECT count(*){_LISTED} WHERE {_OF_BATCH})", "列入个数 Projects listed that are not voided."
    )
    totals: list[BatchTotal] = children(
        BatchTotal,
        table=f"""(SELECT cb.region, t.kind, sum(t.fen) AS fen, count(t.fen) AS projects,
          count(*) - count(t.fen) AS without, {NOW_US} AS recorded_to{_LISTED}
          CROSS JOIN LATERAL (VALUES {", ".join(f"('{kind}', q.{name})" for kind, name in TOTALS.items())})
            t (kind, fen)
          WHERE {_OF_BATCH} GROUP BY t.kind)""",
        where="true",
        order=_by_kind(TotalKind, "bt"),
        description="总投资合计 Total investment of the projects counted, a row for each kind of total.",
    )


@reads("ce", "集中活动 A signing or start ceremony.")
class Ceremony(Node):
    """A ceremony as it stands."""

    id: strawberry.ID = column(id_sql("Ceremony", "ce.region", "ce.ceremony_id"), "全局编号 Opaque.")
    place: RegionRef = column("ce.region", "台账地区 The region whose ledger holds it.")
    name: str = column("ce.name", "活动名称 Name.")
    occurred_on: date = column("ce.occurred_on", "日期 Day on which it was held.")
    series: CeremonySeries = column("ce.series", "活动系列 Series.")
    period: int | None = column("ce.period", "期次 Period of the series, if it is numbered.")
    documents: list[Document] = column("ce.documents", "文件依据 What its record rests on.")
    withdrawn: bool = column("ce.withdrawn", "已撤销 Recorded in error; it lists and counts nothing.")
    reason: str | None = column("ce.reason", "撤销理由 Why it was withdrawn.")
    version: int = column("ce.version", "版本 To be sent as expectedVersion with a command on the ceremony.")
    position: Position = column("ce.position", "日志位置 Place of its latest fact in the region's log.")
    batches: list[CeremonyBatch] = children(
        CeremonyBatch,
        table="ceremony_batch",
        where="cb.region = ce.region AND cb.ceremony_id = ce.ceremony_id AND (cb.stated_count IS NOT NULL"
        f" OR cb.figure IS NOT NULL OR EXISTS (SELECT FROM ceremony_entry e WHERE {_OF_BATCH}))",
        order=_by_kind(BatchKind, "cb"),
        description="分批情况 Each kind that its account speaks of or that it lists projects as.",
    )
    entries: list[EntryRow] = children(
        EntryRow,
        table="ceremony_entry",
        where="e.region = ce.region AND e.ceremony_id = ce.ceremony_id",
        order=f"{_by_kind(BatchKind, 'e')}, e.position, e.project_id",
        description="列入项目 The projects that it lists.",
    )


_NEWEST: Final = Order(
    "DATE", (("ce.occurred_on", "date"), ("ce.region", "text"), ("ce.ceremony_id", "uuid")), descending=True
)
_Region: TypeAlias = Annotated[
    str | None, strawberry.argument(description="地区 A region and all below it, by former or later codes too.")
]
_Series: TypeAlias = Annotated[
    CeremonySeries | None, strawberry.argument(description="活动系列 One series; all unless said.")
]


@strawberry.type
class CeremonyQuery:
    """Queries on ceremonies."""

    @strawberry.field(
        description="集中活动列表 Ceremonies of the ledgers in a region, the latest first, a page at a time; without"
        " those that were withdrawn."
    )
    async def ceremonies(
        self,
        info: Info,
        *,
        region: _Region = None,
        series: _Series = None,
        year: Annotated[int | None, strawberry.argument(description="年度 Held in this year.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Ceremony] | None:
        """Return a page of ceremonies, in one statement: the latest of each ledger, merged."""
        page = Page.ask(info, _NEWEST, [region, series, year], first=first, after=after, last=last, before=before)
        binds = Binds()
        area = None if region is None else region_of(region, "region")
        where = [holds("ce"), "NOT ce.withdrawn"]
        if series is not None:
            where.append(f"ce.series = {binds(str(series), 'text')}")
        if year is not None:
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise InvalidValueError("year", value=year, rule=f"{FIRST_YEAR} to {LAST_YEAR}")
            first_day, last_day = date(year, 1, 1), date(year, 12, 31)
            where.append(f"ce.occurred_on BETWEEN {binds(first_day, 'date')} AND {binds(last_day, 'date')}")
        ledgers = "true" if area is None else within("m.region", area, binds)
        rows = f"SELECT ce.* FROM ceremony ce WHERE ce.region = m.region AND {' AND '.join(where)}"  # noqa: S608 - declared SQL only.
        row = select_list(Ceremony, page.nodes, binds)
        sql = page.over_ledgers("ce", row, rows, ledgers, binds)
        return await info.context.page(Ceremony, page, sql, binds.values, area=area)

    @strawberry.field(
        description="批次统计 How many projects ceremonies list as what, held through a day. Projects count by where"
        " they lie; voided ones and withdrawn ceremonies do not count."
    )
    async def batch_counts(
        self,
        info: Info,
        *,
        region: _Region = None,
        on: Annotated[
            date | None, strawberry.argument(description="截止日期 Held by this day; today in China unless said.")
        ] = None,
        since: Annotated[
            date | None, strawberry.argument(description="起始日期 Held from this day on; from the first unless said.")
        ] = None,
        series: _Series = None,
        total: Annotated[
            TotalKind, strawberry.argument(description="总投资口径 Which total is added up; kinds are never mixed.")
        ] = TotalKind.STATISTICAL,
    ) -> BatchCounts | None:
        """Return counts and the positions that they stand for, in one statement."""
        day = on or today_in_china()
        if since is not None and since > day:
            raise WrongOrderError("since", start=since, end=day)
        area = None if region is None else region_of(region, "region")
        binds = Binds()
        held = [f"{{0}}.occurred_on <= {binds(day, 'date')}"]
        if since is not None:
            held.append(f"{{0}}.occurred_on >= {binds(since, 'date')}")
        if series is not None:
            held.append(f"{{0}}.series = {binds(str(series), 'text')}")
        sql = statement(
            held=" AND ".join(held),
            ledgers="true" if area is None else may_hold("m.region", area, binds),
            lies="true" if area is None else within("p.location", area, binds),
            keeps="true" if area is None else within("c.region", area, binds),
            total=total,
        )
        (found,) = await info.context.fetch(sql, binds.values, area=area)
        return counts_of(found, on=day, since=since, series=series, total=total)


@strawberry.type(description="集中活动操作结果 What became of a command on a ceremony.")
class CeremonyPayload(Payload):
    """Outcome of a command on a ceremony."""

    kind = "Ceremony"

    @strawberry.field(description="集中活动 As it stands after the command; null if it was refused or is not settled.")
    async def ceremony(self, info: Info) -> Ceremony | None:
        """Return the ceremony, in one statement."""
        if self.subject is None or not self.settled:
            return None
        region, ceremony_id = self.subject
        binds = Binds()
        sql = f"""
            SELECT {select_list(Ceremony, Selection.of(info), binds)} FROM ceremony ce
            WHERE ce.region = {binds(region, "text")} AND ce.ceremony_id = {binds(ceremony_id, "uuid")}
              AND {holds("ce")} LIMIT 1"""  # noqa: S608 - declared SQL only.
        return await info.context.one(Ceremony, sql, binds.values, regions=(region,))


@strawberry.type
@with_batches()
class CeremonyMutation:
    """Commands on ceremonies."""

    ceremony_hold = mutation(ceremony.HoldCeremony, CeremonyPayload)
    ceremony_correct = mutation(ceremony.CorrectCeremony, CeremonyPayload)
    ceremony_withdraw = mutation(ceremony.WithdrawCeremony, CeremonyPayload)
