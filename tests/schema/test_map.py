"""The map: which sites lie in a box, in which coordinates, and as what they are drawn."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
import pytest

from schema.context import Context
from schema.sites import MOST_CONVERTED, Point, Site
from service.database import owner
from service.domain import identity, project
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.sites import CoordinateSystem, SiteKind
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Name, Reason, Region
from tests.examples import OPEN_PLACE, QIYANG, yi
from tests.examples.sites import GATE, PARK, ROAD, site
from tests.schema.conftest import written
from tests.schema.story import register
from tests.schema.test_totals import tell
from tests.schema.warned import OPEN_LENGSHUITAN, laid_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from schema.context import Info
    from tests.schema.conftest import Api

AROUND: Final = {"west": 111.7, "south": 26.5, "east": 112.0, "north": 26.7}
ASK: Final = """
    query (
      $bbox: BoundingBox!, $system: CoordinateSystem! = WGS84, $filter: ProjectFilter, $first: Int, $after: String
      $total: TotalInvestmentKind! = STATISTICAL
    ) {
      map(
        bbox: $bbox, system: $system, filter: $filter, first: $first, after: $after, on: "2022-06-01", total: $total
      ) {
        system isComplete featureCollection
        pageInfo { hasNextPage endCursor }
        features { project { name stage { zh } } site { kind system name } geometry feature }
      }
    }"""


async def drawn(api: Api, **variables: Any) -> dict[str, Any]:
    """Return the map, asked for in one statement; its features are those of its collection."""
    found: dict[str, Any] = (await api.query(ASK, **{"bbox": AROUND} | variables))["map"]
    assert len(api.took) == 1
    assert found["featureCollection"] == {
        "type": "FeatureCollection",
        "features": [one["feature"] for one in found["features"]],
    }
    for one in found["features"]:
        assert one["feature"]["geometry"] == one["geometry"]
    return found


async def kinds(api: Api, **variables: Any) -> list[str]:
    """Return what is drawn, by kind, in its order."""
    return [one["site"]["kind"] for one in (await drawn(api, **variables))["features"]]


def box(west: float, south: float, east: float, north: float) -> dict[str, float]:
    return {"west": west, "south": south, "east": east, "north": north}


def _over(role: Role, area: Region) -> Grant:
    return Grant(role=role, scope=Scope(area=Area(area)))


@pytest.fixture
async def park(api: Api) -> UUID:
    """Return a project with a point, a line and an area, beside one without a site."""
    return await tell(
        api, QIYANG, OPEN_PLACE, register("无位置项目", QIYANG), register("演示园", QIYANG, sites=(GATE, ROAD, PARK))
    )


async def test_sites_are_geojson_features_of_one_statement(
    api: Api, park: UUID, snapshot: Callable[[str, str], None]
) -> None:
    await tell(
        api,
        QIYANG,
        SetTotalInvestment(project_id=park, kind=TotalKind.STATISTICAL, stated=yi("1.2"), occurred_on=date(2022, 1, 5)),
        laid_out(park, date(2023, 1, 1), LAND=date(2022, 5, 1), TENDER=date(2022, 5, 31), STARTED=date(2022, 6, 1)),
    )
    found = await drawn(api)
    assert found["isComplete"] is True
    collection = orjson.loads(orjson.dumps(found["featureCollection"]))
    properties = [one["properties"] for one in collection["features"]]
    assert [(one["source"], one["conversion"], one["site"]) for one in properties] == [
        ("GCJ02", "FORMULA", "大门(演示)"), ("CGCS2000", "EQUAL", None), ("WGS84", "NONE", None)
    ]  # fmt: skip
    for one in properties:
        assert (one["name"], one["stageZh"], one["total"], one["overdue"]) == ("演示园", "谋划", "120000000", 2)
    point, line, area = (one["geometry"] for one in collection["features"])
    assert point == {
        "type": "Point",
        "coordinates": [pytest.approx(111.8519, abs=2e-3), pytest.approx(26.583, abs=3e-3)],
    }
    assert point["coordinates"] != [111.8571, 26.5804]
    assert all(len(str(one).split(".")[1]) <= 7 for one in point["coordinates"])
    assert line == {"type": "LineString", "coordinates": [[111.8, 26.55], [111.9, 26.6]]}
    # It was given clockwise.
    assert area == {
        "type": "Polygon",
        "coordinates": [[[111.84, 26.57], [111.85, 26.58], [111.84, 26.58], [111.84, 26.57]]],
    }
    assert len({one["id"] for one in collection["features"]}) == 3
    query = (
        '{ map(bbox: { west: 111.7, south: 26.5, east: 112, north: 26.7 }, on: "2022-06-01") { featureCollection } }'
    )
    data = await api.query(query)
    plain = (
        orjson.dumps(data).decode().replace(data["map"]["featureCollection"]["features"][0]["properties"]["id"], "…")
    )
    snapshot("map", written(query, orjson.loads(plain), api.took))


@pytest.mark.usefixtures("park")
async def test_a_site_is_found_wherever_its_box_is_touched_and_nowhere_else(api: Api) -> None:
    assert await kinds(api, bbox=box(111.75, 26.54, 111.81, 26.555)) == ["LINE"]
    assert await kinds(api, bbox=box(111.845, 26.575, 111.8451, 26.5751)) == ["LINE", "AREA"]
    assert await kinds(api, bbox=box(111.9, 26.6, 111.9, 26.6)) == ["LINE"]
    assert await kinds(api, bbox=box(111.9000001, 26.6000001, 111.91, 26.61)) == []
    assert await kinds(api, bbox=box(-180, -90, 180, 90)) == ["POINT", "LINE", "AREA"]
    assert await kinds(api, bbox=box(-180, -90, 0, 90)) == []


@pytest.mark.usefixtures("park")
async def test_a_box_is_of_the_system_that_is_asked_for(api: Api) -> None:
    """The gate stands where it was said to in its own system, half a kilometre away from there in WGS 84."""
    close = box(111.8570, 26.5803, 111.8572, 26.5805)
    assert "POINT" in await kinds(api, bbox=close, system="GCJ02")
    assert "POINT" not in await kinds(api, bbox=close)
    found = await drawn(api, bbox=close, system="GCJ02")
    assert found["system"] == "GCJ02"
    (gate,) = [one for one in found["features"] if one["site"]["kind"] == "POINT"]
    assert gate["geometry"]["coordinates"] == [111.8571, 26.5804]
    assert gate["feature"]["properties"]["conversion"] == "NONE"


@pytest.mark.usefixtures("park")
async def test_pages_hold_every_site_once_in_order(api: Api) -> None:
    gates = [site(SiteKind.POINT, CoordinateSystem.WGS84, ("111.8", "26.6"), name=name) for name in ("东门", "西门")]
    await tell(api, Region("431103"), OPEN_LENGSHUITAN, register("甲", "431103", sites=tuple(gates)))
    whole = (await drawn(api))["features"]
    assert len(whole) == 5
    found, after = [], None
    for last in (False, False, True):
        page = await drawn(api, first=2, after=after)
        assert page["isComplete"] is False
        assert page["pageInfo"]["hasNextPage"] is not last
        found += page["features"]
        after = page["pageInfo"]["endCursor"]
    assert found == whole
    refused = await api.refused(ASK, bbox=AROUND | {"east": 112.1}, after=after)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["after"])


async def test_a_map_is_of_the_projects_that_a_filter_chooses(api: Api, park: UUID) -> None:
    assert len(await kinds(api, filter={"region": "431121", "track": ["GOVERNMENT"]})) == 3
    assert await kinds(api, filter={"track": ["PROMOTED"]}) == []
    assert await kinds(api, filter={"region": "431103"}) == []
    await tell(api, QIYANG, project.VoidProject(project_id=park, reason=Reason("重复登记")))
    assert await kinds(api) == []
    assert len(await kinds(api, filter={"includeVoided": True})) == 3


async def test_sites_that_are_stated_anew_take_the_others_place(api: Api, park: UUID) -> None:
    was = {one["site"]["kind"]: one["feature"]["id"] for one in (await drawn(api))["features"]}
    moved = site(SiteKind.POINT, CoordinateSystem.WGS84, ("113", "27"))
    amend = project.AmendProject(project_id=park, changes=identity.Changes(sites=(moved, PARK)), reason=Reason("迁址"))
    await tell(api, QIYANG, amend)
    (area,) = (await drawn(api))["features"]
    # It stands in another place of the project's list, and is the same.
    assert (area["site"]["kind"], area["feature"]["id"]) == ("AREA", was["AREA"])
    (point,) = (await drawn(api, bbox=box(112.9, 26.9, 113.1, 27.1)))["features"]
    assert point["feature"]["id"] not in was.values()
    assert await kinds(api, bbox=box(112.9, 26.9, 113.1, 27.1)) == ["POINT"]
    named = project.AmendProject(
        project_id=park, changes=identity.Changes(name=Name("演示新园")), reason=Reason("更名")
    )
    await tell(api, QIYANG, named)
    assert await kinds(api) == ["AREA"]


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"west": 179.0, "east": -179.0}, "east"),
        ({"south": 27.0}, "north"),
        ({"west": -180.5}, "west"),
        ({"north": 90.5}, "north"),
    ],
)
async def test_a_box_that_is_none_is_refused(api: Api, wrong: dict[str, float], at: str) -> None:
    refused = await api.refused(ASK, bbox=AROUND | wrong)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["bbox", at])


async def test_a_total_that_the_caller_may_not_see_is_not_on_the_map_either(api: Api, park: UUID) -> None:
    stated = SetTotalInvestment(
        project_id=park, kind=TotalKind.CONTRACTED, stated=yi("5"), occurred_on=date(2022, 1, 5)
    )
    await tell(api, QIYANG, stated)
    totals = {}
    for role in (Role.DEPARTMENT, Role.LEADER):
        found = await drawn(api.by(_over(role, QIYANG)), total="CONTRACTED")
        totals[role] = {one["feature"]["properties"]["total"] for one in found["features"]}
    assert totals == {Role.DEPARTMENT: {None}, Role.LEADER: {"500000000"}}
    assert await kinds(api.by(_over(Role.LEADER, Region("431103")))) == []
    refused = await api.by().refused(ASK, bbox=AROUND)
    assert (refused["code"], refused["params"]) == ("FORBIDDEN", {"field": "MapFeature.feature"})


SITES: Final = """
    { projects { nodes { sites {
      said: points { longitude latitude } points(system: BD09) { longitude latitude }
      same: points(system: GCJ02) { longitude } geometry(system: CGCS2000) conversion
    } } } }"""


@pytest.mark.usefixtures("park")
async def test_a_site_of_a_project_is_told_in_any_system(api: Api) -> None:
    nodes = (await api.query(SITES))["projects"]["nodes"]
    (gate, _, area) = nodes[1]["sites"]
    assert gate["said"] == [{"longitude": "111.8571", "latitude": "26.5804"}]
    assert gate["same"] == [{"longitude": "111.8571"}]
    (told,) = gate["points"]
    assert (len(told["longitude"].split(".")[1]), told["longitude"]) != (4, "111.8571")
    assert gate["conversion"] == "FORMULA"
    assert area["geometry"]["coordinates"][0][0] == area["geometry"]["coordinates"][0][-1]


async def test_an_answer_converts_so_many_points_and_no_more(api: Api) -> None:
    corners = [(f"111.{n:03}", f"26.{n % 7}") for n in range(500)]
    parts = tuple(site(SiteKind.LINE, CoordinateSystem.GCJ02, *corners, name=f"{n}标段") for n in range(20))
    await tell(api, QIYANG, OPEN_PLACE, register("演示路", QIYANG, sites=parts))
    wide = box(111, 26, 112, 27)
    twice = MOST_CONVERTED // (500 * len(parts))
    shapes = [f"n{n}: geometry" for n in range(twice + 1)]
    ask = "query ($bbox: BoundingBox!) { map(bbox: $bbox) { features { %s } } }"
    assert len((await api.query(ask % " ".join(shapes[1:]), bbox=wide))["map"]["features"]) == len(parts)
    refused = (await api.ask(ask % " ".join(shapes), bbox=wide)).errors
    assert {tuple(one.extensions["path"]) for one in refused} == {("system",)}
    # In their own system nothing is to be converted.
    every = ask.replace("bbox: $bbox", "bbox: $bbox, system: GCJ02") % " ".join(shapes)
    assert len((await api.query(every, bbox=wide))["map"]["features"]) == len(parts)


async def test_others_have_their_turn_while_points_are_converted(api: Api) -> None:
    context, kept = Context(api.caller, api.services), list[int]()
    info = cast("Info", SimpleNamespace(context=context))
    point = Point(longitude="111.85", latitude="26.58")
    sites = [Site(kind=SiteKind.POINT, system=CoordinateSystem.GCJ02, points=[point]) for _ in range(1_000)]
    sites.append(Site(kind=SiteKind.LINE, system=CoordinateSystem.GCJ02, points=[point] * 1_000))

    async def convert(one: Site) -> None:
        kept.append(len(await one.spots(info, CoordinateSystem.WGS84)))

    converting = asyncio.gather(*map(convert, sites))
    turns = 0
    while not converting.done():
        await asyncio.sleep(0)
        turns += 1
    assert sum(kept) == 2_000
    # At most a hundred points in one stretch, and a site in each.
    assert turns >= 1_000 + 1_000 // 100


async def test_a_box_is_looked_up_by_index(api: Api) -> None:
    regions = ("431102", "431103", "431122")
    for region in map(Region, regions):
        await tell(api, region, replace(OPEN_PLACE, region=region) if region != QIYANG else OPEN_PLACE)
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO site_cell (region, project_id, number, cell, west, south, east, north, recorded_from,
              recorded_to)
            SELECT r, md5(r || i)::uuid, 0, i::bigint << 24, i, i, i, i, 1, 9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 20000) i""",
            regions,
        )
        await connection.execute("ANALYZE site_cell, project_status, projected")
    for filter_ in (None, {"region": "431102"}):
        await api.query(ASK, bbox=AROUND, filter=filter_)
        rows = await api.services.reading.fetch(f"EXPLAIN {api.seen[0]}", *api.sent)
        plan = "\n".join(row[0] for row in rows)
        assert "Seq Scan on site_cell" not in plan, plan
        assert "Index Scan using site_cell_1" in plan, plan
