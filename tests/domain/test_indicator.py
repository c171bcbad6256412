"""A macro indicator is taken over from its source, once for a time and measure, and corrected with a reason."""

from dataclasses import replace
from datetime import date

import pytest

from service.domain.decider import occurred_on
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    InvalidValueError,
    PeriodNotBegunError,
    PeriodNotOverError,
    PlaceNotOpenError,
    RejectedError,
    StatusWentBackError,
    UnknownTermError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.indicator import DECIDER
from service.domain.investment import Measure, Status
from service.domain.values import Code, Document, Figure, Name, Period, Reason, Region, Stated, Unit
from tests.dsl import TODAY, given
from tests.examples import PLACE_OPENED, QIYANG, REGISTER_ID, yi
from tests.examples.indicator import STATE, STATED

FINAL, FINAL_STATED = replace(STATE, status=Status.FINAL), replace(STATED, status=Status.FINAL)
WHY = Reason("统计局修订")


def percent(figure: str) -> Stated:
    """Return a percentage."""
    return Stated(Figure(figure), Unit.PERCENT)


def test_an_indicator_is_stated_with_its_source() -> None:
    given(PLACE_OPENED).when(STATE).then(STATED)
    assert occurred_on(STATED, TODAY) == date(2022, 3, 31)


@pytest.mark.parametrize("code", ["FAI", "GDP", "IVA", "REVENUE", "RETAIL"])
def test_an_indicator_is_one_of_the_places_list(code: str) -> None:
    given(PLACE_OPENED).when(replace(STATE, code=Code(code))).then(replace(STATED, code=Code(code)))


def test_an_indicator_that_the_list_does_not_have_is_refused() -> None:
    given(PLACE_OPENED).when(replace(STATE, code=Code("CPI"))).then_refused(UnknownTermError, at="code", value="CPI")


@pytest.mark.parametrize("figure", ["-3.2", "0", "12.1"])
def test_growth_may_be_negative_and_may_be_all_that_is_published(figure: str) -> None:
    grown = percent(figure)
    given(PLACE_OPENED).when(replace(STATE, growth=grown)).then(replace(STATED, growth=grown))
    given(PLACE_OPENED).when(replace(STATE, stated=grown, growth=None)).then(replace(STATED, stated=grown, growth=None))


def test_only_a_single_period_of_money_may_be_negative() -> None:
    refunds = replace(STATE, stated=yi("-0.4"))
    given(PLACE_OPENED).when(refunds).then_refused(BelowZeroError, at="stated.figure")
    given(PLACE_OPENED).when(replace(refunds, measure=Measure.MONTH)).then(
        replace(STATED, stated=yi("-0.4"), measure=Measure.MONTH)
    )


@pytest.mark.parametrize(
    ("wrong", "error", "at"),
    [
        ({"stated": Stated(Figure("1"), Unit.COUNT)}, WrongUnitError, "stated.unit"),
        ({"stated": Stated(Figure("1"), Unit.POUND)}, WrongCurrencyError, "stated.unit"),
        ({"growth": yi("1")}, WrongUnitError, "growth.unit"),
        ({"measure": Measure.SINCE_START}, InvalidValueError, "measure"),
    ],
)
def test_a_figure_of_another_kind_is_refused(wrong: dict[str, object], error: type[RejectedError], at: str) -> None:
    given(PLACE_OPENED).when(replace(STATE, **wrong)).then_refused(error, at=at)  # type: ignore[arg-type]  # By name.


def test_a_figure_is_of_a_period_that_has_begun_and_flash_while_it_runs() -> None:
    scenario = given(PLACE_OPENED)
    running = replace(STATE, through=Period("2022-05"))
    scenario.when(running).then(replace(STATED, through=Period("2022-05")))
    scenario.when(replace(running, status=Status.FINAL)).then_refused(PeriodNotOverError, at="status")
    scenario.when(replace(STATE, through=Period("2022-06"))).then_refused(PeriodNotBegunError, at="through")


def test_the_final_figure_follows_the_flash_one_without_a_reason_and_not_the_other_way() -> None:
    given(PLACE_OPENED, STATED).when(FINAL).then(FINAL_STATED)
    given(PLACE_OPENED, STATED).when(replace(FINAL, stated=yi("38.1"))).then(replace(FINAL_STATED, stated=yi("38.1")))
    given(PLACE_OPENED, FINAL_STATED).when(STATE).then_refused(StatusWentBackError, at="status")
    given(PLACE_OPENED, FINAL_STATED).when(replace(STATE, reason=WHY)).then_refused(StatusWentBackError, at="status")


@pytest.mark.parametrize(
    "change", [{"stated": yi("38.1")}, {"growth": None}, {"source": Document(title=Name("统计公报(演示)"))}]
)
def test_what_was_stated_otherwise_is_corrected_with_a_reason(change: dict[str, object]) -> None:
    scenario = given(PLACE_OPENED, FINAL_STATED)
    other = replace(FINAL, **change)  # type: ignore[arg-type]  # By name.
    scenario.when(other).then_refused(AlreadyStatedError, at="reason", stated="38.60 亿元")
    scenario.when(replace(other, reason=WHY)).then(replace(FINAL_STATED, **change, reason=WHY))  # type: ignore[arg-type]


def test_what_was_stated_so_before_needs_no_fact() -> None:
    given(PLACE_OPENED, FINAL_STATED).when(FINAL).then_nothing()
    given(PLACE_OPENED, FINAL_STATED).when(replace(FINAL, reason=WHY)).then_nothing()


def test_the_year_to_date_through_february_has_two_names_and_one_figure() -> None:
    february, together = Period("2022-02"), Period("2022-01/2022-02")
    scenario = given(PLACE_OPENED, replace(FINAL_STATED, through=february))
    scenario.when(replace(FINAL, through=together)).then_nothing()
    scenario.when(replace(FINAL, through=together, stated=yi("9"))).then_refused(AlreadyStatedError, at="reason")
    # February alone is another figure than both months.
    month = given(PLACE_OPENED, replace(FINAL_STATED, through=february, measure=Measure.MONTH))
    month.when(replace(FINAL, through=together, measure=Measure.MONTH, stated=yi("9"))).then(
        replace(FINAL_STATED, through=together, measure=Measure.MONTH, stated=yi("9"))
    )


def test_a_place_without_a_ledger_has_no_indicators() -> None:
    given().when(STATE).then_refused(PlaceNotOpenError)


def test_every_region_and_indicator_has_a_stream_of_its_own() -> None:
    commands = [(STATE, QIYANG), (FINAL, QIYANG), (STATE, Region("431122")), (replace(STATE, code=Code("GDP")), QIYANG)]
    assert len({DECIDER.stream(command, region, REGISTER_ID) for command, region in commands}) == 3
