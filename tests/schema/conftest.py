"""The API over the real services: `api` on an empty ledger of its own, `told` on the story, for questions alone.

A module whose tests only ask about a story of their own tells it once (`shared`).
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent
from typing import Any, Final, Self

import asyncpg
import orjson
import pytest
from graphql import OperationType

import projections
from projections.runner import Runner
from schema import schema
from schema.context import Context, Services
from service.access import LOCAL, Caller
from service.database import PUBLIC_ROLE, QUERY_ROLE, pool
from service.directory import Directory
from service.domain.roles import Grant
from service.embedded import EmbeddedPostgres
from service.handle import Handler
from service.journal import Journal
from service.log.log import Log
from tests.conftest import copy
from tests.schema.story import tell

SNAPSHOTS: Final = Path(__file__).parent / "snapshots"
WRITE: Final = os.environ.get("TAIZHANG_SNAPSHOTS") == "write"


@dataclass
class Api:
    """The schema with what it stands on.

    Attributes:
        caller: who asks.
        took: statements that the last question sent to the read models, as the schema tells.
        seen: the same, as the driver tells.
        sent: values of the last one's parameters.
        alone: whether nobody writes meanwhile, so that a question may be asked in two ways.
    """

    services: Services
    dsn: str
    caller: Caller = LOCAL
    took: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    sent: tuple[Any, ...] = ()
    alone: bool = True

    async def ask(self, text: str, **variables: Any) -> Any:
        """Return the whole answer, with its errors."""
        context = Context(self.caller, self.services, splices=True)
        self.seen.clear()
        answer = await schema.execute(text, variable_values=variables, context_value=context)
        self.took = context.statements
        # An error may end the answer before another field's statement was sent.
        assert answer.errors is not None or self.seen == context.sent
        if answer.data is not None:
            answer.data = orjson.loads(orjson.dumps(answer.data))
        read = context.read
        if read is None or read.operation.operation is not OperationType.QUERY:
            return answer
        if self.alone and schema.plans.of(read, variables).roots is not None:
            seen, sent = list(self.seen), self.sent
            await self._compare(text, variables, answer)
            self.seen[:], self.sent = seen, sent
        return answer

    async def _compare(self, text: str, variables: dict[str, Any], answer: Any) -> None:
        """Hold an answer that the executor did not put together against the executor's."""
        plain = await schema.execute(text, variable_values=variables, context_value=Context(self.caller, self.services))
        assert order_of(answer) == order_of(plain), text

    def by(self, *grants: Grant, actor: str = "oidc:somebody") -> Self:
        """Return the same API for somebody who was granted this."""
        return replace(self, caller=Caller(actor, grants=grants), took=[])

    async def query(self, text: str, **variables: Any) -> Any:
        """Return the data of an answer without errors."""
        answer = await self.ask(text, **variables)
        assert answer.errors is None, answer.errors
        return answer.data

    async def refused(self, text: str, **variables: Any) -> dict[str, Any]:
        """Return the one error of an answer, as a client sees it."""
        answer = await self.ask(text, **variables)
        assert answer.errors is not None
        (error,) = answer.errors
        return {"message": error.message, **(error.extensions or {})}

    def hear(self, logged: asyncpg.connection.LoggedQuery) -> None:
        """Note a statement, unless the driver asks for itself what a type is, once a connection."""
        if "'jit'" not in logged.query and "typeinfo" not in logged.query:
            self.seen.append(logged.query)
            self.sent = logged.args

    async def positions(self) -> dict[str, int]:
        """Return how long each region's log is."""
        return {one.region: one.position for one in await self.services.runner.standings()}


def order_of(answer: Any) -> str:
    """Return an answer as text, so that the order of its keys counts."""
    errors = [one.formatted for one in answer.errors or ()]
    return orjson.dumps([answer.data, errors], option=orjson.OPT_INDENT_2).decode()


@asynccontextmanager
async def api_on(dsn: str) -> AsyncIterator[Api]:
    """Give the API on a database whose tables are made."""
    async with (
        Log.open(dsn) as facts,
        pool(dsn, size=1, name="reading", role=QUERY_ROLE) as reading,
        pool(dsn, size=1, name="public", role=PUBLIC_ROLE) as public,
        pool(dsn, size=1, name="journal") as noting,
        pool(dsn, size=3, name="feeding") as feeding,
    ):
        runner = Runner(facts, feeding, projections.ALL)
        running = asyncio.create_task(runner.run())
        api = Api(Services(Handler(facts), runner, reading, public, Journal(noting), Directory(facts)), dsn)
        for asked in (reading, public, noting):
            async with asked.acquire() as connection:
                connection.add_query_logger(api.hear)
        try:
            yield api
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def shared(
    cluster: EmbeddedPostgres, tables: str, story: Callable[[Api], Awaitable[object]]
) -> AsyncIterator[Api]:
    """Give the API over a story to tests that only ask: told once, and nothing may be stored after it.

    A test that stores something takes `api`, which is its own.
    """
    async with copy(cluster, tables) as dsn, api_on(dsn) as ready:
        await story(ready)
        before = await ready.positions()
        yield ready
        assert await ready.positions() == before, "a test has stored something in a ledger that it shares"


@pytest.fixture
async def api(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over a ledger without a fact."""
    async with copy(cluster, tables) as dsn, api_on(dsn) as ready:
        yield ready


@pytest.fixture(scope="session")
async def told(cluster: EmbeddedPostgres, tables: str) -> AsyncIterator[Api]:
    """Give the API over the story, which no test changes."""

    async def story(api: Api) -> None:
        for region, position in (await tell(api.services.handler)).items():
            assert await api.services.runner.wait_for(region, position, 10)

    async with shared(cluster, tables, story) as ready:
        yield ready


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Return what compares a text with the file of that name, or writes it if TAIZHANG_SNAPSHOTS=write."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        if WRITE:
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"no snapshot {path.name}: run with TAIZHANG_SNAPSHOTS=write and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return compare


def written(question: str, answer: object, statements: list[str]) -> str:
    """Return a question, its answer and the statements that it took, as a snapshot keeps them."""
    sql = "\n\n".join(dedent(one).strip() for one in statements)
    return f"{dedent(question).strip()}\n\n{json.dumps(answer, ensure_ascii=False, indent=2)}\n\n{sql}\n"
