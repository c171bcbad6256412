"""用语: the official Chinese term of every enum's members and of every field, with its English rendering.

English terms are in lower case, so that they can stand within a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from service.domain.gates import CompletionKind, ContractForm, Gate, Phase, ProductionExtent, Stage
from service.domain.investment import Basis, Measure, Status
from service.domain.place import Purpose, StartBasis
from service.domain.plan import Operator, TargetMeasure
from service.domain.project import AssetType, Nature, TotalKind, Track
from service.domain.values import Currency, Unit


class Label(NamedTuple):
    """A term or a sentence in both languages."""

    zh: str
    en: str


# By class first: members of two string enums can be equal, such as Gate.RESERVED and Stage.RESERVED.
_MEMBERS: Final[Mapping[type[Enum], Mapping[Enum, Label]]] = {
    Track: {
        Track.PROMOTED: Label("招商引资", "investment promotion"),
        Track.GOVERNMENT: Label("政府投资", "government investment"),
        Track.ENTERPRISE: Label("企业投资", "enterprise investment"),
    },
    Nature: {
        Nature.NEW: Label("新建", "new construction"),
        Nature.EXPANSION: Label("扩建", "expansion"),
        Nature.RECONSTRUCTION: Label("改建", "reconstruction"),
        Nature.RELOCATION: Label("迁建", "relocation"),
        Nature.RESTORATION: Label("恢复", "restoration"),
        Nature.PURCHASE_ONLY: Label("单纯购置", "purchase only"),
    },
    AssetType: {
        AssetType.LIGHT: Label("轻资产", "light assets"),
        AssetType.HEAVY: Label("重资产", "heavy assets"),
    },
    TotalKind: {
        TotalKind.CONTRACTED: Label("协议总投资", "contracted total investment"),
        TotalKind.APPROVED: Label("批复/备案总投资", "approved or filed total investment"),
        TotalKind.STATISTICAL: Label("计划总投资", "planned total investment"),
    },
    Gate: {
        Gate.RESERVED: Label("入储备库", "entry into the reserve"),
        Gate.CONTRACT_SIGNED: Label("签约", "contract signing"),
        Gate.STARTED: Label("开工", "start of construction"),
        Gate.COMPLETED: Label("竣工", "completion"),
        Gate.PUT_INTO_PRODUCTION: Label("投产", "start of production"),
    },
    Stage: {
        Stage.PLANNING: Label("谋划", "planning"),
        Stage.RESERVED: Label("储备", "in reserve"),
        Stage.SIGNED: Label("签约", "signed"),
        Stage.CONSTRUCTION: Label("建设", "construction"),
        Stage.COMPLETED: Label("竣工", "completed"),
        Stage.PRODUCTION: Label("投产", "production"),
    },
    Phase: {
        Phase.CONCEPT: Label("谋划储备", "concept and reserve"),
        Phase.PREPARATION: Label("前期", "preparation"),
        Phase.CONSTRUCTION: Label("在建", "under construction"),
        Phase.COMPLETED: Label("建成", "completed"),
        Phase.OPERATING: Label("投产", "operating"),
    },
    ContractForm: {
        ContractForm.FRAMEWORK: Label("框架协议", "framework agreement"),
        ContractForm.FORMAL: Label("正式合同", "formal contract"),
    },
    StartBasis: {
        StartBasis.CEREMONY: Label("集中开工", "joint ceremony"),
        StartBasis.PERMIT: Label("施工许可/开工报告", "construction permit or commencement report"),
        StartBasis.PHYSICAL: Label("永久性工程首次破土", "first ground broken for permanent works"),
    },
    CompletionKind: {
        CompletionKind.WORKS: Label("完工", "works completed"),
        CompletionKind.ACCEPTANCE: Label("竣工验收", "accepted on completion"),
    },
    ProductionExtent: {
        ProductionExtent.TRIAL: Label("试生产", "trial production"),
        ProductionExtent.PARTIAL: Label("部分投产", "partial production"),
        ProductionExtent.FULL: Label("全面投产", "full production"),
    },
    Basis: {
        Basis.DISPATCH: Label("调度数", "dispatch figure"),
        Basis.STATISTICS: Label("统计数", "statistics figure"),
        Basis.PAID: Label("支付数", "paid figure"),
        Basis.SETTLED: Label("审定数", "settled figure"),
    },
    Measure: {
        Measure.MONTH: Label("本期数", "period alone"),
        Measure.YEAR_TO_DATE: Label("本年累计", "year to date"),
        Measure.SINCE_START: Label("自开工累计", "cumulative since start"),
    },
    Status: {
        Status.FLASH: Label("快报", "flash"),
        Status.FINAL: Label("正式", "final"),
    },
    TargetMeasure: {
        TargetMeasure.INVESTMENT: Label("完成投资", "completed investment"),
        TargetMeasure.PROJECT_COUNT: Label("项目个数", "number of projects"),
        TargetMeasure.INVESTMENT_SHARE: Label("投资占比", "share of investment"),
    },
    Operator: {
        Operator.AT_LEAST: Label("以上", "at least"),
        Operator.EXACTLY: Label("等于", "exactly"),
        Operator.ABOUT: Label("左右", "about"),
    },
    Purpose: {
        Purpose.LIVE: Label("正式", "live"),
        Purpose.DEMO: Label("演示", "demonstration"),
        Purpose.SANDBOX: Label("试验", "sandbox"),
    },
    Currency: {
        Currency.CNY: Label("人民币", "Chinese yuan"),
        Currency.GBP: Label("英镑", "pound sterling"),
    },
    Unit: {
        Unit.YUAN: Label("元", "yuan"),
        Unit.WAN_YUAN: Label("万元", "ten thousand yuan"),
        Unit.YI_YUAN: Label("亿元", "hundred million yuan"),
        Unit.POUND: Label("英镑", "pounds"),
        Unit.MILLION_POUND: Label("百万英镑", "million pounds"),
        Unit.COUNT: Label("个", "items"),
        Unit.PERCENT: Label("%", "%"),
    },
}

_FIELDS: Final[Mapping[str, Label]] = {
    "name": Label("项目名称", "project name"),
    "region": Label("所在地", "location"),
    "category": Label("项目类别", "category"),
    "track": Label("推进方式", "track"),
    "aliases": Label("别名", "other names"),
    "township": Label("所在乡镇", "township"),
    "park": Label("所在园区", "park"),
    "content": Label("建设内容及规模", "content and scale"),
    "planned_start": Label("计划开工日期", "planned start"),
    "planned_completion": Label("计划竣工日期", "planned completion"),
    "industry": Label("所属行业", "industry"),
    "nature": Label("建设性质", "nature of construction"),
    "asset_type": Label("资产类型", "asset type"),
    "owner": Label("项目法人", "project legal person"),
    "responsible_unit": Label("责任单位", "responsible unit"),
    "sector_authority": Label("行业主管部门", "sector authority"),
    "codes": Label("项目代码", "project code"),
    "references": Label("外部编号", "external reference"),
    "purpose": Label("台账性质", "purpose of the ledger"),
    "currency": Label("币种", "currency"),
    "categories": Label("项目类别", "categories"),
    "start_basis": Label("开工认定口径", "basis of start"),
    "filled_by": Label("填报人", "preparer"),
    "reviewed_by": Label("审核人", "reviewer"),
    "signed_by": Label("签发人", "signatory"),
}


def label(member: Enum) -> Label:
    """Return the term for a member of one of the domain's enums."""
    return _MEMBERS[type(member)][member]


def field_label(name: str) -> Label:
    """Return the term for a field of an identity or of a place, or for one that holds a personal value."""
    return _FIELDS[name]
