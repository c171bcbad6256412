"""A development token stands for what it says, all of it, or for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import UUID

import pytest

from service.auth import Development
from service.domain.roles import Area, Grant, Role, Scope
from service.domain.values import Name

if TYPE_CHECKING:
    from pathlib import Path

TRIAL: Final = Development("s" * 32)
QIYANG: Final = Area("431181")
PROJECT: Final = UUID(int=7)


def test_it_may_do_everything_if_it_names_no_role() -> None:
    caller = TRIAL.caller(TRIAL.token)
    assert caller is not None
    assert (caller.actor, caller.trusted, caller.grants) == ("development", True, ())


@pytest.mark.parametrize(
    ("said", "scope"),
    [
        ({}, Scope(area=QIYANG)),
        ({"unit": "住建局"}, Scope(area=QIYANG, unit=Name("住建局"))),
        ({"park": "高新区"}, Scope(area=QIYANG, park=Name("高新区"))),
        ({"project": str(PROJECT)}, Scope(area=QIYANG, project=PROJECT)),
    ],
)
def test_it_has_one_role_over_what_it_names(said: dict[str, str], scope: Scope) -> None:
    caller = TRIAL.caller(f"{TRIAL.token}.REPORTER@431181{'?' if said else ''}{urlencode(said)}")
    assert caller is not None
    assert (caller.trusted, caller.grants) == (False, (Grant(role=Role.REPORTER, scope=scope),))


@pytest.mark.parametrize(
    "end",
    [
        ".MAYOR@431181",
        ".REPORTER@431199",
        ".REPORTER@",
        ".REPORTER@431181?unti=x",
        ".REPORTER@431181?unit",
        ".REPORTER@431181?unit=",
        ".REPORTER@431181?project=7",
        ".REPORTER@431181?unit=x&unit=y",
        ".REPORTER@431181?unit=x&park=y",
        "x",
    ],
)
def test_it_stands_for_nobody_if_a_part_of_it_is_not_understood(end: str) -> None:
    assert TRIAL.caller(f"{TRIAL.token}{end}") is None


def test_it_stands_for_nobody_with_another_secret() -> None:
    assert Development("t" * 32).caller(TRIAL.token) is None


def test_it_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    made = Development.at(tmp_path)
    assert Development.at(tmp_path) == made
    assert made.token == (tmp_path / "development.token").read_text(encoding="ascii").strip()
    assert (tmp_path / "development.token").stat().st_mode & 0o777 == 0o600
    assert len(made.secret) == 32
