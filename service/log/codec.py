"""编码: stored name <-> class, canonical JSON, upcasts, personal values.

A Mapper of the eventsourcing library's kind, with both directions overridden: names come from the append-only table
below and are never resolved by importing what they name; upcasting by version is kept. Bodies are canonical JSON
(RFC 8785): without floats and with ASCII field names in order, orjson writes exactly that, which a test holds against
rfc8785.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast, get_type_hints
from uuid import UUID

import orjson
from eventsourcing.persistence import JSONTranscoder, Mapper, Notification, StoredEvent

from service.domain import (
    account,
    activity,
    adoption,
    annual_plan,
    baseline,
    ceremony,
    configuration,
    funds,
    gates,
    indicator,
    investment,
    liaison,
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
    total_investment,
    warnings,
)
from service.domain.shape import Plain, dump, restore
from service.domain.values import ERASED, Erased, Personal

if TYPE_CHECKING:
    import asyncpg

NAMES: Final[Mapping[str, tuple[type, int]]] = {
    # Append only: a name that was stored once is never renamed, removed or given to another class.
    "PlaceOpened": (place.PlaceOpened, 1),
    "ProjectRegistered": (project.ProjectRegistered, 1),
    "ProjectAmended": (project.ProjectAmended, 1),
    "TotalInvestmentSet": (total_investment.TotalInvestmentSet, 1),
    "TotalInvestmentWithdrawn": (total_investment.TotalInvestmentWithdrawn, 1),
    "ProjectVoided": (project.ProjectVoided, 1),
    "ProjectReserved": (gates.ProjectReserved, 1),
    "ContractSigned": (gates.ContractSigned, 1),
    "ProjectStarted": (gates.ProjectStarted, 1),
    "ProjectCompleted": (gates.ProjectCompleted, 1),
    "ProjectPutIntoProduction": (gates.ProjectPutIntoProduction, 1),
    "OpeningBalanceStated": (investment.OpeningBalanceStated, 1),
    "CompletionReported": (investment.CompletionReported, 1),
    "AnnualTargetSet": (plan.AnnualTargetSet, 1),
    "AnnualTargetRevised": (plan.AnnualTargetRevised, 1),
    "PersonalDataErased": (privacy.PersonalDataErased, 1),
    "PlaceRecoded": (place.PlaceRecoded, 1),
    "DictionarySet": (configuration.DictionarySet, 1),
    "ScheduleTemplateSet": (configuration.ScheduleTemplateSet, 1),
    "ScheduleRulesSet": (configuration.ScheduleRulesSet, 1),
    "StagesSet": (configuration.StagesSet, 1),
    "DefinitionSet": (configuration.DefinitionSet, 1),
    "ProjectMerged": (project.ProjectMerged, 1),
    "ProjectPlanned": (gates.ProjectPlanned, 1),
    "NegotiationOpened": (gates.NegotiationOpened, 1),
    "ProjectApproved": (gates.ProjectApproved, 1),
    "ProjectCodeAssigned": (gates.ProjectCodeAssigned, 1),
    "ProjectLanded": (gates.ProjectLanded, 1),
    "ContractFulfilled": (gates.ContractFulfilled, 1),
    "StatisticsEntered": (gates.StatisticsEntered, 1),
    "DesignCapacityReached": (gates.DesignCapacityReached, 1),
    "BenefitsReached": (gates.BenefitsReached, 1),
    "ProjectEvaluated": (gates.ProjectEvaluated, 1),
    "ProjectSuspended": (activity.ProjectSuspended, 1),
    "ProjectDeferred": (activity.ProjectDeferred, 1),
    "PauseNoted": (activity.PauseNoted, 1),
    "ProjectResumed": (activity.ProjectResumed, 1),
    "ProjectTerminated": (activity.ProjectTerminated, 1),
    "FundsPlanned": (funds.FundsPlanned, 1),
    "FundsAllotted": (funds.FundsAllotted, 1),
    "FundsReported": (funds.FundsReported, 1),
    "PhysicalProgressReported": (progress.PhysicalProgressReported, 1),
    "PostAssigned": (roster.PostAssigned, 1),
    "PostEnded": (roster.PostEnded, 1),
    "WorkPlanFiled": (roster.WorkPlanFiled, 1),
    "UnitLiaisonAssigned": (liaison.UnitLiaisonAssigned, 1),
    "UnitLiaisonEnded": (liaison.UnitLiaisonEnded, 1),
    "BaselineSet": (baseline.BaselineSet, 1),
    "BaselineReset": (baseline.BaselineReset, 1),
    "MilestoneForecast": (schedule.MilestoneForecast, 1),
    "MilestoneReached": (schedule.MilestoneReached, 1),
    "StartConditionStated": (schedule.StartConditionStated, 1),
    "ProgressNoted": (schedule.ProgressNoted, 1),
    "AnnualPlanIncluded": (annual_plan.AnnualPlanIncluded, 1),
    "AnnualPlanRemoved": (annual_plan.AnnualPlanRemoved, 1),
    "CeremonyHeld": (ceremony.CeremonyHeld, 1),
    "CeremonyCorrected": (ceremony.CeremonyCorrected, 1),
    "CeremonyWithdrawn": (ceremony.CeremonyWithdrawn, 1),
    "IndicatorStated": (indicator.IndicatorStated, 1),
    "ConfigurationAdopted": (adoption.ConfigurationAdopted, 1),
    "ConfigurationAdoptionEnded": (adoption.ConfigurationAdoptionEnded, 1),
    "PriorityLimitsSet": (priority.PriorityLimitsSet, 1),
    "WarningRulesSet": (warnings.WarningRulesSet, 1),
    "ItemsPublished": (publication.ItemsPublished, 1),
    "ItemsWithdrawn": (publication.ItemsWithdrawn, 1),
    "ItemExempted": (publication.ItemExempted, 1),
    "ExemptionEnded": (publication.ExemptionEnded, 1),
    "RoleGranted": (account.RoleGranted, 1),
    "RoleEnded": (account.RoleEnded, 1),
    "KeyIssued": (account.KeyIssued, 1),
    "KeyRevoked": (account.KeyRevoked, 1),
    "LightRulesSet": (lights.LightRulesSet, 1),
}
"""Stored name -> class and the schema that it is written in now."""

Upcast = Callable[[dict[str, Plain]], dict[str, Plain]]
UPCASTS: Final[Mapping[tuple[str, int], Upcast]] = {}
"""(stored name, schema) -> how its body becomes one of the next schema."""


class CodecError(Exception):
    """A stored fact can't be read: its name or schema is unknown to this version of the service."""


