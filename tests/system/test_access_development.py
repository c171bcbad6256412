"""The development token: everything on one machine with the database that comes along, and nothing anywhere else."""

from __future__ import annotations

import shutil
import stat
from typing import TYPE_CHECKING, Final

import httpx2
import pytest

from service.auth import Development
from tests.system.access import ME, QIYANG, code, data
from tests.system.running import Running, ask, open_place, register, running
from tests.system.sockets import greet, opened, subscribe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLES: Final = "{ me { account grants { role area { code } unit } } }"
GRANTS: Final = "{ roleGrants { nodes { account } } }"


@pytest.fixture(scope="module")
def trial(module_folder: Path) -> Iterator[Running]:
    with running(module_folder) as service:
        yield service


async def test_it_may_do_everything_or_what_a_role_may(trial: Running) -> None:
    file = trial.folder / "development.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text("ascii").strip()
    async with trial.client() as client:
        await open_place(client)
        assert await register(client, 1) > 0
        assert (await ask(client, ME))["me"] == {"account": "development", "principal": None, "grants": []}
    said = f"{token}.UNIT_LIAISON@{QIYANG}?unit=%E6%BC%94%E7%A4%BA"
    async with trial.client(said) as client:
        grant = {"role": "UNIT_LIAISON", "area": {"code": QIYANG}, "unit": "演示"}
        assert (await data(client, ROLES))["me"] == {"account": "development:unit_liaison", "grants": [grant]}
        assert await code(client, GRANTS) == "FORBIDDEN"
        assert (await data(client, "{ projects { nodes { name } } }"))["projects"]["nodes"] == []
    async with opened(trial, {}) as socket:
        await greet(socket, Authorization=f"Bearer {token}.REPORTER@{QIYANG}")
        answer = await subscribe(socket, "{ projects { nodes { name } } }")
        assert answer["payload"]["data"]["projects"]["nodes"] == [{"name": "测试项目1"}]


@pytest.mark.parametrize(
    "more", [".", ".KING@431181", ".REPORTER@431189", ".REPORTER@431181?unti=x", ".REPORTER@431181?unit=a&park=b", "x"]
)
async def test_one_that_is_not_understood_is_refused(trial: Running, more: str) -> None:
    token = (trial.folder / "development.token").read_text("ascii").strip()
    async with trial.client(token + more, at=f"127.0.3.{2 + len(more)}") as client:
        answer = await client.post("/graphql", json={"query": ME})
        assert answer.status_code == httpx2.codes.UNAUTHORIZED


async def test_whoever_reaches_the_service_over_a_network_has_none(trial: Running, folder: Path) -> None:
    # The same folder that a trial has had its token in.
    shutil.copy(trial.folder / "development.token", folder)
    with running(folder, host="0.0.0.0") as service:  # noqa: S104 - that is what is tried.
        await _opens_nothing(service)


async def test_a_database_of_ones_own_has_none(database_with_tables: str, folder: Path) -> None:
    Development.at(folder)
    with running(folder, database_url=database_with_tables) as service:
        await _opens_nothing(service)
    # It is not made for one, either.
    (folder / "development.token").unlink()
    with running(folder, database_url=database_with_tables):
        assert not (folder / "development.token").exists()


async def _opens_nothing(service: Running) -> None:
    token = (service.folder / "development.token").read_text("ascii").strip()
    for said in (token, f"{token}.LEADER@000000"):
        async with service.client(said) as client:
            answer = await client.post("/graphql", json={"query": ME})
            assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    async with service.client("") as client:
        assert (await data(client, ME))["me"]["account"] == "anonymous"
