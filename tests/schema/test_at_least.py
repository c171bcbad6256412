"""@atLeast: a query waits for what its sender knows to be stored, for a while, and tells nothing of others' ledgers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

import projections
from projections.runner import Runner
from schema import at_least, schema
from schema.at_least import MOST, MOST_COMING
from schema.context import Context
from service.access import ANONYMOUS, LOCAL, Caller
from service.auth import Gate, Session
from service.clock import today_in_china
from service.domain.roles import Account, Grant, Role
from service.throttle import Throttle
from tests.examples import OPEN_PLACE, QIYANG, RECORD_STARTED, REGISTER, REGISTER_ID
from tests.schema.asking import input_of
from tests.schema.story import LENGSHUITAN
from tests.schema.test_live_bounds import until
from tests.schema.test_mutations import PROJECT, send
from tests.schema.test_subscription import handle
from tests.system.operator import Operator

if TYPE_CHECKING:
    from tests.schema.conftest import Api

QUERY: Final = """
    query ($id: ID!, $positions: [RegionPositionInput!]!) @atLeast(positions: $positions) {
      project(id: $id) { version }
    }"""


def _at(position: int, region: str = QIYANG) -> dict[str, Any]:
    return {"region": region, "position": position}


@pytest.fixture
async def registered(api: Api) -> Api:
    """Give the API with the examples' project in it."""
    await send(api, OPEN_PLACE)
    await send(api, REGISTER, REGISTER_ID)
    return api


@pytest.fixture
async def behind(registered: Api) -> tuple[Api, Runner]:
    """Give the API of a process that knows how far it was by now, and then hears no more."""
    runner = registered.services.runner
    still = Runner(runner._log, runner._pool, projections.ALL)
    await still.look()
    return replace(registered, services=replace(registered.services, runner=still)), still


async def test_a_query_is_answered_from_the_position_of_a_payload_on(registered: Api) -> None:
    text = "mutation ($i: RecordStartedInput!) { gateRecordStarted(input: $i) { region { code } position } }"
    payload = (await registered.query(text, i=input_of(RECORD_STARTED, uuid4(), QIYANG)))["gateRecordStarted"]
    position = _at(payload["position"], payload["region"]["code"])
    assert (await registered.query(QUERY, id=PROJECT, positions=[position]))["project"] == {"version": 2}
    assert len(registered.took) == 1


async def test_a_process_that_is_behind_waits_and_answers_once_it_has_come_so_far(
    registered: Api, behind: tuple[Api, Runner]
) -> None:
    other, runner = behind
    context = Context(LOCAL, other.services)
    asked = schema.execute(QUERY, variable_values={"id": PROJECT, "positions": [_at(3)]}, context_value=context)
    waiting = asyncio.create_task(asked)
    await send(registered, RECORD_STARTED)
    assert not waiting.done()
    await runner.look()
    assert (await waiting).data == {"project": {"version": 2}}


