"""日志: append, load, read, tail: the only SQL that touches facts."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from uuid import UUID

import asyncpg
from eventsourcing.persistence import InternalError

from service.database import APPEND_TIMEOUT_S, CONNECT_TIMEOUT_S, REQUEST_S, SEARCH_PATH, UNAVAILABLE, pool, within
from service.domain.codes import regions
from service.domain.decider import Stream
from service.domain.values import Region
from service.log import statements
from service.log.bell import Bell
from service.log.codec import Codec, Recorded, Stored, envelopes
from service.log.vector import CursorAheadError, Vector
from service.log.writer import (
    MOST_WAIT_S,
    VERDICTS,
    Answer,
    Appended,
    BusyError,
    CommandKnownError,
    Item,
    LiveLogError,
    UnknownOutcomeError,
    Writer,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from service.database import Connection, Pool

MOST_READ: Final = 1_000
"""Most facts in one read."""
MOST_IN_STREAM: Final = 100_000
"""Most facts that a decision is made on."""
POLL_S: Final = 1.0
"""How long a reader that heard nothing waits before it looks again."""
RECALL_S: Final = 3.0
"""How long to try to learn what became of a batch whose connection was lost."""
RECALL_PAUSE_S: Final = 0.1
_CUT_OFF: Final = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)
"""Errors after which it is open whether the statement before was committed."""
_OBJECTIONS: Final = frozenset({"23505", "TZ001", "TZ002", "TZ003"})
"""What log_append says when a batch has to be settled command by command."""
_LIVE: Final = "TZ005"
_BY_INDEX: Final = {f"enable_{way}": "off" for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort")}
"""A plan that was made when the tables were empty is kept; going by the index in order is right for every size."""


class Head(NamedTuple):
    """How far a region's log has come; `recorded_us` is the last fact's time, microseconds since 1970."""

    region: str
    position: int
    recorded_us: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What a command id was answered before: its facts, or the stored result of a command without any."""

    command_sha256: bytes
    facts: tuple[Stored, ...]
    result: bytes | None


class Seen(NamedTuple):
    """The last fact of a stream that a reader knows; a log that was restored and went on has another one there."""

    version: int
    position: int
    recorded_us: int


UNSEEN: Final = Seen(0, 0, 0)


class Tail(NamedTuple):
    """The facts of a stream behind those that were seen, and the last of all."""

    facts: tuple[Any, ...]
    last: Seen


@dataclass(frozen=True, slots=True)
class Loaded:
    """The streams that decisions read, all of one moment, and what the command ids that are known were answered.

    `gone` are streams that don't have the fact that was said to be seen; of them nothing is told.
    """

    streams: Mapping[Stream, Tail]
    answered: Mapping[UUID, Answered]
    gone: frozenset[Stream] = frozenset()


