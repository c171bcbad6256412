"""活动用语: ceremonies with the projects that they list, their corrections, their withdrawal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import amount, day, figure, plain, series, with_all, zh
from service.domain.ceremony import (
    BatchKind,
    CeremonyCorrected,
    CeremonyEntry,
    CeremonyHeld,
    CeremonyWithdrawn,
    StatedBatch,
)
from service.domain.labels import Label
from service.domain.shape import Plain

_INNER: Final = str.maketrans("“”", "‘’")
"""Marks within quotation marks: names of ceremonies often have the “三个一批” in them."""


def _ceremony(fact: CeremonyHeld) -> dict[str, Plain]:
    return {
        "name": str(fact.name),
        "occurred_on": plain(fact.occurred_on),
        "series": fact.series.value,
        "period": fact.period,
        **dict.fromkeys(map(_path, fact.entries), True),
        **{f"stated.{one.kind}": _account(one) for one in fact.stated_batches},
    }


def _path(entry: CeremonyEntry) -> str:
    return f"entry.{entry.project_id}.{entry.kind}"


def _account(one: StatedBatch) -> Plain:
    return {"count": one.count, "total": None if one.total is None else figure(one.total)}


def _entries(fact: CeremonyCorrected) -> dict[str, Plain]:
    return {
        **dict.fromkeys(map(_path, fact.removed)),
        **dict.fromkeys(map(_path, fact.added), True),
    }


def _held(fact: CeremonyHeld, _told: Told) -> Label:
    of, on, name = fact.series.label, day(fact.occurred_on), fact.name.translate(_INNER)
    period = Label("", "") if fact.period is None else Label(f"第 {fact.period} 期", f", period {fact.period}")
    head = Label(
        zh(f"登记{of.zh}{period.zh}活动“{name}”：", on.zh, "举办"),
        f"Recorded the ceremony “{name}” ({of.en}{period.en}), held on {on.en}",
    )
    listed = Label("，未列项目", ", listing no project")
    if fact.entries:
        counts = _counted(fact.entries)
        listed = Label(f"，列入项目：{counts.zh}", f", listing projects: {counts.en}")
    return with_all(head, listed, _said(fact.stated_batches))


def _counted(entries: Iterable[CeremonyEntry]) -> Label:
    """Return 签约 9 个、开工 24 个 and 9 for signing and 24 for start."""
    many = Counter(one.kind for one in entries)
    found = [(kind.label, many[kind]) for kind in BatchKind if many[kind]]
    return series([Label(f"{kind.zh} {count} 个", f"{count} for {kind.en}") for kind, count in found])


def _said(batches: tuple[StatedBatch, ...]) -> Label:
    if not batches:
        return Label("", "")
    parts = [_batch(one) for one in batches]
    return Label(
        f"；所报：{'，'.join(one.zh for one in parts)}",
        f"; stated in the account: {', '.join(one.en for one in parts)}",
    )


def _batch(one: StatedBatch) -> Label:
    kind = one.kind.label
    total = Label("", "")
    if one.total is not None:
        money = amount(plain(one.total))
        total = Label(f"总投资 {money.zh}", f"total investment {money.en}")
    if one.count is None:
        return Label(f"{kind.zh}{total.zh}", f"{kind.en} of {total.en}")
    count = Label(f"{kind.zh} {one.count} 个", f"{one.count} for {kind.en}")
    return count if one.total is None else Label(f"{count.zh}（{total.zh}）", f"{count.en} ({total.en})")


def _corrected(fact: CeremonyCorrected, _told: Told) -> Label:
    parts = []
    if fact.added:
        counts = _counted(fact.added)
        parts.append(Label(f"补列{counts.zh}", f"added {counts.en}"))
    if fact.removed:
        counts = _counted(fact.removed)
        parts.append(Label(f"剔除{counts.zh}", f"removed {counts.en}"))
    return Label(
        f"更正活动所列项目：{'，'.join(one.zh for one in parts)}",
        f"Corrected the projects that the ceremony lists: {', '.join(one.en for one in parts)}",
    )


def _withdrawn(_fact: CeremonyWithdrawn, _told: Told) -> Label:
    return Label("活动登记有误，予以撤销", "Withdrew the ceremony as recorded in error")


WORDS: Final[Mapping[type, Words]] = {
    CeremonyHeld: Words(_ceremony, _held),
    CeremonyCorrected: Words(_entries, _corrected),
    CeremonyWithdrawn: Words(lambda _fact: {"withdrawn": True}, _withdrawn),
}
