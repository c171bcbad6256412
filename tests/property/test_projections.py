"""Read models over histories that nobody thought of: batches, replay, time travel, and figures told in any way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import count, pairwise
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import projections
from projections.investment_totals import Figure, Opening, Total, totals
from projections.rebuild import rebuild
from projections.table import NOW_US, Projection
from service.database import LOG_SCHEMA
from service.domain.baseline import PlanSchedule, ResetBaseline
from service.domain.errors import RejectedError
from service.domain.funds import AllotFunds, FundKind, PlanFunds, ReportFunds
from service.domain.gate_commands import RecordStarted
from service.domain.gates import StartBasis
from service.domain.identity import Changes
from service.domain.investment import Basis, Measure, ReportCompletion, StateOpeningBalance, Status
from service.domain.liaison import AssignUnitLiaison, EndUnitLiaison, LiaisonUnitKind
from service.domain.progress import ReportPhysicalProgress
from service.domain.project import AmendProject, VoidProject
from service.domain.roster import AssignPost, EndPost, FileWorkPlan, RosterRole, post_id
from service.domain.schedule import ForecastMilestone, ReachMilestone
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code, Document, Name, Period, Personal, ProjectCode, Reason, Region
from service.domain.values import Figure as Said
from service.log.codec import Recorded
from tests.dsl import decide
from tests.examples import PLACE_OPENED, REGISTERED, yi
from tests.examples.schedule import planned
from tests.projections.feeding import Ledger, Rows, as_of, ledger_on

TODAY: Final = date(2022, 12, 31)
WHY: Final = Reason("核对")
PERIODS: Final = ("2021-11", "2021-12", "2022-01", "2022-01/2022-02", "2022-02", "2022-02-T3", "2022-03", "2022-04-T1")
CODES: Final = (ProjectCode("2103-431181-89-01-100019"), ProjectCode("2203-431181-89-01-100012"))
PAPERS: Final = tuple(Document(title=Name("通知(演示)"), number=Name(number)) for number in ("1号", "2号"))
_REGIONS: Final[Iterator[int]] = count(990_001)

in_database: Final = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

reasons: Final = st.sampled_from((None, WHY, WHY))
plans: Final = st.sampled_from((
    planned(LAND=date(2021, 6, 1), STARTED=date(2021, 9, 1)),
    planned(LAND=date(2021, 6, 1), STARTED=date(2021, 10, 1), DRAWINGS=date(2021, 8, 1)),
    planned(STARTED=date(2021, 9, 1)),
))  # fmt: skip
dates: Final = st.sampled_from((date(2021, 5, 1), date(2021, 7, 1)))
amounts: Final = st.sampled_from(("0", "1", "1.05", "2.5", "7")).map(yi)
sources: Final = st.sampled_from(("SPECIAL_BOND", "SELF_RAISED")).map(Code)
commands: Final[st.SearchStrategy[Any]] = st.one_of(
    st.builds(
        ReportCompletion,
        project_id=st.just(UUID(int=0)),
        through=st.sampled_from(PERIODS).map(Period),
        measure=st.sampled_from(Measure),
        basis=st.sampled_from((Basis.DISPATCH, Basis.PAID)),
        status=st.sampled_from(Status),
        stated=amounts,
        reason=reasons,
    ),
    st.builds(
        StateOpeningBalance,
        project_id=st.just(UUID(int=0)),
        year=st.sampled_from((2020, 2021)),
        basis=st.sampled_from((Basis.DISPATCH, Basis.PAID)),
        stated=amounts,
        reason=reasons,
    ),
    st.builds(
        RecordStarted,
        project_id=st.just(UUID(int=0)),
        occurred_on=st.sampled_from((date(2021, 3, 1), date(2022, 3, 1))),
        basis=st.sampled_from(StartBasis),
        reason=reasons,
    ),
    st.builds(
        SetTotalInvestment,
        project_id=st.just(UUID(int=0)),
        kind=st.sampled_from(TotalKind),
        stated=amounts,
        occurred_on=st.just(date(2022, 3, 1)),
        reason=reasons,
    ),
    st.builds(
        AmendProject,
        project_id=st.just(UUID(int=0)),
        changes=st.builds(Changes, codes=st.sampled_from(((), CODES[:1], CODES[1:], CODES))),
        reason=reasons,
    ),
    st.builds(
        AssignPost,
        project_id=st.just(UUID(int=0)),
        role=st.sampled_from((RosterRole.LEAD_OFFICIAL, RosterRole.STEWARD)),
        since=st.sampled_from((date(2022, 1, 1), date(2022, 2, 1))),
        holder=st.sampled_from((None, Personal("甲"))),
        unit=st.just(Name("演示局")),
    ),
    st.builds(
        EndPost,
        project_id=st.just(UUID(int=0)),
        post_id=st.sampled_from((1, 2)).map(lambda number: post_id(UUID(int=0), number)),
        until=st.sampled_from((date(2022, 3, 1), date(2022, 4, 1))),
        reason=st.just(WHY),
    ),
    st.builds(
        FileWorkPlan,
        project_id=st.just(UUID(int=0)),
        occurred_on=st.sampled_from((date(2022, 3, 1), date(2022, 4, 1))),
        documents=st.sampled_from(("方案", "另一方案")).map(lambda title: (Document(title=Name(title)),)),
        reason=reasons,
    ),
    st.builds(
        AssignUnitLiaison,
        unit=st.sampled_from(("演示局", "演示委")).map(Name),
        unit_kind=st.sampled_from(LiaisonUnitKind),
        holder=st.just(Personal("乙")),
        since=st.sampled_from((date(2022, 1, 1), date(2022, 2, 1))),
        reason=reasons,
    ),
    st.builds(
        EndUnitLiaison,
        unit=st.sampled_from(("演示局", "演示委")).map(Name),
        until=st.sampled_from((date(2022, 3, 1), date(2022, 4, 1))),
        reason=st.just(WHY),
    ),
    st.just(VoidProject(project_id=UUID(int=0), reason=WHY)),
    st.builds(
        PlanFunds,
        project_id=st.just(UUID(int=0)),
        source=sources,
        stated=amounts,
        year=st.sampled_from((None, 2021, 2022)),
        reason=reasons,
    ),
    st.builds(
        AllotFunds,
        project_id=st.just(UUID(int=0)),
        source=sources,
        occurred_on=st.sampled_from((date(2021, 3, 1), date(2022, 3, 1), date(2022, 3, 2))),
        stated=st.sampled_from(("-1", "1", "2.5")).map(yi),
        document=st.sampled_from(PAPERS),
        reason=reasons,
    ),
    st.builds(
        ReportFunds,
        project_id=st.just(UUID(int=0)),
        kind=st.sampled_from(FundKind),
        source=sources,
        through=st.sampled_from(PERIODS).map(Period),
        measure=st.sampled_from(Measure),
        stated=amounts,
        reason=reasons,
    ),
    st.builds(
        ReportPhysicalProgress,
        project_id=st.just(UUID(int=0)),
        through=st.sampled_from(PERIODS).map(Period),
        percent=st.sampled_from(("10", "45.5", "100")).map(Said),
    ),
    st.builds(PlanSchedule, project_id=st.just(UUID(int=0)), completion_on=st.just(date(2022, 1, 1)), milestones=plans),
    st.builds(
        ResetBaseline,
        project_id=st.just(UUID(int=0)),
        completion_on=st.just(date(2022, 1, 1)),
        milestones=plans,
        reason=st.just(WHY),
        approver=st.just(Name("演示市人民政府")),
        reason_code=st.just(Code("WEATHER")),
    ),
    st.builds(
        ForecastMilestone,
        project_id=st.just(UUID(int=0)),
        milestone=st.sampled_from(("LAND", "STARTED")).map(Code),
        forecast_on=dates,
        reason_code=st.just(Code("WEATHER")),
    ),
    st.builds(
        ReachMilestone,
        project_id=st.just(UUID(int=0)),
        milestone=st.sampled_from(("LAND", "DRAWINGS")).map(Code),
        occurred_on=dates,
        reason=reasons,
    ),
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[int, Any]]:
    """Draw the facts of two projects that a ledger has accepted, each with its project's number."""
    facts: list[tuple[int, Any]] = [(0, PLACE_OPENED), (0, REGISTERED), (1, REGISTERED)]
    for number, command in draw(st.lists(st.tuples(st.integers(0, 1), commands), min_size=5, max_size=40)):
        known = [fact for of, fact in facts if of == number or fact is PLACE_OPENED]
        try:
            facts += [(number, fact) for fact in decide(command, known, TODAY)]
        except RejectedError:
            continue
    return facts


