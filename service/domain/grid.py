"""网格: cells of the globe by which a site is found in a box: whole numbers, so that any index serves ranges of them.

Each level halves the cells of the one before, from the whole globe down to about 38 metres. A site stands in the few
cells of the finest level at which its box touches no more than two by two of them. A cell's number is that of its place
on the curve that visits all cells within a cell one after the other (Z-order), so what lies within a cell is a range,
and what is larger than it are the single cells above it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from service.domain.coordinates import Spot, converted, in_china
from service.domain.sites import CoordinateSystem

LEVELS: Final = 20
_LEVEL_BITS: Final = 5
_OF_A_SITE: Final = 2
_OF_A_BOX: Final = 4
"""Most cells side by side that a site stands in, and that a box is asked by."""

# How much further than the corners tell a box may reach in WGS 84: both formulas bend by at most three hundredths of a
# degree over a degree, and move nothing further than two hundredths. The last is for what is left of roots and
# rounding.
_BEND: Final = 0.03
_FURTHEST: Final = 0.02
_REST: Final = 0.00002


class Box(NamedTuple):
    """A box in degrees; west is not east of east, south not north of north."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, spots: list[Spot]) -> Box:
        """Return the smallest box that holds points, of which there is at least one."""
        longitudes, latitudes = [one.longitude for one in spots], [one.latitude for one in spots]
        return cls(min(longitudes), min(latitudes), max(longitudes), max(latitudes))

    def grown(self, by: float) -> Box:
        """Return a box that reaches further to all sides, at most to the edge of the globe."""
        return Box(
            max(self.west - by, -180), max(self.south - by, -90), min(self.east + by, 180), min(self.north + by, 90)
        )

    def contains(self, spot: Spot) -> bool:
        """Return whether a point lies within, or on the edge."""
        return self.west <= spot.longitude <= self.east and self.south <= spot.latitude <= self.north

    def corners(self) -> list[Spot]:
        """Return the four corners."""
        return [Spot(east, north) for east in (self.west, self.east) for north in (self.south, self.north)]


def in_wgs84(box: Box, system: CoordinateSystem) -> Box:
    """Return a box in WGS 84 that holds all that lies in a box of another system, and little more."""
    if system in {CoordinateSystem.WGS84, CoordinateSystem.CGCS2000}:
        return box
    if not all(in_china(corner) for corner in box.grown(_FURTHEST).corners()):
        return box.grown(_FURTHEST)  # At the border the formula jumps, and corners tell nothing of what is between.
    there = Box.around([converted(corner, system, CoordinateSystem.WGS84) for corner in box.corners()])
    bend = _BEND * max(box.east - box.west, box.north - box.south)
    return there.grown(min(bend, _FURTHEST) + _REST)


def cells(box: Box) -> list[int]:
    """Return the cells that a site with this box stands in: one to four."""
    level, across, along = _touched(box, _OF_A_SITE)
    return sorted(_number(level, x, y) for x in across for y in along)


def ranges(box: Box) -> list[tuple[int, int]]:
    """Return ranges of cells, both ends included, in which every site stands whose box touches this one.

    They are at most 16, and as many single cells as lie above those; what is found by them is to be compared itself.
    """
    level, across, along = _touched(box, _OF_A_BOX)
    found = set()
    for x in across:
        for y in along:
            first = _number(level, x, y) & ~((1 << _LEVEL_BITS) - 1)
            found.add((first, first + (1 << (2 * (LEVELS - level) + _LEVEL_BITS)) - 1))
            for up in range(1, level + 1):
                above = _number(level - up, x >> up, y >> up)
                found.add((above, above))
    return sorted(found)


def _touched(box: Box, most: int) -> tuple[int, range, range]:
    """Return the finest level at which a box touches no more cells side by side, and which ones."""
    for level in range(LEVELS, 0, -1):
        across = range(_place(box.west + 180, 360, level), _place(box.east + 180, 360, level) + 1)
        along = range(_place(box.south + 90, 180, level), _place(box.north + 90, 180, level) + 1)
        if len(across) <= most and len(along) <= most:
            return level, across, along
    return 0, range(1), range(1)


def _place(degrees: float, whole: int, level: int) -> int:
    count = 1 << level
    return min(max(int(degrees / whole * count), 0), count - 1)


def _number(level: int, x: int, y: int) -> int:
    """Return a cell's number: its place on the curve at the finest level, and behind it its level."""
    woven = 0
    for bit in range(level):
        woven |= (x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1
    return woven << 2 * (LEVELS - level) + _LEVEL_BITS | level
