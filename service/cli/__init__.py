"""命令行: start the service, load a demo, import, rebuild, and say how things stand; one file for each group."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Annotated

import typer

from service.cli.accounts import keys, roles
from service.cli.checkup import doctor
from service.cli.exits import Group
from service.cli.pages import schema
from service.cli.serving import demo, serve
from service.cli.terminal import say
from service.cli.transfer import facts, imports
from service.cli.upkeep import migrate, rebuild, status

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    # A variable's value may be the database's address, with its password.
    pretty_exceptions_show_locals=False,
)


def _version(asked: bool) -> None:  # noqa: FBT001 - as typer calls it.
    if asked:
        say(f"taizhang {version('taizhang')}, Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def main(
    *,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 Say the version and stop.")
    ] = False,
) -> None:
    """台账 taizhang: the ledger of a city's key projects 重点项目台账。

    Results go to stdout, messages to stderr. Settings are variables TAIZHANG_*; see docs/operations.md.
    """


for command in (serve, demo, migrate, status, rebuild, facts, doctor, schema):
    app.command()(command)
for group, name in ((imports, "import"), (roles, "roles"), (keys, "keys")):
    app.add_typer(group, name=name)
