"""The audit trail in the database: one row a fact, told the same however the facts came in batches."""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid5

import orjson
import pytest

from projections.audit_history import AuditHistory
from projections.table import NOW_US
from projections.wording import touches
from service.access import Caller
from service.database import LOG_SCHEMA, Connection, owner
from service.domain import identity, investment, place, plan, project
from service.domain.decider import NAMESPACE
from service.domain.values import Code, Figure, Name, Personal, Region, Stated, Unit
from service.embedded import EmbeddedPostgres
from service.handle import Handler
from service.log.codec import Recorded
from service.log.log import Log
from tests.conftest import copy
from tests.examples import COMMAND_IDS, PROJECT_ID, QIYANG, REGISTER_ID, THROUGH_MARCH_REPORTED
from tests.projections.story import STORY

TRIAL: Final = Region("990001")
CALLER: Final = Caller(actor="account-7", principal="account-3", trusted=True)
NOON_US: Final = 1_652_155_200_000_000
"""2022-05-10 12:00 in China, the day of the story."""
ERASE: Final = [*STORY].index("ERASE") + 1
"""Position of the erasure in the story's log."""
PERSONS: Final = {"填报人甲", "审核人乙", "签发人丙"}


@pytest.fixture(scope="module")
async def story(cluster: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    """Give the name of a database with the story in its log, to be copied."""
    async with copy(cluster, template) as dsn:
        async with Log.open(dsn) as opened:
            handler = Handler(opened)
            for name, command in STORY.items():
                command_id = COMMAND_IDS.get(name) or uuid5(NAMESPACE, name)
                outcome = await handler.handle(
                    CALLER, QIYANG, command, command_id=command_id, recorded_us=NOON_US, cause=f"story: {name}"
                )
                assert outcome.refused is None, name
        yield urlsplit(dsn).path.removeprefix("/")


@pytest.fixture
async def database(cluster: EmbeddedPostgres, story: str) -> AsyncIterator[str]:
    """Give each test the story in a database of its own."""
    async with copy(cluster, story) as dsn:
        yield dsn


@pytest.fixture
async def log(database: str) -> AsyncIterator[Log]:
    async with Log.open(database) as opened:
        yield opened


@pytest.fixture
async def connection(database: str) -> AsyncIterator[Connection]:
    async with owner(database) as opened:
        yield opened


async def applied(connection: Connection, batches: Sequence[Sequence[Recorded]], schema: str) -> dict[str, Any]:
    """Apply batches to tables of their own; return all rows by table."""
    await connection.execute(f"CREATE SCHEMA {schema}")
    await connection.execute(f"SET search_path = {schema}, {LOG_SCHEMA}")
    projection = AuditHistory()
    for table in projection.tables:
        await connection.execute(table.ddl)
    for batch in batches:
        async with connection.transaction():
            await projection.apply(connection, batch)
    return {
        table.name: [
            tuple(row)
            for row in await connection.fetch(
                f"SELECT * FROM {table.name} ORDER BY region, {', '.join(table.key)}, recorded_from"  # noqa: S608 - own names.
            )
        ]
        for table in projection.tables
    }


def split(facts: Sequence[Recorded], at: Sequence[int]) -> list[Sequence[Recorded]]:
    """Return facts in batches that begin at the first and at these."""
    edges = [0, *at, len(facts)]
    return [facts[first:last] for first, last in pairwise(edges)]


async def test_every_fact_has_one_row_with_its_envelope(log: Log, connection: Connection) -> None:
    facts = await log.read(QIYANG)
    await applied(connection, [facts], "once")
    rows = await connection.fetch("SELECT * FROM audit_history WHERE region = $1 ORDER BY position", QIYANG)
    assert [row["position"] for row in rows] == list(range(1, len(STORY) + 1))
    for row, one, cause in zip(rows, facts, STORY, strict=True):
        stored = one.stored
        assert row["name"] == type(one.fact).__name__
        assert (row["stream_kind"], row["stream_id"], row["version"]) == (
            stored.stream_kind,
            one.stream_id,
            one.version,
        )
        assert (row["recorded_us"], row["recorded_from"], row["recorded_to"]) == (stored.recorded_us,) * 2 + (NOW_US,)
        assert (row["occurred_on"], row["command_id"]) == (stored.occurred_on, stored.command_id)
        assert (row["actor"], row["principal"], row["cause"]) == ("account-7", "account-3", f"story: {cause}")
        assert row["project_id"] == (PROJECT_ID if one.stream_id == PROJECT_ID else None)


async def test_a_row_says_what_changed_from_what_to_what_why_and_on_which_paper(
    log: Log, connection: Connection
) -> None:
    await applied(connection, [await log.read(QIYANG)], "once")
    rows = await connection.fetch("SELECT * FROM audit_history ORDER BY position")
    told = dict(zip(STORY, rows, strict=True))
    corrected = told["final corrected"]
    assert orjson.loads(corrected["changes"]) == [
        {
            "path": "completed.DISPATCH.YEAR_TO_DATE.2022-04",
            "before": {"figure": "3.40", "unit": "YI_YUAN", "status": "FINAL"},
            "after": {"figure": "3.30", "unit": "YI_YUAN", "status": "FINAL"},
        }
    ]
    assert corrected["reason"] == "审核后\n核减"
    assert orjson.loads(corrected["documents"]) == [
        {"title": "关于印发《演示会商纪要》的通知", "number": "演示办〔2022〕7号"}
    ]
    assert corrected["occurred_on"] == date(2022, 4, 30)
    assert orjson.loads(told["total withdrawn"]["changes"]) == [
        {
            "path": "total_investment.APPROVED",
            "before": {"figure": "12.5", "unit": "YI_YUAN", "occurred_on": "2022-03-04"},
            "after": None,
        }
    ]
    assert orjson.loads(told["start by permit on a paper"]["changes"]) == []
    assert orjson.loads(told["emptied"]["changes"])[0] == {"path": "nature", "before": "NEW", "after": None}
    assert {one["before"] for one in orjson.loads(told["REGISTER"]["changes"])} == {None}
    assert told["share set"]["sentence_zh"] == "下达 2022 年度目标：投资占比（产业）60%以上。"


async def test_rows_do_not_depend_on_how_the_facts_came_in_batches(log: Log, connection: Connection) -> None:
    facts = await log.read(QIYANG)
    whole = await applied(connection, [facts], "whole")
    chance = random.Random(20220510)  # noqa: S311 - which splits are tried is no secret.
    splits = [range(1, len(facts)), range(2, len(facts), 2), range(7, len(facts), 7)] + [
        sorted(chance.sample(range(1, len(facts)), chance.randrange(1, 12))) for _ in range(12)
    ]
    for number, at in enumerate(splits):
        assert await applied(connection, split(facts, at), f"split_{number}") == whole, at


async def test_values_stand_as_of_every_fact(log: Log, connection: Connection) -> None:
    facts = await log.read(QIYANG)
    await applied(connection, [facts], "once")
    held: dict[tuple[UUID, str, str], Any] = {}
    for one in facts:
        held |= {(one.stream_id, one.stored.stream_kind, path): value for path, value in touches(one.fact).items()}
        rows = await connection.fetch(
            "SELECT * FROM audit_value WHERE recorded_from <= $1 AND $1 < recorded_to", one.stored.recorded_us
        )
        found = {(row["stream_id"], row["stream_kind"], row["path"]): orjson.loads(row["value"]) for row in rows}
        assert found == {path: value for path, value in held.items() if value is not None}


async def test_another_regions_facts_and_rows_are_not_touched(log: Log, connection: Connection) -> None:
    handler = Handler(log)
    opened = place.OpenPlace(region=TRIAL, name=Name("试验区"), purpose=place.Purpose.SANDBOX)
    target = plan.SetAnnualTarget(
        year=2022,
        measure=plan.TargetMeasure.INVESTMENT_SHARE,
        operator=plan.Operator.EXACTLY,
        stated=Stated(Figure("1"), Unit.PERCENT),
        category=Code("PRODUCTIVE"),
    )
    # The same command id in another region makes a project of the same id there.
    other = identity.Identity(
        name=Name("试验项目"), region=TRIAL, category=Code("SOCIAL"), track=identity.Track.GOVERNMENT
    )
    for number, command in enumerate((opened, target, project.RegisterProject(identity=other))):
        command_id = REGISTER_ID if number == 2 else uuid5(NAMESPACE, f"trial {number}")
        outcome = await handler.handle(CALLER, TRIAL, command, command_id=command_id, recorded_us=NOON_US)
        assert outcome.refused is None
    ours, theirs = await log.read(QIYANG), await log.read(TRIAL)
    alone = [await applied(connection, [facts], f"alone_{number}") for number, facts in enumerate((ours, theirs))]
    both = await applied(connection, [ours[:20], theirs[:2], ours[20:], theirs[2:]], "together")
    for name, rows in both.items():
        assert sorted(map(repr, rows)) == sorted(map(repr, alone[0][name] + alone[1][name]))


async def test_no_personal_value_and_no_hash_of_one_is_in_any_row(log: Log, connection: Connection) -> None:
    facts = await log.read(QIYANG)
    rows = repr(await applied(connection, [facts], "once"))
    assert "列明填报人、审核人、签发人" in rows
    assert not [value for value in PERSONS if value in rows]
    report = next(one for one in facts if getattr(one.fact, "filled_by", None) == "填报人甲")
    sealed = orjson.loads(report.stored.state)
    assert len(sealed["filled_by"]["sha256"]) == 64
    assert not [name for name in ("filled_by", "reviewed_by", "signed_by") if sealed[name]["sha256"] in rows]


async def test_rows_are_the_same_whether_a_value_was_erased_before_or_after(log: Log, connection: Connection) -> None:
    erased = await log.read(QIYANG)
    report = erased[14].fact
    assert isinstance(report, investment.CompletionReported)
    assert report.filled_by == "填报人甲"
    assert not isinstance(report.signed_by, Personal)
    with_values = [*erased]
    with_values[14] = Recorded(erased[14].stored, THROUGH_MARCH_REPORTED)
    assert erased[ERASE - 1].stored.topic == "PersonalDataErased"
    assert await applied(connection, [erased], "after") == await applied(connection, [with_values], "before")


async def test_nothing_to_apply_writes_nothing(connection: Connection) -> None:
    assert await applied(connection, [[]], "empty") == {"audit_history": [], "audit_subject": [], "audit_value": []}


async def test_a_batch_takes_few_statements_however_many_facts_it_has(log: Log, connection: Connection) -> None:
    facts = await log.read(QIYANG)
    await applied(connection, [], "counted")
    said: list[str] = []

    def hear(query: Any) -> None:
        if "audit_" in query.query:  # The others are the driver's own, which learns of types once a connection.
            said.append(query.query)

    connection.add_query_logger(hear)
    try:
        await AuditHistory().apply(connection, facts)
        await connection.fetch("SELECT 1")  # What is heard comes one turn of the loop later.
    finally:
        connection.remove_query_logger(hear)
    # Look up the place's lists, names, and whose values were erased; add rows of three tables, which were empty.
    assert len(said) == 6
