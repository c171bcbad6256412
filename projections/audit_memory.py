"""审计记忆: what each path of a stream held, as far as a batch of the audit trail has to know it.

A few statements fetch it for a whole batch; from then on it goes along with the facts, one after the other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from projections.columns import KEYWORD
from projections.table import NOW_US, Table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from service.database import Connection
    from service.domain.shape import Plain

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
SELECT k.stream_id, k.stream_kind, v.path, v.value
FROM unnest($2::uuid[], $3::text[], $4::text[]) k (stream_id, stream_kind, path)
CROSS JOIN LATERAL (
  SELECT v.path, v.value FROM {VALUE.name} v
  WHERE v.region = $1 AND v.stream_id = k.stream_id AND v.stream_kind = k.stream_kind AND v.path = k.path
    AND v.recorded_to >= {NOW_US}
  LIMIT 1
) v"""  # noqa: S608 - the name is the table's own.
_FIND_BELOW: Final = f"""
SELECT k.stream_id, k.stream_kind, v.path, v.value
FROM unnest($2::uuid[], $3::text[], $4::text[]) k (stream_id, stream_kind, path)
CROSS JOIN LATERAL (
  SELECT v.path, v.value FROM {VALUE.name} v
  WHERE v.region = $1 AND v.stream_id = k.stream_id AND v.stream_kind = k.stream_kind
    AND v.path > k.path || '.' AND v.path < k.path || '/' AND v.recorded_to >= {NOW_US}
) v"""  # noqa: S608 - the name is the table's own.


class Path(NamedTuple):
    """Where a value stands; in the order of VALUE's key."""

    stream_id: UUID
    stream_kind: str
    path: str


class Memory:
    """What paths hold at a moment of the log; one that holds nothing is left out."""

    def __init__(self) -> None:
        self._streams: defaultdict[tuple[UUID, str], dict[str, Plain]] = defaultdict(dict)

    async def recall(self, connection: Connection, region: str, paths: Iterable[Path]) -> None:
        """Fetch what paths hold, in one statement."""
        await self._fetch(_FIND, connection, region, paths)

    async def recall_below(self, connection: Connection, region: str, paths: Iterable[Path]) -> None:
        """Fetch what all paths below these hold: of `entry` that is `entry.…`; in one statement."""
        await self._fetch(_FIND_BELOW, connection, region, paths)

    async def _fetch(self, statement: str, connection: Connection, region: str, paths: Iterable[Path]) -> None:
        wanted = dict.fromkeys(paths)
        if wanted:
            columns = [list(column) for column in zip(*wanted, strict=True)]
            for row in await connection.fetch(statement, region, *columns):
                self._streams[row["stream_id"], row["stream_kind"]][row["path"]] = orjson.loads(row["value"])

    def of(self, stream_id: UUID, stream_kind: str) -> dict[str, Plain]:
        """Return what the paths of a stream hold, to be read and to be changed; none of them holds None."""
        return self._streams[stream_id, stream_kind]
