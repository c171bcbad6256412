"""A place says when it is warned, and what it refuses: a gate out of order, a start with conditions unmet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.domain.dictionaries import Dictionary, defaults
from service.domain.errors import InvalidValueError, NotReadyError, OutOfOrderError, PlaceNotOpenError
from service.domain.gate_commands import RecordCompleted, RecordLanded, RecordStarted
from service.domain.gates import CompletionKind, ContractForm, Gate, ProjectCompleted, ProjectLanded, StartBasis
from service.domain.place import DECIDER
from service.domain.schedule import StartConditionStated
from service.domain.values import Reason
from service.domain.warnings import DEFAULT_RULES, RULES, OrderRule, SetWarningRules, StartRule, WarningRulesSet
from tests.dsl import given
from tests.examples import (
    FRAMEWORK_SIGNED,
    PLACE_OPENED,
    PROJECT_ID,
    QIYANG,
    RECORD_SIGNED,
    RECORD_STARTED,
    REGISTERED,
    STARTED,
)
from tests.examples.configuration import DEFINITION_SET, SET_STAGES, STAGES_SET
from tests.examples.warnings import REASONS_ASKED_FOR, SET_WARNING_RULES, WARNING_RULES_SET

REASON_ASKED: Any = replace(DEFAULT_RULES, gates_out_of_order=OrderRule.REASON)
READY_ASKED: Any = replace(DEFAULT_RULES, start_conditions=StartRule.REFUSE)
WHY = Reason("先行用地")
LANDED = ProjectLanded(occurred_on=date(2021, 4, 1), definition=1)
LAND = RecordLanded(project_id=PROJECT_ID, occurred_on=LANDED.occurred_on)
OF_PLACE = given(PLACE_OPENED)


# The rules themselves


def test_a_place_sets_its_rules_once_it_is_open() -> None:
    OF_PLACE.when(SET_WARNING_RULES).then(WARNING_RULES_SET)
    given().when(SET_WARNING_RULES).then_refused(PlaceNotOpenError)


def test_what_a_place_has_not_set_is_the_default() -> None:
    assert DECIDER.fold([PLACE_OPENED]).configuration.warnings == DEFAULT_RULES
    OF_PLACE.when(SetWarningRules(region=QIYANG)).then_nothing()
    every = {name: getattr(DEFAULT_RULES, name) for name in RULES}
    OF_PLACE.when(SetWarningRules(region=QIYANG, **every)).then_nothing()


def test_a_rule_that_is_not_sent_stays_as_it_is() -> None:
    given(PLACE_OPENED, WARNING_RULES_SET).when(SetWarningRules(region=QIYANG, progress_days=5)).then(
        replace(WARNING_RULES_SET, progress_days=5, documents=())
    )
    assert (
        DECIDER.fold([PLACE_OPENED, WARNING_RULES_SET, REASONS_ASKED_FOR]).configuration.warnings == REASONS_ASKED_FOR
    )


def test_a_list_that_is_sent_empty_is_empty() -> None:
    OF_PLACE.when(SetWarningRules(region=QIYANG, needed_documents=())).then(replace(DEFAULT_RULES, needed_documents=()))


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ({"statistics_months": -1}, "statistics_months"),
        ({"statistics_months": 121, "statistics_alarm_months": 121}, "statistics_months"),
        ({"statistics_months": 3}, "statistics_alarm_months"),
        ({"statistics_alarm_months": 0}, "statistics_alarm_months"),
        ({"overdue_alarm_days": 0}, "overdue_alarm_days"),
        ({"progress_days": 0}, "progress_days"),
        ({"progress_days": 3_651}, "progress_days"),
        ({"slow_points": 0}, "slow_points"),
        ({"slow_points": 16}, "slow_alarm_points"),
        ({"slow_alarm_points": 101}, "slow_alarm_points"),
        ({"slow_days": -1}, "slow_days"),
        ({"pause_note_months": 0}, "pause_note_months"),
        ({"needed_documents": (Gate.STARTED, Gate.STARTED)}, "needed_documents"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(sent: dict[str, Any], at: str) -> None:
    OF_PLACE.when(SetWarningRules(region=QIYANG, **sent)).then_refused(InvalidValueError, at=at)


def test_an_alarm_may_come_with_the_warning() -> None:
    for sent in ({"statistics_months": 2}, {"slow_points": 15}, {"statistics_months": 0, "slow_days": 0}):
        command = SetWarningRules(region=QIYANG, **sent)  # type: ignore[arg-type]  # Numbers by name.
        OF_PLACE.when(command).then(replace(DEFAULT_RULES, **sent))  # type: ignore[arg-type]  # The same.


# Gates out of order


def ordered(*facts: object, rules: WarningRulesSet = REASON_ASKED) -> Any:
    """Return a project in a place that asks for a reason."""
    return given(PLACE_OPENED, rules, REGISTERED, *facts)


def test_a_gate_out_of_order_is_taken_unless_the_place_asks_for_a_reason() -> None:
    given(PLACE_OPENED, REGISTERED, STARTED).when(LAND).then(LANDED)
    ordered(STARTED).when(LAND).then_refused(
        OutOfOrderError, at="reason", gate="LANDED", date="2021-04-01", other="STARTED", other_date="2021-03-18"
    )
    ordered(STARTED).when(replace(LAND, reason=WHY)).then(replace(LANDED, reason=WHY))


def test_a_gate_that_comes_too_early_is_out_of_order_as_well() -> None:
    ordered(LANDED).when(RECORD_STARTED).then_refused(OutOfOrderError, at="reason", other="LANDED")
    ordered(LANDED).when(replace(RECORD_STARTED, occurred_on=LANDED.occurred_on)).then(
        replace(STARTED, occurred_on=LANDED.occurred_on)
    )


def test_what_is_out_of_order_already_hinders_no_other_gate() -> None:
    completed = ProjectCompleted(occurred_on=date(2022, 4, 30), definition=1, kind=CompletionKind.WORKS)
    command = RecordCompleted(project_id=PROJECT_ID, occurred_on=completed.occurred_on, kind=completed.kind)
    ordered(STARTED, LANDED).when(command).then(completed)


def test_a_gate_counts_on_its_first_day_and_a_start_on_the_basis_that_counts() -> None:
    formal = replace(RECORD_SIGNED, form=ContractForm.FORMAL, occurred_on=date(2022, 1, 1))
    fact = replace(FRAMEWORK_SIGNED, form=ContractForm.FORMAL, occurred_on=date(2022, 1, 1))
    ordered(FRAMEWORK_SIGNED, STARTED).when(formal).then(fact)
    ordered(STARTED).when(formal).then_refused(OutOfOrderError, at="reason")
    ceremony = replace(RECORD_STARTED, basis=StartBasis.CEREMONY)
    ordered(LANDED).when(ceremony).then(replace(STARTED, basis=StartBasis.CEREMONY))
    ordered(replace(STARTED, basis=StartBasis.CEREMONY)).when(LAND).then(LANDED)


def test_the_basis_that_counts_is_that_of_the_day() -> None:
    physical = replace(DEFINITION_SET, start_basis=StartBasis.PERMIT, holds_from=None)
    ordered(physical, LANDED).when(RECORD_STARTED).then(replace(STARTED, definition=2))
    permit: RecordStarted = replace(RECORD_STARTED, basis=StartBasis.PERMIT)
    ordered(physical, LANDED).when(permit).then_refused(OutOfOrderError, at="reason")
    # One that holds from a later day says nothing of this start.
    ordered(DEFINITION_SET, LANDED).when(RECORD_STARTED).then_refused(OutOfOrderError, at="reason")


def test_gates_that_lead_to_no_stage_or_to_the_same_one_are_in_no_order() -> None:
    same = replace(STAGES_SET, track=REGISTERED.identity.track)
    completed = RecordCompleted(project_id=PROJECT_ID, occurred_on=date(2021, 1, 1), kind=CompletionKind.WORKS)
    fact = ProjectCompleted(occurred_on=date(2021, 1, 1), definition=1, kind=CompletionKind.WORKS)
    assert {Gate.STARTED, Gate.COMPLETED} == set(SET_STAGES.stages[-1].gates)
    ordered(same, STARTED).when(completed).then(fact)
    ordered(same, STARTED).when(LAND).then(LANDED)
    ordered(STARTED).when(completed).then_refused(OutOfOrderError, at="reason")


def test_what_stands_already_is_not_judged_again() -> None:
    ordered(STARTED, LANDED).when(LAND).then_nothing()


# Conditions for starting works


def met(*codes: str, on: date = date(2021, 3, 1), yes: bool = True) -> list[StartConditionStated]:
    """Return statements of conditions."""
    terms = [term.code for term in defaults()[Dictionary.START_CONDITION] if not codes or term.code in codes]
    return [StartConditionStated(condition=code, met=yes, occurred_on=on) for code in terms]


def test_a_start_with_conditions_unmet_is_taken_unless_the_place_refuses_it() -> None:
    given(PLACE_OPENED, REGISTERED).when(RECORD_STARTED).then(STARTED)
    unready = given(PLACE_OPENED, READY_ASKED, REGISTERED, *met(), *met("LAND", yes=False))
    unready.when(RECORD_STARTED).then_refused(
        NotReadyError, at="occurred_on", date=STARTED.occurred_on, conditions="LAND"
    )
    unready.when(replace(RECORD_STARTED, reason=WHY)).then_refused(NotReadyError, at="occurred_on")
    given(PLACE_OPENED, READY_ASKED, REGISTERED, *met()).when(RECORD_STARTED).then(STARTED)


def test_a_condition_that_was_never_stated_or_met_later_is_unmet() -> None:
    given(PLACE_OPENED, READY_ASKED, REGISTERED).when(RECORD_STARTED).then_refused(
        NotReadyError,
        at="occurred_on",
        conditions=", ".join(term.code for term in defaults()[Dictionary.START_CONDITION]),
    )
    on_the_day = given(PLACE_OPENED, READY_ASKED, REGISTERED, *met(), *met("FUNDS", on=STARTED.occurred_on))
    on_the_day.when(RECORD_STARTED).then(STARTED)
    later = given(PLACE_OPENED, READY_ASKED, REGISTERED, *met(), *met("FUNDS", on=date(2021, 3, 19)))
    later.when(RECORD_STARTED).then_refused(NotReadyError, at="occurred_on", conditions="FUNDS")


def test_a_place_that_refuses_a_start_refuses_no_other_gate() -> None:
    given(PLACE_OPENED, READY_ASKED, REGISTERED).when(LAND).then(LANDED)
    given(PLACE_OPENED, READY_ASKED, REGISTERED, STARTED).when(RECORD_STARTED).then_nothing()
