"""读取: each read type says once which SQL expression feeds each field; a list is one statement, whatever it nests.

A type is declared with `reads`, its fields with `column` and `children`. A resolver asks `select_list` for what the
client selected, and `build` turns the JSON of a row into the type. Nothing else knows a column's name, so that a
compiler can take the resolvers' place without touching a type.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, TypeVar

import orjson
import strawberry

from projections.table import NOW_US
from schema.complete import completer, field_completer
from schema.selection import Selection, name_of
from schema.shape import NotCompiledError, Shape, json_object, value_sql
from schema.values import camel, instant
from service.domain.errors import BadCharacterError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import FieldNode

    from schema.complete import Completer

_SQL: Final = "sql"
_CHILDREN: Final = "children"
_PART: Final = "part"
MOST_CHILDREN: Final = 200
"""Most rows of a list that a client may ask for by `first`; it has all that there are where none is said."""

MOST_KEYS: Final = 3
"""Most keys of the answer under which a field of a row is compiled."""

T = TypeVar("T")


class Binds:
    """Values of a statement's parameters, in order."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any, kind: str, *path: str) -> str:
        """Return the placeholder that stands for a value, with its SQL type.

        Args:
            path: the argument that the value came from, for a refusal.

        Raises:
            BadCharacterError: a text that PostgreSQL can't hold.
        """
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and any(one == "\x00" or "\ud800" <= one <= "\udfff" for one in text):
                raise BadCharacterError(*path)
        self.values.append(value)
        return f"${len(self.values)}::{kind}"


@dataclasses.dataclass(frozen=True)
class Children:
    """Rows that hang on a row: the table they come from, how they are joined, and in which order.

    `where` and `alias` are SQL; the outer row is known by its own type's alias.
    """

    of: type
    table: str
    where: str
    order: str


def holds(alias: str) -> str:
    """Return the predicate that a versioned row holds now."""
    return f"{alias}.recorded_to = {NOW_US}"


def column(sql: str, description: str) -> Any:
    """Declare a field that is fed by an SQL expression over its type's alias; it is None where it was not selected."""
    return strawberry.field(description=description, metadata={_SQL: sql}, default=None)


def computed(sql: str | Callable[[Selection, Binds], str], description: str) -> Any:
    """Declare a method as a field that takes arguments: what an SQL expression feeds it is `fed` of the object.

    An expression that depends on the arguments is made from what was selected of the type; values that it has from them
    are parameters of the statement.
    """
    return strawberry.field(description=description, metadata={_SQL: sql})


def fed(row: object, name: str) -> Any:
    """Return what a row was fed for a field of its own that has a method: plain JSON, or rows of a list."""
    return vars(row)[name]


def part(sql: Callable[[Selection, Binds], str], description: str) -> Any:
    """Declare a field that is a read type itself, fed by an expression made from what was selected of it."""
    return strawberry.field(description=description, metadata={_PART: sql}, default=None)


def children(of: type, *, table: str, where: str, order: str, description: str, few: bool = False) -> Any:
    """Declare a list of rows that hang on this one, fetched in the same statement.

    Args:
        of: their read type.
        table: where they are.
        where: how they are joined.
        order: SQL by which they are ordered.
        description: of the field.
        few: whether a client may ask for the first ones alone.
    """
    metadata = {_CHILDREN: Children(of, table, where, order)}
    if not few:
        return strawberry.field(description=description, metadata=metadata, default_factory=list)

    def resolve(self: Any, info: Any, first: Any = None) -> Any:
        rows = fed(self, info.python_name)
        return rows if first is None else rows[:first]

    resolve.__annotations__ = {"info": strawberry.Info, "first": _First, "return": list[of]}  # type: ignore[valid-type]  # Made at run time.
    return strawberry.field(resolve, description=description, metadata=metadata)


_First: TypeAlias = Annotated[
    int | None, strawberry.argument(description=f"条数 Only the first so many, 1 to {MOST_CHILDREN}; all unless said.")
]


def reads(alias: str, description: str, *, name: str | None = None) -> Callable[[type[T]], type[T]]:
    """Make a GraphQL type that is read from rows known by `alias`."""

    def make(of: type[T]) -> type[T]:
        made = strawberry.type(of, description=description, name=name)
        made.__reads__ = alias  # type: ignore[attr-defined]  # What strawberry's type has no room for.
        return made

    return make


def _fields(of: type) -> list[Any]:
    return list(of.__strawberry_definition__.fields)  # type: ignore[attr-defined]  # Set by strawberry.type.


def select_list(of: type, selection: Selection, binds: Binds) -> str:
    """Return a JSON object expression of what was selected of a read type.

    Args:
        of: the read type.
        selection: what was selected of it.
        binds: parameters of the statement that the expression stands in; arguments of fields are among them.

    Raises:
        NotCompiledError: the server is to say the answer itself, and can't.
    """
    if selection.is_compiled:
        return _answer(of, selection.shape(of), binds, selection.path)
    alias = of.__reads__  # type: ignore[attr-defined]  # Set by `reads`.
    pairs = []
    for one in _fields(of):
        name = one.python_name
        if not selection.has(camel(name)):
            continue
        if _SQL in one.metadata:
            sql = one.metadata[_SQL]
            pairs.append(f"'{name}': {sql(selection, binds) if callable(sql) else sql}")
        elif _CHILDREN in one.metadata:
            first = _most(selection.arguments(camel(name), "first"))
            kids: Children = one.metadata[_CHILDREN]
            row = select_list(kids.of, selection.below(camel(name)), binds)
            pairs.append(f"'{name}': {_subselect(kids, row, first)}")
        elif _PART in one.metadata:
            pairs.append(f"'{name}': {one.metadata[_PART](selection.below(camel(name)), binds)}")
    return json_object(pairs or [f"'_': {alias}.region"])


