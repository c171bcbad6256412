"""Whose request it is: as far as trusted proxies have written it, and no further."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.config import Settings
from service.proxy import MOST_HOPS, Origin, TrustedProxies, origin
from tests.effort import examples

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
LOAD_BALANCER, PROXY, CLIENT = "10.0.0.1", "10.0.0.2", "203.0.113.9"

_V4 = st.ip_addresses(v=4)
_ADDRESS = st.one_of(_V4, st.ip_addresses(v=6)).filter(lambda one: getattr(one, "ipv4_mapped", None) is None)
_TRUSTED = st.one_of(st.ip_addresses(v=4, network="10.0.0.0/8"), st.ip_addresses(v=6, network="fd00::/8")).map(str)
_STRANGER = _ADDRESS.filter(lambda one: not any(one in network for network in TRUSTED)).map(str)
# What a client may send itself, in however many headers: any bytes of a header, and what looks real.
_ENTRY = st.one_of(_TRUSTED, _STRANGER, st.text(st.characters(max_codepoint=255), max_size=20), st.just("10.0.0.1:80"))
anything = examples(50, derandomize=True)
_SENT = st.lists(st.lists(_ENTRY, max_size=4).map(", ".join), max_size=3)


@anything
@given(peer=_STRANGER, sent=_SENT, proto=_SENT)
def test_an_untrusted_peer_is_the_client_whatever_it_says(peer: str, sent: list[str], proto: list[str]) -> None:
    assert origin(peer, TRUSTED, sent, proto) == Origin(peer)


@anything
@given(client=_STRANGER, hops=st.lists(_TRUSTED, min_size=1, max_size=5), sent=_SENT)
def test_behind_trusted_proxies_a_client_can_not_choose_its_address(
    client: str, hops: list[str], sent: list[str]
) -> None:
    # Each proxy adds whom it was asked by; the last one is the peer.
    added = [client, *hops[:-1]]
    assert origin(hops[-1], TRUSTED, [*sent, ", ".join(added)]).address == client
    joined = ",".join([*sent, *added])
    assert origin(hops[-1], TRUSTED, [joined]).address == client


@anything
@given(
    client=_STRANGER,
    hops=st.lists(_TRUSTED, min_size=1, max_size=5),
    sent=_SENT,
    schemes=st.lists(st.sampled_from(["http", "https"]), min_size=5, max_size=5),
    forged=st.lists(st.sampled_from(["http", "https", "ftp", ""]), max_size=3),
)
def test_behind_proxies_that_add_their_scheme_a_client_can_not_choose_its_own(
    client: str, hops: list[str], sent: list[str], schemes: list[str], forged: list[str]
) -> None:
    seen = schemes[: len(hops)]  # By the outermost proxy first.
    found = origin(hops[-1], TRUSTED, [*sent, ",".join([client, *hops[:-1]])], [",".join([*forged, *seen])])
    assert found == Origin(client, seen[0])


@anything
@given(peer=st.one_of(_TRUSTED, _STRANGER, st.text(max_size=20)), sent=_SENT)
def test_the_answer_is_the_peer_or_an_address(peer: str, sent: list[str]) -> None:
    found = origin(peer, TRUSTED, sent).address
    if found != peer:
        assert str(ip_address(found)) == found


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        (PROXY, [], PROXY),
        (PROXY, [""], PROXY),
        (PROXY, [CLIENT], CLIENT),
        (PROXY, [f"198.51.100.1, {CLIENT}"], CLIENT),
        (PROXY, [f"{CLIENT}, {LOAD_BALANCER}"], CLIENT),
        (PROXY, [CLIENT, LOAD_BALANCER], CLIENT),
        # All are trusted: a proxy that asks for itself.
        (PROXY, [f"10.9.9.9, {LOAD_BALANCER}"], "10.9.9.9"),
        # What can't be read was still written by the last trusted one.
        (PROXY, [f"{CLIENT}, unknown"], PROXY),
        (PROXY, [f"{CLIENT}, unknown, {LOAD_BALANCER}"], LOAD_BALANCER),
        (PROXY, [f"{CLIENT}, "], PROXY),
        (PROXY, [f"{CLIENT},,{LOAD_BALANCER}"], LOAD_BALANCER),
        (PROXY, ["fe80::1%" + "<script>"], PROXY),
        (PROXY, ["1" * 10_000], PROXY),
        (PROXY, ["1.2.3.04"], PROXY),
        (PROXY, ["[2001:db8::1"], PROXY),
        (PROXY, ["[2001:db8::1]x"], PROXY),
        (PROXY, ["1.2.3.4:x"], PROXY),
        # As some write them.
        (PROXY, [f"{CLIENT}:50123"], CLIENT),
        (PROXY, ["2001:DB8::1"], "2001:db8::1"),
        (PROXY, ["[2001:db8::1]"], "2001:db8::1"),
        (PROXY, ["[2001:db8::1]:443"], "2001:db8::1"),
        (PROXY, [f"::ffff:{CLIENT}"], CLIENT),
        (f"::ffff:{PROXY}", [CLIENT], CLIENT),
        ("fd00::1", [CLIENT], CLIENT),
        # A Unix socket has no address, and nobody can be trusted by it.
        ("", [CLIENT], ""),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_trusted_proxy(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert origin(peer, TRUSTED, forwarded).address == address


def test_no_more_than_so_many_entries_are_looked_at() -> None:
    entries = [CLIENT, *(f"10.1.0.{number}" for number in range(MOST_HOPS))]
    assert origin(PROXY, TRUSTED, [",".join(entries)]).address == "10.1.0.0"
    assert origin(PROXY, TRUSTED, [",".join(entries[:-1])]).address == CLIENT


@pytest.mark.parametrize(
    ("forwarded", "proto", "scheme"),
    [
        (CLIENT, [], None),
        (CLIENT, ["https"], "https"),
        (CLIENT, ["HTTPS"], "https"),
        (CLIENT, ["gopher"], None),
        # Said once for all, by a proxy that knows.
        (f"{CLIENT}, {LOAD_BALANCER}", ["https"], "https"),
        (f"{CLIENT}, {LOAD_BALANCER}", ["https, http"], "https"),
        (f"{CLIENT}, {LOAD_BALANCER}", ["https", "http"], "https"),
        # The client's own word stands before what the proxy has seen.
        (CLIENT, ["https, http"], "http"),
    ],
)
def test_the_scheme_is_what_the_outermost_trusted_proxy_has_seen(
    forwarded: str, proto: list[str], scheme: str | None
) -> None:
    assert origin(PROXY, TRUSTED, [forwarded], proto).scheme == scheme


async def _through(scope: dict[str, Any], *, trusted: bool = True) -> dict[str, Any]:
    """Return what an application behind the middleware is given."""
    given: list[dict[str, Any]] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        given.append(dict(scope))

    async def nothing(*_: object) -> Any:
        raise AssertionError

    await TrustedProxies(app, TRUSTED if trusted else [])(scope, nothing, nothing)
    (one,) = given
    return one


def _request(kind: str = "http", peer: str = PROXY) -> dict[str, Any]:
    headers = [(b"host", b"x"), (b"x-forwarded-for", CLIENT.encode()), (b"x-forwarded-proto", b"https")]
    return {"type": kind, "scheme": "ws" if kind == "websocket" else "http", "client": (peer, 4711), "headers": headers}


async def test_an_application_is_given_the_client_and_the_scheme() -> None:
    request = _request()
    found = await _through(request)
    assert (found["client"], found["scheme"]) == ((CLIENT, 0), "https")
    assert request == _request()  # Whoever stands in front goes on with its own.
    found = await _through(_request("websocket"))
    assert (found["client"], found["scheme"]) == ((CLIENT, 0), "wss")


@pytest.mark.parametrize(
    ("scope", "trusted"),
    [
        (_request(), False),
        (_request(peer="203.0.113.77"), True),
        ({**_request(), "client": None}, True),
        ({"type": "lifespan"}, True),
    ],
)
async def test_nothing_is_changed_where_nobody_is_trusted(scope: dict[str, Any], *, trusted: bool) -> None:
    assert await _through(scope, trusted=trusted) == scope


def test_proxies_are_set_as_a_list_of_addresses_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIZHANG_TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/24,fd00::/8")
    assert [str(one) for one in Settings().trusted_proxies] == ["10.0.0.1/32", "192.168.0.0/24", "fd00::/8"]
    monkeypatch.delenv("TAIZHANG_TRUSTED_PROXIES")
    assert Settings().trusted_proxies == ()


@pytest.mark.parametrize("wrong", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy.example.cn", "*"])
def test_proxies_that_would_trust_everybody_are_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TAIZHANG_TRUSTED_PROXIES", wrong)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("wrong", ["*", "http://x.cn", "x.cn:8000", "x*.cn", "x cn", "-"])
def test_host_names_that_would_allow_any_are_refused(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("TAIZHANG_ALLOWED_HOSTS", wrong)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize(
    ("host", "allowed", "answered", "address"),
    [
        ("", "", ("127.0.0.1", "localhost"), "http://127.0.0.1:8000"),
        ("127.0.0.2", "", ("127.0.0.1", "localhost", "127.0.0.2"), "http://127.0.0.2:8000"),
        ("0.0.0.0", "L.example.CN,*.gov.cn", ("127.0.0.1", "localhost", "l.example.cn", "*.gov.cn"),  # noqa: S104 - it is what is tested.
         "http://127.0.0.1:8000"),
        ("10.0.0.5", "", ("127.0.0.1", "localhost", "10.0.0.5"), "http://10.0.0.5:8000"),
        ("::", "", ("127.0.0.1", "localhost"), "http://[::1]:8000"),
    ],
)  # fmt: skip
def test_only_names_that_were_set_are_answered(
    monkeypatch: pytest.MonkeyPatch, host: str, allowed: str, answered: tuple[str, ...], address: str
) -> None:
    monkeypatch.setenv("TAIZHANG_HOST", host)
    monkeypatch.setenv("TAIZHANG_ALLOWED_HOSTS", allowed)
    assert (Settings().answered_hosts, Settings().origin) == (answered, address)
