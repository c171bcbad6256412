"""Facts a second into all read models at once, from a log that is there: in one region, and over sixteen.

Twice each: into nothing, as after an upgrade, and beside equal tables, which are compared. Each is a process of its
own, whose peak of memory is told; a tenth of the facts takes as much of it, or memory would not be flat.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import uvloop

import projections
from benchmarks.driving import share
from benchmarks.filled import fill, template
from benchmarks.table import Measured
from projections.rebuild import ensure, rebuild_all
from service.log.log import Log

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres

FACTS: Final = 1_000_000
REGIONS: Final = (1, 16)
PARTS: Final = (10, 1)
"""Of how many parts of the facts one is rebuilt from."""


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure; `scale` is the share of the facts above."""
    taken = uvloop.run(template(server))
    measured = []
    for regions in REGIONS:
        for part in PARTS:
            facts = share(FACTS, scale / part, regions) // regions * regions
            uvloop.run(fill(server, taken, regions, facts))
            for what in ("into nothing", "beside equal tables"):
                found = json.loads(
                    subprocess.run(
                        [sys.executable, "-m", "benchmarks.rebuild", server.dsn(), what],
                        check=True,
                        stdout=subprocess.PIPE,
                    ).stdout
                )
                if (found["facts"], found["differing"]) != (facts, 0):
                    raise RuntimeError(found)
                of = f"{facts:,} facts, {regions} region" + "s" * (regions > 1)
                note = f"{found['seconds']:.0f} s, at most {found['mb']:.0f} MB"
                measured.append(Measured(of, what, (facts / found["seconds"],), "facts/s", note))
    return measured


async def _rebuilt(dsn: str, what: str) -> dict[str, float]:
    async with Log.open(dsn, size=2) as log:
        began = time.perf_counter()
        if what == "into nothing":
            rebuilt = await ensure(dsn, log, projections.ALL)
        else:
            rebuilt = await rebuild_all(dsn, log, projections.ALL, lambda _done, _all: None)
        seconds = time.perf_counter() - began
    return {
        "facts": min(one.facts for one in rebuilt),
        "differing": sum(sum(one.differing.values()) for one in rebuilt) + sum(len(one.aside) for one in rebuilt),
        "seconds": seconds,
        "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_rebuilt(*sys.argv[1:]))))  # noqa: T201 - What it is run for.
