"""资金用语: funds planned, allotted, arrived and paid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import amount, day, day_of, figure, plain, through, zh
from service.domain.dictionaries import Dictionary
from service.domain.funds import FundsAllotted, FundsFact, FundsPlanned, FundsReported
from service.domain.labels import Label
from service.domain.shape import Plain


def _source(fact: FundsFact, terms: Terms) -> Label:
    return terms.label(Dictionary.FUND_SOURCE, fact.source)


def _plan(fact: FundsPlanned) -> dict[str, Plain]:
    when = "whole" if fact.year is None else str(fact.year)
    return {f"funds.planned.{fact.source}.{when}": figure(fact.stated)}


def _planned(fact: FundsPlanned, at: Told) -> Label:
    source, now = _source(fact, at.terms), amount(plain(fact.stated))
    time = Label("全项目", "the whole project") if fact.year is None else Label(f"{fact.year} 年", str(fact.year))
    plan = Label(f"{time.zh}资金筹措计划（{source.zh}）", f"funds planned for {time.en} ({source.en})")
    if at.old is None:
        return Label(zh("编制", plan.zh, "：", now.zh), f"Stated {plan.en}: {now.en}")
    was = amount(at.old)
    if was == now:
        return Label(
            zh("重新编制", plan.zh, "：", now.zh, "，金额不变"), f"Stated again {plan.en}: {now.en}, unchanged"
        )
    return Label(zh("调整", plan.zh, "：由", was.zh, "调整为", now.zh), f"Revised {plan.en} from {was.en} to {now.en}")


def _allotment(fact: FundsAllotted) -> dict[str, Plain]:
    path = f"funds.allotted.{fact.source}.{fact.document.number}"
    return {path: {**figure(fact.stated), "occurred_on": plain(fact.occurred_on)}}


def _allotted(fact: FundsAllotted, at: Told) -> Label:
    source, on, now = _source(fact, at.terms), day(fact.occurred_on), amount(plain(fact.stated))
    if at.old is not None:
        return _corrected(source, (amount(at.old), day_of(at.old["occurred_on"])), (now, on))
    verb = Label("下达", "Allotted")
    if fact.amount_fen < 0:
        verb, now = Label("收回", "Took back"), Label(now.zh.removeprefix("-"), now.en.removeprefix("-"))
    return Label(zh(f"{on.zh}{verb.zh}{source.zh}", now.zh), f"{verb.en} {now.en} ({source.en}) on {on.en}")


def _corrected(source: Label, was: tuple[Label, Label], now: tuple[Label, Label]) -> Label:
    what = Label(f"更正资金下达（{source.zh}）：", f"Corrected the allotment ({source.en})")
    (was_amount, was_on), (amount_now, on) = was, now
    if was == now:
        return Label(zh(what.zh, "仍为", on.zh, amount_now.zh), f"{what.en}, still {amount_now.en} on {on.en}")
    return Label(
        f"{what.zh}由 {was_on.zh} {was_amount.zh}改为 {on.zh} {amount_now.zh}",
        f"{what.en} from {was_amount.en} on {was_on.en} to {amount_now.en} on {on.en}",
    )


def _report(fact: FundsReported) -> dict[str, Plain]:
    return {f"funds.{fact.kind.lower()}.{fact.source}.{fact.measure}.{fact.through}": figure(fact.stated)}


def _reported(fact: FundsReported, at: Told) -> Label:
    source, time, kind = _source(fact, at.terms), through(fact.measure, fact.through), fact.kind.label
    now = amount(plain(fact.stated))
    what = Label(
        zh(time.zh, f"资金{kind.zh}：{source.zh}", now.zh), f"funds {kind.en} {time.en} ({source.en}): {now.en}"
    )
    if at.old is None:
        return Label(zh("报送", what.zh), f"Reported {what.en}")
    was = amount(at.old)
    if was == now:
        return Label(zh("重新报送", f"{what.zh}，数额不变"), f"Reported again {what.en}, amount unchanged")
    return Label(
        zh("更正", time.zh, f"资金{kind.zh}（{source.zh}）：由", was.zh, "改为", now.zh),
        f"Corrected funds {kind.en} {time.en} ({source.en}) from {was.en} to {now.en}",
    )


WORDS: Final[Mapping[type, Words]] = {
    FundsPlanned: Words(_plan, _planned),
    FundsAllotted: Words(_allotment, _allotted),
    FundsReported: Words(_report, _reported),
}
