"""编译: a question becomes statements whose rows are its answer; neither objects nor the executor stand in between.

A resolver works out the statement of its field in any case. Here it is asked for no more: with a context that answers
nothing, it stops where it would fetch (`Statement`). What it says is a plan, which is kept with the document and the
variables that it was made of, and carried out for whoever asks the same, behind their own walls. A question of which
the server can't say all is left to the executor. Both give the same answer.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn, cast

import structlog
from graphql import GraphQLError, GraphQLResolveInfo, get_named_type
from graphql.execution.collect_fields import FragmentDetails, collect_fields
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.language import FragmentDefinitionNode
from graphql.pyutils import Path, is_awaitable

from schema.complete import completer
from schema.kept import Kept
from schema.shape import NotCompiledError, Shape, Shaping
from schema.splice import teller_of_page, teller_of_row
from service.clock import today_in_china
from service.domain.errors import RejectedError
from service.telemetry import current

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Sequence

    from asyncpg import Record
    from graphql import DocumentNode, FieldNode, GraphQLField, GraphQLSchema

    from schema.context import Context
    from schema.documents import Read
    from schema.pages import Page

MOST_PLANS: Final = 2_000
"""Most plans that are kept."""
MOST_BYTES: Final = 67_108_864
"""Most bytes that they take together, as they are weighed."""
MOST_EACH: Final = 2_097_152
"""Most bytes of one."""
MOST_SQL: Final = 24_000
"""Most characters of a statement: what is longer is found neither by the walls nor by the driver again."""
MOST_VARIABLES: Final = 2_000
"""Most characters of variables by which a plan is found again; with more of them a question hardly comes twice."""
_TREE: Final = 80
"""Bytes that a parsed document takes for each of its characters, measured."""
_PLANNED: Final = 250
"""The same with what a plan makes of it."""

EXECUTOR: Final = "executor"

log = structlog.get_logger()


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

    def __await__(self) -> Generator[Statement, Statement, Any]:
        """Tell who asks the resolver, and be what it finds."""
        return (yield self)

    def __getattr__(self, name: str) -> NoReturn:
        raise NotCompiledError(name)  # The resolver would make something else of what it found.


class _Asking:
    """The context of a resolver that is asked for its statement alone; whatever else it needs is not there."""

    def __init__(self, shaping: Shaping) -> None:
        self.shaping = shaping

    def __getattr__(self, name: str) -> NoReturn:
        raise NotCompiledError(name)

    async def page(self, _of: type, page: Page, sql: str, values: list[object], **where: Any) -> Any:
        return await Statement(page, sql, values, where)

    async def one(self, _of: type, sql: str, values: list[object], **where: Any) -> Any:
        return await Statement(None, sql, values, where)


class Root(NamedTuple):
    """One field at the root of an answer: how it is asked for, and what what was found is in the answer.

    Attributes:
        statement: of which it is the answer; None if a resolver sends what it likes.
    """

    key: str
    nodes: list[FieldNode]
    ask: Callable[[Context], Awaitable[Any]]
    tell: Callable[[Any, Context], Any]
    statement: Statement | None


@dataclass(slots=True)
class Plan:
    """How a question is answered, or None if the executor has to; and the document, which is kept as long."""

    document: DocumentNode
    roots: list[Root] | None

    @property
    def by(self) -> str:
        """Who puts the answer together."""
        if self.roots is None:
            return EXECUTOR
        return "database" if all(one.statement for one in self.roots) else "functions"

    def leave(self) -> None:
        """Leave the question to the executor from now on: something in its answer is wrong."""
        self.roots = None

    def weigh(self) -> int:
        """Return how many bytes it takes, roughly; too many to be kept if it begins behind a cursor: few come twice."""
        text = len(self.document.loc.source.body) if self.document.loc else MOST_EACH
        if self.roots is None:
            return _TREE * text
        said = [one.statement for one in self.roots if one.statement is not None]
        if any(one.page is not None and one.page.cursor is not None for one in said):
            return MOST_EACH + 1
        return _PLANNED * text + sum(2 * len(one.sql) for one in said)


class Plans:
    """Plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.kept = Kept[Plan](MOST_PLANS, MOST_BYTES, MOST_EACH)

    def of(self, read: Read, variables: dict[str, Any]) -> Plan:
        """Return the plan of a query; one that is known is found by the document, its variables and the day."""
        operation = read.operation
        if operation.directives:
            return Plan(read.document, None)
        declared = [one.variable.name.value for one in operation.variable_definitions or ()]
        said = tuple(repr(variables[name]) if name in variables else None for name in declared)
        if sum(len(one) for one in said if one is not None) > MOST_VARIABLES:
            return self._made(read, variables)
        key = (id(read.document), id(operation), said, today_in_china())
        return self.kept.of(key, lambda: self._made(read, variables), Plan.weigh)

    def _made(self, read: Read, variables: dict[str, Any]) -> Plan:
        current().planned(len(self.kept), self.kept.bytes)
        try:
            return Plan(read.document, list(_roots(self._schema, read, variables)))
        except (NotCompiledError, RejectedError, GraphQLError):
            return Plan(read.document, None)  # If something is wrong with the question, the executor will say so.
        except Exception:
            log.exception("a question could not be compiled")
            return Plan(read.document, None)


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
    if len(statement.sql) > MOST_SQL:
        raise NotCompiledError(info.field_name)

    def ask(context: Context) -> Awaitable[Sequence[Record]]:
        return context.rows(statement.sql, statement.values, **statement.where)

    if (page := statement.page) is None:
        return Root(key, info.field_nodes, ask, teller_of_row(shaping.patches), statement)
    shape = Shape(info, shaping, str(get_named_type(declared.type)), info.field_nodes)
    return Root(key, info.field_nodes, ask, teller_of_page(shape, page), statement)


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

    return Root(key, info.field_nodes, ask, complete, None)


def _statement(resolve: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Statement:
    """Return what a resolver would fetch, if what it finds is its answer."""
    answering = resolve(None, info, **arguments)
    if not inspect.iscoroutine(answering):
        raise NotCompiledError(info.field_name)
    try:
        asked = answering.send(None)
        answering.send(asked)
    except StopIteration as done:
        if isinstance(done.value, Statement):
            return done.value
    finally:
        answering.close()
    raise NotCompiledError(info.field_name)
