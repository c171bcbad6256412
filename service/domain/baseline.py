"""工期基线: the plan laid back from completion and its resets: facts, state and commands of the schedule stream.

A baseline is never overwritten: each reset stands beside those before it (P5). How it may be reset is set by the place.
Source: domain.md, Schedule; mission.md 2.2 (freeze window, cap on extensions) and P13 (reason codes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeAlias, assert_never
from uuid import UUID

from service.domain.configuration import MOST_STEPS, ScheduleRulesSet, Step
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyPlannedError,
    BeyondExtensionError,
    DelayUnexplainedError,
    InvalidValueError,
    NotScheduledError,
    NotYetHappenedError,
    WithinFreezeError,
    WrongOrderError,
)
from service.domain.identity import Track
from service.domain.place import Place
from service.domain.values import FIRST_YEAR, Code, Document, Name, Reason

_YEARS_AHEAD: Final = 30
"""How far ahead a plan may reach: the longest works, such as a new town, are planned for a generation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMilestone:
    """节点计划 A milestone, and the day by which it is planned."""

    milestone: Code
    planned_on: date


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSet:
    """倒排工期: the first plan, counted back from the day of completion; `set_on` is the day it was drawn up."""

    completion_on: date
    milestones: tuple[PlannedMilestone, ...]
    set_on: date
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The day on which it was drawn up."""
        return self.set_on


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineReset:
    """调整工期: a new baseline (重定基线) beside the earlier ones, with its reason and the unit that approved it.

    `reason_code` says why where a date moves later; `set_on` is the day of approval.
    """

    completion_on: date
    milestones: tuple[PlannedMilestone, ...]
    set_on: date
    reason: Reason
    approver: Name
    reason_code: Code | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The day on which it was approved."""
        return self.set_on


BaselineFact: TypeAlias = BaselineSet | BaselineReset

# State


class Baseline(NamedTuple):
    """A plan: when it is to be complete, when it was drawn up, by when each milestone is planned, and its papers."""

    completion_on: date
    set_on: date
    planned: Mapping[Code, date]
    documents: tuple[Document, ...]

    @classmethod
    def of(cls, fact: BaselineFact) -> Baseline:
        """Return the plan that a fact states."""
        return cls(fact.completion_on, fact.set_on, planned(fact.milestones), fact.documents)

    def says(self, command: BaselineCommand, milestones: Sequence[PlannedMilestone]) -> bool:
        """Return whether it has the dates and papers of a command, whenever it was drawn up."""
        asked = (command.completion_on, planned(milestones), command.documents)
        return asked == (self.completion_on, self.planned, self.documents)


def planned(milestones: Sequence[PlannedMilestone]) -> dict[Code, date]:
    """Return by when each milestone is planned."""
    return {one.milestone: one.planned_on for one in milestones}


class Move(NamedTuple):
    """A date that a reset moves, or drops; that of completion is of no milestone."""

    milestone: Code | None
    before: date
    after: date | None


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSchedule:
    """倒排工期 Plan a schedule back from completion, by the place's template unless milestones are sent."""

    project_id: UUID
    completion_on: date
    milestones: tuple[PlannedMilestone, ...] = ()
    set_on: date | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetBaseline:
    """调整工期 Reset the baseline to a whole new plan, as approved; the earlier ones stay readable."""

    project_id: UUID
    completion_on: date
    milestones: tuple[PlannedMilestone, ...]
    reason: Reason
    approver: Name
    reason_code: Code | None = None
    set_on: date | None = None
    documents: tuple[Document, ...] = ()


BaselineCommand: TypeAlias = PlanSchedule | ResetBaseline


def decide_baseline(
    command: BaselineCommand,
    track: Track,
    place: Place,
    today: date,
    *,
    first: Baseline | None,
    current: Baseline | None,
) -> list[BaselineFact]:
    """Judge a plan; its dates may lie in the past, because history is entered late.

    Args:
        track: the project's, whose template lays a plan back.
        first: the first baseline, by which extensions are measured.
        current: the present one.
    """
    if command.set_on is not None:
        need_sane(command.set_on, today, "set_on")
        if command.set_on > today:
            raise NotYetHappenedError("set_on", date=command.set_on, today=today)
    need_sane(command.completion_on, today, "completion_on")
    match command:
        case PlanSchedule():
            return _plan(command, track, place, today, current)
        case ResetBaseline():
            if first is None or current is None:
                raise NotScheduledError("project_id")
            return _reset(command, place, today, first, current)
    assert_never(command)


def _plan(
    command: PlanSchedule, track: Track, place: Place, today: date, current: Baseline | None
) -> list[BaselineFact]:
    if command.milestones:
        milestones = command.milestones
        _need_milestones(command, place, today, current)
    else:
        milestones = _laid_back(command.completion_on, place.configuration.template(track))
        for one in milestones:
            # The list may have lost a code that the template still has.
            place.need_term(Dictionary.MILESTONE, one.milestone, "milestones")
    if current is not None:
        if current.says(command, milestones):
            return []  # Already so.
        raise AlreadyPlannedError("project_id", completion=current.completion_on)
    return [
        BaselineSet(
            completion_on=command.completion_on,
            milestones=milestones,
            set_on=command.set_on or today,
            documents=command.documents,
        )
    ]


