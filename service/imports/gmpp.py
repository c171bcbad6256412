"""英国政府重大项目 (GMPP): reads the yearly snapshots of the UK Government Major Projects Portfolio as one CSV file.

Figures are whole-life cost in million pounds, as of 31 March (Q4 of the fiscal year), published in July. A blank stands
for "not published" (exempt, or no data yet), never for zero; a zero is a published zero. Where an exemption is stated
instead of a description, it is taken as it stands. A row of which one taken field can't be read is refused as a whole,
with all of its faults: a snapshot that lacks a field by mistake would look like a withdrawal of it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from service.domain.errors import BelowZeroError, InvalidValueError, RejectedError, TooLongError, UnknownTermError
from service.domain.place import OpenPlace, Purpose
from service.domain.values import Code, Currency, Figure, LongText, Name, Region, Stated, Term, Unit
from service.handle import Handler
from service.imports.loading import Progress, Report, Sent, report, run
from service.imports.planning import Step, known, plan
from service.imports.snapshots import Fault, Finding, Reading, Snapshot, Source
from service.log.log import Log

MOST_BYTES: Final = 32 * 1024 * 1024
"""Largest file; the three years take 1.6 MB."""
MOST_LINES: Final = 500
"""Most lines in one record; the longest of the three years takes 31. A quote that is never closed ends here."""

CATEGORIES: Final = {
    "Government Transformation and Service Delivery": Term(
        code=Code("TRANSFORMATION"),
        zh=Name("政府转型与服务"),
        en=Name("Government Transformation and Service Delivery"),
    ),
    "Infrastructure and Construction": Term(
        code=Code("INFRASTRUCTURE"), zh=Name("基础设施与建设"), en=Name("Infrastructure and Construction")
    ),
    "Military Capability": Term(code=Code("MILITARY"), zh=Name("军事能力"), en=Name("Military Capability")),
    "ICT": Term(code=Code("ICT"), zh=Name("信息通信技术"), en=Name("ICT")),
}
"""The portfolio's four categories, by the file's text. All are in the place from the start: a file may lack one."""

COLUMNS: Final = (
    "project_number",
    "year",
    "project_name",
    "report_category",
    "department",
    "description_aims",
    "start_date",
    "end_date",
    "wlc_baseline_incl_NCG",
)
"""The columns that are taken; all must be there."""

_NUMBER: Final = re.compile(r"[A-Z]{2,8}_\d{4}_\d{4}-Q[1-4]", re.ASCII)
_YEAR: Final = re.compile(r"20\d\d", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_T = TypeVar("_T")


def _place(region: Region) -> OpenPlace:
    return OpenPlace(
        region=region,
        name=Name("UK Government Major Projects Portfolio (sandbox)"),
        purpose=Purpose.SANDBOX,
        currency=Currency.GBP,
        categories=tuple(CATEGORIES.values()),
    )


GMPP: Final = Source(system=Name("GMPP"), cause="import:gmpp", as_of=(3, 31), published=(7, 20), place=_place)


class UnreadableFileError(ValueError):
    """The file as a whole can't be read; the message says why, in English and Chinese."""


