"""总投资: the kinds of a project's total investment, set, adjusted and withdrawn; part of the project stream.

Source: domain.md, Project: identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from service.domain.decider import not_later
from service.domain.errors import AlreadyStatedError, BelowZeroError, NothingStatedError
from service.domain.labels import Labelled
from service.domain.place import Place
from service.domain.values import Document, Reason, Stated


class TotalKind(Labelled):
    """总投资口径 Kinds of total investment: CONTRACTED 协议总投资, APPROVED 批复/备案总投资, STATISTICAL 计划总投资."""

    CONTRACTED = "CONTRACTED", "协议总投资", "contracted total investment"
    APPROVED = "APPROVED", "批复/备案总投资", "approved or filed total investment"
    STATISTICAL = "STATISTICAL", "计划总投资", "planned total investment"


class SizeBand(Labelled):
    """规模档次 How large a project is, by its total investment: 百亿级, 五十亿级, 十亿级, or less (mission.md G16)."""

    YI_100 = "YI_100", "百亿级", "10 billion yuan and more"
    YI_50 = "YI_50", "五十亿级", "5 billion yuan and more"
    YI_10 = "YI_10", "十亿级", "1 billion yuan and more"
    BELOW = "BELOW", "十亿元以下", "less than 1 billion yuan"


SIZE_BANDS: Final = ((SizeBand.YI_100, 100), (SizeBand.YI_50, 50), (SizeBand.YI_10, 10))
"""From how many 亿 on a project is of each size, the largest first; what has less is BELOW."""

# Facts


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


TotalFact: TypeAlias = TotalInvestmentSet | TotalInvestmentWithdrawn
Totals: TypeAlias = Mapping[TotalKind, TotalFact]

# Commands


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


def set_total(command: SetTotalInvestment, totals: Totals, place: Place, today: date) -> list[TotalFact]:
    """Judge an amount: in the place's currency, not negative, and said otherwise than before only with a reason."""
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
    known = totals.get(command.kind)
    if isinstance(known, TotalInvestmentSet):
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", kind=command.kind, stated=known.stated)
    return [fact]


def withdraw_total(command: WithdrawTotalInvestment, totals: Totals, today: date) -> list[TotalFact]:
    """Judge a withdrawal: something has to be stated."""
    not_later(command.occurred_on, today)
    fact = TotalInvestmentWithdrawn(
        kind=command.kind, reason=command.reason, occurred_on=command.occurred_on, documents=command.documents
    )
    known = totals.get(command.kind)
    if isinstance(known, TotalInvestmentWithdrawn) and replace(known, reason=fact.reason) == fact:
        return []  # Already so.
    if not isinstance(known, TotalInvestmentSet):
        raise NothingStatedError("kind", kind=command.kind)
    return [fact]
