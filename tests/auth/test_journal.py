"""What stands beside the log: nobody waits for it, it is bounded, and it outlives a database that goes away."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from pydantic import ValidationError

from service.config import LEAST_JOURNAL_DAYS, Settings
from service.database import SERVICE_ROLE, Pool, owner, pool
from service.journal import BATCH, FORGET_BATCH, NOT_RECORDED, Journal
from tests.log.build import until
from tests.log.proxy import Cut, Proxy, proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

DAY_US = 86_400 * 1_000_000
ADDRESS = "192.0.2.7"
ATTEMPTS = """
    SELECT caller, principal, address, operation, code, detail, count FROM failed_attempt ORDER BY at_us, id"""
READS = "SELECT caller, principal, operation, fields, regions, count FROM personal_read ORDER BY at_us, id"
USES = "SELECT key_id, address FROM key_use ORDER BY key_id"
OLD = """
    INSERT INTO {0}
    SELECT (jsonb_populate_record(NULL::{0}, jsonb_build_object(
      'at_us', (extract(epoch FROM now()) * 1000000)::bigint - $1::bigint + n, 'id', gen_random_uuid(), 'until_us', 0,
      'address', '', 'operation', '', 'code', '', 'detail', '', 'fields', '[]'::jsonb, 'regions', '[]'::jsonb,
      'count', 1))).*
    FROM generate_series(1, $2::integer) n"""


@pytest.fixture
async def writing(database: str) -> AsyncIterator[Pool]:
    """Give connections as the service has them."""
    async with pool(database, size=3, name="journal") as ready:
        yield ready


@pytest.fixture
def journal(writing: Pool) -> Journal:
    return Journal(writing)


@pytest.fixture
async def as_owner(database: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection as the owner of the tables."""
    async with owner(database) as connection:
        yield connection


def refuse(journal: Journal, **other: Any) -> None:
    said = {
        "caller": "oidc:a",
        "address": ADDRESS,
        "operation": "projectVoid",
        "code": "FORBIDDEN",
        "detail": "project",
    }
    journal.failed(**{**said, **other})


async def rows(writing: Pool, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await writing.fetch(sql)]


async def test_what_happened_is_written(journal: Journal, writing: Pool) -> None:
    before = time.time_ns() // 1000
    refuse(journal)
    refuse(journal, caller=None, code="BAD_TOKEN", detail="expired", operation="/graphql")
    journal.personal(
        caller="oidc:a",
        principal="oidc:b",
        operation="roster",
        fields=["Post.holder", "Post.contact"],
        regions=("431181", "431100"),
    )
    journal.used("0123456789abcdef", ADDRESS)
    assert await journal.flush()
    assert await rows(writing, ATTEMPTS) == [
        ("oidc:a", None, ADDRESS, "projectVoid", "FORBIDDEN", "project", 1),
        (None, None, ADDRESS, "/graphql", "BAD_TOKEN", "expired", 1),
    ]
    assert await rows(writing, READS) == [
        ("oidc:a", "oidc:b", "roster", ["Post.contact", "Post.holder"], ["431100", "431181"], 1)
    ]
    assert await rows(writing, USES) == [("0123456789abcdef", ADDRESS)]
    ((first, last),) = await rows(writing, "SELECT min(at_us), max(until_us) FROM failed_attempt")
    assert before <= first <= last <= time.time_ns() // 1000


async def test_the_same_within_a_flush_is_one_row_with_a_count(journal: Journal, writing: Pool) -> None:
    for _ in range(1_000):
        refuse(journal)
    refuse(journal, detail="other")
    await journal.flush()
    refuse(journal)
    await journal.flush()
    assert [row[-2:] for row in await rows(writing, ATTEMPTS)] == [("project", 1_000), ("other", 1), ("project", 1)]


async def test_the_last_use_of_a_key_stays_whichever_process_writes_first(journal: Journal, writing: Pool) -> None:
    other = Journal(writing)
    journal.used("a", "192.0.2.1")
    other.used("a", "192.0.2.2")
    other.used("b", "192.0.2.2")
    other.used("b", "192.0.2.3")
    await other.flush()
    await journal.flush()
    assert await rows(writing, USES) == [("a", "192.0.2.2"), ("b", "192.0.2.3")]


async def test_what_finds_no_room_is_counted_and_told(writing: Pool) -> None:
    journal = Journal(writing, most=10)
    for number in range(25):
        refuse(journal, detail=str(number))
        journal.personal(caller="oidc:a", operation=str(number), fields=(), regions=())
        journal.used(str(number), ADDRESS)
    refuse(journal, detail="0")  # What has a row is still counted.
    assert journal.waiting == {"failed_attempt": 10, "personal_read": 10, "key_use": 10}
    await journal.flush()
    attempts = await rows(writing, ATTEMPTS)
    assert [row[-2:] for row in attempts if row[-3] != NOT_RECORDED] == [
        (str(number), 2 if number == 0 else 1) for number in range(10)
    ]
    assert [row for row in attempts if row[-3] == NOT_RECORDED] == [(None, None, "", "journal", NOT_RECORDED, "", 15)]
    reads = await rows(writing, READS)
    assert [row for row in reads if row[2] == NOT_RECORDED] == [(None, None, NOT_RECORDED, [], [], 15)]
    assert len(await rows(writing, USES)) == 10


