"""优先保障时限: within how many days of its listing a key project is to be through a step: fact, command, decision.

A project on a list of its county, prefecture or province takes precedence in 立项, 环评, 用地, 资金 ..., each to be
done within a time limit. No limit holds until a place sets one; it is a setting of the place stream. Source: mission.md
B15 (优先保障,限时办结).
"""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.configuration import MOST_DAYS, MOST_STEPS, Configuration
from service.domain.dictionaries import Dictionary
from service.domain.errors import InvalidValueError
from service.domain.values import Code, Document, Reason, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityLimit:
    """办理时限 A milestone, and within how many days of its listing a project is to reach it."""

    milestone: Code
    days: int


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityLimitsSet:
    """优先保障时限设定: the whole list of limits for projects on key lists; one that it loses holds no more."""

    limits: tuple[PriorityLimit, ...]
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriorityLimits:
    """设定优先保障时限 Set how long each step of a project on a key list may take; without any, none holds."""

    region: Region
    limits: tuple[PriorityLimit, ...] = ()
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


def decide_limits(
    command: SetPriorityLimits, known: tuple[PriorityLimit, ...], configuration: Configuration
) -> list[PriorityLimitsSet]:
    """Judge a setting; one that is so already gives no fact.

    Raises:
        InvalidValueError: too many, a milestone twice, or a number of days that is none.
        UnknownTermError: the place has no such milestone.
    """
    wanted = {one.milestone: one.days for one in command.limits}
    if len(command.limits) > MOST_STEPS or len(wanted) < len(command.limits):
        raise InvalidValueError("limits", rule=f"at most {MOST_STEPS}, each milestone once")
    for number, one in enumerate(command.limits):
        configuration.need_term(Dictionary.MILESTONE, one.milestone, "limits", f"[{number}]", "milestone")
        if not 1 <= one.days <= MOST_DAYS:
            raise InvalidValueError("limits", f"[{number}]", "days", rule=f"1 to {MOST_DAYS}", value=one.days)
    if wanted == {one.milestone: one.days for one in known}:
        return []  # Already so.
    return [PriorityLimitsSet(limits=command.limits, reason=command.reason, documents=command.documents)]
