"""oidc-provider-mock as a process of its own, and somebody who signs in there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2

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


@contextmanager
def mock_provider() -> Iterator[str]:
    """Give the issuer that a running provider says it is."""
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


async def signed_in(issuer: str, sub: str, **more: str) -> dict[str, Any]:
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
