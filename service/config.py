"""What an operator can set: environment variables that begin with TAIZHANG_, read once at the start."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.dsn import Dsn

_SECRETS: Final = Path("/run/secrets")
HOST: Final = "127.0.0.1"
LEAST_JOURNAL_DAYS: Final = 180
"""网络安全法 art. 21 (3): network logs are kept for no less than six months; the journal's tables hold it too."""
MOST_WORKERS: Final = 32
MOST_POINTS: Final = 1_000_000_000
_HOST_NAME: Final = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]{1,253}(:\d{1,5})?", re.ASCII)


def _listed(value: object) -> object:
    """Return the entries of a list with commas."""
    return tuple(filter(None, (one.strip() for one in value.split(",")))) if isinstance(value, str) else value


MACHINES: Final = "machine"
"""Prefix of the accounts of machines: no provider of people has it."""
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"
]
"""Signatures that a provider's public key verifies; what a shared secret makes, or nothing, is not possible here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """身份提供方: whose tokens of people are taken.

    Attributes:
        issuer: what the tokens and the provider's own metadata say as `iss`, to the letter.
        audience: what the tokens say as `aud`, alone or among others.
        name: prefix of the accounts, as in `oidc:6f1c…`.
        algorithms: the signatures that are taken.
        jwks_url: where its public keys are; None asks its metadata.
        leeway_s: seconds by which the clocks may differ.
    """

    issuer: str
    audience: str
    name: str = "oidc"
    algorithms: frozenset[str] = frozenset({"RS256", "PS256", "ES256", "EdDSA"})
    jwks_url: str | None = None
    leeway_s: int = 30


def is_safe(url: str) -> bool:
    """Return whether what comes from a URL can be trusted: over https, or from this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if (
        not host
        or parts.username is not None
        or parts.fragment
        or not url.isascii()
        or " " in url
        or not url.isprintable()
    ):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseSettings):
    """The settings, each from the variable TAIZHANG_<NAME>; times are in seconds, sizes in bytes.

    A container's secrets are read too: /run/secrets/taizhang_database_url keeps a password out of the environment.

    Raises:
        pydantic.ValidationError: a variable's value is not one that is allowed.
    """

    model_config = SettingsConfigDict(
        env_prefix="TAIZHANG_",
        env_ignore_empty=True,
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
        frozen=True,
        extra="ignore",
        # What was sent is a password, as the case may be.
        hide_input_in_errors=True,
    )

    host: IPv4Address | IPv6Address = Field(
        default=IPv4Address(HOST),
        description="address of this machine that is served; another than the loopback one needs a proxy with TLS in"
        " front 服务监听地址",
    )
    port: Annotated[int, Field(ge=1, le=65_535)] = Field(default=8000, description="TCP port that is served 服务端口")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        description="names in a Host header that are answered beside localhost, with commas between them; *.example.cn"
        " stands for all below it 允许的域名",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        description="origins of front ends that are served from elsewhere, with commas between them, such as"
        " https://desk.example.cn 允许跨域访问的前端",
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)] = Field(
        default=(),
        description="addresses and networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed,"
        " with commas between them 受信代理",
    )
    data: Path = Field(
        default=Path(".taizhang"),
        description="folder of the database that comes with the service 内置数据库的数据目录",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="a PostgreSQL 16 or newer of one's own; none starts the one that comes along 自备数据库的地址",
    )
    pool_size: Annotated[int, Field(ge=2, le=200)] = Field(
        default=10, description="connections to the database that are kept open 数据库连接数"
    )
    statement_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        default=5.0, description="longest time for one statement of a request 单条语句的时限"
    )
    drain_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        default=10.0, description="time that running requests get to end after a stop is asked for 停止前的排空时限"
    )
    body_limit_bytes: Annotated[int, Field(ge=1_024, le=100_000_000)] = Field(
        default=2_300_000, description="largest request body; a batch may have 2 MB 请求体上限"
    )
    workers: Annotated[int, Field(ge=1, le=MOST_WORKERS)] = Field(
        default=1, description="processes that serve; each has connections of its own 工作进程数"
    )
    metrics_token: Annotated[SecretStr, Field(min_length=32, max_length=200)] | None = Field(
        default=None,
        description="what Prometheus says as `Authorization: Bearer …` to read /metrics; none answers nobody"
        " 监控指标访问令牌",
    )
    journal_days: Annotated[int, Field(ge=LEAST_JOURNAL_DAYS, le=36_500)] = Field(
        default=LEAST_JOURNAL_DAYS,
        description="days for which failed attempts and reads of personal data are kept 安全日志留存天数(不少于六个月)",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe messages that are logged 日志级别"
    )
    rate_limit: Annotated[int, Field(ge=0, le=MOST_POINTS)] = Field(
        default=60_000,
        description="points (about milliseconds of work) that an account may ask of a process in a minute; 0: no limit"
        " 每账号每分钟用量限额",
    )
    rate_limit_public: Annotated[int, Field(ge=0, le=MOST_POINTS)] = Field(
        default=30_000,
        description="the same of the public, from an address 公众每地址每分钟用量限额",
    )
    documents: Path | None = Field(
        default=None,
        description="a manifest of documents (JSON, id to text, as graphql-codegen writes it) that clients ask for by"
        " documentId 文档清单",
    )
    documents_only: bool = Field(
        default=False,
        validate_default=True,
        description="nothing but the manifest's documents is carried out, so there is no explorer 只执行清单内的文档",
    )
    oidc_issuer: str | None = Field(
        default=None,
        description="the OpenID Connect provider whose tokens of people are taken; none takes none 身份提供方(登录)",
    )
    oidc_audience: Annotated[str, Field(max_length=255)] = Field(
        default="",
        validate_default=True,
        description="what the tokens name as their audience, needed with an issuer 访问令牌的受众(aud)",
    )
    oidc_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")] = Field(
        default="oidc", description="prefix of the accounts of people, for ever: the log keeps them 账号前缀"
    )
    oidc_algorithms: Annotated[tuple[Algorithm, ...], NoDecode, BeforeValidator(_listed), Field(min_length=1)] = Field(
        default=("RS256", "PS256", "ES256", "EdDSA"),
        description="signatures of tokens that are taken, with commas between; asymmetric ones only 签名算法",
    )
    oidc_jwks_url: str | None = Field(
        default=None, description="where the provider's public keys are; none asks its metadata 公钥地址"
    )
    oidc_leeway_s: Annotated[int, Field(ge=0, le=300)] = Field(
        default=30, description="by how much the provider's clock may differ from this one 时钟容差"
    )

    @field_validator("documents_only")
    @classmethod
    def _judge_only(cls, only: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature.
        if only and info.data.get("documents") is None:
            raise ValueError("needs TAIZHANG_DOCUMENTS: nothing would be carried out")
        return only

    @field_validator("oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _judge_url(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None and not is_safe(url):
            raise ValueError("an https URL is needed (http only for this machine's own address)")
        if url is not None and info.field_name == "oidc_issuer" and "?" in url:
            raise ValueError("an issuer has no query")
        return url

    @field_validator("oidc_audience")
    @classmethod
    def _judge_audience(cls, audience: str, info: ValidationInfo) -> str:
        if not audience and info.data.get("oidc_issuer") is not None:
            raise ValueError("needed with TAIZHANG_OIDC_ISSUER: a token for another service is not one for this")
        return audience

    @field_validator("oidc_name")
    @classmethod
    def _judge_name(cls, name: str) -> str:
        if name == MACHINES:
            raise ValueError("the accounts of machines begin so")
        return name

    @property
    def provider(self) -> Provider | None:
        """The provider of people's tokens, if there is one."""
        if self.oidc_issuer is None:
            return None
        return Provider(
            issuer=self.oidc_issuer,
            audience=self.oidc_audience,
            name=self.oidc_name,
            algorithms=frozenset(self.oidc_algorithms),
            jwks_url=self.oidc_jwks_url,
            leeway_s=self.oidc_leeway_s,
        )

    @field_validator("allowed_hosts")
    @classmethod
    def _names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        lower = tuple(name.lower() for name in names)
        # A sole * would let any page on the network reach the service by a name of its own.
        if not all(_HOST_NAME.fullmatch(name) for name in lower):
            message = "names or IPv4 addresses without a port, such as ledger.example.cn or *.example.cn"
            raise ValueError(message)
        return lower

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        lower = tuple(origin.lower() for origin in origins)
        # Whoever lets any page ask lets any page ask with what its reader may see.
        if not all(_ORIGIN.fullmatch(origin) for origin in lower):
            message = "scheme, name and port alone, without a star or a path, such as https://desk.example.cn"
            raise ValueError(message)
        return lower

    @field_validator("trusted_proxies")
    @classmethod
    def _not_everybody(cls, networks: tuple[IPv4Network | IPv6Network, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
        if any(network.prefixlen == 0 for network in networks):
            message = "whoever trusts all addresses lets each client choose its own"
            raise ValueError(message)
        return networks

    @field_validator("database_url")
    @classmethod
    def _readable(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            Dsn.parse(url.get_secret_value())
        return url

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine reaches the service."""
        return _is_loopback(str(self.host))

    @property
    def answered_hosts(self) -> tuple[str, ...]:
        """Return the names in a Host header that are answered."""
        own = () if self.host.is_unspecified or self.host.version != 4 else (str(self.host),)  # noqa: PLR2004 - IPv4.
        return tuple(dict.fromkeys((HOST, "localhost", *own, *self.allowed_hosts)))

    @property
    def origin(self) -> str:
        """Return the address by which this machine itself reaches the service."""
        host = type(self.host)("127.0.0.1" if self.host.version == 4 else "::1")  # noqa: PLR2004 - IPv4.
        shown = host if self.host.is_unspecified else self.host
        return f"http://{shown if shown.version == 4 else f'[{shown}]'}:{self.port}"  # noqa: PLR2004 - IPv4.
