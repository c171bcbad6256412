"""What is kept of documents and statements has a bound in things and in bytes, and nothing large is among it."""

from __future__ import annotations

from functools import partial
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema import walls
from schema.kept import Kept
from service.access import Wall


def test_a_thing_is_made_once_while_it_is_kept() -> None:
    kept, numbers = Kept[int](2, 100, 50), count()
    asked = [kept.of(key, lambda: next(numbers), lambda _: 1) for key in ("a", "b", "a", "c", "a", "b")]
    # The third one drove out what was not asked for the longest.
    assert asked == [0, 1, 0, 2, 0, 3]


def test_what_is_too_large_is_made_each_time_and_drives_out_nothing() -> None:
    kept = Kept[str](10, 100, 50)
    kept.of("small", lambda: "x", lambda _: 50)
    for _ in range(2):
        assert kept.of("large", lambda: "y", lambda _: 51) == "y"
    assert (len(kept), kept.bytes) == (1, 50)
    assert kept.of("small", lambda: "another", lambda _: 50) == "x"


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 60))))
def test_no_more_is_kept_than_its_bounds(asked: list[tuple[int, int]]) -> None:
    kept = Kept[int](5, 100, 50)
    weights: dict[int, int] = {}
    for key, weight in asked:
        its = weights.setdefault(key, weight)
        assert kept.of(key, partial(int, its), int) == its
        assert len(kept) <= 5
        assert kept.bytes <= 100


def test_something_that_could_not_be_made_is_not_kept() -> None:
    kept = Kept[int](5, 100, 50)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            kept.of("x", lambda: 1 // 0, lambda _: 1)
    assert (len(kept), kept.bytes) == (0, 0)


def test_a_long_statement_is_walled_anew_each_time() -> None:
    wall = Wall(("431181",), (), (), {}, public=False)
    short = "SELECT p.name FROM project_status p"
    long = short + " " * walls.MOST_EACH
    walls.walled(short, wall, 0)
    before = len(walls._KEPT), walls._KEPT.bytes
    assert walls.walled(short, wall, 0) == walls.walled(short, wall, 0)
    assert walls.walled(long, wall, 0)[0].endswith(") q")
    assert (len(walls._KEPT), walls._KEPT.bytes) == before
