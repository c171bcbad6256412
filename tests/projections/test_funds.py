"""What funds come to by source, and the rows that they and physical progress stand in."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
import pytest

from projections.funds import WHOLE, WHOLE_ON, Allotment, FundTotals, allotted_totals, planned_totals, reported_totals
from projections.investment_totals import Figure
from projections.table import NOW_US
from service.domain.funds import FundKind, FundsAllotted, FundsPlanned, FundsReported
from service.domain.progress import PhysicalProgressReported
from service.domain.series import Measure
from service.domain.values import Code, Document, Name, Period, Reason
from service.domain.values import Figure as Said
from tests.examples import FACTS, PROJECT_ID, QIYANG, yi
from tests.projections.feeding import Ledger

WHY: Final = Reason("核对")
M, Y, S = Measure
BOND, OWN = Code("SPECIAL_BOND"), Code("SELF_RAISED")


def planned(year: int | None, figure: str, source: Code = BOND) -> FundsPlanned:
    return FundsPlanned(source=source, year=year, stated=yi(figure), amount_fen=yi(figure).fen)


def allotted(number: str, on: str, figure: str, source: Code = BOND) -> FundsAllotted:
    return FundsAllotted(
        source=source,
        occurred_on=date.fromisoformat(on),
        stated=yi(figure),
        amount_fen=yi(figure).fen,
        document=Document(title=Name("通知(演示)"), number=Name(number)),
    )


def reported(
    period: str, figure: str, measure: Measure = Y, kind: FundKind = FundKind.ARRIVED, source: Code = OWN
) -> FundsReported:
    return FundsReported(
        kind=kind,
        source=source,
        through=Period(period),
        measure=measure,
        stated=yi(figure),
        amount_fen=yi(figure).fen,
    )


async def held(ready: Ledger, project: UUID = PROJECT_ID) -> list[tuple[Any, ...]]:
    """Return the totals that hold, in 百万元: (source, kind, day, year, year to date, since start)."""
    rows = await ready.owner.fetch(
        "SELECT source, kind, through_on, year, year_to_date_fen, since_start_fen FROM fund_total"
        " WHERE project_id = $1 AND recorded_to = $2 ORDER BY source, kind, through_on LIMIT 99",
        project,
        NOW_US,
    )
    return [
        (row[0], row[1], str(row[2]), row[3], *(None if fen is None else fen // 100_000_000 for fen in row[4:]))
        for row in rows
    ]


# What they come to


def test_a_plan_of_a_year_holds_from_its_first_day_and_one_of_the_whole_before_all_days() -> None:
    assert planned_totals({}) == {}
    assert planned_totals({2022: 5}) == {date(2022, 1, 1): (2022, 5, None)}
    assert planned_totals({WHOLE: 9}) == {WHOLE_ON: (None, None, 9)}
    assert planned_totals({2022: 5, WHOLE: 9, 2023: 0}) == {
        WHOLE_ON: (None, None, 9),
        date(2022, 1, 1): (2022, 5, 9),
        date(2023, 1, 1): (2023, 0, 9),
    }


def test_allotments_add_up_by_date_and_begin_a_year_anew() -> None:
    days = [date(2021, 6, 1), date(2021, 12, 31), date(2022, 1, 1)]
    made = [Allotment(days[2], 4), Allotment(days[0], 1), Allotment(days[1], 2), Allotment(days[2], -1)]
    assert allotted_totals([]) == {}
    assert allotted_totals(made) == {days[0]: (2021, 1, 1), days[1]: (2021, 3, 3), days[2]: (2022, 3, 6)}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ([], {}),
        ([(Y, "2022-03", 30)], {"2022-03-31": (2022, 30, None)}),
        ([(M, "2022-03", 30), (M, "2022-04", 12)], {"2022-03-31": (2022, 30, None), "2022-04-30": (2022, 42, None)}),
        ([(S, "2022-03", 730)], {"2022-03-31": (2022, None, 730)}),
        (
            [(S, "2021-12", 700), (Y, "2022-03", 30)],
            {"2021-12-31": (2021, None, 700), "2022-03-31": (2022, 30, 730)},
        ),
        (
            [(S, "2022-01", 705), (M, "2022-02", 1)],
            {"2022-01-31": (2022, None, 705), "2022-02-28": (2022, None, 706)},
        ),
    ],
)
def test_what_arrived_since_the_start_is_known_where_a_paper_states_it(
    said: list[tuple[Measure, str, int]], found: dict[str, tuple[int, int | None, int | None]]
) -> None:
    figures = [Figure(measure, Period(period), amount, at) for at, (measure, period, amount) in enumerate(said)]
    assert {str(day): tuple(total) for day, total in reported_totals(figures).items()} == found


# The rows


async def test_each_source_and_each_of_the_four_numbers_has_totals_of_its_own(ready: Ledger) -> None:
    await ready.feed(
        planned(2022, "2"),
        planned(None, "5"),
        allotted("1号", "2022-02-01", "1"),
        allotted("2号", "2022-04-01", "0.5"),
        allotted("1号", "2022-02-01", "3", OWN),
        reported("2022-03", "0.7"),
        reported("2022-03", "0.4", kind=FundKind.PAID),
        reported("2022-03", "0.2", source=BOND),
    )
    assert await held(ready) == [
        ("SELF_RAISED", "ALLOTTED", "2022-02-01", 2022, 300, 300),
        ("SELF_RAISED", "ARRIVED", "2022-03-31", 2022, 70, None),
        ("SELF_RAISED", "PAID", "2022-03-31", 2022, 40, None),
        ("SPECIAL_BOND", "ALLOTTED", "2022-02-01", 2022, 100, 100),
        ("SPECIAL_BOND", "ALLOTTED", "2022-04-01", 2022, 150, 150),
        ("SPECIAL_BOND", "ARRIVED", "2022-03-31", 2022, 20, None),
        ("SPECIAL_BOND", "PLANNED", str(WHOLE_ON), None, None, 500),
        ("SPECIAL_BOND", "PLANNED", "2022-01-01", 2022, 200, 500),
    ]


async def test_a_corrected_allotment_moves_with_its_date_and_leaves_its_old_day(ready: Ledger) -> None:
    await ready.feed(allotted("1号", "2021-12-30", "1"), allotted("2号", "2022-04-01", "0.5"))
    await ready.feed(allotted("1号", "2022-01-05", "2"))
    assert await held(ready) == [
        ("SPECIAL_BOND", "ALLOTTED", "2022-01-05", 2022, 200, 200),
        ("SPECIAL_BOND", "ALLOTTED", "2022-04-01", 2022, 250, 250),
    ]
    numbers = await ready.owner.fetch(
        "SELECT number, occurred_on FROM funds_allotted WHERE recorded_to = $1 ORDER BY number LIMIT 9", NOW_US
    )
    assert [tuple(row) for row in numbers] == [("1号", date(2022, 1, 5)), ("2号", date(2022, 4, 1))]


async def test_a_late_figure_changes_the_later_days(ready: Ledger) -> None:
    await ready.feed(reported("2022-04", "0.3", M))
    assert await held(ready) == [("SELF_RAISED", "ARRIVED", "2022-04-30", 2022, 30, None)]
    await ready.feed(reported("2022-02", "0.5", M))
    assert await held(ready) == [
        ("SELF_RAISED", "ARRIVED", "2022-02-28", 2022, 50, None),
        ("SELF_RAISED", "ARRIVED", "2022-04-30", 2022, 80, None),
    ]


async def test_a_plan_of_the_whole_is_carried_by_its_years(ready: Ledger) -> None:
    await ready.feed(planned(2022, "2"))
    assert await held(ready) == [("SPECIAL_BOND", "PLANNED", "2022-01-01", 2022, 200, None)]
    await ready.feed(planned(None, "5"))
    assert [row[-1] for row in await held(ready)] == [500, 500]


async def test_projects_do_not_share_a_total(ready: Ledger) -> None:
    other = uuid4()
    await ready.feed(reported("2022-03", "0.7"))
    await ready.feed(reported("2022-03", "0.1"), project=other)
    assert await held(ready) == [("SELF_RAISED", "ARRIVED", "2022-03-31", 2022, 70, None)]
    assert await held(ready, other) == [("SELF_RAISED", "ARRIVED", "2022-03-31", 2022, 10, None)]


async def test_funds_and_progress_stand_as_stated_with_what_they_rest_on(ready: Ledger) -> None:
    await ready.feed(*FACTS.values())
    told = {
        table.name: await ready.owner.fetchrow(f"SELECT * FROM {table.name} ORDER BY position DESC LIMIT 1")  # noqa: S608 - own names.
        for table in FundTotals.tables
        if table.name != "fund_total"
    }
    plan, allotment, report, progress = (dict(told[name] or {}) for name in told)
    assert (plan["source"], plan["year"], plan["figure"], plan["unit"]) == ("SELF_RAISED", WHOLE, "9.3", "YI_YUAN")
    assert (allotment["source"], allotment["number"]) == ("CENTRAL_BUDGET", "演示投〔2022〕18号")
    assert (allotment["figure"], allotment["unit"], allotment["amount_fen"]) == ("5000", "WAN_YUAN", 50_000_000_00)
    assert orjson.loads(allotment["document"])["number"] == "演示投〔2022〕18号"
    assert (report["kind"], report["measure"], report["period"]) == ("PAID", "SINCE_START", "2022-04")
    assert (progress["percent"], progress["through_on"]) == ("96.5", date(2022, 4, 30))
    assert orjson.loads(progress["quantities"])[1] == {"item": "生产线", "figure": "6", "unit": "条"}


async def test_progress_that_was_corrected_stands_once_and_is_known_as_it_was(ready: Ledger) -> None:
    first = PhysicalProgressReported(through=Period("2022-03"), percent=Said("50"))
    second = PhysicalProgressReported(through=Period("2022-03"), percent=Said("45"), reason=WHY)
    facts = await ready.feed(first, second)
    rows = (await ready.rows(FundTotals()))["physical_progress"]
    assert [(row[4], row[-2], row[-1]) for row in rows] == [
        ("50", facts[0].stored.recorded_us, facts[1].stored.recorded_us),
        ("45", facts[1].stored.recorded_us, NOW_US),
    ]


async def test_many_facts_of_one_batch_cost_no_more_statements_than_one_of_each(ready: Ledger) -> None:
    each = [planned(2022, "2"), allotted("1号", "2022-02-01", "1"), reported("2022-03", "0.7")]
    progress = PhysicalProgressReported(through=Period("2022-03"), percent=Said("50"))
    await ready.record(*each, progress)
    for number in range(30):
        await ready.record(allotted(f"又{number}号", "2022-02-01", "1"), reported("2022-03", "0.8"), project=uuid4())
    facts = await ready.log.read(QIYANG, limit=500)
    counts = []
    for batch in (facts[:4], facts[4:]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await FundTotals().apply(ready.owner, batch)
        counts.append(len([one for one in sent if "typeinfo" not in one and "'jit'" not in one]))
    assert counts[1] <= counts[0] <= 14
