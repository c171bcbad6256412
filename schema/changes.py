"""变更: the facts of all ledgers that a caller sees, in an order that never loses or repeats one: asked for, or live.

A cursor is a position in each ledger's log (`Vector`), the form that `taizhang facts --after` has too. It stands for
what was taken and not for a filter, so that a reader may go on with another filter, another transport, or at another
process of the same database. Only what is projected is told: who then asks for a project sees it with the change.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Final, Self, TypeAlias

import orjson
import strawberry

from schema.audit import AuditEntry, known_streams
from schema.context import Context, Info
from schema.live import news
from schema.pages import First, count_of
from schema.read import Binds, build, holds, select_list
from schema.regions import OF_A_PLACE, holds_some_of, region_of, within
from schema.selection import Selection
from schema.values import NodeId
from service.access import Sight
from service.database import READ_SCHEMA
from service.domain.errors import InvalidValueError
from service.domain.values import MOST_LISTED, Region
from service.log.codec import NAMES
from service.log.vector import CursorAheadError, Vector

BATCH: Final = 100
"""Most changes that a subscription shows at once."""
MOST_CONCERNS: Final = 500
"""Ledgers of callers and areas for which it is remembered which concern whom; subscriptions share them."""


@strawberry.enum(description="起点 Where a reader without a cursor begins.")
class ChangeStart(Enum):
    """Where a reader without a cursor begins."""

    BEGINNING = strawberry.enum_value("BEGINNING", description="从头 With the first fact of each ledger.")
    NOW = strawberry.enum_value("NOW", description="从现在 Behind all that there is: only what comes.")


@strawberry.input(description="变更筛选 Which changes; conditions are joined by and.")
class ChangeFilter:
    """Conditions on facts."""

    region: str | None = strawberry.field(
        default=None, description="台账地区 Ledgers of a region and all below it; former and later codes are one."
    )
    projects: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description=f"项目 Facts about any of these, whoever's stream they are in; at most {MOST_LISTED}.",
    )
    names: list[str] | None = strawberry.field(
        default=None, description=f"事实名称 Any of these stored names; at most {MOST_LISTED}."
    )
    streams: list[str] | None = strawberry.field(default=None, description="流 Any of these kinds, as in `placeTrail`.")

    def area(self) -> Region | None:
        """Return the region that was asked for."""
        return None if self.region is None else region_of(self.region, "filter", "region")


@strawberry.type(description="变更页 Changes in log order within each ledger, and the cursor behind them.")
class ChangePage:
    """Some changes."""

    changes: list[AuditEntry] = strawberry.field(
        description="变更 Facts, by recorded time across ledgers as far as they go back."
    )
    cursor: str = strawberry.field(
        description="游标 Behind these and what the filter left out: give it as `after`, here or to the subscription,"
        " with this filter or another. A ledger that it does not name is told from its first fact on."
    )
    more: bool = strawberry.field(description="是否还有 Whether more were there already.")


After: TypeAlias = Annotated[
    str | None, strawberry.argument(description="游标 The cursor behind which to begin, of any page of changes.")
]
_Filter: TypeAlias = Annotated[
    ChangeFilter | None, strawberry.argument(description="筛选 Which changes; all that the caller may see.")
]
FROM: Final = "起点 Where to begin without a cursor."
From: TypeAlias = Annotated[
    ChangeStart | None, strawberry.argument(name="from", description=f"{FROM} NOW unless said.")
]
_RECORDED: Final = (
    f"SELECT x.recorded_us FROM {READ_SCHEMA}.audit_history x"  # noqa: S608 - own names.
    " WHERE x.region = l.ledger AND x.position = {}"
)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a reader asked for, judged.

    Attributes:
        first: most facts at once.
        row: makes the SQL of what is told of a fact `a` of the ledger `f.ledger`, with the parameters of a statement.
        need: level that the caller has to see of a ledger.
    """

    first: int
    row: Callable[[Binds], str]
    need: Sight
    area: Region | None
    projects: tuple[NodeId, ...] | None
    names: tuple[str, ...] | None
    streams: tuple[str, ...] | None

    @classmethod
    def of(
        cls, first: int, row: Callable[[Binds], str], sent: ChangeFilter | None, need: Sight = Sight.HISTORY
    ) -> Self:
        """Judge a filter.

        Raises:
            InvalidValueError: a value that can't be one, or too many.
        """
        asked = sent or ChangeFilter()
        names = _few(asked.names, "names")
        for number, name in enumerate(names or ()):
            if name not in NAMES:
                raise InvalidValueError("filter", "names", f"[{number}]", rule="the stored name of a fact")
        projects = _few(asked.projects, "projects")
        streams = None if asked.streams is None else tuple(known_streams(asked.streams, "filter", "streams"))
        nodes = [
            NodeId.parse(one, "Project", "filter", "projects", f"[{number}]")
            for number, one in enumerate(projects or ())
        ]
        return cls(first, row, need, asked.area(), None if projects is None else tuple(nodes), names, streams)

    async def read(self, context: Context, after: Vector) -> tuple[list[Any], Vector, bool]:
        """Return what lies behind a cursor, the cursor behind that, and whether there is more, in one statement.

        Raises:
            ForbiddenError: the caller sees no ledger's history.
            SetAsideError: the history of a ledger is being repaired; told would be too little.
            CursorAheadError: a ledger was restored from a backup of before the cursor.
        """
        binds = Binds()
        rows = await context.fetch(self._sql(after, binds), binds.values, area=self.area, need=self.need)
        reached, found = orjson.loads(rows[0])
        behind = {ledger for ledger, mark, *_ in reached if mark < after.positions.get(ledger, 0)}
        if behind:
            await _check_heads(context, after, behind)
        for ledger, _, _, _, _, taken_us in reached:
            after.check(ledger, taken_us)
        moved = ((ledger, upto, told_us) for ledger, _, upto, _, told_us, _ in reached if ledger not in behind)
        return found, after.moved(moved), any(cut for _, _, _, cut, _, _ in reached)

    async def now(self, context: Context) -> Vector:
        """Return the cursor behind all that there is."""
        binds = Binds()
        ledgers = " AND ".join(self._ledgers(binds))
        sql = f"SELECT json_build_array(m.region, m.position, m.recorded_us) FROM projected m WHERE {ledgers}"  # noqa: S608 - as below.
        rows = await context.fetch(sql, binds.values, area=self.area, need=self.need)
        return Vector().moved(map(orjson.loads, rows))

    def concerns(self, context: Context) -> frozenset[str]:
        """Return the ledgers whose news may be among what was asked for."""
        return _concerned(_Seen(context.ledgers(self.need)), self.area)

    def _sql(self, after: Vector, binds: Binds) -> str:
        """Return the statement: of each ledger the first facts behind the cursor, by index; then the first of all.

        A ledger whose facts all came has been read as far as its read models stand, whatever the filter left out; any
        other up to the first fact that did not. The wide rows are fetched only of what is shown.

        Of each ledger it tells the recorded times of the facts that the cursor will stand and stood behind, by which a
        ledger is known that was restored. They are looked up past the walls: whoever may not see a fact learns no more
        of it than that it is still there.
        """
        known, positions = list(after.positions), list(after.positions.values())
        marks = f"unnest({binds(known, 'text[]')}, {binds(positions, 'bigint[]')}) v (region, position)"
        where = " AND ".join(self._where(binds))
        # Within the look into a ledger the cursor is a plain column: row-level security lets no index have a condition
        # with a coalesce in it, which counts as leaking.
        return f"""
            WITH found AS MATERIALIZED (
              SELECT m.region AS ledger, m.position AS mark, m.recorded_us, m.after, a.position,
                row_number() OVER (ORDER BY a.recorded_us, m.region, a.position) AS number
              FROM (
                SELECT m.region, m.position, m.recorded_us, coalesce(v.position, 0) AS after
                FROM projected m LEFT JOIN {marks} ON v.region = m.region
                WHERE {" AND ".join(self._ledgers(binds))} OFFSET 0) m
              LEFT JOIN LATERAL (
                SELECT a.position, a.recorded_us FROM audit_history a
                WHERE a.region = m.region AND a.position > m.after AND {where}
                ORDER BY a.position LIMIT {self.first + 1}) a ON true
            )
            SELECT json_build_array(
              (SELECT coalesce(json_agg(json_build_array(l.ledger, l.mark, coalesce(l.cut - 1, l.mark),
                  l.cut IS NOT NULL,
                  CASE WHEN l.cut IS NULL THEN l.recorded_us ELSE ({_RECORDED.format("l.cut - 1")}) END,
                  CASE WHEN l.mark = l.after THEN l.recorded_us ELSE ({_RECORDED.format("l.after")}) END)), '[]')
                FROM (
                  SELECT f.ledger, f.mark, f.recorded_us, f.after,
                    min(f.position) FILTER (WHERE f.number > {self.first}) AS cut
                  FROM found f GROUP BY f.ledger, f.mark, f.recorded_us, f.after) l),
              (SELECT coalesce(json_agg({self.row(binds)} ORDER BY f.number), '[]')
                FROM found f
                CROSS JOIN LATERAL (
                  SELECT a.* FROM audit_history a
                  WHERE a.region = f.ledger AND a.position = f.position AND {holds("a")} LIMIT 1) a
                CROSS JOIN (SELECT NULL::uuid AS project_id) s
                WHERE f.number <= {self.first}))"""  # noqa: S608 - declared SQL only.

    def _ledgers(self, binds: Binds) -> list[str]:
        found = [OF_A_PLACE]
        if self.area is not None:
            found.append(within("m.region", self.area, binds))
        if self.projects is not None:
            found.append(f"m.region = ANY({binds(sorted({str(one.region) for one in self.projects}), 'text[]')})")
        return found

    def _where(self, binds: Binds) -> list[str]:
        found = [holds("a")]
        if self.names is not None:
            found.append(f"a.name = ANY({binds(list(self.names), 'text[]', 'filter', 'names')})")
        if self.streams is not None:
            found.append(f"a.stream_kind = ANY({binds(list(self.streams), 'text[]')})")
        if self.projects is not None:
            ids = binds([one.id for one in self.projects], "uuid[]")
            found.append(
                "a.position IN (SELECT b.position FROM audit_subject b WHERE b.region = m.region"  # noqa: S608 - as above.
                f" AND b.project_id = ANY({ids}) AND b.position > m.after AND {holds('b')})"
            )
        return found


