"""集中活动: signing and start ceremonies with the projects that they list: facts, state, evolve, commands, decide.

Being listed is a cohort and not a stage: a project may be in several periods (滚动实施), and its gates tell what it has
reached. Source: domain.md, Gates and Streams; mission.md B1, B13, F-05, F-11, F-13, F-19.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias, assert_never, cast
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Claim, Decider, Stream, not_later
from service.domain.errors import (
    BelowZeroError,
    CeremonyWithdrawnError,
    CommandIdReusedError,
    InvalidValueError,
    NotFoundError,
    NotInCeremonyError,
    RejectedError,
)
from service.domain.labels import Labelled
from service.domain.place import Place, place_stream
from service.domain.project import Project, project_stream
from service.domain.shape import at_most
from service.domain.values import Document, Name, Reason, Region, Stated

MOST_ENTRIES: Final = 500
"""Most entries of one ceremony: the largest period on record lists about a hundred projects."""
MOST_PERIODS: Final = 1_000
MOST_STATED: Final = 100_000
"""Most projects that an account may speak of."""


class CeremonySeries(Labelled):
    """活动系列 Of which series a ceremony is: THREE_BATCHES 三个一批 (numbered periods), JOINT 集中签约开工."""

    THREE_BATCHES = "THREE_BATCHES", "三个一批", "three batches"
    JOINT = "JOINT", "集中签约开工", "joint signing and start"


class BatchKind(Labelled):
    """批次类别 As what a ceremony lists a project: SIGNING 签约, START 开工, PRODUCTION 投产."""

    SIGNING = "SIGNING", "签约", "signing"
    START = "START", "开工", "start"
    PRODUCTION = "PRODUCTION", "投产", "production"


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyEntry:
    """列入项目 A project that a ceremony lists, and as what."""

    project_id: UUID
    kind: BatchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedBatch:
    """各批所报 What the account says of one kind: how many projects, of what total investment."""

    kind: BatchKind
    count: int | None = None
    total: Stated | None = None


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyHeld:
    """集中签约/开工活动: which projects it listed, and as what; beside them what the published account says.

    `stated_batches` are the account's own numbers: they may differ from what the entries come to.
    """

    name: Name
    occurred_on: date
    series: CeremonySeries
    period: int | None = None
    entries: tuple[CeremonyEntry, ...] = ()
    stated_batches: tuple[StatedBatch, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyCorrected:
    """活动更正: entries that were missing, and entries that were wrong."""

    reason: Reason
    added: tuple[CeremonyEntry, ...] = ()
    removed: tuple[CeremonyEntry, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyWithdrawn:
    """活动撤销: recorded in error; its period may be used again."""

    reason: Reason
    documents: tuple[Document, ...] = ()


CeremonyFact: TypeAlias = CeremonyHeld | CeremonyCorrected | CeremonyWithdrawn

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceremony:
    """A ceremony as it stands; `held` is None before it was recorded, `removed` has what a correction took out."""

    held: CeremonyHeld | None = None
    entries: frozenset[CeremonyEntry] = frozenset()
    removed: frozenset[CeremonyEntry] = frozenset()
    withdrawn: bool = False

    def need_current(self) -> CeremonyHeld:
        """Return the ceremony.

        Raises:
            NotFoundError: never recorded.
            CeremonyWithdrawnError: recorded in error.
        """
        if self.held is None:
            raise NotFoundError("ceremony_id")
        if self.withdrawn:
            raise CeremonyWithdrawnError("ceremony_id")
        return self.held


def evolve(state: Ceremony, fact: CeremonyFact) -> Ceremony:
    """Fold one fact; no rule, never raises."""
    match fact:
        case CeremonyHeld():
            return Ceremony(held=fact, entries=frozenset(fact.entries))
        case CeremonyCorrected():
            added, removed = frozenset(fact.added), frozenset(fact.removed)
            return replace(state, entries=(state.entries - removed) | added, removed=(state.removed | removed) - added)
        case CeremonyWithdrawn():
            return replace(state, withdrawn=True)
    assert_never(fact)


def claims(state: Ceremony) -> frozenset[Claim]:
    """Return what the ceremony holds alone: its period within its series."""
    if state.held is None or state.held.period is None or state.withdrawn:
        return frozenset()
    return frozenset((Claim("ceremony_period", f"{state.held.series}\n{state.held.period}"),))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCeremony:
    """登记集中活动 Record a ceremony with the projects that it lists and what its account says."""

    name: Name
    occurred_on: date
    series: CeremonySeries
    period: int | None = None
    entries: tuple[CeremonyEntry, ...] = at_most(MOST_ENTRIES, optional=True)
    stated_batches: tuple[StatedBatch, ...] = ()
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCeremony:
    """更正集中活动 Add projects that a ceremony's record lacks, and remove those that it should not have."""

    ceremony_id: UUID
    reason: Reason
    added: tuple[CeremonyEntry, ...] = at_most(MOST_ENTRIES, optional=True)
    removed: tuple[CeremonyEntry, ...] = at_most(MOST_ENTRIES, optional=True)
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCeremony:
    """撤销集中活动 Withdraw a ceremony that was recorded in error; its history stays."""

    ceremony_id: UUID
    reason: Reason
    documents: tuple[Document, ...] = ()


CeremonyCommand: TypeAlias = HoldCeremony | CorrectCeremony | WithdrawCeremony


