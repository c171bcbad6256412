"""Rights from the command line, as an operator gives them, on a real database."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, NamedTuple

import pytest
import structlog
from typer.testing import CliRunner

from schema.values import encode_id
from service.cli import app, terminal
from service.clock import today_in_china
from service.directory import Directory
from service.domain.roles import Grant, Role
from service.log.log import Log
from tests.examples import PROJECT_ID, QIYANG

TODAY: Final = today_in_china()
SOON: Final = str(TODAY + timedelta(days=90))
ADMIN: Final = "oidc:6f1c0001"
MACHINE: Final = "machine:county-a"


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Undo that a command sets up the service's log, with the stderr that it has."""
    yield
    structlog.reset_defaults()


async def taizhang(dsn: str, *words: str) -> Done:
    """Run a command as the program does, in a thread: it has a loop of its own."""
    environment = {"TAIZHANG_DATABASE_URL": dsn, "NO_COLOR": "1", "COLUMNS": "200"}
    done = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment)
    return Done(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tables be printed whole: a console takes its width from the environment that it was made in."""
    monkeypatch.setattr(terminal.out, "width", 200)


async def issue(dsn: str, account: str = MACHINE, on: str = SOON) -> Done:
    return await taizhang(dsn, "keys", "issue", account, "--expires-on", on, "--purpose", "县级[系统]报送")


async def test_the_first_security_administrator_comes_to_be_and_goes(database: str) -> None:
    granted = await taizhang(database, "roles", "grant", ADMIN, "security_admin", "000000", "--reason", "初始授权")
    assert (granted.code, "已记录" in granted.err) == (0, True)
    (grant_id,) = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", granted.out)
    async with Log.open(database) as log:
        directory = Directory(log)
        await directory.load()
        assert directory.grants_of(ADMIN, TODAY) == (Grant.over(Role.SECURITY_ADMIN, "000000"),)
        again = await taizhang(database, "roles", "grant", ADMIN, "SECURITY_ADMIN", "000000")
        assert (again.code, "已是如此" in again.err) == (0, True)
        assert len(await log.read("000000")) == 1
        refused = await taizhang(database, "roles", "grant", ADMIN, "SYSTEM_ADMIN", "000000")
        assert (refused.code, refused.out, "三员分立" in refused.err) == (1, "", True)
        listed = await taizhang(database, "roles", "list")
        assert ADMIN in listed.out
        ended = await taizhang(database, "roles", "end", ADMIN, grant_id, "--reason", "交接")
        assert (ended.code, grant_id in ended.out) == (0, False)
        await directory.load()
        assert directory.grants_of(ADMIN, TODAY) == ()
        every = await taizhang(database, "roles", "list", "--all", "--account", ADMIN)
        assert (grant_id in every.out, "已收回" in every.out) == (True, True)
        facts = await taizhang(database, "facts", "--region", "000000")
        told = [json.loads(line) for line in facts.out.splitlines()]
        assert [(one["name"], one["actor"]) for one in told] == [("RoleGranted", "operator"), ("RoleEnded", "operator")]


async def test_a_key_is_shown_once_and_its_secret_is_nowhere(database: str) -> None:
    issued = await issue(database)
    assert issued.code == 0
    token = re.fullmatch(r"tz_([0-9a-f]{16})_([A-Za-z0-9]{43})\n", issued.out)
    assert token is not None
    key_id, secret = token.groups()
    assert secret not in issued.err
    async with Log.open(database) as log:
        directory = Directory(log)
        await directory.load()
        key = directory.key(key_id)
        assert key is not None
        assert (key.account, key.sha256) == (MACHINE, hashlib.sha256(secret.encode()).hexdigest())
        listed = await taizhang(database, "keys", "list")
        assert (key_id in listed.out, "县级[系统]报送" in listed.out) == (True, True)
        revoked = await taizhang(database, "keys", "revoke", MACHINE, key_id, "--reason", "轮换")
        assert (revoked.code, "已吊销" in revoked.out) == (0, True)
        await directory.load()
        assert directory.key(key_id) is None
        everything = [await taizhang(database, "keys", "list", *more) for more in ([], ["--all"])]
        assert [key_id in one.out for one in everything] == [False, True]
        told = await taizhang(database, "facts")
        assert not [one for one in (*everything, listed, revoked, told) if secret in one.out + one.err]


async def test_no_token_is_printed_that_does_not_open_anything(database: str) -> None:
    for account, on, told in (
        (ADMIN, SOON, "machine:..."),
        (MACHINE, str(TODAY + timedelta(days=367)), "at most 366 days"),
        (MACHINE, "2020-01-01", "日期已过"),
        (MACHINE, "soon", "expires_on"),
    ):
        done = await issue(database, account, on)
        assert (done.code, done.out, told in done.err, "Traceback" in done.err) == (1, "", True, False), done
    away = await issue("postgresql://nobody@127.0.0.1:1/none")
    assert (away.code, away.out, "数据库不可用" in away.err) == (3, "", True)


async def test_a_role_is_given_for_a_part_of_an_area(database: str) -> None:
    project = encode_id("Project", QIYANG, PROJECT_ID)
    liaison = ("roles", "grant", "oidc:1", "UNIT_LIAISON")
    done = await taizhang(database, *liaison, "431181", "--project", project, "--until", str(TODAY))
    assert (done.code, str(PROJECT_ID) in done.out) == (0, True)
    elsewhere = await taizhang(database, *liaison, "431100", "--project", project)
    assert (elsewhere.code, elsewhere.out, "[project]" in elsewhere.err) == (1, "", True)
    agent = ("roles", "grant", "oidc:2", "AGENT", "431181", "--park", "演示工业园")
    assert [(await taizhang(database, *agent, *more)).code for more in ([], ["--principal", "oidc:1"])] == [1, 0]
    async with Log.open(database) as log:
        directory = Directory(log)
        await directory.load()
        (one,) = directory.grants_of("oidc:1", TODAY)
        assert (one.scope.project, one.until) == (PROJECT_ID, TODAY)
        (other,) = directory.grants_of("oidc:2", TODAY)
        assert (other.scope.park, other.principal) == ("演示工业园", "oidc:1")


async def test_a_script_reads_rights_and_keys_as_json(database: str) -> None:
    until = str(TODAY)
    granted = await taizhang(database, "roles", "grant", ADMIN, "leader", "431181", "--until", until, "--json")
    (grant,) = json.loads(granted.out)["grants"]
    known = {name: value for name, value in grant.items() if value is not None}
    assert known.pop("grant")
    assert known == {"account": ADMIN, "role": "LEADER", "area": "431181", "until": until, "ended": False}
    ended = await taizhang(database, "roles", "end", ADMIN, grant["grant"], "--reason", "交接", "--json")
    assert json.loads(ended.out) == {"grants": []}
    listed = await taizhang(database, "roles", "list", "--all", "--json")
    assert [one["ended"] for one in json.loads(listed.out)["grants"]] == [True]
    words = ("keys", "issue", MACHINE, "--expires-on", SOON, "--purpose", "报送", "--json")
    issued = json.loads((await taizhang(database, *words)).out)
    assert issued["token"].startswith(f"tz_{issued['key']}_")
    assert json.loads((await taizhang(database, "keys", "list", "--json")).out) == {
        "keys": [{"key": issued["key"], "account": MACHINE, "purpose": "报送", "expires_on": SOON, "revoked": False}]
    }
    revoked = await taizhang(database, "keys", "revoke", MACHINE, issued["key"], "--reason", "轮换", "--json")
    assert [one["revoked"] for one in json.loads(revoked.out)["keys"]] == [True]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("roles", "grant", "nobody", "LEADER", "431181"), 1, "[account]"),
        (("roles", "grant", ADMIN, "LEADER", "431189"), 1, "[area]"),
        (("roles", "grant", ADMIN, "KING", "431181"), 2, "KING"),
        (("roles", "end", ADMIN, "x", "--reason", "交接"), 1, "[grant_id]"),
        (("keys", "revoke", MACHINE, "0" * 16, "--reason", "轮换"), 1, "[key_id]"),
    ],
)
async def test_what_can_not_be_done_is_said_in_a_line(
    database: str, words: tuple[str, ...], code: int, told: str
) -> None:
    done = await taizhang(database, *words)
    assert (done.code, done.out, told in done.err, "Traceback" in done.err) == (code, "", True, False), done


async def test_a_process_of_its_own_puts_out_the_token_and_nothing_else(database: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "PG"))}
    words = ["keys", "issue", MACHINE, "--expires-on", SOON, "--purpose", "报送"]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "service.cli", *words],
        env=environment | {"TAIZHANG_DATABASE_URL": database},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert re.fullmatch(rb"tz_[0-9a-f]{16}_[A-Za-z0-9]{43}\n", done.stdout)
