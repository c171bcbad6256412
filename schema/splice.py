"""拼接: what the statements of a plan answer, put together as it goes out: JSON text stays text."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
from graphql import GraphQLError, located_error

from schema.complete import LeftError
from schema.pages import counted
from schema.shape import patched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record

    from schema.compile import Root
    from schema.context import Context
    from schema.pages import Page
    from schema.shape import Patch, Shape


async def answered(roots: Sequence[Root], context: Context) -> tuple[dict[str, Any], list[GraphQLError]]:
    """Return the data of an answer, as orjson takes it, and its errors.

    Raises:
        LeftError: a value is wrong; the executor says which one, and why.
    """
    errors: list[GraphQLError] = []
    if len(roots) == 1:
        found = [await _value(roots[0], context, errors)]
    else:
        found = await asyncio.gather(*(_value(one, context, errors) for one in roots))
    return {root.key: value for root, value in zip(roots, found, strict=True)}, errors


async def _value(root: Root, context: Context, errors: list[GraphQLError]) -> Any:
    try:
        found = await root.ask(context)
    except asyncpg.DivisionByZeroError as error:
        raise LeftError from error  # An amount in a unit of another currency; see `schema.shape`.
    except Exception as error:  # noqa: BLE001 - As the executor: whatever it is, it is an error of this field alone.
        errors.append(located_error(error, root.nodes, [root.key]))
        return None
    try:
        return root.tell(found, context)
    except Exception as error:
        raise LeftError from error


def row_of(rows: Sequence[Record], patches: Sequence[Patch], context: Context) -> Any:
    """Return the one thing that a statement's row is, or None if it has no row."""
    if not rows:
        return None
    return patched(orjson.loads(rows[0][0]), patches, context) if patches else orjson.Fragment(rows[0][0])


def page_of(rows: Sequence[Record], page: Page, shape: Shape, context: Context) -> dict[str, Any]:
    """Return a page from the one row of its statement."""
    (row,) = rows
    answers: list[str] = row["answers"] or []
    keys: list[list[Any]] = orjson.loads(row["keys"]) if row["keys"] else []
    joined = f"[{','.join(answers)}]"
    items = patched(orjson.loads(joined), shape.patches, context) if shape.patches else None
    made: dict[str, Any] = {}
    for key, name, nodes in shape:
        match name:
            case "nodes":
                made[key] = orjson.Fragment(joined) if items is None else items
            case "edges":
                below = shape.below(edge_of(shape.name), nodes)
                ready = [orjson.Fragment(one) for one in answers] if items is None else items
                made[key] = [_edge(below, page, one, ready[n]) for n, one in enumerate(keys)]
            case "pageInfo":
                start, end = (page.cursor_of(keys[0]), page.cursor_of(keys[-1])) if keys else (None, None)
                info = page.page_info(start, end, more=row["found"] > page.count)
                made[key] = _plain(shape.below("PageInfo", nodes), info)
            case "__typename":
                made[key] = shape.name
            case _:
                made[key] = counted(row["total"])[shape.field_of(name).python_name]
    return made


def _edge(shape: Shape, page: Page, keys: list[Any], node: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, name, _ in shape:
        made[key] = node if name == "node" else page.cursor_of(keys) if name == "cursor" else shape.name
    return made


def _plain(shape: Shape, of: object) -> dict[str, Any]:
    return {
        key: shape.name if name == "__typename" else getattr(of, shape.field_of(name).python_name)
        for key, name, _ in shape
    }


def edge_of(connection: str) -> str:
    """Return the name of a connection's edges."""
    return connection.removesuffix("Connection") + "Edge"
