"""配置用语: dictionaries, schedule templates and change rules of a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import day, excerpt, plain, series, with_all, zh
from service.domain.configuration import (
    DefinitionSet,
    DictionarySet,
    ScheduleRulesSet,
    ScheduleTemplateSet,
    StagesSet,
    TemplateStep,
)
from service.domain.dictionaries import Dictionary
from service.domain.labels import Label
from service.domain.shape import Plain


def _dictionary(fact: DictionarySet, at: Told) -> Label:
    name, terms = fact.name.label, series([Label(term.zh, term.en) for term in fact.terms])
    verb = Label("设定", "Set") if at.old is None else Label("重设", "Set anew")
    return Label(f"{verb.zh}字典“{name.zh}”：{terms.zh}", f"{verb.en} the list of terms “{name.en}”: {terms.en}")


def _steps(fact: ScheduleTemplateSet) -> dict[str, Plain]:
    return {f"template.{fact.track}": {str(step.milestone): step.days_before for step in fact.steps}}


def _template(fact: ScheduleTemplateSet, at: Told) -> Label:
    track, steps = fact.track.label, series([_step(step, at.terms) for step in fact.steps])
    verb = Label("设定", "Set") if at.old is None else Label("重设", "Set anew")
    return Label(
        f"{verb.zh}{track.zh}项目倒排工期模板：{steps.zh}",
        f"{verb.en} the schedule template for {track.en}: {steps.en}",
    )


def _step(step: TemplateStep, terms: Terms) -> Label:
    name = terms.label(Dictionary.MILESTONE, step.milestone)
    if step.days_before == 0:
        return Label(f"{name.zh}（当日）", f"{name.en} (on the day)")
    return Label(f"{name.zh}（提前 {step.days_before} 天）", f"{name.en} ({step.days_before} days before)")


def _rules(fact: ScheduleRulesSet, _at: Told) -> Label:
    parts = []
    if fact.freeze_days is not None:
        parts.append(
            Label(
                f"节点到期前 {fact.freeze_days} 天内不得调整",
                f"no date is moved within {fact.freeze_days} days of it",
            )
        )
    if fact.extension_percent is not None:
        parts.append(
            Label(
                f"累计延期不超过原工期的 {fact.extension_percent}%",
                f"extensions together are at most {fact.extension_percent}% of the original length",
            )
        )
    told = series(parts) if parts else Label("不设限制", "none")
    return Label(f"设定工期变更规则：{told.zh}", f"Set the rules for changing schedules: {told.en}")


def _stages(fact: StagesSet, at: Told) -> Label:
    track, stages = fact.track.label, series([Label(stage.zh, stage.en) for stage in fact.stages])
    verb = Label("设定", "Set") if at.old is None else Label("重设", "Set anew")
    return Label(f"{verb.zh}{track.zh}项目阶段：{stages.zh}", f"{verb.en} the stages for {track.en}: {stages.en}")


def _definition(fact: DefinitionSet, _at: Told) -> Label:
    gate, text = fact.gate.label, excerpt(fact.text)
    since = Label("，适用于以往", ", for the past as well")
    if fact.holds_from is not None:
        on = day(fact.holds_from)
        since = Label(zh("，自", on.zh, "起适用"), f", from {on.en} on")
    basis = Label("", "")
    if fact.start_basis is not None:
        basis = Label(f"，以{fact.start_basis.label.zh}为准", f", on the basis of {fact.start_basis.label.en}")
    return with_all(
        Label(f"设定{gate.zh}认定口径：{text.zh}", f"Set what counts as {gate.en}: {text.en}"), basis, since
    )


WORDS: Final[Mapping[type, Words]] = {
    StagesSet: Words(lambda fact: {f"stages.{fact.track}": plain(fact.stages)}, _stages),
    DefinitionSet: Words(
        lambda fact: {f"definition.{fact.gate}": {"text": fact.text, "start_basis": fact.start_basis}}, _definition
    ),
    DictionarySet: Words(lambda fact: {Terms.PATHS[fact.name]: plain(fact.terms)}, _dictionary),
    ScheduleTemplateSet: Words(_steps, _template),
    ScheduleRulesSet: Words(
        lambda fact: {"schedule_rules": {"freeze_days": fact.freeze_days, "extension_percent": fact.extension_percent}},
        _rules,
    ),
}
