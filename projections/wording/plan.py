"""计划用语: targets of a year and their revisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import aim, figure, plain, told, zh
from service.domain.labels import Label
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet
from service.domain.shape import Plain


def _goal(fact: AnnualTargetSet | AnnualTargetRevised) -> dict[str, Plain]:
    path = f"target.{fact.measure}" if fact.category is None else f"target.{fact.measure}.{fact.category}"
    return {path: {"operator": fact.operator.value, **figure(fact.stated)}}


def _target(fact: AnnualTargetSet | AnnualTargetRevised, at: Told) -> Label:
    old = at.old
    measure, now = fact.measure.label, aim({**plain(fact.stated), "operator": fact.operator})
    if fact.category is not None:
        category = told("category", fact.category, at.terms)
        measure = Label(f"{measure.zh}（{category.zh}）", f"{measure.en} ({category.en})")
    what = Label(f"{fact.year} 年度目标：{measure.zh}", f"the {fact.year} target: {measure.en}")
    if old is None:
        return Label(zh(f"下达 {what.zh}", now.zh), f"Set {what.en} {now.en}")
    was = aim(old)
    if was == now:
        return Label(zh(f"重新下达 {what.zh}", now.zh, "，数值不变"), f"Set again {what.en} {now.en}, unchanged")
    return Label(zh(f"调整 {what.zh}由", was.zh, "调整为", now.zh), f"Revised {what.en} from {was.en} to {now.en}")


WORDS: Final[Mapping[type, Words]] = {
    AnnualTargetSet: Words(_goal, _target),
    AnnualTargetRevised: Words(_goal, _target),
}
