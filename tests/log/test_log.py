"""Append, load, read and tail on a database."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from eventsourcing.persistence import InternalError

from service.database import pool
from service.domain.decider import Claim, Erasure
from service.log import log as logs
from service.log import statements
from service.log.codec import Codec, Secret
from service.log.log import UNSEEN, Head, Log, Tail
from service.log.writer import (
    Appended,
    ClaimedError,
    Item,
    LiveLogError,
    NothingThereError,
    Row,
)
from tests.examples import STARTED
from tests.log.build import DAY, REGION, contiguous, item, kinds, positions, row, stream, until

OTHER = "431121"
CODE = Claim("project_code", "2103-431181-89-01-100019")
LONG_AGO_US = 1_600_000_000_000_000


async def batch(log: Log, *items: Item) -> list[object]:
    """Append items in one batch and return their answers."""
    before = log.writer.batches
    answers = await asyncio.gather(*(log.append(REGION, one) for one in items), return_exceptions=True)
    assert log.writer.batches == before + 1
    return list(answers)


async def test_a_commands_facts_stand_together_in_order(log: Log) -> None:
    project = stream()
    first = await log.append(REGION, item(row(project, 1), row(project, 2)))
    second = await log.append(REGION, item(row(project, 3)))
    assert first == Appended(1, 2, first.first_us)
    assert second == Appended(3, 3, second.first_us)
    assert await positions(log) == [(1, project.id, 1), (2, project.id, 2), (3, project.id, 3)]
    assert await contiguous(log) == 3


async def test_the_envelope_is_kept(log: Log) -> None:
    project = stream()
    one = item(row(project, body=b'{"a":1}'), actor="a", principal="p", cause="c", command_sha256=b"s" * 32)
    appended = await log.append(REGION, one)
    [stored] = await log.read_stream(REGION, project, limit=10)
    assert (stored.region, stored.id, stored.stream_kind, stored.originator_id) == (REGION, 1, *project)
    assert (stored.originator_version, stored.topic, stored.schema, stored.state) == (1, "Noted", 1, b'{"a":1}')
    assert (stored.occurred_on, stored.recorded_us) == (DAY, appended.first_us)
    assert (stored.command_id, stored.ordinal, stored.command_sha256) == (one.command_id, 0, b"s" * 32)
    assert (stored.actor, stored.principal, stored.cause) == ("a", "p", "c")
    assert abs(stored.recorded_us / 1e6 - time.time()) < 60


async def test_commands_that_arrive_together_are_one_batch(log: Log) -> None:
    answers = await batch(log, *(item(row(stream())) for _ in range(50)))
    assert [(one.first, one.last) for one in answers if isinstance(one, Appended)] == [(n, n) for n in range(1, 51)]
    assert await contiguous(log) == 50


async def test_each_region_counts_for_itself(log: Log) -> None:
    for region in (REGION, OTHER):
        assert (await log.append(region, item(row(stream())))).last == 1
    heads = await log.heads()
    assert [(head.region, head.position) for head in heads] == [(OTHER, 1), (REGION, 1)]


async def test_a_region_without_facts_has_no_head(log: Log) -> None:
    appended = await log.append(REGION, item(result=b"{}"))
    assert (appended.first, appended.last) == (0, 0)
    assert await log.heads() == []


async def test_a_batch_with_every_kind_of_bad_item_stores_the_good_ones(log: Log) -> None:
    place, project = stream("place"), stream()
    known = item(row(place))
    await batch(log, known, item(row(project), claims=((CODE, project.id, True),)))
    new, newer, other = stream(), stream(), stream()
    good = [
        item(row(stream()), guards=((place, 1),)),
        item(row(project, 2), row(project, 3)),
        item(result=b"{}", guards=((place, 1),)),
        item(row(new, private=(Secret("name", b"salt", "某人"),))),
    ]
    answers = await batch(
        log,
        good[0],
        replace(known, rows=(row(stream()),)),  # A known command id.
        item(row(project, 1)),  # The stream has moved.
        good[1],
        item(row(project, 2)),  # Moved by a command of this very batch.
        item(row(stream()), guards=((place, 0),)),  # What the decision read has moved.
        item(row(stream()), guards=((project, 1),)),  # Moved by a command of this very batch.
        item(row(other), claims=((CODE, other.id, True),)),  # Claimed by another.
        item(row(stream()), erasures=(Erasure(position=1, path="name"),)),  # Nothing to erase.
        good[2],
        item(result=b"{}", command_id=good[0].command_id),  # Answered with facts in this very batch.
        item(row(newer, body=b"{}", name="a\0b")),  # What the server does not take.
        item(row(newer, 2**40)),  # What asyncpg does not send.
        good[3],
    )
    assert kinds(answers) == [
        "Appended",
        "CommandKnownError",
        "StreamMovedError",
        "Appended",
        "StreamMovedError",
        "StreamMovedError",
        "StreamMovedError",
        "ClaimedError",
        "NothingThereError",
        "Appended",
        "CommandKnownError",
        "CharacterNotInRepertoireError",
        "DataError",
        "Appended",
    ]
    stored = [one for one in answers if isinstance(one, Appended)]
    assert [(one.first, one.last) for one in stored] == [(3, 3), (4, 5), (0, 0), (6, 6)]
    assert await contiguous(log) == 6


async def test_settled_command_by_command_in_one_statement(log: Log) -> None:
    """The same without an item that has to be written alone: two statements, however many items."""
    project = stream()
    answers = await batch(log, *(item(row(project, version)) for version in (1, 1, 2, 2, 3, 3)))
    assert kinds(answers) == ["Appended", "StreamMovedError"] * 3
    assert await contiguous(log) == 3


@pytest.mark.parametrize("facts_first", [True, False])
async def test_a_command_id_is_answered_once_across_facts_and_outcomes(log: Log, *, facts_first: bool) -> None:
    """Together in one batch, and one after the other: two contents under one id, of which one has no facts."""
    facts = item(row(stream()))
    outcome = item(result=b"{}", command_id=facts.command_id)
    two = (facts, outcome) if facts_first else (outcome, facts)
    assert kinds(await batch(log, *two)) == ["Appended", "CommandKnownError"]
    assert kinds(await batch(log, two[1])) == ["CommandKnownError"]
    assert await contiguous(log) == facts_first


async def test_a_value_is_held_by_one_stream(log: Log) -> None:
    first, second = stream(), stream()
    assert kinds(
        await batch(
            log,
            item(row(first), claims=((CODE, first.id, True),)),
            item(row(second), claims=((CODE, second.id, True),)),
        )
    ) == ["Appended", "ClaimedError"]
    assert kinds(await batch(log, item(row(first, 2), claims=((CODE, first.id, True),)))) == ["Appended"]


async def test_a_value_that_is_given_back_can_be_taken_in_the_same_batch(log: Log) -> None:
    first, second = stream(), stream()
    await log.append(REGION, item(row(first), claims=((CODE, first.id, True),)))
    answers = await batch(
        log,
        item(row(first, 2), claims=((CODE, first.id, False),)),
        item(row(second), claims=((CODE, second.id, True),)),
    )
    assert kinds(answers) == ["Appended", "Appended"]


async def test_a_value_cannot_be_taken_before_it_is_given_back(log: Log) -> None:
    """In one batch too, the log must read so that at every position one stream holds it."""
    first, second = stream(), stream()
    await log.append(REGION, item(row(first), claims=((CODE, first.id, True),)))
    answers = await batch(
        log,
        item(row(second), claims=((CODE, second.id, True),)),
        item(row(first, 2), claims=((CODE, first.id, False),)),
    )
    assert kinds(answers) == ["ClaimedError", "Appended"]
    assert await log.append(REGION, item(row(second), claims=((CODE, second.id, True),)))


async def test_only_the_holder_gives_a_value_back(log: Log) -> None:
    first, second = stream(), stream()
    await log.append(REGION, item(row(first), claims=((CODE, first.id, True),)))
    await log.append(REGION, item(row(second), claims=((CODE, second.id, False),)))
    with pytest.raises(ClaimedError):
        await log.append(REGION, item(row(second, 2), claims=((CODE, second.id, True),)))


async def test_time_only_goes_forward_when_the_clock_is_set_back(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await log.append(REGION, item(row(stream())))
    await as_owner.execute("UPDATE log_head SET recorded_us = recorded_us + 3600000000")
    ahead = (await log.heads())[0].recorded_us
    project = stream()
    appended = await log.append(REGION, item(row(project, 1), row(project, 2)))
    later = await log.append(REGION, item(row(stream())))
    assert (appended.first_us, later.first_us) == (ahead + 1, ahead + 3)
    assert await log.heads() == [Head(REGION, 4, ahead + 3)]
    assert await contiguous(log) == 4


async def test_a_demonstration_takes_times_of_the_past_in_rising_order(log: Log) -> None:
    opened = await log.append(REGION, item(row(stream("place")), opens=True, recorded_us=LONG_AGO_US))
    assert opened.first_us == LONG_AGO_US
    answers = await batch(log, *(item(row(stream()), recorded_us=LONG_AGO_US + 500) for _ in range(3)))
    assert [one.first_us for one in answers if isinstance(one, Appended)] == [LONG_AGO_US + 500 + n for n in range(3)]
    earlier = await log.append(REGION, item(row(stream()), recorded_us=LONG_AGO_US))
    assert earlier.first_us == LONG_AGO_US + 503  # The time asked for has passed in this log.
    now = await log.append(REGION, item(row(stream())))
    assert now.first_us > LONG_AGO_US + 10**12
    assert await contiguous(log) == 6


@pytest.mark.parametrize("opens", [False, None])
async def test_a_real_ledger_takes_no_recorded_times(log: Log, *, opens: bool | None) -> None:
    await log.append(REGION, item(row(stream("place")), opens=opens))
    with pytest.raises(LiveLogError):
        await log.append(REGION, item(row(stream()), recorded_us=LONG_AGO_US))
    # What was opened stays so.
    await log.append(REGION, item(row(stream("place")), opens=True))
    with pytest.raises(LiveLogError):
        await log.append(REGION, item(row(stream()), recorded_us=LONG_AGO_US))
    assert await contiguous(log) == 2


async def test_no_log_takes_times_of_the_future(log: Log) -> None:
    await log.append(REGION, item(row(stream("place")), opens=True))
    with pytest.raises(LiveLogError):
        await log.append(REGION, item(row(stream()), recorded_us=int((time.time() + 3600) * 1e6)))


async def test_erasing_leaves_every_byte_of_the_log(log: Log) -> None:
    project = stream()
    await log.append(REGION, item(row(stream())))
    secret = (Secret("by", b"salt", "某人"), Secret("to", b"salt", "别人"))
    await batch(log, item(row(stream()), row(stream())), item(row(project), row(project, 2, private=secret)))
    before = await log.read_rows(REGION, after=0, upto=5, names=(), limit=10)
    assert await _private(log) == [(5, "by", "某人"), (5, "to", "别人")]
    await log.append(REGION, item(row(stream("privacy")), erasures=(Erasure(position=5, path="by"),)))
    assert await _private(log) == [(5, "to", "别人")]
    assert await log.read_rows(REGION, after=0, upto=5, names=(), limit=10) == before
    with pytest.raises(NothingThereError):
        await log.append(REGION, item(row(stream("privacy")), erasures=(Erasure(position=5, path="by"),)))


async def _private(log: Log) -> list[tuple[int, str, str]]:
    rows = await log._reading.fetch(statements.PRIVATE, REGION, list(range(10)))
    return sorted((row["position"], row["path"], row["value"]) for row in rows)


async def test_a_decision_is_loaded_in_one_statement(log: Log) -> None:
    name, schema, body, _ = Codec().encode(STARTED)
    project, other = stream(), stream()
    started = Row(project, 1, name, schema, body, date(2021, 3, 18))
    one = item(started, started._replace(version=2))
    await log.append(REGION, one)
    await log.append(OTHER, item(started))
    loaded = await log.load(REGION, {project: UNSEEN, other: UNSEEN}, uuid4())
    assert {of: tail.facts for of, tail in loaded.streams.items()} == {project: (STARTED, STARTED), other: ()}
    last = loaded.streams[project].last
    assert (last.version, last.position, loaded.streams[other].last) == (2, 2, UNSEEN)
    assert not loaded.answered
    answered = (await log.load(REGION, {other: UNSEEN}, one.command_id)).answered.get(one.command_id)
    assert answered is not None
    assert answered.command_sha256 == one.command_sha256
    assert [fact.id for fact in answered.facts] == [1, 2]
    assert answered.result is None


async def test_of_a_stream_that_was_seen_only_what_is_new_is_loaded(log: Log) -> None:
    name, schema, body, _ = Codec().encode(STARTED)
    project = stream()
    started = Row(project, 1, name, schema, body, date(2021, 3, 18))
    await log.append(REGION, item(started, started._replace(version=2)))
    both = (await log.load(REGION, {project: UNSEEN})).streams[project]
    assert (await log.load(REGION, {project: both.last})).streams == {project: Tail((), both.last)}
    await log.append(REGION, item(started._replace(version=3)))
    new = (await log.load(REGION, {project: both.last})).streams[project]
    assert (new.facts, new.last.version) == ((STARTED,), 3)


@pytest.mark.parametrize("other", [{"version": 3}, {"position": 1}, {"recorded_us": 1}])
async def test_a_stream_that_does_not_have_what_was_seen_is_gone(log: Log, other: dict[str, int]) -> None:
    name, schema, body, _ = Codec().encode(STARTED)
    project = stream()
    started = Row(project, 1, name, schema, body, date(2021, 3, 18))
    await log.append(REGION, item(started, started._replace(version=2)))
    last = (await log.load(REGION, {project: UNSEEN})).streams[project].last
    loaded = await log.load(REGION, {project: last._replace(**other)})
    assert loaded.gone == {project}
    assert not loaded.streams


async def test_an_outcome_without_facts_is_loaded_by_its_command_id(log: Log) -> None:
    one = item(result=b'{"version":0}')
    await log.append(REGION, one)
    answered = (await log.load(REGION, {stream(): UNSEEN}, one.command_id)).answered.get(one.command_id)
    assert answered is not None
    assert (answered.facts, answered.result) == ((), b'{"version":0}')


async def test_a_stream_too_long_to_decide_on_is_no_shorter_one(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_IN_STREAM", 2)
    name, schema, body, _ = Codec().encode(STARTED)
    project = stream()
    await log.append(REGION, item(*(Row(project, version, name, schema, body, DAY) for version in (1, 2))))
    with pytest.raises(InternalError, match="too many facts"):
        await log.load(REGION, {project: UNSEEN}, uuid4())


async def test_rows_are_read_by_stream_by_position_and_by_name(log: Log) -> None:
    project = stream()
    await log.append(REGION, item(*(row(project, version, name=f"N{version % 2}") for version in range(1, 6))))

    async def versions(*, desc: bool = False, after: int = 0, upto: int = 99, limit: int = 9) -> list[int]:
        rows = await log.read_stream(REGION, project, after=after, upto=upto, desc=desc, limit=limit)
        return [one.originator_version for one in rows]

    assert await versions() == [1, 2, 3, 4, 5]
    assert await versions(desc=True, limit=2) == [5, 4]
    assert await versions(after=1, upto=3) == [2, 3]
    rows = await log.read_rows(REGION, after=1, upto=5, names=["N1"], limit=1)
    assert [one.id for one in rows] == [3]


async def test_reading_is_bounded(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_READ", 2)
    name, schema, body, _ = Codec().encode(STARTED)
    await log.append(REGION, item(*(Row(stream(), 1, name, schema, body, DAY) for _ in range(5))))
    assert [one.position for one in await log.read(REGION, limit=100)] == [1, 2]
    async with log._reading.acquire() as connection:
        assert [one.position for one in await log.read(REGION, after=3, limit=1, connection=connection)] == [4]


@pytest.mark.parametrize("rows", [0, 1])
async def test_plans_go_by_the_right_index_whatever_the_statistics_say(
    database: str, as_owner: asyncpg.Connection[asyncpg.Record], rows: int
) -> None:
    """Plans are kept that were made for an empty table or for one row: no statement may read a whole region."""
    name, schema, body, _ = Codec().encode(STARTED)
    commands = 300
    async with Log.open(database, size=1) as log:
        for _ in range(rows):
            await log.append(REGION, item(Row(stream(), 1, name, schema, body, DAY)))
        await as_owner.execute("ALTER TABLE fact SET (autovacuum_enabled = off)")
        await as_owner.execute("ANALYZE")
        for _ in range(commands):
            project, guard = stream(), stream()
            await log.load(REGION, {project: UNSEEN, guard: UNSEEN}, uuid4())
            await log.append(REGION, item(Row(project, 1, name, schema, body, DAY), guards=((guard, 0),)))
            await log.append(REGION, item(result=b"{}", guards=((project, 1),)))

    # What a connection has read is counted when it ends.
    async def counted() -> bool:
        return bool((await _rows_read(as_owner))["inserted"] == commands + rows)

    await until(counted)
    read = await _rows_read(as_owner)
    assert read["by_scan"] == 0
    assert read["by_index"] < commands * 5


async def _rows_read(as_owner: asyncpg.Connection[asyncpg.Record]) -> asyncpg.Record:
    await as_owner.execute("SELECT pg_stat_clear_snapshot()")
    [read] = await as_owner.fetch("""
        SELECT n_tup_ins AS inserted, seq_tup_read AS by_scan, (
          SELECT sum(i.idx_tup_read) FROM pg_stat_user_indexes i WHERE i.relname = 'fact') AS by_index
        FROM pg_stat_user_tables WHERE relname = 'fact'""")
    return read


async def test_a_statement_that_was_given_up_does_not_hit_whoever_comes_next(database: str) -> None:
    """Given up between two messages of one statement, it would leave the server's statement timer running."""

    async def given_up_after(turns: int) -> int:
        async with pool(database, size=1, name="test", statement_timeout_s=1) as one:
            await one.fetchval("SELECT $1::integer", 0)
            asked = asyncio.create_task(one.fetchval("SELECT $1::integer + $2::integer", turns, 1))
            for _ in range(turns):
                await asyncio.sleep(0.0001)
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
            await asyncio.sleep(1.2)
            return int(await one.fetchval("SELECT $1::integer FROM pg_sleep(0.3)", turns))

    assert await asyncio.gather(*(given_up_after(turns) for turns in range(24))) == list(range(24))
