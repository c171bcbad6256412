"""处理: one command start to finish: load, decide, append, and again if somebody was faster."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

import orjson

from service.access import Caller
from service.database import REQUEST_S, UNAVAILABLE, within
from service.domain import place
from service.domain.decider import Claim, Decider, Stream, occurred_on
from service.domain.deciders import DECIDER_OF, decider_of
from service.domain.errors import (
    AlreadyClaimedError,
    CommandIdReusedError,
    NothingToEraseError,
    RejectedError,
    RejectionCode,
    VersionConflictError,
    error_of,
)
from service.domain.place import PlaceOpened, Purpose
from service.log.codec import canonical, fingerprint
from service.log.writer import (
    Appended,
    BusyError,
    ClaimedError,
    CommandKnownError,
    Item,
    NothingThereError,
    Row,
    StreamMovedError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from service.domain.values import Region
    from service.log.log import Answered, Loaded, Log

CHINA: Final = timezone(timedelta(hours=8))
"""The time in which a ledger's days begin and end; China keeps one, without summer time."""
MOST_TRIES: Final = 200
DEADLINE_S: Final = REQUEST_S


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command; the same for ever for the same command id.

    Attributes:
        region: key of the log that it belongs to.
        stream: the stream that it was about.
        version: the stream's version after it; 0 if the command id was used for another content.
        position: position of its last fact in the region's log; 0 if it stored none.
        recorded_us: when it was recorded, microseconds since 1970; 0 if it stored none.
        refused: why it was refused; None if it was accepted.
    """

    region: Region
    stream: Stream
    version: int = 0
    position: int = 0
    recorded_us: int = 0
    refused: RejectedError | None = None


class Handler:
    """Takes commands for all regions.

    Args:
        log: where facts go.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        # In this process, commands on one stream wait for each other instead of conflicting. Others still may conflict.
        self._turns: WeakValueDictionary[tuple[str, Stream], asyncio.Lock] = WeakValueDictionary()

    async def handle(
        self,
        caller: Caller,
        region: Region,
        command: object,
        *,
        command_id: UUID,
        expected_version: int | None = None,
        recorded_us: int | None = None,
        cause: str | None = None,
    ) -> Outcome:
        """Judge a command and store its facts, or its refusal.

        Args:
            caller: who sends it, and for whom.
            region: the region whose ledger takes it, by whichever of its codes.
            command: one of the deciders' commands.
            command_id: made by the sender, once per intention; sent again, the first outcome is answered again.
            expected_version: version of the stream that the sender saw; another one is refused, not retried.
            recorded_us: recorded time, for the loader of a demo or sandbox; the day it lies in is the day of judging.
            cause: what it follows from, such as an import's name; kept with the facts.

        Raises:
            BusyError: nothing was stored; try again.
            UnknownOutcomeError: stored or not, the same command id will tell.
            LiveLogError: the region keeps a real ledger, which takes no `recorded_us`.
        """
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        try:
            region = await self._log.ledger(region)
        except UNAVAILABLE as error:
            raise BusyError(region) from error
        decider = DECIDER_OF[type(command)]
        stream = Stream(decider.kind, decider.stream(command, region, command_id))
        turn = self._turns.setdefault((region, stream), asyncio.Lock())
        attempt = _Attempt(
            self._log, caller, region, command, command_id, expected_version, recorded_us, cause, stream, deadline
        )
        try:
            async with asyncio.timeout_at(deadline):
                await turn.acquire()
        except TimeoutError as error:
            raise BusyError(region) from error
        try:
            for _ in range(MOST_TRIES):
                outcome = await attempt.once()
                if outcome is not None:
                    return outcome
        finally:
            turn.release()
        raise BusyError(region)


