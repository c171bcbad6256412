"""地区配置查询: a place's dictionaries, stages and templates: its own, its superior's, or the default ones."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, NamedTuple

import orjson
import strawberry

from schema.context import Info
from schema.read import Binds, holds
from schema.regions import region_of, same_county
from schema.values import RegionRef, Term
from service.domain.configuration import default_templates
from service.domain.dictionaries import Dictionary, defaults
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.stages import default_stages
from service.domain.warnings import DEFAULT_RULES, RULES, OrderRule, StartRule

_OWN: Final = "本地设定 Whether the place set it; else it is its superior's, or the default one."
_ADOPTED_FROM: Final = "沿用来源 The superior whose setting it is; null if it is the place's own or the default one."
_Region = Annotated[str, strawberry.argument(description="台账地区 Whose; by its former or its later code.")]


@strawberry.type(description="字典 A list of codes as a place has it.")
class DictionaryList:
    """A dictionary in force."""

    name: Dictionary = strawberry.field(description="字典 Which list.")
    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    terms: list[Term] = strawberry.field(description="字典条目 Its terms, in their order.")


@strawberry.type(description="阶段 A stage of a place's list, with the gates that lead to it.")
class StageTerm:
    """A stage."""

    code: str = strawberry.field(description="代码 Code.")
    zh: str = strawberry.field(description="中文名称 Label in Chinese.")
    en: str = strawberry.field(description="英文名称 Label in English.")
    gates: list[Gate] = strawberry.field(description="对应节点 The gates that lead to it; none for the first.")


@strawberry.type(description="阶段划分 The stages of a track as a place has them.")
class StageList:
    """Stages in force."""

    track: Track = strawberry.field(description="推进方式 Which track.")
    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    stages: list[StageTerm] = strawberry.field(description="阶段 Its stages, in their order.")


@strawberry.type(description="模板节点 A milestone, due so many days before completion.")
class TemplateMilestone:
    """A step of a template."""

    milestone: str = strawberry.field(description="工作节点 Code of the dictionary MILESTONE.")
    days_before: int = strawberry.field(description="提前天数 Days before completion.")


@strawberry.type(description="倒排工期模板 The milestones of a track's schedule as a place has them.")
class ScheduleTemplate:
    """A template in force."""

    track: Track = strawberry.field(description="推进方式 Which track.")
    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    steps: list[TemplateMilestone] = strawberry.field(description="模板节点 Its milestones, the earliest first.")


@strawberry.type(description="认定口径 What counts as a gate, as a place has it.")
class GateDefinition:
    """The latest version of a definition."""

    gate: Gate = strawberry.field(description="节点 Which gate.")
    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    text: str | None = strawberry.field(description="口径文字 Its words; null for the default one, which has none.")
    start_basis: StartBasis | None = strawberry.field(description="开工认定口径 For a start: which date counts.")
    holds_from: date | None = strawberry.field(description="适用起始 From which day on; null if for the past as well.")


@strawberry.type(description="工期变更规则 How schedules may be changed; null stands for a rule that does not hold.")
class ScheduleRules:
    """Rules in force."""

    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    freeze_days: int | None = strawberry.field(description="冻结天数 A date is not moved so many days before it.")
    extension_percent: int | None = strawberry.field(description="延期上限 All extensions together, in percent.")


@strawberry.type(description="优先保障时限 Within how many days of its listing a key project is to reach a milestone.")
class MilestoneLimit:
    """A limit."""

    milestone: str = strawberry.field(description="工作节点 Code of the dictionary MILESTONE.")
    days: int = strawberry.field(description="天数 Days from the day on which it was put on a key list.")


@strawberry.type(description="预警规则 When a place is warned and of what, and what it refuses.")
class WarningRules:
    """Rules in force."""

    own: bool = strawberry.field(description=_OWN)
    adopted_from: RegionRef | None = strawberry.field(description=_ADOPTED_FROM)
    statistics_months: int = strawberry.field(description="未纳统预警月数 Months after the start: a warning.")
    statistics_alarm_months: int = strawberry.field(description="未纳统报警月数 Months after the start: an alarm.")
    overdue_alarm_days: int = strawberry.field(description="逾期报警天数 Days after its date: an alarm.")
    progress_days: int = strawberry.field(description="无进展天数 Days without progress: a warning.")
    slow_points: int = strawberry.field(description="进展缓慢百分点 Points behind time progress: slow.")
    slow_alarm_points: int = strawberry.field(description="进展缓慢报警百分点 Points behind: an alarm.")
    slow_days: int = strawberry.field(description="进展缓慢逾期天数 A milestone overdue by more days: slow.")
    pause_note_months: int = strawberry.field(description="停工说明月数 More months without a note: a warning.")
    needed_documents: list[Gate] = strawberry.field(description="须有文件的节点 Gates that must have a paper.")
    gates_out_of_order: OrderRule = strawberry.field(description="节点倒序处理 A warning, or a reason is needed.")
    start_conditions: StartRule = strawberry.field(description="条件未备处理 A warning, or the start is refused.")


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
        default = [{"code": term.code, "zh": term.zh, "en": term.en} for term in defaults()[name]]
        terms = [Term(**term) for term in (default if found.value is None else found.value)]
        return DictionaryList(name=name, own=found.own, adopted_from=found.adopted_from, terms=terms)

    @strawberry.field(description="阶段划分 The stages of a track, in their order, as a place has them.")
    async def stages(
        self,
        info: Info,
        track: Annotated[Track, strawberry.argument(description="推进方式 Which track.")],
        region: _Region,
    ) -> StageList | None:
        """Return stages, in one statement."""
        found = await _setting(info, "STAGES", track, region)
        if found.value is None:
            stages = [StageTerm(code=r.code, zh=r.zh, en=r.en, gates=list(r.gates)) for r in default_stages()[track]]
        else:
            stages = [
                StageTerm(
                    code=one["code"], zh=one["zh"], en=one["en"], gates=[Gate(gate) for gate in one.get("gates", ())]
                )
                for one in found.value
            ]
        return StageList(track=track, own=found.own, adopted_from=found.adopted_from, stages=stages)

    @strawberry.field(description="倒排工期模板 The milestones of a track's schedule, the earliest first.")
    async def schedule_template(
        self,
        info: Info,
        track: Annotated[Track, strawberry.argument(description="推进方式 Which track.")],
        region: _Region,
    ) -> ScheduleTemplate | None:
        """Return a template, in one statement."""
        found = await _setting(info, "TEMPLATE", track, region)
        steps = (
            [(step.milestone, step.days_before) for step in default_templates()[track]]
            if found.value is None
            else sorted(
                ((one["milestone"], one["days_before"]) for one in found.value), key=lambda step: (-step[1], step[0])
            )
        )
        return ScheduleTemplate(
            track=track,
            own=found.own,
            adopted_from=found.adopted_from,
            steps=[TemplateMilestone(milestone=milestone, days_before=days) for milestone, days in steps],
        )

    @strawberry.field(description="认定口径 What counts as a gate, as a place has it; its latest version.")
    async def definition(
        self,
        info: Info,
        gate: Annotated[Gate, strawberry.argument(description="节点 Which gate.")],
        region: _Region,
    ) -> GateDefinition | None:
        """Return a definition, in one statement."""
        found = await _setting(info, "DEFINITION", gate, region)
        said = found.value or {}
        basis, day = said.get("start_basis"), said.get("holds_from")
        return GateDefinition(
            gate=gate,
            own=found.own,
            adopted_from=found.adopted_from,
            text=said.get("text"),
            start_basis=None if basis is None else StartBasis(basis),
            holds_from=None if day is None else date.fromisoformat(day),
        )

    @strawberry.field(description="工期变更规则 How schedules may be changed, as a place has it.")
    async def schedule_rules(self, info: Info, region: _Region) -> ScheduleRules | None:
        """Return the rules, in one statement."""
        found = await _setting(info, "RULES", "SCHEDULE", region)
        said = found.value or {}
        return ScheduleRules(
            own=found.own,
            adopted_from=found.adopted_from,
            freeze_days=said.get("freeze_days"),
            extension_percent=said.get("extension_percent"),
        )

    @strawberry.field(
        description="优先保障时限 How long steps of a project on a key list may take; none holds until a place sets it."
    )
    async def priority_limits(self, info: Info, region: _Region) -> list[MilestoneLimit] | None:
        """Return limits, in one statement."""
        found = await _setting(info, "PRIORITY", "LIMITS", region)
        return [MilestoneLimit(milestone=one["milestone"], days=one["days"]) for one in found.value or ()]

    @strawberry.field(description="预警规则 When a place is warned and of what, as the place has it.")
    async def warning_rules(self, info: Info, region: _Region) -> WarningRules | None:
        """Return the rules, in one statement."""
        found = await _setting(info, "WARNINGS", "RULES", region)
        plain = found.value or {name: getattr(DEFAULT_RULES, name) for name in RULES}
        return WarningRules(
            own=found.own,
            adopted_from=found.adopted_from,
            **{name: value for name, value in plain.items() if isinstance(value, int)},
            needed_documents=[Gate(gate) for gate in plain["needed_documents"]],
            gates_out_of_order=OrderRule(plain["gates_out_of_order"]),
            start_conditions=StartRule(plain["start_conditions"]),
        )


class _Setting(NamedTuple):
    """What a place has: its own, a superior's, or with None as its value the default that is shipped."""

    value: Any = None
    own: bool = False
    adopted_from: RegionRef | None = None


async def _setting(info: Info, kind: str, name: str, region: str) -> _Setting:
    """Return what a place has set or adopted."""
    area = region_of(region, "region")
    binds = Binds()
    sql = f"""
        SELECT json_build_array(s.value, s.own, s.adopted_from) FROM place_setting s
        WHERE {same_county("s.region", area, binds)} AND s.kind = {binds(kind, "text")}
          AND s.name = {binds(str(name), "text")} AND {holds("s")}
        LIMIT 1"""  # noqa: S608 - binds and declared SQL only.
    rows = await info.context.fetch(sql, binds.values, area=area)
    if not rows:
        return _Setting()
    value, own, adopted_from = orjson.loads(rows[0])
    return _Setting(value, own, None if adopted_from is None else RegionRef(code=adopted_from))
