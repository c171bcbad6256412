"""How the provider's keys are fetched: seldom, by one at a time and within bounds; and what holds while it is away."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from structlog.testing import capture_logs

from service.oidc import BadTokenError, Reason
from service.oidc_keys import usable
from tests.auth.oidc_provider import (
    KEYS,
    METADATA,
    Clock,
    LocalProvider,
    answer,
    key,
    local_provider,
    sign,
    verifying,
    why,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def provider() -> AsyncIterator[LocalProvider]:
    async with local_provider() as one:
        yield one


def _fetching() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "keys of the provider"]


async def test_the_keys_are_fetched_when_they_are_first_needed(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, "no.to.ken") is Reason.MALFORMED
        assert not _fetching()
        assert await why(verifier, provider.token()) is None
        assert await why(verifier, provider.token(jti="other")) is None
        assert provider.asked == {METADATA: 1, KEYS: 1}


async def test_an_address_of_keys_that_is_set_needs_no_metadata(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(jwks_url=f"{provider.address}{KEYS}"), clock) as verifier:
        assert await why(verifier, provider.token()) is None
        assert provider.asked == {KEYS: 1}


async def test_a_flood_of_unknown_keys_costs_one_fetch_in_ten_seconds(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is None
        for fetches in (1, 2, 3):
            flood = [sign(provider.claims(), key("RSA"), kid=f"{fetches}-{number}") for number in range(200)]
            assert {*await asyncio.gather(*(why(verifier, token) for token in flood))} == {Reason.UNKNOWN_KEY}
            clock.forward(9.9)
            assert await why(verifier, flood[0]) is Reason.UNKNOWN_KEY
            assert provider.asked[KEYS] == fetches
            clock.forward(0.1)


async def test_all_wait_for_the_same_fetch_and_one_that_leaves_does_not_end_it(
    provider: LocalProvider, clock: Clock
) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        provider.open.clear()
        waiting = [asyncio.create_task(why(verifier, provider.token(jti=str(number)))) for number in range(50)]
        await provider.came.wait()
        waiting[0].cancel()
        provider.open.set()
        assert {*await asyncio.gather(*waiting[1:])} == {None}
        assert waiting[0].cancelled()
        assert provider.asked == {METADATA: 1, KEYS: 1}


async def test_a_fetch_that_takes_long_is_still_the_only_one(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        provider.open.clear()
        first = asyncio.create_task(why(verifier, provider.token()))
        await provider.came.wait()
        clock.forward(11)
        second = asyncio.create_task(why(verifier, provider.token(jti="other")))
        await asyncio.sleep(0)  # It has come to where it waits.
        provider.open.set()
        assert (await first, await second) == (None, None)
        assert provider.asked == {METADATA: 1, KEYS: 1}


async def test_a_known_key_waits_for_nobody(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is None
        clock.forward(10)
        provider.open.clear()
        provider.came.clear()
        unknown = asyncio.create_task(why(verifier, sign(provider.claims(), key("RSA"), kid="other")))
        await provider.came.wait()
        assert await why(verifier, provider.token(jti="other")) is None
        assert not unknown.done()
        provider.open.set()
        assert await unknown is Reason.UNKNOWN_KEY


async def test_old_keys_are_fetched_behind_the_back_of_a_request(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        long: dict[str, Any] = {"exp": int(clock()) + 10_000}
        assert await why(verifier, provider.token(**long)) is None
        clock.forward(600)
        assert await why(verifier, provider.token(jti="a", **long)) is None
        assert provider.asked[KEYS] == 1
        clock.forward(1)
        provider.open.clear()
        provider.came.clear()
        assert await why(verifier, provider.token(**long)) is None  # A known token, and nobody answers yet.
        await provider.came.wait()
        assert await why(verifier, provider.token(jti="b", **long)) is None
        provider.open.set()
        assert await why(verifier, sign(provider.claims(), key("RSA"), kid="other")) is Reason.UNKNOWN_KEY
        assert provider.asked == {METADATA: 2, KEYS: 2}


async def test_keys_that_roll_over_never_refuse_a_right_token(provider: LocalProvider, clock: Clock) -> None:
    """The provider signs with a new key at once, and publishes the old one as long as its tokens last."""
    old, new = key("RSA"), key("RSA", 1)
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token(old)) is None
        clock.forward(60)
        provider.keys = [new, old]
        assert await why(verifier, provider.token(new)) is None
        assert await why(verifier, provider.token(old, jti="late")) is None
        clock.forward(60)
        provider.keys = [new]
        assert await why(verifier, provider.token(key("RSA", 2))) is Reason.UNKNOWN_KEY  # This one looks again.
        assert await why(verifier, provider.token(old, jti="later")) is Reason.UNKNOWN_KEY
        assert await why(verifier, provider.token(new, jti="later")) is None


async def test_a_provider_that_is_away_at_the_start_is_waited_for(provider: LocalProvider, clock: Clock) -> None:
    await provider.stop()
    async with verifying(provider.settings(), clock) as verifier:
        with capture_logs() as logged:
            for _ in range(3):
                with pytest.raises(BadTokenError) as caught:
                    await verifier.verify(provider.token())
                assert (caught.value.reason, caught.value.retryable) == (Reason.PROVIDER_AWAY, True)
                clock.forward(10)
        assert [one["why"] for one in logged] == ["ConnectError"]
        await provider.start()
        assert await why(verifier, provider.token()) is None


async def test_keys_are_used_for_a_day_while_the_provider_is_away(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        long: dict[str, Any] = {"exp": int(clock()) + 200_000}
        assert await why(verifier, provider.token(**long)) is None
        await provider.stop()
        clock.forward(86_400)
        assert await why(verifier, provider.token(jti="a", **long)) is None
        # Whether such a key exists now, nobody can say.
        assert await why(verifier, provider.token(key("RSA", 1), **long)) is Reason.PROVIDER_AWAY
        clock.forward(1)
        assert await why(verifier, provider.token(jti="b", **long)) is Reason.PROVIDER_AWAY
        await provider.start()
        clock.forward(10)
        assert await why(verifier, provider.token(jti="b", **long)) is None


async def test_a_token_need_not_name_its_key_where_there_is_no_choice(provider: LocalProvider, clock: Clock) -> None:
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, sign(provider.claims(), key("RSA"), kid=None)) is None
        provider.keys.append(key("RSA", 1))
        clock.forward(601)
        assert await why(verifier, sign(provider.claims(exp=int(clock()) + 9), key("RSA"), kid="other")) is not None
        assert (
            await why(verifier, sign(provider.claims(exp=int(clock()) + 9), key("RSA"), kid=None)) is Reason.UNKNOWN_KEY
        )


async def test_keys_of_two_kinds_may_have_one_id(provider: LocalProvider, clock: Clock) -> None:
    same = [{**key(kind).as_dict(private=False), "kid": "same"} for kind in ("EC", "RSA")]
    provider.spoiled[KEYS] = answer({"keys": same})
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, sign(provider.claims(), key("RSA"), kid="same")) is None
        assert await why(verifier, sign(provider.claims(), key("EC"), "ES256", kid="same")) is None
        assert await why(verifier, sign(provider.claims(), key("OKP"), "EdDSA", kid="same")) is Reason.WRONG_ALGORITHM


@pytest.mark.parametrize(
    "says", [{"use": "enc"}, {"use": ["sig"]}, {"alg": "PS256"}, {"alg": "RSA-OAEP"}, {"key_ops": ["encrypt"]}]
)
async def test_a_key_is_for_what_it_says(provider: LocalProvider, clock: Clock, says: dict[str, Any]) -> None:
    provider.spoiled[KEYS] = answer({"keys": [key("RSA").as_dict(private=False) | says]})
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is Reason.WRONG_ALGORITHM


async def test_a_key_that_the_provider_has_taken_back_is_not_missed(provider: LocalProvider, clock: Clock) -> None:
    provider.spoiled[KEYS] = answer({"keys": []})
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is Reason.UNKNOWN_KEY


GOOD = {**key("RSA").as_dict(private=False)}
MANY = [{"kty": "RSA", "kid": str(number)} for number in range(100)]


@pytest.mark.parametrize(
    ("spoiled", "told"),
    [
        (answer({"keys": [GOOD], "x": "x" * 262_144}), "over 262144 bytes"),
        (answer({"keys": [GOOD, *MANY]}), "over 100 keys"),
        (answer(gzip.compress(b" " * 50_000_000), **{"Content-Encoding": "gzip"}), "over 262144 bytes"),
        (answer({}), "no list of keys"),
        (answer({"keys": {"0": GOOD}}), "no list of keys"),
        (answer([GOOD]), "no JSON object"),
        (answer(b'{"keys":' + b"[" * 100_000), "no JSON object"),
        (answer(b"<html>"), "no JSON object"),
        (answer({"keys": [GOOD]}, "500 Internal Server Error"), "status 500"),
        (answer({"keys": [GOOD]}, "404 Not Found"), "status 404"),
        (answer(b"", "302 Found", Location="http://localhost:9/keys"), "a redirect to another host"),
        (answer(b"", "302 Found", Location="http://127.0.0.1:9/keys"), "a redirect to another host"),
        (answer(b"", "302 Found", Location="//elsewhere.example/keys"), "a redirect to another host"),
        (answer(b"", "302 Found", Location="file:///etc/passwd"), "a redirect to another host"),
        (answer(b"", "307 Temporary Redirect", Location=KEYS), "over 3 redirects"),
        (answer({"keys": [GOOD]})[:-30], "RemoteProtocolError"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "RemoteProtocolError"),
    ],
)
async def test_an_answer_beyond_its_bounds_is_not_used(
    provider: LocalProvider, clock: Clock, spoiled: bytes, told: str
) -> None:
    provider.spoiled[KEYS] = spoiled
    async with verifying(provider.settings(), clock) as verifier:
        with capture_logs() as logged:
            assert await why(verifier, provider.token()) is Reason.PROVIDER_AWAY
        assert [one["why"] for one in logged] == [told]
        provider.spoiled.clear()
        clock.forward(10)
        assert await why(verifier, provider.token()) is None


async def test_another_name_of_the_host_is_another_host(provider: LocalProvider, clock: Clock) -> None:
    there = f"{provider.address.replace('127.0.0.1', 'localhost')}/keys"
    provider.spoiled[KEYS] = answer(b"", "302 Found", Location=there)
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is Reason.PROVIDER_AWAY
    assert provider.asked["/keys"] == 0


async def test_a_redirect_within_the_host_is_followed(provider: LocalProvider, clock: Clock) -> None:
    provider.spoiled[KEYS] = answer(b"", "301 Moved Permanently", Location="../certs2")
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is None
        assert provider.asked[f"{KEYS.rpartition('/openid')[0]}/certs2"] == 1


@pytest.mark.parametrize("silent", [METADATA, KEYS])
async def test_an_answer_that_does_not_come_is_not_waited_for(
    provider: LocalProvider, clock: Clock, silent: str
) -> None:
    provider.open.clear()
    settings = provider.settings() if silent == METADATA else provider.settings(jwks_url=f"{provider.address}{KEYS}")
    async with verifying(settings, clock, fetch_s=0.05) as verifier:
        assert await why(verifier, provider.token()) is Reason.PROVIDER_AWAY
        assert provider.asked == {silent: 1}


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "http://127.0.0.1"},
        {"issuer": None},
        {"jwks_uri": None},
        {"jwks_uri": "http://elsewhere.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "/keys"},
        {"jwks_uri": ["https://elsewhere.example/keys"]},
    ],
)
async def test_metadata_of_another_issuer_or_place_are_not_followed(
    provider: LocalProvider, clock: Clock, said: dict[str, Any]
) -> None:
    provider.said = said
    async with verifying(provider.settings(), clock) as verifier:
        assert await why(verifier, provider.token()) is Reason.PROVIDER_AWAY
        assert provider.asked == {METADATA: 1}


async def test_nothing_runs_on_after_the_end(provider: LocalProvider, clock: Clock) -> None:
    provider.open.clear()
    async with verifying(provider.settings(), clock) as verifier:
        waiting = asyncio.create_task(why(verifier, provider.token()))
        await provider.came.wait()
    await asyncio.gather(waiting, return_exceptions=True)
    assert waiting.cancelled()
    assert not _fetching()


def _weak() -> dict[str, Any]:
    whole = dict(GOOD)
    whole["n"] = str(whole["n"])[:170]
    return whole


@pytest.mark.parametrize(
    "published",
    [
        None,
        "key",
        {},
        {"kty": 1},
        OctKey.generate_key(256, {"kid": "a"}).as_dict(private=True),
        key("RSA").as_dict(private=True),
        key("EC").as_dict(private=True),
        key("OKP").as_dict(private=True),
        GOOD | {"d": "AQAB"},
        GOOD | {"k": "AQAB"},
        _weak(),
        GOOD | {"n": "AQAB"},
        GOOD | {"n": "A" * 2_000},
        GOOD | {"n": str(GOOD["n"]) * 5},
        GOOD | {"n": ""},
        GOOD | {"n": 7},
        GOOD | {"n": "+/=="},
        GOOD | {"e": ""},
        GOOD | {"e": "AQ"},
        GOOD | {"e": "Ag"},
        GOOD | {"use": "all"},
        GOOD | {"kid": 7},
        GOOD | {"alg": ["RS256"]},
        GOOD | {"use": "sig", "key_ops": ["encrypt"]},
        {name: one for name, one in GOOD.items() if name != "n"},
        {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-1", "x": "AQ", "y": "AQ"},
        {"kty": "EC", "crv": "P-256"},
        {"kty": "OKP", "crv": "X25519", "x": "A" * 43},
        {"kty": "OKP", "crv": "Ed25519", "x": "AQ"},
        {"kty": "OKP", "crv": ["Ed25519"], "x": "AQ"},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AQ"},
    ],
)
def test_a_key_that_proves_nothing_is_not_used(published: Any) -> None:
    assert usable(published) is None


async def test_a_right_key_is_used_beside_such_that_are_not(provider: LocalProvider, clock: Clock) -> None:
    secret = OctKey.generate_key(256, {"kid": "RSA-0"}).as_dict(private=True)
    provider.spoiled[KEYS] = answer({"keys": [secret, _weak(), 7, GOOD, {"kty": "AKP"}]})
    async with verifying(provider.settings(), clock) as verifier:
        with capture_logs() as logged:
            assert await why(verifier, provider.token()) is None
        assert [(one["used"], one["unused"]) for one in logged] == [(1, 4)]
        assert json.dumps(GOOD["n"]) not in json.dumps(logged)


@pytest.mark.parametrize(
    "one", [key("RSA"), key("EC"), key("OKP"), ECKey.generate_key("P-521"), OKPKey.generate_key("Ed448")]
)
def test_a_public_key_of_a_kind_that_signs_is_used(one: RSAKey | ECKey | OKPKey) -> None:
    assert usable(one.as_dict(private=False)) is not None
