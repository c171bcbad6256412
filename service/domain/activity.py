"""停缓建: suspending, deferring, terminating and resuming a project: facts and commands of the project stream.

Source: domain.md, Gates; mission.md P9 and 2.2 (a pause has a reason, a recovery plan and a periodic note).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeAlias, assert_never, get_args
from uuid import UUID

from service.domain.decider import not_later
from service.domain.dictionaries import Dictionary
from service.domain.errors import NotPausedError, TerminatedError, WrongOrderError
from service.domain.place import Place
from service.domain.stages import Activity
from service.domain.values import Code, Document, LongText, Reason

# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSuspended:
    """停工: the works stand still; why (`reason_code`), and how they are to be taken up again."""

    occurred_on: date
    reason_code: Code
    recovery_plan: LongText | None = None
    expected_resumption: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDeferred:
    """缓建: the project is put off, before construction or during it."""

    occurred_on: date
    reason_code: Code
    expected_resumption: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseNoted:
    """停缓建情况说明: the periodic note while a project is suspended or deferred."""

    occurred_on: date
    text: LongText
    expected_resumption: date | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectResumed:
    """复工: a suspended, deferred or terminated project goes on."""

    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectTerminated:
    """终止: the project is given up; nothing more is reported on it unless it is resumed (复工)."""

    occurred_on: date
    reason_code: Code
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


ActivityFact: TypeAlias = ProjectSuspended | ProjectDeferred | PauseNoted | ProjectResumed | ProjectTerminated
ACTIVITY_FACTS: Final = get_args(ActivityFact)


def activity_after(fact: ActivityFact, before: Activity) -> Activity:
    """Return whether a project goes on after a fact."""
    match fact:
        case ProjectSuspended():
            return Activity.SUSPENDED
        case ProjectDeferred():
            return Activity.DEFERRED
        case PauseNoted():
            return before
        case ProjectResumed():
            return Activity.ACTIVE
        case ProjectTerminated():
            return Activity.TERMINATED
    assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendProject:
    """登记停工 Record that works stand still."""

    project_id: UUID
    occurred_on: date
    reason_code: Code
    recovery_plan: LongText | None = None
    expected_resumption: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferProject:
    """登记缓建 Record that a project is put off."""

    project_id: UUID
    occurred_on: date
    reason_code: Code
    expected_resumption: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePause:
    """填报停缓建情况 Note how things stand while a project is suspended or deferred."""

    project_id: UUID
    occurred_on: date
    text: LongText
    expected_resumption: date | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeProject:
    """登记复工 Record that a suspended, deferred or terminated project goes on."""

    project_id: UUID
    occurred_on: date
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminateProject:
    """登记终止 Record that a project is given up."""

    project_id: UUID
    occurred_on: date
    reason_code: Code
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


ActivityCommand: TypeAlias = SuspendProject | DeferProject | NotePause | ResumeProject | TerminateProject
ACTIVITY_COMMANDS: Final = get_args(ActivityCommand)


def decide_activity(
    command: ActivityCommand, last: ActivityFact | None, activity: Activity, place: Place, today: date
) -> Sequence[ActivityFact]:
    """Judge a command on whether a project goes on.

    Args:
        command: what is wanted.
        last: the latest fact of this kind.
        activity: what it left the project in.
        place: whose list of reasons holds.
        today: the day of judging.
    """
    not_later(command.occurred_on, today)
    fact = _fact_of(command)
    if fact == last:
        return []  # Already so.
    if isinstance(command, ResumeProject):
        return [] if activity is Activity.ACTIVE else [_not_before(fact, last)]
    if activity is Activity.TERMINATED:
        raise TerminatedError("project_id")
    if isinstance(command, NotePause):
        if activity is Activity.ACTIVE:
            raise NotPausedError("project_id")
        return [_not_before(fact, last)]
    place.need_term(Dictionary.PAUSE_REASON, command.reason_code, "reason_code")
    return [_not_before(fact, last)]


def _not_before(fact: ActivityFact, last: ActivityFact | None) -> ActivityFact:
    """Refuse a day before that of the latest fact: what a project is in follows from their order."""
    if last is not None and fact.occurred_on < last.occurred_on:
        raise WrongOrderError("occurred_on", start=last.occurred_on, end=fact.occurred_on)
    expected = getattr(fact, "expected_resumption", None)
    if expected is not None and expected < fact.occurred_on:
        raise WrongOrderError("expected_resumption", start=fact.occurred_on, end=expected)
    return fact


def _fact_of(command: ActivityCommand) -> ActivityFact:
    common: Any = {"occurred_on": command.occurred_on, "documents": command.documents}
    match command:
        case SuspendProject():
            return ProjectSuspended(
                **common,
                reason_code=command.reason_code,
                recovery_plan=command.recovery_plan,
                expected_resumption=command.expected_resumption,
                reason=command.reason,
            )
        case DeferProject():
            return ProjectDeferred(
                **common,
                reason_code=command.reason_code,
                expected_resumption=command.expected_resumption,
                reason=command.reason,
            )
        case NotePause():
            return PauseNoted(**common, text=command.text, expected_resumption=command.expected_resumption)
        case ResumeProject():
            return ProjectResumed(**common, reason=command.reason)
        case TerminateProject():
            return ProjectTerminated(**common, reason_code=command.reason_code, reason=command.reason)
    assert_never(command)
