"""What an operation costs, and what a caller may spend in a minute: refused before the database is asked anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest
from graphql import get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from schema import schema
from schema.context import Context
from schema.cost import OVER_ALL, REFUSED
from schema.documents import Documents
from schema.http import EVENTS, JSON, RESPONSE
from service.access import ANONYMOUS
from service.domain.roles import Area, Grant, Role, Scope
from service.metrics import Looked
from service.rate_limit import MINUTE_S, RateLimit
from tests.schema.serving import serving
from tests.system.running import bearer
from tests.system.sockets import greet, opened, receive, send

if TYPE_CHECKING:
    from tests.schema.conftest import Api

GRAPH: Final = schema._schema
MINUTE: Final = 600
"""Points of an account's minute in these tests: ten a second."""
PAGE: Final = "query ($n: Int!) { projects(first: $n) { nodes { timeline(first: $n) { nodes { on } } } } }"
"""With n of 100: 1 for the root, and 10,100 rows."""
DEAR: Final = 1 + 10_100 // 50
REPORTS: Final = Grant(role=Role.CITY_DISPATCHER, scope=Scope(area=Area("431100")))
LEFT: Final = "{ rateLimit { cost limit remaining resetAt } }"


@dataclass(slots=True)
class Clock:
    """Stands until it is moved."""

    now_s: float = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


def cost_of(text: str, name: str | None = None, **variables: Any) -> int:
    return Documents(GRAPH).read(text, name, variables).cost


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ __typename }", 1),
        ("{ places { name } }", 1),
        ("{ projects { nodes { name } } }", 1 + 50 // 50),
        ("{ projects(first: 149) { nodes { name } } }", 1 + 149 // 50),
        ("{ a: projects(first: 1) { totalCount } b: projects(first: 1) { totalCount } }", 2),
        ("{ ...F } fragment F on Query { a: me { account } b: me { account } c: me { account } }", 3),
        ("{ projects(first: 200) { nodes { timeline(first: 100) { nodes { on } } } } }", 1 + 20_200 // 50),
        (f"{{ places {{ {' '.join(f'a{n}: name' for n in range(59))} }} }}", 1 + 60 // 20),
        ("{ projects(first: 1, filter: { overdue: true }) { totalCount } }", 1 + 50),
        ("{ projects(first: 1, filter: { overdue: true, warning: [SLOW] }) { totalCount } }", 1 + 100),
        ("{ lightCounts { projects } }", 1 + 20),
        (get_introspection_query(), 1),
        ('{ __type(name: "Project") { fields { name } } }', 1),
        ("subscription { changes { cursor } }", 1),
    ],
)
def test_an_operation_costs_what_the_formula_says(text: str, cost: int) -> None:
    assert cost_of(text) == cost


def test_what_is_about_the_schema_is_cheap_only_by_itself() -> None:
    assert cost_of("{ __schema { types { fields { name } } } me { account } }") > 50


def test_what_is_not_carried_out_costs_nothing() -> None:
    text = "query Dear { projects(first: 200) { nodes { name } } } query Cheap { me { account } }"
    assert (cost_of(text, "Dear"), cost_of(text, "Cheap")) == (5, 1)


def test_the_sizes_are_those_of_the_variables_each_time() -> None:
    documents = Documents(GRAPH)
    for n in (1, 100, 1, 10, 100):
        assert documents.read(PAGE, None, {"n": n}).cost == 1 + n * (1 + n) // 50
    text = "query ($f: ProjectFilter) { projects(first: 1, filter: $f) { totalCount } }"
    assert [documents.read(text, None, {"f": one}).cost for one in ({"overdue": True}, {}, None)] == [51, 1, 1]


ITEM: Final = {"commandId": "6a1f0c52-3f0e-4c8e-8a55-0d5d4c6f0a03", "projectId": "x", "reason": "x"}
WRITTEN: Final = '{ commandId: "6a1f0c52-3f0e-4c8e-8a55-0d5d4c6f0a03", projectId: "x", reason: "x" }'


def test_a_command_costs_one_more_and_a_batch_as_many_as_its_items() -> None:
    one = "mutation ($i: VoidProjectInput!) { projectVoid(input: $i) { version } }"
    assert cost_of(one, i=ITEM) == 2
    assert cost_of(f"mutation {{ projectVoid(input: {WRITTEN}) {{ version }} }}") == 2
    whole = "mutation ($i: VoidProjectBatchInput!) { projectVoidBatch(input: $i) { accepted } }"
    items = "mutation ($i: [VoidProjectInput!]!) { projectVoidBatch(input: { items: $i }) { accepted } }"
    for count in (1, 2, 1_000):
        assert cost_of(whole, i={"items": [ITEM] * count}) == 1 + count
        assert cost_of(items, i=[ITEM] * count) == 1 + count
    assert cost_of(f"mutation {{ projectVoidBatch(input: {{ items: [{WRITTEN * 7}] }}) {{ accepted }} }}") == 1 + 7
    twice = "mutation ($i: [VoidProjectInput!]!) { ...B } fragment B on Mutation {" + "".join(
        f" {name}: projectVoidBatch(input: {{ items: $i }}) {{ accepted }}" for name in "ab"
    )
    assert cost_of(f"{twice} }}", i=[ITEM] * 9) == 2 + 2 * 9


def test_a_list_that_a_command_takes_costs_as_many_as_its_items() -> None:
    text = "mutation ($i: IncludeInAnnualPlanInput!) { annualPlanInclude(input: $i) { version } }"
    assert cost_of(text, i={"entries": [{}] * 300, "documents": [{}]}) == 1 + 300


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
    )
)
def test_no_variable_makes_it_fail(value: Any) -> None:
    text = "mutation ($i: VoidProjectBatchInput!) { projectVoidBatch(input: $i) { accepted } }"
    assert cost_of(text, i=value) >= 2


