"""账号命令行: grant and end roles, issue and revoke keys, at the machine itself.

This is how the first security administrator comes to be: whoever can open the database can give rights, and the log
says that the operator did. What is listed is folded from the log, so it needs no read models.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Final, TypeAlias
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from schema.values import NodeId
from service.access import Caller
from service.attempt import Outcome
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
from service.domain.errors import RejectedError, WrongScopeError
from service.domain.roles import Role
from service.domain.shape import InvalidInputError, parse
from service.handle import Handler
from service.log import BusyError, UnknownOutcomeError
from service.log.log import Log

OPERATOR: Final = Caller(actor="operator", trusted=True)
"""Whoever can open the database."""
_SECRET: Final = 43
"""Characters of a secret: letters and digits, of which so many are worth 256 bits."""

_TRIES: Final = 3
"""How often a command is sent, under one id, while the database does not say what became of it."""

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)
"""Of `keys issue` stdout has the token alone, so that it can be piped to where it is kept."""

Run: TypeAlias = Callable[[Callable[[str], Coroutine[Any, Any, None]]], None]
"""Runs work on the database, given its address; what a person can mend it says in a line, and ends with exit code 1."""
_Text: TypeAlias = str | None
_Account: TypeAlias = Annotated[str, typer.Argument(help="账号 machine:... or of a person, such as oidc:6f1c0001")]
_Reason: TypeAlias = Annotated[str, typer.Option(help="理由 why")]
_OfAccount: TypeAlias = Annotated[_Text, typer.Option("--account", help="账号 only of this one")]
_Every: TypeAlias = Annotated[bool, typer.Option("--all", help="含已失效 also what was ended or has run out")]


def add_to(app: typer.Typer, run: Run) -> None:
    """Add the commands `roles` and `keys`."""
    roles = typer.Typer(no_args_is_help=True, help="角色授权 Give and end rights.")
    keys = typer.Typer(no_args_is_help=True, help="机器密钥 Issue and revoke keys of machines.")
    _add_roles(roles, run)
    _add_keys(keys, run)
    app.add_typer(roles, name="roles")
    app.add_typer(keys, name="keys")


def _add_roles(app: typer.Typer, run: Run) -> None:
    @app.command("grant")
    def grant(
        account: _Account,
        role: Annotated[Role, typer.Argument(help="角色 which role", case_sensitive=False)],
        area: Annotated[str, typer.Argument(help="管辖区域 6 digits of GB/T 2260; 000000 is the whole country")],
        *,
        unit: Annotated[_Text, typer.Option(help="单位 only for what this unit answers for")] = None,
        park: Annotated[_Text, typer.Option(help="园区 only for what lies in this park")] = None,
        project: Annotated[_Text, typer.Option(help="项目 only for this project of the area's ledger: its id")] = None,
        principal: Annotated[_Text, typer.Option(help="委托人 the account for which an agent officer acts")] = None,
        until: Annotated[_Text, typer.Option(help="有效期至 last day, YYYY-MM-DD; without end unless given")] = None,
        reason: Annotated[_Text, typer.Option(help="理由 why it is given")] = None,
    ) -> None:
        """授权 Give an account a role over an area."""
        sent = {
            "unit": unit, "park": park, "project": project, "principal": principal, "until": until, "reason": reason,
        }  # fmt: skip
        given = {name: value for name, value in sent.items() if value is not None}
        with _said():
            _take_project(given, area)
            command = parse(GrantRole, {"account": account, "role": role.value, "area": area, **given})

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                await session.send(command)
                session.show_grants(command.account)

        run(work)

    @app.command("end")
    def end(
        account: _Account,
        grant_id: Annotated[str, typer.Argument(help="授权编号 which grant, by the id that `roles list` shows")],
        *,
        reason: _Reason,
    ) -> None:
        """收回授权 End one of an account's grants, at once."""
        with _said():
            command = parse(EndRole, {"account": account, "grant_id": grant_id, "reason": reason})

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                await session.send(command)
                session.show_grants(command.account)

        run(work)

    @app.command("list")
    def show(*, account: _OfAccount = None, every: _Every = False) -> None:
        """列表 Show who may do what today."""

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                session.show_grants(account, every=every)

        run(work)


