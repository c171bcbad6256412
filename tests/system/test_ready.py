"""/readyz, where the database is there and the service is at work, and the classes of its figures."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from prometheus_client import generate_latest

from projections.runner import CONNECTIONS, MOST_AT_ONCE
from service import app
from service.app import Health, services
from service.config import Settings
from service.telemetry import Life, Telemetry
from tests.conftest import copy

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres


async def test_who_asks_whether_it_is_ready_does_not_wait_for_what_is_fed(
    cluster: EmbeddedPostgres, tables: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with copy(cluster, tables) as dsn, services(dsn, Settings(pool_size=2)) as ready, AsyncExitStack() as feeding:
        health, pool = Health(ready, Life()), ready.pools["runner"]

        async def asked() -> tuple[int, Any]:
            answer = await health.answer()
            return answer.status_code, orjson.loads(answer.body)["status"]

        for _ in range(MOST_AT_ONCE):
            await feeding.enter_async_context(pool.acquire())
        assert await asked() == (200, "ok")
        for _ in range(CONNECTIONS - MOST_AT_ONCE):
            await feeding.enter_async_context(pool.acquire())
        monkeypatch.setattr(app, "READY_S", 0.1)
        assert await asked() == (503, "no connection free")


def test_a_batch_that_takes_long_has_a_class_of_its_own() -> None:
    telemetry = Telemetry()
    for seconds in (4.0, 7.0, 20.0):
        telemetry.duration.labels("x").observe(seconds)
    told = generate_latest(telemetry.registry).decode()
    for upto, count in (("5.0", 1), ("10.0", 2), ("30.0", 3)):
        assert f'taizhang_request_duration_seconds_bucket{{le="{upto}",operation="x"}} {count}.0' in told
