"""投资汇总: completed investment by region, category, month or year, on one basis, beside the plan."""

from __future__ import annotations

from datetime import date
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import orjson
import strawberry

from schema.context import Info
from schema.dimensions import MONTH, OF_PROJECTS, YEAR, Groups, Over, asked_for, fields_of, grouping
from schema.filters import InvestmentTotalsFilter
from schema.read import Binds
from schema.selection import Selection
from schema.totals import Asked, Row, Totals, cuts, figures, statement
from schema.values import Money, Position, StatedFigure, bounded
from service.clock import today_in_china
from service.domain.errors import InvalidValueError
from service.domain.figures import percent, rounded, time_progress
from service.domain.investment import Basis, Measure
from service.domain.plan import Operator
from service.domain.total_investment import TotalKind
from service.domain.values import FIRST_YEAR, Currency, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schema.dimensions import Dimension, Key
    from schema.totals import Figure, FigureKey

_Decimals: TypeAlias = Annotated[int, strawberry.argument(description="小数位 0 to 10; 2 unless said.")]
SizedBy: TypeAlias = Annotated[
    TotalKind, strawberry.argument(description="总投资口径 Which total makes a size, if SIZE_BAND is asked for.")
]


if TYPE_CHECKING:
    TotalGroup: TypeAlias = Enum
else:
    TotalGroup = grouping(
        "TotalGroup", (*OF_PROJECTS, MONTH, YEAR), "分组 By what a total is grouped; all of them add up to the whole."
    )


@strawberry.type(description="年度目标 A region's target for a year.")
class AnnualTarget:
    """A target."""

    operator: Operator = strawberry.field(description="比较 At least, exactly, or about.")
    stated: StatedFigure = strawberry.field(description="所报数值 As its paper states it.")
    amount: Money = strawberry.field(description="金额 Its exact amount.")


class Whole:
    """What all rows of an answer come to, for their shares, and the indicators that stand beside them."""

    def __init__(self, rows: Sequence[Row], keys: Sequence[Dimension], figures: Mapping[FigureKey, Figure]) -> None:
        self.figures = figures
        self._rows = rows
        self._keys = keys
        self._sums: dict[tuple[Dimension, ...], dict[tuple[date, Key], tuple[int, set[str]]]] = {}

    def fen(self, row: Row, within: tuple[Dimension, ...]) -> int | None:
        """Return the sum of the rows with a row's cut-off and its values; None if it is in two currencies.

        Raises:
            InvalidValueError: a dimension that is no group.
        """
        places = [self._place(one) for one in within if one.over is not Over.TIME]
        if within not in self._sums:
            sums: dict[tuple[date, Key], tuple[int, set[str]]] = {}
            for one in self._rows:
                at = (one.day, tuple(one.key[place] for place in places))
                fen, currencies = sums.get(at, (0, set()))
                done = {one.currency} if one.projects and one.currency else set()
                sums[at] = (fen + one.year_to_date_fen, currencies | done)
            self._sums[within] = sums
        fen, currencies = self._sums[within][row.day, tuple(row.key[place] for place in places)]
        return None if len(currencies) > 1 else fen

    def _place(self, one: Dimension) -> int:
        if one not in self._keys:
            raise InvalidValueError("within", value=one.name, rule="among the groups of groupBy")
        return self._keys.index(one)


