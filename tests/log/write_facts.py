"""A process of its own that appends to the log: `python write_facts.py DSN many|held COUNT`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from datetime import date
from uuid import uuid4

import asyncpg

from service.database import SEARCH_PATH, SERVICE_ROLE
from service.domain.decider import Stream
from service.log import statements
from service.log.log import Log
from service.log.writer import BusyError, Item, Row

REGION = "431181"
AT_ONCE = 128


def one(stream: Stream, version: int) -> Item:
    """Return a fact as a command of its own."""
    fact = Row(stream, version, "Noted", 1, b"{}", date(2022, 5, 10))
    return Item(command_id=uuid4(), command_sha256=b"", actor="writer", rows=(fact,))


async def kept(log: Log, item: Item) -> None:
    """Append as any client has to: again, if the log was busy."""
    while True:
        with suppress(BusyError):
            await log.append(REGION, item, timeout_s=60)
            return


async def many(dsn: str, count: int) -> None:
    """Append `count` facts over streams of its own, many commands at a time, each stream in order."""
    async with Log.open(dsn, size=1) as log:

        async def follow_each_other(facts: int) -> None:
            stream = Stream("project", uuid4())
            for version in range(1, facts + 1):
                await kept(log, one(stream, version))

        await asyncio.gather(*(follow_each_other(count // AT_ONCE) for _ in range(AT_ONCE)))
        await follow_each_other(count % AT_ONCE)


async def held(dsn: str, count: int) -> None:
    """Append in a transaction that is left open, say so, and wait."""
    settings = {"search_path": SEARCH_PATH, "role": SERVICE_ROLE}
    connection = await asyncpg.connect(dsn, server_settings=settings)
    await connection.execute("BEGIN")
    facts = [
        (1, "project", uuid4(), 1, "Noted", 1, b"{}", date(2022, 5, 10), uuid4(), 0, b"", "writer", None, None)
        for _ in range(count)
    ]
    await connection.fetch(statements.APPEND, REGION, facts, [], [], [], [], [], None, None)
    print("inserted", flush=True)  # noqa: T201 - Heard by the test.
    await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run({"many": many, "held": held}[sys.argv[2]](sys.argv[1], int(sys.argv[3])))
