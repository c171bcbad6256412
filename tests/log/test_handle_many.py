"""Several commands with one look at the log: as if they had come one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID, uuid5

import pytest

from service import handle
from service.access import ANONYMOUS, LOCAL
from service.attempt import Order, Outcome, stream_of
from service.domain.decider import NAMESPACE, Stream
from service.domain.errors import AlreadyClaimedError, ForbiddenError, NotFoundError, VersionConflictError, VoidedError
from service.domain.identity import Changes
from service.domain.project import RegisterProject
from service.domain.values import Name, Region
from service.handle import Handler, independent
from service.log.log import Loaded, Log, Seen
from service.log.writer import MOST_ITEMS, Appended, Item, UnknownOutcomeError
from tests.examples import (
    AMEND,
    COMMAND_IDS,
    COMMANDS,
    QIYANG,
    RECORD_STARTED,
    REGISTER,
    REGISTER_ID,
    REPORT_THROUGH_MARCH,
    VOID,
)
from tests.log.build import contiguous, new_id


def named(number: int) -> RegisterProject:
    identity = replace(REGISTER.identity, name=Name(f"示例项目{number}"), codes=(), references=())
    return replace(REGISTER, identity=identity)


async def send(handler: Handler, *orders: Order) -> list[Outcome]:
    return await handler.handle_many(LOCAL, QIYANG, orders)


@pytest.fixture
async def registered(handler: Handler) -> Handler:
    """Return a handler; the example project stands at position 2."""
    await handler.handle(LOCAL, QIYANG, REGISTER, command_id=REGISTER_ID)
    return handler


async def test_every_example_in_runs_gives_what_they_give_one_by_one(log: Log) -> None:
    handler = Handler(log)
    orders = [
        Order(command, COMMAND_IDS.get(name) or uuid5(NAMESPACE, f"test:{name}")) for name, command in COMMANDS.items()
    ]
    runs = list(independent(orders, QIYANG))
    assert [order for run in runs for order in run] == orders
    assert len(runs) < len(orders)
    first = [outcome for run in runs for outcome in await send(handler, *run)]
    assert [one.refused for one in first] == [None] * len(orders)
    assert [one.position for one in first] == list(range(1, len(orders) + 1))
    again = [outcome for run in runs for outcome in await send(handler, *run)]
    assert again == first
    alone = [await handler.handle(LOCAL, QIYANG, one.command, command_id=one.command_id) for one in orders]
    assert alone == first
    assert await contiguous(log) == len(orders)


class Counted(Log):
    """A log that counts, and in which something may happen between the first decision and its append."""

    def __init__(self, log: Log, happens: Sequence[Order] = ()) -> None:
        self._log = log
        self.codec = log.codec
        self.left = list(happens)
        self.loads = 0

    async def ledger(self, region: Region) -> Region:
        """Find it as ever."""
        return await self._log.ledger(region)

    async def load(self, region: str, streams: Mapping[Stream, Seen], *command_ids: UUID) -> Loaded:
        """Load, and let it happen."""
        self.loads += 1
        loaded = await self._log.load(region, streams, *command_ids)
        while self.left:
            order = self.left.pop()
            await Handler(self._log).handle(LOCAL, QIYANG, order.command, command_id=order.command_id)
        return loaded

    async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
        """Append as ever."""
        return await self._log.append(region, item, timeout_s=timeout_s)


@pytest.mark.usefixtures("handler")
async def test_they_cost_one_look_and_one_batch(log: Log) -> None:
    counted, batches = Counted(log), log.writer.batches
    outcomes = await send(Handler(counted), *(Order(named(number), new_id()) for number in range(MOST_ITEMS)))
    assert (counted.loads, log.writer.batches - batches) == (1, 1)
    assert [one.position for one in outcomes] == list(range(2, MOST_ITEMS + 2))
    times = {one.recorded_us for one in outcomes}
    assert max(times) - min(times) == MOST_ITEMS - 1


@pytest.mark.usefixtures("registered")
async def test_one_that_was_overtaken_is_judged_again_alone(log: Log) -> None:
    counted = Counted(log, [Order(VOID, new_id())])
    report, other = await send(Handler(counted), Order(REPORT_THROUGH_MARCH, new_id()), Order(named(1), new_id()))
    assert isinstance(report.refused, VoidedError)
    assert (other.refused, other.position) == (None, 4)
    assert counted.loads == 2
    assert await contiguous(log) == 4


async def test_each_is_accepted_or_refused_on_its_own(registered: Handler, log: Log) -> None:
    later = replace(REPORT_THROUGH_MARCH, project_id=new_id())
    other = replace(REGISTER, identity=replace(REGISTER.identity, name=Name("重复项目")))
    unknown, twice, third = await send(
        registered, Order(later, new_id()), Order(other, new_id()), Order(named(3), new_id())
    )
    assert isinstance(unknown.refused, NotFoundError)
    assert isinstance(twice.refused, AlreadyClaimedError)
    assert (third.refused, third.position) == (None, 3)
    assert await contiguous(log) == 3


async def test_of_two_that_claim_one_value_the_first_gets_it(handler: Handler, log: Log) -> None:
    outcomes = await send(handler, Order(REGISTER, REGISTER_ID), Order(REGISTER, new_id()))
    assert [type(one.refused) for one in outcomes] == [type(None), AlreadyClaimedError]
    assert await contiguous(log) == 2


@pytest.mark.usefixtures("registered")
async def test_what_an_overtaken_command_was_about_to_give_back_is_not_refused_to_another(log: Log) -> None:
    """The first is judged again, and then the second one is, too."""
    release = replace(AMEND, changes=Changes(codes=(), references=()))
    other = replace(REGISTER, identity=replace(REGISTER.identity, name=Name("另一个项目")))
    counted = Counted(log, [Order(RECORD_STARTED, new_id())])
    outcomes = await send(Handler(counted), Order(release, new_id()), Order(other, new_id()))
    assert [one.refused for one in outcomes] == [None, None]


async def test_commands_on_one_stream_are_parted(registered: Handler, log: Log) -> None:
    orders = [Order(RECORD_STARTED, new_id()), Order(REPORT_THROUGH_MARCH, new_id())]
    with pytest.raises(ValueError, match="depend"):
        await send(registered, *orders)
    assert await contiguous(log) == 2
    assert [len(run) for run in independent(orders, QIYANG)] == [1, 1]
    amended = [Order(REPORT_THROUGH_MARCH, new_id()), Order(AMEND, new_id())]
    assert [len(run) for run in independent(amended, QIYANG)] == [1, 1]  # The report reads what is amended behind it.
    many = [Order(named(number), new_id()) for number in range(MOST_ITEMS + 1)]
    assert [len(run) for run in independent(many, QIYANG)] == [MOST_ITEMS, 1]


async def test_none_is_no_run(handler: Handler) -> None:
    assert list(independent([], QIYANG)) == []
    assert await send(handler) == []


@pytest.mark.usefixtures("registered")
async def test_one_that_was_overtaken_still_expects_the_version_that_its_sender_saw(log: Log) -> None:
    counted = Counted(log, [Order(RECORD_STARTED, new_id())])
    (outcome,) = await send(Handler(counted), Order(AMEND, new_id(), expected_version=1))
    assert isinstance(outcome.refused, VersionConflictError)
    assert outcome.refused.params["version"] == "2"
    assert await contiguous(log) == 3


async def test_of_any_order_each_is_answered_in_its_place_as_if_alone(registered: Handler, log: Log) -> None:
    orders = [Order(RECORD_STARTED, new_id()), Order(named(1), new_id()), Order(REPORT_THROUGH_MARCH, new_id())]
    orders += [Order(AMEND, new_id()), Order(named(2), new_id()), Order(VOID, new_id())]
    sent = [(QIYANG, one) for one in orders]
    outcomes = await registered.handle_all(lambda: LOCAL, sent)
    assert [one.refused for one in outcomes] == [None] * len(orders)
    assert [one.position for one in outcomes] == list(range(3, 3 + len(orders)))
    assert [one.stream for one in outcomes] == [stream_of(one, QIYANG) for one in orders]
    assert await registered.handle_all(lambda: LOCAL, sent) == outcomes
    assert await contiguous(log) == 2 + len(orders)


class Timed(Counted):
    """A log that takes note of how long each append may take."""

    def __init__(self, log: Log, happens: Sequence[Order] = ()) -> None:
        super().__init__(log, happens)
        self.times: list[float] = []

    async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
        """Append as ever."""
        self.times.append(timeout_s)
        return await super().append(region, item, timeout_s=timeout_s)


@pytest.mark.usefixtures("registered")
async def test_one_that_is_judged_again_alone_has_no_more_time_than_all_together(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "BATCH_S", handle.DEADLINE_S / 2)
    timed = Timed(log, [Order(AMEND, new_id())])
    (outcome,) = await Handler(timed).handle_all(lambda: LOCAL, [(QIYANG, Order(REPORT_THROUGH_MARCH, new_id()))])
    assert outcome.refused is None
    assert len(timed.times) == 2, "the first append was overtaken"
    assert all(one < handle.BATCH_S for one in timed.times)


async def test_rights_that_end_between_two_runs_count_from_then_on(registered: Handler) -> None:
    callers = iter([LOCAL])
    orders = [(QIYANG, Order(named(number), new_id())) for number in range(MOST_ITEMS + 1)]
    outcomes = await registered.handle_all(lambda: next(callers, ANONYMOUS), orders)
    assert [one.refused is None for one in outcomes] == [*[True] * MOST_ITEMS, False]
    assert isinstance(outcomes[-1].refused, ForbiddenError)


async def test_when_their_time_is_over_no_further_run_is_begun(
    registered: Handler, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "BATCH_S", -1.0)
    with pytest.raises(UnknownOutcomeError):
        await registered.handle_all(lambda: LOCAL, [(QIYANG, Order(named(1), new_id()))])
    assert await contiguous(log) == 2
    assert await registered.handle_all(lambda: LOCAL, []) == []
