"""信息公开: what of a project is published, item by item, and what is exempt: facts, state, evolve, commands, decide.

Nothing is published unless it was approved. An item is published, exempt, or neither. What a fact takes down stands in
it: a later rule on what rests on what changes nothing of the past. An exemption lasts until the day `until`, which is
no longer of it. Source: mission.md P16 (CoST; the "Exempt" of GMPP), C7, and 1.2 (9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from service.domain.decider import Decider, Stream
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyStatedError,
    ExemptedError,
    InvalidValueError,
    NotExemptedError,
    NotPublishedError,
    NotYetHappenedError,
    StageUnpublishedError,
)
from service.domain.labels import Labelled
from service.domain.place import Place, place_stream
from service.domain.project import Project, project_stream
from service.domain.values import Code, Document, Name, Reason, Region


class PublishedItem(Labelled):
    """公开事项 What of a project may be published; ROSTER and TOTALS only beside STAGE, which says of what they are."""

    STAGE = "STAGE", "基本情况及阶段", "basic information and stage"
    ROSTER = "ROSTER", "责任体系", "roster"
    TOTALS = "TOTALS", "投资情况", "investment totals"


class PublicationState(Labelled):
    """公开状态 Where an item of a project stands on a day: published, exempt, or neither."""

    PUBLISHED = "PUBLISHED", "已公开", "published"
    EXEMPT = "EXEMPT", "豁免公开", "exempt"
    UNPUBLISHED = "UNPUBLISHED", "未公开", "not published"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsPublished:
    """批准公开: items of a project that may be shown to everybody from now on, by whose approval, of which day.

    Of a roster a name or a contact is shown only where its post says that it is public.
    """

    items: tuple[PublishedItem, ...]
    approved_on: date
    approver: Name
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The day of the approval."""
        return self.approved_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemsWithdrawn:
    """停止公开: items that are shown no more: the one that was meant, and those that may not stand without it."""

    items: tuple[PublishedItem, ...]
    reason: Reason
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemExempted:
    """豁免公开: an item that may not be published, on which ground and until when; for good without `until`.

    `withdrawn` is what was published and is shown no more from then on.
    """

    item: PublishedItem
    ground: Code
    reason: Reason
    until: date | None = None
    withdrawn: tuple[PublishedItem, ...] = ()
    documents: tuple[Document, ...] = ()

    def holds(self, today: date) -> bool:
        """Return whether it holds on a day."""
        return self.until is None or today < self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptionEnded:
    """解除豁免: an item may be published again; that it is takes an approval of its own."""

    item: PublishedItem
    reason: Reason
    documents: tuple[Document, ...] = ()


PublicationFact: TypeAlias = ItemsPublished | ItemsWithdrawn | ItemExempted | ExemptionEnded

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """The last fact about each item; of none that was never spoken of."""

    last: Mapping[PublishedItem, PublicationFact] = field(default_factory=dict)

    def is_published(self, item: PublishedItem) -> bool:
        """Return whether an item is shown."""
        return isinstance(self.last.get(item), ItemsPublished)

    def exemption(self, item: PublishedItem) -> ItemExempted | None:
        """Return an item's exemption, also one whose day has come."""
        last = self.last.get(item)
        # One that was taken down with another, which is exempt, is not exempt itself.
        return last if isinstance(last, ItemExempted) and last.item is item else None

    def going(self, item: PublishedItem) -> tuple[PublishedItem, ...]:
        """Return what is shown no more when an item must go: itself, and with the project's own item all others."""
        gone = [*PublishedItem] if item is PublishedItem.STAGE else [item]
        return tuple(one for one in gone if self.is_published(one))


def evolve(state: Publication, fact: PublicationFact) -> Publication:
    """Fold one fact; no rule, never raises."""
    return replace(state, last={**state.last, **dict.fromkeys(_concerned(fact), fact)})


def _concerned(fact: PublicationFact) -> tuple[PublishedItem, ...]:
    match fact:
        case ItemsPublished() | ItemsWithdrawn():
            return fact.items
        case ItemExempted():
            return (fact.item, *fact.withdrawn)
        case ExemptionEnded():
            return (fact.item,)
    assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishItems:
    """批准公开 Publish items of a project that were approved; one that was withdrawn before needs a reason."""

    project_id: UUID
    items: tuple[PublishedItem, ...]
    approved_on: date
    approver: Name
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawItem:
    """停止公开 Take down a published item; with STAGE go all others."""

    project_id: UUID
    item: PublishedItem
    reason: Reason
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExemptItem:
    """豁免公开 Exempt an item from publication, or change its exemption; one that is published is taken down."""

    project_id: UUID
    item: PublishedItem
    ground: Code
    reason: Reason
    until: date | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndExemption:
    """解除豁免 End an item's exemption; that does not publish it."""

    project_id: UUID
    item: PublishedItem
    reason: Reason
    documents: tuple[Document, ...] = ()


