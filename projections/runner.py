"""推进: feed every live read model of a region, one transaction a batch, and wait for a position.

All read models of a region stand at the same position, which is the row of `projected`: whoever holds its lock feeds.
A read model that can't take a fact is set aside for that region, loudly; the others go on.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg
import structlog

from projections.marks import Marks
from projections.table import BY_INDEX, fingerprint
from service.access import Ledgers
from service.database import UNAVAILABLE
from service.log.log import POLL_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from projections.table import Projection
    from service.database import Connection, Pool
    from service.log.codec import Recorded
    from service.log.log import Log

BATCH: Final = 500
"""Most facts in one transaction."""
LEASE_S: Final = 3
"""How long a process that died keeps a region to itself; one that stops gives it back."""
MOST_AT_ONCE: Final = 4
"""Most regions that are fed at the same time."""
CONNECTIONS: Final = MOST_AT_ONCE + 1
"""What the pool of a runner needs: whoever asks how far it is must not wait for what it feeds."""
MOST_TRIES: Final = 5
"""How often a read model may run into a timeout or a deadlock on one batch before it is set aside."""
OTHER_S: Final = 0.1
"""How often to look how far another process has come with a region."""
RELEASE_S: Final = 1.0

_SERVER: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
)
"""The server's condition, whatever it was asked: waited out for as long as it takes."""

log = structlog.get_logger()

_LEASE: Final = """
INSERT INTO lease AS l (region, owner, until) VALUES ($1, $2, now() + make_interval(secs => $3))
ON CONFLICT (region) DO UPDATE SET owner = excluded.owner, until = excluded.until
WHERE l.owner = excluded.owner OR l.until <= now()
RETURNING l.owner"""
_RELEASE: Final = "UPDATE lease SET until = now() WHERE owner = $1 AND until > now()"
_LOOK: Final = """
SELECT h.region, h.position, coalesce(p.position, 0) AS projected,
  (SELECT array_agg(a.projection) FROM aside a WHERE a.region = h.region) AS aside
FROM log_head h
LEFT JOIN projected p ON p.region = h.region
WHERE h.position > 0
ORDER BY h.region LIMIT 10000"""
# The scope lets it see when the first fact was recorded that a region's read models don't have, and no other.
_STANDINGS: Final = """
SELECT q.*
FROM (SELECT set_config('app.scope', coalesce((
  SELECT string_agg(h.region, ',') FROM log_head h LEFT JOIN projected p ON p.region = h.region
  WHERE h.position > coalesce(p.position, 0)), ''), true) AS scope OFFSET 0) s,
LATERAL (
  SELECT h.region, h.position, coalesce(p.position, 0) AS projected,
    CASE WHEN l.until > now() THEN l.owner END AS owner,
    (SELECT array_agg(a.projection ORDER BY a.projection) FROM aside a WHERE a.region = h.region) AS names,
    (SELECT array_agg(a.error ORDER BY a.projection) FROM aside a WHERE a.region = h.region) AS errors,
    coalesce((SELECT floor(extract(epoch FROM now()) * 1e6)::bigint - f.recorded_us FROM fact f
      WHERE s.scope <> '' AND f.region = h.region AND f.position = coalesce(p.position, 0) + 1), 0) AS lag_us
  FROM log_head h
  LEFT JOIN projected p ON p.region = h.region
  LEFT JOIN lease l ON l.region = h.region
  WHERE h.position > 0
  ORDER BY h.region LIMIT 10000) q"""
_MARK: Final = "SELECT position FROM projected WHERE region = $1 FOR UPDATE"
_FIRST_MARK: Final = "INSERT INTO projected (region, position, recorded_us) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING"
_MOVE_MARK: Final = "UPDATE projected SET position = $2, recorded_us = $3 WHERE region = $1"
# A batch that a crash of the server takes back is fed again from the log, so nobody waits for the disk here. Row-level
# security holds the rest of the transaction to the region.
_STATE: Final = f"""
SELECT {BY_INDEX}, set_config('synchronous_commit', 'off', true), set_config('app.scope', $1, true),
  coalesce((SELECT array_agg(a.projection) FROM aside a WHERE a.region = $1), '{{}}') AS aside,
  coalesce((SELECT array_agg(p.name || ' ' || p.fingerprint) FROM projection p), '{{}}') AS made"""  # noqa: S608 - constants only.


class MisconfiguredError(Exception):
    """Two read models have one name or table, a name is unknown, or tables are another version's (投影配置有误)."""


class _ApplyError(Exception):
    """A read model could not take a batch; its transaction is rolled back."""


class Standing(NamedTuple):
    """Where a region's read models stand: how far its log is, how far they are, and which were set aside why.

    `lag_s` is for how many seconds the oldest fact that they don't have yet has been in the log; 0 if they have all.
    """

    region: str
    position: int
    projected: int
    owner: str | None
    aside: dict[str, str]
    lag_s: float = 0.0

    @property
    def lag(self) -> int:
        """How many facts they don't have yet."""
        return max(0, self.position - self.projected)


