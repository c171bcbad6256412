import csv
import io
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from service.access import LOCAL
from service.domain.errors import AlreadyOpenError, InvalidValueError
from service.domain.identity import Changes
from service.domain.place import OpenPlace, PlaceOpened, Purpose
from service.domain.project import AmendProject, ProjectAmended, ProjectRegistered, VoidProject
from service.domain.total_investment import TotalInvestmentSet, TotalInvestmentWithdrawn
from service.domain.values import Currency, Name, Reason, Region
from service.handle import Handler
from service.imports import gmpp
from service.imports.gmpp import GMPP, UnreadableFileError, load, read
from service.imports.loading import Report, run
from service.imports.planning import known, plan
from service.imports.snapshots import Differences
from service.log.log import Log

HERE: Final = Path(__file__).resolve()
SAMPLE: Final = HERE.parents[1] / "data" / "gmpp_sample.csv"
WHOLE: Final = HERE.parents[2] / ".." / "shared" / "data" / "gmpp_uk" / "2021_2023.csv"
REGION: Final = Region("990001")
NUMBER: Final = "MOD_0078_1213-Q1"

Row = dict[str, str]


@pytest.fixture
async def log(database: str) -> AsyncIterator[Log]:
    async with Log.open(database, size=2) as opened:
        yield opened


def rows_of(file: Path) -> list[Row]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return list(csv.DictReader(opened))


def written(file: Path, rows: list[Row], edit: Callable[[str], str] = str) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    file.write_bytes(edit(text.getvalue()).encode("utf-8", "surrogateescape"))
    return file


async def position(log: Log) -> int:
    return {head.region: head.position for head in await log.heads()}.get(REGION, 0)


async def facts_of(log: Log, number: str) -> list[object]:
    recorded = await log.read(REGION)
    registered = [one for one in recorded if isinstance(one.fact, ProjectRegistered)]
    (stream,) = [one.stream_id for one in registered if one.fact.identity.references[0].id == number]
    return [one.fact for one in recorded if one.stream_id == stream]


async def imported(log: Log, file: Path, *, dry_run: bool = False) -> Report:
    return await load(Handler(log), log, file, REGION, dry_run=dry_run)


async def test_what_differs_between_years_becomes_facts(log: Log) -> None:
    report = await imported(log, SAMPLE)
    assert report == Report(
        dry_run=False,
        rows=15,
        projects=6,
        differences=Differences(
            year_pairs=9,
            totals_changed=3,
            totals_first_published=1,
            totals_withdrawn=2,
            ends_changed=0,
            ends_first_published=5,
            ends_withdrawn=0,
        ),
        registered=6,
        amended=5,
        totals_set=5,
        totals_first_published=1,
        totals_changed=3,
        totals_withdrawn=2,
        unchanged=2,
        facts_stored=23,
        facts_there=0,
        refused=(),
        left_out=report.left_out,
        columns_not_taken=report.columns_not_taken,
    )
    opened = (await log.read(REGION))[0].fact
    assert isinstance(opened, PlaceOpened)
    assert (opened.purpose, opened.currency) == (Purpose.SANDBOX, Currency.GBP)


async def test_a_blank_is_not_published_and_never_zero(log: Log) -> None:
    await imported(log, SAMPLE)
    facts = await facts_of(log, NUMBER)
    assert [
        (fact.occurred_on, fact.stated.figure, fact.amount_fen)
        if isinstance(fact, TotalInvestmentSet)
        else (fact.occurred_on, str(fact.reason))
        for fact in facts
        if isinstance(fact, TotalInvestmentSet | TotalInvestmentWithdrawn)
    ] == [
        (date(2021, 3, 31), "1826.16", 182_616_000_000),
        (date(2022, 3, 31), "GMPP 2022 snapshot: whole-life cost no longer published"),
        (date(2023, 3, 31), "3772.0", 377_200_000_000),
    ]
    unpublished = await facts_of(log, "MOD_0128_2021-Q4")
    assert [type(fact) for fact in unpublished] == [ProjectRegistered]


async def test_a_later_year_amends_what_it_states_differently(log: Log) -> None:
    await imported(log, SAMPLE)
    amended = [fact for fact in await facts_of(log, "BIS_0014_1415-Q3") if isinstance(fact, ProjectAmended)]
    assert [fact.changes.sent().keys() for fact in amended] == [
        {"responsible_unit", "content", "planned_start", "planned_completion"}
    ]
    assert amended[0].changes.responsible_unit == "DSIT"
    assert amended[0].changes.planned_completion == date(2022, 12, 31)


