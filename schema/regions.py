"""区划条件: predicates over region codes; a county is the same by its former and its later codes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from service.domain.account import INSTALLATION
from service.domain.codes import regions
from service.domain.errors import InvalidValueError
from service.domain.values import Region

if TYPE_CHECKING:
    from schema.read import Binds


OF_A_PLACE: Final = f"m.region <> '{INSTALLATION}'"
"""Predicate that a log `m` is a place's ledger, and not that of the installation's rights."""


def region_of(code: str, *path: str) -> Region:
    """Return a region from a client's text.

    Raises:
        UnknownRegionError: no such code.
    """
    try:
        return Region(code)
    except InvalidValueError as error:
        raise error.below(*path) from None


@cache
def newest(code: str) -> str:
    """Return the code that a county has today, by whichever it is known."""
    return regions.codes_from(code)[-1]


def same_county(sql: str, region: Region, binds: Binds) -> str:
    """Return the predicate that a code is a region's, or a former or later one of it."""
    codes = [*regions.codes_from(region), *regions.predecessors(region)]
    return f"{sql} = ANY({binds(codes, 'text[]')})" if len(codes) > 1 else f"{sql} = {binds(str(region), 'text')}"


def within(sql: str, region: Region, binds: Binds) -> str:
    """Return the predicate that a code lies in a region's subtree."""
    others = regions.codes_outside(region)
    if region.endswith("00"):
        inside = _below(sql, region, binds)
        return f"({inside} OR {sql} = ANY({binds(list(others), 'text[]')}))" if others else inside
    return f"{sql} = ANY({binds([str(region), *others], 'text[]')})"


def _below(sql: str, code: str, binds: Binds) -> str:
    """Return the predicate that a code is a province's or prefecture's by its digits."""
    digits = code[:2] if code.endswith("0000") else code[:4]
    return f"{sql} BETWEEN {binds(digits.ljust(6, '0'), 'text')} AND {binds(digits.ljust(6, '9'), 'text')}"


def holds_some_of(ledger: str, region: Region) -> bool:
    """Return whether a ledger may hold what lies in a region; `may_hold` says the same in SQL."""
    codes = (region, *regions.codes_outside(region))
    return any(regions.is_within(ledger, code) or regions.is_within(code, ledger) for code in codes)


def may_hold(sql: str, region: Region, binds: Binds) -> str:
    """Return the predicate that a ledger may hold what lies in a region: it is within the region, or above it."""
    above = {higher for code in (region, *regions.codes_outside(region)) for higher in regions.ancestors(code)}
    # 110100 is a heading and no unit, yet a ledger might be kept under it.
    above |= {f"{code[:4]}00" for code in (region, *regions.codes_outside(region)) if not code.endswith("00")}
    inside = within(sql, region, binds)
    return f"({inside} OR {sql} = ANY({binds(sorted(above), 'text[]')}))" if above else inside


@cache
def _later(code: str) -> tuple[str, ...]:
    """Return the later codes of counties that had one in a region, which may have gone to another prefecture since."""
    return tuple(
        sorted(
            later
            for old in regions.SUCCESSORS
            if regions.is_within(old, code)
            for later in regions.codes_from(old)
            if not regions.is_within(later, code)
        )
    )


def may_list(sql: str, owner: Region, binds: Binds) -> str:
    """Return the predicate that a ledger may keep a list of an owner: it is the owner's own, or of a region below it.

    Whichever codes the two had: the domain's own rule is about all of them.
    """
    chain = (*regions.codes_from(owner), *regions.predecessors(owner))
    found = [_below(sql, code, binds) for code in chain if code.endswith("00")]
    one_by_one = {code for code in chain if not code.endswith("00")}
    for code in chain:
        one_by_one |= {*regions.codes_outside(code), *_later(code)}
    if one_by_one:
        found.append(f"{sql} = ANY({binds(sorted(one_by_one), 'text[]')})")
    return f"({' OR '.join(found)})" if len(found) > 1 else found[0]
