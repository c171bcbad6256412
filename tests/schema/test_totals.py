"""Totals: what counts, beside which plan, and what is shown where there is nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from service.access import LOADER
from service.domain import place
from service.domain.dictionaries import Dictionary, defaults
from service.domain.values import Code, Currency, Name, Region, Term
from tests.examples import OPEN_PLACE, QIYANG, SET_INVESTMENT_TARGET
from tests.schema.story import register, report, target

if TYPE_CHECKING:
    from tests.schema.conftest import Api

_ROWS = """
    query ($on: Date, $groupBy: [TotalGroup!], $filter: InvestmentTotalsFilter, $basis: Basis! = DISPATCH) {
      investmentTotals(basis: $basis, on: $on, groupBy: $groupBy, filter: $filter) {
        rows {
          region { code } category year month projects rate completed { amount(unit: YI_YUAN) }
          plan { stated { figure } }
        }
      }
    }"""


async def rows(api: Api, **variables: Any) -> list[dict[str, Any]]:
    """Return a total's rows with only what is there, and the amounts as plain text."""
    found = (await api.query(_ROWS, **{"on": "2022-04-30"} | variables))["investmentTotals"]["rows"]
    return [
        {name: row[name] for name in ("category", "year", "month", "projects", "rate") if row[name] is not None}
        | {"done": row["completed"]["amount"]}
        | ({"plan": row["plan"]["stated"]["figure"]} if row["plan"] else {})
        | ({"region": row["region"]["code"]} if row["region"] else {})
        for row in found
    ]


async def tell(api: Api, region: Region, *commands: object) -> UUID:
    """Store commands and wait for them; return the stream of the last."""
    outcomes = [await api.services.handler.handle(LOADER, region, command, command_id=uuid4()) for command in commands]
    assert [one.refused for one in outcomes if one.refused] == []
    assert await api.services.runner.wait_for(region, outcomes[-1].position, 5)
    return outcomes[-1].stream.id


async def test_a_year_begins_with_nothing_done_of_its_plan(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE, SET_INVESTMENT_TARGET, target("40", category="SOCIAL"))
    county = {"region": "431181"}
    nothing = {"year": 2022, "projects": 0, "done": "0", "rate": "0.00"}
    assert await rows(api, on="2022-01-02", filter=county) == [nothing | {"plan": "160"}]
    assert await rows(api, on="2022-01-02") == [nothing | {"plan": "160"}]
    assert await rows(api, on="2022-01-02", groupBy=["REGION"]) == [nothing | {"plan": "160", "region": "431181"}]
    assert await rows(api, on="2022-01-02", groupBy=["CATEGORY"]) == [nothing | {"plan": "40", "category": "SOCIAL"}]
    assert await rows(api, on="2022-02-02", groupBy=["MONTH"]) == [
        nothing | {"plan": "160", "month": month} for month in (1, 2)
    ]
    assert await rows(api, on="2022-01-02", filter={"region": "431103"}) == [{"year": 2022, "projects": 0, "done": "0"}]


@pytest.mark.parametrize("code", ["431121", "431181"])
async def test_a_county_finds_its_plan_and_projects_by_either_code(told: Api, code: str) -> None:
    assert await rows(told, filter={"region": code}) == [
        {"year": 2022, "projects": 2, "done": "3.55", "plan": "160", "rate": "2.22"}
    ]
    by_region = await rows(told, filter={"region": code}, groupBy=["REGION"])
    assert [row["region"] for row in by_region] == ["431181"]


async def test_a_ledger_under_the_old_code_is_found_by_the_new_one(api: Api) -> None:
    old = Region("431121")
    opened = place.OpenPlace(region=old, name=Name("祁阳县"), purpose=place.Purpose.DEMO)
    await tell(api, old, opened, target("99", 2020))
    assert (await rows(api, on="2020-06-30", filter={"region": "431181"}))[0]["plan"] == "99"
    assert (await rows(api, on="2020-06-30", groupBy=["REGION"]))[0]["region"] == "431181"