class Secret(NamedTuple):
    """A personal value to be kept beside the log."""

    path: str
    salt: bytes
    value: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact on its way in, with the stream and version that it takes."""

    originator_id: UUID
    originator_version: int
    fact: object


@dataclass(frozen=True)
class Stored(Notification):
    """A row of the log as the library's Notification (`id` is the position), with the rest of the envelope."""

    region: str
    stream_kind: str
    schema: int
    occurred_on: date
    recorded_us: int
    command_id: UUID
    ordinal: int
    command_sha256: bytes
    actor: str
    principal: str | None
    cause: str | None

    def line(self) -> str:
        """Return it as one line of canonical JSON, the body as it is stored."""
        envelope = {
            "region": self.region,
            "position": self.id,
            "stream_kind": self.stream_kind,
            "stream_id": str(self.originator_id),
            "version": self.originator_version,
            "name": self.topic,
            "schema": self.schema,
            "body": orjson.Fragment(self.state),
            "occurred_on": self.occurred_on,
            "recorded_us": self.recorded_us,
            "command_id": str(self.command_id),
            "ordinal": self.ordinal,
            "command_sha256": self.command_sha256.hex(),
            "actor": self.actor,
            "principal": self.principal,
            "cause": self.cause,
        }
        return orjson.dumps(envelope, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as the log tells it: what happened, and where and when it was recorded."""

    stored: Stored
    fact: Any

    @property
    def region(self) -> str:
        """Key of the log."""
        return self.stored.region

    @property
    def position(self) -> int:
        """Place in the region's log, from 1, without gaps."""
        return self.stored.id

    @property
    def stream_id(self) -> UUID:
        """Which project, plan or place."""
        return self.stored.originator_id  # type: ignore[return-value]  # The library takes strings too; no row has one.

    @property
    def version(self) -> int:
        """Place in its stream, from 1."""
        return self.stored.originator_version


def canonical(plain: Plain) -> bytes:
    """Return canonical JSON (RFC 8785) of a value without floats, with ASCII field names.

    Raises:
        TypeError: an integer beyond 2^53 - 1, which that form does not keep, or half of a surrogate pair.
    """
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER)


def _commitment(salt: bytes, value: str) -> str:
    return hashlib.sha256(salt + value.encode()).hexdigest()


