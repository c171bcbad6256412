"""What holds of any fact, any command and any history."""

import json
from contextlib import suppress
from dataclasses import fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from service.domain.decider import Decider, occurred_on
from service.domain.deciders import DECIDERS
from service.domain.errors import RejectedError
from service.domain.shape import InvalidInputError, dump, parse, restore
from service.domain.values import LARGEST, Figure, LongText, Name, Period, Personal, Stated, Text, Unit
from tests import dsl, strategies
from tests.effort import examples
from tests.examples import ASIDE, COMMANDS, FACTS

# Strategies are slow to draw from the first time, and two cores are shared.
few = examples(8, suppress_health_check=[HealthCheck.too_slow])
many = examples(40, suppress_health_check=[HealthCheck.too_slow])

FACT_CLASSES = [of for decider in DECIDERS for of in decider.facts]
COMMAND_CLASSES = [of for decider in DECIDERS for of in decider.commands]
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def seal(_path: str, value: Personal) -> str:
    return str(value)


def unseal(_path: str, plain: str) -> Personal:
    return Personal(plain)


def leaves(plain: object) -> list[object]:
    match plain:
        case dict():
            return [leaf for value in plain.values() for leaf in leaves(value)]
        case list():
            return [leaf for value in plain for leaf in leaves(value)]
        case _:
            return [plain]


def facts_of(decider: Decider[Any]) -> st.SearchStrategy[Any]:
    """Return facts of a stream: any, and often those of the examples, so that they meet."""
    told = [*FACTS.values(), *(fact for _, fact in ASIDE.values())]
    examples = [fact for fact in told if type(fact) in decider.facts]
    return st.one_of(st.sampled_from(examples), *[strategies.of(one) for one in decider.facts])


def commands() -> st.SearchStrategy[Any]:
    known = [*COMMANDS.values(), *(command for command, _ in ASIDE.values())]
    return st.one_of(st.sampled_from(known), *[strategies.of(one) for one in COMMAND_CLASSES])


def histories() -> st.SearchStrategy[list[Any]]:
    """Return facts of all streams, mixed, after those that make most commands possible."""
    beginnings = st.sampled_from([[], [FACTS["PLACE_OPENED"]], [FACTS["PLACE_OPENED"], FACTS["REGISTERED"]]])
    rest = st.lists(st.one_of([facts_of(decider) for decider in DECIDERS]), max_size=6)
    return st.builds(list.__add__, beginnings, rest)


# Any history


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.kind)
def test_any_history_can_be_told(decider: Decider[Any]) -> None:
    @few
    @given(st.lists(facts_of(decider), max_size=8), st.integers(0, 8))
    def holds(facts: list[Any], cut: int) -> None:
        whole = decider.fold(facts)
        assert decider.fold(facts[cut:], decider.fold(facts[:cut])) == whole
        assert all(isinstance(claim.value, str) for claim in decider.claims(whole))

    holds()


@many
@given(histories(), commands(), DAYS)
def test_any_command_after_any_history_is_taken_or_refused(facts: list[Any], command: object, today: date) -> None:
    decided = []
    with suppress(RejectedError):
        decided = dsl.decide(command, facts, today)
    assert {type(fact) for fact in decided} <= {*dsl.decider_of_command(command).facts}


@many
@given(histories(), st.lists(commands(), min_size=1, max_size=4), DAYS)
def test_a_command_that_was_taken_gives_nothing_the_second_time(
    facts: list[Any], wanted: list[object], today: date
) -> None:
    for command in wanted:
        with suppress(RejectedError):
            facts = [*facts, *dsl.decide(command, facts, today)]
            assert dsl.decide(command, facts, today) == []


