"""一张图: what of projects lies in a box of the map, ready for MapLibre, Leaflet and OpenLayers (mission.md A5)."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Annotated, Any, Final

import orjson
import strawberry

from projections.site_cells import SCALE
from schema.context import Info
from schema.filters import ProjectFilter
from schema.pages import MOST, After, Order, Page, PageInfo
from schema.project import Project
from schema.read import Binds, column, computed, fed, holds, part, reads, select_list
from schema.register_conditions import TOTALS
from schema.sites import Site, feature, geometry
from schema.values import GeoJson, project_id_sql
from schema.warning_rules import day_asked
from service.domain.coordinates import conversion
from service.domain.errors import InvalidValueError
from service.domain.grid import Box, in_wgs84, ranges
from service.domain.sites import CoordinateSystem
from service.domain.total_investment import TotalKind

_SITE: Final = "(p.sites -> s.number::integer)"
_KINDS: Final = " ".join(f"WHEN '{kind}' THEN p.{name}" for kind, name in TOTALS.items())
_OVERDUE: Final = (
    "(SELECT count(*) FROM schedule_milestone o WHERE o.region = p.region AND o.project_id = p.project_id"  # noqa: S608 - declared SQL only.
    f" AND {holds('o')} AND o.reached_on IS NULL AND coalesce(o.forecast_on, o.planned_on) < cut.day)"
)
# What it shows is what the fields of Project of the same names show, through the same columns and their masks.
_PROPERTIES: Final = f"""JSON_OBJECT(
    'id': {project_id_sql("p")}, 'name': p.name, 'region': p.location, 'category': p.category, 'stage': p.stage,
    'stageZh': p.stage_zh, 'phase': p.phase, 'handling': p.handling, 'activity': p.activity,
    'total': trim_scale((CASE cut.total {_KINDS} END) / 100.0)::text, 'overdue': {_OVERDUE}, 'site': {_SITE} ->> 'name',
    'source': {_SITE} ->> 'system' RETURNING json)"""
_ID_DIGITS: Final = 16
_ORDER: Final = Order("SITE", (("s.region", "text"), ("s.project_id", "uuid"), ("s.number", "bigint")))


@strawberry.input(
    description="地图范围 A box of the map, in degrees. One across the antimeridian is refused: west is at most east."
)
class BoundingBox:
    """A box."""

    west: float = strawberry.field(description="西 Western longitude, -180 to 180.")
    south: float = strawberry.field(description="南 Southern latitude, -90 to 90.")
    east: float = strawberry.field(description="东 Eastern longitude, not less than west.")
    north: float = strawberry.field(description="北 Northern latitude, not less than south.")

    def box(self) -> Box:
        """Return the box.

        Raises:
            InvalidValueError: it is none.
        """
        for name, most in (("west", 180), ("south", 90), ("east", 180), ("north", 90)):
            if not -most <= getattr(self, name) <= most:
                raise InvalidValueError("bbox", name, rule=f"-{most} to {most}", value=getattr(self, name))
        if self.west > self.east:
            raise InvalidValueError("bbox", "east", rule="not less than west: ask for each side of the antimeridian")
        if self.south > self.north:
            raise InvalidValueError("bbox", "north", rule="not less than south")
        return Box(self.west, self.south, self.east, self.north)


@reads("s", "图上要素 A site of a project, on the map. A project with several sites has as many features.")
class MapFeature:
    """A feature."""

    project: Project = part(lambda selection, binds: select_list(Project, selection, binds), "项目 The project.")
    site: Site = column(_SITE, "位置 The site, as it was given.")

    @computed(f"json_build_array(cut.system, {_SITE})", "几何对象 Its geometry in the map's coordinate system.")
    async def geometry(self, info: Info) -> GeoJson:
        """Return its geometry."""
        system, site = fed(self, "geometry")
        return await _drawn(info, system, site)

    @computed(
        f"json_build_array(cut.system, {_SITE}, {_PROPERTIES})",
        "地理要素 As a GeoJSON feature (RFC 7946). Its id stays the same for as long as the site is stated the same.",
    )
    async def feature(self, info: Info) -> GeoJson:
        """Return it as a feature."""
        return await _feature(self, info)


async def _feature(one: MapFeature, info: Info) -> GeoJson:
    system, site, properties = fed(one, "feature")
    how = conversion(CoordinateSystem(site["system"]), CoordinateSystem(system))
    # Of what it says and not of its place among the project's sites, which another one takes when they are amended.
    said = hashlib.sha256(orjson.dumps(site, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_ID_DIGITS]
    return feature(f"{properties['id']}:{said}", await _drawn(info, system, site), properties | {"conversion": how})


async def _drawn(info: Info, system: str, plain: dict[str, Any]) -> GeoJson:
    site = Site.of_plain(plain)
    return geometry(site.kind, await site.spots(info, CoordinateSystem(system)))


@strawberry.type(description="一张图 What lies in a box of the map, a page at a time.")
class ProjectMap:
    """A page of the map."""

    system: CoordinateSystem = strawberry.field(description="坐标系 Of the box and of all geometries.")
    is_complete: bool = strawberry.field(description="是否完整 Whether this page is all that lies in the box.")
    page_info: PageInfo = strawberry.field(description="分页信息 Where the page begins and ends.")
    features: list[MapFeature] = strawberry.field(description="图上要素 One for each site, by ledger and project.")

    @strawberry.field(
        description="地理要素集 The same as a GeoJSON feature collection (RFC 7946). Properties: id, name, region,"
        " category, stage, stageZh, phase, handling, activity, total (yuan, a decimal as text, of the kind asked for),"
        " overdue (milestones), site, source (the system that it was given in) and conversion; each as far as its field"
        " is shown to the caller."
    )
    async def feature_collection(self, info: Info) -> GeoJson:
        """Return the features as one collection."""
        features = [await _feature(one, info) for one in self.features]
        return GeoJson({"type": "FeatureCollection", "features": features})


@strawberry.type
class MapQuery:
    """Queries on the map."""

    @strawberry.field(
        description="一张图 Sites of projects that lie in a box or reach into it, by their own boxes. In GCJ-02 or"
        " BD-09 some that lie a little outside are found too: a box of one system is not quite one of another. CGCS2000"
        " is taken as WGS 84; what the others are is told by `conversion`."
    )
    async def map(
        self,
        info: Info,
        *,
        bbox: Annotated[BoundingBox, strawberry.argument(description="地图范围 Which box, in `system`.")],
        system: Annotated[
            CoordinateSystem,
            strawberry.argument(description="坐标系 Of the box and of the answer; WGS 84 unless said, as in RFC 7946."),
        ] = CoordinateSystem.WGS84,
        on: Annotated[
            date | None, strawberry.argument(description="日期 On which milestones are overdue; today unless said.")
        ] = None,
        total: Annotated[
            TotalKind, strawberry.argument(description="总投资口径 Which total; kinds are never mixed.")
        ] = TotalKind.STATISTICAL,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            ProjectFilter | None, strawberry.argument(description="筛选 Which projects; all that are not voided.")
        ] = None,
        first: Annotated[
            int | None, strawberry.argument(description=f"条数 How many, 1 to {MOST}; {MOST} unless said.")
        ] = None,
        after: After = None,
    ) -> ProjectMap | None:
        """Return a page of the map, in one statement: the first of each ledger, merged."""
        asked = filter or ProjectFilter()
        box = in_wgs84(bbox.box(), system)
        day = day_asked(on, "on")
        count = MOST if first is None else first
        page = Page.ask(info, _ORDER, [asked.told(), box, system], first=count, after=after, last=None, before=None)
        binds = Binds()
        selection = page.selection
        wanted = selection.below("features")
        if selection.has("featureCollection"):
            wanted.fields.setdefault("feature", [])
        found = _found(box, binds)
        where = " AND ".join([holds("p"), *asked.where(binds)])
        rows = f"""
                  SELECT p.region, p.project_id, f.number FROM ({found}) f
                  JOIN project_status p ON p.region = m.region AND p.project_id = f.project_id
                  WHERE {where}"""  # noqa: S608 - binds and declared SQL only.
        cut = ", ".join((
            f"{binds(day, 'date')} AS day",
            f"{binds(system.value, 'text')} AS system",
            f"{binds(total.value, 'text')} AS total",
        ))  # fmt: skip
        joins = (
            "\n            JOIN project_status p ON p.region = s.region AND p.project_id = s.project_id"
            f" AND {holds('p')}"
            f"\n            CROSS JOIN (SELECT {cut}) cut"
        )
        row = select_list(MapFeature, wanted, binds)
        sql = page.over_ledgers("s", row, rows, asked.ledgers("m.region", binds), binds, joins=joins)
        found_page = await info.context.page(MapFeature, page, sql, binds.values, area=asked.area())
        pages = found_page.page_info
        return ProjectMap(
            system=system,
            is_complete=not (pages.has_next_page or pages.has_previous_page),
            page_info=pages,
            features=found_page.nodes,
        )


def _found(box: Box, binds: Binds) -> str:
    """Return the select of the sites of a ledger `m` whose boxes touch a box, each once: by cells, then exactly."""
    first, last = zip(*ranges(box), strict=True)
    west, south, east, north = (round(degrees * SCALE) for degrees in box)
    return f"""
                    SELECT DISTINCT c.project_id, c.number
                    FROM unnest({binds(list(first), "bigint[]")}, {binds(list(last), "bigint[]")}) k (first, last)
                    CROSS JOIN LATERAL (
                      SELECT c.project_id, c.number FROM site_cell c
                      WHERE c.region = m.region AND c.cell >= k.first AND c.cell <= k.last AND {holds("c")}
                        AND c.west <= {binds(east, "bigint")} AND c.east >= {binds(west, "bigint")}
                        AND c.south <= {binds(north, "bigint")} AND c.north >= {binds(south, "bigint")}
                      OFFSET 0) c"""  # noqa: S608 - as above.
