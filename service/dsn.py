"""数据库地址: what a database's address says, read without ever saying it again: it may hold a password."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_MALFORMED: Final = (
    "is no postgresql://user:password@host:port/database address; in a password, characters such as @ : / ? # % are"
    " written percent-encoded (密码中的特殊字符须用百分号编码)"
)
_MASK: Final = "***"
_PORT: Final = re.compile(r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]", re.ASCII)


class MalformedDsnError(ValueError):
    """The address can't be read; the message says nothing of it."""


@dataclass(frozen=True, slots=True)
class Dsn:
    """The parts of a database's address.

    Attributes:
        user: "" if it is not said.
        hosts: names, addresses or folders of Unix sockets; none stands for the driver's own choice, a local socket.
        sslmode: "" if it is not said.
    """

    user: str
    password: str | None = field(repr=False)
    hosts: tuple[str, ...]
    database: str
    sslmode: str

    @classmethod
    def parse(cls, dsn: str) -> Self:
        """Return the parts of an address.

        What the driver would read otherwise than it was meant, or complain of with a part of the password in the
        message, is refused here.

        Raises:
            MalformedDsnError: it is none.
        """
        try:
            parsed = urlsplit(dsn)
            said = dict(parse_qsl(parsed.query, keep_blank_values=True, strict_parsing=bool(parsed.query)))
        except ValueError:
            raise MalformedDsnError(_MALFORMED) from None
        if parsed.scheme not in {"postgresql", "postgres"} or parsed.fragment or parsed.netloc.count("@") > 1:
            raise MalformedDsnError(_MALFORMED)
        account, _, place = parsed.netloc.rpartition("@")
        user, colon, password = account.partition(":")
        places = [*_places(place), *_places(said.get("host", ""))]
        ports = [*(port for _, port in places), *said.get("port", "").split(",")]
        if any(port and not _PORT.fullmatch(port) for port in ports) or "@" in parsed.path:
            raise MalformedDsnError(_MALFORMED)
        return cls(
            user=unquote(user) or said.get("user", ""),
            password=unquote(password) if colon else said.get("password"),
            hosts=tuple(unquote(host) for host, _ in places),
            database=unquote(parsed.path.removeprefix("/")) or said.get("dbname", "") or said.get("database", ""),
            sslmode=said.get("sslmode", ""),
        )

    @property
    def remote(self) -> tuple[str, ...]:
        """Return the hosts that are reached over a network."""
        return tuple(host for host in self.hosts if not host.startswith(("/", "@")) and not is_loopback(host))


def _places(text: str) -> list[tuple[str, str]]:
    """Return (host, port) of each of several hosts; a folder of a Unix socket has none."""
    found = []
    for one in filter(None, text.split(",")):
        if one.startswith("["):
            host, _, port = one[1:].partition("]")
            found.append((host, port.removeprefix(":")))
        elif one.startswith(("/", "%2F", "%2f")):
            found.append((one, ""))
        else:
            host, _, port = one.partition(":")
            found.append((host, port))
    return found


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine itself, by its loopback address or as localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def masked(text: str, dsn: str) -> str:
    """Return a text without a database's address and its password, wherever they stand in it.

    Raises:
        MalformedDsnError: it is no address.
    """
    password = Dsn.parse(dsn).password
    for secret in filter(None, (dsn, password, quote(password or "", safe=""))):
        text = text.replace(secret, _MASK)
    return text
