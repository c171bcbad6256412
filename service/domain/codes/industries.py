"""国民经济行业分类 (GB/T 4754-2017): the code list of industries, in four levels.

A code is the letter of its section (门类) and up to four digits: C 制造业, C26 division (大类), C261 group (中类),
C2614 class (小类). The standard prints groups and classes without the letter; here every code has it.

The table is the 2017 text: 20 sections, 97 divisions, 473 groups, 1381 classes. The amendment of 2019 brings the
classes to 1382 and is not in it, so a code that is unknown here is a reason to warn, not to refuse. The head of
`gbt4754_2017.tsv` has the source.
"""

from collections.abc import Mapping
from enum import Enum
from functools import cache

from service.domain.codes import read_rows

__all__ = ["IndustryLevel", "is_known", "level", "name_of", "section_of"]


class IndustryLevel(Enum):
    """行业层级: how fine a code is; the value is the length of its codes, letter included."""

    SECTION = 1
    """门类: C 制造业."""
    DIVISION = 3
    """大类: C26 化学原料和化学制品制造业."""
    GROUP = 4
    """中类: C261 基础化学原料制造."""
    CLASS = 5
    """小类: C2614 有机化学原料制造."""


def name_of(code: str) -> str | None:
    """行业名称: the name of a code at any level (`C`, `C26`, `C261`, `C2614`), or None for an unknown code."""
    return _table().get(code)


def is_known(code: str) -> bool:
    """已知代码: whether the 2017 text has the code."""
    return code in _table()


def level(code: str) -> IndustryLevel | None:
    """行业层级: the level of a code, or None for an unknown code."""
    return IndustryLevel(len(code)) if code in _table() else None


def section_of(code: str) -> str | None:
    """所属门类: the section letter of a code at any level (`C2614` gives `C`), or None for an unknown code."""
    return code[0] if code in _table() else None


@cache
def _table() -> Mapping[str, str]:
    return dict(read_rows("gbt4754_2017.tsv"))
