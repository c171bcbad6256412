"""What every read model promises, whatever it shows."""

import asyncio
from typing import Final

import pytest
from structlog.typing import EventDict

import projections
from projections.rebuild import ensure, rebuild
from projections.runner import MisconfiguredError
from projections.table import NOW_US
from service.database import READ_SCHEMA
from tests.examples import QIYANG
from tests.projections.contract import CONTRACTS, EVERY, Contract
from tests.projections.feeding import Ledger

each: Final = pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.projection.name)
STORY: Final = tuple(EVERY.values())


def _named(names: tuple[str, ...]) -> list[object]:
    return [EVERY[name] for name in names]


def test_every_read_model_has_a_contract() -> None:
    assert [type(contract.projection) for contract in CONTRACTS] == [type(one) for one in projections.ALL]


@each
async def test_handled(ready: Ledger, contract: Contract) -> None:
    alone = [contract.projection]  # What the others make of it is asked of them.
    before = await ready.rows(contract.projection)
    for name in contract.handled:
        recorded = (await ready.feed(EVERY[name], read_models=alone))[-1]
        after = await ready.rows(contract.projection)
        fresh = [row for table, rows in after.items() for row in rows if row not in before[table]]
        times = {row[-2] for row in fresh if row[-1] == NOW_US} | {row[-1] for row in fresh if row[-1] != NOW_US}
        assert times == {recorded.stored.recorded_us}, name
        before = after


@each
async def test_already_seen(ready: Ledger, contract: Contract) -> None:
    await ready.feed(*STORY)
    before = await ready.rows(contract.projection)
    assert await ready.runner().step(QIYANG) == 0
    assert await ready.rows(contract.projection) == before


@each
async def test_ignored(ready: Ledger, contract: Contract) -> None:
    await ready.feed(*_named(contract.ignored), read_models=[contract.projection])
    assert not any((await ready.rows(contract.projection)).values())
    assert await ready.mark() == len(contract.ignored)


@each
async def test_ignored_between(ready: Ledger, contract: Contract) -> None:
    first, *others = _named(contract.handled)
    alone = [contract.projection]
    await ready.feed(first, read_models=alone)
    for fact in others:
        before = await ready.rows(contract.projection)
        await ready.feed(*_named(contract.ignored), read_models=alone)
        assert await ready.rows(contract.projection) == before
        await ready.feed(fact, read_models=alone)
        assert await ready.rows(contract.projection) != before
    assert await ready.mark() == len(contract.handled) + len(others) * len(contract.ignored)


@each
async def test_raced(ready: Ledger, contract: Contract) -> None:
    await ready.record(*STORY)
    counts = await asyncio.gather(*(ready.runner().step(QIYANG) for _ in range(4)))
    assert sorted(counts) == [0, 0, 0, len(STORY)]
    raced = await ready.rows(contract.projection)
    rebuilt = await rebuild(ready.dsn, ready.log, projections.ALL, contract.projection.name, lambda _done, _all: None)
    assert not any(rebuilt.differing.values())
    assert await ready.rows(contract.projection) == raced


@each
async def test_failing(ready: Ledger, contract: Contract, logged: list[EventDict]) -> None:
    name = contract.projection.name
    await ready.feed(EVERY["PLACE_OPENED"])
    before = {one.name: await ready.rows(one) for one in projections.ALL}
    for table in contract.projection.tables:
        full = f"{READ_SCHEMA}.{table.name}"
        await ready.owner.execute(f"ALTER TABLE {full} ADD CONSTRAINT no_more CHECK (false) NOT VALID")
    runner = ready.runner()
    await ready.record(*STORY[1:])
    assert await runner.step(QIYANG) == len(STORY) - 1
    # It stands still as a whole, all know it, and the others have gone on.
    assert await ready.aside() == {(QIYANG, name): 2}
    assert runner.aside == {QIYANG: {name}}
    assert [one["projection"] for one in logged if one["log_level"] == "error"] == [name]
    assert await runner.wait_for(QIYANG, len(STORY), 0)
    assert [one.name for one in projections.ALL if await ready.rows(one) == before[one.name]] == [name]
    # It is not tried again, and not skipped: a rebuild is what brings it back.
    await ready.record(EVERY["RESERVED"], EVERY["OPENING_STATED"])
    assert await runner.step(QIYANG) == 2
    assert await ready.rows(contract.projection) == before[name]
    rebuilt = await rebuild(ready.dsn, ready.log, projections.ALL, name, lambda _done, _all: None)
    assert sum(rebuilt.differing.values()) > 0
    assert await ready.rows(contract.projection) != before[name]
    assert await ready.aside() == {}
    await runner.look()
    assert runner.aside == {}


@each
async def test_misconfigured(ready: Ledger, contract: Contract) -> None:
    """Tables that another version has made are not written to; none of the others runs ahead either."""
    await ready.owner.execute("UPDATE projection SET fingerprint = 'x' WHERE name = $1", contract.projection.name)
    await ready.record(*STORY)
    with pytest.raises(MisconfiguredError, match=contract.projection.name):
        await ready.runner().step(QIYANG)
    assert await ready.mark() == 0
    assert not any((await ready.rows(contract.projection)).values())
    assert await ready.aside() == {}
    await ensure(ready.dsn, ready.log, projections.ALL)
    assert await ready.runner().step(QIYANG) == len(STORY)


@each
async def test_a_batch_costs_the_same_few_statements_whatever_its_size(ready: Ledger, contract: Contract) -> None:
    await ready.record(*STORY, *(EVERY["THROUGH_MARCH_REPORTED"], EVERY["AMENDED"], EVERY["STARTED"]) * 100)
    facts = await ready.log.read(QIYANG, limit=500)
    # A connection that sees a type of array for the first time asks about it, once.
    await contract.projection.apply(ready.owner, facts[: len(STORY)])
    counts = []
    for batch in (facts[len(STORY) : len(STORY) + 3], facts[len(STORY) + 3 :]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await contract.projection.apply(ready.owner, batch)
        counts.append(len(sent))
    assert counts[1] == counts[0] <= contract.statements
