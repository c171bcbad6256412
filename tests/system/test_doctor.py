"""`taizhang doctor`: what is wrong is said, with what to do; what is right is not complained of."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from ipaddress import IPv4Address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from service.cli.database import database as database_of
from service.config import Settings
from service.database import SERVICE_ROLE, migrate, migrations, owner
from service.doctor import TITLES, Finding, State, examine, of_database, of_files, of_settings
from service.doctor.installation import of_sign_in
from service.doctor.machine import LITTLE_DISK, LITTLE_MEMORY, NO_DISK, of_disk, of_machine, of_memory
from service.dsn import Dsn, MalformedDsnError, masked
from service.embedded import embedded
from tests.auth.oidc_provider import local_provider
from tests.conftest import MAJOR, UNSAFE_BUT_FAST
from tests.system.running import free_port, running
from tests.system.test_cli import taizhang

if TYPE_CHECKING:
    from collections.abc import Iterable

DAYS = 180
KEPT = Settings(journal_days=DAYS)
GOOD = "postgresql://owner:6f1c9e02ab34d5@127.0.0.1/ledger"
OPEN = IPv4Address("10.0.0.5")
_SHOWN_IN_ORDER = (
    *("python", "encoding", "memory", "port", "disk", "host", "allowed_hosts", "trusted_proxies", "password", "tls"),
    *("sign_in", "data_folder", "embedded", "secrets", "database", "text", "durability", "connections", "owner"),
    *("service_role", "clock", "migrations", "journal", "read_models", "log", "administrator"),
)


def states(found: Iterable[Finding]) -> dict[str, str]:
    """Return each check's state; each finding is told in both languages, under a check that has a title."""
    listed = list(found)
    for one in listed:
        assert one.check in TITLES
        assert one.found.en
        assert one.found.zh
        assert (one.mend is None) == (one.state is State.OK), one
        assert one.mend is None or (one.mend.en and one.mend.zh)
    return {one.check: one.state.value for one in listed}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, {"host": "ok"}),
        (
            {"host": OPEN},
            {"host": "warning", "allowed_hosts": "warning", "trusted_proxies": "warning"},
        ),
        (
            {
                "host": OPEN,
                "database_url": GOOD,
                "allowed_hosts": "ledger.example.cn",
                "trusted_proxies": [ip_network("10.0.0.9/32")],
            },
            {
                "host": "ok",
                "allowed_hosts": "ok",
                "trusted_proxies": "ok",
                "password": "ok",
                "tls": "ok",
            },
        ),
    ],
)
def test_settings_that_leave_a_gap_are_told(settings: dict[str, Any], found: dict[str, str]) -> None:
    assert states(of_settings(Settings(**settings))) == found


def test_a_manifest_that_can_not_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    for text, state in (
        ('{"a": "{ places { name } }"}', "ok"),
        ('{"a": "{ places { nonsense } }"}', "bad"),
        ("", "bad"),
    ):
        file.write_text(text)
        assert states(of_settings(Settings(documents=file)))["documents"] == state


async def test_whether_people_can_sign_in_is_asked_of_the_provider() -> None:
    assert states([await of_sign_in(Settings())]) == {"sign_in": "warning"}
    async with local_provider() as provider:
        answering = Settings(oidc_issuer=provider.issuer, oidc_audience="taizhang")
        assert states([await of_sign_in(answering)]) == {"sign_in": "warning"}, "over http, on this machine"
        other = Settings(oidc_issuer=f"{provider.issuer}/of-another", oidc_audience="taizhang")
        assert states([await of_sign_in(other)]) == {"sign_in": "bad"}
    assert states([await of_sign_in(answering)]) == {"sign_in": "bad"}, "it is gone"


def test_a_provider_without_encryption_is_no_setting() -> None:
    with pytest.raises(ValueError, match="oidc_issuer"):
        Settings(oidc_issuer="http://sso.example.gov.cn/realms/city", oidc_audience="taizhang")


