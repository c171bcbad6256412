"""项目: identity, total investment, gates, voiding: facts, state, evolve, commands, decide.

Gates are dated facts and a stage is derived from them (gates.py). Source: domain.md, Project and Gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias, get_args
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Claim, Decider, Stream, not_later
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    CommandIdReusedError,
    NotFoundError,
    NothingStatedError,
    RejectedError,
    VoidedError,
)
from service.domain.gates import GateFact, GateKey, RecordGate, decide_gate, gate_of
from service.domain.identity import AssetType, Changes, Identity, Nature, Track, amended
from service.domain.labels import Labelled
from service.domain.place import Place, place_stream
from service.domain.values import Document, Reason, Region, Stated

__all__ = [
    "DECIDER",
    "AmendProject",
    "AssetType",
    "Changes",
    "Identity",
    "Nature",
    "Project",
    "ProjectAmended",
    "ProjectCommand",
    "ProjectFact",
    "ProjectRegistered",
    "ProjectVoided",
    "RegisterProject",
    "SetTotalInvestment",
    "TotalInvestmentSet",
    "TotalInvestmentWithdrawn",
    "TotalKind",
    "Track",
    "VoidProject",
    "WithdrawTotalInvestment",
    "amended",
    "claims",
    "decide",
    "evolve",
    "project_stream",
]


class TotalKind(Labelled):
    """总投资口径 Kinds of total investment: CONTRACTED 协议总投资, APPROVED 批复/备案总投资, STATISTICAL 计划总投资."""

    CONTRACTED = "CONTRACTED", "协议总投资", "contracted total investment"
    APPROVED = "APPROVED", "批复/备案总投资", "approved or filed total investment"
    STATISTICAL = "STATISTICAL", "计划总投资", "planned total investment"


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRegistered:
    """项目登记."""

    identity: Identity
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAmended:
    """项目信息变更: only what changed, with the reason."""

    changes: Changes
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalInvestmentSet:
    """总投资核定或调整: the whole amount of one kind; an adjustment of an earlier one carries a reason."""

    kind: TotalKind
    stated: Stated
    amount_fen: int
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalInvestmentWithdrawn:
    """总投资撤回: the amount of a kind is no longer stated; not the same as zero."""

    kind: TotalKind
    reason: Reason
    occurred_on: date
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectVoided:
    """项目作废: registered in error; its history stays, its codes may be used again."""

    reason: Reason
    documents: tuple[Document, ...] = ()


ProjectFact: TypeAlias = (
    ProjectRegistered | ProjectAmended | TotalInvestmentSet | TotalInvestmentWithdrawn | ProjectVoided | GateFact
)

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the rules need to know; `identity` is None before registration."""

    identity: Identity | None = None
    totals: Mapping[TotalKind, TotalInvestmentSet | TotalInvestmentWithdrawn] = field(default_factory=dict)
    gates: Mapping[GateKey, GateFact] = field(default_factory=dict)
    voided: bool = False

    def need_current(self) -> Identity:
        """Return the identity of a project that can still be changed.

        Raises:
            NotFoundError: never registered.
            VoidedError: registered in error.
        """
        if self.identity is None:
            raise NotFoundError("project_id")
        if self.voided:
            raise VoidedError("project_id")
        return self.identity


def evolve(state: Project, fact: ProjectFact) -> Project:
    """Fold one fact; no rule, never raises."""
    match fact:
        case ProjectRegistered():
            return replace(state, identity=fact.identity)
        case ProjectAmended():
            return replace(state, identity=state.identity and amended(state.identity, fact.changes))
        case TotalInvestmentSet() | TotalInvestmentWithdrawn():
            return replace(state, totals={**state.totals, fact.kind: fact})
        case ProjectVoided():
            return replace(state, voided=True)
        case _:
            return replace(state, gates={**state.gates, gate_of(fact): fact})


def claims(state: Project) -> frozenset[Claim]:
    """Return what the project holds alone: its codes and what other systems call it."""
    if state.identity is None or state.voided:
        return frozenset()
    codes = (Claim("project_code", code) for code in state.identity.codes)
    references = (Claim("reference", f"{one.system}\n{one.id}") for one in state.identity.references)
    return frozenset((*codes, *references))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterProject:
    """登记项目 Register a project."""

    identity: Identity
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendProject:
    """变更项目信息 Amend what the register says of a project."""

    project_id: UUID
    changes: Changes
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTotalInvestment:
    """核定或调整总投资 Set or adjust the total investment of a kind; an adjustment carries a reason."""

    project_id: UUID
    kind: TotalKind
    stated: Stated
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawTotalInvestment:
    """撤回总投资 Withdraw the total investment of a kind: it is no longer stated, which is not zero."""

    project_id: UUID
    kind: TotalKind
    reason: Reason
    occurred_on: date
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidProject:
    """作废项目 Void a project that was registered in error; its history stays."""

    project_id: UUID
    reason: Reason
    documents: tuple[Document, ...] = ()


