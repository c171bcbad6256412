"""责任体系: who answers for a project, and its work plan: facts, state, evolve, commands, decide.

The units' liaisons (liaison.py) are on a roster of the region's own. Names and contacts are personal: no rule reads
one, so two posts that differ in nothing else are the same to the rules, and `rank` is what tells them apart. A term
lasts from `since` until the day `until`, which is no longer of it. Source: domain.md, Roster; mission.md C6-C11, C15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Decider, Stream, not_later
from service.domain.errors import AlreadyStatedError, InvalidValueError, NotFoundError
from service.domain.labels import Labelled
from service.domain.liaison import (
    LIAISON_COMMANDS,
    LIAISON_FACTS,
    Liaison,
    LiaisonCommand,
    LiaisonFact,
    check_end,
    check_public,
    check_term,
    decide_liaison,
    liaisons_after,
)
from service.domain.place import Place, place_stream
from service.domain.project import project_stream
from service.domain.values import Document, Erased, Name, Personal, Reason, Region

MOST_RANK: Final = 999
"""Last place that a holder of a role may have."""


class RosterRole(Labelled):
    """责任角色 What somebody answers for on a project, in the order in which a roster lists it."""

    LEAD_OFFICIAL = "LEAD_OFFICIAL", "牵头领导", "lead official"
    CONTACT_LEADER = "CONTACT_LEADER", "包联领导", "contact leader"
    DIVIDED_LEADER = "DIVIDED_LEADER", "分包领导", "leader in charge"
    RESPONSIBLE_UNIT = "RESPONSIBLE_UNIT", "责任单位", "responsible unit"
    HEADQUARTERS = "HEADQUARTERS", "指挥部", "project headquarters"
    TASK_FORCE = "TASK_FORCE", "工作专班", "task force"
    CHIEF_SERVICE_OFFICER = "CHIEF_SERVICE_OFFICER", "首席服务官", "chief service officer"
    STEWARD = "STEWARD", "项目管家", "project steward"
    POLICE_OFFICER = "POLICE_OFFICER", "项目警官", "project police officer"
    DISCIPLINE_INSPECTOR = "DISCIPLINE_INSPECTOR", "纪检监察员", "discipline inspector"
    LIAISON = "LIAISON", "联络员", "liaison"
    OWNER_CONTACT = "OWNER_CONTACT", "业主联系人", "owner's contact"
    AGENT = "AGENT", "帮代办专员", "filing agent"


class RosterGap(Labelled):
    """体系缺口 What a project's roster lacks of 五个一 and of the three officers, or has more than once."""

    LEAD_OFFICIAL_MISSING = "LEAD_OFFICIAL_MISSING", "缺牵头领导", "no lead official"
    LEAD_OFFICIAL_SEVERAL = "LEAD_OFFICIAL_SEVERAL", "牵头领导多于一名", "more than one lead official"
    TASK_FORCE_MISSING = "TASK_FORCE_MISSING", "缺工作专班", "no task force"
    TASK_FORCE_SEVERAL = "TASK_FORCE_SEVERAL", "工作专班多于一个", "more than one task force"
    WORK_PLAN_MISSING = "WORK_PLAN_MISSING", "缺工作方案", "no work plan"
    SCHEDULE_MISSING = "SCHEDULE_MISSING", "缺时间进度表", "no schedule"
    STEWARD_MISSING = "STEWARD_MISSING", "缺项目管家", "no project steward"
    STEWARD_SEVERAL = "STEWARD_SEVERAL", "项目管家多于一名", "more than one project steward"
    POLICE_OFFICER_MISSING = "POLICE_OFFICER_MISSING", "缺项目警官", "no project police officer"
    POLICE_OFFICER_SEVERAL = "POLICE_OFFICER_SEVERAL", "项目警官多于一名", "more than one project police officer"
    DISCIPLINE_INSPECTOR_MISSING = "DISCIPLINE_INSPECTOR_MISSING", "缺纪检监察员", "no discipline inspector"
    DISCIPLINE_INSPECTOR_SEVERAL = (
        "DISCIPLINE_INSPECTOR_SEVERAL",
        "纪检监察员多于一名",
        "more than one discipline inspector",
    )


