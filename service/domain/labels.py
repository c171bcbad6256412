"""用语: the official Chinese term of every enum's members and of every field, with its English rendering.

English terms are in lower case, so that they can stand within a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple, Self


class Label(NamedTuple):
    """A term or a sentence in both languages."""

    zh: str
    en: str


class Labelled(StrEnum):
    """A closed list whose members carry their terms: NAME = "NAME", Chinese, English. A member is its name alone."""

    label: Label

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Make a member; the defaults are for looking one up by its name, as any enum is."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = Label(zh, en)
        return member


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
    "sites": Label("项目位置", "site"),
    "investors": Label("投资方", "investor"),
    "investment_mode": Label("投资方式", "investment mode"),
    "expected_output": Label("预计产值", "expected output"),
    "expected_tax": Label("预计税收", "expected tax"),
    "expected_jobs": Label("预计用工", "expected jobs"),
    "parent": Label("所属打捆项目", "parent project"),
    "related": Label("关联项目", "related projects"),
    "parts": Label("跨县分段", "parts by county"),
    "purpose": Label("台账性质", "purpose of the ledger"),
    "currency": Label("币种", "currency"),
    "categories": Label("项目类别", "categories"),
    "start_basis": Label("开工认定口径", "basis of start"),
    "filled_by": Label("填报人", "preparer"),
    "reviewed_by": Label("审核人", "reviewer"),
    "signed_by": Label("签发人", "signatory"),
    "holder": Label("任职人员", "holder of the post"),
    "contact": Label("联系方式", "contact details"),
}


def field_label(name: str) -> Label:
    """Return the term for a field of an identity or of a place, or for one that holds a personal value."""
    return _FIELDS[name]
