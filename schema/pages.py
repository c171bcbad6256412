"""分页: Relay connections with keyset cursors, each bound to its order and filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
import strawberry

from schema.context import Info
from schema.read import Binds, build
from schema.selection import Selection
from service.domain.errors import InvalidValueError
from service.domain.values import LARGEST

MOST: Final = 200
"""Most items in one page."""
DEFAULT: Final = 50
MOST_COUNTED: Final = 10_000
"""Where the counting of all items stops."""
_CURSOR: Final = "a cursor from this query"

First: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description=f"前几条 How many from the beginning, 1 to {MOST}; {DEFAULT} unless said."),
]
After: TypeAlias = Annotated[
    str | None, strawberry.argument(description="起始游标 The cursor behind which to begin: `endCursor` of a page.")
]
Last: TypeAlias = Annotated[
    int | None,
    strawberry.argument(description=f"后几条 How many from the end, 1 to {MOST}, in the same order; not with `first`."),
]
Before: TypeAlias = Annotated[
    str | None,
    strawberry.argument(
        description="截止游标 The cursor before which to end: `startCursor` of a page; not with `first` or `after`."
    ),
]

T = TypeVar("T")
Rows: TypeAlias = str | Callable[[str], str]
"""Rows of a page: a select, or what makes one of the predicate that they are behind the cursor.

Rows that are grouped take it themselves: PostgreSQL groups a select within a select without regard to the page's end.
"""


@strawberry.type(description="分页信息 Where a page begins and ends (Relay).")
class PageInfo:
    """Where a page begins and ends."""

    has_next_page: bool = strawberry.field(description="是否有下一页 Whether more follow, or it ended before a cursor.")
    has_previous_page: bool = strawberry.field(
        description="是否有上一页 Whether more stand before it, or it began behind a cursor."
    )
    start_cursor: str | None = strawberry.field(description="首条游标 Cursor of the first item: give it as `before`.")
    end_cursor: str | None = strawberry.field(description="末条游标 Cursor of the last item: give it as `after`.")


@strawberry.type(description="条目 An item of a page, with its cursor.")
class Edge(Generic[T]):
    """An item with its cursor."""

    cursor: str = strawberry.field(description="游标 Opaque; of this order and filter only.")
    node: T = strawberry.field(description="内容 The item.")


@strawberry.type(description="分页结果 A page of items (Relay connection).")
class Connection(Generic[T]):
    """A page of items."""

    edges: list[Edge[T]] = strawberry.field(description="条目 Items with their cursors.")
    nodes: list[T] = strawberry.field(description="内容 The items alone.")
    page_info: PageInfo = strawberry.field(description="分页信息 Where the page begins and ends.")
    total_count: int | None = strawberry.field(
        default=None,
        description=f"总数 How many items all pages have together; counted to {MOST_COUNTED}, and only if asked for.",
    )
    total_count_is_exact: bool | None = strawberry.field(
        default=None, description=f"总数是否确切 False if there are more than {MOST_COUNTED}, where counting stops."
    )


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows: SQL expressions that are never null, with their types, and which way they all run."""

    name: str
    keys: tuple[tuple[str, str], ...]
    descending: bool = False

    def by(self) -> str:
        """Return the ORDER BY list."""
        return ", ".join(f"{sql} {'DESC' if self.descending else 'ASC'}" for sql, _ in self.keys)

    def values(self) -> str:
        """Return a JSON array of the keys, from which a cursor is made."""
        return f"json_build_array({', '.join(sql for sql, _ in self.keys)})"

    def behind(self, keys: list[Any], binds: Binds, *path: str) -> str:
        """Return the predicate that a row comes after the one with these keys, which came from an argument."""
        sent = ", ".join(
            f"({binds(str(value), 'text', *path)})::{kind}" for value, (_, kind) in zip(keys, self.keys, strict=True)
        )
        own = ", ".join(sql for sql, _ in self.keys)
        return f"({own}) {'<' if self.descending else '>'} ({sent})"

    def reversed(self) -> Order:
        """Return the order the other way round."""
        return replace(self, descending=not self.descending)


def or_last(sql: str, kind: str, *, descending: bool) -> str:
    """Return a key that is never null: what is null stands behind all values, whichever way the order runs.

    So one comparison of rows puts a page behind its cursor, nulls or not.
    """
    return f"coalesce({sql}, {_BEYOND[kind][descending]})"


