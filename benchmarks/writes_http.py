"""Mutations over HTTP, single ones and batches, beside Strawberry over the library's application in threads."""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager, ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from uuid import UUID, uuid4

import uvloop

from benchmarks.driving import Line, lines, share, spread_over
from benchmarks.opened import OPENING, REGION, reports
from benchmarks.peers import eventsourced
from benchmarks.processes import free_port, service, started
from benchmarks.table import Measured
from service.auth import Development

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service.embedded import EmbeddedPostgres

ROUNDS: Final = 5
CONNECTIONS: Final = 64
MUTATIONS: Final = 4_000
STOCK_MUTATIONS: Final = 2_000
ITEMS: Final = 500
BATCHES: Final = 20
SENDERS: Final = 4
"""Connections that send batches: a county system has few, and each item's answer is in its batch's."""

_OPEN: Final = "mutation ($input: OpenPlaceInput!) { placeOpen(input: $input) { userErrors { code } } }"
_REGISTER_BATCH: Final = """mutation ($input: RegisterProjectBatchInput!) {
  projectRegisterBatch(input: $input) { userErrors { code } refused results { id } } }"""
_REPORT: Final = """mutation ($input: ReportCompletionInput!) {
  completionReport(input: $input) { userErrors { code } version } }"""
_REPORT_BATCH: Final = """mutation ($input: ReportCompletionBatchInput!) {
  completionReportBatch(input: $input) { userErrors { code } refused results { version } } }"""
_STOCK_REGISTER: Final = """mutation ($input: RegisterInput!) {
  projectRegister(input: $input) { userErrors id } }"""
_STOCK_REPORT: Final = """mutation ($input: ReportInput!) {
  completionReport(input: $input) { userErrors version } }"""


Opened: TypeAlias = "Callable[[int], AbstractAsyncContextManager[list[Line]]]"
"""What gives so many connections to a server."""


class _Rates(NamedTuple):
    single: list[float]
    batch: list[float]
    stock: list[float]


def over_http(server: EmbeddedPostgres, scale: float, projects: int) -> list[Measured]:
    """Measure, on a database that comes along, beside the peer on `server`; ids of so many projects are spread over."""
    with TemporaryDirectory(prefix="taizhang-bench-writes-") as folder:
        Path(folder).chmod(0o711)  # As in __main__.py.
        rates = uvloop.run(_rounds(server, Path(folder) / "data", scale, projects))
    return [
        Measured(
            f"mutations, {CONNECTIONS} connections",
            "Strawberry, eventsourcing Application in threads",
            tuple(rates.stock),
            "facts/s",
            "" if rates.stock else eventsourced.ABSENT,
        ),
        Measured(f"mutations, {CONNECTIONS} connections", "completionReport", tuple(rates.single), "facts/s"),
        Measured(
            f"mutations, {CONNECTIONS} connections",
            f"completionReportBatch of {ITEMS}, {SENDERS} connections",
            tuple(rates.batch),
            "facts/s",
            "beside single ones",
        ),
    ]


async def _rounds(server: EmbeddedPostgres, folder: Path, scale: float, projects: int) -> _Rates:
    rates = _Rates([], [], [])
    peer = free_port()
    with ExitStack() as stack:
        port = stack.enter_context(service(data=str(folder))).port
        own = partial(lines, port=port, path="/graphql", headers={"Authorization": f"Bearer {_token(folder)}"})
        other = partial(lines, port=peer, path="/graphql/", headers={})
        opening = {"region": REGION, "name": OPENING.name, "purpose": OPENING.purpose.name}
        async with own(1) as (line,):
            await line.ask(_OPEN, {"commandId": str(uuid4()), **opening})
        if eventsourced.is_there():
            words = [sys.executable, "-m", "benchmarks.peers.server", str(peer)]
            stack.enter_context(started(words, eventsourced.settings(server), peer, "/readyz"))
        for _ in range(ROUNDS):
            if eventsourced.is_there():
                rates.stock.append(await _stock(other, share(STOCK_MUTATIONS, scale, CONNECTIONS), projects))
            await _own(own, rates, scale, projects)
    return rates


def _token(folder: Path) -> str:
    return Development.at(folder).token


async def _own(opened: Opened, rates: _Rates, scale: float, projects: int) -> None:
    async with opened(1) as (line,):
        inputs = _report_inputs(await _registered(line, projects))

    async def send(line: Line) -> None:
        await line.ask(_REPORT, next(inputs))

    async def send_many(line: Line) -> None:
        await line.ask(_REPORT_BATCH, {"items": [next(inputs) for _ in range(ITEMS)]})

    async with opened(CONNECTIONS) as lined:
        rates.single.append(await spread_over(lined, send, share(MUTATIONS, scale, CONNECTIONS)))
    async with opened(SENDERS) as lined:
        rates.batch.append(ITEMS * await spread_over(lined, send_many, share(BATCHES, scale, SENDERS)))


async def _registered(line: Line, wanted: int) -> list[str]:
    ids: list[str] = []
    while len(ids) < wanted:
        items = [
            {
                "commandId": str(uuid4()),
                "place": REGION,
                "identity": {
                    "name": f"演示{uuid4()}",
                    "region": REGION,
                    "category": "PRODUCTIVE",
                    "track": "PROMOTED",
                },
            }
            for _ in range(min(ITEMS, wanted - len(ids)))
        ]
        payload = await line.ask(_REGISTER_BATCH, {"items": items})
        ids += [one["id"] for one in payload["results"]]
    return ids


def _report_inputs(ids: list[str]) -> Iterator[dict[str, Any]]:
    """Yield reports, each project's one after the other, so that no two that are sent together are of one project."""
    for command in reports([UUID(int=place) for place in range(len(ids))]):
        yield {
            "commandId": str(uuid4()),
            "projectId": ids[command.project_id.int],
            "through": command.through,
            "measure": command.measure.name,
            "basis": command.basis.name,
            "status": command.status.name,
            "stated": {"figure": command.stated.figure, "unit": command.stated.unit.name},
        }


async def _stock(opened: Opened, mutations: int, wanted: int) -> float:
    ids: list[str] = []
    numbers = count()

    async def register(line: Line) -> None:
        ids.append((await line.ask(_STOCK_REGISTER, {"name": "演示"}))["id"])

    async def report(line: Line) -> None:
        period, place = divmod(next(numbers), len(ids))
        await line.ask(_STOCK_REPORT, {"projectId": ids[place], "through": str(period), "amountFen": "100"})

    async with opened(CONNECTIONS) as lined:
        await spread_over(lined, register, wanted)
        return await spread_over(lined, report, mutations)
