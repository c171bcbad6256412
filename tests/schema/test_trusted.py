"""Trusted documents: asked for by an id over every transport, known for good, and where it is set so the only ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from schema import schema
from schema.documents import KEPT, Documents, RefusedError
from schema.http import EVENTS, JSON, RESPONSE
from schema.manifest import MOST_BYTES, MOST_DOCUMENTS, ManifestError, load
from schema.trusted import DocumentId
from service.app import build
from service.auth import Development
from service.config import Settings
from service.explorer import closed
from tests.conftest import copy
from tests.schema.serving import serving
from tests.system.sockets import greet, opened, receive, send

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from service.embedded import EmbeddedPostgres
    from tests.schema.conftest import Api

DATA: Final = Path(__file__).parents[1] / "data"
PLACES: Final = "query Places { places { position } }"
PAGE: Final = "query Page($n: Int!) { projects(first: $n) { nodes { timeline(first: $n) { nodes { on } } } } }"
VOID: Final = "mutation Void($i: VoidProjectInput!) { projectVoid(input: $i) { version } }"
FOLLOW: Final = "subscription Follow { changes(from: BEGINNING) { cursor } }"
OTHER: Final = "{ places { name } }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


MANIFEST: Final = {
    f"sha256:{sha256(PLACES)}": PLACES,
    sha256(PAGE): PAGE,
    sha1(VOID): VOID,
    "x-desk:void.1": VOID,
    "follow~1": FOLLOW,
}
IDS: Final = {
    f"sha256:{sha256(PLACES)}": PLACES,
    sha256(PLACES): PLACES,
    f"sha256:{sha256(PAGE)}": PAGE,
    sha256(PAGE): PAGE,
    sha1(VOID): VOID,
    "x-desk:void.1": VOID,
    "follow~1": FOLLOW,
}
"""Every spelling by which one may be asked for -> its text."""
NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"
ONLY: Final = "PERSISTED_QUERY_ONLY"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents") / "persisted-documents.json"
    path.write_text(json.dumps(MANIFEST), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
async def dsn(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[str]:
    async with copy(cluster, tables) as dsn:
        yield dsn


def _client(dsn: str, settings: Settings) -> Iterator[TestClient]:
    trial = Development("d" * 32)
    with TestClient(build(dsn, settings, trial), base_url="http://127.0.0.1") as ready:
        ready.headers["Authorization"] = f"Bearer {trial.token}"
        yield ready


@pytest.fixture(scope="module")
def client(dsn: str, manifest: Path) -> Iterator[TestClient]:
    """Give the application as it takes texts, too."""
    yield from _client(dsn, Settings(pool_size=2, documents=manifest, metrics_token="m" * 32))


@pytest.fixture(scope="module")
def strict(dsn: str, manifest: Path) -> Iterator[TestClient]:
    """Give the application as it takes nothing but what the manifest has."""
    yield from _client(dsn, Settings(pool_size=2, documents=manifest, documents_only=True))


def code_of(body: Any) -> str:
    (error,) = body["errors"]
    assert error["message"]
    assert error["extensions"]["messageZh"]
    return str(error["extensions"]["code"])


def test_each_document_is_known_by_every_spelling_of_its_id(manifest: Path) -> None:
    trusted = load(manifest)
    assert set(trusted.by_id) == set(IDS)
    assert set(trusted.by_text) == set(MANIFEST.values())
    for name, text in IDS.items():
        assert trusted.by_id[name] is trusted.by_text[text]


def test_a_manifest_as_graphql_codegen_writes_it_is_taken() -> None:
    """By @graphql-codegen/client-preset 6.2.0 with `persistedDocuments: true`, of examples/typescript."""
    path = DATA / "persisted-documents.json"
    trusted = load(path)
    written = json.loads(path.read_text("utf-8"))
    assert len(written) == 6
    assert trusted.by_id.keys() == {*written, *(one.removeprefix("sha256:") for one in written)}


@pytest.mark.parametrize("name", [one for one, text in IDS.items() if text == PLACES])
def test_an_id_is_asked_as_its_text_is(client: TestClient, name: str) -> None:
    wanted = client.post("/graphql", json={"query": PLACES}).json()
    assert "errors" not in wanted
    assert client.post("/graphql", json={"documentId": name}).json() == wanted
    assert client.post("/graphql", json={"documentId": name, "query": None, "operationName": "Places"}).json() == wanted
    assert client.get("/graphql", params={"documentId": name}).json() == wanted
    events = client.post("/graphql", json={"documentId": name}, headers={"accept": EVENTS})
    assert f"data: {json.dumps(wanted, separators=(',', ':'))}" in events.text


def test_an_id_takes_variables(client: TestClient) -> None:
    asked = {"documentId": sha256(PAGE), "variables": {"n": 3}}
    assert client.post("/graphql", json=asked).json() == {"data": {"projects": {"nodes": []}}}
    sent = {"documentId": sha256(PAGE), "variables": json.dumps({"n": 3})}
    assert client.get("/graphql", params=sent).json() == {"data": {"projects": {"nodes": []}}}


def test_a_limit_on_variables_holds_for_trusted_documents_too(client: TestClient) -> None:
    answer = client.post("/graphql", json={"documentId": sha256(PAGE), "variables": {"n": 400}})
    assert code_of(answer.json()) == "TOO_COMPLEX"


def test_nothing_is_changed_by_a_get(client: TestClient) -> None:
    answer = client.get("/graphql", params={"documentId": sha1(VOID), "variables": '{"i": {}}'})
    assert (answer.status_code, code_of(answer.json())) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("name", [sha256(OTHER), f"sha256:{sha256(OTHER)}", sha1(PLACES), "x" * 10_000, PLACES, "…"])
@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (RESPONSE, 404), (EVENTS, 404)])
def test_an_unknown_id_is_told_so(client: TestClient, name: str, accept: str, status: int) -> None:
    answer = client.post("/graphql", json={"documentId": name}, headers={"accept": accept})
    assert (answer.status_code, code_of(answer.json())) == (status, NOT_FOUND)
    assert set(answer.json()) == {"errors"}


@pytest.mark.parametrize(
    "sent",
    [
        {"query": PLACES, "documentId": sha256(PLACES)},
        {"documentId": ""},
        {"documentId": 1},
        {"documentId": ["x"]},
        {"documentId": {"sha256": sha256(PLACES)}},
        {"documentId": None},
    ],
)
def test_a_request_has_a_text_or_an_id(client: TestClient, sent: dict[str, Any]) -> None:
    answer = client.post("/graphql", json=sent)
    assert (answer.status_code, code_of(answer.json())) == (400, "BAD_REQUEST")


def _over_a_socket(client: TestClient, payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what an operation is answered, up to its end."""
    token = client.headers["authorization"]
    here = {"host": "127.0.0.1"}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=here) as socket:
        socket.send_json({"type": "connection_init", "payload": {"Authorization": token}})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"type": "subscribe", "id": "1", "payload": payload})
        told: list[dict[str, Any]] = []
        while not told or told[-1]["type"] == "next":
            told.append(socket.receive_json())
        return told


