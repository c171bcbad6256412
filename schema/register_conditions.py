"""登记条件: what a filter asks of a project's register and its dates."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

import strawberry

from projections.standing import GATE_DATES
from service.domain.codes.industries import is_known
from service.domain.errors import InvalidValueError, RejectedError
from service.domain.gates import Gate
from service.domain.total_investment import SIZE_BANDS, SizeBand, TotalKind
from service.domain.values import MOST_LISTED, Figure, Industry, Name, Stated, Unit

if TYPE_CHECKING:
    from schema.read import Binds

TOTALS: Final = {
    TotalKind.CONTRACTED: "contracted_fen",
    TotalKind.APPROVED: "approved_fen",
    TotalKind.STATISTICAL: "statistical_fen",
}
"""Column of each kind of total investment."""


@strawberry.input(description="总投资下限 A kind of total investment of at least so much.")
class TotalAtLeast:
    """A lower bound."""

    kind: TotalKind = strawberry.field(description="口径 Which kind of total.")
    figure: str = strawberry.field(description="数字 A plain decimal.")
    unit: Unit = strawberry.field(description="计量单位 Unit of money.")


@strawberry.input(description="节点时段 A gate that was reached in a span of days; open where an end is not said.")
class GateSpan:
    """A gate with days."""

    gate: Gate = strawberry.field(description="节点 Which gate; a start counts on the place's basis.")
    since: date | None = strawberry.field(default=None, description="起始日期 First day.")
    until: date | None = strawberry.field(default=None, description="截止日期 Last day.")


@strawberry.input(description="规模档次 Of which sizes, by one kind of total investment (G16).")
class SizeBandInput:
    """Sizes."""

    of: list[SizeBand] = strawberry.field(description="档次 Any of these.")
    kind: TotalKind = strawberry.field(
        default=TotalKind.STATISTICAL, description="总投资口径 By which kind of total; in statistics unless said."
    )

    def where(self, binds: Binds) -> str:
        """Return the predicate that a project `p` is of one of the sizes; one without a total is of none."""
        total, found = f"p.{TOTALS[self.kind]}", ["false"]
        below = None
        for band, yi in (*SIZE_BANDS, (SizeBand.BELOW, 0)):
            if band in self.of:
                upper = "" if below is None else f" AND {total} < {binds(below, 'bigint')}"
                found.append(f"{total} >= {binds(yi * Unit.YI_YUAN.minor, 'bigint')}{upper}")
            below = yi * Unit.YI_YUAN.minor
        return f"({' OR '.join(found)})"


def of_industry(codes: list[str], binds: Binds) -> str:
    """Return the predicate that an industry is one of these or below it: a code begins with that above it."""
    if len(codes) > MOST_LISTED:
        raise InvalidValueError("filter", "industry", rule=f"at most {MOST_LISTED}")
    found = ["false"]
    for number, code in enumerate(codes):
        # The standard prints no letter before digits, which are of one section alone.
        letters = (letter for letter in "ABCDEFGHIJKLMNOPQRST" if code[:1].isdigit() and is_known(f"{letter}{code}"))
        try:
            judged = Industry(f"{next(letters, '')}{code}")
        except InvalidValueError as error:
            raise error.below("filter", "industry", f"[{number}]") from None
        first, behind = binds(str(judged), "text"), binds(f"{judged}:", "text")  # The colon comes after the digits.
        found.append(f"p.industry >= {first} AND p.industry < {behind}")
    return f"({' OR '.join(found)})"


def names_of(texts: list[str], field: str) -> list[str]:
    """Return names as the ledgers have them, where one is trimmed and normalised."""
    if len(texts) > MOST_LISTED:
        raise InvalidValueError("filter", field, rule=f"at most {MOST_LISTED}")
    found = []
    for number, text in enumerate(texts):
        try:
            found.append(str(Name(text)))
        except RejectedError as error:
            raise error.below("filter", field, f"[{number}]") from None
    return found


def at_least(least: TotalAtLeast, binds: Binds) -> str:
    """Return the predicate that a total is as large.

    Raises:
        InvalidValueError: no such sum.
    """
    try:
        fen = Stated(Figure(least.figure), least.unit).fen
    except InvalidValueError as error:
        raise error.below("filter", "totalAtLeast") from None
    return f"p.{TOTALS[least.kind]} >= {binds(fen, 'bigint')}"


def all_reached(spans: list[GateSpan], binds: Binds) -> list[str]:
    """Return predicates that each gate was reached in its span of days.

    Raises:
        InvalidValueError: too many, one of them twice, or one that has no date.
    """
    if len(spans) > MOST_LISTED:
        raise InvalidValueError("filter", "reached", rule=f"at most {MOST_LISTED}")
    if len({span.gate for span in spans}) < len(spans):
        raise InvalidValueError("filter", "reached", rule="each gate once")
    return [condition for number, span in enumerate(spans) for condition in _reached(span, number, binds)]


def _reached(span: GateSpan, number: int, binds: Binds) -> list[str]:
    if span.gate not in GATE_DATES:
        raise InvalidValueError("filter", "reached", f"[{number}]", "gate", value=span.gate, rule=", ".join(GATE_DATES))
    day = f"p.{GATE_DATES[span.gate]}"
    found = [f"{day} IS NOT NULL"]
    if span.since is not None:
        found.append(f"{day} >= {binds(span.since, 'date')}")
    if span.until is not None:
        found.append(f"{day} <= {binds(span.until, 'date')}")
    return found
