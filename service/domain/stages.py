"""阶段与时期: what is derived from gates. Stages are the place's own list for a track; the five phases are everyone's.

Source: domain.md, Gates, not a stage list; mission.md B2-B5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from service.domain.codes import read_rows
from service.domain.gates import Gate
from service.domain.identity import Track
from service.domain.labels import Labelled
from service.domain.values import Code, Name


class Phase(Labelled):
    """时期 Phase: CONCEPT 谋划储备, PREPARATION 前期, CONSTRUCTION 在建, COMPLETED 建成, OPERATING 投产.

    The one closed list: the same five everywhere.
    """

    CONCEPT = "CONCEPT", "谋划储备", "concept and reserve"
    PREPARATION = "PREPARATION", "前期", "preparation"
    CONSTRUCTION = "CONSTRUCTION", "在建", "under construction"
    COMPLETED = "COMPLETED", "建成", "completed"
    OPERATING = "OPERATING", "投产", "operating"


class Activity(Labelled):
    """活动状态 Whether a project goes on: ACTIVE 正常, SUSPENDED 停工, DEFERRED 缓建, TERMINATED 终止 (P9)."""

    ACTIVE = "ACTIVE", "正常推进", "active"
    SUSPENDED = "SUSPENDED", "停工", "suspended"
    DEFERRED = "DEFERRED", "缓建", "deferred"
    TERMINATED = "TERMINATED", "终止", "terminated"


class HandlingClass(Labelled):
    """处置类别 How a project is handled (五类处置, B5), extended so that every project has one; SLOW is within 在建."""

    RESERVED = "RESERVED", "储备", "in reserve"
    NEGOTIATING = "NEGOTIATING", "在谈", "under negotiation"
    SIGNED = "SIGNED", "已签约", "signed"
    NOT_STARTED = "NOT_STARTED", "未开工", "not started"
    UNDER_CONSTRUCTION = "UNDER_CONSTRUCTION", "在建", "under construction"
    BUILT = "BUILT", "建成", "built"
    SUSPENDED = "SUSPENDED", "停工", "suspended"
    DEFERRED = "DEFERRED", "缓建", "deferred"
    TERMINATED = "TERMINATED", "终止", "terminated"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRule:
    """阶段划分 A stage of a list, with the gates that lead to it; the first needs none."""

    code: Code
    zh: Name
    en: Name
    gates: tuple[Gate, ...] = ()


@cache
def default_stages() -> Mapping[Track, tuple[StageRule, ...]]:
    """Return the default list of every track."""
    found: dict[Track, list[StageRule]] = {one: [] for one in Track}
    for track, row in read_rows("stages.tsv"):
        code, zh, en, gates = row.split("\t")
        leading = tuple(Gate(gate) for gate in gates.split(",") if gate)
        found[Track(track)].append(StageRule(code=Code(code), zh=Name(zh), en=Name(en), gates=leading))
    return {track: tuple(rules) for track, rules in found.items()}


def stage_of(rules: Iterable[StageRule], reached: Iterable[Gate]) -> StageRule:
    """Return the furthest stage in the list to which one of the gates leads, whatever the order of the dates (B2)."""
    first, *others = rules
    gates = set(reached)
    return next((rule for rule in reversed(others) if gates & {*rule.gates}), first)


def ranks(rules: Iterable[StageRule]) -> dict[Gate, int]:
    """Return the place in the list of each gate that leads to a stage; of several stages the furthest counts."""
    return {gate: number for number, rule in enumerate(rules, 1) for gate in rule.gates}


_PHASES: Final = (
    (Phase.OPERATING, {Gate.PUT_INTO_PRODUCTION, Gate.DESIGN_CAPACITY_REACHED, Gate.BENEFITS_REACHED}),
    (Phase.COMPLETED, {Gate.COMPLETED}),
    (Phase.CONSTRUCTION, {Gate.STARTED}),
    (
        Phase.PREPARATION,
        {
            Gate.NEGOTIATION_OPENED,
            Gate.CONTRACT_SIGNED,
            Gate.APPROVED,
            Gate.CODE_ASSIGNED,
            Gate.LANDED,
            Gate.FULFILLED,
        },
    ),
)
"""纳统 and 后评价 move no phase: the one is watched beside the start, the other comes when all is done."""


def phase_of(reached: Iterable[Gate]) -> Phase:
    """Return the furthest phase to which one of the gates leads."""
    gates = set(reached)
    return next((phase for phase, leading in _PHASES if gates & leading), Phase.CONCEPT)


_BEFORE: Final = (
    (HandlingClass.NOT_STARTED, {Gate.APPROVED, Gate.CODE_ASSIGNED, Gate.LANDED, Gate.FULFILLED}),
    (HandlingClass.SIGNED, {Gate.CONTRACT_SIGNED}),
    (HandlingClass.NEGOTIATING, {Gate.NEGOTIATION_OPENED}),
)
"""Classes of projects that have not started, the furthest first."""


def handling_of(reached: Iterable[Gate], activity: Activity) -> HandlingClass:
    """Return the handling class; whether a project under construction is slow depends on the day one asks about."""
    if activity is not Activity.ACTIVE:
        return HandlingClass(activity.value)
    gates = set(reached)
    match phase_of(gates):
        case Phase.OPERATING | Phase.COMPLETED:
            return HandlingClass.BUILT
        case Phase.CONSTRUCTION:
            return HandlingClass.UNDER_CONSTRUCTION
        case Phase.PREPARATION | Phase.CONCEPT:
            return next((one for one, leading in _BEFORE if gates & leading), HandlingClass.RESERVED)
