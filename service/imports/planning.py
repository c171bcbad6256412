"""导入计划: the commands that lead from what the ledger holds to what the next snapshots state.

Ids are made from region, project and year: the same rows, in any order, add nothing the second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import takewhile
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid5

from service.clock import day_of
from service.domain import place, project, total_investment
from service.domain.decider import NAMESPACE
from service.domain.errors import RejectedError
from service.domain.identity import Changes, Identity, Track
from service.domain.place import Place
from service.domain.project import Project
from service.domain.total_investment import TotalKind
from service.domain.values import Reason, Reference, Region
from service.imports.snapshots import Fault, Finding, Reading, Snapshot, Source
from service.log.codec import fingerprint
from service.log.log import MOST_READ, Log

ROWS_TOGETHER: Final = 64
"""Rows of a year that share a recorded time, so that the log writes them together; it sets their facts 1 μs apart."""
APART_US: Final = 60_000_000
"""Recorded time from the year's publication to its first rows, and from these to the next."""


class Action(StrEnum):
    """What a command does; the value is how a dry run says it."""

    REGISTERED = "registered 登记"
    AMENDED = "amended 变更"
    TOTAL_SET = "total set 总投资核定"
    TOTAL_FIRST_PUBLISHED = "total first published 总投资首次公布"
    TOTAL_CHANGED = "total changed 总投资调整"
    TOTAL_WITHDRAWN = "total withdrawn 总投资撤回"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A command to send; `there` if the log already holds what it brings."""

    action: Action
    detail: str
    command: Any
    command_id: UUID
    there: bool = False

    def __str__(self) -> str:
        return f"{self.action}: {self.detail}{' (already there 已有)' if self.there else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one row leads to: commands in their order, none if nothing changed, or faults if it is refused.

    Attributes:
        recorded_us: recorded time to ask for, microseconds since 1970.
        left_out: what the row states and the ledger does not take.
    """

    snapshot: Snapshot
    recorded_us: int
    planned: tuple[Planned, ...] = ()
    refused: tuple[Fault, ...] = ()
    left_out: tuple[Fault, ...] = ()

    def finding(self, faults: Sequence[Fault]) -> Finding:
        """Say something about the row."""
        return Finding(self.snapshot.line, self.snapshot.number, self.snapshot.year, tuple(faults))

    def __str__(self) -> str:
        said = [f"refused 拒绝: {fault}" for fault in self.refused] or [*map(str, self.planned)] or ["nothing 无变化"]
        said += [f"left out 未采用: {fault}" for fault in self.left_out]
        return f"line {self.snapshot.line} {self.snapshot.number} {self.snapshot.year}: {'; '.join(said)}"


