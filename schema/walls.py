"""界限: rights within a statement. It reads its tables through what the caller sees of them.

A statement is written as if its reader saw everything. Here each table that it names is shadowed by a query of the same
name, over the ledgers and projects that are the caller's, with the columns masked that are not. So there is one place
where rights meet SQL; a filter, an order, a sum finds the mask and not the value; and what is not there and what is not
the caller's are answered by the same statement. The scope is set for row-level security by the same statement too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import projections
from projections.table import NOW_US
from schema.kept import Kept
from service.access.columns import BY_LEDGER, MASKED_COLUMNS, PUBLIC_FLAG, PUBLISHED
from service.access.table import Sight
from service.database import LOG_SCHEMA, READ_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from projections.table import Table
    from service.access.caller import Wall

MOST_STATEMENTS: Final = 2_000
"""Most statements that are kept with their walls."""
MOST_KEPT: Final = 16_777_216
"""Most characters that these have together, as they were written and behind their walls."""
MOST_EACH: Final = 65_536
"""Most characters of one that is kept: half of it behind its walls. What is longer was written for one question."""
_KEPT: Final = Kept[str](MOST_STATEMENTS, MOST_KEPT, MOST_EACH)
_WORD: Final = re.compile(r"[a-z_]+")
_TABLES: Final[Mapping[str, Table]] = {table.name: table for one in projections.ALL for table in one.tables}
_MARKS: Final = "projected"
# A filter, and no way to an index: two lists of unknown length in an index condition are costed as a hundred searches.
# Which rows are read is for the statement's own conditions, which begin with the region everywhere.
_IN: Final = "(x.region = ANY(w.{})) IS TRUE"
_SEEN: Final = "{0}.region || {0}.project_id = ANY(v.projects)"
_LISTING: Final = (
    f"EXISTS (SELECT FROM {READ_SCHEMA}.ceremony_entry b WHERE b.region = x.region"
    f" AND b.ceremony_id = x.ceremony_id AND b.recorded_to = {NOW_US} AND {_SEEN.format('b')})"
)
_SHORT: Final = {sight: sight.lower() for sight in Sight}

# The first three characters and the last four, or a mail's first and its domain; of what is shorter nothing.
_MASKED_CONTACT: Final = (
    "CASE WHEN x.contact IS NULL THEN NULL"
    " WHEN strpos(x.contact, '@') > 1 THEN left(x.contact, 1) || '****' || substr(x.contact, strpos(x.contact, '@'))"
    " WHEN length(x.contact) >= 11 THEN left(x.contact, 3) || '****' || right(x.contact, 4)"
    " ELSE '****' END"
)
_MASKS: Final = {
    "holder": "CASE WHEN x.holder = '' THEN '' ELSE left(x.holder, 1) || '*' END",
    "contact": _MASKED_CONTACT,
}
"""What somebody sees of a value that is not theirs to see: 张*, 138****1234; of all others nothing."""

_NAMED: Final = {"names_holder": "holder_public", "names_contact": "contact_public"}
"""Columns that tell of a value whether there was one: to the public, of one that is public."""
_UNSEEN: Final = {"holder": "''", "contact": "NULL"}
"""What the public sees of one that is not public: nothing, not even its beginning."""


class _Form(NamedTuple):
    """What of a wall decides a statement's text; the rest are its parameters."""

    in_part: bool
    masked: frozenset[Sight]
    public: bool


def walled(sql: str, wall: Wall, before: int) -> tuple[str, list[Any]]:
    """Return a statement behind a wall, and the values of the parameters that it adds.

    Args:
        sql: a statement with one column.
        wall: what the caller sees.
        before: parameters that it has.
    """
    values: list[Any] = [",".join(wall.ledgers)]
    if wall.parts:
        values += [list(wall.whole), *map(list, zip(*wall.parts, strict=True))]
    values += [list(where) for _, where in sorted(wall.shown.items())]
    form = _Form(bool(wall.parts), frozenset(wall.shown), wall.public)
    text = _KEPT.of((sql, form, before), lambda: _text(sql, form, before), lambda text: len(sql) + len(text))
    return text, values


def _text(sql: str, form: _Form, before: int) -> str:
    words = set(_WORD.findall(sql))
    shadows = [_shadow(table, form) for name, table in _TABLES.items() if name in words]
    if _MARKS in words:
        shadows.append(f"{_MARKS} AS NOT MATERIALIZED ({_rows(_MARKS, 'x.*', [_IN.format('ledgers')], LOG_SCHEMA)})")
    number = before + 1
    # The scope is what the rows turn on, so it is set before any is read, whatever order the planner likes.
    scope = [f"string_to_array(set_config('app.scope', ${number}, true), ',') AS ledgers"]
    seen = ""
    if form.in_part:
        scope.append(f"${number + 1}::text[] AS whole")
        seen = _seen_in_part(number + 2)
        number += 5
    scope += [f"${number + n}::text[] AS {_SHORT[sight]}" for n, sight in enumerate(sorted(form.masked), 1)]
    if shadows:
        own = sql.lstrip().removeprefix("WITH ")
        sql = f"WITH {', '.join(shadows)}{',' if own != sql.lstrip() else ''}\n{own}"
    return f"SELECT q.* FROM (SELECT {', '.join(scope)} OFFSET 0) w{seen}, LATERAL (\n{sql}) q"  # noqa: S608 - declared SQL only.