@dataclass(frozen=True, slots=True)
class Page:
    """What a client asked for: how many, from which row on, in which order, under which filter.

    A page before a cursor, or from the end, is fetched in the reversed order and turned round.

    Attributes:
        count: most items of it.
        cursor: keys of the row that it begins behind, in `order`; or none.
        order: in which it is fetched.
        backward: whether that is the reverse of the client's.
        mark: what its cursors are bound to.
        selection: what was selected of the connection.
    """

    count: int
    cursor: list[Any] | None
    order: Order
    backward: bool
    mark: str
    selection: Selection

    @classmethod
    def ask(
        cls,
        info: Info,
        order: Order,
        scope: object,
        *,
        first: int | None,
        after: str | None,
        last: int | None,
        before: str | None,
    ) -> Page:
        """Return the page of the field that is being resolved; see `of`."""
        return cls.of(Selection.of(info), order, scope, first=first, after=after, last=last, before=before)

    @classmethod
    def of(
        cls,
        selection: Selection,
        order: Order,
        scope: object,
        *,
        first: int | None,
        after: str | None,
        last: int | None = None,
        before: str | None = None,
    ) -> Page:
        """Return a page to fetch.

        Args:
            selection: what was selected of the connection.
            scope: the filter and whatever else decides which rows there are; a cursor made under another is refused.

        Raises:
            InvalidValueError: from both ends, out of bounds, or the cursor is none or of another query.
        """
        backward = last is not None or before is not None
        if backward:
            for name, value in (("first", first), ("after", after)):
                if value is not None:
                    raise InvalidValueError(name, rule="first and after, or last and before")
        count = count_of(last, "last") if backward else count_of(first)
        # The standard library's JSON takes half characters too, which are refused where the filter is used.
        told = json.dumps([order.name, order.descending, scope], sort_keys=True, default=str)
        mark = hashlib.sha256(told.encode()).hexdigest()[:16]
        keys = _keys_of(before, order, mark, "before") if backward else _keys_of(after, order, mark, "after")
        return cls(count, keys, order.reversed() if backward else order, backward, mark, selection)

    @property
    def nodes(self) -> Selection:
        """What was selected of an item."""
        return self.selection.row("nodes", "edges.node")

    def over_ledgers(self, alias: str, row: str, rows: Rows, ledgers: str, binds: Binds, *, joins: str = "") -> str:
        """Return the statement of a page over several ledgers, in one: the first rows of each, merged.

        Every index begins with the region, so an order over all ledgers at once would read every row.

        Args:
            alias: by which the order and `row` know a row.
            row: JSON of a row.
            rows: all rows of a ledger `m`, without an order.
            ledgers: predicate that a ledger `m` may have some.
            binds: parameters of the statement.
            joins: what a row needs that its place in the page does not depend on.
        """
        page = f"""
              SELECT {alias}.* FROM projected m
              CROSS JOIN LATERAL ({self._some(alias, rows, binds)}) {alias}
              WHERE {ledgers} ORDER BY {self.order.by()} LIMIT {self.count + 1}"""  # noqa: S608 - declared SQL only.
        some = f"SELECT FROM ({_all(rows)}) {alias} LIMIT {MOST_COUNTED + 1}"
        all_rows = f"projected m CROSS JOIN LATERAL ({some}) c WHERE {ledgers}"
        return self._statement(row, f"({page}\n            ) {alias}{joins}", all_rows)

    def over(self, alias: str, row: str, rows: Rows, binds: Binds, *, joins: str = "") -> str:
        """Return the statement of a page over rows that are not fetched ledger by ledger; see `over_ledgers`."""
        page = self._some(alias, rows, binds)
        return self._statement(row, f"({page}\n            ) {alias}{joins}", f"({_all(rows)}) {alias}")

    def _some(self, alias: str, rows: Rows, binds: Binds) -> str:
        path = "before" if self.backward else "after"
        behind = "true" if self.cursor is None else self.order.behind(self.cursor, binds, path)
        some = f"SELECT {alias}.* FROM ({rows}) {alias} WHERE {behind}" if isinstance(rows, str) else rows(behind)  # noqa: S608 - as above.
        return f"""
                {some}
                ORDER BY {self.order.by()} LIMIT {self.count + 1}"""

    def _statement(self, row: str, page: str, all_rows: str) -> str:
        """Return the statement of the page's rows, with the number of all in front of them if it was asked for."""
        counted = f"SELECT FROM {all_rows} LIMIT {MOST_COUNTED + 1}"
        if self.selection.is_compiled:
            return self._answer(row, page, counted)
        statement = f"""
            SELECT json_build_array({row},
              {self.order.values()})
            FROM {page} ORDER BY {self.order.by()}"""  # noqa: S608 - as above.
        if not self._counts:
            return statement
        return f"""
            (SELECT json_build_array(NULL, count(*)) FROM ({counted}) n)
            UNION ALL ({statement})"""  # noqa: S608 - as above.

    def _answer(self, row: str, page: str, counted: str) -> str:
        """Return the statement of one row that is the page: its items, how many there are, and what cursors take.

        The first and the last item's keys are enough where no item has a cursor of its own.
        """
        way = "DESC" if self.backward else "ASC"
        shown = f"x.n <= {self.count}"
        ends = shown if self.selection.has("edges") else f"x.n IN (1, least(x.m, {self.count}))"
        keys = self.order.values() if self.selection.has("edges") or self.selection.has("pageInfo") else "NULL::json"
        total = f"(SELECT count(*) FROM ({counted}) n)" if self._counts else "NULL::bigint"  # noqa: S608 - as above.
        return f"""
            SELECT array_agg(x.answer::text ORDER BY x.n {way}) FILTER (WHERE {shown}) AS answers, count(*) AS found,
              json_agg(x.keys ORDER BY x.n {way}) FILTER (WHERE {ends}) AS keys, {total} AS total
            FROM (
            SELECT {row} AS answer,
              {keys} AS keys,
              row_number() OVER (ORDER BY {self.order.by()}) AS n, count(*) OVER () AS m
            FROM {page}) x"""  # noqa: S608 - as above.

    @property
    def _counts(self) -> bool:
        return self.selection.has("totalCount") or self.selection.has("totalCountIsExact")

    def connection(self, of: type[T], fetched: Sequence[Any]) -> Connection[T]:
        """Return a page from rows, each an item and its keys, as JSON or read from it."""
        rows = [orjson.loads(row) if isinstance(row, str) else row for row in fetched]
        # No item is null, so this is the count.
        total = rows.pop(0)[1] if rows and rows[0][0] is None else None
        more, rows = len(rows) > self.count, rows[: self.count]
        if self.backward:
            rows.reverse()
        edges = [Edge(cursor=self.cursor_of(keys), node=build(of, row)) for row, keys in rows]
        start, end = (edges[0].cursor, edges[-1].cursor) if edges else (None, None)
        return Connection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=self.page_info(start, end, more=more),
            **counted(total),
        )

    def page_info(self, start: str | None, end: str | None, *, more: bool) -> PageInfo:
        """Return where the page begins and ends; `more` is whether there are rows that it has no room for."""
        return PageInfo(
            has_next_page=self.cursor is not None if self.backward else more,
            has_previous_page=more if self.backward else self.cursor is not None,
            start_cursor=start,
            end_cursor=end,
        )

    def cursor_of(self, keys: list[Any]) -> str:
        """Return the cursor of the row with these keys."""
        return base64.urlsafe_b64encode(orjson.dumps([self.mark, *keys])).decode()


