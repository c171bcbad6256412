"""How the database goes about it: by index, one ledger after the other, on 16 as on 18."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.database import owner
from service.domain import place
from service.domain.values import Name, Region
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

REGIONS = ("431102", "431103", "431122", "431123", "431181")
QUESTIONS = {
    "projects": "{ projects(first: 20) { nodes { name stage { code } } } }",
    "projects of a county": '{ projects(first: 20, filter: { region: "431181" }) { nodes { name } } }',
    "code": '{ projectByCode(code: "2103-431181-89-01-100019") { name } }',
    "reference": '{ projectByReference(system: "S", id: "7") { name } }',
    "funds": '{ fundTotals(on: "2022-04-30", groupBy: [SOURCE], filter: { region: "431181" }) { on } }',
    "projects on a list": '{ projects(filter: { list: { owner: "431181", year: 2022 } }) { nodes { name } } }',
    "key lists": '{ keyLists(region: "431181", year: 2022, basis: DISPATCH, on: "2022-04-30") { basis } }',
    "off the plan": """
        {
          planVariance(
            basis: DISPATCH, direction: BEHIND, on: "2022-04-30", filter: { list: { owner: "431100", year: 2022 } }
          ) { nodes { project { name } } }
        }""",
    "ledger": """
        {
          ledger(basis: DISPATCH, on: "2022-04-30", first: 20) {
            nodes { progress { yearToDate { amount } rateOfPlan physical { percent } note { text } } overdue
              nextMilestones(first: 3) { milestone limitOn } }
          }
        }""",
    "priority": """
        { projects(filter: { priority: true, priorityOn: "2022-04-30", region: "431181" }) { nodes { name } } }""",
    "classes of a list": """
        {
          investmentTotals(
            basis: DISPATCH, on: "2022-04-30", groupBy: [PLAN_CLASS, PARK]
            filter: { region: "431181", list: { owner: "431181", year: 2022 } }
          ) { rows { growth shareOfIndicator(indicator: "FAI") } }
        }""",
    "text": '{ projects(filter: { text: "P00012" }) { nodes { name } } }',
    "text counted": '{ projects(first: 1, filter: { text: "p 012" }) { totalCount nodes { name } } }',
    "totals": '{ investmentTotals(basis: DISPATCH, on: "2022-04-30", filter: { region: "431181" }) { on } }',
}


@pytest.fixture
async def full(api: Api) -> Api:
    """Give the API over ledgers of 3,000 projects each, written straight into the tables."""
    for region in map(Region, REGIONS):
        await tell(api, region, place.OpenPlace(region=region, name=Name("区"), purpose=place.Purpose.DEMO))
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh,
              stage_en, handling, activity, aliases, search_text, sites, investors, related, parts, codes, refs, voided,
              registered_us, version, position, recorded_from, recorded_to)
            SELECT r, md5(r || i)::uuid, 'P' || lpad(i::text, 5, '0'), r, 'SOCIAL', 'PROMOTED', 'CONCEPT', 'PLANNING',
              '谋划', 'planning', 'RESERVED', 'ACTIVE', '[]', 'p' || lpad(i::text, 5, '0'), '[]',
              '[]', '[]', '[]', '[]', '[]', false, i, 1, i, 1, 9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 3000) i""",
            REGIONS,
        )
        await connection.execute(
            """
            INSERT INTO project_key (region, kind, value, project_id, recorded_from, recorded_to)
            SELECT p.region, k, k || p.name, p.project_id, 1, p.recorded_to
            FROM project_status p, unnest('{project_code,reference}'::text[]) k""",
        )
        await connection.execute(
            """
            INSERT INTO investment_total (region, project_id, basis, through_on, year, year_to_date_fen,
              since_start_fen, recorded_from, recorded_to)
            SELECT p.region, p.project_id, 'DISPATCH', ('2022-0' || m || '-28')::date, 2022, m, m, 1, p.recorded_to
            FROM project_status p, generate_series(1, 4) m""",
        )
        await connection.execute(
            """
            INSERT INTO fund_total (region, project_id, source, kind, through_on, year, year_to_date_fen,
              since_start_fen, recorded_from, recorded_to)
            SELECT p.region, p.project_id, 'SELF_RAISED', k, ('2022-0' || m || '-28')::date, 2022, m, m, 1,
              p.recorded_to
            FROM project_status p, unnest('{ARRIVED,PAID}'::text[]) k, generate_series(1, 2) m""",
        )
        await connection.execute(
            """
            INSERT INTO plan_entry (region, project_id, list_owner, year, plan_class, completes_this_year, planned_fen,
              source, listed_on, position, recorded_from, recorded_to)
            SELECT p.region, p.project_id, o, y, 'CONTINUING', false, 99, '{}', '2018-01-01', 1, 1, p.recorded_to
            FROM project_status p, unnest(ARRAY[p.region, '431100']) o, generate_series(2018, 2022) y
            WHERE p.registered_us <= 100""",
        )
        await connection.execute(
            """
            INSERT INTO project_gram (region, project_id, gram, recorded_from, recorded_to)
            SELECT DISTINCT p.region, p.project_id, substr(p.search_text, n, length), 1, p.recorded_to
            FROM project_status p, generate_series(1, 5) n, generate_series(1, 2) length"""
        )
        await connection.execute(
            "ANALYZE project_status, project_gram, project_key, investment_total, fund_total, plan_entry, projected"
        )
    return api


async def test_each_question_reads_by_index_and_a_page_no_more_than_its_rows(full: Api) -> None:
    told = {}
    for name, text in QUESTIONS.items():
        await full.query(text)
        rows = await full.services.reading.fetch(f"EXPLAIN {full.seen[0]}", *full.sent)
        told[name] = "\n".join(row[0] for row in rows)
    for name, plan in told.items():
        assert "Seq Scan on project_status" not in plan, (name, plan)
        assert "Seq Scan on project_key" not in plan, (name, plan)
        assert "Seq Scan on investment_total" not in plan, (name, plan)
        assert "Seq Scan on fund_total" not in plan, (name, plan)
        assert "Seq Scan on plan_entry" not in plan, (name, plan)
    # The order of a ledger's page comes from its index: no ledger is read whole to be sorted.
    for name in ("projects", "ledger"):
        assert "Index Scan using project_status_1" in told[name], told[name]
    # Words are found by their grams, each ledger's by themselves.
    for name in ("text", "text counted"):
        assert "using project_gram_1" in told[name], told[name]
        assert "Seq Scan on project_gram" not in told[name], told[name]
    for name in ("code", "reference"):
        assert "project_key_1" in told[name], told[name]
