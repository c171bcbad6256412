"""预警语句: one select for each kind of warning, over a project `p` and the rules `r` of its place on the day asked.

A kind is one entry of ARMS: where it holds, since when, from when it is an alarm, and what it is about. It gives at
most one row for a project. Nothing of it is stored: dates and figures are, and the day is a parameter. Whether a
project goes on is as the ledger has it now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from schema.read import holds
from service.domain.warnings import WarningKind

DETAIL: Final = {
    "gates": "text[]",
    "milestones": "text[]",
    "conditions": "text[]",
    "due_on": "date",
    "counted_from": "date",
    "behind": "numeric",
    "planned_fen": "bigint",
    "completed_fen": "bigint",
    "recovery_plan": "boolean",
}
"""What a warning may be about, with the SQL type; each kind fills some of it."""


def _of(alias: str, *, ever: bool = False) -> str:
    """Return the predicate that a row is the project's: one that holds now, or one that ever did."""
    same = f"{alias}.region = p.region AND {alias}.project_id = p.project_id"
    return same if ever else f"{same} AND {holds(alias)}"


def _told_on(alias: str) -> str:
    """Return the day on which a figure took effect: its period's last, and while the period runs on, its recording.

    Ledgers are kept by China's clock (service.clock.CHINA), eight hours ahead the whole year.
    """
    recorded = f"date '1970-01-01' + (({alias}.recorded_from / 1000000 + 28800) / 86400)::integer"
    return f"CASE WHEN {alias}.through_on <= r.day THEN {alias}.through_on ELSE {recorded} END"


def _last_told(table: str, alias: str) -> str:
    """Return the last day, up to the one asked about, on which a figure took effect."""
    return (
        f"(SELECT max(d.day) FROM {table} {alias} CROSS JOIN LATERAL (SELECT {_told_on(alias)} AS day OFFSET 0) d"  # noqa: S608 - declared SQL only.
        f" WHERE {_of(alias)} AND d.day <= r.day)"
    )


def _by(day: str) -> str:
    """Return a day if it has come."""
    return f"CASE WHEN {day} <= r.day THEN {day} END"


# OFFSET 0 has what is looked up for a project looked up once, and not anew wherever it is named.
GOES_ON: Final = "NOT p.voided AND p.activity = 'ACTIVE'"
_BUILT_ON: Final = "least(p.completed_on, p.production_on, p.benefits_on)"
# 达产 has no column of its own, but moves the phase.
BUILT: Final = f"coalesce({_BUILT_ON} <= r.day, p.phase IN ('COMPLETED', 'OPERATING'))"
BUILDING: Final = f"{GOES_ON} AND p.started_on <= r.day AND NOT {BUILT}"
"""在建 on the day: started, neither complete nor in production, and going on."""


@dataclass(frozen=True, slots=True)
class Arm:
    """How one kind of warning is found.

    Attributes:
        where: which projects; that `since` has come is added.
        since: SQL of the first day on which it holds; null where it does not.
        source: what `since` and the rest are read from, beside `p` and `r`.
        alarm: SQL of whether it is an alarm.
        detail: SQL of what it is about, by names of DETAIL.
    """

    where: str
    since: str
    source: str = ""
    alarm: str = "false"
    detail: Mapping[str, str] = field(default_factory=dict)

    def sql(self, kind: WarningKind) -> str:
        """Return its select; `rank` puts alarms first."""
        columns = ", ".join(f"{self.detail.get(name, 'NULL')}::{of} AS {name}" for name, of in DETAIL.items())
        return (
            f"SELECT '{kind}' COLLATE \"C\" AS kind, CASE WHEN {self.alarm} THEN 0 ELSE 1 END::bigint AS rank,"  # noqa: S608 - declared SQL only.
            f" {self.since} AS since, {columns}{f' FROM {self.source}' if self.source else ''}"
            f" WHERE {self.where} AND {self.since} <= r.day"
        )


_OUT_OF_ORDER: Final = Arm(
    where=GOES_ON,
    since="x.since",
    # A gate counts on its first day, a start on the basis that counts. Both of each two are told, in the list's order.
    source=f"""(
      WITH g AS MATERIALIZED (
        SELECT g.gate, min(d.day) AS day, (r.ranks -> p.track ->> g.gate)::integer AS rank
        FROM project_gate g
        CROSS JOIN LATERAL (SELECT CASE g.gate WHEN 'STARTED' THEN p.started_on ELSE g.occurred_on END AS day) d
        WHERE {_of("g")} AND d.day <= r.day
        GROUP BY g.gate)
      SELECT min(y.since) AS since, array_agg(y.gate ORDER BY y.rank, y.gate) AS gates
      FROM (
        SELECT z.gate, z.rank, min(a.day) AS since
        FROM g a JOIN g b ON a.rank < b.rank AND a.day > b.day
        CROSS JOIN LATERAL (VALUES (a.gate, a.rank), (b.gate, b.rank)) z (gate, rank)
        GROUP BY z.gate, z.rank) y) x""",  # noqa: S608 - declared SQL only.
    detail={"gates": "x.gates"},
)
_DOCUMENT: Final = Arm(
    where=GOES_ON,
    since="x.since",
    source=f"""(
      SELECT min(g.day) AS since, array_agg(g.gate ORDER BY g.day, g.gate) AS gates
      FROM (
        SELECT g.gate, min(g.occurred_on) AS day FROM project_gate g
        WHERE {_of("g")} AND g.gate = ANY(r.needed_documents) AND g.occurred_on <= r.day
        GROUP BY g.gate HAVING bool_and(g.documents = '[]'::jsonb)) g) x""",  # noqa: S608 - declared SQL only.
    detail={"gates": "x.gates"},
)
_STATISTICS: Final = Arm(
    where=f"{GOES_ON} AND coalesce(p.statistics_entered_on > r.day, true)",
    since="(p.started_on + make_interval(months => r.statistics_months))::date",
    alarm="(p.started_on + make_interval(months => r.statistics_alarm_months))::date <= r.day",
    detail={"gates": "'{STATISTICS_ENTERED}'", "counted_from": "p.started_on"},
)


def planned_dates(column: str) -> str:
    """Return the dates that the key lists of the latest year plan for a project."""
    return (
        f"(SELECT e.{column} FROM plan_entry e WHERE {_of('e')} AND e.{column} IS NOT NULL AND e.year <= r.year"  # noqa: S608 - declared SQL only.
        " ORDER BY e.year DESC FETCH FIRST 1 ROW WITH TIES)"
    )


_GATE_OVERDUE: Final = Arm(
    where=f"{GOES_ON} AND NOT {BUILT}",
    since="x.due + 1",
    source=f"""(
      SELECT min(d.due) AS due, array_agg(DISTINCT d.gate ORDER BY d.gate DESC) AS gates
      FROM (
        SELECT 'STARTED' AS gate, p.planned_start AS due
        UNION ALL SELECT 'STARTED', e.planned_start FROM {planned_dates("planned_start")} e
        UNION ALL SELECT 'COMPLETED', p.planned_completion
        UNION ALL SELECT 'COMPLETED', e.planned_completion FROM {planned_dates("planned_completion")} e) d
      WHERE d.due < r.day AND (d.gate = 'COMPLETED' OR coalesce(p.started_on > r.day, true))) x""",  # noqa: S608 - declared SQL only.
    alarm="x.due + r.overdue_alarm_days <= r.day",
    detail={"gates": "x.gates", "due_on": "x.due"},
)
_OPEN_MILESTONE: Final = f"{_of('s')} AND coalesce(s.reached_on > r.day, true)"
_MILESTONE_OVERDUE: Final = Arm(
    where=GOES_ON,
    since="x.due + 1",
    # Planned and forecast both bind: the first of them that passes is a warning, the last one makes it an alarm.
    source=f"""(
      SELECT min(d.first) AS due, bool_or(d.last + r.overdue_alarm_days <= r.day) AS alarm,
        array_agg(s.milestone ORDER BY d.first, s.milestone) AS milestones
      FROM schedule_milestone s
      CROSS JOIN LATERAL (
        SELECT least(s.planned_on, s.forecast_on) AS first, greatest(s.planned_on, s.forecast_on) AS last) d
      WHERE {_OPEN_MILESTONE} AND d.first < r.day) x""",  # noqa: S608 - declared SQL only.
    alarm="x.alarm",
    detail={"milestones": "x.milestones", "due_on": "x.due"},
)
_REACHED: Final = f"(SELECT max(m.reached_on) FROM milestone_reached m WHERE {_of('m')} AND m.reached_on <= r.day)"  # noqa: S608 - declared SQL only.


