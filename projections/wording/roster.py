"""责任体系用语: posts, work plans and unit liaisons; that a person was named, never who."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, day_of, plain, quoted, series, with_all, zh
from service.domain.labels import Label, field_label
from service.domain.liaison import UnitLiaisonAssigned, UnitLiaisonEnded
from service.domain.roster import PostAssigned, PostEnded, RosterRole, WorkPlanFiled
from service.domain.shape import Plain

PERSONS: Final = ("holder", "contact")
_NOTHING: Final = Label("", "")


def _named(fact: PostAssigned | UnitLiaisonAssigned) -> list[str]:
    return [name for name in PERSONS if getattr(fact, name) is not None]


def _post(fact: PostAssigned) -> dict[str, Plain]:
    held = {
        "role": fact.role.value,
        "unit": fact.unit,
        "title": fact.title,
        "rank": fact.rank,
        "since": plain(fact.since),
        "named": _named(fact),
        "holder_public": bool(fact.holder_public),
        "contact_public": fact.contact_public,
    }
    return {f"post.{fact.post_id}": {name: value for name, value in held.items() if value is not None}}


def _post_end(fact: PostEnded) -> dict[str, Plain]:
    return {f"post.{fact.post_id}": None, f"post.{fact.post_id}.until": plain(fact.until)}


def _liaison(fact: UnitLiaisonAssigned) -> dict[str, Plain]:
    held = {
        "unit_kind": fact.unit_kind.value,
        "since": plain(fact.since),
        "named": _named(fact),
        "holder_public": bool(fact.holder_public),
        "contact_public": fact.contact_public,
    }
    return {f"liaison.{fact.unit}": held, f"liaison.{fact.unit}.until": None}


def _liaison_end(fact: UnitLiaisonEnded) -> dict[str, Plain]:
    return {f"liaison.{fact.unit}": None, f"liaison.{fact.unit}.until": plain(fact.until)}


def _assigned(fact: PostAssigned, at: Told) -> Label:
    what, since = _role(at.touched[f"post.{fact.post_id}"]), day(fact.since)
    return with_all(
        Label(zh("明确", what.zh, "，自", since.zh, "起"), f"Assigned the {what.en} from {since.en}"),
        _persons(fact),
    )


def _role(held: Plain) -> Label:
    """Return a role with whose it is: 牵头领导（“演示市人民政府”，“副市长”，第 1 位）."""
    role = RosterRole(held["role"]).label
    more = [quoted(held[name]) for name in ("unit", "title") if held.get(name) is not None]
    if held.get("rank") is not None:
        more.append(Label(f"第 {held['rank']} 位", f"rank {held['rank']}"))
    if not more:
        return role
    chinese, english = "，".join(one.zh for one in more), ", ".join(one.en for one in more)
    return Label(f"{role.zh}（{chinese}）", f"{role.en} ({english})")


def _persons(fact: PostAssigned | UnitLiaisonAssigned) -> Label:
    """Return what is named of a person, without the names: true before and after an erasure."""
    if not (given := _named(fact)):
        return _NOTHING
    named = series([with_all(field_label(name), _shown(fact, name)) for name in given])
    return Label(f"，列明{named.zh}", f", naming the {named.en}")


def _shown(fact: PostAssigned | UnitLiaisonAssigned, name: str) -> Label:
    return Label("（公开）", " (public)") if getattr(fact, f"{name}_public") else _NOTHING


def _ended(fact: PostEnded, at: Told) -> Label:
    on, was = day(fact.until), at.before.get(f"post.{fact.post_id}.until")
    if was is not None:
        return _end_corrected(Label("离任日期", "the end of a post"), day_of(was), on)
    held = at.old
    if held is None:
        return Label(zh("登记离任，自", on.zh, "起"), f"Ended the assignment of a post from {on.en}")
    what = _role(held)
    ended = Label(f"终止{what.zh}的职责", f"Ended the assignment of the {what.en}")
    if "holder" in held["named"]:
        ended = Label(f"登记{what.zh}离任", ended.en)
    return Label(zh(f"{ended.zh}，自", on.zh, "起"), f"{ended.en} from {on.en}")


def _end_corrected(what: Label, was: Label, now: Label) -> Label:
    return Label(zh(f"更正{what.zh}：由", was.zh, "改为", now.zh), f"Corrected {what.en} from {was.en} to {now.en}")


def _plan(fact: WorkPlanFiled) -> dict[str, Plain]:
    filed = {"occurred_on": plain(fact.occurred_on), "documents": plain(fact.documents)}
    return {f"work_plan.{fact.documents[0].title}": filed}


def _filed(fact: WorkPlanFiled, at: Told) -> Label:
    on = day(fact.occurred_on)
    if at.old is None:
        return Label(zh("报送工作方案，日期", on.zh), f"Filed the work plan, dated {on.en}")
    was = day_of(at.old["occurred_on"])
    if was == on:
        return Label(
            zh("更正工作方案的文件，日期仍为", on.zh), f"Corrected the papers of the work plan, still dated {on.en}"
        )
    return Label(
        zh("更正工作方案日期：由", was.zh, "改为", on.zh),
        f"Corrected the date of the work plan from {was.en} to {on.en}",
    )


def _unit(fact: UnitLiaisonAssigned) -> Label:
    unit, kind = quoted(fact.unit), fact.unit_kind.label
    return Label(f"{unit.zh}（{kind.zh}）", f"{unit.en} ({kind.en})")


def _liaison_assigned(fact: UnitLiaisonAssigned, at: Told) -> Label:
    unit, since, old = _unit(fact), day(fact.since), at.old
    if old is None:
        told = Label(zh(f"设立{unit.zh}联络员，自", since.zh, "起"), f"Set up a liaison for {unit.en} from {since.en}")
    elif fact.since > date.fromisoformat(old["since"]):
        told = Label(
            zh(f"更换{unit.zh}联络员，自", since.zh, "起"), f"Replaced the liaison of {unit.en} from {since.en}"
        )
    else:
        told = Label(
            zh(f"更正{unit.zh}联络员的登记，自", since.zh, "起"),
            f"Corrected the entry of the liaison of {unit.en}, from {since.en}",
        )
    return with_all(told, _persons(fact))


def _liaison_ended(fact: UnitLiaisonEnded, at: Told) -> Label:
    unit, on, was = quoted(fact.unit), day(fact.until), at.before.get(f"liaison.{fact.unit}.until")
    if was is not None:
        return _end_corrected(
            Label(f"{unit.zh}联络员离任日期", f"the end of the term of the liaison of {unit.en}"), day_of(was), on
        )
    return Label(
        zh(f"免去{unit.zh}联络员，自", on.zh, "起"), f"Ended the term of the liaison of {unit.en} from {on.en}"
    )


WORDS: Final[Mapping[type, Words]] = {
    PostAssigned: Words(_post, _assigned),
    PostEnded: Words(_post_end, _ended),
    WorkPlanFiled: Words(_plan, _filed),
    UnitLiaisonAssigned: Words(_liaison, _liaison_assigned),
    UnitLiaisonEnded: Words(_liaison_end, _liaison_ended),
}
