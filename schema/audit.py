"""审计: who did what, when in both clocks, what changed from what to what; and the erasing of personal values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final

import strawberry

from schema.commands import Payload, mutation
from schema.context import Info
from schema.pages import After, Connection, First, Order, Page
from schema.read import Binds, Selection, column, holds, reads, select_list
from schema.values import Document, NodeId, Position
from service.domain import privacy

_ORDER: Final = Order("POSITION", (("a.position", "bigint"),))


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
    stream_kind: str = column("a.stream_kind", "流 Which concern: project, investment, schedule, roster, plan ...")
    version: int = column("a.version", "版本 Its place in that stream.")
    occurred_on: date = column("a.occurred_on", "发生日期 When it happened.")
    recorded_at: datetime = column("a.recorded_us", "记录时间 When the log took it.")
    actor: str = column("a.actor", "操作账号 Who did it.")
    principal: str | None = column("a.principal", "委托人 For whom, if on behalf of another.")
    cause: str | None = column("a.cause", "来源 What brought it: an import, a demo, the following of a superior.")
    command_id: strawberry.ID = column("a.command_id", "命令编号 The command that it came from.")
    changes: list[FieldChange] = column("a.changes", "变更内容 What changed from what to what.")
    documents: list[Document] = column("a.documents", "文件依据 What it rests on.")
    sentence_zh: str = column("a.sentence_zh", "中文叙述 In one Chinese sentence.")
    sentence_en: str = column("a.sentence_en", "英文叙述 In one English sentence.")


@strawberry.type
class AuditQuery:
    """Queries on history."""

    @strawberry.field(description="审计轨迹 Every fact of a project in all its streams, oldest first.")
    async def audit_trail(
        self,
        info: Info,
        project: Annotated[strawberry.ID, strawberry.argument(description="项目 Its global id.")],
        first: First = None,
        after: After = None,
    ) -> Connection[AuditEntry] | None:
        """Return a page of a project's history, in one statement."""
        node = NodeId.parse(project, "Project", "project")
        page = Page.ask(first, after, _ORDER, project)
        binds = Binds()
        selection = Selection.of(info).below("nodes", "edges.node")
        sql = f"""
            SELECT json_build_array({select_list(AuditEntry, selection)}, {page.order.values()})
            FROM audit_history a
            WHERE a.region = {binds(node.region, "text")} AND a.project_id = {binds(node.id, "uuid")} AND {holds("a")}
              AND {page.where(binds)}
            ORDER BY {page.order.by()} LIMIT {page.limit}"""  # noqa: S608 - declared SQL only.
        fetched = await info.context.fetch(sql, binds.values, regions=(node.region,))
        return page.connection(AuditEntry, fetched)


@strawberry.type(description="个人信息操作结果 What became of an erasure.")
class PrivacyPayload(Payload):
    """Outcome of an erasure."""


@strawberry.type
class PrivacyMutation:
    """Erasing personal values."""

    personal_data_erase = mutation(privacy.ErasePersonalData, PrivacyPayload)