@pytest.mark.parametrize(
    ("url", "password", "tls"),
    [
        (GOOD, "ok", "ok"),
        ("postgresql://owner@/ledger?host=/var/run/postgresql", "ok", "ok"),
        ("postgresql://owner:owner-of-it-all@/owner-of-it-all?host=/run", "bad", "ok"),
        ("postgresql://taizhang_owner:Taizhang_Owner@localhost/ledger", "bad", "ok"),
        ("postgresql://owner:short@[::1]:5432/ledger", "bad", "ok"),
        ("postgresql://owner:abababababababab@127.0.0.1/ledger", "bad", "ok"),
        ("postgresql://owner@127.0.0.1/ledger?password=short", "bad", "ok"),
        (GOOD.replace("127.0.0.1", "db.example.cn"), "ok", "bad"),
        (GOOD.replace("127.0.0.1", "db.example.cn") + "?sslmode=prefer", "ok", "bad"),
        (GOOD.replace("127.0.0.1", "10.1.1.1:5433") + "?sslmode=require", "ok", "warning"),
        (GOOD.replace("127.0.0.1", "127.0.0.1,10.1.1.1") + "?sslmode=disable", "ok", "bad"),
        (GOOD.replace("127.0.0.1", "db.example.cn") + "?sslmode=verify-full", "ok", "ok"),
    ],
)
def test_a_weak_password_and_a_way_without_tls_are_told(
    monkeypatch: pytest.MonkeyPatch, url: str, password: str, tls: str
) -> None:
    monkeypatch.delenv("PGSSLMODE", raising=False)
    found = list(of_settings(Settings(database_url=url)))
    assert (states(found)["password"], states(found)["tls"]) == (password, tls)
    said = Dsn.parse(url).password
    assert said is None or not any(said in f"{one.found} {one.mend}" for one in found)


def test_secrets_that_others_can_read_are_told(tmp_path: Path) -> None:
    settings = Settings(database_url=GOOD)
    file = tmp_path / "taizhang_database_url"
    (tmp_path / "of_another_program").write_text("")
    assert states(of_files(settings, None)) == {"secrets": "ok"}
    for mode, state in ((0o400, "ok"), (0o440, "ok"), (0o444, "warning"), (0o606, "bad")):
        file.write_text(GOOD) if not file.exists() else None
        file.chmod(mode)
        assert states(of_files(settings, tmp_path)) == {"secrets": state}


def test_a_data_folder_that_others_can_enter_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = Settings(data=data)
    assert states(of_files(settings, None))["data_folder"] == "warning"
    home = data / "postgres"
    home.mkdir(parents=True)
    for outer, inner, state in (
        (0o700, 0o700, "ok"),
        (0o711, 0o700, "ok"),
        (0o755, 0o700, "warning"),
        (0o777, 0o700, "bad"),
        (0o700, 0o750, "bad"),
    ):
        data.chmod(outer)
        home.chmod(inner)
        assert states(of_files(settings, None))["data_folder"] == state
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    data.chmod(0o700)
    (data / "postgres.at").write_text(str(elsewhere))
    assert states(of_files(settings, None))["data_folder"] == "bad"


async def test_a_database_as_it_is_made_has_nothing_wrong_with_it(database: str) -> None:
    found = states(await of_database(database, KEPT))
    # The tests' server saves itself the disk; and nobody has been given a role yet.
    assert (found.pop("durability"), found.pop("administrator")) == ("bad", "warning")
    assert set(found.values()) == {"ok"}


async def test_a_database_before_its_first_start_is_told_but_not_changed(empty_database: str) -> None:
    found = states(await of_database(empty_database, KEPT))
    assert (found["migrations"], found["database"]) == ("warning", "ok")
    assert found.pop("durability") == "bad"
    assert "bad" not in found.values()
    async with owner(empty_database) as connection:
        assert await connection.fetchval("SELECT to_regnamespace('taizhang')") is None


async def test_migrations_that_are_missing_or_unknown_are_told(database: str, empty_database: str) -> None:
    await migrate(empty_database, upto=migrations()[0][0])
    assert states(await of_database(empty_database, KEPT))["migrations"] == "warning"
    async with owner(database) as connection:
        await connection.execute("INSERT INTO migration (name) VALUES ('9999_of_tomorrow')")
    assert states(await of_database(database, KEPT))["migrations"] == "bad"


async def test_read_models_set_aside_and_rows_kept_too_long_are_told(database: str) -> None:
    async with owner(database) as connection:
        await connection.execute(
            "INSERT INTO aside (region, projection, position, error) VALUES ('431181', 'roster', 1, 'x')"
        )
        old_us = time.time_ns() // 1000 - (DAYS + 3) * 86_400 * 1_000_000
        await connection.execute(
            "INSERT INTO personal_read VALUES ($1, gen_random_uuid(), $1, 'a', NULL, 'roster', '{}', '{}', 1)", old_us
        )
    found = states(await of_database(database, KEPT))
    assert (found["read_models"], found["journal"]) == ("bad", "warning")
    assert states(await of_database(database, Settings(journal_days=DAYS + 30)))["journal"] == "ok"


