"""The address that is served, and the names that are answered there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.system.running import Running, running

if TYPE_CHECKING:
    from pathlib import Path

EVERYWHERE = "0.0.0.0"  # noqa: S104 - it is what is tested.


def test_only_the_loopback_address_is_served_unless_another_is_set(folder: Path) -> None:
    with running(folder) as service:
        other = f"http://127.0.0.2:{service.port}/healthz"
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(other, headers={"Host": "localhost"}, timeout=5)
    with running(folder, host=EVERYWHERE) as service:
        other = f"http://127.0.0.2:{service.port}/healthz"
        assert httpx2.get(other, headers={"Host": "localhost"}, timeout=5).status_code == 200
        assert httpx2.get(other, headers={"Host": "elsewhere.example"}, timeout=5).status_code == 400
        assert EVERYWHERE in (folder / "service.log").read_text("utf-8")


def test_an_address_that_can_not_be_served_is_said_in_a_line(folder: Path) -> None:
    code, told = Running(folder, host="192.0.2.1").fail()
    assert (code, "TAIZHANG_HOST 192.0.2.1" in told, "Traceback" in told) == (1, True, False)
