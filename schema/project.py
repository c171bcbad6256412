"""项目: the project as it stands, how it is found, and every command on it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final

import strawberry

from schema.annual_plan import PlanEntryRow
from schema.ceremony import ProjectBatch
from schema.context import Info
from schema.funds import FundAllotment, FundPlan, FundReport, PhysicalProgress, ProjectFunds
from schema.investment import day_of
from schema.lights import ProjectLights, lights, lights_sql
from schema.node import Node
from schema.pages import After, Connection, First
from schema.publication import IN_ORDER, ExemptionRow, PublicationRow
from schema.read import children, column, computed, fed, holds, reads
from schema.roster import IN_OFFICE, PostRow, WorkPlanRow
from schema.schedule import LATEST_NOTES, BaselineRow, MilestoneRow, ProgressNote, StartConditionRow
from schema.sites import Site
from schema.timeline import TimelineItem, timeline, timeline_sql
from schema.values import (
    Document,
    Money,
    Position,
    RegionRef,
    StatedFigure,
    Term,
    money_sql,
    project_id_sql,
    stated_sql,
)
from service.domain.gates import Gate
from service.domain.identity import AssetType, Nature, Track
from service.domain.investment import Basis, Measure, Status
from service.domain.stages import Activity, HandlingClass, Phase

_SAME_YEAR: Final = "extract(year FROM p.{0}_on) = extract(year FROM p.{1}_on)"
_SAME_PROJECT: Final = "{0}.region = p.region AND {0}.project_id = p.project_id"


@strawberry.type(description="单位 A legal person, with its credit code where known.")
class Organisation:
    """A legal person."""

    name: str = strawberry.field(description="名称 Name.")
    credit_code: str | None = strawberry.field(description="统一社会信用代码 GB 32100.", default=None)


@strawberry.type(description="外部编号 What another system calls the project.")
class ExternalReference:
    """A reference of another system."""

    system: str = strawberry.field(description="系统 Which system.")
    id: str = strawberry.field(description="编号 Its own id there.")


@strawberry.type(description="投资方 An investor, with the classes that it is of.")
class Investor:
    """An investor."""

    name: str = strawberry.field(description="名称 Name.")
    credit_code: str | None = strawberry.field(description="统一社会信用代码 GB 32100.", default=None)
    classes: list[str] = strawberry.field(description="类别 Codes of INVESTOR_CLASS.", default_factory=list)


@strawberry.type(description="跨县分段 The part of a project that lies in a county.")
class CountyPart:
    """A part."""

    region: RegionRef = strawberry.field(description="所在县 Which county.")
    stated: StatedFigure | None = strawberry.field(description="总投资 Its share of the total.", default=None)


_RELATED: Final = (
    "(SELECT coalesce(json_agg("  # noqa: S608 - declared SQL only.
    + project_id_sql("p", "r.id")
    + "), '[]') FROM jsonb_array_elements_text(p.related) r (id))"
)


def _version_sql(kind: str) -> str:
    """Return the SQL of the version that one of the project's further streams is at."""
    return (
        "(SELECT coalesce(max(a.version), 0) FROM audit_history a WHERE a.region = p.region"  # noqa: S608 - own names.
        f" AND a.project_id = p.project_id AND a.stream_kind = '{kind}')"
    )


@reads("g", "节点 A dated gate of the project's life; one gate may stand in several variants.", name="ProjectGate")
class GateRow:
    """A gate that was reached."""

    gate: Gate = column("g.gate", "节点 Which gate.")
    variant: str | None = column(
        "nullif(g.variant, '')", "口径 Contract form, basis of the start, kind of completion or extent, if it has one."
    )
    occurred_on: date = column("g.occurred_on", "日期 When it happened.")
    definition: int = column("g.definition", "认定口径版本 Version of the place's definition that it was judged by.")
    reason: str | None = column("g.reason", "更正理由 Why an earlier date was corrected.")
    documents: list[Document] = column("g.documents", "文件依据 What it rests on.")
    position: Position = column("g.position", "日志位置 The fact's place in the region's log.")