@pytest.fixture
async def ready(database: str) -> AsyncIterator[Ledger]:
    """Give a ledger with two more sets of tables; each example is a region of its own."""
    async with ledger_on(database) as ledger:
        for schema in ("one", "two"):
            await ledger.owner.execute(f"CREATE SCHEMA {schema}; SET search_path = {schema}, {LOG_SCHEMA}")
            for one in projections.ALL:
                for table in one.tables:
                    await ledger.owner.execute(table.ddl)
        yield ledger


async def stored(ready: Ledger, history: Sequence[tuple[int, Any]]) -> tuple[Region, list[Recorded]]:
    """Store a history in a region of its own; return its facts."""
    region = Region(str(next(_REGIONS)))
    ids = (uuid4(), uuid4())
    for number, fact in history:
        named = replace(fact, region=region) if fact is PLACE_OPENED else fact
        await ready.record(named, region=region, project=ids[number])
    return region, await ready.log.read(region)


async def applied(ready: Ledger, schema: str, batches: Sequence[Sequence[Recorded]]) -> list[Rows]:
    """Apply batches to a set of tables; return the rows of each read model."""
    await ready.owner.execute(f"SET search_path = {schema}, {LOG_SCHEMA}")
    region = Region(batches[0][0].region)
    for batch in batches:
        for one in projections.ALL:
            await one.apply(ready.owner, batch)
    return [await ready.rows(one, region, schema) for one in projections.ALL]


