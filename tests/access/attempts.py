"""Every attempt of the walk: who asks what about whom."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import uuid5

from graphql import GraphQLNonNull

from schema.commands import _NODE_LISTS, _NODES, _SUBJECTS
from schema.values import camel, encode_id
from service.access.table import Sight
from service.domain.decider import NAMESPACE
from tests.access import values, world
from tests.access.callers import Sees
from tests.access.documents import document, is_shown, root_fields, unwrapped
from tests.access.retelling import CEREMONY, Retelling, regions_of
from tests.access.values import NEUTRAL, Value, ids, of_argument, own_id, required
from tests.examples import ASIDE, COMMANDS, PROJECT_ID
from tests.schema.asking import input_of, mutation_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from tests.access.callers import Walker

_Input: TypeAlias = "tuple[str, dict[str, Any], dict[str, Any] | None, bool]"
"""Whose it is about, the input, the same about what does not exist, and whether it has to be refused."""
BATCH: Final = "Batch"
"""How the name of a mutation ends that takes many of a command."""
_TIMES: Final = 5
_OTHER_VERSION: Final = 987


@dataclass(frozen=True)
class Attempt:
    """One question or command of one caller.

    Attributes:
        operation: root field, such as Query.projects.
        kind: whose what it is about is.
        twin: the same variables with an id of what does not exist; its answer has to be the same.
        roots: how often the document asks a root field.
        aimed: a command on the victim's ledger, which has to be refused.
    """

    walker: Walker
    operation: str
    kind: str
    text: str
    variables: str
    twin: str | None = None
    roots: int = 1
    aimed: bool = False

    @property
    def sent(self) -> Any:
        """The variables, made anew: a resolver may change what it is given."""
        return json.loads(self.variables)


@lru_cache(maxsize=1_000)
def _variants(field: str, of: str) -> tuple[tuple[str, tuple[tuple[str, Any], ...], str | None], ...]:
    """Return sets of arguments of a root field: each value of each argument, the others as they have to be."""
    base = required(field, of)
    arguments = root_fields(of)[field].args
    found: list[tuple[str, dict[str, Any], str | None]] = []
    plain = {name: one.plain for name, one in base.items()}
    whose = next((one.kind for one in base.values() if one.kind != NEUTRAL), NEUTRAL)
    found.append((whose, plain, None))
    for name, argument in arguments.items():
        for one in of_argument(field, name, argument.type):
            sent = _one_end(plain | {name: one.plain})
            absent = next((it.plain for it in _of_same(field, name, argument) if it.kind == "victim's absent id"), None)
            hidden = one.kind == "victim's secret id" and absent is not None
            twin = json.dumps(plain | {name: absent}) if hidden else None
            found.append((whose if one.kind == NEUTRAL else one.kind, sent, twin))
    return tuple((kind, tuple(sorted(sent.items())), twin) for kind, sent, twin in found)


def _one_end(sent: dict[str, Any]) -> dict[str, Any]:
    """Return arguments of which those of a page are from one end."""
    return {k: v for k, v in sent.items() if k != "first"} if {"last", "before"} & sent.keys() else sent


def _of_same(field: str, name: str, argument: Any) -> list[Value]:
    named, _ = unwrapped(argument.type)
    return of_argument(field, name, argument.type) if named.name == "ID" else []


OPERATIONS: Final = tuple((of, name) for of in ("Query", "Subscription", "Mutation") for name in root_fields(of))
"""Every operation that there is."""


def attempts(walker: Walker, of: str, name: str, cursors: Mapping[str, str]) -> list[Attempt]:
    """Return what a caller tries with an operation.

    Args:
        cursors: field of Query -> cursor of a page that shows the victim.
    """
    return list(_commands(walker, name) if of == "Mutation" else _questions(walker, of, name, cursors))


def _questions(walker: Walker, of: str, field: str, cursors: Mapping[str, str]) -> Iterator[Attempt]:
    """Yield what a caller may ask of a field, about the victim in every way."""
    sights, told = walker.caller.sights, root_fields(of)[field]
    # What they may not ask at all they ask with all that there is.
    asked = sights if is_shown(of, field, sights) else frozenset(Sight)
    for kind, sent, twin in _variants(field, of):
        yield _question(walker, of, field, kind, dict(sent), asked, twin)
    base = {name: one.plain for name, one in required(field, of).items()}
    for end, count in (("after", "first"), ("before", "last")):
        if field in cursors and end in told.args:
            way = {end: cursors[field]} | ({count: 200} if count in told.args else {})
            yield _question(walker, of, field, "victim's cursor", _one_end(base | way), asked)
    own = [name for name, one in told.args.items() if unwrapped(one.type)[0].name == "ID"]
    if of == "Query" and own:
        mine = own_id("Project", walker)
        about = base | {own[0]: [mine] if unwrapped(told.args[own[0]].type)[1] else mine}
        yield _question(walker, of, field, "own id", about, asked)
    if of == "Query":
        yield _many(walker, field, asked)


def _question(  # noqa: PLR0917 - who asks what about whom.
    walker: Walker, of: str, field: str, kind: str, sent: Mapping[str, Any], sights: Any, twin: str | None = None
) -> Attempt:
    text = document(of, field, tuple(sorted(sent)), sights)
    return Attempt(walker, f"{of}.{field}", kind, text, json.dumps(sent), twin)


def _many(walker: Walker, field: str, sights: frozenset[Sight]) -> Attempt:
    """Return a document that asks a field several times by aliases, each time about something else."""
    base = required(field)
    text = document("Query", field, tuple(sorted(base)), sights, times=_TIMES)
    sent = {}
    for number in range(_TIMES):
        for name, one in base.items():
            found = of_argument(field, name, root_fields("Query")[field].args[name].type) or [one]
            sent[f"{name}_{number}"] = found[number % len(found)].plain
    return Attempt(walker, f"Query.{field}", "aliases", text, json.dumps(sent), roots=_TIMES)


def at_random(walker: Walker, field: str, chance: random.Random) -> Attempt:
    """Return a question with any of its arguments, each with any value."""
    sent = {name: one.plain for name, one in required(field).items()}
    kind = NEUTRAL
    for name, argument in root_fields("Query")[field].args.items():
        found = of_argument(field, name, argument.type)
        must = isinstance(argument.type, GraphQLNonNull)
        if found and (must or chance.random() < 0.4):
            one = chance.choice(found)
            sent[name] = one.plain
            kind = kind if one.kind == NEUTRAL else one.kind
    sights = walker.caller.sights
    asked = sights if is_shown("Query", field, sights) else frozenset(Sight)
    return _question(walker, "Query", field, kind, _one_end(sent), asked)


def examples() -> dict[str, Any]:
    """Return an example of each command by its mutation; every mutation has one."""
    every = (*COMMANDS.values(), *(command for command, _ in ASIDE.values()))
    found = {mutation_of(type(one).__name__)[0]: one for one in every}
    fields = root_fields("Mutation").keys()
    found |= {f"{name}{BATCH}": one for name, one in found.items() if f"{name}{BATCH}" in fields}
    assert found.keys() == fields
    return found


_EXAMPLES: Final = examples()


def _commands(walker: Walker, name: str) -> Iterator[Attempt]:
    """Yield a command on the victim's ledger and things, and on their own with the victim's in it."""
    text = document("Mutation", name, ("input",), walker.caller.sights)
    for kind, sent, twin, aimed in _inputs(name.removesuffix(BATCH), _EXAMPLES[name], walker):
        # Each intention has an id of its own, and once that of a command which the victim's ledger knows.
        intention = f"{walker.name} {name} {kind}"
        own = world.command_id(world.FIRST.base + 11) if kind == "victim's command id" else uuid5(NAMESPACE, intention)
        told = _sent(name, sent, own)
        other = None if twin is None else _sent(name, twin, own)
        yield Attempt(walker, f"Mutation.{name}", kind, text, told, other, aimed=aimed)


def _sent(name: str, sent: dict[str, Any], command_id: UUID) -> str:
    """Return the variables of a command; of a batch it is the one item."""
    item = sent | {"commandId": str(command_id)}
    return json.dumps({"input": {"items": [item]} if name.endswith(BATCH) else item})


def _inputs(name: str, command: Any, walker: Walker) -> Iterator[_Input]:
    secret = world.FIRST.secrets[0]
    held = Retelling(
        world.OWN, regions_of(world.VICTIM_NOW, world.PREFECTURE),
        {PROJECT_ID: secret, CEREMONY: world.CEREMONY_IDS[world.VICTIM]}, 77,
    )  # fmt: skip
    sent = _input(held.of(command), world.VICTIM)
    subject = next((camel(one) for one in _SUBJECTS if camel(one) in sent), None)
    partly = walker.sees is Sees.PART
    if "account" in sent:
        for area in ("431121", "431181", "431100", "430000", "000000"):
            yield "installation's account", sent | ({"area": area} if "area" in sent else {}), None, True
        return
    if subject is not None:
        of = _SUBJECTS["project_id" if subject == "projectId" else "ceremony_id"]
        found = {one.kind: one.plain for one in ids(of)}
        absent = sent | {subject: found["victim's absent id"]}
        for kind, one in found.items():
            if kind == "own ledger, victim's id" or (partly and kind == "victim's shared id"):
                continue
            hidden = kind == "victim's secret id"
            yield kind, sent | {subject: one}, absent if hidden else None, kind.startswith("victim's")
        for version in (0, 1, _OTHER_VERSION):
            yield "victim's version", sent | {"expectedVersion": version}, absent | {"expectedVersion": version}, True
        yield "victim's command id", sent, None, True
        if "reason" in sent or "documents" in sent:
            yield "victim's, without a reason", {k: v for k, v in sent.items() if k != "reason"}, None, False
    else:
        key = "region" if "region" in sent else "place"
        for one in values.REGIONS:
            whole = one.plain in {str(world.VICTIM), str(world.VICTIM_NOW)}
            yield one.kind, sent | {key: one.plain}, None, whole and name != "projectRegister"
        yield "victim's version", sent | {key: "431181", "expectedVersion": 1}, None, name != "projectRegister"
    if walker.own != world.VICTIM and walker.role is not None:
        yield from _mixed(sent, walker)


def _mixed(sent: dict[str, Any], walker: Walker) -> Iterator[_Input]:
    """Yield commands on one's own ledger that name things of the victim's."""
    own = _own(sent, walker)
    absent, secret = (encode_id("Project", world.VICTIM, one) for one in (values.ABSENT, world.FIRST.secrets[0]))
    for path in _nodes(own):
        yield "victim's id within", _put(own, path, secret), _put(own, path, absent), False
    for path in [("listOwner",), ("source",), ("identity", "region"), ("changes", "region")]:
        if _get(own, path) is not None and isinstance(_get(own, path), str):
            yield "victim's region within", _put(own, path, "431181"), None, False


def _own(sent: dict[str, Any], walker: Walker) -> dict[str, Any]:
    own = dict(sent)
    for name in ("place", "region"):
        if name in own:
            own[name] = str(walker.own)
    for name, of in _SUBJECTS.items():
        if camel(name) in own:
            own[camel(name)] = own_id(of, walker)
    if "identity" in own:
        own["identity"] = own["identity"] | {"region": str(walker.own), "parent": "", "related": [""]}
    if "changes" in own:
        own["changes"] = own["changes"] | {"parent": "", "related": [""]}
    return own


_IN_LISTS, _IN_FIELDS, _OF_SUBJECTS = (frozenset(map(camel, one)) for one in (_NODE_LISTS, _NODES, _SUBJECTS))


def _nodes(plain: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where an input has global ids, beside that of what it is about."""
    for key, value in plain.items() if isinstance(plain, dict) else enumerate(plain):
        at = (*path, key)
        if isinstance(value, dict | list):
            yield from _nodes(value, at)
        elif (isinstance(key, int) and path[-1] in _IN_LISTS) or (
            key in _IN_FIELDS and (path or key not in _OF_SUBJECTS)
        ):
            yield at


def _put(plain: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return an input with one value changed, and without the other ids that `_own` left empty."""
    made = json.loads(json.dumps(plain))
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    for part in ("identity", "changes"):
        if part in made:
            made[part] = {k: v for k, v in made[part].items() if v not in ("", [""])}
    return made


def _get(plain: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        plain = plain.get(step) if isinstance(plain, dict) else None
    return plain


def _input(command: Any, ledger: Any) -> dict[str, Any]:
    return input_of(command, world.command_id(0), ledger)
