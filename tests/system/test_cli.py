"""The command line as an operator uses it: each command a process of its own on one data folder."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import ioctl
from importlib.metadata import version
from pathlib import Path
from termios import TIOCSWINSZ
from typing import Any, Final, NamedTuple

import pytest
from rich.cells import cell_len
from typer.main import get_command
from typer.testing import CliRunner

import projections
from service.cli import app
from service.cli.exits import MEANINGS
from service.cli.terminal import LINES
from service.embedded import EmbeddedPostgres, embedded
from tests.conftest import MAJOR, UNSAFE_BUT_FAST

SAMPLE: Final = Path(__file__).parents[1] / "data" / "gmpp_sample.csv"
IMPORT: Final = ("import", "gmpp", str(SAMPLE), "--region", "990001")
WAIT_S: Final = 60.0
WIDTH: Final = 80


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "service.cli", *words]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return an environment in which only these settings are made, and those of a quiet terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "PG"))}
    return kept | {"TAIZHANG_DATA": str(folder / "data"), "NO_COLOR": "1", "COLUMNS": "120"} | settings


def run(folder: Path, *words: str, **settings: str) -> Done:
    """Run a command to its end."""
    done = subprocess.run(
        command(*words),
        env=environment(folder, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def taizhang(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code, and all that it said."""
    done = run(folder, *words, **settings)
    return done.code, done.out + done.err


@pytest.fixture
def installed(data_folder: Path) -> Iterator[Path]:
    """Give a folder with an empty database that runs: a command takes longer to make and start one than to use it."""
    with embedded(data_folder, major=MAJOR, settings=UNSAFE_BUT_FAST):
        yield data_folder.parent


def test_an_import_is_shown_first_then_done_once_and_can_be_rebuilt(folder: Path) -> None:
    code, told = taizhang(folder, *IMPORT, "--dry-run")
    assert (code, "total withdrawn 总投资撤回" in told, "facts_stored: 0" in told) == (0, True, True)
    code, first = taizhang(folder, *IMPORT)
    assert (code, "facts_stored: 0" in first, "facts_there: 0" in first) == (0, False, True)
    code, second = taizhang(folder, *IMPORT)
    assert (code, "facts_stored: 0" in second) == (0, True)
    code, rebuilt = taizhang(folder, "rebuild")
    assert (code, rebuilt.count("rows that differed 有差异的行: none")) == (0, len(projections.ALL))
    code, standing = taizhang(folder, "status")
    stored = first.split("facts_stored: ")[1].split()[0]
    assert (code, standing.count(f" {stored} ")) == (0, 2), standing


def test_a_script_reads_json_and_nothing_else(installed: Path) -> None:
    before = run(installed, "status", "--json")
    assert (before.code, len(json.loads(before.out)["pending"])) == (1, 4), "looking does not migrate"
    applied = json.loads(run(installed, "migrate", "--json").out)["applied"]
    assert applied == json.loads(before.out)["pending"]
    assert json.loads(run(installed, "migrate", "--json").out) == {"applied": []}
    assert json.loads(run(installed, *IMPORT, "--dry-run", "--json").out)["facts_stored"] == 0
    stored = json.loads(run(installed, *IMPORT, "--json").out)["facts_stored"]
    rebuilt = run(installed, "rebuild", "roster", "--json")
    (roster,) = [json.loads(line) for line in rebuilt.out.splitlines()]
    assert (roster["name"], roster["facts"], set(roster["differing"].values())) == ("roster", stored, {0})
    after = json.loads(run(installed, "status", "--json").out)
    (region,) = after["regions"]
    assert region == {
        "region": "990001",
        "position": stored,
        "projected": stored,
        "lag_facts": 0,
        "lag_s": None,
        "fed_by": None,
        "aside": {},
    }
    assert after["sizes"]["taizhang.fact"] > 0
    assert after["archived_at"] is None


def test_progress_is_a_few_plain_lines_where_there_is_no_terminal(installed: Path) -> None:
    done = run(installed, *IMPORT)
    lines = re.findall(r"^gmpp_sample\.csv: (\d+)/15$", done.err, re.MULTILINE)
    assert 0 < len(lines) <= LINES
    assert lines[-1] == "15"
    assert "gmpp_sample.csv:" not in done.out


