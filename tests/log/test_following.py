"""Places follow their superiors by themselves: province, city, county, each by facts of its own log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import asyncpg
import pytest
import structlog
from structlog.typing import EventDict

from service import following as module
from service.access import LOCAL
from service.attempt import Outcome
from service.domain.adoption import AdoptConfiguration, ConfigurationAdopted, EndAdoption
from service.domain.configuration import DictionarySet, SetDictionary, SetScheduleTemplate, TemplateStep
from service.domain.decider import Stream
from service.domain.dictionaries import Dictionary
from service.domain.identity import Track
from service.domain.place import DECIDER, Place, Purpose, place_stream
from service.domain.values import Code, Name, Reason, Region, Term
from service.following import Following
from service.handle import Handler
from service.log.codec import Stored
from service.log.log import Head, Log
from tests.examples import OPEN_PLACE, QIYANG, SET_COUNT_TARGET
from tests.examples.adoption import HUNAN, YONGZHOU
from tests.examples.configuration import SET_PAUSE_REASONS, SET_STAGES
from tests.log.build import contiguous, new_id, until

OLD_QIYANG: Final = Region("431121")
SANDBOX: Final = Region("990001")
ABOVE_SANDBOX: Final = Region("990000")


async def send(log: Log, region: Region, command: object) -> Outcome:
    outcome = await Handler(log).handle(LOCAL, region, command, command_id=new_id())
    assert outcome.refused is None
    return outcome


async def opened(log: Log, *places: Region, purpose: Purpose = Purpose.DEMO) -> None:
    for region in places:
        await send(log, region, replace(OPEN_PLACE, region=region, purpose=purpose))


def reasons(*codes: str, region: Region = YONGZHOU) -> SetDictionary:
    terms = tuple(Term(code=Code(code), zh=Name(f"原因{code}"), en=Name(code.lower())) for code in codes)
    return SetDictionary(region=region, name=Dictionary.PAUSE_REASON, terms=terms)


async def place_of(log: Log, region: Region) -> Place:
    return DECIDER.fold([one.fact for one in await log.read(region) if one.stored.stream_kind == "place"])


async def has(log: Log, region: Region) -> tuple[str, ...]:
    """Return the reasons for a pause that a place has, as facts of its own log say."""
    place = await place_of(log, region)
    return tuple(term.code for term in place.configuration.terms(Dictionary.PAUSE_REASON))


async def follows(log: Log, region: Region) -> Region | None:
    return (await place_of(log, region)).follows


async def settled(log: Log, following: Following | None = None) -> Following:
    """Let a service that has just started, unless one is given, follow until nothing is left to do."""
    one = following or Following(Handler(log), log)
    for _ in range(10):
        before = await log.heads()
        assert await one.step() == 0
        if await log.heads() == before:
            return one
    raise AssertionError("it goes on for ever")


@asynccontextmanager
async def running(log: Log) -> AsyncIterator[None]:
    """Let a service follow while the block lasts."""
    task = asyncio.create_task(Following(Handler(log), log).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def logged() -> Any:
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.mark.parametrize("order", [(YONGZHOU, QIYANG), (QIYANG, YONGZHOU)])
async def test_a_county_follows_its_city_whichever_was_opened_first(log: Log, order: tuple[Region, Region]) -> None:
    await opened(log, *order)
    await send(log, YONGZHOU, reasons("RAIN", "FUNDS"))
    await settled(log)
    assert await has(log, QIYANG) == ("RAIN", "FUNDS")
    adopted, setting = (await log.read(QIYANG))[-2:]
    assert adopted.fact == ConfigurationAdopted(source=YONGZHOU, source_version=2)
    assert isinstance(setting.fact, DictionarySet)
    assert setting.fact.adopted_from == YONGZHOU
    assert {(one.stored.actor, one.stored.cause) for one in (adopted, setting)} == {("follower", "following")}
    assert adopted.stored.command_id == setting.stored.command_id


async def test_what_a_province_changes_goes_down_to_the_county(log: Log) -> None:
    await opened(log, HUNAN, YONGZHOU, QIYANG)
    following = await settled(log)
    await send(log, HUNAN, reasons("RAIN", region=HUNAN))
    await settled(log, following)
    assert await has(log, YONGZHOU) == await has(log, QIYANG) == ("RAIN",)
    assert await follows(log, QIYANG) == YONGZHOU
    setting = (await log.read(QIYANG))[-1].fact
    assert setting.adopted_from == HUNAN  # Whose it is; whom the county follows stands in the fact before it.


async def test_the_nearest_superior_is_followed_once_it_keeps_a_ledger(log: Log) -> None:
    await opened(log, HUNAN, QIYANG)
    await send(log, HUNAN, reasons("RAIN", region=HUNAN))
    following = await settled(log)
    assert await follows(log, QIYANG) == HUNAN
    await opened(log, YONGZHOU)
    await settled(log, following)
    assert await follows(log, QIYANG) == YONGZHOU
    assert await has(log, QIYANG) == ("RAIN",)


async def test_a_ledger_under_a_former_code_follows_too(log: Log) -> None:
    await opened(log, OLD_QIYANG, YONGZHOU)
    await send(log, YONGZHOU, reasons("RAIN"))
    await settled(log)
    assert await has(log, OLD_QIYANG) == ("RAIN",)


async def test_what_a_place_has_set_itself_stays_and_the_rest_moves_on(log: Log) -> None:
    await opened(log, YONGZHOU, QIYANG)
    await send(log, QIYANG, reasons("FLOOD", region=QIYANG))
    await send(log, YONGZHOU, reasons("RAIN"))
    following = await settled(log)
    await send(log, YONGZHOU, replace(SET_STAGES, region=YONGZHOU))
    await settled(log, following)
    assert await has(log, QIYANG) == ("FLOOD",)
    assert (await place_of(log, QIYANG)).configuration.stages(SET_STAGES.track) == SET_STAGES.stages


async def test_who_ended_it_is_left_alone(log: Log) -> None:
    await opened(log, YONGZHOU, QIYANG)
    await send(log, YONGZHOU, reasons("RAIN"))
    following = await settled(log)
    await send(log, QIYANG, EndAdoption(region=QIYANG))
    await send(log, YONGZHOU, reasons("SNOW"))
    await settled(log, following)
    assert (await has(log, QIYANG), await follows(log, QIYANG)) == (("RAIN",), None)
    await settled(log)  # Another one, that has just started.
    await send(log, YONGZHOU, replace(SET_STAGES, region=YONGZHOU))
    again = AdoptConfiguration(region=QIYANG, source=YONGZHOU, reason=Reason("恢复沿用"))
    await send(log, QIYANG, again)
    await send(log, YONGZHOU, replace(SET_STAGES, region=YONGZHOU, stages=SET_STAGES.stages[:1]))
    await settled(log)
    assert (await place_of(log, QIYANG)).configuration.stages(SET_STAGES.track) == SET_STAGES.stages[:1]
    assert await has(log, QIYANG) == ("RAIN",)


async def test_who_ends_it_while_it_is_about_to_follow_is_left_alone(log: Log) -> None:
    await opened(log, YONGZHOU, QIYANG)

    class Late(Handler):
        async def handle(self, *args: Any, **rest: Any) -> Outcome:
            await send(log, QIYANG, EndAdoption(region=QIYANG))
            return await super().handle(*args, **rest)

    await settled(log, Following(Late(log), log))
    assert await follows(log, QIYANG) is None
    assert await contiguous(log) == 2


async def test_a_superior_that_was_chosen_by_hand_is_kept(log: Log) -> None:
    await opened(log, HUNAN, YONGZHOU, QIYANG)
    following = await settled(log)
    await send(log, YONGZHOU, reasons("SNOW"))
    await send(log, QIYANG, AdoptConfiguration(region=QIYANG, source=HUNAN))
    await settled(log, following)
    await send(log, HUNAN, reasons("RAIN", region=HUNAN))
    await settled(log, following)
    await settled(log)
    assert (await follows(log, QIYANG), await has(log, QIYANG)) == (HUNAN, ("RAIN",))
    assert await has(log, YONGZHOU) == ("SNOW",)


@pytest.mark.parametrize(
    ("above", "below"), [(Purpose.LIVE, Purpose.DEMO), (Purpose.DEMO, Purpose.LIVE), (Purpose.LIVE, Purpose.LIVE)]
)
async def test_a_real_ledger_follows_a_real_one_and_a_demonstration_a_demonstration(
    log: Log, above: Purpose, below: Purpose
) -> None:
    await opened(log, YONGZHOU, purpose=above)
    await opened(log, QIYANG, purpose=below)
    await settled(log)
    assert await follows(log, QIYANG) == (YONGZHOU if above is below else None)


async def test_a_superior_of_another_purpose_is_passed_over(log: Log) -> None:
    await opened(log, HUNAN, QIYANG, purpose=Purpose.LIVE)
    await opened(log, YONGZHOU)
    await settled(log)
    assert (await follows(log, QIYANG), await follows(log, YONGZHOU)) == (HUNAN, None)


async def test_a_sandbox_follows_nobody(log: Log) -> None:
    await opened(log, ABOVE_SANDBOX, SANDBOX, purpose=Purpose.SANDBOX)
    await settled(log)
    assert await follows(log, SANDBOX) is None


async def test_several_services_add_what_one_adds(log: Log, database: str) -> None:
    await opened(log, HUNAN, YONGZHOU, QIYANG)
    await send(log, HUNAN, reasons("RAIN", region=HUNAN))
    async with Log.open(database) as other, running(log), running(other), running(log):

        async def all_follow() -> bool:
            return await has(log, QIYANG) == ("RAIN",)

        await until(all_follow)
        await send(log, YONGZHOU, reasons("SNOW"))

        async def county_follows() -> bool:
            return await has(log, QIYANG) == ("SNOW",)

        await until(county_follows)
    facts = [one.fact for one in await log.read(QIYANG)]
    adopted = [(one.source, one.source_version) for one in facts if isinstance(one, ConfigurationAdopted)]
    assert len(adopted) == len(set(adopted))
    before = await log.heads()
    await settled(log)
    assert await log.heads() == before


async def test_a_service_that_starts_again_asks_the_log_for_nothing_but_streams(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await opened(log, YONGZHOU, QIYANG)
    await settled(log)
    await send(log, YONGZHOU, reasons("RAIN", "FUNDS"))
    await send(log, QIYANG, reasons("FLOOD", region=QIYANG))
    following = await settled(log)
    # The county has its own: there is nothing to take over, and no command is sent that would be kept as an outcome.
    await send(log, YONGZHOU, reasons("SNOW"))
    await settled(log, following)
    await settled(log)
    assert await as_owner.fetchval("SELECT count(*) FROM outcome") == 0


class Counted(Log):
    """A log that counts what is read of it, and fails when it is told to."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.codec = log.codec
        self.bell = log.bell
        self.read_of: list[str] = []
        self.fails: list[Exception] = []

    async def heads(self) -> list[Head]:
        """Return them as ever."""
        if self.fails:
            raise self.fails.pop()
        return await self._log.heads()

    async def read_stream(self, region: str, stream: Stream, **rest: Any) -> list[Stored]:
        """Count, and read."""
        self.read_of.append(region)
        return await self._log.read_stream(region, stream, **rest)


