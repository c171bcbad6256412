"""How the database goes about ceremonies and indicators: by index, and a page reads no more than its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from schema.values import encode_id
from service.database import owner
from service.domain import place
from service.domain.values import Name, Region
from tests.schema.conftest import shared
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

REGIONS = ("431102", "431103", "431181")


@pytest.fixture(scope="module")
async def full(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over ledgers of 2,000 ceremonies that list 10 of 2,000 projects each, and 2,000 figures."""
    async with shared(cluster, tables, _fill) as ready:
        yield ready


async def _fill(api: Api) -> None:
    for region in map(Region, REGIONS):
        await tell(api, region, place.OpenPlace(region=region, name=Name("区"), purpose=place.Purpose.DEMO))
    async with owner(api.dsn) as connection:
        await connection.execute(
            """
            INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh,
              stage_en, handling, activity, aliases, sites, investors, related, parts, codes, refs, voided,
              registered_us, version, position, recorded_from, recorded_to)
            SELECT r, md5(r || i)::uuid, 'P' || i, r, 'SOCIAL', 'PROMOTED', 'CONCEPT', 'PLANNING',
              '谋划', 'planning', 'RESERVED', 'ACTIVE', '[]', '[]', '[]', '[]', '[]', '[]', '[]', false,
              i, 1, i, 1, 9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 2000) i""",
            REGIONS,
        )
        await connection.execute(
            """
            INSERT INTO ceremony (region, ceremony_id, name, occurred_on, series, documents, withdrawn, version,
              position, recorded_from, recorded_to)
            SELECT r, md5(r || i)::uuid, 'C' || i, '2015-01-01'::date + i, 'JOINT', '[]', false, 1, i, 1,
              9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 2000) i""",
            REGIONS,
        )
        await connection.execute(
            """
            INSERT INTO ceremony_entry (region, ceremony_id, project_id, kind, occurred_on, series, position,
              recorded_from, recorded_to)
            SELECT c.region, c.ceremony_id, md5(c.region || (c.position + n) % 2000 + 1)::uuid, 'START',
              c.occurred_on, c.series, c.position, 1, c.recorded_to
            FROM ceremony c, generate_series(1, 10) n""",
        )
        await connection.execute(
            """
            INSERT INTO ceremony_batch (region, ceremony_id, kind, stated_count, recorded_from, recorded_to)
            SELECT c.region, c.ceremony_id, k, 1, 1, c.recorded_to
            FROM ceremony c, unnest('{SIGNING,START,PRODUCTION}'::text[]) k""",
        )
        await connection.execute(
            """
            INSERT INTO indicator (region, code, measure, first_on, through_on, period, status, figure, unit, source,
              stream_id, position, recorded_from, recorded_to)
            SELECT r, 'FAI', 'MONTH', '2015-01-01'::date + i, '2015-01-01'::date + i, '2015-01', 'FINAL', '1',
              'PERCENT', '{}', md5(r)::uuid, i, 1, 9223372036854775807
            FROM unnest($1::text[]) r, generate_series(1, 2000) i""",
            REGIONS,
        )
        await connection.execute(
            "ANALYZE project_status, ceremony, ceremony_entry, ceremony_batch, indicator, projected"
        )


async def plan_of(api: Api, text: str) -> str:
    """Return how the statement of a question would be gone about."""
    await api.query(text)
    rows = await api.services.reading.fetch(f"EXPLAIN {api.seen[0]}", *api.sent)
    return "\n".join(row[0] for row in rows)


async def test_pages_come_in_the_order_of_an_index(full: Api) -> None:
    for table, text in (
        ("ceremony", "{ ceremonies(first: 20) { nodes { name entries { name } batches { counted } } } }"),
        ("ceremony", '{ ceremonies(first: 20, region: "431181", year: 2016) { nodes { name } } }'),
        ("indicator", "{ indicators(first: 20) { nodes { code } } }"),
    ):
        plan = await plan_of(full, text)
        assert f"{table}_1 on {table}" in plan, plan
        assert "Seq Scan on ceremony" not in plan, plan
        assert "Seq Scan on project_status" not in plan, plan


async def test_a_projects_batches_are_read_by_index(full: Api) -> None:
    first: UUID = await full.services.reading.fetchval("SELECT md5('431181' || 1)::uuid")
    project = encode_id("Project", "431181", first)
    plan = await plan_of(full, f'{{ project(id: "{project}") {{ batches {{ name }} }} }}')
    assert "ceremony_entry_1 on ceremony_entry" in plan, plan
    assert "Seq Scan" not in plan, plan


async def test_counts_of_a_day_and_county_read_its_entries_by_index(full: Api) -> None:
    plan = await plan_of(
        full,
        '{ batchCounts(region: "431181", since: "2016-01-01", on: "2016-01-05") { whole { memberships } } }',
    )
    assert "ceremony_entry_2" in plan, plan
    assert "Seq Scan on project_status" not in plan, plan
