"""现状: how far each log and its read models are, who feeds them, how large it all is. Looking changes nothing."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from projections.runner import standings
from service.database import LOG_SCHEMA, READ_SCHEMA, owner, pending_migrations

if TYPE_CHECKING:
    from service.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionStatus:
    """Where a region stands.

    Attributes:
        position: of the last fact in its log.
        projected: up to where its read models have the log.
        lag_facts: how many facts they lack.
        lag_s: how long the first of these waits, in seconds; 0 if there is none, None in a demo or a sandbox, whose
            recorded times lie in the past.
        fed_by: the process that holds the lease: machine:process:random.
        aside: read models that were set aside, with the error.
    """

    region: str
    position: int
    projected: int
    lag_facts: int
    lag_s: float | None
    fed_by: str | None
    aside: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How things stand.

    Attributes:
        pending: migrations that are to be done; while there are any, nothing else is looked at.
        sizes: bytes of each table with its indexes, by schema and name.
        archived_at: when the server archived its journal last (UTC); None if it does not. Other backups are not known.
    """

    pending: tuple[str, ...]
    regions: tuple[RegionStatus, ...] = ()
    database_bytes: int = 0
    sizes: dict[str, int] = field(default_factory=dict)
    archived_at: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return asdict(self)


async def look(dsn: str) -> Status:
    """Return how things stand.

    Args:
        dsn: address of the database, as its owner.
    """
    async with owner(dsn) as connection:
        pending = await pending_migrations(connection)
        if pending:
            return Status(pending=tuple(pending))
        row = await connection.fetchrow("""
            SELECT pg_database_size(current_database()) AS size,
              (SELECT to_char(a.last_archived_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
               FROM pg_stat_archiver a) AS archived_at""")
        return Status(
            pending=(),
            regions=await _regions(connection),
            database_bytes=0 if row is None else row["size"],
            sizes=await _sizes(connection),
            archived_at=None if row is None else row["archived_at"],
        )


async def _regions(connection: Connection) -> tuple[RegionStatus, ...]:
    rows = await connection.fetch("""
        SELECT h.region, f.recorded_us, h.backdated
        FROM log_head h
        LEFT JOIN projected p ON p.region = h.region
        LEFT JOIN fact f ON f.region = h.region AND f.position = coalesce(p.position, 0) + 1
        ORDER BY h.region LIMIT 10000""")
    now_us = time.time_ns() // 1000
    waiting = {
        row["region"]: None
        if row["backdated"]
        else 0.0
        if row["recorded_us"] is None
        else max(0, now_us - row["recorded_us"]) / 1_000_000
        for row in rows
    }
    return tuple(
        RegionStatus(
            region=one.region,
            position=one.position,
            projected=one.projected,
            lag_facts=one.position - one.projected,
            lag_s=waiting.get(one.region),
            fed_by=one.owner,
            aside=one.aside,
        )
        for one in await standings(connection)
    )


async def _sizes(connection: Connection) -> dict[str, int]:
    rows = await connection.fetch(
        """
        SELECT n.nspname || '.' || c.relname AS name, pg_total_relation_size(c.oid) AS size
        FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY($1) AND c.relkind = 'r'
        ORDER BY 1 LIMIT 1000""",
        [LOG_SCHEMA, READ_SCHEMA],
    )
    return {row["name"]: row["size"] for row in rows}