async def test_a_start_reads_each_place_once_and_later_only_what_rang(log: Log) -> None:
    await opened(log, HUNAN, YONGZHOU, QIYANG)
    await settled(log)
    counted = Counted(log)
    following = Following(Handler(log), counted)
    await following.step()
    assert sorted(counted.read_of) == [HUNAN, YONGZHOU, QIYANG]
    await following.step()
    assert len(counted.read_of) == 3
    await send(log, QIYANG, SET_COUNT_TARGET)
    await following.step()
    assert counted.read_of[3:] == [QIYANG, QIYANG]  # Whether what is known is still there, and what is new.


async def test_a_long_stream_is_read_in_pages(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_READ", 2)
    await opened(log, YONGZHOU, QIYANG)
    for number in range(5):
        await send(log, YONGZHOU, reasons(f"R{number}"))
    counted = Counted(log)
    await settled(log, Following(Handler(log), counted))
    assert await has(log, QIYANG) == ("R4",)
    assert counted.read_of.count(YONGZHOU) == 4  # Six facts in full pages, and the end.


@pytest.mark.parametrize("error", [OSError("away"), RuntimeError("a bug")])
async def test_neither_a_database_that_is_away_nor_a_bug_ends_it(
    log: Log, logged: list[EventDict], error: Exception
) -> None:
    await opened(log, YONGZHOU, QIYANG)
    await send(log, YONGZHOU, reasons("RAIN"))
    counted = Counted(log)
    counted.fails = [error]
    task = asyncio.create_task(Following(Handler(log), counted).run())

    async def it_follows() -> bool:
        return await has(log, QIYANG) == ("RAIN",)

    await until(it_follows)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [one["log_level"] for one in logged] == ["warning" if isinstance(error, OSError) else "error"]


class Failing(Handler):
    """A handler that fails as often as it is told to."""

    def __init__(self, log: Log, *fails: Exception) -> None:
        super().__init__(log)
        self.fails = [*fails]

    async def handle(self, *args: Any, **rest: Any) -> Outcome:
        """Fail, or handle."""
        if self.fails:
            raise self.fails.pop()
        return await super().handle(*args, **rest)


async def test_a_command_that_the_database_could_not_take_is_sent_again(log: Log, logged: list[EventDict]) -> None:
    await opened(log, YONGZHOU, QIYANG)
    following = Following(Failing(log, OSError("away")), log)
    assert await following.step() == 1
    assert await following.step() == 0
    assert await follows(log, QIYANG) == YONGZHOU
    assert [one["log_level"] for one in logged] == ["warning"]


async def test_a_bug_with_one_place_is_told_and_the_others_follow(log: Log, logged: list[EventDict]) -> None:
    await opened(log, YONGZHOU, Region("431103"), QIYANG)
    following = Following(Failing(log, RuntimeError("a bug")), log)
    await settled(log, following)
    assert [one["log_level"] for one in logged] == ["error"]
    found = {await follows(log, region) for region in (Region("431103"), QIYANG)}
    assert found == {YONGZHOU, None}
    await send(log, YONGZHOU, reasons("RAIN"))
    await settled(log, following)
    assert await has(log, QIYANG) == await has(log, Region("431103")) == ("RAIN",)


async def test_a_place_that_can_not_be_read_does_not_hold_up_the_others(log: Log, logged: list[EventDict]) -> None:
    await opened(log, YONGZHOU, QIYANG)

    class Unreadable(Counted):
        async def read_stream(self, region: str, stream: Stream, **rest: Any) -> list[Stored]:
            if stream == place_stream(HUNAN):
                raise RuntimeError("a fact of a later version")
            return await super().read_stream(region, stream, **rest)

    await opened(log, HUNAN)
    await settled(log, Following(Handler(log), Unreadable(log)))
    assert await follows(log, QIYANG) == YONGZHOU
    assert await follows(log, YONGZHOU) is None
    assert [one["log_level"] for one in logged] == ["error"]


async def test_a_place_that_could_not_be_read_for_the_database_is_read_again(log: Log) -> None:
    await opened(log, YONGZHOU, QIYANG)

    class Away(Counted):
        times = 1

        async def read_stream(self, region: str, stream: Stream, **rest: Any) -> list[Stored]:
            if self.times:
                self.times -= 1
                raise OSError("away")
            return await super().read_stream(region, stream, **rest)

    following = Following(Handler(log), Away(log))
    await following.step()
    await settled(log, following)
    assert await follows(log, QIYANG) == YONGZHOU


async def test_the_pause_reasons_of_the_examples_are_followed_while_the_service_runs(log: Log) -> None:
    await opened(log, YONGZHOU, QIYANG)
    async with running(log):
        await send(log, YONGZHOU, replace(SET_PAUSE_REASONS, region=YONGZHOU))

        async def it_follows() -> bool:
            return await has(log, QIYANG) == ("FUNDS", "FLOOD")

        await until(it_follows)


class Away(Counted):
    """A log of which one region's stream can't be read the first time."""

    def __init__(self, log: Log, region: Region) -> None:
        super().__init__(log)
        self.away: Region | None = region

    async def read_stream(self, region: str, stream: Stream, **rest: Any) -> list[Stored]:
        """Be away once."""
        if region == self.away:
            self.away = None
            raise OSError("away")
        return await super().read_stream(region, stream, **rest)


async def test_a_superior_that_can_not_be_read_at_once_is_not_passed_over(log: Log) -> None:
    await opened(log, HUNAN, YONGZHOU, QIYANG)
    await send(log, YONGZHOU, reasons("SNOW"))
    await send(log, HUNAN, reasons("RAIN", region=HUNAN))
    await settled(log)
    before = await log.heads()
    started_again = Following(Handler(log), Away(log, YONGZHOU))
    await started_again.step()
    await settled(log, started_again)
    assert (await follows(log, QIYANG), await has(log, QIYANG)) == (YONGZHOU, ("SNOW",))
    assert await log.heads() == before


async def test_what_a_place_could_not_adopt_is_adopted_once_it_can(log: Log) -> None:
    """A template with a milestone that its own list lacked."""

    def milestones(region: Region, *codes: str) -> SetDictionary:
        terms = tuple(Term(code=Code(code), zh=Name(f"节点{code}"), en=Name(code.lower())) for code in codes)
        return SetDictionary(region=region, name=Dictionary.MILESTONE, terms=terms)

    await opened(log, YONGZHOU, QIYANG)
    await send(log, QIYANG, milestones(QIYANG, "LAND"))
    await send(log, YONGZHOU, milestones(YONGZHOU, "LAND", "POWER"))
    steps = (TemplateStep(milestone=Code("POWER"), days_before=5),)
    await send(log, YONGZHOU, SetScheduleTemplate(region=YONGZHOU, track=Track.PROMOTED, steps=steps))
    following = await settled(log)
    await send(log, QIYANG, milestones(QIYANG, "LAND", "POWER"))
    await settled(log, following)
    (step,) = (await place_of(log, QIYANG)).configuration.template(Track.PROMOTED)
    assert step.milestone == "POWER"


async def test_a_demonstration_that_is_being_loaded_with_a_past_is_left_alone(log: Log) -> None:
    await opened(log, YONGZHOU)
    at_us, handler = 1_600_000_000_000_000, Handler(log)
    await handler.handle(LOCAL, QIYANG, OPEN_PLACE, command_id=new_id(), recorded_us=at_us)
    await settled(log)
    later = await handler.handle(LOCAL, QIYANG, SET_COUNT_TARGET, command_id=new_id(), recorded_us=at_us + 1000)
    assert later.recorded_us == at_us + 1000


async def test_after_a_backup_was_restored_it_follows_what_is_there(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record]
) -> None:
    await opened(log, YONGZHOU, QIYANG)
    following = await settled(log)
    await send(log, YONGZHOU, reasons("SNOW"))
    await settled(log, following)
    await as_owner.execute("ALTER TABLE fact DISABLE TRIGGER USER")  # One of them forbids this.
    await as_owner.execute("DELETE FROM fact WHERE position > 1")
    await as_owner.execute("UPDATE log_head SET position = 1")
    await send(log, YONGZHOU, reasons("ICE"))
    await settled(log, following)
    assert (await follows(log, QIYANG), await has(log, QIYANG)) == (YONGZHOU, ("ICE",))
