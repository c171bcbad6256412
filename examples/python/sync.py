"""报送 What a county's own system runs each night: it reports the rows of a CSV file, and reads what has changed.

    TAIZHANG_TOKEN=... python sync.py rows.csv --cursor changes.cursor

A row that is sent again, after a lost answer or by another run of the day, is stored once: its command id is worked out
from what the row says and the day. The next day it has another, because the answer to an id stays what it was: what was
refused yesterday may be right today, and what was accepted is not stored again. Ends with 0 if every row was accepted,
1 if any was refused, 2 if the service could not be asked.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import os
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from uuid import UUID, uuid5

import httpx
from ledger_client import (
    Basis,
    ChangeStart,
    ExternalReferenceInput,
    FigureStatus,
    GraphQLClientError,
    GraphQLClientGraphQLMultiError,
    GraphQLClientHttpError,
    LedgerClient,
    Measure,
    ProjectIdentityInput,
    RegionPositionInput,
    RegisterProjectBatchInput,
    RegisterProjectInput,
    ReportCompletionBatchInput,
    ReportCompletionInput,
    StatedFigureInput,
    Track,
    Unit,
)
from pydantic import ValidationError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from ledger_client.changes import ChangesChanges
    from ledger_client.fragments import Outcome, OutcomeResults

T = TypeVar("T")

SYSTEM: Final = "county-projects(demo)"
"""What the ledger calls this system in external references."""
PLACE: Final = "431181"
NAMESPACE: Final = UUID("5f0c2f6e-30f4-4c53-9a55-9b3a4f0f2c11")
"""Of this system's command ids: another system takes another."""
CHINA: Final = timezone(timedelta(hours=8))
MOST_ITEMS: Final = 500
"""Items of a batch; the service takes 1,000."""
TIMEOUT_S: Final = 60.0
MOST_ATTEMPTS: Final = 6
MOST_WAIT_S: Final = 30.0


class Row(NamedTuple):
    """A row of the file, its columns in order."""

    number: str
    name: str
    region: str
    category: str
    track: str
    through: str
    wan_yuan: str
    reason: str

    def registration(self, day: str) -> RegisterProjectInput:
        """Return the command that registers its project."""
        identity = ProjectIdentityInput(
            name=self.name,
            region=self.region,
            category=self.category,
            track=Track(self.track),
            references=[ExternalReferenceInput(system=SYSTEM, id=self.number)],
        )
        return RegisterProjectInput(commandId=self._id("register", day), place=PLACE, identity=identity)

    def report(self, day: str, project: str) -> ReportCompletionInput:
        """Return the command that reports its figure."""
        return ReportCompletionInput(
            commandId=self._id("report", day),
            projectId=project,
            through=self.through,
            measure=Measure.YEAR_TO_DATE,
            basis=Basis.DISPATCH,
            status=FigureStatus.FINAL,
            stated=StatedFigureInput(figure=self.wan_yuan, unit=Unit.WAN_YUAN),
            reason=self.reason or None,
        )

    def _id(self, action: str, day: str) -> UUID:
        return uuid5(NAMESPACE, "\n".join((action, day, *self)))


def rows_of(file: Path) -> list[Row]:
    """Return the rows of a CSV file in UTF-8 whose first line names the columns."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return [Row(*line) for line in list(csv.reader(lines))[1:] if line]


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """Return what is answered; what may be sent again is, under the same command ids, so that nothing comes twice."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        wait_s = min(0.5 * 2**attempt, MOST_WAIT_S) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret.
        try:
            return await ask()
        except httpx.TransportError:
            if attempt == MOST_ATTEMPTS:
                raise
        except GraphQLClientGraphQLMultiError as error:
            if attempt == MOST_ATTEMPTS or not all((one.extensions or {}).get("retryable") for one in error.errors):
                raise
        except GraphQLClientHttpError as error:
            if attempt == MOST_ATTEMPTS or error.status_code not in {429, 502, 503, 504}:
                raise
            if isinstance(error.response, httpx.Response):
                wait_s = max(wait_s, float(error.response.headers.get("Retry-After", 0)))
        await asyncio.sleep(wait_s)
    raise AssertionError


