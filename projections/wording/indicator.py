"""指标用语: macro indicators as their source states them, and corrections of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import amount, figure, plain, through, with_all, zh
from service.domain.dictionaries import Dictionary
from service.domain.indicator import IndicatorStated, span_of
from service.domain.investment import Status
from service.domain.labels import Label
from service.domain.shape import Plain
from service.domain.values import Stated


def _figure(fact: IndicatorStated) -> dict[str, Plain]:
    span = span_of(fact.through, fact.measure)
    now = {**figure(fact.stated), "status": fact.status.value}
    if fact.growth is not None:
        now["growth"] = str(fact.growth.figure)
    # By its days: 1-2月 and 2月累计 are one figure under two names.
    return {f"{fact.code}.{fact.measure}.{span.first_on}.{span.through_on}": now}


def _stated(fact: IndicatorStated, at: Told) -> Label:
    old = at.old
    name, time = at.terms.label(Dictionary.INDICATOR, fact.code), through(fact.measure, fact.through)
    status, now = fact.status.label, _value(plain(fact.stated), fact.growth)
    report = Label(
        zh("登记", time.zh, name.zh, now.zh, f"（{status.zh}）"),
        f"Stated {name.en} {time.en}: {now.en} ({status.en})",
    )
    if old is None:
        return report
    was, was_status = _value(old, old.get("growth")), Status(old["status"]).label
    if was_status != status:
        # The report proper after a flash one is no correction.
        same = Label(f"，与{was_status.zh}数一致", f", the same as the {was_status.en} figure")
        other = Label(zh(f"，{was_status.zh}数为", was.zh), f", the {was_status.en} figure having been {was.en}")
        return with_all(report, same if was == now else other)
    if was == now:
        return Label(f"重新{report.zh}，数值不变", f"{report.en} again, figures unchanged")
    return Label(
        zh("更正", time.zh, f"{name.zh}（{status.zh}）：由", was.zh, "改为", now.zh),
        f"Corrected {name.en} {time.en} ({status.en}) from {was.en} to {now.en}",
    )


def _value(stated: Plain, growth: Stated | str | None) -> Label:
    """Return a figure with its growth: 38.60 亿元、同比增长 12.1%, and up 12.1% on the year before."""
    now = amount(stated)
    if growth is None:
        return now
    rate = str(growth.figure) if isinstance(growth, Stated) else growth
    if not rate.strip("0."):
        return Label(f"{now.zh}、同比持平", f"{now.en}, level with the year before")
    if rate.startswith("-"):
        return Label(f"{now.zh}、同比下降 {rate[1:]}%", f"{now.en}, down {rate[1:]}% on the year before")
    return Label(f"{now.zh}、同比增长 {rate}%", f"{now.en}, up {rate}% on the year before")


WORDS: Final[Mapping[type, Words]] = {IndicatorStated: Words(_figure, _stated)}
