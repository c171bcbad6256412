"""What can't be: a clear refusal or error that names the field, never a fault of ours, and nothing stored."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import orjson
import pytest

from schema.values import encode_id
from service.clock import today_in_china
from tests.conftest import copy
from tests.examples import OPEN_PLACE, PROJECT_ID, QIYANG, REGISTER, REGISTER_ID
from tests.schema.asking import input_of, text_of
from tests.schema.conftest import api_on
from tests.schema.test_mutations import send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

PROJECT = encode_id("Project", QIYANG, PROJECT_ID)
HALF = "\ud83c"
LONG = "长" * 20_000


@pytest.fixture(scope="module")
async def ledger(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API with the examples' project in it, for tests that store nothing."""
    async with copy(cluster, tables) as dsn, api_on(dsn) as ready:
        await send(ready, OPEN_PLACE)
        await send(ready, REGISTER, REGISTER_ID)
        yield ready


@pytest.fixture(autouse=True)
async def _stores_nothing(ledger: Api) -> AsyncIterator[None]:
    before = await ledger.positions()
    yield
    assert await ledger.positions() == before


IDENTITY: dict[str, Any] = {"name": "甲", "region": "431181", "category": "PRODUCTIVE", "track": "PROMOTED"}
COMPLETION: dict[str, Any] = {
    "projectId": PROJECT,
    "through": "2022-03",
    "measure": "YEAR_TO_DATE",
    "basis": "DISPATCH",
    "status": "FINAL",
    "stated": {"figure": "1", "unit": "YI_YUAN"},
}
REGISTRATIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": LONG}, "TOO_LONG", "name"),
    ({"name": " "}, "TOO_LONG", "name"),
    ({"name": f"甲{HALF}"}, "BAD_CHARACTER", "name"),
    ({"name": "甲\x00乙"}, "BAD_CHARACTER", "name"),
    ({"name": "甲\u202e乙"}, "BAD_CHARACTER", "name"),
    ({"content": "长" * 8_001}, "TOO_LONG", "content"),
    ({"region": "431199"}, "UNKNOWN_REGION", "region"),
    ({"region": "110101"}, "OUTSIDE_PLACE", "region"),
    ({"region": HALF}, "UNKNOWN_REGION", "region"),
    ({"category": "INDUSTRY"}, "UNKNOWN_TERM", "category"),
    ({"industry": "C9999"}, "UNKNOWN_INDUSTRY", "industry"),
    ({"codes": ["2103-431181-89-01-100018"]}, "BAD_PROJECT_CODE", "codes.0"),
    ({"owner": {"name": "甲", "creditCode": "91431181MA0000000X"}}, "BAD_CREDIT_CODE", "owner.creditCode"),
    ({"aliases": [str(n) for n in range(51)]}, "INVALID_VALUE", "aliases"),
    ({"references": [{"system": "S", "id": LONG}]}, "TOO_LONG", "references.0.id"),
    ({"plannedStart": "2022-05-01", "plannedCompletion": "2022-04-01"}, "WRONG_ORDER", "plannedCompletion"),
    ({"plannedStart": "0001-01-01"}, "INVALID_VALUE", "plannedStart"),
]


@pytest.mark.parametrize(("wrong", "code", "path"), REGISTRATIONS, ids=lambda value: str(value)[:40])
async def test_a_registration_is_refused_by_its_field(ledger: Api, wrong: dict[str, Any], code: str, path: str) -> None:
    sent = {"commandId": str(uuid4()), "place": "431181", "identity": IDENTITY | wrong}
    answer = (await ledger.query(text_of("RegisterProject"), input=sent))["answer"]
    assert [(one["code"], ".".join(one["path"])) for one in answer["userErrors"]] == [(code, f"input.identity.{path}")]
    assert (answer["version"], answer["position"], answer["project"]) == (None, None, None)
    assert len(str(answer)) < 1000


COMPLETIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"through": f"{today_in_china().year + 1}-02"}, "PERIOD_NOT_BEGUN", "through"),
    ({"through": "2022-13"}, "BAD_PERIOD", "through"),
    ({"through": "二〇二二"}, "BAD_PERIOD", "through"),
    ({"stated": {"figure": "-1", "unit": "YI_YUAN"}}, "BELOW_ZERO", "stated.figure"),
    ({"stated": {"figure": "1e9", "unit": "YI_YUAN"}}, "BAD_FIGURE", "stated.figure"),
    ({"stated": {"figure": "NaN", "unit": "YI_YUAN"}}, "BAD_FIGURE", "stated.figure"),
    ({"stated": {"figure": "0.00000000001", "unit": "YI_YUAN"}}, "BAD_FIGURE", "stated"),
    ({"stated": {"figure": "9" * 30, "unit": "YI_YUAN"}}, "BAD_FIGURE", "stated"),
    ({"stated": {"figure": "1", "unit": "COUNT"}}, "WRONG_UNIT", "stated.unit"),
    ({"stated": {"figure": "1", "unit": "POUND"}}, "WRONG_CURRENCY", "stated.unit"),
    ({"filledBy": f"甲{HALF}"}, "BAD_CHARACTER", "filledBy"),
    ({"projectId": "nonsense"}, "INVALID_VALUE", "projectId"),
    ({"projectId": LONG}, "INVALID_VALUE", "projectId"),
    ({"projectId": encode_id("Place", QIYANG, PROJECT_ID)}, "INVALID_VALUE", "projectId"),
    ({"projectId": encode_id("Project", "431103", PROJECT_ID)}, "NOT_FOUND", "projectId"),
    ({"projectId": encode_id("Project", QIYANG, UUID(int=7))}, "NOT_FOUND", "projectId"),
    ({"documents": [{"title": "甲", "sha256": "00"}]}, "INVALID_VALUE", "documents.0.sha256"),
]


@pytest.mark.parametrize(("wrong", "code", "path"), COMPLETIONS, ids=lambda value: str(value)[:40])
async def test_a_figure_is_refused_by_its_field(ledger: Api, wrong: dict[str, Any], code: str, path: str) -> None:
    sent = {"commandId": str(uuid4()), **COMPLETION, **wrong}
    answer = (await ledger.query(text_of("ReportCompletion"), input=sent))["answer"]
    assert [one["code"] for one in answer["userErrors"]] == [code]
    assert ".".join(answer["userErrors"][0]["path"]).startswith(f"input.{path}")
    assert len(str(answer)) < 1000


async def test_all_that_is_wrong_is_told_at_once(ledger: Api) -> None:
    wrong = {"name": "", "region": "x", "codes": ["y"], "owner": {"name": "\x00"}}
    sent = {"commandId": str(uuid4()), "place": "4311", "identity": IDENTITY | wrong}
    answer = (await ledger.query(text_of("RegisterProject"), input=sent))["answer"]
    inside = {f"input.identity.{field}" for field in ("name", "region", "codes.0", "owner.name")}
    assert {".".join(one["path"]) for one in answer["userErrors"]} == {"input.place", *inside}


async def test_a_place_that_is_none_is_refused(ledger: Api) -> None:
    # A sandbox may have any code of its range; this one keeps no ledger.
    for region, code in (
        ("999999", "PLACE_NOT_OPEN"),
        *((one, "UNKNOWN_REGION") for one in ("000000", HALF, "", LONG)),
    ):
        sent = input_of(REGISTER, uuid4(), QIYANG, place=region)
        answer = (await ledger.query(text_of("RegisterProject"), input=sent))["answer"]
        assert [error["code"] for error in answer["userErrors"]] == [code]


WRONG_TYPES: list[tuple[str, Any]] = [
    ("commandId", 7),
    ("commandId", "7"),
    ("commandId", "7" * 60_000),
    ("commandId", None),
    ("place", 431181),
    ("place", ["431181"]),
    ("expectedVersion", "1"),
    ("expectedVersion", 2**31),
    ("expectedVersion", 1.5),
    ("expectedVersion", float("nan")),
    ("identity", None),
    ("identity", []),
    ("identity", {}),
    ("identity", IDENTITY | {"track": "SIDEWAYS"}),
    ("identity", IDENTITY | {"plannedStart": "2022-02-30"}),
    ("identity", IDENTITY | {"plannedStart": "10000-01-01"}),
    ("identity", IDENTITY | {"plannedStart": "20220201"}),
    ("identity", IDENTITY | {"plannedStart": HALF}),
    ("identity", IDENTITY | {"name": 5}),
    ("identity", IDENTITY | {"unheardOf": 5}),
    ("identity", IDENTITY | {"codes": [None]}),
    ("unheardOf", True),
]


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES, ids=lambda value: str(value)[:40])
async def test_a_value_of_another_type_is_a_bad_request(ledger: Api, name: str, value: object) -> None:
    sent = input_of(REGISTER, uuid4(), QIYANG) | {name: value}
    answer = await ledger.ask(text_of("RegisterProject"), input=sent)
    assert {error.extensions["code"] for error in answer.errors} == {"BAD_REQUEST"}
    assert all(len(error.message) < 2000 for error in answer.errors)


