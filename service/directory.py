"""名录: all accounts' grants and keys in memory, folded from the installation's log, so that no request waits for them.

The log is the truth and its bell a hint: what is new is read when the bell rings, and twice a second anyhow, so a right
that was taken away is gone from every process within a second. Each look reads the last fact that is known again; where
the log does not have it there (a backup was restored), all of it is folded anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from uuid import UUID

import structlog

from service.database import UNAVAILABLE, within
from service.domain import account
from service.domain.account import INSTALLATION, HeldKey, Rights
from service.domain.roles import Account, Grant
from service.domain.values import Sha256
from service.log.log import MOST_READ

if TYPE_CHECKING:
    from service.log.codec import Recorded
    from service.log.log import Log

POLL_S: Final = 0.5
"""How long to wait, with no news, before the log is looked at."""
PAUSE_S: Final = 0.02
"""Between two looks, however often the bell rings."""
READ_S: Final = 2.0
"""Longest time that a read may take; then it is tried again, perhaps on a connection that lives."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was issued and not revoked; it is taken through the day `expires_on`."""

    account: Account
    sha256: Sha256
    expires_on: date


@dataclass(slots=True)
class _Folded:
    """The installation's log as far as it was read; `recorded_us` is the last fact's time."""

    position: int = 0
    recorded_us: int = 0
    streams: dict[UUID, Rights] = field(default_factory=dict)
    accounts: dict[str, Rights] = field(default_factory=dict)
    keys: dict[str, HeldKey] = field(default_factory=dict)

    def take(self, one: Recorded) -> None:
        """Fold the next fact."""
        self.position, self.recorded_us = one.position, one.stored.recorded_us
        if one.stored.stream_kind != account.DECIDER.kind:
            return
        rights = account.evolve(self.streams.get(one.stream_id, account.DECIDER.initial), one.fact)
        self.streams[one.stream_id] = rights
        if rights.account is not None:
            self.accounts[rights.account] = rights
        self.keys.update(rights.keys.items())


class Directory:
    """All accounts of the installation; `load` it before anything is served, then let it `run`.

    Args:
        facts: the log.

    Attributes:
        epoch: raised by every change, so that what was worked out of grants is known to be of old.
    """

    def __init__(self, facts: Log) -> None:
        self._log = facts
        self._folded = _Folded()
        self._turn = asyncio.Lock()
        self._looked_at: float | None = None
        self.epoch = 0
        self._granted: dict[str, tuple[Grant, ...]] = {}
        self._worked_out_at: tuple[int, date] | None = None

    async def load(self) -> None:
        """Read all there is.

        Raises:
            One of UNAVAILABLE: the database is away.
            CodecError: a fact of a later version of the service: what rights there are can't be told.
        """
        await self._look()

    async def run(self) -> None:
        """Follow until cancelled; goes on by itself when the database comes back, and after a bug."""
        while True:
            heard = self._log.bell.heard(INSTALLATION)
            try:
                await self._look()
            except UNAVAILABLE as error:
                log.warning("the directory of accounts waits for the database", error=repr(error))
                await asyncio.sleep(POLL_S)
            except Exception:
                # Such as a fact of a later version. Who asks how old all this is (`age_s`) is told.
                log.exception("the directory of accounts stands still")
                await asyncio.sleep(POLL_S)
            await self._log.bell.wait(heard, POLL_S, INSTALLATION)
            await asyncio.sleep(PAUSE_S)

    async def caught_up_to(self, position: int) -> bool:
        """Have what the installation's log holds up to a position, which was stored before this is asked.

        Returns:
            Whether it does; not if the log has lost it since (a backup was restored).

        Raises:
            One of UNAVAILABLE: the database is away.
        """
        if self._folded.position < position:
            await self._look()
        return self._folded.position >= position

    def grants_of(self, of: str, day: date) -> tuple[Grant, ...]:
        """Return what an account may do on a day; nothing if nobody ever heard of it."""
        if self._worked_out_at != (self.epoch, day):
            self._granted, self._worked_out_at = {}, (self.epoch, day)
        if of not in self._granted and (rights := self._folded.accounts.get(of)) is not None:
            self._granted[of] = rights.grants_on(day)
        return self._granted.get(of, ())

    def key(self, key_id: str) -> Key | None:
        """Return a key; None if there is none, or it was revoked."""
        held = self._folded.keys.get(key_id)
        if held is None or held.revoked:
            return None
        return Key(held.issued.account, held.issued.sha256, held.issued.expires_on)

    @property
    def accounts(self) -> Mapping[str, Rights]:
        """Every account that ever had a grant or a key."""
        return MappingProxyType(self._folded.accounts)

    @property
    def age_s(self) -> float:
        """How long ago all was read that there was; infinite before it was loaded."""
        return float("inf") if self._looked_at is None else asyncio.get_running_loop().time() - self._looked_at

    async def _look(self) -> None:
        """Fold what is new, all of it; one look at a time."""
        async with self._turn:
            began = asyncio.get_running_loop().time()
            folded = self._folded if await self._is_there() else _Folded()
            while batch := await within(READ_S, self._log.read(INSTALLATION, after=folded.position, limit=MOST_READ)):
                for one in batch:
                    folded.take(one)
                if folded is self._folded:  # Else it is shown once it is whole.
                    self.epoch += 1
            if folded is not self._folded:
                log.warning("the installation's log was restored, so all accounts were read anew")
                self._folded = folded
                self.epoch += 1
            self._looked_at = began

    async def _is_there(self) -> bool:
        """Return whether the last fact that is known still stands in the log."""
        known = self._folded
        if not known.position:
            return True
        rows = await within(READ_S, self._log.read(INSTALLATION, after=known.position - 1, limit=1))
        return [(one.position, one.stored.recorded_us) for one in rows] == [(known.position, known.recorded_us)]
