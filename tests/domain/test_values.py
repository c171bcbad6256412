"""No value can be built wrong, and a right one is kept as it was said."""

import time
import unicodedata
from datetime import date

import pytest

from service.domain.errors import (
    BadCharacterError,
    BadFigureError,
    BadPeriodError,
    RejectedError,
    TooLongError,
    WrongUnitError,
)
from service.domain.values import (
    ERASED,
    LARGEST,
    UNSET,
    Currency,
    Figure,
    LongText,
    Name,
    Period,
    Personal,
    Reason,
    Stated,
    Text,
    Unit,
)

HUGE = pytest.param("2" * 10_000_000, id="10 MB")

# Text


@pytest.mark.parametrize("of", [Name, LongText, Reason, Personal])
@pytest.mark.parametrize("text", ["", " ", "\u3000\t\n", "\x1f"])
def test_an_empty_text_is_refused(of: type[Text], text: str) -> None:
    with pytest.raises(TooLongError) as refused:
        of(text)
    assert refused.value.params == {"length": "0", "most": str(of.most)}


@pytest.mark.parametrize("of", [Name, LongText, Reason, Personal])
def test_a_text_has_a_longest_length(of: type[Text]) -> None:
    assert len(of("祁" * of.most)) == of.most
    with pytest.raises(TooLongError):
        of("祁" * (of.most + 1))


def test_a_text_that_grows_too_long_when_normalised_is_refused() -> None:
    grows = "\U0001d160" * 100  # NFC makes three characters of each.
    with pytest.raises(TooLongError):
        Name(grows)


@pytest.mark.parametrize("part", ["祁", " ", "e\u0301", "\0"])
def test_a_name_of_ten_megabytes_is_refused_at_once(part: str) -> None:
    text = part * (10_000_000 // len(part))
    begun = time.process_time()
    with pytest.raises(TooLongError):
        Name(text)
    assert time.process_time() - begun < 0.5


def test_a_pile_of_accents_is_judged_in_time() -> None:
    begun = time.process_time()
    LongText("e" + "\u0301\u0323" * 3_999)
    with pytest.raises(TooLongError):
        LongText("e" + "\u0301\u0323" * 100_000)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\0", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\x85", "U+0085"),
        ("\xad", "U+00AD"),
        ("\u061c", "U+061C"),
        ("\u200b", "U+200B"),
        ("\u200e", "U+200E"),
        ("\u2028", "U+2028"),
        ("\u2029", "U+2029"),
        ("\u202e", "U+202E"),
        ("\u2066", "U+2066"),
        ("\ufeff", "U+FEFF"),
        ("\ufffd", "U+FFFD"),
        ("\ud800", "U+D800"),
        ("\udfff", "U+DFFF"),
        ("\U000e0041", "U+E0041"),
    ],
)
@pytest.mark.parametrize("of", [Name, LongText, Personal])
def test_a_character_that_cannot_be_seen_is_refused(of: type[Text], character: str, name: str) -> None:
    with pytest.raises(BadCharacterError) as refused:
        of(f"祁{character}阳")
    assert refused.value.params == {"character": name}


@pytest.mark.parametrize("joiner", ["\u180e", "\u200c", "\u200d"])
def test_a_joiner_may_stand_between_characters_only(joiner: str) -> None:
    assert Name(f"ᠬ{joiner}ᠠ") == f"ᠬ{joiner}ᠠ"
    for text in (joiner, f"祁{joiner}", f"{joiner}祁"):
        with pytest.raises(BadCharacterError):
            Name(text)


@pytest.mark.parametrize(
    "text",
    ["𠮷野", "邉\U000e0100", "祁\ue000阳", "Château d'eau № 5", "مشروع", "👷\u200d♀️", "一\u3000二", "\U00031350"],
)
def test_rare_characters_other_scripts_and_private_ones_are_kept(text: str) -> None:
    assert Name(text) == text


def test_lines_are_kept_where_there_may_be_some() -> None:
    assert LongText("一\r\n二\n\t三") == "一\n二\n\t三"
    assert Reason("一\n二") == "一\n二"
    for text in ("一\n二", "一\t二"):
        with pytest.raises(BadCharacterError):
            Name(text)


def test_a_text_is_trimmed_and_composed() -> None:
    assert Name(" \u3000祁阳\n") == "祁阳"
    assert Name("e\u0301") == unicodedata.normalize("NFC", "e\u0301") == "é"


def test_a_personal_value_is_never_in_its_refusal() -> None:
    for text in ("填报人甲\0", "填报人甲" * 100):
        with pytest.raises(RejectedError) as refused:
            Personal(text)
        assert "填报人" not in str(refused.value)


# Figures


