"""审计轨迹: one row a fact: who, when in both clocks, what changed from what to what, on which paper, in a sentence.

Rows and sentences hold no personal value and no hash of one, only that it was given: erasing one changes nothing here.
Rows of `audit_history` never change, so theirs is always `recorded_to = NOW_US`; as of T is `recorded_from <= T`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of, json_text
from projections.table import NOW_US, Change, Table
from projections.wording import documents_of, reason_of, sentence, touches
from projections.wording.base import Terms
from service.domain.place import place_stream
from service.domain.roster import region_roster_stream
from service.domain.values import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from service.database import Connection
    from service.domain.shape import Plain
    from service.log.codec import Recorded

AUDIT: Final = Table(
    name="audit_history",
    key=("position",),
    columns={
        "position": "bigint NOT NULL",
        "project_id": "uuid",
        "stream_kind": KEYWORD,
        "stream_id": "uuid NOT NULL",
        "version": "integer NOT NULL",
        "name": KEYWORD,
        "occurred_on": "date NOT NULL",
        "recorded_us": "bigint NOT NULL",
        "command_id": "uuid NOT NULL",
        "actor": KEYWORD,
        "principal": KEYWORD_OR_NULL,
        "cause": KEYWORD_OR_NULL,
        "changes": "jsonb NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "sentence_zh": "text NOT NULL",
        "sentence_en": "text NOT NULL",
    },
    indexes=("project_id, position",),
)
"""`changes` is a list of {path, before, after}; null stands for nothing stated."""
VALUE: Final = Table(
    name="audit_value",
    key=("stream_id", "stream_kind", "path"),
    columns={
        "stream_id": "uuid NOT NULL",
        "stream_kind": KEYWORD,
        "path": KEYWORD,
        "value": "jsonb NOT NULL",
    },
)
"""What each path of a stream holds, so that `before` can be told without another read model or the domain's state."""

# One look by index for each path, whatever the planner thinks: a plain join on a table that was not analysed yet gets a
# plan that reads the whole region for every batch (minutes instead of milliseconds).
_FIND: Final = f"""
SELECT k.stream_id, k.stream_kind, k.path, v.value
FROM unnest($2::uuid[], $3::text[], $4::text[]) k (stream_id, stream_kind, path)
CROSS JOIN LATERAL (
  SELECT v.value FROM {VALUE.name} v
  WHERE v.region = $1 AND v.stream_id = k.stream_id AND v.stream_kind = k.stream_kind AND v.path = k.path
    AND v.recorded_to = {NOW_US}
  LIMIT 1
) v"""  # noqa: S608 - the name is the table's own.


class _Path(NamedTuple):
    """Where a value stands; in the order of VALUE's key."""

    stream_id: UUID
    stream_kind: str
    path: str


class AuditHistory:
    """审计轨迹."""

    name = "audit_history"
    version = 1
    tables: tuple[Table, ...] = (AUDIT, VALUE)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into one row a fact; ignores no fact."""
        if not batch:
            return
        region = batch[0].region
        touched = [{_path(one, path): value for path, value in touches(one.fact).items()} for one in batch]
        place = place_stream(str.__new__(Region, region))  # Stored long ago, so not judged again.
        lists = {path: _Path(place.id, place.kind, path) for path in Terms.PATHS.values()}
        known = await _find(connection, region, {*lists.values(), *(path for paths in touched for path in paths)})
        rows, values = [], []
        for one, after in zip(batch, touched, strict=True):
            before = {path: known.get(path) for path in after}
            at_us = one.stored.recorded_us
            terms = Terms({name: known[path] for name, path in lists.items() if path in known})
            rows.append(AUDIT.change(_row(one, before, after, terms), at_us))
            for path, value in after.items():
                if value != before[path]:
                    row = None if value is None else {**path._asdict(), "value": json_text(value)}
                    values.append(Change(path, at_us, row))
                    known[path] = value
        await VALUE.write(connection, region, values)
        await AUDIT.write(connection, region, rows)


def _path(one: Recorded, path: str) -> _Path:
    return _Path(one.stream_id, one.stored.stream_kind, path)


async def _find(connection: Connection, region: str, paths: Iterable[_Path]) -> dict[_Path, Plain]:
    """Return what the paths hold; one that holds nothing is left out."""
    columns = [list(column) for column in zip(*sorted(paths), strict=True)]
    rows = await connection.fetch(_FIND, region, *columns)
    return {_Path(row["stream_id"], row["stream_kind"], row["path"]): orjson.loads(row["value"]) for row in rows}


def _row(one: Recorded, before: Mapping[_Path, Plain], after: Mapping[_Path, Plain], terms: Terms) -> dict[str, Any]:
    stored = one.stored
    told = sentence(one.fact, {path.path: value for path, value in before.items()}, terms)
    return {
        "position": one.position,
        "project_id": one.stream_id if _is_of_project(one) else None,
        "stream_kind": stored.stream_kind,
        "stream_id": one.stream_id,
        "version": one.version,
        "name": stored.topic,
        "occurred_on": stored.occurred_on,
        "recorded_us": stored.recorded_us,
        "command_id": stored.command_id,
        "actor": stored.actor,
        "principal": stored.principal,
        "cause": stored.cause,
        "changes": json_text([
            {"path": path.path, "before": before[path], "after": value}
            for path, value in after.items()
            if value != before[path]
        ]),
        "reason": reason_of(one.fact),
        "documents": json_of(documents_of(one.fact)),
        "sentence_zh": told.zh,
        "sentence_en": told.en,
    }  # fmt: skip


def _is_of_project(one: Recorded) -> bool:
    if one.stored.stream_kind == "roster":
        return one.stream_id != region_roster_stream(str.__new__(Region, one.region)).id
    return one.stored.stream_kind in {"project", "investment", "schedule"}
