"""资金与形象进度: a project's funds by source, as stated and added up, and what stands on its site."""

from __future__ import annotations

from datetime import date

import strawberry

from schema.read import column, reads
from schema.values import Document, Money, Position, StatedFigure, money_sql, stated_sql
from service.domain.funds import FundKind, FundStage
from service.domain.series import Measure

_POSITION = "日志位置 The fact's place in the region's log."


@reads("fp", "资金筹措计划 What a source is to give.")
class FundPlan:
    """A plan in force."""

    source: str = column("fp.source", "资金来源 Code of the place's list, such as SPECIAL_BOND.")
    year: int | None = column("nullif(fp.year, 0)", "年度 In which year; null for the whole project.")
    stated: StatedFigure = column(stated_sql("fp"), "所报数值 As stated.")
    amount: Money = column(money_sql("fp.amount_fen", "fp.region"), "金额 Its exact amount.")
    reason: str | None = column("fp.reason", "调整理由 Why it was changed.")
    documents: list[Document] = column("fp.documents", "文件依据 What it rests on.")
    position: Position = column("fp.position", _POSITION)


@reads("fa", "资金下达 What a document allotted from a source.")
class FundAllotment:
    """An allotment."""

    source: str = column("fa.source", "资金来源 Code of the place's list.")
    occurred_on: date = column("fa.occurred_on", "下达日期 When it was allotted.")
    stated: StatedFigure = column(stated_sql("fa"), "所报数值 As stated.")
    amount: Money = column(money_sql("fa.amount_fen", "fa.region"), "金额 Its exact amount; negative where taken back.")
    reason: str | None = column("fa.reason", "理由 Why it corrects or takes back.")
    document: Document = column("fa.document", "下达文件 The document, with its number.")
    position: Position = column("fa.position", _POSITION)


@reads("fr", "资金到位或支付报送 A figure of funds as the paper states it.")
class FundReport:
    """A stated figure."""

    kind: FundKind = column("fr.kind", "资金报送类别 Arrived or paid.")
    source: str = column("fr.source", "资金来源 Code of the place's list.")
    period: str = column("fr.period", "报送期 2023-04, 2023-04-T1 (上旬) or 2023-01/2023-02.")
    through_on: date = column("fr.through_on", "截止日期 Last day of the period.")
    measure: Measure = column("fr.measure", "指标 Of the period, of the year to date, or since the start.")
    stated: StatedFigure = column(stated_sql("fr"), "所报数值 As stated.")
    amount: Money = column(money_sql("fr.amount_fen", "fr.region"), "金额 Its exact amount.")
    reason: str | None = column("fr.reason", "理由 Why it corrects or reduces.")
    documents: list[Document] = column("fr.documents", "文件依据 What it rests on.")
    position: Position = column("fr.position", _POSITION)


@reads("ft", "项目资金 What the funds of one source come to: one of four numbers that are never added to each other.")
class ProjectFunds:
    """The latest total of one source and one of the four numbers."""

    source: str = column("ft.source", "资金来源 Code of the place's list.")
    stage: FundStage = column("ft.kind", "资金环节 Planned, allotted, arrived or paid.")
    year: int | None = column(
        "ft.year", "年度 Year of the amount to date; null where the whole project alone is planned."
    )
    through_on: date | None = column(
        "CASE WHEN ft.kind <> 'PLANNED' THEN ft.through_on END",
        "截止日期 Last day that figures speak of; null for a plan, of which the latest year is shown.",
    )
    year_to_date: Money | None = column(
        money_sql("ft.year_to_date_fen", "ft.region"),
        "本年累计 In that year, through that day; of a plan, for the whole year. Null if nothing stated tells it.",
    )
    since_start: Money | None = column(
        money_sql("ft.since_start_fen", "ft.region"),
        "自开工累计 Since the start; of a plan, for the whole project. Null if nothing stated tells it.",
    )


@strawberry.type(description="实物工程量 How much of an item of work is done since the start.")
class Quantity:
    """A quantity of work."""

    item: str = strawberry.field(description="工程内容 Item of work.")
    figure: str = strawberry.field(description="数字 As stated, with its own precision.")
    unit: str = strawberry.field(description="计量单位 Unit that the item is measured in.")


@reads("pp", "形象进度 What stands on the site at the end of a period; beside the money, and not worked out from it.")
class PhysicalProgress:
    """A report of physical progress."""

    period: str = column("pp.period", "报送期 2023-04, 2023-04-T1 (上旬) or 2023-01/2023-02.")
    through_on: date = column("pp.through_on", "截止日期 Last day of the period.")
    percent: str | None = column("pp.percent", "形象进度百分比 Percent of the whole works, as stated.")
    description: str | None = column("pp.description", "形象进度说明 What stands, in words.")
    quantities: list[Quantity] = column("pp.quantities", "实物工程量 Quantities done since the start.")
    reason: str | None = column("pp.reason", "理由 Why it corrects or goes back.")
    documents: list[Document] = column("pp.documents", "文件依据 What it rests on.")
    position: Position = column("pp.position", _POSITION)
