"""演示台账的底表: what a synthetic ledger is made from, as one table for each place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final, NamedTuple

from service.domain.gates import StartBasis
from service.domain.identity import Track
from service.domain.plan import Operator, TargetMeasure
from service.domain.values import Code, Industry, Region, Stated

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


class Target(NamedTuple):
    """A target of the year, or its revision if `reason` says why."""

    sent_on: date
    measure: TargetMeasure
    operator: Operator
    stated: Stated
    source: str
    category: Code | None = None
    reason: str | None = None


class Duplicate(NamedTuple):
    """A project that was registered twice; the second one is voided.

    With `gives_code` the project code stands with the wrong one until that is voided, and then goes to the right one.
    """

    of: str
    name: str
    registered_on: date
    voided_on: date
    reported_wan: int | None = None
    gives_code: bool = False


class Rename(NamedTuple):
    """A project that was registered under another name; `later` if its name is not the one that its kind gives."""

    number: str
    registered: str
    later: str | None
    amended_on: date


class Slip(Enum):
    """What may be the matter with a monthly figure."""

    LATE = "sent after its time"
    CORRECTED = "stated too high, then corrected with a reason"
    REDUCED = "the month before was too high and is reduced on review, with a reason"


class Oddity(NamedTuple):
    """What is the matter with a figure of one month: sent or corrected when, and by how much it was too high."""

    slip: Slip
    month: int
    on: date | None = None
    wan: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """One place's table.

    Attributes:
        prefix: how its own units begin, 市 or 县.
        park: full name of the park, which sites call by its last three characters.
        ceremonies: days of 集中开工.
        april_wan: completed from January to April by all projects, in 万元.
        december_wan: completed in the whole year.
        oddities: by the rank among the continuing projects, from 1.
    """

    region: Region
    name: str
    prefix: str
    park: str
    start_basis: StartBasis
    opened_on: date
    ceremonies: tuple[date, ...]
    targets: tuple[Target, ...]
    april_wan: int
    december_wan: int
    kinds: tuple[Kind, ...]
    duplicates: tuple[Duplicate, ...] = ()
    renames: tuple[Rename, ...] = ()
    oddities: Mapping[int, Oddity] = field(default_factory=dict)
