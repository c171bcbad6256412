"""Every word that a fact is stored with has its official Chinese term, and its English one."""

import re
from enum import Enum

import pytest

from service.domain import gates, investment, place, plan, project, values
from service.domain.labels import field_label, label

ENUMS = {
    one
    for module in (gates, investment, place, plan, project, values)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, Enum) and one.__module__.startswith("service.domain") and list(one)
}


@pytest.mark.parametrize("member", [member for one in sorted(ENUMS, key=str) for member in one], ids=repr)
def test_every_member_of_every_list_has_a_term_in_both_languages(member: Enum) -> None:
    assert label(member).zh
    assert re.fullmatch(r"[ -~]+", label(member).en)


def test_every_field_of_an_identity_has_a_term_in_both_languages() -> None:
    for name in project.Identity.__slots__:
        assert field_label(name).zh
        assert re.fullmatch(r"[ -~]+", field_label(name).en)
