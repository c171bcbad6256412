"""The figures of indicators that stand, from their facts, and how each is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import orjson
import pytest

from projections.table import NOW_US
from projections.wording import sentence, touches
from projections.wording.base import Terms
from service.domain.investment import Measure, Status
from service.domain.values import Code, Figure, Period, Reason, Stated, Unit
from tests.examples import PLACE_OPENED, yi
from tests.examples.indicator import STATED
from tests.projections.feeding import Ledger

FINAL: Final = replace(STATED, status=Status.FINAL)
WHY: Final = Reason("统计局修订")


def percent(figure: str) -> Stated:
    """Return a percentage."""
    return Stated(Figure(figure), Unit.PERCENT)


async def figures(ready: Ledger) -> list[dict[str, Any]]:
    """Return the figures that stand now."""
    rows = await ready.owner.fetch(
        "SELECT * FROM indicator WHERE recorded_to = $1 ORDER BY code, measure, through_on, first_on LIMIT 99", NOW_US
    )
    return [dict(row) for row in rows]


async def test_a_figure_is_as_its_source_states_it(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, STATED)
    (row,) = await figures(ready)
    assert (row["code"], row["measure"], row["period"]) == ("FAI", "YEAR_TO_DATE", "2022-03")
    assert (row["first_on"], row["through_on"], row["status"]) == (date(2022, 1, 1), date(2022, 3, 31), "FLASH")
    assert (row["figure"], row["unit"], row["fen"], row["growth"]) == ("38.60", "YI_YUAN", 386_000_000_000, "12.1")
    assert orjson.loads(row["source"]) == {"title": "一季度经济运行情况(演示)", "issuer": "演示市统计局"}


async def test_a_rate_has_no_amount(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, replace(STATED, stated=percent("-7.4"), growth=None))
    (row,) = await figures(ready)
    assert (row["figure"], row["unit"], row["fen"], row["growth"]) == ("-7.4", "PERCENT", None, None)


async def test_a_later_figure_takes_the_place_of_the_earlier_one_and_both_are_kept(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, STATED, FINAL, replace(FINAL, stated=yi("38.1"), reason=WHY))
    (row,) = await figures(ready)
    assert (row["figure"], row["status"], row["reason"], row["position"]) == ("38.1", "FINAL", WHY, 4)
    assert await ready.owner.fetchval("SELECT count(*) FROM indicator") == 3


async def test_each_indicator_measure_and_time_stands_by_itself(ready: Ledger) -> None:
    february, together = Period("2022-02"), Period("2022-01/2022-02")
    month = replace(FINAL, measure=Measure.MONTH)
    await ready.feed(
        PLACE_OPENED,
        FINAL,
        replace(FINAL, code=Code("GDP")),
        replace(month, through=february),
        replace(month, through=together),
        replace(FINAL, through=february),
        # The year to date through February, under its other name.
        replace(FINAL, through=together, stated=yi("9"), reason=WHY),
    )
    assert [(row["code"], row["measure"], row["period"]) for row in await figures(ready)] == [
        ("FAI", "MONTH", together),
        ("FAI", "MONTH", february),
        ("FAI", "YEAR_TO_DATE", together),
        ("FAI", "YEAR_TO_DATE", "2022-03"),
        ("GDP", "YEAR_TO_DATE", "2022-03"),
    ]


@pytest.mark.parametrize(
    ("before", "fact", "zh", "en"),
    [
        (
            None,
            replace(FINAL, growth=percent("-3.2")),
            "登记 2022 年 1—3 月（本年累计）固定资产投资 38.60 亿元、同比下降 3.2%（正式）",
            (
                "Stated fixed-asset investment for January–March 2022, year to date: 38.60 hundred million yuan,"
                " down 3.2% on the year before (final)"
            ),
        ),
        (
            None,
            replace(FINAL, stated=percent("7.2"), growth=percent("0.0")),
            "登记 2022 年 1—3 月（本年累计）固定资产投资 7.2%、同比持平（正式）",
            (
                "Stated fixed-asset investment for January–March 2022, year to date: 7.2%, level with the year before"
                " (final)"
            ),
        ),
        (
            STATED,
            FINAL,
            "登记 2022 年 1—3 月（本年累计）固定资产投资 38.60 亿元、同比增长 12.1%（正式），与快报数一致",
            (
                "Stated fixed-asset investment for January–March 2022, year to date: 38.60 hundred million yuan,"
                " up 12.1% on the year before (final), the same as the flash figure"
            ),
        ),
        (
            STATED,
            replace(FINAL, stated=yi("38.1")),
            (
                "登记 2022 年 1—3 月（本年累计）固定资产投资 38.1 亿元、同比增长 12.1%（正式），"
                "快报数为 38.60 亿元、同比增长 12.1%"
            ),
            (
                "Stated fixed-asset investment for January–March 2022, year to date: 38.1 hundred million yuan,"
                " up 12.1% on the year before (final), the flash figure having been 38.60 hundred million yuan,"
                " up 12.1% on the year before"
            ),
        ),
        (
            FINAL,
            replace(FINAL, growth=None),
            "更正 2022 年 1—3 月（本年累计）固定资产投资（正式）：由 38.60 亿元、同比增长 12.1%改为 38.60 亿元",
            (
                "Corrected fixed-asset investment for January–March 2022, year to date (final) from 38.60 hundred"
                " million yuan, up 12.1% on the year before to 38.60 hundred million yuan"
            ),
        ),
        (
            FINAL,
            FINAL,
            "重新登记 2022 年 1—3 月（本年累计）固定资产投资 38.60 亿元、同比增长 12.1%（正式），数值不变",
            (
                "Stated fixed-asset investment for January–March 2022, year to date: 38.60 hundred million yuan,"
                " up 12.1% on the year before (final) again, figures unchanged"
            ),
        ),
    ],
)
def test_a_figure_is_told_with_its_growth_and_what_it_was(before: Any, fact: Any, zh: str, en: str) -> None:
    told = sentence(fact, {} if before is None else touches(before))
    assert told.zh == f"{zh}；依据：《一季度经济运行情况(演示)》。"
    assert told.en == f"{en}; on the basis of “一季度经济运行情况(演示)”."


def test_an_indicator_is_told_by_the_places_own_list() -> None:
    own = Terms({"dictionary.INDICATOR": [{"code": "FAI", "zh": "固投", "en": "capital spending"}]})
    assert "固投 38.60 亿元" in sentence(STATED, {}, own).zh
