"""A provider that others made, as a process of its own: a person signs in with a code, and its tokens come here.

oidc-provider-mock gives opaque access tokens, as the standard allows; JWTs are its ID tokens alone. So what is right to
refuse is refused, and for what is taken it gives an ID token that says of itself, by claims of the user, what access
tokens of Keycloak say. Its metadata, keys and signatures are its own.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from service.config import Provider
from service.oidc import BadTokenError, Reason, Verifier
from tests.auth.oidc_mock import LIKE_KEYCLOAK, PLAIN, mock_provider, signed_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with mock_provider() as address:
        yield address


async def _why(issuer: str, token: str) -> Reason:
    async with Verifier.open(Provider(issuer=issuer, audience="taizhang")) as verifier:
        with pytest.raises(BadTokenError) as caught:
            await verifier.verify(token)
    return caught.value.reason


async def test_a_token_of_somebody_who_signed_in_is_taken(issuer: str) -> None:
    token = (await signed_in(issuer, LIKE_KEYCLOAK["sub"]))["id_token"]
    async with Verifier.open(Provider(issuer=issuer, audience="taizhang", name="city")) as verifier:
        identity = await verifier.verify(token)
        assert await verifier.verify(token) is identity
    assert identity.account == "city:6f1c2b1e"
    assert 3_500 < identity.expires_at - time.time() <= 3_600


async def test_an_id_token_is_not_an_access_token(issuer: str) -> None:
    tokens = await signed_in(issuer, PLAIN["sub"], nonce="n")
    assert await _why(issuer, tokens["id_token"]) is Reason.NOT_AN_ACCESS_TOKEN


async def test_opaque_tokens_say_nothing_here(issuer: str) -> None:
    tokens = await signed_in(issuer, PLAIN["sub"])
    assert await _why(issuer, tokens["access_token"]) is Reason.MALFORMED
    assert await _why(issuer, tokens["refresh_token"]) is Reason.MALFORMED


async def test_a_token_of_another_provider_is_refused(issuer: str) -> None:
    token = (await signed_in(issuer, LIKE_KEYCLOAK["sub"]))["id_token"]
    other = issuer.replace("127.0.0.1", "localhost")
    assert await _why(other, token) is Reason.WRONG_ISSUER
