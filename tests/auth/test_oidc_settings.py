"""What an operator may say of the provider: what would let anybody in is refused at the start."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service.config import Provider, Settings

ISSUER = "https://sso.city.example/realms/city"


def _set(monkeypatch: pytest.MonkeyPatch, **settings: str) -> Settings:
    for name, value in settings.items():
        monkeypatch.setenv(f"TAIZHANG_OIDC_{name.upper()}", value)
    return Settings()


def test_without_an_issuer_nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _set(monkeypatch).provider is None
    assert _set(monkeypatch, issuer="", audience="taizhang").provider is None


def test_an_issuer_and_an_audience_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = _set(monkeypatch, issuer=ISSUER, audience="taizhang").provider
    assert provider == Provider(issuer=ISSUER, audience="taizhang")


def test_all_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"name": "city-sso", "algorithms": "ES384, Ed25519", "jwks_url": f"{ISSUER}/keys?v=1", "leeway_s": "0"}
    assert _set(monkeypatch, issuer=f"{ISSUER}/", audience="taizhang", **said).provider == Provider(
        issuer=f"{ISSUER}/",
        audience="taizhang",
        name="city-sso",
        algorithms=frozenset({"ES384", "Ed25519"}),
        jwks_url=f"{ISSUER}/keys?v=1",
        leeway_s=0,
    )


@pytest.mark.parametrize(
    "issuer", ["http://127.0.0.1:8080", "http://localhost/a", "http://[::1]:1", "http://127.9.9.9"]
)
def test_a_provider_on_this_machine_needs_no_certificate(monkeypatch: pytest.MonkeyPatch, issuer: str) -> None:
    assert _set(monkeypatch, issuer=issuer, audience="taizhang").oidc_issuer == issuer


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            (name, value)
            for name in ("issuer", "jwks_url")
            for value in (
                "http://sso.city.example/realms/city",
                "http://10.0.0.1/",
                "http://localhost.example/",
                "http://127.0.0.1.example/",
                "ftp://127.0.0.1/",
                "sso.city.example",
                "https://",
                "https:///realms",
                "https://a:b@sso.city.example",
                "https://sso.city.example#a",
                "https://sso.city.example:x",
                "https://sso.city.example:99999",
                "https://sso.city.example/a b",
                "https://sso.city.example/\n",
                "https://统一登录.example/",
                "https://[::1",
            )
        ),
        ("issuer", f"{ISSUER}?a"),
        ("audience", "a" * 256),
        *(
            ("algorithms", value)
            for value in ("HS256", "none", "RS256,HS256", "rs256", "RS256,none", ",", "RSA1_5", "ES256K")
        ),
        *(("name", value) for value in ("machine", "Oidc", "oidc:", "o" * 33, "1a", "oidc\n", "登录")),
        *(("leeway_s", value) for value in ("-1", "301", "x")),
    ],
)
def test_a_setting_that_can_not_be_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _set(monkeypatch, **({"issuer": ISSUER, "audience": "taizhang"} | {name: value}))
    assert {error["loc"][0] for error in caught.value.errors()} >= {f"oidc_{name}"}


def test_an_issuer_needs_an_audience(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError) as caught:
        _set(monkeypatch, issuer=ISSUER)
    assert [error["loc"] for error in caught.value.errors()] == [("oidc_audience",)]
