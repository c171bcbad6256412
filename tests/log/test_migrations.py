"""The way of the tables: from nothing, from every earlier version, in any schema, by several at once."""

from __future__ import annotations

import asyncio

import pytest

from service.database import ROLES, migrate, migrations, owner
from service.log.log import Log
from tests.log.build import REGION, contiguous, item, row, stream

NAMES = [name for name, _ in migrations()]


async def test_migrations_make_everything_from_nothing(empty_database: str) -> None:
    assert await migrate(empty_database) == NAMES
    async with Log.open(empty_database) as log:
        await log.append(REGION, item(row(stream())))
        assert await contiguous(log) == 1


@pytest.mark.parametrize("upto", NAMES)
async def test_migrations_go_on_from_every_earlier_version_and_keep_what_is_there(
    empty_database: str, upto: str
) -> None:
    done = NAMES[: NAMES.index(upto) + 1]
    assert await migrate(empty_database, upto=upto) == done
    async with Log.open(empty_database) as log:
        await log.append(REGION, item(row(stream())))
    assert await migrate(empty_database) == NAMES[len(done) :]
    assert await migrate(empty_database) == []
    async with Log.open(empty_database) as log:
        await log.append(REGION, item(row(stream())))
        assert await contiguous(log) == 2


async def test_migrations_are_done_once_when_several_start_together(empty_database: str) -> None:
    done = await asyncio.gather(*(migrate(empty_database) for _ in range(4)))
    assert sorted(name for names in done for name in names) == NAMES


async def test_migrations_make_a_second_log_in_another_schema(database: str) -> None:
    assert await migrate(database, schema="second") == NAMES
    async with Log.open(database) as log, Log.open(database, search_path="second") as second:
        await log.append(REGION, item(row(stream())))
        assert await contiguous(second) == 0


async def test_migrations_give_an_owner_without_superpowers_the_services_roles(
    database: str, empty_database: str
) -> None:
    async with owner(database) as connection, owner(empty_database) as empty:
        name = "owner_" + await empty.fetchval("SELECT current_database()")
        await connection.execute(f"CREATE ROLE {name}")
        for role in ROLES:
            await connection.execute(f"GRANT {role} TO {name} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE")
        await connection.execute(f"GRANT CREATE ON DATABASE {name.removeprefix('owner_')} TO {name}")
        assert await migrate(f"{empty_database}&role={name}") == NAMES
        for role in ROLES:
            assert await connection.fetchval("SELECT pg_has_role($1, $2, 'SET')", name, role)