@strawberry.type(description="汇总行 One group of a total.")
class InvestmentTotal(Groups):
    """One group."""

    year: int = strawberry.field(description="年度 Year of the figures.")
    month: int | None = strawberry.field(description="月份 When grouped by month.")
    through: date = strawberry.field(description="截止日期 Day through which figures are counted.")
    projects: int = strawberry.field(description="项目数 Projects with a figure in that year by that day.")
    completed: Money = strawberry.field(description="完成投资 Completed in the month, or in the year to date.")
    year_to_date: Money = strawberry.field(description="本年累计 Completed in the year, through the day.")
    plan: AnnualTarget | None = strawberry.field(
        description="年度计划 The year's target, where one was set for just this group: a place, or a category of it."
    )
    of: strawberry.Private[Whole]
    row: strawberry.Private[Row]

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

    @strawberry.field(
        description="占比 Year to date as a percentage of that of all rows with the same cut-off, half-up; null if"
        " that is 0, or in two currencies (G17)."
    )
    def share(
        self,
        decimals: _Decimals = 2,
        within: Annotated[
            list[TotalGroup] | None,
            strawberry.argument(
                description="范围 Of only the rows that are the same in these dimensions: the share of a category"
                " within its park is `groupBy: [PARK, CATEGORY]` and `within: [PARK]`. They are among the groups."
            ),
        ] = None,
    ) -> str | None:
        """Return the share."""
        places = bounded(decimals)
        whole = self.of.fen(self.row, asked_for(within))
        return None if whole is None else percent(self.year_to_date.fen, whole, places)

    @strawberry.field(
        description="同比增长 Growth of the year to date on the same cut-off of the year before, in percent, half-up;"
        " null if no project of the group has a figure there, or it was not above 0."
    )
    def growth(self, decimals: _Decimals = 2) -> str | None:
        """Return the growth."""
        places, prior = bounded(decimals), self.row.prior_fen
        return None if prior is None or prior <= 0 else percent(self.year_to_date.fen - prior, prior, places)

    @strawberry.field(
        description="占宏观指标比重 What was completed as a percentage of an indicator that was taken over from"
        " statistics, such as FAI 固定资产投资, of the same place and period, half-up; null if none is stated."
        " Indicators are never computed (F-25)."
    )
    def share_of_indicator(
        self,
        indicator: Annotated[str, strawberry.argument(description="指标代码 Code of the dictionary INDICATOR.")],
        measure: Annotated[
            Measure,
            strawberry.argument(description="指标口径 The year to date; or the month, of rows grouped by MONTH."),
        ] = Measure.YEAR_TO_DATE,
        decimals: _Decimals = 2,
    ) -> str | None:
        """Return the share."""
        places = bounded(decimals)
        if measure is Measure.YEAR_TO_DATE:
            return self._share_of(indicator, measure, date(self.year, 1, 1), self.year_to_date, places)
        if measure is Measure.MONTH and self.month is not None:
            return self._share_of(indicator, measure, date(self.year, self.month, 1), self.completed, places)
        raise InvalidValueError("measure", value=measure, rule="YEAR_TO_DATE; or MONTH, if grouped by MONTH")

    def _share_of(self, code: str, measure: Measure, first: date, part: Money, decimals: int) -> str | None:
        stated = self.of.figures.get((self.row.place or "", code, measure.value, first, self.through))
        if stated is None or Unit(stated.unit).currency is not part.currency:
            return None
        return percent(part.fen, stated.fen, decimals)


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
        *,
        basis: Annotated[Basis, strawberry.argument(description="口径 One basis; they are never mixed.")],
        on: Annotated[
            date | None, strawberry.argument(description="截止日期 Cut-off; today in China unless said.")
        ] = None,
        group_by: Annotated[list[TotalGroup] | None, strawberry.argument(description="分组 Additive groups.")] = None,
        total: SizedBy = TotalKind.STATISTICAL,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
        ] = None,
    ) -> InvestmentTotals | None:
        """Return totals and the positions that they stand for, in one statement."""
        day = day_of(on)
        selected = Selection.of(info).below("rows")
        asked = Asked(
            groups=asked_for(group_by),
            filter=filter or InvestmentTotalsFilter(),
            total=total,
            growth=selected.has("growth"),
            indicators=tuple(sorted({*selected.arguments("shareOfIndicator", "indicator")})),
        )
        cut = cuts(day, asked.groups)
        binds = Binds()
        sql = statement(binds, basis, asked, cut)
        found = orjson.loads((await info.context.fetch(sql, binds.values, area=asked.filter.area()))[0])
        rows = [*Totals(found, asked, cut, day).rows()]
        whole = Whole(rows, asked.keys, figures(found))
        return InvestmentTotals(
            basis=basis,
            on=day,
            rows=[_shown(row, asked, whole) for row in rows],
            positions=positions_of(found),
        )


def _shown(row: Row, asked: Asked, whole: Whole) -> InvestmentTotal:
    currency = Currency(row.currency or Currency.CNY)
    target = row.target
    return InvestmentTotal(
        **fields_of(asked.keys, row.key),
        year=row.day.year,
        month=row.day.month if MONTH in asked.groups else None,
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
        of=whole,
        row=row,
    )
