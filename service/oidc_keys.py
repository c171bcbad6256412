"""公钥: the public keys of the provider of people's tokens, fetched when they are needed and kept.

Nobody outside can make this fetch more than once in `PAUSE_S`: whoever names a key that is not known waits for the one
fetch that runs, or is told so. What comes from the provider is bounded in size, number and time.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from typing import TYPE_CHECKING, Any, Final

import httpx2
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.util import base64_to_int

from service.config import is_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.config import Provider

log = structlog.get_logger()

Key = RSAKey | ECKey | OKPKey

FETCH_S: Final = 3.0
"""Longest time for the metadata and the keys together."""
PAUSE_S: Final = 10.0
"""Least time between the begins of two fetches, whatever asks for them."""
FRESH_S: Final = 600.0
"""Keys that are older are fetched again behind the back of a request that finds them so."""
STALE_S: Final = 86_400.0
"""Keys that are older are not used: the provider may have withdrawn them long ago."""
ANSWER_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 100
MOST_REDIRECTS: Final = 3
MOST_OPENED: Final = 500
"""Brackets that open in a JSON text: deeper ones can't be read everywhere, or not by every caller."""
RSA_BITS: Final = (2048, 8192)
"""Below the first a key can be broken; above the second, checking one signature costs too much."""
_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_HEADERS: Final = {"accept": "application/json", "accept-encoding": "identity"}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_FOR_AGREEMENT: Final = ("X25519", "X448")
"""Curves that sign nothing."""


class ProviderAwayError(Exception):
    """The provider's keys can't be had now; worth trying again."""


class BadAnswerError(Exception):
    """The provider answered what can't be used. The text says the rule, never what was answered."""