@reads("c", "完成投资报送 A figure as the paper states it.")
class CompletionFigure:
    """A stated figure."""

    period: str = column("c.period", "报送期 2023-04, 2023-04-T1 (上旬) or 2023-01/2023-02.")
    through_on: date = column("c.through_on", "截止日期 Last day of the period.")
    measure: Measure = column("c.measure", "指标 Of the period, of the year to date, or since the start.")
    basis: Basis = column("c.basis", "口径 Basis.")
    status: Status = column("c.status", "数据状态 Flash or final.")
    stated: StatedFigure = column(stated_sql("c"), "所报数值 As stated.")
    amount: Money = column(money_sql("c.amount_fen", "c.region"), "金额 Its exact amount.")
    reason: str | None = column("c.reason", "理由 Why it corrects or reduces.")
    documents: list[Document] = column("c.documents", "文件依据 What it rests on.")
    position: Position = column("c.position", "日志位置 The fact's place in the region's log.")


@reads("t", "累计完成投资 What the figures of one basis come to, through their latest day.")
class CompletedTotal:
    """Totals of one basis."""

    basis: Basis = column("t.basis", "口径 Basis; never added to another.")
    through_on: date = column("t.through_on", "截止日期 Last day that figures speak of.")
    year_to_date: Money = column(money_sql("t.year_to_date_fen", "t.region"), "本年累计 Completed in that day's year.")
    since_start: Money | None = column(
        money_sql("t.since_start_fen", "t.region"),
        "自开工累计 Completed since the start; null until an opening balance or a figure since the start tells it.",
    )


