"""位置: where a project lies: points, lines and areas, each in its own coordinate system (domain.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from service.domain.errors import BadFigureError, InvalidValueError
from service.domain.labels import Labelled
from service.domain.values import Matched, Name

MOST_POINTS: Final = 500
MOST_SITES: Final = 20


class SiteKind(Labelled):
    """位置类型 What a site is: POINT 点, LINE 线, AREA 面."""

    POINT = "POINT", "点", "point"
    LINE = "LINE", "线", "line"
    AREA = "AREA", "面", "area"


class CoordinateSystem(Labelled):
    """坐标系 Coordinate system of a site; kept as it was given, converted only where it is shown."""

    WGS84 = "WGS84", "世界大地坐标系", "WGS 84"
    CGCS2000 = "CGCS2000", "国家大地坐标系", "CGCS2000"
    GCJ02 = "GCJ02", "国测局坐标系", "GCJ-02"
    BD09 = "BD09", "百度坐标系", "BD-09"


class Degrees(Matched):
    """度: an angle in decimal degrees as it was given, up to 8 decimals (111.8571)."""

    __slots__ = ()
    _pattern = re.compile(r"(?!-[0.]*\Z)-?(0|[1-9]\d{0,2})(\.\d{1,8})?", re.ASCII)
    _error = BadFigureError


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """坐标点 A point, longitude and latitude in degrees."""

    longitude: Degrees
    latitude: Degrees

    def __post_init__(self) -> None:
        for name, most in (("longitude", 180), ("latitude", 90)):
            if abs(Decimal(getattr(self, name))) > most:
                raise BadFigureError(name, value=getattr(self, name), rule=f"-{most} to {most}")


_FEWEST: Final = {SiteKind.POINT: 1, SiteKind.LINE: 2, SiteKind.AREA: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """项目位置 A point, a line of at least two, or an area of at least three corners (the first is not said again)."""

    kind: SiteKind
    system: CoordinateSystem
    points: tuple[Point, ...]
    name: Name | None = None

    def __post_init__(self) -> None:
        fewest = _FEWEST[self.kind]
        most = 1 if self.kind is SiteKind.POINT else MOST_POINTS
        if not fewest <= len(self.points) <= most:
            raise InvalidValueError("points", rule=f"{fewest} to {most} for a {self.kind}")
        if self.kind is SiteKind.AREA and self.points[0] == self.points[-1]:
            raise InvalidValueError("points", rule="the first corner is not said again")
