"""导出: the committed files that are written from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from service.access.page import security_page
from service.catalogue import events_page
from service.cli.exits import Exit
from service.cli.terminal import AsJson, complain, put, say
from service.error_catalogue import errors_page

ROOT: Final = Path(__file__).parents[2]


def schema(
    *,
    check: Annotated[bool, typer.Option("--check", help="核对 only compare with the committed files")] = False,
    as_json: AsJson = False,
) -> None:
    """导出 Write the schema and the tables of the docs.

    They are schema/schema.graphql, docs/events.md, docs/errors.md and parts of docs/security.md. With --check, exit
    code 1 if one of them is not current 有文件过期时,退出码为 1。
    """
    rights = ROOT / "docs" / "security.md"
    if not rights.exists():
        complain(f"{ROOT} is not the project's folder: run it in a checkout 须在源码目录中执行")
        raise typer.Exit(Exit.USAGE)
    from schema import MUTATIONS  # noqa: PLC0415 - making the schema takes a second that other commands do without.
    from schema import schema as current  # noqa: PLC0415 - the same.

    pages = {
        ROOT / "schema" / "schema.graphql": current.as_str() + "\n",
        ROOT / "docs" / "events.md": events_page(),
        ROOT / "docs" / "errors.md": errors_page(),
        rights: security_page(rights.read_text(encoding="utf-8"), MUTATIONS),
    }
    stale = [file for file, text in pages.items() if not file.exists() or file.read_text(encoding="utf-8") != text]
    for file in () if check else stale:
        file.write_text(pages[file], encoding="utf-8")
    names = [str(file.relative_to(ROOT)) for file in stale]
    if as_json:
        put({"stale" if check else "written": names})
    elif stale and check:
        complain(f"{', '.join(names)} not current: run `taizhang schema` 文件过期,请执行 taizhang schema")
    elif not check:
        say(f"written 已写入: {', '.join(names) or '-'}")
    if stale and check:
        raise typer.Exit(Exit.REFUSED)
