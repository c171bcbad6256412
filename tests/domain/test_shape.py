"""Dataclasses to plain values and back: what is sent is judged and every wrong field named, what is stored is not."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from service.domain.errors import RejectedError, WrongOrderError, dotted
from service.domain.identity import Changes, Identity
from service.domain.project import AmendProject, RegisterProject
from service.domain.shape import InvalidInputError, ShapeError, dump, parse, restore
from service.domain.values import ERASED, LARGEST, UNSET, Document, Erased, Name, Personal, Stated, Unset

ID = "00000000-0000-4000-8000-000000000001"
REGISTER = {"identity": {"name": "演示项目", "region": "431181", "category": "SOCIAL", "track": "GOVERNMENT"}}


class Colour(StrEnum):
    """A list of words."""

    RED = "RED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What stands in another."""

    text: Name
    many: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """Every kind of field."""

    day: date
    id: UUID
    number: int
    flag: bool
    colour: Colour
    inner: Inner
    maybe: Name | None = None
    amend: Name | Unset | None = UNSET
    person: Personal | Erased | None = None
    inners: tuple[Inner, ...] = ()


PLAIN: dict[str, Any] = {
    "day": "2022-05-10",
    "id": ID,
    "number": 1,
    "flag": True,
    "colour": "RED",
    "inner": {"text": "一"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One personal value."""

    name: Personal | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Personal values in a list."""

    by: tuple[Person, ...]


def seal(path: str, value: Personal) -> object:
    return {"path": path, "length": len(value)}


def unseal(path: str, plain: dict[str, object]) -> Personal | Erased:
    assert plain["path"] == path
    return Personal("甲") if plain["length"] == 1 else ERASED


def wrong(of: type, plain: Any) -> dict[str, str]:
    """Return the class of error by path."""
    with pytest.raises(InvalidInputError) as refused:
        parse(of, plain)
    assert str(refused.value)
    return {dotted(error.path): type(error).__name__.removesuffix("Error") for error in refused.value.errors}


def test_what_is_sent_becomes_a_value_and_plain_again() -> None:
    plain = {**PLAIN, "maybe": "二", "amend": "三", "inners": [{"text": "四", "many": ["五", "六"]}]}
    outer = parse(Outer, plain)
    assert outer.inners == (Inner(text=Name("四"), many=(Name("五"), Name("六"))),)
    assert (outer.day, outer.id, outer.colour) == (date(2022, 5, 10), UUID(ID), Colour.RED)
    assert dump(outer, seal) == plain


def test_the_plain_form_is_of_plain_types() -> None:
    def types(plain: object) -> set[type]:
        match plain:
            case dict():
                return {dict}.union(*map(types, plain.values()))
            case list():
                return {list}.union(*map(types, plain))
            case _:
                return {type(plain)}

    plain = dump(parse(Outer, {**PLAIN, "inners": [{"text": "四", "many": ["五"]}]}), seal)
    assert types(plain) == {dict, list, str, int, bool}


def test_a_field_not_sent_is_left_out_and_one_sent_empty_is_kept() -> None:
    changes = Changes(park=None, aliases=(), name=Name("演示"))
    assert dump(changes, seal) == {"park": None, "aliases": [], "name": "演示"}
    assert restore(Changes, dump(changes, seal), unseal) == changes
    assert parse(AmendProject, {"project_id": ID, "changes": dump(changes, seal)}).changes == changes
    assert Changes().sent() == {}


def test_the_largest_number_and_the_longest_list_are_taken() -> None:
    for number in (LARGEST, -LARGEST):
        assert parse(Outer, {**PLAIN, "number": number}).number == number
    assert len(parse(Inner, {"text": "一", "many": [str(number) for number in range(50)]}).many) == 50


def test_a_personal_value_is_sealed_and_unsealed_at_its_path() -> None:
    signed = Signed(by=(Person(name=Personal("甲")), Person(name=Personal("乙丙"))))
    plain = dump(signed, seal)
    assert plain["by"][1]["name"] == {"path": "by[1].name", "length": 2}
    assert restore(Signed, plain, unseal) == Signed(by=(Person(name=Personal("甲")), Person(name=ERASED)))


def test_a_personal_value_that_is_sent_is_judged() -> None:
    assert parse(Outer, {**PLAIN, "person": "填报人甲"}).person == "填报人甲"
    assert wrong(Outer, {**PLAIN, "person": "甲\0"}) == {"person": "BadCharacter"}
    assert wrong(Outer, {**PLAIN, "person": 5}) == {"person": "InvalidValue"}


def test_every_wrong_field_is_named() -> None:
    plain = {
        "identity": {
            "name": "一\0",
            "region": "999",
            "category": "产业",
            "aliases": ["好", "", "祁" * 201],
            "planned_start": "2022-02-30",
            "owner": {"name": "演示", "credit_code": "1"},
            "references": [{"system": "演示"}],
            "colour": "red",
        },
        "documents": [{"title": "好", "sha256": "0", "issued_on": "10.5.2022"}],
        "paper": 1,
    }
    assert wrong(RegisterProject, plain) == {
        "identity.name": "BadCharacter",
        "identity.region": "UnknownRegion",
        "identity.category": "InvalidValue",
        "identity.track": "InvalidValue",
        "identity.aliases[1]": "TooLong",
        "identity.aliases[2]": "TooLong",
        "identity.planned_start": "InvalidValue",
        "identity.owner.credit_code": "BadCreditCode",
        "identity.references[0].id": "InvalidValue",
        "identity.colour": "InvalidValue",
        "documents[0].sha256": "InvalidValue",
        "documents[0].issued_on": "InvalidValue",
        "paper": "InvalidValue",
    }


def test_what_a_class_itself_refuses_is_named_with_the_whole_path() -> None:
    identity = {**REGISTER["identity"], "planned_start": "2022-05-10", "planned_completion": "2022-05-09"}
    with pytest.raises(InvalidInputError) as refused:
        parse(RegisterProject, {"identity": identity})
    (error,) = refused.value.errors
    assert isinstance(error, WrongOrderError)
    assert error.path == ("identity", "planned_completion")
    assert error.params == {"start": "2022-05-10", "end": "2022-05-09"}


WRONG: dict[str, list[object]] = {
    "day": [None, 5, "", "2022-13-01", "2022-W19-2", "20220510", "２０２２-05-10", "0202-05-10", "2022-05-10T00"],
    "id": [None, 1, "", ID.replace("-", ""), f"{{{ID}}}", "１" * 32, "1_" * 18],
    "number": [None, "1", 1.0, True, LARGEST + 1, -LARGEST - 1, 10**400],
    "flag": [None, 1, "true"],
    "colour": [None, 1, "red", "", "RED\ud800", ["RED"]],
    "inner": [None, 1, "text", [], [{"text": "一"}]],
    "maybe": [5, [], {}, False],
    "inners": [None, "四", {"text": "四"}, 5, [{"text": str(number)} for number in range(51)]],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]])
