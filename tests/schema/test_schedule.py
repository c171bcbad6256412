"""What a project's schedule answers where the story is silent: nothing known yet, and more notes than are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from schema.schedule import MOST_NOTES
from schema.values import encode_id
from service.domain.values import LongText
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.examples.schedule import NOTE_PROGRESS, PLAN_SCHEDULE, planned
from tests.schema.test_mutations import send

if TYPE_CHECKING:
    from tests.schema.conftest import Api

PROJECT = encode_id("Project", QIYANG, PROJECT_ID)


async def test_a_milestone_of_which_nothing_is_known_is_due_as_planned_and_has_not_slipped(api: Api) -> None:
    await send(api, OPEN_PLACE)
    await send(api, REGISTER, REGISTER_ID)
    ask = "query ($id: ID!) { project(id: $id) { nextMilestones { milestone dueOn reachedOn slippageDays } } }"
    assert (await api.query(ask, id=PROJECT))["project"] == {"nextMilestones": []}
    await send(api, replace(PLAN_SCHEDULE, milestones=planned(LAND=date(2021, 9, 3))))
    assert (await api.query(ask, id=PROJECT))["project"]["nextMilestones"] == [
        {"milestone": "LAND", "dueOn": "2021-09-03", "reachedOn": None, "slippageDays": None}
    ]


async def test_the_latest_notes_of_progress_are_shown_by_the_day_that_they_are_about(api: Api) -> None:
    await send(api, OPEN_PLACE)
    await send(api, REGISTER, REGISTER_ID)
    await send(api, replace(NOTE_PROGRESS, occurred_on=date(2022, 1, 1), text=LongText("最早")))
    for number in range(MOST_NOTES - 1):
        await send(api, replace(NOTE_PROGRESS, text=LongText(f"第 {number} 条")))
    ask = "query ($id: ID!) { project(id: $id) { progressNotes { text } } }"
    notes = [one["text"] for one in (await api.query(ask, id=PROJECT))["project"]["progressNotes"]]
    assert (len(notes), notes[0], notes[-1]) == (MOST_NOTES, "第 48 条", "最早")
    await send(api, replace(NOTE_PROGRESS, occurred_on=date(2022, 1, 2), text=LongText("晚报")))
    notes = [one["text"] for one in (await api.query(ask, id=PROJECT))["project"]["progressNotes"]]
    assert (len(notes), notes[-1]) == (MOST_NOTES, "晚报")


async def test_a_refusal_names_the_milestone_in_the_list(api: Api) -> None:
    await send(api, OPEN_PLACE)
    await send(api, REGISTER, REGISTER_ID)
    answer = await send(
        api, replace(PLAN_SCHEDULE, milestones=planned(LAND=date(2021, 9, 3), CROWNED=date(2022, 1, 1)))
    )
    (error,) = answer["userErrors"]
    assert (error["code"], error["path"]) == ("UNKNOWN_TERM", ["input", "milestones", "1", "milestone"])
