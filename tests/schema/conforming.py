"""Whether an answer is what the schema says: each field that was asked for, no other, each value of its type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    is_abstract_type,
    is_leaf_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from graphql import FragmentDefinitionNode, GraphQLObjectType, GraphQLSchema, GraphQLType, SelectionSetNode

ANSWERS_ONLY: Final = frozenset({"GeoJSON", "JSON"})
"""Scalars that no client sends: any JSON is one."""


class Answers:
    """Answers over one schema, without the directives @skip and @include.

    Args:
        schema: what they have to conform to.
        fragments: of the document, by name.
    """

    def __init__(self, schema: GraphQLSchema, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._schema = schema
        self._fragments = fragments

    def misfits(self, value: Any, of: GraphQLType, selected: Sequence[SelectionSetNode], at: str = "") -> Iterator[str]:
        """Yield where a value is none of its type, and what is there."""
        if isinstance(of, GraphQLNonNull):
            if value is None:
                yield f"{at}: null, which {of} can't be"
            of = of.of_type
        if value is None:
            return
        if isinstance(of, GraphQLList):
            yield from self._of_list(value, of.of_type, selected, at)
        elif is_leaf_type(of):
            if of.name in ANSWERS_ONLY:
                return
            try:
                of.parse_value(value)
            except (GraphQLError, ValueError, TypeError) as error:
                yield f"{at}: {value!r} is no {of}: {error}"
        elif not isinstance(value, dict):
            yield f"{at}: {value!r} is no {of}"
        else:
            # Which of the types it is need not have been asked for; then one of them has to fit.
            kinds = self._schema.get_possible_types(of) if is_abstract_type(of) else [of]
            yield from min((list(self._of_object(value, kind, selected, at)) for kind in kinds), key=len)

    def _of_list(self, value: Any, of: GraphQLType, selected: Sequence[SelectionSetNode], at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{at}: {value!r} is no list"
            return
        for number, one in enumerate(value):
            yield from self.misfits(one, of, selected, f"{at}[{number}]")

    def _of_object(
        self, value: dict[str, Any], of: Any, selected: Sequence[SelectionSetNode], at: str
    ) -> Iterator[str]:
        asked: dict[str, list[FieldNode]] = {}
        for one in selected:
            self._gather(one, of, asked)
        if (told := value.keys() ^ asked.keys()) != set():
            yield f"{at}: {sorted(told)} is asked for and not answered, or the other way round"
            return
        for key, nodes in asked.items():
            name = nodes[0].name.value
            if name == "__typename":
                if value[key] != of.name:
                    yield f"{at}: {value[key]!r}, not {of.name}"
                continue
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            yield from self.misfits(value[key], of.fields[name].type, below, f"{at}.{key}")

    def _gather(self, selected: SelectionSetNode, of: GraphQLObjectType, asked: dict[str, list[FieldNode]]) -> None:
        for one in selected.selections:
            if isinstance(one, FieldNode):
                asked.setdefault((one.alias or one.name).value, []).append(one)
                continue
            fragment: Any = self._fragments[one.name.value] if isinstance(one, FragmentSpreadNode) else one
            assert isinstance(one, FragmentSpreadNode | InlineFragmentNode)
            condition = fragment.type_condition
            if condition is None or self._fits(of, condition.name.value):
                self._gather(fragment.selection_set, of, asked)

    def _fits(self, of: GraphQLObjectType, condition: str) -> bool:
        kind = self._schema.get_type(condition)
        return kind is of or (is_abstract_type(kind) and self._schema.is_sub_type(kind, of))
