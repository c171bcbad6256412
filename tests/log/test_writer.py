"""Group commit: what is written together, and what becomes of whoever waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from service.log.writer import (
    MOST_FACTS,
    MOST_ITEMS,
    MOST_WAITING,
    Answer,
    Appended,
    BusyError,
    CommandKnownError,
    Item,
    UnknownOutcomeError,
    Writer,
)
from tests.log.build import REGION, item, kinds, row, stream

OTHER = "431121"


class Paper:
    """Where batches are written in these tests: it can be told to wait, to refuse an item, and to fail."""

    def __init__(self) -> None:
        self.batches: list[list[Item]] = []
        self.refused: set[Item] = set()
        self.free = asyncio.Event()
        self.free.set()
        self.error: Exception | None = None

    async def write(self, _region: str, items: Sequence[Item]) -> Sequence[Answer]:
        """Write a batch, as the log would."""
        self.batches.append(list(items))
        if self.error is not None:
            raise self.error
        await self.free.wait()
        return [CommandKnownError() if one in self.refused else Appended(1, 1, 0) for one in items]

    @property
    def written(self) -> list[Item]:
        """Everything in order."""
        return [one for batch in self.batches for one in batch]


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def writer(paper: Paper) -> Writer:
    return Writer(paper.write)


def one(**rest: object) -> Item:
    return item(row(stream()), **rest)


async def begin(writer: Writer, *items: Item, **rest: float) -> list[asyncio.Task[Appended]]:
    """Append without waiting for the answers."""
    tasks = [asyncio.create_task(writer.append(REGION, each, **rest)) for each in items]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


async def answers(tasks: Sequence[asyncio.Task[Appended]]) -> list[str]:
    return kinds(await asyncio.gather(*tasks, return_exceptions=True))


async def test_items_that_arrive_together_are_written_together(writer: Writer, paper: Paper) -> None:
    items = [one() for _ in range(MOST_ITEMS + 1)]
    assert await answers(await begin(writer, *items)) == ["Appended"] * len(items)
    assert paper.batches == [items[:MOST_ITEMS], items[MOST_ITEMS:]]
    assert writer.batches == 2


async def test_items_that_arrive_while_a_batch_is_written_make_the_next(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    first = await begin(writer, one())
    later = await begin(writer, *(one() for _ in range(10)))
    paper.free.set()
    assert await answers([*first, *later]) == ["Appended"] * 11
    assert [len(batch) for batch in paper.batches] == [1, 10]


async def test_a_batch_holds_a_bounded_number_of_facts(writer: Writer, paper: Paper) -> None:
    project = stream()
    half = MOST_FACTS // 2
    large = [
        item(*(row(project, version) for version in range(1, facts + 1)))
        for facts in (half, half, half, MOST_FACTS + 1)
    ]
    await answers(await begin(writer, *large))
    assert [len(batch) for batch in paper.batches] == [2, 1, 1]


async def test_only_items_of_one_recorded_time_share_a_batch(writer: Writer, paper: Paper) -> None:
    items = [one(), one(recorded_us=1), one(recorded_us=1), one(recorded_us=2), one(opens=True), one(), one()]
    await answers(await begin(writer, *items))
    assert [len(batch) for batch in paper.batches] == [1, 2, 1, 1, 2]


async def test_regions_do_not_wait_for_each_other(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    tasks = [asyncio.create_task(writer.append(region, one())) for region in (REGION, OTHER)]
    await asyncio.sleep(0.01)
    assert len(paper.batches) == 2
    paper.free.set()
    assert await answers(tasks) == ["Appended"] * 2


async def test_each_item_gets_its_own_answer(writer: Writer, paper: Paper) -> None:
    items = [one() for _ in range(3)]
    paper.refused = {items[1]}
    assert await answers(await begin(writer, *items)) == ["Appended", "CommandKnownError", "Appended"]


async def test_a_full_queue_refuses_one_more(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    first = await begin(writer, one())
    waiting = await begin(writer, *(one() for _ in range(MOST_WAITING)))
    for _ in range(100):
        with pytest.raises(BusyError):
            await writer.append(REGION, one())
    assert writer.waiting == MOST_WAITING, "nothing is kept of those that were refused"
    paper.free.set()
    assert await answers([*first, *waiting]) == ["Appended"] * (MOST_WAITING + 1)
    assert writer.waiting == 0


async def test_who_gives_up_while_waiting_is_not_written(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    first = await begin(writer, one())
    lost, kept = await begin(writer, one(), one())
    lost.cancel()
    assert await answers([lost]) == ["CancelledError"]
    paper.free.set()
    assert await answers([*first, kept]) == ["Appended"] * 2
    assert [len(batch) for batch in paper.batches] == [1, 1]


async def test_who_gives_up_on_the_way_takes_nobody_along(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    lost, kept = await begin(writer, one(), one())
    lost.cancel()
    paper.free.set()
    assert await answers([lost, kept]) == ["CancelledError", "Appended"]
    assert len(paper.written) == 2


async def test_time_that_runs_out_while_waiting_leaves_nothing_stored(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    first = await begin(writer, one())
    late = one()
    with pytest.raises(BusyError):
        await writer.append(REGION, late, timeout_s=0.01)
    paper.free.set()
    assert await answers(first) == ["Appended"]
    await writer.close()
    assert late not in paper.written


async def test_time_that_has_run_out_before_leaves_nothing_stored(writer: Writer, paper: Paper) -> None:
    with pytest.raises(BusyError):
        await writer.append(REGION, one(), timeout_s=-1)
    await writer.close()
    assert paper.written == []


async def test_time_that_runs_out_on_the_way_leaves_it_open(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    with pytest.raises(UnknownOutcomeError):
        await writer.append(REGION, one(), timeout_s=0.01)
    paper.free.set()
    assert await writer.append(REGION, one()) == Appended(1, 1, 0)


async def test_a_task_that_is_stopped_answers_everybody_and_the_next_item_is_written(
    writer: Writer, paper: Paper
) -> None:
    paper.free.clear()
    sent = await begin(writer, one())
    waiting = await begin(writer, one())
    task = writer._lanes[REGION].task
    assert task is not None
    task.cancel()
    assert await answers([*sent, *waiting]) == ["UnknownOutcomeError", "BusyError"]
    paper.free.set()
    assert await writer.append(REGION, one()) == Appended(1, 1, 0)
    assert [len(batch) for batch in paper.batches] == [1, 1]


async def test_a_bug_leaves_nobody_waiting(writer: Writer, paper: Paper) -> None:
    paper.error = KeyError("a bug")
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context["exception"]))
    try:
        assert await answers(await begin(writer, one(), one())) == ["UnknownOutcomeError"] * 2
        await writer.close()
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    assert heard == [paper.error]


async def test_no_wake_up_is_lost(writer: Writer) -> None:
    """One item at a time: each arrives just as the writer has found its queue empty."""
    for _ in range(500):
        async with asyncio.timeout(5):
            await writer.append(REGION, one())
    assert writer.batches == 500
    assert writer._lanes == {}


async def test_closing_writes_what_was_accepted_and_refuses_the_rest(writer: Writer, paper: Paper) -> None:
    paper.free.clear()
    accepted = await begin(writer, one(), one())
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)
    with pytest.raises(BusyError):
        await writer.append(REGION, one())
    paper.free.set()
    await closing
    assert [task.done() for task in accepted] == [True, True]
    assert len(paper.written) == 2
