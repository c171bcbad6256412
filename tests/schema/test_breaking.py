"""What clients of the last release rely on: whatever breaks it is said in the changelog, in these words.

`tests/data/released.graphql` is the schema of the last release, without descriptions. A release writes it anew:
`TAIZHANG_SNAPSHOTS=release pytest tests/schema/test_breaking.py`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    parse,
    print_ast,
    visit,
)
from graphql.language import Visitor

from schema import schema

ROOT: Final = Path(__file__).parents[2]
RELEASED: Final = ROOT / "tests" / "data" / "released.graphql"
_BREAKS: Final = re.compile(r"^- Breaking: (.+)$", re.MULTILINE)
_INSTEAD: Final = re.compile(r"Use `(\w+)(?:\.(\w+))?`")


class _Bare(Visitor):
    """Takes descriptions off what is told of a schema."""

    def leave(self, node: Any, *_: object) -> Any:
        return replace(node, description=None) if getattr(node, "description", None) is not None else None


def bare(text: str) -> str:
    return print_ast(visit(parse(text), _Bare())) + "\n"


def breaking(old: str, new: str) -> list[str]:
    """Return what clients of an old schema miss in a new one."""
    return [one.description for one in find_breaking_changes(build_schema(old), build_schema(new))]


def announced() -> set[str]:
    """Return what the changelog says of it, since the last release."""
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "changelog.d").glob("*.md"))
    return {told for text in texts for told in _BREAKS.findall(text)}


def test_what_breaks_clients_is_said_in_the_changelog() -> None:
    if os.environ.get("TAIZHANG_SNAPSHOTS") == "release":
        RELEASED.write_text(bare(schema.as_str()), encoding="utf-8")
    found = breaking(RELEASED.read_text(encoding="utf-8"), schema.as_str())
    assert sorted(set(found) - announced()) == [], "say it in a fragment, as a line of its own: - Breaking: ..."
    assert sorted(announced() - set(found)) == [], "the changelog speaks of a break that there is not"


def test_a_field_that_is_gone_is_a_break() -> None:
    old = "type Query { a: Int b(c: Int): Int } enum E { X Y }"
    assert breaking(old, "type Query { a: Int! b(c: Int, d: Int): Int } enum E { X Y Z }") == []
    assert breaking(old, "type Query { b(c: Int!): Int } enum E { X }") == [
        "Field Query.a was removed.",
        "Argument Query.b(c:) has changed type from Int to Int!.",
        "Enum value E.Y was removed.",
    ]


def test_what_is_deprecated_says_what_to_use_instead() -> None:
    graph: GraphQLSchema = schema._schema
    for name, of in graph.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            parts = dict(of.fields.items())
        elif isinstance(of, GraphQLEnumType):
            parts = dict(of.values.items())
        else:
            continue
        for part, told in parts.items():
            if (reason := told.deprecation_reason) is None:
                continue
            instead = _INSTEAD.search(reason)
            assert instead is not None, f"{name}.{part}: say `Use `Type.field``"
            of_name, field = (instead[1], instead[2]) if instead[2] else (name, instead[1])
            other = graph.type_map[of_name]
            assert field in (other.values if isinstance(other, GraphQLEnumType) else other.fields)  # type: ignore[attr-defined]
