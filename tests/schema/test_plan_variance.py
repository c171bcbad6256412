"""Projects off their year's plan: over it, or behind the year, compared exactly, the furthest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.examples import OPEN_PLACE, QIYANG
from tests.schema.story import entry, include, register, report, target
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

_OFF = """
    query (
      $direction: VarianceDirection!, $points: Int! = 0, $on: Date = "2022-04-30", $filter: InvestmentTotalsFilter
      $first: Int, $after: String
    ) {
      planVariance(
        basis: DISPATCH, direction: $direction, points: $points, on: $on, filter: $filter, first: $first, after: $after
      ) {
        nodes { project { name } entry { listOwner { code } } rate ahead through yearToDate { amount } }
        pageInfo { hasNextPage endCursor }
      }
    }"""


async def off(api: Api, direction: str, **variables: Any) -> list[tuple[str, str, str | None]]:
    """Return who is off which list's plan, and by how much it is ahead of the year."""
    found = (await api.query(_OFF, direction=direction, **variables))["planVariance"]["nodes"]
    return [(one["project"]["name"], one["entry"]["listOwner"]["code"], one["ahead"]) for one in found]


@pytest.fixture
async def qiyang(api: Api) -> Api:
    """Give 祁阳's ledger with nothing in it."""
    await tell(api, QIYANG, OPEN_PLACE)
    return api


async def test_who_is_off_the_plan_comes_by_how_far(qiyang: Api) -> None:
    # Of 1 亿 planned each, through April: a third of the year.
    done = {"甲": "1.2", "乙": "1.05", "丙": "0.3", "丁": "0.1", "戊": None, "己": "0.4"}
    ids = {name: await tell(qiyang, QIYANG, register(name, QIYANG)) for name in done}
    free = await tell(qiyang, QIYANG, register("无计划", QIYANG))
    none = await tell(qiyang, QIYANG, register("零计划", QIYANG))
    await tell(
        qiyang,
        QIYANG,
        include(QIYANG, *(entry(one, "1") for one in ids.values()), entry(free, None), entry(none, "0")),
        *(report(ids[name], "2022-04", target(figure).stated) for name, figure in done.items() if figure),
        report(free, "2022-04", target("5").stated),
        report(none, "2022-04", target("0.01").stated),
    )
    own = str(QIYANG)
    assert await off(qiyang, "OVER") == [("零计划", own, None), ("甲", own, "86.67"), ("乙", own, "71.67")]
    assert await off(qiyang, "OVER", points=5) == [("零计划", own, None), ("甲", own, "86.67")]
    assert await off(qiyang, "BEHIND") == [("戊", own, "-33.33"), ("丁", own, "-23.33"), ("丙", own, "-3.33")]
    assert await off(qiyang, "BEHIND", points=10) == [("戊", own, "-33.33"), ("丁", own, "-23.33")]
    assert await off(qiyang, "BEHIND", points=34) == []
    # Nothing reported is nothing done as far as the ledger knows, and is told apart from 0.
    first = (await qiyang.query(_OFF, direction="BEHIND"))["planVariance"]["nodes"][0]
    assert (first["yearToDate"], first["rate"], first["through"]) == (None, "0.00", "2022-04-30")


async def test_exactly_so_many_points_is_not_more(qiyang: Api) -> None:
    project_id = await tell(qiyang, QIYANG, register("甲", QIYANG))
    await tell(
        qiyang, QIYANG, include(QIYANG, entry(project_id, "3")), report(project_id, "2022-04", target("1").stated)
    )
    # A third of it in a third of the year, which no decimal says exactly.
    assert await off(qiyang, "BEHIND") == []
    assert await off(qiyang, "BEHIND", on="2022-05-01") == [("甲", "431181", "-0.27")]
    await tell(qiyang, QIYANG, report(project_id, "2022-05", target("3.15").stated))
    assert await off(qiyang, "OVER", on="2022-05-31", points=5) == []
    assert [one[0] for one in await off(qiyang, "OVER", on="2022-05-31", points=4)] == ["甲"]


async def test_a_project_is_judged_by_each_lists_own_plan(told: Api) -> None:
    assert await off(told, "BEHIND") == [("演示竹木新材料产业园一期", "430000", "-3.96")]
    listed = {"list": {"owner": "431121", "year": 2022}}
    assert await off(told, "BEHIND", filter=listed) == []
    assert [one[0] for one in await off(told, "BEHIND", on="2022-12-31", filter=listed)] == [
        "演示连接线",
        "演示竹木新材料产业园一期",
    ]
    by_class = {**listed, "planClass": ["NEW_START"], "region": "431181"}
    assert [one[0] for one in await off(told, "BEHIND", on="2023-06-30", filter=by_class)] == ["演示连接线"]
    assert await off(told, "BEHIND", on="2023-06-30") == []


async def test_pages_hold_each_of_them_once_the_furthest_first(told: Api) -> None:
    whole = await off(told, "BEHIND", on="2022-12-31")
    found, after = [], None
    while True:
        page = (await told.query(_OFF, direction="BEHIND", on="2022-12-31", first=2, after=after))["planVariance"]
        found += [(one["project"]["name"], one["entry"]["listOwner"]["code"], one["ahead"]) for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole
    assert [float(one[2] or 0) for one in found] == sorted(float(one[2] or 0) for one in found)
    wrong = await told.refused(_OFF, direction="BEHIND", on="2022-12-31", points=1, after=after)
    assert wrong["path"] == ["after"]
