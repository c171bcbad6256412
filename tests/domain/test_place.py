"""A place opens its ledger once, and its configuration says what belongs to it."""

from dataclasses import replace

import pytest

from service.domain.errors import (
    AlreadyOpenError,
    InvalidValueError,
    OutsidePlaceError,
    PlaceNotOpenError,
    UnknownTermError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.place import DECIDER, OpenPlace, Place, Purpose, StartBasis, _codes, place_stream
from service.domain.values import Code, Currency, Figure, Name, Region, Stated, Term, Unit
from tests.dsl import given
from tests.examples import OPEN_PLACE, PLACE_OPENED, QIYANG, REGISTER_ID, yi

FARMING = Term(code=Code("FARMING"), zh=Name("农业"), en=Name("Farming"))


def opened(region: str) -> Place:
    return DECIDER.fold([replace(PLACE_OPENED, region=Region(region))])


def test_a_ledger_opens_with_the_defaults() -> None:
    given().when(OPEN_PLACE).then(PLACE_OPENED)
    assert [term.zh for term in PLACE_OPENED.categories] == ["产业", "基础设施", "民生", "生态"]
    assert PLACE_OPENED.currency is Currency.CNY
    assert PLACE_OPENED.start_basis is StartBasis.PHYSICAL


def test_a_ledger_opens_with_what_the_place_says() -> None:
    command = OpenPlace(
        region=Region("990001"),
        name=Name("Sandbox"),
        purpose=Purpose.SANDBOX,
        currency=Currency.GBP,
        categories=(FARMING,),
        start_basis=StartBasis.CEREMONY,
    )
    (fact,) = DECIDER.decide(command, Place(), None)
    assert (fact.currency, fact.categories, fact.start_basis) == (Currency.GBP, (FARMING,), StartBasis.CEREMONY)


def test_a_ledger_opens_once() -> None:
    given(PLACE_OPENED).when(OPEN_PLACE).then_nothing()
    given(PLACE_OPENED).when(replace(OPEN_PLACE, name=Name("祁阳"))).then_refused(AlreadyOpenError, at="region")


@pytest.mark.parametrize(
    ("region", "purpose"),
    [("990001", Purpose.LIVE), ("990001", Purpose.DEMO), ("431181", Purpose.SANDBOX)],
)
def test_a_sandbox_is_no_real_place_and_a_real_place_no_sandbox(region: str, purpose: Purpose) -> None:
    command = replace(OPEN_PLACE, region=Region(region), purpose=purpose)
    given().when(command).then_refused(InvalidValueError, at="purpose")


def test_two_categories_of_one_code_are_refused() -> None:
    given().when(replace(OPEN_PLACE, categories=(FARMING, FARMING))).then_refused(InvalidValueError, at="categories")


def test_more_categories_than_a_list_holds_are_refused() -> None:
    many = tuple(replace(FARMING, code=Code(f"C{number}")) for number in range(51))
    given().when(replace(OPEN_PLACE, categories=many[1:])).then(replace(PLACE_OPENED, categories=many[1:]))
    given().when(replace(OPEN_PLACE, categories=many)).then_refused(InvalidValueError, at="categories")


def test_every_place_has_a_stream_of_its_own() -> None:
    assert place_stream(QIYANG) != place_stream(Region("431121"))
    assert DECIDER.stream(OPEN_PLACE, QIYANG, REGISTER_ID) == place_stream(QIYANG).id


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("431181", "431181"),
        ("431181", "431121"),  # 祁阳县, the former code.
        ("431121", "431181"),  # A ledger opened under the former code.
        ("431100", "431181"),
        ("430000", "431181"),
        ("340281", "341422"),  # 无为: 341422, then 340225, now 340281.
        ("341422", "340281"),
        ("340200", "341422"),  # Now in another prefecture,
        ("341400", "341422"),  # and then in this one.
        ("340225", "341422"),
        ("990001", "990001"),
        ("990000", "990001"),
    ],
)
def test_a_place_holds_itself_what_is_below_it_and_the_same_county_under_another_code(
    place: str, location: str
) -> None:
    opened(place).need_within(Region(location))


@pytest.mark.parametrize(
    ("place", "location"),
    [
        ("431181", "431122"),
        ("431181", "431100"),
        ("431181", "990001"),
        ("990001", "431181"),
        ("341400", "340281"),
        ("430100", "431181"),
    ],
)
def test_another_place_is_outside(place: str, location: str) -> None:
    with pytest.raises(OutsidePlaceError) as refused:
        opened(place).need_within(Region(location), "identity", "region")
    assert refused.value.path == ("identity", "region")
    assert refused.value.params == {"value": location, "place": place}


def test_codes_that_follow_each_other_in_a_circle_end() -> None:
    assert _codes("1", {"1": "2", "2": "3", "3": "1"}) == ["1", "2", "3"]


def test_a_category_is_one_of_the_place() -> None:
    opened("431181").need_category(Code("SOCIAL"))
    with pytest.raises(UnknownTermError) as refused:
        opened("431181").need_category(Code("FARMING"), "category")
    assert refused.value.path == ("category",)
    assert refused.value.params["known"] == "PRODUCTIVE, INFRASTRUCTURE, SOCIAL, ECOLOGY"


def test_money_is_in_the_currency_of_the_place() -> None:
    opened("431181").need_money(yi("1"))
    for unit, error in ((Unit.POUND, WrongCurrencyError), (Unit.COUNT, WrongUnitError), (Unit.PERCENT, WrongUnitError)):
        with pytest.raises(error) as refused:
            opened("431181").need_money(Stated(Figure("1"), unit))
        assert refused.value.path == ("stated", "unit")


def test_a_place_without_a_ledger_has_no_configuration() -> None:
    with pytest.raises(PlaceNotOpenError):
        Place().need_open()
