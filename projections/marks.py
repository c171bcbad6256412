"""进度: how far each region's read models are, as this process knows it, and who waits for them to move.

Thousands may wait at a time. Whoever does is woken by what they wait for alone, and looks through nothing meanwhile.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    regions: AbstractSet[str]
    woken: asyncio.Future[None]


class Marks:
    """Positions of read models, by region.

    Attributes:
        positions: never changed, but replaced: whoever holds the old ones can tell what has moved.
    """

    def __init__(self) -> None:
        self.positions: Mapping[str, int] = {}
        self._waiters: set[_Waiter] = set()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiters)

    def move(self, positions: Mapping[str, int]) -> None:
        """Learn how far some regions are. After a crash of the database that may be less far than before."""
        moved = {region for region, position in positions.items() if self.positions.get(region) != position}
        if not moved:
            return
        # Whom a new region concerns they have to find out themselves.
        has_new = not moved <= self.positions.keys()
        self.positions = {**self.positions, **positions}
        for one in self._waiters:
            if (has_new or not moved.isdisjoint(one.regions)) and not one.woken.done():
                one.woken.set_result(None)

    def are_at(self, wanted: Mapping[str, int]) -> bool:
        """Return whether all of some regions have come to a position each."""
        return all(self.positions.get(region, 0) >= position for region, position in wanted.items())

    async def wait_for(self, wanted: Mapping[str, int], timeout_s: float) -> bool:
        """Wait until all of some regions have come to a position each.

        Returns:
            Whether they have; False when the time was up first.
        """
        loop = asyncio.get_running_loop()
        until, regions = loop.time() + timeout_s, wanted.keys()
        while not self.are_at(wanted):
            if not await self._woken(regions, until - loop.time()):
                return self.are_at(wanted)
        return True

    async def moved(self, since: Mapping[str, int], regions: AbstractSet[str], timeout_s: float) -> bool:
        """Wait until one of some regions stands elsewhere than it did, or there is a new region.

        Args:
            since: `positions` as they were before what the caller has read was read, so that no move is missed.
            regions: which.
            timeout_s: how long to wait, in seconds.

        Returns:
            Whether one has moved; False when the time was up first.
        """
        now = self.positions
        if now is not since and any(now.get(region) != since.get(region) for region in regions):
            return True
        return await self._woken(regions, timeout_s)

    async def _woken(self, regions: AbstractSet[str], timeout_s: float) -> bool:
        waiter = _Waiter(regions, asyncio.get_running_loop().create_future())
        self._waiters.add(waiter)
        try:
            await asyncio.wait({waiter.woken}, timeout=max(0.0, timeout_s))
        finally:
            self._waiters.discard(waiter)
        return waiter.woken.done()
