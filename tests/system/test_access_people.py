"""People with access tokens over HTTP: what is taken, what every forgery gets, and what nobody ever reads again."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Final

import httpx2
import pytest

from service.domain.roles import Role
from tests.auth.oidc_mock import LIKE_KEYCLOAK, PLAIN, mock_provider, signed_in
from tests.auth.oidc_provider import SUBJECT, b64, dump, key, sign
from tests.system.access import ME, PROJECT, QIYANG, data, watcher
from tests.system.operator import operating
from tests.system.running import bearer, running
from tests.system.sockets import greet, opened, subscribe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.system.access import World

PERSON: Final = f"oidc:{SUBJECT}"
CHALLENGE: Final = 'Bearer error="invalid_token"'
FAILED: Final = """query ($after: String) { failedAttempts(first: 100, after: $after) {
  nodes { caller address operation code detail count } pageInfo { endCursor hasNextPage } } }"""


def said(world: World, **other: Any) -> dict[str, Any]:
    """Return what Keycloak says in an access token of now."""
    now = int(time.time())
    return world.provider.claims(exp=now + 300, iat=now, auth_time=now - 60) | other


def token(world: World, **other: Any) -> str:
    return sign(said(world, **other), key("RSA"))


def _none(world: World) -> str:
    return f"{b64(json.dumps({'alg': 'none', 'typ': 'JWT'}).encode())}.{b64(dump(said(world)))}."


def _with_the_public_key(world: World) -> str:
    header = {"alg": "HS256", "typ": "JWT", "kid": key("RSA").kid}
    told = f"{b64(json.dumps(header).encode())}.{b64(dump(said(world)))}"
    return f"{told}.{b64(hmac.digest(key('RSA').as_pem(private=False), told.encode(), 'sha256'))}"


def _changed(world: World) -> str:
    head, _, mark = token(world).split(".")
    return f"{head}.{b64(dump(said(world, sub='0c4e6a0a')))}.{mark}"


FORGED: Final[dict[str, tuple[str, Callable[[World], str]]]] = {
    "none": ("wrong_algorithm", _none),
    "hs256 with the public key": ("wrong_algorithm", _with_the_public_key),
    "changed": ("bad_signature", _changed),
    "another's key": ("bad_signature", lambda world: sign(said(world), key("RSA", 7), kid=key("RSA").kid)),
    "expired": ("expired", lambda world: token(world, exp=int(time.time()) - 3600, iat=int(time.time()) - 7200)),
    "not yet valid": ("not_yet_valid", lambda world: token(world, nbf=int(time.time()) + 3600)),
    "another audience": ("wrong_audience", lambda world: token(world, aud=["account", "other"])),
    "another issuer": ("wrong_issuer", lambda world: token(world, iss="https://sso.example/realms/city")),
    "unknown kid": ("unknown_key", lambda world: sign(said(world), key("RSA", 7))),
    "an ID token": ("not_an_access_token", lambda world: token(world, typ="ID")),
    "a refresh token": ("not_an_access_token", lambda world: token(world, typ="Refresh")),
    "nobody's": ("no_subject", lambda world: token(world, sub=None)),
    "9 KB": ("malformed", lambda world: token(world, more="x" * 9_000)),
    "opaque": ("malformed", lambda _world: base64.urlsafe_b64encode(bytes(range(40))).decode()),
    "a key's beginning": ("bad_key", lambda _world: "tz_0123456789abcdef_" + "A" * 43),
    "a development token": ("bad_key", lambda _world: "tz_dev_" + "A" * 32 + ".CITY_DISPATCHER@431181"),
}
"""What is sent -> why it is refused, which the journal alone is told, and how it is made."""


async def test_a_person_is_who_the_provider_says_and_may_what_was_granted_here(world: World) -> None:
    # What the token says of roles opens nothing.
    mine = token(world, realm_access={"roles": ["CITY_DISPATCHER", "admin"]}, sub="boss-1")
    for service in world.services:
        async with service.client(mine) as client:
            assert (await data(client, ME))["me"] == {"account": "oidc:boss-1", "principal": None, "grants": []}
            assert (await data(client, PROJECT, id=world.hidden.node))["project"] is None
    await world.operator.grant("oidc:boss-1", Role.LEADER, QIYANG)
    await world.known(mine)
    for service in world.services:
        async with service.client(mine) as client:
            assert (await data(client, PROJECT, id=world.hidden.node))["project"] == {"name": world.hidden.name}
        async with opened(service, {}) as socket:
            await greet(socket, Authorization=f"Bearer {mine}")
            answer = await subscribe(socket, PROJECT, id=world.hidden.node)
            assert answer["payload"]["data"]["project"] == {"name": world.hidden.name}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "taizhang"},
        {"aud": ["account", "taizhang"]},
        {"typ": None, "azp": None, "acr": None},
        {"exp": None, "seconds_ago": 10},
    ],
    ids=["audience as a text", "audience as a list", "nothing but what is needed", "within the leeway of clocks"],
)
async def test_shapes_that_providers_give_are_taken(world: World, changes: dict[str, Any]) -> None:
    ago = changes.pop("seconds_ago", None)
    if ago is not None:
        changes["exp"] = int(time.time()) - ago
    async with world.here.client(token(world, **changes)) as client:
        assert (await data(client, ME))["me"]["account"] == PERSON


async def test_every_forgery_gets_the_same_answer_and_leaves_nothing_of_itself(world: World) -> None:
    made = {name: forge(world) for name, (_, forge) in FORGED.items()}
    addresses = {name: world.address() for name in made}
    answers = {}
    for name, one in made.items():
        async with world.here.client(one, at=addresses[name]) as client:
            answers[name] = await client.post("/graphql", json={"query": "{ places { name } }"})
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(made, 401)
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {CHALLENGE}
    assert {answer.headers["Content-Type"] for answer in answers.values()} == {"application/json"}
    (body,) = {answer.content for answer in answers.values()}
    (error,) = json.loads(body)["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED", "messageZh": "令牌或密钥无效。"}

    # The journal tells the reason, and neither it nor the service's log has a word of a token.
    async with world.here.client(await watcher(world)) as client:
        noted: list[dict[str, Any]] = []

        async def all_are_noted() -> bool:
            noted[:] = await attempts(client)
            return {one["address"] for one in noted} >= set(addresses.values())

        await world.eventually(all_are_noted)
    why = {one["address"]: (one["caller"], one["operation"], one["code"], one["detail"]) for one in noted}
    assert {name: why[addresses[name]] for name in made} == {
        name: (None, "signIn", "UNAUTHENTICATED", reason) for name, (reason, _) in FORGED.items()
    }
    written = world.here.told + json.dumps(noted)
    for name, one in made.items():
        assert not [part for part in one.split(".") if len(part) >= 20 and part[:200] in written], name


async def test_a_head_that_does_not_end_is_cut_off_before_anybody_looks_at_it(world: World) -> None:
    async with world.here.client(token(world, more="x" * 1_000_000)) as client:
        # Told so, or cut off while still sending: what comes first.
        with contextlib.suppress(httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            answer = await client.post("/graphql", json={"query": ME})
            assert answer.status_code == httpx2.codes.REQUEST_HEADER_FIELDS_TOO_LARGE
            assert answer.json()["errors"][0]["extensions"]["code"] == "TOO_LARGE"
    async with world.here.client("") as client:
        assert "data" in (await client.post("/graphql", json={"query": ME})).json()


async def test_a_token_over_a_websocket_that_is_too_long_breaks_nothing(world: World) -> None:
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        asking = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        more = {
            "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
            "Sec-WebSocket-Protocol": "graphql-transport-ws",
        }
        headers = asking | more | bearer("x" * 1_000_000)
        answer = await client.get(f"{world.here.address}/graphql", headers=headers)
        assert answer.status_code in {400, 401, 403, 431}
    async with world.here.client("") as client:
        assert "data" in (await client.post("/graphql", json={"query": ME})).json()


async def test_a_person_who_signed_in_at_a_real_provider(folder: Path, database_with_tables: str) -> None:
    with mock_provider() as issuer:
        settings = {"oidc_issuer": issuer, "oidc_audience": "taizhang", "oidc_name": "city"}
        tokens = await signed_in(issuer, LIKE_KEYCLOAK["sub"])
        other = await signed_in(issuer, PLAIN["sub"], nonce="n")
        with running(folder, database_url=database_with_tables, **settings) as service:
            async with operating(database_with_tables) as operator:
                await operator.open_place(QIYANG, "祁阳市")
                await operator.grant("city:6f1c2b1e", Role.SECURITY_ADMIN, "000000")
            async with service.client(tokens["id_token"]) as client:
                me = (await data(client, ME))["me"]
                assert (me["account"], me["principal"]) == ("city:6f1c2b1e", None)
            # What it gives beside it is no JWT, or is not for a service.
            for refused in (tokens["access_token"], other["id_token"], tokens["id_token"][:-8] + "AAAAAAAA"):
                async with service.client(refused) as client:
                    answer = await client.post("/graphql", json={"query": ME})
                    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, CHALLENGE)


async def attempts(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    """Return all failed attempts."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = (await data(client, FAILED, after=after))["failedAttempts"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]
