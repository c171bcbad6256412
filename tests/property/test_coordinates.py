"""Coordinates: whatever the point, it comes back; whatever the box, all that lies in it is found."""

from __future__ import annotations

from math import cos, hypot, radians
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from service.domain.coordinates import Spot, converted, in_china
from service.domain.grid import LEVELS, Box, cells, in_wgs84, ranges
from service.domain.sites import CoordinateSystem
from tests.effort import examples

many = examples(80)

_METRES: Final = 111_320
"""Of a degree of latitude."""
_SYSTEMS: Final = st.sampled_from(CoordinateSystem)
_IN_CHINA: Final = st.builds(Spot, st.floats(73.5, 135), st.floats(3.5, 53.5))
_ANYWHERE: Final = st.builds(Spot, st.floats(-179.9, 179.9), st.floats(-89.9, 89.9))


@st.composite
def boxes(draw: st.DrawFn, west: float = -180, south: float = -90, east: float = 180, north: float = 90) -> Box:
    """Return a box, of a house as well as of a continent."""
    width, height = (10.0 ** draw(st.floats(-6, 2)) for _ in range(2))
    at = Spot(draw(st.floats(west, east)), draw(st.floats(south, north)))
    return Box(at.longitude, at.latitude, min(at.longitude + width, east), min(at.latitude + height, north))


def _apart(one: Spot, other: Spot) -> float:
    """Return how many metres lie between two points that are close."""
    across = (one.longitude - other.longitude) * cos(radians(one.latitude))
    return hypot(across, one.latitude - other.latitude) * _METRES


@many
@given(_IN_CHINA, _SYSTEMS, _SYSTEMS)
def test_a_point_comes_back_to_a_millimetre(spot: Spot, source: CoordinateSystem, target: CoordinateSystem) -> None:
    assert _apart(converted(converted(spot, source, target), target, source), spot) < 0.001


@many
@given(_IN_CHINA, _SYSTEMS, _SYSTEMS)
def test_no_system_moves_a_point_by_more_than_two_kilometres(
    spot: Spot, source: CoordinateSystem, target: CoordinateSystem
) -> None:
    moved = _apart(converted(spot, source, target), spot)
    assert moved < 2_000
    if target is CoordinateSystem.GCJ02 and source is CoordinateSystem.WGS84:
        assert moved > 10


@many
@given(boxes(), boxes())
def test_a_site_is_found_in_every_box_that_it_touches(site: Box, box: Box) -> None:
    asked = ranges(box)
    assert len(cells(site)) <= 4
    assert len(asked) <= 16 * (LEVELS + 1)
    touches = site.west <= box.east and site.east >= box.west and site.south <= box.north and site.north >= box.south
    if touches:
        assert any(first <= cell <= last for cell in cells(site) for first, last in asked)


@many
@given(boxes(), st.data())
def test_a_point_within_a_box_is_found_and_one_far_from_a_small_box_is_not(box: Box, data: st.DataObject) -> None:
    inside = Spot(data.draw(st.floats(box.west, box.east)), data.draw(st.floats(box.south, box.north)))
    (cell,) = cells(Box.around([inside]))
    asked = ranges(box)
    assert any(first <= cell <= last for first, last in asked)
    size = max(box.east - box.west, box.north - box.south, 0.001)
    far = data.draw(_ANYWHERE)
    if not box.grown(3 * size).contains(far):
        (there,) = cells(Box.around([far]))
        assert not any(first <= there <= last for first, last in asked)


@many
@given(boxes(72, 0.5, 138, 56), _SYSTEMS, st.data())
def test_what_lies_in_a_box_lies_in_its_box_of_wgs_84(box: Box, system: CoordinateSystem, data: Any) -> None:
    inside = Spot(data.draw(st.floats(box.west, box.east)), data.draw(st.floats(box.south, box.north)))
    there = in_wgs84(box, system)
    assert there.contains(converted(inside, system, CoordinateSystem.WGS84))
    # It is not much larger: by 7 km at most, and by a tenth of it and 50 metres where it does not lie at a border.
    assert there.east - there.west <= box.east - box.west + 0.07
    if all(in_china(corner) for corner in box.grown(0.1).corners()):
        size = max(box.east - box.west, box.north - box.south)
        assert there.east - there.west <= box.east - box.west + 0.1 * size + 0.0005
