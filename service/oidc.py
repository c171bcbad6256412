"""登录: who a person is, by an access token of an OpenID Connect provider.

The service is a resource server: it takes what the provider signed for it, and asks nobody about a token that it can
verify. What a person may do is not in the token but granted here (service/domain/roles.py).

No token, claim or key is in an error, in its cause, or in the log.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import httpx2
from joserfc import jws
from joserfc.errors import ClaimError, JoseError
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from service.domain.errors import InvalidValueError
from service.domain.roles import Account
from service.oidc_keys import FETCH_S, RSA_BITS, Keys, ProviderAwayError, read_object

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from joserfc.jwa import JWSAlgModel

    from service.config import Provider
    from service.oidc_keys import Key

TOKEN_BYTES: Final = 8 * 1024
"""Longest token; a longer one is not looked into."""
REMEMBERED: Final = 10_000
"""Most verified tokens that are remembered."""
_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999: a later time is no time."""

_DOTS: Final = 2
"""Between the parts of a signed token; an encrypted one has four."""
_ACCESS: Final = "at+jwt"
_HEADER_TYPES: Final = frozenset({_ACCESS, "jwt"})
"""`typ` of the header, without application/: RFC 9068 says the first; the second, or nothing, tells no kind."""
_KINDS: Final = {
    "typ": frozenset({"bearer", _ACCESS}),
    "token_use": frozenset({"access"}),
    "tokenType": frozenset({"access-token"}),
}
"""Claims by which providers tell kinds of tokens apart (Keycloak, Cognito, Casdoor), with what access tokens say."""
_OF_OTHERS: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash", "events"})
"""Claims of ID tokens (OpenID Connect Core 2, 3.3.2.11) and of logout tokens, where a token does not say its kind."""
_BOUND: Final = "cnf"
"""A token with it belongs to a key of its holder (RFC 7800), which is not asked for here."""
_TIMES: Final = ("exp", "nbf", "iat")


class Reason(StrEnum):
    """拒绝原因: why a token is refused."""

    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    UNKNOWN_KEY = "unknown_key"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ALGORITHM = "wrong_algorithm"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    NO_SUBJECT = "no_subject"
    NOT_AN_ACCESS_TOKEN = "not_an_access_token"  # noqa: S105 - a kind of refusal.
    PROVIDER_AWAY = "provider_away"


_JUDGED: Final = {
    "iss": Reason.WRONG_ISSUER,
    "aud": Reason.WRONG_AUDIENCE,
    "exp": Reason.EXPIRED,
    "nbf": Reason.NOT_YET_VALID,
    "iat": Reason.NOT_YET_VALID,
    "sub": Reason.NO_SUBJECT,
}
"""Claims with a rule, in the order of the reasons that are told."""
_NEEDED: Final = frozenset({"iss", "aud", "exp", "sub"})


class BadTokenError(Exception):
    """The access token is refused (访问令牌无效)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The access token is refused: {reason} (访问令牌无效)")
        self.reason = reason

    @property
    def retryable(self) -> bool:
        """Whether it is not the caller's fault: the same token may be taken a little later."""
        return self.reason is Reason.PROVIDER_AWAY


@dataclass(frozen=True, slots=True)
class Identity:
    """身份: who a token is of.

    Attributes:
        account: the person, as the log keeps it.
        expires_at: when the token ends, in seconds since 1970; it is taken `leeway_s` longer.
        token_sha256: digest of the token, lower-case hexadecimal. The holder of a token can make others with the same
            content (a second ECDSA signature), so that it tells requests apart, and does not forbid a token.
    """

    account: Account
    expires_at: int
    token_sha256: str


