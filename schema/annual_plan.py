"""列入项目: what the year's plans say of a project, one row for each key list that it is on."""

from __future__ import annotations

from datetime import date
from typing import Final

from schema.read import column, reads
from schema.values import Document, Money, Position, RegionRef, StatedFigure, money_sql, stated_sql
from service.domain.annual_plan import ListLevel, PlanClass

LEVEL_SQL: Final = (
    "CASE WHEN e.list_owner LIKE '%0000' THEN 'PROVINCE' WHEN e.list_owner LIKE '%00' THEN 'PREFECTURE'"
    " ELSE 'COUNTY' END"
)
"""`level_of` in SQL."""


@reads("e", "列入项目 A project on one key list, with what that list's annual plan says of it.", name="PlanEntry")
class PlanEntryRow:
    """An entry of a list."""

    list_owner: RegionRef = column("e.list_owner", "名单所属地区 Whose list.")
    level: ListLevel = column(LEVEL_SQL, "名单层级 By the owner's code.")
    year: int = column("e.year", "年度 Year of the list.")
    plan_class: PlanClass = column("e.plan_class", "年度计划类别 What the year means for the project.")
    completes_this_year: bool = column("e.completes_this_year", "年内计划竣工 To be completed within the year.")
    stated: StatedFigure | None = column(
        stated_sql("e", optional=True),
        "所报数值 Planned investment as the paper states it; null if it states none.",
    )
    planned: Money | None = column(money_sql("e.planned_fen", "e.region"), "年度计划投资 Its exact amount.")
    image_target: str | None = column("e.image_target", "年度形象目标 What is to be seen by the year's end.")
    planned_start: date | None = column("e.planned_start", "计划开工 Planned start.")
    planned_completion: date | None = column("e.planned_completion", "计划竣工 Planned completion.")
    reason: str | None = column("e.reason", "理由 Why it was brought in or said otherwise than before.")
    source: Document = column("e.source", "来源文件 The paper that says so.")
    listed_on: date = column(
        "e.listed_on",
        "列入日期 Issue of the paper that put it on the list, else the day on which the ledger took it.",
    )
    position: Position = column("e.position", "日志位置 The fact's place in the region's log.")