class _Seen:
    """Ledgers as a key: those that a caller sees are one object until there are others."""

    __slots__ = ("ledgers",)

    def __init__(self, ledgers: tuple[str, ...]) -> None:
        self.ledgers = ledgers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Seen) and other.ledgers is self.ledgers

    def __hash__(self) -> int:
        return id(self.ledgers)


@lru_cache(maxsize=MOST_CONCERNS)
def _concerned(seen: _Seen, area: Region | None) -> frozenset[str]:
    return frozenset(one for one in seen.ledgers if area is None or holds_some_of(one, area))


def _few(values: list[Any] | None, name: str) -> tuple[str, ...] | None:
    if values is not None and len(values) > MOST_LISTED:
        raise InvalidValueError("filter", name, rule=f"at most {MOST_LISTED}")
    return None if values is None else tuple(dict.fromkeys(values))


async def _check_heads(context: Context, after: Vector, ledgers: Iterable[str]) -> None:
    """Hold a cursor against logs whose read models stand before it, as they may after a crash of the database.

    Raises:
        CursorAheadError: the log itself stands there: a backup was restored.
    """
    heads = {one.region: one.position for one in await context.services.runner.standings()}
    for ledger in ledgers:
        if heads.get(ledger, 0) < after.positions[ledger]:
            raise CursorAheadError(ledger, after.positions[ledger])


