"""A database of a benchmark's own: the demo's ledgers, filled up by copies, and views of it for peers.

The demo's projects come the way of every fact: commands, log, read models. Then each of them is copied, with all its
rows in the read models that are asked about (`COPIED`), to further projects of the same ledger, until there are
`PROJECTS`: the log has no facts of these, and nothing that is measured reads it. A copy's id is worked out of the
original's, so every run has the same rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import asyncpg
import uvloop

from projections.investment_totals import TOTAL
from projections.project_status import PROJECT
from projections.roster import POST
from projections.schedule import MILESTONE
from projections.table import NOW_US
from service.cli.database import catch_up
from service.database import migrate, owner
from service.demo import load
from service.domain.roster import RosterRole
from service.log.log import Log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.embedded import EmbeddedPostgres

PROJECTS: Final = 3_000
"""About how many projects there are in the end, before the scale; never fewer than the demo has."""
MOST_COPIES: Final = 100
COPIED: Final = (PROJECT, POST, MILESTONE, TOTAL)
READER: Final = "taizhang_bench_reader"
"""Role that reads the views and nothing else."""
_OF_A_COPY: Final = {
    "project_id": "md5(t.project_id || '/' || n)::uuid",
    "post_id": "md5(t.post_id || '/' || n)::uuid",
    "name": "t.name || ' ' || n",
}
_ROLES: Final = ", ".join(f"'{role}'" for role in RosterRole)
_VIEWS: Final = f"""
CREATE SCHEMA bench;
-- The order of all ledgers' projects in one, which peers page by.
CREATE INDEX bench_by_name ON projections.project_status (name, region, project_id)
  WHERE recorded_to = {NOW_US} AND NOT voided;
CREATE VIEW bench.project AS
  SELECT p.region, p.project_id AS id, p.name, p.phase, p.started_on, p.responsible_unit, p.category, p.track,
    p.handling, p.location
  FROM projections.project_status p WHERE p.recorded_to = {NOW_US} AND NOT p.voided;
CREATE VIEW bench.post AS
  SELECT t.region, t.post_id AS id, t.project_id, t.role, nullif(t.holder, '') AS holder, nullif(t.unit, '') AS unit,
    t.since, array_position(ARRAY[{_ROLES}], t.role) AS place, t.rank, t.position
  FROM projections.roster_post t WHERE t.recorded_to = {NOW_US} AND t.until IS NULL;
CREATE VIEW bench.next_milestone AS
  SELECT s.region, s.project_id, s.milestone, s.planned_on, coalesce(s.forecast_on, s.planned_on) AS due_on
  FROM projections.schedule_milestone s WHERE s.recorded_to = {NOW_US} AND s.reached_on IS NULL;
CREATE VIEW bench.completed AS
  SELECT DISTINCT ON (t.region, t.project_id, t.basis) t.region, t.project_id, t.basis,
    trim_scale(t.year_to_date_fen / 100.0)::text AS year_to_date
  FROM projections.investment_total t WHERE t.recorded_to = {NOW_US}
  ORDER BY t.region, t.project_id, t.basis, t.through_on DESC;
CREATE VIEW bench.total AS
  SELECT t.region, t.project_id, t.basis, t.year, t.through_on, t.year_to_date_fen
  FROM projections.investment_total t WHERE t.recorded_to = {NOW_US};
-- What a tool that reads the schema learns from keys, told of views.
COMMENT ON VIEW bench.project IS '@primaryKey region,id';
COMMENT ON VIEW bench.post IS '@primaryKey region,id
@foreignKey (region, project_id) references bench.project (region, id)';
COMMENT ON VIEW bench.next_milestone IS '@primaryKey region,project_id,milestone
@foreignKey (region, project_id) references bench.project (region, id)';
COMMENT ON VIEW bench.completed IS '@primaryKey region,project_id,basis
@foreignKey (region, project_id) references bench.project (region, id)';
GRANT USAGE ON SCHEMA bench TO {READER};
GRANT SELECT ON bench.project, bench.post, bench.next_milestone, bench.completed TO {READER};
"""  # noqa: S608 - constants only.


@contextmanager
def ledgers(server: EmbeddedPostgres, name: str, scale: float) -> Iterator[str]:
    """Give the address of a database with about PROJECTS x `scale` projects and the views; it is dropped afterwards."""
    uvloop.run(_anew(server, name, make=True))
    try:
        uvloop.run(_fill(server.dsn(name), int(PROJECTS * scale)))
        yield server.dsn(name)
    finally:
        uvloop.run(_anew(server, name, make=False))


async def _anew(server: EmbeddedPostgres, name: str, *, make: bool) -> None:
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await connection.execute(f"DROP ROLE IF EXISTS {READER}")
        if make:
            await connection.execute(f"CREATE DATABASE {name}")
            # As the service does, whose statements are too short for it.
            await connection.execute(f"ALTER DATABASE {name} SET jit = off")
            await connection.execute(f"CREATE ROLE {READER} NOLOGIN")
    finally:
        await connection.close()


async def _fill(dsn: str, wanted: int) -> None:
    await migrate(dsn)
    async with Log.open(dsn) as log:
        await load(log, lambda _done, _all: None)
        await catch_up(dsn, log)
    async with owner(dsn, search_path="projections") as connection:
        await _copy(connection, wanted)
        await connection.execute(_VIEWS)
        await connection.execute("VACUUM ANALYZE")


async def _copy(connection: asyncpg.Connection[asyncpg.Record], wanted: int) -> None:
    there = await connection.fetchval(f"SELECT count(*) FROM project_status WHERE recorded_to = {NOW_US}")  # noqa: S608 - a constant.
    copies = min(MOST_COPIES, round(wanted / there) - 1)
    for table in COPIED if copies > 0 else ():
        names = ["region", *table.columns, "recorded_from", "recorded_to"]
        copied = ", ".join(_OF_A_COPY.get(one, f"t.{one}") for one in names)
        await connection.execute(
            f"INSERT INTO {table.name} ({', '.join(names)})"  # noqa: S608 - the tables' own names.
            f" SELECT {copied} FROM {table.name} t CROSS JOIN generate_series(1, {copies}) n"
        )
