"""What a handler remembers of streams: it spares reading, and nothing rests on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

import asyncpg
import pytest

from service.access import LOCAL
from service.attempt import Outcome
from service.domain.decider import Stream
from service.domain.errors import NotFoundError
from service.domain.gate_commands import RecordLanded
from service.domain.place import place_stream
from service.domain.project import project_stream
from service.domain.values import Reason
from service.handle import Handler
from service.log.log import Loaded, Log, Seen
from service.memory import Memory
from tests.examples import PROJECT_ID, QIYANG, REGISTER, REGISTER_ID, REPORT_THROUGH_MARCH
from tests.log.build import new_id

Restore: TypeAlias = Callable[[int], Awaitable[None]]
PROJECT = project_stream(PROJECT_ID)


class Watched(Log):
    """A log that counts the facts that were loaded."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.codec = log.codec
        self.append = log.append  # type: ignore[method-assign]
        self.ledger = log.ledger  # type: ignore[method-assign]
        self.loads: list[int] = []

    async def load(self, region: str, streams: Mapping[Stream, Seen], *command_ids: UUID) -> Loaded:
        """Load as ever."""
        loaded = await self._log.load(region, streams, *command_ids)
        self.loads.append(sum(len(tail.facts) for tail in loaded.streams.values()))
        return loaded


@pytest.fixture
async def watched(handler: Handler, log: Log) -> Watched:
    """Return a watched log with a place and a project in it."""
    await handler.handle(LOCAL, QIYANG, REGISTER, command_id=REGISTER_ID)
    return Watched(log)


async def landed(handler: Handler, day: int) -> Outcome:
    command = RecordLanded(project_id=PROJECT_ID, occurred_on=date(2021, 1, day), reason=Reason("更正"))
    return await handler.handle(LOCAL, QIYANG, command, command_id=new_id())


async def test_a_command_on_a_long_stream_loads_what_came_since_the_last_one(watched: Watched) -> None:
    handler = Handler(watched)
    for day in range(1, 11):
        assert (await landed(handler, day)).refused is None
    # The place and the registration first; then each time the one fact of the command before.
    assert watched.loads == [2, *[1] * 9]


async def test_what_others_wrote_is_seen(watched: Watched, log: Log) -> None:
    handler, other = Handler(watched), Handler(log)
    await landed(handler, 1)
    assert (await landed(other, 2)).version == 3
    assert (await landed(handler, 3)).version == 4
    assert watched.loads == [2, 2]


@pytest.fixture
def restored(as_owner: asyncpg.Connection[asyncpg.Record]) -> Restore:
    """Give what makes the log what it was at a position, as if a backup of then had been restored."""

    async def restore(position: int) -> None:
        await as_owner.execute("ALTER TABLE fact DISABLE TRIGGER USER")  # One of them forbids this.
        await as_owner.execute("DELETE FROM fact WHERE position > $1", position)
        await as_owner.execute("UPDATE log_head SET position = $1", position)

    return restore


async def test_a_restored_backup_counts_and_not_what_was_remembered(watched: Watched, restored: Restore) -> None:
    handler = Handler(watched)
    await landed(handler, 1)
    await landed(handler, 2)
    await restored(2)
    assert (await landed(handler, 3)).version == 2
    await restored(1)
    report = await handler.handle(LOCAL, QIYANG, REPORT_THROUGH_MARCH, command_id=new_id())
    assert isinstance(report.refused, NotFoundError)


async def test_what_was_not_used_for_longest_is_forgotten_first(watched: Watched) -> None:
    memory = Memory(watched, most_facts=2)
    place = place_stream(QIYANG)
    await memory.look(QIYANG, [place])
    await memory.look(QIYANG, [PROJECT])
    await memory.look(QIYANG, [place])
    watched.loads.clear()
    other = Handler(watched)
    again = replace(REGISTER, identity=replace(REGISTER.identity, codes=(), references=()))
    registered = await other.handle(LOCAL, QIYANG, again, command_id=new_id())
    watched.loads.clear()
    await memory.look(QIYANG, [registered.stream])  # Now the project has to go.
    await memory.look(QIYANG, [place])
    await memory.look(QIYANG, [PROJECT])
    assert watched.loads == [1, 0, 1]