PublicationCommand: TypeAlias = PublishItems | WithdrawItem | ExemptItem | EndExemption


def decide(
    command: PublicationCommand, state: Publication, project: Project, place: Place, today: date
) -> Sequence[PublicationFact]:
    """Judge a command; reads the project and the place (its list of grounds).

    Of a project that was given up nothing more is published, but what is can be taken down.
    """
    place.need_open()
    if isinstance(command, PublishItems):
        project.need_current()
    else:
        project.need_there()
    match command:
        case PublishItems():
            return _publish(command, state, today)
        case WithdrawItem():
            return _withdraw(command, state)
        case ExemptItem():
            return _exempt(command, state, place, today)
        case EndExemption():
            return _end_exemption(command, state, today)
    assert_never(command)


def _publish(command: PublishItems, state: Publication, today: date) -> list[PublicationFact]:
    if not command.items or len(set(command.items)) < len(command.items):
        raise InvalidValueError("items", rule="at least one, each once")
    if command.approved_on > today:
        raise NotYetHappenedError("approved_on", date=command.approved_on, today=today)
    stage_is_shown = PublishedItem.STAGE in command.items or state.is_published(PublishedItem.STAGE)
    for number, item in enumerate(command.items):
        exemption = state.exemption(item)
        if exemption is not None and exemption.holds(today):
            ends = {} if exemption.until is None else {"until": exemption.until}
            raise ExemptedError("items", f"[{number}]", item=item, ground=exemption.ground, **ends)
        if not stage_is_shown:
            raise StageUnpublishedError("items", f"[{number}]", item=item)
    fresh = tuple(item for item in command.items if not state.is_published(item))
    if not fresh:
        return []  # Already so.
    if command.reason is None:
        for item in fresh:
            if isinstance(state.last.get(item), ItemsWithdrawn):
                raise AlreadyStatedError("reason", item=item)
    return [
        ItemsPublished(
            items=fresh,
            approved_on=command.approved_on,
            approver=command.approver,
            reason=command.reason,
            documents=command.documents,
        )
    ]


def _withdraw(command: WithdrawItem, state: Publication) -> list[PublicationFact]:
    if command.item not in state.last:
        raise NotPublishedError("item", item=command.item)
    if not state.is_published(command.item):
        return []  # Already so.
    return [ItemsWithdrawn(items=state.going(command.item), reason=command.reason, documents=command.documents)]


def _exempt(command: ExemptItem, state: Publication, place: Place, today: date) -> list[PublicationFact]:
    place.need_term(Dictionary.EXEMPTION_GROUND, command.ground, "ground")
    if command.until is not None and command.until <= today:
        raise InvalidValueError("until", rule="later than today", value=command.until, today=today)
    fact = ItemExempted(
        item=command.item,
        ground=command.ground,
        reason=command.reason,
        until=command.until,
        withdrawn=state.going(command.item),
        documents=command.documents,
    )
    known = state.exemption(command.item)
    if known is not None and replace(known, reason=fact.reason, withdrawn=fact.withdrawn) == fact:
        return []  # Already so.
    return [fact]


def _end_exemption(command: EndExemption, state: Publication, today: date) -> list[PublicationFact]:
    known = state.exemption(command.item)
    if known is None:
        if isinstance(state.last.get(command.item), ExemptionEnded):
            return []  # Already so.
        raise NotExemptedError("item", item=command.item)
    if not known.holds(today):
        return []  # It has ended by itself.
    return [ExemptionEnded(item=command.item, reason=command.reason, documents=command.documents)]


def publication_stream(project_id: UUID) -> Stream:
    """Return the stream of what of a project is published."""
    return Stream("publication", project_id)


def _stream(command: PublicationCommand, _region: Region, _command_id: UUID) -> UUID:
    return command.project_id


def _reads(command: PublicationCommand, region: Region) -> tuple[Stream, ...]:
    return (project_stream(command.project_id), place_stream(region))


DECIDER: Final = Decider[Publication](
    kind="publication",
    commands=(PublishItems, WithdrawItem, ExemptItem, EndExemption),
    facts=(ItemsPublished, ItemsWithdrawn, ItemExempted, ExemptionEnded),
    initial=Publication(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
