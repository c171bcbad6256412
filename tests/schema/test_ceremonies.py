"""Ceremonies: what they list beside what their account says, and how much of it counts where."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

import pytest

from schema.values import encode_id
from service.access import LOADER
from service.domain import ceremony, place, project, total_investment
from service.domain.ceremony import BatchKind, CeremonyEntry, CeremonySeries, StatedBatch
from service.domain.decider import NAMESPACE
from service.domain.values import Currency, Document, Figure, Name, Reason, Region, Stated, Unit
from tests.examples import OPEN_PLACE, QIYANG, yi
from tests.schema.conftest import shared, written
from tests.schema.story import register

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

SIGNING, START, PRODUCTION = BatchKind
THREE_BATCHES, JOINT = CeremonySeries
YONGZHOU: Final = Region("431100")
SANDBOX: Final = Region("990001")
BRIEF: Final = Document(title=Name("活动简报(演示)"), number=Name("演示〔2022〕9号"))


def id_of(number: int) -> UUID:
    """Return the id of the command of this number."""
    return UUID(int=0x4000_8000_0000_0002_0000 + number)


def project_of(number: int) -> UUID:
    """Return the id of the project that the command of this number registered."""
    return uuid5(NAMESPACE, f"project:{id_of(number)}")


def ceremony_of(number: int) -> UUID:
    """Return the id of the ceremony that the command of this number recorded."""
    return ceremony.ceremony_id_of(id_of(number))


def held(on: str, entries: dict[int, Iterable[BatchKind]], **rest: Any) -> ceremony.HoldCeremony:
    """Return the record of a ceremony that lists projects by the numbers of their commands."""
    listed = ((project_of(number), kind) for number, kinds in entries.items() for kind in kinds)
    return ceremony.HoldCeremony(
        name=Name(rest.pop("name", "集中签约开工活动")),
        occurred_on=date.fromisoformat(on),
        series=rest.pop("series", THREE_BATCHES),
        entries=tuple(CeremonyEntry(project_id=project_id, kind=kind) for project_id, kind in listed),
        **rest,
    )


def total(number: int, kind: total_investment.TotalKind, stated: Stated) -> total_investment.SetTotalInvestment:
    """Return that a project's total investment is set."""
    return total_investment.SetTotalInvestment(
        project_id=project_of(number), kind=kind, stated=stated, occurred_on=date(2022, 1, 1)
    )


async def tell(api: Api, region: Region, commands: dict[int, object]) -> None:
    """Send commands, one after the other, and wait for them."""
    handler = api.services.handler
    outcomes = [await handler.handle(LOADER, region, command, command_id=id_of(n)) for n, command in commands.items()]
    assert [one.refused for one in outcomes if one.refused] == []
    assert await api.services.runner.wait_for(region, outcomes[-1].position, 10)


async def tell_at_once(api: Api, region: Region, commands: dict[int, object]) -> None:
    """Send commands that don't depend on each other, many at a time, and wait for them."""
    handler, outcomes = api.services.handler, []
    numbers = [*commands]
    for first in range(0, len(numbers), 50):
        some = numbers[first : first + 50]
        sent = (handler.handle(LOADER, region, commands[number], command_id=id_of(number)) for number in some)
        outcomes += await asyncio.gather(*sent)
    assert [one.refused for one in outcomes if one.refused] == []
    assert await api.services.runner.wait_for(region, max(one.position for one in outcomes), 20)


_STATISTICAL, _APPROVED = total_investment.TotalKind.STATISTICAL, total_investment.TotalKind.APPROVED
COUNTY: Final[dict[int, object]] = {
    1: OPEN_PLACE,
    2: register("演示产业园", "431181"),
    3: register("演示连接线", "431121"),
    4: register("演示重复项目", "431181"),
    5: total(2, _STATISTICAL, yi("12.5")),
    6: total(2, _APPROVED, yi("11.8")),
    7: total(3, _STATISTICAL, yi("3.2")),
    8: total(4, _APPROVED, yi("99")),
    # The first project is carried to the next period.
    9: held("2021-10-20", {2: (SIGNING,), 3: (SIGNING, START)}, period=2, name="第二期“三个一批”活动"),
    10: held(
        "2022-04-28",
        {2: (SIGNING, START), 4: (START,)},
        period=4,
        name="第四期“三个一批”活动",
        stated_batches=(
            StatedBatch(kind=SIGNING, count=9),
            StatedBatch(kind=START, count=24, total=yi("103")),
            StatedBatch(kind=PRODUCTION, total=yi("7.0")),
        ),
        documents=(BRIEF,),
    ),
    11: held("2022-05-05", {3: (START,)}, series=JOINT),
    12: held("2022-05-06", {3: (PRODUCTION,)}, series=JOINT, period=1),
    13: ceremony.WithdrawCeremony(ceremony_id=ceremony_of(12), reason=Reason("重复登记")),
    14: project.VoidProject(project_id=project_of(4), reason=Reason("重复登记")),
}
CITY: Final[dict[int, object]] = {
    101: place.OpenPlace(region=YONGZHOU, name=Name("永州市"), purpose=place.Purpose.DEMO),
    102: register("演示水库", "431181"),
    103: register("演示码头", "431103"),
    104: total(102, _STATISTICAL, yi("20")),
    105: held("2022-04-29", {102: (START,), 103: (START,)}, period=4, name="全市第四期“三个一批”活动"),
}


