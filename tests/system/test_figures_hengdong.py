"""The figures of 衡东's account, from January to September 2023, asked of the API as a front end would ask."""

from __future__ import annotations

from schema.context import Context
from tests.system.replaying import asked

SPAN = 'since: "2023-01-01", until: "2023-09-30"'


async def test_f_25_productive_projects_started_and_in_production(demo_context: Context) -> None:
    """Those that were put into production were completed, too."""
    answer = await asked(
        demo_context,
        f"""{{
          started: projectCounts(filter: {{
            region: "430424", category: ["PRODUCTIVE"], reached: [{{ gate: STARTED, {SPAN} }}]
          }}) {{ projects }}
          finished: projectCounts(filter: {{
            region: "430424", category: ["PRODUCTIVE"]
            reached: [{{ gate: COMPLETED, {SPAN} }}, {{ gate: PUT_INTO_PRODUCTION, {SPAN} }}]
          }}) {{ projects }}
        }}""",
    )
    assert answer == {"started": [{"projects": 37}], "finished": [{"projects": 15}]}


async def test_f_25_completed_investment_its_share_and_its_growth(demo_context: Context) -> None:
    """Fixed-asset investment is imported and never computed: 111.73 亿元."""
    answer = await asked(
        demo_context,
        """query ($filter: InvestmentTotalsFilter) {
          investmentTotals(basis: DISPATCH, on: "2023-09-30", filter: $filter) {
            rows {
              yearToDate { amount(unit: YI_YUAN) }
              shareOfIndicator(indicator: "FAI", decimals: 1)
              growth(decimals: 1)
            }
          }
          before: investmentTotals(basis: DISPATCH, on: "2022-09-30", filter: $filter) {
            rows { yearToDate { amount(unit: YI_YUAN) } }
          }
        }""",
        filter={"region": "430424", "category": ["PRODUCTIVE"]},
    )
    assert answer["investmentTotals"]["rows"] == [
        {"yearToDate": {"amount": "72.18"}, "shareOfIndicator": "64.6", "growth": "27.3"}
    ]
    assert answer["before"]["rows"] == [{"yearToDate": {"amount": "56.7"}}]


async def test_f_27_what_was_signed(demo_context: Context) -> None:
    signed = f'region: "430424", reached: [{{ gate: CONTRACT_SIGNED, {SPAN} }}]'
    answer = await asked(
        demo_context,
        f"""query {{
          all: projectCounts(total: CONTRACTED, filter: {{ {signed} }}) {{
            projects total {{ amount(unit: YI_YUAN) }}
          }}
          large: projectCounts(filter: {{
            {signed}, totalAtLeast: {{ kind: CONTRACTED, figure: "10", unit: YI_YUAN }}
          }}) {{ projects }}
          top: projectCounts(filter: {{
            {signed}, investorClass: ["WORLD_500", "CHINA_500", "PRIVATE_500"]
          }}) {{ projects }}
          productive: projectCounts(total: CONTRACTED, filter: {{ {signed}, category: ["PRODUCTIVE"] }}) {{
            total {{ amount(unit: YI_YUAN) }}
          }}
        }}""",
    )
    assert answer == {
        "all": [{"projects": 23, "total": {"amount": "155.5"}}],
        "large": [{"projects": 3}],
        "top": [{"projects": 3}],
        "productive": [{"total": {"amount": "120"}}],
    }


async def test_f_28_of_what_was_signed_in_the_park_most_is_fulfilled(demo_context: Context) -> None:
    """The 85.7 亿元 are those of the 18 that were signed."""
    answer = await asked(
        demo_context,
        f"""{{
          funnel(signedFrom: "2023-01-01", signedTo: "2023-09-30", filter: {{ region: "430424", inPark: true }}) {{
            gate projects rate(decimals: 1)
          }}
          signed: projectCounts(total: CONTRACTED, filter: {{
            region: "430424", inPark: true, reached: [{{ gate: CONTRACT_SIGNED, {SPAN} }}]
          }}) {{ total {{ amount(unit: YI_YUAN) }} }}
          started: projectCounts(filter: {{
            region: "430424", inPark: true, reached: [{{ gate: STARTED, {SPAN} }}]
          }}) {{ projects }}
        }}""",
    )
    assert [(one["gate"], one["projects"], one["rate"]) for one in answer["funnel"][:2]] == [
        ("CONTRACT_SIGNED", 18, None),
        ("FULFILLED", 16, "88.9"),
    ]
    assert answer["signed"] == [{"total": {"amount": "85.7"}}]
    assert answer["started"] == [{"projects": 11}]
