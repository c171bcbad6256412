"""A baseline is reset by a new one beside it, as approved, and within the place's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.domain.baseline import BaselineReset, ResetBaseline
from service.domain.configuration import DictionarySet
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    BeyondExtensionError,
    DelayUnexplainedError,
    InvalidValueError,
    NotScheduledError,
    NotYetHappenedError,
    UnknownTermError,
    WithinFreezeError,
    WrongOrderError,
)
from service.domain.values import Code, Name, Reason, Term
from tests.dsl import TODAY, given
from tests.examples import PLACE_OPENED, REGISTERED
from tests.examples.configuration import RULES_SET
from tests.examples.schedule import (
    BASELINE_RESET,
    BASELINE_SET,
    EQUIPMENT_FORECAST,
    FORECAST_EQUIPMENT,
    RESET_BASELINE,
    planned,
)

SCHEDULED = (PLACE_OPENED, REGISTERED, BASELINE_SET)
DAY = timedelta(days=1)
FREEZE = replace(RULES_SET, extension_percent=None)
CAP = replace(RULES_SET, freeze_days=None)


def reset(completion_on: date, code: str | None = "WEATHER", **dates: date) -> ResetBaseline:
    """Return a reset to a completion date, with the other dates of the first plan unless said."""
    plan = {"LAND": date(2021, 9, 3), "STARTED": date(2021, 11, 2), **dates}
    return replace(
        RESET_BASELINE,
        completion_on=completion_on,
        milestones=planned(**plan),
        reason_code=None if code is None else Code(code),
    )


def told(command: ResetBaseline) -> BaselineReset:
    """Return the fact that a reset gives."""
    return replace(
        BASELINE_RESET,
        completion_on=command.completion_on,
        milestones=command.milestones,
        reason_code=command.reason_code,
    )


def test_a_baseline_is_reset_with_its_reason_and_who_approved_it() -> None:
    given(*SCHEDULED).when(RESET_BASELINE).then(BASELINE_RESET)
    given(*SCHEDULED, BASELINE_RESET).when(reset(date(2022, 9, 30))).then(told(reset(date(2022, 9, 30))))


def test_what_was_not_planned_is_not_reset() -> None:
    given(PLACE_OPENED, REGISTERED).when(RESET_BASELINE).then_refused(NotScheduledError, at="project_id")


def test_a_reset_to_the_plan_that_stands_is_none() -> None:
    scenario = given(*SCHEDULED, BASELINE_RESET)
    scenario.when(RESET_BASELINE).then_nothing()
    scenario.when(replace(RESET_BASELINE, reason=Reason("再次说明"), approver=Name("演示市发改局"))).then_nothing()
    same_on_no_paper = replace(RESET_BASELINE, documents=(), reason_code=None)
    scenario.when(same_on_no_paper).then(replace(BASELINE_RESET, documents=(), reason_code=None))


def test_a_reset_is_approved_after_the_plan_before_it_and_not_tomorrow() -> None:
    scenario = given(*SCHEDULED)
    scenario.when(replace(RESET_BASELINE, set_on=None)).then(replace(BASELINE_RESET, set_on=TODAY))
    scenario.when(replace(RESET_BASELINE, set_on=BASELINE_SET.set_on)).then(
        replace(BASELINE_RESET, set_on=BASELINE_SET.set_on)
    )
    scenario.when(replace(RESET_BASELINE, set_on=BASELINE_SET.set_on - DAY)).then_refused(
        WrongOrderError, at="set_on", start="2021-03-01"
    )
    scenario.when(replace(RESET_BASELINE, set_on=TODAY + DAY)).then_refused(NotYetHappenedError, at="set_on")


def test_a_reset_states_its_whole_plan() -> None:
    scenario = given(*SCHEDULED)
    scenario.when(replace(RESET_BASELINE, milestones=())).then_refused(InvalidValueError, at="milestones")
    scenario.when(reset(date(2022, 6, 30), CROWNED=date(2022, 1, 1))).then_refused(
        UnknownTermError, at="milestones[2].milestone"
    )
    scenario.when(reset(date(2022, 6, 30), EQUIPMENT=date(2022, 7, 1))).then_refused(
        WrongOrderError, at="milestones[2].planned_on"
    )


def test_a_milestone_that_the_list_has_lost_may_stay_in_a_plan_and_not_come_into_one() -> None:
    listed = DictionarySet(
        name=Dictionary.MILESTONE, terms=(Term(code=Code("TENDER"), zh=Name("招标"), en=Name("tendering")),)
    )
    scenario = given(*SCHEDULED, listed)
    staying = reset(date(2022, 6, 30), TENDER=date(2022, 6, 1))
    scenario.when(staying).then(told(staying))
    scenario.when(reset(date(2022, 6, 30), EQUIPMENT=date(2022, 6, 1))).then_refused(
        UnknownTermError, at="milestones[2].milestone", value="EQUIPMENT"
    )


@pytest.mark.parametrize(
    ("command", "later"),
    [
        (reset(date(2022, 7, 1), None), "completion"),
        (reset(date(2022, 6, 30), None, LAND=date(2021, 9, 4)), "LAND"),
        (reset(date(2022, 7, 1), None, STARTED=date(2021, 11, 3)), "completion, STARTED"),
    ],
)
def test_a_date_that_moves_later_has_a_reason_code(command: ResetBaseline, later: str) -> None:
    given(*SCHEDULED).when(command).then_refused(DelayUnexplainedError, at="reason_code", later=later)
    coded = replace(command, reason_code=Code("WEATHER"))
    given(*SCHEDULED).when(coded).then(told(coded))
    given(*SCHEDULED).when(replace(command, reason_code=Code("WHIM"))).then_refused(UnknownTermError, at="reason_code")


@pytest.mark.parametrize(
    "command",
    [
        reset(date(2022, 6, 29), None),
        reset(date(2022, 6, 30), None, LAND=date(2021, 9, 2)),
        reset(date(2022, 6, 30), None, TENDER=date(2022, 6, 1)),
    ],
    ids=["completion earlier", "milestone earlier", "milestone added"],
)
def test_what_moves_nothing_later_needs_no_reason_code(command: ResetBaseline) -> None:
    given(*SCHEDULED).when(command).then(told(command))


def test_a_reset_that_moves_or_drops_a_milestone_ends_its_forecast() -> None:
    forecast = replace(EQUIPMENT_FORECAST, milestone=Code("LAND"))
    again = replace(FORECAST_EQUIPMENT, milestone=Code("LAND"))
    moving = told(reset(date(2022, 6, 30), LAND=date(2021, 10, 3)))
    given(*SCHEDULED, forecast, BASELINE_RESET).when(again).then_nothing()  # Not moved by that.
    given(*SCHEDULED, forecast, moving).when(again).then(forecast)
    dropping = replace(BASELINE_RESET, milestones=planned(STARTED=date(2021, 11, 2)))
    given(*SCHEDULED, forecast, dropping, BASELINE_RESET).when(again).then(forecast)


# The place's rules for changes (mission.md 2.2)


@pytest.mark.parametrize("day", [date(2022, 5, 10), date(2022, 6, 9)])
@pytest.mark.parametrize("to", [None, date(2022, 5, 9), date(2022, 6, 20)])
def test_a_date_is_not_moved_or_dropped_shortly_before_it(day: date, to: date | None) -> None:
    first = replace(BASELINE_SET, milestones=planned(LAND=date(2021, 9, 3), STARTED=date(2021, 11, 2), TENDER=day))
    command = reset(date(2022, 6, 30)) if to is None else reset(date(2022, 6, 30), TENDER=to)
    given(*SCHEDULED[:2], first).when(command).then(told(command))  # Without the rule.
    scenario = given(*SCHEDULED[:2], FREEZE, first)
    at = "milestones" if to is None else "milestones[2].planned_on"
    scenario.when(command).then_refused(WithinFreezeError, at=at, date=day, freeze_days=30)
    # Another date may move while that one stays; so may that one the day after it, or in good time.
    other = reset(date(2022, 7, 30), TENDER=day)
    scenario.when(other).then(told(other))
    for today in (day + DAY, day - 31 * DAY):
        within = replace(command, set_on=date(2022, 3, 1))
        scenario.on(today).when(within).then(replace(told(within), set_on=date(2022, 3, 1)))


def test_the_date_of_completion_is_frozen_too() -> None:
    scenario = given(*SCHEDULED[:2], FREEZE, replace(BASELINE_SET, completion_on=date(2022, 6, 9)))
    scenario.when(reset(date(2022, 7, 1), COMPLETED=date(2022, 6, 30))).then_refused(
        WithinFreezeError, at="completion_on", days=30
    )
    scenario.when(reset(date(2022, 6, 9), TENDER=date(2022, 6, 1))).then(
        told(reset(date(2022, 6, 9), TENDER=date(2022, 6, 1)))
    )


def test_a_freeze_of_no_days_holds_on_the_day_itself() -> None:
    scenario = given(*SCHEDULED, replace(FREEZE, freeze_days=0))
    command = replace(reset(date(2022, 7, 30)), set_on=date(2022, 5, 1))
    scenario.on(date(2022, 6, 30)).when(command).then_refused(WithinFreezeError, at="completion_on", days=0)
    scenario.on(date(2022, 6, 29)).when(command).then(replace(told(command), set_on=date(2022, 5, 1)))


LENGTH = (BASELINE_SET.completion_on - BASELINE_SET.set_on).days
LAST_DAY = BASELINE_SET.completion_on + timedelta(days=LENGTH // 2)


def test_all_extensions_together_keep_within_the_places_share_of_the_original_length() -> None:
    assert LENGTH == 486
    scenario = given(*SCHEDULED, CAP)
    scenario.when(reset(LAST_DAY)).then(told(reset(LAST_DAY)))
    scenario.when(reset(LAST_DAY + DAY)).then_refused(
        BeyondExtensionError, at="completion_on", extension_days=244, most_days=243
    )
    given(*SCHEDULED).when(reset(LAST_DAY + DAY)).then(told(reset(LAST_DAY + DAY)))  # Without the rule.
    # It is the first baseline that measures, not the present one.
    extended = given(*SCHEDULED, CAP, BASELINE_RESET)
    extended.when(reset(LAST_DAY)).then(told(reset(LAST_DAY)))
    extended.when(reset(LAST_DAY + DAY)).then_refused(BeyondExtensionError, at="completion_on", extension_days=244)


def test_a_cap_of_nothing_lets_nothing_be_extended() -> None:
    scenario = given(*SCHEDULED, replace(CAP, extension_percent=0))
    scenario.when(reset(date(2022, 7, 1))).then_refused(BeyondExtensionError, at="completion_on", most_days=0)
    scenario.when(reset(date(2022, 6, 29))).then(told(reset(date(2022, 6, 29))))


def test_days_that_were_brought_forward_may_be_used_again() -> None:
    earlier = told(reset(date(2022, 1, 1)))
    given(*SCHEDULED, CAP, earlier).when(reset(LAST_DAY)).then(told(reset(LAST_DAY)))


def test_what_went_beyond_before_the_rule_came_may_stay_or_come_back() -> None:
    beyond = told(reset(LAST_DAY + 30 * DAY))
    scenario = given(*SCHEDULED, beyond, CAP)
    for command in (reset(LAST_DAY + 30 * DAY, TENDER=date(2022, 6, 1)), reset(LAST_DAY + 20 * DAY)):
        scenario.when(command).then(told(command))
    scenario.when(reset(LAST_DAY + 31 * DAY)).then_refused(BeyondExtensionError, at="completion_on")


@pytest.mark.parametrize("set_on", [BASELINE_SET.completion_on, BASELINE_SET.completion_on + DAY])
def test_a_plan_drawn_up_after_its_completion_has_no_length_to_measure_by(set_on: date) -> None:
    first = replace(BASELINE_SET, set_on=set_on)
    command = replace(reset(LAST_DAY + DAY), set_on=set_on)
    given(*SCHEDULED[:2], CAP, first).on(date(2022, 12, 1)).when(command).then(replace(told(command), set_on=set_on))
