"""宏观指标: figures of the economy as their source states them, and the command that states one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import strawberry

from schema.command_batches import with_batches
from schema.commands import Payload, mutation
from schema.context import Info
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, build, column, holds, reads, select_list
from schema.regions import region_of, within
from schema.selection import Selection
from schema.values import Document, Money, Position, RegionRef, StatedFigure, money_sql, stated_sql
from service.domain import indicator
from service.domain.errors import InvalidValueError
from service.domain.investment import Measure, Status
from service.domain.values import Code

_MOST_SHOWN: Final = 50
"""Most figures that a payload shows."""


@reads("i", "宏观指标 A figure that was taken over from statistics; never computed from projects.")
class Indicator:
    """A figure."""

    place: RegionRef = column("i.region", "台账地区 The region that it is of.")
    code: str = column("i.code", "指标代码 A code of the dictionary INDICATOR, such as FAI 固定资产投资.")
    period: str = column("i.period", "报送期 2023-04, 2023-04-T1 (上旬) or 2023-01/2023-02.")
    first_on: date = column("i.first_on", "起始日期 First day that it is of.")
    through_on: date = column("i.through_on", "截止日期 Last day that it is of.")
    measure: Measure = column("i.measure", "指标 Of the period alone, or of the year to date.")
    status: Status = column("i.status", "数据状态 Flash or final.")
    stated: StatedFigure = column(stated_sql("i"), "所报数值 As stated.")
    amount: Money | None = column(money_sql("i.fen", "i.region"), "金额 Its exact amount; null where it is a rate.")
    growth: str | None = column("i.growth", "同比增长 Growth on the year before in percent, as stated.")
    reason: str | None = column("i.reason", "更正理由 Why it corrects an earlier figure.")
    source: Document = column("i.source", "来源文件 Where it was taken from.")
    position: Position = column("i.position", "日志位置 The fact's place in the region's log.")


_NEWEST: Final = Order(
    "DATE",
    (
        ("i.through_on", "date"),
        ("i.region", "text"),
        ("i.code", "text"),
        ("i.measure", "text"),
        ("i.first_on", "date"),
    ),
    descending=True,
)


@strawberry.type
class IndicatorQuery:
    """Queries on macro indicators."""

    @strawberry.field(description="宏观指标列表 Figures that stand, the latest first, a page at a time.")
    async def indicators(
        self,
        info: Info,
        *,
        region: Annotated[
            str | None, strawberry.argument(description="地区 A region and all below it, by former or later codes too.")
        ] = None,
        code: Annotated[
            str | None, strawberry.argument(description="指标代码 One indicator, such as FAI; all unless said.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Indicator] | None:
        """Return a page of figures, in one statement: the latest of each ledger, merged."""
        page = Page.ask(info, _NEWEST, [region, code], first=first, after=after, last=last, before=before)
        binds = Binds()
        area = None if region is None else region_of(region, "region")
        where = [holds("i")]
        if code is not None:
            where.append(f"i.code = {binds(_code_of(code), 'text')}")
        ledgers = "true" if area is None else within("m.region", area, binds)
        rows = f"SELECT i.* FROM indicator i WHERE i.region = m.region AND {' AND '.join(where)}"  # noqa: S608 - declared SQL only.
        row = select_list(Indicator, page.nodes, binds)
        sql = page.over_ledgers("i", row, rows, ledgers, binds)
        return await info.context.page(Indicator, page, sql, binds.values, area=area)


def _code_of(text: str) -> str:
    try:
        return Code(text)
    except InvalidValueError as error:
        raise error.below("code") from None


@strawberry.type(description="宏观指标操作结果 What became of a command on an indicator.")
class IndicatorPayload(Payload):
    """Outcome of a command on an indicator."""

    @strawberry.field(
        description="各期数据 The indicator's figures after the command, the latest first, at most"
        f" {_MOST_SHOWN}; empty if it was refused or is not settled."
    )
    async def figures(self, info: Info) -> list[Indicator] | None:
        """Return the indicator's figures, in one statement."""
        if self.subject is None or not self.settled:
            return []
        region, stream_id = self.subject
        binds = Binds()
        sql = f"""
            SELECT {select_list(Indicator, Selection.of(info), binds)} FROM indicator i
            WHERE i.region = {binds(region, "text")} AND i.stream_id = {binds(stream_id, "uuid")} AND {holds("i")}
            ORDER BY i.through_on DESC, i.measure, i.first_on LIMIT {_MOST_SHOWN}"""  # noqa: S608 - declared SQL only.
        rows = await info.context.fetch(sql, binds.values, regions=(region,))
        return [build(Indicator, row) for row in rows]


@strawberry.type
@with_batches()
class IndicatorMutation:
    """Commands on macro indicators."""

    indicator_state = mutation(indicator.StateIndicator, IndicatorPayload)
