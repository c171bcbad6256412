"""坐标转换: a point of one coordinate system, said in another. A site stays as it was given; this is for showing it.

WGS 84 and CGCS2000 differ by less than maps show (decimetres, by the movement of the plates since 2000) and are taken
as equal. GCJ-02 and BD-09 are told by the formulas that are in public use; the state's own ones are not published. What
is done by a formula is undone by iterating it, to less than a millionth of a degree, so that a point that goes and
comes back is the same one. Outside of the rectangle that the public formula names, GCJ-02 is WGS 84.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from typing import Final, NamedTuple

from service.domain.labels import Labelled
from service.domain.sites import CoordinateSystem

DECIMALS: Final = 7
"""Decimals of a converted angle: about a centimetre, which is more than the formulas are good for."""

_WEST, _EAST, _SOUTH, _NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The rectangle within which GCJ-02 differs, by the public formula."""
_EQUATOR: Final = 6_378_245.0
"""Semi-major axis of the Krasovsky ellipsoid, in metres."""
_SQUASHED: Final = 0.00669342162296594323
"""The square of its eccentricity."""
_WAVE: Final = pi * 3000 / 180
_EXACT: Final = 1e-10
_MOST_STEPS: Final = 20
"""Most steps of an iteration; each makes what is wrong at least twenty times smaller."""


class Conversion(Labelled):
    """换算方式 How coordinates were converted, and how exact that is.

    NONE 未换算: as given. EQUAL 视同一致: WGS 84 and CGCS2000 are taken as equal (decimetres). FORMULA 公开公式: by the
    public formula of GCJ-02 or BD-09, undone to less than 1e-6 degree; the state's own formula is not published.
    """

    NONE = "NONE", "未换算", "as given"
    EQUAL = "EQUAL", "视同一致", "taken as equal: WGS 84 and CGCS2000 differ by decimetres"
    FORMULA = (
        "FORMULA",
        "公开公式",
        "by the public formula, undone to less than 1e-6 degree; the official one is not known",
    )


class Spot(NamedTuple):
    """A point as numbers: degrees of longitude and latitude."""

    longitude: float
    latitude: float


def conversion(source: CoordinateSystem, target: CoordinateSystem) -> Conversion:
    """Return how points of one system become points of another."""
    if source is target:
        return Conversion.NONE
    return Conversion.EQUAL if {source, target} <= _EQUAL else Conversion.FORMULA


def converted(spot: Spot, source: CoordinateSystem, target: CoordinateSystem) -> Spot:
    """Return a point of one system in another; as it is where `conversion` says NONE or EQUAL."""
    if conversion(source, target) is not Conversion.FORMULA:
        return spot
    return _shown(_global(spot, source), target)


def in_china(spot: Spot) -> bool:
    """Return whether GCJ-02 differs from WGS 84 there, by the rectangle of the public formula."""
    return _WEST <= spot.longitude <= _EAST and _SOUTH <= spot.latitude <= _NORTH


_EQUAL: Final = frozenset({CoordinateSystem.WGS84, CoordinateSystem.CGCS2000})


def _global(spot: Spot, source: CoordinateSystem) -> Spot:
    """Return a point in WGS 84."""
    if source is CoordinateSystem.BD09:
        spot = _undone(_marked, spot)
    return _undone(_moved, spot) if source not in _EQUAL and in_china(spot) else spot


def _shown(spot: Spot, target: CoordinateSystem) -> Spot:
    """Return a point of WGS 84 in another system."""
    if target in _EQUAL:
        return spot
    if in_china(spot):
        spot = _moved(spot)
    return _marked(spot) if target is CoordinateSystem.BD09 else spot


def _moved(spot: Spot) -> Spot:
    """Return a point of WGS 84 in GCJ-02, as if it lay in China."""
    x, y = spot.longitude - 105, spot.latitude - 35
    ripple = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x)
    across = ripple + 20 * sin(pi * x) + 40 * sin(pi * x / 3) + 150 * sin(pi * x / 12) + 300 * sin(pi * x / 30)
    along = ripple + 20 * sin(pi * y) + 40 * sin(pi * y / 3) + 160 * sin(pi * y / 12) + 320 * sin(pi * y / 30)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + across * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + along * 2 / 3
    radians = spot.latitude * pi / 180
    curve = 1 - _SQUASHED * sin(radians) ** 2
    return Spot(
        spot.longitude + east * 180 / (_EQUATOR / sqrt(curve) * cos(radians) * pi),
        spot.latitude + north * 180 / (_EQUATOR * (1 - _SQUASHED) / (curve * sqrt(curve)) * pi),
    )


def _marked(spot: Spot) -> Spot:
    """Return a point of GCJ-02 in BD-09."""
    far = hypot(spot.longitude, spot.latitude) + 0.00002 * sin(spot.latitude * _WAVE)
    angle = atan2(spot.latitude, spot.longitude) + 0.000003 * cos(spot.longitude * _WAVE)
    return Spot(far * cos(angle) + 0.0065, far * sin(angle) + 0.006)


def _undone(way: Callable[[Spot], Spot], spot: Spot) -> Spot:
    """Return the point that a formula takes to this one."""
    found = spot
    for _ in range(_MOST_STEPS):
        there = way(found)
        east, north = spot.longitude - there.longitude, spot.latitude - there.latitude
        found = Spot(found.longitude + east, found.latitude + north)
        if abs(east) < _EXACT and abs(north) < _EXACT:
            break
    return found
