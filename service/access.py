"""权限: who may do what where. Until rights exist, whoever reaches the loopback address may do everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Caller:
    """来访者: travels with every command and query.

    Attributes:
        actor: account that acts; an id, never a person's name, because it stays in the log for ever.
        principal: account for which it acts, if it acts on behalf of another.
        roles: names of the caller's roles.
        scope: region codes below which the caller may act; empty stands for all.
    """

    actor: str
    principal: str | None = None
    roles: frozenset[str] = frozenset()
    scope: tuple[str, ...] = ()


LOCAL: Final = Caller(actor="local")
"""Whoever reaches the loopback address."""
FOLLOWER: Final = Caller(actor="follower")
"""The service itself, where places follow their superiors' configuration."""
LOADER: Final = Caller(actor="loader")
"""The loader of demo ledgers and imports."""