@pytest.mark.parametrize("position", ["15", -1, 1.0, 2**53, 10**400, True, None, [1]], ids=repr)
async def test_a_position_is_a_whole_number_that_json_keeps(ledger: Api, position: object) -> None:
    sent = {"commandId": str(uuid4()), "place": "431181", "position": position, "path": "filled_by", "reason": "甲"}
    assert (await ledger.refused(text_of("ErasePersonalData"), input=sent))["code"] == "BAD_REQUEST"


async def test_a_position_beyond_an_int_is_taken(ledger: Api) -> None:
    sent = {"commandId": str(uuid4()), "place": "431181", "position": 2**53 - 1, "path": "filled_by", "reason": "甲"}
    answer = (await ledger.query(text_of("ErasePersonalData"), input=sent))["answer"]
    assert [one["code"] for one in answer["userErrors"]] == ["NOTHING_TO_ERASE"]


def forged(*parts: Any) -> str:
    """Return a cursor made by hand."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode()


QUERIES: list[tuple[str, dict[str, Any], str, str]] = [
    ("project(id: $x) { name }", {"x": "nonsense"}, "INVALID_VALUE", "id"),
    ("project(id: $x) { name }", {"x": encode_id("Place", QIYANG, PROJECT_ID)}, "INVALID_VALUE", "id"),
    ("project(id: $x) { name }", {"x": base64.b64encode(b"Project:431181:x").decode()}, "INVALID_VALUE", "id"),
    ("project(id: $x) { name }", {"x": PROJECT.rstrip("=") + "\n=="}, "INVALID_VALUE", "id"),
    ("project(id: $x) { name }", {"x": HALF}, "INVALID_VALUE", "id"),
    ("project(id: $x) { name }", {"x": LONG}, "INVALID_VALUE", "id"),
    ("auditTrail(project: $x) { nodes { name } }", {"x": "x"}, "INVALID_VALUE", "project"),
    ("projectByCode(code: $s) { name }", {"s": "2103-431181-89-01-100018"}, "BAD_PROJECT_CODE", "code"),
    ("projectByCode(code: $s) { name }", {"s": LONG}, "BAD_PROJECT_CODE", "code"),
    ("projectByCode(code: $s, place: $s) { name }", {"s": "2103-431181-89-01-100019"}, "UNKNOWN_REGION", "place"),
    ('projectByReference(system: $s, id: "7") { name }', {"s": HALF}, "BAD_CHARACTER", "system"),
    ('projectByReference(system: $s, id: "7") { name }', {"s": "S\nT"}, "BAD_CHARACTER", "system"),
    ('projectByReference(system: "S", id: $s) { name }', {"s": "\x00"}, "BAD_CHARACTER", "id"),
    ("projects(filter: { region: $s }) { nodes { name } }", {"s": "4311"}, "UNKNOWN_REGION", "filter.region"),
    ("projects(filter: { region: $s }) { nodes { name } }", {"s": HALF}, "UNKNOWN_REGION", "filter.region"),
    ("projects(filter: { category: [$s] }) { nodes { name } }", {"s": HALF}, "BAD_CHARACTER", "filter.category"),
    ("projects(filter: { category: [$s] }) { nodes { name } }", {"s": "\x00"}, "BAD_CHARACTER", "filter.category"),
    ("projects(first: $n) { nodes { name } }", {"n": 0}, "INVALID_VALUE", "first"),
    ("projects(first: $n) { nodes { name } }", {"n": -1}, "INVALID_VALUE", "first"),
    ("projects(first: $n) { nodes { name } }", {"n": 201}, "INVALID_VALUE", "first"),
    ("projects(after: $s) { nodes { name } }", {"s": ""}, "INVALID_VALUE", "after"),
    ("projects(after: $s) { nodes { name } }", {"s": "bm90"}, "INVALID_VALUE", "after"),
    ("projects(after: $s) { nodes { name } }", {"s": HALF}, "INVALID_VALUE", "after"),
    ("projects(after: $s) { nodes { name } }", {"s": base64.b64encode(b"7").decode()}, "INVALID_VALUE", "after"),
    ("projects(after: $s) { nodes { name } }", {"s": forged({"a": 1}, 2, 3, 4)}, "INVALID_VALUE", "after"),
    ("investmentTotals(basis: PAID, filter: { region: $s }) { on }", {"s": "x"}, "UNKNOWN_REGION", "filter.region"),
    ("investmentTotals(basis: PAID) { rows { rate(decimals: $n) } }", {"n": 11}, "INVALID_VALUE", "decimals"),
    ("investmentTotals(basis: PAID) { rows { ahead(decimals: $n) } }", {"n": -1}, "INVALID_VALUE", "decimals"),
    ("investmentTotals(basis: PAID) { rows { yearToDate { amount(decimals: $n) } } }", {"n": 11}, "INVALID_VALUE",
     "decimals"),
    ("investmentTotals(basis: PAID) { rows { completed { amount(unit: POUND) } } }", {}, "WRONG_CURRENCY", "unit"),
    ("investmentTotals(basis: PAID) { rows { completed { amount(unit: COUNT) } } }", {}, "WRONG_CURRENCY", "unit"),
]  # fmt: skip
_KINDS = {"x": "ID!", "s": "String!", "n": "Int!"}


@pytest.mark.parametrize(("text", "variables", "code", "path"), QUERIES, ids=lambda value: str(value)[:50])
async def test_an_argument_that_can_not_be_is_named(
    ledger: Api, text: str, variables: dict[str, Any], code: str, path: str
) -> None:
    declared = ", ".join(f"${name}: {_KINDS[name]}" for name in variables)
    refused = await ledger.refused(f"query {f'({declared})' if declared else ''} {{ {text} }}", **variables)
    assert (refused["code"], ".".join(refused["path"])) == (code, path)
    assert refused["messageZh"]
    assert len(str(refused)) < 1000


async def test_a_cursor_is_of_one_query_order_and_filter(told: Api) -> None:
    page = "pageInfo { endCursor }"
    cursors = {
        "first: 1": (await told.query(f"{{ c: projects(first: 1) {{ {page} }} }}"))["c"]["pageInfo"]["endCursor"],
        "trail": (
            await told.query(f'{{ c: auditTrail(first: 1, project: "{PROJECT}") {{ {page} }} }}')
        )["c"]["pageInfo"]["endCursor"],
    }  # fmt: skip
    mark = orjson.loads(base64.urlsafe_b64decode(cursors["first: 1"]))[0]
    for cursor, arguments in (
        (cursors["first: 1"], "orderBy: { field: REGISTERED_AT, direction: DESC }"),
        (cursors["first: 1"], 'filter: { region: "431181" }'),
        (cursors["first: 1"], "filter: { includeVoided: true }"),
        (cursors["trail"], "first: 1"),
        (forged(mark), "first: 1"),
        (forged(mark, "甲", "431181", "no uuid"), "first: 1"),
        (forged(mark, "甲", "431181", None), "first: 1"),
        (forged(mark, 1, "431181", str(PROJECT_ID)), "first: 1"),
        (forged(mark, "\x00", "431181", str(PROJECT_ID)), "first: 1"),
    ):
        refused = await told.refused(f'{{ projects(after: "{cursor}", {arguments}) {{ nodes {{ name }} }} }}')
        assert refused["path"] == ["after"], (cursor, arguments)
    # The number of items is no part of what a cursor is of.
    assert await told.query(f'{{ projects(first: 3, after: "{cursors["first: 1"]}") {{ nodes {{ name }} }} }}')


DOCUMENTS = [
    "{",
    "{ nonsense }",
    '{ projectByCode(code: "\\uD83C") { name } }',
    '{ projectByCode(code: "\\u{110000}") { name } }',
    "{ projects(first: 1.5) { nodes { name } } }",
    "{ projects(first: NaN) { nodes { name } } }",
    '{ investmentTotals(basis: DISPATCH, on: "10000-01-01") { on } }',
    '{ investmentTotals(basis: DISPATCH, on: "2022-W17-6") { on } }',
    "{ investmentTotals(basis: GUESSED) { on } }",
    "{ projects { nodes { name(x: 1) } } }",
    "{ projects " * 400,
    "{" * 400,
    "{ projectByCode(code: " + "[" * 400,
    "{ a: __typename " * 1001,
    "{ projects { nodes { ...F } } } fragment F on Project { ...F }",
]  # fmt: skip


@pytest.mark.parametrize("text", DOCUMENTS, ids=lambda text: text[:40])
async def test_a_document_that_is_none_is_a_bad_request(ledger: Api, text: str) -> None:
    answer = await ledger.ask(text)
    assert answer.errors
    assert {(error.extensions or {})["code"] for error in answer.errors} == {"BAD_REQUEST"}
