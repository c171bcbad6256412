"""How much a document may ask for: refused before it is validated, after a walk that never takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from graphql import (
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    get_introspection_query,
    get_named_type,
    is_leaf_type,
    parse,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema import schema
from schema.documents import (
    MOST_ANSWERS,
    MOST_IN_BATCHES,
    MOST_TEXT,
    MOST_TOKENS,
    MOST_VARIABLES,
    Documents,
    RefusedError,
)
from schema.limits import LIMITS, Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.schema.conftest import Api

GRAPH = schema._schema
MOST_VISITED = 10 * MOST_TOKENS
"""Nodes that a walk may look at, whatever the document: its own, and what few fields it may have, once more."""


PLAIN = [name for name, one in GRAPH.type_map["Project"].fields.items() if is_leaf_type(get_named_type(one.type))]
"""Fields of a project that have none of their own."""


def refused(text: str, variables: Mapping[str, Any] | None = None, name: str | None = None) -> list[GraphQLError]:
    """Return why a document is refused; nothing, if it is not."""
    try:
        Documents(GRAPH).read(text, name, variables or {})
    except RefusedError as error:
        return error.errors
    return []


def rule_of(text: str, variables: Mapping[str, Any] | None = None) -> str:
    (error,) = refused(text, variables)
    assert error.extensions is not None
    assert error.extensions["code"] == "TOO_COMPLEX", error
    assert error.extensions["messageZh"]
    rule: str = error.extensions["params"]["rule"]
    return rule


def walked(text: str, variables: Mapping[str, Any] | None = None) -> Walk:
    document = parse(text)
    walk = Walk(GRAPH, document, variables or {})
    walk.check(next(one for one in document.definitions if isinstance(one, OperationDefinitionNode)))
    return walk


def bomb(levels: int, times: int, leaf: str = "name") -> str:
    """Return fragments that each spread the next one so many times."""
    each = "".join(f"fragment F{n} on Project {{ {f'...F{n + 1} ' * times} }} " for n in range(levels))
    return f"{{ projects {{ nodes {{ ...F0 }} }} }} {each} fragment F{levels} on Project {{ {leaf} }}"


def batch(number: int) -> str:
    """Return a batch of one command."""
    item = f'{{ commandId: "{UUID(int=number)}", projectId: "x", reason: "x" }}'
    return f"projectVoidBatch(input: {{ items: [{item}] }}) {{ accepted }}"


def judged(number: int) -> str:
    """Return a list that is found by what today makes of projects."""
    kind = ("overdue: true", "warning: [SLOW]")[number % 2]
    return f"projects(filter: {{ {kind} }}) {{ totalCount }}"


def nested(levels: int) -> str:
    """Return types within types, as introspection has them."""
    return '{ __type(name: "Project") { ' + "fields { type { " * levels + "name" + " } }" * levels + " } }"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{ places " + "{ parent " * 20 + "{ name }" + " }" * 21, "depth"),
        (bomb(8, 3), "fields"),
        (bomb(38, 3), "fields"),
        ("{ " + "places { position name } " * 11 + "}", "repeats"),
        ("{ places { " + "... on Place { name } " * 11 + "} }", "repeats"),
        ("{ " + " ".join(f"a{n}: places {{ position }}" for n in range(31)) + " }", "roots"),
        ("{ places { " + " ".join(f"a{n}: name" for n in range(101)) + " } }", "aliases"),
        ("mutation { " + " ".join(f"a{n}: {batch(n)}" for n in range(6)) + " }", "batches"),
        (
            "mutation { ...F } fragment F on Mutation { " + " ".join(f"a{n}: {batch(n)}" for n in range(6)) + " }",
            "batches",
        ),
        ("{ " + " ".join(f"a{n}: {judged(n)}" for n in range(11)) + " }", "judged"),
        ("{ places { name " + "@include(if: true) " * 51 + "} }", "directives"),
        ("".join(f"query Q{n} {{ places {{ name }} }} " for n in range(21)), "operations"),
        ("{ places { name } } " + "".join(f"fragment F{n} on Place {{ name }} " for n in range(41)), "fragments"),
        ("{ a: projects(first: 200) { __typename } b: projects(first: 99999999999999999999) { __typename } }", "rows"),
        ("{ projectByCode(code: " + "[" * 13 + "]" * 13 + ") { name } }", "depth"),
        ("{ places { " + "... on Place { " * 20 + "name" + " }" * 22, "depth"),
        ("{ nodes(ids: [" + '"x" ' * 200 + "]) { id } }", "values"),
    ],
)  # fmt: skip
def test_a_document_over_a_limit_is_told_which(text: str, rule: str) -> None:
    if rule == "operations":
        assert refused(text, name="Q0")[0].extensions["params"]["rule"] == rule  # type: ignore[index]
        return
    assert rule_of(text) == rule


@pytest.mark.parametrize("rule", LIMITS)
def test_a_document_at_a_limit_is_taken(rule: str) -> None:
    most = LIMITS[rule]
    texts = {
        "depth": "{ __schema { types { " + "ofType { " * (most - 3) + "name" + " }" * most,
        "fields": f"{{ a: projects {{ nodes {{ {' '.join(PLAIN[:18])} }} }} "
        + " ".join(f"a{n}: projects {{ nodes {{ ...F }} }}" for n in range(20))
        + f" }} fragment F on Project {{ {' '.join(PLAIN[:17])} }}",
        "values": "{ nodes(ids: [" + '"x" ' * (most - 1) + "]) { id } }",
        "roots": "{ " + " ".join(f"a{n}: places {{ name }}" for n in range(most)) + " }",
        "aliases": "{ places { " + " ".join(f"a{n}: name" for n in range(most)) + " } }",
        "repeats": "{ places { " + "name " * most + "} }",
        "fragments": "{ places { " + " ".join(f"...F{n}" for n in range(10)) + " } } "
        + "".join(f"fragment F{n} on Place {{ {f'...F{n + 10}' if n + 10 < most else 'name'} }} " for n in range(most)),
        "operations": "".join(f"query Q{n} {{ places {{ name }} }} " for n in range(most)),
        "directives": "{ places { " + " ".join(f"a{n}: name @include(if: true)" for n in range(most)) + " } }",
        "batches": "mutation { " + " ".join(f"a{n}: {batch(n)}" for n in range(most)) + " }",
        "judged": "{ " + " ".join(f"a{n}: {judged(n)}" for n in range(most)) + " }",
        "rows": "{ projects(first: 200) { nodes { gates { documents { title } } } } "
        + " ".join(f"a{n}: projects(first: 200) {{ nodes {{ gates {{ gate }} }} }}" for n in range(29)) + " }",
    }  # fmt: skip
    assert refused(texts[rule], name="Q0" if rule == "operations" else None) == []


def test_fields_of_a_fragment_count_wherever_it_is_spread() -> None:
    text = """
        { projects { nodes { ...F ...F x: name } } }
        fragment F on Project { ...G ...G name }
        fragment G on Project { name id }"""
    walk = walked(text)
    assert walk._known["G"].fields == 2
    assert walk._known["F"].fields == 2 * 2 + 1
    (operation,) = [one for one in walk.document.definitions if isinstance(one, OperationDefinitionNode)]
    assert walk._of_definition(operation, GRAPH.query_type).fields == 2 + 2 * 5 + 1


def test_what_a_tool_asks_to_know_the_schema_is_within_the_limits() -> None:
    for more in ({}, {"descriptions": True, "specified_by_url": True, "directive_is_repeatable": True}):
        assert refused(get_introspection_query(**more, input_value_deprecation=True)) == []


def test_types_within_types_without_end_are_refused() -> None:
    assert refused(nested(1)) == []
    assert refused(nested(4))
    assert rule_of(nested(40)) == "depth"


def test_a_fragment_within_itself_is_refused_by_name() -> None:
    text = "{ places { ...A } } fragment A on Place { ...B } fragment B on Place { name ...A }"
    (error,) = refused(text)
    assert error.message == "Cannot spread fragment 'A' within itself."


def test_page_sizes_count_one_within_the_other() -> None:
    text = "query ($n: Int) { projects(first: $n) { edges { node { gates { gate } } } nodes { name } } }"
    assert refused(text, {"n": 200}) == []
    walk = walked(text, {"n": 200})
    assert walk.sizes_by == {"n"}
    document = Documents(GRAPH)
    document.read(text, None, {"n": 200})
    with pytest.raises(RefusedError, match="rows that its pages may come to"):
        document.read(text, None, {"n": 100_000})  # Known by its text, and looked at again with another size.


DEEP = "{ nodes { timeline(first: $n) { nodes { kind } } } }"


@pytest.mark.parametrize(
    ("head", "variables"),
    [
        ("$n: Int", {"n": 200}),
        ("$n: Int", {"n": 200.0}),
        ("$n: Int = 200", {}),
        ("$n: Int = 5", {"n": 200}),
        # What is said by nobody, or can't be, counts as the largest page.
        ("$n: Int", {}),
        ("$n: Int", {"n": "x"}),
    ],
)
def test_a_page_size_counts_however_it_is_said(head: str, variables: dict[str, Any]) -> None:
    pages = " ".join(f"a{n}: projects(first: $n) {DEEP}" for n in range(3))
    assert rule_of(f"query ({head}) {{ {pages} }}", variables) == "rows"
    assert refused(f"query ({head}) {{ {pages} }}", {"n": 20}) == []


def test_what_is_asked_of_the_schema_counts_by_what_there_is() -> None:
    """Each type has fields, each field arguments, and each of those a type again."""
    inner = "type { inputFields { name } }"
    text = f"{{ __schema {{ types {{ fields {{ args {{ {inner} }} type {{ fields {{ args {{ name }} }} }} }} }} }} }}"
    assert rule_of(text) == "rows"
    usual = "types { name fields { name args { name } } }"
    assert refused(f"{{ __schema {{ {usual} }} }}") == []
    assert rule_of("{ " + " ".join(f"a{n}: __schema {{ {usual} }}" for n in range(3)) + " }") == "rows"


def test_ids_count_as_rows() -> None:
    text = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Project { gates { documents { title } } } } }"
    walk = walked(text, {"ids": ["x"] * 30})
    assert walk.sizes_by == {"ids"}
    (operation,) = walk.document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert walk._of_definition(operation, GRAPH.query_type).rows == 30 * (1 + 10 * (1 + 10))
    listed = walked('{ nodes(ids: ["x", "y"]) { id } }')
    (operation,) = listed.document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert listed._of_definition(operation, GRAPH.query_type).rows == 2
    documents = Documents(GRAPH)
    documents.read(text, None, {"ids": ["x"]})
    with pytest.raises(RefusedError, match="rows that its pages may come to"):
        documents.read(text, None, {"ids": ["x"] * 1_000})  # Known by its text, and looked at again with another size.


def test_what_today_makes_of_projects_counts_in_a_variable_too() -> None:
    lists = " ".join(f"a{n}: projects(filter: $f) {{ totalCount }}" for n in range(6))
    text = f"query ($f: ProjectFilter) {{ {lists} }}"
    documents = Documents(GRAPH)
    documents.read(text, None, {"f": {"region": "431181"}})
    documents.read(text, None, {"f": {"overdue": True}})
    with pytest.raises(RefusedError, match="filters by warning"):
        documents.read(text, None, {"f": {"overdue": True, "warning": ["SLOW"]}})


def test_a_document_that_was_refused_is_not_walked_again() -> None:
    documents = Documents(GRAPH)
    for _ in range(2):
        with pytest.raises(RefusedError, match="too many fields"):
            documents.read(bomb(8, 3), None, {})
        (walked_with,) = documents._of(bomb(8, 3))._held.values()
        assert walked_with.over is not None


def test_what_was_meant_is_looked_for_once_a_document() -> None:
    errors = refused("mutation { " + " ".join(f"projectAmen{n}(input: 1)" for n in range(30)) + " }")
    assert ["Did you mean" in error.message for error in errors] == [True, False, False, False, False, False]
    (first, second, *_) = refused("{ places { nam } projects(frst: 1) { totalCount } }")
    assert "Did you mean" in first.message
    assert "Did you mean" not in second.message
    for text in ("{ me { ...F } } fragment F on Rolle { x }", "query ($p: Projct) { me { account } }"):
        assert any("Did you mean" in error.message for error in refused(text))


def test_the_same_answer_about_the_schema_is_worked_out_once() -> None:
    documents = Documents(GRAPH)
    read = documents.read(get_introspection_query(), None, {})
    first = documents.answer(read)
    assert first == execute_sync(GRAPH, read.document).data
    assert documents.answer(documents.read(get_introspection_query(), None, {})) is first
    for text in (
        "{ places { name } }",
        "{ __typename }",
        "{ __schema { queryType { name } } places { name } }",
        "{ ...F } fragment F on Query { __schema { queryType { name } } }",
        "query ($x: Boolean!) { __schema { queryType { name @include(if: $x) } } }",
        "mutation { __typename }",
    ):
        assert documents.answer(documents.read(text, None, {"x": True})) is None, text
    for number in range(20):
        documents.answer(documents.read(f'{{ a{number}: __type(name: "Project") {{ name }} }}', None, {}))
    assert len(documents._answers) == MOST_ANSWERS


async def test_a_tool_is_told_the_schema_without_a_statement(told: Api) -> None:
    for _ in range(2):
        data = await told.query(get_introspection_query())
        assert {"Query", "Project"} <= {one["name"] for one in data["__schema"]["types"]}
        assert told.took == []


def test_a_document_that_is_known_is_neither_parsed_nor_walked_again() -> None:
    documents = Documents(GRAPH)
    text = "query ($n: Int) { projects(first: $n) { nodes { name } } }"
    first = documents.read(text, None, {"n": 5}).document
    known = documents._of(text)
    assert documents.read(text, None, {"n": 5}).document is first
    assert len(known._held) == 1
    assert documents.read(text, None, {"n": 6}).document is first
    assert len(known._held) == 2


def test_what_is_remembered_of_documents_has_an_end() -> None:
    documents = Documents(GRAPH)
    for number in range(700):
        documents.read(f"{{ places {{ a{number}: name }} }}", None, {})
    assert len(documents.known) == 500
    long = "#" * (MOST_TEXT - 100)
    for number in range(100):
        documents.read(f"{{ places {{ b{number}: name }} }} {long}", None, {})
    assert 900_000 < documents.known.bytes <= 1_000_000


def test_text_and_variables_have_an_end() -> None:
    ask = "query ($c: String!) { projectByCode(code: $c) { name } }"
    for text, variables in (
        ("{ places { " + " ".join(f"a{n}: name" for n in range(100_000)) + " } }", {}),
        ("{ places { name } } #" + "长" * (MOST_TEXT // 3), {}),
        (ask, {"c": "长" * (MOST_VARIABLES // 3)}),
        (ask, {"c": "x", "more": [0] * MOST_VARIABLES}),
        (ask, {str(n): n for n in range(MOST_VARIABLES)}),
    ):
        (error,) = refused(text, variables)
        assert error.extensions is not None
        assert error.extensions["code"] == "TOO_LARGE"
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    assert rule_of(ask, {"c": deep}) == "depth"
    assert MOST_IN_BATCHES > MOST_VARIABLES


def test_a_document_of_many_mistakes_is_told_the_first_ones() -> None:
    errors = refused("{ places { " + " ".join(f"nam{n}" for n in range(300)) + " } }")
    assert len(errors) == 6
    assert "Did you mean" in errors[0].message
    assert "error limit" in errors[-1].message


NAMES = st.sampled_from(["places", "projects", "nodes", "edges", "node", "name", "gates", "__schema", "types", "x"])
VALUES = st.recursive(
    st.sampled_from(["1", "1e999", "-0", '"x"', '"\\ud83c"', "null", "ENUM", "$v", "9" * 500]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda values: f"[{' '.join(values)}]"),
        st.lists(inner, max_size=5).map(lambda values: "{" + " ".join(f"k: {value}" for value in values) + "}"),
    ),
    max_leaves=40,
)
LEAVES = st.one_of(
    NAMES,
    st.builds(lambda name, value: f"{name}(first: {value}, after: {value})", NAMES, VALUES),
    st.builds(lambda name, times: f"{name} {f'@include(if: {times}) ' * times}", NAMES, st.integers(0, 60)),
    st.builds(lambda number: f"...F{number}", st.integers(0, 50)),
    st.builds(lambda name, number: f"a{number}: {name}", NAMES, st.integers(0, 3)),
    st.builds(lambda name, times: f"{name} " * times, NAMES, st.integers(0, 400)),
)
SELECTIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda name, parts: f"{name} {{ {' '.join(parts)} }}", NAMES, st.lists(inner, min_size=1)),
        st.lists(inner, min_size=1).map(lambda parts: f"... on Project {{ {' '.join(parts)} }}"),
    ),
    max_leaves=60,
)
HOSTILE = st.builds(
    lambda tops, fragments, tail: (
        " ".join(
            [
                *(f"query Q{n} {{ {top} }}" for n, top in enumerate(tops)),
                *(f"fragment F{n} on Project {{ {one} }}" for n, one in enumerate(fragments)),
            ]
        )
        + tail
    ),
    st.lists(SELECTIONS, min_size=1, max_size=3),
    st.lists(SELECTIONS, max_size=50),
    st.sampled_from(["", "", "}", " {", '"', "\x00", "﻿", "\ud83c"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE)
def test_whatever_is_sent_is_refused_with_a_code_or_taken_after_a_short_walk(text: str) -> None:
    for error in refused(text, {"v": 10**30}, name="Q0"):
        assert error.message
        assert (error.extensions or {}).get("code", "BAD_REQUEST") in {"TOO_COMPLEX", "TOO_LARGE", "BAD_REQUEST"}
    try:
        document = parse(text, max_tokens=MOST_TOKENS)
    except (GraphQLError, RecursionError):
        return
    walk = Walk(GRAPH, document, {})
    for one in document.definitions:
        if isinstance(one, OperationDefinitionNode):
            walk.check(one)
            break
    assert walk.visited <= MOST_VISITED


@pytest.mark.parametrize("levels", [1, 5, 10, 20, 39])
@pytest.mark.parametrize("times", [1, 2, 10])
def test_fragments_within_fragments_are_visited_once(levels: int, times: int) -> None:
    assert walked(bomb(levels, times)).visited <= MOST_VISITED


async def test_a_document_over_a_limit_costs_no_statement(told: Api) -> None:
    answer = await told.ask(bomb(20, 3))
    assert [error.extensions["code"] for error in answer.errors] == ["TOO_COMPLEX"]
    assert told.took == []
