"""Rights in the installation's log, and the directory of them that every process has in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import asyncpg
import pytest
import structlog
from structlog.typing import EventDict

from service import directory as module
from service.access import Caller
from service.attempt import Outcome
from service.clock import today_in_china
from service.directory import Directory, Key
from service.domain.account import INSTALLATION, KeyId, account_stream, grant_id
from service.domain.errors import AlreadyClaimedError, SeparatedRolesError
from service.domain.roles import Account, Area, Grant, Role, Scope
from service.following import Following
from service.handle import Handler
from service.log import BusyError
from service.log.bell import Bell
from service.log.codec import CodecError, Recorded
from service.log.log import Log
from tests.examples import OPEN_PLACE, QIYANG
from tests.examples.account import END, GRANT, ISSUE, MACHINE, OFFICER, REVOKE
from tests.examples.adoption import ENDED
from tests.log.build import contiguous, item, new_id, row, stream, until

ADMIN: Final = Caller(actor="oidc:6f1c0009", trusted=True)
TODAY: Final = today_in_china()
APPROVER: Final = replace(GRANT, until=None)
KEY: Final = replace(ISSUE, expires_on=TODAY + timedelta(days=90))
GIVEN: Final = Grant(role=Role.COUNTY_APPROVER, scope=Scope(area=Area("431181")))


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Give what was logged so far."""
    with structlog.testing.capture_logs() as entries:
        yield entries


async def send(log: Log, command: object, **rest: Any) -> Outcome:
    rest.setdefault("command_id", new_id())
    return await Handler(log).handle(ADMIN, INSTALLATION, command, **rest)


