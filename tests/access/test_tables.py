"""The second wall, by itself: what the service's database roles read and change, whatever a statement asks for.

Tables, views and functions are found in the catalogue, so that a new one is walked by itself. Not shown here: a
statement of the service's own making that takes on another role (SET ROLE) or names another scope. A role that may not
log in is taken on by the service's own connection, and its statements are no caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

from service.access.columns import PUBLISHED
from service.database import PUBLIC_ROLE, QUERY_ROLE, ROLES, SERVICE_ROLE, owner
from tests.access import world as told
from tests.access.walking import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.schema.conftest import Api

SCHEMAS: Final = ("taizhang", "projections")
OF_NO_LEDGER: Final = {
    "taizhang.failed_attempt": "attempts that failed, of callers and not of a ledger; for the service alone",
    "taizhang.personal_read": "which callers read personal data; for the service alone",
    "taizhang.key_use": "when keys were used; for the service alone",
    "taizhang.projection": "which read models there are",
    "taizhang.migration": "which migrations were applied",
}
"""Tables without a region."""
WITHOUT_A_WALL: Final = {
    "taizhang.log_head": "how long each log is: the service looks for what is new in all of them; told nobody else",
    "taizhang.lease": "which process feeds which region: the service takes any; told nobody else",
    "taizhang.aside": "which read models stand still: the service has to know of all; told nobody else",
}
"""Tables with a region and no row-level security."""
WHOLE_FOR_THE_SERVICE: Final = {"taizhang.projected", *WITHOUT_A_WALL}
"""Tables of which the service sees all regions: how far logs are, and nothing that is in them."""
CALLED_BY: Final = {
    "log_append": {SERVICE_ROLE},
    "log_settle": {SERVICE_ROLE},
    "log_quiesce": {SERVICE_ROLE},
    "log_claim": set(),
    "log_erase": set(),
    "journal_forget": {SERVICE_ROLE},
    "published": {PUBLIC_ROLE},
    "journal_least_days": set(ROLES),  # A number that is in the source.
    # They are triggers, which nobody can call.
    "refuse_change": set(ROLES),
    "refuse_early": set(ROLES),
}
"""Functions -> the roles that may execute them."""
SCOPES: Final = (
    None, "", "431103", "431103,411100", "4311", "43112", "431121 ", " 431121", "'431121'", '"431121"', "{431121}", "*",
    "%", "4311%", "43____", "NULL", "000001", "431121'--", "') OR true --", "431103;431121", "431103\n431121",
    "431103,'431121'", "431103，431121", "\\431121",
)  # fmt: skip
"""Scopes that are not the victim's, nor the installation's."""
_VICTIM: Final = ("431121", "431181", "000000")


@pytest.fixture(scope="module")
async def database(worlds: tuple[Api, Api]) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give the owner's connection to the first world, on which roles are taken on."""
    api, _ = worlds
    api.services.journal.failed(caller=told.RIGHTS.text, address="local", operation="signIn", code="UNAUTHENTICATED")
    api.services.journal.personal(caller=told.RIGHTS.text, operation="people", fields=["x"], regions=["431121"])
    assert await api.services.journal.flush()
    async with owner(api.dsn) as connection:
        yield connection


async def _relations(database: asyncpg.Connection[asyncpg.Record]) -> list[asyncpg.Record]:
    return await database.fetch(
        """
        SELECT n.nspname || '.' || c.relname AS name, c.relkind::text AS kind, c.relrowsecurity AS walled,
          c.relforcerowsecurity AS forced, coalesce(c.reloptions, '{}') AS options,
          array(SELECT a.attname::text FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'v', 'm', 'p', 'f') ORDER BY 1""",
        list(SCHEMAS),
    )


async def _as(
    database: asyncpg.Connection[asyncpg.Record], role: str, scope: str | None, sql: str
) -> list[asyncpg.Record] | str:
    """Return the rows of a statement by a role with a scope, or the state that refused it; nothing of it is kept."""
    transaction = database.transaction()
    await transaction.start()
    try:
        await database.execute(f"SET LOCAL ROLE {role}")
        if scope is not None:
            await database.execute("SELECT set_config('app.scope', $1, true)", scope)
        return await database.fetch(sql)
    except asyncpg.PostgresError as error:
        return error.sqlstate or ""
    finally:
        await transaction.rollback()


