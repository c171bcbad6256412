"""筛选: which projects a list or a total is of."""

from __future__ import annotations

from typing import Any

import strawberry

from schema.read import Binds
from schema.regions import may_hold, region_of, within
from service.domain.errors import InvalidValueError
from service.domain.stages import Activity, HandlingClass, Phase
from service.domain.values import MOST_LISTED, Region


@strawberry.input(description="汇总筛选 Which projects are totalled; conditions are joined by and.")
class InvestmentTotalsFilter:
    """Conditions on projects that are not voided."""

    region: str | None = strawberry.field(
        default=None, description="所在地 A region and all below it; a county's former and later codes are one."
    )
    phase: list[Phase] | None = strawberry.field(default=None, description="时期 Any of these.")
    stage: list[str] | None = strawberry.field(default=None, description="阶段 Any of these codes.")
    handling: list[HandlingClass] | None = strawberry.field(default=None, description="处置类别 Any of these.")
    activity: list[Activity] | None = strawberry.field(default=None, description="活动状态 Any of these.")
    category: list[str] | None = strawberry.field(default=None, description="项目类别 Any of these codes.")

    def told(self) -> dict[str, Any]:
        """Return it as plain values, for a cursor's mark."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def where(self, binds: Binds) -> list[str]:
        """Return predicates over a project row `p`.

        Raises:
            InvalidValueError: a value that can't be one, or too many.
        """
        return ["NOT p.voided", *self._where(binds)]

    def _where(self, binds: Binds) -> list[str]:
        found = []
        if self.region is not None:
            found.append(within("p.location", region_of(self.region, "filter", "region"), binds))
        for name in ("phase", "stage", "handling", "activity", "category"):
            values = getattr(self, name)
            if values is None:
                continue
            if len(values) > MOST_LISTED:
                raise InvalidValueError("filter", name, rule=f"at most {MOST_LISTED}")
            found.append(f"p.{name} = ANY({binds([str(one) for one in values], 'text[]', 'filter', name)})")
        return found

    def area(self) -> Region | None:
        """Return the region that was asked for."""
        return None if self.region is None else region_of(self.region, "filter", "region")

    def ledgers(self, sql: str, binds: Binds) -> str:
        """Return the predicate that a ledger may hold projects of the filter's region."""
        if self.region is None:
            return "true"
        return may_hold(sql, region_of(self.region, "filter", "region"), binds)


@strawberry.input(description="筛选 Which projects; conditions are joined by and.")
class ProjectFilter(InvestmentTotalsFilter):
    """Conditions on projects."""

    include_voided: bool = strawberry.field(default=False, description="含作废 Whether voided ones are shown too.")

    def where(self, binds: Binds) -> list[str]:
        """Return predicates over a project row `p`."""
        return self._where(binds) if self.include_voided else super().where(binds)
