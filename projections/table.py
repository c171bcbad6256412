"""时态表: rows that know from when to when the ledger held them, and the form of a read model.

Every row has `recorded_from` and `recorded_to`, microseconds since 1970, half open. As of T is the predicate
`recorded_from <= T AND T < recorded_to`; what holds now has `recorded_to = NOW_US`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

import asyncpg

from projections.walls import walls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from service.database import Connection
    from service.log.codec import Recorded

NOW_US: Final = 2**63 - 1
"""recorded_to of a row that still holds; as an instant it asks for what holds now."""

BY_INDEX: Final = ", ".join(f"set_config('enable_{way}', 'off', true)" for way in ("seqscan", "hashjoin", "mergejoin"))
"""Settings of a transaction that feeds: going by index is right for every size of a table."""

Key: TypeAlias = tuple[Any, ...]
Values: TypeAlias = "Mapping[str, Any]"


class Projection(Protocol):
    """A read model.

    Attributes:
        name: by which it is rebuilt and reported.
        version: raised when the same tables are filled otherwise; a change of the tables is noticed without it.
        tables: what it owns; nothing else writes to them.
    """

    @property
    def name(self) -> str: ...  # noqa: D102 - told above.
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def tables(self) -> tuple[Table, ...]: ...  # noqa: D102

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch, which is in log order and of one region; no clock, no other read model."""


def fingerprint(projection: Projection) -> str:
    """Return what a read model's tables were made by: another value means that they must be rebuilt."""
    ddl = "\n".join(table.ddl for table in projection.tables)
    return hashlib.sha256(f"{projection.name} {projection.version}\n{ddl}".encode()).hexdigest()