async def test_a_description_that_goes_is_emptied_with_the_reason(log: Log, tmp_path: Path) -> None:
    rows = rows_of(SAMPLE)
    for row in rows:
        if row["year"] == "2023":
            row["description_aims"] = ""
    await imported(log, written(tmp_path / "gone.csv", rows))
    amended = (await facts_of(log, NUMBER))[-2]
    assert isinstance(amended, ProjectAmended)
    assert amended.changes.content is None
    assert amended.reason == "GMPP 2023 snapshot: no longer published: content"


async def test_dates_that_contradict_each_other_are_left_out_and_the_rest_of_the_row_is_taken(log: Log) -> None:
    report = await imported(log, SAMPLE)
    (left_out,) = report.left_out
    assert (left_out.number, left_out.year) == ("MOD_0137_2122-Q1", 2023)
    assert "2023-02-20" in str(left_out)
    assert "结束早于开始" in str(left_out)
    *_, amended, total = await facts_of(log, "MOD_0137_2122-Q1")
    assert isinstance(amended, ProjectAmended)
    assert amended.changes.sent().keys() == {"content"}
    assert isinstance(total, TotalInvestmentSet)
    assert total.stated.figure == "2740.0"


async def test_recorded_times_lie_in_july_of_the_snapshots_year(log: Log) -> None:
    await imported(log, SAMPLE)
    recorded = await log.read(REGION)
    times = [datetime.fromtimestamp(one.stored.recorded_us / 1e6, UTC) for one in recorded]
    assert [year for year, _ in groupby(times, key=lambda time: time.year)] == [2021, 2022, 2023]
    assert {time.date().replace(year=2021) for time in times} == {date(2021, 7, 20)}
    assert {(one.stored.actor, one.stored.cause) for one in recorded} == {("loader", "import:gmpp")}


async def test_the_same_file_in_another_order_adds_nothing(log: Log, tmp_path: Path) -> None:
    first = await imported(log, SAMPLE)
    before = await position(log)
    rows = sorted(rows_of(SAMPLE), key=lambda row: (row["project_name"], row["year"]))
    again = await imported(log, written(tmp_path / "by_name.csv", rows))
    assert (again.facts_stored, again.facts_there) == (0, first.facts_stored)
    assert again.differences == first.differences
    assert await position(log) == before


async def test_command_ids_alone_keep_a_second_run_from_adding(log: Log) -> None:
    steps = plan(GMPP, read(SAMPLE), REGION)  # Made without a look at the log, both times.
    first = await run(Handler(log), GMPP, REGION, steps)
    second = await run(Handler(log), GMPP, REGION, steps, after=await position(log))
    assert (first.stored, first.there) == (second.there, second.stored) == (23, 0)
    assert await position(log) == 23


async def test_a_dry_run_stores_nothing_and_says_what_would_happen(log: Log) -> None:
    said: list[str] = []
    report = await load(Handler(log), log, SAMPLE, REGION, dry_run=True, say=lambda step: said.append(str(step)))
    assert (report.dry_run, report.facts_stored, await position(log), await log.heads()) == (True, 0, 0, [])
    assert len(said) == report.rows == 15
    assert [text.partition(": ")[2].split("; ") for text in said if NUMBER in text] == [
        ["registered 登记: Core Production Capability", "total set 总投资核定: 1826.16 百万英镑"],
        ["total withdrawn 总投资撤回: 1826.16 百万英镑 → -"],
        [
            "amended 变更: content, planned_start, planned_completion",
            "total first published 总投资首次公布: 3772.0 百万英镑",
        ],
    ]
    assert sum("nothing 无变化" in text for text in said) == report.unchanged


async def test_a_dry_run_after_an_import_says_what_is_there(log: Log) -> None:
    first = await imported(log, SAMPLE)
    said: list[str] = []
    report = await load(Handler(log), log, SAMPLE, REGION, dry_run=True, say=lambda step: said.append(str(step)))
    assert (report.facts_there, report.facts_stored) == (first.facts_stored, 0)
    assert sum("already there 已有" in text for text in said) == report.rows - report.unchanged


async def test_year_by_year_comes_to_the_same_as_all_at_once(log: Log, tmp_path: Path) -> None:
    rows = rows_of(SAMPLE)
    stored = 0
    for year in ("2021", "2022", "2023"):
        one_year = written(tmp_path / f"{year}.csv", [row for row in rows if row["year"] == year])
        stored += (await imported(log, one_year)).facts_stored
    all_at_once = await imported(log, SAMPLE)
    assert (all_at_once.facts_there, all_at_once.facts_stored) == (stored, 0) == (23, 0)
    assert not all_at_once.refused


async def test_an_older_snapshot_is_not_put_on_top_of_a_newer_one(log: Log, tmp_path: Path) -> None:
    rows = [row for row in rows_of(SAMPLE) if row["project_number"] == NUMBER]
    await imported(log, written(tmp_path / "new.csv", [row for row in rows if row["year"] == "2023"]))
    before = await position(log)
    report = await imported(log, written(tmp_path / "all.csv", rows))
    assert [(one.year, "older than the ledger's snapshot of 2023" in str(one)) for one in report.refused] == [
        (2022, True),
        (2021, True),
    ]
    assert await position(log) == before


