"""数据库: the database that a command works on: one's own, or the PostgreSQL that comes along."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import structlog

import projections
from projections.rebuild import ensure
from projections.runner import Runner
from service.cli.exits import end_on_sigterm
from service.config import Settings
from service.database import pool
from service.embedded import EmbeddedPostgres, EmbeddedPostgresError, embedded
from service.log.log import Log
from service.telemetry import set_up_logging

T = TypeVar("T")
WATCH_S: Final = 0.5
"""How often to see whether the database that comes along still lives."""


def on_database(work: Callable[[str], Coroutine[Any, Any, T]]) -> T:
    """Run work on the database, given its address."""
    settings = Settings()
    end_on_sigterm()
    set_up_logging("warning")
    with database(settings) as dsn:
        return asyncio.run(work(dsn))


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Give the address of the database; the one that comes along runs until the block ends."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with embedded(settings.data) as server, _mended(server):
        yield server.dsn()


@contextmanager
def _mended(server: EmbeddedPostgres) -> Iterator[None]:
    """Start the database again if it dies; requests fail meanwhile, as retryable, and go on by themselves."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(WATCH_S):
            if server.pid is None:
                structlog.get_logger().error("the database has died; starting it again")
                with suppress(EmbeddedPostgresError):
                    server.start()

    watcher = threading.Thread(target=watch, name="database", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


async def catch_up(dsn: str, facts: Log) -> None:
    """Let the read models take what the log has; safe beside a service that does the same."""
    await ensure(dsn, facts, projections.ALL)
    async with pool(dsn, size=2, name="taizhang-runner", statement_timeout_s=60) as feeding:
        runner = Runner(facts, feeding, projections.ALL)
        for head in await facts.heads():
            while await runner.step(head.region):
                pass