@dataclass(frozen=True)
class Table:
    """A table of versioned rows, written in batches.

    Args:
        key: columns that name a row, beside the region.
        columns: name -> SQL type of one word and what follows it, the key's included.
        indexes: columns of further indexes on the rows that hold now, each behind the region.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    indexes: tuple[str, ...] = ()

    @property
    def ddl(self) -> str:
        """Statements that make it, in the schema that search_path names first."""
        key = f"  recorded_to bigint NOT NULL,\n  {self._primary_key}\n);\n"
        return f"{self._opening}{key}{self._held}{self._others}"

    @property
    def filling_ddl(self) -> str:
        """Statements that make it to be filled from nothing: with no index but that by which rows are found again."""
        return f"{self._opening}  recorded_to bigint NOT NULL\n);\n{self._held}"

    @property
    def filled_ddl(self) -> str:
        """Statements that make it whole once it is filled."""
        return f"ALTER TABLE {self.name} ADD {self._primary_key};\n{self._others}"

    @property
    def _opening(self) -> str:
        columns = "".join(f"  {name} {kind},\n" for name, kind in self.columns.items())
        return (
            f'CREATE TABLE {self.name} (\n  region text COLLATE "C" NOT NULL,\n{columns}'
            f"  recorded_from bigint NOT NULL,\n"
        )

    @property
    def _primary_key(self) -> str:
        return f"PRIMARY KEY (region, {', '.join(self.key)}, recorded_from)"

    @property
    def _held(self) -> str:
        # The key's own index is asked for by >=, which the others do not answer to. On a table without statistics all
        # cost the planner the same, and by another one it would read the whole region for each key.
        key = ", ".join(self.key)
        return f"CREATE UNIQUE INDEX {self.name}_now ON {self.name} (region, {key}) WHERE recorded_to >= {NOW_US};\n"

    @property
    def _others(self) -> str:
        holds = f"WHERE recorded_to = {NOW_US}"
        indexes = "".join(
            f"CREATE INDEX {self.name}_{number} ON {self.name} (region, {index}) {holds};\n"
            for number, index in enumerate(self.indexes, 1)
        )
        return f"{indexes}{walls(self.name, self.columns)}"

    async def current(
        self, connection: Connection, region: str, column: str, values: Iterable[Any]
    ) -> dict[Key, dict[str, Any]]:
        """Return the rows that hold now and have one of `values` in a column, by key."""
        wanted = list(dict.fromkeys(values))
        if not wanted:
            return {}
        kind = self.columns[column].split()[0]
        holds = ">=" if column == self.key[0] else "="
        rows = await connection.fetch(
            f"SELECT {', '.join(self.columns)} FROM {self.name} "  # noqa: S608 - names are this table's own.
            f"WHERE region = $1 AND {column} = ANY($2::{kind}[]) AND recorded_to {holds} {NOW_US}",
            region,
            wanted,
        )
        return {tuple(row[name] for name in self.key): dict(row) for row in rows}

    def change(self, values: Values, at_us: int, *, fresh: bool = False) -> Change:
        """Return that a row has these values from a recorded time on; `fresh` as in `Change`."""
        return Change(self._key(values), at_us, values, fresh)

    async def write(self, connection: Connection, region: str, changes: Sequence[Change]) -> None:
        """Write what changed in a batch: close the rows that held, insert those that hold from then on.

        Args:
            changes: in log order; one without values ends its row. Of those that one fact makes to a row the last
                counts, so no version has held for no time.
        """
        if not changes:
            return
        by_key: dict[Key, list[Change]] = {}
        for change in changes:
            by_key.setdefault(change.key, []).append(change)
        held = {key: versions[0].at_us for key, versions in by_key.items() if not versions[0].fresh}
        if held:
            await connection.execute(self._close, region, [*held.values()], *_columns(held, len(self.key)))
        rows = self._rows(region, by_key.values())
        if not rows:
            return
        if type(connection) is Filling:  # The driver says of every connection that it is an instance of any such class.
            await connection.copy_records_to_table(self.name, columns=self._names, records=rows)
        else:
            _, *columns = _columns(rows, len(self._names))
            await connection.execute(self._insert, region, *columns)

    def _rows(self, region: str, by_key: Iterable[Sequence[Change]]) -> list[tuple[Any, ...]]:
        """Return each key's versions as rows, each until the next."""
        rows = []
        values_of = self._values
        for versions in by_key:
            until = NOW_US
            for _, at_us, values, _ in reversed(versions):
                if values is not None and at_us < until:
                    rows.append((region, *values_of(values), at_us, until))
                until = at_us
        return rows

    @cached_property
    def _key(self) -> Callable[[Values], Key]:
        return _getter(self.key)

    @cached_property
    def _values(self) -> Callable[[Values], tuple[Any, ...]]:
        return _getter(tuple(self.columns))

    @cached_property
    def _names(self) -> list[str]:
        return ["region", *self.columns, "recorded_from", "recorded_to"]

    @cached_property
    def _close(self) -> str:
        # One look-up by index for each key, whatever the planner thinks of a table that it has no statistics of: joined
        # plainly, the sixth run got a generic plan that read the whole region, and took minutes for 500 keys.
        kinds = ", ".join(f"${n}::{self.columns[name].split()[0]}[]" for n, name in enumerate(self.key, 3))
        same = " AND ".join(f"o.{name} = n.{name}" for name in self.key)
        return f"""
            UPDATE {self.name} t SET recorded_to = n.at_us
            FROM unnest($2::bigint[], {kinds}) n (at_us, {", ".join(self.key)})
            CROSS JOIN LATERAL (
              SELECT o.ctid FROM {self.name} o WHERE o.region = $1 AND {same} AND o.recorded_to >= {NOW_US} LIMIT 1
            ) o
            WHERE t.ctid = o.ctid"""  # noqa: S608 - names are this table's own.

    @cached_property
    def _insert(self) -> str:
        names = [*self.columns, "recorded_from", "recorded_to"]
        kinds = [kind.split()[0] for kind in self.columns.values()] + ["bigint", "bigint"]
        arrays = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(kinds, 2))
        return (
            f"INSERT INTO {self.name} (region, {', '.join(names)}) "  # noqa: S608 - names are this table's own.
            f"SELECT $1, n.* FROM unnest({arrays}) n"
        )


class Change(NamedTuple):
    """A row from a recorded time on; without values it ends.

    Attributes:
        fresh: known to have held nothing until then, so that nothing has to be closed. Where that is not so, the
            table's unique index refuses the batch.
    """

    key: Key
    at_us: int
    values: Values | None
    fresh: bool = False


class Filling(asyncpg.Connection):
    """A connection that fills tables which nobody else sees yet: rows go in by COPY, which their walls would refuse."""


class Writes:
    """What a batch changes in the tables of a read model, gathered in log order and written table by table."""

    def __init__(self, *tables: Table) -> None:
        self._tables = tables
        self._changes: dict[str, list[Change]] = {table.name: [] for table in tables}

    def set(self, table: Table, one: Recorded, values: Values, *, fresh: bool = False) -> None:
        """Let a row have these values from a fact on; `fresh` as in `Change`."""
        self._changes[table.name].append(table.change(values, one.stored.recorded_us, fresh=fresh))

    def end(self, table: Table, one: Recorded, *key: Any) -> None:
        """Let a row end with a fact."""
        self._changes[table.name].append(Change(key, one.stored.recorded_us, None))

    async def write(self, connection: Connection, region: str) -> None:
        """Write what was gathered: two statements a table at most."""
        for table in self._tables:
            await table.write(connection, region, self._changes[table.name])


def _getter(names: tuple[str, ...]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) == 1:
        (only,) = names
        return lambda values: (values[only],)
    return itemgetter(*names)


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Return rows turned into columns, as unnest takes them."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns
