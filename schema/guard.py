"""门禁: what an operation asks for is held against the table of rights before anything of it is carried out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, GraphQLError, TypeInfo, TypeInfoVisitor, Visitor, visit
from strawberry.extensions import SchemaExtension

from service.access.fields import FIELDS, PERSONAL
from service.access.table import MASKED
from service.auth import SignInError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode, GraphQLSchema

    from service.access.caller import Caller

_ROOTS: Final = frozenset({"Query", "Mutation", "Subscription"})
MOST_DOCUMENTS: Final = 500
"""Documents of which it is remembered what they ask for."""


class Guard(SchemaExtension):
    """Refuses an operation that asks for a field which the caller sees of no ledger, or which no table names."""

    def on_validate(self) -> Iterator[None]:
        """Judge a document that is valid: all of it, whichever of its operations runs."""
        execution = self.execution_context
        try:
            execution.context.renew()
        except SignInError as error:
            execution.pre_execution_errors = [GraphQLError(error.english, original_error=error)]
        if not execution.pre_execution_errors:
            asked = fields_of(execution.schema._schema, _Held(execution.graphql_document))  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
            roots = ", ".join(sorted(name for of, name in asked if of in _ROOTS))
            if (refused := refusal(execution.context.caller, asked)) is not None:
                execution.pre_execution_errors = [refused]
                execution.context.failed(roots, "FORBIDDEN", refused.extensions["params"]["field"])
            elif personal := asked & PERSONAL:
                execution.context.read_personal(roots, (f"{of}.{name}" for of, name in personal))
        yield


class _Held:
    """A document as a key: the parser's cache gives the same one for the same text."""

    __slots__ = ("document",)

    def __init__(self, document: Any) -> None:
        self.document: DocumentNode = document

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.document is self.document

    def __hash__(self) -> int:
        return id(self.document)


@lru_cache(maxsize=MOST_DOCUMENTS)
def fields_of(schema: GraphQLSchema, held: _Held) -> frozenset[tuple[str, str]]:
    """Return the fields that a document asks for, each with its type; introspection is not among them."""
    found: set[tuple[str, str]] = set()
    info = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            name = node.name.value
            if parent is not None and not name.startswith("__") and not parent.name.startswith("__"):
                found.add((parent.name, name))

    visit(held.document, TypeInfoVisitor(info, Fields()))
    return frozenset(found)


def refusal(caller: Caller, asked: frozenset[tuple[str, str]]) -> GraphQLError | None:
    """Return why a caller may not ask for these fields, or None if they may.

    Mutations are judged when they are sent, by what they are about.
    """
    sights = caller.sights
    inside = not caller.is_public
    for of, name in sorted(asked):
        if of == "Mutation":
            continue
        sight = FIELDS.get((of, name))
        if sight is None or (sight not in sights and not (sight in MASKED and inside and of != "Query")):
            return GraphQLError(
                f"You have no right to {of}.{name}.",
                extensions={
                    "code": "FORBIDDEN",
                    "messageZh": f"您无权查询 {of}.{name}。",
                    "params": {"field": f"{of}.{name}"},
                },
            )
    return None
