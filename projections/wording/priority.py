"""优先保障用语: the time limits of projects on key lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import series, set_verb
from service.domain.dictionaries import Dictionary
from service.domain.labels import Label
from service.domain.priority import PriorityLimit, PriorityLimitsSet
from service.domain.shape import Plain


def _limits(fact: PriorityLimitsSet) -> dict[str, Plain]:
    return {"priority_limits": {str(one.milestone): one.days for one in fact.limits} or None}


def _set(fact: PriorityLimitsSet, at: Told) -> Label:
    if not fact.limits and fact.adopted_from is None:
        return Label("取消重点项目优先保障时限", "Took back the time limits of projects on key lists")
    verb = set_verb(fact, again=at.old is not None)
    limits = series([_limit(one, at.terms) for one in fact.limits]) if fact.limits else Label("无", "none")
    return Label(
        f"{verb.zh}重点项目优先保障时限（自列入名单之日起）：{limits.zh}",
        f"{verb.en} the time limits of projects on key lists, from the day of listing: {limits.en}",
    )


def _limit(one: PriorityLimit, terms: Terms) -> Label:
    name = terms.label(Dictionary.MILESTONE, one.milestone)
    days = "day" if one.days == 1 else "days"
    return Label(f"{name.zh} {one.days} 天内", f"{name.en} within {one.days} {days}")


WORDS: Final[Mapping[type, Words]] = {PriorityLimitsSet: Words(_limits, _set)}
