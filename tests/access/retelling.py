"""The examples' commands told again of another region and another project, every text of them with a mark.

Whatever an answer has of them is known by its mark, so nobody has to think of where a text might come out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from service.domain import privacy, roster
from service.domain.values import LongText, Name, Personal, ProjectCode, Reason, Region, Stated
from tests.examples import ceremony
from tests.examples.common import PROJECT_ID, QIYANG
from tests.strategies import is_value

_FORMER: Final = Region("431121")
_TAIL: Final = 4
"""Decimals of 亿元 that stay as the examples have them; the rest are a retelling's own."""


@dataclass(frozen=True)
class Marks:
    """What every text ends with, by how far it may be shown.

    Attributes:
        text: names of things, contents, reasons, papers.
        person: names of persons.
        contact: their contacts.
        digits: the last four of an amount in 亿元.
    """

    text: str
    person: str
    contact: str
    digits: str

    @classmethod
    def of(cls, name: str, digits: str) -> Marks:
        """Return marks that are nobody else's."""
        return cls(text=f"Tx{name}q", person=f"Pn{name}q", contact=f"Ct{name}qqqqqqqqqqq", digits=digits)

    def all(self) -> tuple[str, ...]:
        """Return the marks of texts."""
        return (self.text, self.person, self.contact)


@dataclass(frozen=True)
class Retelling:
    """Who and what the examples are about, when they are told again.

    Attributes:
        marks: of all that is told.
        regions: code in the examples -> code here; others stay.
        projects: id in the examples -> id here, and of ceremonies too.
        number: makes project codes that nobody else has in this ledger.
    """

    marks: Marks
    regions: Mapping[str, Region] = field(default_factory=dict)
    projects: Mapping[UUID, UUID] = field(default_factory=dict)
    number: int = 0

    def of(self, command: Any) -> Any:
        """Return a command told again."""
        if isinstance(command, privacy.ErasePersonalData):
            return command  # Its path is a field's name, and its position is the log's.
        return self._value(command, "")

    def _value(self, value: Any, name: str) -> Any:
        match value:
            case Personal():
                return Personal(value + (self.marks.contact if name == "contact" else self.marks.person))
            case Name() | LongText() | Reason():
                return type(value)(value + self.marks.text)
            case Region():
                return self.regions.get(value, value)
            case ProjectCode():
                return self.code(value)
            case UUID():
                return self._id(value)
            case Stated():
                return self._stated(value)
            case tuple():
                return tuple(self._value(one, name) for one in value)
            case _:
                pass
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            told = {one.name: self._value(getattr(value, one.name), one.name) for one in dataclasses.fields(value)}
            return type(value)(**told)
        return value

    def code(self, code: str) -> ProjectCode:
        """Return a project code like another, of this retelling's number."""
        body = f"{code[:-6]}{int(code[-6]):1d}{self.number:04d}"
        return next(ProjectCode(body + check) for check in "0123456789" if is_value(ProjectCode, body + check))

    def _id(self, one: UUID) -> UUID:
        for number in range(1, 9):
            if one == roster.post_id(PROJECT_ID, number):
                return roster.post_id(self.projects[PROJECT_ID], number)
        return self.projects.get(one, one)

    def _stated(self, stated: Stated) -> Stated:
        if stated.unit.name != "YI_YUAN":
            return stated
        whole, _, places = stated.figure.partition(".")
        return Stated(type(stated.figure)(f"{whole}.{places.ljust(_TAIL, '0')}{self.marks.digits}"), stated.unit)


def regions_of(ledger: str, superior: str) -> dict[str, Region]:
    """Return the regions of the examples as those of another ledger."""
    return {QIYANG: Region(ledger), _FORMER: Region(ledger), "431100": Region(superior)}


CEREMONY: Final = ceremony.CEREMONY_ID
