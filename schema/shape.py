"""成形: what was selected of a row as one SQL expression that gives it as the answer has it, keys, order and all.

The plain way fetches what fields are fed with, makes objects of it, and lets the executor ask each for each field. Here
the server says the answer itself. What it can't say is patched into it (`Patch`), or is left to the plain way
(`NotCompiledError`): both give the same.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

import strawberry
from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues, get_argument_values

from schema.values import MOST_DECIMALS, Money, Position, RegionRef
from service.domain.codes import regions
from service.domain.roles import WHOLE_COUNTRY
from service.domain.values import Unit

if TYPE_CHECKING:
    from graphql import FieldNode, GraphQLField, GraphQLOutputType, GraphQLResolveInfo
    from strawberry.types.field import StrawberryField


class NotCompiledError(Exception):
    """The server can't say this answer; the plain way can."""


class _NotSaidError(Exception):
    """A value takes more than SQL."""


class Patch(NamedTuple):
    """What is put in place of a value when the server has answered, at a path of keys; lists on it are gone through."""

    path: tuple[str, ...]
    of: Callable[[Any, Any], Any]


@dataclass(slots=True)
class Shaping:
    """What shapes of one operation have in common.

    Attributes:
        patches: what is to be done to the row at hand.
    """

    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    patches: list[Patch] = field(default_factory=list)


class Shape:
    """What was selected of one type, by key of the answer."""

    def __init__(self, info: GraphQLResolveInfo[Any], shaping: Shaping, of: str, nodes: Sequence[FieldNode]) -> None:
        kind = info.schema.type_map[of]
        if not isinstance(kind, GraphQLObjectType):
            raise NotCompiledError(of)
        details = [FieldDetails(one, None) for one in nodes]
        self.name = of
        self.info, self._shaping, self._kind = info, shaping, kind
        self.patches = shaping.patches
        self._fields = kind.fields
        self._grouped = collect_subfields(
            info.schema, shaping.fragments, shaping.variables, info.operation, kind, details
        ).grouped_field_set

    def __iter__(self) -> typing.Iterator[tuple[str, str, list[FieldNode]]]:
        """Yield each key of the answer with its field's name and its nodes, in the answer's order."""
        for key, details in self._grouped.items():
            yield key, details[0].node.name.value, [one.node for one in details]

    def below(self, of: str, nodes: Sequence[FieldNode]) -> Shape:
        """Return what was selected of a field of another type."""
        return Shape(self.info, self._shaping, of, nodes)

    def field_of(self, name: str) -> StrawberryField:
        """Return how a field of the type was declared."""
        found: StrawberryField = self._fields[name].extensions["strawberry-definition"]
        return found

    def type_of(self, name: str) -> GraphQLOutputType:
        """Return the type of a field."""
        found: GraphQLOutputType = self._fields[name].type
        return found

    def resolver_of(self, name: str) -> Any:
        """Return what resolves a field."""
        return self._fields[name].resolve

    def info_of(self, name: str, nodes: Sequence[FieldNode]) -> Any:
        """Return what a field's resolver is told, but for the context."""
        return self.info._replace(
            field_name=name, field_nodes=list(nodes), return_type=self.type_of(name), parent_type=self._kind
        )

    def arguments(self, name: str, node: FieldNode) -> dict[str, Any]:
        """Return the arguments of a field."""
        declared: GraphQLField = self._fields[name]
        return get_argument_values(declared, node, self._shaping.variables)

    def patch(self, path: tuple[str, ...], of: Callable[[Any, Any], Any]) -> None:
        """Have the value at a path worked out, with the context of the request, when it is there."""
        self.patches.append(Patch(path, of))


def patched(row: Any, patches: Sequence[Patch], context: Any) -> Any:
    """Return a row with its patches."""
    for path, of in patches:
        _patch(row, path, of, context)
    return row


def _patch(value: Any, path: Sequence[str], of: Callable[[Any, Any], Any], context: Any) -> None:
    if isinstance(value, list):
        for one in value:
            _patch(one, path, of, context)
    elif value is not None:
        key, *below = path
        if below:
            _patch(value[key], below, of, context)
        else:
            value[key] = of(value[key], context)


def json_object(pairs: Sequence[str]) -> str:
    """Return the SQL of a JSON object; unlike json_build_object it takes more than 50 pairs."""
    return f"JSON_OBJECT({', '.join(pairs)} RETURNING json)"


_PLAIN: Final[frozenset[Any]] = frozenset({str, int, bool, date, UUID, strawberry.ID, Position})
"""Annotations of what stands in an answer as PostgreSQL writes it."""


def value_sql(shape: Shape, hint: Any, sql: str, nodes: Sequence[FieldNode], path: tuple[str, ...]) -> str | None:
    """Return the SQL of a field's value as the answer has it; None if SQL can't say it.

    Args:
        hint: annotation of the field.
        sql: what feeds it.
        path: of keys, from the row.
    """
    before = len(shape.patches)
    try:
        return _value_sql(shape, hint, sql, nodes, path)
    except _NotSaidError:
        del shape.patches[before:]
        return None


