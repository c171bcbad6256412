"""投资汇总: figures as stated, what they come to by project and day, and the year's targets.

Totals never mix two bases. A region's year-to-date at a cut-off is the sum of each project's latest row of that year at
or before it. Source: domain.md, Investment and Figures; design.md section 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.columns import KEYWORD, json_of
from projections.table import Change, Table, Writes
from service.domain.investment import CompletionFact, CompletionReported, Measure, OpeningBalanceStated
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet, TargetFact
from service.domain.values import Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

COMPLETION: Final = Table(
    name="completion",
    key=("project_id", "basis", "measure", "period"),
    columns={
        "project_id": "uuid NOT NULL",
        "basis": KEYWORD,
        "measure": KEYWORD,
        "period": KEYWORD,
        "through_on": "date NOT NULL",
        "status": KEYWORD,
        "amount_fen": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
OPENING: Final = Table(
    name="opening_balance",
    key=("project_id", "basis"),
    columns={
        "project_id": "uuid NOT NULL",
        "basis": KEYWORD,
        "year": "integer NOT NULL",
        "amount_fen": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "position": "bigint NOT NULL",
    },
)
TOTAL: Final = Table(
    name="investment_total",
    key=("project_id", "basis", "through_on"),
    columns={
        "project_id": "uuid NOT NULL",
        "basis": KEYWORD,
        "through_on": "date NOT NULL",
        "year": "integer NOT NULL",
        "year_to_date_fen": "bigint NOT NULL",
        "since_start_fen": "bigint",
    },
    indexes=("basis, year, project_id, through_on",),
)
TARGET: Final = Table(
    name="annual_target",
    key=("year", "measure", "category"),
    columns={
        "year": "integer NOT NULL",
        "measure": KEYWORD,
        "category": KEYWORD,
        "operator": KEYWORD,
        "value": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "reason": "text",
        "source": "jsonb",
        "position": "bigint NOT NULL",
    },
)


class Figure(NamedTuple):
    """A figure as stated: of which measure, for which period, how much in fen, and where in the log it was said."""

    measure: Measure
    period: Period
    amount_fen: int
    position: int


class Opening(NamedTuple):
    """An opening balance: completed through the end of a year, in fen, and where in the log it was said."""

    year: int
    amount_fen: int
    position: int


class Total(NamedTuple):
    """What a project's figures come to on a day, in fen; None where nothing stated tells it."""

    year_to_date_fen: int
    since_start_fen: int | None


class Known(NamedTuple):
    """What a project's figures tell of a day, in fen; None where nothing stated tells it."""

    year_to_date_fen: int | None
    since_start_fen: int | None


def totals(figures: Iterable[Figure], opening: Opening | None) -> dict[date, Total]:
    """Return what the figures of one project and basis come to, on each day through which one is stated.

    What is not stated is unknown and not zero: a day whose year-to-date is unknown is left out, and an unknown amount
    since the start is None. The rules, in this order:

    1. An opening balance is what was completed since the start through 31 December of its year.
    2. Of several figures for one thing the last said stands, flash or final: of cumulatives of one measure those
       through one day (2023-04-T3, 2023-04). Of amounts of periods that end on one day the longest period's counts.
    3. A cumulative counts as stated.
    4. A year's *base* is what was completed since the start when it began. On a day that states both cumulatives it is
       the difference of the two, from that day on until another such day, and on the days before the first such day if
       nothing else tells it. Otherwise it is the amount since the start on the last day of the years before that has a
       figure, if that is known: years without figures add nothing. The opening balance counts as such a day.
    5. A year-to-date that is not stated is the amount since the start less the base; else the amount of the period and
       the year-to-date on the last day with a figure before the period began, zero if the year has none: periods
       without a figure add nothing.
    6. An amount since the start that is not stated is the base and the year-to-date; else the amount of the period and
       the amount since the start before it.

    With every fact all days are worked out anew: a corrected or late figure or opening balance changes later days and
    years too. What a month comes to is the year-to-date at its end less that at the end of the month before, so months
    add up to the year-to-date whatever was stated; it may be negative, and so may a year-to-date where a review takes
    back (核减) what was counted in an earlier year.
    """
    return {
        day: Total(known.year_to_date_fen, known.since_start_fen)
        for day, known in known_days(figures, opening).items()
        if known.year_to_date_fen is not None
    }


