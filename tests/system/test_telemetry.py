"""What the service says of itself: figures, one line of the log for each request, and nothing that a client sent."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import asyncpg
import pytest

from service.embedded import EmbeddedPostgres
from tests.system.logged import awaited, figures, lines
from tests.system.running import OPEN, REGISTER, Running, ask, bearer, open_place, registration, running
from tests.system.sockets import greet, opened, receive, send, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN: Final = "metrics-" + "k" * 32
SECRET: Final = "tz_0123456789abcdef_" + "S" * 43
NAME: Final = "王小测甲"
PHONE: Final = "13900001234"
FOLLOW: Final = "subscription Follow($id: ID!) { projectChanged(id: $id) { version } }"


@pytest.fixture(scope="module")
def served(module_folder: Path) -> Iterator[Running]:
    with running(module_folder, log_level="debug", metrics_token=TOKEN) as service:
        yield service


async def request_line(service: Running, request_id: str) -> dict[str, Any]:
    """Return the one line of a request; it is written just after its answer has been sent."""
    (line,) = await awaited(service, "request", request_id)
    return line


async def test_a_request_is_one_line_under_the_number_that_it_is_answered_with(served: Running) -> None:
    async with served.client() as client:
        await open_place(client)
        answer = await client.post("/graphql", json={"query": "query Named { places { name } }"})
    line = await request_line(served, answer.headers["X-Request-Id"])
    told = {name: line[name] for name in ("method", "path", "status", "operation", "caller", "code", "statements")}
    assert told == {
        "method": "POST",
        "path": "/graphql",
        "status": 200,
        "operation": "places",
        "caller": "development",
        "code": "OK",
        "statements": 1,
    }
    assert line["ms"] > 0
    assert re.fullmatch("[0-9a-f]{32}", line["request_id"])


async def test_a_command_is_told_with_its_position_and_a_refused_one_with_its_code(served: Running) -> None:
    async with served.client() as client:
        await open_place(client)
        sent = {"query": REGISTER, "variables": {"input": registration(501)}}
        stored = await client.post("/graphql", json=sent)
        empty = registration(502) | {"identity": {**registration(502)["identity"], "name": ""}}
        refused = await client.post("/graphql", json={"query": REGISTER, "variables": {"input": empty}})
    line = await request_line(served, stored.headers["X-Request-Id"])
    assert (line["operation"], line["code"]) == ("projectRegister", "OK")
    assert line["position"] == int(stored.json()["data"]["projectRegister"]["position"])
    (error,) = refused.json()["data"]["projectRegister"]["userErrors"]
    line = await request_line(served, refused.headers["X-Request-Id"])
    assert line["code"] == error["code"]
    assert "position" not in line


@pytest.mark.parametrize("said", ["0123456789abcdef0123456789ABCDEF", "01234567-89ab-4def-8123-456789abcdef"])
async def test_a_proxys_number_is_taken(served: Running, said: str) -> None:
    async with served.client() as client:
        answer = await client.get("/healthz", headers={"X-Request-Id": said})
    assert answer.headers["X-Request-Id"] == said
    assert (await request_line(served, said))["level"] == "debug"


@pytest.mark.parametrize("said", ["", "x", NAME.encode(), PHONE, "430181199001011234", "a" * 33, "{}\n", SECRET])
async def test_what_is_no_number_of_a_request_gets_a_new_one(served: Running, said: str | bytes) -> None:
    if said == "{}\n":
        said = "{}"  # A client refuses to send a line's end.
    async with served.client() as client:
        answer = await client.get(
            "/healthz", headers=[(b"X-Request-Id", said if isinstance(said, bytes) else said.encode())]
        )
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


async def test_operations_of_a_socket_are_a_line_each_and_so_is_the_socket(served: Running) -> None:
    async with served.client() as client:
        await open_place(client)
        answer = await client.post("/graphql", json={"query": REGISTER, "variables": {"input": registration(503)}})
        project_id = answer.json()["data"]["projectRegister"]["project"]["id"]
    async with opened(served) as socket:
        number = socket.response.headers["X-Request-Id"]  # type: ignore[union-attr]  # It was answered.
        await greet(socket)
        await subscribe(socket, "{ places { name } }")
        assert (await receive(socket))["type"] == "complete"
        await send(socket, id="2", type="subscribe", payload={"query": FOLLOW, "variables": {"id": project_id}})
        assert (await receive(socket))["type"] == "next"
        assert (await figures(served, TOKEN))["taizhang_subscriptions_open"] == 1
        assert (await figures(served, TOKEN))["taizhang_websockets_open"] == 1
    sockets = await awaited(served, "socket", number)
    found = await awaited(served, "operation", number, count=2)
    assert [one["closed"] for one in sockets] == [1000]
    assert [(one["operation"], one["caller"]) for one in found] == [
        ("places", "development"),
        ("projectChanged", "development"),
    ]
    told = await figures(served, TOKEN)
    assert told["taizhang_subscriptions_open"] == told["taizhang_websockets_open"] == 0
    assert told['taizhang_requests_total{code="OK",operation="places",transport="operation"}'] == 1


async def test_nothing_that_a_client_sends_is_in_the_log_or_the_figures(served: Running) -> None:
    """Secrets and names, sent everywhere where something can be sent."""
    hidden = (NAME, PHONE, SECRET, "K9" + "v" * 20)
    text = f'query Who_{hidden[3]} {{ {hidden[3]}: places {{ name }} people(name: "{NAME}") {{ nodes {{ holder }} }} }}'
    opening = {"commandId": str(uuid4()), "region": PHONE, "name": NAME, "purpose": "DEMO"}
    headers: list[dict[str, Any]] = [
        {},
        bearer(SECRET),
        {"X-Request-Id": SECRET, "User-Agent": SECRET, "Cookie": f"session={SECRET}", "Referer": SECRET},
        {"Taizhang-Principal": f"oidc:{hidden[3]}"},
    ]
    async with served.client() as client:
        for more in headers:
            await client.post("/graphql", json={"query": text, "operationName": f"Who_{hidden[3]}"}, headers=more)
            await client.post("/graphql", json={"query": OPEN, "variables": {"input": opening}}, headers=more)
            await client.post("/graphql", content=f'{{"query": "{NAME} {SECRET}'.encode(), headers=more)
            await client.get(f"/{hidden[3]}/{NAME}", params={"query": SECRET}, headers=more)
            await client.get("/graphql", params={"query": f"{{ {hidden[3]} }}"}, headers=more)
            await client.request("DELETE", "/graphql", headers=more)
        last = await client.get("/healthz")
    async with opened(served) as socket:
        await greet(socket, note=SECRET)
        await send(socket, id=hidden[3], type="subscribe", payload={"query": text, "operationName": f"Who_{hidden[3]}"})
        await receive(socket)
        await send(socket, id=hidden[3], type="subscribe", payload={"query": f"{{ {hidden[3]} }}"})
        await receive(socket)
    await request_line(served, last.headers["X-Request-Id"])
    told = served.told + "\n".join(await figures(served, TOKEN))
    assert told.count('"event": "request"') >= len(headers) * 6
    for one in hidden:
        assert one.lower() not in told.lower(), one


async def test_figures_count_operations_by_the_field_at_their_root(served: Running) -> None:
    before = await figures(served, TOKEN)
    async with served.client() as client:
        await open_place(client)
        for name in ("A", "B", "C"):
            await ask(client, f"query {name} {{ me {{ account }} }}")
        await client.post("/graphql", json={"query": "{ noSuchField }"})
        await client.post("/graphql", json={"query": REGISTER, "variables": {"input": registration(504)}})
    after = await figures(served, TOKEN)

    def more(series: str) -> float:
        return after.get(series, 0) - before.get(series, 0)

    assert more('taizhang_requests_total{code="OK",operation="me",transport="http"}') == 3
    assert more('taizhang_request_duration_seconds_count{operation="me"}') == 3
    assert more('taizhang_requests_total{code="BAD_REQUEST",operation="none",transport="http"}') == 1
    assert more('taizhang_commands_total{code="OK",command="projectRegister"}') == 1
    assert more('taizhang_http_responses_total{status="200"}') == 7, "six, and the look before"
    assert after['taizhang_pool_max_connections{pool="query"}'] == 10
    assert after["taizhang_database_up"] == 1
    assert after['taizhang_log_position{region="431181"}'] >= 2
    assert after['taizhang_projection_lag_facts{region="431181"}'] >= 0


async def test_sign_ins_that_fail_are_counted(served: Running) -> None:
    series = 'taizhang_sign_in_failures_total{code="UNAUTHENTICATED"}'
    before = (await figures(served, TOKEN)).get(series, 0)
    async with served.client(SECRET, at="127.0.0.9") as client:
        assert (await client.post("/graphql", json={"query": "{ places { name } }"})).status_code == 401
    assert (await figures(served, TOKEN))[series] == before + 1


async def test_figures_are_told_to_their_own_token_alone(served: Running, folder: Path) -> None:
    async with served.client("") as client:
        for headers in ({}, served.headers(), bearer(TOKEN + "x"), bearer(TOKEN[:-1]), {"Authorization": TOKEN}):
            answer = await client.get("/metrics", headers=headers)
            assert (answer.status_code, answer.text) == (401, "")
    with running(folder) as other:
        async with other.client() as client:
            assert (await client.get("/metrics", headers=bearer(TOKEN))).status_code == 404, "no token, no figures"


async def test_what_the_database_does_not_give_is_logged_under_the_requests_number(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "elsewhere")
    server.start()
    try:
        with running(folder, database_url=server.dsn(), log_level="info", metrics_token=TOKEN) as service:
            await asyncio.to_thread(server.stop)
            async with service.client("") as client:
                answer = await client.post("/graphql", json={"query": "{ places { name } }"})
                number = answer.headers["X-Request-Id"]
                assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
                ready = await client.get("/readyz")
                assert (ready.status_code, ready.json()["status"].split("; ")[0]) == (503, "database away")
                assert (await client.get("/healthz")).status_code == 200
            (cause,) = [one for one in lines(service, "unavailable") if one["request_id"] == number]
            assert cause["error"], "its type, and those of what it came from"
            assert (await request_line(service, number))["code"] == "UNAVAILABLE"
            assert (await figures(service, TOKEN))["taizhang_database_up"] == 0
    finally:
        server.stop()


async def test_a_fault_of_ours_is_logged_under_the_number_that_the_client_is_told(folder: Path) -> None:
    with running(folder, log_level="info") as service:
        async with service.client() as client:
            await open_place(client)
            server = EmbeddedPostgres(folder)
            server._find_home()
            connection = await asyncpg.connect(server.dsn())
            try:
                # What no version of the service can read: its JSON is of another shape.
                await connection.execute(
                    "ALTER TABLE projections.place_status ALTER COLUMN purpose TYPE text,"
                    " ALTER COLUMN purpose SET DEFAULT 'NOTHING'"
                )
                await connection.execute("UPDATE projections.place_status SET purpose = $1", f"错{NAME}")
            finally:
                await connection.close()
            answer = await client.post("/graphql", json={"query": "{ places { purpose } }"})
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert error["extensions"]["id"] == answer.headers["X-Request-Id"]
        (bug,) = lines(service, "bug")
        assert bug["bug"] == bug["request_id"] == answer.headers["X-Request-Id"]
        assert bug["frames"]
        assert NAME not in service.told


async def test_the_service_tells_its_version_and_how_far_it_is_to_those_who_may_know(served: Running) -> None:
    text = "{ service { version startedAt readModels { region { code } position projected lag lagSeconds setAside } } }"
    async with served.client() as client:
        await open_place(client)
        told = (await ask(client, text))["service"]
        (standing,) = told["readModels"]
        assert standing["region"] == {"code": "431181"}
        assert int(standing["position"]) - int(standing["projected"]) == int(standing["lag"])
        assert standing["setAside"] == []
        elsewhere = await client.post("/graphql", json={"query": text}, headers=served.headers("REPORTER@431122"))
        assert elsewhere.json()["data"]["service"]["readModels"] == []
    async with served.client("") as client:
        public = await client.post("/graphql", json={"query": text})
        assert public.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        assert (await ask(client, "{ service { version } }"))["service"] == {"version": told["version"]}
        assert (await client.get("/readyz")).json().keys() == {"status", "regions", "behind", "lagSeconds", "aside"}
