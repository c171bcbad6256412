"""Gates are dated in any order, corrected with a reason; stage and phase follow from them."""

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest

from service.domain.errors import AlreadyReachedError, NotYetHappenedError
from service.domain.gates import (
    CompletionKind,
    ContractForm,
    Gate,
    GateFact,
    GateKey,
    Phase,
    ProductionExtent,
    RecordGate,
    Stage,
    gate_of,
    stage_of,
)
from service.domain.place import StartBasis
from service.domain.values import Name, Reason
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
)

COMMANDS: list[tuple[RecordGate, GateFact]] = [
    (RECORD_RESERVED, RESERVED),
    (RECORD_SIGNED, FRAMEWORK_SIGNED),
    (RECORD_STARTED, STARTED),
    (RECORD_COMPLETED, COMPLETED),
    (RECORD_IN_PRODUCTION, IN_TRIAL_PRODUCTION),
]
BY_ERROR = Reason("误报")


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


@pytest.mark.parametrize(
    ("facts", "stage", "phase"),
    [
        ([], Stage.PLANNING, Phase.CONCEPT),
        ([RESERVED], Stage.RESERVED, Phase.CONCEPT),
        ([FRAMEWORK_SIGNED], Stage.SIGNED, Phase.PREPARATION),
        ([STARTED], Stage.CONSTRUCTION, Phase.CONSTRUCTION),
        ([COMPLETED, STARTED], Stage.COMPLETED, Phase.COMPLETED),
        ([IN_TRIAL_PRODUCTION, RESERVED], Stage.PRODUCTION, Phase.OPERATING),
        ([replace(STARTED, basis=StartBasis.CEREMONY), RESERVED], Stage.RESERVED, Phase.CONCEPT),
        ([replace(STARTED, basis=StartBasis.PERMIT)], Stage.PLANNING, Phase.CONCEPT),
    ],
)
def test_the_stage_is_that_of_the_furthest_gate_that_counts(facts: list[GateFact], stage: Stage, phase: Phase) -> None:
    assert stage_of(map(gate_of, facts), StartBasis.PHYSICAL) == (stage, phase)


@pytest.mark.parametrize("basis", StartBasis)
def test_a_place_names_the_start_that_counts(basis: StartBasis) -> None:
    for stood in StartBasis:
        stage, _ = stage_of([GateKey(Gate.STARTED, stood)], basis)
        assert (stage is Stage.CONSTRUCTION) == (stood is basis)


def test_every_gate_leads_to_a_stage_of_its_own() -> None:
    stages = [stage_of([GateKey(gate, StartBasis.PHYSICAL)], StartBasis.PHYSICAL)[0] for gate in Gate]
    assert [Stage.PLANNING, *stages] == list(Stage)
