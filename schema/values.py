"""值类型: scalars, enums and small types that all subjects share."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Final, NewType, Self
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON

from projections.table import NOW_US
from service.domain import investment, total_investment
from service.domain.codes import regions
from service.domain.errors import InvalidValueError, RejectedError, WrongCurrencyError
from service.domain.figures import in_unit
from service.domain.labels import Label, Labelled
from service.domain.roles import WHOLE_COUNTRY
from service.domain.values import LARGEST, Currency, Region, Unit

_TOLD: Final = {Unit.PERCENT: Label("百分比", "percent")}
"""Labels of what stands as a sign within a sentence."""


def _enum(of: Any, name: str | None = None) -> Any:
    """Show an enum of the domain: its docstring opens with the Chinese term, and each value has its label."""
    doc = (of.__doc__ or "").split("\n")[0]
    made = strawberry.enum(of, name=name, description=doc)
    for value, member in zip(made.__strawberry_definition__.values, of, strict=True):
        text = _TOLD.get(member) or member.label
        value.description = f"{text.zh} {text.en}"
    return made


_RENAMED: Final = {total_investment.TotalKind: "TotalInvestmentKind", investment.Status: "FigureStatus"}

for _of in Labelled.__subclasses__():
    _enum(_of, _RENAMED.get(_of))

MOST_DECIMALS: Final = 10

Position = NewType("Position", int)
"""A 64-bit integer; GraphQL's own Int ends at 2^31."""

GeoJson = NewType("GeoJson", dict[str, Any])
"""A GeoJSON object (RFC 7946), as it goes out."""

_SHOWN: Final = 40
"""Most characters of a wrong value that an error says again."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _position(value: object) -> int:
    if type(value) is not int or not 0 <= value <= LARGEST:
        raise GraphQLError(f"A Position is a whole number from 0 to 2^53 - 1, not {_shown(value)}.")
    return value


def _date(value: object) -> date:
    try:
        # Python reads more forms, such as 20220430 and 2022-W17-6.
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass  # No such day, or the year 0.
    raise GraphQLError(f"A Date is a day of the calendar, written YYYY-MM-DD; {_shown(value)} is none.")


def _uuid(value: object) -> UUID:
    try:
        if isinstance(value, str) and len(value) <= _SHOWN:
            return UUID(value)
    except ValueError:
        pass
    raise GraphQLError(f"A UUID has 32 hexadecimal digits, 8-4-4-4-12, not {_shown(value)}.")


def _shown(value: object) -> str:
    """Return the beginning of a wrong value, in ASCII."""
    text = value if isinstance(value, str) else type(value).__name__ if isinstance(value, list | dict) else repr(value)
    return ascii(text[:_SHOWN])


_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _instant(value: object) -> datetime:
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError:
        pass  # No such day or hour.
    raise GraphQLError(f"A DateTime is an instant with its offset, 2022-05-10T09:00:00+08:00; {_shown(value)} is none.")


def _not_taken(_value: object) -> Any:
    raise GraphQLError("This scalar is for answers only.")


SCALARS: Final[dict[Any, Any]] = {
    Position: strawberry.scalar(
        name="Position",
        description="日志位置 Place in a region's log, from 1, without gaps (a whole number up to 2^53 - 1).",
        serialize=int,
        parse_value=_position,
    ),
    GeoJson: strawberry.scalar(
        name="GeoJSON",
        description="地理对象 A GeoJSON geometry, feature or collection, as maps take it.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc7946",
        serialize=lambda value: value,
        parse_value=_not_taken,
    ),
    date: strawberry.scalar(
        name="Date",
        description="日期 A day of the calendar, YYYY-MM-DD.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=date.isoformat,
        parse_value=_date,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="时间 An instant with its offset from UTC, to the microsecond.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
    UUID: strawberry.scalar(
        name="UUID",
        description="唯一标识 128 bits as 32 hexadecimal digits, 8-4-4-4-12.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc9562",
        serialize=str,
        parse_value=_uuid,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="JSON 值 Any JSON value, as it stands.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=lambda value: value,
        parse_value=_not_taken,
    ),
}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def instant(microseconds: int) -> datetime:
    """Return the instant so many microseconds after 1970 began, exactly."""
    return _EPOCH + timedelta(microseconds=microseconds)


def bounded(decimals: int) -> int:
    """Return how many decimals were asked for.

    Raises:
        InvalidValueError: more than are shown.
    """
    if not 0 <= decimals <= MOST_DECIMALS:
        raise InvalidValueError("decimals", rule=f"0 to {MOST_DECIMALS}")
    return decimals


@strawberry.type(description="字典条目 A code of a place's list, with its label.")
class Term:
    """A code with its labels."""

    code: str = strawberry.field(description="代码 Code.")
    zh: str = strawberry.field(description="中文名称 Label in Chinese.")
    en: str = strawberry.field(description="英文名称 Label in English.")


@strawberry.type(description="金额 An amount of money, exact; as text, because 120 亿 does not fit a GraphQL Int.")
class Money:
    """An amount in the ledger's currency."""

    fen: strawberry.Private[int]
    currency: Currency = strawberry.field(description="币种 Currency, ISO 4217.")

    @strawberry.field(
        description="数值 In 元 (or £) unless a unit is asked for; exact unless decimals are, then rounded half-up."
    )
    def amount(
        self,
        unit: Annotated[Unit | None, strawberry.argument(description="计量单位 元 (or £) unless said.")] = None,
        decimals: Annotated[
            int | None, strawberry.argument(description="小数位 0 to 10; as many as there are unless said.")
        ] = None,
    ) -> str:
        """Return the amount as decimal text."""
        base = Unit.YUAN if self.currency is Currency.CNY else Unit.POUND
        wanted = unit or base
        if wanted.currency is not self.currency:
            raise WrongCurrencyError("unit", unit=wanted, currency=self.currency)
        return in_unit(self.fen, wanted, None if decimals is None else bounded(decimals))

    @classmethod
    def of_plain(cls, plain: list[Any]) -> Self:
        """Return money from [fen, currency] as a row has it; see `money_sql`."""
        return cls(fen=plain[0], currency=Currency(plain[1]))