async def test_a_flood_of_bad_tokens_leaves_room_for_reads_of_personal_data(writing: Pool) -> None:
    journal = Journal(writing, most=10)
    for number in range(1_000):
        refuse(journal, address=f"192.0.2.{number}")
    journal.personal(caller="oidc:a", operation="roster", fields=("Post.contact",), regions=("431181",))
    await journal.flush()
    assert await rows(writing, READS) == [("oidc:a", None, "roster", ["Post.contact"], ["431181"], 1)]


async def test_more_than_a_batch_is_written_at_once(journal: Journal, writing: Pool) -> None:
    for number in range(2 * BATCH + 1):
        refuse(journal, detail=str(number))
    await journal.flush()
    assert len(await rows(writing, ATTEMPTS)) == 2 * BATCH + 1


async def test_whatever_it_is_told_it_can_store(journal: Journal, writing: Pool) -> None:
    for text in ("\x00", "\ud83c", "长" * 10_000, "", "'; DROP TABLE fact --", '{"a": [1]}'):
        refuse(journal, caller=text, principal=text, address=text, operation=text, code=text, detail=text)
        journal.personal(caller=text, principal=text, operation=text, fields=[text], regions=[text] * 1_000)
        journal.used(text, text)
    await journal.flush()
    found = [row[0] for row in await rows(writing, ATTEMPTS)]
    assert found == ["\ufffd", "?", "长" * 200, "", "'; DROP TABLE fact --", '{"a": [1]}']
    assert [row[4] for row in await rows(writing, READS)] == [[one] for one in found]
    assert len(await rows(writing, USES)) == 6


async def test_it_writes_by_itself_and_what_is_left_at_the_end(journal: Journal, writing: Pool) -> None:
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(journal.run())
        refuse(journal)

        async def written() -> bool:
            return bool(await rows(writing, ATTEMPTS))

        await until(written)
        running.cancel()
    refuse(journal, detail="left")
    await journal.close()
    assert [row[-2:] for row in await rows(writing, ATTEMPTS)] == [("project", 1), ("left", 1)]
    assert set(journal.waiting.values()) == {0}


@asynccontextmanager
async def behind(database: str, folder: Path) -> AsyncIterator[tuple[Proxy, Journal]]:
    """Give a journal whose database can go away."""
    async with proxy(database, folder) as between:
        async with pool(between.dsn, size=3, name="journal") as far:
            yield between, Journal(far)
            between.flow()
        await asyncio.wait(between._tasks)  # A connection that was given up while it hung ends a moment later.


@pytest.mark.parametrize("moment", list(Cut))
async def test_what_a_lost_connection_left_open_is_written_once(
    database: str, folder: Path, writing: Pool, moment: Cut
) -> None:
    async with behind(database, folder) as (between, journal):
        refuse(journal)
        between.cut(moment, ADDRESS.encode())
        assert not await journal.flush()
        refuse(journal)  # Of a later batch: the first one may be stored already.
        journal.used("a", "")
        assert await journal.flush()
        assert between.cuts == 1
    assert [row[-2:] for row in await rows(writing, ATTEMPTS)] == [("project", 1), ("project", 1)]
    assert len(await rows(writing, USES)) == 1


async def test_it_goes_on_by_itself_when_the_database_is_back(database: str, folder: Path, writing: Pool) -> None:
    async with behind(database, folder) as (between, journal):
        between.cut(Cut.BEFORE, ADDRESS.encode(), and_stay_away=True)
        refuse(journal)
        running = asyncio.create_task(journal.run())

        async def refused() -> bool:
            return between.cuts == 1

        await until(refused)
        refuse(journal, detail="meanwhile")
        between._away = False

        async def written() -> bool:
            return len(await rows(writing, ATTEMPTS)) == 2

        await until(written)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_stop_does_not_wait_for_a_database_that_hangs(database: str, folder: Path) -> None:
    async with behind(database, folder) as (between, journal):
        refuse(journal)
        between.hang()
        await journal.close()
        assert journal.waiting["failed_attempt"] == 1


