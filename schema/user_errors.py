"""拒绝原因: refusals as a client reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

import strawberry
from strawberry.scalars import JSON

from schema.context import Info
from schema.languages import Language
from schema.values import path_of
from service.domain.errors import RejectedError, RejectionCode, message_of
from service.domain.rules import chinese_of

if TYPE_CHECKING:
    from collections.abc import Sequence

strawberry.enum(RejectionCode, name="UserErrorCode", description="拒绝代码 Rules that refuse; each is stable.")
for _code in RejectionCode.__strawberry_definition__.values:  # type: ignore[attr-defined]  # Set by strawberry.enum.
    _en, _zh = message_of(RejectionCode(_code.value))
    _code.description = f"{_zh} {_en}"


class Told(NamedTuple):
    """A message in both languages."""

    english: str
    chinese: str

    def within(self, language: Language) -> str:
        """Return it in one."""
        return self.chinese if language is Language.CHINESE else self.english


def told(error: RejectedError, path: Sequence[str]) -> Told:
    """Return what a refusal says: its field and the rule itself, where it names one.

    Args:
        path: in GraphQL's names; the steps that everything has in common, such as `input`, are left out.
    """
    english, chinese = message_of(error.code)
    rule = error.params.get("rule")
    if rule is None:
        return Told(english, chinese)
    rule_zh = chinese_of(rule) or rule
    if error.code is not RejectionCode.INVALID_VALUE:
        # Its own message says what is wrong; the rule says more.
        return Told(f"{english.removesuffix('.')}: {rule}.", f"{chinese.removesuffix('。')}:{rule_zh}。")
    where = ".".join(path)
    return Told(f"{where}: {rule}", f"{where}:{rule_zh}") if where else Told(rule, rule_zh)


@strawberry.type(description="拒绝原因 Why something was refused; `code` is stable and may be branched on.")
class UserError:
    """A refusal as data."""

    said: strawberry.Private[Told]
    code: RejectionCode = strawberry.field(description="拒绝代码 The rule that refused.")
    path: list[str] = strawberry.field(description="字段路径 The field it is about, from the argument down.")
    params: JSON = strawberry.field(description="参数 What the rule compared, as text.")

    @strawberry.field(
        description="说明 The rule, in the language that the request prefers (Accept-Language): English, or Chinese."
    )
    def message(self, info: Info) -> str:
        """Return what it says in the request's language."""
        return self.said.within(info.context.language)

    @strawberry.field(description="中文说明 The rule, in Chinese.")
    def message_zh(self) -> str:
        """Return what it says in Chinese."""
        return self.said.chinese

    @classmethod
    def of(cls, error: RejectedError, *outer: str) -> Self:
        """Return a refusal with its path in GraphQL's names."""
        path = path_of(error)
        return cls(said=told(error, path), code=error.code, path=[*outer, *path], params=JSON(error.params))
