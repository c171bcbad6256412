"""账号权限: who was granted what over where, keys of machines, their trail, and the commands that change them.

All of it is of the installation's own log, which is no place's. A secret is nowhere in it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from schema.audit import AuditEntry
from schema.commands import Payload, mutation
from schema.context import Info
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, build, column, holds, reads, select_list
from schema.regions import may_hold
from schema.selection import Selection
from schema.values import Document, Position, RegionRef, encode_id, id_sql
from service.access import Caller, Sight
from service.domain import account
from service.domain.account import INSTALLATION
from service.domain.errors import InvalidValueError
from service.domain.roles import WHOLE_COUNTRY, Account, Area, Role
from service.domain.values import MOST_LISTED, Region

_GRANTS: Final = Order("ACCOUNT", (("g.account", "text"), ("g.position", "bigint")))
_KEYS: Final = Order("ACCOUNT", (("k.account", "text"), ("k.position", "bigint")))
_TRAIL: Final = Order("POSITION", (("a.position", "bigint"),))
_MOST_SHOWN: Final = 200
"""Most grants, and most keys, that a payload shows."""


@reads("g", "授权 A role that an account was given, over an area or a part of it.")
class RoleGrant:
    """A grant."""

    id: UUID = column("g.grant_id", "授权编号 To be sent as grantId when it is ended.")
    account: str = column("g.account", "账号 Who was given it.")
    role: Role = column("g.role", "角色 Which role.")
    area: RegionRef = column("g.area", "管辖区域 Over which region with all below it; 000000 is the whole country.")
    unit: str | None = column("g.unit", "单位 Only for what this unit answers for.")
    park: str | None = column("g.park", "园区 Only for what lies in this park.")
    project: strawberry.ID | None = column(
        id_sql("Project", "g.area", "g.project_id"),
        "项目 Only for this project of the area's ledger.",
    )
    principal: str | None = column("g.principal", "委托人 The account for which an agent officer acts.")
    until: date | None = column("g.until", "有效期至 Last day on which it holds; null if no end is set.")
    reason: str | None = column("g.reason", "授权理由 Why it was given.")
    documents: list[Document] = column("g.documents", "文件依据 What it rests on.")
    granted_at: datetime = column("g.granted_us", "授权时间 When it was given.")
    granted_by: str = column("g.granted_by", "授权人账号 Who gave it.")
    ended_at: datetime | None = column("g.ended_us", "收回时间 When it was ended; null if it was not.")
    end_reason: str | None = column("g.end_reason", "收回理由 Why it was ended.")
    position: Position = column("g.position", "日志位置 Place of the granting in the installation's log.")


@reads("k", "密钥 A machine's key; its secret is known to nobody but the machine.")
class ApiKey:
    """A key."""

    id: str = column("k.key_id", "密钥编号 The part of the token that is no secret; to be sent as keyId.")
    account: str = column("k.account", "账号 Whose it is.")
    purpose: str = column("k.purpose", "用途 What it is for.")
    expires_on: date = column("k.expires_on", "有效期至 Last day on which it is taken.")
    issued_at: datetime = column("k.issued_us", "签发时间 When it was issued.")
    issued_by: str = column("k.issued_by", "签发人账号 Who issued it.")
    revoked_at: datetime | None = column("k.revoked_us", "吊销时间 When it was revoked; null if it was not.")
    revoke_reason: str | None = column("k.revoke_reason", "吊销理由 Why it was revoked.")
    position: Position = column("k.position", "日志位置 Place of its issue in the installation's log.")


@strawberry.input(description="授权筛选 Which grants; conditions are joined by and.")
class RoleGrantFilter:
    """Conditions on grants."""

    account: str | None = strawberry.field(default=None, description="账号 Of this account.")
    role: list[Role] | None = strawberry.field(default=None, description="角色 Any of these.")
    area: str | None = strawberry.field(
        default=None,
        description="管辖区域 Those that reach into this region: over it, over a part of it, or over what it lies in;"
        " by its former or its later code. 000000 is the whole country.",
    )
    on: date | None = strawberry.field(
        default=None,
        description="有效日期 Those that held when this day was over; unless said also those that were ended or have"
        " run out.",
    )

    def told(self) -> dict[str, Any]:
        """Return it as plain values, for a cursor's mark."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def where(self, binds: Binds) -> list[str]:
        """Return predicates over a grant `g`.

        Raises:
            InvalidValueError: a value that can't be one, or too many.
        """
        found = []
        if self.account is not None:
            found.append(f"g.account = {binds(str(_account(self.account, 'filter')), 'text')}")
        if self.role is not None:
            if len(self.role) > MOST_LISTED:
                raise InvalidValueError("filter", "role", rule=f"at most {MOST_LISTED}")
            found.append(f"g.role = ANY({binds([str(one) for one in self.role], 'text[]')})")
        if self.area is not None:
            found += _reaches("g.area", self.area, binds)
        if self.on is not None:
            day = binds(self.on, "date")
            found += [
                f"g.granted_on <= {day}",
                f"(g.until IS NULL OR g.until >= {day})",
                f"(g.ended_on IS NULL OR g.ended_on > {day})",
            ]
        return found


