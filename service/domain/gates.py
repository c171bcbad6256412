"""节点: dated facts of a project's life (gate_commands.py records them).

A gate is one dated fact with its document and the version of the definition that it was judged by. One gate may stand
in several variants at once (a framework contract and a formal one; a ceremony and the first spade). Gates out of order
are no refusal. Source: domain.md, Gates, not a stage list; mission.md B1-B4.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, NamedTuple, TypeAlias, get_args

from service.domain.labels import Labelled
from service.domain.values import Document, Name, ProjectCode, Reason


class Gate(Labelled):
    """节点 Gates of a project's life, in the order in which most projects pass them."""

    PLANNED = "PLANNED", "谋划", "planning"
    RESERVED = "RESERVED", "入储备库", "entry into the reserve"
    NEGOTIATION_OPENED = "NEGOTIATION_OPENED", "在谈", "opening of negotiations"
    CONTRACT_SIGNED = "CONTRACT_SIGNED", "签约", "contract signing"
    APPROVED = "APPROVED", "立项", "project approval"
    CODE_ASSIGNED = "CODE_ASSIGNED", "赋码", "assignment of the project code"
    LANDED = "LANDED", "落地", "landing"
    FULFILLED = "FULFILLED", "履约", "fulfilment of the contract"
    STARTED = "STARTED", "开工", "start of construction"
    STATISTICS_ENTERED = "STATISTICS_ENTERED", "纳统", "entry into statistics"
    COMPLETED = "COMPLETED", "竣工", "completion"
    PUT_INTO_PRODUCTION = "PUT_INTO_PRODUCTION", "投产", "start of production"
    DESIGN_CAPACITY_REACHED = "DESIGN_CAPACITY_REACHED", "达产", "reaching of design capacity"
    BENEFITS_REACHED = "BENEFITS_REACHED", "达效", "reaching of benefits"
    EVALUATED = "EVALUATED", "后评价", "post-evaluation"


class ContractForm(Labelled):
    """合同形式 Form of a contract: FRAMEWORK 框架协议, FORMAL 正式合同."""

    FRAMEWORK = "FRAMEWORK", "框架协议", "framework agreement"
    FORMAL = "FORMAL", "正式合同", "formal contract"


class ApprovalKind(Labelled):
    """立项方式 How a project is approved: EXAMINATION 审批, VERIFICATION 核准, FILING 备案."""

    EXAMINATION = "EXAMINATION", "审批", "examination and approval"
    VERIFICATION = "VERIFICATION", "核准", "verification"
    FILING = "FILING", "备案", "filing"


class StartBasis(Labelled):
    """开工认定口径 Which date is the start: CEREMONY 集中开工, PERMIT 施工许可, PHYSICAL 永久性工程首次破土."""

    CEREMONY = "CEREMONY", "集中开工", "joint ceremony"
    PERMIT = "PERMIT", "施工许可/开工报告", "construction permit or commencement report"
    PHYSICAL = "PHYSICAL", "永久性工程首次破土", "first ground broken for permanent works"


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
class GateReached:
    """节点达到: what all gates have; `varies` names the field that tells one variant from another."""

    gate: ClassVar[Gate]
    varies: ClassVar[str] = ""

    occurred_on: date
    definition: int
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPlanned(GateReached):
    """谋划: the idea was taken up."""

    gate = Gate.PLANNED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReserved(GateReached):
    """入储备库: the project entered the reserve of projects to come; not the same as 纳统."""

    gate = Gate.RESERVED

    library: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NegotiationOpened(GateReached):
    """在谈: negotiations with an investor began."""

    gate = Gate.NEGOTIATION_OPENED


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSigned(GateReached):
    """签约: a framework or a formal contract."""

    gate = Gate.CONTRACT_SIGNED
    varies = "form"

    form: ContractForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectApproved(GateReached):
    """立项: by examination (审批), verification (核准) or filing (备案)."""

    gate = Gate.APPROVED
    varies = "kind"

    kind: ApprovalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCodeAssigned(GateReached):
    """赋码: the project got a national code; one project may get several (GB/T 40058, 7.7)."""

    gate = Gate.CODE_ASSIGNED
    varies = "code"

    code: ProjectCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLanded(GateReached):
    """落地: the project has its site."""

    gate = Gate.LANDED


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFulfilled(GateReached):
    """履约: the investor does what was signed; an event of its own, not 开工 (F-28)."""

    gate = Gate.FULFILLED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectStarted(GateReached):
    """开工: construction began, on one of three bases; all three dates may stand, and the place names which counts."""

    gate = Gate.STARTED
    varies = "basis"

    basis: StartBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsEntered(GateReached):
    """纳统: entered in the statistics of fixed-asset investment (not 入储备库)."""

    gate = Gate.STATISTICS_ENTERED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCompleted(GateReached):
    """竣工: the works are finished (完工), or were accepted (竣工验收)."""

    gate = Gate.COMPLETED
    varies = "kind"

    kind: CompletionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPutIntoProduction(GateReached):
    """投产/投用: production or use began, on trial, in part or in full."""

    gate = Gate.PUT_INTO_PRODUCTION
    varies = "extent"

    extent: ProductionExtent


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignCapacityReached(GateReached):
    """达产: production at the capacity that was designed."""

    gate = Gate.DESIGN_CAPACITY_REACHED


@dataclass(frozen=True, slots=True, kw_only=True)
class BenefitsReached(GateReached):
    """达效: the benefits that were meant, by the place's own measure (F-12)."""

    gate = Gate.BENEFITS_REACHED


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectEvaluated(GateReached):
    """后评价: the project was evaluated after its completion."""

    gate = Gate.EVALUATED


GateFact: TypeAlias = (
    ProjectPlanned
    | ProjectReserved
    | NegotiationOpened
    | ContractSigned
    | ProjectApproved
    | ProjectCodeAssigned
    | ProjectLanded
    | ContractFulfilled
    | ProjectStarted
    | StatisticsEntered
    | ProjectCompleted
    | ProjectPutIntoProduction
    | DesignCapacityReached
    | BenefitsReached
    | ProjectEvaluated
)
GATE_FACTS: Final[tuple[type[GateReached], ...]] = get_args(GateFact)


def gate_of(fact: GateReached) -> GateKey:
    """Return which gate a fact dates."""
    return GateKey(fact.gate, getattr(fact, fact.varies) if fact.varies else "")
