"""What rights cost a request: the same questions as somebody of each kind, beside one whose statements have no rights.

One client asks, one question after the other, through the schema: parsing and validation are cached as in the service.
The peer sends the same statement without walls, as the owner, whom no row-level security holds.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvloop

from benchmarks.table import Measured
from schema import schema
from schema.context import Context
from service.access import LOCAL, Caller
from service.app import services
from service.config import Settings
from service.database import migrate, pool
from service.demo import load
from service.domain.roles import Area, Grant, Role, Scope
from service.log.log import Log

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from asyncpg import Record

    from service.access import Wall
    from service.database import Pool
    from service.embedded import EmbeddedPostgres

ROUNDS: Final = 5
COUNTY: Final = "141023"
_UNIT: Final = f"""
SELECT responsible_unit FROM project_status WHERE region = '{COUNTY}' AND responsible_unit IS NOT NULL
GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"""  # noqa: S608 - constants only.
SECONDS: Final = 2.0
"""How long each asks in a round, before the scale."""
PAGE: Final = (
    "{ projects(first: 50) { nodes { id name phase startedOn responsibleUnit category track handling } } }",
    "page of 50 x 8",
)
NESTED: Final = (
    """{ projects(first: 50) { nodes { id name roster { role holder contact }
         nextMilestones(first: 3) { milestone plannedOn } completed { basis yearToDate { amount } } } } }""",
    "page of 50 with children",
)
TOTALS: Final = (
    '{ investmentTotals(basis: DISPATCH, on: "2022-12-31", groupBy: [REGION]) { rows { yearToDate { amount } } } }',
    "totals by region",
)


@dataclass(slots=True)
class _Bare(Context):
    """A request without rights: statements go as they are."""

    owner: Pool | None = None

    async def _fetch(self, sql: str, values: list[object], seen: Wall) -> Sequence[Record]:  # noqa: ARG002 - As the walled one.
        assert self.owner is not None  # noqa: S101 - Made so below.
        return await self.owner.fetch(sql, *values)


def _grant(role: Role, area: str, **part: Any) -> Caller:
    return Caller("oidc:bench", grants=(Grant(role=role, scope=Scope(area=Area(area), **part)),))


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure; `scale` is the share of the seconds above."""
    return uvloop.run(_run(server.dsn(), SECONDS * scale))


async def _run(dsn: str, seconds: float) -> list[Measured]:
    await migrate(dsn)
    async with Log.open(dsn) as log:
        await load(log, lambda _done, _all: None)
    async with AsyncExitStack() as stack:
        ready = await stack.enter_async_context(services(dsn, Settings()))
        owner = await stack.enter_async_context(pool(dsn, size=2, name="bench", role=None))
        for one in await ready.runner.standings():
            await ready.runner.wait_for(one.region, one.position, 60)
        askers = {
            "no rights": lambda: _Bare(LOCAL, ready, owner=owner),
            "everything": lambda: Context(LOCAL, ready),
            "leader of all": lambda: Context(_grant(Role.LEADER, "000000"), ready),
            "reporter of all, contacts masked": lambda: Context(_grant(Role.REPORTER, "000000"), ready),
        }
        found = []
        for text, what in (PAGE, NESTED, TOTALS):
            found += await _side_by_side(what, text, askers, seconds)
        unit = await owner.fetchval(_UNIT)
        parts = {
            "leader of a county": lambda: Context(_grant(Role.LEADER, COUNTY), ready),
            "liaison of a unit there": lambda: Context(_grant(Role.UNIT_LIAISON, COUNTY, unit=unit), ready),
        }
        return found + await _side_by_side("page of 50 x 8 of a county", PAGE[0], parts, seconds)


async def _side_by_side(
    what: str, text: str, askers: Mapping[str, Callable[[], Context]], seconds: float
) -> list[Measured]:
    """Let all ask the same, in turns: a slow minute of the machine hits them alike."""
    rates: dict[str, list[float]] = {who: [] for who in askers}
    for _ in range(ROUNDS + 1):
        for who, context in askers.items():
            rates[who].append(await _rate(text, context, seconds))
    # The first round is for the caches.
    return [Measured(what, who, tuple(its[1:]), "requests/s") for who, its in rates.items()]


async def _rate(text: str, context: Callable[[], Context], seconds: float) -> float:
    began, asked = time.perf_counter(), 0
    while time.perf_counter() < began + seconds:
        answer = await schema.execute(text, context_value=context())
        if answer.errors:
            raise RuntimeError(answer.errors)
        asked += 1
    return asked / (time.perf_counter() - began)
