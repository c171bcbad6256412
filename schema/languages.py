"""语言: which language a request prefers, by its Accept-Language (RFC 9110, 12.5.4)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

LONGEST: Final = 500
"""Characters of the header that are read."""
MOST: Final = 20
"""Languages of it that are looked at; browsers send five."""


class Language(StrEnum):
    """语言: what messages come in."""

    ENGLISH = "en"
    CHINESE = "zh"


def preferred(header: str | None) -> Language:
    """Return the language that a header prefers; English where it names neither, and whatever else it holds.

    Of equal weights the first counts. A language stands for all that it is part of: zh-CN and zh-Hant-TW are Chinese.
    """
    best, most = Language.ENGLISH, 0.0
    for one in (header or "")[:LONGEST].split(",", MOST)[:MOST]:
        tag, _, parameters = one.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        weight = _weight(parameters)
        if weight > most and primary in {*Language}:
            best, most = Language(primary), weight
    return best


def _weight(parameters: str) -> float:
    """Return the q of a language: 1 if none is said, 0 (not wanted) if it can't be read or lies outside of 0 to 1."""
    name, _, value = parameters.strip().partition("=")
    if not name:
        return 1.0
    value = value.strip()
    digits = value.replace(".", "", 1)
    if name.strip().lower() != "q" or not (digits.isascii() and digits.isdigit()):
        return 0.0
    weight = float(value)
    return weight if weight <= 1 else 0.0
