"""Which projects each key list has, what its paper says of them, and how a paper that lists several is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from projections.annual_plan import AnnualPlan
from projections.table import NOW_US
from projections.wording import sentence, touches
from projections.wording.base import Terms
from service.domain.annual_plan import AnnualPlanIncluded, PlanClass, PlanEntry
from service.domain.values import Figure, LongText, Reason, Region, Stated, Unit
from tests.examples import PLACE_OPENED, PROJECT_ID, QIYANG, REGISTERED, VOIDED, yi
from tests.examples.annual_plan import (
    CITY_ENTRY_REMOVED,
    CITY_LIST_INCLUDED,
    OWN_ENTRY_CHANGED,
    OWN_LIST_INCLUDED,
)
from tests.projections.feeding import Ledger

OTHER_ID = UUID("00000000-0000-4000-8000-000000000002")
THIRD_ID = UUID("00000000-0000-4000-8000-000000000003")
SEVERAL = replace(
    OWN_LIST_INCLUDED,
    entries=(
        PlanEntry(project_id=PROJECT_ID, plan_class=PlanClass.NEW_START, completes_this_year=False),
        PlanEntry(project_id=OTHER_ID, plan_class=PlanClass.NEW_START, completes_this_year=True),
        PlanEntry(project_id=THIRD_ID, plan_class=PlanClass.PREPARATORY, completes_this_year=False),
    ),
)


async def entries(ready: Ledger, *columns: str) -> list[tuple[Any, ...]]:
    """Return columns of the entries that stand now, by project, owner and year."""
    rows = await ready.owner.fetch(
        f"SELECT {', '.join(columns)} FROM plan_entry WHERE recorded_to = $1"  # noqa: S608 - the test's own names.
        " ORDER BY project_id, list_owner, year LIMIT 99",
        NOW_US,
    )
    return [tuple(row) for row in rows]


async def test_an_entry_is_as_its_paper_has_it(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, OWN_LIST_INCLUDED)
    row = await ready.owner.fetchrow("SELECT * FROM plan_entry")
    assert row is not None
    assert (row["region"], row["list_owner"], row["year"], row["project_id"]) == (QIYANG, QIYANG, 2022, PROJECT_ID)
    assert (row["plan_class"], row["completes_this_year"]) == ("CONTINUING", True)
    assert (row["planned_fen"], row["figure"], row["unit"]) == (350_000_000_00, "3.5", "YI_YUAN")
    assert (row["planned_start"], row["planned_completion"]) == (date(2021, 3, 1), date(2022, 6, 30))
    assert (row["image_target"], row["reason"], row["position"]) == ("主体竣工，\n设备进场。", None, 3)
    assert orjson.loads(row["source"])["number"] == "演示〔2022〕1号"


async def test_what_a_paper_does_not_say_is_nothing_and_not_zero(ready: Ledger) -> None:
    zero = replace(SEVERAL.entries[1], planned_investment=yi("0"), planned_fen=0)
    await ready.feed(PLACE_OPENED, replace(SEVERAL, entries=(SEVERAL.entries[0], zero)))
    found = await entries(ready, "project_id", "planned_fen", "figure", "image_target", "planned_start")
    assert found == [(OTHER_ID, 0, "0", None, None), (PROJECT_ID, None, None, None, None)]


async def test_a_project_is_listed_since_its_first_paper_whatever_later_ones_say(ready: Ledger) -> None:
    first = replace(OWN_LIST_INCLUDED, source=replace(OWN_LIST_INCLUDED.source, issued_on=date(2022, 2, 8)))
    later = replace(OWN_ENTRY_CHANGED, source=replace(OWN_LIST_INCLUDED.source, issued_on=date(2022, 7, 1)))
    await ready.feed(PLACE_OPENED, first, later)
    assert await entries(ready, "listed_on") == [(date(2022, 2, 8),)]
    leaving = replace(CITY_ENTRY_REMOVED, list_owner=QIYANG)
    # Together with what it leaves by, and in a batch of their own.
    await ready.feed(leaving, later)
    assert await entries(ready, "listed_on") == [(date(2022, 7, 1),)]


async def test_a_paper_without_a_date_lists_on_the_day_that_the_ledger_took_it(ready: Ledger) -> None:
    (*_, fact) = await ready.feed(PLACE_OPENED, replace(SEVERAL, source=replace(SEVERAL.source, issued_on=None)))
    assert {*await entries(ready, "listed_on")} == {(fact.stored.occurred_on,)}


async def test_a_project_stands_on_several_lists_and_years_at_once(ready: Ledger) -> None:
    next_year = replace(OWN_LIST_INCLUDED, year=2023)
    await ready.feed(PLACE_OPENED, OWN_LIST_INCLUDED, CITY_LIST_INCLUDED, next_year)
    assert await entries(ready, "list_owner", "year") == [("431100", 2022), (QIYANG, 2022), (QIYANG, 2023)]


async def test_a_changed_entry_keeps_what_was_known_and_leaves_the_others(ready: Ledger) -> None:
    facts = await ready.feed(PLACE_OPENED, SEVERAL, OWN_ENTRY_CHANGED)
    changed_us = facts[-1].stored.recorded_us
    rows = await ready.owner.fetch(
        "SELECT plan_class, reason, recorded_from, recorded_to FROM plan_entry WHERE project_id = $1"
        " ORDER BY recorded_from LIMIT 9",
        PROJECT_ID,
    )
    assert [tuple(row) for row in rows] == [
        ("NEW_START", None, facts[1].stored.recorded_us, changed_us),
        ("CONTINUING", "年中调整", changed_us, NOW_US),
    ]
    assert len(await entries(ready, "project_id")) == 3


async def test_who_leaves_a_list_stays_on_the_others_and_may_come_back(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, OWN_LIST_INCLUDED, CITY_LIST_INCLUDED, CITY_ENTRY_REMOVED)
    assert await entries(ready, "list_owner") == [(QIYANG,)]
    await ready.feed(replace(CITY_LIST_INCLUDED, reason=Reason("补列")))
    assert await entries(ready, "list_owner", "reason") == [("431100", "补列"), (QIYANG, None)]


async def test_a_list_is_the_same_in_one_batch_as_fact_by_fact(ready: Ledger) -> None:
    story = (OWN_LIST_INCLUDED, CITY_LIST_INCLUDED, OWN_ENTRY_CHANGED, CITY_ENTRY_REMOVED, SEVERAL)
    await ready.record(PLACE_OPENED, *story)
    while await ready.runner().step(QIYANG):
        pass
    # All of it was one batch; fed to another region one after the other, the same rows stand.
    other = Region("431103")
    for fact in (replace(PLACE_OPENED, region=other), *story):
        await ready.feed(fact, region=other)
    together, apart = [(await ready.rows(AnnualPlan(), region))["plan_entry"] for region in (QIYANG, other)]
    assert [row[1:-2] for row in together] == [row[1:-2] for row in apart]


async def test_a_voided_project_keeps_its_entry(ready: Ledger) -> None:
    await ready.feed(PLACE_OPENED, REGISTERED, OWN_LIST_INCLUDED, VOIDED)
    assert await entries(ready, "project_id") == [(PROJECT_ID,)]


async def test_the_longest_paper_costs_no_more_statements(ready: Ledger) -> None:
    def paper(number: int) -> AnnualPlanIncluded:
        listed = tuple(replace(SEVERAL.entries[0], project_id=UUID(int=one)) for one in range(number))
        return replace(OWN_LIST_INCLUDED, entries=listed)

    await ready.record(PLACE_OPENED, paper(1), paper(2), paper(500))
    _, first, *others = await ready.log.read(QIYANG)
    # A connection that sees a type of array for the first time asks about it, once.
    await AnnualPlan().apply(ready.owner, [first])
    counts = []
    for fact in others:
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await AnnualPlan().apply(ready.owner, [fact])
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 2


# Sentences


def told(fact: Any, *before: Any) -> tuple[str, str]:
    """Return a fact's sentence in both languages, without reason and papers."""
    known: dict[str, Any] = {}
    for one in before:
        known |= touches(one)
    return tuple(half.partition(mark)[0] for half, mark in zip(sentence(fact, known), "；;", strict=True))  # type: ignore[return-value]  # Two of them.


