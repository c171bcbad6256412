"""重建: fill read models' new tables beside the live ones, compare, and switch. Work of the database's own user."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import structlog

from projections.filling import Beside, make_schema
from projections.runner import MisconfiguredError, check
from projections.switching import Switch
from projections.table import fingerprint
from service.database import READ_SCHEMA, owner

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from projections.switching import Rebuilt
    from projections.table import Projection
    from service.database import Connection
    from service.log.log import Log

_LOCK: Final = 7_212_020_002
"""Advisory lock held while tables are made or switched, so that two services do not do it at once.

Nobody has to give it back: it ends with its session, whatever that ends with."""

log = structlog.get_logger()


async def ensure(dsn: str, log: Log, projections: Sequence[Projection]) -> list[Rebuilt]:
    """Make the tables of read models that are new, and rebuild those whose definition has changed, all together.

    A region whose facts one of them can't take is set aside, as in the runner: the service must start for all others.

    Returns:
        One entry for each read model that was built from a log that was not empty.
    """
    check(projections)
    async with _alone(dsn) as connection:
        await make_schema(connection, READ_SCHEMA)
        names = await stale(connection, projections)
        wanted = [one for one in projections if one.name in names]
        if not wanted:
            return []
        beside = Beside(dsn, connection, log, wanted, lambda _done, _all: None, tolerant=True)
        rebuilt = await _switched(connection, beside)
    return [one for one in rebuilt if one.facts]


async def stale(connection: Connection, projections: Sequence[Projection]) -> list[str]:
    """Return the names of the read models whose tables are not there, or another version's: what `ensure` makes."""
    if not await connection.fetchval("SELECT to_regclass('projection') IS NOT NULL"):
        return [one.name for one in projections]
    rows = await connection.fetch("SELECT name, fingerprint FROM projection LIMIT 10000")
    known = {row["name"]: row["fingerprint"] for row in rows}
    return [one.name for one in projections if known.get(one.name) != fingerprint(one)]


async def rebuild(
    dsn: str,
    log: Log,
    projections: Sequence[Projection],
    name: str,
    progress: Callable[[int, int], None],
    *,
    region: str | None = None,
) -> Rebuilt:
    """Rebuild one read model, as `rebuild_all` does.

    Raises:
        MisconfiguredError: no read model has this name.
    """
    found = [projection for projection in projections if projection.name == name]
    if not found:
        names = ", ".join(projection.name for projection in projections)
        message = f"no read model {name!r}; there are {names}"
        raise MisconfiguredError(message)
    check(projections)
    (rebuilt,) = await rebuild_all(dsn, log, found, progress, region=region)
    return rebuilt


async def rebuild_all(
    dsn: str,
    log: Log,
    projections: Sequence[Projection],
    progress: Callable[[int, int], None],
    *,
    region: str | None = None,
) -> list[Rebuilt]:
    """Rebuild read models together while the service runs; readers see the old tables until the switch of each.

    Whatever it fails with, the live tables of those that were not switched yet are as they were; of one that can't take
    a fact, none is switched.

    Args:
        progress: called with facts read and facts to read.
        region: whose rows alone are made anew; all others stay as they are.

    Raises:
        RegionAloneError: the tables are another version's, or nothing of the region is projected.
        SwitchError: readers did not let go of the tables.
    """
    check(projections)
    async with _alone(dsn) as connection:
        await make_schema(connection, READ_SCHEMA)
        beside = Beside(dsn, connection, log, projections, progress, tolerant=False, region=region)
        return await _switched(connection, beside, region=region)


async def _switched(connection: Connection, beside: Beside, *, region: str | None = None) -> list[Rebuilt]:
    async with beside.filled() as made:
        return [await Switch(connection, beside, one, region=region).run() for one in made]


@asynccontextmanager
async def _alone(dsn: str) -> AsyncIterator[Connection]:
    """Give the owner's connection once nobody else makes or switches tables."""
    async with owner(dsn) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            log.warning("another process builds read models; waiting for it")
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection
