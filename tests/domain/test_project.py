"""A project is registered in its place, amended as a whole, valued by kind, and voided when it was an error."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from service.domain.decider import Claim
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    CommandIdReusedError,
    InvalidValueError,
    NotFoundError,
    NothingStatedError,
    NotYetHappenedError,
    OutsidePlaceError,
    PlaceNotOpenError,
    RejectedError,
    UnknownTermError,
    VoidedError,
    WrongCurrencyError,
    WrongOrderError,
    WrongUnitError,
)
from service.domain.identity import Changes, Identity, Track, amended
from service.domain.project import DECIDER, AmendProject, ProjectAmended, VoidProject, project_stream
from service.domain.total_investment import TotalKind
from service.domain.values import Code, Figure, Name, ProjectCode, Reason, Reference, Region, Stated, Unit
from tests.dsl import given
from tests.examples import (
    APPROVED_TOTAL_SET,
    CONTRACTED_TOTAL_SET,
    CONTRACTED_TOTAL_WITHDRAWN,
    IDENTITY,
    PLACE_OPENED,
    PROJECT_ID,
    QIYANG,
    RECORD_STARTED,
    REGISTER,
    REGISTER_ID,
    REGISTERED,
    SET_APPROVED_TOTAL,
    SET_CONTRACTED_TOTAL,
    VOID,
    VOIDED,
    WITHDRAW_CONTRACTED_TOTAL,
    yi,
)

MINIMAL = Identity(name=Name("演示项目"), region=QIYANG, category=Code("SOCIAL"), track=Track.GOVERNMENT)
OTHER_CODE = ProjectCode("2103-431181-04-02-200024")
BY_ERROR = Reason("误报")
REGISTERED_HERE = given(PLACE_OPENED, REGISTERED)


def amend(**changes: object) -> AmendProject:
    return AmendProject(project_id=PROJECT_ID, changes=Changes(**changes))  # type: ignore[arg-type]  # By name.


# Registration


def test_a_project_is_registered_with_what_is_known() -> None:
    given(PLACE_OPENED).when(replace(REGISTER, identity=MINIMAL, documents=())).then(
        replace(REGISTERED, identity=MINIMAL, documents=())
    )


def test_the_id_of_a_project_is_made_of_the_command_that_registers_it() -> None:
    assert DECIDER.stream(REGISTER, QIYANG, REGISTER_ID) == PROJECT_ID == UUID("e5227901-a31b-5297-87d8-bf20404e06dd")
    assert DECIDER.stream(VOID, QIYANG, REGISTER_ID) == project_stream(PROJECT_ID).id


def test_a_place_without_a_ledger_takes_no_project() -> None:
    given().when(REGISTER).then_refused(PlaceNotOpenError)


def test_a_project_outside_the_place_is_refused() -> None:
    elsewhere = replace(MINIMAL, region=Region("431122"))
    given(PLACE_OPENED).when(replace(REGISTER, identity=elsewhere)).then_refused(
        OutsidePlaceError, at="identity.region", value="431122", place="431181"
    )


def test_a_category_that_the_place_does_not_have_is_refused() -> None:
    unknown = replace(MINIMAL, category=Code("INDUSTRY"))
    given(PLACE_OPENED).when(replace(REGISTER, identity=unknown)).then_refused(
        UnknownTermError, at="identity.category", value="INDUSTRY"
    )


def test_the_same_id_registers_no_second_project() -> None:
    REGISTERED_HERE.when(REGISTER).then_nothing()
    REGISTERED_HERE.when(replace(REGISTER, identity=MINIMAL)).then_refused(CommandIdReusedError)


def test_a_project_may_last_a_day_but_not_end_before_it_starts() -> None:
    replace(MINIMAL, planned_start=date(2022, 5, 10), planned_completion=date(2022, 5, 10))
    with pytest.raises(WrongOrderError) as refused:
        replace(MINIMAL, planned_start=date(2022, 5, 10), planned_completion=date(2022, 5, 9))
    assert refused.value.path == ("planned_completion",)


@pytest.mark.parametrize(
    ("field", "listed"),
    [
        ("aliases", (Name("甲"), Name("甲"))),
        ("aliases", tuple(Name(f"甲{number}") for number in range(51))),
        ("codes", (OTHER_CODE, OTHER_CODE)),
        ("references", (Reference(system=Name("甲"), id=Name("1")),) * 2),
    ],
)
def test_a_list_has_each_item_once_and_not_too_many(field: str, listed: tuple[object, ...]) -> None:
    with pytest.raises(InvalidValueError) as refused:
        replace(MINIMAL, **{field: listed})  # type: ignore[arg-type]  # By name.
    assert refused.value.path == (field,)


def test_a_list_may_be_as_long_as_it_may_be() -> None:
    assert len(replace(MINIMAL, aliases=tuple(Name(f"甲{number}") for number in range(50))).aliases) == 50


# Amendment


def test_an_amendment_holds_only_what_differs() -> None:
    command = amend(name=IDENTITY.name, township=Name("另一演示镇"), park=None)
    REGISTERED_HERE.when(command).then(ProjectAmended(changes=Changes(township=Name("另一演示镇"), park=None)))


def test_an_amendment_that_changes_nothing_is_already_so() -> None:
    REGISTERED_HERE.when(amend()).then_nothing()
    REGISTERED_HERE.when(amend(name=IDENTITY.name, codes=IDENTITY.codes, park=IDENTITY.park)).then_nothing()


def test_an_amendment_is_judged_on_what_was_amended_before() -> None:
    before = ProjectAmended(changes=Changes(planned_completion=date(2021, 12, 31)))
    given(PLACE_OPENED, REGISTERED, before).when(amend(planned_start=date(2022, 1, 1))).then_refused(
        WrongOrderError, at="changes.planned_start", start="2022-01-01", end="2021-12-31"
    )


def test_the_whole_is_judged_with_its_changes() -> None:
    REGISTERED_HERE.when(amend(planned_completion=date(2021, 2, 28))).then_refused(
        WrongOrderError, at="changes.planned_completion"
    )
    both = amend(planned_start=date(2022, 1, 2), planned_completion=date(2022, 1, 1))
    REGISTERED_HERE.when(both).then_refused(WrongOrderError, at="changes.planned_completion")
    REGISTERED_HERE.when(amend(aliases=(Name("甲"), Name("甲")))).then_refused(InvalidValueError, at="changes.aliases")
    REGISTERED_HERE.when(amend(region=Region("431122"))).then_refused(OutsidePlaceError, at="changes.region")
    REGISTERED_HERE.when(amend(category=Code("INDUSTRY"))).then_refused(UnknownTermError, at="changes.category")


def test_a_project_may_take_the_former_code_of_its_county() -> None:
    REGISTERED_HERE.when(amend(region=Region("431121"), category=Code("ECOLOGY"))).then(
        ProjectAmended(changes=Changes(region=Region("431121"), category=Code("ECOLOGY")))
    )


def test_a_project_that_was_never_registered_cannot_be_changed() -> None:
    for command in (amend(name=Name("甲")), VOID, SET_CONTRACTED_TOTAL, WITHDRAW_CONTRACTED_TOTAL, RECORD_STARTED):
        given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")


def test_what_history_holds_is_not_judged_again() -> None:
    backwards = Changes(planned_start=date(2099, 1, 1), aliases=(Name("甲"), Name("甲")))
    after = amended(IDENTITY, backwards)
    assert (after.planned_start, after.planned_completion) == (date(2099, 1, 1), IDENTITY.planned_completion)
    assert after.aliases == ("甲", "甲")


# Total investment


def test_totals_of_different_kinds_stand_beside_each_other() -> None:
    given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET).when(SET_APPROVED_TOTAL).then(APPROVED_TOTAL_SET)


def test_a_total_of_zero_is_a_total() -> None:
    REGISTERED_HERE.when(replace(SET_APPROVED_TOTAL, stated=yi("0"))).then(
        replace(APPROVED_TOTAL_SET, stated=yi("0"), amount_fen=0)
    )


def test_a_total_is_adjusted_with_a_reason() -> None:
    higher = replace(SET_CONTRACTED_TOTAL, stated=yi("13"))
    fact = replace(CONTRACTED_TOTAL_SET, stated=yi("13"), amount_fen=1_300_000_000_00, reason=BY_ERROR)
    with_one = given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET)
    with_one.when(SET_CONTRACTED_TOTAL).then_nothing()
    with_one.when(higher).then_refused(AlreadyStatedError, at="reason", kind="CONTRACTED", stated="12.5 亿元")
    with_one.when(replace(higher, reason=BY_ERROR)).then(fact)


@pytest.mark.parametrize(
    ("figure", "unit", "error", "at"),
    [
        ("-1", Unit.YI_YUAN, BelowZeroError, "stated.figure"),
        ("1", Unit.POUND, WrongCurrencyError, "stated.unit"),
        ("1", Unit.COUNT, WrongUnitError, "stated.unit"),
    ],
)
def test_a_total_is_money_of_the_place_and_not_negative(
    figure: str, unit: Unit, error: type[RejectedError], at: str
) -> None:
    command = replace(SET_CONTRACTED_TOTAL, stated=Stated(Figure(figure), unit))
    REGISTERED_HERE.when(command).then_refused(error, at=at)


def test_a_total_is_not_set_or_withdrawn_in_advance() -> None:
    tomorrow = date(2022, 5, 11)
    scenario = given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET)
    for command in (SET_CONTRACTED_TOTAL, WITHDRAW_CONTRACTED_TOTAL):
        scenario.when(replace(command, occurred_on=tomorrow)).then_refused(
            NotYetHappenedError, at="occurred_on", date=tomorrow, today="2022-05-10"
        )


def test_a_total_is_withdrawn_once_and_only_one_that_was_stated() -> None:
    withdrawn = given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET, CONTRACTED_TOTAL_WITHDRAWN)
    REGISTERED_HERE.when(WITHDRAW_CONTRACTED_TOTAL).then_refused(NothingStatedError, at="kind", kind="CONTRACTED")
    withdrawn.when(WITHDRAW_CONTRACTED_TOTAL).then_nothing()
    withdrawn.when(replace(WITHDRAW_CONTRACTED_TOTAL, occurred_on=date(2021, 3, 2))).then_refused(
        NothingStatedError, at="kind"
    )
    given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET).when(
        replace(WITHDRAW_CONTRACTED_TOTAL, kind=TotalKind.STATISTICAL)
    ).then_refused(NothingStatedError, at="kind", kind="STATISTICAL")


def test_a_total_that_was_withdrawn_is_stated_anew_without_a_reason() -> None:
    withdrawn = given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET, CONTRACTED_TOTAL_WITHDRAWN)
    withdrawn.when(SET_CONTRACTED_TOTAL).then(CONTRACTED_TOTAL_SET)


# Voiding


def test_a_project_is_voided_once() -> None:
    REGISTERED_HERE.when(VOID).then(VOIDED)
    given(PLACE_OPENED, REGISTERED, VOIDED).when(
        VoidProject(project_id=PROJECT_ID, reason=Reason("另一理由"))
    ).then_nothing()


def test_a_voided_project_takes_nothing_more() -> None:
    voided = given(PLACE_OPENED, REGISTERED, CONTRACTED_TOTAL_SET, VOIDED)
    for command in (amend(name=Name("甲")), SET_CONTRACTED_TOTAL, WITHDRAW_CONTRACTED_TOTAL, RECORD_STARTED):
        voided.when(command).then_refused(VoidedError, at="project_id")


# What a project holds alone in its region


def test_a_project_holds_its_codes_and_references_alone() -> None:
    assert DECIDER.claims(DECIDER.fold([REGISTERED])) == {
        Claim("project_code", "2103-431181-89-01-100019"),
        Claim("reference", "演示台账\nQY-001"),
    }
    assert DECIDER.claims(DECIDER.initial) == frozenset()


def test_an_amendment_lets_go_of_what_is_taken_out() -> None:
    changed = ProjectAmended(changes=Changes(codes=(OTHER_CODE,), references=()))
    assert DECIDER.claims(DECIDER.fold([REGISTERED, changed])) == {Claim("project_code", OTHER_CODE)}


def test_a_voided_project_lets_go_of_all() -> None:
    assert DECIDER.claims(DECIDER.fold([REGISTERED, VOIDED])) == frozenset()
