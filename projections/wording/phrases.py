"""措辞: the values of facts in the words of both languages: days, periods, amounts, papers, fields of an identity."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Final, assert_never
from uuid import UUID

from projections.wording.base import Terms
from service.domain.codes import industries, regions
from service.domain.configuration import ConfigurationFact
from service.domain.dictionaries import Dictionary
from service.domain.identity import AssetType, Nature, Track
from service.domain.investment import Measure
from service.domain.labels import Label, Labelled
from service.domain.plan import Operator
from service.domain.shape import Plain, dump_public
from service.domain.sites import CoordinateSystem, SiteKind
from service.domain.values import Document, Period, Stated, Unit

MOST_QUOTED: Final = 80
"""Most characters of a long text that a sentence quotes; names, titles and reasons are told in full."""
MOST_NAMED: Final = 3
"""Most projects that a sentence names; of longer lists it tells how many there are."""
_INNER: Final = str.maketrans("“”", "‘’")
"""Marks within quotation marks: names of ceremonies often have the “三个一批” in them."""
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# Not from the calendar module, whose names follow the machine's locale.
_HAN: Final = "\u3400-\u9fff"
_CHINESE_BREAK: Final = re.compile(r"(?<=[^\x00-\x7f])\s*\n\s*(?=[^\x00-\x7f])")
_EDGE: Final = re.compile(f"[{_HAN}][0-9A-Za-z-]|[0-9A-Za-z][{_HAN}]")


def zh(*parts: str) -> str:
    """Return Chinese text joined, with a space where a part that ends in a character meets a digit or a letter."""
    text = ""
    for part in parts:
        text += f" {part}" if _EDGE.fullmatch(text[-1:] + part[:1]) else part
    return text


def with_all(*parts: Label) -> Label:
    """Return parts that stand behind one another, as they are."""
    return Label("".join(one.zh for one in parts), "".join(one.en for one in parts))


def series(parts: Sequence[Label]) -> Label:
    """Return 甲、乙、丙 and a, b and c."""
    *first, last = (one.en for one in parts)
    return Label("、".join(one.zh for one in parts), f"{', '.join(first)} and {last}" if first else last)


def one_line(text: str) -> str:
    """Return a text of several lines as one; lines that end and begin in Chinese join without a space."""
    return " ".join(_CHINESE_BREAK.sub("", text).split())


def quoted(text: str) -> Label:
    """Return a text in quotation marks."""
    return verbatim(f"“{one_line(text)}”")


def named(name: str) -> Label:
    """Return a name in quotation marks; those that it has itself become inner ones."""
    return quoted(name.translate(_INNER))


def projects(ids: Sequence[UUID], terms: Terms) -> Label:
    """Return “甲”、“乙”、“丙”等 5 个项目, “甲”, “乙”, “丙” and 2 more projects; how many alone where none is known."""
    many = len(ids)
    known = _known(ids, terms)
    if not known:
        return Label(f"{many} 个项目", _projects(many))
    told, left = series(known), many - len(known)
    if not left:
        return told
    return Label(f"{told.zh}等 {many} 个项目", series([*known, verbatim(f"{left} more {_projects(left)[2:]}")]).en)


def projects_beside(ids: Sequence[UUID], terms: Terms) -> Label:
    """Return （“甲”、“乙”、“丙”等） and (“甲”, “乙”, “丙” and 2 more), behind how many; empty where none is known."""
    known = _known(ids, terms)
    if not known:
        return Label("", "")
    told, left = series(known), len(ids) - len(known)
    if not left:
        return Label(f"（{told.zh}）", f" ({told.en})")
    return Label(f"（{told.zh}等）", f" ({series([*known, verbatim(f'{left} more')]).en})")


def _known(ids: Sequence[UUID], terms: Terms) -> list[Label]:
    """Return the first names that are known."""
    found = (terms.name(one) for one in ids)
    return [named(name) for name in islice((name for name in found if name is not None), MOST_NAMED)]


def _projects(number: int) -> str:
    return f"{number} project{'' if number == 1 else 's'}"


def verbatim(text: str) -> Label:
    """Return what is the same in both languages."""
    return Label(text, text)


def day(on: date) -> Label:
    """Return 2022 年 4 月 1 日 and 1 April 2022."""
    return Label(f"{on.year} 年 {on.month} 月 {on.day} 日", f"{on.day} {_MONTHS[on.month - 1]} {on.year}")


def day_of(text: str) -> Label:
    """Return a day from its plain form."""
    return day(date.fromisoformat(text))


def through(measure: Measure, period: Period) -> Label:
    """Return the time that a figure is about: 2022 年 1—4 月（本年累计）, for January–April 2022, year to date."""
    first, last, measured = period.first_day, period.last_day, measure.label
    year, month = f"{last.year} 年", f"{last.month} 月"
    third = f"{'上中下'[int(period[-1]) - 1]}旬" if "T" in period else ""
    match measure:
        case Measure.MONTH:
            told = Label(f"{year} {'1—' if '/' in period else ''}{month}{third}", f"for {_span(first, last)}")
        case Measure.YEAR_TO_DATE if third:
            told = Label(f"{year}初至 {month}{third}", f"from {day(date(last.year, 1, 1)).en} to {day(last).en}")
        case Measure.YEAR_TO_DATE:
            told = Label(f"{year} {'1—' if last.month > 1 else ''}{month}", f"for {_span(date(last.year, 1, 1), last)}")
        case Measure.SINCE_START:
            told = until(period)
        case _:
            assert_never(measure)
    return Label(f"{told.zh}（{measured.zh}）", f"{told.en}, {measured.en}")


def until(period: Period) -> Label:
    """Return the end of a period: 截至 2022 年 4 月底, through 30 April 2022."""
    last = period.last_day
    third = f"{'上中下'[int(period[-1]) - 1]}旬" if "T" in period else "底"
    return Label(f"截至 {last.year} 年 {last.month} 月{third}", f"through {day(last).en}")


def _span(first: date, last: date) -> str:
    """Return 1–10 April 2022, April 2022, or January–April 2022."""
    if first.month < last.month:
        return f"{_MONTHS[first.month - 1]}–{_MONTHS[last.month - 1]} {last.year}"
    whole = first.day == 1 and last.day > 20  # noqa: PLR2004 - the third 旬 begins on the 21st.
    days = "" if whole else f"{first.day}–{last.day} "
    return f"{days}{_MONTHS[last.month - 1]} {last.year}"


def amount(plain: Plain) -> Label:
    """Return a figure with its unit as stated: 53.93 亿元, 53.93 hundred million yuan."""
    figure, unit = plain["figure"], Unit(plain["unit"])
    if unit is Unit.PERCENT:
        return verbatim(f"{figure}%")
    word = unit.label
    return Label(f"{figure} {word.zh}", figure if unit is Unit.COUNT else f"{figure} {word.en}")


def aim(plain: Plain) -> Label:
    """Return a target's value with its operator: 160 亿元以上, at least 160 hundred million yuan."""
    operator, figure = Operator(plain["operator"]), amount(plain)
    if operator is Operator.EXACTLY:
        return figure
    word = operator.label
    return Label(f"{figure.zh}{word.zh}", f"{word.en} {figure.en}")


