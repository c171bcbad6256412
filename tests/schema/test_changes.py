"""Changes: every fact that a caller may see, in an order that never loses or repeats one, asked for or live."""

from __future__ import annotations

import asyncio
import base64
import random
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID, uuid4

import pytest

import projections
from projections.table import NOW_US
from schema import schema
from schema.changes import BATCH
from schema.context import Context
from schema.values import encode_id
from service.access import LOADER
from service.database import owner
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.schedule import NoteProgress
from service.domain.values import LongText, Region
from service.log.log import Log
from service.log.vector import Vector
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.schema.conftest import written
from tests.schema.story import LENGSHUITAN, SANDBOX, register

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from tests.schema.conftest import Api

PAGE: Final = """query ($after: String, $first: Int, $filter: ChangeFilter, $from: ChangeStart) {
  changes(after: $after, first: $first, filter: $filter, from: $from) {
    changes { region position name } cursor more } }"""
LIVE: Final = """subscription ($after: String, $filter: ChangeFilter, $from: ChangeStart) {
  changes(after: $after, filter: $filter, from: $from) { changes { region position name } cursor more } }"""
PLACES: Final = (QIYANG, LENGSHUITAN, SANDBOX)
COUNTIES: Final = (QIYANG, LENGSHUITAN, Region("431123"))


async def page(api: Api, **asked: Any) -> Any:
    """Return a page."""
    return (await api.query(PAGE, **asked))["changes"]


async def all_pages(api: Api, **asked: Any) -> list[tuple[str, int]]:
    """Return every change from a cursor on, as it is told page by page."""
    found, more = [], True
    while more:
        told = await page(api, **asked)
        found += places(told)
        asked = {name: value for name, value in asked.items() if name != "from"} | {"after": told["cursor"]}
        more = told["more"]
    return found


def places(told: Any) -> list[tuple[str, int]]:
    """Return where the facts of a page are."""
    return [(one["region"], one["position"]) for one in told["changes"]]


async def all_facts(api: Api) -> set[tuple[str, int]]:
    """Return where all facts of the places' ledgers are."""
    return {
        (region, one)
        for region, position in (await api.positions()).items()
        if region != "000000"
        for one in range(1, position + 1)
    }


async def test_a_page_is_one_statement(told: Api, snapshot: Callable[[str, str], None]) -> None:
    text = """query ($after: String, $filter: ChangeFilter) {
      changes(after: $after, first: 3, filter: $filter) {
        changes { region position name streamKind project occurredOn sentenceZh sentenceEn } cursor more } }"""
    first = await told.query(text)
    asked = {"after": first["changes"]["cursor"], "filter": {"region": "431181", "streams": ["project"]}}
    answer = await told.query(text, **asked)
    assert len(told.seen) == 1
    assert answer["changes"].pop("cursor")  # It has to do with when the facts were recorded.
    snapshot("changes", written(text, answer, told.took))


@pytest.mark.parametrize("first", [1, 2, 7, 200])
async def test_pages_of_any_size_have_every_fact_once_in_log_order(told: Api, first: int) -> None:
    found = await all_pages(told, first=first)
    assert len(found) == len(set(found))
    assert set(found) == await all_facts(told)
    for region in PLACES:
        positions = [position for of, position in found if of == region]
        assert positions == sorted(positions)


async def test_a_cursor_moves_over_what_the_filter_left_out(told: Api) -> None:
    none = await page(told, filter={"names": ["BaselineReset"], "region": "990001"})
    assert none["changes"] == []
    assert not none["more"]
    positions = Vector.parse(none["cursor"]).positions
    assert positions == {SANDBOX: (await told.positions())[SANDBOX]}


async def test_a_reader_may_begin_with_now(told: Api) -> None:
    begun = await page(told, **{"from": "NOW"})
    assert begun["changes"] == []
    assert await all_pages(told, after=begun["cursor"]) == []
    positions = {region: one for region, one in (await told.positions()).items() if region != "000000"}
    assert Vector.parse(begun["cursor"]).positions == positions


