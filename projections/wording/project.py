"""项目用语: registering, amending, total investment, voiding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast
from uuid import UUID

from projections.wording.base import Recalled, Terms, Told, Words
from projections.wording.phrases import (
    LINKS,
    amount,
    day,
    day_of,
    figure,
    linked,
    listed,
    named,
    plain,
    stated,
    told,
    zh,
)
from service.domain.labels import Label, field_label
from service.domain.project import ProjectAmended, ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.shape import Plain
from service.domain.total_investment import TotalInvestmentSet, TotalInvestmentWithdrawn

_NAME: Final = "name"


def _total(fact: TotalInvestmentSet) -> dict[str, Plain]:
    return {f"total_investment.{fact.kind}": {**figure(fact.stated), "occurred_on": plain(fact.occurred_on)}}


def _registered(_fact: ProjectRegistered, at: Told) -> Label:
    identity = at.touched
    return listed(
        Label(f"登记项目“{identity['name']}”：", f"Registered the project “{identity['name']}” — "),
        [stated(field_label(name), told(name, value, at.terms)) for name, value in identity.items() if name != "name"],
    )


def _amended_all(_fact: ProjectAmended, at: Told) -> Label:
    which = _which(at)
    return listed(
        Label(f"变更项目{which.zh}{'的' * bool(which.zh)}信息：", f"Amended the project{which.en}: "),
        [_amended(name, at.before.get(name), value, at.terms) for name, value in at.touched.items()],
    )


def _amended(name: str, old: Plain, new: Plain, terms: Terms) -> Label:
    field, was, now = field_label(name), told(name, old, terms), told(name, new, terms)
    if new is None:
        former = Label("", "") if old is None else Label(zh("（原为", was.zh, "）"), f" (was {was.en})")
        return Label(f"清空{field.zh}{former.zh}", f"{field.en} emptied{former.en}")
    if old is None:
        return Label(zh(f"{field.zh}填为", now.zh), f"{field.en} set to {now.en}")
    return Label(zh(f"{field.zh}由", was.zh, "改为", now.zh), f"{field.en} changed from {was.en} to {now.en}")


def _total_set(fact: TotalInvestmentSet, at: Told) -> Label:
    old = at.old
    kind, now, on = fact.kind.label, amount(plain(fact.stated)), day(fact.occurred_on)
    if old is None:
        return Label(zh(f"核定{kind.zh}", now.zh, "，日期", on.zh), f"Set the {kind.en} at {now.en}, dated {on.en}")
    was, was_on = amount(old), day_of(old["occurred_on"])
    if was != now:
        return Label(
            zh(f"调整{kind.zh}：由", was.zh, "调整为", now.zh, "，日期", on.zh),
            f"Adjusted the {kind.en} from {was.en} to {now.en}, dated {on.en}",
        )
    if was_on != on:
        return Label(
            zh(f"更正{kind.zh}的日期：由", was_on.zh, "改为", on.zh, "，金额仍为", now.zh),
            f"Corrected the date of the {kind.en} from {was_on.en} to {on.en}, the amount still being {now.en}",
        )
    return Label(
        zh(f"重新核定{kind.zh}", now.zh, "，金额和日期不变"),
        f"Set the {kind.en} at {now.en} again, amount and date unchanged",
    )


def _total_withdrawn(fact: TotalInvestmentWithdrawn, at: Told) -> Label:
    old = at.old
    kind, on = fact.kind.label, day(fact.occurred_on)
    was = Label("", "") if old is None else amount(old)
    former = Label(f"（原为 {was.zh}）", f" (was {was.en})") if old is not None else was
    return Label(zh(f"撤回{kind.zh}{former.zh}，日期", on.zh), f"Withdrew the {kind.en}{former.en}, dated {on.en}")


def _voided(_fact: ProjectVoided, _at: Told) -> Label:
    return Label("项目登记有误，予以作废", "Voided the project as registered in error")


def _merged(fact: ProjectMerged, at: Told) -> Label:
    which, into = _which(at), named(fact.into_name)
    return Label(f"项目{which.zh}并入{into.zh}", f"Merged the project{which.en} into {into.en}")


def _which(at: Told) -> Label:
    """Return the project's own name, since the sentence stands in the trails of others too."""
    name = at.before.get(_NAME)
    return Label("", "") if name is None else Label(named(name).zh, f" {named(name).en}")


def _linked(values: Mapping[str, Plain]) -> Iterator[UUID]:
    """Yield the projects that the values of links name."""
    for name in LINKS:
        yield from linked(values.get(name))


def _identity(fact: ProjectRegistered) -> dict[str, Plain]:
    return cast("dict[str, Plain]", plain(fact.identity))


def _changes(fact: ProjectAmended) -> dict[str, Plain]:
    return {name: plain(value) or None for name, value in fact.changes.sent().items()}


def _relinked(fact: ProjectAmended, before: Mapping[str, Plain]) -> Iterator[UUID]:
    """Yield the projects that it links to, and those that it did."""
    after = _changes(fact)
    yield from _linked(after)
    yield from _linked({name: before.get(name) for name in after})


WORDS: Final[Mapping[type, Words]] = {
    ProjectRegistered: Words(_identity, _registered, about=lambda fact, _before: _linked(_identity(fact))),
    ProjectAmended: Words(_changes, _amended_all, recalls=Recalled((_NAME,)), about=_relinked),
    TotalInvestmentSet: Words(_total, _total_set),
    TotalInvestmentWithdrawn: Words(lambda fact: {f"total_investment.{fact.kind}": None}, _total_withdrawn),
    ProjectMerged: Words(
        lambda fact: {"merged_into": str(fact.into)},
        _merged,
        recalls=Recalled((_NAME,)),
        about=lambda fact, _before: (fact.into,),
    ),
    ProjectVoided: Words(lambda _fact: {"voided": True}, _voided),
}
