"""A key list has the projects that its papers put on it; it is changed with a reason, and left by a fact of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from service.domain.annual_plan import (
    MOST_ENTRIES,
    AnnualPlanIncluded,
    AnnualPlanRemoved,
    EntryToInclude,
    IncludeInAnnualPlan,
    ListLevel,
    PlanClass,
    PlanEntry,
    RemoveFromAnnualPlan,
    level_of,
)
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    ForeignListError,
    InvalidValueError,
    NotFoundError,
    NotListedError,
    PlaceNotOpenError,
    RejectedError,
    VoidedError,
    WrongCurrencyError,
    WrongOrderError,
    WrongUnitError,
)
from service.domain.place import Place
from service.domain.plan import DECIDER, Plan
from service.domain.project import Project, project_stream
from service.domain.shape import InvalidInputError, dump, parse
from service.domain.values import Figure, Name, Reason, Region, Stated, Unit
from tests.dsl import TODAY, given
from tests.examples import (
    IDENTITY,
    INVESTMENT_TARGET_SET,
    PLACE_OPENED,
    PLAN_PAPER,
    PROJECT_ID,
    QIYANG,
    REGISTER_ID,
    REGISTERED,
    SET_INVESTMENT_TARGET,
    VOIDED,
    yi,
)
from tests.examples.annual_plan import (
    CHANGE_OWN_ENTRY,
    CITY_ENTRY_REMOVED,
    CITY_LIST_INCLUDED,
    INCLUDE_IN_CITY_LIST,
    INCLUDE_IN_OWN_LIST,
    OWN_ENTRY_CHANGED,
    OWN_LIST_INCLUDED,
    REMOVE_CITY_ENTRY,
)

OTHER_ID = UUID("00000000-0000-4000-8000-000000000002")
THIRD_ID = UUID("00000000-0000-4000-8000-000000000003")
LEDGER = (PLACE_OPENED, REGISTERED)
BROUGHT_IN = Reason("调入")


def entry(project_id: UUID, plan_class: PlanClass = PlanClass.NEW_START) -> EntryToInclude:
    return EntryToInclude(project_id=project_id, plan_class=plan_class, completes_this_year=False)


def stands(project_id: UUID, plan_class: PlanClass = PlanClass.NEW_START) -> PlanEntry:
    return PlanEntry(project_id=project_id, plan_class=plan_class, completes_this_year=False)


def include(*entries: EntryToInclude, owner: str = QIYANG, reason: Reason | None = None) -> IncludeInAnnualPlan:
    return IncludeInAnnualPlan(list_owner=Region(owner), year=2022, entries=entries, source=PLAN_PAPER, reason=reason)


def included(*entries: PlanEntry, owner: str = QIYANG, reason: Reason | None = None) -> AnnualPlanIncluded:
    return AnnualPlanIncluded(list_owner=Region(owner), year=2022, entries=entries, source=PLAN_PAPER, reason=reason)


def with_planned(stated: Stated) -> IncludeInAnnualPlan:
    return include(entry(PROJECT_ID), replace(entry(OTHER_ID), planned_investment=stated))


# Putting on a list


def test_one_paper_is_one_fact_whatever_it_lists() -> None:
    given(*LEDGER).when(include(entry(PROJECT_ID), entry(OTHER_ID, PlanClass.PREPARATORY), entry(THIRD_ID))).then(
        included(stands(PROJECT_ID), stands(OTHER_ID, PlanClass.PREPARATORY), stands(THIRD_ID))
    )


def test_planned_investment_is_kept_as_said_and_exactly() -> None:
    given(*LEDGER).when(with_planned(Stated(Figure("12345.6"), Unit.WAN_YUAN))).then(
        included(
            stands(PROJECT_ID),
            replace(
                stands(OTHER_ID),
                planned_investment=Stated(Figure("12345.6"), Unit.WAN_YUAN),
                planned_fen=123_456_000_00,
            ),
        )
    )


def test_a_project_is_on_the_lists_of_county_prefecture_and_province_at_once() -> None:
    scenario = given(*LEDGER, OWN_LIST_INCLUDED, CITY_LIST_INCLUDED)
    scenario.when(include(entry(PROJECT_ID), owner="430000")).then(included(stands(PROJECT_ID), owner="430000"))


def test_what_stands_already_is_left_out() -> None:
    scenario = given(*LEDGER, included(stands(PROJECT_ID), stands(OTHER_ID)))
    scenario.when(include(entry(OTHER_ID), entry(PROJECT_ID))).then_nothing()
    scenario.when(include(entry(OTHER_ID), reason=BROUGHT_IN)).then_nothing()
    scenario.when(include(entry(OTHER_ID), entry(THIRD_ID))).then(included(stands(THIRD_ID)))


def test_an_entry_is_said_otherwise_only_with_a_reason() -> None:
    scenario = given(*LEDGER, OWN_LIST_INCLUDED)
    scenario.when(replace(CHANGE_OWN_ENTRY, reason=None)).then_refused(
        AlreadyStatedError, at="reason", project_id=PROJECT_ID, list_owner=QIYANG, year=2022
    )
    scenario.when(CHANGE_OWN_ENTRY).then(OWN_ENTRY_CHANGED)


def test_a_project_that_left_comes_back_only_with_a_reason() -> None:
    scenario = given(*LEDGER, CITY_LIST_INCLUDED, CITY_ENTRY_REMOVED)
    scenario.when(INCLUDE_IN_CITY_LIST).then_refused(AlreadyStatedError, at="reason", list_owner="431100")
    scenario.when(replace(INCLUDE_IN_CITY_LIST, reason=BROUGHT_IN)).then(replace(CITY_LIST_INCLUDED, reason=BROUGHT_IN))
    # To have left one list says nothing of another.
    scenario.when(INCLUDE_IN_OWN_LIST).then(OWN_LIST_INCLUDED)


def test_a_project_that_came_back_can_leave_again() -> None:
    back = replace(CITY_LIST_INCLUDED, reason=BROUGHT_IN)
    given(*LEDGER, CITY_LIST_INCLUDED, CITY_ENTRY_REMOVED, back).when(REMOVE_CITY_ENTRY).then(CITY_ENTRY_REMOVED)


@pytest.mark.parametrize("number", [0, MOST_ENTRIES + 1])
def test_a_paper_lists_at_least_one_project_and_not_too_many(number: int) -> None:
    entries = [entry(UUID(int=one)) for one in range(number)]
    given(*LEDGER).when(include(*entries)).then_refused(InvalidValueError, at="entries")


def test_a_paper_lists_each_project_once() -> None:
    twice = include(entry(PROJECT_ID), entry(OTHER_ID), entry(PROJECT_ID, PlanClass.CONTINUING))
    given(*LEDGER).when(twice).then_refused(InvalidValueError, at="entries")


@pytest.mark.parametrize(
    ("wrong", "error"), [(Project(), NotFoundError), (Project(identity=IDENTITY, voided=True), VoidedError)]
)
def test_every_project_is_registered_and_not_voided(wrong: Project, error: type[RejectedError]) -> None:
    right, place = Project(identity=IDENTITY), Place(opened=PLACE_OPENED)
    command = include(entry(PROJECT_ID), entry(OTHER_ID))
    with pytest.raises(error) as refused:
        DECIDER.decide(command, Plan(), place, right, wrong, TODAY)
    assert refused.value.path == ("entries", "[1]", "project_id")
    (fact,) = DECIDER.decide(command, Plan(), place, right, right, TODAY)
    assert len(fact.entries) == 2


@pytest.mark.parametrize(
    ("figure", "unit", "error", "at"),
    [
        ("1", Unit.COUNT, WrongUnitError, "entries[1].planned_investment.unit"),
        ("1", Unit.POUND, WrongCurrencyError, "entries[1].planned_investment.unit"),
        ("-1", Unit.YI_YUAN, BelowZeroError, "entries[1].planned_investment.figure"),
    ],
)
def test_planned_investment_is_money_of_the_place_and_not_negative(
    figure: str, unit: Unit, error: type[RejectedError], at: str
) -> None:
    given(*LEDGER).when(with_planned(Stated(Figure(figure), unit))).then_refused(error, at=at)


def test_nothing_planned_is_not_the_same_as_no_plan() -> None:
    (fact,) = DECIDER.decide(
        with_planned(yi("0")), Plan(), Place(opened=PLACE_OPENED), *[Project(identity=IDENTITY)] * 2, TODAY
    )
    assert [one.planned_fen for one in fact.entries] == [None, 0]


def test_a_project_is_not_completed_before_it_starts() -> None:
    day = date(2022, 3, 1)
    replace(entry(PROJECT_ID), planned_start=day, planned_completion=day)
    with pytest.raises(WrongOrderError) as refused:
        replace(entry(PROJECT_ID), planned_start=day, planned_completion=date(2022, 2, 28))
    assert refused.value.path == ("planned_completion",)


@pytest.mark.parametrize("year", [1949, 2032])
def test_a_list_may_be_of_a_year_past_or_to_come(year: int) -> None:
    given(*LEDGER).when(replace(INCLUDE_IN_OWN_LIST, year=year)).then(replace(OWN_LIST_INCLUDED, year=year))


@pytest.mark.parametrize("year", [-1, 1948, 2033])
def test_a_year_out_of_range_is_refused(year: int) -> None:
    given(*LEDGER).when(replace(INCLUDE_IN_OWN_LIST, year=year)).then_refused(InvalidValueError, at="year")
    given(*LEDGER).when(replace(REMOVE_CITY_ENTRY, year=year)).then_refused(InvalidValueError, at="year")


def test_a_place_without_a_ledger_keeps_no_lists() -> None:
    given(REGISTERED).when(INCLUDE_IN_OWN_LIST).then_refused(PlaceNotOpenError)
    given(REGISTERED).when(REMOVE_CITY_ENTRY).then_refused(PlaceNotOpenError)


# Whose list


@pytest.mark.parametrize("owner", ["431181", "431121", "431100", "430000"])
def test_a_ledger_keeps_its_own_list_and_those_above_it_by_any_code(owner: str) -> None:
    given(*LEDGER).when(include(entry(PROJECT_ID), owner=owner)).then(included(stands(PROJECT_ID), owner=owner))


@pytest.mark.parametrize("owner", ["341422", "340225", "340281", "341400", "340200", "340000"])
def test_a_county_that_went_to_another_prefecture_may_have_been_on_the_lists_of_both(owner: str) -> None:
    wuwei = replace(PLACE_OPENED, region=Region("340281"), name=Name("无为市"))
    given(wuwei, REGISTERED).when(include(entry(PROJECT_ID), owner=owner)).then(
        included(stands(PROJECT_ID), owner=owner)
    )


@pytest.mark.parametrize("owner", ["431103", "430100", "440000", "990000"])
def test_a_list_of_another_region_is_refused(owner: str) -> None:
    given(*LEDGER).when(include(entry(PROJECT_ID), owner=owner)).then_refused(
        ForeignListError, at="list_owner", value=owner, place=QIYANG
    )
    remove = replace(REMOVE_CITY_ENTRY, list_owner=Region(owner))
    given(*LEDGER, CITY_LIST_INCLUDED).when(remove).then_refused(ForeignListError, at="list_owner")


def test_a_ledger_keeps_no_list_of_a_region_below_it() -> None:
    city = replace(PLACE_OPENED, region=Region("431100"), name=Name("永州市"))
    given(city, REGISTERED).when(INCLUDE_IN_OWN_LIST).then_refused(ForeignListError, at="list_owner")
    given(city, REGISTERED).when(INCLUDE_IN_CITY_LIST).then(CITY_LIST_INCLUDED)


def test_a_list_stands_under_the_code_that_first_named_it() -> None:
    old = "431121"
    scenario = given(*LEDGER, included(stands(PROJECT_ID), owner=old))
    scenario.when(include(entry(PROJECT_ID))).then_nothing()
    scenario.when(include(entry(OTHER_ID))).then(included(stands(OTHER_ID), owner=old))
    leaving = replace(REMOVE_CITY_ENTRY, list_owner=QIYANG)
    scenario.when(leaving).then(replace(CITY_ENTRY_REMOVED, list_owner=Region(old)))


@pytest.mark.parametrize(
    ("owner", "level"),
    [
        ("430000", ListLevel.PROVINCE),
        ("110000", ListLevel.PROVINCE),
        ("431100", ListLevel.PREFECTURE),
        ("431181", ListLevel.COUNTY),
        ("411171", ListLevel.COUNTY),
    ],
)
def test_the_level_follows_from_the_owner(owner: str, level: ListLevel) -> None:
    assert level_of(Region(owner)) is level


# Leaving a list


def test_who_leaves_is_on_the_list_no_more() -> None:
    scenario = given(*LEDGER, CITY_LIST_INCLUDED)
    scenario.when(REMOVE_CITY_ENTRY).then(CITY_ENTRY_REMOVED)
    again = replace(REMOVE_CITY_ENTRY, reason=Reason("另一理由"), documents=())
    given(*LEDGER, CITY_LIST_INCLUDED, CITY_ENTRY_REMOVED).when(again).then_nothing()


def test_who_was_never_on_a_list_can_not_leave_it() -> None:
    given(*LEDGER, OWN_LIST_INCLUDED).when(REMOVE_CITY_ENTRY).then_refused(
        NotListedError, at="projects[0]", project_id=PROJECT_ID, list_owner="431100", year=2022
    )
    several = replace(REMOVE_CITY_ENTRY, projects=(PROJECT_ID, OTHER_ID))
    given(*LEDGER, CITY_LIST_INCLUDED).when(several).then_refused(NotListedError, at="projects[1]")


def test_of_several_only_those_that_are_still_listed_leave() -> None:
    on_it = replace(CITY_LIST_INCLUDED, entries=(stands(PROJECT_ID), stands(OTHER_ID)))
    several = replace(REMOVE_CITY_ENTRY, projects=(OTHER_ID, PROJECT_ID))
    given(*LEDGER, on_it, CITY_ENTRY_REMOVED).when(several).then(replace(CITY_ENTRY_REMOVED, projects=(OTHER_ID,)))


def test_a_voided_project_can_be_taken_off_a_list() -> None:
    given(*LEDGER, CITY_LIST_INCLUDED, VOIDED).when(REMOVE_CITY_ENTRY).then(CITY_ENTRY_REMOVED)


def test_a_removal_names_each_project_once_and_at_least_one() -> None:
    for projects in ((), (PROJECT_ID, PROJECT_ID), tuple(UUID(int=one) for one in range(MOST_ENTRIES + 1))):
        removal = RemoveFromAnnualPlan(list_owner=QIYANG, year=2022, projects=projects, reason=Reason("调出"))
        given(*LEDGER, OWN_LIST_INCLUDED).when(removal).then_refused(InvalidValueError, at="projects")


# The stream


def test_lists_and_targets_of_a_year_stand_in_one_stream_and_leave_each_other_alone() -> None:
    streams = {
        DECIDER.stream(command, QIYANG, REGISTER_ID)
        for command in (SET_INVESTMENT_TARGET, INCLUDE_IN_OWN_LIST, INCLUDE_IN_CITY_LIST, REMOVE_CITY_ENTRY)
    }
    assert len(streams) == 1
    given(*LEDGER, OWN_LIST_INCLUDED).when(SET_INVESTMENT_TARGET).then(INVESTMENT_TARGET_SET)
    given(*LEDGER, OWN_LIST_INCLUDED, INVESTMENT_TARGET_SET).when(INCLUDE_IN_OWN_LIST).then_nothing()


def test_an_inclusion_reads_each_of_its_projects_once_and_a_removal_none() -> None:
    read = DECIDER.reads(include(entry(OTHER_ID), entry(PROJECT_ID), entry(OTHER_ID)), QIYANG)
    assert read[1:] == (project_stream(OTHER_ID), project_stream(PROJECT_ID))
    assert len(DECIDER.reads(REMOVE_CITY_ENTRY, QIYANG)) == len(DECIDER.reads(SET_INVESTMENT_TARGET, QIYANG)) == 1


def test_a_list_of_projects_may_be_longer_than_other_lists() -> None:
    whole = RemoveFromAnnualPlan(
        list_owner=QIYANG,
        year=2022,
        projects=tuple(UUID(int=one) for one in range(MOST_ENTRIES)),
        reason=Reason("调出"),
    )
    plain = dump(whole, lambda _path, _value: None)
    assert parse(RemoveFromAnnualPlan, plain) == whole
    with pytest.raises(InvalidInputError) as refused:
        parse(RemoveFromAnnualPlan, plain | {"projects": [*plain["projects"], str(PROJECT_ID)]})
    assert [error.path for error in refused.value.errors] == [("projects",)]


def test_a_removal_of_what_was_never_told_leaves_the_list_as_it_was() -> None:
    removed = AnnualPlanRemoved(list_owner=QIYANG, year=2022, projects=(THIRD_ID,), reason=Reason("调出"))
    assert DECIDER.fold([OWN_LIST_INCLUDED, removed]).lists[QIYANG].entries.keys() == {PROJECT_ID}
