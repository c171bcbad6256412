"""Each question with its answer and the one statement that it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.values import encode_id
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.conftest import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schema.conftest import Api

PARK = encode_id("Project", QIYANG, PROJECT_ID)
_MONEY = "{ amount currency }"
_FUNDS = "planned { projects ofYear { amount(unit: WAN_YUAN) } whole { amount(unit: WAN_YUAN) } }" + "".join(
    f" {name} {{ projects yearToDate {{ amount(unit: WAN_YUAN) }} sinceStart {{ amount(unit: WAN_YUAN) }} }}"
    for name in ("allotted", "arrived", "paid")
)
_GROUPS = """{
              region { code name } category year month projects completed { amount(unit: YI_YUAN) }
              plan { stated { figure } }
            }"""
_VARIANCE = """{
              project { name region { code } gates { gate } } entry { listOwner { code } level planClass }
              planned { amount(unit: YI_YUAN) } yearToDate { amount(unit: YI_YUAN) } through rate timeProgress ahead
            }"""
QUESTIONS = {
    "project": f"""
        {{
          project(id: "{PARK}") {{
            id name aliases place {{ code name }} region {{ code name }} township park content category track phase
            stage {{ code zh en }} handling activity signedOn startedOn completedOn productionOn benefitsOn
            sites {{ kind system points {{ longitude latitude }} }} investors {{ name classes }} related parent
            industry nature assetType owner {{ name creditCode }} responsibleUnit sectorAuthority plannedStart
            plannedCompletion codes references {{ system id }} contractedTotal {_MONEY} approvedTotal {_MONEY}
            statisticalTotal {_MONEY} voided registeredAt version investmentVersion position
            gates {{ gate variant occurredOn definition reason documents {{ title number sha256 }} position }}
            completions {{
              period throughOn measure basis status stated {{ figure unit }} amount {_MONEY} reason
              documents {{ title issuedOn }} position
            }}
            completed {{ basis throughOn yearToDate {{ amount(unit: YI_YUAN, decimals: 1) }} sinceStart {_MONEY} }}
          }}
        }}""",
    "project_by_code": '{ projectByCode(code: "2103-431181-89-01-100019") { name place { code } } }',
    "project_by_code_in_place": """
        { projectByCode(code: "2103-431181-89-01-100019", place: "431181") { name place { code } } }""",
    "project_by_reference": '{ projectByReference(system: " S ", id: "7") { name } }',
    "project_of_nobody": '{ projectByReference(system: "S", id: "8") { name } }',
    "projects_by_name": "{ projects { nodes { name } pageInfo { hasNextPage hasPreviousPage } } }",
    "projects_newest": """
        { projects(orderBy: { field: REGISTERED_AT, direction: DESC }) { nodes { name registeredAt } } }""",
    "projects_by_text_counted": """
        {
          projects(last: 1, orderBy: { field: PROGRESS, direction: ASC }, filter: {
            text: "演示 园", industry: ["C"], listedIn: 2022, level: [COUNTY], paused: false
          }) { totalCount totalCountIsExact nodes { name } }
        }""",
    "projects_of_county_by_old_code": '{ projects(filter: { region: "431121" }) { nodes { name region { code } } } }',
    "projects_of_prefecture": '{ projects(filter: { region: "431100" }) { nodes { name region { code } } } }',
    "projects_filtered": """
        {
          projects(filter: {
            phase: [CONCEPT, OPERATING], stage: ["PLANNING", "PRODUCTION"], category: ["SOCIAL", "PRODUCTIVE"]
          }) { edges { cursor node { name category phase stage { code } } } }
        }""",
    "projects_with_voided": "{ projects(filter: { includeVoided: true }) { nodes { name voided } } }",
    "totals": f"""
        {{ investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: {{ region: "431121" }}) {{
            basis on positions {{ region position }}
            rows {{
              year month through projects completed {_MONEY} yearToDate {{ amount(unit: WAN_YUAN) }}
              rate timeProgress ahead(decimals: 1) plan {{ operator stated {{ figure unit }} amount {_MONEY} }}
            }} }} }}""",
    "totals_by_region": f"""
        {{ investmentTotals(basis: DISPATCH, on: "2022-04-30", groupBy: [REGION], filter: {{ region: "431100" }}) {{
            rows {_GROUPS} }} }}""",
    "totals_by_category": f"""
        {{ investmentTotals(basis: DISPATCH, on: "2022-04-30", groupBy: [CATEGORY], filter: {{ region: "431181" }}) {{
            rows {_GROUPS} }} }}""",
    "totals_by_month": f"""
        {{ investmentTotals(basis: DISPATCH, on: "2022-04-15", groupBy: [MONTH], filter: {{ region: "431181" }}) {{
            rows {_GROUPS} }} }}""",
    "totals_by_year": f"""
        {{ investmentTotals(basis: DISPATCH, on: "2023-01-31", groupBy: [YEAR], filter: {{ region: "431181" }}) {{
            rows {_GROUPS} }} }}""",
    "totals_by_year_and_month": f"""
        {{ investmentTotals(
            basis: DISPATCH, on: "2022-02-28", groupBy: [YEAR, MONTH], filter: {{ region: "430000" }}
          ) {{
            rows {_GROUPS} }} }}""",
    "totals_by_park_and_category": f"""
        {{ investmentTotals(
            basis: DISPATCH, on: "2022-04-30", groupBy: [PARK, CATEGORY], filter: {{ region: "431100" }}
          ) {{
            rows {{ park category projects yearToDate {_MONEY} share within: share(within: [PARK], decimals: 0) }}
        }} }}""",
    "totals_by_class_and_section": f"""
        {{
          investmentTotals(
            basis: DISPATCH, on: "2022-04-30", groupBy: [PLAN_CLASS, INDUSTRY_SECTION, SIZE_BAND], total: APPROVED
            filter: {{ list: {{ owner: "431121", year: 2022 }} }}
          ) {{
            rows {{ planClass industrySection sizeBand projects yearToDate {_MONEY} }} }}
        }}""",
    "totals_with_growth_and_share_of_indicator": f"""
        {{
          investmentTotals(basis: DISPATCH, on: "2022-03-31", groupBy: [YEAR], filter: {{ region: "431181" }}) {{
            rows {{ year yearToDate {_MONEY} growth(decimals: 1) shareOfIndicator(indicator: "FAI", decimals: 1) }}
          }}
        }}""",
    "ledger": f"""
        {{
          ledger(basis: DISPATCH, on: "2022-04-30", first: 2, filter: {{ region: "431181", priority: true,
            priorityOn: "2022-04-30" }}) {{
            nodes {{
              project {{ name priority(on: "2022-04-30") approvedOn startedInYearSigned operatingInYearApproved }}
              progress {{
                throughOn yearToDate {_MONEY} sinceStart {_MONEY} planned {_MONEY} total {_MONEY} rateOfPlan rateOfTotal
                physical {{ percent description }} note {{ occurredOn text }}
              }}
              nextMilestones(first: 3) {{ milestone dueOn limitOn }}
              overdue
            }}
            pageInfo {{ hasNextPage }}
          }}
        }}""",
    "fund_totals_by_source_and_track": f"""
        {{ fundTotals(on: "2022-04-30", groupBy: [SOURCE, TRACK], filter: {{ region: "431181" }}) {{
            rows {{ source track {_FUNDS} }} }} }}""",
    "counts_by_class": """
        {
          projectCounts(groupBy: [PLAN_CLASS], filter: { list: { owner: "431181", year: 2022 } }) {
            keys { group value } projects
          }
        }""",
    "project_funds": f"""
        {{
          project(id: "{PARK}") {{
            funds {{ source stage year throughOn yearToDate {_MONEY} sinceStart {_MONEY} }}
            fundPlans {{
              source year stated {{ figure unit }} amount {_MONEY} reason documents {{ title number }} position
            }}
            fundAllotments {{
              source occurredOn stated {{ figure unit }} amount {_MONEY} reason document {{ title number }} position
            }}
            fundReports {{
              kind source period throughOn measure stated {{ figure unit }} amount {_MONEY} reason
              documents {{ title }} position
            }}
            physicalProgress {{
              period throughOn percent description quantities {{ item figure unit }} reason
              documents {{ title }} position
            }}
          }}
        }}""",
    "fund_totals": f"""
        {{ fundTotals(on: "2022-04-30", filter: {{ region: "431121" }}) {{
            on positions {{ region position }}
            rows {{ source region {{ code }} category {_FUNDS} }} }} }}""",
    "fund_totals_by_source": f"""
        {{ fundTotals(on: "2022-04-30", groupBy: [SOURCE], filter: {{ region: "431100" }}) {{
            rows {{ source {_FUNDS} }} }} }}""",
    "fund_totals_by_region_and_category": f"""
        {{ fundTotals(on: "2022-03-31", groupBy: [REGION, CATEGORY]) {{
            rows {{ region {{ code name }} category {_FUNDS} }} }} }}""",
    "warnings": """
        {
          warnings(on: "2022-05-10", first: 6) {
            nodes {
              project { name } kind severity since days
              detail {
                gates milestones conditions count dueOn countedFrom behind recoveryPlan
                planned { amount(unit: YI_YUAN) } completed { amount(unit: YI_YUAN) }
              }
            }
          }
        }""",
    "warnings_of_a_kind": """
        {
          warnings(on: "2022-05-10", kinds: [GATE_OVERDUE], severity: ALARM, filter: { region: "431121" }) {
            nodes { project { name } severity since detail { gates dueOn } }
          }
        }""",
    "warning_counts": '{ warningCounts(on: "2022-05-10") { kind severity projects } }',
    "projects_with_a_warning": """
        { projects(filter: { warning: [DOCUMENT_MISSING], warningOn: "2022-05-10" }) { nodes { name } } }""",
    "project_schedule": f"""
        {{
          project(id: "{PARK}") {{
            scheduleVersion
            milestones {{ ...M }}
            nextMilestones {{ ...M note }}
            baselines {{
              number completionOn milestones {{ milestone plannedOn }} setOn reason reasonCode approver
              documents {{ title number }} position
            }}
            startConditions {{ condition met occurredOn note documents {{ title }} position }}
            progressNotes {{ occurredOn text documents {{ title }} position }}
          }}
        }}
        fragment M on ProjectMilestone {{
          milestone firstPlannedOn plannedOn forecastOn dueOn reachedOn slippageDays reasonCode position
        }}""",
    "plan_entries": f"""
        {{ project(id: "{PARK}") {{ name planEntries {{
            listOwner {{ code name }} level year listedOn planClass completesThisYear stated {{ figure unit }}
            planned {_MONEY} imageTarget plannedStart plannedCompletion reason source {{ title number }} position
          }} }} }}""",
    "projects_on_a_list": """
        {
          projects(filter: { list: { owner: "431121", year: 2022 }, planClass: [CONTINUING, PREPARATORY] }) {
            nodes { name }
          }
        }""",
    "totals_of_a_list": f"""
        {{
          investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: {{ list: {{ owner: "430000", year: 2022 }} }}) {{
            rows {_GROUPS}
          }}
        }}""",
    "key_lists": f"""
        {{
          keyLists(region: "431100", year: 2022, basis: DISPATCH, on: "2022-04-30") {{
            basis through additive timeProgress positions {{ region position }}
            rows {{
              owner {{ code name }} level year projects newStarts continuing preparatory completing planned {_MONEY}
              unplanned yearToDate {{ amount(unit: YI_YUAN) }} reported rate targetRate(decimals: 1)
              investmentTarget {{ operator stated {{ figure unit }} amount {_MONEY} }}
              countTarget {{ operator stated {{ figure unit }} }}
            }}
          }}
        }}""",
    "plan_variance_over": f"""
        {{
          planVariance(basis: DISPATCH, direction: OVER, on: "2022-04-30", points: 5) {{
            nodes {_VARIANCE}
          }}
        }}""",
    "plan_variance_behind": f"""
        {{
          planVariance(
            basis: DISPATCH, direction: BEHIND, on: "2022-04-30", filter: {{ list: {{ owner: "430000", year: 2022 }} }}
          ) {{
            nodes {_VARIANCE} pageInfo {{ hasNextPage }}
          }}
        }}""",
    "audit_trail": f"""
        {{
          auditTrail(project: "{PARK}", first: 4) {{
            nodes {{
              position region name streamKind version occurredOn recordedAt actor principal cause commandId
              changes {{ path before after }} documents {{ title number issuer issuedOn sha256 }} sentenceZh sentenceEn
            }}
          }}
        }}""",
    "place_trail": """
        {
          placeTrail(region: "431181", first: 3, streams: ["place", "plan"]) {
            nodes { position project streamKind changes { path } sentenceZh sentenceEn }
          }
        }""",
    "places": """
        {
          places {
            region { code name } name purpose currency startBasis categories { code zh en }
            configurationFrom { code } position
            targets { year measure category operator stated { figure unit } reason position }
          }
        }""",
}


@pytest.mark.parametrize("name", QUESTIONS)
async def test_each_question_takes_one_statement(told: Api, snapshot: Callable[[str, str], None], name: str) -> None:
    data = await told.query(QUESTIONS[name])
    assert len(told.took) == 1
    snapshot(name, written(QUESTIONS[name], data, told.took))


_PAGE = """
    query ($after: String, $order: ProjectOrder!) {
      projects(first: 2, after: $after, orderBy: $order, filter: { includeVoided: true }) {
        nodes { name } edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("name", {"field": "NAME", "direction": "ASC"}),
        ("newest", {"field": "REGISTERED_AT", "direction": "DESC"}),
        ("largest", {"field": "APPROVED_TOTAL", "direction": "DESC"}),
    ],
)
async def test_pages_hold_every_project_once_in_order(
    told: Api, snapshot: Callable[[str, str], None], name: str, order: dict[str, str]
) -> None:
    whole = await told.query(
        "query ($o: ProjectOrder!) { projects(orderBy: $o, filter: { includeVoided: true }) { nodes { name } } }",
        o=order,
    )
    found, after, pages = [], None, []
    while True:
        page = (await told.query(_PAGE, after=after, order=order))["projects"]
        assert len(told.took) == 1
        pages.append(page)
        found += page["nodes"]
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["startCursor"] == page["edges"][0]["cursor"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == whole["projects"]["nodes"]
    assert [len(page["nodes"]) for page in pages] == [2, 2, 1]
    snapshot(f"pages_{name}", written(_PAGE, pages, told.took))


async def test_the_audit_trail_goes_on_behind_a_cursor(told: Api) -> None:
    ask = """
        query ($p: ID!, $f: Int, $a: String) {
          auditTrail(project: $p, first: $f, after: $a) { nodes { position } pageInfo { endCursor } }
        }"""
    whole = (await told.query(ask, p=PARK, f=200))["auditTrail"]["nodes"]
    first = (await told.query(ask, p=PARK, f=3))["auditTrail"]
    rest = (await told.query(ask, p=PARK, f=200, a=first["pageInfo"]["endCursor"]))["auditTrail"]
    assert first["nodes"] + rest["nodes"] == whole


async def test_nothing_in_the_ledger_is_answered_with_nothing(api: Api) -> None:
    data = await api.query("""
        {
          projects { nodes { name } pageInfo { hasNextPage startCursor endCursor } }
          places { name }
          investmentTotals(basis: DISPATCH, on: "2022-04-30") {
            rows { projects completed { amount currency } plan { operator } rate } positions { region }
          }
        }""")
    assert data["projects"] == {"nodes": [], "pageInfo": {"hasNextPage": False, "startCursor": None, "endCursor": None}}
    assert data["places"] == []
    assert data["investmentTotals"] == {
        "rows": [{"projects": 0, "completed": {"amount": "0", "currency": "CNY"}, "plan": None, "rate": None}],
        "positions": [],
    }
