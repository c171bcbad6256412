"""What somebody makes who has no key: nothing of it is taken, and nothing is fetched for it."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from service.oidc import TOKEN_BYTES, Reason, Verifier
from tests.auth.oidc_provider import (
    KEYS,
    METADATA,
    START,
    Clock,
    LocalProvider,
    b64,
    dump,
    key,
    local_provider,
    seal,
    sign,
    verifying,
    why,
)
from tests.effort import examples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""
ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[LocalProvider]:
    async with local_provider() as one:
        yield one


@pytest.fixture(scope="module")
async def verifier(provider: LocalProvider) -> AsyncIterator[Verifier]:
    """Give one that has its keys, for whom no time goes by: whatever it fetches more would be a forgery's doing."""
    async with verifying(provider.settings(), Clock()) as one:
        await one.verify(provider.token())
        yield one
        assert provider.asked == {METADATA: 1, KEYS: 1}


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
@pytest.mark.parametrize("signature", ["", "AAAA"])
async def test_a_token_that_nobody_signed(
    provider: LocalProvider, verifier: Verifier, algorithm: str, signature: str
) -> None:
    header = json.dumps({"alg": algorithm, "kid": "RSA-0"}).encode()
    token = f"{b64(header)}.{b64(dump(provider.claims()))}.{signature}"
    assert await why(verifier, token) is Reason.WRONG_ALGORITHM


def _secrets() -> list[bytes]:
    public = key("RSA")
    pem = public.as_pem(private=False)
    jwk = public.as_dict(private=False)
    return [
        pem,
        pem.strip(),
        public.as_der(private=False),
        json.dumps(jwk).encode(),
        json.dumps(jwk, separators=(",", ":")).encode(),
        str(jwk["n"]).encode(),
        b"",
    ]


@pytest.mark.parametrize("number", range(7))
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_the_public_key_as_a_shared_secret(
    provider: LocalProvider, verifier: Verifier, number: int, algorithm: str
) -> None:
    told = f"{b64(json.dumps({'alg': algorithm, 'kid': 'RSA-0'}).encode())}.{b64(dump(provider.claims()))}"
    digest = hmac.new(_secrets()[number], told.encode(), getattr(hashlib, f"sha{algorithm[2:]}")).digest()
    assert await why(verifier, f"{told}.{b64(digest)}") is Reason.WRONG_ALGORITHM
    # The same under the name of an algorithm that is taken.
    renamed = f"{b64(json.dumps({'alg': 'RS256', 'kid': 'RSA-0'}).encode())}.{b64(dump(provider.claims()))}"
    digest = hmac.new(_secrets()[number], renamed.encode(), hashlib.sha256).digest()
    assert await why(verifier, f"{renamed}.{b64(digest)}") is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("signer", "kid", "reason"),
    [
        (("RSA", "RS256"), "EC-0", Reason.WRONG_ALGORITHM),
        (("EC", "ES256"), "RSA-0", Reason.WRONG_ALGORITHM),
        (("OKP", "EdDSA"), "EC-0", Reason.WRONG_ALGORITHM),
        (("RSA", "RS512"), "RSA-0", Reason.WRONG_ALGORITHM),
        (("RSA", "RS256"), "RSA-7", Reason.UNKNOWN_KEY),
        (("RSA", "RS256"), "", Reason.UNKNOWN_KEY),
        (("RSA", "RS256"), "../RSA-0", Reason.UNKNOWN_KEY),
        (("RSA", "RS256"), 0, Reason.MALFORMED),
        (("RSA", "RS256"), ["RSA-0"], Reason.MALFORMED),
    ],
)
async def test_a_key_that_is_not_the_one_named(
    provider: LocalProvider, verifier: Verifier, signer: tuple[str, str], kid: Any, reason: Reason
) -> None:
    kind, algorithm = signer
    assert await why(verifier, sign(provider.claims(), key(kind), algorithm, kid=kid)) is reason


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_key_of_ones_own_under_the_providers_id(
    provider: LocalProvider, verifier: Verifier, algorithm: str
) -> None:
    kind = {"ES256": "EC", "EdDSA": "OKP"}.get(algorithm, "RSA")
    token = sign(provider.claims(), key(kind, 8), algorithm, kid=f"{kind}-0")
    assert await why(verifier, token) is Reason.BAD_SIGNATURE