def test_a_refused_row_is_said_with_its_line_and_column(installed: Path) -> None:
    broken = installed / "broken.csv"
    text = SAMPLE.read_text("utf-8")
    assert text.count("2014-05-01") == 1
    broken.write_text(text.replace("2014-05-01", "the first of May"), "utf-8")
    words = ("import", "gmpp", str(broken), "--region", "990001")
    done = run(installed, *words)
    assert done.code == 1
    assert re.search(r"refused 拒绝: line 2 第 2 行 .*start_date: .*the first of May", done.err)
    (refused,) = json.loads(run(installed, *words, "--json").out)["refused"]
    assert (refused["line"], [fault["field"] for fault in refused["faults"]]) == (2, ["start_date"])
    mended = run(installed, *IMPORT)
    assert mended.code == 0, "what is mended is taken, and the rest is not taken twice"


def test_facts_are_printed_once_behind_a_cursor(installed: Path) -> None:
    taizhang(installed, *IMPORT)
    done = run(installed, "facts", "--region", "990001")
    lines = done.out.splitlines()
    assert done.code == 0
    assert [json.loads(line)["position"] for line in lines] == [*range(1, len(lines) + 1)]
    assert run(installed, "facts", "--after", done.err.strip()) == (0, "", done.err)


@pytest.mark.parametrize(
    ("words", "settings", "code", "told"),
    [
        (("status",), {"TAIZHANG_PORT": "80000"}, 4, "TAIZHANG_PORT"),
        (("status",), {"TAIZHANG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, 3, "数据库不可用"),
        (("facts", "--after", "x"), {}, 1, "after"),
        (("rebuild", "nothing"), {}, 2, "'nothing'"),
        (("rebuild", "roster", "--region", "990009"), {}, 1, "roster of 990009 alone"),
        (("nothing",), {}, 2, "nothing"),
        (("migrate", "--nothing"), {}, 2, "nothing"),
        (("import", "gmpp", str(SAMPLE), "--region", "431181"), {}, 1, "purpose"),
        (("import", "gmpp", __file__, "--region", "990001"), {}, 1, "missing or doubled columns"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(
    installed: Path, words: tuple[str, ...], settings: dict[str, str], code: int, told: str
) -> None:
    done = run(installed, *words, **settings)
    assert (done.code, done.out) == (code, "")
    assert told in done.err
    assert "Traceback" not in done.err


def test_a_database_that_is_not_there_is_a_wrong_setting(folder: Path, cluster: EmbeddedPostgres) -> None:
    done = run(folder, "status", TAIZHANG_DATABASE_URL=cluster.dsn("no_such_database"))
    assert (done.code, "TAIZHANG_DATABASE_URL" in done.err, "Traceback" in done.err) == (4, True, False), done


def test_a_fault_is_kept_in_a_file_and_told_by_its_id(installed: Path) -> None:
    """A folder of tables that no version has made is what nobody has thought of."""
    with embedded(installed / "data", major=MAJOR, settings=UNSAFE_BUT_FAST) as server:
        subprocess.run(
            [sys.executable, "-c", _BREAK, server.dsn()], check=True, env=environment(installed), timeout=WAIT_S
        )
        done = run(installed, "status")
    assert (done.code, done.out, "Traceback" in done.err) == (70, "", False), done
    told = re.search(r"A fault of taizhang, ([0-9a-f]{8}): \w+\. What happened is in (\S+);", done.err)
    assert told is not None, done.err
    file = Path(told[2])
    assert (told[1] in file.name, file.parent) == (True, installed / "data")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in file.read_text("utf-8")


_BREAK: Final = """
import asyncio, sys, asyncpg
from service.database import migrate
async def main():
    await migrate(sys.argv[1])
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute("ALTER TABLE taizhang.aside RENAME COLUMN error TO fault")
    await connection.close()
asyncio.run(main())
"""


def test_one_region_is_rebuilt_and_the_others_are_left(installed: Path) -> None:
    assert run(installed, *IMPORT).code == 0
    assert run(installed, *IMPORT[:-1], "990002").code == 0
    done = run(installed, "rebuild", "project_status", "--region", "990002", "--json")
    (rebuilt,) = [json.loads(line) for line in done.out.splitlines()]
    facts = json.loads(run(installed, "status", "--json").out)["regions"][1]["position"]
    assert (done.code, rebuilt["facts"], set(rebuilt["differing"].values())) == (0, facts, {0})


def test_who_stops_reading_ends_the_command_quietly(installed: Path) -> None:
    assert run(installed, *IMPORT).code == 0
    with subprocess.Popen(
        command("facts"), env=environment(installed), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(WAIT_S) == 141
    assert "Traceback" not in said
    assert "数据库" not in said


@contextmanager
def held(dsn: str, table: str) -> Iterator[None]:
    """Hold a table, so that who wants to write to it waits as long as the block goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, dsn, table], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(b"\n", WAIT_S)


_HOLD: Final = """
import asyncio, sys, asyncpg
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    async with connection.transaction():
        await connection.execute(f"LOCK TABLE {sys.argv[2]} IN ACCESS EXCLUSIVE MODE")
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
    await connection.close()
asyncio.run(main())
"""
_WAITING: Final = """
import asyncio, sys, asyncpg
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        await asyncio.sleep(0.02)
    await connection.close()
asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("words", "table", "told", "ending"),
    [
        (("migrate",), "taizhang.migration", "each migration", (signal.SIGINT, 130)),
        (("rebuild", "roster"), "taizhang.projected", "live tables are whole", (signal.SIGINT, 130)),
        (IMPORT, "taizhang.log_head", "each row is stored", (signal.SIGTERM, 143)),
        (("facts",), "taizhang.fact", "behind this cursor", (signal.SIGTERM, 143)),
    ],
)
def test_what_is_broken_off_says_what_it_leaves_and_is_done_by_the_next_run(
    installed: Path, words: tuple[str, ...], table: str, told: str, ending: tuple[signal.Signals, int]
) -> None:
    with embedded(installed / "data", major=MAJOR, settings=UNSAFE_BUT_FAST) as server:
        dsn = server.dsn()
        assert run(installed, *IMPORT[:-1], "990002").code == 0
        with (
            held(dsn, table),
            subprocess.Popen(
                command(*words), env=environment(installed), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as process,
        ):
            subprocess.run([sys.executable, "-c", _WAITING, dsn], check=True, timeout=WAIT_S)
            process.send_signal(ending[0])
            try:
                _, said = process.communicate(timeout=WAIT_S)
            finally:
                process.kill()
        assert (process.returncode, told in said.decode().lower()) == (ending[1], True), said.decode()
        assert b"Traceback" not in said
        again = run(installed, *words)
        assert again.code == 0, again
        listing = subprocess.run(
            [sys.executable, "-c", _LEFT, dsn], check=True, timeout=WAIT_S, capture_output=True, text=True
        )
        assert listing.stdout == "[]\n", "a rebuild leaves no tables of its own"


_LEFT: Final = """
import asyncio, sys, asyncpg
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    rows = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild%' LIMIT 9")
    print([row[0] for row in rows])
    await connection.close()
asyncio.run(main())
"""


def screen(folder: Path, *words: str) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns; return its exit code, and what it wrote without colours."""
    leader, follower = pty.openpty()
    ioctl(follower, TIOCSWINSZ, struct.pack("HHHH", 24, WIDTH, 0, 0))
    settings = environment(folder)
    del settings["COLUMNS"], settings["NO_COLOR"]
    with subprocess.Popen(
        command(*words), env=settings | {"TERM": "xterm"}, stdin=follower, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        written = bytearray()
        with suppress(OSError):  # The kernel says so when nobody has the terminal any more.
            while select.select([leader], [], [], WAIT_S)[0] and (more := os.read(leader, 65_536)):
                written += more
        code = process.wait(WAIT_S)
    os.close(leader)
    return code, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())


def _commands(found: Any, *before: str) -> Iterator[tuple[str, ...]]:
    yield before
    for name, below in getattr(found, "commands", {}).items():
        yield from _commands(below, *before, name)


COMMANDS: Final = [*_commands(get_command(app))]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_cuts_no_word_off_in_80_columns(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": str(WIDTH)}, prog_name="taizhang")
    assert shown.exit_code == 0
    assert " ".join(("Usage: taizhang", *words)) in shown.output
    assert "…" not in shown.output
    assert max(map(cell_len, shown.output.splitlines())) <= WIDTH


def test_a_terminal_shows_how_far_an_import_is(installed: Path) -> None:
    code, shown = screen(installed, *IMPORT)
    assert (code, "15/15" in shown, "━" in shown) == (0, True, True)


def test_the_codes_of_the_help_are_those_of_the_manual(folder: Path) -> None:
    told = run(folder, "--help").out
    assert dict(re.findall(r"^ +(\d+)  (\S.*)$", told, re.MULTILINE)) == {
        str(int(code)): meaning for code, meaning in MEANINGS.items()
    }
    manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
    listed = re.findall(r"^\| (\d+) \| (.+?) \|", manual, re.MULTILINE)
    assert dict(listed) == {str(int(code)): meaning for code, meaning in MEANINGS.items()}


def test_the_version_is_said(folder: Path) -> None:
    assert run(folder, "--version").out.startswith(f"taizhang {version('taizhang')}, Python ")
