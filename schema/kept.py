"""留存: what was made of texts is kept, as long as it has so few bytes together."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Kept(Generic[T]):
    """Things by what they were made of; what was not asked for the longest is let go first.

    Args:
        most: most things.
        most_bytes: most bytes that they weigh together.
        most_each: what weighs more is not kept, so that a few large ones don't drive out all others.
    """

    def __init__(self, most: int, most_bytes: int, most_each: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._most_each = most_each
        self._things: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._things)

    def of(self, key: Hashable, make: Callable[[], T], weigh: Callable[[T], int]) -> T:
        """Return what was made of something, or make it; `weigh` tells its bytes with those of what it was made of."""
        if (known := self._things.get(key)) is not None:
            self._things.move_to_end(key)
            return known[0]
        made = make()
        if (weight := weigh(made)) > self._most_each:
            return made
        self._things[key] = made, weight
        self.bytes += weight
        while len(self._things) > self._most or self.bytes > self._most_bytes:
            _, (_, old) = self._things.popitem(last=False)
            self.bytes -= old
        return made