class Log:
    """The logs of all regions of one database."""

    def __init__(self, writing: Pool, reading: Pool, codec: Codec, bell: Bell) -> None:
        self._writing = writing
        self._reading = reading
        self.codec = codec
        self.bell = bell
        self.writer = Writer(self._write)
        self.pools: Final = {"writer": writing, "reader": reading}

    @classmethod
    @asynccontextmanager
    async def open(
        cls, dsn: str, *, size: int = 8, search_path: str = SEARCH_PATH, codec: Codec | None = None
    ) -> AsyncIterator[Self]:
        """Give a log that works until the block ends; then everything accepted is written first.

        Args:
            dsn: address of a migrated database.
            size: connections to read with; as many again to append with.
            search_path: where its tables are.
            codec: how facts are stored; the service's own by default.
        """
        async with AsyncExitStack() as stack:
            writing = await stack.enter_async_context(
                pool(
                    dsn,
                    size=size,
                    name="taizhang-writer",
                    search_path=search_path,
                    statement_timeout_s=APPEND_TIMEOUT_S,
                    settings=_BY_INDEX | {"idle_in_transaction_session_timeout": f"{int(APPEND_TIMEOUT_S * 1000)}ms"},
                )
            )
            reading = await stack.enter_async_context(
                pool(dsn, size=size + 1, name="taizhang-reader", search_path=search_path, settings=_BY_INDEX)
            )
            bell = Bell()
            ringing = asyncio.create_task(bell.run(reading))
            # Left in this order, each even if one before was cut short: a pool waits for what the bell holds.
            stack.push_async_callback(asyncio.wait, [ringing])
            stack.callback(ringing.cancel)
            log = cls(writing, reading, codec or Codec(), bell)
            stack.push_async_callback(log.writer.close)
            yield log

    async def append(self, region: str, item: Item, *, timeout_s: float = MOST_WAIT_S) -> Appended:
        """Append one command's facts, or its outcome; see `Writer.append` for what it raises."""
        return await self.writer.append(region, item, timeout_s=timeout_s)

    async def _write(self, region: str, items: Sequence[Item]) -> Sequence[Answer]:
        try:
            answers = await self._write_together(region, items)
        except asyncpg.PostgresError as error:
            if len(items) == 1:
                return [error]
            # One that the server can't take, or that asyncpg can't send, must not take the others with it.
            answers = [answer for item in items for answer in await self._write(region, [item])]
        if any(isinstance(answer, Appended) and answer.last for answer in answers):
            self.bell.ring(region)
        return answers

    async def _write_together(self, region: str, items: Sequence[Item]) -> Sequence[Answer]:
        pid = 0
        try:
            async with self._writing.acquire(timeout=CONNECT_TIMEOUT_S) as connection:
                pid = connection.get_server_pid()
                return await _send(connection, region, items)
        except UNAVAILABLE as error:
            # An error that the server lived to tell rolled everything back; so did not being connected.
            if pid == 0 or (isinstance(error, asyncpg.PostgresError) and not isinstance(error, _CUT_OFF)):
                busy = BusyError(region)
                busy.__cause__ = error
                return [busy] * len(items)
        return await self._recall(region, items, pid)

    async def _recall(self, region: str, items: Sequence[Item], pid: int) -> Sequence[Answer]:
        """Learn from the log what became of a batch whose connection was lost after it was sent."""
        deadline = asyncio.get_running_loop().time() + RECALL_S
        while True:
            try:
                async with asyncio.timeout_at(deadline), self._writing.acquire() as connection:
                    if await connection.fetchval("SELECT log_quiesce($1)", pid):
                        rows = await connection.fetch(statements.RECALL, region, {item.command_id for item in items})
                        found = {row["command_id"]: row for row in rows}
                        return [_recalled(region, item, found.get(item.command_id)) for item in items]
            except (asyncpg.PostgresError, *UNAVAILABLE) as error:
                if asyncio.get_running_loop().time() >= deadline:
                    unknown = UnknownOutcomeError(region)
                    unknown.__cause__ = error
                    return [unknown] * len(items)
            await asyncio.sleep(RECALL_PAUSE_S)

    async def load(self, region: str, streams: Mapping[Stream, Seen], *command_ids: UUID) -> Loaded:
        """Return new facts of some streams and what command ids were answered, in one statement and of one moment.

        Personal values are not read: no rule may depend on one.

        Args:
            region: key of the log.
            streams: what of each is known; `UNSEEN` for nothing.
            command_ids: ids that may have been answered.

        Raises:
            InternalError: more than MOST_IN_STREAM facts.
        """
        kinds, ids = [stream.kind for stream in streams], [stream.id for stream in streams]
        since = [seen.version for seen in streams.values()]
        rows = await self._reading.fetch(statements.LOAD, region, kinds, ids, since, command_ids, MOST_IN_STREAM)
        if len(rows) == MOST_IN_STREAM:
            raise InternalError(f"{list(streams)}: too many facts for one decision")
        found: dict[Stream, list[Stored]] = {stream: [] for stream in streams}
        facts: dict[UUID, list[Stored]] = {}
        answered: dict[UUID, Answered] = {}
        rows.sort(key=itemgetter("version"))
        for row, stored in zip(rows, envelopes(rows), strict=True):
            if not row["answered"]:
                found[Stream(row["stream_kind"], row["stream_id"])].append(stored)
            elif row["result"] is None:
                facts.setdefault(stored.command_id, []).append(stored)
            else:
                answered[stored.command_id] = Answered(stored.command_sha256, (), row["result"])
        answered |= {known: Answered(its[0].command_sha256, tuple(its), None) for known, its in facts.items()}
        gone = frozenset(
            stream
            for stream, seen in streams.items()
            if seen != UNSEEN and [_seen(one) for one in found[stream][:1]] != [seen]
        )
        tails = {stream: self._tail(found[stream], seen) for stream, seen in streams.items() if stream not in gone}
        return Loaded(tails, answered, gone)

    def _tail(self, rows: Sequence[Stored], seen: Seen) -> Tail:
        """Return what lies behind a fact that was seen, which is the first of the rows, unless none was."""
        fresh = rows if seen == UNSEEN else rows[1:]
        return Tail(tuple(self.codec.recorded(one, {}).fact for one in fresh), _seen(rows[-1]) if rows else UNSEEN)

    async def read(
        self, region: str, *, after: int = 0, limit: int = MOST_READ, connection: Connection | None = None
    ) -> list[Recorded]:
        """Return facts of a region in log order, with their personal values.

        Args:
            region: key of the log.
            after: position after which to begin; 0 for the first fact.
            limit: most facts; at most MOST_READ.
            connection: whose transaction to read in; the log's own pool by default.
        """
        source = connection or self._reading
        return await self.restore(
            region, await source.fetch(statements.READ, region, after, min(limit, MOST_READ)), connection
        )

    async def read_stream(
        self, region: str, stream: Stream, *, after: int = 0, upto: int = 2**31 - 1, desc: bool = False, limit: int
    ) -> list[Stored]:
        """Return rows of one stream with versions after .. upto, undecoded; newest first with `desc`."""
        sql = statements.STREAM_DOWN if desc else statements.STREAM
        return envelopes(await self._reading.fetch(sql, region, stream.id, stream.kind, after, upto, limit))

    async def read_rows(self, region: str, *, after: int, upto: int, names: Sequence[str], limit: int) -> list[Stored]:
        """Return rows of a region in log order, undecoded; only those stored under `names`, if any are given."""
        return envelopes(await self._reading.fetch(statements.ROWS, region, after, upto, list(names), limit))

    async def changes(
        self, after: Vector, *, regions: Sequence[str] = (), limit: int = MOST_READ
    ) -> tuple[list[Stored], Vector]:
        """Return rows of several regions behind a vector, undecoded, and the vector behind them.

        Each region's are in log order and without a gap. Across regions they are by recorded time as far as they go
        back: one that is still to come may bear an earlier time, and is not missed for it.

        Args:
            after: where the reader is.
            regions: logs to read; none stands for all.
            limit: most rows; at most MOST_READ.
        """
        known, positions = list(after.positions), list(after.positions.values())
        arguments = (known, positions, list(regions), min(limit, MOST_READ))
        rows = envelopes(await self._reading.fetch(statements.CHANGES, *arguments))
        return rows, after.past(rows)

    async def check(self, after: Vector) -> None:
        """Hold a vector against the logs, in one statement.

        Raises:
            CursorAheadError: a log was restored from a backup, and has not, or not any more, what the reader has taken.
        """
        rows = await self._reading.fetch(statements.TAKEN, list(after.positions), list(after.positions.values()))
        for row in rows:
            if row["recorded_us"] is None:
                raise CursorAheadError(row["region"], after.positions[row["region"]])
            after.check(row["region"], row["recorded_us"])

    async def restore(
        self, region: str, rows: Sequence[asyncpg.Record], connection: Connection | None = None
    ) -> list[Recorded]:
        """Decode rows of the fact table, with one more statement only if their kind of fact has personal values."""
        stored = envelopes(rows)
        private: dict[int, dict[str, tuple[bytes, str]]] = {}
        if personal := [one.id for one in stored if one.topic in self.codec.personal]:
            for row in await (connection or self._reading).fetch(statements.PRIVATE, region, personal):
                private.setdefault(row["position"], {})[row["path"]] = (row["salt"], row["value"])
        return [self.codec.recorded(one, private.get(one.id, {})) for one in stored]

    async def heads(self) -> list[Head]:
        """Return every region that has facts, in code order."""
        rows = await self._reading.fetch(statements.HEADS)
        return [Head(row["region"], row["position"], row["recorded_us"]) for row in rows]

    async def ledger(self, region: Region) -> Region:
        """Return the key of the log that a region's facts are in: a county that changed its code keeps its first.

        That is the code itself if it has a log, else the newest of the county's others that has one; if none has, the
        code, whose log is still to be opened.
        """
        codes = [*regions.codes_from(region)[:0:-1], *regions.predecessors(region)]
        if not codes:
            return region
        rows = await within(REQUEST_S, self._reading.fetch(statements.LEDGERS, [region, *codes]))
        there = {row["region"] for row in rows}
        return Region(next((code for code in (region, *codes) if code in there), region))

    async def track(self, follower: str, position: int) -> bool:
        """Store how far a follower has come; False if it has come as far before."""
        return await self._reading.fetchval(statements.TRACK, follower, position) is not None

    async def tracked(self, follower: str) -> int | None:
        """Return how far a follower has come."""
        position: int | None = await self._reading.fetchval(statements.TRACKED, follower)
        return position

    async def tail(self, region: str, *, after: int = 0, limit: int = MOST_READ) -> AsyncIterator[list[Recorded]]:
        """Yield batches of a region's facts in log order, for ever: what there is, then what comes.

        A database that goes away ends it with an error of UNAVAILABLE; begin again after the last position.
        """
        while True:
            heard = self.bell.heard(region)
            batch = await self.read(region, after=after, limit=limit)
            if batch:
                after = batch[-1].position
                yield batch
            else:
                await self.bell.wait(heard, POLL_S, region)


