"""Physical progress is said in percent, words or quantities, rises, and is corrected with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from service.domain.errors import (
    AlreadyReportedError,
    BelowCompletedError,
    BelowZeroError,
    InvalidValueError,
    NotFoundError,
    PeriodNotBegunError,
    PeriodNotOverError,
    PlaceNotOpenError,
    VoidedError,
)
from service.domain.progress import PhysicalProgressReported, Quantity, ReportPhysicalProgress
from service.domain.values import MOST_LISTED, Document, Figure, LongText, Name, Period, Reason
from tests.dsl import Scenario, given
from tests.examples import PLACE_OPENED, PROJECT_ID, REGISTERED, THROUGH_MARCH_REPORTED, VOIDED
from tests.examples.funds import PROGRESS_REPORTED, REPORT_PROGRESS

FEBRUARY, MARCH, APRIL, MAY = (Period.month(2022, month) for month in (2, 3, 4, 5))
LAST_TEN_DAYS = Period("2022-03-T3")
WHY = Reason("现场核实")
PILES = Quantity(item=Name("灌注桩"), figure=Figure("120"), unit=Name("根"))


def report(
    through: Period,
    percent: str | None = None,
    *,
    description: str | None = None,
    quantities: tuple[Quantity, ...] = (),
    reason: Reason | None = None,
) -> ReportPhysicalProgress:
    """Return a report."""
    return ReportPhysicalProgress(
        project_id=PROJECT_ID,
        through=through,
        percent=None if percent is None else Figure(percent),
        description=None if description is None else LongText(description),
        quantities=quantities,
        reason=reason,
    )


def reported(command: ReportPhysicalProgress) -> PhysicalProgressReported:
    """Return the fact that a report becomes."""
    return PhysicalProgressReported(
        through=command.through,
        percent=command.percent,
        description=command.description,
        quantities=command.quantities,
        reason=command.reason,
        documents=command.documents,
    )


def after(*commands: ReportPhysicalProgress) -> Scenario:
    """Begin with a registered project of which this was reported."""
    return given(PLACE_OPENED, REGISTERED, *map(reported, commands))


def accepts(scenario: Scenario, command: ReportPhysicalProgress) -> None:
    """Expect that a report becomes its fact."""
    scenario.when(command).then(reported(command))


def test_progress_is_kept_as_said_beside_the_money() -> None:
    given(PLACE_OPENED, REGISTERED, THROUGH_MARCH_REPORTED).when(REPORT_PROGRESS).then(PROGRESS_REPORTED)
    given(PLACE_OPENED, REGISTERED, PROGRESS_REPORTED).when(REPORT_PROGRESS).then_nothing()
    given(PLACE_OPENED, REGISTERED, PROGRESS_REPORTED).when(replace(REPORT_PROGRESS, reason=WHY)).then_nothing()


def test_only_a_project_that_stands_makes_progress() -> None:
    given(PLACE_OPENED).when(REPORT_PROGRESS).then_refused(NotFoundError, at="project_id")
    given(PLACE_OPENED, REGISTERED, VOIDED).when(REPORT_PROGRESS).then_refused(VoidedError, at="project_id")
    given(REGISTERED).when(REPORT_PROGRESS).then_refused(PlaceNotOpenError)


def test_a_period_is_reported_once_it_is_over() -> None:
    may = report(MAY, "50")
    after().when(may).on(date(2022, 4, 30)).then_refused(PeriodNotBegunError, at="through")
    after().when(may).on(date(2022, 5, 30)).then_refused(PeriodNotOverError, at="through")
    after().when(may).on(date(2022, 5, 31)).then(reported(may))


def test_each_way_of_saying_it_is_enough_and_none_is_not() -> None:
    accepts(after(), report(MARCH, "50"))
    accepts(after(), report(MARCH, description="主体封顶"))
    accepts(after(), report(MARCH, quantities=(PILES,)))
    after().when(report(MARCH)).then_refused(InvalidValueError, at="percent")


@pytest.mark.parametrize("percent", ["0", "0.00", "99.95", "100", "100.0"])
def test_a_percent_is_a_share_of_the_whole(percent: str) -> None:
    accepts(after(), report(MARCH, percent))


@pytest.mark.parametrize("percent", ["-0.1", "100.01", "101"])
def test_a_percent_beyond_the_whole_is_refused(percent: str) -> None:
    after().when(report(MARCH, percent)).then_refused(InvalidValueError, at="percent", value=percent)


def test_each_item_of_work_is_said_once() -> None:
    many = [replace(PILES, item=Name(f"分项{number}")) for number in range(MOST_LISTED + 1)]
    accepts(after(), report(MARCH, quantities=tuple(many[:-1])))
    after().when(report(MARCH, quantities=tuple(many))).then_refused(InvalidValueError, at="quantities")
    twice = (PILES, replace(PILES, figure=Figure("7")))
    after().when(report(MARCH, quantities=twice)).then_refused(InvalidValueError, at="quantities")


def test_a_negative_quantity_is_refused() -> None:
    negative = (PILES, replace(PILES, item=Name("土方"), figure=Figure("-1")))
    after().when(report(MARCH, quantities=negative, reason=WHY)).then_refused(
        BelowZeroError, at="quantities[1].figure", amount="-1"
    )
    accepts(after(), report(MARCH, quantities=(replace(PILES, figure=Figure("0")),)))


def test_a_percent_below_an_earlier_one_needs_a_reason() -> None:
    scenario = after(report(FEBRUARY, "9.5"), report(MARCH, description="暂停"))
    lower = report(APRIL, "9.49")
    scenario.when(lower).then_refused(BelowCompletedError, at="reason", through="2022-02-28", percent="9.5")
    accepts(scenario, replace(lower, reason=WHY))
    accepts(scenario, report(APRIL, "9.50"))
    accepts(scenario, report(APRIL, "10"))


def test_a_late_percent_above_a_later_one_needs_a_reason() -> None:
    scenario = after(report(APRIL, "60"))
    higher = report(MARCH, "60.1")
    scenario.when(higher).then_refused(BelowCompletedError, at="reason", through="2022-04-30", percent="60")
    accepts(scenario, replace(higher, reason=WHY))


def test_progress_goes_on_over_the_years() -> None:
    scenario = after(report(Period.month(2021, 12), "40"))
    scenario.when(report(MARCH, "39")).then_refused(BelowCompletedError, at="reason", through="2021-12-31")


def test_the_same_period_said_otherwise_is_a_correction() -> None:
    scenario = after(report(MARCH, "50", description="主体封顶", quantities=(PILES,)))
    same = report(MARCH, "50", description="主体封顶", quantities=(PILES,))
    for otherwise in (
        replace(same, percent=Figure("55")),
        replace(same, percent=Figure("50.0")),
        replace(same, percent=None),
        replace(same, description=LongText("主体结构完成")),
        replace(same, quantities=(replace(PILES, figure=Figure("121")),)),
        replace(same, documents=(Document(title=Name("监理月报(演示)")),)),
    ):
        scenario.when(otherwise).then_refused(AlreadyReportedError, at="reason", through="2022-03")
        accepts(scenario, replace(otherwise, reason=WHY))


@pytest.mark.parametrize(("first", "second"), [(LAST_TEN_DAYS, MARCH), (MARCH, LAST_TEN_DAYS)])
def test_what_stands_on_one_day_is_one_statement(first: Period, second: Period) -> None:
    scenario = after(report(first, "50"))
    accepts(scenario, report(second, "50"))
    scenario.when(report(second, "51")).then_refused(AlreadyReportedError, at="reason", through=first)
    accepts(scenario, report(second, "51", reason=WHY))


def test_what_went_back_with_a_reason_holds_for_the_months_after_it() -> None:
    scenario = after(report(FEBRUARY, "50"), report(MARCH, "40", reason=WHY))
    accepts(scenario, report(APRIL, "45"))


def test_what_was_corrected_is_the_same_under_the_days_other_name() -> None:
    corrected = after(report(LAST_TEN_DAYS, "50"), report(LAST_TEN_DAYS, "52", reason=WHY))
    accepts(corrected, report(MARCH, "52"))
    corrected.when(report(MARCH, "50")).then_refused(AlreadyReportedError, at="reason")
