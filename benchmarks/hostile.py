"""What a hostile document costs: CPU until it is refused or may be carried out, the first time and once it is known.

Measured in process: parsing, the walk that holds it to its limits, and validation; no statement is sent by any of it.
Beside it graphql-core's parser alone, which no service can do without: how fast a machine is, is in both. A figure is
microseconds of the process's CPU time; the note has bytes, nodes of the document that the walk visited, and what became
of it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
    parse,
)

from benchmarks.table import Measured
from schema import schema
from schema.documents import MOST_TEXT, MOST_TOKENS, Documents, RefusedError
from schema.limits import LIMITS, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.embedded import EmbeddedPostgres

ROUNDS: Final = 5
UNIT: Final = "µs of CPU"
_GRAPH: Final = schema._schema  # noqa: SLF001 - strawberry's only way to graphql-core's schema.
_PLAIN: Final = [
    name for name, one in _GRAPH.type_map["Project"].fields.items() if is_leaf_type(get_named_type(one.type))
]
_WHOLE_SCHEMA: Final = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)
_DEEP: Final = 100_000
"""Lists within each other, in a variable."""


def _bomb(levels: int, times: int) -> str:
    """Return fragments that each spread the next one so many times."""
    each = "".join(f"fragment F{n} on Project {{ {f'...F{n + 1} ' * times} }} " for n in range(levels))
    return f"{{ projects {{ nodes {{ ...F0 }} }} }} {each} fragment F{levels} on Project {{ name }}"


def _many(one: Callable[[int], str], times: int, around: str = "{ places { %s } }") -> str:
    return around % " ".join(map(one, range(times)))


def _nested(levels: int) -> str:
    return '{ __type(name: "Project") { ' + "fields { type { " * levels + "name" + " } }" * levels + " } }"


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(_DEEP):
        value = [value]
    return value


def _pages(times: int, fields: int) -> str:
    page = " ".join(_PLAIN[:fields])
    return _many(lambda n: f"a{n}: projects {{ nodes {{ {page} }} }}", times, "{ %s }")


_CODE: Final = "query ($c: String) { projectByCode(code: $c) { name } }"
_F: Final = "fragment F on ProjectConnection { totalCount }"
_PAGE: Final = " ".join(_PLAIN[:37])
INPUTS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "fragments, 7 levels x 2": (_bomb(7, 2), {}),
    "fragments, 38 levels x 2": (_bomb(38, 2), {}),
    "fragments, 10 levels x 10": (_bomb(10, 10), {}),
    "fragments, 38 levels x 10": (_bomb(38, 10), {}),
    "a fragment within itself": ("{ places { ...A } } fragment A on Place { ...B } fragment B on Place { ...A }", {}),
    "100,000 aliases": (_many(lambda n: f"a{n}: name", 100_000), {}),
    "300 aliases": (_many(lambda n: f"a{n}: name", 300), {}),
    "one field 990 times": (_many(lambda _: "name", 990), {}),
    "one field 10 times, with all below it": (_many(lambda _: f"projects {{ nodes {{ {_PAGE} }} }}", 10, "{ %s }"), {}),
    "the same by 10 fragments": (
        _many(lambda n: f"projects {{ nodes {{ ...F{n} }} }}", 10, "{ %s }")
        + _many(lambda n: f"fragment F{n} on Project {{ {_PAGE} }}", 10, " %s"),
        {},
    ),
    "300 unknown fields": (_many(lambda n: f"nam{n}", 300), {}),
    "30 unknown mutations": (_many(lambda n: f"projectAmen{n}(input: 1)", 30, "mutation { %s }"), {}),
    "30 unknown types": (_many(lambda n: f"... on ProjectConnectio{n} {{ name }}", 30), {}),
    "30 unknown arguments": (_many(lambda n: f"projects(firs{n}: 1) {{ totalCount }}", 10, "{ %s }"), {}),
    "an unknown field of 16 KB": (f"{{ {'n' * 16_000} }}", {}),
    "5 unknown fields of 3 KB": (_many(lambda n: f"{'n' * 3000}{n}", 5), {}),
    "selections 400 deep": ("{ projects " * 400 + "}" * 400, {}),
    "a value 450 deep": (f"{{ projectByCode(code: {'[' * 450}{']' * 450}) {{ name }} }}", {}),
    "a variable 100,000 deep": (_CODE, {"c": _deep()}),
    "a variable of 1 MB": (_CODE, {"c": "x" * 1_000_000}),
    "20,000 variables": (_CODE, {str(number): number for number in range(20_000)}),
    "240 declared variables": (_many(lambda n: f"$v{n}: Int", 240, "query (%s) { places { name } }"), {}),
    "a whole number of 16,000 digits": (f"{{ projects(first: {'9' * 16_000}) {{ totalCount }} }}", {}),
    "a number of 16,000 digits": (f"{{ projects(first: 1e{'9' * 16_000}) {{ totalCount }} }}", {}),
    "NaN": ("{ projects(first: NaN) { totalCount } }", {}),
    "infinity in a variable": ("query ($n: Int) { projects(first: $n) { totalCount } }", {"n": float("inf")}),
    "a half character": ('{ projectByCode(code: "\\ud83c") { name } }', {}),
    "a half character as it is": ('{ projectByCode(code: "\ud83c") { name } }', {}),
    "a comment of 16 KB": (f"{{ places {{ name }} }} #{'x' * (MOST_TEXT - 30)}", {}),
    "a text of 16 KB": (f'{{ projectByCode(code: "{"x" * 16_300}") {{ name }} }}', {}),
    "a list of 900 ids": (_many(lambda _: '"a"', 900, "{ nodes(ids: [%s]) { id } }"), {}),
    "300 members of an input": (
        _many(lambda n: f"a{n}: 1", 300, "mutation { projectRegister(input: { %s }) { position } }"),
        {},
    ),
    "20 operations": (_many(lambda n: f"query Q{n} {{ places {{ name }} }}", LIMITS["operations"], "%s"), {}),
    "40 fragments": (
        _many(lambda n: f"...F{n}", 10)
        + _many(
            lambda n: f"fragment F{n} on Place {{ {f'...F{n + 10}' if n < LIMITS['fragments'] - 10 else 'name'} }}",
            LIMITS["fragments"],
            " %s",
        ),
        {},
    ),
    "50 directives": (_many(lambda n: f"a{n}: name @include(if: true)", LIMITS["directives"]), {}),
    "introspection, as tools ask": (_WHOLE_SCHEMA, {}),
    "introspection, 7 times nested": (_nested(7), {}),
    "accepted: 390 fields": (_pages(28, 12), {}),
    "accepted: the same, with all that rules are of": (
        f"query ($a: Boolean!) {_pages(27, 12)[:-1]} name: projects {{ totalCount @include(if: $a) ...F }} }} {_F}",
        {"a": True},
    ),
    "accepted: 391 fields of a fragment": (
        _many(lambda n: f"a{n}: projects {{ nodes {{ ...F }} }}", 22, "{ %s }")
        + f" fragment F on Project {{ {' '.join(_PLAIN[:15])} }}",
        {},
    ),
    "accepted: 30 lists with filters": (
        _many(lambda n: f'a{n}: projects(first: {n}, filter: {{ region: "431181" }}) {{ totalCount }}', 30, "{ %s }"),
        {},
    ),
}
"""What is sent -> document, variables."""


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:  # noqa: ARG001 - As all benchmarks; nothing is stored.
    """Measure; a document is measured as often whatever the scale."""
    return [line for what, (text, variables) in INPUTS.items() for line in _both(what, text, variables)] + _answers()


def _both(what: str, text: str, variables: Mapping[str, Any]) -> list[Measured]:
    first, known, parsed = [], [], []
    outcome = ""
    for _ in range(ROUNDS):
        parsed.append(_parse(text) if len(text) <= MOST_TEXT else 0)
        documents = Documents(_GRAPH)
        outcome, took = _read(documents, text, variables)
        first.append(took)
        known.append(_read(documents, text, variables)[1])
    size = len(text.encode("utf-8", "surrogatepass"))
    note = f"{size:,} bytes, {_visited(text, variables)} nodes: {outcome}"
    lines = [Measured(what, "first", tuple(first), UNIT, note), Measured(what, "known", tuple(known), UNIT)]
    return [*lines, Measured(what, "its parsing alone", tuple(parsed), UNIT)] if all(parsed) else lines


def _parse(text: str) -> float:
    """Return what it takes to parse a document; 0 if it is none."""
    begun = time.process_time_ns()
    try:
        parse(text, max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return 0
    return (time.process_time_ns() - begun) / 1000


def _read(documents: Documents, text: str, variables: Mapping[str, Any]) -> tuple[str, float]:
    name = "Q0" if text.startswith("query Q0") else None
    begun = time.process_time_ns()
    try:
        documents.read(text, name, variables)
    except RefusedError as refused:
        took = time.process_time_ns() - begun
        told = refused.errors[0].extensions or {}
        rule = told.get("params", {}).get("rule", "")
        return f"{told.get('code', 'BAD_REQUEST')} {rule}".strip(), took / 1000
    return "accepted", (time.process_time_ns() - begun) / 1000


def _visited(text: str, variables: Mapping[str, Any]) -> int:
    try:
        document = parse(text, max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return 0  # It is not walked.
    walk = Walk(_GRAPH, document, variables)
    walk.check(next(one for one in document.definitions if isinstance(one, OperationDefinitionNode)))
    return walk.visited


def _answers() -> list[Measured]:
    """Measure the answer to what tools ask: worked out once, and then remembered."""
    first: list[float] = []
    known: list[float] = []
    for _ in range(ROUNDS):
        documents = Documents(_GRAPH)
        read = documents.read(_WHOLE_SCHEMA, None, {})
        for found in (first, known):
            begun = time.process_time_ns()
            documents.answer(read)
            found.append((time.process_time_ns() - begun) / 1000)
    what = "the answer to introspection"
    return [Measured(what, "first", tuple(first), UNIT), Measured(what, "known", tuple(known), UNIT)]
