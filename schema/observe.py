"""观测: what the telemetry is told of an operation, whether it came by HTTP or over a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from service.telemetry import RECORD, current

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger()


class Observe(SchemaExtension):
    """Gives each operation over a socket a record of its own; that of HTTP is the request's."""

    def on_operation(self) -> Iterator[None]:
        """Go along with an operation from its text to its end."""
        if current().transport != "websocket":
            yield
            return
        # A socket has a task for each operation, so this is not seen by the others.
        record = current().over_it()
        RECORD.set(record)
        try:
            yield
        except BaseException:
            record.failed("CANCELLED")
            raise
        finally:
            record.end()
            log.info("operation", **record.told())

    def on_execute(self) -> Iterator[None]:
        """Take note that a subscription begins."""
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            current().subscribe()
        yield


def refuse(codes: list[str]) -> None:
    """Take note of an operation whose document was refused, before it had come to anything."""
    record = current().over_it() if current().transport == "websocket" else current()
    for code in codes:
        record.failed(code)
    if record is not current():
        record.end()
        log.info("operation", **record.told())
