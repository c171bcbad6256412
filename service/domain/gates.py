"""节点: dated facts of a project's life, and what is derived from them.

One gate may stand in several variants at once (a framework contract and a formal one; a ceremony and the first spade).
Source: domain.md, Gates, not a stage list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from service.domain.decider import not_later
from service.domain.errors import AlreadyReachedError
from service.domain.labels import Labelled
from service.domain.place import StartBasis
from service.domain.values import Document, Name, Reason


class Gate(Labelled):
    """节点 Gates of a project's life: 入储备库, 签约, 开工, 竣工, 投产, in the default order of a stage list."""

    RESERVED = "RESERVED", "入储备库", "entry into the reserve"
    CONTRACT_SIGNED = "CONTRACT_SIGNED", "签约", "contract signing"
    STARTED = "STARTED", "开工", "start of construction"
    COMPLETED = "COMPLETED", "竣工", "completion"
    PUT_INTO_PRODUCTION = "PUT_INTO_PRODUCTION", "投产", "start of production"


class Stage(Labelled):
    """阶段 Stage of a project: 谋划, 储备, 签约, 建设 (the state after 开工), 竣工, 投产; the default list (B2, B3)."""

    PLANNING = "PLANNING", "谋划", "planning"
    RESERVED = "RESERVED", "储备", "in reserve"
    SIGNED = "SIGNED", "签约", "signed"
    CONSTRUCTION = "CONSTRUCTION", "建设", "construction"
    COMPLETED = "COMPLETED", "竣工", "completed"
    PRODUCTION = "PRODUCTION", "投产", "production"


class Phase(Labelled):
    """时期 Phase: CONCEPT 谋划储备, PREPARATION 前期, CONSTRUCTION 在建, COMPLETED 建成, OPERATING 投产.

    The one closed list: the same five everywhere.
    """

    CONCEPT = "CONCEPT", "谋划储备", "concept and reserve"
    PREPARATION = "PREPARATION", "前期", "preparation"
    CONSTRUCTION = "CONSTRUCTION", "在建", "under construction"
    COMPLETED = "COMPLETED", "建成", "completed"
    OPERATING = "OPERATING", "投产", "operating"


class ContractForm(Labelled):
    """合同形式 Form of a contract: FRAMEWORK 框架协议, FORMAL 正式合同."""

    FRAMEWORK = "FRAMEWORK", "框架协议", "framework agreement"
    FORMAL = "FORMAL", "正式合同", "formal contract"


class CompletionKind(Labelled):
    """竣工形式 How a project is complete: WORKS 完工, ACCEPTANCE 竣工验收."""

    WORKS = "WORKS", "完工", "works completed"
    ACCEPTANCE = "ACCEPTANCE", "竣工验收", "accepted on completion"


class ProductionExtent(Labelled):
    """投产程度 How far production has begun: TRIAL 试生产, PARTIAL 部分投产, FULL 全面投产."""

    TRIAL = "TRIAL", "试生产", "trial production"
    PARTIAL = "PARTIAL", "部分投产", "partial production"
    FULL = "FULL", "全面投产", "full production"


class GateKey(NamedTuple):
    """A gate in one variant; the variant is empty where the gate has none."""

    gate: Gate
    variant: str


# Facts. `definition` is the version of the place's definition that the gate was judged by.


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReserved:
    """入储备库 (not 纳统)."""

    occurred_on: date
    definition: int
    library: Name | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSigned:
    """签约: a framework or a formal contract."""

    occurred_on: date
    definition: int
    form: ContractForm
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStarted:
    """开工, on one of three bases; all three dates may stand and the place names the one that counts."""

    occurred_on: date
    definition: int
    basis: StartBasis
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCompleted:
    """竣工: works done, or accepted."""

    occurred_on: date
    definition: int
    kind: CompletionKind
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPutIntoProduction:
    """投产/投用: trial, partial or full."""

    occurred_on: date
    definition: int
    extent: ProductionExtent
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


