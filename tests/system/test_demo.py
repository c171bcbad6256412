import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from schema import schema
from schema.context import Context
from service.access import LOADER, LOCAL
from service.clock import CHINA, day_of
from service.demo import hengdong, ledgers, load, qiyang
from service.demo.ledger import CAUSE, allot, money, project_code, project_id
from service.demo.samples import SAMPLES
from service.domain import account
from service.domain.adoption import AdoptConfiguration, EndAdoption
from service.domain.annual_plan import AnnualPlanIncluded
from service.domain.deciders import DECIDERS
from service.domain.errors import AlreadyOpenError
from service.domain.gates import (
    ContractSigned,
    ProjectCompleted,
    ProjectPutIntoProduction,
    ProjectReserved,
    ProjectStarted,
    StartBasis,
)
from service.domain.indicator import IndicatorStated
from service.domain.investment import Basis, CompletionReported, Measure, OpeningBalanceStated, Status
from service.domain.place import OpenPlace, PlaceOpened, PlaceRecoded, Purpose
from service.domain.plan import AnnualTargetRevised, AnnualTargetSet, Operator, TargetMeasure
from service.domain.privacy import ErasePersonalData
from service.domain.project import ProjectAmended, ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.sites import SiteKind
from service.domain.total_investment import TotalInvestmentSet
from service.domain.values import Name, Region
from service.explorer import Sample
from service.handle import Handler
from service.log.codec import Recorded
from service.log.log import Log
from tests.system.replaying import known_on, whole

LEDGERS: Final = ledgers()
REGIONS: Final = [one.region for one in LEDGERS]
QIYANG: Final = qiyang.SPOT.region
HENGDONG: Final = hengdong.SPOT.region
APRIL_30: Final = date(2022, 4, 30)
DECEMBER_31: Final = date(2022, 12, 31)
YI: Final = 100_000_000_00
"""One 亿元 in fen."""


@dataclass(slots=True)
class Replayed:
    """What a region's facts come to, folded here anew, so that no projection is believed."""

    names: dict[UUID, str] = field(default_factory=dict)
    categories: dict[UUID, str] = field(default_factory=dict)
    voided: set[UUID] = field(default_factory=set)
    totals: dict[UUID, int] = field(default_factory=dict)
    opening: dict[UUID, int] = field(default_factory=dict)
    figures: dict[UUID, dict[date, int]] = field(default_factory=lambda: defaultdict(dict))

    def year_to_date(self, on: date) -> dict[UUID, int]:
        """Return each project's latest year-to-date through a day of its year, in fen; voided ones don't count."""
        found = {}
        for project, figures in self.figures.items():
            known = {day: fen for day, fen in figures.items() if day <= on and day.year == on.year}
            if known and project not in self.voided:
                found[project] = known[max(known)]
        return found

    def share(self, fen: Mapping[UUID, int], category: str = "PRODUCTIVE") -> float:
        """Return a category's part of some money."""
        return sum(one for project, one in fen.items() if self.categories[project] == category) / sum(fen.values())


def replayed(recorded: Sequence[Recorded], basis: Basis = Basis.DISPATCH) -> Replayed:
    state = Replayed()
    for one in recorded:
        match one.fact:
            case ProjectRegistered(identity=identity):
                state.names[one.stream_id] = identity.name
                state.categories[one.stream_id] = identity.category
            case ProjectVoided() | ProjectMerged():
                state.voided.add(one.stream_id)
            case TotalInvestmentSet(amount_fen=fen):
                state.totals[one.stream_id] = max(fen, state.totals.get(one.stream_id, 0))
            case OpeningBalanceStated(basis=of, amount_fen=fen) if of is basis:
                state.opening[one.stream_id] = fen
            case CompletionReported(basis=of, measure=Measure.YEAR_TO_DATE, through=through, amount_fen=fen) if (
                of is basis
            ):
                state.figures[one.stream_id][through.last_day] = fen
            case _:
                pass
    return state


@pytest.mark.parametrize("known", [DECEMBER_31, date(2022, 5, 10), date(2023, 12, 31)])
async def test_f_01_follows_from_the_facts(demo_log: Log, known: date) -> None:
    recorded = known_on(await whole(demo_log, QIYANG), known)
    (plan,) = [
        one.fact.value
        for one in recorded
        if isinstance(one.fact, AnnualTargetSet) and one.fact.measure is TargetMeasure.INVESTMENT
    ]
    done = sum(replayed(recorded).year_to_date(APRIL_30).values())
    assert (done, plan) == (5_393_000_000_00, 160 * YI)
    assert (done * 1000 * 2 + plan) // (2 * plan) == 337  # 33.7 %, half-up.
    assert (done * 10000 * 2 + plan) // (2 * plan) == 3371
    assert round((done / plan - 4 / 12) * 100, 2) == 0.37