class _Registry(jws.JWSRegistry):
    """The algorithms that are set, and no others: joserfc's own takes HS256 where none are, and warns of EdDSA."""

    max_header_length = 2048
    max_signature_length = (RSA_BITS[1] // 8 * 4 + 2) // 3

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(algorithms=names, strict_check_header=False)  # Unknown names are ignored: RFC 7515, 4.
        self._taken = {name: self.algorithms[name] for name in names}

    def get_alg(self, name: str) -> JWSAlgModel:
        """Return an algorithm that is taken, or raise BadTokenError."""
        if name not in self._taken:
            raise BadTokenError(Reason.WRONG_ALGORITHM)
        return self._taken[name]


@dataclass(frozen=True, slots=True)
class _Known:
    identity: Identity
    until: int
    signer: str


class Verifier:
    """Verifies tokens, and remembers those that were right until they end or their key is withdrawn.

    Args:
        provider: whose tokens are taken.
        client: what its keys are fetched with.
        now: seconds since 1970, by which tokens begin and end.
        ticks: seconds of a clock that never goes back, by which keys grow old.
        fetch_s: longest time for fetching the keys.
    """

    def __init__(
        self,
        provider: Provider,
        client: httpx2.AsyncClient,
        *,
        now: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
        fetch_s: float = FETCH_S,
    ) -> None:
        self._provider = provider
        self._now = now
        self._keys = Keys(provider, client, ticks=ticks, fetch_s=fetch_s)
        self._registry = _Registry(provider.algorithms)
        self._rules = JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=provider.leeway_s,
            iss={"value": provider.issuer},
            aud={"value": provider.audience},
        )
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    @classmethod
    @asynccontextmanager
    async def open(cls, provider: Provider) -> AsyncIterator[Verifier]:
        """Give a verifier with a client of its own; nothing of it runs on after the block."""
        limits = httpx2.Limits(max_connections=2, max_keepalive_connections=0)
        async with httpx2.AsyncClient(timeout=FETCH_S, limits=limits) as client:
            verifier = cls(provider, client)
            try:
                yield verifier
            finally:
                await verifier.close()

    async def close(self) -> None:
        """End what runs behind the back of requests."""
        await self._keys.close()

    async def count_keys(self) -> int:
        """Return how many keys the provider has that can be used.

        Raises:
            ProviderAwayError: it could not be asked.
        """
        return len(await self._keys.of(None))

    @property
    def leeway_s(self) -> int:
        """Seconds for which a token is taken after its end."""
        return self._provider.leeway_s

    def knows(self, token: str) -> bool:
        """Return whether a token was verified before, so that taking it again costs next to nothing."""
        return self._remembered(hashlib.sha256(token.encode()).digest()) is not None

    async def verify(self, token: str) -> Identity:
        """Return who a token is of.

        It waits for the provider only where the token names a key that is not known, and then `fetch_s` at most.

        Args:
            token: a JWT in compact form, without the word Bearer.

        Raises:
            BadTokenError: it is refused, and why.
        """
        if len(token) > TOKEN_BYTES:
            raise BadTokenError(Reason.TOO_LARGE)
        if not token.isascii():
            raise BadTokenError(Reason.MALFORMED)
        digest = hashlib.sha256(token.encode("ascii")).digest()
        known = self._remembered(digest)
        if known is not None:
            self._keys.freshen()
            return known
        header = self._header(token)
        key = await self._key(header)
        claims = self._claims_of(token, key)
        self._judge_kind(header, claims)
        self._judge(claims)
        identity = Identity(self._account(claims), int(claims["exp"]), digest.hex())
        self._remember(digest, identity, key)
        return identity

    def _remembered(self, digest: bytes) -> Identity | None:
        known = self._known.get(digest)
        if known is None:
            return None
        if known.until <= int(self._now()) or known.signer not in self._keys.thumbprints:
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return known.identity

    def _remember(self, digest: bytes, identity: Identity, key: Key) -> None:
        self._known[digest] = _Known(identity, identity.expires_at + self._provider.leeway_s, key.thumbprint())
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _header(self, token: str) -> dict[str, Any]:
        """Return the header of a token; what can't be right whatever the key costs nobody a fetch.

        It may say what it likes of keys and where they are (jwk, jku, x5c, x5u): they come from the provider alone.
        """
        header = _read(token.partition(".")[0]) if token.count(".") == _DOTS else None
        # No extension is known here. joserfc knows one, content that is not encoded, which no JWT has.
        if header is None or "crit" in header or "b64" in header or not self._is_header(header):
            raise BadTokenError(Reason.MALFORMED)
        self._registry.get_alg(header["alg"])
        if _type(header) not in _HEADER_TYPES:
            raise BadTokenError(Reason.NOT_AN_ACCESS_TOKEN)
        return header

    def _is_header(self, header: dict[str, Any]) -> bool:
        try:
            self._registry.check_header(header)
        except JoseError:
            return False
        return True

    async def _key(self, header: dict[str, Any]) -> Key:
        """Return the key that a header names and that fits its algorithm."""
        kid = header.get("kid")
        try:
            found = await self._keys.of(kid)
        except ProviderAwayError:
            raise BadTokenError(Reason.PROVIDER_AWAY) from None
        algorithm = self._registry.get_alg(header["alg"])
        fitting = [key for key in found if _fits(algorithm, key)]
        if found and not fitting:
            raise BadTokenError(Reason.WRONG_ALGORITHM)
        # A token need not name its key where there is no choice.
        if not fitting or (kid is None and len(fitting) > 1):
            raise BadTokenError(Reason.UNKNOWN_KEY)
        return fitting[0]

    def _claims_of(self, token: str, key: Key) -> dict[str, Any]:
        """Return the claims of a token, once its signature is seen to be right."""
        signed: jws.CompactSignature | None
        try:
            signed = jws.extract_compact(token.encode("ascii"), registry=self._registry)
        except JoseError:
            signed = None
        if signed is None:
            raise BadTokenError(Reason.MALFORMED)
        if not jws.validate_compact(signed, key, registry=self._registry):
            raise BadTokenError(Reason.BAD_SIGNATURE)
        claims = _object(signed.payload)
        if claims is None:
            raise BadTokenError(Reason.MALFORMED)
        return claims

    def _judge_kind(self, header: dict[str, Any], claims: dict[str, Any]) -> None:
        """Refuse tokens of another kind, and such as need a proof besides."""
        said = {name: claims[name] for name in _KINDS if name in claims}
        if _BOUND in claims or any(not _is_among(_KINDS[name], kind) for name, kind in said.items()):
            raise BadTokenError(Reason.NOT_AN_ACCESS_TOKEN)
        if not said and _type(header) != _ACCESS and _OF_OTHERS & {*claims}:
            raise BadTokenError(Reason.NOT_AN_ACCESS_TOKEN)

    def _judge(self, claims: dict[str, Any]) -> None:
        if "exp" not in claims or not all(_is_time(claims[name]) for name in _TIMES if name in claims):
            raise BadTokenError(Reason.MALFORMED)
        reason: Reason | None = None
        try:
            # One after the other in this order; one that is needed and left out is None, which none of them may be.
            self._rules.validate({name: claims.get(name) for name in _JUDGED if name in claims or name in _NEEDED})
        except ClaimError as error:
            reason = _JUDGED[error.claim]
        if reason is not None:
            raise BadTokenError(reason)

    def _account(self, claims: dict[str, Any]) -> Account:
        account: Account | None
        try:
            account = Account(f"{self._provider.name}:{claims['sub']}")
        except InvalidValueError:
            account = None
        if account is None:
            raise BadTokenError(Reason.NO_SUBJECT)
        return account


def _read(segment: str) -> dict[str, Any] | None:
    try:
        text = urlsafe_b64decode(segment.encode("ascii"))
    except ValueError:
        return None
    return _object(text)


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        return read_object(text)
    except ValueError:
        return None


def _type(header: dict[str, Any]) -> str:
    return str(header.get("typ", "JWT")).lower().removeprefix("application/")


def _fits(algorithm: JWSAlgModel, key: Key) -> bool:
    """Return whether a key is of the algorithm's type and curve, and for it by what the key itself says."""
    try:
        algorithm.check_key(key)
        key.check_key_op("verify")
    except JoseError:
        return False
    return True


def _is_among(kinds: frozenset[str], kind: object) -> bool:
    return isinstance(kind, str) and kind.lower() in kinds


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= _LAST_SECOND