def _latest(near: str, far: str, enough: str) -> str:
    """Return the source of `x.last`: the latest of two groups of days; a day that is `enough` spares the far group.

    Most projects that go on have a day near at hand that keeps them off the list, and the figures need not be read.
    """
    return f"""(
      SELECT CASE WHEN {enough} THEN y.near ELSE greatest(y.near, {far}) END AS last
      FROM (SELECT greatest({near}) AS near OFFSET 0) y OFFSET 0) x"""  # noqa: S608 - declared SQL only.


_NO_PROGRESS: Final = Arm(
    where=BUILDING,
    since="x.last + r.progress_days",
    source=_latest(
        near=f"""p.started_on, {_by("p.resumed_on")},
        (SELECT max(n.occurred_on) FROM progress_note n WHERE {_of("n")} AND n.occurred_on <= r.day)""",  # noqa: S608 - declared SQL only.
        far=f"{_REACHED}, {_last_told('completion', 'c')}, {_last_told('physical_progress', 'f')}",
        enough="y.near + r.progress_days > r.day",
    ),
    detail={"counted_from": "x.last"},
)


def _changed(table: str, alias: str, value: str, window: str) -> str:
    """Return the last day on which a figure that is stated by days differs from the one before it."""
    return f"""(
        SELECT max(v.day) FROM (
          SELECT {_told_on(alias)} AS day, {value} IS DISTINCT FROM lag({value}) OVER ({window}) AS changed
          FROM {table} {alias} WHERE {_of(alias)}) v
        WHERE v.changed AND v.day <= r.day)"""  # noqa: S608 - declared SQL only.


_NO_CHANGE: Final = Arm(
    where=BUILDING,
    since="(date_trunc('month', x.last::timestamp) + interval '2 months')::date",
    source=_latest(
        near=f"p.started_on, {_by('p.resumed_on')}, {_REACHED}",
        far=f"""
        {_changed("investment_total", "t", "t.year_to_date_fen", "PARTITION BY t.basis, t.year ORDER BY t.through_on")},
        {_changed("physical_progress", "f", "(f.percent::numeric, f.quantities)", "ORDER BY f.through_on, f.position")}
        """,
        enough="y.near >= date_trunc('month', r.day::timestamp) - interval '1 month'",
    ),
    detail={"counted_from": "x.last"},
)
_UNREADY: Final = Arm(
    # Unless the place demands conditions, one that no condition was ever stated of is not judged by them.
    # It is no EXISTS, which the planner may answer by reading the conditions of all ledgers into a hash.
    where=f"{BUILDING} AND (r.demanded OR (SELECT true FROM start_condition s WHERE {_of('s')} LIMIT 1))",  # noqa: S608 - declared SQL only.
    since="x.since",
    # What was said and said otherwise later counts too: it was so on the day of the start.
    source=f"""(
      SELECT CASE WHEN count(*) > 0 THEN p.started_on END AS since, bool_or(s.met_now IS NOT true) AS alarm,
        array_agg(c.code ORDER BY c.number) AS conditions
      FROM unnest(r.conditions) WITH ORDINALITY c (code, number)
      LEFT JOIN (
        SELECT s.condition,
          (array_agg(s.met ORDER BY s.occurred_on DESC, s.recorded_from DESC)
            FILTER (WHERE s.occurred_on <= p.started_on))[1] AS met,
          (array_agg(s.met ORDER BY s.occurred_on DESC, s.recorded_from DESC)
            FILTER (WHERE s.occurred_on <= r.day))[1] AS met_now
        FROM start_condition s WHERE {_of("s", ever=True)} GROUP BY s.condition
      ) s ON s.condition = c.code
      WHERE s.met IS NOT true) x""",  # noqa: S608 - declared SQL only.
    alarm="x.alarm",
    detail={"conditions": "x.conditions", "counted_from": "p.started_on"},
)

