"""批量命令: for each command that ledgers take a mutation that takes many of it.

Every item is judged on its own, with its own rights, and one that is refused stops none of the others. Items of one
ledger are taken in their order, in as few transactions as their streams allow.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar
from uuid import UUID

import strawberry

from schema.commands import FORM, SETTLE_S, Form
from schema.context import Info
from schema.investment import RegionPosition
from schema.user_errors import UserError
from schema.values import Position, RegionRef, encode_id, instant
from service.domain.errors import InvalidValueError
from service.domain.shape import InvalidInputError
from service.telemetry import counted_all

if TYPE_CHECKING:
    from service.access import Caller
    from service.attempt import Order, Outcome
    from service.domain.values import Region

MOST_ITEMS: Final = 1_000
"""Most items of all batches of a document: aliases may share one variable, so its bytes don't bound them."""
_TURN: Final = 50
"""Items after which others have their turn."""
_STEPS: Final = 3
"""Steps of an item's path, input.items.7, that are the batch's."""

_T = TypeVar("_T", bound=type)


@strawberry.type(description="单条结果 What became of one command of a batch.")
class CommandBatchResult:
    """One item's outcome."""

    command_id: UUID = strawberry.field(description="命令编号 Its command id.")
    id: strawberry.ID | None = strawberry.field(
        default=None,
        description="全局标识 The project or ceremony that it is about, also one that it has made: its UUID comes from"
        " the command id alone (UUIDv5), so a repetition answers the same; null if it was refused.",
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="拒绝原因 Why it was refused; empty if it was accepted."
    )
    version: int | None = strawberry.field(default=None, description="版本 Version of what it changed, after it.")
    region: RegionRef | None = strawberry.field(default=None, description="台账地区 The ledger that took it.")
    position: Position | None = strawberry.field(
        default=None,
        description="日志位置 Place of its last fact in the region's log; null if it stored none.",
    )
    recorded_at: datetime | None = strawberry.field(default=None, description="记录时间 When the log took it.")


@strawberry.type(description="批量操作结果 What became of the commands of a batch.")
class CommandBatchPayload:
    """Outcome of a batch."""

    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="拒绝原因 Why the batch was not taken at all; its items have their own."
    )
    results: list[CommandBatchResult] = strawberry.field(
        default_factory=list, description="逐条结果 One for each item, in the order of the items."
    )
    accepted: int = strawberry.field(default=0, description="受理条数 Items that were accepted.")
    refused: int = strawberry.field(default=0, description="拒绝条数 Items that were refused.")
    positions: list[RegionPosition] = strawberry.field(
        default_factory=list, description="日志位置 Place of the batch's last fact in each ledger's log that took one."
    )
    settled: bool = strawberry.field(
        default=False, description="已生效 Whether queries show all of it already; if not, they will in a moment."
    )


def with_batches(*names: str) -> Any:
    """Return what gives a class of mutations a `…_batch` beside each of those named; beside all if none is."""

    def widen(of: _T) -> _T:
        for name in names or [name for name, field in vars(of).items() if FORM in getattr(field, "metadata", {})]:
            setattr(of, f"{name}_batch", _batch(vars(of)[name].metadata[FORM]))
        return of

    return widen


def _batch(form: Form) -> Any:
    bound = f"逐条命令 1 to {MOST_ITEMS} in all batches of a document, each with a command id of its own."
    items = strawberry.field(description=bound)
    members = {"__annotations__": {"items": list[form.taken]}, "items": items}  # type: ignore[name-defined]  # Made at run time.
    name = form.command.__name__
    first = (form.command.__doc__ or "").split("\n")[0]
    taken = strawberry.input(type(f"{name}BatchInput", (), members), description=f"批量 Many at once: {first}")

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 - GraphQL's name for it.
        def caller() -> Caller:
            info.context.renew()
            return info.context.caller

        info.context.batched += len(input.items)
        if not input.items or info.context.batched > MOST_ITEMS:
            wrong = InvalidValueError(
                "items", rule=f"1 to {MOST_ITEMS} items in all batches of a document", got=info.context.batched
            )
            info.context.failed(info.field_name, wrong.code.value, "items")
            return CommandBatchPayload(user_errors=[UserError.of(wrong, "input")])
        read = []
        for number, item in enumerate(input.items):
            if not number % _TURN:
                await asyncio.sleep(0)  # Judging a thousand inputs takes a while, and others wait meanwhile.
            read.append(_read(form, number, item))
        sent = [one for one in read if not isinstance(one, CommandBatchResult)]
        handled = info.context.services.handler.handle_all(caller, sent)
        outcomes = iter(await counted_all(info.field_name, len(sent), handled))
        results = [
            one if isinstance(one, CommandBatchResult) else _result(number, one[1], next(outcomes), form.payload.kind)
            for number, one in enumerate(read)
        ]
        # One line for each code: a batch of a thousand must not fill the journal.
        for code, path in {error.code: error.path for one in reversed(results) for error in one.user_errors}.items():
            info.context.failed(info.field_name, code.value, ".".join(path[_STEPS:]))
        positions: dict[str, Position] = {}
        for one in results:
            if one.region is not None and one.position is not None:
                positions[one.region.code] = max(one.position, positions.get(one.region.code, one.position))
        wait_for = info.context.services.runner.wait_for
        refused = sum(bool(one.user_errors) for one in results)
        return CommandBatchPayload(
            results=results,
            accepted=len(results) - refused,
            refused=refused,
            positions=[RegionPosition(region=region, position=at) for region, at in sorted(positions.items())],
            settled=all(await asyncio.gather(*(wait_for(region, at, SETTLE_S) for region, at in positions.items()))),
        )

    argument = strawberry.argument(description="命令内容 What to do, each under its command id.")
    resolve.__annotations__ = {"info": Info, "input": Annotated[taken, argument], "return": CommandBatchPayload | None}
    description = f"{first.partition(':')[0]}(批量) Many at once; each is judged on its own and told in its place."
    return strawberry.mutation(resolver=resolve, description=description)


def _read(form: Form, number: int, item: Any) -> tuple[Region, Order] | CommandBatchResult:
    try:
        return form.read(item)
    except InvalidInputError as error:
        wrong = [UserError.of(one, "input", "items", str(number)) for one in error.errors]
        return CommandBatchResult(command_id=item.command_id, user_errors=wrong)


def _result(number: int, order: Order, outcome: Outcome, kind: str | None) -> CommandBatchResult:
    if outcome.refused is not None:
        wrong = [UserError.of(outcome.refused, "input", "items", str(number))]
        return CommandBatchResult(command_id=order.command_id, user_errors=wrong)
    return CommandBatchResult(
        command_id=order.command_id,
        id=None if kind is None else strawberry.ID(encode_id(kind, outcome.region, outcome.stream.id)),
        version=outcome.version,
        region=RegionRef(code=outcome.region),
        position=Position(outcome.position) if outcome.position else None,
        recorded_at=instant(outcome.recorded_us) if outcome.position else None,
    )
