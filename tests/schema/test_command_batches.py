"""Batches: every item judged on its own and told in its place, in few transactions, the same again if sent again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4, uuid5

import orjson
import pytest

from schema.command_batches import MOST_ITEMS
from schema.values import encode_id
from service.domain.ceremony import HoldCeremony
from service.domain.decider import NAMESPACE
from service.domain.indicator import StateIndicator
from service.domain.place import OpenPlace, Purpose
from service.domain.roles import Grant, Role
from service.domain.values import Name
from service.handle import Handler
from service.log.log import Log
from service.log.writer import MOST_ITEMS as MOST_IN_ONE
from service.log.writer import Appended, BusyError, Item
from service.telemetry import RECORD, Record, Telemetry
from tests.examples import COMMANDS, OPEN_PLACE, QIYANG, REGISTER, REGISTER_ID, yi
from tests.log.test_handle_many import Counted
from tests.schema.asking import input_of
from tests.schema.story import LENGSHUITAN, register, report
from tests.schema.test_mutations import PROJECT, send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.domain.values import Region
    from tests.schema.conftest import Api

BATCH: Final = """
    mutation ($input: {0}BatchInput!) {{
      answer: {1}Batch(input: $input) {{
        userErrors {{ code path params message }}
        results {{
          commandId id userErrors {{ code path params }} version region {{ code }} position recordedAt
        }}
        accepted refused positions {{ region position }} settled
      }}
    }}"""
REGISTRATIONS: Final = BATCH.format("RegisterProject", "projectRegister")
REPORTS: Final = BATCH.format("ReportCompletion", "completionReport")
AMENDMENTS: Final = BATCH.format("AmendProject", "projectAmend")
DOCUMENTS: Final = {
    HoldCeremony: BATCH.format("HoldCeremony", "ceremonyHold"),
    StateIndicator: BATCH.format("StateIndicator", "indicatorState"),
}


def _id(number: int) -> UUID:
    return UUID(int=0x4000_8000_0000_0009_0000 + number)


def _node(command_id: UUID, region: Region = QIYANG) -> str:
    """Return the global id of the project that a registration makes, as a client may work it out."""
    return encode_id("Project", region, uuid5(NAMESPACE, f"project:{command_id}"))


def _item(number: int, region: Region = QIYANG, **more: Any) -> dict[str, Any]:
    return input_of(register(f"示例项目{number}", region), _id(number), region, **more)


async def _batch(api: Api, text: str, items: Sequence[dict[str, Any]]) -> Any:
    return (await api.query(text, input={"items": list(items)}))["answer"]


def _codes(answer: Any) -> list[list[str]]:
    return [[error["code"] for error in one["userErrors"]] for one in answer["results"]]


@pytest.fixture
async def opened(api: Api) -> Api:
    """Give the API with two ledgers that are open."""
    await send(api, OPEN_PLACE)
    place = OpenPlace(region=LENGSHUITAN, name=Name("冷水滩区"), purpose=Purpose.DEMO)
    await api.services.handler.handle(api.caller, LENGSHUITAN, place, command_id=uuid4())
    return api


def _log(api: Api) -> Log:
    log = api.services.handler._log
    assert isinstance(log, Log)
    return log


async def test_a_thousand_cost_as_many_transactions_as_they_have_runs_and_again_none(opened: Api) -> None:
    log = _log(opened)
    counted = Counted(log)
    api = replace(opened, services=replace(opened.services, handler=Handler(counted)))
    items = [_item(number) for number in range(MOST_ITEMS)]
    for number in (7, 500):
        items[number]["identity"]["name"] = ""
    for number in (8, 999):
        items[number]["identity"]["region"] = "110101"
    before, batches = await api.positions(), log.writer.batches
    answer = await _batch(api, REGISTRATIONS, items)
    runs = -(-(MOST_ITEMS - 2) // MOST_IN_ONE)
    assert (counted.loads, log.writer.batches - batches) == (runs, runs)
    assert (answer["userErrors"], answer["accepted"], answer["refused"], answer["settled"]) == ([], 996, 4, True)
    assert [one["commandId"] for one in answer["results"]] == [item["commandId"] for item in items]
    refused = {number: one["userErrors"] for number, one in enumerate(answer["results"]) if one["userErrors"]}
    assert {number: (one["code"], one["path"]) for number, (one,) in refused.items()} == {
        number: (code, ["input", "items", str(number), "identity", field])
        for number, code, field in (
            (7, "TOO_LONG", "name"),
            (8, "OUTSIDE_PLACE", "region"),
            (500, "TOO_LONG", "name"),
            (999, "OUTSIDE_PLACE", "region"),
        )
    }
    positions = [one["position"] for one in answer["results"] if one["position"] is not None]
    assert positions == list(range(before[QIYANG] + 1, before[QIYANG] + 997))
    assert answer["positions"] == [{"region": QIYANG, "position": positions[-1]}]
    after = await api.positions()
    assert await _batch(api, REGISTRATIONS, items) == answer
    assert (await api.positions(), log.writer.batches - batches) == (after, runs)


async def test_items_may_be_of_several_ledgers_each_with_its_position(opened: Api) -> None:
    before = await opened.positions()
    items = [_item(1), _item(2, LENGSHUITAN), _item(3), _item(4, LENGSHUITAN)]
    answer = await _batch(opened, REGISTRATIONS, items)
    assert [(one["region"]["code"], one["position"]) for one in answer["results"]] == [
        (QIYANG, before[QIYANG] + 1),
        (LENGSHUITAN, before[LENGSHUITAN] + 1),
        (QIYANG, before[QIYANG] + 2),
        (LENGSHUITAN, before[LENGSHUITAN] + 2),
    ]
    assert answer["positions"] == [
        {"region": LENGSHUITAN, "position": before[LENGSHUITAN] + 2},
        {"region": QIYANG, "position": before[QIYANG] + 2},
    ]


async def test_what_an_earlier_item_makes_is_known_by_its_id_before_it_is_sent(opened: Api) -> None:
    part = _item(2)
    part["identity"]["parent"] = _node(_id(1))
    reports = [
        input_of(report(UUID(int=0), through, yi(figure)), uuid4(), QIYANG) | {"projectId": _node(_id(2))}
        for through, figure in (("2022-03", "1.0"), ("2022-04", "2.0"), ("2022-05", "1.5"))
    ]
    text = """
        mutation ($projects: RegisterProjectBatchInput!, $reports: ReportCompletionBatchInput!) {
          projects: projectRegisterBatch(input: $projects) { results { id userErrors { code } } }
          reports: completionReportBatch(input: $reports) { results { id version userErrors { code path } } }
        }"""
    found = await opened.query(text, projects={"items": [_item(1), part]}, reports={"items": reports})
    assert [one["id"] for one in found["projects"]["results"]] == [_node(_id(1)), _node(_id(2))]
    # The third is judged by what the first two have stored.
    assert found["reports"]["results"] == [
        {"id": _node(_id(2)), "version": 1, "userErrors": []},
        {"id": _node(_id(2)), "version": 2, "userErrors": []},
        {
            "id": None,
            "version": None,
            "userErrors": [{"code": "BELOW_COMPLETED", "path": ["input", "items", "2", "reason"]}],
        },
    ]
    (own,) = (await opened.query("query ($id: ID!) { project(id: $id) { parent } }", id=_node(_id(2)))).values()
    assert own["parent"] == _node(_id(1))


async def test_items_on_one_stream_keep_their_order_and_what_each_expects(opened: Api) -> None:
    await send(opened, REGISTER, REGISTER_ID)
    items = [
        {"commandId": str(_id(number)), "projectId": PROJECT, "changes": {"township": town}, "expectedVersion": version}
        for number, town, version in ((1, "甲镇", 1), (2, "乙镇", 2), (3, "丙镇", 2), (4, "丁镇", 3))
    ]
    answer = await _batch(opened, AMENDMENTS, items)
    assert [one["version"] for one in answer["results"]] == [2, 3, None, 4]
    assert _codes(answer) == [[], [], ["VERSION_CONFLICT"], []]


@pytest.mark.parametrize("same_stream", [True, False])
async def test_an_id_that_an_earlier_item_has_used_for_something_else_is_refused(
    opened: Api,
    same_stream: bool,  # noqa: FBT001 - pytest gives it by name.
) -> None:
    answer = await _batch(opened, REGISTRATIONS, [_item(1), _item(2)])
    first, second = (one["id"] for one in answer["results"])
    items = [
        {"commandId": str(_id(9)), "projectId": first, "changes": {"township": "甲镇"}},
        {"commandId": str(_id(9)), "projectId": first if same_stream else second, "changes": {"township": "乙镇"}},
    ]
    for _ in range(2):
        assert _codes(await _batch(opened, AMENDMENTS, items)) == [[], ["COMMAND_ID_REUSED"]]


async def test_of_a_ledger_that_is_not_the_callers_no_item_is_taken_and_the_journal_has_a_line_for_all(
    opened: Api,
) -> None:
    await opened.services.journal.flush()
    clerk = opened.by(Grant.over(Role.COORDINATION_OFFICE, LENGSHUITAN))
    before = await opened.positions()
    items = [_item(number, LENGSHUITAN if number % 2 else QIYANG) for number in range(200)]
    items[1]["identity"]["name"] = ""
    answer = await _batch(clerk, REGISTRATIONS, items)
    assert Counter(code for codes in _codes(answer) for code in codes) == {"FORBIDDEN": 100, "TOO_LONG": 1}
    assert await opened.positions() == before | {LENGSHUITAN: before[LENGSHUITAN] + 99}
    await opened.services.journal.flush()
    sql = "SELECT json_build_array(operation, code, detail, count)::text FROM failed_attempt ORDER BY code LIMIT 10"
    rows = [orjson.loads(row) for row in await opened.services.journal.fetch(sql, [])]
    assert rows == [
        ["projectRegisterBatch", "FORBIDDEN", "", 1],
        ["projectRegisterBatch", "TOO_LONG", "identity.name", 1],
    ]


@pytest.mark.parametrize("count", [0, MOST_ITEMS + 1])
async def test_a_batch_of_none_or_too_many_is_refused_whole(opened: Api, count: int) -> None:
    before = await opened.positions()
    answer = await _batch(opened, REGISTRATIONS, [_item(number) for number in range(count)])
    assert answer["userErrors"] == [
        {
            "code": "INVALID_VALUE",
            "path": ["input", "items"],
            "params": {"rule": "1 to 1000 items in all batches of a document", "got": str(count)},
            "message": "items: 1 to 1000 items in all batches of a document",
        }
    ]
    assert (answer["results"], answer["settled"]) == ([], False)
    assert await opened.positions() == before


async def test_batches_that_share_a_variable_are_bounded_together(opened: Api) -> None:
    before = await opened.positions()
    field = "projectRegisterBatch(input: $input) { accepted userErrors { code path } }"
    fields = " ".join(f"n{number}: {field}" for number in range(3))
    text = f"mutation ($input: RegisterProjectBatchInput!) {{ {fields} }}"
    found = await opened.query(text, input={"items": [_item(number) for number in range(400)]})
    wrong = [{"code": "INVALID_VALUE", "path": ["input", "items"]}]
    assert [(one["accepted"], one["userErrors"]) for one in found.values()] == [(400, []), (400, []), (0, wrong)]
    assert (await opened.positions())[QIYANG] == before[QIYANG] + 400


async def test_each_item_is_counted_and_the_log_line_has_the_last_position(opened: Api) -> None:
    record = Record(telemetry=Telemetry())
    token = RECORD.set(record)
    try:
        items = [_item(number) for number in range(3)]
        items[1]["identity"]["region"] = "110101"
        answer = await _batch(opened, REGISTRATIONS, items)
    finally:
        RECORD.reset(token)
    assert record.position == answer["positions"][0]["position"]
    assert record.telemetry is not None
    counts = {
        code: record.telemetry.registry.get_sample_value(
            "taizhang_commands_total", {"command": "projectRegisterBatch", "code": code}
        )
        for code in ("OK", "OUTSIDE_PLACE")
    }
    assert counts == {"OK": 2, "OUTSIDE_PLACE": 1}


class Failing(Counted):
    """A log that takes so many items, and then is too busy for any more."""

    takes = 100

    async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
        """Append, or be busy."""
        self.takes -= 1
        if self.takes < 0:
            raise BusyError(region)
        return await super().append(region, item, timeout_s=timeout_s)


async def test_a_batch_that_was_cut_short_says_so_and_sent_again_is_carried_out_once(opened: Api) -> None:
    failing = replace(opened, services=replace(opened.services, handler=Handler(Failing(_log(opened)))))
    items = [_item(number) for number in range(200)]
    error = await failing.refused(REGISTRATIONS, input={"items": items})
    assert (error["code"], error["retryable"]) == ("OUTCOME_UNKNOWN", True)
    before = await opened.positions()
    answer = await _batch(opened, REGISTRATIONS, items)
    assert (answer["accepted"], len({one["position"] for one in answer["results"]})) == (200, 200)
    assert (await opened.positions())[QIYANG] - before[QIYANG] == 200 - Failing.takes


@pytest.mark.parametrize("of", DOCUMENTS)
async def test_commands_on_other_things_than_projects_come_in_batches_too(opened: Api, of: type) -> None:
    await send(opened, REGISTER, REGISTER_ID)
    example = next(command for command in COMMANDS.values() if isinstance(command, of))
    answer = await _batch(opened, DOCUMENTS[of], [input_of(example, _id(1), QIYANG)])
    assert (answer["accepted"], _codes(answer)) == (1, [[]])
    assert (answer["results"][0]["id"] is None) == (of is StateIndicator)


async def test_a_system_that_knows_its_own_numbers_alone_registers_finds_and_reports_by_them(opened: Api) -> None:
    items = [_item(number) for number in range(3)]
    for number, item in enumerate(items):
        item["identity"]["references"] = [{"system": "county", "id": f"P-{number % 2}"}]
    answer = await _batch(opened, REGISTRATIONS, items)
    assert _codes(answer) == [[], [], ["ALREADY_CLAIMED"]]
    text = """
        query ($place: String!, $id: String!) {
          projectByReference(place: $place, system: "county", id: $id) { id references { system id } }
        }"""
    found = [(await opened.query(text, place=QIYANG, id=f"P-{number}"))["projectByReference"] for number in range(2)]
    assert found == [
        {"id": answer["results"][number]["id"], "references": [{"system": "county", "id": f"P-{number}"}]}
        for number in range(2)
    ]
    sent = input_of(report(UUID(int=0), "2022-03", yi("1.0")), uuid4(), QIYANG)
    told = await _batch(opened, REPORTS, [sent | {"projectId": found[1]["id"]}])
    assert (told["accepted"], told["results"][0]["id"]) == (1, answer["results"][1]["id"])
