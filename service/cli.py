"""命令行: start the service, load a demo, import, rebuild, and say how things stand."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import asyncpg
import structlog
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

import projections
from projections.rebuild import ensure
from projections.rebuild import rebuild as rebuild_one
from projections.runner import MisconfiguredError, Runner, standings
from service import cli_accounts, cli_doctor
from service.access.page import security_page
from service.auth import Development
from service.catalogue import events_page
from service.config import MOST_WORKERS, Settings
from service.database import UNAVAILABLE, pool
from service.database import migrate as migrate_database
from service.demo import load as load_demo
from service.demo.samples import SAMPLES
from service.domain.account import INSTALLATION
from service.domain.errors import RejectedError
from service.domain.values import Region
from service.dsn import masked
from service.embedded import EmbeddedPostgres, EmbeddedPostgresError, embedded
from service.error_catalogue import errors_page
from service.handle import Handler
from service.imports import gmpp
from service.log import BusyError, UnknownOutcomeError
from service.log.log import Log
from service.log.vector import Vector
from service.telemetry import set_up_logging
from service.workers import Task
from service.workers import serve as serve_until_stopped

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # A variable's value may be the database's address, with its password.
    pretty_exceptions_show_locals=False,
    help="台账 taizhang: the ledger of a city's key projects.",
)
imports = typer.Typer(no_args_is_help=True, help="导入 Read data of other systems into a ledger.")
app.add_typer(imports, name="import")
out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)
WATCH_S: Final = 0.5
"""How often to see whether the database that comes along still lives."""


def _settings() -> Settings:
    """Return the settings; one that can't be is named, and ends the command with exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        for one in error.errors():
            _complain(f"TAIZHANG_{str(one['loc'][0]).upper()}: {one['msg']} 设置有误")
        raise typer.Exit(2) from None


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Give the address of the database: one's own, or that of the PostgreSQL that comes along.

    What a person can mend is said in a line, and ends the command with exit code 1.
    """
    try:
        with _server(settings) as dsn:
            yield dsn
    except (EmbeddedPostgresError, RejectedError, BusyError, UnknownOutcomeError, gmpp.UnreadableFileError) as error:
        _complain(str(error))
        raise typer.Exit(1) from None
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        told = str(error) or type(error).__name__
        if settings.database_url is not None:
            told = masked(told, settings.database_url.get_secret_value())
        _complain(f"The database: {told} 数据库不可用")
        raise typer.Exit(1) from None


def _on_database(work: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    """Run work on the database, given its address."""
    settings = _settings()
    set_up_logging("warning")
    with _database(settings) as dsn:
        asyncio.run(work(dsn))


cli_accounts.add_to(app, _on_database)


@contextlib.contextmanager
def _server(settings: Settings) -> Iterator[str]:
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    # A stop that is asked for from outside must also stop the database: the way out is an exception, as with Ctrl-C.
    signal.signal(signal.SIGTERM, _leave)
    with embedded(settings.data) as server, _mended(server):
        yield server.dsn()


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


@contextlib.contextmanager
def _mended(server: EmbeddedPostgres) -> Iterator[None]:
    """Start the database again if it dies; requests fail meanwhile, as retryable, and go on by themselves."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(WATCH_S):
            if server.pid is None:
                structlog.get_logger().error("the database has died; starting it again")
                with contextlib.suppress(EmbeddedPostgresError):
                    server.start()

    watcher = threading.Thread(target=watch, name="database", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextlib.contextmanager
def _port(settings: Settings) -> Iterator[socket.socket]:
    """Take the port before anything else is done, so that one that is in use is said first."""
    with socket.socket(socket.AF_INET if settings.host.version == 4 else socket.AF_INET6) as taken:  # noqa: PLR2004 - IPv4.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((str(settings.host), settings.port))
        except OSError as error:
            where = f"TAIZHANG_HOST {settings.host}, TAIZHANG_PORT {settings.port}"
            _say(f"{where}: {error.strerror} 端口不可用", style="red", markup=False)
            raise typer.Exit(1) from None
        yield taken


@app.command()
def serve(
    *,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_WORKERS, help="processes that serve; TAIZHANG_WORKERS, or 1, if it is not said"),
    ] = None,
) -> None:
    """启动服务 Serve GraphQL at /graphql until stopped, on this machine's loopback address unless set otherwise."""
    settings = _settings()
    set_up_logging(settings.log_level)
    with _port(settings) as port, _database(settings) as dsn:
        asyncio.run(migrate_database(dsn))  # Before anything is served, so that what is wrong is said in a line.
        trial = Development.of(settings)
        _greet(settings, trial)
        code = serve_until_stopped(Task(dsn, settings, port, trial), workers or settings.workers)
    raise typer.Exit(code)


