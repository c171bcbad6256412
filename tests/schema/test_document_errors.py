"""Bad documents and variables: each is told in Chinese, and names the field, the argument or the variable."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, parse, validate
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from schema import schema
from schema.document_errors import LONGEST, chinese_of
from schema.documents import MOST_TOKENS
from schema.validation import rules_for

VOID = "mutation ($i: VoidProjectInput!) { projectVoid(input: $i) { version } }"
FIRST = "query ($a: Int!) { projects(first: $a) { nodes { name } } }"


def messages(document: str, variables: dict[str, Any]) -> list[str]:
    """Return what the library says of a document, or else of its variables."""
    try:
        parsed = parse(document, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        return [error.message]
    if errors := validate(schema._schema, parsed, rules_for(document)):
        return [error.message for error in errors]
    operation: Any = parsed.definitions[0]
    found = get_variable_values(schema._schema, operation.variable_definitions, variables)
    assert isinstance(found, list)
    return [error.message for error in found]


@pytest.mark.parametrize(
    ("document", "variables", "chinese"),
    [
        ("{", {}, "语法错误:此处应为 Name,实为 <EOF>。"),
        ("}", {}, "语法错误:意外的 '}'。"),
        ('{ a(b: "', {}, "语法错误:字符串没有结束。"),
        (f"{{ {'a ' * 2000} }}", {}, "请求文档过长:不得超过 1000 个词元。"),
        ("{ projects { nodes { nme } } }", {}, "类型 Project 没有字段 nme。是否想写 name?"),
        ("{ qqqqqqqq }", {}, "类型 Query 没有字段 qqqqqqqq。"),
        ("{ projects(frst: 1) { nodes { name } } }", {}, "字段 Query.projects 没有参数 frst。是否想写 first、last?"),
        ("{ project { name } }", {}, "Query.project 缺少必填参数 id(ID!)。"),
        ("{ me @include { account } }", {}, "@include 缺少必填参数 if(Boolean!)。"),
        ("{ me @include(if: true, x: 1) { account } }", {}, "指令 @include 没有参数 x。"),
        (FIRST.replace("Int!", "String"), {}, "变量 $a 的类型为 String,此处应为 Int。"),
        ("{ projects(first: $a) { nodes { name } } }", {}, "变量 $a 没有声明。"),
        ("query Q { projects(first: $a) { nodes { name } } }", {}, "变量 $a 没有声明。"),
        ("query ($a: Int) { me { account } }", {}, "变量 $a 声明后没有使用。"),
        ("{ projects }", {}, "字段 projects(ProjectConnection)须选择其下的字段。是否想写 projects { ... }?"),
        ("{ me { account { x } } }", {}, "字段 account(String!)没有下级字段。"),
        ("{ ...F }", {}, "没有片段 F。"),
        ("{ me { ...F } } fragment F on Rolle { x }", {}, "没有类型 Rolle。是否想写 Role?"),
        ("{ me { account } } fragment F on Me { account }", {}, "片段 F 没有使用。"),
        ("{ me { ...F } } fragment F on Me { ...F }", {}, "片段 F 不能引用自身。"),
        (
            "{ me { ...F } } fragment F on Project { name }",
            {},
            "片段 F 不能用在此处:类型 Me 不可能是 Project。",
        ),
        ("{ me @nope { account } }", {}, "没有指令 @nope。"),
        ("query @skip(if: true) { me { account } }", {}, "指令 @skip 不能用在此处(query)。"),
        ("{ me { account } } { me { account } }", {}, "有多个操作时,每个都须命名。"),
        ("{ projects(first: 1, first: 2) { nodes { name } } }", {}, "first 重复。"),
        (
            '{ a: project(id: "x") { name } a: project(id: "y") { name } }',
            {},
            "字段 a 重复而内容不同,请用别名区分。",
        ),
        ('{ projects(first: "x") { nodes { name } } }', {}, '须为 Int,不能为 "x"。'),
        (
            "{ projects(orderBy: { field: NAM }) { nodes { name } } }",
            {},
            "ProjectOrderField 没有枚举值 NAM。是否想写 NAME?",
        ),
        (FIRST, {}, "变量 $a 的值有误:必填(Int!)。"),
        (FIRST, {"a": None}, "变量 $a 的值有误:不能为空(Int!)。"),
        (FIRST, {"a": "x"}, "变量 $a 的值有误:须为 Int,不能为 'x'。"),
        (FIRST, {"a": 2**40}, "变量 $a 的值有误:须为 32 位整数,不能为 1099511627776。"),
        (VOID, {"i": 7}, "变量 $i 的值有误:须为 VoidProjectInput 对象。"),
        (
            VOID,
            {"i": {"commandId": "0", "projectId": "x", "reason": "x"}},
            "变量 $i.commandId 的值有误:UUID 为 32 位十六进制数(8-4-4-4-12),不能为 '0'。",
        ),
        (
            "mutation { projectVoid(input: {commandId: 7}) { version } }",
            {},
            "VoidProjectInput 缺少必填字段 projectId。",
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_told_in_chinese(document: str, variables: dict[str, Any], chinese: str) -> None:
    assert chinese in [chinese_of(one) for one in messages(document, variables)]


def test_an_unknown_field_and_a_missing_one_of_an_input_are_named() -> None:
    found = [chinese_of(one) for one in messages(VOID, {"i": {"commandId": str(7), "projectId": "x", "nope": 1}})]
    assert "变量 $i 的值有误:VoidProjectInput 没有字段 nope。" in found
    assert "变量 $i 的值有误:VoidProjectInput 缺少必填字段 reason。" in found


def test_what_is_not_known_is_told_with_its_english() -> None:
    assert chinese_of("As nobody has ever said.") == "请求有误,请对照接口定义检查:As nobody has ever said."


@given(st.text(), st.sampled_from(["Variable '$a' has invalid value: ", "Syntax Error: ", "Unknown type '", ""]))
def test_no_message_makes_it_fail_or_grow(text: str, before: str) -> None:
    assert len(chinese_of(before + text)) <= len(before + text) + 100


def test_a_long_message_is_cut() -> None:
    assert len(chinese_of("x" * 10 * LONGEST)) < LONGEST + 100
