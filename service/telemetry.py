"""遥测: what the service says of itself: figures that Prometheus fetches, and one line of the log for each request.

Neither holds what a request was about: no text of a query, no variable, no token, no name that a client chose. An
operation is called by the field at its root, which the schema knows, and a caller by its account.
"""

from __future__ import annotations

import logging
import re
import sys
import time
import traceback
from collections.abc import Awaitable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final, Protocol, TypeVar
from uuid import uuid4

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from structlog.typing import EventDict

T = TypeVar("T", bound="Handled")

# A second series for each counter, which says when it began; the process's own start says it too.
disable_created_metrics()  # type: ignore[no-untyped-call]  # Of the library.

BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper ends of the histogram's classes, in seconds; a request is given up after 4.5, a batch of commands after 30."""
MOST_LABELS: Final = 256
"""Most values of a label that are told apart; the schema has about a hundred fields at its root, and as many codes."""
OTHER: Final = "other"
OK: Final = "OK"
CANCELLED: Final = "CANCELLED"
_REQUEST_ID: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_FRAMES: Final = 30
_CAUSES: Final = 5

log = structlog.get_logger()


class Labels:
    """Keeps the values of a label few: those that came first have their name, all later ones are `other`.

    They come from closed lists as it is; this holds when somebody adds one that is not.
    """

    def __init__(self, most: int = MOST_LABELS) -> None:
        self._most = most
        self._known: set[str] = set()

    def of(self, value: str) -> str:
        """Return the value, or `other`."""
        if value not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(value)
        return value


