"""命令: one mutation for each command of the domain, its input made from the command's own fields.

An input has the command's fields in GraphQL's spelling, and three of its own: `commandId`, `expectedVersion`, and where
the command makes something new, `place`. What a value may be is judged by the domain alone, and every error comes back
as data with its path.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple
from uuid import UUID

import strawberry
from strawberry.types.base import has_strawberry_definition

from schema.conflicts import Missed, VersionConflict, conflict_of
from schema.context import Info
from schema.descriptions import described
from schema.regions import newest
from schema.selection import Selection
from schema.user_errors import UserError
from schema.values import NodeId, Position, RegionRef, instant
from service.attempt import Order
from service.domain import account, annual_plan, identity
from service.domain.account import INSTALLATION
from service.domain.errors import (
    InvalidValueError,
    NotFoundError,
    RejectedError,
    VersionConflictError,
    WrongScopeError,
)
from service.domain.shape import InvalidInputError, parse
from service.domain.values import Erased, Reference, Region, Stated, Unset
from service.telemetry import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.attempt import Outcome

SETTLE_S: Final = 4.0
"""How long a mutation waits until the read models show what it stored."""
MOST_IDS: Final = 1_000
"""Most global ids within the lists of one input."""

FORM: Final = "form"
"""Under which name the metadata of a mutation's field have its form."""

_INPUTS: Final[dict[type, Any]] = {}
_LISTS: Final[dict[type, frozenset[str]]] = {}
"""Fields of an input that are lists: sent as null they are empty, which for a command is the same as not sent."""
_NAMES: Final = {
    identity.Identity: "ProjectIdentityInput",
    identity.Changes: "ProjectChangesInput",
    Stated: "StatedFigureInput",
    Reference: "ExternalReferenceInput",
    annual_plan.EntryToInclude: "PlanEntryInput",
}
"""Inputs that are named as what they become in an answer."""


@strawberry.type(description="操作结果 What became of a command.")
class Payload:
    """Outcome of a command.

    `subject` is the ledger and the stream that it was about, once it was accepted; `missed` what its sender had not
    seen if it expected another version.
    """

    kind: ClassVar[str | None] = None
    """What its subject is by its global id; None for what has none."""

    subject: strawberry.Private[tuple[Region, UUID] | None] = None
    missed: strawberry.Private[Missed | None] = None
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="拒绝原因 Why it was refused; empty if it was accepted."
    )
    version: int | None = strawberry.field(default=None, description="版本 Version of what it changed, after it.")
    position: Position | None = strawberry.field(
        default=None,
        description="日志位置 Place of its last fact in the region's log; null if it stored none.",
    )
    recorded_at: datetime | None = strawberry.field(default=None, description="记录时间 When the log took it.")
    settled: bool = strawberry.field(
        default=False, description="已生效 Whether queries show it already; if not, they will in a moment."
    )

    @strawberry.field(
        description="台账地区 The ledger that took it, for `position`: a query with @atLeast answers from there on."
    )
    def region(self) -> RegionRef | None:
        """Return the ledger; null if it was refused."""
        return None if self.subject is None else RegionRef(code=self.subject[0])

    @strawberry.field(
        description="版本冲突 What was stored since `expectedVersion`, if it was refused for that; send it again under"
        " a new command id, expecting the version told here."
    )
    async def conflict(self, info: Info) -> VersionConflict | None:
        """Return what the sender has missed, in one statement."""
        if self.missed is None:
            return None
        return await conflict_of(info.context, Selection.of(info), self.missed, SETTLE_S)


def input_of(of: type, extra: dict[str, tuple[Any, str]] | None = None) -> Any:
    """Return the GraphQL input of a dataclass of the domain.

    Args:
        extra: further fields: name -> (annotation, description), required unless the annotation takes None.
    """
    if of in _INPUTS:
        return _INPUTS[of]
    hints = typing.get_type_hints(of)
    members: dict[str, Any] = {"__annotations__": {}, "__doc__": of.__doc__}
    for field_name, (kind, description) in (extra or {}).items():
        _add(members, field_name, kind, description)
    for one in dataclasses.fields(of):
        kind = _KINDS.get(one.name) or _annotation(hints[one.name])
        needed = one.default is dataclasses.MISSING
        _add(members, one.name, kind if needed else _optional(kind), described(of, one.name))
    made = type(_NAMES.get(of, f"{of.__name__}Input"), (), members)
    _INPUTS[of] = strawberry.input(made, description=(of.__doc__ or "").split("\n")[0])
    _LISTS[_INPUTS[of]] = frozenset(one.name for one in dataclasses.fields(of) if "tuple[" in str(hints[one.name]))
    return _INPUTS[of]


