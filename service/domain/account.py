"""账号: what an account may do, and the keys of machines: facts, state, evolve, commands, decide.

Rights are facts too, in a log of the installation's own, one stream for each account: who was granted what, by whom,
until when and why can be told, replayed and proved like anything else. What a role may do is in service/access.py. A
secret never comes here: whoever makes a key keeps it, and sends its SHA-256. Sources: GB/T 22239-2019, 8.1.5
(三员分立); mission C13 (帮代办).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, NamedTuple, TypeAlias, assert_never
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Claim, Decider, Stream
from service.domain.errors import (
    AlreadyClaimedError,
    AlreadyPastError,
    InvalidValueError,
    NotFoundError,
    NotMachineError,
    SeparatedRolesError,
    TooManyGrantsError,
    TooManyKeysError,
    WrongPrincipalError,
    WrongScopeError,
)
from service.domain.roles import SEPARATED, WHOLE_COUNTRY, Account, Area, Grant, Role, Scope
from service.domain.values import Document, Matched, Name, Reason, Region, Sha256

INSTALLATION: Final = str.__new__(Region, WHOLE_COUNTRY)
"""Key of the log that rights are in. No client can name it as a region: `Region` refuses 000000, which no place has."""
MACHINE: Final = "machine:"
"""How accounts of machines begin; they alone have keys."""
MOST_GRANTS: Final = 200
"""Most grants of an account that hold at a time: each request looks at all of them."""
MOST_LIVE_KEYS: Final = 2
"""Keys that an account may have at a time: the one in use, and the one that takes its place."""
MOST_KEY_DAYS: Final = 366
"""Longest life of a key."""
_PARTS: Final = ("unit", "park", "project")
"""What within an area a role may be granted for."""


class KeyId(Matched):
    """密钥编号: 16 lower-case hexadecimal digits, chosen by whoever makes the key; no secret."""

    __slots__ = ()
    # A whole token is typed in here by mistake.
    _is_told = False
    _pattern = re.compile(r"[0-9a-f]{16}", re.ASCII)


# Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """授权: an account is given a role over an area, or there for a unit, a park or a project; `until` is the last day.

    `project` is a project of the area's own ledger. `principal` is for whom an agent officer acts.
    """

    account: Account
    grant_id: UUID
    role: Role
    area: Area
    unit: Name | None = None
    park: Name | None = None
    project: UUID | None = None
    principal: Account | None = None
    until: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded:
    """收回授权: a grant holds no more, from the moment at which this was recorded."""

    grant_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyIssued:
    """签发密钥: a machine's account may be used with a secret whose SHA-256 this is, through the day `expires_on`."""

    account: Account
    key_id: KeyId
    sha256: Sha256
    expires_on: date
    purpose: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRevoked:
    """吊销密钥: a key is refused, from the moment at which this was recorded."""

    key_id: KeyId
    reason: Reason


AccountFact: TypeAlias = RoleGranted | RoleEnded | KeyIssued | KeyRevoked

# State


class HeldGrant(NamedTuple):
    """A grant as it was made, and whether it was ended since."""

    granted: RoleGranted
    ended: bool = False

    def holds_on(self, day: date) -> bool:
        """Return whether it gives any rights on a day."""
        return not self.ended and (self.granted.until is None or self.granted.until >= day)

    def grant(self) -> Grant:
        """Return what it gives; its parts were judged when it was made, and are not judged again."""
        scope = object.__new__(Scope)
        for name in ("area", *_PARTS):
            object.__setattr__(scope, name, getattr(self.granted, name))
        return Grant(role=self.granted.role, scope=scope, principal=self.granted.principal, until=self.granted.until)


