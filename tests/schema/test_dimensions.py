"""Totals by every additive dimension, their shares and growth, and what part of an indicator they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from schema.dimensions import OF_PROJECTS, SOURCE, Over
from service.domain import indicator, project
from service.domain.annual_plan import PlanClass
from service.domain.identity import AssetType, Identity, Nature, Track
from service.domain.investment import Measure
from service.domain.total_investment import SetTotalInvestment, TotalKind
from service.domain.values import Code, Figure, Industry, Name, Period, Region, Stated, Unit
from tests.examples import OPEN_PLACE, QIYANG, TODAY, yi
from tests.examples.indicator import STATE
from tests.schema.story import arrived, entry, include, report
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from uuid import UUID

    from tests.schema.conftest import Api

FIELDS: Final = (
    "region { code } category track phase stage handling activity industry industrySection industryDivision nature"
    " assetType responsibleUnit township park sizeBand planClass"
)
TOTALS: Final = f"""
    query ($groups: [TotalGroup!], $filter: InvestmentTotalsFilter, $on: Date = "2022-04-30") {{
      investmentTotals(basis: DISPATCH, on: $on, groupBy: $groups, filter: $filter) {{
        rows {{ {FIELDS} projects yearToDate {{ amount(unit: YI_YUAN) }} }} }} }}"""
FUNDS: Final = f"""
    query ($groups: [FundGroup!], $filter: InvestmentTotalsFilter) {{
      fundTotals(on: "2022-04-30", groupBy: $groups, filter: $filter) {{
        rows {{ source {FIELDS} arrived {{ projects yearToDate {{ amount(unit: YI_YUAN) }} }} }} }} }}"""
COUNTS: Final = """
    query ($groups: [CountGroup!], $filter: InvestmentTotalsFilter) {
      projectCounts(groupBy: $groups, filter: $filter) { keys { value } projects } }"""
LIST: Final = {"list": {"owner": "431181", "year": 2022}}


async def build(api: Api, number: int, done: str, *, total: str | None = None, **rest: Any) -> UUID:
    """Register a project, with what was completed of it, as much having arrived, and a total."""
    identity = Identity(
        **{
            "name": Name(f"演示项目{number}"),
            "region": QIYANG,
            "category": Code("PRODUCTIVE"),
            "track": Track.PROMOTED,
        }
        | rest
    )
    project_id = await tell(api, QIYANG, project.RegisterProject(identity=identity))
    figures: list[object] = [
        report(project_id, "2022-04", yi(done)),
        arrived(project_id, "SELF_RAISED", "2022-04", done),
    ]
    if total is not None:
        figures.append(
            SetTotalInvestment(project_id=project_id, kind=TotalKind.STATISTICAL, stated=yi(total), occurred_on=TODAY)
        )
    await tell(api, QIYANG, *figures)
    return project_id


@pytest.fixture
async def parks(api: Api) -> Api:
    """Give a county of four projects that differ in everything."""
    await tell(api, QIYANG, OPEN_PLACE)
    high, low = Name("高新区"), Name("工业园")
    bureau, office = Name("工信局"), Name("水利局")
    ids = [
        await build(
            api, 1, "7", total="120", park=high, industry=Industry("C2614"), township=Name("浯溪街道"),
            responsible_unit=bureau, nature=Nature.NEW, asset_type=AssetType.HEAVY,
        ),
        await build(
            api, 2, "3", total="9.99", park=high, category=Code("SOCIAL"), industry=Industry("C26"),
            track=Track.GOVERNMENT, responsible_unit=bureau,
        ),
        await build(api, 3, "2", total="50", park=low, industry=Industry("N"), responsible_unit=office),
        await build(api, 4, "1", category=Code("ECOLOGY"), track=Track.GOVERNMENT),
    ]  # fmt: skip
    await tell(
        api,
        QIYANG,
        include(QIYANG, entry(ids[0], "9", PlanClass.NEW_START), entry(ids[1], "4"), entry(ids[2], None)),
        include("431100", entry(ids[0], "9", PlanClass.CONTINUING)),
    )
    return api


async def totals(api: Api, *groups: str, **chosen: Any) -> dict[tuple[Any, ...], tuple[int, str]]:
    """Return what was completed by the values of the groups that are not null, in the order of the fields."""
    rows = (await api.query(TOTALS, groups=groups, filter=chosen))["investmentTotals"]["rows"]
    assert len(api.took) == 1
    return {_key(row): (row["projects"], row["yearToDate"]["amount"]) for row in rows}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    values = [value for name, value in row.items() if name not in {"projects", "yearToDate", "arrived"}]
    return tuple(value["code"] if isinstance(value, dict) else value for value in values if value is not None)


BY: Final[dict[str, dict[tuple[Any, ...], tuple[int, str]]]] = {
    "REGION": {("431181",): (4, "13")},
    "CATEGORY": {("PRODUCTIVE",): (2, "9"), ("SOCIAL",): (1, "3"), ("ECOLOGY",): (1, "1")},
    "TRACK": {("PROMOTED",): (2, "9"), ("GOVERNMENT",): (2, "4")},
    "PHASE": {("CONCEPT",): (4, "13")},
    "STAGE": {("PLANNING",): (4, "13")},
    "HANDLING": {("RESERVED",): (4, "13")},
    "ACTIVITY": {("ACTIVE",): (4, "13")},
    "INDUSTRY": {("C2614",): (1, "7"), ("C26",): (1, "3"), ("N",): (1, "2"), (): (1, "1")},
    "INDUSTRY_SECTION": {("C",): (2, "10"), ("N",): (1, "2"), (): (1, "1")},
    "INDUSTRY_DIVISION": {("C26",): (2, "10"), (): (2, "3")},
    "NATURE": {("NEW",): (1, "7"), (): (3, "6")},
    "ASSET_TYPE": {("HEAVY",): (1, "7"), (): (3, "6")},
    "UNIT": {("工信局",): (2, "10"), ("水利局",): (1, "2"), (): (1, "1")},
    "TOWNSHIP": {("浯溪街道",): (1, "7"), (): (3, "6")},
    "PARK": {("高新区",): (2, "10"), ("工业园",): (1, "2"), (): (1, "1")},
    "SIZE_BAND": {("YI_100",): (1, "7"), ("YI_50",): (1, "2"), ("BELOW",): (1, "3"), (): (1, "1")},
    "PLAN_CLASS": {("NEW_START",): (1, "7"), ("CONTINUING",): (2, "5")},
}


async def test_each_dimension_groups_totals_funds_and_counts_alike(parks: Api) -> None:
    assert {*BY} == {one.name for one in OF_PROJECTS}
    for name, expected in BY.items():
        chosen = LIST if name == "PLAN_CLASS" else {}
        assert await totals(parks, name, **chosen) == expected, name
        funds = (await parks.query(FUNDS, groups=[name], filter=chosen))["fundTotals"]["rows"]
        assert len(parks.took) == 1
        assert {
            _key(row): (row["arrived"]["projects"], row["arrived"]["yearToDate"]["amount"]) for row in funds
        } == expected, name
        counts = (await parks.query(COUNTS, groups=[name], filter=chosen))["projectCounts"]
        assert len(parks.took) == 1
        assert {
            tuple(key["value"] for key in row["keys"] if key["value"] is not None): row["projects"] for row in counts
        } == {key: projects for key, (projects, _) in expected.items()}, name


async def test_dimensions_are_combined(parks: Api) -> None:
    assert await totals(parks, "CATEGORY", "PARK") == {
        ("PRODUCTIVE", "工业园"): (1, "2"),
        ("PRODUCTIVE", "高新区"): (1, "7"),
        ("SOCIAL", "高新区"): (1, "3"),
        ("ECOLOGY",): (1, "1"),
    }


async def test_groups_stand_in_order_and_what_is_not_stated_comes_last(parks: Api) -> None:
    rows = (await parks.query(TOTALS, groups=["PARK"]))["investmentTotals"]["rows"]
    assert [row["park"] for row in rows] == ["工业园", "高新区", None]


async def test_a_class_is_of_the_list_that_was_asked_for(parks: Api) -> None:
    city = {"list": {"owner": "431100", "year": 2022}}
    assert await totals(parks, "PLAN_CLASS", **city) == {("CONTINUING",): (1, "7")}
    assert await totals(parks, "PLAN_CLASS", **LIST, planClass=["CONTINUING"]) == {("CONTINUING",): (2, "5")}


@pytest.mark.parametrize("text", [TOTALS, FUNDS, COUNTS])
async def test_a_class_without_a_list_is_refused(parks: Api, text: str) -> None:
    refused = await parks.refused(text, groups=["PLAN_CLASS"])
    assert (refused["code"], refused["path"]) == ("LIST_REQUIRED", ["filter", "list"])


async def test_lists_and_sources_are_no_groups_of_what_was_completed(api: Api) -> None:
    for group in ("LIST", "SOURCE"):
        answer = await api.ask(f"{{ investmentTotals(basis: PAID, groupBy: [{group}]) {{ on }} }}")
        assert "does not exist" in str(answer.errors)


def test_what_is_grouped_by_is_one_table() -> None:
    assert len({one.name for one in OF_PROJECTS}) == len({one.field for one in OF_PROJECTS}) == len(OF_PROJECTS)
    assert [one.name for one in OF_PROJECTS if one.over is not Over.PROJECT] == ["PLAN_CLASS"]
    assert SOURCE.over is Over.FUNDS


async def test_a_size_is_of_the_kind_of_total_that_was_asked_for(parks: Api) -> None:
    rows = (
        await parks.query(
            '{ investmentTotals(basis: DISPATCH, on: "2022-04-30", groupBy: [SIZE_BAND], total: CONTRACTED)'
            " { rows { sizeBand projects } } }"
        )
    )["investmentTotals"]["rows"]
    assert rows == [{"sizeBand": None, "projects": 4}]


async def test_a_target_stands_beside_no_part_of_a_place(told: Api) -> None:
    text = """{ investmentTotals(basis: DISPATCH, on: "2022-04-30", groupBy: [%s], filter: { region: "431181" }) {
        rows { plan { stated { figure } } } } }"""
    assert (await told.query(text % "REGION"))["investmentTotals"]["rows"][0]["plan"]
    for group in ("REGION, TRACK", "PARK", "SIZE_BAND"):
        rows = (await told.query(text % group))["investmentTotals"]["rows"]
        assert rows
        assert not any(row["plan"] for row in rows)


SHARES: Final = """
    query ($groups: [TotalGroup!], $within: [TotalGroup!], $on: Date = "2022-04-30") {
      investmentTotals(basis: DISPATCH, on: $on, groupBy: $groups) {
        rows { category park month share(decimals: 1, within: $within) } } }"""


async def paths(api: Api, text: str, **variables: Any) -> list[Any]:
    """Return the arguments that an answer's errors are about."""
    answer = await api.ask(text, **variables)
    return [error.extensions["path"] for error in answer.errors]


