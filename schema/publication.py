"""信息公开: rows of what of a project is published, what is exempt, and where each item stands, as they are read."""

from __future__ import annotations

from datetime import date
from typing import Final

import strawberry

from schema.read import column, holds, reads
from schema.values import Document, Position
from service.domain.publication import PublicationState, PublishedItem

_ITEMS: Final = ", ".join(f"'{item}'" for item in PublishedItem)
IN_ORDER: Final = f"array_position(ARRAY[{_ITEMS}], {{}}.item)"
"""Order of items: as they are listed."""
STILL: Final = "({0}.until IS NULL OR {0}.until > {1})"
"""Whether an exemption holds on a day."""


@reads("i", "已公开事项 An item of a project that may be shown to everybody.", name="Publication")
class PublicationRow:
    """A published item."""

    item: PublishedItem = column("i.item", "公开事项 Which item.")
    since: date = column("i.occurred_on", "批准日期 When it was approved; it is shown from when the log took it.")
    approver: str = column("i.approver", "批准单位 Which unit approved it.")
    reason: str | None = column("i.reason", "理由 Why it was published again after it was taken down.")
    documents: list[Document] = column("i.documents", "文件依据 What the approval rests on.")
    position: Position = column("i.position", "日志位置 The fact's place in the region's log.")


@reads("x", "豁免公开 That an item of a project may not be published.", name="Exemption")
class ExemptionRow:
    """An exemption."""

    item: PublishedItem = column("x.item", "公开事项 Which item.")
    ground: str = column("x.ground", "豁免事由 Code of the dictionary EXEMPTION_GROUND.")
    since: date = column("x.occurred_on", "豁免日期 Day on which it was recorded.")
    until: date | None = column(
        "x.until", "豁免截止日期 The day from which it no longer holds; null if it is for good."
    )
    reason: str = column("x.reason", "理由 Why.")
    documents: list[Document] = column("x.documents", "文件依据 What it rests on.")
    position: Position = column("x.position", "日志位置 The fact's place in the region's log.")


@strawberry.type(description="事项公开情况 Where an item of a project stands on the day that was asked about.")
class ItemPublication:
    """An item with its state."""

    item: PublishedItem = strawberry.field(description="公开事项 Which item.")
    state: PublicationState = strawberry.field(description="公开状态 Published, exempt, or neither.")
    since: date | None = strawberry.field(
        description="起始日期 Day of the approval or of the exemption; null if it is neither published nor exempt."
    )
    until: date | None = strawberry.field(description="豁免截止日期 The day from which it is no longer exempt.")
    ground: str | None = strawberry.field(description="豁免事由 Code of the dictionary EXEMPTION_GROUND, if exempt.")


STATES: Final = f"""(
  SELECT json_agg(json_build_object('item', k.item, 'state', CASE WHEN i.item IS NOT NULL THEN
    '{PublicationState.PUBLISHED}' WHEN x.item IS NOT NULL THEN '{PublicationState.EXEMPT}' ELSE
    '{PublicationState.UNPUBLISHED}' END, 'since', coalesce(i.occurred_on, x.occurred_on), 'until', x.until,
    'ground', x.ground) ORDER BY k.number)
  FROM unnest(ARRAY[{_ITEMS}]) WITH ORDINALITY k (item, number)
  LEFT JOIN published_item i ON i.region = p.region AND i.project_id = p.project_id AND i.item = k.item
    AND {holds("i")}
  LEFT JOIN publication_exemption x ON x.region = p.region AND x.project_id = p.project_id AND x.item = k.item
    AND {STILL.format("x", "p.judged_on")} AND {holds("x")})"""  # noqa: S608 - declared SQL only.
"""Every item of a project `p`, with its state on the day `p.judged_on`."""
