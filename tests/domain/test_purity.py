"""The domain knows the standard library and itself, and reads no clock."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import service.domain

FILES = sorted(Path(service.domain.__path__[0]).rglob("*.py"))
IMPURE = {
    "asyncio",
    "datetime.now",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "threading",
    "time",
    "uuid.uuid4",
}


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_domain_imports_the_standard_library_and_itself_only() -> None:
    imported = {name for file in FILES for name in _imported(file) if not name.startswith("service.domain")}
    assert len(FILES) > 10
    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert not {name for name in imported if name in IMPURE or name.split(".")[0] in IMPURE}


def test_the_domain_reads_no_clock() -> None:
    calls = {
        node.attr
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert not calls & {"now", "today", "utcnow", "uuid4", "uuid1"}
