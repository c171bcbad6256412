"""席位: how many long connections there are at once, of an address and of an account; one too many is refused.

A socket or a stream of events costs a task and a connection for as long as it likes, so it is counted and not timed.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from service.throttle import network_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PER_ADDRESS: Final = 1_000
"""Most of one address or IPv6 network at this process: an office may be behind one."""
PER_ACCOUNT: Final = 256
"""Most of one account at this process, from wherever."""
RETRY_S: Final = 30
"""When who was refused may ask again, in seconds."""


class Seats:
    """Seats that are taken; what nobody has any more is forgotten.

    Args:
        per_address: most of an address.
        per_account: most of an account.
    """

    def __init__(self, per_address: int = PER_ADDRESS, per_account: int = PER_ACCOUNT) -> None:
        self._most = {"address": per_address, "account": per_account}
        self._taken: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def of_address(self, address: str) -> Iterator[bool]:
        """Take a seat of an address for as long as the block lasts; give whether there was one."""
        with self._seat("address", network_of(address)) as is_free:
            yield is_free

    @contextmanager
    def of_account(self, account: str | None) -> Iterator[bool]:
        """Take a seat of an account for as long as the block lasts; the public, None, is counted by address alone."""
        if account is None:
            yield True
            return
        with self._seat("account", account) as is_free:
            yield is_free

    @contextmanager
    def _seat(self, kind: str, who: str) -> Iterator[bool]:
        key = (kind, who)
        if self._taken[key] >= self._most[kind]:
            yield False
            return
        self._taken[key] += 1
        try:
            yield True
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    def __len__(self) -> int:
        return self._taken.total()