@pytest.mark.parametrize("more", [{}, {"query": ""}, {"query": None}])
def test_a_socket_takes_an_id_in_the_place_of_a_text(client: TestClient, more: dict[str, Any]) -> None:
    wanted = _over_a_socket(client, {"query": PLACES})
    assert [one["type"] for one in wanted] == ["next", "complete"]
    assert _over_a_socket(client, {"documentId": sha256(PLACES), **more}) == wanted


async def test_a_subscription_is_followed_by_its_id(told: Api, manifest: Path) -> None:
    api = replace(told, services=replace(told.services, trusted=load(manifest, only=True)), took=[])
    async with serving(api) as served:
        async with opened(served) as socket:
            await greet(socket)
            await send(socket, type="subscribe", id="1", payload={"documentId": "follow~1"})
            first = await receive(socket)
            assert (first["type"], bool(first["payload"]["data"]["changes"]["cursor"])) == ("next", True)
        headers = {**served.headers(), "accept": EVENTS}
        async with (
            httpx2.AsyncClient(base_url=served.address, headers=headers, trust_env=False) as client,
            client.stream("POST", "/graphql", json={"documentId": "follow~1"}) as events,
        ):
            async for line in events.aiter_lines():
                if line.startswith("data: "):
                    assert json.loads(line.removeprefix("data: ")) == first["payload"]
                    break
            else:
                raise AssertionError


