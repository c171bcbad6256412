"""亮灯规则用语: from when lights are yellow and red; of rules set anew only those that changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import listed, plain, set_verb
from service.domain.labels import Label
from service.domain.lights import LIGHT_RULES, LightKind, LightRulesSet
from service.domain.shape import Plain

_COLOURS: Final = {"yellow": Label("黄灯", "yellow"), "red": Label("红灯", "red")}
_UNITS: Final = {
    "days": Label("{1}逾期 {0} 天", "{0} days overdue"),
    "points": Label("{1}落后 {0} 个百分点", "{0} percentage points behind"),
    "months": Label("开工后 {0} 个月未{1}", "{0} months after the start"),
}


def _told(name: str, number: int) -> Label:
    kind, colour, unit = name.split("_")
    what, how, when = LightKind(kind.upper()).label, _COLOURS[colour], _UNITS[unit]
    english = when.en.format(number)
    if number == 1:
        english = english.replace("days", "day").replace("points", "point").replace("months", "month")
    return Label(f"{when.zh.format(number, what.zh)}亮{how.zh}", f"{what.en} {how.en} at {english}")


def _touches(fact: LightRulesSet) -> dict[str, Plain]:
    return {f"light_rules.{name}": plain(getattr(fact, name)) for name in LIGHT_RULES}


def _rules(fact: LightRulesSet, at: Told) -> Label:
    changed = [name for name in LIGHT_RULES if at.before.get(path := f"light_rules.{name}") != at.touched[path]]
    verb = Label("调整亮灯规则：", "Changed the rules for lights: ")
    if at.old is None or fact.adopted_from is not None:
        how = set_verb(fact)
        verb = Label(f"{how.zh}亮灯规则：", f"{how.en} the rules for lights: ")
    # What changes nothing is never stored, but a history may be told without what was before.
    return listed(verb, [_told(name, getattr(fact, name)) for name in changed or LIGHT_RULES])


WORDS: Final[Mapping[type, Words]] = {LightRulesSet: Words(_touches, _rules)}
