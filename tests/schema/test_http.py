"""GraphQL over HTTP beyond what the audits ask: media types, statuses and headers, each refusal as JSON with a code."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from schema.http import EVENTS, JSON, RESPONSE, HttpError, accepted
from service.app import build
from service.auth import Development
from service.config import Settings
from tests.conftest import copy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from httpx2 import Response

    from service.embedded import EmbeddedPostgres

ASK = {"query": "{ places { position } }"}
REFUSED = {"query": "{ failedAttempts { nodes { code } } }"}


@pytest.fixture(scope="module")
async def dsn(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[str]:
    async with copy(cluster, tables) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def client(dsn: str) -> Iterator[TestClient]:
    """Give the application on an empty database, to somebody who may do everything."""
    trial = Development("d" * 32)
    with TestClient(build(dsn, Settings(pool_size=2), trial), base_url="http://127.0.0.1") as ready:
        ready.headers["Authorization"] = f"Bearer {trial.token}"
        yield ready


def told(answer: Response, code: str) -> dict[str, Any]:
    """Return the one error of an answer."""
    assert answer.headers["content-type"].startswith("application/")
    assert "data" not in answer.json()
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["extensions"]["messageZh"]
    assert isinstance(error["message"], str)
    return dict(error)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON}", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{JSON};q=0.9, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.5, */*;q=0.8", JSON),
        ("APPLICATION/JSON; charset=UTF-8", JSON),
        (EVENTS, EVENTS),
        (f"{RESPONSE}, {EVENTS}", RESPONSE),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
    ],
)
def test_the_media_type_is_the_one_that_the_client_likes_best(accept: str | None, kind: str) -> None:
    assert accepted(accept) == kind


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png, text/css", f"{JSON};q=0", f"{JSON};charset=gb18030", f"{JSON};q=x"]
)
def test_a_client_that_takes_none_of_ours_is_told_which_there_are(client: TestClient, accept: str) -> None:
    answer = client.post("/graphql", json=ASK, headers={"accept": accept})
    assert answer.status_code == 406
    assert RESPONSE in told(answer, "NOT_ACCEPTABLE")["message"]


@given(st.text() | st.lists(st.sampled_from([JSON, RESPONSE, EVENTS, "*/*", ";q=", ",", "0.", "9", " "])).map("".join))
def test_no_accept_header_makes_it_fail(accept: str) -> None:
    with suppress(HttpError):
        assert accepted(accept) in {JSON, RESPONSE, EVENTS}


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"query": "{"}, 400, "BAD_REQUEST"),
        ({"query": "{ nonsense }"}, 400, "BAD_REQUEST"),
        ({"query": "query A { places { name } } query B { places { name } }"}, 400, "BAD_REQUEST"),
        ({"query": "query ($n: Int!) { projects(first: $n) { nodes { name } } }"}, 400, "BAD_REQUEST"),
        ({"query": "{ places { " + "name " * 11 + "} }"}, 400, "TOO_COMPLEX"),
        ({"query": "{ places { name } }" + " " * 17_000}, 413, "TOO_LARGE"),
        ({"query": "query ($c: String!) { projectByCode(code: $c) { name } }",
          "variables": {"c": "x" * 70_000}}, 413, "TOO_LARGE"),
        ({"query": 'subscription { projectChanged(id: "x") { name } }'}, 400, "BAD_REQUEST"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_good_has_a_status_for_those_who_read_it(
    client: TestClient, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post("/graphql", json=sent, headers={"accept": RESPONSE})
    assert answer.status_code == status
    told(answer, code)
    if "subscription" not in sent["query"]:
        plain = client.post("/graphql", json=sent, headers={"accept": JSON})
        assert plain.status_code == 200
        assert plain.json() == answer.json()


def test_what_may_not_be_asked_is_forbidden(client: TestClient) -> None:
    reporter = f"{client.headers['authorization']}.REPORTER@431181"
    answer = client.post("/graphql", json=REFUSED, headers={"accept": RESPONSE, "authorization": reporter})
    assert answer.status_code == 403
    told(answer, "FORBIDDEN")


def test_an_error_of_one_field_leaves_the_others(client: TestClient) -> None:
    query = '{ places { position } projectByCode(code: "no") { name } }'
    answer = client.post("/graphql", json={"query": query}, headers={"accept": RESPONSE})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"places": [], "projectByCode": None}
    assert [error["path"] for error in answer.json()["errors"]] == [["projectByCode"]]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_told_which_there_are(client: TestClient, method: str) -> None:
    answer = client.request(method, "/graphql")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("accept", [JSON, RESPONSE, EVENTS])
def test_nothing_is_changed_by_a_get(client: TestClient, accept: str) -> None:
    void = "mutation ($i: VoidProjectInput!) { projectVoid(input: $i) { version } }"
    answer = client.get("/graphql", params={"query": void, "variables": '{"i": {}}'}, headers={"accept": accept})
    told(answer, "METHOD_NOT_ALLOWED")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/json; charset=gb18030", "application/graphql"],
)  # fmt: skip
def test_what_a_form_of_another_page_could_send_is_refused(client: TestClient, kind: str) -> None:
    answer = client.post("/graphql", content=b'{"query": "{ places { name } }"}', headers={"content-type": kind})
    assert answer.status_code == 415
    told(answer, "UNSUPPORTED_MEDIA_TYPE")


def test_messages_come_in_the_language_that_is_asked_for(client: TestClient) -> None:
    answer = client.put("/graphql", headers={"accept-language": "zh-CN"})
    assert told(answer, "METHOD_NOT_ALLOWED")["message"].startswith("不支持该方法")


def test_answers_are_kept_by_nobody(client: TestClient) -> None:
    for answer in (client.post("/graphql", json=ASK), client.get("/graphql", params=ASK), client.put("/graphql")):
        assert answer.headers["cache-control"] == "no-store"
        assert {one.strip() for one in answer.headers["vary"].split(",")} >= {"Accept", "Accept-Language"}


DESK = "https://desk.example.cn"


@pytest.fixture(scope="module")
def open_client(dsn: str) -> Iterator[TestClient]:
    """Give the application as it is served to pages of another origin."""
    app = build(dsn, Settings(pool_size=2, allowed_origins=DESK), Development("d" * 32))
    with TestClient(app, base_url="http://127.0.0.1") as ready:
        yield ready


def test_a_page_elsewhere_may_ask_if_its_origin_was_allowed(open_client: TestClient) -> None:
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}
    for origin, status in ((DESK, 200), ("https://evil.example", 400)):
        answer = open_client.options("/graphql", headers={"origin": origin, **ask})
        assert answer.status_code == status
        assert answer.headers.get("access-control-allow-origin") == (origin if status == 200 else None)
        assert "access-control-allow-credentials" not in answer.headers
    answer = open_client.post("/graphql", json=ASK, headers={"origin": DESK})
    assert answer.headers["access-control-allow-origin"] == DESK
    assert open_client.put("/graphql", headers={"origin": DESK}).headers["access-control-allow-origin"] == DESK


def test_no_page_elsewhere_may_ask_unless_it_was_allowed(client: TestClient) -> None:
    answer = client.post("/graphql", json=ASK, headers={"origin": DESK})
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("origin", "is_let_in"), [(DESK, True), ("https://evil.example", False)])
def test_a_socket_is_opened_by_pages_of_allowed_origins(
    open_client: TestClient, origin: str, *, is_let_in: bool
) -> None:
    opening = open_client.websocket_connect(
        "/graphql", subprotocols=["graphql-transport-ws"], headers={"origin": origin, "host": "127.0.0.1"}
    )
    if is_let_in:
        with opening as socket:
            socket.send_json({"type": "connection_init"})
            assert socket.receive_json() == {"type": "connection_ack"}
    else:
        with pytest.raises(WebSocketDisconnect), opening:
            pass


@pytest.mark.parametrize("origin", ["*", "https://*.example.cn", "desk.example.cn", f"{DESK}/", f"{DESK}/page"])
def test_an_origin_is_a_scheme_a_name_and_a_port(origin: str) -> None:
    with pytest.raises(ValueError, match="scheme, name and port alone"):
        Settings(allowed_origins=origin)