def test_the_fields_that_look_at_all_projects_are_fields() -> None:
    assert GRAPH.query_type.fields.keys() >= OVER_ALL


STEPS: Final = st.lists(
    st.tuples(st.floats(0, 90), st.sampled_from(["a", "b", None]), st.integers(1, 2 * MINUTE)), max_size=60
)


@given(STEPS)
def test_a_caller_gets_its_limit_each_minute_and_no_more(steps: list[tuple[float, str | None, int]]) -> None:
    clock = Clock()
    limit = RateLimit(MINUTE, MINUTE, clock)
    spent: dict[str | None, list[tuple[float, int]]] = {}
    for waited_s, account, cost in steps:
        clock.now_s += waited_s
        before = limit.standing(account, "10.0.0.1")
        wait_s = limit.take(account, "10.0.0.1", cost)
        after = limit.standing(account, "10.0.0.1")
        assert before is not None
        assert after is not None
        assert 0 <= after.remaining <= before.remaining <= before.limit == MINUTE
        if wait_s:
            assert after == before, "nothing was taken"
            # Exactly then it will be there, and not before.
            for later_s, is_there in ((wait_s - 0.01, False), (wait_s + 0.01, True)):
                later = RateLimit(MINUTE, MINUTE, clock)
                later._full_at = limit._full_at
                clock.now_s += later_s
                assert (later.wait_s(account, "10.0.0.1", cost) == 0) == is_there
                clock.now_s -= later_s
            continue
        assert cost <= before.remaining + 1 or before.remaining == MINUTE, "a full bucket takes any"
        spent.setdefault(account, []).append((clock.now_s, cost))
    for taken in spent.values():
        for number, (began_s, _) in enumerate(taken):
            for until, (ended_s, last) in enumerate(taken[number:], number):
                # Of any time: what had gathered and what came; the last may have been of a full bucket, and owed.
                total = sum(cost for _, cost in taken[number : until + 1])
                assert total <= MINUTE + (ended_s - began_s) * MINUTE / MINUTE_S + max(0, last - MINUTE) + 1e-6


def test_what_is_owed_is_waited_for() -> None:
    clock = Clock()
    limit = RateLimit(MINUTE, 0, clock)
    assert limit.take("a", "", 3 * MINUTE) == 0
    assert limit.take("a", "", 1) == pytest.approx(2 * MINUTE_S + MINUTE_S / MINUTE)
    assert limit.standing("a", "") == (MINUTE, 0, 3 * MINUTE_S)
    clock.now_s += 2 * MINUTE_S + MINUTE_S / MINUTE
    assert limit.take("a", "", 1) == 0


