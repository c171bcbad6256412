"""措辞的形式: what the words for a fact are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID

from service.domain.dictionaries import Dictionary, defaults
from service.domain.labels import Label
from service.domain.shape import Plain


class Terms:
    """Labels of a place's dictionaries, and names of its projects as they are known at a moment.

    Args:
        lists: terms as plain JSON, by the path that a fact sets them at; for one that is missing the default stands.
        names: names of projects, by id.
    """

    PATHS: Final = {one: f"dictionary.{one}" for one in Dictionary} | {Dictionary.CATEGORY: "categories"}
    """Where facts set each list; categories are set where a ledger is opened, and anew at the same path."""

    def __init__(
        self, lists: Mapping[str, Plain] = MappingProxyType({}), names: Mapping[UUID, str] = MappingProxyType({})
    ) -> None:
        self._lists = lists
        self._names = names

    def name(self, project_id: UUID) -> str | None:
        """Return a project's name; None if the ledger does not know the project."""
        return self._names.get(project_id)

    def label(self, name: Dictionary, code: str) -> Label:
        """Return a code's label; the code itself if the list does not have it."""
        set_here = self._lists.get(self.PATHS[name])
        if set_here is None:
            default = (Label(term.zh, term.en) for term in defaults()[name] if term.code == code)
            return next(default, Label(code, code))
        return next((Label(term["zh"], term["en"]) for term in set_here if term["code"] == code), Label(code, code))


class Told(NamedTuple):
    """What a clause may speak of, beside the fact.

    Attributes:
        touched: what the fact sets, by path.
        before: what those paths, and those that its words recall, held before it; nothing for those that are missing
            or None.
        terms: labels of the place's dictionaries, and names of projects.
    """

    touched: Mapping[str, Plain]
    before: Mapping[str, Plain]
    terms: Terms

    @property
    def old(self) -> Plain:
        """What the first path held before."""
        return self.before.get(next(iter(self.touched)))


def _nobody(_fact: Any, _before: Mapping[str, Plain]) -> tuple[UUID, ...]:
    return ()


class Recalled(NamedTuple):
    """Further paths of its stream that a fact's sentence speaks of: these, and all below those (`entry`: `entry.…`)."""

    paths: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


class Words(NamedTuple):
    """How a kind of fact is told.

    Attributes:
        touches: which values it sets: path -> plain value. A path names a value within its stream, such as
            `total_investment.APPROVED`; None stands for nothing: never stated, emptied or withdrawn. Personal values
            are not among them, nor are hashes of any.
        clause: its sentence in both languages, without reason, papers and full stop.
        recalls: further paths of its stream that its sentence speaks of.
        about: projects that it is about, beside the one whose stream it is in; by the fact, and by what its paths held
            before. Their names are there for its sentence.
    """

    touches: Callable[[Any], dict[str, Plain]]
    clause: Callable[[Any, Told], Label]
    recalls: Recalled = Recalled()
    about: Callable[[Any, Mapping[str, Plain]], Iterable[UUID]] = _nobody
