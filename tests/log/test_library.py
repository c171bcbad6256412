# ruff: noqa: D101, D102 - the names are the library's.
"""The eventsourcing library's own suites, unmodified, over the log; and one of its Applications."""

from collections.abc import Sequence
from concurrent.futures import Future
from uuid import UUID, uuid4

import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    DataError,
    InfrastructureFactory,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
    TrackingRecorderTestCase,
)

from service.log import library
from service.log.library import (
    LogAggregateRecorder,
    LogApplicationRecorder,
    LogFactory,
    LogSubscription,
    LogTrackingRecorder,
    Store,
)


class _Suite:
    _dsn: str

    @pytest.fixture(autouse=True)
    def _database(self, empty_database: str) -> None:
        self._dsn = empty_database

    def _store(self) -> Store:
        store = Store(self._dsn)
        self.addCleanup(store.close)  # type: ignore[attr-defined]  # A method of unittest's TestCase.
        return store


class TestAggregateRecorder(_Suite, AggregateRecorderTestCase):
    def create_recorder(self) -> LogAggregateRecorder:
        return LogAggregateRecorder(self._store())


class TestApplicationRecorder(_Suite, ApplicationRecorderTestCase[LogApplicationRecorder]):
    def create_recorder(self) -> LogApplicationRecorder:
        return LogApplicationRecorder(self._store())

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleavingNotificationIDs(_Suite, NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> LogApplicationRecorder:
        return LogApplicationRecorder(self._store())


class TestTrackingRecorder(_Suite, TrackingRecorderTestCase):
    def create_recorder(self) -> LogTrackingRecorder:
        return LogTrackingRecorder(self._store())


# The suites' abstract parents are no tests.
del AggregateRecorderTestCase, ApplicationRecorderTestCase
del NonInterleavingNotificationIDsBaseCase, TrackingRecorderTestCase


class World(Aggregate):
    """The small example of the library's own documentation."""

    @event("Started")
    def __init__(self) -> None:
        self.history: tuple[str, ...] = ()

    @event("SomethingHappened")
    def make_it_so(self, what: str) -> None:
        self.history = (*self.history, what)


class Universe(Application[UUID]):
    is_snapshotting_enabled = True

    def create_world(self) -> UUID:
        world = World()
        self.save(world)
        return world.id

    def make_it_so(self, world_id: UUID, what: str) -> None:
        world: World = self.repository.get(world_id)
        world.make_it_so(what)
        self.save(world)

    def history(self, world_id: UUID) -> tuple[str, ...]:
        world: World = self.repository.get(world_id)
        return world.history


def _environment(dsn: str) -> dict[str, str]:
    return {"PERSISTENCE_MODULE": "service.log.library", library.DSN: dsn, library.SCHEMA: "universe"}


def test_an_unmodified_application_runs_on_the_log(empty_database: str) -> None:
    with Universe(_environment(empty_database)) as universe:
        world_id = universe.create_world()
        for what in ("dinosaurs", "trucks", "internet"):
            universe.make_it_so(world_id, what)
        universe.take_snapshot(world_id, version=3)
        with universe.recorder.subscribe(gt=2) as subscription:
            assert [next(subscription).id, next(subscription).id] == [3, 4]
    with Universe(_environment(empty_database)) as again:
        assert again.history(world_id) == ("dinosaurs", "trucks", "internet")
        assert [one.id for one in again.notification_log.select(start=1, limit=10)] == [1, 2, 3, 4]
        with pytest.raises(AggregateNotFoundError):
            again.history(uuid4())


class SlowlyWatched(LogApplicationRecorder):
    def watch(self, subscription: LogSubscription) -> Future[None]:
        subscription._pull_thread.join()
        return super().watch(subscription)


def test_a_subscription_that_cannot_read_ends_with_the_error(empty_database: str) -> None:
    store = Store(empty_database)
    try:
        recorder = LogApplicationRecorder(store)
        subscription = recorder.subscribe(gt=2**70)
        with subscription, pytest.raises(DataError):
            next(subscription)
        # Also if its reading thread has ended before it is watched.
        with SlowlyWatched(store).subscribe(gt=2**70) as subscription, pytest.raises(DataError):
            next(subscription)
    finally:
        store.close()


def test_the_factory_gives_trackers_and_refuses_what_it_cannot_keep(empty_database: str) -> None:
    factory = InfrastructureFactory.construct(_environment(empty_database))
    try:
        assert isinstance(factory, LogFactory)
        tracker = factory.tracking_recorder()
        tracker.insert_tracking(Tracking("upstream", 3))
        assert tracker.max_tracking_id("upstream") == 3
        with pytest.raises(NotSupportedError):
            factory.process_recorder()
    finally:
        factory.close()
        factory.close()


def test_an_environment_without_an_address_is_refused() -> None:
    with pytest.raises(OSError, match=library.DSN):
        LogFactory({})


def test_a_schema_of_another_form_is_refused() -> None:
    with pytest.raises(ProgrammingError, match="plain lower-case name"):
        Store("postgresql://nowhere", schema="a b")


def test_a_database_that_is_not_there_is_an_operational_error() -> None:
    with pytest.raises(OperationalError):
        Store("postgresql://taizhang@/none?host=/nowhere&port=1")


def test_a_closed_store_refuses_work(empty_database: str) -> None:
    recorder = LogApplicationRecorder(store := Store(empty_database))
    store.close()
    with pytest.raises(OperationalError, match="closed"):
        recorder.max_notification_id()


def test_every_error_is_one_of_the_librarys(empty_database: str) -> None:
    store = Store(empty_database)
    try:
        recorder = LogApplicationRecorder(store)
        world_id = uuid4()

        def insert(*events: tuple[UUID | str, int, str]) -> Sequence[int] | None:
            return recorder.insert_events([StoredEvent(of, version, topic, b"{}") for of, version, topic in events])

        assert insert() == []
        assert insert((world_id, 1, "a"), (world_id, 2, "b")) == [1, 2]
        with pytest.raises(IntegrityError):
            insert((world_id, 2, "a"))
        with pytest.raises(ProgrammingError, match="UUID"):
            insert(("a string", 1, "a"))
        with pytest.raises(DataError):
            insert((world_id, 2**40, "beyond what asyncpg sends"))
        with pytest.raises(DataError):
            insert((world_id, 3, "beyond what the server takes: \0"))
        with pytest.raises(IntegrityError):
            store.run(_fail("INSERT INTO migration (name) VALUES ('0001_log')", empty_database))
        with pytest.raises(ProgrammingError):
            store.run(_fail("SELECT nothing", empty_database))
        assert recorder.max_notification_id() == 2
    finally:
        store.close()


async def _fail(statement: str, dsn: str) -> None:
    import asyncpg  # noqa: PLC0415 - Only here.

    connection = await asyncpg.connect(dsn, server_settings={"search_path": "library"})
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def test_long_streams_are_read_in_pages(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "PAGE", 2)
    store = Store(empty_database)
    try:
        recorder = LogAggregateRecorder(store)
        world_id = uuid4()
        recorder.insert_events([StoredEvent(world_id, version, "a", b"") for version in range(5)])

        def versions(*, desc: bool = False, limit: int | None = None, gt: int | None = None) -> list[int]:
            found = recorder.select_events(world_id, desc=desc, limit=limit, gt=gt)
            return [one.originator_version for one in found]

        assert versions() == [0, 1, 2, 3, 4]
        assert versions(desc=True) == [4, 3, 2, 1, 0]
        assert versions(limit=3) == [0, 1, 2]
        assert versions(limit=4, desc=True) == [4, 3, 2, 1]
        assert versions(gt=3) == [4]
    finally:
        store.close()
