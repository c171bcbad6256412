"""Documents that ask for everything, made from the schema itself: what is added to it is walked without a line here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    Lexer,
    OperationDefinitionNode,
    Source,
    TokenKind,
    Undefined,
    get_named_type,
    is_leaf_type,
    parse,
)

from schema import schema
from schema.documents import MOST_TEXT, MOST_TOKENS
from schema.limits import Walk
from service.access.fields import FIELDS
from service.access.table import MASKED, Sight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLField, GraphQLSchema

GRAPH: Final[GraphQLSchema] = schema._schema
_MOST_LEVELS: Final = 5
_WITH: Final[dict[str, str]] = {"indicator": '"FAI"'}
"""Arguments below a root field that have no default: name -> literal."""


def root_fields(of: str) -> Mapping[str, GraphQLField]:
    """Return the fields of Query, Mutation or Subscription."""
    found = GRAPH.type_map[of]
    assert isinstance(found, GraphQLObjectType)
    fields: Mapping[str, GraphQLField] = found.fields
    return fields


def is_shown(of: str, name: str, sights: frozenset[Sight]) -> bool:
    """Return whether the table of rights lets callers of such levels ask for a field."""
    levels = FIELDS.get((of, name), frozenset())
    masked = Sight.INTERNAL in sights and of != "Query" and not levels.isdisjoint(MASKED)
    return not levels.isdisjoint(sights) or masked


@lru_cache(maxsize=2_000)
def selection(name: str, of: str, sights: frozenset[Sight]) -> str:
    """Return what is asked of a root field: all leaves, and as many levels below as one document may hold."""
    kind = get_named_type(root_fields(of)[name].type)
    if is_leaf_type(kind):
        return ""
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    for levels in range(_MOST_LEVELS, 0, -1):
        found = _below(kind, sights, levels, ())
        if _fits(f"{of.lower()} {{ {name} {found} }}"):
            return found
    raise AssertionError(f"{of}.{name} does not fit a document")


def _below(
    of: GraphQLObjectType | GraphQLInterfaceType, sights: frozenset[Sight], levels: int, above: tuple[str, ...]
) -> str:
    told = ["__typename"]
    if isinstance(of, GraphQLInterfaceType):
        told += [f"... on {one.name} {_below(one, sights, levels, above)}" for one in GRAPH.get_possible_types(of)]
    for name, field in of.fields.items():
        if not is_shown(of.name, name, sights):
            continue
        kind = get_named_type(field.type)
        needed = [
            f"{argument}: {_WITH[argument]}"
            for argument, one in field.args.items()
            if isinstance(one.type, GraphQLNonNull) and one.default_value is not None and _has_no_default(one)
        ]
        asked = f"{name}({', '.join(needed)})" if needed else name
        if is_leaf_type(kind):
            told.append(asked)
        elif name == "nodes" and "edges" in of.fields:
            told.append("nodes { __typename }")  # The edges have them.
        elif of.name.endswith(("Connection", "Edge")) or (levels > 1 and kind.name not in above):
            down = levels if of.name.endswith(("Connection", "Edge")) else levels - 1
            told.append(f"{asked} {_below(kind, sights, down, (*above, kind.name))}")
    return f"{{ {' '.join(told)} }}"


def _has_no_default(argument: Any) -> bool:
    return argument.default_value is Undefined


@lru_cache(maxsize=5_000)
def _fits(text: str) -> bool:
    """Return whether a document is within the limits, with room for its arguments."""
    if _tokens(text) > MOST_TOKENS - 100 or len(text) > MOST_TEXT - 1_000:
        return False
    parsed = parse(text)
    (operation,) = parsed.definitions
    assert isinstance(operation, OperationDefinitionNode)
    return Walk(GRAPH, parsed, {}).check(operation) is None


def _tokens(text: str) -> int:
    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


def document(of: str, name: str, arguments: tuple[str, ...], sights: frozenset[Sight], times: int = 1) -> str:
    """Return a document that asks one root field, with its arguments as variables, once or several times at once.

    Asked several times, each has variables of its own, so that one may be about something else.
    """
    kinds = root_fields(of)[name].args
    below = selection(name, of, sights)
    wanted = of.lower()
    heads, asks = [], []
    for number in range(times):
        tail = f"_{number}" if times > 1 else ""
        heads += [f"${one}{tail}: {kinds[one].type}" for one in arguments]
        given = ", ".join(f"{one}: ${one}{tail}" for one in arguments)
        # Asked several times it is asked for little: a document has an end.
        shown = below if times == 1 else _short(name, of)
        asks.append(f"a{number}: {name}{f'({given})' if given else ''} {shown}")
    head = f"({', '.join(heads)})" if heads else ""
    return f"{wanted} {head} {{ {' '.join(asks)} }}"


def _short(name: str, of: str) -> str:
    return "" if is_leaf_type(get_named_type(root_fields(of)[name].type)) else "{ __typename }"


def bare(of: str, name: str) -> list[tuple[str, str, str]]:
    """Return what leads to every field below a root field of Query: type, name and the selection of it alone."""
    found: dict[tuple[str, str], str] = {}

    def walk(kind: Any, around: str, above: tuple[str, ...]) -> None:
        for child, field in kind.fields.items():
            below = get_named_type(field.type)
            needed = [
                f"{one}: {_WITH[one]}"
                for one, argument in field.args.items()
                if isinstance(argument.type, GraphQLNonNull) and _has_no_default(argument)
            ]
            asked = f"{child}({', '.join(needed)})" if needed else child
            own = asked if is_leaf_type(below) else f"{asked} {{ __typename }}"
            found.setdefault((kind.name, child), around.replace("@", own))
            if not is_leaf_type(below) and below.name not in above:
                walk(below, around.replace("@", f"{asked} {{ @ }}"), (*above, below.name))

    kind = get_named_type(root_fields(of)[name].type)
    if not is_leaf_type(kind):
        walk(kind, "{ @ }", (kind.name,))
    return [(type_name, child, text) for (type_name, child), text in found.items()]


def unwrapped(kind: Any) -> tuple[Any, bool]:
    """Return a type without its wrappers, and whether it is a list."""
    many = False
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        many = many or isinstance(kind, GraphQLList)
        kind = kind.of_type
    return kind, many


__all__ = ["GRAPH", "GraphQLEnumType", "GraphQLInputObjectType", "bare", "document", "root_fields", "unwrapped"]
