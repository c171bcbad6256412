"""Orders of the list of projects: total, either way, what has no value last, and pages of them right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema.project_order import ProjectOrderField
from service.database import owner
from service.domain import place
from service.domain.roles import Grant, Role
from service.domain.values import Name, Region
from tests.schema.conftest import shared
from tests.schema.test_totals import tell

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

LEDGERS = (Region("431103"), Region("431181"))
EACH = 20
SHOWN = {
    "NAME": "name",
    "REGISTERED_AT": "registeredAt",
    "UPDATED_AT": "updatedAt",
    "CONTRACTED_TOTAL": "contractedTotal { amount }",
    "APPROVED_TOTAL": "approvedTotal { amount }",
    "STATISTICAL_TOTAL": "statisticalTotal { amount }",
    "PLANNED_START": "plannedStart",
    "PLANNED_COMPLETION": "plannedCompletion",
    "STARTED_ON": "startedOn",
    "PROGRESS": "physicalProgress { percent }",
}
ALWAYS = {"NAME", "REGISTERED_AT", "UPDATED_AT"}
PAGE = """
    query ($order: ProjectOrder!, $first: Int, $after: String, $last: Int, $before: String) {
      projects(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
        nodes { id place { code } value: SHOWN } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }"""


@pytest.fixture(scope="module")
async def ledgers(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give two ledgers whose projects have few values of each kind, so many are equal, and every third has none."""

    async def story(api: Api) -> None:
        for region in LEDGERS:
            await tell(api, region, place.OpenPlace(region=region, name=Name("区"), purpose=place.Purpose.DEMO))
        async with owner(api.dsn) as connection:
            await connection.execute(
                """
                INSERT INTO project_status (region, project_id, name, location, category, track, phase, stage, stage_zh,
                  stage_en, handling, activity, aliases, sites, investors, related, parts, codes, refs, voided,
                  contracted_fen, approved_fen, statistical_fen, planned_start, planned_completion, started_on,
                  registered_us, version, position, recorded_from, recorded_to)
                SELECT r, md5(r || i)::uuid, 'P' || i % 7, r, 'SOCIAL', 'PROMOTED', 'CONCEPT', 'PLANNING', '谋划',
                  'planning', 'RESERVED', 'ACTIVE', '[]', '[]', '[]', '[]', '[]', '[]', '[]', false,
                  nullif(i % 3, 0) * 100, nullif(i % 3, 1) * 100, nullif(i % 3, 2) * 100,
                  '2022-01-01'::date + nullif(i % 3, 0), '2023-01-01'::date + nullif(i % 3, 1),
                  '2022-06-01'::date + nullif(i % 3, 2), 1 + i % 4, 1, i, 1 + i % 5, 9223372036854775807
                FROM unnest($1::text[]) r, generate_series(1, $2::integer) i""",
                LEDGERS,
                EACH,
            )
            await connection.execute(
                """
                INSERT INTO physical_progress (region, project_id, period, through_on, percent, quantities, documents,
                  position, recorded_from, recorded_to)
                SELECT p.region, p.project_id, t, (t || '-28')::date, CASE t WHEN '2022-04' THEN p.position % 4 ELSE 99
                  END, '[]', '[]', 1, 1, p.recorded_to
                FROM project_status p, unnest('{2022-03,2022-04}'::text[]) t WHERE p.position % 3 > 0"""
            )

    async with shared(cluster, tables, story) as ready:
        yield ready


def _value(field: str, value: Any) -> Any:
    """Return a value that compares as the order does; None where there is none."""
    if field == "PROGRESS":
        return float(value[-1]["percent"]) if value else None
    return float(value["amount"]) if isinstance(value, dict) else value


async def _walked(api: Api, text: str, order: dict[str, str], size: int, way: tuple[str, ...]) -> list[Any]:
    count, behind, cursor, more = way
    found: list[Any] = []
    said: dict[str, str] = {}
    for _ in range(EACH * len(LEDGERS)):
        page = (await api.query(text, order=order, **{count: size}, **said))["projects"]
        assert len(api.took) == 1
        found = found + page["nodes"] if count == "first" else page["nodes"] + found
        said = {behind: page["pageInfo"][cursor]}
        if not page["pageInfo"][more]:
            break
    return found


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", [one.name for one in ProjectOrderField])
async def test_pages_of_every_order_hold_what_one_page_does(ledgers: Api, field: str, direction: str) -> None:
    text = PAGE.replace("SHOWN", SHOWN[field])
    order = {"field": field, "direction": direction}
    whole = (await ledgers.query(text, order=order, first=200))["projects"]["nodes"]
    assert len({one["id"] for one in whole}) == EACH * len(LEDGERS)
    values = [_value(field, one["value"]) for one in whole]
    there = [one for one in values if one is not None]
    assert values == there + [None] * (len(values) - len(there))
    assert there == sorted(there, reverse=direction == "DESC")
    assert len(set(there)) > 1
    assert (len(there) < len(values)) is (field not in ALWAYS)
    # Equal ones are by ledger, the same way.
    places = [(str(value), one["place"]["code"]) for value, one in zip(values, whole, strict=True)]
    for value in {str(one) for one in values}:
        codes = [code for of, code in places if of == value]
        assert codes == sorted(codes, reverse=direction == "DESC")
    for size in (1, 3, 7):
        assert await _walked(ledgers, text, order, size, ("first", "after", "endCursor", "hasNextPage")) == whole
        assert await _walked(ledgers, text, order, size, ("last", "before", "startCursor", "hasPreviousPage")) == whole


async def test_a_cursor_is_of_one_order(ledgers: Api) -> None:
    text = PAGE.replace("SHOWN", "name")
    order = {"field": "PLANNED_START", "direction": "ASC"}
    cursor = (await ledgers.query(text, order=order, first=1))["projects"]["pageInfo"]["endCursor"]
    for other in ({"field": "PLANNED_START", "direction": "DESC"}, {"field": "STARTED_ON", "direction": "ASC"}):
        error = await ledgers.refused(text, order=other, first=1, after=cursor)
        assert (error["code"], error["path"]) == ("INVALID_VALUE", ["after"])


async def test_an_order_tells_nothing_of_what_its_caller_may_not_see(ledgers: Api) -> None:
    text = PAGE.replace("SHOWN", "name")
    order = {"field": "CONTRACTED_TOTAL", "direction": "DESC"}
    seen = (await ledgers.query(text, order=order, first=200))["projects"]["nodes"]
    masked = ledgers.by(Grant.over(Role.DEPARTMENT, "430000"))
    nodes = (await masked.query(text, order=order, first=200))["projects"]["nodes"]
    assert {one["id"] for one in nodes} == {one["id"] for one in seen}
    assert nodes != seen
    # As if none had a contract: by ledger and id alone.
    assert [one["place"]["code"] for one in nodes] == ["431181"] * EACH + ["431103"] * EACH
    before = (await masked.query(text, order=order, first=EACH))["projects"]
    rest = await masked.query(text, order=order, first=200, after=before["pageInfo"]["endCursor"])
    assert before["nodes"] + rest["projects"]["nodes"] == nodes
