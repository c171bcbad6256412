"""账号命令行: grant and end roles, issue and revoke keys, at the machine itself.

This is how the first security administrator comes to be: whoever can open the database can give rights, and the log
says that the operator did. What is listed is folded from the log, so it needs no read models.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Annotated, Final, TypeAlias
from uuid import uuid4

import typer
from rich.table import Column, Table
from rich.text import Text

from service.access import Caller
from service.attempt import Outcome
from service.cli.database import on_database
from service.cli.terminal import AsJson, out, put, tell
from service.clock import today_in_china
from service.database import migrate
from service.directory import Directory
from service.domain.account import (
    INSTALLATION,
    AccountCommand,
    EndRole,
    GrantRole,
    HeldGrant,
    HeldKey,
    IssueKey,
    RevokeKey,
)
from service.domain.errors import WrongScopeError
from service.domain.roles import Role
from service.domain.shape import parse
from service.handle import Handler
from service.log import BusyError, UnknownOutcomeError
from service.log.log import Log

OPERATOR: Final = Caller(actor="operator", trusted=True)
"""Whoever can open the database."""
_SECRET: Final = 43
"""Characters of a secret: letters and digits, of which so many are worth 256 bits."""

_TRIES: Final = 3
"""How often a command is sent, under one id, while the database does not say what became of it."""

_Text: TypeAlias = str | None
_Account: TypeAlias = Annotated[str, typer.Argument(help="账号 machine:... or of a person, such as oidc:6f1c0001")]
_Reason: TypeAlias = Annotated[str, typer.Option(help="理由 why")]
_OfAccount: TypeAlias = Annotated[_Text, typer.Option("--account", help="账号 only of this one")]
_Every: TypeAlias = Annotated[bool, typer.Option("--all", help="含已失效 also what was ended or has run out")]


roles = typer.Typer(no_args_is_help=True, help="角色授权 Give and end rights.")
keys = typer.Typer(no_args_is_help=True, help="机器密钥 Issue and revoke keys of machines.")


@roles.command("grant")
def grant(
    account: _Account,
    role: Annotated[Role, typer.Argument(help="角色 which role", case_sensitive=False)],
    area: Annotated[str, typer.Argument(help="管辖区域 6 digits of GB/T 2260; 000000 is the whole country")],
    *,
    unit: Annotated[_Text, typer.Option(help="单位 only for what this unit answers for")] = None,
    park: Annotated[_Text, typer.Option(help="园区 only for what lies in this park")] = None,
    project: Annotated[_Text, typer.Option(help="项目 only for this project of the area's ledger: its id")] = None,
    principal: Annotated[_Text, typer.Option(help="委托人 the account for which an agent officer acts")] = None,
    until: Annotated[_Text, typer.Option(help="有效期至 last day, YYYY-MM-DD; none is for ever")] = None,
    reason: Annotated[_Text, typer.Option(help="理由 why it is given")] = None,
    as_json: AsJson = False,
) -> None:
    """授权 Give an account a role over an area."""
    sent = {
        "unit": unit, "park": park, "project": project, "principal": principal, "until": until, "reason": reason,
    }  # fmt: skip
    given = {name: value for name, value in sent.items() if value is not None}
    _take_project(given, area)
    command = parse(GrantRole, {"account": account, "role": role.value, "area": area, **given})

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            await session.send(command)
            session.show_grants(command.account, as_json=as_json)

    on_database(work)


@roles.command("end")
def end(
    account: _Account,
    grant_id: Annotated[str, typer.Argument(help="授权编号 which grant, by the id that `roles list` shows")],
    *,
    reason: _Reason,
    as_json: AsJson = False,
) -> None:
    """收回授权 End one of an account's grants, at once."""
    command = parse(EndRole, {"account": account, "grant_id": grant_id, "reason": reason})

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            await session.send(command)
            session.show_grants(command.account, as_json=as_json)

    on_database(work)


@roles.command("list")
def list_grants(*, account: _OfAccount = None, every: _Every = False, as_json: AsJson = False) -> None:
    """列表 Show who may do what today."""

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            session.show_grants(account, every=every, as_json=as_json)

    on_database(work)


@keys.command("issue")
def issue(
    account: _Account,
    *,
    expires_on: Annotated[str, typer.Option(help="有效期至 last day, YYYY-MM-DD, at most 366 days from today")],
    purpose: Annotated[str, typer.Option(help="用途 what the key is for")],
    as_json: AsJson = False,
) -> None:
    """签发密钥 Make a key of a machine.

    Its token is printed on stdout, once: it is kept nowhere else 令牌仅显示一次。
    """
    key_id, secret = secrets.token_hex(8), _secret()
    sent = {
        "account": account,
        "key_id": key_id,
        "sha256": sha256(secret.encode()).hexdigest(),
        "expires_on": expires_on,
        "purpose": purpose,
    }
    command = parse(IssueKey, sent)

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            await session.send(command)
        tell(f"Key {key_id} of {account}. Keep the token: it is shown this once. 令牌仅显示一次，请妥善保存。")
        token = f"tz_{key_id}_{secret}"
        if as_json:
            put({"account": account, "key": key_id, "expires_on": expires_on, "token": token})
        else:
            typer.echo(token)

    on_database(work)


