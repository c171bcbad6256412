"""写入: group commit. Commands that arrive together are written together, one transaction a batch and region."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from eventsourcing.persistence import IntegrityError, OperationalError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import date
    from uuid import UUID

    from service.domain.decider import Claim, Erasure, Stream
    from service.log.codec import Secret

MOST_ITEMS: Final = 64
"""Most commands in one batch: larger ones gain little and hold the head's lock for longer."""
MOST_FACTS: Final = 2_000
MOST_WAITING: Final = 5_000
"""Most commands that wait for one region; one more is refused, to be sent again."""
MOST_WAIT_S: Final = 5.0
"""Longest wait of a caller for its answer, unless it names another."""


class StreamMovedError(IntegrityError):
    """The stream, or one that the decision read, has moved on; nothing was stored."""


class CommandKnownError(IntegrityError):
    """The log has an outcome for this command id; nothing was stored."""


class ClaimedError(IntegrityError):
    """Another stream of the region holds a value that the facts claim; nothing was stored."""


class NothingThereError(IntegrityError):
    """No personal value stands where one was to be erased; nothing was stored."""


class LiveLogError(IntegrityError):
    """The region's log is real, or the time lies ahead: recorded times are the log's own; nothing was stored."""


class BusyError(OperationalError):
    """Too many commands wait for this region, or the database is away; nothing was stored, try again."""


class UnknownOutcomeError(OperationalError):
    """The answer did not come in time or the connection was lost: stored or not, the same command id will tell."""


VERDICTS: Final[dict[str, type[IntegrityError]]] = {
    "moved": StreamMovedError,
    "known": CommandKnownError,
    "claimed": ClaimedError,
    "nothing": NothingThereError,
}


class Row(NamedTuple):
    """A fact as it is written."""

    stream: Stream
    version: int
    name: str
    schema: int
    body: bytes
    occurred_on: date
    private: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What one command brings: facts, or the answer that it got without any.

    Attributes:
        guards: versions of streams that the decision read and does not write to.
        claims: values that a stream takes (True) or gives back (False).
        recorded_us: a time in the past, microseconds since 1970; only a demo's or sandbox's log takes one. Facts are
            recorded at that time, or right after the log's last fact if that is later.
        opens: given by the command that opens a log: whether it may be backdated.
    """

    command_id: UUID
    command_sha256: bytes
    actor: str
    principal: str | None = None
    cause: str | None = None
    rows: tuple[Row, ...] = ()
    result: bytes | None = None
    guards: tuple[tuple[Stream, int], ...] = ()
    claims: tuple[tuple[Claim, UUID, bool], ...] = ()
    erasures: tuple[Erasure, ...] = ()
    recorded_us: int | None = None
    opens: bool | None = None

    def shares(self, other: Item) -> bool:
        """Whether both may go in one batch: recorded time and opening are said for a whole batch."""
        return self.recorded_us == other.recorded_us and self.opens is None and other.opens is None


class Appended(NamedTuple):
    """Where a command's facts went: positions first .. last, recorded at first_us, first_us + 1 ..."""

    first: int
    last: int
    first_us: int


Answer: TypeAlias = Appended | Exception


@dataclass(slots=True, eq=False)
class _Waiting:
    item: Item
    answer: asyncio.Future[Appended]
    taken: bool = False

    def give_up(self, region: str) -> None:
        self.settle(UnknownOutcomeError(region) if self.taken else BusyError(region))

    def settle(self, answer: Answer) -> None:
        if self.answer.done():
            return  # Whoever asked gave up.
        if isinstance(answer, Exception):
            self.answer.set_exception(answer)
        else:
            self.answer.set_result(answer)


@dataclass(slots=True, eq=False)
class _Lane:
    waiting: deque[_Waiting] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Writer:
    """Queues items by region and writes what has gathered, one batch of a region at a time.

    Args:
        write: writes a batch and returns an answer for each of its items.
    """

    def __init__(self, write: Callable[[str, Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._write = write
        self._lanes: dict[str, _Lane] = {}
        self._closed = False
        self.batches = 0

    async def append(self, region: str, item: Item, *, timeout_s: float = MOST_WAIT_S) -> Appended:
        """Write an item together with others that arrive at the same time.

        A caller that is cancelled takes its item back, if it was not on its way yet.

        Args:
            region: key of the log.
            item: what one command brings.
            timeout_s: longest wait for the answer.

        Raises:
            IntegrityError: one of its kinds above; nothing of this item was stored.
            BusyError: nothing was stored, and nothing will be.
            UnknownOutcomeError: stored or not, the same command id will tell.
        """
        lane = self._lanes.get(region)
        if self._closed or timeout_s <= 0 or (lane is not None and len(lane.waiting) >= MOST_WAITING):
            raise BusyError(region)
        loop = asyncio.get_running_loop()
        one = _Waiting(item, loop.create_future())
        if lane is None:
            lane = self._lanes[region] = _Lane()
            lane.task = loop.create_task(self._drain(region, lane))
        lane.waiting.append(one)
        # A timer costs a tenth of asyncio.timeout, and this is done for every command.
        timer = loop.call_later(timeout_s, one.give_up, region)
        try:
            return await one.answer
        finally:
            timer.cancel()

    @property
    def waiting(self) -> int:
        """How many items wait for their turn, in all regions."""
        return sum(len(lane.waiting) for lane in self._lanes.values())

    async def _drain(self, region: str, lane: _Lane) -> None:
        batch: list[_Waiting] = []
        try:
            while batch := _take(lane.waiting):
                self.batches += 1
                answers = await self._write(region, [one.item for one in batch])
                for one, answer in zip(batch, answers, strict=True):
                    one.settle(answer)
        finally:
            # No await lies between the last look at the queue and this line, so no item can be left behind unseen.
            del self._lanes[region]
            lane.task = None  # Without this circle, a bug is told of as soon as the task ends.
            # Something is left only if this task was cancelled or has met a bug.
            for one in batch:
                one.settle(UnknownOutcomeError(region))
            for one in lane.waiting:
                one.settle(BusyError(region))

    async def close(self) -> None:
        """Take no more, and wait until what was accepted is written or its callers have given up."""
        self._closed = True
        while tasks := [lane.task for lane in self._lanes.values() if lane.task is not None]:
            await asyncio.wait(tasks)


def _take(waiting: deque[_Waiting]) -> list[_Waiting]:
    """Return the next batch; items whose caller has given up are dropped."""
    batch: list[_Waiting] = []
    facts = 0
    while waiting and len(batch) < MOST_ITEMS:
        one = waiting[0]
        if not one.answer.done():
            facts += len(one.item.rows)
            if batch and (facts > MOST_FACTS or not one.item.shares(batch[0].item)):
                break
            one.taken = True
            batch.append(one)
        waiting.popleft()
    return batch
