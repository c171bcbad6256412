"""项目计数: how many projects, the funnel from signing to benefits, and the days between gates."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import orjson
import strawberry

from projections.standing import GATE_DATES
from schema.context import Info
from schema.dimensions import OF_PROJECTS, REGION, asked_for, columns, grouping, order_of
from schema.filters import InvestmentTotalsFilter
from schema.read import Binds, holds
from schema.regions import newest
from schema.register_conditions import TOTALS
from schema.values import Money, RegionRef, bounded
from service.access import Sight
from service.domain.errors import InvalidValueError, WrongCurrencyError
from service.domain.figures import percent
from service.domain.gates import Gate
from service.domain.total_investment import TotalKind
from service.domain.values import Currency

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ROWS: Final = 5000


if TYPE_CHECKING:
    CountGroup: TypeAlias = Enum
else:
    CountGroup = grouping(
        "CountGroup",
        OF_PROJECTS,
        "分组 By what projects are counted; each project is in one group, so they add up.",
    )


@strawberry.type(description="分组值 One dimension of a group, and its value there; null where it is not stated.")
class GroupKey:
    """A value of a dimension."""

    group: CountGroup = strawberry.field(description="分组 Which dimension.")
    value: str | None = strawberry.field(description="值 Code or text.")

    @strawberry.field(description="行政区划 The region, if that is the dimension.")
    def region(self) -> RegionRef | None:
        """Return the region."""
        return RegionRef(code=self.value) if self.group.value is REGION and self.value else None


@strawberry.type(description="计数行 One group.")
class ProjectCount:
    """A count."""

    keys: list[GroupKey] = strawberry.field(description="分组值 In the order asked for.")
    projects: int = strawberry.field(description="项目数 Each counted once.")
    with_total: int = strawberry.field(description="有总投资的项目数 Projects for which that total is stated.")
    sums: strawberry.Private[dict[str, int]]

    @strawberry.field(description="总投资 Sum of the total asked for, over projects for which it is stated.")
    def total(self) -> Money:
        """Return the sum.

        Raises:
            WrongCurrencyError: the group has projects of ledgers in two currencies.
        """
        if len(self.sums) > 1:
            raise WrongCurrencyError(
                "filter",
                currencies=", ".join(sorted(self.sums)),
                rule="amounts of one currency: filter by region, or group by REGION",
            )
        currency, fen = next(iter(self.sums.items()), (Currency.CNY, 0))
        return Money(fen=fen, currency=Currency(currency))


@strawberry.type(description="漏斗环节 A step: how many of the cohort came so far, and of those of the step before.")
class FunnelStep:
    """A step of the funnel."""

    gate: Gate = strawberry.field(description="节点 Which gate.")
    projects: int = strawberry.field(description="项目数 Of the cohort, those that reached this gate.")
    of_before: int = strawberry.field(description="承接数 Of those that reached the gate before, those that did.")
    before: strawberry.Private[int]

    @strawberry.field(
        description="转化率 Of those that reached the gate before, the share that reached this one, in percent,"
        " half-up: 履约率, 开工率, 投产率, 达效率; null for the first, and where none reached the gate before."
    )
    def rate(
        self, decimals: Annotated[int, strawberry.argument(description="小数位 0 to 10; 2 unless said.")] = 2
    ) -> str | None:
        """Return the rate."""
        places = bounded(decimals)
        return None if self.gate is FUNNEL[0] else percent(self.of_before, self.before, places)


FUNNEL: Final = (
    Gate.CONTRACT_SIGNED,
    Gate.FULFILLED,
    Gate.STARTED,
    Gate.PUT_INTO_PRODUCTION,
    Gate.BENEFITS_REACHED,
)
"""签约 -> 履约 -> 开工 -> 投产 -> 达效. Source: mission.md 1.2, item 7."""


@strawberry.type(description="用时 Days from one gate to another, over projects that reached both.")
class Duration:
    """Elapsed days."""

    since: Gate = strawberry.field(description="起始节点 From which gate.")
    until: Gate = strawberry.field(description="到达节点 To which gate.")
    projects: int = strawberry.field(description="项目数 Projects that reached both.")
    shortest: int | None = strawberry.field(description="最短天数 Fewest days.")
    median: int | None = strawberry.field(description="中位天数 The middle one; of two the smaller.")
    longest: int | None = strawberry.field(description="最长天数 Most days.")
    same_year: int = strawberry.field(description="当年实现数 Projects that reached both in one year (B10, B12).")


@strawberry.input(description="起止节点 Two gates, the days between which are asked for.")
class Between:
    """Two gates."""

    since: Gate = strawberry.field(description="起始节点 From which gate.")
    until: Gate = strawberry.field(description="到达节点 To which gate.")


@dataclass(slots=True)
class _Sum:
    projects: int = 0
    with_total: int = 0
    sums: Counter[str] = field(default_factory=Counter)


def _needed(recorded_at: datetime | None) -> Sight:
    """Return the level that a question needs: what stood before a correction is history."""
    return Sight.PUBLIC if recorded_at is None else Sight.HISTORY


def _held(recorded_at: datetime | None, binds: Binds) -> Callable[[str], str]:
    """Return the predicate that a versioned row holds now, or held at an instant."""
    if recorded_at is None:
        return holds
    at_us = binds(int(recorded_at.timestamp() * 1_000_000), "bigint")
    return lambda alias: f"{alias}.recorded_from <= {at_us} AND {alias}.recorded_to > {at_us}"


def _day(gate: Gate, *path: str) -> str:
    if gate not in GATE_DATES:
        raise InvalidValueError(*path, value=gate, rule=", ".join(GATE_DATES))
    return f"p.{GATE_DATES[gate]}"


_Filter = Annotated[
    InvestmentTotalsFilter | None, strawberry.argument(description="筛选 Which projects; all that are not voided.")
]
_RecordedAt = Annotated[
    datetime | None,
    strawberry.argument(description="记录时点 As the ledgers had recorded it then; as they have it now unless said."),
]


@strawberry.type
class CountQuery:
    """Queries that count."""

    @strawberry.field(description="项目计数 Projects by groups, each project once, with the sum of one kind of total.")
    async def project_counts(
        self,
        info: Info,
        group_by: Annotated[list[CountGroup] | None, strawberry.argument(description="分组 Dimensions.")] = None,
        total: Annotated[
            TotalKind, strawberry.argument(description="总投资口径 Which total; kinds are never mixed.")
        ] = TotalKind.STATISTICAL,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        recorded_at: _RecordedAt = None,
    ) -> list[ProjectCount] | None:
        """Return counts, in one statement."""
        groups = list(dict.fromkeys(group_by or ()))
        keys = asked_for(groups)
        asked = filter or InvestmentTotalsFilter()
        binds = Binds()
        held = _held(recorded_at, binds)
        where = " AND ".join([held("p"), *asked.where(binds, held)])
        sql = f"""
            SELECT json_build_array(x.keys, x.currency, x.projects, x.with_total, x.total) FROM (
              SELECT json_build_array({", ".join(f"g.k{number}" for number in range(len(keys)))}) AS keys, g.currency,
                count(*) AS projects, count(g.total) AS with_total, coalesce(sum(g.total), 0) AS total
              FROM (
                SELECT {columns(keys, asked, total, binds, held)}pl.currency, p.{TOTALS[total]} AS total
                FROM project_status p
                JOIN place_status pl ON pl.region = p.region AND pl.place = p.region AND {holds("pl")}
                WHERE {where}
              ) g
              GROUP BY {", ".join([*(f"g.k{number}" for number in range(len(keys))), "g.currency"])}
              LIMIT {MOST_ROWS + 1}
            ) x"""  # noqa: S608 - binds and declared SQL only.
        rows = [
            orjson.loads(row)
            for row in await info.context.fetch(sql, binds.values, area=asked.area(), need=_needed(recorded_at))
        ]
        if len(rows) > MOST_ROWS:
            raise InvalidValueError("groupBy", rule=f"at most {MOST_ROWS} rows: narrow the filter or the groups")
        return _counts(rows, groups)

    @strawberry.field(
        description="项目漏斗 签约 -> 履约 -> 开工 -> 投产 -> 达效: of projects signed in a span of days, how many came"
        " how far by now."
    )
    async def funnel(
        self,
        info: Info,
        signed_from: Annotated[date | None, strawberry.argument(description="签约起始日期 First day.")] = None,
        signed_to: Annotated[date | None, strawberry.argument(description="签约截止日期 Last day.")] = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        recorded_at: _RecordedAt = None,
    ) -> list[FunnelStep] | None:
        """Return the steps, in one statement."""
        asked = filter or InvestmentTotalsFilter()
        binds = Binds()
        held = _held(recorded_at, binds)
        where = [held("p"), "p.signed_on IS NOT NULL", *asked.where(binds, held)]
        if signed_from is not None:
            where.append(f"p.signed_on >= {binds(signed_from, 'date')}")
        if signed_to is not None:
            where.append(f"p.signed_on <= {binds(signed_to, 'date')}")
        days = [f"p.{GATE_DATES[gate]}" for gate in FUNNEL]
        reached = ", ".join(f"count({day})" for day in days)
        both = ", ".join(
            f"count(*) FILTER (WHERE {before} IS NOT NULL AND {day} IS NOT NULL)"
            for before, day in zip([days[0], *days], days, strict=False)
        )
        sql = f"""
            SELECT json_build_array(json_build_array({reached}), json_build_array({both}))
            FROM project_status p WHERE {" AND ".join(where)}"""  # noqa: S608 - binds and declared SQL only.
        (row,) = await info.context.fetch(sql, binds.values, area=asked.area(), need=_needed(recorded_at))
        counts, of_before = orjson.loads(row)
        return [
            FunnelStep(gate=gate, projects=count, of_before=both, before=before)
            for gate, count, both, before in zip(FUNNEL, counts, of_before, [counts[0], *counts], strict=False)
        ]

    @strawberry.field(
        description="节点用时 Days between gates (B8-B12): 签约-落地-开工-竣工-达效 unless said; over projects that"
        " reached both gates, the first day of each counting."
    )
    async def durations(
        self,
        info: Info,
        between: Annotated[list[Between] | None, strawberry.argument(description="起止节点 Pairs of gates.")] = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        recorded_at: _RecordedAt = None,
    ) -> list[Duration] | None:
        """Return durations, in one statement."""
        pairs = [(one.since, one.until) for one in between] if between is not None else list(_DURATIONS)
        if not 1 <= len(pairs) <= _MOST_PAIRS:
            raise InvalidValueError("between", rule=f"1 to {_MOST_PAIRS}")
        asked = filter or InvestmentTotalsFilter()
        binds = Binds()
        held = _held(recorded_at, binds)
        where = " AND ".join([held("p"), *asked.where(binds, held)])
        parts = []
        for number, (since, until) in enumerate(pairs):
            first, last = (_day(gate, "between", f"[{number}]") for gate in (since, until))
            days = f"({last} - {first})"
            parts.append(
                f"json_build_array(count({days}), min({days}),"
                f" percentile_disc(0.5) WITHIN GROUP (ORDER BY {days}), max({days}),"
                f" count(*) FILTER (WHERE extract(year FROM {first}) = extract(year FROM {last})))"
            )
        sql = f"""
            SELECT json_build_array({", ".join(parts)}) FROM project_status p WHERE {where}"""  # noqa: S608 - as above.
        (row,) = await info.context.fetch(sql, binds.values, area=asked.area(), need=_needed(recorded_at))
        return [
            Duration(
                since=since,
                until=until,
                projects=count,
                shortest=shortest,
                median=median,
                longest=longest,
                same_year=same_year,
            )
            for (since, until), (count, shortest, median, longest, same_year) in zip(
                pairs, orjson.loads(row), strict=True
            )
        ]


_MOST_PAIRS: Final = 20
_DURATIONS: Final = (
    (Gate.CONTRACT_SIGNED, Gate.LANDED),
    (Gate.LANDED, Gate.STARTED),
    (Gate.CONTRACT_SIGNED, Gate.STARTED),
    (Gate.STARTED, Gate.COMPLETED),
    (Gate.COMPLETED, Gate.BENEFITS_REACHED),
    (Gate.STARTED, Gate.PUT_INTO_PRODUCTION),
)


def _counts(rows: list[Any], groups: list[CountGroup]) -> list[ProjectCount]:
    """Return rows as counts; a county that changed its code is one group, under the code that it has today."""
    found: dict[tuple[str | None, ...], _Sum] = {}
    for values, currency, projects, with_total, total in rows:
        key = tuple(
            newest(value) if group.value is REGION else value for group, value in zip(groups, values, strict=True)
        )
        one = found.setdefault(key, _Sum())
        one.projects += projects
        one.with_total += with_total
        one.sums[currency] += total
    ordered = sorted(found.items(), key=lambda item: order_of(item[0]))
    return [
        ProjectCount(
            keys=[GroupKey(group=group, value=value) for group, value in zip(groups, key, strict=True)],
            projects=one.projects,
            with_total=one.with_total,
            sums=dict(one.sums),
        )
        for key, one in ordered
    ] or ([ProjectCount(keys=[], projects=0, with_total=0, sums={})] if not groups else [])
