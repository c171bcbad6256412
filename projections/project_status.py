"""项目状态: what each project is and where it stands, its gates, its codes, and the place that keeps its ledger."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import orjson

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of, json_text
from projections.grams import folded, grams
from projections.standing import GATE_DATES, Standing, StartBases
from projections.table import NOW_US, Table, Writes
from service.domain.activity import ActivityFact, PauseNoted, ProjectResumed, activity_after
from service.domain.adoption import ConfigurationAdopted, ConfigurationAdoptionEnded
from service.domain.codes import regions
from service.domain.configuration import DefinitionSet, DictionarySet, StagesSet
from service.domain.dictionaries import Dictionary
from service.domain.gates import Gate, GateKey, GateReached, ProjectCodeAssigned, gate_of
from service.domain.identity import Changes, Identity, Track
from service.domain.place import PlaceOpened, PlaceRecoded
from service.domain.project import ProjectAmended, ProjectMerged, ProjectRegistered, ProjectVoided
from service.domain.stages import Activity
from service.domain.total_investment import TotalInvestmentSet, TotalInvestmentWithdrawn, TotalKind
from service.domain.values import Organisation, Stated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from service.database import Connection
    from service.log.codec import Recorded

PLACE: Final = Table(
    name="place_status",
    key=("place",),
    columns={
        "place": KEYWORD,
        "code": KEYWORD,
        "name": "text NOT NULL",
        "purpose": KEYWORD,
        "currency": KEYWORD,
        "start_basis": KEYWORD,
        "start_bases": "jsonb NOT NULL",
        "stages": "jsonb NOT NULL",
        "categories": "jsonb NOT NULL",
        "configuration_from": KEYWORD_OR_NULL,
    },
)
"""`start_bases`: [from which day or null, basis] in the order set; `stages`: by track, those that the place has set.

`configuration_from`: the superior whose configuration the place follows.
"""
PROJECT: Final = Table(
    name="project_status",
    key=("project_id",),
    columns={
        "project_id": "uuid NOT NULL",
        "name": KEYWORD,
        "location": KEYWORD,
        "category": KEYWORD,
        "track": KEYWORD,
        "phase": KEYWORD,
        "stage": KEYWORD,
        "stage_zh": "text NOT NULL",
        "stage_en": "text NOT NULL",
        "handling": KEYWORD,
        "activity": KEYWORD,
        "paused_on": "date",
        "pause_reason": KEYWORD_OR_NULL,
        "recovery_plan": "text",
        "expected_resumption": "date",
        "pause_noted_on": "date",
        "resumed_on": "date",
        **dict.fromkeys(GATE_DATES.values(), "date"),
        "aliases": "jsonb NOT NULL",
        "search_text": "text",
        "township": "text",
        "park": "text",
        "content": "text",
        "planned_start": "date",
        "planned_completion": "date",
        "industry": KEYWORD_OR_NULL,
        "nature": KEYWORD_OR_NULL,
        "asset_type": KEYWORD_OR_NULL,
        "owner": "jsonb",
        "responsible_unit": "text",
        "sector_authority": "text",
        "codes": "jsonb NOT NULL",
        "refs": "jsonb NOT NULL",
        "sites": "jsonb NOT NULL",
        "investors": "jsonb NOT NULL",
        "investment_mode": KEYWORD_OR_NULL,
        "expected_output_fen": "bigint",
        "expected_tax_fen": "bigint",
        "expected_jobs": "integer",
        "parent": "uuid",
        "related": "jsonb NOT NULL",
        "parts": "jsonb NOT NULL",
        "contracted_fen": "bigint",
        "approved_fen": "bigint",
        "statistical_fen": "bigint",
        "voided": "boolean NOT NULL",
        "merged_into": "uuid",
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
        "gate": KEYWORD,
        "variant": KEYWORD,
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
    columns={"project_id": "uuid NOT NULL", "kind": KEYWORD, "value": KEYWORD},
    indexes=("kind, value",),
)
GRAM: Final = Table(
    name="project_gram",
    key=("project_id", "gram"),
    columns={"project_id": "uuid NOT NULL", "gram": KEYWORD},
    indexes=("gram, project_id",),
)
"""By which characters, and pairs of them, a project's names are found; see projections/grams.py."""
TOTALS: Final = {
    TotalKind.CONTRACTED: "contracted_fen",
    TotalKind.APPROVED: "approved_fen",
    TotalKind.STATISTICAL: "statistical_fen",
}
_RENAMED: Final = {
    "region": "location",
    "references": "refs",
    "expected_output": "expected_output_fen",
    "expected_tax": "expected_tax_fen",
}
"""Identity's fields whose column is named otherwise: the region of a row is the log's, and REFERENCES is a keyword."""
_NOT_PAUSED: Final = dict.fromkeys((
    "paused_on", "pause_reason", "recovery_plan", "expected_resumption", "pause_noted_on"
))  # fmt: skip