@dataclass(slots=True)
class Life:
    """How the process is.

    Attributes:
        started_us: microseconds since 1970.
        stopping: whether a stop was asked for; then it is not ready, and ends what it has begun.
        ended: tasks of the service that have ended, which none should.
    """

    started_us: int = field(default_factory=lambda: time.time_ns() // 1000)
    stopping: bool = False
    ended: list[str] = field(default_factory=list)


class Telemetry:
    """The figures of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "taizhang_requests",
            "GraphQL operations that ended, by the field at their root and the code of their first error.",
            ("transport", "operation", "code"),
            registry=self.registry,
        )
        self.duration = Histogram(
            "taizhang_request_duration_seconds",
            "Time from a query or mutation to its answer; subscriptions are not among them.",
            ("operation",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.commands = Counter(
            "taizhang_commands",
            "Commands by mutation and what became of them: OK, or the code of the refusal or failure.",
            ("command", "code"),
            registry=self.registry,
        )
        self.answers = Counter(
            "taizhang_query_answers",
            "Queries over HTTP by who put the answer together: the database, compiled functions, or the executor.",
            ("by",),
            registry=self.registry,
        )
        self.plans_made = Counter(
            "taizhang_query_plans_made", "Queries that were seen for the first time, or again.", registry=self.registry
        )
        self.plans = Gauge("taizhang_query_plans", "Queries whose plan is remembered.", registry=self.registry)
        self.plan_bytes = Gauge(
            "taizhang_query_plan_bytes", "Memory that these take together, as it is weighed.", registry=self.registry
        )
        self.responses = Counter(
            "taizhang_http_responses", "HTTP responses of all paths, by status.", ("status",), registry=self.registry
        )
        self.running = Gauge("taizhang_http_requests_running", "HTTP requests that run now.", registry=self.registry)
        self.sockets = Gauge("taizhang_websockets_open", "WebSockets that are open.", registry=self.registry)
        self.subscriptions = Gauge("taizhang_subscriptions_open", "Subscriptions that run.", registry=self.registry)
        Gauge("taizhang_build_info", "The version that runs.", ("version",), registry=self.registry).labels(
            version("taizhang")
        ).set(1)
        self._operations, self._codes, self._commands = Labels(), Labels(), Labels()

    def ended(self, record: Record) -> None:
        """Count an operation that ended."""
        operation = self._operations.of(record.operation.removesuffix(" …") or "none")
        self.requests.labels(record.transport, operation, self._codes.of(record.code or OK)).inc()
        if not record.subscribed:
            self.duration.labels(operation).observe(record.seconds)

    def commanded(self, command: str, code: str) -> None:
        """Count a command."""
        self.commands.labels(self._commands.of(command), self._codes.of(code)).inc()


@dataclass(slots=True)
class Record:
    """A request, or an operation over a socket, as it is told of.

    Attributes:
        transport: http, websocket for a socket as a whole, or operation for one that came over it.
        operation: the field at its root; "" while nobody knows, or where there is none.
        caller: account; None if nobody knows.
        code: of the first error or refusal; "" if there was none.
        statements: how many it sent to the read models and the journal.
        position: place in the region's log of the last fact that it stored.
    """

    request_id: str = ""
    transport: str = "http"
    telemetry: Telemetry | None = None
    operation: str = ""
    caller: str | None = None
    code: str = ""
    statements: int = 0
    position: int | None = None
    subscribed: bool = False
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.perf_counter() - self.began

    def failed(self, code: str) -> None:
        """Take note of an error; the first one is told."""
        self.code = self.code or code

    def planned(self, kept: int, size: int) -> None:
        """Take note that a query was made a plan of, and of how many are remembered."""
        if self.telemetry is not None:
            self.telemetry.plans_made.inc()
            self.telemetry.plans.set(kept)
            self.telemetry.plan_bytes.set(size)

    def answered(self, by: str) -> None:
        """Take note of who put the answer to a query together."""
        if self.telemetry is not None:
            self.telemetry.answers.labels(by).inc()

    def subscribe(self) -> None:
        """Take note that it follows something, and may go on for weeks."""
        self.subscribed = True
        if self.telemetry is not None:
            self.telemetry.subscriptions.inc()

    def over_it(self) -> Record:
        """Return the record of an operation that came over this socket."""
        return Record(self.request_id, "operation", self.telemetry, caller=self.caller)

    def end(self) -> None:
        """Count it."""
        if self.telemetry is not None:
            if self.subscribed:
                self.telemetry.subscriptions.dec()
            self.telemetry.ended(self)

    def told(self) -> dict[str, object]:
        """Return what a line of the log says of it."""
        said: dict[str, object] = {
            "operation": self.operation or None,
            "caller": self.caller,
            "code": self.code or OK,
            "ms": round(self.seconds * 1000, 2),
            "statements": self.statements,
        }
        if self.position is not None:
            said["position"] = self.position
        return said


RECORD: Final[ContextVar[Record | None]] = ContextVar("record", default=None)
"""Of the request that runs; a task that it begins has it too."""


def current() -> Record:
    """Return the record of what runs now; one that nobody reads outside of a request."""
    return RECORD.get() or Record()


def request_id(said: str | None) -> str:
    """Return a proxy's number of a request if it is one (32 hexadecimal digits, or a UUID), or a new one.

    Nothing else is taken: it goes to the log as it came.
    """
    return said if said is not None and _REQUEST_ID.fullmatch(said) else uuid4().hex


class Handled(Protocol):
    """What became of a command."""

    @property
    def position(self) -> int:
        """Place of its last fact in the log; 0 for none."""

    @property
    def refused(self) -> Any:
        """Why it was refused, with its code; None if it was not."""


async def counted(command: str, work: Awaitable[T]) -> T:
    """Handle a command and count what became of it.

    Args:
        command: name of its mutation.
        work: gives the outcome.
    """

    async def alone() -> list[T]:
        return [await work]

    (outcome,) = await counted_all(command, 1, alone())
    return outcome


async def counted_all(command: str, count: int, work: Awaitable[Sequence[T]]) -> Sequence[T]:
    """Handle several commands and count what became of each.

    Args:
        command: name of their mutation.
        count: how many they are.
        work: gives their outcomes.
    """
    record, codes = current(), [CANCELLED] * count
    try:
        outcomes = await work
        codes = [OK if one.refused is None else one.refused.code.value for one in outcomes]
        record.position = next((one.position for one in reversed(outcomes) if one.position), record.position)
    except Exception as error:
        codes = [type(error).__name__] * count
        raise
    else:
        return outcomes
    finally:
        if record.telemetry is not None:
            for code in codes:
                record.telemetry.commanded(command, code)


def trace(error: BaseException | None) -> dict[str, object]:
    """Return where an error came from, for the log: types, files and lines.

    Its text is left out, because it may have a value in it that a client sent or the database holds.
    """
    causes, frames = list[str](), list[str]()
    while error is not None and len(causes) < _CAUSES:
        state = getattr(error, "sqlstate", None)
        causes.append(type(error).__name__ if state is None else f"{type(error).__name__} {state}")
        if not frames:
            found = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            frames = [f"{one.filename}:{one.lineno} {one.name}" for one in found]
        error = error.__cause__ or error.__context__
    return {"error": causes, "frames": frames}


def _traced(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Put where an error came from in the place of its traceback."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()[1]
    elif isinstance(found, tuple):
        found = found[1]
    return {**event, **trace(found)} if isinstance(found, BaseException) else event


class _Plain(logging.Handler):
    """Tells what libraries log in the form of the service's own log, without their texts' values."""

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one message."""
        # The message before its values are put in: a library may be told of anything.
        log.log(record.levelno, str(record.msg), logger=record.name, exc_info=record.exc_info)


def set_up_logging(level: str) -> None:
    """Have the log go to stderr: a JSON object a line, or text to read if that is a terminal.

    Args:
        level: least severe messages that are told.
    """
    least = getattr(logging, level.upper())
    shown: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _traced,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[_Plain()], level=max(least, logging.WARNING), force=True)
