"""个人信息用语: erasing a personal value, without telling it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from projections.wording import investment, roster
from projections.wording.base import Told, Words
from projections.wording.phrases import quoted
from service.domain.labels import Label, field_label
from service.domain.privacy import PersonalDataErased

_TOLD: Final = {*investment.PERSONS, *roster.PERSONS}
"""Fields for personal values that have a term."""


def _erased(fact: PersonalDataErased, _told: Told) -> Label:
    field = field_label(fact.path) if fact.path in _TOLD else quoted(fact.path)
    return Label(
        f"删除第 {fact.position} 条事实中的个人信息（{field.zh}）",
        f"Erased personal data of fact {fact.position} ({field.en})",
    )


WORDS: Final[Mapping[type, Words]] = {
    PersonalDataErased: Words(lambda fact: {f"erased.{fact.position}.{fact.path}": True}, _erased),
}
