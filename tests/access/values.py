"""What arguments are given: of the victim, of a place above it, of the asker's own, of nobody, or nonsense.

A table by name. An argument that the table does not know fails the walk, so that a new one is thought about here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLNonNull

from schema.project_order import OrderDirection, ProjectOrderField
from schema.values import encode_id
from tests.access import world
from tests.access.callers import Walker
from tests.access.documents import root_fields, unwrapped
from tests.access.retelling import Retelling
from tests.examples import IDENTITY

Kind = str
"""Whose a value is: what the counts of the walk are told by."""
NEUTRAL: Final = "neutral"
ABSENT: Final = world.project_of(999)


@dataclass(frozen=True)
class Value:
    """A value of an argument, and whose it is."""

    kind: Kind
    plain: Any


def ids(kind: str) -> list[Value]:
    """Return global ids of one kind of thing, of the first world's victim and of others."""
    secret = world.FIRST.secrets[0]
    of_victim = {
        "Project": {
            "victim's secret id": secret,
            "victim's shared id": world.SHARED_ID,
            "victim's published id": world.OPEN_ID,
            "victim's absent id": ABSENT,
        },
        "Ceremony": {"victim's secret id": world.CEREMONY_IDS[world.VICTIM], "victim's absent id": ABSENT},
    }[kind]
    other = {"Project": "Ceremony", "Ceremony": "Project"}[kind]
    return [
        *(Value(name, encode_id(kind, world.VICTIM, one)) for name, one in of_victim.items()),
        Value("victim's id by the other code", encode_id(kind, world.VICTIM_NOW, secret)),
        Value("id of no ledger", encode_id(kind, world.NO_LEDGER, secret)),
        Value("own ledger, victim's id", encode_id(kind, world.SIBLING, secret)),
        Value("installation's id", encode_id(kind, "000000", secret)),
        Value("id of another kind", encode_id(other, world.VICTIM, secret)),
        Value("malformed id", "UHJvamVjdDo0MzExMjE6"),
    ]


def own_id(kind: str, walker: Walker) -> str:
    """Return the id of something that is the walker's."""
    if walker.own == world.VICTIM:
        return encode_id(kind, world.VICTIM, world.SHARED_ID if kind == "Project" else ABSENT)
    own = world.OWN_IDS if kind == "Project" else world.CEREMONY_IDS
    return encode_id(kind, walker.own, own[walker.own])


