"""字典: the lists that differ by place, with the default set that is shipped as data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from service.domain.codes import read_rows
from service.domain.labels import Labelled
from service.domain.values import Code, Name, Term


class Dictionary(Labelled):
    """字典 A list of codes that a place may set for itself; until then the default one holds."""

    CATEGORY = "CATEGORY", "项目类别", "project category"
    FUND_SOURCE = "FUND_SOURCE", "资金来源", "source of funds"
    INVESTMENT_MODE = "INVESTMENT_MODE", "投资方式", "investment mode"
    INVESTOR_CLASS = "INVESTOR_CLASS", "投资方类别", "class of investor"
    MILESTONE = "MILESTONE", "工作节点", "milestone"
    START_CONDITION = "START_CONDITION", "开工条件", "start condition"
    DELAY_REASON = "DELAY_REASON", "延期原因", "reason for delay"
    PAUSE_REASON = "PAUSE_REASON", "停缓建原因", "reason for a pause"
    INDICATOR = "INDICATOR", "宏观指标", "macro indicator"
    EXEMPTION_GROUND = "EXEMPTION_GROUND", "豁免公开事由", "ground for exemption"


TABLE: Final = "dictionaries.tsv"


@cache
def defaults() -> Mapping[Dictionary, tuple[Term, ...]]:
    """Return the default list of every dictionary, in its order."""
    found: dict[Dictionary, list[Term]] = {one: [] for one in Dictionary}
    for name, row in read_rows(TABLE):
        code, zh, en = row.split("\t")
        found[Dictionary(name)].append(Term(code=Code(code), zh=Name(zh), en=Name(en)))
    return {name: tuple(terms) for name, terms in found.items()}