EXACTLY_ONE: Final = (
    RosterRole.LEAD_OFFICIAL,
    RosterRole.TASK_FORCE,
    RosterRole.STEWARD,
    RosterRole.POLICE_OFFICER,
    RosterRole.DISCIPLINE_INSPECTOR,
)
"""Roles of which a project has one each (C9, C10): none or several is a gap on a list, never a refusal."""


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PostAssigned:
    """任职: a person or a unit takes a role on the project, with title and contact; `rank` orders those of one role.

    The contact may be published if it is said to be public, and so may the holder's name (mission.md C7).
    """

    post_id: UUID
    role: RosterRole
    since: date
    contact_public: bool
    holder_public: bool | None = None
    holder: Personal | Erased | None = None
    unit: Name | None = None
    title: Name | None = None
    contact: Personal | Erased | None = None
    rank: int | None = None
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The first day of the term."""
        return self.since


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEnded:
    """离任: a post is no longer held from a day on; stated again with another day, it corrects the day."""

    post_id: UUID
    until: date
    reason: Reason
    documents: tuple[Document, ...] = ()

    @property
    def occurred_on(self) -> date:
        """The day from which it is no longer held."""
        return self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkPlanFiled:
    """工作方案: how the project is to be worked on; the first document is the plan itself, the others its annexes."""

    occurred_on: date
    documents: tuple[Document, ...]
    reason: Reason | None = None


RosterFact: TypeAlias = PostAssigned | PostEnded | WorkPlanFiled | LiaisonFact

# State


class Post(NamedTuple):
    """An assignment without what is personal, and the day on which it ended."""

    role: RosterRole
    unit: Name | None
    title: Name | None
    rank: int | None
    since: date
    contact_public: bool
    holder_public: bool
    documents: tuple[Document, ...]
    names_holder: bool
    names_contact: bool
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Posts by id and how many there ever were, work plans by title, liaisons by unit."""

    posts: Mapping[UUID, Post] = field(default_factory=dict)
    assigned: int = 0
    work_plans: Mapping[Name, WorkPlanFiled] = field(default_factory=dict)
    liaisons: Mapping[Name, Liaison] = field(default_factory=dict)


def evolve(state: Roster, fact: RosterFact) -> Roster:
    """Fold one fact; no rule, never raises."""
    match fact:
        case PostAssigned():
            return replace(state, posts={**state.posts, fact.post_id: _post(fact)}, assigned=state.assigned + 1)
        case PostEnded():
            ended = {key: one._replace(until=fact.until) for key, one in state.posts.items() if key == fact.post_id}
            return replace(state, posts={**state.posts, **ended})
        case WorkPlanFiled():
            plans = {paper.title: fact for paper in fact.documents[:1]}
            return replace(state, work_plans={**state.work_plans, **plans})
        case _:
            return replace(state, liaisons=liaisons_after(state.liaisons, fact))


def _post(of: PostAssigned | AssignPost) -> Post:
    return Post(
        role=of.role,
        unit=of.unit,
        title=of.title,
        rank=of.rank,
        since=of.since,
        contact_public=bool(of.contact_public),
        holder_public=bool(of.holder_public),
        documents=of.documents,
        names_holder=of.holder is not None,
        names_contact=of.contact is not None,
    )


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignPost:
    """任职 Give a person or a unit a role on a project; several may have one role."""

    project_id: UUID
    role: RosterRole
    since: date
    holder: Personal | None = None
    unit: Name | None = None
    title: Name | None = None
    holder_public: bool | None = None
    contact: Personal | None = None
    contact_public: bool | None = None
    rank: int | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPost:
    """离任 End a post, or correct the day on which it ended."""

    project_id: UUID
    post_id: UUID
    until: date
    reason: Reason
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileWorkPlan:
    """报送工作方案 File a project's work plan; one of the same title is corrected with a reason."""

    project_id: UUID
    occurred_on: date
    documents: tuple[Document, ...]
    reason: Reason | None = None


