"""A stop that is asked for: what has begun ends, who is connected is told, and nothing is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import httpx2
from websockets.exceptions import ConnectionClosed

from tests.conftest import copy
from tests.system.operator import furnish
from tests.system.running import ask, register, running
from tests.system.sockets import greet, opened, subscribe

if TYPE_CHECKING:
    from pathlib import Path

    from service.embedded import EmbeddedPostgres

RESTARTING: Final = 1012


async def test_a_stop_lets_requests_end_and_tells_sockets_and_leaves_nothing(
    cluster: EmbeddedPostgres, tables: str, folder: Path
) -> None:
    async with copy(cluster, tables) as dsn:
        token = await furnish(dsn)
        with running(folder, database_url=dsn, log_level="info") as service:
            service.token = token
            assert service.pid is not None
            blocker = await asyncpg.connect(dsn)
            async with service.client() as client, service.client() as idle, opened(service) as socket:
                await register(client, 1)
                assert (await idle.get("/readyz")).status_code == 200  # Its connection is open now, and waits.
                await greet(socket)
                await subscribe(socket, "{ places { name } }")
                # Held up in the database, so that they are on their way when the stop comes.
                async with blocker.transaction():
                    await blocker.execute("SELECT 1 FROM taizhang.log_head WHERE region = '431181' FOR UPDATE")
                    asked = [asyncio.create_task(register(client, number)) for number in range(2, 22)]
                    await _held_up(dsn)
                    os.kill(service.pid, signal.SIGTERM)
                    # Kept open for as long as there may be a request on its way.
                    while (ready := await idle.get("/readyz")).status_code == 200:
                        pass
                    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
                await _refuses_connections(service.port)
                answers = await asyncio.gather(*asked)
                assert len(set(answers)) == 20, "each was answered"
                try:
                    while True:
                        await asyncio.wait_for(socket.recv(), 10)
                except ConnectionClosed:
                    pass
                assert socket.close_code == RESTARTING
            await blocker.close()
            assert await asyncio.to_thread(service.wait) == 0
            assert "Traceback" not in service.told
        after = await asyncpg.connect(dsn)
        try:
            assert await after.fetchval("SELECT count(*) FROM taizhang.lease WHERE until > now()") == 0, "given back"
            assert await after.fetchval("SELECT count(*) FROM taizhang.key_use") == 1, "the journal was written"
        finally:
            await after.close()


async def _held_up(dsn: str) -> None:
    """Wait until an append waits for the head's lock."""
    connection = await asyncpg.connect(dsn)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    try:
        async with asyncio.timeout(10):
            while not await connection.fetchval(waits):  # noqa: ASYNC110 - the server tells nobody.
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


async def _refuses_connections(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)


async def test_commands_that_can_not_be_written_in_time_may_be_sent_again_and_none_is_kept(
    cluster: EmbeddedPostgres, tables: str, folder: Path
) -> None:
    """While nothing can be written, all are told to try again under their ids, and nothing of them goes on waiting."""
    token = "metrics-" + "k" * 32
    async with copy(cluster, tables) as dsn:
        key = await furnish(dsn)
        with running(folder, database_url=dsn, metrics_token=token) as service:
            service.token = key
            blocker = await asyncpg.connect(dsn)
            async with service.client() as client:
                async with blocker.transaction():
                    await blocker.execute("SELECT 1 FROM taizhang.log_head WHERE region = '431181' FOR UPDATE")
                    answers: list[Any] = await asyncio.gather(
                        *(register(client, number) for number in range(64)), return_exceptions=True
                    )
                codes = {type(one).__name__ for one in answers}
                assert codes == {"RetryableError"}, "in time, and worth trying again"
                again = [await register(client, number) for number in range(64)]
                assert len(set(again)) == 64
                assert (await ask(client, "{ places { position } }"))["places"]
                told = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
            await blocker.close()
    assert told.status_code == httpx2.codes.OK
    assert "taizhang_write_queue_commands 0.0" in told.text, "nothing is kept of those who were refused"
