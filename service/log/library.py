"""库接口: the same log behind the eventsourcing library's recorders, for unmodified Applications and its own suites.

Their events may have any topic and any bytes, so they live in tables of their own: the log's migrations, run in another
schema. The code that appends and reads is `Log`. An Application is run so with these environment variables:

    PERSISTENCE_MODULE=service.log.library
    TAIZHANG_LIBRARY_DSN      address of a database, as its owner; the tables are made if they are missing
    TAIZHANG_LIBRARY_SCHEMA   a schema of its own for the tables; `library` by default

The library is synchronous, so each store has a thread of its own with an event loop. None of this is in the service's
request path.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

import asyncpg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    DatabaseError,
    DataError,
    InfrastructureFactory,
    IntegrityError,
    ListenNotifySubscription,
    Notification,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    TrackingRecorder,
)

from service.database import UNAVAILABLE, migrate
from service.domain.decider import Stream
from service.log.log import POLL_S, Log
from service.log.writer import Item, Row

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Sequence

    from eventsourcing.persistence import ProcessRecorder, Subscription, Tracking
    from eventsourcing.utils import Environment, EnvType

    from service.log.codec import Stored

DSN: Final = "TAIZHANG_LIBRARY_DSN"
SCHEMA: Final = "TAIZHANG_LIBRARY_SCHEMA"
WAIT_S: Final = 30.0
"""Longest wait for one call; the log's own deadlines are shorter."""
PAGE: Final = 5_000
_KIND: Final = "aggregate"
_LAST_VERSION: Final = 2**31 - 1
_LAST_POSITION: Final = 2**63 - 1
_T = TypeVar("_T")


class Store:
    """A log in tables of its own, with the thread that its event loop runs in; close it when done."""

    def __init__(self, dsn: str, *, schema: str = "library") -> None:
        """Make the tables if they are missing, and connect.

        Args:
            dsn: address of a database, as its owner.
            schema: where the tables are: a plain lower-case name.
        """
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
            raise ProgrammingError(f"{schema!r} is no plain lower-case name of a schema")
        self._dsn = dsn
        self._schema = schema
        self._stop = asyncio.Event()
        self._ready: Future[tuple[asyncio.AbstractEventLoop, Log]] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="taizhang-library", daemon=True)
        self._thread.start()
        try:
            with _library_errors():
                self.loop, self.log = self._ready.result(WAIT_S)
        except DatabaseError:
            self._thread.join()
            raise

    async def _serve(self) -> None:
        try:
            await migrate(self._dsn, schema=self._schema)
        except (asyncpg.PostgresError, *UNAVAILABLE) as error:
            self._ready.set_exception(error)
            return
        async with Log.open(self._dsn, search_path=self._schema) as log:
            self._ready.set_result((asyncio.get_running_loop(), log))
            await self._stop.wait()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something on the store's loop and wait for it.

        Raises:
            DatabaseError: one of the library's kinds.
        """
        if not self._thread.is_alive():
            work.close()
            raise OperationalError("the store is closed")
        with _library_errors():
            return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def close(self) -> None:
        """Write what was accepted, disconnect, and end the thread; a second call does nothing."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()


@contextmanager
def _library_errors() -> Iterator[None]:
    try:
        yield
    except asyncpg.DataError as error:
        raise DataError(str(error)) from error
    except asyncpg.IntegrityConstraintViolationError as error:
        raise IntegrityError(str(error)) from error
    except UNAVAILABLE as error:
        raise OperationalError(str(error)) from error
    except asyncpg.PostgresError as error:
        raise ProgrammingError(str(error)) from error


