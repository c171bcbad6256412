"""An example of sites: a point, a line and an area, each as a county would give it."""

from __future__ import annotations

from typing import Final

from service.domain import identity, project
from service.domain.sites import CoordinateSystem, Degrees, Point, Site, SiteKind
from service.domain.values import Name


def site(kind: SiteKind, system: CoordinateSystem, *pairs: tuple[str, str], name: str | None = None) -> Site:
    """Return a site from longitudes and latitudes."""
    points = tuple(Point(longitude=Degrees(east), latitude=Degrees(north)) for east, north in pairs)
    return Site(kind=kind, system=system, points=points, name=None if name is None else Name(name))


GATE: Final = site(SiteKind.POINT, CoordinateSystem.GCJ02, ("111.8571", "26.5804"), name="大门(演示)")
ROAD: Final = site(SiteKind.LINE, CoordinateSystem.CGCS2000, ("111.80", "26.55"), ("111.90", "26.60"))
PARK: Final = site(SiteKind.AREA, CoordinateSystem.WGS84, ("111.84", "26.57"), ("111.84", "26.58"), ("111.85", "26.58"))
"""Its corners run clockwise, as papers often have them."""

SITES_STATED: Final = project.ProjectAmended(changes=identity.Changes(sites=(GATE, ROAD, PARK)))
FACTS: Final[dict[str, object]] = {"SITES_STATED": SITES_STATED}
"""They stand beside the story of the others, whose project has no sites."""
