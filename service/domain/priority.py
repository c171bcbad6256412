"""优先保障时限: within how many days of its listing a key project is to be through a step: fact, command, decision.

A project on a list of its county, prefecture or province takes precedence in 立项, 环评, 用地, 资金 ..., each to be
done within a time limit. No limit holds until a place sets one; it is a setting of the place stream. Source: mission.md
B15 (优先保障,限时办结).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from service.domain.errors import InvalidValueError, UnknownTermError
from service.domain.values import Code, Document, Reason, Region

MOST_LIMITS: Final = 50
MOST_DAYS: Final = 3_650


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
    adopted_from: Region | None = None
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
    command: SetPriorityLimits, known: PriorityLimitsSet | None, milestones: Collection[Code]
) -> list[PriorityLimitsSet]:
    """Judge a setting; one that is so already gives no fact, unless it was adopted and now becomes the place's own.

    Args:
        command: the limits that are to hold.
        known: those in force; None before any were set.
        milestones: codes of the place's list.

    Raises:
        InvalidValueError: too many, a milestone twice, or a number of days that is none.
        UnknownTermError: the place has no such milestone.
    """
    wanted = {one.milestone: one.days for one in command.limits}
    if len(command.limits) > MOST_LIMITS or len(wanted) < len(command.limits):
        raise InvalidValueError("limits", rule=f"at most {MOST_LIMITS}, each milestone once")
    for number, one in enumerate(command.limits):
        path = ("limits", f"[{number}]")
        if one.milestone not in milestones:
            raise UnknownTermError(*path, "milestone", value=one.milestone, known=", ".join(milestones))
        if not 1 <= one.days <= MOST_DAYS:
            raise InvalidValueError(*path, "days", rule=f"1 to {MOST_DAYS}", value=one.days)
    held = {} if known is None else {one.milestone: one.days for one in known.limits}
    if wanted == held and (known is None or known.adopted_from is None):
        return []  # Already so.
    return [PriorityLimitsSet(limits=command.limits, reason=command.reason, documents=command.documents)]
