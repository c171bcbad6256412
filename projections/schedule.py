"""工期: each project's milestones (planned, forecast, reached), its baselines, start conditions and progress notes.

What depends on today, such as an overdue milestone, is worked out by who asks. Source: domain.md, Schedule.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, get_args

import orjson

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.standing import StartBases
from projections.table import NOW_US, Table, Writes
from service.domain.baseline import BaselineFact, BaselineReset, BaselineSet, planned
from service.domain.configuration import DefinitionSet
from service.domain.gates import Gate, GateFact, GateKey, StartBasis, gate_of
from service.domain.place import PlaceOpened
from service.domain.schedule import (
    DECIDER,
    MilestoneForecast,
    MilestoneReached,
    ProgressNoted,
    ScheduleFact,
    StartConditionStated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

MILESTONE: Final = Table(
    name="schedule_milestone",
    key=("project_id", "milestone"),
    columns={
        "project_id": "uuid NOT NULL",
        "milestone": KEYWORD,
        "first_planned_on": "date NOT NULL",
        "planned_on": "date NOT NULL",
        "forecast_on": "date",
        "reason_code": KEYWORD_OR_NULL,
        "note": "text",
        "reached_on": "date",
        "position": "bigint NOT NULL",
    },
)
"""Milestones of the present baseline; `first_planned_on` is by the first baseline that had it."""
BASELINE: Final = Table(
    name="schedule_baseline",
    key=("project_id", "number"),
    columns={
        "project_id": "uuid NOT NULL",
        "number": "integer NOT NULL",
        "completion_on": "date NOT NULL",
        "milestones": "jsonb NOT NULL",
        "set_on": "date NOT NULL",
        "reason": "text",
        "reason_code": KEYWORD_OR_NULL,
        "approver": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
"""Every baseline, the first being number 1; none is ever overwritten."""
REACHED: Final = Table(
    name="milestone_reached",
    key=("project_id", "milestone", "variant"),
    columns={
        "project_id": "uuid NOT NULL",
        "milestone": KEYWORD,
        "variant": KEYWORD,
        "reached_on": "date NOT NULL",
    },
)
"""When milestones and gates were reached, whether or not a plan has them: a gate may come before the plan."""
CONDITION: Final = Table(
    name="start_condition",
    key=("project_id", "condition"),
    columns={
        "project_id": "uuid NOT NULL",
        "condition": KEYWORD,
        "met": "boolean NOT NULL",
        "occurred_on": "date NOT NULL",
        "note": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
NOTE: Final = Table(
    name="progress_note",
    key=("project_id", "position"),
    columns={
        "project_id": "uuid NOT NULL",
        "position": "bigint NOT NULL",
        "occurred_on": "date NOT NULL",
        "text": "text NOT NULL",
        "documents": "jsonb NOT NULL",
    },
    indexes=("project_id, occurred_on, position",),
)
BASIS: Final = Table(
    name="schedule_basis",
    key=("place",),
    columns={"place": KEYWORD, "start_bases": "jsonb NOT NULL"},
)
"""Which date the place counts as the start; kept here, because no read model reads another's tables."""

_GATES: Final = get_args(GateFact)
_EVERY: Final = f"""
SELECT m.project_id FROM schedule_milestone m
WHERE m.region = $1 AND m.milestone = '{Gate.STARTED}' AND m.recorded_to = {NOW_US}"""  # noqa: S608 - declared SQL only.


