"""Who answers for what, from the facts; and that an erased name is nowhere in the tables, whenever they are made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
import pytest

import projections
from projections.audit_history import AuditHistory
from projections.rebuild import rebuild
from projections.roster import RosterPosts
from projections.table import NOW_US
from projections.wording import sentence, touches
from service.access import LOCAL
from service.domain.privacy import ErasePersonalData, PersonalDataErased
from service.domain.roster import EndPost, post_id
from service.domain.values import ERASED, Name, Personal, Reason, Region
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.examples.roster import (
    APPROVER_ASSIGNED,
    APPROVER_LEFT,
    ASSIGN_LEAD,
    ASSIGN_LIAISON,
    LEAD_ASSIGNED,
    LEAD_ID,
    LIAISON_ASSIGNED,
    LIAISON_REPLACED,
    REPLACE_LIAISON,
    STEWARD_ASSIGNED,
    STEWARD_LEFT,
    TASK_FORCE_ASSIGNED,
    WORK_PLAN_FILED,
)

if TYPE_CHECKING:
    from service.handle import Handler
    from tests.projections.feeding import Ledger

WHY: Final = Reason("日期有误")
NAMES: Final = ("牵头领导甲", "演示电话一", "联络员甲", "联络员乙", "演示电话三")


async def now(ready: Ledger, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of the rows that hold now, by position."""
    rows = await ready.owner.fetch(
        f"SELECT {', '.join(columns)} FROM {table} WHERE recorded_to = $1 ORDER BY position LIMIT 99",  # noqa: S608 - own names.
        NOW_US,
    )
    return [tuple(row) for row in rows]


async def test_a_post_is_as_it_was_assigned(ready: Ledger) -> None:
    (lead, *_) = await ready.feed(LEAD_ASSIGNED, TASK_FORCE_ASSIGNED)
    row = await ready.owner.fetchrow("SELECT * FROM roster_post WHERE post_id = $1", LEAD_ID)
    assert row is not None
    assert (row["project_id"], row["role"], row["rank"], row["position"]) == (PROJECT_ID, "LEAD_OFFICIAL", 1, 1)
    assert (row["holder"], row["unit"], row["title"]) == ("牵头领导甲", "演示市人民政府", "副市长")
    assert (row["contact"], row["contact_public"], row["names_holder"]) == ("演示电话一", True, True)
    assert row["holder_public"] is True
    assert (row["since"], row["until"], row["recorded_from"]) == (date(2022, 1, 20), None, lead.stored.recorded_us)
    assert [paper["number"] for paper in orjson.loads(row["documents"])] == ["演示〔2022〕1号"]
    columns = ("holder", "unit", "contact", "names_holder", "names_contact", "holder_public")
    assert (await now(ready, "roster_post", *columns))[1] == ("", "演示竹木园工作专班", None, False, False, False)


async def test_a_post_that_ended_keeps_what_was_known_before(ready: Ledger) -> None:
    await ready.feed(STEWARD_ASSIGNED, STEWARD_LEFT, replace(STEWARD_LEFT, until=date(2022, 4, 20), reason=WHY))
    rows = await ready.owner.fetch("SELECT * FROM roster_post ORDER BY recorded_from LIMIT 9")
    assert [(row["until"], row["end_reason"], row["recorded_to"] == NOW_US) for row in rows] == [
        (None, None, False),
        (date(2022, 4, 15), "工作调动", False),
        (date(2022, 4, 20), "日期有误", True),
    ]
    assert {(row["holder"], row["since"], row["position"]) for row in rows} == {("项目管家甲", date(2022, 1, 25), 1)}


async def test_the_end_of_a_post_is_that_of_the_own_project(ready: Ledger) -> None:
    await ready.feed(STEWARD_ASSIGNED)
    await ready.feed(STEWARD_LEFT, project=uuid4())
    assert await now(ready, "roster_post", "until") == [(None,)]


async def test_a_work_plan_is_corrected_and_another_stands_beside_it(ready: Ledger) -> None:
    corrected = replace(WORK_PLAN_FILED, occurred_on=date(2022, 2, 12), reason=WHY)
    (paper,) = WORK_PLAN_FILED.documents
    other = replace(WORK_PLAN_FILED, documents=(replace(paper, title=Name("演示竹木园攻坚方案")),))
    await ready.feed(WORK_PLAN_FILED, corrected, other)
    assert await now(ready, "work_plan", "title", "occurred_on", "reason") == [
        ("演示竹木园建设工作方案", date(2022, 2, 12), "日期有误"),
        ("演示竹木园攻坚方案", date(2022, 2, 10), None),
    ]


