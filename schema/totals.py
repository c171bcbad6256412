"""汇总语句: the one statement of a total, and its rows with the targets that belong to them."""

from __future__ import annotations

import calendar
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from schema.dimensions import MONTH, REGION, YEAR, Dimension, Key, Over, columns, key_of, order_of
from schema.read import Binds, holds
from schema.regions import OF_A_PLACE, newest
from service.domain.errors import InvalidValueError, WrongCurrencyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from schema.filters import InvestmentTotalsFilter
    from service.domain.investment import Basis
    from service.domain.total_investment import TotalKind

MOST_YEARS: Final = 30
MOST_ROWS: Final = 5000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks of a total.

    Attributes:
        groups: dimensions, each once; none gives one row.
        filter: which projects.
        total: the kind of total investment that makes a size.
        growth: whether the year before is asked for too.
        indicators: codes of the indicators that a share is asked of.
    """

    groups: tuple[Dimension, ...]
    filter: InvestmentTotalsFilter
    total: TotalKind
    growth: bool = False
    indicators: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[Dimension, ...]:
        """The dimensions of projects, without those of time."""
        return tuple(one for one in self.groups if one.over is not Over.TIME)


@dataclass(frozen=True, slots=True)
class Cut:
    """A day through which figures count, and the end of the month before, if months are asked for."""

    day: date
    before: date | None

    @property
    def prior(self) -> date:
        """The same cut-off of the year before: a month's end stays one, in leap years too."""
        year, month, day = self.day.year - 1, self.day.month, self.day.day
        end = _month_end(year, month)
        return end if self.day == _month_end(self.day.year, month) else date(year, month, day)


@dataclass(frozen=True, slots=True)
class Figure:
    """What an indicator's source states of a place: the days that it is of are its key; in fen."""

    fen: int
    unit: str


FigureKey = tuple[str, str, str, date, date]
"""Of which place, which indicator, which measure, and the first and last day that it is of."""


@dataclass(slots=True)
class Row:
    """One group at one cut-off, in fen.

    `target` is the row of the target for just this group; `prior_fen` what was done by the same cut-off of the year
    before, None where nobody knows; `place` the region that the row is of or in, None where it is of several.
    """

    key: Key
    day: date
    projects: int = 0
    year_to_date_fen: int = 0
    before_fen: int = 0
    prior_fen: int | None = None
    currency: str | None = None
    target: dict[str, Any] | None = None
    place: str | None = None


def cuts(on: date, groups: Sequence[Dimension]) -> list[Cut]:
    """Return the cut-offs of a total: the day itself, or each month's or year's end up to it."""
    years = range(on.year - MOST_YEARS + 1, on.year + 1) if YEAR in groups else (on.year,)
    if MONTH not in groups:
        return [Cut(min(date(year, 12, 31), on), None) for year in years]
    found = []
    for year in years:
        for month in range(1, 13 if year < on.year else on.month + 1):
            before = _month_end(year, month - 1) if month > 1 else None
            found.append(Cut(min(_month_end(year, month), on), before))
    return found


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


_LATEST: Final = """
LEFT JOIN LATERAL (
  SELECT t.year_to_date_fen FROM investment_total t
  WHERE t.region = p.region AND t.project_id = p.project_id AND t.basis = {basis}
    AND t.year = extract(year FROM {day})::integer AND t.through_on <= {day} AND {holds}
  ORDER BY t.through_on DESC LIMIT 1
) {alias} ON true"""
_INDICATORS: Final = """
          'indicators', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT i.region, i.code, i.measure, i.first_on, i.through_on, i.fen, i.unit FROM indicator i
            WHERE i.code = ANY({codes}) AND i.through_on = ANY({days}) AND i.fen IS NOT NULL AND {holds} AND {ledgers}
            ORDER BY i.region, i.code, i.measure, i.first_on, i.through_on LIMIT {most}) x),"""


