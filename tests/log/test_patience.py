"""A load goes on when the database is back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from service import handle, patience
from service.access import LOADER
from service.handle import Handler
from service.log import BusyError, UnknownOutcomeError
from service.patience import patiently
from tests.examples import OPEN_PLACE, QIYANG, REGISTER, REGISTER_ID

if TYPE_CHECKING:
    import asyncpg

    from service.attempt import Outcome
    from service.log.log import Log


async def test_what_could_not_be_stored_is_sent_again(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "DEADLINE_S", 0.5)
    handler = Handler(log)
    sent = 0
    again = asyncio.Event()

    async def send() -> Outcome:
        nonlocal sent
        sent += 1
        if sent > 1:
            again.set()
        return await handler.handle(LOADER, QIYANG, REGISTER, command_id=REGISTER_ID)

    await handler.handle(LOADER, QIYANG, OPEN_PLACE, command_id=uuid4())
    async with as_owner.transaction():
        await as_owner.fetch("SELECT FROM log_head FOR UPDATE")
        waiting = asyncio.create_task(patiently(send))
        await again.wait()
    assert (await waiting).refused is None
    assert sent >= 2


@pytest.mark.parametrize("failure", [BusyError, UnknownOutcomeError])
async def test_it_does_not_wait_for_ever(failure: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    monkeypatch.setattr(patience, "PAUSE_S", 0.02)

    async def send() -> None:
        raise failure("431181")

    with pytest.raises(failure):
        await patiently(send)
