"""Commands on ceremonies as a client sends them: lists of projects, periods that are taken, versions that moved on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from schema.commands import MOST_IDS
from schema.values import encode_id
from service.domain import ceremony
from service.domain.ceremony import CeremonyEntry
from service.domain.values import Reason
from tests.examples import OPEN_PLACE, QIYANG
from tests.schema.asking import input_of, text_of
from tests.schema.story import register
from tests.schema.test_ceremonies import (
    JOINT,
    START,
    YONGZHOU,
    ceremony_of,
    held,
    id_of,
    ledgers,
    project_of,
    tell,
    tell_at_once,
)

if TYPE_CHECKING:
    from tests.schema.conftest import Api

__all__ = ["ledgers"]


async def send(api: Api, command: object, command_id: UUID | None = None, **more: Any) -> Any:
    """Send a command to the county and return the payload."""
    sent = input_of(command, command_id or uuid4(), QIYANG, **more)
    return (await api.query(text_of(type(command).__name__), input=sent))["answer"]


async def test_a_period_is_free_again_once_its_ceremony_was_withdrawn(api: Api) -> None:
    await tell(api, QIYANG, {1: OPEN_PLACE})
    assert (await send(api, held("2022-04-01", {}, period=1), id_of(2)))["userErrors"] == []
    refused = await send(api, held("2022-04-02", {}, period=1))
    assert refused["userErrors"] == [
        {"code": "ALREADY_CLAIMED", "path": ["input"], "params": {"values": "THREE_BATCHES 1"}}
    ]
    # Another series has numbers of its own.
    assert (await send(api, held("2022-04-02", {}, period=1, series=JOINT)))["userErrors"] == []
    withdraw = ceremony.WithdrawCeremony(ceremony_id=ceremony_of(2), reason=Reason("日期有误"))
    assert (await send(api, withdraw))["ceremony"]["withdrawn"] is True
    assert (await send(api, held("2022-04-02", {}, period=1)))["userErrors"] == []


async def test_a_project_of_a_list_is_refused_by_its_place_in_it(ledgers: Api) -> None:
    before = await ledgers.positions()
    sent = input_of(held("2022-05-07", {}, period=5), uuid4(), QIYANG)

    def entry(project_id: str) -> dict[str, str]:
        return {"projectId": project_id, "kind": "START"}

    good = entry(encode_id("Project", QIYANG, project_of(2)))
    for wrong, code in (
        ("nonsense", "INVALID_VALUE"),
        (encode_id("Ceremony", QIYANG, ceremony_of(9)), "INVALID_VALUE"),
        (encode_id("Project", QIYANG, UUID(int=7)), "NOT_FOUND"),
        (encode_id("Project", YONGZHOU, project_of(102)), "NOT_FOUND"),
        (encode_id("Project", QIYANG, project_of(4)), "VOIDED"),
    ):
        answer = (await ledgers.query(text_of("HoldCeremony"), input=sent | {
            "commandId": str(uuid4()), "entries": [good, entry(wrong)]
        }))["answer"]  # fmt: skip
        assert [(one["code"], one["path"]) for one in answer["userErrors"]] == [
            (code, ["input", "entries", "1", "projectId"])
        ]
    # All that is wrong is told at once.
    answer = (await ledgers.query(text_of("HoldCeremony"), input=sent | {
        "place": "4311", "name": "", "entries": [entry("x"), good]
    }))["answer"]  # fmt: skip
    assert {".".join(one["path"]) for one in answer["userErrors"]} == {
        "input.place",
        "input.name",
        "input.entries.0.projectId",
    }
    assert await ledgers.positions() == before


async def test_a_list_without_end_is_refused_with_a_bounded_answer(ledgers: Api) -> None:
    endless = [{"projectId": "x", "kind": "START"}] * 20_000
    sent = input_of(held("2022-05-07", {}, period=5), uuid4(), QIYANG, entries=endless)
    answer = (await ledgers.query(text_of("HoldCeremony"), input=sent))["answer"]
    assert len(answer["userErrors"]) == MOST_IDS + 1
    assert answer["userErrors"][-1]["path"] == ["input", "entries"]


async def test_a_place_by_its_former_code_lists_its_projects(api: Api) -> None:
    await tell(api, QIYANG, {1: OPEN_PLACE, 2: register("甲", QIYANG)})
    answer = await send(api, held("2022-04-28", {2: (START,)}, period=1), place="431121")
    assert (answer["userErrors"], answer["ceremony"]["entries"]) == ([], [{"kind": "START"}])


async def test_five_hundred_projects_are_listed_by_one_command(api: Api) -> None:
    await tell(api, QIYANG, {1: OPEN_PLACE})
    many = range(100, 600)
    await tell_at_once(api, QIYANG, {number: register(f"项目{number}", QIYANG) for number in many})
    command = held("2022-04-28", dict.fromkeys(many, (START,)), period=1)
    answer = await send(api, command)
    assert answer["userErrors"] == []
    assert await api.services.runner.wait_for(QIYANG, answer["position"], 20)
    data = await api.query("{ ceremonies { nodes { entries { kind } batches { counted } } } }")
    (row,) = data["ceremonies"]["nodes"]
    assert (len(row["entries"]), row["batches"]) == (500, [{"counted": 500}])
    over = replace(command, period=2, entries=(*command.entries, CeremonyEntry(project_id=UUID(int=7), kind=START)))
    assert [one["path"] for one in (await send(api, over))["userErrors"]] == [["input", "entries"]]


async def test_of_a_correction_and_a_withdrawal_that_saw_one_version_one_is_refused(api: Api) -> None:
    await tell(api, QIYANG, {1: OPEN_PLACE, 2: register("甲", QIYANG), 3: held("2022-04-28", {}, period=1)})
    entry = CeremonyEntry(project_id=project_of(2), kind=START)
    correct = ceremony.CorrectCeremony(ceremony_id=ceremony_of(3), added=(entry,), reason=Reason("漏列"))
    withdraw = ceremony.WithdrawCeremony(ceremony_id=ceremony_of(3), reason=Reason("重复登记"))
    assert (await send(api, correct, expectedVersion=1))["version"] == 2
    refused = await send(api, withdraw, expectedVersion=1)
    assert [one["code"] for one in refused["userErrors"]] == ["VERSION_CONFLICT"]
    assert refused["ceremony"] is None
