"""项目位置: where a project lies, as it was given or in another coordinate system, and as GeoJSON."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Annotated, Any, Final, TypeAlias

import strawberry

from schema.context import Info
from schema.values import GeoJson
from service.domain.coordinates import DECIMALS, Conversion, Spot, conversion, converted
from service.domain.errors import InvalidValueError
from service.domain.sites import CoordinateSystem, SiteKind

MOST_CONVERTED: Final = 20_000
"""Most points that are worked out by a formula for one answer: each takes the time of some sixty sines."""
_TURN: Final = 100
"""Points after which others have their turn: 20,000 take a second of the processor where a formula is undone."""

_System: TypeAlias = Annotated[
    CoordinateSystem,
    strawberry.argument(description="坐标系 In which; WGS 84 unless said, which is what RFC 7946 asks for."),
]


@strawberry.type(description="坐标点 A point, in degrees.")
class Point:
    """A point."""

    longitude: str = strawberry.field(description="经度 Longitude: as it was given, or converted to 7 decimals.")
    latitude: str = strawberry.field(description="纬度 Latitude: as it was given, or converted to 7 decimals.")


@strawberry.type(description="项目位置 A point, line or area, in the coordinate system that it was given in.")
class Site:
    """A site; `points` are as they were given."""

    kind: SiteKind = strawberry.field(description="位置类型 Point, line or area.")
    system: CoordinateSystem = strawberry.field(description="坐标系 The coordinate system that it was given in.")
    points: strawberry.Private[list[Point]]
    name: str | None = strawberry.field(description="名称 What it is called.", default=None)

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Site:
        """Return a site from its row."""
        return cls(
            kind=SiteKind(plain["kind"]),
            system=CoordinateSystem(plain["system"]),
            points=[Point(longitude=one["longitude"], latitude=one["latitude"]) for one in plain["points"]],
            name=plain.get("name"),
        )

    @strawberry.field(
        name="points",
        description=f"坐标 Its points; an area's first corner is not said again. At most {MOST_CONVERTED} points of an"
        " answer are converted by formula.",
    )
    async def points_in(
        self,
        info: Info,
        system: Annotated[
            CoordinateSystem | None, strawberry.argument(description="坐标系 In which; as it was given unless said.")
        ] = None,
    ) -> list[Point]:
        """Return its points."""
        if system is None or conversion(self.system, system) is not Conversion.FORMULA:
            return self.points
        return [
            Point(longitude=f"{one.longitude:.{DECIMALS}f}", latitude=f"{one.latitude:.{DECIMALS}f}")
            for one in await self.spots(info, system)
        ]

    @strawberry.field(
        description="几何对象 As a GeoJSON geometry (RFC 7946): longitude first; a ring closed and anticlockwise."
    )
    async def geometry(self, info: Info, system: _System = CoordinateSystem.WGS84) -> GeoJson:
        """Return its geometry."""
        return geometry(self.kind, await self.spots(info, system))

    @strawberry.field(description="换算方式 How its points become those of a coordinate system, and how exact that is.")
    def conversion(self, system: _System = CoordinateSystem.WGS84) -> Conversion:
        """Return how it is converted."""
        return conversion(self.system, system)

    async def spots(self, info: Info, system: CoordinateSystem) -> list[Spot]:
        """Return its points as numbers.

        The sites of an answer wait for each other: else the event loop would convert all of them before anything else.

        Raises:
            InvalidValueError: the answer converts too many.
        """
        spots = [Spot(float(one.longitude), float(one.latitude)) for one in self.points]
        if conversion(self.system, system) is not Conversion.FORMULA:
            return spots
        info.context.converted += len(spots)
        if info.context.converted > MOST_CONVERTED:
            raise InvalidValueError("system", rule=f"at most {MOST_CONVERTED} points of an answer are converted")
        found: list[Spot] = []
        async with info.context.converting:
            for first in range(0, len(spots), _TURN):
                found += (_rounded(converted(one, self.system, system)) for one in spots[first : first + _TURN])
                await asyncio.sleep(0)
        return found


def _rounded(spot: Spot) -> Spot:
    return Spot(round(spot.longitude, DECIMALS), round(spot.latitude, DECIMALS))


def geometry(kind: SiteKind, spots: list[Spot]) -> GeoJson:
    """Return a GeoJSON geometry: an area's ring is closed and runs anticlockwise (RFC 7946, 3.1.6)."""
    if kind is SiteKind.POINT:
        return GeoJson({"type": "Point", "coordinates": list(spots[0])})
    if kind is SiteKind.LINE:
        return GeoJson({"type": "LineString", "coordinates": [list(one) for one in spots]})
    ring = [*spots, spots[0]]
    # Twice the area that the ring goes around, negative if it does so clockwise.
    around = sum(a.longitude * b.latitude - b.longitude * a.latitude for a, b in pairwise(ring))
    if around < 0:
        ring.reverse()
    return GeoJson({"type": "Polygon", "coordinates": [[list(one) for one in ring]]})


def feature(identity: str, shape: GeoJson, properties: dict[str, Any]) -> GeoJson:
    """Return a GeoJSON feature."""
    return GeoJson({"type": "Feature", "id": identity, "geometry": shape, "properties": properties})