async def test_a_plan_is_of_a_whole_and_stands_beside_no_part_of_it(told: Api) -> None:
    county = {"region": "431181"}
    assert (await rows(told, filter=county | {"category": ["PRODUCTIVE"]}))[0]["plan"] == "100"
    parts: list[dict[str, list[str]]] = [
        {"category": ["PRODUCTIVE", "SOCIAL"]},
        {"category": []},
        {"stage": ["PRODUCTION"]},
        {"phase": ["CONCEPT"]},
    ]
    for part in parts:
        assert "plan" not in (await rows(told, filter=county | part))[0]
    # Several places keep ledgers, and no target is of all of them.
    assert "plan" not in (await rows(told, filter={"region": "431100"}))[0]
    assert "plan" not in (await rows(told))[0]


async def test_groups_add_up_to_the_whole(told: Api) -> None:
    (whole,) = await rows(told, filter={"region": "430000"})
    for groups in (["REGION"], ["CATEGORY"], ["REGION", "CATEGORY"], ["MONTH"], ["REGION", "MONTH"]):
        parts = await rows(told, filter={"region": "430000"}, groupBy=groups)
        assert sum(round(float(part["done"]) * 100) for part in parts) == round(float(whole["done"]) * 100), groups


async def test_a_prefectures_target_is_not_shown_as_one_of_its_counties(api: Api) -> None:
    city = Region("431100")
    await tell(api, city, place.OpenPlace(region=city, name=Name("永州市"), purpose=place.Purpose.DEMO), target("900"))
    project_id = await tell(api, city, register("演示水库", "431181"))
    await tell(api, city, report(project_id, "2022-04", target("5").stated))
    assert await rows(api, filter={"region": "431100"}) == [
        {"year": 2022, "projects": 1, "done": "5", "plan": "900", "rate": "0.56"}
    ]
    assert await rows(api, filter={"region": "431100"}, groupBy=["REGION"]) == [
        {"year": 2022, "projects": 1, "done": "5", "region": "431181"}
    ]
    # The county's part of the city's ledger has no plan of its own.
    assert "plan" not in (await rows(api, filter={"region": "431181"}))[0]


async def test_amounts_of_two_currencies_are_not_added(told: Api) -> None:
    refused = await told.refused(_ROWS, on="2022-04-30", basis="PAID")
    assert refused["code"] == "WRONG_CURRENCY"
    assert refused["params"]["currencies"] == "CNY, GBP"
    apart = await told.query(
        '{ investmentTotals(basis: PAID, on: "2022-04-30", groupBy: [REGION], filter: { category: ["PRODUCTIVE"] }) {'
        " rows { region { code } completed { amount currency } } } }"
    )
    assert apart["investmentTotals"]["rows"] == [
        {"region": {"code": "431181"}, "completed": {"amount": "200000000", "currency": "CNY"}},
        {"region": {"code": "990001"}, "completed": {"amount": "12500000", "currency": "GBP"}},
    ]


async def test_nothing_done_is_in_the_money_of_the_place(api: Api) -> None:
    sandbox = Region("990001")
    terms = (Term(code=Code("RAIL"), zh=Name("铁路"), en=Name("Rail")),)
    opened = place.OpenPlace(
        region=sandbox, name=Name("S"), purpose=place.Purpose.SANDBOX, currency=Currency.GBP, categories=terms
    )
    await tell(api, sandbox, opened)
    data = await api.query(
        '{ investmentTotals(basis: PAID, filter: { region: "990001" }) { rows { completed { amount currency } } } }'
    )
    assert data["investmentTotals"]["rows"] == [{"completed": {"amount": "0", "currency": "GBP"}}]


async def test_more_rows_than_anyone_reads_are_refused(api: Api) -> None:
    # 16 groups, each in 360 months.
    for code in ("431102", "431103", "431122", "431123"):
        opened = place.OpenPlace(region=Region(code), name=Name("区"), purpose=place.Purpose.DEMO)
        categories = [term.code for term in defaults()[Dictionary.CATEGORY]]
        await tell(api, Region(code), opened, *(target("1", 1993, category) for category in categories))
    groups = ["REGION", "CATEGORY", "YEAR", "MONTH"]
    assert (await api.refused(_ROWS, on="2022-04-30", groupBy=groups))["path"] == ["groupBy"]
    assert len(await rows(api, on="1994-12-31", groupBy=groups)) == 16 * 24


@pytest.mark.parametrize("on", ["1948-12-31", "2200-01-01"])
async def test_a_cut_off_lies_in_the_years_that_figures_may_be_of(told: Api, on: str) -> None:
    assert (await told.refused(_ROWS, on=on))["path"] == ["on"]
