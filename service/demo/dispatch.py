"""演示调度日: days on which a place sends what it has on its projects, so that few runs take a whole ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from operator import itemgetter
from typing import Final

from service.demo.ledger import Sending
from service.domain.deciders import DECIDER_OF

HOLIDAYS: Final = frozenset({date(2024, 2, 16), date(2024, 10, 4)})
"""Fridays within 春节 and 国庆, on which nothing is sent."""
_TWICE_SINCE: Final = 2024
"""From this year on there are two dispatches a month."""
_MOST_AT_ONCE: Final = 3
"""How many commands a dispatch takes on one stream of a project."""
_FRIDAY: Final = 4


def dispatch(day: date) -> date:
    """Return the dispatch on or after a day: Fridays in the middle of a month, later at its end, too."""
    fridays = (_friday(date(day.year, day.month, first)) for first in (10, 24))
    held = [one + timedelta(days=7) if one in HOLIDAYS else one for one in fridays]
    if day.year < _TWICE_SINCE:
        held.pop()
    next_month = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return next((one for one in held if one >= day), None) or dispatch(next_month)


def _friday(day: date) -> date:
    return day + timedelta(days=(_FRIDAY - day.weekday()) % 7)


def dispatched(sendings: Iterable[Sending], until: date) -> Iterator[Sending]:
    """Yield what is sent on projects with the day of a dispatch; a long history is entered over several of them.

    Args:
        sendings: all that is sent on projects.
        until: the last dispatch, which takes whatever is left.
    """
    taken: Counter[tuple[str, str, date]] = Counter()
    for first, one in sorted(((_on(one), one) for one in sendings), key=itemgetter(0)):
        number, _, what = one.key.partition(":")
        kind, day = DECIDER_OF[type(one.command)].kind, first
        while not _is_weekly(what) and taken[number, kind, day] >= _MOST_AT_ONCE and day < until:
            day = dispatch(day + timedelta(days=1))
        taken[number, kind, day] += 1
        yield one._replace(day=day)


def _on(one: Sending) -> date:
    """Return the day of the dispatch that takes a sending; a flash figure goes before its month's end."""
    what = one.key.partition(":")[2]
    if _is_weekly(what):
        return one.day
    if what.endswith("-flash"):
        before = one.day - timedelta(days=4)
        return dispatch(date(before.year, before.month, 18))
    return dispatch(one.day)


def _is_weekly(what: str) -> bool:
    """Return whether it waits for no dispatch: a week's note, and a new baseline, which the rules may freeze."""
    return what == "reset" or what.startswith("note-")
