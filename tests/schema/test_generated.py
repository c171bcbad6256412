"""Whatever the schema lets a client write, as anybody: an answer of the schema's types or a refusal with a code.

Documents are Schemathesis' (https://schemathesis.readthedocs.io), made from schema.graphql. They are sent by a client
of ours: its own starts the application and ends it around every single call.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis.generation import GenerationMode
from schemathesis.graphql import nodes
from starlette.testclient import TestClient

from schema import schema
from schema.values import encode_id
from service.app import build
from service.auth import Development
from service.config import Settings
from service.database import owner
from service.handle import Handler
from service.log.log import Log
from tests.conftest import copy
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.conforming import Answers
from tests.schema.story import LENGSHUITAN, ROAD, SCHOOL, tell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from service.embedded import EmbeddedPostgres

GRAPH = schema._schema
SCHEMA: Final = Path(__file__).parents[2] / "schema" / "schema.graphql"
KINDS: Final = ("Project", "Gate", "Ceremony", "Place", "Nothing")
PROJECTS: Final[tuple[tuple[Any, UUID], ...]] = ((QIYANG, PROJECT_ID), (QIYANG, ROAD), (LENGSHUITAN, SCHOOL))
IDS: Final = [encode_id(kind, region, one) for kind in KINDS for region, one in PROJECTS]
WORDS: Final = [
    "431181", "431103", "431100", "430000", "990001", "PRODUCTIVE", "INFRASTRUCTURE", "SPECIAL_BOND", "2022-03", "2022",
    "2022-01/2022-03", "演示", "1.5", "-0", "1e9", "NaN", "%", "_", "\\", "\x00", "'", "",
]  # fmt: skip
"""What texts of the story are, and what a parser may stumble over."""
MOST_INT: Final = 2**31 - 1
METRICS: Final = "m" * 32
MOST_OVER: Final = 0.5
"""Share of documents over a limit from which on the test would test the limits only."""
KEPT: Final = {"reader": 1}
"""Pool -> connections that are never given back: one listens for what other processes write."""
WAITED_S: Final = 10.0
"""Longest wait for what goes on beside requests to give its connections back."""

SCALARS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "ID": st.one_of(st.sampled_from(IDS), st.text(max_size=20)).map(nodes.String),
    "String": st.one_of(st.sampled_from(WORDS), st.text(max_size=20)).map(nodes.String),
    "Int": st.one_of(
        st.integers(0, 60), st.sampled_from([2021, 2022, 2023, -1, MOST_INT, -MOST_INT - 1]), st.integers(-9, MOST_INT)
    ).map(nodes.Int),
    "Date": st.one_of(st.dates().map(str), st.sampled_from(["2022-03-31", "2022-02-30", "0001-01-01"])).map(
        nodes.String
    ),
    "DateTime": st.one_of(
        st.datetimes().map(lambda one: f"{one.isoformat()}Z"),
        st.sampled_from(["2022-05-10T12:00:00+08:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]),
    ).map(nodes.String),
    "UUID": st.one_of(st.uuids(), st.just(PROJECT_ID)).map(str).map(nodes.String),
    "Position": st.one_of(st.integers(0, 90), st.sampled_from([2**53 - 1, 2**53, -1])).map(nodes.Int),
}
"""Scalar -> what is sent as one; JSON and GeoJSON are answers only."""
for _name, _strategy in SCALARS.items():
    schemathesis.graphql.scalar(_name, _strategy)
GENERATED = schemathesis.graphql.from_file(SCHEMA.read_text("utf-8"))
RIGHT: st.SearchStrategy[Any] = GENERATED.as_strategy()
WRONG: st.SearchStrategy[Any] = GENERATED.as_strategy(generation_mode=GenerationMode.NEGATIVE)
DOCUMENTS: Final = st.one_of(RIGHT, RIGHT, RIGHT, WRONG).map(lambda case: str(case.body))
"""One in four breaks the schema in one place."""

TRIAL = Development("d" * 32)
CALLERS: Final[dict[str, dict[str, str]]] = {
    "everything": {"Authorization": f"Bearer {TRIAL.token}"},
    "reporter": {"Authorization": f"Bearer {TRIAL.token}.REPORTER@431181"},
    "auditor": {"Authorization": f"Bearer {TRIAL.token}.AUDITOR@000000"},
    "public": {},
}
"""Who asks -> headers."""


@pytest.fixture(scope="module")
async def told_dsn(cluster: EmbeddedPostgres, tables: str) -> Any:
    """Give the address of a database with the story in its log."""
    async with copy(cluster, tables) as dsn:
        async with Log.open(dsn, size=2) as log:
            await tell(Handler(log))
        yield dsn


@pytest.fixture(scope="module")
def client(told_dsn: str) -> Iterator[TestClient]:
    """Give the application on the story; what it raises is an answer of 500."""
    app = build(told_dsn, Settings(pool_size=2, metrics_token=SecretStr(METRICS)), TRIAL)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as ready:
        yield ready


def codes_of(answer: Any) -> list[str]:
    """Return the codes of an answer's errors."""
    return [str(error["extensions"]["code"]) for error in answer.get("errors", ())]


