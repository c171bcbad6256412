"""Bad keys slow an address down, and nobody else; whose address it is, a proxy says that is trusted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx2

from service.domain.roles import Role
from service.throttle import FREE
from tests.system.access import ME, QIYANG, data, watcher
from tests.system.running import bearer
from tests.system.test_access_people import attempts, token

if TYPE_CHECKING:
    from tests.system.access import World
    from tests.system.running import Running

BAD: Final = "tz_0123456789abcdef_" + "C" * 43
BEHIND: Final = ("203.0.113.9", "203.0.113.10", "198.51.100.7")


async def _sent(service: Running, headers: dict[str, str], at: str) -> httpx2.Response:
    async with service.client("", at=at) as client:
        return await client.post("/graphql", json={"query": ME}, headers=headers)


async def _noted(world: World, *addresses: str) -> dict[str, dict[str, int]]:
    """Return what the journal has of addresses, once it has something of each: code -> how often."""
    found: dict[str, dict[str, int]] = {}
    async with world.here.client(await watcher(world)) as client:

        async def is_there() -> bool:
            found.clear()
            for one in await attempts(client):
                of = found.setdefault(one["address"], {})
                of[one["code"]] = of.get(one["code"], 0) + one["count"]
            return found.keys() >= set(addresses)

        await world.eventually(is_there)
    return {address: found[address] for address in addresses}


async def test_bad_keys_make_an_address_wait_and_good_ones_pass_all_the_same(world: World) -> None:
    good = await world.operator.machine("behind-one-address", Role.REPORTER, QIYANG)
    await world.known(good.token)
    known = token(world, sub="known-before")
    slow, other = world.address(), world.address()
    assert (await _sent(world.here, bearer(known), slow)).status_code == httpx2.codes.OK
    statuses = [(await _sent(world.here, bearer(BAD), slow)).status_code for _ in range(FREE)]
    assert statuses == [httpx2.codes.UNAUTHORIZED] * FREE
    answer = await _sent(world.here, bearer(BAD), slow)
    assert answer.status_code == httpx2.codes.TOO_MANY_REQUESTS
    assert int(answer.headers["Retry-After"]) >= 1
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("RATE_LIMITED", True)
    assert "WWW-Authenticate" not in answer.headers
    # A key is known by heart, a token that was taken before too, and the public is asked for nothing.
    for headers in (bearer(good.token), bearer(known), {}):
        assert (await _sent(world.here, headers, slow)).status_code == httpx2.codes.OK
    assert (await _sent(world.here, bearer(BAD), other)).status_code == httpx2.codes.UNAUTHORIZED
    # That it was slowed down stands in the journal once, however much is sent meanwhile.
    noted = await _noted(world, slow, other)
    assert noted == {slow: {"UNAUTHENTICATED": FREE, "RATE_LIMITED": 1}, other: {"UNAUTHENTICATED": 1}}


async def test_an_address_is_what_a_trusted_proxy_says_and_nobody_else(world: World) -> None:
    headers = bearer(BAD)
    # The second service trusts 127.0.0.1; what a client has put in front of what the proxy says is nothing.
    for forwarded in (BEHIND[0], f"{BEHIND[2]}, {BEHIND[1]}"):
        answer = await _sent(world.there, headers | {"X-Forwarded-For": forwarded}, "127.0.0.1")
        assert answer.status_code == httpx2.codes.UNAUTHORIZED
    # It does not trust another address, and the first service trusts none.
    stranger, peer = world.address(), world.address()
    for service, at in ((world.there, stranger), (world.here, peer)):
        answer = await _sent(service, headers | {"X-Forwarded-For": BEHIND[2]}, at)
        assert answer.status_code == httpx2.codes.UNAUTHORIZED
    noted = await _noted(world, BEHIND[0], BEHIND[1], stranger, peer)
    assert list(noted.values()) == [{"UNAUTHENTICATED": 1}] * 4
    async with world.here.client(await watcher(world)) as client:
        assert BEHIND[2] not in json.dumps(await attempts(client))


async def test_a_client_behind_a_proxy_slows_itself_down_alone(world: World) -> None:
    async def sent(client: str, said: str) -> int:
        return (await _sent(world.there, bearer(said) | {"X-Forwarded-For": client}, "127.0.0.1")).status_code

    assert [await sent("203.0.113.77", BAD) for _ in range(FREE + 1)] == [401] * FREE + [429]
    assert await sent("203.0.113.78", BAD) == httpx2.codes.UNAUTHORIZED
    key = await world.operator.machine("behind-a-proxy", Role.REPORTER, QIYANG)
    await world.known(key.token)
    assert await sent("203.0.113.77", key.token) == httpx2.codes.OK


async def test_what_a_key_was_used_for_last_is_where_it_came_from(world: World) -> None:
    key = await world.operator.machine("used", Role.REPORTER, QIYANG)
    await world.known(key.token)
    at = world.address()
    async with world.here.client(key.token, at=at) as client:
        assert (await data(client, ME))["me"]["account"] == "machine:used"

    async def is_noted() -> bool:
        rows: list[Any] = await world.fetch("SELECT address FROM taizhang.key_use WHERE key_id = $1", key.key_id)
        return [row["address"] for row in rows] == [at]

    await world.eventually(is_noted)
