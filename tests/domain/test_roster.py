"""Who answers for a project: posts begin and end with a date, several may hold a role, and no rule reads a name."""

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
    VoidedError,
    WrongOrderError,
)
from service.domain.roster import (
    DECIDER,
    EXACTLY_ONE,
    MOST_RANK,
    RosterGap,
    RosterRole,
    post_id,
    roster_stream,
)
from service.domain.values import ERASED, Document, Name, Personal, Reason
from tests.dsl import Scenario, given
from tests.examples import PLACE_OPENED, PLAN_PAPER, PROJECT_ID, QIYANG, REGISTER_ID, REGISTERED, TODAY, VOIDED
from tests.examples.roster import (
    ASSIGN_LEAD,
    ASSIGN_STEWARD,
    ASSIGN_TASK_FORCE,
    END_STEWARD,
    FILE_WORK_PLAN,
    LEAD_ASSIGNED,
    STEWARD_ASSIGNED,
    STEWARD_LEFT,
    TASK_FORCE_ASSIGNED,
    WORK_PLAN,
    WORK_PLAN_FILED,
)

TOMORROW: Final = TODAY + timedelta(days=1)
WHY: Final = Reason("登记有误")
POSTS: Final = (LEAD_ASSIGNED, TASK_FORCE_ASSIGNED, STEWARD_ASSIGNED)


def registered(*facts: object) -> Scenario:
    """Begin with a registered project."""
    return given(PLACE_OPENED, REGISTERED, *facts)


@pytest.mark.parametrize("role", RosterRole)
def test_any_role_may_be_held_by_a_person_for_a_unit(role: RosterRole) -> None:
    registered().when(replace(ASSIGN_LEAD, role=role)).then(replace(LEAD_ASSIGNED, role=role))


@pytest.mark.parametrize("left_out", [{"holder": None, "holder_public": None}, {"unit": None}])
def test_a_post_is_held_by_a_person_or_by_a_unit(left_out: dict[str, Any]) -> None:
    registered().when(replace(ASSIGN_LEAD, **left_out)).then(replace(LEAD_ASSIGNED, **left_out))


def test_a_post_that_nobody_holds_is_refused() -> None:
    nobody = replace(ASSIGN_LEAD, holder=None, holder_public=None, unit=None)
    registered().when(nobody).then_refused(InvalidValueError, at="holder")


def test_a_contact_is_not_public_unless_it_is_said_to_be() -> None:
    registered().when(replace(ASSIGN_LEAD, contact_public=None)).then(replace(LEAD_ASSIGNED, contact_public=False))


def test_only_a_contact_that_is_given_can_be_public() -> None:
    without = replace(ASSIGN_LEAD, contact=None)
    registered().when(without).then_refused(InvalidValueError, at="contact_public")
    registered().when(replace(without, contact_public=False)).then(
        replace(LEAD_ASSIGNED, contact=None, contact_public=False)
    )


def test_a_name_is_not_public_unless_it_is_said_to_be() -> None:
    for sent in (None, False):
        registered().when(replace(ASSIGN_LEAD, holder_public=sent)).then(replace(LEAD_ASSIGNED, holder_public=None))


def test_only_a_name_that_is_given_can_be_public() -> None:
    without = replace(ASSIGN_LEAD, holder=None)
    registered().when(without).then_refused(InvalidValueError, at="holder_public")
    registered().when(replace(without, holder_public=False)).then(
        replace(LEAD_ASSIGNED, holder=None, holder_public=None)
    )


def test_a_contact_may_be_public_without_the_name_and_the_name_without_the_contact() -> None:
    registered().when(replace(ASSIGN_LEAD, holder_public=None)).then(replace(LEAD_ASSIGNED, holder_public=None))
    registered().when(replace(ASSIGN_LEAD, contact_public=None)).then(replace(LEAD_ASSIGNED, contact_public=False))


