"""责任体系查询: who answers for what, the units' liaisons, and what projects' rosters lack."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import strawberry

from schema.context import Info
from schema.filters import InvestmentTotalsFilter
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, holds, select_list
from schema.regions import may_hold, region_of, within
from schema.roster import RosterGaps, RosterPerson, UnitLiaison
from service.access import Sight
from service.domain.errors import InvalidValueError
from service.domain.roster import EXACTLY_ONE, RosterGap, RosterRole
from service.domain.stages import Phase
from service.domain.values import MOST_LISTED, Personal

_PEOPLE: Final = Order("HOLDER", (("w.holder", "text"), ("w.unit", "text"), ("w.region", "text")))
_LIAISONS: Final = Order("UNIT", (("u.region", "text"), ("u.unit_kind", "text"), ("u.unit", "text")))
_GAPS: Final = Order("NAME", (("p.name", "text"), ("p.region", "text"), ("p.project_id", "uuid")))
_JUDGED: Final = (Phase.PREPARATION, Phase.CONSTRUCTION)
"""Phases in which a project's roster is to be complete."""

_COUNTS: Final = ", ".join(f"count(*) FILTER (WHERE r.role = '{role}') AS {role.lower()}" for role in EXACTLY_ONE)
_ROLE_GAPS: Final = tuple(
    f"CASE WHEN n.{role.lower()} = 0 THEN '{RosterGap(f'{role}_MISSING')}'"
    f" WHEN n.{role.lower()} > 1 THEN '{RosterGap(f'{role}_SEVERAL')}' END"
    for role in EXACTLY_ONE
)
_WORK_PLAN_GAP: Final = (
    "CASE WHEN NOT EXISTS (SELECT FROM work_plan w WHERE w.region = p.region AND w.project_id = p.project_id"
    f" AND {holds('w')}) THEN '{RosterGap.WORK_PLAN_MISSING}' END"
)
_SCHEDULE_GAP: Final = (
    "CASE WHEN NOT EXISTS (SELECT FROM schedule_baseline b WHERE b.region = p.region AND b.project_id = p.project_id"
    f" AND {holds('b')}) THEN '{RosterGap.SCHEDULE_MISSING}' END"
)
_EACH: Final = (*_ROLE_GAPS[:2], _WORK_PLAN_GAP, _SCHEDULE_GAP, *_ROLE_GAPS[2:])
"""All gaps, in the order of their list: first 五个一, then the three officers."""
_ROSTER: Final = f"""
    SELECT array_remove(ARRAY[{", ".join(_EACH)}], NULL) AS gaps
    FROM (
      SELECT {_COUNTS} FROM roster_post r
      WHERE r.region = p.region AND r.project_id = p.project_id AND r.until IS NULL AND {holds("r")}
    ) n"""  # noqa: S608 - declared SQL only.
"""Gaps of a project `p`, from the rows that hold now."""


