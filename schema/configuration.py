"""地区配置查询: a place's dictionaries, stages and templates: its own, or the default ones."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import strawberry

from schema.context import Info
from schema.read import Binds, holds
from schema.regions import region_of, same_county
from schema.values import Term
from service.domain.configuration import default_templates
from service.domain.dictionaries import Dictionary, defaults
from service.domain.gates import Gate
from service.domain.identity import Track
from service.domain.stages import default_stages

_Region = Annotated[str, strawberry.argument(description="台账地区 Whose; by its former or its later code.")]


@strawberry.type(description="字典 A list of codes as a place has it.")
class DictionaryList:
    """A dictionary in force."""

    name: Dictionary = strawberry.field(description="字典 Which list.")
    own: bool = strawberry.field(description="本地设定 Whether the place set it; else it is the default one.")
    terms: list[Term] = strawberry.field(description="字典条目 Its terms, in their order.")


@strawberry.type(description="阶段 A stage of a place's list, with the gates that lead to it.")
class StageTerm:
    """A stage."""

    code: str = strawberry.field(description="代码 Code.")
    zh: str = strawberry.field(description="中文名称 Label in Chinese.")
    en: str = strawberry.field(description="英文名称 Label in English.")
    gates: list[Gate] = strawberry.field(description="对应节点 The gates that lead to it; none for the first.")


@strawberry.type(description="模板节点 A milestone, due so many days before completion.")
class TemplateMilestone:
    """A step of a template."""

    milestone: str = strawberry.field(description="工作节点 Code of the dictionary MILESTONE.")
    days_before: int = strawberry.field(description="提前天数 Days before completion.")


@strawberry.type
class ConfigurationQuery:
    """Queries on what a place has set."""

    @strawberry.field(description="字典 A list of codes with their labels, as a place has it.")
    async def dictionary(
        self,
        info: Info,
        name: Annotated[Dictionary, strawberry.argument(description="字典 Which list.")],
        region: _Region,
    ) -> DictionaryList | None:
        """Return a dictionary, in one statement."""
        found = await _setting(info, "DICTIONARY", name, region)
        terms = found if found is not None else [{"code": t.code, "zh": t.zh, "en": t.en} for t in defaults()[name]]
        return DictionaryList(name=name, own=found is not None, terms=[Term(**term) for term in terms])

    @strawberry.field(description="阶段划分 The stages of a track, in their order, as a place has them.")
    async def stages(
        self,
        info: Info,
        track: Annotated[Track, strawberry.argument(description="推进方式 Which track.")],
        region: _Region,
    ) -> list[StageTerm] | None:
        """Return stages, in one statement."""
        found = await _setting(info, "STAGES", track, region)
        if found is None:
            return [StageTerm(code=r.code, zh=r.zh, en=r.en, gates=list(r.gates)) for r in default_stages()[track]]
        return [
            StageTerm(code=one["code"], zh=one["zh"], en=one["en"], gates=[Gate(gate) for gate in one.get("gates", ())])
            for one in found
        ]

    @strawberry.field(description="倒排工期模板 The milestones of a track's schedule, the earliest first.")
    async def schedule_template(
        self,
        info: Info,
        track: Annotated[Track, strawberry.argument(description="推进方式 Which track.")],
        region: _Region,
    ) -> list[TemplateMilestone] | None:
        """Return a template, in one statement."""
        found = await _setting(info, "TEMPLATE", track, region)
        steps = (
            [(step.milestone, step.days_before) for step in default_templates()[track]]
            if found is None
            else sorted(((one["milestone"], one["days_before"]) for one in found), key=lambda step: (-step[1], step[0]))
        )
        return [TemplateMilestone(milestone=milestone, days_before=days) for milestone, days in steps]


async def _setting(info: Info, kind: str, name: str, region: str) -> Any:
    """Return what a place has set; None if it has not."""
    area = region_of(region, "region")
    binds = Binds()
    sql = f"""
        SELECT s.value::text FROM place_setting s
        WHERE {same_county("s.region", area, binds)} AND s.kind = {binds(kind, "text")}
          AND s.name = {binds(str(name), "text")} AND {holds("s")}
        LIMIT 1"""  # noqa: S608 - binds and declared SQL only.
    rows = await info.context.fetch(sql, binds.values, area=area)
    return orjson.loads(rows[0]) if rows else None
