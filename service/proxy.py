"""反向代理: whose request it is, when proxies stand in front that end TLS and say for whom they ask.

What a header says is believed as far as proxies that are trusted have written it, and no further: an address decides
what is slowed down and what stands in the journal, so nobody may choose his own.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"

MOST_HOPS: Final = 32
"""Most entries that are looked at, from the nearest on."""
_LONGEST: Final = 64
"""Most characters of an entry; an IPv6 address in brackets with its port has 47."""
_REMEMBERED: Final = 4096
"""Addresses that need not be read again."""
_PORTED: Final = re.compile(r"\[([^][]+)\](?::\d{1,5})?|([^:]+):\d{1,5}", re.ASCII)
_SCHEMES: Final = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


class Origin(NamedTuple):
    """Where a request comes from.

    Attributes:
        address: of the client, or of the last proxy that is trusted where what is behind it can't be told.
        scheme: http or https, as that client used it; None if no proxy that is trusted has said.
    """

    address: str
    scheme: str | None = None


def origin(peer: str, trusted: Iterable[Network], forwarded: Sequence[str], proto: Sequence[str] = ()) -> Origin:
    """Return whose request it is.

    Args:
        peer: address that the connection comes from.
        trusted: networks of proxies.
        forwarded: values of the X-Forwarded-For headers, in their order.
        proto: values of the X-Forwarded-Proto headers, in their order.
    """
    networks = tuple(trusted)
    nearest = _address(peer)
    if nearest is None or not _is_in(nearest, networks):
        return Origin(peer)
    client, depth = nearest, 0
    for number, entry in enumerate(_from_the_right(forwarded)):
        found = _entry(entry)
        if found is None:
            break  # Whatever it stands for, the proxy that wrote it is the last one known.
        client, depth = found, number
        if not _is_in(found, networks):
            break
    return Origin(str(client), _scheme(_from_the_right(proto), depth))


def _from_the_right(values: Sequence[str]) -> list[str]:
    """Return the last entries of a header that may be sent several times, the last one first."""
    joined = ",".join(values)
    if not joined:
        return []
    return [one.strip() for one in reversed(joined.rsplit(",", MOST_HOPS)[-MOST_HOPS:])]


def _entry(text: str) -> Address | None:
    """Return the address of an entry, which may have a port; None if it has none."""
    if len(text) > _LONGEST or "%" in text:  # A zone may be any text.
        return None
    ported = _PORTED.fullmatch(text)
    return _address(text if ported is None else ported[1] or ported[2])


@lru_cache(maxsize=_REMEMBERED)
def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    # One machine must not have two addresses.
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _scheme(said: list[str], depth: int) -> str | None:
    """Return the scheme that belongs to an entry: each proxy adds its own, or the nearest one says it for all."""
    if not said:
        return None
    found = said[depth if depth < len(said) else 0].lower()
    return found if found in {"http", "https"} else None


class TrustedProxies:
    """Sets a request's client and scheme to what proxies that are trusted say of them.

    Args:
        trusted: networks of proxies; with none, nothing is ever changed.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        client = scope.get("client")
        if not self._trusted or scope["type"] not in _SCHEMES or client is None:
            await self._app(scope, receive, send)
            return
        found = origin(
            client[0], self._trusted, _values(scope, b"x-forwarded-for"), _values(scope, b"x-forwarded-proto")
        )
        changed = dict(scope)
        if found.address != client[0]:
            changed["client"] = (found.address, 0)  # Its port is known to the proxy alone.
        if found.scheme is not None:
            changed["scheme"] = _SCHEMES[scope["type"]][found.scheme]
        await self._app(changed, receive, send)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