def _seen_in_part(number: int) -> str:
    """Return the projects that a caller sees of ledgers of which it does not see all."""
    return f""", LATERAL (
  SELECT coalesce(array_agg(p.region || p.project_id), '{{}}') AS projects
  FROM unnest(${number}::text[], ${number + 1}::text[], ${number + 2}::text[], ${number + 3}::uuid[])
    g (region, unit, park, project)
  JOIN {READ_SCHEMA}.project_status p ON p.region = g.region
  WHERE p.region = ANY(w.ledgers) AND p.recorded_to = {NOW_US}
    AND (g.unit IN (p.responsible_unit, p.sector_authority) OR g.park = p.park OR g.project = p.project_id)
) v"""  # noqa: S608 - own names.


def _shadow(table: Table, form: _Form) -> str:
    return f"{table.name} AS NOT MATERIALIZED ({_published(table) if form.public else _inside(table, form)})"


def _inside(table: Table, form: _Form) -> str:
    masks = {
        name: _mask(table, name, sight)
        for sight, names in MASKED_COLUMNS.get(table.name, {}).items()
        if sight in form.masked
        for name in names
    }
    columns = ", ".join(masks.get(name, f"x.{name}") for name in _all(table)) if masks else "x.*"
    if not form.in_part or table.name in BY_LEDGER:
        where = _IN.format("ledgers")
    elif "project_id" in table.columns:
        where = f"({_IN.format('whole')} OR {_SEEN.format('x')})"
    elif table.name == "ceremony":
        # Whoever sees a project sees which ceremonies list it; of their entries still none but that one.
        where = f"({_IN.format('whole')} OR {_LISTING})"
    else:
        where = _IN.format("whole")
    return _rows(table.name, columns, [where])


def _mask(table: Table, name: str, sight: Sight) -> str:
    shown = f"x.region = ANY(w.{_SHORT[sight]})"
    if (flag := PUBLIC_FLAG.get(name)) in table.columns:
        shown += f" OR x.{flag}"
    hidden = _MASKS.get(name, f"NULL::{_kind(table, name)}")
    return f"CASE WHEN {shown} THEN x.{name} ELSE {hidden} END AS {name}"


def _published(table: Table) -> str:
    """Return what the public sees of a table: columns that were never published are not even read."""
    public = PUBLISHED.get(table.name)
    if public is None:
        nothing = ", ".join(f"NULL::{_kind(table, name)} AS {name}" for name in _all(table))
        return f"SELECT {nothing} WHERE false"
    shown = {name: _flagged(table, name) for name in public.columns} | {
        "region": "x.region",
        "recorded_to": "x.recorded_to",
    }
    for item, names in public.others:
        shown |= {name: f"CASE WHEN {_is_published(item)} THEN x.{name} END AS {name}" for name in names}
    columns = ", ".join(shown.get(name, f"NULL::{_kind(table, name)} AS {name}") for name in _all(table))
    where = [_IN.format("ledgers")]
    if public.item is not None:
        where.append(_is_published(public.item))
    return _rows(table.name, columns, where)


def _flagged(table: Table, name: str) -> str:
    if name in _NAMED and _NAMED[name] in table.columns:
        return f"x.{name} AND x.{_NAMED[name]} AS {name}"
    flag = PUBLIC_FLAG.get(name)
    if flag is None or flag not in table.columns:
        return f"x.{name}"
    return f"CASE WHEN x.{flag} THEN x.{name} ELSE {_UNSEEN[name]} END AS {name}"


def _is_published(item: str) -> str:
    return (
        f"EXISTS (SELECT FROM {READ_SCHEMA}.published_item b WHERE b.region = x.region"
        f" AND b.project_id = x.project_id AND b.item = '{item}' AND b.recorded_to = {NOW_US})"
    )


def _rows(table: str, columns: str, where: list[str], schema: str = READ_SCHEMA) -> str:
    return f"SELECT {columns} FROM {schema}.{table} x WHERE {' AND '.join(where)}"  # noqa: S608 - own names.


def _all(table: Table) -> tuple[str, ...]:
    return ("region", *table.columns, "recorded_from", "recorded_to")


def _kind(table: Table, name: str) -> str:
    """Return a column's type, with its collation."""
    if name in {"recorded_from", "recorded_to"}:
        return "bigint"
    kind = table.columns.get(name, 'text COLLATE "C"')
    return kind.removesuffix(" NOT NULL")
