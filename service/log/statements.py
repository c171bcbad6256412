# ruff: noqa: S608 - nothing but the constants here is put into these texts.
"""语句: the statements of the log."""

from typing import Final

_COLUMNS: Final = """
  f.region, f.position, f.stream_kind, f.stream_id, f.version, f.name, f.schema, f.body, f.occurred_on, f.recorded_us,
  f.command_id, f.ordinal, f.command_sha256, f.actor, f.principal, f.cause"""
_BATCH: Final = """
  $1, $2::new_fact[], $3::new_outcome[], $4::new_guard[], $5::new_claim[], $6::new_private[], $7::new_erasure[],
  $8, $9"""
# Row-level security gives a statement the rows of the scope that it names. What is read turns on `w`, so that the scope
# is set before anything is read, whatever order the planner likes.
_SCOPE: Final = "(SELECT set_config('app.scope', $1, true) AS region OFFSET 0) w"


def _within(query: str) -> str:
    """Return a statement over the one region `w.region`, its first parameter."""
    return f"SELECT q.* FROM {_SCOPE}, LATERAL ({query}) q"


APPEND: Final = f"SELECT a.before, a.first_us FROM log_append({_BATCH}) a"
SETTLE: Final = f"SELECT s.verdict, s.before, s.first_us FROM log_settle({_BATCH}, $10) s"
# A subquery with an order and a limit is not turned into a join, which could begin with all of the region; and it goes
# by the index that has that order (sorting is switched off). Otherwise any index looks as cheap as any other on a table
# that was small when the plan was made, and the plan is kept.
RECALL: Final = _within("""
SELECT n.command_id, f.command_sha256, f.ordinal + 1 AS facts, f.position AS last, f.recorded_us, NULL::bytea AS result
FROM unnest($2::uuid[]) n (command_id)
CROSS JOIN LATERAL (
  SELECT f.command_sha256, f.ordinal, f.position, f.recorded_us
  FROM fact f
  WHERE f.region = w.region AND f.command_id = n.command_id
  ORDER BY f.ordinal DESC
  LIMIT 1
) f
UNION ALL
SELECT n.command_id, o.command_sha256, 0, 0, o.recorded_us, o.result
FROM unnest($2::uuid[]) n (command_id)
CROSS JOIN LATERAL (
  SELECT o.command_sha256, o.recorded_us, o.result
  FROM outcome o
  WHERE o.region = w.region AND o.command_id = n.command_id
  LIMIT 1
) o""")
LOAD: Final = _within(f"""
SELECT false AS answered, NULL::bytea AS result, {_COLUMNS}
FROM unnest($2::text[], $3::uuid[], $4::integer[]) s (kind, id, since)
CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM fact f
  WHERE f.region = w.region AND f.stream_id = s.id AND f.stream_kind = s.kind AND f.version >= s.since
  ORDER BY f.version
  LIMIT $6
) f
UNION ALL
SELECT true, NULL, {_COLUMNS}
FROM unnest($5::uuid[]) c (id)
CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM fact f
  WHERE f.region = w.region AND f.command_id = c.id
  ORDER BY f.ordinal
  LIMIT $6
) f
UNION ALL
SELECT true, o.result, o.region, 0, '', o.command_id, 0, '', 0, '', '1970-01-01', o.recorded_us,
  o.command_id, 0, o.command_sha256, '', NULL, NULL
FROM unnest($5::uuid[]) c (id)
CROSS JOIN LATERAL (
  SELECT o.region, o.result, o.command_id, o.recorded_us, o.command_sha256 FROM outcome o
  WHERE o.region = w.region AND o.command_id = c.id
  LIMIT 1
) o
LIMIT $6""")
READ: Final = _within(f"""
SELECT {_COLUMNS} FROM fact f WHERE f.region = w.region AND f.position > $2 ORDER BY f.position LIMIT $3""")
STREAM: Final = _within(f"""
SELECT {_COLUMNS} FROM fact f
WHERE f.region = w.region AND f.stream_id = $2 AND f.stream_kind = $3 AND f.version > $4 AND f.version <= $5
ORDER BY f.version LIMIT $6""")
STREAM_DOWN: Final = STREAM.replace("ORDER BY f.version", "ORDER BY f.version DESC")
ROWS: Final = _within(f"""
SELECT {_COLUMNS} FROM fact f
WHERE f.region = w.region AND f.position > $2 AND f.position <= $3 AND ($4::text[] = '{{}}' OR f.name = ANY($4))
ORDER BY f.position LIMIT $5""")
# A lateral look into each region goes by its primary key, and stops at the limit.
CHANGES: Final = f"""
SELECT q.* FROM (
  SELECT string_to_array(set_config('app.scope', array_to_string(
    CASE WHEN $3::text[] = '{{}}' THEN ARRAY(SELECT h.region FROM log_head h) ELSE $3 END, ','), true), ',') AS regions
  OFFSET 0
) w, LATERAL (
  SELECT {_COLUMNS}
  FROM log_head h
  LEFT JOIN unnest($1::text[], $2::bigint[]) v (region, position) ON v.region = h.region
  CROSS JOIN LATERAL (
    SELECT {_COLUMNS} FROM fact f
    WHERE f.region = h.region AND f.position > coalesce(v.position, 0)
    ORDER BY f.position LIMIT $4
  ) f
  WHERE h.region = ANY(w.regions)
  ORDER BY f.recorded_us, f.region, f.position LIMIT $4
) q"""
TAKEN: Final = """
SELECT q.* FROM (
  SELECT string_to_array(set_config('app.scope', array_to_string($1::text[], ','), true), ',') AS regions OFFSET 0
) w, LATERAL (
  SELECT v.region, f.recorded_us
  FROM unnest($1::text[], $2::bigint[]) v (region, position)
  LEFT JOIN LATERAL (
    SELECT f.recorded_us FROM fact f
    WHERE f.region = v.region AND f.position = v.position AND f.region = ANY(w.regions) LIMIT 1
  ) f ON true
  WHERE v.position > 0 LIMIT 10000
) q"""
PRIVATE: Final = _within("""
SELECT p.position, p.path, p.salt, p.value FROM private p
WHERE p.region = w.region AND p.position = ANY($2::bigint[]) LIMIT 100000""")
HEADS: Final = """
SELECT h.region, h.position, h.recorded_us FROM log_head h WHERE h.position > 0 ORDER BY h.region LIMIT 10000"""
LEDGERS: Final = """
SELECT h.region FROM log_head h WHERE h.region = ANY($1::text[]) AND h.position > 0 LIMIT 100"""
TRACK: Final = """
INSERT INTO projected AS p (region, position, recorded_us) VALUES ($1, $2, 0)
ON CONFLICT (region) DO UPDATE SET position = excluded.position WHERE p.position < excluded.position
RETURNING true"""
TRACKED: Final = """
SELECT p.position FROM projected p WHERE p.region = $1"""
