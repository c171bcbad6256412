"""A ledger to measure on: opened, with projects, and reports of what they have completed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4, uuid5

from service.access import LOCAL
from service.database import migrate, owner
from service.domain.decider import NAMESPACE
from service.domain.identity import Identity, Track
from service.domain.investment import Basis, CompletionReported, Measure, ReportCompletion, Status
from service.domain.place import OpenPlace, Purpose
from service.domain.project import RegisterProject
from service.domain.values import Code, Figure, Name, Period, Region, Stated, Unit
from service.handle import Handler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.log.log import Log

REGION: Final = Region("431181")
FIRST_YEAR: Final = 2000
YEARS: Final = 20
AT_ONCE: Final = 500
OPENING: Final = OpenPlace(region=REGION, name=Name("祁阳市"), purpose=Purpose.DEMO)


async def fresh(dsn: str) -> None:
    """Empty a database, and bring it up to date."""
    async with owner(dsn) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS taizhang, projections CASCADE")
    await migrate(dsn)


async def opened_with(log: Log, projects: int) -> tuple[Handler, list[UUID]]:
    """Open the region's ledger and register projects in it; return what takes commands, and their ids."""
    handler = Handler(log)
    await handler.handle(LOCAL, REGION, OPENING, command_id=uuid4())
    command_ids = [uuid4() for _ in range(projects)]
    for begin in range(0, projects, AT_ONCE):
        await asyncio.gather(*(_register(handler, one) for one in command_ids[begin : begin + AT_ONCE]))
    return handler, [uuid5(NAMESPACE, f"project:{one}") for one in command_ids]


async def _register(handler: Handler, command_id: UUID) -> None:
    identity = Identity(
        name=Name(f"演示{command_id}"), region=REGION, category=Code("PRODUCTIVE"), track=Track.PROMOTED
    )
    outcome = await handler.handle(LOCAL, REGION, RegisterProject(identity=identity), command_id=command_id)
    if outcome.refused is not None:
        raise outcome.refused


def reports(projects: Sequence[UUID]) -> Iterator[ReportCompletion]:
    """Yield what each project has completed in a month, one project after the other, and then the next month.

    So those that are sent together are of different projects, as long as they are no more than there are projects.
    """
    for number in range(YEARS * 12):
        period = Period.month(FIRST_YEAR + number // 12, number % 12 + 1)
        for project_id in projects:
            yield ReportCompletion(
                project_id=project_id,
                through=period,
                measure=Measure.MONTH,
                basis=Basis.DISPATCH,
                status=Status.FINAL,
                stated=Stated(Figure("53.93"), Unit.YI_YUAN),
            )


def reported(command: ReportCompletion) -> CompletionReported:
    """Return the fact that a report comes to."""
    return CompletionReported(
        through=command.through,
        measure=command.measure,
        basis=command.basis,
        status=command.status,
        stated=command.stated,
        amount_fen=command.stated.fen,
    )
