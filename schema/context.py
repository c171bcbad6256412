"""请求环境: what a resolver works with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

import strawberry

import projections
from projections.runner import Runner
from schema.regions import holds_some_of
from service.access import Caller
from service.database import REQUEST_S, Pool, within
from service.domain.values import Region
from service.handle import Handler

MOST_STATEMENTS: Final = 500
"""Statements for which it is remembered what they read."""
_WORD: Final = re.compile(r"[a-z_]+")


class SetAsideError(Exception):
    """A read model that the field needs was set aside for a region; an administrator rebuilds it (该数据正在修复)."""


@dataclass(frozen=True, slots=True)
class Services:
    """What is there for all requests."""

    handler: Handler
    runner: Runner
    reading: Pool


@dataclass(slots=True)
class Context:
    """One request: who asks, and what there is.

    `statements` has what was sent to the read models, in order; tests hold it against what a query may cost.
    """

    caller: Caller
    services: Services
    statements: list[str] = field(default_factory=list)

    async def fetch(
        self,
        sql: str,
        values: list[object],
        *,
        regions: tuple[str, ...] = (),
        area: Region | None = None,
    ) -> list[str]:
        """Return the JSON of each row of a statement with one column.

        Args:
            regions: logs that it is about; none stands for all.
            area: a region; only logs that may hold what lies in it matter.

        Raises:
            SetAsideError: a read model stands still for one of the regions, so an answer could be wrong.
        """
        for region, error in self.aside(sql).items():
            if (region in regions or not regions) and (area is None or holds_some_of(region, area)):
                raise error
        return await self.fetch_all(sql, values)

    def aside(self, sql: str) -> dict[str, SetAsideError]:
        """Return the logs for which a read model that a statement reads was set aside."""
        found = {}
        for region, models in self.services.runner.aside.items():
            if stuck := models & _read_by(sql):
                found[region] = SetAsideError(f"{region}: {', '.join(sorted(stuck))}")
        return found

    async def fetch_all(self, sql: str, values: list[object]) -> list[str]:
        """Return the JSON of each row, also of regions for which a read model stands still."""
        self.statements.append(sql)
        return [row[0] for row in await within(REQUEST_S, self.services.reading.fetch(sql, *values))]


@lru_cache(maxsize=MOST_STATEMENTS)
def _read_by(sql: str) -> frozenset[str]:
    """Return the read models of whose tables a statement reads."""
    words = set(_WORD.findall(sql))
    return frozenset(one.name for one in projections.ALL if any(table.name in words for table in one.tables))


Info: TypeAlias = strawberry.Info[Context, None]
