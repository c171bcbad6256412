"""数字口径: percentages and time progress as publications state them: half-up, from exact fractions.

Source: domain.md, Figures; mission.md F-01, F-17 (10685/11249 is 94.99, truncation would say 94.98).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

from service.domain.values import Unit


def rounded(exact: Fraction, decimals: int) -> str:
    """Return a fraction as a decimal string with so many decimals, half-up (away from zero)."""
    scaled = abs(exact) * 10**decimals
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    whole, rest = divmod(units, 10**decimals)
    sign = "-" if exact < 0 and units else ""
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def percent(part: int, whole: int, decimals: int) -> str | None:
    """Return part of whole in percent, as a decimal string; None where there is no whole."""
    return None if whole == 0 else rounded(Fraction(part * 100, whole), decimals)


def time_progress(on: date) -> Fraction:
    """时序进度: elapsed share of the year at the end of a day.

    Whole months count as twelfths and days as a share of their month: at the end of April it is 4/12 (F-01).
    """
    return (on.month - 1 + Fraction(on.day, monthrange(on.year, on.month)[1])) / 12


def in_unit(fen: int, unit: Unit, decimals: int | None) -> str:
    """Return an amount of fen in a unit: exactly, or rounded half-up to so many decimals."""
    exact = Fraction(fen, unit.minor)
    if decimals is not None:
        return rounded(exact, decimals)
    with localcontext(prec=60, rounding=ROUND_HALF_UP):
        return format((Decimal(fen) / unit.minor).normalize(), "f")
