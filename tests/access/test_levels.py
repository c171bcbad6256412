"""The same documents, asked by who may: each role sees of its own ledger what the table says, and no more of it.

Without this the walk would prove nothing: it is the same questions that show everything to whom it belongs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import pytest

from schema.values import encode_id
from service.access import LOCAL, Caller, Sight
from service.access.fields import FIELDS
from service.access.table import MASKED, SIGHTS
from service.domain.roles import SEPARATED, Grant, Role
from tests.access.documents import bare, document, is_shown, root_fields
from tests.access.values import of_argument, required
from tests.access.walking import FORBIDDEN, Told, ask
from tests.access.world import FIRST, SHARED, SIBLING, VICTIM_NOW, WATCHER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.schema.conftest import Api

INSIDE: Final = [role for role in Role if Sight.INTERNAL in SIGHTS[role]]
OUTSIDE: Final = [role for role in Role if role not in INSIDE]
_EACH_SIGHT: Final = {SIGHTS[role]: role for role in reversed(INSIDE)}
EACH_SIGHT: Final = [
    pytest.param(role, marks=() if role in _EACH_SIGHT.values() else pytest.mark.soak) for role in INSIDE
]
"""Those inside; of several that see the same levels, by the table, one has the short run."""
_SECRET: Final = FIRST.secret
SHOWS: Final = {
    Sight.INTERNAL: _SECRET.text,
    Sight.COMMERCIAL: f"66000{_SECRET.digits}",  # 6.6000 亿元 and its own digits, in 元.
    Sight.NAME: f"项目管家甲{_SECRET.person}",
    Sight.CONTACT: f"演示电话二{_SECRET.contact}",
    Sight.HISTORY: WATCHER,
}
"""Level -> what of the victim is shown from it on, and from no other."""
NOT_OF_THE_LEDGER: Final = {
    "me": "says who asks",
    "rateLimit": "says what is left to who asks",
    "roleGrants": "is of the installation",
    "apiKeys": "is of the installation",
    "rightsTrail": "is of the installation",
    "keyUses": "is of the installation",
    "failedAttempts": "is of the installation",
    "personalReads": "is of the installation",
}


def _caller(role: Role, area: str) -> Caller:
    return Caller("oidc:somebody", grants=(Grant.over(role, area),))


async def _ask(api: Api, caller: Caller, name: str, sights: frozenset[Sight]) -> Told:
    sent = {argument: one.plain for argument, one in required(name).items()}
    return await ask(api, caller, document("Query", name, tuple(sorted(sent)), sights), sent)


def test_every_argument_has_a_value_to_walk_with() -> None:
    for of in ("Query", "Subscription"):
        for field, told in root_fields(of).items():
            for name, argument in told.args.items():
                assert of_argument(field, name, argument.type) or name in {"after", "before"}, (field, name)


@pytest.mark.parametrize("role", EACH_SIGHT)
async def test_whoever_is_of_the_ledger_is_shown_it_by_the_same_questions(worlds: tuple[Api, Api], role: Role) -> None:
    first, _ = worlds
    seen = []
    for name in root_fields("Query"):
        if not is_shown("Query", name, SIGHTS[role]) or name in NOT_OF_THE_LEDGER:
            continue
        told = await _ask(first, _caller(role, VICTIM_NOW), name, SIGHTS[role])
        stranger = await _ask(first, _caller(role, SIBLING), name, SIGHTS[role])
        assert told.errors == stranger.errors == (), (name, told.text[:300])
        assert told.text != stranger.text, name
        seen.append(any(mark in told.text for mark in FORBIDDEN))
    # All that answers in texts says something of its own; the others answer in numbers.
    assert sum(seen) >= 20


@pytest.mark.parametrize("role", INSIDE)
async def test_a_role_is_shown_the_levels_of_the_table_and_no_other(worlds: tuple[Api, Api], role: Role) -> None:
    first, _ = worlds
    # With all that is masked, which whoever is inside may ask for.
    asked = [name for name in root_fields("Query") if is_shown("Query", name, SIGHTS[role])]
    texts = [(await _ask(first, _caller(role, VICTIM_NOW), name, SIGHTS[role])).text for name in asked]
    whole = "\n".join(texts)
    assert {sight for sight, mark in SHOWS.items() if mark in whole} == SIGHTS[role] & SHOWS.keys()
    masked = {Sight.NAME: "项*", Sight.CONTACT: "****"}
    for sight, mark in masked.items():
        assert (mark in whole) is (sight not in SIGHTS[role]), (sight, mark)


@pytest.mark.parametrize("role", OUTSIDE)
async def test_an_administrator_sees_nothing_of_a_ledger_but_what_is_published(
    worlds: tuple[Api, Api], role: Role
) -> None:
    first, _ = worlds
    for area in (VICTIM_NOW, "000000"):
        for name in root_fields("Query"):
            if is_shown("Query", name, SIGHTS[role]):
                told = await _ask(first, _caller(role, area), name, SIGHTS[role])
                assert not [mark for mark in (_SECRET.text, SHARED.text, WATCHER) if mark in told.text], name


async def test_the_installations_rights_are_shown_to_who_watches_over_all_of_it(worlds: tuple[Api, Api]) -> None:
    first, _ = worlds
    shown: dict[str, set[tuple[Role, str]]] = defaultdict(set)
    for role in Role:
        for area in (SIBLING, VICTIM_NOW, "430000", "000000"):
            for name in ("roleGrants", "apiKeys", "rightsTrail"):
                told = await _ask(first, _caller(role, area), name, frozenset(Sight))
                if "TxRightsq" in told.text:
                    shown[name].add((role, area))
    watchers = {(one, "000000") for one in SEPARATED}
    assert shown == dict.fromkeys(("roleGrants", "apiKeys", "rightsTrail"), watchers)


async def test_whoever_sees_everything_is_shown_both_worlds_apart(worlds: tuple[Api, Api]) -> None:
    alike = []
    for name in root_fields("Query"):
        first, second = [await _ask(one, LOCAL, name, frozenset(Sight)) for one in worlds]
        assert first.errors == second.errors == (), name
        if first.text == second.text:
            alike.append(name)
    # What a place has set is the same in both, and so are rights and who asks.
    assert {*alike} <= {
        "dictionary", "stages", "scheduleTemplate", "definition", "scheduleRules", "priorityLimits", "warningRules",
        "lightRules", "indicators", "projectByCode", "projectByReference", "roleGrants", "apiKeys", "rightsTrail",
        "failedAttempts", "personalReads", "keyUses", "me", "rateLimit",
    }  # fmt: skip


async def test_a_subscription_shows_a_project_to_its_own_and_to_nobody_else(worlds: tuple[Api, Api]) -> None:
    first, _ = worlds
    text = document("Subscription", "projectChanged", ("id",), SIGHTS[Role.REPORTER])
    sent = {"id": encode_id("Project", "431121", FIRST.secrets[0])}
    told = await ask(first, _caller(Role.REPORTER, VICTIM_NOW), text, sent)
    assert _SECRET.text in told.text
    other = await ask(first, _caller(Role.REPORTER, SIBLING), text, sent)
    assert other.errors == ("NOT_FOUND",)


def _fields() -> Iterator[tuple[str, str, str, str]]:
    """Yield every field that a query leads to, with the first that does: root, type, name and document."""
    known = set()
    for root in root_fields("Query"):
        head = document("Query", root, tuple(sorted(required(root))), frozenset({Sight.PUBLIC}))
        for of, name, below in bare("Query", root):
            if (of, name) not in known:
                known.add((of, name))
                yield root, of, name, f"{head[: head.index(root)]}{_call(head, root)} {below} }}"


def _call(head: str, root: str) -> str:
    """Return the asking of a root field with its arguments, without what is asked of it."""
    asked = head[head.index(root) :]
    return asked[: asked.index(" {")] if " {" in asked else asked


async def test_every_field_is_refused_to_a_role_that_lacks_its_level(worlds: tuple[Api, Api]) -> None:
    first, _ = worlds
    tried = 0
    for number, (root, of, name, text) in enumerate(_fields()):
        lacking = [
            role for role in Role if not (is_shown("Query", root, SIGHTS[role]) and is_shown(of, name, SIGHTS[role]))
        ]
        if lacking:
            sent = {argument: one.plain for argument, one in required(root).items()}
            told = await ask(first, _caller(lacking[number % len(lacking)], "000000"), text, sent)
            assert told.errors == ("FORBIDDEN",), (of, name)
            assert told.sent == ()
            tried += 1
    assert tried >= 300


@pytest.mark.soak
@pytest.mark.parametrize("role", Role)
async def test_a_field_of_a_level_that_a_role_lacks_is_refused_and_every_other_answered(
    worlds: tuple[Api, Api], role: Role
) -> None:
    first, _ = worlds
    sights, wrong, tried = SIGHTS[role], [], 0
    caller = _caller(role, "000000")
    for root, of, name, text in _fields():
        sent = {argument: one.plain for argument, one in required(root).items()}
        levels = FIELDS[of, name]
        may = is_shown("Query", root, sights) and is_shown(of, name, sights)
        # What is on the way to it has levels of its own: only its own refusal is told apart.
        told = await ask(first, caller, text, sent)
        refused = [one["params"]["field"] for one in json.loads(told.text)["errors"] if one["code"] == "FORBIDDEN"]
        tried += 1
        if not may and not refused:
            wrong.append(f"{of}.{name} is answered, of {sorted(levels)}")
        if refused and f"{of}.{name}" in refused and is_shown(of, name, sights):
            wrong.append(f"{of}.{name} is refused, of {sorted(levels)}")
        if not levels.isdisjoint(MASKED - sights) and may and "FORBIDDEN" in told.errors:
            wrong.append(f"{of}.{name} is refused and not masked")
        assert "INTERNAL" not in told.errors, (text, told.text)
    assert not wrong
    assert tried >= 400