def known_days(figures: Iterable[Figure], opening: Opening | None) -> dict[date, Known]:
    """Return what is known of each day through which a figure is stated, by the rules of `totals`.

    A day of which only the amount since the start is known is one of them.
    """
    days = _by_day(figures, opening)
    found: dict[date, _Day] = {}
    year, base = 0, None
    last: int | None = None  # Since the start, on the last day so far.
    this_year: list[date] = []
    for day, stated in days.items():
        if day.year != year:
            year, base, this_year = day.year, last if found else None, []
            if base is None:
                base = next((d.base for other, d in days.items() if other.year == year and d.base is not None), None)
        if stated.base is not None:
            base = stated.base
        known = _known(stated, base, _before(stated, this_year, found, base))
        found[day] = known
        this_year.append(day)
        last = known.since_start
    return {
        day: Known(known.year_to_date, known.since_start) for day, known in found.items() if not days[day].is_opening
    }


class _Day(NamedTuple):
    """What is stated of a day, or known of it; `first` is the first day of the period that `amount` is of."""

    year_to_date: int | None = None
    since_start: int | None = None
    amount: int | None = None
    first: date | None = None
    is_opening: bool = False

    @property
    def base(self) -> int | None:
        """What was completed when the year began, where both cumulatives are there."""
        if self.year_to_date is None or self.since_start is None:
            return None
        return self.since_start - self.year_to_date


def _by_day(figures: Iterable[Figure], opening: Opening | None) -> dict[date, _Day]:
    """Return what is stated, in order of days; a day of nothing but the opening balance says so."""
    said = sorted(figures, key=lambda one: one.position)
    own = {one.period.last_day for one in said}
    if opening is not None:
        balance = Figure(Measure.SINCE_START, Period.month(opening.year, 12), opening.amount_fen, opening.position)
        said = sorted([*said, balance], key=lambda one: one.position)
    days: dict[date, _Day] = {}
    for one in said:
        day = one.period.last_day
        stated = days.get(day, _Day(is_opening=day not in own))
        match one.measure:
            case Measure.YEAR_TO_DATE:
                stated = stated._replace(year_to_date=one.amount_fen)
            case Measure.SINCE_START:
                stated = stated._replace(since_start=one.amount_fen)
            case Measure.MONTH if stated.first is None or one.period.first_day <= stated.first:
                stated = stated._replace(amount=one.amount_fen, first=one.period.first_day)
            case Measure.MONTH:
                pass  # A longer period that ends on the same day contains it.
        days[day] = stated
    return dict(sorted(days.items()))


def _before(stated: _Day, this_year: Sequence[date], found: Mapping[date, _Day], base: int | None) -> _Day:
    """Return what was known on the last day before a period began; when its year began, nothing but the base."""
    if stated.first is None:
        return _Day()
    earlier = next((day for day in reversed(this_year) if day < stated.first), None)
    return _Day(0, base) if earlier is None else found[earlier]


def _known(stated: _Day, base: int | None, before: _Day) -> _Day:
    """Return what is known of a day, by the rules of `totals`."""
    year_to_date, since_start = stated.year_to_date, stated.since_start
    if year_to_date is None and since_start is not None and base is not None:
        year_to_date = since_start - base
    if stated.amount is not None:
        if year_to_date is None and before.year_to_date is not None:
            year_to_date = before.year_to_date + stated.amount
        if since_start is None and base is None and before.since_start is not None:
            since_start = before.since_start + stated.amount
    if since_start is None and base is not None and year_to_date is not None:
        since_start = base + year_to_date
    return _Day(year_to_date, since_start)


