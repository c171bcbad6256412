"""审计轨迹: one row a fact: who, when in both clocks, what changed from what to what, on which paper, in a sentence.

Rows and sentences hold no personal value and no hash of one, only that it was given: erasing one changes nothing here.
A sentence names projects as they were named when its fact was recorded. `audit_subject` says which projects a fact is
about, whoever's stream it is in: a key list's, a ceremony's, or that of a project merged into this one.

Rows of `audit_history` and of `audit_subject` never change, so theirs is always `recorded_to = NOW_US`; as of T is
`recorded_from <= T`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from projections.audit_memory import VALUE, Memory, Path
from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of, json_text
from projections.table import NOW_US, Table, Writes
from projections.wording import about, documents_of, reason_of, recalls, sentence, touches
from projections.wording.base import Terms
from service.domain.annual_plan import AnnualPlanIncluded
from service.domain.baseline import BaselineReset, BaselineSet
from service.domain.place import place_stream
from service.domain.privacy import PersonalDataErased
from service.domain.publication import ItemsPublished
from service.domain.roster import PostAssigned, PostEnded, region_roster_stream
from service.domain.values import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from service.database import Connection
    from service.domain.shape import Plain
    from service.log.codec import Recorded

AUDIT: Final = Table(
    name="audit_history",
    key=("position",),
    columns={
        "position": "bigint NOT NULL",
        "project_id": "uuid",
        "stream_kind": KEYWORD,
        "stream_id": "uuid NOT NULL",
        "version": "integer NOT NULL",
        "name": KEYWORD,
        "occurred_on": "date NOT NULL",
        "happened_on": "date NOT NULL",
        "recorded_us": "bigint NOT NULL",
        "command_id": "uuid NOT NULL",
        "actor": KEYWORD,
        "principal": KEYWORD_OR_NULL,
        "cause": KEYWORD_OR_NULL,
        "changes": "jsonb NOT NULL",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "sentence_zh": "text NOT NULL",
        "sentence_en": "text NOT NULL",
    },
    indexes=("project_id, position", "stream_kind, position"),
)
"""`changes` is a list of {path, before, after}; null stands for nothing stated. `project_id`: whose stream it is in.

`happened_on` is the day by a project's timeline: that which the fact is about, where the log knows only the day on
which it was told, as of a term of office that began before.
"""
SUBJECT: Final = Table(
    name="audit_subject",
    key=("project_id", "position"),
    columns={"project_id": "uuid NOT NULL", "position": "bigint NOT NULL"},
    indexes=("position",),
)
"""Projects that a fact is about: the one whose stream it is in, and those that it names."""

_PROJECT: Final = "project"
_NAME: Final = "name"
"""Path of a project's name in its own stream."""

# By index for each position, for the same reason as in audit_memory.py.
_OWNERS: Final = f"""
SELECT h.position, h.project_id FROM unnest($2::bigint[]) k (position)
CROSS JOIN LATERAL (
  SELECT h.position, h.project_id FROM {AUDIT.name} h
  WHERE h.region = $1 AND h.position = k.position AND h.recorded_to >= {NOW_US}
  LIMIT 1
) h
WHERE h.project_id IS NOT NULL"""  # noqa: S608 - the name is the table's own.


