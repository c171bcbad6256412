"""校验规则: the rules of the specification; of a document, those that it can break.

A rule visits all of a document, and those of variables do so once more. So a document without a `$` is not asked for
its variables, one without an `@` not for its directives. To look for a name that was meant costs more than all the
rest: each name is compared with hundreds, letter by letter. So that is done once a document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from graphql import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    FieldsOnCorrectTypeRule,
    FragmentsOnCompositeTypesRule,
    KnownArgumentNamesRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    KnownTypeNamesRule,
    MaxIntrospectionDepthRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    SingleFieldSubscriptionsRule,
    StreamDirectiveOnListField,
    UniqueArgumentNamesRule,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueInputFieldNamesRule,
    UniqueVariableNamesRule,
    ValuesOfCorrectTypeRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
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
_DIRECTIVES: Final = (
    KnownDirectivesRule,
    UniqueDirectivesPerLocationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    StreamDirectiveOnListField,
)
_FRAGMENTS: Final = (
    FragmentsOnCompositeTypesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUnusedFragmentsRule,
    PossibleFragmentSpreadsRule,
    UniqueFragmentNamesRule,
)
_VARIABLES: Final = (
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    UniqueVariableNamesRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
)
_ARGUMENTS: Final = (
    KnownArgumentNamesRule,
    UniqueArgumentNamesRule,
    UniqueInputFieldNamesRule,
    ValuesOfCorrectTypeRule,
)
_NEEDS: Final[dict[type[ASTValidationRule], tuple[str, ...]]] = {
    **dict.fromkeys(_DIRECTIVES, ("@",)),
    **dict.fromkeys(_FRAGMENTS, ("...", "fragment")),
    **dict.fromkeys(_VARIABLES, ("$",)),
    **dict.fromkeys(_ARGUMENTS, ("(",)),
    KnownTypeNamesRule: ("$", "...", "fragment"),
    MaxIntrospectionDepthRule: ("__",),
    SingleFieldSubscriptionsRule: ("subscription",),
}
"""Rule -> of these, its document has one, or it can't break it. A rule that is not here is always asked."""
_RULES: Final = tuple((_OURS.get(rule, rule), _NEEDS.get(rule, ("",))) for rule in specified_rules)


def rules_for(text: str) -> list[type[ASTValidationRule]]:
    """Return the rules that a document can break, as `validate` takes them; a text in it may name more than it has."""
    has = {mark: mark in text for _, needs in _RULES for mark in needs}
    return [rule for rule, needs in _RULES if any(has[mark] for mark in needs)]
