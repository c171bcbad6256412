"""Several processes on one port: they are one service, one of them may die, and all may be replaced at work."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

from service.database import owner
from service.embedded import EmbeddedPostgres
from tests.system.logged import awaited, figures, lines
from tests.system.running import Load, Running, ask, open_place, register, running

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = "metrics-" + "k" * 32
WORKERS: Final = 2


@pytest.fixture(scope="module")
def served(module_folder: Path) -> Iterator[Running]:
    with running(module_folder, workers=str(WORKERS), log_level="info", metrics_token=TOKEN) as service:
        yield service


def processes(service: Running) -> set[int]:
    """Return the ids of the processes that serve."""
    assert service.pid is not None
    children = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
    return {int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()}


async def all_ready(service: Running) -> dict[str, float]:
    """Return the figures once all processes tell theirs."""
    async with asyncio.timeout(60):
        while True:
            told = await figures(service, TOKEN)
            if sum(name.startswith("taizhang_build_info") for name in told) == WORKERS:
                return told
            await asyncio.sleep(0.1)


async def test_they_tell_their_figures_together_and_are_one_service(served: Running) -> None:
    await all_ready(served)
    async with served.client() as client:
        await open_place(client)
        positions = await asyncio.gather(*(register(client, number) for number in range(60)))
        assert len(set(positions)) == 60
        # What one of them has stored, whichever is asked next shows it.
        for _ in range(20):
            async with served.client() as another:
                assert int((await ask(another, "{ places { position } }"))["places"][0]["position"]) >= max(positions)
    told = await figures(served, TOKEN)
    by = [
        told.get(f'taizhang_commands_total{{code="OK",command="projectRegister",worker="{n}"}}', 0)
        for n in range(WORKERS)
    ]
    assert sum(by) == 60
    assert [name for name in told if name.startswith("taizhang_log_position")] == [
        'taizhang_log_position{region="431181"}'
    ], "the database's figures are told once"


async def test_one_that_is_killed_is_started_again_while_the_others_serve(served: Running) -> None:
    await all_ready(served)
    before = processes(served)
    assert len(before) == WORKERS
    async with served.client() as client:
        await open_place(client)
    load = Load(served, first=1_000)
    loading = asyncio.create_task(load.run())
    await load.more(30)
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    await load.more(60)
    load.stop()
    await loading
    (died,) = await awaited(served, "a worker died")
    assert died["exit"] == -signal.SIGKILL
    await all_ready(served)
    after = processes(served)
    assert len(after) == WORKERS
    assert after & before == before - {victim}
    async with served.client() as client:
        again = {number: await register(client, number) for number in [*load.acknowledged, *load.failed]}
    assert {number: again[number] for number in load.acknowledged} == load.acknowledged, "nothing lost"
    assert len(set(again.values())) == len(again), "nothing doubled"


async def test_a_reload_replaces_all_of_them_and_no_request_fails(served: Running) -> None:
    await all_ready(served)
    before, deaths = processes(served), lines(served, "a worker died")
    async with served.client() as client:
        await open_place(client)
    outcomes: list[int] = []
    stopped = asyncio.Event()

    async def fresh() -> None:
        """Ask on a new connection each time."""
        while not stopped.is_set():
            async with served.client() as client:
                outcomes.append((await client.get("/healthz")).status_code)

    load = Load(served, first=10_000)
    tasks = [asyncio.create_task(load.run()), asyncio.create_task(fresh())]
    await load.more(30)
    assert served.pid is not None
    os.kill(served.pid, signal.SIGHUP)
    await awaited(served, "reloaded")
    await load.more(30)
    load.stop()
    stopped.set()
    await asyncio.gather(*tasks)
    assert load.failed == []
    assert set(outcomes) == {httpx2.codes.OK}
    assert len(processes(served)) == WORKERS
    assert processes(served).isdisjoint(before)
    assert lines(served, "a worker died") == deaths


async def test_a_reload_to_a_version_that_changes_tables_is_refused_and_changes_none(served: Running) -> None:
    await all_ready(served)
    before, given_up = processes(served), len(lines(served, "a new worker does not get ready; the old ones go on"))
    assert served.pid is not None
    async with owner(_dsn(served)) as connection:
        # As it would be if the code were of a version that makes them otherwise.
        known = await connection.fetchval("SELECT fingerprint FROM projection WHERE name = 'accounts'")
        done = "UPDATE projection SET fingerprint = $1 WHERE name = 'accounts' RETURNING name"
        assert await connection.fetchval(done, "other")
        migration = await connection.fetchval(
            "DELETE FROM taizhang.migration WHERE name = (SELECT max(name) FROM taizhang.migration) RETURNING name"
        )
        try:
            os.kill(served.pid, signal.SIGHUP)
            await awaited(served, "a new worker does not get ready; the old ones go on", count=given_up + 1)
            (said,) = lines(served, "this version changes tables; stop the service and start it anew")
            assert (said["migrations"], said["models"]) == ([migration], ["accounts"])
            assert processes(served) == before
            assert await connection.fetchval("SELECT fingerprint FROM projection WHERE name = 'accounts'") == "other"
            assert not await connection.fetchval("SELECT count(*) FROM taizhang.migration WHERE name = $1", migration)
        finally:
            await connection.fetchval(done, known)
            await connection.execute("INSERT INTO taizhang.migration (name) VALUES ($1)", migration)


def _dsn(service: Running) -> str:
    server = EmbeddedPostgres(service.folder)
    server._find_home()
    return server.dsn()


async def test_a_stop_ends_all_and_no_request_that_runs_fails(served: Running) -> None:
    await all_ready(served)
    async with served.client() as client:
        await open_place(client)
        asked = [asyncio.create_task(register(client, number)) for number in range(50_000, 50_040)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        all_of_them = processes(served)
        stopping = asyncio.create_task(asyncio.to_thread(served.stop))
        answers: list[Any] = await asyncio.gather(*asked, return_exceptions=True)
        assert await stopping == 0
    refused = [one for one in answers if isinstance(one, Exception) and not isinstance(one, httpx2.ConnectError)]
    assert refused == [], "who was connected is answered"
    assert not any(_runs(one) for one in all_of_them)


async def test_they_end_when_the_one_that_started_them_is_killed(folder: Path) -> None:
    service = Running(folder, workers=str(WORKERS), metrics_token=TOKEN).start()
    await all_ready(service)
    left = processes(service)
    service.kill()
    async with asyncio.timeout(30):
        while any(map(_runs, left)):  # noqa: ASYNC110 - nobody is left who would tell.
            await asyncio.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


async def test_when_all_are_killed_and_can_not_start_the_service_goes_on_trying(folder: Path) -> None:
    with running(folder, workers="2", log_level="info", metrics_token=TOKEN) as service:
        await all_ready(service)
        async with owner(_dsn(service)) as connection:
            # None can start: it would make again what is there.
            await connection.execute("ALTER TABLE taizhang.migration RENAME TO kept")
            for one in processes(service):
                os.kill(one, signal.SIGKILL)
            died = await awaited(service, "a worker died", count=3)
            assert [one["ready"] for one in died[:3]] == [True, True, False]
            assert service.alive
            await connection.execute("DROP TABLE taizhang.migration; ALTER TABLE taizhang.kept RENAME TO migration")
        async with asyncio.timeout(90):
            while not await _is_served(service):
                pass


async def _is_served(service: Running) -> bool:
    """Return whether a process answers; until one does, a connection waits for it."""
    try:
        async with service.client() as client:
            return (await client.get("/readyz")).status_code == httpx2.codes.OK
    except httpx2.TransportError:
        return False


async def test_one_that_can_not_start_ends_the_service(folder: Path) -> None:
    (folder / "development.token").mkdir()  # Where a file belongs.
    code, told = Running(folder, workers="2").fail()
    assert code != 0
    assert told