async def test_a_row_that_states_otherwise_than_when_it_was_imported_is_refused(log: Log, tmp_path: Path) -> None:
    await imported(log, SAMPLE)
    before = await position(log)
    rows = rows_of(SAMPLE)
    (row,) = [row for row in rows if (row["project_number"], row["year"]) == (NUMBER, "2021")]
    row["wlc_baseline_incl_NCG"] = "1826.17"
    report = await imported(log, written(tmp_path / "restated.csv", rows))
    assert [(one.number, one.year) for one in report.refused] == [(NUMBER, 2021)]
    assert "imported before" in str(report.refused[0])
    assert await position(log) == before


@pytest.mark.parametrize("again", [True, False])
async def test_the_next_year_is_compared_with_the_ledger_and_what_others_did_to_it(
    log: Log, tmp_path: Path, *, again: bool
) -> None:
    rows = [row for row in rows_of(SAMPLE) if row["project_number"] == NUMBER]
    await imported(log, written(tmp_path / "early.csv", [row for row in rows if row["year"] < "2023"]))
    project_id = (await known(GMPP, log, REGION)).ids[NUMBER]
    renaming = AmendProject(project_id=project_id, changes=Changes(name=Name("Renamed by hand")))
    await Handler(log).handle(LOCAL, REGION, renaming, command_id=uuid4())
    last = rows if again else [row for row in rows if row["year"] == "2023"]
    for _ in range(2):
        report = await imported(log, written(tmp_path / "late.csv", last))
        assert not report.refused
    amended = [fact for fact in await facts_of(log, NUMBER) if isinstance(fact, ProjectAmended)]
    assert [fact.changes.name for fact in amended] == ["Renamed by hand", "Core Production Capability"]


async def test_what_the_ledger_refuses_is_reported_and_the_rest_goes_on(log: Log, tmp_path: Path) -> None:
    await imported(log, written(tmp_path / "early.csv", [row for row in rows_of(SAMPLE) if row["year"] < "2023"]))
    handler, held = Handler(log), await known(GMPP, log, REGION)
    steps = plan(GMPP, read(SAMPLE), REGION, held)
    voiding = VoidProject(project_id=held.ids[NUMBER], reason=Reason("Registered in error"))
    await handler.handle(LOCAL, REGION, voiding, command_id=uuid4())
    shown: list[tuple[int, int]] = []
    sent = await run(
        handler, GMPP, REGION, steps, after=held.position, progress=lambda done, of: shown.append((done, of))
    )
    assert [(one.number, one.year, "项目已作废" in str(one)) for one in sent.refused] == [(NUMBER, 2023, True)]
    assert (sent.there, sent.stored) == (held.position, 7)
    assert shown == [(done, 15) for done in range(1, 16)]
    again = await load(handler, log, SAMPLE, REGION, dry_run=True)
    assert [(one.number, one.year, "项目已作废" in str(one)) for one in again.refused] == [(NUMBER, 2023, True)]
    assert "refused 拒绝: 1\n" in str(again)


async def test_only_a_sandbox_takes_it(log: Log) -> None:
    with pytest.raises(InvalidValueError):
        await load(Handler(log), log, SAMPLE, Region("431181"))
    assert await log.heads() == []


async def test_a_sandbox_that_was_opened_otherwise_is_left_alone(log: Log) -> None:
    opening = OpenPlace(region=REGION, name=Name("Another"), purpose=Purpose.SANDBOX)
    await Handler(log).handle(LOCAL, REGION, opening, command_id=uuid4())
    with pytest.raises(AlreadyOpenError):
        await imported(log, SAMPLE)
    assert await position(log) == 1


