"""Rows that know from when to when the ledger held them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

import asyncpg
import pytest

from projections.table import BY_INDEX, NOW_US, Change, Table, fingerprint
from service.database import Connection, owner
from tests.projections.tally import COLUMNS, Tally

REGION: Final = "431181"
LAMP: Final = Table(
    name="lamp",
    key=("street", "number"),
    columns={"street": 'text COLLATE "C" NOT NULL', "number": "integer NOT NULL", "colour": "text"},
    indexes=("colour",),
)


@pytest.fixture
async def connection(empty_database: str) -> AsyncIterator[Connection]:
    async with owner(empty_database, search_path="public") as opened:
        await opened.execute(LAMP.ddl)
        yield opened


def lit(at_us: int, colour: str, number: int = 1) -> Change:
    return LAMP.change({"street": "a", "number": number, "colour": colour}, at_us)


def new_lit(at_us: int, colour: str, number: int = 1) -> Change:
    return LAMP.change({"street": "a", "number": number, "colour": colour}, at_us, fresh=True)


def out(at_us: int, number: int = 1) -> Change:
    return Change(("a", number), at_us, None)


async def versions(connection: Connection, number: int = 1, region: str = REGION) -> list[tuple[Any, ...]]:
    rows = await connection.fetch(
        "SELECT colour, recorded_from, recorded_to FROM lamp WHERE region = $1 AND number = $2 ORDER BY recorded_from",
        region,
        number,
    )
    return [tuple(row) for row in rows]


CASES: Final[dict[str, tuple[list[list[Change]], list[tuple[str, int, int]]]]] = {
    "a row begins": ([[lit(10, "red")]], [("red", 10, NOW_US)]),
    "a row changes in a later batch": (
        [[lit(10, "red")], [lit(20, "blue")]],
        [("red", 10, 20), ("blue", 20, NOW_US)],
    ),
    "a row changes twice in a batch": (
        [[lit(10, "red")], [lit(20, "blue"), lit(30, "green")]],
        [("red", 10, 20), ("blue", 20, 30), ("green", 30, NOW_US)],
    ),
    "a row begins and changes in one batch": (
        [[lit(10, "red"), lit(20, "blue")]],
        [("red", 10, 20), ("blue", 20, NOW_US)],
    ),
    "a row ends": ([[lit(10, "red")], [out(20)]], [("red", 10, 20)]),
    "a row begins and ends in one batch": ([[lit(10, "red"), out(20)]], [("red", 10, 20)]),
    "a row ends and is born again in one batch": (
        [[lit(10, "red")], [out(20), lit(30, "red")]],
        [("red", 10, 20), ("red", 30, NOW_US)],
    ),
    "a row is born again in a later batch": (
        [[lit(10, "red")], [out(20)], [lit(30, "blue")]],
        [("red", 10, 20), ("blue", 30, NOW_US)],
    ),
    "what one fact says last counts": (
        [[lit(10, "red")], [lit(20, "blue"), lit(20, "green")]],
        [("red", 10, 20), ("green", 20, NOW_US)],
    ),
    "one fact ends a row and begins it": (
        [[lit(10, "red")], [out(20), lit(20, "blue")]],
        [("red", 10, 20), ("blue", 20, NOW_US)],
    ),
    "one fact begins a row and ends it": ([[lit(10, "red"), out(10)]], []),
    "one fact changes a row and ends it": ([[lit(10, "red")], [lit(20, "blue"), out(20)]], [("red", 10, 20)]),
    "what was never there can end": ([[out(10)], [lit(20, "red")]], [("red", 20, NOW_US)]),
    "nothing changes": ([[lit(10, "red")], []], [("red", 10, NOW_US)]),
}
EXPECTED: Final = {case: expected for case, (_, expected) in CASES.items()}


async def test_versions_follow_each_other_without_gap_or_overlap(connection: Connection) -> None:
    for case, (batches, _) in CASES.items():
        for batch in batches:
            await LAMP.write(connection, case, batch)
    assert {case: await versions(connection, region=case) for case in CASES} == EXPECTED


async def test_how_changes_are_batched_makes_no_difference(connection: Connection) -> None:
    for case, (batches, _) in CASES.items():
        await LAMP.write(connection, case, [change for batch in batches for change in batch])
    assert {case: await versions(connection, region=case) for case in CASES} == EXPECTED


async def test_a_row_that_is_known_to_be_new_closes_none_and_is_refused_if_it_is_not(connection: Connection) -> None:
    async def closings(*changes: Change) -> int:
        sent: list[str] = []
        with connection.query_logger(lambda query: sent.append(query.query)):
            await LAMP.write(connection, REGION, changes)
            await connection.fetch("SELECT 1")  # What is heard comes one turn of the loop later.
        return sum("UPDATE lamp" in one for one in sent)

    assert await closings(new_lit(10, "red"), lit(20, "blue"), new_lit(20, "white", number=2)) == 0
    assert await closings(new_lit(25, "red", number=3), lit(25, "black", number=2)) == 1
    assert await versions(connection) == [("red", 10, 20), ("blue", 20, NOW_US)]
    with pytest.raises(asyncpg.UniqueViolationError):
        await LAMP.write(connection, REGION, [new_lit(30, "green")])


async def test_rows_and_regions_do_not_touch_each_other(connection: Connection) -> None:
    await LAMP.write(connection, REGION, [lit(10, "red"), lit(11, "blue", number=2), lit(12, "green")])
    await LAMP.write(connection, "431121", [lit(13, "white"), out(14)])
    assert await versions(connection) == [("red", 10, 12), ("green", 12, NOW_US)]
    assert await versions(connection, 2) == [("blue", 11, NOW_US)]
    assert await versions(connection, region="431121") == [("white", 13, 14)]


async def test_current_is_what_holds_now(connection: Connection) -> None:
    await LAMP.write(
        connection, REGION, [lit(10, "red"), lit(11, "red", 2), lit(12, "red", 3), out(13, 3), lit(14, "blue", 2)]
    )
    await LAMP.write(connection, "431121", [lit(15, "red")])
    assert await LAMP.current(connection, REGION, "street", ["a", "b", "a"]) == {
        ("a", 1): {"street": "a", "number": 1, "colour": "red"},
        ("a", 2): {"street": "a", "number": 2, "colour": "blue"},
    }
    assert list(await LAMP.current(connection, REGION, "colour", ["red"])) == [("a", 1)]


async def test_two_versions_cannot_both_hold_now(connection: Connection) -> None:
    rows = await connection.fetch("SELECT indexdef FROM pg_indexes WHERE tablename = 'lamp' ORDER BY indexname LIMIT 9")
    assert [row[0].split(" USING ")[0].removesuffix(" ON public.lamp") for row in rows] == [
        "CREATE INDEX lamp_1",
        "CREATE UNIQUE INDEX lamp_now",
        "CREATE UNIQUE INDEX lamp_pkey",
    ]


async def test_a_batch_goes_by_its_index_though_the_table_was_empty_when_it_was_first_planned(
    connection: Connection,
) -> None:
    await connection.execute(f"PREPARE close AS {LAMP._close}")
    async with connection.transaction():
        await connection.execute(f"SELECT {BY_INDEX}, set_config('plan_cache_mode', 'force_generic_plan', true)")
        rows = await connection.fetch("EXPLAIN EXECUTE close ('431181', '{1}', '{a}', '{1}')")
    plan = "\n".join(row[0] for row in rows)
    assert "Index Scan using lamp_now" in plan
    assert "Seq Scan" not in plan
    assert "street = " in plan.split("lamp_now")[1].split("\n")[1]  # The whole key, not the region alone.


def test_another_definition_has_another_fingerprint() -> None:
    same = fingerprint(Tally())
    assert fingerprint(Tally()) == same
    others = [
        fingerprint(Tally(version=2)),
        fingerprint(Tally("count")),
        fingerprint(Tally(columns={**COLUMNS, "note": "text"})),
        fingerprint(Tally(columns={**COLUMNS, "facts": "integer NOT NULL"})),
    ]
    assert len({same, *others}) == 5
