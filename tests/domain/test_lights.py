"""A place says from when each light is yellow and from when red."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.domain.adoption import taken_over
from service.domain.errors import InvalidValueError, PlaceNotOpenError
from service.domain.lights import DEFAULT_LIGHTS, LIGHT_RULES, SetLightRules
from service.domain.place import DECIDER
from tests.dsl import given
from tests.examples import PLACE_OPENED, QIYANG
from tests.examples.adoption import ENDED, YONGZHOU
from tests.examples.lights import LIGHT_RULES_SET, SET_LIGHT_RULES

OF_PLACE = given(PLACE_OPENED)


def test_a_place_sets_its_rules_once_it_is_open() -> None:
    OF_PLACE.when(SET_LIGHT_RULES).then(LIGHT_RULES_SET)
    given().when(SET_LIGHT_RULES).then_refused(PlaceNotOpenError)


def test_what_a_place_has_not_set_is_the_default() -> None:
    assert DECIDER.fold([PLACE_OPENED]).configuration.lights == DEFAULT_LIGHTS
    OF_PLACE.when(SetLightRules(region=QIYANG)).then_nothing()
    every = {name: getattr(DEFAULT_LIGHTS, name) for name in LIGHT_RULES}
    OF_PLACE.when(SetLightRules(region=QIYANG, **every)).then_nothing()


def test_a_rule_that_is_not_sent_stays_as_it_is() -> None:
    given(PLACE_OPENED, LIGHT_RULES_SET).when(SetLightRules(region=QIYANG, payment_red_points=30)).then(
        replace(LIGHT_RULES_SET, payment_red_points=30, documents=())
    )


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ({"start_yellow_days": 0}, "start_yellow_days"),
        ({"start_yellow_days": 16}, "start_red_days"),
        ({"start_red_days": 3_651}, "start_red_days"),
        ({"progress_red_points": 4}, "progress_red_points"),
        ({"payment_red_points": 101}, "payment_red_points"),
        ({"statistics_yellow_months": 3}, "statistics_red_months"),
        ({"statistics_red_months": 121}, "statistics_red_months"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(sent: dict[str, Any], at: str) -> None:
    OF_PLACE.when(SetLightRules(region=QIYANG, **sent)).then_refused(InvalidValueError, at=at)


def test_red_may_come_with_yellow() -> None:
    OF_PLACE.when(SetLightRules(region=QIYANG, start_yellow_days=15)).then(
        replace(DEFAULT_LIGHTS, start_yellow_days=15)
    )


def test_rules_are_adopted_from_a_superior_and_kept_when_that_ends() -> None:
    own, superior = (DECIDER.fold(facts).configuration for facts in ([PLACE_OPENED], [PLACE_OPENED, LIGHT_RULES_SET]))
    adopted = replace(LIGHT_RULES_SET, adopted_from=YONGZHOU)
    assert taken_over(own, superior, YONGZHOU) == [adopted]
    after = DECIDER.fold([PLACE_OPENED, adopted]).configuration
    assert taken_over(after, superior, YONGZHOU) == []
    # Said by the place too, they are its own.
    given(PLACE_OPENED, adopted).when(SET_LIGHT_RULES).then(LIGHT_RULES_SET)
    kept = DECIDER.fold([PLACE_OPENED, adopted, ENDED]).configuration
    assert kept.lights == LIGHT_RULES_SET
    assert taken_over(kept, own, YONGZHOU) == []