async def _named(api: Api, project_id: str) -> set[tuple[str, int]]:
    text = """query ($project: ID!) { auditTrail(project: $project, first: 200) { nodes { region position } } }"""
    nodes = (await api.query(text, project=project_id))["auditTrail"]["nodes"]
    return {(one["region"], one["position"]) for one in nodes}


async def test_the_filter_by_project_tells_what_its_trail_tells(told: Api) -> None:
    project_id = encode_id("Project", QIYANG, PROJECT_ID)
    trail = await _named(told, project_id)
    assert len(trail) > 5
    assert set(await all_pages(told, first=3, filter={"projects": [project_id]})) == trail


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"after": "nonsense"}, ["after"]),
        ({"after": base64.b64encode(b'{"431181": -1}').decode()}, ["after"]),
        ({"after": base64.b64encode(b"{}").decode(), "from": "NOW"}, ["from"]),
        ({"first": 0}, ["first"]),
        ({"first": 201}, ["first"]),
        ({"filter": {"region": "123"}}, ["filter", "region"]),
        ({"filter": {"names": ["nonsense"]}}, ["filter", "names", "0"]),
        ({"filter": {"names": ["ProjectVoided"] * 51}}, ["filter", "names"]),
        ({"filter": {"streams": ["x"]}}, ["filter", "streams", "0"]),
        ({"filter": {"projects": ["x"]}}, ["filter", "projects", "0"]),
    ],
)
async def test_what_can_not_be_asked_names_the_field(told: Api, asked: dict[str, Any], path: list[str]) -> None:
    assert (await told.refused(PAGE, **asked))["path"] == path


def _grant(role: Role, area: str, **part: Any) -> Grant:
    return Grant(role=role, scope=Scope(area=Area(area), **part))


async def test_a_caller_is_told_what_their_trails_tell(told: Api) -> None:
    county = told.by(_grant(Role.CITY_DISPATCHER, QIYANG))
    found = await all_pages(county, first=5)
    assert {region for region, _ in found} == {QIYANG}
    trail = 'query ($after: String) { placeTrail(region: "431181", first: 200, after: $after) { nodes { position } } }'
    shown = (await county.query(trail))["placeTrail"]["nodes"]
    assert [position for _, position in found] == [one["position"] for one in shown]


async def test_who_sees_no_history_is_refused(told: Api) -> None:
    for caller in (told.by(), told.by(_grant(Role.REPORTER, QIYANG))):
        refused = await caller.refused(PAGE)
        assert refused["code"] == "FORBIDDEN"


async def handle(api: Api, region: Region, command: object, command_id: UUID | None = None) -> None:
    """Store a command, and do not wait for it to show."""
    outcome = await api.services.handler.handle(LOADER, region, command, command_id=command_id or uuid4())
    assert outcome.refused is None, outcome.refused


def note(number: int) -> NoteProgress:
    """Return a note on the examples' project."""
    return NoteProgress(project_id=PROJECT_ID, occurred_on=date(2022, 5, 1), text=LongText(f"记{number}"))


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
            yield one.data["changes"]
    finally:
        await stream.aclose()


@pytest.fixture
async def opened(api: Api) -> Api:
    """Give the API with three places, and the examples' project in one."""
    for region in COUNTIES:
        await handle(api, region, replace(OPEN_PLACE, region=region))
    await handle(api, QIYANG, REGISTER, REGISTER_ID)
    for ledger, position in (await api.positions()).items():
        assert await api.services.runner.wait_for(ledger, position, 10)
    return api


async def test_the_first_item_comes_at_once_with_a_cursor_and_then_what_comes(opened: Api) -> None:
    stream = following(opened)
    first = await anext(stream)
    assert first["changes"] == []
    await handle(opened, QIYANG, note(1))
    told = await anext(stream)
    assert [one["name"] for one in told["changes"]] == ["ProgressNoted"]
    # Between the two cursors lies what was told.
    assert await all_pages(opened, after=first["cursor"]) == places(told)
    assert await all_pages(opened, after=told["cursor"]) == []
    await stream.aclose()


