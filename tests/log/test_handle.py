"""One command start to finish."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from service import handle
from service.access import LOCAL, Caller
from service.attempt import Outcome
from service.domain import identity
from service.domain.decider import Stream
from service.domain.errors import (
    AlreadyClaimedError,
    AlreadyOpenError,
    CommandIdReusedError,
    NotFoundError,
    NothingToEraseError,
    PlaceNotOpenError,
    RejectedError,
    VersionConflictError,
    VoidedError,
)
from service.domain.place import Purpose
from service.domain.project import project_stream
from service.domain.values import ERASED, Name, Reason, Region
from service.handle import Handler
from service.log.log import Loaded, Log, Seen
from service.log.writer import Appended, BusyError, Item, LiveLogError, UnknownOutcomeError
from tests.examples import (
    AMEND,
    COMMAND_IDS,
    COMMANDS,
    ERASE,
    FACTS,
    OPEN_PLACE,
    PROJECT_ID,
    QIYANG,
    REGISTER,
    REGISTER_ID,
    REPORT_THROUGH_MARCH,
    SET_COUNT_TARGET,
    VOID,
)
from tests.log.build import contiguous, new_id

YONGZHOU = Region("431100")
LONG_AGO_US = 1_600_000_000_000_000


async def send(handler: Handler, command: object, command_id: UUID | None = None, **rest: object) -> Outcome:
    return await handler.handle(LOCAL, QIYANG, command, command_id=command_id or new_id(), **rest)  # type: ignore[arg-type]


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let fifty commands wait for one stream however slow the machine is."""
    monkeypatch.setattr(handle, "DEADLINE_S", 60.0)


@pytest.fixture
async def registered(handler: Handler) -> Handler:
    """Return a handler; the example project stands at position 2."""
    await send(handler, REGISTER, REGISTER_ID)
    return handler


def refusal(outcome: Outcome) -> tuple[type[RejectedError], tuple[str, ...], dict[str, str]]:
    assert outcome.refused is not None
    return type(outcome.refused), outcome.refused.path, outcome.refused.params


async def test_every_example_sent_twice_under_one_id_gives_one_set_of_facts(log: Log) -> None:
    handler = Handler(log)
    ids = {name: COMMAND_IDS.get(name) or new_id() for name in COMMANDS}
    first = {name: await send(handler, command, ids[name]) for name, command in COMMANDS.items()}
    assert [one.refused for one in first.values()] == [None] * len(COMMANDS)
    again = {name: await send(handler, command, ids[name]) for name, command in reversed(COMMANDS.items())}
    assert again == first
    facts = await log.read(QIYANG)
    expected = {**FACTS, "THROUGH_MARCH_REPORTED": replace(FACTS["THROUGH_MARCH_REPORTED"], signed_by=ERASED)}  # type: ignore[type-var]
    assert [one.fact for one in facts] == list(expected.values())
    assert [one.position for one in facts] == [one.position for one in first.values()]
    assert [one.stored.recorded_us for one in facts] == [one.recorded_us for one in first.values()]


async def test_a_command_that_is_already_true_stores_no_facts_and_one_answer(registered: Handler, log: Log) -> None:
    command_id = new_id()
    first = await send(registered, OPEN_PLACE, command_id)
    assert first == await send(registered, OPEN_PLACE, command_id)
    assert (first.version, first.position, first.recorded_us, first.refused) == (1, 0, 0, None)
    assert await contiguous(log) == 2


async def test_a_refusal_is_answered_the_same_for_ever(registered: Handler, log: Log) -> None:
    command_id = new_id()
    other = replace(OPEN_PLACE, name=Name("别处"))
    first = await send(registered, other, command_id)
    assert refusal(first)[0] is AlreadyOpenError
    second = await send(registered, other, command_id)
    assert refusal(second) == refusal(first)
    assert replace(second, refused=None) == replace(first, refused=None)
    assert first.version == 1
    assert await contiguous(log) == 2