class Sync:
    """One run.

    Attributes:
        refused: rows that were not accepted.
    """

    def __init__(self, client: LedgerClient) -> None:
        self.refused = 0
        self._client = client
        self._positions: dict[str, int] = {}

    async def send(self, rows: Sequence[Row], day: str) -> None:
        """Register what is new, report all, and say of each row what became of it."""
        for some in batched(rows, MOST_ITEMS):
            projects = {row: found for row in some if (found := await self._known(row)) is not None}
            if new := [row for row in some if row not in projects]:
                registering = RegisterProjectBatchInput(items=[row.registration(day) for row in new])
                projects |= await self._register(new, registering)
            if projects:
                reporting = ReportCompletionBatchInput(items=[row.report(day, at) for row, at in projects.items()])
                await self._report(list(projects), reporting)

    async def _known(self, row: Row) -> str | None:
        """Return the id of a row's project, if the ledger has it."""
        project = await patiently(lambda: self._client.project_by_reference(SYSTEM, row.number, PLACE))
        return None if project is None else project.id

    async def _register(self, rows: Sequence[Row], batch: RegisterProjectBatchInput) -> dict[Row, str]:
        results = self._taken(await patiently(lambda: self._client.register_projects(batch, timeout=TIMEOUT_S)))
        for row, result in zip(rows, results, strict=True):
            if result.id is None:
                self._say(row, result)
        return {row: result.id for row, result in zip(rows, results, strict=True) if result.id is not None}

    async def _report(self, rows: Sequence[Row], batch: ReportCompletionBatchInput) -> None:
        results = self._taken(await patiently(lambda: self._client.report_completions(batch, timeout=TIMEOUT_S)))
        for row, result in zip(rows, results, strict=True):
            self._say(row, result)

    async def read(self, file: Path) -> None:
        """Say what has changed behind the cursor in a file, up to what this run has stored, and move it on."""
        if self._positions:
            seen = [RegionPositionInput(region=region, position=at) for region, at in self._positions.items()]
            await patiently(lambda: self._client.arrived(seen))
        more = True
        while more:
            page = await self._page(await self.cursor(file))
            for one in page.changes:
                sys.stdout.write(f"{one.region} {one.position} {one.sentence_zh}\n")
            _keep(file, page.cursor)
            more = page.more

    async def cursor(self, file: Path) -> str:
        """Return the cursor in a file; the first run begins with what comes from now on."""
        if not file.exists():
            _keep(file, (await self._page()).cursor)
        return file.read_text("ascii")

    async def _page(self, after: str | None = None) -> ChangesChanges:
        begin = ChangeStart.NOW if after is None else None
        page = await patiently(lambda: self._client.changes(PLACE, after, begin, timeout=TIMEOUT_S))
        # Null beside an error alone, which is raised before.
        return page or sys.exit("No page of changes.")

    def _taken(self, outcome: Outcome | None) -> list[OutcomeResults]:
        if outcome is None or outcome.user_errors:
            sys.exit(f"The batch was not taken: {outcome and outcome.user_errors}")
        for one in outcome.positions:
            self._positions[one.region] = max(one.position, self._positions.get(one.region, 0))
        return outcome.results

    def _say(self, row: Row, result: OutcomeResults) -> None:
        self.refused += bool(result.user_errors)
        said = "; ".join(f"{one.code.value} {'.'.join(one.path)} {one.message_zh}" for one in result.user_errors)
        sys.stdout.write(f"{row.number} {said or 'accepted'}\n")


def batched(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """Yield the rows in parts of a size at most."""
    for begin in range(0, len(rows), size):
        yield rows[begin : begin + size]


def _keep(file: Path, cursor: str) -> None:
    """Keep a cursor; a file that is put in another's place is whole, whenever this program ends."""
    new = file.with_suffix(".new")
    new.write_text(cursor, "ascii")
    new.replace(file)


async def run(url: str, token: str, file: Path, cursor: Path) -> int:
    """Send a file and read what has changed; return the exit code."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with LedgerClient(url, headers) as client:
        sync = Sync(client)
        try:
            await sync.cursor(cursor)
            await sync.send(rows_of(file), datetime.now(CHINA).date().isoformat())
            await sync.read(cursor)
        except (GraphQLClientError, httpx.TransportError) as error:
            sys.stderr.write(f"{error}\n")
            return 2
        except ValidationError as error:
            # Enums grow: a value that came after this client was generated is not one of its own.
            sys.stderr.write(f"Generate the client anew: {error}\n")
            return 2
    return int(sync.refused > 0)


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(description="报送 Report the rows of a CSV file, and read what has changed.")
    parser.add_argument("file", type=Path, help="CSV in UTF-8, as rows.csv")
    parser.add_argument("--cursor", type=Path, default=Path("changes.cursor"), help="file that keeps the cursor")
    given = parser.parse_args()
    url = os.environ.get("TAIZHANG_URL", "http://127.0.0.1:8000/graphql")
    return asyncio.run(run(url, os.environ.get("TAIZHANG_TOKEN", ""), given.file, given.cursor))


if __name__ == "__main__":
    sys.exit(main())
