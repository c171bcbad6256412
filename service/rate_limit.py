"""用量限额: how much work a caller may have done in a minute, by this process.

A bucket of points for each caller, filled evenly up to its limit; what an operation costs (schema/cost.py) is taken out
before it is carried out, or it is refused. A full bucket takes any operation, even one that costs more than the limit:
what is missing is owed, so there is none that can never be asked. An account has one bucket from wherever it comes; the
public has one for each address or IPv6 network. Of a bucket is known when it will be full again: all else follows.
"""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from service.throttle import network_of

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE_S: Final = 60.0
MOST: Final = 10_000
"""Most callers that are remembered; the one that has not asked for longest is forgotten first, and begins anew."""
_SOON_S: Final = 1e-6
"""What is so close is there: a float does not tell."""


class Standing(NamedTuple):
    """What a caller has left.

    Attributes:
        limit: points that it gets in a minute.
        remaining: that it has now; none while it owes some.
        full_s: seconds until it has all of them, if it asks for nothing.
    """

    limit: int
    remaining: int
    full_s: float


class RateLimit:
    """The callers' buckets.

    Args:
        per_account: points a minute of an account; 0 for no limit.
        per_address: of the public, from an address; 0 for no limit.
        clock: gives monotonic seconds.
        most: callers that are remembered.
    """

    def __init__(
        self,
        per_account: int = 0,
        per_address: int = 0,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST,
    ) -> None:
        self._limits = {"account": per_account, "address": per_address}
        self._clock = clock
        self._most = most
        self._full_at: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._told_until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self.spent: Counter[str] = Counter()
        """Points that were taken, by what the callers are told apart by: `account` or `address`."""
        self.refused: Counter[str] = Counter()
        """Operations that there were no points for, by the same."""

    def wait_s(self, account: str | None, address: str, cost: int) -> float:
        """Return after how many seconds so many points will be there; 0.0 if they are. None are taken.

        Args:
            account: who asks; None for the public.
            address: from where.
        """
        kind, _ = key = _key(account, address)
        if not (limit := self._limits[kind]):
            return 0.0
        wait_s = self._full_s(key) + MINUTE_S * min(cost, limit) / limit - MINUTE_S
        return wait_s if wait_s > _SOON_S else 0.0

    def take(self, account: str | None, address: str, cost: int) -> float:
        """Take points; return 0.0, or after how many seconds they will be there, if they are not and none were taken.

        Args:
            account: who asks; None for the public.
            address: from where.
            cost: at least 1.
        """
        wait_s = self.wait_s(account, address, cost)
        if not wait_s:
            self.spend(account, address, cost)
        return wait_s

    def spend(self, account: str | None, address: str, cost: int) -> None:
        """Take points, whether they are there or are owed; what was done can't be refused any more."""
        kind, _ = key = _key(account, address)
        self.spent[kind] += cost
        if limit := self._limits[kind]:
            self._keep(self._full_at, key, self._clock() + self._full_s(key) + MINUTE_S * cost / limit)

    def refuse(self, account: str | None, address: str) -> bool:
        """Count that there were no points for an operation; return whether it is the caller's first in a minute.

        That one is for the journal: a flood must not fill it.
        """
        kind, _ = key = _key(account, address)
        self.refused[kind] += 1
        now_s = self._clock()
        if now_s < self._told_until.get(key, now_s):
            return False
        self._keep(self._told_until, key, now_s + MINUTE_S)
        return True

    def standing(self, account: str | None, address: str) -> Standing | None:
        """Return what a caller has left; None if there is no limit."""
        kind, _ = key = _key(account, address)
        if not (limit := self._limits[kind]):
            return None
        full_s = self._full_s(key)
        remaining = limit - full_s * limit / MINUTE_S
        return Standing(limit, max(0, int(remaining + _SOON_S)), full_s)

    def _full_s(self, key: tuple[str, str]) -> float:
        return max(0.0, self._full_at.get(key, 0.0) - self._clock())

    def _keep(self, times: OrderedDict[tuple[str, str], float], key: tuple[str, str], time_s: float) -> None:
        times[key] = time_s
        times.move_to_end(key)
        while len(times) > self._most:
            times.popitem(last=False)

    def __len__(self) -> int:
        return len(self._full_at)


def _key(account: str | None, address: str) -> tuple[str, str]:
    return ("address", network_of(address)) if account is None else ("account", account)