# Each measure is what is done of a whole, over a time from `begins` on; `day` is that of the figure. The three are the
# works, the year's plan of each key list, and where no list plans money for the year, the total investment.
MEASURES: Final = f"""
        SELECT p.started_on AS begins, w.completion_on - p.started_on AS length, f.percent::numeric AS done,
          100::numeric AS whole, f.day, NULL::bigint AS planned_fen, NULL::bigint AS completed_fen
        FROM (
          SELECT f.percent, {_told_on("f")} AS day FROM physical_progress f
          WHERE {_of("f")} AND f.percent IS NOT NULL AND {_told_on("f")} <= r.day
          ORDER BY f.through_on DESC, f.position DESC LIMIT 1) f
        UNION ALL
        SELECT y.begins, y.ends - y.begins, coalesce(t.fen, 0), e.planned_fen, t.day, e.planned_fen, coalesce(t.fen, 0)
        FROM plan_entry e
        CROSS JOIN LATERAL (
          SELECT greatest(p.started_on, make_date(r.year - 1, 12, 31)) AS begins,
            CASE WHEN w.completion_on > greatest(p.started_on, make_date(r.year - 1, 12, 31))
              THEN least(w.completion_on, make_date(r.year, 12, 31)) ELSE make_date(r.year, 12, 31) END AS ends) y
        LEFT JOIN LATERAL (
          SELECT t.year_to_date_fen AS fen, {_told_on("t")} AS day FROM investment_total t
          WHERE {_of("t")} AND t.basis = 'DISPATCH' AND t.year = r.year AND {_told_on("t")} <= r.day
          ORDER BY t.through_on DESC LIMIT 1) t ON true
        WHERE {_of("e")} AND e.year = r.year AND e.planned_fen > 0
        UNION ALL
        SELECT p.started_on, w.completion_on - p.started_on, t.fen, i.total_fen, t.day, i.total_fen, t.fen
        FROM (SELECT coalesce(p.statistical_fen, p.approved_fen) AS total_fen) i
        CROSS JOIN LATERAL (
          SELECT t.since_start_fen AS fen, {_told_on("t")} AS day FROM investment_total t
          WHERE {_of("t")} AND t.basis = 'DISPATCH' AND t.since_start_fen IS NOT NULL AND {_told_on("t")} <= r.day
          ORDER BY t.through_on DESC LIMIT 1) t
        WHERE (
          SELECT true FROM plan_entry e WHERE {_of("e")} AND e.year = r.year AND e.planned_fen > 0 LIMIT 1) IS NULL"""  # noqa: S608 - declared SQL only.

COMPLETION: Final = f"""(
          SELECT coalesce((SELECT b.completion_on FROM schedule_baseline b WHERE {_of("b")}
            ORDER BY b.number DESC LIMIT 1), p.planned_completion) AS completion_on OFFSET 0) w"""  # noqa: S608 - as above.
"""When the works are to be complete, `w`: by the latest baseline, else by the register."""


