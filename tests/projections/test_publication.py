"""What is published and what is exempt, from the facts; and that nothing stays of a project that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
import pytest

import projections
from projections.publication import Publications
from projections.rebuild import rebuild
from projections.table import NOW_US
from service.domain.publication import PublishedItem
from service.domain.values import Code, Reason, Region
from tests.examples import PROJECT_ID, QIYANG, REGISTERED, TODAY, VOIDED
from tests.examples.merging import MERGED, TWIN_ID
from tests.examples.publication import (
    EXEMPTION_ENDED,
    MORE_PUBLISHED,
    PUBLISHED,
    ROSTER_EXEMPTED,
    ROSTER_WITHDRAWN,
    TOTALS_EXEMPTED,
)
from tests.projections.feeding import as_of

if TYPE_CHECKING:
    from tests.projections.feeding import Ledger

ALL: Final = replace(PUBLISHED, items=(PublishedItem.STAGE, PublishedItem.ROSTER, PublishedItem.TOTALS))
WHY: Final = Reason("项目登记有误")


async def shown(ready: Ledger) -> tuple[set[str], set[str]]:
    """Return which items of the project are published and which are exempt."""
    found = []
    for table in ("published_item", "publication_exemption"):
        rows = await ready.owner.fetch(
            f"SELECT item FROM {table} WHERE region = $1 AND project_id = $2 AND recorded_to = $3",  # noqa: S608 - own names.
            QIYANG,
            PROJECT_ID,
            NOW_US,
        )
        found.append({row["item"] for row in rows})
    return found[0], found[1]


async def rows_of(ready: Ledger, table: str) -> list[dict[str, Any]]:
    """Return all versions of a table's rows, in their order."""
    found = await ready.owner.fetch(f"SELECT * FROM {table} ORDER BY item, recorded_from LIMIT 99")  # noqa: S608 - own names.
    return [dict(row) for row in found]


async def test_an_item_is_published_as_it_was_approved(ready: Ledger) -> None:
    (fact,) = await ready.feed(PUBLISHED)
    rows = await rows_of(ready, "published_item")
    assert [(row["project_id"], row["item"], row["position"]) for row in rows] == [
        (PROJECT_ID, "STAGE", 1),
        (PROJECT_ID, "TOTALS", 1),
    ]
    for row in rows:
        assert (row["occurred_on"], row["approver"], row["reason"]) == (date(2022, 4, 20), "演示市重点办", None)
        assert [paper["number"] for paper in orjson.loads(row["documents"])] == ["演示公开〔2022〕3号"]
        assert (row["recorded_from"], row["recorded_to"]) == (fact.stored.recorded_us, NOW_US)


async def test_an_item_that_was_taken_down_keeps_when_it_was_shown(ready: Ledger) -> None:
    again = replace(MORE_PUBLISHED, items=(PublishedItem.ROSTER,), reason=WHY)
    facts = await ready.feed(ALL, ROSTER_WITHDRAWN, again)
    at = [one.stored.recorded_us for one in facts]
    rows = [row for row in await rows_of(ready, "published_item") if row["item"] == "ROSTER"]
    assert [(row["recorded_from"], row["recorded_to"], row["reason"]) for row in rows] == [
        (at[0], at[1], None),
        (at[2], NOW_US, WHY),
    ]
    assert await shown(ready) == ({"STAGE", "ROSTER", "TOTALS"}, set())


async def test_an_exemption_takes_down_what_it_says_in_the_same_moment(ready: Ledger) -> None:
    facts = await ready.feed(ALL, TOTALS_EXEMPTED)
    assert await shown(ready) == ({"STAGE", "ROSTER"}, {"TOTALS"})
    (ended,) = [row for row in await rows_of(ready, "published_item") if row["recorded_to"] != NOW_US]
    (exempt,) = await rows_of(ready, "publication_exemption")
    assert ended["recorded_to"] == exempt["recorded_from"] == facts[1].stored.recorded_us
    assert (exempt["ground"], exempt["until"], exempt["reason"], exempt["occurred_on"]) == (
        "TRADE_SECRET",
        date(2099, 1, 1),
        "投资方正在融资",
        TODAY,
    )


async def test_with_an_exempt_stage_goes_what_the_fact_says_and_only_it_is_exempt(ready: Ledger) -> None:
    whole = replace(ROSTER_EXEMPTED, item=PublishedItem.STAGE, ground=Code("STATE_SECRET"), withdrawn=ALL.items)
    await ready.feed(ALL, whole)
    assert await shown(ready) == (set(), {"STAGE"})


