"""The schema as it is published: committed as it is, and every part of it explained in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    is_introspection_type,
    is_specified_scalar_type,
)

from schema import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOTH = re.compile(r"((Geo)?JSON )?[\u3400-\u9fff].*[A-Za-z]{2}", re.DOTALL)


def _described() -> Iterator[tuple[str, str | None]]:
    """Yield every part of the schema by its coordinate, with its description."""
    for name, of in schema._schema.type_map.items():
        if is_introspection_type(of) or is_specified_scalar_type(of):
            continue
        yield name, of.description
        if isinstance(of, GraphQLEnumType):
            yield from ((f"{name}.{value}", told.description) for value, told in of.values.items())
        elif isinstance(of, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in of.fields.items():
                yield f"{name}.{field_name}", field.description
                for argument, given in getattr(field, "args", {}).items():
                    yield f"{name}.{field_name}({argument})", given.description
        else:
            assert isinstance(of, GraphQLScalarType)


def test_every_part_is_described_in_chinese_and_english() -> None:
    wrong = [f"{part}: {text}" for part, text in _described() if text is None or not _BOTH.match(text)]
    assert wrong == []


def test_the_file_is_current() -> None:
    committed = Path(__file__).parents[2] / "schema" / "schema.graphql"
    assert committed.read_text(encoding="utf-8") == f"{schema.as_str()}\n", "run `taizhang schema`"


def test_a_field_at_the_root_may_be_null_so_that_its_error_leaves_the_others() -> None:
    for root in (schema._schema.query_type, schema._schema.mutation_type):
        assert [name for name, field in root.fields.items() if isinstance(field.type, GraphQLNonNull)] == []
