"""How the database goes about warnings: each table by index, ledger by ledger, whatever stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.database import owner
from service.domain import place
from service.domain.values import Name, Region
from service.domain.warnings import SetWarningRules, WarningKind
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from tests.schema.conftest import Api

REGIONS = (
    *("431102", "431103", "431122", "431123", "431124", "431125"),
    *("431126", "431127", "431128", "431129", "431171", "431181"),
)
PROJECTS = 50
TABLES = (
    *("project_gate", "plan_entry", "schedule_milestone", "schedule_baseline", "milestone_reached"),
    *("fund_total", "start_condition", "progress_note", "completion", "investment_total", "physical_progress"),
)
"""All but project_status: every project of a ledger is judged, so how those are read depends on how many there are."""
_GROW = (
    f"""
    INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh, stage_en,
      handling, activity, aliases, sites, investors, related, parts, codes, refs, voided, registered_us, version,
      position, started_on, planned_completion, statistical_fen, recorded_from, recorded_to)
    SELECT r, md5(r || i)::uuid, 'P' || lpad(i::text, 5, '0'), r, 'SOCIAL', 'PROMOTED', 'CONSTRUCTION',
      'CONSTRUCTION', '建设', 'under construction', 'UNDER_CONSTRUCTION', 'ACTIVE', '[]', '[]', '[]', '[]', '[]', '[]',
      '[]', false, i, 1, i, '2021-06-01', '2022-12-31', 1000, 1, 9223372036854775807
    FROM unnest($1::text[]) r, generate_series(1, {PROJECTS}) i""",  # noqa: S608 - a number of its own.
    """
    INSERT INTO project_gate (region, project_id, gate, variant, occurred_on, definition, documents, position,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, g, '', '2021-06-01'::date - n::integer, 1, '[]', 1, 1, p.recorded_to
    FROM project_status p,
      unnest('{STARTED,LANDED,CONTRACT_SIGNED,RESERVED,PLANNED}'::text[]) WITH ORDINALITY x (g, n)
    WHERE p.region = ANY($1)""",
    """
    INSERT INTO plan_entry (region, project_id, list_owner, year, plan_class, completes_this_year, planned_fen, source,
      listed_on, position, recorded_from, recorded_to)
    SELECT p.region, p.project_id, o, y, 'CONTINUING', false, 99, '{}', '2020-01-20', 1, 1, p.recorded_to
    FROM project_status p, unnest(ARRAY[p.region, '431100']) o, generate_series(2020, 2022) y
    WHERE p.region = ANY($1)""",
    """
    INSERT INTO schedule_milestone (region, project_id, milestone, first_planned_on, planned_on, position,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, 'M' || n, '2022-01-01'::date + n * 9, '2022-01-01'::date + n * 9, 1, 1,
      p.recorded_to
    FROM project_status p, generate_series(1, 20) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO schedule_baseline (region, project_id, number, completion_on, milestones, set_on, documents, position,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, n, '2022-12-31', '[]', '2021-01-01', '[]', 1, 1, p.recorded_to
    FROM project_status p, generate_series(1, 3) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO milestone_reached (region, project_id, milestone, variant, reached_on, recorded_from, recorded_to)
    SELECT p.region, p.project_id, 'N' || n, '', '2021-01-01'::date + n * 9, 1, p.recorded_to
    FROM project_status p, generate_series(1, 20) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO start_condition (region, project_id, condition, met, occurred_on, documents, position, recorded_from,
      recorded_to)
    SELECT p.region, p.project_id, c, true, '2021-05-01', '[]', 1, 1, p.recorded_to
    FROM project_status p, unnest('{APPROVED,LAND,ENVIRONMENT,DRAWINGS,FUNDS}'::text[]) c WHERE p.region = ANY($1)""",
    """
    INSERT INTO progress_note (region, project_id, position, occurred_on, text, documents, recorded_from, recorded_to)
    SELECT p.region, p.project_id, n, '2021-06-01'::date + n * 7, 'x', '[]', 1, p.recorded_to
    FROM project_status p, generate_series(1, 40) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO completion (region, project_id, basis, measure, period, through_on, status, amount_fen, figure, unit,
      documents, position, recorded_from, recorded_to)
    SELECT p.region, p.project_id, 'DISPATCH', 'YEAR_TO_DATE', n::text, '2021-01-31'::date + n * 30, 'FINAL', n, '1',
      'YI_YUAN', '[]', n, 1, p.recorded_to
    FROM project_status p, generate_series(1, 15) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO investment_total (region, project_id, basis, through_on, year, year_to_date_fen, since_start_fen,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, 'DISPATCH', '2021-01-31'::date + n * 30,
      extract(year FROM '2021-01-31'::date + n * 30), n, n, 1, p.recorded_to
    FROM project_status p, generate_series(1, 15) n WHERE p.region = ANY($1)""",
    """
    INSERT INTO fund_total (region, project_id, source, kind, through_on, year, year_to_date_fen, since_start_fen,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, s, k, '2022-01-31'::date + n * 28, 2022, 100 + n, n, 1, p.recorded_to
    FROM project_status p, unnest('{SPECIAL_BOND,SELF_RAISED}'::text[]) s, unnest('{ALLOTTED,PAID}'::text[]) k,
      generate_series(0, 2) n
    WHERE p.region = ANY($1)""",
    """
    INSERT INTO physical_progress (region, project_id, period, through_on, percent, quantities, documents, position,
      recorded_from, recorded_to)
    SELECT p.region, p.project_id, n::text, '2021-01-31'::date + n * 30, n::text, '[]', '[]', n, 1, p.recorded_to
    FROM project_status p, generate_series(1, 15) n WHERE p.region = ANY($1)""",
)
_LIST = '{ warnings(on: "2022-04-30", first: 20) { nodes { project { name } kind since detail { gates } } } }'
_QUESTIONS = {
    "all": _LIST,
    "of a county": _LIST.replace("first", 'filter: { region: "431181" }, first'),
    "counts": '{ warningCounts(on: "2022-04-30") { kind severity projects } }',
    "projects": '{ projects(filter: { warning: [SLOW], warningOn: "2022-04-30" }) { nodes { name } } }',
    "project counts": '{ projectCounts(filter: { warning: [SLOW], warningOn: "2022-04-30" }) { projects } }',
    "lights": '{ lightCounts(on: "2022-04-30", byPlace: true) { kind light projects } }',
    "projects by a light": """
        { projects(filter: { light: { kind: PROGRESS, light: [RED], on: "2022-04-30" } }) {
          nodes { name lights(on: "2022-04-30") { worst } } } }""",
    **{kind.value: _LIST.replace("first", f"kinds: [{kind}], first") for kind in WarningKind},
}


@pytest.fixture
async def full(api: Api) -> Api:
    """Give the API over twelve ledgers of 50 projects each that are under construction."""
    for region in map(Region, REGIONS):
        opened = place.OpenPlace(region=region, name=Name("区"), purpose=place.Purpose.DEMO)
        await tell(api, region, opened, SetWarningRules(region=region, progress_days=3))
    async with owner(api.dsn) as connection:
        for statement in _GROW:
            await connection.execute(statement, REGIONS)
        await connection.execute(f"ANALYZE {', '.join(TABLES)}, place_setting, place_status, projected")
    return api


async def test_every_table_is_read_by_index_and_only_that_of_the_ledger(full: Api) -> None:
    for name, text in _QUESTIONS.items():
        await full.query(text)
        rows = await full.services.reading.fetch(f"EXPLAIN {full.seen[0]}", *full.sent)
        plan = "\n".join(row[0] for row in rows)
        for table in TABLES:
            assert f"Seq Scan on {table}" not in plan, (name, table, plan)


async def test_counts_of_many_ledgers_are_those_of_their_lists(full: Api) -> None:
    counts = (await full.query(_QUESTIONS["counts"]))["warningCounts"]
    every = len(REGIONS) * PROJECTS
    assert {(one["kind"], one["severity"]): one["projects"] for one in counts} == {
        ("DOCUMENT_MISSING", "WARNING"): every,
        ("STATISTICS_MISSING", "ALARM"): every,
        ("MILESTONE_OVERDUE", "ALARM"): every,
        ("NO_PROGRESS_THIS_WEEK", "WARNING"): every,
        ("STARTED_UNREADY", "ALARM"): every,
        ("SLOW", "ALARM"): every,
    }
