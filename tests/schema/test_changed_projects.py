"""A live list: each project that something was recorded about, as it stands now or as gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, cast

from schema import schema
from schema.context import Context
from schema.values import encode_id
from service.domain.project import VoidProject
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.values import Reason
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.story import LENGSHUITAN, register
from tests.schema.test_changes import COUNTIES, handle, note, opened

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.schema.conftest import Api

__all__ = ["opened"]  # The fixture.

LIVE: Final = """subscription ($after: String, $filter: ProjectFilter, $from: ChangeStart) {
  projectsChanged(after: $after, filter: $filter, from: $from) { changes { id project { id name } } cursor } }"""
OURS: Final = encode_id("Project", QIYANG, PROJECT_ID)


async def following(api: Api, **asked: Any) -> AsyncGenerator[Any, None]:
    """Yield what a subscriber gets, each within a few seconds."""
    context = Context(api.caller, api.services)
    stream = cast(
        "AsyncGenerator[Any, None]", await schema.subscribe(LIVE, variable_values=asked, context_value=context)
    )
    try:
        while True:
            one = await asyncio.wait_for(anext(stream), 10)
            assert one.errors is None, one.errors
            yield one.data["projectsChanged"]
    finally:
        await stream.aclose()


async def test_a_project_is_shown_as_it_stands_and_as_gone_once_the_filter_leaves_it_out(opened: Api) -> None:
    stream = following(opened)
    assert (await anext(stream))["changes"] == []
    await handle(opened, QIYANG, note(1))
    (change,) = (await anext(stream))["changes"]
    assert change["id"] == change["project"]["id"] == OURS
    await handle(opened, QIYANG, VoidProject(project_id=PROJECT_ID, reason=Reason("登记有误")))
    told = await anext(stream)
    assert told["changes"] == [{"id": OURS, "project": None}]
    # Whoever was away meanwhile is told how it stands now, once.
    again = following(opened, **{"from": "BEGINNING"})
    assert {"id": OURS, "project": None} in (await anext(again))["changes"]
    resumed = following(opened, after=told["cursor"])
    assert (await anext(resumed))["changes"] == []
    for one in (stream, again, resumed):
        await one.aclose()


async def test_what_the_filter_chooses_is_told_from_what_it_does_not(opened: Api) -> None:
    stream = following(opened, filter={"region": LENGSHUITAN, "text": "别处"})
    await anext(stream)
    await handle(opened, LENGSHUITAN, register("演示别处", LENGSHUITAN))
    (change,) = (await anext(stream))["changes"]
    assert change["project"]["name"] == "演示别处"
    await handle(opened, QIYANG, note(1))
    assert (await anext(stream))["changes"] == [{"id": OURS, "project": None}]
    await stream.aclose()


async def test_an_item_is_two_statements_however_many_projects(opened: Api) -> None:
    for number in range(20):
        await handle(opened, COUNTIES[2], register(f"演示{number}", COUNTIES[2]))
    for region, position in (await opened.positions()).items():
        assert await opened.services.runner.wait_for(region, position, 10)
    stream = following(opened, **{"from": "BEGINNING"})
    before = len(opened.seen)
    told = await anext(stream)
    assert len(told["changes"]) == 21
    assert all(one["project"] for one in told["changes"])
    assert len(opened.seen) == before + 2
    await stream.aclose()


async def test_a_caller_is_told_of_projects_that_they_see_alone(opened: Api) -> None:
    elsewhere = Grant(role=Role.REPORTER, scope=Scope(area=Area(LENGSHUITAN)))
    stream = following(opened.by(elsewhere), **{"from": "BEGINNING"})
    assert (await anext(stream))["changes"] == []
    await handle(opened, QIYANG, note(1))
    await handle(opened, LENGSHUITAN, register("演示别处", LENGSHUITAN))
    (change,) = (await anext(stream))["changes"]
    assert change["project"]["name"] == "演示别处"
    await stream.aclose()


async def test_what_can_not_be_asked_ends_it_at_once(opened: Api) -> None:
    context = Context(opened.caller, opened.services)
    for asked, path in (({"filter": {"region": "123"}}, ["filter", "region"]), ({"after": "nonsense"}, ["after"])):
        stream = cast("Any", await schema.subscribe(LIVE, variable_values=asked, context_value=context))
        (error,) = (await asyncio.wait_for(anext(stream), 10)).errors
        assert error.extensions["path"] == path
        await stream.aclose()