class HeldKey(NamedTuple):
    """A key as it was issued, and whether it was revoked since."""

    issued: KeyIssued
    revoked: bool = False

    def is_live(self, day: date) -> bool:
        """Return whether it is taken on a day."""
        return not self.revoked and self.issued.expires_on >= day


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """An account's grants and how many there ever were, and its keys; all that there were, each with its end."""

    account: Account | None = None
    grants: Mapping[UUID, HeldGrant] = field(default_factory=dict)
    granted: int = 0
    keys: Mapping[KeyId, HeldKey] = field(default_factory=dict)

    def held_on(self, day: date) -> Iterator[RoleGranted]:
        """Yield the grants that hold on a day, as they were made."""
        return (one.granted for one in self.grants.values() if one.holds_on(day))

    def grants_on(self, day: date) -> tuple[Grant, ...]:
        """Return what the account may do on a day: grants that were not ended and last until then or longer."""
        return tuple(one.grant() for one in self.grants.values() if one.holds_on(day))


def evolve(state: Rights, fact: AccountFact) -> Rights:
    """Fold one fact; no rule, never raises."""
    match fact:
        case RoleGranted():
            grants = {**state.grants, fact.grant_id: HeldGrant(fact)}
            return replace(state, account=fact.account, grants=grants, granted=state.granted + 1)
        case RoleEnded():
            ended = {key: one._replace(ended=True) for key, one in state.grants.items() if key == fact.grant_id}
            return replace(state, grants={**state.grants, **ended})
        case KeyIssued():
            return replace(state, account=fact.account, keys={**state.keys, fact.key_id: HeldKey(fact)})
        case KeyRevoked():
            revoked = {key: one._replace(revoked=True) for key, one in state.keys.items() if key == fact.key_id}
            return replace(state, keys={**state.keys, **revoked})
        case _:
            assert_never(fact)


# Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """授权 Give an account a role over an area, or there for a unit, a park or a project alone."""

    account: Account
    role: Role
    area: Area
    unit: Name | None = None
    park: Name | None = None
    project: UUID | None = None
    principal: Account | None = None
    until: date | None = None
    reason: Reason | None = None
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRole:
    """收回授权 End one of an account's grants, at once."""

    account: Account
    grant_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueKey:
    """签发密钥 Let a machine's account be used with a key; the sender makes the secret and sends its SHA-256 alone."""

    account: Account
    key_id: KeyId
    sha256: Sha256
    expires_on: date
    purpose: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey:
    """吊销密钥 Let a key be refused from now on; it never comes back."""

    account: Account
    key_id: KeyId
    reason: Reason


AccountCommand: TypeAlias = GrantRole | EndRole | IssueKey | RevokeKey


def decide(command: AccountCommand, state: Rights, today: date) -> Sequence[AccountFact]:
    """Judge a command on the account's own stream; whether the sender may send it is judged before (service/access)."""
    match command:
        case GrantRole():
            return _grant(command, state, today)
        case EndRole():
            return _end(command, state)
        case IssueKey():
            return _issue(command, state, today)
        case RevokeKey():
            return _revoke(command, state)
        case _:
            assert_never(command)


def _grant(command: GrantRole, state: Rights, today: date) -> list[AccountFact]:
    _check_scope(command)
    _check_principal(command)
    if command.until is not None:
        _not_past("until", command.until, today)
    held = list(state.held_on(today))
    if any(_content(one) == _content(command) for one in held):
        return []  # Already so.
    if len(held) >= MOST_GRANTS:
        raise TooManyGrantsError("account", most=MOST_GRANTS)
    others = {one.role for one in held} - {command.role}
    if others and ({command.role} | others) & SEPARATED:
        raise SeparatedRolesError("role", role=command.role)
    return [
        RoleGranted(
            account=command.account,
            # Of the stream alone, so that a retry of the command and a replay find the same.
            grant_id=grant_id(command.account, state.granted + 1),
            role=command.role,
            area=command.area,
            unit=command.unit,
            park=command.park,
            project=command.project,
            principal=command.principal,
            until=command.until,
            reason=command.reason,
            documents=command.documents,
        )
    ]


