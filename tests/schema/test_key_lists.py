"""Key lists: what each comes to, that they overlap, whose target stands beside which, and how they are sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from schema.commands import MOST_IDS
from schema.values import encode_id
from service.access import LOADER
from service.domain import place, plan
from service.domain.annual_plan import PlanClass, RemoveFromAnnualPlan
from service.domain.investment import Basis
from service.domain.project import VoidProject
from service.domain.values import Currency, Figure, Name, Reason, Region, Stated, Unit
from tests.examples import OPEN_PLACE, PLAN_PAPER, PROJECT_ID, QIYANG, SET_COUNT_TARGET, SET_INVESTMENT_TARGET
from tests.examples.annual_plan import INCLUDE_IN_OWN_LIST, REMOVE_CITY_ENTRY
from tests.schema.asking import input_of, text_of
from tests.schema.story import LENGSHUITAN, ROAD, SCHOOL, entry, include, register, report, target
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

CITY = Region("431100")
_LISTS = """
    query ($region: String! = "431181", $year: Int! = 2022, $on: Date = "2022-11-30", $basis: Basis! = DISPATCH) {
      keyLists(region: $region, year: $year, basis: $basis, on: $on) {
        through additive timeProgress
        rows {
          owner { code } level projects newStarts continuing preparatory completing unplanned reported rate targetRate
          planned { amount(unit: YI_YUAN) } yearToDate { amount(unit: YI_YUAN) } countTarget { stated { figure } }
          investmentTarget { stated { figure } }
        }
      }
    }"""
_TOTAL = """
    query ($owner: String!, $year: Int! = 2022, $classes: [PlanClass!], $groups: [TotalGroup!]) {
      investmentTotals(
        basis: DISPATCH, on: "2022-11-30", groupBy: $groups
        filter: { list: { owner: $owner, year: $year }, planClass: $classes }
      ) { rows { projects completed { amount(unit: YI_YUAN) } plan { stated { figure } } } }
    }"""


async def lists(api: Api, **variables: Any) -> dict[str, dict[str, Any]]:
    """Return the rows of key lists by their owner's code."""
    rows = (await api.query(_LISTS, **variables))["keyLists"]["rows"]
    return {row["owner"]["code"]: row for row in rows}


async def several(api: Api, region: Region, *commands: object) -> list[UUID]:
    """Store commands that are nothing to each other; return their streams."""
    handler = api.services.handler
    outcomes = await asyncio.gather(*(handler.handle(LOADER, region, one, command_id=uuid4()) for one in commands))
    assert [one.refused for one in outcomes if one.refused] == []
    assert await api.services.runner.wait_for(region, max(one.position for one in outcomes), 10)
    return [one.stream.id for one in outcomes]


def shares(total_wan: int, number: int) -> list[Stated]:
    """Return so many amounts in 万元 that add up to a total."""
    each, rest = divmod(total_wan, number)
    return [Stated(Figure(str(each + (place < rest))), Unit.WAN_YUAN) for place in range(number)]


@pytest.fixture
async def qiyang(api: Api) -> Api:
    """Give 祁阳's ledger with nothing in it."""
    await tell(api, QIYANG, OPEN_PLACE)
    return api


async def test_f_04_levels_overlap_and_are_never_added_up(qiyang: Api) -> None:
    """全市103个市重点项目完成投资138.47亿元,其中4个省重点项目21.7亿元、41个永州市重点项目105.5亿元 (S0:8)."""
    ids = await several(qiyang, QIYANG, *(register(f"演示项目{number:03}", QIYANG) for number in range(103)))
    # The 4 on the province's list are on the prefecture's too, as they mostly are.
    amounts = shares(217_000, 4) + shares(1_055_000 - 217_000, 37) + shares(1_384_700 - 1_055_000, 62)
    await several(qiyang, QIYANG, *(report(one, "2022-11", stated) for one, stated in zip(ids, amounts, strict=True)))
    await tell(
        qiyang,
        QIYANG,
        SET_INVESTMENT_TARGET,
        SET_COUNT_TARGET,
        include(QIYANG, *(entry(one, "1.5") for one in ids)),
        include(CITY, *(entry(one, "2.75") for one in ids[:41])),
        include("430000", *(entry(one, "6") for one in ids[:4])),
    )
    found = await lists(qiyang)
    assert [(row["level"], row["projects"], row["yearToDate"]["amount"]) for row in found.values()] == [
        ("PROVINCE", 4, "21.7"),
        ("PREFECTURE", 41, "105.5"),
        ("COUNTY", 103, "138.47"),
    ]
    assert (found["431181"]["planned"]["amount"], found["431181"]["rate"]) == ("154.5", "89.62")
    assert (found["431181"]["targetRate"], found["431181"]["countTarget"]["stated"]["figure"]) == ("86.54", "113")
    for owner, row in found.items():
        total = (await qiyang.query(_TOTAL, owner=owner))["investmentTotals"]["rows"]
        assert total == [{"projects": row["projects"], "completed": row["yearToDate"], "plan": None}]
    assert (await qiyang.query(_LISTS))["keyLists"]["additive"] is False