_SUBJECTS: Final = {"project_id": "Project", "ceremony_id": "Ceremony"}
"""Fields that name what a command is about by its global id, and so the ledger that it goes to."""
_NODES: Final = {**_SUBJECTS, "into": "Project", "parent": "Project", "project": "Project"}
_NODE_LISTS: Final = {"projects": "Project", "related": "Project"}
"""Fields that GraphQL takes as global ids, or lists of them, with what they are ids of."""
_KINDS: Final[dict[str, Any]] = {
    **dict.fromkeys(_NODES, strawberry.ID),
    **dict.fromkeys(_NODE_LISTS, list[strawberry.ID]),
    "position": Position,
}
"""Fields that GraphQL takes otherwise than their type says: a global id, and what is too large for an Int."""


def _add(members: dict[str, Any], name: str, kind: Any, description: str) -> None:
    optional = types.NoneType in typing.get_args(kind)
    members["__annotations__"][name] = kind
    members[name] = (
        strawberry.field(default=strawberry.UNSET, description=description)
        if optional
        else strawberry.field(description=description)
    )


def _optional(kind: Any) -> Any:
    return kind if types.NoneType in typing.get_args(kind) else kind | None


def _annotation(hint: Any) -> Any:
    """Return how GraphQL takes a value of the domain: texts and codes as String, dates as Date, enums as they are."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        arms = [arm for arm in typing.get_args(hint) if arm not in {types.NoneType, Unset, Erased}]
        nullable = types.NoneType in typing.get_args(hint) or Unset in typing.get_args(hint)
        kind = _annotation(arms[0])
        return kind | None if nullable else kind
    if typing.get_origin(hint) is tuple:
        return list[_annotation(typing.get_args(hint)[0])]  # type: ignore[misc]  # Made at run time.
    if dataclasses.is_dataclass(hint):
        return input_of(typing.cast("type", hint))
    if hint in {date, int, bool, UUID} or issubclass(hint, Enum):
        return hint
    return str


def plain_of(value: Any) -> Any:
    """Return what was sent as plain JSON values under the domain's names; what was not sent is left out."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, list):
        return [plain_of(one) for one in value]
    if has_strawberry_definition(type(value)):
        lists = _LISTS[type(value)]
        return {
            name: [] if sent is None and name in lists else plain_of(sent)
            for name, sent in vars(value).items()
            if sent is not strawberry.UNSET
        }
    return value


class Form:
    """How a command is sent: its input, and how one is read.

    Args:
        command: a command of the domain.
        payload: what its mutation answers.
    """

    def __init__(self, command: type, payload: type[Payload]) -> None:
        self.command = command
        self.payload = payload
        self._names = {one.name for one in dataclasses.fields(command)}
        extra: dict[str, tuple[Any, str]] = {
            "command_id": (
                UUID,
                "命令编号 Made by the sender, once per intention; sent again, the answer is the first one.",
            ),
            "expected_version": (
                int | None,
                "预期版本 Version that the sender saw; another one is refused. No part of what an id stands for.",
            ),
        }
        if command not in account.DECIDER.commands and not self._names & {*_SUBJECTS, "region"}:
            extra["place"] = (str, "台账地区 Code of the region whose ledger takes it.")
        self.taken = input_of(command, extra)

    def read(self, sent: Any) -> tuple[Region, Order]:
        """Return the ledger that an input goes to, and its command, judged.

        Raises:
            InvalidInputError: some of what was sent is wrong; all of it is named.
        """
        region, parsed = _parse(self.command, plain_of(sent), self._names)
        expected = None if sent.expected_version is strawberry.UNSET else sent.expected_version
        return region, Order(parsed, sent.command_id, expected)