def test_a_value_of_a_wrong_kind_is_refused_at_its_path(field: str, value: object) -> None:
    assert wrong(Outer, {**PLAIN, field: value}) == {field: "InvalidValue"}


@pytest.mark.parametrize("plain", [None, 5, "text", [], [PLAIN]])
def test_what_is_no_object_is_refused_as_a_whole(plain: object) -> None:
    assert wrong(Outer, plain) == {"": "InvalidValue"}


@pytest.mark.parametrize("field", ["name", "region", "category", "track", "aliases", "codes", "references"])
def test_what_every_project_has_cannot_be_emptied(field: str) -> None:
    assert wrong(AmendProject, {"project_id": ID, "changes": {field: None}}) == {f"changes.{field}": "InvalidValue"}
    with pytest.raises(RejectedError) as refused:
        Changes(**{field: None})  # type: ignore[arg-type]  # That is the mistake.
    assert refused.value.path == (field,)


def test_a_refusal_is_short_and_in_ascii_whatever_was_sent() -> None:
    plain = {**PLAIN, "day": "祁" * 10_000_000, "colour": "\ud800" * 1_000, "祁\ud800" * 1_000_000: 1}
    with pytest.raises(InvalidInputError) as refused:
        parse(Outer, plain)
    for error in refused.value.errors:
        told = "".join([*error.path, *error.params.values()])
        assert told.isascii()
        assert len(told) < 500
    assert len(refused.value.errors) == 3


def test_what_was_stored_is_not_judged_again() -> None:
    stored = {"name": "一\0", "region": "000000", "category": "产业", "track": "GOVERNMENT", "codes": ["not one"] * 99}
    dates = {"planned_start": "2022-05-10", "planned_completion": "0202-05-09"}
    identity = restore(Identity, {**stored, **dates}, unseal)
    assert (type(identity.name), identity.name, identity.region) == (Name, "一\0", "000000")
    assert len(identity.codes) == 99
    stated = restore(Stated, {"figure": "0.0000001", "unit": "YUAN"}, unseal)
    assert dump(stated, seal) == {"figure": "0.0000001", "unit": "YUAN"}


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ([], "the top"),
        ({"text": "一", "new": 1}, "new"),
        ({}, "text"),
        ({"text": 5}, "text"),
        ({"text": None}, "text"),
        ({"text": "一", "many": "二"}, "many"),
        ({"text": "一", "many": ["二", 5]}, r"many\[1\]"),
    ],
)
def test_a_stored_form_that_does_not_fit_says_where(plain: object, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        restore(Inner, plain, unseal)


def test_a_stored_word_or_day_that_is_none_says_where() -> None:
    with pytest.raises(ShapeError, match=r"colour: 'BLUE' is not a valid Colour"):
        restore(Outer, {**PLAIN, "colour": "BLUE"}, unseal)
    with pytest.raises(ShapeError, match="day: "):
        restore(Outer, {**PLAIN, "day": "2022-02-30"}, unseal)


@pytest.mark.parametrize("value", [ERASED, UNSET, 1.5, object(), {1: 2}, Document])
def test_what_has_no_plain_form_is_not_stored(value: object) -> None:
    with pytest.raises(ShapeError, match=r"no plain form for .* at the top"):
        dump(value, seal)
    with pytest.raises(ShapeError, match=r"at \[0\]"):
        dump((value,), seal)


def test_an_erased_value_is_not_stored_again() -> None:
    with pytest.raises(ShapeError, match="Erased at person"):
        dump(Outer(**{**vars_of(PLAIN), "person": ERASED}), seal)


def vars_of(plain: dict[str, Any]) -> dict[str, Any]:
    outer = parse(Outer, plain)
    return {name: getattr(outer, name) for name in Outer.__slots__}


@dataclass
class Defaulted:
    """A default that is not nothing."""

    number: int = 1


@dataclass
class Unioned:
    """Two kinds in one field."""

    either: int | Name


@dataclass
class Floating:
    """A float."""

    ratio: float


@pytest.mark.parametrize("of", [Defaulted, Unioned, Floating])
def test_a_class_whose_form_would_be_ambiguous_is_refused(of: type) -> None:
    with pytest.raises(ShapeError):
        restore(of, {}, unseal)
