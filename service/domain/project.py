"""项目: identity, total investment, gates, voiding: facts, state, evolve, commands, decide.

Gates are dated facts and a stage is derived from them (gates.py). Source: domain.md, Project and Gates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias, assert_never, cast, get_args
from uuid import UUID, uuid5

from service.domain.activity import (
    ACTIVITY_COMMANDS,
    ActivityCommand,
    ActivityFact,
    PauseNoted,
    ProjectDeferred,
    ProjectResumed,
    ProjectSuspended,
    ProjectTerminated,
    activity_after,
    decide_activity,
)
from service.domain.decider import NAMESPACE, Claim, Decider, Stream
from service.domain.errors import (
    CommandIdReusedError,
    InvalidValueError,
    MergedError,
    NotFoundError,
    RejectedError,
    TerminatedError,
    VoidedError,
)
from service.domain.gate_commands import GATE_COMMANDS, RecordCodeAssigned, RecordGate, RecordStarted, decide_gate
from service.domain.gate_rules import need_order, need_ready
from service.domain.gates import GateFact, GateKey, ProjectCodeAssigned, gate_of
from service.domain.identity import Changes, Identity, amended
from service.domain.place import Place, place_stream
from service.domain.stages import Activity
from service.domain.total_investment import (
    SetTotalInvestment,
    TotalInvestmentSet,
    TotalInvestmentWithdrawn,
    Totals,
    WithdrawTotalInvestment,
    set_total,
    withdraw_total,
)
from service.domain.values import Document, Name, ProjectCode, Reason, Region

# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRegistered:
    """项目登记: a project enters the ledger, with all that the register says of it."""

    identity: Identity
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAmended:
    """项目信息变更: the fields of the register that changed, and no others; with the reason where one is given."""

    changes: Changes
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectVoided:
    """项目作废: it was registered in error; its history stays, and its codes may be given to another project."""

    reason: Reason
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMerged:
    """项目合并: it is the same project as another one (`into`), which goes on; both keep their histories."""

    into: UUID
    into_name: Name
    reason: Reason
    documents: tuple[Document, ...] = ()


ProjectFact: TypeAlias = (
    ProjectRegistered
    | ProjectAmended
    | TotalInvestmentSet
    | TotalInvestmentWithdrawn
    | ProjectVoided
    | ProjectMerged
    | GateFact
    | ActivityFact
)

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the rules need to know; `identity` is None before registration."""

    identity: Identity | None = None
    totals: Totals = field(default_factory=dict)
    gates: Mapping[GateKey, GateFact] = field(default_factory=dict)
    voided: bool = False
    merged_into: UUID | None = None
    activity: Activity = Activity.ACTIVE
    paused: ActivityFact | None = None

    def need_current(self, *path: str) -> Identity:
        """Return the identity of a project on which something may be said.

        Args:
            path: the command's field that names the project; `project_id` unless given.

        Raises:
            VoidedError: registered in error.
            TerminatedError: given up, and not resumed.
            NotFoundError, MergedError: as `need_there`.
        """
        identity = self.need_there(*path)
        if self.activity is Activity.TERMINATED:
            raise TerminatedError(*(path or ("project_id",)))
        return identity

    def need_there(self, *path: str) -> Identity:
        """Return the identity of a project that stands, whether or not it goes on.

        Raises:
            NotFoundError: never registered.
            VoidedError: registered in error.
            MergedError: it is another one.
        """
        where = path or ("project_id",)
        if self.identity is None:
            raise NotFoundError(*where)
        if self.voided:
            raise VoidedError(*where)
        if self.merged_into is not None:
            raise MergedError(*where, into=self.merged_into)
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
        case ProjectMerged():
            return replace(state, merged_into=fact.into)
        case ProjectSuspended() | ProjectDeferred() | PauseNoted() | ProjectResumed() | ProjectTerminated():
            return replace(state, paused=fact, activity=activity_after(fact, state.activity))
        case ProjectCodeAssigned():
            return _reached(_coded(state, fact.code), fact)
        case _:
            return _reached(state, fact)


def _reached(state: Project, fact: GateFact) -> Project:
    return replace(state, gates={**state.gates, gate_of(fact): fact})


def _coded(state: Project, code: ProjectCode) -> Project:
    """Return a project whose register has the code that it got."""
    identity = state.identity
    if identity is None or code in identity.codes:
        return state
    return replace(state, identity=amended(identity, Changes(codes=(*identity.codes, code))))