@pytest.mark.parametrize("figure", ["0", "0.00", "53.93", "-53.930", "1" * 16, "0." + "1" * 10])
def test_a_figure_keeps_its_precision(figure: str) -> None:
    assert Figure(figure) == figure


@pytest.mark.parametrize(
    "figure",
    [
        "",
        "-",
        ".5",
        "5.",
        "1e5",
        "+5",
        "1,000",
        "NaN",
        "Infinity",
        "-0",
        "-0.00",
        "007",
        "５３",
        "٥",
        "1_000",
        " 1",
        "1\n",
        "1" * 17,
        "0." + "1" * 11,
        HUGE,
    ],
)
def test_what_is_no_plain_decimal_is_refused(figure: str) -> None:
    with pytest.raises(BadFigureError):
        Figure(figure)


@pytest.mark.parametrize(
    ("figure", "unit", "fen"),
    [
        ("53.93", Unit.YI_YUAN, 539_300_000_000),
        ("0.0000000001", Unit.YI_YUAN, 1),
        ("-118000", Unit.WAN_YUAN, -118_000_000_000),
        ("0.01", Unit.YUAN, 1),
        ("2.50", Unit.POUND, 250),
        ("1.5", Unit.MILLION_POUND, 150_000_000),
        ("90071992547409.91", Unit.YUAN, LARGEST),
    ],
)
def test_money_has_an_exact_value_in_fen(figure: str, unit: Unit, fen: int) -> None:
    assert Stated(Figure(figure), unit).fen == fen


@pytest.mark.parametrize(
    ("figure", "unit"),
    [
        ("0.001", Unit.YUAN),
        ("0.0000000001", Unit.WAN_YUAN),
        ("33.333", Unit.PERCENT),
        ("113.5", Unit.COUNT),
        ("90071992547409.92", Unit.YUAN),
        ("-900720", Unit.YI_YUAN),
    ],
)
def test_what_is_too_fine_or_out_of_range_for_its_unit_is_refused(figure: str, unit: Unit) -> None:
    with pytest.raises(BadFigureError) as refused:
        Stated(Figure(figure), unit)
    assert refused.value.path == ("figure",)


def test_a_count_and_a_share_are_exact_too_and_no_money() -> None:
    assert Stated(Figure("113"), Unit.COUNT).minor == 113
    assert Stated(Figure("33.7"), Unit.PERCENT).minor == 33_70
    for unit in (Unit.COUNT, Unit.PERCENT):
        with pytest.raises(WrongUnitError):
            _ = Stated(Figure("1"), unit).fen


def test_a_stated_value_is_shown_as_it_was_said() -> None:
    assert str(Stated(Figure("53.930"), Unit.YI_YUAN)) == "53.930 亿元"
    assert str(Stated(Figure("33.7"), Unit.PERCENT)) == "33.7 %"


def test_every_unit_of_money_has_a_currency_of_the_list() -> None:
    assert {unit.currency for unit in Unit} == {*Currency, None}


# Periods


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2022-04", date(2022, 4, 1), date(2022, 4, 30)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2022-12", date(2022, 12, 1), date(2022, 12, 31)),
        ("2022-04-T1", date(2022, 4, 1), date(2022, 4, 10)),
        ("2022-04-T2", date(2022, 4, 11), date(2022, 4, 20)),
        ("2022-02-T3", date(2022, 2, 21), date(2022, 2, 28)),
        ("2024-01/2024-02", date(2024, 1, 1), date(2024, 2, 29)),
        ("1999-01/1999-02", date(1999, 1, 1), date(1999, 2, 28)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(period: str, first: date, last: date) -> None:
    assert (Period(period).first_day, Period(period).last_day) == (first, last)
    assert Period(period).year == first.year == last.year


@pytest.mark.parametrize(
    "period",
    [
        "",
        "2022",
        "2022-4",
        "2022-00",
        "2022-13",
        "2022-04-T0",
        "2022-04-T4",
        "2022-04-T1\n",
        "2022-01/2023-02",
        "2022Q1",
        "2022-01/2022-03",
        "2022-02/2022-01",
        "2022-01-T1/2022-02",
        "1899-12",
        "2100-01",
        "２０２２-04",
        "2022-04-01",
    ],
)
def test_what_is_no_period_is_refused(period: str) -> None:
    with pytest.raises(BadPeriodError):
        Period(period)


def test_a_month_can_be_made_of_numbers() -> None:
    assert Period.month(2022, 4) == "2022-04"
    for year, month in ((2022, 13), (22, 4), (20222, 4)):
        with pytest.raises(BadPeriodError):
            Period.month(year, month)


def test_what_was_not_sent_is_false_and_says_so() -> None:
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert repr(ERASED) == "ERASED"
