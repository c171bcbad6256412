"""请求环境: what a resolver works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from projections.runner import Runner
from schema.regions import holds_some_of
from service.access import Caller
from service.database import Pool
from service.domain.values import Region
from service.handle import Handler


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
        needs: tuple[str, ...],
        regions: tuple[str, ...] = (),
        within: Region | None = None,
    ) -> list[str]:
        """Return the JSON of each row of a statement with one column.

        Args:
            needs: read models that the statement reads.
            regions: logs that it is about; none stands for all.
            within: a region; only logs that may hold what lies in it matter.

        Raises:
            SetAsideError: a read model stands still for one of the regions, so an answer could be wrong.
        """
        aside = self.services.runner.aside
        for region in regions or tuple(aside):
            if within is not None and not holds_some_of(region, within):
                continue
            if stuck := aside.get(region, frozenset()) & set(needs):
                message = f"{region}: {', '.join(sorted(stuck))}"
                raise SetAsideError(message)
        self.statements.append(sql)
        return [row[0] for row in await self.services.reading.fetch(sql, *values)]


Info: TypeAlias = strawberry.Info[Context, None]