ProjectCommand: TypeAlias = (
    RegisterProject | AmendProject | SetTotalInvestment | WithdrawTotalInvestment | VoidProject | RecordGate
)


def decide(command: ProjectCommand, state: Project, place: Place, today: date) -> Sequence[ProjectFact]:
    """Judge a command on a project; reads the place's configuration."""
    place.need_open()
    if isinstance(command, RegisterProject):
        return _register(command, state, place)
    if isinstance(command, VoidProject):
        return _void(command, state)
    identity = state.need_current()
    if isinstance(command, AmendProject):
        return _amend(command, identity, place)
    if isinstance(command, SetTotalInvestment):
        return _set_total(command, state, place, today)
    if isinstance(command, WithdrawTotalInvestment):
        return _withdraw_total(command, state, today)
    return decide_gate(command, state.gates, today)


def _register(command: RegisterProject, state: Project, place: Place) -> list[ProjectFact]:
    if state.identity == command.identity:
        return []  # Already so.
    if state.identity is not None:
        raise CommandIdReusedError  # The stream's id is made of the command's.
    place.need_within(command.identity.region, "identity", "region")
    place.need_term(Dictionary.CATEGORY, command.identity.category, "identity", "category")
    return [ProjectRegistered(identity=command.identity, documents=command.documents)]


def _void(command: VoidProject, state: Project) -> list[ProjectFact]:
    if state.identity is not None and state.voided:
        return []  # Already so.
    state.need_current()
    return [ProjectVoided(reason=command.reason, documents=command.documents)]


def _amend(command: AmendProject, identity: Identity, place: Place) -> list[ProjectFact]:
    sent = command.changes.sent()
    differing = {name: value for name, value in sent.items() if value != getattr(identity, name)}
    if not differing:
        return []  # Already so.
    changes = Changes(**differing)  # type: ignore[arg-type]  # The names are the fields of Changes itself.
    try:
        after = replace(amended(identity, changes))  # Built anew, so that the whole is judged with its changes.
    except RejectedError as error:
        # Of two dates in the wrong order the one that was sent is the wrong one.
        path = error.path if error.path[0] in differing else ("planned_start",)
        raise type(error)("changes", *path, **error.params) from error
    if "region" in differing:
        place.need_within(after.region, "changes", "region")
    if "category" in differing:
        place.need_term(Dictionary.CATEGORY, after.category, "changes", "category")
    return [ProjectAmended(changes=changes, reason=command.reason, documents=command.documents)]


def _set_total(command: SetTotalInvestment, state: Project, place: Place, today: date) -> list[ProjectFact]:
    place.need_money(command.stated)
    if command.stated.fen < 0:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    not_later(command.occurred_on, today)
    fact = TotalInvestmentSet(
        kind=command.kind,
        stated=command.stated,
        amount_fen=command.stated.fen,
        occurred_on=command.occurred_on,
        reason=command.reason,
        documents=command.documents,
    )
    known = state.totals.get(command.kind)
    if isinstance(known, TotalInvestmentSet):
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", kind=command.kind, stated=known.stated)
    return [fact]


def _withdraw_total(command: WithdrawTotalInvestment, state: Project, today: date) -> list[ProjectFact]:
    not_later(command.occurred_on, today)
    fact = TotalInvestmentWithdrawn(
        kind=command.kind, reason=command.reason, occurred_on=command.occurred_on, documents=command.documents
    )
    known = state.totals.get(command.kind)
    if isinstance(known, TotalInvestmentWithdrawn) and replace(known, reason=fact.reason) == fact:
        return []  # Already so.
    if not isinstance(known, TotalInvestmentSet):
        raise NothingStatedError("kind", kind=command.kind)
    return [fact]


def project_stream(project_id: UUID) -> Stream:
    """Return the stream of a project's identity, totals and gates."""
    return Stream("project", project_id)


def _stream(command: ProjectCommand, _region: Region, command_id: UUID) -> UUID:
    return uuid5(NAMESPACE, f"project:{command_id}") if isinstance(command, RegisterProject) else command.project_id


def _reads(_command: ProjectCommand, region: Region) -> tuple[Stream, ...]:
    return (place_stream(region),)


DECIDER: Final = Decider[Project](
    kind="project",
    commands=(
        RegisterProject,
        AmendProject,
        SetTotalInvestment,
        WithdrawTotalInvestment,
        VoidProject,
        *get_args(RecordGate),
    ),
    facts=get_args(ProjectFact),
    initial=Project(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
    claims=claims,
)
