"""对象: what every type with a global id is (Relay's object identification)."""

from __future__ import annotations

import strawberry


@strawberry.interface(description="对象 Whatever has a global id; `node` finds it by that.")
class Node:
    """A thing with a global id."""

    id: strawberry.ID = strawberry.field(description="全局编号 Opaque, the same for ever.")
