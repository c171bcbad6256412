"""What is seen and may be done over an area, what a unit answers for, a park, a project; and what is masked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

import pytest

from schema.values import encode_id
from service.access import LOCAL
from service.domain import project, roster, total_investment
from service.domain.account import EndRole, GrantRole, IssueKey, KeyId, grant_id
from service.domain.decider import NAMESPACE
from service.domain.identity import Changes
from service.domain.roles import Account, Area, Grant, Role, Scope
from service.domain.roster import AssignPost, RosterRole
from service.domain.values import Name, Personal, Reason, Region, Sha256
from service.embedded import EmbeddedPostgres
from tests.examples import OPEN_PLACE, QIYANG, yi
from tests.schema.asking import input_of, mutation_of, text_of
from tests.schema.conftest import Api, shared
from tests.schema.story import LENGSHUITAN, register

DAY: Final = date(2022, 1, 1)
HOUSING: Final = Name("住建局(演示)")
WATER: Final = Name("水利局(演示)")
ZONE: Final = Name("经开区(演示)")
PROJECTS: Final = {
    "桥": {"responsible_unit": HOUSING},
    "堤": {"responsible_unit": WATER, "sector_authority": HOUSING},
    "厂": {"park": ZONE},
    "路": {},
}
COMMANDS: Final = {name: UUID(int=0x4000_8000_0000_0000_0000 + number) for number, name in enumerate(PROJECTS)}
IDS: Final = {name: uuid5(NAMESPACE, f"project:{command_id}") for name, command_id in COMMANDS.items()}


async def tell(api: Api) -> None:
    """Tell of four projects of one county and one of another."""
    send = api.services.handler.handle
    for region in (QIYANG, LENGSHUITAN):
        outcome = await send(LOCAL, region, replace(OPEN_PLACE, region=region), command_id=uuid4())
        assert outcome.refused is None
    for number, (name, more) in enumerate(PROJECTS.items()):
        outcome = await send(LOCAL, QIYANG, register(name, QIYANG, **more), command_id=COMMANDS[name])
        assert outcome.refused is None, outcome.refused
        for command in (
            AssignPost(
                project_id=IDS[name], role=RosterRole.STEWARD, holder=Personal(f"{name}管家"), unit=HOUSING,
                contact=Personal(f"1380000{number:04}"), since=date(2022, 1, 1),
            ),
            total_investment.SetTotalInvestment(
                project_id=IDS[name], kind=total_investment.TotalKind.CONTRACTED, occurred_on=DAY, stated=yi("2"),
            ),
        ):  # fmt: skip
            outcome = await send(LOCAL, QIYANG, command, command_id=uuid4())
            assert outcome.refused is None, outcome.refused
    await send(LOCAL, LENGSHUITAN, register("塔", LENGSHUITAN), command_id=uuid4())
    for ledger, position in (await api.positions()).items():
        assert await api.services.runner.wait_for(ledger, position, 10)


@pytest.fixture(scope="module")
async def county(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over the story, for questions alone."""
    async with shared(cluster, tables, tell) as ready:
        yield ready


def over(role: Role, area: str = "431181", **part: Any) -> Grant:
    """Return a role over a part of an area."""
    principal = Account("oidc:owner") if role is Role.AGENT else None
    return Grant(role=role, scope=Scope(area=Area(area), **part), principal=principal)


SEEN: Final = {
    "an area": (over(Role.REPORTER), "桥堤厂路"),
    "the prefecture": (over(Role.CITY_DISPATCHER, "431100"), "桥堤厂路塔"),
    "the former code": (over(Role.REPORTER, "431121"), "桥堤厂路"),
    "the country": (over(Role.LEADER, "000000"), "桥堤厂路塔"),
    "another county": (over(Role.COUNTY_APPROVER, "431103"), "塔"),
    "another province": (over(Role.COUNTY_APPROVER, "410000"), ""),
    "a unit": (over(Role.UNIT_LIAISON, unit=HOUSING), "桥堤"),
    "a park": (over(Role.PARK_APPROVER, park=ZONE), "厂"),
    "a project": (over(Role.REPORTER, project=IDS["路"]), "路"),
    "an administrator": (over(Role.SECURITY_ADMIN, "000000"), ""),
}


