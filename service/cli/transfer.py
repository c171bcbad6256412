"""进出: read data of other systems into a ledger, and print facts for those who keep a copy."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from service.cli.database import catch_up, on_database
from service.cli.exits import Exit, interruptible
from service.cli.terminal import AsJson, complain, progress, put, say, tell
from service.config import Settings
from service.database import migrate
from service.domain.account import INSTALLATION
from service.domain.values import Region
from service.handle import Handler
from service.imports import gmpp
from service.imports.loading import Report
from service.log.log import Log
from service.log.vector import Vector

imports = typer.Typer(no_args_is_help=True, help="导入 Read data of other systems into a ledger.")


def facts(
    *,
    after: Annotated[str, typer.Option(help="游标 the cursor that ended an earlier output")] = "",
    region: Annotated[
        list[str] | None, typer.Option(help="地区 only this log, 000000 for rights; may be repeated")
    ] = None,
) -> None:
    """事实 Print facts as JSON lines.

    Of all regions or some; the last line on stderr is the cursor from which the next call goes on 标准错误末行为游标。
    Personal values are not among them: a body has their commitment 不含个人信息。
    """
    at = Vector.parse(after) if after else Vector()

    async def run(dsn: str) -> None:
        nonlocal at
        await migrate(dsn)
        async with Log.open(dsn, size=1) as log:
            rights = [INSTALLATION] if INSTALLATION in (region or ()) else []
            ledgers = rights + [await log.ledger(Region(one)) for one in region or () if one != INSTALLATION]
            await log.check(at)
            while True:
                rows, then = await log.changes(at, regions=ledgers)
                for row in rows:
                    sys.stdout.write(row.line() + "\n")
                sys.stdout.flush()
                at = then
                if not rows:
                    return

    with interruptible("Lines behind this cursor come again:", "从以下游标继续,其后的行会重复:"):
        try:
            on_database(run)
        except KeyboardInterrupt:
            tell(str(at))
            raise
    typer.echo(str(at), err=True)


@imports.command("gmpp")
def import_gmpp(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="文件 yearly snapshots as CSV")],
    region: Annotated[str, typer.Option(help="地区 a sandbox region, 99xxxx")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="试运行 say row by row what would happen; store nothing")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """英国政府重大项目 Import the UK's major projects.

    The Government Major Projects Portfolio goes into a sandbox region. What the ledger has already is not added again,
    so an import that was broken off is simply run again 中断后重新执行即可。Exit code 1 if a row was refused.
    """

    async def run(dsn: str) -> Report:
        await migrate(dsn)
        async with Log.open(dsn, size=Settings().pool_size) as log:
            with progress(file.name) as tell_done:
                report = await gmpp.load(
                    Handler(log),
                    log,
                    file,
                    Region(region),
                    dry_run=dry_run,
                    say=(lambda step: say(str(step), markup=False))
                    if dry_run and not as_json
                    else (lambda _step: None),
                    progress=tell_done,
                )
            if not dry_run:
                await catch_up(dsn, log)
            return report

    with interruptible(
        "Each row is stored or not begun; run it again for the rest.", "每行要么已存要么未开始,可再次执行。"
    ):
        report = on_database(run)
    if as_json:
        put(report.as_dict())
    else:
        say(str(report), markup=False)
        for one in report.refused:
            complain(f"refused 拒绝: {one}")
    if report.refused:
        raise typer.Exit(Exit.REFUSED)
