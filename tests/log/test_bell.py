"""Readers that follow: tails, and the rings that wake them."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from service.log import bell as bells
from service.log.bell import Bell
from service.log.codec import Codec
from service.log.log import Log
from service.log.writer import Item, Row
from tests.examples import STARTED
from tests.log.build import DAY, REGION, item, row, stream, until

OTHER = "431121"


async def test_a_tail_gives_what_there_is_and_what_comes(log: Log) -> None:
    name, schema, body, _ = Codec().encode(STARTED)

    def fact(number: int) -> Item:
        return item(*(Row(stream(), 1, name, schema, body, DAY) for _ in range(number)))

    await log.append(REGION, fact(3))
    seen: list[int] = []

    async def follow() -> None:
        async for facts in log.tail(REGION, limit=2):
            seen.extend(one.position for one in facts)
            if len(seen) == 5:
                return

    following = asyncio.create_task(follow())

    async def three_are_seen() -> bool:
        return len(seen) == 3

    await until(three_are_seen)
    await log.append(REGION, fact(2))
    await following
    assert seen == [1, 2, 3, 4, 5]


async def test_a_ring_reaches_other_processes_but_not_oneself_again(
    log: Log, database: str, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with Log.open(database) as other:
        await _listening(as_owner, 2)
        heard, own = other.bell.heard(), log.bell.heard()
        waiting = asyncio.create_task(other.bell.wait(heard, 10.0))
        await log.append(REGION, item(row(stream())))
        await waiting
        assert (other.bell.heard(), log.bell.heard()) == (heard + 1, own + 1)
        await other.bell.wait(heard, 10.0)  # It has rung since: no waiting.
        await other.bell.wait(other.bell.heard(OTHER), 0.01, OTHER)
        assert other.bell.heard(OTHER) == 0


async def _listening(as_owner: asyncpg.Connection[asyncpg.Record], number: int) -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"

    async def all_are() -> bool:
        return bool(await as_owner.fetchval(sql) == number)

    await until(all_are)


async def test_a_quiet_bell_tries_its_connection_and_comes_back(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bells, "QUIET_S", 0.01)
    monkeypatch.setattr(bells, "RETRY_S", 0.01)
    bell = Bell()
    running = asyncio.create_task(bell.run(log._reading))
    try:
        for _ in range(2):
            heard = bell.heard()

            async def rang(heard: int = heard) -> bool:
                await as_owner.execute("NOTIFY taizhang, '431181'")
                return bell.heard() > heard

            await until(rang)
            ended = await as_owner.fetchval("""
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE application_name = 'taizhang-reader' AND datname = current_database()""")
            assert ended > 0
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_ring_wakes_only_those_who_wait_for_it() -> None:
    bell = Bell()
    woken: list[str | None] = []

    async def wait(region: str | None) -> None:
        await bell.wait(0, 0.2, region)
        woken.append(region)

    tasks = [asyncio.create_task(wait(region)) for region in (REGION, OTHER, None)]
    await asyncio.sleep(0)
    bell.ring(REGION)
    bell.ring(REGION)
    await asyncio.sleep(0.01)
    assert set(woken) == {REGION, None}
    await asyncio.gather(*tasks)
    assert bell.heard(REGION) == bell.heard() == 2
