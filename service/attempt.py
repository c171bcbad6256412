"""裁定: one look at one command: what it is judged by, and what becomes of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from service.access.standing import Standing
from service.clock import day_of, today_in_china
from service.domain import place
from service.domain.decider import Claim, Lent, Stream, occurred_on
from service.domain.deciders import DECIDER_OF
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
    ClaimedError,
    CommandKnownError,
    Item,
    NothingThereError,
    Row,
    StreamMovedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from service.access import Caller
    from service.domain.values import Region
    from service.log.log import Answered, Log
    from service.memory import Look


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


class Order(NamedTuple):
    """A command with its id, and with the version that its sender saw, if the sender said so.

    That is no part of what an id stands for: like If-Match, it is a condition on the first judging of the command.
    """

    command: object
    command_id: UUID
    expected_version: int | None = None


def stream_of(order: Order, region: Region) -> Stream:
    """Return the stream that a command writes to."""
    decider = DECIDER_OF[type(order.command)]
    return Stream(decider.kind, decider.stream(order.command, region, order.command_id))


class Sending(NamedTuple):
    """What commands that go together have in common.

    Attributes:
        region: key of the log that takes them.
        recorded_us: recorded time to ask for; None for the present one.
        deadline: by the event loop's clock.
    """

    log: Log
    caller: Caller
    region: Region
    recorded_us: int | None
    cause: str | None
    deadline: float

    def remaining_s(self) -> float:
        """Return how long they may still take."""
        return self.deadline - asyncio.get_running_loop().time()


class Attempt:
    """A command on its way: what it is judged by, and what becomes of it."""

    def __init__(self, sending: Sending, order: Order) -> None:
        self.sending = sending
        self.order = order
        self.stream = stream_of(order, sending.region)
        self._decider = DECIDER_OF[type(order.command)]
        self.reads = self._decider.reads(order.command, sending.region)
        self.borrows = self._decider.borrows(order.command, sending.region)
        self._standing = Standing(sending.caller, sending.region, order.command)
        self._sha256 = fingerprint(order.command)

    @property
    def streams(self) -> Iterable[Stream]:
        """What it looks at in the region's log."""
        return (self.stream, *self.reads, *self._standing.streams)

    def forbidden(self, look: Look | None = None) -> Outcome | None:
        """Return the refusal of a caller who may not send this; it is not kept, since rights may change.

        Args:
            look: none before the log was looked at, where it may turn out that there is no need to.
        """
        streams = self._standing.streams
        if look is None and streams:
            return None
        states = {} if look is None else {one: look.streams[one].state for one in streams}
        refused = self._standing.refusal(states)
        return None if refused is None else Outcome(self.sending.region, self.stream, refused=refused)

    def judge(self, look: Look, lent: Sequence[Lent[Any]] = ()) -> Outcome | Judged:
        """Decide on what the log holds; the outcome at once if nothing of it is to be kept, or the id is known."""
        if (forbidden := self.forbidden(look)) is not None:
            return forbidden
        answered = look.answered.get(self.order.command_id)
        if answered is not None:
            return self._again(answered)
        item, refused = self._decide(look, lent)
        home = look.streams.get(place.place_stream(self.sending.region))
        # The installation's log has no place, and no command there reads one.
        if refused is not None and home is not None and not home.version:
            # Not kept: there is no ledger to keep it in, and the same id may be sent again once there is.
            return Outcome(self.sending.region, self.stream, refused=refused)
        return Judged(self, item, refused, look.streams[self.stream].version)

    def _decide(self, look: Look, lent: Sequence[Lent[Any]]) -> tuple[Item, RejectedError | None]:
        before, version = look.streams[self.stream].state, look.streams[self.stream].version
        states = [look.streams[stream].state for stream in self.reads]
        guards = [(stream, look.streams[stream].version) for stream in self.reads]
        recorded_us = self.sending.recorded_us
        today = today_in_china() if recorded_us is None else day_of(recorded_us)
        try:
            if self.order.expected_version not in (None, version):
                # Where its last fact is, so that whoever is refused can be shown it, however far the read models are.
                position = look.streams[self.stream].seen.position
                raise VersionConflictError("expected_version", version=version, position=position)
            facts = self._decider.decide(self.order.command, before, *states, *lent, today)
        except RejectedError as error:
            # A refusal is kept too, and only if what it was judged by still stands.
            return self.item(result=_refusal(error, version), guards=[*guards, (self.stream, version)]), error
        if not facts:
            result = canonical({"version": version})
            return self.item(result=result, guards=[*guards, (self.stream, version)]), None
        held, holds = self._decider.claims(before), self._decider.claims(self._decider.fold(facts, before))
        rows = []
        for number, fact in enumerate(facts, version + 1):
            name, schema, body, private = self.sending.log.codec.encode(fact)
            rows.append(Row(self.stream, number, name, schema, body, occurred_on(fact, today), tuple(private)))
        opened = next((fact for fact in facts if isinstance(fact, PlaceOpened)), None)
        return (
            self.item(
                rows=tuple(rows),
                guards=guards,
                claims=self._claims(holds - held, holding=True) + self._claims(held - holds, holding=False),
                erasures=self._decider.erasures(facts),
                opens=None if opened is None else opened.purpose is not Purpose.LIVE,
            ),
            None,
        )

    def item(self, *, guards: Sequence[tuple[Stream, int]] = (), **rest: Any) -> Item:
        """Return what is written for the command."""
        return Item(
            command_id=self.order.command_id,
            command_sha256=self._sha256,
            actor=self.sending.caller.actor,
            principal=self.sending.caller.principal,
            cause=self.sending.cause,
            guards=tuple(guards),
            recorded_us=self.sending.recorded_us,
            **rest,
        )

    def _claims(self, claims: frozenset[Claim], *, holding: bool) -> tuple[tuple[Claim, UUID, bool], ...]:
        return tuple((claim, self.stream.id, holding) for claim in sorted(claims))

    def _again(self, answered: Answered) -> Outcome:
        """Answer a command id that is known: as it was answered first, if it is the same command."""
        if answered.command_sha256 != self._sha256:
            return Outcome(self.sending.region, self.stream, refused=CommandIdReusedError("command_id"))
        if answered.facts:
            last = answered.facts[-1]
            return Outcome(
                self.sending.region, self.stream, last.originator_version, last.id, answered.facts[0].recorded_us
            )
        result = orjson.loads(answered.result or b"{}")
        if "code" not in result:
            return Outcome(self.sending.region, self.stream, result["version"])
        refused = error_of(RejectionCode(result["code"]))(*result["path"], **result["params"])
        return Outcome(self.sending.region, self.stream, result["version"], refused=refused)