class ProjectSchedule:
    """工期."""

    name = "schedule"
    version = 1
    tables = (MILESTONE, BASELINE, REACHED, CONDITION, NOTE, BASIS)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into rows; ignores all but schedules, gates, and the opening of the place."""
        ours = [one for one in batch if isinstance(one.fact, (*DECIDER.facts, *_GATES, PlaceOpened, DefinitionSet))]
        if not ours:
            return
        region = ours[0].region
        if any(isinstance(one.fact, DefinitionSet) for one in ours):
            # What every project's start is judged by has changed.
            ids = [row["project_id"] for row in await connection.fetch(_EVERY, region)]
        else:
            ids = []
        ids += [one.stream_id for one in ours if not isinstance(one.fact, PlaceOpened | DefinitionSet)]
        fold = _Fold(
            await BASIS.current(connection, region, "place", [region]),
            await MILESTONE.current(connection, region, "project_id", ids),
            await BASELINE.current(connection, region, "project_id", ids),
            await REACHED.current(connection, region, "project_id", ids),
        )
        for one in ours:
            fold.take(one)
        await fold.writes.write(connection, region)


class _Project:
    """What a batch needs to know of one project.

    Attributes:
        plans: by when each baseline planned each milestone, in order of baselines.
        reached: when milestones and gates were reached.
        rows: milestones of the present baseline.
    """

    def __init__(self) -> None:
        self.plans: list[Mapping[str, date]] = []
        self.reached: dict[tuple[str, str], date] = {}
        self.rows: dict[str, dict[str, Any]] = {}

    def first_planned_on(self, milestone: str) -> date:
        """Return the date of the first baseline that has a milestone; the present one has it."""
        return next(plan[milestone] for plan in self.plans if milestone in plan)

    def reached_on(self, milestone: str, bases: StartBases) -> date | None:
        """Return the earliest date that stands and counts."""
        mine = {variant: day for (name, variant), day in self.reached.items() if name == milestone}
        return min((day for variant, day in mine.items() if _counts(milestone, variant, day, bases)), default=None)


def _counts(milestone: str, variant: str, day: date, bases: StartBases) -> bool:
    return milestone not in Gate.__members__ or bases.count(GateKey(Gate(milestone), variant), day)


class _Fold:
    """The rows that a batch touches, and how they change."""

    def __init__(
        self,
        bases: Mapping[Any, Any],
        milestones: Mapping[Any, Any],
        baselines: Mapping[Any, Any],
        reached: Mapping[Any, Any],
    ) -> None:
        (stored,) = bases.values() or ({"start_bases": "[]"},)
        self.bases = StartBases(stored["start_bases"])
        self.projects: dict[UUID, _Project] = {}
        for (project_id, milestone), row in milestones.items():
            self._of(project_id).rows[milestone] = row
        for (project_id, _), row in sorted(baselines.items()):
            self._of(project_id).plans.append(_plan_of(row["milestones"]))
        for (project_id, milestone, variant), row in reached.items():
            self._of(project_id).reached[milestone, variant] = row["reached_on"]
        self.writes = Writes(*ProjectSchedule.tables)

    def _of(self, project_id: UUID) -> _Project:
        return self.projects.setdefault(project_id, _Project())

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        fact: ScheduleFact | GateFact | PlaceOpened | DefinitionSet = one.fact
        match fact:
            case PlaceOpened():
                self._count_by(one, fact.start_basis)
            case DefinitionSet():
                if fact.start_basis is not None:
                    self._count_by(one, fact.start_basis, fact.holds_from)
            case BaselineSet() | BaselineReset():
                self._baseline(one, fact)
            case MilestoneForecast():
                told = {"forecast_on": fact.forecast_on, "reason_code": fact.reason_code, "note": fact.note}
                self._milestone(one, fact.milestone, told)
            case MilestoneReached():
                self._reached(one, fact.milestone, "", fact.occurred_on)
            case StartConditionStated():
                self.writes.set(CONDITION, one, {
                    "project_id": one.stream_id,
                    "condition": fact.condition,
                    "met": fact.met,
                    "occurred_on": fact.occurred_on,
                    "note": fact.note,
                    "documents": json_of(fact.documents),
                    "position": one.position,
                })  # fmt: skip
            case ProgressNoted():
                self.writes.set(NOTE, one, {
                    "project_id": one.stream_id,
                    "position": one.position,
                    "occurred_on": fact.occurred_on,
                    "text": fact.text,
                    "documents": json_of(fact.documents),
                })  # fmt: skip
            case _:
                gate, variant = gate_of(fact)
                self._reached(one, gate, variant, fact.occurred_on)

    def _count_by(self, one: Recorded, basis: StartBasis, holds_from: date | None = None) -> None:
        self.bases.add(basis, holds_from)
        self.writes.set(BASIS, one, {"place": one.region, "start_bases": str(self.bases)})
        for project_id, project in self.projects.items():
            self._milestone(one, Gate.STARTED, {"reached_on": project.reached_on(Gate.STARTED, self.bases)}, project_id)

    def _baseline(self, one: Recorded, fact: BaselineFact) -> None:
        project = self._of(one.stream_id)
        plan: dict[str, date] = {str(milestone): day for milestone, day in planned(fact.milestones).items()}
        project.plans.append(plan)
        reset = fact if isinstance(fact, BaselineReset) else None
        self.writes.set(BASELINE, one, {
            "project_id": one.stream_id,
            "number": len(project.plans),
            "completion_on": fact.completion_on,
            "milestones": json_of(fact.milestones),
            "set_on": fact.set_on,
            "reason": reset and reset.reason,
            "reason_code": reset and reset.reason_code,
            "approver": reset and reset.approver,
            "documents": json_of(fact.documents),
            "position": one.position,
        })  # fmt: skip
        for milestone in sorted(project.rows.keys() - plan.keys()):
            del project.rows[milestone]
            self.writes.end(MILESTONE, one, one.stream_id, milestone)
        for milestone, day in plan.items():
            row = project.rows.get(milestone)
            if row is None or row["planned_on"] != day:
                # A plan that moves a date is the last word on it: what was forecast before is over.
                project.rows[milestone] = {
                    "project_id": one.stream_id,
                    "milestone": milestone,
                    "first_planned_on": project.first_planned_on(milestone),
                    "forecast_on": None,
                    "reason_code": None,
                    "note": None,
                    "reached_on": project.reached_on(milestone, self.bases),
                }
                self._milestone(one, milestone, {"planned_on": day})

    def _reached(self, one: Recorded, milestone: str, variant: str, day: date) -> None:
        project = self._of(one.stream_id)
        known = project.reached.get((milestone, variant))
        if known != day:
            project.reached[milestone, variant] = day
            row = {"project_id": one.stream_id, "milestone": milestone, "variant": variant, "reached_on": day}
            self.writes.set(REACHED, one, row, fresh=known is None)
        self._milestone(one, milestone, {"reached_on": project.reached_on(milestone, self.bases)})

    def _milestone(
        self, one: Recorded, milestone: str, values: Mapping[str, Any], project_id: UUID | None = None
    ) -> None:
        """Change a milestone's row, if the present plan has it and it differs."""
        row = self._of(project_id or one.stream_id).rows.get(milestone)
        if row is not None and {**row, **values} != row:
            row |= {**values, "position": one.position}
            self.writes.set(MILESTONE, one, dict(row))


def _plan_of(stored: str) -> dict[str, date]:
    """Return a plan from its row."""
    return {one["milestone"]: date.fromisoformat(one["planned_on"]) for one in orjson.loads(stored)}
