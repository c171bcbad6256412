"""红黄绿灯语句: one select for each light, over a project `p` and the rules `r` of its place on the day asked.

Each gives one row for every project, grey where there is nothing to judge. As of warnings, nothing is stored: dates and
figures are, and the day is part of the rules. What progress is measured by is what makes a project slow
(`warning_rows`): the worst of its measures counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from schema.read import Binds, holds
from schema.warning_rows import BUILDING, BUILT, COMPLETION, GOES_ON, MEASURES, planned_dates
from service.domain.figures import time_progress
from service.domain.lights import DEFAULT_LIGHTS, LIGHT_RULES, Light, LightKind

TOLD: Final = {
    "counted_from": "date",
    "due_on": "date",
    "reached_on": "date",
    "through_on": "date",
    "time_progress": "numeric",
    "done_share": "numeric",
    "behind": "numeric",
    "whole_fen": "bigint",
    "done_fen": "bigint",
}
"""What a light was judged by, with the SQL type; each kind fills some of it."""


@dataclass(frozen=True, slots=True)
class _Lamp:
    """How one light is found: SQL of when it is which colour, from which source, and what it was judged by.

    `when` are (condition, colour) in their order; what none of them says is grey.
    """

    when: tuple[tuple[str, Light], ...]
    source: str
    told: Mapping[str, str] = field(default_factory=dict)

    def sql(self, kind: LightKind) -> str:
        """Return its select, of one row."""
        arms = " ".join(f"WHEN {condition} THEN '{colour}'" for condition, colour in self.when)
        columns = ", ".join(f"{self.told.get(name, 'NULL')}::{of} AS {name}" for name, of in TOLD.items())
        return (
            f"SELECT '{kind}' COLLATE \"C\" AS kind, CASE {arms} ELSE '{Light.GREY}' END AS light, {columns}"  # noqa: S608 - declared SQL only.
            f" FROM {self.source}"
        )


_START: Final = _Lamp(
    when=(
        (f"NOT ({GOES_ON})", Light.GREY),
        ("x.reached", Light.GREEN),
        ("x.due + r.start_red_days <= r.day", Light.RED),
        ("x.due + r.start_yellow_days <= r.day", Light.YELLOW),
    ),
    # Of the dates that the register and the key lists plan, the first one binds, as for warnings.
    source=f"""(
      SELECT coalesce(p.started_on <= r.day, false) AS reached,
        least(p.planned_start, (SELECT min(e.planned_start) FROM {planned_dates("planned_start")} e)) AS due) x""",  # noqa: S608 - declared SQL only.
    told={"due_on": "x.due", "reached_on": "CASE WHEN x.reached THEN p.started_on END"},
)
_PROGRESS: Final = _Lamp(
    when=(
        (f"{GOES_ON} AND p.started_on <= r.day AND {BUILT}", Light.GREEN),
        (f"NOT coalesce({BUILDING}, false)", Light.GREY),
        ("x.behind >= r.progress_red_points", Light.RED),
        ("x.behind >= r.progress_yellow_points", Light.YELLOW),
        ("x.behind IS NOT NULL", Light.GREEN),
    ),
    source=f"""(SELECT) one LEFT JOIN LATERAL (
      SELECT v.begins, v.day, v.planned_fen, v.completed_fen, k.elapsed * 100.0 / v.length AS time_progress,
        v.done * 100 / v.whole AS done_share,
        round(k.elapsed * 100.0 / v.length - v.done * 100 / v.whole, 9) AS behind
      FROM {COMPLETION}
      CROSS JOIN LATERAL ({MEASURES}) v
      CROSS JOIN LATERAL (SELECT least(r.day - v.begins, v.length) AS elapsed) k
      WHERE v.length > 0 AND v.whole > 0 AND coalesce({BUILDING}, false)
      ORDER BY behind DESC LIMIT 1) x ON true""",  # noqa: S608 - declared SQL only.
    told={
        "counted_from": "x.begins",
        "reached_on": f"CASE WHEN {BUILT} THEN least(p.completed_on, p.production_on, p.benefits_on) END",
        "through_on": "x.day",
        "time_progress": "round(x.time_progress, 2)",
        "done_share": "round(x.done_share, 2)",
        "behind": "round(x.behind, 2)",
        "whole_fen": "x.planned_fen",
        "done_fen": "x.completed_fen",
    },
)


def _latest(kind: str, alias: str, more: str = "") -> str:
    """Return a source's latest figure of one of the four numbers in the year."""
    return f"""
        FROM fund_total {alias}
        WHERE {alias}.region = p.region AND {alias}.project_id = p.project_id AND {alias}.kind = '{kind}'
          AND {alias}.year = r.year AND {alias}.through_on <= r.day AND {holds(alias)}{more}"""


