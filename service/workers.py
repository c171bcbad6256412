"""工作进程: one server on a port, or several, kept running by a process that serves nothing itself.

The processes share one listening socket, so a connection that is waiting is taken by any of them: none is refused while
one is replaced. Each is a fresh start of Python, so a reload takes new code. What they know of each other is in the
database alone, as with processes on other machines.

    SIGTERM, SIGINT   all end what they have begun, and then this process
    SIGHUP            one by one is replaced: a new one takes requests before the old one is asked to end

A process that starts beside others changes no tables: they would serve by the ones of before. It ends, and says why.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
import uvicorn

from service.app import build
from service.server import Protocol, Server
from service.telemetry import Life, set_up_logging
from service.upgrade import WebSocketProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from service.auth import Development
    from service.config import Settings

READY_S: Final = 60.0
"""Longest time that a new process may take until it takes requests; then a reload is given up."""
STEADY_S: Final = 30.0
"""A process that lived this long is started again at once; one that lived shorter has to wait, longer each time."""
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 30.0
REAP_S: Final = 1.0
CLOSE_S: Final = 15.0
"""What a process gets, beside the time for running requests, to write its journal and to leave the database."""

log = structlog.get_logger()
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Task:
    """What a process serves.

    Attributes:
        dsn: address of the database; it is handed over by a pipe, and in no command line.
        port: the listening socket.
        trial: the token of a trial on one machine.
        folder: where the processes find each other; None if there is one.
        beside: whether others serve already, by tables that must stay as they are.
    """

    dsn: str
    settings: Settings
    port: socket.socket
    trial: Development | None = None
    folder: Path | None = None
    beside: bool = False


def serve(task: Task, count: int) -> int:
    """Serve until a stop is asked for, in this process or in several; return the exit code."""
    if count == 1:
        signal.signal(signal.SIGTERM, _leave)  # What was asked for is no failure; uvicorn raises it again in the end.
        _serve(task, 0, lambda: None)
        return 0
    with tempfile.TemporaryDirectory(prefix="taizhang-") as folder:
        shared = Task(task.dsn, task.settings, task.port, task.trial, Path(folder))
        return asyncio.run(Supervisor(shared, count).run())


def _serve(task: Task, worker: int, ready: Callable[[], None]) -> None:
    life = Life()
    config = uvicorn.Config(
        build(task.dsn, task.settings, task.trial, life=life, folder=task.folder, worker=worker, beside=task.beside),
        # The service's own log tells it all, in one form.
        log_config=None,
        log_level="warning",
        access_log=False,
        loop="uvloop",
        http=Protocol,
        ws=WebSocketProtocol,
        ws_max_size=task.settings.body_limit_bytes,
        timeout_graceful_shutdown=ceil(task.settings.drain_timeout_s),
        server_header=False,
        # On by default, it would let whoever asks from this machine choose its address; service/proxy.py sees to it.
        proxy_headers=False,
    )
    Server(config, life, ready).run(sockets=[task.port])


def work(task: Task, worker: int, telling: Connection) -> None:
    """Serve as one of several processes."""
    set_up_logging(task.settings.log_level)
    structlog.contextvars.bind_contextvars(worker=worker)
    # A terminal's Ctrl-C and its end come to all processes; the one that started this one says what to do.
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)

    def ready() -> None:
        telling.send_bytes(b"ready")
        telling.close()
        parent = multiprocessing.parent_process()
        if parent is not None:
            # Whoever is left alone ends too, or it would keep the port.
            loop = asyncio.get_running_loop()
            loop.add_reader(parent.sentinel, _orphaned, loop, parent.sentinel)

    _serve(task, worker, ready)


def _orphaned(loop: asyncio.AbstractEventLoop, sentinel: int) -> None:
    loop.remove_reader(sentinel)
    log.error("the process that started this one has died, so it ends")
    signal.raise_signal(signal.SIGTERM)


def _leave(_number: int, _frame: object) -> None:
    raise SystemExit(0)


@dataclass(slots=True, eq=False)
class _Worker:
    number: int
    process: SpawnProcess
    began: float
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Keeps processes running.

    Args:
        task: what they serve.
        count: how many.
    """

    def __init__(self, task: Task, count: int) -> None:
        self._task = task
        self._count = count
        self._workers: list[_Worker] = []
        self._leaving: set[_Worker] = set()
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._exit = 0
        self._was_ready = False

    async def run(self) -> int:
        """Keep them running until a stop is asked for; return the exit code."""
        loop = asyncio.get_running_loop()
        for asked in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(asked, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload.set)
        self._workers = [self._start(number) for number in range(self._count)]
        keeping = [asyncio.create_task(self._keep(number)) for number in range(self._count)]
        keeping.append(asyncio.create_task(self._reloading()))
        try:
            await self._stop.wait()
        finally:
            for one in keeping:
                one.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
            await asyncio.gather(*(self._end(one) for one in [*self._workers, *self._leaving]))
        return self._exit

    def _start(self, number: int) -> _Worker:
        loop = asyncio.get_running_loop()
        hearing, telling = _SPAWN.Pipe(duplex=False)
        serving = any(one.ready.is_set() and not one.ended.is_set() for one in self._workers)
        task = replace(self._task, beside=serving)
        process = _SPAWN.Process(target=work, args=(task, number, telling), name=f"taizhang {number}")
        process.start()
        telling.close()
        worker = _Worker(number, process, loop.time())

        def heard() -> None:
            with suppress(EOFError, OSError):
                if hearing.recv_bytes(16):
                    worker.ready.set()
                    self._was_ready = True
            loop.remove_reader(hearing.fileno())
            hearing.close()

        def gone() -> None:
            loop.remove_reader(process.sentinel)
            worker.ended.set()

        loop.add_reader(hearing.fileno(), heard)
        loop.add_reader(process.sentinel, gone)
        return worker

    async def _keep(self, number: int) -> None:
        """Start a process again whenever it dies."""
        wait_s = 0.0
        while True:
            worker = self._workers[number]
            await worker.ended.wait()
            if self._workers[number] is not worker:
                continue  # It was replaced.
            # Its end is heard of a moment before the system knows how it ended.
            await asyncio.to_thread(worker.process.join, REAP_S)
            log.error("a worker died", worker=number, exit=worker.process.exitcode, ready=worker.ready.is_set())
            if not self._was_ready:
                # None ever got so far: what is wrong will not get better by trying.
                self._exit = 1
                self._stop.set()
                return
            lived_s = asyncio.get_running_loop().time() - worker.began
            wait_s = 0.0 if lived_s >= STEADY_S else min(LONGEST_WAIT_S, max(FIRST_WAIT_S, wait_s * 2))
            await asyncio.sleep(wait_s)
            if self._workers[number] is worker:
                self._workers[number] = self._start(number)

    async def _reloading(self) -> None:
        """Replace all processes, one by one, each time that it is asked for."""
        while True:
            await self._reload.wait()
            self._reload.clear()
            for number in range(self._count):
                if not await self._replace(number):
                    log.error("a new worker does not get ready; the old ones go on", worker=number)
                    break
            else:
                log.info("reloaded", workers=self._count)

    async def _replace(self, number: int) -> bool:
        """Let a new process take the place of another; return whether it could."""
        new = self._start(number)
        self._leaving.add(new)  # Until it has its place.
        getting = [asyncio.create_task(one.wait()) for one in (new.ready, new.ended)]
        try:
            await asyncio.wait(getting, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in getting:
                one.cancel()
        if not new.ready.is_set():
            await self._end(new)
            self._leaving.discard(new)
            return False
        old, self._workers[number] = self._workers[number], new
        self._leaving.discard(new)
        self._leaving.add(old)
        await self._end(old)
        self._leaving.discard(old)
        return True

    async def _end(self, worker: _Worker) -> None:
        """Ask a process to end, and see to it."""
        patience_s = self._task.settings.drain_timeout_s + CLOSE_S
        for end in (worker.process.terminate, worker.process.kill):
            if worker.ended.is_set():
                break
            end()
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await worker.ended.wait()
        worker.process.join(1.0)
