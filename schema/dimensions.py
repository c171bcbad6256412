"""分组维度: by what totals, funds and counts are grouped: one table for all three, a line for each dimension.

Every dimension is additive: its groups add up to the whole, because what is added up has one value of it or none, and
none is a group too. Lists overlap, so a list is a filter and no dimension; a class of the annual plan is one within a
list.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import strawberry

from schema.read import holds
from schema.regions import newest
from schema.register_conditions import TOTALS
from schema.values import RegionRef
from service.domain.annual_plan import PlanClass
from service.domain.errors import ListRequiredError
from service.domain.identity import AssetType, Nature, Track
from service.domain.stages import Activity, HandlingClass, Phase
from service.domain.total_investment import SIZE_BANDS, SizeBand, TotalKind
from service.domain.values import Unit

if TYPE_CHECKING:
    from schema.filters import InvestmentTotalsFilter
    from schema.read import Binds


class Over(Enum):
    """What has one value of a dimension or none, so that its groups add up."""

    PROJECT = "a project"
    ENTRY = "a project on one key list"
    FUNDS = "a project's funds of one source"
    TIME = "a cut-off"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension.

    Args:
        name: its member of the GraphQL enums.
        field: the field of a row that has its value.
        sql: expression over a project row `p`; `{total}` is the column of a kind of total investment, `{entry}` the
            predicates that an entry `k` is of the list that was asked for.
        description: of the enum's member.
        made: what makes the field's value of a stored one.
    """

    name: str
    field: str
    sql: str
    description: str
    made: Callable[[str], Any] = str
    over: Over = Over.PROJECT


def _bands() -> str:
    cases = " ".join(f"WHEN {{total}} >= {yi * Unit.YI_YUAN.minor} THEN '{band}'" for band, yi in SIZE_BANDS)
    return f"CASE {cases} WHEN {{total}} IS NOT NULL THEN '{SizeBand.BELOW}' END"


_CLASS: Final = (
    "(SELECT k.plan_class FROM plan_entry k WHERE k.region = p.region AND k.project_id = p.project_id"
    " AND {entry} ORDER BY k.list_owner LIMIT 1)"
)
_IN_COUNTY: Final = "names are only told apart within a county, so group by REGION too where several are asked about."

REGION: Final = Dimension(
    "REGION", "region", "p.location", "按所在地 By the region where projects lie.", RegionRef.of_plain
)
PLAN_CLASS: Final = Dimension(
    "PLAN_CLASS",
    "plan_class",
    _CLASS,
    "按年度计划类别 By class of the annual plan of the filter's `list`, without which it is refused.",
    PlanClass,
    Over.ENTRY,
)
OF_PROJECTS: Final = (
    REGION,
    Dimension("CATEGORY", "category", "p.category", "按项目类别 By category."),
    Dimension("TRACK", "track", "p.track", "按推进方式 By track.", Track),
    Dimension("PHASE", "phase", "p.phase", "按时期 By phase.", Phase),
    Dimension("STAGE", "stage", "p.stage", "按阶段 By stage."),
    Dimension("HANDLING", "handling", "p.handling", "按处置类别 By handling class.", HandlingClass),
    Dimension("ACTIVITY", "activity", "p.activity", "按活动状态 By activity.", Activity),
    Dimension("INDUSTRY", "industry", "p.industry", "按国民经济行业 By industry, as finely as it is stated."),
    Dimension(
        "INDUSTRY_SECTION",
        "industry_section",
        "left(p.industry, 1)",
        "按行业门类 By section of GB/T 4754, a letter; not the category: 产业 is more than B to D.",
    ),
    Dimension(
        "INDUSTRY_DIVISION",
        "industry_division",
        "CASE WHEN length(p.industry) >= 3 THEN left(p.industry, 3) END",
        "按行业大类 By division of GB/T 4754, such as C26; none where only the section is stated.",
    ),
    Dimension("NATURE", "nature", "p.nature", "按建设性质 By nature of the works.", Nature),
    Dimension("ASSET_TYPE", "asset_type", "p.asset_type", "按资产类型 By asset type.", AssetType),
    Dimension("UNIT", "responsible_unit", "p.responsible_unit", f"按责任单位 By responsible unit; {_IN_COUNTY}"),
    Dimension("TOWNSHIP", "township", "p.township", f"按乡镇街道 By township; {_IN_COUNTY}"),
    Dimension("PARK", "park", "p.park", f"按园区 By park; {_IN_COUNTY}"),
    Dimension(
        "SIZE_BAND",
        "size_band",
        _bands(),
        "按规模 By total investment of the kind asked for: 100, 50 or 10 亿 and more, or less (G16).",
        SizeBand,
    ),
    PLAN_CLASS,
)
"""In which every project has one place; each of them can be asked for of totals, of funds and of counts."""
MONTH: Final = Dimension("MONTH", "month", "", "按月 By month of the cut-off's year.", over=Over.TIME)
YEAR: Final = Dimension("YEAR", "year", "", "按年 By year, up to the cut-off's.", over=Over.TIME)
SOURCE: Final = Dimension("SOURCE", "source", "f.source", "按资金来源 By source of funds.", over=Over.FUNDS)


