"""A reader of several regions' logs comes back with a cursor, and gets each fact once and in order."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest

from service.domain.errors import InvalidValueError
from service.domain.values import Region
from service.log.log import Log
from service.log.vector import Vector
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


def test_a_cursor_is_a_text_that_comes_back_as_it_was() -> None:
    vector = Vector({Region("431181"): 7, Region("430424"): 2**53 - 1})
    assert Vector.parse(str(vector)) == vector
    assert Vector.parse(str(Vector())) == Vector()


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