def _content(of: GrantRole | RoleGranted) -> tuple[object, ...]:
    """Return what makes a grant: two that differ in nothing else are the same."""
    return (of.role, of.area, of.unit, of.park, of.project, of.principal, of.until)


def _check_scope(command: GrantRole) -> None:
    """Refuse a scope that is none, or that the role does not have."""
    given = [name for name in _PARTS if getattr(command, name) is not None]
    if len(given) > 1:
        raise WrongScopeError(given[1], rule="a unit, a park or a project, not two of them")
    if command.role in SEPARATED and given:
        raise WrongScopeError(given[0], role=command.role, rule="the area as a whole")
    if command.role is Role.UNIT_LIAISON and not {"unit", "project"} & {*given}:
        raise WrongScopeError("unit", role=command.role, rule="a unit or a project")
    if command.role is Role.PARK_APPROVER and command.park is None:
        raise WrongScopeError("park", role=command.role, rule="a park")


def _check_principal(command: GrantRole) -> None:
    """Refuse an agent that acts for nobody or for itself, and a principal of anybody else."""
    acts = command.role is Role.AGENT
    if acts is (command.principal is None) or command.principal == command.account:
        raise WrongPrincipalError("principal", role=command.role)


def _not_past(name: str, day: date, today: date) -> None:
    if day < today:
        raise AlreadyPastError(name, date=day, today=today)


def _end(command: EndRole, state: Rights) -> list[AccountFact]:
    held = state.grants.get(command.grant_id)
    if held is None:
        raise NotFoundError("grant_id")
    if held.ended:
        return []  # Already so.
    return [RoleEnded(grant_id=command.grant_id, reason=command.reason)]


def _issue(command: IssueKey, state: Rights, today: date) -> list[AccountFact]:
    if not command.account.startswith(MACHINE):
        raise NotMachineError("account", rule=f"{MACHINE}...")
    issued = KeyIssued(
        account=command.account,
        key_id=command.key_id,
        sha256=command.sha256,
        expires_on=command.expires_on,
        purpose=command.purpose,
    )
    if command.key_id in state.keys:
        if state.keys[command.key_id] == HeldKey(issued):
            return []  # Already so.
        raise AlreadyClaimedError("key_id", values=command.key_id)
    _not_past("expires_on", command.expires_on, today)
    if command.expires_on > today + timedelta(days=MOST_KEY_DAYS):
        raise InvalidValueError("expires_on", rule=f"at most {MOST_KEY_DAYS} days from today", value=command.expires_on)
    if sum(one.is_live(today) for one in state.keys.values()) >= MOST_LIVE_KEYS:
        raise TooManyKeysError("account", most=MOST_LIVE_KEYS)
    return [issued]


def _revoke(command: RevokeKey, state: Rights) -> list[AccountFact]:
    held = state.keys.get(command.key_id)
    if held is None:
        raise NotFoundError("key_id")
    if held.revoked:
        return []  # Already so.
    return [KeyRevoked(key_id=command.key_id, reason=command.reason)]


def _claims(state: Rights) -> frozenset[Claim]:
    """Return the ids of all keys that there ever were: one that was revoked is never given to another key."""
    return frozenset(Claim("key", key_id) for key_id in state.keys)


def grant_id(account: Account, number: int) -> UUID:
    """Return the id of the n-th grant that an account ever had, from 1."""
    return uuid5(NAMESPACE, f"grant:{account}:{number}")


def account_stream(account: Account) -> Stream:
    """Return the stream of an account's rights, in the log of the installation."""
    return Stream("account", uuid5(NAMESPACE, f"account:{account}"))


def _stream(command: AccountCommand, _region: Region, _command_id: UUID) -> UUID:
    return account_stream(command.account).id


DECIDER: Final = Decider[Rights](
    kind="account",
    commands=(GrantRole, EndRole, IssueKey, RevokeKey),
    facts=(RoleGranted, RoleEnded, KeyIssued, KeyRevoked),
    initial=Rights(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    claims=_claims,
)
