"""重点项目名单与年度计划: which projects a region's key list of a year has, and what the year is to bring for each.

To be in the annual plan of an owner and a year is to be on that owner's key list of that year. A project may be on the
lists of its county, its prefecture and its province at once, so lists overlap and are never added up. Leaving a list is
a fact about the list, not about the project. Facts, state and commands of the plan stream. Source: domain.md, Lists and
plans; mission.md B15, G7-G9, G19, F-04.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias, assert_never, get_args
from uuid import UUID

from service.domain.codes import regions
from service.domain.errors import (
    AlreadyStatedError,
    BelowZeroError,
    ForeignListError,
    InvalidValueError,
    NotListedError,
    RejectedError,
    WrongOrderError,
)
from service.domain.labels import Labelled
from service.domain.place import Place
from service.domain.project import Project
from service.domain.shape import at_most
from service.domain.values import FIRST_YEAR, Document, LongText, Reason, Region, Stated

MOST_ENTRIES: Final = 500
"""Most projects of one fact; the longest list of the accounts has 549 (G8), so a paper may take two commands."""
_YEARS_AHEAD: Final = 10
"""How far ahead a year may be planned: two five-year plans."""


class PlanClass(Labelled):
    """年度计划类别 What the year means for a project: NEW_START 新开工, CONTINUING 续建, PREPARATORY 前期."""

    NEW_START = "NEW_START", "新开工", "to be started"
    CONTINUING = "CONTINUING", "续建", "continuing"
    PREPARATORY = "PREPARATORY", "前期", "in preparation"


class ListLevel(Labelled):
    """名单层级 Level of a key list, by its owner's code: PROVINCE 省级, PREFECTURE 地市级, COUNTY 县级.

    A bare 市 is ambiguous: 市重点 of 祁阳市 is a county's list, 永州市重点 a prefecture's (S0).
    """

    PROVINCE = "PROVINCE", "省级", "province"
    PREFECTURE = "PREFECTURE", "地市级", "prefecture"
    COUNTY = "COUNTY", "县级", "county"


def level_of(owner: str) -> ListLevel:
    """Return the level of a list by the digits of its owner's code; a functional zone counts as a county."""
    if owner.endswith("0000"):
        return ListLevel.PROVINCE
    return ListLevel.PREFECTURE if owner.endswith("00") else ListLevel.COUNTY


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """列入项目: a project with what the paper says of its year; `planned_fen` is the exact value of its investment.

    `completes_this_year` (计划竣工) is a flag inside the total and no class of its own.
    """

    project_id: UUID
    plan_class: PlanClass
    completes_this_year: bool
    planned_investment: Stated | None = None
    planned_fen: int | None = None
    image_target: LongText | None = None
    planned_start: date | None = None
    planned_completion: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualPlanIncluded:
    """列入年度计划: what one document puts on a key list (列入, 调入), or changes there (调整) with the reason.

    `entries` are whole: what was said of a project before is replaced. Projects that are not named stay as they are.
    """

    list_owner: Region
    year: int
    entries: tuple[PlanEntry, ...]
    source: Document
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnualPlanRemoved:
    """调出年度计划: projects leave a key list; what they are and have done is not touched."""

    list_owner: Region
    year: int
    projects: tuple[UUID, ...]
    reason: Reason
    documents: tuple[Document, ...] = ()


AnnualPlanFact: TypeAlias = AnnualPlanIncluded | AnnualPlanRemoved

# State


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """The entries of a list, and the projects that were on it and left."""

    entries: Mapping[UUID, PlanEntry] = field(default_factory=dict)
    left: frozenset[UUID] = frozenset()


Lists: TypeAlias = Mapping[Region, KeyList]
"""The lists of a year, by the code of the owner that their first fact named."""


def listed(lists: Lists, fact: AnnualPlanFact) -> Lists:
    """Fold one fact; no rule, never raises."""
    known = lists.get(fact.list_owner, KeyList())
    match fact:
        case AnnualPlanIncluded():
            entries = {**known.entries, **{entry.project_id: entry for entry in fact.entries}}
            after = KeyList(entries=entries, left=known.left.difference(entries))
        case AnnualPlanRemoved():
            gone = frozenset(fact.projects)
            staying = {project: entry for project, entry in known.entries.items() if project not in gone}
            after = KeyList(entries=staying, left=known.left | gone)
        case _:
            assert_never(fact)
    return {**lists, fact.list_owner: after}


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryToInclude:
    """列入项目 A project, and what the paper says of its year.

    Raises:
        WrongOrderError: it is to be completed before it starts.
    """

    project_id: UUID
    plan_class: PlanClass
    completes_this_year: bool
    planned_investment: Stated | None = None
    image_target: LongText | None = None
    planned_start: date | None = None
    planned_completion: date | None = None

    def __post_init__(self) -> None:
        start, completion = self.planned_start, self.planned_completion
        if start is not None and completion is not None and completion < start:
            raise WrongOrderError("planned_completion", start=start, end=completion)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeInAnnualPlan:
    """列入年度计划 Put projects on a key list by one document; with a reason where it changes what stands."""

    list_owner: Region
    year: int
    entries: tuple[EntryToInclude, ...] = at_most(MOST_ENTRIES)
    source: Document
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFromAnnualPlan:
    """调出年度计划 Take projects off a key list."""

    list_owner: Region
    year: int
    projects: tuple[UUID, ...] = at_most(MOST_ENTRIES)
    reason: Reason
    documents: tuple[Document, ...] = ()


