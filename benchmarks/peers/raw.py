"""What one statement and a web framework come to: no GraphQL, no rights, and one answer for each question.

`BENCH_DSN` is the database. PostgreSQL writes the JSON, and its text goes out as it is.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.peers import POOL, TOTALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

_ROW: Final = """json_build_object('id', p.id, 'name', p.name, 'phase', p.phase, 'startedOn', p.started_on,
  'responsibleUnit', p.responsible_unit, 'category', p.category, 'track', p.track, 'handling', p.handling)"""
_PAGE: Final = f"""
SELECT coalesce(json_agg({_ROW} ORDER BY p.name, p.region, p.id), '[]')::text
FROM (SELECT * FROM bench.project ORDER BY name, region, id LIMIT $1) p"""  # noqa: S608 - constants only.
_ONE: Final = f"SELECT {_ROW}::text FROM bench.project p WHERE p.region = $1 AND p.id = $2"  # noqa: S608 - as above.
_NESTED: Final = """
SELECT coalesce(json_agg(json_build_object(
  'id', p.id,
  'name', p.name,
  'roster', (
    SELECT coalesce(json_agg(
      json_build_object('role', t.role, 'holder', t.holder, 'unit', t.unit, 'since', t.since)
      ORDER BY t.place, t.rank, t.since, t.position), '[]')
    FROM bench.post t WHERE t.region = p.region AND t.project_id = p.id),
  'nextMilestones', (
    SELECT coalesce(json_agg(json_build_object('milestone', s.milestone, 'plannedOn', s.planned_on)
      ORDER BY s.due_on, s.milestone), '[]')
    FROM (
      SELECT * FROM bench.next_milestone s WHERE s.region = p.region AND s.project_id = p.id
      ORDER BY s.due_on, s.milestone LIMIT 3) s),
  'completed', (
    SELECT coalesce(json_agg(json_build_object('basis', c.basis, 'yearToDate', c.year_to_date) ORDER BY c.basis), '[]')
    FROM bench.completed c WHERE c.region = p.region AND c.project_id = p.id)
  ) ORDER BY p.name, p.region, p.id), '[]')::text
FROM (SELECT * FROM bench.project WHERE region = $1 ORDER BY name, region, id LIMIT $2) p"""
_TOTALS: Final = f"""
SELECT coalesce(json_agg(json_build_object('region', x.region, 'month', x.month, 'projects', x.projects,
  'yearToDate', x.year_to_date) ORDER BY x.month, x.region), '[]')::text
FROM ({TOTALS}) x"""  # noqa: S608 - constants only.


async def _keep(_connection: object) -> None:
    """Let a connection go back as it is: nothing here leaves session state behind."""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BENCH_DSN"], min_size=POOL, max_size=POOL, reset=_keep) as pool:
        app.state.pool = pool
        yield


async def _json(request: Request, statement: str, *values: Any) -> Response:
    found = await request.app.state.pool.fetchval(statement, *values)
    return Response(found, 404 if found is None else 200, media_type="application/json")


async def page(request: Request) -> Response:
    """Answer the first projects by name."""
    return await _json(request, _PAGE, int(request.query_params["first"]))


async def one(request: Request) -> Response:
    """Answer a project by its ledger and id."""
    return await _json(request, _ONE, request.path_params["region"], UUID(request.path_params["id"]))


async def nested(request: Request) -> Response:
    """Answer the first projects of a ledger, with what hangs on them."""
    return await _json(request, _NESTED, request.path_params["region"], int(request.query_params["first"]))


async def totals(request: Request) -> Response:
    """Answer totals of a year by region and month."""
    return await _json(request, _TOTALS, request.path_params["basis"], int(request.path_params["year"]))


app = Starlette(
    routes=[
        Route("/projects", page),
        Route("/projects/{region}/{id}", one),
        Route("/ledgers/{region}/projects", nested),
        Route("/totals/{basis}/{year}", totals),
    ],
    lifespan=_lifespan,
)