async def load(
    handler: Handler,
    log: Log,
    file: Path,
    region: Region,
    *,
    dry_run: bool = False,
    say: Callable[[Step], None] = lambda _step: None,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Import a file into a sandbox region; what it holds already is not added again.

    Args:
        handler: takes the commands.
        log: told what the region holds already.
        file: the CSV file.
        region: its code, 99xxxx; its ledger is opened if there is none.
        dry_run: only work out what would happen; nothing is stored.
        say: told of each readable row before anything is stored, by year and project number; str(step) is the sentence.
        progress: called after each row with the rows done and their number.

    Raises:
        OSError: there is no such file, or it may not be read.
        UnreadableFileError: it is not such a file.
        RejectedError: the region is no sandbox, or keeps another ledger.
        BusyError: the database is away; import again, and it goes on where it stopped.
    """
    reading = read(file)
    held = await known(GMPP, log, region)
    steps = plan(GMPP, reading, region, held)
    for step in steps:
        say(step)
    if dry_run:
        there = sum(planned.there for step in steps for planned in step.planned)
        return report(reading, steps, Sent(there=there + bool(held.position)), dry_run=True)
    sent = await run(handler, GMPP, region, steps, after=held.position, progress=progress)
    return report(reading, steps, sent, dry_run=False)


def read(file: Path, *, today: date | None = None) -> Reading:
    """Read a file.

    Args:
        file: the CSV file.
        today: a snapshot that was not yet published by then is refused; by default the day it is.

    Raises:
        OSError: there is no such file, or it may not be read.
        UnreadableFileError: too large, or without the columns that are needed.
    """
    with file.open("rb") as opened:
        content = opened.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UnreadableFileError(f"larger than {MOST_BYTES} bytes 文件过大")
    # A byte that is no UTF-8 becomes half of a surrogate pair, which the values refuse where it matters.
    lines = io.StringIO(content.decode("utf-8-sig", "surrogateescape"), newline="\n").readlines()
    try:
        header, used = _record(lines, 0)
    except csv.Error:
        header, used = [], 0
    if missing := [column for column in COLUMNS if header.count(column) != 1]:
        raise UnreadableFileError(f"missing or doubled columns 缺少或重复的列: {', '.join(missing)}")
    at = {column: header.index(column) for column in COLUMNS}
    day = today or datetime.now(UTC).date()
    rows = 0
    snapshots: list[Snapshot] = []
    refused: list[Finding] = []
    for line, values in _records(lines, used, len(header), at["project_number"]):
        rows += 1
        match values if isinstance(values, Finding) else _snapshot(line, _taken(values, at), day):
            case Finding() as finding:
                refused.append(finding)
            case Snapshot() as snapshot:
                snapshots.append(snapshot)
    single, doubled = _without_doubles(snapshots)
    return Reading(
        rows=rows,
        snapshots=tuple(single),
        refused=(*refused, *doubled),
        columns_not_taken=tuple(column for column in header if column and column not in COLUMNS),
    )


def _taken(values: Sequence[str], at: Mapping[str, int]) -> dict[str, str]:
    return {column: values[index].strip() for column, index in at.items()}


def _record(lines: Sequence[str], start: int) -> tuple[list[str], int]:
    """Return the record that begins at a line (from 0), and how many lines it takes.

    Raises:
        csv.Error: quotes are wrong or never closed, or a field is longer than csv's limit (131,072 characters).
    """
    reader = csv.reader(lines[start : start + MOST_LINES], strict=True)
    return next(reader, []), reader.line_num


def _records(lines: Sequence[str], start: int, width: int, number_at: int) -> Iterator[tuple[int, list[str] | Finding]]:
    """Yield each record with its first line (from 1); after a broken one, go on where the next good one begins."""
    while start < len(lines):
        line = start + 1
        try:
            values, used = _record(lines, start)
            fault = f"{len(values)} columns instead of {width}", f"应有{width}列,实有{len(values)}列"
        except csv.Error as error:
            values, used = [], 1
            fault = f"not readable as CSV ({error})", "不符合CSV格式"
        if not values and used == 1 and not lines[start].strip():
            start += 1
        elif len(values) == width:
            start += used
            yield line, values
        else:
            start += 1
            while start < len(lines) and not _begins(lines, start, width, number_at):
                start += 1
            lost = f", lines {line} to {start} are passed by" if start > line else ""
            yield line, Finding(line, "", None, (Fault("", fault[0] + lost, fault[1]),))


def _begins(lines: Sequence[str], start: int, width: int, number_at: int) -> bool:
    try:
        values, _ = _record(lines, start)
    except csv.Error:
        return False
    return len(values) == width and _NUMBER.fullmatch(values[number_at].strip()) is not None


class _Row(NamedTuple):
    """Takes the fields of a row one by one, and notes what is wrong with each."""

    values: Mapping[str, str]
    faults: list[Fault]

    def take(self, column: str, build: Callable[[str], _T]) -> _T | None:
        """Return what a field says; None if it is blank or wrong."""
        if not (text := self.values[column]):
            return None
        try:
            return build(text)
        except RejectedError as error:
            self.faults.append(Fault.of(error, column))
            return None

    def need(self, column: str, build: Callable[[str], _T], instead: _T) -> _T:
        """Return what a field says that may not be blank; `instead`, which is never stored, if it is blank or wrong."""
        if not self.values[column]:
            self.faults.append(Fault.of(TooLongError(length=0), column))
        taken = self.take(column, build)
        return instead if taken is None else taken


def _snapshot(line: int, values: Mapping[str, str], today: date) -> Snapshot | Finding:
    row = _Row(values, [])
    taken = Snapshot(
        line=line,
        number=row.need("project_number", _number, Name("?")),
        year=row.need("year", lambda text: _year(text, today), 0),
        name=row.need("project_name", Name, Name("?")),
        category=row.need("report_category", _category, Code("UNKNOWN")),
        responsible_unit=row.need("department", Name, Name("?")),
        content=row.take("description_aims", _content),
        planned_start=row.take("start_date", _date),
        planned_completion=row.take("end_date", _date),
        total=row.take("wlc_baseline_incl_NCG", _total),
    )
    if not row.faults:
        return taken
    return Finding(line, "" if taken.number == "?" else taken.number, taken.year or None, tuple(row.faults))


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise InvalidValueError(value=ascii(text[:40]))
    return text


def _number(text: str) -> Name:
    return Name(_matching(_NUMBER, text))


def _year(text: str, today: date) -> int:
    year = int(_matching(_YEAR, text))
    if date(year, *GMPP.published) > today:
        # Its recorded time would lie in the future, and every later fact of the log behind it.
        raise InvalidValueError(value=text, today=today)
    return year


def _category(text: str) -> Code:
    if text not in CATEGORIES:
        raise UnknownTermError(value=ascii(text[:60]), known=", ".join(CATEGORIES))
    return CATEGORIES[text].code


def _content(text: str) -> LongText:
    # The file ends lines within a field in three ways; which one says nothing.
    return LongText(text.replace("\r\n", "\n").replace("\r", "\n"))


def _date(text: str) -> date:
    try:
        return date.fromisoformat(_matching(_DATE, text))
    except ValueError:
        raise InvalidValueError(value=text) from None


def _total(text: str) -> Stated:
    stated = Stated(Figure(text), Unit.MILLION_POUND)
    if stated.fen < 0:
        raise BelowZeroError(amount=stated)
    return stated


def _without_doubles(snapshots: Sequence[Snapshot]) -> tuple[list[Snapshot], list[Finding]]:
    """Part the rows that are alone in stating a project's year from those that are not.

    Of rows that state the same, the first is taken; of rows that contradict each other, none: either may be right.
    """
    rows: dict[tuple[str, int], list[Snapshot]] = {}
    for one in snapshots:
        rows.setdefault((one.number, one.year), []).append(one)
    single, doubled = [], []
    for same in rows.values():
        taken = same[:1] if all(one == same[0] for one in same) else []
        single += taken
        for one in same[len(taken) :] if len(same) > 1 else ():
            others = ", ".join(str(other.line) for other in same if other.line != one.line)
            fault = Fault("", f"the same project and year as line {others}", f"项目和年度与第{others}行重复")
            doubled.append(Finding(one.line, one.number, one.year, (fault,)))
    return single, doubled
