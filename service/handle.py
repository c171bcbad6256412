"""处理: commands start to finish: load, decide, append, and again if somebody was faster."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from service.attempt import Attempt, Judged, Order, Outcome, Sending, stream_of
from service.database import REQUEST_S, UNAVAILABLE, within
from service.domain.decider import Lent
from service.domain.deciders import DECIDER_OF
from service.log.writer import MOST_ITEMS, BusyError, UnknownOutcomeError
from service.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from service.access import Caller
    from service.domain.decider import Stream
    from service.domain.values import Region
    from service.log.log import Log
    from service.memory import Look

MOST_TRIES: Final = 200
DEADLINE_S: Final = REQUEST_S
BATCH_S: Final = 30.0
"""How long commands of any ledgers may take together, also those of a run that have to be judged alone."""


def independent(orders: Iterable[Order], region: Region) -> Iterator[list[Order]]:
    """Part a sequence of commands into runs that `Handler.handle_many` takes, each as long as can be.

    In a run no command reads or writes a stream that an earlier one writes, nor writes one that an earlier one reads: a
    guard is checked when all of them are written.

    Args:
        orders: commands, in the order in which they are meant.
        region: key of the log that takes them.
    """
    run: list[Order] = []
    written: set[Stream] = set()
    read: set[Stream] = set()
    for order in orders:
        own = stream_of(order, region)
        reads = DECIDER_OF[type(order.command)].reads(order.command, region)
        if len(run) == MOST_ITEMS or own in read or not written.isdisjoint((own, *reads)):
            yield run
            run, written, read = [], set(), set()
        run.append(order)
        written.add(own)
        read.update(reads)
    if run:
        yield run


class Handler:
    """Takes commands for all regions.

    Args:
        log: where facts go.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._memory = Memory(log)
        # In this process, commands on one stream wait for each other instead of conflicting. Others still may conflict.
        self._turns: WeakValueDictionary[tuple[str, Stream], asyncio.Lock] = WeakValueDictionary()

    async def handle(
        self,
        caller: Caller,
        region: Region,
        command: object,
        *,
        command_id: UUID,
        expected_version: int | None = None,
        recorded_us: int | None = None,
        cause: str | None = None,
    ) -> Outcome:
        """Judge a command and store its facts, or its refusal.

        Args:
            caller: who sends it, and for whom.
            region: the region whose ledger takes it, by whichever of its codes.
            command: one of the deciders' commands.
            command_id: made by the sender, once per intention; sent again, the first outcome is answered again.
            expected_version: version of the stream that the sender saw; another one is refused, not retried.
            recorded_us: recorded time, for the loader of a demo or sandbox; the day it lies in is the day of judging.
            cause: what it follows from, such as an import's name; kept with the facts.

        Raises:
            BusyError: nothing was stored; try again.
            UnknownOutcomeError: stored or not, the same command id will tell.
            LiveLogError: the region keeps a real ledger, which takes no `recorded_us`.
        """
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        region = await self._ledger(region)
        sending = Sending(self._log, caller, region, recorded_us, cause, deadline)
        return await self._alone(sending, Order(command, command_id, expected_version))

    async def handle_many(
        self,
        caller: Caller,
        region: Region,
        orders: Sequence[Order],
        *,
        recorded_us: int | None = None,
        cause: str | None = None,
    ) -> list[Outcome]:
        """Judge commands that don't touch each other, with one look at the log, and store them in one transaction.

        Each is accepted or refused on its own. One whose streams somebody else has moved in the meantime is judged
        again alone, behind the others.

        Args:
            caller: who sends them, and for whom.
            region: the region whose ledger takes them, by whichever of its codes.
            orders: what `independent` gives.
            recorded_us: as `handle` has it, for all of them.
            cause: the same.

        Returns:
            What became of each, in their order.

        Raises:
            ValueError: they are no such run.
            BusyError: some may be stored; send all again under the same ids.
            UnknownOutcomeError: the same.
            LiveLogError: as `handle` has it.
        """
        region = await self._ledger(region)
        if not orders:
            return []
        if len(list(independent(orders, region))) > 1:
            raise ValueError("the commands depend on each other, or are too many")
        return await self._run(lambda: caller, region, orders, recorded_us=recorded_us, cause=cause)

    async def handle_all(self, caller: Callable[[], Caller], sent: Sequence[tuple[Region, Order]]) -> list[Outcome]:
        """Judge commands of any ledgers, those of one ledger as if they had come one by one, in as few runs as can be.

        Each is accepted or refused on its own.

        Args:
            caller: tells who sends them, and for whom; asked before each run, since rights may end meanwhile.
            sent: commands with the region whose ledger takes each, by whichever of its codes.

        Returns:
            What became of each, in their order.

        Raises:
            UnknownOutcomeError: some may be stored; send all again under the same ids.
        """
        try:
            outcomes = await self._parted(caller, sent)
        except BusyError as error:
            raise UnknownOutcomeError(*error.args) from error
        return [outcomes[number] for number in range(len(sent))]

    async def _parted(self, caller: Callable[[], Caller], sent: Sequence[tuple[Region, Order]]) -> dict[int, Outcome]:
        """Send commands by ledger and by run; return what became of each, by its number."""
        deadline = asyncio.get_running_loop().time() + BATCH_S
        ledgers = {region: await self._ledger(region) for region in dict.fromkeys(region for region, _ in sent)}
        numbers: dict[Region, list[int]] = {}
        for number, (region, _) in enumerate(sent):
            numbers.setdefault(ledgers[region], []).append(number)
        outcomes: dict[int, Outcome] = {}
        for region, its in numbers.items():
            done: list[Outcome] = []
            for run in independent([sent[number][1] for number in its], region):
                if asyncio.get_running_loop().time() > deadline:
                    raise BusyError(region)
                done += await self._run(caller, region, run, deadline=deadline)
            outcomes |= dict(zip(its, done, strict=True))
        return outcomes

    async def _run(
        self,
        caller: Callable[[], Caller],
        region: Region,
        orders: Sequence[Order],
        *,
        recorded_us: int | None = None,
        cause: str | None = None,
        deadline: float = math.inf,
    ) -> list[Outcome]:
        """Judge a run of commands; `region` is the key of the log, `deadline` that of all runs together."""

        def sending_now() -> Sending:
            until = min(deadline, asyncio.get_running_loop().time() + DEADLINE_S)
            return Sending(self._log, caller(), region, recorded_us, cause, until)

        sending = sending_now()
        attempts = [Attempt(sending, order) for order in orders]
        look = await self._look(attempts)
        lent = [await self._borrow(one, look) for one in attempts]
        # Tasks begin in their order, so the items stand in it when the writer takes them.
        storing = (_store(one.judge(look, of), alone=False) for one, of in zip(attempts, lent, strict=True))
        # All are waited for before the first failure is told: none goes on unseen.
        stored = await asyncio.gather(*storing, return_exceptions=True)
        outcomes = []
        for order, outcome in zip(orders, stored, strict=True):
            if isinstance(outcome, BaseException):
                raise outcome
            outcomes.append(outcome or await self._alone(sending_now(), order))
        return outcomes

    async def _alone(self, sending: Sending, order: Order) -> Outcome:
        """Judge a command and store what becomes of it, however often somebody else is faster."""
        attempt = Attempt(sending, order)
        if (refused := attempt.forbidden()) is not None:
            return refused
        turn = self._turns.setdefault((sending.region, attempt.stream), asyncio.Lock())
        try:
            async with asyncio.timeout_at(sending.deadline):
                await turn.acquire()
        except TimeoutError as error:
            raise BusyError(sending.region) from error
        try:
            for _ in range(MOST_TRIES):
                look = await self._look([attempt])
                outcome = await _store(attempt.judge(look, await self._borrow(attempt, look)), alone=True)
                if outcome is not None:
                    return outcome
        finally:
            turn.release()
        raise BusyError(sending.region)

    async def _ledger(self, region: Region) -> Region:
        try:
            return await self._log.ledger(region)
        except UNAVAILABLE as error:
            raise BusyError(region) from error

    async def _look(self, attempts: Sequence[Attempt]) -> Look:
        """Return what the attempts' decisions are made on, in one statement; they go together."""
        sending = attempts[0].sending
        streams = dict.fromkeys(stream for one in attempts for stream in one.streams)
        try:
            looking = self._memory.look(sending.region, streams, *(one.order.command_id for one in attempts))
            return await within(sending.remaining_s(), looking)
        except UNAVAILABLE as error:
            raise BusyError(sending.region) from error

    async def _borrow(self, attempt: Attempt, look: Look) -> list[Lent[Any]]:
        """Return what the decision reads of other regions' ledgers; most commands borrow nothing, at no cost."""
        sending, lent = attempt.sending, list[Lent[Any]]()
        if attempt.order.command_id in look.answered:
            return lent
        for one in attempt.borrows:
            ledger = await self._ledger(one.region)
            stream = one.stream_of(ledger)
            try:
                looked = await within(sending.remaining_s(), self._memory.look(ledger, [stream]))
            except UNAVAILABLE as error:
                raise BusyError(sending.region) from error
            folded = looked.streams[stream]
            lent.append(Lent(folded.state, folded.version))
        return lent


async def _store(judged: Outcome | Judged, *, alone: bool) -> Outcome | None:
    return judged if isinstance(judged, Outcome) else await judged.store(alone=alone)
