"""Runs the benchmarks: `python -m benchmarks [NAME ...] [--scale 0.01]`; each writes results/NAME.md."""

from __future__ import annotations

import argparse
import importlib
import platform
import tempfile
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Final

from benchmarks.table import Measured, table
from service.embedded import embedded

NAMES: Final = ("hostile", "live", "log_append", "reads", "rebuild", "rights", "writes")
RESULTS: Final = Path(__file__).with_name("results")


def main() -> None:
    """Run what was asked for against an embedded server with its usual settings, fsync on."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES, help="which; all if none is named")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full counts, to try it out")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="taizhang-bench-") as folder:
        Path(folder).chmod(0o711)  # Under root the server is another account, which has to pass through.
        with embedded(Path(folder) / "data") as server:
            for name in asked.names:
                measured: list[Measured] = importlib.import_module(f"benchmarks.{name}").run(server, asked.scale)
                text = f"# {name}\n\n{_where(asked.scale)}\n\n{table(measured)}"
                print(text)  # noqa: T201 - What it is run for.
                if asked.scale == 1:
                    RESULTS.mkdir(exist_ok=True)
                    (RESULTS / f"{name}.md").write_text(text, "utf-8")


def _where(scale: float) -> str:
    day = datetime.now(UTC).date().isoformat()
    tried = "" if scale == 1 else f" A trial at {scale} of the counts: the figures mean nothing."
    return (
        f"{day}, {platform.machine()}, {cpu_count()} CPUs, Python {platform.python_version()}, the embedded PostgreSQL "
        f"18 with fsync on, client and server on one machine. Medians of the rounds, read as ratios.{tried}"
    )


if __name__ == "__main__":
    main()
