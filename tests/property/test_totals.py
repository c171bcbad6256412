"""Totals of ledgers that nobody thought of are what a clerk with the log in hand would come to, by every dimension."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema import schema
from schema.context import Context, Services
from schema.dimensions import OF_PROJECTS, PLAN_CLASS, Dimension
from schema.values import camel
from service.access import LOCAL
from service.directory import Directory
from service.domain import annual_plan, ceremony, funds, gates, identity, investment, place, project, total_investment
from service.domain.annual_plan import PlanClass
from service.domain.decider import Stream
from service.domain.deciders import DECIDER_OF, decider_of
from service.domain.errors import RejectedError
from service.domain.gate_commands import RecordContractSigned, RecordStarted
from service.domain.identity import Changes, Identity, Track
from service.domain.total_investment import TotalKind
from service.domain.values import Code, Document, Industry, Name, Period, Reason, Region
from service.handle import Handler
from service.journal import Journal
from tests.examples import PLAN_PAPER, yi
from tests.projections.feeding import Ledger, ledger_on
from tests.property.clerk import Book, completed, counted, funded, sorted_out, written

WHY: Final = Reason("核对")
PROVINCE: Final = Region("990000")
TODAY: Final = date(2022, 12, 31)
MOST: Final = 4
"""Projects of a ledger."""
_LEDGERS: Final = count(1)

_projects: Final = st.integers(0, MOST - 1)
_reasons: Final = st.sampled_from((None, WHY, WHY))
_amounts: Final = st.sampled_from(("0", "1", "2.5", "7.05", "60")).map(yi)
_counties: Final = st.sampled_from(("01", "02"))
_named: Final = st.sampled_from((None, "甲", "乙")).map(lambda name: None if name is None else Name(name))
_fields: Final[dict[str, st.SearchStrategy[Any]]] = {
    "category": st.sampled_from(("PRODUCTIVE", "SOCIAL")).map(Code),
    "track": st.sampled_from(Track),
    "industry": st.sampled_from((None, "C", "C26", "C2614", "N")).map(lambda code: code and Industry(code)),
    "nature": st.sampled_from((None, *identity.Nature)),
    "asset_type": st.sampled_from((None, *identity.AssetType)),
    "responsible_unit": _named,
    "township": _named,
    "park": _named,
}


@dataclass(frozen=True)
class Ids:
    """The ledger's region, and its projects' ids."""

    region: Region
    projects: Sequence[UUID]

    def county(self, number: str) -> Region:
        """Return one of its counties."""
        return Region(f"{self.region[:4]}{number}")

    def parts(self, shares: Iterable[str]) -> tuple[identity.CountyPart, ...]:
        """Return parts by county."""
        return tuple(identity.CountyPart(region=self.county(one), stated=yi("1")) for one in shares)


def _registered(ids: Ids, sent: dict[str, Any], number: int) -> object:
    """Return the registration of a project."""
    sent = {**sent, "region": ids.county(sent["region"]), "parts": ids.parts(sent["parts"])}
    return project.RegisterProject(identity=Identity(name=Name(f"演示项目{number}"), **sent))


_identities: Final = st.fixed_dictionaries(
    {**_fields, "region": _counties, "parts": st.lists(_counties, max_size=2, unique=True)}
)
_entries: Final = st.lists(
    st.tuples(_projects, st.sampled_from(PlanClass)), min_size=1, max_size=MOST, unique_by=lambda one: one[0]
)


@st.composite
def _of_lists(draw: st.DrawFn) -> Any:
    """Draw putting projects on one of two lists that overlap, or taking one off."""
    entries, is_own = draw(_entries), draw(st.booleans())
    gone = draw(_projects) if draw(st.integers(0, 3)) == 0 else None

    def make(ids: Ids) -> object:
        owner = ids.region if is_own else PROVINCE
        if gone is not None:
            return annual_plan.RemoveFromAnnualPlan(
                list_owner=owner, year=2022, projects=(ids.projects[gone],), reason=WHY
            )
        return annual_plan.IncludeInAnnualPlan(
            list_owner=owner,
            year=2022,
            entries=tuple(
                annual_plan.EntryToInclude(project_id=ids.projects[of], plan_class=as_what, completes_this_year=False)
                for of, as_what in entries
            ),
            source=PLAN_PAPER,
            reason=WHY,
        )

    return make


@st.composite
def _of_a_project(draw: st.DrawFn) -> Any:
    """Draw a command on a project's money or gates."""
    of, stated, reason = draw(_projects), draw(_amounts), draw(_reasons)
    year, month = draw(st.sampled_from((2021, 2022))), draw(st.integers(1, 3))
    source = draw(st.sampled_from(("SPECIAL_BOND", "SELF_RAISED")).map(Code))
    more: dict[str, Any] = {"stated": stated, "reason": reason}
    through: dict[str, Any] = {"through": Period.month(year, month), "measure": investment.Measure.YEAR_TO_DATE, **more}
    kind = draw(st.sampled_from((TotalKind.STATISTICAL, TotalKind.CONTRACTED)))
    basis = draw(st.sampled_from((investment.Basis.DISPATCH, investment.Basis.PAID)))
    counting = draw(st.sampled_from((gates.StartBasis.PHYSICAL, gates.StartBasis.CEREMONY)))
    number = draw(st.sampled_from(("1号", "2号")))
    made = draw(st.sampled_from((
        lambda id_: investment.ReportCompletion(
            project_id=id_, basis=basis, status=investment.Status.FINAL, **through),
        lambda id_: investment.ReportCompletion(
            project_id=id_, basis=investment.Basis.DISPATCH, status=investment.Status.FINAL, **through),
        lambda id_: total_investment.SetTotalInvestment(
            project_id=id_, kind=kind, occurred_on=date(2022, 1, 1), **more),
        lambda id_: total_investment.WithdrawTotalInvestment(
            project_id=id_, kind=kind, reason=WHY, occurred_on=date(2022, 1, 1)),
        lambda id_: RecordStarted(
            project_id=id_, occurred_on=date(year, month, 1), basis=counting, reason=reason),
        lambda id_: RecordContractSigned(
            project_id=id_, occurred_on=date(2021, 1, 1), form=gates.ContractForm.FORMAL),
        lambda id_: funds.PlanFunds(
            project_id=id_, source=source, year=None if month == 1 else year + month - 2, **more),
        lambda id_: funds.AllotFunds(
            project_id=id_, source=source, occurred_on=date(year, month, 15),
            document=Document(title=Name("通知(演示)"), number=Name(number)), **more),
        lambda id_: funds.ReportFunds(
            project_id=id_, kind=funds.FundKind.ARRIVED, source=source, **through),
    )))  # fmt: skip
    return lambda ids: made(ids.projects[of])