def _laid_back(completion_on: date, steps: Sequence[Step]) -> tuple[PlannedMilestone, ...]:
    reach = (completion_on - date(FIRST_YEAR, 1, 1)).days
    if not all(0 <= step.days_before <= reach for step in steps):
        raise InvalidValueError("completion_on", value=completion_on, rule=f"no milestone before {FIRST_YEAR}")
    return tuple(
        PlannedMilestone(milestone=step.milestone, planned_on=completion_on - timedelta(days=step.days_before))
        for step in steps
    )


def _reset(command: ResetBaseline, place: Place, today: date, first: Baseline, current: Baseline) -> list[BaselineFact]:
    set_on = command.set_on or today
    if set_on < current.set_on:
        raise WrongOrderError("set_on", start=current.set_on, end=set_on)
    _need_milestones(command, place, today, current)
    if command.reason_code is not None:
        place.need_term(Dictionary.DELAY_REASON, command.reason_code, "reason_code")
    if current.says(command, command.milestones):
        return []  # Already so.
    moves, rules = _moves(command, current), place.configuration.rules
    _keep_frozen(command, moves, rules, today)
    _keep_cap(command, first, current, rules)
    later = [one.milestone or "completion" for one in moves if one.after is not None and one.after > one.before]
    if later and command.reason_code is None:
        raise DelayUnexplainedError("reason_code", later=", ".join(later))
    return [
        BaselineReset(
            completion_on=command.completion_on,
            milestones=command.milestones,
            set_on=set_on,
            reason=command.reason,
            approver=command.approver,
            reason_code=command.reason_code,
            documents=command.documents,
        )
    ]


def _need_milestones(command: BaselineCommand, place: Place, today: date, current: Baseline | None) -> None:
    """Refuse what is no plan: each milestone once, of the place's list, and none after completion.

    A milestone of the present plan may stay, even if the list has lost it since.
    """
    if not 1 <= len(command.milestones) <= MOST_STEPS or len(planned(command.milestones)) < len(command.milestones):
        raise InvalidValueError("milestones", rule=f"1 to {MOST_STEPS}, each once")
    for number, one in enumerate(command.milestones):
        path = ("milestones", f"[{number}]")
        if current is None or one.milestone not in current.planned:
            place.need_term(Dictionary.MILESTONE, one.milestone, *path, "milestone")
        need_sane(one.planned_on, today, *path, "planned_on")
        if one.planned_on > command.completion_on:
            raise WrongOrderError(*path, "planned_on", start=one.planned_on, end=command.completion_on)


def need_sane(day: date, today: date, *path: str) -> None:
    """Refuse a date that no plan can mean: before 1949, or too far ahead.

    Raises:
        InvalidValueError: such a date.
    """
    if not FIRST_YEAR <= day.year <= today.year + _YEARS_AHEAD:
        raise InvalidValueError(*path, value=day, rule=f"from {FIRST_YEAR} to {today.year + _YEARS_AHEAD}")


def _moves(command: ResetBaseline, current: Baseline) -> list[Move]:
    wanted = planned(command.milestones)
    moves = [Move(milestone, day, wanted.get(milestone)) for milestone, day in current.planned.items()]
    return [
        one for one in (Move(None, current.completion_on, command.completion_on), *moves) if one.after != one.before
    ]


def _keep_frozen(command: ResetBaseline, moves: Sequence[Move], rules: ScheduleRulesSet, today: date) -> None:
    """Refuse to move or drop a date so shortly before it; one that has passed may be moved."""
    if rules.freeze_days is None:
        return
    places = {one.milestone: ("milestones", f"[{n}]", "planned_on") for n, one in enumerate(command.milestones)}
    for one in moves:
        days = (one.before - today).days
        if 0 <= days <= rules.freeze_days:
            path = ("completion_on",) if one.milestone is None else places.get(one.milestone, ("milestones",))
            raise WithinFreezeError(*path, date=one.before, days=days, freeze_days=rules.freeze_days)


def _keep_cap(command: ResetBaseline, first: Baseline, current: Baseline, rules: ScheduleRulesSet) -> None:
    """Refuse an extension that brings all of them together above the place's share of the original length.

    Together they come to the distance from the first completion date, so what was brought forward may be used again.
    A plan that was drawn up after its completion has no length to measure by.
    """
    length = (first.completion_on - first.set_on).days
    if rules.extension_percent is None or length <= 0 or command.completion_on <= current.completion_on:
        return
    extended = (command.completion_on - first.completion_on).days
    if extended * 100 > rules.extension_percent * length:
        raise BeyondExtensionError(
            "completion_on", extension_days=extended, most_days=rules.extension_percent * length // 100
        )