@pytest.mark.parametrize("role", EXACTLY_ONE)
def test_a_second_holder_of_a_role_is_never_refused(role: RosterRole) -> None:
    first, second = replace(LEAD_ASSIGNED, role=role), replace(ASSIGN_LEAD, role=role, unit=Name("演示市政协"))
    registered(first).when(second).then(replace(first, post_id=post_id(PROJECT_ID, 2), unit=Name("演示市政协")))


def test_the_posts_of_a_project_have_ids_in_their_order() -> None:
    registered().when(ASSIGN_LEAD).then(LEAD_ASSIGNED)
    registered(LEAD_ASSIGNED).when(ASSIGN_TASK_FORCE).then(TASK_FORCE_ASSIGNED)
    registered(LEAD_ASSIGNED, TASK_FORCE_ASSIGNED).when(ASSIGN_STEWARD).then(STEWARD_ASSIGNED)
    assert len({post_id(project, number) for project in (PROJECT_ID, REGISTER_ID) for number in (1, 2)}) == 4


@pytest.mark.parametrize("stored", [Personal("牵头领导甲"), ERASED])
def test_an_assignment_that_holds_is_not_made_again_whether_its_names_are_read_or_not(stored: Any) -> None:
    registered(replace(LEAD_ASSIGNED, holder=stored, contact=stored)).when(ASSIGN_LEAD).then_nothing()


def test_the_name_alone_tells_nothing_apart_but_a_rank_does() -> None:
    """A rule that compared names would have to read them, and would tell whose name it is that stands there."""
    other = replace(ASSIGN_LEAD, holder=Personal("牵头领导乙"))
    registered(LEAD_ASSIGNED).when(other).then_nothing()
    registered(LEAD_ASSIGNED).when(replace(other, rank=2)).then(
        replace(LEAD_ASSIGNED, post_id=post_id(PROJECT_ID, 2), holder=Personal("牵头领导乙"), rank=2)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"unit": Name("演示市政协")},
        {"title": None},
        {"since": date(2022, 1, 21)},
        {"contact": None, "contact_public": False},
        {"contact_public": False},
        {"holder_public": None},
        {"documents": ()},
        {"holder": None, "holder_public": None},
    ],
)
def test_an_assignment_that_says_otherwise_is_another_post(change: dict[str, Any]) -> None:
    registered(LEAD_ASSIGNED).when(replace(ASSIGN_LEAD, **change)).then(
        replace(LEAD_ASSIGNED, post_id=post_id(PROJECT_ID, 2), **change)
    )


@pytest.mark.parametrize("rank", [1, MOST_RANK])
def test_a_rank_counts_from_one(rank: int) -> None:
    registered().when(replace(ASSIGN_LEAD, rank=rank)).then(replace(LEAD_ASSIGNED, rank=rank))


@pytest.mark.parametrize("rank", [0, -1, MOST_RANK + 1])
def test_a_rank_out_of_range_is_refused(rank: int) -> None:
    registered().when(replace(ASSIGN_LEAD, rank=rank)).then_refused(InvalidValueError, at="rank")


def test_a_term_begins_today_at_the_latest() -> None:
    registered().when(replace(ASSIGN_LEAD, since=TODAY)).then(replace(LEAD_ASSIGNED, since=TODAY))
    registered().when(replace(ASSIGN_LEAD, since=TOMORROW)).then_refused(NotYetHappenedError, at="since")


def test_a_post_is_ended_with_its_day_and_reason() -> None:
    registered(*POSTS).when(END_STEWARD).then(STEWARD_LEFT)
    registered(*POSTS, STEWARD_LEFT).when(replace(END_STEWARD, reason=WHY)).then_nothing()


def test_the_day_of_an_end_is_corrected_with_a_reason() -> None:
    other = date(2022, 4, 20)
    registered(*POSTS, STEWARD_LEFT).when(replace(END_STEWARD, until=other, reason=WHY)).then(
        replace(STEWARD_LEFT, until=other, reason=WHY)
    )


def test_a_post_that_was_assigned_in_error_ends_on_the_day_it_began() -> None:
    registered(*POSTS).when(replace(END_STEWARD, until=STEWARD_ASSIGNED.since)).then(
        replace(STEWARD_LEFT, until=STEWARD_ASSIGNED.since)
    )