_NOTHING_SET: Final = {"start_bases": "[]", "stages": "{}", "configuration_from": None}
_EVERY: Final = f"SELECT p.project_id FROM project_status p WHERE p.region = $1 AND p.recorded_to = {NOW_US}"  # noqa: S608


class ProjectStatus:
    """项目状态."""

    name = "project_status"
    version = 2
    tables = (PLACE, PROJECT, GATE, KEY, GRAM)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into its tables; ignores the investment, plan and privacy streams."""
        ours = [one for one in batch if one.stored.stream_kind in {"place", "project"}]
        if not ours:
            return
        region = ours[0].region
        if any(isinstance(one.fact, StagesSet | DefinitionSet) for one in ours):
            # What every project of the place is derived by has changed.
            ids = [row["project_id"] for row in await connection.fetch(_EVERY, region)]
        else:
            ids = [one.stream_id for one in ours if one.stored.stream_kind == "project"]
        named = [one.stream_id for one in ours if isinstance(one.fact, ProjectRegistered | ProjectAmended)]
        fold = _Fold(
            region,
            await PLACE.current(connection, region, "place", [region]),
            {key[0]: row for key, row in (await PROJECT.current(connection, region, "project_id", ids)).items()},
            await GATE.current(connection, region, "project_id", ids),
            await KEY.current(connection, region, "project_id", ids),
            found_by=await GRAM.current(connection, region, "project_id", named),
        )
        for one in ours:
            fold.take(one)
        await fold.writes.write(connection, region)


class _Fold:
    """The rows that a batch touches, and how they change."""

    def __init__(
        self,
        region: str,
        places: dict[Any, Any],
        projects: dict[UUID, Any],
        gates: dict[Any, Any],
        keys: dict[Any, Any],
        *,
        found_by: dict[Any, Any],
    ) -> None:
        self.place = places.get((region,), {"place": region, **_NOTHING_SET})
        self.standing = Standing(self.place["start_bases"], self.place["stages"])
        self.projects = projects
        self.gates: dict[UUID, dict[GateKey, date]] = {}
        for (project_id, gate, variant), row in gates.items():
            self.gates.setdefault(project_id, {})[GateKey(Gate(gate), variant)] = row["occurred_on"]
        self.keys: dict[UUID, set[tuple[str, str]]] = {}
        for project_id, kind, value in keys:
            self.keys.setdefault(project_id, set()).add((kind, value))
        self.grams: dict[UUID, set[str]] = {}
        for project_id, gram in found_by:
            self.grams.setdefault(project_id, set()).add(gram)
        self.writes = Writes(*ProjectStatus.tables)

    def take(self, one: Recorded) -> None:
        """Fold one fact."""
        if one.stored.stream_kind == "place":
            self._take_place(one)
            return
        fresh = False
        match one.fact:
            case ProjectRegistered() as fact:
                fresh = one.stream_id not in self.projects
                self.projects[one.stream_id] = {
                    "project_id": one.stream_id,
                    **_identity(fact.identity),
                    **dict.fromkeys(TOTALS.values()),
                    **_NOT_PAUSED,
                    "resumed_on": None,
                    "activity": Activity.ACTIVE,
                    "voided": False,
                    "merged_into": None,
                    "registered_us": one.stored.recorded_us,
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
            case ProjectMerged() as fact:
                self.projects[one.stream_id] |= {"voided": True, "merged_into": fact.into}
            case GateReached() as fact:
                self._gate(one, fact)
            case fact:
                self.projects[one.stream_id] |= _paused(fact, self.projects[one.stream_id])
        row = self.projects[one.stream_id]
        self._name(one, row)
        row |= {**self._derived(one.stream_id), "version": one.version, "position": one.position}
        self.writes.set(PROJECT, one, dict(row), fresh=fresh)
        self._rekey(one, row)

    def _take_place(self, one: Recorded) -> None:
        match one.fact:
            case PlaceOpened() as fact:
                bases = StartBases()
                bases.add(fact.start_basis)
                self._place(
                    one,
                    code=fact.region,
                    name=fact.name,
                    purpose=fact.purpose,
                    currency=fact.currency,
                    start_basis=fact.start_basis,
                    start_bases=str(bases),
                    categories=json_of(fact.categories),
                )
            case PlaceRecoded() as fact:
                # A ledger that has a later code may tell of the time before: then nothing changes.
                if fact.successor in regions.codes_from(self.place["code"]):
                    self._place(one, code=fact.successor, name=fact.name)
            case DictionarySet() as fact if fact.name is Dictionary.CATEGORY:
                self._place(one, categories=json_of(fact.terms))
            case StagesSet() as fact:
                stages = {**orjson.loads(self.place["stages"]), str(fact.track): orjson.loads(json_of(fact.stages))}
                self._place(one, stages=json_text(stages))
                self._derive_all(one)
            case DefinitionSet() as fact if fact.start_basis is not None:
                bases = StartBases(self.place["start_bases"])
                bases.add(fact.start_basis, fact.holds_from)
                latest = {} if fact.holds_from else {"start_basis": fact.start_basis}
                self._place(one, start_bases=str(bases), **latest)
                self._derive_all(one)
            case ConfigurationAdopted() | ConfigurationAdoptionEnded() as fact:
                source = fact.source if isinstance(fact, ConfigurationAdopted) else None
                if source != self.place["configuration_from"]:
                    self._place(one, configuration_from=source)
            case _:
                pass  # What else a place sets changes no row here.

    def _place(self, one: Recorded, **values: Any) -> None:
        self.place |= values
        self.standing = Standing(self.place["start_bases"], self.place["stages"])
        self.writes.set(PLACE, one, dict(self.place))

    def _derive_all(self, one: Recorded) -> None:
        """Write the projects whose stage or start the new configuration changes."""
        for project_id, row in self.projects.items():
            after = {**row, **self._derived(project_id)}
            if after != row:
                row.update(after)
                self.writes.set(PROJECT, one, after)

    def _derived(self, project_id: UUID) -> dict[str, Any]:
        row = self.projects[project_id]
        return self.standing.derived(self.gates.get(project_id, {}), Track(row["track"]), Activity(row["activity"]))

    def _gate(self, one: Recorded, fact: GateReached) -> None:
        key = gate_of(fact)
        gates = self.gates.setdefault(one.stream_id, {})
        fresh = key not in gates
        gates[key] = fact.occurred_on
        if isinstance(fact, ProjectCodeAssigned):
            project = self.projects[one.stream_id]
            codes = orjson.loads(project["codes"])
            project["codes"] = json_text(codes if fact.code in codes else [*codes, str(fact.code)])
        row = {
            "project_id": one.stream_id,
            "gate": key.gate,
            "variant": key.variant,
            "occurred_on": fact.occurred_on,
            "definition": fact.definition,
            "reason": fact.reason,
            "documents": json_of(fact.documents),
            "position": one.position,
        }
        self.writes.set(GATE, one, row, fresh=fresh)

    def _name(self, one: Recorded, row: dict[str, Any]) -> None:
        """Keep what a project is found by in step with its name and its aliases, also while it is void."""
        if not isinstance(one.fact, ProjectRegistered | ProjectAmended):
            return
        names = [folded(name) for name in (row["name"], *orjson.loads(row["aliases"]))]
        row["search_text"] = "\n".join(names)
        wanted, held = grams(names), self.grams.get(one.stream_id, set())
        for gram in sorted(held - wanted):
            self.writes.end(GRAM, one, one.stream_id, gram)
        for gram in sorted(wanted - held):
            self.writes.set(GRAM, one, {"project_id": one.stream_id, "gram": gram}, fresh=True)
        self.grams[one.stream_id] = wanted

    def _rekey(self, one: Recorded, row: dict[str, Any]) -> None:
        """Keep the lookup by code and reference in step; a voided project holds none."""
        wanted: set[tuple[str, str]] = set()
        if not row["voided"]:
            wanted |= {("project_code", code) for code in orjson.loads(row["codes"])}
            wanted |= {("reference", f"{ref['system']}\n{ref['id']}") for ref in orjson.loads(row["refs"])}
        held = self.keys.get(one.stream_id, set())
        for kind, value in sorted(held - wanted):
            self.writes.end(KEY, one, one.stream_id, kind, value)
        for kind, value in sorted(wanted - held):
            self.writes.set(KEY, one, {"kind": kind, "value": value, "project_id": one.stream_id}, fresh=True)
        self.keys[one.stream_id] = wanted


def _identity(of: Identity | Changes) -> dict[str, Any]:
    """Return the columns that an identity, or what was sent of one, fills."""
    sent = of.sent() if isinstance(of, Changes) else {one.name: getattr(of, one.name) for one in fields(of)}
    return {_RENAMED.get(name, name): _column(value) for name, value in sent.items()}


def _column(value: object) -> object:
    if isinstance(value, Stated):
        return value.fen
    return json_of(value) if isinstance(value, tuple | Organisation) else value


def _paused(fact: ActivityFact, row: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that say whether a project goes on."""
    expected = getattr(fact, "expected_resumption", None)
    if isinstance(fact, PauseNoted):
        return {
            "expected_resumption": expected or row["expected_resumption"],
            "pause_noted_on": fact.occurred_on,
        }
    activity = activity_after(fact, Activity(row["activity"]))
    if isinstance(fact, ProjectResumed):
        return {**_NOT_PAUSED, "activity": activity, "resumed_on": fact.occurred_on}
    return {
        **_NOT_PAUSED,
        "activity": activity,
        "paused_on": fact.occurred_on,
        "pause_reason": fact.reason_code,
        "recovery_plan": getattr(fact, "recovery_plan", None),
        "expected_resumption": expected,
    }