@pytest.mark.parametrize("name", SEEN)
async def test_a_scope_shows_its_projects_and_their_sums(county: Api, name: str) -> None:
    grant, names = SEEN[name]
    asked = county.by(grant)
    data = await asked.query("{ projects { nodes { name } } projectCounts { projects } }")
    assert {one["name"] for one in data["projects"]["nodes"]} == set(names)
    assert sum(one["projects"] for one in data["projectCounts"]) == len(names)
    assert len(asked.took) == 2


@pytest.mark.parametrize("name", SEEN)
async def test_a_project_out_of_scope_is_answered_as_one_that_is_not(county: Api, name: str) -> None:
    grant, names = SEEN[name]
    text = "query ($id: ID!) { project(id: $id) { name roster: completed { basis } } }"
    nothing = await county.by(grant).query(text, id=encode_id("Project", QIYANG, uuid4()))
    for one, project_id in IDS.items():
        data = await county.by(grant).query(text, id=encode_id("Project", QIYANG, project_id))
        assert data == nothing if one not in names else data["project"]["name"] == one


async def test_grants_add_up(county: Api) -> None:
    asked = county.by(
        over(Role.UNIT_LIAISON, unit=WATER), over(Role.PARK_APPROVER, park=ZONE), over(Role.AUDITOR, "431103")
    )
    data = await asked.query("{ projects { nodes { name } } }")
    assert {one["name"] for one in data["projects"]["nodes"]} == set("堤厂塔")


ROSTER: Final = "{ projects { nodes { name roster { holder contact unit } contractedTotal { amount } } } }"


@pytest.mark.parametrize(
    ("role", "holder", "contact", "total"),
    [
        (Role.REPORTER, "桥管家", "138****0000", "200000000"),
        (Role.COUNTY_APPROVER, "桥管家", "13800000000", "200000000"),
        (Role.DEPARTMENT, "桥管家", "138****0000", None),
        (Role.FINANCE_OFFICE, "桥*", "138****0000", "200000000"),
    ],
)
async def test_what_a_role_may_not_see_is_masked(
    county: Api, role: Role, holder: str, contact: str, total: str | None
) -> None:
    (bridge,) = (one for one in (await county.by(over(role)).query(ROSTER))["projects"]["nodes"] if one["name"] == "桥")
    assert bridge["roster"] == [{"holder": holder, "contact": contact, "unit": "住建局(演示)"}]
    assert (bridge["contractedTotal"] or {}).get("amount") == total


async def test_a_mask_stands_only_where_the_role_does(county: Api) -> None:
    """Of two ledgers, one is seen by a role that sees contacts; a part of a ledger is masked as its role says."""
    asked = county.by(over(Role.DEPARTMENT), over(Role.UNIT_LIAISON, "431103", unit=HOUSING))
    nodes = (await asked.query(ROSTER))["projects"]["nodes"]
    assert {post["contact"] for one in nodes for post in one["roster"]} == {f"138****{n:04}" for n in range(4)}
    nodes = (await county.by(over(Role.UNIT_LIAISON, unit=HOUSING)).query(ROSTER))["projects"]["nodes"]
    assert {post["contact"] for one in nodes for post in one["roster"]} == {"13800000000", "13800000001"}


async def test_nothing_is_learnt_of_a_masked_value_by_asking_for_it(county: Api) -> None:
    masked, open_ = county.by(over(Role.FINANCE_OFFICE)), county.by(over(Role.COUNTY_APPROVER))
    text = "query ($f: ProjectFilter) { projects(filter: $f) { nodes { name } } }"
    large = {"totalAtLeast": {"kind": "CONTRACTED", "figure": "1", "unit": "YI_YUAN"}}
    assert len((await open_.query(text, f=large))["projects"]["nodes"]) == 4
    hidden = county.by(over(Role.DEPARTMENT))
    assert (await hidden.query(text, f=large))["projects"]["nodes"] == []
    counts = "query { projectCounts(total: CONTRACTED) { projects withTotal total { amount } } }"
    (row,) = (await hidden.query(counts))["projectCounts"]
    assert (row["withTotal"], row["total"]["amount"]) == (0, "0")
    refused = await masked.refused("{ people { nodes { holder } } }")
    assert (refused["code"], refused["params"]) == ("FORBIDDEN", {"field": "Query.people"})


