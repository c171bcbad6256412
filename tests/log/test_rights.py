"""Who can change the log: nobody. The service's role has no right to, and a trigger stops the owner."""

from __future__ import annotations

import asyncpg
import pytest

from service.database import SERVICE_ROLE
from service.log.log import Log
from tests.log.build import REGION, item, row, stream

FORBIDDEN = [
    statement.format(table)
    for table in ("fact", "outcome", "claim", "private", "log_head")
    for statement in (
        "INSERT INTO {0} SELECT * FROM {0}",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
        "UPDATE {0} SET region = region",
    )
]
APPEND_ONLY = [
    statement.format(table)
    for table in ("fact", "outcome")
    for statement in ("DELETE FROM {0}", "TRUNCATE {0}", "UPDATE {0} SET region = region")
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_service_cannot_write_a_table_of_the_log(
    as_owner: asyncpg.Connection[asyncpg.Record], statement: str
) -> None:
    await as_owner.execute(f"SET ROLE {SERVICE_ROLE}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_owner.execute(statement)


@pytest.mark.parametrize("statement", ["DROP TABLE fact", "ALTER TABLE fact DISABLE TRIGGER ALL", "CREATE TABLE x ()"])
async def test_the_service_cannot_change_what_the_log_is(
    as_owner: asyncpg.Connection[asyncpg.Record], statement: str
) -> None:
    await as_owner.execute(f"SET ROLE {SERVICE_ROLE}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_owner.execute(statement)


@pytest.mark.parametrize("function", ["log_claim", "log_erase"])
async def test_the_service_cannot_call_what_skips_the_checks(
    as_owner: asyncpg.Connection[asyncpg.Record], function: str
) -> None:
    await as_owner.execute(f"SET ROLE {SERVICE_ROLE}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_owner.execute(f"SELECT {function}('431181', '{{}}')")


@pytest.mark.parametrize("statement", APPEND_ONLY)
async def test_a_trigger_stops_the_owner_too(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record], statement: str
) -> None:
    await log.append(REGION, item(row(stream())))
    with pytest.raises(asyncpg.PostgresError, match="append-only") as refused:
        await as_owner.execute(statement)
    assert refused.value.sqlstate == "TZ000"
    assert await as_owner.fetchval("SELECT count(*) FROM fact") == 1


async def test_a_temporary_table_is_not_taken_for_the_logs_own(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await log.append(REGION, item(row(stream())))
    await as_owner.execute(f"""
        SET ROLE {SERVICE_ROLE};
        CREATE TEMPORARY TABLE log_head (LIKE taizhang.log_head INCLUDING ALL);
        GRANT ALL ON log_head TO PUBLIC""")
    await as_owner.execute("INSERT INTO pg_temp.log_head VALUES ($1, 1000, 0, true)", REGION)
    before = await as_owner.fetchval(
        "SELECT a.before FROM log_append($1, '{}', '{}', '{}', '{}', '{}', '{}', NULL, NULL) a", REGION
    )
    assert before == 1
