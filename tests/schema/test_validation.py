"""A document is asked only what it can break; what it breaks is found all the same."""

from __future__ import annotations

from collections import Counter

from graphql import GraphQLSyntaxError, parse, specified_rules, validate
from hypothesis import assume, given
from hypothesis import strategies as st

from schema import schema
from schema.validation import rules_for
from tests.effort import examples

GRAPH = schema._schema
NAMES = st.sampled_from(["projects", "place", "places", "nodes", "name", "id", "code", "region", "nothing"])
TYPES = st.sampled_from(["Project", "Place", "Query", "String", "Int", "ProjectFilter", "Nothing"])
VALUES = st.sampled_from(
    ["1", '"a"', "$a", "$b", "[1, $a]", "{region: 1}", "{region: $b, region: 2}", '"$ @ ... (fragment"']
)
ARGUMENTS = st.lists(
    st.tuples(st.sampled_from(["first", "after", "filter", "name", "nothing"]), VALUES).map(": ".join), max_size=2
).map(lambda said: f"({', '.join(said)})" if said else "")
DIRECTIVES = st.sampled_from(["", "", "", " @include(if: true)", " @skip(if: $a) @skip(if: false)", " @nothing"])


def _braced(inside: list[str]) -> str:
    return f"{{ {' '.join(inside)} }}"


def _selections(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(below, min_size=1, max_size=3).map(_braced)
    aliased = st.tuples(st.sampled_from(["", "", "a: "]), NAMES, ARGUMENTS, DIRECTIVES).map("".join)
    return st.one_of(
        st.tuples(aliased, several).map(" ".join),
        st.tuples(TYPES, several).map(lambda of: f"... on {of[0]} {of[1]}"),
        several.map("... {}".format),
    )


SELECTION = st.recursive(
    st.one_of(NAMES, st.sampled_from(["...F", "...G", "__typename", "__schema { types { name } }"])),
    _selections,
    max_leaves=8,
)
SELECTIONS = st.lists(SELECTION, min_size=1, max_size=3).map(_braced)
OPERATION = st.tuples(
    st.sampled_from(
        ["", "query ", "query Q ", "query Q ($a: Int) ", "query ($a: Nothing, $b: Project, $b: [String!]) "]
    )
    | st.sampled_from(["subscription ", "subscription S ($a: Boolean!) ", "mutation "]),
    SELECTIONS,
).map("".join)
FRAGMENT = st.tuples(st.sampled_from("FG"), TYPES, SELECTIONS).map(lambda of: f"fragment {of[0]} on {of[1]} {of[2]}")
DOCUMENT = st.lists(st.one_of(OPERATION, FRAGMENT), min_size=1, max_size=3).map(" ".join)


def _errors(text: str, rules: object) -> Counter[str]:
    """Return what is wrong with a document, without what was meant instead."""
    found = validate(GRAPH, parse(text), rules, hide_suggestions=True)  # type: ignore[arg-type]  # The library's own.
    return Counter(error.message for error in found)


@examples(100)
@given(DOCUMENT)
def test_what_is_not_asked_for_is_not_broken(text: str) -> None:
    try:
        parse(text)
    except GraphQLSyntaxError:
        assume(condition=False)
    assert _errors(text, rules_for(text)) == _errors(text, specified_rules), text


def test_a_plain_document_is_asked_a_fourth_of_the_rules() -> None:
    assert len(rules_for("{ projects { nodes { name } } }")) * 4 <= len(specified_rules)
