"""Waiting for read models: who waits is woken by what they wait for, and by nothing else."""

from __future__ import annotations

import asyncio
from collections import UserDict
from typing import Final

from projections.marks import Marks

PLACES: Final = tuple(f"{number:06}" for number in range(431_000, 431_040))
PATIENCE_S: Final = 10.0


class Counted(UserDict[str, int]):
    """Positions, and how often one was looked at."""

    looks = 0

    def get(self, key: str, default: int | None = None) -> int | None:  # type: ignore[override]  # For the count.
        """Look at one."""
        self.looks += 1
        return super().get(key, default)


def _marks() -> Marks:
    marks = Marks()
    marks.move(dict.fromkeys(PLACES, 1))
    return marks


async def _turn() -> None:
    """Let whoever was woken run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_waits_for_one_region_is_not_woken_by_others_and_looks_at_none() -> None:
    marks = _marks()
    since = [Counted(marks.positions) for _ in range(50)]
    first = [asyncio.create_task(marks.moved(one, {PLACES[0], PLACES[1]}, PATIENCE_S)) for one in since]
    second = asyncio.create_task(marks.moved(marks.positions, {PLACES[2]}, PATIENCE_S))
    await _turn()
    assert [one.looks for one in since] == [2] * 50, "once, before the wait"
    for position in range(2, 200):
        marks.move(dict.fromkeys(PLACES[3:], position))
    marks.move({PLACES[2]: 2})
    assert await second
    assert not any(one.done() for one in first)
    marks.move({PLACES[1]: 2})
    assert await asyncio.gather(*first) == [True] * 50
    assert [one.looks for one in since] == [2] * 50


async def test_what_moved_before_the_wait_is_not_waited_for() -> None:
    marks = _marks()
    since = marks.positions
    marks.move({PLACES[0]: 2})
    assert await marks.moved(since, {PLACES[0]}, 0)
    assert not await marks.moved(since, {PLACES[1]}, 0)
    assert not await marks.moved(marks.positions, {PLACES[0]}, 0)


async def test_a_new_region_wakes_all_and_one_that_has_not_moved_none() -> None:
    marks = _marks()
    waiting = asyncio.create_task(marks.moved(marks.positions, {PLACES[0]}, PATIENCE_S))
    await _turn()
    marks.move({PLACES[0]: 1, PLACES[1]: 1})
    await _turn()
    assert not waiting.done()
    marks.move({"990001": 1})
    assert await waiting


async def test_positions_of_several_regions_are_waited_for_together() -> None:
    marks = _marks()
    wanted = {PLACES[0]: 3, PLACES[1]: 2}
    before = len(asyncio.all_tasks())
    waiting = asyncio.create_task(marks.wait_for(wanted, PATIENCE_S))
    await _turn()
    assert len(asyncio.all_tasks()) == before + 1
    for place, position in ((PLACES[0], 2), (PLACES[1], 5), (PLACES[2], 9)):
        marks.move({place: position})
        await _turn()
        assert not waiting.done()
    marks.move({PLACES[0]: 3})
    assert await waiting
    assert not await marks.wait_for({PLACES[0]: 4}, 0.01)
    assert not await marks.wait_for({"990001": 1}, 0)


async def test_nobody_is_remembered_who_has_gone() -> None:
    marks = _marks()
    waiting = asyncio.create_task(marks.moved(marks.positions, {PLACES[0]}, PATIENCE_S))
    await _turn()
    assert marks.waiting == 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await marks.moved(marks.positions, {PLACES[0]}, 0)
    assert marks.waiting == 0