RosterCommand: TypeAlias = AssignPost | EndPost | FileWorkPlan | LiaisonCommand


def decide(command: RosterCommand, state: Roster, place: Place, *known: Any) -> Sequence[RosterFact]:
    """Judge a command; `known` is the project if it is about one (it must not be voided), then the day."""
    *projects, today = known
    place.need_open()
    for project in projects:
        project.need_current()
    match command:
        case AssignPost():
            return _assign(command, state, today)
        case EndPost():
            return _end(command, state, today)
        case FileWorkPlan():
            return _file(command, state, today)
        case _:
            return decide_liaison(command, state.liaisons.get(command.unit), today)


def _assign(command: AssignPost, state: Roster, today: date) -> list[RosterFact]:
    if command.holder is None and command.unit is None:
        raise InvalidValueError("holder", rule="a holder, a unit, or both")
    if command.rank is not None and not 1 <= command.rank <= MOST_RANK:
        raise InvalidValueError("rank", rule=f"1 to {MOST_RANK}", value=command.rank)
    check_term(command.since, today)
    check_public("holder", command.holder, public=command.holder_public)
    check_public("contact", command.contact, public=command.contact_public)
    post = _post(command)
    if post in state.posts.values():
        return []  # Already so, as far as a rule may know.
    return [
        PostAssigned(
            # Of the stream alone, so that a retry of the command and a replay find the same.
            post_id=post_id(command.project_id, state.assigned + 1),
            role=command.role,
            since=command.since,
            contact_public=post.contact_public,
            holder_public=post.holder_public or None,
            holder=command.holder,
            unit=command.unit,
            title=command.title,
            contact=command.contact,
            rank=command.rank,
            documents=command.documents,
        )
    ]


def _end(command: EndPost, state: Roster, today: date) -> list[RosterFact]:
    post = state.posts.get(command.post_id)
    if post is None:
        raise NotFoundError("post_id")
    if post.until == command.until:
        return []  # Already so.
    check_end(command.until, post.since, today)
    return [PostEnded(post_id=command.post_id, until=command.until, reason=command.reason, documents=command.documents)]


def _file(command: FileWorkPlan, state: Roster, today: date) -> list[RosterFact]:
    if not command.documents:
        raise InvalidValueError("documents", rule="at least one: the plan itself")
    not_later(command.occurred_on, today)
    fact = WorkPlanFiled(occurred_on=command.occurred_on, documents=command.documents, reason=command.reason)
    known = state.work_plans.get(command.documents[0].title)
    if known is not None:
        if replace(known, reason=fact.reason) == fact:
            return []  # Already so.
        if command.reason is None:
            raise AlreadyStatedError("reason", stated=known.occurred_on)
    return [fact]


def post_id(project_id: UUID, number: int) -> UUID:
    """Return the id of the n-th post that a project's roster ever had, from 1."""
    return uuid5(NAMESPACE, f"post:{project_id}:{number}")


def roster_stream(project_id: UUID) -> Stream:
    """Return the stream of a project's posts and work plans."""
    return Stream("roster", project_id)


def region_roster_stream(region: Region) -> Stream:
    """Return the stream of a region's liaisons."""
    return Stream("roster", uuid5(NAMESPACE, f"roster:{region}"))


def _stream(command: RosterCommand, region: Region, _command_id: UUID) -> UUID:
    if isinstance(command, LiaisonCommand):
        return region_roster_stream(region).id
    return command.project_id


def _reads(command: RosterCommand, region: Region) -> tuple[Stream, ...]:
    if isinstance(command, LiaisonCommand):
        return (place_stream(region),)
    return (place_stream(region), project_stream(command.project_id))


DECIDER: Final = Decider[Roster](
    kind="roster",
    commands=(AssignPost, EndPost, FileWorkPlan, *LIAISON_COMMANDS),
    facts=(PostAssigned, PostEnded, WorkPlanFiled, *LIAISON_FACTS),
    initial=Roster(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
)
