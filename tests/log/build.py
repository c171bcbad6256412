"""What the tests append: small items, whose content says nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Final
from uuid import UUID, uuid4

from service.domain.decider import Stream
from service.log.log import Log
from service.log.writer import Item, Row

REGION: Final = "431181"
DAY: Final = date(2022, 5, 10)


def new_id() -> UUID:
    """Return an id that nothing has."""
    return uuid4()


def stream(kind: str = "project") -> Stream:
    """Return a new stream."""
    return Stream(kind, uuid4())


def row(of: Stream, version: int = 1, **rest: Any) -> Row:
    """Return a fact of a stream."""
    return Row(of, version, "Noted", 1, b"{}", DAY)._replace(**rest)


def item(*rows: Row, **rest: Any) -> Item:
    """Return a command's facts, under an id of its own unless one is given."""
    return replace(Item(command_id=uuid4(), command_sha256=bytes(32), actor="test", rows=rows), **rest)


async def positions(log: Log, region: str = REGION) -> list[tuple[int, UUID, int]]:
    """Return (position, stream, version) of every fact of a region."""
    rows = await log.read_rows(region, after=0, upto=2**62, names=(), limit=100_000)
    return [(one.id, one.originator_id, one.originator_version) for one in rows]  # type: ignore[misc]


async def contiguous(log: Log, region: str = REGION) -> int:
    """Assert that positions have no gap and times increase; return how many facts there are."""
    rows = await log.read_rows(region, after=0, upto=2**62, names=(), limit=100_000)
    assert [one.id for one in rows] == list(range(1, len(rows) + 1))
    times = [one.recorded_us for one in rows]
    assert all(before < after for before, after in pairwise(times))
    return len(rows)


def kinds(answers: Sequence[object]) -> list[str]:
    """Return the class names of answers."""
    return [type(one).__name__ for one in answers]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that another process or task brings about; not for ever."""
    async with asyncio.timeout(20):
        while not await true():  # noqa: ASYNC110 - It is in another process, as a rule.
            await asyncio.sleep(0.01)