def grouping(name: str, dimensions: Iterable[Dimension], description: str) -> Any:
    """Return a GraphQL enum whose members stand for dimensions."""
    members = {one.name: strawberry.enum_value(one, description=one.description) for one in dimensions}
    made = Enum(name, members, module=__name__)  # type: ignore[misc]  # A table makes it, and no class statement.
    return strawberry.enum(typing.cast("type[Enum]", made), description=description)


Key: TypeAlias = tuple[str | None, ...]
"""A group: its value in each dimension that was asked for, in their order; None where nothing is stated."""


def asked_for(groups: Iterable[Enum] | None) -> tuple[Dimension, ...]:
    """Return the dimensions that a client asked for, each once."""
    return tuple(dict.fromkeys(one.value for one in groups or ()))


def columns(
    dimensions: Sequence[Dimension],
    asked: InvestmentTotalsFilter,
    total: TotalKind,
    binds: Binds,
    held: Callable[[str], str] = holds,
) -> str:
    """Return the select list of a group's values, with a comma behind it.

    Args:
        dimensions: which; those of time have no value of their own.
        asked: the filter, whose list a class is of.
        total: the kind of total investment that makes a size.
        binds: parameters of the statement.
        held: the predicate that a versioned row held when it is asked about.

    Raises:
        ListRequiredError: a class without a list.
    """
    found = []
    for number, one in enumerate(dimensions):
        entry = ""
        if one.over is Over.ENTRY:
            if asked.key_list is None:
                raise ListRequiredError("filter", "list")
            entry = " AND ".join([held("k"), *asked.entry("k", binds)])
        found.append(f"{one.sql.format(total=f'p.{TOTALS[total]}', entry=entry)} AS k{number}, ")
    return "".join(found)


def key_of(dimensions: Sequence[Dimension], row: dict[str, Any]) -> Key:
    """Return the group of a row of `columns`; a county that changed its code is one, under the code of today."""
    values = [row[f"k{number}"] for number in range(len(dimensions))]
    return tuple(
        newest(value) if one is REGION and value is not None else value
        for one, value in zip(dimensions, values, strict=True)
    )


def order_of(key: Key) -> list[tuple[bool, str]]:
    """Return by what groups are put in order: by their values, what is not stated last."""
    return [(value is None, value or "") for value in key]


@strawberry.type
class Groups:
    """The fields of a row that say which group it is."""

    region: RegionRef | None = strawberry.field(description="所在地 When grouped by region.", default=None)
    category: str | None = strawberry.field(description="项目类别 When grouped by category.", default=None)
    track: Track | None = strawberry.field(description="推进方式 When grouped by track.", default=None)
    phase: Phase | None = strawberry.field(description="时期 When grouped by phase.", default=None)
    stage: str | None = strawberry.field(description="阶段 When grouped by stage.", default=None)
    handling: HandlingClass | None = strawberry.field(description="处置类别 When grouped by handling.", default=None)
    activity: Activity | None = strawberry.field(description="活动状态 When grouped by activity.", default=None)
    industry: str | None = strawberry.field(
        description="国民经济行业 When grouped by industry; null if none is stated.", default=None
    )
    industry_section: str | None = strawberry.field(
        description="行业门类 When grouped by section; null if no industry is stated.", default=None
    )
    industry_division: str | None = strawberry.field(
        description="行业大类 When grouped by division; null if none is stated.", default=None
    )
    nature: Nature | None = strawberry.field(
        description="建设性质 When grouped by nature; null if none is stated.", default=None
    )
    asset_type: AssetType | None = strawberry.field(
        description="资产类型 When grouped by asset type; null if none is stated.", default=None
    )
    responsible_unit: str | None = strawberry.field(
        description="责任单位 When grouped by unit; null if none is stated.", default=None
    )
    township: str | None = strawberry.field(
        description="乡镇街道 When grouped by township; null if none is stated.", default=None
    )
    park: str | None = strawberry.field(
        description="园区 When grouped by park; null for what lies in none, or none is stated of.", default=None
    )
    size_band: SizeBand | None = strawberry.field(
        description="规模档次 When grouped by size; null if no such total is stated.", default=None
    )
    plan_class: PlanClass | None = strawberry.field(
        description="年度计划类别 When grouped by class of the list.", default=None
    )


def fields_of(dimensions: Sequence[Dimension], key: Key) -> dict[str, Any]:
    """Return the fields that say which group a row is."""
    return {one.field: None if value is None else one.made(value) for one, value in zip(dimensions, key, strict=True)}
