"""涉及内容: which values a fact sets, by path, so that what they were before can be told beside what they are now.

A path names a value within its stream: `responsible_unit`, `total_investment.APPROVED`, `gate.STARTED.PHYSICAL`. None
stands for nothing: never stated, emptied or withdrawn. Personal values are not among them, nor are hashes of any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from service.domain.gates import (
    ContractSigned,
    GateFact,
    ProjectCompleted,
    ProjectPutIntoProduction,
    ProjectReserved,
    ProjectStarted,
    gate_of,
)
from service.domain.investment import CompletionReported, InvestmentFact, OpeningBalanceStated
from service.domain.place import PlaceFact, PlaceOpened, PlaceRecoded
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet, PlanFact
from service.domain.privacy import PersonalDataErased, PrivacyFact
from service.domain.project import (
    ProjectAmended,
    ProjectFact,
    ProjectRegistered,
    ProjectVoided,
    TotalInvestmentSet,
    TotalInvestmentWithdrawn,
)
from service.domain.shape import Plain, dump

if TYPE_CHECKING:
    from service.domain.values import Document, Reason, Stated

AnyFact: TypeAlias = PlaceFact | ProjectFact | InvestmentFact | PlanFact | PrivacyFact


def touches(fact: AnyFact) -> dict[str, Plain]:  # noqa: C901, PLR0911, PLR0912 - one arm a kind of fact.
    """Return what a fact sets: path -> plain value."""
    match fact:
        case PlaceOpened():
            return dict(plain(fact))
        case PlaceRecoded():
            now = {"region": fact.successor, "name": fact.name, "occurred_on": plain(fact.occurred_on)}
            return {f"recoded.{fact.former}": now}
        case ProjectRegistered():
            return dict(plain(fact.identity))
        case ProjectAmended():
            return {name: plain(value) or None for name, value in fact.changes.sent().items()}
        case TotalInvestmentSet():
            value = {**_figure(fact.stated), "occurred_on": plain(fact.occurred_on)}
            return {f"total_investment.{fact.kind}": value}
        case TotalInvestmentWithdrawn():
            return {f"total_investment.{fact.kind}": None}
        case ProjectVoided():
            return {"voided": True}
        case ProjectReserved():
            return {gate_path(fact): plain(fact.occurred_on), f"{gate_path(fact)}.library": fact.library}
        case ContractSigned() | ProjectStarted() | ProjectCompleted() | ProjectPutIntoProduction():
            return {gate_path(fact): plain(fact.occurred_on)}
        case OpeningBalanceStated():
            return {f"opening_balance.{fact.basis}": {"year": fact.year, **_figure(fact.stated)}}
        case CompletionReported():
            path = f"completed.{fact.basis}.{fact.measure}.{fact.through}"
            return {path: {**_figure(fact.stated), "status": fact.status.value}}
        case AnnualTargetSet() | AnnualTargetRevised():
            path = f"target.{fact.measure}" if fact.category is None else f"target.{fact.measure}.{fact.category}"
            return {path: {"operator": fact.operator.value, **_figure(fact.stated)}}
        case PersonalDataErased():
            return {f"erased.{fact.position}.{fact.path}": True}
    assert_never(fact)


def gate_path(fact: GateFact) -> str:
    """Return the path of a gate's date."""
    gate, variant = gate_of(fact)
    return f"gate.{gate}.{variant}" if variant else f"gate.{gate}"


def documents_of(fact: AnyFact) -> tuple[Document, ...]:
    """Return the papers that a fact rests on."""
    match fact:
        case PlaceOpened() | PersonalDataErased():
            return ()
        case AnnualTargetSet() | AnnualTargetRevised():
            return () if fact.source is None else (fact.source,)
        case _:
            return fact.documents


def reason_of(fact: AnyFact) -> Reason | None:
    """Return the reason that a fact gives."""
    match fact:
        case PlaceOpened() | ProjectRegistered() | AnnualTargetSet():
            return None
        case _:
            return fact.reason


def plain(value: object) -> Plain:
    """Return a value as plain JSON."""
    return dump(value, lambda _path, _value: None)


def _figure(stated: Stated) -> dict[str, Plain]:
    return {"figure": str(stated.figure), "unit": stated.unit.value}
