"""席位: how many long connections and subscriptions there are at once, of an address and of an account.

Each costs a task, or a connection, for as long as it likes, so it is counted and not timed; one too many is refused.
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
PER_GUEST: Final = 200
"""Most of one address or IPv6 network whose clients have not said who they are, or never will."""
SUBSCRIPTIONS: Final = 400
"""Most subscriptions of one account at this process, over all its connections."""
GUEST_SUBSCRIPTIONS: Final = 100
"""Most subscriptions of the public from one address or IPv6 network."""
RETRY_S: Final = 30
"""When who was refused may ask again, in seconds."""


class Seats:
    """Seats that are taken; what nobody has any more is forgotten.

    Args:
        per_address: most connections of an address.
        per_account: most connections of an account.
        per_guest: most connections of an address of which nobody knows whose they are.
        subscriptions: most subscriptions of an account.
        guest_subscriptions: most subscriptions of an address, of the public.
    """

    def __init__(
        self,
        per_address: int = PER_ADDRESS,
        per_account: int = PER_ACCOUNT,
        per_guest: int = PER_GUEST,
        subscriptions: int = SUBSCRIPTIONS,
        guest_subscriptions: int = GUEST_SUBSCRIPTIONS,
    ) -> None:
        self._most = {
            "address": per_address,
            "account": per_account,
            "guest": per_guest,
            "subscriber": subscriptions,
            "guest subscriber": guest_subscriptions,
        }
        self._taken: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def of_address(self, address: str) -> Iterator[bool]:
        """Take a connection's seat of an address for as long as the block lasts; give whether there was one."""
        with self._seat("address", network_of(address)) as is_free:
            yield is_free

    @contextmanager
    def of_caller(self, account: str | None, address: str) -> Iterator[bool]:
        """Take a connection's seat of an account; None: of those at an address who have not said theirs."""
        key = ("guest", network_of(address)) if account is None else ("account", account)
        with self._seat(*key) as is_free:
            yield is_free

    @contextmanager
    def of_subscription(self, account: str | None, address: str) -> Iterator[int | None]:
        """Take a subscription's seat of an account, or of the public at an address; give how many, if all are taken."""
        key = ("guest subscriber", network_of(address)) if account is None else ("subscriber", account)
        with self._seat(*key) as is_free:
            yield None if is_free else self._most[key[0]]

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
