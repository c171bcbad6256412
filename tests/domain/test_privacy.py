"""Erasing a personal value is a fact, which names what to take out of the private table."""

from dataclasses import replace

import pytest

from service.domain.decider import Erasure
from service.domain.errors import InvalidValueError, PlaceNotOpenError
from service.domain.privacy import DECIDER
from service.domain.values import LARGEST, Name, Reason, Region
from tests.dsl import given
from tests.examples import ERASE, PLACE_OPENED, QIYANG, REGISTER_ID, SIGNATURE_ERASED


def test_an_erasure_is_recorded_once() -> None:
    given(PLACE_OPENED).when(ERASE).then(SIGNATURE_ERASED)
    given(PLACE_OPENED, SIGNATURE_ERASED).when(replace(ERASE, reason=Reason("另一理由"))).then_nothing()


def test_each_value_is_erased_by_itself() -> None:
    for change in ({"path": Name("filled_by")}, {"position": 1}, {"position": LARGEST}):
        given(PLACE_OPENED, SIGNATURE_ERASED).when(replace(ERASE, **change)).then(replace(SIGNATURE_ERASED, **change))


def test_an_erasure_names_what_to_take_out() -> None:
    assert DECIDER.erasures([SIGNATURE_ERASED]) == (Erasure(position=15, path="signed_by"),)


@pytest.mark.parametrize("position", [0, -1, LARGEST + 1])
def test_a_position_that_no_fact_has_is_refused(position: int) -> None:
    given(PLACE_OPENED).when(replace(ERASE, position=position)).then_refused(InvalidValueError, at="position")


def test_a_place_without_a_ledger_has_nothing_to_erase() -> None:
    given().when(ERASE).then_refused(PlaceNotOpenError)


def test_every_region_has_a_stream_of_its_own() -> None:
    assert DECIDER.stream(ERASE, QIYANG, REGISTER_ID) != DECIDER.stream(ERASE, Region("431122"), REGISTER_ID)
