"""请求文本: a document is read once: parsed, held to its limits, validated; and then known by its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    parse,
    validate,
)
from strawberry.extensions import SchemaExtension

from schema.cost import LEAST, points_of, points_of_commands
from schema.kept import Kept
from schema.limits import BATCH, MOST_VALUE_DEPTH, Walk, size_of, too_complex
from schema.trusted import Trusted
from schema.validation import rules_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import GraphQLSchema

MOST_TEXT: Final = 16_384
"""Longest document, in bytes."""
MOST_TOKENS: Final = 1_000
"""Most tokens of a document: validation takes time that grows faster than its length."""
MOST_VARIABLES: Final = 65_536
"""Most bytes of an operation's variables, as JSON."""
MOST_IN_BATCHES: Final = 2_097_152
"""The same where every field of a mutation takes a batch."""
MOST_ERRORS: Final = 5
"""After so many errors a document is not validated further."""
KEPT: Final = 500
"""Most documents that are known by their text."""
MOST_KEPT: Final = 1_000_000
"""Most bytes of text that they have together; what is known of a document takes about a hundred times its text."""
MOST_SIZES: Final = 50
"""Most page sizes of one document that are remembered to be within the limits."""
MOST_ANSWERS: Final = 8
"""Most answers about the schema that are remembered; one of all of it takes some megabytes."""
NO_MANIFEST: Final = Trusted()
"""None is trusted more than others."""


class Read(NamedTuple):
    """A document that may be carried out, and the operation that is meant.

    Attributes:
        notes: what was worked out about the document, by name; remembered as long as the document itself.
        cost: in points, with the sizes of this request.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    notes: dict[str, Any]
    cost: int = LEAST


class RefusedError(Exception):
    """A document can't be carried out; `errors` say why."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = list(errors)


