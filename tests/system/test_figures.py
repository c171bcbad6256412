"""The five accounts' figures, asked of the API as a front end would ask."""

from schema import schema
from schema.context import Context


async def test_f_01_investment_through_april_and_how_far_it_is_ahead(demo_context: Context) -> None:
    query = """{
      investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: { region: "431181" }) {
        rows {
          completed { amount(unit: YI_YUAN) } yearToDate { amount currency }
          plan { operator stated { figure unit } }
          rate(decimals: 1) timeProgress ahead
        }
      }
    }"""
    result = await schema.execute(query, context_value=demo_context)
    assert result.errors is None
    assert result.data["investmentTotals"]["rows"] == [
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
    result = await schema.execute(query, context_value=demo_context)
    assert result.errors is None
    (targets,) = [one["targets"] for one in result.data["places"] if one["region"]["code"] == "431181"]
    assert {(one["measure"], one["category"], one["operator"], one["stated"]["figure"]) for one in targets} == {
        ("PROJECT_COUNT", None, "AT_LEAST", "113"),
        ("INVESTMENT", None, "AT_LEAST", "160"),
        ("INVESTMENT_SHARE", "PRODUCTIVE", "AT_LEAST", "60"),
    }
