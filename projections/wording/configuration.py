"""配置用语: dictionaries, templates, change rules, stages and definitions of a place; following a superior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import day, excerpt, plain, region, series, set_verb, with_all, zh
from service.domain.adoption import ConfigurationAdopted, ConfigurationAdoptionEnded
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
    verb = set_verb(fact, again=at.old is not None)
    return Label(f"{verb.zh}字典“{name.zh}”：{terms.zh}", f"{verb.en} the list of terms “{name.en}”: {terms.en}")


def _steps(fact: ScheduleTemplateSet) -> dict[str, Plain]:
    return {f"template.{fact.track}": {str(step.milestone): step.days_before for step in fact.steps}}


def _template(fact: ScheduleTemplateSet, at: Told) -> Label:
    track, steps = fact.track.label, series([_step(step, at.terms) for step in fact.steps])
    verb = set_verb(fact, again=at.old is not None)
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
    verb = set_verb(fact)
    return Label(f"{verb.zh}工期变更规则：{told.zh}", f"{verb.en} the rules for changing schedules: {told.en}")


def _stages(fact: StagesSet, at: Told) -> Label:
    track, stages = fact.track.label, series([Label(stage.zh, stage.en) for stage in fact.stages])
    verb = set_verb(fact, again=at.old is not None)
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
    verb = set_verb(fact)
    return with_all(
        Label(f"{verb.zh}{gate.zh}认定口径：{text.zh}", f"{verb.en} what counts as {gate.en}: {text.en}"), basis, since
    )


def _adopted(fact: ConfigurationAdopted, at: Told) -> Label:
    source, version = region(fact.source), fact.source_version
    match at.old:
        case None:
            verb = Label("开始沿用", "Began to follow")
        case fact.source:
            verb = Label("更新沿用", "Followed a change of")
        case _:
            verb = Label("改为沿用", "Followed from now on")
    return Label(
        f"{verb.zh}{source.zh}的配置（第 {version} 版）",
        f"{verb.en} the configuration of {source.en}, as of its version {version}",
    )


def _ended(_fact: ConfigurationAdoptionEnded, at: Told) -> Label:
    if at.old is None:
        return Label("声明不沿用上级配置", "Stated that the place follows no superior in its configuration")
    source = region(at.old)
    return Label(
        f"停止沿用{source.zh}的配置，已沿用的内容自此为本地设定",
        f"Stopped following the configuration of {source.en}; what was adopted stays and belongs to the place",
    )


WORDS: Final[Mapping[type, Words]] = {
    ConfigurationAdopted: Words(
        lambda fact: {"configuration_from": fact.source, "configuration_version": fact.source_version}, _adopted
    ),
    ConfigurationAdoptionEnded: Words(
        lambda _fact: {"configuration_from": None, "configuration_version": None}, _ended
    ),
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