async def test_one_that_stands_still_says_how_far_it_is_and_asks_the_database_nothing(
    behind: tuple[Api, Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(at_least, "WAIT_S", 0.01)
    other, _ = behind
    error = await other.refused(QUERY, id=PROJECT, positions=[_at(2), _at(3)])
    assert (error["code"], error["retryable"]) == ("NOT_YET", True)
    assert error["params"] == {"region": QIYANG, "wanted": 3, "reached": 2}
    assert error["message"] == f"The read models of {QIYANG} have come to 2, not yet to 3; try again."
    assert other.took == []
    assert (await other.query(QUERY, id=PROJECT, positions=[_at(2)]))["project"] == {"version": 1}


async def test_a_position_far_beyond_the_log_is_not_waited_for(behind: tuple[Api, Runner]) -> None:
    other, runner = behind
    asked = other.refused(QUERY, id=PROJECT, positions=[_at(2 + MOST_COMING + 1)])
    waiting = asyncio.create_task(asked)
    while not waiting.done():
        assert runner.waiting == 0
        await asyncio.sleep(0)
    assert (await waiting)["params"] == {"region": QIYANG, "wanted": 2 + MOST_COMING + 1, "reached": 2}


async def test_a_query_is_one_waiter_however_many_ledgers_it_names(told: Api) -> None:
    at = await told.positions()
    positions = [_at(at[region] + 1, region) for region in (QIYANG, LENGSHUITAN)]
    waiting = asyncio.create_task(told.ask(QUERY, id=PROJECT, positions=positions))
    runner = told.services.runner
    before = len(asyncio.all_tasks())
    await until(lambda: runner.waiting == 1)
    assert len(asyncio.all_tasks()) == before
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_rights_that_end_meanwhile_are_missed_and_only_what_is_read_is_journalled(
    behind: tuple[Api, Runner],
) -> None:
    other, runner = behind
    operator, directory, journal = Operator(runner._log), other.services.directory, other.services.journal
    grant_id = await operator.grant("oidc:somebody", Role.CITY_DISPATCHER, QIYANG)
    await directory.load()
    gate = Gate(directory, journal, Throttle(), None)
    services = replace(other.services, gate=gate)
    (grant,) = directory.grants_of("oidc:somebody", today_in_china())
    caller = Caller("oidc:somebody", grants=(grant,))

    async def ask(position: int) -> Any:
        session = Session(caller, "local", Account("oidc:somebody"))
        text = QUERY.replace("version", "roster { contact }")
        given = {"id": PROJECT, "positions": [_at(position)]}
        return await schema.execute(text, given, context_value=Context(caller, services, session))

    assert (await ask(2)).data == {"project": {"roster": []}}
    assert journal.waiting["personal_read"] == 1
    assert await journal.flush()
    waiting = asyncio.create_task(ask(3))
    await until(lambda: runner.waiting == 1)
    assert journal.waiting["personal_read"] == 0, "nothing was read yet"
    await operator.end("oidc:somebody", grant_id)
    await directory.load()
    await handle(other, RECORD_STARTED)
    await _until_fed(other)
    await runner.look()
    assert (await waiting).data == {"project": None}
    assert journal.waiting["personal_read"] == 0


async def _until_fed(api: Api) -> None:
    fed = Runner(api.services.runner._log, api.services.runner._pool, projections.ALL)
    async with asyncio.timeout(20):
        while not await fed.wait_for(QIYANG, 3, 0.05):
            await fed.look()


async def test_a_ledger_that_is_not_the_callers_to_see_is_as_one_that_there_is_not(registered: Api) -> None:
    elsewhere = registered.by(Grant.over(Role.REPORTER, LENGSHUITAN))
    told = [
        await api.refused(QUERY, id=PROJECT, positions=[_at(1, region)])
        for api, region in (
            (elsewhere, QIYANG),
            (elsewhere, "110101"),
            (elsewhere, "nonsense"),
            (elsewhere, "\ud800"),
            (registered, "110101"),
        )
    ]
    assert told == [told[0]] * len(told)
    assert told[0] == {
        "message": "positions.0.region: a ledger that you see",
        "code": "INVALID_VALUE",
        "messageZh": "positions.0.region:须为您可以查看的台账",
        "path": ["positions", "0", "region"],
        "params": {"rule": "a ledger that you see"},
    }


async def test_the_public_may_wait_as_well(registered: Api) -> None:
    text = QUERY.replace("version", "name")
    public = replace(registered, caller=ANONYMOUS, took=[])
    assert (await public.query(text, id=PROJECT, positions=[_at(2)]))["project"] is None


@pytest.mark.parametrize("count", [0, MOST + 1])
async def test_none_or_too_many_are_refused(registered: Api, count: int) -> None:
    error = await registered.refused(QUERY, id=PROJECT, positions=[_at(1)] * count)
    assert (error["code"], error["path"], error["params"]["rule"]) == (
        "INVALID_VALUE",
        ["positions"],
        f"1 to {MOST} ledgers",
    )


async def test_it_is_for_queries_alone_and_reads_literals_too(registered: Api) -> None:
    text = f'query @atLeast(positions: [{{region: "{QIYANG}", position: 2}}]) {{ places {{ name }} }}'
    assert len((await registered.query(text))["places"]) == 1
    error = await registered.refused(text.replace("query", "mutation").replace("places { name }", "__typename"))
    assert (error["code"], "atLeast" in error["message"]) == ("BAD_REQUEST", True)
    error = await registered.refused(QUERY, id=PROJECT, positions=[{"region": QIYANG, "position": "x"}])
    assert error["code"] == "BAD_REQUEST"
