"""Stage, phase and handling class follow from the gates that were reached, whatever the order of their dates."""

import pytest

from service.domain.gates import Gate
from service.domain.identity import Track
from service.domain.stages import Activity, HandlingClass, Phase, default_stages, handling_of, phase_of, stage_of


@pytest.mark.parametrize(
    ("gates", "stage", "phase", "handling"),
    [
        ([], "PLANNING", Phase.CONCEPT, HandlingClass.RESERVED),
        ([Gate.PLANNED], "PLANNING", Phase.CONCEPT, HandlingClass.RESERVED),
        ([Gate.RESERVED], "RESERVED", Phase.CONCEPT, HandlingClass.RESERVED),
        ([Gate.NEGOTIATION_OPENED], "NEGOTIATING", Phase.PREPARATION, HandlingClass.NEGOTIATING),
        ([Gate.CONTRACT_SIGNED, Gate.RESERVED], "SIGNED", Phase.PREPARATION, HandlingClass.SIGNED),
        ([Gate.CONTRACT_SIGNED, Gate.APPROVED], "SIGNED", Phase.PREPARATION, HandlingClass.NOT_STARTED),
        ([Gate.LANDED], "LANDED", Phase.PREPARATION, HandlingClass.NOT_STARTED),
        ([Gate.STARTED], "CONSTRUCTION", Phase.CONSTRUCTION, HandlingClass.UNDER_CONSTRUCTION),
        ([Gate.STATISTICS_ENTERED], "PLANNING", Phase.CONCEPT, HandlingClass.RESERVED),
        ([Gate.COMPLETED, Gate.STARTED], "COMPLETED", Phase.COMPLETED, HandlingClass.BUILT),
        ([Gate.PUT_INTO_PRODUCTION, Gate.RESERVED], "PRODUCTION", Phase.OPERATING, HandlingClass.BUILT),
        ([Gate.EVALUATED, Gate.PUT_INTO_PRODUCTION], "EVALUATED", Phase.OPERATING, HandlingClass.BUILT),
    ],
)
def test_where_a_project_stands_follows_from_its_furthest_gate(
    gates: list[Gate], stage: str, phase: Phase, handling: HandlingClass
) -> None:
    assert stage_of(default_stages()[Track.PROMOTED], gates).code == stage
    assert phase_of(gates) is phase
    assert handling_of(gates, Activity.ACTIVE) is handling


def test_a_track_has_its_own_stages() -> None:
    gates = [Gate.APPROVED]
    assert stage_of(default_stages()[Track.GOVERNMENT], gates).code == "APPROVED"
    assert stage_of(default_stages()[Track.PROMOTED], gates).code == "PLANNING"


@pytest.mark.parametrize("track", Track)
def test_only_the_first_default_stage_needs_no_gate(track: Track) -> None:
    first, *others = default_stages()[track]
    assert not first.gates
    assert all(stage.gates for stage in others)
    assert len({stage.code for stage in others}) == len(others)


@pytest.mark.parametrize("activity", [one for one in Activity if one is not Activity.ACTIVE])
def test_a_project_that_does_not_go_on_is_handled_as_such(activity: Activity) -> None:
    for gates in ([], [Gate.STARTED], [Gate.COMPLETED]):
        assert handling_of(gates, activity) is HandlingClass(activity.value)
