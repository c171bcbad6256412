"""The GraphQL over HTTP audits against a service: `python -m tests.clients.audit` prints them; 1 if any is not ok."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from tests.clients.node import program
from tests.system.running import running

if TYPE_CHECKING:
    from tests.system.running import Running

COUNT: Final = 61
"""Audits that there are in the version of graphql-http that is locked."""


class Audit(NamedTuple):
    """One audit; `level` is MUST, SHOULD or MAY, `status` is ok, or notice, warn, error with a reason."""

    id: str
    level: str
    name: str
    status: str
    reason: str | None


async def audits(service: Running) -> list[Audit]:
    """Return all audits of a service."""
    token = service.headers()["Authorization"].removeprefix("Bearer ")
    async with program("audit.mjs", f"{service.address}/graphql", token) as node:
        told = [await node.tells() for _ in range(COUNT)]
    return [
        Audit(one["id"], one["name"].split()[0], one["name"].split(maxsplit=1)[1], one["status"], one["reason"])
        for one in told
    ]


def _table(found: list[Audit]) -> Table:
    table = Table("id", "level", "audit", "status", title="GraphQL over HTTP")
    for one in found:
        table.add_row(one.id, one.level, one.name, one.status if one.reason is None else f"{one.status}: {one.reason}")
    return table


def main() -> int:
    """Start a service, print its audits, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as service:
        found = asyncio.run(audits(service))
    Console().print(_table(found))
    passed = sum(one.status == "ok" for one in found)
    Console().print(f"{passed} of {len(found)} ok")
    return int(passed < len(found))


if __name__ == "__main__":
    sys.exit(main())
