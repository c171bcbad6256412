"""What ceremonies list and what their account says, from their facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid4

import orjson
import pytest

from projections.ceremonies import Ceremonies
from projections.rebuild import rebuild
from projections.table import NOW_US
from projections.wording import sentence
from service.domain.ceremony import (
    BatchKind,
    CeremonyCorrected,
    CeremonyEntry,
    CeremonyHeld,
    CeremonySeries,
    StatedBatch,
)
from service.domain.values import Name, Reason
from tests.examples import PLACE_OPENED, PROJECT_ID, QIYANG, REGISTERED, VOIDED, yi
from tests.examples.ceremony import CORRECTED, HELD, WITHDRAWN
from tests.projections.feeding import Ledger, as_of

OTHER_ID: Final = UUID(int=7)
SIGNED, STARTED, PRODUCED = (CeremonyEntry(project_id=PROJECT_ID, kind=kind) for kind in BatchKind)
OTHER: Final = CeremonyEntry(project_id=OTHER_ID, kind=BatchKind.START)
WHY: Final = Reason("核对")
JOINT: Final = CeremonyHeld(name=Name("集中签约开工"), occurred_on=date(2022, 3, 1), series=CeremonySeries.JOINT)


async def listed(ready: Ledger) -> list[tuple[UUID, str]]:
    """Return what ceremonies list now."""
    rows = await ready.owner.fetch(
        "SELECT project_id, kind FROM ceremony_entry WHERE recorded_to = $1 ORDER BY 1, 2 LIMIT 99", NOW_US
    )
    return [(row["project_id"], row["kind"]) for row in rows]


async def ceremonies(ready: Ledger) -> list[dict[str, Any]]:
    """Return the ceremonies that stand now."""
    rows = await ready.owner.fetch("SELECT * FROM ceremony WHERE recorded_to = $1 ORDER BY position LIMIT 99", NOW_US)
    return [dict(row) for row in rows]


async def test_a_ceremony_is_as_it_was_recorded(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, HELD)
    (row,) = await ceremonies(ready)
    assert (row["name"], row["occurred_on"], row["series"], row["period"]) == (
        "演示市第四期“三个一批”项目建设活动",
        date(2022, 4, 28),
        "THREE_BATCHES",
        4,
    )
    assert (row["withdrawn"], row["reason"], row["version"], row["position"]) == (False, None, 1, 2)
    assert orjson.loads(row["documents"]) == [{"title": "第四期“三个一批”活动简报(演示)"}]
    assert await listed(ready) == [(PROJECT_ID, "SIGNING")]


async def test_each_entry_has_the_date_series_and_period_of_its_ceremony(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, HELD, CORRECTED)
    row = await ready.owner.fetchrow("SELECT * FROM ceremony_entry WHERE recorded_to = $1", NOW_US)
    assert row is not None
    assert (row["kind"], row["occurred_on"], row["series"], row["period"], row["position"]) == (
        "START",
        date(2022, 4, 28),
        "THREE_BATCHES",
        4,
        3,
    )


async def test_what_the_account_says_stands_beside_every_kind(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, HELD)
    rows = await ready.owner.fetch(
        "SELECT kind, stated_count, figure, unit FROM ceremony_batch WHERE recorded_to = $1 ORDER BY 1 LIMIT 9", NOW_US
    )
    assert [tuple(row) for row in rows] == [
        ("PRODUCTION", None, None, None),
        ("SIGNING", 9, None, None),
        ("START", 24, "103", "YI_YUAN"),
    ]


async def test_corrections_add_and_remove_and_keep_what_was_known(ready: Ledger) -> None:
    facts = await ready.feed(PLACE_OPENED, HELD, CORRECTED)
    assert await listed(ready) == [(PROJECT_ID, "START")]
    await ready.feed(CeremonyCorrected(added=(SIGNED, OTHER), removed=(STARTED,), reason=WHY))
    assert await listed(ready) == [(OTHER_ID, "START"), (PROJECT_ID, "SIGNING")]
    (row,) = await ceremonies(ready)
    assert (row["version"], row["position"]) == (3, 4)
    # What was listed before the corrections can still be read.
    then = as_of(await ready.rows(Ceremonies()), facts[1].stored.recorded_us)
    assert [row[2:4] for row in then["ceremony_entry"]] == [(PROJECT_ID, "SIGNING")]


async def test_a_withdrawn_ceremony_lists_nothing(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, HELD, CORRECTED, WITHDRAWN)
    assert await listed(ready) == []
    (row,) = await ceremonies(ready)
    assert (row["withdrawn"], row["reason"], row["version"]) == (True, "与上级台账重复登记", 3)


async def test_a_voided_project_stays_listed(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, HELD, VOIDED)
    assert await listed(ready) == [(PROJECT_ID, "SIGNING")]


async def test_ceremonies_stand_beside_each_other(ready: Ledger) -> None:
    await ready.record(PLACE_OPENED, HELD)
    await ready.feed(replace(JOINT, entries=(SIGNED,)), WITHDRAWN, project=uuid4())
    assert [(row["series"], row["period"], row["withdrawn"]) for row in await ceremonies(ready)] == [
        ("THREE_BATCHES", 4, False),
        ("JOINT", None, True),
    ]
    assert await listed(ready) == [(PROJECT_ID, "SIGNING")]


async def test_what_belongs_to_no_ceremony_is_not_shown(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, CORRECTED, WITHDRAWN)
    assert not any((await ready.rows(Ceremonies())).values())


HISTORY: Final[Sequence[object]] = (
    HELD,
    CeremonyCorrected(added=(PRODUCED, OTHER), removed=(SIGNED,), reason=WHY),
    CeremonyCorrected(added=(SIGNED,), removed=(OTHER,), reason=WHY),
    CORRECTED,
    WITHDRAWN,
)


@pytest.mark.parametrize("together", [False, True])
async def test_batches_make_no_difference(ready: Ledger, together: bool) -> None:  # noqa: FBT001 - both ways.
    await ready.feed(PLACE_OPENED)
    if together:
        await ready.feed(*HISTORY)
    else:
        for fact in HISTORY:
            await ready.feed(fact)
    before = await ready.rows(Ceremonies())
    assert len(before["ceremony_entry"]) == 5
    assert [row[-1] == NOW_US for row in before["ceremony_entry"]] == [False] * 5
    rebuilt = await rebuild(ready.dsn, ready.log, [Ceremonies()], "ceremonies", lambda _done, _all: None)
    assert not any(rebuilt.differing.values())


async def test_one_command_that_removes_and_adds_again_keeps_the_entry(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED)
    await ready.record_together(HELD, CORRECTED, CeremonyCorrected(added=(SIGNED,), reason=WHY))
    await ready.feed()
    assert await listed(ready) == [(PROJECT_ID, "SIGNING"), (PROJECT_ID, "START")]


async def test_a_batch_costs_the_same_few_statements_whatever_its_size(ready: Ledger) -> None:
    await ready.record(PLACE_OPENED, HELD)
    swaps = (CORRECTED, CeremonyCorrected(added=(SIGNED,), removed=(STARTED,), reason=WHY))
    await ready.record(*swaps * 100)
    facts = await ready.log.read(QIYANG, limit=500)
    await Ceremonies().apply(ready.owner, facts[:4])
    counts = []
    for batch in (facts[4:6], facts[6:]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await Ceremonies().apply(ready.owner, batch)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8
    assert await listed(ready) == [(PROJECT_ID, "SIGNING")]


@pytest.mark.parametrize(
    ("fact", "zh", "en"),
    [
        (
            JOINT,
            "登记集中签约开工活动“集中签约开工”：2022 年 3 月 1 日举办，未列项目。",
            "Recorded the ceremony “集中签约开工” (joint signing and start), held on 1 March 2022, listing no project.",
        ),
        (
            replace(JOINT, entries=(STARTED, SIGNED, OTHER), stated_batches=(
                StatedBatch(kind=BatchKind.PRODUCTION, total=yi("7.0")), StatedBatch(kind=BatchKind.START, count=1)
            )),
            ("登记集中签约开工活动“集中签约开工”：2022 年 3 月 1 日举办，列入项目：签约 1 个、开工 2 个；"
            "所报：投产总投资 7.0 亿元，开工 1 个。"),
            ("Recorded the ceremony “集中签约开工” (joint signing and start), held on 1 March 2022, listing projects:"
            " 1 for signing and 2 for start; stated in the account: production of total investment 7.0 hundred million"
            " yuan, 1 for start."),
        ),
        (
            CeremonyCorrected(removed=(STARTED, PRODUCED), reason=WHY),
            "更正活动所列项目：剔除开工 1 个、投产 1 个；理由：核对。",
            "Corrected the projects that the ceremony lists: removed 1 for start and 1 for production; reason: 核对.",
        ),
    ],
)  # fmt: skip
def test_a_ceremony_is_told_in_words(fact: object, zh: str, en: str) -> None:
    assert sentence(fact, {}) == (zh, en)
