"""What the database answers itself is what the executor answers; and what of it is kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from schema import schema
from schema.compile import MOST_VARIABLES, Plans
from schema.context import Context
from schema.documents import Documents
from schema.values import encode_id
from service.access import ANONYMOUS, LOCAL
from service.domain.roles import Area, Grant, Role, Scope
from tests.examples import PROJECT_ID, QIYANG
from tests.schema.any_question import Question

if TYPE_CHECKING:
    from service.access import Caller
    from tests.schema.conftest import Api

PARK: Final = encode_id("Project", QIYANG, PROJECT_ID)
ROOTS: Final = {
    "project": [f'project(id: "{PARK}")'],
    "projectByCode": ['projectByCode(code: "2103-431181-89-01-100019")'],
    "projects": [
        "projects",
        "projects(first: 2)",
        "projects(last: 2)",
        "projects(first: $three, orderBy: {field: REGISTERED_AT, direction: DESC})",
        'projects(filter: {region: "431100"})',
        'projects(filter: {region: "110101"})',
    ],
    "ceremonies": ["ceremonies", "ceremonies(first: 1)"],
    "unitLiaisons": ['unitLiaisons(region: "431181")'],
    "rosterGaps": ["rosterGaps", "rosterGaps(first: 1)"],
    "publications": ["publications"],
    "indicators": ['indicators(region: "431181")'],
    "placeTrail": ['placeTrail(region: "431181", first: 5)', 'placeTrail(region: "431103", last: 3)'],
    "auditTrail": [f'auditTrail(project: "{PARK}", first: 4)'],
    "node": [f'node(id: "{PARK}")'],
    "nodes": [f'nodes(ids: ["{PARK}", "{PARK}"])'],
    "places": ["places"],
    "people": ["people", "people(first: 2)"],
    "ledger": ['ledger(basis: DISPATCH, on: "2022-05-31", first: 3)'],
    "warnings": ['warnings(on: "2022-05-10", first: 3)'],
    "warningCounts": ['warningCounts(on: "2022-05-10")'],
    "planVariance": ['planVariance(basis: DISPATCH, direction: BEHIND, on: "2022-12-31")'],
    "keyLists": ['keyLists(region: "431181", year: 2022, basis: DISPATCH, on: "2022-12-31")'],
    "projectCounts": ["projectCounts(groupBy: [REGION])", "projectCounts"],
    "investmentTotals": ['investmentTotals(basis: DISPATCH, on: "2022-12-31", groupBy: [REGION, MONTH])'],
    "fundTotals": ['fundTotals(on: "2022-12-31", groupBy: [SOURCE])'],
    "batchCounts": ['batchCounts(on: "2022-12-31")'],
    "lightCounts": ['lightCounts(on: "2022-12-31")'],
    "map": ["map(bbox: {west: 100, south: 20, east: 120, north: 30}, first: 2)"],
    "dictionary": ['dictionary(name: INVESTOR_CLASS, region: "431181")'],
    "stages": ['stages(track: PROMOTED, region: "431181")'],
    "definition": ['definition(gate: STARTED, region: "431181")'],
    "me": ["me"],
}
QUESTIONS: Final = 2_000
CALLERS: Final[dict[str, Caller]] = {
    "everything": LOCAL,
    "leader": LOCAL.__class__("oidc:leader", grants=(Grant(role=Role.LEADER, scope=Scope(area=Area("431100"))),)),
    "public": ANONYMOUS,
}


async def answer(api: Api, asked: Question, caller: Caller, *, splices: bool) -> tuple[Any, Context]:
    """Return what goes out to a client, and what it took."""
    context = Context(caller, api.services, splices=splices)
    got = await schema.execute(asked.text, variable_values=asked.variables, context_value=context)
    errors = [one.formatted for one in got.errors or ()]
    return orjson.loads(orjson.dumps({"data": got.data, "errors": errors})), context


async def compare(api: Api, numbers: range) -> Counter[str]:
    """Ask questions both ways; return how many were answered by the database, and how many were refused."""
    found: Counter[str] = Counter()
    for number in numbers:
        asked = Question(number, ROOTS)
        caller = CALLERS[sorted(CALLERS)[number % 8 % len(CALLERS)]]
        compiled, context = await answer(api, asked, caller, splices=True)
        plain, other = await answer(api, asked, caller, splices=False)
        # Keys in the same order, too.
        assert orjson.dumps(compiled) == orjson.dumps(plain), (number, asked.text, asked.variables)
        is_compiled = context.read is not None and schema.plans.of(context.read, asked.variables).roots is not None
        found["compiled" if is_compiled else "executor"] += 1
        for e in plain["errors"]:
            found[
                e["extensions"]["code"] + ("" if e["extensions"]["code"] != "BAD_REQUEST" else e["message"][:80])
            ] += 1
        found["error"] += bool(plain["errors"])
        found["values"] += plain["data"] is not None
        if is_compiled:
            assert len(context.sent) <= len(other.sent) or plain["errors"]
    return found


async def test_both_ways_give_the_same_answer(told: Api) -> None:
    found = await compare(told, range(QUESTIONS))
    assert found["compiled"] > QUESTIONS // 2, found
    assert found["values"] > QUESTIONS // 2, found


@pytest.mark.soak
async def test_both_ways_give_the_same_answer_a_hundred_thousand_times(told: Api) -> None:
    await compare(told, range(QUESTIONS, QUESTIONS + 100_000))


NAMES: Final = "query ($n: Int) { projects(first: $n) { nodes { name } } }"


def planned(plans: Plans, text: str, variables: dict[str, Any]) -> Any:
    return plans.of(schema.documents.read(text, None, variables), variables)


def test_a_plan_is_made_once_for_a_document_and_its_variables() -> None:
    plans = Plans(schema._schema)
    made = [planned(plans, NAMES, {"n": n}) for n in (1, 2, 1, 2)]
    assert made[0] is made[2]
    assert made[1] is made[3]
    assert made[0] is not made[1]
    assert len(plans.kept) == 2


def test_what_json_would_write_alike_has_plans_of_its_own() -> None:
    plans = Plans(schema._schema)
    asked: list[dict[str, Any]] = [{"n": None}, {"n": float("inf")}, {"n": 1}, {"n": True}, {}]
    found = [planned(plans, NAMES, one).roots is not None for one in asked]
    assert found == [True, False, True, False, True]
    assert len(plans.kept) == len(asked)


def test_a_question_with_large_variables_is_planned_but_not_kept() -> None:
    plans = Plans(schema._schema)
    text = "query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }"
    many = {"f": {"responsibleUnit": ["演示单位" * 10] * (MOST_VARIABLES // 40)}}
    assert planned(plans, text, many).roots
    assert len(plans.kept) == 0


def test_a_plan_lives_as_long_as_its_document_is_told_apart() -> None:
    plans, documents = Plans(schema._schema), Documents(schema._schema)
    kept = plans.of(documents.read(NAMES, None, {}), {})
    other = plans.of(Documents(schema._schema).read(NAMES, None, {}), {})
    assert kept is not other
    assert len(plans.kept) == 2


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("{ projects { nodes { name region { name } completed { yearToDate { amount } } } } }", "database"),
        ('{ node(id: "%s") { id ... on Project { name } } }' % PARK, "database"),  # noqa: UP031 - Braces.
        ("{ rosterGaps { nodes { gaps { zh } } } }", "database"),
        ("{ ledger(basis: DISPATCH) { nodes { project { name } progress { rateOfPlan } } } }", "database"),
        ("{ projects { nodes { lights { lights { light } } } } }", "functions"),
        ("{ projectCounts { projects } projects { nodes { name } } }", "functions"),
        ("{ projects { nodes { sites { points { longitude } } } } }", "executor"),
        ("{ projects(first: 0) { nodes { name } } }", "executor"),
    ],
)
def test_who_puts_an_answer_together(text: str, by: str) -> None:
    assert planned(Plans(schema._schema), text, {}).by == by


async def test_what_goes_wrong_in_one_field_leaves_the_others(told: Api) -> None:
    context = Context(LOCAL, told.services, splices=True)
    text = '{ a: projects { nodes { name } } b: projects(filter: {text: "a\\u0000b"}) { nodes { name } } }'
    got = await schema.execute(text, context_value=context)
    assert got.data["b"] is None
    assert orjson.loads(orjson.dumps(got.data["a"]))["nodes"]
    (error,) = got.errors
    assert error.path == ["b"]
