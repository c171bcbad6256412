"""进度: how far a reader has come in the logs of several regions; across them there is no one order."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self

import orjson

from service.domain.errors import InvalidValueError, RejectedError
from service.domain.values import LARGEST, Region

if TYPE_CHECKING:
    from service.log.codec import Stored

MOST_TEXT: Final = 200_000
"""Longest cursor that is read, in characters; one over all 3,200 counties is half as long."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A position for each region; one that it does not name is at 0. As a text it is opaque."""

    positions: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        plain = {str(region): position for region, position in self.positions.items()}
        return base64.urlsafe_b64encode(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the vector that a text stands for.

        Raises:
            InvalidValueError: it is none.
        """
        try:
            found = orjson.loads(base64.b64decode(text[:MOST_TEXT].encode("ascii"), altchars=b"-_", validate=True))
            positions = {str(Region(region)): position for region, position in found.items()}
        except (ValueError, AttributeError, TypeError, binascii.Error, RejectedError) as error:
            raise InvalidValueError("after", rule="a cursor as it was given") from error
        if not all(type(position) is int and 0 <= position <= LARGEST for position in positions.values()):
            raise InvalidValueError("after", rule="a cursor as it was given")
        return cls(positions)

    def past(self, rows: Sequence[Stored]) -> Vector:
        """Return where a reader is that has taken rows, each region's in log order."""
        return Vector({**self.positions, **{row.region: row.id for row in rows}})