def decide(command: CeremonyCommand, state: Ceremony, place: Place, *read: Project | date) -> Sequence[CeremonyFact]:
    """Judge a command on a ceremony.

    Args:
        command: what is wanted.
        state: the ceremony.
        place: the place, for its currency.
        read: the projects that the command lists, in the order of `_listed`, and the day.
    """
    place.need_open()
    *found, today = read
    projects = dict(zip(_listed(command), cast("list[Project]", found), strict=True))
    match command:
        case HoldCeremony():
            return _hold(command, state, place, projects, cast("date", today))
        case CorrectCeremony():
            return _correct(command, state, projects)
        case WithdrawCeremony():
            return _withdraw(command, state)
    assert_never(command)


def _hold(
    command: HoldCeremony, state: Ceremony, place: Place, projects: dict[UUID, Project], today: date
) -> list[CeremonyFact]:
    fact = CeremonyHeld(
        name=command.name,
        occurred_on=command.occurred_on,
        series=command.series,
        period=command.period,
        entries=command.entries,
        stated_batches=command.stated_batches,
        documents=command.documents,
    )
    if state.held == fact:
        return []  # Already so.
    if state.held is not None:
        raise CommandIdReusedError  # The stream's id is made of the command's.
    not_later(command.occurred_on, today)
    _need_period(command)
    _need_once("entries", command.entries)
    _need_stated(command.stated_batches, place)
    _need_projects("entries", command.entries, projects)
    return [fact]


def _correct(command: CorrectCeremony, state: Ceremony, projects: dict[UUID, Project]) -> list[CeremonyFact]:
    state.need_current()
    if not command.added and not command.removed:
        raise InvalidValueError("added", rule="something to add or to remove")
    _need_once("added", command.added)
    _need_once("removed", command.removed)
    if {*command.added} & {*command.removed}:
        raise InvalidValueError("removed", rule="not what is added")
    added = tuple(one for one in command.added if one not in state.entries)
    removed = tuple(one for one in command.removed if one not in state.removed)
    for number, one in enumerate(command.removed):
        if one in removed and one not in state.entries:
            raise NotInCeremonyError("removed", f"[{number}]", kind=one.kind)
    if not added and not removed:
        return []  # Already so.
    _need_projects("added", command.added, projects)
    after = len(state.entries) + len(added) - len(removed)
    if after > MOST_ENTRIES:
        raise InvalidValueError("added", rule=f"at most {MOST_ENTRIES} entries", entries=after)
    return [CeremonyCorrected(reason=command.reason, added=added, removed=removed, documents=command.documents)]


def _withdraw(command: WithdrawCeremony, state: Ceremony) -> list[CeremonyFact]:
    if state.held is not None and state.withdrawn:
        return []  # Already so.
    state.need_current()
    return [CeremonyWithdrawn(reason=command.reason, documents=command.documents)]


def _need_period(command: HoldCeremony) -> None:
    if command.period is None:
        if command.series is CeremonySeries.THREE_BATCHES:
            raise InvalidValueError("period", rule="required: a ceremony of the three batches is numbered")
    elif not 1 <= command.period <= MOST_PERIODS:
        raise InvalidValueError("period", rule=f"1 to {MOST_PERIODS}", value=command.period)


def _need_once(name: str, entries: Sequence[CeremonyEntry]) -> None:
    if len(entries) > MOST_ENTRIES or len({*entries}) < len(entries):
        raise InvalidValueError(name, rule=f"at most {MOST_ENTRIES}, each project once as each kind")


def _need_stated(batches: Sequence[StatedBatch], place: Place) -> None:
    if len({one.kind for one in batches}) < len(batches):
        raise InvalidValueError("stated_batches", rule="each kind once")
    for number, one in enumerate(batches):
        path = ("stated_batches", f"[{number}]")
        if one.count is None and one.total is None:
            raise InvalidValueError(*path, rule="a count, a total, or both")
        if one.count is not None and one.count < 0:
            raise BelowZeroError(*path, "count", amount=one.count)
        if one.count is not None and one.count > MOST_STATED:
            raise InvalidValueError(*path, "count", rule=f"at most {MOST_STATED}")
        if one.total is not None:
            try:
                place.need_money(one.total)
            except RejectedError as error:
                raise type(error)(*path, "total", "unit", **error.params) from None
            if one.total.fen < 0:
                raise BelowZeroError(*path, "total", "figure", amount=one.total)


def _need_projects(name: str, entries: Iterable[CeremonyEntry], projects: dict[UUID, Project]) -> None:
    """Refuse an entry whose project this ledger does not have, or has voided."""
    for number, one in enumerate(entries):
        try:
            projects[one.project_id].need_current()
        except RejectedError as error:
            raise error.below(name, f"[{number}]") from None


def _listed(command: CeremonyCommand) -> tuple[UUID, ...]:
    """Return the projects that a command lists anew, each once; one that is removed may have been voided since."""
    match command:
        case HoldCeremony():
            entries = command.entries
        case CorrectCeremony():
            entries = command.added
        case WithdrawCeremony():
            entries = ()
        case _:
            assert_never(command)
    return tuple(dict.fromkeys(one.project_id for one in entries))


def ceremony_id_of(command_id: UUID) -> UUID:
    """Return the id of the ceremony that a command records."""
    return uuid5(NAMESPACE, f"ceremony:{command_id}")


def _stream(command: CeremonyCommand, _region: Region, command_id: UUID) -> UUID:
    return ceremony_id_of(command_id) if isinstance(command, HoldCeremony) else command.ceremony_id


def _reads(command: CeremonyCommand, region: Region) -> tuple[Stream, ...]:
    return (place_stream(region), *(project_stream(one) for one in _listed(command)))


DECIDER: Final = Decider[Ceremony](
    kind="ceremony",
    commands=(HoldCeremony, CorrectCeremony, WithdrawCeremony),
    facts=(CeremonyHeld, CeremonyCorrected, CeremonyWithdrawn),
    initial=Ceremony(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
    claims=claims,
)