def statement(binds: Binds, basis: Basis, asked: Asked, cut: list[Cut]) -> str:
    """Return the one statement of a total, which answers one JSON object.

    `sums` has the sum of each project's latest year-to-date by group and cut-off, `targets` what was set for those
    years, `indicators` what was stated through those days, `ledgers` the currency of each, and `positions` what all of
    it was computed from.
    """
    basis_sql = binds(basis.value, "text")
    days, befores = binds([one.day for one in cut], "date[]"), binds([one.before for one in cut], "date[]")
    years = binds(sorted({one.day.year for one in cut}), "integer[]")
    keys = asked.keys
    selected = columns(keys, asked.filter, asked.total, binds)
    arrays, names = f"{days}, {befores}", "day, before"
    sums = ["latest.year_to_date_fen IS NOT NULL"]
    joins = _LATEST.format(basis=basis_sql, day="cut.day", holds=holds("t"), alias="latest")
    before = prior = ""
    if MONTH in asked.groups:
        joins += _LATEST.format(basis=basis_sql, day="cut.before", holds=holds("t"), alias="earlier")
        before = ", coalesce(sum(earlier.year_to_date_fen), 0) AS before"
    if asked.growth:
        arrays, names = f"{arrays}, {binds([one.prior for one in cut], 'date[]')}", f"{names}, prior"
        joins += _LATEST.format(basis=basis_sql, day="cut.prior", holds=holds("t"), alias="prior")
        prior = ", sum(prior.year_to_date_fen) AS prior"
        sums.append("prior.year_to_date_fen IS NOT NULL")
    where = " AND ".join([holds("p"), f"({' OR '.join(sums)})", *asked.filter.where(binds)])
    ledgers = asked.filter.ledgers("{0}.region", binds)
    indicators = ""
    if asked.indicators:
        indicators = _INDICATORS.format(
            codes=binds([*asked.indicators], "text[]", "indicator"),
            days=days,
            holds=holds("i"),
            ledgers=ledgers.format("i"),
            most=MOST_ROWS + 1,
        )
    order = ", ".join(str(number) for number in range(1, len(keys) + 3))
    return f"""
        SELECT json_build_object(
          'sums', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT {selected}cut.day, pl.currency, count(latest.year_to_date_fen) AS projects,
              coalesce(sum(latest.year_to_date_fen), 0) AS year_to_date{before}{prior}
            FROM unnest({arrays}) cut ({names})
            CROSS JOIN project_status p
            JOIN place_status pl ON pl.region = p.region AND pl.place = p.region AND {holds("pl")}
            {joins}
            WHERE {where}
            GROUP BY {order} ORDER BY {order} LIMIT {MOST_ROWS + 1}) x),
          'targets', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT a.region, a.year, a.category, a.operator, a.figure, a.unit, a.value FROM annual_target a
            WHERE a.year = ANY({years}) AND a.measure = 'INVESTMENT' AND {holds("a")} AND {ledgers.format("a")}
            ORDER BY a.region, a.year, a.category LIMIT {MOST_ROWS + 1}) x),{indicators}
          {ledgers_sql(ledgers)})"""  # noqa: S608 - binds and declared SQL only.


def ledgers_sql(ledgers: str) -> str:
    """Return the pairs `ledgers`, with the currency of each, and `positions`, how far each was read.

    Args:
        ledgers: predicate on the region of `{0}`.
    """
    return f"""'ledgers', (SELECT coalesce(json_object_agg(pl.region, pl.currency), '{{}}') FROM place_status pl
            WHERE {holds("pl")} AND {ledgers.format("pl")}),
          'positions', (SELECT coalesce(json_agg(json_build_array(m.region, m.position) ORDER BY m.region), '[]')
            FROM projected m WHERE {ledgers.format("m")} AND {OF_A_PLACE})"""  # noqa: S608 - binds and declared SQL only.


@dataclass(slots=True)
class _Sum:
    projects: int = 0
    year_to_date_fen: int = 0
    before_fen: int = 0
    currencies: set[str] = field(default_factory=set)