def fingerprint(command: object) -> bytes:
    """Return the SHA-256 of a command's name and content, kept with its id.

    Personal values are left out: a hash of a telephone number can be guessed, and this one is kept for ever.
    """
    content = dump(command, lambda _path, _value: None)
    return hashlib.sha256(canonical([type(command).__name__, content])).digest()


class Codec(Mapper[UUID]):
    """Facts to rows and back.

    Args:
        names: stored name -> (class, schema); the table above but for tests.
        upcasts: (stored name, schema) -> step to the next schema.
    """

    def __init__(
        self, names: Mapping[str, tuple[type, int]] = NAMES, upcasts: Mapping[tuple[str, int], Upcast] = UPCASTS
    ) -> None:
        super().__init__(JSONTranscoder())
        self._names = names
        self._upcasts = upcasts
        self._by_class = {of: (name, schema) for name, (of, schema) in names.items()}
        self.personal = frozenset(name for name, (of, _) in names.items() if _has_personal(of))

    def encode(self, fact: object) -> tuple[str, int, bytes, list[Secret]]:
        """Return stored name, schema, body, and the personal values that the body only has hashes of."""
        name, schema = self._by_class[type(fact)]
        secret: list[Secret] = []

        def seal(path: str, value: Personal) -> Plain:
            salt = secrets.token_bytes(16)
            secret.append(Secret(path, salt, str(value)))
            return {"sha256": _commitment(salt, value)}

        return name, schema, canonical(dump(fact, seal)), secret

    def decode(self, name: str, schema: int, body: bytes, private: Mapping[str, tuple[bytes, str]]) -> Any:
        """Return the fact of a row.

        Args:
            name: stored name.
            schema: the schema that the body was written in.
            body: canonical JSON.
            private: personal values of this fact by path, each with its salt; one that is missing reads as ERASED.

        Raises:
            CodecError: unknown name, a newer schema, or a personal value that is not the one hashed.
        """
        if name not in self._names:
            message = f"no fact is stored under the name {name!r}"
            raise CodecError(message)
        of, current = self._names[name]
        plain = orjson.loads(body)
        if schema > current:
            message = f"{name} schema {schema} is newer than this service's {current}"
            raise CodecError(message)
        for step in range(schema, current):
            plain = self._upcasts[name, step](plain)

        def unseal(path: str, sealed: Plain) -> Personal | Erased:
            if path not in private:
                return ERASED
            salt, value = private[path]
            if _commitment(salt, value) != sealed["sha256"]:
                message = f"{name}: the personal value at {path} is not the one that was recorded"
                raise CodecError(message)
            return str.__new__(Personal, value)

        return restore(of, plain, unseal)

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Return a Draft as the library's StoredEvent; its topic is the stored name."""
        name, _, body, _ = self.encode(domain_event.fact)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=name,
            state=body,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Return a row of this log as a Recorded fact, its personal values not read (see `Log.read`)."""
        return self.recorded(cast("Stored", stored_event), {})

    def recorded(self, stored: Stored, private: Mapping[str, tuple[bytes, str]]) -> Recorded:
        """Return a row as a Recorded fact, with its personal values."""
        return Recorded(stored, self.decode(stored.topic, stored.schema, stored.state, private))


def _has_personal(of: type) -> bool:
    """Return whether a fact's class has a field for a personal value, at the top or in a nested class."""
    seen: set[object] = set()
    todo: list[Any] = [of]
    while todo:
        one = todo.pop()
        if one is Personal:
            return True
        if one not in seen:
            seen.add(one)
            todo.extend(getattr(one, "__args__", ()))
            if hasattr(one, "__dataclass_fields__"):
                todo.extend(get_type_hints(one).values())
    return False


_COLUMNS: Final = {
    "originator_id": "stream_id",
    "originator_version": "version",
    "topic": "name",
    "state": "body",
    "id": "position",
    **{
        name: name
        for name in (
            "region", "stream_kind", "schema", "occurred_on", "recorded_us", "command_id", "ordinal", "command_sha256",
            "actor", "principal", "cause",
        )
    },
}  # fmt: skip
"""Field of Stored -> column of the fact table."""
_row: Final = itemgetter(*_COLUMNS.values())


def envelopes(rows: Sequence[asyncpg.Record]) -> list[Stored]:
    """Return rows of the fact table as Stored, in their order."""
    stored = []
    for row in rows:
        # A frozen class sets each field by a call of its own, which is a third of what reading a log takes.
        one = object.__new__(Stored)
        one.__dict__.update(zip(_COLUMNS, _row(row), strict=True))
        stored.append(one)
    return stored
