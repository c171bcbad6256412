"""A ledger as the eventsourcing library's documentation builds one: an aggregate, an application, tables of its own."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

if TYPE_CHECKING:
    from service.embedded import EmbeddedPostgres

ABSENT: Final = "not measured: psycopg is not installed, see requirements.txt"
POOL: Final = 16


class Project(Aggregate):
    """A project and what it has reported as completed, in fen, by period."""

    @event("Registered")
    def __init__(self, name: str) -> None:
        self.name = name
        self.completed: dict[str, int] = {}

    @event("CompletionReported")
    def report(self, through: str, amount_fen: int) -> None:
        """Take a figure."""
        self.completed[through] = amount_fen


class Ledger(Application[UUID]):
    """Takes commands, each by one read of its project and one save."""

    def register(self, name: str) -> UUID:
        """Register a project."""
        project = Project(name=name)
        self.save(project)
        return project.id

    def report(self, project_id: UUID, through: str, amount_fen: int) -> int:
        """Report a figure; return the project's version."""
        project: Project = self.repository.get(project_id)
        project.report(through, amount_fen)
        self.save(project)
        return project.version


def is_there() -> bool:
    """Return whether the library's driver of PostgreSQL is installed."""
    return find_spec("psycopg") is not None


def settings(server: EmbeddedPostgres) -> dict[str, str]:
    """Return the environment by which the library finds the server."""
    dsn = server.dsn()
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": dsn.partition("@/")[2].partition("?")[0],
        "POSTGRES_HOST": dsn.partition("host=")[2].partition("&")[0].replace("%2F", "/"),
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": dsn.partition("//")[2].partition("@")[0],
        "POSTGRES_PASSWORD": "",  # The operating system says who it is.
        "POSTGRES_POOL_SIZE": str(POOL),
        "POSTGRES_MAX_OVERFLOW": "0",
        "POSTGRES_MAX_WAITING": "1024",
        "POSTGRES_CONN_MAX_AGE": "",
    }