async def test_rows_that_the_database_refuses_are_counted_and_told(
    journal: Journal, writing: Pool, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await as_owner.execute(f"REVOKE INSERT ON failed_attempt FROM {SERVICE_ROLE}")
    for number in range(7):
        refuse(journal, detail=str(number))
    journal.used("a", ADDRESS)
    assert await journal.flush()
    assert set(journal.waiting.values()) == {0}
    assert len(await rows(writing, USES)) == 1
    await as_owner.execute(f"GRANT INSERT ON failed_attempt TO {SERVICE_ROLE}")
    await journal.flush()
    assert await rows(writing, ATTEMPTS) == [(None, None, "", "journal", NOT_RECORDED, "", 7)]


@pytest.mark.parametrize("table", ["failed_attempt", "personal_read"])
async def test_only_what_is_old_enough_is_deleted(journal: Journal, writing: Pool, table: str) -> None:
    await writing.execute(OLD.format(table), (LEAST_JOURNAL_DAYS + 1) * DAY_US, FORGET_BATCH + 10)
    await writing.execute(OLD.format(table), (LEAST_JOURNAL_DAYS - 1) * DAY_US, 20)
    assert await Journal(writing, days=LEAST_JOURNAL_DAYS + 10).forget() == 0
    assert await journal.forget() == FORGET_BATCH + 10
    assert len(await writing.fetch(f"TABLE {table}")) == 20
    assert await journal.forget() == 0


async def test_processes_that_delete_together_do_not_wait_for_each_other(
    journal: Journal, writing: Pool, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await writing.execute(OLD.format("failed_attempt"), (LEAST_JOURNAL_DAYS + 1) * DAY_US, 10)
    async with as_owner.transaction():
        await as_owner.execute("SELECT FROM failed_attempt ORDER BY at_us LIMIT 4 FOR UPDATE")
        assert await journal.forget() == 6
    assert await journal.forget() == 4


async def test_the_service_can_not_delete_younger_rows_by_asking_for_fewer_days(writing: Pool) -> None:
    for days in (LEAST_JOURNAL_DAYS - 1, 0, -1, None):
        with pytest.raises(asyncpg.PostgresError, match="180 days"):
            await writing.execute("SELECT journal_forget($1, 10)", days)


def test_less_than_half_a_year_can_not_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().journal_days == LEAST_JOURNAL_DAYS == 180
    monkeypatch.setenv("TAIZHANG_JOURNAL_DAYS", "179")
    with pytest.raises(ValidationError, match="180"):
        Settings()


async def test_the_setting_and_the_tables_agree_on_the_least_days(writing: Pool) -> None:
    assert await writing.fetchval("SELECT journal_least_days()") == LEAST_JOURNAL_DAYS


@pytest.mark.parametrize(
    "statement",
    [
        *(
            statement.format(table)
            for table in ("failed_attempt", "personal_read")
            for statement in ("UPDATE {0} SET count = 0", "DELETE FROM {0}", "TRUNCATE {0}")
        ),
        "DELETE FROM key_use",
        "TRUNCATE key_use",
        "ALTER TABLE failed_attempt DISABLE TRIGGER ALL",
        "DROP TABLE failed_attempt",
        "CREATE OR REPLACE FUNCTION journal_least_days() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0'",
    ],
)
async def test_the_service_can_not_change_what_was_written(
    as_owner: asyncpg.Connection[asyncpg.Record], statement: str
) -> None:
    await as_owner.execute(f"SET ROLE {SERVICE_ROLE}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await as_owner.execute(statement)


@pytest.mark.parametrize("table", ["failed_attempt", "personal_read"])
async def test_triggers_stop_the_owner_too_until_a_row_is_old(
    writing: Pool, as_owner: asyncpg.Connection[asyncpg.Record], table: str
) -> None:
    await writing.execute(OLD.format(table), (LEAST_JOURNAL_DAYS - 1) * DAY_US, 1)
    for statement in ("UPDATE {0} SET count = 0", "TRUNCATE {0}", "DELETE FROM {0}"):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await as_owner.execute(statement.format(table))
        assert refused.value.sqlstate == "TZ000"
    await writing.execute(OLD.format(table), (LEAST_JOURNAL_DAYS + 1) * DAY_US, 1)
    before_us = time.time_ns() // 1000 - LEAST_JOURNAL_DAYS * DAY_US
    deleting = f"DELETE FROM {table} WHERE at_us < $1"  # noqa: S608 - one of two names.
    assert await as_owner.execute(deleting, before_us) == "DELETE 1"


async def test_a_function_of_a_temporary_schema_is_not_taken_for_the_journals_own(
    writing: Pool, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await writing.execute(OLD.format("failed_attempt"), DAY_US, 1)
    await as_owner.execute(f"""
        SET ROLE {SERVICE_ROLE};
        CREATE FUNCTION pg_temp.journal_least_days() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0'""")
    with pytest.raises(asyncpg.PostgresError, match="180 days"):
        await as_owner.execute("SELECT journal_forget(0, 10)")
