"""服务: what the service says of itself: its version, since when it runs, and how far its read models are."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version

import strawberry

from schema.context import Info
from schema.values import Position, RegionRef, instant
from service.access import Sight
from service.database import REQUEST_S, within

MOST_READ_MODELS = 5_000


@strawberry.type(description="投影进度 How far the read models of a region's log are.")
class ReadModelStanding:
    """A region's read models; all of them stand at one position, but those that were set aside."""

    region: RegionRef = strawberry.field(description="台账地区 The region that keeps the log.")
    position: Position = strawberry.field(description="日志位置 Facts in the log.")
    projected: Position = strawberry.field(description="已投影位置 How many of them queries show.")
    lag: Position = strawberry.field(description="滞后事实数 Facts that queries don't show yet.")
    lag_seconds: float = strawberry.field(
        description="滞后秒数 For how long the oldest of those has been in the log; 0 if there are none."
    )
    set_aside: list[str] = strawberry.field(
        description="搁置的读模型 Read models that stand still until they are rebuilt; their fields answer SET_ASIDE."
    )


@strawberry.type(description="服务状态 The service itself.")
class ServiceStatus:
    """The process that answers."""

    version: str = strawberry.field(description="版本 Version of the service.")
    started_at: datetime = strawberry.field(description="启动时间 Since when the process runs that answers.")

    @strawberry.field(description="投影进度 How far the read models are, of each ledger that the caller may look into.")
    async def read_models(self, info: Info) -> list[ReadModelStanding] | None:
        """Return those of the ledgers that the caller sees, in the order of their codes."""
        seen = info.context.ledgers(Sight.INTERNAL)
        found = await within(REQUEST_S, info.context.services.runner.standings())
        return [
            ReadModelStanding(
                region=RegionRef(code=one.region),
                position=Position(one.position),
                projected=Position(one.projected),
                lag=Position(one.lag),
                lag_seconds=one.lag_s,
                set_aside=sorted(one.aside),
            )
            for one in found
            if one.region in seen
        ][:MOST_READ_MODELS]


@strawberry.type
class ServiceQuery:
    """Queries on the service."""

    @strawberry.field(description="服务状态 Version and state of the service.")
    def service(self, info: Info) -> ServiceStatus | None:
        """Return what the process knows of itself."""
        return ServiceStatus(version=version("taizhang"), started_at=instant(info.context.services.life.started_us))
