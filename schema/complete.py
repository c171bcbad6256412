"""补全: what Python objects are in an answer, worked out by functions made once for what was selected of them.

The executor asks anew at each object which of its fields are wanted, and how each is found. Here that is decided when
the question is seen for the first time. What goes wrong is left to the executor, which says it as it should be said
(`LeftError`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, is_abstract_type, is_leaf_type

from schema.shape import NotCompiledError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import FieldNode, GraphQLOutputType

    from schema.shape import Shape

Completer: TypeAlias = Callable[[Any, Any], Any]
"""Returns of a value, and the context of the request, what stands in the answer."""


class LeftError(Exception):
    """Something is wrong with a value; the executor says what."""


def completer(shape: Shape, of: GraphQLOutputType, nodes: Sequence[FieldNode]) -> Completer:
    """Return what completes the values of a field.

    Args:
        shape: what was selected of the type that has the field.
        of: type of the field.
        nodes: where it was selected.

    Raises:
        NotCompiledError: some of it has to be waited for.
    """
    if isinstance(of, GraphQLNonNull):
        return _never_null(completer(shape, of.of_type, nodes))
    if isinstance(of, GraphQLList):
        inner = completer(shape, of.of_type, nodes)
        return _or_null(lambda value, context: [inner(one, context) for one in value])
    if is_leaf_type(of):
        said = cast("Any", of).coerce_output_value
        return _or_null(lambda value, _: said(value))
    if isinstance(of, GraphQLObjectType):
        return _or_null(_object(shape.below(of.name, nodes)))
    if is_abstract_type(of):
        possible = shape.info.schema.get_possible_types(cast("Any", of))
        kinds = {one.name: _object(shape.below(one.name, nodes)) for one in possible}
        return _or_null(lambda value, context: kinds[type(value).__strawberry_definition__.name](value, context))
    raise NotCompiledError(str(of))


def field_completer(shape: Shape, name: str, nodes: Sequence[FieldNode]) -> Completer:
    """Return what finds a field of an object, and completes it; see `completer`."""
    get, inner = _getter(shape, name, nodes), completer(shape, shape.type_of(name), nodes)
    return lambda value, context: inner(get(value, context), context)


def _never_null(inner: Completer) -> Completer:
    def complete(value: Any, context: Any) -> Any:
        if (made := inner(value, context)) is None:
            raise LeftError
        return made

    return complete


def _or_null(inner: Completer) -> Completer:
    def complete(value: Any, context: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, Exception):
            raise LeftError from value  # The executor takes it as the error of this one value.
        return inner(value, context)

    return complete


def _object(shape: Shape) -> Completer:
    parts = [
        (key, _always(shape.name) if name == "__typename" else field_completer(shape, name, nodes))
        for key, name, nodes in shape
    ]
    return lambda value, context: {key: complete(value, context) for key, complete in parts}


def _getter(shape: Shape, name: str, nodes: Sequence[FieldNode]) -> Completer:
    declared = shape.field_of(name)
    if declared.is_async:
        raise NotCompiledError(f"{shape.name}.{name}")
    if declared.base_resolver is None:
        get = attrgetter(declared.python_name)
        return lambda value, _: get(value)
    resolve, arguments = shape.resolver_of(name), shape.arguments(name, nodes[0])
    info = shape.info_of(name, nodes)

    def resolved(value: Any, context: Any) -> Any:
        found = resolve(value, info._replace(context=context), **arguments)
        if inspect.isawaitable(found):
            if inspect.iscoroutine(found):
                found.close()
            raise LeftError
        return found

    return resolved


def _always(said: str) -> Completer:
    return lambda _value, _context: said
