"""项目状态: what each project is and where it stands, its gates, its codes, and the place that keeps its ledger."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.table import Change, Table
from service.domain.codes import regions
from service.domain.gates import Gate, GateFact, GateKey, gate_of, stage_of
from service.domain.place import PlaceOpened, PlaceRecoded, StartBasis
from service.domain.project import (
    Changes,
    Identity,
    ProjectAmended,
    ProjectRegistered,
    ProjectVoided,
    TotalInvestmentSet,
    TotalInvestmentWithdrawn,
    TotalKind,
)
from service.domain.shape import dump
from service.domain.values import Organisation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

_KEYWORD: Final = 'text COLLATE "C"'

PLACE: Final = Table(
    name="place_status",
    key=("place",),
    columns={
        "place": f"{_KEYWORD} NOT NULL",
        "code": f"{_KEYWORD} NOT NULL",
        "name": "text NOT NULL",
        "purpose": f"{_KEYWORD} NOT NULL",
        "currency": f"{_KEYWORD} NOT NULL",
        "start_basis": f"{_KEYWORD} NOT NULL",
        "categories": "jsonb NOT NULL",
    },
)
PROJECT: Final = Table(
    name="project_status",
    key=("project_id",),
    columns={
        "project_id": "uuid NOT NULL",
        "name": 'text COLLATE "C" NOT NULL',
        "location": f"{_KEYWORD} NOT NULL",
        "category": f"{_KEYWORD} NOT NULL",
        "track": f"{_KEYWORD} NOT NULL",
        "phase": f"{_KEYWORD} NOT NULL",
        "stage": f"{_KEYWORD} NOT NULL",
        "aliases": "jsonb NOT NULL",
        "township": "text",
        "park": "text",
        "content": "text",
        "planned_start": "date",
        "planned_completion": "date",
        "industry": _KEYWORD,
        "nature": _KEYWORD,
        "asset_type": _KEYWORD,
        "owner": "jsonb",
        "responsible_unit": "text",
        "sector_authority": "text",
        "codes": "jsonb NOT NULL",
        "refs": "jsonb NOT NULL",
        "contracted_fen": "bigint",
        "approved_fen": "bigint",
        "statistical_fen": "bigint",
        "voided": "boolean NOT NULL",
        "registered_us": "bigint NOT NULL",
        "version": "integer NOT NULL",
        "position": "bigint NOT NULL",
    },
    indexes=("name, project_id", "registered_us, project_id", "stage", "category"),
)
GATE: Final = Table(
    name="project_gate",
    key=("project_id", "gate", "variant"),
    columns={
        "project_id": "uuid NOT NULL",
        "gate": f"{_KEYWORD} NOT NULL",
        "variant": f"{_KEYWORD} NOT NULL",
        "occurred_on": "date NOT NULL",
        "definition": "integer NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "position": "bigint NOT NULL",
    },
)
KEY: Final = Table(
    name="project_key",
    key=("project_id", "kind", "value"),
    columns={"project_id": "uuid NOT NULL", "kind": f"{_KEYWORD} NOT NULL", "value": f"{_KEYWORD} NOT NULL"},
    indexes=("kind, value",),
)
TOTALS: Final = {
    TotalKind.CONTRACTED: "contracted_fen",
    TotalKind.APPROVED: "approved_fen",
    TotalKind.STATISTICAL: "statistical_fen",
}
_RENAMED: Final = {"region": "location", "references": "refs"}
"""Identity's fields whose column is named otherwise: the region of a row is the log's, and REFERENCES is a keyword."""


class ProjectStatus:
    """项目状态."""

    name = "project_status"
    version = 1
    tables = (PLACE, PROJECT, GATE, KEY)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into places, projects, gates and keys; ignores the investment, plan and privacy streams."""
        ours = [one for one in batch if one.stored.stream_kind in {"place", "project"}]
        if not ours:
            return
        region = ours[0].region
        ids = [one.stream_id for one in ours if one.stored.stream_kind == "project"]
        fold = _Fold(
            region,
            await PLACE.current(connection, region, "place", [region]),
            {key[0]: row for key, row in (await PROJECT.current(connection, region, "project_id", ids)).items()},
            await GATE.current(connection, region, "project_id", ids),
            await KEY.current(connection, region, "project_id", ids),
        )
        for one in ours:
            fold.take(one)
        for table, changes in fold.changes.items():
            await table_of(table).write(connection, region, changes)


def table_of(name: str) -> Table:
    """Return a table by its name."""
    return next(table for table in ProjectStatus.tables if table.name == name)