async def test_the_next_liaison_ends_the_former_in_the_same_moment(ready: Ledger) -> None:
    facts = await ready.feed(LIAISON_ASSIGNED, LIAISON_REPLACED)
    columns = ("holder", "since", "until", "latest", "recorded_from")
    assert await now(ready, "unit_liaison", *columns) == [
        ("联络员甲", date(2022, 1, 20), date(2022, 4, 1), False, facts[1].stored.recorded_us),
        ("联络员乙", date(2022, 4, 1), None, True, facts[1].stored.recorded_us),
    ]


async def test_a_corrected_liaison_never_had_a_day(ready: Ledger) -> None:
    await ready.feed(LIAISON_REPLACED, replace(LIAISON_REPLACED, since=date(2022, 3, 1), reason=WHY))
    assert await now(ready, "unit_liaison", "since", "until") == [
        (date(2022, 4, 1), date(2022, 4, 1)),
        (date(2022, 3, 1), None),
    ]


async def test_the_name_of_a_liaison_is_public_only_where_it_is_said_to_be(ready: Ledger) -> None:
    await ready.feed(LIAISON_ASSIGNED, replace(LIAISON_REPLACED, holder_public=True, contact_public=False))
    columns = ("holder", "holder_public", "contact_public")
    assert await now(ready, "unit_liaison", *columns) == [("联络员甲", False, False), ("联络员乙", True, False)]


async def test_a_unit_that_lost_its_liaison_keeps_the_day_when_it_gets_the_next(ready: Ledger) -> None:
    await ready.feed(APPROVER_ASSIGNED, APPROVER_LEFT)
    await ready.feed(replace(APPROVER_LEFT, until=date(2022, 4, 20), reason=WHY))
    await ready.feed(replace(APPROVER_ASSIGNED, since=date(2022, 5, 1)))
    assert await now(ready, "unit_liaison", "since", "until", "end_reason", "latest") == [
        (date(2022, 1, 20), date(2022, 4, 20), "日期有误", False),
        (date(2022, 5, 1), None, None, True),
    ]


async def test_what_ended_without_a_beginning_is_not_shown(ready: Ledger) -> None:
    await ready.feed(STEWARD_LEFT, APPROVER_LEFT)
    assert not any((await ready.rows(RosterPosts())).values())