async def test_earlier_only_what_had_been_sent_was_known(demo_log: Log) -> None:
    recorded = await whole(demo_log, QIYANG)
    sums = [
        sum(replayed(known_on(recorded, day)).year_to_date(APRIL_30).values())
        for day in (date(2022, 3, 2), date(2022, 4, 12), date(2022, 4, 28), date(2022, 5, 5), date(2022, 5, 10))
    ]
    assert sums == sorted(set(sums))
    assert sums[-1] == 53_93 * YI // 100


async def test_the_year_ends_a_little_above_the_plan(demo_log: Log) -> None:
    done = replayed(await whole(demo_log, QIYANG)).year_to_date(DECEMBER_31)
    assert sum(done.values()) == 162_38 * YI // 100
    assert len(done) > 100


@pytest.mark.parametrize("region", [QIYANG, HENGDONG])
async def test_a_ledgers_sums_rise_month_by_month(demo_log: Log, region: Region) -> None:
    state = replayed(await whole(demo_log, region))
    ends = [date(2022, 2, 28), date(2022, 3, 31), APRIL_30, date(2022, 6, 30), date(2022, 9, 30), DECEMBER_31]
    sums = [sum(state.year_to_date(end).values()) for end in ends]
    assert sums == sorted(set(sums))


@pytest.mark.parametrize("region", REGIONS)
async def test_a_log_says_first_that_it_is_a_demo(demo_log: Log, region: Region) -> None:
    first = (await demo_log.read(region, limit=1))[0]
    assert isinstance(first.fact, PlaceOpened)
    assert (first.fact.purpose, first.fact.name[-4:]) == (Purpose.DEMO, "(演示)")
    assert (first.stored.actor, first.stored.cause) == (LOADER.actor, CAUSE)


@pytest.mark.parametrize("region", REGIONS)
async def test_every_project_says_that_it_is_invented(demo_log: Log, region: Region) -> None:
    facts = [one.fact for one in await whole(demo_log, region)]
    identities = [fact.identity for fact in facts if isinstance(fact, ProjectRegistered)]
    assert all(one.name.endswith("(演示)") for one in identities)
    assert all(one.content and one.content.startswith("演示数据") for one in identities)
    assert all(one.owner and one.owner.name.endswith("(虚构)") for one in identities)
    assert not any(one.owner and one.owner.credit_code for one in identities)
    assert {code[12:17] for one in identities for code in one.codes} == {"99-99"}
    assert len({one.name for one in identities}) == len(identities)
    # Who filled, reviewed or signed would be a person.
    assert not any(fact.filled_by or fact.reviewed_by for fact in facts if isinstance(fact, CompletionReported))


async def test_qiyangs_year_is_as_its_account_plans_it(demo_log: Log) -> None:
    recorded = await whole(demo_log, QIYANG)
    state = replayed(recorded)
    listed = {
        entry.project_id
        for one in recorded
        if isinstance(one.fact, AnnualPlanIncluded) and (one.fact.list_owner, one.fact.year) == (qiyang.CITY, 2022)
        for entry in one.fact.entries
    }
    assert (len(listed), len(state.voided)) == (113, 4)
    assert state.share({project: state.totals[project] for project in listed}) >= 0.6
    assert state.share(state.year_to_date(APRIL_30)) >= 0.6
    assert state.share(state.year_to_date(DECEMBER_31)) >= 0.6
    targets = [one.fact for one in recorded if isinstance(one.fact, AnnualTargetSet)]
    assert [(one.measure, one.operator, str(one.stated), one.category) for one in targets] == [
        (TargetMeasure.PROJECT_COUNT, Operator.AT_LEAST, "113 个", None),
        (TargetMeasure.INVESTMENT, Operator.AT_LEAST, "160 亿元", None),
        (TargetMeasure.INVESTMENT_SHARE, Operator.AT_LEAST, "60 %", "PRODUCTIVE"),
    ]


@pytest.mark.parametrize("region", [QIYANG, HENGDONG])
async def test_no_project_completes_more_than_its_total(demo_log: Log, region: Region) -> None:
    state = replayed(await whole(demo_log, region))
    for project, fen in state.year_to_date(DECEMBER_31).items():
        assert state.opening.get(project, 0) + fen <= state.totals[project], state.names[project]


