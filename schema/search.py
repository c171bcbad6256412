"""名称检索: the predicate that a project's names hold some words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from projections.grams import folded, needed
from service.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from schema.read import Binds

MOST_CHARACTERS: Final = 64
"""Most characters of a text that is searched for, as it is sent and when width and case were made one."""

MOST_GRAMS: Final = 8
"""Most grams of a text that projects are looked up by; whether its words stand there is seen of what they find."""


def _some(grams: list[str]) -> list[str]:
    """Return so many grams as a statement may look for, spread over the text: its end tells as much as its beginning.

    Each narrows what is left to look at; the rarest would do it best, but to know them takes as many looks again.
    """
    if len(grams) <= MOST_GRAMS:
        return grams
    return [grams[at * (len(grams) - 1) // (MOST_GRAMS - 1)] for at in range(MOST_GRAMS)]


def named(text: str, binds: Binds, held: Callable[[str], str], *path: str) -> list[str]:
    """Return predicates that each word of a text stands in the name or an alias of a project `p`.

    Grams find the projects, by index; that a word stands there as it is, and not its pairs apart, is looked at after.

    Raises:
        InvalidValueError: nothing to search for, or too much.
    """
    said = folded(text) if len(text) <= MOST_CHARACTERS else ""
    if not 1 <= len(said) <= MOST_CHARACTERS:
        raise InvalidValueError(*path, rule=f"1 to {MOST_CHARACTERS} characters")
    words = list(dict.fromkeys(said.split()))
    every = list(dict.fromkeys(gram for word in words for gram in needed(word)))
    found = [
        "EXISTS (SELECT FROM project_gram n WHERE n.region = p.region AND n.project_id = p.project_id"
        f" AND n.gram = {binds(gram, 'text', *path)} AND {held('n')})"
        for gram in _some(every)
    ]
    return found + [f"strpos(p.search_text, {binds(word, 'text', *path)}) > 0" for word in words]
