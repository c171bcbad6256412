"""Funds over papers that nobody thought of: totals are what a clerk with a pencil would come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from projections.funds import (
    WHOLE,
    WHOLE_ON,
    Allotment,
    FundTotal,
    allotted_totals,
    planned_totals,
    reported_totals,
)
from projections.investment_totals import Figure
from service.domain.errors import RejectedError
from service.domain.funds import (
    AllotFunds,
    FundKind,
    FundsAllotted,
    FundsPlanned,
    FundsReported,
    PlanFunds,
    ReportFunds,
)
from service.domain.series import Measure
from service.domain.values import Code, Document, Name, Period, Reason
from tests.dsl import decide
from tests.examples import PLACE_OPENED, PROJECT_ID, REGISTERED, yi

TODAY: Final = date(2022, 12, 31)
MONTHS: Final = [Period.month(year, month) for year in (2021, 2022) for month in range(1, 13)]
SOURCES: Final = tuple(map(Code, ("SPECIAL_BOND", "SELF_RAISED")))
_ID: Final = st.just(PROJECT_ID)
_REASONS: Final = st.sampled_from((None, Reason("核对")))
_PLANS: Final = st.builds(
    PlanFunds,
    project_id=_ID,
    source=st.sampled_from(SOURCES),
    stated=st.integers(0, 20).map(lambda n: yi(str(n))),
    year=st.sampled_from((None, 2021, 2022)),
    reason=_REASONS,
)
_ALLOTMENTS: Final = st.builds(
    AllotFunds,
    project_id=_ID,
    source=st.sampled_from(SOURCES),
    occurred_on=st.dates(date(2020, 11, 1), TODAY),
    stated=st.integers(-3, 9).map(lambda n: yi(str(n))),
    document=st.integers(1, 5).map(lambda n: Document(title=Name("通知(演示)"), number=Name(f"{n}号"))),
    reason=_REASONS,
)
_REPORTS: Final = st.builds(
    ReportFunds,
    project_id=_ID,
    kind=st.sampled_from(FundKind),
    source=st.sampled_from(SOURCES),
    through=st.sampled_from(MONTHS),
    measure=st.just(Measure.MONTH),
    stated=st.integers(-2, 9).map(lambda n: yi(str(n))),
    reason=_REASONS,
)


def accepted(commands: Iterable[object]) -> list[Any]:
    """Return the facts that a ledger takes of these commands."""
    facts: list[Any] = [PLACE_OPENED, REGISTERED]
    for command in commands:
        with suppress(RejectedError):
            facts += decide(command, facts, TODAY)
    return facts[2:]


def days_of(found: dict[date, FundTotal], on: date) -> FundTotal | None:
    """Return the row that holds on a day: the last of its year, as a query looks for it."""
    days = [day for day in found if day <= on and day.year == on.year]
    return found[max(days)] if days else None


@given(commands=st.lists(_REPORTS, max_size=40), data=st.data())
def test_months_of_a_source_add_up_as_a_clerk_adds_them(commands: list[ReportFunds], data: st.DataObject) -> None:
    facts: Sequence[FundsReported] = accepted(commands)
    kind, source = data.draw(st.sampled_from(FundKind)), data.draw(st.sampled_from(SOURCES))
    ours = [one for one in facts if (one.kind, one.source) == (kind, source)]
    last = {one.through: one.amount_fen for one in ours}  # Of each month what was said last.
    figures = {
        (one.measure, one.through): Figure(one.measure, one.through, one.amount_fen, at) for at, one in enumerate(ours)
    }
    found = reported_totals(figures.values())
    assert {*found} == {month.last_day for month in last}
    for month in MONTHS:
        pencil = sum(amount for each, amount in last.items() if each.year == month.year and each <= month)
        row = days_of(found, month.last_day)
        assert (0 if row is None else row.year_to_date_fen) == pencil
    # No paper says what had arrived before the first one, so nobody knows what it is since the start.
    assert all(row.since_start_fen is None for row in found.values())


@given(
    months=st.lists(st.integers(0, 90), min_size=24, max_size=24),
    before=st.integers(0, 1_000),
    measures=st.lists(st.sets(st.sampled_from(Measure), min_size=1), min_size=24, max_size=24),
    data=st.data(),
)
def test_what_is_known_of_one_history_is_true_in_whatever_measures_it_is_told(
    months: list[int], before: int, measures: list[set[Measure]], data: st.DataObject
) -> None:
    figures, truth = [], {}
    for index, (month, amount) in enumerate(zip(MONTHS, months, strict=True)):
        year_to_date = sum(months[index - index % 12 : index + 1])
        since_start = before + sum(months[: index + 1])
        truth[month.last_day] = (year_to_date, since_start)
        said = {Measure.MONTH: amount, Measure.YEAR_TO_DATE: year_to_date, Measure.SINCE_START: since_start}
        figures += [Figure(measure, month, said[measure], 0) for measure in sorted(measures[index])]
    found = reported_totals(data.draw(st.permutations(figures)))
    assert {*found} == {*truth}
    for index, (day, row) in enumerate(found.items()):
        year_to_date, since_start = truth[day]
        assert row.year == day.year
        assert row.year_to_date_fen in {None, year_to_date}
        assert row.since_start_fen in {None, since_start}
        assert (row.year_to_date_fen, row.since_start_fen) != (None, None)
        # What a paper states outright is always known.
        stated = measures[index]
        assert Measure.YEAR_TO_DATE not in stated or row.year_to_date_fen == year_to_date
        assert Measure.SINCE_START not in stated or row.since_start_fen == since_start


@given(commands=st.lists(_ALLOTMENTS, max_size=30), data=st.data())
def test_allotments_add_up_as_a_clerk_adds_them(commands: list[AllotFunds], data: st.DataObject) -> None:
    facts: Sequence[FundsAllotted] = accepted(commands)
    for source in SOURCES:
        last = {one.document.number: one for one in facts if one.source == source}
        found = allotted_totals([Allotment(one.occurred_on, one.amount_fen) for one in last.values()])
        on = data.draw(st.dates(date(2020, 11, 1), TODAY))
        by_then = [one for one in last.values() if one.occurred_on <= on]
        row = days_of(found, on)
        of_year = sum(one.amount_fen for one in by_then if one.occurred_on.year == on.year)
        assert (0 if row is None else row.year_to_date_fen) == of_year
        assert {*found} == {one.occurred_on for one in last.values()}
        latest = max((day for day in found if day <= on), default=None)
        assert (0 if latest is None else found[latest].since_start_fen) == sum(one.amount_fen for one in by_then)
        # No more was ever taken back than stood.
        assert all((total.since_start_fen or 0) >= 0 for total in found.values())


@given(commands=st.lists(_PLANS, max_size=20))
def test_a_plan_is_what_was_said_last_of_its_year_and_of_the_whole(commands: list[PlanFunds]) -> None:
    facts: Sequence[FundsPlanned] = accepted(commands)
    for source in SOURCES:
        last = {one.year or WHOLE: one.amount_fen for one in facts if one.source == source}
        found = planned_totals(last)
        for year in (2021, 2022):
            row = days_of(found, date(year, 1, 1) + timedelta(days=200))
            assert (None if row is None else row.year_to_date_fen) == last.get(year)
            assert row is None or row.since_start_fen == last.get(WHOLE)
        assert (found[WHOLE_ON].since_start_fen if WHOLE_ON in found else None) == last.get(WHOLE)
