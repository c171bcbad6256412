"""演示: synthetic ledgers of some places, sent as commands with recorded times in the past."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from service.access import LOADER
from service.attempt import Outcome
from service.demo import hengdong, luohe, qiyang, xiangfen, zhuzhou
from service.demo.ledger import CAUSE, Ledger, Run
from service.domain.errors import AlreadyOpenError
from service.domain.values import Region
from service.handle import Handler
from service.log.log import Log
from service.log.writer import LiveLogError
from service.patience import patiently

logger = structlog.get_logger()

PLACES: Final[tuple[Callable[[], Ledger], ...]] = (
    qiyang.ledger,
    luohe.ledger,
    zhuzhou.ledger,
    hengdong.ledger,
    xiangfen.ledger,
)
"""What gives each place's ledger."""


def ledgers() -> tuple[Ledger, ...]:
    """Return the ledger of each place."""
    return tuple(one() for one in PLACES)


async def load(log: Log, progress: Callable[[int, int], None]) -> int:
    """Load the demo's ledgers, if they are not loaded yet.

    Places are loaded side by side, the commands of each one after the other: so its log is the same everywhere, down to
    positions and recorded times. A load that was broken off goes on where it stopped.

    Args:
        log: where facts go.
        progress: called after each run of commands with how many were sent, and of how many.

    Returns:
        How many commands were sent; 0 if all ledgers were there.

    Raises:
        RejectedError: one of the regions keeps another ledger.
        BusyError: the database is away, and stays so; load again.
        UnknownOutcomeError: the same.
    """
    missing = [one for one in ledgers() if not await _is_loaded(log, one)]
    total = sum(map(len, missing))
    sent = 0
    handler = Handler(log)

    def done(count: int) -> None:
        nonlocal sent
        sent += count
        progress(sent, total)

    for one in missing:
        # Before anything else: where another ledger is kept, nothing is loaded at all.
        try:
            (opened,) = await _handle(handler, one.region, one.runs[0])
        except LiveLogError as error:
            raise AlreadyOpenError("region") from error  # A real one does not even take a refusal from the past.
        if opened.refused is not None:
            raise opened.refused
    # All are waited for before the first failure is told: none goes on unseen.
    for failed in await asyncio.gather(*(_send(handler, one, done) for one in missing), return_exceptions=True):
        if failed is not None:
            raise failed
    return total


async def _is_loaded(log: Log, one: Ledger) -> bool:
    """Return whether the last commands were answered; they are sent in order."""
    last = [order.command_id for order in one.runs[-1].orders]
    return len((await log.load(one.region, {}, *last)).answered) == len(last)


async def _handle(handler: Handler, region: Region, run: Run) -> list[Outcome]:
    return await patiently(
        lambda: handler.handle_many(LOADER, region, run.orders, recorded_us=run.recorded_us, cause=CAUSE)
    )


async def _send(handler: Handler, one: Ledger, done: Callable[[int], None]) -> None:
    refused: list[str] = []
    for run in one.runs:
        for order, outcome in zip(run.orders, await _handle(handler, one.region, run), strict=True):
            if outcome.refused is not None:
                refused.append(f"{type(order.command).__name__}: {outcome.refused.code}")
        done(len(run.orders))
    if refused:
        # Somebody changed the ledger before a broken load went on; the rest of it is none the worse.
        logger.warning("demo commands refused", region=one.region, count=len(refused), first=refused[0])
