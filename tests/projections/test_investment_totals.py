"""What figures come to: the rules of `totals`, case by case, and the rows that they end in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import pytest

from projections.investment_totals import Figure, InvestmentTotals, Opening, Total, totals
from projections.table import NOW_US
from service.domain.investment import Basis, CompletionReported, Measure, OpeningBalanceStated, Status
from service.domain.values import Period, Reason
from tests.examples import FACTS, PROJECT_ID, yi
from tests.projections.feeding import Ledger

M: Final = Measure.MONTH
Y: Final = Measure.YEAR_TO_DATE
S: Final = Measure.SINCE_START


def come_to(*said: tuple[Measure, str, int] | tuple[int, int]) -> dict[str, tuple[int, int | None]]:
    """Return the totals of what was said, in that order: figures, or an opening balance as (year, amount)."""
    figures: dict[tuple[Measure, Period], Figure] = {}
    opening = None
    for position, one in enumerate(said, 1):
        if len(one) == 2:
            opening = Opening(*one, position)
        else:
            measure, period, amount = one
            figures[measure, Period(period)] = Figure(measure, Period(period), amount, position)
    return {str(day): tuple(total) for day, total in totals(figures.values(), opening).items()}  # type: ignore[misc]


CASES: Final[dict[str, tuple[list[Any], Mapping[str, tuple[int, int | None]]]]] = {
    "nothing": ([], {}),
    "an opening balance alone is no figure": ([(2021, 700)], {}),
    "a year-to-date counts as stated": ([(Y, "2022-03", 30)], {"2022-03-31": (30, None)}),
    "and adds to the opening balance": ([(2021, 700), (Y, "2022-03", 30)], {"2022-03-31": (30, 730)}),
    "an opening balance of zero is not the same as none": ([(2021, 0), (Y, "2022-03", 30)], {"2022-03-31": (30, 30)}),
    "since the start, less the opening balance": ([(2021, 700), (S, "2022-03", 730)], {"2022-03-31": (30, 730)}),
    "since the start tells nothing of the year without what stood before it": ([(S, "2022-03", 730)], {}),
    "since the start, less what it was at the end of the year before": (
        [(S, "2021-12", 700), (S, "2022-03", 730)],
        {"2022-03-31": (30, 730)},
    ),
    "or the last that is known of it": (
        [(S, "2021-11", 690), (S, "2022-03", 730)],
        {"2022-03-31": (40, 730)},
    ),
    "both cumulatives of a day tell what stood before the year": (
        [(Y, "2022-03", 30), (S, "2022-03", 730), (Y, "2022-04", 45), (S, "2022-05", 760)],
        {"2022-03-31": (30, 730), "2022-04-30": (45, 745), "2022-05-31": (60, 760)},
    ),
    "and on the days of the year before it": (
        [(Y, "2022-01", 10), (Y, "2022-03", 30), (S, "2022-03", 730)],
        {"2022-01-31": (10, 710), "2022-03-31": (30, 730)},
    ),
    "both as stated, even where the opening balance says otherwise": (
        [(2021, 700), (Y, "2022-03", 30), (S, "2022-03", 731), (Y, "2022-04", 40)],
        {"2022-03-31": (30, 731), "2022-04-30": (40, 741)},
    ),
    "a month adds to what stood before it": (
        [(2021, 700), (Y, "2022-03", 30), (M, "2022-04", 12)],
        {"2022-03-31": (30, 730), "2022-04-30": (42, 742)},
    ),
    "a first month begins at nothing": ([(M, "2022-04", 12)], {"2022-04-30": (12, None)}),
    "a month without a figure adds nothing": (
        [(M, "2022-01", 5), (M, "2022-03", 12)],
        {"2022-01-31": (5, None), "2022-03-31": (17, None)},
    ),
    "a month begins a year anew": (
        [(2020, 0), (M, "2021-12", 5), (M, "2022-01", 3)],
        {"2021-12-31": (5, 5), "2022-01-31": (3, 8)},
    ),
    "a negative month takes back": (
        [(M, "2022-01", 5), (M, "2022-02", -2)],
        {"2022-01-31": (5, None), "2022-02-28": (3, None)},
    ),
    "a review of earlier years makes the year negative": (
        [(2021, 700), (S, "2022-01", 690)],
        {"2022-01-31": (-10, 690)},
    ),
    "January and February together": (
        [(M, "2022-01/2022-02", 8), (M, "2022-03", 4)],
        {
            "2022-02-28": (8, None),
            "2022-03-31": (12, None),
        },
    ),
    "January, and January and February together": (
        [(M, "2022-01", 3), (M, "2022-01/2022-02", 8)],
        {
            "2022-01-31": (3, None),
            "2022-02-28": (8, None),
        },
    ),
    "the longer of two periods that end on one day": (
        [(M, "2022-01/2022-02", 8), (M, "2022-02", 5), (M, "2022-02-T3", 2)],
        {"2022-02-28": (8, None)},
    ),
    "whichever was said first": (
        [(M, "2022-02-T3", 2), (M, "2022-02", 5), (M, "2022-01/2022-02", 8)],
        {"2022-02-28": (8, None)},
    ),
    "ten-day periods add up within their month, and the month counts at its end": (
        [(M, "2022-04-T1", 1), (M, "2022-04-T2", 2), (M, "2022-04-T3", 4), (M, "2022-04", 8)],
        {"2022-04-10": (1, None), "2022-04-20": (3, None), "2022-04-30": (8, None)},
    ),
    "the third ten days of a leap February": (
        [(M, "2024-02-T2", 1), (M, "2024-02-T3", 2)],
        {
            "2024-02-20": (1, None),
            "2024-02-29": (3, None),
        },
    ),
    "a month after a cumulative in the middle of it adds to what stood before it": (
        [(Y, "2022-03", 30), (Y, "2022-04-T2", 35), (M, "2022-04", 12)],
        {"2022-03-31": (30, None), "2022-04-20": (35, None), "2022-04-30": (42, None)},
    ),
    "a cumulative counts before a month": ([(M, "2022-01", 5), (Y, "2022-01", 6)], {"2022-01-31": (6, None)}),
    "since the start counts before a month": (
        [(2021, 700), (M, "2022-01", 5), (S, "2022-01", 707)],
        {"2022-01-31": (7, 707)},
    ),
    "a month gives what since the start can't": (
        [(S, "2022-01", 705), (M, "2022-01", 5), (M, "2022-02", 1)],
        {
            "2022-01-31": (5, 705),
            "2022-02-28": (6, 706),
        },
    ),
    "but not after a day that is unknown": ([(S, "2022-01", 705), (M, "2022-02", 1)], {}),
    "of two names of one day the last said": (
        [(Y, "2022-04", 40), (Y, "2022-04-T3", 41)],
        {"2022-04-30": (41, None)},
    ),
    "whichever was said last": ([(Y, "2022-04-T3", 41), (Y, "2022-04", 40)], {"2022-04-30": (40, None)}),
    "a correction is said last": (
        [(Y, "2022-04-T3", 41), (Y, "2022-04", 40), (Y, "2022-04-T3", 42)],
        {"2022-04-30": (42, None)},
    ),
    "years add up": (
        [(2019, 100), (Y, "2020-12", 20), (Y, "2021-12", 30), (Y, "2022-02", 4)],
        {"2020-12-31": (20, 120), "2021-12-31": (30, 150), "2022-02-28": (4, 154)},
    ),
    "a correction of a past year reaches the later ones": (
        [(2019, 100), (Y, "2020-12", 20), (Y, "2021-12", 30), (S, "2022-02", 160), (Y, "2020-12", 25)],
        {"2020-12-31": (25, 125), "2021-12-31": (30, 155), "2022-02-28": (5, 160)},
    ),
    "years without figures add nothing": (
        [(2018, 100), (Y, "2019-12", 20), (Y, "2022-02", 4)],
        {"2019-12-31": (20, 120), "2022-02-28": (4, 124)},
    ),
    "an opening balance of an earlier year": ([(2018, 100), (Y, "2022-02", 4)], {"2022-02-28": (4, 104)}),
    "an opening balance within the figures counts from its day": (
        [(Y, "2019-12", 20), (Y, "2020-12", 10), (Y, "2022-02", 4), (2020, 130)],
        {"2019-12-31": (20, None), "2020-12-31": (10, 130), "2022-02-28": (4, 134)},
    ),
    "and tells what stood when its year began": (
        [(Y, "2020-03", 3), (Y, "2020-12", 10), (2020, 130)],
        {"2020-03-31": (3, 123), "2020-12-31": (10, 130)},
    ),
    "a late opening balance mends what is known of all later years": (
        [(Y, "2020-12", 10), (Y, "2021-12", 20), (S, "2022-02", 137), (2019, 100)],
        {"2020-12-31": (10, 110), "2021-12-31": (20, 130), "2022-02-28": (7, 137)},
    ),
    "an opening balance of a later year says nothing of earlier ones": (
        [(Y, "2019-12", 20), (2021, 130)],
        {"2019-12-31": (20, None)},
    ),
    "an opening balance and a figure of its day: the last said": (
        [(2021, 700), (S, "2021-12", 710), (Y, "2022-01", 5)],
        {"2022-01-31": (5, 715)},
    ),
    "an opening balance said after a figure of its day": (
        [(S, "2021-12", 710), (2021, 700), (Y, "2022-01", 5)],
        {"2022-01-31": (5, 705)},
    ),
    "an unknown year is not carried into the next": (
        [(S, "2021-03", 700), (Y, "2021-12", 60), (S, "2022-03", 790)],
        {"2021-12-31": (60, None)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_figures_come_to(case: str) -> None:
    said, expected = CASES[case]
    assert come_to(*said) == expected


def test_no_figures_and_no_opening() -> None:
    assert totals((), None) == {}
    assert totals([Figure(Y, Period("2022-03"), 1, 1)], None) == {date(2022, 3, 31): Total(1, None)}


def reported(period: str, figure: str, **rest: Any) -> CompletionReported:
    given = {"measure": Y, "basis": Basis.DISPATCH, "status": Status.FINAL} | rest
    return CompletionReported(through=Period(period), stated=yi(figure), amount_fen=yi(figure).fen, **given)


def opened(year: int, figure: str) -> OpeningBalanceStated:
    return OpeningBalanceStated(year=year, basis=Basis.DISPATCH, stated=yi(figure), amount_fen=yi(figure).fen)


async def held(ready: Ledger) -> list[tuple[str, str, int, int | None, bool]]:
    rows = await ready.owner.fetch(
        "SELECT basis, through_on, year_to_date_fen / 100000000 AS ytd, since_start_fen / 100000000 AS since,"
        " recorded_to = $1 AS now FROM investment_total ORDER BY basis, through_on, recorded_from LIMIT 100",
        NOW_US,
    )
    return [(row["basis"], str(row["through_on"]), row["ytd"], row["since"], row["now"]) for row in rows]


async def test_bases_are_never_mixed(ready: Ledger) -> None:
    await ready.feed(opened(2021, "7"), reported("2022-03", "2"), reported("2022-03", "3", basis=Basis.PAID))
    assert await held(ready) == [
        ("DISPATCH", "2022-03-31", 200, 900, True),
        ("PAID", "2022-03-31", 300, None, True),
    ]


async def test_a_final_figure_takes_the_place_of_the_flash(ready: Ledger) -> None:
    await ready.feed(reported("2022-03", "2", status=Status.FLASH), reported("2022-03", "3"))
    assert await held(ready) == [
        ("DISPATCH", "2022-03-31", 200, None, False),
        ("DISPATCH", "2022-03-31", 300, None, True),
    ]
    rows = (await ready.rows(InvestmentTotals()))["completion"]
    assert [row[6] for row in rows] == ["FLASH", "FINAL"]


async def test_a_late_opening_and_a_correction_are_kept_as_what_was_known_when(ready: Ledger) -> None:
    await ready.feed(reported("2021-12", "1"), reported("2022-03", "2"))
    await ready.feed(opened(2020, "4"))
    await ready.feed(reported("2021-12", "3", reason=Reason("漏报")))
    assert await held(ready) == [
        ("DISPATCH", "2021-12-31", 100, None, False),
        ("DISPATCH", "2021-12-31", 100, 500, False),
        ("DISPATCH", "2021-12-31", 300, 700, True),
        ("DISPATCH", "2022-03-31", 200, None, False),
        ("DISPATCH", "2022-03-31", 200, 700, False),
        ("DISPATCH", "2022-03-31", 200, 900, True),
    ]


async def test_a_day_that_is_no_longer_known_loses_its_row(ready: Ledger) -> None:
    await ready.feed(opened(2021, "7"), reported("2022-03", "9", measure=S))
    await ready.feed(opened(2022, "12"))
    assert await held(ready) == [("DISPATCH", "2022-03-31", 200, 900, False)]


async def test_figures_stand_as_stated_with_what_they_rest_on(ready: Ledger) -> None:
    await ready.feed(*FACTS.values())
    row = await ready.owner.fetchrow("SELECT * FROM completion WHERE period = '2022-03'")
    assert row is not None
    assert (row["project_id"], row["basis"], row["measure"], row["status"]) == (
        PROJECT_ID,
        "DISPATCH",
        "YEAR_TO_DATE",
        "FINAL",
    )
    assert (row["through_on"], row["amount_fen"], row["figure"], row["unit"]) == (
        date(2022, 3, 31),
        235_000_000_00,
        "2.35",
        "YI_YUAN",
    )
    assert row["documents"] == '[{"title": "重点项目月报表(演示)", "issued_on": "2022-04-02"}]'
    target = await ready.owner.fetch("SELECT * FROM annual_target ORDER BY measure, recorded_from LIMIT 9")
    assert [(row["measure"], row["category"], row["operator"], row["value"], row["reason"]) for row in target] == [
        ("INVESTMENT", "", "AT_LEAST", 160_0000_0000_00, None),
        ("PROJECT_COUNT", "", "AT_LEAST", 113, None),
        ("PROJECT_COUNT", "", "ABOUT", 115, "年中调整"),
    ]
