"""账号权限: grants of roles and keys of machines, for whoever looks after them; whose rights count is in the directory.

Ended grants and revoked keys stay, each with its end. The hash of a key's secret is not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from projections.columns import KEYWORD, KEYWORD_OR_NULL, json_of
from projections.table import Table, Writes
from service.domain.account import AccountFact, KeyIssued, KeyRevoked, RoleEnded, RoleGranted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from projections.table import Key
    from service.database import Connection
    from service.log.codec import Recorded

GRANT: Final = Table(
    name="role_grant",
    key=("grant_id",),
    columns={
        "grant_id": "uuid NOT NULL",
        "stream_id": "uuid NOT NULL",
        "account": KEYWORD,
        "role": KEYWORD,
        "area": KEYWORD,
        "unit": "text",
        "park": "text",
        "project_id": "uuid",
        "principal": KEYWORD_OR_NULL,
        "until": "date",
        "reason": "text",
        "documents": "jsonb NOT NULL",
        "granted_us": "bigint NOT NULL",
        "granted_on": "date NOT NULL",
        "granted_by": KEYWORD,
        "ended_us": "bigint",
        "ended_on": "date",
        "end_reason": "text",
        "position": "bigint NOT NULL",
    },
    indexes=("account, position", "stream_id, position"),
)
"""`until` is the last day; `ended_on` the day on which it was ended before; `position` is that of the granting."""
KEY: Final = Table(
    name="api_key",
    key=("key_id",),
    columns={
        "key_id": KEYWORD,
        "stream_id": "uuid NOT NULL",
        "account": KEYWORD,
        "purpose": "text NOT NULL",
        "expires_on": "date NOT NULL",
        "issued_us": "bigint NOT NULL",
        "issued_on": "date NOT NULL",
        "issued_by": KEYWORD,
        "revoked_us": "bigint",
        "revoked_on": "date",
        "revoke_reason": "text",
        "position": "bigint NOT NULL",
    },
    indexes=("account, position", "stream_id, position"),
)
"""`expires_on` is the last day; `position` is that of the issue."""


class Accounts:
    """账号权限."""

    name = "accounts"
    version = 1
    tables: tuple[Table, ...] = (GRANT, KEY)

    async def apply(self, connection: Connection, batch: Sequence[Recorded]) -> None:
        """Fold a batch into grants and keys; ignores all other streams."""
        ours = [one for one in batch if one.stored.stream_kind == "account"]
        if not ours:
            return
        region = ours[0].region
        ended = [one.fact.grant_id for one in ours if isinstance(one.fact, RoleEnded)]
        revoked = [one.fact.key_id for one in ours if isinstance(one.fact, KeyRevoked)]
        grants = await GRANT.current(connection, region, "grant_id", ended)
        keys = await KEY.current(connection, region, "key_id", revoked)
        writes = Writes(GRANT, KEY)
        for one in ours:
            _take(one, grants, keys, writes)
        await writes.write(connection, region)


def _take(one: Recorded, grants: dict[Key, dict[str, Any]], keys: dict[Key, dict[str, Any]], writes: Writes) -> None:
    fact: AccountFact = one.fact
    match fact:
        case RoleGranted():
            grants[fact.grant_id,] = _granted(fact, one)
            writes.set(GRANT, one, grants[fact.grant_id,])
        case RoleEnded() if (fact.grant_id,) in grants:
            end = {"ended_us": one.stored.recorded_us, "ended_on": one.stored.occurred_on, "end_reason": fact.reason}
            grants[fact.grant_id,] = grants[fact.grant_id,] | end
            writes.set(GRANT, one, grants[fact.grant_id,])
        case KeyIssued():
            keys[fact.key_id,] = _issued(fact, one)
            writes.set(KEY, one, keys[fact.key_id,])
        case KeyRevoked() if (fact.key_id,) in keys:
            end = {
                "revoked_us": one.stored.recorded_us,
                "revoked_on": one.stored.occurred_on,
                "revoke_reason": fact.reason,
            }
            keys[fact.key_id,] = keys[fact.key_id,] | end
            writes.set(KEY, one, keys[fact.key_id,])
        case RoleEnded() | KeyRevoked():
            pass  # Of nothing that was ever given: there is nothing to end.
        case _:
            assert_never(fact)


def _granted(fact: RoleGranted, one: Recorded) -> dict[str, Any]:
    return {
        "grant_id": fact.grant_id,
        "stream_id": one.stream_id,
        "account": fact.account,
        "role": fact.role,
        "area": fact.area,
        "unit": fact.unit,
        "park": fact.park,
        "project_id": fact.project,
        "principal": fact.principal,
        "until": fact.until,
        "reason": fact.reason,
        "documents": json_of(fact.documents),
        "granted_us": one.stored.recorded_us,
        "granted_on": one.stored.occurred_on,
        "granted_by": one.stored.actor,
        "ended_us": None,
        "ended_on": None,
        "end_reason": None,
        "position": one.position,
    }


def _issued(fact: KeyIssued, one: Recorded) -> dict[str, Any]:
    return {
        "key_id": fact.key_id,
        "stream_id": one.stream_id,
        "account": fact.account,
        "purpose": fact.purpose,
        "expires_on": fact.expires_on,
        "issued_us": one.stored.recorded_us,
        "issued_on": one.stored.occurred_on,
        "issued_by": one.stored.actor,
        "revoked_us": None,
        "revoked_on": None,
        "revoke_reason": None,
        "position": one.position,
    }
