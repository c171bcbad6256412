"""账号用语: who was granted what over where, and whose keys were issued and revoked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from projections.wording.base import Told, Words
from projections.wording.phrases import day, quoted, region, zh
from service.domain.account import KeyIssued, KeyRevoked, RoleEnded, RoleGranted
from service.domain.labels import Label
from service.domain.roles import WHOLE_COUNTRY, Role
from service.domain.shape import Plain

_NOTHING: Final = Label("", "")


def _grant(fact: RoleGranted) -> dict[str, Plain]:
    held = {
        "account": str(fact.account),
        "role": fact.role.value,
        "area": str(fact.area),
        "unit": fact.unit,
        "park": fact.park,
        "project": None if fact.project is None else str(fact.project),
        "principal": fact.principal,
        "until": None if fact.until is None else fact.until.isoformat(),
    }
    return {f"grant.{fact.grant_id}": {name: value for name, value in held.items() if value is not None}}


def _key(fact: KeyIssued) -> dict[str, Plain]:
    held = {"account": str(fact.account), "purpose": str(fact.purpose), "expires_on": fact.expires_on.isoformat()}
    return {f"key.{fact.key_id}": held}


def _granted(_fact: RoleGranted, at: Told) -> Label:
    (held,) = at.touched.values()
    account, role, scope = quoted(held["account"]), Role(held["role"]).label, _scope(held)
    agency, until = _agency(held), _until(held.get("until"))
    return Label(
        zh(f"授予{account.zh}{role.zh}角色，管辖范围：", scope.zh) + agency.zh + until.zh,
        f"Granted {account.en} the role of {role.en} over {scope.en}{agency.en}{until.en}",
    )


def _scope(held: Plain) -> Label:
    """Return where a grant holds: 祁阳市（431181）; 祁阳市（431181）内的园区“演示工业园”."""
    area = Label("全国", "the whole country") if held["area"] == WHOLE_COUNTRY else region(held["area"])
    for name, what in _WITHIN.items():
        if name in held:
            part = quoted(held[name])
            return Label(f"{area.zh}内的{what.zh}{part.zh}", f"the {what.en} {part.en} in {area.en}")
    return area


_WITHIN: Final = {
    "unit": Label("单位", "unit"),
    "park": Label("园区", "park"),
    "project": Label("项目", "project"),
}


def _agency(held: Plain) -> Label:
    if "principal" not in held:
        return _NOTHING
    principal = quoted(held["principal"])
    return Label(f"，代{principal.zh}办理", f", acting for {principal.en}")


def _until(text: str | None) -> Label:
    if text is None:
        return _NOTHING
    last = day(date.fromisoformat(text))
    return Label(zh("，有效期至", last.zh), f", through {last.en}")


def _ended(_fact: RoleEnded, at: Told) -> Label:
    held = at.old
    if held is None:
        return Label("收回一项角色授权", "Ended a grant of a role")
    account, role, scope = quoted(held["account"]), Role(held["role"]).label, _scope(held)
    agency = _agency(held)
    return Label(
        zh(f"收回{account.zh}的{role.zh}角色，管辖范围：", scope.zh) + agency.zh,
        f"Ended the role of {role.en} of {account.en} over {scope.en}{agency.en}",
    )


def _issued(fact: KeyIssued, _at: Told) -> Label:
    account, purpose, last = quoted(fact.account), quoted(fact.purpose), day(fact.expires_on)
    return Label(
        zh(f"为{account.zh}签发密钥", fact.key_id, f"，用途：{purpose.zh}，有效期至", last.zh),
        f"Issued key {fact.key_id} to {account.en} for {purpose.en}, valid through {last.en}",
    )


def _revoked(fact: KeyRevoked, at: Told) -> Label:
    if at.old is None:
        return Label(zh("吊销密钥", fact.key_id), f"Revoked key {fact.key_id}")
    account = quoted(at.old["account"])
    return Label(zh(f"吊销{account.zh}的密钥", fact.key_id), f"Revoked key {fact.key_id} of {account.en}")


WORDS: Final[Mapping[type, Words]] = {
    RoleGranted: Words(_grant, _granted),
    RoleEnded: Words(lambda fact: {f"grant.{fact.grant_id}": None}, _ended),
    KeyIssued: Words(_key, _issued),
    KeyRevoked: Words(lambda fact: {f"key.{fact.key_id}": None}, _revoked),
}
