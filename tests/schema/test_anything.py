"""Whatever a client writes: never a fault of ours, and nothing stored that was not accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schema.values import encode_id
from tests.conftest import copy
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.schema.asking import text_of
from tests.schema.conftest import api_on
from tests.schema.test_mutations import send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

TEXT = st.one_of(
    st.text(max_size=30),
    st.text(alphabet=st.characters(codec=None), max_size=10),
    st.sampled_from(["431181", "990001", "2022-03", "PRODUCTIVE", "53.93", "-0", "\x00", "\ud83c", "", "a" * 5000]),
    st.integers().map(str),
    st.floats().map(str),
)
NUMBER = st.one_of(st.integers(-3, 300), st.integers(), st.floats())
PROJECT = encode_id("Project", QIYANG, PROJECT_ID)
UNIT = st.sampled_from(["YI_YUAN", "WAN_YUAN", "POUND", "COUNT", "PERCENT"])
PERIOD = st.one_of(TEXT, st.sampled_from(["2022-01", "2022-02-T1", "2022-01/2022-02", "2030-01"]))


@pytest.fixture(scope="module")
async def ledger(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API with the examples' project in it."""
    async with copy(cluster, tables) as dsn, api_on(dsn) as ready:
        await send(ready, OPEN_PLACE)
        await send(ready, REGISTER, REGISTER_ID)
        yield ready


anything = settings(
    max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def _ask(api: Api, text: str, variables: dict[str, Any]) -> Any:
    """Return the answer, none of whose errors is a fault of ours; what was not accepted stored nothing."""
    before = await api.positions()
    answer = await api.ask(text, **variables)
    for error in answer.errors or ():
        assert (error.extensions or {}).get("code") not in {None, "INTERNAL"}, (variables, error)
    payload = (answer.data or {}).get("answer")
    if payload is None or payload["userErrors"]:
        assert await api.positions() == before
    else:
        assert payload["settled"]
    return answer


@anything
@given(identity=st.fixed_dictionaries(
    {"name": TEXT, "region": st.one_of(st.just("431181"), TEXT), "category": TEXT, "track": st.just("PROMOTED")},
    optional={
        "aliases": st.lists(TEXT, max_size=3), "content": TEXT, "industry": TEXT, "codes": st.lists(TEXT, max_size=2),
        "owner": st.fixed_dictionaries({"name": TEXT}, optional={"creditCode": TEXT}),
        "plannedStart": st.one_of(TEXT, st.dates().map(str)), "township": st.one_of(st.none(), TEXT),
    },
), place=st.one_of(st.just("431181"), TEXT), version=st.one_of(st.none(), NUMBER))  # fmt: skip
async def test_a_registration_of_anything(ledger: Api, identity: dict[str, Any], place: str, version: object) -> None:
    sent = {"commandId": str(uuid4()), "place": place, "identity": identity, "expectedVersion": version}
    await _ask(ledger, text_of("RegisterProject"), {"input": sent})


@anything
@given(
    projectId=st.one_of(st.just(PROJECT), TEXT),
    through=PERIOD,
    stated=st.fixed_dictionaries({"figure": TEXT, "unit": UNIT}),
    reason=st.one_of(st.none(), TEXT),
)
async def test_a_report_of_anything(ledger: Api, **asked: Any) -> None:
    known = {"commandId": str(uuid4()), "measure": "MONTH", "basis": "PAID", "status": "FINAL"}
    await _ask(ledger, text_of("ReportCompletion"), {"input": known | asked})


@anything
@given(
    listOwner=st.one_of(st.just("431181"), TEXT),
    year=st.one_of(st.just(2022), NUMBER),
    entries=st.lists(
        st.fixed_dictionaries(
            {"projectId": st.one_of(st.just(PROJECT), TEXT), "planClass": st.just("CONTINUING")},
            optional={
                "completesThisYear": st.booleans(),
                "plannedInvestment": st.fixed_dictionaries({"figure": TEXT, "unit": UNIT}),
                "imageTarget": TEXT,
                "plannedStart": st.dates().map(str),
                "plannedCompletion": st.dates().map(str),
            },
        ).map({"completesThisYear": False}.__or__),
        max_size=3,
    ),
    reason=st.one_of(st.none(), TEXT),
)
async def test_a_plan_of_anything(ledger: Api, **asked: Any) -> None:
    known = {"commandId": str(uuid4()), "place": "431181", "source": {"title": "年度计划(演示)"}}
    await _ask(ledger, text_of("IncludeInAnnualPlan"), {"input": known | asked})


QUERY = """
    query (
      $id: ID!, $code: String!, $after: String, $first: Int, $region: String, $category: [String!], $on: Date, $n: Int!
    ) {
      project(id: $id) { name }
      projectByCode(code: $code, place: $region) { name }
      projectByReference(system: $code, id: $code) { name }
      projects(first: $first, after: $after, filter: { region: $region, category: $category }) { nodes { name } }
      investmentTotals(basis: PAID, on: $on, filter: { region: $region, category: $category }) {
        rows {
          rate(decimals: $n) completed { amount(decimals: $n) } share(decimals: $n) growth
          shareOfIndicator(indicator: $code, decimals: $n)
        }
      }
      ledger(basis: PAID, on: $on, first: $first, after: $after, filter: { region: $region, category: $category }) {
        nodes { progress { rateOfPlan(decimals: $n) } nextMilestones(first: $n) { milestone } }
      }
      priorityLimits(region: $code) { days }
      keyLists(region: $code, year: $n, basis: PAID, on: $on) { rows { rate(decimals: $n) } }
      planVariance(
        basis: PAID, direction: BEHIND, on: $on, points: $n, first: $first, after: $after,
        filter: { list: { owner: $code, year: $n }, category: $category }
      ) { nodes { ahead(decimals: $n) } }
      auditTrail(project: $id, first: $first, after: $after) { nodes { name } }
      ceremonies(region: $region, year: $n, first: $first, after: $after) { nodes { name } }
      batchCounts(region: $region, on: $on) { whole { memberships } }
      indicators(region: $region, code: $code, first: $first, after: $after) { nodes { code } }
    }"""


@anything
@given(
    id=st.one_of(st.just(PROJECT), TEXT),
    code=TEXT,
    after=st.one_of(st.none(), TEXT),
    first=st.one_of(st.none(), NUMBER),
    region=st.one_of(st.none(), st.just("431100"), TEXT),
    category=st.one_of(st.none(), st.lists(TEXT, max_size=3)),
    on=st.one_of(st.none(), st.dates().map(str), TEXT),
    n=NUMBER,
)
async def test_a_question_about_anything(ledger: Api, **asked: Any) -> None:
    await _ask(ledger, QUERY, asked)
