"""成本: what an operation costs, in points, worked out before it is carried out.

A point is about a millisecond of the service and its database. That is an estimate from what is asked, not from what is
there: the same operation costs the same everywhere and each time, so that a client can reckon with it. Sizes that a
document leaves to its variables are those of this request.

    cost = fields at the root
         + fields / 20, rows that the pages may come to / 50, each without what is left over
         + 20 for each field at the root that goes over all projects (OVER_ALL)
         + 50 for each filter by warning, light or what is overdue
         + 1 for each command; of a batch or a list that is sent, for each of its items

What is asked about the schema alone is answered from memory, and costs 1. An operation that is refused for its document
or its variables costs 10: that was found out by reading it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import ListValueNode, ObjectValueNode, VariableNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import FieldNode, ValueNode

    from schema.limits import Size

ROOT: Final = 1
"""Points of a field at the root: it is a statement, or a command's way to the log and back."""
FIELDS: Final = 20
"""Fields that are had for a point: they are read, judged by the caller's rights, and written into the answer."""
ROWS: Final = 50
"""Rows that are had for a point: a page of as many as come if nobody says how many."""
OVER_ALL: Final = frozenset(
    {
        "batchCounts", "durations", "fundTotals", "funnel", "investmentTotals", "ledger", "lightCounts", "planVariance",
        "projectCounts", "rosterGaps", "warningCounts", "warnings",
    }
)  # fmt: skip
"""Fields at the root that look at all projects, however little of them is shown."""
WHOLE: Final = 20
"""Points of such a field."""
JUDGED: Final = 50
"""Points of a filter that no index serves: what today makes of each project is worked out, for all of them."""
COMMAND: Final = 1
"""Points of a command: it is decided and stored, and then all read models are fed with it."""
LEAST: Final = 1
REFUSED: Final = 10
"""Points of an operation whose document or variables are no good; one never seen before is parsed and validated."""


def points_of(size: Size, roots: Sequence[FieldNode]) -> int:
    """Return the points of what an operation asks for, its commands not among them.

    Args:
        size: what it comes to, found by the walk (schema/limits.py).
        roots: the fields at its root, those of fragments among them.
    """
    points = ROOT * len(roots) + size.fields // FIELDS + size.rows // ROWS + JUDGED * size.judged
    points += WHOLE * sum(one.name.value in OVER_ALL for one in roots)
    return max(LEAST, points)


def points_of_commands(roots: Sequence[FieldNode], variables: Mapping[str, Any]) -> int:
    """Return the points of the commands of a mutation.

    Args:
        roots: the fields at its root, each of which sends some.
        variables: as they were sent.
    """
    return COMMAND * sum(_commands(one, variables) for one in roots)


def _commands(root: FieldNode, variables: Mapping[str, Any]) -> int:
    """Return how many commands a mutation sends, or how many items its longest list has if that is more."""
    return max((_longest(one.value, variables) for one in root.arguments or ()), default=1)


def _longest(value: ValueNode, variables: Mapping[str, Any]) -> int:
    said = variables.get(value.name.value) if isinstance(value, VariableNode) else None
    if isinstance(said, dict):
        lists: list[int] = [len(one) for one in said.values() if isinstance(one, list)]
    elif isinstance(value, ObjectValueNode):
        lists = [_length(one.value, variables) for one in value.fields]
    else:
        lists = []
    return max([1, *lists])


def _length(value: ValueNode, variables: Mapping[str, Any]) -> int:
    """Return how many items a value has; one that is no list has one, as GraphQL reads it where a list is wanted."""
    if isinstance(value, VariableNode):
        said = variables.get(value.name.value)
        return len(said) if isinstance(said, list) else 1
    return len(value.values) if isinstance(value, ListValueNode) else 1
