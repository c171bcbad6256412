"""单位联络员: who speaks for a unit on all projects of a region: facts, state, evolve, commands, decide.

They are of the region's own roster (roster.py). A unit has one at a time: the next one takes the place of the last.
A term lasts from `since` until the day `until`, which is no longer of it. Source: mission.md C11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple, TypeAlias, assert_never, get_args

from service.domain.errors import (
    AlreadyStatedError,
    InvalidValueError,
    NotFoundError,
    NotYetHappenedError,
    WrongOrderError,
)
from service.domain.labels import Labelled
from service.domain.values import Document, Erased, Name, Personal, Reason


class LiaisonUnitKind(Labelled):
    """单位类别 What a unit with a liaison is to projects: RESPONSIBLE_UNIT 责任单位, APPROVAL_DEPARTMENT 审批部门."""

    RESPONSIBLE_UNIT = "RESPONSIBLE_UNIT", "责任单位", "responsible unit"
    APPROVAL_DEPARTMENT = "APPROVAL_DEPARTMENT", "审批部门", "approval department"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLiaisonAssigned:
    """单位联络员: who speaks for a unit on all projects of the region from a day on; replaces whom it had."""

    unit: Name
    unit_kind: LiaisonUnitKind
    holder: Personal | Erased
    since: date
    contact_public: bool
    holder_public: bool | None = None
    contact: Personal | Erased | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The first day of the term."""
        return self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLiaisonEnded:
    """单位联络员离任: a unit has no liaison from a day on; stated again with another day, it corrects the day."""

    unit: Name
    until: date
    reason: Reason
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The day from which it has none."""
        return self.until


LiaisonFact: TypeAlias = UnitLiaisonAssigned | UnitLiaisonEnded
LIAISON_FACTS: Final = get_args(LiaisonFact)

# State


class Liaison(NamedTuple):
    """A unit's latest liaison without what is personal, and the day on which the term ended."""

    unit_kind: LiaisonUnitKind
    since: date
    contact_public: bool
    holder_public: bool
    reason: Reason | None
    documents: tuple[Document, ...]
    names_contact: bool
    until: date | None = None


def liaisons_after(
    liaisons: Mapping[Name, Liaison], fact: UnitLiaisonAssigned | UnitLiaisonEnded
) -> Mapping[Name, Liaison]:
    """Fold one fact into each unit's latest liaison; no rule, never raises."""
    match fact:
        case UnitLiaisonAssigned():
            return {**liaisons, fact.unit: _liaison(fact)}
        case UnitLiaisonEnded():
            ended = {unit: one._replace(until=fact.until) for unit, one in liaisons.items() if unit == fact.unit}
            return {**liaisons, **ended}
    assert_never(fact)


def _liaison(of: UnitLiaisonAssigned | AssignUnitLiaison) -> Liaison:
    return Liaison(
        unit_kind=of.unit_kind,
        since=of.since,
        contact_public=bool(of.contact_public),
        holder_public=bool(of.holder_public),
        reason=of.reason,
        documents=of.documents,
        names_contact=of.contact is not None,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignUnitLiaison:
    """设立单位联络员 Name a unit's liaison, in the place of whom it has; one not later than that needs a reason."""

    unit: Name
    unit_kind: LiaisonUnitKind
    holder: Personal
    since: date
    holder_public: bool | None = None
    contact: Personal | None = None
    contact_public: bool | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndUnitLiaison:
    """免去单位联络员 Leave a unit without a liaison, or correct the day on which its last one ended."""

    unit: Name
    until: date
    reason: Reason
    documents: tuple[Document, ...] = ()


LiaisonCommand: TypeAlias = AssignUnitLiaison | EndUnitLiaison
LIAISON_COMMANDS: Final = get_args(LiaisonCommand)


def decide_liaison(command: LiaisonCommand, known: Liaison | None, today: date) -> Sequence[LiaisonFact]:
    """Judge a command on a unit's liaison, `known` being its latest one."""
    match command:
        case AssignUnitLiaison():
            return _assign(command, known, today)
        case EndUnitLiaison():
            return _end(command, known, today)
    assert_never(command)


def _assign(command: AssignUnitLiaison, known: Liaison | None, today: date) -> list[LiaisonFact]:
    check_term(command.since, today)
    check_public("contact", command.contact, public=command.contact_public)
    liaison = _liaison(command)
    if known == liaison:
        return []  # Already so, as far as a rule may know.
    if known is not None and known.until is None and command.since <= known.since and command.reason is None:
        raise AlreadyStatedError("reason", since=known.since)
    return [
        UnitLiaisonAssigned(
            unit=command.unit,
            unit_kind=command.unit_kind,
            holder=command.holder,
            since=command.since,
            contact_public=liaison.contact_public,
            holder_public=liaison.holder_public or None,
            contact=command.contact,
            reason=command.reason,
            documents=command.documents,
        )
    ]


def _end(command: EndUnitLiaison, known: Liaison | None, today: date) -> list[LiaisonFact]:
    if known is None:
        raise NotFoundError("unit")
    if known.until == command.until:
        return []  # Already so.
    check_end(command.until, known.since, today)
    return [
        UnitLiaisonEnded(unit=command.unit, until=command.until, reason=command.reason, documents=command.documents)
    ]


def check_term(since: date, today: date) -> None:
    """Refuse a term that has not begun."""
    if since > today:
        raise NotYetHappenedError("since", date=since, today=today)


def check_public(name: str, value: Personal | None, *, public: bool | None) -> None:
    """Refuse to make public a holder's name or a contact that is not given; `name` is the field that holds it."""
    if public and value is None:
        raise InvalidValueError(f"{name}_public", rule=f"there is no {name} to make public")


def check_end(until: date, since: date, today: date) -> None:
    """Refuse an end that has not come, or lies before the beginning; on that very day the term was none."""
    if until > today:
        raise NotYetHappenedError("until", date=until, today=today)
    if until < since:
        raise WrongOrderError("until", start=since, end=until)