def _seen(stored: Stored) -> Seen:
    return Seen(stored.originator_version, stored.id, stored.recorded_us)


def _arguments(region: str, items: Sequence[Item]) -> tuple[Any, ...]:
    """Return a batch as the arrays that the server functions take; items count from 1."""
    facts, outcomes, guards, claims, private, erasures = [], [], [], [], [], []
    for number, item in enumerate(items, 1):
        for ordinal, row in enumerate(item.rows):
            facts.append(
                (
                    number, row.stream.kind, row.stream.id, row.version, row.name, row.schema, row.body,
                    row.occurred_on, item.command_id, ordinal, item.command_sha256, item.actor, item.principal,
                    item.cause,
                )
            )  # fmt: skip
            private += [(number, ordinal, one.path, one.salt, one.value) for one in row.private]
        if item.result is not None:
            outcomes.append((number, item.command_id, item.command_sha256, item.result))
        guards += [(number, stream.kind, stream.id, version) for stream, version in item.guards]
        claims += [(number, claim.kind, claim.value, stream_id, held) for claim, stream_id, held in item.claims]
        erasures += [(number, one.position, one.path) for one in item.erasures]
    return (region, facts, outcomes, guards, claims, private, erasures, items[0].recorded_us, items[0].opens)


async def _send(connection: Connection, region: str, items: Sequence[Item]) -> Sequence[Answer]:
    arguments = _arguments(region, items)
    try:
        rows = await connection.fetch(statements.APPEND, *arguments)
    except asyncpg.PostgresError as error:
        if error.sqlstate == _LIVE:
            return [LiveLogError(region)] * len(items)
        if error.sqlstate not in _OBJECTIONS:
            raise
        return _verdicts(items, await connection.fetch(statements.SETTLE, *arguments, len(items)))
    return _positions(items, rows[0]["before"], rows[0]["first_us"])


def _positions(items: Sequence[Item], before: int, first_us: int) -> list[Answer]:
    answers: list[Answer] = []
    offset = 0
    for item in items:
        last = before + offset + len(item.rows)
        answers.append(Appended(before + offset + 1 if item.rows else 0, last if item.rows else 0, first_us + offset))
        offset += len(item.rows)
    return answers


def _verdicts(items: Sequence[Item], rows: Sequence[asyncpg.Record]) -> list[Answer]:
    return [
        VERDICTS[row["verdict"]](str(item.command_id))
        if row["verdict"] != "stored"
        else _positions([item], row["before"], row["first_us"])[0]
        for item, row in zip(items, rows, strict=True)
    ]


def _recalled(region: str, item: Item, row: asyncpg.Record | None) -> Answer:
    if row is None:
        return BusyError(region)  # Not stored, and it never will be.
    # The id may have been answered before, or by another process, from another state: then the log says what it was.
    if (row["command_sha256"], row["facts"], row["result"]) != (item.command_sha256, len(item.rows), item.result):
        return CommandKnownError(str(item.command_id))
    facts = len(item.rows)
    return _positions([item], row["last"] - facts, row["recorded_us"] - max(facts - 1, 0))[0]
