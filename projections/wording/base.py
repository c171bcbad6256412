"""措辞的形式: what the words for a fact are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from service.domain.labels import Label
from service.domain.shape import Plain

Terms: TypeAlias = Mapping[str, Label]
"""Labels of the place's categories, by code."""


class Told(NamedTuple):
    """What a clause may speak of, beside the fact.

    Attributes:
        touched: what the fact sets, by path.
        before: what those paths held before it; nothing for those that are missing or None.
        terms: labels of the place's categories, by code.
    """

    touched: Mapping[str, Plain]
    before: Mapping[str, Plain]
    terms: Terms

    @property
    def old(self) -> Plain:
        """What the first path held before."""
        return self.before.get(next(iter(self.touched)))


class Words(NamedTuple):
    """How a kind of fact is told.

    Attributes:
        touches: which values it sets: path -> plain value. A path names a value within its stream, such as
            `total_investment.APPROVED`; None stands for nothing: never stated, emptied or withdrawn. Personal values
            are not among them, nor are hashes of any.
        clause: its sentence in both languages, without reason, papers and full stop.
    """

    touches: Callable[[Any], dict[str, Plain]]
    clause: Callable[[Any, Told], Label]