def mutation(command: type, payload: type[Any]) -> Any:
    """Return the mutation field of a command.

    Args:
        payload: a subclass of Payload; it reads what it shows of the changed thing by its `subject`.
    """
    form = Form(command, payload)

    async def resolve(info: Info, input: Any) -> Any:  # noqa: A002 - GraphQL's name for it.
        info.context.renew()  # A document may hold many, one after the other, and rights end meanwhile.
        try:
            region, order = form.read(input)
        except InvalidInputError as error:
            info.context.failed(info.field_name, error.errors[0].code.value, ".".join(error.errors[0].path))
            return payload(user_errors=[UserError.of(one, "input") for one in error.errors])
        services = info.context.services
        handled = services.handler.handle(
            info.context.caller,
            region,
            order.command,
            command_id=order.command_id,
            expected_version=order.expected_version,
        )
        outcome = await counted(info.field_name, handled)
        if outcome.refused is not None:
            info.context.failed(info.field_name, outcome.refused.code.value, ".".join(outcome.refused.path))
            return payload(
                user_errors=[UserError.of(outcome.refused, "input")], missed=_missed(payload, order, outcome)
            )
        if outcome.region == INSTALLATION:
            # This process judges by it from now on; the others do within a second.
            await services.directory.caught_up_to(outcome.position)
        return payload(
            subject=(outcome.region, outcome.stream.id),
            version=outcome.version,
            position=Position(outcome.position) if outcome.position else None,
            recorded_at=instant(outcome.recorded_us) if outcome.position else None,
            settled=await services.runner.wait_for(outcome.region, outcome.position, SETTLE_S),
        )

    argument = strawberry.argument(description="命令内容 What to do, and under which command id.")
    resolve.__annotations__ = {"info": Info, "input": Annotated[form.taken, argument], "return": payload | None}
    description = (command.__doc__ or "").split("\n")[0]
    return strawberry.mutation(resolver=resolve, description=description, metadata={FORM: form})


def _missed(payload: type[Payload], order: Order, outcome: Outcome) -> Missed | None:
    if not isinstance(outcome.refused, VersionConflictError):
        return None
    # A command that was refused for its version and is sent again without one has missed all there is.
    compared = outcome.refused.params
    return Missed(
        outcome.region,
        outcome.stream,
        payload.kind == "Project",
        expected=order.expected_version or 0,
        version=int(compared["version"]),
        position=int(compared.get("position", 0)),
    )


def _parse(command: type, sent: dict[str, Any], names: set[str]) -> tuple[Region, Any]:
    """Return the ledger that a command goes to, and the command, judged.

    Raises:
        InvalidInputError: some of what was sent is wrong; all of it is named.
    """
    said = {name: value for name, value in sent.items() if name in names}
    wrong: list[RejectedError] = []
    region = None
    try:
        region = INSTALLATION if command in account.DECIDER.commands else _ledger(sent, said)
    except RejectedError as error:
        wrong.append(error)
    # Lists that hold more are refused by their length, before what is in them is read.
    for one in islice(_nodes(said, ()), MOST_IDS):
        if isinstance(one, RejectedError):
            wrong.append(one)
        elif region == INSTALLATION:
            # There a project is of the ledger that the area names, by which its global id is told again.
            if one.region != said.get("area"):
                wrong.append(WrongScopeError(*one.path, rule="a project of the area's own ledger", ledger=one.region))
        elif region is not None and newest(one.region) != newest(region):
            wrong.append(NotFoundError(*one.path))
    if region is not None and not wrong:
        return region, parse(command, said)
    told = {one.path for one in wrong}
    raise InvalidInputError([*wrong, *(one for one in _errors(command, said) if one.path not in told)])


class _Node(NamedTuple):
    """A global id that an input holds, beside the one that says what it is about, and the ledger that it names."""

    path: tuple[str, ...]
    region: Region


def _nodes(plain: Any, path: tuple[str, ...]) -> Iterator[_Node | RejectedError]:
    """Yield the global ids within an input, each put right in its place, or why it is none."""
    pairs = enumerate(plain) if isinstance(plain, list) else plain.items()
    for key, value in pairs:
        at = (*path, f"[{key}]" if isinstance(key, int) else key)
        kind = _NODE_LISTS.get(path[-1]) if isinstance(key, int) else _NODES.get(key)
        if isinstance(value, list | dict):
            yield from _nodes(value, at)
        elif kind is not None and isinstance(value, str) and (path or key not in _SUBJECTS):
            try:
                node = NodeId.parse(value, kind, *at)
            except RejectedError as error:
                yield error
            else:
                plain[key] = str(node.id)
                yield _Node(at, node.region)


def _ledger(sent: dict[str, Any], said: dict[str, Any]) -> Region:
    """Return the ledger that is meant, and put a thing's own id in the place of the global one."""
    for name, kind in _SUBJECTS.items():
        if name in said:
            node = NodeId.parse(said[name], kind, name)
            said[name] = str(node.id)
            return node.region
    name = "region" if "region" in said else "place"
    try:
        return Region(sent[name])
    except InvalidValueError as error:
        raise error.below(name) from None


def _errors(command: type, said: dict[str, Any]) -> list[RejectedError]:
    try:
        parse(command, said)
    except InvalidInputError as error:
        return error.errors
    return []
