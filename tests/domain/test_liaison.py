"""A unit has one liaison at a time: the next one takes the place of the last."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from service.domain.errors import (
    AlreadyStatedError,
    InvalidValueError,
    NotFoundError,
    NotYetHappenedError,
    PlaceNotOpenError,
    WrongOrderError,
)
from service.domain.liaison import LiaisonUnitKind
from service.domain.roster import DECIDER, region_roster_stream
from service.domain.values import ERASED, Name, Personal, Reason, Region
from tests.dsl import given
from tests.examples import PLACE_OPENED, PLAN_PAPER, QIYANG, REGISTER_ID, TODAY
from tests.examples.roster import (
    APPROVER_ASSIGNED,
    APPROVER_LEFT,
    ASSIGN_APPROVER,
    ASSIGN_LIAISON,
    END_APPROVER,
    LIAISON_ASSIGNED,
    LIAISON_REPLACED,
    REPLACE_LIAISON,
)

TOMORROW: Final = TODAY + timedelta(days=1)
WHY: Final = Reason("登记有误")


def test_every_unit_has_a_liaison_of_its_own() -> None:
    given(PLACE_OPENED).when(ASSIGN_LIAISON).then(LIAISON_ASSIGNED)
    given(PLACE_OPENED, LIAISON_ASSIGNED).when(ASSIGN_APPROVER).then(APPROVER_ASSIGNED)


def test_a_later_liaison_takes_the_place_of_the_former_by_one_fact() -> None:
    given(PLACE_OPENED, LIAISON_ASSIGNED).when(REPLACE_LIAISON).then(LIAISON_REPLACED)


@pytest.mark.parametrize("stored", [Personal("联络员甲"), ERASED])
def test_a_liaison_who_holds_is_not_named_again_whether_the_name_is_read_or_not(stored: Any) -> None:
    given(PLACE_OPENED, replace(LIAISON_ASSIGNED, holder=stored)).when(ASSIGN_LIAISON).then_nothing()


@pytest.mark.parametrize(
    "change",
    [
        {"unit_kind": LiaisonUnitKind.APPROVAL_DEPARTMENT},
        {"since": date(2022, 1, 19)},
        {"contact": Personal("演示电话四")},
        {"documents": (PLAN_PAPER,)},
    ],
)
def test_an_entry_is_corrected_with_a_reason(change: dict[str, Any]) -> None:
    corrected = replace(ASSIGN_LIAISON, **change)
    scenario = given(PLACE_OPENED, LIAISON_ASSIGNED)
    scenario.when(corrected).then_refused(AlreadyStatedError, at="reason", since="2022-01-20")
    scenario.when(replace(corrected, reason=WHY)).then(replace(LIAISON_ASSIGNED, reason=WHY, **change))


def test_a_wrong_name_is_corrected_with_a_reason() -> None:
    right = replace(ASSIGN_LIAISON, holder=Personal("联络员丁"), reason=Reason("姓名有误"))
    given(PLACE_OPENED, LIAISON_ASSIGNED).when(right).then(
        replace(LIAISON_ASSIGNED, holder=Personal("联络员丁"), reason=Reason("姓名有误"))
    )


def test_a_liaison_begins_today_at_the_latest() -> None:
    given(PLACE_OPENED).when(replace(ASSIGN_LIAISON, since=TODAY)).then(replace(LIAISON_ASSIGNED, since=TODAY))
    given(PLACE_OPENED).when(replace(ASSIGN_LIAISON, since=TOMORROW)).then_refused(NotYetHappenedError, at="since")


def test_only_a_contact_that_is_given_can_be_public() -> None:
    without = replace(REPLACE_LIAISON, contact=None)
    given(PLACE_OPENED).when(without).then_refused(InvalidValueError, at="contact_public")


def test_a_name_is_public_only_if_it_is_said_to_be_which_is_a_correction_later() -> None:
    shown = replace(ASSIGN_LIAISON, holder_public=True)
    given(PLACE_OPENED).when(shown).then(replace(LIAISON_ASSIGNED, holder_public=True))
    given(PLACE_OPENED).when(replace(ASSIGN_LIAISON, holder_public=False)).then(LIAISON_ASSIGNED)
    later = given(PLACE_OPENED, LIAISON_ASSIGNED)
    later.when(shown).then_refused(AlreadyStatedError, at="reason", since="2022-01-20")
    later.when(replace(shown, reason=WHY)).then(replace(LIAISON_ASSIGNED, holder_public=True, reason=WHY))


def test_a_unit_can_be_left_without_a_liaison_and_get_one_again() -> None:
    given(PLACE_OPENED, APPROVER_ASSIGNED).when(END_APPROVER).then(APPROVER_LEFT)
    scenario = given(PLACE_OPENED, APPROVER_ASSIGNED, APPROVER_LEFT)
    scenario.when(replace(END_APPROVER, reason=WHY)).then_nothing()
    scenario.when(ASSIGN_APPROVER).then(APPROVER_ASSIGNED)


def test_the_day_of_an_end_is_corrected_with_a_reason() -> None:
    other = replace(END_APPROVER, until=date(2022, 4, 20), reason=WHY)
    given(PLACE_OPENED, APPROVER_ASSIGNED, APPROVER_LEFT).when(other).then(
        replace(APPROVER_LEFT, until=date(2022, 4, 20), reason=WHY)
    )


def test_an_end_before_the_beginning_or_in_the_future_is_refused() -> None:
    scenario = given(PLACE_OPENED, APPROVER_ASSIGNED)
    scenario.when(replace(END_APPROVER, until=date(2022, 1, 19))).then_refused(WrongOrderError, at="until")
    scenario.when(replace(END_APPROVER, until=TOMORROW)).then_refused(NotYetHappenedError, at="until")
    scenario.when(replace(END_APPROVER, until=TODAY)).then(replace(APPROVER_LEFT, until=TODAY))


def test_a_unit_that_never_had_a_liaison_cannot_lose_one() -> None:
    other = replace(END_APPROVER, unit=Name("演示市住建局"))
    given(PLACE_OPENED, APPROVER_ASSIGNED).when(other).then_refused(NotFoundError, at="unit")


@pytest.mark.parametrize("command", [ASSIGN_LIAISON, END_APPROVER])
def test_a_place_without_a_ledger_has_no_liaisons(command: object) -> None:
    given().when(command).then_refused(PlaceNotOpenError)


def test_every_region_has_a_roster_of_its_own() -> None:
    ids = {DECIDER.stream(ASSIGN_LIAISON, region, REGISTER_ID) for region in (QIYANG, Region("431122"))}
    assert len(ids) == 2
    assert DECIDER.stream(END_APPROVER, QIYANG, REGISTER_ID) == region_roster_stream(QIYANG).id in ids