@st.composite
def _of_identities(draw: st.DrawFn) -> Any:
    """Draw a change of what a project is: amended, voided, merged, or listed by a ceremony with others."""
    of, into = draw(_projects), draw(_projects)
    name = draw(st.sampled_from(tuple(_fields)))
    changes = Changes(**{name: draw(_fields[name])})
    county = draw(_counties)
    listed = draw(st.lists(st.tuples(_projects, st.sampled_from(ceremony.BatchKind)), min_size=2, unique=True))
    return draw(st.sampled_from((
        lambda ids: project.AmendProject(project_id=ids.projects[of], changes=changes, reason=WHY),
        lambda ids: project.AmendProject(
            project_id=ids.projects[of], changes=Changes(region=ids.county(county), parts=ids.parts("")), reason=WHY),
        lambda ids: project.VoidProject(project_id=ids.projects[of], reason=WHY),
        lambda ids: project.MergeProject(project_id=ids.projects[of], into=ids.projects[into], reason=WHY),
        lambda ids: ceremony.HoldCeremony(
            name=Name("集中开工(演示)"), occurred_on=date(2022, 1, 4), series=ceremony.CeremonySeries.JOINT,
            entries=tuple(ceremony.CeremonyEntry(project_id=ids.projects[one], kind=kind) for one, kind in listed)),
    )))  # fmt: skip


_histories: Final = st.tuples(
    st.lists(_identities, min_size=MOST, max_size=MOST),
    st.lists(st.one_of(_of_a_project(), _of_a_project(), _of_a_project(), _of_lists(), _of_identities()), max_size=45),
)


# What the service answers.

_TEXT: Final = """
    query ($groups: [TotalGroup!], $of: [FundGroup!], $by: [CountGroup!], $filter: InvestmentTotalsFilter) {
      investmentTotals(basis: DISPATCH, on: "2022-02-28", groupBy: $groups, filter: $filter) {
        rows { FIELDS projects share growth yearToDate { amount } } }
      fundTotals(on: "2022-02-28", groupBy: $of, filter: $filter) {
        rows { FIELDS
          planned { projects ofYear { amount } whole { amount } }
          allotted { projects yearToDate { amount } sinceStart { amount } }
          arrived { projects yearToDate { amount } sinceStart { amount } } } }
      projectCounts(groupBy: $by, filter: $filter) { keys { value } projects withTotal total { amount } }
    }""".replace("FIELDS", " ".join(camel(one.field) for one in OF_PROJECTS).replace("region", "region { code }"))


def _fen(money: Mapping[str, str] | None) -> int | None:
    return None if money is None else round(float(money["amount"]) * 100)


def _key(row: Mapping[str, Any], by: Sequence[Dimension]) -> tuple[str | None, ...]:
    values = [row[camel(one.field)] for one in by]
    return tuple(value["code"] if isinstance(value, dict) else value for value in values)


