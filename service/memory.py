"""记忆: what streams were folded to, so that a decision loads what came since and not all that ever was.

Nothing rests on it. Facts never change, so a state is right as of its version for ever; every look reads the last fact
that it knows of again, and where the log does not have it there (a backup was restored), all of the stream is loaded.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.domain.deciders import decider_of
from service.log.log import UNSEEN, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from service.domain.decider import Stream
    from service.domain.values import Region
    from service.log.log import Answered, Log

MOST_FACTS: Final = 500_000
"""Most facts that the states kept were folded of: some hundred MB at the most; the longest unused go first."""


class Folded(NamedTuple):
    """A stream's state, and the last fact that it was folded of."""

    state: Any
    seen: Seen

    @property
    def version(self) -> int:
        """The stream's version."""
        return self.seen.version


class Look(NamedTuple):
    """Streams as they stand at one moment, and what the command ids that are known were answered."""

    streams: Mapping[Stream, Folded]
    answered: Mapping[UUID, Answered]


class Memory:
    """States of streams, by region.

    Args:
        log: where facts are.
        most_facts: most facts that all of the states together were folded of.
    """

    def __init__(self, log: Log, *, most_facts: int = MOST_FACTS) -> None:
        self._log = log
        self._most_facts = most_facts
        self._facts = 0
        self._folded: OrderedDict[tuple[str, Stream], Folded] = OrderedDict()

    async def look(self, region: Region, streams: Iterable[Stream], *command_ids: UUID) -> Look:
        """Return some streams and what command ids were answered, in one statement and of one moment.

        Raises:
            InternalError: a stream has too many new facts for one decision.
        """
        known = {stream: self._recall(region, stream) for stream in streams}
        seen = {stream: folded.seen for stream, folded in known.items()}
        loaded = await self._log.load(region, seen, *command_ids)
        while loaded.gone:  # Each turn has fewer streams that could be gone.
            for stream in loaded.gone:
                self._forget((region, stream))
                known[stream] = self._recall(region, stream)
                seen[stream] = UNSEEN
            loaded = await self._log.load(region, seen, *command_ids)
        found = {}
        for stream, (facts, last) in loaded.streams.items():
            folded = known[stream]
            if facts:
                folded = Folded(decider_of(stream).fold(facts, folded.state), last)
                self._keep((region, stream), folded)
            found[stream] = folded
        return Look(found, loaded.answered)

    def _recall(self, region: str, stream: Stream) -> Folded:
        key = (region, stream)
        folded = self._folded.get(key)
        if folded is None:
            return Folded(decider_of(stream).initial, UNSEEN)
        self._folded.move_to_end(key)
        return folded

    def _keep(self, key: tuple[str, Stream], folded: Folded) -> None:
        kept = self._folded.get(key)
        if kept is not None and kept.version >= folded.version:
            return  # Another look, begun later, was sooner done.
        self._forget(key)
        self._folded[key] = folded
        self._facts += folded.version
        while self._facts > self._most_facts:
            self._forget(next(iter(self._folded)))

    def _forget(self, key: tuple[str, Stream]) -> None:
        folded = self._folded.pop(key, None)
        if folded is not None:
            self._facts -= folded.version
