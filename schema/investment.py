"""投资汇总: completed investment by region, category, month or year, on one basis, beside the plan."""

from __future__ import annotations

from datetime import date
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import orjson
import strawberry

from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.read import Binds
from schema.totals import Grouping, Row, Totals, cuts, statement
from schema.values import Money, Position, RegionRef, StatedFigure, bounded
from service.clock import today_in_china
from service.domain.errors import InvalidValueError
from service.domain.figures import percent, rounded, time_progress
from service.domain.investment import Basis
from service.domain.plan import Operator
from service.domain.values import FIRST_YEAR, Currency, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

_Decimals: TypeAlias = Annotated[int, strawberry.argument(description="小数位 0 to 10; 2 unless said.")]


@strawberry.enum(description="分组 By what a total is grouped; all of them add up to the whole.")
class TotalGroup(Enum):
    """Additive dimensions of a total."""

    REGION = strawberry.enum_value("REGION", description="按所在地 By the region where projects lie.")
    CATEGORY = strawberry.enum_value("CATEGORY", description="按项目类别 By category.")
    MONTH = strawberry.enum_value("MONTH", description="按月 By month of the cut-off's year.")
    YEAR = strawberry.enum_value("YEAR", description="按年 By year, up to the cut-off's.")


@strawberry.type(description="年度目标 A region's target for a year.")
class AnnualTarget:
    """A target."""

    operator: Operator = strawberry.field(description="比较 At least, exactly, or about.")
    stated: StatedFigure = strawberry.field(description="所报数值 As its paper states it.")
    amount: Money = strawberry.field(description="金额 Its exact amount.")


@strawberry.type(description="汇总行 One group of a total.")
class InvestmentTotal:
    """One group."""

    region: RegionRef | None = strawberry.field(description="所在地 When grouped by region.")
    category: str | None = strawberry.field(description="项目类别 When grouped by category.")
    year: int = strawberry.field(description="年度 Year of the figures.")
    month: int | None = strawberry.field(description="月份 When grouped by month.")
    through: date = strawberry.field(description="截止日期 Day through which figures are counted.")
    projects: int = strawberry.field(description="项目数 Projects with a figure in that year by that day.")
    completed: Money = strawberry.field(description="完成投资 Completed in the month, or in the year to date.")
    year_to_date: Money = strawberry.field(description="本年累计 Completed in the year, through the day.")
    plan: AnnualTarget | None = strawberry.field(
        description="年度计划 The year's target, where one was set for just this group: a place, or a category of it."
    )

    @strawberry.field(description="完成率 Year to date as a percentage of the plan, half-up; null without a plan.")
    def rate(self, decimals: _Decimals = 2) -> str | None:
        """Return the rate."""
        places = bounded(decimals)
        return None if self.plan is None else percent(self.year_to_date.fen, self.plan.amount.fen, places)

    @strawberry.field(description="时序进度 Elapsed share of the year in percent: whole months as twelfths.")
    def time_progress(self, decimals: _Decimals = 2) -> str:
        """Return the time progress."""
        return rounded(time_progress(self.through) * 100, bounded(decimals))

    @strawberry.field(description="超序时 Rate less time progress, in percentage points; null without a plan.")
    def ahead(self, decimals: _Decimals = 2) -> str | None:
        """Return how far the rate is ahead of the year."""
        places = bounded(decimals)
        if self.plan is None or not self.plan.amount.fen:
            return None
        rate = Fraction(self.year_to_date.fen * 100, self.plan.amount.fen)
        return rounded(rate - time_progress(self.through) * 100, places)


@strawberry.type(description="位置 How far the answer's read models had come, for one region.")
class RegionPosition:
    """A position of one region's log."""

    region: str = strawberry.field(description="台账地区 Region code.")
    position: Position = strawberry.field(description="日志位置 Position.")


def positions_of(found: Mapping[str, Any]) -> list[RegionPosition]:
    """Return the positions that a statement of totals answered."""
    return [RegionPosition(region=region, position=position) for region, position in found["positions"]]


@strawberry.type(description="投资汇总 Totals on one basis, with the moment that they stand for.")
class InvestmentTotals:
    """Totals."""

    basis: Basis = strawberry.field(description="口径 The one basis of all its rows.")
    on: date = strawberry.field(description="截止日期 Cut-off.")
    rows: list[InvestmentTotal] = strawberry.field(description="汇总行 Groups, in order.")
    positions: list[RegionPosition] = strawberry.field(description="位置 What it was computed from.")


_MOST_DAY: Final = date(2199, 12, 31)


def day_of(on: date | None) -> date:
    """Return the cut-off that was asked for, or today in China.

    Raises:
        InvalidValueError: it lies in no year that figures may be of.
    """
    if on is None:
        return today_in_china()
    if not date(FIRST_YEAR, 1, 1) <= on <= _MOST_DAY:
        raise InvalidValueError("on", value=on, rule=f"from {FIRST_YEAR} to {_MOST_DAY.year}")
    return on


@strawberry.type
class InvestmentQuery:
    """Queries on money."""

    @strawberry.field(
        description="投资汇总 Completed investment on one basis through a cut-off: the sum of each project's latest"
        " cumulative of the year. Voided projects do not count. Without groups there is one row, even of nothing."
    )
    async def investment_totals(
        self,
        info: Info,
        basis: Annotated[Basis, strawberry.argument(description="口径 One basis; they are never mixed.")],
        on: Annotated[
            date | None, strawberry.argument(description="截止日期 Cut-off; today in China unless said.")
        ] = None,
        group_by: Annotated[list[TotalGroup] | None, strawberry.argument(description="分组 Additive groups.")] = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
        ] = None,
    ) -> InvestmentTotals | None:
        """Return totals and the positions that they stand for, in one statement."""
        day = day_of(on)
        groups = Grouping(**{one.name.lower(): True for one in group_by or ()})
        asked = filter or InvestmentTotalsFilter()
        cut = cuts(day, groups)
        binds = Binds()
        sql = statement(binds, basis, groups, asked, cut)
        found = orjson.loads((await info.context.fetch(sql, binds.values, area=asked.area()))[0])
        return InvestmentTotals(
            basis=basis,
            on=day,
            rows=[_shown(row, groups) for row in Totals(found, groups, asked, cut, day).rows()],
            positions=positions_of(found),
        )


def _shown(row: Row, groups: Grouping) -> InvestmentTotal:
    currency = Currency(row.currency or Currency.CNY)
    target = row.target
    return InvestmentTotal(
        region=None if row.region is None else RegionRef(code=row.region),
        category=row.category,
        year=row.day.year,
        month=row.day.month if groups.month else None,
        through=row.day,
        projects=row.projects,
        completed=Money(fen=row.year_to_date_fen - row.before_fen, currency=currency),
        year_to_date=Money(fen=row.year_to_date_fen, currency=currency),
        plan=None
        if target is None
        else AnnualTarget(
            operator=Operator(target["operator"]),
            stated=StatedFigure(figure=target["figure"], unit=Unit(target["unit"])),
            amount=Money(fen=target["value"], currency=currency),
        ),
    )