def document(paper: Document) -> Label:
    """Return a paper's title and number; a title that has title marks in it gets none around it."""
    title = Label(paper.title if "《" in paper.title else f"《{paper.title}》", f"“{paper.title}”")
    if paper.number is None:
        return title
    return Label(f"{title.zh}（{paper.number}）", f"{title.en} ({paper.number})")


LINKS: Final = ("parent", "related")
"""Fields of an identity that name other projects."""
_LISTS: Final = {"category": Dictionary.CATEGORY, "investment_mode": Dictionary.INVESTMENT_MODE}


def told(name: str, value: Plain, terms: Terms) -> Label:
    """Return the value of an identity's field, from its plain form; empty where it holds nothing."""
    if value is None:
        return Label("", "")
    if name in _LISTS:
        return terms.label(_LISTS[name], value)
    if name in LINKS:
        return series([_linked(one, terms) for one in linked(value)])
    return _TELL.get(name, quoted)(value)


def linked(value: Plain) -> list[UUID]:
    """Return the projects that the plain value of such a field names."""
    return [UUID(one) for one in ([value] if isinstance(value, str) else value or ())]


def _linked(project_id: UUID, terms: Terms) -> Label:
    name = terms.name(project_id)
    return verbatim(str(project_id)) if name is None else named(name)


