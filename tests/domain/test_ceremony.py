"""A ceremony lists projects of its ledger, once as each kind; its period is its own until it is withdrawn."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from service.domain.ceremony import (
    DECIDER,
    MOST_ENTRIES,
    BatchKind,
    Ceremony,
    CeremonyCorrected,
    CeremonyEntry,
    CeremonySeries,
    StatedBatch,
    ceremony_id_of,
)
from service.domain.decider import Claim
from service.domain.errors import (
    BelowZeroError,
    CeremonyWithdrawnError,
    CommandIdReusedError,
    InvalidValueError,
    NotFoundError,
    NotInCeremonyError,
    NotYetHappenedError,
    PlaceNotOpenError,
    RejectedError,
    VoidedError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.place import DECIDER as PLACE_DECIDER
from service.domain.place import place_stream
from service.domain.project import Project, project_stream
from service.domain.shape import InvalidInputError, dump, parse
from service.domain.values import Figure, Reason, Stated, Unit
from tests.dsl import TODAY, given
from tests.examples import IDENTITY, PLACE_OPENED, PROJECT_ID, QIYANG, REGISTERED, VOIDED, yi
from tests.examples.ceremony import (
    CEREMONY_ID,
    CORRECT,
    CORRECTED,
    HELD,
    HOLD,
    HOLD_ID,
    WITHDRAW,
    WITHDRAWN,
)

OTHER_ID = UUID(int=7)
SIGNED, STARTED, PRODUCED = (CeremonyEntry(project_id=PROJECT_ID, kind=kind) for kind in BatchKind)
JOINT = CeremonySeries.JOINT


def entries(many: int) -> tuple[CeremonyEntry, ...]:
    """Return entries of different projects."""
    return tuple(CeremonyEntry(project_id=UUID(int=number), kind=BatchKind.START) for number in range(many))


def test_a_ceremony_lists_registered_projects_beside_what_its_account_says() -> None:
    given(PLACE_OPENED, REGISTERED).when(HOLD).then(HELD)


def test_a_project_is_listed_once_as_each_kind() -> None:
    scenario = given(PLACE_OPENED, REGISTERED)
    both = (SIGNED, STARTED)
    scenario.when(replace(HOLD, entries=both)).then(replace(HELD, entries=both))
    scenario.when(replace(HOLD, entries=(SIGNED, SIGNED))).then_refused(InvalidValueError, at="entries")


def test_a_ceremony_whose_projects_are_not_known_is_recorded_by_its_account() -> None:
    given(PLACE_OPENED).when(replace(HOLD, entries=())).then(replace(HELD, entries=()))


def test_a_project_that_the_ledger_does_not_have_is_refused_by_its_place_in_the_list() -> None:
    known = Project(identity=IDENTITY)
    command = replace(HOLD, entries=(SIGNED, STARTED, CeremonyEntry(project_id=OTHER_ID, kind=BatchKind.START)))
    place = PLACE_DECIDER.fold([PLACE_OPENED])
    for other, error in ((Project(), NotFoundError), (Project(identity=IDENTITY, voided=True), VoidedError)):
        with pytest.raises(error) as refused:
            DECIDER.decide(command, Ceremony(), place, known, other, TODAY)
        assert refused.value.path == ("entries", "[2]", "project_id")
    assert DECIDER.decide(command, Ceremony(), place, known, known, TODAY)
    given(PLACE_OPENED).when(HOLD).then_refused(NotFoundError, at="entries[0].project_id")


def test_a_voided_project_can_be_removed_and_not_added() -> None:
    scenario = given(PLACE_OPENED, REGISTERED, HELD, VOIDED)
    scenario.when(CORRECT).then_refused(VoidedError, at="added[0].project_id")
    scenario.when(replace(CORRECT, added=())).then(replace(CORRECTED, added=()))
    given(PLACE_OPENED, REGISTERED, VOIDED).when(HOLD).then_refused(VoidedError, at="entries[0].project_id")


def test_a_decision_reads_each_listed_project_once() -> None:
    command = replace(HOLD, entries=(SIGNED, CeremonyEntry(project_id=OTHER_ID, kind=BatchKind.START), STARTED))
    place = place_stream(QIYANG)
    assert DECIDER.reads(command, QIYANG) == (place, project_stream(PROJECT_ID), project_stream(OTHER_ID))
    assert DECIDER.reads(CORRECT, QIYANG) == (place, project_stream(PROJECT_ID))
    assert DECIDER.reads(replace(CORRECT, added=()), QIYANG) == DECIDER.reads(WITHDRAW, QIYANG) == (place,)


def test_the_three_batches_are_numbered_and_other_ceremonies_need_not_be() -> None:
    scenario = given(PLACE_OPENED, REGISTERED)
    scenario.when(replace(HOLD, period=None)).then_refused(InvalidValueError, at="period")
    scenario.when(replace(HOLD, series=JOINT, period=None)).then(replace(HELD, series=JOINT, period=None))
    scenario.when(replace(HOLD, series=JOINT)).then(replace(HELD, series=JOINT))


@pytest.mark.parametrize("period", [1, 13, 1_000])
def test_a_period_is_numbered_from_one(period: int) -> None:
    given(PLACE_OPENED, REGISTERED).when(replace(HOLD, period=period)).then(replace(HELD, period=period))


@pytest.mark.parametrize("period", [-1, 0, 1_001])
def test_a_period_out_of_range_is_refused(period: int) -> None:
    given(PLACE_OPENED, REGISTERED).when(replace(HOLD, period=period)).then_refused(InvalidValueError, at="period")


def test_a_period_is_held_alone_within_its_series_until_it_is_withdrawn() -> None:
    def claimed(*facts: object) -> frozenset[Claim]:
        return DECIDER.claims(DECIDER.fold(facts))

    assert claimed() == frozenset()
    assert claimed(HELD) == claimed(HELD, CORRECTED) == {Claim("ceremony_period", "THREE_BATCHES\n4")}
    assert claimed(replace(HELD, series=JOINT)) == {Claim("ceremony_period", "JOINT\n4")}
    assert claimed(replace(HELD, series=JOINT, period=None)) == frozenset()
    assert claimed(HELD, WITHDRAWN) == frozenset()


def test_a_ceremony_is_recorded_once_it_was_held() -> None:
    scenario = given(PLACE_OPENED, REGISTERED)
    scenario.when(replace(HOLD, occurred_on=TODAY)).then(replace(HELD, occurred_on=TODAY))
    tomorrow = TODAY + timedelta(days=1)
    scenario.when(replace(HOLD, occurred_on=tomorrow)).then_refused(NotYetHappenedError, at="occurred_on")


def _stated(count: int | None = None, total: Stated | None = None) -> StatedBatch:
    return StatedBatch(kind=BatchKind.START, count=count, total=total)


@pytest.mark.parametrize(
    "one", [_stated(0), _stated(24), _stated(100_000), _stated(total=yi("103")), _stated(24, yi("0"))]
)
def test_an_account_states_a_count_a_total_or_both(one: StatedBatch) -> None:
    given(PLACE_OPENED, REGISTERED).when(replace(HOLD, stated_batches=(one,))).then(
        replace(HELD, stated_batches=(one,))
    )


@pytest.mark.parametrize(
    ("one", "error", "at"),
    [
        (_stated(), InvalidValueError, ""),
        (_stated(-1), BelowZeroError, ".count"),
        (_stated(100_001), InvalidValueError, ".count"),
        (_stated(total=yi("-1")), BelowZeroError, ".total.figure"),
        (_stated(total=Stated(Figure("1"), Unit.COUNT)), WrongUnitError, ".total.unit"),
        (_stated(total=Stated(Figure("1"), Unit.POUND)), WrongCurrencyError, ".total.unit"),
    ],
)
def test_what_an_account_cannot_state_is_refused(one: StatedBatch, error: type[RejectedError], at: str) -> None:
    command = replace(HOLD, stated_batches=(StatedBatch(kind=BatchKind.SIGNING, count=1), one))
    given(PLACE_OPENED, REGISTERED).when(command).then_refused(error, at=f"stated_batches[1]{at}")


def test_an_account_states_each_kind_once() -> None:
    command = replace(HOLD, stated_batches=(_stated(1), _stated(total=yi("1"))))
    given(PLACE_OPENED, REGISTERED).when(command).then_refused(InvalidValueError, at="stated_batches")


def test_as_many_projects_can_be_listed_as_a_ceremony_may_have() -> None:
    most = replace(HOLD, entries=entries(MOST_ENTRIES))
    assert parse(type(HOLD), dump(most, lambda _path, value: str(value))) == most
    given(PLACE_OPENED, REGISTERED).when(most).then(replace(HELD, entries=most.entries))
    over = replace(HOLD, entries=entries(MOST_ENTRIES + 1))
    given(PLACE_OPENED, REGISTERED).when(over).then_refused(InvalidValueError, at="entries")
    with pytest.raises(InvalidInputError) as refused:
        parse(type(HOLD), dump(over, lambda _path, value: str(value)))
    assert [one.path for one in refused.value.errors] == [("entries",)]


def test_a_correction_does_not_go_over_the_most_either() -> None:
    full = replace(HELD, entries=entries(MOST_ENTRIES))
    scenario = given(PLACE_OPENED, REGISTERED, full)
    add = replace(CORRECT, removed=())
    scenario.when(add).then_refused(InvalidValueError, at="added", entries=MOST_ENTRIES + 1)
    swap = replace(add, removed=full.entries[:1])
    scenario.when(swap).then(replace(CORRECTED, removed=full.entries[:1]))


def test_a_correction_adds_and_removes_and_states_only_what_changes() -> None:
    scenario = given(PLACE_OPENED, REGISTERED, HELD)
    scenario.when(CORRECT).then(CORRECTED)
    more = replace(CORRECT, added=(SIGNED, PRODUCED), removed=())
    scenario.when(more).then(CeremonyCorrected(added=(PRODUCED,), reason=CORRECT.reason))
    scenario.when(replace(CORRECT, added=(SIGNED,), removed=())).then_nothing()
    corrected = given(PLACE_OPENED, REGISTERED, HELD, CORRECTED)
    corrected.when(CORRECT).then_nothing()
    back = replace(CORRECT, added=(SIGNED,), removed=(STARTED,), reason=Reason("更正有误"))
    corrected.when(back).then(CeremonyCorrected(added=(SIGNED,), removed=(STARTED,), reason=Reason("更正有误")))


def test_what_is_removed_must_be_there() -> None:
    scenario = given(PLACE_OPENED, REGISTERED, HELD)
    scenario.when(replace(CORRECT, removed=(SIGNED, PRODUCED))).then_refused(
        NotInCeremonyError, at="removed[1]", kind="PRODUCTION"
    )


def test_a_correction_says_what_and_does_not_contradict_itself() -> None:
    scenario = given(PLACE_OPENED, REGISTERED, HELD)
    scenario.when(replace(CORRECT, added=(), removed=())).then_refused(InvalidValueError, at="added")
    scenario.when(replace(CORRECT, added=(STARTED, STARTED))).then_refused(InvalidValueError, at="added")
    scenario.when(replace(CORRECT, removed=(SIGNED, SIGNED))).then_refused(InvalidValueError, at="removed")
    scenario.when(replace(CORRECT, added=(SIGNED,))).then_refused(InvalidValueError, at="removed")


def test_a_withdrawn_ceremony_stays_as_it_is() -> None:
    given(PLACE_OPENED, REGISTERED, HELD).when(WITHDRAW).then(WITHDRAWN)
    scenario = given(PLACE_OPENED, REGISTERED, HELD, WITHDRAWN)
    scenario.when(WITHDRAW).then_nothing()
    scenario.when(CORRECT).then_refused(CeremonyWithdrawnError, at="ceremony_id")


def test_a_ceremony_that_was_never_recorded_is_not_found() -> None:
    for command in (CORRECT, WITHDRAW):
        given(PLACE_OPENED, REGISTERED).when(command).then_refused(NotFoundError, at="ceremony_id")


def test_a_place_without_a_ledger_holds_no_ceremonies() -> None:
    given().when(HOLD).then_refused(PlaceNotOpenError)


def test_every_ceremony_has_a_stream_of_its_own() -> None:
    assert DECIDER.stream(HOLD, QIYANG, HOLD_ID) == CEREMONY_ID == UUID("bdcdd491-121c-57f8-ab2b-66d2c52c1cf8")
    assert DECIDER.stream(CORRECT, QIYANG, OTHER_ID) == CEREMONY_ID
    assert ceremony_id_of(OTHER_ID) != CEREMONY_ID


def test_another_content_under_the_id_of_a_ceremony_is_refused() -> None:
    command = replace(HOLD, occurred_on=date(2022, 4, 29))
    given(PLACE_OPENED, REGISTERED, HELD).when(command).then_refused(CommandIdReusedError)