@in_database
@given(history=histories(), cuts=st.sets(st.integers(1, 40), max_size=6))
async def test_batches_make_no_difference(ready: Ledger, history: list[tuple[int, Any]], cuts: set[int]) -> None:
    _, facts = await stored(ready, history)
    edges = [0, *sorted(cut for cut in cuts if cut < len(facts)), len(facts)]
    batches = [facts[first:last] for first, last in pairwise(edges)]
    assert await applied(ready, "one", [facts]) == await applied(ready, "two", batches)


@in_database
@given(history=histories(), data=st.data())
async def test_as_of_a_fact_is_what_was_there_right_after_it(
    ready: Ledger, history: list[tuple[int, Any]], data: st.DataObject
) -> None:
    _, facts = await stored(ready, history)
    upto = data.draw(st.integers(1, len(facts)))
    then = await applied(ready, "one", [facts[:upto]])
    now = await applied(ready, "two", [facts])
    assert [as_of(rows, facts[upto - 1].stored.recorded_us) for rows in now] == then


@settings(in_database, max_examples=4)
@given(histories=st.lists(histories(), min_size=1, max_size=3))
async def test_replay_equals_live(ready: Ledger, histories: list[list[tuple[int, Any]]]) -> None:
    runner = ready.runner()
    for history in histories:
        region = Region(str(next(_REGIONS)))
        ids = (uuid4(), uuid4())
        for number, fact in history:
            named = replace(fact, region=region) if fact is PLACE_OPENED else fact
            await ready.record(named, region=region, project=ids[number])
            if number:
                await runner.step(region)
        await runner.step(region)
    one: Projection
    for one in projections.ALL:
        rebuilt = await rebuild(ready.dsn, ready.log, projections.ALL, one.name, lambda _done, _all: None)
        assert rebuilt.differing == {table.name: 0 for table in one.tables}


