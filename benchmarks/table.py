"""What a benchmark measures, and the table that it makes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Measured:
    """One line: what was done, by whom, how often a second in each round; without rounds, why there are none."""

    what: str
    who: str
    rates: tuple[float, ...]
    unit: str
    note: str = ""


def table(measured: list[Measured]) -> str:
    """Return a Markdown table: of each line the median, the least and the most, and its ratio to the first peer."""
    lines = ["| what | who | median | min | max | unit | ratio | note |", "|---|---|--:|--:|--:|---|--:|---|"]
    base: dict[str, float] = {}
    for one in measured:
        if not one.rates:
            lines.append(f"| {one.what} | {one.who} | | | | {one.unit} | | {one.note} |")
            continue
        middle = median(one.rates)
        base.setdefault(one.what, middle)
        lines.append(
            f"| {one.what} | {one.who} | {middle:,.0f} | {min(one.rates):,.0f} | {max(one.rates):,.0f} | {one.unit} | "
            f"{middle / base[one.what]:.2f} | {one.note} |"
        )
    return "\n".join(lines) + "\n"
