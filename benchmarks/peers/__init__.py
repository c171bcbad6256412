"""The peers that reads are measured beside: small services over the views of benchmarks/ledgers.py, a file each."""

from __future__ import annotations

from typing import Final

POOL: Final = 10
"""Connections to the database, of each service that is measured."""
TOTALS: Final = """
WITH stated AS (
  SELECT p.location AS region, t.year_to_date_fen AS fen, t.through_on,
    lead(t.through_on, 1, date 'infinity') OVER (PARTITION BY t.region, t.project_id ORDER BY t.through_on) AS until
  FROM bench.total t JOIN bench.project p ON p.region = t.region AND p.id = t.project_id
  WHERE t.basis = $1 AND t.year = $2
), months AS MATERIALIZED (
  SELECT n AS month, (make_date($2, n, 1) + interval '1 month' - interval '1 day')::date AS last_on
  FROM generate_series(1, 12) n
)
SELECT r.region, m.month, count(s.fen) AS projects, trim_scale(coalesce(sum(s.fen), 0) / 100)::text AS year_to_date
FROM (SELECT DISTINCT region FROM stated) r
CROSS JOIN months m
LEFT JOIN stated s ON s.region = r.region AND s.through_on <= m.last_on AND m.last_on < s.until
GROUP BY r.region, m.month"""
"""Of each region and month, the sum of each project's latest year-to-date; $1 is the basis, $2 the year."""