def test_so_many_callers_are_remembered_the_latest_ones() -> None:
    clock = Clock()
    limit = RateLimit(MINUTE, MINUTE, clock, most=50)
    for number in range(500):
        limit.take(f"account:{number}", "", MINUTE)
        limit.take("at work", "", 1)
        limit.take(None, f"10.0.{number // 250}.{number % 250}", MINUTE)
        assert len(limit) <= 50
    assert limit.take(None, "10.0.1.249", 1) > 0
    standing = limit.standing("at work", "")
    assert standing is not None
    assert (standing.limit, standing.remaining) == (MINUTE, MINUTE - 500)
    assert limit.take("account:0", "", 1) == 0, "forgotten"


def test_the_public_of_a_network_is_one_and_an_account_is_one_wherever_it_is() -> None:
    limit = RateLimit(MINUTE, MINUTE, Clock())
    assert limit.take(None, "2001:db8::1", MINUTE) == 0
    assert limit.take(None, "2001:db8::2", 1) > 0
    assert limit.take(None, "2001:db8:0:1::1", 1) == 0
    assert limit.take("10.0.0.1", "10.0.0.1", MINUTE) == 0
    assert limit.take("10.0.0.1", "10.0.0.2", 1) > 0
    assert limit.take(None, "10.0.0.1", 1) == 0, "no account's name is an address"


def test_the_first_refusal_of_a_minute_is_told_apart() -> None:
    clock = Clock()
    limit = RateLimit(MINUTE, MINUTE, clock, most=2)
    told = []
    for _ in range(121):
        told.append(limit.refuse("a", ""))
        clock.now_s += 1
    assert [number for number, is_first in enumerate(told) if is_first] == [0, 60, 120]
    assert limit.refuse(None, "10.0.0.1")
    assert limit.refuse("b", "")
    assert limit.refuse("a", ""), "forgotten"
    assert limit.refused == {"account": 123, "address": 1}


def test_without_a_limit_nobody_is_remembered() -> None:
    limit = RateLimit()
    assert [limit.take(one, "", 10**9) for one in ("a", None)] == [0, 0]
    assert (len(limit), limit.standing("a", ""), limit.spent["account"]) == (0, None, 10**9)


def limited(api: Api, per_address: int = MINUTE) -> tuple[Api, Clock]:
    clock = Clock()
    services = replace(api.services, rate_limit=RateLimit(MINUTE, per_address, clock))
    # A question asked in two ways is paid for twice.
    return replace(api, services=services, took=[], alone=False), clock


def by(api: Api, actor: str) -> Api:
    return api.by(REPORTS, actor=actor)


