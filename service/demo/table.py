"""演示台账的底表: kinds of projects, with the sites at which there is one, written as a table."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, NamedTuple

from service.domain.identity import Track
from service.domain.values import Code, Industry

CATEGORIES: Final = {
    "P": Code("PRODUCTIVE"),
    "I": Code("INFRASTRUCTURE"),
    "S": Code("SOCIAL"),
    "E": Code("ECOLOGY"),
}
TRACKS: Final = {"Z": Track.PROMOTED, "G": Track.GOVERNMENT, "E": Track.ENTERPRISE}
UNITS: Final = {
    "发改": "发展和改革局",
    "工信": "科技和工业信息化局",
    "农业": "农业农村局",
    "商务": "商务局",
    "文旅": "文化旅游广电体育局",
    "城管": "城市管理和综合执法局",
    "交通": "交通运输局",
    "水利": "水利局",
    "住建": "住房和城乡建设局",
    "教育": "教育局",
    "卫健": "卫生健康局",
    "民政": "民政局",
    "自然": "自然资源局",
    "林业": "林业局",
}
"""Sector authority by its short name; the place's own prefix (市, 县) stands before it."""
_SITE: Final = re.compile(r"(?P<site>[^\d.]+)(?P<yi>\d+(\.\d+)?)")


class Kind(NamedTuple):
    """A kind of project with the sites at which there is one: (township or park, total investment in 万元)."""

    title: str
    trade: str
    category: Code
    track: Track
    industry: Industry
    unit: str
    scale: str
    wan_each: int
    sites: tuple[tuple[str, int], ...]


def kinds(table: str) -> tuple[Kind, ...]:
    """Read a table of kinds, one a line.

    Columns: title; trade for a company's name (- for the place's own company); category and track as two letters;
    industry; sector authority; scale with the 万元 that one of it costs; sites with 亿元.

    Raises:
        ValueError: a line is not of this form, or has a code that does not exist.
    """
    found = []
    for line in table.split("\n"):
        if not line.strip():
            continue
        title, trade, letters, industry, unit, scale, *sites = line.split()
        words, _, wan_each = scale.partition("/")
        placed = []
        for site in sites:
            match = _SITE.fullmatch(site)
            if match is None:
                raise ValueError(site)
            placed.append((match["site"], int(Decimal(match["yi"]) * 10_000)))
        found.append(
            Kind(
                title,
                trade,
                CATEGORIES[letters[0]],
                TRACKS[letters[1:]],
                Industry(industry),
                UNITS[unit],
                words,
                int(wan_each),
                tuple(placed),
            )
        )
    return tuple(found)
