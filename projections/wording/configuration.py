"""配置用语: dictionaries, schedule templates and change rules of a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import plain, series
from service.domain.configuration import DictionarySet, ScheduleRulesSet, ScheduleTemplateSet, TemplateStep
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


WORDS: Final[Mapping[type, Words]] = {
    DictionarySet: Words(lambda fact: {Terms.PATHS[fact.name]: plain(fact.terms)}, _dictionary),
    ScheduleTemplateSet: Words(_steps, _template),
    ScheduleRulesSet: Words(
        lambda fact: {"schedule_rules": {"freeze_days": fact.freeze_days, "extension_percent": fact.extension_percent}},
        _rules,
    ),
}
