"""GraphQL over HTTP: the audits of graphql-http, all of them, against a service as a user runs it."""

from __future__ import annotations

from pathlib import Path

from tests.clients.audit import COUNT, audits
from tests.system.running import running


async def test_every_audit_of_graphql_over_http_is_ok(folder: Path) -> None:
    with running(folder) as service:
        found = await audits(service)
    assert len({one.id for one in found}) == COUNT
    assert [one for one in found if one.status != "ok"] == []