class _Recorder:
    """What all recorders share.

    Args:
        store: where the events are.
        region: key of their log in it: each recorder of events has positions of its own.
    """

    def __init__(self, store: Store, *, region: str = "events") -> None:
        self._store = store
        self._region = region

    def _insert(self, events: Sequence[StoredEvent]) -> list[int]:
        if not events:
            return []
        now = datetime.now(UTC).date()
        rows = tuple(
            Row(_stream(one.originator_id), one.originator_version, one.topic, 1, one.state, now) for one in events
        )
        # The library has no command ids; a fresh one makes each call a command of its own.
        item = Item(command_id=uuid4(), command_sha256=b"", actor="library", rows=rows)
        appended = self._store.run(self._store.log.append(self._region, item))
        return list(range(appended.first, appended.last + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Return events of one aggregate with versions gt < version <= lte."""
        stream = _stream(originator_id)
        after = -1 if gt is None else gt
        upto = _LAST_VERSION if lte is None else lte
        found: list[StoredEvent] = []
        while limit is None or len(found) < limit:
            most = PAGE if limit is None else min(PAGE, limit - len(found))
            page = self._store.run(
                self._store.log.read_stream(self._region, stream, after=after, upto=upto, desc=desc, limit=most)
            )
            found += [_event(one) for one in page]
            if len(page) < most:
                break
            if desc:
                upto = page[-1].originator_version - 1
            else:
                after = page[-1].originator_version
        return found


class LogAggregateRecorder(_Recorder, AggregateRecorder):
    """The library's AggregateRecorder over the log."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int] | None:
        """Store events, all or none.

        Raises:
            IntegrityError: an event of that aggregate and version is known.
        """
        self._insert(stored_events)
        return None


class LogApplicationRecorder(_Recorder, ApplicationRecorder):
    """The library's ApplicationRecorder over the log: notification ids are positions, without gaps and in order."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: object) -> Sequence[int] | None:
        """Store events, all or none, and return their notification ids.

        Raises:
            IntegrityError: an event of that aggregate and version is known.
        """
        return self._insert(stored_events)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Return notifications from start to stop, only those of `topics` if any are given."""
        after = 0 if start is None else start - inclusive_of_start
        upto = _LAST_POSITION if stop is None else stop
        rows = self._store.run(
            self._store.log.read_rows(self._region, after=after, upto=upto, names=topics, limit=limit)
        )
        return [_notification(one) for one in rows]

    def max_notification_id(self) -> int | None:
        """Return the last notification id, or None."""
        heads = self._store.run(self._store.log.heads())
        return next((head.position for head in heads if head.region == self._region), None)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Return an iterator over what there is and what comes; use it in a `with` block."""
        return LogSubscription(self, gt, topics)

    def watch(self, subscription: LogSubscription) -> Future[None]:
        """Wake a subscription whenever the log may have grown, until the result is cancelled."""

        async def wake() -> None:
            while True:
                heard = self._store.log.bell.heard(self._region)
                subscription.wake()
                await self._store.log.bell.wait(heard, POLL_S, self._region)

        return asyncio.run_coroutine_threadsafe(wake(), self._store.loop)


class LogSubscription(ListenNotifySubscription[LogApplicationRecorder]):
    """The library's subscription, driven by the log's bell and by polling."""

    def __init__(self, recorder: LogApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        self._watch: Future[None] | None = None
        super().__init__(recorder, gt, topics)
        self._watch = recorder.watch(self)
        if self._has_been_stopped:  # By its reading thread, that could not read.
            self._watch.cancel()

    def wake(self) -> None:
        """Look for new notifications."""
        self._has_been_notified.set()

    def stop(self) -> None:
        """End the iteration."""
        super().stop()
        if self._watch is not None:
            self._watch.cancel()


class LogTrackingRecorder(TrackingRecorder):
    """The library's TrackingRecorder over the table of marks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def insert_tracking(self, tracking: Tracking) -> None:
        """Store how far an application has come.

        Raises:
            IntegrityError: it has come as far before.
        """
        if not self._store.run(self._store.log.track(tracking.application_name, tracking.notification_id)):
            raise IntegrityError(f"{tracking} was recorded before, or a later one")

    def max_tracking_id(self, application_name: str) -> int | None:
        """Return how far an application has come, or None."""
        return self._store.run(self._store.log.tracked(application_name))


class LogFactory(InfrastructureFactory[LogTrackingRecorder]):
    """Makes recorders for an Application, from its environment variables."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        dsn = self.env.get(DSN)
        if not dsn:
            raise OSError(f"set {DSN} to the address of a database")
        self._store = Store(dsn, schema=self.env.get(SCHEMA) or "library")

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Return a recorder without notifications, such as that of snapshots."""
        return LogAggregateRecorder(self._store, region=self._region(purpose))

    def application_recorder(self) -> ApplicationRecorder:
        """Return the recorder of the application's events."""
        return LogApplicationRecorder(self._store, region=self._region("events"))

    def tracking_recorder(
        self, tracking_recorder_class: type[LogTrackingRecorder] | None = None
    ) -> LogTrackingRecorder:
        """Return the recorder of how far other applications were followed."""
        return (tracking_recorder_class or LogTrackingRecorder)(self._store)

    def process_recorder(self) -> ProcessRecorder:
        """Refuse: events and tracking would have to be stored in one transaction.

        Raises:
            NotSupportedError: always.
        """
        raise NotSupportedError("the log does not store an application's tracking together with its events")

    def close(self) -> None:
        """Disconnect."""
        self._store.close()

    def _region(self, purpose: str) -> str:
        return f"{self.env.name.lower()}_{purpose}"


def _stream(originator_id: UUID | str) -> Stream:
    if not isinstance(originator_id, UUID):
        raise ProgrammingError(f"originator ids are UUIDs here, not {type(originator_id).__name__}: {originator_id!r}")
    return Stream(_KIND, originator_id)


def _event(row: Stored) -> StoredEvent:
    return StoredEvent(
        originator_id=row.originator_id, originator_version=row.originator_version, topic=row.topic, state=row.state
    )


def _notification(row: Stored) -> Notification:
    return Notification(
        originator_id=row.originator_id,
        originator_version=row.originator_version,
        topic=row.topic,
        state=row.state,
        id=row.id,
    )
