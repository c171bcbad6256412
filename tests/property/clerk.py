"""A clerk with the log in hand: what projects come to, added up in plain Python from the facts alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.domain import annual_plan, ceremony, funds, gates, identity, investment, place, project, total_investment
from service.domain.annual_plan import PlanClass
from service.domain.figures import percent
from service.domain.stages import Activity, default_stages, handling_of, phase_of, stage_of
from service.domain.total_investment import TotalKind
from service.domain.values import Code, Region
from tests.examples import yi

if TYPE_CHECKING:
    from schema.dimensions import Dimension
    from service.domain.decider import Stream

CUT: Final = date(2022, 2, 28)
PRIOR: Final = date(2021, 2, 28)
"""The day through which figures count, and the same of the year before."""


@dataclass
class Book:
    """What the log says of a project, written down line by line; the last word on a thing is the one that stands."""

    identity: Any = None
    gates: dict[gates.Gate, date] = field(default_factory=dict)
    totals: dict[TotalKind, int] = field(default_factory=dict)
    done: dict[tuple[investment.Basis, date], int] = field(default_factory=dict)
    planned: dict[tuple[Code, int | None], int] = field(default_factory=dict)
    allotted: dict[tuple[Code, str], tuple[date, int]] = field(default_factory=dict)
    arrived: dict[tuple[Code, date], int] = field(default_factory=dict)
    lists: dict[Region, PlanClass] = field(default_factory=dict)
    is_gone: bool = False

    def take(self, fact: Any) -> None:
        """Write down a fact of the project, or of its money."""
        match fact:
            case project.ProjectRegistered():
                self.identity = fact.identity
            case project.ProjectAmended():
                self.identity = identity.amended(self.identity, fact.changes)
            case project.ProjectVoided() | project.ProjectMerged():
                self.is_gone = True
            case gates.ProjectStarted():
                # The day of the ceremony is not the one that counts here.
                if fact.basis is gates.StartBasis.PHYSICAL:
                    self.gates[gates.Gate.STARTED] = fact.occurred_on
            case gates.ContractSigned():
                self.gates[gates.Gate.CONTRACT_SIGNED] = fact.occurred_on
            case _:
                self._take_money(fact)

    def _take_money(self, fact: Any) -> None:
        match fact:
            case total_investment.TotalInvestmentSet():
                self.totals[fact.kind] = fact.amount_fen
            case total_investment.TotalInvestmentWithdrawn():
                del self.totals[fact.kind]
            case investment.CompletionReported():
                self.done[fact.basis, fact.through.last_day] = fact.amount_fen
            case funds.FundsPlanned():
                self.planned[fact.source, fact.year] = fact.amount_fen
            case funds.FundsAllotted():
                self.allotted[fact.source, fact.document.number or ""] = (fact.occurred_on, fact.amount_fen)
            case _:
                assert isinstance(fact, funds.FundsReported)
                self.arrived[fact.source, fact.through.last_day] = fact.amount_fen

    def year_to_date(self, basis: investment.Basis, cut: date) -> int | None:
        """Return the latest cumulative of the cut-off's year."""
        days = [day for of, day in self.done if of is basis and day.year == cut.year and day <= cut]
        return self.done[basis, max(days)] if days else None

    def value(self, name: str, owner: Region) -> str | None:
        """Return its value in a dimension."""
        it, size = self.identity, self.totals.get(TotalKind.STATISTICAL)
        by_name = {
            "REGION": it.region,
            "CATEGORY": it.category,
            "TRACK": it.track,
            "PHASE": phase_of(self.gates),
            "STAGE": stage_of(default_stages()[it.track], self.gates).code,
            "HANDLING": handling_of(self.gates, Activity.ACTIVE),
            "ACTIVITY": Activity.ACTIVE,
            "INDUSTRY": it.industry,
            "INDUSTRY_SECTION": it.industry and it.industry[0],
            "INDUSTRY_DIVISION": it.industry[:3] if it.industry and len(it.industry) > 1 else None,
            "NATURE": it.nature,
            "ASSET_TYPE": it.asset_type,
            "UNIT": it.responsible_unit,
            "TOWNSHIP": it.township,
            "PARK": it.park,
            "SIZE_BAND": None if size is None else "BELOW" if size < 10 * yi("1").fen else "YI_10",
            "PLAN_CLASS": self.lists.get(owner),
        }
        if size is not None and size >= 50 * yi("1").fen:
            by_name["SIZE_BAND"] = "YI_50"
        found = by_name[name]
        return None if found is None else str(found)


