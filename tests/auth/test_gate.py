"""The gate: who somebody is found to be, and for how long, with the real directory, journal and throttle."""

from __future__ import annotations

import asyncio
import stat
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

import pytest

from service.access import ANONYMOUS
from service.auth import Development, Gate, Session, SignInError, refused_body
from service.clock import today_in_china
from service.config import Settings
from service.database import pool
from service.directory import Directory
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.values import Name
from service.journal import Journal
from service.oidc import Verifier
from service.throttle import FREE, Throttle
from tests.auth.oidc_provider import SUBJECT, local_provider, sign
from tests.auth.oidc_provider import key as signer
from tests.system.operator import Key, Operator, operating

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

AT: Final = "192.0.2.7"
QIYANG: Final = "431181"
UNIT: Final = "住房和城乡建设局"
GOOD: Final = "tz_dev_" + "d" * 32


@dataclass
class Hall:
    """A gate with all that it asks."""

    gate: Gate
    directory: Directory
    journal: Journal
    operator: Operator

    async def enter(self, token: str, principal: str | None = None, at: str = AT) -> Session:
        """Come in with a token."""
        return await self.gate.session(f"Bearer {token}", principal, at)

    async def refused(self, authorization: str, principal: str | None = None, at: str = AT) -> SignInError:
        """Return why somebody does not come in."""
        with pytest.raises(SignInError) as caught:
            await self.gate.session(authorization, principal, at)
        return caught.value

    async def noted(self) -> list[tuple[str | None, str, str, str, int]]:
        """Return what the journal has."""
        await self.journal.flush()
        return [
            (row["caller"], row["operation"], row["code"], row["detail"], row["count"])
            for row in await self.journal._pool.fetch("SELECT * FROM failed_attempt ORDER BY at_us, code DESC")
        ]


@asynccontextmanager
async def hall_on(dsn: str, verifier: Verifier | None = None, trial: Development | None = None) -> AsyncIterator[Hall]:
    async with operating(dsn) as operator, pool(dsn, size=1, name="journal") as noting:
        directory, journal = Directory(operator.log), Journal(noting)
        await directory.load()
        running = asyncio.create_task(directory.run())
        try:
            yield Hall(Gate(directory, journal, Throttle(), verifier, trial), directory, journal, operator)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def hall(database: str) -> AsyncIterator[Hall]:
    async with hall_on(database) as ready:
        yield ready


async def reporter(hall: Hall, account: str = "machine:reporter") -> Key:
    await hall.operator.grant(account, Role.REPORTER, QIYANG)
    key = await hall.operator.issue(account)
    await hall.directory.load()
    return key


async def test_who_says_nothing_is_the_public_whatever_else_they_say(hall: Hall) -> None:
    for principal in (None, "oidc:1"):
        assert await hall.gate.session(None, principal, AT) == Session(ANONYMOUS, AT)
    assert await hall.noted() == []


async def test_a_directory_that_stands_still_lets_nobody_in_but_the_public(database: str) -> None:
    """What it knows may have been ended since."""
    async with operating(database) as operator, pool(database, size=1, name="journal") as noting:
        key = await operator.issue("machine:reporter")
        gate = Gate(Directory(operator.log), Journal(noting), Throttle())
        assert gate.is_stale
        with pytest.raises(SignInError) as caught:
            await gate.session(f"Bearer {key.token}", None, AT)
        assert (caught.value.status, caught.value.code) == (503, "UNAVAILABLE")
        assert (await gate.session(None, None, AT)).caller is ANONYMOUS


async def test_a_key_is_its_account_with_its_grants(hall: Hall) -> None:
    key = await reporter(hall)
    session = await hall.enter(key.token)
    assert (session.caller.actor, session.caller.principal, session.caller.trusted) == (key.account, None, False)
    assert session.caller.grants == (Grant.over(Role.REPORTER, QIYANG),)
    assert (session.account, session.key_id, session.until_s) == (key.account, key.key_id, None)
    assert (await hall.gate.session(f"bEARER {key.token}", None, AT)).account == key.account


async def test_what_is_no_key_is_refused_alike_and_told_to_the_journal_alone(hall: Hall) -> None:
    key = await reporter(hall)
    wrong = {
        f"Basic {key.token}": "malformed",
        "Bearer": "malformed",
        "Bearer ": "malformed",
        f"Bearer {'x' * 9_000}": "malformed",
        f"Bearer  {key.token}": "no_provider",
        f"Bearer {key.token}x": "bad_key",
        f"Bearer {key.token[:-1]}": "bad_key",
        f"Bearer {key.token} ": "bad_key",
        f"Bearer {key.token}\n": "bad_key",
        f"Bearer {key.token.upper()}": "no_provider",
        f"Bearer tz_{'0' * 16}_{'A' * 43}": "bad_key",
        f"Bearer tz_{key.key_id}_": "bad_key",
        f"Bearer {GOOD}": "bad_key",
        "Bearer eyJhbGciOiJub25lIn0.e30.": "no_provider",
        "Bearer 中文": "no_provider",
    }
    errors = [await hall.refused(one, at=f"198.51.100.{number}") for number, one in enumerate(wrong)]
    assert {(one.status, str(refused_body(one))) for one in errors} == {(401, str(refused_body(errors[0])))}
    # Those of different addresses are kept apart, in their order.
    assert [(code, detail) for _, _, code, detail, _ in await hall.noted()] == [
        ("UNAUTHENTICATED", reason) for reason in wrong.values()
    ]


