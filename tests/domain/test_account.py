"""Who is granted what, and which keys are taken: every rule both ways."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from service.domain.account import (
    DECIDER,
    INSTALLATION,
    MOST_KEY_DAYS,
    KeyId,
    Rights,
    RoleGranted,
    account_stream,
    grant_id,
)
from service.domain.codes import regions
from service.domain.decider import Claim
from service.domain.errors import (
    AlreadyClaimedError,
    AlreadyPastError,
    InvalidValueError,
    NotFoundError,
    NotMachineError,
    SeparatedRolesError,
    TooManyKeysError,
    UnknownRegionError,
    WrongPrincipalError,
    WrongScopeError,
)
from service.domain.roles import SEPARATED, WHOLE_COUNTRY, Account, Area, Grant, Role, Scope
from service.domain.values import Name, Reason, Region, Sha256
from tests.dsl import given
from tests.examples import PROJECT_ID, REGISTER_ID, TODAY
from tests.examples.account import (
    AGENT_GRANTED,
    ASIDE,
    END,
    ENDED,
    GRANT,
    GRANT_AGENT,
    GRANTED,
    ISSUE,
    ISSUED,
    MACHINE,
    OFFICER,
    PRINCIPAL,
    REVOKE,
    REVOKED,
)

YESTERDAY: Final = TODAY - timedelta(days=1)
TOMORROW: Final = TODAY + timedelta(days=1)
UNIT: Final = Name("演示市商务局")
PARK: Final = Name("演示工业园")
PARTS: Final[list[dict[str, Any]]] = [{"unit": UNIT}, {"park": PARK}, {"project": PROJECT_ID}]
ORDINARY: Final = [role for role in Role if role not in SEPARATED | {Role.AGENT, Role.UNIT_LIAISON, Role.PARK_APPROVER}]
PLAIN: Final = replace(GRANT, until=None, reason=None, documents=())
HELD: Final = replace(GRANTED, until=None, reason=None, documents=())


def second(**change: Any) -> RoleGranted:
    """Return the account's second grant."""
    return replace(HELD, grant_id=grant_id(OFFICER, 2), **change)


@pytest.mark.parametrize("name", ASIDE)
def test_each_example_gives_its_fact(name: str) -> None:
    command, fact = ASIDE[name]
    before = [told for known, (_, told) in ASIDE.items() if [*ASIDE].index(known) < [*ASIDE].index(name)]
    given(*before).when(command).then(fact)


def test_rights_are_in_the_log_of_the_installation_which_no_client_can_name() -> None:
    assert INSTALLATION == WHOLE_COUNTRY
    assert type(INSTALLATION) is Region
    assert not regions.is_known(INSTALLATION)
    with pytest.raises(UnknownRegionError):
        Region(WHOLE_COUNTRY)


@pytest.mark.parametrize("command", [GRANT, GRANT_AGENT, END])
def test_an_account_has_a_stream_of_its_own_and_its_rights_need_no_place(command: object) -> None:
    assert DECIDER.stream(command, INSTALLATION, REGISTER_ID) == account_stream(OFFICER).id
    assert DECIDER.reads(command, INSTALLATION) == ()
    assert account_stream(OFFICER) != account_stream(PRINCIPAL)


# Scopes


@pytest.mark.parametrize("role", ORDINARY)
@pytest.mark.parametrize("part", [{}, *PARTS], ids=str)
def test_an_ordinary_role_is_over_an_area_or_a_part_of_it(role: Role, part: dict[str, Any]) -> None:
    given().when(replace(PLAIN, role=role, **part)).then(replace(HELD, role=role, **part))


@pytest.mark.parametrize("area", [WHOLE_COUNTRY, "430000", "431100", "431121", "990001"])
def test_an_area_is_the_country_or_any_region(area: str) -> None:
    given().when(replace(PLAIN, area=Area(area))).then(replace(HELD, area=Area(area)))


