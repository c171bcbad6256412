"""名单语句: the one statement of each question about key lists, and what its rows come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from schema.annual_plan import PlanEntryRow
from schema.project import Project
from schema.read import Binds, holds, select_list
from schema.regions import may_hold, newest, within
from schema.values import money_sql
from service.domain.errors import InvalidValueError, WrongCurrencyError
from service.domain.figures import time_progress
from service.domain.values import LARGEST

if TYPE_CHECKING:
    from datetime import date

    from schema.filters import InvestmentTotalsFilter
    from schema.pages import Page
    from service.domain.investment import Basis
    from service.domain.values import Region

MOST_LISTS: Final = 5000
"""Most rows of one answer: the lists of every county, prefecture and province are fewer."""
_STEPS: Final = 1_000_000
"""Steps of a percentage point by which projects are ordered."""

# One look by index for each entry, whatever the planner thinks of a list: joined plainly, it reads all projects that
# there are for the few hundred of a list.
_PROJECT: Final = """
CROSS JOIN LATERAL (
  SELECT {columns} FROM project_status p
  WHERE p.region = e.region AND p.project_id = e.project_id AND {holds}
  LIMIT 1
) p"""
_LATEST: Final = """
LEFT JOIN LATERAL (
  SELECT t.year_to_date_fen FROM investment_total t
  WHERE t.region = e.region AND t.project_id = e.project_id AND t.basis = {basis}
    AND t.year = {year} AND t.through_on <= {day} AND {holds}
  ORDER BY t.through_on DESC LIMIT 1
) latest ON true"""


def statement(binds: Binds, area: Region, year: int, basis: Basis, day: date) -> str:
    """Return the one statement of key lists, which answers one JSON object.

    `lists` has a row for each owner's code and currency, `targets` those that owners within the area set for the year,
    and `positions` what all of it was computed from.
    """
    year_sql = binds(year, "integer")
    latest = _LATEST.format(basis=binds(basis.value, "text"), year=year_sql, day=binds(day, "date"), holds=holds("t"))
    located, inside = within("p.location", area, binds), within("a.region", area, binds)
    kept = may_hold("m.region", area, binds)
    return f"""
        SELECT json_build_object(
          'lists', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT e.list_owner AS owner, pl.currency, count(*) AS projects,
              count(*) FILTER (WHERE e.plan_class = 'NEW_START') AS new_starts,
              count(*) FILTER (WHERE e.plan_class = 'CONTINUING') AS continuing,
              count(*) FILTER (WHERE e.plan_class = 'PREPARATORY') AS preparatory,
              count(*) FILTER (WHERE e.completes_this_year) AS completing,
              count(*) FILTER (WHERE e.planned_fen IS NULL) AS unplanned,
              count(latest.year_to_date_fen) AS reported,
              coalesce(sum(e.planned_fen), 0) AS planned_fen,
              coalesce(sum(latest.year_to_date_fen), 0) AS year_to_date_fen,
              coalesce(sum(latest.year_to_date_fen) FILTER (WHERE e.planned_fen IS NOT NULL), 0) AS of_planned_fen
            FROM projected m
            JOIN plan_entry e ON e.region = m.region AND e.year = {year_sql} AND {holds("e")}
            {_PROJECT.format(columns="p.location, p.voided", holds=holds("p"))}
            JOIN place_status pl ON pl.region = e.region AND pl.place = e.region AND {holds("pl")}
            {latest}
            WHERE {kept} AND {located} AND NOT p.voided
            GROUP BY 1, 2 ORDER BY 1, 2 LIMIT {MOST_LISTS + 1}) x),
          'targets', (SELECT coalesce(json_agg(row_to_json(x)), '[]') FROM (
            SELECT a.region, a.measure, a.operator, a.figure, a.unit, a.value FROM annual_target a
            WHERE a.year = {year_sql} AND a.measure IN ('INVESTMENT', 'PROJECT_COUNT') AND a.category = ''
              AND {holds("a")} AND {inside}
            ORDER BY a.region, a.measure LIMIT {2 * MOST_LISTS}) x),
          'positions', (SELECT coalesce(json_agg(json_build_array(m.region, m.position) ORDER BY m.region), '[]')
            FROM projected m WHERE {kept}))"""  # noqa: S608 - binds and declared SQL only.


@dataclass(slots=True)
class Summary:
    """What one list comes to, in projects and fen; `of_planned_fen` was completed of what has a planned amount."""

    owner: str
    currency: str
    projects: int = 0
    new_starts: int = 0
    continuing: int = 0
    preparatory: int = 0
    completing: int = 0
    unplanned: int = 0
    reported: int = 0
    planned_fen: int = 0
    year_to_date_fen: int = 0
    of_planned_fen: int = 0


def summaries(found: dict[str, Any]) -> list[Summary]:
    """Return the lists by their owner's code of today: ledgers may know the owner by different ones.

    Raises:
        InvalidValueError: there are too many.
        WrongCurrencyError: a list would add up amounts of two currencies.
    """
    if len(found["lists"]) > MOST_LISTS:
        raise InvalidValueError("region", rule=f"at most {MOST_LISTS} lists")
    lists: dict[str, Summary] = {}
    for row in found["lists"]:
        owner, currency = newest(row.pop("owner")), row.pop("currency")
        total = lists.setdefault(owner, Summary(owner, currency))
        if total.currency != currency:
            raise WrongCurrencyError("region", owner=owner, currencies=", ".join(sorted((total.currency, currency))))
        for name, value in row.items():
            setattr(total, name, getattr(total, name) + value)
    return [lists[owner] for owner in sorted(lists)]


def targets(found: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the targets by the owner's code of today and by measure."""
    return {(newest(one["region"]), one["measure"]): one for one in found["targets"]}


