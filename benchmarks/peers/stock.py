"""Strawberry as its documentation has it: types, resolvers that fetch, data loaders for what hangs on a list.

`BENCH_DSN` is the database; `BENCH_CACHES=1` adds the extensions that remember what was parsed and validated.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from benchmarks.peers import POOL, TOTALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Key = tuple[str, UUID]
"""Ledger and id of a project."""
_OF_PROJECTS: Final = (
    "JOIN unnest($1::text[], $2::uuid[]) k (region, id) ON t.region = k.region AND t.project_id = k.id"
)
_POSTS: Final = f"""
SELECT t.region, t.project_id, t.role, t.holder, t.unit, t.since
FROM bench.post t {_OF_PROJECTS} ORDER BY t.place, t.rank, t.since, t.position"""  # noqa: S608 - constants only.
_MILESTONES: Final = f"""
SELECT t.region, t.project_id, t.milestone, t.planned_on
FROM bench.next_milestone t {_OF_PROJECTS} ORDER BY t.due_on, t.milestone"""  # noqa: S608 - as above.
# The view would be worked out for all projects: a join gives it no project to begin with.
_COMPLETED: Final = f"""
SELECT DISTINCT ON (t.region, t.project_id, t.basis) t.region, t.project_id, t.basis,
  trim_scale(t.year_to_date_fen / 100.0)::text AS year_to_date
FROM bench.total t {_OF_PROJECTS} ORDER BY t.region, t.project_id, t.basis, t.through_on DESC"""  # noqa: S608 - as above.


@strawberry.type
class Post:
    """Who answers for a project."""

    role: str
    holder: str | None
    unit: str | None
    since: date


@strawberry.type
class Milestone:
    """What is to be reached next."""

    milestone: str
    planned_on: date


@strawberry.type
class Money:
    """An amount."""

    amount: str


@strawberry.type
class Completed:
    """What the figures of one basis come to."""

    basis: str
    year_to_date: Money


@strawberry.type
class Project:
    """A project."""

    region: strawberry.Private[str]
    id: UUID
    name: str
    phase: str
    started_on: date | None
    responsible_unit: str | None
    category: str
    track: str
    handling: str

    @strawberry.field
    async def roster(self, info: strawberry.Info) -> list[Post]:
        """Return who answers for it."""
        found: list[Post] = await info.context["posts"].load((self.region, self.id))
        return found

    @strawberry.field
    async def next_milestones(self, info: strawberry.Info, first: int) -> list[Milestone]:
        """Return what is to be reached next."""
        found: list[Milestone] = await info.context["milestones"].load((self.region, self.id))
        return found[:first]

    @strawberry.field
    async def completed(self, info: strawberry.Info) -> list[Completed]:
        """Return what was completed, by basis."""
        found: list[Completed] = await info.context["completed"].load((self.region, self.id))
        return found


@strawberry.type
class Total:
    """What a region's projects come to in a month."""

    region: str
    month: int
    projects: int
    year_to_date: Money


_COLUMNS: Final = "region, id, name, phase, started_on, responsible_unit, category, track, handling"
_PAGE: Final = f"SELECT {_COLUMNS} FROM bench.project ORDER BY name, region, id LIMIT $1"  # noqa: S608 - as above.
_OF_LEDGER: Final = f"SELECT {_COLUMNS} FROM bench.project WHERE region = $2 ORDER BY name, region, id LIMIT $1"  # noqa: S608
_ONE: Final = f"SELECT {_COLUMNS} FROM bench.project WHERE region = $1 AND id = $2"  # noqa: S608


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def projects(self, info: strawberry.Info, first: int, region: str | None = None) -> list[Project]:
        """Return the first projects by name, of a ledger or of all."""
        pool = info.context["pool"]
        rows = await (pool.fetch(_PAGE, first) if region is None else pool.fetch(_OF_LEDGER, first, region))
        return [Project(**row) for row in rows]

    @strawberry.field
    async def project(self, info: strawberry.Info, region: str, id: UUID) -> Project | None:  # noqa: A002 - GraphQL's name.
        """Return a project by its ledger and id."""
        row = await info.context["pool"].fetchrow(_ONE, region, id)
        return None if row is None else Project(**row)

    @strawberry.field
    async def totals(self, info: strawberry.Info, basis: str, year: int) -> list[Total]:
        """Return totals of a year by region and month."""
        rows = await info.context["pool"].fetch(f"{TOTALS} ORDER BY 2, 1", basis, year)
        return [Total(region=row[0], month=row[1], projects=row[2], year_to_date=Money(amount=row[3])) for row in rows]


async def _load(pool: asyncpg.Pool, statement: str, make: Callable[[Any], Any], keys: list[Key]) -> list[list[Any]]:
    """Return what hangs on each of some projects."""
    found = defaultdict(list)
    for row in await pool.fetch(statement, [region for region, _ in keys], [id_ for _, id_ in keys]):
        found[row["region"], row["project_id"]].append(make(row))
    return [found[key] for key in keys]


_LOADED: Final[dict[str, tuple[str, Callable[[Any], Any]]]] = {
    "posts": (_POSTS, lambda row: Post(role=row[2], holder=row[3], unit=row[4], since=row[5])),
    "milestones": (_MILESTONES, lambda row: Milestone(milestone=row[2], planned_on=row[3])),
    "completed": (_COMPLETED, lambda row: Completed(basis=row[2], year_to_date=Money(amount=row[3]))),
}


class _Served(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:  # noqa: ARG002 - As it is called.
        """Return the pool, and the loaders of one request."""
        pool = request.app.state.pool
        loaders: dict[str, DataLoader[Key, list[Any]]] = {
            name: DataLoader(load_fn=partial(_load, pool, statement, make))
            for name, (statement, make) in _LOADED.items()
        }
        return {"pool": pool, **loaders}


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=POOL, max_size=POOL) as pool:
        app.state.pool = pool
        yield


_CACHES: Final = (ParserCache, ValidationCache) if os.environ.get("BENCH_CACHES") == "1" else ()
schema = strawberry.Schema(Query, extensions=_CACHES)
app = Starlette(routes=[Route("/graphql", _Served(schema))], lifespan=_lifespan)
