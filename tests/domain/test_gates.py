"""Gates are dated in any order, corrected with a reason; stage and phase follow from them."""

from dataclasses import fields, replace
from datetime import date
from itertools import permutations
from typing import Any

import pytest

from service.domain.decider import Claim
from service.domain.errors import AlreadyReachedError, InvalidValueError, NotYetHappenedError
from service.domain.gate_commands import GATE_COMMANDS, RecordGate
from service.domain.gates import (
    GATE_FACTS,
    CompletionKind,
    ContractForm,
    Gate,
    GateFact,
    GateReached,
    ProductionExtent,
    StartBasis,
)
from service.domain.project import DECIDER, claims
from service.domain.values import MOST_LISTED, Name, Reason
from tests.dsl import TODAY, given
from tests.examples import (
    COMPLETED,
    FRAMEWORK_SIGNED,
    IN_TRIAL_PRODUCTION,
    PLACE_OPENED,
    RECORD_COMPLETED,
    RECORD_IN_PRODUCTION,
    RECORD_RESERVED,
    RECORD_SIGNED,
    RECORD_STARTED,
    REGISTERED,
    RESERVED,
    STARTED,
    gates,
)
from tests.examples.configuration import DEFINITION_SET
from tests.examples.gates import SECOND_CODE

COMMANDS: list[tuple[RecordGate, GateFact]] = [
    (RECORD_RESERVED, RESERVED),
    (RECORD_SIGNED, FRAMEWORK_SIGNED),
    (RECORD_STARTED, STARTED),
    (RECORD_COMPLETED, COMPLETED),
    (RECORD_IN_PRODUCTION, IN_TRIAL_PRODUCTION),
]
BY_ERROR = Reason("误报")
COMMANDS_OF: dict[str, Any] = gates.COMMANDS
OTHERS: dict[str, Any] = {name: fact for name, fact in gates.FACTS.items() if isinstance(fact, GateReached)}


@pytest.mark.parametrize(("command", "fact"), COMMANDS)
def test_a_gate_is_recorded_with_its_date_and_the_definition_it_was_judged_by(
    command: RecordGate, fact: GateFact
) -> None:
    given(PLACE_OPENED, REGISTERED).when(command).then(fact)
    assert fact.definition == 1


@pytest.mark.parametrize(("command", "fact"), COMMANDS)
def test_a_gate_may_be_reached_today_but_not_tomorrow(command: RecordGate, fact: GateFact) -> None:
    scenario = given(PLACE_OPENED, REGISTERED)
    scenario.when(replace(command, occurred_on=TODAY)).then(replace(fact, occurred_on=TODAY))
    tomorrow = date(2022, 5, 11)
    scenario.when(replace(command, occurred_on=tomorrow)).then_refused(
        NotYetHappenedError, at="occurred_on", date=tomorrow, today=TODAY
    )
    scenario.when(replace(command, occurred_on=tomorrow)).on(tomorrow).then(replace(fact, occurred_on=tomorrow))


@pytest.mark.parametrize(("command", "fact"), COMMANDS)
def test_another_date_for_a_gate_needs_a_reason(command: RecordGate, fact: GateFact) -> None:
    earlier = date(2020, 1, 1)
    scenario = given(PLACE_OPENED, REGISTERED, fact)
    scenario.when(command).then_nothing()
    scenario.when(replace(command, reason=BY_ERROR)).then_nothing()
    scenario.when(replace(command, occurred_on=earlier)).then_refused(
        AlreadyReachedError, at="reason", reached_on=fact.occurred_on
    )
    scenario.when(replace(command, occurred_on=earlier, reason=BY_ERROR)).then(
        replace(fact, occurred_on=earlier, reason=BY_ERROR)
    )


def test_another_library_is_another_statement() -> None:
    command = replace(RECORD_RESERVED, library=Name("另一演示储备库"))
    given(PLACE_OPENED, REGISTERED, RESERVED).when(command).then_refused(AlreadyReachedError, at="reason")


@pytest.mark.parametrize("order", [*permutations(range(5), 2)])
def test_gates_may_come_in_any_order(order: tuple[int, int]) -> None:
    first, then = order
    command, fact = COMMANDS[then]
    given(PLACE_OPENED, REGISTERED, COMMANDS[first][1]).when(command).then(fact)


