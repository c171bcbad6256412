"""规则说明: the rule that a refusal names, in Chinese.

A refusal has its rule as English text in `params`, where it is kept for as long as the log; its Chinese is looked up
here when it is shown, so that those of years ago have it too. Each text stands once, with {} for what varies.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_CHINESE: Final[dict[str, str]] = {
    "required": "必填",
    "unknown": "没有此字段",
    "UUID": "须为 UUID",
    "from 1": "从 1 起",
    "at least one": "至少一项",
    "at least one, each once": "至少一项,每项一次",
    "at least one: the plan itself": "至少一份,即方案本身",
    "at least one of percent, description and quantities": "完成百分比、形象描述、工程量至少填一项",
    "a holder, a unit, or both": "责任人、责任单位至少填一项",
    "a count, a total, or both": "个数、总投资至少填一项",
    "a unit, a park or a project, not two of them": "单位、园区、项目只能指定一项",
    "a unit or a project": "须指定单位或项目",
    "a park": "须指定园区",
    "the area as a whole": "只能按整个地区",
    "a project of the area's own ledger": "须为该地区本级台账的项目",
    "a ledger that you see": "须为您可以查看的台账",
    "another project": "须为另一个项目",
    "each county once": "每个县(市、区)一次",
    "each gate once": "每个节点一次",
    "each kind once": "每类一次",
    "something to add or to remove": "须有要增加或移除的项目",
    "not what is added": "不能同时增加和移除同一项",
    "only with a state": "须同时指定公开状态",
    "only with a warning": "须同时指定预警",
    "only with priority": "须同时指定优先",
    "only with a list, which says of what year it is": "须同时指定名单,由名单确定年份",
    "not before the list's year": "不得早于名单年份",
    "not before the warning": "不得小于预警值",
    "later than today": "须晚于今天",
    "for STARTED, and for no other gate": "只用于开工(STARTED),其他节点不填",
    "the first stage alone needs no gate": "只有第一个阶段不需要节点",
    "the first corner is not said again": "首个角点不重复填写",
    "required: an allotment is known by it": "必填:资金下达以此区分",
    "required: a ceremony of the three batches is numbered": "必填:三个一批活动须填期次",
    "required: a share is of a category": "必填:占比须指定类别",
    "none: growth is of all fixed-asset investment": "不填:增速按全部固定资产投资计算",
    "no more is taken back than was allotted": "收回不得超过已下达",
    "at most 100 %": "不超过 100%",
    "at most 2^53 - 1": "不超过 2^53 - 1",
    "YYYY-MM-DD, from 1900 to 2199": "格式为 YYYY-MM-DD,1900 年至 2199 年",
    "YEAR_TO_DATE; or MONTH, if grouped by MONTH": "YEAR_TO_DATE,或按 MONTH 分组时用 MONTH",
    "amounts of one currency: filter by region, or group by REGION": "金额须为同一币种:请按地区筛选,或按 REGION 分组",
    "amounts of one currency: ask for a region": "金额须为同一币种:请指定地区",
    "among the groups of groupBy": "须为 groupBy 中的分组",
    "a cursor as it was given": "须为原样返回的游标",
    "a cursor from this query": "须为本查询给出的游标",
    "a cursor from this query, with the same order and filter": "须为本查询给出的游标,且排序和筛选不变",
    "there is no {} to make public": "没有可公开的 {}",
    "the id of a {}": "须为 {} 的全局标识",
    "the id of a {} or {}": "须为 {} 或 {} 的全局标识",
    "not before yellow": "不得早于黄灯",
    "only without after": "不得与 after 同用",
    "the stored name of a fact": "须为事实的存储名称",
    "only with listedIn, which says of what year": "须与 listedIn 同用,由其指明年度",
    "only with overdue": "须与 overdue 同用",
    "first and after, or last and before": "须用 first 和 after,或 last 和 before",
    "not less than west: ask for each side of the antimeridian": "不得小于 west:跨 180 度经线时请分两侧查询",
    "not less than south": "不得小于 south",
    "at most {} days of one project at once": "每个项目一次不超过 {} 天",
    "at most {} pages of one project at once": "每个项目一次不超过 {} 页",
    "at most {} points of an answer are converted": "一次回答换算的点不超过 {} 个",
    "{} to {} characters": "{} 至 {} 个字符",
    "no milestone before {}": "不得有早于 {} 年的节点",
    "at most {} days from today": "自今天起不超过 {} 天",
    "at most {} rows: narrow the filter or the groups": "不超过 {} 行:请缩小筛选或减少分组",
    "at most {} lists": "不超过 {} 个列表",
    "at most {} entries": "不超过 {} 条",
    "at most {}, each code once": "不超过 {} 个,每个代码一次",
    "at most {}, each item once": "不超过 {} 项,每项一次",
    "at most {}, each milestone once": "不超过 {} 个,每个节点一次",
    "at most {}, each once": "不超过 {} 项,每项一次",
    "at most {}, each project once as each kind": "不超过 {} 条,每个项目每类一次",
    "at most {}": "不超过 {}",
    "{} to {} for a {}": "{2} 须有 {0} 至 {1} 个点",
    "{} to {}, each code once": "{} 至 {} 个,每个代码一次",
    "{} to {}, each milestone once": "{} 至 {} 个,每个节点一次",
    "{} to {}, each project once": "{} 至 {} 条,每个项目一次",
    "{} to {}, each once": "{} 至 {} 个,每个一次",
    "{} to {} ledgers": "{} 至 {} 个台账",
    "{} to {} items in all batches of a document": "一次请求各批合计 {} 至 {} 条",
    "from {} to {}": "{} 至 {}",
    "{} to {}": "{} 至 {}",
    "{} or {}": "{} 或 {}",
    "machine:...": "须以 machine: 开头",
}
_CODES: Final = re.compile(r"\w+(, \w+)+", re.ASCII)
"""A rule that lists the codes which a value may be."""
MOST_TEXTS: Final = 2_000


def _pattern(english: str) -> re.Pattern[str]:
    # What varies is a number or a code, never several words: a new rule must not pass for an old one.
    return re.compile(r"(-?[\w.:]+)".join(re.escape(part) for part in english.split("{}")))


_PATTERNS: Final = [(_pattern(english), chinese) for english, chinese in _CHINESE.items()]


@lru_cache(maxsize=MOST_TEXTS)
def chinese_of(rule: str) -> str | None:
    """Return a rule in Chinese; None if it is not known, such as one that a later version has written."""
    for pattern, chinese in _PATTERNS:
        if (found := pattern.fullmatch(rule)) is not None:
            return chinese.format(*found.groups())
    return f"取值为 {rule}" if _CODES.fullmatch(rule) else None