def _account(text: str, *outer: str) -> Account:
    try:
        return Account(text)
    except InvalidValueError as error:
        raise error.below(*outer, "account") from None


def _reaches(sql: str, text: str, binds: Binds) -> list[str]:
    """Return the predicate that an area and the one that was asked for have something in common."""
    try:
        asked = Area(text)
    except InvalidValueError as error:
        raise error.below("filter", "area") from None
    if asked == WHOLE_COUNTRY:
        return []
    return [f"({sql} = {binds(WHOLE_COUNTRY, 'text')} OR {may_hold(sql, Region(asked), binds)})"]


_RIGHTS: Final[dict[str, Any]] = {"regions": (INSTALLATION,), "need": Sight.RIGHTS}
"""Where all of it is, and who may see it."""


@strawberry.type(description="本人授权 A grant of one's own that holds now.")
class MyGrant:
    """A grant."""

    role: Role = strawberry.field(description="角色 Which role.")
    area: RegionRef = strawberry.field(description="管辖区域 Over which region with all below it.")
    unit: str | None = strawberry.field(description="单位 Only for what this unit answers for.")
    park: str | None = strawberry.field(description="园区 Only for what lies in this park.")
    project: strawberry.ID | None = strawberry.field(description="项目 Only for this project.")
    until: date | None = strawberry.field(description="有效期至 Last day on which it holds.")


@strawberry.type(description="本人 Who asks, and what they may see.")
class Me:
    """The caller."""

    account: str = strawberry.field(description="账号 The account; anonymous is the public.")
    principal: str | None = strawberry.field(description="委托人 The account on whose behalf it asks.")
    grants: list[MyGrant] = strawberry.field(description="授权 What was granted to it, and holds now.")
    sights: list[Sight] = strawberry.field(description="可见级别 Levels that it sees, each of some ledger at least.")

    @classmethod
    def of(cls, caller: Caller) -> Me:
        """Return a caller as they see themselves."""
        grants = [
            MyGrant(
                role=one.role,
                area=RegionRef(code=one.scope.area),
                unit=one.scope.unit,
                park=one.scope.park,
                project=None
                if one.scope.project is None
                else strawberry.ID(encode_id("Project", one.scope.area, one.scope.project)),
                until=one.until,
            )
            for one in caller.grants
        ]
        sights = [one for one in Sight if one in caller.sights]
        return cls(account=caller.actor, principal=caller.principal, grants=grants, sights=sights)


