"""拼接: what the statements of a plan answer, put together as it goes out: JSON text stays text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import asyncpg
import orjson
from graphql import GraphQLError, located_error

from schema.complete import LeftError, completer
from schema.pages import counted
from schema.shape import NotCompiledError, patched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asyncpg import Record
    from graphql import FieldNode

    from schema.compile import Root
    from schema.context import Context
    from schema.pages import Page, PageInfo
    from schema.shape import Patch, Shape


Teller: TypeAlias = Callable[[Any, Any], Any]
"""Returns of what was found, and the context of the request, what stands in the answer."""


async def answered(roots: Sequence[Root], context: Context) -> tuple[dict[str, Any], list[GraphQLError]]:
    """Return the data of an answer, as orjson takes it, and its errors.

    Raises:
        LeftError: a value is wrong; the executor says which one, and why.
    """
    errors: list[GraphQLError] = []
    if len(roots) == 1:
        return {roots[0].key: await _value(roots[0], context, errors)}, errors
    asked = [asyncio.create_task(_value(one, context, errors)) for one in roots]
    try:
        found = await asyncio.gather(*asked)
    finally:
        # What is left to the executor is asked once more: nothing of it may go on beside that.
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
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


def teller_of_row(patches: Sequence[Patch]) -> Teller:
    """Return what makes of a statement's rows the one thing that there is, or None."""

    def tell(rows: Sequence[Record], context: Context) -> Any:
        if not rows:
            return None
        return patched(orjson.loads(rows[0][0]), patches, context) if patches else orjson.Fragment(rows[0][0])

    return tell


class _Items(NamedTuple):
    """A page as its statement answered it: its items, all of them as one, and the keys that cursors are made of."""

    row: Record
    items: Sequence[Any]
    all: Any
    keys: list[list[Any]]


def teller_of_page(shape: Shape, page: Page) -> Teller:
    """Return what makes a page of the one row of its statement.

    Raises:
        NotCompiledError: items stand in several places of it, each with a selection of its own.
    """
    parts = [(key, _part(shape, page, name, nodes)) for key, name, nodes in shape]
    if _places(shape) > 1:
        raise NotCompiledError(shape.name)

    def tell(rows: Sequence[Record], context: Context) -> dict[str, Any]:
        (row,) = rows
        answers: list[str] = row["answers"] or []
        keys: list[list[Any]] = orjson.loads(row["keys"]) if row["keys"] else []
        joined = f"[{','.join(answers)}]"
        if shape.patches:
            made = patched(orjson.loads(joined), shape.patches, context)
            found = _Items(row, made, made, keys)
        else:
            found = _Items(row, [orjson.Fragment(one) for one in answers], orjson.Fragment(joined), keys)
        return {key: part(found) for key, part in parts}

    return tell


def _part(shape: Shape, page: Page, name: str, nodes: Sequence[FieldNode]) -> Callable[[_Items], Any]:
    """Return what makes one field of a page."""
    match name:
        case "nodes":
            return lambda found: found.all
        case "edges":
            edge = list(shape.below(_edge_of(shape), nodes))
            return lambda found: [
                {
                    key: one if of == "node" else page.cursor_of(keys) if of == "cursor" else _edge_of(shape)
                    for key, of, _ in edge
                }
                for one, keys in zip(found.items, found.keys, strict=True)
            ]
        case "pageInfo":
            told = completer(shape, shape.type_of(name), nodes)
            return lambda found: told(_info_of(page, found), None)
        case "__typename":
            return lambda _: shape.name
        case _:
            member = shape.field_of(name).python_name
            return lambda found: counted(found.row["total"])[member]


def _info_of(page: Page, found: _Items) -> PageInfo:
    start, end = (page.cursor_of(found.keys[0]), page.cursor_of(found.keys[-1])) if found.keys else (None, None)
    return page.page_info(start, end, more=found.row["found"] > page.count)


def _edge_of(shape: Shape) -> str:
    return shape.name.removesuffix("Connection") + "Edge"


def _places(shape: Shape) -> int:
    """Return in how many places of a page its items stand."""
    found = 0
    for _, name, nodes in shape:
        if name == "edges":
            found += sum(below == "node" for _, below, _ in shape.below(_edge_of(shape), nodes))
        else:
            found += name == "nodes"
    return found
