"""A log and a handler on a database of the test's own, and the owner's connection to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from service.access import LOCAL
from service.database import owner
from service.handle import Handler
from service.log.log import Log
from tests.examples import OPEN_PLACE, QIYANG
from tests.log.build import new_id


@pytest.fixture
async def log(database: str) -> AsyncIterator[Log]:
    """Give an empty log."""
    async with Log.open(database, size=4) as log:
        yield log


@pytest.fixture
async def handler(log: Log) -> Handler:
    """Return a handler on it, in which 祁阳 keeps a demonstration ledger: its position is 1."""
    handler = Handler(log)
    await handler.handle(LOCAL, QIYANG, OPEN_PLACE, command_id=new_id())
    return handler


@pytest.fixture
async def as_owner(database: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Give a connection as the owner of the tables."""
    async with owner(database) as connection:
        yield connection