async def test_a_place_without_a_ledger_keeps_no_refusals(log: Log) -> None:
    """Anybody could fill the log with them, for each of thousands of codes; and the same id may come again later."""
    handler, command_id = Handler(log), new_id()
    assert refusal(await send(handler, SET_COUNT_TARGET, command_id))[0] is PlaceNotOpenError
    await send(handler, OPEN_PLACE)
    assert (await send(handler, SET_COUNT_TARGET, command_id)).refused is None


async def test_a_command_id_with_another_content_is_refused(registered: Handler, log: Log) -> None:
    command_id = new_id()
    await send(registered, AMEND, command_id)
    assert refusal(await send(registered, VOID, command_id))[0] is CommandIdReusedError
    assert refusal(await send(registered, replace(AMEND, reason=None), command_id))[0] is CommandIdReusedError
    assert await contiguous(log) == 3


async def test_one_command_twice_at_the_same_time_is_stored_once(registered: Handler, log: Log, database: str) -> None:
    command_id = new_id()
    async with Log.open(database) as other:
        handlers = (registered, registered, Handler(other), Handler(other))
        outcomes = await asyncio.gather(*(send(one, AMEND, command_id) for one in handlers))
    assert len(set(outcomes)) == 1
    assert outcomes[0].position == 3
    assert await contiguous(log) == 3


async def test_two_contents_under_one_id_at_the_same_time_give_one_answer(registered: Handler, log: Log) -> None:
    """They write to different streams, so they don't wait for each other's turn."""
    command_id = new_id()
    outcomes = await asyncio.gather(send(registered, AMEND, command_id), send(registered, SET_COUNT_TARGET, command_id))
    assert sorted(one.refused is None for one in outcomes) == [False, True]
    [refused] = [one for one in outcomes if one.refused is not None]
    assert refusal(refused)[0] is CommandIdReusedError
    assert await contiguous(log) == 3


async def test_regions_have_command_ids_of_their_own(handler: Handler, log: Log) -> None:
    command_id = new_id()
    opening = replace(OPEN_PLACE, region=YONGZHOU)
    for region, command in ((QIYANG, SET_COUNT_TARGET), (YONGZHOU, opening)):
        outcome = await handler.handle(LOCAL, region, command, command_id=command_id)
        assert outcome.refused is None
    assert [head.region for head in await log.heads()] == [YONGZHOU, QIYANG]


async def test_the_envelope_says_who_for_whom_and_why(handler: Handler, log: Log) -> None:
    caller = Caller(actor="clerk", principal="bureau", trusted=True)
    await handler.handle(caller, QIYANG, SET_COUNT_TARGET, command_id=new_id(), cause="import 7")
    stored = (await log.read(QIYANG))[-1].stored
    assert (stored.actor, stored.principal, stored.cause) == ("clerk", "bureau", "import 7")


async def test_an_expected_version_that_is_not_the_streams_is_refused(registered: Handler) -> None:
    assert (await send(registered, AMEND, expected_version=1)).version == 2
    refused = await send(registered, VOID, expected_version=1)
    assert refusal(refused) == (VersionConflictError, ("expected_version",), {"version": "2", "position": "3"})
    assert refused.version == 2


async def test_a_claimed_code_is_refused_and_the_refusal_kept(registered: Handler, log: Log) -> None:
    command_id = new_id()
    first = await send(registered, REGISTER, command_id)
    assert refusal(first)[0] is AlreadyClaimedError
    assert refusal(await send(registered, REGISTER, command_id))[0] is AlreadyClaimedError
    await send(registered, VOID)
    assert refusal(await send(registered, REGISTER, command_id))[0] is AlreadyClaimedError
    assert (await send(registered, REGISTER)).refused is None  # A voided project has given its codes back.
    assert await contiguous(log) == 4


async def test_two_projects_that_claim_one_code_together_are_one(handler: Handler, log: Log) -> None:
    outcomes = await asyncio.gather(*(send(handler, REGISTER) for _ in range(5)))
    assert Counter(one.refused is None for one in outcomes) == {True: 1, False: 4}
    assert await contiguous(log) == 2


