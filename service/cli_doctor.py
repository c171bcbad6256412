"""体检命令: `taizhang doctor` says what of an installation is not as it should be, and what to do about it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import doctor
from service.config import Settings
from service.embedded import EmbeddedPostgresError

_SHOWN: Final = {
    doctor.State.OK: Text("正常 ok", "green"),
    doctor.State.WARNING: Text("注意 warning", "yellow"),
    doctor.State.BAD: Text("异常 bad", "red"),
}


def add_to(
    app: typer.Typer,
    settings: Callable[[], Settings],
    server: Callable[[Settings], AbstractContextManager[str]],
) -> None:
    """Add the command.

    Args:
        settings: gives the settings, or ends the command.
        server: gives the address of the database while it is needed.
    """

    @app.command("doctor")
    def command(
        *, as_json: Annotated[bool, typer.Option("--json", help="as one JSON object, for a monitoring system")] = False
    ) -> None:
        """体检 Check this installation, and say what to do; exit code 1 if anything is bad. Nothing is changed."""
        found = findings(settings(), server)
        if as_json:
            typer.echo(_json(found))
        else:
            Console(highlight=False).print(_table(found))
        if any(one.state is doctor.State.BAD for one in found):
            raise typer.Exit(1)


def findings(settings: Settings, server: Callable[[Settings], AbstractContextManager[str]]) -> list[doctor.Finding]:
    """Return what all checks have found; the database that comes along is started for it, and stopped again."""
    folder = Settings.model_config.get("secrets_dir")
    try:
        with server(settings) as dsn:
            asked = asyncio.run(doctor.of_database(dsn, settings.journal_days))
    except EmbeddedPostgresError as error:
        asked = [doctor.away(str(error))]
    files = doctor.of_files(settings, Path(folder) if isinstance(folder, str | Path) else None)
    return [*doctor.of_settings(settings), *files, *asked]


def _table(found: list[doctor.Finding]) -> Table:
    table = Table("检查 check", "结果 state", "说明 finding", show_lines=True)
    for one in found:
        # What is found is text, in which brackets are no style.
        table.add_row(doctor.TITLES[one.check], _SHOWN[one.state], Text(f"{one.zh}\n{one.en}"))
    return table


def _json(found: list[doctor.Finding]) -> str:
    checks = [{"check": one.check, "state": one.state, "en": one.en, "zh": one.zh} for one in found]
    worst = max((one.state for one in found), key=list(doctor.State).index)
    return json.dumps({"state": worst, "checks": checks}, ensure_ascii=False, indent=2)