async def test_two_accounts_are_apart_and_the_refused_one_asks_nothing_of_the_database(told: Api) -> None:
    api, clock = limited(told)
    one, other = by(api, "oidc:one"), by(api, "oidc:other")
    for _ in range(MINUTE // DEAR):
        assert (await one.ask(PAGE, n=100)).errors is None
    assert len(one.took) == 1
    rows = told.services.journal.waiting["failed_attempt"]
    assert (await one.refused(PAGE, n=101))["code"] == "RATE_LIMITED"
    error = await one.refused(PAGE, n=100)
    assert told.services.journal.waiting["failed_attempt"] == rows + 1
    assert one.took == told.seen == []
    assert (error["code"], error["retryable"], error["retryAfter"]) == ("RATE_LIMITED", True, 3)
    assert "3 s" in error["message"]
    assert "3 秒" in error["messageZh"]
    assert (await other.ask(PAGE, n=100)).errors is None
    # It was read, which costs, too; a cheap one is let in as long as there is something left.
    left = (await one.query(LEFT))["rateLimit"]
    assert left["remaining"] == MINUTE - 2 * DEAR - 2 * REFUSED - 1
    clock.now_s += error["retryAfter"]
    assert (await one.ask(PAGE, n=100)).errors is None


async def test_whoever_sends_nothing_but_rubbish_is_not_read_in_the_end(told: Api) -> None:
    api, clock = limited(told)
    one = by(api, "oidc:one")
    codes = [(await one.refused(f"{{ nonsense{number} }}"))["code"] for number in range(MINUTE // REFUSED + 5)]
    assert codes == ["BAD_REQUEST"] * (MINUTE // REFUSED) + ["RATE_LIMITED"] * 5
    # While they wait nothing is read, so nothing is paid.
    clock.now_s += 0.1
    assert (await one.query(LEFT))["rateLimit"]["remaining"] == 0
    assert (await one.refused("{ __typename }"))["code"] == "RATE_LIMITED"


async def test_what_is_left_can_be_asked(told: Api) -> None:
    api, _ = limited(told)
    one = by(api, "oidc:one")
    first = (await one.query(LEFT))["rateLimit"]
    assert first | {"resetAt": ""} == {"cost": 1, "limit": MINUTE, "remaining": MINUTE - 1, "resetAt": ""}
    text = "query ($n: Int!) { rateLimit { cost remaining } projects(first: $n) { totalCount } }"
    assert (await one.query(text, n=200))["rateLimit"] == {"cost": 6, "remaining": MINUTE - 7}
    assert len(one.took) == 1, "what is left is known without a statement"


async def test_who_runs_the_service_on_its_machine_has_no_limit(told: Api) -> None:
    api, _ = limited(told)
    for _ in range(5):
        assert (await api.ask(PAGE, n=100)).errors is None
    left = {"limit": None, "remaining": None, "resetAt": None}
    assert (await api.query(LEFT))["rateLimit"] == {"cost": 1, **left}
    assert (await by(told, "oidc:one").query(LEFT))["rateLimit"] == {"cost": 1, **left}, "where there is none set"


async def test_the_public_has_a_limit_of_its_own(told: Api) -> None:
    api, _ = limited(told, per_address=DEAR)
    public = replace(api, caller=ANONYMOUS, took=[])
    assert (await public.query(LEFT))["rateLimit"]["limit"] == DEAR
    assert (await public.refused(PAGE, n=100))["code"] == "RATE_LIMITED"
    assert api.services.rate_limit.refused == {"address": 1}
    assert api.services.rate_limit.spent == {"address": 1 + REFUSED}


async def test_points_and_refusals_are_counted(told: Api) -> None:
    api, _ = limited(told)
    one = by(api, "oidc:one")
    await one.query("{ places { name } }")
    await one.query(PAGE, n=150)
    await one.refused(PAGE, n=150)
    found = {
        (sample.name, sample.labels["of"]): sample.value
        for metric in Looked(api.services).collect()
        for sample in metric.samples
        if sample.name.startswith("taizhang_rate_limit")
    }
    assert found == {
        ("taizhang_rate_limit_points_total", "account"): 1 + 1 + 150 * 151 // 50 + REFUSED,
        ("taizhang_rate_limit_points_total", "address"): 0,
        ("taizhang_rate_limit_refused_total", "account"): 1,
        ("taizhang_rate_limit_refused_total", "address"): 0,
    }


async def test_every_transport_tells_it_and_when_to_come_again(told: Api) -> None:
    api, clock = limited(told)
    asked: dict[str, Any] = {"query": PAGE, "variables": {"n": 100}}
    async with serving(api) as served:
        reporter = bearer(f"{served.headers()['Authorization'].removeprefix('Bearer ')}.REPORTER@431181")
        async with httpx2.AsyncClient(base_url=served.address, headers=reporter, trust_env=False) as client:
            for _ in range(MINUTE // DEAR):
                assert "errors" not in (await client.post("/graphql", json=asked)).json()
            told.seen.clear()
            for accept in (JSON, RESPONSE, EVENTS):
                answer = await client.post("/graphql", json=asked, headers={"accept": accept})
                (error,) = answer.json()["errors"]
                assert (answer.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
                assert answer.headers["retry-after"] == str(error["extensions"]["retryAfter"])
                assert set(answer.json()) == {"errors"}
            answer = await client.get("/graphql", params={"query": PAGE, "variables": json.dumps({"n": 100})})
            assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
        async with opened(served, reporter) as socket:
            await greet(socket)
            await send(socket, type="subscribe", id="1", payload=asked)
            message = await receive(socket)
            assert (message["type"], message["id"]) == ("error", "1")
            assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
            clock.now_s += message["payload"][0]["extensions"]["retryAfter"]
            assert told.seen == []
            await send(socket, type="subscribe", id="2", payload=asked)
            assert (await receive(socket))["type"] == "next"


async def test_a_subscription_is_paid_for_when_it_begins(told: Api) -> None:
    api, _ = limited(told)
    context = Context(by(api, "oidc:one").caller, api.services)
    results = await schema.stream("subscription { changes { cursor } }", {}, context_value=context)
    await results.aclose()
    assert api.services.rate_limit.spent == {"account": 1}
