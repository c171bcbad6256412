"""投资用语: opening balances and completion as the paper states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import amount, figure, plain, series, through, with_all, zh
from service.domain.investment import CompletionReported, OpeningBalanceStated, Status
from service.domain.labels import Label, field_label
from service.domain.shape import Plain

PERSONS: Final = ("filled_by", "reviewed_by", "signed_by")


def _balance(fact: OpeningBalanceStated) -> dict[str, Plain]:
    return {f"opening_balance.{fact.basis}": {"year": fact.year, **figure(fact.stated)}}


def _figure(fact: CompletionReported) -> dict[str, Plain]:
    path = f"completed.{fact.basis}.{fact.measure}.{fact.through}"
    return {path: {**figure(fact.stated), "status": fact.status.value}}


def _opening(fact: OpeningBalanceStated, at: Told) -> Label:
    old = at.old
    basis, now = fact.basis.label, amount(plain(fact.stated))
    if old is None:
        return Label(
            f"登记截至 {fact.year} 年底累计完成投资 {now.zh}（{basis.zh}）",
            f"Stated investment completed by the end of {fact.year} as {now.en} ({basis.en})",
        )
    was, was_year = amount(old), old["year"]
    if was_year != fact.year:
        return Label(
            f"更正期初累计完成投资（{basis.zh}）：由截至 {was_year} 年底 {was.zh}改为截至 {fact.year} 年底 {now.zh}",
            f"Corrected the opening balance ({basis.en}) from {was.en} completed by the end of {was_year}"
            f" to {now.en} completed by the end of {fact.year}",
        )
    if was != now:
        return Label(
            f"更正截至 {fact.year} 年底累计完成投资（{basis.zh}）：由 {was.zh}改为 {now.zh}",
            f"Corrected investment completed by the end of {fact.year} ({basis.en}) from {was.en} to {now.en}",
        )
    return Label(
        f"重新登记截至 {fact.year} 年底累计完成投资 {now.zh}（{basis.zh}），金额不变",
        f"Stated investment completed by the end of {fact.year} as {now.en} ({basis.en}) again, amount unchanged",
    )


def _completion_by(fact: CompletionReported, at: Told) -> Label:
    return with_all(_completion(fact, at.old), _persons(fact))


def _completion(fact: CompletionReported, old: Plain) -> Label:
    basis, status, time = fact.basis.label, fact.status.label, through(fact.measure, fact.through)
    now = amount(plain(fact.stated))
    report = Label(
        zh("报送", time.zh, "完成投资", now.zh, f"（{basis.zh}，{status.zh}）"),
        f"Reported completed investment of {now.en} {time.en} ({basis.en}, {status.en})",
    )
    if old is None:
        return report
    was, was_status = amount(old), Status(old["status"]).label
    if was_status != status:
        # The report proper after a flash one is no correction.
        return with_all(report, _compared(was, was_status, now))
    if was == now:
        return Label(f"重新{report.zh}，数额不变", f"{report.en} again, amount unchanged")
    return Label(
        zh("更正", time.zh, f"完成投资（{basis.zh}，{status.zh}）：由", was.zh, "改为", now.zh),
        f"Corrected completed investment {time.en} ({basis.en}, {status.en}) from {was.en} to {now.en}",
    )


def _compared(was: Label, status: Label, now: Label) -> Label:
    if was == now:
        return Label(f"，与{status.zh}数一致", f", the same as the {status.en} figure")
    return Label(f"，{status.zh}数为 {was.zh}", f", the {status.en} figure having been {was.en}")


def _persons(fact: CompletionReported) -> Label:
    """Return which persons the report names, without their names: true before and after an erasure."""
    if not (given := [field_label(name) for name in PERSONS if getattr(fact, name) is not None]):
        return Label("", "")
    named = series(given)
    return Label(f"，列明{named.zh}", f", naming its {named.en}")


WORDS: Final[Mapping[type, Words]] = {
    OpeningBalanceStated: Words(_balance, _opening),
    CompletionReported: Words(_figure, _completion_by),
}