@keys.command("revoke")
def revoke(
    account: _Account,
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="密钥编号 the 16 digits that `keys list` shows")],
    *,
    reason: _Reason,
    as_json: AsJson = False,
) -> None:
    """吊销密钥 Let a key be refused from now on; it never comes back."""
    command = parse(RevokeKey, {"account": account, "key_id": key_id, "reason": reason})

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            await session.send(command)
            session.show_keys(command.account, every=True, as_json=as_json)

    on_database(work)


@keys.command("list")
def list_keys(*, account: _OfAccount = None, every: _Every = False, as_json: AsJson = False) -> None:
    """列表 Show the keys that are taken today."""

    async def work(dsn: str) -> None:
        async with _opened(dsn) as session:
            session.show_keys(account, every=every, as_json=as_json)

    on_database(work)


@dataclass(frozen=True, slots=True)
class _Session:
    """The log, and all accounts as it has them."""

    handler: Handler
    directory: Directory

    async def send(self, command: AccountCommand) -> None:
        """Store what a command comes to.

        Raises:
            RejectedError: it was refused.
        """
        outcome = await self._outcome(command)
        if outcome.refused is not None:
            raise outcome.refused
        tell("Stored. 已记录。" if outcome.position else "Already so. 已是如此。")
        await self.directory.caught_up_to(outcome.position)

    async def _outcome(self, command: AccountCommand) -> Outcome:
        command_id = uuid4()
        sending = partial(self.handler.handle, OPERATOR, INSTALLATION, command, command_id=command_id)
        for _ in range(_TRIES - 1):
            with suppress(BusyError, UnknownOutcomeError):
                return await sending()
        return await sending()

    def show_grants(self, account: str | None, *, every: bool = False, as_json: bool = False) -> None:
        """Print grants, of one account or of all."""
        today = today_in_china()
        found = [
            held
            for name, rights in sorted(self.directory.accounts.items())
            for held in rights.grants.values()
            if account in (None, name) and (every or held.holds_on(today))
        ]
        if as_json:
            put({"grants": [_grant(held) for held in found]})
            return
        table = Table(Column("grant 授权编号", min_width=36), "who, as what 账号与角色", "until 有效期至")
        for held in found:
            table.add_row(*map(Text, _grant_row(held)))
        out.print(table)

    def show_keys(self, account: str | None, *, every: bool = False, as_json: bool = False) -> None:
        """Print keys, of one account or of all; never a secret or its hash."""
        today = today_in_china()
        found = [
            held
            for name, rights in sorted(self.directory.accounts.items())
            for held in rights.keys.values()
            if account in (None, name) and (every or held.is_live(today))
        ]
        if as_json:
            put({"keys": [_key(held) for held in found]})
            return
        table = Table(Column("key 密钥编号", min_width=16), "account 账号", "purpose 用途", "until 有效期至")
        for held in found:
            table.add_row(*map(Text, _key_row(held)))
        out.print(table)


def _grant(held: HeldGrant) -> dict[str, object]:
    of = held.granted
    return {
        "grant": str(of.grant_id),
        "account": of.account,
        "role": of.role.value,
        "area": str(of.area),
        "unit": of.unit,
        "park": of.park,
        "project": None if of.project is None else str(of.project),
        "principal": of.principal,
        "until": None if of.until is None else str(of.until),
        "ended": bool(held.ended),
    }


def _grant_row(held: HeldGrant) -> tuple[str, ...]:
    of = held.granted
    part = next((f" {name} {value}" for name in ("unit", "park", "project") if (value := getattr(of, name))), "")
    agency = "" if of.principal is None else f" for {of.principal}"
    until = "ended 已收回" if held.ended else str(of.until or "-")
    return (str(of.grant_id), f"{of.account}\n{of.role} {of.role.label.zh}{agency}\n{of.area}{part}", until)


def _key(held: HeldKey) -> dict[str, object]:
    of = held.issued
    return {
        "key": of.key_id,
        "account": of.account,
        "purpose": of.purpose,
        "expires_on": str(of.expires_on),
        "revoked": bool(held.revoked),
    }


def _key_row(held: HeldKey) -> tuple[str, ...]:
    of = held.issued
    return (of.key_id, of.account, of.purpose, "revoked 已吊销" if held.revoked else str(of.expires_on))


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[_Session]:
    await migrate(dsn)
    async with Log.open(dsn, size=2) as log:
        directory = Directory(log)
        await directory.load()
        yield _Session(Handler(log), directory)


def _secret() -> str:
    """Return a new secret: of what the generator gives, letters and digits, which are marked by one double click."""
    return secrets.token_urlsafe(2 * _SECRET).replace("-", "").replace("_", "")[:_SECRET]


def _take_project(given: dict[str, str], area: str) -> None:
    """Put a project's own id in the place of its global one, as the API does."""
    if "project" in given:
        from schema.values import NodeId  # noqa: PLC0415 - the schema takes seconds to make, and no other grant needs it.

        node = NodeId.parse(given["project"], "Project", "project")
        if node.region != area:
            raise WrongScopeError("project", rule="a project of the area's own ledger", ledger=node.region)
        given["project"] = str(node.id)