async def test_nothing_is_erased_where_nothing_stands(registered: Handler, log: Log) -> None:
    outcome = await send(registered, replace(ERASE, position=2))
    assert refusal(outcome)[0] is NothingToEraseError
    assert await contiguous(log) == 2


async def test_an_erased_value_is_gone_and_the_body_is_not_touched(registered: Handler, log: Log) -> None:
    await send(registered, REPORT_THROUGH_MARCH)
    before = (await log.read(QIYANG))[-1]
    await send(registered, replace(ERASE, position=before.position))
    after = (await log.read(QIYANG, after=before.position - 1))[0]
    assert after.stored == before.stored
    assert after.fact == replace(before.fact, signed_by=ERASED)


class Overtaken(Log):
    """A log in which something happens between the decision and its append, a number of times."""

    def __init__(self, log: Log, happens: Sequence[tuple[object, UUID]]) -> None:
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
        if self.left:
            command, other_id = self.left.pop(0)
            await Handler(self._log).handle(LOCAL, QIYANG, command, command_id=other_id)
        return loaded

    async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
        """Append as ever."""
        return await self._log.append(region, item, timeout_s=timeout_s)


@pytest.mark.usefixtures("registered")
async def test_a_decision_on_a_stream_that_was_read_and_has_moved_is_judged_anew(log: Log) -> None:
    """A report on a project that is voided meanwhile."""
    overtaken = Overtaken(log, [(AMEND, new_id()), (VOID, new_id())])
    outcome = await send(Handler(overtaken), REPORT_THROUGH_MARCH)
    assert refusal(outcome)[0] is VoidedError
    assert overtaken.loads == 3
    assert await contiguous(log) == 4


async def test_a_refusal_on_a_stream_that_was_read_and_has_moved_is_judged_anew(handler: Handler, log: Log) -> None:
    """A report on a project that is registered meanwhile."""
    overtaken = Overtaken(log, [(REGISTER, REGISTER_ID)])
    assert (await send(Handler(overtaken), REPORT_THROUGH_MARCH)).refused is None
    assert overtaken.loads == 2
    assert refusal(await send(handler, replace(AMEND, project_id=new_id())))[0] is NotFoundError


@pytest.mark.usefixtures("registered")
async def test_a_command_that_another_process_has_stored_meanwhile_gets_that_outcome(log: Log) -> None:
    command_id = new_id()
    overtaken = Overtaken(log, [(AMEND, command_id)])
    outcome = await send(Handler(overtaken), AMEND, command_id)
    assert (outcome.version, outcome.position) == (2, 3)
    assert await contiguous(log) == 3


async def test_a_claim_that_fails_while_another_process_answers_gets_that_outcome(
    registered: Handler, log: Log
) -> None:
    """REGISTER again under a new id: another process is told of the claim first, and its refusal is the one kept."""
    command_id = new_id()

    class Refused(Overtaken):
        async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
            if item.result is not None:
                await send(registered, REGISTER, command_id)
            return await super().append(region, item, timeout_s=timeout_s)

    outcome = await send(Handler(Refused(log, [])), REGISTER, command_id)
    assert refusal(outcome)[0] is AlreadyClaimedError
    assert await contiguous(log) == 2


@pytest.mark.usefixtures("registered")
async def test_a_stream_that_always_moves_ends_as_busy(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handle, "MOST_TRIES", 3)
    names = [(replace(AMEND, changes=identity.Changes(name=Name(f"第{number}名"))), new_id()) for number in range(3)]
    with pytest.raises(BusyError):
        await send(Handler(Overtaken(log, names)), AMEND)
    assert await contiguous(log) == 5


