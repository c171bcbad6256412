"""工期用语: baselines and what a reset moves, forecasts, milestones reached, start conditions, progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import day, day_of, excerpt, listed, plain, quoted, series, with_all, zh
from service.domain.baseline import BaselineFact, BaselineReset, BaselineSet
from service.domain.dictionaries import Dictionary
from service.domain.labels import Label
from service.domain.schedule import MilestoneForecast, MilestoneReached, ProgressNoted, StartConditionStated
from service.domain.shape import Plain

_COMPLETION: Final = Label("计划竣工日期", "planned completion")


def _plan(fact: BaselineFact) -> dict[str, Plain]:
    milestones = {str(one.milestone): plain(one.planned_on) for one in fact.milestones}
    return {"baseline": {"completion_on": plain(fact.completion_on), "milestones": milestones}}


def _set(fact: BaselineSet, at: Told) -> Label:
    on = day(fact.completion_on)
    head = Label(zh(f"编制倒排工期：{_COMPLETION.zh}", on.zh), f"Planned the schedule back from completion on {on.en}")
    dated = [_dated(one.milestone, day(one.planned_on), at.terms) for one in fact.milestones]
    return with_all(head, Label("；节点：", ": "), series(dated)) if dated else head


def _dated(milestone: str, on: Label, terms: Terms) -> Label:
    name = terms.label(Dictionary.MILESTONE, milestone)
    return Label(f"{name.zh}（{on.zh}）", f"{name.en} ({on.en})")


def _reset(fact: BaselineReset, at: Told) -> Label:
    new: Plain = at.touched["baseline"]
    parts = _moved(at.old or {"completion_on": None, "milestones": {}}, new, at.terms)
    approver = quoted(fact.approver)
    return listed(
        Label("调整工期：", "Reset the baseline: "),
        [
            *(parts or [Label("各项日期不变", "all dates unchanged")]),
            *_delay(fact.reason_code, at.terms),
            Label(f"批准单位：{approver.zh}", f"approved by {approver.en}"),
        ],
    )


def _moved(old: Plain, new: Plain, terms: Terms) -> list[Label]:
    """Return what differs between two plans, in the new one's order; what it drops last."""
    was, now = old["milestones"], new["milestones"]
    parts = [_from_to(_COMPLETION, old["completion_on"], new["completion_on"])]
    parts += [_from_to(_named(one, terms), was.get(one), planned_on) for one, planned_on in now.items()]
    # The old plan comes back from the read model, which keeps no order of keys.
    for _, one in sorted((planned_on, one) for one, planned_on in was.items() if one not in now):
        name = _named(one, terms)
        parts.append([Label(f"取消{name.zh}", f"{name.en} dropped")])
    return [label for part in parts for label in part]


def _from_to(what: Label, was: str | None, now: str) -> list[Label]:
    """Return how a date moved; nothing if it stayed."""
    after = day_of(now)
    if was is None:
        return [Label(zh(f"增加{what.zh}：", after.zh), f"{what.en} added for {after.en}")]
    before = day_of(was)
    moved = Label(zh(f"{what.zh}由", before.zh, "调整为", after.zh), f"{what.en} moved from {before.en} to {after.en}")
    return [] if was == now else [moved]


def _named(milestone: str, terms: Terms) -> Label:
    name = terms.label(Dictionary.MILESTONE, milestone)
    return Label(f"节点“{name.zh}”", f"milestone “{name.en}”")


def _delay(code: str | None, terms: Terms) -> list[Label]:
    if code is None:
        return []
    why = terms.label(Dictionary.DELAY_REASON, code)
    return [Label(f"延期原因：{why.zh}", f"reason for delay: {why.en}")]


def _noted(note: str | None) -> list[Label]:
    if note is None:
        return []
    text = _excerpt(note)
    return [Label(f"说明：{text.zh}", f"note: {text.en}")]


def _excerpt(text: str) -> Label:
    """Return a text in quotation marks, without a full stop before the sentence's own."""
    return excerpt(text.rstrip("。") or text)


