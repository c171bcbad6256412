"""The figures of 祁阳's account, asked of the API as a front end would ask."""

from __future__ import annotations

from schema.context import Context
from tests.system.replaying import asked


async def test_f_01_investment_through_april_and_how_far_it_is_ahead(demo_context: Context) -> None:
    answer = await asked(
        demo_context,
        """{
          investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: { region: "431181" }) {
            rows {
              completed { amount(unit: YI_YUAN) } yearToDate { amount currency }
              plan { operator stated { figure unit } }
              rate(decimals: 1) timeProgress ahead
            }
          }
        }""",
    )
    assert answer["investmentTotals"]["rows"] == [
        {
            "completed": {"amount": "53.93"},
            "yearToDate": {"amount": "5393000000", "currency": "CNY"},
            "plan": {"operator": "AT_LEAST", "stated": {"figure": "160", "unit": "YI_YUAN"}},
            "rate": "33.7",
            "timeProgress": "33.33",
            "ahead": "0.37",
        }
    ]


async def test_f_02_the_years_plan(demo_context: Context) -> None:
    query = "{ places { region { code } targets { measure category operator stated { figure unit } } } }"
    places = (await asked(demo_context, query))["places"]
    (targets,) = [one["targets"] for one in places if one["region"]["code"] == "431181"]
    assert {(one["measure"], one["category"], one["operator"], one["stated"]["figure"]) for one in targets} == {
        ("PROJECT_COUNT", None, "AT_LEAST", "113"),
        ("INVESTMENT", None, "AT_LEAST", "160"),
        ("INVESTMENT_SHARE", "PRODUCTIVE", "AT_LEAST", "60"),
    }


async def test_f_04_three_lists_that_overlap_and_are_never_added_up(demo_context: Context) -> None:
    answer = await asked(
        demo_context,
        """{
          keyLists(region: "431181", year: 2021, basis: DISPATCH, on: "2021-12-31") {
            additive
            rows { owner { code name } level projects reported yearToDate { amount(unit: YI_YUAN) } }
          }
        }""",
    )
    lists = answer["keyLists"]
    assert lists["additive"] is False
    assert [
        (one["owner"]["code"], one["level"], one["projects"], one["reported"], one["yearToDate"]["amount"])
        for one in lists["rows"]
    ] == [
        ("430000", "PROVINCE", 4, 4, "21.7"),
        ("431100", "PREFECTURE", 41, 41, "105.5"),
        ("431181", "COUNTY", 103, 103, "138.47"),
    ]


async def test_f_05_six_ceremonies(demo_context: Context) -> None:
    answer = await asked(
        demo_context,
        """{
          batchCounts(region: "431181", since: "2021-01-01", on: "2021-12-31", series: JOINT, total: APPROVED) {
            whole { ceremonies }
            rows { kind projects withoutTotal total { amount(unit: YI_YUAN) } }
          }
        }""",
    )
    counts = answer["batchCounts"]
    assert counts["whole"] == {"ceremonies": 6}
    (started,) = [one for one in counts["rows"] if one["kind"] == "START"]
    assert started == {"kind": "START", "projects": 46, "withoutTotal": 0, "total": {"amount": "112"}}
