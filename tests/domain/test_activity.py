"""A project is suspended, deferred, terminated and resumed, each with its day and its reason."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.errors import (
    MergedError,
    NotFoundError,
    NotPausedError,
    NotYetHappenedError,
    TerminatedError,
    UnknownTermError,
    VoidedError,
    WrongOrderError,
)
from service.domain.project import DECIDER
from service.domain.stages import Activity
from service.domain.values import Code
from tests.dsl import given
from tests.examples import AMEND, PLACE_OPENED, RECORD_STARTED, REGISTERED, REPORT_THROUGH_MARCH, VOIDED, gates
from tests.examples.configuration import PAUSE_REASONS_SET
from tests.examples.gates import DEFERRED, RESUME, RESUMED, SUSPEND, SUSPENDED, TERMINATE, TERMINATED
from tests.examples.merging import MERGED

HERE = (PLACE_OPENED, PAUSE_REASONS_SET, REGISTERED)
COMMANDS: dict[str, Any] = gates.COMMANDS
FACTS: dict[str, Any] = gates.FACTS


def activity(*facts: object) -> Activity:
    return DECIDER.fold([REGISTERED, *facts]).activity


def test_what_a_project_is_in_follows_from_the_latest_fact() -> None:
    assert activity() is Activity.ACTIVE
    assert activity(SUSPENDED) is Activity.SUSPENDED
    assert activity(SUSPENDED, FACTS["PAUSE_NOTED"]) is Activity.SUSPENDED
    assert activity(SUSPENDED, RESUMED) is Activity.ACTIVE
    assert activity(SUSPENDED, RESUMED, DEFERRED) is Activity.DEFERRED
    assert activity(DEFERRED, TERMINATED) is Activity.TERMINATED


def test_works_are_suspended_and_taken_up_again() -> None:
    given(*HERE).when(SUSPEND).then(SUSPENDED)
    given(*HERE, SUSPENDED).when(COMMANDS["NOTE_PAUSE"]).then(FACTS["PAUSE_NOTED"])
    given(*HERE, SUSPENDED).when(RESUME).then(RESUMED)
    given(*HERE, SUSPENDED).when(COMMANDS["DEFER"]).then(DEFERRED)
    given(*HERE, TERMINATED).when(COMMANDS["REVIVE"]).then(FACTS["REVIVED"])


def test_a_project_that_goes_on_is_not_resumed_and_needs_no_note() -> None:
    given(*HERE).when(RESUME).then_nothing()
    given(*HERE).when(COMMANDS["NOTE_PAUSE"]).then_refused(NotPausedError, at="project_id")


def test_the_reason_is_one_of_the_places_list() -> None:
    given(*HERE).when(replace(SUSPEND, reason_code=Code("WEATHER"))).then_refused(UnknownTermError, at="reason_code")


@pytest.mark.parametrize("name", ["SUSPEND", "NOTE_PAUSE", "RESUME", "DEFER", "TERMINATE"])
def test_nothing_happens_in_the_future_or_before_what_happened_last(name: str) -> None:
    paused = given(*HERE, SUSPENDED)
    paused.when(replace(COMMANDS[name], occurred_on=date(2022, 5, 11))).then_refused(
        NotYetHappenedError, at="occurred_on"
    )
    paused.when(replace(COMMANDS[name], occurred_on=date(2021, 7, 4))).then_refused(WrongOrderError, at="occurred_on")


def test_no_project_is_expected_back_before_it_stopped() -> None:
    given(*HERE).when(replace(SUSPEND, expected_resumption=date(2021, 7, 4))).then_refused(
        WrongOrderError, at="expected_resumption"
    )


@pytest.mark.parametrize("command", [AMEND, RECORD_STARTED, REPORT_THROUGH_MARCH, COMMANDS["DEFER"], SUSPEND])
def test_nothing_more_is_said_of_a_project_that_was_terminated(command: object) -> None:
    given(*HERE, TERMINATED).when(command).then_refused(TerminatedError, at="project_id")


@pytest.mark.parametrize("command", [SUSPEND, RESUME, TERMINATE])
def test_a_project_has_to_stand(command: object) -> None:
    given(PLACE_OPENED, PAUSE_REASONS_SET).when(command).then_refused(NotFoundError, at="project_id")
    given(*HERE, VOIDED).when(command).then_refused(VoidedError, at="project_id")
    given(*HERE, MERGED).when(command).then_refused(MergedError, at="project_id")
