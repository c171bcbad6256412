"""限度: how much a document may ask for, found in one walk of it, each fragment once.

Asked before a document is validated, because validation takes time that grows with the square of some of what is
bounded here. Nothing is expanded: what a fragment comes to is worked out once and counted wherever it is spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    get_named_type,
    get_nullable_type,
    value_from_ast_untyped,
)

from schema.pages import DEFAULT, MOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import (
        DirectiveNode,
        DocumentNode,
        GraphQLOutputType,
        GraphQLSchema,
        SelectionSetNode,
        ValueNode,
    )

MOST_DEPTH: Final = 16
"""Most fields and fragments within each other; what a tool asks to know the whole schema needs 15."""
LIMITS: Final[Mapping[str, int]] = {
    "depth": MOST_DEPTH,
    # Those of a fragment counted wherever it is spread.
    "fields": 400,
    # Written in the document; variables may hold more.
    "values": 200,
    # Each is a statement, or a command.
    "roots": 30,
    "aliases": 100,
    # A batch is up to a thousand commands.
    "batches": 5,
    # What today makes of each project is worked out for all of them, to find some.
    "judged": 10,
    # Validation compares each with each of one name in one place, and fragments with each other.
    "repeats": 10,
    "fragments": 40,
    "operations": 20,
    "directives": 50,
    # What the pages come to, one within the other.
    "rows": 100_000,
}
"""限度 -> the most that a document may have of it."""
MOST_VALUE_DEPTH: Final = 12
"""Most lists and objects within each other, of a value that stands in the document."""
BATCH: Final = "Batch"
"""Ending of a mutation that takes many items."""
JUDGED: Final = frozenset({"light", "overdue", "warning"})
"""Members of a filter for which no index will do."""
SOME: Final = 10
"""Rows that a list without `first` is taken to have."""

_NO_END: Final = 1_000_000
"""Where counts end: what is over a limit need not be known exactly, and doubles with every fragment."""
_RULES: Final[Mapping[str, tuple[str, str]]] = {
    "depth": ("fields, or values, within each other", "嵌套层数"),
    "fields": ("fields", "字段个数"),
    "values": ("values: send them as variables", "参数值个数(请改用变量)"),
    "roots": ("fields at the root", "顶层字段个数"),
    "batches": ("batches", "批量操作个数"),
    "judged": ("filters by warning, by light or by what is overdue", "按预警、红黄绿灯或逾期筛选的个数"),
    "aliases": ("aliases", "别名个数"),
    "repeats": ("fields of one name in one place", "同一位置同名字段个数"),
    "fragments": ("fragments", "片段个数"),
    "operations": ("operations", "操作个数"),
    "directives": ("directives", "指令个数"),
    "rows": ("rows that its pages may come to", "各页合计可取行数"),
}
"""限度 -> what it is called."""


def _over(*counts: tuple[str, int]) -> GraphQLError | None:
    """Return the refusal of a document of which one count is over its limit."""
    return next((too_complex(rule, got) for rule, got in counts if got > LIMITS[rule]), None)


def too_complex(rule: str, got: int) -> GraphQLError:
    """Return the refusal of a document that is over a limit."""
    (english, chinese), most = _RULES[rule], LIMITS[rule]
    return GraphQLError(
        f"The document has too many {english}: at most {most}.",
        extensions={
            "code": "TOO_COMPLEX",
            "messageZh": f"请求过于复杂:{chinese}超过上限 {most}。",
            "params": {"rule": rule, "limit": str(most), "got": str(got) if got < _NO_END else f"over {_NO_END}"},
        },
    )


class Size(NamedTuple):
    """What a selection comes to."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    judged: int = 0
    values: int = 0
    rows: int = 0

    def beside(self, other: Size) -> Size:
        """Return what both come to, one beside the other."""
        return Size(
            max(self.depth, other.depth),
            min(self.fields + other.fields, _NO_END),
            min(self.aliases + other.aliases, _NO_END),
            min(self.directives + other.directives, _NO_END),
            min(self.judged + other.judged, _NO_END),
            min(self.values + other.values, _NO_END),
            min(self.rows + other.rows, _NO_END),
        )


_NOTHING: Final = Size()
_META: Final[Mapping[str, str]] = {"__schema": "__Schema", "__type": "__Type"}
"""Fields of the root that no type lists -> what they are of."""


