"""Questions of any kind on what the database may answer itself: each number gives the same one again."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLObjectType, get_named_type, is_abstract_type, is_leaf_type

from schema import schema
from service.domain.values import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import GraphQLField

GRAPH: Final = schema._schema
VARIABLES: Final[Mapping[str, Any]] = {"yes": True, "no": False, "three": 3, "unit": "WAN_YUAN"}
_DECLARED: Final = {"yes": "Boolean!", "no": "Boolean = true", "three": "Int", "unit": "Unit"}
_DEEPEST: Final = 4
"""Objects within each other below the root; what is deeper is leaves alone."""
_LEFT: Final = 0.03
"""Share of fields that only the executor can answer."""


class Question:
    """One question.

    Args:
        number: says which.
        roots: text of each field at the root that may be asked, without what is selected of it, by its name.
    """

    def __init__(self, number: int, roots: Mapping[str, Sequence[str]]) -> None:
        self._random = Random(number)  # noqa: S311 - To be found again, not to be guessed.
        self._fragments: list[str] = []
        self._names = 0
        query = GRAPH.query_type
        assert query is not None
        fields = []
        for _ in range(self._random.choice([1, 1, 1, 2])):
            name = self._random.choice(sorted(roots))
            text = self._random.choice(roots[name])
            fields.append(f"{self._name()}: {text} {self._selected(query.fields[name].type, 0)}")
        body = f"{{ {' '.join(fields)} }} {' '.join(self._fragments)}"
        used = [f"${name}: {of}" for name, of in _DECLARED.items() if f"${name}" in body]
        self.text = f"query {f'({chr(44).join(used)})' if used else ''} {body}"
        self.variables = {name: VARIABLES[name] for name in _DECLARED if f"${name}" in body}

    def _name(self) -> str:
        self._names += 1
        return f"n{self._names}"

    def _selected(self, of: Any, depth: int) -> str:
        kind = get_named_type(of)
        if is_abstract_type(kind):
            one = self._random.choice(GRAPH.get_possible_types(kind))
            return f"{{ __typename ... on {one.name} {self._selected(one, depth)} }}"
        if not isinstance(kind, GraphQLObjectType):
            return ""
        fields = list(kind.fields.items())
        leaves = [one for one in fields if is_leaf_type(get_named_type(one[1].type))]
        found = self._random.choices(fields if depth < _DEEPEST else leaves or fields[:1], k=self._random.randint(1, 5))
        parts = [self._field(name, one, depth) for name, one in found if self._is_to_be(one)]
        if self._random.random() < 0.1:
            parts.insert(self._random.randint(0, len(parts)), "__typename")
        if depth < _DEEPEST and self._random.random() < 0.25:
            parts.insert(self._random.randint(0, len(parts)), self._part(kind, depth))
        return f"{{ {' '.join(parts) or '__typename'} }}"

    def _is_to_be(self, declared: GraphQLField) -> bool:
        is_read = {"first", "unit", "decimals"}.issuperset(declared.args)
        return is_read or self._random.random() < _LEFT

    def _part(self, kind: GraphQLObjectType, depth: int) -> str:
        selected = self._selected(kind, depth + 1)
        match self._random.randint(0, 3):
            case 0:
                return f"... {self._directive()} {selected}"
            case 1:
                return f"... on {kind.name} {self._directive()} {selected}"
            case _:
                name = f"F{len(self._fragments)}_{self._name()}"
                self._fragments.append(f"fragment {name} on {kind.name} {selected}")
                return " ".join(f"...{name} {self._directive()}" for _ in range(self._random.choice([1, 1, 2])))

    def _field(self, name: str, declared: GraphQLField, depth: int) -> str:
        selected = self._selected(declared.type, depth + 1)
        # What has arguments is told apart: two that differ can't have one key. All else may be merged.
        alias = "" if not declared.args and self._random.random() < 0.8 else f"{self._name()}: "
        return f"{alias}{name}{self._arguments(declared)} {self._directive()} {selected}"

    def _arguments(self, declared: GraphQLField) -> str:
        said = []
        for name in declared.args:
            if self._random.random() < 0.5:
                continue
            match name:
                case "first":
                    said.append(f"first: {self._random.choice(['1', '2', '$three', '200', '0'])}")
                case "unit":
                    units = ["YUAN", "WAN_YUAN", "YI_YUAN", "$unit", "null"] * 8
                    said.append(f"unit: {self._random.choice([*units, *Unit])}")
                case "decimals":
                    said.append(f"decimals: {self._random.choice(['0', '1', '2', '$three', '10', '11', 'null'])}")
                case _:
                    pass  # As it is unless said.
        return f"({', '.join(said)})" if said else ""

    def _directive(self) -> str:
        if self._random.random() > 0.08:
            return ""
        return (
            f"@{self._random.choice(['include', 'skip'])}(if: {self._random.choice(['$yes', '$no', 'true', 'false'])})"
        )