@few
@given(histories(), commands(), DAYS)
def test_a_refusal_names_fields_of_the_command_and_can_be_kept(facts: list[Any], command: object, today: date) -> None:
    refused = None
    try:
        dsl.decide(command, facts, today)
    except RejectedError as error:
        refused = error
    if refused is not None:
        inner: Any = command
        for step in refused.path:
            if step.startswith("["):  # The place in a list.
                inner = inner[int(step.strip("[]"))]
                continue
            assert step in {one.name for one in fields(inner)}
            inner = getattr(inner, step)
        assert json.dumps([refused.path, refused.params], ensure_ascii=False).encode()


# The plain form


@pytest.mark.parametrize("of", FACT_CLASSES, ids=lambda of: of.__name__)
def test_a_stored_fact_comes_back_as_it_was(of: type) -> None:
    @few
    @given(strategies.of(of))
    def holds(fact: object) -> None:
        plain = json.loads(json.dumps(dump(fact, seal), ensure_ascii=False).encode())
        restored: object = restore(of, plain, unseal)
        assert restored == fact
        assert all(abs(leaf) <= LARGEST for leaf in leaves(plain) if isinstance(leaf, int))
        assert isinstance(occurred_on(fact, dsl.TODAY), date)

    holds()


@pytest.mark.parametrize("of", COMMAND_CLASSES, ids=lambda of: of.__name__)
def test_a_command_that_is_sent_is_the_one_that_was_meant(of: type) -> None:
    @few
    @given(strategies.of(of))
    def holds(command: object) -> None:
        assert parse(of, json.loads(json.dumps(dump(command, seal)))) == command

    holds()


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)  # Halves of surrogate pairs too.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("name", COMMANDS)
def test_whatever_is_sent_is_a_command_or_is_refused(name: str) -> None:
    of: Any = type(COMMANDS[name])
    example = dump(COMMANDS[name], seal)

    @few
    @given(
        st.one_of(JSON, st.dictionaries(st.sampled_from([one.name for one in fields(of)]), JSON).map(example.__or__))
    )
    def holds(plain: Any) -> None:
        try:
            assert isinstance(parse(of, plain), of)
        except InvalidInputError as error:
            json.dumps([[one.code, one.path, one.params] for one in error.errors], ensure_ascii=False).encode()

    holds()


# Values


@pytest.mark.parametrize("of", [Name, LongText, Personal])
def test_a_text_is_refused_or_can_be_stored_and_is_kept(of: type[Text]) -> None:
    @many
    @given(ANY_TEXT)
    def holds(text: str) -> None:
        with suppress(RejectedError):
            value = of(text)
            assert of(value) == value
            assert 0 < len(value) <= of.most
            assert "\0" not in value
            assert value.encode().decode() == value

    holds()


@many
@given(strategies.figures(10), st.sampled_from(Unit))
def test_an_amount_is_exact_to_the_smallest_unit_or_refused(figure: Figure, unit: Unit) -> None:
    exact = Fraction(figure) * unit.minor
    if exact.denominator == 1 and abs(exact) <= LARGEST:
        stated = Stated(figure, unit)
        assert stated.minor == exact == Decimal(figure) * unit.minor
        assert stated.minor == (stated.fen if unit.currency else stated.minor)
    else:
        with pytest.raises(RejectedError):
            Stated(figure, unit)


@few
@given(st.integers(1900, 2099), st.sampled_from(["months", "ten-days", "first two months together"]))
def test_the_periods_of_a_year_are_its_days_each_once(year: int, kind: str) -> None:
    months = [Period.month(year, month) for month in range(1, 13)]
    match kind:
        case "months":
            periods = months
        case "ten-days":
            periods = [Period(f"{month}-T{third}") for month in months for third in (1, 2, 3)]
        case _:
            periods = [Period(f"{year}-01/{year}-02"), *months[2:]]
    days = [one.first_day + timedelta(n) for one in periods for n in range((one.last_day - one.first_day).days + 1)]
    assert days == [date(year, 1, 1) + timedelta(n) for n in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)]
    assert {one.year for one in periods} == {year}
