"""列: the types and forms that columns of read models have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from service.domain.shape import dump_public

if TYPE_CHECKING:
    from service.domain.shape import Plain

KEYWORD: Final = 'text COLLATE "C" NOT NULL'
"""SQL type of a code, a key or a name to sort by: compared byte by byte, so that indexes serve ranges and order."""
KEYWORD_OR_NULL: Final = 'text COLLATE "C"'


def plain_of(value: object) -> Plain:
    """Return a value of the domain as plain JSON, without what is personal."""
    return dump_public(value)


def json_of(value: object) -> str:
    """Return a value of the domain as JSON text, without what is personal."""
    if value == ():
        return "[]"  # As most lists of papers are.
    return json_text(plain_of(value))


def json_text(plain: Plain) -> str:
    """Return plain JSON as text, which is how the driver takes a column of jsonb."""
    return orjson.dumps(plain).decode()
