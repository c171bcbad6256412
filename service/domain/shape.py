"""形: dataclasses to plain JSON values and back, by their annotations.

Two ways back: `parse` judges each value and gathers every error with its path (what a caller sent); `restore` takes
values as they stand (what was stored is history, and a rule tightened later must not make it unreadable). Fields that
equal their default are left out of the plain form, so a default may only be "nothing": None, (), or UNSET.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, Final, TypeAlias, TypeVar, cast
from uuid import UUID

from service.domain.errors import InvalidValueError, RejectedError, dotted
from service.domain.trusted import MISFIT, builder
from service.domain.values import LARGEST, MOST_LISTED, UNSET, Erased, Personal, Unset

Plain: TypeAlias = Any
"""A JSON value: dict, list, str, int, bool or None."""
Seal: TypeAlias = Callable[[str, Personal], Plain]
"""What stands for a personal value at a path."""
Unseal: TypeAlias = Callable[[str, Plain], Personal | Erased]
_T = TypeVar("_T")

_NOTHING: Final = (None, (), UNSET)
_MOST: Final = "most"
_MOST_SHOWN: Final = 40
# Python reads more forms of both, such as 2022-W19-2 or digits of other scripts.
_DAY: Final = re.compile(r"(19|20|21)\d\d-\d\d-\d\d", re.ASCII)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def at_most(count: int, *, optional: bool = False) -> Any:
    """Return the field of a list that takes more than lists commonly do, such as the projects of a year's plan."""
    metadata = {_MOST: count}
    return field(metadata=metadata, default=()) if optional else field(metadata=metadata)


def takes_many(one: Field[Any]) -> bool:
    """Return whether a field is a list that takes more than lists commonly do."""
    return _MOST in one.metadata


class InvalidInputError(Exception):
    """Some of what was sent has the wrong form; `errors` has one refusal for each, with its path."""

    def __init__(self, errors: list[RejectedError]) -> None:
        super().__init__("; ".join(map(str, errors)))
        self.errors = errors


class ShapeError(Exception):
    """A stored form does not fit its class: the class changed without an upcast."""


def dump(value: object, seal: Seal, path: str = "") -> Plain:
    """Return the plain form of a value; `seal` gives what stands for each personal value."""
    of: Any = type(value)
    if of in _PLAIN:  # Most values, and this is done several times for every fact.
        return cast("Plain", value)
    if issubclass(of, str):
        if issubclass(of, Personal):
            return seal(path, cast("Personal", value))
        return str(value)
    if issubclass(of, tuple):
        return [dump(item, seal, f"{path}[{index}]") for index, item in enumerate(cast("tuple[object, ...]", value))]
    if of in _SCALARS or not is_dataclass(of):
        return _scalar_plain(value, path)
    found = {}
    for name, default in _defaults(cast("Any", of)).items():
        item = getattr(value, name)
        if default is MISSING or item != default:
            found[name] = item if type(item) in _PLAIN else dump(item, seal, f"{path}.{name}" if path else name)
    return found


def dump_public(value: object) -> Plain:
    """Return the plain form of a value with None for what is personal, as `dump` would, but without keeping paths."""
    of = type(value)
    if of in _PLAIN:
        return value
    write = _WRITERS.get(of)
    if write is None:
        write = _WRITERS[of] = _writer(of)
    return write(value)


def _writer(of: type) -> Callable[[Any], Plain]:
    if issubclass(of, Personal):
        return lambda _value: None
    if issubclass(of, str):
        return str
    if issubclass(of, tuple):
        return lambda value: [dump_public(item) for item in value]
    if not is_dataclass(of):
        return lambda value: _scalar_plain(value, "")
    defaults = [*_defaults(cast("Any", of)).items()]

    def write(value: Any) -> Plain:
        found = {}
        for name, default in defaults:
            item = getattr(value, name)
            if default is MISSING or item != default:
                found[name] = item if type(item) in _PLAIN else dump_public(item)
        return found

    return write


_WRITERS: Final[dict[type, Callable[[Any], Plain]]] = {date: date.isoformat, UUID: str}
"""How values of each class are written, as they come; there are no more than classes."""
_PLAIN: Final = frozenset({str, int, bool, NoneType})
_SCALARS: Final = frozenset({date, UUID})


