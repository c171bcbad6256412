"""值: the values that facts are made of. None can be built wrong; what was stored is not judged again on reading.

Text values are subclasses of str, so that they cost nothing to store and compare. Limits are counted in characters.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar, Final, Self

from service.domain.codes import industries, regions
from service.domain.errors import (
    BadCharacterError,
    BadCreditCodeError,
    BadFigureError,
    BadPeriodError,
    BadProjectCodeError,
    InvalidValueError,
    TooLongError,
    UnknownIndustryError,
    UnknownRegionError,
    WrongUnitError,
)
from service.domain.labels import Labelled

LARGEST: Final = 2**53 - 1
"""Largest integer in a fact: canonical JSON (RFC 8785) keeps integers exactly up to here. In fen it is 90 万亿元."""

MOST_LISTED: Final = 50
"""Most items of one list in a command: aliases, codes, references, documents, categories."""

FIRST_YEAR: Final = 1949
"""First year that a figure or a target may be of."""

_DAMAGED: Final = "\ufffd"
"""What a decoder leaves in place of bytes that it could not read."""


class Unset:
    """未填: the field was not sent, which is not the same as sent empty."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset()


class Text(str):
    """文字: NFC, trimmed, 1 to `most` characters, with nothing in it that cannot be seen.

    Refused are control characters, half characters (lone surrogates, U+FFFD), line breaks (kept where `lines`) and
    format characters, since one that turns the writing direction makes a text read otherwise than it is stored. Three
    of those belong to the spelling of some scripts (Mongolian, Uyghur) and may stand between two characters.
    """

    __slots__ = ()
    most: ClassVar[int] = 200
    lines: ClassVar[bool] = False
    _refused: ClassVar[frozenset[str]] = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
    _joiners: ClassVar[str] = "\u180e\u200c\u200d"

    def __new__(cls, text: str) -> Self:
        """Judge a text."""
        clean = text.strip()
        # Before normalising, which takes more than a second for a long pile of accents; a 10 MB name costs nothing.
        if len(clean) <= cls.most:
            clean = unicodedata.normalize("NFC", clean.replace("\r\n", "\n") if cls.lines else clean)
        if not 0 < len(clean) <= cls.most:
            raise TooLongError(length=len(clean), most=cls.most)
        if not clean.isprintable() or _DAMAGED in clean:
            cls._need_visible(clean)
        return super().__new__(cls, clean)

    @classmethod
    def _need_visible(cls, clean: str) -> None:
        allowed = cls._joiners + ("\n\t" if cls.lines else "")
        ends = {clean[0], clean[-1]} & {*cls._joiners}
        wrong = {one for one in {*clean} - {*allowed} if one == _DAMAGED or unicodedata.category(one) in cls._refused}
        if wrong or ends:
            raise BadCharacterError(character=f"U+{ord(min(wrong or ends)):04X}")


class Name(Text):
    """名称: of a project, unit or person."""

    __slots__ = ()


class LongText(Text):
    """说明: content and scale, notes; line breaks are kept."""

    __slots__ = ()
    most = 8_000
    lines = True


class Reason(Text):
    """理由: why something was corrected, revised, reduced or voided."""

    __slots__ = ()
    most = 2_000
    lines = True


class Personal(Text):
    """个人信息: a name or contact of a person. Never stored in a fact's body, which holds a salted hash of it."""

    __slots__ = ()


class Erased:
    """已删除: what reading gives where a personal value once stood."""

    def __repr__(self) -> str:
        return "ERASED"


ERASED: Final = Erased()


class Matched(str):
    """A string of one form: `_pattern` and `_is_valid` judge it, `_error` refuses it."""

    __slots__ = ()
    _pattern: ClassVar[re.Pattern[str]]
    _error: ClassVar[type[InvalidValueError]] = InvalidValueError
    _most: ClassVar[int] = 40
    _is_told: ClassVar[bool] = True

    def __new__(cls, text: str) -> Self:
        """Judge a string."""
        self = super().__new__(cls, text)
        if len(text) > cls._most or not cls._pattern.fullmatch(text) or not self._is_valid():
            raise cls._error(**({"value": ascii(text[: cls._most])[1:-1]} if cls._is_told else {}))
        return self

    def _is_valid(self) -> bool:
        """Return whether the value is right, its form being right."""
        return True