async def test_a_key_that_was_revoked_or_has_expired_is_refused(hall: Hall) -> None:
    revoked = await reporter(hall)
    await hall.operator.revoke(revoked)
    last_day = await hall.operator.issue("machine:other", expires_on=today_in_china())
    await hall.directory.load()
    assert (await hall.refused(f"Bearer {revoked.token}")).code == "UNAUTHENTICATED"
    assert (await hall.enter(last_day.token)).account == "machine:other"


async def test_an_open_session_follows_the_rights_and_ends_with_the_key(hall: Hall) -> None:
    key = await reporter(hall)
    session = await hall.enter(key.token)
    assert hall.gate.again(session) is session
    more = await hall.operator.grant(key.account, Role.LEADER, "431103")
    await hall.directory.load()
    later = hall.gate.again(session)
    assert [one.role for one in later.caller.grants] == [Role.REPORTER, Role.LEADER]
    await hall.operator.end(key.account, more)
    await hall.directory.load()
    assert hall.gate.again(later).caller.grants == session.caller.grants
    await hall.operator.revoke(key)
    await hall.directory.load()
    with pytest.raises(SignInError, match="not valid"):
        hall.gate.again(session)


async def test_the_public_and_a_trial_have_no_session_that_could_end(hall: Hall) -> None:
    session = Session(ANONYMOUS, AT)
    assert hall.gate.again(session) is session


async def test_who_acts_for_another_has_what_was_granted_for_that_and_nothing_else(hall: Hall) -> None:
    key = await reporter(hall, "machine:agent")
    grant_id = await hall.operator.grant(key.account, Role.AGENT, QIYANG, principal="oidc:owner")
    await hall.operator.grant(key.account, Role.AGENT, "431103", principal="oidc:another")
    await hall.directory.load()
    assert [one.role for one in (await hall.enter(key.token)).caller.grants] == [Role.REPORTER]
    session = await hall.enter(key.token, "oidc:owner")
    assert (session.caller.actor, session.caller.principal) == (key.account, "oidc:owner")
    assert [(one.role, one.scope.area) for one in session.caller.grants] == [(Role.AGENT, QIYANG)]
    await hall.operator.end(key.account, grant_id)
    await hall.directory.load()
    # The session stays one for another, with nothing; it does not become one for itself.
    assert hall.gate.again(session).caller == replace(session.caller, grants=())
    for principal in ("oidc:owner", "oidc:nobody", "", "中文", key.account):
        error = await hall.refused(f"Bearer {key.token}", principal)
        assert (error.status, error.code) == (403, "FORBIDDEN")
    assert await hall.noted() == [(key.account, "signIn", "FORBIDDEN", "principal", 5)]


async def test_bad_keys_slow_an_address_down_and_good_ones_pass(hall: Hall) -> None:
    key = await reporter(hall)
    for _ in range(FREE):
        assert (await hall.refused("Bearer tz_x")).status == 401
    error = await hall.refused("Bearer tz_x")
    assert (error.status, error.code, error.wait_s) == (429, "RATE_LIMITED", 1)
    assert refused_body(error)["errors"] == [
        {
            "message": error.english,
            "extensions": {"code": "RATE_LIMITED", "messageZh": error.chinese, "retryable": True},
        }
    ]
    assert (await hall.enter(key.token)).account == key.account
    assert (await hall.refused("Bearer tz_x", at="192.0.2.8")).status == 401
    assert {(code, count) for _, _, code, _, count in await hall.noted()} == {
        ("UNAUTHENTICATED", FREE),
        ("RATE_LIMITED", 1),
        ("UNAUTHENTICATED", 1),
    }


async def test_a_person_may_what_was_granted_until_their_token_ends(database: str) -> None:
    now = int(time.time())
    async with (
        local_provider() as provider,
        Verifier.open(provider.settings()) as verifier,
        hall_on(database, verifier) as hall,
    ):
        await hall.operator.grant(f"oidc:{SUBJECT}", Role.LEADER, QIYANG)
        await hall.directory.load()
        claims = provider.claims(iat=now, auth_time=None)
        session = await hall.enter(sign(claims | {"exp": now + 300}, signer("RSA")))
        assert (session.caller.actor, session.until_s) == (f"oidc:{SUBJECT}", now + 300 + verifier.leeway_s)
        assert [one.role for one in session.caller.grants] == [Role.LEADER]
        # One within the leeway of the clocks is taken, and its session is none that is over at once.
        late = await hall.enter(sign(claims | {"exp": now - 5}, signer("RSA")))
        assert hall.gate.again(late) is late
        with pytest.raises(SignInError, match="not valid"):
            hall.gate.again(replace(session, until_s=time.time()))
        stranger = sign(claims | {"exp": now + 300, "sub": "boss-1"}, signer("RSA"))
        assert (await hall.enter(stranger)).caller.grants == ()
        # Keys of machines are known without the provider, and its tokens are no keys.
        key = await reporter(hall)
        await provider.stop()
        assert (await hall.enter(key.token)).account == key.account
        await provider.start()