def _scalar_plain(value: object, path: str) -> Plain:
    match value:
        case Enum():
            return value.value
        case int():
            return value
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _:
            message = f"no plain form for {type(value).__name__} at {path or 'the top'}"
            raise ShapeError(message)


@cache
def _defaults(of: Any) -> dict[str, Any]:
    """Return a dataclass's field names, each with its default or MISSING."""
    for one in fields(of):
        if one.default is not MISSING and one.default not in _NOTHING:
            message = f"{of.__name__}.{one.name}: only None, () or UNSET may be a default"
            raise ShapeError(message)
    return {one.name: one.default for one in fields(of)}


@dataclass(slots=True)
class _Walk:
    """One reading: what it found wrong, and how it reads personal values."""

    errors: list[RejectedError] = field(default_factory=list)
    unseal: Unseal = lambda _path, plain: str.__new__(Personal, plain)


_Reader: TypeAlias = Callable[[Plain, tuple[str, ...], _Walk], Any]


def parse(of: type[_T], plain: Mapping[str, Plain]) -> _T:
    """Build a command from what was sent, judging every value.

    Raises:
        InvalidInputError: at least one value is wrong; all that are wrong are named.
    """
    walk = _Walk()
    value = _reader(typing.cast("Any", of), judged=True)(plain, (), walk)
    if walk.errors:
        raise InvalidInputError(walk.errors)
    return typing.cast("_T", value)


def restore(of: type[_T], plain: Plain, unseal: Unseal) -> _T:
    """Build a value from its stored form, judging nothing but its shape.

    Raises:
        ShapeError: the stored form does not fit the class.
    """
    try:
        return typing.cast("_T", _quick(typing.cast("Any", of))(plain))
    except MISFIT:
        return typing.cast("_T", _reader(typing.cast("Any", of), judged=False)(plain, (), _Walk(unseal=unseal)))


@cache
def _quick(of: Any) -> Callable[[Plain], Any]:
    """Return the quick way back into a class; the careful one says first whether it has a form at all."""
    _reader(of, judged=False)
    return builder(of)


def _shown(plain: Plain) -> str:
    """Return the beginning of what was sent, in ASCII, for a refusal."""
    return ascii(plain[:_MOST_SHOWN])[1:-1] if isinstance(plain, str) else ascii(plain)[:_MOST_SHOWN]


def _checked(build: Callable[[Plain], Any], expected: type, *, judged: bool) -> _Reader:
    """Return a reader of one kind of plain value.

    Judging, it notes a refusal with its path and goes on, so that a caller hears of all errors at once.
    """

    def read(plain: Plain, path: tuple[str, ...], walk: _Walk) -> Any:
        try:
            if not isinstance(plain, expected) or isinstance(plain, bool) is not (expected is bool):
                raise InvalidValueError(expected=_PLAIN_NAMES[expected], got=type(plain).__name__)
            return build(plain)
        except (RejectedError, ValueError) as error:
            if not judged:
                message = f"{dotted(path) or 'the top'}: {error}"
                raise ShapeError(message) from error
            refused = error if isinstance(error, RejectedError) else InvalidValueError(value=_shown(plain))
            walk.errors.append(refused.below(*path))
            return None

    return read


_PLAIN_NAMES: Final[dict[type, str]] = {str: "string", int: "integer", bool: "boolean", list: "list", Mapping: "object"}


@cache
def _reader(of: Any, *, judged: bool) -> _Reader:
    """Return the function that reads one annotation."""
    if isinstance(of, types.UnionType):
        return _union_reader(of, judged=judged)
    if typing.get_origin(of) is tuple:
        return _tuple_reader(typing.get_args(of)[0], MOST_LISTED, judged=judged)
    if is_dataclass(of):
        return _dataclass_reader(of, judged=judged)
    if of is Personal and not judged:
        return lambda plain, path, walk: walk.unseal(dotted(path), plain)
    build, expected = _scalar(of, judged=judged)
    return _checked(build, expected, judged=judged)


