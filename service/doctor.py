"""体检: what of an installation is not as it should be, and what to do about it. Nothing is changed by looking.

A finding never has a password, an address of a database or a person's value in it.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import asyncpg

from service.config import Settings
from service.database import LOG_SCHEMA, SERVICE_ROLE, UNAVAILABLE, migrations, owner
from service.dsn import Dsn, masked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

LEAST_VERSION: Final = 160_000
LEAST_PASSWORD: Final = 12
LEAST_CHARACTERS: Final = 5
"""Different characters of a password."""
CLOCK_WARNING_S: Final = 2.0
CLOCK_BAD_S: Final = 60.0
LATE_DAYS: Final = 1
"""How long a row of the journal may outlive its time: it is deleted once an hour."""
EXAMINE_S: Final = 15.0
"""Longest time that the database gets to answer."""
MOST_FILES: Final = 100
MOST_NAMED: Final = 20
_DAY_US: Final = 86_400 * 1_000_000

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "host": "监听地址 address served",
        "allowed_hosts": "允许的域名 host names",
        "trusted_proxies": "受信代理 trusted proxies",
        "sign_in": "统一登录 sign-in (OIDC)",
        "data_folder": "数据目录 data folder",
        "secrets": "密钥文件 secrets",
        "password": "数据库密码 database password",
        "tls": "数据库加密 database TLS",
        "database": "数据库 database",
        "owner": "数据库账号 database user",
        "service_role": "服务角色 service role",
        "clock": "时钟 clock",
        "migrations": "迁移 migrations",
        "journal": "安全日志 journal",
        "read_models": "读模型 read models",
    }
)


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found, and what to do about it, in both languages."""

    check: str
    state: State
    en: str
    zh: str


def of_settings(settings: Settings) -> Iterator[Finding]:
    """Yield what the settings say by themselves."""
    yield from _of_host(settings)
    yield _of_sign_in(settings.oidc_issuer)
    if settings.database_url is not None:
        dsn = Dsn.parse(settings.database_url.get_secret_value())
        yield _of_password(dsn)
        yield _of_tls(dsn, dsn.sslmode or os.environ.get("PGSSLMODE", ""))


def _of_host(settings: Settings) -> Iterator[Finding]:
    if settings.host.is_loopback:
        yield Finding("host", State.OK, "This machine only.", "仅本机。")
        return
    if settings.database_url is None:
        yield Finding(
            "host",
            State.WARNING,
            f"{settings.host} is reached by others, and the database is the one that comes along: set"
            " TAIZHANG_DATABASE_URL to a PostgreSQL that is backed up.",
            "对外服务却使用内置数据库:请用 TAIZHANG_DATABASE_URL 指向有备份的 PostgreSQL。",
        )
    else:
        yield Finding("host", State.OK, f"{settings.host}, by others as well.", "对外服务。")
    if settings.allowed_hosts:
        yield Finding("allowed_hosts", State.OK, ", ".join(settings.allowed_hosts), "已设置。")
    else:
        yield Finding(
            "allowed_hosts",
            State.WARNING,
            "Nobody can reach it by a name: set TAIZHANG_ALLOWED_HOSTS.",
            "尚不能以域名访问:请设置 TAIZHANG_ALLOWED_HOSTS。",
        )
    if settings.trusted_proxies:
        yield Finding("trusted_proxies", State.OK, ", ".join(map(str, settings.trusted_proxies)), "已设置。")
    else:
        yield Finding(
            "trusted_proxies",
            State.WARNING,
            "Behind a proxy, all clients have its address; without one, nothing is encrypted: put a proxy with TLS in"
            " front and set TAIZHANG_TRUSTED_PROXIES.",
            "未设受信代理,来源地址不可辨;无代理则传输不加密:请以反向代理终止 TLS,并设置 TAIZHANG_TRUSTED_PROXIES。",
        )


