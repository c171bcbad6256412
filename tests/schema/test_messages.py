"""Messages: in the language that the request prefers, naming the rule itself; Chinese stands beside them always."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from schema import schema
from schema.context import Context
from schema.languages import Language
from service.access import LOCAL
from tests.examples import VOID

if TYPE_CHECKING:
    from tests.schema.conftest import Api

REFUSED = """
    mutation ($input: VoidProjectInput!) {
      projectVoid(input: $input) { userErrors { code message messageZh params } }
    }"""


async def errors(api: Api, language: Language, text: str, **variables: Any) -> list[tuple[str, str]]:
    """Return the messages of an answer's errors, each with its Chinese."""
    context = Context(LOCAL, api.services, language=language)
    answer = await schema.execute(text, variable_values=variables, context_value=context)
    return [(one.message, one.extensions["messageZh"]) for one in answer.errors]


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("{ projects(first: 201) { nodes { id } } }", "first: 1 to 200", "first:1 至 200"),
        ('{ project(id: "x") { id } }', "id: the id of a Project", "id:须为 Project 的全局标识"),
        ("{ projects(first: 1) { nodes { nme } } }", None, "类型 Project 没有字段 nme。是否想写 name?"),
        ("{ projects(first: ) }", None, "语法错误:意外的 ')'。"),
        (
            '{ dictionary(region: "000001", name: CATEGORY) { own } }',
            "No revision of GB/T 2260 and no functional zone has this code.",
            "行政区划代码不存在。",
        ),
    ],
)
async def test_an_error_comes_in_the_language_asked_for_and_leaves_no_trace(
    told: Api, text: str, english: str | None, chinese: str
) -> None:
    first = await errors(told, Language.ENGLISH, text)
    assert [zh for _, zh in first] == [chinese]
    assert english is None or first[0][0] == english
    assert first[0][0].isascii()
    # The library keeps the errors of documents that it has seen.
    for _ in range(2):
        assert await errors(told, Language.CHINESE, text) == [(chinese, chinese)]
    assert await errors(told, Language.ENGLISH, text) == first


async def test_a_missing_variable_is_told_in_chinese(told: Api) -> None:
    text = "query ($id: ID!) { project(id: $id) { id } }"
    assert await errors(told, Language.CHINESE, text) == [("变量 $id 的值有误:必填(ID!)。",) * 2]


@pytest.mark.parametrize("language", Language)
async def test_a_refusal_says_the_rule_in_the_language_asked_for(told: Api, language: Language) -> None:
    sent = {"commandId": str(UUID(int=7)), "projectId": "x", "reason": str(VOID.reason)}
    context = Context(LOCAL, told.services, language=language)
    answer = await schema.execute(REFUSED, variable_values={"input": sent}, context_value=context)
    (error,) = answer.data["projectVoid"]["userErrors"]
    english, chinese = "projectId: the id of a Project", "projectId:须为 Project 的全局标识"
    assert error["message"] == (chinese if language is Language.CHINESE else english)
    assert (error["messageZh"], error["params"]) == (chinese, {"rule": "the id of a Project"})