@reads("p", "重点项目 A key project as it stands now.")
class Project(Node):
    """A project."""

    id: strawberry.ID = column(project_id_sql("p"), "全局编号 Opaque, the same for ever.")
    name: str = column("p.name", "项目名称 Name.")
    aliases: list[str] = column("p.aliases", "别名 Other names.")
    place: RegionRef = column("p.region", "台账地区 The region whose ledger holds it.")
    region: RegionRef = column("p.location", "所在地 Where it lies.")
    township: str | None = column("p.township", "乡镇街道 Township.")
    park: str | None = column("p.park", "园区 Park.")
    content: str | None = column("p.content", "建设内容及规模 Content and scale.")
    category: str = column("p.category", "项目类别 Code of the place's list, such as PRODUCTIVE 产业.")
    track: Track = column("p.track", "推进方式 Track.")
    phase: Phase = column("p.phase", "时期 The same five everywhere.")
    stage: Term = column(
        "json_build_object('code', p.stage, 'zh', p.stage_zh, 'en', p.stage_en)",
        "阶段 The furthest in the place's list for the track.",
    )
    handling: HandlingClass = column("p.handling", "处置类别 How it is handled; every project has one class.")
    activity: Activity = column("p.activity", "活动状态 Whether it goes on.")
    paused_on: date | None = column("p.paused_on", "停缓建日期 Since when it is suspended, deferred or terminated.")
    pause_reason: str | None = column("p.pause_reason", "停缓建原因 Code of the dictionary PAUSE_REASON.")
    recovery_plan: str | None = column("p.recovery_plan", "恢复计划 How works are to be taken up again.")
    expected_resumption: date | None = column("p.expected_resumption", "预计恢复日期 When it is expected to go on.")
    pause_noted_on: date | None = column("p.pause_noted_on", "情况说明日期 Day of the latest note while it is paused.")
    resumed_on: date | None = column("p.resumed_on", "复工日期 When it last went on after a pause.")
    signed_on: date | None = column("p.signed_on", "签约日期 First contract.")
    landed_on: date | None = column("p.landed_on", "落地日期 Landing.")
    fulfilled_on: date | None = column("p.fulfilled_on", "履约日期 Fulfilment.")
    started_on: date | None = column("p.started_on", "开工日期 Start, on the basis that the place names.")
    statistics_entered_on: date | None = column("p.statistics_entered_on", "纳统日期 Entry into statistics.")
    completed_on: date | None = column("p.completed_on", "竣工日期 Completion.")
    production_on: date | None = column("p.production_on", "投产日期 Start of production.")
    benefits_on: date | None = column("p.benefits_on", "达效日期 Benefits reached.")
    approved_on: date | None = column("p.approved_on", "立项日期 First approval, verification or filing.")
    started_in_year_signed: bool | None = column(
        _SAME_YEAR.format("signed", "started"),
        "当年引进、当年开工 Whether it started in the year in which its first contract was signed (B10); null until"
        " both happened.",
    )
    operating_in_year_approved: bool | None = column(
        _SAME_YEAR.format("approved", "production"),
        "当年申报、当年运营 Whether production or use began in the year of its first approval or filing (B12); null"
        " until both happened.",
    )
    industry: str | None = column("p.industry", "国民经济行业 GB/T 4754-2017.")
    nature: Nature | None = column("p.nature", "建设性质 Nature of the works.")
    asset_type: AssetType | None = column("p.asset_type", "资产类型 Light or heavy.")
    owner: Organisation | None = column("p.owner", "项目法人 Project legal person.")
    responsible_unit: str | None = column("p.responsible_unit", "责任单位 Responsible unit.")
    sector_authority: str | None = column("p.sector_authority", "行业主管部门 Sector authority.")
    planned_start: date | None = column("p.planned_start", "计划开工 Planned start.")
    planned_completion: date | None = column("p.planned_completion", "计划竣工 Planned completion.")
    codes: list[str] = column("p.codes", "投资项目代码 National project codes, GB/T 40058.")
    references: list[ExternalReference] = column("p.refs", "外部编号 What other systems call it.")
    sites: list[Site] = column("p.sites", "项目位置 Points, lines and areas, each in its own coordinate system.")
    investors: list[Investor] = column("p.investors", "投资方 Investors with their classes.")
    investment_mode: str | None = column("p.investment_mode", "投资方式 Code of the dictionary INVESTMENT_MODE.")
    expected_output: Money | None = column(money_sql("p.expected_output_fen", "p.region"), "预计年产值 A year.")
    expected_tax: Money | None = column(money_sql("p.expected_tax_fen", "p.region"), "预计年税收 A year.")
    expected_jobs: int | None = column("p.expected_jobs", "预计用工 Expected jobs.")
    parent: strawberry.ID | None = column(
        project_id_sql("p", "p.parent"), "所属打捆项目 The project that it is a part of."
    )
    related: list[strawberry.ID] = column(_RELATED, "关联项目 Related projects.")
    parts: list[CountyPart] = column("p.parts", "跨县分段 Its parts by county, if it crosses a border.")
    contracted_total: Money | None = column(money_sql("p.contracted_fen", "p.region"), "协议总投资 As contracted.")
    approved_total: Money | None = column(money_sql("p.approved_fen", "p.region"), "批复总投资 As approved or filed.")
    statistical_total: Money | None = column(money_sql("p.statistical_fen", "p.region"), "计划总投资 As in statistics.")
    voided: bool = column("p.voided", "已作废 Registered in error, or merged into another.")
    merged_into: strawberry.ID | None = column(project_id_sql("p", "p.merged_into"), "并入项目 What it really is.")
    registered_at: datetime = column("p.registered_us", "登记时间 When the ledger took it.")
    updated_at: datetime = column(
        "p.recorded_from",
        "最近变更 When it last changed, itself or by its place's stages; its money, schedule and roster apart.",
    )
    version: int = column("p.version", "项目版本 To be sent as expectedVersion with a command on the project.")
    investment_version: int = column(
        _version_sql("investment"), "投资版本 To be sent as expectedVersion with a figure."
    )
    roster_version: int = column(
        _version_sql("roster"), "责任体系版本 To be sent as expectedVersion with a post or a work plan."
    )
    schedule_version: int = column(
        _version_sql("schedule"), "工期版本 To be sent as expectedVersion with a command on the schedule."
    )
    publication_version: int = column(
        _version_sql("publication"), "公开版本 To be sent as expectedVersion with what is published or exempt."
    )
    position: Position = column("p.position", "日志位置 Place of its latest fact (of the project, not its money).")
    gates: list[GateRow] = children(
        GateRow,
        table="project_gate",
        where=_SAME_PROJECT.format("g"),
        order="g.occurred_on, g.gate, g.variant",
        description="节点 Gates reached, by date.",
    )
    completions: list[CompletionFigure] = children(
        CompletionFigure,
        table="completion",
        where=_SAME_PROJECT.format("c"),
        order="c.through_on, c.basis, c.measure",
        description="完成投资报送 Figures as stated, by period.",
    )
    completed: list[CompletedTotal] = children(
        CompletedTotal,
        table="investment_total",
        where=_SAME_PROJECT.format("t")
        + " AND NOT EXISTS (SELECT FROM investment_total u WHERE u.region = t.region AND u.project_id = t.project_id"
        f" AND u.basis = t.basis AND u.through_on > t.through_on AND {holds('u')})",
        order="t.basis",
        description="累计完成投资 Latest totals, one for each basis.",
    )
    funds: list[ProjectFunds] = children(
        ProjectFunds,
        table="fund_total",
        where=_SAME_PROJECT.format("ft")
        + " AND NOT EXISTS (SELECT FROM fund_total u WHERE u.region = ft.region AND u.project_id = ft.project_id"
        f" AND u.source = ft.source AND u.kind = ft.kind AND u.through_on > ft.through_on AND {holds('u')})",
        order="ft.source, array_position('{PLANNED,ALLOTTED,ARRIVED,PAID}'::text[], ft.kind)",
        description="项目资金 Latest totals, one for each source and each of the four numbers.",
    )
    fund_plans: list[FundPlan] = children(
        FundPlan,
        table="funds_planned",
        where=_SAME_PROJECT.format("fp"),
        order="fp.year, fp.source",
        description="资金筹措计划 Plans in force; those for the whole project first.",
    )
    fund_allotments: list[FundAllotment] = children(
        FundAllotment,
        table="funds_allotted",
        where=_SAME_PROJECT.format("fa"),
        order="fa.occurred_on, fa.source, fa.number",
        description="资金下达 Allotments, by date.",
    )
    fund_reports: list[FundReport] = children(
        FundReport,
        table="funds_reported",
        where=_SAME_PROJECT.format("fr"),
        order="fr.through_on, fr.kind, fr.source, fr.measure, fr.period",
        description="资金到位或支付报送 Figures as stated, by period.",
    )
    physical_progress: list[PhysicalProgress] = children(
        PhysicalProgress,
        table="physical_progress",
        where=_SAME_PROJECT.format("pp"),
        order="pp.through_on, pp.period",
        description="形象进度 Physical progress as reported, by period.",
    )
    roster: list[PostRow] = children(
        PostRow,
        table="roster_post",
        where=_SAME_PROJECT.format("t") + " AND t.until IS NULL",
        order=IN_OFFICE,
        description="责任体系 Who answers for it now, by role and rank.",
    )
    former_roster: list[PostRow] = children(
        PostRow,
        table="roster_post",
        where=_SAME_PROJECT.format("t") + " AND t.until IS NOT NULL",
        order="t.until DESC, t.position DESC",
        description="历任 Who answered for it before, the latest first.",
    )
    work_plans: list[WorkPlanRow] = children(
        WorkPlanRow,
        table="work_plan",
        where=_SAME_PROJECT.format("w"),
        order="w.occurred_on, w.title",
        description="工作方案 Work plans, by date.",
    )
    published: list[PublicationRow] = children(
        PublicationRow,
        table="published_item",
        where=_SAME_PROJECT.format("i"),
        order=IN_ORDER.format("i"),
        description="已公开事项 What of it is published; nothing of a project that was voided or merged.",
    )
    exemptions: list[ExemptionRow] = children(
        ExemptionRow,
        table="publication_exemption",
        where=_SAME_PROJECT.format("x"),
        order=IN_ORDER.format("x"),
        description="豁免公开 What of it is exempt from publication; also where the day `until` has come, while it is"
        " not published.",
    )
    milestones: list[MilestoneRow] = children(
        MilestoneRow,
        table="schedule_milestone",
        where=_SAME_PROJECT.format("s"),
        order="s.planned_on, s.milestone",
        description="工作节点 Milestones of the present baseline, by planned date.",
    )
    next_milestones: list[MilestoneRow] = children(
        MilestoneRow,
        table="schedule_milestone",
        where=_SAME_PROJECT.format("s") + " AND s.reached_on IS NULL",
        order="coalesce(s.forecast_on, s.planned_on), s.milestone",
        description="推进节点 Milestones that are not reached yet, by the date on which they are due.",
        few=True,
    )
    baselines: list[BaselineRow] = children(
        BaselineRow,
        table="schedule_baseline",
        where=_SAME_PROJECT.format("b"),
        order="b.number",
        description="工期基线 Every baseline, the first one first.",
    )
    start_conditions: list[StartConditionRow] = children(
        StartConditionRow,
        table="start_condition",
        where=_SAME_PROJECT.format("x"),
        order="x.condition",
        description="开工条件 Conditions for starting works that were stated, by code.",
    )
    progress_notes: list[ProgressNote] = children(
        ProgressNote,
        table="progress_note",
        where=f"{_SAME_PROJECT.format('n')} AND {LATEST_NOTES}",
        order="n.occurred_on DESC, n.position DESC",
        description="工作进展 The latest 50 notes, the latest first.",
        few=True,
    )
    plan_entries: list[PlanEntryRow] = children(
        PlanEntryRow,
        table="plan_entry",
        where=_SAME_PROJECT.format("e"),
        order="e.year, e.list_owner",
        description="列入项目 Key lists that it is on, with their plans for it; they overlap.",
    )

    @computed(
        "(SELECT coalesce(json_agg(DISTINCT e.year), '[]') FROM plan_entry e WHERE"  # noqa: S608 - declared SQL only.
        f" {_SAME_PROJECT.format('e')} AND {holds('e')})",
        "优先保障 Whether it is on a key list, of any level, of that day's year: then what it needs takes precedence"
        " and has time limits (B15). Which lists, and of which level, is in `planEntries`.",
    )
    def priority(
        self,
        on: Annotated[
            date | None, strawberry.argument(description="日期 Which day; today in China unless said.")
        ] = None,
    ) -> bool:
        """Return whether it is on a list in force."""
        return day_of(on).year in fed(self, "priority")

    @computed(
        timeline_sql,
        "项目历程 What happened to it and what is planned, by date: gates, milestones, schedules, pauses, totals,"
        " lists, ceremonies, posts, notes, start conditions and publication. Titles and papers are as the audit trail"
        " has them, for who may read it; what was told anew stands there again.",
    )
    def timeline(self, info: Info, first: First = None, after: After = None) -> Connection[TimelineItem]:
        """Return a page of its timeline."""
        return timeline(info, fed(self, "timeline"), first, after)

    @computed(lights_sql, "红黄绿灯 How it does on a day at its start, its progress, its payments and in statistics.")
    def lights(
        self,
        on: Annotated[
            date | None, strawberry.argument(description="日期 Of which day; today in China unless said.")
        ] = None,
    ) -> ProjectLights:
        """Return its lights."""
        return lights(fed(self, "lights"), on)

    batches: list[ProjectBatch] = children(
        ProjectBatch,
        table="ceremony_entry",
        where=_SAME_PROJECT.format("b"),
        order="b.occurred_on, b.ceremony_id, b.kind",
        description="入列批次 Ceremonies that list it, by date: a cohort, not a stage; it may be in several periods.",
    )
