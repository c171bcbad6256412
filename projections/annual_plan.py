"""年度计划: the entries of every key list as they stand, one row for each project on each list.

A row ends when its project leaves the list. Who owns a list is the code that its first fact named; queries look for it
by its former and later codes too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.table import Change, Key, Table
from service.domain.annual_plan import AnnualPlanIncluded, AnnualPlanRemoved, PlanEntry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

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
        "listed_on": "date NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("year, list_owner, project_id",),
)
"""`listed_on`: issue of the paper that put it on the list, else the day on which the ledger took it. Time limits run
from it, so a later paper that says otherwise of the project does not move it, unless the project had left."""


class AnnualPlan:
    """年度计划."""

    name = "annual_plan"
    version = 1
    tables = (ENTRY,)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into entries; ignores targets and all other streams. A fact has each entry whole."""
        ours = [one for one in batch if isinstance(one.fact, AnnualPlanIncluded | AnnualPlanRemoved)]
        if not ours:
            return
        region = ours[0].region
        included = [one.fact for one in ours if isinstance(one.fact, AnnualPlanIncluded)]
        named = [entry.project_id for fact in included for entry in fact.entries]
        rows = await ENTRY.current(connection, region, "project_id", named)
        listed: dict[Key, date] = {key: row["listed_on"] for key, row in rows.items()}
        changes: list[Change] = []
        for one in ours:
            match one.fact:
                case AnnualPlanIncluded() as fact:
                    for entry in fact.entries:
                        key = (entry.project_id, fact.list_owner, fact.year)
                        since = listed.setdefault(key, fact.source.issued_on or one.stored.occurred_on)
                        changes.append(ENTRY.change(_row(one, fact, entry, since), one.stored.recorded_us))
                case AnnualPlanRemoved() as fact:
                    for gone in fact.projects:
                        key = (gone, fact.list_owner, fact.year)
                        listed.pop(key, None)
                        changes.append(Change(key, one.stored.recorded_us, None))
                case _:
                    pass
        await ENTRY.write(connection, region, changes)


def _row(one: Recorded, fact: AnnualPlanIncluded, entry: PlanEntry, listed_on: date) -> dict[str, Any]:
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
        "listed_on": listed_on,
        "position": one.position,
    }