async def answered(ready: Ledger, by: Sequence[Dimension], chosen: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return totals, funds and counts by group, as the clerk's are."""
    names = [one.name for one in by]
    runner = ready.runner()
    await runner.look()
    context = Context(
        LOCAL, Services(Handler(ready.log), runner, ready.pool, ready.pool, Journal(ready.pool), Directory(ready.log))
    )
    variables = {"groups": names, "of": names, "by": names, "filter": chosen}
    answer = await schema.execute(_TEXT, variable_values=variables, context_value=context)
    assert answer.errors is None
    assert len(context.statements) == 3
    found: Any = answer.data
    totals = {
        _key(row, by): (row["projects"], _fen(row["yearToDate"]), row["share"], row["growth"])
        for row in found["investmentTotals"]["rows"]
    }
    sums = {
        _key(row, by): tuple(
            (row[name]["projects"], *(_fen(money) for money in list(row[name].values())[1:]))
            for name in ("planned", "allotted", "arrived")
        )
        for row in found["fundTotals"]["rows"]
    }
    counts = {
        tuple(key["value"] for key in row["keys"]): (row["projects"], row["withTotal"], _fen(row["total"]))
        for row in found["projectCounts"]
    }
    return totals, sums, counts


History = tuple[list[dict[str, Any]], list[Any]]


@pytest.fixture
async def ready(database: str) -> AsyncIterator[Ledger]:
    """Give a ledger; each example is a region of its own."""
    async with ledger_on(database) as ledger:
        yield ledger


def accepted(region: Region, history: History) -> list[tuple[Stream, Any]]:
    """Return the facts that a ledger takes of a history, with their streams."""
    facts: dict[Stream, list[Any]] = defaultdict(list)
    taken: list[tuple[Stream, Any]] = []
    numbers = count(1)

    def send(command: object) -> Stream:
        decider = DECIDER_OF[type(command)]
        own = Stream(decider.kind, decider.stream(command, region, UUID(int=next(numbers))))
        states = [decider_of(stream).fold(facts[stream]) for stream in decider.reads(command, region)]
        with suppress(RejectedError):
            for fact in decider.decide(command, decider.fold(facts[own]), *states, TODAY):
                facts[own].append(fact)
                taken.append((own, fact))
        return own

    send(place.OpenPlace(region=region, name=Name("演示市"), purpose=place.Purpose.SANDBOX))
    none = Ids(region, ())
    ids = Ids(region, [send(_registered(none, sent, number)).id for number, sent in enumerate(history[0])])
    for make in history[1]:
        send(make(ids))
    return taken


async def _kept(ready: Ledger, history: History) -> tuple[Region, list[Book]]:
    """Store what a ledger takes of a history and feed it; return the ledger and its books."""
    region = Region(f"99{next(_LEDGERS):02}00")
    facts = accepted(region, history)
    await asyncio.gather(*(ready.record(fact, region=region, project=stream.id) for stream, fact in facts))
    runner = ready.runner()
    while await runner.step(region):
        pass
    assert await ready.mark(region) == len(facts)
    return region, written(facts)


_EXAMPLES: Final = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@_EXAMPLES
@given(history=_histories, pair=st.lists(st.sampled_from(OF_PROJECTS[:-1]), min_size=2, max_size=4, unique=True))
async def test_totals_funds_and_counts_are_what_the_log_comes_to_by_every_dimension(
    ready: Ledger, history: History, pair: list[Dimension]
) -> None:
    region, books = await _kept(ready, history)
    chosen = {"region": str(region)}
    for by in ([], *([one] for one in OF_PROJECTS if one is not PLAN_CLASS), pair):
        groups = sorted_out(books, by, region) or ({(): []} if not by else {})
        expected = (completed(groups, books), funded(groups), counted(groups))
        assert await answered(ready, by, chosen) == expected, [one.name for one in by]


@_EXAMPLES
@given(history=_histories, other=st.sampled_from(OF_PROJECTS[:-1]), is_own=st.booleans())
async def test_a_list_counts_its_own_projects_alone_however_lists_overlap(
    ready: Ledger, history: History, other: Dimension, *, is_own: bool
) -> None:
    region, books = await _kept(ready, history)
    owner = region if is_own else PROVINCE
    chosen = {"region": str(region), "list": {"owner": str(owner), "year": 2022}}
    listed = [book for book in books if owner in book.lists]
    for by in ([], [PLAN_CLASS], [other, PLAN_CLASS]):
        groups = sorted_out(listed, by, owner) or ({(): []} if not by else {})
        expected = (completed(groups, listed), funded(groups), counted(groups))
        assert await answered(ready, by, chosen) == expected, [one.name for one in by]
