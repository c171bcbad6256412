"""Every fact and every command has an example, and the examples are one story."""

import pytest

from service.domain.decider import occurred_on
from service.domain.deciders import DECIDERS
from tests import dsl
from tests.examples import ASIDE, COMMANDS, FACTS, OPENING_STATED, PLACE_OPENED, STARTED, THROUGH_MARCH_REPORTED, TODAY


def test_every_class_of_fact_and_of_command_has_an_example() -> None:
    facts = [*FACTS.values(), *(fact for _, fact in ASIDE.values())]
    commands = [*COMMANDS.values(), *(command for command, _ in ASIDE.values())]
    assert {type(fact) for fact in facts} == {of for decider in DECIDERS for of in decider.facts}
    assert {type(command) for command in commands} == {of for decider in DECIDERS for of in decider.commands}


def test_no_class_belongs_to_two_streams() -> None:
    owned = [of for decider in DECIDERS for of in (*decider.facts, *decider.commands)]
    assert len(owned) == len(set(owned))


@pytest.mark.parametrize(
    ("number", "command", "fact"), [(number, *one) for number, one in enumerate(zip(COMMANDS, FACTS, strict=True))]
)
def test_each_command_of_the_story_gives_its_fact(number: int, command: str, fact: str) -> None:
    dsl.given(*[*FACTS.values()][:number]).when(COMMANDS[command]).on(TODAY).then(FACTS[fact])


def test_a_figure_takes_effect_on_the_last_day_of_its_period() -> None:
    assert str(occurred_on(THROUGH_MARCH_REPORTED, TODAY)) == "2022-03-31"
    assert str(occurred_on(OPENING_STATED, TODAY)) == "2021-12-31"


def test_a_fact_with_a_date_happened_then_and_another_on_the_day_of_recording() -> None:
    assert str(occurred_on(STARTED, TODAY)) == "2021-03-18"
    assert occurred_on(PLACE_OPENED, TODAY) == TODAY
