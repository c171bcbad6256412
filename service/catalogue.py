"""事实目录: docs/events.md, written from the facts themselves so that it can't fall behind them."""

from __future__ import annotations

import dataclasses
import re
import typing
from typing import TYPE_CHECKING, Any, Final

from service.domain.deciders import DECIDERS
from service.log.codec import NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD: Final = """# Facts 事实目录

本页按流列出台账记录的每一类事实：名称、含义和字段。事实一经记录，永久保存；有误的，以新的事实更正。

Each fact opens with its Chinese term. Codes such as B4, F-12 or J6 are rows of the requirements (mission.md), where the
rule or the figure comes from; domain.md is the page of the domain's own words.

Written by `taizhang schema`; a test holds it against the code. A fact's envelope (region, position, stream, version,
occurred_on, recorded_us, command, actor, principal, cause) is the same for all and is told in
[design of the log](adr/0003-the-log.md). Fields that equal "nothing" are left out of a stored body.
"""


def events_page() -> str:
    """Return the page: every fact by stream, with its stored name, schema and fields."""
    return "\n".join([_HEAD, *_streams()]) + "\n"


def _streams() -> Iterator[str]:
    stored = {of: (name, schema) for name, (of, schema) in NAMES.items()}
    for decider in DECIDERS:
        yield f"## Stream `{decider.kind}`\n"
        for fact in decider.facts:
            name, schema = stored[fact]
            yield f"### {name} (schema {schema})\n"
            yield " ".join((fact.__doc__ or "").split()) + "\n"
            yield "| field | type |\n|---|---|"
            yield from (f"| {one.name} | {_type(one.type)} |" for one in dataclasses.fields(fact))
            yield ""


def _type(annotation: Any) -> str:
    """Return an annotation as a reader of JSON needs it."""
    text = annotation if isinstance(annotation, str) else typing.cast("type", annotation).__name__
    return re.sub(r" \| (Unset|Erased)", "", text).replace("|", "or").replace(", ...", " ...")
