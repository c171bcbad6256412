"""The two worlds, each a database, told once a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest

from service.embedded import EmbeddedPostgres
from tests.access.world import FIRST, SECOND, tell
from tests.conftest import copy
from tests.schema.conftest import Api, api_on


@pytest.fixture(scope="session")
async def told(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[list[str]]:
    """Give the names of the databases of both worlds, to which nobody is connected."""
    async with AsyncExitStack() as stack:
        names = []
        for world in (FIRST, SECOND):
            dsn = await stack.enter_async_context(copy(cluster, tables))
            async with api_on(dsn) as api:
                for region, position in (await tell(api.services.handler, world)).items():
                    assert await api.services.runner.wait_for(region, position, 10)
            names.append(urlsplit(dsn).path.strip("/"))
        yield names


@pytest.fixture(scope="module")
async def worlds(cluster: EmbeddedPostgres, told: list[str]) -> AsyncIterator[tuple[Api, Api]]:
    """Give the API over both worlds."""
    async with AsyncExitStack() as stack:
        made = []
        for name in told:
            dsn = await stack.enter_async_context(copy(cluster, name))
            made.append(await stack.enter_async_context(api_on(dsn)))
            await _know(made[-1])
        first, second = made
        yield first, second


@pytest.fixture
async def world(cluster: EmbeddedPostgres, told: list[str]) -> AsyncIterator[Api]:
    """Give the API over the first world, to a test that changes it."""
    async with copy(cluster, told[0]) as dsn, api_on(dsn) as ready:
        await _know(ready)
        yield ready


async def _know(api: Api) -> None:
    """Wait until a service that has begun knows which ledgers and rights there are: before, it shows nothing."""
    for region, position in (await api.positions()).items():
        assert await api.services.runner.wait_for(region, position, 10)
    await api.services.directory.load()