def test_a_paper_that_lists_several_is_told_by_class() -> None:
    zh, en = sentence(SEVERAL, {})
    assert zh.startswith(
        "将 3 个项目列入祁阳市（431181）2022 年度重点项目名单（新开工 2 个、前期 1 个；其中计划竣工 1 个）；依据："
    )
    assert en.startswith(
        "Put 3 projects on the 2022 key project list of 祁阳市 (431181): 2 to be started and 1 in preparation;"
        " 1 of them to be completed within the year; on the basis of "
    )


def test_a_paper_that_changes_some_and_adds_others_tells_both() -> None:
    zh, en = sentence(SEVERAL, touches(OWN_LIST_INCLUDED))
    assert zh.startswith(
        "调整祁阳市（431181）2022 年度重点项目名单中 1 个项目的年度计划，并列入 2 个项目"
        "（新开工 1 个、前期 1 个；其中计划竣工 1 个）；依据："
    )
    assert en.startswith(
        "Changed the year's plan for 1 project on the 2022 key project list of 祁阳市 (431181),"
        " and put 2 projects on it as well: 1 to be started and 1 in preparation;"
    )


def test_a_paper_that_changes_some_and_adds_others_names_both() -> None:
    names = {one.project_id: f"项目{number}" for number, one in enumerate(SEVERAL.entries, 1)}
    zh, en = sentence(SEVERAL, touches(OWN_LIST_INCLUDED), Terms(names=names))
    assert zh.startswith("调整祁阳市（431181）2022 年度重点项目名单中“项目1”的年度计划，并列入“项目2”、“项目3”（")
    assert (
        " for “项目1” on the 2022 key project list of 祁阳市 (431181), and put “项目2” and “项目3” on it as well" in en
    )