class Code(Matched):
    """代码: of a term in a place's dictionary."""

    __slots__ = ()
    _pattern = re.compile(r"[A-Z][A-Z0-9_]{0,39}", re.ASCII)


class Sha256(Matched):
    """文件摘要: SHA-256 of a file, 64 lower-case hexadecimal digits."""

    __slots__ = ()
    _pattern = re.compile(r"[0-9a-f]{64}", re.ASCII)
    _most = 64


class Region(Matched):
    """行政区划代码: 6 digits of GB/T 2260 (any revision since 1995-12), a functional zone, or a sandbox 99xxxx."""

    __slots__ = ()
    _pattern = re.compile(r"\d{6}", re.ASCII)
    _error = UnknownRegionError

    @property
    def is_sandbox(self) -> bool:
        """Whether it is outside the standard, for trials and imports of other countries' data."""
        return self.startswith("99")

    def _is_valid(self) -> bool:
        return self.is_sandbox or regions.is_known(self)


class Industry(Matched):
    """国民经济行业分类代码: GB/T 4754-2017, section letter, then 0, 2, 3 or 4 digits (C, C26, C261, C2614)."""

    __slots__ = ()
    _pattern = re.compile(r"[A-T](\d{2,4})?", re.ASCII)
    _error = UnknownIndustryError

    def _is_valid(self) -> bool:
        return industries.is_known(self)


class ProjectCode(Matched):
    """投资项目代码: 24 characters, 2603-141124-89-05-346948 (GB/T 40058-2021), or the style before 2020-11.

    New style: YYMM, region, department, type, 5 random digits and an ISO 7064 MOD 11,10 check digit over all 20.
    Old style: year 2016 to 2020 in front, no check digit. The region segment may be outside GB/T 2260, so it is not
    checked. Source: mission.md 3.1.
    """

    __slots__ = ()
    _pattern = re.compile(r"\d{4}-\d{6}-\d{2}-\d{2}-\d{6}", re.ASCII)
    _error = BadProjectCodeError

    @property
    def is_old_style(self) -> bool:
        """Whether it is of 2016-2020; months end at 12, so 2016 to 2020 can't be YYMM."""
        return "2016" <= self[:4] <= "2020"

    def _is_valid(self) -> bool:
        if self.is_old_style:
            return True
        check = 5
        for digit in self.replace("-", ""):
            check = ((check or 10) * 2 % 11 + int(digit)) % 10
        return check == 1 and "01" <= self[2:4] <= "12"


class CreditCode(Matched):
    """统一社会信用代码: GB 32100-2015, 18 characters, the last one a check character (MOD 31)."""

    __slots__ = ()
    # A number of an identity card has 18 characters too and is typed in here by mistake; a refusal is kept for ever.
    _is_told = False
    _alphabet: ClassVar[str] = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    _weights: ClassVar[tuple[int, ...]] = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    _pattern = re.compile(rf"[{_alphabet}]{{18}}", re.ASCII)
    _error = BadCreditCodeError

    def _is_valid(self) -> bool:
        total = sum(self._alphabet.index(one) * weight for one, weight in zip(self[:17], self._weights, strict=True))
        return self._alphabet[-total % 31] == self[17]


class Currency(Labelled):
    """币种 Currency, ISO 4217; a place keeps its ledger in one."""

    CNY = "CNY", "人民币", "Chinese yuan"
    GBP = "GBP", "英镑", "pound sterling"


class Unit(Labelled):
    """计量单位 Unit in which a paper states a figure."""

    YUAN = "YUAN", "元", "yuan"
    WAN_YUAN = "WAN_YUAN", "万元", "ten thousand yuan"
    YI_YUAN = "YI_YUAN", "亿元", "hundred million yuan"
    POUND = "POUND", "英镑", "pounds"
    MILLION_POUND = "MILLION_POUND", "百万英镑", "million pounds"
    COUNT = "COUNT", "个", "items"
    PERCENT = "PERCENT", "%", "%"

    @property
    def currency(self) -> Currency | None:
        """The currency; None where it does not measure money."""
        return _UNITS[self][0]

    @property
    def minor(self) -> int:
        """How many of the smallest unit it holds: fen or pence; pieces; hundredths of a percent."""
        return _UNITS[self][1]


