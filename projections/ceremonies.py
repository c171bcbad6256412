"""集中活动: which ceremonies were held, which projects each lists and as what, and what its account says of each kind.

Entries stand as the ceremony lists them. Whether their project was voided since is told by its own read model; a
ceremony that was withdrawn lists nothing any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.table import Table, Writes
from service.domain.ceremony import (
    BatchKind,
    CeremonyCorrected,
    CeremonyEntry,
    CeremonyFact,
    CeremonyHeld,
    CeremonyWithdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

CEREMONY: Final = Table(
    name="ceremony",
    key=("ceremony_id",),
    columns={
        "ceremony_id": "uuid NOT NULL",
        "name": "text NOT NULL",
        "occurred_on": "date NOT NULL",
        "series": KEYWORD,
        "period": "integer",
        "documents": "jsonb NOT NULL",
        "withdrawn": "boolean NOT NULL",
        "reason": "text",
        "version": "integer NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("occurred_on, ceremony_id",),
)
ENTRY: Final = Table(
    name="ceremony_entry",
    key=("ceremony_id", "project_id", "kind"),
    columns={
        "ceremony_id": "uuid NOT NULL",
        "project_id": "uuid NOT NULL",
        "kind": KEYWORD,
        "occurred_on": "date NOT NULL",
        "series": KEYWORD,
        "period": "integer",
        "position": "bigint NOT NULL",
    },
    indexes=("project_id, occurred_on", "occurred_on"),
)
"""The ceremony's date, series and period stand in each entry too, so that counting reads one table."""
BATCH: Final = Table(
    name="ceremony_batch",
    key=("ceremony_id", "kind"),
    columns={
        "ceremony_id": "uuid NOT NULL",
        "kind": KEYWORD,
        "stated_count": "bigint",
        "figure": KEYWORD_OR_NULL,
        "unit": KEYWORD_OR_NULL,
    },
)
"""A row for every kind, whether the account speaks of it or not: entries may be of any."""

_REPEATED: Final = ("occurred_on", "series", "period")


class Ceremonies:
    """集中活动."""

    name = "ceremonies"
    version = 1
    tables = (CEREMONY, ENTRY, BATCH)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into ceremonies, entries and what was stated; ignores all other streams."""
        ours = [one for one in batch if one.stored.stream_kind == "ceremony"]
        if not ours:
            return
        region = ours[0].region
        ids = [one.stream_id for one in ours]
        fold = _Fold(
            {key[0]: row for key, row in (await CEREMONY.current(connection, region, "ceremony_id", ids)).items()},
            await ENTRY.current(connection, region, "ceremony_id", ids),
        )
        for one in ours:
            fold.take(one)
        await fold.writes.write(connection, region)


class _Fold:
    """The ceremonies that a batch touches, with what they list, and how rows change."""

    def __init__(self, found: dict[UUID, Any], entries: dict[Any, Any]) -> None:
        self.found = found
        self.listed: dict[UUID, set[tuple[UUID, str]]] = {}
        for ceremony_id, project_id, kind in entries:
            self.listed.setdefault(ceremony_id, set()).add((project_id, kind))
        self.writes = Writes(*Ceremonies.tables)

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        fact: CeremonyFact = one.fact
        match fact:
            case CeremonyHeld():
                self._hold(one, fact)
            case _ if one.stream_id not in self.found:
                return  # A stream that does not begin with its ceremony has nothing to show.
            case CeremonyCorrected():
                self._remove(one, {(entry.project_id, str(entry.kind)) for entry in fact.removed})
                self._add(one, fact.added)
            case CeremonyWithdrawn():
                self._remove(one, {*self.listed.get(one.stream_id, ())})
                self.found[one.stream_id] |= {"withdrawn": True, "reason": fact.reason}
        row = self.found[one.stream_id]
        row |= {"version": one.version, "position": one.position}
        self.writes.set(CEREMONY, one, dict(row))

    def _hold(self, one: Recorded, fact: CeremonyHeld) -> None:
        self.found[one.stream_id] = {
            "ceremony_id": one.stream_id,
            "name": fact.name,
            "occurred_on": fact.occurred_on,
            "series": fact.series,
            "period": fact.period,
            "documents": json_of(fact.documents),
            "withdrawn": False,
            "reason": None,
        }
        self._add(one, fact.entries)
        stated = {batch.kind: batch for batch in fact.stated_batches}
        for kind in BatchKind:
            batch = stated.get(kind)
            total = None if batch is None else batch.total
            self.writes.set(BATCH, one, {
                "ceremony_id": one.stream_id,
                "kind": kind,
                "stated_count": None if batch is None else batch.count,
                "figure": None if total is None else total.figure,
                "unit": None if total is None else total.unit,
            })  # fmt: skip

    def _add(self, one: Recorded, added: Sequence[CeremonyEntry]) -> None:
        ceremony = self.found[one.stream_id]
        for entry in added:
            self.listed.setdefault(one.stream_id, set()).add((entry.project_id, str(entry.kind)))
            self.writes.set(ENTRY, one, {
                "ceremony_id": one.stream_id,
                "project_id": entry.project_id,
                "kind": entry.kind,
                **{name: ceremony[name] for name in _REPEATED},
                "position": one.position,
            })  # fmt: skip

    def _remove(self, one: Recorded, removed: set[tuple[UUID, str]]) -> None:
        listed = self.listed.get(one.stream_id, set())
        for project_id, kind in sorted(removed & listed):
            listed.remove((project_id, kind))
            self.writes.end(ENTRY, one, one.stream_id, project_id, kind)
