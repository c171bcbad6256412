"""校验规则: the rules of the specification, which may look for a name that was meant once a document.

To look for one costs more than all the rest: each name is compared with hundreds, letter by letter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    ASTValidationRule,
    FieldsOnCorrectTypeRule,
    KnownArgumentNamesRule,
    KnownTypeNamesRule,
    ValuesOfCorrectTypeRule,
    specified_rules,
)

if TYPE_CHECKING:
    from graphql import GraphQLError, NamedTypeNode, Node

_ALIKE: Final = 3
"""Letters that a name of a type has in common with what was meant by it."""


class _Sparing(ASTValidationRule):
    """A rule that looks for names: the first error of a document that one of them finds may say what was meant."""

    def report_error(self, error: GraphQLError) -> None:
        super().report_error(error)
        # Asked for anew at each error; it can be said for all of a document only, or not at all.
        cast("Any", self.context)._hide_suggestions = True  # noqa: SLF001 - There is no other way to say it in between.


class _KnownTypeNames(KnownTypeNamesRule):
    """Compares the name of a type that is none with those only that begin alike."""

    def enter_named_type(
        self,
        node: NamedTypeNode,
        _key: Any,
        parent: Node,
        _path: Any,
        ancestors: list[Node],
    ) -> None:
        begins = node.name.value[:_ALIKE].lower()
        self.type_names = [name for name in self.existing_types_map if name[:_ALIKE].lower() == begins]
        super().enter_named_type(node, _key, parent, _path, ancestors)


class _SparingFields(_Sparing, FieldsOnCorrectTypeRule):
    pass


class _SparingArguments(_Sparing, KnownArgumentNamesRule):
    pass


class _SparingTypes(_Sparing, _KnownTypeNames):
    pass


class _SparingValues(_Sparing, ValuesOfCorrectTypeRule):
    pass


_OURS: Final[dict[type[ASTValidationRule], type[ASTValidationRule]]] = {
    FieldsOnCorrectTypeRule: _SparingFields,
    KnownArgumentNamesRule: _SparingArguments,
    KnownTypeNamesRule: _SparingTypes,
    ValuesOfCorrectTypeRule: _SparingValues,
}
RULES: Final = tuple(_OURS.get(rule, rule) for rule in specified_rules)
"""The specification's rules, as `validate` takes them."""