async def test_an_exemption_is_changed_and_ended(ready: Ledger) -> None:
    await ready.feed(replace(TOTALS_EXEMPTED, withdrawn=()))
    await ready.feed(replace(TOTALS_EXEMPTED, withdrawn=(), until=None))
    assert await shown(ready) == (set(), {"TOTALS"})
    await ready.feed(EXEMPTION_ENDED)
    assert await shown(ready) == (set(), set())
    rows = await rows_of(ready, "publication_exemption")
    assert [(row["until"], row["recorded_to"] == NOW_US) for row in rows] == [(date(2099, 1, 1), False), (None, False)]


async def test_what_is_published_once_its_exemption_is_over_is_exempt_no_more(ready: Ledger) -> None:
    await ready.feed(PUBLISHED, TOTALS_EXEMPTED, replace(MORE_PUBLISHED, items=(PublishedItem.TOTALS,)))
    assert await shown(ready) == ({"STAGE", "TOTALS"}, set())


@pytest.mark.parametrize("end", [VOIDED, MERGED])
async def test_nothing_stays_of_a_project_that_was_voided_or_merged(ready: Ledger, end: object) -> None:
    facts = await ready.feed(REGISTERED, PUBLISHED, ROSTER_EXEMPTED, end)
    assert await shown(ready) == (set(), set())
    assert {row["recorded_to"] for row in await rows_of(ready, "published_item")} == {facts[-1].stored.recorded_us}
    before = as_of(await ready.rows(Publications()), facts[-1].stored.recorded_us - 1)
    assert [len(rows) for rows in before.values()] == [2, 1]


async def test_a_project_loses_nothing_when_another_is_voided_or_merged_into_it(ready: Ledger) -> None:
    await ready.feed(PUBLISHED, ROSTER_EXEMPTED)
    await ready.feed(VOIDED, project=TWIN_ID)
    await ready.feed(replace(MERGED, into=PROJECT_ID), project=uuid4())
    other = Region("431122")
    await ready.feed(VOIDED, region=other)
    assert await shown(ready) == ({"STAGE", "TOTALS"}, {"ROSTER"})


async def test_what_was_published_stands_in_the_projects_own_trail(ready: Ledger) -> None:
    await ready.feed(REGISTERED, PUBLISHED, TOTALS_EXEMPTED)
    rows = await ready.owner.fetch(
        "SELECT project_id, changes FROM audit_history WHERE stream_kind = 'publication' ORDER BY position LIMIT 9"
    )
    assert [row["project_id"] for row in rows] == [PROJECT_ID, PROJECT_ID]
    approval = {"approved_on": "2022-04-20", "approver": "演示市重点办"}
    assert orjson.loads(rows[1]["changes"]) == [
        {"path": "exemption.TOTALS", "before": None, "after": {"ground": "TRADE_SECRET", "until": "2099-01-01"}},
        {"path": "published.TOTALS", "before": approval, "after": None},
    ]


async def test_all_of_it_in_one_batch_is_the_same_as_fact_by_fact(ready: Ledger) -> None:
    story = (
        ALL,
        ROSTER_WITHDRAWN,
        ROSTER_EXEMPTED,
        TOTALS_EXEMPTED,
        EXEMPTION_ENDED,
        MORE_PUBLISHED,
        VOIDED,
        PUBLISHED,
    )
    for fact in story:
        await ready.feed(fact)
    one_by_one = await ready.rows(Publications())
    rebuilt = await rebuild(ready.dsn, ready.log, projections.ALL, "publications", lambda _done, _all: None)
    assert not any(rebuilt.differing.values())
    assert await ready.rows(Publications()) == one_by_one


async def test_a_batch_costs_the_same_few_statements_whatever_its_size(ready: Ledger) -> None:
    few = (ALL, ROSTER_WITHDRAWN, ROSTER_EXEMPTED, TOTALS_EXEMPTED, EXEMPTION_ENDED)
    await ready.record(*few, VOIDED)
    for _ in range(20):
        await ready.record(*few, VOIDED, project=uuid4())
    facts = await ready.log.read(QIYANG, limit=500)
    counts = []
    for batch in (facts[:6], facts[6:12], facts[12:]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await Publications().apply(ready.owner, batch)
        counts.append(len(sent))
    assert counts[2] == counts[1] <= 4
