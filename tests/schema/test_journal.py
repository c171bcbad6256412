"""The journal as those who watch over the ledgers read it: newest first, in pages, each in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import copy
from tests.schema.conftest import api_on, written

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

SECOND_US = 1_000_000
BEGIN_US = 1_667_260_800 * SECOND_US  # 2022-11-01T00:00:00Z
ATTEMPT = "at until caller principal address operation code detail count"
READ = "at until caller principal operation fields regions count"
QUESTIONS = {
    "failed_attempts": f"{{ failedAttempts(first: 2) {{ nodes {{ {ATTEMPT} }} pageInfo {{ hasNextPage }} }} }}",
    "failed_attempts_filtered": """
        {
          failedAttempts(filter: {
            since: "2022-11-01T08:00:01+08:00", until: "2022-11-01T08:00:05+08:00", caller: "oidc:a", code: "FORBIDDEN"
          }) { nodes { at code } }
        }""",
    "key_uses": "{ keyUses(first: 2) { nodes { keyId lastUsedAt address } pageInfo { hasNextPage } } }",
    "personal_reads": f"{{ personalReads {{ nodes {{ {READ} }} pageInfo {{ hasNextPage }} }} }}",
}


@pytest.fixture(scope="module")
async def noted(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over six attempts, two of them of one instant, and a read."""
    async with copy(cluster, tables) as dsn, api_on(dsn) as api:
        await api.services.journal._pool.execute(
            """
            INSERT INTO failed_attempt (at_us, id, until_us, caller, address, operation, code, detail, count)
            SELECT $1::bigint + least(n, 4) * 1000000,
              format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid,
              $1 + 5000000, CASE WHEN n % 2 = 0 THEN 'oidc:a' END, '192.0.2.7', 'projectVoid',
              CASE WHEN n = 2 THEN 'BAD_TOKEN' ELSE 'FORBIDDEN' END, n::text, n
            FROM generate_series(0, 5) n""",
            BEGIN_US,
        )
        await api.services.journal._pool.execute(
            """
            INSERT INTO personal_read (at_us, id, until_us, caller, principal, operation, fields, regions, count)
            VALUES ($1, '00000000-0000-4000-8000-000000000001', $1, 'oidc:a', 'oidc:b', 'roster',
              '{Post.contact,Post.holder}', '{431181}', 3)""",
            BEGIN_US,
        )
        await api.services.journal._pool.execute(
            """
            INSERT INTO key_use (key_id, last_used_us, address)
            SELECT lpad(n::text, 16, '0'), $1::bigint + n, '192.0.2.7' FROM generate_series(1, 3) n""",
            BEGIN_US,
        )
        yield api


@pytest.mark.parametrize("name", QUESTIONS)
async def test_a_question_is_answered_by_one_statement(
    noted: Api, snapshot: Callable[[str, str], None], name: str
) -> None:
    answer = await noted.query(QUESTIONS[name])
    snapshot(name, written(QUESTIONS[name], answer, noted.took))
    assert len(noted.took) == 1


async def test_pages_have_each_row_once_also_those_of_one_instant(noted: Api) -> None:
    question = """
        query ($after: String) {
          failedAttempts(first: 1, after: $after) { nodes { detail } pageInfo { endCursor hasNextPage } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await noted.query(question, after=after))["failedAttempts"]
        seen += [one["detail"] for one in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert seen == ["5", "4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("filter_", "found"),
    [
        ({}, 6),
        ({"caller": "oidc:a"}, 3),
        ({"caller": "oidc:b"}, 0),
        ({"code": "BAD_TOKEN"}, 1),
        ({"since": "2022-11-01T00:00:04Z"}, 2),
        ({"until": "2022-11-01T00:00:04Z"}, 4),
        ({"since": "0001-01-01T00:00:00+08:00", "until": "9999-12-31T23:59:59-08:00"}, 6),
    ],
)
async def test_a_filter_leaves_what_it_says(noted: Api, filter_: dict[str, Any], found: int) -> None:
    question = "query ($filter: FailedAttemptFilter) { failedAttempts(filter: $filter) { nodes { __typename } } }"
    assert len((await noted.query(question, filter=filter_))["failedAttempts"]["nodes"]) == found


async def test_a_cursor_of_another_question_is_refused(noted: Api) -> None:
    page = await noted.query("{ failedAttempts(first: 1) { pageInfo { endCursor } } }")
    cursor = page["failedAttempts"]["pageInfo"]["endCursor"]
    question = "query ($after: String) { answer: %s { nodes { count } } }"
    for field in ("personalReads(after: $after)", 'failedAttempts(after: $after, filter: { code: "X" })'):
        assert (await noted.refused(question % field, after=cursor))["code"] == "INVALID_VALUE"


async def test_a_text_that_the_database_can_not_hold_is_refused(noted: Api) -> None:
    question = "query ($caller: String) { failedAttempts(filter: { caller: $caller }) { nodes { count } } }"
    assert (await noted.refused(question, caller="a\x00"))["code"] == "BAD_CHARACTER"
