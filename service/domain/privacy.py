"""个人信息: erasing a personal value by a fact: facts, state, evolve, commands, decide.

The log's bodies hold only salted hashes of personal values, so erasing one leaves every stored byte as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID, uuid5

from service.domain.decider import NAMESPACE, Decider, Erasure, Stream
from service.domain.errors import InvalidValueError
from service.domain.place import Place, place_stream
from service.domain.values import LARGEST, Name, Reason, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataErased:
    """个人信息删除: the value at `path` of the fact at `position` of this region's log is gone for ever."""

    position: int
    path: Name
    reason: Reason


PrivacyFact: TypeAlias = PersonalDataErased


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What was erased in a region."""

    erased: frozenset[tuple[int, str]] = frozenset()


def evolve(state: Privacy, fact: PrivacyFact) -> Privacy:
    """Fold one fact; no rule, never raises."""
    return replace(state, erased=state.erased | {(fact.position, fact.path)})


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasePersonalData:
    """删除个人信息 Erase a personal value: `path` is a field of the fact, such as filled_by, that holds one."""

    position: int
    path: Name
    reason: Reason


def decide(command: ErasePersonalData, state: Privacy, place: Place, _today: date) -> Sequence[PrivacyFact]:
    """Judge an erasure; whether a value stands there is checked by the log in the same transaction."""
    place.need_open()
    if not 1 <= command.position <= LARGEST:
        raise InvalidValueError("position", rule="from 1")
    if (command.position, command.path) in state.erased:
        return []  # Already so.
    return [PersonalDataErased(position=command.position, path=command.path, reason=command.reason)]


def _erasures(facts: Sequence[PrivacyFact]) -> tuple[Erasure, ...]:
    return tuple(Erasure(position=fact.position, path=fact.path) for fact in facts)


def privacy_stream(region: Region) -> Stream:
    """Return the stream of a region's erasures."""
    return Stream("privacy", uuid5(NAMESPACE, f"privacy:{region}"))


def _stream(_command: ErasePersonalData, region: Region, _command_id: UUID) -> UUID:
    return privacy_stream(region).id


def _reads(_command: ErasePersonalData, region: Region) -> tuple[Stream, ...]:
    return (place_stream(region),)


DECIDER: Final = Decider[Privacy](
    kind="privacy",
    commands=(ErasePersonalData,),
    facts=(PersonalDataErased,),
    initial=Privacy(),
    stream=_stream,
    evolve=evolve,
    decide=decide,
    reads=_reads,
    erasures=_erasures,
)