def test_an_end_before_the_beginning_or_in_the_future_is_refused() -> None:
    before = STEWARD_ASSIGNED.since - timedelta(days=1)
    registered(*POSTS).when(replace(END_STEWARD, until=before)).then_refused(WrongOrderError, at="until", end=before)
    registered(*POSTS).when(replace(END_STEWARD, until=TOMORROW)).then_refused(NotYetHappenedError, at="until")
    registered(*POSTS).when(replace(END_STEWARD, until=TODAY)).then(replace(STEWARD_LEFT, until=TODAY))


def test_a_post_that_the_project_never_had_cannot_end() -> None:
    registered(LEAD_ASSIGNED).when(END_STEWARD).then_refused(NotFoundError, at="post_id")


def test_whoever_left_may_come_back() -> None:
    registered(*POSTS, STEWARD_LEFT).when(ASSIGN_STEWARD).then(
        replace(STEWARD_ASSIGNED, post_id=post_id(PROJECT_ID, 4))
    )


def test_a_work_plan_is_filed_once() -> None:
    registered().when(FILE_WORK_PLAN).then(WORK_PLAN_FILED)
    registered(WORK_PLAN_FILED).when(replace(FILE_WORK_PLAN, reason=WHY)).then_nothing()


def test_a_work_plan_of_another_title_stands_beside_the_first() -> None:
    second = (Document(title=Name("演示竹木园攻坚方案")),)
    registered(WORK_PLAN_FILED).when(replace(FILE_WORK_PLAN, documents=second)).then(
        replace(WORK_PLAN_FILED, documents=second)
    )


@pytest.mark.parametrize("change", [{"occurred_on": date(2022, 2, 11)}, {"documents": (WORK_PLAN, PLAN_PAPER)}])
def test_a_work_plan_is_corrected_with_a_reason(change: dict[str, Any]) -> None:
    corrected = replace(FILE_WORK_PLAN, **change)
    registered(WORK_PLAN_FILED).when(corrected).then_refused(AlreadyStatedError, at="reason", stated="2022-02-10")
    registered(WORK_PLAN_FILED).when(replace(corrected, reason=WHY)).then(
        replace(WORK_PLAN_FILED, reason=WHY, **change)
    )


def test_a_work_plan_is_a_paper_that_is_not_of_the_future() -> None:
    registered().when(replace(FILE_WORK_PLAN, documents=())).then_refused(InvalidValueError, at="documents")
    registered().when(replace(FILE_WORK_PLAN, occurred_on=TOMORROW)).then_refused(NotYetHappenedError, at="occurred_on")
    registered().when(replace(FILE_WORK_PLAN, occurred_on=TODAY)).then(replace(WORK_PLAN_FILED, occurred_on=TODAY))


@pytest.mark.parametrize("command", [ASSIGN_LEAD, END_STEWARD, FILE_WORK_PLAN])
def test_a_roster_is_of_a_project_that_stands_in_an_open_ledger(command: object) -> None:
    given().when(command).then_refused(PlaceNotOpenError)
    given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")
    registered(*POSTS, VOIDED).when(command).then_refused(VoidedError, at="project_id")


@pytest.mark.parametrize("command", [ASSIGN_LEAD, END_STEWARD, FILE_WORK_PLAN])
def test_a_project_has_a_roster_of_its_own(command: object) -> None:
    assert DECIDER.stream(command, QIYANG, REGISTER_ID) == roster_stream(PROJECT_ID).id == PROJECT_ID


def test_a_role_that_is_held_once_can_be_missing_and_can_be_held_twice() -> None:
    gaps = {f"{role}_{gap}" for role in EXACTLY_ONE for gap in ("MISSING", "SEVERAL")}
    assert {*RosterGap} == gaps | {"WORK_PLAN_MISSING", "SCHEDULE_MISSING"}


def test_an_end_without_a_beginning_changes_nothing() -> None:
    assert DECIDER.fold([STEWARD_LEFT]) == DECIDER.initial