REASON: Final = Reason("原填报有误")
ERRORS: Final = "userErrors { code path }"


async def sent(api: Api, command: object) -> list[tuple[str, list[str]]]:
    """Send a command and return why it was refused."""
    name, _ = mutation_of(type(command).__name__)
    text = f"mutation ($input: {type(command).__name__}Input!) {{ answer: {name}(input: $input) {{ {ERRORS} }} }}"
    data = await api.query(text, input=input_of(command, uuid4(), QIYANG))
    return [(one["code"], one["path"]) for one in data["answer"]["userErrors"]]


@pytest.fixture
async def own(api: Api) -> Api:
    """Give the API over a story of the test's own."""
    await tell(api)
    return api


async def test_a_unit_speaks_of_its_own_projects_and_knows_of_no_others(own: Api) -> None:
    liaison = own.by(over(Role.UNIT_LIAISON, unit=HOUSING))
    total = total_investment.SetTotalInvestment(
        project_id=IDS["桥"], kind=total_investment.TotalKind.APPROVED, occurred_on=DAY, stated=yi("1")
    )
    assert await sent(liaison, total) == []
    assert await sent(liaison, replace(total, project_id=IDS["路"])) == [("NOT_FOUND", ["input", "projectId"])]
    assert await sent(liaison, replace(total, project_id=uuid4())) == [("NOT_FOUND", ["input", "projectId"])]
    assert await sent(liaison, register("井", QIYANG, responsible_unit=HOUSING)) == []
    assert await sent(liaison, register("渠", QIYANG, responsible_unit=WATER)) == [("FORBIDDEN", ["input"])]
    assert await sent(liaison, project.VoidProject(project_id=IDS["桥"], reason=REASON)) == [("FORBIDDEN", ["input"])]


async def test_what_a_project_says_is_added_to_by_who_states_and_changed_by_who_approves(own: Api) -> None:
    """P19, where no reason is asked for: to say otherwise than before is a correction."""
    name = project.AmendProject(project_id=IDS["路"], changes=Changes(name=Name("大路")))
    unit = project.AmendProject(project_id=IDS["路"], changes=Changes(responsible_unit=WATER))
    assert await sent(own.by(over(Role.REPORTER)), name) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(over(Role.REPORTER)), unit) == []
    assert await sent(own.by(over(Role.REPORTER)), unit) == []  # Already so.
    assert await sent(own.by(over(Role.COUNTY_APPROVER)), name) == []


async def test_a_part_of_a_ledger_is_left_and_entered_by_nobody_of_it(own: Api) -> None:
    approver = own.by(over(Role.COUNTY_APPROVER, unit=HOUSING))
    away = project.AmendProject(project_id=IDS["桥"], changes=Changes(responsible_unit=WATER))
    linked = project.AmendProject(project_id=IDS["桥"], changes=Changes(related=(IDS["堤"],)))
    assert await sent(approver, away) == [("FORBIDDEN", ["input"])]
    assert await sent(approver, linked) == []
    for other in (IDS["路"], uuid4()):
        merged = project.MergeProject(project_id=IDS["桥"], into=other, reason=REASON)
        assert await sent(approver, merged) == [("NOT_FOUND", ["input", "into"])]
        linked = replace(linked, changes=Changes(related=(IDS["堤"], other)))
        assert await sent(approver, linked) == [("NOT_FOUND", ["input", "changes", "related", "1"])]


async def test_who_states_may_not_correct_and_who_approves_may(own: Api) -> None:
    """P19: a direct correction is for authorised roles."""
    total = total_investment.SetTotalInvestment(
        project_id=IDS["桥"], kind=total_investment.TotalKind.CONTRACTED, occurred_on=DAY, stated=yi("3"), reason=REASON
    )
    assert await sent(own.by(over(Role.REPORTER)), total) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(over(Role.COUNTY_APPROVER)), total) == []