@asynccontextmanager
async def running(directory: Directory) -> AsyncIterator[None]:
    task = asyncio.create_task(directory.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def knows(directory: Directory, *grants: Grant) -> Any:
    async def it_does() -> bool:
        return directory.grants_of(OFFICER, TODAY) == grants

    return it_does


# The log


async def test_a_right_needs_no_place_and_says_who_gave_it(log: Log) -> None:
    outcome = await send(log, APPROVER)
    assert (outcome.region, outcome.stream, outcome.position) == (INSTALLATION, account_stream(OFFICER), 1)
    (told,) = await log.read(INSTALLATION)
    assert (told.stored.region, told.stored.stream_kind, told.stored.actor) == ("000000", "account", ADMIN.actor)
    assert told.fact.grant_id == grant_id(OFFICER, 1)
    assert [head.region for head in await log.heads()] == ["000000"]


async def test_a_refusal_is_kept_and_answered_the_same_for_ever(log: Log) -> None:
    await send(log, APPROVER)
    command_id = new_id()
    admin = replace(APPROVER, role=Role.SECURITY_ADMIN)
    refused = await send(log, admin, command_id=command_id)
    assert isinstance(refused.refused, SeparatedRolesError)
    await send(log, replace(END, grant_id=grant_id(OFFICER, 1)))
    again = await send(log, admin, command_id=command_id)
    assert type(again.refused) is SeparatedRolesError
    assert (again.refused.path, again.refused.params) == (refused.refused.path, refused.refused.params)
    assert (await send(log, admin)).refused is None


async def test_the_id_of_a_key_is_of_one_account_in_the_whole_installation(log: Log) -> None:
    other = replace(KEY, account=Account("machine:another"))
    outcomes = await asyncio.gather(send(log, KEY), send(log, other))
    assert sorted(type(one.refused).__name__ for one in outcomes) == ["AlreadyClaimedError", "NoneType"]
    await send(log, REVOKE)
    await send(log, replace(REVOKE, account=other.account))
    third = await send(log, replace(KEY, account=Account("machine:third")))
    assert isinstance(third.refused, AlreadyClaimedError)
    assert third.refused.path == ()


async def test_rights_and_places_do_not_get_into_each_others_way(log: Log) -> None:
    await send(log, APPROVER)
    handler = Handler(log)
    assert (await handler.handle(ADMIN, QIYANG, OPEN_PLACE, command_id=new_id())).position == 1
    following = Following(handler, log)
    assert await following.step() == 0
    await send(log, KEY)
    assert await following.step() == 0
    assert (await contiguous(log, "000000"), await contiguous(log)) == (2, 1)


# The directory


async def test_it_knows_all_that_there_is_before_anything_is_served(log: Log) -> None:
    directory = Directory(log)
    assert directory.age_s == float("inf")
    await send(log, APPROVER)
    await send(log, KEY)
    await directory.load()
    assert directory.grants_of(OFFICER, TODAY) == (GIVEN,)
    assert directory.key(KEY.key_id) == Key(MACHINE, KEY.sha256, KEY.expires_on)
    assert {*directory.accounts} == {OFFICER, MACHINE}
    assert directory.age_s < float("inf")


async def test_it_knows_nothing_of_those_who_have_nothing(log: Log) -> None:
    directory = Directory(log)
    await directory.load()
    assert (directory.grants_of("oidc:nobody", TODAY), directory.key("0" * 16), directory.epoch) == ((), None, 0)
    assert await directory.caught_up_to(0)
    assert not await directory.caught_up_to(1)


async def test_long_logs_are_read_in_pages(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_READ", 2)
    for number in range(5):
        await send(log, replace(APPROVER, account=Account(f"oidc:{number}")))
    directory = Directory(log)
    await directory.load()
    assert len(directory.accounts) == 5


async def test_a_grant_ends_with_its_last_day_without_any_news(log: Log) -> None:
    await send(log, replace(APPROVER, until=TODAY))
    directory = Directory(log)
    await directory.load()
    assert directory.grants_of(OFFICER, TODAY) == (replace(GIVEN, until=TODAY),)
    assert directory.grants_of(OFFICER, TODAY + timedelta(days=1)) == ()


async def test_what_a_process_has_stored_it_knows_before_it_answers(log: Log) -> None:
    directory = Directory(log)
    await directory.load()
    for command, grants in ((APPROVER, (GIVEN,)), (END, ())):
        outcome = await send(log, command)
        assert await directory.caught_up_to(outcome.position)
        assert directory.grants_of(OFFICER, TODAY) == grants
    assert directory.epoch == 2
    await directory.load()
    assert directory.epoch == 2


async def test_another_process_learns_of_it(log: Log, database: str) -> None:
    async with Log.open(database, size=2) as other:
        directory = Directory(other)
        async with running(directory):
            await send(log, APPROVER)
            await until(knows(directory, GIVEN))
            before = directory.epoch
            await send(log, END)
            await until(knows(directory))
            assert directory.epoch == before + 1


class Deaf(Bell):
    """A bell whose connection to other processes is broken."""

    async def run(self, pool: Any) -> None:
        """Carry nothing."""


async def test_a_key_that_was_revoked_is_refused_even_where_no_news_comes(
    log: Log, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.log.log.Bell", Deaf)
    async with Log.open(database, size=2) as other:
        directory = Directory(other)
        async with running(directory):

            async def it_is_taken() -> bool:
                return directory.key(KEY.key_id) is not None

            async def it_is_refused() -> bool:
                return directory.key(KEY.key_id) is None

            await send(log, KEY)
            await until(it_is_taken)
            await send(log, REVOKE)
            await until(it_is_refused)
    assert module.POLL_S + module.PAUSE_S < 1


async def _restore(as_owner: asyncpg.Connection[asyncpg.Record], position: int) -> None:
    await as_owner.execute("ALTER TABLE fact DISABLE TRIGGER USER")  # One of them forbids this.
    await as_owner.execute("DELETE FROM fact WHERE position > $1", position)
    await as_owner.execute("UPDATE log_head SET position = $1", position)


@pytest.mark.parametrize("goes_on", [False, True])
async def test_after_a_backup_was_restored_it_knows_what_is_there(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record], logged: list[EventDict], *, goes_on: bool
) -> None:
    directory = Directory(log)
    await send(log, APPROVER)
    await send(log, replace(APPROVER, role=Role.LEADER))
    position = (await send(log, KEY)).position
    await directory.load()
    before = directory.epoch
    await _restore(as_owner, 1)
    if goes_on:  # To the same length, and beyond.
        for number in (1, 2, 3):
            await send(log, replace(KEY, account=Account(f"machine:{number}"), key_id=KeyId(f"{number:016x}")))
        assert await directory.caught_up_to(position + 1)
    else:
        await directory.load()
        assert not await directory.caught_up_to(position)
    assert directory.grants_of(OFFICER, TODAY) == (GIVEN,)
    assert (directory.key(KEY.key_id), directory.epoch) == (None, before + 1)
    assert len(directory.accounts) == 1 + 3 * goes_on
    assert [one["log_level"] for one in logged] == ["warning"]


async def test_an_installation_that_lost_all_its_rights_gives_none(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    directory = Directory(log)
    await send(log, APPROVER)
    await directory.load()
    await _restore(as_owner, 0)
    await directory.load()
    assert (directory.grants_of(OFFICER, TODAY), {*directory.accounts}) == ((), set())


class Failing(Log):
    """A log whose next reads fail."""

    fails: list[Exception]

    async def read(self, *args: Any, **rest: Any) -> list[Recorded]:
        """Fail, or read."""
        if self.fails:
            raise self.fails.pop()
        return await super().read(*args, **rest)


@pytest.mark.parametrize("error", [OSError("away"), TimeoutError(), RuntimeError("a bug")])
async def test_neither_a_database_that_is_away_nor_a_bug_ends_it(
    log: Log, database: str, logged: list[EventDict], error: Exception
) -> None:
    await send(log, APPROVER)
    async with Failing.open(database, size=2) as failing:
        failing.fails = [error, error]
        directory = Directory(failing)
        async with running(directory):
            await until(knows(directory, GIVEN))
    assert {one["log_level"] for one in logged} == {"error" if isinstance(error, RuntimeError) else "warning"}


async def test_it_goes_on_when_its_connections_were_cut(
    log: Log, database: str, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    async with Log.open(database, size=2) as other:
        directory = Directory(other)
        async with running(directory):
            await send(log, APPROVER)
            await until(knows(directory, GIVEN))
            await as_owner.execute("""
                SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
                WHERE a.datname = current_database() AND a.application_name = 'taizhang-reader'""")
            command_id = new_id()

            async def it_is_stored() -> bool:  # The sender's connections were cut as well.
                with suppress(BusyError):
                    return (await send(log, END, command_id=command_id)).refused is None
                return False

            await until(it_is_stored)
            await until(knows(directory))


async def test_a_fact_that_it_does_not_know_leaves_it_where_it_was_and_is_told(
    log: Log, logged: list[EventDict]
) -> None:
    """Of a later version of the service: nobody can say what it gives or takes."""
    await send(log, APPROVER)
    directory = Directory(log)
    await directory.load()
    await log.append(INSTALLATION, item(row(stream("account"), name="NotYetInvented")))
    with pytest.raises(CodecError):
        await Directory(log).load()

    async def it_was_told() -> bool:
        return any(one["log_level"] == "error" for one in logged)

    async with running(directory):
        await until(it_was_told)
    assert directory.grants_of(OFFICER, TODAY) == (GIVEN,)


async def test_facts_of_other_streams_are_passed_by(log: Log) -> None:
    name, schema, body, _ = log.codec.encode(ENDED)
    await log.append(INSTALLATION, item(row(stream("place"), name=name, schema=schema, body=body)))
    directory = Directory(log)
    await directory.load()
    assert (await directory.caught_up_to(1), {*directory.accounts}) == (True, set())