def written(facts: Iterable[tuple[Stream, Any]]) -> list[Book]:
    """Return the books of the projects that stand."""
    books: dict[UUID, Book] = defaultdict(Book)
    for stream, one in facts:
        match one:
            case annual_plan.AnnualPlanIncluded() as fact:
                for entry in fact.entries:
                    books[entry.project_id].lists[fact.list_owner] = entry.plan_class
            case annual_plan.AnnualPlanRemoved() as fact:
                for gone in fact.projects:
                    del books[gone].lists[fact.list_owner]
            case place.PlaceOpened() | ceremony.CeremonyHeld():
                pass  # A batch is a cohort: it changes nothing of what a project is or has.
            case fact:
                books[stream.id].take(fact)
    return [book for book in books.values() if not book.is_gone]


Groups = dict[tuple[str | None, ...], list[Book]]


def sorted_out(books: Iterable[Book], by: Sequence[Dimension], owner: Region) -> Groups:
    """Return books by their values in some dimensions."""
    groups: Groups = defaultdict(list)
    for book in books:
        groups[tuple(book.value(one.name, owner) for one in by)].append(book)
    return groups


def completed(groups: Groups, whole: Sequence[Book]) -> dict[Any, Any]:
    """Return what each group with a figure comes to: projects, fen, share and growth."""
    basis = investment.Basis.DISPATCH
    total = sum(book.year_to_date(basis, CUT) or 0 for book in whole)
    found = {}
    for key, books in groups.items():
        now = [one for book in books if (one := book.year_to_date(basis, CUT)) is not None]
        then = [one for book in books if (one := book.year_to_date(basis, PRIOR)) is not None]
        done, before = sum(now), sum(then)
        growth = percent(done - before, before, 2) if now and before > 0 else None
        if now or not key:
            found[key] = (len(now), done, percent(done, total, 2), growth)
    return found


def funded(groups: Groups) -> dict[Any, Any]:
    """Return what funds each group has: planned, allotted and arrived, each with its projects."""
    found = {}
    for key, books in groups.items():
        planned, allotted, arrived = _planned(books), _allotted(books), _arrived(books)
        if planned[0] or allotted[0] or arrived[0] or not key:
            found[key] = (planned, allotted, arrived)
    return found


def _planned(books: Iterable[Book]) -> tuple[int, int, int | None]:
    projects = of_year = whole = unknown = 0
    for book in books:
        known = {key: fen for key, fen in book.planned.items() if key[1] is None or key[1] <= CUT.year}
        projects += bool(known)
        of_year += sum(fen for (_, year), fen in known.items() if year == CUT.year)
        for source in {source for source, _ in known}:
            whole += known.get((source, None), 0)
            unknown += (source, None) not in known
    return projects, of_year, None if unknown else whole


def _allotted(books: Iterable[Book]) -> tuple[int, int, int | None]:
    projects = of_year = whole = 0
    for book in books:
        known = [(day, fen) for day, fen in book.allotted.values() if day <= CUT]
        projects += bool(known)
        of_year += sum(fen for day, fen in known if day.year == CUT.year)
        whole += sum(fen for _, fen in known)
    return projects, of_year, whole


def _arrived(books: Iterable[Book]) -> tuple[int, int, int | None]:
    """Papers say how much arrived in each year, so since the start nobody knows."""
    projects = of_year = 0
    for book in books:
        known = {key: fen for key, fen in book.arrived.items() if key[1] <= CUT}
        projects += bool(known)
        for source in {source for source, _ in known}:
            days = [day for of, day in known if of == source and day.year == CUT.year]
            of_year += known[source, max(days)] if days else 0
    return projects, of_year, None if projects else 0


def counted(groups: Groups) -> dict[Any, Any]:
    """Return how many projects each group has, of how many the total is stated, and what it comes to."""
    found = {}
    for key, books in groups.items():
        stated = [book.totals[TotalKind.STATISTICAL] for book in books if TotalKind.STATISTICAL in book.totals]
        found[key] = (len(books), len(stated), sum(stated))
    return found
