"""权限判定: whether a caller may send a command, by the table and by what the command turns out to be about."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.access.table import COMMANDS, SIGHTS, May, Sight
from service.domain.account import EndRole, GrantRole, account_stream
from service.domain.errors import ForbiddenError, NotFoundError
from service.domain.identity import amended, overwritten
from service.domain.project import AmendProject, MergeProject, RegisterProject, project_stream
from service.domain.roles import SEPARATED, WHOLE_COUNTRY
from service.domain.values import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from service.access.caller import Caller
    from service.domain.decider import Stream
    from service.domain.errors import RejectedError
    from service.domain.identity import Identity
    from service.domain.roles import Role, Scope

_SUBJECTS: Final = ("project_id", "ceremony_id")


class Subject(NamedTuple):
    """A project as far as scopes ask: its id, the units that answer for it, and its park."""

    id: UUID | None
    units: frozenset[str]
    park: str | None

    @classmethod
    def of(cls, project_id: UUID | None, identity: Identity | None) -> Subject | None:
        """Return a project by what it is; None if there is none."""
        if identity is None:
            return None
        units = {one for one in (identity.responsible_unit, identity.sector_authority) if one is not None}
        return cls(project_id, frozenset(units), identity.park)

    def is_in(self, scope: Scope) -> bool:
        """Return whether it lies in a scope, whose area is not asked again."""
        return (
            (scope.unit is not None and scope.unit in self.units)
            or (scope.park is not None and scope.park == self.park)
            or (scope.project is not None and scope.project == self.id)
        )


class Standing:
    """How a caller stands to a command in a ledger.

    Args:
        ledger: key of the log that the command is for.
    """

    def __init__(self, caller: Caller, ledger: str, command: Any) -> None:
        self._caller = caller
        self._ledger = ledger
        self._command = command
        self._row = COMMANDS.get(type(command).__name__, {})
        self._about = next((one for one in _SUBJECTS if hasattr(command, one)), None)
        self._project_id: UUID | None = getattr(command, "project_id", None)

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What of the log it turns on; none where the table alone tells."""
        if self._caller.trusted:
            return ()
        if isinstance(self._command, EndRole):
            return (account_stream(self._command.account),)
        here = [one for one in self._caller.grants if one.covers(self._ledger)]
        whole = {self._row.get(one.role, May.NOT) for one in here if one.scope.is_whole}
        amends = isinstance(self._command, AmendProject) and not self._corrects(None) and May.STATE in whole
        if May.CORRECT in whole or (May.STATE in whole and not amends and not self._corrects(None)):
            return ()
        if not amends and all(one.scope.is_whole for one in here):
            return ()
        named = (self._project_id, *(other for other, _ in self._others()))
        return tuple(project_stream(one) for one in named if one is not None)

    def refusal(self, states: Mapping[Stream, Any]) -> RejectedError | None:
        """Return why it is refused, or None if it is not.

        What is not there and what is not the caller's are answered alike.

        Args:
            states: of `streams`.
        """
        if self._caller.trusted:
            return None
        here = [one for one in self._caller.grants if one.covers(self._over(states))]
        identity = self._identity(states)
        correct = self._corrects(identity)
        may = [one.scope for one in here if self._may(one.role, correct=correct) and not self._is_own()]
        if any(one.is_whole for one in may):
            return None
        sees = [one.scope for one in here if Sight.INTERNAL in SIGHTS[one.role]]
        subject = Subject.of(self._project_id, identity)
        if not _is_in(subject, may):
            seen = self._about is None or _is_in(subject, sees)
            return ForbiddenError(command=type(self._command).__name__) if seen else NotFoundError(self._about or "")
        # Nobody hands a project over to another unit or park, nor takes one, by an amendment.
        if not _is_in(Subject.of(self._project_id, self._after(identity)), may):
            return ForbiddenError(command=type(self._command).__name__)
        for other, path in self._others():
            if not _is_in(Subject.of(other, states[project_stream(other)].identity), sees):
                return NotFoundError(*path)
        return None

    def _may(self, role: Role, *, correct: bool) -> bool:
        return self._row.get(role, May.NOT) in ({May.CORRECT} if correct else {May.STATE, May.CORRECT})

    def _over(self, states: Mapping[Stream, Any]) -> str:
        """Return what the caller's area has to hold: the ledger, or the area that a role is granted over."""
        if isinstance(self._command, GrantRole):
            # The three administrators are made by whoever answers for the whole installation.
            return WHOLE_COUNTRY if self._command.role in SEPARATED else self._command.area
        if isinstance(self._command, EndRole):
            held = states[account_stream(self._command.account)].grants.get(self._command.grant_id)
            return WHOLE_COUNTRY if held is None or held.granted.role in SEPARATED else held.granted.area
        return self._ledger

    def _is_own(self) -> bool:
        """Return whether it is about the caller's own rights, which nobody gives to themselves."""
        own = (self._caller.actor, self._caller.principal)
        return self._ledger == WHOLE_COUNTRY and getattr(self._command, "account", "") in own

    def _identity(self, states: Mapping[Stream, Any]) -> Identity | None:
        if isinstance(self._command, RegisterProject):
            return self._command.identity
        if self._project_id is None or project_stream(self._project_id) not in states:
            return None
        found: Identity | None = states[project_stream(self._project_id)].identity
        return found

    def _after(self, identity: Identity | None) -> Identity | None:
        """Return the project as it would be."""
        if isinstance(self._command, AmendProject) and identity is not None:
            return amended(identity, self._command.changes)
        return identity

    def _corrects(self, identity: Identity | None) -> bool:
        """Return whether it corrects what was stated, or departs from a rule: it gives a reason and need not (P19)."""
        if isinstance(self._command, AmendProject) and identity is not None:
            return self._command.reason is not None or overwritten(identity, self._command.changes)
        return getattr(self._command, "reason", None) is not None and _may_lack_reason(self._command.__class__)

    def _others(self) -> list[tuple[UUID, tuple[str, ...]]]:
        """Return the other projects that a command names, each with its path."""
        match self._command:
            case MergeProject():
                return [(self._command.into, ("into",))]
            case AmendProject():
                return _linked(self._command.changes, "changes")
            case RegisterProject():
                return _linked(self._command.identity, "identity")
            case _:
                return []


def _linked(told: Any, field: str) -> list[tuple[UUID, tuple[str, ...]]]:
    found: list[tuple[UUID, tuple[str, ...]]] = []
    if told.parent is not None and told.parent is not UNSET:
        found.append((told.parent, (field, "parent")))
    if told.related is not UNSET:
        found += [(one, (field, "related", f"[{number}]")) for number, one in enumerate(told.related or ())]
    return found


def _is_in(subject: Subject | None, scopes: Iterable[Scope]) -> bool:
    return any(one.is_whole or (subject is not None and subject.is_in(one)) for one in scopes)


@cache
def _may_lack_reason(command: Any) -> bool:
    return any(one.name == "reason" and one.default is not dataclasses.MISSING for one in dataclasses.fields(command))
