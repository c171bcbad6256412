"""Accept-Language: which language is meant, whatever is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.languages import LONGEST, MOST, Language, preferred


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh", "zh"),
        ("ZH-cn", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("en;q=0.5, zh;q=0.8", "zh"),
        ("fr, de;q=0.9, zh;q=0.1", "zh"),
        ("fr, *;q=0.5", "en"),
        ("*", "en"),
        ("zh;q=0", "en"),
        ("zh;q=0.000, en;q=0.001", "en"),
        ("zh, en", "zh"),
        ("en, zh", "en"),
        ("zh;q=2", "en"),
        ("zh;q=-1", "en"),
        ("zh;q=nan", "en"),
        ("zh;q=.", "en"),
        ("zh;level=1", "en"),
        ("zhx, zh_CN", "en"),
        ("zh ; q = 0.3", "zh"),
    ],
)
def test_the_language_of_the_largest_weight_is_meant(header: str | None, language: str) -> None:
    assert preferred(header) == language


def test_what_lies_beyond_the_bounds_is_not_read() -> None:
    assert preferred(f"{' ' * LONGEST}zh") is Language.ENGLISH
    assert preferred(",".join(["fr"] * MOST + ["zh"])) is Language.ENGLISH
    assert preferred(",".join(["fr"] * (MOST - 1) + ["zh"])) is Language.CHINESE


_TAGS = st.sampled_from(["zh", "en", "zh-CN", "en-US", "fr", "*", "zh-Hant-TW"])
_WEIGHTS = st.integers(0, 1000)


@given(st.text() | st.lists(st.sampled_from([*"zhenq=;.,-* 0159", "zh", "en", "q="])).map("".join))
def test_no_header_makes_it_fail(header: str) -> None:
    assert preferred(header) in Language


@given(st.lists(st.tuples(_TAGS, _WEIGHTS), max_size=MOST))
def test_no_other_of_the_two_has_a_larger_weight(ranges: list[tuple[str, int]]) -> None:
    found = preferred(",".join(f"{tag};q={weight / 1000:.3f}" for tag, weight in ranges))
    of = {one: max((weight for tag, weight in ranges if tag[:2] == one), default=0) for one in Language}
    assert of[found] == max(of.values()) or not any(of.values())
