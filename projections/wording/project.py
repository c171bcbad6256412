"""项目用语: registering, amending, total investment, voiding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording.base import Terms, Told, Words
from projections.wording.phrases import amount, day, day_of, figure, listed, plain, stated, told, zh
from service.domain.labels import Label, field_label
from service.domain.project import ProjectAmended, ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.shape import Plain
from service.domain.total_investment import TotalInvestmentSet, TotalInvestmentWithdrawn


def _total(fact: TotalInvestmentSet) -> dict[str, Plain]:
    return {f"total_investment.{fact.kind}": {**figure(fact.stated), "occurred_on": plain(fact.occurred_on)}}


def _registered(_fact: ProjectRegistered, at: Told) -> Label:
    identity = at.touched
    return listed(
        Label(f"登记项目“{identity['name']}”：", f"Registered the project “{identity['name']}” — "),
        [stated(field_label(name), told(name, value, at.terms)) for name, value in identity.items() if name != "name"],
    )


def _amended_all(_fact: ProjectAmended, at: Told) -> Label:
    return listed(
        Label("变更项目信息：", "Amended the project: "),
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


def _merged(fact: ProjectMerged, _at: Told) -> Label:
    return Label(f"项目并入“{fact.into_name}”", f"Merged the project into “{fact.into_name}”")


WORDS: Final[Mapping[type, Words]] = {
    ProjectRegistered: Words(lambda fact: plain(fact.identity), _registered),
    ProjectAmended: Words(
        lambda fact: {name: plain(value) or None for name, value in fact.changes.sent().items()}, _amended_all
    ),
    TotalInvestmentSet: Words(_total, _total_set),
    TotalInvestmentWithdrawn: Words(lambda fact: {f"total_investment.{fact.kind}": None}, _total_withdrawn),
    ProjectMerged: Words(lambda fact: {"merged_into": str(fact.into)}, _merged),
    ProjectVoided: Words(lambda _fact: {"voided": True}, _voided),
}
