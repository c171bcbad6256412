"""The examples as a developer runs them: made anew from the schema, type-checked, and run against the demo."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from service.log.log import Log
from tests.clients.node import NODE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.system.running import Running

ROOT: Final = Path(__file__).parents[2]
TYPESCRIPT: Final = ROOT / "examples" / "typescript"
PYTHON: Final = ROOT / "examples" / "python"
MODULES: Final = "node_modules"
CODEGEN: Final = f"{MODULES}/@graphql-codegen/cli/cjs/bin.js"
TSC: Final = f"{MODULES}/typescript/bin/tsc"
PATIENCE_S: Final = 60.0
LITHIUM: Final = "UHJvamVjdDo0MzExMjE6MGNmZjIxNTYtOWMzYi01ZDBlLTg0OWItZjliYjIxZjczOGZm"
"""The largest project of the page; the demo has the same ids wherever it is loaded."""


def installed(path: Path) -> Path:
    """Return a path of what `make .venv/examples` installs."""
    assert path.exists(), "the examples are not installed: run `make .venv/examples`"
    return path


def settings(service: Running | None = None) -> Mapping[str, str]:
    """Return the environment of an example that asks a service."""
    # What compilers and generators look for on the machine must not change what they make.
    found = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "TMPDIR"}}
    found["PATH"] = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    if service is not None:
        found |= {"TAIZHANG_URL": f"{service.address}/graphql", "TAIZHANG_TOKEN": service.token}
    return found


def ran(*command: str | Path, at: Path, service: Running | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, in a folder."""
    return subprocess.run(
        command, cwd=at, env=settings(service), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def copied(example: Path, to: Path) -> Path:
    """Return a copy of an example in a copy of the project's folders, without what was installed."""
    (to / "schema").mkdir()
    shutil.copy(ROOT / "schema" / "schema.graphql", to / "schema")
    made = to / "examples" / example.name
    shutil.copytree(example, made, ignore=shutil.ignore_patterns(MODULES, ".venv", "__pycache__", "*.cursor"))
    return made


def texts(folder: Path) -> dict[str, str]:
    """Return the files of a folder by their names."""
    return {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.is_file()}


def test_the_typescript_types_are_those_of_the_schema(tmp_path: Path) -> None:
    made = copied(TYPESCRIPT, tmp_path)
    (made / "generated.ts").unlink()
    (made / MODULES).symlink_to(installed(TYPESCRIPT / MODULES))
    done = ran(NODE, CODEGEN, at=made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert texts(made) == texts(TYPESCRIPT)


def test_the_python_client_is_that_of_the_schema(tmp_path: Path) -> None:
    made = copied(PYTHON, tmp_path)
    shutil.rmtree(made / "ledger_client")
    done = ran(installed(PYTHON / ".venv" / "bin" / "ariadne-codegen"), at=made)
    assert done.returncode == 0, done.stdout + done.stderr
    assert texts(made / "ledger_client") == texts(PYTHON / "ledger_client")


def test_the_typescript_example_is_well_typed_and_a_wrong_field_is_not(tmp_path: Path) -> None:
    installed(TYPESCRIPT / MODULES)
    done = ran(NODE, TSC, at=TYPESCRIPT)
    assert (done.returncode, done.stdout) == (0, "")
    made = copied(TYPESCRIPT, tmp_path)
    (made / MODULES).symlink_to(TYPESCRIPT / MODULES)
    page = (made / "page.ts").read_text("utf-8")
    (made / "page.ts").write_text(page.replace("total?.ahead", "total?.beyond"), "utf-8")
    done = ran(NODE, TSC, at=made)
    assert done.returncode != 0
    assert "Property 'beyond' does not exist" in done.stdout


def test_the_python_example_is_well_typed_and_a_wrong_field_is_not(tmp_path: Path) -> None:
    python = installed(PYTHON / ".venv" / "bin" / "python")
    made = copied(PYTHON, tmp_path)
    sync = (made / "sync.py").read_text("utf-8")
    (made / "wrong.py").write_text(sync.replace("page.more", "page.rest"), "utf-8")
    mypy = ("-m", "mypy", "--cache-dir", tmp_path / "cache", "--python-executable", python, "--no-pretty")
    done = ran(sys.executable, *mypy, "sync.py", "wrong.py", at=made)
    (error, told) = done.stdout.splitlines()
    assert error.startswith("wrong.py:")
    assert 'has no attribute "rest"' in error
    assert told.startswith("Found 1 error in 1 file")


def test_the_page_prints_totals_ledger_map_lights_and_timeline(demo_service: Running) -> None:
    done = ran(NODE, "page.ts", "page", at=TYPESCRIPT, service=demo_service)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "72 projects, 53.93 亿元, 33.7 % of the plan, 0.37 points ahead of the year",
        "171 in the ledger, 171 sites on the map; the largest:",
        "丙二锂电池材料生产线项目(演示) | 投产 | 5.815 of 16.8 亿元 | 62.4 % | - | 0 overdue",
    ]
    assert [line.count(" | ") for line in lines[2:7]] == [5] * 5
    assert lines[8] == f"丙二锂电池材料生产线项目(演示) ({LITHIUM}), version 21"
    assert lines[9:13] == [
        "  START GREEN",
        "  PROGRESS YELLOW, 8.11 points behind",
        "  PAYMENT GREY",
        "  STATISTICS GREEN",
    ]
    assert lines[13] == "  2020-11-03 GATE 登记入储备库（“重点项目储备库”）：2020 年 11 月 3 日。"
    assert len(lines) == 18


@pytest.mark.parametrize("command", ["page", "follow"])
def test_a_page_with_a_bad_token_ends_and_says_so(demo_service: Running, command: str) -> None:
    done = subprocess.run(
        [NODE, "page.ts", command],
        cwd=TYPESCRIPT,
        env={**settings(demo_service), "TAIZHANG_TOKEN": "wrong"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "UNAUTHENTICATED: This token or key is not valid.\n")


async def test_the_page_follows_changes_over_a_restart_and_resumes_where_it_was_ended(
    demo_service: Running, tmp_path: Path
) -> None:
    def note(text: str, command_id: int) -> tuple[int, str]:
        done = ran(
            NODE, "page.ts", "note", LITHIUM, text, str(UUID(int=command_id)), at=TYPESCRIPT, service=demo_service
        )
        return done.returncode, done.stdout + done.stderr

    cursor = tmp_path / "changes.cursor"
    async with following(demo_service, cursor) as told:
        assert await line_of(told) == "following"
        code, said = await asyncio.to_thread(note, "设备进场(演示)", 1)
        assert (code, said.split()[:2]) == (0, ["noted", "at"])
        position = int(said.split()[-1])
        first = f"{position} {UUID(int=1)} Noted progress on 30 April 2022: “设备进场(演示)”."
        assert await line_of(told) == first
        # Cut off, it comes back by itself, with the cursor that it had come to.
        await asyncio.to_thread(demo_service.kill)
        await asyncio.to_thread(demo_service.start)
        assert (await asyncio.to_thread(note, "设备调试(演示)", 3))[0] == 0
        third = f"{position + 1} {UUID(int=3)} Noted progress on 30 April 2022: “设备调试(演示)”."
        assert await line_of(told) == third
    # Sent again it is answered as the first time; what came while nobody followed is told first.
    assert await asyncio.to_thread(note, "设备进场(演示)", 1) == (0, said)
    await asyncio.to_thread(note, "设备安装(演示)", 2)
    async with following(demo_service, cursor) as told:
        second = f"{position + 2} {UUID(int=2)} Noted progress on 30 April 2022: “设备安装(演示)”."
        # The cursor is kept when a page was dealt with: the last one may be told again.
        found = await line_of(told)
        assert (await line_of(told) if found == third else found) == second


def test_a_refused_note_says_which_rule(demo_service: Running) -> None:
    done = ran(NODE, "page.ts", "note", LITHIUM, "", at=TYPESCRIPT, service=demo_service)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("TOO_LONG input.text: ")


@asynccontextmanager
async def following(service: Running, cursor: Path) -> AsyncIterator[asyncio.StreamReader]:
    """Give the lines of a page that follows, and end it with the block."""
    process = await asyncio.create_subprocess_exec(
        NODE, "page.ts", "follow", cursor, cwd=TYPESCRIPT, env=settings(service), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.kill()
        await process.communicate()


async def line_of(told: asyncio.StreamReader) -> str:
    async with asyncio.timeout(PATIENCE_S):
        return (await told.readline()).decode().rstrip("\n")


async def heads(service: Running) -> list[tuple[str, int]]:
    """Return how many facts each ledger has."""
    async with Log.open(service._settings["TAIZHANG_DATABASE_URL"], size=1) as log:
        return [(head.region, head.position) for head in await log.heads()]


async def test_a_county_reports_its_rows_and_reads_what_that_changed(demo_service: Running, tmp_path: Path) -> None:
    python = installed(PYTHON / ".venv" / "bin" / "python")
    rows = tmp_path / "rows.csv"
    shutil.copy(PYTHON / "rows.csv", rows)

    async def synced() -> tuple[int, list[str], list[str]]:
        command = (python, "sync.py", rows, "--cursor", tmp_path / "changes.cursor")
        done = await asyncio.to_thread(ran, *command, at=PYTHON, service=demo_service)
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        told = [line for line in lines if line.startswith("QY-")]
        return done.returncode, told, [line.split(maxsplit=2)[2] for line in lines if not line.startswith("QY-")]

    refused = "QY-2023-003 UNKNOWN_REGION input.items.{}.identity.region 行政区划代码不存在。"
    code, told, changes = await synced()
    assert (code, told) == (1, [refused.format(2), "QY-2023-001 accepted", "QY-2023-002 accepted"])
    assert [one[:6] for one in changes] == ["登记项目“示", "登记项目“示", "报送 202", "报送 202"]
    before = await heads(demo_service)
    # The same rows add nothing, and nothing is read twice.
    assert await synced() == (1, [refused.format(0), *told[1:]], [])
    assert await heads(demo_service) == before
    # One corrected without a reason, one with, and the one that was refused in a region that there is.
    text = (
        rows.read_text("utf-8")
        .replace("1250.5,", "1300,")
        .replace("860,", "900,核增(演示)")
        .replace("431199", "431181")
    )
    rows.write_text(text, "utf-8")
    code, told, changes = await synced()
    assert code == 1
    assert told == [
        "QY-2023-001 ALREADY_REPORTED input.items.0.reason 该期已报送,更正须说明理由。",
        "QY-2023-002 accepted",
        "QY-2023-003 accepted",
    ]
    assert [one[:2] for one in changes] == ["登记", "更正", "报送"]
    assert sum(at for _, at in await heads(demo_service)) == sum(at for _, at in before) + 3
