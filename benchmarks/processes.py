"""Services as processes of their own: started, waited for, measured and ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx2
import psutil  # type: ignore[import-untyped]  # It has no types of its own.

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

START_S: Final = 60.0
END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Served:
    """A running service.

    Attributes:
        address: of its HTTP, such as http://127.0.0.1:8000.
        port: of it.
        pid: of the process that was started; it may have children.
    """

    address: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """Return the CPU seconds that it and its children have taken so far."""
        times = [one.cpu_times() for one in self._processes()]
        # What ended is in its parent's figures.
        return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))

    def memory_bytes(self) -> int:
        """Return the memory that it and its children hold now; what they share counts for each."""
        return int(sum(one.memory_info().rss for one in self._processes()))

    def _processes(self) -> list[psutil.Process]:
        first = psutil.Process(self.pid)
        return [first, *first.children(recursive=True)]


def free_port() -> int:
    """Return a port of the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(command: Sequence[str], environment: Mapping[str, str], port: int, ready: str) -> Iterator[Served]:
    """Give a service once it answers, and end it with the block.

    Args:
        command: what is started; `environment` is put over this process's own.
        port: where it will listen.
        ready: path that it answers as soon as it serves, with whatever is no 5xx.

    Raises:
        RuntimeError: it ended, or did not answer within START_S.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "PG"))}
    process = subprocess.Popen(
        command, env={**kept, **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        served = Served(f"http://127.0.0.1:{port}", port, process.pid)
        _wait(process, served.address + ready)
        yield served
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with suppress(httpx2.TransportError):
            if not httpx2.get(url, timeout=5, trust_env=False).is_server_error:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        time.sleep(0.05)


@contextmanager
def service(**settings: str) -> Iterator[Served]:
    """Give a service of this project, with settings such as database_url."""
    port = free_port()
    set_ = {f"TAIZHANG_{name.upper()}": value for name, value in settings.items()}
    environment = {"TAIZHANG_PORT": str(port), "TAIZHANG_LOG_LEVEL": "error"} | set_
    with started([sys.executable, "-m", "service.cli", "serve"], environment, port, "/readyz") as served:
        yield served