def read_object(text: bytes) -> dict[str, Any]:
    """Return a JSON object as everybody would read it: UTF-8, no name twice, no number that is none.

    Raises:
        ValueError: it is something else, or has over `MOST_OPENED` brackets.
    """
    if text.count(b"[") + text.count(b"{") > MOST_OPENED:
        raise ValueError("too many brackets")
    read = json.loads(text.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    if not isinstance(read, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - of what was sent, not of what the caller passed.
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name twice")
    return made


def _no_number(_text: str) -> float:
    raise ValueError("not a number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond all bounds")
    return number


class Keys:
    """The keys of one provider.

    Args:
        provider: whose.
        client: what they are fetched with; its redirects are not used.
        ticks: seconds of a clock that never goes back.
        fetch_s: longest time for a fetch.
    """

    def __init__(
        self,
        provider: Provider,
        client: httpx2.AsyncClient,
        *,
        ticks: Callable[[], float] = time.monotonic,
        fetch_s: float = FETCH_S,
    ) -> None:
        self.thumbprints: frozenset[str] = frozenset()
        """Of the keys that the provider vouched for last; what another key signed is not worth remembering."""
        self._provider = provider
        self._client = client
        self._ticks = ticks
        self._fetch_s = fetch_s
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = -math.inf
        self._tried_at = -math.inf
        self._failing: str | None = None
        self._fetching: asyncio.Task[None] | None = None

    def freshen(self) -> None:
        """Begin to fetch keys that have become old, and don't wait."""
        if self._ticks() - self._fetched_at > FRESH_S:
            self._begin()

    async def of(self, kid: str | None) -> tuple[Key, ...]:
        """Return the keys of an id, mostly one; of no id, all; and () if the provider has none such.

        Raises:
            ProviderAwayError: the provider could not be asked, so that nobody can say.
        """
        self.freshen()
        if self._is_stale():
            await self._fetch()
            if self._is_stale():
                raise ProviderAwayError
        found = self._of(kid)
        if not found:
            await self._fetch()
            found = self._of(kid)
            if not found and self._fetched_at < self._tried_at:
                raise ProviderAwayError
        return found

    async def close(self) -> None:
        """End the fetch that runs, if one does."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    def _is_stale(self) -> bool:
        return self._ticks() - self._fetched_at > STALE_S

    def _of(self, kid: str | None) -> tuple[Key, ...]:
        return self._keys if kid is None else tuple(key for key in self._keys if key.kid == kid)

    async def _fetch(self) -> None:
        """Wait for the fetch that runs, or else for a new one, unless one has just been."""
        self._begin()
        if self._fetching is not None:
            # Whoever goes away must not end it for the others.
            await asyncio.shield(self._fetching)

    def _begin(self) -> None:
        now = self._ticks()
        if self._fetching is None and now - self._tried_at >= PAUSE_S:
            self._tried_at = now
            self._fetching = asyncio.create_task(self._run(now), name="keys of the provider")

    async def _run(self, began_at: float) -> None:
        try:
            async with asyncio.timeout(self._fetch_s):
                published = await self._published()
        except (httpx2.HTTPError, httpx2.InvalidURL, BadAnswerError, TimeoutError, OSError) as error:
            # Only the kind, and of our own the rule: what was answered is not for the log.
            self._failed(str(error) if isinstance(error, BadAnswerError) else type(error).__name__)
        else:
            self._took(published)
            self._fetched_at = began_at
        finally:
            self._fetching = None

    def _took(self, published: list[Any]) -> None:
        kept = tuple(key for one in published if (key := usable(one)) is not None)
        thumbprints = frozenset(key.thumbprint() for key in kept)
        if thumbprints != self.thumbprints or self._failing is not None:
            log.info("keys of the provider", used=len(kept), unused=len(published) - len(kept))
        self._keys, self.thumbprints, self._failing = kept, thumbprints, None

    def _failed(self, why: str) -> None:
        """Say what failed once, however often it is tried."""
        if why != self._failing:
            log.warning("the keys of the provider could not be fetched", why=why, have=len(self._keys))
        self._failing = why

    async def _published(self) -> list[Any]:
        url = self._provider.jwks_url or await self._discovered()
        keys = (await self._get(url)).get("keys")
        if not isinstance(keys, list):
            raise BadAnswerError("no list of keys")
        if len(keys) > MOST_KEYS:
            raise BadAnswerError(f"over {MOST_KEYS} keys")
        return keys

    async def _discovered(self) -> str:
        issuer = self._provider.issuer
        said = await self._get(issuer.rstrip("/") + _WELL_KNOWN)
        if said.get("issuer") != issuer:
            raise BadAnswerError("the metadata are of another issuer")
        url = said.get("jwks_uri")
        if not isinstance(url, str) or not is_safe(url) or (issuer.startswith("https:") and url.startswith("http:")):
            raise BadAnswerError("the metadata have no safe address of keys")
        return url

    async def _get(self, url: str) -> dict[str, Any]:
        """Return the JSON object at a URL, also where the same host moved it."""
        at = httpx2.URL(url)
        for _ in range(1 + MOST_REDIRECTS):
            async with self._client.stream("GET", at, headers=_HEADERS, follow_redirects=False) as answer:
                if answer.has_redirect_location:
                    there = at.join(answer.headers["location"])
                    if (there.scheme, there.host, there.port) != (at.scheme, at.host, at.port):
                        raise BadAnswerError("a redirect to another host")
                    at = there
                    continue
                if answer.status_code != httpx2.codes.OK:
                    raise BadAnswerError(f"status {answer.status_code}")
                body = bytearray()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        raise BadAnswerError(f"over {ANSWER_BYTES} bytes")
                try:
                    return read_object(bytes(body))
                except ValueError:
                    raise BadAnswerError("no JSON object") from None
        raise BadAnswerError(f"over {MOST_REDIRECTS} redirects")


def usable(published: Any) -> Key | None:
    """Return a key that can be trusted to verify, or None: secret ones, weak ones and unknown kinds can't."""
    kind = published.get("kty") if isinstance(published, dict) else None
    if kind not in ("RSA", "EC", "OKP") or _PRIVATE & {*published} or published.get("crv") in _FOR_AGREEMENT:
        return None
    try:
        # Seen before it is made: joserfc takes a weak key, with a warning.
        if kind == "RSA" and not RSA_BITS[0] <= base64_to_int(published["n"]).bit_length() <= RSA_BITS[1]:
            return None
        key = import_key(published)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, (RSAKey, ECKey, OKPKey)) else None