def _worst(name: str) -> str:
    return f"(array_agg(v.{name} ORDER BY v.behind DESC) FILTER (WHERE v.{name} IS NOT NULL))[1] AS {name}"


_SLOW: Final = Arm(
    where=BUILDING,
    since="least(x.since, d.since)",
    # Whether one is behind is compared exactly, in whole numbers; the day since when is worked out back from that.
    source=f"""(
      SELECT min(v.since) AS since, coalesce(bool_or(v.alarm), false) AS alarm, max(v.behind) AS behind,
        {_worst("planned_fen")}, {_worst("completed_fen")}
      FROM (
        SELECT v.planned_fen, v.completed_fen,
          round(k.elapsed * 100.0 / v.length - v.done * 100 / v.whole, 2) AS behind,
          100 * v.whole * k.elapsed >= (100 * v.done + r.slow_alarm_points * v.whole) * v.length AS alarm,
          least(r.day, greatest(v.day, v.begins + ceil(round(
            (100 * v.done + r.slow_points * v.whole) * v.length / (100 * v.whole), 9))::integer)) AS since
        FROM {COMPLETION}
        CROSS JOIN LATERAL ({MEASURES}) v
        CROSS JOIN LATERAL (SELECT least(r.day - v.begins, v.length) AS elapsed) k
        WHERE v.length > 0 AND v.whole > 0
          AND 100 * v.whole * k.elapsed >= (100 * v.done + r.slow_points * v.whole) * v.length) v) x
      CROSS JOIN (
        SELECT min(s.planned_on) AS due, min(s.planned_on) + r.slow_days + 1 AS since,
          array_agg(s.milestone ORDER BY s.planned_on, s.milestone) AS milestones
        FROM schedule_milestone s WHERE {_OPEN_MILESTONE} AND s.planned_on + r.slow_days < r.day) d""",  # noqa: S608 - declared SQL only.
    alarm="x.alarm",
    detail={
        "milestones": "d.milestones",
        "due_on": "d.due",
        "behind": "x.behind",
        "planned_fen": "x.planned_fen",
        "completed_fen": "x.completed_fen",
    },
)
_UNTENDED: Final = Arm(
    where="NOT p.voided AND p.activity = 'SUSPENDED' AND p.paused_on <= r.day",
    since="least(x.unplanned, x.silent)",
    source=f"""(
      SELECT CASE WHEN p.recovery_plan IS NULL THEN p.paused_on END AS unplanned, l.last,
        CASE WHEN (l.last + make_interval(months => r.pause_note_months))::date < r.day
          THEN (l.last + make_interval(months => r.pause_note_months))::date + 1 END AS silent
      FROM (SELECT greatest(p.paused_on, {_by("p.pause_noted_on")}) AS last) l) x""",  # noqa: S608 - declared SQL only.
    alarm="x.unplanned IS NOT NULL AND x.silent IS NOT NULL",
    detail={"counted_from": "x.last", "recovery_plan": "x.unplanned IS NULL"},
)
ARMS: Final[Mapping[WarningKind, Arm]] = {
    WarningKind.GATES_OUT_OF_ORDER: _OUT_OF_ORDER,
    WarningKind.DOCUMENT_MISSING: _DOCUMENT,
    WarningKind.STATISTICS_MISSING: _STATISTICS,
    WarningKind.GATE_OVERDUE: _GATE_OVERDUE,
    WarningKind.MILESTONE_OVERDUE: _MILESTONE_OVERDUE,
    WarningKind.NO_PROGRESS_THIS_WEEK: _NO_PROGRESS,
    WarningKind.NO_CHANGE_THIS_MONTH: _NO_CHANGE,
    WarningKind.STARTED_UNREADY: _UNREADY,
    WarningKind.SLOW: _SLOW,
    WarningKind.SUSPENSION_UNTENDED: _UNTENDED,
}
"""Every kind; a new one is added here and in WarningKind."""