def _value_sql(shape: Shape, hint: Any, sql: str, nodes: Sequence[FieldNode], path: tuple[str, ...]) -> str:
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        hint = next(arm for arm in typing.get_args(hint) if arm is not types.NoneType)
    if typing.get_origin(hint) is list:
        (inner,) = typing.get_args(hint)
        if _stands(inner):
            return sql
        one = _object(shape, inner, nodes, path)
        return (
            f"(SELECT CASE WHEN jsonb_typeof(l.v) = 'array' THEN (SELECT coalesce(json_agg({one} ORDER BY e.n), '[]')"  # noqa: S608 - declared SQL only.
            " FROM jsonb_array_elements(l.v) WITH ORDINALITY e (v, n)) END"
            f" FROM (SELECT to_jsonb({sql}) OFFSET 0) l (v))"
        )
    if _stands(hint):
        return sql
    if hint is datetime:
        return _instant_sql(sql)
    if hint is RegionRef:
        return f"CASE WHEN {sql} IS NOT NULL THEN {_region(shape, sql, nodes, path)} END"
    one = _object(shape, hint, nodes, path)
    return (
        f"(SELECT CASE WHEN jsonb_typeof(e.v) <> 'null' THEN {one} END"  # noqa: S608 - declared SQL only.
        f" FROM (SELECT to_jsonb({sql}) OFFSET 0) e (v))"
    )


@cache
def _stands(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, Enum):
        # The answer has the name, the row the value.
        return all(one.name == one.value for one in hint)
    return hint in _PLAIN


def _instant_sql(sql: str) -> str:
    """Return the SQL of an instant as Python writes it, from its microseconds since 1970."""
    part = "((t.us % 1000000 + 1000000) % 1000000)"  # Before 1970, too.
    whole = f"to_char(timestamp 'epoch' + (t.us - {part}) / 1000000 * interval '1 second', '{_TO_THE_SECOND}')"
    parts = f"CASE {part} WHEN 0 THEN '' ELSE '.' || lpad({part}::text, 6, '0') END"
    return f"(SELECT {whole} || {parts} || '+00:00' FROM (SELECT ({sql})::bigint OFFSET 0) t (us))"  # noqa: S608 - declared SQL only.


_TO_THE_SECOND: Final = 'YYYY-MM-DD"T"HH24:MI:SS'


def _object(shape: Shape, hint: Any, nodes: Sequence[FieldNode], path: tuple[str, ...]) -> str:
    """Return the SQL of a value `e.v` of a type that is no read type, as the answer has it."""
    definition = getattr(hint, "__strawberry_definition__", None)
    if definition is None or hasattr(hint, "__reads__"):
        raise _NotSaidError(str(hint))
    below = shape.below(definition.name, nodes)
    if hint is Money:
        return json_object([f"'{key}': {_money(below, name, of)}" for key, name, of in below])
    if hasattr(hint, "of_plain"):
        raise _NotSaidError(definition.name)
    hints = typing.get_type_hints(hint)
    pairs = []
    for key, name, of in below:
        if name == "__typename":
            pairs.append(f"'{key}': '{definition.name}'")
            continue
        declared = below.field_of(name)
        if declared.base_resolver is not None:
            raise _NotSaidError(f"{definition.name}.{name}")
        kind, fed = hints[declared.python_name], f"e.v -> '{declared.python_name}'"
        pairs.append(f"'{key}': {_value_sql(below, kind, fed, of, (*path, key))}")
    return json_object(pairs)


def _region(shape: Shape, code: str, nodes: Sequence[FieldNode], path: tuple[str, ...]) -> str:
    """Return the SQL of a region from that of its code; what it is called is no table of the ledgers."""
    pairs = []
    for key, name, _ in (below := shape.below(RegionRef.__name__, nodes)):
        if name == "name":
            below.patch((*path, key), _name_of)
        pairs.append(f"'{key}': " + (f"'{below.name}'" if name == "__typename" else code))
    return json_object(pairs)


def _name_of(code: str, _context: Any) -> str | None:
    return "全国" if code == WHOLE_COUNTRY else regions.name_of(code)


def _money(below: Shape, name: str, nodes: Sequence[FieldNode]) -> str:
    """Return the SQL of a field of Money, whose plain form is its fen and its currency."""
    if name == "__typename":
        return f"'{below.name}'"
    if name == "currency":
        return "e.v ->> 1"
    said = below.arguments(name, nodes[0])
    unit = None if said.get("unit") is None else Unit(said["unit"])
    decimals: int | None = said.get("decimals")
    if (unit is not None and unit.currency is None) or (decimals is not None and not 0 <= decimals <= MOST_DECIMALS):
        raise _NotSaidError(name)
    # To divide would round; a power of ten is taken exactly. Both currencies have hundredths.
    exact = f"(e.v ->> 0)::numeric * {_PARTS[(unit or Unit.YUAN).minor]}"
    text = f"trim_scale({exact})::text" if decimals is None else f"round({exact}, {decimals})::text"
    if unit is None:
        return text
    # Another currency is refused by the executor, which the division by zero leads to.
    return f"CASE WHEN e.v ->> 1 = '{unit.currency}' THEN {text} WHEN 1 / (length(e.v ->> 1) - 3) = 0 THEN '' END"


_PARTS: Final[Mapping[int, str]] = {one.minor: f"0.{'1':0>{len(str(one.minor)) - 1}}" for one in Unit if one.minor > 1}
"""Minor units of a unit -> what one of them is of it, as a numeric constant."""