class _Fold:
    """The rows that a batch touches, and how they change."""

    def __init__(
        self,
        region: str,
        places: dict[Any, Any],
        projects: dict[UUID, Any],
        gates: dict[Any, Any],
        keys: dict[Any, Any],
    ) -> None:
        self.place = places.get((region,), {"place": region, "start_basis": StartBasis.PHYSICAL})
        self.projects = projects
        self.gates: dict[UUID, set[GateKey]] = {}
        for project_id, gate, variant in gates:
            self.gates.setdefault(project_id, set()).add(GateKey(Gate(gate), variant))
        self.keys: dict[UUID, set[tuple[str, str]]] = {}
        for project_id, kind, value in keys:
            self.keys.setdefault(project_id, set()).add((kind, value))
        self.changes: dict[str, list[Change]] = {table.name: [] for table in ProjectStatus.tables}

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        match one.fact:
            case PlaceOpened() as fact:
                self._place(
                    one,
                    code=fact.region,
                    name=fact.name,
                    purpose=fact.purpose,
                    currency=fact.currency,
                    start_basis=fact.start_basis,
                    categories=_json(fact.categories),
                )
                return
            case PlaceRecoded() as fact:
                # A ledger that has a later code may tell of the time before: then nothing changes.
                if fact.successor in regions.codes_from(self.place["code"]):
                    self._place(one, code=fact.successor, name=fact.name)
                return
            case ProjectRegistered() as fact:
                self.projects[one.stream_id] = {
                    "project_id": one.stream_id,
                    **_identity(fact.identity),
                    **dict.fromkeys(TOTALS.values()),
                    "voided": False,
                    "registered_us": one.stored.recorded_us,
                    **self._stage(one.stream_id),
                }
            case _ if one.stream_id not in self.projects:
                return  # A stream that does not begin with its registration has nothing to show.
            case ProjectAmended() as fact:
                self.projects[one.stream_id] |= _identity(fact.changes)
            case TotalInvestmentSet() as fact:
                self.projects[one.stream_id][TOTALS[fact.kind]] = fact.amount_fen
            case TotalInvestmentWithdrawn() as fact:
                self.projects[one.stream_id][TOTALS[fact.kind]] = None
            case ProjectVoided():
                self.projects[one.stream_id]["voided"] = True
            case gate:
                self._gate(one, gate)
        row = self.projects[one.stream_id]
        row |= {"version": one.version, "position": one.position}
        self._set(PROJECT, one, dict(row))
        self._rekey(one, row)

    def _place(self, one: Recorded, **values: Any) -> None:
        self.place |= values
        self._set(PLACE, one, dict(self.place))

    def _gate(self, one: Recorded, fact: GateFact) -> None:
        key = gate_of(fact)
        self.gates.setdefault(one.stream_id, set()).add(key)
        self.projects[one.stream_id] |= self._stage(one.stream_id)
        self._set(GATE, one, {
            "project_id": one.stream_id,
            "gate": key.gate,
            "variant": key.variant,
            "occurred_on": fact.occurred_on,
            "definition": fact.definition,
            "reason": fact.reason,
            "documents": _json(fact.documents),
            "position": one.position,
        })  # fmt: skip

    def _stage(self, project_id: UUID) -> dict[str, str]:
        stage, phase = stage_of(self.gates.get(project_id, ()), StartBasis(self.place["start_basis"]))
        return {"stage": stage, "phase": phase}

    def _rekey(self, one: Recorded, row: dict[str, Any]) -> None:
        """Keep the lookup by code and reference in step; a voided project holds none."""
        wanted: set[tuple[str, str]] = set()
        if not row["voided"]:
            wanted |= {("project_code", code) for code in orjson.loads(row["codes"])}
            wanted |= {("reference", f"{ref['system']}\n{ref['id']}") for ref in orjson.loads(row["refs"])}
        held = self.keys.get(one.stream_id, set())
        at_us = one.stored.recorded_us
        for kind, value in sorted(held - wanted):
            self.changes[KEY.name].append(Change((one.stream_id, kind, value), at_us, None))
        for kind, value in sorted(wanted - held):
            self._set(KEY, one, {"kind": kind, "value": value, "project_id": one.stream_id})
        self.keys[one.stream_id] = wanted

    def _set(self, table: Table, one: Recorded, values: dict[str, Any]) -> None:
        self.changes[table.name].append(table.change(values, one.stored.recorded_us))


def _identity(of: Identity | Changes) -> dict[str, Any]:
    """Return the columns that an identity, or what was sent of one, fills."""
    sent = of.sent() if isinstance(of, Changes) else {one.name: getattr(of, one.name) for one in fields(of)}
    return {
        _RENAMED.get(name, name): _json(value) if isinstance(value, tuple | Organisation) else value
        for name, value in sent.items()
    }


def _json(value: object) -> str:
    return orjson.dumps(dump(value, lambda _path, _value: None)).decode()
