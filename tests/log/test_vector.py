"""A reader of several regions' logs comes back with a cursor, and gets each fact once and in order."""

from __future__ import annotations

import asyncio
import base64
import json

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import schema
from schema.documents import Documents, RefusedError
from service.domain.codes import regions
from service.domain.errors import InvalidValueError
from service.domain.values import LARGEST
from service.log.log import Log
from service.log.vector import CursorAheadError, Vector
from tests.log.build import REGION, item, row, stream

OTHERS = ("430424", "990001")


async def fill(log: Log, count: int) -> None:
    regions = (REGION, *OTHERS)
    await asyncio.gather(*(log.append(regions[n % 3], item(row(stream()))) for n in range(count)))


async def test_each_fact_comes_once_and_in_its_regions_order(log: Log) -> None:
    seen: dict[str, list[int]] = {}
    at = Vector()
    for wave in range(3):
        await fill(log, 30 + wave)
        while True:
            rows, at = await log.changes(Vector.parse(str(at)), limit=7)
            assert len(rows) <= 7
            for one in rows:
                seen.setdefault(one.region, []).append(one.id)
            if not rows:
                break
    lengths = {head.region: head.position for head in await log.heads()}
    assert seen == {region: [*range(1, length + 1)] for region, length in lengths.items()}
    assert at.positions == lengths


async def test_only_the_regions_that_were_asked_for_are_read(log: Log) -> None:
    await fill(log, 9)
    rows, at = await log.changes(Vector({REGION: 1}), regions=[REGION])
    assert [(one.region, one.id) for one in rows] == [(REGION, 2), (REGION, 3)]
    assert at.positions == {REGION: 3}


@given(
    st.dictionaries(
        st.from_regex("[0-9]{6}", fullmatch=True),
        st.tuples(st.integers(1, LARGEST), st.none() | st.integers(0, 2**62)),
        max_size=50,
    )
)
def test_a_cursor_is_a_text_that_comes_back_as_it_was(at: dict[str, tuple[int, int | None]]) -> None:
    vector = Vector().moved((region, position, recorded_us) for region, (position, recorded_us) in at.items())
    assert Vector.parse(str(vector)) == vector
    assert vector.positions == {region: position for region, (position, _) in at.items()}
    assert vector.marks.keys() == {region for region, (_, recorded_us) in at.items() if recorded_us is not None}


@given(st.binary(max_size=40).map(lambda rest: b"\x01" + rest))
def test_what_is_read_of_any_bytes_is_a_cursor_or_refused(plain: bytes) -> None:
    try:
        vector = Vector.parse(base64.urlsafe_b64encode(plain).decode())
    except InvalidValueError:
        return
    assert Vector.parse(str(vector)) == vector
    assert all(len(region) == 6 and 0 <= at <= LARGEST for region, at in vector.positions.items())


def test_a_cursor_over_all_counties_is_a_variable() -> None:
    codes = sorted(regions.codes_in(regions.REVISIONS[-1]))[:3_200]
    now = {code: (100_000 + number, 1_792_000_000_000_000 + number) for number, code in enumerate(codes)}
    vector = Vector().moved((code, position, us) for code, (position, us) in now.items())
    text = str(vector)
    old = base64.urlsafe_b64encode(json.dumps(dict(vector.positions), separators=(",", ":")).encode())
    assert len(vector.positions) == 3_200
    assert len(text) < len(old) / 2
    ask = "query ($after: String) { changes(after: $after) { cursor } }"
    Documents(schema._schema).read(ask, None, {"after": text})
    with pytest.raises(RefusedError):
        Documents(schema._schema).read(ask, None, {"after": old.decode()})


def test_a_cursor_of_the_first_form_is_still_read() -> None:
    text = base64.urlsafe_b64encode(b'{"000000":2,"431181":7}').decode()
    assert Vector.parse(text) == Vector({"000000": 2, "431181": 7})


@pytest.mark.parametrize("more", [0, 1, 2, 5])
async def test_a_cursor_ahead_of_a_restored_log_is_refused_however_far_it_went_on(
    log: Log, as_owner: asyncpg.Connection[asyncpg.Record], more: int
) -> None:
    await fill(log, 9)
    _, at = await log.changes(Vector())
    await log.check(at)
    await as_owner.execute("ALTER TABLE fact DISABLE TRIGGER USER")  # One of them forbids this.
    await as_owner.execute("DELETE FROM fact WHERE region = $1 AND position > 1", REGION)
    await as_owner.execute("UPDATE log_head SET position = 1 WHERE region = $1", REGION)
    for _ in range(more):
        await log.append(REGION, item(row(stream())))
    with pytest.raises(CursorAheadError) as refused:
        await log.check(at)
    assert (refused.value.region, refused.value.position) == (REGION, 3)


@pytest.mark.parametrize(
    "plain", [b"", b"[]", b"{", b'{"431181": -1}', b'{"431181": 1.5}', b'{"431181": true}', b'{"x": 1}', b"\xff"]
)
def test_what_is_no_cursor_is_refused(plain: bytes) -> None:
    with pytest.raises(InvalidValueError) as refused:
        Vector.parse(base64.urlsafe_b64encode(plain).decode())
    assert refused.value.path == ("after",)


@pytest.mark.parametrize("text", ["游标", "a", "e30!", "\x00"])
def test_a_text_that_stands_for_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Vector.parse(text)


async def test_a_fact_as_a_line_has_its_body_as_it_is_stored(log: Log) -> None:
    await log.append(REGION, item(row(stream())))
    (stored,), _ = await log.changes(Vector())
    line = stored.line()
    told = json.loads(line)
    assert "\n" not in line
    assert stored.state.decode() in line
    assert (told["region"], told["position"], told["name"]) == (REGION, 1, stored.topic)
    assert list(told) == sorted(told)
