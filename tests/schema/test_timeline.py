"""A project's timeline: what happened and what is planned, by date, whichever stream it is in."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from schema.timeline import MOST_WINDOWS
from schema.values import encode_id
from service.domain.ceremony import BatchKind, CeremonyEntry
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.schedule import ReachMilestone
from service.domain.values import Code
from tests.examples import OPEN_PLACE, PLAN_PAPER, PROJECT_ID, QIYANG
from tests.examples.ceremony import HOLD
from tests.schema.conftest import written
from tests.schema.story import entry, include, register
from tests.schema.test_totals import tell
from tests.schema.warned import laid_out, noted, started, stated, suspended

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from tests.schema.conftest import Api

ASK: Final = """
    query ($id: ID!, $first: Int, $after: String) { project(id: $id) { name timeline(first: $first, after: $after) {
      nodes { kind on milestone position titleZh titleEn documents { title } }
      pageInfo { hasNextPage hasPreviousPage endCursor }
    } } }"""


@pytest.fixture
async def road(api: Api) -> UUID:
    """Return a project with a little of everything, told in another order than it happened."""
    project_id = await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG))
    await tell(
        api,
        QIYANG,
        started(project_id, "2021-03-18"),
        laid_out(
            project_id, date(2030, 12, 31), LAND=date(2021, 2, 1), TENDER=date(2030, 6, 1), FUNDS=date(2030, 6, 1)
        ),
        ReachMilestone(project_id=project_id, milestone=Code("LAND"), occurred_on=date(2021, 2, 9)),
        noted(project_id, "2021-03-18"),
        stated(project_id, "LAND", "2021-02-10"),
        replace(include("431181", entry(project_id, "3")), source=replace(PLAN_PAPER, issued_on=date(2021, 1, 20))),
        replace(
            HOLD,
            occurred_on=date(2021, 3, 20),
            entries=(CeremonyEntry(project_id=project_id, kind=BatchKind.START),),
            stated_batches=(),
        ),
        suspended(project_id, "2021-09-01"),
    )
    return project_id


async def told(api: Api, project_id: UUID, **variables: Any) -> dict[str, Any]:
    """Return the timeline, which comes with the project in one statement."""
    found = await api.query(ASK, id=encode_id("Project", QIYANG, project_id), **variables)
    assert len(api.took) == 1
    line: dict[str, Any] = found["project"]["timeline"]
    return line


async def test_what_happened_stands_in_the_order_in_which_it_did(api: Api, road: UUID) -> None:
    line = await told(api, road)
    # The registration is dated by its recording, which is today.
    nodes = [one for one in line["nodes"] if one["kind"] != "REGISTERED"]
    assert [(one["on"], one["kind"]) for one in nodes] == [
        ("2021-01-04", "SCHEDULE"),
        ("2021-01-20", "KEY_LIST"),
        ("2021-02-09", "MILESTONE"),
        ("2021-02-10", "CONDITION"),
        ("2021-03-18", "GATE"),
        ("2021-03-18", "NOTE"),
        ("2021-03-20", "CEREMONY"),
        ("2021-09-01", "PAUSE"),
        ("2030-06-01", "PLANNED"),
        ("2030-06-01", "PLANNED"),
    ]
    assert [one["milestone"] for one in nodes[-2:]] == ["FUNDS", "TENDER"]
    assert {(one["position"], one["titleZh"]) for one in nodes[-2:]} == {(None, None)}
    assert nodes[4]["titleZh"].startswith("登记开工")
    assert nodes[4]["documents"] == [{"title": "开工报告(演示)"}]
    assert len({one["position"] for one in line["nodes"]}) == len(line["nodes"]) - 1
    assert line["pageInfo"]["hasNextPage"] is False


async def test_pages_hold_every_item_once_in_order(api: Api, road: UUID) -> None:
    whole = (await told(api, road))["nodes"]
    found, after = [], None
    for _ in range(len(whole)):
        page = await told(api, road, first=3, after=after)
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole


async def test_a_milestone_that_is_reached_between_two_pages_lets_none_be_skipped(api: Api) -> None:
    project_id = await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG))
    codes = ("FOUNDATION", "FUNDS", "LAND", "TENDER")
    due = dict.fromkeys(codes, date(2021, 2, 1))
    await tell(api, QIYANG, laid_out(project_id, date(2030, 12, 31), **due))
    every = [one["milestone"] for one in (await told(api, project_id))["nodes"] if one["kind"] == "PLANNED"]
    assert every[: len(codes)] == list(codes)
    first = await told(api, project_id, first=3)
    assert [one["milestone"] for one in first["nodes"]] == [None, *codes[:2]]  # Behind the schedule itself.
    reached = ReachMilestone(project_id=project_id, milestone=Code("FOUNDATION"), occurred_on=date(2021, 1, 9))
    await tell(api, QIYANG, reached)
    rest = await told(api, project_id, after=first["pageInfo"]["endCursor"])
    assert [one["milestone"] for one in rest["nodes"]][:2] == list(codes[2:])


async def test_cursors_are_parameters_so_that_all_pages_are_one_statement(api: Api, road: UUID) -> None:
    second = await told(api, road, first=3, after=(await told(api, road, first=3))["pageInfo"]["endCursor"])
    statements = list(api.took)
    await told(api, road, first=3, after=second["pageInfo"]["endCursor"])
    assert api.took == statements


async def test_pages_of_one_project_are_asked_for_side_by_side_up_to_a_bound(api: Api, road: UUID) -> None:
    whole = (await told(api, road))["nodes"]
    ask = "query ($id: ID!) { project(id: $id) { %s } }"
    sent = {"id": encode_id("Project", QIYANG, road)}
    pages = [f"n{n}: timeline(first: {n}) {{ nodes {{ kind }} }}" for n in range(1, MOST_WINDOWS + 2)]
    both = (await api.query(ask % " ".join(pages[:MOST_WINDOWS]), **sent))["project"]
    assert len(api.took) == 1
    assert {name: len(one["nodes"]) for name, one in both.items()} == {f"n{n}": n for n in range(1, MOST_WINDOWS + 1)}
    assert both["n3"]["nodes"] == [{"kind": one["kind"]} for one in whole[:3]]
    assert (await api.refused(ask % " ".join(pages), **sent))["path"] == ["timeline"]


@pytest.mark.parametrize("keys", [["2021-03-18') OR true --", 1], ["2021-03-18", "1) OR (true"], ["2021-3-18", 1], []])
async def test_a_cursor_that_somebody_made_is_refused(api: Api, road: UUID, keys: list[Any]) -> None:
    end = (await told(api, road, first=1))["pageInfo"]["endCursor"]
    mark, *_ = orjson.loads(base64.urlsafe_b64decode(end))
    made = base64.urlsafe_b64encode(orjson.dumps([mark, *keys])).decode()
    refused = await api.refused(ASK, id=encode_id("Project", QIYANG, road), after=made)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["after"])


async def test_titles_are_for_who_may_read_the_audit_trail(api: Api, road: UUID) -> None:
    def by(role: Role) -> Api:
        return api.by(Grant(role=role, scope=Scope(area=Area(QIYANG))))

    kinds = "query ($id: ID!) { project(id: $id) { timeline { nodes { kind on } } } }"
    sent = {"id": encode_id("Project", QIYANG, road)}
    assert len((await by(Role.REPORTER).query(kinds, **sent))["project"]["timeline"]["nodes"]) == 11
    refused = await by(Role.REPORTER).refused(ASK, **sent)
    assert (refused["code"], refused["params"]) == ("FORBIDDEN", {"field": "TimelineItem.documents"})
    assert len((await told(by(Role.AUDITOR), road))["nodes"]) == 11
    assert (await api.by().refused(kinds, **sent))["code"] == "FORBIDDEN"


async def test_the_story_of_a_project_reads_by_date(told: Api, snapshot: Callable[[str, str], None]) -> None:
    ask = f"""
        {{ project(id: "{encode_id("Project", QIYANG, PROJECT_ID)}") {{ timeline(first: 12) {{
            nodes {{ kind on milestone position titleZh titleEn documents {{ title }} }}
            pageInfo {{ hasNextPage }}
        }} }} }}"""
    data = await told.query(ask)
    assert len(told.took) == 1
    days = [one["on"] for one in data["project"]["timeline"]["nodes"]]
    assert days == sorted(days)
    snapshot("project_timeline", written(ask, data, told.took))