@dataclass(frozen=True, slots=True)
class Judged:
    """A command that was judged; `version` is that of its stream by then."""

    attempt: Attempt
    item: Item
    refused: RejectedError | None
    version: int

    async def store(self, *, alone: bool) -> Outcome | None:
        """Store what came of it; None if what it was judged by has changed before."""
        try:
            appended = await self._append(self.item)
        except (StreamMovedError, CommandKnownError):
            return None
        except (ClaimedError, NothingThereError) as error:
            if not alone:
                return None
            values = ", ".join(claim.value.replace("\n", " ") for claim, _, holding in self.item.claims if holding)
            claimed = isinstance(error, ClaimedError)
            return await self._refuse(AlreadyClaimedError(values=values) if claimed else NothingToEraseError("path"))
        return self._outcome(appended, self.version + len(self.item.rows), self.refused)

    async def _refuse(self, refused: RejectedError) -> Outcome | None:
        try:
            appended = await self._append(self.attempt.item(result=_refusal(refused, self.version)))
        except CommandKnownError:
            return None
        return self._outcome(appended, self.version, refused)

    async def _append(self, item: Item) -> Appended:
        sending = self.attempt.sending
        # The writer keeps the deadline itself: it knows whether the item was on its way.
        return await sending.log.append(sending.region, item, timeout_s=sending.remaining_s())

    def _outcome(self, appended: Appended, version: int, refused: RejectedError | None) -> Outcome:
        recorded_us = appended.first_us if appended.last else 0
        return Outcome(self.attempt.sending.region, self.attempt.stream, version, appended.last, recorded_us, refused)


def _refusal(error: RejectedError, version: int) -> bytes:
    return canonical({"code": error.code.value, "path": list(error.path), "params": error.params, "version": version})