@app.command()
def demo() -> None:
    """演示 Load synthetic ledgers, if they are not loaded yet, and serve them."""
    settings = _settings()
    set_up_logging("warning")
    with _port(settings) as port, _database(settings) as dsn:
        asyncio.run(_load(dsn, settings))
        trial = Development.of(settings)
        _greet(settings, trial)
        for sample in SAMPLES[:3]:
            out.print(f"\n[bold]{sample.name}[/bold]")
            _say(sample.query.strip(), style="cyan", markup=False)
        out.print()
        serve_until_stopped(Task(dsn, settings, port, trial), 1)


def _greet(settings: Settings, trial: Development | None) -> None:
    address = settings.origin
    token = "" if trial is None else f"#token={trial.token}"
    _say(f"[bold]台账 taizhang[/bold]  explorer 浏览器 {address}/explorer{token}  ·  GraphQL {address}/graphql")
    if trial is not None:
        _say(
            "DEVELOPMENT: whoever has this token may do everything; it is taken on this machine alone, with the"
            " database that comes along. 开发模式:持有此令牌者可做任何操作,仅限本机和内置数据库,切勿用于真实数据。",
            style="bold yellow",
        )
        _say(f"curl -H 'Authorization: Bearer {trial.token}' ...  ·  以某角色 as a role: ….REPORTER@431181")
    if not settings.is_loopback:
        _say(f"Serves {settings.host}; `taizhang doctor` says what is missing. 对外服务,请用 taizhang doctor 检查。")


def _say(text: str, **style: Any) -> None:
    """Print lines that may be copied: never broken to the window's width."""
    out.print(text, soft_wrap=True, **style)


def _complain(text: str) -> None:
    """Say what is wrong, where it does not get into what a command puts out."""
    err.print(text, soft_wrap=True, markup=False, style="red")


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=out
    )


async def _load(dsn: str, settings: Settings) -> None:
    await migrate_database(dsn)
    async with Log.open(dsn, size=settings.pool_size) as facts:
        with _bar() as bar:
            task = bar.add_task("演示数据 demo ledgers", total=None)
            await load_demo(facts, lambda done, total: bar.update(task, completed=done, total=total))
        await _catch_up(dsn, facts)


async def _catch_up(dsn: str, facts: Log) -> None:
    """Let the read models take what the log has; safe beside a service that does the same."""
    await ensure(dsn, facts, projections.ALL)
    async with pool(dsn, size=2, name="taizhang-runner", statement_timeout_s=60) as feeding:
        runner = Runner(facts, feeding, projections.ALL)
        for head in await facts.heads():
            while await runner.step(head.region):
                pass


@app.command()
def migrate() -> None:
    """迁移 Bring the database up to date, and stop."""
    settings = _settings()
    with _database(settings) as dsn:
        applied = asyncio.run(migrate_database(dsn))
    out.print(f"{len(applied)} migrations applied: {', '.join(applied) or '-'}")


@app.command()
def status() -> None:
    """现状 Show how far each region's log and read models are."""
    settings = _settings()

    async def show(dsn: str) -> bool:
        table = Table("region 地区", "log 日志", "projected 已投影", "fed by 推进", "set aside 搁置")
        await migrate_database(dsn)
        async with pool(dsn, size=1, name="taizhang-status") as reading:
            found = await standings(reading)
        for one in found:
            aside = "\n".join(f"{name}: {error}" for name, error in one.aside.items())
            table.add_row(one.region, str(one.position), str(one.projected), one.owner or "-", aside or "-")
        out.print(table)
        return any(one.aside for one in found)

    with _database(settings) as dsn:
        if asyncio.run(show(dsn)):
            raise typer.Exit(1)