_PAYMENT: Final = _Lamp(
    when=(
        (f"NOT ({GOES_ON}) OR x.behind IS NULL", Light.GREY),
        ("x.behind >= r.payment_red_points", Light.RED),
        ("x.behind >= r.payment_yellow_points", Light.YELLOW),
        ("true", Light.GREEN),
    ),
    # Only what was paid of sources that something was allotted from; nothing stated is nothing paid, but a figure that
    # does not tell of the year leaves it unknown.
    source=f"""(
      SELECT y.allotted, y.paid, y.through_on,
        round(r.elapsed - y.paid * 100.0 / nullif(greatest(y.allotted, 0), 0), 9) AS behind
      FROM (
        SELECT sum(a.fen)::bigint AS allotted, max(b.through_on) AS through_on,
          CASE WHEN NOT bool_or(b.through_on IS NOT NULL AND b.fen IS NULL) THEN sum(coalesce(b.fen, 0))::bigint END
            AS paid
        FROM (
          SELECT DISTINCT ON (f.source) f.source, f.year_to_date_fen AS fen {_latest("ALLOTTED", "f")}
          ORDER BY f.source, f.through_on DESC) a
        LEFT JOIN LATERAL (
          SELECT g.year_to_date_fen AS fen, g.through_on {_latest("PAID", "g", " AND g.source = a.source")}
          ORDER BY g.through_on DESC LIMIT 1) b ON true) y) x""",  # noqa: S608 - declared SQL only.
    told={
        "through_on": "x.through_on",
        "time_progress": "CASE WHEN x.behind IS NOT NULL THEN round(r.elapsed, 2) END",
        "done_share": "round(r.elapsed - x.behind, 2)",
        "behind": "round(x.behind, 2)",
        "whole_fen": "x.allotted",
        "done_fen": "x.paid",
    },
)
_MONTHS_ON: Final = "(p.started_on + make_interval(months => r.statistics_{}_months))::date"
_STATISTICS: Final = _Lamp(
    when=(
        (f"NOT ({GOES_ON})", Light.GREY),
        ("p.statistics_entered_on <= r.day", Light.GREEN),
        ("p.started_on <= r.day AND x.red <= r.day", Light.RED),
        ("p.started_on <= r.day AND x.due <= r.day", Light.YELLOW),
    ),
    source=f"(SELECT {_MONTHS_ON.format('yellow')} AS due, {_MONTHS_ON.format('red')} AS red) x",
    told={
        "counted_from": "CASE WHEN p.started_on <= r.day THEN p.started_on END",
        "due_on": "CASE WHEN p.started_on <= r.day THEN x.due END",
        "reached_on": "CASE WHEN p.statistics_entered_on <= r.day THEN p.statistics_entered_on END",
    },
)
LAMPS: Final[Mapping[LightKind, _Lamp]] = {
    LightKind.START: _START,
    LightKind.PROGRESS: _PROGRESS,
    LightKind.PAYMENT: _PAYMENT,
    LightKind.STATISTICS: _STATISTICS,
}
"""Every light; a new one is added here and in LightKind."""
LIGHTS: Final = "\nUNION ALL\n".join(LAMPS[kind].sql(kind) for kind in LightKind)
"""The lights of a project `p` by rules `r`, a row for each kind."""


def light_rules(region: str, day: date, binds: Binds) -> str:
    """Return the select of the rules `r` of a place on a day: its own, and where it has set none, the default ones.

    Args:
        region: SQL of the region whose ledger it is.
        day: the day asked about.
        binds: parameters of the statement.
    """
    numbers = ", ".join(
        f"coalesce((s.value ->> '{name}')::integer, {getattr(DEFAULT_LIGHTS, name)}) AS {name}" for name in LIGHT_RULES
    )
    elapsed = time_progress(day) * 100
    return f"""
      SELECT {binds(day, "date")} AS day, {binds(day.year, "integer")} AS year,
        {binds(elapsed.numerator, "integer")}::numeric / {binds(elapsed.denominator, "integer")} AS elapsed, {numbers},
        coalesce(s.own, false) AS own, s.adopted_from, s.recorded_from
      FROM (SELECT) one
      LEFT JOIN place_setting s ON s.region = {region} AND s.kind = 'LIGHTS' AND s.name = 'RULES' AND {holds("s")}
      LIMIT 1"""  # noqa: S608 - binds, numbers and declared SQL only.
