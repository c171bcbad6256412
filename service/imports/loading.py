"""导入执行: send the commands of a plan, and report on the whole import."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple

from service.access import LOADER
from service.domain.values import Region
from service.handle import Handler
from service.imports.planning import Action, Step, command_id
from service.imports.snapshots import Differences, Fault, Finding, Reading, Source, differences
from service.patience import patiently

Progress = Callable[[int, int], None]
"""Called after each row with how many rows are done, and of how many."""


class Sent(NamedTuple):
    """What became of the commands: facts stored now, facts that were there already, rows that the ledger refused."""

    stored: int = 0
    there: int = 0
    refused: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """导入报告: what the file holds, what it leads to, and what was stored.

    Attributes:
        rows: records in the file, without its head; those that could not be read are in `refused`, too.
        differences: between each project's years, counted in the file.
        registered: rows by what they lead to, and so on; these count facts, whether stored now or there already.
        unchanged: rows that say nothing new.
        refused: rows that were not taken, with line and reason, in line order.
        left_out: rows that were taken without something that they state.
        facts_stored: by this run, with the one that opens the ledger; 0 in a dry run.
        facts_there: of these facts those that the ledger held already.
        columns_not_taken: columns for which the ledger has no field yet.
    """

    dry_run: bool
    rows: int
    projects: int
    differences: Differences
    registered: int
    amended: int
    totals_set: int
    totals_first_published: int
    totals_changed: int
    totals_withdrawn: int
    unchanged: int
    facts_stored: int
    facts_there: int
    refused: tuple[Finding, ...]
    left_out: tuple[Finding, ...]
    columns_not_taken: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain values; what was wrong with a row has its line and its columns."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "differences": self.differences._asdict(),
            "refused": [_plain(one) for one in self.refused],
            "left_out": [_plain(one) for one in self.left_out],
        }

    def __str__(self) -> str:
        counts = [
            f"{one.name}: {getattr(self, one.name)}" for one in fields(self) if isinstance(getattr(self, one.name), int)
        ]
        between = ", ".join(f"{name} {count}" for name, count in self.differences._asdict().items())
        return "\n".join(
            [
                *counts,
                f"between years 年度间差异: {between}",
                f"columns not taken 未导入的列: {', '.join(self.columns_not_taken)}",
                f"refused 拒绝: {len(self.refused)}",
                *(f"left out 未采用: {one}" for one in self.left_out),
            ]
        )


def _plain(found: Finding) -> dict[str, Any]:
    faults = [{"field": fault.where, "en": fault.en, "zh": fault.zh} for fault in found.faults]
    return {"line": found.line, "number": found.number, "year": found.year, "faults": faults}


def _nothing(_done: int, _of: int) -> None:
    """Show no progress."""


async def run(
    handler: Handler,
    source: Source,
    region: Region,
    steps: Sequence[Step],
    *,
    after: int = 0,
    progress: Progress = _nothing,
) -> Sent:
    """Send the commands of the steps; the rows that share a recorded time side by side, the commands of each in order.

    Args:
        handler: takes the commands.
        source: who states the rows.
        region: sandbox that keeps the ledger.
        steps: what `plan` worked out.
        after: position of the log on which the plan was made; what lies behind it was stored by this run.
        progress: called after each row.

    Raises:
        RejectedError: the region keeps another ledger.
        BusyError: the database is away, and stays so; run it again, and it goes on where it stopped.
    """
    if not any(step.planned for step in steps):
        return Sent()
    opened = await handler.handle(
        LOADER,
        region,
        source.place(region),
        command_id=command_id(region, "", 0, "place"),
        recorded_us=source.published_us(steps[0].snapshot.year),
        cause=source.cause,
    )
    if opened.refused is not None:
        raise opened.refused
    sent = [Sent(stored=1) if opened.position > after else Sent(there=1)]

    async def row(step: Step) -> None:
        sent.append(await _send(handler, source, region, step, after))
        progress(len(sent) - 1, len(steps))

    for _, together in groupby(steps, key=lambda step: step.recorded_us):
        # All are waited for before the first failure is told: none goes on unseen.
        for failed in await asyncio.gather(*map(row, together), return_exceptions=True):
            if failed is not None:
                raise failed
    return Sent(
        stored=sum(one.stored for one in sent),
        there=sum(one.there for one in sent),
        refused=tuple(finding for one in sent for finding in one.refused),
    )


async def _send(handler: Handler, source: Source, region: Region, step: Step, after: int) -> Sent:
    stored = there = 0
    for planned in step.planned:
        if planned.there:
            there += 1
            continue
        outcome = await patiently(
            partial(
                handler.handle,
                LOADER,
                region,
                planned.command,
                command_id=planned.command_id,
                recorded_us=step.recorded_us,
                cause=source.cause,
            )
        )
        if outcome.refused is not None:
            return Sent(stored, there, (step.finding([Fault.of(outcome.refused)]),))
        stored += outcome.position > after
        there += 0 < outcome.position <= after
    return Sent(stored, there)


def report(reading: Reading, steps: Sequence[Step], sent: Sent, *, dry_run: bool) -> Report:
    """Sum up an import."""
    actions = Counter(planned.action for step in steps for planned in step.planned)
    refused = [*reading.refused, *(step.finding(step.refused) for step in steps if step.refused)]
    return Report(
        dry_run=dry_run,
        rows=reading.rows,
        projects=len({one.number for one in reading.snapshots}),
        differences=differences(reading.snapshots),
        registered=actions[Action.REGISTERED],
        amended=actions[Action.AMENDED],
        totals_set=actions[Action.TOTAL_SET],
        totals_first_published=actions[Action.TOTAL_FIRST_PUBLISHED],
        totals_changed=actions[Action.TOTAL_CHANGED],
        totals_withdrawn=actions[Action.TOTAL_WITHDRAWN],
        unchanged=sum(not step.planned and not step.refused for step in steps),
        facts_stored=sent.stored,
        facts_there=sent.there,
        refused=tuple(sorted([*refused, *sent.refused])),
        left_out=tuple(step.finding(step.left_out) for step in steps if step.left_out),
        columns_not_taken=reading.columns_not_taken,
    )
