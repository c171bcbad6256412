"""版本冲突: what a sender has missed whose expected version is an old one."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson
import strawberry

from schema.languages import Language
from schema.read import Binds, holds
from schema.selection import Selection
from schema.values import Position, instant
from service.access import Sight

if TYPE_CHECKING:
    from schema.context import Context
    from service.domain.decider import Stream
    from service.domain.values import Region

MOST: Final = 50
"""Facts that are told."""


@strawberry.type(description="冲突事实 A fact that was stored since the version that a sender had seen.")
class ConflictingFact:
    """A fact of the stream that a command was about."""

    name: str = strawberry.field(description="事实名称 Stored name of the fact.")
    occurred_on: date = strawberry.field(description="发生日期 When it happened.")
    recorded_at: datetime = strawberry.field(description="记录时间 When the log took it.")
    actor: str = strawberry.field(description="操作账号 Who did it.")
    sentence: str = strawberry.field(
        description="叙述 In one sentence, in the language that the request prefers (Accept-Language)."
    )
    position: Position = strawberry.field(description="日志位置 Its place in the region's log.")


@strawberry.type(description="版本冲突 What was stored since the version that the sender had seen.")
class VersionConflict:
    """The version to go on from, and how it came to it."""

    version: int = strawberry.field(
        description="当前版本 Version when the command was judged: look, and expect this one."
    )
    facts: list[ConflictingFact] = strawberry.field(
        description=f"其间事实 The newest {MOST} since, latest first, as far as the audit trail is the caller's to see."
    )
    more: bool = strawberry.field(description="是否还有 Whether there are others since: older ones, or not shown.")


class Missed(NamedTuple):
    """What was missed.

    Attributes:
        region: key of the log.
        stream: what the command was about.
        is_project: whether the stream is of the project of the same id.
        expected: version that the sender had seen.
        version: what it had come to.
        position: of the fact that it had come to it by; 0 of a refusal that was kept before it was told.
    """

    region: Region
    stream: Stream
    is_project: bool
    expected: int
    version: int
    position: int


async def conflict_of(context: Context, selection: Selection, missed: Missed, wait_s: float) -> VersionConflict:
    """Return what was missed, in at most one statement, behind the caller's walls.

    Args:
        selection: what of it is asked for: the version alone takes no statement.
        wait_s: how long to wait for the audit trail to have what was missed.
    """
    since = max(missed.version - missed.expected, 0)
    is_asked = not selection.fields.keys().isdisjoint({"facts", "more"})
    if not since or not is_asked or Sight.HISTORY not in context.caller.sights:
        return VersionConflict(version=missed.version, facts=[], more=since > 0)
    await context.services.runner.wait_for(missed.region, missed.position, wait_s)
    binds = Binds()
    sentence = "a.sentence_zh" if context.language is Language.CHINESE else "a.sentence_en"
    # By index: a stream of a project is among the project's facts, any other among those of its kind.
    found_by = f"a.project_id = {binds(missed.stream.id, 'uuid')} AND " if missed.is_project else ""
    sql = f"""
        SELECT json_build_array(a.name, a.occurred_on, a.recorded_us, a.actor, {sentence}, a.position)
        FROM audit_history a
        WHERE a.region = {binds(missed.region, "text")} AND {found_by}{holds("a")}
          AND a.stream_kind = {binds(missed.stream.kind, "text")} AND a.stream_id = {binds(missed.stream.id, "uuid")}
          AND a.version > {binds(missed.expected, "integer")} AND a.version <= {binds(missed.version, "integer")}
        ORDER BY a.position DESC LIMIT {binds(min(since, MOST), "integer")}"""  # noqa: S608 - declared SQL only.
    rows = await context.fetch(sql, binds.values, regions=(missed.region,), need=Sight.HISTORY)
    facts = [
        ConflictingFact(
            name=name,
            occurred_on=date.fromisoformat(day),
            recorded_at=instant(recorded_us),
            actor=actor,
            sentence=said,
            position=Position(position),
        )
        for name, day, recorded_us, actor, said, position in map(orjson.loads, rows)
    ]
    return VersionConflict(version=missed.version, facts=facts, more=len(facts) < since)
