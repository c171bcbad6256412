"""Every word that a fact is stored with has its official Chinese term, and its English one."""

import re
import typing
from enum import Enum

import pytest

from service.domain import deciders, identity
from service.domain.errors import RejectionCode
from service.domain.labels import Labelled, field_label

LISTS = Labelled.__subclasses__()


@pytest.mark.parametrize("of", LISTS)
def test_every_member_of_a_list_has_a_term_of_its_own_in_both_languages(of: type[Labelled]) -> None:
    terms = [member.label for member in of]
    assert all(term.zh and re.fullmatch(r"[ -~]+", term.en) for term in terms)
    assert len({term.zh for term in terms}) == len({term.en for term in terms}) == len(terms)
    assert [str(member) for member in of] == [member.name for member in of]


def test_every_list_that_a_fact_or_a_command_has_is_labelled() -> None:
    seen: set[object] = set()
    todo: list[object] = [of for one in deciders.DECIDERS for of in (*one.facts, *one.commands)]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        todo += [*getattr(one, "__args__", ()), *get_hints(one)]
    found = {one for one in seen if isinstance(one, type) and issubclass(one, Enum)}
    assert found <= {*LISTS}
    assert RejectionCode not in found


def get_hints(of: object) -> list[object]:
    return [*typing.get_type_hints(of).values()] if hasattr(of, "__dataclass_fields__") else []


def test_every_field_of_an_identity_has_a_term_in_both_languages() -> None:
    for name in identity.Identity.__slots__:
        assert field_label(name).zh
        assert re.fullmatch(r"[ -~]+", field_label(name).en)
