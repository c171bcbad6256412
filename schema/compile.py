"""编译: a question becomes statements whose rows are its answer; neither objects nor the executor stand in between.

A resolver works out the statement of its field in any case. Here it is asked for no more: with a context that answers
nothing, it stops where it would fetch (`Statement`). What it says is a plan, which is kept with the document and the
variables that it was made of, and carried out for whoever asks the same, behind their own walls. A question of which
the server can't say all is left to the executor. Both give the same answer.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, NoReturn, TypeVar, cast

from graphql import GraphQLError, GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.language import FragmentDefinitionNode
from graphql.pyutils import Path, is_awaitable

from schema.complete import completer
from schema.kept import Kept
from schema.shape import NotCompiledError, Shape, Shaping
from schema.splice import edge_of, page_of, row_of
from service.clock import today_in_china
from service.domain.errors import RejectedError
from service.telemetry import current

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from asyncpg import Record
    from graphql import DocumentNode, FieldNode, GraphQLField, GraphQLSchema

    from schema.context import Context
    from schema.documents import Read
    from schema.pages import Connection, Page

MOST_PLANS: Final = 2_000
"""Most plans that are kept."""
MOST_BYTES: Final = 16_777_216
"""Most characters of statements that they have together."""
MOST_EACH: Final = 524_288
"""Most characters of the statements of one."""
MOST_VARIABLES: Final = 2_000
"""Most characters of variables by which a plan is found again; with more of them a question hardly comes twice."""

EXECUTOR: Final = "executor"
_OVERHEAD: Final = 1_000
"""What a plan takes besides its statements, roughly."""
_MADE: Final = 20
"""What is made for a character of a document, roughly."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a resolver would fetch, and what the answer makes of its rows: a page, or the one row that there is.

    Attributes:
        page: which page it is; or None.
        where: of which ledgers it is, and which level of them is needed; as `Context.rows` has it.
    """

    page: Page | None
    sql: str
    values: list[Any]
    where: dict[str, Any]

    def __await__(self) -> Generator[Statement, None, NoReturn]:
        """Stop the resolver here."""
        yield self
        raise NotCompiledError(self.sql)  # It is never gone on with.


class _Asking:
    """The context of a resolver that is asked for its statement alone; whatever else it needs is not there."""

    statements: ClassVar[list[str]] = []

    def __init__(self, shaping: Shaping) -> None:
        self.shaping = shaping

    def __getattr__(self, name: str) -> NoReturn:
        raise NotCompiledError(name)

    async def page(self, _of: type[T], page: Page, sql: str, values: list[object], **where: Any) -> Connection[T]:
        return await Statement(page, sql, values, where)

    async def one(self, _of: type[T], sql: str, values: list[object], **where: Any) -> T | None:
        return await Statement(None, sql, values, where)


class Root(NamedTuple):
    """One field at the root of an answer: how it is asked for, and what what was found is in the answer.

    Attributes:
        size: characters of its statement; 0 if its resolver sends what it likes.
    """

    key: str
    nodes: list[FieldNode]
    ask: Callable[[Context], Awaitable[Any]]
    tell: Callable[[Any, Context], Any]
    size: int


class Plan(NamedTuple):
    """Statements of a question, or none if the executor has to answer it; and the document, which is kept as long."""

    document: DocumentNode
    roots: list[Root] | None

    @property
    def by(self) -> str:
        """Who puts the answer together."""
        if self.roots is None:
            return EXECUTOR
        return "database" if all(one.size for one in self.roots) else "functions"

    def weigh(self) -> int:
        """Return about how many characters it has."""
        text = self.document.loc.source.body if self.document.loc else ""
        return _OVERHEAD + _MADE * len(text) * bool(self.roots) + sum(one.size for one in self.roots or ())


class Plans:
    """Plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.kept = Kept[Plan](MOST_PLANS, MOST_BYTES, MOST_EACH)

    def of(self, read: Read, variables: dict[str, Any]) -> Plan:
        """Return the plan of a query; one that is known is found by the document, the variables and the day."""
        operation = read.operation
        if operation.directives:
            return Plan(read.document, None)
        told = repr(variables)
        day = today_in_china()
        if len(told) > MOST_VARIABLES:
            return self._made(read, variables)
        key = (id(read.document), id(operation), told, day)
        return self.kept.of(key, lambda: self._made(read, variables), Plan.weigh)

    def _made(self, read: Read, variables: dict[str, Any]) -> Plan:
        current().planned(len(self.kept), self.kept.bytes)
        try:
            return Plan(read.document, list(_roots(self._schema, read, variables)))
        except (NotCompiledError, RejectedError, GraphQLError):
            return Plan(read.document, None)  # If something is wrong with the question, the executor will say so.


