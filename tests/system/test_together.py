"""Processes of several ports on one database: one that dies takes nothing along, and each knows what the others did."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest

import projections
from projections.rebuild import rebuild
from service.log.log import Log
from tests.conftest import copy
from tests.system.operator import furnish
from tests.system.running import REGISTER, Load, Running, ask, register, registration, running
from tests.system.sockets import greet, opened, receive, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.embedded import EmbeddedPostgres

FOLLOW: Final = "subscription ($id: ID!) { projectChanged(id: $id) { version name } }"
AMEND: Final = """mutation ($input: AmendProjectInput!) {
  projectAmend(input: $input) { userErrors { code path } settled version } }"""


@pytest.fixture
async def dsn(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[str]:
    async with copy(cluster, tables) as address:
        yield address


async def owner_of(dsn: str, region: str) -> str:
    """Return who feeds a region's read models."""
    connection = await asyncpg.connect(dsn)
    try:
        return str(await connection.fetchval("SELECT owner FROM taizhang.lease WHERE region = $1", region))
    finally:
        await connection.close()


async def reached(dsn: str, region: str) -> int:
    """Return the position of a log, once the read models have all of it."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(30):
            while True:
                row = await connection.fetchrow(
                    "SELECT h.position, p.position AS shown FROM taizhang.log_head h"
                    " JOIN taizhang.projected p USING (region) WHERE region = $1",
                    region,
                )
                if row is not None and row["position"] == row["shown"]:
                    return int(row["position"])
                await asyncio.sleep(0.05)
    finally:
        await connection.close()


async def test_the_one_that_feeds_is_killed_while_the_others_write(dsn: str, run_folder: Path) -> None:
    token = await furnish(dsn)
    with ExitStack() as stack:
        services = []
        for _ in range(3):
            folder = Path(tempfile.mkdtemp(dir=run_folder))
            stack.callback(shutil.rmtree, folder)
            service = stack.enter_context(running(folder, database_url=dsn))
            service.token = token
            services.append(service)
        async with services[0].client() as client:
            await register(client, 900_000)
        feeding = (await owner_of(dsn, "431181")).split(":")[1]
        victim = next(one for one in services if str(one.pid) == feeding)
        left = [one for one in services if one is not victim]
        watching = asyncio.create_task(_watch(left[1], left[0], victim))
        loads = [Load(one, clients=4, first=10_000 * number) for number, one in enumerate(left)]
        tasks = [asyncio.create_task(one.run()) for one in loads]
        for one in loads:
            await one.more(20)
        await watching
        for one in loads:
            await one.more(40)
            one.stop()
        await asyncio.gather(*tasks)
        stored: dict[int, int] = {}
        for one in loads:
            assert one.failed == [], "nobody but the victim's clients has noticed"
            stored |= one.acknowledged
        assert len(set(stored.values())) == len(stored), "none doubled"
        head = await reached(dsn, "431181")
        assert (await owner_of(dsn, "431181")).split(":")[1] in {str(one.pid) for one in left}
        async with left[0].client() as client:
            found = await ask(client, "{ places { position } }")
            assert int(found["places"][0]["position"]) == head
            again = {number: await register(client, number) for number in [*stored][::10]}
        assert again == {number: stored[number] for number in again}, "none lost"
    async with Log.open(dsn) as log:
        pages = [await log.read("431181", after=after) for after in range(0, head, 1000)]
        assert [one.position for page in pages for one in page][:head] == list(range(1, head + 1))
        rebuilt = await rebuild(dsn, log, projections.ALL, "project_status", lambda _done, _all: None)
        assert set(rebuilt.differing.values()) == {0}, rebuilt


async def _watch(watched: Running, writer: Running, victim: Running) -> None:
    """Follow a project on one service, change it through another, and kill a third in between."""
    async with writer.client() as client:
        sent = {"query": REGISTER, "variables": {"input": registration(800_000)}}
        answer: Any = (await client.post("/graphql", json=sent)).json()
        project_id = answer["data"]["projectRegister"]["project"]["id"]
        async with opened(watched) as socket:
            await greet(socket)
            await send(socket, id="1", type="subscribe", payload={"query": FOLLOW, "variables": {"id": project_id}})
            assert (await receive(socket))["payload"]["data"]["projectChanged"]["version"] == 1
            await asyncio.to_thread(victim.kill)
            for version in (2, 3):
                command = {
                    "commandId": registration(800_000 + version)["commandId"],
                    "projectId": project_id,
                    "changes": {"name": f"改名{version}"},
                    "reason": "名称调整",
                }
                payload = (await ask(client, AMEND, input=command))["projectAmend"]
                assert payload["userErrors"] == []
                told = (await receive(socket))["payload"]["data"]["projectChanged"]
                assert told == {"version": version, "name": f"改名{version}"}


async def test_the_first_to_stop_leaves_the_embedded_database_to_the_others(folder: Path) -> None:
    first = Running(folder).start()
    second = Running(folder).start()
    try:
        assert first.stop() == 0
        async with second.client() as client:
            assert (await ask(client, "{ places { name } }"))["places"] == []
            assert (await client.get("/readyz")).status_code == 200
    finally:
        assert second.stop() == 0
    assert not (folder / "postgres/data/postmaster.pid").exists(), "the last one out stopped it"


async def test_kill_9_of_who_started_the_embedded_database_leaves_it_to_the_others(folder: Path) -> None:
    first = Running(folder).start()
    second = Running(folder).start()
    try:
        first.kill()
        second.kill_database()
        async with second.client() as client, asyncio.timeout(60):
            while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - it mends it by itself.
                await asyncio.sleep(0.1)
            assert (await ask(client, "{ places { name } }"))["places"] == []
    finally:
        assert second.stop() == 0
    assert not (folder / "postgres/data/postmaster.pid").exists()