def _of_sign_in(issuer: str | None) -> Finding:
    if issuer is None:
        return Finding(
            "sign_in",
            State.WARNING,
            "TAIZHANG_OIDC_ISSUER is not set: people cannot sign in, only machines with keys.",
            "未设置 TAIZHANG_OIDC_ISSUER:人员无法登录,仅密钥可用。",
        )
    parsed = urlsplit(issuer)
    if parsed.scheme == "https":
        return Finding("sign_in", State.OK, issuer, "已设置。")
    # Settings take another scheme for this machine's own address alone.
    return Finding(
        "sign_in",
        State.WARNING,
        f"{issuer} is of this machine: for trying out only.",
        "身份提供方在本机,仅供试用。",
    )


def _of_password(dsn: Dsn) -> Finding:
    if not dsn.password:
        return Finding("password", State.OK, "None in the address.", "地址中无密码。")
    if dsn.password.lower() in {dsn.user.lower(), dsn.database.lower()}:
        english, chinese = "It is the user's or the database's name", "密码与用户名或库名相同"
    elif len(dsn.password) < LEAST_PASSWORD:
        english, chinese = f"It has fewer than {LEAST_PASSWORD} characters", f"密码不足 {LEAST_PASSWORD} 位"
    elif len(set(dsn.password)) < LEAST_CHARACTERS:
        english, chinese = "It is made of very few different characters", "密码字符过于重复"
    else:
        return Finding("password", State.OK, "Long enough.", "长度足够。")
    return Finding(
        "password",
        State.BAD,
        f"{english}: give the role a random one (openssl rand -hex 24) and change TAIZHANG_DATABASE_URL.",
        f"{chinese}:请改用随机密码(openssl rand -hex 24)并更新 TAIZHANG_DATABASE_URL。",
    )


def _of_tls(dsn: Dsn, mode: str) -> Finding:
    if not dsn.remote:
        return Finding("tls", State.OK, "The database is on this machine.", "数据库在本机。")
    if mode in {"verify-full", "verify-ca"}:
        return Finding("tls", State.OK, f"sslmode={mode}", "已加密并验证证书。")
    return Finding(
        "tls",
        State.WARNING if mode == "require" else State.BAD,
        f"The database is on another machine with sslmode={mode or 'prefer'}: use sslmode=verify-full.",
        "远程数据库的加密未强制或未验证证书:请使用 sslmode=verify-full。",
    )


def of_files(settings: Settings, secrets: Path | None) -> Iterator[Finding]:
    """Yield who can get at the files.

    Args:
        secrets: folder of a container's secrets; None if there is none.
    """
    if settings.database_url is None:
        yield _of_data(settings.data)
    yield _of_secrets(secrets)


def _of_data(folder: Path) -> Finding:
    record = folder / "postgres.at"
    try:
        mode = folder.stat().st_mode
        home = Path(record.read_text("utf-8")) if record.exists() else folder / "postgres"
        inner = home.stat().st_mode
    except OSError as error:
        return Finding(
            "data_folder", State.WARNING, f"{folder} can't be looked at: {error.strerror}.", "数据目录无法查看。"
        )
    if inner & 0o077 or mode & 0o022:
        # Pass-through of the outer folder is meant: under root, the server runs as another account.
        which = home if inner & 0o077 else folder
        return Finding(
            "data_folder",
            State.BAD,
            f"Others get at {which}: chmod 700 {which}.",
            f"他人可进入:请执行 chmod 700 {which}。",
        )
    if mode & 0o044:
        return Finding(
            "data_folder", State.WARNING, f"Others can list {folder}: chmod 700 {folder}.", "他人可列目录:请改为 0700。"
        )
    return Finding("data_folder", State.OK, f"{home} is the service's own.", "仅服务账号可进入。")


def _of_secrets(folder: Path | None) -> Finding:
    files = [] if folder is None else sorted(file for file in folder.glob("taizhang_*") if file.is_file())
    modes = {file.name: file.stat().st_mode for file in files[:MOST_FILES]}
    for bit, state, english, chinese in (
        (0o002, State.BAD, "Anybody can write", "任何人可改写"),
        (0o004, State.WARNING, "Any account of this machine or container can read", "任何账号可读取"),
    ):
        if open_ones := [name for name, mode in modes.items() if mode & bit]:
            names = ", ".join(open_ones)
            return Finding(
                "secrets",
                state,
                f"{english} {names}: make it mode 0400 of the service's account.",
                f"{chinese}:请改为 0400。",
            )
    return Finding("secrets", State.OK, f"{len(files)} files.", f"{len(files)} 个文件。")


