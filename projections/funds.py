"""资金与形象进度: funds as stated, what they come to by source, and what stands on the site.

Planned, allotted, arrived and paid are four numbers, never added to each other. What arrived or was paid by a day
follows the rules of `known_days`, as completed investment does, but there is no opening balance of a source: an amount
since the start is known only where a paper states one. Source: domain.md, Investment.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.investment_totals import Figure, known_days
from projections.table import Change, Table, Writes
from service.domain.funds import FUNDS_FACTS, FundsAllotted, FundsFact, FundsPlanned, FundsReported, FundStage
from service.domain.progress import PhysicalProgressReported
from service.domain.series import Measure
from service.domain.values import FIRST_YEAR, Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

PLANNED: Final = Table(
    name="funds_planned",
    key=("project_id", "source", "year"),
    columns={
        "project_id": "uuid NOT NULL",
        "source": KEYWORD,
        "year": "integer NOT NULL",
        "amount_fen": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
"""A plan for the whole project stands under the year 0."""
ALLOTTED: Final = Table(
    name="funds_allotted",
    key=("project_id", "source", "number"),
    columns={
        "project_id": "uuid NOT NULL",
        "source": KEYWORD,
        "number": KEYWORD,
        "occurred_on": "date NOT NULL",
        "amount_fen": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "reason": "text",
        "document": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
REPORTED: Final = Table(
    name="funds_reported",
    key=("project_id", "kind", "source", "measure", "period"),
    columns={
        "project_id": "uuid NOT NULL",
        "kind": KEYWORD,
        "source": KEYWORD,
        "measure": KEYWORD,
        "period": KEYWORD,
        "through_on": "date NOT NULL",
        "amount_fen": "bigint NOT NULL",
        "figure": KEYWORD,
        "unit": KEYWORD,
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
TOTAL: Final = Table(
    name="fund_total",
    key=("project_id", "source", "kind", "through_on"),
    columns={
        "project_id": "uuid NOT NULL",
        "source": KEYWORD,
        "kind": KEYWORD,
        "through_on": "date NOT NULL",
        "year": "integer",
        "year_to_date_fen": "bigint",
        "since_start_fen": "bigint",
    },
)
PROGRESS: Final = Table(
    name="physical_progress",
    key=("project_id", "period"),
    columns={
        "project_id": "uuid NOT NULL",
        "period": KEYWORD,
        "through_on": "date NOT NULL",
        "percent": KEYWORD_OR_NULL,
        "description": "text",
        "quantities": "jsonb NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)

WHOLE: Final = 0
"""Stands for the year of a plan for the whole project."""
WHOLE_ON: Final = date(FIRST_YEAR - 1, 12, 31)
"""The day of the row of a plan for the whole project: before every day that can be asked about."""


class FundTotal(NamedTuple):
    """What the funds of one source come to on a day, in fen; None where nothing stated tells it.

    Of what is planned there is a row for each year, from its first day, with the whole year's amount as the year to
    date and the whole project's as the amount since the start; and one of no year for the whole project.
    """

    year: int | None
    year_to_date_fen: int | None
    since_start_fen: int | None


class Allotment(NamedTuple):
    """What a document allotted, and when."""

    occurred_on: date
    amount_fen: int


def planned_totals(plans: Mapping[int, int]) -> dict[date, FundTotal]:
    """Return the rows of what is planned of one source; `plans` has the amounts by year, the whole project's as 0."""
    whole = plans.get(WHOLE)
    years = {date(year, 1, 1): FundTotal(year, fen, whole) for year, fen in plans.items() if year != WHOLE}
    return years if whole is None else {WHOLE_ON: FundTotal(None, None, whole), **years}


def allotted_totals(allotments: Iterable[Allotment]) -> dict[date, FundTotal]:
    """Return what is allotted of one source through each day that has an allotment."""
    found: dict[date, FundTotal] = {}
    year_to_date, since_start, year = 0, 0, 0
    for one in sorted(allotments):
        if one.occurred_on.year != year:
            year, year_to_date = one.occurred_on.year, 0
        year_to_date += one.amount_fen
        since_start += one.amount_fen
        found[one.occurred_on] = FundTotal(year, year_to_date, since_start)
    return found


def reported_totals(figures: Iterable[Figure]) -> dict[date, FundTotal]:
    """Return what arrived of one source, or was paid of it, through each day that a figure reaches."""
    return {day: FundTotal(day.year, *known) for day, known in known_days(figures, None).items()}