def test_a_socket_is_told_that_an_id_is_unknown(client: TestClient) -> None:
    (told,) = _over_a_socket(client, {"documentId": "unknown"})
    assert (told["type"], code_of({"errors": told["payload"]})) == ("error", NOT_FOUND)


@pytest.mark.parametrize(
    "payload",
    [{"query": PLACES, "documentId": "x"}, {"documentId": ""}, {"documentId": 1}, {}, {"query": None}],
)
def test_a_socket_whose_client_names_no_document_or_two_is_closed(client: TestClient, payload: dict[str, Any]) -> None:
    with pytest.raises(WebSocketDisconnect) as ended:
        _over_a_socket(client, payload)
    assert ended.value.code == 4400
    assert ended.value.reason == "subscribe needs an id and a payload with a query or a documentId"


def test_hits_and_misses_are_counted(client: TestClient, strict: TestClient) -> None:
    def counted(result: str) -> float:
        told = client.get("/metrics", headers={"authorization": f"Bearer {'m' * 32}"}).text
        (line,) = [one for one in told.splitlines() if f'documents_total{{result="{result}"}}' in one]
        return float(line.split()[-1])

    hits, misses = counted("hit"), counted("miss")
    for sent in ({"documentId": sha256(PLACES)}, {"query": PLACES}, {"documentId": "unknown"}, {"query": OTHER}):
        client.post("/graphql", json=sent)
    assert (counted("hit"), counted("miss"), counted("refused")) == (hits + 2, misses + 1, 0)
    del strict


def test_nothing_else_is_carried_out_where_it_is_set_so(strict: TestClient) -> None:
    for sent in ({"documentId": sha256(PLACES)}, {"query": PLACES}):
        assert strict.post("/graphql", json=sent).json() == {"data": {"places": []}}
    introspection = "{ __schema { queryType { name } } }"
    for text in (OTHER, introspection, PLACES + " ", "{", "", VOID.replace("Void(", "Void2(")):
        for accept, status in ((JSON, 200), (RESPONSE, 403), (EVENTS, 403)):
            answer = strict.post("/graphql", json={"query": text or "#"}, headers={"accept": accept})
            assert (answer.status_code, code_of(answer.json())) == (status, ONLY), text
        assert code_of(strict.get("/graphql", params={"query": text or "#"}).json()) == ONLY
        (told,) = _over_a_socket(strict, {"query": text})
        assert (told["type"], code_of({"errors": told["payload"]})) == ("error", ONLY)


def test_the_explorer_is_closed_where_nothing_else_is_carried_out(client: TestClient, strict: TestClient) -> None:
    assert client.get("/explorer").status_code == 200
    for path in ("/explorer", "/"):
        answer = strict.get(path)
        assert answer.status_code == 404
        assert "TAIZHANG_DOCUMENTS_ONLY" in answer.text
    assert [one.path for one in closed()] == ["/explorer"]  # type: ignore[attr-defined]  # They are routes of pages.


def test_a_trusted_document_is_parsed_once_whatever_else_is_asked(manifest: Path) -> None:
    trusted, documents = load(manifest), Documents(schema._schema)
    first = documents.read(DocumentId(sha256(PLACES)), None, {}, trusted)
    for number in range(KEPT + 1):
        documents.read(f"{{ places {{ a{number}: name }} }}", None, {}, trusted)
    for text in (DocumentId(sha256(PLACES)), PLACES):
        again = documents.read(text, None, {}, trusted)
        assert again.document is first.document
        assert again.notes is first.notes
    assert len(documents.known) == KEPT


