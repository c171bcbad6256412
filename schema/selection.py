"""选取: what a client selected, by the name of each field, whatever aliases, fragments and directives it used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode
from strawberry.types.nodes import convert_value

from schema.shape import NotCompiledError, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graphql import GraphQLResolveInfo, SelectionNode, SelectionSetNode

    from schema.context import Context, Info


class Selection:
    """What a client selected of a type, by GraphQL field name: fragments merged, skip and include obeyed.

    Aliases of one field are merged as well, since a row is read once for all of them; the executor tells them apart.
    Each fragment is walked once a level, so a document of nested fragments costs no more than its length.
    """

    def __init__(
        self,
        info: GraphQLResolveInfo[Context],
        nodes: Iterable[FieldNode],
        names: frozenset[str] | None = None,
        *,
        is_row: bool = False,
        path: tuple[str, ...] = (),
    ) -> None:
        self.fields: dict[str, list[FieldNode]] = {}
        self._info = info
        self._nodes = tuple(nodes)
        self._names = names
        self.is_row = is_row
        self.path = path
        self._walked: set[str] = set()
        for node in self._nodes:
            if node.selection_set is not None:
                self._take(node.selection_set)

    @classmethod
    def of(cls, info: Info) -> Selection:
        """Return what was selected of the field that is being resolved."""
        raw = info._raw_info  # noqa: SLF001 - strawberry's own selected_fields neither merges nor obeys directives.
        return cls(raw, raw.field_nodes, is_row=True)

    def row(self, *paths: str) -> Selection:
        """Return the selection of what a row is to the client, which may be a field of a field; see `below`."""
        below = self.below(*paths)
        below.is_row = True
        return below

    @property
    def is_compiled(self) -> bool:
        """Whether the server is to say the answer itself."""
        return self._info.context.shaping is not None

    def shape(self, of: type) -> Shape:
        """Return what was selected of a read type as the answer has it.

        Raises:
            NotCompiledError: this is not what a row is to the client.
        """
        if not self.is_row or self._info.context.shaping is None:
            raise NotCompiledError(of.__name__)
        return Shape(self._info, self._info.context.shaping, name_of(of), self._nodes)

    def _take(self, selected: SelectionSetNode) -> None:
        for one in selected.selections:
            if not self._is_included(one):
                continue
            match one:
                case FieldNode():
                    self.fields.setdefault(one.name.value, []).append(one)
                case InlineFragmentNode():
                    self._take_part(one)
                case FragmentSpreadNode() if one.name.value not in self._walked:
                    self._walked.add(one.name.value)
                    self._take_part(self._info.fragments[one.name.value])
                case _:
                    pass  # A fragment that was walked already.

    def _take_part(self, fragment: InlineFragmentNode | FragmentDefinitionNode) -> None:
        of = fragment.type_condition
        if self._names is None or of is None or of.name.value in self._names:
            self._take(fragment.selection_set)

    def on(self, *names: str) -> Selection:
        """Return what was selected of one type where several may be: fragments on others are left out.

        Args:
            names: of the type and of the interfaces that it has.
        """
        return Selection(self._info, self._nodes, frozenset(names), is_row=self.is_row, path=self.path)

    def _is_included(self, node: SelectionNode) -> bool:
        for directive in node.directives or ():
            if directive.name.value not in {"skip", "include"}:
                continue
            # Validation has seen to it that there is one argument, a Boolean.
            (argument,) = directive.arguments or ()
            given = convert_value(self._info, argument.value)
            if given is (directive.name.value == "skip"):
                return False
        return True

    def below(self, *paths: str) -> Selection:
        """Return the selection of a field, or of several merged; a field of a field is `edges.node`."""
        found: list[FieldNode] = []
        for path in paths:
            selection = self
            *outer, last = path.split(".")
            for name in outer:
                selection = Selection(self._info, selection.fields.get(name, []))
            found += selection.fields.get(last, [])
        return Selection(self._info, found)

    def arguments(self, name: str, argument: str) -> list[Any]:
        """Return what was given for an argument, wherever a field was selected; None where nothing was."""
        return [
            next(
                (convert_value(self._info, one.value) for one in node.arguments or () if one.name.value == argument),
                None,
            )
            for node in self.fields.get(name, [])
        ]

    def has(self, name: str) -> bool:
        """Return whether a field was selected, by its GraphQL name."""
        return name in self.fields


def name_of(of: type) -> str:
    """Return what GraphQL calls a type."""
    name: str = of.__strawberry_definition__.name  # type: ignore[attr-defined]  # Set by strawberry.type.
    return name
