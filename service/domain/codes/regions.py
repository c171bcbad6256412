"""行政区划代码 (GB/T 2260): names and codes of provinces, prefectures, counties and functional zones through time.

A code is six digits PPCCXX: XX0000 province, PPCC00 prefecture, the rest county level. Codes and names change (祁阳县
431121 became 祁阳市 431181), so the table has a row for each span of revisions over which a code had one name. A name
that changed under one code is mostly a renaming, but not always: 500110 was 万盛区 and is 綦江区, another place.

What was in force between two revisions is known only from the two. On a day between them a code that is in either is
taken as in force; see `name_of`.

Source: Ministry of Civil Affairs, seven revisions 1995-12 to 2019-04; National Bureau of Statistics, statistical
divisions as of 2023-06-30. The head of `gb2260.tsv` has the details.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Final

from service.domain.codes import read_rows
from service.domain.codes.successors import SUCCESSORS

__all__ = [
    "REVISIONS",
    "SUCCESSORS",
    "RegionKind",
    "RegionName",
    "ancestors",
    "codes_from",
    "codes_in",
    "codes_outside",
    "is_in_subtree",
    "is_known",
    "is_within",
    "name_of",
    "predecessors",
    "spans",
    "superiors",
]

REVISIONS: Final = ("199512", "200512", "201012", "201512", "201612", "201712", "201904", "202306")
"""修订版: months YYYYMM of the revisions that the table is made of, oldest first."""

_MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})
"""直辖市: their third and fourth digits (市辖区 01, 县 02) only group counties; no such unit exists."""

_NO_PREFECTURE: Final = frozenset({"00", "90"})
"""省直辖县级行政区划: third and fourth digits of counties directly under a province (00 in Hainan's list of 1995)."""

_ZONE_DIGIT: Final = "7"
"""功能区: fifth digit of development zones in the statistical divisions; no code of GB/T 2260 has it."""


class RegionKind(Enum):
    """区划级别: what a code stands for, read off its digits."""

    PROVINCE = "province"
    """省级: 430000 湖南省."""
    PREFECTURE = "prefecture"
    """地级: 431100 永州市."""
    COUNTY = "county"
    """县级: 431181 祁阳市."""
    ZONE = "zone"
    """功能区: 411171 漯河经济技术开发区; in the statistical divisions, not in GB/T 2260."""


@dataclass(frozen=True, slots=True)
class RegionName:
    """区划名称: the name a code had from one revision through another.

    `first` and `last` are months YYYYMM out of `REVISIONS`, both inclusive: every revision from one to the other lists
    the code under this name. A `last` that is the newest revision means still in force, as far as the table knows.
    """

    code: str
    name: str
    kind: RegionKind
    first: str
    last: str


def spans(code: str) -> tuple[RegionName, ...]:
    """历次名称: all names of a code, oldest first; empty for a code in no revision. Gaps between spans can occur."""
    return tuple(RegionName(code, name, _kind(code), first, last) for first, last, name in _history(code))


def name_of(code: str, on: date | None = None) -> str | None:
    """区划名称: the name in force on a day, or the latest there was when `on` is None.

    A revision is taken to hold from the first day of its month. On a day between two revisions the earlier one answers
    and, where it lacks the code, the later one: in 2022 both 431121 祁阳县 (last listed 2019-04) and 431181 祁阳市
    (first listed 2023-06) have a name, since the lists cannot tell the day of the change. Days before the oldest
    revision are answered from the oldest, days after the newest from the newest.

    Returns:
        The name, or None where the code is unknown or, with `on`, was not yet or no longer in force.
    """
    history = tuple(_history(code))
    if on is None:
        return history[-1][2] if history else None
    month = max(f"{on:%Y%m}", REVISIONS[0])
    after = bisect_right(REVISIONS, month)
    # In the month of a revision that revision alone decides; later on, the next one may know of a newer code.
    candidates = REVISIONS[after - 1 : after if REVISIONS[after - 1] == month else after + 1]
    for revision in candidates:
        for first, last, name in history:
            if first <= revision <= last:
                return name
    return None


def is_known(code: str) -> bool:
    """已知代码: whether any revision, however old, has the code. An unknown code is a reason to warn, not to refuse."""
    return code in _table()


def codes_in(revision: str) -> Mapping[str, str]:
    """某版代码: every code in force in a revision, with its name then, in order of code; about 3,200 entries.

    Raises:
        ValueError: not one of `REVISIONS`.
    """
    if revision not in REVISIONS:
        msg = f"no revision {revision!r}; there are {', '.join(REVISIONS)}"
        raise ValueError(msg)
    return MappingProxyType(
        {code: name for code in _table() for first, last, name in _history(code) if first <= revision <= last}
    )


def ancestors(code: str) -> tuple[str, ...]:
    """上级区划: codes above a code by its digits, nearest first: 431121 has ('431100', '430000'), a province has ().

    Counties of a municipality (直辖市) and counties directly under a province (419001, 659001) have the province alone,
    because the code between (110100 市辖区, 419000 省直辖县级行政区划) is a heading and not a unit. Codes
    outside the table are answered by the same rule.

    Raises:
        ValueError: the code is not six digits.
    """
    _require_six_digits(code)
    province, prefecture = f"{code[:2]}0000", f"{code[:4]}00"
    if code == province:
        return ()
    if code == prefecture or code[2:4] in _NO_PREFECTURE or code[:2] in _MUNICIPALITIES:
        return (province,)
    return (prefecture, province)


def superiors(code: str) -> tuple[str, ...]:
    """历任上级: codes above a region by whichever of its codes, those above its newest first, nearest first.

    340281 无为市 has ('340200', '340000', '341400'): it came to 芜湖市 from 巢湖市.
    """
    codes = (*reversed(codes_from(code)), *predecessors(code))
    return tuple(dict.fromkeys(above for one in codes for above in ancestors(one)))


def is_within(code: str, root: str) -> bool:
    """隶属: whether a code lies in the subtree of `root` by its digits, `root` itself included.

    By digits alone, so the headings count here: 110101 is within 110100. A county within a county is only itself.

    Raises:
        ValueError: either code is not six digits.
    """
    _require_six_digits(code)
    _require_six_digits(root)
    if root.endswith("0000"):
        return code[:2] == root[:2]
    if root.endswith("00"):
        return code[:4] == root[:4]
    return code == root


@cache
def codes_outside(root: str) -> tuple[str, ...]:
    """Return the codes outside a region's digits that are in it: a county's later codes, and former ones of any."""
    found = set(codes_from(root))
    found |= {old for old in SUCCESSORS if any(is_within(later, root) for later in codes_from(old))}
    return tuple(sorted(one for one in found if not is_within(one, root)))


def is_in_subtree(code: str, root: str) -> bool:
    """Return whether a region lies in another or is it, by whichever of their codes.

    A county that changed its code, even into another prefecture, is one: 祁阳 431121 and 431181.

    Raises:
        ValueError: either code is not six digits.
    """
    return is_within(code, root) or code in codes_outside(root)


def codes_from(code: str, successors: Mapping[str, str] = SUCCESSORS) -> tuple[str, ...]:
    """后继代码: a code and those that followed it, to the newest: 341422 has (341422, 340225, 340281) 无为."""
    found = [code]
    while (later := successors.get(found[-1])) is not None and later not in found:
        found.append(later)
    return tuple(found)


@cache
def predecessors(code: str) -> tuple[str, ...]:
    """前身代码: codes that a code followed, nearest first: 340281 has (340225, 341422). No two were followed by one."""
    followed = (old for old in SUCCESSORS if old != code and code in codes_from(old))
    return tuple(sorted(followed, key=lambda old: codes_from(old).index(code)))


def _kind(code: str) -> RegionKind:
    if code.endswith("0000"):
        return RegionKind.PROVINCE
    if code.endswith("00"):
        return RegionKind.PREFECTURE
    return RegionKind.ZONE if code[4] == _ZONE_DIGIT else RegionKind.COUNTY


def _require_six_digits(code: str) -> None:
    if not (len(code) == 6 and code.isascii() and code.isdigit()):  # noqa: PLR2004 - six is the standard's own number
        msg = f"not a six-digit region code: {code!r}"
        raise ValueError(msg)


def _history(code: str) -> Iterator[tuple[str, str, str]]:
    """First revision, last revision and name of each span of a code, oldest first."""
    for row in _table().get(code, ()):
        first, last, name = row.split("\t")
        yield first, last, name


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    """Code to its rows, in file order; rows are taken apart on use, which makes loading twice as fast."""
    table: dict[str, tuple[str, ...]] = {}
    for code, row in read_rows("gb2260.tsv"):
        table[code] = (*table[code], row) if code in table else (row,)
    return table
