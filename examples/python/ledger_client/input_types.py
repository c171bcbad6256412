from datetime import date
from typing import Optional
from uuid import UUID

from pydantic import Field

from .base_model import BaseModel
from .enums import (
    AssetType,
    Basis,
    CoordinateSystem,
    FigureStatus,
    Measure,
    Nature,
    SiteKind,
    Track,
    Unit,
)


class CountyPartInput(BaseModel):
    """跨县分段 The part of a cross-county project that lies in a county, with its share of the total investment."""

    region: str
    "行政区划 6 digits of GB/T 2260, a functional zone, or a sandbox 99xxxx."
    stated: Optional["StatedFigureInput"] = None
    "所报数值 The figure with its unit, as the paper has it."


class DocumentInput(BaseModel):
    """文件依据 The paper that a fact rests on; `sha256` is of its scan."""

    title: str
    "名称或职务 Title: of a paper, or of the office that somebody holds."
    number: Optional[str] = None
    "文号 Number."
    issuer: Optional[str] = None
    "发文单位 Issuer."
    issued_on: Optional[date] = Field(alias="issuedOn", default=None)
    "发文日期 Date of issue."
    sha_256: Optional[str] = Field(alias="sha256", default=None)
    "文件摘要 SHA-256 of the scan, 64 hexadecimal digits."


class ExternalReferenceInput(BaseModel):
    """外部编号 What another system calls the project."""

    system: str
    "系统 Which other system."
    id: str
    "编号 What the other system calls it."


class InvestorInput(BaseModel):
    """投资方 An investor, with the classes that it is of (三类500强 ...), codes of the place's list."""

    name: str
    "名称 1 to 200 characters."
    credit_code: Optional[str] = Field(alias="creditCode", default=None)
    "统一社会信用代码 GB 32100, 18 characters."
    classes: Optional[list[str]] = None
    "类别 Codes of the dictionary INVESTOR_CLASS."


class OrganisationInput(BaseModel):
    """单位 A legal person, with its credit code where known."""

    name: str
    "名称 1 to 200 characters."
    credit_code: Optional[str] = Field(alias="creditCode", default=None)
    "统一社会信用代码 GB 32100, 18 characters."


class PointInput(BaseModel):
    """坐标点 A point, longitude and latitude in degrees."""

    longitude: str
    "经度 Degrees, up to 8 decimals."
    latitude: str
    "纬度 Degrees, up to 8 decimals."


class ProjectIdentityInput(BaseModel):
    """项目基本情况 What a project is, as the register states it; `planned_*` are 建设起止年限."""

    name: str
    "名称 1 to 200 characters."
    region: str
    "行政区划 6 digits of GB/T 2260, a functional zone, or a sandbox 99xxxx."
    category: str
    "项目类别 A code of the place's list, such as PRODUCTIVE 产业."
    track: Track
    "推进方式 Track."
    aliases: Optional[list[str]] = None
    "别名 Other names it goes by, at most 50."
    township: Optional[str] = None
    "乡镇街道 Township."
    park: Optional[str] = None
    "园区 Park."
    content: Optional[str] = None
    "建设内容及规模 Content and scale, up to 8000 characters."
    planned_start: Optional[date] = Field(alias="plannedStart", default=None)
    "计划开工 Planned start."
    planned_completion: Optional[date] = Field(alias="plannedCompletion", default=None)
    "计划竣工 Planned completion."
    industry: Optional[str] = None
    "国民经济行业 GB/T 4754-2017, such as C2614."
    nature: Optional[Nature] = None
    "建设性质 Nature of the works."
    asset_type: Optional[AssetType] = Field(alias="assetType", default=None)
    "资产类型 Light or heavy."
    owner: Optional["OrganisationInput"] = None
    "项目法人 Project legal person."
    responsible_unit: Optional[str] = Field(alias="responsibleUnit", default=None)
    "责任单位 Responsible unit."
    sector_authority: Optional[str] = Field(alias="sectorAuthority", default=None)
    "行业主管部门 Sector authority."
    codes: Optional[list[str]] = None
    "投资项目代码 National project codes, GB/T 40058, 24 characters; each held by one project of the ledger."
    references: Optional[list["ExternalReferenceInput"]] = None
    "外部编号 What other systems call it; each held by one project of the ledger."
    sites: Optional[list["SiteInput"]] = None
    "项目位置 At most 20 points, lines and areas."
    investors: Optional[list["InvestorInput"]] = None
    "投资方 Investors, at most 50."
    investment_mode: Optional[str] = Field(alias="investmentMode", default=None)
    "投资方式 A code of the dictionary INVESTMENT_MODE."
    expected_output: Optional["StatedFigureInput"] = Field(
        alias="expectedOutput", default=None
    )
    "预计年产值 Expected output a year."
    expected_tax: Optional["StatedFigureInput"] = Field(
        alias="expectedTax", default=None
    )
    "预计年税收 Expected tax a year."
    expected_jobs: Optional[int] = Field(alias="expectedJobs", default=None)
    "预计用工 Expected jobs."
    parent: Optional[str] = None
    "所属打捆项目 Id (UUID) of the project that it is a part of."
    related: Optional[list[str]] = None
    "关联项目 Ids (UUID) of related projects."
    parts: Optional[list["CountyPartInput"]] = None
    "跨县分段 Its parts by county, each county once."


