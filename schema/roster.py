"""责任体系: rows of a project's roster, of people, of unit liaisons and of gaps, as they are read."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

import strawberry

from schema.read import children, column, holds, reads
from schema.values import Document, Position, RegionRef, project_id_sql
from service.domain.liaison import LiaisonUnitKind
from service.domain.roster import RosterGap, RosterRole
from service.domain.stages import Phase

_ROLES: Final = ", ".join(f"'{role}'" for role in RosterRole)
IN_OFFICE: Final = f"array_position(ARRAY[{_ROLES}], t.role), t.rank NULLS LAST, t.since, t.position"
"""Order of posts: by role as rosters list them, then by rank."""
_PROJECT_OF_POST: Final = (
    f"(SELECT {{}} FROM project_status p WHERE p.region = t.region AND p.project_id = t.project_id AND {holds('p')})"  # noqa: S608 - declared SQL only.
)


@reads("t", "任职 A role on a project, held by a person, a unit, or a person for a unit.", name="RosterPost")
class PostRow:
    """A post."""

    id: UUID = column("t.post_id", "任职编号 To be sent as postId when it ends.")
    role: RosterRole = column("t.role", "责任角色 What they answer for.")
    rank: int | None = column("t.rank", "排序 Place among those with the role, from 1.")
    holder: str | None = column("nullif(t.holder, '')", "任职人员 Name; null if none was given or it was erased.")
    holder_erased: bool = column("t.names_holder AND t.holder = ''", "姓名已删除 Whether a name was there once.")
    holder_public: bool = column("t.holder_public", "姓名是否公开 Whether the name may be published.")
    unit: str | None = column("nullif(t.unit, '')", "单位 The unit, or whose person it is.")
    title: str | None = column("t.title", "职务 Office that the person holds.")
    contact: str | None = column("t.contact", "联系方式 Contact; null if none was given or it was erased.")
    contact_erased: bool = column("t.names_contact AND t.contact IS NULL", "联系方式已删除 Whether one was there once.")
    contact_public: bool = column("t.contact_public", "联系方式是否公开 Whether it may be published.")
    since: date = column("t.since", "任职日期 First day of the term.")
    until: date | None = column("t.until", "离任日期 The day from which it is no longer held; null while it is.")
    documents: list[Document] = column("t.documents", "文件依据 What the assignment rests on.")
    end_reason: str | None = column("t.end_reason", "离任理由 Why it ended.")
    end_documents: list[Document] = column("t.end_documents", "离任文件依据 What its end rests on.")
    position: Position = column("t.position", "日志位置 The assignment's place in the region's log.")


@reads("w", "工作方案 A work plan that was filed.", name="WorkPlan")
class WorkPlanRow:
    """A work plan."""

    title: str = column("w.title", "方案名称 Title of the plan.")
    occurred_on: date = column("w.occurred_on", "日期 When it was made.")
    reason: str | None = column("w.reason", "更正理由 Why it was corrected.")
    documents: list[Document] = column("w.documents", "文件依据 The plan itself, and what belongs to it.")
    position: Position = column("w.position", "日志位置 The fact's place in the region's log.")


@reads("t", "所负责项目 A project that somebody answers for, and as what.")
class HeldPost:
    """A post as its holder sees it."""

    id: UUID = column("t.post_id", "任职编号 To be sent as postId when it ends.")
    role: RosterRole = column("t.role", "责任角色 What they answer for.")
    holder_public: bool = column("t.holder_public", "姓名是否公开 Whether the name may be published.")
    title: str | None = column("t.title", "职务 Office that the person holds.")
    contact: str | None = column("t.contact", "联系方式 Contact; null if none was given or it was erased.")
    contact_public: bool = column("t.contact_public", "联系方式是否公开 Whether it may be published.")
    since: date = column("t.since", "任职日期 First day of the term.")
    project_id: strawberry.ID = column(project_id_sql("t"), "项目 Its global id.")
    project_name: str = column(_PROJECT_OF_POST.format("p.name"), "项目名称 Name of the project.")
    phase: Phase = column(_PROJECT_OF_POST.format("p.phase"), "时期 Where the project stands.")


@reads("w", "责任人 A person or a unit, with the projects that it answers for now.")
class RosterPerson:
    """Who answers: posts of one name and unit in one ledger."""

    place: RegionRef = column("w.region", "台账地区 The region whose ledger holds the posts.")
    holder: str | None = column(
        "nullif(w.holder, '')", "任职人员 Name; null where a unit answers, or the name was erased."
    )
    unit: str | None = column("nullif(w.unit, '')", "单位 The unit, or whose person it is.")
    projects: int = column("w.projects", "项目数 How many projects, each once.")
    posts: list[HeldPost] = children(
        HeldPost,
        table="roster_post",
        where="t.region = w.region AND t.position = ANY(w.positions)",
        order=IN_OFFICE,
        description="所负责项目 Each post with its project.",
    )


@reads("u", "单位联络员 Who speaks for a unit on all projects of a region.")
class UnitLiaison:
    """A unit's liaison."""

    place: RegionRef = column("u.region", "台账地区 The region whose ledger holds it.")
    unit: str = column("u.unit", "单位 The unit.")
    unit_kind: LiaisonUnitKind = column("u.unit_kind", "单位类别 What the unit is to projects.")
    holder: str | None = column("nullif(u.holder, '')", "联络员姓名 Name; null if it was erased.")
    holder_public: bool = column("u.holder_public", "姓名是否公开 Whether the name may be published.")
    contact: str | None = column("u.contact", "联系方式 Contact; null if none was given or it was erased.")
    contact_erased: bool = column("u.names_contact AND u.contact IS NULL", "联系方式已删除 Whether one was there once.")
    contact_public: bool = column("u.contact_public", "联系方式是否公开 Whether it may be published.")
    since: date = column("u.since", "任职日期 First day of the term.")
    reason: str | None = column("u.reason", "更正理由 Why an earlier entry was corrected.")
    documents: list[Document] = column("u.documents", "文件依据 What it rests on.")
    position: Position = column("u.position", "日志位置 The fact's place in the region's log.")


@strawberry.type(description="体系缺口 A gap, with its label.")
class NamedGap:
    """A gap with its label."""

    gap: RosterGap = strawberry.field(description="缺口 Which gap.")
    zh: str = strawberry.field(description="中文名称 Label in Chinese.")
    en: str = strawberry.field(description="英文名称 Label in English.")

    @classmethod
    def of_plain(cls, plain: str) -> NamedGap:
        """Return a gap from its name."""
        gap = RosterGap(plain)
        return cls(gap=gap, zh=gap.label.zh, en=gap.label.en)


@reads("p", "责任体系缺口 A project whose roster has gaps.")
class RosterGaps:
    """A project with its gaps."""

    project_id: strawberry.ID = column(project_id_sql("p"), "项目 Its global id.")
    project_name: str = column("p.name", "项目名称 Name of the project.")
    place: RegionRef = column("p.region", "台账地区 The region whose ledger holds it.")
    region: RegionRef = column("p.location", "所在地 Where it lies.")
    phase: Phase = column("p.phase", "时期 Preparation or construction.")
    responsible_unit: str | None = column("p.responsible_unit", "责任单位 Responsible unit.")
    gaps: list[NamedGap] = column("to_json(p.gaps)", "缺口 What is missing, or there more than once.")
