"""文档错误: what the library says of a bad document or variable, in Chinese.

The library has its messages in English alone and gives no codes, so they are told apart by their form. One whose form
is not known here is told in a general sentence, with the English beside it.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 2_000
"""Characters of a message that are looked at; a document may hold long names."""

_VALUE: Final = re.compile(r"Variable '(\$\w+)' has invalid (?:default )?value(?: at ([^:\s]+))?: (.+)", re.DOTALL)
_FORMS: Final = [
    (re.compile(english, re.DOTALL), chinese)
    for english, chinese in (
        (r"Syntax Error: Document contains more than (\d+) tokens\..*", "请求文档过长:不得超过 {} 个词元。"),
        (r"Syntax Error: Expected (.+), found (.+)\.", "语法错误:此处应为 {},实为 {}。"),
        (r"Syntax Error: Unexpected (.+)\.", "语法错误:意外的 {}。"),
        (r"Syntax Error: Unterminated string\.", "语法错误:字符串没有结束。"),
        (r"Syntax Error: (.+)", "语法错误:{}"),
        (r"Cannot query field '(.+?)' on type '(.+?)'\.(?: Did you mean (.+)\?)?", "类型 {1} 没有字段 {0}。"),
        (r"Unknown argument '(.+?)' on field '(.+?)'\..*", "字段 {1} 没有参数 {0}。"),
        (r"Unknown argument '(.+?)' on directive '(.+?)'\..*", "指令 {1} 没有参数 {0}。"),
        (
            r"Argument '(.+?)\((.+?):\)' of type '(.+?)' is required, but it was not provided\.",
            "{0} 缺少必填参数 {1}({2})。",
        ),
        (
            r"Variable '(.+?)' of type '(.+?)' used in position expecting type '(.+?)'\.",
            "变量 {0} 的类型为 {1},此处应为 {2}。",
        ),
        (r"Variable '(.+?)' is not defined(?: by operation '(?:.+?)')?\.", "变量 {} 没有声明。"),
        (r"Variable '(.+?)' is never used(?: in (?:operation|fragment) '(?:.+?)')?\.", "变量 {} 声明后没有使用。"),
        (r"Variable '(.+?)' cannot be non-input type '(.+?)'\.", "变量 {} 的类型 {} 不能用于输入。"),
        (r"Field '(.+?)' of type '(.+?)' must have .+", "字段 {0}({1})须选择其下的字段。"),
        (
            r"Field '(.+?)' must not have a selection since type '(.+?)' has no subfields\.",
            "字段 {0}({1})没有下级字段。",
        ),
        (r"Fields '(.+?)' conflict because .+", "字段 {} 重复而内容不同,请用别名区分。"),
        (r"Unknown type '(.+?)'\..*", "没有类型 {}。"),
        (r"Unknown directive '(.+?)'\.", "没有指令 {}。"),
        (r"Unknown fragment '(.+?)'\.", "没有片段 {}。"),
        (r"Directive '(.+?)' may not be used on (.+)\.", "指令 {} 不能用在此处({})。"),
        (r"The directive '(.+?)' can only be used once at this location\.", "指令 {} 在此处只能用一次。"),
        (r"Fragment '(.+?)' is never used\.", "片段 {} 没有使用。"),
        (r"Cannot spread fragment '(.+?)' within itself.*", "片段 {} 不能引用自身。"),
        (
            r"Fragment '(.+?)' cannot be spread here as objects of type '(.+?)' can never be of type '(.+?)'\.",
            "片段 {0} 不能用在此处:类型 {1} 不可能是 {2}。",
        ),
        (r"There can be only one (argument|input field|variable|fragment|operation) named '(.+?)'\.", "{1} 重复。"),
        (r"This anonymous operation must be the only defined operation\.", "有多个操作时,每个都须命名。"),
        (r"Value '(.+?)' does not exist in '(.+?)' enum\..*", "{1} 没有枚举值 {0}。"),
        (r"Enum '(.+?)' cannot represent .+", "须为枚举 {} 的值。"),
        (r"Int cannot represent non 32-bit signed integer value: (.+)", "须为 32 位整数,不能为 {}。"),
        (r"(Int|Float|String|Boolean|ID) cannot represent (?:a )?(?:non-)?.+?: (.+)", "须为 {0},不能为 {1}。"),
        (r"Expected a value of non-null type '(.+?)' to be provided\.", "必填({})。"),
        (r"Expected (?:value of|variable .+? provided to) non-null type '(.+?)' not to be None\.", "不能为空({})。"),
        (r"Expected value of type '(.+?)' to include required field '(.+?)', found: .*", "{0} 缺少必填字段 {1}。"),
        (r"Expected value of type '(.+?)' not to include unknown field '(.+?)'.*", "{0} 没有字段 {1}。"),
        (r"Expected value of type '(.+?)' to be an object, found: .*", "须为 {} 对象。"),
        (r"Expected value of type '(.+?)', found: .*", "须为 {} 类型的值。"),
        (
            r"A UUID has 32 hexadecimal digits, 8-4-4-4-12, not (.+)\.",
            "UUID 为 32 位十六进制数(8-4-4-4-12),不能为 {}。",
        ),
        (
            r"A Date is a day of the calendar, written YYYY-MM-DD; (.+) is none\.",
            "日期须为存在的一天,格式为 YYYY-MM-DD,不能为 {}。",
        ),
        (r"A DateTime is an instant with its offset, (\S+); (.+) is none\.", "时间须带时区,如 {},不能为 {}。"),
        (
            r"A Position is a whole number from 0 to 2\^53 - 1, not (.+)\.",
            "日志位置为 0 至 2^53 - 1 的整数,不能为 {}。",
        ),
    )
]
_MEANT: Final = re.compile(r"Did you mean (?:the enum value )?(.+)\?", re.DOTALL)


def chinese_of(message: str) -> str:
    """Return what is wrong with a document or a variable, in Chinese; the field or the variable is named."""
    message = message[:LONGEST]
    if (value := _VALUE.fullmatch(message)) is not None:
        name, path, why = value.groups()
        return f"变量 {name}{path or ''} 的值有误:{chinese_of(why)}"
    for form, chinese in _FORMS:
        if (found := form.fullmatch(message)) is not None:
            meant = _MEANT.search(message)
            told = chinese.format(*found.groups())
            return f"{told}是否想写 {_names(meant[1])}?" if meant is not None else told
    return f"请求有误,请对照接口定义检查:{message}"


def _names(meant: str) -> str:
    return meant.replace("'", "").replace(", or ", "、").replace(" or ", "、").replace(", ", "、")
