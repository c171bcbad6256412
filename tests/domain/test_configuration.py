"""A place sets its lists, templates, rules, stages and definitions; until then the default ones hold."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.configuration import Configuration, Step, TemplateStep
from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import InvalidValueError, PlaceNotOpenError, UnknownTermError
from service.domain.gates import Gate, StartBasis
from service.domain.identity import Track
from service.domain.place import DECIDER
from service.domain.stages import StageRule
from service.domain.values import Code, Name
from tests.dsl import given
from tests.examples import PLACE_OPENED
from tests.examples.configuration import (
    COMMANDS,
    DEFINITION_SET,
    FACTS,
    PAUSE_REASONS_SET,
    SET_DEFINITION,
    SET_PAUSE_REASONS,
    SET_RULES,
    SET_STAGES,
    SET_TEMPLATE,
    STAGES_SET,
    TEMPLATE_SET,
)

GATELESS = StageRule(code=Code("NOWHERE"), zh=Name("无"), en=Name("nowhere"))
PAIRS: list[Any] = [*zip(COMMANDS.values(), FACTS.values(), strict=True)]


@pytest.mark.parametrize(("command", "fact"), PAIRS)
def test_a_place_sets_it_once_it_is_open(command: object, fact: object) -> None:
    given(PLACE_OPENED).when(command).then(fact)
    given().when(command).then_refused(PlaceNotOpenError)


def test_what_is_not_set_is_the_default() -> None:
    empty = Configuration()
    for name in Dictionary:
        assert empty.terms(name) == defaults()[name]
        assert len(empty.terms(name)) == len({term.code for term in empty.terms(name)}) > 1
    assert empty.template(Track.PROMOTED)[-1] == Step(Code("COMPLETED"), 0)
    assert empty.stages(Track.GOVERNMENT)[0].code == "PLANNING"
    assert empty.definition(Gate.STARTED, date(2022, 1, 1)) == 1
    assert (empty.rules.freeze_days, empty.rules.extension_percent) == (None, None)


def test_what_is_set_holds() -> None:
    own = DECIDER.fold([PLACE_OPENED, PAUSE_REASONS_SET, TEMPLATE_SET, STAGES_SET]).configuration
    assert [term.code for term in own.terms(Dictionary.PAUSE_REASON)] == ["FUNDS", "FLOOD"]
    assert [step.milestone for step in own.template(Track.PROMOTED)] == ["LAND", "STARTED", "COMPLETED"]
    assert [stage.code for stage in own.stages(Track.ENTERPRISE)] == ["PACKAGING", "GUARANTEE", "BUILDING"]
    assert own.template(Track.GOVERNMENT) == Configuration().template(Track.GOVERNMENT)


def test_the_default_templates_use_the_default_milestones() -> None:
    for track in Track:
        for step in Configuration().template(track):
            Configuration().need_term(Dictionary.MILESTONE, step.milestone)


def test_setting_the_default_adds_nothing() -> None:
    command = replace(SET_PAUSE_REASONS, terms=defaults()[Dictionary.PAUSE_REASON])
    given(PLACE_OPENED).when(command).then_nothing()


@pytest.mark.parametrize(
    ("command", "at"),
    [
        (replace(SET_PAUSE_REASONS, terms=()), "terms"),
        (replace(SET_PAUSE_REASONS, terms=SET_PAUSE_REASONS.terms * 2), "terms"),
        (replace(SET_TEMPLATE, steps=()), "steps"),
        (replace(SET_TEMPLATE, steps=SET_TEMPLATE.steps * 2), "steps"),
        (
            replace(SET_TEMPLATE, steps=(TemplateStep(milestone=Code("LAND"), days_before=-1),)),
            "steps[0].days_before",
        ),
        (replace(SET_RULES, freeze_days=-1), "freeze_days"),
        (replace(SET_RULES, extension_percent=1001), "extension_percent"),
        (replace(SET_STAGES, stages=()), "stages"),
        (replace(SET_STAGES, stages=SET_STAGES.stages * 2), "stages"),
        (replace(SET_STAGES, stages=SET_STAGES.stages[1:]), "stages[0].gates"),
        (replace(SET_STAGES, stages=(*SET_STAGES.stages, GATELESS)), "stages[3].gates"),
        (replace(SET_DEFINITION, start_basis=None), "start_basis"),
        (replace(SET_DEFINITION, gate=Gate.COMPLETED), "start_basis"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(command: object, at: str) -> None:
    given(PLACE_OPENED).when(command).then_refused(InvalidValueError, at=at)


def test_a_milestone_of_a_template_is_one_of_the_places_list() -> None:
    steps = (TemplateStep(milestone=Code("NOTHING"), days_before=1),)
    given(PLACE_OPENED).when(replace(SET_TEMPLATE, steps=steps)).then_refused(UnknownTermError, at="steps[0].milestone")


def test_a_rule_is_taken_back_by_setting_none() -> None:
    scenario = given(PLACE_OPENED, FACTS["RULES_SET"])
    scenario.when(SET_RULES).then_nothing()
    none = replace(SET_RULES, freeze_days=None, extension_percent=None)
    scenario.when(none).then(replace(FACTS["RULES_SET"], freeze_days=None, extension_percent=None))  # type: ignore[type-var]  # A fact by name.


def test_versions_of_a_definition_count_up_and_hold_from_their_day() -> None:
    later = replace(DEFINITION_SET, holds_from=date(2024, 1, 1), start_basis=StartBasis.CEREMONY)
    own = DECIDER.fold([PLACE_OPENED, DEFINITION_SET, later]).configuration
    days = [date(2022, 12, 31), date(2023, 1, 1), date(2024, 1, 1)]
    assert [own.definition(Gate.STARTED, day) for day in days] == [1, 2, 3]
    assert own.definition(Gate.COMPLETED, days[-1]) == 1
