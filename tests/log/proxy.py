"""A proxy in front of the server that cuts a connection at one chosen moment, or lets nothing through for a while."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum, auto
from pathlib import Path
from urllib.parse import quote, unquote


class Cut(Enum):
    """When a connection is cut: before the message is passed on, right after, or when it was answered."""

    BEFORE = auto()
    AFTER = auto()
    ANSWERED = auto()


class Proxy:
    """Passes on what both sides say until it is told to cut.

    Attributes:
        dsn: address of the database through the proxy.
        cuts: how often it has cut.
    """

    def __init__(self, server: Path, dsn: str) -> None:
        self._server = server
        self.dsn = dsn
        self._marker: bytes | None = None
        self._moment = Cut.BEFORE
        self._away = False
        self.cuts = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def hang(self) -> None:
        """Let nothing through from now on: connections stay open, and new ones are taken, without an answer."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def cut(self, moment: Cut, marker: bytes, *, and_stay_away: bool = False) -> None:
        """Cut the connection over which `marker` is sent, once; afterwards refuse new ones if told so."""
        self._moment, self._marker, self._away = moment, marker, and_stay_away

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        if self._away and self.cuts:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        from_server, to_server = await asyncio.open_unix_connection(self._server)
        marked = asyncio.Event()
        ways = [
            asyncio.create_task(self._up(reader, to_server, marked)),
            asyncio.create_task(self._down(from_server, writer, marked)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, to_server):
            end.close()
            with suppress(OSError):
                await end.wait_closed()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, marked: asyncio.Event) -> None:
        while data := await reader.read(2**20):
            if self._marker is not None and self._marker in data:
                self._marker = None
                self.cuts += 1
                marked.set()
                if self._moment is Cut.BEFORE:
                    return
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
            if marked.is_set() and self._moment is Cut.AFTER:
                return

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, marked: asyncio.Event) -> None:
        while (data := await reader.read(2**20)) and not marked.is_set():
            await self._flows.wait()
            writer.write(data)
            await writer.drain()

    async def close(self) -> None:
        """End every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy(dsn: str, folder: Path) -> AsyncIterator[Proxy]:
    """Give a proxy to the server of a DSN on a Unix socket in `folder`."""
    found = re.search(r"host=([^&]+)&port=(\d+)", dsn)
    assert found is not None
    name = f".s.PGSQL.{found[2]}"
    made = Proxy(Path(unquote(found[1])) / name, dsn.replace(found[1], quote(str(folder))))
    server = await asyncio.start_unix_server(made.serve, folder / name)
    try:
        yield made
    finally:
        server.close()
        await made.close()
