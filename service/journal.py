"""安全日志: what security officers need beside the log: failed attempts, reads of personal data, uses of keys.

Nobody waits for it: what happened is noted in memory, and written every half second, also after the database was away.
What it holds is bounded. What found no room is counted, and told by a row of its own, so that a gap can be seen. A
table has its own room: a flood of bad tokens does not push out who read personal data.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import uuid4

import asyncpg
import orjson
import structlog

from service.config import LEAST_JOURNAL_DAYS
from service.database import REQUEST_S, UNAVAILABLE, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.database import Pool

FLUSH_S: Final = 0.5
MOST: Final = 10_000
"""Most rows of a table that wait to be written."""
BATCH: Final = 1_000
"""Most rows in one statement."""
CLOSE_S: Final = 3.0
"""Longest time that a stop waits for what is left to be written."""
FORGET_EVERY_S: Final = 3600.0
FORGET_AGAIN_S: Final = 60.0
"""When to try again if the database was away."""
FORGET_BATCH: Final = 5_000
"""Rows of a table that are deleted in one statement."""
FORGET_BATCHES: Final = 1_000
"""Most such statements in a turn."""
NOT_RECORDED: Final = "NOT_RECORDED"
"""未能记录: code of a failed attempt, or operation of a read, of the row that says how many rows found no room."""

_MOST_CHARACTERS: Final = 200
_MOST_LISTED: Final = 100
_MOST_COUNT: Final = 2**31 - 1

_FAILED: Final = """
INSERT INTO failed_attempt (at_us, id, until_us, caller, principal, address, operation, code, detail, count)
SELECT n.at_us, n.id, n.until_us, n.caller, n.principal, n.address, n.operation, n.code, n.detail, n.count
FROM jsonb_to_recordset($1::jsonb) AS n (
  at_us bigint, id uuid, until_us bigint, caller text, principal text, address text, operation text, code text,
  detail text, count integer
)
ON CONFLICT (at_us, id) DO NOTHING"""
_PERSONAL: Final = """
INSERT INTO personal_read (at_us, id, until_us, caller, principal, operation, fields, regions, count)
SELECT n.at_us, n.id, n.until_us, n.caller, n.principal, n.operation, n.fields, n.regions, n.count
FROM jsonb_to_recordset($1::jsonb) AS n (
  at_us bigint, id uuid, until_us bigint, caller text, principal text, operation text, fields text[], regions text[],
  count integer
)
ON CONFLICT (at_us, id) DO NOTHING"""
# In order, so that processes that write the same keys never wait for each other in a circle.
_USED: Final = """
INSERT INTO key_use AS k (key_id, last_used_us, address)
SELECT DISTINCT ON (n.key_id) n.key_id, n.until_us, n.address
FROM jsonb_to_recordset($1::jsonb) AS n (key_id text, until_us bigint, address text)
ORDER BY n.key_id, n.until_us DESC
ON CONFLICT (key_id) DO UPDATE SET last_used_us = excluded.last_used_us, address = excluded.address
WHERE k.last_used_us < excluded.last_used_us"""
_ATTEMPT: Final = ("caller", "principal", "address", "operation", "code", "detail")
_ATTEMPTS_LOST: Final = (None, None, "", "journal", NOT_RECORDED, "")
_READ: Final = ("caller", "principal", "operation", "fields", "regions")
_READS_LOST: Final = (None, None, NOT_RECORDED, (), ())
_FORGET: Final = "SELECT journal_forget($1, $2)"

log = structlog.get_logger()

_Key: TypeAlias = "tuple[str | tuple[str, ...] | None, ...]"


@dataclass(slots=True)
class _Times:
    """How often something happened, and between when and when."""

    at_us: int
    until_us: int
    count: int = 0

    def add(self, at_us: int, until_us: int, count: int) -> None:
        self.at_us, self.until_us = min(self.at_us, at_us), max(self.until_us, until_us)
        self.count = min(self.count + count, _MOST_COUNT)


class _Pile:
    """Rows of one table that wait to be written.

    A batch that was sent stays as it is until the database has said what became of it: sent again, its rows are known
    by their ids, so that none is stored twice.

    Args:
        table: its name, for messages.
        sql: writes a batch.
        names: of what makes two rows the same.
        lost: what the row says that tells how many found no room; None if nobody is told.
        most: rows.
    """

    def __init__(self, table: str, sql: str, names: tuple[str, ...], lost: _Key | None, most: int) -> None:
        self.table = table
        self._sql = sql
        self._names = names
        self._lost_row = lost
        self._most = most
        self._rows: dict[_Key, _Times] = {}
        self._lost: _Times | None = None
        self.dropped = 0
        self._batch: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._batch)

    def add(self, key: _Key) -> None:
        now = time.time_ns() // 1000
        found = self._rows.get(key)
        if found is None:
            if len(self) >= self._most:
                self._lose(now, now, 1)
                return
            found = self._rows[key] = _Times(now, now)
        found.add(now, now, 1)

    def _lose(self, at_us: int, until_us: int, count: int) -> None:
        if self._lost is None:
            self._lost = _Times(at_us, until_us)
        self._lost.add(at_us, until_us, count)
        self.dropped += count

    def _next(self) -> list[dict[str, Any]]:
        """Return the batch to write: the one that was sent before, if nobody knows what became of it."""
        if not self._batch:
            keys = list(self._rows)[:BATCH]
            self._batch = [self._row(key, self._rows.pop(key)) for key in keys]
            if self._lost is not None and self._lost_row is not None:
                self._batch.append(self._row(self._lost_row, self._lost))
            self._lost = None
        return self._batch

    def _row(self, key: _Key, times: _Times) -> dict[str, Any]:
        told = {"id": str(uuid4()), "at_us": times.at_us, "until_us": times.until_us, "count": times.count}
        return dict(zip(self._names, key, strict=True)) | told

    async def write(self, pool: Pool) -> None:
        """Write all that was there at the call.

        Raises:
            OSError, asyncpg.PostgresError, ...: the database is away (UNAVAILABLE); the rows go on waiting.
        """
        for _ in range(len(self) // BATCH + 2):
            batch = self._next()
            if not batch:
                return
            try:
                await within(REQUEST_S, pool.execute(self._sql, orjson.dumps(batch).decode()))
            except UNAVAILABLE:
                raise
            except asyncpg.PostgresError as error:
                # Sent again, it would be refused again, and hold up all that comes after it.
                told = {"table": self.table, "rows": len(batch), "error": type(error).__name__}
                log.error("rows of the journal were refused", **told)  # noqa: TRY400 - its text may have a row in it.
                self._batch = []
                for row in batch:
                    self._lose(row["at_us"], row["until_us"], row["count"])
            else:
                self._batch = []


class Journal:
    """Takes note of what failed, was read and was used; `run` writes it until cancelled, then `close` what is left.

    Args:
        pool: connections as the service's role.
        days: for which rows are kept.
        most: rows of a table that may wait.
    """

    def __init__(self, pool: Pool, *, days: int = LEAST_JOURNAL_DAYS, most: int = MOST) -> None:
        self._pool = pool
        self._days = days
        self._is_away = False
        self._attempts = _Pile("failed_attempt", _FAILED, _ATTEMPT, _ATTEMPTS_LOST, most)
        self._reads = _Pile("personal_read", _PERSONAL, _READ, _READS_LOST, most)
        self._uses = _Pile("key_use", _USED, ("key_id", "address"), None, most)
        self._piles: Final = (self._attempts, self._reads, self._uses)

    async def fetch(self, sql: str, values: Sequence[object]) -> list[str]:
        """Return the JSON of each row of a statement over the journal's tables."""
        return [row[0] for row in await self._pool.fetch(sql, *values)]

    @property
    def waiting(self) -> Mapping[str, int]:
        """Return how many rows of each table wait to be written."""
        return {pile.table: len(pile) for pile in self._piles}

    @property
    def dropped(self) -> Mapping[str, int]:
        """Return how many of each table have found no room since the start."""
        return {pile.table: pile.dropped for pile in self._piles}

    def failed(
        self,
        *,
        caller: str | None,
        address: str,
        operation: str,
        code: str,
        detail: str = "",
        principal: str | None = None,
    ) -> None:
        """Take note of an attempt that failed: a bad token, a right that is missing, a refusal, too many requests.

        Args:
            caller: account; None if nobody knows who it was.
            address: where it came from; "" for a Unix socket.
            operation: name of the query, mutation or path, of a closed list, never a value.
            code: why it failed.
            detail: the field or the rule, never a value.
            principal: account for which the caller acted.
        """
        self._attempts.add(
            (_clean(caller), _clean(principal), _text(address), _text(operation), _text(code), _text(detail))
        )

    def personal(
        self,
        *,
        caller: str | None,
        operation: str,
        fields: Iterable[str],
        regions: Iterable[str],
        principal: str | None = None,
    ) -> None:
        """Take note of a read of personal values that were not masked.

        Args:
            caller: account.
            operation: name of the query.
            fields: which fields, such as Post.contact.
            regions: whose ledgers they are in.
            principal: account for which the caller acted.
        """
        self._reads.add((_clean(caller), _clean(principal), _text(operation), _texts(fields), _texts(regions)))

    def used(self, key_id: str, address: str) -> None:
        """Take note of the use of a key that is known to be good."""
        self._uses.add((_text(key_id), _text(address)))

    async def run(self) -> None:
        """Write and, once an hour, delete what is old, until cancelled; goes on by itself when the database is back."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._go_on_writing())
            tasks.create_task(self._go_on_forgetting())

    async def close(self) -> None:
        """Write what is left, for a bounded time; what could not be written is told in the service's log."""
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.flush()
        except TimeoutError:
            pass
        if left := {table: rows for table, rows in self.waiting.items() if rows}:
            log.error("rows of the journal could not be written", rows=left)

    async def flush(self) -> bool:
        """Write what waits; False if the database is away, and it goes on waiting."""
        found = await asyncio.gather(*(pile.write(self._pool) for pile in self._piles), return_exceptions=True)
        away = [one for one in found if isinstance(one, UNAVAILABLE)]
        for one in found:
            if one is not None and one not in away:
                raise one
        if away and not self._is_away:
            log.warning("the journal waits for the database", error=type(away[0]).__name__, rows=dict(self.waiting))
        self._is_away = bool(away)
        return not away

    async def forget(self) -> int:
        """Delete what is older than it is kept, in bounded batches; return how many rows.

        Raises:
            OSError, asyncpg.PostgresError, ...: the database is away (UNAVAILABLE).
        """
        deleted = 0
        for _ in range(FORGET_BATCHES):
            some = await within(REQUEST_S, self._pool.fetchval(_FORGET, self._days, FORGET_BATCH))
            deleted += some
            if some < FORGET_BATCH:
                break
        return deleted

    async def _go_on_writing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def _go_on_forgetting(self) -> None:
        while True:
            pause_s = FORGET_EVERY_S
            try:
                deleted = await self.forget()
            except (asyncpg.PostgresError, *UNAVAILABLE) as error:
                pause_s = FORGET_AGAIN_S
                if not isinstance(error, UNAVAILABLE):
                    log.exception("old rows of the journal could not be deleted")
            else:
                if deleted:
                    log.info("old rows of the journal deleted", rows=deleted, days=self._days)
            await asyncio.sleep(pause_s)


def _clean(text: str | None) -> str | None:
    return None if text is None else _text(text)


def _text(text: str) -> str:
    """Return a text that the database can hold: of bounded length, without NUL and half characters."""
    return text[:_MOST_CHARACTERS].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_text(one) for one in sorted(set(texts))[:_MOST_LISTED])