async def shares(api: Api, *groups: str, within: list[str] | None = None) -> dict[tuple[Any, ...], str]:
    """Return shares by category and park."""
    rows = (await api.query(SHARES, groups=groups, within=within))["investmentTotals"]["rows"]
    assert len(api.took) == 1
    return {(row["category"], row["park"]): row["share"] for row in rows}


async def test_a_share_is_of_all_rows_or_of_those_that_are_alike(parks: Api) -> None:
    assert await shares(parks, "CATEGORY") == {
        ("ECOLOGY", None): "7.7",
        ("PRODUCTIVE", None): "69.2",
        ("SOCIAL", None): "23.1",
    }
    # 产业投资占比达70%以上 (G17): the category's share within its park.
    assert await shares(parks, "PARK", "CATEGORY", within=["PARK"]) == {
        ("PRODUCTIVE", "高新区"): "70.0",
        ("SOCIAL", "高新区"): "30.0",
        ("PRODUCTIVE", "工业园"): "100.0",
        ("ECOLOGY", None): "100.0",
    }
    assert await paths(parks, SHARES, groups=["PARK"], within=["CATEGORY"]) == [["within"]] * 3


async def test_a_share_is_of_the_rows_of_one_cut_off_and_of_nothing_there_is_none(parks: Api) -> None:
    rows = (await parks.query(SHARES, groups=["MONTH", "CATEGORY"], within=["MONTH"]))["investmentTotals"]["rows"]
    assert [(row["month"], row["share"]) for row in rows if row["category"] == "SOCIAL"] == [
        (1, None), (2, None), (3, None), (4, "23.1")
    ]  # fmt: skip


