"""Whose tokens are taken, and what of a token has to be right."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, get_args

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey

from service import oidc
from service.config import Algorithm
from service.domain.roles import Account
from service.oidc import Identity, Reason, Verifier
from tests.auth.oidc_provider import (
    KEYS,
    START,
    SUBJECT,
    Clock,
    Key,
    LocalProvider,
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


@pytest.fixture
async def verifier(provider: LocalProvider, clock: Clock) -> AsyncIterator[Verifier]:
    async with verifying(provider.settings(), clock) as one:
        yield one


SIGNERS: dict[str, Key] = {
    "ES256": key("EC"),
    "ES384": ECKey.generate_key("P-384", {"kid": "P-384"}),
    "ES512": ECKey.generate_key("P-521", {"kid": "P-521"}),
    "EdDSA": key("OKP"),
    "Ed25519": key("OKP"),
    "Ed448": OKPKey.generate_key("Ed448", {"kid": "Ed448"}),
}


@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_an_access_token_says_who_it_is_and_until_when(
    provider: LocalProvider, clock: Clock, algorithm: str
) -> None:
    signer = SIGNERS.get(algorithm, key("RSA"))
    provider.keys = [signer]
    token = provider.token(signer, algorithm)
    digest = hashlib.sha256(token.encode()).hexdigest()
    async with verifying(provider.settings(algorithms=frozenset({algorithm})), clock) as verifier:
        assert await verifier.verify(token) == Identity(Account(f"oidc:{SUBJECT}"), START + 300, digest)
    async with verifying(provider.settings(algorithms={*get_args(Algorithm)} - {algorithm}), clock) as verifier:
        assert await why(verifier, token) is Reason.WRONG_ALGORITHM


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "taizhang"}, None),
        ({"aud": ["account", "taizhang"]}, None),
        ({"aud": "account"}, Reason.WRONG_AUDIENCE),
        ({"aud": ["account", "taizhang2"]}, Reason.WRONG_AUDIENCE),
        ({"aud": "taizhang account"}, Reason.WRONG_AUDIENCE),
        ({"aud": ["taizhang", 1]}, Reason.WRONG_AUDIENCE),
        ({"aud": [["taizhang"]]}, Reason.WRONG_AUDIENCE),
        ({"aud": {"taizhang": 1}}, Reason.WRONG_AUDIENCE),
        ({"aud": []}, Reason.WRONG_AUDIENCE),
        ({"aud": None}, Reason.WRONG_AUDIENCE),
        ({"iss": None}, Reason.WRONG_ISSUER),
        ({"iss": "https://elsewhere.example/realms/city"}, Reason.WRONG_ISSUER),
        ({"iss": ["http://127.0.0.1"]}, Reason.WRONG_ISSUER),
        ({"iss": True}, Reason.WRONG_ISSUER),
        ({"sub": None}, Reason.NO_SUBJECT),
        ({"sub": ""}, Reason.NO_SUBJECT),
        ({"sub": 7}, Reason.NO_SUBJECT),
        ({"sub": "张三"}, Reason.NO_SUBJECT),
        ({"sub": "a b"}, Reason.NO_SUBJECT),
        ({"sub": "a\n"}, Reason.NO_SUBJECT),
        ({"sub": "-a"}, Reason.NO_SUBJECT),
        ({"sub": "a" * 129}, Reason.NO_SUBJECT),
        ({"sub": "auth0|A.b_c@d=1"}, None),
        ({"exp": None}, Reason.MALFORMED),
        ({"exp": str(START + 300)}, Reason.MALFORMED),
        ({"exp": True}, Reason.MALFORMED),
        ({"exp": [START + 300]}, Reason.MALFORMED),
        ({"exp": 10**300}, Reason.MALFORMED),
        ({"exp": float("nan")}, Reason.MALFORMED),
        ({"exp": float("inf")}, Reason.MALFORMED),
        ({"exp": START + 300.5}, None),
        ({"exp": -1}, Reason.EXPIRED),
        ({"exp": START - 29}, None),
        ({"exp": START - 30}, Reason.EXPIRED),
        ({"nbf": START + 30}, None),
        ({"nbf": START + 31}, Reason.NOT_YET_VALID),
        ({"nbf": "0"}, Reason.MALFORMED),
        ({"iat": START + 31}, Reason.NOT_YET_VALID),
        ({"iat": START + 30}, None),
        ({"iat": False}, Reason.MALFORMED),
        ({"iat": None}, None),
        ({"iss": "https://elsewhere.example", "aud": "x", "exp": 1, "sub": None}, Reason.WRONG_ISSUER),
    ],
)
async def test_a_claim_decides(
    provider: LocalProvider, verifier: Verifier, claims: dict[str, Any], reason: Reason | None
) -> None:
    assert await why(verifier, provider.token(**claims)) is reason


@pytest.mark.parametrize("issuer", ["{}/", "{}x", "HTTP{}", " {}"])
async def test_an_issuer_is_the_same_to_the_letter(provider: LocalProvider, verifier: Verifier, issuer: str) -> None:
    assert await why(verifier, provider.token(iss=issuer.format(provider.issuer))) is Reason.WRONG_ISSUER


@pytest.mark.parametrize(
    ("claims", "header", "reason"),
    [
        ({"typ": "ID"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": "Refresh"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": "Offline"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": "Logout"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": "DPoP"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": ["Bearer"]}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": "ID"}, {"typ": "at+jwt"}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": None, "nonce": "n"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": None, "at_hash": "h"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": None, "events": {}}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": None, "token_use": "id"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"typ": None, "tokenType": "refresh-token"}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({"cnf": {"jkt": "k"}}, {}, Reason.NOT_AN_ACCESS_TOKEN),
        ({}, {"typ": "logout+jwt"}, Reason.NOT_AN_ACCESS_TOKEN),
        ({}, {"typ": "dpop+jwt"}, Reason.NOT_AN_ACCESS_TOKEN),
        ({}, {"typ": 1}, Reason.MALFORMED),
        ({"nonce": "n"}, {}, None),
        ({"typ": None}, {}, None),
        ({"typ": None}, {"typ": None}, None),
        ({"typ": None, "nonce": "n", "tokenType": "access-token"}, {}, None),
        ({"typ": None, "nonce": "n"}, {"typ": "at+jwt"}, None),
        ({"typ": None}, {"typ": "application/AT+JWT"}, None),
    ],
)
async def test_only_access_tokens_are_taken(
    provider: LocalProvider, verifier: Verifier, claims: dict[str, Any], header: dict[str, Any], reason: Reason | None
) -> None:
    assert await why(verifier, sign(provider.claims(**claims), key("RSA"), **header)) is reason


async def test_a_known_token_costs_no_signature_until_it_ends(
    provider: LocalProvider, verifier: Verifier, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token()
    known = await verifier.verify(token)
    checked: list[str] = []
    validate = jws.validate_compact

    def counting(*args: Any, **named: Any) -> bool:
        checked.append("once")
        return validate(*args, **named)

    monkeypatch.setattr(jws, "validate_compact", counting)
    assert await verifier.verify(token) is known
    clock.forward(329)
    assert await verifier.verify(token) is known
    assert checked == []
    clock.forward(1)
    assert await why(verifier, token) is Reason.EXPIRED
    assert checked == ["once"]


async def test_what_was_refused_is_not_remembered(provider: LocalProvider, verifier: Verifier, clock: Clock) -> None:
    early = provider.token(nbf=START + 60)
    assert await why(verifier, early) is Reason.NOT_YET_VALID
    clock.forward(60)
    assert await why(verifier, early) is None


async def test_the_least_used_token_is_forgotten_first(
    provider: LocalProvider, verifier: Verifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "REMEMBERED", 2)
    first, second, third = (provider.token(jti=str(number)) for number in range(3))
    one, two = await verifier.verify(first), await verifier.verify(second)
    assert await verifier.verify(first) is one
    await verifier.verify(third)
    assert await verifier.verify(first) is one
    assert await verifier.verify(second) is not two


async def test_a_token_is_not_known_by_another_signature(provider: LocalProvider, verifier: Verifier) -> None:
    token = provider.token()
    await verifier.verify(token)
    told, _, _ = token.rpartition(".")
    assert await why(verifier, f"{told}.{provider.token(sub='other').rpartition('.')[2]}") is Reason.BAD_SIGNATURE


async def test_a_token_ends_with_the_key_that_signed_it(
    provider: LocalProvider, verifier: Verifier, clock: Clock
) -> None:
    token = provider.token(exp=START + 3_600)
    assert await why(verifier, token) is None
    provider.keys = [key("RSA", 1)]
    clock.forward(601)
    assert await why(verifier, token) is None  # The look at the keys goes on behind this answer.
    assert await why(verifier, sign(provider.claims(), key("RSA", 9))) is Reason.UNKNOWN_KEY
    assert await why(verifier, token) is Reason.UNKNOWN_KEY
    assert provider.asked[KEYS] == 2


async def test_nothing_of_a_token_is_in_an_error_or_in_the_log(
    provider: LocalProvider, verifier: Verifier, capsys: pytest.CaptureFixture[str]
) -> None:
    for token in (provider.token(sub="se cret"), provider.token(aud="secret"), provider.token(key("RSA", 5)), "secret"):
        with pytest.raises(oidc.BadTokenError) as caught:
            await verifier.verify(token)
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)
        assert str(caught.value) == f"The access token is refused: {caught.value.reason} (访问令牌无效)"
        assert not caught.value.retryable
    told = "".join(capsys.readouterr())
    assert "cret" not in told
    assert SUBJECT not in told
