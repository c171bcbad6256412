"""Any fact and any command, derived from the annotations of their classes."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final
from uuid import UUID

from hypothesis import strategies as st

from service.domain.account import KeyId
from service.domain.codes import industries, read_rows, regions
from service.domain.errors import RejectedError
from service.domain.identity import CountyPart
from service.domain.roles import WHOLE_COUNTRY, Account, Area
from service.domain.sites import CoordinateSystem, Degrees, Point, Site, SiteKind
from service.domain.values import (
    FIRST_YEAR,
    LARGEST,
    Code,
    CreditCode,
    Erased,
    Figure,
    Industry,
    Period,
    ProjectCode,
    Region,
    Sha256,
    Stated,
    Text,
    Unit,
    Unset,
)

_BOUNDED: Final[dict[str, st.SearchStrategy[Any]]] = {
    "year": st.integers(FIRST_YEAR, 2099),
    "expected_jobs": st.one_of(st.none(), st.integers(0, 1_000_000)),
}
"""Fields of numbers that are not any number."""
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_value(of: type, text: str) -> bool:
    """Return whether a value can be built of a text."""
    try:
        of(text)
    except RejectedError:
        return False
    return True


def _text(of: type[Text]) -> st.SearchStrategy[Any]:
    return st.text(min_size=1, max_size=12).filter(lambda text: is_value(of, text)).map(of)


def _numbers(most: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**most - 1).map(lambda number: f"{number:0{most}d}")


def _with_check(of: type, body: str, alphabet: str) -> Any:
    return next(of(body + one) for one in alphabet if is_value(of, body + one))


def figures(places: int) -> st.SearchStrategy[Figure]:
    """Return decimals of at most so many places, in the range of a fact."""
    numbers = st.tuples(st.integers(-LARGEST, LARGEST), st.integers(0, places))
    texts = numbers.map(lambda pair: f"{Decimal(pair[0]).scaleb(-pair[1]):f}")
    return texts.filter(lambda text: is_value(Figure, text)).map(Figure)


def stated() -> st.SearchStrategy[Stated]:
    """Return figures with their units; not finer than the unit, not out of range."""

    def minor(unit: Unit, number: int, dropped: int) -> Stated | None:
        places = len(str(unit.minor)) - 1
        figure = f"{Decimal(number).scaleb(-places):.{places}f}"
        short = figure[: len(figure) - dropped].removesuffix(".") if 0 < dropped <= places else figure
        return Stated(Figure(short), unit) if is_value(Figure, short) else None

    made = st.builds(minor, st.sampled_from(Unit), st.integers(-LARGEST, LARGEST), st.integers(0, 9))
    return made.filter(lambda one: one is not None).map(lambda one: typing.cast("Stated", one))


def periods() -> st.SearchStrategy[Period]:
    """Return months, ten-days, and January with February."""
    years = st.integers(1900, 2099)
    months = st.builds(Period.month, years, st.integers(1, 12))
    thirds = st.builds(lambda month, third: Period(f"{month}-T{third}"), months, st.integers(1, 3))
    return st.one_of(months, thirds, years.map(lambda year: Period(f"{year}-01/{year}-02")))


def sites() -> st.SearchStrategy[Site]:
    """Return sites with as many points as their kind needs."""
    degrees = st.integers(-90_000, 90_000).map(lambda number: Degrees(f"{Decimal(number).scaleb(-3):f}"))
    points = st.lists(st.builds(Point, longitude=degrees, latitude=degrees), min_size=3, max_size=5, unique=True)

    def make(kind: SiteKind, system: CoordinateSystem, corners: list[Point]) -> Site:
        return Site(kind=kind, system=system, points=tuple(corners[: 1 if kind is SiteKind.POINT else None]))

    return st.builds(make, st.sampled_from(SiteKind), st.sampled_from(CoordinateSystem), points)


@cache
def _values() -> dict[Any, st.SearchStrategy[Any]]:
    project_codes = st.builds(
        lambda year, month, region, rest: _with_check(
            ProjectCode, f"{year:02d}{month:02d}-{region}-{rest[:2]}-{rest[2:4]}-{rest[4:]}", "0123456789"
        ),
        st.integers(20, 99),
        st.integers(1, 12),
        _numbers(6),
        _numbers(9),
    )
    credit_codes = st.text(_CREDIT_ALPHABET, min_size=17, max_size=17).map(
        lambda body: _with_check(CreditCode, body, _CREDIT_ALPHABET)
    )
    known_regions = sorted({code for revision in regions.REVISIONS for code in regions.codes_in(revision)})
    known_industries = [code for code, _ in read_rows("gbt4754_2017.tsv") if industries.is_known(code)]
    return {
        int: st.integers(-LARGEST, LARGEST),
        date: st.dates(date(1900, 1, 1), date(2199, 12, 31)),
        UUID: st.uuids(),
        Stated: stated(),
        Figure: figures(10),
        Period: periods(),
        ProjectCode: project_codes,
        CreditCode: credit_codes,
        Region: st.sampled_from([*known_regions, "990001"]).map(Region),
        Industry: st.sampled_from(known_industries).map(Industry),
        Code: st.sampled_from(["PRODUCTIVE", "SOCIAL", "LAND", "FARMING", "A", "Z" * 40]).map(Code),
        Site: sites(),
        Account: st.sampled_from(["machine:county-a", "oidc:6f1c0001", "oidc:6f1c0002"]).map(Account),
        Area: st.sampled_from([WHOLE_COUNTRY, *known_regions, "990001"]).map(Area),
        KeyId: st.binary(min_size=8, max_size=8).map(lambda digits: KeyId(digits.hex())),
        Sha256: st.binary(min_size=32, max_size=32).map(lambda digest: Sha256(digest.hex())),
    }


@cache
def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Return the strategy of an annotation."""
    if annotation in _values():
        return _values()[annotation]
    if isinstance(annotation, types.UnionType):
        # Unset is a field that is left out; an erased value has no stored form.
        arms = [arm for arm in typing.get_args(annotation) if arm not in {Unset, Erased}]
        return st.one_of([st.none() if arm is types.NoneType else of(arm) for arm in arms])
    if typing.get_origin(annotation) is tuple:
        item = typing.get_args(annotation)[0]
        alone = (lambda part: part.region) if item is CountyPart else None  # Of these each county may stand once.
        return st.lists(of(item), max_size=3, unique_by=alone, unique=alone is None).map(tuple)
    if is_dataclass(annotation):
        return _dataclass(annotation)
    return st.sampled_from(annotation) if issubclass(annotation, Enum) else _text(annotation)


def _dataclass(annotation: Any) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(annotation)
    every = {
        one.name: _BOUNDED[one.name] if one.name in _BOUNDED else of(hints[one.name]) for one in fields(annotation)
    }
    optional = {one.name: every.pop(one.name) for one in fields(annotation) if one.default is not MISSING}

    def build(sent: dict[str, Any]) -> Any:
        start, end = sent.get("planned_start"), sent.get("planned_completion")
        if start and end and end < start:
            sent = {**sent, "planned_start": end, "planned_completion": start}
        return annotation(**sent)

    return st.fixed_dictionaries(every, optional=optional).map(build)
