"""安全日志: failed attempts and reads of personal data, for those who watch over the ledgers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

import strawberry

from schema.context import Info
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, column, reads, select_list
from service.access import Sight

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_USED: Final = Order("USED", (("j.last_used_us", "bigint"), ("j.key_id", "text")), descending=True)
_NEWEST: Final = Order("NEWEST", (("j.at_us", "bigint"), ("j.id", "uuid")), descending=True)


@reads("j", "失败尝试 Attempts that failed; equal ones of about the same moment are one, with their count.")
class FailedAttempt:
    """An attempt that failed, perhaps more than once."""

    at: datetime = column("j.at_us", "首次时间 When, or when first; by the clock of the service.")
    until: datetime = column("j.until_us", "末次时间 When last.")
    caller: str | None = column("j.caller", "操作账号 Who tried; null if nobody knows.")
    principal: str | None = column("j.principal", "委托人 For whom, if on behalf of another.")
    address: str = column("j.address", "来源地址 Where it came from.")
    operation: str = column("j.operation", "操作 Name of the query or mutation, without its values.")
    code: str = column("j.code", "原因代码 Why it failed; NOT_RECORDED counts attempts of which no more is known.")
    detail: str = column("j.detail", "说明 Which field or rule; never a value.")
    count: int = column("j.count", "次数 How often.")


@reads("j", "个人信息查阅 Reads of personal data that were not masked; equal ones of about the same moment are one.")
class PersonalRead:
    """A read of personal data, perhaps more than once."""

    at: datetime = column("j.at_us", "首次时间 When, or when first; by the clock of the service.")
    until: datetime = column("j.until_us", "末次时间 When last.")
    caller: str | None = column("j.caller", "操作账号 Who read.")
    principal: str | None = column("j.principal", "委托人 For whom, if on behalf of another.")
    operation: str = column(
        "j.operation", "操作 Name of the query; NOT_RECORDED counts reads of which no more is known."
    )
    fields: list[str] = column("j.fields", "字段 Which fields.")
    regions: list[str] = column("j.regions", "台账地区 Of whose ledgers.")
    count: int = column("j.count", "次数 How often.")


@reads("j", "密钥使用 When and from where a machine's key was last used.")
class KeyUse:
    """The last use of a key."""

    key_id: str = column("j.key_id", "密钥编号 The part of the token that is no secret.")
    last_used_at: datetime = column(
        "j.last_used_us", "最近使用时间 When it was last used, by the clock of the service."
    )
    address: str = column("j.address", "来源地址 Where that came from.")


@strawberry.input(description="安全日志筛选 Which rows of the journal; all that are kept unless said.")
class JournalFilter:
    """A span of time and an account."""

    since: datetime | None = strawberry.field(default=None, description="起始时间 From which instant.")
    until: datetime | None = strawberry.field(default=None, description="截止时间 Before which instant.")
    caller: str | None = strawberry.field(default=None, description="操作账号 Only of this account.")

    def where(self, binds: Binds) -> list[str]:
        """Return the conditions on a row."""
        said = (
            ("since", "j.at_us >=", _us(self.since), "bigint"),
            ("until", "j.at_us <", _us(self.until), "bigint"),
            ("caller", "j.caller =", self.caller, "text"),
        )
        return [f"{sql} {binds(value, kind, 'filter', name)}" for name, sql, value, kind in said if value is not None]


@strawberry.input(description="失败尝试筛选 Which failed attempts; all that are kept unless said.")
class FailedAttemptFilter(JournalFilter):
    """The same, and why they failed."""

    code: str | None = strawberry.field(default=None, description="原因代码 Only with this code.")

    def where(self, binds: Binds) -> list[str]:
        """Return the conditions on a row."""
        code = [] if self.code is None else [f"j.code = {binds(self.code, 'text', 'filter', 'code')}"]
        return [*JournalFilter.where(self, binds), *code]


def _us(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - _EPOCH) // timedelta(microseconds=1)


@strawberry.type
class JournalQuery:
    """Queries on what stands beside the log."""

    @strawberry.field(
        description="失败尝试 Attempts that failed, newest first: bad credentials, rights that are missing, refused"
        " commands, too many requests."
    )
    async def failed_attempts(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - the argument's name in GraphQL.
            FailedAttemptFilter | None, strawberry.argument(description="筛选 Which of them.")
        ] = None,
    ) -> Connection[FailedAttempt] | None:
        """Return a page of failed attempts, in one statement."""
        wanted = filter or FailedAttemptFilter()
        page = Page.ask(
            info,
            _NEWEST,
            ["failed_attempt", strawberry.asdict(wanted)],
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return await _page(info, FailedAttempt, "failed_attempt", wanted, page)

    @strawberry.field(
        description="密钥使用 The last use of each key, the latest first; one that was never used has none."
    )
    async def key_uses(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[KeyUse] | None:
        """Return a page of uses, in one statement."""
        page = Page.ask(info, _USED, "key_use", first=first, after=after, last=last, before=before)
        binds = Binds()
        sql = page.over("j", select_list(KeyUse, page.nodes, binds), "SELECT j.*, '' AS region FROM key_use j", binds)
        return page.connection(KeyUse, await info.context.fetch_journal(sql, binds.values, need=Sight.RIGHTS))

    @strawberry.field(description="个人信息查阅 Reads of personal data that were not masked, newest first.")
    async def personal_reads(
        self,
        info: Info,
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[  # noqa: A002 - the argument's name in GraphQL.
            JournalFilter | None, strawberry.argument(description="筛选 Which of them.")
        ] = None,
    ) -> Connection[PersonalRead] | None:
        """Return a page of reads of personal data, in one statement."""
        wanted = filter or JournalFilter()
        page = Page.ask(
            info,
            _NEWEST,
            ["personal_read", strawberry.asdict(wanted)],
            first=first,
            after=after,
            last=last,
            before=before,
        )
        return await _page(info, PersonalRead, "personal_read", wanted, page)


async def _page(info: Info, of: type[T], table: str, wanted: JournalFilter, page: Page) -> Connection[T]:
    binds = Binds()
    where = " AND ".join(wanted.where(binds)) or "true"
    rows = f"SELECT j.*, '' AS region FROM {table} j WHERE {where}"  # noqa: S608 - declared SQL only.
    sql = page.over("j", select_list(of, page.nodes, binds), rows, binds)
    return page.connection(of, await info.context.fetch_journal(sql, binds.values))
