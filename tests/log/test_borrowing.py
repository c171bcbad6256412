"""A decision that reads another region's ledger: what it takes stands in the fact, and nobody can send it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from service.access import LOCAL
from service.attempt import Outcome
from service.domain.adoption import ConfigurationAdopted
from service.domain.errors import NotSuperiorError, PlaceNotOpenError, RejectedError
from service.domain.values import Region
from service.handle import Handler
from service.log.log import Loaded, Log
from service.log.writer import Appended, BusyError, Item
from tests.examples import OPEN_PLACE, QIYANG, SET_COUNT_TARGET
from tests.examples.adoption import ADOPT, OPEN_CITY, YONGZHOU
from tests.examples.configuration import PAUSE_REASONS_SET, SET_PAUSE_REASONS, SET_RULES
from tests.log.build import contiguous, new_id

CITY_REASONS = replace(SET_PAUSE_REASONS, region=YONGZHOU)
CITY_RULES = replace(SET_RULES, region=YONGZHOU)


async def send(log: Log, command: object, region: Region = QIYANG, command_id: UUID | None = None) -> Outcome:
    return await Handler(log).handle(LOCAL, region, command, command_id=command_id or new_id())


@pytest.fixture
async def both(log: Log) -> Log:
    """Return a log in which the county and the city keep a ledger, and the city has set its reasons for a pause."""
    await send(log, OPEN_PLACE)
    await send(log, OPEN_CITY, YONGZHOU)
    await send(log, CITY_REASONS, YONGZHOU)
    return log


def kind_of(refused: RejectedError | None) -> type[RejectedError]:
    assert refused is not None
    return type(refused)


async def test_the_facts_hold_what_the_other_ledger_holds_and_at_which_version(both: Log) -> None:
    outcome = await send(both, ADOPT)
    assert (outcome.region, outcome.version, outcome.position) == (QIYANG, 3, 3)
    adopted, setting = (one.fact for one in (await both.read(QIYANG))[1:])
    assert adopted == ConfigurationAdopted(source=YONGZHOU, source_version=2, documents=ADOPT.documents)
    assert setting == replace(PAUSE_REASONS_SET, adopted_from=YONGZHOU)
    assert len(await both.read(YONGZHOU)) == 2


async def test_the_same_command_again_is_answered_as_first_whatever_the_other_ledger_holds_now(both: Log) -> None:
    command_id = new_id()
    first = await send(both, ADOPT, command_id=command_id)
    await send(both, CITY_RULES, YONGZHOU)
    assert await send(both, ADOPT, command_id=command_id) == first
    assert await contiguous(both) == 3
    assert (await send(both, ADOPT)).position == 5


async def test_a_ledger_that_is_not_there_is_a_refusal(log: Log) -> None:
    await send(log, OPEN_PLACE)
    assert kind_of((await send(log, ADOPT)).refused) is PlaceNotOpenError
    assert kind_of((await send(log, replace(ADOPT, source=QIYANG))).refused) is NotSuperiorError
    assert await contiguous(log) == 1


class Watched(Log):
    """A log that notes what is loaded, and in which something happens before facts are stored."""

    def __init__(self, log: Log, *happens: tuple[Region, object]) -> None:
        self._log = log
        self.codec = log.codec
        self.happens = [*happens]
        self.loaded: list[tuple[str, int]] = []
        self.away_for: str | None = None

    async def ledger(self, region: Region) -> Region:
        """Find it as ever."""
        return await self._log.ledger(region)

    async def load(self, region: str, streams: Any, *command_ids: UUID) -> Loaded:
        """Note, and load."""
        if region == self.away_for:
            raise OSError("away")
        self.loaded.append((region, len(streams)))
        return await self._log.load(region, streams, *command_ids)

    async def append(self, region: str, item: Item, *, timeout_s: float = 5) -> Appended:
        """Let it happen, and append."""
        if self.happens:
            where, command = self.happens.pop(0)
            await send(self._log, command, where)
        return await self._log.append(region, item, timeout_s=timeout_s)


async def test_what_is_borrowed_may_move_before_the_facts_are_stored(both: Log) -> None:
    """There is no guard over two logs: the fact says which version it took, and the next one takes the rest."""
    watched = Watched(both, (YONGZHOU, CITY_RULES))
    assert (await send(watched, ADOPT)).position == 3
    assert watched.loaded == [(QIYANG, 1), (YONGZHOU, 1)]
    await send(both, ADOPT)
    adopted = [one.fact for one in await both.read(QIYANG) if isinstance(one.fact, ConfigurationAdopted)]
    assert [one.source_version for one in adopted] == [2, 3]


async def test_what_is_borrowed_is_read_anew_with_a_new_decision(both: Log) -> None:
    own = replace(SET_PAUSE_REASONS, terms=SET_PAUSE_REASONS.terms[:1])
    watched = Watched(both, (QIYANG, own))
    assert (await send(watched, ADOPT)).refused is None
    assert watched.loaded == [(QIYANG, 1), (YONGZHOU, 1)] * 2
    assert [type(one.fact).__name__ for one in await both.read(QIYANG)] == [
        "PlaceOpened",
        "DictionarySet",
        "ConfigurationAdopted",
    ]


async def test_a_command_that_borrows_nothing_loads_its_own_ledger_alone(both: Log) -> None:
    watched = Watched(both)
    await send(watched, SET_COUNT_TARGET)
    assert [region for region, _ in watched.loaded] == [QIYANG]


async def test_another_ledger_that_can_not_be_read_is_busy_and_nothing_is_stored(both: Log) -> None:
    watched = Watched(both)
    watched.away_for = YONGZHOU
    with pytest.raises(BusyError):
        await send(watched, ADOPT)
    assert await contiguous(both) == 1


async def test_a_command_id_that_is_used_in_the_other_ledger_is_another_ones(both: Log) -> None:
    command_id = new_id()
    await send(both, CITY_RULES, YONGZHOU, command_id)
    assert (await send(both, ADOPT, command_id=command_id)).refused is None