@pytest.mark.parametrize("kid", ["RSA-8", "RSA-0", None])
async def test_a_key_that_the_token_brings_along(provider: LocalProvider, verifier: Verifier, kid: str | None) -> None:
    mine = key("RSA", 8)
    public = mine.as_dict(private=False)
    for brought in (
        {"jwk": public},
        {"jku": f"{provider.address}/mine"},
        {"x5u": f"{provider.address}/mine"},
        {"x5c": ["AAAA"]},
        {"jwk": public, "jku": f"{provider.address}/mine", "x5t": "x", "x5t#S256": "x"},
    ):
        said = {"alg": "RS256", "typ": "JWT"} | ({"kid": kid} if kid else {}) | brought
        token = seal(json.dumps(said).encode(), dump(provider.claims()), mine, "RS256")
        assert await why(verifier, token) in {Reason.UNKNOWN_KEY, Reason.BAD_SIGNATURE}
    assert provider.asked["/mine"] == 0


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"b64": 0},
        {"crit": []},
        {"crit": "b64"},
        {"crit": 7},
        {"crit": {"b64": 1}},
        {"crit": ["taizhang"], "taizhang": 1},
        {"jku": "file:///etc/passwd"},
        {"x5c": "AAAA"},
        {"jwk": "mine"},
    ],
)
async def test_an_extension_is_not_guessed_at(
    provider: LocalProvider, verifier: Verifier, extra: dict[str, Any]
) -> None:
    assert await why(verifier, sign(provider.claims(), key("RSA"), **extra)) is Reason.MALFORMED


async def test_a_name_that_means_nothing_here_is_no_harm(provider: LocalProvider, verifier: Verifier) -> None:
    assert await why(verifier, sign(provider.claims(), key("RSA"), x5t="x", city="祁阳")) is None


async def test_an_encrypted_token(provider: LocalProvider, verifier: Verifier) -> None:
    public = RSAKey.import_key(key("RSA").as_dict(private=False))
    token = jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM"}, dump(provider.claims()), public)
    assert await why(verifier, token) is Reason.MALFORMED


async def test_a_token_in_a_token(provider: LocalProvider, verifier: Verifier) -> None:
    token = seal(b'{"alg":"RS256","kid":"RSA-0","cty":"JWT"}', provider.token().encode(), key("RSA"), "RS256")
    assert await why(verifier, token) is Reason.MALFORMED


async def test_a_long_token_is_not_looked_into(provider: LocalProvider, verifier: Verifier) -> None:
    assert await why(verifier, "a" * 1_000_000) is Reason.TOO_LARGE
    assert await why(verifier, provider.token(scope="x" * 800_000)) is Reason.TOO_LARGE
    assert await why(verifier, "a" * (TOKEN_BYTES + 1)) is Reason.TOO_LARGE
    assert await why(verifier, "a" * TOKEN_BYTES) is Reason.MALFORMED
    assert await why(verifier, "." * TOKEN_BYTES) is Reason.MALFORMED


async def test_a_token_as_its_maker_did_not_write_it(provider: LocalProvider, verifier: Verifier) -> None:
    token = provider.token()
    header, payload, signature = token.split(".")
    for other in (
        "",
        ".",
        "..",
        "...",
        header,
        f"{header}.{payload}",
        f"{header}.{payload}.",
        f".{payload}.{signature}",
        f"{header}..{signature}",
        f"{token}.",
        f"{token}.{signature}",
        f"{token}.{payload}.{signature}",
        f" {token}",
        f"{token}\n",
        f"{token}=",
        f"{header}=.{payload}.{signature}",
        f"{header}.{payload}==.{signature}",
        f"Bearer {token}",
        f"{token[:-1]}",
        f"{token[:-4]}",
        f"{token}AAAA",
        token.replace(".", ",", 1),
        token.replace(".", "．"),
        "\ud800" + token,
        f"{header[:9]}\n{header[9:]}.{payload}.{signature}",
        f"{header}.{payload}.{signature[:4]} {signature[4:]}",
        json.dumps({"payload": payload, "signatures": [{"protected": header, "signature": signature}]}),
    ):
        assert await why(verifier, other) in {Reason.MALFORMED, Reason.BAD_SIGNATURE}, other


