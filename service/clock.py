"""日历: the days in which ledgers are kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8))
"""The time in which a ledger's days begin and end; China keeps one, without summer time."""


def today_in_china() -> date:
    """Return the day that it is where the ledgers are kept."""
    return datetime.now(UTC).astimezone(CHINA).date()


def day_of(recorded_us: int) -> date:
    """Return the day in which a recorded time lies, given in microseconds since 1970."""
    return datetime.fromtimestamp(recorded_us / 1e6, CHINA).date()