async def test_a_service_role_that_rights_do_not_bind_is_told(data_folder: Path) -> None:
    """Roles are the server's, so this test has one of its own."""
    with embedded(data_folder, major=MAJOR, settings=UNSAFE_BUT_FAST) as server:
        dsn = server.dsn()
        assert states(await of_database(dsn, KEPT))["service_role"] == "warning"
        await migrate(dsn)
        assert states(await of_database(dsn, KEPT))["service_role"] == "ok"
        connection = await asyncpg.connect(server.dsn(user="postgres"))
        try:
            for change, back, state in (
                ("ALTER ROLE {0} SUPERUSER", "ALTER ROLE {0} NOSUPERUSER", "bad"),
                ("ALTER ROLE {0} BYPASSRLS", "ALTER ROLE {0} NOBYPASSRLS", "bad"),
                ("GRANT pg_write_all_data TO {0}", "REVOKE pg_write_all_data FROM {0}", "bad"),
                ("GRANT DELETE ON taizhang.fact TO {0}", "REVOKE DELETE ON taizhang.fact FROM {0}", "bad"),
                ("CREATE SCHEMA own AUTHORIZATION {0}", "DROP SCHEMA own", "bad"),
                ("ALTER ROLE {0} LOGIN", "SELECT", "warning"),
            ):
                await connection.execute(change.format(SERVICE_ROLE))
                assert states(await of_database(dsn, KEPT))["service_role"] == state, change
                await connection.execute(back.format(SERVICE_ROLE))
        finally:
            await connection.close()
        assert states(await of_database(server.dsn(user="postgres"), KEPT))["owner"] == "warning"
        assert states(await of_database(server.dsn(user=SERVICE_ROLE), KEPT))["owner"] == "bad"


async def test_a_database_that_is_away_is_told_and_nothing_else_is(folder: Path) -> None:
    (found,) = await of_database(f"postgresql://owner:secret-of-mine@/ledger?host={folder}", KEPT)
    assert (found.check, found.state) == ("database", State.BAD)
    assert "secret-of-mine" not in f"{found}"


async def test_a_server_that_loses_what_was_acknowledged_is_told(data_folder: Path) -> None:
    with embedded(data_folder, major=MAJOR, settings={"fsync": "off", "max_connections": "20"}) as server:
        dsn = server.dsn()
        found = {one.check: one for one in await of_database(dsn, KEPT)}
        assert (found["durability"].state, "fsync" in found["durability"].found.en) == (State.BAD, True)
        assert (found["connections"].state, "17" in found["connections"].found.en) == (State.WARNING, True)
        assert states(await of_database(dsn, Settings(pool_size=2)))["connections"] == "ok"
        connection = await asyncpg.connect(server.dsn(user="postgres"))
        try:
            await connection.execute(
                "CREATE DATABASE old TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'"
            )
            await connection.execute("CREATE ROLE guest LOGIN")
        finally:
            await connection.close()
        assert states(await of_database(server.dsn("old"), KEPT))["text"] == "bad"
        assert states(await of_database(server.dsn(user="guest"), KEPT))["owner"] == "bad"


async def test_a_log_with_a_gap_is_told(database: str) -> None:
    granted = await asyncio.to_thread(_grant, database)
    assert granted == 0
    found = states(await of_database(database, KEPT))
    assert (found["log"], found["administrator"]) == ("ok", "ok")
    async with owner(database) as connection:
        await connection.execute("UPDATE log_head SET position = position + 1 WHERE region = '000000'")
    (one,) = [one for one in await of_database(database, KEPT) if one.check == "log"]
    assert (one.state, "000000" in one.found.en) == (State.BAD, True)


def _grant(database: str) -> int:
    words = ("roles", "grant", "oidc:6f1c0001", "SECURITY_ADMIN", "000000")
    return taizhang(Path(), *words, TAIZHANG_DATABASE_URL=database)[0]


async def test_facts_that_no_service_projects_are_told(database: str) -> None:
    await asyncio.to_thread(_grant, database)
    assert states(await of_database(database, KEPT))["read_models"] == "ok"
    async with owner(database) as connection:
        await connection.execute("ALTER TABLE fact DISABLE TRIGGER fact_is_append_only")
        await connection.execute("UPDATE fact SET recorded_us = recorded_us - 120 * 1000000")
    assert states(await of_database(database, KEPT))["read_models"] == "warning"


def test_a_machine_that_runs_full_is_told(tmp_path: Path) -> None:
    disk = [states([of_disk(tmp_path, free)])["disk"] for free in (NO_DISK - 1, NO_DISK, LITTLE_DISK - 1, LITTLE_DISK)]
    assert disk == ["bad", "warning", "warning", "ok"]
    memory = [states([of_memory(free)])["memory"] for free in (LITTLE_MEMORY - 1, LITTLE_MEMORY, None)]
    assert memory == ["warning", "ok", "ok"]


def test_a_port_that_another_program_has_is_told(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, port=free_port())
    assert states(of_machine(settings))["port"] == "ok"
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.port))
        (one,) = [one for one in of_machine(settings) if one.check == "port"]
        assert (one.state, str(settings.port) in one.found.en) == (State.BAD, True)


