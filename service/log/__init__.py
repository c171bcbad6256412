"""日志: facts in and out of the append-only log; the only user of the eventsourcing library."""

from service.log.writer import BusyError, UnknownOutcomeError

__all__ = ["BusyError", "UnknownOutcomeError"]
