"""A read model as small as they come, that a test can give a definition and something that it can't take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from projections.table import Change, Table
from service.database import Connection
from service.log.codec import Recorded

COLUMNS: Final[Mapping[str, str]] = {"stream_id": "uuid NOT NULL", "facts": "bigint NOT NULL"}


class Tally:
    """How many facts each stream has.

    Args:
        refuse: raises for a batch that it is not to take.
    """

    def __init__(
        self,
        name: str = "tally",
        *,
        version: int = 1,
        columns: Mapping[str, str] = COLUMNS,
        refuse: Callable[[Sequence[Recorded]], None] = lambda _batch: None,
    ) -> None:
        self.name = name
        self.version = version
        self.table = Table(name=name, key=("stream_id",), columns=columns)
        self.tables = (self.table,)
        self._refuse = refuse

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Count; ignores no fact."""
        region = batch[0].region
        rows = await self.table.current(connection, region, "stream_id", [one.stream_id for one in batch])
        changes: list[Change] = []
        for one in batch:
            key = (one.stream_id,)
            facts = rows[key]["facts"] + 1 if key in rows else 1
            rows[key] = {**dict.fromkeys(self.table.columns), "stream_id": one.stream_id, "facts": facts}
            changes.append(self.table.change(rows[key], one.stored.recorded_us))
        await self.table.write(connection, region, changes)
        self._refuse(batch)