@pytest.mark.parametrize(("first", "other"), [(0, 1), (0, 2), (1, 2)])
def test_a_scope_is_one_part_and_not_two(first: int, other: int) -> None:
    both = PARTS[first] | PARTS[other]
    given().when(replace(PLAIN, **both)).then_refused(WrongScopeError, at=[*both][1])


@pytest.mark.parametrize("role", sorted(SEPARATED))
def test_an_administrator_is_over_an_area_as_a_whole(role: Role) -> None:
    given().when(replace(PLAIN, role=role)).then(replace(HELD, role=role))
    for part in PARTS:
        given().when(replace(PLAIN, role=role, **part)).then_refused(WrongScopeError, at=next(iter(part)), role=role)


def test_a_liaison_is_of_a_unit_or_a_project() -> None:
    liaison = replace(PLAIN, role=Role.UNIT_LIAISON)
    for part in (PARTS[0], PARTS[2]):
        given().when(replace(liaison, **part)).then(replace(HELD, role=Role.UNIT_LIAISON, **part))
    for part in ({}, PARTS[1]):
        given().when(replace(liaison, **part)).then_refused(WrongScopeError, at="unit", role=Role.UNIT_LIAISON)


def test_a_park_approver_is_of_a_park() -> None:
    approver = replace(PLAIN, role=Role.PARK_APPROVER)
    given().when(replace(approver, park=PARK)).then(replace(HELD, role=Role.PARK_APPROVER, park=PARK))
    for part in ({}, PARTS[0], PARTS[2]):
        given().when(replace(approver, **part)).then_refused(WrongScopeError, at="park", role=Role.PARK_APPROVER)


# Principals


def test_an_agent_acts_for_somebody_else() -> None:
    given(GRANTED).when(GRANT_AGENT).then(AGENT_GRANTED)
    for nobody in (None, OFFICER):
        given().when(replace(GRANT_AGENT, principal=nobody)).then_refused(
            WrongPrincipalError, at="principal", role=Role.AGENT
        )


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.AGENT])
def test_nobody_but_an_agent_acts_for_a_principal(role: Role) -> None:
    part = {Role.UNIT_LIAISON: PARTS[0], Role.PARK_APPROVER: PARTS[1]}.get(role, {})
    given().when(replace(PLAIN, role=role, principal=PRINCIPAL, **part)).then_refused(
        WrongPrincipalError, at="principal", role=role
    )


# Days


def test_a_grant_lasts_until_today_at_least() -> None:
    given().when(replace(PLAIN, until=TODAY)).then(replace(HELD, until=TODAY))
    given().when(replace(PLAIN, until=YESTERDAY)).then_refused(AlreadyPastError, at="until", date=YESTERDAY)


def test_a_grant_holds_through_its_last_day_and_not_after_its_end() -> None:
    until = date(2022, 12, 31)
    grant = Grant(role=Role.COUNTY_APPROVER, scope=Scope(area=Area("431181")), until=until)
    state = DECIDER.fold([GRANTED])
    assert state.grants_on(until) == (grant,)
    assert state.grants_on(until + timedelta(days=1)) == ()
    assert DECIDER.fold([GRANTED, ENDED]).grants_on(TODAY) == ()
    assert DECIDER.fold([HELD]).grants_on(date.max) == (replace(grant, until=None),)


def test_a_grant_has_its_scope_and_its_principal() -> None:
    scope = Scope(area=Area("431181"), park=PARK)
    grant = Grant(role=Role.AGENT, scope=scope, principal=PRINCIPAL)
    assert DECIDER.fold([GRANTED, AGENT_GRANTED]).grants_on(TODAY)[1] == grant


def test_what_was_stored_is_not_judged_again() -> None:
    """A rule that is tightened later must not leave a process without anybody's rights."""
    (grant,) = DECIDER.fold([replace(HELD, unit=UNIT, park=PARK)]).grants_on(TODAY)
    assert (grant.scope.unit, grant.scope.park) == (UNIT, PARK)


# The same again


@pytest.mark.parametrize("change", [{}, {"reason": Reason("另行说明")}, {"documents": ()}])
def test_a_grant_that_holds_is_not_made_again(change: dict[str, Any]) -> None:
    given(GRANTED).when(replace(GRANT, **change)).then_nothing()


