"""Figures are kept as stated: cumulatives rise unless there is a reason, and a correction needs one."""

from dataclasses import replace
from datetime import date

import pytest

from service.domain.errors import (
    AlreadyReportedError,
    AlreadyStatedError,
    BelowCompletedError,
    BelowZeroError,
    InvalidValueError,
    NotFoundError,
    PeriodNotBegunError,
    PeriodNotOverError,
    PlaceNotOpenError,
    RejectedError,
    StatusWentBackError,
    VoidedError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.investment import (
    DECIDER,
    Basis,
    CompletionReported,
    Measure,
    OpeningBalanceStated,
    ReportCompletion,
    StateOpeningBalance,
    Status,
    investment_stream,
)
from service.domain.values import Document, Figure, Name, Period, Personal, Reason, Stated, Unit
from tests.dsl import Scenario, given
from tests.examples import (
    OPENING_STATED,
    PLACE_OPENED,
    PROJECT_ID,
    QIYANG,
    REGISTER_ID,
    REGISTERED,
    REPORT_THROUGH_MARCH,
    STATE_OPENING,
    THROUGH_MARCH_REPORTED,
    VOIDED,
    yi,
)

FEBRUARY, MARCH, APRIL, MAY = (Period.month(2022, month) for month in (2, 3, 4, 5))
DECEMBER = Period.month(2021, 12)
FLASH, FINAL = Status.FLASH, Status.FINAL
CUT = Reason("审计核减")
PAPER = Document(title=Name("另一份报表(演示)"))


def report(
    through: Period,
    figure: str,
    *,
    measure: Measure = Measure.YEAR_TO_DATE,
    basis: Basis = Basis.DISPATCH,
    status: Status = FINAL,
    reason: Reason | None = None,
    documents: tuple[Document, ...] = (),
) -> ReportCompletion:
    """Return a report in 亿元."""
    return ReportCompletion(
        project_id=PROJECT_ID,
        through=through,
        measure=measure,
        basis=basis,
        status=status,
        stated=yi(figure),
        reason=reason,
        documents=documents,
    )


def reported(command: ReportCompletion) -> CompletionReported:
    """Return the fact that a report becomes."""
    return CompletionReported(
        through=command.through,
        measure=command.measure,
        basis=command.basis,
        status=command.status,
        stated=command.stated,
        amount_fen=command.stated.fen,
        reason=command.reason,
        documents=command.documents,
    )


def opening(
    year: int, figure: str, *, basis: Basis = Basis.DISPATCH, reason: Reason | None = None
) -> StateOpeningBalance:
    """Return an opening balance in 亿元."""
    return StateOpeningBalance(project_id=PROJECT_ID, year=year, basis=basis, stated=yi(figure), reason=reason)


def opened(command: StateOpeningBalance) -> OpeningBalanceStated:
    """Return the fact that an opening balance becomes."""
    return OpeningBalanceStated(
        year=command.year,
        basis=command.basis,
        stated=command.stated,
        amount_fen=command.stated.fen,
        reason=command.reason,
    )


def after(*commands: ReportCompletion | StateOpeningBalance) -> Scenario:
    """Begin with a registered project whose figures are these."""
    facts = [reported(one) if isinstance(one, ReportCompletion) else opened(one) for one in commands]
    return given(PLACE_OPENED, REGISTERED, *facts)


def accepts(scenario: Scenario, command: ReportCompletion) -> None:
    """Expect that a report becomes its fact."""
    scenario.when(command).then(reported(command))


# As the paper states it


def test_a_figure_is_kept_as_said_with_its_exact_value_and_its_signatures() -> None:
    given(PLACE_OPENED, REGISTERED).when(REPORT_THROUGH_MARCH).then(THROUGH_MARCH_REPORTED)
    assert str(THROUGH_MARCH_REPORTED.stated) == "2.35 亿元"
    assert THROUGH_MARCH_REPORTED.amount_fen == 23_500_000_000
    assert THROUGH_MARCH_REPORTED.signed_by == Personal("签发人丙")


def test_a_figure_that_was_reported_is_already_so() -> None:
    given(PLACE_OPENED, REGISTERED, THROUGH_MARCH_REPORTED).when(REPORT_THROUGH_MARCH).then_nothing()
    after(report(MARCH, "2")).when(report(MARCH, "2", reason=CUT)).then_nothing()


@pytest.mark.parametrize("measure", Measure)
@pytest.mark.parametrize("through", ["2022-04-T1", "2022-04", "2022-01/2022-02"])
def test_every_measure_is_reported_for_every_kind_of_period(measure: Measure, through: str) -> None:
    accepts(after(), report(Period(through), "1", measure=measure))


def test_bases_and_measures_are_series_of_their_own() -> None:
    scenario = after(report(MARCH, "5"))
    for basis in set(Basis) - {Basis.DISPATCH}:
        accepts(scenario, report(MARCH, "1", basis=basis))
        accepts(scenario, report(APRIL, "1", basis=basis))
    for measure in set(Measure) - {Measure.YEAR_TO_DATE}:
        accepts(scenario, report(MARCH, "1", measure=measure))
        accepts(scenario, report(APRIL, "1", measure=measure))


# Period and status


def test_a_period_that_has_not_begun_is_refused() -> None:
    may = report(MAY, "1", status=FLASH)
    after().when(may).on(date(2022, 4, 30)).then_refused(PeriodNotBegunError, at="through", through="2022-05")
    after().when(may).on(date(2022, 5, 1)).then(reported(may))


def test_a_period_that_is_not_over_takes_a_flash_figure_only() -> None:
    final = report(MAY, "1")
    after().when(final).on(date(2022, 5, 30)).then_refused(PeriodNotOverError, at="status", through="2022-05")
    after().when(final).on(date(2022, 5, 31)).then(reported(final))
    flash = report(Period("2022-09"), "1", status=FLASH)  # January to September, sent on 20 September.
    after().when(flash).on(date(2022, 9, 20)).then(reported(flash))


def test_a_final_figure_after_a_flash_is_the_report_proper() -> None:
    for figure in ("2", "1.9", "2.1"):
        accepts(after(report(MARCH, "2", status=FLASH)), report(MARCH, figure))


def test_a_flash_after_a_final_figure_is_refused_whatever_the_reason() -> None:
    for figure in ("2", "3"):
        after(report(MARCH, "2")).when(report(MARCH, figure, status=FLASH, reason=CUT)).then_refused(
            StatusWentBackError, at="status", through="2022-03"
        )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("measure", Measure)
def test_another_figure_of_the_same_period_needs_a_reason(status: Status, measure: Measure) -> None:
    scenario = after(report(MARCH, "2", status=status, measure=measure))
    corrected = report(MARCH, "2.5", status=status, measure=measure)
    scenario.when(corrected).then_refused(AlreadyReportedError, at="reason", through="2022-03", reported="2 亿元")
    accepts(scenario, replace(corrected, reason=CUT))


def test_the_same_amount_on_another_paper_or_in_another_unit_is_a_correction() -> None:
    scenario = after(report(MARCH, "2"))
    scenario.when(report(MARCH, "2", documents=(PAPER,))).then_refused(AlreadyReportedError, at="reason")
    scenario.when(report(MARCH, "2.00")).then_refused(AlreadyReportedError, at="reason")
    accepts(scenario, report(MARCH, "2", documents=(PAPER,), reason=CUT))


def test_a_correction_can_be_corrected() -> None:
    scenario = after(report(MARCH, "2"), report(MARCH, "2.5", reason=CUT))
    accepts(scenario, report(MARCH, "2", reason=CUT))


# Cumulatives


@pytest.mark.parametrize("measure", [Measure.YEAR_TO_DATE, Measure.SINCE_START])
def test_a_negative_cumulative_is_refused_whatever_the_reason(measure: Measure) -> None:
    after().when(report(MARCH, "-0.01", measure=measure, reason=CUT)).then_refused(
        BelowZeroError, at="stated.figure", amount="-0.01 亿元"
    )
    accepts(after(), report(MARCH, "0", measure=measure))


def test_a_negative_month_needs_a_reason() -> None:
    month = report(MARCH, "-0.5", measure=Measure.MONTH)
    after().when(month).then_refused(BelowCompletedError, at="reason", amount="-0.5 亿元")
    accepts(after(), replace(month, reason=CUT))


def test_months_go_up_and_down_freely() -> None:
    scenario = after(report(FEBRUARY, "5", measure=Measure.MONTH))
    accepts(scenario, report(MARCH, "1", measure=Measure.MONTH))


@pytest.mark.parametrize("measure", [Measure.YEAR_TO_DATE, Measure.SINCE_START])
def test_a_cumulative_below_an_earlier_one_needs_a_reason(measure: Measure) -> None:
    scenario = after(report(FEBRUARY, "2", measure=measure))
    lower = report(MARCH, "1.99", measure=measure)
    scenario.when(lower).then_refused(
        BelowCompletedError, at="reason", through="2022-02-28", completed_fen=200_000_000_00
    )
    accepts(scenario, replace(lower, reason=CUT))
    accepts(scenario, report(MARCH, "2", measure=measure))


@pytest.mark.parametrize("measure", [Measure.YEAR_TO_DATE, Measure.SINCE_START])
def test_a_late_report_above_a_later_one_needs_a_reason(measure: Measure) -> None:
    scenario = after(report(APRIL, "3", measure=measure))
    higher = report(MARCH, "3.01", measure=measure)
    scenario.when(higher).then_refused(
        BelowCompletedError, at="reason", through="2022-04-30", completed_fen=300_000_000_00
    )
    accepts(scenario, replace(higher, reason=CUT))
    accepts(scenario, report(MARCH, "3", measure=measure))


def test_a_reduction_that_had_its_reason_holds_for_the_months_after_it() -> None:
    reduced = after(report(FEBRUARY, "5"), report(MARCH, "4", reason=CUT))
    accepts(reduced, report(APRIL, "4.5"))


def test_a_corrected_figure_is_the_one_that_counts() -> None:
    corrected = after(report(FEBRUARY, "5"), report(MARCH, "6"), report(FEBRUARY, "3", reason=CUT))
    accepts(corrected, report(Period("2022-03-T1"), "3.5"))


def test_a_year_begins_anew_for_what_is_of_the_year() -> None:
    accepts(after(report(DECEMBER, "9")), report(FEBRUARY, "1"))
    accepts(after(report(FEBRUARY, "1")), report(DECEMBER, "9"))


def test_what_is_since_the_start_goes_on_over_the_years() -> None:
    later = report(FEBRUARY, "1", measure=Measure.SINCE_START)
    after(report(DECEMBER, "9", measure=Measure.SINCE_START)).when(later).then_refused(
        BelowCompletedError, at="reason", through="2021-12-31"
    )


THIRD_TEN_DAYS = Period("2022-03-T3")


@pytest.mark.parametrize(("first", "second"), [(THIRD_TEN_DAYS, MARCH), (MARCH, THIRD_TEN_DAYS)])
@pytest.mark.parametrize("measure", [Measure.YEAR_TO_DATE, Measure.SINCE_START])
def test_two_cumulatives_through_one_day_are_one_statement(first: Period, second: Period, measure: Measure) -> None:
    scenario = after(report(first, "2", measure=measure))
    accepts(scenario, report(second, "2", measure=measure))
    scenario.when(report(second, "2.1", measure=measure)).then_refused(
        AlreadyReportedError, at="reason", through=first, reported="2 亿元"
    )
    accepts(scenario, report(second, "2.1", measure=measure, reason=CUT))
    scenario.when(report(second, "2", measure=measure, status=FLASH)).then_refused(StatusWentBackError, at="status")


def test_of_two_cumulatives_through_one_day_the_last_said_stands() -> None:
    scenario = after(
        report(THIRD_TEN_DAYS, "2"), report(MARCH, "2.1", reason=CUT), report(THIRD_TEN_DAYS, "2.2", reason=CUT)
    )
    accepts(scenario, report(MARCH, "2.2"))


def test_the_month_proper_follows_the_flash_of_its_last_ten_days() -> None:
    flash = report(THIRD_TEN_DAYS, "2", status=FLASH)
    accepts(after(flash), report(MARCH, "1.9"))
    accepts(after(flash, report(MARCH, "1.9")), report(APRIL, "1.95"))


def test_the_amounts_of_ten_days_and_of_the_month_stand_beside_each_other() -> None:
    scenario = after(report(THIRD_TEN_DAYS, "2", measure=Measure.MONTH))
    accepts(scenario, report(MARCH, "6", measure=Measure.MONTH))


# The opening balance


def test_a_project_may_enter_the_ledger_with_what_was_completed_before() -> None:
    given(PLACE_OPENED, REGISTERED).when(STATE_OPENING).then(OPENING_STATED)
    given(PLACE_OPENED, REGISTERED, OPENING_STATED).when(STATE_OPENING).then_nothing()


def test_an_opening_balance_is_of_a_year_that_is_over() -> None:
    after().when(opening(2022, "1")).then_refused(PeriodNotOverError, at="year", year=2022)
    after().when(opening(2022, "1")).on(date(2023, 1, 1)).then(opened(opening(2022, "1")))
    for year in (-1, 0, 21, 1948):
        after().when(opening(year, "1")).then_refused(InvalidValueError, at="year", value=year)


def test_a_negative_opening_balance_is_refused() -> None:
    after().when(opening(2021, "-1", reason=CUT)).then_refused(BelowZeroError, at="stated.figure")


def test_another_opening_balance_needs_a_reason() -> None:
    scenario = after(opening(2021, "7"))
    for other in (opening(2021, "7.1"), opening(2020, "7")):
        scenario.when(other).then_refused(AlreadyStatedError, at="reason", year=2021, stated="7 亿元")
        scenario.when(replace(other, reason=CUT)).then(opened(replace(other, reason=CUT)))
    paid = opening(2021, "6", basis=Basis.PAID)
    scenario.when(paid).then(opened(paid))


def test_what_is_since_the_start_does_not_lie_below_the_opening_balance() -> None:
    scenario = after(opening(2021, "7"))
    below = report(MARCH, "6.9", measure=Measure.SINCE_START)
    scenario.when(below).then_refused(BelowCompletedError, at="reason", through="2021-12-31")
    accepts(scenario, replace(below, reason=CUT))
    accepts(scenario, report(MARCH, "7", measure=Measure.SINCE_START))
    accepts(scenario, report(MARCH, "1"))
    accepts(scenario, report(MARCH, "1", measure=Measure.SINCE_START, basis=Basis.PAID))


def test_an_opening_balance_does_not_lie_above_what_was_reported_after_it() -> None:
    scenario = after(report(MARCH, "6", measure=Measure.SINCE_START))
    above = opening(2021, "6.1")
    scenario.when(above).then_refused(BelowCompletedError, at="reason", through="2022-03-31")
    scenario.when(replace(above, reason=CUT)).then(opened(replace(above, reason=CUT)))
    scenario.when(opening(2021, "6")).then(opened(opening(2021, "6")))


def test_an_opening_balance_and_a_report_through_the_same_day_agree() -> None:
    since_start = report(DECEMBER, "7", measure=Measure.SINCE_START)
    accepts(after(opening(2021, "7")), since_start)
    after(opening(2021, "6")).when(since_start).then_refused(AlreadyStatedError, at="reason", year=2021)
    accepts(after(opening(2021, "6")), replace(since_start, reason=CUT))
    after(since_start).when(opening(2021, "7")).then(opened(opening(2021, "7")))
    after(since_start).when(opening(2021, "6")).then_refused(AlreadyStatedError, at="reason", through="2021-12")


# What the project and the place say


@pytest.mark.parametrize("command", [REPORT_THROUGH_MARCH, STATE_OPENING])
def test_only_a_project_that_stands_takes_figures(command: ReportCompletion | StateOpeningBalance) -> None:
    given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")
    given(PLACE_OPENED, REGISTERED, VOIDED).when(command).then_refused(VoidedError, at="project_id")
    given(REGISTERED).when(command).then_refused(PlaceNotOpenError)


@pytest.mark.parametrize(
    ("unit", "error"),
    [(Unit.POUND, WrongCurrencyError), (Unit.PERCENT, WrongUnitError), (Unit.COUNT, WrongUnitError)],
)
def test_figures_are_money_of_the_place(unit: Unit, error: type[RejectedError]) -> None:
    stated = Stated(Figure("1"), unit)
    for command in (REPORT_THROUGH_MARCH, STATE_OPENING):
        after().when(replace(command, stated=stated)).then_refused(error, at="stated.unit")


def test_money_is_a_stream_beside_the_project_and_reads_it() -> None:
    assert DECIDER.stream(REPORT_THROUGH_MARCH, QIYANG, REGISTER_ID) == investment_stream(PROJECT_ID).id == PROJECT_ID
    assert [stream.kind for stream in DECIDER.reads(REPORT_THROUGH_MARCH, QIYANG)] == ["project", "place"]