def plain(value: object) -> Plain:
    """Return a value as plain JSON, without what is personal."""
    return dump_public(value)


def figure(stated: Stated) -> dict[str, Plain]:
    """Return a stated figure as plain JSON."""
    return {"figure": str(stated.figure), "unit": stated.unit.value}


def listed(head: Label, parts: Sequence[Label]) -> Label:
    """Return a head and what it lists."""
    chinese, english = "；".join(one.zh for one in parts), "; ".join(one.en for one in parts)
    return Label(f"{head.zh}{chinese}", f"{head.en}{english}")


def stated(field: Label, value: Label) -> Label:
    """Return 所在地为祁阳市 and location: 祁阳市."""
    return Label(zh(f"{field.zh}为", value.zh), f"{field.en}: {value.en}")


def region(code: str) -> Label:
    """Return a region's name and code; the code alone where the standard does not have it."""
    return _named(code, regions.name_of(code))


def _named(code: str, name: str | None) -> Label:
    return verbatim(code) if name is None else Label(f"{name}（{code}）", f"{name} ({code})")


def _industry(code: str) -> Label:
    return _named(code, industries.name_of(code))


def excerpt(text: str) -> Label:
    """Return a long text quoted, cut short."""
    line = one_line(text)
    return quoted(line if len(line) <= MOST_QUOTED else f"{line[:MOST_QUOTED]}…")


def _organisation(plain: Plain) -> Label:
    name, code = quoted(plain["name"]), plain.get("credit_code")
    return name if code is None else Label(f"{name.zh}（统一社会信用代码 {code}）", f"{name.en} (credit code {code})")


def _reference(plain: Plain) -> Label:
    return Label(f"“{plain['id']}”（{plain['system']}）", f"“{plain['id']}” ({plain['system']})")


def _member(of: type[Labelled]) -> Callable[[Plain], Label]:
    return lambda value: of(value).label


def _each(tell: Callable[[Plain], Label]) -> Callable[[Plain], Label]:
    return lambda values: series([tell(one) for one in values])


def _site(plain: Plain) -> Label:
    kind, system = SiteKind(plain["kind"]).label, CoordinateSystem(plain["system"]).label
    points = len(plain["points"])
    named = quoted(plain["name"]) if "name" in plain else Label("", "")
    return Label(
        f"{named.zh}{kind.zh}（{system.zh}，{points} 个坐标点）",
        f"{named.en}{' ' * bool(named.en)}{kind.en} ({system.en}, {points} point{'s' * (points != 1)})",
    )


def _part(plain: Plain) -> Label:
    where = region(plain["region"])
    if "stated" not in plain:
        return where
    share = amount(plain["stated"])
    return Label(zh(where.zh, share.zh), f"{where.en} with {share.en}")


_TELL: Final[Mapping[str, Callable[[Plain], Label]]] = {
    "region": region,
    "track": _member(Track),
    "aliases": _each(quoted),
    "content": excerpt,
    "planned_start": day_of,
    "planned_completion": day_of,
    "industry": _industry,
    "nature": _member(Nature),
    "asset_type": _member(AssetType),
    "owner": _organisation,
    "codes": _each(verbatim),
    "references": _each(_reference),
    "sites": _each(_site),
    "investors": _each(_organisation),
    "expected_output": amount,
    "expected_tax": amount,
    "expected_jobs": lambda jobs: Label(f"{jobs} 人", str(jobs)),
    "parts": _each(_part),
}
"""How an identity's fields are told; the others are short texts, told in quotation marks."""


def set_verb(fact: ConfigurationFact, *, again: bool = False) -> Label:
    """Return how a setting of a place came about: set, set anew, or adopted from its superior."""
    if fact.adopted_from is not None:
        source = region(fact.adopted_from)
        return Label(f"沿用{source.zh}的", f"Adopted from {source.en}")
    return Label("重设", "Set anew") if again else Label("设定", "Set")