def _forecast(fact: MilestoneForecast, at: Told) -> Label:
    name, now = _named(fact.milestone, at.terms), day(fact.forecast_on)
    told = Label(zh(f"预计{name.zh}于", now.zh, "完成"), f"Forecast {name.en} for {now.en}")
    if at.old is not None:
        was = day_of(at.old["forecast_on"])
        told = Label(
            zh(f"调整{name.zh}的预计完成日期：由", was.zh, "改为", now.zh),
            f"Changed the forecast of {name.en} from {was.en} to {now.en}",
        )
        if was == now:
            told = Label(
                zh(f"重新预计{name.zh}：仍于", now.zh, "完成"), f"Forecast {name.en} again, still for {now.en}"
            )
    return _listed_behind(told, [*_delay(fact.reason_code, at.terms), *_noted(fact.note)])


def _reached(fact: MilestoneReached, at: Told) -> Label:
    name, on = _named(fact.milestone, at.terms), day(fact.occurred_on)
    if at.old is None:
        return Label(zh(f"登记{name.zh}完成：", on.zh), f"Recorded that {name.en} was reached on {on.en}")
    was = day_of(at.old)
    if was != on:
        return Label(
            zh(f"更正{name.zh}完成日期：由", was.zh, "改为", on.zh),
            f"Corrected the date on which {name.en} was reached from {was.en} to {on.en}",
        )
    return Label(
        zh(f"更正{name.zh}完成的登记，日期仍为", on.zh),
        f"Corrected the entry that {name.en} was reached, still on {on.en}",
    )


def _condition(fact: StartConditionStated, at: Told) -> Label:
    name, on, now = at.terms.label(Dictionary.START_CONDITION, fact.condition), day(fact.occurred_on), _met(fact.met)
    told = Label(
        f"登记开工条件“{name.zh}”：{now.zh}（{on.zh}）",
        f"Stated the start condition “{name.en}” as {now.en} on {on.en}",
    )
    if at.old is not None and at.old["met"] != fact.met:
        was = _met(at.old["met"])
        told = Label(
            f"更新开工条件“{name.zh}”：由{was.zh}变为{now.zh}（{on.zh}）",
            f"Changed the start condition “{name.en}” from {was.en} to {now.en} on {on.en}",
        )
    return _listed_behind(told, _noted(fact.note))


def _met(met: bool) -> Label:  # noqa: FBT001 - it is what the fact holds.
    return Label("已具备", "met") if met else Label("未具备", "not met")


def _progress(fact: ProgressNoted, _at: Told) -> Label:
    on, text = day(fact.occurred_on), _excerpt(fact.text)
    return Label(f"记录 {on.zh}工作进展：{text.zh}", f"Noted progress on {on.en}: {text.en}")


def _listed_behind(head: Label, parts: Sequence[Label]) -> Label:
    """Return a sentence and what is added to it."""
    return listed(with_all(head, Label("；", "; ")), parts) if parts else head


WORDS: Final[Mapping[type, Words]] = {
    BaselineSet: Words(_plan, _set),
    BaselineReset: Words(_plan, _reset),
    MilestoneForecast: Words(
        lambda fact: {
            f"forecast.{fact.milestone}": {
                "forecast_on": plain(fact.forecast_on),
                "reason_code": fact.reason_code,
                "note": fact.note,
            }
        },
        _forecast,
    ),
    MilestoneReached: Words(lambda fact: {f"reached.{fact.milestone}": plain(fact.occurred_on)}, _reached),
    StartConditionStated: Words(
        lambda fact: {
            f"start_condition.{fact.condition}": {
                "met": fact.met,
                "occurred_on": plain(fact.occurred_on),
                "note": fact.note,
            }
        },
        _condition,
    ),
    # The latest note: several may be of one day, so a day does not name one.
    ProgressNoted: Words(
        lambda fact: {"progress": {"occurred_on": plain(fact.occurred_on), "text": str(fact.text)}}, _progress
    ),
}