async def test_a_ledger_that_is_opened_later_is_told_from_its_first_fact(opened: Api) -> None:
    stream = following(opened)
    await anext(stream)
    await handle(opened, Region("431122"), replace(OPEN_PLACE, region=Region("431122")))
    assert places(await anext(stream)) == [("431122", 1)]
    await stream.aclose()


async def test_what_the_filter_leaves_out_is_not_told(opened: Api) -> None:
    stream = following(opened, filter={"names": ["ProgressNoted"]})
    await anext(stream)
    await handle(opened, LENGSHUITAN, register("演示别处", LENGSHUITAN))
    await handle(opened, QIYANG, note(1))
    assert [one["name"] for one in (await anext(stream))["changes"]] == ["ProgressNoted"]
    await stream.aclose()


async def test_nothing_is_read_ahead_of_a_reader(opened: Api) -> None:
    for number in range(BATCH + 20):
        await handle(opened, QIYANG, note(number))
    position = (await opened.positions())[QIYANG]
    assert await opened.services.runner.wait_for(QIYANG, position, 20)
    stream = following(opened, **{"from": "BEGINNING"})
    first = await anext(stream)
    read = [one for one in opened.seen if "audit_history" in one]
    assert len(first["changes"]) == BATCH
    assert first["more"]
    # The reader is busy; whatever comes meanwhile is not read for it.
    await handle(opened, QIYANG, note(-1))
    assert await opened.services.runner.wait_for(QIYANG, position + 1, 10)
    assert [one for one in opened.seen if "audit_history" in one] == read
    await anext(stream)
    assert len([one for one in opened.seen if "audit_history" in one]) == len(read) + 1
    await stream.aclose()


async def test_facts_of_another_process_are_told(opened: Api) -> None:
    stream = following(opened)
    await anext(stream)
    async with Log.open(opened.dsn, size=1) as elsewhere:
        handler = type(opened.services.handler)(elsewhere)
        outcome = await handler.handle(LOADER, QIYANG, note(7), command_id=uuid4())
    assert outcome.refused is None
    assert [one["name"] for one in (await anext(stream))["changes"]] == ["ProgressNoted"]
    await stream.aclose()


async def _restore(api: Api, position: int) -> None:
    """Make a ledger with its read models what it was at a position, as if a backup of then had been restored."""
    async with owner(api.dsn) as connection, connection.transaction():
        await connection.execute("ALTER TABLE fact DISABLE TRIGGER USER")  # One of them forbids this.
        last = "SELECT recorded_us FROM fact WHERE region = $1 AND position = $2"
        at = await connection.fetchval(last, QIYANG, position)
        await connection.execute("DELETE FROM fact WHERE region = $1 AND position > $2", QIYANG, position)
        for table in (table.name for one in projections.ALL for table in one.tables):
            await connection.execute(f"DELETE FROM {table} WHERE region = $1 AND recorded_from > $2", QIYANG, at)  # noqa: S608
            again = f"UPDATE {table} SET recorded_to = {NOW_US} WHERE region = $1 AND recorded_to > $2"  # noqa: S608
            await connection.execute(again, QIYANG, at)
        for table in ("log_head", "projected"):
            await connection.execute(f"UPDATE {table} SET position = $2 WHERE region = $1", QIYANG, position)  # noqa: S608


async def _noted(api: Api, count: int) -> int:
    """Store some notes; return where the log is when queries show them."""
    for number in range(count):
        await handle(api, QIYANG, note(number))
    position = (await api.positions())[QIYANG]
    assert await api.services.runner.wait_for(QIYANG, position, 10)
    return position


