"""An installation as it stands in a county: two services on one database, with people, machines and the public."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4, uuid5

from schema.values import encode_id
from service.database import owner
from service.domain import identity, project
from service.domain.decider import NAMESPACE
from service.domain.publication import PublishedItem
from service.domain.roles import Role
from service.domain.values import Code, Name, Personal, Region
from tests.examples import publication, roster
from tests.system.operator import operating
from tests.system.running import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    import httpx2

    from tests.auth.oidc_provider import LocalProvider
    from tests.system.operator import Key, Operator
    from tests.system.running import Running

QIYANG: Final = "431181"
LENGSHUITAN: Final = "431103"
UNIT: Final = "演示市商务局"
PATIENCE_S: Final = 15.0
"""How long another process is waited for: a machine that runs many tests may be slow; what is right comes sooner."""

_COUNT: Final = itertools.count()

ME: Final = "{ me { account principal grants { role } } }"
PROJECT: Final = "query ($id: ID!) { project(id: $id) { name } }"
PROJECTS: Final = "{ projects(first: 50) { nodes { name } } }"
ROSTER: Final = "query ($id: ID!) { project(id: $id) { roster { role holder contact } } }"
NOTE: Final = """mutation ($input: NoteProgressInput!) {
  progressNote(input: $input) { userErrors { code path } position } }"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A project of the story."""

    id: UUID
    region: str
    name: str

    @property
    def node(self) -> str:
        """Its global id."""
        return encode_id("Project", Region(self.region), self.id)

    def note(self, text: str) -> dict[str, Any]:
        """Return the input that notes progress."""
        return {"commandId": str(uuid4()), "projectId": self.node, "occurredOn": "2022-05-01", "text": text}


@dataclass
class World:
    """Two services on one database; `shown` is published, `hidden` is not, `elsewhere` is another county's."""

    dsn: str
    operator: Operator
    provider: LocalProvider
    here: Running
    there: Running
    shown: Subject
    hidden: Subject
    elsewhere: Subject
    keys: dict[str, Key] = field(default_factory=dict)
    day: date = date(2022, 5, 1)
    _addresses: Iterator[str] = field(default_factory=lambda: (f"127.0.{one // 250}.{one % 250 + 2}" for one in _COUNT))

    @property
    def services(self) -> tuple[Running, Running]:
        """Both."""
        return self.here, self.there

    def address(self) -> str:
        """Return a loopback address that nobody has sent anything from: bad tokens are held against an address."""
        return next(self._addresses)

    async def eventually(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait for what another process brings about; not for ever."""
        async with asyncio.timeout(PATIENCE_S):
            while not await true():  # noqa: ASYNC110 - It is in another process.
                await asyncio.sleep(0.02)

    async def known(self, token: str, *, grants: int = 1, principal: str | None = None) -> None:
        """Wait until both services know a token and so many of its grants."""
        for service in self.services:
            async with service.client(token, at=self.address()) as client:
                if principal is not None:
                    client.headers["Taizhang-Principal"] = principal

                async def is_known(client: httpx2.AsyncClient = client) -> bool:
                    # A key that is not known yet is held against the address, and passes all the same once it is.
                    me = await asked(client, ME)
                    return "data" in me and len(me["data"]["me"]["grants"]) == grants

                await self.eventually(is_known)

    async def fetch(self, sql: str, *values: object) -> list[Any]:
        """Return rows, as the database's own user sees them."""
        async with owner(self.dsn) as connection:
            return list(await connection.fetch(sql, *values))

    async def register(self, name: str, region: str = QIYANG) -> Subject:
        """Register a project."""
        return await register(self.operator, name, region)

    async def shows(self, subject: Subject, query: str = PROJECT) -> None:
        """Wait until both services show the public a project."""
        for service in self.services:
            async with service.client("") as client:

                async def is_shown(client: httpx2.AsyncClient = client) -> bool:
                    return (await data(client, query, id=subject.node))["project"] is not None

                await self.eventually(is_shown)


async def asked(client: httpx2.AsyncClient, query: str, **variables: Any) -> Any:
    """Return a whole answer, with its errors."""
    return (await client.post("/graphql", json={"query": query, "variables": variables})).json()


async def data(client: httpx2.AsyncClient, query: str, **variables: Any) -> Any:
    """Return the data of an answer without errors."""
    answer = await asked(client, query, **variables)
    assert "errors" not in answer, answer
    return answer["data"]


async def code(client: httpx2.AsyncClient, query: str, **variables: Any) -> str:
    """Return the code of an answer's one error, or of a mutation's one refusal."""
    answer = await asked(client, query, **variables)
    if "errors" in answer:
        (error,) = answer["errors"]
        return str(error["extensions"]["code"])
    (payload,) = answer["data"].values()
    (refused,) = payload["userErrors"]
    return str(refused["code"])


async def register(operator: Operator, name: str, region: str) -> Subject:
    """Register a project that the unit answers for."""
    made = identity.Identity(
        name=Name(name),
        region=Region(region),
        category=Code("PRODUCTIVE"),
        track=identity.Track.GOVERNMENT,
        responsible_unit=Name(UNIT),
    )
    command_id = uuid4()
    await operator.send(Region(region), project.RegisterProject(identity=made), command_id)
    return Subject(uuid5(NAMESPACE, f"project:{command_id}"), region, name)


async def publish(operator: Operator, subject: Subject, *items: PublishedItem) -> None:
    """Publish items of a project."""
    command = replace(publication.PUBLISH, project_id=subject.id, items=items, approved_on=date(2022, 4, 20))
    await operator.send(Region(subject.region), command)


async def staff(operator: Operator, subject: Subject) -> None:
    """Give a project an official who is named in public, and a steward who is not."""
    lead = replace(roster.ASSIGN_LEAD, project_id=subject.id, contact=Personal("13800000001"))
    steward = replace(roster.ASSIGN_STEWARD, project_id=subject.id, contact=Personal("13900000002"))
    for command in (lead, steward):
        await operator.send(Region(subject.region), command)


@asynccontextmanager
async def world_on(dsn: str, folders: tuple[Path, Path], provider: LocalProvider) -> AsyncIterator[World]:
    """Give an installation on an empty database."""
    async with operating(dsn) as operator:
        await operator.open_place(QIYANG, "祁阳市")
        await operator.open_place(LENGSHUITAN, "冷水滩区")
        shown = await register(operator, "演示公开项目", QIYANG)
        hidden = await register(operator, "演示内部项目", QIYANG)
        elsewhere = await register(operator, "演示他县项目", LENGSHUITAN)
        await staff(operator, shown)
        await staff(operator, hidden)
        await publish(operator, shown, PublishedItem.STAGE, PublishedItem.ROSTER)
        with _pair(dsn, folders, provider) as (here, there):
            told = World(dsn, operator, provider, here, there, shown, hidden, elsewhere)
            await told.shows(shown)
            yield told


@contextmanager
def _pair(dsn: str, folders: tuple[Path, Path], provider: LocalProvider) -> Iterator[tuple[Running, Running]]:
    signing = {"database_url": dsn, "log_level": "debug", "oidc_issuer": provider.issuer, "oidc_audience": "taizhang"}
    with (
        running(folders[0], **signing) as here,
        # Behind a proxy of this machine.
        running(folders[1], **signing, trusted_proxies="127.0.0.1") as there,
    ):
        yield here, there


async def watcher(world: World) -> str:
    """Return the token of a machine that may read the journal."""
    key = await world.operator.machine(f"watcher-{uuid4().hex[:8]}", Role.AUDIT_ADMIN, "000000")
    await world.known(key.token)
    return key.token
