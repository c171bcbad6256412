"""The API over real sockets in the tests' own process, where what is read of the database can be counted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from schema.endpoint import Endpoint
from service.auth import Development, Gate
from service.seats import Seats
from service.server import Protocol
from service.throttle import Throttle
from service.upgrade import WebSocketProtocol
from tests.system.running import bearer, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.schema.conftest import Api

TRIAL: Final = Development("d" * 32)
MOST_MESSAGE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Serving:
    """Where it is served; `headers` are of whoever may do everything. As `Running` is, of a process of its own."""

    address: str

    def headers(self) -> dict[str, str]:
        """Return the headers of whoever may do everything."""
        return bearer(TRIAL.token)


@asynccontextmanager
async def serving(api: Api, seats: Seats | None = None) -> AsyncIterator[Serving]:
    """Serve the API until the block ends."""
    gate = Gate(api.services.directory, api.services.journal, Throttle(), None, TRIAL)
    endpoint: Any = Endpoint(replace(api.services, gate=gate, seats=Seats() if seats is None else seats))
    port = free_port()
    config = uvicorn.Config(
        endpoint,
        port=port,
        http=Protocol,
        ws=WebSocketProtocol,
        ws_max_size=MOST_MESSAGE,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not running.done()
    try:
        yield Serving(f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        await running
