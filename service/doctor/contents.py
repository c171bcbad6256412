"""内容检查: migrations, journal, read models, the log itself, and who may give rights."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from service.clock import today_in_china
from service.database import done_migrations, migrations
from service.directory import Directory
from service.doctor.finding import Finding, bad, ok, warning
from service.domain.roles import Role
from service.log.log import Log

if TYPE_CHECKING:
    import asyncpg

LATE_DAYS: Final = 1
"""How long a row of the journal may outlive its time: it is deleted once an hour."""
LAG_S: Final = 60
"""How long a fact may wait for the read models before it is told."""
MOST_NAMED: Final = 20
_DAY_US: Final = 86_400 * 1_000_000


async def of_migrations(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether the tables are this version's."""
    known = [name for name, _ in migrations()]
    done = await done_migrations(connection)
    if newer := [name for name in done if name not in known]:
        return bad(
            "migrations",
            (f"The database is of a newer version ({', '.join(newer[:MOST_NAMED])}).", "数据库属于更新的版本。"),
            ("Use that version of taizhang.", "使用相应版本的服务。"),
        )
    if pending := [name for name in known if name not in done]:
        return warning(
            "migrations",
            (f"To be done: {', '.join(pending)}.", "有待执行的迁移。"),
            ("Start the service, or `taizhang migrate`.", "启动服务或执行 taizhang migrate。"),
        )
    return ok("migrations", f"{len(done)} done", "均已执行。")


async def of_journal(connection: asyncpg.Connection[Any], days: int) -> Finding:
    """Return whether rows of the journal go when their time is over."""
    oldest = await connection.fetchval("""
        SELECT least((SELECT min(f.at_us) FROM failed_attempt f), (SELECT min(r.at_us) FROM personal_read r))""")
    if oldest is not None and oldest < time.time_ns() // 1000 - (days + LATE_DAYS) * _DAY_US:
        return warning(
            "journal",
            (f"It has rows older than the {days} days for which it keeps them.", f"存有超过留存期({days} 天)的记录。"),
            ("See that the service runs: it deletes them once an hour.", "确认服务在运行,由其每小时清理。"),
        )
    return ok("journal", f"Kept for {days} days", f"留存 {days} 天。")


async def of_read_models(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether all read models take the facts."""
    rows = await connection.fetch(
        "SELECT region, projection FROM aside ORDER BY region, projection LIMIT $1", MOST_NAMED
    )
    if rows:
        names = ", ".join(f"{row['region']} {row['projection']}" for row in rows)
        return bad(
            "read_models",
            (f"Set aside: {names}.", f"被搁置: {names}。"),
            (
                "`taizhang status` says why; mend it, then `taizhang rebuild NAME --region REGION`.",
                "taizhang status 说明原因,修复后执行 taizhang rebuild NAME --region REGION。",
            ),
        )
    behind = await connection.fetch(
        """
        SELECT h.region
        FROM log_head h
        LEFT JOIN projected p ON p.region = h.region
        JOIN fact f ON f.region = h.region AND f.position = coalesce(p.position, 0) + 1
        WHERE NOT h.backdated AND f.recorded_us < $1
        ORDER BY h.region LIMIT $2""",
        time.time_ns() // 1000 - LAG_S * 1_000_000,
        MOST_NAMED,
    )
    if behind:
        names = ", ".join(row["region"] for row in behind)
        return warning(
            "read_models",
            (f"Facts wait for more than {LAG_S} s: {names}.", f"投影滞后超过 {LAG_S} 秒: {names}。"),
            ("See that a service runs, and what it logs.", "确认服务在运行,并查看其日志。"),
        )
    return ok("read_models", "None is set aside or behind.", "无搁置,无滞后。")


async def of_log(connection: asyncpg.Connection[Any]) -> Finding:
    """Return whether each region's log has all of its facts: positions from 1 to its head, without a gap."""
    rows = await connection.fetch(
        """
        SELECT coalesce(h.region, f.region) AS region
        FROM log_head h
        FULL JOIN (
          SELECT f.region, count(*) AS facts, max(f.position) AS last
          FROM fact f GROUP BY f.region
        ) f ON f.region = h.region
        WHERE coalesce(h.position, 0) <> coalesce(f.facts, 0) OR coalesce(h.position, 0) <> coalesce(f.last, 0)
        ORDER BY 1 LIMIT $1""",
        MOST_NAMED,
    )
    if rows:
        names = ", ".join(row["region"] for row in rows)
        return bad(
            "log",
            (f"Facts are missing in the log of {names}.", f"日志有缺失: {names}。"),
            (
                "Stop the service, keep the database as it is, and restore the last backup that has them.",
                "停止服务,保留现场,从含有这些事实的最近备份恢复。",
            ),
        )
    return ok("log", "Without a gap.", "连续无缺。")


async def of_administrator(dsn: str) -> Finding:
    """Return whether anybody may give rights."""
    async with Log.open(dsn, size=1) as facts:
        directory = Directory(facts)
        await directory.load()
    today = today_in_china()
    found = sum(
        any(held.granted.role is Role.SECURITY_ADMIN and held.holds_on(today) for held in rights.grants.values())
        for rights in directory.accounts.values()
    )
    if not found:
        return warning(
            "administrator",
            ("Nobody is a security administrator: nobody can give rights.", "没有安全管理员,无人可授权。"),
            (
                "taizhang roles grant oidc:ACCOUNT SECURITY_ADMIN 000000 --reason ...",
                "taizhang roles grant oidc:账号 SECURITY_ADMIN 000000 --reason ...",
            ),
        )
    return ok("administrator", f"{found} of them", f"共 {found} 人。")