async def test_another_countys_project_is_not_there_for_any_role(own: Api) -> None:
    before = await own.positions()
    for role in Role:
        stranger = own.by(over(role, "431103"))
        command = roster.EndPost(project_id=IDS["桥"], post_id=uuid4(), until=date(2022, 5, 1), reason=REASON)
        assert await sent(stranger, command) == [("NOT_FOUND", ["input", "projectId"])]
        assert await sent(stranger, replace(command, project_id=uuid4())) == [("NOT_FOUND", ["input", "projectId"])]
        assert await sent(stranger, register("井", QIYANG)) == [("FORBIDDEN", ["input"])]
        assert await sent(stranger, replace(OPEN_PLACE, region=Region("431102"))) == [("FORBIDDEN", ["input"])]
    assert await own.positions() == before


async def test_a_refusal_for_want_of_rights_is_not_kept_and_costs_no_statement(own: Api) -> None:
    """Whoever is given the right may send the same command again under the same id."""
    note, command_id = register("井", QIYANG), uuid4()
    text, variables = text_of("RegisterProject"), input_of(note, command_id, QIYANG)
    refused = await own.by(over(Role.LEADER)).query(text, input=variables)
    assert refused["answer"]["userErrors"][0]["code"] == "FORBIDDEN"
    taken = await own.by(over(Role.REPORTER)).query(text, input=variables)
    assert taken["answer"]["userErrors"] == []


GRANT: Final = GrantRole(account=Account("oidc:a"), role=Role.REPORTER, area=Area("431181"))


async def test_nobody_grants_to_themselves_or_beyond_their_area(own: Api) -> None:
    admin = own.by(over(Role.SECURITY_ADMIN, "431100"), actor="oidc:admin")
    assert await sent(admin, GRANT) == []
    assert await sent(admin, replace(GRANT, account=Account("oidc:admin"))) == [("FORBIDDEN", ["input"])]
    assert await sent(admin, replace(GRANT, area=Area("430000"))) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(over(Role.COUNTY_APPROVER)), GRANT) == [("FORBIDDEN", ["input"])]
    (granted,) = own.services.directory.grants_of(Account("oidc:a"), date(2022, 1, 1))
    assert granted.role is Role.REPORTER


async def test_a_grant_is_ended_by_who_could_have_given_it(own: Api) -> None:
    given = grant_id(GRANT.account, 1)
    end = EndRole(account=GRANT.account, grant_id=given, reason=REASON)
    assert await sent(own, GRANT) == []
    assert await sent(own.by(over(Role.SECURITY_ADMIN, "431103")), end) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(over(Role.SECURITY_ADMIN, "431100")), replace(end, grant_id=uuid4())) == [
        ("FORBIDDEN", ["input"])
    ]
    assert await sent(own.by(over(Role.SECURITY_ADMIN, "431121")), end) == []
    assert own.services.directory.grants_of(GRANT.account, date(2022, 1, 1)) == ()


async def test_administrators_are_made_by_who_answers_for_the_whole_and_keys_by_another(own: Api) -> None:
    system = replace(GRANT, role=Role.SYSTEM_ADMIN)
    key = IssueKey(
        account=Account("machine:a"), key_id=KeyId("0" * 16), sha256=Sha256("1" * 64), purpose=Name("对接"),
        expires_on=date.today() + timedelta(days=9),  # noqa: DTZ011 - Any day of this week will do.
    )  # fmt: skip
    county, whole = over(Role.SECURITY_ADMIN, "431181"), over(Role.SECURITY_ADMIN, "000000")
    assert await sent(own.by(county), system) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(whole), system) == []
    assert await sent(own.by(whole), key) == [("FORBIDDEN", ["input"])]
    assert await sent(own.by(over(Role.SYSTEM_ADMIN, "000000")), key) == []


async def test_what_stood_before_is_history(county: Api) -> None:
    text = '{ projectCounts(recordedAt: "2022-05-10T09:00:00+08:00") { projects } }'
    assert (await county.by(over(Role.REPORTER)).refused(text))["code"] == "FORBIDDEN"
    assert (await county.by(over(Role.AUDITOR)).query(text))["projectCounts"] is not None