class Before(NamedTuple):
    """A fact that the log holds of a project; `year` is the year of the snapshot that brought it, 0 if none did."""

    year: int
    fact: Any
    command_id: UUID
    sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a log holds of a source's projects.

    Attributes:
        position: the log's end; 0 for an empty one.
        ids: project number of the source -> project.
        facts: project number of the source -> the project's facts, in log order.
    """

    position: int = 0
    ids: Mapping[str, UUID] = field(default_factory=dict)
    facts: Mapping[str, Sequence[Before]] = field(default_factory=dict)


async def known(source: Source, log: Log, region: Region) -> Known:
    """Read what a region's log holds of a source's projects."""
    ids: dict[str, UUID] = {}
    streams: dict[UUID, list[Before]] = {}
    position = 0
    while batch := await log.read(region, after=position, limit=MOST_READ):
        position = batch[-1].position
        for one in batch:
            if one.stored.stream_kind != project.DECIDER.kind:
                continue
            # Each fact of an import has its day in its snapshot's year: the day as of which, or that of publication.
            year = one.stored.occurred_on.year if one.stored.cause == source.cause else 0
            before = Before(year, one.fact, one.stored.command_id, one.stored.command_sha256)
            streams.setdefault(one.stream_id, []).append(before)
            ids |= {one_.id: one.stream_id for one_ in _references(one.fact) if one_.system == source.system}
    return Known(position=position, ids=ids, facts={number: streams[stream] for number, stream in ids.items()})


def _references(fact: object) -> tuple[Reference, ...]:
    match fact:
        case project.ProjectRegistered():
            return fact.identity.references
        case project.ProjectAmended(changes=Changes(references=tuple() as references)):
            return references
        case _:
            return ()


def plan(source: Source, reading: Reading, region: Region, held: Known | None = None) -> list[Step]:
    """Work out what the rows lead to, by the rules themselves; stores nothing and asks nobody.

    Args:
        source: who states the rows.
        reading: the rows.
        region: sandbox that keeps the ledger.
        held: what the log holds (see `known`); by default nothing.

    Returns:
        One step a row, in the order in which they are to be run: by year, then project number.

    Raises:
        RejectedError: the region can't keep a ledger of this source, because it is no sandbox.
    """
    opened = place.DECIDER.fold(place.decide(source.place(region), Place(), date.min))
    planner = _Planner(source, region, opened, held or Known())
    by_year: dict[int, list[Snapshot]] = {}
    for snapshot in sorted(reading.snapshots, key=lambda one: (one.year, one.number)):
        by_year.setdefault(snapshot.year, []).append(snapshot)
    return [
        planner.step(snapshot, source.published_us(year) + (index // ROWS_TOGETHER + 1) * APART_US)
        for year, snapshots in by_year.items()
        for index, snapshot in enumerate(snapshots)
    ]


def command_id(region: Region, number: str, year: int, what: str) -> UUID:
    """Return the id of what a row brings; the same for ever for the same row."""
    return uuid5(NAMESPACE, f"import:{region}:{number}:{year}:{what}")


class _Planner:
    """Goes through a source's rows, oldest first, with the state that each project has by then."""

    def __init__(self, source: Source, region: Region, opened: Place, held: Known) -> None:
        self._source = source
        self._region = region
        self._place = opened
        self._held = held
        self._ids = dict(held.ids)
        # After the last row: the project's state, the row's year, how many of the facts held came before it.
        self._states: dict[str, tuple[Project, int, int]] = {}

    def step(self, snapshot: Snapshot, recorded_us: int) -> Step:
        """Return what a row leads to, and go on from it."""
        number, year = snapshot.number, snapshot.year
        held = self._held.facts.get(number, ())
        by_id = {before.command_id: before for before in held}
        before, last, seen = self._states.get(number, (Project(), 0, 0))
        earlier = list(takewhile(lambda one: one.year < year, held))
        for one in earlier[seen:]:
            # What other people did till then, and what years brought that this file does not have.
            if one.year == 0 or one.year > last:
                before = project.evolve(before, one.fact)
        state, planned, faults = before, list[Planned](), list[Fault]()
        for action, what, detail, command in self._commands(snapshot, before):
            sent_id = command_id(self._region, number, year, what)
            there = by_id.get(sent_id)
            if there is not None and there.sha256 != fingerprint(command):
                faults.append(Fault("", f"imported before, but stated otherwise: {action}", "此前已导入,但内容不同"))
            try:
                facts = [there.fact] if there else project.decide(command, state, self._place, day_of(recorded_us))
            except RejectedError as error:
                faults.append(Fault.of(error))
                break
            for fact in facts:
                state = project.evolve(state, fact)
                planned.append(
                    Planned(action=action, detail=detail, command=command, command_id=sent_id, there=there is not None)
                )
        newest = max((one.year for one in held), default=0)
        if newest > year and not all(one.there for one in planned):
            faults.append(Fault("", f"older than the ledger's snapshot of {newest}", f"早于台账已有的{newest}年快照"))
        left_out = (snapshot.contradiction,) if snapshot.contradiction else ()
        if faults:
            return Step(snapshot=snapshot, recorded_us=recorded_us, refused=tuple(faults), left_out=left_out)
        self._states[number] = state, year, len(earlier)
        return Step(snapshot=snapshot, recorded_us=recorded_us, planned=tuple(planned), left_out=left_out)

    def _commands(self, snapshot: Snapshot, before: Project) -> Iterator[tuple[Action, str, str, Any]]:
        """Yield what the row says that the state before it does not: action, what of the row, detail, command."""
        number, year, system = snapshot.number, snapshot.year, self._source.system
        stated = _stated(snapshot)
        if before.identity is None:
            reference = Reference(system=system, id=number)
            identity = Identity(region=self._region, track=Track.GOVERNMENT, references=(reference,), **stated)
            registration = project.RegisterProject(identity=identity)
            sent_id = command_id(self._region, number, year, "register")
            self._ids.setdefault(number, project.DECIDER.stream(registration, self._region, sent_id))
            yield Action.REGISTERED, "register", snapshot.name, registration
        elif changed := {name: value for name, value in stated.items() if value != getattr(before.identity, name)}:
            gone = ", ".join(name for name, value in changed.items() if value is None)
            reason = Reason(f"{system} {year} snapshot" + (f": no longer published: {gone}" if gone else ""))
            amendment = project.AmendProject(project_id=self._ids[number], changes=Changes(**changed), reason=reason)
            yield Action.AMENDED, "amend", ", ".join(changed), amendment
        yield from self._total(snapshot, before, self._ids[number])

    def _total(
        self, snapshot: Snapshot, before: Project, project_id: UUID
    ) -> Iterator[
        tuple[Action, str, str, total_investment.SetTotalInvestment | total_investment.WithdrawTotalInvestment]
    ]:
        last, now = before.totals.get(TotalKind.APPROVED), snapshot.total
        was = last if isinstance(last, total_investment.TotalInvestmentSet) else None
        day = self._source.as_of_day(snapshot.year)
        why = f"{self._source.system} {snapshot.year} snapshot: whole-life cost"
        if now is None:
            if was is not None:
                reason = Reason(f"{why} no longer published")
                withdrawal = total_investment.WithdrawTotalInvestment(
                    project_id=project_id, kind=TotalKind.APPROVED, reason=reason, occurred_on=day
                )
                yield Action.TOTAL_WITHDRAWN, "total", f"{was.stated} → -", withdrawal
            return
        if was is None:
            action = Action.TOTAL_SET if before.identity is None else Action.TOTAL_FIRST_PUBLISHED
            said = "published" if before.identity is None else "first published"
            detail = str(now)
        elif was.amount_fen != now.fen:
            action, said, detail = Action.TOTAL_CHANGED, "restated", f"{was.stated} → {now}"
        else:
            return
        setting = total_investment.SetTotalInvestment(
            project_id=project_id, kind=TotalKind.APPROVED, stated=now, occurred_on=day, reason=Reason(f"{why} {said}")
        )
        yield action, "total", detail, setting


def _stated(snapshot: Snapshot) -> dict[str, Any]:
    """Return the fields of the identity that the row states; dates that contradict each other are as if not stated."""
    names = ["name", "category", "responsible_unit", "content"]
    if not snapshot.contradiction:
        names += ["planned_start", "planned_completion"]
    return {name: getattr(snapshot, name) for name in names}