async def test_a_list_counts_its_projects_by_class_and_what_is_to_be_completed_within(qiyang: Api) -> None:
    new, old, early, quiet = [
        await tell(qiyang, QIYANG, register(name, QIYANG)) for name in ("新开", "续建", "前期", "未报")
    ]
    await tell(
        qiyang,
        QIYANG,
        include(
            QIYANG,
            entry(new, "2", PlanClass.NEW_START),
            entry(old, "4", completes_this_year=True),
            entry(early, None, PlanClass.PREPARATORY),
            entry(quiet, "0"),
        ),
        report(new, "2022-03", target("1").stated),
        report(old, "2022-03", target("2").stated),
        report(old, "2022-12", target("9").stated, Basis.PAID),
        report(early, "2022-03", target("3").stated),
        report(old, "2021-12", target("7").stated),
    )
    (row,) = (await lists(qiyang)).values()
    assert [row[name] for name in ("projects", "newStarts", "continuing", "preparatory", "completing")] == [
        4,
        1,
        2,
        1,
        1,
    ]
    # What was completed of a project without a plan is in the sum, and not in the rate of what was planned.
    assert (row["unplanned"], row["reported"], row["planned"]["amount"], row["yearToDate"]["amount"]) == (
        1,
        3,
        "6",
        "6",
    )
    assert (row["rate"], row["targetRate"]) == ("50.00", None)
    assert [one["yearToDate"]["amount"] for one in (await lists(qiyang, on="2022-02-28")).values()] == ["0"]


async def test_leaving_a_list_and_being_voided_take_a_project_out_of_it(qiyang: Api) -> None:
    ids = [await tell(qiyang, QIYANG, register(name, QIYANG)) for name in ("甲", "乙", "丙")]
    await tell(qiyang, QIYANG, include(QIYANG, *(entry(one, "1") for one in ids)), include(CITY, entry(ids[0], "1")))
    leaving = RemoveFromAnnualPlan(list_owner=QIYANG, year=2022, projects=(ids[0],), reason=Reason("调出"))
    await tell(qiyang, QIYANG, leaving, VoidProject(project_id=ids[1], reason=Reason("重复登记")))
    assert {owner: row["projects"] for owner, row in (await lists(qiyang)).items()} == {"431100": 1, "431181": 1}
    names = await qiyang.query('{ projects(filter: { list: { owner: "431181", year: 2022 } }) { nodes { name } } }')
    assert names["projects"]["nodes"] == [{"name": "丙"}]
    data = await qiyang.query(
        "query ($id: ID!) { project(id: $id) { planEntries { listOwner { code } } } }",
        id=encode_id("Project", QIYANG, ids[0]),
    )
    assert data["project"]["planEntries"] == [{"listOwner": {"code": "431100"}}]


async def test_a_list_of_a_prefecture_is_one_over_the_ledgers_of_its_counties(told: Api) -> None:
    found = await lists(told, region="431100", on="2022-04-30")
    assert {owner: (row["projects"], row["yearToDate"]["amount"]) for owner, row in found.items()} == {
        "430000": (2, "3.55"),
        "431100": (1, "1.1"),
        "431103": (1, "1.1"),
        "431181": (2, "3.55"),
    }
    # Asked about one county, its part of the lists above it.
    assert [*(await lists(told, region="431103", on="2022-04-30"))] == ["431100", "431103"]
    assert await lists(told, region="440000") == {}


