"""随上级配置: while the service runs, places take over what their superiors set, province to city to county.

A place follows the nearest superior that keeps a ledger of the same purpose, unless it chose another one itself or said
that it follows nobody; sandboxes follow nobody, nor does a demonstration that stands in the past. Nothing is decided
here: what is sent is the command that anybody may send, under an id made of who follows whom at which versions of both,
so that several processes and restarts add nothing. The log is the truth, its bell a hint: every place's stream is read
once, then only those of regions whose log has grown.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import uuid5

import structlog

from service.access import FOLLOWER
from service.clock import today_in_china
from service.database import UNAVAILABLE
from service.domain import place
from service.domain.adoption import AdoptConfiguration, ConfigurationAdopted, ConfigurationAdoptionEnded
from service.domain.codes import regions
from service.domain.decider import NAMESPACE, Lent
from service.domain.errors import RejectedError
from service.domain.place import Place, Purpose, place_stream
from service.domain.values import Region
from service.log.log import MOST_READ, POLL_S
from service.log.writer import BusyError, UnknownOutcomeError

if TYPE_CHECKING:
    from service.handle import Handler
    from service.log.codec import Recorded, Stored
    from service.log.log import Head, Log

CAUSE: Final = "following"
"""What the log names as the cause of what is adopted by itself."""
MOST_AT_ONCE: Final = 4
"""Most places that are read, or that adopt, at the same time."""
PAUSE_S: Final = 0.1
"""Between two looks at how far the logs are, however often the bell rings."""

_PAST_S: Final = 86_400
"""A demonstration whose last fact is older stands in the past."""

_AWAY: Final = (*UNAVAILABLE, BusyError, UnknownOutcomeError)
"""The database's condition: tried again until it is over."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Known:
    """A place as far as its stream was read; `chosen` is the superior that it follows by its own word."""

    state: Place = place.DECIDER.initial
    version: int = 0
    recorded_us: int = 0
    chosen: Region | None = None

    def after(self, one: Recorded) -> _Known:
        """Return it after one more fact."""
        chosen = self.chosen
        match one.fact:
            case ConfigurationAdopted() if one.stored.actor != FOLLOWER.actor:
                chosen = one.fact.source
            case ConfigurationAdoptionEnded():
                chosen = None
            case _:
                pass  # What else happens to a place says nothing of whom it follows.
        return replace(
            self,
            state=place.evolve(self.state, one.fact),
            version=one.version,
            recorded_us=one.stored.recorded_us,
            chosen=chosen,
        )


