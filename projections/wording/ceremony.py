"""活动用语: ceremonies with the projects that they list, their corrections, their withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from projections.wording.base import Recalled, Told, Words
from projections.wording.phrases import (
    amount,
    day,
    figure,
    named,
    plain,
    projects_beside,
    series,
    with_all,
    zh,
)
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

_NAME: Final = "name"
_ENTRY: Final = "entry"


def _ceremony(fact: CeremonyHeld) -> dict[str, Plain]:
    return {
        _NAME: str(fact.name),
        "occurred_on": plain(fact.occurred_on),
        "series": fact.series.value,
        "period": fact.period,
        **dict.fromkeys(map(_path, fact.entries), True),
        **{f"stated.{one.kind}": _account(one) for one in fact.stated_batches},
    }


def _path(entry: CeremonyEntry) -> str:
    return f"{_ENTRY}.{entry.project_id}.{entry.kind}"


def _listed(before: Mapping[str, Plain]) -> list[CeremonyEntry]:
    """Return the entries that paths hold."""
    held = sorted(path for path, value in before.items() if path.startswith(f"{_ENTRY}.") and value)
    found = (path.split(".")[1:] for path in held)
    return [CeremonyEntry(project_id=UUID(project_id), kind=BatchKind(kind)) for project_id, kind in found]


def _account(one: StatedBatch) -> Plain:
    return {"count": one.count, "total": None if one.total is None else figure(one.total)}


def _entries(fact: CeremonyCorrected) -> dict[str, Plain]:
    return {
        **dict.fromkeys(map(_path, fact.removed)),
        **dict.fromkeys(map(_path, fact.added), True),
    }


def _held(fact: CeremonyHeld, at: Told) -> Label:
    of, on, name = fact.series.label, day(fact.occurred_on), named(fact.name)
    period = Label("", "") if fact.period is None else Label(f"第 {fact.period} 期", f", period {fact.period}")
    head = Label(
        zh(f"登记{of.zh}{period.zh}活动{name.zh}：", on.zh, "举办"),
        f"Recorded the ceremony {name.en} ({of.en}{period.en}), held on {on.en}",
    )
    listed = Label("，未列项目", ", listing no project")
    if fact.entries:
        counts = _counted(fact.entries, at)
        listed = Label(f"，列入项目：{counts.zh}", f", listing projects: {counts.en}")
    return with_all(head, listed, _said(fact.stated_batches))


def _counted(entries: Iterable[CeremonyEntry], at: Told) -> Label:
    """Return 签约 1 个（“甲”）、开工 2 个（“乙”、“丙”） and 1 for signing (“甲”) and 2 for start (“乙” and “丙”)."""
    of: dict[BatchKind, list[UUID]] = {kind: [] for kind in BatchKind}
    for one in entries:
        of[one.kind].append(one.project_id)
    return series(
        [
            with_all(
                Label(f"{kind.label.zh} {len(ids)} 个", f"{len(ids)} for {kind.label.en}"),
                projects_beside(ids, at.terms),
            )
            for kind, ids in of.items()
            if ids
        ]
    )


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


def _which(at: Told) -> Label:
    """Return the ceremony's name, if its stream has it."""
    name = at.before.get(_NAME)
    return Label("", "") if name is None else named(name)


def _corrected(fact: CeremonyCorrected, at: Told) -> Label:
    which, parts = _which(at), []
    if fact.added:
        counts = _counted(fact.added, at)
        parts.append(Label(f"补列{counts.zh}", f"added {counts.en}"))
    if fact.removed:
        counts = _counted(fact.removed, at)
        parts.append(Label(f"剔除{counts.zh}", f"removed {counts.en}"))
    return Label(
        f"更正活动{which.zh}所列项目：{'，'.join(one.zh for one in parts)}",
        f"Corrected the projects that the ceremony {which.en}{' ' * bool(which.en)}lists: "
        f"{', '.join(one.en for one in parts)}",
    )


def _withdrawn(_fact: CeremonyWithdrawn, at: Told) -> Label:
    which, entries = _which(at), _listed(at.before)
    told = Label(
        f"活动{which.zh}登记有误，予以撤销",
        f"Withdrew the ceremony {which.en}{' ' * bool(which.en)}as recorded in error",
    )
    if not entries:
        return told
    counts = _counted(entries, at)
    return with_all(told, Label(f"；原列项目：{counts.zh}", f"; it listed {counts.en}"))


def _ids(entries: Iterable[CeremonyEntry]) -> list[UUID]:
    return [one.project_id for one in entries]


WORDS: Final[Mapping[type, Words]] = {
    CeremonyHeld: Words(_ceremony, _held, about=lambda fact, _before: _ids(fact.entries)),
    CeremonyCorrected: Words(
        _entries,
        _corrected,
        recalls=Recalled((_NAME,)),
        about=lambda fact, _before: _ids((*fact.added, *fact.removed)),
    ),
    CeremonyWithdrawn: Words(
        lambda _fact: {"withdrawn": True},
        _withdrawn,
        recalls=Recalled((_NAME,), below=(_ENTRY,)),
        about=lambda _fact, before: _ids(_listed(before)),
    ),
}
