"""Totals of funds: four numbers that stay apart, what nothing tells, and whose funds count."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import pytest

from service.domain import funds, place, project
from service.domain.series import Measure
from service.domain.values import Code, Currency, Document, Figure, Name, Period, Reason, Stated, Unit
from tests.examples import OPEN_PLACE, QIYANG, REGISTER, yi
from tests.schema.story import SANDBOX, arrived, planned, register
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

_ROWS: Final = """
    query ($on: Date, $groupBy: [FundGroup!], $filter: InvestmentTotalsFilter) {
      fundTotals(on: $on, groupBy: $groupBy, filter: $filter) {
        rows {
          source region { code } category
          planned { projects ofYear { ...M } whole { ...M } }
          allotted { ...A } arrived { ...A } paid { ...A }
        }
      }
    }
    fragment A on FundAmounts { projects yearToDate { ...M } sinceStart { ...M } }
    fragment M on Money { amount(unit: YI_YUAN) }"""

NONE: Final = (0, "0", "0")


async def rows(api: Api, **variables: Any) -> list[dict[str, Any]]:
    """Return the rows: the group's names, and each number as (projects, of the year, in all)."""

    def told(amounts: dict[str, Any]) -> tuple[Any, ...]:
        projects, *both = amounts.values()
        return (projects, *(one and one["amount"] for one in both))

    found = (await api.query(_ROWS, **{"on": "2022-04-30"} | variables))["fundTotals"]["rows"]
    return [
        {name: row[name] for name in ("source", "category") if row[name]}
        | ({"region": row["region"]["code"]} if row["region"] else {})
        | {name: told(row[name]) for name in ("planned", "allotted", "arrived", "paid") if told(row[name]) != NONE}
        for row in found
    ]


def allotted(project_id: UUID, figure: str, number: str, on: date) -> funds.AllotFunds:
    """Return an allotment of bonds; a negative one has its reason."""
    return funds.AllotFunds(
        project_id=project_id,
        source=Code("SPECIAL_BOND"),
        occurred_on=on,
        stated=yi(figure),
        document=Document(title=Name("通知(演示)"), number=Name(number)),
        reason=Reason("结余收回") if figure.startswith("-") else None,
    )


def whole(project_id: UUID, source: str, figure: str) -> funds.PlanFunds:
    """Return a plan for the whole project."""
    return funds.PlanFunds(project_id=project_id, source=Code(source), stated=yi(figure))


@pytest.fixture
async def road(api: Api) -> UUID:
    """Return the id of a project in a ledger of its own."""
    return await tell(api, QIYANG, OPEN_PLACE, REGISTER)


async def test_the_four_numbers_stand_apart(api: Api, road: UUID) -> None:
    await tell(
        api,
        QIYANG,
        planned(road, "SPECIAL_BOND", "5"),
        whole(road, "SPECIAL_BOND", "9"),
        allotted(road, "3", "1号", date(2021, 12, 1)),
        allotted(road, "2", "2号", date(2022, 4, 30)),
        allotted(road, "-0.5", "3号", date(2022, 5, 1)),
        arrived(road, "SPECIAL_BOND", "2021-12", "2.5", Measure.SINCE_START),
        arrived(road, "SPECIAL_BOND", "2022-03", "1.5"),
    )
    (row,) = await rows(api)
    assert row == {"planned": (1, "5", "9"), "allotted": (1, "2", "5"), "arrived": (1, "1.5", "4")}
    (later,) = await rows(api, on="2022-05-01")
    assert later["allotted"] == (1, "1.5", "4.5")


async def test_a_cut_off_counts_what_reaches_it_and_the_plan_of_its_year(api: Api, road: UUID) -> None:
    await tell(
        api,
        QIYANG,
        planned(road, "SPECIAL_BOND", "5"),
        whole(road, "SELF_RAISED", "9"),
        arrived(road, "SPECIAL_BOND", "2021-12", "1"),
        arrived(road, "SPECIAL_BOND", "2022-01", "0.2"),
        arrived(road, "SPECIAL_BOND", "2022-04", "0.7"),
    )
    told = {on: (await rows(api, on=on))[0] for on in ("2021-11-30", "2021-12-31", "2022-03-31", "2023-06-30")}
    assert told == {
        "2021-11-30": {"planned": (1, "0", "9")},
        "2021-12-31": {"planned": (1, "0", "9"), "arrived": (1, "1", None)},
        # Of the bonds only the year is planned, so nobody knows the whole.
        "2022-03-31": {"planned": (1, "5", None), "arrived": (1, "0.2", None)},
        "2023-06-30": {"planned": (1, "0", None), "arrived": (1, "0", None)},
    }


