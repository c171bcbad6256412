"""检索词元: the characters and pairs of characters that names are found by, of texts in which width and case are one.

An index serves no LIKE under row-level security, since the operator could tell of rows that it does not return; it does
serve equality. So each character of a name, and each two that stand beside each other, have a row.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def folded(text: str) -> str:
    """Return a text with width, forms and case made one (NFKC, casefold), and each run of spaces one space."""
    # Folding case may take apart what normalising had put together.
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def grams(texts: Iterable[str]) -> set[str]:
    """Return every character, and every two beside each other, of folded texts; no space is among them."""
    found: set[str] = set()
    for text in texts:
        for word in text.split():
            found.update(word)
            found.update(word[at : at + 2] for at in range(len(word) - 1))
    return found


def needed(word: str) -> list[str]:
    """Return the grams that whatever holds a folded word has, in the word's order."""
    return list(dict.fromkeys(word[at : at + 2] for at in range(max(1, len(word) - 1))))
