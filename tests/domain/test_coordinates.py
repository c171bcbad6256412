"""A point of one coordinate system is said in another, and comes back where it was.

The pairs are those that public documentation of the formulas gives: wandergis/coordtransform (README and test/app.js),
which other implementations test against too. What undoes a formula is approximate there, exact here.
"""

import pytest

from service.domain.coordinates import Conversion, Spot, conversion, converted, in_china
from service.domain.sites import CoordinateSystem

WGS84, CGCS2000, GCJ02, BD09 = CoordinateSystem
TIANANMEN = Spot(116.404, 39.915)


@pytest.mark.parametrize(
    ("source", "target", "longitude", "latitude", "within"),
    [
        (WGS84, GCJ02, 116.41024449916938, 39.91640428150164, 1e-12),
        (GCJ02, BD09, 116.41036949371029, 39.92133699351021, 1e-12),
        # The two that undo: public code stops after one step, 0.3 and 0.6 millionths of a degree away.
        (BD09, GCJ02, 116.39762729119315, 39.90865673957631, 1e-6),
        (GCJ02, WGS84, 116.39775550083061, 39.91359571849836, 1e-6),
    ],
)
def test_known_pairs_are_told(
    source: CoordinateSystem, target: CoordinateSystem, longitude: float, latitude: float, within: float
) -> None:
    assert converted(TIANANMEN, source, target) == pytest.approx((longitude, latitude), abs=within, rel=0)


def test_systems_that_are_taken_as_equal_leave_a_point_as_it_is() -> None:
    for source, target in ((WGS84, CGCS2000), (CGCS2000, WGS84), (BD09, BD09)):
        assert converted(TIANANMEN, source, target) is TIANANMEN


def test_how_a_point_is_converted_is_said() -> None:
    assert {(a, b): conversion(a, b) for a in CoordinateSystem for b in CoordinateSystem} == {
        **{(a, b): Conversion.FORMULA for a in CoordinateSystem for b in CoordinateSystem},
        **{(one, one): Conversion.NONE for one in CoordinateSystem},
        (WGS84, CGCS2000): Conversion.EQUAL,
        (CGCS2000, WGS84): Conversion.EQUAL,
    }


@pytest.mark.parametrize("spot", [Spot(2.2945, 48.8584), Spot(138.0, 35.0), Spot(105.0, 56.0), Spot(105.0, 0.5)])
def test_outside_of_china_gcj_02_is_wgs_84(spot: Spot) -> None:
    assert not in_china(spot)
    assert converted(spot, WGS84, GCJ02) == converted(spot, GCJ02, WGS84) == spot
    # Baidu's own shift is everywhere.
    assert converted(converted(spot, WGS84, BD09), BD09, WGS84) == pytest.approx(spot, abs=1e-9, rel=0)
