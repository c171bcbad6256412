"""Grants and keys as they are listed: each with its beginning and its end, and never a secret or its hash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from projections.accounts import GRANT, KEY, Accounts
from projections.audit_history import AuditHistory
from projections.table import NOW_US
from service.domain.account import INSTALLATION, KeyId, grant_id
from service.domain.roles import Area, Role
from tests.examples import PROJECT_ID, TODAY
from tests.examples.account import (
    AGENT_GRANTED,
    ENDED,
    FACTS,
    GRANTED,
    ISSUED,
    KEY_ID,
    MACHINE,
    OFFICER,
    PRINCIPAL,
    REVOKED,
)
from tests.projections.feeding import Ledger, as_of

TABLES: Final = {table.name: [*table.columns] for table in (GRANT, KEY)}


async def rows(ready: Ledger, table: str) -> list[dict[str, Any]]:
    """Return the rows of the installation that hold now."""
    found = await ready.rows(Accounts(), INSTALLATION)
    names = ["region", *TABLES[table], "recorded_from", "recorded_to"]
    return [dict(zip(names, row, strict=True)) for row in found[table] if row[-1] == NOW_US]


async def test_a_grant_tells_what_it_gives_and_by_whom(ready: Ledger) -> None:
    (recorded,) = await ready.feed(GRANTED, region=INSTALLATION)
    (row,) = await rows(ready, "role_grant")
    at_us = recorded.stored.recorded_us
    assert row == {
        "region": "000000",
        "grant_id": GRANTED.grant_id,
        "stream_id": recorded.stream_id,
        "account": OFFICER,
        "role": "COUNTY_APPROVER",
        "area": "431181",
        "unit": None,
        "park": None,
        "project_id": None,
        "principal": None,
        "until": GRANTED.until,
        "reason": "岗位调整",
        "documents": '[{"title": "关于明确台账系统人员权限的通知(演示)", "issued_on": "2022-05-06"}]',
        "granted_us": at_us,
        "granted_on": TODAY,
        "granted_by": "test",
        "ended_us": None,
        "ended_on": None,
        "end_reason": None,
        "position": 1,
        "recorded_from": at_us,
        "recorded_to": NOW_US,
    }


async def test_parts_of_an_area_and_principals_are_kept(ready: Ledger) -> None:
    liaison = replace(GRANTED, grant_id=grant_id(OFFICER, 3), role=Role.UNIT_LIAISON, project=PROJECT_ID)
    await ready.feed(AGENT_GRANTED, liaison, region=INSTALLATION)
    agent, other = sorted(await rows(ready, "role_grant"), key=lambda row: str(row["role"]))
    assert (agent["park"], agent["principal"], agent["project_id"]) == ("演示工业园", PRINCIPAL, None)
    assert (other["park"], other["principal"], other["project_id"]) == (None, None, PROJECT_ID)


async def test_an_end_stands_beside_what_it_ends(ready: Ledger) -> None:
    facts = await ready.feed(GRANTED, ENDED, region=INSTALLATION)
    (row,) = await rows(ready, "role_grant")
    assert (row["ended_us"], row["ended_on"], row["end_reason"]) == (facts[1].stored.recorded_us, TODAY, "工作调动")
    assert (row["granted_us"], row["position"], row["role"]) == (facts[0].stored.recorded_us, 1, "COUNTY_APPROVER")


async def test_a_key_is_listed_without_its_hash(ready: Ledger) -> None:
    facts = await ready.feed(ISSUED, REVOKED, region=INSTALLATION)
    (row,) = await rows(ready, "api_key")
    assert (row["key_id"], row["account"], row["purpose"]) == (KEY_ID, MACHINE, "县级系统报送数据")
    assert (row["expires_on"], row["issued_on"], row["position"]) == (ISSUED.expires_on, TODAY, 1)
    assert (row["revoked_us"], row["revoked_on"]) == (facts[1].stored.recorded_us, TODAY)
    assert row["revoke_reason"] == "密钥泄露"
    told = str([await ready.rows(of, INSTALLATION) for of in (Accounts(), AuditHistory())])
    assert KEY_ID in told
    assert ISSUED.sha256 not in told


async def test_what_a_batch_gives_and_takes_is_the_same_as_one_by_one(ready: Ledger) -> None:
    await ready.feed(*FACTS.values(), region=INSTALLATION)
    together = await ready.rows(Accounts(), INSTALLATION)
    first = min(row[-2] for row in together["role_grant"])
    assert len(as_of(together, first)["role_grant"]) == 1
    await ready.owner.execute("TRUNCATE projections.role_grant, projections.api_key")
    facts = await ready.log.read(INSTALLATION)
    for one in facts:
        await Accounts().apply(ready.owner, [one])
    assert await ready.rows(Accounts(), INSTALLATION) == together


async def test_an_end_of_what_never_was_changes_nothing(ready: Ledger) -> None:
    await ready.feed(ENDED, REVOKED, region=INSTALLATION)
    assert not any((await ready.rows(Accounts(), INSTALLATION)).values())


async def test_a_batch_costs_a_few_statements_whatever_its_size(ready: Ledger) -> None:
    many = [replace(GRANTED, grant_id=grant_id(OFFICER, number), area=Area("431100")) for number in range(10, 60)] + [
        replace(ISSUED, key_id=KeyId(f"{number:016x}")) for number in range(50)
    ]
    ends = [replace(ENDED, grant_id=one.grant_id) for one in many[:50] if hasattr(one, "grant_id")]
    revoked = [replace(REVOKED, key_id=KeyId(f"{number:016x}")) for number in range(50)]
    await ready.record(*FACTS.values(), *many, *ends, *revoked, region=INSTALLATION)
    facts = await ready.log.read(INSTALLATION, limit=1000)
    sizes = []
    for batch in (facts[: len(FACTS)], facts[len(FACTS) :]):
        sent: list[str] = []
        with ready.owner.query_logger(lambda query, sent=sent: sent.append(query.query)):
            await Accounts().apply(ready.owner, batch)
        sizes.append(len([one for one in sent if "typeinfo" not in one and "'jit'" not in one]))
    assert sizes[0] == sizes[1] <= 6