@pytest.mark.parametrize("region", [QIYANG, HENGDONG])
async def test_statistics_counts_fewer_projects_and_less_money(demo_log: Log, region: Region) -> None:
    recorded = await whole(demo_log, region)
    dispatch = replayed(recorded).year_to_date(DECEMBER_31)
    statistics = replayed(recorded, Basis.STATISTICS).year_to_date(DECEMBER_31)
    assert statistics
    assert statistics.keys() < dispatch.keys()
    assert all(fen < dispatch[project] for project, fen in statistics.items())


@pytest.mark.parametrize("region", [QIYANG, HENGDONG])
async def test_there_is_a_past_to_travel_to(demo_log: Log, region: Region) -> None:
    recorded = await whole(demo_log, region)
    times = [one.stored.recorded_us for one in recorded]
    assert all(earlier < later for earlier, later in pairwise(times))
    days = [datetime.fromtimestamp(time / 1e6, UTC).astimezone(CHINA).date() for time in times]
    assert len({(day.year, day.month) for day in days}) >= 12
    assert days[-1] < date(2025, 1, 1)
    assert all(one.stored.occurred_on <= day or is_flash(one) for one, day in zip(recorded, days, strict=True))


def is_flash(one: Recorded) -> bool:
    return isinstance(one.fact, CompletionReported | IndicatorStated) and one.fact.status is Status.FLASH


@pytest.mark.parametrize("region", [QIYANG, HENGDONG])
async def test_what_happens_in_a_ledger_happens_here(demo_log: Log, region: Region) -> None:
    recorded = await whole(demo_log, region)
    figures = defaultdict[tuple[UUID, date], list[CompletionReported]](list)
    late = 0
    for one in recorded:
        if isinstance(one.fact, CompletionReported) and one.fact.basis is Basis.DISPATCH:
            figures[one.stream_id, one.fact.through.last_day].append(one.fact)
            sent = datetime.fromtimestamp(one.stored.recorded_us / 1e6, CHINA).date()
            late += one.fact.reason is None and (sent - one.fact.through.last_day).days > 14
    several = [one for one in figures.values() if len(one) > 1]
    assert any([fact.status for fact in one] == [Status.FLASH, Status.FINAL] for one in several)
    assert any([fact.status for fact in one] == [Status.FINAL, Status.FINAL] and one[1].reason for one in several)
    assert any(one[0].reason and "核减" in one[0].reason for one in figures.values() if len(one) == 1)
    assert late > 0
    kinds = Counter(type(one.fact) for one in recorded)
    gates = (ProjectReserved, ContractSigned, ProjectStarted, ProjectCompleted, ProjectPutIntoProduction)
    assert all(kinds[one] >= 10 for one in (*gates, OpeningBalanceStated))
    assert all(kinds[one] >= 1 for one in (ProjectVoided, ProjectAmended))
    starts = Counter(one.fact.basis for one in recorded if isinstance(one.fact, ProjectStarted))
    assert starts.keys() == {*StartBasis}
    signed = {one.stream_id: one.fact.occurred_on for one in recorded if isinstance(one.fact, ContractSigned)}
    began = {one.stream_id: one.fact.occurred_on for one in recorded if isinstance(one.fact, ProjectStarted)}
    assert any(began[project] < signed[project] for project in began.keys() & signed.keys())


async def test_hengdong_revised_its_target(demo_log: Log) -> None:
    revised = [one.fact for one in await whole(demo_log, HENGDONG) if isinstance(one.fact, AnnualTargetRevised)]
    assert [str(one.stated) for one in revised] == ["85.5 亿元"]


async def test_no_command_was_refused(demo_log: Log) -> None:
    heads = {head.region: head.position for head in await demo_log.heads()}
    assert heads == {one.region: len(one) for one in LEDGERS}


def test_all_that_can_be_said_is_said_somewhere() -> None:
    """But for following, which needs two ledgers above each other, erasing, which needs a real person, and rights."""
    said = {type(order.command) for one in LEDGERS for run in one.runs for order in run.orders}
    known = {command for decider in DECIDERS for command in decider.commands}
    assert known - said == {AdoptConfiguration, EndAdoption, ErasePersonalData, *account.DECIDER.commands}


async def test_sites_are_points_lines_and_areas_and_projects_lie_in_parts(demo_log: Log) -> None:
    identities = [
        one.fact.identity
        for region in REGIONS
        for one in await whole(demo_log, region)
        if isinstance(one.fact, ProjectRegistered)
    ]
    assert {site.kind for one in identities for site in one.sites} == {*SiteKind}
    assert any(len(one.parts) > 1 for one in identities)
    assert any(one.parent is not None for one in identities)