_UNITS: Final[dict[Unit, tuple[Currency | None, int]]] = {
    Unit.YUAN: (Currency.CNY, 100),
    Unit.WAN_YUAN: (Currency.CNY, 1_000_000),
    Unit.YI_YUAN: (Currency.CNY, 10_000_000_000),
    Unit.POUND: (Currency.GBP, 100),
    Unit.MILLION_POUND: (Currency.GBP, 100_000_000),
    Unit.COUNT: (None, 1),
    Unit.PERCENT: (None, 100),
}


class Figure(Matched):
    """数字: a plain decimal as the paper has it, its own precision kept (53.93); no leading zeros, no -0."""

    __slots__ = ()
    _pattern = re.compile(r"(?!-[0.]*\Z)-?(0|[1-9]\d{0,15})(\.\d{1,10})?", re.ASCII)
    _error = BadFigureError


@dataclass(frozen=True, slots=True)
class Stated:
    """所报数值 A figure with its unit, kept as said (53.93 亿元), and exact in the smallest unit.

    Raises:
        BadFigureError: it is not a whole number of the smallest unit, or beyond 2^53 - 1 of them.
    """

    figure: Figure
    unit: Unit

    def __post_init__(self) -> None:
        exact = Decimal(self.figure) * self.unit.minor
        if exact != exact.to_integral_value() or abs(exact) > LARGEST:
            raise BadFigureError("figure", value=self.figure, unit=self.unit)

    @property
    def minor(self) -> int:
        """The exact value in the smallest unit: fen or pence; pieces; hundredths of a percent."""
        return int(Decimal(self.figure) * self.unit.minor)

    @property
    def fen(self) -> int:
        """The exact value in fen (pence in a pound ledger).

        Raises:
            WrongUnitError: the unit does not measure money.
        """
        if self.unit.currency is None:
            raise WrongUnitError("unit", unit=self.unit)
        return self.minor

    def __str__(self) -> str:
        return f"{self.figure} {self.unit.label.zh}"


class Period(Matched):
    """报送期: a month `2023-04`, a ten-day 旬 `2023-04-T1` (T1 to T3), or January with February `2023-01/2023-02`.

    A figure for a period takes effect on its last day, whenever it was sent.
    """

    __slots__ = ()
    _pattern = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])(-T[1-3])?|(?P<year>(19|20)\d\d)-01/(?P=year)-02", re.ASCII)
    _error = BadPeriodError

    @classmethod
    def month(cls, year: int, month: int) -> Self:
        """Return a month as a period."""
        return cls(f"{year:04d}-{month:02d}")

    @property
    def year(self) -> int:
        """The year that it lies in; no period lies in two."""
        return int(self[:4])

    @property
    def first_day(self) -> date:
        """The day on which it begins."""
        return date(self.year, int(self[5:7]), (int(self[-1]) - 1) * 10 + 1 if "T" in self else 1)

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        return _last_day(self)


@lru_cache(maxsize=4096)
def _last_day(period: Period) -> date:
    # There are few periods, and whoever adds up figures asks for this of each of them, over and over.
    if period.endswith(("T1", "T2")):
        return period.first_day + timedelta(days=9)
    month = 2 if "/" in period else int(period[5:7])
    return date(period.year, month, monthrange(period.year, month)[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """文件依据 The paper that a fact rests on; `sha256` is of its scan."""

    title: Name
    number: Name | None = None
    issuer: Name | None = None
    issued_on: date | None = None
    sha256: Sha256 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """外部编号 What another system calls the project."""

    system: Name
    id: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """单位 A legal person, with its credit code where known."""

    name: Name
    credit_code: CreditCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """字典条目 A code of a place's list, with its label in both languages."""

    code: Code
    zh: Name
    en: Name
