"""唤醒: tells readers that a region's log has grown. A hint only: whoever waits polls too, and the log is the truth."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import asyncpg

from service.database import CONNECT_TIMEOUT_S, UNAVAILABLE

if TYPE_CHECKING:
    from service.database import Connection, Pool

CHANNEL: Final = "taizhang"
RETRY_S: Final = 1.0
PAUSE_S: Final = 0.01
"""Between two NOTIFYs: what rings meanwhile goes with the next one."""
QUIET_S: Final = 10.0
"""How long nothing is said before the connection is tried, so that a dead one is noticed."""


class Bell:
    """Rings inside this process, and in others over NOTIFY.

    NOTIFY is sent after the commit, from a connection of its own and at most one at a time: inside the write
    transaction it would take a lock on the whole instance.
    """

    def __init__(self) -> None:
        self._rings: defaultdict[str, int] = defaultdict(int)
        self._all_rings = 0
        self._waiting: defaultdict[str | None, set[asyncio.Future[None]]] = defaultdict(set)
        self._outgoing: set[str] = set()
        self._wake = asyncio.Event()

    def ring(self, region: str, *, outside: bool = True) -> None:
        """Wake whoever waits for a region; with `outside`, in other processes too."""
        self._rings[region] += 1
        self._all_rings += 1
        for one in (*self._waiting.get(region, ()), *self._waiting.get(None, ())):
            if not one.done():
                one.set_result(None)
        if outside:
            self._outgoing.add(region)
            self._wake.set()

    def heard(self, region: str | None = None) -> int:
        """Return how often it rang for a region, or for any."""
        return self._all_rings if region is None else self._rings[region]

    async def wait(self, heard: int, timeout_s: float, region: str | None = None) -> None:
        """Wait until it has rung more than `heard` times, or until the time is up."""
        if self.heard(region) != heard:
            return
        # No await lies between that look and this line, so no ring is missed.
        one = asyncio.get_running_loop().create_future()
        self._waiting[region].add(one)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await one
        finally:
            self._waiting[region].discard(one)

    async def run(self, pool: Pool) -> None:
        """Carry rings to and from other processes until cancelled; survives the database's going away."""
        while True:
            # Whatever the server objects to: readers poll meanwhile, and it is tried again.
            with suppress(asyncpg.PostgresError, *UNAVAILABLE):
                async with pool.acquire() as connection:
                    await connection.add_listener(CHANNEL, self._hear)
                    try:
                        await self._send(connection)
                    finally:
                        # Not given back: removing the listener may fail, and a pool complains of one that is left.
                        with suppress(*UNAVAILABLE):
                            await connection.close(timeout=CONNECT_TIMEOUT_S)
            await asyncio.sleep(RETRY_S)

    async def _send(self, connection: Connection) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(QUIET_S):
                    await self._wake.wait()
            self._wake.clear()
            regions, self._outgoing = self._outgoing, set()
            await connection.execute("SELECT pg_notify($1, r) FROM unnest($2::text[]) r", CHANNEL, list(regions))
            await asyncio.sleep(PAUSE_S)

    def _hear(self, connection: Connection, pid: int, _channel: str, payload: object) -> None:
        if pid != connection.get_server_pid():  # Own rings were heard when they were made.
            self.ring(str(payload), outside=False)
