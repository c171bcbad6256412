"""Versions: who saw an old one is told the present one and what came since, and gets through in the end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import pytest

from schema import schema
from schema.conflicts import MOST
from schema.context import Context
from schema.languages import Language
from service.access import LOCAL
from service.domain.roles import Grant, Role
from tests.examples import OPEN_PLACE, QIYANG, RECORD_STARTED, REGISTER, REGISTER_ID
from tests.schema.asking import input_of
from tests.schema.test_mutations import PROJECT, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schema.conftest import Api

AMEND: Final = """
    mutation ($input: AmendProjectInput!) {
      projectAmend(input: $input) {
        userErrors { code path params }
        version
        region { code }
        position
        conflict { version facts { name occurredOn recordedAt actor sentence position } more }
      }
    }"""
RACE: Final = """
    mutation ($input: AmendProjectInput!) {
      projectAmend(input: $input) { userErrors { code } version position conflict { version more facts { position } } }
    }"""
WRITERS: Final = 50
AGAIN: Final = 6


def _input(town: str, expected: int | None, command_id: UUID | None = None) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "commandId": str(command_id or uuid4()),
        "projectId": PROJECT,
        "changes": {"township": town},
    }
    return sent if expected is None else sent | {"expectedVersion": expected}


async def _amend(api: Api, town: str, expected: int | None = None, command_id: UUID | None = None) -> Any:
    return (await api.query(AMEND, input=_input(town, expected, command_id)))["projectAmend"]


def _won(racing: list[int], answers: list[Any]) -> set[int]:
    return {number for number, one in zip(racing, answers, strict=True) if not one["userErrors"]}


@pytest.fixture
async def registered(api: Api) -> Api:
    """Give the API with the examples' project in it, at version 1."""
    await send(api, OPEN_PLACE)
    await send(api, REGISTER, REGISTER_ID)
    return api


async def test_of_fifty_writers_who_saw_one_version_one_wins_each_time_and_all_in_the_end(registered: Api) -> None:
    async def once(number: int, expected: int) -> Any:
        context = Context(LOCAL, registered.services)
        variables = {"input": _input(f"第{number}镇", expected)}
        answer = await schema.execute(RACE, variable_values=variables, context_value=context)
        assert answer.errors is None
        return answer.data["projectAmend"]

    before = (await registered.positions())[QIYANG]
    left, version, positions = list(range(WRITERS)), 1, []
    while left:
        # All of them at first; then so many again at a time, for otherwise it takes the square of them.
        racing = left if version == 1 else left[:AGAIN]
        answers = await asyncio.gather(*(once(number, version) for number in racing))
        winners = [one for one in answers if not one["userErrors"]]
        assert [(one["version"], one["conflict"]) for one in winners] == [(version + 1, None)]
        positions.append(winners[0]["position"])
        beaten = [one for one in answers if one["userErrors"]]
        assert {one["userErrors"][0]["code"] for one in beaten} <= {"VERSION_CONFLICT"}
        # What each is told to go on from is the version that the winner made.
        assert {one["conflict"]["version"] for one in beaten} <= {version + 1}
        # And each is shown the fact that beat it, however short the audit trail was by then.
        shown = [{"position": winners[0]["position"]}]
        assert [(one["conflict"]["facts"], one["conflict"]["more"]) for one in beaten] == [(shown, False)] * len(beaten)
        left = [number for number in left if number not in _won(racing, answers)]
        version += 1
    assert positions == list(range(before + 1, before + WRITERS + 1))
    assert (await registered.positions())[QIYANG] == before + WRITERS


async def test_a_refusal_tells_the_facts_since_in_sentences(
    registered: Api, snapshot: Callable[[str, str], None]
) -> None:
    for town in ("甲镇", "乙镇"):
        await _amend(registered, town)
    answer = await _amend(registered, "丙镇", 1)
    assert answer["userErrors"] == [
        {"code": "VERSION_CONFLICT", "path": ["input", "expectedVersion"], "params": {"version": "3", "position": "4"}}
    ]
    assert (answer["version"], answer["region"], answer["position"]) == (None, None, None)
    conflict = answer["conflict"]
    assert (conflict["version"], conflict["more"]) == (3, False)
    assert [(one["name"], one["actor"], one["position"]) for one in conflict["facts"]] == [
        ("ProjectAmended", "local", 4),
        ("ProjectAmended", "local", 3),
    ]
    assert [town in one["sentence"] for one, town in zip(conflict["facts"], ("乙镇", "甲镇"), strict=True)] == [
        True,
        True,
    ]
    assert len(registered.took) == 1
    snapshot("conflict", registered.took[0] + "\n")
    context = Context(LOCAL, registered.services, language=Language.CHINESE)
    told = await schema.execute(AMEND, variable_values={"input": _input("丁镇", 2)}, context_value=context)
    (fact,) = told.data["projectAmend"]["conflict"]["facts"]
    assert fact["sentence"] != conflict["facts"][0]["sentence"]
    assert "乡镇" in fact["sentence"]


async def test_no_more_than_the_newest_are_told_and_that_there_are_others(registered: Api) -> None:
    for number in range(MOST + 2):
        await _amend(registered, f"第{number}镇")
    conflict = (await _amend(registered, "丙镇", 1))["conflict"]
    assert conflict["more"]
    assert [one["position"] for one in conflict["facts"]] == list(range(MOST + 4, 4, -1))


async def test_who_does_not_see_the_trail_is_told_the_version_alone(registered: Api) -> None:
    await _amend(registered, "甲镇")
    clerk = registered.by(Grant.over(Role.REPORTER, QIYANG))
    text = """
        mutation ($input: RecordStartedInput!) {
          gateRecordStarted(input: $input) { userErrors { code } conflict { version facts { name } more } }
        }"""
    answer = await clerk.query(text, input=input_of(RECORD_STARTED, uuid4(), QIYANG, expectedVersion=1))
    assert answer["gateRecordStarted"] == {
        "userErrors": [{"code": "VERSION_CONFLICT"}],
        "conflict": {"version": 2, "facts": [], "more": True},
    }
    assert clerk.took == []


async def test_who_saw_a_version_that_there_is_not_has_missed_nothing(registered: Api) -> None:
    assert (await _amend(registered, "甲镇", 7))["conflict"] == {"version": 1, "facts": [], "more": False}


async def test_the_version_expected_is_no_part_of_what_a_command_id_stands_for(registered: Api) -> None:
    accepted, refused = uuid4(), uuid4()
    first = await _amend(registered, "甲镇", 1, accepted)
    assert (first["version"], first["userErrors"]) == (2, [])
    # Whoever lost the answer, looked again and expects what they found, is told that it was theirs.
    assert await _amend(registered, "甲镇", 2, accepted) == first
    assert await _amend(registered, "甲镇", None, accepted) == first
    # A refusal stands as well: another attempt is another intention, with an id of its own.
    conflict = await _amend(registered, "乙镇", 1, refused)
    again = await _amend(registered, "乙镇", 2, refused)
    assert again["userErrors"] == conflict["userErrors"] != []
    assert (await _amend(registered, "乙镇", 2))["version"] == 3