@strawberry.input(description="责任人筛选 Which posts count; conditions are joined by and.")
class PeopleFilter:
    """Conditions on posts in force."""

    region: str | None = strawberry.field(
        default=None,
        description="所在地 Of projects in a region and all below it; a county's former and later codes are one.",
    )
    role: list[RosterRole] | None = strawberry.field(default=None, description="责任角色 Any of these.")
    holder: str | None = strawberry.field(default=None, description="任职人员 Of this name exactly.")

    def told(self) -> dict[str, Any]:
        """Return it as plain values, for a cursor's mark."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def where(self, binds: Binds) -> list[str]:
        """Return predicates over a post `w` of a project `p`.

        Raises:
            InvalidValueError: a value that can't be one, or too many.
        """
        found = []
        if self.region is not None:
            found.append(within("p.location", region_of(self.region, "filter", "region"), binds))
        if self.role is not None:
            if len(self.role) > MOST_LISTED:
                raise InvalidValueError("filter", "role", rule=f"at most {MOST_LISTED}")
            found.append(f"w.role = ANY({binds([str(one) for one in self.role], 'text[]')})")
        if self.holder is not None:
            found.append(f"w.holder = {binds(str(_name(self.holder)), 'text', 'filter', 'holder')}")
        return found


def _name(text: str) -> Personal:
    try:
        return Personal(text)
    except InvalidValueError as error:
        raise error.below("filter", "holder") from None


@strawberry.input(description="缺口筛选 Which projects, and which gaps; conditions are joined by and.")
class RosterGapFilter(InvestmentTotalsFilter):
    """Conditions on projects in preparation or under construction."""

    gap: list[RosterGap] | None = strawberry.field(default=None, description="缺口 Projects with any of these.")

    def where(self, binds: Binds, held: Callable[[str], str] = holds) -> list[str]:
        """Return predicates over a project row `p` with its `gaps`."""
        phases = ", ".join(f"'{one}'" for one in _JUDGED)
        found = [*super().where(binds, held), f"p.phase IN ({phases})", "cardinality(g.gaps) > 0"]
        if self.gap is not None:
            if len(self.gap) > MOST_LISTED:
                raise InvalidValueError("filter", "gap", rule=f"at most {MOST_LISTED}")
            found.append(f"g.gaps && {binds([str(one) for one in self.gap], 'text[]')}")
        return found


@strawberry.type
class RosterQuery:
    """Queries on who answers."""

    @strawberry.field(
        description="责任人 Who answers for which projects now, by name and unit, a page at a time. Posts on voided"
        " projects do not count, nor do those that neither a name nor a unit is left of."
    )
    async def people(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            PeopleFilter | None, strawberry.argument(description="筛选 Which posts; all in force unless said.")
        ] = None,
    ) -> Connection[RosterPerson] | None:
        """Return a page of people, in one statement: the first of each ledger, merged."""
        asked = filter or PeopleFilter()
        page = Page.ask(info, _PEOPLE, asked.told(), first=first, after=after, last=last, before=before)
        binds = Binds()
        area = None if asked.region is None else region_of(asked.region, "filter", "region")
        where = " AND ".join([
            holds("w"), "w.until IS NULL", "(w.holder <> '' OR w.unit <> '')", "NOT p.voided", holds("p"),
            *asked.where(binds),
        ])  # fmt: skip
        ledgers = "true" if area is None else may_hold("m.region", area, binds)

        def rows(behind: str) -> str:
            return f"""SELECT w.region, w.holder, w.unit, count(DISTINCT w.project_id) AS projects,
                  array_agg(w.position) AS positions
                FROM roster_post w
                JOIN project_status p ON p.region = w.region AND p.project_id = w.project_id
                WHERE w.region = m.region AND {where} AND {behind}
                GROUP BY w.region, w.holder, w.unit"""  # noqa: S608 - declared SQL only.

        row = select_list(RosterPerson, page.nodes, binds)
        sql = page.over_ledgers("w", row, rows, ledgers, binds)
        return await info.context.page(RosterPerson, page, sql, binds.values, area=area, need=Sight.NAME)

    @strawberry.field(
        description="单位联络员 Units' liaisons of the ledgers of a region and all below it, by ledger, kind and unit."
    )
    async def unit_liaisons(
        self,
        info: Info,
        *,
        region: Annotated[
            str, strawberry.argument(description="地区 Whose ledgers; a county's former and later codes are one.")
        ],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[UnitLiaison] | None:
        """Return a page of liaisons in office, in one statement: the first of each ledger, merged."""
        area = region_of(region, "region")
        page = Page.ask(info, _LIAISONS, region, first=first, after=after, last=last, before=before)
        binds = Binds()
        where = " AND ".join([holds("u"), "u.until IS NULL"])
        rows = f"SELECT u.* FROM unit_liaison u WHERE u.region = m.region AND {where}"  # noqa: S608 - declared SQL only.
        row = select_list(UnitLiaison, page.nodes, binds)
        sql = page.over_ledgers("u", row, rows, within("m.region", area, binds), binds)
        return await info.context.page(UnitLiaison, page, sql, binds.values, area=area)

    @strawberry.field(
        description="责任体系缺口 Projects in preparation or under construction that lack one of 五个一 (lead official,"
        " task force, work plan; the schedule is not judged here) or of the three officers (steward, police officer,"
        " discipline inspector), or have more than one of a role that is held once."
    )
    async def roster_gaps(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            RosterGapFilter | None, strawberry.argument(description="筛选 Which projects and gaps; all unless said.")
        ] = None,
    ) -> Connection[RosterGaps] | None:
        """Return a page of projects with gaps, in one statement: the first of each ledger, merged."""
        asked = filter or RosterGapFilter()
        page = Page.ask(info, _GAPS, asked.told(), first=first, after=after, last=last, before=before)
        binds = Binds()
        where = " AND ".join([holds("p"), *asked.where(binds)])
        rows = f"""SELECT p.*, g.gaps FROM project_status p
                CROSS JOIN LATERAL ({_ROSTER}) g
                WHERE p.region = m.region AND {where}"""  # noqa: S608 - declared SQL only.
        row = select_list(RosterGaps, page.nodes, binds)
        sql = page.over_ledgers("p", row, rows, asked.ledgers("m.region", binds), binds)
        return await info.context.page(RosterGaps, page, sql, binds.values, area=asked.area())