async def test_what_some_figures_do_not_tell_is_null_and_never_a_smaller_sum(api: Api, road: UUID) -> None:
    school = await tell(api, QIYANG, register("演示中学", QIYANG, "SOCIAL"))
    await tell(
        api,
        QIYANG,
        arrived(road, "SELF_RAISED", "2022-03", "4", Measure.SINCE_START),
        arrived(school, "LOCAL_BUDGET", "2022-03", "1"),
    )
    assert await rows(api) == [{"arrived": (2, None, None)}]
    assert await rows(api, groupBy=["CATEGORY"]) == [
        {"category": "PRODUCTIVE", "arrived": (1, None, "4")},
        {"category": "SOCIAL", "arrived": (1, "1", None)},
    ]
    # A figure of an earlier year says nothing of this one: it adds nothing.
    assert await rows(api, on="2023-01-31", groupBy=["SOURCE"]) == [
        {"source": "LOCAL_BUDGET", "arrived": (1, "0", None)},
        {"source": "SELF_RAISED", "arrived": (1, "0", "4")},
    ]


async def test_a_project_with_several_sources_is_one_project(api: Api, road: UUID) -> None:
    await tell(api, QIYANG, arrived(road, "SELF_RAISED", "2022-03", "1"), arrived(road, "OTHER", "2022-02", "2"))
    assert await rows(api) == [{"arrived": (1, "3", None)}]


async def test_groups_add_up_to_the_whole(told: Api) -> None:
    (total,) = await rows(told, filter={"region": "430000"})
    for groups in (["SOURCE"], ["REGION"], ["CATEGORY"], ["SOURCE", "REGION", "CATEGORY"]):
        parts = await rows(told, filter={"region": "430000"}, groupBy=groups)
        for name in ("planned", "allotted"):
            amounts = [float(part.get(name, NONE)[1]) for part in parts]
            assert sum(amounts) == pytest.approx(float(total[name][1])), (groups, name)


@pytest.mark.parametrize("code", ["431121", "431181"])
async def test_a_county_finds_its_funds_by_either_code_and_is_one_group(told: Api, code: str) -> None:
    (row,) = await rows(told, filter={"region": code}, groupBy=["REGION"])
    assert row["region"] == "431181"
    assert row["arrived"] == (2, "2.3", None)
    assert await rows(told, filter={"region": code, "category": ["INFRASTRUCTURE"]}) == [
        {"planned": (1, "1.2", None), "arrived": (1, "0.7", None)}
    ]
    assert await rows(told, filter={"region": code, "stage": ["EVALUATED"]}, groupBy=["SOURCE"]) == [
        {"source": "CENTRAL_BUDGET", "allotted": (1, "0.5", "0.5")},
        {"source": "SELF_RAISED", "planned": (1, "0", "9.3"), "arrived": (1, "1.6", None), "paid": (1, None, "7.85")},
        {"source": "SPECIAL_BOND", "planned": (1, "2", None)},
    ]


async def test_a_voided_project_has_no_funds(api: Api, road: UUID) -> None:
    await tell(api, QIYANG, arrived(road, "SELF_RAISED", "2022-03", "1"))
    assert await rows(api) == [{"arrived": (1, "1", None)}]
    await tell(api, QIYANG, project.VoidProject(project_id=road, reason=Reason("重复登记")))
    assert await rows(api) == [{}]
    assert await rows(api, groupBy=["SOURCE"]) == []


