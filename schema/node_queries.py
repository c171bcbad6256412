"""按全局编号查询: things of any kind by their global ids, one statement for each kind that is asked for."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

import orjson
import strawberry

from schema.ceremony import Ceremony
from schema.context import Info
from schema.node import Node
from schema.project import Project
from schema.read import Binds, build, holds, select_list
from schema.selection import Selection
from schema.values import NodeId
from service.domain.errors import InvalidValueError

MOST_NODES: Final = 100
"""Most ids in one question."""


class _Kind(NamedTuple):
    """Where things of a kind are, and which column has the id."""

    of: type[Node]
    table: str
    identity: str


_KINDS: Final = {
    "Project": _Kind(Project, "project_status", "project_id"),
    "Ceremony": _Kind(Ceremony, "ceremony", "ceremony_id"),
}
"""By the name in their ids, which is their type's; a new type with a global id is added here."""


async def _found(info: Info, ids: list[NodeId]) -> list[Node | None]:
    """Return what has these ids, in their order, each time anew where one is there twice; None where nothing has."""
    selection = Selection.of(info)
    found: dict[NodeId, str] = {}
    for name, kind in _KINDS.items():
        if wanted := [one for one in dict.fromkeys(ids) if one.kind == name]:
            sql, values = _statement(kind, selection.on(name, Node.__name__), wanted)
            fetched = await info.context.fetch(sql, values, regions=tuple({one.region for one in wanted}))
            found |= {wanted[number - 1]: row for number, row in map(orjson.loads, fetched)}
    return [build(_KINDS[one.kind].of, found[one]) if one in found else None for one in ids]


def _statement(kind: _Kind, selection: Selection, wanted: list[NodeId]) -> tuple[str, list[object]]:
    """Return the statement of some ids of one kind: for each of them one look by index."""
    binds = Binds()
    alias = kind.of.__reads__  # type: ignore[attr-defined]  # Set by `reads`.
    regions = binds([one.region for one in wanted], "text[]")
    identities = binds([one.id for one in wanted], "uuid[]")
    return (
        f"""
        SELECT json_build_array(i.number, {select_list(kind.of, selection, binds)})
        FROM unnest({regions}, {identities}) WITH ORDINALITY i (region, identity, number)
        CROSS JOIN LATERAL (
          SELECT {alias}.* FROM {kind.table} {alias}
          WHERE {alias}.region = i.region AND {alias}.{kind.identity} = i.identity AND {holds(alias)}
          LIMIT 1) {alias}
        LIMIT {len(wanted)}""",  # noqa: S608 - binds and declared SQL only.
        binds.values,
    )


@strawberry.type
class NodeQuery:
    """Queries by global id."""

    @strawberry.field(description="按全局编号查询 Whatever has a global id, of any kind. Null if there is nothing.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="全局编号 Its global id.")],  # noqa: A002 - Relay's name for it.
    ) -> Node | None:
        """Return a thing by id, in one statement."""
        one = NodeId.of_any(id, _KINDS, "id")
        kind = _KINDS[one.kind]
        selection = Selection.of(info).on(one.kind, Node.__name__)
        binds = Binds()
        alias = kind.of.__reads__  # type: ignore[attr-defined]  # Set by `reads`.
        sql = f"""
            SELECT {select_list(kind.of, selection, binds)} FROM {kind.table} {alias}
            WHERE {alias}.region = {binds(one.region, "text")} AND {alias}.{kind.identity} = {binds(one.id, "uuid")}
              AND {holds(alias)}
            LIMIT 1"""  # noqa: S608 - binds and declared SQL only.
        return await info.context.one(kind.of, sql, binds.values, regions=(one.region,))

    @strawberry.field(
        description="按全局编号批量查询 Whatever has these global ids, in their order; null where there is nothing."
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description=f"全局编号 Global ids, 1 to {MOST_NODES}.")
        ],
    ) -> list[Node | None] | None:
        """Return things by id, in one statement for each kind."""
        if not 1 <= len(ids) <= MOST_NODES:
            raise InvalidValueError("ids", rule=f"1 to {MOST_NODES}", value=len(ids))
        return await _found(info, [NodeId.of_any(one, _KINDS, "ids", f"[{at}]") for at, one in enumerate(ids)])
