"""A region's target for a year is set once, with operator and unit, and revised with a reason."""

from dataclasses import replace

import pytest

from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    InvalidValueError,
    PlaceNotOpenError,
    RejectedError,
    UnknownTermError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.plan import DECIDER, AnnualTargetRevised, AnnualTargetSet, Operator, TargetMeasure
from service.domain.values import Code, Figure, Reason, Region, Stated, Unit
from tests.dsl import given
from tests.examples import (
    COUNT_TARGET_REVISED,
    COUNT_TARGET_SET,
    INVESTMENT_TARGET_SET,
    PLACE_OPENED,
    QIYANG,
    REGISTER_ID,
    REVISE_COUNT_TARGET,
    SET_COUNT_TARGET,
    SET_INVESTMENT_TARGET,
    yi,
)

SHARE = replace(
    SET_INVESTMENT_TARGET,
    measure=TargetMeasure.INVESTMENT_SHARE,
    stated=Stated(Figure("60"), Unit.PERCENT),
    category=Code("PRODUCTIVE"),
)
SHARE_SET = AnnualTargetSet(
    year=2022,
    measure=TargetMeasure.INVESTMENT_SHARE,
    operator=Operator.AT_LEAST,
    stated=Stated(Figure("60"), Unit.PERCENT),
    value=60_00,
    category=Code("PRODUCTIVE"),
    source=INVESTMENT_TARGET_SET.source,
)
BY_COUNCIL = Reason("年中调整")


@pytest.mark.parametrize("operator", Operator)
def test_a_target_carries_its_operator_and_its_unit(operator: Operator) -> None:
    given(PLACE_OPENED).when(replace(SET_INVESTMENT_TARGET, operator=operator)).then(
        replace(INVESTMENT_TARGET_SET, operator=operator)
    )


def test_the_three_targets_of_one_plan_stand_beside_each_other() -> None:
    given(PLACE_OPENED, INVESTMENT_TARGET_SET).when(SET_COUNT_TARGET).then(COUNT_TARGET_SET)
    given(PLACE_OPENED, INVESTMENT_TARGET_SET, COUNT_TARGET_SET).when(SHARE).then(SHARE_SET)


def test_a_category_has_a_target_of_its_own() -> None:
    of_one = replace(SET_INVESTMENT_TARGET, category=Code("SOCIAL"))
    given(PLACE_OPENED, INVESTMENT_TARGET_SET).when(of_one).then(
        replace(INVESTMENT_TARGET_SET, category=Code("SOCIAL"))
    )


def test_a_target_is_revised_with_a_reason() -> None:
    scenario = given(PLACE_OPENED, COUNT_TARGET_SET)
    scenario.when(SET_COUNT_TARGET).then_nothing()
    scenario.when(replace(SET_COUNT_TARGET, reason=BY_COUNCIL)).then_nothing()
    scenario.when(replace(REVISE_COUNT_TARGET, reason=None)).then_refused(
        AlreadyStatedError, at="reason", stated="113 个"
    )
    scenario.when(REVISE_COUNT_TARGET).then(COUNT_TARGET_REVISED)


def test_a_revision_is_revised_again() -> None:
    again = replace(REVISE_COUNT_TARGET, operator=Operator.EXACTLY)
    given(PLACE_OPENED, COUNT_TARGET_SET, COUNT_TARGET_REVISED).when(again).then(
        AnnualTargetRevised(
            year=2022,
            measure=TargetMeasure.PROJECT_COUNT,
            operator=Operator.EXACTLY,
            stated=Stated(Figure("115"), Unit.COUNT),
            value=115,
            reason=BY_COUNCIL,
        )
    )


@pytest.mark.parametrize(("figure", "value"), [("0", 0), ("100", 100_00), ("33.33", 33_33)])
def test_a_share_lies_between_nothing_and_all(figure: str, value: int) -> None:
    stated = Stated(Figure(figure), Unit.PERCENT)
    given(PLACE_OPENED).when(replace(SHARE, stated=stated)).then(replace(SHARE_SET, stated=stated, value=value))