@in_database
@given(history=histories())
async def test_versions_of_a_row_follow_each_other(ready: Ledger, history: list[tuple[int, Any]]) -> None:
    _, facts = await stored(ready, history)
    times = {one.stored.recorded_us for one in facts} | {NOW_US}
    for one, rows in zip(projections.ALL, await applied(ready, "one", [facts]), strict=True):
        for table in one.tables:
            keyed: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
            for row in rows[table.name]:
                keyed.setdefault(row[1 : 1 + len(table.key)], []).append(row[-2:])
            for versions in keyed.values():
                assert all(since < until and {since, until} <= times for since, until in versions)
                assert all(before[1] <= after[0] for before, after in pairwise(versions))


# Figures, without a database.

monthly: Final = st.lists(st.integers(-50, 500), min_size=24, max_size=24)
said: Final = st.lists(st.sets(st.sampled_from(Measure), min_size=1), min_size=24, max_size=24)


def truth(months: Sequence[int], before: int) -> list[tuple[Period, int, int]]:
    """Return (month, year to date, since start) of two years' months."""
    found = []
    year_to_date, since_start = 0, before
    for index, amount in enumerate(months):
        year_to_date = amount if index % 12 == 0 else year_to_date + amount
        since_start += amount
        found.append((Period.month(2021 + index // 12, index % 12 + 1), year_to_date, since_start))
    return found


def told(months: Sequence[int], before: int, measures: Sequence[set[Measure]]) -> list[Figure]:
    """Return the figures of a paper that states each month in some measures."""
    return [
        Figure(measure, period, {"M": amount, "Y": year_to_date, "S": since_start}[measure[0]], 0)
        for (period, year_to_date, since_start), amount, stated in zip(
            truth(months, before), months, measures, strict=True
        )
        for measure in sorted(stated)
    ]


@given(months=monthly, before=st.integers(0, 10_000), measures=said, data=st.data())
def test_one_history_comes_to_the_same_in_whatever_measures_it_is_told(
    months: list[int], before: int, measures: list[set[Measure]], data: st.DataObject
) -> None:
    figures = data.draw(st.permutations(told(months, before, measures)))
    found = totals([one._replace(position=place) for place, one in enumerate(figures)], Opening(2020, before, 99))
    assert found == {period.last_day: Total(ytd, since) for period, ytd, since in truth(months, before)}


@given(months=monthly, before=st.integers(0, 10_000), measures=said)
def test_what_is_known_without_an_opening_balance_is_true(
    months: list[int], before: int, measures: list[set[Measure]]
) -> None:
    found = totals(told(months, before, measures), None)
    for period, year_to_date, since_start in truth(months, before):
        known = found.get(period.last_day)
        if known is not None:
            assert known.year_to_date_fen == year_to_date
            assert known.since_start_fen in {None, since_start}


any_figures: Final = st.lists(
    st.builds(
        Figure,
        st.sampled_from(Measure),
        st.sampled_from(PERIODS).map(Period),
        st.integers(-1_000, 1_000),
        st.just(0),
    ),
    max_size=20,
    unique_by=lambda one: (one.measure, one.period),
)


@given(
    figures=any_figures, opening=st.none() | st.builds(Opening, st.integers(2019, 2022), st.integers(0, 9), st.just(0))
)
def test_months_of_a_year_add_up_to_its_year_to_date(figures: list[Figure], opening: Opening | None) -> None:
    found = totals(figures, opening)
    for year in (2021, 2022):
        days = sorted(day for day in found if day.year == year)
        ends = [max((day for day in days if day.month <= month), default=None) for month in range(1, 13)]
        year_to_date = [found[end].year_to_date_fen if end else 0 for end in ends]
        months = [year_to_date[0], *(after - before for before, after in pairwise(year_to_date))]
        assert sum(months) == (found[days[-1]].year_to_date_fen if days else 0)
    for one in figures:
        # What is stated outright is never overruled by what is worked out.
        if one.measure is Measure.YEAR_TO_DATE:
            day = one.period.last_day
            rivals = {each.amount_fen for each in figures if each[0] is one.measure and each.period.last_day == day}
            assert found[day].year_to_date_fen in rivals
