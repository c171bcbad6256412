"""工期: baselines, forecasts, milestones reached, start conditions, progress: facts, state, evolve, commands, decide.

Gates are facts of the project's own stream: a milestone that bears a gate's name is reached by the gate, and by nothing
else. Baselines are in baseline.py. Source: domain.md, Schedule; mission.md B6, J6, P5, P13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from service.domain.baseline import (
    Baseline,
    BaselineCommand,
    BaselineFact,
    BaselineReset,
    BaselineSet,
    PlanSchedule,
    ResetBaseline,
    decide_baseline,
    need_sane,
)
from service.domain.decider import Decider, Stream, not_later
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyReachedError,
    DelayUnexplainedError,
    NotPlannedError,
    NotScheduledError,
    ReachedByGateError,
)
from service.domain.gates import Gate
from service.domain.place import Place, place_stream
from service.domain.project import Project, project_stream
from service.domain.values import Code, Document, LongText, Reason, Region

# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneForecast:
    """节点预计: by when a milestone is now expected; `reason_code` says why where that is later than planned (P13)."""

    milestone: Code
    forecast_on: date
    reason_code: Code | None = None
    note: LongText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneReached:
    """节点完成: a milestone was reached; one that bears a gate's name is reached by recording that gate."""

    milestone: Code
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartConditionStated:
    """开工条件: whether a condition for starting the works was met on a day; what was stated last holds (J6)."""

    condition: Code
    met: bool
    occurred_on: date
    note: LongText | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressNoted:
    """工作进展: what moved, in words; a project under construction has one every week (周周有进展, B6)."""

    occurred_on: date
    text: LongText
    documents: tuple[Document, ...] = ()


ScheduleFact: TypeAlias = BaselineFact | MilestoneForecast | MilestoneReached | StartConditionStated | ProgressNoted

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The first and the present baseline, and what was last said of each milestone, condition and step forward.

    A forecast ends when a reset moves or drops its milestone: the new plan is then the last word on it.
    """

    first: Baseline | None = None
    current: Baseline | None = None
    forecasts: Mapping[Code, MilestoneForecast] = field(default_factory=dict)
    reached: Mapping[Code, MilestoneReached] = field(default_factory=dict)
    conditions: Mapping[Code, StartConditionStated] = field(default_factory=dict)
    progress: frozenset[ProgressNoted] = frozenset()

    def need_current(self) -> Baseline:
        """Return the present baseline.

        Raises:
            NotScheduledError: none was set.
        """
        if self.current is None:
            raise NotScheduledError("project_id")
        return self.current

    def need_planned(self, milestone: Code) -> date:
        """Return the day by which a milestone is planned.

        Raises:
            NotScheduledError: there is no plan.
            NotPlannedError: the plan does not have it.
        """
        planned = self.need_current().planned
        if milestone not in planned:
            raise NotPlannedError("milestone", value=milestone, planned=", ".join(planned))
        return planned[milestone]


def evolve(state: Schedule, fact: ScheduleFact) -> Schedule:
    """Fold one fact; no rule, never raises."""
    match fact:
        case BaselineSet() | BaselineReset():
            baseline = Baseline.of(fact)
            before = {} if state.current is None else state.current.planned
            kept = {
                milestone: one
                for milestone, one in state.forecasts.items()
                if milestone in before and baseline.planned.get(milestone) == before[milestone]
            }
            return replace(state, first=state.first or baseline, current=baseline, forecasts=kept)
        case MilestoneForecast():
            return replace(state, forecasts={**state.forecasts, fact.milestone: fact})
        case MilestoneReached():
            return replace(state, reached={**state.reached, fact.milestone: fact})
        case StartConditionStated():
            return replace(state, conditions={**state.conditions, fact.condition: fact})
        case ProgressNoted():
            return replace(state, progress=state.progress | {fact})
    assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastMilestone:
    """预计节点 Forecast a milestone; one later than planned carries a reason code."""

    project_id: UUID
    milestone: Code
    forecast_on: date
    reason_code: Code | None = None
    note: LongText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachMilestone:
    """登记节点完成 Record that a milestone was reached; one that bears a gate's name is reached by its gate."""

    project_id: UUID
    milestone: Code
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStartCondition:
    """登记开工条件 State whether a condition for starting works is met."""

    project_id: UUID
    condition: Code
    met: bool
    occurred_on: date
    note: LongText | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteProgress:
    """记录工作进展 Note what moved."""

    project_id: UUID
    occurred_on: date
    text: LongText
    documents: tuple[Document, ...] = ()