def _add_keys(app: typer.Typer, run: Run) -> None:
    @app.command("issue")
    def issue(
        account: _Account,
        *,
        expires_on: Annotated[str, typer.Option(help="有效期至 last day, YYYY-MM-DD, at most 366 days from today")],
        purpose: Annotated[str, typer.Option(help="用途 what the key is for")],
    ) -> None:
        """签发密钥 Make a key of a machine, and print its token on stdout, once: it is kept nowhere else."""
        key_id, secret = secrets.token_hex(8), _secret()
        sent = {
            "account": account,
            "key_id": key_id,
            "sha256": sha256(secret.encode()).hexdigest(),
            "expires_on": expires_on,
            "purpose": purpose,
        }
        with _said():
            command = parse(IssueKey, sent)

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                await session.send(command)
            _tell(f"Key {key_id} of {account}. Keep the token: it is shown this once. 令牌仅显示一次，请妥善保存。")
            typer.echo(f"tz_{key_id}_{secret}")

        run(work)

    @app.command("revoke")
    def revoke(
        account: _Account,
        key_id: Annotated[str, typer.Argument(metavar="KEY", help="密钥编号 the 16 digits that `keys list` shows")],
        *,
        reason: _Reason,
    ) -> None:
        """吊销密钥 Let a key be refused from now on; it never comes back."""
        with _said():
            command = parse(RevokeKey, {"account": account, "key_id": key_id, "reason": reason})

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                await session.send(command)
                session.show_keys(command.account, every=True)

        run(work)

    @app.command("list")
    def show(*, account: _OfAccount = None, every: _Every = False) -> None:
        """列表 Show the keys that are taken today."""

        async def work(dsn: str) -> None:
            async with _opened(dsn) as session:
                session.show_keys(account, every=every)

        run(work)


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
        _tell("Stored. 已记录。" if outcome.position else "Already so. 已是如此。")
        await self.directory.caught_up_to(outcome.position)

    async def _outcome(self, command: AccountCommand) -> Outcome:
        command_id = uuid4()
        sending = partial(self.handler.handle, OPERATOR, INSTALLATION, command, command_id=command_id)
        for _ in range(_TRIES - 1):
            with suppress(BusyError, UnknownOutcomeError):
                return await sending()
        return await sending()

    def show_grants(self, account: str | None, *, every: bool = False) -> None:
        """Print grants, of one account or of all."""
        table = Table(
            Column("grant 授权编号", min_width=36),
            "account 账号",
            "role 角色",
            "over 管辖范围",
            "until 有效期至",
            "ended 收回",
        )
        today = today_in_china()
        for name, rights in sorted(self.directory.accounts.items()):
            for held in rights.grants.values():
                if account in (None, name) and (every or held.holds_on(today)):
                    table.add_row(*map(Text, _grant_row(held)))
        out.print(table)

    def show_keys(self, account: str | None, *, every: bool = False) -> None:
        """Print keys, of one account or of all; never a secret or its hash."""
        table = Table(
            Column("key 密钥编号", min_width=16), "account 账号", "purpose 用途", "expires 有效期至", "revoked 吊销"
        )
        today = today_in_china()
        for name, rights in sorted(self.directory.accounts.items()):
            for held in rights.keys.values():
                if account in (None, name) and (every or held.is_live(today)):
                    table.add_row(*map(Text, _key_row(held)))
        out.print(table)


def _grant_row(held: HeldGrant) -> tuple[str, ...]:
    of = held.granted
    part = next((f" {name} {value}" for name in ("unit", "park", "project") if (value := getattr(of, name))), "")
    agency = "" if of.principal is None else f" for {of.principal}"
    role = f"{of.role} {of.role.label.zh}{agency}"
    return (str(of.grant_id), of.account, role, f"{of.area}{part}", str(of.until or "-"), "yes" if held.ended else "-")


def _key_row(held: HeldKey) -> tuple[str, ...]:
    of = held.issued
    return (of.key_id, of.account, of.purpose, str(of.expires_on), "yes" if held.revoked else "-")


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[_Session]:
    await migrate(dsn)
    async with Log.open(dsn, size=2) as log:
        directory = Directory(log)
        await directory.load()
        yield _Session(Handler(log), directory)


@contextmanager
def _said() -> Iterator[None]:
    """Say in lines what is wrong with what was typed, and end the command with exit code 1."""
    try:
        yield
    except (RejectedError, InvalidInputError) as error:
        for one in error.errors if isinstance(error, InvalidInputError) else (error,):
            _tell(str(one), style="red")
        raise typer.Exit(1) from None


def _tell(text: str, **style: Any) -> None:
    err.print(text, soft_wrap=True, markup=False, **style)


def _secret() -> str:
    """Return a new secret: of what the generator gives, letters and digits, which are marked by one double click."""
    return secrets.token_urlsafe(2 * _SECRET).replace("-", "").replace("_", "")[:_SECRET]


def _take_project(given: dict[str, str], area: str) -> None:
    """Put a project's own id in the place of its global one, as the API does."""
    if "project" in given:
        node = NodeId.parse(given["project"], "Project", "project")
        if node.region != area:
            raise WrongScopeError("project", rule="a project of the area's own ledger", ledger=node.region)
        given["project"] = str(node.id)
