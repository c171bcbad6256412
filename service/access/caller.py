"""来访者: who acts, what they see of which ledgers, and whether they may send a command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from service.access.table import MASKED, SIGHTS, Sight
from service.domain.roles import WHOLE_COUNTRY, Grant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID


MOST_WALLS: Final = 4_096
"""Most answers to what a caller sees that are kept."""


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
    whole: dict[str, list[Grant]] = {}
    parts: dict[str, list[Grant]] = {}
    for code in ledgers.codes:
        for one in grants:
            if one.covers(code) and _sees(one, code, need):
                (whole if one.scope.is_whole else parts).setdefault(code, []).append(one)
    partly = {code: its for code, its in parts.items() if code not in whole}
    seen = tuple(sorted({*whole, *partly}))
    shown = {}
    for sight in _HIDDEN:
        # Of a ledger seen by several grants in part, each of them has to show it: rows do not tell which let them by.
        where = tuple(
            code
            for code in seen
            if (code in whole and any(_sees(one, code, sight) for one in whole[code]))
            or (code in partly and all(_sees(one, code, sight) for one in partly[code]))
        )
        if where != seen:
            shown[sight] = where
    found = tuple(
        Part(code, one.scope.unit, one.scope.park, one.scope.project) for code, its in partly.items() for one in its
    )
    return Wall(seen, tuple(sorted(whole)), found, shown)


def _sees(grant: Grant, code: str, sight: Sight) -> bool:
    """Return whether a grant shows a level of a ledger; the installation's own, of rights, has one level."""
    return (Sight.RIGHTS if code == WHOLE_COUNTRY else sight) in SIGHTS[grant.role]
