"""输出: what a command says and where. Results go to stdout, all that is said about them to stderr."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)
LINES: Final = 10
"""Most lines that tell of one piece of work's progress where there is no terminal."""

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON on stdout, for scripts 供脚本使用")]


def say(text: str, **style: Any) -> None:
    """Print lines that may be copied: never broken to the window's width."""
    out.print(text, soft_wrap=True, **style)


def tell(text: str, **style: Any) -> None:
    """Say something about the work, where it does not get into what a command puts out."""
    err.print(text, soft_wrap=True, markup=False, **style)


def complain(text: str) -> None:
    """Say what is wrong."""
    tell(text, style="red")


def put(found: object) -> None:
    """Print one JSON object."""
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """Give what tells how far a piece of work is: a bar on a terminal, a few plain lines elsewhere.

    It is called with how much was done, and of how much.
    """
    if not err.is_terminal:
        yield _in_lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _in_lines(title: str) -> Callable[[int, int], None]:
    told = 0

    def line(done: int, total: int) -> None:
        nonlocal told
        share = LINES * done // total if total else 0
        if share > told:
            told = share
            tell(f"{title}: {done}/{total}")

    return line