@dataclass(frozen=True, slots=True)
class _Attempt:
    log: Log
    caller: Caller
    region: Region
    command: object
    command_id: UUID
    expected_version: int | None
    recorded_us: int | None
    cause: str | None
    stream: Stream
    deadline: float

    async def once(self) -> Outcome | None:
        """Decide on what the log holds now; None if that has changed before the facts were stored."""
        decider = DECIDER_OF[type(self.command)]
        reads = decider.reads(self.command, self.region)
        try:
            loading = self.log.load(self.region, (self.stream, *reads), self.command_id)
            loaded = await within(self._remaining_s(), loading)
        except UNAVAILABLE as error:
            raise BusyError(self.region) from error
        sha256 = fingerprint(self.command)
        if loaded.answered is not None:
            return self._again(loaded.answered, sha256)
        own = loaded.streams[self.stream]
        item, refused = self._decide(decider, reads, loaded, sha256)
        if refused is not None and not loaded.streams[place.place_stream(self.region)]:
            # Not kept: there is no ledger to keep it in, and the same id may be sent again once there is.
            return Outcome(self.region, self.stream, refused=refused)
        try:
            appended = await self._append(item)
        except (StreamMovedError, CommandKnownError):
            return None
        except (ClaimedError, NothingThereError) as error:
            values = ", ".join(claim.value.replace("\n", " ") for claim, _, holding in item.claims if holding)
            claimed = isinstance(error, ClaimedError)
            refused = AlreadyClaimedError(values=values) if claimed else NothingToEraseError("path")
            return await self._refuse(refused, sha256, len(own))
        return self._outcome(appended, len(own) + len(item.rows), refused)

    async def _append(self, item: Item) -> Appended:
        # The writer keeps the deadline itself: it knows whether the item was on its way.
        return await self.log.append(self.region, item, timeout_s=self._remaining_s())

    def _remaining_s(self) -> float:
        return self.deadline - asyncio.get_running_loop().time()

    def _decide(
        self, decider: Decider[Any], reads: Sequence[Stream], loaded: Loaded, sha256: bytes
    ) -> tuple[Item, RejectedError | None]:
        own = loaded.streams[self.stream]
        before = decider.fold(own)
        states = [decider_of(stream).fold(loaded.streams[stream]) for stream in reads]
        guards = [(stream, len(loaded.streams[stream])) for stream in reads]
        today = self._today()
        try:
            if self.expected_version not in (None, len(own)):
                raise VersionConflictError("expected_version", version=len(own))
            facts = decider.decide(self.command, before, *states, today)
        except RejectedError as error:
            # A refusal is kept too, and only if what it was judged by still stands.
            return self._item(
                sha256, result=_refusal(error, len(own)), guards=[*guards, (self.stream, len(own))]
            ), error
        if not facts:
            return self._item(
                sha256, result=canonical({"version": len(own)}), guards=[*guards, (self.stream, len(own))]
            ), None
        held, holds = decider.claims(before), decider.claims(decider.fold(facts, before))
        rows = []
        for version, fact in enumerate(facts, len(own) + 1):
            name, schema, body, private = self.log.codec.encode(fact)
            rows.append(Row(self.stream, version, name, schema, body, occurred_on(fact, today), tuple(private)))
        opened = next((fact for fact in facts if isinstance(fact, PlaceOpened)), None)
        return (
            self._item(
                sha256,
                rows=tuple(rows),
                guards=guards,
                claims=self._claims(holds - held, holding=True) + self._claims(held - holds, holding=False),
                erasures=decider.erasures(facts),
                opens=None if opened is None else opened.purpose is not Purpose.LIVE,
            ),
            None,
        )

    def _item(self, sha256: bytes, *, guards: Sequence[tuple[Stream, int]] = (), **rest: Any) -> Item:
        return Item(
            command_id=self.command_id,
            command_sha256=sha256,
            actor=self.caller.actor,
            principal=self.caller.principal,
            cause=self.cause,
            guards=tuple(guards),
            recorded_us=self.recorded_us,
            **rest,
        )

    def _claims(self, claims: frozenset[Claim], *, holding: bool) -> tuple[tuple[Claim, UUID, bool], ...]:
        return tuple((claim, self.stream.id, holding) for claim in sorted(claims))

    async def _refuse(self, refused: RejectedError, sha256: bytes, version: int) -> Outcome | None:
        try:
            appended = await self._append(self._item(sha256, result=_refusal(refused, version)))
        except CommandKnownError:
            return None
        return self._outcome(appended, version, refused)

    def _outcome(self, appended: Appended, version: int, refused: RejectedError | None) -> Outcome:
        return Outcome(
            self.region, self.stream, version, appended.last, appended.first_us if appended.last else 0, refused
        )

    def _again(self, answered: Answered, sha256: bytes) -> Outcome:
        """Answer a command id that is known: as it was answered first, if it is the same command."""
        if answered.command_sha256 != sha256:
            return Outcome(self.region, self.stream, refused=CommandIdReusedError("command_id"))
        if answered.facts:
            last = answered.facts[-1]
            return Outcome(self.region, self.stream, last.originator_version, last.id, answered.facts[0].recorded_us)
        result = orjson.loads(answered.result or b"{}")
        if "code" not in result:
            return Outcome(self.region, self.stream, result["version"])
        refused = error_of(RejectionCode(result["code"]))(*result["path"], **result["params"])
        return Outcome(self.region, self.stream, result["version"], refused=refused)

    def _today(self) -> date:
        now = datetime.now(UTC) if self.recorded_us is None else datetime.fromtimestamp(self.recorded_us / 1e6, UTC)
        return now.astimezone(CHINA).date()


def today_in_china() -> date:
    """Return the day that it is where the ledgers are kept."""
    return datetime.now(UTC).astimezone(CHINA).date()


def _refusal(error: RejectedError, version: int) -> bytes:
    return canonical({"code": error.code.value, "path": list(error.path), "params": error.params, "version": version})
