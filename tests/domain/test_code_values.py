"""Codes of public standards have their form and check digit, in ASCII, and are of known lists where there are some."""

import csv
from pathlib import Path

import pytest

from service.domain.errors import (
    BadCreditCodeError,
    BadProjectCodeError,
    InvalidValueError,
    UnknownIndustryError,
    UnknownRegionError,
)
from service.domain.values import Code, CreditCode, Industry, ProjectCode, Region, Sha256

DATA = Path(__file__).parents[3] / "shared" / "data"
PROJECT_CODE = "2103-431181-89-01-100019"
CREDIT_CODE = "91431181MA0000000R"
HUGE = pytest.param("2" * 10_000_000, id="10 MB")


def lines_of(name: str) -> list[str]:
    """Return the lines of a shared file, or skip."""
    file = DATA / name
    if not file.exists():
        pytest.skip(f"../shared/data/{name} is not here")
    return file.read_text("utf-8").splitlines()


def project_codes(kind: str) -> list[str]:
    return [row["code"] for row in csv.DictReader(lines_of("project_codes/codes.csv")) if row["expected_valid"] == kind]


@pytest.mark.parametrize("code", ["431181", "431121", "430000", "411171", "990001"])
def test_a_region_of_any_revision_a_zone_and_a_sandbox_are_known(code: str) -> None:
    assert Region(code) == code
    assert Region(code).is_sandbox == (code == "990001")


@pytest.mark.parametrize(
    "code", ["", "43118", "4311811", "431199", "431181\n", " 431181", "４３１１８１", "٤٣١١٨١", "43118Ⅷ", HUGE]
)
def test_an_unknown_region_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegionError):
        Region(code)


@pytest.mark.parametrize("code", ["C", "C26", "C261", "C2614"])
def test_an_industry_is_known_at_every_level(code: str) -> None:
    assert Industry(code) == code


@pytest.mark.parametrize("code", ["", "c26", "2614", "C2", "C2615", "C26145", "U", "C２６", "C2614\n"])
def test_an_unknown_industry_is_refused(code: str) -> None:
    with pytest.raises(UnknownIndustryError):
        Industry(code)


@pytest.mark.parametrize("code", ["A", "PRODUCTIVE", "NEW_ENERGY_2", "A" * 40])
def test_a_term_code_is_capital_letters_digits_and_underlines(code: str) -> None:
    assert Code(code) == code


@pytest.mark.parametrize("code", ["", "a", "_A", "1A", "Ⅷ", "Ａ", "A B", "A" * 41, "产业", "A\0", "A\ud800"])
def test_a_bad_term_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidValueError):
        Code(code)


def test_a_sha256_is_64_lower_case_hexadecimal_digits() -> None:
    assert Sha256("0f" * 32) == "0f" * 32
    for text in ("", "0F" * 32, "0f" * 31, "0f" * 33, "0g" * 32):
        with pytest.raises(InvalidValueError):
            Sha256(text)


def test_the_eight_project_codes_of_public_documents_pass() -> None:
    codes = project_codes("true")
    assert len(codes) == 8
    assert not any(ProjectCode(code).is_old_style for code in codes)


def test_the_five_made_up_project_codes_fail() -> None:
    codes = project_codes("false")
    assert len(codes) == 5
    for code in codes:
        with pytest.raises(BadProjectCodeError):
            ProjectCode(code)


def test_the_two_project_codes_of_the_old_style_pass_as_such() -> None:
    codes = project_codes("no check digit")
    assert len(codes) == 2
    assert all(ProjectCode(code).is_old_style for code in codes)


def test_any_other_check_digit_of_a_project_code_is_refused() -> None:
    assert ProjectCode(PROJECT_CODE) == PROJECT_CODE
    for digit in set("0123456789") - {PROJECT_CODE[-1]}:
        with pytest.raises(BadProjectCodeError):
            ProjectCode(PROJECT_CODE[:-1] + digit)


@pytest.mark.parametrize(
    "code",
    [
        "",
        PROJECT_CODE.replace("-", ""),
        PROJECT_CODE + "\n",
        "２１０３" + PROJECT_CODE[4:],
        "2100-431181-89-01-100010",
        "2015-330327-48-01-167360",
        "2021-330327-48-01-167360",
        HUGE,
    ],
)
def test_a_project_code_of_another_form_is_refused(code: str) -> None:
    with pytest.raises(BadProjectCodeError) as refused:
        ProjectCode(code)
    assert len(refused.value.params["value"]) < 300
    assert refused.value.params["value"].isascii()


def test_a_month_that_is_none_is_refused_whatever_the_check_digit() -> None:
    for digit in "0123456789":
        with pytest.raises(BadProjectCodeError):
            ProjectCode(f"2113-431181-89-01-10001{digit}")


def test_the_200_credit_codes_pass() -> None:
    codes = lines_of("uscc/uscc_200_valid.txt")
    assert len(codes) == 200
    assert [CreditCode(code) for code in codes] == codes


def test_one_wrong_character_of_a_credit_code_is_refused() -> None:
    assert CreditCode(CREDIT_CODE) == CREDIT_CODE
    for place in range(18):
        for other in set("0123456789ABCDEFGHJKLMNPQRTUWXY") - {CREDIT_CODE[place]}:
            with pytest.raises(BadCreditCodeError):
                CreditCode(CREDIT_CODE[:place] + other + CREDIT_CODE[place + 1 :])


@pytest.mark.parametrize("code", ["", CREDIT_CODE.lower(), CREDIT_CODE[:-1], CREDIT_CODE + "\n", "I" * 18, "１" * 18])
def test_a_credit_code_of_another_form_is_refused_and_not_repeated(code: str) -> None:
    with pytest.raises(BadCreditCodeError) as refused:
        CreditCode(code)
    assert refused.value.params == {}
