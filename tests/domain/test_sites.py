"""A site is a point, a line or an area, in the coordinates that it was given in."""

import pytest

from service.domain.errors import BadFigureError, InvalidValueError
from service.domain.sites import CoordinateSystem, Degrees, Point, Site, SiteKind


def points(*pairs: tuple[str, str]) -> tuple[Point, ...]:
    return tuple(Point(longitude=Degrees(east), latitude=Degrees(north)) for east, north in pairs)


HERE, THERE, YONDER = ("111.8571", "26.5804"), ("111.86", "26.59"), ("111.87", "26.57")


def site(kind: SiteKind, *pairs: tuple[str, str]) -> Site:
    return Site(kind=kind, system=CoordinateSystem.CGCS2000, points=points(*pairs))


def test_coordinates_stay_as_they_were_given() -> None:
    assert site(SiteKind.POINT, ("111.85710000", "26.5")).points[0].longitude == "111.85710000"
    assert len(site(SiteKind.LINE, HERE, THERE).points) == 2
    assert len(site(SiteKind.AREA, HERE, THERE, YONDER).points) == 3


@pytest.mark.parametrize(
    ("kind", "pairs"),
    [
        (SiteKind.POINT, []),
        (SiteKind.POINT, [HERE, THERE]),
        (SiteKind.LINE, [HERE]),
        (SiteKind.AREA, [HERE, THERE]),
        (SiteKind.AREA, [HERE, THERE, YONDER, HERE]),
        (SiteKind.LINE, [HERE] * 501),
    ],
)
def test_a_site_has_as_many_points_as_its_kind_needs(kind: SiteKind, pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(InvalidValueError) as refused:
        site(kind, *pairs)
    assert refused.value.path == ("points",)


@pytest.mark.parametrize(("pair", "at"), [(("180.1", "0"), "longitude"), (("0", "-90.5"), "latitude")])
def test_a_point_lies_on_the_globe(pair: tuple[str, str], at: str) -> None:
    with pytest.raises(BadFigureError) as refused:
        points(pair)
    assert refused.value.path == (at,)


@pytest.mark.parametrize("text", ["111°51", "-0", "1.123456789", "east", ""])
def test_degrees_are_plain_decimals(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Degrees(text)
