"""指标: the service's figures in the text format of Prometheus.

What is counted where it happens is in service/telemetry.py; here is what is looked up when it is asked for: pools,
queues, and how far the read models are. Several processes of one port each tell their own: whichever is asked asks the
others over Unix sockets in a folder that they share, and tells whose each figure is by the label `worker`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from service.database import UNAVAILABLE
from service.telemetry import Labels

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from pathlib import Path

    from projections.runner import Standing
    from schema.context import Services
    from service.database import Pool
    from service.telemetry import Telemetry

MOST_REGIONS: Final = 500
"""Most regions that are told of one by one, those that lag most first."""
DATABASE_S: Final = 2.0
"""Longest wait for how far the read models are."""
WORKER_S: Final = 1.0
"""Longest wait for another process."""
MOST_BYTES: Final = 4_000_000
"""Most that is read of another process."""


class Looked(Collector):
    """Figures of one process that are looked up when they are asked for.

    Args:
        services: what it works with.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._codes = Labels()

    def collect(self) -> Iterator[Metric]:
        """Give the figures as they are."""
        size = GaugeMetricFamily("taizhang_pool_connections", "Connections that are open.", labels=["pool"])
        idle = GaugeMetricFamily("taizhang_pool_idle_connections", "Of those, that nobody uses.", labels=["pool"])
        most = GaugeMetricFamily("taizhang_pool_max_connections", "Most that there can be.", labels=["pool"])
        waiting = GaugeMetricFamily("taizhang_pool_waiting", "Who waits for a connection.", labels=["pool"])
        for name, pool in self._services.pools.items():
            size.add_metric([name], pool.get_size())
            idle.add_metric([name], pool.get_idle_size())
            most.add_metric([name], pool.get_max_size())
            waiting.add_metric([name], _waiting(pool))
        yield from (size, idle, most, waiting)
        if (writer := self._services.writer) is not None:
            queue = "taizhang_write_queue_commands"
            yield GaugeMetricFamily(queue, "Commands that wait to be written.", value=writer.waiting)
            written = "taizhang_write_batches"
            yield CounterMetricFamily(written, "Batches of commands that were written.", value=writer.batches)
        rows = GaugeMetricFamily("taizhang_journal_waiting_rows", "Rows that wait to be written.", labels=["table"])
        for table, count in self._services.journal.waiting.items():
            rows.add_metric([table], count)
        lost = CounterMetricFamily("taizhang_journal_dropped_rows", "Rows that found no room.", labels=["table"])
        for table, count in self._services.journal.dropped.items():
            lost.add_metric([table], count)
        failed = CounterMetricFamily("taizhang_sign_in_failures", "Who could not sign in.", labels=["code"])
        for code, count in () if self._services.gate is None else self._services.gate.failures.items():
            failed.add_metric([self._codes.of(code)], count)
        yield from (rows, lost, failed)
        trusted = self._services.trusted
        asked = CounterMetricFamily(
            "taizhang_trusted_documents",
            "Operations of the manifest's documents (hit), ids that it does not have (miss), texts refused for it.",
            labels=["result"],
        )
        for result, count in (("hit", trusted.hits), ("miss", trusted.misses), ("refused", trusted.refused)):
            asked.add_metric([result], count)
        yield asked
        points = CounterMetricFamily("taizhang_rate_limit_points", "Points that operations cost.", labels=["of"])
        over = CounterMetricFamily("taizhang_rate_limit_refused", "Operations that were over it.", labels=["of"])
        for kind in ("account", "address"):
            points.add_metric([kind], self._services.rate_limit.spent[kind])
            over.add_metric([kind], self._services.rate_limit.refused[kind])
        yield from (points, over)
        yield GaugeMetricFamily(
            "taizhang_rights_age_seconds",
            "How long ago the log of rights was read; after 5 s nobody is let in.",
            value=self._services.directory.age_s,
        )


def _waiting(pool: Pool) -> int:
    # asyncpg does not tell; a queue of asyncio keeps who waits for it here.
    return sum(not one.done() for one in pool._queue._getters)  # type: ignore[attr-defined]  # noqa: SLF001 - as above.