@pytest.mark.parametrize("code", ["431121", "431181"])
async def test_a_list_is_found_by_either_code_of_its_owner(told: Api, code: str) -> None:
    assert (await lists(told, region=code))["431181"]["projects"] == 2
    (row,) = (await told.query(_TOTAL, owner=code))["investmentTotals"]["rows"]
    assert (row["projects"], row["completed"]["amount"]) == (2, "3.55")


async def test_a_county_that_went_to_another_prefecture_is_on_the_old_ones_list(api: Api) -> None:
    wuwei, chaohu = Region("340281"), "341400"
    await tell(api, wuwei, place.OpenPlace(region=wuwei, name=Name("无为市"), purpose=place.Purpose.DEMO))
    project_id = await tell(api, wuwei, register("演示码头", wuwei))
    await tell(api, wuwei, include(chaohu, entry(project_id, "1")), report(project_id, "2022-03", target("1").stated))
    for owner in (chaohu, "341422"):
        await tell(api, wuwei, include(owner, entry(project_id, "1"), year=2010))
    (row,) = (await api.query(_TOTAL, owner=chaohu))["investmentTotals"]["rows"]
    assert row["projects"] == 1
    for owner, year in ((chaohu, 2022), (chaohu, 2010), ("341422", 2010), ("340281", 2010)):
        listed = f'{{ projects(filter: {{ list: {{ owner: "{owner}", year: {year} }} }}) {{ nodes {{ name }} }} }}'
        assert (await api.query(listed))["projects"]["nodes"] == [{"name": "演示码头"}], (owner, year)


async def test_a_target_stands_beside_its_owners_whole_list_alone(api: Api) -> None:
    opened = place.OpenPlace(region=CITY, name=Name("永州市"), purpose=place.Purpose.DEMO)
    await tell(api, CITY, opened, target("900"), target("70", category="SOCIAL"))
    project_id = await tell(api, CITY, register("演示水库", QIYANG))
    await tell(api, CITY, include(CITY, entry(project_id, "3")), report(project_id, "2022-03", target("9").stated))
    whole = (await lists(api, region="431100"))["431100"]
    assert (whole["investmentTarget"]["stated"]["figure"], whole["targetRate"], whole["rate"]) == (
        "900",
        "1.00",
        "300.00",
    )
    part = (await lists(api, region="431181"))["431100"]
    assert (part["projects"], part["investmentTarget"], part["targetRate"]) == (1, None, None)


async def test_a_list_is_a_filter_that_goes_with_the_others(told: Api) -> None:
    whole = (await told.query(_TOTAL, owner="430000"))["investmentTotals"]["rows"]
    by_month = (await told.query(_TOTAL, owner="430000", groups=["MONTH"]))["investmentTotals"]["rows"]
    assert sum(round(float(one["completed"]["amount"]) * 100) for one in by_month) == 355
    new = (await told.query(_TOTAL, owner="430000", classes=["NEW_START"]))["investmentTotals"]["rows"]
    assert (whole[0]["projects"], new[0]["projects"], new[0]["completed"]["amount"]) == (2, 1, "1.2")
    none = (await told.query(_TOTAL, owner="430000", classes=[]))["investmentTotals"]["rows"]
    assert none[0]["projects"] == 0
    assert (await told.query(_TOTAL, owner="430000", year=2021))["investmentTotals"]["rows"][0]["projects"] == 0


async def test_a_cursor_of_one_list_is_refused_for_another(told: Api) -> None:
    ask = """query ($owner: String!, $after: String) {
        projects(first: 1, after: $after, filter: { list: { owner: $owner, year: 2022 } }) {
          nodes { name } pageInfo { endCursor hasNextPage } } }"""
    page = (await told.query(ask, owner="430000"))["projects"]
    assert page["pageInfo"]["hasNextPage"]
    rest = (await told.query(ask, owner="430000", after=page["pageInfo"]["endCursor"]))["projects"]
    assert len({one["name"] for one in page["nodes"] + rest["nodes"]}) == 2
    assert (await told.refused(ask, owner="431100", after=page["pageInfo"]["endCursor"]))["path"] == ["after"]