def cursor(after: str | None, start: ChangeStart | None) -> Vector | None:
    """Return where a reader is, or None if that is where the log is now.

    Raises:
        InvalidValueError: the cursor is none, or there is a start beside it.
    """
    if after is None:
        return None if start is ChangeStart.NOW else Vector()
    if start is not None:
        raise InvalidValueError("from", rule="only without after")
    return Vector.parse(after)


async def follow(
    context: Context, feed: Feed, after: str | None, start: ChangeStart | None
) -> AsyncGenerator[tuple[list[Any], Vector, bool], None]:
    """Yield what a feed has, each time when the one before was taken; the first may be empty.

    Raises:
        InvalidValueError: the cursor is none, or there is a start beside it.
    """
    at = cursor(after, ChangeStart.NOW if after is None and start is None else start)
    if at is None:
        at = await feed.now(context)
    is_first = True
    while True:
        context.renew()
        # Taken before the facts are read, so that what comes meanwhile is news.
        since = context.services.runner.positions
        found, at, more = await feed.read(context, at)
        if found or is_first:
            yield found, at, more
        is_first = False
        if not more:
            await news(context, since, lambda: feed.concerns(context))


def _page(read: tuple[list[Any], Vector, bool]) -> ChangePage:
    found, at, more = read
    return ChangePage(changes=[build(AuditEntry, one) for one in found], cursor=str(at), more=more)


def _row(info: Info) -> Callable[[Binds], str]:
    selection = Selection.of(info).below("changes")
    return lambda binds: select_list(AuditEntry, selection, binds)


@strawberry.type
class ChangeQuery:
    """Changes asked for."""

    @strawberry.field(
        description="变更 A feed to poll: every fact of the audit trails that the caller may see, over all their"
        " ledgers, none lost and none twice. Go on with `cursor`, at once while there is `more`. Accounts and rights"
        " are in `rightsTrail`."
    )
    async def changes(
        self,
        info: Info,
        after: After = None,
        first: First = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        start: Annotated[
            ChangeStart | None, strawberry.argument(name="from", description=f"{FROM} BEGINNING unless said.")
        ] = None,
    ) -> ChangePage | None:
        """Return a page of changes, in one statement."""
        feed = Feed.of(count_of(first), _row(info), filter)
        at = cursor(after, start)
        if at is None:
            return ChangePage(changes=[], cursor=str(await feed.now(info.context)), more=False)
        return _page(await feed.read(info.context, at))


@strawberry.type
class ChangeSubscription:
    """Changes as they come."""

    @strawberry.subscription(
        description=f"变更动态 Every fact as `changes` tells it, as soon as it may be asked about, {BATCH} at once at"
        " most. The first item comes at once and may be empty: its cursor is where to resume. Nothing is kept for a"
        " reader: the next facts are read when the last were taken, and whoever was cut off resumes with the last"
        " cursor."
    )
    async def changes(
        self,
        info: Info,
        after: After = None,
        filter: _Filter = None,  # noqa: A002 - GraphQL's name for it.
        start: From = None,
    ) -> AsyncGenerator[ChangePage, None]:
        """Yield batches of changes, each read in one statement when the one before was taken."""
        feed = Feed.of(BATCH, _row(info), filter)
        async with aclosing(follow(info.context, feed, after, start)) as following:
            async for one in following:
                yield _page(one)