async def of_database(dsn: str, journal_days: int) -> list[Finding]:
    """Return what the database says: that it is away, or all else.

    Args:
        dsn: address of the database, as its owner.
        journal_days: for which the journal keeps its rows.
    """
    checks: dict[str, Callable[[asyncpg.Connection[Any]], Awaitable[Finding]]] = {
        "owner": _of_owner,
        "service_role": _of_service_role,
        "clock": _of_clock,
        "migrations": _of_migrations,
        "journal": partial(_of_journal, days=journal_days),
        "read_models": _of_read_models,
    }
    try:
        async with asyncio.timeout(EXAMINE_S), owner(dsn) as connection:
            found = [_of_version(connection)]
            for name, check in checks.items():
                try:
                    found.append(await check(connection))
                except asyncpg.PostgresError as error:
                    told = f"This could not be looked at ({type(error).__name__}); see the other findings."
                    found.append(Finding(name, State.WARNING, told, "未能检查,请先处理其他问题。"))
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        return [away(masked(str(error), dsn) or type(error).__name__)]
    return found


def away(reason: str) -> Finding:
    """Return that the database can't be asked; what it would say is not looked at."""
    return Finding(
        "database",
        State.BAD,
        f"{reason}: check TAIZHANG_DATABASE_URL and the server. What it would say was not looked at.",
        "数据库不可用:请检查 TAIZHANG_DATABASE_URL 与服务器;其余数据库检查未进行。",
    )


def _of_version(connection: asyncpg.Connection[Any]) -> Finding:
    version = connection.get_server_version()
    if version.major * 10_000 < LEAST_VERSION:
        told = f"PostgreSQL {version.major} is too old: 16 or newer is needed."
        return Finding("database", State.BAD, told, "版本过旧:需要 PostgreSQL 16 或更新版本。")
    return Finding("database", State.OK, f"PostgreSQL {version.major}.{version.minor}", "可用。")


async def _of_owner(connection: asyncpg.Connection[Any]) -> Finding:
    row = await connection.fetchrow(
        "SELECT session_user::text AS name, rolsuper FROM pg_roles WHERE rolname = session_user"
    )
    if row is not None and row["name"] == SERVICE_ROLE:
        return Finding(
            "owner",
            State.BAD,
            f"TAIZHANG_DATABASE_URL connects as {SERVICE_ROLE} itself: connect as the owner of the database.",
            "数据库地址直接使用了服务角色:请使用数据库属主账号。",
        )
    if row is not None and row["rolsuper"]:
        return Finding(
            "owner",
            State.WARNING,
            f"{row['name']} is a superuser: an owner with CREATEROLE is enough.",
            "数据库账号是超级用户:请改用具有 CREATEROLE 的属主账号。",
        )
    return Finding("owner", State.OK, "The owner, no superuser.", "属主账号,非超级用户。")


async def _of_service_role(connection: asyncpg.Connection[Any]) -> Finding:
    row = await connection.fetchrow(
        """
        SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolcanlogin,
          EXISTS (SELECT FROM pg_shdepend d WHERE d.refobjid = r.oid AND d.deptype = 'o') AS owns,
          EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid) AS is_member,
          EXISTS (
            SELECT FROM pg_class c
            WHERE c.relnamespace = to_regnamespace($2)
              AND c.relname = ANY('{fact,outcome,failed_attempt,personal_read}')
              AND has_table_privilege(r.oid, c.oid, 'UPDATE, DELETE, TRUNCATE')
          ) AS changes
        FROM pg_roles r WHERE r.rolname = $1""",
        SERVICE_ROLE,
        LOG_SCHEMA,
    )
    if row is None:
        told = f"{SERVICE_ROLE} is not there yet: the first start, or `taizhang migrate`, makes it."
        return Finding("service_role", State.WARNING, told, "服务角色尚未创建:首次启动或 taizhang migrate 时创建。")
    wrong = {
        "rolsuper": ("is a superuser", "是超级用户"),
        "rolbypassrls": ("passes by row-level security (BYPASSRLS)", "可绕过行级安全"),
        "rolcreaterole": ("can make roles", "可创建角色"),
        "rolcreatedb": ("can make databases", "可创建数据库"),
        "rolreplication": ("can replicate", "可复制"),
        "owns": ("owns objects", "拥有对象"),
        "is_member": ("is a member of other roles", "是其他角色的成员"),
        "changes": ("can change the log or the journal", "可修改日志"),
    }
    if found := [told for name, told in wrong.items() if row[name]]:
        english, chinese = ", ".join(one for one, _ in found), "、".join(one for _, one in found)
        return Finding(
            "service_role",
            State.BAD,
            f"{SERVICE_ROLE} {english}: rights do not bind it. Take that from it (ALTER ROLE, REASSIGN OWNED, REVOKE).",
            f"服务角色{chinese},权限约束失效:请用 ALTER ROLE、REASSIGN OWNED 或 REVOKE 收回。",
        )
    if row["rolcanlogin"]:
        told = f"{SERVICE_ROLE} can log in: ALTER ROLE {SERVICE_ROLE} NOLOGIN."
        return Finding("service_role", State.WARNING, told, "服务角色可登录:请设为 NOLOGIN。")
    return Finding("service_role", State.OK, "Bound by its rights.", "受权限约束。")