def test_the_port_and_the_database_of_a_running_service_are_no_trouble(folder: Path) -> None:
    data = folder / "data"
    data.mkdir(mode=0o700)
    with running(data) as service:
        code, told = taizhang(folder, "doctor", "--json", TAIZHANG_PORT=str(service.port))
        found = {one["check"]: one for one in json.loads(told)["checks"]}
        assert (code, found["port"]["state"], "taizhang" in found["port"]["en"]) == (0, "ok", True)
        assert found["embedded"]["en"].startswith("It runs")


def test_a_copied_data_folder_is_told(folder: Path) -> None:
    copied = folder / "data"
    copied.mkdir(mode=0o700)
    home = folder / "elsewhere" / "postgres"
    home.mkdir(parents=True, mode=0o700)
    (home.parent / "folder").write_text("/another/folder")
    (copied / "postgres.at").write_text(str(home))
    found = {one.check: one for one in examine(Settings(data=copied), database_of)}
    assert (found["embedded"].state, found["database"].state) == (State.BAD, State.BAD)


def test_the_command_tells_all_checks_and_ends_by_the_worst(folder: Path) -> None:
    code, told = taizhang(folder, "doctor", "--json")
    found = json.loads(told)
    assert (code, found["state"]) == (0, "warning"), told
    ahead = {"allowed_hosts", "trusted_proxies", "password", "tls"}
    assert [one["check"] for one in found["checks"]] == [name for name in _SHOWN_IN_ORDER if name not in ahead]
    assert {one["check"] for one in found["checks"] if one["mend_en"] is None} == {
        one["check"] for one in found["checks"] if one["state"] == "ok"
    }
    (folder / "data").chmod(0o777)
    code, told = taizhang(folder, "doctor")
    assert (code, "chmod 700" in told) == (1, True)
    assert all(TITLES[one["check"]] in told for one in found["checks"])


async def test_a_service_that_only_machines_can_call_is_told(folder: Path, database: str) -> None:
    _, told = await asyncio.to_thread(taizhang, folder, "doctor", "--json", TAIZHANG_DATABASE_URL=database)
    checks = {one["check"]: one for one in json.loads(told)["checks"]}
    assert checks["sign_in"]["state"] == "warning"
    assert "TAIZHANG_OIDC_ISSUER" in checks["sign_in"]["mend_en"]
    assert "only machines with keys" in checks["sign_in"]["en"]
    settings = {"TAIZHANG_OIDC_ISSUER": "https://sso.example.gov.cn/realms/city", "TAIZHANG_DATABASE_URL": database}
    code, told = await asyncio.to_thread(taizhang, folder, "doctor", **settings)
    assert (code, "TAIZHANG_OIDC_AUDIENCE: " in told) == (4, True)


@pytest.mark.parametrize(
    "dsn",
    [
        "mysql://u:p@h/d",
        "postgresql://u:p/w@h/d",
        "postgresql://u:p@w@h/d",
        "postgresql://u:p#w@h/d",
        "postgresql://u:p?w@h/d",
        "postgresql://h:port/d",
        "postgresql://h/d?port=x",
        "postgresql://h:99999/d",
        "postgresql://h/d?nothing",
        "postgresql://[h/d",
        "",
    ],
)
def test_an_address_that_can_not_be_read_is_refused_without_saying_it(dsn: str) -> None:
    with pytest.raises(MalformedDsnError) as refused:
        Dsn.parse(dsn)
    assert not dsn or dsn not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("dsn", "parts"),
    [
        ("postgresql://u:p%40w@h:1/d?sslmode=require", ("u", "p@w", ("h",), "d", "require")),
        ("postgres://u@/d?host=/run/x&port=5432", ("u", None, ("/run/x",), "d", "")),
        ("postgresql://u@%2Frun%2Fx/d", ("u", None, ("/run/x",), "d", "")),
        ("postgresql://h1:1,h2:2/d?user=u&password=p", ("u", "p", ("h1", "h2"), "d", "")),
        ("postgresql://[2001:db8::1]:5432/?dbname=d", ("", None, ("2001:db8::1",), "d", "")),
    ],
)
def test_an_address_is_read_as_the_driver_reads_it(dsn: str, parts: tuple[object, ...]) -> None:
    found = Dsn.parse(dsn)
    assert (found.user, found.password, found.hosts, found.database, found.sslmode) == parts
    assert "p@w" not in repr(found)


def test_a_password_is_masked_as_it_is_and_as_it_was_written() -> None:
    dsn = "postgresql://u:p%40w@h/d"
    assert masked(f"{dsn} p@w p%40w u", dsn) == "*** *** *** u"
