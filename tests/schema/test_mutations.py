"""Every command through the API: what its payload says, the same again for the same id, and conflicts."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from schema import schema
from schema.context import Context
from schema.values import encode_id
from service.access import LOCAL
from service.domain.deciders import DECIDER_OF
from tests.examples import (
    ASIDE,
    COMMAND_IDS,
    COMMANDS,
    OPEN_PLACE,
    PROJECT_ID,
    QIYANG,
    RECORD_STARTED,
    REGISTER,
    REGISTER_ID,
    VOID,
)
from tests.schema.asking import input_of, mutation_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.schema.conftest import Api

PROJECT = encode_id("Project", QIYANG, PROJECT_ID)


def _id_of(name: str) -> UUID:
    return COMMAND_IDS.get(name) or UUID(int=0x4000_8000_0000_0001_0000 + list(COMMANDS).index(name))


async def send(api: Api, command: object, command_id: UUID | None = None, **more: Any) -> Any:
    """Send a command and return the payload."""
    sent = input_of(command, command_id or uuid4(), QIYANG, **more)
    return (await api.query(text_of(type(command).__name__), input=sent))["answer"]


async def test_every_command_once_and_then_all_again(api: Api, snapshot: Callable[[str, str], None]) -> None:
    told, answers = [], {}
    for name, command in COMMANDS.items():
        answers[name] = await send(api, command, _id_of(name))
        payload = json.dumps(answers[name], ensure_ascii=False, indent=2)
        told.append(f"{name}: {mutation_of(type(command).__name__)[0]}\n{payload}\n")
        assert answers[name]["userErrors"] == []
        assert answers[name]["settled"]
        assert len(api.took) <= 1
    snapshot("mutations", "\n".join(told))
    positions = await api.positions()
    for name, command in COMMANDS.items():
        again = await send(api, command, _id_of(name))
        assert {key: again[key] for key in ("userErrors", "version", "position", "settled")} == {
            key: answers[name][key] for key in ("userErrors", "version", "position", "settled")
        }
    assert await api.positions() == positions == {"431181": len(COMMANDS)}


def test_every_command_has_a_mutation_and_every_mutation_an_example() -> None:
    mutations = {mutation_of(of.__name__)[0] for of in DECIDER_OF}
    fields = schema._schema.mutation_type.fields
    assert mutations == {name for name, of in fields.items() if of.type.name != "CommandBatchPayload"}
    examples = [*COMMANDS.values(), *(command for command, _ in ASIDE.values())]
    assert mutations == {mutation_of(type(command).__name__)[0] for command in examples}


@pytest.fixture
async def registered(api: Api) -> Api:
    """Give the API with the examples' project in it."""
    for name in ("OPEN_PLACE", "REGISTER"):
        assert (await send(api, COMMANDS[name], _id_of(name)))["userErrors"] == []
    return api


async def test_an_id_that_is_used_for_another_content_is_refused(registered: Api) -> None:
    answer = await send(registered, VOID, REGISTER_ID)
    assert answer["userErrors"] == [{"code": "COMMAND_ID_REUSED", "path": ["input", "commandId"], "params": {}}]
    assert (answer["version"], answer["position"], answer["project"]) == (None, None, None)


async def test_a_version_that_has_moved_on_is_refused(registered: Api) -> None:
    answer = await send(registered, RECORD_STARTED, expectedVersion=0)
    assert answer["userErrors"] == [
        {"code": "VERSION_CONFLICT", "path": ["input", "expectedVersion"], "params": {"version": "1", "position": "2"}}
    ]
    assert (await send(registered, RECORD_STARTED, expectedVersion=1))["version"] == 2


async def test_of_two_that_saw_one_version_one_is_refused(registered: Api) -> None:
    answers = await asyncio.gather(send_beside(registered, RECORD_STARTED), send_beside(registered, VOID))
    assert sorted(len(one["userErrors"]) for one in answers) == [0, 1]


async def send_beside(api: Api, command: object) -> Any:
    """Send a command that expects the first version, beside others."""
    sent = input_of(command, uuid4(), QIYANG, expectedVersion=1)
    answer = await schema.execute(
        text_of(type(command).__name__), variable_values={"input": sent}, context_value=Context(LOCAL, api.services)
    )
    assert answer.errors is None
    return answer.data["answer"]


async def test_what_is_already_so_stores_nothing_and_still_shows_the_project(registered: Api) -> None:
    first = await send(registered, RECORD_STARTED)
    again = await send(registered, RECORD_STARTED)
    assert (again["version"], again["position"], again["settled"]) == (first["version"], None, True)
    assert again["project"] == first["project"]


async def test_the_project_of_a_payload_may_be_asked_for_by_alias_fragment_and_twice(registered: Api) -> None:
    text = """
        mutation ($input: RecordStartedInput!, $no: Boolean!) {
          gateRecordStarted(input: $input) {
            ...P one: project { name } two: project { stage { code } }
            project @include(if: $no) { township }
          }
        }
        fragment P on ProjectPayload { project { ...N } }
        fragment N on Project { __typename stage { code } }"""
    data = await registered.query(text, input=input_of(RECORD_STARTED, uuid4(), QIYANG), no=False)
    assert data["gateRecordStarted"] == {
        "project": {"__typename": "Project", "stage": {"code": "CONSTRUCTION"}},
        "one": {"name": "演示竹木新材料产业园一期"},
        "two": {"stage": {"code": "CONSTRUCTION"}},
    }


async def test_two_mutations_of_one_request_run_one_after_the_other(registered: Api) -> None:
    text = """
        mutation ($start: RecordStartedInput!, $void: VoidProjectInput!) {
          start: gateRecordStarted(input: $start) { project { version voided } }
          void: projectVoid(input: $void) { project { version voided } }
        }"""
    start, void = (input_of(command, uuid4(), QIYANG) for command in (RECORD_STARTED, VOID))
    assert await registered.query(text, start=start, void=void) == {
        "start": {"project": {"version": 2, "voided": False}},
        "void": {"project": {"version": 3, "voided": True}},
    }


async def test_null_is_as_not_sent_except_where_it_empties(api: Api) -> None:
    await send(api, OPEN_PLACE, categories=None, currency=None, startBasis=None, expectedVersion=None)
    answer = await send(api, REGISTER, REGISTER_ID, documents=None)
    assert answer["userErrors"] == []
    changes = {"aliases": None, "township": None, "owner": None}
    amend = {"commandId": str(uuid4()), "projectId": PROJECT, "changes": changes}
    await api.query("mutation ($i: AmendProjectInput!) { projectAmend(input: $i) { version } }", i=amend)
    data = await api.query("query ($id: ID!) { project(id: $id) { aliases township owner { name } park } }", id=PROJECT)
    assert data["project"] == {"aliases": [], "township": None, "owner": None, "park": "演示工业园"}
    # A project can't be without a name.
    data = await api.query(
        "mutation ($i: AmendProjectInput!) { projectAmend(input: $i) { userErrors { code path } } }",
        i=amend | {"commandId": str(uuid4()), "changes": {"name": None}},
    )
    (error,) = data["projectAmend"]["userErrors"]
    assert error == {"code": "INVALID_VALUE", "path": ["input", "changes", "name"]}
