"""A password of the database is never taken from the command line, and never said: whatever goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import asyncpg
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from service.cli import app
from service.config import Settings
from service.embedded import embedded
from service.embedded_cluster import OWNER
from tests.conftest import MAJOR, UNSAFE_BUT_FAST
from tests.system.running import Running
from tests.system.test_cli import taizhang

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

WRONG = "wr0ng-Passw0rd-of-mine"
COMMANDS = [("status",), ("doctor", "--json"), ("rebuild", "all")]


def said(url: str, *words: str) -> tuple[int, str]:
    """Return the exit code of a command in this process, and all that it said; it ends as it means to."""
    done = CliRunner().invoke(app, words, env={"TAIZHANG_DATABASE_URL": url, "COLUMNS": "400"})
    assert done.exception is None or isinstance(done.exception, SystemExit), type(done.exception)
    return done.exit_code, done.output


@pytest.fixture(scope="module")
async def guarded(module_folder: Path) -> AsyncIterator[str]:
    """Give the address of a database that asks for a password, with a wrong one."""
    rules = module_folder / "pg_hba.conf"
    rules.write_text(f"local all {OWNER} scram-sha-256\nlocal all all peer map=taizhang\n")
    rules.chmod(0o644)
    settings = {**UNSAFE_BUT_FAST, "hba_file": str(rules)}
    with embedded(module_folder / "guarded", major=MAJOR, settings=settings) as server:
        connection = await asyncpg.connect(server.dsn(user="postgres"))
        try:
            await connection.execute(f"ALTER ROLE {OWNER} PASSWORD 'another-one'")
        finally:
            await connection.close()
        yield server.dsn().replace(f"{OWNER}@", f"{OWNER}:{quote(WRONG)}@")


@pytest.mark.parametrize("words", COMMANDS)
def test_a_wrong_password_is_not_said(guarded: str, folder: Path, words: tuple[str, ...]) -> None:
    code, told = taizhang(folder, *words, TAIZHANG_DATABASE_URL=guarded)
    assert code == (1 if words[0] == "doctor" else 4)
    assert "password authentication failed" in told
    assert WRONG not in told
    assert "Traceback" not in told


ODD = [
    f"postgresql://u:{WRONG}/x@h/d",
    f"postgresql://u:{WRONG}@x@h/d",
    f"postgresql://u:{WRONG}#x@h/d",
    f"postgresql://u:{WRONG}?x@h/d",
    f"postgresql:///d?password={WRONG}&x",
    f"postgresql://u:{WRONG}",
    f"postgresql://u:{WRONG}@h:99999/d",
    f"mysql://u:{WRONG}@h/d",
    WRONG,
]


@pytest.mark.parametrize("url", ODD)
def test_an_address_that_can_not_be_read_is_named_and_not_said(url: str) -> None:
    code, told = said(url, "status")
    assert code == 4
    assert "TAIZHANG_DATABASE_URL" in told
    assert WRONG not in told


AWAY = [
    f"postgresql://u:{WRONG}@127.0.0.1:1/d",
    f"postgresql://u:{WRONG}@nowhere.invalid/d",
    f"postgresql://127.0.0.1:1/d?user=u&password={WRONG}",
    f"postgresql://u:{WRONG}@127.0.0.1:1/d?sslmode=nonsense",
    f"postgresql://u:{WRONG}@127.0.0.1:1/d?sslmode=verify-full&sslrootcert=/nowhere",
]


@pytest.mark.parametrize("url", AWAY)
@pytest.mark.parametrize("words", [("status",), ("doctor",)])
def test_the_password_of_a_database_that_is_away_is_not_said(words: tuple[str, ...], url: str) -> None:
    code, told = said(url, *words)
    assert code in ({1} if words[0] == "doctor" else {3, 4})
    assert WRONG not in told


def test_a_service_that_can_not_start_does_not_say_it(folder: Path) -> None:
    service = Running(folder, database_url=AWAY[0], log_level="debug")
    code, told = service.fail()
    assert code == 3
    assert "数据库不可用" in told
    assert WRONG not in told


def test_settings_do_not_show_it() -> None:
    settings = Settings(database_url=AWAY[0])
    assert WRONG not in f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"


def test_settings_that_are_refused_do_not_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIZHANG_DATABASE_URL", ODD[0])
    with pytest.raises(ValueError, match="database_url") as refused:
        Settings()
    assert WRONG not in f"{refused.value} {refused.value!r}"


def _parameters(command: Any) -> Iterator[str]:
    for one in command.params:
        yield from (one.name or "", *one.opts)
    for below in getattr(command, "commands", {}).values():
        yield from _parameters(below)


def test_no_command_takes_a_password_or_an_address_of_a_database() -> None:
    words = ("password", "secret", "dsn", "url", "token")
    assert [name for name in _parameters(get_command(app)) if any(word in name.lower() for word in words)] == []
    assert app.pretty_exceptions_show_locals is False
