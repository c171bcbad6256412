"""限速: an address that sends bad credentials has to wait, longer each time; a flood is answered at no cost.

Who knows a credential from memory (a key, a token that was verified before) lets it pass without asking here: a county
behind one address keeps working while one of its machines, or a stranger among them, sends rubbish. Only credentials
that have yet to be judged wait. Keys are all in memory, so a good one never waits; a person's token that is seen for
the first time may have to, for at most a minute at a time. Keys and tokens are too long to be guessed: what is saved
here is the work of judging them, and the room in the journal.
"""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FREE: Final = 5
"""Failures within WINDOW_S that slow an address down."""
WINDOW_S: Final = 60.0
"""Also how long an address has to keep quiet, once its waiting is over, to have nothing held against it any more."""
LONGEST_S: Final = 60.0
MOST: Final = 10_000
"""Most addresses that are remembered; the ones that have not failed for longest are forgotten first."""
_DOUBLINGS: Final = 6  # 2^6 is over LONGEST_S.
_NETWORK_V6: Final = 64
_LONGEST_TEXT: Final = 64


@dataclass(slots=True)
class _Failures:
    times: deque[float] = field(default_factory=lambda: deque(maxlen=FREE))
    slowed: bool = False
    doublings: int = 0
    until: float = 0.0


class Throttle:
    """How long each address has to wait.

    Args:
        clock: gives monotonic seconds.
        most: addresses that are remembered.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def check(self, address: str) -> float:
        """Return for how many seconds an address still has to wait; 0 if its credential may be judged now.

        Whoever has to wait is told so (429 with Retry-After, in whole seconds rounded up), and its credential is not
        looked at; that is no failure, so it does not make the waiting longer.
        """
        found = self._failures.get(network_of(address)) if self._failures else None
        return 0.0 if found is None else max(0.0, found.until - self._clock())

    def failed(self, address: str) -> float:
        """Take note of a bad credential; return the wait that begins with it, in seconds, or 0."""
        now, key = self._clock(), network_of(address)
        found = self._failures.get(key)
        if found is None or (found.slowed and now >= found.until + WINDOW_S):
            found = self._failures[key] = _Failures()
        self._failures.move_to_end(key)
        while len(self._failures) > self._most:
            self._failures.popitem(last=False)
        found.times.append(now)
        if now < found.until:
            return 0.0  # It was sent before the waiting began.
        if not found.slowed and (len(found.times) < FREE or found.times[0] < now - WINDOW_S):
            return 0.0
        found.slowed = True
        wait_s = min(LONGEST_S, 2.0**found.doublings)
        found.until = now + wait_s
        found.doublings = min(found.doublings + 1, _DOUBLINGS)
        return wait_s

    def succeeded(self, address: str) -> None:
        """Take note of a good credential that was not known before: the next wait is a second again.

        It neither ends a wait nor opens another few free tries: otherwise anybody's good credential, sent in between,
        would undo what the bad ones from the same address have brought about.
        """
        found = self._failures.get(network_of(address))
        if found is not None and self._clock() >= found.until:
            found.doublings = 0

    def __len__(self) -> int:
        return len(self._failures)


@lru_cache(maxsize=MOST)
def network_of(address: str) -> str:
    """Return what is slowed down as one: an IPv4 address, or the 64-bit network that an IPv6 address lies in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:_LONGEST_TEXT]  # A Unix socket has no address: all that come by it are one.
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found), _NETWORK_V6), strict=False))
