"""设置检查: what the settings say by themselves, and whether the provider that they name answers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from service.doctor.finding import Finding, bad, ok, warning
from service.dsn import Dsn
from service.oidc import Verifier
from service.oidc_keys import ProviderAwayError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service.config import Settings

LEAST_PASSWORD: Final = 12
LEAST_CHARACTERS: Final = 5
"""Different characters of a password."""


def of_settings(settings: Settings) -> Iterator[Finding]:
    """Yield what the settings say by themselves."""
    yield from _of_host(settings)
    if settings.documents is not None:
        yield _of_documents(settings.documents)
    if settings.database_url is not None:
        dsn = Dsn.parse(settings.database_url.get_secret_value())
        yield _of_password(dsn)
        yield _of_tls(dsn, dsn.sslmode or os.environ.get("PGSSLMODE", ""))


def _of_host(settings: Settings) -> Iterator[Finding]:
    if settings.host.is_loopback:
        yield ok("host", "This machine only.", "仅本机。")
        return
    if settings.database_url is None:
        yield warning(
            "host",
            (f"{settings.host} is reached by others, on the database that comes along.", "对外服务却使用内置数据库。"),
            (
                "Set TAIZHANG_DATABASE_URL to a PostgreSQL that is backed up.",
                "用 TAIZHANG_DATABASE_URL 指向有备份的 PostgreSQL。",
            ),
        )
    else:
        yield ok("host", f"{settings.host}, by others as well.", "对外服务。")
    if settings.allowed_hosts:
        yield ok("allowed_hosts", ", ".join(settings.allowed_hosts), "已设置。")
    else:
        yield warning(
            "allowed_hosts",
            ("Nobody can reach it by a name.", "尚不能以域名访问。"),
            ("Set TAIZHANG_ALLOWED_HOSTS.", "设置 TAIZHANG_ALLOWED_HOSTS。"),
        )
    if settings.trusted_proxies:
        yield ok("trusted_proxies", ", ".join(map(str, settings.trusted_proxies)), "已设置。")
    else:
        yield warning(
            "trusted_proxies",
            (
                "Behind a proxy, all clients have its address; without one, nothing is encrypted.",
                "未设受信代理,来源地址不可辨;无代理则传输不加密。",
            ),
            (
                "Put a proxy with TLS in front and set TAIZHANG_TRUSTED_PROXIES.",
                "以反向代理终止 TLS,并设置 TAIZHANG_TRUSTED_PROXIES。",
            ),
        )


def _of_documents(path: Path) -> Finding:
    from schema.manifest import ManifestError, load  # noqa: PLC0415 - the schema takes seconds to make.

    try:
        count = len(load(path).by_text)
    except ManifestError as error:
        mend = ("Build the manifest again from this version's schema.", "请按本版本接口重新生成文档清单。")
        return bad("documents", (f"{error}", "文档清单不可用。"), mend)
    return ok("documents", f"{count} documents are trusted.", f"已登记 {count} 个文档。")


def _of_password(dsn: Dsn) -> Finding:
    if not dsn.password:
        return ok("password", "None in the address.", "地址中无密码。")
    if dsn.password.lower() in {dsn.user.lower(), dsn.database.lower()}:
        found = "It is the user's or the database's name.", "密码与用户名或库名相同。"
    elif len(dsn.password) < LEAST_PASSWORD:
        found = f"It has fewer than {LEAST_PASSWORD} characters.", f"密码不足 {LEAST_PASSWORD} 位。"
    elif len(set(dsn.password)) < LEAST_CHARACTERS:
        found = "It is made of very few different characters.", "密码字符过于重复。"
    else:
        return ok("password", "Long enough.", "长度足够。")
    return bad(
        "password",
        found,
        (
            "Give the role a random one (openssl rand -hex 24) and change TAIZHANG_DATABASE_URL.",
            "改用随机密码(openssl rand -hex 24)并更新 TAIZHANG_DATABASE_URL。",
        ),
    )


def _of_tls(dsn: Dsn, mode: str) -> Finding:
    if not dsn.remote:
        return ok("tls", "The database is on this machine.", "数据库在本机。")
    if mode in {"verify-full", "verify-ca"}:
        return ok("tls", f"sslmode={mode}", "已加密并验证证书。")
    make = warning if mode == "require" else bad
    return make(
        "tls",
        (
            f"The database is on another machine with sslmode={mode or 'prefer'}.",
            "远程数据库的加密未强制或未验证证书。",
        ),
        ("Use sslmode=verify-full in TAIZHANG_DATABASE_URL.", "在 TAIZHANG_DATABASE_URL 中使用 sslmode=verify-full。"),
    )


async def of_sign_in(settings: Settings) -> Finding:
    """Return whether people can sign in: the provider is asked for its keys, as the service asks it."""
    provider = settings.provider
    if provider is None:
        return warning(
            "sign_in",
            ("People cannot sign in, only machines with keys.", "人员无法登录,仅密钥可用。"),
            (
                "Set TAIZHANG_OIDC_ISSUER and TAIZHANG_OIDC_AUDIENCE.",
                "设置 TAIZHANG_OIDC_ISSUER 与 TAIZHANG_OIDC_AUDIENCE。",
            ),
        )
    try:
        async with Verifier.open(provider) as verifier:
            keys = await verifier.count_keys()
    except ProviderAwayError:
        keys = 0
    if not keys:
        return bad(
            "sign_in",
            (f"{provider.issuer} gives no keys that can be used.", "身份提供方无法访问,或没有可用的公钥。"),
            (
                "Check TAIZHANG_OIDC_ISSUER to the letter, the network (HTTPS_PROXY) and certificates (SSL_CERT_FILE).",
                "核对 TAIZHANG_OIDC_ISSUER(须逐字一致)、网络(HTTPS_PROXY)与证书(SSL_CERT_FILE)。",
            ),
        )
    if urlsplit(provider.issuer).scheme != "https":
        # Settings take another scheme for this machine's own address alone.
        return warning(
            "sign_in",
            (f"{provider.issuer} is of this machine: for trying out only.", "身份提供方在本机,仅供试用。"),
            ("Use a provider over https.", "改用 https 的身份提供方。"),
        )
    return ok("sign_in", f"{provider.issuer} answers, with {keys} keys.", f"可访问,有 {keys} 个公钥。")
