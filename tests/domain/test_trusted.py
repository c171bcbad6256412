"""Stored forms read back the quick way: equal to the careful way for every kind of fact, and nothing else is taken."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain import trusted
from service.domain.shape import Plain, ShapeError, dump, dump_public, restore
from service.domain.trusted import MISFIT, builder
from service.domain.values import ERASED, UNSET, Erased, Personal
from service.log.codec import NAMES
from tests.examples import FACTS, account, sites

EVERY: dict[str, Any] = {**FACTS, **account.FACTS, **sites.FACTS}


def seal(_path: str, value: Personal) -> Plain:
    return {"sealed": str(value)}


def unseal(_path: str, sealed: Plain) -> Personal | Erased:
    return Personal(sealed["sealed"])


@pytest.mark.parametrize("name", EVERY)
def test_a_fact_without_personal_values_is_built_as_it_was(name: str) -> None:
    fact = EVERY[name]
    of: Any = type(fact)
    plain = dump(fact, seal)
    if "sealed" in str(plain):
        with pytest.raises(MISFIT):
            builder(of)(plain)
    else:
        built = builder(of)(plain)
        assert built == fact
        assert [type(getattr(built, one)) for one in of.__slots__] == [type(getattr(fact, one)) for one in of.__slots__]
    assert restore(of, plain, unseal) == fact


@pytest.mark.parametrize("name", EVERY)
def test_without_paths_a_fact_has_the_same_plain_form(name: str) -> None:
    assert dump_public(EVERY[name]) == dump(EVERY[name], lambda _path, _value: None)


def test_what_has_no_plain_form_has_none_without_paths_either() -> None:
    for value in (ERASED, UNSET, 1.5, object(), (1.5,)):
        with pytest.raises(ShapeError, match="no plain form"):
            dump_public(value)


def test_every_kind_of_fact_has_a_builder() -> None:
    assert all(callable(builder(of)) for of, _ in NAMES.values())


@pytest.mark.parametrize("name", ["REGISTERED", "THROUGH_MARCH_REPORTED", "STARTED"])
def test_a_form_with_a_name_too_many_or_too_few_is_left_to_the_careful_reader(name: str) -> None:
    of: Any = type(EVERY[name])
    plain = dump(EVERY[name], seal)
    first = next(iter(plain))
    for wrong in ({**plain, "new": 1}, {key: value for key, value in plain.items() if key != first}, [plain], None):
        with pytest.raises(MISFIT):
            builder(of)(wrong)


@pytest.mark.parametrize(("of", "plain"), [(int, True), (int, "1"), (bool, 1), (str, 1), (tuple[str, ...], "ab")])
def test_a_plain_value_of_another_type_is_left_to_the_careful_reader(of: Any, plain: Plain) -> None:
    with pytest.raises(MISFIT):
        builder(of)(plain)


def test_what_no_fact_may_hold_has_no_builder() -> None:
    with pytest.raises(TypeError, match="float"):
        trusted.builder(float)
