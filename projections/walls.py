"""界限: row-level security of read models, the second wall behind the rights that a statement itself holds.

The service's role feeds, and the query role reads, rows of the ledgers that a statement names as its scope. The public
role reads the published columns of published projects alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.access.columns import PUBLISHED
from service.database import LOG_SCHEMA, PUBLIC_ROLE, QUERY_ROLE, SERVICE_ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

# Read once a statement: a policy that reads the setting for each row is planned as one row. And no way to an index (IS
# TRUE): a list of unknown length in an index condition is costed as ten searches, beside the statement's own region.
_IN_SCOPE: Final = "(region = ANY ((SELECT string_to_array(current_setting('app.scope', true), ','))::text[])) IS TRUE"


def walls(table: str, columns: Mapping[str, str]) -> str:
    """Return the statements that put walls around a table, which is in the schema that search_path names first."""
    found = (
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true);\n"
        f"CREATE POLICY scope ON {table} TO {SERVICE_ROLE}, {QUERY_ROLE} USING ({_IN_SCOPE});\n"
    )
    public = PUBLISHED.get(table)
    if public is None:
        return found
    named = public.columns.union(*(more for _, more in public.others))
    shown = ", ".join(("region", "recorded_to", *(name for name in columns if name in named)))
    if public.item is None:
        rows = _IN_SCOPE
    else:
        published = f"SELECT b.region, b.project_id FROM {LOG_SCHEMA}.published('{public.item}') b"  # noqa: S608 - own names.
        rows = f"{_IN_SCOPE} AND (region, project_id) IN ({published})"
    return (
        f"{found}CREATE POLICY published ON {table} FOR SELECT TO {PUBLIC_ROLE} USING ({rows});\n"
        f"GRANT SELECT ({shown}) ON {table} TO {PUBLIC_ROLE};\n"
    )
