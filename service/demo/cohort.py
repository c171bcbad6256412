"""演示年度: the projects that a year's plan is about, each with its dates: continuing, new, or being prepared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from service.demo.ledger import monday
from service.demo.plot import Day, Plot
from service.demo.spot import Spot
from service.demo.table import Kind
from service.domain.gates import StartBasis
from service.domain.identity import Track

_OF: Final = 20
"""Of so many projects 8 are continuing, 5 of them to be completed within the year, 10 are new, 2 being prepared."""
_CONTINUING, _COMPLETING, _NEW = 8, 5, 18
_NEAR: Final = 40
"""Days after a ceremony within which a project began that took part in it."""


class Lot(NamedTuple):
    """A row of a table: a kind at one of its sites."""

    kind: Kind
    site: str
    wan: int
    phase: int


def lots(kinds: Sequence[Kind]) -> Iterator[Lot]:
    """Yield a lot for every site of every kind, in their order."""
    for kind in kinds:
        for nth, (site, wan) in enumerate(kind.sites):
            yield Lot(kind, site, wan, 1 + [earlier for earlier, _ in kind.sites[:nth]].count(site))


def cohort(spot: Spot, kinds: Sequence[Kind], year: int, ceremonies: Sequence[date] = ()) -> tuple[Plot, ...]:
    """Return the projects of a year's plan, numbered from the ledger's first."""
    return tuple(_plot(spot, index, lot, year, ceremonies) for index, lot in enumerate(lots(kinds)))


def _plot(spot: Spot, index: int, lot: Lot, year: int, ceremonies: Sequence[date]) -> Plot:
    rank, day = index * 7 % _OF, 1 + index * 11 % 27
    begun, done_on = rank < _NEW, None
    if rank < _CONTINUING:
        starts_on = date(year - 1, 2 + index * 7 % 10, day)
        done_on = date(year, 7, 20) + timedelta(days=index * 13 % 140) if rank < _COMPLETING else None
    else:
        starts_on = date(year, 1 + index * 5 % 9, day) if begun else date(year + 1, 3, 1)
    known = starts_on if begun else date(year, 11, day)
    reserved_on = known - timedelta(days=150 + index * 17 % 120)
    return plot(
        spot,
        index,
        lot,
        reserved_on=reserved_on,
        starts_on=starts_on,
        begun=begun,
        done_on=done_on,
        ends_on=done_on or starts_on + timedelta(days=500 + index * 13 % 300),
        ceremonies=ceremonies,
    )


def plot(
    spot: Spot,
    index: int,
    lot: Lot,
    *,
    reserved_on: date,
    starts_on: date,
    begun: bool,
    done_on: date | None,
    ends_on: date,
    ceremonies: Sequence[date] = (),
) -> Plot:
    """Return a project with the usual dates around those that are given."""
    registered_on = monday(max(reserved_on, spot.opened_on) + timedelta(days=7 + index % 10))
    days = dict(_prepared(index, lot.kind.track, reserved_on, starts_on, begun=begun))
    said = {}
    if begun:
        days |= _started(spot, index, lot.kind.track, starts_on, ceremonies)
        if index % 13 == 6 and Day.PHYSICAL in days:  # noqa: PLR2004 - any.
            said[Day.PHYSICAL] = starts_on + timedelta(days=9)
    if done_on is not None:
        days |= _finished(index, lot.kind.track, done_on)
    return Plot(
        spot=spot,
        index=index,
        kind=lot.kind,
        site=lot.site,
        phase=lot.phase,
        total_wan=lot.wan,
        registered_on=registered_on,
        starts_on=starts_on,
        ends_on=ends_on,
        days={key: on for key, on in days.items() if on <= spot.ends_on},
        said=said,
        has_code=index % 4 != 3,  # noqa: PLR2004 - three of four.
    )


def _prepared(
    index: int, track: Track, reserved_on: date, starts_on: date, *, begun: bool
) -> Iterator[tuple[Day, date]]:
    """Yield what comes before works; some were never in the store, or put there only after they had begun."""
    if index % 4 == 1:
        yield Day.PLANNED, reserved_on - timedelta(days=40 + index % 30)
    if index % 19 != 3:  # noqa: PLR2004 - any.
        is_late = begun and index % 23 == 9  # noqa: PLR2004 - any.
        yield Day.RESERVED, starts_on + timedelta(days=25) if is_late else reserved_on
    if track is Track.PROMOTED:
        early = timedelta(days=18 if index % 17 == 5 else -45 - index % 20)  # noqa: PLR2004 - any.
        signed_on = starts_on + early if begun else reserved_on + timedelta(days=70)
        yield Day.NEGOTIATED, signed_on - timedelta(days=70 + index % 25)
        if index % 3 == 0:
            yield Day.FRAMEWORK, signed_on - timedelta(days=40)
        yield Day.SIGNED, signed_on
        if begun:
            yield Day.FULFILLED, max(signed_on, starts_on) + timedelta(days=30 + index % 60)
    if track is not Track.PROMOTED or index % 6 != 1:
        yield Day.APPROVED, reserved_on + timedelta(days=25 + index % 12)
    if index % 8 == 3:  # noqa: PLR2004 - every second of those without a code.
        yield Day.CODED, reserved_on + timedelta(days=40 + index % 12)
    if begun and index % 10 != 7:  # noqa: PLR2004 - any.
        yield Day.LANDED, starts_on - timedelta(days=20 + index % 30)


def _started(spot: Spot, index: int, track: Track, day: date, ceremonies: Sequence[date]) -> dict[Day, date]:
    found = {}
    ceremony = max((held for held in ceremonies if held <= day), default=None)
    if ceremony is not None and (day - ceremony).days < _NEAR and index % 3 != 1:
        found[Day.CEREMONY] = ceremony
    if index % 2 == 0 or spot.start_basis is StartBasis.PERMIT:
        found[Day.PERMIT] = day - timedelta(days=index % 12)
    if spot.start_basis is StartBasis.PHYSICAL or index % 5 != 2:  # noqa: PLR2004 - any.
        found[Day.PHYSICAL] = day
    if index % 12 != 7:  # noqa: PLR2004 - the others are on the list of those not entered.
        found[Day.STATISTICS] = day + timedelta(days=(20 if track is Track.GOVERNMENT else 28) + index % 45)
    return found


def _finished(index: int, track: Track, day: date) -> dict[Day, date]:
    """Return what comes after works; a plant may run before it is accepted, even before the works are done."""
    trial = day + timedelta(days=-12 if index % 3 == 0 else 15)
    full = trial + timedelta(days=60)
    accepted = day + timedelta(days=30 + index % 21)
    found = {Day.WORKS: day, Day.ACCEPTED: accepted, Day.FULL: full}
    if track is not Track.GOVERNMENT:
        found |= {Day.TRIAL: trial, Day.CAPACITY: full + timedelta(days=100 + index % 40)}
    if index % 4 != 2:  # noqa: PLR2004 - any.
        found[Day.BENEFITS] = full + timedelta(days=120 + index % 70)
    if index % 3 == 1:
        found[Day.EVALUATED] = accepted + timedelta(days=150 + index % 60)
    return found
