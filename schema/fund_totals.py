"""资金汇总: funds planned, allotted, arrived and paid, by source, region or category, through a cut-off."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import orjson
import strawberry

from schema.context import Info
from schema.dimensions import (
    OF_PROJECTS,
    REGION,
    SOURCE,
    Groups,
    asked_for,
    columns,
    fields_of,
    grouping,
    key_of,
    order_of,
)
from schema.filters import InvestmentTotalsFilter
from schema.investment import RegionPosition, SizedBy, day_of, positions_of
from schema.read import Binds, holds
from schema.regions import newest
from schema.totals import MOST_ROWS, Asked, currency_in, ledgers_sql, need_one_currency, too_many
from schema.values import Money
from service.domain.funds import FundStage
from service.domain.total_investment import TotalKind
from service.domain.values import Currency

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema.dimensions import Dimension, Key


if TYPE_CHECKING:
    FundGroup: TypeAlias = Enum
else:
    FundGroup = grouping(
        "FundGroup", (SOURCE, *OF_PROJECTS), "资金分组 By what funds are grouped; all of them add up to the whole."
    )


@strawberry.type(description="计划资金 Funds planned.")
class PlannedFunds:
    """What is planned."""

    projects: int = strawberry.field(
        description="项目数 Projects with a plan of the whole, or of a year up to the cut-off's."
    )
    of_year: Money = strawberry.field(description="年度计划 Sum of the plans for the cut-off's year.")
    whole: Money | None = strawberry.field(
        description="总计划 Planned for the whole of the projects; null if a source is planned by years alone."
    )


@strawberry.type(description="资金累计 Funds allotted, arrived or paid.")
class FundAmounts:
    """What was allotted, arrived or was paid."""

    projects: int = strawberry.field(description="项目数 Projects with a figure by the cut-off.")
    year_to_date: Money | None = strawberry.field(
        description="本年累计 In the cut-off's year; null if a figure of the year does not tell it."
    )
    since_start: Money | None = strawberry.field(
        description="自开工累计 Since the start; null if some project's figures do not tell it."
    )


@strawberry.type(description="资金汇总行 One group; its four numbers are never added to each other.")
class FundTotal(Groups):
    """One group."""

    source: str | None = strawberry.field(description="资金来源 When grouped by source.", default=None)
    planned: PlannedFunds = strawberry.field(description="计划 What sources are to give.")
    allotted: FundAmounts = strawberry.field(description="下达 What documents allotted.")
    arrived: FundAmounts = strawberry.field(description="到位 What arrived.")
    paid: FundAmounts = strawberry.field(description="支付 What was paid.")


@strawberry.type(description="资金汇总 Funds through a cut-off, with the moment that they stand for.")
class FundTotals:
    """Totals."""

    on: date = strawberry.field(description="截止日期 Cut-off.")
    rows: list[FundTotal] = strawberry.field(description="汇总行 Groups, in order; only those with a figure.")
    positions: list[RegionPosition] = strawberry.field(description="位置 What it was computed from.")


def statement(binds: Binds, day: date, asked: Asked) -> str:
    """Return the one statement of funds, which answers one JSON object.

    `sums` has a row for each group, currency and number: the sum of the latest known amounts of each project and
    source, and of how many of them nothing tells the amount. `ledgers` and `positions` are those of `ledgers_sql`.
    """
    on, year = binds(day, "date"), binds(day.year, "integer")
    selected = columns(asked.keys, asked.filter, asked.total, binds)
    where = " AND ".join([holds("p"), *asked.filter.where(binds)])
    order = ", ".join(str(number) for number in range(1, len(asked.keys) + 3))
    return f"""
        SELECT json_build_object(
          'sums', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT {selected}pl.currency, f.kind, count(DISTINCT p.project_id) AS projects,
              coalesce(sum(f.of_year), 0) AS of_year,
              count(*) FILTER (WHERE f.has_year AND f.of_year IS NULL) AS no_year,
              coalesce(sum(f.whole), 0) AS whole, count(*) FILTER (WHERE f.whole IS NULL) AS no_whole
            FROM project_status p
            JOIN place_status pl ON pl.region = p.region AND pl.place = p.region AND {holds("pl")}
            CROSS JOIN LATERAL (
              SELECT t.source, t.kind, coalesce(bool_or(t.year = {year}), false) AS has_year,
                (array_agg(t.year_to_date_fen ORDER BY t.through_on DESC)
                  FILTER (WHERE t.year = {year} AND t.year_to_date_fen IS NOT NULL))[1] AS of_year,
                (array_agg(t.since_start_fen ORDER BY t.through_on DESC)
                  FILTER (WHERE t.since_start_fen IS NOT NULL))[1] AS whole
              FROM fund_total t
              WHERE t.region = p.region AND t.project_id = p.project_id AND t.through_on <= {on} AND {holds("t")}
              GROUP BY t.source, t.kind) f
            WHERE {where}
            GROUP BY {order} ORDER BY {order} LIMIT {MOST_ROWS + 1}) x),
          {ledgers_sql(asked.filter.ledgers("{0}.region", binds))})"""  # noqa: S608 - binds and declared SQL only.


@dataclass(slots=True)
class _Sum:
    projects: int = 0
    of_year: int = 0
    whole: int = 0
    no_year: int = 0
    no_whole: int = 0


@dataclass(slots=True)
class _Group:
    sums: dict[str, _Sum] = field(default_factory=lambda: {one.value: _Sum() for one in FundStage})
    currencies: set[str] = field(default_factory=set)


_SUMMED: Final = ("projects", "of_year", "whole", "no_year", "no_whole")


def _groups(found: Mapping[str, Any], keys: tuple[Dimension, ...]) -> dict[Key, _Group]:
    """Return what the statement answered, by group; without dimensions there is one, even of nothing.

    Raises:
        InvalidValueError: there are too many.
    """
    if len(found["sums"]) > MOST_ROWS:
        raise too_many()
    groups: dict[Key, _Group] = {} if keys else {(): _Group()}
    for one in found["sums"]:
        group = groups.setdefault(key_of(keys, one), _Group())
        group.currencies.add(one["currency"])
        total = group.sums[one["kind"]]
        for name in _SUMMED:
            setattr(total, name, getattr(total, name) + one[name])
    return groups


def _rows(found: Mapping[str, Any], asked: Asked) -> Iterator[FundTotal]:
    """Yield the rows, by group.

    Raises:
        InvalidValueError: there are too many.
        WrongCurrencyError: a group would add up amounts of two currencies.
    """
    groups = _groups(found, asked.keys)
    area = asked.filter.area()
    ledgers = {newest(code): currency for code, currency in found["ledgers"].items()}
    for key in sorted(groups, key=order_of):
        group = groups[key]
        need_one_currency(group.currencies)
        place = key[asked.keys.index(REGION)] if REGION in asked.keys else area
        currency = Currency(currency_in(group.currencies, place and newest(place), ledgers) or Currency.CNY)
        planned = group.sums[FundStage.PLANNED]
        yield FundTotal(
            **fields_of(asked.keys, key),
            planned=PlannedFunds(
                projects=planned.projects,
                of_year=Money(fen=planned.of_year, currency=currency),
                whole=_known(planned.whole, planned.no_whole, currency),
            ),
            allotted=_amounts(group.sums[FundStage.ALLOTTED], currency),
            arrived=_amounts(group.sums[FundStage.ARRIVED], currency),
            paid=_amounts(group.sums[FundStage.PAID], currency),
        )


def _amounts(total: _Sum, currency: Currency) -> FundAmounts:
    return FundAmounts(
        projects=total.projects,
        year_to_date=_known(total.of_year, total.no_year, currency),
        since_start=_known(total.whole, total.no_whole, currency),
    )


def _known(fen: int, unknown: int, currency: Currency) -> Money | None:
    """Return a sum, or None where it would leave out what nothing tells."""
    return None if unknown else Money(fen=fen, currency=currency)


@strawberry.type
class FundsQuery:
    """Queries on funds."""

    @strawberry.field(
        description="资金汇总 Funds planned, allotted, arrived and paid through a cut-off: the sums of each project's"
        " latest known amounts by source. Voided projects do not count. Without groups there is one row, even of"
        " nothing."
    )
    async def fund_totals(
        self,
        info: Info,
        on: Annotated[
            date | None, strawberry.argument(description="截止日期 Cut-off; today in China unless said.")
        ] = None,
        group_by: Annotated[list[FundGroup] | None, strawberry.argument(description="分组 Additive groups.")] = None,
        total: SizedBy = TotalKind.STATISTICAL,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all unless said.")
        ] = None,
    ) -> FundTotals | None:
        """Return totals and the positions that they stand for, in one statement."""
        day = day_of(on)
        asked = Asked(asked_for(group_by), filter or InvestmentTotalsFilter(), total)
        binds = Binds()
        sql = statement(binds, day, asked)
        found = orjson.loads((await info.context.fetch(sql, binds.values, area=asked.filter.area()))[0])
        return FundTotals(on=day, rows=list(_rows(found, asked)), positions=positions_of(found))
