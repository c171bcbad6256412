"""The demo's ledgers, loaded once a run into a database of which each worker's tests share a clone: they only read.

And an installation of two services, which the tests of who may call share: each has accounts of its own.
"""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from schema.context import Context, Services
from service.access import LOCAL
from service.app import services
from service.config import Settings
from service.demo import load
from service.domain.roles import Role
from service.embedded import EmbeddedPostgres
from service.log.log import Log
from tests.auth.oidc_provider import local_provider
from tests.conftest import copy
from tests.system.access import World, world_on
from tests.system.operator import operating
from tests.system.running import Running, running

_LOADED: Final = "taizhang_demo"
_LOADING: Final = "taizhang_demo_loading"
_LOCK: Final = 20220430


@pytest.fixture(scope="session")
async def demo_template(cluster: EmbeddedPostgres, template: str) -> str:
    """Return the name of a database with the demo in it and projected, made by the first worker that needs it."""
    connection = await asyncpg.connect(cluster.dsn("postgres"))
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", _LOADED):
            await connection.execute(f"DROP DATABASE IF EXISTS {_LOADING} WITH (FORCE)")
            await connection.execute(f"CREATE DATABASE {_LOADING} TEMPLATE {template} STRATEGY file_copy")
            async with Log.open(cluster.dsn(_LOADING)) as log:
                assert await load(log, lambda _done, _total: None)
            loading = cluster.dsn(_LOADING)
            async with services(loading, Settings(database_url=loading)) as ready:
                await _projected(ready)
            # Under its own name only when it is complete and nobody is connected, so that it can be cloned.
            await connection.execute(f"ALTER DATABASE {_LOADING} RENAME TO {_LOADED}")
    finally:
        await connection.close()
    return _LOADED


@pytest.fixture(scope="session")
async def demo(cluster: EmbeddedPostgres, demo_template: str) -> AsyncIterator[str]:
    """Give the address of a database with the demo's ledgers in it."""
    async with copy(cluster, demo_template) as dsn:
        yield dsn


@pytest.fixture
async def demo_log(demo: str) -> AsyncIterator[Log]:
    """Give a test the demo's logs."""
    async with Log.open(demo, size=2) as log:
        yield log


@pytest.fixture
async def demo_context(demo: str) -> AsyncIterator[Context]:
    """Give a test what a request needs, on the demo's ledgers, with all of their facts projected."""
    async with services(demo, Settings(database_url=demo)) as ready:
        await _projected(ready)
        yield Context(LOCAL, ready)


async def _projected(ready: Services) -> None:
    for one in await ready.runner.standings():
        assert await ready.runner.wait_for(one.region, one.position, 60)


@pytest.fixture(scope="session")
async def world(cluster: EmbeddedPostgres, tables: str, run_folder: Path) -> AsyncIterator[World]:
    """Give an installation."""
    folders = (Path(tempfile.mkdtemp(dir=run_folder)), Path(tempfile.mkdtemp(dir=run_folder)))
    async with copy(cluster, tables) as dsn, local_provider() as provider, world_on(dsn, folders, provider) as ready:
        yield ready


@pytest.fixture(scope="module")
async def demo_service(
    cluster: EmbeddedPostgres, demo_template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Give the demo as a service that a module's tests may change; its key is that of 祁阳's county approver."""
    async with copy(cluster, demo_template) as dsn:
        async with operating(dsn) as operator:
            key = await operator.machine("demo-client", Role.COUNTY_APPROVER, "431181")
        with running(tmp_path_factory.mktemp("demo"), database_url=dsn) as service:
            service.token = key.token
            yield service
