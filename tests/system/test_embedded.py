"""The PostgreSQL that comes along: it starts, survives what kills its owner or itself, and keeps to itself."""

import asyncio
import os
import pwd
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from service.embedded import EmbeddedPostgres, EmbeddedPostgresError, Major, embedded
from service.embedded_programs import Account

MAJOR: Final[Major] = 16 if os.environ.get("TAIZHANG_TEST_PG") == "16" else 18
FAST: Final = {"fsync": "off"}
OWNER_PROCESS = """
import sys, time
from pathlib import Path
from typing import Final
from service.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), major=int(sys.argv[2]))
print(server.start(), server.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(data_folder: Path) -> Iterator[EmbeddedPostgres]:
    with embedded(data_folder, major=MAJOR, settings=FAST) as started:
        yield started


async def ask(server: EmbeddedPostgres, query: str) -> object:
    connection = await asyncpg.connect(server.dsn())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def socket_folder(server: EmbeddedPostgres) -> Path:
    return Path(re.findall(r"host=([^&]+)", server.dsn())[0])


def kill_the_server(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while Path(f"/proc/{pid}/cmdline").read_bytes():
        time.sleep(0.01)


def start_in_another_process(folder: Path) -> tuple["subprocess.Popen[str]", str]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER_PROCESS, folder, str(MAJOR)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def kill(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


async def test_a_second_start_finds_what_the_first_one_left(folder: Path) -> None:
    with embedded(folder / "data", major=MAJOR) as first:
        await ask(first, "CREATE TABLE kept AS SELECT 7 AS number")
    assert first.pid is None
    began = time.monotonic()
    with embedded(folder / "data", major=MAJOR) as second:
        assert time.monotonic() - began < 2, "a fraction of a second where nothing else runs"
        assert await ask(second, "SHOW fsync") == "on"
        assert await ask(second, "SELECT number FROM kept") == 7


async def test_the_owner_is_no_superuser_and_makes_roles_that_it_can_take_on(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    connection = await asyncpg.connect(server.dsn())
    await connection.execute("CREATE ROLE reader NOLOGIN")
    await connection.execute("GRANT reader TO taizhang_owner")
    await connection.execute("SET ROLE reader")
    assert await connection.fetchval("SELECT current_user") == "reader"
    await connection.close()


async def test_data_is_checked_and_sorted_by_code_point(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SHOW server_version") == {16: "16.14", 18: "18.4"}[MAJOR]
    assert await ask(server, "SHOW data_checksums") == "on"
    assert await ask(server, "SHOW timezone") == "UTC"
    assert await ask(server, "SHOW server_encoding") == "UTF8"
    assert await ask(server, "SELECT 'Z' < 'a' AND '市' > 'z'") is True


async def test_nothing_listens_on_the_network_and_nobody_is_trusted(server: EmbeddedPostgres) -> None:
    assert await ask(server, "SHOW listen_addresses") == ""
    connection = await asyncpg.connect(server.dsn(user="postgres"))
    rules = await connection.fetch("SELECT type || ' ' || auth_method FROM pg_hba_file_rules")
    await connection.close()
    assert [rule[0] for rule in rules] == ["local peer"]
    socket = socket_folder(server)
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert ":" not in server.dsn().removeprefix("postgresql://"), "an address with a password in it"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
async def test_another_account_is_turned_away(server: EmbeddedPostgres) -> None:
    socket = socket_folder(server)
    uid = socket.stat().st_uid
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid not in (0, uid))
    # Even with the way to the socket wide open the server asks the kernel who is there.
    for path in (socket.parent, socket, socket / ".s.PGSQL.5432"):
        path.chmod(0o777)
    psql = Path(f"/proc/{server.pid}/exe").resolve().with_name("psql")
    account = Account(other.pw_name, other.pw_uid, other.pw_gid)
    said = account.run(psql, "--host", socket, "--username", "taizhang_owner", "taizhang")
    assert "Peer authentication failed" in said.stderr


async def test_another_process_attaches_and_does_not_stop_it(server: EmbeddedPostgres, data_folder: Path) -> None:
    process, said = start_in_another_process(data_folder)
    try:
        assert said == f"False {server.pid}"
    finally:
        kill(process)
    guest = EmbeddedPostgres(data_folder, major=MAJOR)
    assert guest.start() is False
    guest.stop()
    assert await ask(server, "SELECT 1") == 1


async def test_an_orphan_is_taken_over_and_stopped_in_the_end(data_folder: Path) -> None:
    process, said = start_in_another_process(data_folder)
    kill(process)
    heir = EmbeddedPostgres(data_folder, major=MAJOR)
    assert heir.start() is True
    assert said == f"True {heir.pid}", "the same server"
    assert await ask(heir, "SELECT 1") == 1
    heir.stop()
    assert heir.pid is None


async def test_the_owner_leaves_and_the_last_one_out_stops_it(data_folder: Path) -> None:
    owner, guest = EmbeddedPostgres(data_folder, major=MAJOR), EmbeddedPostgres(data_folder, major=MAJOR)
    assert (owner.start(), guest.start()) == (True, False)
    pid = owner.pid
    owner.stop()
    assert guest.pid == pid, "somebody uses it"
    assert await ask(guest, "SELECT 1") == 1
    guest.stop()
    assert guest.pid is None
    owner._reap()  # Its child, in the one process of this test.


async def test_who_is_left_by_a_killed_owner_mends_it_and_stops_it(data_folder: Path) -> None:
    process, said = start_in_another_process(data_folder)
    guest = EmbeddedPostgres(data_folder, major=MAJOR)
    assert guest.start() is False
    kill(process)
    assert said == f"True {guest.pid}", "it outlives its owner"
    kill_the_server(guest)
    assert guest.start() is True
    assert await ask(guest, "SELECT 1") == 1
    guest.stop()
    assert guest.pid is None


async def test_of_many_that_leave_at_one_moment_one_stops_it(data_folder: Path) -> None:
    users = [EmbeddedPostgres(data_folder, major=MAJOR, settings=FAST) for _ in range(8)]
    for _ in range(3):
        assert [user.start() for user in users] == [True] + [False] * 7
        await asyncio.gather(*(asyncio.to_thread(user.stop) for user in users))
        assert users[0].pid is None
        users[0]._reap()


async def test_the_terminals_interrupt_does_not_reach_it(data_folder: Path) -> None:
    process, said = start_in_another_process(data_folder)
    pid = int(said.split()[1])
    assert os.getsid(pid) == pid
    assert os.getpgid(pid) != os.getpgid(process.pid)
    kill(process)


async def test_it_recovers_after_it_was_killed_and_its_number_given_to_another(data_folder: Path) -> None:
    server = EmbeddedPostgres(data_folder, major=MAJOR)
    server.start()
    await ask(server, "CREATE TABLE kept AS SELECT 7 AS number")
    kill_the_server(server)
    account = Account.of((data_folder / "postgres").stat().st_uid)
    sink = os.open(os.devnull, os.O_WRONLY)
    other = account.spawn("/bin/sleep", "60", log=sink)
    os.close(sink)
    pid_file = data_folder / "postgres/data/postmaster.pid"
    pid_file.write_text("\n".join([str(other.pid), *pid_file.read_text().splitlines()[1:]]))
    assert server.pid is None
    assert server.start() is True, "a second start mends it"
    assert await ask(server, "SELECT number FROM kept") == 7
    assert other.poll() is None, "the other program was left alone"
    other.kill()
    other.wait()
    server.stop()


async def test_an_empty_pid_file_does_not_keep_it_from_starting(data_folder: Path) -> None:
    with embedded(data_folder, major=MAJOR, settings=FAST):
        pass
    (data_folder / "postgres/data/postmaster.pid").touch()
    with embedded(data_folder, major=MAJOR, settings=FAST) as server:
        assert await ask(server, "SELECT 1") == 1


async def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    server = EmbeddedPostgres(folder / "data", major=MAJOR, settings=FAST)
    account = Account.to_run_as()
    (folder / "data").mkdir(mode=0o711)
    home = folder / "data/postgres"
    (home / "data.new/base").mkdir(parents=True)
    for path in (home, home / "data.new", home / "data.new/base"):
        account.own(path)
    server.start()
    assert await ask(server, "SELECT 1") == 1
    server.stop()


async def test_two_run_side_by_side(server: EmbeddedPostgres, folder: Path) -> None:
    with embedded(folder / "other", major=MAJOR, settings=FAST) as other:
        await ask(other, "CREATE TABLE only_there ()")
        assert await ask(server, "SELECT to_regclass('only_there') IS NULL") is True


async def test_a_path_that_is_long_and_chinese_works_twice(folder: Path) -> None:
    data = folder / ("很长的目录 'with' \\ spaces" + "x" * 100) / "数据"
    for _ in range(2):
        with embedded(data, major=MAJOR, settings=FAST) as server:
            assert await ask(server, "SELECT 1") == 1
            socket = socket_folder(server)
            assert len(os.fsencode(socket)) < 90
            assert stat.S_IMODE(socket.stat().st_mode) == 0o700


async def test_a_socket_folder_that_somebody_else_made_is_not_used(folder: Path) -> None:
    data = folder / ("x" * 100)
    data.mkdir(mode=0o711)
    trap = folder / "trap"
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    (data / "socket.at").write_text(str(trap))
    with embedded(data, major=MAJOR, settings=FAST) as server:
        assert str(trap) not in server.dsn()
        assert await ask(server, "SELECT 1") == 1


async def test_programs_and_variables_of_the_environment_are_not_used(
    folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    traps = folder / "bin"
    traps.mkdir()
    for name in ("postgres", "initdb", "pg_ctl"):
        (traps / name).write_text(f"#!/bin/sh\ntouch {traps}/sprung\nexit 1\n")
        (traps / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{traps}:{os.environ['PATH']}")
    for name, value in {"PGDATA": "/nowhere", "PGPORT": "1", "PGHOST": "example.invalid", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)
    with embedded(data_folder, major=MAJOR, settings=FAST) as server:
        assert await ask(server, "SELECT current_user") == "taizhang_owner"
    assert not (traps / "sprung").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another account")
async def test_root_with_a_closed_folder_has_its_data_elsewhere_and_opens_nothing(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for _ in range(2):
        with embedded(closed / "data", major=MAJOR, settings=FAST) as server:
            assert await ask(server, "SELECT 1") == 1
            guest = EmbeddedPostgres(closed / "data")
            assert guest.start() is False
            guest.stop()
    home = Path((closed / "data/postgres.at").read_text("utf-8"))
    assert home.stat().st_uid != 0
    assert not home.is_relative_to(closed)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    copy = folder / "copy"
    copy.mkdir()
    (copy / "postgres.at").write_text(str(home))
    with pytest.raises(EmbeddedPostgresError, match="is a copy"):
        EmbeddedPostgres(copy, major=MAJOR).start()


def test_broken_data_is_reported_with_the_servers_own_words(data_folder: Path) -> None:
    with embedded(data_folder, major=MAJOR, settings=FAST):
        pass
    (data_folder / "postgres/data/global/pg_control").unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*未能启动.*pg_control"):
        EmbeddedPostgres(data_folder, major=MAJOR).start()


def test_data_of_another_version_and_a_file_in_the_way_are_refused(folder: Path, data_folder: Path) -> None:
    with embedded(data_folder, major=MAJOR, settings=FAST):
        pass
    with pytest.raises(EmbeddedPostgresError, match="was not made by PostgreSQL"):
        EmbeddedPostgres(data_folder, major=18 if MAJOR == 16 else 16).start()
    (folder / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match="cannot be used"):
        EmbeddedPostgres(folder / "file").start()
    with pytest.raises(EmbeddedPostgresError, match="is not running"):
        EmbeddedPostgres(data_folder, major=MAJOR).dsn()


async def test_settings_reach_the_server(data_folder: Path) -> None:
    with embedded(data_folder, major=MAJOR, settings={"fsync": "off", "cluster_name": "it's \\ here"}) as server:
        assert await ask(server, "SHOW fsync") == "off"
        assert await ask(server, "SHOW cluster_name") == "it's \\ here"
