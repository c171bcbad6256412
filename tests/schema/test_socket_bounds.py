"""What the client of a socket may say, and how much it may have going on: with real sockets, and no more than that."""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from websockets.exceptions import ConnectionClosed

from schema import changes, live, schema, sockets
from schema.context import Context
from schema.live import MOST_OPERATIONS
from schema.regions import holds_some_of
from schema.sockets import MOST_ID, MOST_SMALL, Bounded, Wire
from service.access import LOCAL
from service.seats import Seats
from tests.examples import OPEN_PLACE, QIYANG, REGISTER, REGISTER_ID
from tests.schema.serving import serving
from tests.schema.test_changes import handle, note
from tests.schema.test_live_bounds import WAITS, until
from tests.system.sockets import code_of, greet, opened, receive, send

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from websockets.asyncio.client import ClientConnection

    from service.domain.values import Region
    from tests.schema.conftest import Api

MARK: Final = "kept?"
NAME: Final = "{ __typename }"


async def _closed(it: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosed):
        await _read_all(it)
    return it.close_code, it.close_reason


async def _read_all(it: ClientConnection) -> None:
    async with asyncio.timeout(10):
        while True:
            await it.recv()


@pytest.mark.parametrize("kind", ["connection_init", "ping", "pong", "complete"])
@pytest.mark.parametrize("has_begun", [False, True])
async def test_only_an_operation_may_be_long(told: Api, kind: str, *, has_begun: bool) -> None:
    async with serving(told) as served, opened(served) as it:
        if has_begun:
            await greet(it)
        await send(it, type=kind, id="1", payload={"x": "x" * MOST_SMALL})
        assert await _closed(it) == (1009, f"At most {MOST_SMALL} characters.")


async def test_an_operation_may_be_long_once_its_client_has_begun(told: Api) -> None:
    long = {"query": NAME, "extensions": {"x": "x" * MOST_SMALL}}
    async with serving(told) as served:
        async with opened(served) as it:
            await send(it, type="subscribe", id="1", payload=long)
            assert (await _closed(it))[0] == 1009
        async with opened(served) as it:
            await greet(it)
            await send(it, type="subscribe", id="1", payload=long)
            assert (await receive(it))["type"] == "next"


async def test_nothing_is_kept_of_a_message_when_it_was_dealt_with(told: Api) -> None:
    async with serving(told) as served, opened(served) as it:
        await greet(it, **{MARK: [[]] * 1_000}, **served.headers())
        await send(it, type="ping")
        await send(it, type="subscribe", id="1", payload={"query": NAME, "variables": {MARK: [[]] * 1_000}})
        assert (await receive(it))["type"] == "next"
        assert (await receive(it))["type"] == "complete"
        assert _kept() == 0
        await send(it, type="subscribe", id="2", payload={"query": WAITS, "variables": {MARK: [[]] * 1_000}})
        assert (await receive(it))["type"] == "next"
        assert _kept() == 1, "as long as it lasts"


async def test_nothing_is_kept_of_what_a_client_says_of_itself(told: Api) -> None:
    async with serving(told) as served, opened(served) as it:
        await greet(it, **{MARK: [[]] * 1_000}, **served.headers())
        assert _kept() == 0


def _kept() -> int:
    """Return how many marked objects there are."""
    gc.collect()
    return sum(type(one) is dict and MARK in one for one in gc.get_objects())


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            {"type": "subscribe", "id": "x" * (MOST_ID + 1), "payload": {"query": NAME}},
            "an id has at most 100 characters",
        ),
        ({"type": "complete", "id": ["x"]}, "an id has at most 100 characters"),
        ({"type": "长" * 200}, "Unknown message type: " + "长" * 33),
    ],
    ids=["a long id", "an id that is none", "an unknown type"],
)
async def test_what_can_not_be_is_told_as_the_reason_for_closing(told: Api, message: Any, reason: str) -> None:
    async with serving(told) as served, opened(served) as it:
        await greet(it)
        await send(it, **message)
        assert await _closed(it) == (4400, reason)


async def test_who_has_not_said_who_they_are_has_few_seats(told: Api) -> None:
    seats = Seats(per_guest=1)
    async with serving(told, seats) as served, opened(served, {}) as guest:
        await until(lambda: len(seats) == 2)
        async with opened(served, {}) as other:
            assert await _closed(other) == (1013, "Too many connections of this address; try again later.")
        async with opened(served) as known:
            await greet(known)
        await greet(guest, **served.headers())
        async with opened(served, {}) as another:
            await greet(another)
    assert len(seats) == 0


