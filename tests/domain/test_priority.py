"""A place sets how long the steps of a project on a key list may take; until then no limit holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.errors import InvalidValueError, PlaceNotOpenError, UnknownTermError
from service.domain.place import DECIDER
from service.domain.priority import PriorityLimit
from service.domain.values import Code
from tests.dsl import given
from tests.examples import PLACE_OPENED
from tests.examples.priority import LIMITS_SET, SET_LIMITS

LAND = PriorityLimit(milestone=Code("LAND"), days=60)


def test_a_place_sets_limits_once_it_is_open() -> None:
    given(PLACE_OPENED).when(SET_LIMITS).then(LIMITS_SET)
    given().when(SET_LIMITS).then_refused(PlaceNotOpenError)


def test_limits_are_stated_whole_and_their_order_says_nothing() -> None:
    scenario = given(PLACE_OPENED, LIMITS_SET)
    scenario.when(replace(SET_LIMITS, limits=SET_LIMITS.limits[::-1])).then_nothing()
    scenario.when(replace(SET_LIMITS, limits=(LAND,))).then(replace(LIMITS_SET, limits=(LAND,)))
    longer = (*SET_LIMITS.limits[:2], replace(LAND, days=61), SET_LIMITS.limits[3])
    scenario.when(replace(SET_LIMITS, limits=longer)).then(replace(LIMITS_SET, limits=longer))


def test_limits_are_taken_back_by_setting_none() -> None:
    none = replace(SET_LIMITS, limits=())
    given(PLACE_OPENED, LIMITS_SET).when(none).then(replace(LIMITS_SET, limits=()))
    given(PLACE_OPENED).when(none).then_nothing()


def test_limits_in_force_are_those_set_last() -> None:
    assert DECIDER.fold([PLACE_OPENED]).configuration.limits_set is None
    only_land = replace(LIMITS_SET, limits=(LAND,))
    assert DECIDER.fold([PLACE_OPENED, LIMITS_SET, only_land]).configuration.limits_set == only_land


@pytest.mark.parametrize(
    ("limits", "at"),
    [
        ((LAND, replace(LAND, days=30)), "limits"),
        (tuple(replace(LAND, milestone=Code(f"M{number}")) for number in range(51)), "limits"),
        ((replace(LAND, days=0),), "limits[0].days"),
        ((LAND, replace(SET_LIMITS.limits[0], days=3651)), "limits[1].days"),
    ],
)
def test_limits_that_make_no_sense_are_refused(limits: tuple[PriorityLimit, ...], at: str) -> None:
    given(PLACE_OPENED).when(replace(SET_LIMITS, limits=limits)).then_refused(InvalidValueError, at=at)


def test_the_shortest_and_the_longest_limit_hold() -> None:
    both = (replace(LAND, days=1), replace(SET_LIMITS.limits[0], days=3650))
    given(PLACE_OPENED).when(replace(SET_LIMITS, limits=both)).then(replace(LIMITS_SET, limits=both))


def test_a_limit_is_of_a_milestone_of_the_places_list() -> None:
    unknown = (LAND, replace(LAND, milestone=Code("NOTHING")))
    given(PLACE_OPENED).when(replace(SET_LIMITS, limits=unknown)).then_refused(
        UnknownTermError, at="limits[1].milestone"
    )
