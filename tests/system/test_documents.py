"""The manifest of documents, as who runs the service has it: a bad one ends the start, a reload reads it anew."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any, Final

from service.cli.exits import Exit
from tests.system.logged import awaited
from tests.system.running import running
from tests.system.test_cli import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.running import Running

FIRST: Final = {"first": "{ places { name } }"}
SECOND: Final = {**FIRST, "second": "{ places { position } }"}


def test_a_manifest_that_can_not_be_ends_the_start_before_anything_is_made(tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"desk.1": "{ places { nonsense } }"}), encoding="utf-8")
    for command in ("serve", "demo"):
        done = run(tmp_path, command, TAIZHANG_DOCUMENTS=str(file))
        assert done.code == Exit.MISCONFIGURED
        (said,) = done.err.splitlines()
        assert said.startswith(f"TAIZHANG_DOCUMENTS: {file}: desk.1: the schema does not take it. Cannot query field")
        assert "接口不接受该文档" in said
    assert not (tmp_path / "data").exists()


def test_nothing_else_can_not_be_asked_for_without_a_manifest(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", TAIZHANG_DOCUMENTS_ONLY="true")
    assert done.code == Exit.MISCONFIGURED
    assert "TAIZHANG_DOCUMENTS_ONLY: " in done.err
    assert "needs TAIZHANG_DOCUMENTS" in done.err


async def _asked(served: Running, name: str) -> Any:
    async with served.client() as client:
        return (await client.post("/graphql", json={"documentId": name})).json()


async def test_a_reload_reads_the_manifest_anew_unless_it_can_not_be(data_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps(FIRST), encoding="utf-8")
    settings = {"documents": str(file), "documents_only": "true", "workers": "2", "log_level": "info"}
    with running(data_folder, **settings) as served:
        assert served.pid is not None
        assert await _asked(served, "first") == {"data": {"places": []}}
        assert (await _asked(served, "second"))["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        file.write_text(json.dumps(SECOND), encoding="utf-8")
        os.kill(served.pid, signal.SIGHUP)
        await awaited(served, "reloaded")
        for name in SECOND:
            assert "errors" not in await _asked(served, name)
        file.write_text("{", encoding="utf-8")
        os.kill(served.pid, signal.SIGHUP)
        await awaited(served, "a new worker does not get ready; the old ones go on")
        (said,) = await awaited(served, "the documents of TAIZHANG_DOCUMENTS can't be used")
        assert said["why"].startswith(f"{file}: no JSON")
        for name in SECOND:
            assert "errors" not in await _asked(served, name)
