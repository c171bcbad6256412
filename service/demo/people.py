"""演示责任体系: posts, work plans and liaisons; holders are called by their post, contacts are no numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from service.demo.ledger import Sending
from service.demo.plot import Plot
from service.demo.spot import DEMO, Spot
from service.domain.liaison import AssignUnitLiaison, LiaisonUnitKind
from service.domain.roster import AssignPost, EndPost, FileWorkPlan, RosterRole, post_id
from service.domain.values import Name, Personal, Reason

POSTS: Final[tuple[tuple[RosterRole, str, bool], ...]] = (
    (RosterRole.LEAD_OFFICIAL, "牵头领导", True),
    (RosterRole.TASK_FORCE, "工作专班", False),
    (RosterRole.STEWARD, "项目管家", True),
    (RosterRole.POLICE_OFFICER, "项目警官", True),
    (RosterRole.DISCIPLINE_INSPECTOR, "纪检监察员", False),
    (RosterRole.CHIEF_SERVICE_OFFICER, "首席服务官", True),
    (RosterRole.LIAISON, "联络员", False),
    (RosterRole.OWNER_CONTACT, "业主联系人", False),
    (RosterRole.AGENT, "帮代办专员", True),
    (RosterRole.HEADQUARTERS, "指挥部", False),
)
"""Role, how its holder is called, and whether the contact is public."""
_UNITS: Final = {RosterRole.TASK_FORCE: "工作专班", RosterRole.HEADQUARTERS: "项目指挥部"}
_PUBLISHED: Final = frozenset({RosterRole.LEAD_OFFICIAL, RosterRole.CHIEF_SERVICE_OFFICER})
"""Roles whose holders are published by name (C7); a duty phone may be public without one."""
_LEADERS: Final = 12


def staff(
    plot: Plot, since: date, roles: int = 5, posts: Sequence[tuple[RosterRole, str, bool]] = POSTS
) -> Iterator[Sending]:
    """Yield who answers for a project: the first so many of the posts, one a week, less one here and there.

    The holder of the first in some time changes, and so has a successor.
    """
    for turn, (role, called, public) in enumerate(posts[:roles]):
        if plot.every(9, turn):
            continue
        day = since + timedelta(weeks=turn)
        command = _post(plot, role, called, day, public=public, number=plot.index % _LEADERS + 1)
        yield plot.reporting(day, f"post-{role.value.lower()}", command)
    if plot.every(10, 6) and not plot.every(9, 0):
        left = since + timedelta(days=260)
        end = EndPost(project_id=plot.id, post_id=post_id(plot.id, 1), until=left, reason=Reason("工作调整(演示)"))
        yield plot.reporting(left, "post-end", end)
        role, called, public = posts[0]
        successor = _post(plot, role, called, left, public=public, number=(plot.index + 5) % _LEADERS + 1)
        yield plot.reporting(left, "post-again", successor)
    if not plot.every(7, 3):
        day = since + timedelta(days=12)
        paper = plot.spot.paper("项目推进工作方案", day, plot.serial, "重点项目建设事务中心")
        yield plot.reporting(day, "work-plan", FileWorkPlan(project_id=plot.id, occurred_on=day, documents=(paper,)))


def _post(plot: Plot, role: RosterRole, called: str, since: date, *, public: bool, number: int) -> AssignPost:
    if role in _UNITS:
        unit = Name(f"{plot.stem}项目{_UNITS[role]}{DEMO}")
        return AssignPost(project_id=plot.id, role=role, since=since, unit=unit)
    return AssignPost(
        project_id=plot.id,
        role=role,
        since=since,
        holder=Personal(f"{called}{number:02}{DEMO}"),
        holder_public=role in _PUBLISHED,
        unit=Name(plot.unit) if role is RosterRole.LIAISON else None,
        contact=Personal(f"演示电话{number:02}"),
        contact_public=public,
    )


def liaisons(spot: Spot, units: Sequence[tuple[str, LiaisonUnitKind]], since: date) -> Iterator[Sending]:
    """Yield the liaison of each unit of a place (C11)."""
    for number, (unit, kind) in enumerate(units, 1):
        command = AssignUnitLiaison(
            unit=Name(unit),
            unit_kind=kind,
            holder=Personal(f"联络员{number:02}{DEMO}"),
            contact=Personal(f"演示电话{number:02}"),
            contact_public=False,
            since=since,
        )
        yield Sending(max(since, spot.opened_on), f"liaison-{number}", command)