async def test_one_project_of_qiyang_entered_the_ledger_in_its_third_year(demo_log: Log) -> None:
    late = project_id(QIYANG, qiyang.THIRD_YEAR)
    facts = [one for one in await whole(demo_log, QIYANG) if one.stream_id == late]
    registered = facts[0].stored.recorded_us
    (started,) = {one.fact.occurred_on.year for one in facts if isinstance(one.fact, ProjectStarted)}
    assert (day_of(registered).year, started) == (2022, 2020)
    opening = next(one.fact for one in facts if isinstance(one.fact, OpeningBalanceStated))
    assert (opening.year, opening.amount_fen > 0) == (2021, True)


async def test_qiyang_was_a_county_when_its_ledger_began(demo_log: Log) -> None:
    recoded = [one.fact for one in await whole(demo_log, QIYANG) if isinstance(one.fact, PlaceRecoded)]
    assert [(one.former, one.successor) for one in recoded] == [(qiyang.COUNTY, qiyang.CITY)]


async def test_loading_twice_adds_nothing(demo_log: Log) -> None:
    before = await demo_log.heads()
    told: list[tuple[int, int]] = []
    assert await load(demo_log, lambda done, total: told.append((done, total))) == 0
    assert told == []
    assert await demo_log.heads() == before


async def test_a_load_that_was_broken_off_goes_on(database: str) -> None:
    async def stop(log: Log, after: int) -> None:
        def progress(done: int, total: int) -> None:
            assert total == sum(map(len, LEDGERS))
            if done >= after:
                loading.cancel()

        loading = asyncio.ensure_future(load(log, progress))
        with pytest.raises(asyncio.CancelledError):
            await loading

    async with Log.open(database, size=2) as log:
        await stop(log, 100)
        await stop(log, 700)
        stored = [await whole(log, one.region) for one in LEDGERS]
    for one, recorded in zip(LEDGERS, stored, strict=True):
        ids = [fact.stored.command_id for fact in recorded]
        assert len(ids) >= 20
        assert ids == [order.command_id for run in one.runs for order in run.orders][: len(ids)]


async def test_a_region_that_keeps_another_ledger_is_left_alone(database: str) -> None:
    real = OpenPlace(region=QIYANG, name=Name("祁阳市"), purpose=Purpose.LIVE)
    async with Log.open(database, size=2) as log:
        await Handler(log).handle(LOCAL, QIYANG, real, command_id=uuid4())
        with pytest.raises(AlreadyOpenError):
            await load(log, lambda _done, _total: None)
        assert [(head.region, head.position) for head in await log.heads()] == [(QIYANG, 1)]


async def test_every_sample_runs_as_it_stands(demo_context: Context) -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) >= 3
    for sample in SAMPLES:
        if sample.query.startswith("subscription"):
            await follows(sample, demo_context)
        else:
            await answers(sample, demo_context)


async def follows(sample: Sample, context: Context) -> None:
    """See that a subscription begins: with a cursor, and nothing that has happened yet."""
    stream = await schema.subscribe(sample.query, variable_values=dict(sample.variables), context_value=context)
    first = await anext(stream)
    assert first.errors is None, sample.name
    assert first.data["changes"]["changes"] == []
    assert first.data["changes"]["cursor"]
    await stream.aclose()


async def answers(sample: Sample, context: Context) -> None:
    result = await schema.execute(sample.query, variable_values=dict(sample.variables), context_value=context)
    assert result.errors is None, sample.name
    assert all(leaves(result.data)), sample.name


def leaves(data: Any) -> list[bool]:
    """Return for each list that a query asks for whether something is in it; what a row holds may be empty."""
    match data:
        case dict():
            return [one for value in data.values() for one in leaves(value)]
        case list():
            return [bool(data)]
        case _:
            return []


def test_shares_add_up_to_the_whole() -> None:
    assert allot(10, [1, 1, 1]) == [4, 3, 3]
    assert allot(7, [0, 5, 2]) == [0, 5, 2]
    assert sum(allot(539_300, [one * one % 97 for one in range(113)])) == 539_300


def test_codes_of_a_demo_are_valid_and_of_no_authority() -> None:
    codes = {project_code(date(2021, 5, 1), qiyang.CITY, serial) for serial in range(200)}
    assert len(codes) == 200
    assert all(code.startswith("2105-431181-99-99-") for code in codes)


def test_an_amount_is_the_same_in_either_unit() -> None:
    assert [str(money(12_340, in_yi=in_yi)) for in_yi in (False, True)] == ["12340 万元", "1.234 亿元"]
    assert all(money(wan).fen == money(wan, in_yi=True).fen for wan in (1, 10, 9_999, 10_000, 1_234_500))