class Documents:
    """Documents of one schema, the latest ones known by their text.

    Args:
        schema: that they are of.
        papers: mutations that take a whole paper at once, such as a year's list; what they are sent may be as large as
            a batch.
    """

    def __init__(self, schema: GraphQLSchema, papers: frozenset[str] = frozenset()) -> None:
        self._schema = schema
        self._papers = papers
        self.known = Kept[Known](KEPT, MOST_KEPT, MOST_TEXT)
        self._answers = Kept[tuple[Read, Any]](MOST_ANSWERS, MOST_ANSWERS, 1)

    def read(self, text: str, name: str | None, variables: Mapping[str, Any], trusted: Trusted = NO_MANIFEST) -> Read:
        """Return a document and its operation.

        Args:
            text: of the document, or the id of one that is trusted.
            name: of the operation; may be left out where there is one only.
            trusted: documents that are known without their text.

        Raises:
            RefusedError: no document, one that does not fit the schema, or too much of it.
        """
        known = trusted.find(text)
        if isinstance(known, GraphQLError):
            raise RefusedError(known)
        if known is None:
            known = self._of(text)
        operation = _operation(known.document, name)
        self._weigh(operation, variables)
        cost = known.hold_to_limits(self._schema, operation, variables)
        self._validate(known, text)
        return Read(known.document, operation, known.notes, cost)

    def _validate(self, known: Known, text: str) -> None:
        if known.errors is None:
            try:
                known.errors = validate(self._schema, known.document, rules_for(text), max_errors=MOST_ERRORS)
            except RecursionError:
                known.errors = [_too_deep()]
        if known.errors:
            raise RefusedError(*map(_again, known.errors))

    def trust(self, text: str) -> Known:
        """Return what is known of a document that is kept elsewhere, for good; each operation of it may be meant.

        Whether it is too large for the sizes that its variables ask for is seen when they come.

        Raises:
            RefusedError: it does not fit the schema, or is too much with the smallest sizes.
        """
        known = Known(_parsed(text))
        operations = [one for one in known.document.definitions if isinstance(one, OperationDefinitionNode)]
        for operation in operations or [_operation(known.document, None)]:
            smallest = {one.variable.name.value: 0 for one in operation.variable_definitions or ()}
            if (over := _over(Walk(self._schema, known.document, smallest), operation)) is not None:
                raise RefusedError(over)
        self._validate(known, text)
        return known

    def answer(self, read: Read) -> Any:
        """Return the answer to a question about the schema alone, which is the same for everybody; None to any other.

        To work out that to what a tool asks takes ten times as long as to read the question.
        """
        if not _is_about_the_schema(read.operation):
            return None
        # The document is kept with its answer: while it is, no other has its identity.
        _, told = self._answers.of((id(read.document), id(read.operation)), lambda: self._told(read), lambda _: 1)
        return told

    def _told(self, read: Read) -> tuple[Read, Any]:
        found = execute_sync(self._schema, read.document, operation_name=_name(read.operation))
        return read, None if found.errors else found.data

    def _weigh(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        """Refuse variables that are too large, or nested too deeply; those of a batch or a paper may be larger."""
        most = MOST_IN_BATCHES if self._takes_much(operation) else MOST_VARIABLES
        size, level = 0, list(variables.items())
        for _ in range(MOST_VALUE_DEPTH):
            below: list[tuple[str, Any]] = []
            for name, value in level:
                # About what it takes as JSON, with its name and punctuation.
                size += len(name) + 4
                if isinstance(value, str):
                    size += len(value.encode("utf-8", "surrogatepass"))
                elif isinstance(value, dict):
                    below += value.items()
                elif isinstance(value, list):
                    below += (("", one) for one in value)
                elif type(value) is int:
                    size += value.bit_length() // 3
                else:
                    size += 5
                if size > most:
                    chinese = f"变量过大:不得超过 {most} 字节。"
                    message = f"The variables are too large: at most {most} bytes."
                    raise RefusedError(GraphQLError(message, extensions={"code": "TOO_LARGE", "messageZh": chinese}))
            if not below:
                return
            level = below
        raise RefusedError(too_complex("depth", MOST_VALUE_DEPTH + 1))

    def _takes_much(self, operation: OperationDefinitionNode) -> bool:
        return operation.operation is OperationType.MUTATION and all(
            isinstance(one, FieldNode) and (one.name.value.endswith(BATCH) or one.name.value in self._papers)
            for one in operation.selection_set.selections
        )

    def _of(self, text: str) -> Known:
        return self.known.of(text, lambda: Known(_parsed(text)), lambda _: len(text.encode("utf-8", "surrogatepass")))


class _Held(NamedTuple):
    """What a walk has found with some sizes: what the operation is over, what it costs, and the fields at its root."""

    over: GraphQLError | None
    points: int
    roots: list[FieldNode]


class Known:
    """What is known of a document: whether it is valid, and with which sizes it was within the limits, or what over."""

    __slots__ = ("_held", "_sizes_by", "document", "errors", "notes")

    def __init__(self, document: DocumentNode) -> None:
        self.document = document
        self.errors: list[GraphQLError] | None = None
        self.notes: dict[str, Any] = {}
        self._sizes_by: dict[int, tuple[str, ...]] = {}
        self._held: dict[tuple[Any, ...], _Held] = {}

    def hold_to_limits(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> int:
        """Walk the document, unless it was walked with these page sizes; return what the operation costs.

        Raises:
            RefusedError: it is over a limit.
        """
        sizes_by = self._sizes_by.get(id(operation))
        key = None if sizes_by is None else self._key(operation, sizes_by, variables)
        held = None if key is None else self._held.get(key)
        if held is None:
            walk = Walk(schema, self.document, variables)
            over = _over(walk, operation)
            points = LEAST if _is_about_the_schema(operation) else points_of(walk.own, walk.roots)
            held = _Held(over, points, walk.roots)
            if len(self._held) < MOST_SIZES:
                self._sizes_by[id(operation)] = tuple(sorted(walk.sizes_by))
                self._held[self._key(operation, self._sizes_by[id(operation)], variables)] = held
        if held.over is not None:
            raise RefusedError(_again(held.over))
        if operation.operation is OperationType.MUTATION:
            return held.points + points_of_commands(held.roots, variables)
        return held.points

    @staticmethod
    def _key(operation: OperationDefinitionNode, by: tuple[str, ...], variables: Mapping[str, Any]) -> tuple[Any, ...]:
        return (id(operation), *(size_of(variables.get(name)) for name in by))


def _over(walk: Walk, operation: OperationDefinitionNode) -> GraphQLError | None:
    try:
        return walk.check(operation)
    except RecursionError:
        return _too_deep()


def _parsed(text: str) -> DocumentNode:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MOST_TEXT:
        raise RefusedError(
            GraphQLError(
                f"The document has {size} bytes: at most {MOST_TEXT}.",
                extensions={"code": "TOO_LARGE", "messageZh": f"请求文本过长:不得超过 {MOST_TEXT} 字节。"},
            )
        )
    try:
        return parse(text, max_tokens=MOST_TOKENS)
    except RecursionError:
        raise RefusedError(_too_deep()) from None
    except GraphQLSyntaxError as error:
        # Told as any other error: a socket would be closed by one of the syntax.
        raise RefusedError(GraphQLError(error.message, source=error.source, positions=error.positions)) from error


def _again(error: GraphQLError) -> GraphQLError:
    """Return an error of its own to each who asks: what it says is told in the language of whoever asked."""
    return GraphQLError(
        error.message, error.nodes, error.source, error.positions, extensions=dict(error.extensions or {})
    )


def _too_deep() -> GraphQLError:
    return too_complex("depth", MOST_TOKENS)


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if name:
        found = [one for one in found if one.name is not None and one.name.value == name]
    if len(found) == 1:
        return found[0]
    if not name and found:
        message = "The document has several operations: say which by operationName."
        raise RefusedError(_bad(message, "请求含多个操作:请用 operationName 指明。"))
    shown = ascii((name or "")[:40])[1:-1]
    message = f"The document has no operation {shown}." if name else "The document has no operation."
    raise RefusedError(_bad(message, f"请求中没有操作 {shown}。" if name else "请求中没有操作。"))


def _bad(english: str, chinese: str) -> GraphQLError:
    return GraphQLError(english, extensions={"code": "BAD_REQUEST", "messageZh": chinese})


def _name(operation: OperationDefinitionNode) -> str | None:
    return None if operation.name is None else operation.name.value


def _is_about_the_schema(operation: OperationDefinitionNode) -> bool:
    """Return whether an operation asks what types there are, in the same way each time."""
    names = [one.name.value if isinstance(one, FieldNode) else "" for one in operation.selection_set.selections]
    return (
        operation.operation is OperationType.QUERY
        and not operation.variable_definitions
        and {"__schema", "__type"}.issuperset(names)
    )


class KnownDocument(SchemaExtension):
    """Gives the executor the document that was read before."""

    def on_parse(self) -> Iterator[None]:
        """Hand it over; it was validated too."""
        execution = self.execution_context
        execution.graphql_document = execution.context.read.document
        execution.validation_rules = ()
        yield
