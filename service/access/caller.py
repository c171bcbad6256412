"""来访者: who acts, what they see of which ledgers, and whether they may send a command."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.access.table import COMMANDS, MASKED, SIGHTS, May, Sight
from service.domain.errors import ForbiddenError, NotFoundError
from service.domain.roles import Grant, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from service.domain.errors import RejectedError

MOST_WALLS: Final = 4_096
"""Most answers to what a caller sees that are kept."""
_SUBJECTS: Final = ("project_id", "ceremony_id")


@dataclass(frozen=True, slots=True)
class Caller:
    """来访者: travels with every command and query.

    Attributes:
        actor: account that acts; an id, never a person's name, because it stays in the log for ever.
        principal: account for which it acts (委托人), if it acts on behalf of another.
        grants: what it was granted, for itself or for its principal.
        trusted: a part of the service itself, or whoever runs it on its machine: everything everywhere.
    """

    actor: str
    principal: str | None = None
    grants: tuple[Grant, ...] = ()
    trusted: bool = False

    @property
    def sights(self) -> frozenset[Sight]:
        """What it sees of some ledger or other."""
        if self.trusted:
            return frozenset(Sight)
        return frozenset({Sight.PUBLIC}).union(*(SIGHTS[one.role] for one in self.grants))

    @property
    def is_public(self) -> bool:
        """Whether it sees nothing but what is published."""
        return not self.trusted and not self.grants


LOCAL: Final = Caller("local", trusted=True)
"""Whoever runs the service's commands on its machine."""
FOLLOWER: Final = Caller("follower", trusted=True)
"""The service itself, where places follow their superiors' configuration."""
LOADER: Final = Caller("loader", trusted=True)
"""The loader of demo ledgers and imports."""
ANONYMOUS: Final = Caller("anonymous")
"""公众: who says nothing of themselves."""


class Ledgers:
    """The ledgers that there are.

    Two are the same only if they are one object, so that looking one up costs nothing; a new ledger makes another.
    """

    __slots__ = ("codes",)

    def __init__(self, codes: Iterable[str]) -> None:
        self.codes = tuple(sorted(codes))


class Part(NamedTuple):
    """What of a ledger is seen: projects that a unit answers for, that lie in a park, or one."""

    region: str
    unit: str | None
    park: str | None
    project: UUID | None


@dataclass(frozen=True, slots=True)
class Wall:
    """界限: what one question sees.

    Attributes:
        ledgers: of which it sees something.
        whole: of which it sees all projects.
        parts: what it sees of the others.
        shown: levels that are masked elsewhere -> the ledgers where they are shown; no entry if that is all of them.
        public: only what is published of them.
    """

    ledgers: tuple[str, ...]
    whole: tuple[str, ...]
    parts: tuple[Part, ...]
    shown: Mapping[Sight, tuple[str, ...]]
    public: bool = False


_HIDDEN: Final = (*sorted(MASKED), Sight.HISTORY)


def wall(caller: Caller, ledgers: Ledgers, need: Sight) -> Wall:
    """Return what a caller sees, asking for something that is shown from a level on."""
    if caller.trusted:
        return Wall(ledgers.codes, ledgers.codes, (), {})
    if caller.is_public or need not in caller.sights - {Sight.PUBLIC}:
        # Who works here and asks for what is public is answered from inside, as far as they see.
        inside = Sight.INTERNAL in caller.sights and need is Sight.PUBLIC
        if not inside:
            return Wall(ledgers.codes if need is Sight.PUBLIC else (), (), (), {}, public=True)
        need = Sight.INTERNAL
    return _wall(caller.grants, ledgers, need)


@lru_cache(maxsize=MOST_WALLS)
def _wall(grants: tuple[Grant, ...], ledgers: Ledgers, need: Sight) -> Wall:
    able = [one for one in grants if need in SIGHTS[one.role]]
    whole: dict[str, list[Grant]] = {}
    parts: dict[str, list[Grant]] = {}
    for code in ledgers.codes:
        for one in able:
            if one.scope.area.holds(code):
                (whole if one.scope.is_whole else parts).setdefault(code, []).append(one)
    partly = {code: its for code, its in parts.items() if code not in whole}
    seen = tuple(sorted({*whole, *partly}))
    shown = {}
    for sight in _HIDDEN:
        # Of a ledger seen by several grants in part, each of them has to show it: rows do not tell which let them by.
        where = tuple(
            code
            for code in seen
            if (code in whole and any(sight in SIGHTS[one.role] for one in whole[code]))
            or (code in partly and all(sight in SIGHTS[one.role] for one in partly[code]))
        )
        if where != seen:
            shown[sight] = where
    found = tuple(
        Part(code, one.scope.unit, one.scope.park, one.scope.project) for code, its in partly.items() for one in its
    )
    return Wall(seen, tuple(sorted(whole)), found, shown)


class Subject(NamedTuple):
    """What a command is about, as far as rights ask: a project's id, its units and its park."""

    id: UUID | None
    units: frozenset[str]
    park: str | None

    def is_in(self, scope: Scope) -> bool:
        """Return whether it lies in a scope, whose area is not asked again."""
        return (
            scope.is_whole
            or (scope.unit is not None and scope.unit in self.units)
            or (scope.park is not None and scope.park == self.park)
            or (scope.project is not None and scope.project == self.id)
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands to a command in a ledger.

    Attributes:
        may: scopes within the ledger in which it may be sent.
        sees: scopes within the ledger of which the caller sees something.
    """

    command: str
    about: str | None
    may: tuple[Scope, ...]
    sees: tuple[Scope, ...]
    trusted: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it turns on what the command is about."""
        scopes = (*self.may, *self.sees)
        return not self.trusted and not any(one.is_whole for one in self.may) and bool(scopes)

    def refusal(self, subject: Subject | None) -> RejectedError | None:
        """Return why it is refused, or None if it is not.

        What is not there and what is not the caller's are answered alike.
        """
        if self.trusted or any(one.is_whole or (subject and subject.is_in(one)) for one in self.may):
            return None
        if self.about is None or any(one.is_whole or (subject and subject.is_in(one)) for one in self.sees):
            return ForbiddenError(command=self.command)
        return NotFoundError(self.about)


def standing(caller: Caller, ledger: str, command: object) -> Standing:
    """Return how a caller stands to a command in a ledger."""
    name = type(command).__name__
    about = next((one for one in _SUBJECTS if hasattr(command, one)), None)
    if caller.trusted:
        return Standing(name, about, (), (), trusted=True)
    here = [one for one in caller.grants if one.scope.area.holds(ledger)]
    needed = {May.CORRECT} if _is_correction(command) else {May.STATE, May.CORRECT}
    row = COMMANDS.get(name, {})
    return Standing(
        name,
        about,
        may=tuple(one.scope for one in here if row.get(one.role, May.NOT) in needed),
        sees=tuple(one.scope for one in here if Sight.INTERNAL in SIGHTS[one.role]),
    )


def _is_correction(command: Any) -> bool:
    """Return whether a command corrects what was stated or departs from a rule: it gives a reason and need not."""
    return getattr(command, "reason", None) is not None and _may_lack_reason(command.__class__)


@cache
def _may_lack_reason(command: Any) -> bool:
    return any(one.name == "reason" and one.default is not dataclasses.MISSING for one in dataclasses.fields(command))