class RegionPositionInput(BaseModel):
    """台账位置 A position in a ledger's log, as a payload tells it."""

    region: str
    "台账地区 Code of the region whose ledger it is."
    position: int
    "日志位置 Position."


class RegisterProjectBatchInput(BaseModel):
    """批量 Many at once: 登记项目 Register a project."""

    items: list["RegisterProjectInput"]
    "逐条命令 1 to 1000 in all batches of a document, each with a command id of its own."


class RegisterProjectInput(BaseModel):
    """登记项目 Register a project."""

    command_id: UUID = Field(alias="commandId")
    "命令编号 Made by the sender, once per intention; sent again, the answer is the first one."
    expected_version: Optional[int] = Field(alias="expectedVersion", default=None)
    "预期版本 Version that the sender saw; another one is refused. No part of what an id stands for."
    place: str
    "台账地区 Code of the region whose ledger takes it."
    identity: "ProjectIdentityInput"
    "基本情况 What the project is."
    documents: Optional[list["DocumentInput"]] = None
    "文件依据 The papers that it rests on."


class ReportCompletionBatchInput(BaseModel):
    """批量 Many at once: 报送完成投资 Report completed investment; with a reason where it corrects a figure or reduces a cumulative."""

    items: list["ReportCompletionInput"]
    "逐条命令 1 to 1000 in all batches of a document, each with a command id of its own."


class ReportCompletionInput(BaseModel):
    """报送完成投资 Report completed investment; with a reason where it corrects a figure or reduces a cumulative."""

    command_id: UUID = Field(alias="commandId")
    "命令编号 Made by the sender, once per intention; sent again, the answer is the first one."
    expected_version: Optional[int] = Field(alias="expectedVersion", default=None)
    "预期版本 Version that the sender saw; another one is refused. No part of what an id stands for."
    project_id: str = Field(alias="projectId")
    "项目 Its global id."
    through: str
    "报送期 2023-04, 2023-04-T1 (上旬, to T3) or 2023-01/2023-02."
    measure: Measure
    "指标 What is measured."
    basis: Basis
    "口径 The basis; figures of two are never mixed."
    status: FigureStatus
    "数据状态 Flash while the period runs, then final."
    stated: "StatedFigureInput"
    "所报数值 The figure with its unit, as the paper has it."
    reason: Optional[str] = None
    "理由 Why; needed where it corrects, adjusts, reduces, revises or voids."
    documents: Optional[list["DocumentInput"]] = None
    "文件依据 The papers that it rests on."
    filled_by: Optional[str] = Field(alias="filledBy", default=None)
    "填报人 Personal: kept beside the log, and can be erased."
    reviewed_by: Optional[str] = Field(alias="reviewedBy", default=None)
    "审核人 Personal: kept beside the log, and can be erased."
    signed_by: Optional[str] = Field(alias="signedBy", default=None)
    "签发人 Personal: kept beside the log, and can be erased."


class SiteInput(BaseModel):
    """项目位置 A point, a line of at least two, or an area of at least three corners (the first is not said again)."""

    kind: SiteKind
    "类别 Which kind."
    system: CoordinateSystem
    "系统 Which other system."
    points: list["PointInput"]
    "坐标 One for a point, at least two for a line, at least three for an area."
    name: Optional[str] = None
    "名称 1 to 200 characters."


class StatedFigureInput(BaseModel):
    """所报数值 A figure with its unit, kept as said (53.93 亿元), and exact in the smallest unit."""

    figure: str
    "数字 A plain decimal as the paper has it, such as 53.93."
    unit: Unit
    "单位 Unit of the figure (计量单位), or an organisation by its name (单位名称)."


CountyPartInput.model_rebuild()
ProjectIdentityInput.model_rebuild()
RegisterProjectBatchInput.model_rebuild()
RegisterProjectInput.model_rebuild()
ReportCompletionBatchInput.model_rebuild()
ReportCompletionInput.model_rebuild()
SiteInput.model_rebuild()
