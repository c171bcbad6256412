"""What a running service has written to its log, as objects."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from tests.system.running import Running

PATIENCE_S: Final = 30.0


def lines(service: Running, event: str | None = None) -> list[dict[str, Any]]:
    """Return the lines of the log so far, or those of one kind; what is no JSON is none of them."""
    found = [json.loads(line) for line in service.told.splitlines() if line.startswith("{")]
    return [one for one in found if event in {None, one["event"]}]


async def awaited(
    service: Running, event: str, request_id: str | None = None, *, count: int = 1
) -> list[dict[str, Any]]:
    """Return the lines of one kind, of a request perhaps, once there are so many: they are written after its answer."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = [one for one in lines(service, event) if request_id in {None, one.get("request_id")}]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def figures(service: Running, token: str) -> dict[str, float]:
    """Return what /metrics says: a series, as it is written -> its value."""
    async with service.client("") as client:
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    told = [line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")]
    found = {name: float(value) for name, value in told}
    assert len(found) == len(told), "no series twice"
    return found
