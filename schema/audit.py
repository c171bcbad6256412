"""审计: who did what, when in both clocks, what changed from what to what; and the erasing of personal values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias

import strawberry

from schema.commands import Payload, mutation
from schema.context import Info
from schema.pages import After, Before, Connection, First, Last, Order, Page
from schema.read import Binds, column, holds, reads, select_list
from schema.regions import region_of, same_county
from schema.values import Document, NodeId, Position, project_id_sql
from service.access import Sight
from service.domain import privacy
from service.domain.deciders import DECIDERS
from service.domain.errors import InvalidValueError

_ORDER: Final = Order("POSITION", (("a.at", "bigint"),))
_IN_PLACE: Final = Order("POSITION", (("a.position", "bigint"), ("a.region", "text")))
_STREAMS: Final = tuple(one.kind for one in DECIDERS)
_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# A list or a ceremony may have hundreds of entries, whose paths have the ids of their projects.
_CHANGES: Final = (
    "CASE WHEN a.project_id IS NOT NULL OR a.stream_kind = 'account' THEN a.changes ELSE (SELECT"  # noqa: S608 - declared SQL only.
    " coalesce(jsonb_agg(c.one ORDER BY c.number), '[]')"
    " FROM jsonb_array_elements(a.changes) WITH ORDINALITY c (one, number)"
    f" WHERE c.one ->> 'path' !~ '{_UUID}' OR strpos(c.one ->> 'path', s.project_id::text) > 0) END"
)


@strawberry.type(description="变更 A field that a fact changed.")
class FieldChange:
    """From what to what."""

    path: str = strawberry.field(description="字段 Which field.")
    before: strawberry.scalars.JSON | None = strawberry.field(description="变更前 What it was; null if nothing.")
    after: strawberry.scalars.JSON | None = strawberry.field(description="变更后 What it became; null if nothing.")

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> FieldChange:
        """Return a change from its row."""
        return cls(path=plain["path"], before=plain.get("before"), after=plain.get("after"))


@reads("a", "审计记录 One fact of the log, in words.")
class AuditEntry:
    """A fact as an auditor reads it."""

    position: Position = column("a.position", "日志位置 Its place in the region's log.")
    region: str = column("a.region", "台账地区 Whose log.")
    name: str = column("a.name", "事实名称 Stored name of the fact.")
    stream_kind: str = column(
        "a.stream_kind", "流 Which concern: project, investment, schedule, roster, plan, ceremony ..."
    )
    project: strawberry.ID | None = column(
        project_id_sql("a"),
        "所属项目 The project whose stream it is in; another one where that was merged into this one or is linked to"
        " it; null where it is a key list's, a ceremony's or the region's.",
    )
    version: int = column("a.version", "版本 Its place in that stream.")
    occurred_on: date = column("a.occurred_on", "发生日期 When it happened.")
    recorded_at: datetime = column("a.recorded_us", "记录时间 When the log took it.")
    actor: str = column("a.actor", "操作账号 Who did it.")
    principal: str | None = column("a.principal", "委托人 For whom, if on behalf of another.")
    cause: str | None = column("a.cause", "来源 What brought it: an import, a demo, the following of a superior.")
    command_id: strawberry.ID = column("a.command_id", "命令编号 The command that it came from.")
    changes: list[FieldChange] = column(
        _CHANGES,
        "变更内容 What changed from what to what; of a key list or a ceremony nothing that is of other projects alone.",
    )
    documents: list[Document] = column("a.documents", "文件依据 What it rests on.")
    sentence_zh: str = column("a.sentence_zh", "中文叙述 In one Chinese sentence.")
    sentence_en: str = column("a.sentence_en", "英文叙述 In one English sentence.")


_OfStreams: TypeAlias = Annotated[
    list[str] | None, strawberry.argument(description=f"流 Only of these: {', '.join(_STREAMS)}.")
]


@strawberry.type
class AuditQuery:
    """Queries on history."""

    @strawberry.field(
        description="审计轨迹 Every fact about a project, oldest first: those of its own streams; of key lists and"
        " ceremonies that name it; of projects that are merged into it or linked to it; and the erasing of personal"
        " values of its facts."
    )
    async def audit_trail(
        self,
        info: Info,
        *,
        project: Annotated[strawberry.ID, strawberry.argument(description="项目 Its global id.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        streams: _OfStreams = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of a project's history, in one statement."""
        node = NodeId.parse(project, "Project", "project")
        page = Page.ask(info, _ORDER, [project, streams], first=first, after=after, last=last, before=before)
        binds = Binds()
        where = [
            f"s.region = {binds(node.region, 'text')} AND s.project_id = {binds(node.id, 'uuid')} AND {holds('s')}"
        ]
        if streams is not None:
            where.append(f"a.stream_kind = ANY({binds(known_streams(streams, 'streams'), 'text[]')})")
        # One look by index for each fact: a join may be merged, which reads the region's history from its beginning.
        rows = f"""
                  SELECT a.*, s.position AS at, s.project_id AS subject FROM audit_subject s
                  CROSS JOIN LATERAL (
                    SELECT a.* FROM audit_history a
                    WHERE a.region = s.region AND a.position = s.position AND {holds("a")}
                    LIMIT 1) a
                  WHERE {" AND ".join(where)}"""  # noqa: S608 - declared SQL only.
        subject = " CROSS JOIN LATERAL (SELECT a.subject AS project_id) s"
        sql = page.over("a", select_list(AuditEntry, page.nodes, binds), rows, binds, joins=subject)
        return await info.context.page(AuditEntry, page, sql, binds.values, regions=(node.region,), need=Sight.HISTORY)

    @strawberry.field(
        description="台账审计轨迹 Every fact of a place's ledger, oldest first: also of its configuration, targets, key"
        " lists, ceremonies and indicators. What a list or a ceremony says of single projects is in their own trails."
    )
    async def place_trail(
        self,
        info: Info,
        *,
        region: Annotated[str, strawberry.argument(description="台账地区 Whose; by its former or its later code.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        streams: _OfStreams = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of a ledger's history, in one statement."""
        area = region_of(region, "region")
        page = Page.ask(info, _IN_PLACE, [area, streams], first=first, after=after, last=last, before=before)
        binds = Binds()
        where = [same_county("a.region", area, binds), "a.region = m.region", holds("a")]
        if streams is not None:
            where.append(f"a.stream_kind = ANY({binds(known_streams(streams, 'streams'), 'text[]')})")
        rows = f"SELECT a.* FROM audit_history a WHERE {' AND '.join(where)}"  # noqa: S608 - declared SQL only.
        row = select_list(AuditEntry, page.nodes, binds)
        nobody = " CROSS JOIN (SELECT NULL::uuid AS project_id) s"
        sql = page.over_ledgers("a", row, rows, same_county("m.region", area, binds), binds, joins=nobody)
        return await info.context.page(AuditEntry, page, sql, binds.values, area=area, need=Sight.HISTORY)


def known_streams(streams: list[str], *path: str) -> list[str]:
    """Return kinds of streams, each once; `path` is the argument that they came from.

    Raises:
        InvalidValueError: there is no such kind.
    """
    for number, kind in enumerate(streams):
        if kind not in _STREAMS:
            raise InvalidValueError(*path, f"[{number}]", rule=", ".join(_STREAMS))
    return sorted(set(streams))


@strawberry.type(description="个人信息操作结果 What became of an erasure.")
class PrivacyPayload(Payload):
    """Outcome of an erasure."""


@strawberry.type
class PrivacyMutation:
    """Erasing personal values."""

    personal_data_erase = mutation(privacy.ErasePersonalData, PrivacyPayload)