@pytest.fixture(scope="module")
async def ledgers(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over a county's ledger and its city's, for questions alone."""

    async def story(api: Api) -> None:
        await tell(api, QIYANG, COUNTY)
        await tell(api, YONGZHOU, CITY)

    async with shared(cluster, tables, story) as ready:
        yield ready


_COUNT: Final = "kind memberships projects total { amount(unit: YI_YUAN) currency } withoutTotal ceremonies periods"
_COUNTS: Final = f"rows {{ {_COUNT} }} whole {{ {_COUNT} }} positions {{ region position }}"
QUESTIONS: Final = {
    "ceremonies": """
        {
          ceremonies(region: "431121") {
            nodes {
              id place { code name } name occurredOn series period documents { title number } withdrawn reason version
              position
              batches {
                kind statedCount statedTotal { figure unit } counted
                totals { kind total { amount(unit: YI_YUAN) } projects without }
              }
              entries { projectId name kind voided position }
            }
          }
        }""",
    "ceremonies_of_a_series_and_year": """
        { ceremonies(region: "431100", series: THREE_BATCHES, year: 2022) { edges { cursor node { name } } } }""",
    "batch_counts": f"""
        {{
          batchCounts(region: "431100", on: "2022-05-10", since: "2022-01-01", series: THREE_BATCHES) {{
            on since series totalKind {_COUNTS}
          }}
        }}""",
    "project_batches": f"""
        {{
          project(id: "{encode_id("Project", QIYANG, project_of(2))}") {{
            batches {{ ceremonyId name series period kind occurredOn }}
          }}
        }}""",
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_question_takes_one_statement(ledgers: Api, snapshot: Callable[[str, str], None], name: str) -> None:
    data = await ledgers.query(QUESTIONS[name])
    assert len(ledgers.took) == 1
    snapshot(name, written(QUESTIONS[name], data, ledgers.took))


_ASK: Final = f"""
    query ($region: String, $on: Date, $since: Date, $series: CeremonySeries, $total: TotalInvestmentKind) {{
      batchCounts(region: $region, on: $on, since: $since, series: $series, total: $total) {{ {_COUNTS} }}
    }}"""


async def counted(api: Api, **asked: Any) -> dict[str, tuple[int, int, str | None, int]]:
    """Return memberships, projects, total in 亿元 and projects without one, by kind; all of them under ALL."""
    asked = {"on": "2022-05-10", "total": "STATISTICAL"} | asked
    found = (await api.query(_ASK, **asked))["batchCounts"]
    return {
        one["kind"] or "ALL": (
            one["memberships"],
            one["projects"],
            one["total"] and one["total"]["amount"],
            one["withoutTotal"],
        )
        for one in [*found["rows"], found["whole"]]
        if one["memberships"]
    }


async def test_a_project_in_two_periods_is_two_memberships_and_one_project(ledgers: Api) -> None:
    assert await counted(ledgers, region="431181", series="THREE_BATCHES") == {
        "SIGNING": (3, 2, "15.7", 0),
        "START": (3, 3, "35.7", 0),
        "ALL": (6, 3, "35.7", 0),
    }


async def test_kinds_of_total_are_never_mixed(ledgers: Api) -> None:
    assert await counted(ledgers, region="431181", series="THREE_BATCHES", total="APPROVED") == {
        "SIGNING": (3, 2, "11.8", 1),
        "START": (3, 3, "11.8", 2),
        "ALL": (6, 3, "11.8", 2),
    }
    assert (await counted(ledgers, region="431181", total="CONTRACTED"))["ALL"] == (7, 3, None, 3)


async def test_voided_projects_and_withdrawn_ceremonies_do_not_count(ledgers: Api) -> None:
    found = await counted(ledgers, region="431181", total="APPROVED")
    assert "PRODUCTION" not in found
    assert found["START"][2] == "11.8"
    names = await ledgers.query('{ ceremonies(region: "431181") { nodes { name } } }')
    assert len(names["ceremonies"]["nodes"]) == 3
    road = await ledgers.query(
        "query ($id: ID!) { project(id: $id) { batches { period kind } } }",
        id=encode_id("Project", QIYANG, project_of(3)),
    )
    assert road["project"]["batches"] == [
        {"period": 2, "kind": "SIGNING"},
        {"period": 2, "kind": "START"},
        {"period": None, "kind": "START"},
    ]


async def test_a_ceremony_that_lists_none_counts_where_its_ledger_is(api: Api) -> None:
    account = (StatedBatch(kind=START, count=46, total=yi("112")),)
    await tell(api, YONGZHOU, {1: CITY[101], 2: held("2022-04-28", {}, period=1, stated_batches=account)})
    for region, ceremonies in (("431100", 1), ("430000", 1), (None, 1), ("431181", 0), ("431200", 0)):
        whole = (await api.query(_ASK, region=region, total="STATISTICAL"))["batchCounts"]["whole"]
        assert (whole["ceremonies"], whole["periods"], whole["memberships"]) == (ceremonies, ceremonies, 0)
    data = await api.query("{ ceremonies { nodes { batches { kind statedCount counted } entries { name } } } }")
    assert data["ceremonies"]["nodes"] == [
        {"batches": [{"kind": "START", "statedCount": 46, "counted": 0}], "entries": []}
    ]


@pytest.mark.parametrize("code", ["431181", "431121"])
async def test_a_county_is_found_by_either_code_and_in_its_citys_ledger(ledgers: Api, code: str) -> None:
    found = await counted(ledgers, region=code, since="2022-01-01", series="THREE_BATCHES")
    assert found["START"] == (2, 2, "32.5", 0)
    data = await ledgers.query("query ($r: String) { ceremonies(region: $r) { nodes { name } } }", r=code)
    assert [one["name"] for one in data["ceremonies"]["nodes"]] == [
        "集中签约开工活动",
        "第四期“三个一批”活动",
        "第二期“三个一批”活动",
    ]


async def test_ceremonies_count_from_one_day_to_another(ledgers: Api) -> None:
    county = {"region": "431181", "series": "THREE_BATCHES"}
    assert await counted(ledgers, **county, on="2021-10-19") == {}
    assert (await counted(ledgers, **county, on="2021-10-20"))["ALL"] == (3, 2, "15.7", 0)
    assert (await counted(ledgers, **county, since="2022-04-29"))["ALL"] == (1, 1, "20", 0)
    refused = await ledgers.refused(_ASK, on="2022-05-10", since="2022-05-11")
    assert (refused["code"], refused["path"]) == ("WRONG_ORDER", ["since"])


async def test_one_period_of_two_ledgers_is_two_ceremonies(ledgers: Api) -> None:
    data = await ledgers.query(_ASK, on="2022-05-10", since="2022-01-01", series="THREE_BATCHES", total="STATISTICAL")
    start, whole = data["batchCounts"]["rows"][1], data["batchCounts"]["whole"]
    assert (start["ceremonies"], start["periods"]) == (whole["ceremonies"], whole["periods"]) == (2, 1)


async def test_pages_hold_every_ceremony_once_the_latest_first(ledgers: Api) -> None:
    ask = """
        query ($after: String) {
          ceremonies(first: 2, after: $after) { nodes { occurredOn } pageInfo { hasNextPage endCursor } }
        }"""
    first = (await ledgers.query(ask))["ceremonies"]
    rest = (await ledgers.query(ask, after=first["pageInfo"]["endCursor"]))["ceremonies"]
    assert [one["occurredOn"] for one in first["nodes"] + rest["nodes"]] == [
        "2022-05-05",
        "2022-04-29",
        "2022-04-28",
        "2021-10-20",
    ]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    refused = await ledgers.refused(
        "query ($a: String) { ceremonies(first: 2, after: $a, year: 2022) { nodes { name } } }",
        a=first["pageInfo"]["endCursor"],
    )
    assert refused["path"] == ["after"]


@pytest.mark.parametrize("day", ["2022-02-30", "0000-00-00", "20220428", "2022-04-28 ", "10000-01-01", "", 7, None])
async def test_a_cursor_with_a_day_that_is_none_is_refused(ledgers: Api, day: object) -> None:
    ask = "query ($a: String) { ceremonies(first: 1, after: $a) { pageInfo { endCursor } } }"
    cursor = (await ledgers.query(ask))["ceremonies"]["pageInfo"]["endCursor"]
    mark, _, *keys = json.loads(base64.urlsafe_b64decode(cursor))
    forged = base64.urlsafe_b64encode(json.dumps([mark, day, *keys]).encode()).decode()
    refused = await ledgers.refused(ask, a=forged)
    assert (refused["code"], refused["path"]) == ("INVALID_VALUE", ["after"])


@pytest.mark.parametrize("year", [-1, 0, 1948, 2200, 2**31 - 1])
async def test_a_year_out_of_range_is_refused(ledgers: Api, year: int) -> None:
    refused = await ledgers.refused("query ($y: Int) { ceremonies(year: $y) { nodes { name } } }", y=year)
    assert refused["path"] == ["year"]


async def test_amounts_of_two_currencies_are_not_added(api: Api) -> None:
    pounds = place.OpenPlace(region=SANDBOX, name=Name("Sandbox"), purpose=place.Purpose.SANDBOX, currency=Currency.GBP)
    await tell(api, QIYANG, {1: OPEN_PLACE, 2: register("甲", QIYANG), 3: total(2, _STATISTICAL, yi("1"))})
    await tell(api, QIYANG, {4: held("2022-04-28", {2: (START,)}, period=1)})
    rail = Stated(Figure("12.5"), Unit.MILLION_POUND)
    await tell(api, SANDBOX, {11: pounds, 12: register("Rail", SANDBOX), 13: total(12, _STATISTICAL, rail)})
    await tell(api, SANDBOX, {14: held("2022-04-28", {12: (START,)}, period=1)})
    assert (await api.refused(_ASK, on="2022-05-10", total="STATISTICAL"))["code"] == "WRONG_CURRENCY"
    data = await api.query(
        '{ batchCounts(region: "990001", on: "2022-05-10") { whole { total { amount currency } } } }'
    )
    assert data["batchCounts"]["whole"]["total"] == {"amount": "12500000", "currency": "GBP"}
    assert (await counted(api, total="APPROVED"))["ALL"] == (2, 2, None, 2)


# The figures of the accounts.


async def test_f11_f13_thirteen_periods_of_three_batches_list_766(api: Api) -> None:
    # 滚动实施: the 353 that signed are the same projects of which 296 started and 117 went into production.
    projects = range(100, 100 + 353)
    await tell(api, QIYANG, {1: OPEN_PLACE})
    await tell_at_once(api, QIYANG, {number: register(f"项目{number}", "431181") for number in projects})
    days = [date(year, month, 10) for year in (2021, 2022, 2023, 2024) for month in (1, 4, 7, 10)][2:15]
    periods: list[dict[int, list[BatchKind]]] = [{} for _ in days]
    for kind, many in ((SIGNING, 353), (START, 296), (PRODUCTION, 117)):
        for index, number in enumerate(projects[:many]):
            periods[index % len(days)].setdefault(number, []).append(kind)
    await tell_at_once(
        api,
        QIYANG,
        {
            1000 + period: held(str(day), {**listed}, period=period)
            for period, (day, listed) in enumerate(zip(days, periods, strict=True), 1)
        },
    )
    found = await counted(api, region="431181", series="THREE_BATCHES", on="2024-09-30")
    assert {kind: one[:2] for kind, one in found.items()} == {
        "SIGNING": (353, 353),
        "START": (296, 296),
        "PRODUCTION": (117, 117),
        "ALL": (766, 353),
    }
    data = await api.query(_ASK, region="431181", on="2024-09-30", total="STATISTICAL")
    assert (data["batchCounts"]["whole"]["ceremonies"], data["batchCounts"]["whole"]["periods"]) == (13, 13)


async def test_b13_f05_f19_ceremonies_of_a_year_start_projects_of_a_total(api: Api) -> None:
    # F-05: 6 ceremonies start 46 projects of 112 亿元. F-19: 103 projects of 227.6 亿元 in the year after.
    await tell(api, QIYANG, {1: OPEN_PLACE})
    first, second = range(100, 146), range(200, 303)
    amounts = dict.fromkeys(first, yi("2.4")) | {145: yi("4")} | dict.fromkeys(second, yi("2.2")) | {302: yi("3.2")}
    await tell_at_once(api, QIYANG, {number: register(f"项目{number}", "431181") for number in amounts})
    await tell_at_once(
        api, QIYANG, {1000 + number: total(number, _STATISTICAL, stated) for number, stated in amounts.items()}
    )
    ceremonies: dict[int, object] = {
        2000 + part: held(f"2021-{part + 1:02d}-10", dict.fromkeys(first[part::6], (START,)), series=JOINT)
        for part in range(6)
    }
    await tell_at_once(
        api, QIYANG, ceremonies | {2010: held("2022-03-01", dict.fromkeys(second, (START,)), series=JOINT)}
    )
    county = {"region": "431181", "series": "JOINT"}
    assert (await counted(api, **county, on="2021-12-31"))["START"] == (46, 46, "112", 0)
    assert (await counted(api, **county, since="2022-01-01", on="2022-12-31"))["START"] == (103, 103, "227.6", 0)
    data = await api.query(_ASK, **county, on="2021-12-31", total="STATISTICAL")
    assert data["batchCounts"]["whole"]["ceremonies"] == 6