class FundTotals:
    """资金与形象进度."""

    name = "funds"
    version = 1
    tables = (PLANNED, ALLOTTED, REPORTED, TOTAL, PROGRESS)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into funds, their totals and progress; ignores completed investment and all other streams."""
        progress = [one for one in batch if isinstance(one.fact, PhysicalProgressReported)]
        if progress:
            await PROGRESS.write(connection, progress[0].region, [_progress(one) for one in progress])
        money = [one for one in batch if isinstance(one.fact, FUNDS_FACTS)]
        if not money:
            return
        region = money[0].region
        ids = [one.stream_id for one in money]
        fold = _Fold(
            await PLANNED.current(connection, region, "project_id", ids),
            await ALLOTTED.current(connection, region, "project_id", ids),
            await REPORTED.current(connection, region, "project_id", ids),
            await TOTAL.current(connection, region, "project_id", ids),
        )
        for one in money:
            fold.take(one)
        await fold.writes.write(connection, region)


_Source = tuple["UUID", str]
_Kind = tuple["UUID", str, str]


class _Fold:
    """The funds that a batch touches, by project and source, and how rows change."""

    def __init__(
        self,
        planned: Mapping[Any, Any],
        allotted: Mapping[Any, Any],
        reported: Mapping[Any, Any],
        found: Mapping[Any, Any],
    ) -> None:
        self.plans: dict[_Source, dict[int, int]] = {}
        for (project_id, source, year), row in planned.items():
            self.plans.setdefault((project_id, source), {})[year] = row["amount_fen"]
        self.allotments: dict[_Source, dict[str, Allotment]] = {}
        for (project_id, source, number), row in allotted.items():
            allotment = Allotment(row["occurred_on"], row["amount_fen"])
            self.allotments.setdefault((project_id, source), {})[number] = allotment
        self.figures: dict[_Kind, dict[tuple[str, str], Figure]] = {}
        for (project_id, kind, source, measure, period), row in reported.items():
            figure = Figure(Measure(measure), str.__new__(Period, period), row["amount_fen"], row["position"])
            self.figures.setdefault((project_id, source, kind), {})[measure, period] = figure
        self.found: dict[_Kind, dict[date, FundTotal]] = {}
        for (project_id, source, kind, day), row in found.items():
            total = FundTotal(row["year"], row["year_to_date_fen"], row["since_start_fen"])
            self.found.setdefault((project_id, source, kind), {})[day] = total
        self.writes = Writes(PLANNED, ALLOTTED, REPORTED, TOTAL)

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        fact: FundsFact = one.fact
        key = (one.stream_id, str(fact.source))
        match fact:
            case FundsPlanned():
                plans, year = self.plans.setdefault(key, {}), fact.year or WHOLE
                fresh = year not in plans
                plans[year] = fact.amount_fen
                self._set(PLANNED, one, fresh, year=year, documents=json_of(fact.documents))
                self._add_up(one, FundStage.PLANNED, planned_totals(plans))
            case FundsAllotted():
                allotments = self.allotments.setdefault(key, {})
                number = str(fact.document.number)
                fresh = number not in allotments
                allotments[number] = Allotment(fact.occurred_on, fact.amount_fen)
                document = json_of(fact.document)
                self._set(ALLOTTED, one, fresh, number=number, occurred_on=fact.occurred_on, document=document)
                self._add_up(one, FundStage.ALLOTTED, allotted_totals(allotments.values()))
            case FundsReported():
                figures = self.figures.setdefault((*key, str(fact.kind)), {})
                figure = Figure(fact.measure, fact.through, fact.amount_fen, one.position)
                fresh = (fact.measure, fact.through) not in figures
                figures[fact.measure, fact.through] = figure
                self._set(
                    REPORTED,
                    one,
                    fresh,
                    kind=fact.kind,
                    measure=fact.measure,
                    period=fact.through,
                    through_on=fact.through.last_day,
                    documents=json_of(fact.documents),
                )
                self._add_up(one, FundStage(fact.kind), reported_totals(figures.values()))

    def _set(self, table: Table, one: Recorded, fresh: bool, **values: Any) -> None:  # noqa: FBT001 - as in Change.
        fact: FundsFact = one.fact
        row = {
            "project_id": one.stream_id,
            "source": fact.source,
            "amount_fen": fact.amount_fen,
            "figure": fact.stated.figure,
            "unit": fact.stated.unit,
            "reason": fact.reason,
            "position": one.position,
            **values,
        }
        self.writes.set(table, one, row, fresh=fresh)

    def _add_up(self, one: Recorded, kind: FundStage, after: dict[date, FundTotal]) -> None:
        """Change the rows of totals to what they come to now."""
        key = (one.stream_id, str(one.fact.source), str(kind))
        before = self.found.get(key, {})
        for day in sorted(before.keys() - after.keys()):
            self.writes.end(TOTAL, one, *key, day)
        for day, total in after.items():
            if before.get(day) != total:
                values = dict(zip(TOTAL.key, (*key, day), strict=True))
                self.writes.set(TOTAL, one, {**values, **total._asdict()}, fresh=day not in before)
        self.found[key] = after


def _progress(one: Recorded) -> Change:
    fact: PhysicalProgressReported = one.fact
    row = {
        "project_id": one.stream_id,
        "period": fact.through,
        "through_on": fact.through.last_day,
        "percent": fact.percent,
        "description": fact.description,
        "quantities": json_of(fact.quantities),
        "reason": fact.reason,
        "documents": json_of(fact.documents),
        "position": one.position,
    }
    return PROGRESS.change(row, one.stored.recorded_us)
