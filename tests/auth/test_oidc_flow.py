"""A provider that others made, as a process of its own: a person signs in with a code, and its tokens come here.

oidc-provider-mock gives opaque access tokens, as the standard allows; JWTs are its ID tokens alone. So what is right to
refuse is refused, and for what is taken it gives an ID token that says of itself, by claims of the user, what access
tokens of Keycloak say. Its metadata, keys and signatures are its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from service.config import Provider
from service.oidc import BadTokenError, Reason, Verifier
from tests.system.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

START_S: Final = 30.0
BACK: Final = "http://127.0.0.1:9/back"
PLAIN: Final[dict[str, Any]] = {"sub": "0c4e6a0a"}
LIKE_KEYCLOAK: Final[dict[str, Any]] = {
    "sub": "6f1c2b1e",
    "typ": "Bearer",
    "aud": ["account", "taizhang"],
    "azp": "taizhang-web",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    port = free_port()
    said = [word for user in (PLAIN, LIKE_KEYCLOAK) for word in ("--user-claims", json.dumps(user))]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *said],
        env={name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(process, f"{address}/jwks")
        yield address
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            if httpx2.get(url, timeout=5, trust_env=False).status_code == httpx2.codes.OK:
                return
        except httpx2.TransportError:
            pass
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def _signed_in(issuer: str, sub: str, **more: str) -> dict[str, Any]:
    """Let somebody sign in with the authorization code flow; return the answer with the tokens."""
    asked = {"response_type": "code", "client_id": "taizhang", "redirect_uri": BACK, "scope": "openid", "state": "s"}
    async with httpx2.AsyncClient(trust_env=False) as browser:
        metadata = (await browser.get(f"{issuer}/.well-known/openid-configuration")).json()
        form = await browser.post(metadata["authorization_endpoint"], params=asked | more, data={"sub": sub})
        assert form.status_code == httpx2.codes.FOUND, form.text
        back = parse_qs(urlsplit(form.headers["location"]).query)
        assert back["state"] == ["s"]
        given = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": BACK}
        answer = await browser.post(metadata["token_endpoint"], data=given, auth=("taizhang", "secret"))
        assert answer.status_code == httpx2.codes.OK, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens


async def _why(issuer: str, token: str) -> Reason:
    async with Verifier.open(Provider(issuer=issuer, audience="taizhang")) as verifier:
        with pytest.raises(BadTokenError) as caught:
            await verifier.verify(token)
    return caught.value.reason


async def test_a_token_of_somebody_who_signed_in_is_taken(issuer: str) -> None:
    token = (await _signed_in(issuer, LIKE_KEYCLOAK["sub"]))["id_token"]
    async with Verifier.open(Provider(issuer=issuer, audience="taizhang", name="city")) as verifier:
        identity = await verifier.verify(token)
        assert await verifier.verify(token) is identity
    assert identity.account == "city:6f1c2b1e"
    assert 3_500 < identity.expires_at - time.time() <= 3_600


async def test_an_id_token_is_not_an_access_token(issuer: str) -> None:
    tokens = await _signed_in(issuer, PLAIN["sub"], nonce="n")
    assert await _why(issuer, tokens["id_token"]) is Reason.NOT_AN_ACCESS_TOKEN


async def test_opaque_tokens_say_nothing_here(issuer: str) -> None:
    tokens = await _signed_in(issuer, PLAIN["sub"])
    assert await _why(issuer, tokens["access_token"]) is Reason.MALFORMED
    assert await _why(issuer, tokens["refresh_token"]) is Reason.MALFORMED


async def test_a_token_of_another_provider_is_refused(issuer: str) -> None:
    token = (await _signed_in(issuer, LIKE_KEYCLOAK["sub"]))["id_token"]
    other = issuer.replace("127.0.0.1", "localhost")
    assert await _why(other, token) is Reason.WRONG_ISSUER