def test_a_paper_that_changes_several_tells_how_many() -> None:
    assert told(SEVERAL, SEVERAL) == (
        "调整祁阳市（431181）2022 年度重点项目名单中 3 个项目的年度计划",
        "Changed the year's plan for 3 projects on the 2022 key project list of 祁阳市 (431181)",
    )


def test_several_that_leave_are_told_together() -> None:
    leaving = replace(CITY_ENTRY_REMOVED, projects=(PROJECT_ID, OTHER_ID))
    assert told(leaving, CITY_LIST_INCLUDED) == (
        "将 2 个项目调出永州市（431100）2022 年度重点项目名单",
        "Took 2 projects off the 2022 key project list of 永州市 (431100)",
    )
    assert set(touches(leaving).values()) == {None}


def test_an_image_target_that_is_long_is_cut_short_in_the_sentence_alone() -> None:
    long = replace(OWN_LIST_INCLUDED.entries[0], image_target=LongText("完成主体结构，" * 30))
    fact = replace(OWN_LIST_INCLUDED, entries=(long,))
    assert "完成主体结构，完成主…”" in sentence(fact, {}).zh
    (value,) = touches(fact).values()
    assert value["image_target"] == "完成主体结构，" * 30


def test_an_amount_said_in_another_unit_is_told_as_said() -> None:
    in_wan = replace(
        OWN_LIST_INCLUDED.entries[0], planned_investment=Stated(Figure("35000"), Unit.WAN_YUAN), image_target=None
    )
    zh, en = told(replace(OWN_LIST_INCLUDED, entries=(in_wan,)), OWN_LIST_INCLUDED)
    assert "年度计划投资由 3.5 亿元调整为 35000 万元，年度形象目标由“主体竣工，设备进场。”调整为未列明" in zh
    assert "planned investment from 3.5 hundred million yuan to 35000 ten thousand yuan" in en
    assert "image target from “主体竣工，设备进场。” to not stated" in en