@pytest.mark.parametrize(
    "change",
    [
        {"role": Role.REPORTER},
        {"area": Area("431100")},
        {"unit": UNIT},
        {"park": PARK},
        {"project": PROJECT_ID},
        {"until": date(2023, 6, 30)},
        {"until": None},
    ],
    ids=str,
)
def test_a_grant_that_says_otherwise_stands_beside_the_first(change: dict[str, Any]) -> None:
    given(GRANTED).when(replace(GRANT, **change)).then(replace(GRANTED, grant_id=grant_id(OFFICER, 2), **change))


def test_a_role_that_was_ended_or_has_run_out_may_be_granted_again() -> None:
    given(HELD, ENDED).when(PLAIN).then(second())
    given(replace(HELD, until=YESTERDAY)).when(PLAIN).then(second())


# 三员分立


@pytest.mark.parametrize("held", sorted(SEPARATED))
@pytest.mark.parametrize("wanted", [one for one in Role if one is not Role.AGENT])
def test_an_administrator_holds_no_other_role(held: Role, wanted: Role) -> None:
    part = {Role.UNIT_LIAISON: PARTS[0], Role.PARK_APPROVER: PARTS[1]}.get(wanted, {})
    admin, other = replace(HELD, role=held), replace(PLAIN, role=wanted, **part)
    if wanted is held:
        given(admin).when(other).then_nothing()
    else:
        given(admin).when(other).then_refused(SeparatedRolesError, at="role", role=wanted)
        given(replace(HELD, role=wanted, **part)).when(replace(PLAIN, role=held)).then_refused(
            SeparatedRolesError, at="role", role=held
        )


@pytest.mark.parametrize("role", sorted(SEPARATED))
def test_an_administrator_may_be_one_over_several_areas(role: Role) -> None:
    elsewhere = replace(PLAIN, role=role, area=Area("430500"))
    given(replace(HELD, role=role)).when(elsewhere).then(second(role=role, area=Area("430500")))


def test_who_was_an_administrator_may_become_something_else_and_the_other_way_round() -> None:
    admin, auditor = Role.SECURITY_ADMIN, Role.AUDIT_ADMIN
    for gone in ([replace(HELD, role=admin), ENDED], [replace(HELD, role=admin, until=YESTERDAY)]):
        given(*gone).when(replace(PLAIN, role=auditor)).then(second(role=auditor))
        given(*gone).when(PLAIN).then(second())
    given(HELD, ENDED).when(replace(PLAIN, role=admin)).then(second(role=admin))
    given(replace(HELD, role=admin, until=TODAY)).when(PLAIN).then_refused(SeparatedRolesError, at="role")


def test_other_roles_stand_together() -> None:
    given(HELD).when(replace(PLAIN, role=Role.LEADER)).then(second(role=Role.LEADER))


# Ends


def test_a_grant_is_ended_once() -> None:
    given(GRANTED).when(END).then(ENDED)
    given(GRANTED, ENDED).when(replace(END, reason=Reason("再次收回"))).then_nothing()


def test_one_grant_is_ended_and_the_others_go_on() -> None:
    assert [one.role for one in DECIDER.fold([GRANTED, AGENT_GRANTED, ENDED]).grants_on(TODAY)] == [Role.AGENT]


def test_a_grant_that_the_account_never_had_cannot_be_ended() -> None:
    given().when(END).then_refused(NotFoundError, at="grant_id")
    given(GRANTED).when(replace(END, grant_id=grant_id(OFFICER, 2))).then_refused(NotFoundError, at="grant_id")


# Keys


def key(number: int, **change: Any) -> Any:
    """Return the command of another key."""
    return replace(ISSUE, key_id=KeyId(f"{number:016x}"), sha256=Sha256(f"{number:064x}"), **change)


def issued(number: int, **change: Any) -> Any:
    """Return the fact of another key."""
    return replace(ISSUED, key_id=KeyId(f"{number:016x}"), sha256=Sha256(f"{number:064x}"), **change)


