"""Areas, accounts and scopes."""

from __future__ import annotations

from uuid import uuid4

import pytest

from service.domain.errors import InvalidValueError, UnknownRegionError
from service.domain.roles import Account, Area, Scope
from service.domain.values import Name


@pytest.mark.parametrize(
    ("area", "inside", "outside"),
    [
        # 祁阳县 became 祁阳市, 株洲县 became 渌口区: each is one subtree by both of its codes.
        ("431181", ("431181", "431121"), ("431100", "431103", "000000")),
        ("431121", ("431181", "431121"), ("431100",)),
        ("430212", ("430212", "430221"), ("430200", "430211")),
        ("430221", ("430212", "430221"), ("430200",)),
        ("431100", ("431100", "431181", "431121", "431103"), ("430000", "430200", "411100")),
        ("430000", ("430000", "430221", "431100"), ("410000", "000000")),
        # 无为 came from 巢湖市 to 芜湖市: of the prefecture it went to, by all of its codes.
        ("340200", ("340225", "341422", "340281"), ("340100",)),
        ("000000", ("430000", "431181", "990001", "000000"), ()),
        ("990001", ("990001",), ("990002", "431181")),
    ],
)
def test_an_area_holds_a_county_by_each_of_its_codes(
    area: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    assert {one for one in (*inside, *outside) if Area(area).holds(one)} == set(inside)


@pytest.mark.parametrize("code", ["", "4311", "431199", "43118１", "000001"])
def test_what_is_no_area_is_refused(code: str) -> None:
    with pytest.raises(UnknownRegionError):
        Area(code)


@pytest.mark.parametrize(
    "text", ["", "somebody", "oidc:", ":a", "OIDC:a", "oidc:a b", "oidc:张三", "oidc:" + "a" * 129]
)
def test_what_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError):
        Account(text)


def test_a_scope_is_narrowed_by_one_thing() -> None:
    assert Scope(area=Area("431181")).is_whole
    assert not Scope(area=Area("431181"), unit=Name("住建局(演示)")).is_whole
    with pytest.raises(InvalidValueError):
        Scope(area=Area("431181"), unit=Name("住建局(演示)"), project=uuid4())
