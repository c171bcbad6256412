"""维护: bring the database up to date, say how things stand, make read models anew."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer
from rich.table import Column, Table
from rich.text import Text

import projections
from projections.rebuild import rebuild_all
from projections.switching import Rebuilt
from service import status as standing
from service.cli.database import catch_up, on_database
from service.cli.exits import Exit, interruptible
from service.cli.terminal import AsJson, out, progress, put, say, tell
from service.database import migrate as migrate_database
from service.log.log import Log

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_KILO: Final = 1000
ALL: Final = "all"
"""Stands for the name of every read model."""
MOST_TABLES: Final = 8
"""Tables that `status` shows, the largest first; with --json all."""


def migrate(*, as_json: AsJson = False) -> None:
    """迁移 Bring the database up to date, and stop.

    Each migration is done as a whole or not at all; `serve` does the same when it starts 逐个执行,要么完成,要么不变。
    """
    with interruptible(
        "Each migration is done or not begun; run it again for the rest.", "每个迁移要么完成要么未开始,可再次执行。"
    ):
        applied = on_database(migrate_database)
    if as_json:
        put({"applied": applied})
    else:
        say(f"{len(applied)} migrations applied 已执行迁移: {', '.join(applied) or '-'}")


def status(*, as_json: AsJson = False) -> None:
    """现状 Show how far logs and read models are.

    Nothing is changed by looking. Exit code 1 if a read model was set aside, or migrations are to be done
    有读模型被搁置或有待执行的迁移时,退出码为 1。
    """
    found = on_database(standing.look)
    if as_json:
        put(found.as_dict())
    else:
        _show(found)
    if found.pending or any(one.aside for one in found.regions):
        raise typer.Exit(Exit.REFUSED)


def _show(found: standing.Status) -> None:
    if found.pending:
        tell(f"To be migrated: {', '.join(found.pending)}: `taizhang migrate`. 有待执行的迁移。", style="yellow")
        return
    if not found.regions:
        say("No ledger yet 尚无台账")
        return
    table = Table(
        "region 地区",
        Column("log 日志", justify="right"),
        Column("projected 已投影", justify="right"),
        Column("lag 滞后", justify="right"),
        Column("fed by 推进", overflow="fold"),
    )
    for one in found.regions:
        since = "" if one.lag_s is None else f" {one.lag_s:.1f} s"
        table.add_row(
            one.region, str(one.position), str(one.projected), f"{one.lag_facts}{since}", Text(one.fed_by or "-")
        )
    out.print(table)
    for one in found.regions:
        for name, error in one.aside.items():
            say(f"{one.region} {name}: set aside 已搁置: {error}", style="red", markup=False)
    if found.sizes:
        listed = sorted(found.sizes.items(), key=lambda item: -item[1])[:MOST_TABLES]
        say(f"size 大小 {_size(found.database_bytes)}: " + ", ".join(f"{name} {_size(size)}" for name, size in listed))
    if found.archived_at is None:
        say("backup 备份: none is known; the server archives nothing 未知,服务器未归档")
    else:
        say(f"backup 备份: the server archived last at 最近归档 {found.archived_at}")


def _size(count: int) -> str:
    size, unit = float(count), 0
    while size >= _KILO and unit < len(_UNITS) - 1:
        size, unit = size / _KILO, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"


def rebuild(
    name: Annotated[str, typer.Argument(help="读模型 a read model, or `all`, together 或全部")] = ALL,
    *,
    region: Annotated[str | None, typer.Option(help="地区 only this ledger's rows")] = None,
    as_json: AsJson = False,
) -> None:
    """重建 Fill read models anew beside the live ones.

    They are compared with the live tables and switched; readers see the old ones until then 重建完成前读者仍见旧表。
    It also takes back what was set aside, once its fault is mended 修复后重建即可恢复被搁置的读模型。
    """
    known = [one.name for one in projections.ALL]
    if name != ALL and name not in known:
        raise typer.BadParameter(f"no read model {name!r} 没有此读模型; there are {', '.join(known)}, or all")
    with interruptible(
        "The live tables are whole: what was not switched is as it was. Run it again.",
        "线上数据完整:未切换者保持原样,可再次执行。",
    ):
        done = on_database(lambda dsn: _rebuild(dsn, name, region, as_json=as_json))
    if not as_json:
        differing = sum(sum(one.differing.values()) for one in done)
        say(f"{len(done)} read models rebuilt 已重建; rows that differed 有差异的行: {differing}")


async def _rebuild(dsn: str, name: str, region: str | None, *, as_json: bool) -> list[Rebuilt]:
    chosen = [one for one in projections.ALL if name in {ALL, one.name}]
    await migrate_database(dsn)
    async with Log.open(dsn, size=2) as facts:
        await catch_up(dsn, facts)
        with progress(name) as tell_done:
            done = await rebuild_all(dsn, facts, chosen, tell_done, region=region)
    for one in done:
        if as_json:
            typer.echo(json.dumps({"name": one.name, "facts": one.facts, "differing": one.differing}))
            continue
        differing = ", ".join(f"{table} {count}" for table, count in one.differing.items() if count)
        say(f"{one.name}: {one.facts} facts 事实; rows that differed 有差异的行: {differing or 'none 无'}")
    return done