async def test_amounts_of_two_currencies_are_not_added(api: Api, road: UUID) -> None:
    opened = place.OpenPlace(region=SANDBOX, name=Name("S"), purpose=place.Purpose.SANDBOX, currency=Currency.GBP)
    rail = await tell(api, SANDBOX, opened, register("Rail works", SANDBOX))
    assert (
        await api.query('{ fundTotals(filter: { region: "990001" }) { rows { paid { sinceStart { currency } } } } }')
    )["fundTotals"]["rows"] == [{"paid": {"sinceStart": {"currency": "GBP"}}}]
    pounds = funds.ReportFunds(
        project_id=rail,
        kind=funds.FundKind.PAID,
        source=Code("OTHER"),
        through=Period("2022-03"),
        measure=Measure.YEAR_TO_DATE,
        stated=Stated(Figure("2"), Unit.MILLION_POUND),
    )
    await tell(api, SANDBOX, pounds)
    await tell(api, QIYANG, arrived(road, "SELF_RAISED", "2022-03", "1"))
    refused = await api.refused(_ROWS, on="2022-04-30")
    assert (refused["code"], refused["params"]["currencies"]) == ("WRONG_CURRENCY", "CNY, GBP")
    apart = await api.query(
        '{ fundTotals(on: "2022-04-30", groupBy: [REGION]) { rows { paid { yearToDate { amount currency } } } } }'
    )
    assert [row["paid"]["yearToDate"] for row in apart["fundTotals"]["rows"]] == [
        {"amount": "0", "currency": "CNY"},
        {"amount": "2000000", "currency": "GBP"},
    ]


async def test_nothing_in_the_ledger_is_one_row_of_nothing(api: Api) -> None:
    data = await api.query(
        "{ fundTotals { rows { source planned { projects ofYear { amount currency } } } positions { region } } }"
    )
    nothing = {"source": None, "planned": {"projects": 0, "ofYear": {"amount": "0", "currency": "CNY"}}}
    assert data["fundTotals"] == {"rows": [nothing], "positions": []}


@pytest.mark.parametrize("on", ["1948-12-31", "2200-01-01"])
async def test_a_cut_off_lies_in_the_years_that_figures_may_be_of(told: Api, on: str) -> None:
    assert (await told.refused(_ROWS, on=on))["path"] == ["on"]


async def test_a_region_that_is_none_is_refused(told: Api) -> None:
    assert (await told.refused(_ROWS, filter={"region": "000000"}))["path"] == ["filter", "region"]


async def test_the_latest_totals_of_a_project_are_one_of_each_source_and_number(api: Api, road: UUID) -> None:
    await tell(
        api,
        QIYANG,
        planned(road, "SPECIAL_BOND", "5"),
        whole(road, "OTHER", "9"),
        allotted(road, "3", "1号", date(2021, 12, 1)),
        allotted(road, "2", "2号", date(2022, 4, 30)),
        arrived(road, "SPECIAL_BOND", "2022-02", "0.5"),
        arrived(road, "SPECIAL_BOND", "2022-03", "1.5"),
    )
    data = await api.query(
        """{ projects { nodes { funds {
          source stage year throughOn yearToDate { amount(unit: YI_YUAN) } sinceStart { amount(unit: YI_YUAN) }
        } } } }"""
    )
    (node,) = data["projects"]["nodes"]
    assert len(api.took) == 1
    assert [
        (*list(one.values())[:4], *(money and money["amount"] for money in (one["yearToDate"], one["sinceStart"])))
        for one in node["funds"]
    ] == [
        ("OTHER", "PLANNED", None, None, None, "9"),
        ("SPECIAL_BOND", "PLANNED", 2022, None, "5", None),
        ("SPECIAL_BOND", "ALLOTTED", 2022, "2022-04-30", "2", "5"),
        ("SPECIAL_BOND", "ARRIVED", 2022, "2022-03-31", "1.5", None),
    ]


async def test_more_rows_than_anyone_reads_are_refused(api: Api, road: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    await tell(api, QIYANG, arrived(road, "SELF_RAISED", "2022-03", "1"), arrived(road, "OTHER", "2022-03", "1"))
    monkeypatch.setattr("schema.fund_totals.MOST_ROWS", 1)
    assert (await api.refused(_ROWS, on="2022-04-30", groupBy=["SOURCE"]))["path"] == ["groupBy"]
    assert len(await rows(api)) == 1
