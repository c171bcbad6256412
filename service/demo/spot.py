"""演示地点: what the projects of a place have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from service.domain.gates import StartBasis
from service.domain.values import Document, Name, Region

DEMO: Final = "(演示)"
FICTIONAL: Final = "(虚构)"
_A_FRIDAY: Final = date(2021, 1, 8)


_SHORT: Final = {
    "发展和改革局": "发改",
    "自然资源局": "自资",
    "住房和城乡建设局": "住建",
    "统计局": "统",
    "财政局": "财",
    "重点项目建设事务中心": "重点",
}
"""How an office calls itself in the numbers of its papers, if not by its first two characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place that keeps a synthetic ledger.

    Attributes:
        region: key of its log.
        prefix: how its own units begin, 市 or 县.
        sign: its character in the numbers of papers: 祁发改演〔2021〕3号.
        opened_on: when its ledger begins.
        ends_on: what would be sent later has not happened yet.
        centre: longitude and latitude, in thousandths of a degree, around which sites are invented.
        parks: full name of a park by the short one in the table; every other site is a township.
        counties: the county in which a site lies, for a prefecture's ledger.
        dispatch_days: from one dispatch to the next, in whole weeks.
        codes: codes of the region itself if its own changed, each with its first day, the latest first.
        former: the code that a county had before a day.
        centres: of counties that lie too far from the place's own for its sites to be theirs.
        offices: what an office of the table is called here: a prefecture's 发展和改革局 is a 发展和改革委员会.
    """

    region: Region
    name: str
    prefix: str
    sign: str
    start_basis: StartBasis
    opened_on: date
    ends_on: date
    centre: tuple[int, int]
    parks: Mapping[str, str]
    counties: Mapping[str, Region] = field(default_factory=dict)
    dispatch_days: int = 7
    codes: tuple[tuple[date, Region], ...] = ()
    former: Mapping[Region, tuple[Region, date]] = field(default_factory=dict)
    centres: Mapping[Region, tuple[int, int]] = field(default_factory=dict)
    offices: Mapping[str, str] = field(default_factory=dict)

    def county(self, site: str, day: date) -> Region:
        """Return the code that the county of a site has on a day."""
        own = next((code for since, code in self.codes if since <= day), self.region)
        found = self.counties.get(site, own)
        former, until = self.former.get(found, (found, date.min))
        return former if day < until else found

    def around(self, site: str) -> tuple[int, int]:
        """Return the centre around which a site is invented."""
        return self.centres.get(self.counties.get(site, self.region), self.centre)

    def office(self, name: str) -> str:
        """Return the full name of one of the place's own offices."""
        return self.prefix + self.offices.get(name, name)

    def dispatch(self, day: date) -> date:
        """Return the first dispatch from a day on, a Friday."""
        return day + timedelta(days=(_A_FRIDAY - day).days % self.dispatch_days)

    def paper(self, title: str, day: date, serial: int, issuer: str = "发展和改革局") -> Document:
        """Return an invented paper of one of the place's offices."""
        return Document(
            title=Name(title + DEMO),
            number=Name(f"{self.sign}{_SHORT.get(issuer, issuer[:2])}演〔{day.year}〕{serial}号"),
            issuer=Name(self.office(issuer)),
            issued_on=day,
        )
