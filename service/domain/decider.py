"""决策: the form that every aggregate has, and what it reads.

`decide` holds every rule and names every stream that it reads; `evolve` holds none and never raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from service.domain.errors import NotYetHappenedError
from service.domain.values import Region

S = TypeVar("S")

NAMESPACE: Final = UUID("6f1f6a0e-6a6b-5c55-9a50-6b7d1a3f4c21")
"""Namespace of every id that is made from another one (UUIDv5). Never to be changed."""


class Stream(NamedTuple):
    """流: one concern of one thing, such as the investment of a project."""

    kind: str
    id: UUID


class Borrowed(NamedTuple):
    """借阅: a stream of another region's ledger that a decision reads; `stream_of` takes the key of that ledger."""

    region: Region
    stream_of: Callable[[Region], Stream]


class Lent(NamedTuple, Generic[S]):
    """借到: what a borrowed stream had come to when the decision was made: its state and its version."""

    state: S
    version: int


class Claim(NamedTuple):
    """占用: a value that one stream of a region alone may hold, such as a project code."""

    kind: str
    value: str


class Command(Protocol):
    """命令: what somebody wants; its class name and fields make the fingerprint kept with its id."""


class Fact(Protocol):
    """事实: what happened, in the past tense.

    A fact with a date of its own gives it as `occurred_on`; for others the day of recording counts.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """删除: which personal values a fact takes out of the log's private table."""

    position: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Decider(Generic[S]):
    """One aggregate: its stream, the commands that it takes, and its three functions.

    Attributes:
        kind: stream kind; part of every stored fact, so never renamed.
        facts: every fact that the stream can hold.
        stream: the stream that a command writes to; `command_id` makes the id of a new one.
        reads: the other streams that the decision reads, in the order in which `decide` takes their states.
        borrows: streams of other regions' ledgers that the decision reads. They are read without a guard, so they may
            move before the facts are stored: what is taken from them goes into the facts, with the version it is of.
        decide: (command, own state, states of `reads` ..., each of `borrows` as Lent ..., today) -> facts.
        claims: what the state holds alone in its region.
        erasures: personal values that facts take out.
    """

    kind: str
    commands: tuple[type, ...]
    facts: tuple[type, ...]
    initial: S
    stream: Callable[[Any, Region, UUID], UUID]
    evolve: Callable[[S, Any], S]
    decide: Callable[..., Sequence[Any]]
    reads: Callable[[Any, Region], tuple[Stream, ...]] = lambda _command, _region: ()
    borrows: Callable[[Any, Region], tuple[Borrowed, ...]] = lambda _command, _region: ()
    claims: Callable[[S], frozenset[Claim]] = lambda _state: frozenset()
    erasures: Callable[[Sequence[Any]], tuple[Erasure, ...]] = lambda _facts: ()

    def fold(self, facts: Iterable[Any], state: S | None = None) -> S:
        """Return the state after `facts`."""
        folded = self.initial if state is None else state
        for fact in facts:
            folded = self.evolve(folded, fact)
        return folded


def not_later(day: date, today: date) -> None:
    """Refuse a day that has not come; commands have it in their field `occurred_on`.

    Raises:
        NotYetHappenedError: the day lies after `today`.
    """
    if day > today:
        raise NotYetHappenedError("occurred_on", date=day, today=today)


def occurred_on(fact: object, today: date) -> date:
    """Return the day on which a fact happened."""
    day = getattr(fact, "occurred_on", None)
    return day if isinstance(day, date) else today