REGIONS: Final = (
    Value("victim's region", str(world.VICTIM_NOW)),
    Value("victim's former region", str(world.VICTIM)),
    Value("victim's prefecture", str(world.PREFECTURE)),
    Value("victim's province", str(world.PROVINCE)),
)
_SECRET: Final = world.FIRST.secret
_CODE: Final = Retelling(_SECRET, number=world.FIRST.base // 10_000 * 100).code(IDENTITY.codes[0])
_LIST: Final = [Value("victim's list", {"owner": one, "year": 2022}) for one in ("431121", "431181", "431100")]


def _neutral(*plain: Any) -> list[Value]:
    return [Value(NEUTRAL, one) for one in plain]


_YES_OR_NO: Final = [Value(NEUTRAL, plain=True), Value(NEUTRAL, plain=False)]


# Name of an argument or of an input's field -> its values; `field.argument` where a name means two things.
TABLE: Final[dict[str, list[Value]]] = {
    **{f"{field}.id": ids("Project") for field in ("project", "projectChanged")},
    "node.id": [*ids("Project"), *ids("Ceremony")],
    "nodes.ids": [Value(one.kind, [one.plain]) for kind in ("Project", "Ceremony") for one in ids(kind)],
    "auditTrail.project": ids("Project"),
    "ChangeFilter.projects": [Value(one.kind, [one.plain]) for one in ids("Project")],
    "ChangeFilter.names": _neutral(["ProjectRegistered"], ["ProgressNoted", "PlaceOpened"]),
    **{name: list(REGIONS) for name in ("region", "place", "area")},
    "projectByCode.code": [Value("victim's code", str(_CODE))],
    "projectByReference.system": [Value("victim's reference", f"演示台账{_SECRET.text}")],
    "projectByReference.id": [Value("victim's reference", f"QY-001{_SECRET.text}")],
    "indicators.code": _neutral("FAI", "GDP"),
    # What the victim has set comes first.
    "dictionary.name": _neutral("PAUSE_REASON", "CATEGORY"),
    "stages.track": _neutral("ENTERPRISE", "PROMOTED"),
    "scheduleTemplate.track": _neutral("PROMOTED", "ENTERPRISE"),
    "definition.gate": _neutral("STARTED", "COMPLETED"),
    "filter.code": _neutral("FORBIDDEN"),
    "list": _LIST,
    "holder": [Value("victim's person", f"牵头领导甲{_SECRET.person}"), Value("victim's person", "牵*")],
    "account": [Value("installation's account", str(one)) for one in (world.OFFICER, world.MACHINE)],
    "caller": [Value("victim's account", world.WATCHER)],
    "totalAtLeast": [Value("victim's amount", {"kind": kind, "figure": "12.50007391", "unit": "YI_YUAN"})
                     for kind in ("CONTRACTED", "APPROVED", "STATISTICAL")],
    "reached": _neutral([{"gate": "STARTED", "since": "2021-03-18", "until": "2021-03-18"}]),
    "light": _neutral({"kind": "START", "light": ["RED", "GREY"], "on": "2022-05-31"}),
    "byPlace": _YES_OR_NO,
    "bbox": _neutral({"west": 73, "south": 3, "east": 136, "north": 54}),
    "first": _neutral(200, 1),
    "last": _neutral(200, 1),
    "after": [],  # Cursors of the victim's own pages; see attempts.py.
    "before": [],
    "orderBy": _neutral(
        *({"field": one.name, "direction": way.name} for one in ProjectOrderField for way in OrderDirection)
    ),
    "year": _neutral(2022),
    "points": _neutral(5),
    "on": _neutral("2022-05-31", "2021-12-31"),
    "since": _neutral("2022-01-01"),
    "until": _neutral("2022-12-31"),
    "JournalFilter.since": _neutral("2022-01-01T00:00:00Z"),
    "JournalFilter.until": _neutral("2099-01-01T00:00:00Z"),
    "FailedAttemptFilter.since": _neutral("2022-01-01T00:00:00Z"),
    "FailedAttemptFilter.until": _neutral("2099-01-01T00:00:00Z"),
    "signedFrom": _neutral("2020-01-01"),
    "signedTo": _neutral("2022-12-31"),
    "recordedAt": _neutral("2022-05-11T00:00:00+08:00", "2026-01-01T00:00:00Z"),
    "warningOn": _neutral("2022-05-31"),
    "priorityOn": _neutral("2022-05-31"),
    "stage": _neutral(["CONSTRUCTION"]),
    "category": _neutral(["PRODUCTIVE"]),
    "investorClass": _neutral(["WORLD_500"]),
    "streams": _neutral(["project"], ["ceremony", "plan"]),
    "text": [Value("victim's name", _SECRET.text), Value("victim's name", "演")],
    "industry": _neutral(["C"], ["26"]),
    "sizeBand": [Value("victim's amount", {"kind": kind, "of": ["BELOW", "YI_10", "YI_50", "YI_100"]})
                 for kind in ("CONTRACTED", "APPROVED", "STATISTICAL")],
    **{name: _neutral(["演示单位"]) for name in ("responsibleUnit", "sectorAuthority", "township", "park")},
    "listedIn": _neutral(2022),
    "overdueOn": _neutral("2022-05-31"),
    "paused": _YES_OR_NO,
    "overdue": _YES_OR_NO,
    "inPark": _YES_OR_NO,
    "priority": _YES_OR_NO,
    "includeVoided": _YES_OR_NO,
}  # fmt: skip
_ALONGSIDE: Final = {
    "planClass": {"list": _LIST[1].plain},
    "warningOn": {"warning": ["SLOW"]},
    "priorityOn": {"priority": True},
    "overdueOn": {"overdue": True},
    "level": {"listedIn": 2022},
    "item": {"state": ["PUBLISHED"]},
}
"""Fields of a filter that stand only beside another."""


def of_argument(field: str, name: str, kind: Any) -> list[Value]:
    """Return the values of an argument of a root field.

    Raises:
        LookupError: nobody has thought of it.
    """
    named, _ = unwrapped(kind)
    if isinstance(named, GraphQLInputObjectType) and name not in TABLE:
        return [
            Value(one.kind, {child: one.plain} | _ALONGSIDE.get(child, {}))
            for child, of in named.fields.items()
            for one in _of(f"{named.name}.{child}", child, of.type, f"filter.{child}")
        ]
    return _of(f"{field}.{name}", name, kind)


def _of(full: str, name: str, kind: Any, *more: str) -> list[Value]:
    for key in (full, *more, name):
        if key in TABLE:
            return TABLE[key]
    named, many = unwrapped(kind)
    if isinstance(named, GraphQLEnumType):
        members = list(named.values)
        return _neutral(*([one] for one in members)) if many else _neutral(*members)
    raise LookupError(f"no value for {full}: {kind}")


def required(field: str, of: str = "Query") -> dict[str, Value]:
    """Return a value for each argument that has to be there, of the victim where it may be somebody's."""
    found = {}
    arguments = root_fields(of)[field].args
    for name, argument in arguments.items():
        if isinstance(argument.type, GraphQLNonNull) and argument.default_value.__class__.__name__ == "UndefinedType":
            found[name] = of_argument(field, name, argument.type)[0]
    # All of a page, and on a day of the story.
    return found | {name: TABLE[name][0] for name in ("first", "on") if name in arguments}