GateFact: TypeAlias = ProjectReserved | ContractSigned | ProjectStarted | ProjectCompleted | ProjectPutIntoProduction

DEFINITION: Final = 1
"""Version of the default definitions; a place's own ones will count up from it."""


def gate_of(fact: GateFact) -> GateKey:
    """Return which gate a fact dates."""
    match fact:
        case ProjectReserved():
            return GateKey(Gate.RESERVED, "")
        case ContractSigned():
            return GateKey(Gate.CONTRACT_SIGNED, fact.form)
        case ProjectStarted():
            return GateKey(Gate.STARTED, fact.basis)
        case ProjectCompleted():
            return GateKey(Gate.COMPLETED, fact.kind)
        case ProjectPutIntoProduction():
            return GateKey(Gate.PUT_INTO_PRODUCTION, fact.extent)
    assert_never(fact)


def counts(key: GateKey, start_basis: StartBasis) -> bool:
    """Return whether a gate moves the stage: a start does only on the basis that the place counts."""
    return key.gate is not Gate.STARTED or key.variant == start_basis


_STAGES: Final[dict[Gate, tuple[Stage, Phase]]] = {
    Gate.RESERVED: (Stage.RESERVED, Phase.CONCEPT),
    Gate.CONTRACT_SIGNED: (Stage.SIGNED, Phase.PREPARATION),
    Gate.STARTED: (Stage.CONSTRUCTION, Phase.CONSTRUCTION),
    Gate.COMPLETED: (Stage.COMPLETED, Phase.COMPLETED),
    Gate.PUT_INTO_PRODUCTION: (Stage.PRODUCTION, Phase.OPERATING),
}


def stage_of(reached: Iterable[GateKey], start_basis: StartBasis) -> tuple[Stage, Phase]:
    """Return stage and phase: those of the furthest gate reached, whatever the order of the dates (B2)."""
    order = list(Gate)
    ranks = [order.index(key.gate) for key in reached if counts(key, start_basis)]
    return _STAGES[order[max(ranks)]] if ranks else (Stage.PLANNING, Phase.CONCEPT)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReserved:
    """登记入储备库 Record that a project entered the reserve library."""

    project_id: UUID
    occurred_on: date
    library: Name | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContractSigned:
    """登记签约 Record that a contract was signed."""

    project_id: UUID
    occurred_on: date
    form: ContractForm
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStarted:
    """登记开工 Record that works started, on one basis."""

    project_id: UUID
    occurred_on: date
    basis: StartBasis
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCompleted:
    """登记竣工 Record that a project was completed."""

    project_id: UUID
    occurred_on: date
    kind: CompletionKind
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPutIntoProduction:
    """登记投产 Record that a project was put into production."""

    project_id: UUID
    occurred_on: date
    extent: ProductionExtent
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


RecordGate: TypeAlias = (
    RecordReserved | RecordContractSigned | RecordStarted | RecordCompleted | RecordPutIntoProduction
)


def decide_gate(command: RecordGate, reached: Mapping[GateKey, GateFact], today: date) -> list[GateFact]:
    """Judge a gate: not in the future, and said otherwise than before only as a correction with a reason."""
    not_later(command.occurred_on, today)
    fact = _fact_of(command)
    known = reached.get(gate_of(fact))
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyReachedError("reason", reached_on=known.occurred_on)
    return [fact]


def _fact_of(command: RecordGate) -> GateFact:
    common: Any = {"occurred_on": command.occurred_on, "reason": command.reason, "documents": command.documents}
    match command:
        case RecordReserved():
            return ProjectReserved(**common, definition=DEFINITION, library=command.library)
        case RecordContractSigned():
            return ContractSigned(**common, definition=DEFINITION, form=command.form)
        case RecordStarted():
            return ProjectStarted(**common, definition=DEFINITION, basis=command.basis)
        case RecordCompleted():
            return ProjectCompleted(**common, definition=DEFINITION, kind=command.kind)
        case RecordPutIntoProduction():
            return ProjectPutIntoProduction(**common, definition=DEFINITION, extent=command.extent)
    assert_never(command)