@pytest.mark.parametrize(
    "seats", [Seats(subscriptions=3), Seats(subscriptions=3, guest_subscriptions=1)], ids=["account", "beside guests"]
)
async def test_an_account_has_so_many_subscriptions_over_all_its_connections(told: Api, seats: Seats) -> None:
    async with serving(told, seats) as served, opened(served) as one, opened(served) as other:
        await greet(one)
        await greet(other)
        for it, id_ in ((one, "1"), (one, "2"), (other, "1")):
            assert (await _begin(it, id_, WAITS))["type"] == "next"
        refused = await _begin(other, "2", WAITS)
        assert (refused["id"], refused["type"], code_of(refused)) == ("2", "error", "TOO_MANY_OPERATIONS")
        assert refused["payload"][0]["message"] == "You have 3 subscriptions, as many as you may."
        # Queries are none.
        assert (await _begin(other, "3", NAME))["type"] == "next"
        before = len(seats)
        await send(one, type="complete", id="1")
        await until(lambda: len(seats) == before - 1)
        assert (await _begin(other, "4", WAITS))["type"] != "error"
    assert len(seats) == 0


async def _begin(it: ClientConnection, id_: str, query: str) -> Any:
    await send(it, type="subscribe", id=id_, payload={"query": query})
    while (found := await receive(it))["id"] != id_:
        pass
    return found


async def test_the_public_has_fewer_subscriptions_of_an_address(told: Api) -> None:
    seats = Seats(guest_subscriptions=0)
    async with serving(told, seats) as served, opened(served, {}) as it:
        await greet(it)
        assert code_of(await _begin(it, "1", WAITS)) == "TOO_MANY_OPERATIONS"


async def test_what_was_completed_counts_until_it_has_ended(told: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "END_S", 0.05)
    ending, may_end = 0, asyncio.Event()
    run = Bounded.run_operation

    async def noted(self: Bounded, operation: Any) -> None:
        nonlocal ending
        try:
            await run(self, operation)
        finally:
            # As a statement that is given up, which takes its time.
            ending += 1
            await may_end.wait()
            ending -= 1

    monkeypatch.setattr(Bounded, "run_operation", noted)
    async with serving(told) as served, opened(served) as it:
        await greet(it)
        for number in range(MOST_OPERATIONS):
            assert (await _begin(it, f"{number}", WAITS))["type"] == "next"
            await send(it, type="complete", id=f"{number}")
        await until(lambda: ending == MOST_OPERATIONS)
        assert code_of(await _begin(it, "more", WAITS)) == "TOO_MANY_OPERATIONS"
        may_end.set()
        await until(lambda: ending == 0)
        assert (await _begin(it, "again", WAITS))["type"] == "next"


async def test_an_answer_is_timed_from_when_it_is_its_turn(told: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SEND_S", 0.3)
    send_json = Wire.__mro__[1].send_json  # type: ignore[attr-defined]

    async def slowly(self: Wire, message: Any) -> None:
        await asyncio.sleep(0.1)
        await send_json(self, message)

    monkeypatch.setattr(Wire.__mro__[1], "send_json", slowly)
    async with serving(told) as served, opened(served) as it:
        await greet(it)
        for number in range(8):
            await send(it, type="subscribe", id=f"{number}", payload={"query": NAME})
        ended: set[str] = set()
        while len(ended) < 8:
            found = await receive(it)
            ended |= {found["id"]} if found["type"] == "complete" else set()


async def test_which_ledgers_concern_whom_is_worked_out_once_and_not_at_every_move(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RENEW_S", 0.02)
    looks: list[str] = []

    def counted(ledger: str, region: Region) -> bool:
        looks.append(ledger)
        return holds_some_of(ledger, region)

    monkeypatch.setattr(changes, "holds_some_of", counted)
    runner = api.services.runner
    await handle(api, QIYANG, OPEN_PLACE)
    await handle(api, QIYANG, REGISTER, REGISTER_ID)
    assert await runner.wait_for(QIYANG, 2, 10)
    text = 'subscription { changes(from: NOW, filter: {region: "110000"}) { cursor } }'
    streams = [
        cast("AsyncGenerator[Any, None]", await schema.subscribe(text, context_value=Context(LOCAL, api.services)))
        for _ in range(20)
    ]
    assert [one.errors for one in await asyncio.gather(*map(anext, streams))] == [None] * 20
    waiting = [asyncio.create_task(anext(one)) for one in streams]
    await until(lambda: runner.waiting == 20)
    api.seen.clear()
    for position in range(3, 8):
        await handle(api, QIYANG, note(position))
        assert await runner.wait_for(QIYANG, position, 10)
        await asyncio.sleep(0.05)  # Each looks whether its caller may still ask.
    assert api.seen == []
    assert looks == [QIYANG]
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*(one.aclose() for one in streams))