class Totals:
    """What the statement answered, put together as rows.

    Groups that have a target and no figures yet are shown with zero, and each group at every cut-off, so that a year
    begins with its plan. A county that changed its code is one group, under the code that it has today.

    Raises:
        InvalidValueError: there are too many.
    """

    def __init__(self, found: dict[str, Any], asked: Asked, cut: list[Cut], on: date) -> None:
        if max(len(found[one]) for one in ("sums", "targets", "indicators") if one in found) > MOST_ROWS:
            raise too_many()
        self._keys = asked.keys
        self._asked = asked.filter
        self._cuts = cut
        self._on = on
        self._ledgers: dict[str, str] = {newest(code): currency for code, currency in found["ledgers"].items()}
        self._sums: dict[tuple[Key, date], _Sum] = {}
        self._priors: dict[tuple[Key, date], Counter[str]] = {}
        for one in found["sums"]:
            self._add(one)
        self._targets: dict[tuple[Key, int], dict[str, Any]] = {}
        for one in found["targets"]:
            key = self._key_of(one)
            if key is not None:
                self._targets[key, one["year"]] = one

    def _add(self, one: dict[str, Any]) -> None:
        at = (key_of(self._keys, one), date.fromisoformat(one["day"]))
        if one.get("prior") is not None:
            self._priors.setdefault(at, Counter())[one["currency"]] += one["prior"]
        if not one["projects"]:
            return  # Done in the year before alone: no row of its own, whether or not growth is asked for.
        total = self._sums.setdefault(at, _Sum())
        total.projects += one["projects"]
        total.year_to_date_fen += one["year_to_date"]
        total.before_fen += one.get("before", 0)
        total.currencies.add(one["currency"])

    @property
    def _whole_place(self) -> str | None:
        """The one place that all rows lie in; None if nothing says so."""
        if self._asked.region is not None:
            return newest(self._asked.region)
        return next(iter(self._ledgers)) if len(self._ledgers) == 1 else None

    def _key_of(self, target: dict[str, Any]) -> Key | None:
        """Return the group that a target is of; None if it is of none, because a target is of a whole."""
        asked = self._asked
        fields = [one.field for one in self._keys]
        if not asked.whole() or not {*fields} <= {"region", "category"}:
            return None
        category = target["category"] or None
        wanted = asked.category[0] if asked.category is not None and len(asked.category) == 1 else None
        if "category" in fields:
            if category is None or (asked.category is not None and category not in asked.category):
                return None
        elif category != wanted or (wanted is None and asked.category is not None):
            return None
        place = newest(target["region"])
        if "region" in fields:
            # A prefecture's own target is not one of its counties', which are its groups.
            if place.endswith("00") and not self._has_figures(place):
                return None
        elif place != self._whole_place:
            return None
        group = {"region": place, "category": category}
        return tuple(group[name] for name in fields)

    def _has_figures(self, place: str) -> bool:
        return any(self._region_of(key) == place for key, _ in self._sums)

    def _region_of(self, key: Key) -> str | None:
        return key[self._keys.index(REGION)] if REGION in self._keys else None

    def rows(self) -> Iterator[Row]:
        """Yield the rows, by cut-off and group.

        Raises:
            InvalidValueError: there are too many.
            WrongCurrencyError: a group would add up amounts of two currencies.
        """
        keys = {key for key, _ in (*self._sums, *self._targets)} if self._keys else {()}
        ordered = sorted(keys, key=order_of)
        shown = self._shown_cuts()
        if len(ordered) * len(shown) > MOST_ROWS:
            raise too_many()
        for one in shown:
            for key in ordered:
                yield self._row(key, one.day)

    def _shown_cuts(self) -> list[Cut]:
        """Return the cut-offs from the first year that has a figure or a target."""
        with_something = [day.year for _, day in self._sums] + [year for _, year in self._targets]
        first = min([*with_something, self._on.year])
        return [one for one in self._cuts if one.day.year >= first]

    def _row(self, key: Key, day: date) -> Row:
        total = self._sums.get((key, day), _Sum())
        need_one_currency(total.currencies)
        target = self._targets.get((key, day.year))
        priors = self._priors.get((key, day), Counter())
        region = self._region_of(key)
        return Row(
            key=key,
            day=day,
            projects=total.projects,
            year_to_date_fen=total.year_to_date_fen,
            before_fen=total.before_fen,
            # What is in other money than this year's, or beside nothing of this year, is no measure of growth.
            prior_fen=priors.total() if {*priors} == total.currencies and priors else None,
            currency=currency_in(
                total.currencies, region if target is None else newest(target["region"]), self._ledgers
            ),
            target=target,
            place=self._whole_place if region is None else region,
        )


def figures(found: Mapping[str, Any]) -> dict[FigureKey, Figure]:
    """Return the indicators that a statement answered, by place, code, measure and days."""
    return {
        (newest(one["region"]), one["code"], one["measure"], *_days(one)): Figure(one["fen"], one["unit"])
        for one in found.get("indicators", ())
    }


def _days(one: Mapping[str, Any]) -> tuple[date, date]:
    return date.fromisoformat(one["first_on"]), date.fromisoformat(one["through_on"])


def need_one_currency(found: set[str]) -> None:
    """Refuse a sum of amounts of two currencies.

    Raises:
        WrongCurrencyError: there are two.
    """
    if len(found) > 1:
        raise WrongCurrencyError(
            "filter",
            currencies=", ".join(sorted(found)),
            rule="amounts of one currency: filter by region, or group by REGION",
        )


def currency_in(found: set[str], place: str | None, ledgers: Mapping[str, str]) -> str | None:
    """Return the currency of a sum, or where nothing is summed yet of its place; None if nothing tells."""
    if found:
        return next(iter(found))
    if place is not None and place in ledgers:
        return ledgers[place]
    all_of_them = {*ledgers.values()}
    return next(iter(all_of_them)) if len(all_of_them) == 1 else None


def too_many() -> InvalidValueError:
    """Return the refusal of more rows than are shown."""
    return InvalidValueError("groupBy", rule=f"at most {MOST_ROWS} rows: narrow the filter or the groups")
