"""体检: what of an installation is not as it should be, and how it is mended. Nothing is changed by looking.

A finding never has a password, an address of a database or a person's value in it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from service.database import UNAVAILABLE, owner
from service.doctor import contents, database
from service.doctor.finding import TITLES, Finding, Said, State, bad, warning
from service.doctor.installation import of_settings, of_sign_in
from service.doctor.machine import of_files, of_machine
from service.dsn import masked
from service.embedded import EmbeddedPostgresError
from service.log.codec import CodecError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractContextManager

    from service.config import Settings

__all__ = ["TITLES", "Finding", "Said", "State", "away", "examine", "of_database", "of_files", "of_settings"]

EXAMINE_S: Final = 60.0
"""Longest time that the database gets to answer."""
CHECK_S: Final = 15.0
"""Longest time for one check; counting the facts of a large log is the longest."""


def examine(settings: Settings, server: Callable[[Settings], AbstractContextManager[str]]) -> list[Finding]:
    """Return what all checks have found; the database that comes along is started for it, and stopped again.

    Args:
        settings: of the service.
        server: gives the address of the database while it is needed.
    """
    folder = settings.model_config.get("secrets_dir")
    secrets = Path(folder) if isinstance(folder, str | Path) else None
    machine = [*of_machine(settings)]
    before = {one.check: one for one in of_files(settings, secrets)}
    try:
        with server(settings) as dsn:
            asked = asyncio.run(of_database(dsn, settings))
    except EmbeddedPostgresError as error:
        asked = [away(str(error))]
    # Who can get at the files is asked when they are made; what state the server was in, before it is started here.
    after = {one.check: one for one in of_files(settings, secrets)}
    files = [before[name] if name == "embedded" else one for name, one in after.items()]
    return [*machine, *of_settings(settings), asyncio.run(of_sign_in(settings)), *files, *asked]


async def of_database(dsn: str, settings: Settings) -> list[Finding]:
    """Return what the database says: that it is away, or all else.

    Args:
        dsn: address of the database, as its owner.
        settings: of the service.
    """
    from service.app import most_connections  # noqa: PLC0415 - the schema comes with it, which a listing of help needs not.

    checks: dict[str, Callable[[asyncpg.Connection[Any]], Awaitable[Finding]]] = {
        "text": database.of_text,
        "durability": database.of_durability,
        "connections": partial(database.of_connections, needed=most_connections(settings)),
        "owner": database.of_owner,
        "service_role": database.of_service_roles,
        "clock": database.of_clock,
        "migrations": contents.of_migrations,
        "journal": partial(contents.of_journal, days=settings.journal_days),
        "read_models": contents.of_read_models,
        "log": contents.of_log,
        "administrator": lambda _connection: contents.of_administrator(dsn),
    }
    try:
        async with asyncio.timeout(EXAMINE_S), owner(dsn) as connection:
            found = [database.of_version(connection)]
            for name, check in checks.items():
                try:
                    async with asyncio.timeout(CHECK_S):
                        found.append(await check(connection))
                except (asyncpg.PostgresError, CodecError, TimeoutError) as error:
                    found.append(_not_looked_at(name, error))
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        return [away(masked(str(error), dsn) or type(error).__name__)]
    return found


def _not_looked_at(name: str, error: Exception) -> Finding:
    return warning(
        name,
        (f"This could not be looked at ({type(error).__name__}).", "未能检查。"),
        ("See to the other findings first.", "请先处理其他问题。"),
    )


def away(reason: str) -> Finding:
    """Return that the database can't be asked; what it would say is not looked at."""
    return bad(
        "database",
        (f"{reason}: what it would say was not looked at.", "数据库不可用;其余数据库检查未进行。"),
        ("Check TAIZHANG_DATABASE_URL and the server.", "检查 TAIZHANG_DATABASE_URL 与服务器。"),
    )
