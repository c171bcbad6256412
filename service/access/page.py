"""权限说明: the tables of docs/security.md, written from the rights themselves so that they can't fall behind them."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from service.access.columns import MASKED_COLUMNS, PUBLIC_FLAG, PUBLISHED
from service.access.fields import FIELDS, PERSONAL
from service.access.table import COMMANDS, MASKED, SHORT, SIGHTS, May, Sight
from service.domain.deciders import DECIDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_PART: Final = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- /generated -->\n)", re.DOTALL)
_CELLS: Final = {May.NOT: "·", May.STATE: "报", May.CORRECT: "改"}
_CODES: Final = {role: code for code, role in SHORT.items()}


def security_page(text: str, mutations: Mapping[str, str]) -> str:
    """Return docs/security.md with its tables as the service holds them; what was written by hand stays.

    Args:
        text: the page, whose tables stand between `<!-- generated: name -->` and `<!-- /generated -->`.
        mutations: name of a command's class -> name of its mutation.

    Raises:
        ValueError: the page has other parts than there are, or one of them twice.
    """
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "roles": _roles,
        "commands": lambda: _commands(mutations),
        "fields": _fields,
        "masked": _masked,
        "published": _published,
    }
    if (found := [name for _, name, _ in _PART.findall(text)]) != list(parts):
        raise ValueError(f"docs/security.md has the parts {found}, and there are {list(parts)}")
    return _PART.sub(lambda one: f"{one[1]}\n{_lines(parts[one[2]]())}\n{one[3]}", text)


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(cells: Iterable[str]) -> Iterator[str]:
    names = list(cells)
    yield _row(names)
    yield f"|{'---|' * len(names)}"


def _roles() -> Iterator[str]:
    """Yield role x level; what is public is shown to all."""
    levels = [one for one in Sight if one is not Sight.PUBLIC]
    yield from _head(["", "角色 role", *(f"{one.label.zh} {one}" for one in levels)])
    for role, seen in SIGHTS.items():
        yield _row([_CODES[role], f"{role.label.zh} {role}", *("✓" if one in seen else "·" for one in levels)])


def _commands(mutations: Mapping[str, str]) -> Iterator[str]:
    """Yield command x role, a table for each stream."""
    for number, decider in enumerate(DECIDERS):
        yield from [""] * (number > 0)
        yield f"`{decider.kind}`\n"
        yield from _head(["操作 command", *_CODES.values()])
        for command in decider.commands:
            name = command.__name__
            term = (command.__doc__ or "").split()[0]
            yield _row([f"{term} `{mutations[name]}`", *(_CELLS[COMMANDS[name][role]] for role in _CODES)])


def _fields() -> Iterator[str]:
    """Yield type x level: the fields that each level shows; a field of two levels is shown by either."""
    rows: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (of, name), levels in FIELDS.items():
        told = f"{name}*" if (of, name) in PERSONAL else name
        rows[of][" / ".join(one for one in Sight if one in levels)].append(told)
    yield from _head(["类型 type", "级别 level", "字段 fields"])
    for of, by_level in rows.items():
        for level, names in by_level.items():
            yield _row([of, level, " ".join(names)])


def _masked() -> Iterator[str]:
    yield from _head(["读模型 read model", "级别 level", "列 columns", "未达级别者所见 seen by others inside"])
    for table, levels in MASKED_COLUMNS.items():
        for level, names in levels.items():
            shown = {Sight.NAME: "张*", Sight.CONTACT: "138****1234"}.get(level, "空值 null")
            # What is not masked level by level is refused before anything is read.
            seen = shown if level in MASKED else "拒绝 refused"
            flags = [PUBLIC_FLAG[name] for name in sorted(names) if name in PUBLIC_FLAG]
            unless = f";`{flags[0]}` 为真则公开 shown if it is true" if flags else ""
            yield _row([table, level, " ".join(sorted(names)), seen + unless])


def _published() -> Iterator[str]:
    yield from _head(["读模型 read model", "须公开的事项 item", "列 columns"])
    for table, public in PUBLISHED.items():
        yield _row([table, public.item or "无须批准 none needed", " ".join(sorted(public.columns))])
        for item, names in public.others:
            yield _row([table, f"{public.item} + {item}", " ".join(sorted(names))])