def judge(client: TestClient, text: str, who: str) -> str:
    """Send a document; return the first code of its errors, or OK."""
    sent = client.post("/graphql", json={"query": text}, headers=CALLERS[who])
    assert sent.status_code < 500, (who, text, sent.text)
    answer = sent.json()
    codes = codes_of(answer)
    assert not {"INTERNAL", "UNAVAILABLE", "BUSY", "OUTCOME_UNKNOWN", "None"} & {*codes}, (who, text, sent.text)
    if "data" not in answer or answer["data"] is None:
        assert codes, (who, text, sent.text)
        return codes[0]
    document = parse(text)
    (operation,) = (one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    root = GRAPH.get_root_type(operation.operation)
    assert root is not None
    misfits = list(Answers(GRAPH, fragments).misfits(answer["data"], root, [operation.selection_set]))
    assert misfits == [], (who, text, sent.text)
    return codes[0] if codes else "OK"


def send_many(client: TestClient, times: int, *, again: bool) -> Counter[str]:
    """Send so many documents; return how many came to what. `again` sends the same ones in every run."""
    outcomes: Counter[str] = Counter()

    @settings(
        max_examples=times,
        deadline=None,
        derandomize=again,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(text=DOCUMENTS, who=st.sampled_from(sorted(CALLERS)))
    def one(text: str, who: str) -> None:
        outcomes[judge(client, text, who)] += 1

    one()
    return outcomes


async def hold(client: TestClient, dsn: str, times: int, *, again: bool) -> None:
    """Send so many documents, and hold what comes of them and what is left behind against what was promised."""
    outcomes = send_many(client, times, again=again)
    assert outcomes.total() >= times * 9 // 10
    assert outcomes["TOO_COMPLEX"] < outcomes.total() * MOST_OVER, outcomes
    assert outcomes["OK"] > outcomes.total() // 10, outcomes
    async with owner(dsn) as connection:
        logs = await connection.fetch("""
            SELECT region, h.position, count(f.position) AS facts, min(f.position) AS first, max(f.position) AS last
            FROM log_head h LEFT JOIN fact f USING (region) GROUP BY region, h.position""")
    assert len(logs) > 2
    for log in logs:
        assert (log["facts"], log["first"], log["last"]) == (log["position"], 1, log["position"]), log
    # What feeds the read models takes a connection now and then, and gives it back.
    async with asyncio.timeout(WAITED_S):
        while in_use(client) != KEPT:  # noqa: ASYNC110 - It is in another thread.
            await asyncio.sleep(0.05)


def in_use(client: TestClient) -> dict[str, float]:
    """Return the pools of which connections are taken or waited for, with how many; no request has any of them."""
    text = client.get("/metrics", headers={"Authorization": f"Bearer {METRICS}"}).text
    open_, idle, waiting = (
        {
            name: float(value)
            for name, value in re.findall(rf'^taizhang_pool_{kind}{{pool="(.+)"}} (\S+)$', text, re.MULTILINE)
        }
        for kind in ("connections", "idle_connections", "waiting")
    )
    taken = {name: open_[name] - idle[name] + waiting[name] for name in open_}
    assert taken["query"] == taken["public"] == 0
    return {name: count for name, count in taken.items() if count}


async def test_whatever_the_schema_lets_one_write_is_answered_or_refused(client: TestClient, told_dsn: str) -> None:
    await hold(client, told_dsn, 500, again=True)


@pytest.mark.soak
async def test_ten_thousand_documents_are_answered_or_refused(client: TestClient, told_dsn: str) -> None:
    await hold(client, told_dsn, 10_000, again=False)


async def test_all_callers_are_who_they_are_meant_to_be(client: TestClient) -> None:
    asked = {"query": "{ me { account grants { role } } }"}
    told = {
        who: client.post("/graphql", json=asked, headers=headers).json()["data"]["me"]
        for who, headers in CALLERS.items()
    }
    assert [grant["role"] for grant in told["reporter"]["grants"]] == ["REPORTER"]
    assert [grant["role"] for grant in told["auditor"]["grants"]] == ["AUDITOR"]
    assert told["everything"]["account"] == "development"
    assert told["public"] == {"account": "anonymous", "grants": []}


@pytest.mark.parametrize(
    "data",
    [
        {"places": [{"name": None, "position": 1}]},
        {"places": [{"name": "x", "position": -1}]},
        {"places": [{"name": "x", "position": 1, "more": 1}]},
        {"places": [{"name": "x"}]},
        {"places": {"name": "x", "position": 1}},
        {},
    ],
)
def test_an_answer_of_another_shape_is_found(data: dict[str, Any]) -> None:
    (operation,) = parse("{ places { name position } }").definitions
    assert isinstance(operation, OperationDefinitionNode)
    (found,) = Answers(GRAPH, {}).misfits(data, GRAPH.query_type, [operation.selection_set])
    assert found
