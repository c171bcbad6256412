"""重点项目名单: what each key list of a year comes to, and which projects are off their plan.

Lists overlap (F-04), so what they come to is never added up: a list is a filter of totals and not one of their groups.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any, Final

import orjson
import strawberry

from schema.annual_plan import PlanEntryRow
from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.investment import AnnualTarget, RegionPosition, day_of
from schema.lists import Summary, statement, summaries, targets, variance
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.project import Project
from schema.read import Binds
from schema.regions import region_of
from schema.values import Money, Position, RegionRef, StatedFigure, bounded
from service.domain.annual_plan import ListLevel, level_of
from service.domain.errors import InvalidValueError
from service.domain.figures import percent, rounded, time_progress
from service.domain.investment import Basis
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import FIRST_YEAR, Currency, Unit

_Decimals = Annotated[int, strawberry.argument(description="小数位 0 to 10; 2 unless said.")]
_Basis = Annotated[Basis, strawberry.argument(description="口径 One basis; they are never mixed.")]
_On = Annotated[date | None, strawberry.argument(description="截止日期 Cut-off; today in China unless said.")]

MOST_POINTS: Final = 1000


@strawberry.type(description="个数目标 A target that is a number of projects.")
class CountTarget:
    """A target counted in projects."""

    operator: Operator = strawberry.field(description="比较 At least, exactly, or about.")
    stated: StatedFigure = strawberry.field(description="所报数值 As its paper states it.")


@strawberry.type(description="名单汇总 What one key list comes to. Lists overlap: two of them are never added up.")
class KeyListSummary:
    """A list of an owner and a year, or the part of it that lies in the region that was asked about."""

    owner: RegionRef = strawberry.field(description="名单所属地区 Whose list.")
    level: ListLevel = strawberry.field(description="名单层级 By the owner's code.")
    year: int = strawberry.field(description="年度 Year of the list.")
    projects: int = strawberry.field(description="项目数 Projects on it; voided ones do not count.")
    new_starts: int = strawberry.field(description="新开工 Of them, to be started.")
    continuing: int = strawberry.field(description="续建 Of them, continuing.")
    preparatory: int = strawberry.field(description="前期 Of them, in preparation.")
    completing: int = strawberry.field(description="计划竣工 Of all, to be completed within the year.")
    planned: Money = strawberry.field(description="年度计划投资 Sum of what the list plans for its projects.")
    unplanned: int = strawberry.field(description="未列投资 Projects for which the list states no investment.")
    year_to_date: Money = strawberry.field(description="本年累计 Completed in the year by exactly its projects.")
    reported: int = strawberry.field(description="已报送 Projects with a figure in that year by that day.")
    investment_target: AnnualTarget | None = strawberry.field(
        description="投资目标 The owner's target for the year, where it keeps a ledger and all of it was asked about."
    )
    count_target: CountTarget | None = strawberry.field(
        description="个数目标 The owner's target for the number of projects; null as for investment."
    )
    of_planned_fen: strawberry.Private[int]

    @strawberry.field(
        description="完成率 Year to date as a percentage of the planned investment, half-up, of the projects for which"
        " some is stated; null if it is for none."
    )
    def rate(self, decimals: _Decimals = 2) -> str | None:
        """Return the rate."""
        return percent(self.of_planned_fen, self.planned.fen, bounded(decimals))

    @strawberry.field(
        description="目标完成率 Year to date as a percentage of the investment target, half-up; null without a target."
    )
    def target_rate(self, decimals: _Decimals = 2) -> str | None:
        """Return how much of the target was reached."""
        places = bounded(decimals)
        target = self.investment_target
        return None if target is None else percent(self.year_to_date.fen, target.amount.fen, places)


@strawberry.type(description="重点项目名单 The key lists of a year that have projects in a region.")
class KeyLists:
    """Lists beside each other."""

    basis: Basis = strawberry.field(description="口径 The one basis of all its figures.")
    through: date = strawberry.field(description="截止日期 Cut-off; not later than the year's end.")
    additive: bool = strawberry.field(
        description="可否相加 Always false: a project may be on several lists, so no two rows are added up."
    )
    rows: list[KeyListSummary] = strawberry.field(description="名单 By the owner's code: a region before those in it.")
    positions: list[RegionPosition] = strawberry.field(description="位置 What it was computed from.")
    year: strawberry.Private[int]

    @strawberry.field(description="时序进度 Elapsed share of the year in percent: whole months as twelfths.")
    def time_progress(self, decimals: _Decimals = 2) -> str:
        """Return the time progress; 0 before the year."""
        begun = self.through.year >= self.year
        return rounded(time_progress(self.through) * 100 if begun else Fraction(0), bounded(decimals))


@strawberry.enum(description="偏差方向 Which way a project is off its plan.")
class VarianceDirection(Enum):
    """Directions of a variance."""

    OVER = strawberry.enum_value("OVER", description="超计划 More was completed than the year's plan.")
    BEHIND = strawberry.enum_value("BEHIND", description="滞后 Less was completed than the year's elapsed share of it.")


@strawberry.type(description="计划偏差 A project that is off what one key list plans for it.")
class PlanVariance:
    """A project, the plan, and what was completed of it."""

    project: Project = strawberry.field(description="项目 The project.")
    entry: PlanEntryRow = strawberry.field(description="列入项目 The list's plan for it.")
    planned: Money = strawberry.field(description="年度计划投资 What that list plans.")
    year_to_date: Money | None = strawberry.field(
        description="本年累计 Completed in the year; null if no figure was reported, which counts as nothing done."
    )
    through: date = strawberry.field(description="截止日期 Cut-off; not later than the year's end.")

    @strawberry.field(description="完成率 Year to date as a percentage of the plan, half-up; null if the plan is 0.")
    def rate(self, decimals: _Decimals = 2) -> str | None:
        """Return the rate."""
        return percent(self._done, self.planned.fen, bounded(decimals))

    @strawberry.field(description="时序进度 Elapsed share of the year in percent: whole months as twelfths.")
    def time_progress(self, decimals: _Decimals = 2) -> str:
        """Return the time progress."""
        return rounded(time_progress(self.through) * 100, bounded(decimals))

    @strawberry.field(description="超序时 Rate less time progress, in percentage points; null if the plan is 0.")
    def ahead(self, decimals: _Decimals = 2) -> str | None:
        """Return how far it is ahead of the year; negative behind it."""
        places = bounded(decimals)
        if not self.planned.fen:
            return None
        return rounded(Fraction(self._done * 100, self.planned.fen) - time_progress(self.through) * 100, places)

    @property
    def _done(self) -> int:
        return 0 if self.year_to_date is None else self.year_to_date.fen


_WORST: Final = Order(
    "GAP",
    (("e.gap", "bigint"), ("e.region", "text"), ("e.project_id", "uuid"), ("e.list_owner", "text")),
    descending=True,
)


def _cut(year: int, on: date | None) -> date:
    """Return the day through which a year's figures count."""
    return min(day_of(on), date(year, 12, 31))


