"""Examples of rights: grants and keys, which are the installation's and not of a place's story.

A key is issued for a time that begins today, so the commands are of the examples' own day and can't be sent later.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Final

from service.domain import account
from service.domain.roles import Account, Area, Role
from service.domain.values import Document, Name, Reason, Sha256

OFFICER: Final = Account("oidc:6f1c0001")
MACHINE: Final = Account("machine:qiyang-office")
PRINCIPAL: Final = Account("oidc:6f1c0002")
OFFICE_PAPER: Final = Document(title=Name("关于明确台账系统人员权限的通知(演示)"), issued_on=date(2022, 5, 6))
SECRET: Final = "not-a-secret-but-an-example"  # noqa: S105 - It opens nothing.
KEY_ID: Final = account.KeyId("00112233445566aa")
GRANT_ID: Final = account.grant_id(OFFICER, 1)
_GRANT: Final = {
    "account": OFFICER,
    "role": Role.COUNTY_APPROVER,
    "area": Area("431181"),
    "until": date(2022, 12, 31),
    "reason": Reason("岗位调整"),
    "documents": (OFFICE_PAPER,),
}
_AGENT: Final = {
    "account": OFFICER,
    "role": Role.AGENT,
    "area": Area("431181"),
    "park": Name("演示工业园"),
    "principal": PRINCIPAL,
}
_ENDED: Final = {"grant_id": GRANT_ID, "reason": Reason("工作调动")}
_KEY: Final = {
    "account": MACHINE,
    "key_id": KEY_ID,
    "sha256": Sha256(hashlib.sha256(SECRET.encode()).hexdigest()),
    "expires_on": date(2022, 12, 31),
    "purpose": Name("县级系统报送数据"),
}
_REVOKED: Final = {"key_id": KEY_ID, "reason": Reason("密钥泄露")}

GRANT: Final = account.GrantRole(**_GRANT)  # type: ignore[arg-type]  # Fields as named above.
GRANT_AGENT: Final = account.GrantRole(**_AGENT)  # type: ignore[arg-type]
END: Final = account.EndRole(account=OFFICER, **_ENDED)  # type: ignore[arg-type]
ISSUE: Final = account.IssueKey(**_KEY)  # type: ignore[arg-type]
REVOKE: Final = account.RevokeKey(account=MACHINE, **_REVOKED)  # type: ignore[arg-type]

GRANTED: Final = account.RoleGranted(grant_id=GRANT_ID, **_GRANT)  # type: ignore[arg-type]
AGENT_GRANTED: Final = account.RoleGranted(grant_id=account.grant_id(OFFICER, 2), **_AGENT)  # type: ignore[arg-type]
ENDED: Final = account.RoleEnded(**_ENDED)  # type: ignore[arg-type]
ISSUED: Final = account.KeyIssued(**_KEY)  # type: ignore[arg-type]
REVOKED: Final = account.KeyRevoked(**_REVOKED)  # type: ignore[arg-type]

FACTS: Final[dict[str, object]] = {
    "ROLE_GRANTED": GRANTED,
    "AGENT_GRANTED": AGENT_GRANTED,
    "ROLE_ENDED": ENDED,
    "KEY_ISSUED": ISSUED,
    "KEY_REVOKED": REVOKED,
}
"""In their order, as they stand in the installation's log."""
ASIDE: Final[dict[str, tuple[object, object]]] = {
    name: (command, fact)
    for (name, fact), command in zip(FACTS.items(), (GRANT, GRANT_AGENT, END, ISSUE, REVOKE), strict=True)
}
