"""年度计划: what a region means to reach in a year: facts, state, evolve, commands, decide.

Which projects are in the plan, and so on which key list, is in annual_plan.py. Source: domain.md, Lists and plans;
mission.md G8, F-01, F-02, F-24 (a plan is revised, never overwritten).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias, assert_never
from uuid import UUID, uuid5

from service.domain.annual_plan import (
    ANNUAL_PLAN_COMMANDS,
    ANNUAL_PLAN_FACTS,
    AnnualPlanCommand,
    AnnualPlanFact,
    Lists,
    decide_annual_plan,
    listed,
    need_year,
    projects_of,
)
from service.domain.decider import NAMESPACE, Decider, Stream
from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    InvalidValueError,
    WrongUnitError,
)
from service.domain.labels import Labelled
from service.domain.place import Place, place_stream
from service.domain.project import project_stream
from service.domain.values import Code, Document, Reason, Region, Stated, Unit

_WHOLE: Final = 100_00
"""100 % in hundredths of a percent."""


class TargetMeasure(Labelled):
    """计划指标 What a target measures: 完成投资, 项目个数, 投资占比, 固定资产投资增速, 新开工 and 竣工个数.

    INVESTMENT_SHARE is always of a category, FAI_GROWTH (fixed-asset investment, G8) never; the others may be of one.
    """

    INVESTMENT = "INVESTMENT", "完成投资", "completed investment"
    PROJECT_COUNT = "PROJECT_COUNT", "项目个数", "number of projects"
    INVESTMENT_SHARE = "INVESTMENT_SHARE", "投资占比", "share of investment"
    FAI_GROWTH = "FAI_GROWTH", "固定资产投资增速", "growth of fixed-asset investment"
    NEW_STARTS = "NEW_STARTS", "新开工个数", "number of projects to be started"
    COMPLETIONS = "COMPLETIONS", "竣工个数", "number of projects to be completed"


class Operator(Labelled):
    """比较 How a figure is meant: AT_LEAST 以上 (≥), EXACTLY (=), ABOUT 左右 (≈)."""

    AT_LEAST = "AT_LEAST", "以上", "at least"
    EXACTLY = "EXACTLY", "等于", "exactly"
    ABOUT = "ABOUT", "左右", "about"


class TargetKey(NamedTuple):
    """What a target is about: a measure, of one category or of all."""

    measure: TargetMeasure
    category: Code | None


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualTargetSet:
    """年度目标: a region's target for a year; `value` is in fen, pieces, or hundredths of a percent."""

    year: int
    measure: TargetMeasure
    operator: Operator
    stated: Stated
    value: int
    category: Code | None = None
    source: Document | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualTargetRevised:
    """年度目标调整: another value for a target that was set before, with the reason."""

    year: int
    measure: TargetMeasure
    operator: Operator
    stated: Stated
    value: int
    reason: Reason
    category: Code | None = None
    source: Document | None = None


TargetFact: TypeAlias = AnnualTargetSet | AnnualTargetRevised
PlanFact: TypeAlias = TargetFact | AnnualPlanFact

# State


class Target(NamedTuple):
    """A target in force."""

    operator: Operator
    stated: Stated
    source: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Targets and key lists in force, in one region's ledger for one year."""

    targets: Mapping[TargetKey, Target] = field(default_factory=dict)
    lists: Lists = field(default_factory=dict)


def evolve(state: Plan, fact: PlanFact) -> Plan:
    """Fold one fact; no rule, never raises."""
    match fact:
        case AnnualTargetSet() | AnnualTargetRevised():
            key = TargetKey(fact.measure, fact.category)
            return replace(state, targets={**state.targets, key: Target(fact.operator, fact.stated, fact.source)})
        case _:
            return replace(state, lists=listed(state.lists, fact))


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAnnualTarget:
    """下达或调整年度目标 Set or revise a target for a year; a revision carries a reason."""

    year: int
    measure: TargetMeasure
    operator: Operator
    stated: Stated
    category: Code | None = None
    source: Document | None = None
    reason: Reason | None = None


