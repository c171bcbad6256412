"""A page of changes over long ledgers reads the rows that it may show, however deep its cursor is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from schema.values import encode_id
from service.access import Ledgers
from service.database import owner
from service.log.vector import Vector
from tests.examples import QIYANG
from tests.schema.story import LENGSHUITAN, SANDBOX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.schema.conftest import Api

PLACES: Final = (QIYANG, LENGSHUITAN, SANDBOX)
FACTS: Final = 20_000
_SCAN: Final = re.compile(r"Index Scan using \w+ on (audit_\w+) .*actual rows=([0-9.]+) loops=([0-9]+)")
PAGE: Final = """query ($after: String, $filter: ChangeFilter) {
  changes(after: $after, first: 20, filter: $filter) { changes { position sentenceZh changes { path } } cursor } }"""


async def _fill(api: Api) -> None:
    """Store the rows of three long ledgers; each fact of a hundred is about one project."""
    async with owner(api.dsn) as connection:
        for region in PLACES:
            await connection.execute(
                """
                INSERT INTO audit_history (region, position, project_id, stream_kind, stream_id, version, name,
                  occurred_on, happened_on, recorded_us, command_id, actor, changes, documents, sentence_zh,
                  sentence_en, recorded_from, recorded_to)
                SELECT $1, i, md5((i % 100)::text)::uuid, (ARRAY['plan', 'project'])[i % 2 + 1],
                  md5((i % 100)::text)::uuid, i, 'F', $2::date, $2::date, i * 10, md5(i::text)::uuid, 'a', '[]', '[]',
                  's', 's', 1, 9223372036854775807
                FROM generate_series(1, 20000) i""",
                region,
                date(2022, 5, 10),
            )
            await connection.execute(
                """
                INSERT INTO audit_subject (region, project_id, position, recorded_from, recorded_to)
                SELECT a.region, a.project_id, a.position, 1, a.recorded_to FROM audit_history a WHERE a.region = $1""",
                region,
            )
            await connection.execute(
                "INSERT INTO projected (region, position, recorded_us) VALUES ($1, $2, 1)", region, FACTS
            )
    api.services.runner.ledgers = Ledgers(PLACES)  # Rows alone are no log.


async def _read(api: Api, **asked: Any) -> Mapping[str, int]:
    """Return how many rows of each table a page reads."""
    found = (await api.query(PAGE, **asked))["changes"]
    assert len(found["changes"]) == 20
    explain = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) {api.seen[0]}"
    plan = "\n".join(row[0] for row in await api.services.reading.fetch(explain, *api.sent))
    assert "Seq Scan on audit" not in plan, plan
    read: Counter[str] = Counter()
    for table, rows, loops in _SCAN.findall(plan):
        read[table] += round(float(rows) * int(loops))
    return read


async def test_a_page_reads_by_index_no_more_than_each_ledgers_first_rows(api: Api) -> None:
    await _fill(api)
    deep = str(Vector(dict.fromkeys(PLACES, 15_000)))
    project = encode_id("Project", QIYANG, UUID(hex="8f14e45fceea167a5a36dedd4bea2543"))  # The MD5 of 7.
    # As autovacuum does soon.
    async with owner(api.dsn) as connection:
        await connection.execute("ANALYZE audit_history, audit_subject, projected")
    # Twenty-one of each of three ledgers, the twenty that are shown again with all columns, and the facts that the
    # two cursors stand behind in each ledger.
    assert await _read(api, after=deep) == {"audit_history": 3 * 21 + 20 + 3 * 2}
    # Half of the facts are of the stream; the scan goes by the index that begins with it, or throws half away.
    assert await _read(api, after=deep, filter={"streams": ["plan"]}) == {"audit_history": 3 * 21 + 20 + 3 * 2}
    # Fifty of its facts lie behind the cursor: as many are looked at, by the index of its trail.
    assert await _read(api, after=deep, filter={"projects": [project]}) == {"audit_history": 50 + 20 + 2}
