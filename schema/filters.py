"""筛选: which projects a list or a total is of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import strawberry

from schema.light_rows import LAMPS, light_rules
from schema.read import Binds, holds
from schema.regions import may_hold, may_list, region_of, same_county, within
from schema.register_conditions import (
    GateSpan,
    SizeBandInput,
    TotalAtLeast,
    all_reached,
    at_least,
    names_of,
    of_industry,
)
from schema.search import MOST_CHARACTERS, named
from schema.warning_rules import day_asked, warned
from service.clock import today_in_china
from service.domain.annual_plan import ListLevel, PlanClass
from service.domain.errors import InvalidValueError
from service.domain.identity import AssetType, Track
from service.domain.lights import Light, LightKind
from service.domain.stages import Activity, HandlingClass, Phase
from service.domain.values import FIRST_YEAR, MOST_LISTED, Region
from service.domain.warnings import WarningKind


@strawberry.input(description="灯色 A kind of light, and colours that it may show.")
class LightInput:
    """A light."""

    kind: LightKind = strawberry.field(description="灯类 Which light.")
    light: list[Light] = strawberry.field(description="灯色 Any of these.")
    on: date | None = strawberry.field(default=None, description="日期 On which day; today in China unless said.")

    def where(self, binds: Binds) -> str:
        """Return the predicate over a project row `p`.

        Raises:
            InvalidValueError: no colour, or no such day.
        """
        if not self.light:
            raise InvalidValueError("filter", "light", "light", rule="at least one")
        colours = binds(sorted({one.value for one in self.light}), "text[]")
        rules = light_rules("p.region", day_asked(self.on, "filter", "light", "on"), binds)
        return (
            f"EXISTS (SELECT FROM ({rules}) r CROSS JOIN LATERAL ({LAMPS[self.kind].sql(self.kind)}) l"
            f" WHERE l.light = ANY({colours}))"
        )


LAST_YEAR: Final = 2199
_OVERDUE: Final = (WarningKind.GATE_OVERDUE, WarningKind.MILESTONE_OVERDUE)
# By the digits of its owner's code, as `level_of` has it.
_LEVEL: Final = (
    f"CASE WHEN right(l.list_owner, 4) = '0000' THEN '{ListLevel.PROVINCE}'"
    f" WHEN right(l.list_owner, 2) = '00' THEN '{ListLevel.PREFECTURE}' ELSE '{ListLevel.COUNTY}' END"
)


@strawberry.input(
    description="重点项目名单 One owner's key list of a year. Lists overlap: two of them are never added up."
)
class KeyListInput:
    """A key list."""

    owner: str = strawberry.field(
        description="名单所属地区 Code of the county, prefecture or province; its former and later codes are one."
    )
    year: int = strawberry.field(description="年度 Year of the list.")

    def need_year(self) -> int:
        """Return the year.

        Raises:
            InvalidValueError: no list is of such a year.
        """
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise InvalidValueError("filter", "list", "year", value=self.year)
        return self.year

    def need_owner(self) -> Region:
        """Return the owner.

        Raises:
            UnknownRegionError: no such code.
        """
        return region_of(self.owner, "filter", "list", "owner")


@strawberry.input(description="汇总筛选 Which projects are totalled; conditions are joined by and.")
class InvestmentTotalsFilter:
    """Conditions on projects that are not voided."""

    region: str | None = strawberry.field(
        default=None, description="所在地 A region and all below it; a county's former and later codes are one."
    )
    phase: list[Phase] | None = strawberry.field(default=None, description="时期 Any of these.")
    stage: list[str] | None = strawberry.field(default=None, description="阶段 Any of these codes.")
    handling: list[HandlingClass] | None = strawberry.field(default=None, description="处置类别 Any of these.")
    activity: list[Activity] | None = strawberry.field(default=None, description="活动状态 Any of these.")
    category: list[str] | None = strawberry.field(default=None, description="项目类别 Any of these codes.")
    track: list[Track] | None = strawberry.field(default=None, description="推进方式 Any of these.")
    asset_type: list[AssetType] | None = strawberry.field(default=None, description="资产类型 Any of these (B8).")
    in_park: bool | None = strawberry.field(default=None, description="入园 Whether it lies in a park.")
    investor_class: list[str] | None = strawberry.field(
        default=None, description="投资方类别 An investor of any of these classes (三类500强 ...)."
    )
    total_at_least: TotalAtLeast | None = strawberry.field(default=None, description="总投资下限 A total this large.")
    reached: list[GateSpan] | None = strawberry.field(
        default=None, description="节点时段 All of these gates, each reached in its span of days."
    )
    text: str | None = strawberry.field(
        default=None,
        description=f"名称检索 Whose name or alias holds all of these words, 1 to {MOST_CHARACTERS} characters; full"
        " and half width, capitals and small letters are one.",
    )
    industry: list[str] | None = strawberry.field(
        default=None,
        description="国民经济行业 Any of these codes of GB/T 4754 and all below them, such as C 制造业, C26, or 26 and"
        " 2614 as the standard prints them.",
    )
    size: SizeBandInput | None = strawberry.field(
        name="sizeBand", default=None, description="规模档次 A total investment of any of these sizes (G16)."
    )
    responsible_unit: list[str] | None = strawberry.field(default=None, description="责任单位 Any of these names.")
    sector_authority: list[str] | None = strawberry.field(default=None, description="行业主管部门 Any of these names.")
    township: list[str] | None = strawberry.field(default=None, description="乡镇街道 Any of these names.")
    park: list[str] | None = strawberry.field(default=None, description="园区 Any of these names.")
    listed_in: int | None = strawberry.field(
        default=None, description="列入年度 On a key list of this year, whosever it is."
    )
    level: list[ListLevel] | None = strawberry.field(
        default=None, description="名单层级 Of any of these levels: only together with `listedIn`."
    )
    paused: bool | None = strawberry.field(
        default=None, description="停缓建 Whether it is suspended or deferred; one that was terminated is neither."
    )
    overdue: bool | None = strawberry.field(
        default=None,
        description="逾期 Whether a gate or a milestone is overdue: whether `warnings` has it with GATE_OVERDUE or"
        " MILESTONE_OVERDUE.",
    )
    overdue_on: date | None = strawberry.field(
        default=None, description="逾期日期 Of which day; today in China unless said. Only together with `overdue`."
    )
    key_list: KeyListInput | None = strawberry.field(
        name="list", default=None, description="重点项目名单 Projects on this one list; not additive, so never a group."
    )
    plan_class: list[PlanClass] | None = strawberry.field(
        default=None, description="年度计划类别 Any of these, by that list: only together with `list`."
    )
    warning: list[WarningKind] | None = strawberry.field(
        default=None, description="预警类别 Projects that `warnings` has with any of these, such as SLOW 进展缓慢."
    )
    warning_on: date | None = strawberry.field(
        default=None, description="预警日期 Of which day; today in China unless said. Only together with `warning`."
    )

    light: LightInput | None = strawberry.field(
        default=None, description="红黄绿灯 Projects whose light of one kind shows any of these colours."
    )
    priority: bool | None = strawberry.field(
        default=None,
        description="优先保障 Whether it is on a key list, of any level, of the year of `priorityOn` (B15).",
    )
    priority_on: date | None = strawberry.field(
        default=None, description="优先保障日期 Day whose year's lists make it so; today in China unless said."
    )

    def told(self) -> dict[str, Any]:
        """Return it as plain values, for a cursor's mark."""
        plain = {
            name: vars(one) if isinstance(one, KeyListInput | LightInput) else one for name, one in vars(self).items()
        }
        return {name: value for name, value in plain.items() if value is not None}

    def where(self, binds: Binds, held: Callable[[str], str] = holds) -> list[str]:
        """Return predicates over a project row `p`.

        Args:
            binds: parameters of the statement.
            held: the predicate that a versioned row held when it is asked about; now unless said.

        Raises:
            InvalidValueError: a value that can't be one, or too many.
        """
        return ["NOT p.voided", *self._where(binds, held)]

    def _where(self, binds: Binds, held: Callable[[str], str]) -> list[str]:
        found = []
        if self.region is not None:
            found.append(within("p.location", region_of(self.region, "filter", "region"), binds))
        for name in ("phase", "stage", "handling", "activity", "category", "track", "asset_type"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) > MOST_LISTED:
                raise InvalidValueError("filter", name, rule=f"at most {MOST_LISTED}")
            found.append(f"p.{name} = ANY({binds([str(one) for one in values], 'text[]', 'filter', name)})")
        if self.in_park is not None:
            found.append(f"p.park IS {'NOT ' if self.in_park else ''}NULL")
        if self.investor_class is not None:
            if len(self.investor_class) > MOST_LISTED:
                raise InvalidValueError("filter", "investor_class", rule=f"at most {MOST_LISTED}")
            codes = binds(self.investor_class, "text[]", "filter", "investorClass")
            found.append(f"EXISTS (SELECT FROM jsonb_array_elements(p.investors) i WHERE i -> 'classes' ?| {codes})")
        return [*found, *self._stated(binds, held), *self._listed(binds, held), *self._warned(binds)]

    def _stated(self, binds: Binds, held: Callable[[str], str]) -> list[str]:
        """Return predicates on what a project's register states, where that is not one of some codes."""
        found = []
        if self.text is not None:
            found += named(self.text, binds, held, "filter", "text")
        if self.industry is not None:
            found.append(of_industry(self.industry, binds))
        if self.size is not None:
            found.append(self.size.where(binds))
        for name in ("responsible_unit", "sector_authority", "township", "park"):
            if (names := getattr(self, name)) is not None:
                found.append(f"p.{name} = ANY({binds(names_of(names, name), 'text[]', 'filter', name)})")
        if self.paused is not None:
            paused = "p.activity IN ('SUSPENDED', 'DEFERRED')"
            found.append(paused if self.paused else f"NOT {paused}")
        if self.total_at_least is not None:
            found.append(at_least(self.total_at_least, binds))
        if self.reached is not None:
            found += all_reached(self.reached, binds)
        return found

    def _listed(self, binds: Binds, held: Callable[[str], str]) -> list[str]:
        """Return predicates on the key lists that a project is on."""
        found = []
        if self.listed_in is not None:
            found.append(self._in_year(self.listed_in, binds, held))
        elif self.level is not None:
            raise InvalidValueError("filter", "level", rule="only with listedIn, which says of what year")
        if self.light is not None:
            found.append(self.light.where(binds))
        if entry := self.entry("k", binds):
            # Which ledgers keep the list is said of the entry too: else PostgreSQL 16 reads the entries of all ledgers.
            kept = self.ledgers("k.region", binds)
            found.append(
                "EXISTS (SELECT FROM plan_entry k WHERE k.region = p.region AND k.project_id = p.project_id"
                f" AND {held('k')} AND {kept} AND {' AND '.join(entry)})"
            )
        if self.priority is not None:
            year = binds((self.priority_on or today_in_china()).year, "integer")
            found.append(
                f"{'' if self.priority else 'NOT '}EXISTS (SELECT FROM plan_entry q WHERE q.region = p.region"
                f" AND q.project_id = p.project_id AND {held('q')} AND q.year = {year})"
            )
        elif self.priority_on is not None:
            raise InvalidValueError("filter", "priority_on", rule="only with priority")
        return found

    def _warned(self, binds: Binds) -> list[str]:
        """Return predicates on what the lists of warnings have of a project, by what the ledger has now."""
        found = []
        if self.warning is not None:
            found.append(warned(self.warning, self.warning_on, binds, "warning"))
        elif self.warning_on is not None:
            raise InvalidValueError("filter", "warning_on", rule="only with a warning")
        if self.overdue is not None:
            late = warned(_OVERDUE, self.overdue_on, binds, "overdue")
            found.append(late if self.overdue else f"NOT {late}")
        elif self.overdue_on is not None:
            raise InvalidValueError("filter", "overdue_on", rule="only with overdue")
        return found

    def _in_year(self, year: int, binds: Binds, held: Callable[[str], str]) -> str:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise InvalidValueError("filter", "listed_in", rule=f"{FIRST_YEAR} to {LAST_YEAR}", value=year)
        level = ""
        if self.level is not None:
            level = f" AND {_LEVEL} = ANY({binds(sorted({one.value for one in self.level}), 'text[]')})"
        return (
            "EXISTS (SELECT FROM plan_entry l WHERE l.region = p.region AND l.project_id = p.project_id"
            f" AND {held('l')} AND l.year = {binds(year, 'integer')}{level})"
        )

    def entry(self, alias: str, binds: Binds) -> list[str]:
        """Return predicates over an entry of the list that was asked for; none if none was.

        Raises:
            InvalidValueError: a list that can't be one, or a class without a list.
        """
        if self.key_list is None:
            if self.plan_class is not None:
                raise InvalidValueError("filter", "plan_class", rule="only with a list, which says of what year it is")
            return []
        found = [
            same_county(f"{alias}.list_owner", self.key_list.need_owner(), binds),
            f"{alias}.year = {binds(self.key_list.need_year(), 'integer')}",
        ]
        if self.plan_class is not None:
            classes = sorted({one.value for one in self.plan_class})
            found.append(f"{alias}.plan_class = ANY({binds(classes, 'text[]')})")
        return found

    def whole(self) -> bool:
        """Return whether nothing but region and category chooses, so that a target may be of what is chosen."""
        return not set(self.told()) - {"region", "category"}

    def area(self) -> Region | None:
        """Return the region that was asked for."""
        return None if self.region is None else region_of(self.region, "filter", "region")

    def ledgers(self, sql: str, binds: Binds) -> str:
        """Return the predicate that a ledger may hold projects of the filter's region and list."""
        found = []
        if self.region is not None:
            found.append(may_hold(sql, region_of(self.region, "filter", "region"), binds))
        if self.key_list is not None:
            found.append(may_list(sql, self.key_list.need_owner(), binds))
        return " AND ".join(found) or "true"


@strawberry.input(description="筛选 Which projects; conditions are joined by and.")
class ProjectFilter(InvestmentTotalsFilter):
    """Conditions on projects."""

    include_voided: bool = strawberry.field(default=False, description="含作废 Whether voided ones are shown too.")

    def where(self, binds: Binds, held: Callable[[str], str] = holds) -> list[str]:
        """Return predicates over a project row `p`."""
        return self._where(binds, held) if self.include_voided else super().where(binds, held)