@pytest.mark.parametrize("more", [0, 1, 2, 3])
async def test_a_cursor_ahead_of_a_restored_ledger_is_refused_however_far_it_went_on(opened: Api, more: int) -> None:
    before = (await opened.positions())[QIYANG]
    after = await _noted(opened, 2)
    cursor = (await page(opened, **{"from": "NOW"}))["cursor"]
    assert (await page(opened, first=200))["cursor"] == cursor
    assert (await page(opened, after=cursor))["cursor"] == cursor
    await _restore(opened, before)
    await _noted(opened, more)
    refused = await opened.refused(PAGE, after=cursor)
    assert (refused["code"], refused["params"]) == ("CURSOR_AHEAD", {"region": QIYANG, "position": str(after)})


async def test_a_cursor_behind_a_fact_within_a_page_is_held_to_that_fact(opened: Api) -> None:
    before = (await opened.positions())[QIYANG]
    at = await _noted(opened, 4) - 2
    cursor = (await page(opened, filter={"region": QIYANG}, first=at))["cursor"]
    assert Vector.parse(cursor).positions == {QIYANG: at}
    assert len((await page(opened, filter={"region": QIYANG}, after=cursor))["changes"]) == 2
    await _restore(opened, before)
    await _noted(opened, 5)
    assert (await opened.refused(PAGE, filter={"region": QIYANG}, after=cursor))["code"] == "CURSOR_AHEAD"


async def test_a_ledger_whose_read_models_stand_before_the_cursor_is_waited_for(opened: Api) -> None:
    await _noted(opened, 2)
    cursor = (await page(opened, **{"from": "NOW"}))["cursor"]
    async with owner(opened.dsn) as connection, connection.transaction():
        # Who feeds the read models waits for this row.
        await connection.execute("SELECT FROM projected WHERE region = $1 FOR UPDATE", QIYANG)
        ahead = Vector.parse(cursor).moved([(QIYANG, (await opened.positions())[QIYANG] + 1, None)])
        await handle(opened, QIYANG, note(7))
        told = await page(opened, after=str(ahead))
    assert (told["changes"], told["cursor"], told["more"]) == ([], str(ahead), False)


@dataclass
class Reader:
    """One that stops and resumes anywhere, by page or live."""

    api: Api
    chance: random.Random
    found: list[tuple[str, int]] = field(default_factory=list)
    after: str | None = None

    async def has_all(self) -> bool:
        """Return whether it was told every fact that there is."""
        return set(self.found) >= await all_facts(self.api)

    async def go_on(self) -> None:
        """Take one page, or a few items of a subscription that is left then."""
        asked: dict[str, Any] = {"from": "BEGINNING"} if self.after is None else {"after": self.after}
        if self.chance.random() < 0.3:
            self._take(await page(self.api, first=self.chance.randint(1, 9), **asked))
            return
        stream = following(self.api, **asked)
        for _ in range(self.chance.randint(1, 4)):
            self._take(await anext(stream))
            if await self.has_all():
                break  # Nothing more may come.
        await stream.aclose()

    def _take(self, told: Any) -> None:
        self.found += places(told)
        self.after = told["cursor"]


async def _write(api: Api, chance: random.Random) -> None:
    async def one(region: Region, command: Callable[[int], object]) -> None:
        for number in range(40):
            await handle(api, region, command(number))
            await asyncio.sleep(chance.random() / 200)

    async with asyncio.TaskGroup() as writers:
        writers.create_task(one(QIYANG, note))
        for region in COUNTIES[1:]:
            writers.create_task(one(region, lambda number, region=region: register(f"演示{number}", region)))  # type: ignore[misc]  # The default binds the loop's region.


@pytest.mark.parametrize("seed", range(4))
async def test_stops_and_resumes_anywhere_lose_and_repeat_nothing_while_writers_append(opened: Api, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - Where it stops is no secret.
    opened.alone = False
    writing = asyncio.create_task(_write(opened, chance))
    reader = Reader(opened, chance)
    while not (writing.done() and await reader.has_all()):
        await reader.go_on()
    await writing
    assert len(reader.found) == len(set(reader.found)) > 120
    for region in COUNTIES:
        positions = [position for of, position in reader.found if of == region]
        assert positions == list(range(1, len(positions) + 1))
