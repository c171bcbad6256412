"""A ledger with the tables of all read models, and its parts by themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from structlog.typing import EventDict

from service.handle import Handler
from service.log.log import Log
from tests.projections.feeding import Ledger, ledger_on


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Give what was logged so far."""
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
async def ready(database_with_tables: str) -> AsyncIterator[Ledger]:
    """Give an empty ledger with the tables of all read models."""
    async with ledger_on(database_with_tables) as ledger:
        yield ledger


@pytest.fixture
async def log(ready: Ledger) -> Log:
    """Return its log."""
    return ready.log


@pytest.fixture
async def handler(log: Log) -> Handler:
    """Return a handler on it."""
    return Handler(log)
