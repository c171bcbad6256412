"""分页: Relay connections with keyset cursors, each bound to its order and filter."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
import strawberry

from schema.read import Binds, build
from service.domain.errors import InvalidValueError
from service.domain.values import LARGEST

MOST: Final = 200
"""Most items in one page."""
DEFAULT: Final = 50
_CURSOR: Final = "a cursor from this query"

First: TypeAlias = Annotated[
    int | None, strawberry.argument(description=f"条数 How many, 1 to {MOST}; {DEFAULT} unless said.")
]
After: TypeAlias = Annotated[
    str | None, strawberry.argument(description="游标 The cursor behind which to begin, from the page before.")
]

T = TypeVar("T")


@strawberry.type(description="分页信息 Where a page begins and ends (Relay).")
class PageInfo:
    """Where a page begins and ends."""

    has_next_page: bool = strawberry.field(description="是否有下一页 Whether more follow.")
    has_previous_page: bool = strawberry.field(description="是否有上一页 Whether it began behind a cursor.")
    start_cursor: str | None = strawberry.field(description="首条游标 Cursor of the first item.")
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


@dataclass(frozen=True, slots=True)
class Order:
    """A total order of rows: SQL expressions with their types, and which way they run."""

    name: str
    keys: tuple[tuple[str, str], ...]
    descending: bool = False

    def by(self) -> str:
        """Return the ORDER BY list."""
        return ", ".join(f"{sql} {'DESC' if self.descending else 'ASC'}" for sql, _ in self.keys)

    def values(self) -> str:
        """Return a JSON array of the keys, from which a cursor is made."""
        return f"json_build_array({', '.join(sql for sql, _ in self.keys)})"


@dataclass(frozen=True, slots=True)
class Page:
    """What a client asked for: how many, behind which row, in which order, under which filter."""

    first: int
    after: list[Any] | None
    order: Order
    mark: str

    @classmethod
    def ask(cls, first: int | None, after: str | None, order: Order, scope: object) -> Page:
        """Return a page to fetch.

        Args:
            scope: the filter and whatever else decides which rows there are; a cursor made under another is refused.

        Raises:
            InvalidValueError: `first` is out of bounds, or the cursor is none or of another query.
        """
        count = count_of(first)
        # The standard library's JSON takes half characters too, which are refused where the filter is used.
        told = json.dumps([order.name, order.descending, scope], sort_keys=True, default=str)
        mark = hashlib.sha256(told.encode()).hexdigest()[:16]
        if after is None:
            return cls(count, None, order, mark)
        try:
            found, *keys = orjson.loads(base64.urlsafe_b64decode(after.encode("ascii")))
        except (ValueError, TypeError, UnicodeError, binascii.Error) as error:
            raise InvalidValueError("after", rule=_CURSOR) from error
        if found != mark or len(keys) != len(order.keys):
            raise InvalidValueError("after", rule=f"{_CURSOR}, with the same order and filter")
        # A mark can be worked out by anyone, so the keys behind it are judged too.
        if not all(_FITS[kind](key) for key, (_, kind) in zip(keys, order.keys, strict=True)):
            raise InvalidValueError("after", rule=_CURSOR)
        return cls(count, keys, order, mark)

    def where(self, binds: Binds) -> str:
        """Return the predicate that puts rows behind the cursor."""
        if self.after is None:
            return "true"
        sent = ", ".join(
            f"({binds(str(value), 'text', 'after')})::{kind}"
            for value, (_, kind) in zip(self.after, self.order.keys, strict=True)
        )
        keys = ", ".join(sql for sql, _ in self.order.keys)
        return f"({keys}) {'<' if self.order.descending else '>'} ({sent})"

    def over_ledgers(self, alias: str, row: str, rows: str, ledgers: str, *, joins: str = "") -> str:
        """Return the statement of a page over several ledgers, in one: the first rows of each, merged.

        Every index begins with the region, so an order over all ledgers at once would read every row.

        Args:
            alias: by which the order and `row` know a row.
            row: JSON of a row.
            rows: the rows of a ledger `m` that are behind the cursor, without an order.
            ledgers: predicate that a ledger `m` may have some.
            joins: what a row needs that its place in the page does not depend on.
        """
        by = self.order.by()
        return f"""
            SELECT json_build_array({row},
              {self.order.values()})
            FROM (
              SELECT {alias}.* FROM projected m
              CROSS JOIN LATERAL (
                {rows}
                ORDER BY {by} LIMIT {self.limit}) {alias}
              WHERE {ledgers} ORDER BY {by} LIMIT {self.limit}
            ) {alias}{joins} ORDER BY {by}"""  # noqa: S608 - declared SQL only.

    @property
    def limit(self) -> int:
        """Rows to fetch: one more than asked, which tells whether there are more."""
        return self.first + 1

    def connection(self, of: type[T], fetched: list[str]) -> Connection[T]:
        """Return a page from rows, each the JSON of an item and its keys."""
        rows = [orjson.loads(row) for row in fetched]
        edges = [Edge(cursor=self._cursor(keys), node=build(of, row)) for row, keys in rows[: self.first]]
        return Connection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=len(rows) > self.first,
                has_previous_page=self.after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        )

    def _cursor(self, keys: list[Any]) -> str:
        return base64.urlsafe_b64encode(orjson.dumps([self.mark, *keys])).decode()


def count_of(first: int | None) -> int:
    """Return how many items were asked for.

    Raises:
        InvalidValueError: out of bounds.
    """
    count = DEFAULT if first is None else first
    if not 1 <= count <= MOST:
        raise InvalidValueError("first", rule=f"1 to {MOST}", value=count)
    return count


def _is_uuid(key: object) -> bool:
    try:
        return str(UUID(key)) == key  # type: ignore[arg-type]  # Whatever else it is has no such methods.
    except (ValueError, AttributeError, TypeError):
        return False


def _is_day(key: object) -> bool:
    try:
        return date.fromisoformat(key).isoformat() == key  # type: ignore[arg-type]  # Whatever else it is raises.
    except (ValueError, TypeError):
        return False


_FITS: Final[dict[str, Callable[[Any], bool]]] = {
    "text": lambda key: isinstance(key, str),
    "bigint": lambda key: type(key) is int and 0 <= key <= LARGEST,
    "uuid": _is_uuid,
    "date": _is_day,
}