def _roots(schema: GraphQLSchema, read: Read, variables: dict[str, Any]) -> Generator[Root, None, None]:
    """Yield the fields at the root of a question.

    Raises:
        NotCompiledError: one of them takes more than a statement.
    """
    operation, query = read.operation, schema.query_type
    assert query is not None  # noqa: S101 - A schema has one.
    coerced = get_variable_values(schema, operation.variable_definitions or (), variables)
    if not isinstance(coerced, VariableValues):
        raise NotCompiledError
    definitions = [one for one in read.document.definitions if isinstance(one, FragmentDefinitionNode)]
    fragments = {one.name.value: FragmentDetails(one) for one in definitions}
    fields = collect_fields(schema, fragments, coerced, query, operation).grouped_field_set
    for key, details in fields.items():
        nodes = [one.node for one in details]
        name = nodes[0].name.value
        if name.startswith("__"):
            raise NotCompiledError(name)
        declared = query.fields[name]
        shaping = Shaping(fragments, coerced)
        # What the executor would make; a resolver uses no more of it.
        info = cast("Any", GraphQLResolveInfo)(
            name,
            nodes,
            declared.type,
            query,
            Path(None, key, query.name),
            schema,
            {one.name.value: one for one in definitions},
            None,
            operation,
            coerced.coerced,
            _Asking(shaping),
            is_awaitable,
            None,
            None,
        )
        arguments = get_argument_values(declared, nodes[0], coerced)
        try:
            yield _said(key, info, declared, arguments, shaping)
        except NotCompiledError:
            yield _worked_out(key, info, declared, arguments, Shaping(fragments, coerced))


def _said(key: str, info: Any, declared: GraphQLField, arguments: dict[str, Any], shaping: Shaping) -> Root:
    """Return a field of which the server says all.

    Raises:
        NotCompiledError: it can't.
    """
    statement = _statement(declared.resolve, info, arguments)

    def ask(context: Context) -> Awaitable[Sequence[Record]]:
        return context.rows(statement.sql, statement.values, **statement.where)

    size = len(statement.sql)
    if (page := statement.page) is None:
        patches = shaping.patches
        return Root(key, info.field_nodes, ask, lambda rows, context: row_of(rows, patches, context), size)
    shape = Shape(info, shaping, str(get_named_type(declared.type)), info.field_nodes)
    if _rows_of(shape) > 1:
        raise NotCompiledError(info.field_name)
    return Root(key, info.field_nodes, ask, lambda rows, context: page_of(rows, page, shape, context), size)


def _worked_out(key: str, info: Any, declared: GraphQLField, arguments: dict[str, Any], shaping: Shaping) -> Root:
    """Return a field whose resolver fetches what it is made of, and which is completed by what is made here.

    Raises:
        NotCompiledError: some of it has to be waited for.
    """
    resolve: Any = declared.resolve
    query = Shape(info._replace(context=None), shaping, info.parent_type.name, [])
    complete = completer(query, declared.type, info.field_nodes)

    async def ask(context: Context) -> Any:
        found = resolve(None, info._replace(context=context), **arguments)
        return await found if inspect.isawaitable(found) else found

    return Root(key, info.field_nodes, ask, complete, 0)


def _statement(resolve: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Statement:
    """Return what a resolver would fetch first; it is not gone on with."""
    answering = resolve(None, info, **arguments)
    if not inspect.iscoroutine(answering):
        raise NotCompiledError(info.field_name)
    try:
        asked = answering.send(None)
    except StopIteration:
        raise NotCompiledError(info.field_name) from None
    finally:
        answering.close()
    if not isinstance(asked, Statement):
        raise NotCompiledError(info.field_name)
    return asked


def _rows_of(shape: Shape) -> int:
    """Return in how many places of a page its items stand; each of them selects for itself."""
    found = 0
    for _, name, nodes in shape:
        if name == "nodes":
            found += 1
        elif name == "edges":
            found += sum(below == "node" for _, below, _ in shape.below(edge_of(shape.name), nodes))
    return found