@strawberry.type
class AccountQuery:
    """Queries on rights."""

    @strawberry.field(description="本人 Who asks, as the service knows them.")
    def me(self, info: Info) -> Me | None:
        """Return the caller."""
        return Me.of(info.context.caller)

    @strawberry.field(description="授权列表 Grants of roles by account, its oldest first, a page at a time.")
    async def role_grants(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - GraphQL's name for it.
            RoleGrantFilter | None,
            strawberry.argument(description="筛选 Which grants; all unless said."),
        ] = None,
    ) -> Connection[RoleGrant] | None:
        """Return a page of grants, in one statement."""
        asked = filter or RoleGrantFilter()
        page = Page.ask(info, _GRANTS, asked.told(), first=first, after=after, last=last, before=before)
        binds = Binds()
        where = " AND ".join([_ours("g", binds), *asked.where(binds)])
        rows = f"SELECT g.* FROM role_grant g WHERE {where}"  # noqa: S608 - declared SQL only.
        sql = page.over("g", select_list(RoleGrant, page.nodes, binds), rows, binds)
        return await info.context.page(RoleGrant, page, sql, binds.values, **_RIGHTS)

    @strawberry.field(description="密钥列表 Keys of machines by account, its oldest first, a page at a time.")
    async def api_keys(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        account: Annotated[
            str | None, strawberry.argument(description="账号 Of this account; of all unless said.")
        ] = None,
    ) -> Connection[ApiKey] | None:
        """Return a page of keys, in one statement."""
        page = Page.ask(info, _KEYS, account, first=first, after=after, last=last, before=before)
        binds = Binds()
        where = _ours("k", binds)
        if account is not None:
            where += f" AND k.account = {binds(str(_account(account)), 'text')}"
        rows = f"SELECT k.* FROM api_key k WHERE {where}"  # noqa: S608 - declared SQL only.
        sql = page.over("k", select_list(ApiKey, page.nodes, binds), rows, binds)
        return await info.context.page(ApiKey, page, sql, binds.values, **_RIGHTS)

    @strawberry.field(
        description="权限审计轨迹 Every fact of the installation's log, oldest first: who granted and ended what, and"
        " who issued and revoked which keys."
    )
    async def rights_trail(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of the history of rights, in one statement."""
        page = Page.ask(info, _TRAIL, "rights", first=first, after=after, last=last, before=before)
        binds = Binds()
        rows = f"SELECT a.* FROM audit_history a WHERE {_ours('a', binds)}"  # noqa: S608 - declared SQL only.
        nobody = " CROSS JOIN (SELECT NULL::uuid AS project_id) s"
        sql = page.over("a", select_list(AuditEntry, page.nodes, binds), rows, binds, joins=nobody)
        return await info.context.page(AuditEntry, page, sql, binds.values, **_RIGHTS)


def _ours(alias: str, binds: Binds) -> str:
    """Return the predicate that a row of the installation's log holds now."""
    return f"{alias}.region = {binds(str(INSTALLATION), 'text')} AND {holds(alias)}"


@strawberry.type(description="账号操作结果 What became of a command on an account.")
class AccountPayload(Payload):
    """Outcome of a command on an account."""

    @strawberry.field(
        description=f"授权 The account's grants after the command, the latest first, at most {_MOST_SHOWN}; empty if it"
        " was refused or is not settled."
    )
    async def grants(self, info: Info) -> list[RoleGrant] | None:
        """Return the account's grants, in one statement."""
        return [build(RoleGrant, row) for row in await self._rows(info, RoleGrant, "role_grant")]

    @strawberry.field(
        description=f"密钥 The account's keys after the command, the latest first, at most {_MOST_SHOWN}; empty if it"
        " was refused or is not settled."
    )
    async def keys(self, info: Info) -> list[ApiKey] | None:
        """Return the account's keys, in one statement."""
        return [build(ApiKey, row) for row in await self._rows(info, ApiKey, "api_key")]

    async def _rows(self, info: Info, of: type, table: str) -> list[str]:
        if self.subject is None or not self.settled:
            return []
        region, stream_id = self.subject
        binds = Binds()
        alias = of.__reads__  # type: ignore[attr-defined]  # Set by `reads`.
        sql = f"""
            SELECT {select_list(of, Selection.of(info), binds)} FROM {table} {alias}
            WHERE {alias}.region = {binds(region, "text")} AND {alias}.stream_id = {binds(stream_id, "uuid")}
              AND {holds(alias)}
            ORDER BY {alias}.position DESC LIMIT {_MOST_SHOWN}"""  # noqa: S608 - binds and declared SQL only.
        return await info.context.fetch(sql, binds.values, **_RIGHTS)


@strawberry.type
class AccountMutation:
    """Commands on rights."""

    role_grant = mutation(account.GrantRole, AccountPayload)
    role_end = mutation(account.EndRole, AccountPayload)
    key_issue = mutation(account.IssueKey, AccountPayload)
    key_revoke = mutation(account.RevokeKey, AccountPayload)