class Runner:
    """Feeds the read models of all regions from one process; several processes share the regions by lease.

    Args:
        facts: where facts are read.
        pool: connections of the service role.
        projections: the live read models.
    """

    def __init__(self, facts: Log, pool: Pool, projections: Sequence[Projection]) -> None:
        check(projections)
        self._log = facts
        self._pool = pool
        self._projections = tuple(projections)
        self._fingerprints = {projection.name: fingerprint(projection) for projection in projections}
        self._owner = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self._marks = Marks()
        self.heads: dict[str, int] = {}
        """How far each region's log was when this process last looked."""
        self._standing: asyncio.Task[list[Standing]] | None = None
        self.ledgers = Ledgers(())
        """Regions that have a log, as this process knows them."""
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)
        self._rests: dict[str, float] = {}
        self._tries: Counter[tuple[str, str]] = Counter()
        self.aside: dict[str, frozenset[str]] = {}
        """Read models set aside, by region, as this process knows it; their fields answer an error."""

    async def run(self) -> None:
        """Feed until cancelled; goes on by itself when the database comes back."""
        try:
            while True:
                heard = self._log.bell.heard()
                try:
                    pause_s = await self._round()
                except UNAVAILABLE as error:
                    log.warning("projections wait for the database", error=repr(error))
                    pause_s = POLL_S
                if pause_s:
                    await self._log.bell.wait(heard, pause_s)
        finally:
            with suppress(*UNAVAILABLE):
                async with asyncio.timeout(RELEASE_S):
                    await self._pool.execute(_RELEASE, self._owner)

    async def standings(self) -> list[Standing]:
        """Return where every region's read models stand; all who ask at the same time wait for the same look.

        Anybody may ask, and the connections are those that feed.
        """
        if self._standing is None or self._standing.done():
            self._standing = asyncio.create_task(standings(self._pool))
        return await asyncio.shield(self._standing)

    async def look(self) -> list[str]:
        """Learn how far all regions are and what was set aside; return the regions that are behind."""
        rows = await self._pool.fetch(_LOOK)
        self.aside = {row["region"]: frozenset(row["aside"]) for row in rows if row["aside"]}
        self.heads = {row["region"]: row["position"] for row in rows}
        self._reached({row["region"]: row["projected"] for row in rows})
        return [row["region"] for row in rows if row["projected"] < row["position"]]

    async def _round(self) -> float:
        """Feed a batch of each region that is behind; return how long to rest. None waits for another's backlog."""
        now = asyncio.get_running_loop().time()
        behind = [region for region in await self.look() if self._rests.get(region, 0) <= now]
        pauses = await asyncio.gather(*(self._feed(region) for region in behind))
        return min(pauses, default=POLL_S)

    async def _feed(self, region: str) -> float:
        async with self._at_once:
            try:
                if not await self._pool.fetchval(_LEASE, region, self._owner, float(LEASE_S)):
                    return OTHER_S  # Another process feeds this region; its mark is all there is to know.
                await self.step(region)
            except UNAVAILABLE as error:
                log.warning("a region's read models wait for the database", region=region, error=repr(error))
            except Exception:
                # Such as a fact that this version can't decode: the other regions must not stand still with this one.
                log.exception("a region's read models stand still", region=region)
            else:
                return 0
        self._rests[region] = asyncio.get_running_loop().time() + POLL_S
        return POLL_S

    async def step(self, region: str) -> int:
        """Feed one batch.

        Returns:
            How many facts it had; 0 when the read models have all there is.

        Raises:
            MisconfiguredError: the tables were not made, or by another version of the service.
        """
        try:
            return await self._step(region, apart=False)
        except _ApplyError as failed:
            log.warning("a read model failed; finding out which", region=region, error=type(failed.__cause__).__name__)
            return await self._step(region, apart=True)

    async def _step(self, region: str, *, apart: bool) -> int:
        """Feed one batch; with `apart` each read model in a savepoint of its own, and those that fail are set aside."""
        async with self._pool.acquire() as connection, connection.transaction():
            mark = await self._lock(connection, region)
            aside = await self._state(connection, region)
            read = await self._log.read(region, after=mark, limit=BATCH + 1, connection=connection)
            batch = whole(read, BATCH)
            for projection in self._projections if batch else ():
                if projection.name in aside:
                    continue
                try:
                    if apart:
                        async with connection.transaction():
                            await projection.apply(connection, batch)
                    else:
                        await projection.apply(connection, batch)
                except Exception as error:
                    if not self._is_to_blame(connection, region, projection, error):
                        raise
                    if not apart:
                        raise _ApplyError from error
                    await set_aside(connection, region, projection, batch[0].position, error)
                    aside |= {projection.name}
            if batch:
                mark = batch[-1].position
                await connection.execute(_MOVE_MARK, region, mark, batch[-1].stored.recorded_us)
        for projection in self._projections:
            self._tries.pop((region, projection.name), None)
        self.aside = {name: found for name, found in (self.aside | {region: aside}).items() if found}
        self._reached({region: mark})
        return len(batch)

    def _is_to_blame(self, connection: Connection, region: str, projection: Projection, error: Exception) -> bool:
        """Return whether an error is the read model's own, and not the database's."""
        # A value that asyncpg can't send is an InterfaceError too, but it will not get better by waiting.
        if isinstance(error, ValueError) or not isinstance(error, UNAVAILABLE):
            return True
        if connection.is_closed() or isinstance(error, _SERVER):
            return False
        # A timeout or a deadlock may be bad luck once; a statement that never ends would hold up all the others.
        self._tries[region, projection.name] += 1
        return self._tries[region, projection.name] >= MOST_TRIES

    async def _lock(self, connection: Connection, region: str) -> int:
        """Lock the region's mark and return it; two that race for one batch take turns here."""
        mark: int | None = await connection.fetchval(_MARK, region)
        if mark is None:
            await connection.execute(_FIRST_MARK, region)
            mark = await connection.fetchval(_MARK, region)
        return mark or 0

    async def _state(self, connection: Connection, region: str) -> frozenset[str]:
        """Return what was set aside; refuse tables that are not this version's, before anything is written to them."""
        row = await connection.fetchrow(_STATE, region)
        made = dict(one.rsplit(" ", 1) for one in row["made"]) if row else {}
        wrong = sorted(name for name, wanted in self._fingerprints.items() if made.get(name) != wanted)
        if row is None or wrong:
            message = f"tables of {', '.join(wrong)} were not made by this version of the service; start it anew"
            raise MisconfiguredError(message)
        return frozenset(row["aside"])

    def _reached(self, positions: dict[str, int]) -> None:
        # First the ledgers, since whoever is woken asks which there are.
        if not positions.keys() <= self._marks.positions.keys():
            self.ledgers = Ledgers({*self._marks.positions, *positions})
        self._marks.move(positions)

    def position_of(self, region: str) -> int:
        """Return how far a region's read models are, as this process knows it."""
        return self.positions.get(region, 0)

    async def wait_for(self, region: str, position: int, timeout_s: float) -> bool:
        """Wait until a region's read models have reached a position; those set aside have not (see `aside`).

        Returns:
            Whether they have; False when the time was up first.
        """
        return await self._marks.wait_for({region: position}, timeout_s)

    async def wait_for_all(self, wanted: Mapping[str, int], timeout_s: float) -> bool:
        """Wait until the read models of all of some regions have reached a position each; see `wait_for`."""
        return await self._marks.wait_for(wanted, timeout_s)

    @property
    def positions(self) -> Mapping[str, int]:
        """Where each region's read models stand, as this process knows it; the mapping itself never changes."""
        return self._marks.positions

    @property
    def waiting(self) -> int:
        """How many wait for read models to move."""
        return self._marks.waiting

    async def moved(self, since: Mapping[str, int], regions: AbstractSet[str], timeout_s: float) -> bool:
        """Wait until the read models of one of some regions stand elsewhere than they did; see `Marks.moved`."""
        return await self._marks.moved(since, regions, timeout_s)


