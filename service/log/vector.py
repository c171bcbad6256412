"""进度: how far a reader has come in the logs of several regions; across them there is no one order."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import orjson

from service.domain.errors import InvalidValueError
from service.domain.values import LARGEST

if TYPE_CHECKING:
    from service.log.codec import Stored

MOST_TEXT: Final = 200_000
"""Longest cursor that is read, in characters; one over all 3,200 counties takes about 25,000, in the old form 70,000.
"""
_FORM: Final = 1
"""First byte of a cursor; one of the old form is JSON and begins with a brace."""
_PRIME: Final = 65_521
"""By which recorded times are told apart in two bytes: of a prime, since those of a demonstration are round."""
_UNMARKED: Final = 0xFFFF
_MARK_BYTES: Final = 2
_LARGEST_CODE: Final = 999_999
_MORE: Final = 0x80
"""From this value on a byte says that another one follows."""
_MOST_BITS: Final = 63
_KEY: Final = re.compile(r"[0-9]{6}")
_RULE: Final = "a cursor as it was given"


class CursorAheadError(Exception):
    """What the cursor stands behind is no longer in the log (游标所记位置已不存在).

    Args:
        region: key of the log, which was restored from a backup of before.
        position: where the cursor stands in it.
    """

    def __init__(self, region: str, position: int) -> None:
        super().__init__(region, position)
        self.region = region
        self.position = position

    english: Final = (
        "The ledger was restored from a backup and no longer has what this cursor stands behind: read all of it again,"
        " without a cursor."
    )
    chinese: Final = "台账已从备份恢复,游标所记位置已不存在;请不带游标从头读取。"

    def __str__(self) -> str:
        return f"{self.english} {self.chinese} ({self.region}: {self.position})"


@dataclass(frozen=True, slots=True)
class Vector:
    """A position for each region; one that it does not name is at 0. As a text it is opaque.

    Attributes:
        positions: region -> place of the last fact that was taken.
        marks: region -> mark of that fact, as far as it is known: by it a log is found out that was restored from a
            backup and has passed the position again with other facts.
    """

    positions: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the regions in their order, each as distance of its code, position (varints) and mark, in base64."""
        found, last = bytearray([_FORM]), 0
        for region, position in sorted(self.positions.items()):
            code = int(region)
            _put(found, code - last)
            _put(found, position)
            found += self.marks.get(region, _UNMARKED).to_bytes(_MARK_BYTES)
            last = code
        return base64.urlsafe_b64encode(found).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the vector that a text stands for.

        Raises:
            InvalidValueError: it is none.
        """
        try:
            found = base64.b64decode(text[:MOST_TEXT].encode("ascii"), altchars=b"-_", validate=True)
            return cls._old(found) if found[:1] == b"{" else cls._read(found)
        except (ValueError, AttributeError, IndexError, binascii.Error) as error:
            raise InvalidValueError("after", rule=_RULE) from error

    @classmethod
    def _old(cls, plain: bytes) -> Self:
        """Return what a cursor of the first form stands for: JSON, without marks."""
        positions = orjson.loads(plain)
        if not all(_KEY.fullmatch(one) and type(at) is int and 0 <= at <= LARGEST for one, at in positions.items()):
            raise ValueError(_RULE)
        return cls(positions)

    @classmethod
    def _read(cls, plain: bytes) -> Self:
        positions: dict[str, int] = {}
        marks: dict[str, int] = {}
        code, at = 0, 1
        if plain[0] != _FORM:
            raise ValueError(_RULE)
        while at < len(plain):
            away, at = _varint(plain, at)
            position, at = _varint(plain, at)
            mark, at = int.from_bytes(plain[at : at + _MARK_BYTES]), at + _MARK_BYTES
            code += away
            region = f"{code:06}"
            if at > len(plain) or code > _LARGEST_CODE or position > LARGEST or region in positions:
                raise ValueError(_RULE)
            positions[region] = position
            if mark != _UNMARKED:
                marks[region] = mark
        return cls(positions, marks)

    def past(self, rows: Sequence[Stored]) -> Vector:
        """Return where a reader is that has taken rows, each region's in log order."""
        return self.moved((row.region, row.id, row.recorded_us) for row in rows)

    def moved(self, facts: Iterable[tuple[str, int, int | None]]) -> Vector:
        """Return where a reader is that stands behind other facts.

        Args:
            facts: region, position, and recorded time if it is known, microseconds since 1970.
        """
        positions, marks = dict(self.positions), dict(self.marks)
        for region, position, recorded_us in facts:
            if not position:
                continue
            positions[region] = position
            if recorded_us is None:
                marks.pop(region, None)
            else:
                marks[region] = recorded_us % _PRIME
        return Vector(positions, marks)

    def check(self, region: str, recorded_us: int | None) -> None:
        """Hold the fact that stands at a region's position against the one that the reader has taken.

        Args:
            region: one that the reader has taken some facts of.
            recorded_us: the fact's recorded time; None if it is not known.

        Raises:
            CursorAheadError: it is another one.
        """
        mark = self.marks.get(region)
        if mark is not None and recorded_us is not None and recorded_us % _PRIME != mark:
            raise CursorAheadError(region, self.positions[region])


def _put(found: bytearray, number: int) -> None:
    while number >= _MORE:
        found.append(number % _MORE + _MORE)
        number //= _MORE
    found.append(number)


def _varint(plain: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at an offset, seven bits a byte with the lowest first, and the offset behind it.

    Raises:
        IndexError: it does not end, or is longer than any position.
    """
    number = 0
    for shift in range(0, _MOST_BITS, 7):
        number += plain[at] % _MORE << shift
        at += 1
        if plain[at - 1] < _MORE:
            return number, at
    raise IndexError(at)
