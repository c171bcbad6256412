"""A GraphQL server as Strawberry's documentation builds one, over the ledger of `stock`, whose calls go to threads.

Run by `python -m benchmarks.peers.server PORT`, with the library's own settings in the environment.
"""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from strawberry.asgi import GraphQL

from benchmarks.peers.eventsourced import POOL, Ledger

_ledger = Ledger()
_threads = ThreadPoolExecutor(POOL)


@strawberry.input
class RegisterInput:
    """A project to register."""

    name: str


@strawberry.input
class ReportInput:
    """A figure to report."""

    project_id: UUID
    through: str
    amount_fen: str


@strawberry.type
class Payload:
    """What became of it; refusals are none here, as there are no rules."""

    id: UUID
    version: int
    user_errors: list[str]


@strawberry.type
class Query:
    """What every schema must have."""

    name: str = "stock"


@strawberry.type
class Mutation:
    """The two commands."""

    @strawberry.mutation
    async def project_register(self, input: RegisterInput) -> Payload:  # noqa: A002 - the field's own word.
        """Register a project."""
        made = await asyncio.get_running_loop().run_in_executor(_threads, _ledger.register, input.name)
        return Payload(id=made, version=1, user_errors=[])

    @strawberry.mutation
    async def completion_report(self, input: ReportInput) -> Payload:  # noqa: A002 - as above.
        """Report a figure."""
        version = await asyncio.get_running_loop().run_in_executor(
            _threads, _ledger.report, input.project_id, input.through, int(input.amount_fen)
        )
        return Payload(id=input.project_id, version=version, user_errors=[])


async def _ready(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("ready")


app = Starlette(
    routes=[Route("/readyz", _ready), Mount("/graphql", GraphQL(strawberry.Schema(query=Query, mutation=Mutation)))]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
