"""耐心: long work outlasts a database that is away for a moment; it is sent again, under the same command ids."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, TypeVar

from service.log import BusyError, UnknownOutcomeError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

PATIENCE_S: Final = 60.0
"""Longest that a load waits for a database that takes nothing: a restart, or a machine that stands still."""
PAUSE_S: Final = 0.5
"""Seconds between two attempts."""


async def patiently(send: Callable[[], Awaitable[T]]) -> T:
    """Return what commands come to, sent until they are answered.

    Args:
        send: sends them, each time under the same ids.

    Raises:
        BusyError: the database was away for all of `PATIENCE_S`.
        UnknownOutcomeError: the same.
    """
    until = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            return await send()
        except (BusyError, UnknownOutcomeError):
            if asyncio.get_running_loop().time() >= until:
                raise
        await asyncio.sleep(PAUSE_S)
