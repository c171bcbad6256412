"""发现: what one check has found, and how it is mended, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "python": "运行环境 Python",
        "encoding": "字符编码 text encoding",
        "memory": "内存 memory",
        "disk": "磁盘空间 disk space",
        "port": "端口 port",
        "host": "监听地址 address served",
        "allowed_hosts": "允许的域名 host names",
        "trusted_proxies": "受信代理 trusted proxies",
        "documents": "文档清单 manifest of documents",
        "sign_in": "统一登录 sign-in (OIDC)",
        "data_folder": "数据目录 data folder",
        "embedded": "内置数据库 embedded database",
        "secrets": "密钥文件 secrets",
        "password": "数据库密码 database password",
        "tls": "数据库加密 database TLS",
        "database": "数据库 database",
        "text": "数据库编码 database encoding",
        "durability": "持久性 durability",
        "connections": "连接数 connections",
        "owner": "数据库账号 database user",
        "service_role": "服务角色 service roles",
        "clock": "时钟 clock",
        "migrations": "迁移 migrations",
        "journal": "安全日志 journal",
        "read_models": "读模型 read models",
        "log": "事实日志 log of facts",
        "administrator": "安全管理员 security administrator",
    }
)
"""Every check, with the title under which it is shown."""


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


class Said(NamedTuple):
    """A sentence in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found.

    Attributes:
        mend: what to do about it; None if all is well.
    """

    check: str
    state: State
    found: Said
    mend: Said | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return it as plain values."""
        mend = self.mend or (None, None)
        return {
            "check": self.check,
            "state": self.state.value,
            "en": self.found.en,
            "zh": self.found.zh,
            "mend_en": mend[0],
            "mend_zh": mend[1],
        }


def ok(check: str, en: str, zh: str) -> Finding:
    """Return that a check found nothing wrong."""
    return Finding(check, State.OK, Said(en, zh))


def warning(check: str, found: tuple[str, str], mend: tuple[str, str]) -> Finding:
    """Return what should be looked at."""
    return Finding(check, State.WARNING, Said(*found), Said(*mend))


def bad(check: str, found: tuple[str, str], mend: tuple[str, str]) -> Finding:
    """Return what must be mended."""
    return Finding(check, State.BAD, Said(*found), Said(*mend))
