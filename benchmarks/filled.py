"""A log of any length, filled by COPY: the demonstration's ledgers many times over, each fact as a command has made it.

Each copy has streams, commands and persons of its own; whatever a body names goes with it. In a region all copies go
on side by side, fact by fact, as projects do that are kept at the same time: none is finished before another begins.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from benchmarks.opened import fresh
from service import demo
from service.database import LOG_SCHEMA
from service.domain.place import place_stream
from service.domain.roster import region_roster_stream
from service.domain.values import Region
from service.log.log import Log

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from service.embedded import EmbeddedPostgres

_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OF_PLACES: Final = frozenset({"place", "plan", "indicator"})
"""Kinds of streams that a region has and not a project: they are taken once, from the demonstration's first ledger."""
_COLUMNS: Final = (
    "region", "position", "stream_kind", "stream_id", "version", "name", "schema", "body", "occurred_on", "recorded_us",
    "command_id", "ordinal", "command_sha256", "actor", "principal", "cause",
)  # fmt: skip
_FACTS: Final = f"SELECT {', '.join(f'f.{name}' for name in _COLUMNS)} FROM fact f ORDER BY f.recorded_us, f.region"  # noqa: S608 - own names.
_PRIVATE: Final = "SELECT region, position, path, salt, value FROM private"
BEGIN_US: Final = 1_600_000_000_000_000


class Taken(NamedTuple):
    """A fact of the demonstration: its row, the personal values beside it, and whether every copy has it."""

    row: asyncpg.Record
    private: tuple[tuple[str, bytes, str], ...]
    copied: bool


async def template(server: EmbeddedPostgres) -> list[Taken]:
    """Return the facts of the demonstration, in the order of their recorded times; the database is left with them."""
    await fresh(server.dsn())
    async with Log.open(server.dsn()) as log:
        await demo.load(log, lambda _done, _all: None)
    connection = await asyncpg.connect(server.dsn(user="postgres"), server_settings={"search_path": LOG_SCHEMA})
    try:
        rows, private = await connection.fetch(_FACTS), await connection.fetch(_PRIVATE)
    finally:
        await connection.close()
    beside: dict[tuple[str, int], list[tuple[str, bytes, str]]] = {}
    for one in private:
        beside.setdefault((one["region"], one["position"]), []).append((one["path"], one["salt"], one["value"]))
    first = rows[0]["region"]
    ledgers = {row["region"]: region_roster_stream(Region(row["region"])).id for row in rows}
    taken = []
    for row in rows:
        of_place = row["stream_kind"] in _OF_PLACES or row["stream_id"] == ledgers[row["region"]]
        if row["region"] == first or not of_place:
            told = tuple(beside.get((row["region"], row["position"]), ()))
            taken.append(Taken(row, told, copied=not of_place))
    return taken


async def fill(server: EmbeddedPostgres, taken: Sequence[Taken], regions: int, facts: int) -> None:
    """Empty the database, and fill the logs of so many regions with so many facts in all, said to be projected."""
    await fresh(server.dsn())
    connection = await asyncpg.connect(server.dsn(user="postgres"), server_settings={"search_path": LOG_SCHEMA})
    try:
        for number in range(regions):
            region, count = str(990_001 + number), facts // regions
            private: list[tuple[Any, ...]] = []
            rows = islice(_rows(taken, region, -(-count // len(taken)), private), count)
            await connection.copy_records_to_table("fact", columns=_COLUMNS, records=rows)
            await connection.copy_records_to_table("private", records=private)
            head = (region, count, BEGIN_US + count)
            await connection.execute("INSERT INTO log_head VALUES ($1, $2, $3, true)", *head)
            await connection.execute("INSERT INTO projected VALUES ($1, $2, $3)", *head)
        await connection.execute("ANALYZE fact")
    finally:
        await connection.close()


def _rows(
    taken: Sequence[Taken], region: str, copies: int, private: list[tuple[Any, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Yield rows of a region's log; what is personal in them is added to `private`."""
    first = taken[0].row["region"]
    place = {place_stream(Region(first)).id: place_stream(Region(region)).id}
    place |= {region_roster_stream(Region(first)).id: region_roster_stream(Region(region)).id}
    position = 0
    for row, told, copied in taken:
        body = row["body"].replace(f'"{row["region"]}"'.encode(), f'"{region}"'.encode())
        for copy in range(copies if copied else 1):
            position += 1
            private += [(region, position, *one) for one in told]
            yield (
                region, position, row["stream_kind"], place.get(row["stream_id"]) or _other(row["stream_id"], copy),
                row["version"], row["name"], row["schema"], _UUID.sub(_named(copy), body), row["occurred_on"],
                BEGIN_US + position, _other(row["command_id"], copy), row["ordinal"], row["command_sha256"],
                row["actor"], row["principal"], row["cause"],
            )  # fmt: skip


def _named(copy: int) -> Any:
    return lambda found: str(_other(UUID(found[0].decode()), copy)).encode()


def _other(one: UUID, copy: int) -> UUID:
    """Return the id that a copy has in the place of one."""
    return UUID(int=one.int ^ copy)
