"""排序: by what lists of projects are ordered, either way; whatever has no value stands last both ways."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final, TypeAlias

import strawberry

from schema.pages import Order, or_last
from schema.read import holds

_REST: Final = (("p.region", "text"), ("p.project_id", "uuid"))
# Hundredths of a percent: a whole number, which a cursor holds exactly.
_PROGRESS: Final = (
    "(SELECT round(f.percent::numeric * 100)::bigint FROM physical_progress f WHERE f.region = p.region"  # noqa: S608 - declared SQL only.
    f" AND f.project_id = p.project_id AND f.percent IS NOT NULL AND {holds('f')}"
    " ORDER BY f.through_on DESC, f.position DESC LIMIT 1)"
)


@strawberry.enum(description="排序字段 By what projects are ordered.")
class ProjectOrderField(Enum):
    """What projects may be ordered by."""

    NAME = strawberry.enum_value("NAME", description="按名称 By name, in code point order.")
    REGISTERED_AT = strawberry.enum_value("REGISTERED_AT", description="按登记时间 By when the ledger took them.")
    UPDATED_AT = strawberry.enum_value(
        "UPDATED_AT",
        description="按最近变更 By when they themselves last changed: `updatedAt`.",
    )
    CONTRACTED_TOTAL = strawberry.enum_value(
        "CONTRACTED_TOTAL", description="按协议总投资 By total investment as contracted."
    )
    APPROVED_TOTAL = strawberry.enum_value(
        "APPROVED_TOTAL", description="按批复总投资 By total investment as approved or filed."
    )
    STATISTICAL_TOTAL = strawberry.enum_value(
        "STATISTICAL_TOTAL", description="按计划总投资 By total investment as in statistics."
    )
    PLANNED_START = strawberry.enum_value("PLANNED_START", description="按计划开工 By planned start.")
    PLANNED_COMPLETION = strawberry.enum_value("PLANNED_COMPLETION", description="按计划竣工 By planned completion.")
    STARTED_ON = strawberry.enum_value("STARTED_ON", description="按开工日期 By start.")
    PROGRESS = strawberry.enum_value("PROGRESS", description="按形象进度 By the latest percent of physical progress.")


_KEYS: Final = {
    ProjectOrderField.NAME: ("p.name", "text"),
    ProjectOrderField.REGISTERED_AT: ("p.registered_us", "bigint"),
}
_KEYS_OR_NULL: Final = {
    ProjectOrderField.UPDATED_AT: ("p.recorded_from", "bigint"),
    ProjectOrderField.CONTRACTED_TOTAL: ("p.contracted_fen", "bigint"),
    ProjectOrderField.APPROVED_TOTAL: ("p.approved_fen", "bigint"),
    ProjectOrderField.STATISTICAL_TOTAL: ("p.statistical_fen", "bigint"),
    ProjectOrderField.PLANNED_START: ("p.planned_start", "date"),
    ProjectOrderField.PLANNED_COMPLETION: ("p.planned_completion", "date"),
    ProjectOrderField.STARTED_ON: ("p.started_on", "date"),
    ProjectOrderField.PROGRESS: (_PROGRESS, "bigint"),
}
"""What a project may not have, or a caller may not see."""


@strawberry.enum(description="排序方向 Which way an order runs.")
class OrderDirection(Enum):
    """Ways of an order."""

    ASC = strawberry.enum_value("ASC", description="升序 The smallest, or the earliest, first.")
    DESC = strawberry.enum_value("DESC", description="降序 The largest, or the latest, first.")


@strawberry.input(
    description="排序 How projects are ordered; those without a value are last either way, and equal ones run by"
    " ledger and id the same way."
)
class ProjectOrder:
    """An order of projects."""

    field: ProjectOrderField = strawberry.field(description="排序字段 By what.")
    direction: OrderDirection = strawberry.field(description="排序方向 Which way.")

    def total(self) -> Order:
        """Return it as a total order of project rows `p`."""
        descending = self.direction is OrderDirection.DESC
        key = _KEYS.get(self.field)
        if key is None:
            sql, kind = _KEYS_OR_NULL[self.field]
            key = or_last(sql, kind, descending=descending), kind
        return Order(self.field.name, (key, *_REST), descending=descending)


BY_NAME: Final = ProjectOrder(field=ProjectOrderField.NAME, direction=OrderDirection.ASC)
OrderBy: TypeAlias = Annotated[
    ProjectOrder, strawberry.argument(description="排序 In which order; by name unless said.")
]
