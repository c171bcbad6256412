"""WebSockets of a running service, in the words of graphql-transport-ws."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.schema.serving import Serving
    from tests.system.running import Running


def opened(
    service: Running | Serving,
    headers: Mapping[str, str] | None = None,
    *,
    protocol: str = "graphql-transport-ws",
    at: str = "127.0.0.1",
    **more: Any,
) -> connect:
    """Return a socket to be entered.

    Args:
        headers: what its first request says; None for whoever may do everything.
        at: address that it comes from.
        more: what else `websockets` takes.
    """
    if "sock" not in more:
        more["local_addr"] = (at, 0)
    return connect(
        f"{service.address.replace('http', 'ws')}/graphql",
        subprotocols=[protocol],  # type: ignore[list-item]  # A NewType of str.
        additional_headers=service.headers() if headers is None else headers,
        proxy=None,
        **more,
    )


async def send(socket: ClientConnection, **message: Any) -> None:
    """Send a message."""
    await socket.send(json.dumps(message))


async def receive(socket: ClientConnection) -> Any:
    """Return the next message that says something."""
    async with asyncio.timeout(10):
        while True:
            message = json.loads(await socket.recv())
            if message["type"] not in {"ping", "pong"}:
                return message


async def greet(socket: ClientConnection, **payload: Any) -> None:
    """Begin; what it says of itself is taken."""
    await send(socket, type="connection_init", payload=payload)
    assert (await receive(socket))["type"] == "connection_ack"


async def subscribe(socket: ClientConnection, query: str, **variables: Any) -> Any:
    """Send a query or a subscription; return its first answer."""
    await send(socket, id="1", type="subscribe", payload={"query": query, "variables": variables})
    return await receive(socket)


def code_of(message: Any) -> str | None:
    """Return the code of the one error of a message, or None of one without."""
    errors = message["payload"] if message["type"] == "error" else message["payload"].get("errors", [])
    return errors[0]["extensions"]["code"] if errors else None