class AuditHistory:
    """审计轨迹."""

    name = "audit_history"
    version = 1
    tables: tuple[Table, ...] = (AUDIT, SUBJECT, VALUE)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into one row a fact, and one for each project that it is about; ignores no fact."""
        if not batch:
            return
        region = batch[0].region
        touched = [touches(one.fact) for one in batch]
        fold = _Fold(region)
        await fold.prepare(connection, batch, touched)
        for one, after in zip(batch, touched, strict=True):
            fold.take(one, after)
        await fold.writes.write(connection, region)


class _Fold:
    """What a batch has to know, and how rows change."""

    def __init__(self, region: str) -> None:
        place = place_stream(str.__new__(Region, region))  # Stored long ago, so not judged again.
        self.region = region
        self.memory = Memory()
        self.place = self.memory.of(place.id, place.kind)
        self.lists = [Path(place.id, place.kind, path) for path in Terms.PATHS.values()]
        self.owners: dict[int, UUID] = {}
        self.writes = Writes(*AuditHistory.tables)

    async def prepare(
        self, connection: Connection, batch: Sequence[Recorded], touched: Sequence[Mapping[str, Plain]]
    ) -> None:
        """Fetch all that the batch's facts need, in few statements whatever its size."""
        facts = list(zip(batch, touched, strict=True))
        # A stream that begins with this batch held nothing before it.
        begun = {(one.stream_id, one.stored.stream_kind) for one in batch if one.version == 1}
        told = [one for one in facts if (one[0].stream_id, one[0].stored.stream_kind) not in begun]
        own = (_path(one, path) for one, after in told for path in (*after, *recalls(one.fact).paths))
        await self.memory.recall(connection, self.region, (*self.lists, *own))
        below = [_path(one, path) for one, _ in told for path in recalls(one.fact).below]
        await self.memory.recall_below(connection, self.region, below)
        # Whom a fact is about may depend on what an earlier fact of the batch has set: that one is about them too.
        projects = {project_id for one, after in facts for project_id in about(one.fact, self._before(one, after))}
        await self.memory.recall(connection, self.region, map(_name_of, projects))
        erased = {one.fact.position for one in batch if isinstance(one.fact, PersonalDataErased)}
        if erased:
            rows = await connection.fetch(_OWNERS, self.region, sorted(erased))
            self.owners = {row["position"]: row["project_id"] for row in rows}

    def take(self, one: Recorded, after: Mapping[str, Plain]) -> None:
        """Fold one fact, given what it sets."""
        held = self.memory.of(one.stream_id, one.stored.stream_kind)
        before = self._before(one, after)
        named = tuple(dict.fromkeys(about(one.fact, before)))
        own = one.stream_id if _is_of_project(one) else None
        if own is not None:
            self.owners[one.position] = own
        self.writes.set(AUDIT, one, _row(one, own, before, after, self._terms(named)), fresh=True)
        for project_id in sorted({*named, *self._owner(one)}):
            self.writes.set(SUBJECT, one, {"project_id": project_id, "position": one.position}, fresh=True)
        for name, value in after.items():
            if value != before[name]:
                path = _path(one, name)
                if value is None:
                    del held[name]
                    self.writes.end(VALUE, one, *path)
                else:
                    held[name] = value
                    row = {**path._asdict(), "value": json_text(value)}
                    self.writes.set(VALUE, one, row, fresh=before[name] is None)

    def _before(self, one: Recorded, after: Mapping[str, Plain]) -> dict[str, Plain]:
        recalled = recalls(one.fact)
        held = self.memory.of(one.stream_id, one.stored.stream_kind)
        before = {path: held.get(path) for path in (*after, *recalled.paths)}
        for path in recalled.below:
            before |= {name: value for name, value in held.items() if name.startswith(f"{path}.")}
        return before

    def _owner(self, one: Recorded) -> Iterable[UUID]:
        """Yield the project whose stream a fact is in; of an erasure, that of the fact that it takes a value from."""
        position = one.fact.position if isinstance(one.fact, PersonalDataErased) else one.position
        if position in self.owners:
            yield self.owners[position]

    def _terms(self, projects: Iterable[UUID]) -> Terms:
        names = {project_id: self.memory.of(project_id, _PROJECT).get(_NAME) for project_id in projects}
        return Terms(self.place, {project_id: name for project_id, name in names.items() if name is not None})


def _path(one: Recorded, path: str) -> Path:
    return Path(one.stream_id, one.stored.stream_kind, path)


def _name_of(project_id: UUID) -> Path:
    return Path(project_id, _PROJECT, _NAME)


def _row(
    one: Recorded, project_id: UUID | None, before: Mapping[str, Plain], after: Mapping[str, Plain], terms: Terms
) -> dict[str, Any]:
    stored = one.stored
    told = sentence(one.fact, before, terms, after)
    return {
        "position": one.position,
        "project_id": project_id,
        "stream_kind": stored.stream_kind,
        "stream_id": one.stream_id,
        "version": one.version,
        "name": stored.topic,
        "occurred_on": stored.occurred_on,
        "happened_on": _happened_on(one),
        "recorded_us": stored.recorded_us,
        "command_id": stored.command_id,
        "actor": stored.actor,
        "principal": stored.principal,
        "cause": stored.cause,
        "changes": json_text([
            {"path": path, "before": before[path], "after": value}
            for path, value in after.items()
            if value != before[path]
        ]),
        "reason": reason_of(one.fact),
        "documents": json_of(documents_of(one.fact)),
        "sentence_zh": told.zh,
        "sentence_en": told.en,
    }  # fmt: skip


def _happened_on(one: Recorded) -> date:
    match one.fact:
        case PostAssigned() as fact:
            return fact.since
        case PostEnded() as fact:
            return fact.until
        case BaselineSet() | BaselineReset() as fact:
            return fact.set_on
        case ItemsPublished() as fact:
            return fact.approved_on
        case AnnualPlanIncluded() as fact if fact.source.issued_on is not None:
            return fact.source.issued_on
        case _:
            return one.stored.occurred_on


def _is_of_project(one: Recorded) -> bool:
    if one.stored.stream_kind == "roster":
        return one.stream_id != region_roster_stream(str.__new__(Region, one.region)).id
    return one.stored.stream_kind in {"project", "investment", "schedule", "publication"}
