"""请求环境: what a resolver works with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, TypeVar

import strawberry

import projections
from projections.runner import Runner
from schema.kept import Kept
from schema.languages import Language
from schema.read import build
from schema.regions import holds_some_of
from schema.trusted import Trusted
from schema.walls import walled
from service.access import ANONYMOUS, Caller, Sight, Wall, wall
from service.access.fields import RECORDED
from service.auth import Gate, Session
from service.database import REQUEST_S, Pool, within
from service.directory import Directory
from service.domain.errors import ForbiddenError
from service.domain.values import Region
from service.handle import Handler
from service.journal import Journal
from service.log.writer import Writer
from service.rate_limit import RateLimit
from service.seats import Seats
from service.telemetry import Life, current

if TYPE_CHECKING:
    from asyncpg import Record

    from schema.documents import Read
    from schema.pages import Connection, Page
    from schema.shape import Shaping

MOST_STATEMENTS: Final = 500
"""Most statements for which it is remembered what they read."""
MOST_KEPT: Final = 4_194_304
"""Most characters that these have together."""
MOST_EACH: Final = 32_768
"""Most characters of one of them."""
_KEPT: Final = Kept[frozenset[str]](MOST_STATEMENTS, MOST_KEPT, MOST_EACH)
_WORD: Final = re.compile(r"[a-z_]+")
_KEY: Final = re.compile(r"'\w+':", re.ASCII)
"""A key of the answer, which a client may call like a table."""

T = TypeVar("T")


class SetAsideError(Exception):
    """A read model that the field needs was set aside for a region; an administrator rebuilds it (该数据正在修复)."""


@dataclass(frozen=True, slots=True)
class Services:
    """What is there for all requests; `reading` and `public` are connections of the query and of the public role.

    `writer` and `pools`, by name, are there for who watches the service, and `life` says how the process is.

    Without a gate callers stay who they were when they came in, which only tests do.
    """

    handler: Handler
    runner: Runner
    reading: Pool
    public: Pool
    journal: Journal
    directory: Directory
    gate: Gate | None = None
    seats: Seats = field(default_factory=Seats)
    trusted: Trusted = field(default_factory=Trusted)
    rate_limit: RateLimit = field(default_factory=RateLimit)
    writer: Writer | None = None
    pools: Mapping[str, Pool] = field(default_factory=dict)
    life: Life = field(default_factory=Life)


@dataclass(slots=True)
class Context:
    """One request: who asks, and what there is.

    `statements` has what was asked of the read models, in order, and `sent` what that was behind the caller's walls;
    tests hold them against what a query may cost. `connection_params` is what a WebSocket was opened with, `personal`
    the operation and the fields with personal values that it asks for, `language` that of messages, `read` the document
    and what is meant of it; `converted` counts the points of sites that were worked out in another coordinate system,
    which `converting` lets one site do at a time, and `batched` the items of batches; `splices` says that the answer
    may have JSON text in it, which goes out as it is.
    """

    caller: Caller
    services: Services
    session: Session | None = None
    connection_params: dict[str, Any] | None = None
    personal: tuple[str, tuple[tuple[str, str], ...]] = ("", ())
    statements: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    language: Language = Language.ENGLISH
    read: Read | None = None
    converted: int = 0
    converting: asyncio.Lock = field(default_factory=asyncio.Lock)
    batched: int = 0
    splices: bool = False
    shaping: ClassVar[Shaping | None] = None
    """Set where a resolver is asked for its statement alone; see `schema.compile`."""

    @property
    def address(self) -> str:
        """Whence the request came."""
        return "local" if self.session is None else self.session.address

    @property
    def account(self) -> str | None:
        """Who asks, as seats are counted; None of whom nobody knows who they are."""
        return None if self.caller is ANONYMOUS else self.caller.actor

    def renew(self) -> None:
        """Let the caller be who they are now: a session may last longer than its rights.

        Raises:
            SignInError: the session is over.
        """
        if self.session is not None and self.services.gate is not None:
            self.session = self.services.gate.again(self.session)
            self.caller = self.session.caller

    def failed(self, operation: str, code: str, detail: str = "") -> None:
        """Let the journal know of an attempt that failed."""
        current().failed(code)
        self.services.journal.failed(
            caller=self.caller.actor,
            principal=self.caller.principal,
            address=self.address,
            operation=operation,
            code=code,
            detail=detail,
        )

    def read_personal(self) -> None:
        """Let the journal know which personal values are read, and where, that are not masked for the caller."""
        operation, asked = self.personal
        if not asked:
            return
        seen = self._wall(Sight.INTERNAL)
        found: dict[tuple[str, ...], list[str]] = {}
        for of, name in asked:
            found.setdefault(seen.shown.get(RECORDED[of, name], seen.ledgers), []).append(f"{of}.{name}")
        for regions, fields in found.items():
            if regions:
                self.services.journal.personal(
                    caller=self.caller.actor,
                    principal=self.caller.principal,
                    operation=operation,
                    fields=fields,
                    regions=regions,
                )

    async def fetch_journal(self, sql: str, values: list[object], *, need: Sight = Sight.JOURNAL) -> list[str]:
        """Return the JSON of each row of a statement over the journal, which is of no ledger.

        Args:
            need: level that the caller has to see of all ledgers.

        Raises:
            ForbiddenError: the caller does not watch over all ledgers.
        """
        if not self.caller.trusted and self._wall(need).ledgers != self.services.runner.ledgers.codes:
            raise ForbiddenError(level=need.value)
        self.statements.append(sql)
        self.sent.append(sql)
        current().statements += 1
        return await within(REQUEST_S, self.services.journal.fetch(sql, values))

    async def page(self, of: type[T], page: Page, sql: str, values: list[object], **where: Any) -> Connection[T]:
        """Return a page from the statement of its rows; see `fetch`."""
        return page.connection(of, await self.fetch(sql, values, **where))

    async def one(self, of: type[T], sql: str, values: list[object], **where: Any) -> T | None:
        """Return what a statement's row is, or None if it has none; see `fetch`."""
        rows = await self.fetch(sql, values, **where)
        return build(of, rows[0]) if rows else None

    async def fetch(self, sql: str, values: list[object], **where: Any) -> list[str]:
        """Return the JSON of each row of a statement with one column; see `rows`."""
        return [row[0] for row in await self.rows(sql, values, **where)]

    async def rows(
        self,
        sql: str,
        values: list[object],
        *,
        regions: tuple[str, ...] = (),
        area: Region | None = None,
        need: Sight = Sight.PUBLIC,
    ) -> Sequence[Record]:
        """Return the rows of a statement, behind the caller's walls.

        Args:
            regions: logs that it is about; none stands for all.
            area: a region; only logs that may hold what lies in it matter.
            need: level that the caller has to see of a ledger, for its rows to be there.

        Raises:
            SetAsideError: a read model stands still for one of the regions, so an answer could be wrong.
        """
        if need not in self.caller.sights:
            self.failed(need.lower(), "FORBIDDEN", need.value)
            raise ForbiddenError(level=need.value)
        seen = self._wall(need)
        for region, error in self.aside(sql, seen).items():
            if (region in regions or not regions) and (area is None or holds_some_of(region, area)):
                raise error
        return await self._fetch(sql, values, seen)

    def aside(self, sql: str, seen: Wall) -> dict[str, SetAsideError]:
        """Return the logs within a wall for which a read model that a statement reads was set aside.

        Also one that the wall itself reads: by an old one of those a caller would see what they no longer may.
        """
        sql, _ = walled(sql, seen, 0)
        found = {}
        for region, models in self.services.runner.aside.items():
            if region in seen.ledgers and (stuck := models & _read_by(sql)):
                found[region] = SetAsideError(f"{region}: {', '.join(sorted(stuck))}")
        return found

    async def fetch_all(self, sql: str, values: list[object]) -> tuple[list[str], dict[str, SetAsideError]]:
        """Return the JSON of each row, also of regions for which a read model stands still, and which those are."""
        seen = self._wall(Sight.PUBLIC)
        return [row[0] for row in await self._fetch(sql, values, seen)], self.aside(sql, seen)

    def ledgers(self, need: Sight) -> tuple[str, ...]:
        """Return the ledgers of which the caller sees a level, of some projects at least."""
        return self._wall(need).ledgers

    def _wall(self, need: Sight) -> Wall:
        return wall(self.caller, self.services.runner.ledgers, need)

    async def _fetch(self, sql: str, values: list[object], seen: Wall) -> Sequence[Record]:
        statement, more = walled(sql, seen, len(values))
        self.statements.append(sql)
        self.sent.append(statement)
        current().statements += 1
        pool = self.services.public if seen.public else self.services.reading
        return await within(REQUEST_S, pool.fetch(statement, *values, *more))


def _read_by(sql: str) -> frozenset[str]:
    """Return the read models of whose tables a statement reads."""

    def found() -> frozenset[str]:
        words = set(_WORD.findall(_KEY.sub("", sql)))
        return frozenset(one.name for one in projections.ALL if any(table.name in words for table in one.tables))

    return _KEPT.of(sql, found, lambda _: len(sql))


Info: TypeAlias = strawberry.Info[Context, None]