@pytest.mark.parametrize("part", [0, 1, 2])
async def test_the_bits_that_base64_leaves_over_are_nil(provider: LocalProvider, verifier: Verifier, part: int) -> None:
    """The last letter has bits that nobody reads: only one way of writing them is taken."""
    for scope in ("", "x", "xx"):
        parts = sign(provider.claims(scope=scope), key("RSA"), jti=scope).split(".")
        assert await why(verifier, ".".join(parts)) is None
        if len(parts[part]) % 4 == 0:
            continue
        last = ALPHABET.index(parts[part][-1])
        for other in range(1, 4 if len(parts[part]) % 4 == 3 else 16):
            parts[part] = parts[part][:-1] + ALPHABET[last ^ other]
            assert await why(verifier, ".".join(parts)) in {Reason.MALFORMED, Reason.BAD_SIGNATURE}


async def test_a_second_signature_of_a_curve(provider: LocalProvider, verifier: Verifier) -> None:
    """Whoever has a token can write its signature once more, as s or n-s. It says the same of the same person."""
    token = provider.token(key("EC"), "ES256")
    told, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature.encode())
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")

    def written(first: int, second: int) -> str:
        return f"{told}.{b64(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"

    assert (await verifier.verify(written(r, ORDER - s))).account == (await verifier.verify(token)).account
    for first, second in (
        (0, 0),
        (r, 0),
        (0, s),
        (ORDER, s),
        (r, ORDER),
        (s, r),
        (ORDER - r, s),
        (1, 1),
        (ORDER, ORDER),
    ):
        assert await why(verifier, written(first, second)) is Reason.BAD_SIGNATURE
    der = encode_dss_signature(r, s)
    for other in (raw[:-1], raw + b"\0", b"\0" + raw, raw[:32], raw[32:], der, b"\0" * 64, b"\xff" * 64):
        assert await why(verifier, f"{told}.{b64(other)}") is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"none","alg":"RS256","kid":"RSA-0"}',
        '{"alg":"RS256","kid":"RSA-9","kid":"RSA-0"}',
        '{"alg":"RS256","kid":"RSA-0"',
        '["alg"]',
        '"alg"',
        '"alg b64"',
        "7",
        "null",
        "{}",
        '{"alg":["RS256"],"kid":"RSA-0"}',
        '{"alg":null,"kid":"RSA-0"}',
        '{"alg":"RS256","kid":null}',
        '{"alg":"RS256","kid":"RSA-0","n":NaN}',
        '{"alg":"RS256","kid":"RSA-0","n":1e400}',
        "",
        "[" * 900,
        '{"alg":"RS256","kid":"RSA-0","x":' + "[" * 5_000,
        '{"alg":"RS256","kid":"RSA-0","x":"' + "x" * 3_000 + '"}',
        '\ufeff{"alg":"RS256","kid":"RSA-0"}',
    ],
)
async def test_a_header_that_is_read_in_two_ways_or_in_none(
    provider: LocalProvider, verifier: Verifier, header: str
) -> None:
    """The signature is right, and so are the claims."""
    token = seal(header.encode(), dump(provider.claims()), key("RSA"), "RS256")
    assert await why(verifier, token) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("", None),
        (',"x":1.5e300', None),
        (',"x":' + "[" * 100 + "]" * 100, None),
        (',"aud":"taizhang"', Reason.MALFORMED),
        (',"sub":"b"', Reason.MALFORMED),
        (',"\\u0073ub":"b"', Reason.MALFORMED),
        (',"x":{"b":1,"b":2}', Reason.MALFORMED),
        (',"x":NaN', Reason.MALFORMED),
        (',"x":-Infinity', Reason.MALFORMED),
        (',"x":1e400', Reason.MALFORMED),
        (',"nbf":-1e400', Reason.MALFORMED),
        (',"x":' + "9" * 4_500, Reason.MALFORMED),
        (',"x":0x7f', Reason.MALFORMED),
        (",'x':1", Reason.MALFORMED),
        ("}{", Reason.MALFORMED),
        (',"x":' + "[" * 4_500, Reason.MALFORMED),
        (',"x":' + "[" * 2_000 + "]" * 2_000, Reason.MALFORMED),
        (',"x":' + '{"a":' * 800 + "1" + "}" * 800, Reason.MALFORMED),
    ],
)
async def test_claims_that_are_read_in_two_ways_or_in_none(
    provider: LocalProvider, verifier: Verifier, more: str, reason: Reason | None
) -> None:
    """The signature is right: even a provider that is led to sign such a thing is not followed."""
    claims = provider.claims(jti=None, realm_access=None, resource_access=None)
    payload = dump(claims).decode()[:-1] + more + "}"
    assert await why(verifier, _sealed(payload)) is reason


