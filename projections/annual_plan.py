"""年度计划: the entries of every key list as they stand, one row for each project on each list.

A row ends when its project leaves the list. Who owns a list is the code that its first fact named; queries look for it
by its former and later codes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.table import Change, Table
from service.domain.annual_plan import AnnualPlanIncluded, AnnualPlanRemoved, PlanEntry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.database import Connection
    from service.log.codec import Recorded

ENTRY: Final = Table(
    name="plan_entry",
    key=("project_id", "list_owner", "year"),
    columns={
        "project_id": "uuid NOT NULL",
        "list_owner": KEYWORD,
        "year": "integer NOT NULL",
        "plan_class": KEYWORD,
        "completes_this_year": "boolean NOT NULL",
        "planned_fen": "bigint",
        "figure": KEYWORD_OR_NULL,
        "unit": KEYWORD_OR_NULL,
        "image_target": "text",
        "planned_start": "date",
        "planned_completion": "date",
        "reason": "text",
        "source": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("year, list_owner, project_id",),
)


class AnnualPlan:
    """年度计划."""

    name = "annual_plan"
    version = 1
    tables = (ENTRY,)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into entries; ignores targets and all other streams. A fact has each entry whole."""
        changes: list[Change] = []
        for one in batch:
            at_us = one.stored.recorded_us
            match one.fact:
                case AnnualPlanIncluded() as fact:
                    changes += [ENTRY.change(_row(one, fact, entry), at_us) for entry in fact.entries]
                case AnnualPlanRemoved() as fact:
                    changes += [Change((gone, fact.list_owner, fact.year), at_us, None) for gone in fact.projects]
                case _:
                    pass
        if changes:
            await ENTRY.write(connection, batch[0].region, changes)


def _row(one: Recorded, fact: AnnualPlanIncluded, entry: PlanEntry) -> dict[str, Any]:
    stated = entry.planned_investment
    return {
        "project_id": entry.project_id,
        "list_owner": fact.list_owner,
        "year": fact.year,
        "plan_class": entry.plan_class,
        "completes_this_year": entry.completes_this_year,
        "planned_fen": entry.planned_fen,
        "figure": None if stated is None else stated.figure,
        "unit": None if stated is None else stated.unit,
        "image_target": entry.image_target,
        "planned_start": entry.planned_start,
        "planned_completion": entry.planned_completion,
        "reason": fact.reason,
        "source": json_of(fact.source),
        "position": one.position,
    }
