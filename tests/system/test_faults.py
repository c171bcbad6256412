"""Power cuts under load: what was acknowledged is there once, read models equal a rebuild, no start needs a hand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

import projections
from projections.rebuild import rebuild
from service.embedded import embedded
from service.log.log import Log
from tests.system.running import Load, Running, ask, open_place, register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KILLS = 3
SOAK_KILLS = 50


@pytest.fixture
def service(folder: Path) -> Iterator[Running]:
    made = Running(folder)
    yield made
    if made.alive:
        made.kill()


async def _under_load(service: Running, kill: Callable[[], None], *, back: Callable[[], object]) -> Load:
    """Load the service, kill something in the midst of it, bring it back, and let the load end."""
    load = Load(service)
    loading = asyncio.create_task(load.run())
    await load.more(60)
    await asyncio.to_thread(kill)
    failed = len(load.failed)
    await asyncio.to_thread(back)
    await load.more(60)
    load.stop()
    await loading
    assert len(load.failed) >= failed
    return load


async def _nothing_is_lost(service: Running, load: Load) -> None:
    """Every acknowledged command is there once, and every other one can be sent again under its id."""
    numbers, at_once = [*load.acknowledged, *load.failed], asyncio.Semaphore(8)
    async with service.client() as client:

        async def send(number: int) -> int:
            async with at_once:  # As many clients as before: hundreds at one moment are another test's matter.
                return await register(client, number)

        again = dict(zip(numbers, await asyncio.gather(*map(send, numbers)), strict=True))
    assert {number: again[number] for number in load.acknowledged} == load.acknowledged
    assert len(set(again.values())) == len(again)


async def _read_models_equal_a_rebuild(folder: Path, positions: int) -> None:
    with embedded(folder) as server:
        async with Log.open(server.dsn()) as log:
            head = {one.region: one.position for one in await log.heads()}
            pages = [await log.read("431181", after=after) for after in range(0, positions, 1000)]
            assert [one.position for page in pages for one in page] == list(range(1, head["431181"] + 1))
            for one in projections.ALL:
                rebuilt = await rebuild(server.dsn(), log, projections.ALL, one.name, lambda _done, _all: None)
                assert set(rebuilt.differing.values()) == {0}, rebuilt


async def _survives_kills_of_the_service(service: Running, kills: int) -> None:
    service.start()
    async with service.client() as client:
        await open_place(client)
    sent = 0
    for _ in range(kills):
        load = await _under_load(service, service.kill, back=service.start)
        await _nothing_is_lost(service, load)
        sent = max(sent, len(load.acknowledged) + len(load.failed))
    assert service.stop() == 0
    await _read_models_equal_a_rebuild(service.folder, sent + 10_000)


async def _survives_kills_of_the_database(service: Running, kills: int) -> None:
    service.start()
    async with service.client() as client:
        await open_place(client)
    sent = 0
    for _ in range(kills):
        load = await _under_load(service, service.kill_database, back=lambda: None)
        await _nothing_is_lost(service, load)
        sent = max(sent, len(load.acknowledged) + len(load.failed))
    assert service.stop() == 0
    await _read_models_equal_a_rebuild(service.folder, sent + 10_000)


async def test_kill_9_of_the_service_under_load_loses_nothing(service: Running) -> None:
    await _survives_kills_of_the_service(service, KILLS)


async def test_kill_9_of_the_database_under_load_loses_nothing(service: Running) -> None:
    await _survives_kills_of_the_database(service, KILLS)


@pytest.mark.soak
async def test_fifty_kills_of_the_service_lose_nothing(service: Running) -> None:
    await _survives_kills_of_the_service(service, SOAK_KILLS)


@pytest.mark.soak
async def test_fifty_kills_of_the_database_lose_nothing(service: Running) -> None:
    await _survives_kills_of_the_database(service, SOAK_KILLS)


async def test_sigterm_lets_running_requests_end(service: Running) -> None:
    service.start()
    async with service.client() as client:
        await open_place(client)
        asked = [asyncio.create_task(register(client, number)) for number in range(40)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        stopping = asyncio.create_task(asyncio.to_thread(service.stop))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert await stopping == 0
    acknowledged = {number: one for number, one in enumerate(answers) if isinstance(one, int)}
    assert acknowledged
    service.start()
    async with service.client() as client:
        for number, position in acknowledged.items():
            assert await register(client, number) == position
        found = await ask(client, "{ places { position } }")
    assert found["places"][0]["position"] >= max(acknowledged.values())
