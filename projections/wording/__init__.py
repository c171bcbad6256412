"""审计用语: every fact as one sentence in Chinese and one in English, and the values that it sets; one file a stream.

Figures stand as stated, in their own unit and precision; texts stand as they were given, in quotation marks, and long
ones are cut short with an ellipsis (the changes beside the sentence have them whole). No personal value is ever told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from projections.wording import (
    account,
    activity,
    annual_plan,
    ceremony,
    configuration,
    funds,
    gates,
    indicator,
    investment,
    lights,
    place,
    plan,
    priority,
    privacy,
    progress,
    project,
    publication,
    roster,
    schedule,
    warnings,
)
from projections.wording.base import Recalled, Terms, Told, Words
from projections.wording.phrases import document, one_line, series
from service.domain.labels import Label
from service.domain.values import Document

if TYPE_CHECKING:
    from uuid import UUID

    from service.domain.shape import Plain
    from service.domain.values import Reason

WORDS: Final[Mapping[type, Words]] = {
    **place.WORDS,
    **configuration.WORDS,
    **priority.WORDS,
    **warnings.WORDS,
    **lights.WORDS,
    **project.WORDS,
    **gates.WORDS,
    **activity.WORDS,
    **investment.WORDS,
    **funds.WORDS,
    **progress.WORDS,
    **schedule.WORDS,
    **plan.WORDS,
    **roster.WORDS,
    **annual_plan.WORDS,
    **ceremony.WORDS,
    **indicator.WORDS,
    **publication.WORDS,
    **privacy.WORDS,
    **account.WORDS,
}
"""The words for every fact; a fact without an entry can't be told, which a test finds."""

_DEFAULTS: Final = Terms()
_STOPS: Final = "。．.！!？?；;，,、：: "


def touches(fact: Any) -> dict[str, Plain]:
    """Return what a fact sets: path -> plain value."""
    return WORDS[type(fact)].touches(fact)


def recalls(fact: Any) -> Recalled:
    """Return further paths of its stream that a fact's sentence speaks of."""
    return WORDS[type(fact)].recalls


def about(fact: Any, before: Mapping[str, Plain]) -> Iterable[UUID]:
    """Return the projects that a fact is about beside the one whose stream it is in."""
    return WORDS[type(fact)].about(fact, before)


def sentence(
    fact: Any, before: Mapping[str, Plain], terms: Terms = _DEFAULTS, touched: Mapping[str, Plain] | None = None
) -> Label:
    """Return a fact as a sentence in both languages.

    Args:
        fact: what happened.
        before: what the paths that it touches or recalls held before it; nothing for those that are missing or None.
        terms: labels of the place's dictionaries, the default ones unless given, and names of projects.
        touched: what the fact sets, if that is known already.
    """
    chinese, english = WORDS[type(fact)].clause(fact, Told(touched or touches(fact), before, terms))
    if reason := reason_of(fact):
        why = one_line(reason).rstrip(_STOPS) or reason
        chinese, english = f"{chinese}；理由：{why}", f"{english}; reason: {why}"
    if papers := [document(one) for one in documents_of(fact)]:
        basis = series(papers)
        chinese, english = f"{chinese}；依据：{basis.zh}", f"{english}; on the basis of {basis.en}"
    return Label(f"{chinese}。", f"{english}.")


def documents_of(fact: Any) -> tuple[Document, ...]:
    """Return the papers that a fact rests on: its `documents`, or the one that is its `source` or `document`."""
    for name in ("source", "document"):
        paper = getattr(fact, name, None)
        if isinstance(paper, Document):  # The source of funds is a code.
            return (paper,)
    return getattr(fact, "documents", ())


def reason_of(fact: Any) -> Reason | None:
    """Return the reason that a fact gives."""
    return getattr(fact, "reason", None)