async def test_a_turn_that_does_not_come_in_time_is_busy(registered: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    turn = registered._turns.setdefault((QIYANG, project_stream(PROJECT_ID)), asyncio.Lock())
    monkeypatch.setattr(handle, "DEADLINE_S", 0.05)
    async with turn:
        with pytest.raises(BusyError):
            await send(registered, AMEND)
    monkeypatch.setattr(handle, "DEADLINE_S", 5.0)
    assert (await send(registered, AMEND)).refused is None


@pytest.fixture
async def held_up(registered: Handler, as_owner: asyncpg.Connection[asyncpg.Record]) -> AsyncIterator[Handler]:
    """Give a handler whose log is held by another connection, as by a slow append."""
    async with as_owner.transaction():
        await as_owner.fetch("SELECT FROM log_head FOR UPDATE")
        yield registered


async def test_an_answer_that_does_not_come_in_time_is_unknown(
    held_up: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle, "DEADLINE_S", 0.2)
    with pytest.raises(UnknownOutcomeError):
        await send(held_up, AMEND)


async def test_an_append_that_waits_too_long_is_cut_off_and_nothing_was_stored(held_up: Handler, log: Log) -> None:
    with pytest.raises(BusyError):
        await send(held_up, AMEND)
    assert (await log.heads())[0].position == 2


async def test_a_demonstration_may_be_backdated_and_is_judged_by_that_day(log: Log) -> None:
    handler = Handler(log)
    opened = await send(handler, OPEN_PLACE, recorded_us=LONG_AGO_US)
    assert opened.recorded_us == LONG_AGO_US
    assert (await send(handler, REGISTER, REGISTER_ID, recorded_us=LONG_AGO_US + 5)).recorded_us == LONG_AGO_US + 5
    refused = await send(handler, REPORT_THROUGH_MARCH, recorded_us=LONG_AGO_US + 9)
    assert refused.refused is not None  # In September 2020, March 2022 has not begun.
    assert (await send(handler, REPORT_THROUGH_MARCH)).recorded_us > time.time() * 1e6 - 60e6


@pytest.mark.parametrize("purpose", [Purpose.LIVE, Purpose.DEMO])
async def test_only_a_ledger_that_is_not_real_may_be_backdated(log: Log, purpose: Purpose) -> None:
    handler = Handler(log)
    await send(handler, replace(OPEN_PLACE, purpose=purpose))
    if purpose is Purpose.LIVE:
        with pytest.raises(LiveLogError):
            await send(handler, SET_COUNT_TARGET, recorded_us=LONG_AGO_US)
    else:
        assert (await send(handler, SET_COUNT_TARGET, recorded_us=LONG_AGO_US)).position == 2


@pytest.mark.usefixtures("_patient")
async def test_fifty_writers_on_one_stream_are_all_accepted(registered: Handler, log: Log, database: str) -> None:
    """Ten in each of five processes' worth of handlers: within one they take turns, between them they conflict."""
    async with AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(Log.open(database, size=2)) for _ in range(4)]
        handlers = [registered, *map(Handler, logs)]
        outcomes = await asyncio.gather(
            *(
                send(handlers[number % 5], replace(AMEND, changes=identity.Changes(name=Name(f"第{number}名"))))
                for number in range(50)
            )
        )
    assert [one.refused for one in outcomes] == [None] * 50
    assert sorted(one.version for one in outcomes) == list(range(2, 52))
    assert await contiguous(log) == 52


@pytest.mark.usefixtures("_patient")
async def test_fifty_writers_with_one_expected_version_are_one_accepted(
    registered: Handler, log: Log, database: str
) -> None:
    async with Log.open(database) as other:
        handlers = (registered, Handler(other))
        commands = (
            replace(AMEND, changes=identity.Changes(name=Name(f"第{number}名")), reason=Reason("试"))
            for number in range(50)
        )
        outcomes = await asyncio.gather(
            *(send(handlers[number % 2], one, expected_version=1) for number, one in enumerate(commands))
        )
    assert Counter(type(one.refused) for one in outcomes) == {type(None): 1, VersionConflictError: 49}
    assert await contiguous(log) == 3