async def test_amounts_of_two_currencies_have_no_whole(told: Api) -> None:
    text = """{ investmentTotals(basis: PAID, on: "2022-04-30", groupBy: [REGION]) { rows { share } } }"""
    assert {row["share"] for row in (await told.query(text))["investmentTotals"]["rows"]} == {None}


GROWTH: Final = """
    query ($on: Date!, $groups: [TotalGroup!]) {
      investmentTotals(basis: DISPATCH, on: $on, groupBy: $groups) {
        rows { category projects growth(decimals: 1) yearToDate { amount(unit: YI_YUAN) } } } }"""


async def growth(api: Api, on: str, *groups: str) -> list[tuple[Any, ...]]:
    """Return categories, projects and growth."""
    rows = (await api.query(GROWTH, on=on, groups=groups))["investmentTotals"]["rows"]
    assert len(api.took) == 1
    return [(row["category"], row["projects"], row["growth"]) for row in rows]


async def test_growth_is_on_the_same_cut_off_of_the_year_before(parks: Api) -> None:
    old = await build(parks, 5, "1")
    await tell(parks, QIYANG, report(old, "2021-04", yi("11")), report(old, "2021-12", yi("40")))
    assert await growth(parks, "2022-04-30") == [(None, 5, "27.3")]
    # A day before April is over last year had nothing by then.
    assert await growth(parks, "2022-04-29") == [(None, 0, None)]
    assert await growth(parks, "2022-04-30", "CATEGORY") == [
        ("ECOLOGY", 1, None), ("PRODUCTIVE", 3, "-9.1"), ("SOCIAL", 1, None)
    ]  # fmt: skip