@strawberry.type
class KeyListQuery:
    """Queries on key lists."""

    @strawberry.field(
        description="重点项目名单 Every key list of a year that has projects in a region, with what it comes to on one"
        " basis. Levels overlap and are never added up."
    )
    async def key_lists(
        self,
        info: Info,
        region: Annotated[
            str, strawberry.argument(description="所在地 A region and all below it, by whichever code it had.")
        ],
        year: Annotated[int, strawberry.argument(description="年度 Year of the lists.")],
        basis: _Basis,
        on: _On = None,
    ) -> KeyLists | None:
        """Return the lists and the positions that they stand for, in one statement."""
        area = region_of(region, "region")
        if not FIRST_YEAR <= year <= date.max.year:
            raise InvalidValueError("year", value=year)
        day = _cut(year, on)
        binds = Binds()
        sql = statement(binds, area, year, basis, day)
        found = orjson.loads((await info.context.fetch(sql, binds.values, area=area))[0])
        return KeyLists(
            basis=basis,
            through=day,
            additive=False,
            rows=[_shown(one, year, targets(found)) for one in summaries(found)],
            positions=[RegionPosition(region=code, position=Position(at)) for code, at in found["positions"]],
            year=year,
        )

    @strawberry.field(
        description="计划偏差 Projects off their year's plan, the furthest first: a row for each list that plans an"
        " investment for them."
    )
    async def plan_variance(
        self,
        info: Info,
        *,
        basis: _Basis,
        direction: Annotated[VarianceDirection, strawberry.argument(description="偏差方向 Over the plan, or behind.")],
        on: _On = None,
        points: Annotated[
            int,
            strawberry.argument(
                description="百分点 More than so many percentage points off; 0 to 1000, 0 unless said."
            ),
        ] = 0,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            InvestmentTotalsFilter | None,
            strawberry.argument(description="筛选 Which projects; with a list, its plan and year alone count."),
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[PlanVariance] | None:
        """Return a page of projects, in one statement."""
        asked = filter or InvestmentTotalsFilter()
        today = day_of(on)
        year = today.year if asked.key_list is None else asked.key_list.need_year()
        if year > today.year:
            raise InvalidValueError("on", value=today, rule="not before the list's year")
        if not 0 <= points <= MOST_POINTS:
            raise InvalidValueError("points", rule=f"0 to {MOST_POINTS}", value=points)
        day = _cut(year, today)
        page = Page.ask(
            info,
            _WORST,
            [asked.told(), basis, direction.value, today, points],
            first=first,
            after=after,
            last=last,
            before=before,
        )
        sql, values = variance(
            asked,
            page,
            basis=basis,
            year=year,
            day=day,
            points=points,
            over=direction is VarianceDirection.OVER,
        )
        return await info.context.page(PlanVariance, page, sql, values, area=asked.area())


def _shown(one: Summary, year: int, known: dict[tuple[str, str], dict[str, Any]]) -> KeyListSummary:
    currency = Currency(one.currency)
    investment, count = (
        known.get((one.owner, measure)) for measure in (TargetMeasure.INVESTMENT, TargetMeasure.PROJECT_COUNT)
    )
    return KeyListSummary(
        owner=RegionRef(code=one.owner),
        level=level_of(one.owner),
        year=year,
        projects=one.projects,
        new_starts=one.new_starts,
        continuing=one.continuing,
        preparatory=one.preparatory,
        completing=one.completing,
        planned=Money(fen=one.planned_fen, currency=currency),
        unplanned=one.unplanned,
        year_to_date=Money(fen=one.year_to_date_fen, currency=currency),
        reported=one.reported,
        investment_target=None
        if investment is None
        else AnnualTarget(
            operator=Operator(investment["operator"]),
            stated=_stated(investment),
            amount=Money(fen=investment["value"], currency=currency),
        ),
        count_target=None
        if count is None
        else CountTarget(operator=Operator(count["operator"]), stated=_stated(count)),
        of_planned_fen=one.of_planned_fen,
    )


def _stated(target: dict[str, Any]) -> StatedFigure:
    return StatedFigure(figure=target["figure"], unit=Unit(target["unit"]))
