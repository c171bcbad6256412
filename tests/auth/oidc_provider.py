"""A provider of the tests' own on the loopback address: keys to be rotated, answers to be spoiled, fetches counted."""

from __future__ import annotations

import asyncio
import base64
import json
from collections import Counter
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import httpx2
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from service.config import Provider
from service.oidc import BadTokenError, Reason, Verifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Key = RSAKey | ECKey | OKPKey

START: Final = 1_790_000_000
SUBJECT: Final = "6f1c2b1e-0d1a-4a57-9d0f-2f8c5b1a7e90"
METADATA: Final = "/realms/city/.well-known/openid-configuration"
KEYS: Final = "/realms/city/protocol/openid-connect/certs"


@cache
def key(kind: str, number: int = 0) -> Key:
    """Return a private key, the same each time: making one takes long."""
    kid = f"{kind}-{number}"
    if kind == "EC":
        return ECKey.generate_key("P-256", {"kid": kid})
    if kind == "OKP":
        return OKPKey.generate_key("Ed25519", {"kid": kid})
    return RSAKey.generate_key(2048, {"kid": kid})


def b64(raw: bytes) -> str:
    """Encode as JOSE does."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def seal(header: bytes, payload: bytes, signer: Key, algorithm: str) -> str:
    """Return a token of any header and content, whatever they say, with a signature that is right."""
    told = f"{b64(header)}.{b64(payload)}"
    return f"{told}.{b64(JWSRegistry.algorithms[algorithm].sign(told.encode(), signer))}"


def sign(claims: dict[str, Any], signer: Key, algorithm: str = "RS256", **header: Any) -> str:
    """Return a token; a header of None leaves that one out."""
    said = {"alg": algorithm, "typ": "JWT", "kid": signer.kid} | header
    return seal(
        json.dumps({name: one for name, one in said.items() if one is not None}).encode(),
        dump(claims),
        signer,
        algorithm,
    )


def dump(claims: dict[str, Any]) -> bytes:
    """Return claims as JSON, without those that are None."""
    return json.dumps({name: one for name, one in claims.items() if one is not None}, separators=(",", ":")).encode()


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = float(START)

    def __call__(self) -> float:
        """Return the second that it is."""
        return self.at

    def forward(self, seconds: float) -> None:
        """Let time go by."""
        self.at += seconds


class LocalProvider:
    """A provider; `keys` are published, `spoiled` answers come instead of right ones, `open` lets answers out."""

    def __init__(self) -> None:
        self.keys: list[Key] = [key("RSA"), key("EC"), key("OKP")]
        self.asked: Counter[str] = Counter()
        self.spoiled: dict[str, bytes] = {}
        self.said: dict[str, Any] = {}
        self.open = asyncio.Event()
        self.open.set()
        self.came = asyncio.Event()
        self._port = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def issuer(self) -> str:
        """What its tokens say as `iss`."""
        return f"{self.address}/realms/city"

    def settings(self, **other: Any) -> Provider:
        """Return the settings that take its tokens."""
        return Provider(**({"issuer": self.issuer, "audience": "taizhang"} | other))

    def claims(self, **other: Any) -> dict[str, Any]:
        """Return what Keycloak says in an access token."""
        return {
            "exp": START + 300,
            "iat": START,
            "auth_time": START - 60,
            "jti": "onrtac:7f2c4d0a-53a1-4b7e-8a86-0f9d3c2b1a00",
            "iss": self.issuer,
            "aud": ["taizhang", "account"],
            "sub": SUBJECT,
            "typ": "Bearer",
            "azp": "taizhang-web",
            "session_state": "2b0c7f5e-1111-4222-8333-444455556666",
            "acr": "1",
            "allowed-origins": ["https://ledger.example"],
            "realm_access": {"roles": ["offline_access", "uma_authorization", "default-roles-city"]},
            "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
            "scope": "openid profile email",
            "sid": "2b0c7f5e-1111-4222-8333-444455556666",
            "email_verified": False,
            "preferred_username": "filler",
        } | other

    def token(self, signer: Key | None = None, algorithm: str = "RS256", **claims: Any) -> str:
        """Return an access token as it gives them, some claims said otherwise, or left out where None."""
        return sign(self.claims(**claims), signer or self.keys[0], algorithm)

    async def start(self) -> None:
        """Listen; on the same port as before, if it has stopped."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away."""
        assert self._server is not None
        self.open.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode()
        self.asked[path] += 1
        self.came.set()
        await self.open.wait()
        writer.write(self.spoiled.get(path) or answer(self._right(path)))
        with suppress(ConnectionError):  # Whoever asked may have seen enough.
            await writer.drain()
        writer.close()

    def _right(self, path: str) -> Any:
        if path == METADATA:
            return {"issuer": self.issuer, "jwks_uri": f"{self.address}{KEYS}"} | self.said
        return {"keys": [{**one.as_dict(private=False), "use": "sig"} for one in self.keys]}


def answer(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    """Return an HTTP answer with a JSON body, or with one of bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Content-Length": str(len(content)), "Connection": "close"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


@asynccontextmanager
async def local_provider() -> AsyncIterator[LocalProvider]:
    """Give a provider that answers."""
    provider = LocalProvider()
    await provider.start()
    try:
        yield provider
    finally:
        await provider.stop()


@asynccontextmanager
async def verifying(settings: Provider, clock: Clock, *, fetch_s: float = 3.0) -> AsyncIterator[Verifier]:
    """Give a verifier whose time is the clock's."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        verifier = Verifier(settings, client, now=clock, ticks=clock, fetch_s=fetch_s)
        try:
            yield verifier
        finally:
            await verifier.close()


async def why(verifier: Verifier, token: str) -> Reason | None:
    """Return why a token is refused, or None for one that is taken."""
    try:
        await verifier.verify(token)
    except BadTokenError as error:
        return error.reason
    return None
