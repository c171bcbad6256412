"""The command line as an operator uses it: each command a process of its own on one data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import projections

SAMPLE = Path(__file__).parents[1] / "data" / "gmpp_sample.csv"


def taizhang(folder: Path, *words: str, **settings: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("TAIZHANG_", "PG"))}
    environment |= {"TAIZHANG_DATA": str(folder / "data"), "NO_COLOR": "1", "COLUMNS": "120"} | settings
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def test_an_import_is_shown_first_then_done_once_and_can_be_rebuilt(folder: Path) -> None:
    code, told = taizhang(folder, "import", "gmpp", str(SAMPLE), "--region", "990001", "--dry-run")
    assert (code, "total withdrawn 总投资撤回" in told, "facts_stored: 0" in told) == (0, True, True)
    code, first = taizhang(folder, "import", "gmpp", str(SAMPLE), "--region", "990001")
    assert (code, "facts_stored: 0" in first, "facts_there: 0" in first) == (0, False, True)
    code, second = taizhang(folder, "import", "gmpp", str(SAMPLE), "--region", "990001")
    assert (code, "facts_stored: 0" in second) == (0, True)
    code, rebuilt = taizhang(folder, "rebuild", "all")
    assert (code, rebuilt.count("rows that differed: none")) == (0, len(projections.ALL))
    code, standing = taizhang(folder, "status")
    stored = first.split("facts_stored: ")[1].split()[0]
    assert (code, standing.count(f" {stored} ")) == (0, 2), standing


def test_facts_are_printed_once_behind_a_cursor(folder: Path) -> None:
    taizhang(folder, "import", "gmpp", str(SAMPLE), "--region", "990001")
    code, told = taizhang(folder, "facts", "--region", "990001")
    *lines, cursor = told.splitlines()
    assert code == 0
    assert [json.loads(line)["position"] for line in lines] == [*range(1, len(lines) + 1)]
    assert taizhang(folder, "facts", "--after", cursor) == (0, f"{cursor}\n")


@pytest.mark.parametrize(
    ("words", "settings", "code", "told"),
    [
        (("status",), {"TAIZHANG_PORT": "80000"}, 2, "TAIZHANG_PORT"),
        (("status",), {"TAIZHANG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, 1, "数据库不可用"),
        (("facts", "--after", "x"), {}, 1, "after"),
        (("rebuild", "nothing"), {}, 2, "no read model 'nothing'"),
        (("import", "gmpp", str(SAMPLE), "--region", "431181"), {}, 1, "purpose"),
        (("import", "gmpp", __file__, "--region", "990001"), {}, 1, "test_cli.py"),
    ],
)
def test_what_can_not_be_done_is_said_in_a_line(
    folder: Path, words: tuple[str, ...], settings: dict[str, str], code: int, told: str
) -> None:
    done, said = taizhang(folder, *words, **settings)
    assert done == code
    assert told in said
    assert "Traceback" not in said
