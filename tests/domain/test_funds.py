"""Funds by source: planned, allotted, arrived and paid stand beside each other; a change of any needs a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.errors import (
    AlreadyReportedError,
    AlreadyStatedError,
    BelowCompletedError,
    BelowZeroError,
    InvalidValueError,
    NotFoundError,
    NotYetHappenedError,
    PeriodNotBegunError,
    PeriodNotOverError,
    PlaceNotOpenError,
    RejectedError,
    UnknownTermError,
    VoidedError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.funds import (
    AllotFunds,
    FundKind,
    FundsAllotted,
    FundsFact,
    FundsPlanned,
    FundsReported,
    FundStage,
    PlanFunds,
    ReportFunds,
)
from service.domain.investment import DECIDER, investment_stream
from service.domain.series import Measure
from service.domain.values import Code, Document, Figure, Name, Period, Reason, Stated, Unit
from tests.dsl import Scenario, given
from tests.examples import PLACE_OPENED, PROJECT_ID, QIYANG, REGISTER_ID, REGISTERED, VOIDED, yi
from tests.examples.funds import (
    ALL_FUNDS_PLANNED,
    ALLOT_FUNDS,
    ALLOTMENT,
    BOND,
    CENTRAL,
    FUNDS_ALLOTTED,
    FUNDS_PLANNED,
    OWN,
    PLAN_ALL_FUNDS,
    PLAN_FUNDS,
    REPORT_ARRIVED,
    REPORT_PAID,
)

FEBRUARY, MARCH, APRIL, MAY = (Period.month(2022, month) for month in (2, 3, 4, 5))
DECEMBER = Period.month(2021, 12)
LAST_TEN_DAYS = Period("2022-03-T3")
CUMULATIVE = (Measure.YEAR_TO_DATE, Measure.SINCE_START)
WHY = Reason("审计核减")
PAPER = Document(title=Name("另一份报表(演示)"))


def planned(figure: str, year: int | None = 2022, source: Code = BOND, reason: Reason | None = None) -> PlanFunds:
    """Return a plan in 亿元."""
    return PlanFunds(project_id=PROJECT_ID, source=source, year=year, stated=yi(figure), reason=reason)


def allotted(
    figure: str, number: str = "1号", on: date = date(2022, 3, 1), source: Code = CENTRAL, reason: Reason | None = None
) -> AllotFunds:
    """Return an allotment in 亿元."""
    return AllotFunds(
        project_id=PROJECT_ID,
        source=source,
        occurred_on=on,
        stated=yi(figure),
        document=Document(title=Name("下达通知(演示)"), number=Name(number)),
        reason=reason,
    )


def report(
    through: Period,
    figure: str,
    *,
    measure: Measure = Measure.YEAR_TO_DATE,
    kind: FundKind = FundKind.ARRIVED,
    source: Code = OWN,
    reason: Reason | None = None,
    documents: tuple[Document, ...] = (),
) -> ReportFunds:
    """Return a report in 亿元."""
    return ReportFunds(
        project_id=PROJECT_ID,
        kind=kind,
        source=source,
        through=through,
        measure=measure,
        stated=yi(figure),
        reason=reason,
        documents=documents,
    )


def fact_of(command: PlanFunds | AllotFunds | ReportFunds) -> FundsFact:
    """Return the fact that a command becomes."""
    common: dict[str, Any] = {
        "source": command.source,
        "stated": command.stated,
        "amount_fen": command.stated.fen,
        "reason": command.reason,
    }
    match command:
        case PlanFunds():
            return FundsPlanned(**common, year=command.year, documents=command.documents)
        case AllotFunds():
            return FundsAllotted(**common, occurred_on=command.occurred_on, document=command.document)
        case ReportFunds():
            return FundsReported(
                **common,
                kind=command.kind,
                through=command.through,
                measure=command.measure,
                documents=command.documents,
            )


def after(*commands: PlanFunds | AllotFunds | ReportFunds) -> Scenario:
    """Begin with a registered project of whose funds this was said."""
    return given(PLACE_OPENED, REGISTERED, *map(fact_of, commands))


def accepts(scenario: Scenario, command: PlanFunds | AllotFunds | ReportFunds) -> None:
    """Expect that a command becomes its fact."""
    scenario.when(command).then(fact_of(command))


# What all of them have in common


EACH = pytest.mark.parametrize("command", [PLAN_FUNDS, PLAN_ALL_FUNDS, ALLOT_FUNDS, REPORT_ARRIVED, REPORT_PAID])


@EACH
def test_only_a_project_that_stands_has_funds(command: PlanFunds | AllotFunds | ReportFunds) -> None:
    given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")
    given(PLACE_OPENED, REGISTERED, VOIDED).when(command).then_refused(VoidedError, at="project_id")
    given(REGISTERED).when(command).then_refused(PlaceNotOpenError)


@EACH
@pytest.mark.parametrize(
    ("unit", "error"),
    [(Unit.POUND, WrongCurrencyError), (Unit.PERCENT, WrongUnitError), (Unit.COUNT, WrongUnitError)],
)
def test_funds_are_money_of_the_place(
    command: PlanFunds | AllotFunds | ReportFunds, unit: Unit, error: type[RejectedError]
) -> None:
    after().when(replace(command, stated=Stated(Figure("1"), unit))).then_refused(error, at="stated.unit")


@EACH
def test_a_source_is_one_of_the_places_list(command: PlanFunds | AllotFunds | ReportFunds) -> None:
    after().when(replace(command, source=Code("LOTTERY"))).then_refused(UnknownTermError, at="source", value="LOTTERY")
    accepts(after(), replace(command, source=Code("FOREIGN_CAPITAL")))


@EACH
def test_what_was_said_is_already_so_whatever_the_reason(command: PlanFunds | AllotFunds | ReportFunds) -> None:
    after(command).when(command).then_nothing()
    after(command).when(replace(command, reason=WHY)).then_nothing()


def test_the_four_numbers_are_not_held_against_each_other() -> None:
    scenario = after(planned("1", source=OWN), allotted("9", source=OWN), report(MARCH, "5"))
    accepts(scenario, report(MARCH, "7", kind=FundKind.PAID))
    accepts(scenario, planned("1", year=None, source=OWN))
    accepts(scenario, allotted("3", "2号", source=OWN))


def test_funds_are_of_the_stream_of_the_projects_money() -> None:
    assert DECIDER.stream(PLAN_FUNDS, QIYANG, REGISTER_ID) == investment_stream(PROJECT_ID).id
    assert {one.value for one in FundKind} < {one.value for one in FundStage}


# Planned


def test_a_year_and_the_whole_project_are_planned_apart() -> None:
    after().when(PLAN_FUNDS).then(FUNDS_PLANNED)
    given(PLACE_OPENED, REGISTERED, FUNDS_PLANNED).when(PLAN_ALL_FUNDS).then(ALL_FUNDS_PLANNED)
    scenario = after(planned("2"), planned("1", year=None))
    accepts(scenario, planned("3", year=2023))
    accepts(scenario, planned("3", source=OWN))


@pytest.mark.parametrize("year", [2022, None])
def test_another_plan_for_the_same_needs_a_reason(year: int | None) -> None:
    scenario = after(planned("2", year))
    scenario.when(planned("2.5", year)).then_refused(AlreadyStatedError, at="reason", stated="2 亿元")
    scenario.when(replace(planned("2", year), documents=(PAPER,))).then_refused(AlreadyStatedError, at="reason")
    accepts(scenario, planned("2.5", year, reason=WHY))
    accepts(scenario, planned("0", year, reason=WHY))


def test_a_negative_plan_is_refused_whatever_the_reason() -> None:
    after().when(planned("-0.1", reason=WHY)).then_refused(BelowZeroError, at="stated.figure", amount="-0.1 亿元")


@pytest.mark.parametrize(("year", "is_taken"), [(1948, False), (1949, True), (2032, True), (2033, False), (0, False)])
def test_a_plan_reaches_ten_years_ahead(year: int, is_taken: bool) -> None:  # noqa: FBT001 - a parameter.
    if is_taken:
        accepts(after(), planned("1", year))
    else:
        after().when(planned("1", year)).then_refused(InvalidValueError, at="year", value=year)


# Allotted


def test_each_allotment_is_in_addition_to_the_others() -> None:
    after().when(ALLOT_FUNDS).then(FUNDS_ALLOTTED)
    scenario = after(allotted("1"))
    accepts(scenario, allotted("1", "2号"))
    accepts(scenario, allotted("1", source=BOND))


def test_an_allotment_is_known_by_its_documents_number() -> None:
    unnumbered = replace(ALLOT_FUNDS, document=replace(ALLOTMENT, number=None))
    after().when(unnumbered).then_refused(InvalidValueError, at="document.number")


def test_an_allotment_does_not_lie_in_the_future() -> None:
    tomorrow = allotted("1", on=date(2022, 5, 11))
    after().when(tomorrow).then_refused(NotYetHappenedError, at="occurred_on")
    after().when(tomorrow).on(date(2022, 5, 11)).then(fact_of(tomorrow))


@pytest.mark.parametrize(
    "otherwise",
    [
        allotted("1.5"),
        allotted("1.0"),
        allotted("1", on=date(2022, 3, 2)),
        replace(allotted("1"), document=Document(title=Name("更名的通知(演示)"), number=Name("1号"))),
    ],
)
def test_the_same_number_said_otherwise_is_a_correction(otherwise: AllotFunds) -> None:
    scenario = after(allotted("1"))
    scenario.when(otherwise).then_refused(
        AlreadyStatedError, at="reason", stated="1 亿元", occurred_on=date(2022, 3, 1)
    )
    accepts(scenario, replace(otherwise, reason=WHY))


def test_what_was_allotted_is_taken_back_with_a_reason() -> None:
    back = allotted("-0.4", "2号", date(2022, 4, 1))
    after(allotted("1")).when(back).then_refused(BelowCompletedError, at="reason", amount="-0.4 亿元")
    accepts(after(allotted("1")), replace(back, reason=WHY))


def test_no_more_is_taken_back_than_stood_on_that_day() -> None:
    scenario = after(allotted("1"), allotted("5", source=BOND))
    for back in (
        allotted("-1.1", "2号", date(2022, 4, 1), reason=WHY),
        allotted("-0.1", "2号", date(2022, 2, 28), reason=WHY),
    ):
        scenario.when(back).then_refused(BelowZeroError, at="stated.figure")
    accepts(scenario, allotted("-1", "2号", date(2022, 4, 1), reason=WHY))
    accepts(scenario, allotted("-1", "2号", date(2022, 3, 1), reason=WHY))


def test_a_correction_leaves_no_less_than_was_taken_back() -> None:
    scenario = after(allotted("1"), allotted("-0.6", "2号", date(2022, 4, 1), reason=WHY))
    scenario.when(allotted("0.5", reason=WHY)).then_refused(BelowZeroError, at="stated.figure")
    accepts(scenario, allotted("0.6", reason=WHY))


# Arrived and paid


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("through", ["2022-04-T1", "2022-04", "2022-01/2022-02"])
def test_every_measure_is_reported_for_every_kind_of_period(measure: Measure, through: str) -> None:
    accepts(after(), report(Period(through), "1", measure=measure))


def test_kinds_sources_and_measures_are_series_of_their_own() -> None:
    scenario = after(report(MARCH, "5"))
    for other in (
        report(MARCH, "1", kind=FundKind.PAID),
        report(APRIL, "1", kind=FundKind.PAID),
        report(MARCH, "1", source=BOND),
        report(APRIL, "1", source=BOND),
        report(APRIL, "1", measure=Measure.MONTH),
        report(MARCH, "1", measure=Measure.SINCE_START),
    ):
        accepts(scenario, other)


def test_a_period_is_reported_once_it_is_over() -> None:
    may = report(MAY, "1")
    after().when(may).on(date(2022, 4, 30)).then_refused(PeriodNotBegunError, at="through", through="2022-05")
    after().when(may).on(date(2022, 5, 30)).then_refused(PeriodNotOverError, at="through", through="2022-05")
    after().when(may).on(date(2022, 5, 31)).then(fact_of(may))


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("kind", FundKind)
def test_another_figure_of_the_same_period_needs_a_reason(measure: Measure, kind: FundKind) -> None:
    scenario = after(report(MARCH, "2", measure=measure, kind=kind))
    for otherwise in (
        report(MARCH, "2.5", measure=measure, kind=kind),
        report(MARCH, "2.00", measure=measure, kind=kind),
        report(MARCH, "2", measure=measure, kind=kind, documents=(PAPER,)),
    ):
        scenario.when(otherwise).then_refused(AlreadyReportedError, at="reason", through="2022-03", reported="2 亿元")
        accepts(scenario, replace(otherwise, reason=WHY))


@pytest.mark.parametrize("measure", CUMULATIVE)
def test_a_negative_cumulative_is_refused_whatever_the_reason(measure: Measure) -> None:
    after().when(report(MARCH, "-0.01", measure=measure, reason=WHY)).then_refused(
        BelowZeroError, at="stated.figure", amount="-0.01 亿元"
    )
    accepts(after(), report(MARCH, "0", measure=measure))


def test_a_negative_month_needs_a_reason() -> None:
    month = report(MARCH, "-0.5", measure=Measure.MONTH)
    after().when(month).then_refused(BelowCompletedError, at="reason", amount="-0.5 亿元")
    accepts(after(), replace(month, reason=WHY))


def test_months_go_up_and_down_freely() -> None:
    accepts(after(report(FEBRUARY, "5", measure=Measure.MONTH)), report(MARCH, "1", measure=Measure.MONTH))


@pytest.mark.parametrize("measure", CUMULATIVE)
def test_a_cumulative_that_falls_needs_a_reason(measure: Measure) -> None:
    scenario = after(report(FEBRUARY, "2", measure=measure))
    lower = report(MARCH, "1.99", measure=measure)
    scenario.when(lower).then_refused(
        BelowCompletedError, at="reason", through="2022-02-28", reported_fen=200_000_000_00
    )
    accepts(scenario, replace(lower, reason=WHY))
    accepts(scenario, report(MARCH, "2", measure=measure))


@pytest.mark.parametrize("measure", CUMULATIVE)
def test_a_late_report_above_a_later_one_needs_a_reason(measure: Measure) -> None:
    scenario = after(report(APRIL, "3", measure=measure))
    higher = report(MARCH, "3.01", measure=measure)
    scenario.when(higher).then_refused(
        BelowCompletedError, at="reason", through="2022-04-30", reported_fen=300_000_000_00
    )
    accepts(scenario, replace(higher, reason=WHY))
    accepts(scenario, report(MARCH, "3", measure=measure))


def test_a_year_begins_anew_and_what_is_since_the_start_goes_on() -> None:
    accepts(after(report(DECEMBER, "9")), report(FEBRUARY, "1"))
    later = report(FEBRUARY, "1", measure=Measure.SINCE_START)
    after(report(DECEMBER, "9", measure=Measure.SINCE_START)).when(later).then_refused(
        BelowCompletedError, at="reason", through="2021-12-31"
    )


@pytest.mark.parametrize(("first", "second"), [(LAST_TEN_DAYS, MARCH), (MARCH, LAST_TEN_DAYS)])
@pytest.mark.parametrize("measure", CUMULATIVE)
def test_two_cumulatives_through_one_day_are_one_statement(first: Period, second: Period, measure: Measure) -> None:
    scenario = after(report(first, "2", measure=measure))
    accepts(scenario, report(second, "2", measure=measure))
    otherwise = report(second, "2.1", measure=measure)
    scenario.when(otherwise).then_refused(AlreadyReportedError, at="reason", through=first)
    accepts(scenario, replace(otherwise, reason=WHY))


def test_the_amounts_of_ten_days_and_of_the_month_stand_beside_each_other() -> None:
    accepts(after(report(LAST_TEN_DAYS, "2", measure=Measure.MONTH)), report(MARCH, "6", measure=Measure.MONTH))


def test_a_corrected_figure_is_the_one_that_counts() -> None:
    corrected = after(report(FEBRUARY, "5"), report(MARCH, "6"), report(FEBRUARY, "3", reason=WHY))
    accepts(corrected, report(Period("2022-03-T1"), "3.5"))