async def test_a_batch_of_rosters_costs_the_same_few_statements_whatever_its_size(ready: Ledger) -> None:
    erased = PersonalDataErased(position=1, path=Name("holder"), reason=WHY)
    few = (LEAD_ASSIGNED, WORK_PLAN_FILED, STEWARD_ASSIGNED, STEWARD_LEFT, LIAISON_ASSIGNED, APPROVER_LEFT, erased)
    many = [
        fact
        for number in range(4, 54)
        for fact in (
            *few,
            replace(STEWARD_ASSIGNED, post_id=post_id(PROJECT_ID, number)),
            replace(STEWARD_LEFT, post_id=post_id(PROJECT_ID, number)),
        )
    ]
    await ready.record(*few, *few, *many)
    facts = await ready.log.read(QIYANG, limit=500)
    counts = []
    for batch in (facts[: len(few)], facts[len(few) : 2 * len(few)], facts[2 * len(few) :]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await RosterPosts().apply(ready.owner, batch)
        counts.append(len(sent))
    assert counts[2] == counts[1] <= 10


@pytest.fixture
async def answered(ready: Ledger, handler: Handler) -> Ledger:
    """Give a ledger with a post (3) that has ended and two liaisons (4, 5), fed fact by fact."""
    await send(ready, handler, OPEN_PLACE, REGISTER, ASSIGN_LEAD, ASSIGN_LIAISON, REPLACE_LIAISON)
    left = EndPost(project_id=PROJECT_ID, post_id=LEAD_ID, until=date(2022, 4, 15), reason=Reason("工作调动"))
    await send(ready, handler, left)
    return ready


async def send(ready: Ledger, handler: Handler, *commands: object) -> None:
    """Send commands; feed what each of them stored."""
    for command in commands:
        command_id = REGISTER_ID if command is REGISTER else uuid4()
        outcome = await handler.handle(LOCAL, QIYANG, command, command_id=command_id)
        assert outcome.refused is None, command
        await ready.runner().step(QIYANG)


def erase(position: int, path: str) -> ErasePersonalData:
    return ErasePersonalData(position=position, path=Name(path), reason=Reason("本人申请"))


async def found(ready: Ledger) -> set[str]:
    """Return which of the names are anywhere in the tables, in whatever version of a row."""
    told = repr(await ready.rows(RosterPosts()))
    return {name for name in NAMES if name in told}


async def test_an_erased_value_is_in_no_version_of_any_row(answered: Ledger, handler: Handler) -> None:
    assert await found(answered) == {*NAMES}
    await send(answered, handler, erase(3, "holder"))
    assert await found(answered) == {*NAMES} - {"牵头领导甲"}
    await send(answered, handler, erase(4, "holder"), erase(5, "contact"))
    assert await found(answered) == {"演示电话一", "联络员乙"}
    await send(answered, handler, erase(3, "contact"), erase(5, "holder"))
    assert await found(answered) == set()
    rows = await now(answered, "roster_post", "holder", "contact", "names_holder", "names_contact", "unit", "title")
    assert rows == [("", None, True, True, "演示市人民政府", "副市长")]


async def test_a_rebuild_after_erasures_makes_the_same_rows(answered: Ledger, handler: Handler) -> None:
    await send(answered, handler, erase(3, "holder"), erase(5, "contact"), erase(4, "holder"))
    before = await answered.rows(RosterPosts())
    rebuilt = await rebuild(answered.dsn, answered.log, projections.ALL, "roster", lambda _done, _all: None)
    assert not any(rebuilt.differing.values())
    assert await answered.rows(RosterPosts()) == before


async def test_an_erasure_in_the_batch_that_moves_the_row_reaches_it(answered: Ledger, handler: Handler) -> None:
    again = EndPost(project_id=PROJECT_ID, post_id=LEAD_ID, until=date(2022, 4, 20), reason=WHY)
    for command in (erase(3, "holder"), again):
        assert (await handler.handle(LOCAL, QIYANG, command, command_id=uuid4())).refused is None
    assert await answered.runner().step(QIYANG) == 2
    assert "牵头领导甲" not in await found(answered)


async def test_an_erasure_of_another_region_or_of_another_fact_takes_nothing(answered: Ledger) -> None:
    other = Region("431122")
    erased = PersonalDataErased(position=3, path=Name("holder"), reason=WHY)
    await answered.feed(replace(LEAD_ASSIGNED, holder=Personal("别处某人")), erased, region=other)
    assert await found(answered) == {*NAMES}
    await answered.record(replace(erased, position=1), replace(erased, position=99), replace(erased, path=Name("unit")))
    await answered.runner().step(QIYANG)
    assert await found(answered) == {*NAMES}


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (LEAD_ASSIGNED, "任职人员（公开）、联系方式（公开）"),
        (replace(LEAD_ASSIGNED, contact_public=False), "任职人员（公开）、联系方式；"),
        (LIAISON_REPLACED, "任职人员、联系方式（公开）"),
    ],
)
def test_a_sentence_says_that_a_person_was_named_and_never_who(fact: Any, told: str) -> None:
    erased = replace(fact, holder=ERASED, contact=ERASED)
    assert (sentence(fact, {}), touches(fact)) == (sentence(erased, {}), touches(erased))
    assert not {name for name in NAMES if name in repr((sentence(fact, {}), touches(fact)))}
    assert f"列明{told}" in sentence(fact, {}).zh


async def test_no_name_reaches_the_audit_trail(answered: Ledger) -> None:
    told = repr(await answered.rows(AuditHistory()))
    assert not {name for name in NAMES if name in told}


async def test_an_assignment_that_holds_stores_nothing_though_the_log_reads_no_names(
    ready: Ledger, handler: Handler
) -> None:
    await send(ready, handler, OPEN_PLACE, REGISTER, ASSIGN_LEAD, ASSIGN_LIAISON)
    await send(ready, handler, ASSIGN_LEAD, ASSIGN_LIAISON)
    assert await ready.mark() == 4
