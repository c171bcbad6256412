"""Every refusal has a code, a message in two languages, a path and what was compared."""

import re

import pytest

from service.domain import errors
from service.domain.errors import ConflictError, RejectedError, RejectionCode, TooLongError, error_of, message_of


def classes() -> list[type[RejectedError]]:
    every = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, RejectedError)]
    return [one for one in every if one not in {RejectedError, ConflictError}]  # Those two are only ever a kind of.


def test_every_code_has_one_class_and_every_class_its_own_code() -> None:
    assert {code: error_of(code) for code in RejectionCode} == {one.__dict__["code"]: one for one in classes()}
    assert len(classes()) == len(RejectionCode)


@pytest.mark.parametrize("code", RejectionCode)
def test_every_code_has_a_sentence_in_english_and_one_in_chinese(code: RejectionCode) -> None:
    english, chinese = message_of(code)
    assert re.fullmatch(r"[A-Z][ -~]+[^ .]\.", english)
    assert re.fullmatch(r"[\u4e00-\u9fff,、]+。", chinese)


def test_a_code_is_named_like_its_class() -> None:
    for one in classes():
        words = re.findall(r"[A-Z][a-z]+", one.__name__.removesuffix("Error"))
        assert one.code.value == "_".join(words).upper()


def test_every_class_stands_in_the_tree() -> None:
    drawn = re.findall(r"\w+Error", errors.__doc__ or "")
    assert sorted(drawn) == sorted(one.__name__ for one in [*classes(), RejectedError, ConflictError])


def test_a_refusal_says_what_where_and_what_was_compared() -> None:
    refused = TooLongError("identity", "name", length=201, most=200)
    assert refused.path == ("identity", "name")
    assert refused.params == {"length": "201", "most": "200"}
    assert str(refused) == (
        "The text is empty or too long. 文字为空或超过长度限制。 [identity.name] (length=201, most=200)"
    )
    assert str(TooLongError()) == "The text is empty or too long. 文字为空或超过长度限制。"


def test_a_refusal_can_be_put_below_the_field_that_it_came_from() -> None:
    refused = TooLongError("name", length=0).below("identity")
    assert type(refused) is TooLongError
    assert (refused.path, refused.params) == (("identity", "name"), {"length": "0"})