def regional(standings: Iterable[Standing]) -> list[Metric]:
    """Return how far the logs and their read models are; these are the database's, so one process tells them."""
    found = sorted(standings, key=lambda one: (-one.lag_s, -one.lag, one.region))
    head = GaugeMetricFamily("taizhang_log_position", "Facts in a region's log.", labels=["region"])
    lag = GaugeMetricFamily(
        "taizhang_projection_lag_facts", "Facts of it that the read models don't have.", labels=["region"]
    )
    late = GaugeMetricFamily(
        "taizhang_projection_lag_seconds", "Age of the oldest fact that they don't have.", labels=["region"]
    )
    aside = GaugeMetricFamily("taizhang_projections_set_aside", "Read models that stand still.", labels=["region"])
    for one in found[:MOST_REGIONS]:
        head.add_metric([one.region], one.position)
        lag.add_metric([one.region], one.lag)
        late.add_metric([one.region], one.lag_s)
        aside.add_metric([one.region], len(one.aside))
    return [head, lag, late, aside, GaugeMetricFamily("taizhang_regions", "Regions that have a log.", value=len(found))]


class Metrics:
    """All figures of an installation, of whichever of its processes is asked.

    Args:
        services: what this process works with.
        telemetry: what it has counted.
        folder: where the processes of this port find each other; None if this is the only one.
        worker: its number.
    """

    def __init__(self, services: Services, telemetry: Telemetry, folder: Path | None = None, worker: int = 0) -> None:
        self._services = services
        self._registries = (telemetry.registry, _registry([Looked(services)]))
        self._folder = folder
        self._worker = worker

    def own(self) -> bytes:
        """Return the figures of this process."""
        return b"".join(generate_latest(one) for one in self._registries)

    async def text(self) -> bytes:
        """Return the figures of all processes, and the database's if it answers."""
        told = self.own()
        if self._folder is not None:
            told = generate_latest(_registry([_Given(await self._of_all(self._folder))]))
        found: list[Metric] = []
        with suppress(*UNAVAILABLE):
            async with asyncio.timeout(DATABASE_S):
                found = regional(await self._services.runner.standings())
        up = GaugeMetricFamily("taizhang_database_up", "Whether the database answers.", value=bool(found))
        return told + generate_latest(_registry([_Given([up, *found])]))

    async def _of_all(self, folder: Path) -> list[Metric]:
        """Return the figures of the processes that answer, each with the label of its own."""
        others = await asyncio.to_thread(_sockets, folder)
        texts = {self._worker: self.own().decode()}
        numbers = sorted(others.keys() - texts.keys())
        answers = await asyncio.gather(*(_ask(others[number]) for number in numbers))
        texts |= {number: told for number, told in zip(numbers, answers, strict=True) if told is not None}
        merged: dict[str, Metric] = {}
        for number, told in sorted(texts.items()):
            for family in text_string_to_metric_families(told):
                one = merged.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                one.samples += [
                    sample._replace(labels={**sample.labels, "worker": str(number)}) for sample in family.samples
                ]
        return list(merged.values())

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Let the other processes ask this one, within a block."""
        if self._folder is None:
            yield
            return

        async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(WORKER_S):
                    writer.write(self.own())
                    await writer.drain()
            writer.close()

        # One that takes its number over while it still ends must not be told of by two.
        new, path = self._folder / f"{self._worker}.new", self._folder / f"{self._worker}.sock"
        new.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(tell, new)
        new.replace(path)
        async with server:
            yield


def _sockets(folder: Path) -> dict[int, Path]:
    return {int(one.stem): one for one in folder.glob("*.sock") if one.stem.isdecimal()}


async def _ask(path: Path) -> str | None:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(WORKER_S):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                parts, size = list[bytes](), 0
                while size < MOST_BYTES and (part := await reader.read(65_536)):
                    parts.append(part)
                    size += len(part)
                return b"".join(parts).decode()
            finally:
                writer.close()
    return None


class _Given(Collector):
    """Families that are known already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Give them."""
        return self._families


def _registry(collectors: Iterable[Any]) -> CollectorRegistry:
    registry = CollectorRegistry()
    for one in collectors:
        registry.register(one)
    return registry
