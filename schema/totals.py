"""汇总语句: the one statement of a total, and its rows with the targets that belong to them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from schema.read import Binds, holds
from schema.regions import newest
from service.domain.errors import InvalidValueError, WrongCurrencyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schema.filters import InvestmentTotalsFilter
    from service.domain.investment import Basis

MOST_YEARS: Final = 30
MOST_ROWS: Final = 5000


@dataclass(frozen=True, slots=True)
class Grouping:
    """By what a total is grouped; none gives one row."""

    region: bool = False
    category: bool = False
    month: bool = False
    year: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A day through which figures count, and the end of the month before, if months are asked for."""

    day: date
    before: date | None


@dataclass(slots=True)
class Row:
    """One group at one cut-off, in fen; `target` is the row of the target for just this group."""

    region: str | None
    category: str | None
    day: date
    projects: int = 0
    year_to_date_fen: int = 0
    before_fen: int = 0
    currency: str | None = None
    target: dict[str, Any] | None = None


def cuts(on: date, groups: Grouping) -> list[Cut]:
    """Return the cut-offs of a total: the day itself, or each month's or year's end up to it."""
    years = range(on.year - MOST_YEARS + 1, on.year + 1) if groups.year else (on.year,)
    if not groups.month:
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
    AND t.year = extract(year FROM cut.day)::integer AND t.through_on <= {day} AND {holds}
  ORDER BY t.through_on DESC LIMIT 1
) {alias} ON true"""


def statement(binds: Binds, basis: Basis, groups: Grouping, asked: InvestmentTotalsFilter, cut: list[Cut]) -> str:
    """Return the one statement of a total, which answers one JSON object.

    `sums` has the sum of each project's latest year-to-date by group and cut-off, `targets` what was set for those
    years, `ledgers` the currency of each, and `positions` what all of it was computed from.
    """
    basis_sql = binds(basis.value, "text")
    days, befores = binds([one.day for one in cut], "date[]"), binds([one.before for one in cut], "date[]")
    years = binds(sorted({one.day.year for one in cut}), "integer[]")
    where = " AND ".join([holds("p"), "latest.year_to_date_fen IS NOT NULL", *asked.where(binds)])
    ledgers = asked.ledgers("{0}.region", binds)
    latest = _LATEST.format(basis=basis_sql, day="cut.day", holds=holds("t"), alias="latest")
    earlier = _LATEST.format(basis=basis_sql, day="cut.before", holds=holds("t"), alias="earlier")
    return f"""
        SELECT json_build_object(
          'sums', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT {"p.location" if groups.region else "NULL::text"} AS region,
              {"p.category" if groups.category else "NULL::text"} AS category, cut.day, pl.currency,
              count(*) AS projects, sum(latest.year_to_date_fen) AS year_to_date,
              {"sum(coalesce(earlier.year_to_date_fen, 0))" if groups.month else "0"} AS before
            FROM unnest({days}, {befores}) cut (day, before)
            CROSS JOIN project_status p
            JOIN place_status pl ON pl.region = p.region AND pl.place = p.region AND {holds("pl")}
            {latest}{earlier if groups.month else ""}
            WHERE {where}
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT {MOST_ROWS + 1}) x),
          'targets', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT a.region, a.year, a.category, a.operator, a.figure, a.unit, a.value FROM annual_target a
            WHERE a.year = ANY({years}) AND a.measure = 'INVESTMENT' AND {holds("a")} AND {ledgers.format("a")}
            ORDER BY a.region, a.year, a.category LIMIT {MOST_ROWS + 1}) x),
          {ledgers_sql(ledgers)})"""  # noqa: S608 - binds and declared SQL only.


def ledgers_sql(ledgers: str) -> str:
    """Return the pairs `ledgers`, with the currency of each, and `positions`, how far each was read.

    Args:
        ledgers: predicate on the region of `{0}`.
    """
    return f"""'ledgers', (SELECT coalesce(json_object_agg(pl.region, pl.currency), '{{}}') FROM place_status pl
            WHERE {holds("pl")} AND {ledgers.format("pl")}),
          'positions', (SELECT coalesce(json_agg(json_build_array(m.region, m.position) ORDER BY m.region), '[]')
            FROM projected m WHERE {ledgers.format("m")})"""  # noqa: S608 - binds and declared SQL only.


@dataclass(slots=True)
class _Sum:
    projects: int = 0
    year_to_date_fen: int = 0
    before_fen: int = 0
    currencies: set[str] = field(default_factory=set)


_Key = tuple[str | None, str | None]


class Totals:
    """What the statement answered, put together as rows.

    Groups that have a target and no figures yet are shown with zero, and each group at every cut-off, so that a year
    begins with its plan. A county that changed its code is one group, under the code that it has today.

    Raises:
        InvalidValueError: there are too many.
    """

    def __init__(
        self, found: dict[str, Any], groups: Grouping, asked: InvestmentTotalsFilter, cut: list[Cut], on: date
    ) -> None:
        if max(len(found["sums"]), len(found["targets"])) > MOST_ROWS:
            raise too_many()
        self._groups = groups
        self._asked = asked
        self._cuts = cut
        self._on = on
        self._ledgers: dict[str, str] = {newest(code): currency for code, currency in found["ledgers"].items()}
        self._sums: dict[tuple[_Key, date], _Sum] = {}
        for one in found["sums"]:
            self._add(one)
        self._targets: dict[tuple[_Key, int], dict[str, Any]] = {}
        for one in found["targets"]:
            key = self._key_of(one)
            if key is not None:
                self._targets[key, one["year"]] = one

    def _add(self, one: dict[str, Any]) -> None:
        region = None if one["region"] is None else newest(one["region"])
        total = self._sums.setdefault(((region, one["category"]), date.fromisoformat(one["day"])), _Sum())
        total.projects += one["projects"]
        total.year_to_date_fen += one["year_to_date"]
        total.before_fen += one["before"]
        total.currencies.add(one["currency"])

    def _key_of(self, target: dict[str, Any]) -> _Key | None:
        """Return the group that a target is of; None if it is of none, because a target is of a whole."""
        asked = self._asked
        if not asked.whole():
            return None
        category = target["category"] or None
        wanted = asked.category[0] if asked.category is not None and len(asked.category) == 1 else None
        if self._groups.category:
            if category is None or (asked.category is not None and category not in asked.category):
                return None
        elif category != wanted or (wanted is None and asked.category is not None):
            return None
        group = category if self._groups.category else None
        place = newest(target["region"])
        if self._groups.region:
            # A prefecture's own target is not one of its counties', which are its groups.
            return None if place.endswith("00") and not self._has_figures(place) else (place, group)
        whole = newest(asked.region) if asked.region is not None else next(iter(self._ledgers), None)
        if place != whole or (asked.region is None and len(self._ledgers) > 1):
            return None
        return None, group

    def _has_figures(self, place: str) -> bool:
        return any(region == place for (region, _), _ in self._sums)

    def rows(self) -> Iterator[Row]:
        """Yield the rows, by cut-off, region and category.

        Raises:
            InvalidValueError: there are too many.
            WrongCurrencyError: a group would add up amounts of two currencies.
        """
        keys = {key for key, _ in (*self._sums, *self._targets)}
        if not self._groups.region and not self._groups.category:
            keys = {(None, None)}
        ordered = sorted(keys, key=lambda key: (key[0] or "", key[1] or ""))
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

    def _row(self, key: _Key, day: date) -> Row:
        total = self._sums.get((key, day), _Sum())
        need_one_currency(total.currencies)
        target = self._targets.get((key, day.year))
        region, category = key
        return Row(
            region=region,
            category=category,
            day=day,
            projects=total.projects,
            year_to_date_fen=total.year_to_date_fen,
            before_fen=total.before_fen,
            currency=currency_in(
                total.currencies, region if target is None else newest(target["region"]), self._ledgers
            ),
            target=target,
        )


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