@pytest.mark.parametrize("payload", ["[]", '"exp"', "null", "7", "", "{}\0", "\ufeff{}"])
async def test_claims_that_are_none(verifier: Verifier, payload: str) -> None:
    assert await why(verifier, _sealed(payload)) is Reason.MALFORMED


def _sealed(payload: str) -> str:
    return seal(b'{"alg":"RS256","kid":"RSA-0"}', payload.encode(), key("RSA"), "RS256")


async def test_json_in_another_encoding(provider: LocalProvider, verifier: Verifier) -> None:
    said = '{"alg":"RS256","kid":"RSA-0"}'
    claims = dump(provider.claims()).decode()
    for encoding in ("utf-16", "utf-16-le", "utf-32-be", "utf-8-sig"):
        other = seal(said.encode(encoding), claims.encode(), key("RSA"), "RS256")
        assert await why(verifier, other) is Reason.MALFORMED
        other = seal(said.encode(), claims.encode(encoding), key("RSA"), "RS256")
        assert await why(verifier, other) is Reason.MALFORMED
    assert await why(verifier, seal(said.encode(), b'{"sub":"\xff"}', key("RSA"), "RS256")) is Reason.MALFORMED


SIGNERS: Final = st.sampled_from([("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA")])


@given(data=st.data(), signer=SIGNERS)
@examples(60)
async def test_a_right_token_with_anything_changed_is_refused(
    provider: LocalProvider, verifier: Verifier, data: st.DataObject, signer: tuple[str, str]
) -> None:
    kind, algorithm = signer
    token = provider.token(key(kind), algorithm)
    assert await why(verifier, token) is None
    changed = token
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        cut = data.draw(st.integers(0, 3))
        changed = changed[:at] + data.draw(st.text(ALPHABET + ".=+/ \n{", max_size=3)) + changed[at + cut :]
    if changed != token:
        assert await why(verifier, changed) is not None
    assert await why(verifier, token) is None


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES: Final = st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "typ", "nonce", "cnf", "scope", "azp"])


@given(changed=st.dictionaries(NAMES, JSON, min_size=1, max_size=3), signer=SIGNERS)
@examples(60)
async def test_whatever_a_provider_signs_is_taken_or_refused(
    provider: LocalProvider, verifier: Verifier, changed: dict[str, Any], signer: tuple[str, str]
) -> None:
    claims = provider.claims() | changed
    token = seal(
        json.dumps({"alg": signer[1], "kid": f"{signer[0]}-0"}).encode(),
        json.dumps(claims).encode(),
        key(signer[0]),
        signer[1],
    )
    reason = await why(verifier, token)
    if reason is None:
        assert claims["iss"] == provider.issuer
        assert "taizhang" in claims["aud"]
        assert claims["exp"] > START - 30
        assert (await verifier.verify(token)).account == f"oidc:{claims['sub']}"


@given(header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jku", "x5c", "cty"]), JSON))
@examples(40)
async def test_whatever_a_header_says_is_taken_or_refused(
    provider: LocalProvider, verifier: Verifier, header: dict[str, Any]
) -> None:
    said = {"alg": "RS256", "kid": "RSA-0"} | header
    token = seal(json.dumps(said).encode(), dump(provider.claims()), key("RSA"), "RS256")
    if await why(verifier, token) is None:
        assert (said["alg"], said["kid"]) == ("RS256", "RSA-0")
        assert not {"crit", "b64"} & {*said}
