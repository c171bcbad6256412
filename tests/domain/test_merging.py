"""A project that was registered twice is merged into the one that goes on."""

from dataclasses import replace

import pytest

from service.domain.errors import InvalidValueError, MergedError, NotFoundError, RejectedError, VoidedError
from service.domain.place import DECIDER as PLACE
from service.domain.project import DECIDER, claims
from service.domain.values import Name
from tests.dsl import TODAY, given
from tests.examples import AMEND, IDENTITY, PLACE_OPENED, PROJECT_ID, REGISTERED, VOIDED
from tests.examples.merging import MERGE, MERGED, TWIN_ID

OPEN = PLACE.fold([PLACE_OPENED])
TWIN = replace(REGISTERED, identity=replace(IDENTITY, name=Name("演示竹木新材料产业园二期"), codes=(), references=()))


def merge(*into: object, command: object = MERGE) -> list[object]:
    return [*DECIDER.decide(command, DECIDER.fold([REGISTERED]), OPEN, DECIDER.fold(into), TODAY)]


def test_a_project_is_merged_and_the_other_is_named() -> None:
    assert merge(TWIN) == [MERGED]
    assert [*DECIDER.decide(MERGE, DECIDER.fold([REGISTERED, MERGED]), OPEN, DECIDER.fold([TWIN]), TODAY)] == []


def test_the_other_project_is_read() -> None:
    assert [stream.id for stream in DECIDER.reads(MERGE, PLACE_OPENED.region)][1:] == [TWIN_ID]


@pytest.mark.parametrize(
    ("into", "error"), [([], NotFoundError), ([TWIN, VOIDED], VoidedError), ([TWIN, MERGED], MergedError)]
)
def test_the_other_project_has_to_stand(into: list[object], error: type[RejectedError]) -> None:
    with pytest.raises(error) as refused:
        merge(*into)
    assert refused.value.path == ("into",)


def test_a_project_is_not_merged_into_itself() -> None:
    with pytest.raises(InvalidValueError) as refused:
        merge(TWIN, command=replace(MERGE, into=PROJECT_ID))
    assert refused.value.path == ("into",)


def test_a_merged_project_holds_nothing_and_takes_nothing() -> None:
    assert claims(DECIDER.fold([REGISTERED])) != frozenset()
    assert claims(DECIDER.fold([REGISTERED, MERGED])) == frozenset()
    given(PLACE_OPENED, REGISTERED, MERGED).when(AMEND).then_refused(MergedError, at="project_id", into=TWIN_ID)