def test_a_gate_stands_in_each_of_its_variants() -> None:
    reached = given(PLACE_OPENED, REGISTERED, FRAMEWORK_SIGNED, STARTED, COMPLETED, IN_TRIAL_PRODUCTION)
    reached.when(replace(RECORD_SIGNED, form=ContractForm.FORMAL)).then(
        replace(FRAMEWORK_SIGNED, form=ContractForm.FORMAL)
    )
    for basis in (StartBasis.CEREMONY, StartBasis.PERMIT):
        reached.when(replace(RECORD_STARTED, basis=basis)).then(replace(STARTED, basis=basis))
    reached.when(replace(RECORD_COMPLETED, kind=CompletionKind.ACCEPTANCE)).then(
        replace(COMPLETED, kind=CompletionKind.ACCEPTANCE)
    )
    for extent in (ProductionExtent.PARTIAL, ProductionExtent.FULL):
        reached.when(replace(RECORD_IN_PRODUCTION, extent=extent)).then(replace(IN_TRIAL_PRODUCTION, extent=extent))


def test_a_correction_is_of_its_own_variant() -> None:
    signed = given(PLACE_OPENED, REGISTERED, FRAMEWORK_SIGNED, replace(FRAMEWORK_SIGNED, form=ContractForm.FORMAL))
    signed.when(replace(RECORD_SIGNED, occurred_on=date(2020, 9, 16))).then_refused(AlreadyReachedError, at="reason")


@pytest.mark.parametrize(("command", "fact"), [(COMMANDS_OF[f"RECORD_{name}"], fact) for name, fact in OTHERS.items()])
def test_every_gate_is_recorded_and_corrected_alike(command: RecordGate, fact: GateFact) -> None:
    given(PLACE_OPENED, REGISTERED).when(command).then(fact)
    earlier = replace(command, occurred_on=date(2020, 1, 1))
    given(PLACE_OPENED, REGISTERED, fact).when(earlier).then_refused(AlreadyReachedError, at="reason")
    corrected = replace(fact, occurred_on=date(2020, 1, 1), reason=BY_ERROR)
    given(PLACE_OPENED, REGISTERED, fact).when(replace(earlier, reason=BY_ERROR)).then(corrected)


def test_every_gate_has_a_fact_and_a_command() -> None:
    assert [of.gate for of in GATE_FACTS] == list(Gate)
    assert [of.fact for of in GATE_COMMANDS] == list(GATE_FACTS)


def test_a_code_that_is_assigned_is_in_the_register_from_then_on() -> None:
    project = DECIDER.fold([REGISTERED, OTHERS["CODE_ASSIGNED"]])
    assert project.identity is not None
    assert project.identity.codes == (*REGISTERED.identity.codes, SECOND_CODE)
    assert Claim("project_code", SECOND_CODE) in claims(project)


def test_no_more_codes_are_assigned_than_a_register_holds() -> None:
    full = object.__new__(type(REGISTERED.identity))
    for one in fields(REGISTERED.identity):
        object.__setattr__(full, one.name, getattr(REGISTERED.identity, one.name))
    object.__setattr__(full, "codes", tuple(f"code {number}" for number in range(MOST_LISTED)))
    given(PLACE_OPENED, replace(REGISTERED, identity=full)).when(COMMANDS_OF["RECORD_CODE_ASSIGNED"]).then_refused(
        InvalidValueError, at="code"
    )


def test_a_gate_is_judged_by_the_definition_that_holds_on_its_day() -> None:
    later = replace(DEFINITION_SET, holds_from=date(2022, 1, 1))
    scenario = given(PLACE_OPENED, REGISTERED, later)
    scenario.when(RECORD_STARTED).then(STARTED)
    scenario.when(replace(RECORD_STARTED, occurred_on=date(2022, 1, 1))).then(
        replace(STARTED, occurred_on=date(2022, 1, 1), definition=2)
    )
    restated = given(PLACE_OPENED, REGISTERED, later, replace(DEFINITION_SET, holds_from=None))
    restated.when(RECORD_STARTED).then(replace(STARTED, definition=3))


def test_a_gate_that_stands_stays_as_it_was_judged() -> None:
    restated = replace(DEFINITION_SET, holds_from=None)
    given(PLACE_OPENED, REGISTERED, STARTED, restated).when(RECORD_STARTED).then_nothing()