def whole(read: Sequence[Recorded], most: int) -> Sequence[Recorded]:
    """Return a batch, given one fact more than it may have: it ends with a command, unless one alone is longer."""
    if len(read) <= most:
        return read
    end = most
    while end and read[end - 1].stored.command_id == read[end].stored.command_id:
        end -= 1
    return read[: end or most]


async def set_aside(
    connection: Connection, region: str, projection: Projection, position: int, error: Exception
) -> None:
    """Let a read model stand still for a region, before a position, until it is rebuilt."""
    log.error("read model set aside", projection=projection.name, region=region, position=position, exc_info=error)
    await connection.execute(
        "INSERT INTO aside (region, projection, position, error) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (region, projection) DO NOTHING",
        region,
        projection.name,
        position,
        repr(error)[:2000].replace("\x00", ""),
    )


async def standings(pool: Pool | Connection) -> list[Standing]:
    """Return where every region's read models stand."""
    rows = await pool.fetch(_STANDINGS)
    return [
        Standing(
            row["region"],
            row["position"],
            row["projected"],
            row["owner"],
            dict(zip(row["names"] or (), row["errors"] or (), strict=True)),
            max(0.0, row["lag_us"] / 1e6),
        )
        for row in rows
    ]


def check(projections: Sequence[Projection]) -> None:
    """Refuse read models that would overwrite each other.

    Raises:
        MisconfiguredError: two share a name or a table.
    """
    for what, names in (
        ("name", [projection.name for projection in projections]),
        ("table", [table.name for projection in projections for table in projection.tables]),
    ):
        if twice := {name for name in names if names.count(name) > 1}:
            message = f"read models share a {what}: {', '.join(sorted(twice))}"
            raise MisconfiguredError(message)
