"""信息公开用语: what of a project is published, taken down, exempt and no longer exempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, plain, quoted, series, with_all, zh
from service.domain.dictionaries import Dictionary
from service.domain.labels import Label
from service.domain.publication import ExemptionEnded, ItemExempted, ItemsPublished, ItemsWithdrawn, PublishedItem
from service.domain.shape import Plain

_SILENT: Final = Label("", "")


def _shown(item: PublishedItem) -> str:
    return f"published.{item}"


def _exempt(item: PublishedItem) -> str:
    return f"exemption.{item}"


def _items(items: Sequence[PublishedItem]) -> Label:
    """Return “责任体系”、“投资情况”, “roster” and “investment totals”."""
    return series([_item(one) for one in items])


def _item(item: PublishedItem) -> Label:
    return Label(f"“{item.label.zh}”", f"“{item.label.en}”")


def _published(fact: ItemsPublished) -> dict[str, Plain]:
    approval = {"approved_on": plain(fact.approved_on), "approver": str(fact.approver)}
    # What is shown is exempt no more: the day of its exemption, if it had one, has come.
    return dict.fromkeys(map(_shown, fact.items), approval) | dict.fromkeys(map(_exempt, fact.items))


def _withdrawn(fact: ItemsWithdrawn) -> dict[str, Plain]:
    return dict.fromkeys(map(_shown, fact.items))


def _exempted(fact: ItemExempted) -> dict[str, Plain]:
    exemption = {"ground": str(fact.ground)} | ({} if fact.until is None else {"until": plain(fact.until)})
    return {_exempt(fact.item): exemption, **dict.fromkeys(map(_shown, fact.withdrawn))}


def _ended(fact: ExemptionEnded) -> dict[str, Plain]:
    return {_exempt(fact.item): None}


def _tell_published(fact: ItemsPublished, _at: Told) -> Label:
    items, by, on = _items(fact.items), quoted(fact.approver), day(fact.approved_on)
    return Label(
        zh(f"公开项目{items.zh}，经{by.zh}于", on.zh, "批准"),
        f"Published {items.en} of the project, as approved by {by.en} on {on.en}",
    )


def _tell_withdrawn(fact: ItemsWithdrawn, _at: Told) -> Label:
    items = _items(fact.items)
    return Label(f"停止公开项目{items.zh}", f"Withdrew {items.en} of the project from publication")


def _tell_exempted(fact: ItemExempted, at: Told) -> Label:
    item, ground = _item(fact.item), at.terms.label(Dictionary.EXEMPTION_GROUND, fact.ground)
    if at.old is None:
        told = Label(f"豁免公开项目{item.zh}", f"Exempted {item.en} of the project from publication")
    else:
        told = Label(f"变更项目{item.zh}的公开豁免", f"Changed the exemption of {item.en} of the project")
    return with_all(told, Label(f"，事由为{ground.zh}", f", on the ground “{ground.en}”"), _until(fact), _gone(fact))


def _until(fact: ItemExempted) -> Label:
    if fact.until is None:
        return Label("，不设期限", ", without an end")
    on = day(fact.until)
    return Label(zh("，期限至", on.zh, "（不含当日）"), f", until {on.en} (that day excluded)")


def _gone(fact: ItemExempted) -> Label:
    if not fact.withdrawn:
        return _SILENT
    if fact.withdrawn == (fact.item,):
        return Label("，该项同时停止公开", ", and withdrew it")
    items = _items(fact.withdrawn)
    return Label(f"，同时停止公开{items.zh}", f", and withdrew {items.en}")


def _tell_ended(fact: ExemptionEnded, _at: Told) -> Label:
    item = _item(fact.item)
    return Label(f"解除项目{item.zh}的公开豁免", f"Ended the exemption of {item.en} of the project from publication")


WORDS: Final[Mapping[type, Words]] = {
    ItemsPublished: Words(_published, _tell_published),
    ItemsWithdrawn: Words(_withdrawn, _tell_withdrawn),
    ItemExempted: Words(_exempted, _tell_exempted),
    ExemptionEnded: Words(_ended, _tell_ended),
}
