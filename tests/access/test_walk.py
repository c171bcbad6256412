"""Nobody is shown or changes anything of another's: every operation, as every role, about somebody else.

Each attempt is made in two worlds that differ only in what is the victim's own affair. The answer has to be the same to
the byte, by the same statements: in the one world a thing is the victim's, in the other there is no such thing.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from service.access import LOCAL, Sight
from service.domain.roles import Role
from tests.access.attempts import OPERATIONS, Attempt, at_random, attempts
from tests.access.callers import walkers
from tests.access.documents import document, root_fields
from tests.access.values import required
from tests.access.walking import Told, ask, comparable, leaks, make, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.access.callers import Walker
    from tests.schema.conftest import Api

SEED = 431181
SHORT = 3
"""Attempts at each operation in the short walk, each as another caller and of the kind that was tried least."""
GROUP = 2_000
"""Attempts after which the victim's ledger is looked at again."""
SHARES = 8
"""Parts of the long walk, each with every operation, so that workers may walk at once."""
REFUSED = {"FORBIDDEN", "NOT_FOUND", "INVALID_VALUE", "UNKNOWN_REGION", "WRONG_SCOPE"}


async def _cursors(api: Api) -> dict[str, str]:
    """Return a cursor of each page of the victim's, as whoever sees everything gets it."""
    found = {}
    for name, field in root_fields("Query").items():
        if "after" not in field.args:
            continue
        sent = {argument: one.plain for argument, one in required(name).items()} | {"first": 1}
        told = await ask(api, LOCAL, document("Query", name, tuple(sorted(sent)), frozenset(Sight)), sent)
        assert not told.errors, (name, told.text)
        if cursor := _cursor(told.data["a0"]):
            found[name] = cursor
    return found


def _cursor(page: dict[str, Any]) -> str | None:
    """Return where a page ends: a connection's first item, what a feed has told, or the end of the map."""
    if "edges" in page:
        return page["edges"][0]["cursor"] if page["edges"] else None
    cursor: str | None = page["cursor"] if "cursor" in page else page["pageInfo"]["endCursor"]
    return cursor


async def _held(attempt: Attempt, worlds: tuple[Api, Api]) -> list[str]:
    """Return what is wrong with the answers to an attempt."""
    first, second = worlds
    told, elsewhere = await make(attempt, first), await make(attempt, second)
    # What they were granted is told to themselves, whoever else has a unit of that name.
    granted = repr(attempt.walker.caller.grants) if attempt.operation == "Query.me" else ""
    said = attempt.text + attempt.variables + granted
    shown = (leaks(one.text, said, attempt.walker) for one in (told, elsewhere))
    wrong = [f"shows {sorted(found)}" for found in shown if found]
    if "INTERNAL" in (*told.errors, *elsewhere.errors):
        wrong.append("is a fault")
    if len(told.sent) > attempt.roots:
        wrong.append(f"takes {len(told.sent)} statements")
    if comparable(told, attempt.walker) != comparable(elsewhere, attempt.walker):
        wrong.append("differs between the worlds")
    if told.sent != elsewhere.sent:
        wrong.append("takes other statements in the other world")
    if attempt.twin is not None:
        none = await ask(first, attempt.walker.caller, attempt.text, json.loads(attempt.twin))
        if (told.text, told.sent) != (none.text, none.sent):
            wrong.append("differs from the answer for what does not exist")
    if attempt.aimed and (problem := _not_refused(told)):
        wrong.append(problem)
    return [f"{attempt.walker.name}, {attempt.operation}, {attempt.kind}: {one}\n  {attempt.variables}\n"
            f"  {told.text[:600]}\n  {elsewhere.text[:600]}" for one in wrong]  # fmt: skip


def _not_refused(told: Told) -> str | None:
    """Return what a command on another's ledger was answered that is no refusal."""
    payload = (told.data or {}).get("a0")
    if payload is None:
        return None if told.errors else "answers nothing"
    if payload.get("results"):
        if payload["accepted"] or payload["positions"]:
            return f"is answered {payload}"
        (payload,) = payload["results"]
    codes = {one["code"] for one in payload["userErrors"]}
    rest = [payload[name] for name in ("version", "position", "recordedAt")]
    return None if codes and codes <= REFUSED and not any(rest) else f"is answered {payload}"