async def test_a_provider_that_is_away_is_nobodys_fault(database: str) -> None:
    async with local_provider() as provider:
        settings, token = provider.settings(), provider.token()
        await provider.stop()
        async with Verifier.open(settings) as verifier, hall_on(database, verifier) as hall:
            for _ in range(FREE + 1):
                error = await hall.refused(f"Bearer {token}")
                assert (error.status, error.code, error.wait_s) == (503, "UNAVAILABLE", 5)
            assert await hall.noted() == []
        await provider.start()


# Development


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        ("REPORTER@431181", Scope(area=Area(QIYANG))),
        ("CITY_DISPATCHER@000000", Scope(area=Area("000000"))),
        (f"UNIT_LIAISON@431181?unit={quote(UNIT)}", Scope(area=Area(QIYANG), unit=Name(UNIT))),
        (f"PARK_APPROVER@431181?park={quote('演示工业园')}", Scope(area=Area(QIYANG), park=Name("演示工业园"))),
        (f"UNIT_LIAISON@431181?project={UUID(int=7)}", Scope(area=Area(QIYANG), project=UUID(int=7))),
    ],
)
def test_a_development_token_with_a_role_is_that_role(said: str, scope: Scope) -> None:
    role = said.partition("@")[0]
    caller = Development("d" * 32).caller(f"{GOOD}.{said}")
    assert caller is not None
    assert (caller.actor, caller.trusted) == (f"development:{role.lower()}", False)
    assert caller.grants == (Grant(role=Role(role), scope=scope),)


@pytest.mark.parametrize(
    "said",
    [
        ".",
        ".KING@431181",
        ".REPORTER",
        ".REPORTER@",
        ".REPORTER@43118",
        ".REPORTER@431189",
        ".REPORTER@431181?",
        ".REPORTER@431181?unit",
        ".REPORTER@431181?unit=",
        ".REPORTER@431181?unti=x",
        ".REPORTER@431181?area=000000",
        ".REPORTER@431181?unit=a&unit=b",
        ".REPORTER@431181?unit=a&park=b",
        ".REPORTER@431181?project=x",
        ".REPORTER@431181.LEADER@000000",
        "x",
        "\n",
    ],
)
def test_a_development_token_that_is_not_understood_is_none(said: str) -> None:
    assert Development("d" * 32).caller(GOOD + said) is None


def test_a_development_token_of_another_place_is_none() -> None:
    for token in (GOOD, f"{GOOD}.REPORTER@431181"):
        assert Development("e" * 32).caller(token) is None
    # A file without a token in it opens nothing.
    assert Development("").caller("tz_dev_") is None


def test_the_file_of_the_development_token_is_its_owners_alone(tmp_path: Path) -> None:
    first = Development.at(tmp_path)
    file = tmp_path / "development.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text("ascii") == f"{first.token}\n"
    assert Development.at(tmp_path) == first
    assert [one.name for one in tmp_path.iterdir()] == [file.name]
    caller = first.caller(first.token)
    assert caller is not None
    assert (caller.actor, caller.trusted) == ("development", True)


def test_a_network_and_a_database_of_ones_own_have_no_development_token(tmp_path: Path) -> None:
    Development.at(tmp_path)
    url = "postgresql://owner@/ledger?host=/run"
    assert Development.of(Settings(data=tmp_path)) is not None
    for told in ({"host": "0.0.0.0"}, {"host": "10.0.0.5"}, {"host": "::"}, {"database_url": url}):  # noqa: S104 - meant.
        assert Development.of(Settings.model_validate({"data": tmp_path, **told})) is None


async def test_a_trial_takes_its_token_and_acts_for_whom_it_says(database: str) -> None:
    async with hall_on(database, trial=Development("d" * 32)) as hall:
        assert (await hall.enter(GOOD)).caller.trusted
        session = await hall.enter(f"{GOOD}.REPORTER@431181", "oidc:owner")
        assert (session.caller.actor, session.caller.principal) == ("development:reporter", "oidc:owner")
        assert hall.gate.again(session) is session
        assert (await hall.refused(f"Bearer {GOOD}x")).status == 401


async def test_many_at_once_are_each_who_they_are(hall: Hall) -> None:
    keys = [await reporter(hall, f"machine:many-{number}") for number in range(4)]
    sessions = await asyncio.gather(*(hall.enter(key.token) for _ in range(25) for key in keys))
    assert [one.account for one in sessions] == [key.account for _ in range(25) for key in keys]