ScheduleCommand: TypeAlias = BaselineCommand | ForecastMilestone | ReachMilestone | StateStartCondition | NoteProgress


def decide(
    command: ScheduleCommand, state: Schedule, project: Project, place: Place, today: date
) -> Sequence[ScheduleFact]:
    """Judge a command; reads the project (not voided, its track) and the place (its lists, templates and rules)."""
    identity = project.need_current()
    place.need_open()
    match command:
        case PlanSchedule() | ResetBaseline():
            return decide_baseline(command, identity.track, place, today, first=state.first, current=state.current)
        case ForecastMilestone():
            return _forecast(command, state, place, today)
        case ReachMilestone():
            return _reach(command, state, today)
        case StateStartCondition():
            return _state_condition(command, state, place, today)
        case NoteProgress():
            return _note(command, state, today)
    assert_never(command)


def _forecast(command: ForecastMilestone, state: Schedule, place: Place, today: date) -> list[ScheduleFact]:
    planned_on = state.need_planned(command.milestone)
    need_sane(command.forecast_on, today, "forecast_on")
    if command.reason_code is not None:
        place.need_term(Dictionary.DELAY_REASON, command.reason_code, "reason_code")
    elif command.forecast_on > planned_on:
        raise DelayUnexplainedError("reason_code", planned=planned_on, later=command.milestone)
    fact = MilestoneForecast(
        milestone=command.milestone,
        forecast_on=command.forecast_on,
        reason_code=command.reason_code,
        note=command.note,
    )
    return [] if state.forecasts.get(command.milestone) == fact else [fact]


def _reach(command: ReachMilestone, state: Schedule, today: date) -> list[ScheduleFact]:
    if command.milestone in Gate.__members__:
        raise ReachedByGateError("milestone", value=command.milestone)
    state.need_planned(command.milestone)
    not_later(command.occurred_on, today)
    fact = MilestoneReached(
        milestone=command.milestone,
        occurred_on=command.occurred_on,
        reason=command.reason,
        documents=command.documents,
    )
    known = state.reached.get(command.milestone)
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyReachedError("reason", reached_on=known.occurred_on)
    return [fact]


def _state_condition(command: StateStartCondition, state: Schedule, place: Place, today: date) -> list[ScheduleFact]:
    place.need_term(Dictionary.START_CONDITION, command.condition, "condition")
    not_later(command.occurred_on, today)
    fact = StartConditionStated(
        condition=command.condition,
        met=command.met,
        occurred_on=command.occurred_on,
        note=command.note,
        documents=command.documents,
    )
    return [] if state.conditions.get(command.condition) == fact else [fact]


def _note(command: NoteProgress, state: Schedule, today: date) -> list[ScheduleFact]:
    not_later(command.occurred_on, today)
    fact = ProgressNoted(occurred_on=command.occurred_on, text=command.text, documents=command.documents)
    return [] if fact in state.progress else [fact]


def schedule_stream(project_id: UUID) -> Stream:
    """Return the stream of a project's schedule."""
    return Stream("schedule", project_id)


def _stream(command: ScheduleCommand, _region: Region, _command_id: UUID) -> UUID:
    return command.project_id


def _reads(command: ScheduleCommand, region: Region) -> tuple[Stream, ...]:
    return (project_stream(command.project_id), place_stream(region))


DECIDER: Final = Decider[Schedule](
    kind="schedule",
    commands=(PlanSchedule, ResetBaseline, ForecastMilestone, ReachMilestone, StateStartCondition, NoteProgress),
    facts=(BaselineSet, BaselineReset, MilestoneForecast, MilestoneReached, StartConditionStated, ProgressNoted),
    initial=Schedule(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
