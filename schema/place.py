"""地区与年度计划: the places that keep a ledger, and their targets."""

from __future__ import annotations

import typing

import orjson
import strawberry

from schema.command_batches import with_batches
from schema.commands import Payload, mutation
from schema.context import Info
from schema.read import Binds, build, children, column, holds, reads, select_list
from schema.selection import Selection
from schema.values import Position, RegionRef, StatedFigure, Term, stated_sql
from service.domain import adoption, annual_plan, configuration, gates, liaison, lights, place, plan, priority, warnings
from service.domain.values import Currency


@reads("a", "年度目标 A target of a place for a year.", name="PlaceTarget")
class TargetRow:
    """A target in force."""

    year: int = column("a.year", "年度 Year.")
    measure: plan.TargetMeasure = column("a.measure", "计划指标 What it measures.")
    category: str | None = column("nullif(a.category, '')", "项目类别 Of one category only; null for all.")
    operator: plan.Operator = column("a.operator", "比较 At least, exactly, or about.")
    stated: StatedFigure = column(stated_sql("a"), "所报数值 As stated.")
    reason: str | None = column("a.reason", "调整理由 Why it was revised.")
    position: Position = column("a.position", "日志位置 The fact's place in the region's log.")


@reads("pl", "台账地区 A region that keeps a ledger.")
class Place:
    """A region with its configuration."""

    region: RegionRef = column("pl.code", "行政区划 The region.")
    name: str = column("pl.name", "名称 Name of the ledger's place.")
    purpose: place.Purpose = column("pl.purpose", "台账性质 Live, demo or sandbox.")
    currency: Currency = column("pl.currency", "币种 Currency of its amounts.")
    start_basis: gates.StartBasis = column("pl.start_basis", "开工认定口径 Which date counts as the start.")
    categories: list[Term] = column("pl.categories", "项目类别 Its list of categories.")
    configuration_from: RegionRef | None = column(
        "pl.configuration_from",
        "沿用配置来源 The superior whose configuration it follows; null if it follows nobody.",
    )
    position: Position = column(
        "(SELECT m.position FROM projected m WHERE m.region = pl.region)", "日志位置 How far queries have its log."
    )
    targets: list[TargetRow] = children(
        TargetRow,
        table="annual_target",
        where="a.region = pl.region",
        order="a.year, a.measure, a.category",
        description="年度目标 Targets in force.",
    )


@strawberry.type
class PlaceQuery:
    """Queries on places."""

    @strawberry.field(
        description="台账地区 Every region that keeps a ledger, by its log's key; null while it is being repaired."
    )
    async def places(self, info: Info) -> list[Place | None] | None:
        """Return all places; one whose data is being repaired is an error of its own."""
        binds = Binds()
        sql = f"""
            SELECT json_build_array(pl.region, {select_list(Place, Selection.of(info), binds)}) FROM place_status pl
            WHERE {holds("pl")} ORDER BY pl.region LIMIT 5000"""  # noqa: S608 - declared SQL only.
        found, aside = await info.context.fetch_all(sql, binds.values)
        rows = [orjson.loads(row) for row in found]
        # The executor takes an error in a list as that of the one item.
        return [typing.cast("Place", aside[region]) if region in aside else build(Place, row) for region, row in rows]


@strawberry.type(description="地区操作结果 What became of a command on a place.")
class PlacePayload(Payload):
    """Outcome of a command on a place."""

    @strawberry.field(description="台账地区 As it stands after the command; null if it was refused or is not settled.")
    async def place(self, info: Info) -> Place | None:
        """Return the place, in one statement."""
        if self.subject is None or not self.settled:
            return None
        region, _ = self.subject
        binds = Binds()
        sql = f"""
            SELECT {select_list(Place, Selection.of(info), binds)} FROM place_status pl
            WHERE pl.region = {binds(region, "text")} AND {holds("pl")} LIMIT 1"""  # noqa: S608 - declared SQL only.
        return await info.context.one(Place, sql, binds.values, regions=(region,))


@strawberry.type
@with_batches(
    "annual_target_set", "unit_liaison_assign", "unit_liaison_end", "annual_plan_include", "annual_plan_remove"
)
class PlaceMutation:
    """Commands on places and their plans."""

    place_open = mutation(place.OpenPlace, PlacePayload)
    place_recode = mutation(place.RecodePlace, PlacePayload)
    dictionary_set = mutation(configuration.SetDictionary, PlacePayload)
    schedule_template_set = mutation(configuration.SetScheduleTemplate, PlacePayload)
    schedule_rules_set = mutation(configuration.SetScheduleRules, PlacePayload)
    stages_set = mutation(configuration.SetStages, PlacePayload)
    definition_set = mutation(configuration.SetDefinition, PlacePayload)
    configuration_adopt = mutation(adoption.AdoptConfiguration, PlacePayload)
    configuration_adoption_end = mutation(adoption.EndAdoption, PlacePayload)
    priority_limits_set = mutation(priority.SetPriorityLimits, PlacePayload)
    warning_rules_set = mutation(warnings.SetWarningRules, PlacePayload)
    light_rules_set = mutation(lights.SetLightRules, PlacePayload)
    annual_target_set = mutation(plan.SetAnnualTarget, PlacePayload)
    unit_liaison_assign = mutation(liaison.AssignUnitLiaison, PlacePayload)
    unit_liaison_end = mutation(liaison.EndUnitLiaison, PlacePayload)
    annual_plan_include = mutation(annual_plan.IncludeInAnnualPlan, PlacePayload)
    annual_plan_remove = mutation(annual_plan.RemoveFromAnnualPlan, PlacePayload)
