"""位置网格: by which cells of the grid each site of a project is found on the map, and its box in WGS 84."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.table import Table, Writes
from service.domain.coordinates import Spot, converted
from service.domain.grid import Box, cells, in_wgs84
from service.domain.project import ProjectAmended, ProjectRegistered
from service.domain.sites import CoordinateSystem, Site, SiteKind
from service.domain.values import Unset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.database import Connection
    from service.log.codec import Recorded

CELL: Final = Table(
    name="site_cell",
    key=("project_id", "number", "cell"),
    columns={
        "project_id": "uuid NOT NULL",
        "number": "bigint NOT NULL",
        "cell": "bigint NOT NULL",
        "west": "bigint NOT NULL",
        "south": "bigint NOT NULL",
        "east": "bigint NOT NULL",
        "north": "bigint NOT NULL",
    },
    indexes=("cell, project_id",),
)
"""`number`: place of the site in the project's list, from 0; its box in units of 1e-7 degree, in each of its cells.

A line's or an area's box that was converted is a little larger than the site, never smaller. Whole numbers, since under
row-level security numeric and geometric comparisons have no way to an index.
"""
SCALE: Final = 10_000_000


class SiteCells:
    """位置网格."""

    name = "site_cells"
    version = 1
    tables = (CELL,)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into cells; only a registration, and an amendment that states the sites anew, change them."""
        ours = [(one, sites) for one in batch if (sites := _stated(one)) is not None]
        if not ours:
            return
        region = ours[0][0].region
        held: dict[Any, set[tuple[int, int]]] = {}
        amended = [one.stream_id for one, _ in ours if isinstance(one.fact, ProjectAmended)]
        for project_id, number, cell in await CELL.current(connection, region, "project_id", amended):
            held.setdefault(project_id, set()).add((number, cell))
        writes = Writes(CELL)
        for one, sites in ours:
            rows = [row for number, site in enumerate(sites) for row in _rows(one, number, site)]
            keys = {(row["number"], row["cell"]) for row in rows}
            for number, cell in sorted(held.get(one.stream_id, set()) - keys):
                writes.end(CELL, one, one.stream_id, number, cell)
            for row in rows:
                writes.set(CELL, one, row)
            held[one.stream_id] = keys
        await writes.write(connection, region)


def _stated(one: Recorded) -> Sequence[Site] | None:
    """Return the sites that a fact states; None if it says nothing of them."""
    match one.fact:
        case ProjectRegistered() as fact:
            return fact.identity.sites
        case ProjectAmended() as fact:
            return None if isinstance(fact.changes.sites, Unset) else fact.changes.sites
        case _:
            return None


def _rows(one: Recorded, number: int, site: Site) -> list[dict[str, Any]]:
    box = _box(site)
    sides = {name: round(degrees * SCALE) for name, degrees in zip(Box._fields, box, strict=True)}
    return [{"project_id": one.stream_id, "number": number, "cell": cell, **sides} for cell in cells(box)]


def _box(site: Site) -> Box:
    """Return a site's box in WGS 84; of a line or an area by its corners, which takes the same time for 500 points."""
    spots = [Spot(float(point.longitude), float(point.latitude)) for point in site.points]
    if site.kind is SiteKind.POINT:
        return Box.around([converted(spots[0], site.system, CoordinateSystem.WGS84)])
    return in_wgs84(Box.around(spots), site.system)