@app.command()
def rebuild(name: Annotated[str, typer.Argument(help="read model, or `all`")]) -> None:
    """重建 Fill a read model's tables anew beside the live ones, compare, and switch."""
    settings = _settings()
    set_up_logging(settings.log_level)

    async def run(dsn: str) -> None:
        await migrate_database(dsn)
        names = [one.name for one in projections.ALL] if name == "all" else [name]
        async with Log.open(dsn, size=2) as facts:
            await _catch_up(dsn, facts)
            for one in names:
                with _bar() as bar:
                    task = bar.add_task(one, total=None)
                    rebuilt = await rebuild_one(
                        dsn,
                        facts,
                        projections.ALL,
                        one,
                        lambda done, total, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]  # The default binds the loop's task.
                    )
                differing = ", ".join(f"{table} {count}" for table, count in rebuilt.differing.items() if count)
                _say(f"{one}: {rebuilt.facts} facts; rows that differed: {differing or 'none'}")

    with _database(settings) as dsn:
        try:
            asyncio.run(run(dsn))
        except MisconfiguredError as error:
            _say(str(error), style="red", markup=False)
            raise typer.Exit(2) from None


@app.command()
def facts(
    *,
    after: Annotated[str, typer.Option(help="the cursor that ended an earlier output")] = "",
    region: Annotated[
        list[str] | None, typer.Option(help="only this region's log, 000000 for rights; may be given again")
    ] = None,
) -> None:
    """事实 Print facts as JSON lines, of all regions or some, and the cursor behind the last on stderr.

    Personal values are not among them: a body has their commitment.
    """
    settings = _settings()

    async def run(dsn: str) -> Vector:
        await migrate_database(dsn)
        at = Vector.parse(after) if after else Vector()
        async with Log.open(dsn, size=1) as log:
            rights = [INSTALLATION] if INSTALLATION in (region or ()) else []
            ledgers = rights + [await log.ledger(Region(one)) for one in region or () if one != INSTALLATION]
            while True:
                rows, at = await log.changes(at, regions=ledgers)
                for row in rows:
                    sys.stdout.write(row.line() + "\n")
                if not rows:
                    return at

    with _database(settings) as dsn:
        typer.echo(str(asyncio.run(run(dsn))), err=True)


@imports.command("gmpp")
def import_gmpp(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="yearly snapshots as CSV")],
    region: Annotated[str, typer.Option(help="a sandbox region, 99xxxx")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say row by row what would happen, and store nothing")
    ] = False,
) -> None:
    """英国政府重大项目 Import the UK Government Major Projects Portfolio into a sandbox region."""
    settings = _settings()
    set_up_logging("warning")

    async def run(dsn: str) -> None:
        await migrate_database(dsn)
        async with Log.open(dsn, size=settings.pool_size) as facts:
            say = (lambda step: _say(str(step), markup=False)) if dry_run else (lambda _step: None)
            with _bar() as bar:
                task = bar.add_task(file.name, total=None, visible=not dry_run)
                report = await gmpp.load(
                    Handler(facts),
                    facts,
                    file,
                    Region(region),
                    dry_run=dry_run,
                    say=say,
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                )
            _say(str(report), markup=False)
            if not dry_run:
                await _catch_up(dsn, facts)

    with _database(settings) as dsn:
        asyncio.run(run(dsn))


cli_doctor.add_to(app, _settings, _server)
ROOT: Final = Path(__file__).parent.parent


@app.command()
def schema(
    *, check: Annotated[bool, typer.Option("--check", help="only compare with the committed files")] = False
) -> None:
    """导出 Write schema/schema.graphql, docs/events.md, docs/errors.md and tables of docs/security.md, or check."""
    from schema import MUTATIONS  # noqa: PLC0415 - as below.
    from schema import schema as current  # noqa: PLC0415 - the command has the package's name.

    rights = ROOT / "docs" / "security.md"
    pages = {
        ROOT / "schema" / "schema.graphql": current.as_str() + "\n",
        ROOT / "docs" / "events.md": events_page(),
        ROOT / "docs" / "errors.md": errors_page(),
        rights: security_page(rights.read_text(encoding="utf-8"), MUTATIONS),
    }
    stale = [file for file, text in pages.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    if not check:
        for file in stale:
            file.write_text(pages[file], encoding="utf-8")
    elif stale:
        names = ", ".join(str(file.relative_to(ROOT)) for file in stale)
        out.print(f"{names} not current: run `taizhang schema`", style="red")
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