async def _of_clock(connection: asyncpg.Connection[Any]) -> Finding:
    before = time.time()
    there = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::double precision")
    after = time.time()
    # What the way to the database takes is no difference.
    off_s = max(0.0, before - there, there - after)
    if off_s <= CLOCK_WARNING_S:
        return Finding("clock", State.OK, "It agrees with the database's.", "与数据库一致。")
    return Finding(
        "clock",
        State.BAD if off_s > CLOCK_BAD_S else State.WARNING,
        f"It is {off_s:.0f} s off the database's: let NTP keep both (chrony, ntpd).",
        f"与数据库相差 {off_s:.0f} 秒:请启用 NTP 校时。",
    )


async def _of_migrations(connection: asyncpg.Connection[Any]) -> Finding:
    known = [name for name, _ in migrations()]
    there = await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL")
    rows = await connection.fetch("SELECT name FROM migration ORDER BY name LIMIT 10000") if there else []
    done = [row["name"] for row in rows]
    if newer := [name for name in done if name not in known]:
        return Finding(
            "migrations",
            State.BAD,
            f"The database is of a newer version ({', '.join(newer[:MOST_NAMED])}): use that version.",
            "数据库属于更新的版本:请使用相应版本的服务。",
        )
    if pending := [name for name in known if name not in done]:
        return Finding(
            "migrations",
            State.WARNING,
            f"{', '.join(pending)} are to be done: start the service, or `taizhang migrate`.",
            "有待执行的迁移:请启动服务或执行 taizhang migrate。",
        )
    return Finding("migrations", State.OK, f"{len(done)} done.", "均已执行。")


async def _of_journal(connection: asyncpg.Connection[Any], *, days: int) -> Finding:
    oldest = await connection.fetchval("""
        SELECT least((SELECT min(f.at_us) FROM failed_attempt f), (SELECT min(r.at_us) FROM personal_read r))""")
    if oldest is not None and oldest < time.time_ns() // 1000 - (days + LATE_DAYS) * _DAY_US:
        return Finding(
            "journal",
            State.WARNING,
            f"It has rows older than the {days} days for which it keeps them: does the service run?",
            f"存有超过留存期({days} 天)的记录:请确认服务在运行。",
        )
    return Finding("journal", State.OK, f"Kept for {days} days.", f"留存 {days} 天。")


async def _of_read_models(connection: asyncpg.Connection[Any]) -> Finding:
    rows = await connection.fetch(
        "SELECT region, projection FROM aside ORDER BY region, projection LIMIT $1", MOST_NAMED
    )
    if rows:
        names = ", ".join(f"{row['region']} {row['projection']}" for row in rows)
        return Finding(
            "read_models",
            State.BAD,
            f"Set aside: {names}. `taizhang status` says why; mend it, then `taizhang rebuild`.",
            "有读模型被搁置:taizhang status 说明原因,修复后执行 taizhang rebuild。",
        )
    return Finding("read_models", State.OK, "None is set aside.", "无搁置。")
