"""What an operator can set: environment variables that begin with TAIZHANG_, read once at the start."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS: Final = Path("/run/secrets")

HOST: Final = "127.0.0.1"
"""The only address served, until rights exist: whoever reaches the port may do everything."""


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
    )

    port: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=8000, description="TCP port that is served, on the loopback address only 服务端口(仅本机)"
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
        default=1_000_000, description="largest request body 请求体上限"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe messages that are logged 日志级别"
    )