async def test_every_table_of_ledgers_has_a_wall_that_holds_its_owner_too(
    database: asyncpg.Connection[asyncpg.Record],
) -> None:
    found = {one["name"]: one for one in await _relations(database)}
    tables = {name: one for name, one in found.items() if one["kind"] in {"r", "p"}}
    assert {name for name, one in tables.items() if "region" not in one["columns"]} == {*OF_NO_LEDGER}
    of_ledgers = {name: one for name, one in tables.items() if "region" in one["columns"]}
    assert {name for name, one in of_ledgers.items() if not (one["walled"] and one["forced"])} == {*WITHOUT_A_WALL}
    # A view reads by the rights of who asks, and nothing is kept twice.
    assert {one["kind"] for one in found.values()} <= {"r", "v"}
    views = [one for one in found.values() if one["kind"] == "v"]
    assert [one["name"] for one in views if "security_invoker=true" not in one["options"]] == []


async def test_no_ledger_is_empty_where_it_is_looked_for(database: asyncpg.Connection[asyncpg.Record]) -> None:
    empty = [
        one["name"]
        for one in await _relations(database)
        if one["kind"] == "r"
        and "region" in one["columns"]
        and one["name"] not in WITHOUT_A_WALL
        and not await database.fetchval(f"SELECT count(*) FROM {one['name']} WHERE region = ANY($1)", [*_VICTIM])  # noqa: S608 - names of tables.
    ]
    # Commands that stored nothing: none of the story's.
    assert empty == ["taizhang.outcome"]


@pytest.mark.parametrize("role", ROLES)
async def test_no_row_of_another_ledger_is_read(database: asyncpg.Connection[asyncpg.Record], role: str) -> None:
    read = 0
    for one in await _relations(database):
        for scope in SCOPES:
            columns = await _readable(database, role, one)
            if not columns:
                assert await _as(database, role, scope, f"SELECT * FROM {one['name']}") == "42501"  # noqa: S608 - as above.
                break
            rows = await _as(database, role, scope, f"SELECT {', '.join(columns)} FROM {one['name']}")  # noqa: S608 - as above.
            assert isinstance(rows, list), (one["name"], scope, rows)
            read += 1
            if role == SERVICE_ROLE and one["name"] in WHOLE_FOR_THE_SERVICE | {*OF_NO_LEDGER}:
                continue
            told_of = " ".join(str(dict(row)) for row in rows)
            assert not [row for row in rows if row.get("region") in _VICTIM], (one["name"], scope)
            assert not [mark for mark in FORBIDDEN if mark in told_of], (one["name"], scope)
    assert read >= {QUERY_ROLE: 30, PUBLIC_ROLE: 7, SERVICE_ROLE: 30}[role] * len(SCOPES)


async def _readable(database: asyncpg.Connection[asyncpg.Record], role: str, relation: asyncpg.Record) -> list[str]:
    """Return the columns of a table that a role may read."""
    found = await database.fetch(
        "SELECT c FROM unnest($3::text[]) c WHERE has_column_privilege($1, $2, c, 'SELECT')",
        role, relation["name"], relation["columns"],
    )  # fmt: skip
    return [row["c"] for row in found]


async def test_a_scope_shows_its_own_ledger_whole(database: asyncpg.Connection[asyncpg.Record]) -> None:
    for one in await _relations(database):
        if one["kind"] == "r" and one["name"].startswith("projections."):
            sql = f"SELECT count(*) AS rows FROM {one['name']} WHERE region = '431121'"  # noqa: S608 - as above.
            there = (await database.fetch(sql))[0]["rows"]
            seen = await _as(database, QUERY_ROLE, "431121", sql)
            assert isinstance(seen, list)
            assert seen[0]["rows"] == there, one["name"]


async def test_the_public_role_reads_published_rows_and_columns_alone(
    database: asyncpg.Connection[asyncpg.Record],
) -> None:
    readable: dict[str, set[str]] = {}
    for one in await _relations(database):
        if columns := await _readable(database, PUBLIC_ROLE, one):
            schema, _, table = one["name"].partition(".")
            assert schema == ("taizhang" if table == "projected" else "projections")
            readable[table] = {*columns} - {"region", "recorded_to"}
    wanted = {
        table: {*public.columns}.union(*(more for _, more in public.others)) for table, public in PUBLISHED.items()
    }
    assert readable == wanted
    for table, public in PUBLISHED.items():
        if public.item is None or table == "published_item":
            continue
        rows = await _as(database, PUBLIC_ROLE, "431121,431103", f"SELECT project_id FROM projections.{table}")  # noqa: S608 - as above.
        assert isinstance(rows, list)
        assert {row["project_id"] for row in rows} == {told.OPEN_ID}, table


