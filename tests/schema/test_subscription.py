"""A project followed: as it stands at once, then after each change of it, whenever that comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import pytest

from schema import schema
from schema.context import Context
from schema.values import encode_id
from service.access import LOADER, LOCAL
from tests.examples import COMMANDS, OPEN_PLACE, PROJECT_ID, QIYANG, RECORD_STARTED, REGISTER, REGISTER_ID, VOID, yi
from tests.schema.conftest import shared
from tests.schema.story import register, report

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

TEXT = """
    subscription ($id: ID!) {
      projectChanged(id: $id) { ...F again: completions { period } }
    }
    fragment F on Project { stage { code } voided completions { position } }"""


async def handle(api: Api, command: object, command_id: UUID | None = None) -> None:
    """Store a command, and do not wait for it to show."""
    outcome = await api.services.handler.handle(LOADER, QIYANG, command, command_id=command_id or uuid4())
    assert outcome.refused is None, outcome.refused


@pytest.fixture
async def registered(api: Api) -> Api:
    """Give the API with the examples' project in it."""
    await _register(api)
    return api


@pytest.fixture(scope="module")
async def unchanged(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the same to tests that store nothing."""
    async with shared(cluster, tables, _register) as ready:
        yield ready


async def _register(api: Api) -> None:
    await handle(api, OPEN_PLACE)
    await handle(api, REGISTER, REGISTER_ID)
    assert await api.services.runner.wait_for(QIYANG, 2, 5)


async def follow(api: Api, project_id: str) -> AsyncIterator[Any]:
    """Yield what a subscriber gets."""
    context = Context(LOCAL, api.services)
    stream = await schema.subscribe(TEXT, variable_values={"id": project_id}, context_value=context)
    try:
        async for one in cast("AsyncGenerator[Any, None]", stream):
            yield one
    finally:
        await stream.aclose()


async def following(api: Api) -> AsyncGenerator[Any, None]:
    """Yield the examples' project as a subscriber gets it, each within a second."""
    stream = follow(api, encode_id("Project", QIYANG, PROJECT_ID))
    while True:
        one = await asyncio.wait_for(anext(stream), 1)
        assert one.errors is None, one.errors
        yield one.data["projectChanged"]


async def test_first_as_it_stands_then_after_each_change(registered: Api) -> None:
    stream = following(registered)
    assert await anext(stream) == {"stage": {"code": "PLANNING"}, "voided": False, "completions": [], "again": []}
    await handle(registered, RECORD_STARTED)
    assert (await anext(stream))["stage"] == {"code": "CONSTRUCTION"}
    await handle(registered, COMMANDS["REPORT_THROUGH_MARCH"])
    assert (await anext(stream))["again"] == [{"period": "2022-03"}]
    await handle(registered, VOID)
    assert (await anext(stream))["voided"]
    await stream.aclose()


async def test_a_key_list_that_names_the_project_is_told(registered: Api) -> None:
    stream = following(registered)
    first = await anext(stream)
    await handle(registered, COMMANDS["INCLUDE_IN_OWN_LIST"])
    assert await anext(stream) == first
    await stream.aclose()


async def test_no_change_is_lost_between_a_look_and_the_wait(registered: Api) -> None:
    stream = following(registered)
    await anext(stream)
    for month in range(1, 13):
        # The subscriber is busy with the last one while this is stored and shown.
        await handle(registered, report(PROJECT_ID, f"2021-{month:02}", yi(str(month))))
        position = (await registered.positions())[QIYANG]
        assert await registered.services.runner.wait_for(QIYANG, position, 5)
        assert len((await anext(stream))["again"]) == month
    await stream.aclose()


async def test_what_changes_elsewhere_is_not_told(registered: Api) -> None:
    stream = following(registered)
    await anext(stream)
    await handle(registered, register("演示别处", QIYANG))
    with pytest.raises(TimeoutError):
        await anext(stream)


async def test_a_subscriber_that_goes_away_leaves_nothing_behind(unchanged: Api) -> None:
    before = asyncio.all_tasks()
    streams = [following(unchanged) for _ in range(5)]
    await asyncio.gather(*(anext(stream) for stream in streams))
    waiting = [asyncio.create_task(anext(stream)) for stream in streams]
    await asyncio.sleep(0.05)
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.gather(*(stream.aclose() for stream in streams))
    assert asyncio.all_tasks() <= before
    assert unchanged.services.runner.waiting == 0


@pytest.mark.parametrize(("project_id", "code"), [
    ("nonsense", "INVALID_VALUE"),
    (encode_id("Place", QIYANG, PROJECT_ID), "INVALID_VALUE"),
    (encode_id("Project", QIYANG, UUID(int=7)), "NOT_FOUND"),
    (encode_id("Project", "110101", PROJECT_ID), "NOT_FOUND"),
])  # fmt: skip
async def test_a_project_that_is_none_is_an_error(unchanged: Api, project_id: str, code: str) -> None:
    stream = follow(unchanged, project_id)
    one = await anext(stream)
    assert [error.extensions["code"] for error in one.errors] == [code]
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_behind_a_position_it_is_shown_only_once_there_is_news(registered: Api) -> None:
    text = TEXT.replace("($id: ID!)", "($id: ID!, $after: Position)").replace("(id: $id)", "(id: $id, after: $after)")
    asked = {"id": encode_id("Project", QIYANG, PROJECT_ID), "after": 2}
    context = Context(LOCAL, registered.services)
    stream = cast(
        "AsyncGenerator[Any, None]", await schema.subscribe(text, variable_values=asked, context_value=context)
    )
    waiting = asyncio.create_task(anext(stream))
    done, _ = await asyncio.wait({waiting}, timeout=0.3)
    assert not done
    await handle(registered, VOID)
    assert (await asyncio.wait_for(waiting, 5)).data["projectChanged"]["voided"]
    await stream.aclose()