async def test_growth_compares_the_end_of_february_with_the_end_of_february(api: Api) -> None:
    await tell(api, QIYANG, OPEN_PLACE)
    works = await build(api, 1, "9")
    for year, done in ((2019, "1"), (2020, "2"), (2021, "3")):
        await tell(api, QIYANG, report(works, f"{year}-02", yi(done)))
    assert await growth(api, "2020-02-29") == [(None, 1, "100.0")]
    assert await growth(api, "2021-02-28") == [(None, 1, "50.0")]


async def test_asking_for_growth_changes_no_row(parks: Api) -> None:
    gone = await tell(parks, QIYANG, project.RegisterProject(identity=Identity(
        name=Name("演示旧项目"), region=Region("431121"), category=Code("INFRASTRUCTURE"), track=Track.GOVERNMENT
    )))  # fmt: skip
    await tell(parks, QIYANG, report(gone, "2021-04", yi("5")))
    plain = await totals(parks, "CATEGORY")
    assert [name for name, *_ in await growth(parks, "2022-04-30", "CATEGORY")] == sorted(name for (name,) in plain)
    # What was done last year alone counts in what the whole grew on.
    assert await growth(parks, "2022-04-30") == [(None, 4, "160.0")]


PART: Final = """
    query ($code: String! = "FAI", $measure: Measure, $on: Date = "2022-09-30", $groups: [TotalGroup!],
        $filter: InvestmentTotalsFilter) {
      investmentTotals(basis: DISPATCH, on: $on, groupBy: $groups, filter: $filter) {
        rows { month category shareOfIndicator(indicator: $code, measure: $measure, decimals: 1) } } }"""


async def parts(api: Api, **variables: Any) -> list[str | None]:
    """Return what part of an indicator each row is."""
    rows = (await api.query(PART, **{"measure": "YEAR_TO_DATE"} | variables))["investmentTotals"]["rows"]
    assert len(api.took) == 1
    return [row["shareOfIndicator"] for row in rows]


@pytest.fixture
async def measured(api: Api) -> Api:
    """Give a county with one project and its fixed-asset investment: 72.18 亿, 占固定资产投资的64.6% (F-25)."""
    await tell(api, QIYANG, OPEN_PLACE)
    works = await build(api, 1, "1")
    await tell(
        api,
        QIYANG,
        report(works, "2021-08", yi("60")),
        report(works, "2021-09", yi("72.18")),
        replace(STATE, through=Period("2021-09"), stated=yi("111.74"), growth=None),
        replace(STATE, through=Period("2021-09"), measure=Measure.MONTH, stated=yi("20.3"), growth=None),
        replace(STATE, code=Code("GDP"), through=Period("2021-09"), stated=yi("300"), growth=None),
    )
    return api


async def test_f_25_what_was_completed_is_a_part_of_fixed_asset_investment(measured: Api) -> None:
    assert await parts(measured, on="2021-09-30") == ["64.6"]
    assert await parts(measured, on="2021-09-30", filter={"region": "431121"}) == ["64.6"]
    assert await parts(measured, on="2021-09-30", groups=["REGION", "CATEGORY"]) == ["64.6"]
    assert await parts(measured, on="2021-09-30", code="GDP") == ["24.1"]
    assert "indicator i" in measured.took[0]


async def test_an_indicator_of_a_month_is_of_that_month(measured: Api) -> None:
    by_month = await parts(measured, on="2021-09-30", groups=["MONTH"], measure="MONTH")
    assert by_month == [None] * 8 + ["60.0"]
    for measure in ("MONTH", "SINCE_START"):
        assert await paths(measured, PART, on="2021-09-30", measure=measure) == [["measure"]]


async def test_of_another_period_place_or_unit_there_is_no_part(measured: Api) -> None:
    assert await parts(measured, on="2021-09-29") == [None]
    assert await parts(measured, on="2021-08-31") == [None]
    assert await parts(measured, on="2021-09-30", code="NONE") == [None]
    assert await parts(measured, on="2021-09-30", filter={"region": "431100"}) == [None]
    rate = indicator.StateIndicator(
        code=Code("FAI"),
        through=Period("2021-08"),
        measure=Measure.YEAR_TO_DATE,
        stated=Stated(Figure("9.1"), Unit.PERCENT),
        status=STATE.status,
        source=STATE.source,
    )
    await tell(measured, QIYANG, rate)
    assert await parts(measured, on="2021-08-31") == [None]


async def test_no_indicator_is_read_unless_a_part_of_it_is_asked_for(measured: Api) -> None:
    await measured.query(TOTALS)
    assert "indicator i" not in measured.took[0]
    assert "prior" not in measured.took[0]