_WRITES: Final = (
    "INSERT INTO {0} SELECT * FROM {0} LIMIT 0",
    "DELETE FROM {0} WHERE false",
    "UPDATE {0} SET {1} = {1} WHERE false",
    "TRUNCATE {0}",
    "LOCK TABLE {0} IN ROW EXCLUSIVE MODE",
)


@pytest.mark.parametrize("role", [QUERY_ROLE, PUBLIC_ROLE])
async def test_who_asks_changes_nothing(database: asyncpg.Connection[asyncpg.Record], role: str) -> None:
    for one in await _relations(database):
        if one["kind"] != "r":
            continue
        for statement in _WRITES:
            for scope in ("431103", "431121"):
                sql = statement.format(one["name"], one["columns"][0])
                assert await _as(database, role, scope, sql) == "42501", (role, sql)


async def test_the_service_changes_no_row_of_a_ledger_that_it_did_not_name(
    database: asyncpg.Connection[asyncpg.Record],
) -> None:
    tried = 0
    for one in await _relations(database):
        if one["kind"] != "r" or one["name"] in WHOLE_FOR_THE_SERVICE | {*OF_NO_LEDGER}:
            continue
        for scope in (None, "", "431103", "'431121'"):
            for sql in (
                f"DELETE FROM {one['name']} WHERE region = '431121' RETURNING 1",  # noqa: S608 - as above.
                f"UPDATE {one['name']} SET region = '431103' WHERE region = '431121' RETURNING 1",  # noqa: S608 - as above.
                f"UPDATE {one['name']} SET region = region RETURNING region",  # noqa: S608 - as above.
            ):
                rows = await _as(database, SERVICE_ROLE, scope, sql)
                tried += 1
                of_victim = rows if isinstance(rows, str) else [row for row in rows if row[0] != "431103"]
                assert of_victim in ("42501", []), (sql, scope, rows)
        # Nor is a row put into another ledger from the one that was named.
        moved = f"UPDATE {one['name']} SET region = '431121' WHERE region = '431103'"  # noqa: S608 - as above.
        there = await database.fetchval(f"SELECT count(*) FROM {one['name']} WHERE region = '431103'")  # noqa: S608 - as above.
        assert await _as(database, SERVICE_ROLE, "431103", moved) == "42501" or not there, one["name"]
    assert tried >= 30 * 4 * 3


async def test_every_function_is_for_whom_it_is_made(database: asyncpg.Connection[asyncpg.Record]) -> None:
    rows = await database.fetch(
        """
        SELECT p.proname::text AS name, p.prosecdef AS definer, coalesce(p.proconfig, '{}') AS settings,
          p.prorettype = 'trigger'::regtype AS trigger,
          array(SELECT r FROM unnest($2::text[]) r WHERE has_function_privilege(r, p.oid, 'EXECUTE')) AS callers
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ANY($1)""",
        list(SCHEMAS), list(ROLES),
    )  # fmt: skip
    assert {row["name"]: {*row["callers"]} for row in rows} == CALLED_BY
    # What works with its owner's rights finds its tables where its owner says, temporary ones last.
    for row in rows:
        if row["definer"]:
            assert "search_path=taizhang, pg_temp" in row["settings"], row["name"]
    assert {row["name"] for row in rows if row["trigger"]} == {"refuse_change", "refuse_early"}


async def test_the_roles_are_no_more_than_they_have_to_be(database: asyncpg.Connection[asyncpg.Record]) -> None:
    rows = await database.fetch("SELECT * FROM pg_roles WHERE rolname = ANY($1)", list(ROLES))
    assert len(rows) == len(ROLES)
    might: dict[str, Any] = {
        one: [row["rolname"] for row in rows if row[one]]
        for one in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolreplication", "rolbypassrls")
    }
    assert not any(might.values()), might
    members = await database.fetch(
        "SELECT m.roleid::regrole::text AS of FROM pg_auth_members m WHERE m.member::regrole::text = ANY($1)",
        list(ROLES),
    )
    assert members == []
    for role in ROLES:
        for statement in ("CREATE TABLE projections.x ()", "CREATE TABLE taizhang.x ()", "CREATE SCHEMA x",
                          "ALTER TABLE projections.project_status DISABLE ROW LEVEL SECURITY",
                          "DROP POLICY scope ON projections.project_status"):  # fmt: skip
            assert await _as(database, role, "431121", statement) == "42501", (role, statement)