PlanCommand: TypeAlias = SetAnnualTarget | AnnualPlanCommand


def decide(command: PlanCommand, state: Plan, place: Place, *rest: Any) -> Sequence[PlanFact]:
    """Judge a command on a year's plan.

    Args:
        command: what is wanted.
        state: the plan.
        place: its currency and categories, and whose lists its ledger keeps.
        rest: the states of `projects_of(command)`, in their order, and last the day.
    """
    *projects, today = rest
    if isinstance(command, SetAnnualTarget):
        return _set_target(command, state, place, today)
    known = dict(zip(projects_of(command), projects, strict=True))
    return decide_annual_plan(command, state.lists, place, known, today)


def _set_target(command: SetAnnualTarget, state: Plan, place: Place, today: date) -> list[TargetFact]:
    _check(command, place, today)
    known = state.targets.get(TargetKey(command.measure, command.category))
    if known == Target(command.operator, command.stated, command.source):
        return []  # Already so.
    if known is None:
        return [
            AnnualTargetSet(
                year=command.year,
                measure=command.measure,
                operator=command.operator,
                stated=command.stated,
                value=command.stated.minor,
                category=command.category,
                source=command.source,
            )
        ]
    if command.reason is None:
        raise AlreadyStatedError("reason", stated=known.stated)
    return [
        AnnualTargetRevised(
            year=command.year,
            measure=command.measure,
            operator=command.operator,
            stated=command.stated,
            value=command.stated.minor,
            reason=command.reason,
            category=command.category,
            source=command.source,
        )
    ]


def _check(command: SetAnnualTarget, place: Place, today: date) -> None:
    place.need_open()
    need_year(command.year, today)
    match command.measure:
        case TargetMeasure.INVESTMENT:
            place.need_money(command.stated)
        case TargetMeasure.PROJECT_COUNT | TargetMeasure.NEW_STARTS | TargetMeasure.COMPLETIONS:
            _need_unit(command.stated, Unit.COUNT)
        case TargetMeasure.INVESTMENT_SHARE:
            _need_unit(command.stated, Unit.PERCENT)
            if command.category is None:
                raise InvalidValueError("category", rule="required: a share is of a category")
            if command.stated.minor > _WHOLE:
                raise InvalidValueError("stated", "figure", rule="at most 100 %")
        case TargetMeasure.FAI_GROWTH:
            _need_unit(command.stated, Unit.PERCENT)
            if command.category is not None:
                raise InvalidValueError("category", rule="none: growth is of all fixed-asset investment")
        case _:
            assert_never(command.measure)
    if command.stated.minor < 0:
        raise BelowZeroError("stated", "figure", amount=command.stated)
    if command.category is not None:
        place.need_term(Dictionary.CATEGORY, command.category, "category")


def _need_unit(stated: Stated, unit: Unit) -> None:
    if stated.unit is not unit:
        raise WrongUnitError("stated", "unit", unit=stated.unit, expected=unit)


def plan_stream(region: Region, year: int) -> Stream:
    """Return the stream of a region's targets and key lists for a year."""
    return Stream("plan", uuid5(NAMESPACE, f"plan:{region}:{year}"))


def _stream(command: PlanCommand, region: Region, _command_id: UUID) -> UUID:
    return plan_stream(region, command.year).id


def _reads(command: PlanCommand, region: Region) -> tuple[Stream, ...]:
    return (place_stream(region), *map(project_stream, projects_of(command)))


DECIDER: Final = Decider[Plan](
    kind="plan",
    commands=(SetAnnualTarget, *ANNUAL_PLAN_COMMANDS),
    facts=(AnnualTargetSet, AnnualTargetRevised, *ANNUAL_PLAN_FACTS),
    initial=Plan(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