class InvestmentTotals:
    """投资汇总."""

    name = "investment_totals"
    version = 1
    tables = (COMPLETION, OPENING, TOTAL, TARGET)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into figures, totals and targets; ignores funds, progress, key lists and all other streams."""
        targets = [one for one in batch if isinstance(one.fact, AnnualTargetSet | AnnualTargetRevised)]
        if targets:
            await TARGET.write(connection, targets[0].region, [_target(one) for one in targets])
        money = [one for one in batch if isinstance(one.fact, CompletionFact)]
        if not money:
            return
        region = money[0].region
        ids = [one.stream_id for one in money]
        fold = _Fold(
            await COMPLETION.current(connection, region, "project_id", ids),
            await OPENING.current(connection, region, "project_id", ids),
            await TOTAL.current(connection, region, "project_id", ids),
        )
        for one in money:
            fold.take(one)
        await fold.writes.write(connection, region)


_Series = tuple["UUID", str]


class _Fold:
    """The figures that a batch touches, by project and basis, and how rows change."""

    def __init__(self, completions: Mapping[Any, Any], openings: Mapping[Any, Any], found: Mapping[Any, Any]) -> None:
        self.figures: dict[_Series, dict[tuple[str, str], Figure]] = {}
        for (project_id, basis, measure, period), row in completions.items():
            figure = Figure(Measure(measure), str.__new__(Period, period), row["amount_fen"], row["position"])
            self.figures.setdefault((project_id, basis), {})[measure, period] = figure
        self.opening = {key: Opening(row["year"], row["amount_fen"], row["position"]) for key, row in openings.items()}
        self.found: dict[_Series, dict[date, Total]] = {}
        for (project_id, basis, day), row in found.items():
            total = Total(row["year_to_date_fen"], row["since_start_fen"])
            self.found.setdefault((project_id, basis), {})[day] = total
        self.writes = Writes(COMPLETION, OPENING, TOTAL)

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        fact: CompletionFact = one.fact
        series = (one.stream_id, str(fact.basis))
        common = {
            "project_id": one.stream_id,
            "basis": fact.basis,
            "amount_fen": fact.amount_fen,
            "figure": fact.stated.figure,
            "unit": fact.stated.unit,
            "position": one.position,
        }
        match fact:
            case OpeningBalanceStated():
                fresh = series not in self.opening
                self.opening[series] = Opening(fact.year, fact.amount_fen, one.position)
                self.writes.set(OPENING, one, {**common, "year": fact.year}, fresh=fresh)
            case CompletionReported():
                figure = Figure(fact.measure, fact.through, fact.amount_fen, one.position)
                figures = self.figures.setdefault(series, {})
                fresh = (fact.measure, fact.through) not in figures
                figures[fact.measure, fact.through] = figure
                row = {
                    **common,
                    "measure": fact.measure,
                    "period": fact.through,
                    "through_on": fact.through.last_day,
                    "status": fact.status,
                    "reason": fact.reason,
                    "documents": json_of(fact.documents),
                }
                self.writes.set(COMPLETION, one, row, fresh=fresh)
        self._add_up(series, one)

    def _add_up(self, series: _Series, one: Recorded) -> None:
        before = self.found.get(series, {})
        after = totals(self.figures.get(series, {}).values(), self.opening.get(series))
        project_id, basis = series
        for day in before.keys() - after.keys():
            self.writes.end(TOTAL, one, project_id, basis, day)
        for day, total in after.items():
            if before.get(day) != total:
                row = {"project_id": project_id, "basis": basis, "through_on": day, "year": day.year, **total._asdict()}
                self.writes.set(TOTAL, one, row, fresh=day not in before)
        self.found[series] = after


def _target(one: Recorded) -> Change:
    fact: TargetFact = one.fact
    row = {
        "year": fact.year,
        "measure": fact.measure,
        "category": fact.category or "",
        "operator": fact.operator,
        "value": fact.value,
        "figure": fact.stated.figure,
        "unit": fact.stated.unit,
        "reason": fact.reason if isinstance(fact, AnnualTargetRevised) else None,
        "source": None if fact.source is None else json_of(fact.source),
        "position": one.position,
    }
    return TARGET.change(row, one.stored.recorded_us)
