"""A schedule is planned back from completion; milestones are forecast and reached; conditions and progress are told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.domain import place, project
from service.domain.configuration import MOST_STEPS, DictionarySet, ScheduleTemplateSet, TemplateStep
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyPlannedError,
    AlreadyReachedError,
    DelayUnexplainedError,
    InvalidValueError,
    NotFoundError,
    NotPlannedError,
    NotScheduledError,
    NotYetHappenedError,
    PlaceNotOpenError,
    ReachedByGateError,
    UnknownTermError,
    VoidedError,
    WrongOrderError,
)
from service.domain.gates import Gate
from service.domain.identity import Changes, Track
from service.domain.project import ProjectAmended
from service.domain.schedule import DECIDER, ScheduleCommand, schedule_stream
from service.domain.values import Code, LongText, Name, Reason, Term
from tests.dsl import TODAY, given
from tests.examples import PLACE_OPENED, PROJECT_ID, QIYANG, REGISTER_ID, REGISTERED, STARTED, VOIDED, schedule
from tests.examples.configuration import TEMPLATE_SET
from tests.examples.schedule import (
    BASELINE_RESET,
    BASELINE_SET,
    EQUIPMENT_FORECAST,
    FORECAST_EQUIPMENT,
    LAND_REACHED,
    NOTE_PROGRESS,
    PERMIT_STATED,
    PLAN_SCHEDULE,
    PROGRESS_NOTED,
    REACH_LAND,
    STATE_PERMIT,
    planned,
)

PROJECT = (PLACE_OPENED, REGISTERED)
OWN = replace(PLAN_SCHEDULE, milestones=planned(TENDER=date(2021, 6, 1), COMPLETED=date(2022, 6, 30)))
OWN_SET = replace(BASELINE_SET, milestones=OWN.milestones)
SCHEDULED = (*PROJECT, BASELINE_SET)
WHY = Reason("日期有误")
TOMORROW = TODAY + timedelta(days=1)

# The plan


def test_a_schedule_is_laid_back_from_completion_by_the_places_template() -> None:
    given(*PROJECT, TEMPLATE_SET).when(PLAN_SCHEDULE).then(BASELINE_SET)


@pytest.mark.parametrize(("track", "first", "days"), [("PROMOTED", "APPROVAL", 540), ("GOVERNMENT", "APPROVAL", 720)])
def test_without_one_it_is_laid_back_by_the_default_template_of_its_track(track: str, first: str, days: int) -> None:
    facts = (*PROJECT, ProjectAmended(changes=Changes(track=Track(track))))
    scenario = given(*facts).when(PLAN_SCHEDULE)
    (fact,) = DECIDER.decide(PLAN_SCHEDULE, DECIDER.initial, *_states(facts), TODAY)
    assert fact.milestones[0].milestone == first
    assert (PLAN_SCHEDULE.completion_on - fact.milestones[0].planned_on).days == days
    assert fact.milestones[-1].planned_on == PLAN_SCHEDULE.completion_on
    scenario.then(fact)


def _states(facts: tuple[object, ...]) -> list[object]:
    return [
        decider.fold(fact for fact in facts if type(fact) in decider.facts)
        for decider in (project.DECIDER, place.DECIDER)
    ]


def test_milestones_that_are_sent_are_the_plan() -> None:
    given(*PROJECT).when(OWN).then(OWN_SET)


def test_a_plan_is_drawn_up_today_unless_said() -> None:
    given(*PROJECT).when(replace(OWN, set_on=None)).then(replace(OWN_SET, set_on=TODAY))
    given(*PROJECT).when(replace(OWN, set_on=TOMORROW)).then_refused(NotYetHappenedError, at="set_on")
    given(*PROJECT).when(replace(OWN, set_on=date(1948, 12, 31))).then_refused(InvalidValueError, at="set_on")


def test_a_plan_may_lie_in_the_past_because_history_is_entered_late() -> None:
    plan = planned(LAND=date(1949, 1, 1), COMPLETED=date(1951, 6, 30))
    given(*PROJECT).when(replace(OWN, completion_on=date(1951, 6, 30), milestones=plan)).then(
        replace(OWN_SET, completion_on=date(1951, 6, 30), milestones=plan)
    )


def test_a_project_has_one_first_plan() -> None:
    scenario = given(*PROJECT, OWN_SET)
    scenario.when(OWN).then_nothing()
    scenario.when(replace(OWN, set_on=None)).then_nothing()
    scenario.when(replace(OWN, milestones=OWN.milestones[::-1])).then_nothing()
    for other in (
        replace(OWN, completion_on=date(2022, 7, 1)),
        replace(OWN, milestones=OWN.milestones[1:]),
        replace(OWN, documents=()),
        PLAN_SCHEDULE,
    ):
        scenario.when(other).then_refused(AlreadyPlannedError, at="project_id", completion="2022-06-30")
    given(*PROJECT, OWN_SET, BASELINE_RESET).when(OWN).then_refused(AlreadyPlannedError, at="project_id")


@pytest.mark.parametrize("number", [1, MOST_STEPS])
def test_a_plan_has_at_least_one_milestone_and_a_bounded_number(number: int) -> None:
    terms = tuple(Term(code=Code(f"M{n}"), zh=Name("节点"), en=Name("milestone")) for n in range(MOST_STEPS + 1))
    listed = DictionarySet(name=Dictionary.MILESTONE, terms=terms)
    plan = planned(**{term.code: date(2022, 1, 1) for term in terms[:number]})
    given(*PROJECT, listed).when(replace(OWN, milestones=plan)).then(replace(OWN_SET, milestones=plan))
    more = planned(**{term.code: date(2022, 1, 1) for term in terms})
    given(*PROJECT, listed).when(replace(OWN, milestones=more)).then_refused(InvalidValueError, at="milestones")


def test_a_plan_has_each_milestone_once_and_of_the_places_list() -> None:
    twice = (*OWN.milestones, *planned(TENDER=date(2021, 7, 1)))
    given(*PROJECT).when(replace(OWN, milestones=twice)).then_refused(InvalidValueError, at="milestones")
    unknown = (*OWN.milestones, *planned(CORONATION=date(2021, 7, 1)))
    given(*PROJECT).when(replace(OWN, milestones=unknown)).then_refused(
        UnknownTermError, at="milestones[2].milestone", value="CORONATION"
    )


def test_a_template_with_a_code_that_the_list_has_lost_lays_nothing_back() -> None:
    listed = DictionarySet(
        name=Dictionary.MILESTONE, terms=(Term(code=Code("LAND"), zh=Name("用地"), en=Name("land")),)
    )
    given(*PROJECT, TEMPLATE_SET, listed).when(PLAN_SCHEDULE).then_refused(
        UnknownTermError, at="milestones", value="STARTED"
    )


def test_no_milestone_lies_after_completion() -> None:
    on_the_day = planned(TENDER=date(2022, 6, 30))
    given(*PROJECT).when(replace(OWN, milestones=on_the_day)).then(replace(OWN_SET, milestones=on_the_day))
    given(*PROJECT).when(replace(OWN, milestones=planned(TENDER=date(2022, 7, 1)))).then_refused(
        WrongOrderError, at="milestones[0].planned_on", end="2022-06-30"
    )


@pytest.mark.parametrize("day", [date(1948, 12, 31), date(2053, 1, 1)])
def test_no_date_lies_before_the_republic_or_further_ahead_than_a_generation(day: date) -> None:
    given(*PROJECT).when(replace(OWN, completion_on=day)).then_refused(InvalidValueError, at="completion_on")
    plan = replace(OWN, completion_on=date(2052, 12, 31), milestones=planned(TENDER=day))
    given(*PROJECT).when(plan).then_refused(InvalidValueError, at="milestones[0].planned_on")
    given(*SCHEDULED).when(replace(FORECAST_EQUIPMENT, milestone=Code("LAND"), forecast_on=day)).then_refused(
        InvalidValueError, at="forecast_on"
    )


def test_a_template_does_not_reach_back_before_the_republic() -> None:
    reaching = ScheduleTemplateSet(track=Track.PROMOTED, steps=(TemplateStep(milestone=Code("LAND"), days_before=365),))
    in_time = replace(PLAN_SCHEDULE, completion_on=date(1950, 1, 1))
    given(*PROJECT, reaching).when(in_time).then(
        replace(BASELINE_SET, completion_on=date(1950, 1, 1), milestones=planned(LAND=date(1949, 1, 1)))
    )
    given(*PROJECT, reaching).when(replace(in_time, completion_on=date(1949, 12, 31))).then_refused(
        InvalidValueError, at="completion_on"
    )


# Forecasts


def test_a_forecast_later_than_planned_carries_a_reason_code() -> None:
    late = replace(FORECAST_EQUIPMENT, milestone=Code("LAND"), forecast_on=date(2021, 9, 4))
    told = replace(EQUIPMENT_FORECAST, milestone=Code("LAND"), forecast_on=date(2021, 9, 4))
    scenario = given(*SCHEDULED)
    scenario.when(late).then(told)
    scenario.when(replace(late, reason_code=None)).then_refused(
        DelayUnexplainedError, at="reason_code", planned="2021-09-03"
    )
    in_time = replace(late, forecast_on=date(2021, 9, 3), reason_code=None)
    scenario.when(in_time).then(replace(told, forecast_on=date(2021, 9, 3), reason_code=None))
    scenario.when(replace(late, reason_code=Code("WHIM"))).then_refused(UnknownTermError, at="reason_code")


def test_a_forecast_is_judged_by_the_present_baseline() -> None:
    in_between = replace(
        FORECAST_EQUIPMENT, milestone=Code("COMPLETED"), forecast_on=date(2022, 7, 15), reason_code=None
    )
    given(*SCHEDULED).when(in_between).then_refused(DelayUnexplainedError, at="reason_code")
    given(*SCHEDULED, BASELINE_RESET).when(in_between).then(
        replace(EQUIPMENT_FORECAST, milestone=Code("COMPLETED"), forecast_on=date(2022, 7, 15), reason_code=None)
    )


def test_a_milestone_is_forecast_anew_without_a_reason_for_that() -> None:
    scenario = given(*SCHEDULED, BASELINE_RESET, EQUIPMENT_FORECAST)
    scenario.when(FORECAST_EQUIPMENT).then_nothing()
    for change in ({"forecast_on": date(2022, 7, 25)}, {"note": None}, {"reason_code": Code("WEATHER")}):
        scenario.when(replace(FORECAST_EQUIPMENT, **change)).then(replace(EQUIPMENT_FORECAST, **change))


def test_a_milestone_that_is_a_gate_is_forecast_like_any_other() -> None:
    gate = replace(FORECAST_EQUIPMENT, milestone=Code("STARTED"))
    given(*SCHEDULED).when(gate).then(replace(EQUIPMENT_FORECAST, milestone=Code("STARTED")))


@pytest.mark.parametrize("command", [FORECAST_EQUIPMENT, replace(REACH_LAND, milestone=Code("EQUIPMENT"))])
def test_a_milestone_is_one_of_the_present_plan(command: ScheduleCommand) -> None:
    given(*PROJECT).when(command).then_refused(NotScheduledError, at="project_id")
    given(*SCHEDULED).when(command).then_refused(
        NotPlannedError, at="milestone", value="EQUIPMENT", planned="LAND, STARTED, COMPLETED"
    )


def test_a_milestone_that_a_reset_dropped_is_no_longer_forecast_or_reached() -> None:
    dropping = replace(BASELINE_RESET, milestones=planned(STARTED=date(2021, 11, 2)))
    given(*SCHEDULED, dropping).when(REACH_LAND).then_refused(NotPlannedError, at="milestone")


# Milestones reached


def test_a_milestone_is_reached_once_and_corrected_with_a_reason() -> None:
    given(*SCHEDULED).when(REACH_LAND).then(LAND_REACHED)
    scenario = given(*SCHEDULED, LAND_REACHED)
    scenario.when(REACH_LAND).then_nothing()
    scenario.when(replace(REACH_LAND, reason=WHY)).then_nothing()
    later = replace(REACH_LAND, occurred_on=date(2021, 9, 12))
    scenario.when(later).then_refused(AlreadyReachedError, at="reason", reached_on="2021-09-10")
    scenario.when(replace(later, reason=WHY)).then(replace(LAND_REACHED, occurred_on=date(2021, 9, 12), reason=WHY))
    on_paper = replace(REACH_LAND, documents=BASELINE_SET.documents)
    scenario.when(on_paper).then_refused(AlreadyReachedError, at="reason")


def test_what_was_reached_stays_reached_whatever_the_plan() -> None:
    given(*SCHEDULED, LAND_REACHED, BASELINE_RESET).when(REACH_LAND).then_nothing()


@pytest.mark.parametrize("gate", Gate)
def test_a_milestone_that_is_a_gate_is_reached_by_recording_the_gate(gate: Gate) -> None:
    command = replace(REACH_LAND, milestone=Code(gate))
    given(*SCHEDULED).when(command).then_refused(ReachedByGateError, at="milestone", value=gate)
    given(*SCHEDULED, STARTED).when(command).then_refused(ReachedByGateError, at="milestone")


# Start conditions and progress


def test_a_start_condition_is_stated_and_stated_again_without_a_reason() -> None:
    given(*PROJECT).when(STATE_PERMIT).then(PERMIT_STATED)
    scenario = given(*PROJECT, PERMIT_STATED)
    scenario.when(STATE_PERMIT).then_nothing()
    unmet = replace(STATE_PERMIT, met=False, occurred_on=TODAY, note=LongText("许可证到期。"))
    lapsed = replace(PERMIT_STATED, met=False, occurred_on=TODAY, note=LongText("许可证到期。"))
    scenario.when(unmet).then(lapsed)
    given(*PROJECT, PERMIT_STATED, lapsed).when(STATE_PERMIT).then(PERMIT_STATED)


def test_a_start_condition_is_of_the_places_list() -> None:
    given(*PROJECT).when(replace(STATE_PERMIT, condition=Code("OMENS"))).then_refused(UnknownTermError, at="condition")


def test_progress_is_noted_as_often_as_something_moves() -> None:
    given(*PROJECT).when(NOTE_PROGRESS).then(PROGRESS_NOTED)
    scenario = given(*PROJECT, PROGRESS_NOTED)
    scenario.when(NOTE_PROGRESS).then_nothing()
    road = LongText("道路硬化完成。")
    scenario.when(replace(NOTE_PROGRESS, text=road)).then(replace(PROGRESS_NOTED, text=road))
    given(*PROJECT, PROGRESS_NOTED, replace(PROGRESS_NOTED, text=road)).when(NOTE_PROGRESS).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        replace(REACH_LAND, occurred_on=TOMORROW),
        replace(STATE_PERMIT, occurred_on=TOMORROW),
        replace(NOTE_PROGRESS, occurred_on=TOMORROW),
    ],
)
def test_what_happened_does_not_lie_in_the_future(command: ScheduleCommand) -> None:
    given(*SCHEDULED).when(command).then_refused(NotYetHappenedError, at="occurred_on")


# The project and the place


@pytest.mark.parametrize("command", schedule.COMMANDS.values(), ids=schedule.COMMANDS)
def test_a_schedule_is_of_a_project_that_stands_in_a_ledger_that_is_open(command: object) -> None:
    given(PLACE_OPENED).when(command).then_refused(NotFoundError, at="project_id")
    given(*SCHEDULED, VOIDED).when(command).then_refused(VoidedError, at="project_id")
    given(REGISTERED, BASELINE_SET).when(command).then_refused(PlaceNotOpenError)


def test_a_project_has_one_schedule() -> None:
    streams = {DECIDER.stream(command, QIYANG, REGISTER_ID) for command in schedule.COMMANDS.values()}
    assert streams == {schedule_stream(PROJECT_ID).id} == {PROJECT_ID}
