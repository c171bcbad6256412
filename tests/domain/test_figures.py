"""Percentages, shares of the year and amounts are as publications state them."""

from datetime import date
from fractions import Fraction

import pytest

from service.domain.figures import in_unit, percent, rounded, time_progress
from service.domain.values import LARGEST, Unit


@pytest.mark.parametrize(
    ("part", "whole", "decimals", "stated"),
    [
        (5393, 16000, 1, "33.7"),
        (10685, 11249, 2, "94.99"),
        (291, 292, 2, "99.66"),
        (16, 18, 1, "88.9"),
        (1, 8, 0, "13"),
        (-1, 8, 0, "-13"),
        (-1, 1000, 0, "0"),
        (7, 7, 1, "100.0"),
        (1, 0, 1, None),
    ],
)
def test_a_percentage_is_rounded_half_up_from_the_exact_fraction(
    part: int, whole: int, decimals: int, stated: str | None
) -> None:
    assert percent(part, whole, decimals) == stated


def test_time_progress_counts_months_as_twelfths() -> None:
    assert time_progress(date(2022, 4, 30)) == Fraction(4, 12)
    assert time_progress(date(2022, 12, 31)) == 1
    assert rounded(time_progress(date(2022, 4, 30)) * 100, 2) == "33.33"
    assert time_progress(date(2024, 2, 29)) == Fraction(2, 12)


@pytest.mark.parametrize(
    ("fen", "unit", "decimals", "stated"),
    [
        (539_300_000_000, Unit.YI_YUAN, None, "53.93"),
        (1, Unit.YI_YUAN, None, "0.0000000001"),
        (16_000_000_000_00, Unit.YI_YUAN, None, "160"),
        (0, Unit.YUAN, None, "0"),
        (-LARGEST, Unit.WAN_YUAN, None, "-9007199254.740991"),
        (539_350_000_000, Unit.YI_YUAN, 2, "53.94"),
        (-50, Unit.YUAN, 0, "-1"),
    ],
)
def test_an_amount_is_told_in_a_unit_exactly_or_rounded(
    fen: int, unit: Unit, decimals: int | None, stated: str
) -> None:
    assert in_unit(fen, unit, decimals) == stated
