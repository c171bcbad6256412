"""Cursors made by hand: whatever stands in any slot of any list's order is a value of its type, or refused by name."""

from __future__ import annotations

import base64
import sys
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
import pytest

from schema import schema
from schema.pages import Order, Page
from schema.project_order import OrderDirection, ProjectOrder, ProjectOrderField
from schema.read import Binds
from service.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from schema.selection import Selection

assert schema, "every list is imported by now"
_FIT: Final = {"text": "x", "bigint": 7, "uuid": "00000000-0000-0000-0000-000000000007", "date": "2022-05-10"}
_UNFIT: Final[tuple[Any, ...]] = ([], ["x"], {}, {"x": 1}, 1.5, True, None, -2, 2**60, "\x00", "2022-5-1")
_TEXTS: Final = ["2022-5-1"]
"""Of those, what may stand in the slot of a text."""


def _orders() -> dict[str, Order]:
    """Return every order that a list has."""
    modules = [(name, module) for name, module in sys.modules.items() if name.startswith("schema.")]
    found = {
        f"{name}.{constant}": value
        for name, module in modules
        for constant, value in vars(module).items()
        if isinstance(value, Order)
    }
    projects = [ProjectOrder(field=one, direction=way) for one in ProjectOrderField for way in OrderDirection]
    return found | {f"{one.field.name} {one.direction.name}": one.total() for one in projects}


def _page(order: Order, cursor: str | None) -> Page:
    return Page.of(cast("Selection", None), order, None, first=1, after=cursor)


@pytest.mark.parametrize("order", _orders().values(), ids=_orders())
def test_what_stands_in_a_cursor_is_a_value_of_its_slot_or_refused(order: Order) -> None:
    fit: list[Any] = [_FIT[kind] for _, kind in order.keys]
    mark = _page(order, None).mark
    for slot, (_, kind) in enumerate(order.keys):
        taken = []
        for value in _UNFIT:
            cursor = base64.urlsafe_b64encode(orjson.dumps([mark, *fit[:slot], value, *fit[slot + 1 :]])).decode()
            try:
                page = _page(order, cursor)
                order.behind(page.cursor or [], Binds(), "after")
            except InvalidValueError:
                pass
            else:
                taken.append(value)
        assert taken == (_TEXTS if kind == "text" else [])
    assert len(_orders()) > len(ProjectOrderField) * len(OrderDirection)