async def _walk(made: list[Attempt], worlds: tuple[Api, Api]) -> None:
    """Make all attempts, those of one document together, and see that nothing has changed after each group."""
    before = [await state(one) for one in worlds]
    wrong: list[str] = []
    made.sort(key=lambda one: one.text)
    for start in range(0, len(made), GROUP):
        for one in made[start : start + GROUP]:
            wrong += await _held(one, worlds)
        assert [await state(one) for one in worlds] == before
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:30])


def _some(found: list[Attempt], count: int, used: Counter[str]) -> Iterator[Attempt]:
    """Yield attempts of the kinds that were least often made."""
    left = list(found)
    while left and count:
        one = min(left, key=lambda it: used[it.kind])
        left.remove(one)
        used[one.kind] += 1
        count -= 1
        yield one


async def test_nothing_of_anothers_is_seen_or_changed(worlds: tuple[Api, Api]) -> None:
    chance = random.Random(SEED)  # noqa: S311 - a sample.
    cursors = await _cursors(worlds[0])
    everybody = walkers(worlds[0].services.directory)
    turn: list[Walker] = []
    made: list[Attempt] = []
    used: Counter[str] = Counter()
    for of, name in OPERATIONS * SHORT:
        if not turn:
            turn = chance.sample(everybody, len(everybody))
        found = attempts(turn.pop(), of, name, cursors)
        chance.shuffle(found)
        made += _some(found, 1, used)
    assert len(made) == SHORT * len(OPERATIONS)
    assert {one.walker.role for one in made} == {None, *Role}
    assert {one.operation for one in made} == {f"{of}.{name}" for of, name in OPERATIONS}
    _every_kind_is_made(made)
    await _walk(made, worlds)


@pytest.mark.soak
@pytest.mark.parametrize("share", range(SHARES))
async def test_nothing_of_anothers_is_seen_or_changed_in_fifty_thousand_attempts(
    worlds: tuple[Api, Api], share: int, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(SEED + share)  # noqa: S311 - a sample.
    cursors = await _cursors(worlds[0])
    made: list[Attempt] = []
    used: Counter[str] = Counter()
    for walker in walkers(worlds[0].services.directory)[share::SHARES]:
        for of, name in OPERATIONS:
            found = attempts(walker, of, name, cursors)
            chance.shuffle(found)
            made += _some(found, 2, used)
            if of == "Query":
                made.append(at_random(walker, name, chance))
    assert len(made) >= 50_000 / SHARES
    _every_kind_is_made(made)
    with capsys.disabled():
        print(_counts(made))  # noqa: T201 - what was tried is what this test is for.
    await _walk(made, worlds)


def _every_kind_is_made(made: list[Attempt]) -> None:
    assert {one.kind for one in made} >= {
        "victim's secret id", "victim's absent id", "id of no ledger", "malformed id", "id of another kind", "own id",
        "own ledger, victim's id", "victim's cursor", "aliases", "victim's id within", "victim's region within",
        "victim's list", "victim's person", "victim's version", "victim's command id",
    }  # fmt: skip


def _counts(made: list[Attempt]) -> str:
    """Return what was tried, as a table."""
    wholes: dict[str, Any] = {
        "attempts": len(made),
        "callers": len({one.walker.name for one in made}),
        "roles": len({one.walker.role for one in made} - {None}),
        "operations": len({one.operation for one in made}),
        "ledgers of their own": len({one.walker.own for one in made}),
        "kinds": len({one.kind for one in made}),
        "documents": len({one.text for one in made}),
        "roles x operations x ledgers x kinds": len(
            {(one.walker.role, one.operation, one.walker.own, one.kind) for one in made}
        ),
    }
    kinds = Counter(one.kind for one in made)
    lines = [f"{count:>8}  {name}" for name, count in [*wholes.items(), *kinds.most_common()]]
    return "\n" + "\n".join(lines)