@given(st.text() | st.sampled_from(sorted(IDS)).map(lambda one: one[:-1]) | st.sampled_from([*MANIFEST.values()]))
def test_no_id_makes_it_fail(name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        Documents(schema._schema).read(DocumentId(name), None, {})
    assert [(error.extensions or {})["code"] for error in refused.value.errors] == [NOT_FOUND]


BAD: Final[dict[str, tuple[str | bytes | dict[str, Any], str]]] = {
    "no JSON": ("{", "no JSON"),
    "bytes": (b"\xff", "no JSON"),
    "a list": ("[]", "no object of ids and documents"),
    "no text": ({"a": 1}, "a: its document is no text"),
    "no id": ({"a b": PLACES}, "a b: no id of a document"),
    "an empty id": ({"": PLACES}, "no id of a document"),
    "an id in Chinese": ({"编号": PLACES}, r"\u7f16\u53f7: no id of a document"),
    "a long id": ({"a" * 201: PLACES}, "no id of a document"),
    "a reserved prefix": ({"md5:abc": PLACES}, "md5:abc: prefixes are sha256: and x-"),
    "another hash": ({sha256(OTHER): PLACES}, f"its document has the hash {sha256(PLACES)}"),
    "another hash with its prefix": ({f"sha256:{sha256(OTHER)}": PLACES}, f"has the hash {sha256(PLACES)}"),
    "a hash in capitals": ({f"sha256:{sha256(PLACES).upper()}": PLACES}, f"has the hash {sha256(PLACES)}"),
    "a short hash": ({"sha256:abc": PLACES}, f"sha256:abc: its document has the hash {sha256(PLACES)}"),
    "another SHA-1": ({sha1(OTHER): PLACES}, f"its document has the hash {sha1(PLACES)}"),
    "no GraphQL": ({"a": PLACES, "b": "{"}, "b: the schema does not take it. Syntax Error"),
    "no operation": ({"a": "fragment F on Project { name }"}, "a: the schema does not take it. The document has no"),
    "an unknown field": ({"a": "{ places { nonsense } }"}, "a: the schema does not take it. Cannot query field"),
    "a second operation": ({"a": f"{PLACES} query B {{ nonsense }}"}, "Cannot query field 'nonsense'"),
    "too much": ({"a": f"{{ places {{ {'name ' * 11} }} }}"}, "a: the schema does not take it. The document has too"),
    "too long": ({"a": PLACES + " " * 17_000}, "a: the schema does not take it. The document has"),
    "too deep": ({"a": "{ a" * 400 + "}" * 400}, "a: the schema does not take it."),
    "a large file": (" " * (MOST_BYTES + 1), f"over {MOST_BYTES} bytes"),
    "many documents": (dict.fromkeys(map(str, range(MOST_DOCUMENTS + 1)), PLACES), f"over {MOST_DOCUMENTS} documents"),
    "half a character": (b'{"a": "\\ud800"}', "no JSON"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_manifest_that_can_not_be_names_its_entry_in_both_languages(tmp_path: Path, what: str) -> None:
    found, message = BAD[what]
    path = tmp_path / "documents.json"
    text = json.dumps(found) if isinstance(found, dict) else found
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ManifestError) as refused:
        load(path)
    told = str(refused.value)
    assert told.startswith(f"{path}: ")
    assert message in told
    assert any("一" <= one <= "鿿" for one in told)


def test_a_manifest_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="No such file"):
        load(tmp_path / "none.json")


def test_a_document_is_trusted_whose_size_its_variables_decide(tmp_path: Path) -> None:
    inner = "nodes { a: timeline(first: $n) { nodes { on } } b: timeline(first: $n) { nodes { on } } }"
    text = f"query ($n: Int!) {{ a: projects(first: $n) {{ {inner} }} b: projects(first: $n) {{ {inner} }} }}"
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"a": text}), encoding="utf-8")
    trusted = load(path)
    documents = Documents(schema._schema)
    documents.read(DocumentId("a"), None, {"n": 10}, trusted)
    with pytest.raises(RefusedError, match="rows"):
        documents.read(DocumentId("a"), None, {"n": 200}, trusted)


def test_the_setting_needs_a_manifest() -> None:
    with pytest.raises(ValueError, match="needs TAIZHANG_DOCUMENTS"):
        Settings(documents_only=True)