async def test_damage_is_reported_with_line_and_reason_and_the_rest_goes_on(log: Log, tmp_path: Path) -> None:
    comments = ("rating_comment", "schedule_comment", "variance_comment", "budget_comment", "benefits_comment")
    good = {**rows_of(SAMPLE)[0], "description_aims": "Two lines\r\nof text", **dict.fromkeys(comments, "")}
    cases: list[tuple[Row, str]] = [
        ({}, ""),
        ({"wlc_baseline_incl_NCG": "1,234.5", "end_date": "31/03/2024"}, "end_date: The value has the wrong form."),
        ({"wlc_baseline_incl_NCG": "1,234.5"}, "The figure is not a plain decimal"),
        ({"wlc_baseline_incl_NCG": "-1.0"}, "can't be negative"),
        ({"wlc_baseline_incl_NCG": "0.123456789"}, "finer than the smallest unit"),
        ({"start_date": "2023-02-30"}, "start_date: "),
        ({"project_number": "CO 6"}, "project_number: "),
        ({"project_name": " "}, "project_name: "),
        ({"project_name": "NUL \0 in a name"}, "U+0000"),
        ({"department": "half a pair \udced\udca0\udc80"}, "U+DC"),
        ({"description_aims": "x" * 8001}, "length=8001"),
        ({"description_aims": "x" * 10_000_000}, "field larger than field limit"),
        ({"report_category": "Space"}, "report_category: "),
        ({"year": "2099"}, "year: "),
        ({"project_number": "CO_0099_2021-Q1"}, "the same project and year as line 30"),
        ({"project_number": "CO_0099_2021-Q1", "project_name": "Otherwise"}, "the same project and year as line 28"),
        ({"project_number": "CO_0100_2021-Q1"}, ""),
        ({"project_number": "CO_0100_2021-Q1"}, "the same project and year as line 32"),
        ({"rating_comment": "\0 in a column that is not taken"}, ""),
        ({"description_aims": "OPEN"}, "not readable as CSV"),
        ({"wlc_baseline_incl_NCG": ""}, ""),
    ]
    rows = [{**good, "project_number": f"CO_{index:04}_2021-Q1", **fields} for index, (fields, _) in enumerate(cases)]

    def damage(text: str) -> str:
        # A quote that is never closed, and a line that is cut off at the end of the file.
        return text.replace("OPEN", '"never closed') + "99,cut off,CO"

    expected: dict[int, str] = {}
    line = 2
    for fields, reason in [*cases, ({"description_aims": ""}, "3 columns instead of 19")]:
        if reason:
            expected[line] = reason
        line += 1 if "description_aims" in fields else 2
    report = await imported(log, written(tmp_path / "damaged.csv", rows, damage))
    found = {one.line: str(one) for one in report.refused}
    assert found.keys() == expected.keys()
    assert [(line, reason) for line, reason in expected.items() if reason not in found[line]] == []
    assert all("行" in text and any("一" <= character <= "龥" for character in text[-30:]) for text in found.values())
    assert len(next(one for one in report.refused if one.line == 4).faults) == 2  # All that is wrong, not the first.
    assert (report.rows, report.projects, report.registered, report.totals_set) == (22, 4, 4, 3)
    assert report.facts_stored == await position(log) == 1 + 4 + 3


async def test_bytes_without_any_order_are_refused_or_reported(tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - The same bytes in every run.
    content = bytearray(SAMPLE.read_bytes())
    head = content.index(b"\n") + 1
    for round_ in range(50):
        hurt = bytearray(content)
        for _ in range(dice.randrange(1, 30)):
            hurt[dice.randrange(head, len(hurt))] = dice.choice(b'"\0\r\n,\xff\xed0-')
        file = tmp_path / f"{round_}.csv"
        file.write_bytes(hurt)
        reading = read(file)
        assert len(reading.snapshots) + len(reading.refused) == reading.rows
        assert len(plan(GMPP, reading, REGION)) == len(reading.snapshots)


@pytest.mark.parametrize("content", [b"", b"\0", b"a,b\n1,2\n", b'"never closed', b"year"])
def test_another_file_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.csv"
    file.write_bytes(SAMPLE.read_bytes().replace(b",year,", b",project_name,") if content == b"year" else content)
    with pytest.raises(UnreadableFileError, match="列"):
        read(file)


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as opened:
        opened.truncate(gmpp.MOST_BYTES + 1)
    with pytest.raises(UnreadableFileError, match="文件过大"):
        read(file)


@pytest.mark.skipif(not WHOLE.is_file(), reason="the whole portfolio is not here: no ../shared/data/gmpp_uk")
async def test_the_whole_portfolio_comes_to_the_published_counts_once(log: Log) -> None:
    report = await imported(log, WHOLE)
    assert (report.rows, report.projects, report.refused) == (663, 298, ())
    assert report.differences == Differences(
        year_pairs=365,
        totals_changed=223,
        totals_first_published=20,
        totals_withdrawn=26,
        ends_changed=0,
        ends_first_published=183,
        ends_withdrawn=0,
    )
    assert (report.totals_changed, report.totals_first_published, report.totals_withdrawn) == (223, 20, 26)
    assert (report.registered, report.amended, report.totals_set, report.unchanged) == (298, 328, 251, 6)
    assert [(one.number, one.year) for one in report.left_out] == [("MOD_0137_2122-Q1", 2023)]
    assert report.facts_stored == await position(log) == 1 + 298 + 328 + 251 + 223 + 20 + 26
    again = await imported(log, WHOLE)
    assert (again.facts_stored, again.facts_there) == (0, report.facts_stored)
    assert await position(log) == report.facts_stored