def money_sql(fen: str, region: str) -> str:
    """Return the SQL of a Money field from the SQL of its fen; the currency is that of the region's ledger."""
    return (
        f"CASE WHEN {fen} IS NOT NULL THEN json_build_array({fen}, (SELECT pl.currency FROM place_status pl"  # noqa: S608 - declared SQL only.
        f" WHERE pl.region = {region} AND pl.place = {region} AND pl.recorded_to = {NOW_US})) END"
    )


@strawberry.type(description="所报数值 A figure as its paper states it.")
class StatedFigure:
    """A figure with its unit."""

    figure: str = strawberry.field(description="数字 As stated, with its own precision.")
    unit: Unit = strawberry.field(description="计量单位 Unit.")


def stated_sql(alias: str, *, optional: bool = False) -> str:
    """Return the SQL of a StatedFigure field of a row with a figure and its unit; null where it may have none."""
    stated = f"json_build_object('figure', {alias}.figure, 'unit', {alias}.unit)"
    return f"CASE WHEN {alias}.figure IS NOT NULL THEN {stated} END" if optional else stated


@strawberry.type(description="文件依据 The paper that a fact rests on.")
class Document:
    """A document."""

    title: str = strawberry.field(description="文件名称 Title.")
    number: str | None = strawberry.field(description="文号 Number.", default=None)
    issuer: str | None = strawberry.field(description="发文单位 Issuer.", default=None)
    issued_on: date | None = strawberry.field(description="发文日期 Date of issue.", default=None)
    sha256: str | None = strawberry.field(description="文件摘要 SHA-256 of the scan.", default=None)


@strawberry.type(description="行政区划 An administrative division, GB/T 2260, or a sandbox 99xxxx.")
class RegionRef:
    """A region by its code."""

    code: str = strawberry.field(description="代码 6 digits.")

    @strawberry.field(description="名称 Its latest name; null for a sandbox.")
    def name(self) -> str | None:
        """Return its name."""
        return "全国" if self.code == WHOLE_COUNTRY else regions.name_of(self.code)

    @classmethod
    def of_plain(cls, plain: str) -> Self:
        """Return a region from its code."""
        return cls(code=plain)


def path_of(error: RejectedError) -> list[str]:
    """Return the path of a refusal in GraphQL's names; the place in a list is a number."""
    return [camel(step.strip("[]")) for step in error.path]


def camel(name: str) -> str:
    """Return a Python name as GraphQL writes it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def project_id_sql(alias: str, project: str | None = None) -> str:
    """Return the SQL of a project's global id, of a row with its region and its id; null where there is none.

    Args:
        alias: the row.
        project: SQL of the id, if it is not the row's own.
    """
    return id_sql("Project", f"{alias}.region", f"{alias}.project_id" if project is None else project)


def id_sql(kind: str, region: str, identity: str) -> str:
    """Return the SQL of a global id; null where the identity is. `encode_id` says the same in Python."""
    text = f"'{kind}:' || {region} || ':' || {identity}"
    return f"translate(encode(convert_to({text}, 'UTF8'), 'base64'), E'+/\\n', '-_')"


_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class NodeId:
    """What a global id stands for; the region comes with it, because every key begins with the region."""

    kind: str
    region: Region
    id: UUID

    def __str__(self) -> str:
        return encode_id(self.kind, self.region, self.id)

    @classmethod
    def parse(cls, text: str, kind: str, *path: str) -> Self:
        """Return the id of one kind of thing.

        Raises:
            InvalidValueError: not an id, or one of another kind.
        """
        return cls.of_any(text, (kind,), *path)

    @classmethod
    def of_any(cls, text: str, kinds: Collection[str], *path: str) -> Self:
        """Return the id of a thing of any of these kinds.

        Raises:
            InvalidValueError: not an id, or one of none of them.
        """
        wanted = " or ".join(kinds)
        if len(text) > _LONGEST_ID:
            raise InvalidValueError(*path, rule=f"the id of a {wanted}")
        try:
            parts = base64.urlsafe_b64decode(text.encode("ascii")).decode("ascii").split(":")
            found, region, identity = parts
            node = cls(found, Region(region), UUID(identity))
        except (ValueError, UnicodeError, binascii.Error, RejectedError) as error:
            raise InvalidValueError(*path, rule=f"the id of a {wanted}") from error
        if node.kind not in kinds or str(node) != text:
            raise InvalidValueError(*path, rule=f"the id of a {wanted}", got=ascii(node.kind[:_SHOWN])[1:-1])
        return node


def encode_id(kind: str, region: str, identity: UUID) -> str:
    """Return a global id: opaque to clients, the same for ever."""
    return base64.urlsafe_b64encode(f"{kind}:{region}:{identity}".encode()).decode()