@dataclass(slots=True)
class Walk:
    """One walk of a document.

    Attributes:
        visited: nodes of the document that were looked at, for tests.
        endless: a fragment that is spread within itself.
        sizes_by: variables that page sizes were taken from: the same document is of another size with others.
        own: what the operation alone comes to, without what is not carried out.
        roots: the fields at its root.
    """

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    visited: int = 0
    endless: str | None = None
    sizes_by: set[str] = field(default_factory=set)
    own: Size = _NOTHING
    roots: list[FieldNode] = field(default_factory=list)
    _defaults: dict[str, Any] = field(default_factory=dict)
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _known: dict[str, Size] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)

    def check(self, operation: OperationDefinitionNode) -> GraphQLError | None:
        """Return why an operation of the document is too much, or None."""
        definitions = self.document.definitions
        for one in definitions:
            if isinstance(one, FragmentDefinitionNode):
                self._fragments.setdefault(one.name.value, one)
        self.visited += len(definitions)
        others = [one for one in definitions if isinstance(one, OperationDefinitionNode) and one is not operation]
        fragments = sum(isinstance(one, FragmentDefinitionNode) for one in definitions)
        if over := _over(("operations", 1 + len(others)), ("fragments", fragments)):
            return over
        self._defaults = {
            one.variable.name.value: value_from_ast_untyped(one.default_value)
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        self.own = size = self._of_definition(operation, self.schema.get_root_type(operation.operation))
        # What will not be carried out is validated too.
        spare: list[OperationDefinitionNode | FragmentDefinitionNode] = [*others]
        for one in others:
            size = size.beside(self._of_definition(one, self.schema.get_root_type(one.operation))._replace(rows=0))
        for name, fragment in self._fragments.items():
            if name not in self._known:
                spare.append(fragment)
                size = size.beside(self._of_fragment(name, fragment)._replace(rows=0))
        if self.endless is not None:
            message = f"Cannot spread fragment '{self.endless}' within itself."
            chinese = f"片段 {self.endless} 不能包含自身。"
            return GraphQLError(message, extensions={"code": "BAD_REQUEST", "messageZh": chinese})
        if over := _over(*size._asdict().items()):
            return over
        # So few fields that they can be looked at one by one, those of a fragment wherever it is spread.
        self.roots = roots = self._fields([operation.selection_set])
        batches = 0
        if operation.operation is OperationType.MUTATION:
            batches = sum(one.name.value.endswith(BATCH) for one in roots)
        repeats = max(self._repeats(one.selection_set) for one in (operation, *spare))
        return _over(("roots", len(roots)), ("batches", batches), ("repeats", repeats))

    def _of_definition(self, operation: OperationDefinitionNode, root: Any) -> Size:
        return self._directives(operation.directives).beside(self._of(operation.selection_set, root, 1))

    def _of(self, selected: SelectionSetNode | None, parent: Any, level: int) -> Size:
        """Return what a selection comes to; beyond the deepest level nothing is looked at any more."""
        if selected is None:
            return _NOTHING
        if level > MOST_DEPTH:
            return Size(depth=_NO_END)
        size, leaves, aliases = _NOTHING, 0, 0
        self.visited += len(selected.selections)
        for one in selected.selections:
            if one.directives:
                size = size.beside(self._directives(one.directives))
            match one:
                case FieldNode(selection_set=None) if not one.arguments:
                    # Most fields are such, and they are counted together.
                    leaves += 1
                    aliases += one.alias is not None
                case FieldNode():
                    size = size.beside(self._of_field(one, parent, level))
                case InlineFragmentNode():
                    of = self.schema.get_type(one.type_condition.name.value) if one.type_condition else parent
                    size = size.beside(self._of(one.selection_set, of, level + 1))
                case FragmentSpreadNode() if (fragment := self._fragments.get(one.name.value)) is not None:
                    size = size.beside(self._of_fragment(one.name.value, fragment))
                case _:
                    pass  # A spread of nothing, which validation refuses.
        return size.beside(Size(depth=1, fields=leaves, aliases=aliases)) if leaves else size

    def _of_fragment(self, name: str, fragment: FragmentDefinitionNode) -> Size:
        """Return what a fragment comes to; one within itself would come to no end."""
        if name not in self._known:
            if name in self._open:
                self.endless = name
                return Size()
            self._open.add(name)
            of = self.schema.get_type(fragment.type_condition.name.value)
            found = self._directives(fragment.directives).beside(self._of(fragment.selection_set, of, 1))
            self._open.discard(name)
            self._known[name] = found
        return self._known[name]

    def _of_field(self, node: FieldNode, parent: Any, level: int) -> Size:
        of = self._type_of(parent, node.name.value)
        below = self._of(node.selection_set, None if of is None else get_named_type(of), level + 1)
        for one in node.arguments or ():
            self.visited += 1
            below = below.beside(self._of_value(one.value))
        times = self._rows(node, parent, of)
        return Size(
            min(below.depth + 1, _NO_END),
            below.fields + 1,
            below.aliases + (node.alias is not None),
            below.directives,
            below.judged + self._judged(node),
            below.values,
            min(times * (1 + below.rows), _NO_END) if times else below.rows,
        )

    def _directives(self, nodes: Sequence[DirectiveNode] | None) -> Size:
        count = len(nodes or ())
        self.visited += count
        return Size(directives=count)

    def _of_value(self, value: ValueNode) -> Size:
        """Return how many values one holds, itself among them; beyond the deepest level nothing is looked at."""
        level: list[ValueNode] = [value]
        values = 0
        for _ in range(MOST_VALUE_DEPTH):
            values += len(level)
            below: list[ValueNode] = []
            for one in level:
                if isinstance(one, ListValueNode):
                    below += one.values
                elif isinstance(one, ObjectValueNode):
                    below += (member.value for member in one.fields)
            if not below:
                self.visited += values
                return Size(values=values)
            level = below
        return Size(depth=_NO_END)

    def _rows(self, node: FieldNode, parent: Any, of: GraphQLOutputType | None) -> int:
        """Return how many rows a field gives at most; 0 for what is no list of objects."""
        if of is None or parent is None:
            return 0
        if parent.name == "__Schema" and node.name.value == "types":
            return len(self.schema.type_map)
        is_list = isinstance(get_nullable_type(of), GraphQLList) and isinstance(
            get_named_type(of), GraphQLObjectType | GraphQLInterfaceType
        )
        for one in node.arguments or ():
            if one.name.value in {"first", "last", "ids"}:
                return self._number(one.value)
        if parent.name.endswith("Connection") or node.name.value in _META:
            return 0  # Its rows were counted where it was asked for.
        if "first" in parent.fields[node.name.value].args:
            return SOME if is_list else DEFAULT
        return SOME if is_list else 0

    def _number(self, value: ValueNode) -> int:
        """Return a page size, or how many ids are asked for; what is neither counts as the largest page."""
        if isinstance(value, VariableNode):
            said = size_of(self._said(value))
            return said if isinstance(said, int) else MOST
        if isinstance(value, ListValueNode):
            return len(value.values)
        if isinstance(value, IntValueNode) and len(value.value) <= len(str(_NO_END)):
            return abs(int(value.value))
        return MOST if not isinstance(value, IntValueNode) else _NO_END

    def _judged(self, node: FieldNode) -> int:
        """Return how many of the members for which no index will do are in a field's filter."""
        for one in node.arguments or ():
            if one.name.value == "filter":
                if isinstance(one.value, VariableNode):
                    said = size_of(self._said(one.value))
                    return len(said) if isinstance(said, frozenset) else 0
                if isinstance(one.value, ObjectValueNode):
                    return sum(member.name.value in JUDGED for member in one.value.fields)
        return 0

    def _type_of(self, parent: Any, name: str) -> GraphQLOutputType | None:
        if name in _META:
            return self.schema.type_map[_META[name]]  # type: ignore[return-value]  # Both are object types.
        fields = getattr(parent, "fields", None)
        found = None if fields is None else fields.get(name)
        return None if found is None else found.type

    def _said(self, variable: VariableNode) -> Any:
        name = variable.name.value
        self.sizes_by.add(name)
        return self.variables[name] if name in self.variables else self._defaults.get(name)

    def _repeats(self, selected: SelectionSetNode) -> int:
        """Return how many fields at most have one name in one place of the answer."""
        most = 0
        places: list[list[SelectionSetNode]] = [[selected]]
        while places:
            named: dict[str, list[FieldNode]] = {}
            for one in self._fields(places.pop()):
                named.setdefault((one.alias or one.name).value, []).append(one)
            for same in named.values():
                most = max(most, len(same))
                if below := [one.selection_set for one in same if one.selection_set is not None]:
                    places.append(below)
        return most

    def _fields(self, selected: list[SelectionSetNode]) -> list[FieldNode]:
        found: list[FieldNode] = []
        waiting = list(selected)
        while waiting:
            for one in waiting.pop().selections:
                self.visited += 1
                match one:
                    case FieldNode():
                        found.append(one)
                    case InlineFragmentNode():
                        waiting.append(one.selection_set)
                    case FragmentSpreadNode() if one.name.value in self._fragments:
                        waiting.append(self._fragments[one.name.value].selection_set)
                    case _:
                        pass
        return found


def size_of(value: Any) -> int | frozenset[str] | None:
    """Return what of a variable's value a document's size depends on; None if nothing."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, dict):
        return JUDGED.intersection(value)
    # GraphQL takes 200.0 for an Int, too.
    is_whole = type(value) is int or (isinstance(value, float) and value.is_integer())
    return int(min(abs(value), _NO_END)) if is_whole else None