def _answer(of: type, shape: Shape, binds: Binds, path: tuple[str, ...]) -> str:
    """Return a JSON object expression of what was selected of a read type, as the answer has it.

    Raises:
        NotCompiledError: some of it takes more than SQL.
    """
    hints = _hints(typing.cast("Any", of))
    pairs = []
    if max(Counter(name for _, name, _ in shape).values(), default=0) > MOST_KEYS:
        # Each is fetched for itself, where a resolver fetches one for all of them.
        raise NotCompiledError(shape.name)
    for key, name, nodes in shape:
        if name == "__typename":
            pairs.append(f"'{key}': '{shape.name}'")
            continue
        one, below = shape.field_of(name), (*path, key)
        if isinstance(sql := one.metadata.get(_SQL), str):
            value = sql
            if one.base_resolver is not None:
                shape.patch(below, _by_method(of, one.python_name, shape, name, nodes))
            elif (said := value_sql(shape, hints[one.python_name], sql, nodes, below)) is not None:
                value = said
            else:
                shape.patch(below, _by_type(hints[one.python_name], completer(shape, shape.type_of(name), nodes)))
        elif _CHILDREN in one.metadata:
            kids: Children = one.metadata[_CHILDREN]
            row = _answer(kids.of, shape.below(name_of(kids.of), nodes), binds, below)
            value = _subselect(kids, row, _most([shape.arguments(name, nodes[0]).get("first")]))
        elif _PART in one.metadata:
            value = one.metadata[_PART](Selection(shape.info, nodes, is_row=True, path=below), binds)
        else:
            raise NotCompiledError(f"{shape.name}.{name}")
        pairs.append(f"'{key}': {value}")
    return json_object(pairs)


def _by_type(hint: Any, complete: Completer) -> Completer:
    """Return what makes a value of what it is fed with, and completes it."""
    return lambda plain, context: complete(_convert(hint, plain), context)


def _by_method(of: type, python_name: str, shape: Shape, name: str, nodes: Sequence[FieldNode]) -> Completer:
    """Return what asks a method of a row that has what the method is fed with; see `computed`."""
    complete = field_completer(shape, name, nodes)

    def made(plain: Any, context: Any) -> Any:
        row = of()
        vars(row)[python_name] = plain
        return complete(row, context)

    return made


def _most(asked: list[Any]) -> int | None:
    """Return how many rows of a list are wanted at most, by whichever alias; None if it is all.

    Raises:
        InvalidValueError: out of bounds.
    """
    counts = [None if one is None else int(one) for one in asked]
    for one in counts:
        if one is not None and not 1 <= one <= MOST_CHILDREN:
            raise InvalidValueError("first", rule=f"1 to {MOST_CHILDREN}", value=one)
    return None if None in counts else max((one for one in counts if one is not None), default=None)


def _subselect(kids: Children, row: str, first: int | None) -> str:
    alias = kids.of.__reads__  # type: ignore[attr-defined]  # Set by `reads`.
    where = f"{kids.where} AND {holds(alias)}"
    rows = f"{kids.table} {alias} WHERE {where}"
    if first is not None:
        some = f"SELECT {alias}.* FROM {rows} ORDER BY {kids.order} LIMIT {first}"  # noqa: S608 - declared SQL only.
        rows = f"({some}) {alias}"
    return f"(SELECT coalesce(json_agg({row} ORDER BY {kids.order}), '[]'::json) FROM {rows})"  # noqa: S608 - as above.


def build(of: type[T], plain: Any) -> T:
    """Return an object of a read type from the JSON of a row; fields that were not selected stay empty."""
    values = orjson.loads(plain) if isinstance(plain, str) else plain
    hints = _hints(typing.cast("Any", of))
    made: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for one in _fields(of):
        name = one.python_name
        if name not in values:
            continue
        filled = kept if one.base_resolver is not None else made
        if _CHILDREN in one.metadata:
            filled[name] = [build(one.metadata[_CHILDREN].of, row) for row in values[name]]
        else:
            filled[name] = values[name] if filled is kept else _convert(hints[name], values[name])
    row = of(**made)
    vars(row).update(kept)
    return row


@cache
def _hints(of: type) -> dict[str, Any]:
    return typing.get_type_hints(of)


def _convert(hint: Any, value: Any) -> Any:
    """Return a JSON value as the Python value that its field's annotation names."""
    if value is None:
        return None
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        hint = next(arm for arm in typing.get_args(hint) if arm is not types.NoneType)
    if typing.get_origin(hint) is list:
        inner = typing.get_args(hint)[0]
        return [_convert(inner, one) for one in value]
    return _converter(hint)(value)


@cache
def _converter(hint: Any) -> Callable[[Any], Any]:
    if hint is date:
        return date.fromisoformat
    if hint is datetime:
        return instant
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hasattr(hint, "of_plain"):
        return typing.cast("Callable[[Any], Any]", hint.of_plain)
    if hasattr(hint, "__strawberry_definition__"):
        kinds = {} if hasattr(hint, "__reads__") else _hints(hint)
        return lambda value: (
            hint(**{name: _convert(kind, value.get(name)) for name, kind in kinds.items()})
            if kinds
            else build(hint, value)
        )
    return lambda value: value
