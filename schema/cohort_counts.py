"""批次统计: the one statement that counts what ceremonies list, and its rows.

A membership is a project that a ceremony lists as one kind. A project that is carried to a later period (滚动实施) is
two memberships and one project, and its money counts once.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import orjson
import strawberry

from projections.project_status import TOTALS
from schema.investment import RegionPosition
from schema.read import holds
from schema.regions import OF_A_PLACE
from schema.values import Money
from service.domain.ceremony import BatchKind, CeremonySeries
from service.domain.errors import WrongCurrencyError
from service.domain.total_investment import TotalKind
from service.domain.values import Currency


@strawberry.type(description="批次计数 Counts of one kind, or of all kinds together.")
class BatchCount:
    """One kind's counts."""

    kind: BatchKind | None = strawberry.field(description="批次类别 Which kind; null for all of them.")
    memberships: int = strawberry.field(
        description="列入个次 A project counts each time that it is listed: in two periods, or as two kinds."
    )
    projects: int = strawberry.field(description="项目个数 Each project once.")
    total: Money | None = strawberry.field(
        description="总投资 Sum over the projects, each once; null where none has a total of the kind asked for."
    )
    without_total: int = strawberry.field(description="未填总投资项目数 Projects that have none, left out of the sum.")
    ceremonies: int = strawberry.field(description="活动次数 Ceremonies that list such projects.")
    periods: int = strawberry.field(description="期数 Periods of a series that they are, each number once.")


@strawberry.type(description="批次统计 What ceremonies list, with the moment that it stands for.")
class BatchCounts:
    """Counts."""

    on: date = strawberry.field(description="截止日期 Held by this day.")
    since: date | None = strawberry.field(description="起始日期 Held from this day on.")
    series: CeremonySeries | None = strawberry.field(description="活动系列 Of this series; null for all.")
    total_kind: TotalKind = strawberry.field(description="总投资口径 The one kind of total that was added up.")
    rows: list[BatchCount] = strawberry.field(description="分类 A row for each kind, even of nothing.")
    whole: BatchCount = strawberry.field(
        description="合计 All kinds together; its ceremonies and periods are all that were held, listing any or none."
    )
    positions: list[RegionPosition] = strawberry.field(description="位置 What it was computed from.")


_NUMBERED: Final = "count(DISTINCT ({0}.series, {0}.period)) FILTER (WHERE {0}.period IS NOT NULL)"


def statement(*, held: str, ledgers: str, lies: str, keeps: str, total: TotalKind) -> str:
    """Return the one statement of the counts, which answers one JSON object.

    Args:
        held: which ceremonies by date and series, over rows named {0}.
        ledgers: which logs may hold what is asked for, over `m`.
        lies: which projects by place, over `p`.
        keeps: which ceremonies count even if they list none, by the place that holds them, over `c`.
        total: which total is added up.
    """
    return f"""
        WITH entry AS (
          SELECT e.region, e.ceremony_id, e.project_id, e.kind, e.series, e.period, p.{TOTALS[total]} AS fen,
            pl.currency
          FROM projected m
          JOIN ceremony_entry e ON e.region = m.region AND {holds("e")}
          JOIN project_status p ON p.region = e.region AND p.project_id = e.project_id AND {holds("p")}
          JOIN place_status pl ON pl.region = e.region AND pl.place = e.region AND {holds("pl")}
          WHERE {ledgers} AND {held.format("e")} AND NOT p.voided AND {lies}
        ), listed AS (
          SELECT e.kind, e.region, e.project_id, e.fen, e.currency, count(*) AS memberships FROM entry e
          GROUP BY GROUPING SETS ((e.kind, e.region, e.project_id, e.fen, e.currency),
            (e.region, e.project_id, e.fen, e.currency))
        )
        SELECT json_build_object(
          'counts', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT l.kind, sum(l.memberships) AS memberships, count(*) AS projects, sum(l.fen) AS fen,
              count(*) - count(l.fen) AS without_total,
              coalesce(array_agg(DISTINCT l.currency) FILTER (WHERE l.fen IS NOT NULL), '{{}}') AS currencies
            FROM listed l GROUP BY l.kind) x),
          'ceremonies', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT e.kind, count(DISTINCT (e.region, e.ceremony_id)) AS ceremonies, {_NUMBERED.format("e")} AS periods
            FROM entry e GROUP BY e.kind
            UNION ALL
            SELECT NULL, count(*), {_NUMBERED.format("c")}
            FROM projected m JOIN ceremony c ON c.region = m.region AND {holds("c")}
            WHERE {ledgers} AND {held.format("c")} AND NOT c.withdrawn AND ({keeps} OR EXISTS (
              SELECT FROM entry e WHERE e.region = c.region AND e.ceremony_id = c.ceremony_id))) x),
          'positions', (SELECT coalesce(json_agg(json_build_array(m.region, m.position) ORDER BY m.region), '[]')
            FROM projected m WHERE {ledgers} AND {OF_A_PLACE}))"""  # noqa: S608 - binds and declared SQL only.


def counts_of(
    fetched: str, *, on: date, since: date | None, series: CeremonySeries | None, total: TotalKind
) -> BatchCounts:
    """Return what the statement answered.

    Raises:
        WrongCurrencyError: amounts of two currencies would be added up.
    """
    found = orjson.loads(fetched)
    counts = {one["kind"]: one for one in found["counts"]}
    ceremonies = {one["kind"]: one for one in found["ceremonies"]}

    def row(kind: BatchKind | None) -> BatchCount:
        listed: dict[str, Any] = counts.get(kind, {})
        held: dict[str, Any] = ceremonies.get(kind, {})
        currencies = listed.get("currencies", [])
        if len(currencies) > 1:
            raise WrongCurrencyError(
                "region", currencies=", ".join(currencies), rule="amounts of one currency: ask for a region"
            )
        return BatchCount(
            kind=kind,
            memberships=listed.get("memberships", 0),
            projects=listed.get("projects", 0),
            total=Money(fen=listed["fen"], currency=Currency(currencies[0])) if currencies else None,
            without_total=listed.get("without_total", 0),
            ceremonies=held.get("ceremonies", 0),
            periods=held.get("periods", 0),
        )

    return BatchCounts(
        on=on,
        since=since,
        series=series,
        total_kind=total,
        rows=[row(kind) for kind in BatchKind],
        whole=row(None),
        positions=[RegionPosition(region=region, position=position) for region, position in found["positions"]],
    )