def count_of(count: int | None, argument: str = "first") -> int:
    """Return how many items were asked for.

    Raises:
        InvalidValueError: out of bounds.
    """
    count = DEFAULT if count is None else count
    if not 1 <= count <= MOST:
        raise InvalidValueError(argument, rule=f"1 to {MOST}", value=count)
    return count


def counted(total: int | None) -> dict[str, Any]:
    """Return what a page tells of the number of all items, if it was asked for."""
    return {
        "total_count": None if total is None else min(total, MOST_COUNTED),
        "total_count_is_exact": None if total is None else total <= MOST_COUNTED,
    }


def _all(rows: Rows) -> str:
    return rows if isinstance(rows, str) else rows("true")


def _keys_of(cursor: str | None, order: Order, mark: str, argument: str) -> list[Any] | None:
    """Return the keys that a cursor has; None without one.

    Raises:
        InvalidValueError: it is none, or of another query.
    """
    if cursor is None:
        return None
    try:
        found, *keys = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, TypeError, UnicodeError, binascii.Error) as error:
        raise InvalidValueError(argument, rule=_CURSOR) from error
    if found != mark or len(keys) != len(order.keys):
        raise InvalidValueError(argument, rule=f"{_CURSOR}, with the same order and filter")
    # A mark can be worked out by anyone, so the keys behind it are judged too.
    if not all(_FITS[kind](key) for key, (_, kind) in zip(keys, order.keys, strict=True)):
        raise InvalidValueError(argument, rule=_CURSOR)
    return list(keys)


def _is_uuid(key: object) -> bool:
    try:
        return isinstance(key, str) and str(UUID(key)) == key
    except ValueError:
        return False


def _is_day(key: object) -> bool:
    if not isinstance(key, str):
        return False
    try:
        return key in {"infinity", "-infinity"} or date.fromisoformat(key).isoformat() == key
    except ValueError:
        return False


_BEYOND: Final = {
    "bigint": (f"{LARGEST + 1}", "-1"),
    "date": ("date 'infinity'", "date '-infinity'"),
}
"""Type -> what lies behind all values of it that a ledger holds: upwards, downwards."""
_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda key: isinstance(key, str),
    "bigint": lambda key: type(key) is int and -1 <= key <= LARGEST + 1,
    "uuid": _is_uuid,
    "date": _is_day,
}
