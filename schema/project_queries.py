"""项目查询: how projects are found: by id, by code, by reference, and as a list."""

from __future__ import annotations

from typing import Annotated, TypeAlias, TypeVar

import strawberry

from schema.context import Context, Info
from schema.filters import ProjectFilter
from schema.pages import After, Before, Connection, First, Last, Page
from schema.project import Project
from schema.project_order import BY_NAME, OrderBy
from schema.read import Binds, holds, select_list
from schema.regions import region_of, same_county
from schema.selection import Selection
from schema.values import NodeId
from service.domain.errors import InvalidValueError
from service.domain.values import Name, ProjectCode


def page_of_projects(row: str, asked: ProjectFilter, page: Page, binds: Binds, *, joins: str = "") -> str:
    """Return the statement of a page of project rows `p`."""
    where = " AND ".join([holds("p"), *asked.where(binds)])
    rows = f"SELECT p.* FROM project_status p WHERE p.region = m.region AND {where}"  # noqa: S608 - declared SQL only.
    return page.over_ledgers("p", row, rows, asked.ledgers("m.region", binds), binds, joins=joins)


async def project_by_id(context: Context, selection: Selection, node: NodeId) -> Project | None:
    """Return a project by its global id, in one statement."""
    binds = Binds()
    sql = f"""
        SELECT {select_list(Project, selection, binds)} FROM project_status p
        WHERE p.region = {binds(node.region, "text")} AND p.project_id = {binds(node.id, "uuid")} AND {holds("p")}
        LIMIT 1"""  # noqa: S608 - declared SQL only.
    return await context.one(Project, sql, binds.values, regions=(node.region,))


async def _by_key(info: Info, place: str | None, kind: str, value: str) -> Project | None:
    """Return the project that holds a key, of the first ledger where one does, in one statement.

    Every index begins with the region, so each ledger is asked by itself.
    """
    binds = Binds()
    area = None if place is None else region_of(place, "place")
    ledger = "true" if area is None else same_county("m.region", area, binds)
    sql = f"""
        SELECT {select_list(Project, Selection.of(info), binds)}
        FROM projected m
        CROSS JOIN LATERAL (
          SELECT k.project_id FROM project_key k
          WHERE k.region = m.region AND k.kind = {binds(kind, "text")} AND k.value = {binds(value, "text")}
            AND {holds("k")}
          LIMIT 1) k
        JOIN project_status p ON p.region = m.region AND p.project_id = k.project_id AND {holds("p")}
        WHERE {ledger} ORDER BY m.region LIMIT 1"""  # noqa: S608 - declared SQL only.
    return await info.context.one(Project, sql, binds.values, area=area)


_Judged = TypeVar("_Judged", bound=str)


def _judged(of: type[_Judged], text: str, argument: str) -> _Judged:
    """Return what a client's text is in the ledgers, where a name is trimmed and normalised.

    Raises:
        InvalidValueError: it can't be one.
    """
    try:
        return of(text)
    except InvalidValueError as error:
        raise error.below(argument) from None


_Place: TypeAlias = Annotated[
    str | None,
    strawberry.argument(description="台账地区 In whose ledger; unless said, the first by code that has one."),
]
ProjectId: TypeAlias = Annotated[strawberry.ID, strawberry.argument(description="项目 Its global id.")]


@strawberry.type
class ProjectQuery:
    """Queries on projects."""

    @strawberry.field(description="项目 One project, by its global id. Null if there is none.")
    async def project(self, info: Info, id: ProjectId) -> Project | None:  # noqa: A002 - GraphQL's name for it.
        """Return a project by id."""
        return await project_by_id(info.context, Selection.of(info), NodeId.parse(id, "Project", "id"))

    @strawberry.field(description="按项目代码查询 One project, by its national project code. Null if there is none.")
    async def project_by_code(
        self,
        info: Info,
        code: Annotated[str, strawberry.argument(description="投资项目代码 GB/T 40058, 24 characters.")],
        place: _Place = None,
    ) -> Project | None:
        """Return a project by code."""
        return await _by_key(info, place, "project_code", _judged(ProjectCode, code, "code"))

    @strawberry.field(description="按外部编号查询 One project, by what another system calls it. Null if there is none.")
    async def project_by_reference(
        self,
        info: Info,
        system: Annotated[str, strawberry.argument(description="系统 Which system.")],
        id: Annotated[str, strawberry.argument(description="编号 Its own id there.")],  # noqa: A002 - GraphQL's name.
        place: _Place = None,
    ) -> Project | None:
        """Return a project by external reference."""
        reference = f"{_judged(Name, system, 'system')}\n{_judged(Name, id, 'id')}"
        return await _by_key(info, place, "reference", reference)

    @strawberry.field(description="项目列表 Projects, a page at a time.")
    async def projects(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            ProjectFilter | None, strawberry.argument(description="筛选 Which projects; all that are not voided.")
        ] = None,
        order_by: OrderBy = BY_NAME,
    ) -> Connection[Project] | None:
        """Return a page of projects, in one statement: the first of each ledger, merged."""
        asked = filter or ProjectFilter()
        page = Page.ask(info, order_by.total(), asked.told(), first=first, after=after, last=last, before=before)
        binds = Binds()
        row = select_list(Project, page.nodes, binds)
        sql = page_of_projects(row, asked, page, binds)
        return await info.context.page(Project, page, sql, binds.values, area=asked.area())