async def test_before_a_year_begins_nothing_of_it_has_passed(told: Api) -> None:
    answer = (await told.query(_LISTS, on="2021-12-31"))["keyLists"]
    assert (answer["through"], answer["timeProgress"]) == ("2021-12-31", "0.00")
    assert {row["yearToDate"]["amount"] for row in answer["rows"]} == {"0"}
    over = (await told.query(_LISTS, on="2023-06-30"))["keyLists"]
    assert (over["through"], over["timeProgress"]) == ("2022-12-31", "100.00")
    assert "3.55" in {row["yearToDate"]["amount"] for row in over["rows"]}


async def test_amounts_of_two_currencies_on_one_list_are_not_added(api: Api) -> None:
    for code, currency in (("990001", Currency.GBP), ("990002", Currency.CNY)):
        region = Region(code)
        opened = place.OpenPlace(region=region, name=Name("S"), purpose=place.Purpose.SANDBOX, currency=currency)
        await tell(api, region, opened)
        project_id = await tell(api, region, register("Works", region))
        await tell(api, region, include("990000", entry(project_id, None)))
    ask = """query ($region: String!) {
        keyLists(region: $region, year: 2022, basis: PAID) { rows { projects planned { amount currency } } } }"""
    assert (await api.refused(ask, region="990000"))["code"] == "WRONG_CURRENCY"
    assert (await api.query(ask, region="990001"))["keyLists"]["rows"] == [
        {"projects": 1, "planned": {"amount": "0", "currency": "GBP"}}
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{ keyLists(region: "123456", year: 2022, basis: PAID) { basis } }', ["region"]),
        ('{ keyLists(region: "431181", year: 0, basis: PAID) { basis } }', ["year"]),
        ('{ keyLists(region: "431181", year: 2022, basis: PAID, on: "1900-01-01") { basis } }', ["on"]),
        (
            '{ projects(filter: { list: { owner: "1", year: 2022 } }) { nodes { name } } }',
            ["filter", "list", "owner"],
        ),
        (
            '{ projects(filter: { list: { owner: "431181", year: -1 } }) { nodes { name } } }',
            ["filter", "list", "year"],
        ),
        ("{ projects(filter: { planClass: [NEW_START] }) { nodes { name } } }", ["filter", "planClass"]),
        (
            "{ planVariance(basis: PAID, direction: OVER, filter: { planClass: [NEW_START] }) { nodes { rate } } }",
            ["filter", "planClass"],
        ),
        ("{ planVariance(basis: PAID, direction: OVER, points: -1) { nodes { rate } } }", ["points"]),
        ("{ planVariance(basis: PAID, direction: OVER, points: 1001) { nodes { rate } } }", ["points"]),
        (
            """{ planVariance(
              basis: PAID, direction: OVER, on: "2021-12-31", filter: { list: { owner: "431181", year: 2022 } }
            ) { nodes { rate } } }""",
            ["on"],
        ),
    ],
)
async def test_what_can_not_be_asked_is_refused_at_its_argument(told: Api, text: str, path: list[str]) -> None:
    assert (await told.refused(text))["path"] == path


# Commands


async def send(api: Api, command: object, region: Region = QIYANG, **more: Any) -> Any:
    """Send a command under a new id; return the payload."""
    sent = input_of(command, uuid4(), region) | more
    return (await api.query(text_of(type(command).__name__), input=sent))["answer"]


async def test_projects_are_named_by_their_global_ids_and_every_wrong_one_is_told(qiyang: Api) -> None:
    project_id = await tell(qiyang, QIYANG, register("甲", QIYANG))
    rest = {"planClass": "NEW_START", "completesThisYear": False}
    own, foreign = encode_id("Project", QIYANG, project_id), encode_id("Project", LENGSHUITAN, SCHOOL)
    named: list[dict[str, Any]] = [{"projectId": one, **rest} for one in (own, foreign, "x", str(project_id))]
    answer = await send(qiyang, INCLUDE_IN_OWN_LIST, entries=named, listOwner="1")
    assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [
        ("NOT_FOUND", ["input", "entries", "1", "projectId"]),
        ("INVALID_VALUE", ["input", "entries", "2", "projectId"]),
        ("INVALID_VALUE", ["input", "entries", "3", "projectId"]),
        ("UNKNOWN_REGION", ["input", "listOwner"]),
    ]
    assert (await send(qiyang, INCLUDE_IN_OWN_LIST, entries=named[:1]))["userErrors"] == []
    answer = await send(qiyang, REMOVE_CITY_ENTRY, listOwner=str(QIYANG), projects=[foreign, own])
    assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [("NOT_FOUND", ["input", "projects", "0"])]
    assert (await send(qiyang, REMOVE_CITY_ENTRY, listOwner=str(QIYANG), projects=[own]))["userErrors"] == []
    assert await lists(qiyang) == {}