def variance(
    asked: InvestmentTotalsFilter,
    page: Page,
    *,
    basis: Basis,
    year: int,
    day: date,
    points: int,
    over: bool,
) -> tuple[str, list[Any]]:
    """Return the one statement of projects off their plan, and its values.

    Whether one is off by more than `points` is compared exactly, in whole numbers: time progress is n / d. `gap` only
    orders them. A project without a figure has done nothing as far as the ledger knows.
    """
    binds = Binds()
    progress = time_progress(day)
    done, planned = "coalesce(latest.year_to_date_fen, 0)::numeric * 100", "e.planned_fen::numeric"
    if over:
        off = f"{done} > {planned} * {binds(100 + points, 'integer')}"
        gap = f"{done} / nullif({planned}, 0) - 100"
    else:
        n, d = (progress * 100).as_integer_ratio()
        margin = Fraction(n - points * d, d)
        off = f"{planned} * {binds(margin.numerator, 'bigint')} > {done} * {binds(margin.denominator, 'bigint')}"
        gap = f"{binds(n, 'bigint')}::numeric / {binds(d, 'bigint')} - {done} / nullif({planned}, 0)"
    latest = _LATEST.format(
        basis=binds(basis.value, "text"), year=binds(year, "integer"), day=binds(day, "date"), holds=holds("t")
    )
    # The list that was asked for is a condition on the entry itself.
    others = replace(asked, key_list=None, plan_class=None).where(binds)
    listed = " AND ".join([holds("e"), f"e.year = {binds(year, 'integer')}", *asked.entry("e", binds)])
    where = [off, *others]
    row = f"""JSON_OBJECT(
          'project': {select_list(Project, page.nodes.below("project"), binds)},
          'entry': {select_list(PlanEntryRow, page.nodes.below("entry"), binds)},
          'planned': {money_sql("e.planned_fen", "e.region")},
          'year_to_date': {money_sql("e.year_to_date_fen", "e.region")},
          'through': {binds(day, "date")} RETURNING json)"""
    rows = f"""
            SELECT e.*, latest.year_to_date_fen,
              least(coalesce(trunc(({gap}) * {_STEPS}), {LARGEST}), {LARGEST})::bigint AS gap
            FROM projected m
            CROSS JOIN LATERAL (
              SELECT e.* FROM plan_entry e WHERE e.region = m.region AND {listed} OFFSET 0) e
            {_PROJECT.format(columns="p.*", holds=holds("p"))}
            {latest}
            WHERE {asked.ledgers("m.region", binds)} AND {" AND ".join(where)}"""  # noqa: S608 - binds and declared SQL only.
    project = f"""
        JOIN project_status p ON p.region = e.region AND p.project_id = e.project_id AND {holds("p")}"""
    return page.over("e", row, rows, binds, joins=project), binds.values
