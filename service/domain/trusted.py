"""读回: stored forms back into values, quickly, since a rebuild reads every fact of a log again.

Nothing is judged, and no path is kept: a form that does not fit, or has a personal value, which is found by its path,
is left to the careful reader of `shape`, which says where and why.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, TypeAlias
from uuid import UUID

from service.domain.values import Erased, Personal, Unset

Build: TypeAlias = Callable[[Any], Any]

MISFIT: typing.Final = (TypeError, KeyError, ValueError)
"""What a builder raises for a form that does not fit."""


@cache
def builder(of: Any) -> Build:
    """Return what builds values of a class or an annotation; it raises one of MISFIT for what it is not for."""
    if isinstance(of, types.UnionType):
        arms = set(typing.get_args(of))
        (kept,) = arms - {NoneType, Unset, Erased}
        inner = builder(kept)
        return _or_none(inner) if NoneType in arms else inner
    if typing.get_origin(of) is tuple:
        return _tuple(builder(typing.get_args(of)[0]))
    return _dataclass(of) if is_dataclass(of) else _scalar(of)


def _or_none(build: Build) -> Build:
    return lambda plain: None if plain is None else build(plain)


def _tuple(build: Build) -> Build:
    def built(plain: Any) -> Any:
        if type(plain) is not list:
            raise TypeError
        return tuple([build(one) for one in plain])

    return built


def _dataclass(of: Any) -> Build:
    hints = typing.get_type_hints(of)
    listed = [(one.name, builder(hints[one.name]), one.default) for one in fields(of)]
    make, put = object.__new__, object.__setattr__

    def built(plain: Any) -> Any:
        value, known = make(of), 0
        for name, build, default in listed:
            if name in plain:
                put(value, name, build(plain[name]))
                known += 1
            elif default is MISSING:
                raise KeyError(name)
            else:
                put(value, name, default)
        if type(plain) is not dict or known != len(plain):
            raise TypeError
        return value

    return built


def _scalar(of: Any) -> Build:
    if of is Personal:
        return _refuse
    if of is date:
        return date.fromisoformat
    if of is UUID:
        return UUID
    if of in {int, bool, str}:
        return _exactly(of)
    if issubclass(of, Enum):
        members: Mapping[Any, Any] = {one.value: one for one in of}
        return members.__getitem__
    if issubclass(of, str):
        return _text(of)
    message = f"no reader for {of}"
    raise TypeError(message)


def _refuse(_plain: Any) -> Any:
    raise TypeError


def _exactly(of: type) -> Build:
    def built(plain: Any) -> Any:
        if type(plain) is not of:
            raise TypeError
        return plain

    return built


def _text(of: type[str]) -> Build:
    make = str.__new__

    def built(plain: Any) -> Any:
        if type(plain) is not str:
            raise TypeError
        return make(of, plain)

    return built