AnnualPlanCommand: TypeAlias = IncludeInAnnualPlan | RemoveFromAnnualPlan
ANNUAL_PLAN_COMMANDS: Final = get_args(AnnualPlanCommand)
ANNUAL_PLAN_FACTS: Final = get_args(AnnualPlanFact)


def projects_of(command: object) -> tuple[UUID, ...]:
    """Return the projects whose states a decision needs, each once: who leaves a list may have been voided."""
    if not isinstance(command, IncludeInAnnualPlan):
        return ()
    return tuple(dict.fromkeys(entry.project_id for entry in command.entries))


def need_year(year: int, today: date) -> None:
    """Refuse a year that can't be planned.

    Raises:
        InvalidValueError: it is before any figure, or too far ahead.
    """
    if not FIRST_YEAR <= year <= today.year + _YEARS_AHEAD:
        raise InvalidValueError("year", value=year)


def decide_annual_plan(
    command: AnnualPlanCommand, lists: Lists, place: Place, projects: Mapping[UUID, Project], today: date
) -> Sequence[AnnualPlanFact]:
    """Judge a change of a list; reads the place and, for an inclusion, every project of it."""
    own = place.need_open().region
    need_year(command.year, today)
    owner = _owner(command.list_owner, own, lists)
    known = lists.get(owner, KeyList())
    match command:
        case IncludeInAnnualPlan():
            return _include(command, owner, known, place, projects)
        case RemoveFromAnnualPlan():
            return _remove(command, owner, known)
    assert_never(command)


def _owner(named: Region, own: Region, lists: Lists) -> Region:
    """Return the code that the list stands under: that of its first fact, whichever code of the owner is named now."""
    units = {unit for code in _codes(own) for unit in (code, *regions.ancestors(code))}
    if not any(named in _codes(unit) for unit in units):
        raise ForeignListError("list_owner", value=named, place=own)
    return next((owner for owner in lists if owner in _codes(named)), named)


def _codes(code: str) -> tuple[str, ...]:
    """Return a region's code with its later and former ones."""
    return (*regions.codes_from(code), *regions.predecessors(code))


def _include(
    command: IncludeInAnnualPlan, owner: Region, known: KeyList, place: Place, projects: Mapping[UUID, Project]
) -> list[AnnualPlanFact]:
    _need_each_once("entries", [entry.project_id for entry in command.entries])
    changed = [entry for entry in _entries(command, place, projects) if known.entries.get(entry.project_id) != entry]
    if not changed:
        return []  # Already so.
    if command.reason is None:
        for entry in changed:
            if entry.project_id in known.entries or entry.project_id in known.left:
                raise AlreadyStatedError("reason", project_id=entry.project_id, list_owner=owner, year=command.year)
    return [
        AnnualPlanIncluded(
            list_owner=owner,
            year=command.year,
            entries=tuple(changed),
            source=command.source,
            reason=command.reason,
        )
    ]


def _entries(command: IncludeInAnnualPlan, place: Place, projects: Mapping[UUID, Project]) -> Iterator[PlanEntry]:
    """Yield the entries, each judged."""
    for number, entry in enumerate(command.entries):
        path = ("entries", f"[{number}]")
        try:
            projects[entry.project_id].need_current()
        except RejectedError as error:
            raise error.below(*path) from error
        if entry.planned_investment is not None:
            _need_planned(entry.planned_investment, place, *path, "planned_investment")
        yield PlanEntry(
            project_id=entry.project_id,
            plan_class=entry.plan_class,
            completes_this_year=entry.completes_this_year,
            planned_investment=entry.planned_investment,
            planned_fen=None if entry.planned_investment is None else entry.planned_investment.fen,
            image_target=entry.image_target,
            planned_start=entry.planned_start,
            planned_completion=entry.planned_completion,
        )


def _need_planned(stated: Stated, place: Place, *path: str) -> None:
    try:
        place.need_money(stated)
    except RejectedError as error:
        raise type(error)(*path, *error.path[1:], **error.params) from error  # The place calls the field `stated`.
    if stated.fen < 0:
        raise BelowZeroError(*path, "figure", amount=stated)


def _remove(command: RemoveFromAnnualPlan, owner: Region, known: KeyList) -> list[AnnualPlanFact]:
    _need_each_once("projects", command.projects)
    for number, project_id in enumerate(command.projects):
        if project_id not in known.entries and project_id not in known.left:
            raise NotListedError("projects", f"[{number}]", project_id=project_id, list_owner=owner, year=command.year)
    leaving = tuple(project_id for project_id in command.projects if project_id in known.entries)
    if not leaving:
        return []  # Already so.
    return [
        AnnualPlanRemoved(
            list_owner=owner,
            year=command.year,
            projects=leaving,
            reason=command.reason,
            documents=command.documents,
        )
    ]


def _need_each_once(name: str, projects: Sequence[UUID]) -> None:
    if not 1 <= len(projects) <= MOST_ENTRIES or len(set(projects)) < len(projects):
        raise InvalidValueError(name, rule=f"1 to {MOST_ENTRIES}, each project once")