def _union_reader(of: types.UnionType, *, judged: bool) -> _Reader:
    arms = set(typing.get_args(of))
    kept = arms - {types.NoneType, Unset, Erased}
    if len(kept) != 1:
        message = f"a union holds one kind beside None, Unset and Erased: {of}"
        raise ShapeError(message)
    inner = _reader(kept.pop(), judged=judged)
    if types.NoneType not in arms:
        return inner
    return lambda plain, path, walk: None if plain is None else inner(plain, path, walk)


def _tuple_reader(of: Any, most: int, *, judged: bool) -> _Reader:
    item = _reader(of, judged=judged)

    def build(plain: Plain) -> Plain:
        if judged and len(plain) > most:
            raise InvalidValueError(rule=f"at most {most}")
        return plain

    checked = _checked(build, list, judged=judged)

    def read(plain: Plain, path: tuple[str, ...], walk: _Walk) -> Any:
        listed = checked(plain, path, walk) or ()
        return tuple(item(one, (*path, f"[{index}]"), walk) for index, one in enumerate(listed))

    return read


def _scalar(of: Any, *, judged: bool) -> tuple[Callable[[Plain], Any], type]:
    """Return how a scalar is built and from what."""
    if of is date:
        return (_day if judged else date.fromisoformat), str
    if of is UUID:
        return _uuid, str
    if of is int:
        return (_integer if judged else int), int
    if of is bool:
        return bool, bool
    if issubclass(of, Enum):
        return of, str
    if issubclass(of, str):
        return (of if judged else lambda plain: str.__new__(of, plain)), str
    message = f"no reader for {of}"
    raise ShapeError(message)


def _day(plain: str) -> date:
    if not _DAY.fullmatch(plain):
        raise InvalidValueError(value=_shown(plain), rule="YYYY-MM-DD, from 1900 to 2199")
    return date.fromisoformat(plain)


def _uuid(plain: str) -> UUID:
    if not _UUID.fullmatch(plain):
        raise InvalidValueError(value=_shown(plain), rule="UUID")
    return UUID(plain)


def _integer(plain: int) -> int:
    if abs(plain) > LARGEST:
        raise InvalidValueError(rule="at most 2^53 - 1")
    return plain


def _dataclass_reader(of: Any, *, judged: bool) -> _Reader:
    hints = typing.get_type_hints(of)
    defaults = _defaults(of)
    readers = {
        one.name: _tuple_reader(typing.get_args(hints[one.name])[0], one.metadata[_MOST], judged=judged)
        if _MOST in one.metadata
        else _reader(hints[one.name], judged=judged)
        for one in fields(of)
    }
    required = [name for name, default in defaults.items() if default is MISSING]
    checked = _checked(lambda plain: plain, Mapping, judged=judged)

    def read_trusting(plain: Plain, path: tuple[str, ...], walk: _Walk) -> Any:
        checked(plain, path, walk)
        wrong = [*(name for name in required if name not in plain), *(plain.keys() - readers.keys())]
        if wrong:
            message = f"{of.__name__} at {dotted(path) or 'the top'}: lacks, or does not know: {', '.join(wrong)}"
            raise ShapeError(message)
        value = object.__new__(of)
        for name, reader in readers.items():
            read = reader(plain[name], (*path, name), walk) if name in plain else defaults[name]
            object.__setattr__(value, name, read)
        return value

    def read_judging(plain: Plain, path: tuple[str, ...], walk: _Walk) -> Any:
        before = len(walk.errors)
        found = checked(plain, path, walk)
        if found is None:
            return None
        sent = {name: reader(found[name], (*path, name), walk) for name, reader in readers.items() if name in found}
        walk.errors += [InvalidValueError(*path, name, rule="required") for name in required if name not in found]
        walk.errors += [
            InvalidValueError(*path, _shown(name), rule="unknown") for name in sorted(found.keys() - readers.keys())
        ]
        if len(walk.errors) > before:
            return None
        try:
            return of(**sent)
        except RejectedError as error:
            walk.errors.append(error.below(*path))
            return None

    return read_judging if judged else read_trusting
