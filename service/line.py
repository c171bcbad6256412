"""线路: what an application may know and do of the connection below it, which ASGI has no word for.

A connection that its peer does not read can't be closed: what waits to be sent would have to go first. It is cut.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NAME: Final = "taizhang.line"


def _nothing() -> None:
    """Stand for a server that is none of ours, such as a test's: it has no connection to cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """A connection.

    Attributes:
        cut: ends it at once; what was not read yet is lost.
        leaving: set when the server is asked to end; whoever would stay for ever takes their leave.
    """

    cut: Callable[[], None] = _nothing
    leaving: asyncio.Event = field(default_factory=asyncio.Event)


def lay(scope: Any, line: Line) -> None:
    """Let a request know its line."""
    scope.setdefault("extensions", {})[_NAME] = line


def line_of(scope: Mapping[str, Any]) -> Line:
    """Return the line of a request."""
    found = scope.get("extensions", {}).get(_NAME)
    return found if isinstance(found, Line) else Line()
