"""数据库检查: what of the server, of its roles and of its settings is not as the service needs it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from service.database import LOG_SCHEMA, ROLES
from service.doctor.finding import Finding, State, bad, ok, warning

if TYPE_CHECKING:
    import asyncpg

LEAST_VERSION: Final = 160_000
CLOCK_WARNING_S: Final = 2.0
CLOCK_BAD_S: Final = 60.0


def of_version(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether the server is new enough."""
    version = connection.get_server_version()
    if version.major * 10_000 < LEAST_VERSION:
        return bad(
            "database",
            (f"PostgreSQL {version.major} is too old.", "版本过旧。"),
            ("Upgrade it to PostgreSQL 16 or newer.", "升级到 PostgreSQL 16 或更新版本。"),
        )
    # Since PostgreSQL 10 a version has two parts, of which the driver calls the second its micro.
    return ok("database", f"PostgreSQL {version.major}.{version.micro}", "可用。")


async def of_text(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether the database can hold Chinese text."""
    encoding = await connection.fetchval(
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
    )
    if encoding != "UTF8":
        return bad(
            "text",
            (f"The database's encoding is {encoding}.", f"数据库编码为 {encoding}。"),
            ("Make a database with ENCODING 'UTF8' and restore into it.", "以 ENCODING 'UTF8' 新建数据库并恢复数据。"),
        )
    return ok("text", "UTF8", "UTF8。")


async def of_durability(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether what was acknowledged outlives a power cut."""
    rows = await connection.fetch(
        "SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name",
        ["fsync", "full_page_writes", "synchronous_commit"],
    )
    if rows:
        names = [row["name"] for row in rows]
        listed = ", ".join(names)
        return bad(
            "durability",
            (
                f"Off: {listed}. A crash loses or destroys what was acknowledged.",
                f"{listed} 已关闭,断电会丢失或损坏数据。",
            ),
            (
                "; ".join(f"ALTER SYSTEM SET {name} = on" for name in names) + "; SELECT pg_reload_conf()",
                "打开这些设置后重新加载配置。",
            ),
        )
    return ok("durability", "What is acknowledged is on the disk.", "已确认的数据已落盘。")


async def of_connections(connection: asyncpg.Connection[Any], needed: int) -> Finding:
    """Return whether the server has room for the service's pools.

    Args:
        connection: to the server.
        needed: connections that one process of the service may have at once.
    """
    room = await connection.fetchval("""
        SELECT current_setting('max_connections')::integer
          - current_setting('superuser_reserved_connections')::integer
          - coalesce(current_setting('reserved_connections', true), '0')::integer""")
    limit = await connection.fetchval("SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user")
    least = min(room, limit) if limit is not None and limit >= 0 else room
    if needed > least:
        return warning(
            "connections",
            (
                f"The service may open {needed}, the server gives {least}.",
                f"服务最多打开 {needed} 个,服务器只给 {least} 个。",
            ),
            (
                "Raise max_connections (and the role's CONNECTION LIMIT), or lower TAIZHANG_POOL_SIZE.",
                "调高 max_connections(及账号的 CONNECTION LIMIT),或调低 TAIZHANG_POOL_SIZE。",
            ),
        )
    return ok("connections", f"{needed} of {least} at most", f"最多使用 {least} 个中的 {needed} 个。")


async def of_owner(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether the address is that of an owner who may do what is needed, and no more."""
    row = await connection.fetchrow(
        """
        SELECT r.rolname::text AS name, r.rolsuper, r.rolcreaterole,
          has_database_privilege(current_database(), 'CREATE') AS makes,
          (SELECT bool_and(pg_has_role(r.oid, s.oid, 'SET')) FROM pg_roles s WHERE s.rolname = ANY($1)) AS takes_on
        FROM pg_roles r WHERE r.rolname = session_user""",
        list(ROLES),
    )
    if row is not None and row["name"] in ROLES:
        return bad(
            "owner",
            (f"TAIZHANG_DATABASE_URL connects as {row['name']} itself.", "数据库地址直接使用了服务角色。"),
            ("Connect as the owner of the database.", "改用数据库属主账号。"),
        )
    if row is not None and row["rolsuper"]:
        return warning(
            "owner",
            (f"{row['name']} is a superuser.", "数据库账号是超级用户。"),
            ("An owner with CREATEROLE is enough: connect as one.", "改用具有 CREATEROLE 的属主账号。"),
        )
    if row is not None and not row["makes"]:
        return bad(
            "owner",
            (f"{row['name']} can't make schemas in this database.", "数据库账号不能创建模式。"),
            (f"ALTER DATABASE ... OWNER TO {row['name']}", "将该账号设为数据库属主。"),
        )
    if row is not None and not row["rolcreaterole"] and not row["takes_on"]:
        return bad(
            "owner",
            (
                f"{row['name']} can neither make the service's roles nor take them on.",
                "数据库账号不能创建或使用服务角色。",
            ),
            (
                f"ALTER ROLE {row['name']} CREATEROLE, or GRANT the roles to it WITH SET TRUE; see docs/operations.md.",
                "授予 CREATEROLE,或将服务角色 GRANT 给它(WITH SET TRUE)。",
            ),
        )
    return ok("owner", "The owner, no superuser.", "属主账号,非超级用户。")


async def of_service_roles(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether rights bind the roles that the service works as; the worst of them is told."""
    found = [await _of_role(connection, role) for role in ROLES]
    wrong = [one for one in found if one.mend is not None]
    return next((one for one in wrong if one.state is State.BAD), wrong[0] if wrong else found[0])


async def _of_role(connection: asyncpg.Connection[Any], role: str) -> Finding:
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
        role,
        LOG_SCHEMA,
    )
    if row is None:
        return warning(
            "service_role",
            (f"{role} is not there yet.", f"{role} 尚未创建。"),
            ("The first start makes it, or `taizhang migrate`.", "首次启动或 taizhang migrate 时创建。"),
        )
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
        return bad(
            "service_role",
            (f"{role} {english}: rights do not bind it.", f"{role} {chinese},权限约束失效。"),
            (
                "Take that from it (ALTER ROLE, REASSIGN OWNED, REVOKE).",
                "用 ALTER ROLE、REASSIGN OWNED 或 REVOKE 收回。",
            ),
        )
    if row["rolcanlogin"]:
        return warning(
            "service_role",
            (f"{role} can log in; it needs no password, being taken on only.", f"{role} 可登录,而它不应登录。"),
            (f"ALTER ROLE {role} NOLOGIN PASSWORD NULL", f"ALTER ROLE {role} NOLOGIN PASSWORD NULL"),
        )
    return ok("service_role", "Bound by their rights.", "受权限约束。")


async def of_clock(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether this machine and the database agree on the time."""
    before = time.time()
    there = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::double precision")
    after = time.time()
    # What the way to the database takes is no difference.
    off_s = max(0.0, before - there, there - after)
    if off_s <= CLOCK_WARNING_S:
        return ok("clock", "It agrees with the database's.", "与数据库一致。")
    make = bad if off_s > CLOCK_BAD_S else warning
    return make(
        "clock",
        (f"It is {off_s:.0f} s off the database's.", f"与数据库相差 {off_s:.0f} 秒。"),
        ("Let NTP keep both (chrony, ntpd).", "启用 NTP 校时。"),
    )
