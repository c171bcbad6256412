"""Who sees a part of a ledger may not learn of the rest by what they send about their part."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from schema.values import encode_id
from service.access import Caller
from service.domain.roles import Area, Grant, Role, Scope
from tests.access.walking import Told, ask
from tests.access.world import (
    CEREMONY_IDS,
    FIRST,
    OPEN_ID,
    OWN_IDS,
    PARK,
    SHARED_ID,
    SIBLING,
    UNIT,
    VICTIM,
    post_of,
    project_of,
)
from tests.schema.asking import text_of
from tests.schema.conftest import Api

SECRET, ABSENT = FIRST.secrets[0], project_of(999)
PARTS = {
    "unit": Scope(area=Area(VICTIM), unit=UNIT),
    "park": Scope(area=Area(VICTIM), park=PARK),
    "project": Scope(area=Area(VICTIM), project=SHARED_ID),
}


def _caller(scope: Scope) -> Caller:
    return Caller("oidc:part", grants=(Grant(role=Role.COUNTY_APPROVER, scope=scope),))


def _id(of: UUID) -> str:
    return encode_id("Project", VICTIM, of)


async def _send(api: Api, caller: Caller, command: str, **sent: Any) -> Told:
    return await ask(api, caller, text_of(command), {"input": {"commandId": str(uuid4()), **sent}})


def _errors(told: Told) -> list[Any]:
    found: list[Any] = told.data["answer"]["userErrors"]
    return found


@pytest.mark.parametrize("part", PARTS)
async def test_a_project_of_a_part_is_not_merged_into_one_of_the_rest(world: Api, part: str) -> None:
    before = await world.positions()
    told = {
        into: await _send(world, _caller(PARTS[part]), "MergeProject", projectId=_id(SHARED_ID), into=_id(into),
                          reason="同一项目")
        for into in (SECRET, FIRST.secrets[2], FIRST.secrets[3], OPEN_ID, ABSENT)
    }  # fmt: skip
    # Voided, merged, published, not there at all: nobody can tell which.
    assert len({one.text for one in told.values()}) == 1
    assert [(one["code"], one["path"]) for one in _errors(told[SECRET])] == [("NOT_FOUND", ["input", "into"])]
    assert await world.positions() == before


async def test_a_project_is_merged_into_one_of_the_same_part(world: Api) -> None:
    caller = _caller(PARTS["unit"])
    identity = {"name": "同一项目", "region": "431181", "category": "PRODUCTIVE", "track": "PROMOTED"}
    told = await _send(
        world, caller, "RegisterProject", place=str(VICTIM), identity=identity | {"responsibleUnit": UNIT}
    )
    twin = told.data["answer"]["project"]["id"]
    told = await _send(world, caller, "MergeProject", projectId=twin, into=_id(SHARED_ID), reason="同一项目")
    assert _errors(told) == []


async def test_naming_one_of_the_rest_as_parent_tells_nothing_of_it(world: Api) -> None:
    caller, answers = _caller(PARTS["unit"]), []
    for parent in (SECRET, ABSENT):
        told = await _send(world, caller, "AmendProject", projectId=_id(SHARED_ID), changes={"parent": _id(parent)})
        answers.append((_errors(told), told.errors))
        shown = await ask(world, caller, "query ($id: ID!) { project(id: $id) { name } }", {"id": _id(parent)})
        assert shown.data == {"project": None}
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("name", "sent"), [
    ("RegisterProject", {"place": str(VICTIM), "identity": {
        "name": "别的单位的项目", "region": "431181", "category": "PRODUCTIVE", "track": "PROMOTED",
        "responsibleUnit": "别的单位"}}),
    ("IncludeInAnnualPlan", {"place": str(VICTIM), "listOwner": "431181", "year": 2022, "source": {"title": "名单"},
                             "entries": [{"projectId": _id(SHARED_ID), "planClass": "CONTINUING",
                                          "completesThisYear": False}]}),
    ("HoldCeremony", {"place": str(VICTIM), "name": "活动", "occurredOn": "2022-05-01", "series": "THREE_BATCHES",
                      "period": 9, "entries": [{"projectId": _id(SECRET), "kind": "START"}]}),
    ("SetAnnualTarget", {"place": str(VICTIM), "year": 2022, "measure": "INVESTMENT", "operator": "EXACTLY",
                         "stated": {"figure": "1", "unit": "YI_YUAN"}}),
    ("ErasePersonalData", {"place": str(VICTIM), "position": "@", "path": "holder", "reason": "本人申请"}),
])  # fmt: skip
async def test_what_is_of_the_ledger_is_not_for_who_has_a_part(world: Api, name: str, sent: dict[str, Any]) -> None:
    before = await world.positions()
    sent = json.loads(json.dumps(sent).replace('"@"', "20"))
    told = await _send(world, _caller(PARTS["unit"]), name, **sent)
    assert [one["code"] for one in _errors(told)] == ["FORBIDDEN"]
    assert await world.positions() == before


async def test_a_post_of_the_rest_is_not_ended_by_naming_a_project_of_the_part(world: Api) -> None:
    caller = _caller(PARTS["unit"])
    answers = [
        await _send(world, caller, "EndPost", projectId=_id(SHARED_ID), postId=str(post_of(of)),
                    until="2022-05-01", reason="工作调动")
        for of in (SECRET, ABSENT, OWN_IDS[SIBLING])
    ]  # fmt: skip
    assert len({one.text for one in answers}) == 1
    assert _errors(answers[0])


async def test_a_part_sees_the_ceremonies_that_list_it_and_no_other_entry_of_them(world: Api) -> None:
    text = """query ($id: ID!) {
        project(id: $id) { batches { ceremonyId name } }
        ceremonies(region: "431181") { nodes { id entries { projectId } batches { kind } } }
        batchCounts { whole { memberships projects ceremonies } }
    }"""
    told = await ask(world, _caller(PARTS["project"]), text, {"id": _id(SHARED_ID)})
    assert told.errors == ()
    held = encode_id("Ceremony", VICTIM, CEREMONY_IDS[VICTIM])
    (batch,) = told.data["project"]["batches"]
    assert batch["ceremonyId"] == held
    (node,) = told.data["ceremonies"]["nodes"]
    # What its account says of all that it lists is of the ledger.
    assert node == {"id": held, "entries": [{"projectId": _id(SHARED_ID)}], "batches": []}
    assert told.data["batchCounts"]["whole"] == {"memberships": 1, "projects": 1, "ceremonies": 1}
