"""信息公开: what of each project is published, and what is exempt. Who may see it, and whether, is not judged here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from projections.columns import KEYWORD, json_of
from projections.table import Table, Writes
from service.domain.project import ProjectMerged, ProjectVoided
from service.domain.publication import (
    DECIDER,
    ExemptionEnded,
    ItemExempted,
    ItemsPublished,
    ItemsWithdrawn,
    PublicationFact,
    PublishedItem,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.database import Connection
    from service.log.codec import Recorded

PUBLISHED: Final = Table(
    name="published_item",
    key=("project_id", "item"),
    columns={
        "project_id": "uuid NOT NULL",
        "item": KEYWORD,
        "occurred_on": "date NOT NULL",
        "approver": "text NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
"""A row is there while its item may be shown to everybody; `occurred_on` is the day of the approval."""
EXEMPTION: Final = Table(
    name="publication_exemption",
    key=("project_id", "item"),
    columns={
        "project_id": "uuid NOT NULL",
        "item": KEYWORD,
        "ground": KEYWORD,
        "occurred_on": "date NOT NULL",
        "until": "date",
        "reason": "text NOT NULL",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
"""Whether an exemption still holds depends on the day, by `until`; its row stays until it is ended, or the item shown.

An item has a row here or in `published_item`, never in both.
"""


class Publications:
    """信息公开."""

    name = "publications"
    version = 1
    tables = (PUBLISHED, EXEMPTION)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into rows, reading none; of other streams only that a project is void, or is another one."""
        writes = Writes(*self.tables)
        for one in batch:
            if isinstance(one.fact, ProjectVoided | ProjectMerged):
                for item in PublishedItem:
                    writes.end(PUBLISHED, one, one.stream_id, item)
                    writes.end(EXEMPTION, one, one.stream_id, item)
            elif isinstance(one.fact, DECIDER.facts):
                _take(one, writes)
        if batch:
            await writes.write(connection, batch[0].region)


def _take(one: Recorded, writes: Writes) -> None:
    told: PublicationFact = one.fact
    match told:
        case ItemsPublished() as fact:
            for item in fact.items:
                writes.set(PUBLISHED, one, {
                    "project_id": one.stream_id,
                    "item": item,
                    "occurred_on": fact.approved_on,
                    "approver": fact.approver,
                    "reason": fact.reason,
                    "documents": json_of(fact.documents),
                    "position": one.position,
                })  # fmt: skip
                writes.end(EXEMPTION, one, one.stream_id, item)  # One whose day had come.
        case ItemsWithdrawn() as fact:
            for item in fact.items:
                writes.end(PUBLISHED, one, one.stream_id, item)
        case ItemExempted() as fact:
            for item in fact.withdrawn:
                writes.end(PUBLISHED, one, one.stream_id, item)
            writes.set(EXEMPTION, one, {
                "project_id": one.stream_id,
                "item": fact.item,
                "ground": fact.ground,
                "occurred_on": one.stored.occurred_on,
                "until": fact.until,
                "reason": fact.reason,
                "documents": json_of(fact.documents),
                "position": one.position,
            })  # fmt: skip
        case ExemptionEnded() as fact:
            writes.end(EXEMPTION, one, one.stream_id, fact.item)
        case other:
            assert_never(other)
