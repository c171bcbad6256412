"""年度快照: what a source stated of each project year by year, and what was wrong with how it stated it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from service.domain.errors import RejectedError, WrongOrderError, message_of
from service.domain.place import OpenPlace
from service.domain.values import Code, LongText, Name, Region, Stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """来源: who states the snapshots, and when.

    Attributes:
        system: the name under which it numbers projects; part of every reference and reason.
        cause: what the envelope of each fact says.
        as_of: month and day of the snapshot's year for which it states its figures.
        published: month and day of that year on which it was published: the recorded time of what it says.
        place: opens the ledger of a region.
    """

    system: Name
    cause: str
    as_of: tuple[int, int]
    published: tuple[int, int]
    place: Callable[[Region], OpenPlace]

    def as_of_day(self, year: int) -> date:
        """Return the day for which a year's snapshot states its figures."""
        return date(year, *self.as_of)

    def published_us(self, year: int) -> int:
        """Return when a year's snapshot was published, microseconds since 1970."""
        return int(datetime(year, *self.published, tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """快照: a project as one year's row states it; None stands for "not published", never for zero."""

    line: int = field(compare=False)
    number: Name
    year: int
    name: Name
    category: Code
    responsible_unit: Name
    content: LongText | None = None
    planned_start: date | None = None
    planned_completion: date | None = None
    total: Stated | None = None

    @property
    def contradiction(self) -> Fault | None:
        """What is wrong with its dates, if the end lies before the start: nobody can tell which of the two it is."""
        if self.planned_start and self.planned_completion and self.planned_completion < self.planned_start:
            error = WrongOrderError(start=self.planned_start, end=self.planned_completion)
            return Fault.of(error, "planned_start, planned_completion")
        return None


class Fault(NamedTuple):
    """What is wrong with a row, in English and Chinese; `where` is the column, or empty for the whole row."""

    where: str
    en: str
    zh: str

    @classmethod
    def of(cls, error: RejectedError, where: str = "") -> Fault:
        """Say what a rule said."""
        what = ", ".join(f"{name}={value}" for name, value in error.params.items())
        en, zh = message_of(error.code)
        return cls(where or ".".join(error.path), f"{en} ({what})" if what else en, zh)

    def __str__(self) -> str:
        return f"{self.where + ': ' if self.where else ''}{self.en} {self.zh}"


class Finding(NamedTuple):
    """A row that was refused, or of which something was left out; `number` and `year` as far as they could be read."""

    line: int
    number: str
    year: int | None
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        row = f"line {self.line} 第 {self.line} 行" + (f" {self.number}" if self.number else "")
        return f"{row}{f' {self.year}' if self.year else ''}: {' '.join(map(str, self.faults))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a file holds: rows that can be taken, rows that can't, columns that are not taken."""

    rows: int
    snapshots: tuple[Snapshot, ...]
    refused: tuple[Finding, ...] = ()
    columns_not_taken: tuple[str, ...] = ()


class Differences(NamedTuple):
    """What differs between each project's row of a year and its row before that, counted in the file alone."""

    year_pairs: int = 0
    totals_changed: int = 0
    totals_first_published: int = 0
    totals_withdrawn: int = 0
    ends_changed: int = 0
    ends_first_published: int = 0
    ends_withdrawn: int = 0


def differences(snapshots: Sequence[Snapshot]) -> Differences:
    """Count what differs between the years, whatever becomes of it."""
    counts = dict.fromkeys(Differences._fields, 0)
    before: dict[str, Snapshot] = {}
    for after in sorted(snapshots, key=lambda one: one.year):
        if (first := before.get(after.number)) is not None:
            counts["year_pairs"] += 1
            total = (first.total and first.total.minor, after.total and after.total.minor)
            for what, (was, now) in (("totals", total), ("ends", (first.planned_completion, after.planned_completion))):
                if was != now:
                    how = "first_published" if was is None else "withdrawn" if now is None else "changed"
                    counts[f"{what}_{how}"] += 1
        before[after.number] = after
    return Differences(**counts)