async def test_a_refusal_points_into_the_list(qiyang: Api) -> None:
    project_id = await tell(qiyang, QIYANG, register("甲", QIYANG))
    pounds = {"figure": "1", "unit": "POUND"}
    sent = {
        "projectId": encode_id("Project", QIYANG, project_id),
        "planClass": "NEW_START",
        "completesThisYear": False,
        "plannedInvestment": pounds,
    }
    (error,) = (await send(qiyang, INCLUDE_IN_OWN_LIST, entries=[sent]))["userErrors"]
    assert (error["code"], error["path"]) == (
        "WRONG_CURRENCY",
        ["input", "entries", "0", "plannedInvestment", "unit"],
    )
    dates = {"plannedStart": "2022-03-01", "plannedCompletion": "2022-02-01", "plannedInvestment": None}
    (error,) = (await send(qiyang, INCLUDE_IN_OWN_LIST, entries=[sent | dates]))["userErrors"]
    assert (error["code"], error["path"]) == ("WRONG_ORDER", ["input", "entries", "0", "plannedCompletion"])
    unknown = sent | {"projectId": encode_id("Project", QIYANG, PROJECT_ID), "plannedInvestment": None}
    (error,) = (await send(qiyang, INCLUDE_IN_OWN_LIST, entries=[unknown]))["userErrors"]
    assert (error["code"], error["path"]) == ("NOT_FOUND", ["input", "entries", "0", "projectId"])


async def test_the_longest_paper_is_taken_by_one_command(qiyang: Api) -> None:
    ids = await several(qiyang, QIYANG, *(register(f"P{number}", QIYANG) for number in range(500)))
    answer = await send(qiyang, include(QIYANG, *(entry(one, "0.2") for one in ids)))
    assert (answer["userErrors"], answer["version"], answer["settled"]) == ([], 1, True)
    assert (await lists(qiyang))["431181"]["planned"]["amount"] == "100"
    too_long = include(QIYANG, *(entry(UUID(int=number), None) for number in range(501)))
    (error,) = (await send(qiyang, too_long))["userErrors"]
    assert (error["path"], error["params"]) == (["input", "entries"], {"rule": "at most 500"})
    refused = await send(qiyang, REMOVE_CITY_ENTRY, projects=["x"] * 20_000)
    assert len(refused["userErrors"]) == MOST_IDS + 1


async def test_growth_starts_and_completions_are_targets_of_a_place(qiyang: Api) -> None:
    for measure, figure, unit in (
        (plan.TargetMeasure.FAI_GROWTH, "8", Unit.PERCENT),
        (plan.TargetMeasure.NEW_STARTS, "46", Unit.COUNT),
        (plan.TargetMeasure.COMPLETIONS, "20", Unit.COUNT),
    ):
        command = plan.SetAnnualTarget(
            year=2022,
            measure=measure,
            operator=plan.Operator.AT_LEAST,
            stated=Stated(Figure(figure), unit),
            source=PLAN_PAPER,
        )
        assert (await send(qiyang, command))["userErrors"] == []
    data = await qiyang.query("{ places { targets { measure operator stated { figure unit } } } }")
    assert {one["measure"]: one["stated"]["figure"] for one in data["places"][0]["targets"]} == {
        "FAI_GROWTH": "8",
        "NEW_STARTS": "46",
        "COMPLETIONS": "20",
    }


async def test_the_projects_of_the_story_are_on_their_lists(told: Api) -> None:
    data = await told.query(
        "query ($id: ID!) { project(id: $id) { planEntries { listOwner { code } level stated { figure } } } }",
        id=encode_id("Project", QIYANG, ROAD),
    )
    assert data["project"]["planEntries"] == [
        {"listOwner": {"code": "430000"}, "level": "PROVINCE", "stated": None},
        {"listOwner": {"code": "431181"}, "level": "COUNTY", "stated": {"figure": "2.4"}},
    ]