def test_a_key_is_for_a_machine() -> None:
    given().when(ISSUE).then(ISSUED)
    for person in ("oidc:6f1c0001", "machines:a", "key:a"):
        given().when(replace(ISSUE, account=Account(person))).then_refused(NotMachineError, at="account")


def test_a_key_lasts_from_today_to_a_year() -> None:
    longest = TODAY + timedelta(days=MOST_KEY_DAYS)
    for day in (TODAY, longest):
        given().when(replace(ISSUE, expires_on=day)).then(replace(ISSUED, expires_on=day))
    given().when(replace(ISSUE, expires_on=YESTERDAY)).then_refused(AlreadyPastError, at="expires_on", today=TODAY)
    too_long = replace(ISSUE, expires_on=longest + timedelta(days=1))
    given().when(too_long).then_refused(InvalidValueError, at="expires_on", value=too_long.expires_on)


def test_a_third_key_waits_until_one_of_two_is_gone() -> None:
    given(issued(1)).when(ISSUE).then(ISSUED)
    given(issued(1), issued(2)).when(ISSUE).then_refused(TooManyKeysError, at="account", most=2)
    given(issued(1), issued(2, expires_on=TODAY)).when(ISSUE).then_refused(TooManyKeysError, at="account")
    given(issued(1), issued(2, expires_on=YESTERDAY)).when(ISSUE).then(ISSUED)
    given(issued(1), issued(2), replace(REVOKED, key_id=KeyId(f"{2:016x}"))).when(ISSUE).then(ISSUED)


def test_a_key_that_stands_is_not_issued_again() -> None:
    given(ISSUED).when(ISSUE).then_nothing()
    given(ISSUED, issued(1)).when(ISSUE).then_nothing()


@pytest.mark.parametrize("change", [{"sha256": Sha256("0" * 64)}, {"expires_on": TOMORROW}, {"purpose": Name("另用")}])
def test_the_id_of_a_key_is_not_given_to_another(change: dict[str, Any]) -> None:
    given(ISSUED).when(replace(ISSUE, **change)).then_refused(AlreadyClaimedError, at="key_id")


def test_a_key_that_was_revoked_does_not_come_back() -> None:
    given(ISSUED, REVOKED).when(ISSUE).then_refused(AlreadyClaimedError, at="key_id", values=ISSUE.key_id)


def test_a_key_is_revoked_once_even_if_it_has_run_out() -> None:
    given(ISSUED).when(REVOKE).then(REVOKED)
    given(ISSUED, REVOKED).when(replace(REVOKE, reason=Reason("再次吊销"))).then_nothing()
    given(replace(ISSUED, expires_on=YESTERDAY)).when(REVOKE).then(REVOKED)


def test_a_key_that_the_account_never_had_cannot_be_revoked() -> None:
    given().when(REVOKE).then_refused(NotFoundError, at="key_id")
    given(issued(1)).when(REVOKE).then_refused(NotFoundError, at="key_id")


def test_ids_of_keys_are_claimed_for_ever() -> None:
    claims = {Claim("key", ISSUE.key_id)}
    assert DECIDER.claims(DECIDER.fold([ISSUED])) == DECIDER.claims(DECIDER.fold([ISSUED, REVOKED])) == claims


@pytest.mark.parametrize(
    "text", ["", "0" * 15, "0" * 17, "0" * 15 + "A", "0" * 15 + "g", "００１１２２３３４４５５６６７７"]
)
def test_the_id_of_a_key_has_sixteen_digits_and_is_not_repeated_in_a_refusal(text: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        KeyId(text)
    assert refused.value.params == {}


def test_an_end_without_a_beginning_changes_nothing() -> None:
    assert DECIDER.fold([ENDED, REVOKED]) == DECIDER.initial


def test_state_knows_its_account_from_either_kind_of_fact() -> None:
    states: list[Rights] = [DECIDER.fold([GRANTED]), DECIDER.fold([ISSUED])]
    assert [one.account for one in states] == [OFFICER, MACHINE]
