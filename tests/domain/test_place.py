"""A place opens its ledger once, and its configuration says what belongs to it."""

from dataclasses import replace
from datetime import date

import pytest

from service.domain.dictionaries import Dictionary
from service.domain.errors import (
    AlreadyOpenError,
    AlreadyStatedError,
    InvalidValueError,
    NotSuccessorError,
    NotYetHappenedError,
    OutsidePlaceError,
    PlaceNotOpenError,
    RejectedError,
    UnknownTermError,
    WrongCurrencyError,
    WrongUnitError,
)
from service.domain.gates import StartBasis
from service.domain.place import DECIDER, OpenPlace, Place, PlaceRecoded, Purpose, RecodePlace, place_stream
from service.domain.values import Code, Currency, Figure, Name, Reason, Region, Stated, Term, Unit
from tests.dsl import given
from tests.examples import OPEN_PLACE, PLACE_OPENED, PLACE_RECODED, QIYANG, RECODE_PLACE, REGISTER_ID, yi

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


def test_a_change_of_code_is_recorded_once() -> None:
    given(PLACE_OPENED).when(RECODE_PLACE).then(PLACE_RECODED)
    before = replace(PLACE_OPENED, region=Region("431121"))
    given(before).when(replace(RECODE_PLACE, region=Region("431121"))).then(PLACE_RECODED)


def test_a_change_of_code_is_corrected_with_a_reason() -> None:
    otherwise = replace(RECODE_PLACE, occurred_on=date(2021, 2, 6))
    given(PLACE_OPENED, PLACE_RECODED).when(otherwise).then_refused(AlreadyStatedError, at="reason")
    why = Reason("日期有误")
    given(PLACE_OPENED, PLACE_RECODED).when(replace(otherwise, reason=why)).then(
        replace(PLACE_RECODED, occurred_on=date(2021, 2, 6), reason=why)
    )


@pytest.mark.parametrize(
    ("former", "successor", "error", "at"),
    [
        ("431181", "431121", NotSuccessorError, "successor"),
        ("431181", "431181", NotSuccessorError, "successor"),
        ("431121", "431102", NotSuccessorError, "successor"),
        ("430221", "430212", OutsidePlaceError, "former"),
    ],
)
def test_a_code_that_did_not_follow_is_refused(
    former: str, successor: str, error: type[RejectedError], at: str
) -> None:
    command = replace(RECODE_PLACE, former=Region(former), successor=Region(successor))
    given(PLACE_OPENED).when(command).then_refused(error, at=at)


def test_a_change_that_follows_a_change_is_recorded() -> None:
    first = PlaceRecoded(
        former=Region("341422"), successor=Region("340225"), name=Name("无为县"), occurred_on=date(2011, 8, 22)
    )
    command = RecodePlace(
        region=Region("341422"),
        former=Region("340225"),
        successor=Region("340281"),
        name=Name("无为市"),
        occurred_on=date(2019, 12, 16),
    )
    given(replace(PLACE_OPENED, region=Region("341422")), first).when(command).then(
        PlaceRecoded(
            former=command.former, successor=command.successor, name=command.name, occurred_on=command.occurred_on
        )
    )


def test_a_change_that_has_not_come_is_refused() -> None:
    command = replace(RECODE_PLACE, occurred_on=date(2022, 5, 11))
    given(PLACE_OPENED).when(command).then_refused(NotYetHappenedError, at="occurred_on")


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


def test_a_category_is_one_of_the_place() -> None:
    opened("431181").need_term(Dictionary.CATEGORY, Code("SOCIAL"))
    with pytest.raises(UnknownTermError) as refused:
        opened("431181").need_term(Dictionary.CATEGORY, Code("FARMING"), "category")
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