@pytest.mark.parametrize(
    ("measure", "figure", "unit", "error", "at"),
    [
        (TargetMeasure.INVESTMENT, "1", Unit.COUNT, WrongUnitError, "stated.unit"),
        (TargetMeasure.INVESTMENT, "1", Unit.PERCENT, WrongUnitError, "stated.unit"),
        (TargetMeasure.INVESTMENT, "1", Unit.POUND, WrongCurrencyError, "stated.unit"),
        (TargetMeasure.INVESTMENT, "-1", Unit.YI_YUAN, BelowZeroError, "stated.figure"),
        (TargetMeasure.PROJECT_COUNT, "1", Unit.YI_YUAN, WrongUnitError, "stated.unit"),
        (TargetMeasure.PROJECT_COUNT, "-1", Unit.COUNT, BelowZeroError, "stated.figure"),
        (TargetMeasure.INVESTMENT_SHARE, "1", Unit.COUNT, WrongUnitError, "stated.unit"),
        (TargetMeasure.INVESTMENT_SHARE, "100.01", Unit.PERCENT, InvalidValueError, "stated.figure"),
        (TargetMeasure.INVESTMENT_SHARE, "-0.01", Unit.PERCENT, BelowZeroError, "stated.figure"),
        (TargetMeasure.FAI_GROWTH, "8", Unit.COUNT, WrongUnitError, "stated.unit"),
        (TargetMeasure.NEW_STARTS, "8", Unit.PERCENT, WrongUnitError, "stated.unit"),
        (TargetMeasure.COMPLETIONS, "8", Unit.YI_YUAN, WrongUnitError, "stated.unit"),
        (TargetMeasure.COMPLETIONS, "-1", Unit.COUNT, BelowZeroError, "stated.figure"),
    ],
)
def test_a_target_is_in_the_unit_and_range_of_its_measure(
    measure: TargetMeasure, figure: str, unit: Unit, error: type[RejectedError], at: str
) -> None:
    command = replace(SHARE, measure=measure, stated=Stated(Figure(figure), unit))
    given(PLACE_OPENED).when(command).then_refused(error, at=at)


def test_a_share_is_of_a_category() -> None:
    given(PLACE_OPENED).when(replace(SHARE, category=None)).then_refused(InvalidValueError, at="category")


def test_growth_of_fixed_asset_investment_is_of_no_category_and_may_exceed_all() -> None:
    growth = replace(SHARE, measure=TargetMeasure.FAI_GROWTH, stated=Stated(Figure("108"), Unit.PERCENT))
    given(PLACE_OPENED).when(growth).then_refused(InvalidValueError, at="category")
    given(PLACE_OPENED).when(replace(growth, category=None)).then(
        replace(SHARE_SET, measure=growth.measure, stated=growth.stated, value=108_00, category=None)
    )


@pytest.mark.parametrize("measure", [TargetMeasure.NEW_STARTS, TargetMeasure.COMPLETIONS])
@pytest.mark.parametrize("category", [None, Code("SOCIAL")])
def test_starts_and_completions_are_counted_of_all_or_of_a_category(
    measure: TargetMeasure, category: Code | None
) -> None:
    given(PLACE_OPENED).when(replace(SET_COUNT_TARGET, measure=measure, category=category)).then(
        replace(COUNT_TARGET_SET, measure=measure, category=category)
    )


def test_a_target_is_for_a_category_of_the_place() -> None:
    given(PLACE_OPENED).when(replace(SHARE, category=Code("INDUSTRY"))).then_refused(UnknownTermError, at="category")


@pytest.mark.parametrize("year", [1949, 2022, 2032])
def test_a_target_may_be_for_a_year_past_or_to_come(year: int) -> None:
    given(PLACE_OPENED).when(replace(SET_INVESTMENT_TARGET, year=year)).then(replace(INVESTMENT_TARGET_SET, year=year))


@pytest.mark.parametrize("year", [-1, 0, 22, 1948, 2033, 20222])
def test_a_year_out_of_range_is_refused(year: int) -> None:
    given(PLACE_OPENED).when(replace(SET_INVESTMENT_TARGET, year=year)).then_refused(InvalidValueError, at="year")


def test_a_place_without_a_ledger_has_no_targets() -> None:
    given().when(SET_INVESTMENT_TARGET).then_refused(PlaceNotOpenError)


def test_every_region_and_year_has_a_stream_of_its_own() -> None:
    commands = [(SET_INVESTMENT_TARGET, QIYANG), (SET_COUNT_TARGET, QIYANG), (SHARE, Region("431122"))]
    assert len({DECIDER.stream(command, region, REGISTER_ID) for command, region in commands}) == 2
    assert DECIDER.stream(replace(SHARE, year=2023), QIYANG, REGISTER_ID) != DECIDER.stream(SHARE, QIYANG, REGISTER_ID)


def test_an_amount_in_another_unit_is_another_statement() -> None:
    same = replace(SET_INVESTMENT_TARGET, stated=Stated(Figure("1600000"), Unit.WAN_YUAN))
    assert same.stated.fen == yi("160").fen
    given(PLACE_OPENED, INVESTMENT_TARGET_SET).when(same).then_refused(AlreadyStatedError, at="reason")
