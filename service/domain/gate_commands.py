"""节点登记: the commands that record gates; a gate out of order is no refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, ClassVar, Final
from uuid import UUID

from service.domain.decider import not_later
from service.domain.errors import AlreadyReachedError
from service.domain.gates import (
    ApprovalKind,
    BenefitsReached,
    CompletionKind,
    ContractForm,
    ContractFulfilled,
    ContractSigned,
    DesignCapacityReached,
    GateKey,
    GateReached,
    NegotiationOpened,
    ProductionExtent,
    ProjectApproved,
    ProjectCodeAssigned,
    ProjectCompleted,
    ProjectEvaluated,
    ProjectLanded,
    ProjectPlanned,
    ProjectPutIntoProduction,
    ProjectReserved,
    ProjectStarted,
    StartBasis,
    StatisticsEntered,
    gate_of,
)
from service.domain.values import Document, Name, ProjectCode, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordGate:
    """登记节点: what all records of gates have; `fact` is what it becomes."""

    fact: ClassVar[type[GateReached]]

    project_id: UUID
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPlanned(RecordGate):
    """登记谋划 Record that the idea of a project was taken up."""

    fact = ProjectPlanned


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordReserved(RecordGate):
    """登记入储备库 Record that a project entered the reserve library."""

    fact = ProjectReserved

    library: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNegotiationOpened(RecordGate):
    """登记在谈 Record that negotiations with an investor began."""

    fact = NegotiationOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContractSigned(RecordGate):
    """登记签约 Record that a contract was signed."""

    fact = ContractSigned

    form: ContractForm


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordApproved(RecordGate):
    """登记立项 Record that a project was approved, verified or filed."""

    fact = ProjectApproved

    kind: ApprovalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCodeAssigned(RecordGate):
    """登记赋码 Record that a project got a national code; the register has it from then on."""

    fact = ProjectCodeAssigned

    code: ProjectCode


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLanded(RecordGate):
    """登记落地 Record that a project has its site."""

    fact = ProjectLanded


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFulfilled(RecordGate):
    """登记履约 Record that the investor does what was signed."""

    fact = ContractFulfilled


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStarted(RecordGate):
    """登记开工 Record that works started, on one basis."""

    fact = ProjectStarted

    basis: StartBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordStatisticsEntered(RecordGate):
    """登记纳统 Record that a project was entered in the statistics of fixed-asset investment."""

    fact = StatisticsEntered


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCompleted(RecordGate):
    """登记竣工 Record that a project was completed."""

    fact = ProjectCompleted

    kind: CompletionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPutIntoProduction(RecordGate):
    """登记投产 Record that a project was put into production."""

    fact = ProjectPutIntoProduction

    extent: ProductionExtent


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDesignCapacityReached(RecordGate):
    """登记达产 Record that production reached the capacity that was designed."""

    fact = DesignCapacityReached


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBenefitsReached(RecordGate):
    """登记达效 Record that the benefits that were meant are reached, by the place's own measure."""

    fact = BenefitsReached


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvaluated(RecordGate):
    """登记后评价 Record that a project was evaluated after completion."""

    fact = ProjectEvaluated


GATE_COMMANDS: Final[tuple[type[RecordGate], ...]] = (
    RecordPlanned,
    RecordReserved,
    RecordNegotiationOpened,
    RecordContractSigned,
    RecordApproved,
    RecordCodeAssigned,
    RecordLanded,
    RecordFulfilled,
    RecordStarted,
    RecordStatisticsEntered,
    RecordCompleted,
    RecordPutIntoProduction,
    RecordDesignCapacityReached,
    RecordBenefitsReached,
    RecordEvaluated,
)
_OWN: Final = "project_id"


def decide_gate(
    command: RecordGate, reached: Mapping[GateKey, GateReached], definition: int, today: date
) -> list[GateReached]:
    """Judge a gate: not in the future, and said otherwise than before only as a correction with a reason.

    Args:
        command: what to record.
        reached: gates that stand.
        definition: version of the place's definition of this gate on its day.
        today: the day of judging.
    """
    not_later(command.occurred_on, today)
    said: dict[str, Any] = {one.name: getattr(command, one.name) for one in fields(command) if one.name != _OWN}
    fact = command.fact(**said, definition=definition)
    known = reached.get(gate_of(fact))
    if known is not None:
        if replace(known, reason=fact.reason, definition=definition) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyReachedError("reason", reached_on=known.occurred_on)
    return [fact]
