"""项目清单动态: which projects changed, and how those stand now that a filter chooses."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
import strawberry

from schema.changes import After, ChangeFilter, Feed, From, follow
from schema.context import Context, Info
from schema.filters import ProjectFilter
from schema.project import Project
from schema.read import Binds, build, holds, select_list
from schema.selection import Selection
from schema.values import encode_id
from service.access import Sight

FACTS: Final = 25
"""Most facts whose projects are shown at once; a fact may be about some hundreds, such as a year's list."""
_ROW: Final = (
    "json_build_array(f.ledger, (SELECT json_agg(DISTINCT b.project_id) FROM audit_subject b"  # noqa: S608 - declared SQL only.
    f" WHERE b.region = f.ledger AND b.position = f.position AND {holds('b')}))"
)


@strawberry.type(description="项目变动 A project that something was recorded about.")
class ProjectChange:
    """A project that changed."""

    id: strawberry.ID = strawberry.field(description="全局编号 Its global id.")
    project: Project | None = strawberry.field(
        description="项目 As it stands now; null if the filter does not choose it (any more)."
    )


@strawberry.type(description="项目变动页 Projects that changed, each once, and the cursor behind them.")
class ProjectChanges:
    """Some projects that changed."""

    changes: list[ProjectChange] = strawberry.field(description="变动 Projects, each once.")
    cursor: str = strawberry.field(description="游标 Behind these: give it as `after`, here or to `changes`.")


async def _shown(context: Context, found: list[Any], asked: ProjectFilter, selection: Selection) -> list[ProjectChange]:
    """Return the projects of facts, in one statement more; none for none."""
    ids = dict.fromkeys((region, UUID(one)) for region, about in found for one in about or ())
    if not ids:
        return []
    binds = Binds()
    places = binds([region for region, _ in ids], "text[]")
    projects = binds([one for _, one in ids], "uuid[]")
    where = " AND ".join([holds("p"), *asked.where(binds)])
    # One look by index for each of them, however many there are.
    sql = f"""
        SELECT json_build_array(p.region, p.project_id, {select_list(Project, selection, binds)})
        FROM unnest({places}, {projects}) k (region, project_id)
        CROSS JOIN LATERAL (
          SELECT p.* FROM project_status p
          WHERE p.region = k.region AND p.project_id = k.project_id AND {where} LIMIT 1) p
        LIMIT {len(ids)}"""  # noqa: S608 - declared SQL only.
    rows = [orjson.loads(row) for row in await context.fetch(sql, binds.values, need=Sight.INTERNAL)]
    chosen = {(region, UUID(one)): row for region, one, row in rows}
    return [
        ProjectChange(
            id=strawberry.ID(encode_id("Project", *key)),
            project=build(Project, chosen[key]) if key in chosen else None,
        )
        for key in ids
    ]


@strawberry.type
class ChangedProjectSubscription:
    """Live lists."""

    @strawberry.subscription(
        description="项目清单动态 Keeps a list of projects live: each project that something was recorded about, also"
        " by key lists and ceremonies, as it stands now if the filter chooses it, and else as gone. The first item"
        " comes at once and may be empty: its cursor is where to resume, as with `changes`."
    )
    async def projects_changed(
        self,
        info: Info,
        after: After = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            ProjectFilter | None, strawberry.argument(description="筛选 Which projects; all that are not voided.")
        ] = None,
        start: From = None,
    ) -> AsyncGenerator[ProjectChanges, None]:
        """Yield the projects of each batch of facts, in two statements when the batch before was taken."""
        asked = filter or ProjectFilter()
        asked.where(Binds())  # What can't be is refused before anything is waited for.
        selection = Selection.of(info).below("changes.project")
        feed = Feed.of(FACTS, lambda _: _ROW, ChangeFilter(), Sight.INTERNAL)
        async with aclosing(follow(info.context, feed, after, start)) as following:
            async for found, at, _ in following:
                changes = await _shown(info.context, found, asked, selection)
                yield ProjectChanges(changes=changes, cursor=str(at))
