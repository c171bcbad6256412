"""What can't be, as bytes over HTTP: an answer below 500 that says what is wrong, and nothing stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from service.app import build
from service.auth import Development
from service.config import Settings
from tests.conftest import copy
from tests.examples import OPEN_PLACE, QIYANG
from tests.schema.asking import input_of, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from service.embedded import EmbeddedPostgres

REGISTER = text_of("RegisterProject")
STANDINGS = "{ places { position } }"


def body(name: str = '"甲"', more: str = "") -> str:
    """Return a request that registers a project; `name` and `more` are put in as they are written in JSON."""
    return (
        f'{{"query": {json.dumps(REGISTER)}, "variables": {{"input": {{"commandId": "{uuid4()}", "place": "431181", '
        f'"identity": {{"name": {name}, "region": "431181", "category": "SOCIAL", "track": "PROMOTED"}} {more}}}}}}}'
    )


def sent(query: str, variables: dict[str, int] | None = None) -> bytes:
    """Return a request."""
    return json.dumps({"query": query, "variables": variables}).encode()


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"7",
    "a text": b'"{ places { name } }"',
    "a list": b"[]",
    "an object in a list": b'[{"query": "{ places { name } }"}]',
    "no query": b"{}",
    "an empty query": b'{"query": ""}',
    "a query that is a number": b'{"query": 7}',
    "a query that is null": b'{"query": null}',
    "a query that is a list": b'{"query": ["{ places { name } }"]}',
    "variables that are a list": b'{"query": "{ places { nme } }", "variables": []}',
    "variables that are a text": b'{"query": "{ places { nme } }", "variables": "x"}',
    "an operation that is none": b'{"query": "query A { places { name } }", "operationName": "B"}',
    "an operation that is a number": b'{"query": "query A { places { nme } }", "operationName": 7}',
    "half of JSON": body().encode()[:-3],
    "not UTF-8": body().encode("gb18030"),
    "UTF-16": body().encode("utf-16"),
    "a half character": body('"\\ud83c"').encode(),
    "a half character as bytes": body('"\ud83c"').encode("utf-8", "surrogatepass"),
    "a half character as a key": body(more=', "\\udc00": 1').encode(),
    "NUL in a text": body('"甲\\u0000"').encode(),
    "NUL as a byte": body('"甲\x00"').encode(),
    "NaN": body("NaN").encode(),
    "infinity": body(more=', "expectedVersion": 1e999').encode(),
    "a number without end": body(more=f', "expectedVersion": {"9" * 5000}').encode(),
    "a page of a number without end": sent("{ projects(first: " + "9" * 16_000 + ") { totalCount } }"),
    "a decimal without end": body(more=f', "expectedVersion": 1.{"9" * 5000}').encode(),
    "the largest of powers": body(more=', "expectedVersion": 1e308').encode(),
    "a negative number without end": body(more=f', "expectedVersion": -{"9" * 5000}').encode(),
    "a query that is there twice, the second of a field that is not": b'{"query": "{ places { name } }", '
    b'"query": "{ places { nme } }"}',
    "variables that are there twice, the second with nothing in them": body().encode()[:-1] + b', "variables": {}}',
    "a member that is there 10,000 times": body(more=', "expectedVersion": "x"' * 10_000).encode(),
    "100,000 aliases": sent("{ places { " + " ".join(f"a{n}: name" for n in range(100_000)) + " } }"),
    "100,000 variables": sent("{ places { nme } }", {f"v{n}": n for n in range(100_000)}),
    "six batches": sent(
        "mutation {"
        + "".join(f" a{n}: projectVoidBatch(input: {{ items: [] }}) {{ accepted }}" for n in range(6))
        + "}"
    ),
    "a list as deep as can be": body("[" * 900 + "]" * 900).encode(),
    "a list that is too deep": body("[" * 100_000 + "]" * 100_000).encode(),
    "a name of 900 KB": body(f'"{"a" * 900_000}"').encode(),
    "a name of 10 MB": body(f'"{"a" * 10_000_000}"').encode(),
    "a document that is too deep": json.dumps({"query": "{ projects " * 5000}).encode(),
    "a document of many tokens": json.dumps({"query": "{ " + "places { name } " * 1000 + "}"}).encode(),
    "a half character in a document": b'{"query": "{ projectByCode(code: \\"\\\\ud83c\\") { name } }"}',
}


@pytest.fixture(scope="module")
async def dsn(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[str]:
    """Give the address of a database with the tables of the read models."""
    async with copy(cluster, tables) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def client(dsn: str) -> Iterator[TestClient]:
    """Give the application on a ledger that is open and empty."""
    trial = Development("d" * 32)
    app = build(dsn, Settings(pool_size=2), trial)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as ready:
        ready.headers["Authorization"] = f"Bearer {trial.token}"
        sent = {"query": text_of("OpenPlace"), "variables": {"input": input_of(OPEN_PLACE, uuid4(), QIYANG)}}
        assert ready.post("/graphql", json=sent).json()["data"]["answer"]["userErrors"] == []
        yield ready


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_can_not_be_is_answered_below_500_and_stores_nothing(client: TestClient, name: str) -> None:
    answer = client.post("/graphql", content=BODIES[name], headers={"content-type": "application/json"})
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        told = answer.json()
        refusals = ((told.get("data") or {}).get("answer") or {}).get("userErrors")
        assert told.get("errors") or refusals, told
        for error in told.get("errors") or ():
            assert error["extensions"]["code"] != "INTERNAL", error
    else:
        assert answer.status_code in {400, 413}
        assert answer.text
    assert len(answer.content) < 5000
    assert client.post("/graphql", json={"query": STANDINGS}).json() == {"data": {"places": [{"position": 1}]}}


KINDS = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_body_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/graphql", content=body().encode(), headers={"content-type": kind})
    assert 400 <= answer.status_code < 500


def test_a_mutation_by_get_is_refused(client: TestClient) -> None:
    sent = json.loads(body())
    answer = client.get("/graphql", params={"query": sent["query"], "variables": json.dumps(sent["variables"])})
    assert 400 <= answer.status_code < 500


def test_a_query_by_get_takes_no_odd_variables(client: TestClient) -> None:
    for variables in ("{", "[1]", '"x"', '{"a": NaN}', '{"a": "\\ud83c"}'):
        answer = client.get("/graphql", params={"query": "{ places { nme } }", "variables": variables})
        assert answer.status_code < 500, variables