def claims(state: Project) -> frozenset[Claim]:
    """Return what the project holds alone: its codes and what other systems call it."""
    if state.identity is None or state.voided or state.merged_into is not None:
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
class VoidProject:
    """作废项目 Void a project that was registered in error; its history stays."""

    project_id: UUID
    reason: Reason
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeProject:
    """合并项目 Merge a project into another one that is the same; both keep their histories."""

    project_id: UUID
    into: UUID
    reason: Reason
    documents: tuple[Document, ...] = ()


ProjectCommand: TypeAlias = (
    RegisterProject
    | AmendProject
    | SetTotalInvestment
    | WithdrawTotalInvestment
    | VoidProject
    | MergeProject
    | RecordGate
    | ActivityCommand
)


def decide(command: ProjectCommand, state: Project, place: Place, *others: Any) -> Sequence[ProjectFact]:
    """Judge a command on a project; reads the place's configuration, for a merger the other project as well.

    For a start it reads the schedule, whose conditions a place may demand.
    """
    *read, today = others
    place.need_open()
    match command:
        case RegisterProject():
            return _register(command, state, place)
        case VoidProject():
            return _void(command, state)
        case MergeProject():
            return _merge(command, state, *read)
        case RecordGate() | AmendProject() | SetTotalInvestment() | WithdrawTotalInvestment():
            return _change(command, state, place, *read, today)
        case _:
            state.need_there()
            return decide_activity(command, state.paused, state.activity, place, today)


def _change(
    command: RecordGate | AmendProject | SetTotalInvestment | WithdrawTotalInvestment,
    state: Project,
    place: Place,
    *others: Any,
) -> Sequence[ProjectFact]:
    *read, today = others
    identity = state.need_current()
    match command:
        case AmendProject():
            return _amend(command, identity, place)
        case SetTotalInvestment():
            return set_total(command, state.totals, place, today)
        case WithdrawTotalInvestment():
            return withdraw_total(command, state.totals, today)
        case RecordGate():
            return _record(command, state, identity, place, *read, today)
    assert_never(command)


def _record(
    command: RecordGate, state: Project, identity: Identity, place: Place, *others: Any
) -> Sequence[ProjectFact]:
    *schedule, today = others
    if isinstance(command, RecordCodeAssigned) and command.code not in identity.codes:
        try:
            replace(identity, codes=(*identity.codes, command.code))
        except RejectedError as error:
            raise type(error)("code", **error.params) from error
    version = place.configuration.definition(command.fact.gate, command.occurred_on)
    facts = decide_gate(command, state.gates, version, today)
    for fact in facts:
        need_order(fact, state.gates, place, identity.track)
        if isinstance(command, RecordStarted):
            need_ready(fact, schedule[0], place)
    # GateFact is the union of all there are; a dataclass's own type tells mypy only that it is a gate.
    return cast("list[ProjectFact]", facts)


def _merge(command: MergeProject, state: Project, into: Project) -> list[ProjectFact]:
    if state.merged_into == command.into:
        return []  # Already so.
    state.need_there()
    if command.into == command.project_id:
        raise InvalidValueError("into", rule="another project")
    name = into.need_there("into").name
    return [ProjectMerged(into=command.into, into_name=name, reason=command.reason, documents=command.documents)]


def _register(command: RegisterProject, state: Project, place: Place) -> list[ProjectFact]:
    if state.identity == command.identity:
        return []  # Already so.
    if state.identity is not None:
        raise CommandIdReusedError  # The stream's id is made of the command's.
    place.need_identity(command.identity, Identity.__slots__, "identity")
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
    place.need_identity(after, differing, "changes")
    return [ProjectAmended(changes=changes, reason=command.reason, documents=command.documents)]


def project_stream(project_id: UUID) -> Stream:
    """Return the stream of a project's identity, totals and gates."""
    return Stream("project", project_id)


def _stream(command: ProjectCommand, _region: Region, command_id: UUID) -> UUID:
    return uuid5(NAMESPACE, f"project:{command_id}") if isinstance(command, RegisterProject) else command.project_id


def _reads(command: ProjectCommand, region: Region) -> tuple[Stream, ...]:
    if isinstance(command, MergeProject):
        return (place_stream(region), project_stream(command.into))
    if isinstance(command, RecordStarted):
        # As schedule.schedule_stream has it, which stands above this module.
        return (place_stream(region), Stream("schedule", command.project_id))
    return (place_stream(region),)


DECIDER: Final = Decider[Project](
    kind="project",
    commands=(
        RegisterProject,
        AmendProject,
        SetTotalInvestment,
        WithdrawTotalInvestment,
        VoidProject,
        MergeProject,
        *GATE_COMMANDS,
        *ACTIVITY_COMMANDS,
    ),
    facts=get_args(ProjectFact),
    initial=Project(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
    claims=claims,
)
