"""A service as a user runs it: a process of its own on a data folder, asked over HTTP."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self
from uuid import UUID

import httpx2

from service.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S: Final = 120.0

OPEN: Final = """mutation ($input: OpenPlaceInput!) {
  placeOpen(input: $input) { userErrors { code path } position } }"""
REGISTER: Final = """mutation ($input: RegisterProjectInput!) {
  projectRegister(input: $input) { userErrors { code path params } position settled project { id } } }"""


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A running service; `kill` and `stop` end it, `start` starts it again on the same folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = {f"TAIZHANG_{name.upper()}": value for name, value in settings.items()}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.token = ""
        """A key to use in the place of the development token, which there is none of beside a database of one's own."""

    def fail(self) -> tuple[int, str]:
        """Start it where it can't be; return its exit code and what it said."""
        self._launch()
        assert self._process is not None
        return self._process.wait(START_S), (self.folder / "service.log").read_text("utf-8", "replace")

    def _launch(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "PG"))}
        environment |= {"TAIZHANG_DATA": str(self.folder), "TAIZHANG_PORT": str(self.port)}
        environment |= {"TAIZHANG_LOG_LEVEL": "error"}
        environment |= self._settings
        with (self.folder / "service.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> Self:
        """Start it and wait until it answers."""
        self._launch()
        assert self._process is not None
        deadline = time.monotonic() + START_S
        while True:
            try:
                if httpx2.get(f"{self.address}/readyz", timeout=5).status_code == httpx2.codes.OK:
                    return self
            except httpx2.TransportError:
                pass
            if self._process.poll() is not None or time.monotonic() > deadline:
                if self.alive:
                    self.kill()
                raise AssertionError((self.folder / "service.log").read_text("utf-8", "replace")[-4000:])
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would; the database lives on."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit code once it has ended by itself."""
        assert self._process is not None
        code = self._process.wait(30)
        self._process = None
        return code

    def _end(self, sign: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(sign)
        code = self._process.wait(30)
        self._process = None
        return code

    def kill_database(self) -> None:
        """End the database's main process as a power cut would."""
        server = EmbeddedPostgres(self.folder)
        server._find_home()
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def client(self, token: str | None = None, *, at: str = "127.0.0.1") -> httpx2.AsyncClient:
        """Return a client; requests that take longer than a request may are errors.

        Args:
            token: what it says of itself; "" says nothing, and None that it may do everything.
            at: its own address, any of this machine's loopback ones.
        """
        limits = httpx2.Limits(max_connections=64)
        transport = httpx2.AsyncHTTPTransport(local_address=at, limits=limits, trust_env=False)
        headers = self.headers() if token is None else bearer(token)
        return httpx2.AsyncClient(base_url=self.address, timeout=10.0, transport=transport, headers=headers)

    def headers(self, role: str = "") -> dict[str, str]:
        """Return the headers of whoever may do everything, or of a role, such as REPORTER@431181."""
        token = self.token or (self.folder / "development.token").read_text("ascii").strip()
        return bearer(f"{token}{role and '.'}{role}")

    @property
    def told(self) -> str:
        """What the process has said so far."""
        return (self.folder / "service.log").read_text("utf-8", "replace")


def bearer(token: str) -> dict[str, str]:
    """Return the header that a token is sent in; none for the public."""
    return {"Authorization": f"Bearer {token}"} if token else {}


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """Give a running service, with settings such as database_url, and end it with the block."""
    service = Running(folder, **settings).start()
    try:
        yield service
    finally:
        if service.alive:
            service.stop()


async def ask(client: httpx2.AsyncClient, query: str, **variables: Any) -> Any:
    """Send a request; return the data of the answer."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    body = answer.json()
    assert "errors" not in body, body
    return body["data"]


async def open_place(client: httpx2.AsyncClient) -> None:
    """Open the demo place 431181."""
    opening = {"commandId": str(UUID(int=1)), "region": "431181", "name": "祁阳市", "purpose": "DEMO"}
    answer = await ask(client, OPEN, input=opening)
    assert answer["placeOpen"]["userErrors"] == []


def registration(number: int) -> dict[str, Any]:
    """Return the input that registers project number so-and-so, the same each time."""
    return {
        "commandId": str(UUID(int=10_000 + number)),
        "place": "431181",
        "identity": {"name": f"测试项目{number}", "region": "431181", "category": "PRODUCTIVE", "track": "PROMOTED"},
    }


class Load:
    """Clients that register projects without a pause, and what was acknowledged: number -> position."""

    def __init__(self, service: Running, *, clients: int = 8, first: int = 0) -> None:
        self.acknowledged: dict[int, int] = {}
        self.failed: list[int] = []
        self._service = service
        self._clients = clients
        self._next = first
        self._first = first
        self._stopped = False
        self._moved = asyncio.Event()

    async def more(self, count: int) -> None:
        """Wait until so many more were acknowledged."""
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            self._moved.clear()
            await self._moved.wait()

    async def run(self, *, most: int = 20_000) -> None:
        """Go on until stopped or so many were sent."""
        async with self._service.client() as client:
            await asyncio.gather(*(self._one(client, most) for _ in range(self._clients)))

    def stop(self) -> None:
        """Let each client finish what it has begun."""
        self._stopped = True

    async def _one(self, client: httpx2.AsyncClient, most: int) -> None:
        while not self._stopped and self._next < self._first + most:
            number, self._next = self._next, self._next + 1
            try:
                position = await register(client, number)
            except (httpx2.TransportError, RetryableError):
                self.failed.append(number)
                await asyncio.sleep(0.3)
            else:
                self.acknowledged[number] = position
                self._moved.set()


class RetryableError(Exception):
    """The service said that trying again is right."""


async def register(client: httpx2.AsyncClient, number: int) -> int:
    """Register a project; return its position.

    Raises:
        RetryableError: it said so.
    """
    answer = await client.post("/graphql", json={"query": REGISTER, "variables": {"input": registration(number)}})
    body = answer.json()
    if "errors" in body:
        assert all(error["extensions"].get("retryable") for error in body["errors"]), body
        raise RetryableError
    payload = body["data"]["projectRegister"]
    assert payload["userErrors"] == [], payload
    return int(payload["position"])
