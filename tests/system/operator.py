"""Whoever runs a service on a database of one's own: opens places, gives rights, issues keys, beside the service."""

from __future__ import annotations

import hashlib
import secrets
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID, uuid4

from service.access import LOCAL
from service.clock import today_in_china
from service.database import migrate
from service.domain.account import INSTALLATION, EndRole, GrantRole, IssueKey, RevokeKey
from service.domain.place import OpenPlace, Purpose
from service.domain.roles import Account, Role
from service.domain.shape import parse
from service.domain.values import Name, Reason, Region
from service.handle import Handler
from service.log.log import Log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date

    from service.attempt import Outcome

WHY: Final = Reason("测试授权")


class Key(NamedTuple):
    """A machine's key."""

    account: str
    key_id: str
    token: str


class Operator:
    """Sends commands as the one who has the database."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._handler = Handler(log)

    async def send(self, region: Region, command: object, command_id: UUID | None = None) -> Outcome:
        """Store what a command comes to; it is not refused."""
        outcome = await self._handler.handle(LOCAL, region, command, command_id=command_id or uuid4())
        assert outcome.refused is None, outcome.refused
        return outcome

    async def open_place(self, region: str, name: str) -> None:
        """Open a demo place."""
        await self.send(Region(region), OpenPlace(region=Region(region), name=Name(name), purpose=Purpose.DEMO))

    async def grant(self, account: str, role: Role, area: str, **scope: Any) -> UUID:
        """Give a role; return the grant's id."""
        given = {name: str(value) for name, value in scope.items()}
        sent = {"account": account, "role": role.value, "area": area, "reason": WHY, **given}
        outcome = await self.send(INSTALLATION, parse(GrantRole, sent))
        (granted,) = await self.log.read(INSTALLATION, after=outcome.position - 1, limit=1)
        return UUID(str(granted.fact.grant_id))

    async def end(self, account: str, grant_id: UUID) -> Outcome:
        """End a role."""
        return await self.send(INSTALLATION, EndRole(account=Account(account), grant_id=grant_id, reason=WHY))

    async def issue(self, account: str, *, expires_on: date | None = None) -> Key:
        """Issue a key."""
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        sent = {
            "account": account,
            "key_id": key_id,
            "sha256": hashlib.sha256(secret.encode()).hexdigest(),
            "expires_on": str(expires_on or today_in_china() + timedelta(days=90)),
            "purpose": "测试",
        }
        await self.send(INSTALLATION, parse(IssueKey, sent))
        return Key(account, key_id, f"tz_{key_id}_{secret}")

    async def revoke(self, key: Key) -> Outcome:
        """Revoke a key."""
        command = parse(RevokeKey, {"account": key.account, "key_id": key.key_id, "reason": WHY})
        return await self.send(INSTALLATION, command)

    async def machine(self, name: str, role: Role, area: str, **scope: Any) -> Key:
        """Issue a key of a machine that has one role."""
        account = f"machine:{name}"
        await self.grant(account, role, area, **scope)
        return await self.issue(account)


@asynccontextmanager
async def operating(dsn: str) -> AsyncIterator[Operator]:
    """Give the operator of a database, which need not have been migrated."""
    await migrate(dsn)
    async with Log.open(dsn, size=2) as log:
        yield Operator(log)


async def furnish(dsn: str) -> str:
    """Open the demo place 431181 on a database; return a key by which projects are kept in it."""
    async with operating(dsn) as operator:
        await operator.open_place("431181", "祁阳市")
        return (await operator.machine("tests", Role.CITY_DISPATCHER, "431181")).token
