"""Codes of errors: each that the service answers is on the page of errors, with its text in both languages."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from service.domain.errors import RejectionCode
from service.error_catalogue import ANSWERED, errors_page

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def _answered() -> Iterator[str]:
    """Yield every code that the source gives to an error: {"code": ...}, or as an argument of what makes one."""
    for path in [*(ROOT / "schema").glob("*.py"), *(ROOT / "service").glob("*.py")]:
        if path.name == "error_catalogue.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and key.value == "code" and isinstance(value, ast.Constant):
                            yield str(value.value)
                case ast.Call(
                    func=ast.Name(id="_retryable" | "SignInError" | "HttpError" | "_answer"),
                    args=[_, ast.Constant(value=code), *_],
                ):
                    yield str(code)
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.IfExp(body=one, orelse=other)):
                    yield from (str(arm.value) for arm in (one, other) if isinstance(arm, ast.Constant))
                case _:
                    pass


def test_every_code_that_is_answered_is_on_the_page() -> None:
    found = {code for code in _answered() if code.isupper()}
    assert found == {one.code for one in ANSWERED}


def test_the_page_has_each_code_once_and_is_current() -> None:
    page = errors_page()
    for code in {*(one.code for one in ANSWERED), *RejectionCode}:
        # FORBIDDEN alone is both: a field that may not be read, and a command that may not be sent.
        assert page.count(f"| `{code}` |") == (2 if code == "FORBIDDEN" else 1)
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == page, "run `taizhang schema`"


def test_no_cell_of_the_page_is_empty_but_that_of_the_status() -> None:
    rows = [line.split(" | ") for line in errors_page().splitlines() if line.startswith("| `")]
    assert len(rows) == len(ANSWERED) + len(RejectionCode)
    assert [row for row in rows for number, cell in enumerate(row) if not cell.strip(" |") and number != 1] == []