class Following:
    """Lets every place of a log follow its superior.

    Args:
        handler: takes the commands.
        facts: the log.
    """

    def __init__(self, handler: Handler, facts: Log) -> None:
        self._handler = handler
        self._log = facts
        self._positions: dict[str, int] = {}
        self._recorded_us: dict[str, int] = {}
        self._places: dict[str, _Known] = {}
        self._due: set[str] = set()
        self._at_once = asyncio.Semaphore(MOST_AT_ONCE)

    async def run(self) -> None:
        """Follow until cancelled; goes on by itself when the database comes back, and after a bug."""
        while True:
            heard = self._log.bell.heard()
            try:
                await self.step()
            except _AWAY as error:
                log.warning("following waits for the database", error=repr(error))
            except Exception:
                log.exception("following failed, and is tried again")
                await asyncio.sleep(POLL_S)
            await self._log.bell.wait(heard, POLL_S)
            await asyncio.sleep(PAUSE_S)

    async def step(self) -> int:
        """Look once, and let those follow whom it concerns.

        Returns:
            How many are left for the next time, because the database was away.
        """
        behind = [head for head in await self._log.heads() if self._positions.get(head.region) != head.position]
        changed = {region for region in await asyncio.gather(*map(self._read, behind)) if region is not None}
        if changed:
            self._due |= changed | {region for region in self._places if self._superior(region) in changed}
        await asyncio.gather(*map(self._follow, sorted(self._due)))
        return len(self._due)

    async def _read(self, head: Head) -> str | None:
        """Read what is new in a place's stream; return its region if there was anything."""
        before = known = self._places.get(head.region, _Known())
        async with self._at_once:
            try:
                if not await self._is_there(head.region, known):
                    known = _Known()  # A backup was restored: all of it anew.
                full = True
                while full:
                    rows = await self._rows(head.region, known.version, MOST_READ)
                    for row in rows:
                        known = known.after(self._log.codec.recorded(row, {}))
                    full = len(rows) == MOST_READ
            except _AWAY as error:
                log.warning("following waits for the database", region=head.region, error=repr(error))
                # Known to be there: those below it wait for it, and don't follow whom it may stand below.
                self._places.setdefault(head.region, _Known())
                return None
            except Exception:
                # Such as a fact of a later version of the service: the others follow all the same.
                log.exception("a place can't be read, and is not followed any further", region=head.region)
        self._positions[head.region] = head.position
        self._recorded_us[head.region] = head.recorded_us
        self._places[head.region] = known
        return head.region if known.recorded_us != before.recorded_us else None

    async def _is_there(self, region: str, known: _Known) -> bool:
        """Return whether the last fact that is known of a place still stands in its log."""
        if not known.version:
            return True
        rows = await self._rows(region, known.version - 1, 1)
        return [row.recorded_us for row in rows] == [known.recorded_us]

    async def _rows(self, region: str, after: int, limit: int) -> list[Stored]:
        return await self._log.read_stream(region, place_stream(_region(region)), after=after, limit=limit)

    def _superior(self, region: str) -> str | None:
        """Return the ledger that a place follows or should follow."""
        known = self._places[region]
        if known.chosen is not None:
            return known.chosen
        opened = known.state.opened
        if opened is None or opened.purpose is Purpose.SANDBOX:
            return None
        if opened.purpose is Purpose.DEMO and self._recorded_us.get(region, 0) < (time.time() - _PAST_S) * 1e6:
            # It is being loaded with a past, or that is all it is: a fact of today would cut the past off.
            return None
        for code in regions.ancestors(regions.codes_from(opened.region)[-1]):
            if code not in self._places:
                continue
            above = self._places[code].state.opened
            if above is None:
                return None  # Not read yet; when it is, it has changed.
            if above.purpose is opened.purpose:
                return code
        return None

    async def _follow(self, region: str) -> None:
        async with self._at_once:
            try:
                await self._adopt(region)
            except _AWAY as error:
                log.warning("a place will follow later", region=region, error=repr(error))
                return
            except Exception:
                # Not tried again until it or its superior changes: the same would happen.
                log.exception("a place does not follow its superior", region=region)
        self._due.discard(region)

    async def _adopt(self, region: str) -> None:
        await asyncio.sleep(0)  # A start judges thousands of places, and requests are waiting meanwhile.
        source = self._superior(region)
        if source is None or source not in self._places:
            return
        known, above = self._places[region], self._places[source]
        command = AdoptConfiguration(region=_region(region), source=_region(source))
        try:
            if not place.decide(command, known.state, Lent(above.state, above.version), today_in_china()):
                return  # Already so, so nothing has to be asked of the log.
        except RejectedError:
            return  # It said that it follows nobody.
        outcome = await self._handler.handle(
            FOLLOWER,
            command.region,
            command,
            command_id=uuid5(NAMESPACE, f"following:{region}:{source}:{above.version}:{known.version}"),
            cause=CAUSE,
        )
        if outcome.refused is not None:
            # It ended it, or its superior changed, since it was read: which the bell has rung for.
            log.info("a place does not follow its superior", region=region, refused=str(outcome.refused))


def _region(key: str) -> Region:
    """Return the key of a log as a region; it was judged when the log began."""
    return str.__new__(Region, key)
