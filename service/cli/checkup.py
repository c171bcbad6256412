"""体检命令: what of an installation is not as it should be, and how it is mended."""

from __future__ import annotations

from collections import Counter
from typing import Final

import typer
from rich.table import Column, Table
from rich.text import Text

from service.cli.database import database
from service.cli.exits import Exit, end_on_sigterm
from service.cli.terminal import AsJson, out, put
from service.config import Settings
from service.doctor import TITLES, Finding, State, examine
from service.telemetry import set_up_logging

_SHOWN: Final = {
    State.OK: ("正常 ok", "green"),
    State.WARNING: ("注意 warning", "yellow"),
    State.BAD: ("异常 bad", "red"),
}


def doctor(*, as_json: AsJson = False) -> None:
    """体检 Check this installation, and say how to mend it.

    Settings, machine, files and database are looked at, and nothing is changed 只检查,不改动。Exit code 1 if anything
    is bad 有异常时,退出码为 1。
    """
    settings = Settings()
    end_on_sigterm()
    set_up_logging("error")  # What is logged on the way is among the findings.
    found = examine(settings, database)
    worst = max((one.state for one in found), key=list(State).index)
    if as_json:
        put({"state": worst, "checks": [one.as_dict() for one in found]})
    else:
        out.print(_listed(found))
        counts = Counter(one.state for one in found)
        out.print(", ".join(f"{name} {counts[state]}" for state, (name, _) in _SHOWN.items()))
    if worst is State.BAD:
        raise typer.Exit(Exit.REFUSED)


def _listed(found: list[Finding]) -> Table:
    table = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
    for one in found:
        name, style = _SHOWN[one.state]
        # What is found is text, in which brackets are no style.
        told = Text.assemble((f"{TITLES[one.check]}: ", "bold"), f"{one.found.en} {one.found.zh}")
        if one.mend is not None:
            told.append(f"\n→ {one.mend.en}\n→ {one.mend.zh}", "cyan")
        table.add_row(Text(name, style), told)
    return table
