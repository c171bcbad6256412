"""Rules that refusals name: each has its Chinese."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from service.domain.rules import chinese_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def _constants(module: ast.Module) -> dict[str, ast.expr]:
    named = (one for one in module.body if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None)
    return {
        target.id: one.value
        for one in named
        if one.value is not None
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Name)
    }


def _texts(of: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """Return what an expression may come to, with 7 for each number or code that is put in."""
    match of:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Name(id=name) if name in constants and not isinstance(constants[name], ast.Constant):
            return _texts(constants[name], constants)
        case ast.Name(id=name) if name in constants:
            value = constants[name]
            return [value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else "7"]
        case ast.IfExp(body=one, orelse=other):
            return [*_texts(one, constants), *_texts(other, constants)]
        case ast.JoinedStr(values=parts):
            return ["".join(chosen) for chosen in product(*(_texts(part, constants) for part in parts))]
        case ast.FormattedValue(value=ast.Name(id=name) as inner) if name in constants:
            return _texts(inner, constants)
        case ast.FormattedValue():
            return ["7"]
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=", "), attr="join")):
            return ["ONE, TWO"]
        case _:
            raise AssertionError(f"say the rule as one text, so that its Chinese can be found: {ast.unparse(of)}")


def _rules() -> Iterator[tuple[str, str]]:
    for package in ("service", "schema", "projections"):
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ast.parse(path.read_text(encoding="utf-8"))
            constants = _constants(module)
            for node in ast.walk(module):
                if isinstance(node, ast.keyword) and node.arg == "rule":
                    for text in _texts(node.value, constants):
                        yield f"{path.relative_to(ROOT)}:{node.value.lineno}", text


def test_every_rule_that_is_written_has_its_chinese() -> None:
    found = list(_rules())
    assert len(found) > 80
    assert [(where, text) for where, text in found if chinese_of(text) is None] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("1 to 200", "1 至 200"),
        ("-180 to 180", "-180 至 180"),
        ("3 to 100 for a AREA", "AREA 须有 3 至 100 个点"),
        ("the id of a Project", "须为 Project 的全局标识"),
        ("MONTH or YEAR_TO_DATE", "MONTH 或 YEAR_TO_DATE"),
        ("signed_on, landed_on", "取值为 signed_on, landed_on"),
        ("at most 7, each once", "不超过 7 项,每项一次"),
        ("required", "必填"),
    ],
)
def test_a_rule_is_told_with_its_own_numbers_and_codes(english: str, chinese: str) -> None:
    assert chinese_of(english) == chinese


@pytest.mark.parametrize("text", ["", "as nobody has ever said", "1 to 200 or so", "at most a few"])
def test_a_rule_that_nobody_knows_has_none(text: str) -> None:
    assert chinese_of(text) is None
