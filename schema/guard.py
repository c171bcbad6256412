"""门禁: what an operation asks for is held against the table of rights before anything of it is carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from graphql import FieldNode, GraphQLError, TypeInfo, TypeInfoVisitor, Visitor, visit
from strawberry.extensions import SchemaExtension

from service.access.fields import FIELDS, RECORDED
from service.access.table import MASKED, Sight
from service.auth import SignInError
from service.telemetry import current

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import DocumentNode, GraphQLSchema
    from strawberry.types import ExecutionContext

    from schema.context import Context
    from schema.documents import Read
    from service.access.caller import Caller

_ROOTS: Final = frozenset({"Query", "Mutation", "Subscription"})
_NOTE: Final = "asked"
"""By which it is remembered with a document what it asks for."""


class Guard(SchemaExtension):
    """Refuses an operation that asks for a field which the caller sees of no ledger, or which no table names."""

    def on_validate(self) -> Iterator[None]:
        """Judge a document that is valid: all of it, whichever of its operations runs."""
        judge(self.execution_context)
        yield

    def on_execute(self) -> Iterator[None]:
        """Let the journal know what is read, now that it is."""
        self.execution_context.context.read_personal()
        yield


def judge(execution: ExecutionContext) -> None:
    """Refuse an operation that its caller, as they are now, may not ask for."""
    graph = execution.schema._schema  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
    if (error := judged(graph, execution.context)) is not None:
        execution.pre_execution_errors = [error]


def judged(graph: GraphQLSchema, context: Context) -> GraphQLError | None:
    """Return why a caller, as they are now, may not ask for an operation; None if they may."""
    try:
        context.renew()
    except SignInError as error:
        return GraphQLError(error.english, original_error=error)
    asked = _asked(graph, cast("Read", context.read))
    context.personal = (asked.operation, asked.personal)
    record = current()
    record.operation, record.caller = asked.operation, context.caller.actor
    if (refused := refusal(context.caller, asked)) is None:
        return None
    context.failed(asked.operation, "FORBIDDEN", refused)
    return _forbidden(refused)


class Asked(NamedTuple):
    """What a document asks for.

    Attributes:
        operation: the field at its root, the first one if there are several.
        needs: levels of which each field needs one, with the first of its fields that does; and whether a mask will do.
        personal: fields that hold personal values.
    """

    operation: str
    needs: tuple[tuple[frozenset[Sight], bool, str], ...]
    personal: tuple[tuple[str, str], ...]


def _asked(schema: GraphQLSchema, read: Read) -> Asked:
    if _NOTE not in read.notes:
        read.notes[_NOTE] = asked_of(schema, read.document)
    found: Asked = read.notes[_NOTE]
    return found


def asked_of(schema: GraphQLSchema, document: DocumentNode) -> Asked:
    """Return what a document asks for; introspection, which tells what is public anyhow, is not among it.

    Mutations are judged when they are sent, by what they are about.
    """
    found: set[tuple[str, str]] = set()
    info = TypeInfo(schema)

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            parent = info.get_parent_type()
            name = node.name.value
            if parent is not None and not name.startswith("__") and not parent.name.startswith("__"):
                found.add((parent.name, name))

    visit(document, TypeInfoVisitor(info, Fields()))
    needs: dict[tuple[frozenset[Sight], bool], str] = {}
    for of, name in sorted(found):
        if of != "Mutation":
            levels = FIELDS.get((of, name), frozenset())
            needs.setdefault((levels, of != "Query" and not levels.isdisjoint(MASKED)), f"{of}.{name}")
    roots = sorted(name for of, name in found if of in _ROOTS)
    return Asked(
        # Told to the journal, where a hostile client must not fill the disk with ever new lists of fields.
        f"{roots[0]} …" if len(roots) > 1 else "".join(roots),
        tuple((levels, maskable, field) for (levels, maskable), field in needs.items()),
        tuple(sorted(found & RECORDED.keys())),
    )


def refusal(caller: Caller, asked: Asked) -> str | None:
    """Return the first field that a caller may not ask for, such as Project.gates, or None if they may ask for all."""
    # As within a wall: who administers the installation is of no ledger, and asks what anybody may.
    sights, is_inside = caller.sights, Sight.INTERNAL in caller.sights
    for levels, maskable, field in asked.needs:
        if levels.isdisjoint(sights) and not (is_inside and maskable):
            return field
    return None


def _forbidden(field: str) -> GraphQLError:
    return GraphQLError(
        f"You may not read {field}.",
        extensions={"code": "FORBIDDEN", "messageZh": f"您无权查询 {field}。", "params": {"field": field}},
    )
